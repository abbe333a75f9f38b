/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the root side of nasd does, and nothing else: starts and stops pppds,
 * and builds the data plane of sessions [doc/DATAPLANE; PROTOCOLS 12].
 * Each request is a fixed struct; its handler believes nothing in it that the
 * configuration, the kernel or its own records do not confirm.
 *
 * The engine sends them through common/priv.h: tunnel.c the NASD_PRIV_SESSION
 * and NASD_PRIV_COUNT ones, whoever runs pppds the NASD_PRIV_PPPD ones.
 * Addresses are in network byte order, integers in host order: both ends are
 * one program.
 */
#ifndef NASD_PRIV_OPS_H
#define NASD_PRIV_OPS_H

#include <stdbool.h>
#include <stdint.h>

#include <netinet/in.h>

#include "common/gre_keys.h"
#include "nasd/rate.h"

struct nasd_config;
struct nasd_priv;
struct priv_server;

#define NASD_PRIV_IFNAME	16

enum nasd_priv_type {
	NASD_PRIV_PPPD_START = 1,	/* pppd_start -> pppd_started */
	NASD_PRIV_PPPD_STOP,		/* pppd_stop */
	NASD_PRIV_SESSION_ADD,		/* session_add -> session_added */
	NASD_PRIV_SESSION_DEL,		/* session_del */
	NASD_PRIV_COUNT,		/* count -> counted */
	NASD_PRIV_COUNT_MANY,		/* count_many -> counted[] */
	NASD_PRIV_RATES,		/* rates */
	NASD_PRIV_CONF_READ,		/* nothing -> conf_read, descriptor */
	NASD_PRIV_CONF_TAKE,		/* conf_take */
	NASD_PRIV_PPPOE_OPEN,		/* pppoe_open -> pppoe_opened,
					 * descriptor */
	NASD_PRIV_PPPD_ADOPT,		/* pppd_adopt -> a descriptor */
	NASD_PRIV_END,			/* all sessions have ended: what is
					 * left is to be removed. Without it
					 * the engine's end changes nothing. */
	NASD_PRIV_CHECK,		/* would this program start, with its
					 * configuration? NOTE_CHECKED tells */
	NASD_PRIV_RESTART,		/* after the engine's end it is started
					 * anew; -EPERM unless it would, by the
					 * last check */

	NASD_PRIV_VLAN_OPEN,		/* vlan -> vlan_opened, descriptor */
	NASD_PRIV_VLAN_CLOSE,		/* vlan */
	NASD_PRIV_VLAN_LIST,		/* vlan_list -> vlan_there[] */
	NASD_PRIV_SESSION_PREPARE,	/* session_prepare */
	NASD_PRIV_TUNNEL_CHECK,		/* tunnel_check -> tunnel_checked */

	NASD_PRIV_NODE_OPEN,		/* node_name -> node_opened,
					 * descriptor */
	NASD_PRIV_NODE_HEAR,		/* node_name -> a descriptor */
	NASD_PRIV_NODE_SET,		/* node_set -> node_was_set, descriptor
					 * if made */
	NASD_PRIV_NODE_DEL,		/* node_name */
	NASD_PRIV_NODE_COUNT,		/* node_name -> counted */
	NASD_PRIV_NODE_SWEEP,		/* nothing */
	NASD_PRIV_FA_OPEN,		/* fa_open -> fa_opened, descriptor */
	NASD_PRIV_GRE_COUNT,		/* nothing -> gre_counted */

	NASD_PRIV_NOTE_PPPD_EXIT = 100,	/* unrequested: pppd_exit */
	NASD_PRIV_NOTE_CHECKED,		/* checked */
};

/* Start pppd for a PPPoE session. ifname: one of the configured ones. */
struct nasd_priv_pppd_start {
	char		ifname[NASD_PRIV_IFNAME];
	uint32_t	link_id;	/* comes back in the plugin's HELLO */
	uint16_t	sid;		/* PPPoE SESSION_ID, not 0 or 0xffff */
	uint8_t		mac[6];		/* the peer's, unicast */
	uint32_t	mru;		/* 1492, or by RFC 4638 up to the
					 * configuration's; cut to what the
					 * interface can carry */
};
struct nasd_priv_pppd_started {
	int32_t		pid;
};

/* Stop a pppd that was started so: SIGTERM, which lets it tell its peer, or
 * SIGKILL. -ESRCH when it has ended already. */
struct nasd_priv_pppd_stop {
	int32_t		pid;
	uint8_t		kill;
	uint8_t		pad[3];
};

/* Take over the pppd of an earlier nasd, which was started for this link; the
 * answer comes with a pidfd, which is readable when it has ended. -ESRCH when
 * there is none such. To be stopped like one's own, and when that says -ESRCH
 * it is forgotten. */
struct nasd_priv_pppd_adopt {
	int32_t		pid;
	uint32_t	link_id;
};

/* A pppd has ended; status as of waitpid(2). */
struct nasd_priv_pppd_exit {
	int32_t		pid;
	int32_t		status;
	uint32_t	link_id;
};

/* A session will be on this interface: do already what does not depend on
 * its home address. Nothing but link-local packets passes, also of what an
 * earlier nasd has left on an Ethernet link. Needs no undoing: it goes with the
 * interface, or with the session. */
struct nasd_priv_session_prepare {
	char		ifname[NASD_PRIV_IFNAME];
};

/*
 * Carry hoa/plen between an interface, a PPP one or a configured Ethernet link,
 * and a configured home agent. id is the engine's name for it, not in use; plen
 * 64 or 128. Tunnels to all home agents are there from the start.
 */
struct nasd_priv_session_add {
	uint32_t	id;
	char		ifname[NASD_PRIV_IFNAME];
	struct in_addr	ha;
	struct in6_addr	hoa;
	uint32_t	plen;
	struct in_addr	ip4;		/* passes too; 0: no IPv4 does */
	struct gre_keys	gre;		/* own 0: not in GRE; or one that no
					 * other session has */
};
struct nasd_priv_session_added {
	uint32_t	mtu;		/* of the tunnel, bytes */
	uint32_t	link_mtu;	/* of the interface */
	/* What an Ethernet link had counted before. */
	uint64_t	rx_bytes, tx_bytes, rx_packets, tx_packets, rx_dropped;
	uint64_t	rx_carried;
};
/* Undo it. */
struct nasd_priv_session_del {
	uint32_t	id;
};

/* Somebody may have removed the device of a home agent's tunnel, or set it
 * down: it is made anew then. Sessions' routes do not lie on it; what they have
 * on GRE's (ha 0) is made anew, too. */
struct nasd_priv_tunnel_check {
	struct in_addr	ha;
};
struct nasd_priv_tunnel_checked {
	uint32_t	made;		/* it was not as it should be */
};

/* 64-bit counters of a session's interface, of one that has gone its last
 * ones. -ENOENT if there is no such session. */
struct nasd_priv_count {
	uint32_t	id;
};
struct nasd_priv_counted {
	uint32_t	id;
	uint32_t	pad;
	uint64_t	rx_bytes, tx_bytes, rx_packets, tx_packets;
	uint64_t	rx_dropped;	/* as of the last NASD_PRIV_COUNT; of an
					 * access node's link by its tunnel */
	uint64_t	down_dropped, up_dropped;	/* by rate limits */
	/* Of rx_packets those that were for elsewhere: neither link-local nor
	 * dropped. Of NASD_PRIV_COUNT_MANY not said; of an access node's link
	 * what was put into its tunnel by its packet socket is among them. */
	uint64_t	rx_carried;
};

/* The same of many sessions; the answer has one counted for each that is
 * there. read: all interfaces are read first, by one request to the kernel;
 * else the figures are those of the last reading. */
#define NASD_PRIV_COUNT_MAX	96
struct nasd_priv_count_many {
	uint32_t	read;
	uint32_t	n;
	uint32_t	id[NASD_PRIV_COUNT_MAX];	/* n are sent */
};

/* Packets in GRE's device of access routers that were no session's. */
struct nasd_priv_gre_counted {
	uint64_t	dropped;
};

/*
 * Sets rate limits of sessions, which replace those they have: of all of them,
 * or, with the error of the first that can not be, of none. -EOPNOTSUPP: the
 * kernel lacks what is needed. -ENOTRECOVERABLE: some have others now, or none,
 * since theirs could not be set back.
 */
#define NASD_PRIV_RATES_MAX	64
struct nasd_priv_rate {
	uint32_t	id;
	struct rate	rate;
};
struct nasd_priv_rates {
	uint32_t	n;
	struct nasd_priv_rate one[NASD_PRIV_RATES_MAX];	/* n are sent */
};

/* Read the configuration again. With a descriptor of what conf_files_receive
 * takes, or without one, and then with what is wrong, a line each. */
#define NASD_PRIV_ERRORS_MAX	4096
struct nasd_priv_conf_read {
	uint32_t	serial;
	char		errors[NASD_PRIV_ERRORS_MAX];
};
/* Go by what has been read, of that serial. */
struct nasd_priv_conf_take {
	uint32_t	serial;
};
/* A packet socket of an interface that the configuration read last has; what
 * it hears is an enum nasd_socket. */
struct nasd_priv_pppoe_open {
	char		ifname[NASD_PRIV_IFNAME];
	uint8_t		hears;
	uint8_t		pad[3];
};
struct nasd_priv_pppoe_opened {
	int32_t		mtu;
	uint8_t		mac[6];
	uint8_t		pad[2];
};

/*
 * A VLAN of an access interface, in one of its ranges. Its interface is made
 * unless it is there; the answer comes with the packet socket of its
 * discovery or, session not 0, of its sessions' frames (then it must be open).
 * -EALREADY: it is an access interface by the configuration; -ENOSPC:
 * max-vlans are there. Closed, it is removed if it was made here.
 */
struct nasd_priv_vlan {
	char		parent[NASD_PRIV_IFNAME];
	uint16_t	type, outer, inner;	/* as struct vlan_tag */
	uint8_t		session;
	uint8_t		pad;
};
struct nasd_priv_vlan_opened {
	char		name[NASD_PRIV_IFNAME];
	int32_t		mtu;
	uint8_t		mac[6];
	uint8_t		made;		/* here, not by an operator */
	uint8_t		pad;
};
/* What an earlier nasd has left, and others there are in ranges: those from
 * the from-th on, fewer than NASD_PRIV_VLANS_MAX at the end. */
#define NASD_PRIV_VLANS_MAX	128
struct nasd_priv_vlan_list {
	uint32_t	from;
};
struct nasd_priv_vlan_there {
	char		parent[NASD_PRIV_IFNAME], name[NASD_PRIV_IFNAME];
	uint16_t	type, outer, inner;
	uint8_t		in_range;	/* may be opened */
	uint8_t		made;
};

/*
 * An access node's link, one of the configured ones. Opened, IPv6 is off on it,
 * and the answer comes with its packet socket (node_sock.h).
 *
 * Set, its tunnel is there: a device between a care-of address of the pool,
 * which no other link has, and a configured home agent; the address is one of
 * the host's then. Packets pass between it and the mobile node of a link-layer
 * address, to which they come from router's, if carry is set. What is there
 * already stays, but for what is to be different. If the device was made, the
 * answer comes with its packet socket.
 *
 * Behind a foreign agent the address is the one that the home agent has given;
 * while it is 0, the way to the agent is looked for, and there is no tunnel.
 *
 * Deleted, there is no tunnel, and the care-of address is gone; the link stays
 * open. Counted is what has passed through the tunnel since it was made, from
 * the mobile node (rx) and to it; id is 0.
 *
 * A PPP link is none of the configuration's, but a care-of address of those
 * that no section has is its: by that it is known, as its interface's name may
 * be another one's the moment that it is gone. Open, nothing passes on it but
 * to and from its tunnel. It has no link-layer addresses. Deleted, it is not
 * open any more, but as closed as before. What an earlier nasd has left for
 * such links, and none of them has opened, is removed by a sweep.
 */
struct nasd_priv_node_name {
	char		ifname[NASD_PRIV_IFNAME];
	struct in_addr	coa;		/* a PPP link's; else 0.0.0.0 */
};
struct nasd_priv_node_opened {
	int32_t		mtu;
	uint8_t		mac[6];
	uint8_t		pad[2];
};
/* Which way packets pass; down: to the mobile node alone. */
enum { NASD_PRIV_CARRY_NONE, NASD_PRIV_CARRY_BOTH, NASD_PRIV_CARRY_DOWN };
struct nasd_priv_node_set {
	char		ifname[NASD_PRIV_IFNAME];
	struct in_addr	coa, ha;
	struct in_addr	via;		/* the link's foreign agent, or 0 */
	uint8_t		carry;		/* NASD_PRIV_CARRY */
	uint8_t		ppp;
	uint8_t		pad[2];
	uint8_t		mn[6], router[6];	/* unicast; if carry is set */
	struct gre_keys	gre;		/* own 0: not in GRE; peer 0: not
					 * known yet, no carry */
};
struct nasd_priv_node_was_set {
	uint32_t	made;
};

/* A foreign agent of the configuration's is to be heard (fa_sock.h), on the
 * link that it is on now; -EHOSTUNREACH if it is on none of ours. */
struct nasd_priv_fa_open {
	struct in_addr	fa;
};
struct nasd_priv_fa_opened {
	struct in_addr	own;		/* our address there */
	uint32_t	ifindex;
	char		ifname[NASD_PRIV_IFNAME];
};

/* 0, or -errno: it would not start, or it does not come to an end. */
struct nasd_priv_checked {
	int32_t		status;
};

/* What this program is, to be started anew: its file, as it was found, and
 * its command line. */
struct nasd_program {
	char		  path[4096];
	char		**argv;
};
void	 nasd_program_init(struct nasd_program *);

/* The root side's state. The configuration, which a reload changes, and the
 * program stay the caller's and must outlive it. NULL with errno. */
struct nasd_priv *nasd_priv_new(struct nasd_config *,
    const struct nasd_program *);
/* Has NASD_PRIV_RESTART been asked for? */
bool	 nasd_priv_restarts(const struct nasd_priv *);
void	 nasd_priv_free(struct nasd_priv *);
/* Fills the server for priv_fork. The state is then priv's. */
void	 nasd_priv_server(struct nasd_priv *, struct priv_server *);

#endif

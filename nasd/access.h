/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A kind of access: how a subscriber comes to nasd. session_fsm.c decides the
 * same for all of them, session_act.c carries out through this what only the
 * kind knows how to do. A kind's own module tells the session what happens on
 * its link, by session_event, and is the only one that knows its protocol.
 *
 *   access_ppp.c	pppd and its plugin, PPPoE discovery
 *			(access_ppp_dhcp6.c: and addresses by DHCPv6;
 *			access_ppp_node.c: bridged to the home agent)
 *   access_ether.c	Ethernet links with DHCPv6
 *   access_node.c	an Ethernet link that is bridged to the home agent
 *
 * All members take a session of their kind. Those that have nothing to do on
 * it do nothing; none frees it.
 */
#ifndef NASD_ACCESS_H
#define NASD_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

struct icmp6_ra;
struct mip_reg_request;
struct session;
struct session_rec;

/* As they stand in the state file: a number is never used for another. */
enum access_kind {
	ACCESS_PPP = 0,
	ACCESS_ETHER = 1,
	ACCESS_NODE = 2,
	ACCESS_PPP_DHCP6 = 3,
	ACCESS_PPP_NODE = 4,
	ACCESS_N_KINDS
};

struct access {
	enum access_kind kind;
	const char	*name;		/* as nasctl shows it */
	bool		 managed;	/* addresses by DHCPv6: the router
					 * advertises that, and no prefix */
	/* Whom the link is for is configuration, not RADIUS's to say: its user
	 * name is its NAI, and the key's algorithm is the key's. */
	bool		 configured;

	/* The access end stands, or does not: the peer is told. */
	void	(*confirm)(struct session *);
	void	(*start_refuse)(struct session *);
	/* RADIUS has accepted the subscriber: takes what serving it needs.
	 * NULL, or why it can not be served, a literal. NULL instead of a
	 * function: nothing is needed. */
	const char *(*admit)(struct session *);
	/* Who asked to be let in hears the answer. */
	void	(*auth_result)(struct session *, bool accept);
	/* PPP alone. IPv6CP is about identifiers of the link, which it agrees
	 * on without the session; it has opened, or closed. NULL: what it
	 * agrees on is the home address's. not_yet: it must wait, for
	 * access_ppp_answer; NULL: it need not. */
	bool	(*not_yet)(struct session *);
	void	(*opened)(struct session *);
	void	(*closed)(struct session *, const char *reason);
	/* Its interface identifier or home address (s->iid, s->hoa) is the
	 * peer's; or there is none, for the reason in s->why. Where nobody
	 * asks neither does anything. */
	void	(*assign)(struct session *);
	void	(*refuse)(struct session *);
	/* A kind whose links have a router without a session, too, says there
	 * what it advertises for this one, NULL: nothing any more. Others have
	 * NULL here: session_act.c does it on the session's interface. */
	void	(*advertise)(struct session *, const struct icmp6_ra *);
	/* NULL: the home agent is asked for a home address, the data path is
	 * tunnel.c's, and who is there hears Router Advertisements. Else what
	 * is asked for, and what carries it; INSTALLED or INSTALL_FAILED
	 * follows. */
	void	(*request)(const struct session *, struct mip_reg_request *);
	void	(*install)(struct session *);
	void	(*uninstall)(struct session *);
	/* Reads its counters, for session_counted. 0, or -errno and nothing
	 * follows. */
	int	(*count)(struct session *);
	/* The session is up, for the first time. */
	void	(*came_up)(struct session *);
	/* Ends the link in order, or at once; LINK_GONE follows where
	 * is_there says that it is there. */
	void	(*close)(struct session *);
	void	(*kill)(struct session *);
	bool	(*is_there)(const struct session *);
	/* The session is being freed: no event comes any more. */
	void	(*leave)(struct session *);

	/* What the state file keeps of it, and what an earlier nasd has kept
	 * there. restore: of this boot, in RESUMING; the link is looked for,
	 * and what comes of it are events. */
	void	(*save)(const struct session *, struct session_rec *);
	void	(*restore)(struct session *, const struct session_rec *);
};

extern const struct access access_ppp, access_ether, access_node,
    access_ppp_dhcp6, access_ppp_node;

/* An op of a kind for which there is nothing to do. */
void	 access_nothing(struct session *);
/* One of the interfaces where subscribers are, for nasctl: its name, where it
 * comes from, its MTU, whether new sessions may come there, and how many there
 * are. */
json_t	*access_one_json(const char *name, const char *origin, int mtu,
    bool served, unsigned sessions);
/* NULL: none has that number. */
const struct access *access_of_kind(unsigned kind);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ethernet lines with DHCPv6: hosts, which ask for an address, and routers'
 * side of them. There everything of nasd's is real: DHCPv6 server, access to
 * it, sessions and their state file. The modules that these ask are played.
 *
 *   sim_host.c		hosts: a DHCPv6 client each, well-behaved or hostile
 *   sim_dhcp6.c	its messages
 *   sim_line.c		lines, with the network on them, and their sessions
 *   sim_nasd.c		nasd comes and goes
 *   sim_stand.c	what sessions ask: RADIUS, tunnels, home agents
 *   sim_idle.c		and what nobody here needs
 *   sim_lease.c	invariants of leases
 */
#ifndef SIM_SIM_LINE_H
#define SIM_SIM_LINE_H

#include "nasd/dhcp6_server.h"
#include "nasd/engine.h"
#include "tests/sim/sim.h"

struct ethers;

#define FRAME		1500	/* of a datagram, at most */
#define LINES_EACH	2	/* of a host, at each router */
#define ASKS_KEPT	41	/* of RADIUS: twice D154's in a minute, and */
#define LINE_SESSIONS	24	/* of a line, at most, most of them ending */

/* ---- messages ---- */

/* What a host says. */
struct ask {
	enum dhcp6_type		 type;
	uint32_t		 xid;
	const struct dhcp6_duid	*client, *server;	/* NULL: none */
	uint32_t		 iaid;
	const struct in6_addr	*addr;		/* in each IA, or NULL */
	unsigned		 n_ia;		/* 0: none */
	bool			 prefix;	/* one more is an IA_PD */
	bool			 rapid;
};

/* An IA_NA, as it is answered. */
struct heard_ia {
	uint32_t		 iaid, t1, t2;
	uint16_t		 status;
	unsigned		 n_addrs;
	struct in6_addr		 addr[DHCP6_IA_ADDRS + 1];
	uint32_t		 preferred[DHCP6_IA_ADDRS + 1];
	uint32_t		 valid[DHCP6_IA_ADDRS + 1];
};

struct heard {
	uint8_t			 type;
	uint32_t		 xid;
	struct dhcp6_duid	 client, server;
	bool			 has_status, rapid;
	uint16_t		 status;
	unsigned		 n_ia;
	struct heard_ia		 ia[DHCP6_IAS];
	bool			 relayed;
};

/* ---- lines ---- */

struct lines;
struct line_host;

/* One of a host's, at one router. */
struct line {
	struct lines		*all;
	struct line_host	*h;
	unsigned		 ifindex;
	char			 ifname[16];
	char			 user[48];	/* its template */
	bool			 there, up;	/* its interface */
	struct dhcp6_link	*link;		/* NULL: not served */
	bool			 way_out;	/* is advertised */
	bool			 stops;		/* a Session-Timeout */
	bool			 retimed;	/* by a CoA-Request, once */
	bool			 kept;		/* over a restart: this */
	uint8_t			 machine;	/* of which start */
	struct dhcp6_lease	 lease;
	mono_t			 since;		/* of Session-Timeout */
	int64_t			 asked[ASKS_KEPT];	/* RADIUS, a ring */
	unsigned		 n_asked;
};

/* Something that is answered later. */
struct line_wait {
	struct line_wait	*next, **prev;
	struct timer		 timer;
	struct lines		*all;
	enum { WAIT_AAA, WAIT_TUNNEL, WAIT_COUNT } kind;
	bool			 answered;	/* a tunnel stays */
	void			*arg;
	uint32_t		 owner;
	aaa_done		*aaa;
	tunnel_done		*tunnel;
	tunnel_counted		*count;
	struct line		*line;		/* of AAA */
};

/* nasd, at one router. */
struct lines {
	struct nas		*nas;
	struct engine		 e;
	struct nasd_config	 cfg;
	struct config_ha	 ha[MAX_HAS];
	struct dhcp6_core	 core;
	struct dhcp6_duid	 duid;
	int			 state[2];	/* its file */
	uint8_t			 machine;	/* counts its starts */
	bool			 drained;
	struct line		*line;		/* LINES_EACH a subscriber */
	struct timer		 t_run;		/* e's timers, the world's
						 * time */
	struct line_wait	*waits;
	bool			 running;
	bool			 killed;	/* what it says is not heard */
	int			 open;		/* Starts without a Stop */
	/* of this step */
	const struct dhcp6_msg	*input;
	bool			 unicast;	/* that was sent so */
	bool			 answered;
};

/* On a line, on its way. */
struct frame {
	struct frame		*next, **prev;
	struct timer		 timer;
	struct line		*line;
	bool			 to_host;
	struct in6_addr		 from, to;
	size_t			 len;
	uint8_t			 data[FRAME];
};

/* ---- hosts ---- */

enum host_state {
	HOST_OFF,
	HOST_SOLICIT,
	HOST_REQUEST,
	HOST_CONFIRM,
	HOST_BOUND,
	HOST_RENEW,
	HOST_REBIND,
	HOST_RELEASE,
	HOST_DECLINE,
};

struct line_host {
	struct subscriber	*u;
	struct line		*at;		/* NULL: nowhere */
	bool			 relayed;	/* by an LDRA on its line */
	bool			 rapid, many;	/* many: further IAs */
	bool			 hostile, greedy;
	struct dhcp6_duid	 duid;
	uint32_t		 iaid;
	struct in6_addr		 ll;
	enum host_state		 state;
	struct timer		 timer;
	uint32_t		 xid;
	unsigned		 tries, refused;
	struct dhcp6_duid	 server;
	bool			 has;		/* this, until then */
	struct in6_addr		 addr;
	int64_t			 t1, t2, until;	/* the world's, ns */
	struct frame		*frames;
};

/* sim_dhcp6.c */
size_t	 ask_write(const struct ask *, uint8_t buf[static FRAME]);
/* The same, as an LDRA passes it on. */
size_t	 ask_relay(uint8_t buf[static FRAME], size_t len,
    const struct in6_addr *peer, const char *circuit);
bool	 heard_read(struct heard *, const uint8_t *, size_t);

/* sim_host.c */
void	 host_new(struct subscriber *);
void	 host_free(struct subscriber *);
void	 host_act(struct subscriber *);
void	 host_hear(struct line_host *, const uint8_t *, size_t);
void	 host_settle(struct subscriber *);	/* behaves from now on */
void	 host_leave(struct subscriber *);	/* for good */

/* sim_line.c */
void	 lines_draw(struct plan *, struct dice *);
/* Any of the hosts may be what the step is about. */
void	 lines_touch(struct world *);
/* Before anything is looked at: sessions as the checker sees them. */
void	 lines_step(struct world *);
void	 lines_sync(struct nas *);
struct sess *lines_sess(struct lines *, struct session *);
struct ha *lines_ha(const struct lines *, struct in_addr);
/* A host, or who says to be it, sends; to: ff02::1:2 if that is NULL. */
void	 line_send(struct line *, const struct in6_addr *from,
    const struct in6_addr *to, const uint8_t *, size_t);
/* Its interface is up, down, or gone. */
void	 line_set(struct line *, bool there, bool up);
/* They are counted. */
struct line *line_nr(const struct subscriber *, unsigned n);
unsigned line_count(const struct world *);
struct line *line_of(struct lines *, const struct session *);
/* The session that the line has now, or NULL. */
struct session *line_session(struct line *);
/* Sessions that are at a line. */
size_t	 lines_attached(struct lines *);

/* What a server sends; its struct dhcp6_core's. */
int	 lines_answer(void *lines, unsigned ifindex, const struct in6_addr *to,
    uint16_t port, const uint8_t *, size_t);
void	 lines_run(struct timer *);
void	 lines_let_go(struct sess *);

/* sim_nasd.c */
void	 lines_start(struct nas *);
void	 lines_stop(struct nas *);		/* it is killed */
void	 lines_free(struct nas *);
/* A CoA-Request about its session, or a Disconnect-Request. */
void	 line_coa(struct line *, const struct session *);

/* sim_stand.c */
extern const struct mip_events line_mip;
void	 stand_cancel(struct lines *);

/* sim_lease.c */
/* What the server of a line answers. */
void	 lease_answer(struct line *, const uint8_t *, size_t);
/* Around a message: what may have changed. */
void	 lease_before(struct line *, struct dhcp6_lease *);
void	 lease_after(struct line *, const struct dhcp6_msg *,
    const struct dhcp6_lease *before);
void	 lease_watch(struct world *, struct subscriber *);
void	 lease_keep(struct line *);		/* before it is killed */
void	 lease_kept(struct line *);
void	 lease_asked_aaa(struct line *);
void	 lease_agreement(struct world *, const struct subscriber *);
void	 lease_nothing_left(struct nas *);

#endif

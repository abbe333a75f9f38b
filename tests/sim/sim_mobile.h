/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Access nodes: mobile nodes, which know nothing of all this; their links,
 * where the real nasd/node.c listens and node_fsm.c decides; a home agent's side of them, the real
 * had/mn*.c, dad.c and home_plane.c over a home link where others are, too.
 *
 *   sim_mobile.c	what mobile nodes say, and where they go
 *   sim_link.c		their links, around the real nasd/node_fsm.c
 *   sim_move.c		and how they move between them
 *   sim_node.c		their home agent: what they are told and heard
 *   sim_home.c		its home link
 *   sim_addr.c		invariants of their addresses
 */
#ifndef SIM_SIM_MOBILE_H
#define SIM_SIM_MOBILE_H

#include "had/dad.h"
#include "had/home_plane.h"
#include "had/mn.h"
#include "nasd/node.h"
#include "nasd/node_fsm.h"
#include "tests/sim/sim.h"

#define MOBILE_ADDRS	20	/* more than a home agent takes */
#define MOBILE_PREFIXES	4
#define HOME_OTHERS	48
#define HOME_PROBES	512
#define PACKET_LEN	128	/* of what mobile nodes say, at most */

/* ---- links ---- */

/* What a router keeps of one for the time when it is not there. */
struct mlink_saved {
	bool		 there;
	struct mip_saved reg;
	struct ha	*ha;
	bool		 was_up, exported, has_mn, awaited;
};

/* Of one subscriber, at one router. */
struct mlink {
	struct subscriber	*u;
	struct nas		*nas;
	struct in_addr		 coa;
	struct node		 node;
	struct node_fsm		 fsm;
	bool			 carrier;	/* somebody is there */
	struct sess		*session;
	enum session_cause	 cause;		/* of the one that has left */
	/* the root side */
	struct timer		 t_set;		/* its answer */
	enum node_carry		 asked, carry;	/* what passes */
	struct ha		*to;		/* of the tunnel, or NULL */
	/* movement */
	bool			 given_away;	/* exported, since it began */
	uint64_t		 after_id;
	struct ha		*from;
	struct timer		 t_wait, t_count;	/* for who comes */
	mono_t			 awaited;	/* since */
	uint64_t		 packets;	/* of its, bridged */
	struct timer		 t_notice;	/* that nobody is there */
	bool			 proactive;
	struct timer		 t_again;	/* of the router */
	struct mlink_saved	 saved;
	struct timer		 t_open;	/* again, after a restart */
};

/* ---- mobile nodes ---- */

struct mobile_addr {
	struct in6_addr		 a;
	bool			 valid;		/* by its own detection */
	int64_t			 probed;	/* 0: not yet */
	int64_t			 until;		/* INT64_MAX: no end */
};

struct mobile_prefix {
	struct in6_addr		 a;
	int64_t			 until;
};

struct mobile {
	struct subscriber	*u;
	uint8_t			 mac[NODE_MAC_LEN];
	struct mlink		*link;		/* one a router */
	struct mlink		*at;		/* NULL: nowhere */
	bool			 hostile;
	bool			 has_router;
	struct in6_addr		 router;
	struct timer		 t_speak, t_plug;
	struct mobile_addr	 addr[MOBILE_ADDRS];
	unsigned		 n_addrs;
	struct mobile_prefix	 prefix[MOBILE_PREFIXES];
	unsigned		 n_prefixes;
};

/* ---- at a home agent ---- */

/* An address on the home link that somebody wanted to know about. */
struct home_probe {
	struct in6_addr		 a;
	mono_t			 sent;
	bool			 answered;	/* in time */
};

struct home_packet;

struct home_net {
	struct ha		*ha;
	struct dad		 dad;
	struct dataplane	*plane;		/* dad's, over it; or NULL */
	bool			 up;
	int			 last_handle;
	unsigned		 n_groups;
	struct in6_addr		 other[HOME_OTHERS];	/* others' */
	unsigned		 n_others;
	struct home_probe	 probe[HOME_PROBES];
	unsigned		 n_probes;
	struct home_packet	*flying;	/* there */
	struct timer		 t_back;	/* the link */
	/* of this step */
	struct in6_addr		 defended;	/* the last one */
};

/* What was bound or wanted before the step. */
struct addr_view {
	struct in6_addr		 a;
	struct subscriber	*u;
	const struct pool	*pool;
	bool			 bound, local;
};

#define VIEW_ADDRS	(6 * MN_ADDRS_MAX)

/* What the watcher knows of one mobile node there. */
struct mn_view {
	const struct mn		*mn;		/* since the last step */
	struct in_addr		 coa;		/* where it was */
	bool			 up, fresh;	/* fresh: has just come up */
	int64_t			 up_at;		/* ns of its mono */
	int64_t			 last_ra;	/* 0: none */
	int64_t			 ra_before;	/* that one */
	int64_t			 ra_due;	/* 0: none */
	int64_t			 claims;	/* bucket, thousandths */
	int64_t			 claims_at;
};

struct ha_nodes {
	struct mns		 mns;
	struct access_nodes	 nodes[2];
	struct pool		*choice[2][NODE_POOLS_MAX];
	struct care_of_range	 range[MAX_NASES];
	struct user		*users;		/* with keys of their own */
	struct home_net		 home;
	struct dataplane	 plane;		/* routes of addresses */
	struct mn_view		*view;		/* one a subscriber */
	struct addr_view	 addr[VIEW_ADDRS];
	unsigned		 n_addrs;
	/* of this step */
	bool			 failed;	/* a route to: */
	struct in6_addr		 failed_addr;
	bool			 no_dad;	/* what was probed failed */
	struct subscriber	*detached;
	unsigned		 said_in_use;	/* to a mobile node */
	unsigned		 said_router;
};

/* sim_mobile.c */
void	 mobile_new(struct subscriber *);
void	 mobile_free(struct subscriber *);
void	 mobile_act(struct subscriber *);
void	 mobile_hear(struct mobile *, const uint8_t *packet, size_t len);
/* It does not want any more what others have. */
void	 mobile_settle(struct mobile *);
void	 mobile_leave(struct mobile *);		/* for good */

/* sim_link.c */
void	 link_init(struct mlink *, struct subscriber *, struct nas *);
void	 link_start(struct nas *);		/* the router does */
void	 link_stop(struct nas *);
void	 link_plug(struct mlink *);
/* Is it noticed at once? */
void	 link_unplug(struct mlink *, bool at_once);
void	 link_hear(struct mlink *, const uint8_t *packet, size_t len);
/* Somebody removes its tunnel. */
void	 link_lose_tunnel(struct mlink *);
/* Out of a tunnel that comes from there. */
void	 link_tunnel(struct nas *, const struct packet *);
struct mlink *link_at(struct world *, struct in_addr coa);
/* What sessions ask, as struct access of nasd/access.h. */
void	 link_request(const struct sess *, struct mip_reg_request *);
void	 link_install(struct sess *);
void	 link_leave(struct sess *);
void	 link_event(struct sess *, enum node_event);	/* others */
/* A request for it goes out, to ha. */
void	 link_check_request(const struct mlink *, const struct host *ha);
/* After each step. */
void	 link_watch(const struct mlink *);

/* sim_move.c */
#define MOVE_WAIT_MS	60000	/* for who is imported */

/* By export and import, if there is a to; false: it comes without a context. */
bool	 move_by_context(struct mlink *from, struct mlink *to);
/* It stays, though it was exported. */
void	 move_undone(struct mlink *);
void	 move_init(struct mlink *);
/* Ops of node_fsm. */
void	 move_came(struct node_fsm *);
void	 move_never_came(struct node_fsm *);
void	 move_count(struct node_fsm *);
void	 move_wait(struct node_fsm *, int64_t ms);
/* What link_watch does not know of. */
void	 move_watch(const struct mlink *);

/* sim_node.c */
void	 nodes_new(struct ha *);
void	 nodes_free(struct ha *);
void	 nodes_start(struct ha *);
void	 nodes_stop(struct ha *);		/* after the bindings */
void	 nodes_input(struct ha *, const struct packet *);
uint64_t nodes_digest(const struct ha *, uint64_t);
struct mn *nodes_mn(struct ha *, const struct subscriber *);
const struct mn_addr *nodes_addr(const struct mn *, const struct in6_addr *);

/* sim_home.c */
int	 home_start(struct home_net *, struct ha *);
void	 home_stop(struct home_net *);
struct home_probe *home_probe(struct home_net *, const struct in6_addr *);
/* Something happens there, by chance. */
void	 home_act(struct ha *);
void	 home_still(struct ha *);

/* sim_plane.c */
void	 plane_start_nodes(struct ha *);
/* The route to an address, there or on its way; NULL: none. */
const struct dp_route *plane_find(const struct ha *, const struct in6_addr *,
    struct in_addr *coa, unsigned *n);

/* sim_addr.c: after each step */
void	 addr_watch(struct ha *);
void	 addr_forget(struct ha *);
/* It wants one: not faster than is allowed. */
void	 addr_count_claim(struct ha *, const struct subscriber *);
/* What is wrong with the binding of a mobile node, or NULL. */
const char *addr_unsound(struct ha *, const struct subscriber *,
    const struct binding *);
void	 addr_agreement(struct world *, const struct subscriber *);
/* Who has it there, or wants it; NULL: nobody. */
struct subscriber *addr_owner(const struct ha *, const struct in6_addr *);
/* Would it be the first of its kind that it is to have [D32]? */
bool	 addr_is_entry(const struct mn *, const struct in6_addr *);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A second world, of other ways to home agents than that of sim.h: by foreign
 * agents, which relay for access nodes behind them and give care-of addresses,
 * and by GRE, where care-of addresses are shared and keys tell mobile nodes
 * apart. Real are fad's relay, visitor list, known agents and advertisements,
 * nasd's NetMIP4 client and what it makes of advertisements, had's reg with all
 * its parts; played are links, data planes, and sessions, which are much
 * simpler than those of sim_session.c.
 *
 *   sim_way.c		one schedule: what is drawn for it, phases, steps
 *   sim_way_net.c	the network and links, and who attacks there
 *   sim_way_ha.c	a home agent
 *   sim_way_nas.c	an access router or node, and mobile nodes behind it
 *   sim_way_conf.c	its configuration, also while it runs
 *   sim_way_hear.c	what it hears of the foreign agent on its link
 *   sim_way_fa.c	a foreign agent's place
 *   sim_fa.c		what it does there
 *   sim_way_check.c	invariants of bindings and visits, and of the end
 *   sim_gre.c		invariants of GRE keys
 */
#ifndef SIM_SIM_WAY_H
#define SIM_SIM_WAY_H

#include "had/access_node.h"
#include "had/mn.h"
#include "nasd/fa_agent.h"
#include "tests/sim/sim.h"
#include "tests/sim/sim_fa.h"

#define WAY_FAS		2
#define WAY_HAS		FA_HAS
#define WAY_NASES	4
#define WAY_LINES	FA_NODES
#define WAY_FA_ADDRS	2	/* care-of addresses that an agent may have */
#define WAY_HOMES	32	/* IPv4 home addresses of one home agent */
#define WAY_HISTORY	64
#define WAY_KEYS	2	/* of a router with a home agent */
#define WAY_REALMS	2
#define WAY_TRIES	16	/* of a NAS at a time */

struct way;
struct way_nas;

enum way_kind {
	WAY_ROUTER,
	WAY_NODE,
	WAY_BEHIND,		/* a foreign agent */
};

struct way_plan {
	unsigned	n_has, n_fas, n_nases, n_lines;
	unsigned	steps;
	int64_t		pause, delay;
	bool		calm;
	unsigned	loss, dup, late, faults, attacks, dp_fail;
	bool		dp_async, clocks, revocation;
	bool		fa_keys;	/* agents share them */
	bool		apart;		/* on a link, mobile nodes of one home
					 * agent only */
	bool		at_links;	/* the attacker is on links, too */
	bool		few_keys;	/* routers take keys of GRE again */
	bool		fa_gre;		/* agents may have GRE */
	bool		per_realm;	/* each of two realms has all home
					 * addresses of a home agent */
	unsigned	n_coas;		/* of a node, for GRE */
	unsigned	lifetime, max_lifetime, fa_lifetime;
	unsigned	flap_limit, homes;
	uint32_t	max_pending, max_pending_node;
	bool		require, known_only;
	unsigned	keyed;		/* mobile nodes that share a key with
					 * agents, permille */
	unsigned	advert_s;	/* most between advertisements; 0: no
					 * agent has any */
	unsigned	moving;		/* agents that start anew at another
					 * care-of address, permille */
};

/* ---- nodes ---- */

/* What a home agent had of a mobile node after the last step. */
struct way_view {
	uint64_t	hash;		/* of its NAI, since the start */
	bool		holds, bound;
	struct in_addr	coa, home;
	struct gre_keys	gre;
	mono_t		until;
	uint64_t	last_id;	/* of what it has accepted */
	int64_t		changed;	/* coa, home or keys, or it began or
					 * ended; the world's time */
	bool		deregistered;	/* that is how it ended */
};

/* What it has granted by a foreign agent, ever. */
struct way_grant {
	uint32_t	homes;		/* a bit each */
	uint16_t	lifetime;	/* the longest */
	int64_t		until;		/* the latest end, after the last yes */
	uint64_t		 last_id;	/* of that */
};

struct way_ha {
	struct host		 host;
	struct way		*way;
	struct had_config	 conf;
	struct pool		 pool[2];
	struct pool		*choice[2];
	struct access_nodes	 nodes;
	struct home4		 space[WAY_REALMS];
	struct foreign_agent	 agent[WAY_FAS * WAY_FA_ADDRS];
	struct mip4_sa		 agent_sa[WAY_FAS];
	struct care_of_range	 range[WAY_FAS * WAY_FA_ADDRS + WAY_NASES];
	struct peer		 peer[WAY_NASES];
	struct user		 user[WAY_LINES];
	struct peers		 peers;
	struct pools		 pools;
	struct bindings		 bindings;
	struct mns		 mns;
	struct reg		 reg;
	struct dataplane	 dp;
	struct dp_route		*routes;
	unsigned		 n_routes;
	bool			 dp_failed;	/* in this step */
	bool			 gre;		/* offered, from a start on */
	struct way_view		 view[WAY_LINES];
	struct way_grant	 grant[WAY_FAS][WAY_LINES];
};

/* What was relayed for a NAS, and may be waited for. */
struct way_try {
	const struct way_line	*line;		/* NULL: nothing */
	struct in_addr	 home;
	uint32_t	 id;		/* the lower half of it */
	uint32_t	 key;		/* 0: by none */
	int64_t		 until;		/* the answer is waited for; 0: it has
					 * come */
};

struct way_fa {
	struct host	 host;		/* its address: that of care-of */
	struct way	*way;
	struct fa	*fa;
	struct in_addr	 link[FA_LINKS];
	uint16_t	 sequence;	/* of its next start's first advert */
	unsigned	 max_lifetime;	/* that it relays, from a start on */
	enum fa_gre	 gre;		/* the same */
	struct way_try	 tried[WAY_NASES][WAY_TRIES];
	int64_t		 vague[WAY_NASES];	/* until then it is not known
						 * what is waited for */
	int64_t		 denied[WAY_NASES][WAY_LINES];	/* last */
	int64_t		 started;	/* the world's time */
};

struct way_sess {
	struct way_sess	*next, **prev;		/* of its line */
	struct way_line	*line;
	struct way_nas	*nas;
	struct way_ha	*ha;
	struct mip_reg	*reg;
	char		 subject[24];
	struct in_addr	 coa, via;
	bool		 up, leaving;
	bool		 resumed;	/* nothing heard since */
	struct gre_keys	 gre;		/* of its data path */
	struct in_addr	 home;
	int64_t		 learnt;	/* when what it knows was said, */
	uint64_t	 last_id;	/* in answer to this */
	unsigned	 nr;
};

/* What a NAS keeps of one for the time when it is not there. */
struct way_saved {
	bool		 there;
	bool		 gre;
	struct mip_saved reg;
	struct in_addr	 coa;
	int64_t		 learnt;
};

/* What a NAS hears of its agent, and what has come of that, for who checks. */
struct way_hear {
	struct fa_agent	 agent;		/* the real one */
	bool		 learns;	/* else the care-of address is known */
	struct in_addr	 coa[WAY_LINES];	/* as links have it */
	int64_t		 until;		/* the latest end of what came */
	unsigned	 boot;		/* which start of the agent's the last */
	uint16_t	 sequence;	/* one was of, and its number; 0: none */
	int64_t		 sent;		/* and when it was sent */
	bool		 lost;		/* it was, before this one came */
	bool		 restarted;	/* it may be, by this one */
	int64_t		 changed;	/* when a change was heeded last */
	unsigned	 anew;		/* since it was heard of this start, ... */
	int64_t		 since;		/* at this time, it must know of it */
};

struct way_nas {
	struct host		 host;
	struct way		*way;
	enum way_kind		 kind;
	unsigned		 fa, link;	/* behind which */
	uint8_t			 lladdr[6];
	struct mip_core		 core;
	struct mip4_sa		 sa[WAY_HAS][WAY_KEYS];	/* the home agents
							 * have both */
	struct mip4_sa		*keys[WAY_HAS];	/* its configuration's */
	unsigned		 n_keys[WAY_HAS], roll[WAY_HAS];
	uint16_t		 lifetime;
	bool			 gre[WAY_HAS];	/* "encapsulation gre"; behind
						 * an agent, bit G */
	struct way_saved	 saved[WAY_LINES];
	struct mip4_sa		 fa_sa[WAY_LINES];	/* of a keyed one: the
							 * right one, or not */
	struct way_hear		 hear;
};

/* A mobile node, and where it is. */
struct way_line {
	struct way		*way;
	unsigned		 index;
	char			 nai[32];
	struct mip4_sa		 sa;
	bool			 keyed;		/* shares this with agents: */
	struct mip4_sa		 fa_sa;
	unsigned		 ha, realm;
	struct way_nas		*at;		/* NULL: nowhere */
	bool			 waits;		/* for the agent there */
	struct way_sess		*sessions;
	struct timer		 t_again, t_notice;
	uint8_t			 last_code;	/* of the last denial */
};

struct way_packet {
	struct way_packet	*next, **prev;
	struct timer		 timer;
	struct way		*way;
	struct in_addr		 src, dst;
	uint16_t		 sport, dport;
	bool			 on_link;	/* between nas and fa */
	unsigned		 nas, fa, link;
	bool			 icmp;		/* there, too */
	uint8_t			 ttl;
	unsigned		 fa_boot;	/* its sender's */
	bool			 attack;	/* bent, or made up */
	int64_t			 sent;
	unsigned		 boot;		/* its receiver's, then */
	size_t			 len;
	uint8_t			 data[512];
};

struct way {
	struct world		*w;	/* clock, chance, trace, verdict */
	struct way_plan		 plan;
	struct way_ha		 ha[WAY_HAS];
	struct way_fa		 fa[WAY_FAS];
	struct way_nas		 nas[WAY_NASES];
	struct way_line		 line[WAY_LINES];
	struct timer		 t_fate;
	unsigned		 left;
	enum { WAY_RESTLESS, WAY_QUIET, WAY_SETTLED, WAY_ENDING } phase;
	int64_t			 quiet;		/* since when it is */
	struct way_packet	*flying;
	unsigned		 n_flying;
	struct way_packet	 history[WAY_HISTORY];
	unsigned		 n_history;
	struct way_packet	*now;	/* delivered in this step, or NULL */
	bool			 operator_acts;
	unsigned		 last_nr;
};

/* sim_way.c: the same seed, another world. True: all held. */
bool	 way_run(struct world *);
/* It does not start again before a second is over. */
void	 way_restart(struct way *, struct host *);
bool	 way_restless(const struct way *);
/* Its address is net and its number. */
void	 way_host_init(struct way *, struct host *, const char *kind,
    unsigned i, uint32_t net);
struct way_line *way_line(struct way *, const void *nai, size_t len);

/* sim_way_net.c */
void	 way_send(struct way *, const struct way_packet *head,
    const uint8_t *data, size_t len);
void	 way_attack(struct way *);
void	 way_net_free(struct way *);
struct way_fa *way_fa_of(struct way *, struct in_addr coa);
struct way_ha *way_ha_of(struct way *, struct in_addr);
struct way_nas *way_nas_of(struct way *, struct in_addr);
/* Which of its care-of addresses; way_fa_of knows all. */
struct in_addr way_fa_coa(unsigned fa, unsigned which);
/* A node's care-of address: of a line alone, or one that is shared. */
struct in_addr way_coa(const struct way_nas *, unsigned line, bool shared);

/* sim_way_fa.c */
void	 way_fa_init(struct way *, unsigned i);
void	 way_fa_start(struct way_fa *);
/* It is about to be stopped: it may say so, and have another address next. */
void	 way_fa_leaves(struct way_fa *);

/* sim_way_ha.c */
void	 way_ha_start(struct way_ha *);
void	 way_ha_stop(struct way_ha *);
void	 way_ha_input(struct way_ha *, const struct way_packet *);
void	 way_ha_end(struct way_ha *, struct way_line *);
struct binding *way_binding(struct way_ha *, const struct way_line *);
/* Its IPv4 home address there, or 0. */
struct in_addr way_home(const struct binding *);
uint64_t way_ha_digest(struct way_ha *);
/* Those of which it has one there, and how many are taken of all. */
struct home4 *way_home_space(struct way_ha *, const struct way_line *);
unsigned way_homes_taken(const struct way_ha *);
/* Is its way there, as the binding says? */
bool	 way_routed(const struct binding *);
void	 way_offer_gre(struct way_ha *, bool);

/* sim_way_nas.c */
void	 way_nas_start(struct way_nas *);
void	 way_nas_stop(struct way_nas *);
void	 way_nas_input(struct way_nas *, const struct way_packet *);
/* Of what is up there; all: of all that requests do. */
uint64_t way_nas_digest(const struct way_nas *, bool all);
void	 way_line_init(struct way *, unsigned index);
void	 way_line_free(struct way_line *);
void	 way_plug(struct way_line *, struct way_nas *);
/* Is it noticed at once? */
void	 way_unplug(struct way_line *, bool at_once);
void	 way_act(struct way_line *);
/* What was in the way of its session is no more, in so many ms. */
void	 way_go_on(struct way_line *, int64_t ms);
struct way_sess *way_sess_at(struct way_line *, const struct way_nas *);
const char *way_sess_name(const struct way_sess *);

/* sim_way_conf.c */
void	 way_configure(struct way_nas *);
void	 way_nas_free(struct way_nas *);
/* Another configuration. */
void	 way_nas_reload(struct way_nas *);
struct mip_ha way_home_agent(const struct way_nas *, unsigned i);
/* Has the NAS the key that the agents have of it? True if there is none. */
bool	 way_has_key(const struct way_nas *, const struct way_line *);

/* sim_way_hear.c: of a NAS behind an agent that advertises */
void	 hear_start(struct way_nas *);
void	 hear_stop(struct way_nas *);
void	 hear_input(struct way_nas *, const struct way_packet *);
/* May a session begin there; for how long does it ask, seconds? */
bool	 hear_may_begin(const struct way_nas *);
uint16_t hear_lifetime(const struct way_nas *);
/* After each step, and at rest. */
void	 hear_watch(struct way *);
void	 hear_check_rest(const struct way_nas *);
/* An advertisement of that link as somebody makes it up. */
void	 hear_forge(struct way *, struct way_packet *);

/* sim_way_check.c */
void	 way_watch(struct way *);	/* after each step */
/* A home agent says yes to it. */
void	 way_said_yes(struct way_ha *, struct way_line *, struct in_addr coa,
    const struct mip4_msg *);
void	 way_check_agreement(struct way *);
void	 way_check_nothing_left(struct way *);
/* Is what the home agent has this session's? */
bool	 way_is_current(const struct way_sess *);
bool	 way_is_visited(struct way_fa *, const struct way_sess *);
/* May it be without service at rest? */
bool	 way_is_excused(const struct way_line *);

/* sim_gre.c: after each step, and at rest */
void	 gre_watch(struct way *);
void	 gre_agreement(const struct way_sess *);
/* An agent relays a request; something has come to it that may be an answer. */
void	 gre_relayed(struct way_fa *, const uint8_t *data, size_t len);
void	 gre_answered(struct way_fa *, const struct way_packet *);
/* A home agent says yes to it; its binding is there. */
void	 gre_said_yes(struct way_ha *, const struct way_line *,
    const struct mip4_msg *);
/* Does its agent have a tunnel for who asks as it does? */
bool	 gre_is_served(const struct way_line *);

#endif

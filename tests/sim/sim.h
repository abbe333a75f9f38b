/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A world in one program: access routers and home agents, which are the real
 * code of nasd and had, subscribers who dial in and move, a network that loses
 * and reorders, clocks that differ, an attacker. Time is virtual and all
 * chance comes from one seed, so that what failed once fails again. What is
 * real and what is played: doc/SIMULATION.md.
 *
 *   sim_main.c		options, many schedules, the report
 *   sim_world.c	one schedule: what is drawn for it, its phases, its steps
 *   sim_fate.c		what happens besides: restarts, partitions, clocks
 *   sim_net.c		the network
 *   sim_attack.c	recorded datagrams come back
 *   sim_ha.c		a home agent
 *   sim_plane.c	a data plane for it
 *   sim_lookup.c	the AAA that it asks about subscribers
 *   sim_nas.c		an access router: the client's core
 *   sim_select.c	which home agent its sessions ask
 *   sim_session.c	its sessions: carries out what session_fsm decides
 *   sim_access.c	the subscriber's side of a session
 *   sim_user.c		what subscribers do
 *   sim_watch.c	invariants of bindings
 *   sim_check.c	invariants of sessions, messages and of the end
 *   sim_rnd.c		chance; takes the place of the product's
 *   sim_mobile.h	mobile nodes behind access nodes
 *   sim_line.h		hosts on Ethernet lines, with DHCPv6
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/clock.h"
#include "common/mip4.h"
#include "common/table.h"
#include "common/timers.h"
#include "had/had_config.h"
#include "had/reg.h"
#include "had/user_lookup.h"
#include "nasd/ha_select.h"
#include "nasd/mip_reg.h"
#include "nasd/session_fsm.h"
#include "tests/sim/sim_rnd.h"

#define MAX_HAS		3
#define MAX_NASES	32
/* Where a router's own care-of address is counted, and where one that it has
 * for a mobile node: net_place. */
#define FIRST_SINGLE	(MAX_NASES / 2)
#define MANY_USERS	64	/* above: look only at what was touched */
#define SPI		256
#define MN_SPI		512
#define HA_POOLS	4		/* unique and shared, of two realms */
#define NODE_POOLS	2		/* behind access nodes */
#define ATTACK_PORT	4434		/* where the attacker sends from */

struct world;
struct ha_nodes;
struct line_host;
struct lines;
struct mlink;
struct mobile;
struct sess;
struct session;
struct subscriber;

/* ---- the schedule: what was drawn for it ---- */

/* Of lines with DHCPv6. */
struct line_plan {
	bool		on_request;	/* registers then [D26] */
	bool		rapid;		/* is answered so */
	bool		refuse;		/* duplicates: the newer one */
	bool		keeps;		/* a state file */
	uint32_t	preferred, valid;	/* seconds */
	unsigned	hostile;	/* permille of the hosts */
	unsigned	stops;		/* of the lines: Session-Timeouts */
	unsigned	declines;	/* of the addresses given */
};

struct plan {
	unsigned	n_has, n_nases, n_users;
	unsigned	steps;		/* things that happen from outside */
	int64_t		pause;		/* between them, ns */
	bool		calm;		/* nothing goes wrong */
	unsigned	loss, dup, late;	/* permille of datagrams */
	int64_t		delay;		/* one way, ns */
	unsigned	faults;		/* permille of the steps */
	unsigned	attacks;
	bool		clocks;		/* they differ, and step */
	bool		drift;
	bool		fail_over;	/* to other home agents */
	unsigned	redirect[MAX_HAS];	/* when drained, to which; itself: to
						 * none */
	bool		one_key;	/* the same for all pairs */
	unsigned	dp_slow, dp_fail;	/* permille of routes */
	bool		dp_async;
	unsigned	in_use;		/* permille of addresses on home links */
	unsigned	mobile;		/* permille of subscribers are behind
					 * access nodes */
	unsigned	lines;		/* permille of the others have a line
					 * with DHCPv6 */
	struct line_plan line;
	bool		home_link;	/* they are as if on one */
	unsigned	taken;		/* permille of addresses there */
	bool		two_prefixes;	/* are advertised to them */
	bool		two_kinds;	/* of access nodes, with others */
	unsigned	hostile;	/* permille of them */
	uint32_t	valid, ra_interval;	/* seconds */
	bool		realms;		/* two, with pools of their own */
	uint32_t	realm_lifetime;	/* of the second one */
	bool		lookup;		/* home agents ask AAA */
	unsigned	aaa_fails;	/* permille of the questions */
	uint32_t	known, rejected; /* seconds that answers are good for */
	uint32_t	shed_after, shed_pending;
	unsigned	late_reads;	/* permille: it has waited to be read */
	uint32_t	max_bindings;	/* of one router */
	uint32_t	rate;		/* of requests; 0: no limit */
	bool		newest_only;	/* answers to that request count [D9] */
	unsigned	insist;		/* permille of subscribers */
	unsigned	lifetime;	/* asked for */
	uint32_t	max_lifetime, hold, window, flap_limit;
	unsigned	pool_len;	/* of unique prefixes */
	bool		hold_strict;	/* also when they are used up */
	bool		revocation;
	unsigned	gre;		/* permille of routers ask for it */
	uint64_t	ntp0;
};

/* ---- nodes ---- */

struct host {
	struct world	*w;
	char		 name[8];
	struct in_addr	 addr;
	struct clock	 clock;
	int32_t		 ppm;		/* its seconds are longer or shorter */
	int64_t		 ahead;		/* its NTP clock, ns */
	struct timers	 timers;
	bool		 up;
	uint32_t	 boot;		/* counts starts */
	uint64_t	 boot_ntp;	/* its clock at the last one */
	unsigned	 set_back;	/* counts: its clock was */
	struct timer	 restart;	/* in the world's time */
	unsigned	 index;
};

mono_t	 host_mono(const struct host *);
int64_t	 host_to_world(const struct host *, mono_t);
/* Its clocks are the world's, with what is its own of them. */
void	 host_clock(struct host *);

/* When a datagram was sent: the world's time, and its sender's start. */
struct origin {
	int64_t		 sent;
	uint32_t	 boot;
};

/* What the watcher knows of one subscriber at one home agent, by looking after
 * every step. */
struct view {
	struct table_node	 by_prefix;	/* in use while known */
	uint64_t		 hash;		/* of its NAI, since the start */
	bool			 behind_node;	/* it has no home address */
	struct subscriber		*u;
	struct pool		*pool;		/* that prefix is of */
	bool			 known;		/* had one, since its start */
	bool			 holds;		/* bound or about to be */
	bool			 bound;
	bool			 negotiated;	/* revocation */
	struct in_addr		 coa;
	struct in6_addr		 hoa, prefix;
	unsigned		 len;
	int64_t			 until, ended;	/* its mono, ns */
	uint64_t		 reclaimed;	/* by then, of all */
	bool			 minded;	/* its router knows of it, */
	bool			 orphaned;	/* and no session does */
	struct origin		 made;		/* of the request for it that
						 * was accepted last */
	bool			 overtaken;	/* that one: a later one was
						 * accepted before */
	int64_t			 newest[MAX_NASES];	/* the latest one
							 * accepted, ever */
	uint64_t		 waits[MAX_NASES];	/* the Identification of
						 * a request that waits for a
						 * look-up; 0: none */
	struct origin		 waits_from[MAX_NASES];
	uint16_t		 lifetime;
	int64_t			*moves;		/* ring, flap_limit long */
	unsigned		 n_moves;
	struct {
		int64_t		 said;		/* last yes; 0: none */
		uint64_t	 said_to;	/* its Identification */
		int64_t		 at;		/* last type 7; 0: none */
		uint32_t	 id;		/* of it */
		uint64_t	 begun;		/* revocations by then */
		bool		 acked;
	}			 revoked[MAX_NASES];
};

struct ha {
	struct host		 host;
	struct had_config	 conf;
	struct pool		 pool[HA_POOLS + NODE_POOLS];
	struct pool		*choice[HA_POOLS];
	unsigned		 n_pools;	/* of access routers; behind
						 * them those of nodes */
	struct ha_nodes		*nodes;		/* NULL: none */
	struct realm		 realm[2];
	struct realms		 realms;
	char			 realm_name[2][16];
	struct peer		*peer;		/* one a NAS */
	struct peers		 peers;
	struct pools		 pools;
	struct bindings		 bindings;
	struct reg		 reg;
	struct dataplane	 dp;
	struct dp_route		*routes;	/* all there are */
	unsigned		 n_routes;	/* not to single addresses */
	unsigned		 n_addr_routes;
	bool			 dp_failed;	/* in this step */
	bool			 dp_in_use;	/* likewise, for that */
	struct question		*questions;	/* to AAA, that are out */
	struct view		*view;		/* one a user */
	struct table		 by_prefix;	/* of views */
};

struct nas {
	struct host		 host;
	struct mip_core		 core;
	struct ha_select	 select;
	struct timer		 t_probe;
	struct lines		*lines;	/* NULL: none */
	struct mip4_sa		 sa[MAX_HAS];
	bool			 gre;		/* what is new asks for it */
	uint32_t		 last_nr;
	unsigned		 n_sessions;
};

/* ---- sessions and subscribers ---- */

enum access_next {
	ACCESS_NOTHING,
	ACCESS_LINK,
	ACCESS_START_FAILS,
	ACCESS_AUTH,
	ACCESS_ASK,
	ACCESS_INSIST,
	ACCESS_COME_UP,
	ACCESS_GONE,
};

#define SESS_QUEUE	4	/* as session.h */

struct sess {
	struct sess		*next, **prev;	/* of its subscriber */
	struct nas		*nas;
	struct subscriber		*u;
	struct ha		*ha, *usual;
	struct ha		*ha_next;	/* to ask instead, or NULL */
	bool			 one_ha;	/* no other one */
	struct mlink		*ml;		/* of an access node, or NULL */
	struct session		*real;		/* a line's, or NULL; then all
						 * this is only said of it */
	struct in_addr		 coa;
	uint64_t		 ha_tried;
	unsigned		 ha_redirects;
	uint32_t		 nr;
	char			 subject[32];
	enum session_state	 state;
	struct timer		 state_timer;	/* the NAS's time */
	mono_t			 budget_end;
	bool			 busy;
	enum session_event	 queue[SESS_QUEUE];
	unsigned		 queued;
	enum session_cause	 cause;

	/* access side; timers are the world's */
	struct timer		 t_access, t_aaa, t_install, t_count;
	enum access_next	 next_access;
	bool			 link, starting, carrier_lost, abandoned;
	bool			 asked, has_own, insists;
	unsigned		 n_insisted;
	struct iid		 own, local, iid;
	bool			 ra, accounting, stopping;

	struct mip_reg		*reg;
	bool			 registered, deregistering;
	bool			 unique, hoa_unique, iid_kept;
	struct in6_addr		 hoa;
	struct gre_keys		 gre, path;	/* path: of its data path */
	bool			 tunnel, tunnel_up;

	/* of the checker */
	const char		*excuse;	/* why the home agent may not
						 * have its binding */
	bool			 was_up;
	bool			 lent;		/* it was exported, once */
	bool			 resumed;	/* of an earlier program, */
	mono_t			 kept;		/* until then at least [D117] */
};

struct subscriber {
	struct world		*w;
	unsigned		 index;
	char			 nai[32];
	bool			 unique;
	bool			 insists;
	unsigned		 realm;
	bool			 keyed;		/* has a key of its own */
	bool			 fixed;		/* and a prefix, by AAA */
	struct mip4_sa		 sa;
	struct mobile		*mobile;	/* behind an access node */
	struct line_host	*line;		/* on a line, with DHCPv6 */
	struct iid		 own;
	struct sess		*sessions;
	struct sess		*at;	/* where the subscriber really is */
	unsigned		 ha;	/* usual home agent */
	struct timer		 dial;
	bool			 touched;
	struct subscriber		*next_touched;
	/* Last Registration Request by NAS and home agent, ns of the NAS's
	 * mono; 0: none, or what it was about is over. */
	int64_t			(*asked)[MAX_HAS];	/* [MAX_NASES] */
	uint8_t			(*retry)[MAX_HAS];	/* for a 133: */
#define RETRY_NONE	0
#define RETRY_USED	1
#define RETRY_DUE	2	/* when its turn comes */
};

/* ---- the network ---- */

struct packet {
	struct packet	*next;		/* in flight; then: free */
	struct packet	**prev;
	struct timer	 timer;		/* arrival */
	struct world	*w;
	struct in_addr	 src, dst;
	uint16_t	 sport, dport;
	bool		 attack;
	bool		 tunnel;	/* data is an IPv6 packet */
	bool		 refused;	/* for its time; a late one later */
	struct subscriber	*u;		/* NULL: of nobody */
	struct origin	 origin;
	unsigned	 boot, set_back; /* of dst when it was delivered */
	int64_t		 at;
	size_t		 len;
	uint8_t		 data[512];
};

#define HISTORY		256
#define TRACE_LINES	64
#define TRACE_LEN	160

struct counts {
	uint64_t	steps, sent, lost, delivered, dup;
	uint64_t	sessions, came_up, moved, revoked, rev_acked;
	uint64_t	expired, renewed, mismatch, denied, lost_reg;
	uint64_t	restarts, partitions, clock_steps, attacks, replays;
	uint64_t	held_down, failed_over, redirected, abandoned;
	uint64_t	readdressed, dp_failed, in_use, flaps, stale_wins;
	uint64_t	looked_up, shed, drains;
	uint64_t	an_sessions, an_resumed, exported, imported, detached;
	uint64_t	never_came, tunnels_lost;
	uint64_t	addresses, probed, duplicates, taken, defended;
	uint64_t	addr_expired, claims;
	uint64_t	line_sessions, line_resumed, line_messages;
	uint64_t	leased, renewed_leases, released, declined, refused;
	uint64_t	no_binding, hostile_asks;
	uint64_t	virtual_ms;
};

/* What is happening now: who caused what is seen after it. */
struct step {
	enum { BY_OTHER, BY_PACKET, BY_TIMER, BY_OPERATOR, BY_PLANE,
	    BY_TUNNEL, BY_HOME } by;
	struct host		*host;
	struct subscriber		*u;
	struct packet		*p;
	bool			 parsed;
	struct mip4_msg		 msg;
};

struct world {
	uint64_t	 seed;
	struct plan	 plan;
	struct dice	 dice;		/* the world's */
	struct dice	 product;	/* the product's */
	int64_t		 now;		/* ns */
	struct timers	 timers;
	struct ha	 ha[MAX_HAS];
	struct nas	 nas[MAX_NASES];
	struct subscriber	*user;
	struct subscriber	*touched;
	bool		 cut[MAX_NASES][MAX_HAS];
	struct timer	 t_fate, t_heal;
	unsigned	 left;		/* things to happen */
	enum { RESTLESS, QUIET, SETTLED, ENDING } phase;
	struct packet	*flying, *free_packets;
	unsigned	 n_flying;
	struct packet	*history;	/* HISTORY of them, a ring */
	unsigned	 n_history;	/* ever */
	struct step	 step;
	struct packet	 judged;	/* what the step is about, if that has
					 * waited, */
	struct packet	 forged;	/* or comes from the attacker */
	struct counts	*counts;
	uint64_t	 until_sweep;
	bool		 failed;
	char		 why[320];
	/* tracing */
	bool		 trace;		/* to stdout */
	char		(*lines)[TRACE_LEN];	/* last ones, or NULL */
	unsigned	 n_lines;
};

/* sim_world.c */
bool	 world_run(struct world *, unsigned users, unsigned steps);
void	 world_say(struct world *, const struct host *, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
#define SAY(w, n, ...) do {						\
	if ((w)->trace || (w)->lines != NULL)				\
		world_say(w, n, __VA_ARGS__);				\
} while (0)
/* An invariant does not hold. The first one counts. */
void	 world_fail(struct world *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void	 world_at(struct world *, struct timer *, int64_t in);
void	 world_touch(struct subscriber *);
struct subscriber *world_user(struct world *, const void *nai, size_t len);

/* sim_fate.c */
void	 fate_begin(struct world *);
void	 fate_still(struct world *);	/* no more; what is broken mends */
void	 host_start(struct world *, struct host *);
/* Its program is killed, and comes again. */
void	 host_restart(struct world *, struct host *);
/* Is it an access router? */
bool	 host_is_nas(const struct host *);

/* sim_net.c */
void	 net_init(struct world *);
void	 net_free(struct world *);
void	 net_send(struct host *, struct in_addr src, struct in_addr dst,
    uint16_t sport, uint16_t dport, const uint8_t *, size_t);
/* An IPv6 packet through a tunnel. */
void	 net_tunnel(struct host *, struct in_addr src, struct in_addr dst,
    const uint8_t *, size_t);
void	 net_deliver(struct packet *);
void	 net_describe(struct world *, const struct packet *, char *, size_t);
/* A care-of address is its router's, too. */
struct host *net_host(struct world *, struct in_addr);
struct in_addr net_coa(const struct host *, unsigned user);
/* Of messages to and from it; below MAX_NASES. */
unsigned net_place(struct world *, struct in_addr coa);
/* Whose care-of address it is; NULL: none of a single subscriber. */
struct subscriber *net_coa_user(struct world *, struct in_addr);

/* sim_attack.c */
void	 attack(struct world *);

/* sim_ha.c */
void	 ha_start(struct ha *);
void	 ha_stop(struct ha *);		/* all is forgotten */
void	 ha_input(struct ha *, const struct packet *);
void	 ha_end(struct ha *, struct subscriber *);	/* hactl revoke */
void	 ha_drain(struct ha *, bool);
struct binding *ha_binding(struct ha *, const struct subscriber *);
uint64_t ha_digest(struct ha *);
/* A request was judged: what it may have come to, denials by overload being
 * so many before. */
void	 ha_judged(struct ha *, struct packet *, uint64_t shed);

/* sim_plane.c */
void	 plane_start(struct ha *);
/* Is the route there, and to where? */
bool	 ha_routed(const struct dp_route *, const struct binding *);

/* sim_lookup.c */
void	 lookup_start(struct ha *);
void	 lookup_stop(struct ha *);
/* One of the subscriber's own has come: does it wait? */
void	 lookup_note(struct ha *, struct subscriber *, const struct packet *);

/* sim_nas.c */
void	 nas_start(struct nas *);
void	 nas_stop(struct nas *);	/* all is forgotten */
void	 nas_input(struct nas *, const struct packet *);
uint64_t nas_digest(struct nas *);
/* Does it know that the subscriber may have a binding there, at that care-of
 * address; without a session, deregistering only? */
bool	 nas_knows(const struct nas *, const struct subscriber *,
    const struct ha *, struct in_addr coa, bool *orphaned);
uint64_t digest_add(uint64_t sum, const void *, size_t);

/* sim_select.c */
void	 select_start(struct nas *);
void	 select_stop(struct nas *);
/* s->ha is about to be asked; how long to wait for it, ms. */
int64_t	 select_ask(struct sess *);
/* Sets s->ha_next if another one is to be asked. */
void	 select_result(struct sess *, const struct mip_result *);

/* sim_session.c */
struct sess *sess_new(struct nas *, struct subscriber *, struct ha *,
    struct mlink *);
/* Of an earlier program, which goes on. */
void	 sess_resume(struct sess *, const struct mip_saved *, bool was_up);
void	 sess_event(struct sess *, enum session_event);
void	 sess_free(struct sess *);
struct sess *sess_rival(const struct sess *, bool live);
/* With what is only told where somebody reads it. */
extern const struct mip_events sess_mip, sess_mip_told;

/* sim_access.c */
void	 access_begin(struct sess *);
void	 access_next(struct sess *, enum access_next, int64_t in);
void	 access_ask_aaa(struct sess *);
void	 access_assigned(struct sess *);
void	 access_install(struct sess *);
void	 access_count(struct sess *);
void	 access_cancel(struct sess *);

/* sim_user.c */
void	 user_init(struct world *, struct subscriber *, unsigned index);
void	 user_act(struct subscriber *);
void	 user_lost(struct subscriber *);	/* its session is gone */
/* Dials in, or not any more. */
void	 user_dial(struct subscriber *);
void	 user_go(struct subscriber *);

/* sim_watch.c: after each step, and before one changes what it knows */
void	 watch_step(struct world *);
void	 watch_sweep(struct world *);
void	 watch_ha_lost(struct ha *);	/* it has forgotten all */
/* The home address that a binding has; of a mobile node's none. */
struct in6_addr watch_hoa(const struct binding *);
/* Its deregistration was not answered: what is bound may stay so. */
void	 watch_given_up(const struct sess *);

/* sim_check.c */
void	 check_sessions(struct world *, struct subscriber *);
/* The home agent no longer holds what the user's sessions stand on. */
void	 check_left(struct ha *, struct subscriber *, struct in_addr coa,
    const struct in6_addr *hoa, const char *why);
void	 check_registered(struct sess *);
bool	 check_is_current(const struct sess *);
void	 check_request(struct nas *, struct in_addr ha, const uint8_t *,
    size_t);
void	 check_from_ha(struct ha *, struct in_addr to, const uint8_t *,
    size_t);
void	 check_ack(struct ha *, const struct packet *);
/* What was registered is over; a new registration is another one. */
void	 check_over(struct sess *);
void	 check_agreement(struct world *);
void	 check_nothing_left(struct world *);

#endif

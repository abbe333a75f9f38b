/* SPDX-License-Identifier: BSD-2-Clause */
/* What access_node.c, access_node_fa.c, access_node_link.c, access_node_show.c,
 * access_move.c and access_ppp_node.c know of the links of access nodes, and
 * nobody else. */
#ifndef NASD_ACCESS_NODE_INT_H
#define NASD_ACCESS_NODE_INT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/timers.h"
#include "nasd/access_node.h"
#include "nasd/nasd_config.h"
#include "nasd/node.h"

struct event;
struct nasd_priv_node_name;
struct session;

/* What the answer to the last request means. */
enum expect { NOTHING, ADDRESS, BRIDGE, CHANGE };

struct node_link {
	struct access_nodes	*all;
	const struct config_node *cfg;
	struct in_addr		 coa;
	struct node		 node;
	bool			 open, opening;
	bool			 carrier;
	unsigned		 ifindex;	/* as last told */
	uint32_t		 ups;		/* how often carrier has come */
	/* A PPP link: is its care-of address there, and is IPv6CP open, or
	 * has it asked before the link was? */
	bool			 has_coa, ipv6cp, asked;
	unsigned		 opens;		/* unanswered */
	struct event		*ev_link, *ev_tunnel;
	int			 tunnel;	/* index of its device */
	bool			 set;		/* there may be one */
	unsigned		 unanswered;	/* requests */
	enum expect		 expect;
	struct session		*session;
	uint64_t		 said;		/* of what was kept, in it */
	bool			 attached;
	struct timer		 again;		/* proactive */
	bool			 waits;		/* its mobile node, for the
						 * foreign agent */
	/* Movement (access_move.c). */
	bool			 exported;	/* its mobile node goes */
	bool			 loaded;	/* by what an earlier nasd has
						 * said of it as it was then: */
	unsigned		 was_ifindex;
	uint32_t		 was_ups;
	bool			 imported;	/* it comes, and ... */
	uint64_t		 after_id;	/* is registered with greater
						 * ones, ... */
	struct in_addr		 from;		/* at this home agent */
	bool			 awaited;	/* and has not been heard here
						 * yet, ... */
	bool			 late;		/* nor when it was to be */
	struct timer		 wait;
};

/* A reading of counters that is under way. Which session it is for travels by
 * value: it may have gone by then. */
struct node_counting {
	LIST_ENTRY(node_counting) link;
	struct engine		*engine;
	uint32_t		 nr;
};

struct access_nodes {
	struct engine		*engine;
	LIST_HEAD(, node_counting) counting;
	bool			 resumed;	/* an earlier nasd's sessions */
	unsigned		 n;		/* of the configuration */
	unsigned		 n_ppp;		/* places behind them; nothing
						 * before they are taken */
	uint32_t		 coa_ppp;	/* of the first one */
	unsigned		 next_ppp;
	struct config_node	*ppp;		/* their sections, as it were */
	struct node_link	 link[];
};

/* By the name of the interface; NULL: none of these. */
struct node_link *access_node_find(const struct access_nodes *,
    const char *ifname);
/* A link by which name, for the root side. */
void	 access_node_name(const struct node_link *,
    struct nasd_priv_node_name *);
/* Reads from a socket of the link from now on; -1: not any more. */
void	 access_node_hear(struct node_link *, int fd);
/* The root side is asked to let packets pass, or not; what comes of it is an
 * event of the link's session. What is asked for instead of a bridge that is on
 * its way is that bridge. */
void	 access_node_ask(struct node_link *, bool carry, enum expect);
/* ... and to remove all of it. */
void	 access_node_unset(struct node_link *);
/* ---- access_node_fa.c ---- */

/* Is its foreign agent one that has to be learnt? */
bool	 access_node_learns(const struct node_link *);
/* Can somebody register by it now? Also where there is none. */
bool	 access_node_agent_is_there(const struct node_link *);
/* It may have come to another link of ours. */
void	 access_node_agent_look(const struct node_link *);
/* The lifetime to ask for, seconds, or 0. */
uint16_t access_node_lifetime(const struct node_link *);

/* ---- access_node_link.c ---- */

/* May a session begin there? */
bool	 access_node_may_begin(const struct node_link *);
/* Its mobile node goes to another access node, or not, or somebody is there
 * again. */
void	 access_node_moved(struct node_link *, bool exported);
/* What was marked before nasd was started is not the same link any more. */
void	 access_node_check_moved(struct node_link *);
/*
 * Who was imported must come [D223]: the link's session is awaited's from then
 * on, until it is heard here, or its session is over (came), or counters show
 * what nobody else can have sent (look; known: they could be read).
 */
void	 access_node_move_init(struct node_link *);
void	 access_node_await(struct node_link *);
void	 access_node_came(struct node_link *);
void	 access_node_look(struct node_link *, bool known, uint64_t packets);
/* Begins one; why is for people. False: there is none, nor will be. */
bool	 access_node_begin(struct node_link *, const char *why);
/* What was in the way of one is no more. */
void	 access_node_go_on(struct node_link *);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* What access_node.c, access_node_fa.c, access_node_link.c, access_node_ops.c,
 * access_node_show.c, access_move.c and access_ppp_node.c know of the links of
 * access nodes, and nobody else. */
#ifndef NASD_ACCESS_NODE_INT_H
#define NASD_ACCESS_NODE_INT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/timers.h"
#include "nasd/access_node.h"
#include "nasd/nasd_config.h"
#include "nasd/node.h"
#include "nasd/node_fsm.h"

struct event;
struct nasd_priv_node_name;
struct session;

struct node_link {
	struct access_nodes	*all;
	const struct config_node *cfg;
	struct in_addr		 coa;
	struct node		 node;
	struct node_fsm		 fsm;		/* what becomes of it */
	bool			 opening;
	bool			 asked;		/* PPP: IPv6CP has asked before
						 * the link was open */
	unsigned		 ifindex;	/* as last told */
	uint32_t		 ups;		/* how often carrier has come */
	unsigned		 opens;		/* unanswered */
	struct event		*ev_link, *ev_tunnel, *ev_data;
	struct timer		 deaf;		/* to ev_data */
	int			 tunnel;	/* index of its device */
	unsigned		 unanswered;	/* requests */
	struct session		*session;
	enum session_cause	 cause;		/* of the one that has left */
	uint64_t		 said;		/* of what was kept, in it */
	struct timer		 again;
	/* Movement (access_move.c). */
	bool			 loaded;	/* exported, by what an earlier
						 * nasd has said of it as it was
						 * then: */
	unsigned		 was_ifindex;
	uint32_t		 was_ups;
	uint64_t		 after_id;	/* imported: is registered with
						 * greater ones, ... */
	struct in_addr		 from;		/* at this home agent */
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
/* ... and of its tunnel. */
void	 access_node_hear_tunnel(struct node_link *, int fd);
/* Looks at what its mobile node sends beyond it, or not any more. */
void	 access_node_hear_data(struct node_link *, bool on);

/* ---- access_node_ops.c: what the link has decided ---- */

/* Nobody's; cfg and all are set. */
void	 access_node_init(struct node_link *);
/* Something happens to it. */
void	 access_node_event(struct node_link *, enum node_event);

/* ---- access_node_fa.c ---- */

/* Is its foreign agent one that has to be learnt? */
bool	 access_node_learns(const struct node_link *);
/* Can somebody register by it now? Also where there is none. */
bool	 access_node_agent_is_there(const struct node_link *);
/* It may have come to another link of ours. */
void	 access_node_agent_look(const struct node_link *);
/* The lifetime to ask for, seconds, or 0. */
uint16_t access_node_lifetime(const struct node_link *);

/* ---- access_move.c ---- */

void	 access_node_move_init(struct node_link *);
/* What was marked before nasd was started is not the same link any more. */
void	 access_node_check_moved(struct node_link *);
/* Of node_fsm's ops: its mobile node goes to another access node, or not, or
 * somebody is there again; who is awaited has come, or not. */
void	 access_node_moved(struct node_fsm *);
void	 access_node_came(struct node_fsm *);
void	 access_node_never_came(struct node_fsm *);
void	 access_node_wait(struct node_fsm *, int64_t ms);

#endif

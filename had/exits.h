/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where home addresses meet the rest of IPv6, as the engine sees it: home links
 * (the 6to4 exit is the root side's alone), and what hactl shows of it all.
 */
#ifndef HAD_EXITS_H
#define HAD_EXITS_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "common/timers.h"
#include "had/priv_exit.h"

struct clock;
struct ctl;
struct dataplane;
struct event_base;
struct had_config;
struct home_link;
struct priv_client;
struct timers;

struct exits {
	const struct had_config	*conf;
	struct home_link	*links;
	size_t			 n_links;
	struct priv_client	*priv;		/* NULL: no root side */
	struct ctl		*ctl;		/* whose requests wait */
	struct timers		*timers;
	const struct clock	*clock;
	struct timer		 wait;		/* they wait no longer */
	bool			 counting;	/* root is asked */
	bool			 counted;	/* and has answered */
	struct had_priv_exits	 counts;
};

/* As root. 0 or -errno, after logging why. */
int	 exits_open(struct exits *, const struct had_config *);
/* In the engine; wraps *dp where there are home links. 0 or -errno. */
int	 exits_start(struct exits *, struct event_base *, struct timers *,
    const struct clock *, struct priv_client *, struct dataplane **dp);
void	 exits_close(struct exits *);
/* "show home-links": a new list. */
json_t	*exits_home_links(const struct exits *);
/* Asks the root side for the counters that exits_show tells; false when there
 * is nothing to ask. The control socket is resumed when it has answered, or has
 * not for 2 s. */
bool	 exits_ask(struct exits *);
/* "show exits": a new list, or NULL when the root side did not answer. */
json_t	*exits_show(const struct exits *);

#endif

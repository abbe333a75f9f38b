/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where home addresses meet the rest of IPv6: home links, and what hactl shows
 * of them.
 */
#ifndef HAD_EXITS_H
#define HAD_EXITS_H

#include <stddef.h>

#include <jansson.h>

struct clock;
struct dataplane;
struct event_base;
struct had_config;
struct home_link;
struct timers;

struct exits {
	const struct had_config	*conf;
	struct home_link	*links;
	size_t			 n_links;
};

/* As root. 0 or -errno, after logging why. */
int	 exits_open(struct exits *, const struct had_config *);
/* In the engine; wraps *dp where there are home links. 0 or -errno. */
int	 exits_start(struct exits *, struct event_base *, struct timers *,
    const struct clock *, struct dataplane **dp);
void	 exits_close(struct exits *);
/* "show home-links": a new list. */
json_t	*exits_home_links(const struct exits *);

#endif

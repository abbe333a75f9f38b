/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ways to IPv4 home addresses behind foreign agents [PROTOCOLS 11.6, D188,
 * D233]: one ipip device an agent's care-of address, or with GRE a device for
 * each home address, by its keys; through it a route for each home address, and
 * on its ingress a filter that lets in only what comes from those, and for us.
 * Part of priv_ops.
 */
#ifndef HAD_PRIV_WAY_H
#define HAD_PRIV_WAY_H

#include <stdbool.h>

#include <net/if.h>
#include <netinet/in.h>

#include "common/gre_keys.h"
#include "common/table.h"

struct had_config;
struct nl;
struct priv_place;

/* Which it is. */
struct priv_way_end {
	struct in_addr		coa;		/* the agent's */
	struct gre_keys		gre;		/* none: ipip */
};

struct priv_way {
	struct table_node	node;
	struct priv_way_end	end;
	unsigned		ifindex;
	unsigned		refs;		/* places behind it */
	char			name[IFNAMSIZ];
};

struct priv_ways {
	const struct had_config	*conf;
	struct table		 by_end;
};

int	 priv_ways_init(struct priv_ways *, const struct had_config *);
/* What they have in the kernel stays. */
void	 priv_ways_free(struct priv_ways *);
/* The way to a place leads by this agent from now on, and is whole. 0 or
 * -errno, and then it has none. */
int	 priv_way_take(struct priv_ways *, struct nl *, struct priv_place *,
    struct in_addr coa);
/* No way leads there any more, if one did. */
void	 priv_way_leave(struct priv_ways *, struct nl *, struct priv_place *);
/* Is it the name of one's device? */
bool	 priv_way_is_name(const char *);

#endif

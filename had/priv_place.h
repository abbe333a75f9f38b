/* SPDX-License-Identifier: BSD-2-Clause */
/* Care-of addresses that the root side may make tunnels to, and those that it
 * has made. Part of priv_ops. */
#ifndef HAD_PRIV_PLACE_H
#define HAD_PRIV_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#include <net/if.h>
#include <netinet/in.h>

#include "common/table.h"
#include "had/peer.h"

struct had_config;

struct priv_place {
	struct table_node	 node;
	struct in_addr		 coa;
	const struct peer	*peer;		/* whose it is */
	unsigned		 ifindex;	/* 0: no tunnel */
	char			 name[IFNAMSIZ];
};

struct priv_places {
	const struct had_config	*conf;
	struct peers		 peers;		/* own index of the config */
	struct table		 used;
	size_t			 max;
};

int	 priv_places_init(struct priv_places *, const struct had_config *);
void	 priv_places_free(struct priv_places *);
/* NULL when there may be no tunnel to coa; then *err is -EPERM, or why there
 * can be none now. */
struct priv_place *priv_place_get(struct priv_places *, struct in_addr coa,
    int *err);
/* The same, if it has a tunnel; -ENODEV if not. */
struct priv_place *priv_place_used(struct priv_places *, struct in_addr coa,
    int *err);
/* It has no tunnel (any more): forgotten. */
void	 priv_place_put(struct priv_places *, struct priv_place *);
/* Is it the name of a tunnel's device? */
bool	 priv_place_is_name(const char *);

#endif

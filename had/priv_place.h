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
#include "had/priv_ops.h"

struct had_config;
struct priv_way;

struct priv_place {
	struct table_node	 node;
	struct had_priv_tunnel	 end;
	const struct peer	*peer;		/* whose it is; NULL: all
						 * access routers' */
	unsigned		 ifindex;	/* 0: no tunnel */
	struct priv_way		*way;		/* NULL: it needs none */
	unsigned		 way_ifindex;	/* its route is on this */
	char			 name[IFNAMSIZ];
};

struct priv_places {
	const struct had_config	*conf;
	struct peers		 peers;		/* own index of the config */
	struct table		 used;
	size_t			 max;
	bool			 gre;		/* some access router may */
};

int	 priv_places_init(struct priv_places *, const struct had_config *);
void	 priv_places_free(struct priv_places *);
/* NULL when there may be no such tunnel; then *err is -EPERM, or why there can
 * be none now. */
struct priv_place *priv_place_get(struct priv_places *,
    const struct had_priv_tunnel *, int *err);
/* The same, if there is a device; -ENODEV if not. */
struct priv_place *priv_place_used(struct priv_places *,
    const struct had_priv_tunnel *, int *err);
/* Does an address behind a foreign agent end it? */
bool	 priv_place_is_nested(const struct had_priv_tunnel *);
/* May such a route lead through the device that access routers have in
 * common? */
bool	 priv_place_is_gre(struct priv_places *, struct in_addr coa,
    const struct gre_keys *);
/* For the log. */
const char *priv_place_subject(const struct priv_place *);
/* It has no tunnel (any more): forgotten. */
void	 priv_place_put(struct priv_places *, struct priv_place *);
/* Is it the name of a tunnel's device? */
bool	 priv_place_is_name(const char *);

#endif

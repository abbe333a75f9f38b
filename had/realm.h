/* SPDX-License-Identifier: BSD-2-Clause */
/* What the subscribers of one realm are given: whose NAI ends in it, after
 * the last @. Realm "*" is of all who have no other. */
#ifndef HAD_REALM_H
#define HAD_REALM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/table.h"

struct pool;

struct realm {
	struct table_node	 by_name;
	char			*name;		/* in lower case */
	struct pool		**pools;	/* in order of preference */
	size_t			 n_pools;
	uint32_t		 max_lifetime;	/* seconds */
};

struct realms {
	struct table	 by_name;
	struct realm	*rest;		/* "*", or NULL */
};

int	 realms_init(struct realms *);		/* 0 or -ENOMEM */
void	 realms_free(struct realms *);		/* realms are their owner's */
/* False when there is one of this name. */
bool	 realms_add(struct realms *, struct realm *);
/* Of a subscriber, or NULL. */
const struct realm *realm_find(const struct realms *, const uint8_t *nai,
    size_t len);
bool	 realm_is_rest(const struct realm *);

#endif

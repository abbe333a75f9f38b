/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pools of home prefixes ("unique": one /64 a subscriber) and of home
 * addresses in one prefix ("shared": one /128 a subscriber) [PROTOCOLS 10.2].
 *
 * What is given out is a lease, which lies in the subscriber's record. The
 * place tried first comes from the NAI, so that a subscriber tends to get the
 * same one back even from a home agent that has forgotten everything.
 */
#ifndef HAD_POOL_H
#define HAD_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>

#include "common/table.h"

enum pool_mode {
	POOL_UNIQUE,
	POOL_SHARED,
};

struct pool {
	char		*name;
	enum pool_mode	 mode;
	struct in6_addr	 prefix;
	unsigned	 len;		/* unique: at most 64; shared: 64 */
	uint32_t	 max_lifetime;	/* seconds */
	uint32_t	 hold;		/* seconds; prefix-hold */
	uint64_t	 capacity;
	uint64_t	 used;		/* leases, held ones too */
	uint64_t	 held;
	uint64_t	*bitmap;	/* unique pools up to POOL_BITMAP_MAX */
	uint64_t	 cursor;	/* where the last scan of it ended */
};

#define POOL_BITMAP_MAX	(UINT64_C(1) << 22)

struct lease {
	struct table_node	 node;
	struct pool		*pool;	/* NULL: no lease */
	struct in6_addr		 addr;	/* the /64 or the address */
	bool			 held;	/* not in use, kept for its NAI */
};

struct pools {
	struct table	 leases;	/* by address and length */
	struct pool	*pool;		/* array, its owner's */
	size_t		 n;
};

int	 pools_init(struct pools *, struct pool *, size_t n); /* or -ENOMEM */
void	 pools_free(struct pools *);
/* Prefix length of a lease's route: 64 or 128. */
unsigned pool_route_len(const struct pool *);
bool	 pool_contains(const struct pool *, const struct in6_addr *);
/* Leases something of the pool's choice for the subscriber nai (normalized).
 * -ENOSPC when there is nothing left. */
int	 pool_alloc(struct pools *, struct pool *, struct lease *,
    const void *nai, size_t len);
/* Leases what addr is in. -EEXIST when it is leased, -EADDRNOTAVAIL when it
 * is never given out (reserved, our own). */
int	 pool_claim(struct pools *, struct pool *, struct lease *,
    const struct in6_addr *addr);
void	 pool_release(struct pools *, struct lease *);
void	 lease_hold(struct lease *, bool hold);
/* Never give out what this address of our own is in; takes a lease from
 * storage of the caller's, who releases it. */
int	 pool_exclude(struct pools *, struct lease *, const struct in6_addr *);
struct lease *pool_find(struct pools *, const struct pool *,
    const struct in6_addr *);

#endif

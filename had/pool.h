/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pools of home prefixes ("unique": one /64 a subscriber) and of home
 * addresses in one prefix ("shared": one /128 a subscriber) [PROTOCOLS 10.2].
 *
 * What is given out is a lease, which lies in the subscriber's record; after
 * the binding it may be held for the same subscriber. Mobile nodes behind
 * access nodes choose their addresses themselves. What is reserved is given to
 * nobody, or to one subscriber only. The place tried first comes from the NAI,
 * so that a subscriber tends to get the same one back even from a home agent
 * that has forgotten everything.
 */
#ifndef HAD_POOL_H
#define HAD_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>

#include "common/table.h"

struct places;

enum pool_mode {
	POOL_UNIQUE,
	POOL_SHARED,
};

/* What somebody has of a pool: chosen, reserved or leased, each in a table of
 * its own. There may be millions. */
struct pool_part {
	struct table_node	 node;
	struct pool		*pool;	/* NULL: nothing */
	uint64_t		 part;	/* of the address: unique: the upper
					 * half, shared: the lower half */
};

/* Of a subscriber, in use or held. */
struct lease {
	struct pool_part	 at;
	struct lease		*older, *newer;		/* held ones */
};

struct pool {
	char		*name;
	enum pool_mode	 mode;
	struct in6_addr	 prefix;
	unsigned	 len;		/* unique: at most 64; shared: 64 */
	uint32_t	 max_lifetime;	/* seconds */
	uint32_t	 hold;		/* seconds; prefix-hold */
	bool		 hold_strict;	/* not even when it is full is what
					 * is held given to another */
	uint64_t	 capacity;
	uint64_t	 used;		/* leases, held ones too; chosen */
	uint64_t	 held;
	uint64_t	 reserved;
	char		*home_link;	/* device; NULL: a routed pool */
	struct places	*places;	/* of a unique pool, unless so large
					 * that it is never half full */
	struct lease	*oldest, *newest;	/* of those held */
	/* counters */
	uint64_t	 reclaimed;	/* held ones given to another */
	uint64_t	 denied;	/* requests it had nothing for */
	uint64_t	 looks;		/* places looked at */
};

/* Addresses that others were seen to have: remembered so long that nobody is
 * offered them again at once. */
#define POOL_BARRED	64

struct pools {
	struct table	 leases;	/* by part and mode */
	struct table	 chosen;	/* likewise */
	struct table	 reserved;
	struct pool	*pool;		/* array, its owner's */
	size_t		 n;
	/* A held lease is one no more. */
	void		(*reclaimed)(void *arg, struct lease *);
	void		*arg;
	struct pool_part barred[POOL_BARRED];	/* reservations */
	unsigned	 n_barred;	/* ever */
};

/* At most so many leases are taken in all pools together. 0 or -ENOMEM. */
int	 pools_init(struct pools *, struct pool *, size_t n,
    uint64_t max_leases);
void	 pools_free(struct pools *);
/* Prefix length of a lease's route: 64 or 128. */
unsigned pool_route_len(const struct pool *);
bool	 pool_contains(const struct pool *, const struct in6_addr *);
/* The pool that an address is in, or NULL. */
struct pool *pool_of(const struct pools *, const struct in6_addr *);
struct pool *pool_named(const struct pools *, const char *name, size_t len);
/* Finds what is free for the subscriber nai (normalized): of the pool's
 * choice. -ENOSPC when there is nothing. */
int	 pool_pick(struct pools *, struct pool *, const void *nai, size_t len,
    struct in6_addr *);
/* Takes the lease that has been held longest from whom it is held for, and
 * returns what it was of. -ENOSPC when there is none. */
int	 pool_reclaim(struct pools *, struct pool *, struct in6_addr *);
/* Takes a held lease from whom it is held for. */
void	 pool_evict(struct pools *, struct lease *);
/* May what addr is in be leased or chosen? -EEXIST when it is, -EADDRNOTAVAIL
 * when it is never given out: reserved, but as mine, or our own. */
int	 pool_check(struct pools *, struct pool *, const struct in6_addr *addr,
    const struct pool_part *mine);
/* Leases it, after pool_check. */
void	 pool_take(struct pools *, struct pool *, struct lease *,
    const struct in6_addr *addr);
void	 pool_release(struct pools *, struct lease *);
/* Keeps an unused lease for its subscriber; one that is reserved for it, or in
 * a pool without prefix-hold, is released. Not for long: see pool_reclaim. */
void	 pool_hold(struct pools *, struct lease *);
void	 pool_unhold(struct lease *);
bool	 lease_is_held(const struct lease *);
/* The /64 or the address. */
struct in6_addr pool_part_addr(const struct pool_part *);
struct in6_addr lease_addr(const struct lease *);
/* An address of a shared pool that its owner has chosen, after pool_check. */
void	 pool_choose(struct pools *, struct pool *, struct pool_part *,
    const struct in6_addr *addr);
void	 pool_unchoose(struct pools *, struct pool_part *);
/* It lies elsewhere from now on. */
void	 pool_move_chosen(struct pools *, struct pool_part *from,
    struct pool_part *to);
/* Never give out what addr is in, but to who says that it is his: -EEXIST when
 * it is reserved, leased or chosen already, -EADDRNOTAVAIL when it is not in p
 * or no identifier for a host. */
int	 pool_reserve(struct pools *, struct pool *, struct pool_part *,
    const struct in6_addr *addr);
void	 pool_unreserve(struct pools *, struct pool_part *);
/* Reserves for nobody, until as many others as POOL_BARRED are: it is in use
 * elsewhere. Errors as of pool_check. */
int	 pool_bar(struct pools *, struct pool *, const struct in6_addr *addr);
/* The lease of what addr is in, or NULL. */
struct lease *pool_find(struct pools *, const struct pool *,
    const struct in6_addr *);

#endif

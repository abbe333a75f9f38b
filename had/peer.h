/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who may register here: access routers, each by its address and with security
 * associations of its own; and access nodes, all those of a section of the
 * configuration together, by ranges of care-of addresses, who prove the
 * subscriber's key. And what each has sent.
 */
#ifndef HAD_PEER_H
#define HAD_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/mip4_auth.h"
#include "common/table.h"
#include "had/pool.h"
#include "had/stats.h"

/* Token bucket; unlike a log_limit nothing is said about what it held back. */
struct bucket {
	unsigned	rate;		/* a second */
	unsigned	burst;
	int64_t		milli;		/* tokens, in thousandths */
	mono_t		last;
};

struct peer_sa {
	struct table_node	 by_spi;	/* (address, SPI) */
	struct in_addr		 addr;
	struct mip4_sa		 sa;
};

struct access_nodes;

struct peer {
	struct table_node	 by_addr;
	char			*name;
	struct access_nodes	*nodes;		/* it is all of these; NULL: an
						 * access router */
	struct in_addr		 addr;		/* an access router's */
	struct peer_sa		*sas;		/* likewise */
	size_t			 n_sas;		/* at least one, or none */
	struct pool		**pools;	/* in order of preference */
	size_t			 n_pools;
	char			**realms;	/* n_realms 0: every NAI */
	size_t			 n_realms;
	char			*group;		/* D80; NULL: the unnamed */
	bool			 no_lookup;	/* of its subscribers */
	bool			 gre;		/* offered [RFC 6245] */
	uint32_t		 max_bindings;
	uint32_t		 n_bindings;	/* now bound */
	uint32_t		 n_records;	/* bound or remembered */
	uint32_t		 n_held;	/* of them, holding a lease */
	struct bucket		 unverified;	/* D42 */
	struct log_limit	 log;
	struct stats		 stats;
};

/* One that relays what access nodes behind it ask, knowing nothing of them. */
struct foreign_agent {
	struct in_addr	 addr;		/* its care-of address */
	struct mip4_sa	*sas;		/* shared with it */
	size_t		 n_sas;		/* 0: none */
};

/* Care-of addresses, first to last, in host order. */
struct care_of_range {
	uint32_t	 first, last;
	struct peer	*peer;
	const struct foreign_agent *fa;	/* whose one it is, or NULL */
};

/* Where a subscriber is at home, if that does not follow from its realm and
 * the peer it comes through. */
struct user_home {
	struct pool	*pool;		/* NULL: not said */
	bool		 fixed;
	struct in6_addr	 addr;		/* fixed: its /64 or its address, in
					 * pool */
};

/* What is known of a subscriber beforehand. */
struct user {
	struct table_node	 by_nai;
	char			*nai;		/* normalized */
	size_t			 nai_len;
	struct mip4_sa		*sas;		/* mobile-home [D5] */
	size_t			 n_sas;		/* 0: none is asked for */
	bool			 no_node;	/* not by an access node */
	struct user_home	 home;
	struct pool_part	 reserved;	/* of what is fixed, from the
						 * start; if from AAA, not */
};

struct peers {
	struct table	by_addr;
	struct table	by_spi;
	struct table	users;
	/* of access nodes, in order and apart; their owner's */
	const struct care_of_range *ranges;
	size_t		n_ranges;
};

int	 peers_init(struct peers *);		/* 0 or -ENOMEM */
void	 peers_free(struct peers *);		/* peers are their owner's */
/* False when there is one with this address. */
bool	 peers_add(struct peers *, struct peer *);
/* False when there is one with this NAI. */
bool	 peers_add_user(struct peers *, struct user *);
/* Whose messages come from this address: an access router's, else a care-of
 * address of access nodes. Or NULL. */
struct peer *peer_find(struct peers *, struct in_addr);
/* The foreign agent whose care-of address it is, or NULL. */
const struct foreign_agent *peer_agent(struct peers *, struct in_addr);
/* NULL when the address has no SA of this SPI. */
const struct mip4_sa *peer_sa_find(struct peers *, struct in_addr,
    uint32_t spi);
struct user *user_find(struct peers *, const uint8_t *nai, size_t len);
const struct mip4_sa *user_sa_find(const struct user *, uint32_t spi);
bool	 peer_has_pool(const struct peer *, const struct pool *);
/* Which of the peer's realms this NAI is in, or -1. */
int	 peer_realm(const struct peer *, const uint8_t *nai, size_t len);
/* May a subscriber of this NAI come through this peer? */
bool	 peer_allows(const struct peer *, const uint8_t *nai, size_t len);
/* May a binding move between these two? [D80] */
bool	 peer_same_group(const struct peer *, const struct peer *);
/* How many records a peer may have: some for subscribers that are gone, whose
 * prefix is held or whose Identification must be remembered. */
uint32_t peer_max_records(const struct peer *);
/* Takes a token; false when there is none. */
bool	 bucket_take(struct bucket *, mono_t now);

#endif

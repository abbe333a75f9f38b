/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mobility bindings by NAI, and what must be remembered of a subscriber
 * without one: the last Identification, so that nothing is accepted twice
 * [PROTOCOLS D7, D53], the last reply [D8], and for a longer time the home
 * prefix (prefix-hold). One record a NAI holds all of it; this module owns the
 * records and their timer, reg decides.
 */
#ifndef HAD_BINDING_H
#define HAD_BINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>

#include "common/mip4_auth.h"
#include "common/table.h"
#include "common/timers.h"
#include "common/gre_keys.h"
#include "had/pool.h"
#include "had/tunnel.h"

struct foreign_agent;
struct home4;
struct mn;
struct mns;
struct peer;
struct binding_held;

enum binding_state {
	BINDING_IDLE,		/* no binding: remembered only */
	BINDING_INSTALLING,	/* the reply waits for the data plane */
	BINDING_BOUND,
};

const char *binding_state_str(enum binding_state);

/* What few have: NULL or 0 where they have not. */
struct binding_rare {
	struct gre_keys			 gre;
	/* Behind an access node: a copy of a key that was looked up, the fixed
	 * address, and a foreign agent on the way there with the pool that its
	 * IPv4 home address is of. */
	struct mip4_sa			*own_sa;
	const struct pool_part		*reserved;
	const struct foreign_agent	*fa;
	struct home4			*home4;
	mono_t				*moves;	/* ring, flap-limit long */
	uint16_t			 n_moves;	/* ever, modulo that */
};

/*
 * The last reply. It is not kept: a duplicate of the request brings with it
 * all that the reply was made of, but for this [D8].
 */
struct binding_memo {
	uint64_t	tag;		/* of the request, as is req_len */
	uint16_t	req_len;	/* 0: there is no reply */
	uint16_t	lifetime;
	uint8_t		code;
	bool		sent : 1;
	bool		own_hoa : 1;	/* 221 with the record's hoa */
	bool		empty_hoa : 1;	/* an empty one */
	bool		req_hoa : 1;	/* 221 as in the request */
	bool		unique : 1;
	bool		revocation : 1;	/* 137 with rev_own */
	bool		gre : 1;	/* 48 with the record's key */
};

/* There may be millions: members are ordered so that nothing lies between
 * them. */
struct binding {
	struct table_node	 by_nai;
	struct bindings		*owner;
	struct timer		 timer;	/* BOUND: expiry; IDLE: forgetting;
					 * or its mobile node's */
	struct lease		 lease;	/* behind an access node: none */
	union {
		struct in6_addr	 hoa;
		struct {		/* behind_node */
			struct mn *mn;
			mono_t	 wake;	/* when it has something to do */
		};
	};
	struct peer		*peer;	/* of the care-of address; IDLE: of
					 * the last authenticated request */
	const struct mip4_sa	*sa;	/* of the last accepted request: the
					 * peer's, or behind an access node
					 * the subscriber's; never NULL once
					 * bound */
	enum binding_state	 state;
	struct in_addr		 coa;
	/* Revocation, of the last accepted request; kept when idle, so that a
	 * peer's revocation that it repeats is known. */
	uint32_t		 rev_own;	/* timestamp of our 137 */
	uint32_t		 rev_peer;	/* timestamp of the peer's */
	uint32_t		 rev_acted;	/* last revocation acted on */
	bool			 negotiated : 1;	/* both sent 137 */
	bool			 rerouted : 1;	/* route is for an earlier
						 * prefix or coa */
	bool			 behind_node : 1;	/* an access node */
	uint16_t		 lifetime;	/* granted, seconds */
	mono_t			 until;		/* BOUND: end of the lifetime;
						 * IDLE: remembered */
	mono_t			 since;		/* bound at all */
	uint64_t		 last_id;	/* Identification, 0 none */
	mono_t			 last_at;
	struct dp_route		*route;		/* NULL: none */
	struct binding_held	*held;		/* INSTALLING: the replies */
	struct binding_memo	 memo;
	struct binding_rare	*rare;		/* or NULL */
	uint8_t			 nai_len;
	uint8_t			 nai[];		/* normalized, and a NUL */
};

/* Replies made while the data plane is not ready: one of them will go. With
 * the request, where another home address may be tried for it [D75]. */
struct binding_held {
	struct in_addr	src, dst;
	uint16_t	sport, dport;	/* host order */
	uint16_t	len, len_failed, len_in_use;
	uint16_t	req_len;	/* 0: no request */
	uint8_t		tries;		/* of other addresses, before */
	bool		fixed;		/* the home address, for this one */
	uint8_t		data[];		/* all, in this order */
};

struct bindings {
	struct table		 by_nai;
	struct timers		*timers;
	const struct clock	*clock;
	struct pools		*pools;
	uint32_t		 window;	/* replay-window, seconds */
	unsigned		 flap_limit;
	uint32_t		 n_bound;
	uint32_t		 n_installing;	/* of these */
	struct mns		*mns;		/* of those of access nodes */
	/* The lifetime of a bound one is over. */
	void			(*expired)(void *arg, struct binding *);
	/* Its mobile node has something to do. */
	void			(*woken)(void *arg, struct binding *);
	void			*arg;
};

int	 bindings_init(struct bindings *);	/* after the fields are set */
void	 bindings_free(struct bindings *);
struct binding *binding_find(struct bindings *, const void *nai, size_t len);
/* The same in two steps, for many: the hash of each (0: no NAI), then the
 * records; see table_prefetch for the steps between. */
uint64_t binding_hash(const struct bindings *, const void *nai, size_t len);
void	 binding_prefetch_slot(const struct bindings *, uint64_t hash);
void	 binding_prefetch(const struct bindings *, uint64_t hash);
struct binding *binding_find_hashed(struct bindings *, uint64_t hash,
    const void *nai, size_t len);
/* A new idle record, or NULL. */
struct binding *binding_new(struct bindings *, struct peer *,
    const void *nai, size_t len);
/* Who answers for this record, or will. */
void	 binding_set_peer(struct binding *, struct peer *);
/* To another state, or bound once more; counts, and sets the timer: expiry
 * after the lifetime in the record when bound, forgetting when idle. */
void	 binding_set_state(struct binding *, enum binding_state);
/* Of a mobile node: it is woken then, and not before. */
void	 binding_wake_at(struct binding *, mono_t);
/* Gives back what it has leased, in use or held. */
void	 binding_release(struct binding *);
/* Remembers a fresh Identification. */
void	 binding_seen(struct binding *, uint64_t id);
/* May the care-of address change? Not when it is one too often in 60 s
 * [PROTOCOLS D50]. */
bool	 binding_move_allowed(struct binding *);
/* After that: it does. Counts. */
void	 binding_moved(struct binding *);
/* Its GRE keys, or none; those of an idle one are the last it had. */
struct gre_keys binding_gre(const struct binding *);
/* Room for them, and all else that is rare; NULL when memory is short. */
struct binding_rare *binding_rare(struct binding *);
/* Its copy of a key. */
void	 binding_drop_own_sa(struct binding *);
/* After binding_rare; none needs no room. */
void	 binding_set_gre(struct binding *, const struct gre_keys *);
/* Seconds left; 0xffff never ends. */
uint32_t binding_left(const struct binding *);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Registration revocation [RFC 3543, PROTOCOLS 9]: the home agent as revoker,
 * and its answer to a revocation by an access router [D48]. Pure, like reg. */
#ifndef HAD_REVOKE_H
#define HAD_REVOKE_H

#include <stdbool.h>
#include <stdint.h>

#include <netinet/in.h>

#include "had/stats.h"

struct binding;
struct clock;
struct reg;
struct revoker;
struct rq;
struct timers;

/* NULL when memory is short. */
struct revoker *revoker_new(struct timers *, const struct clock *);
void	 revoker_free(struct revoker *);
unsigned revoker_count(const struct revoker *);
/* Tells the agent at the binding's care-of address that the binding ends
 * there, again and again until it acknowledges or the lifetime is over. */
void	 revoke_start(struct revoker *, struct reg *, const struct binding *);
/* The same, a moment later, of one that has moved: first comes what its new
 * path needs [D129]. */
void	 revoke_moved(struct revoker *, struct reg *, const struct binding *);
/* The subscriber registers from there again: stop. */
void	 revoke_stop(struct revoker *, const struct binding *,
    struct in_addr coa);
/* Has a binding left this care-of address, and the agent there not said that
 * it knows, or only just? It may still believe in its registration, until that
 * is over, or have renewed it. */
bool	 revoke_has_left(struct revoker *, const struct binding *,
    struct in_addr coa);
/* The timestamp for 137 in the reply to a registration of b: our clock, but
 * above the id of a revocation sent there just before. With seconds for a
 * resolution that one could else be replayed against the new registration
 * [RFC 3543 3.2: the receiver takes an id equal to the timestamp]. */
uint32_t revoke_timestamp(struct revoker *, const struct binding *);
/* A type 7 or 15 from a peer. False: drop it, *why says why. */
bool	 revoke_input(struct reg *, struct rq *, enum had_drop *why);

#endif

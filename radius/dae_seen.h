/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests of one client that were carried out or refused lately, so that none
 * is carried out twice [RFC 5176 2.3, 6.3]. Pure, of a fixed size. A request is
 * known by its Request Authenticator, which is a sum over all that it says: the
 * port that a copy comes from does not matter.
 */
#ifndef RADIUS_DAE_SEEN_H
#define RADIUS_DAE_SEEN_H

#include <stdint.h>

#include "common/clock.h"
#include "radius/dae.h"

#define DAE_SEEN	16384	/* requests */

struct dae_seen;

enum dae_seen_state {
	DAE_SEEN_NEW,		/* never, and now remembered as under way */
	DAE_SEEN_UNDER_WAY,	/* its answer is yet to come */
	DAE_SEEN_ANSWERED,	/* as *cause says; answer it so again */
	DAE_SEEN_FULL,		/* not remembered: must not be carried out */
};

/* keep_ms: how long each is remembered. NULL: no memory. */
struct dae_seen *dae_seen_new(int64_t keep_ms);
void	 dae_seen_free(struct dae_seen *);
/* *place is where it is remembered, for the next two. */
enum dae_seen_state dae_seen_look(struct dae_seen *,
    const uint8_t vector[RADIUS_VECTOR], mono_t now, uint32_t *place,
    enum dae_cause *cause);
void	 dae_seen_answered(struct dae_seen *, uint32_t place,
    enum dae_cause);
/* Of the one that was seen last, and was not acted on. */
void	 dae_seen_forget(struct dae_seen *, uint32_t place);

#endif

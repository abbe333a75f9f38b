/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A ring of requests in the order in which they came, so the oldest is the
 * first to be forgotten, and chains through it by the first bytes of their
 * authenticators: only who has the secret can make these, so they are as good
 * as a hash.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "radius/dae_seen.h"

#define NONE	UINT32_MAX
#define CHAINS	(DAE_SEEN / 4)

struct seen {
	uint8_t		vector[RADIUS_VECTOR];
	mono_t		at;
	uint32_t	next;		/* in its chain, an older one */
	uint16_t	cause;
	bool		answered;
};

struct dae_seen {
	int64_t		keep_ms;
	uint32_t	oldest, n;
	uint32_t	chain[CHAINS];
	struct seen	ring[DAE_SEEN];
};

struct dae_seen *
dae_seen_new(int64_t keep_ms)
{
	struct dae_seen *ds = calloc(1, sizeof(*ds));

	if (ds == NULL)
		return NULL;
	ds->keep_ms = keep_ms;
	for (size_t i = 0; i < CHAINS; i++)
		ds->chain[i] = NONE;
	return ds;
}

void
dae_seen_free(struct dae_seen *ds)
{
	free(ds);
}

static uint32_t *
chain_of(struct dae_seen *ds, const uint8_t *vector)
{
	uint32_t h;

	memcpy(&h, vector, sizeof(h));
	return &ds->chain[h % CHAINS];
}

static void
unchain(struct dae_seen *ds, uint32_t place)
{
	uint32_t *p = chain_of(ds, ds->ring[place].vector);

	while (*p != place && *p != NONE)
		p = &ds->ring[*p].next;
	if (*p == place)
		*p = ds->ring[place].next;
}

static void
expire(struct dae_seen *ds, mono_t now)
{
	while (ds->n > 0 && mono_diff_ms(now, ds->ring[ds->oldest].at) >
	    ds->keep_ms) {
		unchain(ds, ds->oldest);
		ds->oldest = (ds->oldest + 1) % DAE_SEEN;
		ds->n--;
	}
}

enum dae_seen_state
dae_seen_look(struct dae_seen *ds, const uint8_t vector[RADIUS_VECTOR],
    mono_t now, uint32_t *place, enum dae_cause *cause)
{
	uint32_t *chain = chain_of(ds, vector), i;

	expire(ds, now);
	for (i = *chain; i != NONE; i = ds->ring[i].next) {
		if (memcmp(ds->ring[i].vector, vector, RADIUS_VECTOR) != 0)
			continue;
		*place = i;
		*cause = (enum dae_cause)ds->ring[i].cause;
		return ds->ring[i].answered ? DAE_SEEN_ANSWERED :
		    DAE_SEEN_UNDER_WAY;
	}
	if (ds->n == DAE_SEEN)
		return DAE_SEEN_FULL;
	i = (ds->oldest + ds->n++) % DAE_SEEN;
	ds->ring[i] = (struct seen){ .at = now, .next = *chain };
	memcpy(ds->ring[i].vector, vector, RADIUS_VECTOR);
	*chain = *place = i;
	return DAE_SEEN_NEW;
}

void
dae_seen_answered(struct dae_seen *ds, uint32_t place, enum dae_cause cause)
{
	ds->ring[place].cause = (uint16_t)cause;
	ds->ring[place].answered = true;
}

void
dae_seen_forget(struct dae_seen *ds, uint32_t place)
{
	if (ds->n == 0 || place != (ds->oldest + ds->n - 1) % DAE_SEEN)
		return;
	unchain(ds, place);
	ds->n--;
}

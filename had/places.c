/* SPDX-License-Identifier: BSD-2-Clause */
/* Which prefixes of a pool are taken. See places.h. */
#include "had/places.h"

#include <stdlib.h>

/* What is behind the end is taken, so that nothing has to compare with it. */
static bool
init_level(struct places *p, unsigned k, uint64_t bits)
{
	p->n_words[k] = (bits + 63) / 64;
	p->level[k] = calloc(p->n_words[k], sizeof(*p->level[k]));
	if (!p->level[k])
		return false;
	if (bits % 64)
		p->level[k][bits / 64] = UINT64_MAX << bits % 64;
	return true;
}

struct places *
places_new(uint64_t n)
{
	struct places *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	do {
		if (p->n_levels == PLACES_LEVELS ||
		    !init_level(p, p->n_levels, n)) {
			places_free(p);
			return NULL;
		}
		n = p->n_words[p->n_levels++];
	} while (n > 1);
	return p;
}

void
places_free(struct places *p)
{
	unsigned k;

	if (!p)
		return;
	for (k = 0; k < PLACES_LEVELS; k++)
		free(p->level[k]);
	free(p);
}

bool
places_taken(const struct places *p, uint64_t i)
{
	return p->level[0][i / 64] >> i % 64 & 1;
}

void
places_take(struct places *p, uint64_t i)
{
	unsigned k;

	for (k = 0; k < p->n_levels; k++, i /= 64) {
		p->level[k][i / 64] |= UINT64_C(1) << i % 64;
		if (p->level[k][i / 64] != UINT64_MAX)
			return;
	}
}

void
places_give(struct places *p, uint64_t i)
{
	bool was_full;
	unsigned k;

	for (k = 0; k < p->n_levels; k++, i /= 64) {
		was_full = p->level[k][i / 64] == UINT64_MAX;
		p->level[k][i / 64] &= ~(UINT64_C(1) << i % 64);
		if (!was_full)
			return;
	}
}

/* Up until a word has a free bit at or behind i, then down to the number. */
static uint64_t
search(const struct places *p, uint64_t i, uint64_t *looks)
{
	uint64_t open = 0;
	unsigned k;

	for (k = 0; k < p->n_levels; k++) {
		if (i / 64 >= p->n_words[k])
			return PLACES_NONE;
		++*looks;
		open = ~p->level[k][i / 64] & UINT64_MAX << i % 64;
		if (open)
			break;
		i = i / 64 + 1;
	}
	if (k == p->n_levels)
		return PLACES_NONE;
	i = i / 64 * 64 + (unsigned)__builtin_ctzll(open);
	while (k > 0) {
		++*looks;
		open = ~p->level[--k][i];
		i = i * 64 + (unsigned)__builtin_ctzll(open);
	}
	return i;
}

uint64_t
places_next(const struct places *p, uint64_t i, uint64_t *looks)
{
	uint64_t found = search(p, i, looks);

	return found == PLACES_NONE && i > 0 ? search(p, 0, looks) : found;
}

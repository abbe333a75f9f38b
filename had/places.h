/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A set of numbers 0..n-1 of which the next free one is found in a few steps,
 * however many there are: bits, and above each 64 of them one that says that
 * all are taken, and so on. Pure.
 */
#ifndef HAD_PLACES_H
#define HAD_PLACES_H

#include <stdbool.h>
#include <stdint.h>

#define PLACES_LEVELS	6
#define PLACES_NONE	UINT64_MAX

struct places {
	unsigned	 n_levels;
	uint64_t	 n_words[PLACES_LEVELS];
	uint64_t	*level[PLACES_LEVELS];	/* 0: the numbers */
};

/* n: 1 to 64 to the power of PLACES_LEVELS. NULL: out of memory. */
struct places	*places_new(uint64_t n);
void		 places_free(struct places *);
bool		 places_taken(const struct places *, uint64_t i);
void		 places_take(struct places *, uint64_t i);
void		 places_give(struct places *, uint64_t i);
/* The first free one from i on, then from 0; PLACES_NONE: all are taken. Adds
 * the words it looked at to *looks: at most four a level. */
uint64_t	 places_next(const struct places *, uint64_t i,
    uint64_t *looks);

#endif

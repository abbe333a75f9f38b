/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How often what a stranger can trigger is done: in all, and for each of a
 * multitude. Pure: the clock comes with each question, nothing is allocated.
 * What is logged has its own limit [log.h], and had's one for what is not
 * authentic [had/peer.h], which has a burst.
 */
#ifndef COMMON_RATE_LIMIT_H
#define COMMON_RATE_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/clock.h"

/* Token bucket: rate a second, as many at once. rate 0: no limit. */
struct rate_limit {
	unsigned	rate;
	bool		started;
	int64_t		milli;		/* tokens, in thousandths */
	mono_t		last;
};
bool	rate_limit_allows(struct rate_limit *, mono_t now);

/*
 * The same for each of a multitude, in memory that does not grow:
 * RATE_SKETCH_ROWS arrays of buckets, each member in one of each array by a
 * keyed hash. One is refused when all its buckets are empty; so others that
 * share one of them do it no harm, unless they empty all of them.
 *
 * Asking and taking are two steps: what is refused for another reason takes
 * nothing. A flood with a new key in each packet therefore empties no buckets
 * of others beyond the rate of answers in all: of 2048 buckets, at 500 a
 * second, each loses one in four seconds, and refills faster.
 */
#define RATE_SKETCH_ROWS	2
#define RATE_SKETCH_CELLS	2048	/* a power of 2 */

struct rate_sketch {
	uint8_t		key[16];
	struct {
		uint32_t	since_ms;	/* full then; 0: never used */
		int32_t		milli;		/* tokens, in thousandths */
	} cell[RATE_SKETCH_ROWS][RATE_SKETCH_CELLS];
};
int	rate_sketch_init(struct rate_sketch *);	/* 0 or an error of rnd.h */
/* rate a second, as many at once; 0: no limit. who: len bytes that tell one
 * from another. */
bool	rate_sketch_has(const struct rate_sketch *, const void *who, size_t len,
    unsigned rate, mono_t now);
void	rate_sketch_take(struct rate_sketch *, const void *who, size_t len,
    unsigned rate, mono_t now);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How much of PPPoE discovery is answered, and how soon. Pure: the clock comes
 * with each question, nothing is allocated.
 */
#ifndef NASD_PPPOE_LIMIT_H
#define NASD_PPPOE_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/clock.h"

#define PPPOE_MAC_LEN	6

/* Token bucket: rate a second, as many at once. rate 0: no limit. */
struct pppoe_rate {
	unsigned	rate;
	bool		started;
	int64_t		milli;		/* tokens, in thousandths */
	mono_t		last;
};
bool	pppoe_rate_allows(struct pppoe_rate *, mono_t now);

/*
 * The same for each station of each interface, in memory that does not grow:
 * PPPOE_SKETCH_ROWS arrays of buckets, each station in one of each array by a
 * keyed hash. A station is refused when all its buckets are empty; so others
 * that share one of them do it no harm, unless they empty all of them.
 *
 * Asking and taking are two steps: what is refused for another reason takes
 * nothing. A flood with a new address in each frame therefore empties no
 * buckets of others beyond the rate of answers in all: of 2048 buckets, at 500
 * a second, each loses one in four seconds, and refills faster.
 */
#define PPPOE_SKETCH_ROWS	2
#define PPPOE_SKETCH_CELLS	2048	/* a power of 2 */

struct pppoe_sketch {
	uint8_t		key[16];
	struct {
		uint32_t	since_ms;	/* full then; 0: never used */
		int32_t		milli;		/* tokens, in thousandths */
	} cell[PPPOE_SKETCH_ROWS][PPPOE_SKETCH_CELLS];
};
int	pppoe_sketch_init(struct pppoe_sketch *);	/* 0 or -EIO */
/* rate a second, as many at once; 0: no limit. */
bool	pppoe_sketch_has(const struct pppoe_sketch *,
    const uint8_t mac[static PPPOE_MAC_LEN], const char *ifname,
    unsigned rate, mono_t now);
void	pppoe_sketch_take(struct pppoe_sketch *,
    const uint8_t mac[static PPPOE_MAC_LEN], const char *ifname,
    unsigned rate, mono_t now);

/* Load and what it does to a PADO: from so many sessions on it comes so much
 * later, or (PPPOE_NO_PADO) not at all. Ascending by sessions. */
#define PPPOE_DELAYS_MAX	8
#define PPPOE_DELAY_MS_MAX	2000	/* a client's patience is 5 s */
#define PPPOE_NO_PADO		(-1)

struct pppoe_delays {
	unsigned	n;
	struct {
		unsigned	sessions;
		int		ms;
	} step[PPPOE_DELAYS_MAX];
};
/* Adds a step "MS:SESSIONS", "MS" (from the first session on), or with -1 for
 * MS. 0; -EINVAL for another text, -ERANGE for a value out of bounds, -EEXIST
 * when its number of sessions is not above the step's before, -ENOSPC. */
int	pppoe_delays_add(struct pppoe_delays *, const char *text);
/* Milliseconds, or PPPOE_NO_PADO. */
int	pppoe_delays_at(const struct pppoe_delays *, unsigned sessions);

#endif

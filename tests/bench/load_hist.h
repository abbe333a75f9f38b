/* SPDX-License-Identifier: BSD-2-Clause */
/* Histogram of times with buckets of 3 % each, for quantiles. */
#ifndef BENCH_LOAD_HIST_H
#define BENCH_LOAD_HIST_H

#include <stdint.h>

#define HIST_SUB	5			/* bits below the highest one */
#define HIST_BUCKETS	(64 << HIST_SUB)

struct hist {
	uint64_t	n;
	uint64_t	max;
	uint32_t	bucket[HIST_BUCKETS];
};

static inline void
hist_add(struct hist *h, uint64_t v)
{
	unsigned top, shift;

	h->n++;
	if (v > h->max)
		h->max = v;
	if (v < 1 << HIST_SUB) {
		h->bucket[v]++;
		return;
	}
	top = 63 - (unsigned)__builtin_clzll(v);
	shift = top - HIST_SUB;
	h->bucket[((shift + 1) << HIST_SUB) + (v >> shift) -
	    (1 << HIST_SUB)]++;
}

/* The upper end of the bucket that holds quantile q of all; 0 when empty. */
static inline uint64_t
hist_quantile(const struct hist *h, double q)
{
	uint64_t want = (uint64_t)(q * (double)h->n), seen = 0, v;
	unsigned i, shift;

	for (i = 0; i < HIST_BUCKETS && h->n > 0; i++) {
		seen += h->bucket[i];
		if (seen <= want && seen < h->n)
			continue;
		if (i < 1 << HIST_SUB)
			return i;
		shift = (i >> HIST_SUB) - 1;
		v = (i & ((1 << HIST_SUB) - 1)) + (1 << HIST_SUB);
		v = ((v + 1) << shift) - 1;
		return v < h->max ? v : h->max;
	}
	return h->max;
}

#endif

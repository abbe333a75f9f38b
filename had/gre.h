/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GRE keys of bindings [RFC 6245; PROTOCOLS D190-D194]. They tell packets
 * apart, and prove little; but nobody should be able to guess ours. Pure.
 */
#ifndef HAD_GRE_H
#define HAD_GRE_H

#include <stdbool.h>
#include <stdint.h>

#define GRE_KEY_HEAD	8	/* bytes that a tunnel loses by it: the header
				 * and the key [RFC 2890 2] */

/* in is the home agent's choice; both 0: no GRE. */
struct gre_pair {
	uint32_t	out;	/* in what the home agent sends */
	uint32_t	in;	/* in what it gets */
};

static inline bool
gre_same(const struct gre_pair *a, const struct gre_pair *b)
{
	return a->out == b->out && a->in == b->in;
}

/* A sequence of keys in which none comes a second time before all others were
 * there, and none tells the next. */
struct gre_draw {
	uint8_t		secret[16];
	uint32_t	n;
	bool		begun;		/* all 0: not yet */
};

uint32_t gre_draw_next(struct gre_draw *);	/* never 0 */

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys of GRE between a care-of address and a home agent [RFC 6245, RFC 2890;
 * PROTOCOLS D190-D198, D232-D235], as either end has them. In host byte order.
 * They tell packets apart, and prove little; but nobody should be able to guess
 * them.
 */
#ifndef COMMON_GRE_KEYS_H
#define COMMON_GRE_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#define GRE_KEY_HEAD	8	/* bytes that a tunnel loses by it: the header
				 * and the key [RFC 2890 2] */

struct gre_keys {
	uint32_t	own;	/* of packets to us; 0: no GRE */
	uint32_t	peer;	/* of those to the other end; 0: not known */
};

static inline bool
gre_same(const struct gre_keys *a, const struct gre_keys *b)
{
	return a->own == b->own && a->peer == b->peer;
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

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys of GRE between a care-of address and a home agent [RFC 6245, RFC 2890;
 * PROTOCOLS D190-D199], as either end has them. In host byte order. They tell
 * packets apart, and prove little.
 */
#ifndef COMMON_GRE_KEYS_H
#define COMMON_GRE_KEYS_H

#include <stdbool.h>
#include <stdint.h>

struct gre_keys {
	uint32_t	own;	/* of packets to us; 0: no GRE */
	uint32_t	peer;	/* of those to the other end; 0: not known */
};

static inline bool
gre_same(const struct gre_keys *a, const struct gre_keys *b)
{
	return a->own == b->own && a->peer == b->peer;
}

#endif

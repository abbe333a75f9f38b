/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GRE keys that a home agent draws for its bindings [RFC 6245; PROTOCOLS
 * D190-D194]: nobody should be able to guess them. Pure.
 */
#ifndef HAD_GRE_H
#define HAD_GRE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/gre_keys.h"

#define GRE_KEY_HEAD	8	/* bytes that a tunnel loses by it: the header
				 * and the key [RFC 2890 2] */

/* A sequence of keys in which none comes a second time before all others were
 * there, and none tells the next. */
struct gre_draw {
	uint8_t		secret[16];
	uint32_t	n;
	bool		begun;		/* all 0: not yet */
};

uint32_t gre_draw_next(struct gre_draw *);	/* never 0 */

#endif

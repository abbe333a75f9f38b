/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys of GRE between a session's care-of address and its home agent [RFC 6245,
 * RFC 2890; PROTOCOLS D195-D199]: agreed on by the registration (mip_reg.c),
 * kept with the session, and told to the root side for its data path.
 */
#ifndef NASD_GRE_KEYS_H
#define NASD_GRE_KEYS_H

#include <stdint.h>

struct gre_keys {
	uint32_t	own;	/* of packets to us; 0: no GRE */
	uint32_t	peer;	/* of those to the home agent; 0: not known */
};

#endif

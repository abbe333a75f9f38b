/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mobility security associations in an Access-Accept [PROTOCOLS 15]: the
 * mobile node's with its home agent (MN-HA) as 3GPP2 and WiMAX write it.
 * Pure. WiMAX's HA-RK, the root of the agents' own keys, is not read: see
 * PROTOCOLS D69.
 */
#ifndef RADIUS_MOBILE_H
#define RADIUS_MOBILE_H

#include <stddef.h>
#include <stdint.h>

#include "common/mip4_auth.h"
#include "radius/attrs.h"

/* Least length of a key: 128 bits [RFC 3344 3.5.1]. */
#define RADIUS_KEY_MIN	16

enum radius_key {
	RADIUS_KEY_NONE,	/* no attribute of one */
	RADIUS_KEY_GOOD,
	RADIUS_KEY_BROKEN,	/* attributes that make none */
};

/* Whose attributes they are. A home agent looks for RRQ-MN-HA-Key before
 * MN-hHA-MIP4-Key, an access router the other way round; both prefer
 * 3GPP2's. */
enum radius_reader { RADIUS_FOR_NAS, RADIUS_FOR_HA };

/*
 * The MN-HA association of a reply. On RADIUS_KEY_GOOD SPI and key of *sa are
 * set (its algorithm is the caller's): mip4_sa_wipe it. On RADIUS_KEY_BROKEN
 * why says, for people and without the key, what is wrong.
 */
enum radius_key radius_mn_ha(const struct radius_attrs *reply,
    enum radius_reader, struct mip4_sa *sa, char *why, size_t cap);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values that a server hides by a salt [RFC 2868 3.5], as keys come in an
 * Access-Accept. Pure.
 */
#ifndef RADIUS_SALT_H
#define RADIUS_SALT_H

#include <stddef.h>
#include <stdint.h>

#include "radius/packet.h"

/* Longest hidden value: an attribute's 253 bytes without the salt's two, in
 * whole blocks, without the byte that says how long it is. */
#define RADIUS_SALT_MAX	239

enum radius_unsalted {
	RADIUS_UNSALTED,
	RADIUS_SALT_SHORT,	/* no room for a salt and one block */
	RADIUS_SALT_BLOCKS,	/* not whole blocks of 16 bytes */
	RADIUS_SALT_LENGTH,	/* its length is not what the blocks are for:
				 * most often a wrong secret */
	RADIUS_SALT_ROOM,	/* longer than the caller takes */
	RADIUS_SALT_MD5,	/* libcrypto fails */
};

/* data: the value from its salt on, without a tag. vector is the Request
 * Authenticator of the request that was answered. What is written to out is a
 * secret: wipe it. *n is set on RADIUS_UNSALTED only; otherwise out is zero. */
enum radius_unsalted radius_unsalt(const struct radius_secret *,
    const uint8_t vector[RADIUS_VECTOR], const uint8_t *data, size_t len,
    uint8_t *out, size_t cap, size_t *n);
const char *radius_unsalted_str(enum radius_unsalted);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* The messages of tests/vectors/vectors.txt, and the keys they were made
 * with. */
#ifndef TESTS_UNIT_VECTORS_H
#define TESTS_UNIT_VECTORS_H

#include <stddef.h>
#include <stdint.h>

#include "common/mip4_auth.h"

#define VECTORS_MAX	32

struct vector {
	char	name[32];
	uint8_t	msg[256];
	size_t	len;
};

struct vectors {
	struct vector	v[VECTORS_MAX];
	size_t		n;
};

/* Fails the test when the file can not be read. */
void	 vectors_load(struct vectors *);
const struct vector *vectors_find(const struct vectors *, const char *name);

/* Hexadecimal digits, blanks between them; returns how many bytes. */
size_t	 hex_bytes(const char *hex, uint8_t *buf, size_t cap);

/* The security association of an authentication extension's type: SPI 256,
 * 512 or 768, HMAC-MD5. */
struct mip4_sa vectors_sa(uint8_t type);

/* A copy in an allocation of exactly its size, so that the sanitizer sees
 * any read past the end. */
uint8_t	*exact_copy(const uint8_t *buf, size_t len);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads tests/vectors/vectors.txt: "name: addresses" and, on the next line,
 * the message in hexadecimal. */
#include "vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mip4_ext.h"
#include "test.h"

size_t
hex_bytes(const char *hex, uint8_t *buf, size_t cap)
{
	size_t n = 0;
	unsigned v;
	int used;

	while (sscanf(hex, " %2x%n", &v, &used) == 1) {
		ck_assert_uint_lt(n, cap);
		buf[n++] = (uint8_t)v;
		hex += used;
	}
	return n;
}

void
vectors_load(struct vectors *vs)
{
	const char *top = getenv("top_srcdir");
	char path[512], line[1024];
	FILE *f;

	snprintf(path, sizeof(path), "%s/tests/vectors/vectors.txt",
	    top != NULL ? top : ".");
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "%s", path);
	vs->n = 0;
	while (fgets(line, sizeof(line), f) != NULL) {
		struct vector *v = &vs->v[vs->n];

		ck_assert_uint_lt(vs->n, VECTORS_MAX);
		if (line[0] != ' ') {
			ck_assert_int_eq(sscanf(line, "%31[^:]", v->name), 1);
			continue;
		}
		v->len = hex_bytes(line, v->msg, sizeof(v->msg));
		vs->n++;
	}
	fclose(f);
}

const struct vector *
vectors_find(const struct vectors *vs, const char *name)
{
	for (size_t i = 0; i < vs->n; i++)
		if (strcmp(vs->v[i].name, name) == 0)
			return &vs->v[i];
	ck_abort_msg("no vector %s", name);
}

struct mip4_sa
vectors_sa(uint8_t type)
{
	struct mip4_sa sa = { .alg = MIP4_ALG_HMAC_MD5, .key_len = 16 };

	if (type == MIP4_EXT_MN_FA) {
		sa.spi = 0x300;
		memcpy(sa.key, "mf-secret-mf-key", 16);
		return sa;
	}
	sa.spi = type == MIP4_EXT_FA_HA ? 0x100 : 0x200;
	for (uint8_t i = 0; i < 16; i++)
		sa.key[i] = type == MIP4_EXT_FA_HA ? i : 15 - i;
	return sa;
}

uint8_t *
exact_copy(const uint8_t *buf, size_t len)
{
	uint8_t *p = malloc(len == 0 ? 1 : len);

	ck_assert_ptr_nonnull(p);
	memcpy(p, buf, len);
	return p;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* SipHash-2-4; see common/siphash.h. Its state is four variables rather than
 * an array: they stay in registers. */
#include "common/siphash.h"

#include <endian.h>
#include <string.h>

struct sip {
	uint64_t	a, b, c, d;
};

static inline uint64_t
load_le(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

/* Fewer than eight bytes. */
static inline uint64_t
load_rest(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | p[n];
	return v;
}

static inline uint64_t
rotl(uint64_t v, unsigned by)
{
	return v << by | v >> (64 - by);
}

static inline struct sip
sip_round(struct sip s)
{
	s.a += s.b;
	s.b = rotl(s.b, 13) ^ s.a;
	s.a = rotl(s.a, 32);
	s.c += s.d;
	s.d = rotl(s.d, 16) ^ s.c;
	s.a += s.d;
	s.d = rotl(s.d, 21) ^ s.a;
	s.c += s.b;
	s.b = rotl(s.b, 17) ^ s.c;
	s.c = rotl(s.c, 32);
	return s;
}

static inline struct sip
compress(struct sip s, uint64_t m)
{
	s.d ^= m;
	s = sip_round(sip_round(s));
	s.a ^= m;
	return s;
}

uint64_t
siphash24(const uint8_t key[static 16], const void *data, size_t len)
{
	const uint64_t k0 = load_le(key), k1 = load_le(key + 8);
	struct sip s = {
		k0 ^ UINT64_C(0x736f6d6570736575),
		k1 ^ UINT64_C(0x646f72616e646f6d),
		k0 ^ UINT64_C(0x6c7967656e657261),
		k1 ^ UINT64_C(0x7465646279746573),
	};
	const uint8_t *p = data;
	size_t left = len;

	for (; left >= 8; left -= 8, p += 8)
		s = compress(s, load_le(p));
	s = compress(s, (uint64_t)len << 56 | load_rest(p, left));
	s.c ^= 0xff;
	s = sip_round(sip_round(sip_round(sip_round(s))));
	return s.a ^ s.b ^ s.c ^ s.d;
}

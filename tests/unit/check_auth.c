/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * common/mip4_auth: the vectors' authenticators verify, and fail with any one
 * bit changed; algorithms against values computed by Python's hashlib; replay
 * protection over the wrap of 2036.
 */
#include <errno.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "common/mip4.h"
#include "common/mip4_auth.h"
#include "common/wire.h"
#include "test.h"
#include "vectors.h"

static const struct mip4_ext_types types = MIP4_EXT_TYPES_DEFAULT;

/* The n-th authentication extension's security association. */
static struct mip4_sa
sa_of(const struct mip4_msg *m, unsigned n)
{
	struct mip4_sa sa = vectors_sa(m->ext.auth[n].type);

	if (m->ext.auth[n].len == 32)
		sa.alg = MIP4_ALG_HMAC_SHA256;
	return sa;
}

START_TEST(vectors_verify)
{
	struct vectors vs;
	unsigned n = 0;

	vectors_load(&vs);
	for (size_t i = 0; i < vs.n; i++) {
		const struct vector *v = &vs.v[i];
		struct mip4_msg m;
		size_t covered = 0;

		mip4_parse(&m, v->msg, v->len, &types);
		for (unsigned a = 0; a < m.ext.n_auth; a++, n++) {
			struct mip4_sa sa = sa_of(&m, a);
			size_t was = covered;

			ck_assert_int_eq(mip4_auth_check(v->msg, &m.ext,
			    m.ext.auth[a].type, &sa, &covered), MIP4_AUTH_OK);
			ck_assert_uint_gt(covered, was);
		}
		ck_assert_uint_eq(covered, v->len);
	}
	ck_assert_uint_eq(n, 22);
}
END_TEST

/* Every bit of what an authenticator covers, of its own Type, Length and SPI,
 * and of the authenticator. */
START_TEST(any_bit_matters)
{
	struct vectors vs;

	vectors_load(&vs);
	for (size_t i = 0; i < vs.n; i++) {
		struct vector *v = &vs.v[i];
		struct mip4_msg whole;

		mip4_parse(&whole, v->msg, v->len, &types);
		for (unsigned a = 0; a < whole.ext.n_auth; a++) {
			struct mip4_sa sa = sa_of(&whole, a);
			uint8_t type = whole.ext.auth[a].type;
			size_t covered = 0, junk;

			ck_assert_int_eq(mip4_sa_prepare(&sa), 0);
			mip4_auth_check(v->msg, &whole.ext, type, &sa,
			    &covered);
			ck_assert_uint_ne(covered, 0);
			for (size_t bit = 0; bit < covered * 8; bit++) {
				struct mip4_msg m;

				v->msg[bit / 8] ^= 0x80 >> bit % 8;
				mip4_parse(&m, v->msg, v->len, &types);
				ck_assert_msg(mip4_auth_check(v->msg, &m.ext,
				    type, &sa, &junk) != MIP4_AUTH_OK,
				    "%s: bit %zu", v->name, bit);
				/* Also as parsed before the change. */
				ck_assert_int_eq(mip4_auth_check(v->msg,
				    &whole.ext, type, &sa, &junk),
				    MIP4_AUTH_BAD);
				v->msg[bit / 8] ^= 0x80 >> bit % 8;
			}
			mip4_sa_wipe(&sa);
		}
	}
}
END_TEST

START_TEST(other_keys_fail)
{
	struct vectors vs;
	const struct vector *v;
	struct mip4_msg m;
	struct mip4_sa sa;
	size_t covered = 99;

	vectors_load(&vs);
	v = vectors_find(&vs, "rrq_ar_unique");
	mip4_parse(&m, v->msg, v->len, &types);
	for (unsigned bit = 0; bit < 128; bit++) {
		sa = vectors_sa(34);
		sa.key[bit / 8] ^= (uint8_t)(1u << bit % 8);
		ck_assert_int_eq(mip4_auth_check(v->msg, &m.ext, 34, &sa,
		    &covered), MIP4_AUTH_BAD);
	}
	sa = vectors_sa(34);
	sa.spi = 257;
	ck_assert_int_eq(mip4_auth_check(v->msg, &m.ext, 34, &sa, &covered),
	    MIP4_AUTH_WRONG_SPI);
	/* Another algorithm's Length */
	sa = vectors_sa(34);
	sa.alg = MIP4_ALG_HMAC_SHA256;
	ck_assert_int_eq(mip4_auth_check(v->msg, &m.ext, 34, &sa, &covered),
	    MIP4_AUTH_BAD);
	sa = vectors_sa(32);
	ck_assert_int_eq(mip4_auth_check(v->msg, &m.ext, 32, &sa, &covered),
	    MIP4_AUTH_ABSENT);
	ck_assert_uint_eq(covered, 99);
}
END_TEST

/* "Exactly one": a second one, even the same again, makes both bad. */
START_TEST(twice)
{
	struct mip4_sa fa = vectors_sa(34), mn = vectors_sa(32);
	uint8_t buf[512] = { MIP4_RRQ };
	struct mip4_msg m;
	struct wire_w w;
	size_t covered;

	wire_w_init(&w, buf, sizeof(buf));
	wire_w_reserve(&w, 24);
	mip4_put_auth(&w, 32, &mn);
	mip4_put_auth(&w, 34, &fa);
	mip4_put_auth(&w, 34, &fa);
	ck_assert(!w.err);
	ck_assert_int_eq(mip4_parse(&m, buf, w.len, &types), MIP4_OK);
	ck_assert_int_eq(mip4_auth_check(buf, &m.ext, 34, &fa, &covered),
	    MIP4_AUTH_TWICE);
	ck_assert_int_eq(mip4_auth_check(buf, &m.ext, 32, &mn, &covered),
	    MIP4_AUTH_OK);
	ck_assert_uint_eq(covered, 24 + 22);

	/* More than are kept: none is believed. */
	mip4_put_auth(&w, 34, &fa);
	mip4_put_auth(&w, 34, &fa);
	ck_assert_int_eq(mip4_parse(&m, buf, w.len, &types), MIP4_OK);
	ck_assert_uint_eq(m.ext.n_auth, 5);
	ck_assert_int_eq(mip4_auth_check(buf, &m.ext, 32, &mn, &covered),
	    MIP4_AUTH_TWICE);
	ck_assert_int_eq(mip4_auth_check(buf, &m.ext, 33, &mn, &covered),
	    MIP4_AUTH_TWICE);
}
END_TEST

/* 34 with every Length, right up to its last byte but for Length 20. */
START_TEST(wrong_lengths)
{
	struct mip4_sa sa = vectors_sa(34);
	uint8_t buf[512] = { MIP4_RRQ };
	struct mip4_msg m;
	struct wire_w w;
	size_t covered;
	uint32_t spi;

	wire_w_init(&w, buf, sizeof(buf));
	wire_w_reserve(&w, 24);
	mip4_put_auth(&w, 34, &sa);
	for (unsigned len = 0; len < 256; len++) {
		uint8_t *msg;

		buf[25] = (uint8_t)len;
		msg = exact_copy(buf, 26 + len);
		ck_assert_int_eq(mip4_parse(&m, msg, 26 + len, &types),
		    MIP4_OK);
		ck_assert_uint_eq(m.ext.n_auth, 1);
		ck_assert_int_eq(mip4_auth_check(msg, &m.ext, 34, &sa,
		    &covered), len == 20 ? MIP4_AUTH_OK : MIP4_AUTH_BAD);
		ck_assert(mip4_auth_spi(&m.ext, 34, &spi));
		ck_assert_uint_eq(spi, len < 4 ? 0 : 256);
		free(msg);
	}
	ck_assert(!mip4_auth_spi(&m.ext, 32, &spi));
}
END_TEST

/*
 * Length says that there are fewer bytes of authenticator than the algorithm
 * makes, none at worst; the right ones follow, as if they were the next
 * extension. Truncation is not ours to allow [D4].
 */
START_TEST(truncated_authenticator)
{
	struct mip4_sa sa = vectors_sa(34);

	for (uint8_t len = 4; len < 20; len++) {
		uint8_t msg[24 + 22] = { MIP4_RRQ };
		struct mip4_msg m;
		size_t covered;

		memcpy(msg + 24, "\x22\x00\x00\x00\x01\x00", 6);
		msg[25] = len;
		ck_assert_ptr_nonnull(HMAC(EVP_md5(), sa.key, 16, msg, 30,
		    msg + 30, NULL));
		(void)mip4_parse(&m, msg, sizeof(msg), &types);
		ck_assert_uint_ge(m.ext.n_auth, 1);
		ck_assert_int_eq(mip4_auth_check(msg, &m.ext, 34, &sa,
		    &covered), m.ext.n_auth == 1 ? MIP4_AUTH_BAD :
		    MIP4_AUTH_TWICE);
	}
}
END_TEST

/* Computed by Python: hmac and hashlib over the fixed part of vector
 * rrq_ar_unique, 32, Length and SPI 0xdeadbeef. */
START_TEST(algorithms)
{
	static const struct {
		enum mip4_alg	 alg;
		const char	*name;
		const char	*sum;
	} cases[] = {
		{ MIP4_ALG_HMAC_MD5, "hmac-md5",
		    "90c0066f548098898afcc8305ddc9c1c" },
		{ MIP4_ALG_KEYED_MD5, "keyed-md5",
		    "f323e57850d8eba4fe372fc93bbded64" },
		{ MIP4_ALG_HMAC_SHA1, "hmac-sha1",
		    "6111fed7f7172884ded0805e22c04caa08453eef" },
		{ MIP4_ALG_HMAC_SHA256, "hmac-sha256",
		    "86c7d02d8a90f7d8deadae28015ab4041b1415bf7afba7d0"
		    "9d034b3ad0c67482" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mip4_sa sa = { .spi = 0xdeadbeef, .key_len = 19 };
		uint8_t want[32], buf[64];
		size_t n = hex_bytes(cases[i].sum, want, sizeof(want));
		struct wire_w w;

		memcpy(sa.key, "0123456789abcdefXYZ", 19);
		ck_assert_int_eq(mip4_alg_parse(cases[i].name, &sa.alg), 0);
		ck_assert_int_eq(sa.alg, cases[i].alg);
		ck_assert_str_eq(mip4_alg_str(sa.alg), cases[i].name);
		ck_assert_uint_eq(mip4_alg_len(sa.alg), n);
		/* Unprepared, then prepared, and that more than once. */
		for (int round = 0; round < 4; round++) {
			wire_w_init(&w, buf, sizeof(buf));
			hex_bytes("0100070800000000c6336401c0000201"
			    "e5a1b2c311223344", wire_w_reserve(&w, 24), 24);
			mip4_put_auth(&w, 32, &sa);
			ck_assert(!w.err);
			ck_assert_uint_eq(w.len, 24 + 6 + n);
			ck_assert_uint_eq(buf[25], 4 + n);
			ck_assert_mem_eq(buf + 26, "\xde\xad\xbe\xef", 4);
			ck_assert_mem_eq(buf + 30, want, n);
			if (round < 2)
				ck_assert_int_eq(mip4_sa_prepare(&sa), 0);
		}
		mip4_sa_wipe(&sa);
		ck_assert_uint_eq(sa.key[0], 0);
		ck_assert_uint_eq(sa.key_len, 0);
	}
}
END_TEST

/* D69; tests/vectors/openssl_check.sh has openssl's word for the first. */
START_TEST(derived_key)
{
	static const struct {
		uint8_t		 ha[4], coa[4];
		uint32_t	 spi;
		const char	*key;
	} cases[] = {
		{ { 198, 51, 100, 1 }, { 192, 0, 2, 1 }, 256,
		    "a314bf0078a0cb8a2983b905c8ddd5e148fbceb4" },
		{ { 198, 51, 100, 1 }, { 192, 0, 2, 5 }, 256,
		    "f9596a52b2130aff452c0d356050446ddf379491" },
		{ { 198, 51, 100, 9 }, { 192, 0, 2, 1 }, 256,
		    "7695261cbc9ec7c8c4ebb1a386c3c2a26b0cea12" },
		{ { 198, 51, 100, 1 }, { 192, 0, 2, 1 }, 0x10203,
		    "1dfc0da6fcae25e71e8a99c2248df0ac809c120e" },
	};
	uint8_t rk[20], want[20];
	struct mip4_sa sa = { 0 };
	uint32_t ha, coa;

	for (size_t i = 0; i < sizeof(rk); i++)
		rk[i] = (uint8_t)i;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memcpy(&ha, cases[i].ha, 4);
		memcpy(&coa, cases[i].coa, 4);
		sa.spi = cases[i].spi;
		ck_assert_int_eq(mip4_fa_ha_derive(&sa, rk, sizeof(rk), ha,
		    coa), 0);
		hex_bytes(cases[i].key, want, sizeof(want));
		ck_assert_uint_eq(sa.key_len, 20);
		ck_assert_mem_eq(sa.key, want, 20);
	}
	ck_assert_int_eq(mip4_fa_ha_derive(&sa, rk, 15, ha, coa), -EINVAL);
}
END_TEST

START_TEST(bad_associations)
{
	struct mip4_sa sa = { .spi = 256 }, copy;
	uint8_t buf[64] = { MIP4_RRQ };
	enum mip4_alg alg;
	struct wire_w w;

	ck_assert_int_eq(mip4_alg_parse("md5", &alg), -EINVAL);
	ck_assert_int_eq(mip4_alg_parse("", &alg), -EINVAL);
	ck_assert_int_eq(mip4_sa_prepare(&sa), -EINVAL);
	sa.key_len = MIP4_KEY_MAX + 1;
	ck_assert_int_eq(mip4_sa_prepare(&sa), -EINVAL);
	/* Nothing is sent that is not authenticated. */
	wire_w_init(&w, buf, sizeof(buf));
	wire_w_reserve(&w, 24);
	sa.key_len = 0;
	mip4_put_auth(&w, 32, &sa);
	ck_assert(w.err);
	/* A copy outlives what it was made of. */
	sa = vectors_sa(34);
	ck_assert_int_eq(mip4_sa_prepare(&sa), 0);
	mip4_sa_copy(&copy, &sa);
	mip4_sa_wipe(&sa);
	wire_w_init(&w, buf, sizeof(buf));
	mip4_put_auth(&w, 34, &copy);
	ck_assert(!w.err);
	ck_assert_uint_eq(w.len, 22);
	mip4_sa_wipe(&copy);
	/* A key of every length that fits. */
	for (sa.key_len = 1; sa.key_len <= MIP4_KEY_MAX; sa.key_len++)
		ck_assert_int_eq(mip4_sa_prepare(&sa), 0);
	sa.key_len = MIP4_KEY_MAX;
	mip4_sa_wipe(&sa);
	mip4_sa_wipe(&sa);
}
END_TEST

#define NTP(s, f)	((uint64_t)(uint32_t)(s) << 32 | (uint32_t)(f))

START_TEST(replay)
{
	static const struct {
		uint64_t		id, last, own;
		enum mip4_replay	want;
	} cases[] = {
		/* Window of 7 seconds, either way, in whole seconds */
		{ NTP(1000, 0), 0, NTP(1000, 5), MIP4_REPLAY_FRESH },
		{ NTP(1007, ~0), 0, NTP(1000, 0), MIP4_REPLAY_FRESH },
		{ NTP(1008, 0), 0, NTP(1000, ~0), MIP4_REPLAY_WINDOW },
		{ NTP(993, 0), 0, NTP(1000, ~0), MIP4_REPLAY_FRESH },
		{ NTP(992, ~0), 0, NTP(1000, 0), MIP4_REPLAY_WINDOW },
		/* Above the last one accepted */
		{ NTP(1000, 5), NTP(1000, 4), NTP(1000, 0),
		    MIP4_REPLAY_FRESH },
		{ NTP(1000, 5), NTP(1000, 5), NTP(1000, 0),
		    MIP4_REPLAY_OLD },
		{ NTP(1000, 5), NTP(1001, 0), NTP(1000, 0),
		    MIP4_REPLAY_OLD },
		/* Out of the window: that is said first */
		{ NTP(900, 0), NTP(1000, 0), NTP(1000, 0),
		    MIP4_REPLAY_WINDOW },
		/* 2036: own clock before the wrap, request after it, and
		 * the other way round */
		{ NTP(2, 0), NTP(0xffffffff, 0), NTP(0xfffffffe, 0),
		    MIP4_REPLAY_FRESH },
		{ NTP(0xfffffffe, 0), 0, NTP(2, 0), MIP4_REPLAY_FRESH },
		{ NTP(0xfffffffe, 0), NTP(1, 0), NTP(2, 0),
		    MIP4_REPLAY_OLD },
		{ NTP(6, 0), 0, NTP(0xfffffffe, 0), MIP4_REPLAY_WINDOW },
		{ NTP(5, 0), 0, NTP(0xfffffffe, 0), MIP4_REPLAY_FRESH },
		/* As far away as can be */
		{ NTP(0x80000000, 0), 0, NTP(0, 0), MIP4_REPLAY_WINDOW },
		{ NTP(0x7fffffff, 0), 0, NTP(0, 0), MIP4_REPLAY_WINDOW },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_msg(mip4_replay_check(cases[i].id, cases[i].last,
		    cases[i].own, 7) == cases[i].want, "case %zu", i);
	/* PROTOCOLS 17, rrp_denied_133: our seconds, its low 32 bits. */
	ck_assert_uint_eq(mip4_replay_resync(
	    UINT64_C(0xe5a1b2c311223344), UINT64_C(0xe5a1c000abcdef01)),
	    UINT64_C(0xe5a1c00011223344));
}
END_TEST

START_TEST(next_identification)
{
	uint64_t last = 0;

	ck_assert_uint_eq(mip4_id_next(NTP(1000, 7), 0, &last),
	    NTP(1000, 7));
	/* The clock stands still, or goes back: still one more. */
	ck_assert_uint_eq(mip4_id_next(NTP(1000, 7), 0, &last),
	    NTP(1000, 8));
	ck_assert_uint_eq(mip4_id_next(NTP(999, 0), 0, &last), NTP(1000, 9));
	ck_assert_uint_eq(mip4_id_next(NTP(999, 3), 60, &last),
	    NTP(1059, 3));
	ck_assert_uint_eq(last, NTP(1059, 3));
	/* An offset over the wrap */
	last = NTP(0xfffffff0, 0);
	ck_assert_uint_eq(mip4_id_next(NTP(0xfffffff1, 4), 60, &last),
	    NTP(0x2d, 4));
	ck_assert_uint_eq(mip4_id_next(NTP(0x2e, 4), -60, &last),
	    NTP(0x2d, 5));
}
END_TEST

TEST_MAIN("auth", vectors_verify, any_bit_matters, other_keys_fail, twice,
    wrong_lengths, truncated_authenticator, algorithms, derived_key,
    bad_associations, replay, next_identification)

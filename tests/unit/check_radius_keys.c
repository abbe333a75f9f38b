/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys in Access-Accepts: the salt's masks against vectors that
 * tests/vectors/salt.py makes with hashlib, and the attributes of 3GPP2 and
 * WiMAX around them. */
#include "config.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "radius/mobile.h"
#include "radius/salt.h"
#include "tests/unit/test.h"

static const struct radius_secret secret = { 9, "xyzzy5461" };
static const uint8_t vector[] =
    "\x0f\x40\x3f\x94\x73\x97\x80\x57\xbd\x83\xd5\xcb\x98\xf4\x22\x7a";

static const char key16[] =
    "861c4fb73c399704baf1829be638422d1bd365459049dee13d90cbd67897bf3b"
    "78e5";
static const char key15[] =
    "861c50b73c399704baf1829be638422d1bd3";
static const char key31[] =
    "861c40b73c399704baf1829be638422d1bd3472c0dcea787d2364f26f294060d"
    "2cf5";
static const char key20[] =
    "861c4bb73c399704baf1829be638422d1bd36d4fa6a2a0f5ab59b8294189f1c0"
    "347b";
static const char key64[] =
    "861c1fb73c399704baf1829be638422d1bd3412c9d0bd4136c2cc11f262e1a69"
    "437e8400be5a9009ed807dbd3cc03e6e497b5b3157ecae23e3a922f7fa28e277"
    "d0bc15181d3b7b953e002bb498fe2e1167b6";
static const char key65[] =
    "861c1eb73c399704baf1829be638422d1bd31c7a86d0121b178d0a7e13f306e9"
    "49b5d3277bf4b9c612e30d975d18eaeb7663fa88b5b89bca0275c7b3383d4848"
    "274e9f39d9f7f90bd702d54c732ef1fb7d49";
static const char empty[] =
    "861c5fa72d2b8410afe79583ff22593106cd";
static const char other_secret[] =
    "861c39ef43bd560bc76f1e3ef0fc055074f27e2d104a08ef31fe10d92027b02d"
    "3603";
static const char length_too_great[] =
    "861c7fb73c399704baf1829be638422d1bd364ed864a40439cb7b61cd61bbfc4"
    "e0cf";
static const char block_too_many[] =
    "861c50b73c399704baf1829be638422d1bd34cc4bd80f550b8fd5171a64b3739"
    "8508";

static size_t
hex(const char *s, uint8_t *out)
{
	size_t n = strlen(s) / 2;
	unsigned b;

	for (size_t i = 0; i < n; i++) {
		ck_assert_int_eq(sscanf(s + 2 * i, "%2x", &b), 1);
		out[i] = (uint8_t)b;
	}
	return n;
}

static enum radius_unsalted
unsalt(const char *text, size_t cap, uint8_t *out, size_t *n)
{
	uint8_t b[256];
	size_t len = hex(text, b);

	return radius_unsalt(&secret, vector, b, len, out, cap, n);
}

/* The key counts up from 0x10, and again after 32 bytes. */
static void
good(const char *text, size_t want)
{
	uint8_t out[64];
	size_t n = 999;

	ck_assert_int_eq(unsalt(text, sizeof(out), out, &n),
	    RADIUS_UNSALTED);
	ck_assert_uint_eq(n, want);
	for (size_t i = 0; i < n; i++)
		ck_assert_uint_eq(out[i], 0x10 + i % 32);
}

static void
bad(const char *text, size_t cap, enum radius_unsalted want)
{
	uint8_t out[256];
	size_t n = 999;

	memset(out, 0xaa, sizeof(out));
	ck_assert_int_eq(unsalt(text, cap, out, &n), want);
	ck_assert_uint_eq(n, 999);
	for (size_t i = 0; i < cap; i++)
		ck_assert_uint_eq(out[i], 0);
	ck_assert_uint_eq(out[cap], 0xaa);
}

START_TEST(salted_values)
{
	uint8_t out[64];
	size_t n = 999;

	good(key16, 16);
	good(key15, 15);
	good(key31, 31);
	good(key20, 20);
	good(key64, 64);
	good(empty, 0);
	/* What just fits. */
	ck_assert_int_eq(unsalt(key20, 20, out, &n), RADIUS_UNSALTED);
}
END_TEST

START_TEST(salted_badly)
{
	char text[2 * 255];
	uint8_t b[255], out[255];
	size_t len = hex(key31, b), n;

	bad(key65, 64, RADIUS_SALT_ROOM);
	bad(key20, 19, RADIUS_SALT_ROOM);
	bad(other_secret, 64, RADIUS_SALT_LENGTH);
	bad(length_too_great, 64, RADIUS_SALT_LENGTH);
	bad(block_too_many, 64, RADIUS_SALT_LENGTH);
	bad("", 64, RADIUS_SALT_SHORT);
	bad("861c", 64, RADIUS_SALT_SHORT);
	/* Every length but that of whole blocks. */
	for (size_t i = 0; i < len; i++) {
		snprintf(text, sizeof(text), "%.*s", (int)(2 * i), key31);
		if (i != 18)
			bad(text, 64, i < 18 ? RADIUS_SALT_SHORT :
			    RADIUS_SALT_BLOCKS);
	}
	/* The longest attribute there is, and more. */
	memset(b, 0, sizeof(b));
	(void)radius_unsalt(&secret, vector, b, 2 + 240, out, 64, &n);
	ck_assert_int_eq(radius_unsalt(&secret, vector, b, 253, out, 64, &n),
	    RADIUS_SALT_BLOCKS);
	for (int v = RADIUS_UNSALTED; v <= RADIUS_SALT_MD5; v++)
		ck_assert_str_ne(radius_unsalted_str(
		    (enum radius_unsalted)v), "?");
}
END_TEST

/*
 * The attributes.
 */

static struct radius_dict *dict;
static uint8_t pkt[1024];
static size_t pkt_len;

static void
setup(void)
{
	dict = radius_dict_load(DICTIONARY);
	ck_assert_ptr_nonnull(dict);
	pkt_len = RADIUS_HDR;
}

static void
teardown(void)
{
	radius_dict_free(dict);
}

/* One attribute in one Vendor-Specific; WiMAX's with its first byte in
 * value. */
static void
vsa(unsigned vendor, uint8_t type, const char *value)
{
	uint8_t b[256];
	size_t n = hex(value, b);
	uint8_t head[] = { 26, (uint8_t)(8 + n), 0, 0, (uint8_t)(vendor >> 8),
		(uint8_t)vendor, type, (uint8_t)(2 + n) };

	memcpy(pkt + pkt_len, head, sizeof(head));
	memcpy(pkt + pkt_len + sizeof(head), b, n);
	pkt_len += sizeof(head) + n;
}

static void
wimax(uint8_t type, const char *value)
{
	char text[512];

	snprintf(text, sizeof(text), "00%s", value);
	vsa(24757, type, text);
}

/* What is read of the attributes put so far, which then are forgotten. */
static enum radius_key
mn_ha(enum radius_reader reader, struct mip4_sa *sa, char *why, size_t cap)
{
	struct radius_attrs as;
	enum radius_key v;

	ck_assert_int_eq(radius_attrs_decode(&as, dict, pkt, pkt_len), 0);
	as.secret = &secret;
	as.vector = vector;
	v = radius_mn_ha(&as, reader, sa, why, cap);
	radius_attrs_free(&as);
	pkt_len = RADIUS_HDR;
	return v;
}

static void
is_sa(const struct mip4_sa *sa, uint32_t spi, size_t len)
{
	ck_assert_uint_eq(sa->spi, spi);
	ck_assert_uint_eq(sa->key_len, len);
	for (size_t i = 0; i < len; i++)
		ck_assert_uint_eq(sa->key[i], 0x10 + i % 32);
}

static void
has_key(enum radius_reader reader, uint32_t spi, size_t len)
{
	char why[96] = "";
	struct mip4_sa sa;

	ck_assert_int_eq(mn_ha(reader, &sa, why, sizeof(why)),
	    RADIUS_KEY_GOOD);
	ck_assert_str_eq(why, "");
	is_sa(&sa, spi, len);
	mip4_sa_wipe(&sa);
}

static void
is_broken(const char *name, const char *what)
{
	static const struct mip4_sa none;
	char why[96] = "";
	struct mip4_sa sa;

	ck_assert_int_eq(mn_ha(RADIUS_FOR_NAS, &sa, why, sizeof(why)),
	    RADIUS_KEY_BROKEN);
	ck_assert_msg(strstr(why, name) != NULL && strstr(why, what) != NULL,
	    "%s", why);
	ck_assert_mem_eq(&sa, &none, sizeof(sa));
}

START_TEST(keys_of_each_kind)
{
	char why[96];
	struct mip4_sa sa;

	ck_assert_int_eq(mn_ha(RADIUS_FOR_NAS, &sa, why, sizeof(why)),
	    RADIUS_KEY_NONE);
	vsa(5535, 57, "00000200");
	vsa(5535, 58, key16);
	has_key(RADIUS_FOR_NAS, 512, 16);
	wimax(11, "00010203");
	wimax(10, key20);
	has_key(RADIUS_FOR_NAS, 0x10203, 20);
	wimax(20, "00000100");
	wimax(19, key64);
	has_key(RADIUS_FOR_HA, 256, 64);
}
END_TEST

/* Of several, the one that is for who reads; 3GPP2's before both. */
START_TEST(keys_of_several_kinds)
{
	for (int i = 0; i < 3; i++) {
		wimax(20, "00000300");
		wimax(19, key31);
		wimax(11, "00000400");
		wimax(10, key20);
		if (i == 2) {
			vsa(5535, 58, key16);
			vsa(5535, 57, "00000200");
		}
		if (i == 0)
			has_key(RADIUS_FOR_NAS, 1024, 20);
		else if (i == 1)
			has_key(RADIUS_FOR_HA, 768, 31);
		else
			has_key(RADIUS_FOR_HA, 512, 16);
	}
}
END_TEST

START_TEST(keys_that_are_none)
{
	static const char k3[] = "3GPP2-MN-HA-Shared-Key";
	static const char kw[] = "WiMAX-MN-hHA-MIP4-Key";

	vsa(5535, 58, key16);
	is_broken(k3, "without an SPI");
	vsa(5535, 57, "00000200");
	is_broken(k3, "missing");
	vsa(5535, 57, "000000ff");
	vsa(5535, 58, key16);
	is_broken(k3, "reserved");
	vsa(5535, 57, "00000200");
	vsa(5535, 58, key15);
	is_broken(k3, "shorter than 16");
	vsa(5535, 57, "00000200");
	vsa(5535, 58, empty);
	is_broken(k3, "shorter than 16");
	vsa(5535, 57, "00000200");
	vsa(5535, 58, key65);
	is_broken(k3, "too long");
	vsa(5535, 57, "00000200");
	vsa(5535, 58, other_secret);
	is_broken(k3, "another secret");
	vsa(5535, 57, "00000200");
	vsa(5535, 58, "861c00");
	is_broken(k3, "too short");
	vsa(5535, 57, "00000200");
	vsa(5535, 58, key16);
	vsa(5535, 58, key16);
	is_broken(k3, "two");
	vsa(5535, 57, "00000200");
	vsa(5535, 57, "00000300");
	vsa(5535, 58, key16);
	is_broken(k3, "two");
	wimax(11, "00000400");
	wimax(11, "00000500");
	wimax(10, key16);
	is_broken(kw, "two");
	/* Not hidden by a salt: what should have been a key in the clear. */
	vsa(5535, 57, "00000200");
	vsa(5535, 58, "30313233343536373839616263646566");
	is_broken(k3, "too short");
	/* A broken one is not passed over for a good one. */
	vsa(5535, 58, key16);
	wimax(11, "00000400");
	wimax(10, key20);
	is_broken(k3, "without an SPI");
	vsa(24757, 11, "0000000400");
	vsa(24757, 10, "80861c");
	is_broken(kw, "continued");
	vsa(24757, 11, "8000000400");
	wimax(10, key16);
	is_broken(kw, "without an SPI");
	wimax(11, "000400");
	wimax(10, key16);
	is_broken(kw, "without an SPI");
	wimax(11, "00000400");
	vsa(24757, 10, "");
	is_broken(kw, "too short");
	/* Nor is an empty one none, where it stands alone. */
	vsa(24757, 10, "");
	is_broken(kw, "without an SPI");
}
END_TEST

START_TEST(key_outside_of_a_reply)
{
	struct radius_attrs as;
	struct mip4_sa sa;
	char why[96];

	vsa(5535, 57, "00000200");
	vsa(5535, 58, key16);
	ck_assert_int_eq(radius_attrs_decode(&as, dict, pkt, pkt_len), 0);
	ck_assert_int_eq(radius_mn_ha(&as, RADIUS_FOR_NAS, &sa, why,
	    sizeof(why)), RADIUS_KEY_BROKEN);
	radius_attrs_free(&as);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("radius keys");
	TCase *t = tcase_create("keys");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, salted_values);
	tcase_add_test(t, salted_badly);
	tcase_add_test(t, keys_of_each_kind);
	tcase_add_test(t, keys_of_several_kinds);
	tcase_add_test(t, keys_that_are_none);
	tcase_add_test(t, key_outside_of_a_reply);
	suite_add_tcase(s, t);
	return test_run(s);
}

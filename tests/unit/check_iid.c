/* SPDX-License-Identifier: BSD-2-Clause */
/* common/iid: identifiers, reserved ones, home addresses. */
#include <arpa/inet.h>
#include <errno.h>

#include "common/iid.h"
#include "test.h"

static struct iid
iid(const char *s)
{
	struct iid i;

	ck_assert_int_eq(iid_parse(s, &i), 0);
	return i;
}

static struct in6_addr
ip6(const char *s)
{
	struct in6_addr a;

	ck_assert_int_eq(inet_pton(AF_INET6, s, &a), 1);
	return a;
}

START_TEST(text)
{
	static const uint8_t want[] = { 2, 0x11, 0x22, 0x33, 0, 1, 0xa, 0xbc };
	char buf[IID_STRLEN];
	struct iid i;

	ck_assert_mem_eq(iid("0211:2233:1:abc").b,
	    ((uint8_t[]){ 2, 0x11, 0x22, 0x33, 0, 1, 0xa, 0xbc }), 8);
	i = iid("211:2233:0001:0aBC");
	ck_assert_mem_eq(i.b, want, 8);
	ck_assert_str_eq(iid_str(i, buf), "0211:2233:0001:0abc");
}
END_TEST

START_TEST(bad_text)
{
	static const char *const bad[] = {
		"", "1:2:3", "1:2:3:4:5", "1:2:3:", ":1:2:3", "1::2:3",
		"12345:1:1:1", "1:2:3:g", "1:2:3:4 ", " 1:2:3:4", "0x1:2:3:4",
		"1:2:3:-4", "1.2.3.4", "::",
	};

	for (size_t n = 0; n < sizeof(bad) / sizeof(bad[0]); n++) {
		struct iid i = { { 0x55 } };

		ck_assert_msg(iid_parse(bad[n], &i) == -EINVAL, "%s", bad[n]);
		ck_assert_uint_eq(i.b[0], 0x55);	/* untouched */
	}
}
END_TEST

START_TEST(reserved)
{
	ck_assert(iid_is_reserved(iid("0:0:0:0")));
	ck_assert(iid_is_zero(iid("0:0:0:0")));
	ck_assert(!iid_is_zero(iid("0:0:0:1")));
	ck_assert(!iid_is_reserved(iid("0:0:0:1")));

	ck_assert(!iid_is_reserved(iid("fdff:ffff:ffff:ff7f")));
	ck_assert(iid_is_reserved(iid("fdff:ffff:ffff:ff80")));
	ck_assert(iid_is_reserved(iid("fdff:ffff:ffff:ffff")));
	ck_assert(!iid_is_reserved(iid("fdff:ffff:fffe:ff80")));

	ck_assert(iid_is_reserved(iid("0200:5eff:fe00:5213")));
	ck_assert(iid_is_reserved(iid("0200:5eff:fe00:0")));
	ck_assert(iid_is_reserved(iid("0200:5eff:feff:ffff")));
	ck_assert(!iid_is_reserved(iid("0200:5eff:fdff:ffff")));
	ck_assert(!iid_is_reserved(iid("0200:5eff:ff00:0")));
}
END_TEST

START_TEST(random_ones)
{
	struct iid last = { { 0 } };

	for (int n = 0; n < 1000; n++) {
		struct iid i = iid_random();

		ck_assert_uint_eq(i.b[0] & 0x02, 0);
		ck_assert(!iid_is_reserved(i));
		ck_assert(!iid_equal(i, last));
		last = i;
	}
}
END_TEST

START_TEST(join_and_split)
{
	struct in6_addr prefix = ip6("2001:db8:1:2:dead::1");
	struct in6_addr want = ip6("2001:db8:1:2:211:2233:4455:6677");
	struct in6_addr a = iid_join(&prefix, iid("211:2233:4455:6677"));

	ck_assert_mem_eq(&a, &want, 16);
	ck_assert(iid_equal(iid_of(&a), iid("211:2233:4455:6677")));
	ck_assert(!iid_equal(iid_of(&a), iid("211:2233:4455:6678")));
}
END_TEST

START_TEST(home_addresses)
{
	static const struct {
		const char	*text;
		bool		 valid;
	} cases[] = {
		{ "2001:db8::1", true },
		{ "fd00::1", true },
		{ "2002:c000:201::1", true },
		{ "::2", true },
		{ "::", false },
		{ "::1", false },
		{ "fe80::1", false },
		{ "febf:ffff::1", false },
		{ "fec0::1", true },
		{ "ff02::1", false },
		{ "ff0e::1", false },
		{ "::ffff:192.0.2.1", false },
	};

	for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		struct in6_addr a = ip6(cases[n].text);

		ck_assert_msg(hoa_is_valid(&a) == cases[n].valid, "%s",
		    cases[n].text);
	}
}
END_TEST

TEST_MAIN("iid", text, bad_text, reserved, random_ones, join_and_split,
    home_addresses)

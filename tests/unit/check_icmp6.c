/* SPDX-License-Identifier: BSD-2-Clause */
/* common/icmp6: Router Advertisements byte by byte, and which messages
 * RFC 4861 6.1 says to drop. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "common/icmp6.h"
#include "test.h"
#include "vectors.h"

static struct in6_addr
ip6(const char *s)
{
	struct in6_addr a;

	ck_assert_int_eq(inet_pton(AF_INET6, s, &a), 1);
	return a;
}

/* Everything an advertisement can carry here; written by RFC 4861 4.2, 4.6.2,
 * 4.6.4 and RFC 8106 5.1. */
static const char full_hex[] =
	"86 00 0000 40 c0 0708 00000bb8 000003e8"
	"01 01 020000000001"
	"05 01 0000 000005c8"
	"03 04 40 40 00015180 00003840 00000000"
	"20010db8000100020000000000000000"
	"03 04 40 c0 ffffffff 00000000 00000000"
	"20010db8000100030000000000000000"
	"19 05 0000 00000258"
	"20010db8ffff00000000000000000053"
	"20010db8ffff00000000000000000054";

static struct icmp6_ra
full_ra(void)
{
	return (struct icmp6_ra){
		.hop_limit = 64, .managed = true, .other = true,
		.router_lifetime = 1800, .reachable_ms = 3000,
		.retrans_ms = 1000, .mtu = 1480,
		.has_lladdr = true, .lladdr = { 2, 0, 0, 0, 0, 1 },
		.n_prefixes = 2,
		.prefix = {
			{ .addr = ip6("2001:db8:1:2::"), .len = 64,
			  .autonomous = true, .valid = 86400,
			  .preferred = 14400 },
			{ .addr = ip6("2001:db8:1:3::"), .len = 64,
			  .on_link = true, .autonomous = true,
			  .valid = UINT32_MAX, .preferred = 0 },
		},
		.rdnss_lifetime = 600, .n_rdnss = 2,
		.rdnss = { ip6("2001:db8:ffff::53"),
			   ip6("2001:db8:ffff::54") },
	};
}

START_TEST(encodes_every_size)
{
	struct icmp6_ra ra = full_ra();
	uint8_t want[256];
	size_t len = hex_bytes(full_hex, want, sizeof(want));

	ck_assert_uint_eq(len, 16 + 8 + 8 + 2 * 32 + 8 + 2 * 16);
	for (size_t cap = 0; cap <= len; cap++) {
		uint8_t *buf = exact_copy(want, cap);

		memset(buf, 0xee, cap);
		ck_assert_int_eq(icmp6_ra_encode(&ra, buf, cap),
		    cap < len ? -EMSGSIZE : (int)len);
		if (cap == len)
			ck_assert_mem_eq(buf, want, len);
		free(buf);
	}
}
END_TEST

START_TEST(encodes_the_least)
{
	struct icmp6_ra ra = { .router_lifetime = 0 };
	uint8_t buf[64];

	ck_assert_int_eq(icmp6_ra_encode(&ra, buf, sizeof(buf)), 16);
	ck_assert_mem_eq(buf, "\x86\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
}
END_TEST

/* Bits behind the prefix are zeros, whatever the address has there. */
START_TEST(masks_prefixes)
{
	static const struct {
		uint8_t		 len;
		const char	*want;
	} cases[] = {
		{ 0, "::" },
		{ 1, "8000::" },
		{ 12, "fff0::" },
		{ 63, "ffff:ffff:ffff:fffe::" },
		{ 64, "ffff:ffff:ffff:ffff::" },
		{ 65, "ffff:ffff:ffff:ffff:8000::" },
		{ 128, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct icmp6_ra ra = { .n_prefixes = 1 }, got;
		struct in6_addr want = ip6(cases[i].want);
		uint8_t buf[64];

		memset(&ra.prefix[0].addr, 0xff, 16);
		ra.prefix[0].len = cases[i].len;
		ck_assert_int_eq(icmp6_ra_encode(&ra, buf, 64), 48);
		ck_assert_int_eq(icmp6_ra_decode(&got, buf, 48), 0);
		ck_assert_mem_eq(&got.prefix[0].addr, &want, 16);
		ck_assert_uint_eq(got.prefix[0].len, cases[i].len);
	}
}
END_TEST

START_TEST(refuses_nonsense)
{
	struct icmp6_ra ra = full_ra();
	uint8_t buf[512];

	ra.prefix[1].len = 129;
	ck_assert_int_eq(icmp6_ra_encode(&ra, buf, sizeof(buf)), -EINVAL);
	ra = full_ra();
	ra.n_prefixes = ICMP6_RA_MAX_PREFIXES + 1;
	ck_assert_int_eq(icmp6_ra_encode(&ra, buf, sizeof(buf)), -EINVAL);
	ra = full_ra();
	ra.n_rdnss = ICMP6_RA_MAX_RDNSS + 1;
	ck_assert_int_eq(icmp6_ra_encode(&ra, buf, sizeof(buf)), -EINVAL);
}
END_TEST

START_TEST(decodes)
{
	struct icmp6_ra want = full_ra(), ra;
	uint8_t buf[256];
	size_t len = hex_bytes(full_hex, buf, sizeof(buf));

	ck_assert_int_eq(icmp6_ra_decode(&ra, buf, len), 0);
	ck_assert_uint_eq(ra.hop_limit, 64);
	ck_assert(ra.managed);
	ck_assert(ra.other);
	ck_assert_uint_eq(ra.router_lifetime, 1800);
	ck_assert_uint_eq(ra.reachable_ms, 3000);
	ck_assert_uint_eq(ra.retrans_ms, 1000);
	ck_assert_uint_eq(ra.mtu, 1480);
	ck_assert(ra.has_lladdr);
	ck_assert_mem_eq(ra.lladdr, want.lladdr, 6);
	ck_assert_uint_eq(ra.n_prefixes, 2);
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_mem_eq(&ra.prefix[i].addr, &want.prefix[i].addr,
		    16);
		ck_assert_uint_eq(ra.prefix[i].len, 64);
		ck_assert(ra.prefix[i].on_link == (i == 1));
		ck_assert(ra.prefix[i].autonomous);
		ck_assert_uint_eq(ra.prefix[i].valid, want.prefix[i].valid);
		ck_assert_uint_eq(ra.prefix[i].preferred,
		    want.prefix[i].preferred);
	}
	ck_assert_uint_eq(ra.rdnss_lifetime, 600);
	ck_assert_uint_eq(ra.n_rdnss, 2);
	ck_assert_mem_eq(ra.rdnss, want.rdnss, 32);
}
END_TEST

/* Cut between options it is a shorter advertisement, elsewhere bad. */
START_TEST(decodes_cut)
{
	static const size_t whole[] = { 16, 24, 32, 64, 96, 136 };
	uint8_t buf[256];
	size_t len = hex_bytes(full_hex, buf, sizeof(buf)), next = 0;

	for (size_t n = 0; n <= len; n++) {
		uint8_t *msg = exact_copy(buf, n);
		struct icmp6_ra ra;

		ck_assert_msg(icmp6_ra_decode(&ra, msg, n) ==
		    (n == whole[next] ? 0 : -EBADMSG), "cut to %zu", n);
		if (n == whole[next])
			next++;
		free(msg);
	}
	ck_assert_uint_eq(next, 6);
}
END_TEST

#define RA16	"86 00 0000 40 00 0708 00000000 00000000"

static int
decode(struct icmp6_ra *ra, const char *hex)
{
	uint8_t buf[512];
	size_t len = hex_bytes(hex, buf, sizeof(buf));

	return icmp6_ra_decode(ra, buf, len);
}

START_TEST(odd_options)
{
	struct icmp6_ra ra;

	ck_assert_int_eq(decode(&ra, "85" RA16), -EBADMSG);
	ck_assert_int_eq(decode(&ra,
	    "86 01 0000 40 00 0708 00000000 00000000"), -EBADMSG);
	/* Length 0 [RFC 4861 6.1.2] */
	ck_assert_int_eq(decode(&ra, RA16 "01 00 0000 00000000"), -EBADMSG);
	/* Unknown: passed */
	ck_assert_int_eq(decode(&ra, RA16 "fd 01 0000 00000000"
	    "05 01 0000 000005dc"), 0);
	ck_assert_uint_eq(ra.mtu, 1500);
	/* Known, of another length: not read */
	ck_assert_int_eq(decode(&ra, RA16
	    "05 02 0000 000005dc 0000000000000000"
	    "01 02 020000000001 0000000000000000"
	    "03 01 40c0 00000000 19 02 0000 00000000 0000000000000000"), 0);
	ck_assert_uint_eq(ra.mtu, 0);
	ck_assert(!ra.has_lladdr);
	ck_assert_uint_eq(ra.n_prefixes, 0);
	ck_assert_uint_eq(ra.n_rdnss, 0);
}
END_TEST

START_TEST(too_many_to_keep)
{
	uint8_t buf[16 + 5 * 32 + 8 + 16 * 16] = { 134 };
	struct icmp6_ra ra;
	size_t n = 16;

	for (unsigned i = 0; i < 5; i++, n += 32) {
		buf[n] = 3;
		buf[n + 1] = 4;
		buf[n + 2] = (uint8_t)(60 + i);
	}
	buf[n] = 25;
	buf[n + 1] = 33;
	ck_assert_int_eq(icmp6_ra_decode(&ra, buf, sizeof(buf)), 0);
	ck_assert_uint_eq(ra.n_prefixes, ICMP6_RA_MAX_PREFIXES);
	ck_assert_uint_eq(ra.prefix[1].len, 61);
	ck_assert_uint_eq(ra.n_rdnss, ICMP6_RA_MAX_RDNSS);
}
END_TEST

START_TEST(solicitations)
{
	static const struct {
		const char	*hex;
		uint8_t		 hop_limit;
		const char	*src;
		bool		 valid;
	} cases[] = {
		{ "85 00 0000 00000000", 255, "fe80::1", true },
		{ "85 00 0000 00000000", 255, "::", true },
		{ "85 00 0000 ffffffff", 255, "fe80::1", true },
		{ "85 00 0000 00000000", 254, "fe80::1", false },
		{ "85 01 0000 00000000", 255, "fe80::1", false },
		{ "86 00 0000 00000000", 255, "fe80::1", false },
		{ "85 00 0000 000000", 255, "fe80::1", false },
		{ "", 255, "fe80::1", false },
		{ "85 00 0000 00000000 01 01 020000000001", 255, "fe80::1",
		    true },
		/* No link-layer address without an address */
		{ "85 00 0000 00000000 01 01 020000000001", 255, "::",
		    false },
		{ "85 00 0000 00000000 fd 01 020000000001", 255, "::",
		    true },
		{ "85 00 0000 00000000 01 00 020000000001", 255, "fe80::1",
		    false },
		{ "85 00 0000 00000000 01 02 020000000001", 255, "fe80::1",
		    false },
		{ "85 00 0000 00000000 01", 255, "fe80::1", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct in6_addr src = ip6(cases[i].src);
		uint8_t buf[64], *msg;
		size_t len = hex_bytes(cases[i].hex, buf, sizeof(buf));

		msg = exact_copy(buf, len);
		ck_assert_msg(icmp6_rs_valid(msg, len, cases[i].hop_limit,
		    &src) == cases[i].valid, "case %zu", i);
		free(msg);
	}
}
END_TEST

TEST_MAIN("icmp6", encodes_every_size, encodes_the_least, masks_prefixes,
    refuses_nonsense, decodes, decodes_cut, odd_options, too_many_to_keep,
    solicitations)

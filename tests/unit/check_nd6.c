/* SPDX-License-Identifier: BSD-2-Clause */
/* common/nd6: Neighbor Solicitations and Advertisements byte by byte (the
 * checksums by python3), and what RFC 4861 7.1 says to discard. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "common/nd6.h"
#include "test.h"
#include "vectors.h"

#define TARGET	"20010db8030000000000000012345678"

static const char ns_hex[] =
	"60000000 0018 3a ff 00000000000000000000000000000000"
	"ff0200000000000000000001ff345678"
	"87 00 8a96 00000000" TARGET;
static const char na_hex[] =
	"60000000 0020 3a ff fe800000000000000000000000000001"
	"ff020000000000000000000000000001"
	"88 00 bcb7 20000000" TARGET "02 01 020000000001";

static struct in6_addr
ip6(const char *s)
{
	struct in6_addr a;

	ck_assert_int_eq(inet_pton(AF_INET6, s, &a), 1);
	return a;
}

static struct nd6
probe(void)
{
	struct in6_addr target = ip6("2001:db8:300::1234:5678");

	return (struct nd6){ .target = target, .dst = nd6_group(&target) };
}

static struct nd6
answer(void)
{
	return (struct nd6){ .advert = true, .override = true,
		.has_lladdr = true, .lladdr = { 2, 0, 0, 0, 0, 1 },
		.src = ip6("fe80::1"), .dst = ip6("ff02::1"),
		.target = ip6("2001:db8:300::1234:5678") };
}

START_TEST(encodes)
{
	struct nd6 ns = probe(), na = answer();
	uint8_t want[128], *buf;
	size_t len, cap;

	len = hex_bytes(ns_hex, want, sizeof(want));
	for (cap = 0; cap <= len; cap++) {
		buf = exact_copy(want, cap);
		memset(buf, 0xee, cap);
		ck_assert_int_eq(nd6_encode(&ns, buf, cap),
		    cap < len ? -EMSGSIZE : (int)len);
		if (cap == len)
			ck_assert_mem_eq(buf, want, len);
		free(buf);
	}
	len = hex_bytes(na_hex, want, sizeof(want));
	ck_assert_uint_eq(len, ND6_PACKET_MAX);
	buf = exact_copy(want, len);
	memset(buf, 0xee, len);
	ck_assert_int_eq(nd6_encode(&na, buf, len), (int)len);
	ck_assert_mem_eq(buf, want, len);
	free(buf);
}
END_TEST

START_TEST(decodes)
{
	struct nd6 ns = probe(), na = answer(), m;
	uint8_t buf[128], *p;
	size_t len = hex_bytes(ns_hex, buf, sizeof(buf));

	ck_assert_int_eq(nd6_decode(&m, buf, len), 0);
	ck_assert_mem_eq(&m, &ns, sizeof(m));
	/* an Ethernet frame's padding */
	ck_assert_int_eq(nd6_decode(&m, buf, len + 8), 0);
	ck_assert_mem_eq(&m, &ns, sizeof(m));
	for (size_t n = 0; n < len; n++) {
		p = exact_copy(buf, n);
		ck_assert_int_ne(nd6_decode(&m, p, n), 0);
		free(p);
	}
	len = hex_bytes(na_hex, buf, sizeof(buf));
	ck_assert_int_eq(nd6_decode(&m, buf, len), 0);
	ck_assert_mem_eq(&m, &na, sizeof(m));
}
END_TEST

/* Any one bit wrong: discarded, or no neighbour discovery at all; the fields
 * that no checksum covers excepted. */
START_TEST(one_bit_wrong)
{
	uint8_t buf[128];
	size_t len = hex_bytes(na_hex, buf, sizeof(buf));
	struct nd6 m;

	for (size_t bit = 4; bit < len * 8; bit++) {
		if (bit < 32)		/* traffic class, flow label */
			continue;
		buf[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		ck_assert_msg(nd6_decode(&m, buf, len) != 0, "bit %zu", bit);
		buf[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
	}
}
END_TEST

/* Changes a valid one, and mends its checksum. */
static int
decode_changed(const struct nd6 *m, size_t off, uint8_t value)
{
	uint8_t buf[ND6_PACKET_MAX];
	int len = nd6_encode(m, buf, sizeof(buf)), sum;
	struct nd6 out;

	ck_assert_int_gt(len, 0);
	sum = buf[42] << 8 | buf[43];
	sum += off & 1 ? buf[off] - value : (buf[off] - value) * 256;
	sum = sum < 0 ? sum + 0xffff : sum > 0xffff ? sum - 0xffff : sum;
	buf[off] = value;
	if (off != 7) {
		buf[42] = (uint8_t)(sum >> 8);
		buf[43] = (uint8_t)sum;
	}
	return nd6_decode(&out, buf, (size_t)len);
}

START_TEST(to_be_discarded)
{
	struct nd6 ns = probe(), na = answer(), m;

	ck_assert_int_eq(decode_changed(&na, 44, 0x00), 0);
	ck_assert_int_eq(decode_changed(&na, 7, 254), -EBADMSG);
	ck_assert_int_eq(decode_changed(&na, 41, 1), -EBADMSG);
	ck_assert_int_eq(decode_changed(&na, 40, 133), -ENOMSG);
	/* solicited, to a group */
	ck_assert_int_eq(decode_changed(&na, 44, 0x60), -EBADMSG);
	/* a group as the target */
	ck_assert_int_eq(decode_changed(&na, 48, 0xff), -EBADMSG);
	ck_assert_int_eq(decode_changed(&ns, 48, 0xff), -EBADMSG);
	/* options of no length, of too much */
	ck_assert_int_eq(decode_changed(&na, 65, 0), -EBADMSG);
	ck_assert_int_eq(decode_changed(&na, 65, 2), -EBADMSG);
	/* one that we do not know */
	ck_assert_int_eq(decode_changed(&na, 64, 14), 0);

	m = ns;
	m.dst = ip6("ff02::1");
	ck_assert_int_eq(decode_changed(&m, 44, 0), -EBADMSG);
	m = ns;
	m.has_lladdr = true;
	ck_assert_int_eq(decode_changed(&m, 44, 0), -EBADMSG);
	m.src = ip6("2001:db8::1");
	ck_assert_int_eq(decode_changed(&m, 44, 0), 0);
	m.src = ip6("ff02::1");
	ck_assert_int_eq(decode_changed(&m, 44, 0), -EBADMSG);
}
END_TEST

START_TEST(group)
{
	struct in6_addr a = ip6("2001:db8::ab:cdef"), g = nd6_group(&a),
	    want = ip6("ff02::1:ffab:cdef");

	ck_assert_mem_eq(&g, &want, sizeof(g));
}
END_TEST

/* Whole packets of other messages. */
START_TEST(packets)
{
	const struct in6_addr src = ip6("fe80::1"), dst = ip6("ff02::2");
	uint8_t buf[64] = { [40] = 133 };
	struct nd6_packet p;
	unsigned i;

	ck_assert_uint_eq(nd6_close(buf, 8, &src, &dst), 48);
	ck_assert_mem_eq(buf, "\x60\0\0\0\0\10\x3a\xff", 8);
	ck_assert_int_eq(nd6_open(&p, buf, sizeof(buf)), 0);
	ck_assert_uint_eq(p.type, 133);
	ck_assert_uint_eq(p.hop_limit, 255);
	ck_assert_uint_eq(p.len, 8);
	ck_assert_ptr_eq(p.icmp, buf + 40);
	ck_assert_mem_eq(&p.src, &src, 16);
	ck_assert_mem_eq(&p.dst, &dst, 16);
	buf[7] = 1;			/* for the caller to see */
	ck_assert_int_eq(nd6_open(&p, buf, 48), 0);
	ck_assert_uint_eq(p.hop_limit, 1);
	for (i = 0; i < 48; i++) {
		uint8_t *cut = exact_copy(buf, i);

		ck_assert_int_ne(nd6_open(&p, cut, i), 0);
		free(cut);
	}
	buf[47] ^= 1;
	ck_assert_int_eq(nd6_open(&p, buf, 48), -EBADMSG);
	buf[6] = 17;
	ck_assert_int_eq(nd6_open(&p, buf, 48), -ENOMSG);
}
END_TEST

TEST_MAIN("nd6", encodes, decodes, one_bit_wrong, to_be_discarded, group,
    packets)

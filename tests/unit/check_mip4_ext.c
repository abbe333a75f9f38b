/* SPDX-License-Identifier: BSD-2-Clause */
/* common/mip4_ext: framing, unknown types, wrong lengths and duplicates, each
 * from bytes written by hand; type numbers; NAIs. */
#include <string.h>

#include "common/mip4.h"
#include "common/mip4_auth.h"
#include "common/wire.h"
#include "test.h"
#include "vectors.h"

#define FIXED	24	/* bytes before the extensions of a request */

static const struct mip4_ext_types types = MIP4_EXT_TYPES_DEFAULT;

/* Parses a request with these extensions; m borrows from a static buffer. */
static enum mip4_parsed
parse(struct mip4_msg *m, const char *hex)
{
	static uint8_t buf[2048];
	uint8_t *msg;
	enum mip4_parsed res;
	size_t len;

	memset(buf, 0, FIXED);
	buf[0] = MIP4_RRQ;
	len = FIXED + hex_bytes(hex, buf + FIXED, sizeof(buf) - FIXED);
	/* Once for the sanitizer, once for the caller to look at. */
	msg = exact_copy(buf, len);
	res = mip4_parse(m, msg, len, &types);
	free(msg);
	ck_assert_int_eq(mip4_parse(m, buf, len, &types), res);
	return res;
}

#define IID8	"0211223344556677"
#define ADDR16	"20010db8000100020211223344556677"

START_TEST(padding)
{
	struct mip4_msg m;

	ck_assert_int_eq(parse(&m, "00 00 00 830161 00"), MIP4_OK);
	ck_assert_uint_eq(m.ext.off_nai, FIXED + 3);
	ck_assert_uint_eq(m.ext.parsed, FIXED + 7);
	ck_assert_int_eq(parse(&m, ""), MIP4_OK);
	ck_assert_uint_eq(m.ext.parsed, FIXED);
}
END_TEST

/* Each type with Length 0 in its own form. What we do not understand is
 * fatal below 128 and skipped from there on. */
START_TEST(every_type)
{
	static const uint8_t understood[] = { 32, 33, 34, 37, 38, 47, 48,
	    120, 121, 130, 131, 132, 134, 137, 139, 145, 147, 151, 220, 221 };
	char hex[16];

	for (unsigned t = 1; t < 256; t++) {
		struct mip4_msg m;
		enum mip4_parsed res;

		/* 47: sub-type 1; another one is another extension */
		snprintf(hex, sizeof(hex), "%02x %s", t,
		    t == 47 ? "010000" : t == 37 || t == 38 || t == 48 ||
		    t == 139 ? "000000" : "00");
		res = parse(&m, hex);
		if (memchr(understood, (int)t, sizeof(understood)) != NULL) {
			ck_assert_msg(res == MIP4_OK, "%u", t);
			ck_assert_uint_eq(m.ext.n_skipped, 0);
			ck_assert_uint_eq(m.ext.first_unknown, 0);
		} else if (t < 128) {
			ck_assert_msg(res == MIP4_UNKNOWN_EXT, "%u", t);
			ck_assert_uint_eq(m.ext.first_unknown, t);
			ck_assert_uint_eq(m.ext.parsed, FIXED);
		} else {
			ck_assert_msg(res == MIP4_OK, "%u", t);
			ck_assert_uint_eq(m.ext.n_skipped, 1);
			ck_assert_uint_eq(m.ext.first_unknown, t);
		}
	}
}
END_TEST

START_TEST(skipping_keeps_step)
{
	struct mip4_msg m;

	/* Unknown, Length 3; again, Length 0; vendor's; then a NAI. */
	ck_assert_int_eq(parse(&m,
	    "fa 03 78ffff fb 00 86 08 0000 00000bd7 0001 83 01 61"), MIP4_OK);
	ck_assert_uint_eq(m.ext.n_skipped, 2);
	ck_assert_uint_eq(m.ext.first_unknown, 0xfa);
	ck_assert_uint_eq(m.ext.n_nai, 1);
	ck_assert_uint_eq(m.ext.nai[0], 'a');
	/* A fatal one is named, though a skipped one came first. */
	ck_assert_int_eq(parse(&m, "fa 00 64 00"), MIP4_UNKNOWN_EXT);
	ck_assert_uint_eq(m.ext.first_unknown, 0x64);
	ck_assert_uint_eq(m.ext.parsed, FIXED + 2);
}
END_TEST

/* 139 has a high number and the long form: its Sub-Type, here 0x20, is no
 * Length [RFC 4433]. */
START_TEST(long_forms)
{
	static const uint8_t long_types[] =
	    { 36, 37, 38, 40, 41, 42, 43, 47, 48, 50, 127, 139 };
	struct mip4_msg m;

	ck_assert_int_eq(parse(&m, "8b 20 0004 c6336401 83 01 61"), MIP4_OK);
	ck_assert_uint_eq(m.ext.n_nai, 1);
	ck_assert_uint_eq(m.ext.n_skipped, 0);
	ck_assert_int_eq(parse(&m, "8b 01 0005 c6336401"), MIP4_MALFORMED);
	ck_assert_int_eq(parse(&m, "8b 01 00"), MIP4_MALFORMED);
	/* 127 is long, but nothing that we understand [D45]. */
	ck_assert_int_eq(parse(&m, "7f 01 0000"), MIP4_UNKNOWN_EXT);
	for (unsigned t = 0; t < 256; t++)
		ck_assert(mip4_ext_is_long((uint8_t)t) ==
		    (memchr(long_types, (int)t, sizeof(long_types)) != NULL));
}
END_TEST

/* 139 sub-type 2; other sub-types and lengths are passed over. */
START_TEST(redirection)
{
	uint8_t buf[8];
	struct mip4_msg m;
	struct wire_w w;

	ck_assert_int_eq(parse(&m, "8b 02 0004 c6336405 83 01 61"), MIP4_OK);
	ck_assert_uint_eq(m.ext.off_redirect, FIXED);
	ck_assert_uint_eq(ntohl(m.ext.redirect.s_addr), 0xc6336405);
	ck_assert_int_eq(parse(&m, "8b 01 0004 c6336405"), MIP4_OK);
	ck_assert_uint_eq(m.ext.off_redirect, 0);
	ck_assert_int_eq(parse(&m, "8b 02 0005 c633640500"), MIP4_OK);
	ck_assert_uint_eq(m.ext.off_redirect, 0);
	ck_assert_int_eq(parse(&m, "8b 02 0004 c6336405 8b 02 0004 c6336406"),
	    MIP4_OK);
	ck_assert_uint_eq(ntohl(m.ext.redirect.s_addr), 0xc6336405);
	wire_w_init(&w, buf, sizeof(buf));
	mip4_put_redirect(&w, m.ext.redirect);
	ck_assert(!w.err && w.len == sizeof(buf));
	ck_assert_mem_eq(buf, "\x8b\2\0\4\xc6\x33\x64\5", 8);
}
END_TEST

START_TEST(long_length)
{
	char hex[2 * 600];
	struct mip4_msg m;

	/* Length 0x012c: 300 bytes, more than a byte can say. */
	strcpy(hex, "26 00 012c 00000bd7 0001");
	for (int i = 0; i < 294; i++)
		strcat(hex, "83");
	strcat(hex, " 83 01 61");
	ck_assert_int_eq(parse(&m, hex), MIP4_OK);
	ck_assert_uint_eq(m.ext.off_cvse, FIXED);
	ck_assert_uint_eq(m.ext.cvse_vendor, 0xbd7);
	ck_assert_uint_eq(m.ext.off_nai, FIXED + 304);
}
END_TEST

START_TEST(runs_past_the_end)
{
	static const char *const cases[] = {
		"83", "83 01", "83 ff 61", "22", "22 14 00000100 aa",
		("78 0a 00 " IID8),
		"dd 11 80 2001", "89 06 0000 0000", "30 00 0005 00001234",
		"30 00", "2f 01 0002 01", "fa 01", "79 12 8000", "79 14 8000",
	};
	struct mip4_msg m;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_msg(parse(&m, cases[i]) == MIP4_MALFORMED, "%s",
		    cases[i]);
		ck_assert_uint_eq(m.ext.parsed, FIXED);
	}
}
END_TEST

/* What was good before the overrun stays to be answered by [D41]. */
START_TEST(garbage_behind_authenticator)
{
	struct mip4_msg m;
	uint32_t spi;

	ck_assert_int_eq(parse(&m,
	    "83 01 61 22 14 00000100 000102030405060708090a0b0c0d0e0f fa 09"),
	    MIP4_MALFORMED);
	ck_assert_uint_eq(m.ext.parsed, FIXED + 3 + 22);
	ck_assert_uint_eq(m.ext.n_auth, 1);
	ck_assert(mip4_auth_spi(&m.ext, 34, &spi));
	ck_assert_uint_eq(spi, 256);
}
END_TEST

START_TEST(nai_lengths)
{
	char hex[2 * 300];
	struct mip4_msg m;

	ck_assert_int_eq(parse(&m, "83 00"), MIP4_OK);
	ck_assert_uint_eq(m.ext.n_nai, 1);
	ck_assert_uint_eq(m.ext.off_nai, FIXED);
	ck_assert_uint_eq(m.ext.nai_len, 0);
	for (unsigned len = 252; len < 256; len++) {
		sprintf(hex, "83 %02x", len);
		for (unsigned i = 0; i < len; i++)
			strcat(hex, "61");
		ck_assert_int_eq(parse(&m, hex), MIP4_OK);
		ck_assert_uint_eq(m.ext.n_nai, 1);
		ck_assert_uint_eq(m.ext.nai_len, len <= 253 ? len : 0);
	}
	/* Two: the first is reported, and that there were two. */
	ck_assert_int_eq(parse(&m, "83 01 61 83 02 6262"), MIP4_OK);
	ck_assert_uint_eq(m.ext.n_nai, 2);
	ck_assert_uint_eq(m.ext.nai_len, 1);
	ck_assert_uint_eq(m.ext.off_nai, FIXED);
}
END_TEST

/* draft-navali 4.1: Length 9 or 1, Sub-Type 0 [D18]. */
START_TEST(hoa_request_lengths)
{
	char hex[2 * 300];
	struct mip4_msg m;

	for (unsigned type = 120; type <= 220; type += 100) {
		for (unsigned len = 0; len < 256; len++) {
			bool good = len == 1 || len == 9;

			sprintf(hex, "%02x %02x", type, len);
			for (unsigned i = 0; i < len; i++)
				strcat(hex, i == 0 ? "00" : "55");
			ck_assert_int_eq(parse(&m, hex), MIP4_OK);
			ck_assert(m.ext.bad_ext == !good);
			ck_assert_uint_eq(m.ext.n_hoa_req, 1);
			ck_assert_uint_eq(m.ext.off_hoa_req,
			    good ? FIXED : 0);
			ck_assert(m.ext.hoa_req_skip == (type == 220));
			ck_assert(m.ext.hoa_req_empty == (len == 1));
			ck_assert(iid_is_zero(m.ext.hoa_req_iid) ==
			    (len != 9));
		}
	}
	ck_assert_int_eq(parse(&m, "78 09 01 " IID8), MIP4_OK);
	ck_assert(m.ext.bad_ext);
	ck_assert_int_eq(parse(&m, "78 01 01"), MIP4_OK);
	ck_assert(m.ext.bad_ext);
}
END_TEST

START_TEST(hoa_request_twice)
{
	struct mip4_msg m;

	ck_assert_int_eq(parse(&m, "78 09 00 " IID8 " dc 01 00"), MIP4_OK);
	ck_assert_uint_eq(m.ext.n_hoa_req, 2);
	ck_assert(!m.ext.hoa_req_skip);
	ck_assert(!m.ext.hoa_req_empty);
	ck_assert_int_eq(parse(&m, "dc 01 00 78 09 00 " IID8), MIP4_OK);
	ck_assert_uint_eq(m.ext.n_hoa_req, 2);
	ck_assert(m.ext.hoa_req_skip);
	ck_assert(iid_is_zero(m.ext.hoa_req_iid));
}
END_TEST

/* draft-navali 4.2: Length 17 or 1, U and seven bits to ignore. */
START_TEST(hoa_lengths)
{
	char hex[2 * 300];
	struct mip4_msg m;

	for (unsigned len = 0; len < 256; len++) {
		bool good = len == 1 || len == 17;

		sprintf(hex, "dd %02x", len);
		for (unsigned i = 0; i < len; i++)
			strcat(hex, i == 0 ? "ff" : "20");
		ck_assert_int_eq(parse(&m, hex), MIP4_OK);
		ck_assert(m.ext.bad_ext == !good);
		ck_assert_uint_eq(m.ext.n_hoa, 1);
		ck_assert_uint_eq(m.ext.off_hoa, good ? FIXED : 0);
		ck_assert(m.ext.hoa_empty == (len == 1));
		ck_assert(IN6_IS_ADDR_UNSPECIFIED(&m.ext.hoa) ==
		    (len != 17));
	}
	ck_assert_int_eq(parse(&m, "dd 11 7f " ADDR16), MIP4_OK);
	ck_assert(!m.ext.hoa_unique);
	ck_assert_int_eq(parse(&m, "dd 11 ff " ADDR16 " dd 01 00"), MIP4_OK);
	ck_assert(m.ext.hoa_unique);
	ck_assert(!m.ext.hoa_empty);
	ck_assert_uint_eq(m.ext.n_hoa, 2);
}
END_TEST

/* draft-engelstad 5: Length 18; 20 means the same 20 bytes [E-D1]. */
START_TEST(ipv6_address_lengths)
{
	struct mip4_msg m;

	for (unsigned len = 0; len < 64; len++) {
		char hex[2 * 80];

		sprintf(hex, "79 %02x", len);
		for (unsigned i = 0; i < (len == 20 ? 18 : len); i++)
			strcat(hex, i == 0 ? "80" : "20");
		strcat(hex, "83 01 61");
		ck_assert_int_eq(parse(&m, hex), MIP4_OK);
		ck_assert(m.ext.bad_ext == (len != 18 && len != 20));
		ck_assert_uint_eq(m.ext.off_ipv6_address,
		    len == 18 || len == 20 ? FIXED : 0);
		ck_assert_uint_eq(m.ext.n_nai, 1);
	}
	/* Two bytes more after Length 20 are the next extension's. */
	ck_assert_int_eq(parse(&m,
	    "79 14 8000 20010db800ff00000000000000000005 fa05"),
	    MIP4_MALFORMED);
	/* Binding Type is as it stands [E-D2]. */
	ck_assert_int_eq(parse(&m,
	    "79 12 01ff 20010db800ff00000000000000000005"), MIP4_OK);
	ck_assert_uint_eq(m.ext.ipv6_binding_type, 1);
	ck_assert_uint_eq(m.ext.ipv6_address.s6_addr[15], 5);
}
END_TEST

START_TEST(revocation_support)
{
	struct mip4_msg m;

	ck_assert_int_eq(parse(&m, "89 06 8000 e5a1b2c3"), MIP4_OK);
	ck_assert(m.ext.rev_i);
	ck_assert_uint_eq(m.ext.rev_timestamp, 0xe5a1b2c3);
	ck_assert_int_eq(parse(&m, "89 06 7fff e5a1b2c3"), MIP4_OK);
	ck_assert(!m.ext.rev_i);
	/* It may grow [RFC 3543 3.2] but not shrink. */
	ck_assert_int_eq(parse(&m, "89 09 8000 e5a1b2c3 112233"), MIP4_OK);
	ck_assert_uint_eq(m.ext.rev_timestamp, 0xe5a1b2c3);
	ck_assert(!m.ext.bad_ext);
	ck_assert_int_eq(parse(&m, "89 05 8000 e5a1b2"), MIP4_OK);
	ck_assert(m.ext.bad_ext);
	ck_assert_uint_eq(m.ext.off_rev, 0);
}
END_TEST

START_TEST(gre_pmip_cvse)
{
	struct mip4_msg m;

	ck_assert_int_eq(parse(&m, "30 00 0004 00001234"), MIP4_OK);
	ck_assert_uint_eq(m.ext.gre_key, 0x1234);
	ck_assert_uint_eq(m.ext.n_gre, 1);
	/* The first of two is told. */
	ck_assert_int_eq(parse(&m, "30 00 0004 00001234 30 00 0004 00000001"),
	    MIP4_OK);
	ck_assert_uint_eq(m.ext.gre_key, 0x1234);
	ck_assert_uint_eq(m.ext.n_gre, 2);
	ck_assert_int_eq(parse(&m, "30 00 0003 001234"), MIP4_OK);
	ck_assert(m.ext.bad_ext);
	ck_assert_uint_eq(m.ext.off_gre, 0);
	ck_assert_int_eq(parse(&m, "2f 01 0001 02"), MIP4_OK);
	ck_assert_uint_eq(m.ext.pmip_auth_method, 2);
	ck_assert_int_eq(parse(&m, "2f 01 0002 0200"), MIP4_OK);
	ck_assert(m.ext.bad_ext);
	/* Another sub-type is another extension, and not skippable. */
	ck_assert_int_eq(parse(&m, "2f 02 0001 02"), MIP4_UNKNOWN_EXT);
	ck_assert_uint_eq(m.ext.first_unknown, 47);
	ck_assert_int_eq(parse(&m, "30 01 0004 00001234"), MIP4_UNKNOWN_EXT);
	ck_assert_uint_eq(m.ext.first_unknown, 48);
	ck_assert_uint_eq(m.ext.n_gre, 0);
	/* Both CVSEs; the first vendor is told. */
	ck_assert_int_eq(parse(&m, "25 00 0006 00000001 0000 "
	    "26 00 0006 00000bd7 0001"), MIP4_OK);
	ck_assert_uint_eq(m.ext.off_cvse, FIXED);
	ck_assert_uint_eq(m.ext.cvse_vendor, 1);
	ck_assert_int_eq(parse(&m, "26 00 0003 000000"), MIP4_OK);
	ck_assert(m.ext.bad_ext);
	/* Delivery style has Length 0 [RFC 3024 3.3]. */
	ck_assert_int_eq(parse(&m, "82 01 00"), MIP4_OK);
	ck_assert(m.ext.bad_ext);
	ck_assert_uint_eq(m.ext.off_encap_delivery, 0);
	ck_assert_int_eq(parse(&m, "830161 82 00"), MIP4_OK);
	ck_assert_uint_eq(m.ext.off_encap_delivery, FIXED + 3);
}
END_TEST

START_TEST(other_numbers)
{
	/* Numbers for experiments: 127 is then not RFC 4064's long form. */
	struct mip4_ext_types t = { .hoa_request = 127,
	    .hoa_request_skip = 200, .hoa = 255, .ipv6_address = 51 };
	uint8_t buf[64] = { MIP4_RRQ };
	struct mip4_msg m;
	size_t n;

	n = hex_bytes("7f 09 00 " IID8 " ff 01 00", buf + FIXED, 40);
	ck_assert_int_eq(mip4_parse(&m, buf, FIXED + n, &t), MIP4_OK);
	ck_assert_uint_eq(m.ext.off_hoa_req, FIXED);
	ck_assert_uint_eq(m.ext.off_hoa, FIXED + 11);
	n = hex_bytes("78 09 00 " IID8, buf + FIXED, 40);
	ck_assert_int_eq(mip4_parse(&m, buf, FIXED + n, &t),
	    MIP4_UNKNOWN_EXT);
	ck_assert_ptr_null(mip4_ext_types_check(&t));
	ck_assert_ptr_nonnull(mip4_ext_types_warning(&t));
}
END_TEST

START_TEST(numbers_checked)
{
	static const uint8_t taken[] = { 0, 32, 34, 36, 38, 40, 48, 50, 128,
	    131, 134, 137, 139, 142, 144, 145, 147, 154 };
	struct mip4_ext_types t = types;

	ck_assert_ptr_null(mip4_ext_types_check(&types));
	ck_assert_ptr_null(mip4_ext_types_warning(&types));
	for (size_t i = 0; i < sizeof(taken); i++) {
		t.hoa = taken[i];
		ck_assert_msg(mip4_ext_types_check(&t) != NULL, "%u",
		    taken[i]);
	}
	t = types;
	t.hoa = t.hoa_request;
	ck_assert_ptr_nonnull(mip4_ext_types_check(&t));
	t = types;
	t.hoa_request_skip = 119;
	ck_assert_ptr_nonnull(mip4_ext_types_check(&t));
	t = types;
	t.ipv6_address = 200;
	ck_assert_ptr_nonnull(mip4_ext_types_check(&t));
	t = types;
	t.hoa_request = 200;
	ck_assert_ptr_null(mip4_ext_types_check(&t));
	ck_assert_ptr_nonnull(mip4_ext_types_warning(&t));
}
END_TEST

/* RFC 5446 3: Length 1 to 255, at most one. */
START_TEST(service_lengths)
{
	uint8_t buf[600];
	char name[MIP4_SERVICE_MAX + 1];
	struct mip4_msg m;
	struct wire_w w;

	ck_assert_int_eq(parse(&m, "97 00"), MIP4_OK);
	ck_assert(m.ext.bad_ext);
	ck_assert_uint_eq(m.ext.off_service, 0);
	ck_assert_int_eq(parse(&m, "830161 97 03 766f69 97 01 78"), MIP4_OK);
	ck_assert(!m.ext.bad_ext);
	ck_assert_uint_eq(m.ext.off_service, FIXED + 3);
	ck_assert_uint_eq(m.ext.service_len, 3);
	ck_assert_mem_eq(m.ext.service, "voi", 3);
	ck_assert_int_eq(parse(&m, "97 04 766f69"), MIP4_MALFORMED);
	memset(name, 'a', sizeof(name));
	wire_w_init(&w, buf, sizeof(buf));
	mip4_put_service(&w, name, 0);
	ck_assert(w.err);
	wire_w_init(&w, buf, sizeof(buf));
	mip4_put_service(&w, name, sizeof(name));
	ck_assert(w.err);
	wire_w_init(&w, buf, sizeof(buf));
	mip4_put_service(&w, name, MIP4_SERVICE_MAX);
	ck_assert(!w.err);
	ck_assert_uint_eq(w.len, 2 + MIP4_SERVICE_MAX);
}
END_TEST

START_TEST(bad_nai_is_not_written)
{
	uint8_t buf[600];
	char nai[254];
	struct wire_w w;

	memset(nai, 'a', sizeof(nai));
	wire_w_init(&w, buf, sizeof(buf));
	mip4_put_nai(&w, nai, 0);
	ck_assert(w.err);
	wire_w_init(&w, buf, sizeof(buf));
	mip4_put_nai(&w, nai, 254);
	ck_assert(w.err);
	wire_w_init(&w, buf, sizeof(buf));
	mip4_put_nai(&w, nai, 253);
	ck_assert(!w.err);
	ck_assert_uint_eq(w.len, 255);
}
END_TEST

static bool
same(const char *a, const char *b)
{
	return nai_equal(a, strlen(a), b, strlen(b));
}

START_TEST(nais)
{
	char nai[] = "Al@ICE@Example.NET", plain[] = "ALICE";

	ck_assert(same("alice@example.net", "alice@EXAMPLE.net"));
	ck_assert(!same("alice@example.net", "Alice@example.net"));
	ck_assert(!same("alice@example.net", "alice@example.ne"));
	ck_assert(!same("alice@example.net", "alice@example.nft"));
	ck_assert(same("", ""));
	/* Without a realm it is all user. */
	ck_assert(!same("alice", "ALICE"));
	/* Only what follows the last @ is the realm. */
	ck_assert(!same("a@B@c", "a@b@c"));
	ck_assert(same("a@b@c", "a@b@C"));
	ck_assert(!same("a@bc", "a@b@"));
	nai_normalize(nai, strlen(nai));
	ck_assert_str_eq(nai, "Al@ICE@example.net");
	nai_normalize(plain, strlen(plain));
	ck_assert_str_eq(plain, "ALICE");
}
END_TEST

TEST_MAIN("mip4_ext", padding, every_type, skipping_keeps_step, long_forms,
    redirection, long_length, runs_past_the_end, garbage_behind_authenticator,
    nai_lengths, hoa_request_lengths, hoa_request_twice, hoa_lengths,
    ipv6_address_lengths, revocation_support, gre_pmip_cvse, other_numbers,
    numbers_checked, service_lengths, bad_nai_is_not_written, nais)

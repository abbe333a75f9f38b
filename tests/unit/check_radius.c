/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets and attribute lists, against the examples of RFC 2865 7 and against
 * bytes computed with another implementation of MD5 and HMAC. */
#include "config.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "radius/attrs.h"
#include "radius/packet.h"
#include "tests/unit/test.h"

static const struct radius_secret xyzzy = { 9, "xyzzy5461" };

/* Request Authenticators of RFC 2865 7.1, 7.2, 7.3. */
static const char vec_nemo[] = "0f403f9473978057bd83d5cb98f4227a";
static const char vec_flopsy[] = "2aee86f08d0d55969ca5978e0d3367a2";
static const char vec_mopsy[] = "f3a47a1f6a6d76710b947ab93041a039";

static const char accept_nemo[] =
    "0200002686fe220e7624ba2a1005f6bf9b55e0b2060600000001"
    "0f06000000000e06c0a80103";
static const char accept_flopsy[] =
    "0201003815efbc7dab26cfa3dc34d9c03c8601a4060600000002"
    "0706000000010806fffffffe0a06000000020d06000000010c06000005dc";
static const char challenge_mopsy[] =
    "0b02004e36f3c8764ae8c71157403c0c71ff9c451230"
    "4368616c6c656e67652033323736393433302e2020456e74657220"
    "726573706f6e73652061742070726f6d70742e180a3332373639343330";

/* Made by hashlib and hmac: Message-Authenticator first, the rest as 7.1. */
static const char request_ma[] =
    "0100004a0f403f9473978057bd83d5cb98f4227a"
    "50128f16b45f90d3494989a4f14f4421c61801066e656d6f"
    "02120dbe708d93d413ce3196e43f782a0aee0406c0a80110050600000003";
/* The same: Service-Type, home agent, Framed-Interface-Id, Class with NULs. */
static const char accept_ma[] =
    "0200004b4bb1f71480bca138e19771abdf89fb62"
    "50121d19b2f9db317c5e4e74e560bff228a6060600000002"
    "1a0c0000159f0706c63364016"
    "00a0011223344556677190900636c61737300";
static const char acct_start[] =
    "0407001e668817e5e91e08bc5300ff51df10fee52806000000012c047331";
static const char password20[] =
    "5cfd21cac68f429c67db855d1b4e6f88a5bc69f61713827bf27e710fcb3f96b4";

static struct radius_dict *dict;

static size_t
hex(const char *s, uint8_t *out)
{
	size_t n = strlen(s) / 2;
	unsigned b;

	ck_assert_uint_eq(strlen(s) % 2, 0);
	for (size_t i = 0; i < n; i++) {
		ck_assert_int_eq(sscanf(s + 2 * i, "%2x", &b), 1);
		out[i] = (uint8_t)b;
	}
	return n;
}

static void
ck_bytes(const void *got, size_t n, const char *want)
{
	uint8_t w[RADIUS_MAX];

	ck_assert_uint_eq(n, hex(want, w));
	ck_assert_mem_eq(got, w, n);
}

static enum radius_verdict
verify_hex(const char *reply, const char *vector,
    const struct radius_secret *s, enum radius_ma_policy policy)
{
	uint8_t pkt[RADIUS_MAX], vec[RADIUS_VECTOR];
	size_t n = hex(reply, pkt), used;

	hex(vector, vec);
	return radius_verify(pkt, n, vec, s, policy, &used);
}

static void
setup(void)
{
	dict = radius_dict_load(DICTIONARY);
	ck_assert_ptr_nonnull(dict);
}

static void
teardown(void)
{
	radius_dict_free(dict);
}

START_TEST(rfc2865_replies_verify)
{
	static const struct radius_secret wrong = { 9, "xyzzy5462" };

	ck_assert_int_eq(verify_hex(accept_nemo, vec_nemo, &xyzzy,
	    RADIUS_MA_IF_PRESENT), RADIUS_GOOD);
	ck_assert_int_eq(verify_hex(accept_flopsy, vec_flopsy, &xyzzy,
	    RADIUS_MA_IF_PRESENT), RADIUS_GOOD);
	ck_assert_int_eq(verify_hex(challenge_mopsy, vec_mopsy, &xyzzy,
	    RADIUS_MA_IF_PRESENT), RADIUS_GOOD);
	ck_assert_int_eq(verify_hex(accept_nemo, vec_nemo, &wrong,
	    RADIUS_MA_IF_PRESENT), RADIUS_BAD_VECTOR);
	ck_assert_int_eq(verify_hex(accept_nemo, vec_mopsy, &xyzzy,
	    RADIUS_MA_IF_PRESENT), RADIUS_BAD_VECTOR);
}
END_TEST

START_TEST(message_authenticator_policy)
{
	ck_assert_int_eq(verify_hex(accept_nemo, vec_nemo, &xyzzy,
	    RADIUS_MA_REQUIRED), RADIUS_NO_MA);
	ck_assert_int_eq(verify_hex(accept_ma, vec_nemo, &xyzzy,
	    RADIUS_MA_REQUIRED), RADIUS_GOOD);
	ck_assert_int_eq(verify_hex(accept_ma, vec_nemo, &xyzzy,
	    RADIUS_MA_IF_PRESENT), RADIUS_GOOD);
}
END_TEST

START_TEST(any_bit_spoils_a_reply)
{
	uint8_t pkt[RADIUS_MAX], vec[RADIUS_VECTOR];
	size_t n = hex(accept_ma, pkt), used;

	hex(vec_nemo, vec);
	for (size_t bit = 0; bit < n * 8; bit++) {
		pkt[bit / 8] ^= (uint8_t)(1u << bit % 8);
		ck_assert_int_ne(radius_verify(pkt, n, vec, &xyzzy,
		    RADIUS_MA_IF_PRESENT, &used), RADIUS_GOOD);
		pkt[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (size_t len = 0; len < n; len++)
		ck_assert_int_eq(radius_verify(pkt, len, vec, &xyzzy,
		    RADIUS_MA_IF_PRESENT, &used), RADIUS_MALFORMED);
}
END_TEST

/* A reply with a good Response Authenticator around a bad
 * Message-Authenticator: what a forger of CVE-2024-3596 would have. */
static size_t
sign_reply(uint8_t *pkt, size_t n, const uint8_t *vec)
{
	/* The Response Authenticator is the accounting's Request
	 * Authenticator with another start value: borrow the writer's. */
	uint8_t tmp[RADIUS_MAX];
	struct wire_w w;

	(void)vec;
	wire_w_init(&w, tmp, sizeof(tmp));
	radius_begin(&w, RADIUS_ACCT_REQUEST, pkt[1], NULL);
	wire_w_copy(&w, pkt + RADIUS_HDR, n - RADIUS_HDR);
	ck_assert_int_eq(radius_finish(&w, &xyzzy), (int)n);
	memcpy(pkt, tmp, n);
	return n;
}

START_TEST(bad_message_authenticator)
{
	/* Over a zero request vector, where both sums start alike. */
	static const uint8_t zero[RADIUS_VECTOR];
	uint8_t pkt[RADIUS_MAX];
	size_t n = hex(accept_ma, pkt), used;

	sign_reply(pkt, n, zero);
	ck_assert_int_eq(radius_verify(pkt, n, zero, &xyzzy,
	    RADIUS_MA_IGNORED, &used), RADIUS_GOOD);
	ck_assert_int_eq(radius_verify(pkt, n, zero, &xyzzy,
	    RADIUS_MA_IF_PRESENT, &used), RADIUS_BAD_MA);
}
END_TEST

START_TEST(padding_and_structure)
{
	uint8_t pkt[RADIUS_MAX] = { 0 }, vec[RADIUS_VECTOR];
	size_t n = hex(accept_nemo, pkt), used = 0;

	hex(vec_nemo, vec);
	ck_assert_int_eq(radius_verify(pkt, n + 7, vec, &xyzzy,
	    RADIUS_MA_IF_PRESENT, &used), RADIUS_GOOD);
	ck_assert_uint_eq(used, n);
	pkt[21] = 1;			/* an attribute shorter than itself */
	ck_assert_int_eq(radius_verify(pkt, n, vec, &xyzzy,
	    RADIUS_MA_IF_PRESENT, &used), RADIUS_MALFORMED);
	pkt[21] = 19;			/* one that ends behind the packet */
	ck_assert_int_eq(radius_verify(pkt, n, vec, &xyzzy,
	    RADIUS_MA_IF_PRESENT, &used), RADIUS_MALFORMED);
	/* two Message-Authenticators */
	memset(pkt + 20, 0, 36);
	pkt[3] = 56;
	pkt[20] = pkt[38] = 80;
	pkt[21] = pkt[39] = 18;
	ck_assert_int_eq(radius_verify(pkt, 56, vec, &xyzzy,
	    RADIUS_MA_IGNORED, &used), RADIUS_MALFORMED);
}
END_TEST

START_TEST(access_request_bytes)
{
	uint8_t buf[RADIUS_MAX], vec[RADIUS_VECTOR];
	struct radius_attrs as;
	struct wire_w w;

	hex(vec_nemo, vec);
	radius_attrs_init(&as, dict);
	radius_add_str(&as, PW_USER_NAME, "nemo");
	radius_add_data(&as, PW_USER_PASSWORD, 0, "arctangent", 10);
	radius_add_ip4(&as, PW_NAS_IP_ADDRESS, 0,
	    (struct in_addr){ htonl(0xc0a80110) });
	radius_add_u32(&as, PW_NAS_PORT, 3);
	wire_w_init(&w, buf, sizeof(buf));
	radius_begin(&w, RADIUS_ACCESS_REQUEST, 0, vec);
	radius_attrs_encode(&as, &w, &xyzzy);
	ck_bytes(buf, (size_t)radius_finish(&w, &xyzzy), request_ma);
	radius_attrs_free(&as);
}
END_TEST

START_TEST(accounting_request_bytes)
{
	uint8_t buf[RADIUS_MAX];
	struct radius_attrs as;
	struct wire_w w;

	radius_attrs_init(&as, dict);
	radius_add_u32(&as, PW_ACCT_STATUS_TYPE, 1);
	radius_add_str(&as, PW_ACCT_SESSION_ID, "s1");
	wire_w_init(&w, buf, sizeof(buf));
	radius_begin(&w, RADIUS_ACCT_REQUEST, 7, NULL);
	radius_attrs_encode(&as, &w, &xyzzy);
	ck_bytes(buf, (size_t)radius_finish(&w, &xyzzy), acct_start);
	radius_attrs_free(&as);
}
END_TEST

START_TEST(password_lengths)
{
	static const size_t len[] = { 0, 1, 16, 17, 128 };
	static const size_t room[] = { 16, 16, 16, 32, 128 };
	uint8_t buf[RADIUS_MAX], vec[RADIUS_VECTOR], pw[129] = { 0 };
	struct wire_w w;

	hex(vec_nemo, vec);
	wire_w_init(&w, buf, sizeof(buf));
	radius_begin(&w, RADIUS_ACCESS_REQUEST, 0, vec);
	radius_put_password(&w, &xyzzy, "0123456789abcdefghij", 20);
	ck_bytes(buf + 40, w.len - 40, password20);

	for (size_t i = 0; i < sizeof(len) / sizeof(len[0]); i++) {
		wire_w_init(&w, buf, sizeof(buf));
		radius_begin(&w, RADIUS_ACCESS_REQUEST, 0, vec);
		radius_put_password(&w, &xyzzy, pw, len[i]);
		ck_assert(!w.err);
		ck_assert_uint_eq(w.len, 38 + 2 + room[i]);
	}
	radius_put_password(&w, &xyzzy, pw, 129);
	ck_assert(w.err);
	ck_assert_int_lt(radius_finish(&w, &xyzzy), 0);
}
END_TEST

START_TEST(accept_attributes)
{
	static const uint8_t iid[] = { 0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66,
	    0x77 };
	uint8_t pkt[RADIUS_MAX];
	size_t n = hex(accept_ma, pkt), len;
	struct radius_attrs as;
	struct in_addr ha;
	uint32_t v;

	ck_assert_int_eq(radius_attrs_decode(&as, dict, pkt, n), 0);
	ck_assert(radius_get_u32(&as, PW_SERVICE_TYPE, &v));
	ck_assert_uint_eq(v, PW_FRAMED);
	ck_assert(radius_get_ip4(&as, RADIUS_3GPP2_HA, RADIUS_VENDOR_3GPP2,
	    &ha));
	ck_assert_uint_eq(ntohl(ha.s_addr), 0xc6336401);
	ck_assert_mem_eq(radius_value(radius_find(&as,
	    PW_FRAMED_INTERFACE_ID, 0), &len), iid, 8);
	ck_assert_uint_eq(len, 8);
	ck_assert_mem_eq(radius_value(radius_find(&as, PW_CLASS, 0), &len),
	    "\0class\0", 7);
	ck_assert_uint_eq(len, 7);
	ck_assert(!radius_get_u32(&as, PW_SESSION_TIMEOUT, &v));
	radius_attrs_free(&as);
}
END_TEST

/* Decodes attributes alone, behind a header nobody looks at. */
static void
decode(struct radius_attrs *as, const char *attrs)
{
	uint8_t pkt[RADIUS_MAX] = { 2 };
	size_t n = RADIUS_HDR + hex(attrs, pkt + RADIUS_HDR);

	ck_assert_int_eq(radius_attrs_decode(as, dict, pkt, n), 0);
}

START_TEST(odd_attributes)
{
	struct radius_attrs as;
	struct in_addr ha;
	uint32_t v;

	/* Session-Timeout of 3 bytes, unknown 250, then a good one. */
	decode(&as, "1b05000001" "fa0400ff" "1b0600000e10");
	ck_assert(radius_get_u32(&as, PW_SESSION_TIMEOUT, &v));
	ck_assert_uint_eq(v, 3600);
	ck_assert_ptr_null(as.list->next);
	radius_attrs_free(&as);

	/* Two in one Vendor-Specific; one that is cut; one without any; a
	 * vendor that 16 bits would take for 3GPP2. */
	decode(&as, "1a120000159f" "160600000001" "0706c6336402"
	    "1a0a0000159f" "0708c633" "1a060000159f" "1a030a"
	    "1a0c0001159f" "0706c6336403");
	ck_assert(radius_get_ip4(&as, RADIUS_3GPP2_HA, RADIUS_VENDOR_3GPP2,
	    &ha));
	ck_assert_uint_eq(ntohl(ha.s_addr), 0xc6336402);
	ck_assert_ptr_null(radius_find_next(radius_find(&as, RADIUS_3GPP2_HA,
	    RADIUS_VENDOR_3GPP2)));
	radius_attrs_free(&as);
}
END_TEST

START_TEST(ipv6_attributes)
{
	static const struct in6_addr a = { { { 0x20, 0x01, 0x0d, 0xb8, 1, 2,
	    3, 0xff, 9, 9, 9, 9, 9, 9, 9, 9 } } };
	struct radius_attrs as;
	uint8_t buf[RADIUS_MAX];
	struct wire_w w;
	char text[300];

	radius_attrs_init(&as, dict);
	radius_add_prefix6(&as, PW_FRAMED_IPV6_PREFIX, &a, 64);
	radius_add_prefix6(&as, PW_FRAMED_IPV6_PREFIX, &a, 60);
	radius_add_data(&as, PW_FRAMED_IPV6_ADDRESS, 0, &a, 16);
	ck_assert(!as.err);
	wire_w_init(&w, buf, sizeof(buf));
	radius_attrs_encode(&as, &w, &xyzzy);
	ck_bytes(buf, w.len, "610c004020010db8010203ff"
	    "610c003c20010db8010203f0"
	    "a81220010db8010203ff0909090909090909");
	ck_assert(radius_attr_text(dict, as.last, text, sizeof(text)));
	ck_assert_str_eq(text,
	    "Framed-IPv6-Address = 2001:db8:102:3ff:909:909:909:909");
	radius_attrs_free(&as);
}
END_TEST

/* What says most may be the last one: behind as many as fit, of one byte or of
 * none. */
START_TEST(last_of_many)
{
	uint8_t pkt[RADIUS_MAX];
	struct radius_attrs as;
	size_t n;

	for (uint8_t len = 2; len < 4; len++) {
		memset(pkt, 0, sizeof(pkt));
		for (n = RADIUS_HDR; n + 9 < sizeof(pkt); n += len) {
			pkt[n] = 25;
			pkt[n + 1] = len;
		}
		memcpy(pkt + n, "\x1b\x06\0\0\0\x05", 6);
		ck_assert_int_eq(radius_attrs_decode(&as, dict, pkt, n + 6), 0);
		ck_assert_ptr_nonnull(radius_find(&as, 27, 0));
		radius_attrs_free(&as);
	}
}
END_TEST

/* libradcli 1.2 reads beyond a date when it makes text of it. */
START_TEST(date_as_text)
{
	struct radius_attrs as;
	char text[64];

	decode(&as, "3706" "ffffffff");
	ck_assert(radius_attr_text(dict, as.list, text, sizeof(text)));
	ck_assert_str_eq(text, "Event-Timestamp = 4294967295");
	radius_attrs_free(&as);
}
END_TEST

START_TEST(errors_stick)
{
	struct radius_attrs as;
	uint8_t buf[RADIUS_MAX], big[254] = { 0 };
	char text[64], dir[64];
	struct wire_w w;

	radius_attrs_init(&as, dict);
	radius_add_data(&as, PW_CLASS, 0, big, sizeof(big));
	ck_assert(as.err);
	wire_w_init(&w, buf, sizeof(buf));
	radius_attrs_encode(&as, &w, &xyzzy);
	ck_assert(w.err);
	radius_attrs_free(&as);
	ck_assert(!as.err);
	radius_add_u32(&as, 251, 1);
	ck_assert(as.err);
	radius_attrs_free(&as);
	radius_add_data(&as, PW_USER_PASSWORD, 0, "hidden", 6);
	ck_assert(!radius_attr_text(dict, as.list, text, sizeof(text)));
	radius_attrs_free(&as);
	ck_assert_ptr_null(radius_dict_load("/nonexistent/dictionary"));
	ck_assert_ptr_null(radius_dict_load("/dev/null"));
	ck_assert_ptr_null(radius_dict_load("/dev/zero"));
	/* One that nobody writes to: not waited for. */
	test_dir_enter(dir);
	ck_assert_int_eq(mkfifo("fifo", 0600), 0);
	ck_assert_ptr_null(radius_dict_load("fifo"));
	test_dir_leave(dir);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("radius");
	TCase *t = tcase_create("packets");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, rfc2865_replies_verify);
	tcase_add_test(t, message_authenticator_policy);
	tcase_add_test(t, any_bit_spoils_a_reply);
	tcase_add_test(t, bad_message_authenticator);
	tcase_add_test(t, padding_and_structure);
	tcase_add_test(t, access_request_bytes);
	tcase_add_test(t, accounting_request_bytes);
	tcase_add_test(t, password_lengths);
	tcase_add_test(t, accept_attributes);
	tcase_add_test(t, odd_attributes);
	tcase_add_test(t, ipv6_attributes);
	tcase_add_test(t, last_of_many);
	tcase_add_test(t, date_as_text);
	tcase_add_test(t, errors_stick);
	suite_add_tcase(s, t);
	return test_run(s);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* What a session is to the state file: all of it comes back, garbage does
 * not. */
#include "config.h"

#include <errno.h>

#include "nasd/mip_client.h"
#include "nasd/session_fsm.h"
#include "nasd/session_rec.h"
#include "tests/unit/test.h"

static struct session_rec
example(void)
{
	struct session_rec r = {
		.nr = 7, .id = "0123456700000007", .phase = REC_UP,
		.saved_at = 99, .pid = 4711, .ifname = "ppp0",
		.device = "acc0", .calling = "02-00-00-00-00-01",
		.pppoe_sid = 0x1234, .has_mac = true,
		.access = 1,
		.mac = { 2, 0, 0, 0, 0, 1 }, .user = "alice",
		.accounting = true, .came_up = true, .up_since = 5,
		.rx_bytes = UINT64_MAX, .tx_packets = 1,
		.nai = "alice@example.net", .lifetime = 1800,
		.has_reg = true, .reg_bound = true, .expires = INT64_MAX,
		.gre = { 0x01020304, 0xa0b0c0d0 },
		.agent_gre = MIP_AGENT_GRE_NO,
		.moved = true, .node = true, .coa = { 0x640200c0 },
		.clock_offset = -3, .last_id = UINT64_C(1) << 63,
	};

	r.n_class = 2;
	r.grant.ip4.s_addr = htonl(0x0a000007);
	r.grant.dns[1].s_addr = htonl(0x0a000035);
	r.class[0].len = 253;
	memset(r.class[0].data, 'c', 253);
	r.class[1].len = 0;
	r.grant.has_mn_ha = true;
	r.grant.mn_ha.spi = 300;
	r.grant.mn_ha.alg = MIP4_ALG_HMAC_SHA256;
	r.grant.mn_ha.key_len = 3;
	memcpy(r.grant.mn_ha.key, "key", 3);
	r.circuit_id.len = 2;
	r.circuit_id.b[0] = 0;
	r.circuit_id.b[1] = 9;
	return (r);
}

/* Structs have holes: compare what they are written as. */
static bool
same(const struct session_rec *a, const struct session_rec *b)
{
	uint8_t x[REC_MAX], y[REC_MAX];
	int n = session_rec_encode(a, x, sizeof(x));

	return (n > 0 && session_rec_encode(b, y, sizeof(y)) == n &&
	    memcmp(x, y, (size_t)n) == 0);
}

START_TEST(round_trip)
{
	struct session_rec in = example(), out;
	uint8_t buf[REC_MAX];
	int len = session_rec_encode(&in, buf, sizeof(buf));

	ck_assert_int_gt(len, 0);
	ck_assert_int_eq(session_rec_decode(&out, buf, (size_t)len), 0);
	ck_assert(same(&in, &out));
	ck_assert_str_eq(out.nai, in.nai);
	ck_assert_uint_eq(out.access, 1);
	ck_assert(out.has_reg && out.reg_bound && out.accounting);
	ck_assert(out.moved && out.node && out.coa.s_addr == 0x640200c0);
	ck_assert_uint_eq(out.gre.own, 0x01020304);
	ck_assert_uint_eq(out.gre.peer, 0xa0b0c0d0);
	ck_assert_uint_eq(out.agent_gre, MIP_AGENT_GRE_NO);
	ck_assert_int_eq(out.clock_offset, -3);
	ck_assert_uint_eq(ntohl(out.grant.ip4.s_addr), 0x0a000007);
	ck_assert_uint_eq(ntohl(out.grant.dns[1].s_addr), 0x0a000035);
	ck_assert_uint_eq(out.class[0].len, 253);
	session_rec_wipe(&out);
	ck_assert_uint_eq(out.grant.mn_ha.key[0], 0);
	for (size_t cap = 0; cap < (size_t)len; cap++)
		ck_assert_int_eq(session_rec_encode(&in, buf, cap), -EMSGSIZE);
}
END_TEST

/* The longest there can be fits. */
START_TEST(longest)
{
	struct session_rec r;
	uint8_t buf[REC_MAX];
	unsigned i;

	memset(&r, 'x', sizeof(r));
	r.n_class = AAA_CLASSES;
	for (i = 0; i < AAA_CLASSES; i++)
		r.class[i].len = AAA_CLASS_MAX;
	r.grant.has_mn_ha = true;
	r.grant.mn_ha.key_len = MIP4_KEY_MAX;
	ck_assert_int_gt(session_rec_encode(&r, buf, sizeof(buf)), 0);
}
END_TEST

/* Cut at each byte, in a buffer of just that size; each byte changed. */
START_TEST(torn)
{
	struct session_rec in = example(), out;
	uint8_t buf[REC_MAX], *exact;
	int len = session_rec_encode(&in, buf, sizeof(buf));

	for (int cut = 0; cut < len; cut++) {
		exact = malloc((size_t)cut + 1);
		memcpy(exact, buf, (size_t)cut);
		(void)session_rec_decode(&out, exact, (size_t)cut);
		exact = realloc(exact, (size_t)len);
		memcpy(exact, buf, (size_t)len);
		for (unsigned bit = 0; bit < 8; bit++) {
			exact[cut] ^= (uint8_t)(1 << bit);
			if (session_rec_decode(&out, exact,
			    (size_t)len) == 0) {
				ck_assert_uint_ne(out.nr, 0);
				ck_assert_uint_le(out.n_class,
				    AAA_CLASSES);
				ck_assert_uint_le(out.circuit_id.len,
				    LINE_ID_MAX);
			}
			exact[cut] ^= (uint8_t)(1 << bit);
		}
		free(exact);
	}
}
END_TEST

/* Another version's: unknown tags are left, known ones keep their size. */
START_TEST(other_versions)
{
	struct session_rec in = example(), out;
	const uint8_t unknown[] = { 255, 1, 0, 42, 255, 0, 0 };
	const uint8_t short_nr[] = { 1, 2, 0, 42, 43 };
	const uint8_t no_number[] = { 2, 1, 0, 'x' };
	uint8_t buf[REC_MAX];
	uint16_t n = 1;
	int len = session_rec_encode(&in, buf, sizeof(buf));

	memcpy(buf + len, unknown, sizeof(unknown));
	/* lengths are written as wire.h does: big-endian */
	buf[len + 1] = (uint8_t)(n >> 8);
	buf[len + 2] = (uint8_t)n;
	ck_assert_int_eq(session_rec_decode(&out, buf, (size_t)len +
	    sizeof(unknown)), 0);
	ck_assert(same(&in, &out));
	ck_assert_int_eq(session_rec_decode(&out, short_nr,
	    sizeof(short_nr)), -EPROTO);
	ck_assert_int_eq(session_rec_decode(&out, no_number,
	    sizeof(no_number)), -EPROTO);
	ck_assert_int_eq(session_rec_decode(&out, buf, 0), -EPROTO);
}
END_TEST

/* It counts the endings by it: what is none must not come through. */
START_TEST(no_such_cause)
{
	struct session_rec in = example(), out;
	uint8_t buf[REC_MAX];
	int len;

	for (unsigned cause = 0; cause < 256; cause++) {
		in.cause = (uint8_t)cause;
		len = session_rec_encode(&in, buf, sizeof(buf));
		ck_assert_int_gt(len, 0);
		ck_assert_int_eq(session_rec_decode(&out, buf, (size_t)len),
		    cause <= SESSION_CAUSE_NAS_REBOOT ? 0 : -EPROTO);
	}
}
END_TEST

START_TEST(global)
{
	struct rec_global in = { .nr_reserved = 1024, .drained = true,
	    .dae[3] = { .addr.s_addr = 1, .stamp = 99 }, .boot_id = { 1, 2 },
	    .cookie_key = { 3 } }, out;
	uint8_t buf[REC_MAX];
	int len = rec_global_encode(&in, buf, sizeof(buf));

	ck_assert_int_gt(len, 0);
	ck_assert_int_eq(rec_global_decode(&out, buf, (size_t)len), 0);
	ck_assert_mem_eq(in.boot_id, out.boot_id, sizeof(in.boot_id));
	ck_assert_mem_eq(in.cookie_key, out.cookie_key, REC_KEY);
	ck_assert(out.drained && out.nr_reserved == 1024);
	ck_assert_uint_eq(out.dae[3].stamp, 99);
	for (int cut = 1; cut < len; cut++)
		(void)rec_global_decode(&out, buf, (size_t)cut);
	ck_assert_int_eq(rec_global_decode(&out, buf, 2), -EPROTO);
}
END_TEST

START_TEST(moved)
{
	struct rec_moved in = { .link = "acc0", .nai = "alice@example.net",
	    .on = true, .ifindex = 7, .ups = 3 }, out;
	uint8_t buf[REC_MAX];
	int len = rec_moved_encode(&in, buf, sizeof(buf));

	ck_assert_int_gt(len, 0);
	ck_assert_int_eq(rec_moved_decode(&out, buf, (size_t)len), 0);
	ck_assert_mem_eq(&in, &out, sizeof(in));
	for (int cut = 0; cut < len; cut++)
		(void)rec_moved_decode(&out, buf, (size_t)cut);
	ck_assert_int_eq(rec_moved_decode(&out, buf, 2), -EPROTO);
	ck_assert_int_eq(rec_moved_encode(&in, buf, 8), -EMSGSIZE);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("session_rec");
	TCase *t = tcase_create("all");

	tcase_add_test(t, round_trip);
	tcase_add_test(t, longest);
	tcase_add_test(t, torn);
	tcase_add_test(t, other_versions);
	tcase_add_test(t, no_such_cause);
	tcase_add_test(t, global);
	tcase_add_test(t, moved);
	suite_add_tcase(s, t);
	return (test_run(s));
}

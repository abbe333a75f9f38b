/* SPDX-License-Identifier: BSD-2-Clause */
/* Access nodes' registrations: the same rows, by the subscriber's key
 * [PROTOCOLS 8.1, 11.5, D12, D28, D160-D163]. */
#include "config.h"

#include <errno.h>

#include "common/violations.h"
#include "had/access_node.h"
#include "had/mn.h"
#include "tests/unit/had_rig.h"

#define AN1	"10.1.0.1"
#define AN2	"10.1.0.2"

static char mn1[] = "mn1@example.net", mn2[] = "mn2@example.net";
static struct user second;

static void
setup(void)
{
	rig_init();
	rig_nodes("10.1.0.0", 16);
	rig_user(&rig.user, mn1);
	rig_user(&second, mn2);
}

static void
teardown(void)
{
	rig_free();
}

static void
m_sign_mn(struct m *m)
{
	m_auth(m, 32, 512, key_mn);
}

static void
m_empty(struct m *m, uint8_t type)
{
	m_ext(m, type, "", 1);		/* a byte, and it is 0 */
}

/* type: of the empty extension, 0 for none. */
static void
m_node(struct m *m, const char *coa, const char *nai, uint16_t life,
    uint8_t type)
{
	m_rrq(m, MIP4_F_D, life, coa);
	m_nai(m, nai);
	if (type)
		m_empty(m, type);
	m_rev_support(m);
	m_sign_mn(m);
}

static void
node(struct m *m, const char *coa, const char *nai, uint16_t life,
    uint8_t type)
{
	m_node(m, coa, nai, life, type);
	rig_in(m, coa);
}

/* One reply, signed by the subscriber's key as its last extension. */
static void
expect_mn(const struct m *m, uint8_t code, uint16_t life)
{
	unsigned len = 16;
	uint8_t out[16];
	size_t off;

	ck_assert_uint_eq(rig.n_sent, 1);
	ck_assert_uint_eq(rig.sent[0], 3);
	ck_assert_uint_eq(rig.sent[1], code);
	ck_assert_uint_eq(rig.sent[2] << 8 | rig.sent[3], life);
	if (code != 133)
		ck_assert_mem_eq(rig.sent + 12, m->b + 16, 8);
	ck_assert_uint_eq(sent_ext(34), 0);
	off = sent_ext(32);
	ck_assert_uint_eq(off + 22, rig.sent_len);
	HMAC(EVP_md5(), key_mn, 16, rig.sent, off + 6, out, &len);
	ck_assert_mem_eq(rig.sent + off + 6, out, 16);
}

/* It has been accepted: an empty 221 says so. */
static void
accepted(const struct m *m, uint16_t life)
{
	size_t off;

	expect_mn(m, 0, life);
	off = sent_ext(221);
	ck_assert_uint_gt(off, 0);
	ck_assert_mem_eq(rig.sent + off, "\335\1\0", 3);
}

static bool
goes_to(const char *coa)
{
	return rig_routed("::", 0, coa);
}

START_TEST(entry)
{
	struct binding *b;
	struct m m;

	node(&m, AN1, mn1, 1800, 120);
	accepted(&m, 1800);
	ck_assert_uint_gt(sent_ext(137), sent_ext(221));
	ck_assert_uint_gt(sent_ext(32), sent_ext(137));
	ck_assert_uint_gt(sent_ext(131), 0);
	b = of(mn1);
	ck_assert_int_eq(b->state, BINDING_BOUND);
	ck_assert(b->behind_node && b->negotiated);
	ck_assert_ptr_null(b->lease.at.pool);
	ck_assert_ptr_eq(b->mn->binding, b);
	ck_assert_ptr_eq(b->peer, &rig.nodes.peer);
	ck_assert(goes_to(AN1));
	ck_assert_uint_eq(rig_routes(), 1);
	ck_assert_uint_eq(rig.nodes.peer.n_bindings, 1);
	/* The same once more is answered alike [D8]. */
	rig_in(&m, AN1);
	accepted(&m, 1800);
	ck_assert_uint_eq(rig.reg.stats.duplicates, 1);
	/* The skippable alias [D10]. */
	node(&m, AN2, mn2, 1800, 220);
	accepted(&m, 1800);
}
END_TEST

/* D12: with any of three it is renewed, and is deregistered. */
START_TEST(renewal_and_end)
{
	static const uint8_t with[] = { 221, 120, 0 };
	struct m m;
	size_t i;

	for (i = 0; i < sizeof(with); i++) {
		node(&m, AN1, mn1, 600, 120);
		accepted(&m, 600);
		rig_wait(300);
		node(&m, AN1, mn1, 600, with[i]);
		accepted(&m, 600);
		rig_wait(500);
		ck_assert_int_eq(of(mn1)->state, BINDING_BOUND);
		node(&m, AN1, mn1, 0, with[i]);
		accepted(&m, 0);
		ck_assert_int_eq(of(mn1)->state, BINDING_IDLE);
		ck_assert(!of(mn1)->behind_node);
		ck_assert_uint_eq(rig_routes(), 0);
		/* Once more, as its answer was lost. */
		node(&m, AN1, mn1, 0, with[i]);
		accepted(&m, 0);
	}
	/* Without one it is no request of an access node's, at first. */
	node(&m, AN1, mn1, 600, 0);
	expect_mn(&m, 134, 0);
	/* Empty 221 at first: what a restart has lost. */
	node(&m, AN1, mn1, 600, 221);
	accepted(&m, 600);
	rig_wait(601);
	ck_assert_ptr_null(of(mn1));
	ck_assert_uint_eq(rig_routes(), 0);
	ck_assert_uint_eq(rig.reg.stats.expired, 1);
}
END_TEST

/* Each of the rows, in its order; nothing is changed, and no empty 221 is
 * in a denial [D20]. */
START_TEST(denied_by_the_rows)
{
	struct m m;

	/* 136 */
	m_rrq(&m, MIP4_F_D, 600, AN1);
	memcpy(m.b + 8, "\1\2\3\4", 4);
	m_nai(&m, mn1);
	m_empty(&m, 120);
	m_sign_mn(&m);
	rig_in(&m, AN1);
	expect_mn(&m, 136, 0);
	/* 7: no D, another's care-of address */
	m_rrq(&m, 0, 600, AN1);
	m_nai(&m, mn1);
	m_empty(&m, 120);
	m_sign_mn(&m);
	rig_in(&m, AN1);
	expect_mn(&m, 134, 0);
	m_node(&m, AN1, mn1, 600, 120);
	rig_in(&m, AN2);
	expect_mn(&m, 134, 0);
	/* 8 */
	rig.ntp_back = 20;
	m_node(&m, AN1, mn1, 600, 120);
	rig.ntp_back = 0;
	rig_in(&m, AN1);
	expect_mn(&m, 133, 0);
	/* 10 */
	m_rrq(&m, MIP4_F_D | MIP4_F_G, 600, AN1);
	m_nai(&m, mn1);
	m_empty(&m, 120);
	m_sign_mn(&m);
	rig_in(&m, AN1);
	expect_mn(&m, 139, 0);
	/* 11: what is an access router's, two of them, one behind 32 */
	m_rrq(&m, MIP4_F_D, 600, AN1);
	m_nai(&m, mn1);
	m_req(&m, IID);
	m_sign_mn(&m);
	rig_in(&m, AN1);
	expect_mn(&m, 134, 0);
	m_rrq(&m, MIP4_F_D, 600, AN1);
	m_nai(&m, mn1);
	m_hoa(&m, "2001:db8:200:1::5", false);
	m_sign_mn(&m);
	rig_in(&m, AN1);
	expect_mn(&m, 134, 0);
	m_rrq(&m, MIP4_F_D, 600, AN1);
	m_nai(&m, mn1);
	m_empty(&m, 120);
	m_empty(&m, 221);
	m_sign_mn(&m);
	rig_in(&m, AN1);
	expect_mn(&m, 134, 0);
	m_rrq(&m, MIP4_F_D, 600, AN1);
	m_nai(&m, mn1);
	m_sign_mn(&m);
	m_empty(&m, 120);
	rig_in(&m, AN1);
	expect_mn(&m, 134, 0);
	ck_assert_uint_eq(sent_ext(221), 0);
	/* 12: an IPv4 home address */
	m_rrq(&m, MIP4_F_D, 600, AN1);
	m.b[4] = 10;
	m_nai(&m, mn1);
	m_empty(&m, 120);
	m_sign_mn(&m);
	rig_in(&m, AN1);
	expect_mn(&m, 129, 0);
	nothing_changed();
}
END_TEST

/* Whoever can not prove a key gets no answer that he could have had somebody
 * else be sent, but for a few [D42], if the subscriber is known. */
START_TEST(not_authentic)
{
	static const uint8_t wrong[16] = "wrong key of 16";
	struct m m, t;

	m_rrq(&m, MIP4_F_D, 600, AN1);
	m_nai(&m, mn1);
	m_empty(&m, 120);
	rig_in(&m, AN1);
	expect_mn(&m, 131, 0);
	t = m;
	m_auth(&t, 32, 512, wrong);
	rig_in(&t, AN1);
	expect_mn(&t, 131, 0);
	t = m;
	m_auth(&t, 32, 513, key_mn);
	rig_in(&t, AN1);
	expect_mn(&t, 131, 0);
	t = m;
	m_sign_mn(&t);
	m_sign_mn(&t);
	rig_in(&t, AN1);
	expect_mn(&t, 131, 0);
	ck_assert_uint_eq(table_count(&rig.bindings.by_nai), 0);
	rig.nodes.peer.unverified.milli = 0;
	silent(&m, AN1, HAD_DROP_RATE);
	/* nobody, and none */
	m_node(&m, AN1, "nobody@example.net", 600, 120);
	silent(&m, AN1, HAD_DROP_NO_KEY);
	m_rrq(&m, MIP4_F_D, 600, AN1);
	m_empty(&m, 120);
	m_sign_mn(&m);
	silent(&m, AN1, HAD_DROP_NO_KEY);
	/* a foreign agent's that we do not know (row 6b) */
	m_node(&m, AN1, mn1, 600, 120);
	m_sign(&m);
	silent(&m, AN1, HAD_DROP_NO_PEER);
	/* from where none may be */
	m_node(&m, "10.2.0.1", mn1, 600, 120);
	silent(&m, "10.2.0.1", HAD_DROP_NO_PEER);
	m_node(&m, "10.0.255.255", mn1, 600, 120);
	silent(&m, "10.0.255.255", HAD_DROP_NO_PEER);
	/* an access router's own address stays its own */
	m_node(&m, AR1, mn1, 600, 120);
	rig_in(&m, AR1);
	ck_assert_uint_eq(rig.sent[1], 132);
	/* cut within an extension: silent, as nothing before is proved */
	m_node(&m, AN1, mn1, 600, 120);
	m.n--;
	silent(&m, AN1, HAD_DROP_MALFORMED);
}
END_TEST

static void
count_known(const struct violation *v, void *arg)
{
	((unsigned *)arg)[v->known]++;
}

/* Whoever is only somewhere among the care-of addresses is a stranger, and gets
 * the strangers' half of what is remembered. */
START_TEST(strangers_among_them)
{
	unsigned n[2] = { 0, 0 };
	struct m m;

	rig.reg.violations = violations_new(&rig.clock);
	m_node(&m, AN1, "nobody@example.net", 600, 120);
	rig_in(&m, AN1);
	m_rrq(&m, MIP4_F_D, 600, AN1);
	m_nai(&m, mn1);
	m_empty(&m, 120);
	rig_in(&m, AN1);
	violations_each(rig.reg.violations, count_known, n);
	ck_assert_uint_eq(n[0], 2);
	ck_assert_uint_eq(n[1], 0);
	node(&m, AN1, mn1, 600, 0);
	expect_mn(&m, 134, 0);
	violations_each(rig.reg.violations, count_known, n);
	ck_assert_uint_eq(n[1], 1);
	violations_free(rig.reg.violations);
	rig.reg.violations = NULL;
}
END_TEST

START_TEST(not_allowed)
{
	static char realm[] = "example.org", *realms[] = { realm };
	struct m m;

	rig.user.no_node = true;
	node(&m, AN1, mn1, 600, 120);
	expect_mn(&m, 129, 0);
	rig.user.no_node = false;
	rig.nodes.peer.realms = realms;
	rig.nodes.peer.n_realms = 1;
	node(&m, AN1, mn1, 600, 120);
	expect_mn(&m, 129, 0);
	rig.nodes.peer.n_realms = 0;
	rig.nodes.peer.max_bindings = 1;
	node(&m, AN1, mn1, 600, 120);
	accepted(&m, 600);
	node(&m, AN2, mn2, 600, 120);
	expect_mn(&m, 130, 0);
}
END_TEST

/* D28 */
START_TEST(one_at_a_care_of_address)
{
	struct m m;

	node(&m, AN1, mn1, 600, 120);
	accepted(&m, 600);
	node(&m, AN1, mn2, 600, 120);
	expect_mn(&m, 129, 0);
	ck_assert_uint_eq(rig.bindings.n_bound, 1);
	node(&m, AN1, mn1, 0, 221);
	accepted(&m, 0);
	node(&m, AN1, mn2, 600, 120);
	accepted(&m, 600);
	ck_assert_ptr_eq(mn_at(&rig.mns, of(mn2)->coa, 0), of(mn2)->mn);
}
END_TEST

/* No longer than the prefix is good for, nor than its pool allows. */
START_TEST(lifetime)
{
	struct m m;

	rig.nodes.ra.valid = 500;
	node(&m, AN1, mn1, 1800, 120);
	accepted(&m, 500);
	rig.nodes.ra.valid = UINT32_MAX;
	rig.pool[1].max_lifetime = 400;
	node(&m, AN1, mn1, 65535, 221);
	accepted(&m, 400);
}
END_TEST

/* 7 of RFC 3543 at `to`, by the subscriber's key, with an empty 221. */
static void
revoked_at(const char *to)
{
	unsigned len = 16;
	uint8_t out[16];
	size_t off;

	ck_assert_uint_eq(rig.sent[0], 7);
	ck_assert_uint_eq(rig.sent[2] & 0x80, 0x80);
	ck_assert_uint_eq(rig.flow.dst.s_addr, inet_addr(to));
	ck_assert_mem_eq(rig.sent + 12, &rig.flow.dst, 4);
	ck_assert_uint_gt(sent_ext(131), 0);
	off = sent_ext(221);
	ck_assert_mem_eq(rig.sent + off, "\335\1\0", 3);
	off = sent_ext(32);
	ck_assert_uint_eq(off + 22, rig.sent_len);
	HMAC(EVP_md5(), key_mn, 16, rig.sent, off + 6, out, &len);
	ck_assert_mem_eq(rig.sent + off + 6, out, 16);
}

static void
acknowledge(const char *from, const uint8_t *key)
{
	struct m m = { .n = 0 };

	m_int(&m, 15, 1);
	m_int(&m, 0, 3);
	m_put(&m, rig.sent + 4, 4);
	m_put(&m, rig.sent + 16, 4);
	m_nai(&m, mn1);
	m_empty(&m, 221);
	m_auth(&m, 32, 512, key);
	rig_in(&m, from);
}

/* Figure 7. */
START_TEST(movement)
{
	static const uint8_t wrong[16] = "wrong key of 16";
	struct mn *mn;
	struct m m;

	node(&m, AN1, mn1, 600, 120);
	accepted(&m, 600);
	mn = of(mn1)->mn;
	rig_wait(5);
	node(&m, AN2, mn1, 600, 120);
	accepted(&m, 600);
	ck_assert_uint_eq(rig.reg.stats.moved, 1);
	ck_assert_ptr_eq(of(mn1)->mn, mn);
	ck_assert(goes_to(AN2));
	ck_assert_uint_eq(rig_routes(), 1);
	rig_wait(0.2);
	revoked_at(AN1);
	/* What the old one still sends is not taken for a way back [D59]. */
	node(&m, AN1, mn1, 600, 221);
	expect_mn(&m, 129, 0);
	node(&m, AN1, mn1, 600, 0);
	expect_mn(&m, 129, 0);
	rig.n_sent = 0;
	rig_wait(1);
	revoked_at(AN1);
	acknowledge(AN1, wrong);
	ck_assert_uint_eq(rig.reg.stats.revoke_acked, 0);
	rig_wait(2);
	revoked_at(AN1);
	acknowledge(AN1, key_mn);
	ck_assert_uint_eq(rig.reg.stats.revoke_acked, 1);
	ck_assert_uint_eq(revoker_count(rig.reg.revoker), 0);
	ck_assert(goes_to(AN2));
}
END_TEST

START_TEST(ended_by_the_operator)
{
	struct m m;

	node(&m, AN1, mn1, 600, 120);
	accepted(&m, 600);
	rig_wait(5);
	reg_end(&rig.reg, of(mn1), "operator");
	revoked_at(AN1);
	ck_assert_uint_eq(rig_routes(), 0);
	acknowledge(AN1, key_mn);
	ck_assert_uint_eq(rig.reg.stats.revoke_acked, 1);
	ck_assert_ptr_null(mn_at(&rig.mns, (struct in_addr){
	    inet_addr(AN1) }, 0));
}
END_TEST

/* An access node is no RFC 3543 revoker in the draft, but may be one. */
START_TEST(revoked_by_the_node)
{
	struct m m;

	node(&m, AN1, mn1, 600, 120);
	accepted(&m, 600);
	rig_wait(5);
	m.n = 0;
	m_int(&m, 7, 1);
	m_int(&m, 0, 3);
	m_ip(&m, "0.0.0.0");
	m_ip(&m, HA);
	m_ip(&m, AN1);
	m_int(&m, rig_ntp(NULL) >> 32, 4);
	m_nai(&m, mn1);
	m_empty(&m, 221);
	m_sign_mn(&m);
	rig_in(&m, AN1);
	ck_assert_uint_eq(rig.n_sent, 1);
	ck_assert_uint_eq(rig.sent[0], 15);
	ck_assert_uint_eq(sent_ext(32) + 22, rig.sent_len);
	ck_assert_int_eq(of(mn1)->state, BINDING_IDLE);
	ck_assert_uint_eq(rig_routes(), 0);
	/* Again, as that was lost: acked again [D15]. */
	rig_wait(1);
	m.n -= 22;
	m_sign_mn(&m);
	rig_in(&m, AN1);
	ck_assert_uint_eq(rig.sent[0], 15);
	/* A stranger's is nothing. */
	rig_in(&m, AN2);
	ck_assert_uint_eq(rig.n_sent, 0);
}
END_TEST

/* From an access router to an access node and back: what the one had is gone
 * with it, and the agent that is left is told. */
START_TEST(from_kind_to_kind)
{
	struct m m;

	m_rrq(&m, 0, 600, AR1);
	m_nai(&m, mn1);
	m_req(&m, IID);
	m_sign_mn(&m);
	m_rev_support(&m);
	m_sign(&m);
	rig_in(&m, AR1);
	expect(&m, 0, 600);
	ck_assert_ptr_eq(of(mn1)->lease.at.pool, &rig.pool[0]);
	rig_wait(2);
	node(&m, AN1, mn1, 600, 120);
	accepted(&m, 600);
	ck_assert(of(mn1)->behind_node);
	ck_assert_uint_eq(rig.pool[0].used, 0);
	ck_assert(goes_to(AN1));
	ck_assert_uint_eq(rig_routes(), 1);
	ck_assert_uint_eq(rig.peer[0].n_bindings, 0);
	rig_wait(0.2);
	ck_assert_uint_eq(rig.sent[0], 7);
	ck_assert(sent_authentic(key1));
	rig_wait(2);
	m_rrq(&m, 0, 600, AR2);
	m_nai(&m, mn1);
	m_req(&m, IID);
	m_sign_mn(&m);
	m_rev_support(&m);
	m_sign(&m);
	rig_in(&m, AR2);
	expect(&m, 0, 600);
	ck_assert(!of(mn1)->behind_node);
	ck_assert_uint_eq(rig.pool[0].used, 1);
	ck_assert_uint_eq(rig_routes(), 1);
	ck_assert_uint_eq(table_count(&rig.mns.by_coa), 0);
	rig_wait(0.2);
	revoked_at(AN1);
}
END_TEST

/* The reply waits for the tunnel, and says so when there is none. */
START_TEST(slow_data_plane)
{
	struct m m;

	rig.dp_async = true;
	node(&m, AN1, mn1, 600, 120);
	ck_assert_uint_eq(rig.n_sent, 0);
	rig_dp_answer(0);
	accepted(&m, 600);
	node(&m, AN2, mn2, 600, 120);
	ck_assert_uint_eq(rig.n_sent, 0);
	rig_dp_answer(-ENODEV);
	expect_mn(&m, 130, 0);
	ck_assert_uint_eq(sent_ext(221), 0);
	ck_assert_int_eq(of(mn2)->state, BINDING_IDLE);
	ck_assert_uint_eq(table_count(&rig.mns.by_coa), 1);
	rig_in(&m, AN2);
	expect_mn(&m, 130, 0);
	/* whatever it says: there is no address that could be tried instead */
	node(&m, AN2, mn2, 600, 120);
	rig_dp_answer(-EADDRINUSE);
	expect_mn(&m, 130, 0);
}
END_TEST

/* Moves between two kinds do not make a record grow. */
START_TEST(memory)
{
	ck_assert_uint_le(sizeof(struct binding), 224);
	ck_assert_uint_le(sizeof(struct mn), 200);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("had access nodes");
	TCase *tc = tcase_create("registration");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, entry);
	tcase_add_test(tc, renewal_and_end);
	tcase_add_test(tc, denied_by_the_rows);
	tcase_add_test(tc, not_authentic);
	tcase_add_test(tc, strangers_among_them);
	tcase_add_test(tc, not_allowed);
	tcase_add_test(tc, one_at_a_care_of_address);
	tcase_add_test(tc, lifetime);
	tcase_add_test(tc, movement);
	tcase_add_test(tc, ended_by_the_operator);
	tcase_add_test(tc, revoked_by_the_node);
	tcase_add_test(tc, from_kind_to_kind);
	tcase_add_test(tc, slow_data_plane);
	tcase_add_test(tc, memory);
	suite_add_tcase(s, tc);
	return test_run(s);
}

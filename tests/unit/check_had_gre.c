/* SPDX-License-Identifier: BSD-2-Clause */
/* GRE with keys: who is given it, with which keys, where 48 stands, and how
 * long that is so [RFC 6245; PROTOCOLS 8.1 row 10, D28, D190-D192]. */
#include "config.h"

#include <errno.h>

#include "had/access_node.h"
#include "common/gre_keys.h"
#include "had/mn.h"
#include "tests/unit/had_rig.h"

#define AN1	"10.1.0.1"
#define AN2	"10.1.0.2"
#define K	0x01020304
#define NONE	(-1)		/* no 48 */

static char mn1[] = "mn1@example.net", mn2[] = "mn2@example.net";
static struct user second;

static void
setup(void)
{
	rig_init();
	rig_nodes("10.1.0.0", 16);
	rig_user(&rig.user, mn1);
	rig_user(&second, mn2);
	rig.peer[0].gre = rig.peer[1].gre = rig.nodes.peer.gre = true;
}

static void
teardown(void)
{
	rig_free();
}

static void
m_key(struct m *m, int64_t key)
{
	if (key == NONE)
		return;
	m_int(m, 48, 1);
	m_int(m, 0, 1);
	m_int(m, 4, 2);
	m_int(m, (uint64_t)key, 4);
}

/* A router's request, sent. hoa NULL: an initial one. */
static void
router(struct m *m, const char *ar, uint8_t flags, uint16_t life,
    const char *hoa, int64_t key)
{
	m_rrq(m, flags, life, ar);
	m_nai(m, ALICE);
	if (hoa)
		m_hoa(m, hoa, true);
	else
		m_req(m, IID);
	m_key(m, key);
	m_rev_support(m);
	m_sign(m);
	rig_in(m, ar);
}

static void
node(struct m *m, const char *coa, const char *nai, uint16_t life,
    int64_t key)
{
	m_rrq(m, MIP4_F_D, life, coa);
	m_nai(m, nai);
	m_ext(m, 120, "", 1);
	m_key(m, key);
	m_rev_support(m);
	m_auth(m, 32, 512, key_mn);
	rig_in(m, coa);
}

/* The key of the last reply, between those that it must stand between; 0: there
 * is none. */
static uint32_t
sent_key(uint8_t auth)
{
	size_t off = sent_ext(48);
	uint32_t key;

	if (off == 0)
		return 0;
	ck_assert_mem_eq(rig.sent + off, "\60\0\0\4", 4);
	ck_assert_uint_gt(off, sent_ext(221));
	ck_assert_uint_lt(off, sent_ext(auth));
	ck_assert_uint_eq(sent_ext(auth) + 22, rig.sent_len);
	memcpy(&key, rig.sent + off + 4, 4);
	ck_assert_uint_ne(key, 0);
	return ntohl(key);
}

/* The one route there is: its keys. */
static struct gre_keys
route_keys(const char *coa, bool by_node)
{
	const struct dp_route *found = NULL;
	unsigned i;

	ck_assert_uint_eq(rig_routes(), 1);
	for (i = 0; i < N_ROUTES; i++)
		if (rig.route[i].live)
			found = &rig.route[i];
	ck_assert_ptr_nonnull(found);
	ck_assert_uint_eq(found->e.coa.s_addr, inet_addr(coa));
	ck_assert(found->e.by_node == by_node);
	return found->e.gre;
}

static bool
has(const char *nai, uint32_t out, uint32_t in)
{
	struct gre_keys k = binding_gre(of(nai));

	return k.peer == out && k.own == in;
}

START_TEST(not_offered)
{
	struct m m;

	rig.peer[0].gre = rig.nodes.peer.gre = false;
	router(&m, AR1, 0, 600, NULL, K);
	expect(&m, 139, 0);
	ck_assert_uint_eq(sent_ext(48), 0);
	router(&m, AR1, MIP4_F_G, 600, NULL, NONE);
	expect(&m, 139, 0);
	node(&m, AN1, mn1, 600, K);
	ck_assert_uint_eq(rig.sent[1], 139);
	nothing_changed();
	/* Where it is, not without keys [D191]. */
	rig.peer[0].gre = rig.nodes.peer.gre = true;
	router(&m, AR1, MIP4_F_G, 600, NULL, NONE);
	expect(&m, 139, 0);
	router(&m, AR1, MIP4_F_M, 600, NULL, K);
	expect(&m, 139, 0);
	nothing_changed();
}
END_TEST

/* Whatever G says; the router's key goes out, the home agent's comes in. */
START_TEST(granted)
{
	static const uint8_t flags[] = { 0, MIP4_F_G };
	struct gre_keys k;
	uint32_t key;
	struct m m;
	size_t i;

	for (i = 0; i < 2; i++) {
		router(&m, AR1, flags[i], 600, NULL, K);
		expect(&m, 0, 600);
		key = sent_key(34);
		ck_assert_uint_ne(key, K);
		ck_assert_uint_gt(sent_ext(137), sent_ext(48));
		ck_assert(has(ALICE, K, key));
		k = route_keys(AR1, false);
		ck_assert(k.peer == K && k.own == key);
		/* The same once more is answered alike [D8]. */
		rig_in(&m, AR1);
		ck_assert_uint_eq(sent_key(34), key);
		ck_assert_uint_eq(rig.reg.stats.duplicates, i + 1);
	}
}
END_TEST

/* Behind the subscriber's authenticator, where there is one [RFC 6245 4.1]. */
START_TEST(behind_mobile_home)
{
	struct m m;

	m_rrq(&m, 0, 600, AR1);
	m_nai(&m, mn1);
	m_req(&m, IID);
	m_auth(&m, 32, 512, key_mn);
	m_key(&m, K);
	m_sign(&m);
	rig_in(&m, AR1);
	expect(&m, 0, 600);
	ck_assert_uint_gt(sent_ext(48), sent_ext(32));
	(void)sent_key(34);
}
END_TEST

START_TEST(both_ours)
{
	uint32_t key;
	struct m m;

	router(&m, AR1, 0, 600, NULL, 0);
	key = sent_key(34);
	ck_assert(has(ALICE, key, key));
	/* In renewals it is 0 again, or that [D192]. */
	router(&m, AR1, 0, 600, sent_hoa(&(bool){ 0 }), 0);
	ck_assert_uint_eq(sent_key(34), key);
	router(&m, AR1, 0, 600, sent_hoa(&(bool){ 0 }), key);
	ck_assert_uint_eq(sent_key(34), key);
	ck_assert(has(ALICE, key, key));
	/* An own one of the router's, and then none again. */
	router(&m, AR1, 0, 600, sent_hoa(&(bool){ 0 }), K);
	ck_assert_uint_ne(sent_key(34), key);
	key = sent_key(34);
	ck_assert(has(ALICE, K, key));
	router(&m, AR1, 0, 600, sent_hoa(&(bool){ 0 }), 0);
	ck_assert_uint_ne(sent_key(34), key);
	key = sent_key(34);
	ck_assert(has(ALICE, key, key));
	ck_assert(route_keys(AR1, false).own == key);
}
END_TEST

/* It stays while the binding stays where it is. */
START_TEST(renewed_and_ended)
{
	struct gre_keys k;
	uint32_t key;
	char hoa[64];
	struct m m;

	router(&m, AR1, 0, 600, NULL, K);
	key = sent_key(34);
	strcpy(hoa, sent_hoa(&(bool){ 0 }));
	router(&m, AR1, MIP4_F_G, 600, hoa, K);
	ck_assert_uint_eq(sent_key(34), key);
	/* By 6in4 from now on, and back. */
	router(&m, AR1, 0, 600, hoa, NONE);
	expect(&m, 0, 600);
	ck_assert_uint_eq(sent_ext(48), 0);
	k = route_keys(AR1, false);
	ck_assert(k.own == 0 && k.peer == 0);
	router(&m, AR1, 0, 600, hoa, K);
	ck_assert_uint_ne(sent_key(34), key);
	/* Elsewhere it is another. */
	key = sent_key(34);
	router(&m, AR2, 0, 600, NULL, K);
	expect(&m, 0, 600);
	ck_assert_uint_ne(sent_key(34), key);
	key = sent_key(34);
	ck_assert(route_keys(AR2, false).own == key);
	/* Its end says which it was, also twice; later there is none. */
	router(&m, AR2, 0, 0, hoa, K);
	expect(&m, 0, 0);
	ck_assert_uint_eq(sent_key(34), key);
	rig_in(&m, AR2);
	ck_assert_uint_eq(sent_key(34), key);
	router(&m, AR2, 0, 0, hoa, K);
	expect(&m, 0, 0);
	ck_assert_uint_eq(sent_ext(48), 0);
	router(&m, AR2, 0, 600, NULL, K);
	ck_assert_uint_ne(sent_key(34), key);
	router(&m, AR2, 0, 0, hoa, NONE);
	expect(&m, 0, 0);
	ck_assert_uint_eq(sent_ext(48), 0);
}
END_TEST

START_TEST(malformed)
{
	struct m m;

	m_rrq(&m, 0, 600, AR1);			/* nothing covers it */
	m_nai(&m, ALICE);
	m_req(&m, IID);
	m_sign(&m);
	m_key(&m, K);
	denied(&m, 134);
	m_rrq(&m, 0, 600, AR1);
	m_nai(&m, ALICE);
	m_req(&m, IID);
	m_key(&m, K);
	m_key(&m, K);
	m_sign(&m);
	denied(&m, 134);
	rig_wait(60);			/* another sub-type */
	m_rrq(&m, 0, 600, AR1);
	m_nai(&m, ALICE);
	m_req(&m, IID);
	m_int(&m, 0x30010004, 4);
	m_int(&m, K, 4);
	m_sign(&m);
	silent(&m, AR1, HAD_DROP_UNKNOWN_EXT);
	/* An access node's own, behind its authenticator [D190]. */
	for (int g = 0; g < 2; g++) {
		rig_wait(60);
		m_rrq(&m, MIP4_F_D | (g ? MIP4_F_G : 0), 600, AN1);
		m_nai(&m, mn1);
		m_ext(&m, 120, "", 1);
		m_auth(&m, 32, 512, key_mn);
		m_key(&m, K);
		rig_in(&m, AN1);
		ck_assert_uint_eq(rig.sent[1], 134);
	}
	nothing_changed();
}
END_TEST

/* A tunnel made anew is as dear as a movement [D50]. */
START_TEST(changes_too_often)
{
	char hoa[64];
	struct m m;
	int i;

	router(&m, AR1, 0, 600, NULL, 1);
	strcpy(hoa, sent_hoa(&(bool){ 0 }));
	for (i = 2; i < 7; i++) {
		router(&m, AR1, 0, 600, hoa, i);
		expect(&m, 0, 600);
	}
	router(&m, AR1, 0, 600, hoa, 7);
	expect(&m, 129, 0);
	ck_assert_uint_eq(sent_ext(48), 0);
	router(&m, AR1, 0, 600, hoa, 6);
	expect(&m, 0, 600);
	ck_assert_uint_eq(rig.reg.stats.moved, 0);
	rig_wait(60);
	router(&m, AR1, 0, 600, hoa, 7);
	expect(&m, 0, 600);
}
END_TEST

START_TEST(no_data_path)
{
	struct m m;

	rig.dp_async = true;
	router(&m, AR1, 0, 600, NULL, K);
	ck_assert_uint_eq(rig.n_sent, 0);
	rig_dp_answer(-ENODEV);
	ck_assert_uint_eq(rig.sent[1], 130);
	ck_assert_uint_eq(sent_ext(48), 0);
	rig_in(&m, AR1);			/* the same of it again */
	ck_assert_uint_eq(sent_ext(48), 0);
	router(&m, AR1, 0, 600, NULL, K);
	rig_dp_answer(0);
	ck_assert_uint_eq(rig.sent[1], 0);
	ck_assert(has(ALICE, K, sent_key(34)));
}
END_TEST

/* The first address that is tried is another's, the second is free: the key is
 * the one that is bound then [D75]. */
START_TEST(address_in_use)
{
	struct m m;

	rig.pool[1].home_link = (char *)(uintptr_t)"eth1";
	rig.dp_async = true;
	m_rrq(&m, 0, 600, AR1);
	m_nai(&m, ALICE);
	m_req(&m, NULL);
	m_key(&m, K);
	m_sign(&m);
	rig.choice[0] = &rig.pool[1];
	rig_in(&m, AR1);
	ck_assert_uint_eq(rig.n_sent, 0);
	rig_dp_answer(-EADDRINUSE);
	ck_assert_uint_eq(rig.n_sent, 0);
	rig_dp_answer(0);
	ck_assert_uint_eq(rig.n_sent, 1);
	ck_assert_uint_eq(rig.sent[1], 0);
	ck_assert(has(ALICE, K, sent_key(34)));
	ck_assert(route_keys(AR1, false).own == sent_key(34));
}
END_TEST

/* A care-of address for all: told apart by keys, in both directions [D28]. */
START_TEST(one_care_of_address)
{
	uint32_t key1st, key2nd;
	struct m m;

	node(&m, AN1, mn1, 600, 0);
	ck_assert_uint_eq(rig.sent[1], 0);
	key1st = sent_key(32);
	ck_assert_uint_gt(sent_ext(137), sent_ext(48));
	ck_assert(has(mn1, key1st, key1st));
	ck_assert(route_keys(AN1, true).own == key1st);
	node(&m, AN1, mn2, 600, key1st);
	ck_assert_uint_eq(rig.sent[1], 129);
	node(&m, AN1, mn2, 600, K);
	ck_assert_uint_eq(rig.sent[1], 0);
	key2nd = sent_key(32);
	ck_assert(has(mn2, K, key2nd) && key2nd != key1st);
	ck_assert_ptr_eq(mn_at(&rig.mns, of(mn1)->coa, key1st), of(mn1)->mn);
	ck_assert_ptr_eq(mn_at(&rig.mns, of(mn1)->coa, K), of(mn2)->mn);
	node(&m, AN1, mn1, 600, K);
	ck_assert_uint_eq(rig.sent[1], 129);
	/* One of them without, but not both. */
	node(&m, AN1, mn1, 600, NONE);
	ck_assert_uint_eq(rig.sent[1], 0);
	ck_assert_uint_eq(sent_ext(48), 0);
	node(&m, AN1, mn2, 600, NONE);
	ck_assert_uint_eq(rig.sent[1], 129);
	ck_assert(has(mn2, K, key2nd));
	/* Who leaves leaves the other alone; its key is free. */
	node(&m, AN1, mn2, 0, K);
	ck_assert_uint_eq(sent_key(32), key2nd);
	ck_assert_ptr_null(mn_at(&rig.mns, of(mn1)->coa, K));
	node(&m, AN1, mn1, 600, K);
	ck_assert_uint_eq(rig.sent[1], 0);
	ck_assert_uint_eq(rig_routes(), 1);
}
END_TEST

/* A node that has started anew has another key: packets go by that. */
START_TEST(another_key_there)
{
	struct gre_keys k;
	struct m m;

	node(&m, AN1, mn1, 600, K);
	k = route_keys(AN1, true);
	ck_assert_uint_eq(k.peer, K);
	ck_assert_uint_eq(k.own, sent_key(32));
	node(&m, AN1, mn1, 600, K + 1);
	k = route_keys(AN1, true);
	ck_assert_uint_eq(k.peer, K + 1);
	ck_assert_uint_eq(k.own, sent_key(32));
	node(&m, AN1, mn1, 600, NONE);
	k = route_keys(AN1, true);
	ck_assert_uint_eq(k.peer + k.own, 0);
}
END_TEST

/* So do those to the addresses that it has. */
START_TEST(another_key_for_addresses)
{
	uint8_t data[40] = { 0x60, [6] = 17, [7] = 64, [8] = 0x20, 1, 0xd, 0xb8,
		2, 0, 0, 1, [23] = 7 };
	unsigned i, n = 0;
	uint32_t own;
	struct m m;

	node(&m, AN1, mn1, 600, K);
	mn_input(of(mn1)->mn, data, sizeof(data));
	ck_assert_uint_eq(rig_routes(), 2);
	node(&m, AN1, mn1, 600, K + 1);
	own = sent_key(32);
	for (i = 0; i < N_ROUTES; i++) {
		if (!rig.route[i].live)
			continue;
		n++;
		ck_assert_uint_eq(rig.route[i].e.gre.peer, K + 1);
		ck_assert_uint_eq(rig.route[i].e.gre.own, own);
	}
	ck_assert_uint_eq(n, 2);
}
END_TEST

/* What we draw for both directions may be a key that another one has there. */
START_TEST(drawn_twice)
{
	struct gre_draw ahead;
	uint32_t first, next;
	struct m m;

	node(&m, AN2, mn1, 600, 0);		/* the sequence has begun */
	ahead = rig.reg.gre;
	first = gre_draw_next(&ahead);
	next = gre_draw_next(&ahead);
	node(&m, AN1, mn1, 600, next);
	ck_assert(has(mn1, next, first));
	node(&m, AN1, mn2, 600, 0);
	ck_assert_uint_eq(rig.sent[1], 0);
	ck_assert_uint_eq(sent_key(32), gre_draw_next(&ahead));
}
END_TEST

/* Whose a revocation is its NAI says [D14]. */
START_TEST(revoked_apart)
{
	struct m m;

	node(&m, AN1, mn1, 600, 1);
	node(&m, AN1, mn2, 600, 2);
	rig_wait(2);
	rig.n_sent = 0;
	reg_end(&rig.reg, of(mn2), "test");
	rig_wait(2);
	ck_assert_uint_ge(rig.n_sent, 1);
	ck_assert_uint_eq(rig.sent[0], 7);
	ck_assert_mem_eq(rig.sent + sent_ext(131) + 2, mn2, strlen(mn2));
	ck_assert_uint_eq(sent_ext(48), 0);
	ck_assert_int_eq(of(mn1)->state, BINDING_BOUND);
	ck_assert_uint_eq(rig_routes(), 1);
	/* From the same place, with the id that was sent. */
	m.n = 0;
	m_int(&m, 15, 1);
	m_int(&m, 0, 3);
	m_ip(&m, "0.0.0.0");
	m_put(&m, rig.sent + 16, 4);
	m_nai(&m, mn1);
	m_ext(&m, 221, "", 1);
	m_auth(&m, 32, 512, key_mn);
	rig_in(&m, AN1);
	/* the other's */
	ck_assert_uint_eq(rig.reg.stats.revoke_acked, 0);
	m.n = 12;
	m_nai(&m, mn2);
	m_ext(&m, 221, "", 1);
	m_auth(&m, 32, 512, key_mn);
	rig_in(&m, AN1);
	ck_assert_uint_eq(rig.reg.stats.revoke_acked, 1);
}
END_TEST

/* What is told of the link's MTU leaves room for header and key [D33]. */
START_TEST(mtu)
{
	uint8_t ra[MN_RA_MAX];
	struct m m;
	size_t i, at[2] = { 0 }, n = 0;
	int64_t key[2] = { NONE, K };
	int len;

	for (n = 0; n < 2; n++) {
		node(&m, AN1, mn1, 600, key[n]);
		len = mn_ra_write(of(mn1)->mn, ra);
		ck_assert_int_gt(len, 56);
		for (i = 56; i < (size_t)len; i += 8u * ra[i + 1])
			if (ra[i] == 5)
				at[n] = (size_t)ra[i + 6] << 8 | ra[i + 7];
	}
	ck_assert_uint_eq(at[0], 1480);
	ck_assert_uint_eq(at[1], 1472);
}
END_TEST

/* From an access node to a router and back: the kinds do not mix. */
START_TEST(both_kinds)
{
	struct m m;

	node(&m, AN1, mn1, 600, K);
	ck_assert(route_keys(AN1, true).peer == K);
	m_rrq(&m, 0, 600, AR1);
	m_nai(&m, mn1);
	m_req(&m, IID);
	m_auth(&m, 32, 512, key_mn);
	m_key(&m, K);
	m_sign(&m);
	rig_in(&m, AR1);
	expect(&m, 0, 600);
	ck_assert(route_keys(AR1, false).peer == K);
	node(&m, AN2, mn1, 600, NONE);
	ck_assert(route_keys(AN2, true).own == 0);
}
END_TEST

static int
by_value(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Keys come once, and not in order. */
START_TEST(draw)
{
	static uint32_t k[100000];
	struct gre_draw d = { .n = 0 }, other = { .n = 0 };
	size_t i, n = sizeof(k) / sizeof(k[0]), up = 0;

	for (i = 0; i < n; i++) {
		k[i] = gre_draw_next(&d);
		ck_assert_uint_ne(k[i], 0);
		up += i > 0 && k[i] == k[i - 1] + 1;
	}
	ck_assert_uint_lt(up, 10);
	ck_assert(k[0] != gre_draw_next(&other) ||
	    k[1] != gre_draw_next(&other));
	qsort(k, n, sizeof(k[0]), by_value);
	for (i = 1; i < n; i++)
		ck_assert_uint_ne(k[i], k[i - 1]);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("had GRE");
	TCase *t = tcase_create("gre");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, not_offered);
	tcase_add_test(t, granted);
	tcase_add_test(t, behind_mobile_home);
	tcase_add_test(t, both_ours);
	tcase_add_test(t, renewed_and_ended);
	tcase_add_test(t, malformed);
	tcase_add_test(t, changes_too_often);
	tcase_add_test(t, no_data_path);
	tcase_add_test(t, address_in_use);
	tcase_add_test(t, one_care_of_address);
	tcase_add_test(t, another_key_there);
	tcase_add_test(t, another_key_for_addresses);
	tcase_add_test(t, drawn_twice);
	tcase_add_test(t, revoked_apart);
	tcase_add_test(t, mtu);
	tcase_add_test(t, both_kinds);
	tcase_add_test(t, draw);
	suite_add_tcase(s, t);
	return test_run(s);
}

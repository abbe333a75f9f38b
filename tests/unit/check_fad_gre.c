/* SPDX-License-Identifier: BSD-2-Clause */
/* GRE with keys to home agents: who gets it, whose keys, how long they stay,
 * what an answer without one is worth, and two visitors with one home address
 * [RFC 6245; PROTOCOLS D232-D235]. */
#include "config.h"

#include "tests/unit/fad_rig.h"

#define BOB	"bob@example.org"
#define G	MIP4_F_G
#define T	MIP4_F_T
#define KEY	UINT32_C(0xcafe0001)	/* of the home agent */
#define GRE_LEN	8u			/* of 48 */

static const struct way here = WAY, there = { MAC_B, HOME, FA, 1, 255 };

static void
setup(void)
{
	rig_init();
	rig.ha.gre = FAD_GRE_OFFER;
}

static void
m_gre(struct m *m, uint32_t key)
{
	m_int(m, 48, 1);
	m_int(m, 0, 1);
	m_int(m, 4, 2);
	m_int(m, key, 4);
}

/* A request of this NAI; home may be 0. */
static void
m_named(struct m *m, uint8_t flags, uint16_t life, const char *home,
    const char *nai)
{
	m_rrq(m, flags, life, home, HA, COA);
	m_nai(m, nai);
	m_auth(m, 32, 512, key_mh);
}

/* The key that we add to it, which stands directly behind 32 and is covered. */
static uint32_t
asked(const struct m *q)
{
	const uint8_t *at = rig.to_home + q->n;
	struct m want = *q;
	uint32_t key;

	ck_assert_uint_eq(rig.n_home, 1);
	ck_assert_uint_ge(rig.home_len, q->n + GRE_LEN);
	key = (uint32_t)at[4] << 24 | (uint32_t)at[5] << 16 |
	    (uint32_t)at[6] << 8 | at[7];
	m_gre(&want, key);
	ck_assert_uint_ne(key, 0);
	m_put(&want, rig.to_home + want.n, 8);	/* 137 */
	ck_assert_uint_eq(rig.to_home[q->n + GRE_LEN], 137);
	m_auth(&want, 34, 256, key_fh);
	ck_assert_uint_eq(rig.home_len, want.n);
	ck_assert_mem_eq(rig.to_home, want.b, want.n);
	return key;
}

static void
not_asked(const struct m *q)
{
	ck_assert_uint_eq(rig.n_home, 1);
	ck_assert_uint_eq(rig.to_home[q->n], 137);
}

/* The answer, with a key if that is not 0. */
static void
answer(const struct m *q, uint8_t code, uint16_t life, const char *home,
    const char *nai, uint32_t key)
{
	struct m a;

	m_rrp(&a, q, code, life, home);
	if (nai)
		m_nai(&a, nai);
	m_auth(&a, 32, 512, key_mh);
	if (key)
		m_gre(&a, key);
	m_auth(&a, 34, 256, key_fh);
	rig_reply(&a, HA);
}

static const struct dp_entry *
way_on(unsigned link)
{
	for (unsigned i = 0; i < N_ROUTES; i++)
		if (rig.route[i].live && rig.route[i].e.link == link)
			return &rig.route[i].e;
	return NULL;
}

START_TEST(who_gets_it)
{
	struct m q;

	setup();
	m_plain(&q, T, 600, HOME, HA);		/* it has not asked */
	rig_in(&q, &here);
	not_asked(&q);
	m_plain(&q, T | G, 600, HOME, HA);
	rig_in(&q, &here);
	(void)asked(&q);
	ck_assert_uint_eq(rig.relay.stats.gre_asked, 1);
	rig.ha.gre = FAD_GRE_ALWAYS;
	m_plain(&q, T, 600, HOME, HA);
	rig_in(&q, &here);
	(void)asked(&q);
	/* G is its own: 32 covers it. */
	ck_assert_uint_eq(rig.to_home[1], T);
	m_rrq(&q, T | MIP4_F_D | G, 600, HOME, HA, "10.9.0.7");
	m_auth(&q, 32, 512, key_mh);		/* its own tunnel */
	rig_in(&q, &here);
	ck_assert_uint_eq(rig.n_home, 1);
	ck_assert_uint_eq(rig.to_home[q.n], 34);
	/* Another home agent than the file's. */
	m_plain(&q, T | G, 600, HOME_B, HA_OTHER);
	rig_in(&q, &here);
	ck_assert_uint_eq(rig.to_node[1], 72);
	rig_wait(2);
	rig.conf.gre = FAD_GRE_OFFER;
	m_plain(&q, T | G, 600, HOME_B, HA_OTHER);
	rig_in(&q, &here);
	ck_assert_uint_eq(rig.home_len, q.n + GRE_LEN);
	rig_free();
}
END_TEST

START_TEST(code_72)
{
	static const uint8_t flags[] = { G, MIP4_F_M, MIP4_F_M | G };
	struct m q;

	setup();
	for (unsigned i = 0; i < 3; i++) {
		rig.ha.gre = i == 0 ? FAD_GRE_REFUSE : FAD_GRE_ALWAYS;
		m_plain(&q, flags[i], 600, HOME, HA);
		rig_in(&q, &here);
		ck_assert_uint_eq(rig.n_home, 0);
		ck_assert_uint_eq(rig.to_node[1], 72);
		rig_wait(2);
	}
	/* A key of its own, signed or not. */
	m_rrq(&q, G, 600, HOME, HA, COA);
	m_gre(&q, 7);
	m_auth(&q, 32, 512, key_mh);
	rig_in(&q, &here);
	ck_assert_uint_eq(rig.to_node[1], 72);
	rig_wait(2);
	m_plain(&q, G, 600, HOME, HA);
	m_gre(&q, 7);
	rig_in(&q, &here);
	ck_assert_uint_eq(rig.to_node[1], 72);
	rig_free();
}
END_TEST

/* Over a retransmission, renewals, another key of the home agent's and the end;
 * what the mobile node gets has no 48. */
START_TEST(key_stays)
{
	const struct dp_entry *e;
	uint32_t key;
	struct m q, a;

	setup();
	m_plain(&q, T | G, 600, HOME, HA);
	rig_in(&q, &here);
	key = asked(&q);
	rig_wait(2);
	m_plain(&q, T | G, 600, HOME, HA);
	rig_in(&q, &here);
	ck_assert_uint_eq(asked(&q), key);
	m_rrp(&a, &q, 0, 600, HOME);
	m_auth(&a, 32, 512, key_mh);
	answer(&q, 0, 600, HOME, NULL, KEY);
	ck_assert_uint_eq(rig.n_node, 1);
	ck_assert_uint_eq(rig.node_len, a.n);
	ck_assert_mem_eq(rig.to_node, a.b, a.n);
	e = rig_route_of(HOME);
	ck_assert(e->reverse && e->gre.own == key && e->gre.peer == KEY);

	m_plain(&q, T | G, 600, HOME, HA);
	rig_in(&q, &here);
	ck_assert_uint_eq(asked(&q), key);
	answer(&q, 0, 600, HOME, NULL, KEY + 1);	/* it was restarted */
	ck_assert_uint_eq(rig_routes(), 1);
	e = rig_route_of(HOME);
	ck_assert(e->gre.own == key && e->gre.peer == KEY + 1);
	/* No GRE any more, then again: another tunnel each time. */
	m_plain(&q, T, 600, HOME, HA);
	rig_in(&q, &here);
	not_asked(&q);
	answer(&q, 0, 600, HOME, NULL, 0);
	ck_assert_uint_eq(rig_route_of(HOME)->gre.own, 0);
	m_plain(&q, T | G, 600, HOME, HA);
	rig_in(&q, &here);
	key = asked(&q);
	answer(&q, 0, 600, HOME, NULL, KEY);
	ck_assert_uint_eq(rig_route_of(HOME)->gre.own, key);
	ck_assert_uint_eq(table_count(&rig.visitors.by_home), 1);

	m_plain(&q, T | G, 0, HOME, HA);
	rig_in(&q, &here);
	ck_assert_uint_eq(asked(&q), key);
	answer(&q, 0, 0, HOME, NULL, 0);	/* it needs none */
	ck_assert_uint_eq(rig.to_node[1], 0);
	ck_assert_uint_eq(rig_routes(), 0);
	rig_free();
}
END_TEST

/* A denial may have one; what has no 32 is cut before it. */
START_TEST(denied)
{
	struct m q, a;

	setup();
	m_plain(&q, T | G, 600, HOME, HA);
	rig_in(&q, &here);
	answer(&q, 139, 0, HOME, NULL, 0);
	ck_assert_uint_eq(rig.to_node[1], 139);
	m_plain(&q, T | G, 600, HOME, HA);
	rig_in(&q, &here);
	m_rrp(&a, &q, 129, 0, HOME);
	m_gre(&a, KEY);
	m_auth(&a, 34, 256, key_fh);
	rig_reply(&a, HA);
	ck_assert_uint_eq(rig.to_node[1], 129);
	ck_assert_uint_eq(rig.node_len, 20);
	ck_assert_uint_eq(table_count(&rig.visitors.by_home), 0);
	rig_free();
}
END_TEST

/* An acceptance without a key that counts makes no visit. */
START_TEST(no_key)
{
	struct m q, a;

	setup();
	for (unsigned i = 0; i < 5; i++) {
		m_plain(&q, T | G, 600, HOME, HA);
		rig_in(&q, &here);
		(void)asked(&q);
		m_rrp(&a, &q, 0, 600, HOME);
		if (i == 1)
			m_gre(&a, KEY);		/* for the mobile node? */
		m_auth(&a, 32, 512, key_mh);
		if (i == 2)
			m_gre(&a, 0);
		if (i == 3) {
			m_gre(&a, KEY);
			m_gre(&a, KEY);
		}
		m_auth(&a, 34, 256, key_fh);
		if (i == 4)
			m_gre(&a, KEY);		/* whose? */
		rig_reply(&a, HA);
		ck_assert_uint_eq(rig.n_node, 1);
		ck_assert_uint_eq(rig.to_node[1], 71);
		ck_assert_uint_eq(table_count(&rig.visitors.by_home), 0);
		ck_assert_uint_eq(rig.relay.stats.gre_unanswered, i + 1u);
	}
	/* Nobody has asked. */
	m_plain(&q, T, 600, HOME, HA);
	rig_in(&q, &here);
	answer(&q, 0, 600, HOME, NULL, KEY);
	ck_assert_uint_eq(rig.n_node, 0);
	ck_assert_uint_eq(rig.relay.stats.drop[FAD_DROP_UNKNOWN_EXT], 1);
	rig_free();
}
END_TEST

/* Registers with Home Address 0; the answer's home address is HOME. */
static uint32_t
enter(const char *nai, const struct way *y, uint32_t key)
{
	uint32_t own;
	struct m q;

	m_named(&q, T | G, 600, "0.0.0.0", nai);
	rig_in(&q, y);
	own = asked(&q);
	answer(&q, 0, 600, HOME, nai, key);
	return own;
}

/* Two behind one station, to whom one home agent has given one address: neither
 * gets what is the other's by its key, whoever has asked last. */
START_TEST(one_station)
{
	uint32_t first, second;
	struct m q;

	setup();
	m_named(&q, T | G, 600, HOME, ALICE);
	rig_in(&q, &here);
	first = asked(&q);
	m_named(&q, T | G, 600, HOME, BOB);
	rig_in(&q, &here);
	second = asked(&q);
	ck_assert_uint_ne(first, second);
	m_named(&q, T | G, 600, HOME, BOB);	/* again */
	rig_in(&q, &here);
	ck_assert_uint_eq(asked(&q), second);
	rig_free();
}
END_TEST

/* A first request that came twice, and its answer, too: the home agent has the
 * key of the first one, for it has taken no other. */
START_TEST(twice)
{
	const struct dp_entry *e;
	uint32_t key;
	struct m q;

	setup();
	m_named(&q, T | G, 600, "0.0.0.0", ALICE);
	rig_in(&q, &here);
	key = asked(&q);
	answer(&q, 0, 600, HOME, ALICE, KEY);
	rig_in(&q, &here);
	answer(&q, 0, 600, HOME, ALICE, KEY);
	e = rig_route_of(HOME);
	ck_assert(e->gre.own == key && e->gre.peer == KEY);
	ck_assert_uint_eq(rig_routes(), 1);
	/* One that has taken it anew has another key for it. */
	rig_in(&q, &here);
	key = asked(&q);
	answer(&q, 0, 600, HOME, ALICE, KEY + 1);
	e = rig_route_of(HOME);
	ck_assert(e->gre.own == key && e->gre.peer == KEY + 1);
	/* And so it is when the mobile node asks anew. */
	rig_wait(2);
	key = enter(ALICE, &here, KEY + 1);
	e = rig_route_of(HOME);
	ck_assert(e->gre.own == key && e->gre.peer == KEY + 1);
	ck_assert_uint_eq(rig_routes(), 1);
	rig_free();
}
END_TEST

/* Counted is what has gone. */
START_TEST(counted)
{
	struct m q;

	setup();
	m_plain(&q, T | G, 600, HOME, HA);
	rig.home_err = -EHOSTUNREACH;
	rig_in(&q, &here);
	ck_assert_uint_eq(rig.relay.stats.gre_asked, 0);
	rig.home_err = 0;
	m_plain(&q, T | G, 600, HOME, HA);
	rig_in(&q, &here);
	ck_assert_uint_eq(rig.relay.stats.gre_asked, 1);
	rig_free();
}
END_TEST

static void
revoke_it(const char *nai)
{
	struct m m = { .n = 0 };

	m_int(&m, 0x07008000, 4);
	m_ip(&m, HOME);
	m_ip(&m, HA);
	m_ip(&m, COA);
	m_int(&m, rig_ntp(NULL) >> 32, 4);
	if (nai)
		m_nai(&m, nai);
	m_auth(&m, 34, 256, key_fh);
	rig_reply(&m, HA);
	ck_assert_uint_eq(rig.n_home, 1);
	ck_assert_uint_eq(rig.to_home[0], 15);
}

/* One home agent has given one address to two. */
START_TEST(overlapping)
{
	uint32_t first, second;
	struct m q;

	setup();
	first = enter(ALICE, &here, KEY);
	ck_assert_uint_eq(rig.to_node[1], 0);
	second = enter(BOB, &here, KEY + 1);	/* on one link: which? */
	ck_assert_uint_eq(rig.to_node[1], 65);
	second = enter(BOB, &there, KEY + 1);
	ck_assert_uint_eq(rig.to_node[1], 0);
	ck_assert_uint_eq(table_count(&rig.visitors.by_home), 2);
	ck_assert_uint_eq(way_on(0)->gre.own, first);
	ck_assert_uint_eq(way_on(1)->gre.own, second);
	ck_assert_uint_eq(way_on(1)->gre.peer, KEY + 1);
	ck_assert_uint_ne(first, second);

	/* Each renews its own, and comes to nobody else's link. */
	m_named(&q, T | G, 600, HOME, BOB);
	rig_in(&q, &there);
	ck_assert_uint_eq(asked(&q), second);
	answer(&q, 0, 600, HOME, BOB, KEY + 1);
	m_named(&q, T | G, 600, HOME, ALICE);
	rig_in(&q, &here);
	ck_assert_uint_eq(asked(&q), first);
	answer(&q, 0, 600, HOME, ALICE, KEY);
	ck_assert_uint_eq(rig_routes(), 2);
	rig_wait(2);
	m_named(&q, T | G, 600, HOME, BOB);
	rig_in(&q, &here);
	ck_assert_uint_eq(rig.to_node[1], 65);

	/* The end of the one is not that of the other. */
	rig_wait(2);
	m_named(&q, T | G, 0, HOME, ALICE);
	rig_in(&q, &here);
	answer(&q, 0, 0, HOME, ALICE, 0);
	ck_assert_uint_eq(rig_routes(), 1);
	ck_assert_uint_eq(way_on(1)->gre.own, second);
	rig_free();
}
END_TEST

/* A 7 names whom it is about. */
START_TEST(revoked)
{
	struct visitor *v;
	struct m q;

	setup();
	(void)enter(ALICE, &here, KEY);
	(void)enter(BOB, &there, KEY + 1);
	v = visitor_find(&rig.visitors, &(struct visit_id){
	    { inet_addr(HOME) }, { inet_addr(HA) },
	    (const uint8_t *)BOB, strlen(BOB), true });
	ck_assert_ptr_nonnull(v);
	ck_assert_uint_eq(v->asked.node.link, 1);
	v->negotiated = true;
	v->rev_ha = (uint32_t)(rig_ntp(NULL) >> 32);
	revoke_it(NULL);
	revoke_it("carol@example.net");
	ck_assert_uint_eq(rig_routes(), 2);
	revoke_it("bob@EXAMPLE.ORG");
	ck_assert_uint_eq(rig_routes(), 1);
	ck_assert_ptr_nonnull(way_on(0));
	/* Another without GRE is another, too; but not who had GRE himself, or
	 * says nothing but the address. */
	m_named(&q, T, 600, "0.0.0.0", BOB);
	rig_in(&q, &here);
	not_asked(&q);
	answer(&q, 0, 600, HOME, BOB, 0);
	ck_assert_uint_eq(rig.to_node[1], 65);
	m_plain(&q, T | G, 600, HOME, HA);
	rig_in(&q, &here);
	answer(&q, 0, 600, HOME, NULL, KEY);
	ck_assert_uint_eq(rig.to_node[1], 0);
	ck_assert_uint_eq(table_count(&rig.visitors.by_home), 1);
	m_named(&q, T, 600, HOME, ALICE);
	rig_in(&q, &here);
	not_asked(&q);
	answer(&q, 0, 600, HOME, ALICE, 0);
	ck_assert_uint_eq(rig.to_node[1], 0);
	ck_assert_uint_eq(table_count(&rig.visitors.by_home), 1);
	ck_assert_uint_eq(rig_routes(), 1);
	ck_assert_uint_eq(way_on(0)->gre.own, 0);
	rig_free();
}
END_TEST

TEST_MAIN("fad_gre", who_gets_it, code_72, key_stays, denied, no_key,
    overlapping, one_station, twice, counted, revoked)

/* SPDX-License-Identifier: BSD-2-Clause */
/* Which home a subscriber gets: what is fixed for it, its pool, what is asked
 * for, its realm's pools, and what the peer may give; full pools. PROTOCOLS 10,
 * 11.4, RFC 5446, D43, D51, D70-D74. */
#include "config.h"

#include "tests/unit/had_rig.h"

#define MORE	"2001:db8:300:"	/* of the third pool */

#define HOMES	"2001:db8:100:"
#define VILLAGE	"2001:db8:200:1:"

static char alice_nai[] = ALICE;
static struct realms realms;

static void
set_up(void)
{
	rig_init();
	pools_free(&rig.pools);
	rig_pool(&rig.pool[2], "more", "2001:db8:300::", 62, POOL_UNIQUE);
	rig.choice[2] = &rig.pool[2];
	ck_assert_int_eq(pools_init(&rig.pools, rig.pool, 3, 0), 0);
	bindings_free(&rig.bindings);
	ck_assert_int_eq(bindings_init(&rig.bindings), 0);
	rig.peer[0].n_pools = 3;
	rig.user = (struct user){ .nai = alice_nai, .nai_len = strlen(ALICE) };
	ck_assert_int_eq(realms_init(&realms), 0);
	rig.reg.realms = &realms;
}

static void
tear_down(void)
{
	pool_unreserve(&rig.pools, &rig.user.reserved);
	rig_free();
	realms_free(&realms);
}

static void
know(struct pool *p, const char *fixed)
{
	struct user_home *h = &rig.user.home;

	h->pool = p;
	if (fixed) {
		h->fixed = true;
		ck_assert_int_eq(inet_pton(AF_INET6, fixed, &h->addr), 1);
	}
	ck_assert(peers_add_user(&rig.peers, &rig.user));
}

/* As had does at its start. */
static void
reserve(void)
{
	ck_assert_int_eq(pool_reserve(&rig.pools, rig.user.home.pool,
	    &rig.user.reserved, &rig.user.home.addr), 0);
}

static void
got(const char *begin, bool unique)
{
	bool u = !unique;
	const char *hoa = sent_hoa(&u);

	ck_assert_uint_eq(rig.sent[1], 0);
	ck_assert_msg(strncmp(hoa, begin, strlen(begin)) == 0, "%s is not "
	    "in %s", hoa, begin);
	ck_assert_int_eq(u, unique);
}

static void
refused(const struct m *m, uint8_t code)
{
	expect(m, code, 0);
}

START_TEST(own_pool)
{
	struct m m;

	know(&rig.pool[2], NULL);
	ask(&m, AR1, ALICE, 1800, IID);
	got(MORE, true);
	ask(&m, AR1, BOB, 1800, IID);
	got("2001:db8:100:", true);
	/* An address of its own pool's if it asks for any. */
	tell(&m, AR1, ALICE, 0, sent_hoa(&(bool){ 0 }));
	ask(&m, AR1, ALICE, 1800, NULL);
	got(MORE, true);
}
END_TEST

/* Its pool is not for this access router; nor can the router talk it into
 * another. */
START_TEST(own_pool_elsewhere)
{
	struct m m;

	know(&rig.pool[2], NULL);
	ask(&m, AR2, ALICE, 1800, IID);		/* it has two pools */
	refused(&m, 129);
	tell(&m, AR2, ALICE, 1800, "2001:db8:100:7::1");
	refused(&m, 129);
	tell(&m, AR2, ALICE, 1800, MORE "1::1");
	refused(&m, 129);
	tell(&m, AR1, ALICE, 1800, "2001:db8:100:7::1");
	refused(&m, 129);
	tell(&m, AR1, ALICE, 1800, MORE "1::1");
	got(MORE "1::1", true);
}
END_TEST

START_TEST(no_keys)
{
	struct m m;

	know(&rig.pool[2], NULL);
	m_rrq(&m, 0, 1800, AR1);
	m_nai(&m, ALICE);
	m_req(&m, IID);
	m_auth(&m, 32, 512, key_mn);		/* nobody gave it one */
	m_sign(&m);
	rig_in(&m, AR1);
	refused(&m, 131);
	ask(&m, AR1, ALICE, 1800, IID);
	got(MORE, true);
}
END_TEST

START_TEST(fixed_prefix)
{
	char hoa[INET6_ADDRSTRLEN];
	struct m m;
	bool u;

	know(&rig.pool[2], MORE "2::");
	reserve();
	ask(&m, AR1, ALICE, 1800, IID);
	got(MORE "2:211:2233:4455:6677", true);
	ck_assert(rig_routed(MORE "2::", 64, AR1));
	tell(&m, AR1, ALICE, 1800, MORE "2:211:2233:4455:6677");
	got(MORE "2:211:2233:4455:6677", true);
	/* The end is the end: it stays reserved and is not held. */
	tell(&m, AR1, ALICE, 0, MORE "2:211:2233:4455:6677");
	ck_assert_uint_eq(rig.pool[2].used, 0);
	tell(&m, AR1, BOB, 1800, MORE "2::1");
	refused(&m, 129);
	/* Three are left for the others, whoever they are. */
	for (unsigned i = 0; i < 3; i++) {
		char nai[8];

		snprintf(nai, sizeof(nai), "u%u", i);
		tell(&m, AR1, nai, 1800, i == 0 ? MORE "0::1" : i == 1 ?
		    MORE "1::1" : MORE "3::1");
		got(MORE, true);
	}
	/* An identifier of our choice, which stays. */
	ask(&m, AR1, ALICE, 1800, NULL);
	got(MORE "2:", true);
	strcpy(hoa, sent_hoa(&u));
	ask(&m, AR1, ALICE, 1800, NULL);
	got(hoa, true);
	/* Not by a router that may not give it out. */
	ask(&m, AR2, ALICE, 1800, IID);
	refused(&m, 129);
	ck_assert_uint_eq(of(ALICE)->coa.s_addr, inet_addr(AR1));
}
END_TEST

START_TEST(fixed_address)
{
	struct m m;

	know(&rig.pool[1], "2001:db8:200:1::5");
	reserve();
	ask(&m, AR1, ALICE, 1800, NULL);
	got("2001:db8:200:1::5", false);
	ck_assert(rig_routed("2001:db8:200:1::5", 128, AR1));
	ask(&m, AR1, ALICE, 1800, IID);
	refused(&m, 129);			/* a prefix is not its right */
	tell(&m, AR1, BOB, 1800, "2001:db8:200:1::5");
	refused(&m, 129);
	tell(&m, AR1, ALICE, 1800, "2001:db8:200:1::5");
	got("2001:db8:200:1::5", false);
	tell(&m, AR2, ALICE, 1800, "2001:db8:200:1::5");
	got("2001:db8:200:1::5", false);	/* a handoff */
}
END_TEST

/* had was restarted with another configuration: who had its address before
 * gets it back only if it is still its own. */
/* Meanwhile bound elsewhere, it renews that [D70]. */
START_TEST(fixed_while_bound)
{
	char hoa[INET6_ADDRSTRLEN];
	struct m m;
	bool u;

	ask(&m, AR1, ALICE, 1800, IID);
	got("2001:db8:100:", true);
	strcpy(hoa, sent_hoa(&u));
	know(&rig.pool[2], MORE "2::");
	reserve();
	tell(&m, AR1, ALICE, 1800, hoa);
	got(hoa, true);
	ask(&m, AR1, ALICE, 1800, IID);
	got(MORE "2:211:2233:4455:6677", true);
}
END_TEST

START_TEST(fixed_since)
{
	struct m m;

	know(&rig.pool[2], MORE "2::");
	reserve();
	tell(&m, AR1, ALICE, 1800, MORE "1:211:2233:4455:6677");
	refused(&m, 129);
	ck_assert_uint_eq(rig.pool[2].used, 0);
	tell(&m, AR1, ALICE, 1800, MORE "2:211:2233:4455:6677");
	got(MORE "2:211:2233:4455:6677", true);
}
END_TEST

/* AAA fixes what another has by now. */
START_TEST(fixed_late)
{
	struct m m;

	tell(&m, AR1, BOB, 1800, MORE "2::1");
	got(MORE "2::1", true);
	know(&rig.pool[2], MORE "2::");
	ask(&m, AR1, ALICE, 1800, IID);
	refused(&m, 130);
	tell(&m, AR1, BOB, 0, MORE "2::1");
	/* Held for the other, which is less than fixed. */
	ask(&m, AR1, ALICE, 1800, IID);
	got(MORE "2:211:2233:4455:6677", true);
	ck_assert_ptr_null(of(BOB)->lease.at.pool);
	ck_assert_uint_eq(rig.peer[0].n_held, 0);
	ck_assert_uint_eq(rig.pool[2].reclaimed, 1);
}
END_TEST

/* Four prefixes; the fifth subscriber gets the one held longest. */
START_TEST(full)
{
	struct m m;
	char nai[8], hoa[INET6_ADDRSTRLEN];
	unsigned i;

	rig.peer[0].pools = &rig.choice[2];
	rig.peer[0].n_pools = 1;
	for (i = 0; i < 4; i++) {
		snprintf(nai, sizeof(nai), "u%u", i);
		ask(&m, AR1, nai, 1800, IID);
		got(MORE, true);
	}
	ask(&m, AR1, ALICE, 1800, IID);
	refused(&m, 130);
	ck_assert_uint_eq(rig.pool[2].denied, 1);
	for (i = 2; i > 0; i--) {
		snprintf(nai, sizeof(nai), "u%u", i);
		inet_ntop(AF_INET6, &of(nai)->hoa, hoa, sizeof(hoa));
		tell(&m, AR1, nai, 0, hoa);
		expect(&m, 0, 0);
	}
	inet_ntop(AF_INET6, &of("u2")->hoa, hoa, sizeof(hoa));
	ask(&m, AR1, ALICE, 1800, IID);
	got(hoa, true);
	ck_assert_uint_eq(rig.pool[2].reclaimed, 1);
	ck_assert_uint_eq(rig.pool[2].held, 1);
	/* Its record stays as long as the replay protection needs it. */
	ck_assert_ptr_nonnull(of("u2"));
	ck_assert_ptr_null(of("u2")->lease.at.pool);
	rig_wait(20);
	ck_assert_ptr_null(of("u2"));
	ck_assert_ptr_nonnull(of("u1"));
	rig.pool[2].hold_strict = true;
	ask(&m, AR1, BOB, 1800, IID);
	refused(&m, 130);
	ask(&m, AR1, "u1", 1800, IID);
	got(MORE, true);
}
END_TEST

/* Free here is better than held there. */
START_TEST(held_last)
{
	struct m m;
	char nai[8];
	unsigned i;

	rig.peer[0].pools = (struct pool *[]){ &rig.pool[2], &rig.pool[0] };
	rig.peer[0].n_pools = 2;
	for (i = 0; i < 4; i++) {
		snprintf(nai, sizeof(nai), "u%u", i);
		ask(&m, AR1, nai, 1800, IID);
		got(MORE, true);
	}
	tell(&m, AR1, "u3", 0, sent_hoa(&(bool){ 0 }));
	ask(&m, AR1, ALICE, 1800, IID);
	got("2001:db8:100:", true);
	ck_assert_uint_eq(rig.pool[2].held, 1);
	rig.peer[0].n_pools = 0;
}
END_TEST

/* As ask, with a service; to another place than before the authenticator:
 * behind. */
static void
ask_for(struct m *m, const char *ar, const char *nai, const char *iid,
    const char *service)
{
	m_rrq(m, 0, 1800, ar);
	m_nai(m, nai);
	m_req(m, iid);
	m_ext(m, 151, service, strlen(service));
	m_sign(m);
	rig_in(m, ar);
}

/* As tell, likewise. */
static void
tell_for(struct m *m, const char *ar, const char *nai, const char *hoa,
    const char *service)
{
	m_rrq(m, 0, 1800, ar);
	m_nai(m, nai);
	m_hoa(m, hoa, true);
	m_ext(m, 151, service, strlen(service));
	m_sign(m);
	rig_in(m, ar);
}

static void
leave(const char *nai)
{
	char hoa[INET6_ADDRSTRLEN];
	struct m m;

	inet_ntop(AF_INET6, &of(nai)->hoa, hoa, sizeof(hoa));
	tell(&m, AR1, nai, 0, hoa);
	expect(&m, 0, 0);
}

START_TEST(realm_pools)
{
	struct realm net = { .name = (char[]){ "Example.NET" },
		.pools = (struct pool *[]){ &rig.pool[2], &rig.pool[1] },
		.n_pools = 2, .max_lifetime = 600 };
	struct realm rest = { .name = (char[]){ "*" },
		.pools = (struct pool *[]){ &rig.pool[0] }, .n_pools = 1,
		.max_lifetime = 3600 };
	struct m m;

	ck_assert(realms_add(&realms, &net));
	ck_assert(!realms_add(&realms, &net));
	ask(&m, AR1, ALICE, 1800, IID);
	got(MORE, true);
	expect(&m, 0, 600);
	ask(&m, AR1, BOB, 1800, NULL);
	got(VILLAGE, false);
	/* No realm section for these: what the peer has. */
	ask(&m, AR1, "carol@x.org", 1800, NULL);
	got(VILLAGE, false);
	ck_assert(realms_add(&realms, &rest));
	ask(&m, AR1, "dave@x.org", 1800, NULL);
	got(HOMES, true);
	ask(&m, AR1, "erin", 1800, NULL);
	got(HOMES, true);
	ask(&m, AR1, "frank@*", 1800, NULL);
	got(HOMES, true);
	ask(&m, AR1, "grace@", 1800, NULL);
	got(HOMES, true);
	/* A realm's address is not for another realm, nor the other way. */
	tell(&m, AR1, "u@x.org", 1800, MORE "1::1");
	refused(&m, 129);
	tell(&m, AR1, "u@example.net", 1800, HOMES "1::1");
	refused(&m, 129);
	/* What the peer has bounds it: of the realm's, the other has one. */
	ask(&m, AR2, "v@example.net", 1800, IID);
	refused(&m, 129);
	ask(&m, AR2, "v@example.net", 1800, NULL);
	got(VILLAGE, false);
	/* Its own pool is more than its realm's. */
	know(&rig.pool[0], NULL);
	leave(ALICE);
	ask(&m, AR1, ALICE, 1800, IID);
	got(HOMES, true);
}
END_TEST

START_TEST(hint_preferred)
{
	char hoa[INET6_ADDRSTRLEN];
	struct m m;
	bool u;

	ask_for(&m, AR1, ALICE, IID, "more");
	got(MORE, true);
	strcpy(hoa, sent_hoa(&u));
	ask_for(&m, AR1, BOB, NULL, "more");
	got(MORE, true);
	ask_for(&m, AR1, "c", IID, "village");	/* has no prefixes */
	got(HOMES, true);
	ck_assert_uint_eq(rig.reg.stats.hint_followed, 3);
	ask_for(&m, AR1, "d", IID, "mor");
	got(HOMES, true);
	ck_assert_uint_eq(rig.reg.stats.hint_unknown, 1);
	ask_for(&m, AR2, "e", IID, "more");	/* not this peer's */
	got(HOMES, true);
	ck_assert_uint_eq(rig.reg.stats.hint_not_offered, 1);
	ck_assert_uint_eq(rig.peer[1].stats.hint_not_offered, 1);
	/* Bound is bound, at another agent, too. */
	tell_for(&m, AR1, ALICE, MORE "7::1", "homes");
	refused(&m, 129);
	tell_for(&m, AR1, ALICE, hoa, "homes");
	got(hoa, true);
	tell_for(&m, AR1, ALICE, hoa, "mor");
	got(hoa, true);
	ask_for(&m, AR1, ALICE, IID, "homes");
	got(MORE, true);
	/* Another class since: from the next session on. */
	leave(ALICE);
	ask_for(&m, AR1, ALICE, IID, "homes");
	got(HOMES, true);
	/* Full: something else, or what it had. */
	for (unsigned i = 0; i < 3; i++) {
		char nai[8];

		snprintf(nai, sizeof(nai), "u%u", i);
		ask_for(&m, AR1, nai, IID, "more");
		got(MORE, true);
	}
	leave(ALICE);
	ask_for(&m, AR1, ALICE, IID, "more");
	got(HOMES, true);
	rig.conf.hint = HAD_HINT_IGNORE;
	leave("u0");
	ask_for(&m, AR1, "v", IID, "more");
	got(HOMES, true);
	ck_assert_uint_eq(rig.reg.stats.hint_unknown, 1);
}
END_TEST

START_TEST(hint_required)
{
	struct realm net = { .name = (char[]){ "example.net" },
		.pools = (struct pool *[]){ &rig.pool[0], &rig.pool[1] },
		.n_pools = 2, .max_lifetime = 3600 };
	char hoa[INET6_ADDRSTRLEN];
	struct m m;
	bool u;

	rig.conf.hint = HAD_HINT_REQUIRE;
	ask_for(&m, AR1, ALICE, IID, "mor");
	refused(&m, 151);
	ask_for(&m, AR2, ALICE, IID, "more");
	refused(&m, 151);
	ck_assert_uint_eq(rig.reg.stats.code[stats_code_index(151)], 2);
	ask_for(&m, AR1, ALICE, IID, "more");
	got(MORE, true);
	strcpy(hoa, sent_hoa(&u));
	tell_for(&m, AR1, ALICE, hoa, "more");
	got(hoa, true);
	/* Another service than that of its binding, which ends with it. */
	tell_for(&m, AR1, ALICE, hoa, "homes");
	refused(&m, 151);
	ck_assert_int_eq(of(ALICE)->state, BINDING_IDLE);
	ck_assert_uint_eq(rig_routes(), 0);
	ask_for(&m, AR1, ALICE, IID, "homes");
	got(HOMES, true);
	/* But not by a router that does not have it. */
	strcpy(hoa, sent_hoa(&u));
	tell_for(&m, AR2, ALICE, hoa, "village");
	refused(&m, 151);
	ck_assert_int_eq(of(ALICE)->state, BINDING_BOUND);
	ck_assert_uint_eq(of(ALICE)->coa.s_addr, inet_addr(AR1));
	/* Full is full, though there are others. */
	for (unsigned i = 0; i < 4; i++) {
		char nai[8];

		snprintf(nai, sizeof(nai), "u%u", i);
		ask_for(&m, AR1, nai, IID, "more");
		got(MORE, true);
	}
	ask_for(&m, AR1, "v", IID, "more");
	refused(&m, 130);
	/* Not of its realm. */
	ck_assert(realms_add(&realms, &net));
	ask_for(&m, AR1, BOB, IID, "more");
	refused(&m, 151);
	/* One that asks for nothing is served as ever. */
	ask(&m, AR1, BOB, 1800, IID);
	got(HOMES, true);
}
END_TEST

/* What no authenticator covers asks for nothing; what is known of the
 * subscriber is more than what is asked for. */
START_TEST(hint_void)
{
	struct m m;

	rig.conf.hint = HAD_HINT_REQUIRE;
	m_rrq(&m, 0, 1800, AR1);
	m_nai(&m, BOB);
	m_req(&m, IID);
	m_sign(&m);
	m_ext(&m, 151, "more", 4);
	rig_in(&m, AR1);
	got(HOMES, true);
	know(&rig.pool[0], NULL);
	ask_for(&m, AR1, ALICE, IID, "more");
	got(HOMES, true);
	rig.user.home.fixed = true;
	ck_assert_int_eq(inet_pton(AF_INET6, HOMES "9::",
	    &rig.user.home.addr), 1);
	ask_for(&m, AR1, ALICE, IID, "nonsense");
	got(HOMES "9:", true);
	m_rrq(&m, 0, 1800, AR1);
	m_nai(&m, BOB);
	m_req(&m, IID);
	m_ext(&m, 151, "", 0);
	m_sign(&m);
	rig_in(&m, AR1);
	refused(&m, 134);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("had_home");
	TCase *t = tcase_create("homes");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, own_pool);
	tcase_add_test(t, own_pool_elsewhere);
	tcase_add_test(t, no_keys);
	tcase_add_test(t, fixed_prefix);
	tcase_add_test(t, fixed_address);
	tcase_add_test(t, fixed_while_bound);
	tcase_add_test(t, fixed_since);
	tcase_add_test(t, fixed_late);
	tcase_add_test(t, full);
	tcase_add_test(t, held_last);
	tcase_add_test(t, realm_pools);
	tcase_add_test(t, hint_preferred);
	tcase_add_test(t, hint_required);
	tcase_add_test(t, hint_void);
	suite_add_tcase(s, t);
	return test_run(s);
}

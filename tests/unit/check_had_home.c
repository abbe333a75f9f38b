/* SPDX-License-Identifier: BSD-2-Clause */
/* Which home a subscriber gets: what is fixed for it, its pool, and what the
 * peer may give; full pools. PROTOCOLS 10, 11.4, D43, D51, D70. */
#include "config.h"

#include "tests/unit/had_rig.h"

#define MORE	"2001:db8:300:"	/* of the third pool */

static char alice_nai[] = ALICE;

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
}

static void
tear_down(void)
{
	pool_unreserve(&rig.pools, &rig.user.reserved);
	rig_free();
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
	struct m m;

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
	/* An identifier of our choice. */
	ask(&m, AR1, ALICE, 1800, NULL);
	got(MORE "2:", true);
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
	ck_assert_ptr_null(of(BOB)->lease.pool);
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
	ck_assert_ptr_null(of("u2")->lease.pool);
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
	tcase_add_test(t, fixed_since);
	tcase_add_test(t, fixed_late);
	tcase_add_test(t, full);
	tcase_add_test(t, held_last);
	suite_add_tcase(s, t);
	return test_run(s);
}

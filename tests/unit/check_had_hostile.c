/* SPDX-License-Identifier: BSD-2-Clause */
/* An access router that has a key and means ill: what policy does not give it
 * it does not get, and it uses up its own share only [PROTOCOLS D80-D84]. */
#include "config.h"

#include "had/shed.h"
#include "tests/unit/had_rig.h"

#define BAD	AR2		/* nas2 is the hostile one */

static char realm[] = "example.org";
static char *realms[] = { realm };
static char group[] = "others";

static void
setup(void)
{
	rig_init();
}

static void
teardown(void)
{
	rig_free();
}

/* Everything a stranger to the subscriber may not change. */
static void
alice_is_untouched(const struct binding *before)
{
	const struct binding *b = of(ALICE);

	ck_assert_ptr_nonnull(b);
	ck_assert_int_eq(b->state, before->state);
	ck_assert_uint_eq(b->coa.s_addr, before->coa.s_addr);
	ck_assert(IN6_ARE_ADDR_EQUAL(&b->hoa, &before->hoa));
	ck_assert(b->last_id == before->last_id);
	ck_assert_ptr_eq(b->peer, before->peer);
	ck_assert_ptr_eq(b->lease.at.pool, before->lease.at.pool);
	ck_assert_uint_eq(b->rev_acted, before->rev_acted);
}

/* All it can think of: none moves her, ends her, or makes the Identifications
 * of her own access router look old. */
static void
attack(void)
{
	struct binding before = *of(ALICE);
	char hoa[INET6_ADDRSTRLEN];
	struct m m;

	inet_ntop(AF_INET6, &before.hoa, hoa, sizeof(hoa));
	ask(&m, BAD, ALICE, 1800, IID);
	expect(&m, 129, 0);
	alice_is_untouched(&before);
	tell(&m, BAD, ALICE, 1800, hoa);
	expect(&m, 129, 0);
	alice_is_untouched(&before);
	tell(&m, BAD, ALICE, 0, hoa);		/* deregistration */
	expect(&m, 129, 0);
	alice_is_untouched(&before);
	m_rrq(&m, MIP4_F_M, 1800, BAD);		/* denied anyway */
	m_nai(&m, ALICE);
	m_req(&m, IID);
	m_sign(&m);
	rig_in(&m, BAD);
	expect(&m, 129, 0);
	alice_is_untouched(&before);
	ck_assert_uint_eq(rig.peer[1].n_records, 0);
}

START_TEST(realm_is_not_its_own)
{
	struct m m;

	rig.peer[1].realms = realms;
	rig.peer[1].n_realms = 1;
	ask(&m, AR1, ALICE, 1800, IID);
	expect(&m, 0, 1800);
	attack();
	/* The name of its realm is no subscriber of it. */
	ask(&m, BAD, realms[0], 1800, IID);
	expect(&m, 129, 0);
	/* An Identification from the far end of the window changes nothing
	 * for her access router. */
	rig.ns += INT64_C(6000000000);
	ask(&m, BAD, ALICE, 1800, IID);
	rig.ns -= INT64_C(5000000000);
	ask(&m, AR1, ALICE, 1800, IID);
	expect(&m, 0, 1800);
}
END_TEST

/* An access router's probe of a silent home agent is of no realm: refused, but
 * answered and signed, which is all that it wants to know [D62]. Nothing is
 * kept of it. */
START_TEST(probe_is_answered)
{
	struct m m;

	rig.peer[1].realms = realms;
	rig.peer[1].n_realms = 1;
	m_rrq(&m, 0, 0, AR2);
	m_nai(&m, "probe-" AR2 "@netmip4.invalid");
	m_req(&m, NULL);
	m_sign(&m);
	rig_in(&m, AR2);
	expect(&m, 129, 0);
	ck_assert_uint_eq(rig.peer[1].n_records, 0);
	/* At a home agent that serves every realm it is a deregistration of
	 * nobody, and leaves as little. */
	rig.peer[1].n_realms = 0;
	m_rrq(&m, 0, 0, AR2);
	m_nai(&m, "probe-" AR2 "@netmip4.invalid");
	m_req(&m, NULL);
	m_sign(&m);
	rig_in(&m, AR2);
	expect(&m, 0, 0);
}
END_TEST

START_TEST(bound_by_another_group)
{
	struct m m;

	rig.peer[1].group = group;
	ask(&m, AR1, ALICE, 1800, IID);
	expect(&m, 0, 1800);
	attack();
	/* Nor may it have the prefix that is held for her. */
	ask(&m, AR1, ALICE, 0, IID);
	expect(&m, 0, 0);
	ck_assert_ptr_nonnull(of(ALICE)->lease.at.pool);
	attack();
	/* Who is unknown comes through whoever has the realm. */
	ask(&m, BAD, BOB, 1800, IID_B);
	expect(&m, 0, 1800);
	ck_assert_ptr_eq(of(BOB)->peer, &rig.peer[1]);
	ask(&m, AR1, BOB, 1800, IID_B);
	expect(&m, 129, 0);
	/* One group: a move. */
	rig.peer[0].group = group;
	ask(&m, AR1, BOB, 1800, IID_B);
	ck_assert_uint_eq(rig.sent[1], 0);
	ck_assert_ptr_eq(of(BOB)->peer, &rig.peer[0]);
}
END_TEST

/* The home address of one that is bound or held, asked for under another
 * name. */
START_TEST(home_address_of_another)
{
	char hoa[INET6_ADDRSTRLEN], other[INET6_ADDRSTRLEN];
	struct binding before;
	struct m m;

	ask(&m, AR1, ALICE, 1800, IID);
	before = *of(ALICE);
	inet_ntop(AF_INET6, &before.hoa, hoa, sizeof(hoa));
	tell(&m, BAD, BOB, 1800, hoa);
	expect(&m, 129, 0);
	alice_is_untouched(&before);
	/* another address in the same prefix */
	before.hoa.s6_addr[15] ^= 1;
	inet_ntop(AF_INET6, &before.hoa, other, sizeof(other));
	before.hoa.s6_addr[15] ^= 1;
	tell(&m, BAD, BOB, 1800, other);
	expect(&m, 129, 0);
	alice_is_untouched(&before);
	ask(&m, AR1, ALICE, 0, IID);
	before = *of(ALICE);
	tell(&m, BAD, BOB, 1800, hoa);
	expect(&m, 129, 0);
	alice_is_untouched(&before);
}
END_TEST

static void
nai_of(char *buf, size_t len, unsigned i)
{
	snprintf(buf, len, "u%u@example.org", i);
}

/* It binds and leaves, again and again, with a new name each time. */
START_TEST(own_share_only)
{
	struct peer *bad = &rig.peer[1];
	char nai[32];
	unsigned i;
	struct m m;

	bad->max_bindings = 8;
	for (i = 0; i < 2000; i++) {
		nai_of(nai, sizeof(nai), i);
		ask(&m, BAD, nai, 1800, IID);
		ck_assert(rig.sent[1] == 0 || rig.sent[1] == 130);
		if (i < 1000)
			ask(&m, BAD, nai, 0, IID);
		ck_assert_uint_le(bad->n_bindings, 8);
		ck_assert_uint_le(bad->n_held, 8);
		ck_assert_uint_le(rig.pool[0].used, 16);
		ck_assert_uint_le(bad->n_records, 2 * 8 + 1024);
	}
	ck_assert_uint_eq(bad->n_bindings, 8);
	ck_assert_uint_eq(bad->n_held, 8);
	ck_assert_uint_eq(rig.pool[0].used, 16);
	/* Others do not feel it. */
	ask(&m, AR1, ALICE, 1800, IID);
	expect(&m, 0, 1800);
	/* And what was held for its own is found again, up to its limit. */
	rig_wait(5000);
	ck_assert_uint_eq(bad->n_bindings + bad->n_held, 0);
	ck_assert_uint_eq(bad->n_records, 0);
}
END_TEST

/* One that was held through another peer, taken over, and then not bound. */
START_TEST(no_more_held_by_failures)
{
	struct peer *bad = &rig.peer[1];
	char nai[32];
	unsigned i;
	struct m m;

	bad->max_bindings = 2;
	for (i = 0; i < 6; i++) {
		nai_of(nai, sizeof(nai), i);
		rig.dp_fail = false;
		ask(&m, AR1, nai, 1800, IID);
		ask(&m, AR1, nai, 0, IID);
		rig.dp_fail = true;
		ask(&m, BAD, nai, 1800, IID);
		expect(&m, 130, 0);
		ck_assert_uint_le(bad->n_held, 2);
	}
	ck_assert_uint_eq(bad->n_held, 2);
	ck_assert_uint_eq(rig.pool[0].used, 2);
}
END_TEST

/* A router at its limit takes over nobody from another either. */
START_TEST(own_share_by_moves)
{
	char hoa[INET6_ADDRSTRLEN];
	struct m m;
	bool u;

	rig.peer[1].max_bindings = 1;
	ask(&m, AR2, BOB, 1800, IID);
	expect(&m, 0, 1800);
	ask(&m, AR1, ALICE, 1800, IID);
	strcpy(hoa, sent_hoa(&u));
	tell(&m, AR2, ALICE, 1800, hoa);
	expect(&m, 130, 0);
	ck_assert_uint_eq(of(ALICE)->coa.s_addr, inet_addr(AR1));
	tell(&m, AR1, ALICE, 1800, hoa);
	expect(&m, 0, 1800);
}
END_TEST

/* D50: moves that were denied are none; else a router that can not have a
 * subscriber could keep it from those that can. */
START_TEST(denied_moves_do_not_count)
{
	char hoa[INET6_ADDRSTRLEN];
	struct m m;
	unsigned i;
	bool u;

	ask(&m, AR1, ALICE, 1800, IID);
	strcpy(hoa, sent_hoa(&u));
	rig.peer[1].n_pools = 0;
	for (i = 0; i < 20; i++) {
		tell(&m, AR2, ALICE, 1800, hoa);
		expect(&m, 129, 0);
	}
	rig.peer[1].n_pools = 2;
	for (i = 0; i < 5; i++) {
		ask(&m, i % 2 ? AR1 : AR2, ALICE, 1800, IID);
		expect(&m, 0, 1800);
	}
	ask(&m, AR1, ALICE, 1800, IID);
	expect(&m, 129, 0);
}
END_TEST

/* By taking over others' records it gets no more of them either. */
START_TEST(no_more_records_by_moves)
{
	struct peer *bad = &rig.peer[1];
	char nai[32];
	unsigned i;
	struct m m;

	bad->max_bindings = 1;
	for (i = 0; i < 1100; i++) {
		nai_of(nai, sizeof(nai), i);
		ask(&m, AR1, nai, 1800, IID);
		ask(&m, AR1, nai, 0, IID);
		ask(&m, BAD, nai, 1800, IID);
		ask(&m, BAD, nai, 0, IID);
		ck_assert_uint_le(bad->n_records, 2 + 1024);
	}
	ck_assert_uint_eq(bad->n_records, 2 + 1024);
	ck_assert_uint_eq(rig.sent[1], 0);
	nai_of(nai, sizeof(nai), 2000);
	ask(&m, BAD, nai, 1800, IID);
	expect(&m, 130, 0);
}
END_TEST

static void
rev_by(struct m *m, const char *ar, uint32_t id)
{
	m->n = 0;
	m_int(m, 7, 1);
	m_int(m, 0, 3);
	m_ip(m, "0.0.0.0");
	m_ip(m, HA);
	m_ip(m, ar);
	m_int(m, id, 4);
	m_nai(m, ALICE);
	m_sign(m);
	rig_in(m, ar);
}

static uint32_t
seconds(void)
{
	return (uint32_t)(rig_ntp(NULL) >> 32);
}

/* Its clock is its own; what it revoked by it is not held against the agent
 * that the subscriber comes to next. */
START_TEST(revocation_of_the_future)
{
	struct m m, old;

	ask(&m, BAD, ALICE, 1800, IID);
	rev_by(&m, BAD, seconds() + 1000000);
	ck_assert_uint_eq(rig.sent[0], 15);
	ck_assert_int_eq(of(ALICE)->state, BINDING_IDLE);
	rig_wait(2);
	ask(&m, AR1, ALICE, 1800, IID);
	expect(&m, 0, 1800);
	rev_by(&m, BAD, seconds() + 1000001);	/* not there any more */
	ck_assert_int_eq(of(ALICE)->state, BINDING_BOUND);
	rig_wait(2);
	rev_by(&old, AR1, seconds());
	ck_assert_int_eq(of(ALICE)->state, BINDING_IDLE);
	/* Away and back: what was revoked before stays revoked. */
	ask(&m, BAD, ALICE, 1800, IID);
	ask(&m, AR1, ALICE, 1800, IID);
	rig_in(&old, AR1);
	ck_assert_int_eq(of(ALICE)->state, BINDING_BOUND);
}
END_TEST

START_TEST(shed_policy)
{
	struct shed s = { .after_ms = 500, .max_pending = 100 };
	mono_t t = { 1 };

	ck_assert_int_eq(shed_look(&s, 0, 0, t), SHED_SAME);
	ck_assert_int_eq(shed_look(&s, 500, 100, t), SHED_SAME);
	ck_assert_int_eq(shed_look(&s, 501, 0, t), SHED_BEGINS);
	ck_assert(s.on);
	ck_assert_int_eq(shed_look(&s, 251, 0, t), SHED_SAME);
	ck_assert_int_eq(shed_look(&s, 250, 0, t), SHED_ENDS);
	ck_assert_int_eq(shed_look(&s, 0, 101, t), SHED_BEGINS);
	s.denied = 7;
	ck_assert_int_eq(shed_look(&s, 0, 51, t), SHED_SAME);
	ck_assert_int_eq(shed_look(&s, 0, 50, t), SHED_ENDS);
	ck_assert_uint_eq(s.denied, 7);		/* for who tells */
	/* the clock was set back */
	ck_assert_int_eq(shed_look(&s, -100000, 0, t), SHED_SAME);
	ck_assert_int_eq(s.age_ms, 0);
	s = (struct shed){ 0 };
	ck_assert_int_eq(shed_look(&s, 1000000, 1000000, t), SHED_SAME);
}
END_TEST

/* Late: new ones are denied, authentic ones only; those that are bound are
 * served, whatever they want. */
START_TEST(overload)
{
	struct m m;

	rig.reg.shed.after_ms = 500;
	ask(&m, AR1, ALICE, 1800, IID);
	reg_load(&rig.reg, 600);
	ask(&m, AR1, BOB, 1800, IID_B);
	expect(&m, 130, 0);
	ck_assert_uint_eq(rig.reg.stats.shed, 1);
	ck_assert_uint_eq(rig.peer[0].stats.shed, 1);
	ck_assert_uint_eq(rig.pool[0].used, 1);
	rig_in(&m, STRANGER);
	ck_assert_uint_eq(rig.n_sent, 0);
	m.b[m.n - 1] ^= 1;
	rig_in(&m, AR1);
	expect(&m, 132, 0);
	ask(&m, AR1, ALICE, 1800, IID);		/* renewed */
	expect(&m, 0, 1800);
	ask(&m, BAD, ALICE, 1800, IID);		/* moved */
	ck_assert_uint_eq(rig.sent[1], 0);
	ask(&m, BAD, ALICE, 0, IID);
	expect(&m, 0, 0);
	ask(&m, AR1, BOB, 0, IID_B);		/* no harm in that */
	expect(&m, 0, 0);
	ck_assert_uint_eq(rig.reg.stats.shed, 1);
	reg_load(&rig.reg, 0);
	ask(&m, AR1, BOB, 1800, IID_B);
	expect(&m, 0, 1800);
}
END_TEST

/* The data plane is what is slow. */
START_TEST(overload_of_the_data_plane)
{
	char nai[32];
	unsigned i;
	struct m m;

	rig.reg.shed.max_pending = 4;
	rig.dp_async = true;
	for (i = 0; i < 10; i++) {
		reg_load(&rig.reg, 0);
		nai_of(nai, sizeof(nai), i);
		ask(&m, AR1, nai, 1800, IID);
		ck_assert_uint_eq(rig.n_sent, i < 5 ? 0 : 1);
	}
	ck_assert_uint_eq(rig.bindings.n_installing, 5);
	ck_assert_uint_eq(rig.reg.stats.shed, 5);
	rig_dp_answer(0);
	ck_assert_uint_eq(rig.bindings.n_installing, 0);
	reg_load(&rig.reg, 0);
	ck_assert(!rig.reg.shed.on);
	ask(&m, AR1, ALICE, 1800, IID);
	ask(&m, AR1, ALICE, 0, IID);	/* ends while it is installed */
	ck_assert_uint_eq(rig.bindings.n_installing, 0);
}
END_TEST

static unsigned
occurs(const char *said, const char *what)
{
	unsigned n = 0;

	for (; (said = strstr(said, what)); said++)
		n++;
	return n;
}

/* Whatever comes and goes, the log stays readable; beginnings of bindings have
 * a limit of their own. */
START_TEST(log_is_bounded)
{
	static char said[1 << 20];
	char dir[64];
	unsigned i;
	struct m m;
	int saved;

	test_dir_enter(dir);
	saved = test_log_begin();
	rig.dp_fail = true;
	rig.reg.shed.after_ms = 500;
	rig.peer[1].log = (struct log_limit){ .rate = 5, .burst = 20 };
	for (i = 0; i < 2000; i++) {
		reg_load(&rig.reg, i % 2 ? 100000 : 0);
		rig.reg.shed.on = false;
		ask(&m, BAD, ALICE, 1800, IID);
		expect(&m, 130, 0);
	}
	test_log_end(saved, said, sizeof(said));
	test_dir_leave(dir);
	/* so many at once, and a second, for two seconds */
	ck_assert_uint_ge(occurs(said, "denied, code 130"), 20);
	ck_assert_uint_le(occurs(said, "denied, code 130"), 20 + 3 * 5);
	ck_assert_uint_ge(occurs(said, "data path"), 50);
	ck_assert_uint_le(occurs(said, "data path"), 2 * (50 + 3 * 5));
	ck_assert_uint_ge(occurs(said, "overloaded: requests"), 1);
	ck_assert_uint_le(occurs(said, "overloaded: requests"), 4 + 3);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("had_hostile");
	TCase *t = tcase_create("peers");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, realm_is_not_its_own);
	tcase_add_test(t, probe_is_answered);
	tcase_add_test(t, bound_by_another_group);
	tcase_add_test(t, home_address_of_another);
	tcase_add_test(t, own_share_only);
	tcase_add_test(t, own_share_by_moves);
	tcase_add_test(t, denied_moves_do_not_count);
	tcase_add_test(t, no_more_held_by_failures);
	tcase_add_test(t, no_more_records_by_moves);
	tcase_add_test(t, revocation_of_the_future);
	tcase_add_test(t, shed_policy);
	tcase_add_test(t, overload);
	tcase_add_test(t, overload_of_the_data_plane);
	tcase_add_test(t, log_is_bounded);
	suite_add_tcase(s, t);
	return test_run(s);
}

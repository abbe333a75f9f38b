/* SPDX-License-Identifier: BSD-2-Clause */
/* Which home agent is asked: priorities, weights, stickiness, hold-down. */
#include <stdio.h>
#include <string.h>

#include "nasd/ha_select.h"
#include "tests/unit/test.h"

#define NAIS	20000

static mono_t now;
static uint32_t dice;

static mono_t
fake_mono(void *arg)
{
	(void)arg;
	return now;
}

static uint64_t
fake_ntp(void *arg)
{
	(void)arg;
	return 0;
}

static uint32_t
fake_random(void *arg)
{
	(void)arg;
	return dice;
}

static const struct clock fake_clock = { fake_mono, fake_ntp, NULL };
static struct ha_select hs;

static void
setup(void)
{
	now = (mono_t){ INT64_C(1000000000000) };
	dice = 0;
	memset(&hs, 0, sizeof(hs));
	hs.clock = &fake_clock;
	hs.random = fake_random;
}

static void
wait_ms(int64_t ms)
{
	now = mono_add_ms(now, ms);
}

static struct in_addr
addr(unsigned i)
{
	return (struct in_addr){ htonl(0xc6336401 + i) };
}

static void
agents(unsigned n, uint32_t priority)
{
	for (unsigned i = 0; i < n; i++)
		ck_assert_int_eq(ha_select_add(&hs, addr(i), priority, 1),
		    (int)i);
}

static int
pick(const char *nai, uint64_t tried)
{
	return ha_select_pick(&hs, &(struct ha_wish){ .nai = nai }, tried);
}

static const char *
nai(unsigned i)
{
	static char buf[32];

	snprintf(buf, sizeof(buf), "user%u@example.net", i);
	return buf;
}

/* How many of NAIS come to each. */
static void
count(unsigned got[HA_SELECT_MAX])
{
	memset(got, 0, HA_SELECT_MAX * sizeof(got[0]));
	for (unsigned i = 0; i < NAIS; i++)
		got[pick(nai(i), 0)]++;
}

static void
make_down(int i)
{
	mono_t sent = now;

	wait_ms(3000);
	ck_assert(!ha_select_unheard(&hs, i, sent));
	ck_assert(!ha_select_unheard(&hs, i, sent));
	ck_assert(ha_select_unheard(&hs, i, sent));
}

START_TEST(weights)
{
	unsigned got[HA_SELECT_MAX];

	ha_select_add(&hs, addr(0), 1, 1);
	ha_select_add(&hs, addr(1), 1, 3);
	ha_select_add(&hs, addr(2), 1, 4);
	ha_select_add(&hs, addr(3), 2, 100);
	count(got);
	for (unsigned i = 0; i < 3; i++) {
		double share = (double)got[i] / NAIS;
		double want = hs.agent[i].weight / 8.0;

		ck_assert_msg(share > want - 0.02 && share < want + 0.02,
		    "agent %u: %f", i, share);
	}
	ck_assert_uint_eq(got[3], 0);
}
END_TEST

/* The same wherever the agent stands in the file, and whoever asks; when one
 * is added, nobody changes but to the new one. */
START_TEST(sticky)
{
	static uint8_t before[NAIS];
	unsigned moved = 0;

	agents(3, 1);
	for (unsigned i = 0; i < NAIS; i++)
		before[i] = (uint8_t)pick(nai(i), 0);
	ha_select_add(&hs, addr(3), 1, 1);
	for (unsigned i = 0; i < NAIS; i++) {
		int is = pick(nai(i), 0);

		ck_assert(is == 3 || is == before[i]);
		moved += is == 3;
	}
	ck_assert_uint_gt(moved, NAIS / 4 - NAIS / 50);
	ck_assert_uint_lt(moved, NAIS / 4 + NAIS / 50);

	setup();
	for (unsigned i = 0; i < 3; i++)
		ha_select_add(&hs, addr(2 - i), 1, 1);
	for (unsigned i = 0; i < NAIS; i++)
		ck_assert_int_eq(2 - pick(nai(i), 0), before[i]);
}
END_TEST

/* What a dead one had is spread over all the others, and comes back. */
START_TEST(one_dies)
{
	static uint8_t before[NAIS];
	unsigned got[3] = { 0 };

	agents(3, 1);
	for (unsigned i = 0; i < NAIS; i++)
		before[i] = (uint8_t)pick(nai(i), 0);
	make_down(1);
	for (unsigned i = 0; i < NAIS; i++) {
		int is = pick(nai(i), 0);

		if (before[i] != 1)
			ck_assert_int_eq(is, before[i]);
		else
			got[is]++;
	}
	ck_assert_uint_eq(got[1], 0);
	ck_assert_uint_gt(got[0], NAIS / 6 - NAIS / 50);
	ck_assert_uint_gt(got[2], NAIS / 6 - NAIS / 50);
	ck_assert(ha_select_heard(&hs, 1));
	ck_assert(!ha_select_heard(&hs, 1));
	for (unsigned i = 0; i < NAIS; i++)
		ck_assert_int_eq(pick(nai(i), 0), before[i]);
}
END_TEST

START_TEST(order)
{
	static const uint8_t wrong[] = { 132, 137, 138, 139, 140, 141, 142,
	    149, 150 };

	agents(4, 1);
	for (unsigned i = 0; i < 4; i++)
		hs.agent[i].priority = i + 1;
	ck_assert_int_eq(pick("a", 0), 0);
	ck_assert_int_eq(pick("a", 1), 1);
	ck_assert_int_eq(pick("a", 0xf), -1);
	ha_select_refused(&hs, 0, 130);
	ck_assert_int_eq(ha_select_state(&hs, 0), HA_AVOIDED);
	ck_assert_int_eq(pick("a", 0), 1);
	make_down(1);
	ha_select_refused(&hs, 0, 130);
	hs.agent[2].drained = true;
	/* well, avoided, down; a drained one never */
	ck_assert_int_eq(pick("a", 0), 3);
	ck_assert_int_eq(pick("a", 8), 0);
	ck_assert_int_eq(pick("a", 9), 1);
	ck_assert_int_eq(pick("a", 11), -1);
	wait_ms(5000);
	ck_assert_int_eq(ha_select_state(&hs, 0), HA_UP);
	ck_assert_int_eq(pick("a", 0), 0);
	/* a wrong key is not soon mended; what it accepts is */
	ha_select_refused(&hs, 0, 132);
	wait_ms(50000);
	ck_assert_int_eq(ha_select_state(&hs, 0), HA_AVOIDED);
	ck_assert_int_gt(ha_select_hold_left(&hs, 0), 0);
	ha_select_accepted(&hs, 0);
	ck_assert_int_eq(ha_select_state(&hs, 0), HA_UP);
	/* what does not fit [D61] */
	for (size_t i = 0; i < sizeof(wrong); i++) {
		ha_select_refused(&hs, 3, wrong[i]);
		wait_ms(50000);
		ck_assert_int_eq(ha_select_state(&hs, 3), HA_AVOIDED);
		wait_ms(10000);
		ck_assert_int_eq(ha_select_state(&hs, 3), HA_UP);
	}
	/* one that was taken out of the configuration */
	hs.agent[0].gone = true;
	ck_assert_int_eq(pick("a", 0), 3);
	hs.agent[0].gone = false;
	/* about the subscriber */
	ha_select_refused(&hs, 0, 131);
	ha_select_refused(&hs, 0, 143);
	ck_assert_int_eq(ha_select_state(&hs, 0), HA_UP);
	ck_assert_uint_eq(hs.agent[0].redirected, 1);
	ck_assert_uint_eq(hs.agent[0].refused, 4);
}
END_TEST

START_TEST(list_of_radius)
{
	struct in_addr list[] = { addr(9), addr(2), addr(0) };
	struct ha_wish w = { "a", list, 3 };

	agents(3, 1);
	hs.agent[2].priority = 7;
	ck_assert_int_eq(ha_select_pick(&hs, &w, 0), 2);
	ck_assert_int_eq(ha_select_pick(&hs, &w, 4), 0);
	ck_assert_int_eq(ha_select_pick(&hs, &w, 5), -1);
}
END_TEST

/* Two agents always fit into the budget, three that are well too. */
START_TEST(patience)
{
	struct ha_wish w = { .nai = "a" };
	int64_t left = 14000, t;

	agents(3, 1);
	for (unsigned i = 0; i < 3; i++) {
		t = ha_select_patience(&hs, &w, (2u << i) - 1, left);
		ck_assert_int_ge(t, 4000);	/* 0, 1 and 3 s */
		left -= t;
	}
	ck_assert_int_eq(left, 0);
	ck_assert_int_eq(ha_select_patience(&hs, &w, 3, 14000), 5000);
	ck_assert_int_eq(ha_select_patience(&hs, &w, 7, 14000), 14000);
	ck_assert_int_eq(ha_select_patience(&hs, &w, 1, 2000), 2000);
	/* who has no time to answer is not asked */
	ck_assert_int_eq(ha_select_patience(&hs, &w, 7, 1000), 1000);
	ck_assert_int_eq(ha_select_patience(&hs, &w, 7, 999), 0);
	ck_assert_int_eq(ha_select_patience(&hs, &w, 1, 999), 0);
	ck_assert_int_eq(ha_select_patience(&hs, &w, 7, -1000), 0);
	ck_assert_int_eq(ha_select_patience(&hs, &w, 1, 5000), 3000);
	/* two others need more than one */
	ck_assert_int_eq(ha_select_patience(&hs, &w, 1, 12000), 4000);
	ck_assert_int_eq(ha_select_patience(&hs, &w, 3, 12000), 5000);
	/* not for the sake of one that is down */
	make_down(1);
	make_down(2);
	ck_assert_int_eq(ha_select_patience(&hs, &w, 1, 14000), 14000);
}
END_TEST

/* A foreign agent's word is not the home agent's. */
START_TEST(refused_by_another)
{
	ha_select_refused(&hs, 1, 77);
	ck_assert_int_eq(ha_select_state(&hs, 1), HA_UP);
	ck_assert_uint_eq(hs.agent[1].refused + hs.agent[1].silent, 0);
	ha_select_refused(&hs, 1, 81);
	ck_assert_int_eq(ha_select_state(&hs, 1), HA_UP);
	ck_assert_uint_eq(hs.agent[1].silent, 1);
	ha_select_refused(&hs, 1, 130);
	ck_assert_int_eq(ha_select_state(&hs, 1), HA_AVOIDED);
}
END_TEST

START_TEST(codes)
{
	static const uint8_t stop[] = { 129, 134, 135, 144, 64, 77, 96, 127 };
	static const uint8_t next[] = { 128, 130, 131, 132, 133, 137, 139,
	    142, 149, 150, 192, 255, 78, 80, 82, 88 };

	for (size_t i = 0; i < sizeof(stop); i++)
		ck_assert_int_eq(ha_select_after(stop[i]), HA_AFTER_STOP);
	for (size_t i = 0; i < sizeof(next); i++)
		ck_assert_int_eq(ha_select_after(next[i]), HA_AFTER_NEXT);
	ck_assert_int_eq(ha_select_after(136), HA_AFTER_FOLLOW);
	ck_assert_int_eq(ha_select_after(143), HA_AFTER_FOLLOW);
}
END_TEST

START_TEST(redirections)
{
	agents(5, 1);
	ck_assert_int_eq(ha_select_follow(&hs, addr(2), 3, 0), 2);
	ck_assert_int_eq(ha_select_follow(&hs, addr(2), 4, 0), -1);
	ck_assert_int_eq(ha_select_follow(&hs, addr(9), 0, 0), -1);
	ck_assert_int_eq(ha_select_follow(&hs, addr(2), 0,
	    HA_SELECT_REDIRECTS), -1);
	hs.agent[2].drained = true;
	ck_assert_int_eq(ha_select_follow(&hs, addr(2), 0, 0), -1);
	make_down(3);
	ck_assert_int_eq(ha_select_follow(&hs, addr(3), 0, 0), -1);
}
END_TEST

/* One lost request, or many of one short outage, are no death. */
START_TEST(not_dead)
{
	mono_t sent = now;

	agents(1, 1);
	wait_ms(1000);
	for (unsigned i = 0; i < 1000; i++)
		ck_assert(!ha_select_unheard(&hs, 0, sent));
	ha_select_heard(&hs, 0);
	sent = mono_add_ms(now, -1);	/* sent before it spoke */
	wait_ms(9000);
	for (unsigned i = 0; i < 1000; i++)
		ck_assert(!ha_select_unheard(&hs, 0, sent));
	ck_assert_int_eq(ha_select_state(&hs, 0), HA_UP);
	ck_assert_int_eq(ha_select_next_probe(&hs).ns, MONO_NEVER.ns);
}
END_TEST

START_TEST(probes)
{
	static const int64_t want[] = { 1000, 2000, 4000, 8000, 16000, 16000 };

	agents(2, 1);
	make_down(1);
	for (unsigned i = 0; i < 6; i++) {
		ck_assert_int_eq(mono_diff_ms(ha_select_next_probe(&hs), now),
		    want[i]);
		ck_assert_int_eq(ha_select_hold_left(&hs, 1), want[i]);
		ck_assert(!ha_select_probe(&hs, 1));
		wait_ms(want[i]);
		ck_assert(!ha_select_probe(&hs, 0));
		ck_assert(ha_select_probe(&hs, 1));
		ck_assert(!ha_select_probe(&hs, 1));
		ck_assert(!ha_select_unheard(&hs, 1, now));
	}
	dice = 1000;
	wait_ms(16000);
	ck_assert(ha_select_probe(&hs, 1));
	ck_assert_int_eq(ha_select_hold_left(&hs, 1), 16000 * 4 / 5);
	ck_assert(ha_select_heard(&hs, 1));
	ck_assert_int_eq(ha_select_hold_left(&hs, 1), 0);
	ck_assert_uint_eq(hs.agent[1].n_down, 1);
	ck_assert_uint_eq(hs.agent[1].n_probes, 7);
	/* and from the beginning the next time */
	dice = 0;
	wait_ms(1);
	make_down(1);
	ck_assert_int_eq(ha_select_hold_left(&hs, 1), 1000);
}
END_TEST

/* One that can not be probed: the next request finds out, and one is enough;
 * then it is left alone for longer each time. */
START_TEST(in_doubt)
{
	static const int64_t want[] = { 1000, 2000, 4000, 8000, 16000, 16000 };

	agents(2, 1);
	make_down(1);
	for (unsigned i = 0; i < 6; i++) {
		ck_assert_int_eq(ha_select_hold_left(&hs, 1), want[i]);
		wait_ms(want[i]);
		ck_assert(ha_select_probe(&hs, 1));
		ha_select_doubt(&hs, 1);
		ck_assert_int_eq(ha_select_state(&hs, 1), HA_UP);
		ck_assert_int_eq(ha_select_next_probe(&hs).ns,
		    MONO_NEVER.ns);
		wait_ms(1000);
		ck_assert(ha_select_unheard(&hs, 1, mono_add_ms(now, -1000)));
		ck_assert_int_eq(ha_select_state(&hs, 1), HA_DOWN);
	}
	wait_ms(16000);
	ck_assert(ha_select_probe(&hs, 1));
	ha_select_doubt(&hs, 1);
	ck_assert(!ha_select_heard(&hs, 1));
	wait_ms(1000);
	ck_assert(!ha_select_unheard(&hs, 1, now));
	ck_assert(!ha_select_heard(&hs, 1));
	wait_ms(1);
	make_down(1);
	ck_assert_int_eq(ha_select_hold_left(&hs, 1), 1000);
}
END_TEST

START_TEST(too_many)
{
	agents(HA_SELECT_MAX, 1);
	ck_assert_int_eq(ha_select_add(&hs, addr(100), 1, 1), -1);
	ck_assert_int_eq(pick("a", UINT64_MAX), -1);
	ck_assert_int_eq(pick("a", UINT64_MAX >> 1), 63);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ha_select");
	TCase *t = tcase_create("ha_select");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, weights);
	tcase_add_test(t, sticky);
	tcase_add_test(t, one_dies);
	tcase_add_test(t, order);
	tcase_add_test(t, list_of_radius);
	tcase_add_test(t, patience);
	tcase_add_test(t, refused_by_another);
	tcase_add_test(t, codes);
	tcase_add_test(t, redirections);
	tcase_add_test(t, not_dead);
	tcase_add_test(t, probes);
	tcase_add_test(t, in_doubt);
	tcase_add_test(t, too_many);
	suite_add_tcase(s, t);
	return test_run(s);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether a server lives, and which one is asked: in a time that we turn. */
#include "config.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "radius/life.h"
#include "radius/server.h"
#include "tests/unit/test.h"

static struct life l;
static mono_t now;

static const struct life_params watched = {
	.probes = true, .probe_ms = 10000, .wait_ms = 2000, .answers = 3,
	.lost = 3, .hold_ms = 25000,
};
static const struct life_params blind = {
	.probe_ms = 10000, .wait_ms = 2000, .answers = 3, .lost = 3,
	.hold_ms = 60000,
};

static void
begin(const struct life_params *p)
{
	now.ns = 1000000000;
	life_init(&l, p);
}

static void
after(int64_t ms)
{
	now = mono_add_ms(now, ms);
}

static void
ck_state(enum life_state want)
{
	ck_assert_str_eq(life_state_str(l.state), life_state_str(want));
}

/* Its time comes: does it want a probe? */
static bool
due(void)
{
	bool changed;

	ck_assert(l.due.ns != MONO_NEVER.ns);
	if (mono_before(now, l.due))
		now = l.due;
	return life_due(&l, now, &changed);
}

START_TEST(a_reply_makes_it_alive)
{
	begin(&watched);
	ck_state(LIFE_UNKNOWN);
	ck_assert_uint_eq(life_rank(&l, now), 0);
	ck_assert(life_reply(&l, now, now));
	ck_state(LIFE_ALIVE);
	ck_assert(!life_reply(&l, now, now));
	ck_assert(l.due.ns == MONO_NEVER.ns);
}
END_TEST

/* One lost packet among many answers says nothing. */
START_TEST(heard_since_is_enough)
{
	mono_t since;

	begin(&blind);
	since = now;
	after(100);
	life_reply(&l, now, now);
	after(1900);
	ck_assert(!life_slow(&l, since, now));
	ck_assert(!life_silent(&l, since, now));
	ck_state(LIFE_ALIVE);
	since = mono_add_ms(now, -1900);
	ck_assert(!life_slow(&l, since, now));	/* at the very moment */
	since = now;
	after(2000);
	ck_assert(life_slow(&l, since, now));
	ck_state(LIFE_ZOMBIE);
}
END_TEST

START_TEST(a_zombie_is_probed_at_once)
{
	begin(&watched);
	life_slow(&l, now, now);
	ck_state(LIFE_ZOMBIE);
	ck_assert_uint_eq(life_rank(&l, now), 1);
	ck_assert_int_eq(l.due.ns, now.ns);
	ck_assert(due());
	after(300);
	ck_assert(life_probe_reply(&l, now));
	ck_state(LIFE_ALIVE);
	/* A second answer to the same one is none. */
	after(1);
	life_slow(&l, now, now);
	ck_assert(!life_probe_reply(&l, now));
	ck_state(LIFE_ZOMBIE);
}
END_TEST

START_TEST(probes_lost_make_it_dead)
{
	mono_t since;
	unsigned n = 0;
	bool changed = false;

	begin(&watched);
	since = now;
	life_slow(&l, since, now);
	while (!changed && n < 10) {
		now = l.due;
		if (life_due(&l, now, &changed))
			n++;
	}
	ck_state(LIFE_DEAD);
	ck_assert_uint_eq(n, 3);
	ck_assert_int_eq(mono_diff_ms(now, since), 6000);
	ck_assert_uint_eq(life_rank(&l, now), 2);
	ck_assert_int_eq(mono_diff_ms(l.due, now), 10000);
}
END_TEST

static void
kill_it(void)
{
	bool changed = false;

	begin(&watched);
	life_slow(&l, now, now);
	for (int i = 0; i < 10 && !changed; i++) {
		now = l.due;
		life_due(&l, now, &changed);
	}
	ck_state(LIFE_DEAD);
}

/* Three in a row, and not before it has been held down. */
START_TEST(answers_revive_it)
{
	mono_t died;

	kill_it();
	died = now;
	ck_assert(due());
	ck_assert(!life_probe_reply(&l, now));
	ck_assert(due());
	ck_assert(!life_probe_reply(&l, now));
	ck_assert(due());			/* is lost: from the start */
	ck_assert(due());
	ck_assert(!life_probe_reply(&l, now));
	ck_state(LIFE_DEAD);
	ck_assert(due());
	ck_assert(!life_probe_reply(&l, now));
	ck_assert(due());
	ck_assert(life_probe_reply(&l, now));
	ck_state(LIFE_ALIVE);
	ck_assert_int_eq(mono_diff_ms(now, died), 60000);
}
END_TEST

START_TEST(it_is_held_down)
{
	mono_t died;

	kill_it();
	died = now;
	l.params.answers = 1;
	for (int i = 0; i < 2; i++) {
		ck_assert(due());
		ck_assert(!life_probe_reply(&l, now));
	}
	ck_assert(due());
	ck_assert(life_probe_reply(&l, now));
	ck_assert_int_eq(mono_diff_ms(now, died), 30000);
}
END_TEST

/* What was asked before its death and is answered after it. */
START_TEST(slow_answers_do_not_revive)
{
	mono_t before;

	begin(&watched);
	before = now;
	kill_it();
	after(100);
	ck_assert(!life_reply(&l, before, now));
	ck_state(LIFE_DEAD);
	/* All others were dead, too: it was asked, and answered. */
	ck_assert(life_reply(&l, now, now));
	ck_state(LIFE_ALIVE);
}
END_TEST

/* Somebody behind it is slow: it answers for itself. */
START_TEST(silence_of_others)
{
	mono_t since;

	begin(&watched);
	since = now;
	after(2000);
	life_slow(&l, since, now);
	ck_assert(due());
	life_probe_reply(&l, now);
	ck_state(LIFE_ALIVE);
	after(4000);
	ck_assert(!life_silent(&l, since, now));
	ck_state(LIFE_ALIVE);
	/* A request's silence kills at once what has missed a probe. */
	after(1);
	since = now;
	after(2000);
	life_slow(&l, since, now);
	ck_assert(due());
	ck_assert(due());
	ck_assert(life_silent(&l, since, now));
	ck_state(LIFE_DEAD);
}
END_TEST

START_TEST(without_status_server)
{
	mono_t since;

	begin(&blind);
	since = now;
	after(2000);
	ck_assert(life_slow(&l, since, now));
	ck_assert(l.due.ns == MONO_NEVER.ns);
	after(4000);
	ck_assert(life_silent(&l, since, now));
	ck_state(LIFE_DEAD);
	ck_assert(l.due.ns == MONO_NEVER.ns);
	after(59999);
	ck_assert_uint_eq(life_rank(&l, now), 2);
	after(1);
	/* One request finds out, not all of them. */
	ck_assert_uint_eq(life_rank(&l, now), 0);
	life_tried(&l, now);
	ck_assert_uint_eq(life_rank(&l, now), 2);
	ck_assert(life_reply(&l, now, now));
	ck_assert_uint_eq(life_rank(&l, now), 0);
	/* A zombie whose request was cancelled is tried again, too. */
	after(1);
	since = now;
	after(2000);
	life_slow(&l, since, now);
	ck_assert_uint_eq(life_rank(&l, now), 1);
	after(60000);
	ck_assert_uint_eq(life_rank(&l, now), 0);
	life_tried(&l, now);
	ck_assert_uint_eq(life_rank(&l, now), 1);
}
END_TEST

/* RFC 3539 3.4.1: over a connection also when nothing is asked. */
START_TEST(idle_connections)
{
	struct life_params p = watched;

	p.idle_ms = 20000;
	begin(&p);
	ck_assert(life_connected(&l, now));
	ck_assert_int_eq(mono_diff_ms(l.due, now), 20000);
	after(15000);
	life_reply(&l, now, now);
	ck_assert(!due());		/* not idle so long */
	ck_assert_int_eq(mono_diff_ms(l.due, now), 15000);
	ck_assert(due());
	life_probe_reply(&l, now);
	ck_state(LIFE_ALIVE);
	ck_assert(due());
	ck_assert(due());		/* the first is lost: a zombie */
	ck_state(LIFE_ZOMBIE);
	life_unsent(&l, now);
	ck_assert(!l.probing);
	ck_assert(life_broken(&l, now));
	ck_state(LIFE_DEAD);
	ck_assert(l.due.ns == MONO_NEVER.ns);
	ck_assert(life_connected(&l, now));
	ck_state(LIFE_ALIVE);
}
END_TEST

/*
 * Choosing.
 */

static struct radius_server s[4];

static void
servers(void)
{
	now.ns = 1000000000;
	memset(s, 0, sizeof(s));
	for (unsigned i = 0; i < 4; i++) {
		radius_server_conf_init(&s[i].conf);
		s[i].conf.priority = i < 2 ? 1 : i;
		for (unsigned k = 0; k < RADIUS_KINDS; k++)
			life_init(&s[i].gate[k].life, &watched);
	}
	s[0].conf.weight = 3;
}

static int
pick(uint32_t tried, uint32_t rnd)
{
	return server_pick(s, 4, RADIUS_AUTH, tried, now, rnd);
}

START_TEST(by_weight)
{
	unsigned n[4] = { 0 };

	servers();
	for (uint64_t rnd = 0; rnd < 1ull << 32; rnd += 1 << 20)
		n[pick(0, (uint32_t)rnd)]++;
	ck_assert_uint_eq(n[0], 3072);
	ck_assert_uint_eq(n[1], 1024);
	ck_assert_int_eq(pick(0, UINT32_MAX), 1);
	ck_assert_int_eq(pick(1, 0), 1);
	ck_assert_int_eq(pick(3, 0), 2);
	ck_assert_int_eq(pick(7, 0), 3);
	ck_assert_int_eq(pick(15, 0), -1);
}
END_TEST

START_TEST(by_state_and_kind)
{
	bool alive;

	servers();
	life_slow(&s[0].gate[RADIUS_AUTH].life, now, now);
	ck_assert_int_eq(pick(0, 0), 1);
	life_slow(&s[1].gate[RADIUS_AUTH].life, now, now);
	ck_assert_int_eq(pick(0, 0), 2);
	/* Accounting has a life of its own. */
	ck_assert_int_eq(server_pick(s, 4, RADIUS_ACCT, 0, now, 0), 0);
	s[2].conf.auth = s[3].conf.auth = false;
	ck_assert_int_eq(pick(0, 0), 0);
	ck_assert_uint_eq(server_left(s, 4, RADIUS_AUTH, 0, now, &alive), 2);
	ck_assert(!alive);
	life_broken(&s[0].gate[RADIUS_AUTH].life, now);
	ck_assert_int_eq(pick(0, 0), 1);
	life_broken(&s[1].gate[RADIUS_AUTH].life, now);
	ck_assert_int_eq(pick(0, 0), 0);	/* dead as they are */
	/* Over TLS there is one life. */
	servers();
	s[0].conf.transport = s[1].conf.transport = RADIUS_TLS;
	life_broken(&s[0].gate[0].life, now);
	ck_assert_int_eq(server_pick(s, 4, RADIUS_ACCT, 0, now, 0), 1);
	ck_assert_uint_eq(server_left(s, 4, RADIUS_ACCT, 2, now, &alive), 3);
	ck_assert(alive);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("radius life");
	TCase *t = tcase_create("all");

	tcase_add_test(t, a_reply_makes_it_alive);
	tcase_add_test(t, heard_since_is_enough);
	tcase_add_test(t, a_zombie_is_probed_at_once);
	tcase_add_test(t, probes_lost_make_it_dead);
	tcase_add_test(t, answers_revive_it);
	tcase_add_test(t, it_is_held_down);
	tcase_add_test(t, slow_answers_do_not_revive);
	tcase_add_test(t, silence_of_others);
	tcase_add_test(t, without_status_server);
	tcase_add_test(t, idle_connections);
	tcase_add_test(t, by_weight);
	tcase_add_test(t, by_state_and_kind);
	suite_add_tcase(suite, t);
	return test_run(suite);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* common/timers: order, moving, cancelling, and what a timer's function may
 * do to the heap it was taken from. */
#include "common/table.h"	/* container_of */
#include "common/timers.h"
#include "test.h"

#define N	1000

struct probe {
	struct timer	 timer;
	mono_t		 due;
	struct timers	*timers;
	unsigned	 fired;
	unsigned	 order;
	unsigned	*clock;
	struct probe	*victim;
};

static void
note(struct timer *t)
{
	struct probe *p = container_of(t, struct probe, timer);

	ck_assert(!timer_is_set(t));
	p->fired++;
	p->order = (*p->clock)++;
}

static mono_t
at(int64_t ms)
{
	return (mono_t){ ms * 1000000 };
}

/* A fixed sequence that looks like none. */
static uint32_t
scramble(uint32_t i)
{
	return i * UINT32_C(2654435761) >> 8;
}

START_TEST(fires_in_order)
{
	struct probe p[N] = { 0 };
	struct timers t;
	unsigned clock = 0;

	timers_init(&t);
	ck_assert_int_eq(timers_next(&t).ns, INT64_MAX);
	for (unsigned i = 0; i < N; i++) {
		p[i].timer.fire = note;
		p[i].clock = &clock;
		p[i].due = at(scramble(i) % 4096);
		ck_assert_int_eq(timer_set(&t, &p[i].timer, p[i].due), 0);
	}
	for (unsigned i = 0; i < N; i += 3) {	/* move some */
		p[i].due = at(scramble(i + N) % 4096);
		ck_assert_int_eq(timer_set(&t, &p[i].timer, p[i].due), 0);
	}
	for (unsigned i = 0; i < N; i += 7)
		timer_cancel(&t, &p[i].timer);
	ck_assert_uint_eq(t.n, N - (N + 6) / 7);

	ck_assert_uint_eq(timers_run(&t, at(-1)), 0);
	ck_assert_uint_eq(timers_run(&t, at(2000)) +
	    timers_run(&t, at(4096)), N - (N + 6) / 7);
	for (unsigned i = 0; i < N; i++) {
		ck_assert_uint_eq(p[i].fired, i % 7 != 0);
		for (unsigned j = 0; j < i; j++)
			if (i % 7 != 0 && j % 7 != 0 &&
			    mono_before(p[j].due, p[i].due))
				ck_assert_uint_lt(p[j].order, p[i].order);
	}
	timers_free(&t);
}
END_TEST

START_TEST(next_and_boundary)
{
	struct probe a = { .timer.fire = note }, b = a;
	struct timers t;
	unsigned clock = 0;

	a.clock = b.clock = &clock;
	timers_init(&t);
	timer_set(&t, &a.timer, at(20));
	timer_set(&t, &b.timer, at(10));
	ck_assert_int_eq(timers_next(&t).ns, at(10).ns);
	ck_assert_uint_eq(timers_run(&t, (mono_t){ at(10).ns - 1 }), 0);
	ck_assert_uint_eq(timers_run(&t, at(10)), 1);
	ck_assert_uint_eq(b.fired, 1);
	ck_assert_int_eq(timers_next(&t).ns, at(20).ns);
	timer_cancel(&t, &b.timer);		/* not set: nothing */
	timer_cancel(&t, &a.timer);
	ck_assert(!timer_is_set(&a.timer));
	ck_assert_int_eq(timers_next(&t).ns, INT64_MAX);
	timers_free(&t);
}
END_TEST

/* What is put off stays; what is brought forward, or not set, is set. */
START_TEST(set_late)
{
	struct probe a = { .timer.fire = note };
	struct timers t;
	unsigned clock = 0;

	a.clock = &clock;
	timers_init(&t);
	ck_assert_int_eq(timer_set_late(&t, &a.timer, at(20)), 0);
	ck_assert_int_eq(timers_next(&t).ns, at(20).ns);
	ck_assert_int_eq(timer_set_late(&t, &a.timer, at(30)), 0);
	ck_assert_int_eq(timers_next(&t).ns, at(20).ns);
	ck_assert_int_eq(timer_set_late(&t, &a.timer, at(10)), 0);
	ck_assert_int_eq(timers_next(&t).ns, at(10).ns);
	ck_assert_uint_eq(timers_run(&t, at(10)), 1);
	ck_assert_int_eq(timer_set_late(&t, &a.timer, at(40)), 0);
	ck_assert_int_eq(timers_next(&t).ns, at(40).ns);
	timers_free(&t);
}
END_TEST

static void
again_at_once(struct timer *t)
{
	struct probe *p = container_of(t, struct probe, timer);

	p->fired++;
	timer_set(p->timers, t, at(0));
}

START_TEST(rearming_ends)
{
	struct timers t;
	struct probe p = { .timer.fire = again_at_once, .timers = &t };

	timers_init(&t);
	timer_set(&t, &p.timer, at(0));
	ck_assert_uint_eq(timers_run(&t, at(5)), 1);
	ck_assert_uint_eq(timers_run(&t, at(5)), 1);
	ck_assert_uint_eq(p.fired, 2);
	ck_assert(timer_is_set(&p.timer));
	timers_free(&t);
	ck_assert(!timer_is_set(&p.timer));
}
END_TEST

static void
cancel_and_free(struct timer *t)
{
	struct probe *p = container_of(t, struct probe, timer);

	timer_cancel(p->timers, &p->victim->timer);
	free(p->victim);
	free(p);
}

START_TEST(function_frees_itself_and_another)
{
	struct probe *p = calloc(1, sizeof(*p));
	struct timers t;

	ck_assert_ptr_nonnull(p);
	timers_init(&t);
	p->timers = &t;
	p->timer.fire = cancel_and_free;
	p->victim = calloc(1, sizeof(*p));
	ck_assert_ptr_nonnull(p->victim);
	timer_set(&t, &p->timer, at(1));
	timer_set(&t, &p->victim->timer, at(1));
	timer_set(&t, &p->victim->timer, at(2));
	ck_assert_uint_eq(timers_run(&t, at(3)), 1);
	ck_assert_uint_eq(t.n, 0);
	timers_free(&t);
}
END_TEST

TEST_MAIN("timers", fires_in_order, next_and_boundary, set_late,
    rearming_ends, function_frees_itself_and_another)

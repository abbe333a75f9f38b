/* SPDX-License-Identifier: BSD-2-Clause */
/* The token bucket, its gate and its queue. */
#include "nasd/mip_pace.h"

#include <stdlib.h>

#include "tests/unit/test.h"

#define MS	INT64_C(1000000)

static struct mip_pace p;
static mono_t now;

static void
setup(void)
{
	now = (mono_t){ 12345 * MS };
	mip_pace_init(&p, 100, now);
}

static void
teardown(void)
{
	ck_assert_uint_eq(p.queue.n, 0);
	mip_pace_free(&p);
}

static void
wait_ms(int64_t ms)
{
	now = mono_add_ms(now, ms);
}

/* Whoever asks at every moment: no second has more than the rate, and it gets
 * most of it. */
START_TEST(rate)
{
	static int64_t at[4000];
	unsigned n = 0;

	for (int ms = 0; ms < 20000; ms++) {
		while (mip_pace_take(&p, MIP_PACE_RENEW, now))
			at[n++] = now.ns;
		/* with a rest, in which the bucket must not overflow */
		wait_ms(ms == 10000 ? 5000 : 1);
	}
	ck_assert_uint_gt(n, 20 * 85);
	for (unsigned i = 100; i < n; i++)
		ck_assert_int_ge(at[i] - at[i - 100], 1000 * MS);
}
END_TEST

START_TEST(no_limit)
{
	mip_pace_free(&p);
	mip_pace_init(&p, 0, now);
	for (unsigned i = 0; i < 1000; i++)
		ck_assert(mip_pace_take(&p, MIP_PACE_LEAVE, now));
	mip_pace_raise(&p, 10, now);
	ck_assert_uint_eq(p.rate, 0);
}
END_TEST

START_TEST(turns)
{
	struct timer t[6] = { { 0 } };
	mono_t due;
	unsigned i;

	p.held = true;
	ck_assert(!mip_pace_take(&p, MIP_PACE_RENEW, now));
	ck_assert(mip_pace_wait(&p, &t[4], MIP_PACE_LEAVE, now));
	ck_assert(mip_pace_wait(&p, &t[3], MIP_PACE_RENEW,
	    mono_add_ms(now, 900)));
	ck_assert(mip_pace_wait(&p, &t[2], MIP_PACE_RENEW,
	    mono_add_ms(now, 500)));
	ck_assert(mip_pace_wait(&p, &t[5], MIP_PACE_RENEW, MONO_NEVER));
	ck_assert(mip_pace_wait(&p, &t[1], MIP_PACE_NEW, now));
	wait_ms(1);
	ck_assert(mip_pace_wait(&p, &t[0], MIP_PACE_NEW, now));
	mip_pace_leave(&p, &t[0]);
	mip_pace_leave(&p, &t[0]);
	p.held = false;
	/* nobody overtakes those who wait */
	ck_assert(!mip_pace_take(&p, MIP_PACE_NEW, now));
	p.credit = 0;
	p.credited = now;
	ck_assert_ptr_null(mip_pace_next(&p, now));
	for (i = 1; i < 6; i++) {
		due = mip_pace_due(&p, now);
		ck_assert_int_gt(mono_diff_us(due, now), 9000);
		ck_assert_ptr_null(mip_pace_next(&p,
		    (mono_t){ due.ns - 1 }));
		now = due;
		ck_assert_ptr_eq(mip_pace_next(&p, now), &t[i]);
	}
	ck_assert_int_eq(mip_pace_due(&p, now).ns, MONO_NEVER.ns);
	ck_assert_uint_eq(p.longest, 6);
}
END_TEST

/* What is new passes the gate, at the pace there is, and in its order. */
START_TEST(gate)
{
	struct timer t[3] = { { 0 } };

	p.held = true;
	ck_assert(mip_pace_wait(&p, &t[0], MIP_PACE_RENEW, now));
	ck_assert_ptr_null(mip_pace_next(&p, now));
	ck_assert_int_eq(mip_pace_due(&p, now).ns, MONO_NEVER.ns);
	ck_assert(mip_pace_take(&p, MIP_PACE_NEW, now));
	ck_assert(!mip_pace_take(&p, MIP_PACE_LEAVE, now));
	p.credit = 0;
	p.credited = now;
	ck_assert(!mip_pace_take(&p, MIP_PACE_NEW, now));
	ck_assert(mip_pace_wait(&p, &t[1], MIP_PACE_NEW, now));
	wait_ms(5);
	ck_assert_ptr_null(mip_pace_next(&p, now));
	ck_assert_int_ne(mip_pace_due(&p, now).ns, MONO_NEVER.ns);
	wait_ms(100);
	ck_assert(!mip_pace_take(&p, MIP_PACE_NEW, now));
	ck_assert_ptr_eq(mip_pace_next(&p, now), &t[1]);
	ck_assert_ptr_null(mip_pace_next(&p, now));
	ck_assert_int_eq(mip_pace_due(&p, now).ns, MONO_NEVER.ns);
	mip_pace_leave(&p, &t[0]);
}
END_TEST

START_TEST(raised)
{
	unsigned n = 0;

	mip_pace_raise(&p, 50, now);
	ck_assert_uint_eq(p.rate, 100);
	mip_pace_raise(&p, 5000, now);
	for (int ms = 0; ms < 1000; ms++) {
		while (mip_pace_take(&p, MIP_PACE_LEAVE, now))
			n++;
		wait_ms(1);
	}
	ck_assert_uint_gt(n, 4000);
	ck_assert_uint_le(n, 5000);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("mip_pace");
	TCase *t = tcase_create("mip_pace");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, rate);
	tcase_add_test(t, no_limit);
	tcase_add_test(t, turns);
	tcase_add_test(t, gate);
	tcase_add_test(t, raised);
	suite_add_tcase(s, t);
	return test_run(s);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* common/clock: saturation, and the wrap of NTP seconds in 2036. */
#include <time.h>

#include "common/clock.h"
#include "test.h"

START_TEST(mono_arithmetic)
{
	mono_t t = { INT64_C(5000000) };

	ck_assert_int_eq(mono_add_ms(t, 7).ns, 12000000);
	ck_assert_int_eq(mono_add_ms(t, -5).ns, 0);
	ck_assert_int_eq(mono_diff_ms(mono_add_ms(t, 7), t), 7);
	ck_assert_int_eq(mono_diff_us(t, mono_add_ms(t, 7)), -7000);
	ck_assert(mono_before(t, mono_add_ms(t, 1)));
	ck_assert(!mono_before(t, t));
	ck_assert(mono_before(t, MONO_NEVER));
}
END_TEST

START_TEST(mono_saturates)
{
	mono_t t = { 1 }, past = { INT64_MIN };

	ck_assert_int_eq(mono_add_ms(t, INT64_MAX).ns, INT64_MAX);
	ck_assert_int_eq(mono_add_ms(t, INT64_MIN).ns, INT64_MIN);
	ck_assert_int_eq(mono_add_ms(MONO_NEVER, -1).ns, INT64_MAX);
	ck_assert_int_eq(mono_diff_us(MONO_NEVER, past), INT64_MAX / 1000);
	ck_assert_int_eq(mono_diff_us(past, MONO_NEVER), INT64_MIN / 1000);
}
END_TEST

START_TEST(ntp_wraps)
{
	uint64_t before = UINT64_C(0xffffffff80000000);
	uint64_t after = UINT64_C(0x0000000240000000);

	ck_assert_uint_eq(ntp_seconds(before), 0xffffffff);
	ck_assert_int_lt(ntp_cmp(before, after), 0);
	ck_assert_int_gt(ntp_cmp(after, before), 0);
	ck_assert_int_eq(ntp_cmp(after, after), 0);
	ck_assert_int_gt(ntp_cmp(after, after - 1), 0);
	ck_assert_int_eq(ntp_diff_s(after, before), 3);
	ck_assert_int_eq(ntp_diff_s(before, after), -3);
}
END_TEST

START_TEST(system_clock)
{
	/* From 1900 to 1970 are 25 567 days. */
	const uint32_t epoch = 25567u * 86400u;
	struct timespec before, after;
	uint32_t ntp;
	mono_t t;

	clock_gettime(CLOCK_REALTIME, &before);
	ntp = ntp_seconds(clock_ntp(&clock_system));
	clock_gettime(CLOCK_REALTIME, &after);
	ck_assert_uint_ge(ntp - epoch, (uint32_t)before.tv_sec);
	ck_assert_uint_le(ntp - epoch, (uint32_t)after.tv_sec);
	t = clock_mono(&clock_system);
	ck_assert(!mono_before(clock_mono(&clock_system), t));
}
END_TEST

/* Held it stands, let go it is the system's again. */
START_TEST(held)
{
	const struct timespec wait = { .tv_nsec = 2000000 };
	struct clock_held h;
	mono_t before, stood;
	uint64_t ntp;

	clock_held_init(&h);
	before = clock_mono(&clock_system);
	clock_hold(&h);
	stood = clock_mono(&h.clock);
	ntp = clock_ntp(&h.clock);
	ck_assert(!mono_before(stood, before));
	nanosleep(&wait, NULL);
	ck_assert_int_eq(clock_mono(&h.clock).ns, stood.ns);
	ck_assert_uint_eq(clock_ntp(&h.clock), ntp);
	clock_let_go(&h);
	ck_assert_int_ge(mono_diff_us(clock_mono(&h.clock), stood), 2000);
	ck_assert_uint_ne(clock_ntp(&h.clock), ntp);
}
END_TEST

TEST_MAIN("clock", mono_arithmetic, mono_saturates, ntp_wraps, system_clock,
    held)

/* SPDX-License-Identifier: BSD-2-Clause */
/* common/rate_limit: in all, and for each of a multitude. */
#include "common/rate_limit.h"
#include "test.h"

START_TEST(in_all)
{
	struct rate_limit	r = { .rate = 10 };
	mono_t			t = { 5000000000 };
	int			i, n = 0;

	for (i = 0; i < 100; i++)
		n += rate_limit_allows(&r, t);
	ck_assert_int_eq(n, 10);
	for (n = i = 0; i < 1000; i++) {
		t = mono_add_ms(t, 1);
		n += rate_limit_allows(&r, t);
	}
	ck_assert_int_eq(n, 10);
	ck_assert(!rate_limit_allows(&r, (mono_t){ 0 }));	/* back */
	ck_assert(rate_limit_allows(&r, mono_add_ms(t, 100000)));
	r.rate = 0;
	for (i = 0; i < 100; i++)
		ck_assert(rate_limit_allows(&r, t));
}
END_TEST

#define RATE	5

static bool
has(const struct rate_sketch *s, uint32_t who, mono_t t)
{
	return rate_sketch_has(s, &who, sizeof(who), RATE, t);
}

static void
take(struct rate_sketch *s, uint32_t who, mono_t t)
{
	rate_sketch_take(s, &who, sizeof(who), RATE, t);
}

static unsigned
take_all(struct rate_sketch *s, uint32_t who, mono_t t)
{
	unsigned n = 0;

	for (; has(s, who, t); n++)
		take(s, who, t);
	return n;
}

START_TEST(for_each)
{
	static struct rate_sketch s;
	mono_t t = { 5000000000 };
	const uint32_t who = 1, other = 2;

	ck_assert_int_eq(rate_sketch_init(&s), 0);
	ck_assert_uint_eq(take_all(&s, who, t), RATE);
	ck_assert(has(&s, other, t));
	ck_assert(rate_sketch_has(&s, &who, 3, RATE, t));	/* another */
	ck_assert(rate_sketch_has(&s, &who, sizeof(who), 0, t));
	ck_assert(!has(&s, who, mono_add_ms(t, 1000 / RATE - 1)));
	t = mono_add_ms(t, 1000 / RATE);
	ck_assert(has(&s, who, t));
	ck_assert_uint_eq(take_all(&s, who, mono_add_ms(t, 60000)), RATE);
}
END_TEST

START_TEST(asking_takes_nothing)
{
	static struct rate_sketch s;
	const mono_t t = { 5000000000 };
	int i;

	ck_assert_int_eq(rate_sketch_init(&s), 0);
	for (i = 0; i < 100; i++)
		ck_assert(has(&s, 1, t));
	/* And what is taken of nothing leaves no debt. */
	for (i = 0; i < 100; i++)
		take(&s, 1, t);
	ck_assert(has(&s, 1, mono_add_ms(t, 1000 / RATE)));
}
END_TEST

/* A flood of new ones, at the rate that answers have in all, keeps hardly any
 * other out. */
START_TEST(flood)
{
	static struct rate_sketch s;
	mono_t t = { 5000000000 };
	uint32_t i;
	int n = 0;

	ck_assert_int_eq(rate_sketch_init(&s), 0);
	for (i = 0; i < 500; i++) {
		t = mono_add_ms(t, 2);
		take(&s, i, t);
	}
	for (; i < 1500; i++)
		n += !has(&s, i, t);
	ck_assert_int_le(n, 5);
}
END_TEST

TEST_MAIN("rate_limit", in_all, for_each, asking_takes_nothing, flood)

/* SPDX-License-Identifier: BSD-2-Clause */
/* Rates as people write them and as the kernel wants them. */
#include <errno.h>

#include "nasd/rate.h"
#include "tests/unit/test.h"

START_TEST(parse)
{
	static const struct {
		const char	*text;
		int		 err;
		uint64_t	 bps;
	} t[] = {
		{ "0", 0, 0 }, { "8000", 0, 8000 }, { "8k", 0, 8000 },
		{ "20M", 0, 20000000 }, { "32G", 0, UINT64_C(32000000000) },
		{ "7999", -ERANGE, 1 }, { "33G", -ERANGE, 1 },
		{ "32000000001", -ERANGE, 1 }, { "32000000000k", -ERANGE, 1 },
		{ "99999999999999999999999", -ERANGE, 1 },
		{ "", -EINVAL, 1 }, { "M", -EINVAL, 1 }, { "-1M", -EINVAL, 1 },
		{ "1.5M", -EINVAL, 1 }, { "20m", -EINVAL, 1 },
		{ "20Mb", -EINVAL, 1 }, { " 20M", -EINVAL, 1 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		uint64_t bps = 1;

		ck_assert_msg(rate_parse(t[i].text, &bps) == t[i].err, "%s",
		    t[i].text);
		ck_assert_uint_eq(bps, t[i].bps);
	}
}
END_TEST

START_TEST(burst)
{
	/* 100 ms of 20 Mbit/s */
	ck_assert_uint_eq(rate_burst(20000000, 0), 250000);
	ck_assert_uint_eq(rate_burst(20000000, 10), 25000);
	/* never less than two packets, never more than a burst can be */
	ck_assert_uint_eq(rate_burst(8000, 1), RATE_BURST_MIN);
	ck_assert_uint_eq(rate_burst(RATE_MAX_BPS, RATE_BURST_MS_MAX),
	    RATE_BURST_MAX);
}
END_TEST

START_TEST(equal)
{
	const struct rate a = { 1000000, 0, 0 };
	struct rate b = a;

	b.burst_ms = RATE_BURST_MS;	/* which is the default */
	ck_assert(rate_equal(&a, &b));
	b.up_bps = 8000;
	ck_assert(!rate_equal(&a, &b));
	ck_assert(rate_is_valid(0));
	ck_assert(!rate_is_valid(7999));
	ck_assert(!rate_is_valid(RATE_MAX_BPS + 1));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("rate");
	TCase *t = tcase_create("rate");

	tcase_add_test(t, parse);
	tcase_add_test(t, burst);
	tcase_add_test(t, equal);
	suite_add_tcase(s, t);
	return test_run(s);
}

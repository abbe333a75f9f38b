/* SPDX-License-Identifier: BSD-2-Clause */
/* What MS-CHAPv2 is ended with, of what RADIUS says and leaves out. */
#include <string.h>

#include "nasd/mschap.h"
#include "tests/unit/test.h"

#define HEX40	"0123456789ABCDEFabcdef012345678901234567"
#define HEX32	"000102030405060708090A0B0C0D0E0F"

static const uint8_t challenge[16] = {
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
};

START_TEST(success)
{
	static const struct {
		const char	*attr, *message, *want;
	} tries[] = {
		{ "\5S=" HEX40, "", "S=" HEX40 },
		{ "\5S=" HEX40, "hello", "S=" HEX40 " M=hello" },
		{ "\5S=" HEX40 " M=theirs", "", "S=" HEX40 },
		{ "\5S=0123", "hello", NULL },
		{ "S=" HEX40, "", NULL },	/* no identifier */
		{ "\5", "", NULL },
		{ "", "", NULL },
	};
	char	out[256];

	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		bool ok = mschap_success(out, sizeof(out), tries[i].attr,
		    strlen(tries[i].attr), tries[i].message);

		ck_assert_msg(ok == (tries[i].want != NULL), "%zu", i);
		if (ok)
			ck_assert_str_eq(out, tries[i].want);
	}
	ck_assert(!mschap_success(out, sizeof(out), NULL, 0, "x"));
}
END_TEST

START_TEST(failure)
{
	static const struct {
		const char	*attr, *message, *want;
	} tries[] = {
		/* as FreeRADIUS says it; there is no second try */
		{ "\5E=691 R=1 C=00 V=3 M=Authentication failed", "",
		    "E=691 R=0 C=" HEX32 " V=3 M=Authentication failed" },
		{ "\5E=648 R=0 C=00 V=3 M=Password Expired", "Pay first",
		    "E=648 R=0 C=" HEX32 " V=3 M=Pay first" },
		{ NULL, "Go away", "E=691 R=0 C=" HEX32 " V=3 M=Go away" },
		{ NULL, "", "E=691 R=0 C=" HEX32 " V=3 M=Access denied" },
		{ "\5nonsense", "", "E=691 R=0 C=" HEX32
		    " V=3 M=Access denied" },
		{ "\5E=99999999999999999999", "", "E=691 R=0 C=" HEX32
		    " V=3 M=Access denied" },
	};
	char	out[256];

	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		mschap_failure(out, sizeof(out), tries[i].attr,
		    tries[i].attr != NULL ? strlen(tries[i].attr) : 0,
		    challenge, tries[i].message);
		ck_assert_str_eq(out, tries[i].want);
	}
}
END_TEST

/* Cut off where the packet ends, and terminated. */
START_TEST(long_texts)
{
	char	message[256], out[256];

	memset(message, 'x', sizeof(message));
	message[255] = '\0';
	ck_assert(mschap_success(out, sizeof(out), "\5S=" HEX40, 43,
	    message));
	ck_assert_uint_eq(strlen(out), 255);
	mschap_failure(out, sizeof(out), NULL, 0, challenge, message);
	ck_assert_uint_eq(strlen(out), 255);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("mschap");
	TCase	*t = tcase_create("all");

	tcase_add_test(t, success);
	tcase_add_test(t, failure);
	tcase_add_test(t, long_texts);
	suite_add_tcase(s, t);
	return test_run(s);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* nasd/dhcp6_duid: the server's DUID is made once, and read as it stands. */
#include <errno.h>

#include "common/dhcp6.h"
#include "nasd/dhcp6_duid.h"
#include "tests/unit/test.h"

static char dir[64];

static void
set_up(void)
{
	test_dir_enter(dir);
}

static void
tear_down(void)
{
	test_dir_leave(dir);
}

START_TEST(made_once)
{
	struct dhcp6_duid first, again;
	struct stat st;

	ck_assert_int_eq(dhcp6_duid_load(dir, &first), 0);
	ck_assert_uint_eq(first.len, 18);
	ck_assert_uint_eq(first.b[0], 0);
	ck_assert_uint_eq(first.b[1], 4);	/* DUID-UUID */
	ck_assert_uint_eq(first.b[8] >> 4, 4);	/* version and variant */
	ck_assert_uint_eq(first.b[10] >> 6, 2);
	ck_assert_int_eq(dhcp6_duid_load(dir, &again), 0);
	ck_assert(dhcp6_duid_equal(&first, &again));
	/* only the file itself is left */
	ck_assert_int_eq(stat(DHCP6_DUID_FILE, &st), 0);
	ck_assert_int_eq(st.st_size, 54);
	ck_assert_int_ne(access(DHCP6_DUID_FILE ".new", F_OK), 0);
	/* and another one elsewhere */
	ck_assert_int_eq(unlink(DHCP6_DUID_FILE), 0);
	ck_assert_int_eq(dhcp6_duid_load(dir, &again), 0);
	ck_assert(!dhcp6_duid_equal(&first, &again));
}
END_TEST

START_TEST(kept_nowhere)
{
	struct dhcp6_duid first, again;

	ck_assert_int_eq(dhcp6_duid_load("", &first), 0);
	ck_assert_int_eq(dhcp6_duid_load("", &again), 0);
	ck_assert_uint_eq(first.len, 18);
	ck_assert(!dhcp6_duid_equal(&first, &again));
}
END_TEST

START_TEST(an_operators)
{
	static const uint8_t want[] = { 0, 3, 0, 1, 2, 0xab, 0xcd };
	struct dhcp6_duid duid;

	test_file(DHCP6_DUID_FILE, "00:03:00:01:02:aB:Cd", 0600);
	ck_assert_int_eq(dhcp6_duid_load(dir, &duid), 0);
	ck_assert_uint_eq(duid.len, sizeof(want));
	ck_assert_mem_eq(duid.b, want, sizeof(want));
	test_file(DHCP6_DUID_FILE, "00:03:00:01:02:ab:cd \n\n", 0600);
	ck_assert_int_eq(dhcp6_duid_load(dir, &duid), 0);
	ck_assert_uint_eq(duid.len, sizeof(want));
}
END_TEST

START_TEST(none_in_it)
{
	static const char *const bad[] = { "", "\n", "00", "00:03", "0:3:1",
		"00:03:", "00:03:zz", "00:03:00:01 02", "00-03-00-01",
		"00:03:00:01:x" };
	char text[3 * 131 + 1] = "", log[4096];
	struct dhcp6_duid duid;
	int saved = test_log_begin();

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		test_file(DHCP6_DUID_FILE, bad[i], 0600);
		ck_assert_int_eq(dhcp6_duid_load(dir, &duid), -EINVAL);
	}
	for (unsigned i = 0; i < 131; i++)
		memcpy(text + 3 * i, "00:", 4);
	text[3 * 131 - 1] = '\0';
	test_file(DHCP6_DUID_FILE, text, 0600);
	ck_assert_int_eq(dhcp6_duid_load(dir, &duid), -EINVAL);
	text[3 * 130 - 1] = '\0';
	test_file(DHCP6_DUID_FILE, text, 0600);
	ck_assert_int_eq(dhcp6_duid_load(dir, &duid), 0);
	ck_assert_uint_eq(duid.len, 130);
	test_has(test_log_end(saved, log, sizeof(log)),
	    "/dhcp6-duid: there is no DUID in it");
}
END_TEST

START_TEST(no_file_there)
{
	struct dhcp6_duid duid;
	char log[4096];
	int saved = test_log_begin();

	ck_assert_int_eq(dhcp6_duid_load("not-there", &duid), -ENOENT);
	ck_assert_int_eq(symlink("elsewhere", DHCP6_DUID_FILE), 0);
	ck_assert_int_eq(dhcp6_duid_load(dir, &duid), -ELOOP);
	ck_assert_int_eq(unlink(DHCP6_DUID_FILE), 0);
	ck_assert_int_eq(mkdir(DHCP6_DUID_FILE, 0700), 0);
	ck_assert_int_eq(dhcp6_duid_load(dir, &duid), -EISDIR);
	ck_assert_int_eq(rmdir(DHCP6_DUID_FILE), 0);
	test_log_end(saved, log, sizeof(log));
	test_has(log, "not-there");
	test_has(log, "dhcp6-duid: Is a directory");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("dhcp6_duid");
	TCase *tc = tcase_create("dhcp6_duid");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, made_once);
	tcase_add_test(tc, kept_nowhere);
	tcase_add_test(tc, an_operators);
	tcase_add_test(tc, none_in_it);
	tcase_add_test(tc, no_file_there);
	suite_add_tcase(s, tc);
	return test_run(s);
}

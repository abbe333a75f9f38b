/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nasd/priv_sysctl: what nasd has changed of its host is as before when it
 * ends, whoever of several nasd, one after the other, has changed it. The
 * kernel's switches are a table here.
 */
#include <errno.h>
#include <net/if.h>

#include "common/netlink.h"
#include "nasd/priv_host.h"
#include "nasd/priv_sysctl.h"
#include "tests/unit/test.h"

static char dir[64];
static struct device {
	const char	*name;
	unsigned	 index;
	char		 forwarding, accept_ra;
} device[] = { { "all", 0, '0', '1' }, { "line0", 5, '0', '1' },
	{ "line1", 6, '0', '2' } };
static struct sysctls *s;
static unsigned n_set;

static char *
switch_of(const char *ifname, const char *key)
{
	for (unsigned i = 0; i < 3; i++)
		if (strcmp(device[i].name, ifname) == 0)
			return strcmp(key, "forwarding") == 0 ?
			    &device[i].forwarding : &device[i].accept_ra;
	return NULL;
}

int
host_sysctl_get(const char *ifname, const char *key)
{
	const char *p = switch_of(ifname, key);

	return p != NULL ? *p : -ENOENT;
}

int
host_sysctl_set(const char *ifname, const char *key, char value)
{
	char *p = switch_of(ifname, key);

	n_set++;
	if (p == NULL)
		return -ENOENT;
	*p = value;
	return 0;
}

unsigned
nl_ifindex(const char *name)
{
	for (unsigned i = 1; i < 3; i++)
		if (strcmp(device[i].name, name) == 0)
			return device[i].index;
	return 0;
}

static void
set_up(void)
{
	test_dir_enter(dir);
	device[0].forwarding = device[1].forwarding = '0';
	device[1].accept_ra = '1';
	device[2].accept_ra = '2';
	device[1].index = 5;
	s = sysctls_new(dir);
	ck_assert_ptr_nonnull(s);
}

static void
tear_down(void)
{
	sysctls_free(s);
	test_dir_leave(dir);
}

/* It is told nothing, and there again. */
static void
killed(const char *state_dir)
{
	sysctls_free(s);
	s = sysctls_new(state_dir);
	ck_assert_ptr_nonnull(s);
}

static void
change_all(void)
{
	ck_assert_int_eq(sysctls_change(s, "all", "forwarding", '1'), 0);
	ck_assert_int_eq(sysctls_change(s, "line0", "accept_ra", '0'), 0);
	ck_assert_int_eq(sysctls_change(s, "line1", "accept_ra", '0'), 0);
	ck_assert_int_eq(device[0].forwarding, '1');
	ck_assert_int_eq(device[1].accept_ra, '0');
	ck_assert_int_eq(device[2].accept_ra, '0');
}

static void
all_as_before(void)
{
	ck_assert_int_eq(device[0].forwarding, '0');
	ck_assert_int_eq(device[1].accept_ra, '1');
	ck_assert_int_eq(device[2].accept_ra, '2');
	ck_assert_int_ne(access("sysctls", F_OK), 0);
	ck_assert_int_ne(access("sysctls.new", F_OK), 0);
}

START_TEST(set_back)
{
	change_all();
	change_all();
	ck_assert_int_eq(sysctls_change(s, "none", "accept_ra", '0'),
	    -ENOENT);
	sysctls_restore(s);
	all_as_before();
	n_set = 0;
	sysctls_restore(s);
	ck_assert_uint_eq(n_set, 0);
}
END_TEST

/* What was so already is not ours. */
START_TEST(was_so)
{
	device[0].forwarding = '1';
	ck_assert_int_eq(sysctls_change(s, "all", "forwarding", '1'), 0);
	sysctls_restore(s);
	ck_assert_int_eq(device[0].forwarding, '1');
	ck_assert_int_ne(access("sysctls", F_OK), 0);
}
END_TEST

START_TEST(by_one_that_was_killed)
{
	struct stat st;

	change_all();
	ck_assert_int_eq(stat("sysctls", &st), 0);
	killed(dir);
	change_all();
	killed(dir);
	sysctls_restore(s);
	all_as_before();
}
END_TEST

/* A link that was made anew has its own; what somebody else has changed since
 * is his. */
START_TEST(not_ours_any_more)
{
	change_all();
	device[1].index = 7;
	device[1].accept_ra = '2';
	killed(dir);
	sysctls_restore(s);
	ck_assert_int_eq(device[1].accept_ra, '2');
	ck_assert_int_eq(device[2].accept_ra, '2');
	change_all();
	device[1].index = 8;
	device[1].accept_ra = '1';
	change_all();
	device[2].accept_ra = '1';
	sysctls_restore(s);
	ck_assert_int_eq(device[1].accept_ra, '1');
	ck_assert_int_eq(device[2].accept_ra, '1');
}
END_TEST

/* Of another life of the machine; damaged; where there is no directory. */
START_TEST(files)
{
	FILE *f;

	test_file("sysctls", "01234567-89ab-cdef-0123-456789abcdef\n"
	    "5 line0 accept_ra 2 1\n", 0600);
	killed(dir);
	sysctls_restore(s);
	ck_assert_int_eq(device[1].accept_ra, '1');
	change_all();
	f = fopen("sysctls", "a");
	ck_assert_ptr_nonnull(f);
	fputs("0 ../../x accept_ra 1 0\n5 line0 ../x 1 0\n5\n"
	    "5 line0 accept_ra 2 0\n", f);
	fclose(f);
	killed(dir);
	sysctls_restore(s);
	all_as_before();
	killed("/nonexistent");
	change_all();
	sysctls_restore(s);
	killed("");
	change_all();
	sysctls_restore(s);
	all_as_before();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("priv_sysctl");
	TCase *tc = tcase_create("priv_sysctl");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, set_back);
	tcase_add_test(tc, was_so);
	tcase_add_test(tc, by_one_that_was_killed);
	tcase_add_test(tc, not_ours_any_more);
	tcase_add_test(tc, files);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}

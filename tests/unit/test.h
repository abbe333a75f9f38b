/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests share: a main(); for system code a directory of their own,
 * files in it, and what was logged. */
#ifndef TESTS_UNIT_TEST_H
#define TESTS_UNIT_TEST_H

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Until Check kills a test that hangs, before any case is made; its own 4 s are
 * not much on a machine that is slow, and busy. */
static inline void __attribute__((constructor))
test_set_timeout(void)
{
	setenv("CK_DEFAULT_TIMEOUT", "300", 0);
}

/* Makes a directory and goes there; test_dir_leave removes it with the files
 * it holds. */
static inline void
test_dir_enter(char dir[static 64])
{
	const char *tmp = getenv("TMPDIR");

	snprintf(dir, 64, "%s/check.XXXXXX",
	    tmp != NULL && strlen(tmp) < 40 ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
}

static inline void
test_dir_leave(const char *dir)
{
	char cmd[80];

	ck_assert_int_eq(chdir("/"), 0);
	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", dir);
	ck_assert_int_eq(system(cmd), 0);
}

static inline void
test_file(const char *name, const char *text, mode_t mode)
{
	FILE *f = fopen(name, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(chmod(name, mode), 0);
}

/* Sends stderr into file ./log; returns what restores it. */
static inline int
test_log_begin(void)
{
	int saved = dup(STDERR_FILENO);
	int fd = open("log", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_ge(dup2(fd, STDERR_FILENO), 0);
	close(fd);
	return (saved);
}

/* What was logged since, up to size - 1 bytes. */
static inline const char *
test_log_end(int saved, char *buf, size_t size)
{
	int fd = open("log", O_RDONLY);
	ssize_t n;

	dup2(saved, STDERR_FILENO);
	close(saved);
	ck_assert_int_ge(fd, 0);
	n = read(fd, buf, size - 1);
	close(fd);
	ck_assert_int_ge(n, 0);
	buf[n] = '\0';
	return (buf);
}

#define test_has(text, part)						\
	ck_assert_msg(strstr(text, part) != NULL, "no \"%s\" in:\n%s",	\
	    part, text)
#define test_has_not(text, part)					\
	ck_assert_msg(strstr(text, part) == NULL, "\"%s\" in:\n%s",	\
	    part, text)

static inline int
test_run(Suite *suite)
{
	SRunner *r = srunner_create(suite);
	int failed;

	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

static inline int
test_run_list(const char *name, const TTest *const *tests)
{
	Suite *s = suite_create(name);
	TCase *t = tcase_create(name);

	for (; *tests != NULL; tests++)
		tcase_add_test(t, *tests);
	suite_add_tcase(s, t);
	return (test_run(s));
}

/* The main() of a program whose tests need no fixture. */
#define TEST_MAIN(name, ...)						\
	int								\
	main(void)							\
	{								\
		const TTest *const tests[] = { __VA_ARGS__, NULL };	\
									\
		return (test_run_list(name, tests));			\
	}

#endif

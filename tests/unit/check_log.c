/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/log.h"
#include "tests/unit/test.h"

static char dir[64];
static char text[16384];

static void
setup(void)
{
	test_dir_enter(dir);
	unsetenv("JOURNAL_STREAM");
}

static void
teardown(void)
{
	test_dir_leave(dir);
}

START_TEST(line_format)
{
	int saved = test_log_begin();

	log_init("had", LOG_TO_STDERR);
	log_at(LOG_L_INFO, "reg", "peer 192.0.2.1", 0, "text %d", 7);
	log_at(LOG_L_WARN, "reg", NULL, ENOENT, "file");
	log_at(LOG_L_DEBUG, "reg", NULL, 0, "not shown");
	test_log_end(saved, text, sizeof(text));
	test_has(text, "Z I had[reg] peer 192.0.2.1: text 7\n");
	test_has(text, "Z W had[reg]: file: No such file or directory\n");
	test_has_not(text, "not shown");
}
END_TEST

START_TEST(one_line_each)
{
	char longer[4096];
	int saved = test_log_begin();

	log_init("had", LOG_TO_STDERR);
	log_at(LOG_L_INFO, "reg", "alice\nroot", 0, "a\r\nb\x1b[2J\xff");
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	log_at(LOG_L_INFO, "reg", NULL, 0, "%s", longer);
	test_log_end(saved, text, sizeof(text));
	test_has(text, "alice\\x0aroot: a\\x0d\\x0ab\\x1b[2J\\xff\n");
	/* the second line is cut, but ends */
	ck_assert_ptr_nonnull(strchr(strchr(text, '\n') + 1, '\n'));
	ck_assert_uint_lt(strlen(text), 2300);
}
END_TEST

START_TEST(journal_tags)
{
	char stream[64];
	struct stat st;
	int saved = test_log_begin();

	ck_assert_int_eq(fstat(STDERR_FILENO, &st), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu",
	    (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	log_init("had", LOG_TO_STDERR);
	log_at(LOG_L_ERROR, "reg", NULL, 0, "bad");
	/* another process' journal */
	setenv("JOURNAL_STREAM", "1:1", 1);
	log_init("had", LOG_TO_STDERR);
	log_at(LOG_L_ERROR, "reg", NULL, 0, "worse");
	test_log_end(saved, text, sizeof(text));
	ck_assert_str_eq(strtok(text, "\n"), "<3>had[reg]: bad");
	test_has(strtok(NULL, ""), "Z E had[reg]: worse\n");
}
END_TEST

START_TEST(levels)
{
	char name[16];
	int i;

	ck_assert(!log_enabled(LOG_L_DEBUG, "pppoe"));
	ck_assert_int_eq(log_set_level("pppoe", "debug"), 0);
	ck_assert(log_enabled(LOG_L_DEBUG, "pppoe"));
	ck_assert(!log_enabled(LOG_L_DEBUG, "ra"));
	ck_assert_int_eq(log_set_level(NULL, "error"), 0);
	ck_assert(!log_enabled(LOG_L_WARN, "ra"));
	ck_assert(log_enabled(LOG_L_DEBUG, "pppoe"));
	ck_assert_int_eq(log_set_level(NULL, "loud"), -EINVAL);
	ck_assert_int_eq(log_set_level("", "info"), -EINVAL);
	ck_assert_int_eq(log_set_level("a-name-far-too-long", "info"),
	    -EINVAL);
	for (i = 0; i < 31; i++) {
		snprintf(name, sizeof(name), "m%d", i);
		ck_assert_int_eq(log_set_level(name, "info"), 0);
	}
	ck_assert_int_eq(log_set_level("one-more", "info"), -ENOSPC);
	ck_assert_int_eq(log_set_level("m3", "warn"), 0);
}
END_TEST

START_TEST(modules_that_are)
{
	static const char *const there[] = { "ra", "mip", NULL };

	log_know(there);
	ck_assert_int_eq(log_set_level("mip", "debug"), 0);
	ck_assert_int_eq(log_set_level("mi", "debug"), -ENOENT);
	ck_assert_int_eq(log_check_level("pppoe", "debug"), -ENOENT);
	ck_assert_int_eq(log_check_level("ra", "loud"), -EINVAL);
	ck_assert_int_eq(log_check_level("ra", "error"), 0);
	ck_assert_int_eq(log_check_level(NULL, "debug"), 0);
	ck_assert(log_enabled(LOG_L_DEBUG, "mip"));
	ck_assert(!log_enabled(LOG_L_DEBUG, "ra"));
	ck_assert(!log_enabled(LOG_L_DEBUG, "pppoe"));
}
END_TEST

START_TEST(keeps_errno)
{
	int saved = test_log_begin();

	errno = EBADMSG;
	log_error(NULL, "what");
	ck_assert_int_eq(errno, EBADMSG);
	test_log_end(saved, text, sizeof(text));
	test_has(text, "what: Bad message");
}
END_TEST

START_TEST(network_strings)
{
	char b[16];

	ck_assert_str_eq(log_str(b, sizeof(b), "bob", 3), "bob");
	ck_assert_str_eq(log_str(b, sizeof(b), "a\0b\\", 4), "a\\x00b\\\\");
	ck_assert_str_eq(log_str(b, sizeof(b), "123456789012345", 15),
	    "123456789012345");
	ck_assert_str_eq(log_str(b, sizeof(b), "1234567890123456", 16),
	    "123456789012...");
	ck_assert_str_eq(log_str(b, 5, "\n\n", 2), "...");
	ck_assert_str_eq(log_str(b, 5, "\n", 1), "\\x0a");
	ck_assert_str_eq(log_str(b, 1, "abc", 3), "");
	ck_assert_str_eq(log_str(b, 3, "abc", 3), "..");
}
END_TEST

START_TEST(limit)
{
	struct log_limit l = { .rate = 2, .burst = 3 };
	unsigned n = 99;
	int i;

	for (i = 0; i < 3; i++)
		ck_assert(log_limited(&l, 0, &n));
	ck_assert_uint_eq(n, 0);
	for (i = 0; i < 5; i++)
		ck_assert(!log_limited(&l, 499, &n));
	ck_assert(log_limited(&l, 500, &n));
	ck_assert_uint_eq(n, 5);
	ck_assert(!log_limited(&l, 500, &n));
	/* no more than the burst after a long silence, and no overflow */
	for (i = 0; i < 3; i++)
		ck_assert(log_limited(&l, 4000000000000LL, &n));
	ck_assert(!log_limited(&l, 4000000000000LL, &n));
}
END_TEST

/* Whoever was to read our stderr does not: we go on. */
START_TEST(stuck_reader)
{
	static const char block[4096];
	int saved = dup(STDERR_FILENO);
	int fds[2], i;
	ssize_t n;

	log_init("had", LOG_TO_STDERR);
	ck_assert_int_eq(pipe2(fds, O_NONBLOCK), 0);
	while (write(fds[1], block, sizeof(block)) > 0)
		;
	ck_assert_int_eq(fcntl(fds[1], F_SETFL, 0), 0);
	dup2(fds[1], STDERR_FILENO);
	for (i = 0; i < 100; i++)
		log_at(LOG_L_INFO, "reg", NULL, 0, "lost %d", i);
	while (read(fds[0], text, sizeof(text)) > 0)
		;
	log_at(LOG_L_INFO, "reg", NULL, 0, "again");
	dup2(saved, STDERR_FILENO);
	n = read(fds[0], text, sizeof(text) - 1);
	ck_assert_int_gt(n, 0);
	text[n] = '\0';
	test_has(text, "W had[log]: 100 lines were lost: nobody read them\n");
	test_has(text, "I had[reg]: again\n");
	close(fds[0]);
	close(fds[1]);
	close(saved);
}
END_TEST

/* As stderr's: and a new syslogd is found, as long as its path is. */
START_TEST(stuck_syslogd)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX, .sun_path = "l" };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	bool lost = false;
	int i;

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	log_syslog_path("l");
	log_init("had", LOG_TO_SYSLOG);
	for (i = 0; i < 1000; i++)	/* more than any queue's length */
		log_at(LOG_L_INFO, "reg", "alice", 0, "line %d", i);
	ck_assert_int_gt(recv(fd, text, sizeof(text), 0), 0);
	ck_assert_str_eq(text + strlen(text) - 24, ": had[reg] alice: line 0");
	ck_assert_int_eq(strncmp(text, "<30>", 4), 0);
	while (recv(fd, text, sizeof(text), 0) > 0)
		;
	log_at(LOG_L_INFO, "reg", NULL, 0, "again");
	ck_assert_int_gt(i = (int)recv(fd, text, sizeof(text) - 1, 0), 0);
	text[i] = '\0';
	lost = strstr(text, " lines were lost: nobody read them") != NULL;
	ck_assert(lost);
	close(fd);
	unlink("l");
	log_at(LOG_L_INFO, "reg", NULL, 0, "to nobody");
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	log_at(LOG_L_WARN, "reg", NULL, 0, "to the new one");
	while ((i = (int)recv(fd, text, sizeof(text) - 1, 0)) > 0)
		text[i] = '\0';
	test_has(text, "had[reg]: to the new one");
	close(fd);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("log");
	TCase *t = tcase_create("log");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, line_format);
	tcase_add_test(t, one_line_each);
	tcase_add_test(t, journal_tags);
	tcase_add_test(t, levels);
	tcase_add_test(t, modules_that_are);
	tcase_add_test(t, keeps_errno);
	tcase_add_test(t, network_strings);
	tcase_add_test(t, limit);
	tcase_add_test(t, stuck_reader);
	tcase_add_test(t, stuck_syslogd);
	suite_add_tcase(s, t);
	return (test_run(s));
}

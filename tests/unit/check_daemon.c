/* SPDX-License-Identifier: BSD-2-Clause */
/* What a daemon does before all else. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "common/daemon.h"
#include "tests/unit/test.h"

/* A socket must not get the number that log lines are written to; and whoever
 * read them may leave. */
START_TEST(standard_descriptors)
{
	char name[] = "had";
	char *argv[] = { name, NULL };
	struct daemon_opts o;
	struct sigaction sa;
	int err = dup(STDERR_FILENO);
	int fd;

	for (fd = 0; fd <= STDERR_FILENO; fd++)
		close(fd);
	daemon_options(&o, 1, argv, "had", "had.conf", "");
	fd = open("/dev/null", O_RDONLY);
	dup2(err, STDERR_FILENO);
	ck_assert_int_gt(fd, STDERR_FILENO);
	ck_assert_int_eq(sigaction(SIGPIPE, NULL, &sa), 0);
	ck_assert(sa.sa_handler == SIG_IGN);
	ck_assert_str_eq(o.config, "had.conf");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("daemon");
	TCase *t = tcase_create("daemon");

	tcase_add_test(t, standard_descriptors);
	suite_add_tcase(s, t);
	return (test_run(s));
}

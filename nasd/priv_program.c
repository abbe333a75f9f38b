/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starting nasd anew, root's side: the file it was started from, which may be
 * a newer one by now, is asked with -n whether it takes the configuration
 * before anything is ended for it. Nobody waits: it is a child like others.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/priv.h"
#include "nasd/priv_ops.h"
#include "nasd/priv_program.h"

#define LOG_MODULE "priv"
#include "common/log.h"

#define CHECK_S		10	/* less than nasctl(8) waits */
#define ARGS_MAX	16

void
nasd_program_init(struct nasd_program *p)
{
	ssize_t n = readlink("/proc/self/exe", p->path, sizeof(p->path) - 1);

	p->path[n > 0 ? n : 0] = '\0';
}

static void __attribute__((noreturn))
child(const struct nasd_program *p)
{
	char check[] = "-n";
	char *argv[ARGS_MAX + 2];
	unsigned n;

	priv_child_reset();
	for (n = 0; n < ARGS_MAX && p->argv[n] != NULL; n++)
		argv[n] = p->argv[n];
	argv[n] = check;
	argv[n + 1] = NULL;
	(void)alarm(CHECK_S);		/* which exec leaves alone */
	execv(p->path, argv);
	_exit(127);
}

pid_t
program_check_start(const struct nasd_program *p)
{
	pid_t pid;

	if (p == NULL || p->path[0] == '\0')
		return -ENOENT;
	if (access(p->path, X_OK) != 0)
		return -errno;
	if ((pid = fork()) == 0)
		child(p);
	return pid < 0 ? -errno : pid;
}

int
program_check_result(const struct nasd_program *p, int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	log_errorx(NULL, "%s -n: status 0x%x%s; not started anew", p->path,
	    (unsigned)status, WIFSIGNALED(status) &&
	    WTERMSIG(status) == SIGALRM ? ", it does not end" : "");
	return -EINVAL;
}

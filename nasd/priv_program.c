/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starting nasd anew, root's side: the file it was started from, which may be
 * a newer one by now, is asked with -n whether it takes the configuration
 * before anything is ended for it.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/priv.h"
#include "nasd/priv_ops.h"
#include "nasd/priv_program.h"

#define LOG_MODULE "priv"
#include "common/log.h"

#define CHECK_MS	10000	/* less than the engine waits */
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
	execv(p->path, argv);
	_exit(127);
}

static int
await(pid_t pid, int *status)
{
	struct pollfd pfd = { .fd = pidfd_open(pid, 0), .events = POLLIN };
	int n = 1;

	if (pfd.fd >= 0)
		n = poll(&pfd, 1, CHECK_MS);
	if (n == 0)
		kill(pid, SIGKILL);
	if (pfd.fd >= 0)
		close(pfd.fd);
	while (waitpid(pid, status, 0) == -1)
		if (errno != EINTR)
			return -errno;
	return n == 0 ? -ETIMEDOUT : 0;
}

int
program_check(const struct nasd_program *p)
{
	int err, status = 0;
	pid_t pid;

	if (p == NULL || p->path[0] == '\0')
		return -ENOENT;
	if (access(p->path, X_OK) != 0)
		return -errno;
	if ((pid = fork()) == 0)
		child(p);
	if (pid < 0)
		return -errno;
	if ((err = await(pid, &status)) != 0)
		return err;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	log_errorx(NULL, "%s -n: status 0x%x; not started anew", p->path,
	    (unsigned)status);
	return -EINVAL;
}

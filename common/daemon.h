/* SPDX-License-Identifier: BSD-2-Clause */
/* What every daemon's main() does alike: options -f FILE -n -d -V -h, exit
 * codes, /run directory, signals into libevent. */
#ifndef COMMON_DAEMON_H
#define COMMON_DAEMON_H

#include <stdbool.h>

#include "common/timers.h"

struct event;
struct event_base;

#define EXIT_CONFIG	2	/* bad configuration or usage */

struct daemon_opts {
	const char	*config;
	bool		 check_only;	/* -n */
	bool		 debug;		/* -d: foreground, stderr, debug */
};

/* Sees to it that stdin, stdout and stderr are open and SIGPIPE is ignored,
 * then parses the command line; prints help and version and exits by itself. */
void	 daemon_options(struct daemon_opts *, int argc, char **argv,
    const char *program, const char *default_config, const char *synopsis);

/* As many descriptors as are permitted: the usual soft limit is for select().
 */
void	 daemon_raise_descriptors(void);

/* Makes a directory 0755 if it is not there. 0 or -errno. */
int	 daemon_mkdir(const char *path);

/* As root makes /run/netmip4 and the directory chroot (NULL: neither); then
 * opens the control socket [ctl_listen]. Its descriptor, or -1 after saying on
 * the log what is wrong. */
int	 daemon_control(const char *chroot, const char *path,
    const char *group);

/* Removes the socket that a dead daemon left at path, which fits a sockaddr_un.
 * 0 when nothing is there any more, -EADDRINUSE when somebody serves it,
 * -EEXIST when it is no socket, or another -errno. */
int	 daemon_unlink_stale(const char *path, int type);

/* Sets *stop when the signal comes. The event is the caller's to free (by
 * event_free); NULL when out of memory. */
struct event *daemon_stop_on(struct event_base *, int sig,
    volatile bool *stop);

/* The signals of a daemon that reads its configuration once: SIGTERM and
 * SIGINT set *stop, SIGHUP is answered on the log with on_hangup, which must
 * stay. 0 or -ENOMEM; daemon_signals_free also after that. */
struct daemon_signals {
	struct event	*term, *intr, *hangup;
};
int	 daemon_signals(struct daemon_signals *, struct event_base *,
    volatile bool *stop, const char *on_hangup);
void	 daemon_signals_free(struct daemon_signals *);

/* Runs libevent and a struct timers as one loop, until *stop. Nothing needs
 * to arm anything: the next timer is looked up before every wait. */
void	 daemon_run(struct event_base *, struct timers *,
    const struct clock *, const volatile bool *stop);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* What the daemons' main() does alike. Neighbours: timers.h, whose timers run
 * in libevent's loop here. */
#include "config.h"
#include "common/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <event2/event.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/ctl.h"
#include "common/log.h"

#define RUN_DIR	"/run/netmip4"

static void
usage(FILE *out, const char *program, const char *config,
    const char *synopsis)
{
	fprintf(out, "usage: %s [-dhnV] [-f file]\n"
	    "%s\n"
	    "  -f, --config FILE  configuration (%s)\n"
	    "  -n, --check        only check the configuration: exit 0 or %d\n"
	    "  -d, --debug        log to stderr at level debug\n"
	    "  -h, --help         this text\n"
	    "  -V, --version      the version\n",
	    program, synopsis, config, EXIT_CONFIG);
}

/*
 * Started without stdin, stdout or stderr, our first sockets would get their
 * numbers, and log lines would go to a network. A reader of the log that goes
 * away must not end us.
 */
static void
standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
	signal(SIGPIPE, SIG_IGN);
}

void
daemon_options(struct daemon_opts *o, int argc, char **argv,
    const char *program, const char *default_config, const char *synopsis)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'f' },
		{ "check", no_argument, NULL, 'n' },
		{ "debug", no_argument, NULL, 'd' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	standard_descriptors();
	*o = (struct daemon_opts){ .config = default_config };
	while ((c = getopt_long(argc, argv, "f:ndhV", longs, NULL)) != -1) {
		switch (c) {
		case 'f':
			o->config = optarg;
			break;
		case 'n':
			o->check_only = true;
			break;
		case 'd':
			o->debug = true;
			break;
		case 'h':
			usage(stdout, program, default_config, synopsis);
			exit(EXIT_SUCCESS);
		case 'V':
			printf("%s %s\n", program, PACKAGE_VERSION);
			exit(EXIT_SUCCESS);
		default:
			usage(stderr, program, default_config, synopsis);
			exit(EXIT_CONFIG);
		}
	}
	if (optind < argc) {
		fprintf(stderr, "%s: %s: no such argument\n", program,
		    argv[optind]);
		usage(stderr, program, default_config, synopsis);
		exit(EXIT_CONFIG);
	}
	/* Until the configuration has said more, and for what it gets wrong. */
	log_init(program, LOG_TO_STDERR);
}

void
daemon_raise_descriptors(void)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) != 0)
		return;
	lim.rlim_cur = lim.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &lim) != 0)
		log_warn(NULL, "the limit of descriptors can not be raised");
}

int
daemon_mkdir(const char *path)
{
	struct stat st;

	if (mkdir(path, 0755) == 0)
		/* whatever the umask: clients must reach the sockets in it */
		return (chmod(path, 0755) == -1 ? -errno : 0);
	if (errno != EEXIST)
		return (-errno);
	if (stat(path, &st) == -1)
		return (-errno);
	return (S_ISDIR(st.st_mode) ? 0 : -ENOTDIR);
}

int
daemon_control(const char *chroot, const char *path, const char *group)
{
	int fd;

	if (geteuid() == 0 && chroot != NULL &&
	    (daemon_mkdir(RUN_DIR) != 0 || daemon_mkdir(chroot) != 0)) {
		log_errorx(chroot, "can not be made");
		return (-1);
	}
	fd = ctl_listen(path, group);
	if (fd < 0) {
		log_errorx(path, "control socket: %s", strerror(-fd));
		return (-1);
	}
	return (fd);
}

int
daemon_unlink_stale(const char *path, int type)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct stat st;
	int fd, err;

	if (strlen(path) >= sizeof(sun.sun_path))
		return (-ENAMETOOLONG);
	strcpy(sun.sun_path, path);
	if (lstat(path, &st) == -1)
		return (errno == ENOENT ? 0 : -errno);
	if (!S_ISSOCK(st.st_mode))
		return (-EEXIST);
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return (-errno);
	err = connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) == 0 ?
	    0 : errno;
	close(fd);
	/* EAGAIN: its queue is full, so it lives. EPROTOTYPE: as another kind
	 * of socket. */
	if (err == 0 || err == EAGAIN || err == EPROTOTYPE)
		return (-EADDRINUSE);
	if (err != ECONNREFUSED)
		return (-err);
	return (unlink(path) == -1 ? -errno : 0);
}

static void
stop_cb(evutil_socket_t sig, short what, void *arg)
{
	volatile bool *stop = arg;

	(void)sig;
	(void)what;
	*stop = true;
}

struct event *
daemon_stop_on(struct event_base *base, int sig, volatile bool *stop)
{
	struct event *ev;

	ev = evsignal_new(base, sig, stop_cb, (void *)(uintptr_t)stop);
	if (ev != NULL && event_add(ev, NULL) == -1) {
		event_free(ev);
		return (NULL);
	}
	return (ev);
}

static void
hangup_cb(evutil_socket_t sig, short what, void *arg)
{
	(void)sig;
	(void)what;
	log_info(NULL, "%s", (const char *)arg);
}

int
daemon_signals(struct daemon_signals *s, struct event_base *base,
    volatile bool *stop, const char *on_hangup)
{
	s->term = daemon_stop_on(base, SIGTERM, stop);
	s->intr = daemon_stop_on(base, SIGINT, stop);
	s->hangup = evsignal_new(base, SIGHUP, hangup_cb,
	    (void *)(uintptr_t)on_hangup);
	if (s->hangup == NULL || event_add(s->hangup, NULL) == -1)
		return (-ENOMEM);
	return (s->term != NULL && s->intr != NULL ? 0 : -ENOMEM);
}

static void
free_event(struct event *ev)
{
	if (ev != NULL)
		event_free(ev);
}

void
daemon_signals_free(struct daemon_signals *s)
{
	free_event(s->term);
	free_event(s->intr);
	free_event(s->hangup);
}

static void
wake_cb(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

static void
wait_until(struct event_base *base, struct event *wake, mono_t at, mono_t now)
{
	struct timeval tv;
	int64_t us;

	if (at.ns == INT64_MAX) {
		event_del(wake);
	} else {
		us = mono_diff_us(at, now);
		/* Rounded up: a wait that ends early would only be repeated. */
		us = us < 0 ? 0 : us + 1;
		tv.tv_sec = us / 1000000;
		tv.tv_usec = us % 1000000;
		event_add(wake, &tv);
	}
	event_base_loop(base, EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY);
}

void
daemon_run(struct event_base *base, struct timers *timers,
    const struct clock *clock, const volatile bool *stop)
{
	struct event *wake = evtimer_new(base, wake_cb, NULL);

	while (wake != NULL && !*stop) {
		timers_run(timers, clock_mono(clock));
		if (*stop)
			break;
		wait_until(base, wake, timers_next(timers), clock_mono(clock));
	}
	if (wake != NULL)
		event_free(wake);
}

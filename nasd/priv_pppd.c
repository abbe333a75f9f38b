/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starting and stopping pppd, root's side [doc/PPPD]. The command line is
 * made of the configuration and three numbers of the request: no shell, and no
 * string from the engine, ever. A pppd has its own session, no descriptor but
 * the log, and lives on when we are killed or replaced: the next nasd takes it
 * over, once it has seen by its command line that it is the one.
 */
#define _GNU_SOURCE	/* close_range, unshare */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/priv.h"
#include "common/table.h"
#include "nasd/nasd_config.h"
#include "nasd/priv_ops.h"
#include "nasd/priv_pppd.h"

#define LOG_MODULE "pppd"
#include "common/log.h"

#define STOP_MS		5000
#define POLL_MS		20

struct pppd_proc {
	struct table_node	node;		/* by pid */
	pid_t			pid;
	uint32_t		link_id;
	int			pidfd;		/* of one that is no child of
						 * ours; -1: it is */
};

struct pppds {
	const struct nasd_config *cfg;
	struct table		 procs;
};

struct pppds *
pppds_new(const struct nasd_config *cfg)
{
	struct pppds *ps;

	if ((ps = calloc(1, sizeof(*ps))) == NULL)
		return NULL;
	ps->cfg = cfg;
	if (table_init(&ps->procs) != 0) {
		free(ps);
		errno = ENOMEM;
		return NULL;
	}
	return ps;
}

static void
forget(struct pppds *ps, struct pppd_proc *proc)
{
	table_remove(&ps->procs, &proc->node);
	if (proc->pidfd >= 0)
		close(proc->pidfd);
	free(proc);
}

static bool
forget_one(struct table_node *n, void *arg)
{
	forget(arg, container_of(n, struct pppd_proc, node));
	return true;
}

void
pppds_free(struct pppds *ps)
{
	if (ps == NULL)
		return;
	table_each(&ps->procs, forget_one, ps);
	table_free(&ps->procs);
	free(ps);
}

/*
 * pppd runs /etc/ppp/ipv6-up and its like whenever they are there, a third of
 * a session's work on Debian, and 2.4.9 has no option against it. In a mount
 * name space of our own they are something that pppd does not take for a
 * script; the rest of the system sees no change.
 */
void
pppds_start(struct pppds *ps)
{
	static const char *const script[] = {
		"/etc/ppp/auth-up", "/etc/ppp/auth-down",
		"/etc/ppp/ip-pre-up", "/etc/ppp/ip-up", "/etc/ppp/ip-down",
		"/etc/ppp/ipv6-up", "/etc/ppp/ipv6-down",
	};
	struct stat st;

	(void)ps;
	if (unshare(CLONE_NEWNS) != 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) != 0) {
		log_warn(NULL, "pppd will run the scripts in /etc/ppp");
		return;
	}
	for (size_t i = 0; i < sizeof(script) / sizeof(script[0]); i++) {
		/* started anew we have its place already */
		if (stat(script[i], &st) == 0 && !S_ISCHR(st.st_mode) &&
		    mount("/dev/null", script[i], NULL, MS_BIND, NULL) != 0)
			log_warn(NULL, "pppd will run %s", script[i]);
	}
}

/* ---- the command line ---- */

static void
add(struct pppd_args *a, const char *word)
{
	/* one place is kept for the NULL */
	if (a->n < PPPD_ARGS_MAX)
		a->argv[a->n++] = word;
}

static void __attribute__((format(printf, 2, 3)))
addf(struct pppd_args *a, const char *fmt, ...)
{
	size_t room = sizeof(a->text) - a->used;
	char *word = a->text + a->used;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(word, room, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= room) {
		a->n = PPPD_ARGS_MAX;	/* found out at the end */
		return;
	}
	a->used += (size_t)n + 1;
	add(a, word);
}

const char *
pppd_auth_option(const char *auth)
{
	static const struct {
		const char	*name, *option;
	} known[] = {
		{ "pap", "require-pap" },
		{ "chap", "require-chap" },
		{ "mschapv2", "require-mschap-v2" },
		{ "eap", "require-eap" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(auth, known[i].name) == 0)
			return known[i].option;
	return NULL;
}

static void
add_auth(struct pppd_args *a, const struct config_pppd *p)
{
	const char *option;

	for (char **auth = p->auth; auth != NULL && *auth != NULL; auth++)
		if ((option = pppd_auth_option(*auth)) != NULL)
			add(a, option);
	if (p->rechallenge_s > 0) {
		add(a, "chap-interval");
		addf(a, "%u", p->rechallenge_s);
	}
	/* CCP is there for MPPE alone: compressed links are nobody's wish. */
	add(a, p->mppe ? "require-mppe" : "noccp");
}

/* Our address; the peer's comes with its login. */
static void
add_ipv4(struct pppd_args *a, const struct config_ipv4 *v)
{
	char text[INET_ADDRSTRLEN];

	if (v->address.s_addr == INADDR_ANY)
		add(a, "noip");
	else
		addf(a, "%s:", inet_ntop(AF_INET, &v->address, text,
		    sizeof(text)));
}

int
pppd_args_build(struct pppd_args *a, const struct nasd_config *cfg,
    const struct nasd_priv_pppd_start *q)
{
	static const char *const fixed[] = {
		"nodetach", "silent", "auth", "nodefaultroute",
		"hide-password",
		"lcp-echo-interval", "10", "lcp-echo-failure", "3",
		"logfd", "2",
	};
	const struct config_pppd *p = &cfg->pppd;
	const uint8_t *m = q->mac;

	a->n = 0;
	a->used = 0;
	add(a, p->path);
	/* the device plugin first: it takes what follows as its options */
	add(a, "plugin");
	add(a, p->pppoe_plugin);
	addf(a, "nic-%s", q->ifname);
	add(a, "rp_pppoe_sess");
	addf(a, "%u:%02x:%02x:%02x:%02x:%02x:%02x", q->sid, m[0], m[1], m[2],
	    m[3], m[4], m[5]);
	add(a, "plugin");
	add(a, p->plugin);
	add(a, "netmip4-link");
	addf(a, "%u", q->link_id);
	add(a, "netmip4-socket");
	add(a, cfg->plugin_socket);
	add(a, "name");
	add(a, cfg->nas_id);
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		add(a, fixed[i]);
	add(a, "mtu");
	addf(a, "%u", q->mru);
	add(a, "mru");
	addf(a, "%u", q->mru);
	add_auth(a, p);
	add(a, "+ipv6");
	add_ipv4(a, &cfg->ipv4);
	/* last, so that they have the last word */
	for (char **o = p->options; o != NULL && *o != NULL; o++)
		add(a, *o);
	if (a->n >= PPPD_ARGS_MAX)
		return -E2BIG;
	a->argv[a->n] = NULL;
	return 0;
}

/* ---- processes ---- */

/*
 * Between vfork and exec: system calls only, for the memory is the parent's,
 * who waits. Why it failed goes to *err.
 */
static void __attribute__((noreturn))
child(const struct pppd_args *a, volatile int *err)
{
	char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	char *const env[] = { path, NULL };
	int null;

	priv_child_reset();
	setsid();
	if ((null = open("/dev/null", O_RDWR)) < 0)
		goto fail;
	if (dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
		goto fail;
	/* all the rest but the log closes itself at exec */
	close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
	umask(022);
	if (chdir("/") != 0)
		goto fail;
	execve(a->argv[0], (char *const *)(uintptr_t)a->argv, env);
fail:
	*err = -errno;
	_exit(127);
}

/*
 * The pid, or -errno; returns when the child has become pppd. vfork, because
 * copying this process's page tables would be a good part of what a session
 * costs.
 */
static pid_t
spawn(const struct pppd_args *a)
{
	volatile int err = 0;
	pid_t pid = vfork();

	if (pid == 0)
		child(a, &err);
	if (pid < 0)
		return -errno;
	if (err != 0)
		waitpid(pid, NULL, 0);
	return err != 0 ? err : pid;
}

static bool
pid_eq(const struct table_node *n, const void *key)
{
	const pid_t *pid = key;

	return container_of(n, const struct pppd_proc, node)->pid == *pid;
}

static struct pppd_proc *
find_proc(struct pppds *ps, pid_t pid)
{
	struct table_node *n = table_find(&ps->procs,
	    table_hash(&ps->procs, &pid, sizeof(pid)), pid_eq, &pid);

	return n != NULL ? container_of(n, struct pppd_proc, node) : NULL;
}

int
pppds_spawn(struct pppds *ps, const struct nasd_priv_pppd_start *q)
{
	struct pppd_proc *proc, *old;
	struct pppd_args args;
	pid_t pid;
	int err;

	if ((err = pppd_args_build(&args, ps->cfg, q)) != 0)
		return err;
	if ((proc = calloc(1, sizeof(*proc))) == NULL)
		return -ENOMEM;
	if ((pid = spawn(&args)) < 0) {
		free(proc);
		errno = -pid;
		log_error(NULL, "cannot start %s", args.argv[0]);
		return pid;
	}
	/* One that was no child of ours may have ended unseen. */
	if ((old = find_proc(ps, pid)) != NULL)
		forget(ps, old);
	proc->pid = pid;
	proc->link_id = q->link_id;
	proc->pidfd = -1;
	table_insert(&ps->procs, &proc->node,
	    table_hash(&ps->procs, &pid, sizeof(pid)));
	log_debug(NULL, "pppd %d started for link %u", (int)pid, q->link_id);
	return (int)pid;
}

static int
send_signal(const struct pppd_proc *proc, int sig)
{
	int r;

	/* A child that is not yet reaped still has its number. */
	r = proc->pidfd >= 0 ? pidfd_send_signal(proc->pidfd, sig, NULL, 0) :
	    kill(proc->pid, sig);
	return r == 0 ? 0 : -errno;
}

static bool
has_ended(const struct pppd_proc *proc)
{
	struct pollfd p = { .fd = proc->pidfd, .events = POLLIN };

	if (proc->pidfd >= 0)
		return poll(&p, 1, 0) != 0;
	return waitpid(proc->pid, NULL, WNOHANG) != 0;
}

int
pppds_signal(struct pppds *ps, pid_t pid, int sig)
{
	struct pppd_proc *proc = find_proc(ps, pid);

	if (proc == NULL)
		return -ESRCH;
	/* The end of one that is no child is not told to us. */
	if (proc->pidfd >= 0 && has_ended(proc)) {
		forget(ps, proc);
		return -ESRCH;
	}
	return send_signal(proc, sig);
}

/* ---- those of an earlier nasd ---- */

#define CMDLINE_MAX	16384

/* The value of an option on a command line, words of which end with NUL. */
static const char *
option_of(const char *cmdline, size_t len, const char *option)
{
	const char *p, *end = cmdline + len;

	for (p = cmdline; p < end; p += strlen(p) + 1)
		if (strcmp(p, option) == 0 && p + strlen(p) + 1 < end)
			return p + strlen(p) + 1;
	return NULL;
}

/* Only root can have made a process of root's with that command line. */
static bool
is_pppd_of(const struct pppds *ps, pid_t pid, uint32_t link_id)
{
	char path[32], text[CMDLINE_MAX], number[16];
	const char *link, *sock;
	struct stat st;
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		return false;
	if (fstat(fd, &st) == 0 && st.st_uid == geteuid())
		n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	snprintf(number, sizeof(number), "%u", link_id);
	link = option_of(text, (size_t)n, "netmip4-link");
	sock = option_of(text, (size_t)n, "netmip4-socket");
	return link != NULL && strcmp(link, number) == 0 && sock != NULL &&
	    strcmp(sock, ps->cfg->plugin_socket) == 0;
}

int
pppds_adopt(struct pppds *ps, pid_t pid, uint32_t link_id, int *fd)
{
	struct pppd_proc *proc = find_proc(ps, pid);
	int err = 0;

	/* The end of one that was no child is not told to us, and its number
	 * may be another's by now. */
	if (proc != NULL && proc->pidfd >= 0 && has_ended(proc)) {
		forget(ps, proc);
		proc = NULL;
	}
	if (pid <= 0 || proc != NULL)
		return -EINVAL;
	if ((proc = calloc(1, sizeof(*proc))) == NULL)
		return -ENOMEM;
	proc->pid = pid;
	proc->link_id = link_id;
	/* First the handle, then the look: if it still runs after that, it
	 * is what we have looked at. */
	proc->pidfd = pidfd_open(pid, 0);
	if (proc->pidfd < 0)
		err = -errno;
	else if (!is_pppd_of(ps, pid, link_id) || has_ended(proc))
		err = -ESRCH;
	else if ((*fd = dup(proc->pidfd)) < 0)
		err = -errno;
	if (err != 0) {
		if (proc->pidfd >= 0)
			close(proc->pidfd);
		free(proc);
		return err;
	}
	(void)fcntl(*fd, F_SETFD, FD_CLOEXEC);
	table_insert(&ps->procs, &proc->node,
	    table_hash(&ps->procs, &pid, sizeof(pid)));
	log_debug(NULL, "pppd %d taken over for link %u", (int)pid, link_id);
	return 0;
}

int
pppds_exited(struct pppds *ps, pid_t pid, int status,
    struct nasd_priv_pppd_exit *note)
{
	struct pppd_proc *proc = find_proc(ps, pid);

	if (proc == NULL)
		return -ESRCH;
	*note = (struct nasd_priv_pppd_exit){ pid, status, proc->link_id };
	forget(ps, proc);
	return 0;
}

static bool
signal_one(struct table_node *n, void *arg)
{
	const int *sig = arg;

	(void)send_signal(container_of(n, struct pppd_proc, node), *sig);
	return true;
}

static bool
reap_one(struct table_node *n, void *arg)
{
	struct pppd_proc *proc = container_of(n, struct pppd_proc, node);
	struct pppds *ps = arg;

	if (has_ended(proc))
		forget(ps, proc);
	return true;
}

static void
reap_for(struct pppds *ps, unsigned ms)
{
	const struct timespec ts = { .tv_nsec = POLL_MS * 1000000 };

	for (unsigned t = 0; table_count(&ps->procs) > 0; t += POLL_MS) {
		table_each(&ps->procs, reap_one, ps);
		if (table_count(&ps->procs) == 0 || t >= ms)
			return;
		nanosleep(&ts, NULL);
	}
}

void
pppds_stop(struct pppds *ps)
{
	int sig = SIGTERM;

	table_each(&ps->procs, signal_one, &sig);
	reap_for(ps, STOP_MS);
	if (table_count(&ps->procs) == 0)
		return;
	log_warnx(NULL, "%zu pppds did not end in time, killed",
	    table_count(&ps->procs));
	sig = SIGKILL;
	table_each(&ps->procs, signal_one, &sig);
	reap_for(ps, STOP_MS);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Privilege separation with real processes: each test forks a pair. */
#include "config.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "common/log.h"
#include "common/priv.h"
#include "tests/unit/test.h"

enum {
	OP_ECHO, OP_PIPE, OP_FAIL, OP_SPAWN, OP_BIG, OP_DIE, OP_LATE, NOTE_EXIT
};

struct root {
	struct priv_ctx	*ctx;
	pid_t		 child;
	int		 gone;
	int		 exits;
	/* OP_LATE */
	uint32_t	 prepared[PRIV_TOGETHER];
	size_t		 n_prepared, most;
	unsigned	 commits;
};

static char dir[64];
static char text[16384];

static int
op_echo(struct priv_call *c)
{
	memcpy(c->out, c->body, c->len);
	c->out_len = c->len;
	return (0);
}

/* A descriptor with "hello" to be read from. */
static int
op_pipe(struct priv_call *c)
{
	int p[2];

	if (pipe(p) == -1 || write(p[1], "hello", 5) != 5)
		return (-errno);
	close(p[1]);
	c->fd = p[0];
	return (0);
}

static int
op_fail(struct priv_call *c)
{
	(void)c;
	return (-EPERM);
}

static int
op_spawn(struct priv_call *c)
{
	struct root *r = c->state;
	sigset_t set;

	r->child = fork();
	if (r->child == 0) {
		priv_child_reset();
		sigprocmask(SIG_SETMASK, NULL, &set);
		_exit(sigismember(&set, SIGTERM) ? 1 : 42);
	}
	return (r->child > 0 ? 0 : -errno);
}

static int
op_die(struct priv_call *c)
{
	(void)c;
	_exit(99);
}

/* Its status says what is to become of it: -v now, and -v at the commit if
 * that is above 100. */
static int
op_late(struct priv_call *c)
{
	struct root *r = c->state;
	uint32_t v;

	ck_assert_uint_eq(c->len, sizeof(v));	/* else refused unseen */
	memcpy(&v, c->body, c->len);
	r->prepared[r->n_prepared++] = v;
	return (v > 100 ? 0 : -(int)v);
}

static void
commit(void *state, int *status, size_t n)
{
	struct root *r = state;
	size_t i;

	ck_assert_uint_eq(n, r->n_prepared);
	for (i = 0; i < n; i++)
		if (r->prepared[i] > 100)
			status[i] = -(int)r->prepared[i];
	r->n_prepared = 0;
	r->commits++;
	if (n > r->most)
		r->most = n;
}

static void
child_exit(void *state, struct priv_ctx *ctx, pid_t pid, int status)
{
	struct root *r = state;

	ck_assert_int_eq(pid, r->child);
	r->exits++;
	ck_assert_int_eq(priv_notify(ctx, NOTE_EXIT, &status, sizeof(status)),
	    0);
}

static bool told_at_the_end;

static void
engine_gone(void *state)
{
	((struct root *)state)->gone++;
	if (told_at_the_end)
		kill(getpid(), SIGTERM);
}

static void
start(void *state, struct priv_ctx *ctx)
{
	((struct root *)state)->ctx = ctx;
}

static const struct priv_op ops[] = {
	{ OP_ECHO, "echo", 0, PRIV_MSG_MAX, op_echo, false },
	{ OP_PIPE, "pipe", 0, 0, op_pipe, false },
	{ OP_FAIL, "fail", 4, 4, op_fail, false },
	{ OP_SPAWN, "spawn", 0, 0, op_spawn, false },
	{ OP_DIE, "die", 0, 0, op_die, false },
	{ OP_LATE, "late", 4, 4, op_late, true },
};

/* What the engine sees. */
struct engine {
	struct event_base	*base;
	struct priv_client	*cl;
	unsigned		 replies;
	int			 statuses[8];
	uint32_t		 sum;
	int			 noted;
	int			 gone;
};

static void
on_note(void *arg, uint16_t type, const void *body, size_t len)
{
	struct engine *e = arg;

	if (type == NOTE_EXIT && len == sizeof(int))
		memcpy(&e->noted, body, sizeof(int));
	event_base_loopbreak(e->base);
}

static void
on_gone(void *arg)
{
	struct engine *e = arg;

	e->gone++;
	event_base_loopbreak(e->base);
}

static void
on_reply(void *arg, int status, const void *body, size_t len, int fd)
{
	struct engine *e = arg;
	uint32_t v;

	(void)fd;
	if (e->replies < 8)
		e->statuses[e->replies] = status;
	e->replies++;
	if (len >= sizeof(v)) {
		memcpy(&v, body, sizeof(v));
		/* in order */
		if (v == e->sum)
			e->sum++;
	}
}

static void
engine_begin(struct engine *e, int sock)
{
	*e = (struct engine){ .base = event_base_new(), .noted = -1 };
	e->cl = priv_client_new(e->base, sock, on_note, on_gone, e);
	if (e->cl == NULL)
		_exit(100);
}

/* Runs fn as an engine under this server: the status priv_fork gave. */
static int
run(void (*fn)(struct engine *), struct root *r)
{
	const struct priv_server srv = {
		.ops = ops,
		.n_ops = sizeof(ops) / sizeof(ops[0]),
		.state = r,
		.commit = commit,
		.child_exit = child_exit,
		.engine_gone = engine_gone,
		.start = start,
	};
	struct engine e;
	bool engine;
	int sock, status, saved;

	*r = (struct root){ 0 };
	saved = test_log_begin();
	status = priv_fork(&srv, &engine, &sock);
	if (engine) {
		engine_begin(&e, sock);
		fn(&e);
		priv_client_free(e.cl);
		event_base_free(e.base);
		_exit(0);
	}
	test_log_end(saved, text, sizeof(text));
	ck_assert_int_eq(r->gone, 1);
	ck_assert_ptr_nonnull(r->ctx);
	/* no zombie, and no signal left blocked */
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
	return (status);
}

/* In the engine a failed check is its exit status. */
#define must(n, cond)	do { if (!(cond)) _exit(n); } while (0)

static void
requests(struct engine *e)
{
	static uint8_t big[PRIV_MSG_MAX + 1];
	char buf[PRIV_MSG_MAX];
	size_t len = sizeof(buf);
	int fd = -2;

	must(1, priv_request_sync(e->cl, OP_ECHO, "abc", 3, buf, &len,
	    &fd) == 0);
	must(2, len == 3 && memcmp(buf, "abc", 3) == 0 && fd == -1);
	must(3, priv_request_sync(e->cl, OP_PIPE, NULL, 0, NULL, NULL,
	    &fd) == 0);
	must(4, fd >= 0 && read(fd, buf, 9) == 5 && read(fd, buf, 9) == 0);
	must(5, (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	close(fd);
	/* a descriptor nobody wants is closed */
	must(6, priv_request_sync(e->cl, OP_PIPE, NULL, 0, NULL, NULL,
	    NULL) == 0);
	must(7, dup(0) == fd);
	must(8, priv_request_sync(e->cl, OP_FAIL, "1234", 4, NULL, NULL,
	    NULL) == -EPERM);
	must(9, priv_request_sync(e->cl, OP_FAIL, "123", 3, NULL, NULL,
	    NULL) == -EINVAL);
	must(10, priv_request_sync(e->cl, OP_FAIL, "12345", 5, NULL, NULL,
	    NULL) == -EINVAL);
	must(11, priv_request_sync(e->cl, 77, NULL, 0, NULL, NULL,
	    NULL) == -ENOSYS);
	must(12, priv_request(e->cl, OP_ECHO, big, sizeof(big), NULL,
	    NULL) == -EMSGSIZE);
	len = sizeof(buf);
	must(13, priv_request_sync(e->cl, OP_ECHO, big, PRIV_MSG_MAX, buf,
	    &len, NULL) == 0 && len == PRIV_MSG_MAX);
	len = 2;
	must(14, priv_request_sync(e->cl, OP_ECHO, "abc", 3, buf, &len,
	    NULL) == -EMSGSIZE);
}

START_TEST(sync_requests)
{
	struct root r;

	ck_assert_int_eq(run(requests, &r), 0);
	test_has(text, "[priv] fail: request of 3 bytes, not 4 to 4");
	test_has(text, "[priv]: request 77 is not known");
}
END_TEST

/* More than the socket takes at once: none lost, in order. */
static void
many(struct engine *e)
{
	uint8_t body[4096] = { 0 };
	uint32_t i;

	for (i = 0; i < 1000; i++) {
		memcpy(body, &i, sizeof(i));
		must(1, priv_request(e->cl, OP_ECHO, body, sizeof(body),
		    on_reply, e) == 0);
	}
	must(2, e->replies == 0);
	while (e->replies < 1000)
		must(3, event_base_loop(e->base, EVLOOP_ONCE) == 0);
	must(4, e->sum == 1000 && e->gone == 0);
}

/* Requests that are carried out together, and others between them. */
static void
on_late(void *arg, int status, const void *body, size_t len, int fd)
{
	struct engine *e = arg;

	(void)body;
	(void)fd;
	must(1, len == 0 && status == -(int)e->replies);
	e->replies++;
}

static void
on_between(void *arg, int status, const void *body, size_t len, int fd)
{
	struct engine *e = arg;
	uint32_t v;

	(void)fd;
	must(2, status == 0 && len == sizeof(v));
	memcpy(&v, body, sizeof(v));
	must(3, v == e->replies++);
}

static void
together(struct engine *e)
{
	uint32_t i;

	for (i = 0; i < 500; i++)
		must(4, priv_request(e->cl, i % 100 == 99 ? OP_ECHO : OP_LATE,
		    &i, sizeof(i), i % 100 == 99 ? on_between : on_late,
		    e) == 0);
	while (e->replies < 500)
		must(5, event_base_loop(e->base, EVLOOP_ONCE) == 0);
	/* one that is refused unseen is no part of what is carried out */
	e->replies = 0;
	must(8, priv_request(e->cl, OP_LATE, &(uint32_t){ 0 }, 4, on_late,
	    e) == 0);
	must(9, priv_request(e->cl, OP_LATE, &(uint32_t){ 0 }, 3, NULL,
	    NULL) == 0);
	must(10, priv_request(e->cl, OP_LATE, &(uint32_t){ 1 }, 4, on_late,
	    e) == 0);
	while (e->replies < 2)
		must(11, event_base_loop(e->base, EVLOOP_ONCE) == 0);
	/* the last ones are not answered, but done */
	must(6, priv_request(e->cl, OP_LATE, &i, sizeof(i), NULL, NULL) == 0);
	must(7, priv_request_sync(e->cl, OP_FAIL, "1234", 4, NULL, NULL,
	    NULL) == -EPERM);
}

START_TEST(requests_together)
{
	struct root r;

	ck_assert_int_eq(run(together, &r), 0);
	ck_assert_uint_eq(r.n_prepared, 0);
	ck_assert_uint_gt(r.most, 1);
	ck_assert_uint_le(r.most, PRIV_TOGETHER);
	ck_assert_uint_lt(r.commits, 50);
}
END_TEST

START_TEST(many_requests)
{
	struct root r;

	ck_assert_int_eq(run(many, &r), 0);
}
END_TEST

static void
child(struct engine *e)
{
	must(1, priv_request(e->cl, OP_SPAWN, NULL, 0, NULL, NULL) == 0);
	event_base_dispatch(e->base);
	must(2, WIFEXITED(e->noted) && WEXITSTATUS(e->noted) == 42);
}

START_TEST(child_reaped)
{
	struct root r;

	ck_assert_int_eq(run(child, &r), 0);
	ck_assert_int_eq(r.exits, 1);
}
END_TEST

static void
killed(struct engine *e)
{
	(void)e;
	raise(SIGKILL);
}

static void
status7(struct engine *e)
{
	(void)e;
	_exit(7);
}

START_TEST(engine_death)
{
	struct root r;

	ck_assert_int_eq(run(killed, &r), 128 + SIGKILL);
	test_has(text, "[priv]: the engine was killed by signal SIGKILL\n");
	ck_assert_int_eq(run(status7, &r), 7);
	test_has(text, "[priv]: the engine ended with status 7\n");
}
END_TEST

static void
on_term(evutil_socket_t sig, short what, void *arg)
{
	(void)sig;
	(void)what;
	_exit(((struct engine *)arg)->gone == 0 ? 33 : 34);
}

/* The signal goes to priv and comes back. */
static void
forward(struct engine *e)
{
	struct event *ev = evsignal_new(e->base, SIGTERM, on_term, e);

	event_add(ev, NULL);
	kill(getppid(), SIGTERM);
	event_base_dispatch(e->base);
}

START_TEST(signal_forwarded)
{
	struct root r;

	ck_assert_int_eq(run(forward, &r), 33);
}
END_TEST

static void
on_second(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	_exit(((struct engine *)arg)->gone == 0 ? 36 : 37);
}

static void
on_first(evutil_socket_t sig, short what, void *arg)
{
	const struct timeval soon = { .tv_usec = 300000 };
	struct engine *e = arg;

	(void)what;
	must(40, sig == SIGTERM);
	event_base_once(e->base, -1, EV_TIMEOUT, on_second, e, &soon);
	kill(getppid(), SIGTERM);
	kill(getppid(), SIGINT);
}

/* Ends in order, while others are impatient. */
static void
impatience(struct engine *e)
{
	event_add(evsignal_new(e->base, SIGTERM, on_first, e), NULL);
	event_add(evsignal_new(e->base, SIGINT, on_first, e), NULL);
	kill(getppid(), SIGTERM);
	event_base_dispatch(e->base);
}

START_TEST(signal_repeated)
{
	struct root r;

	ck_assert_int_eq(run(impatience, &r), 36);
	test_has(text, "SIGTERM ignored: the engine is ending");
	test_has(text, "SIGINT ignored: the engine is ending");
}
END_TEST

/* Once more, when the engine has ended and what is left is put in order. */
START_TEST(signal_at_the_end)
{
	struct root r;

	told_at_the_end = true;
	ck_assert_int_eq(run(forward, &r), 33);
	ck_assert_int_eq(kill(getpid(), SIGTERM), 0);
	told_at_the_end = false;
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
}
END_TEST

/* Bytes that are no message: the engine is not to be trusted any more. */
static void
nonsense(struct engine *e)
{
	int fd;

	for (fd = 3; fd < 64; fd++)
		if (send(fd, "rubbish", 7, MSG_NOSIGNAL) == 7)
			break;
	event_base_dispatch(e->base);
	must(5, e->gone == 1);
	pause();
}

START_TEST(engine_nonsense)
{
	struct root r;

	ck_assert_int_eq(run(nonsense, &r), 128 + SIGKILL);
	test_has(text, "the engine sent nonsense");
}
END_TEST

/* Priv dies: pending requests fail, then the engine is told, once. The pair
 * runs in a child, whose status arrives through a pipe. */
START_TEST(priv_death)
{
	const struct priv_server srv = {
		.ops = ops,
		.n_ops = sizeof(ops) / sizeof(ops[0]),
	};
	struct engine e;
	int p[2], sock;
	char c = 0;
	bool engine;
	pid_t pid;

	ck_assert_int_eq(pipe(p), 0);
	pid = fork();
	if (pid == 0) {
		(void)priv_fork(&srv, &engine, &sock);
		if (!engine)
			_exit(98);
		engine_begin(&e, sock);
		priv_request(e.cl, OP_DIE, NULL, 0, on_reply, &e);
		priv_request(e.cl, OP_ECHO, "x", 1, on_reply, &e);
		event_base_dispatch(e.base);
		c = e.gone == 1 && e.replies == 2 &&
		    e.statuses[0] == -EPIPE && e.statuses[1] == -EPIPE &&
		    priv_request(e.cl, OP_ECHO, "x", 1, NULL, NULL) == -EPIPE
		    ? 'y' : 'n';
		priv_client_free(e.cl);
		event_base_free(e.base);
		_exit(write(p[1], &c, 1) == 1 ? 0 : 1);
	}
	close(p[1]);
	ck_assert_int_eq(read(p[0], &c, 1), 1);
	ck_assert_int_eq(c, 'y');
	close(p[0]);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}
END_TEST

/* Descriptors before and after a whole life of a pair. */
START_TEST(no_leak)
{
	struct root r;
	int before = dup(0), after;

	close(before);
	run(requests, &r);
	run(killed, &r);
	after = dup(0);
	close(after);
	ck_assert_int_eq(before, after);
}
END_TEST

static void
do_tcp(void)
{
	if (socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0) < 0)
		_exit(95);
}

/* How a child ends that runs fn under the filter. */
static int
filtered(bool tcp, void (*fn)(void))
{
	int status = 0, saved = test_log_begin();
	pid_t pid = fork();

	if (pid == 0) {
		(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (priv_seccomp(tcp) != 0)
			_exit(96);
		fn();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	test_log_end(saved, text, sizeof(text));
	return (status);
}

static void
do_allowed(void)
{
	struct event_base *base = event_base_new();
	struct timeval now = { 0 };
	void *p = malloc(32 << 20);
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int sv[2];

	must(1, base != NULL && p != NULL && s >= 0);
	memset(p, 1, 32 << 20);
	p = realloc(p, 64 << 20);
	free(p);
	must(2, socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0);
	event_base_once(base, -1, EV_TIMEOUT, NULL, NULL, &now);
	log_at(LOG_L_INFO, "test", NULL, 0, "logged");
	must(3, open("/etc/passwd", O_RDONLY) == -1 && errno == EACCES);
	event_base_free(base);
}

static void
do_abort(void)
{
	abort();
}

static void
do_exec(void)
{
	execl("/bin/true", "true", NULL);
}

static void
do_fork(void)
{
	fork();
}

static void
do_raw_socket(void)
{
	(void)socket(AF_INET, SOCK_RAW, 1);
}

static void
do_netlink(void)
{
	(void)socket(AF_NETLINK, SOCK_RAW, 0);
}

static void
do_ptrace(void)
{
	syscall(SYS_ptrace, 0, 0, 0, 0);
}

static void
do_kill_other(void)
{
	kill(getppid(), 0);
}

#define FILTERED true
#if defined(__SANITIZE_ADDRESS__)
#undef FILTERED
#define FILTERED false
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#undef FILTERED
#define FILTERED false
#endif
#endif

START_TEST(seccomp)
{
	static void (*const forbidden[])(void) = { do_exec, do_fork,
	    do_raw_socket, do_netlink, do_tcp, do_ptrace, do_kill_other };
	size_t i;
	int st;

	if (!FILTERED)
		return;
	st = filtered(false, do_allowed);
	ck_assert_msg(WIFEXITED(st) && WEXITSTATUS(st) == 0, "%x %s", st,
	    text);
	test_has(text, "[test]: logged");
	st = filtered(false, do_abort);
	ck_assert(WIFSIGNALED(st) && WTERMSIG(st) == SIGABRT);
	for (i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
		st = filtered(false, forbidden[i]);
		ck_assert_msg(WIFSIGNALED(st) && WTERMSIG(st) == SIGSYS,
		    "%zu: %x", i, st);
	}
	st = filtered(true, do_tcp);
	ck_assert_msg(WIFEXITED(st) && WEXITSTATUS(st) == 0, "%x", st);
}
END_TEST

static void
violates(struct engine *e)
{
	(void)e;
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	must(1, priv_seccomp(false) == 0);
	do_exec();
}

START_TEST(violation_is_told)
{
	struct root r;

	if (!FILTERED)
		return;
	ck_assert_int_eq(run(violates, &r), 128 + SIGSYS);
	test_has(text, "killed by signal SIGSYS: a system call its filter");
}
END_TEST

START_TEST(drop)
{
	int saved = test_log_begin();
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		must(1, chmod(".", 0777) == 0);
		must(2, geteuid() != 0 || priv_drop("nobody", ".") == -EPERM);
		must(3, chmod(".", 0755) == 0);
		must(4, geteuid() != 0 || priv_drop("no-such", ".") != 0);
		must(5, geteuid() != 0 || priv_drop("root", ".") != 0);
		if (geteuid() != 0) {
			must(6, priv_drop("nobody", ".") == 0);
			_exit(0);
		}
		must(7, priv_drop("nobody", ".") == 0);
		must(8, getuid() != 0 && geteuid() != 0 && getgid() != 0);
		must(9, getgroups(0, NULL) == 0);
		must(10, access("/etc/passwd", F_OK) == -1);
		must(11, prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
		must(12, prctl(PR_CAPBSET_READ, 12, 0, 0, 0) == 0);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	test_log_end(saved, text, sizeof(text));
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
	    "%x %s", status, text);
}
END_TEST

static void
setup(void)
{
	test_dir_enter(dir);
	unsetenv("JOURNAL_STREAM");
	log_set_level("test", "info");
}

static void
teardown(void)
{
	test_dir_leave(dir);
}

int
main(void)
{
	Suite *s = suite_create("priv");
	TCase *t = tcase_create("priv");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, sync_requests);
	tcase_add_test(t, many_requests);
	tcase_add_test(t, requests_together);
	tcase_add_test(t, child_reaped);
	tcase_add_test(t, engine_death);
	tcase_add_test(t, signal_forwarded);
	tcase_add_test(t, signal_repeated);
	tcase_add_test(t, signal_at_the_end);
	tcase_add_test(t, engine_nonsense);
	tcase_add_test(t, priv_death);
	tcase_add_test(t, no_leak);
	tcase_add_test(t, seccomp);
	tcase_add_test(t, violation_is_told);
	tcase_add_test(t, drop);
	suite_add_tcase(s, t);
	return (test_run(s));
}

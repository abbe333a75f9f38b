/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The root side: forks the engine, serves its requests from a table of
 * handlers, reaps every child, passes signals on, and cleans up when the
 * engine has gone. It reads nothing but this one socket. Neighbours:
 * priv_client.c is the other end, priv_drop.c what the engine gives up.
 */
#include "config.h"
#include "common/priv.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/priv_wire.h"

#define LOG_MODULE "priv"
#include "common/log.h"

/* How long an engine may take to end after a signal or after it has closed
 * its socket, before it is killed. */
#define END_MS		10000
/* How long it may leave its receive queue full. */
#define SEND_MS		5000

struct priv_ctx {
	const struct priv_server *srv;
	int		 sock;		/* -1: the engine has closed it */
	int		 sigfd;
	pid_t		 engine;
	int		 status;	/* of waitpid, once it has ended */
	bool		 ended;
	bool		 told;		/* to end, by somebody */
	int64_t		 kill_at;	/* ms, monotonic; 0: not set */
	struct priv_hdr	 late[PRIV_TOGETHER];	/* replies to what was only
						 * prepared */
	unsigned	 n_late;
	struct priv_dgram in, out;	/* out: replies not sent yet */
	_Alignas(PRIV_ALIGN) uint8_t body[PRIV_MSG_MAX];	/* of a reply */
};

static void
our_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGCHLD);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
}

void
priv_child_reset(void)
{
	static const int caught[] = { SIGCHLD, SIGTERM, SIGINT, SIGHUP,
	    SIGPIPE };
	sigset_t none;
	size_t i;

	for (i = 0; i < sizeof(caught) / sizeof(caught[0]); i++)
		signal(caught[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The engine is asked to end, or has closed its socket: it gets END_MS. */
static void
expect_end(struct priv_ctx *c)
{
	if (c->kill_at == 0)
		c->kill_at = clock_system_ms() + END_MS;
}

static void
close_sock(struct priv_ctx *c)
{
	if (c->sock != -1)
		close(c->sock);
	c->sock = -1;
	expect_end(c);
}

/* Sends what has been put into c->out; it is empty then in any case. */
static int
send_bounded(struct priv_ctx *c, int fd)
{
	const int64_t until = clock_system_ms() + SEND_MS;
	struct pollfd p = { .fd = c->sock, .events = POLLOUT };
	int64_t left;
	int err;

	if (c->out.len == 0)
		return (0);
	err = c->sock == -1 ? -EPIPE : priv_wire_send(c->sock, &c->out, fd);
	while (err == -EAGAIN) {
		left = until - clock_system_ms();
		if (left <= 0 || poll(&p, 1, (int)left) == 0) {
			log_errorx(NULL, "the engine does not read: killed");
			kill(c->engine, SIGKILL);
			err = -ETIMEDOUT;
			break;
		}
		err = priv_wire_send(c->sock, &c->out, fd);
	}
	c->out.len = 0;
	return (err);
}

/* Sends the replies there are. fd goes along with the last, and is closed. */
static void
answer(struct priv_ctx *c, int fd)
{
	int err = send_bounded(c, fd);

	/* an engine that has ended, and may not have read what came before */
	if (err != 0 && err != -EPIPE && err != -ECONNRESET)
		log_at(LOG_L_ERROR, LOG_MODULE, NULL, -err, "reply");
	if (fd != -1)
		close(fd);
}

int
priv_notify(struct priv_ctx *c, uint16_t type, const void *body, size_t len)
{
	const struct priv_hdr hdr = {
		.kind = PRIV_NOTE,
		.type = type,
		.len = (uint32_t)len,
	};

	if (len > PRIV_MSG_MAX)
		return (-EMSGSIZE);
	answer(c, -1);
	(void)priv_wire_put(&c->out, &hdr, body);
	return (send_bounded(c, -1));
}

static const struct priv_op *
find_op(const struct priv_server *srv, uint16_t type)
{
	size_t i;

	for (i = 0; i < srv->n_ops; i++)
		if (srv->ops[i].type == type)
			return (&srv->ops[i]);
	return (NULL);
}

/* 0 when a request may be handled. */
static int
check(const struct priv_hdr *h, const struct priv_op *op)
{
	if (op == NULL) {
		log_errorx(NULL, "request %u is not known", h->type);
		return (-ENOSYS);
	}
	if (h->len < op->min_len || h->len > op->max_len) {
		log_errorx(op->name, "request of %u bytes, not %zu to %zu",
		    h->len, op->min_len, op->max_len);
		return (-EINVAL);
	}
	return (0);
}

/* Said when whoever waits for it has been answered. */
static void
note(const struct priv_op *op, int status)
{
	if (status == 0)
		log_debug(op->name, "done");
	else
		log_at(LOG_L_DEBUG, LOG_MODULE, op->name, -status, "failed");
}

static void
reply(struct priv_ctx *c, const struct priv_hdr *h)
{
	if (priv_wire_put(&c->out, h, c->body))
		return;
	answer(c, -1);
	(void)priv_wire_put(&c->out, h, c->body);
}

/* Carries out what was only prepared. */
static void
commit(struct priv_ctx *c)
{
	int status[PRIV_TOGETHER];
	unsigned i, n = c->n_late;

	if (n == 0)
		return;
	c->n_late = 0;
	for (i = 0; i < n; i++)
		status[i] = c->late[i].status;
	c->srv->commit(c->srv->state, status, n);
	for (i = 0; i < n; i++) {
		c->late[i].status = status[i];
		reply(c, &c->late[i]);
	}
}

/* Carries out what waits for it, and answers. */
static void
finish(struct priv_ctx *c)
{
	const unsigned n = c->n_late;
	unsigned i;

	commit(c);
	answer(c, -1);
	if (log_enabled(LOG_L_DEBUG, LOG_MODULE))
		for (i = 0; i < n; i++)
			note(find_op(c->srv, c->late[i].type),
			    c->late[i].status);
}

int
priv_reply(struct priv_call *call, const void *body, size_t len)
{
	memcpy(call->out, body, len);
	call->out_len = len;
	return (0);
}

static void
serve(struct priv_ctx *c, const struct priv_hdr *h, const uint8_t *body)
{
	const struct priv_op *op = find_op(c->srv, h->type);
	struct priv_hdr r = {
		.kind = PRIV_REPLY,
		.type = h->type,
		.seq = h->seq,
	};
	struct priv_call call = { .state = c->srv->state, .body = body,
		.len = h->len, .out = c->body, .fd = -1 };
	bool bad;

	r.status = check(h, op);
	if (r.status == 0 && op->together) {
		r.status = op->handle(&call);
		c->late[c->n_late++] = r;
		if (c->n_late == PRIV_TOGETHER)
			finish(c);
		return;
	}
	/* Replies, and what is done, are in the order of the requests; and
	 * nobody waits for a reply until another's request is done. */
	finish(c);
	bad = r.status != 0;
	if (!bad)
		r.status = op->handle(&call);
	r.len = (uint32_t)(call.out_len <= PRIV_MSG_MAX ? call.out_len : 0);
	reply(c, &r);
	answer(c, call.fd);
	if (!bad)
		note(op, r.status);
}

/* The messages of one datagram; false for what the engine may not send. */
static bool
serve_all(struct priv_ctx *c)
{
	const uint8_t *body;
	struct priv_hdr h;

	while ((body = priv_wire_take(&c->in, &h)) != NULL) {
		if (h.kind != PRIV_REQUEST)
			return (false);
		serve(c, &h, body);
	}
	return (true);
}

/* Everything that has come. */
static void
on_socket(struct priv_ctx *c)
{
	int r;

	while (c->sock != -1) {
		r = priv_wire_recv(c->sock, &c->in, NULL);
		if (r == 1 && serve_all(c))
			continue;
		finish(c);
		if (r == -EAGAIN)
			return;
		if (r != 0) {
			log_errorx(NULL, "the engine sent nonsense: killed");
			kill(c->engine, SIGKILL);
		}
		close_sock(c);
	}
}

static void
reap(struct priv_ctx *c)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == c->engine) {
			c->ended = true;
			c->status = status;
		} else if (c->srv->child_exit != NULL) {
			c->srv->child_exit(c->srv->state, c, pid, status);
		}
	}
}

static int
timeout_of(const struct priv_ctx *c)
{
	int64_t left;

	if (c->kill_at == 0)
		return (-1);
	left = c->kill_at - clock_system_ms();
	return (left > 0 ? (int)left : 0);
}

static void
on_signal(struct priv_ctx *c)
{
	struct signalfd_siginfo si;

	while (read(c->sigfd, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		if (si.ssi_signo == SIGCHLD || c->ended)
			continue;
		/* Impatience is no reason to cut off what ends in order; the
		 * limit of that runs already. */
		if (si.ssi_signo != SIGHUP && c->kill_at != 0) {
			log_warnx(NULL, "SIG%s ignored: the engine is ending, "
			    "and is killed in %d ms if it does not",
			    sigabbrev_np((int)si.ssi_signo), timeout_of(c));
			continue;
		}
		log_debug(NULL, "signal %u passed on", si.ssi_signo);
		kill(c->engine, (int)si.ssi_signo);
		if (si.ssi_signo != SIGHUP) {
			c->told = true;
			expect_end(c);
		}
	}
	/* Signals of one number merge: always look. */
	reap(c);
}

static int
exit_status(const struct priv_ctx *c)
{
	int sig;

	if (WIFEXITED(c->status)) {
		if (WEXITSTATUS(c->status) != 0)
			log_errorx(NULL, "the engine ended with status %d",
			    WEXITSTATUS(c->status));
		return (WEXITSTATUS(c->status));
	}
	sig = WTERMSIG(c->status);
	log_errorx(NULL, "the engine was killed by signal SIG%s%s",
	    sigabbrev_np(sig) != NULL ? sigabbrev_np(sig) : "?",
	    sig == SIGSYS ? ": a system call its filter forbids" : "");
	return (128 + sig);
}

static int
serve_engine(struct priv_ctx *c)
{
	struct pollfd p[2] = {
		{ .events = POLLIN },
		{ .fd = c->sigfd, .events = POLLIN },
	};

	if (c->srv->start != NULL)
		c->srv->start(c->srv->state, c);
	while (!c->ended) {
		p[0].fd = c->sock;	/* poll skips -1 */
		if (poll(p, 2, timeout_of(c)) == 0) {
			log_errorx(NULL, "the engine does not end: killed");
			kill(c->engine, SIGKILL);
			c->kill_at = 0;
			continue;
		}
		if (p[1].revents != 0)
			on_signal(c);
		/* Also after its end: what it asked for last is done. */
		on_socket(c);
	}
	close_sock(c);
	if (c->srv->engine_gone != NULL)
		c->srv->engine_gone(c->srv->state);
	/* Children that engine_gone ended, or that ended meanwhile. */
	reap(c);
	return (exit_status(c));
}

/* Also when nobody reads them any more: the caller has things to put in order,
 * and its status to say. */
static void
ignore_impatience(void)
{
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
}

static int
run_parent(const struct priv_server *srv, int sock, pid_t engine,
    const sigset_t *set, const sigset_t *old)
{
	struct priv_ctx *c = calloc(1, sizeof(*c));
	int r;

	if (c == NULL) {
		kill(engine, SIGKILL);
		waitpid(engine, NULL, 0);
		close(sock);
		sigprocmask(SIG_SETMASK, old, NULL);
		return (-ENOMEM);
	}
	c->srv = srv;
	c->sock = sock;
	c->engine = engine;
	c->sigfd = signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (c->sigfd == -1) {
		r = -errno;
		kill(engine, SIGKILL);
		waitpid(engine, NULL, 0);
		close(sock);
	} else {
		r = serve_engine(c);
		close(c->sigfd);
		if (c->told)
			ignore_impatience();
	}
	free(c);
	sigprocmask(SIG_SETMASK, old, NULL);
	return (r);
}

int
priv_fork(const struct priv_server *srv, bool *engine, int *sock)
{
	sigset_t set, old;
	int sv[2];
	pid_t pid;
	int err;

	*engine = false;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) == -1)
		return (-errno);
	our_signals(&set);
	/* Before the fork, so that no signal is lost in either process. */
	sigprocmask(SIG_BLOCK, &set, &old);
	pid = fork();
	if (pid == -1) {
		err = -errno;
		close(sv[0]);
		close(sv[1]);
		sigprocmask(SIG_SETMASK, &old, NULL);
		return (err);
	}
	if (pid == 0) {
		close(sv[0]);
		*engine = true;
		*sock = sv[1];
		sigprocmask(SIG_SETMASK, &old, NULL);
		return (0);
	}
	close(sv[1]);
	return (run_parent(srv, sv[0], pid, &set, &old));
}

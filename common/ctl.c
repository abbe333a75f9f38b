/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control socket's server: one request at a time on a connection, the next
 * is read when the reply has gone. Whatever a client does costs a bounded
 * amount of memory and a bounded number of log lines. Neighbours: ctl_listen.c
 * opens the socket, ctl_call.c is the client.
 */
#include "config.h"
#include "common/ctl.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"

#define LOG_MODULE "ctl"
#include "common/log.h"

#define CTL_WRITE_S	10	/* without progress, and a reader is closed */
#define CTL_ACCEPT_MAX	16	/* connections taken at one wake-up */
#define CTL_HELD_MAX	(32 << 20)	/* bytes of replies not yet read */
#define CTL_PAUSE_US	100000	/* when there is no descriptor for one more */

struct conn {
	TAILQ_ENTRY(conn)	 link;
	struct ctl		*ctl;
	struct bufferevent	*bev;
	unsigned		 id;
	bool			 closing;	/* after the reply */
	json_t			*waiting;	/* a request, for ctl_resume */
	struct ctl_later	*later;		/* its answer is to come */
};

struct ctl_later {
	struct conn		*conn;		/* NULL: it has gone */
	json_t			*id;		/* of the request */
};

struct ctl {
	struct event		*ev;
	struct event		*again;		/* accept, after a pause */
	struct event_base	*base;
	int			 fd;
	const struct ctl_cmd	*cmds;
	size_t			 n_cmds;
	void			*arg;
	ctl_wait		*wait;
	struct conn		*asking;	/* whose request is handled */
	/* Longest idle first. */
	TAILQ_HEAD(, conn)	 conns;
	unsigned		 n_conns;
	unsigned		 last_id;
	struct timeval		 idle;
	struct timeval		 slow;	/* in reading its reply */
	struct log_limit	 limit;
};

static void
conn_free(struct conn *c)
{
	TAILQ_REMOVE(&c->ctl->conns, c, link);
	c->ctl->n_conns--;
	bufferevent_free(c->bev);
	json_decref(c->waiting);
	if (c->later != NULL)
		c->later->conn = NULL;
	free(c);
}

static bool
may_log(struct ctl *ctl, unsigned *more)
{
	return (log_limited(&ctl->limit, clock_system_ms(), more));
}

static void
conn_close(struct conn *c, const char *why)
{
	unsigned more;

	if (!may_log(c->ctl, &more))
		more = 0;
	else if (more > 0)
		log_warnx(NULL, "connection %u closed: %s (and %u other "
		    "messages)", c->id, why, more);
	else
		log_warnx(NULL, "connection %u closed: %s", c->id, why);
	conn_free(c);
}

static int
to_evbuffer(const char *s, size_t n, void *out)
{
	return (evbuffer_add(out, s, n));
}

/* Sends reply, which it releases. 0 or -ENOMEM. */
static int
conn_reply(struct conn *c, json_t *reply)
{
	struct evbuffer *out = bufferevent_get_output(c->bev);
	int err = -ENOMEM;

	if (reply != NULL && json_dump_callback(reply, to_evbuffer, out,
	    JSON_COMPACT) == 0 && evbuffer_add(out, "\n", 1) == 0)
		err = 0;
	json_decref(reply);
	return (err);
}

static const struct ctl_cmd *
find_cmd(const struct ctl *ctl, const char *name)
{
	size_t i;

	for (i = 0; i < ctl->n_cmds; i++)
		if (strcmp(ctl->cmds[i].name, name) == 0)
			return (&ctl->cmds[i]);
	return (NULL);
}

/* Takes id and data over. */
static json_t *
make_reply(json_t *id, json_t *data, const char *code, const char *message)
{
	if (data != NULL)
		return (json_pack("{s:o, s:s, s:o}", "id", id, "status", "ok",
		    "data", data));
	return (json_pack("{s:o, s:s, s:s, s:s}", "id", id, "status", "error",
	    "code", code, "message", message));
}

/* The reply to a request; a new reference. */
static json_t *
answer(struct ctl *ctl, const json_t *req)
{
	const char *code = "usage";
	const char *message = "unknown command";
	const char *name = json_string_value(json_object_get(req, "cmd"));
	json_t *id = json_object_get(req, "id");
	json_t *args = json_object_get(req, "args");
	const struct ctl_cmd *cmd = find_cmd(ctl, name);
	json_t *data = NULL;
	json_t *none = json_object();

	if (args == NULL)
		args = none;
	if (!json_is_object(args)) {
		message = "args is no object";
	} else if (cmd != NULL) {
		code = "internal";
		message = "failed";
		data = cmd->handle(ctl->arg, args, &code, &message);
	}
	json_decref(none);
	id = id != NULL ? json_incref(id) : json_null();
	return (make_reply(id, data, code, message));
}

struct ctl_later *
ctl_defer(struct ctl *ctl)
{
	struct ctl_later *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return (NULL);
	l->conn = ctl->asking;
	l->conn->later = l;
	return (l);
}

void
ctl_not_later(struct ctl_later *l)
{
	l->conn->later = NULL;
	free(l);
}

static size_t
unread(const struct conn *c)
{
	return (evbuffer_get_length(bufferevent_get_output(c->bev)));
}

/* Clients that do not read must not fill the memory with their replies: the
 * one that asked first goes first. c is about to get one. */
static void
make_room(struct ctl *ctl, const struct conn *c)
{
	struct conn *i, *first;
	size_t held;

	for (;;) {
		held = 0;
		first = NULL;
		TAILQ_FOREACH(i, &ctl->conns, link) {
			held += unread(i);
			if (first == NULL && i != c && unread(i) > 0)
				first = i;
		}
		if (held <= CTL_HELD_MAX || first == NULL)
			return;
		conn_close(first, "did not read its reply while others wait");
	}
}

/* Answers a request and releases it. False when the connection has been
 * closed, or its answer is to come. */
static bool
conn_answer(struct conn *c, json_t *req)
{
	json_t *reply, *id = json_object_get(req, "id");
	int err = 0;

	make_room(c->ctl, c);
	c->ctl->asking = c;
	reply = answer(c->ctl, req);
	if (c->later != NULL) {
		json_decref(reply);
		c->later->id = id != NULL ? json_incref(id) : json_null();
		bufferevent_disable(c->bev, EV_READ);
	} else
		err = conn_reply(c, reply);
	json_decref(req);
	if (err == 0)
		return (c->later == NULL);
	conn_close(c, "out of memory");
	return (false);
}

void
ctl_answer(struct ctl_later *l, json_t *data, const char *code,
    const char *message)
{
	struct conn *c = l->conn;
	json_t *reply = make_reply(l->id, data, code, message);

	free(l);
	if (c == NULL) {
		json_decref(reply);
		return;
	}
	c->later = NULL;
	/* write_cb reads on when the reply has gone */
	if (conn_reply(c, reply) != 0)
		conn_close(c, "out of memory");
}

/* One line. False when the connection has been closed, or waits. */
static bool
conn_line(struct conn *c, const char *line, size_t len)
{
	const char *name;
	json_t *req;

	req = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	name = json_string_value(json_object_get(req, "cmd"));
	if (name == NULL) {
		json_decref(req);
		conn_close(c, "sent no JSON request");
		return (false);
	}
	/* Single bytes keep nobody alive. */
	TAILQ_REMOVE(&c->ctl->conns, c, link);
	TAILQ_INSERT_TAIL(&c->ctl->conns, c, link);
	log_debug(NULL, "connection %u: %s", c->id, name);
	if (c->ctl->wait == NULL || !c->ctl->wait(c->ctl->arg, name))
		return (conn_answer(c, req));
	c->waiting = req;
	bufferevent_disable(c->bev, EV_READ);
	return (false);
}

static void
read_cb(struct bufferevent *bev, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(bev);
	struct conn *c = arg;
	char *line;
	size_t len;

	while (evbuffer_get_length(bufferevent_get_output(bev)) == 0) {
		line = evbuffer_readln(in, &len, EVBUFFER_EOL_LF);
		if (line == NULL) {
			if (evbuffer_get_length(in) >= CTL_LINE_MAX)
				conn_close(c, "sent a line too long");
			else if (c->closing)
				conn_free(c);
			return;
		}
		if (len >= CTL_LINE_MAX)
			conn_close(c, "sent a line too long");
		else if (conn_line(c, line, len)) {
			free(line);
			continue;
		}
		free(line);
		return;
	}
	/* Until this reply has gone: more requests stay in the kernel. */
	bufferevent_disable(bev, EV_READ);
}

/* The reply has gone: on with what came meanwhile. */
static void
write_cb(struct bufferevent *bev, void *arg)
{
	struct conn *c = arg;

	if (!c->closing)
		bufferevent_enable(bev, EV_READ);
	read_cb(bev, arg);
}

void
ctl_resume(struct ctl *ctl)
{
	struct conn *c;
	json_t *req;

	for (;;) {
		/* An answer may close any other: begin anew. */
		TAILQ_FOREACH(c, &ctl->conns, link)
			if (c->waiting != NULL)
				break;
		if (c == NULL)
			return;
		req = c->waiting;
		c->waiting = NULL;
		/* write_cb reads on when the reply has gone */
		(void)conn_answer(c, req);
	}
}

static void
event_cb(struct bufferevent *bev, short what, void *arg)
{
	struct conn *c = arg;

	if (what & BEV_EVENT_TIMEOUT)
		conn_close(c, what & BEV_EVENT_WRITING ?
		    "did not read its reply" : "idle");
	else if ((what & BEV_EVENT_EOF) && evbuffer_get_length(
	    bufferevent_get_output(bev)) > 0)
		c->closing = true;	/* half closed: it may still read */
	else
		conn_free(c);
}

static void
conn_new(struct ctl *ctl, int fd)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (c != NULL)
		c->bev = bufferevent_socket_new(ctl->base, fd,
		    BEV_OPT_CLOSE_ON_FREE);
	if (c == NULL || c->bev == NULL) {
		free(c);
		close(fd);
		return;
	}
	c->ctl = ctl;
	c->id = ++ctl->last_id;
	TAILQ_INSERT_TAIL(&ctl->conns, c, link);
	ctl->n_conns++;
	bufferevent_setcb(c->bev, read_cb, write_cb, event_cb, c);
	bufferevent_set_timeouts(c->bev, &ctl->idle, &ctl->slow);
	/* Enough for the longest line and the proof that one is longer. */
	bufferevent_setwatermark(c->bev, EV_READ, 0, CTL_LINE_MAX);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
}

static void
again_cb(evutil_socket_t fd, short what, void *arg)
{
	struct ctl *ctl = arg;

	(void)fd;
	(void)what;
	event_add(ctl->ev, NULL);
}

/* No descriptor left: the listener would stay readable for ever. */
static void
accept_failed(struct ctl *ctl)
{
	const struct timeval pause = { .tv_usec = CTL_PAUSE_US };
	const int err = errno;
	unsigned more;

	if (err == EAGAIN || err == EINTR || err == ECONNABORTED)
		return;
	if (may_log(ctl, &more)) {
		errno = err;
		log_warn(NULL, "accept");
	}
	if (event_add(ctl->again, &pause) == 0)
		event_del(ctl->ev);
}

static void
accept_cb(evutil_socket_t fd, short what, void *arg)
{
	struct ctl *ctl = arg;
	int i, s;

	(void)what;
	for (i = 0; i < CTL_ACCEPT_MAX; i++) {
		s = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (s == -1) {
			accept_failed(ctl);
			return;
		}
		if (ctl->n_conns == CTL_CONN_MAX)
			conn_close(TAILQ_FIRST(&ctl->conns),
			    "too many, and it was idle longest");
		conn_new(ctl, s);
	}
}

static void
free_events(struct ctl *ctl)
{
	if (ctl->ev != NULL)
		event_free(ctl->ev);
	if (ctl->again != NULL)
		event_free(ctl->again);
}

struct ctl *
ctl_new(struct event_base *base, int fd, const struct ctl_cmd *cmds, size_t n,
    void *arg)
{
	struct ctl *ctl = calloc(1, sizeof(*ctl));

	if (ctl == NULL)
		return (NULL);
	/* libevent writes without MSG_NOSIGNAL: a client that hangs up would
	 * end the daemon. */
	signal(SIGPIPE, SIG_IGN);
	*ctl = (struct ctl){
		.base = base,
		.fd = fd,
		.cmds = cmds,
		.n_cmds = n,
		.arg = arg,
		.idle = { .tv_sec = CTL_IDLE_S },
		.slow = { .tv_sec = CTL_WRITE_S },
		.limit = { .rate = 1, .burst = 10 },
	};
	TAILQ_INIT(&ctl->conns);
	ctl->ev = event_new(base, fd, EV_READ | EV_PERSIST, accept_cb, ctl);
	ctl->again = evtimer_new(base, again_cb, ctl);
	if (ctl->ev == NULL || ctl->again == NULL ||
	    event_add(ctl->ev, NULL) == -1) {
		free_events(ctl);
		free(ctl);
		return (NULL);
	}
	return (ctl);
}

void
ctl_set_wait(struct ctl *ctl, ctl_wait *wait)
{
	ctl->wait = wait;
}

void
ctl_set_idle(struct ctl *ctl, const struct timeval *idle)
{
	ctl->idle = *idle;
}

void
ctl_set_slow(struct ctl *ctl, const struct timeval *slow)
{
	ctl->slow = *slow;
}

unsigned
ctl_connections(const struct ctl *ctl)
{
	return (ctl->n_conns);
}

void
ctl_free(struct ctl *ctl)
{
	struct conn *c;

	if (ctl == NULL)
		return;
	while ((c = TAILQ_FIRST(&ctl->conns)) != NULL)
		conn_free(c);
	free_events(ctl);
	close(ctl->fd);
	free(ctl);
}

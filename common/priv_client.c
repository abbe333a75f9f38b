/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The engine's end of the socket to priv: what is asked for while one event is
 * handled, or while priv is at work, is sent together behind that; replies come
 * in the order of the requests.
 */
#include "config.h"
#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/priv_wire.h"

#define LOG_MODULE "priv"
#include "common/log.h"

#define SYNC_TIMEOUT_MS	15000
/* An answer that takes longer is said to be missing [D147]; they come again
 * once none is due for a fifth of that. */
#define SILENT_MS	5000

/* A request, kept until its reply. */
struct pending {
	struct pending	*next;
	priv_done	*done;
	void		*arg;
	struct priv_hdr	 hdr;
	bool		 sent;
	mono_t		 sent_at;
	uint8_t		 body[];	/* hdr.len bytes */
};

struct priv_client {
	int		 sock;
	struct event	*rd, *wr;	/* NULL after priv has gone */
	struct event	*later;		/* flushes when this event is over */
	struct event	*watch;		/* looks at head's age */
	uint64_t	 silences;
	int64_t		 silent_ms;
	bool		 silent;	/* and it was said */
	mono_t		 silent_since;
	struct pending	*head, **tail;
	struct pending	*unsent;	/* first not sent yet */
	unsigned	 n_unsent, n_sent;	/* n_sent: not answered */
	uint32_t	 seq;
	priv_note	*note;
	void		(*gone)(void *);
	void		*arg;
	bool		 dead;
	bool		*freed;		/* set when freed in a callback */
	struct priv_dgram in, out;	/* in: taken out one by one */
	int		 fd;		/* that came with it, or -1 */
};

static void
close_fd(int fd)
{
	if (fd != -1)
		close(fd);
}

static struct pending *
take_head(struct priv_client *c)
{
	struct pending *p = c->head;

	c->head = p->next;
	if (c->head == NULL)
		c->tail = &c->head;
	if (c->unsent == p)
		c->unsent = c->head;
	if (p->sent)
		c->n_sent--;
	else
		c->n_unsent--;
	return (p);
}

static int64_t
age_of(const struct pending *p)
{
	return (p->sent ? mono_diff_ms(clock_mono(&clock_system),
	    p->sent_at) : 0);
}

static void
watch_in(struct priv_client *c, int64_t ms)
{
	const struct timeval tv = {
		.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000,
	};

	(void)event_add(c->watch, &tv);
}

/* Nothing is set anew by request or reply: who was at the head when it was set
 * may be answered by now. */
static void
watch_cb(evutil_socket_t fd, short what, void *arg)
{
	struct priv_client *c = arg;
	int64_t age;

	(void)fd;
	(void)what;
	if (c->head == NULL || c->silent)
		return;
	age = age_of(c->head);
	if (age < c->silent_ms) {
		watch_in(c, c->silent_ms - age);
		return;
	}
	c->silent = true;
	c->silent_since = c->head->sent_at;
	c->silences++;
	log_warnx(NULL, "the root side has not answered a request (%u) for "
	    "%lld s; %u wait", c->head->hdr.type, (long long)age / 1000,
	    c->n_unsent + c->n_sent);
}

/* It has answered. */
static void
heard(struct priv_client *c)
{
	if (!c->silent ||
	    (c->head != NULL && age_of(c->head) >= c->silent_ms / 5))
		return;
	c->silent = false;
	log_warnx(NULL, "the root side answers again, after %lld s",
	    (long long)mono_diff_ms(clock_mono(&clock_system),
	    c->silent_since) / 1000);
	if (c->head != NULL)
		watch_in(c, c->silent_ms);
}

void
priv_client_set_patience(struct priv_client *c, int64_t ms)
{
	c->silent_ms = ms;
}

void
priv_client_waiting(const struct priv_client *c, struct priv_waiting *w)
{
	*w = (struct priv_waiting){
		.unanswered = c->n_unsent + c->n_sent,
		.oldest_ms = c->head != NULL ? age_of(c->head) : 0,
		.silences = c->silences,
	};
}

/*
 * A callback may free c. Between call_begin and call_end, *freed tells of that
 * to whoever has called; each call tells the one around it. call_end: is c
 * still there?
 */
static bool *
call_begin(struct priv_client *c, bool *freed)
{
	bool *outer = c->freed;

	*freed = false;
	c->freed = freed;
	return (outer);
}

static bool
call_end(struct priv_client *c, const bool *freed, bool *outer)
{
	if (!*freed)
		c->freed = outer;
	else if (outer != NULL)
		*outer = true;
	return (!*freed);
}

/* Priv has gone: every request fails, then the owner is told. False when c is
 * gone, too. */
static bool
die(struct priv_client *c)
{
	bool freed, *outer;
	struct pending *p;

	if (c->dead)
		return (true);
	c->dead = true;
	outer = call_begin(c, &freed);
	event_del(c->rd);
	event_del(c->wr);
	event_del(c->later);
	event_del(c->watch);
	while (!freed && c->head != NULL) {
		p = take_head(c);
		if (p->done != NULL)
			p->done(p->arg, -EPIPE, NULL, 0, -1);
		free(p);
	}
	if (!freed && c->gone != NULL)
		c->gone(c->arg);
	return (call_end(c, &freed, outer));
}

/* Fills a datagram: what follows the last request in it. */
static struct pending *
pack(struct priv_client *c)
{
	struct pending *p;

	c->out.len = 0;
	for (p = c->unsent; p != NULL; p = p->next)
		if (!priv_wire_put(&c->out, &p->hdr, p->body))
			break;
	return (p);
}

/* Sends what can be sent. 0, -EAGAIN when some is left, or -errno. */
static int
flush(struct priv_client *c)
{
	struct pending *end;
	mono_t now;
	int err;

	while (c->unsent != NULL) {
		end = pack(c);
		err = priv_wire_send(c->sock, &c->out, -1);
		if (err != 0)
			return (err);
		/* Once for all: the clock may cost a call of the kernel. */
		now = clock_mono(&clock_system);
		for (; c->unsent != end; c->unsent = c->unsent->next) {
			c->unsent->sent = true;
			c->unsent->sent_at = now;
			c->n_unsent--;
			c->n_sent++;
		}
	}
	return (0);
}

/* Hands over one message of c->in. False when c is gone. */
static bool
dispatch(struct priv_client *c, const struct priv_hdr *h, const uint8_t *body)
{
	bool freed, *outer = call_begin(c, &freed);
	struct pending *p;
	int fd = c->fd;

	c->fd = -1;
	if (h->kind == PRIV_NOTE) {
		close_fd(fd);
		if (c->note != NULL)
			c->note(c->arg, h->type, body, h->len);
	} else if (h->kind == PRIV_REPLY && c->head != NULL &&
	    c->head->sent && c->head->hdr.seq == h->seq) {
		p = take_head(c);
		heard(c);
		if (p->done != NULL)
			p->done(p->arg, h->status, body, h->len, fd);
		else
			close_fd(fd);
		free(p);
	} else {
		close_fd(fd);
		log_errorx(NULL, "a reply without its request");
		(void)die(c);
	}
	return (call_end(c, &freed, outer));
}

/* The messages that are left of a datagram; whoever waits in a callback for
 * what comes later goes on with them. False when c is gone. */
static bool
dispatch_all(struct priv_client *c)
{
	const uint8_t *body;
	struct priv_hdr h;

	while (!c->dead && (body = priv_wire_take(&c->in, &h)) != NULL)
		if (!dispatch(c, &h, body))
			return (false);
	return (true);
}

/* Takes all messages that have come. False when c is gone. */
static bool
receive(struct priv_client *c)
{
	int r;

	for (;;) {
		if (!dispatch_all(c))
			return (false);
		if (c->dead)
			return (true);
		r = priv_wire_recv(c->sock, &c->in, &c->fd);
		if (r == -EAGAIN)
			return (true);
		if (r == 1)
			continue;
		if (r < 0)
			log_errorx(NULL, "from priv: %s", strerror(-r));
		return (die(c));
	}
}

static void
try_flush(struct priv_client *c)
{
	int err = flush(c);

	if (err == -EAGAIN)
		event_add(c->wr, NULL);
	/* Any other failure shows at reading, too, where it is safe to call
	 * back. */
}

/* The socket takes more. */
static void
write_cb(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	try_flush(arg);
}

static void
read_cb(evutil_socket_t fd, short what, void *arg)
{
	struct priv_client *c = arg;

	(void)fd;
	(void)what;
	if (receive(c) && !c->dead && c->unsent != NULL)
		event_active(c->later, EV_WRITE, 0);
}

/* The event is over that asked for something. While priv is at work what it
 * will do next gathers here, where it is sent together: one by one would only
 * have the two wake each other. */
static void
later_cb(evutil_socket_t fd, short what, void *arg)
{
	struct priv_client *c = arg;

	(void)fd;
	(void)what;
	if (c->n_sent == 0 || c->n_unsent >= PRIV_TOGETHER)
		try_flush(c);
}

struct priv_client *
priv_client_new(struct event_base *base, int sock, priv_note *note,
    void (*gone)(void *), void *arg)
{
	struct priv_client *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return (NULL);
	c->sock = sock;
	c->silent_ms = SILENT_MS;
	c->tail = &c->head;
	c->fd = -1;
	c->note = note;
	c->gone = gone;
	c->arg = arg;
	c->rd = event_new(base, sock, EV_READ | EV_PERSIST, read_cb, c);
	c->wr = event_new(base, sock, EV_WRITE, write_cb, c);
	c->later = event_new(base, -1, 0, later_cb, c);
	c->watch = evtimer_new(base, watch_cb, c);
	if (c->rd == NULL || c->wr == NULL || c->later == NULL ||
	    c->watch == NULL || event_add(c->rd, NULL) == -1) {
		/* The socket stays the caller's. */
		c->sock = -1;
		priv_client_free(c);
		return (NULL);
	}
	return (c);
}

void
priv_client_free(struct priv_client *c)
{
	if (c == NULL)
		return;
	if (c->freed != NULL)
		*c->freed = true;
	/* What was asked for last is done, though nobody waits for it. */
	if (!c->dead && c->sock != -1)
		(void)flush(c);
	if (c->rd != NULL)
		event_free(c->rd);
	if (c->wr != NULL)
		event_free(c->wr);
	if (c->later != NULL)
		event_free(c->later);
	if (c->watch != NULL)
		event_free(c->watch);
	while (c->head != NULL)
		free(take_head(c));
	close_fd(c->sock);
	free(c);
}

int
priv_request(struct priv_client *c, uint16_t type, const void *body,
    size_t len, priv_done *done, void *arg)
{
	struct pending *p;

	if (len > PRIV_MSG_MAX)
		return (-EMSGSIZE);
	if (c->dead)
		return (-EPIPE);
	p = malloc(sizeof(*p) + len);
	if (p == NULL)
		return (-ENOMEM);
	*p = (struct pending){
		.done = done,
		.arg = arg,
		.hdr = {
			.kind = PRIV_REQUEST,
			.type = type,
			.seq = ++c->seq,
			.len = (uint32_t)len,
		},
	};
	if (len > 0)
		memcpy(p->body, body, len);
	if (c->head == NULL && !event_pending(c->watch, EV_TIMEOUT, NULL))
		watch_in(c, c->silent_ms);
	*c->tail = p;
	c->tail = &p->next;
	if (c->unsent == NULL)
		c->unsent = p;
	c->n_unsent++;
	event_active(c->later, EV_WRITE, 0);
	return (0);
}

struct sync {
	bool	 over;
	int	 status;
	void	*out;
	size_t	*out_len;
	int	*fd;
};

static void
sync_done(void *arg, int status, const void *body, size_t len, int fd)
{
	struct sync *s = arg;

	s->over = true;
	s->status = status;
	if (s->out != NULL && s->out_len != NULL) {
		if (len > *s->out_len)
			s->status = -EMSGSIZE;
		else if (len > 0)
			memcpy(s->out, body, len);
		*s->out_len = len;
	}
	if (s->fd != NULL)
		*s->fd = fd;
	else
		close_fd(fd);
}

int
priv_request_sync(struct priv_client *c, uint16_t type, const void *body,
    size_t len, void *out, size_t *out_len, int *fd)
{
	struct sync s = { .out = out, .out_len = out_len, .fd = fd };
	struct pollfd p = { .fd = c->sock };
	int err;

	if (fd != NULL)
		*fd = -1;
	err = priv_request(c, type, body, len, sync_done, &s);
	if (err != 0)
		return (err);
	while (!s.over) {
		p.events = POLLIN;
		if (flush(c) == -EAGAIN)
			p.events |= POLLOUT;
		err = poll(&p, 1, SYNC_TIMEOUT_MS);
		if (err == -1 && errno == EINTR)
			continue;
		if (err <= 0) {
			/* s is about to go: its answer must find nobody. */
			log_errorx(NULL, "no reply to request %u", type);
			(void)die(c);
			return (-ETIMEDOUT);
		}
		if (!receive(c))
			return (-EPIPE);
	}
	return (s.status);
}

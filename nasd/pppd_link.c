/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The plugin server: see pppd_link.h; messages are common/plugproto.h's.
 *
 * A connection first is a stranger: it has five seconds and a bounded number
 * of places, of which the oldest is given up for a newcomer. After its HELLO
 * it belongs to the owner that the hello event named. Owners may drop a link
 * from within any event, so a link is freed only when nothing of this file is
 * on the stack for it.
 */
#define _GNU_SOURCE	/* struct ucred, accept4 */
#include "config.h"
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/daemon.h"
#include "common/table.h"
#include "common/timers.h"
#include "nasd/pppd_link.h"

#define LOG_MODULE "plugin"
#include "common/log.h"

#define BACKLOG		128
#define STRANGERS_MAX	64
#define HELLO_MS	5000
#define ACCEPT_PAUSE_MS	100
#define ACCEPT_MAX	16	/* a turn */
#define READ_MAX	16	/* a turn and link */

struct counters {
	uint64_t	accepted, identified, refused, timed_out, crowded;
	uint64_t	bad, other_version, accept_errors;
	uint64_t	in[PLUG_LAST + 1], out[PLUG_LAST + 1];
};

/* Oldest first. */
struct links {
	struct pppd_link	*head, *tail;
	unsigned		 n;
};

struct pppd_server {
	struct event_base		*base;
	struct timers			*timers;
	const struct clock		*clock;
	struct pppd_link_events		 events;
	void				*arg;
	int				 fd;
	struct event			*accept_ev;
	struct timer			 accept_again;
	struct links			 strangers, known;
	struct log_limit		 limit;
	struct counters			 n;
};

struct pppd_link {
	struct pppd_server	*server;
	struct pppd_link	*prev, *next;
	int			 fd;		/* -1: dropped */
	struct event		*ev;
	struct timer		 hello_due;
	void			*owner;		/* NULL: a stranger */
	uint32_t		 auth_txn, iid_txn;	/* 0: none open */
	uint32_t		 link_id;	/* to tell it */
	uint32_t		 eap_txn;	/* of the link's EAP, or 0 */
	pid_t			 pid;		/* the kernel's word; 0: none */
	unsigned		 busy;		/* calls on the stack */
	char			 name[48];
};

static long long
now_ms(const struct pppd_server *s)
{
	return clock_mono(s->clock).ns / 1000000;
}

static bool
may_log(struct pppd_server *s)
{
	return log_limited(&s->limit, now_ms(s), NULL);
}

/* ---- lists ---- */

static void
links_add(struct links *list, struct pppd_link *l)
{
	l->prev = list->tail;
	l->next = NULL;
	if (list->tail != NULL)
		list->tail->next = l;
	else
		list->head = l;
	list->tail = l;
	list->n++;
}

static void
links_remove(struct links *list, struct pppd_link *l)
{
	if (l->prev != NULL)
		l->prev->next = l->next;
	else
		list->head = l->next;
	if (l->next != NULL)
		l->next->prev = l->prev;
	else
		list->tail = l->prev;
	list->n--;
}

static struct links *
list_of(struct pppd_link *l)
{
	return l->owner != NULL ? &l->server->known : &l->server->strangers;
}

/* ---- the end of a link ---- */

static void
release(struct pppd_link *l)
{
	if (l->fd < 0 && l->busy == 0)
		free(l);
}

/* Closes without an event; the memory goes when nobody is using it. */
static void
hang_up(struct pppd_link *l)
{
	if (l->fd < 0)
		return;
	links_remove(list_of(l), l);
	timer_cancel(l->server->timers, &l->hello_due);
	event_free(l->ev);
	close(l->fd);
	l->fd = -1;
	release(l);
}

/* The other end has left, or is made to: tells the owner. */
static void
end(struct pppd_link *l, const char *reason)
{
	struct pppd_server	*s = l->server;
	void			*owner = l->owner;

	hang_up(l);
	if (owner != NULL)
		s->events.gone(owner, reason);
}

static void
end_bad(struct pppd_link *l, const char *what)
{
	l->server->n.bad++;
	if (may_log(l->server))
		log_warnx(l->name, "closed: %s", what);
	end(l, what);
}

static void
on_hello_due(struct timer *t)
{
	struct pppd_link	*l = container_of(t, struct pppd_link,
				    hello_due);

	l->server->n.timed_out++;
	if (may_log(l->server))
		log_warnx(l->name, "closed: no HELLO in %d s",
		    HELLO_MS / 1000);
	hang_up(l);
}

/* ---- answers ---- */

static void
send_msg(struct pppd_link *l, const struct plug_msg *m)
{
	uint8_t	buf[PLUG_MSG_MAX];
	int	len;

	if (l->fd < 0)
		return;
	len = plug_encode(m, buf, sizeof(buf));
	if (len < 0) {
		log_errorx(l->name, "%s not sent: too long",
		    plug_type_str(m->type));
		return;
	}
	if (send(l->fd, buf, (size_t)len, MSG_DONTWAIT | MSG_NOSIGNAL) == len) {
		l->server->n.out[m->type]++;
		explicit_bzero(buf, (size_t)len);	/* keys, perhaps */
		return;
	}
	/* Its pppd reads nothing any more. The owner, on whose stack we are,
	 * hears of it by the event that this causes. */
	log_warn(l->name, "%s not sent", plug_type_str(m->type));
	shutdown(l->fd, SHUT_RDWR);
}

static void
copy_text(char *dst, size_t size, const char *src)
{
	size_t	len = src == NULL ? 0 : strnlen(src, size - 1);

	if (len > 0)
		memcpy(dst, src, len);
	memset(dst + len, 0, size - len);
}

static void
send_reason(struct pppd_link *l, enum plug_type type, uint32_t txn, bool hard,
    const char *why)
{
	struct plug_msg	m = { .type = type, .txn = txn };

	m.reason.hard = hard;
	copy_text(m.reason.text, sizeof(m.reason.text), why);
	send_msg(l, &m);
}

void
pppd_link_auth_result(struct pppd_link *l, const struct plug_auth_result *q)
{
	struct plug_msg	m = { .type = PLUG_AUTH_RESULT };

	/* EAP's conversations all have the one of the link. */
	m.txn = l->auth_txn != 0 ? l->auth_txn : l->eap_txn;
	l->auth_txn = 0;
	if (m.txn == 0)
		return;
	m.auth_result = *q;
	send_msg(l, &m);
	explicit_bzero(&m, sizeof(m));
}

void
pppd_link_ipv4(struct pppd_link *l, const struct plug_ipv4 *q)
{
	const struct plug_msg	m = { .type = PLUG_IPV4, .ipv4 = *q };

	send_msg(l, &m);
}

void
pppd_link_eap(struct pppd_link *l, const void *packet, uint16_t len)
{
	struct plug_msg	m = { .type = PLUG_EAP, .txn = l->eap_txn };

	if (m.txn == 0 || len > sizeof(m.eap.packet))
		return;
	m.eap.len = len;
	memcpy(m.eap.packet, packet, len);
	send_msg(l, &m);
}

void
pppd_link_assign(struct pppd_link *l, struct iid remote)
{
	struct plug_msg	m = { .type = PLUG_IID_ASSIGN, .txn = l->iid_txn };

	if (l->iid_txn == 0)
		return;
	l->iid_txn = 0;
	m.iid_assign.remote = remote;
	send_msg(l, &m);
}

void
pppd_link_refuse(struct pppd_link *l, const char *reason)
{
	uint32_t	txn = l->iid_txn;

	if (txn == 0)
		return;
	l->iid_txn = 0;
	send_reason(l, PLUG_IID_REFUSE, txn, false, reason);
}

void
pppd_link_close(struct pppd_link *l, bool hard, const char *reason)
{
	send_reason(l, PLUG_CLOSE, 0, hard, reason);
}

void
pppd_link_name(struct pppd_link *l, uint32_t link_id)
{
	l->link_id = link_id;
}

void
pppd_link_drop(struct pppd_link *l)
{
	hang_up(l);
}

/* ---- messages ---- */

static void
greet(struct pppd_link *l, const struct plug_hello *h)
{
	struct pppd_server	*s = l->server;
	struct plug_msg		 m = { .type = PLUG_HELLO };
	struct plug_hello	 hello = *h;
	void			*owner;

	if (l->pid > 0)		/* its own word is worth less */
		hello.pid = (uint32_t)l->pid;
	copy_text(l->name, sizeof(l->name), h->ifname[0] != '\0' ? h->ifname :
	    h->device);
	timer_cancel(s->timers, &l->hello_due);
	/* The link must be known before the event, which may drop it. */
	links_remove(&s->strangers, l);
	links_add(&s->known, l);
	l->owner = l;
	owner = s->events.hello(s->arg, l, &hello);
	if (l->fd < 0)
		return;
	if (owner == NULL) {
		s->n.refused++;
		send_reason(l, PLUG_CLOSE, 0, true, "no session of nasd's");
		hang_up(l);
		return;
	}
	l->owner = owner;
	s->n.identified++;
	m.hello.version = PLUG_VERSION;
	m.hello.pid = (uint32_t)getpid();
	m.hello.link_id = l->link_id;
	send_msg(l, &m);
}

/* A message of a link that has an owner. */
static void
deliver(struct pppd_link *l, const struct plug_msg *m)
{
	const struct pppd_link_events	*e = &l->server->events;

	switch (m->type) {
	case PLUG_AUTH:
		l->auth_txn = m->txn;
		e->auth(l->owner, &m->auth);
		return;
	case PLUG_EAP:
		/* The peer has agreed to EAP: no PAP or CHAP any more. */
		if (m->eap.len == 0) {
			l->eap_txn = m->txn;
			l->auth_txn = 0;
		}
		if (m->txn == l->eap_txn)
			e->eap(l->owner, &m->eap);
		return;
	case PLUG_IID_REQ:
		l->iid_txn = m->txn;
		e->iid_req(l->owner, &m->iid_req);
		return;
	case PLUG_UP:
		e->up(l->owner, &m->up);
		return;
	case PLUG_DOWN:
		e->down(l->owner, m->reason.text);
		return;
	case PLUG_BYE:
		end(l, m->reason.text);
		return;
	case PLUG_IPV4:
		e->ipv4(l->owner, &m->ipv4);
		return;
	case PLUG_HELLO:
	case PLUG_AUTH_RESULT:
	case PLUG_IID_ASSIGN:
	case PLUG_IID_REFUSE:
	case PLUG_CLOSE:
		break;
	}
	end_bad(l, "message out of order");
}

static void
on_datagram(struct pppd_link *l, const uint8_t *buf, size_t len)
{
	struct plug_msg	m;
	int		rc = plug_decode(&m, buf, len);

	if (rc == -EPROTONOSUPPORT) {
		l->server->n.other_version++;
		if (may_log(l->server))
			log_warnx(l->name, "closed: plugin of version %u, not "
			    "%u", (unsigned)m.hello.version, PLUG_VERSION);
		end(l, "plugin of another version");
		return;
	}
	if (rc != 0) {
		end_bad(l, "malformed message");
		return;
	}
	l->server->n.in[m.type]++;
	if (l->owner != NULL)
		deliver(l, &m);
	else if (m.type == PLUG_HELLO)
		greet(l, &m.hello);
	else
		end_bad(l, "no HELLO first");
	explicit_bzero(&m, sizeof(m));	/* a password may have been in it */
}

/* False when there is no more to read. */
static bool
read_one(struct pppd_link *l)
{
	uint8_t		buf[PLUG_MSG_MAX];
	struct iovec	iov = { buf, sizeof(buf) };
	struct msghdr	hdr = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t		n = recvmsg(l->fd, &hdr, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {
		end(l, "connection lost");
		return false;
	}
	if ((hdr.msg_flags & MSG_TRUNC) != 0)
		end_bad(l, "message too long");
	else
		on_datagram(l, buf, (size_t)n);
	explicit_bzero(buf, (size_t)n);
	return l->fd >= 0;
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct pppd_link	*l = arg;
	int			 i;

	(void)fd;
	(void)what;
	l->busy++;
	for (i = 0; i < READ_MAX; i++)
		if (!read_one(l))
			break;
	l->busy--;
	release(l);
}

/* ---- connections ---- */

static void
name_stranger(struct pppd_link *l)
{
	struct ucred	cred = { .pid = 0 };
	socklen_t	len = sizeof(cred);

	if (getsockopt(l->fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0)
		cred.pid = 0;
	l->pid = cred.pid;
	snprintf(l->name, sizeof(l->name), "pid %d uid %u", (int)cred.pid,
	    (unsigned)cred.uid);
	log_debug(l->name, "connected");
}

static void
add_stranger(struct pppd_server *s, int fd)
{
	struct pppd_link	*l = calloc(1, sizeof(*l));

	if (l == NULL) {
		close(fd);
		return;
	}
	l->server = s;
	l->fd = fd;
	l->hello_due.fire = on_hello_due;
	name_stranger(l);
	l->ev = event_new(s->base, fd, EV_READ | EV_PERSIST, on_readable, l);
	if (l->ev == NULL || event_add(l->ev, NULL) != 0 ||
	    timer_set(s->timers, &l->hello_due,
	    mono_add_ms(clock_mono(s->clock), HELLO_MS)) != 0) {
		if (l->ev != NULL)
			event_free(l->ev);
		close(fd);
		free(l);
		return;
	}
	links_add(&s->strangers, l);
	s->n.accepted++;
	if (s->strangers.n <= STRANGERS_MAX)
		return;
	s->n.crowded++;
	if (may_log(s))
		log_warnx(s->strangers.head->name, "closed: too many "
		    "connections without a HELLO");
	hang_up(s->strangers.head);
}

static void
on_accept_again(struct timer *t)
{
	struct pppd_server	*s = container_of(t, struct pppd_server,
				    accept_again);

	event_add(s->accept_ev, NULL);
}

static void
on_accept(evutil_socket_t fd, short what, void *arg)
{
	struct pppd_server	*s = arg;
	int			 i, c;

	(void)what;
	for (i = 0; i < ACCEPT_MAX; i++) {
		c = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (c >= 0) {
			add_stranger(s, c);
			continue;
		}
		if (errno == EAGAIN || errno == EINTR ||
		    errno == ECONNABORTED)
			return;
		/* No descriptor left: it would stay readable for ever. */
		s->n.accept_errors++;
		if (may_log(s))
			log_warn(NULL, "accept");
		event_del(s->accept_ev);
		timer_set(s->timers, &s->accept_again,
		    mono_add_ms(clock_mono(s->clock), ACCEPT_PAUSE_MS));
		return;
	}
}

int
pppd_server_listen(const char *path)
{
	struct sockaddr_un	sun = { .sun_family = AF_UNIX };
	mode_t			mask;
	int			fd, rc;

	if (strlen(path) >= sizeof(sun.sun_path))
		return -ENAMETOOLONG;
	strcpy(sun.sun_path, path);
	rc = daemon_unlink_stale(path, SOCK_SEQPACKET);
	if (rc != 0)
		return rc;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	mask = umask(0177);
	rc = bind(fd, (const struct sockaddr *)&sun, sizeof(sun));
	umask(mask);
	if (rc == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

struct pppd_server *
pppd_server_new(struct event_base *base, struct timers *timers,
    const struct clock *clock, int fd, const struct pppd_link_events *events,
    void *arg)
{
	struct pppd_server	*s = calloc(1, sizeof(*s));

	if (s == NULL) {
		close(fd);
		return NULL;
	}
	s->base = base;
	s->timers = timers;
	s->clock = clock;
	s->events = *events;
	s->arg = arg;
	s->fd = fd;
	s->accept_again.fire = on_accept_again;
	s->limit = (struct log_limit){ .rate = 1, .burst = 10 };
	s->accept_ev = event_new(base, fd, EV_READ | EV_PERSIST, on_accept, s);
	if (s->accept_ev == NULL || event_add(s->accept_ev, NULL) != 0) {
		pppd_server_free(s);
		return NULL;
	}
	return s;
}

void
pppd_server_free(struct pppd_server *s)
{
	if (s == NULL)
		return;
	while (s->strangers.head != NULL)
		hang_up(s->strangers.head);
	while (s->known.head != NULL)
		hang_up(s->known.head);
	timer_cancel(s->timers, &s->accept_again);
	if (s->accept_ev != NULL)
		event_free(s->accept_ev);
	close(s->fd);
	free(s);
}

static json_t *
by_type(const uint64_t *n)
{
	json_t	*o = json_object();
	int	 i;

	for (i = PLUG_HELLO; i <= PLUG_LAST; i++)
		if (n[i] != 0)
			json_object_set_new(o, plug_type_str(
			    (enum plug_type)i), json_integer((json_int_t)n[i]));
	return o;
}

json_t *
pppd_server_stats(const struct pppd_server *s)
{
	const struct counters	*n = &s->n;

	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:o,s:o}",
	    "links", (json_int_t)s->known.n,
	    "unidentified", (json_int_t)s->strangers.n,
	    "accepted", (json_int_t)n->accepted,
	    "identified", (json_int_t)n->identified,
	    "refused", (json_int_t)n->refused,
	    "timed_out", (json_int_t)n->timed_out,
	    "crowded_out", (json_int_t)n->crowded,
	    "bad", (json_int_t)n->bad,
	    "other_version", (json_int_t)n->other_version,
	    "accept_errors", (json_int_t)n->accept_errors,
	    "received", by_type(n->in), "sent", by_type(n->out));
}

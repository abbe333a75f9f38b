/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One plugin's connection: see pppd_link.h; messages are common/plugproto.h's,
 * the socket they come by is pppd_server.c's.
 *
 * A connection first is a stranger: it has five seconds. After its HELLO it
 * belongs to the owner that the hello event named. Owners may drop a link from
 * within any event, so a link is freed only when nothing of this file is on the
 * stack for it.
 */
#define _GNU_SOURCE	/* struct ucred */
#include "config.h"
#define LOG_MODULE "plugin"
#include "nasd/pppd_link_int.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/table.h"

#define HELLO_MS	5000
#define READ_MAX	16	/* a turn and link */

static struct pppd_links *
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

/* Without an event; the memory goes when nobody is using it. */
void
pppd_link_drop(struct pppd_link *l)
{
	if (l->fd < 0)
		return;
	pppd_links_remove(list_of(l), l);
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

	pppd_link_drop(l);
	if (owner != NULL)
		s->events.gone(owner, reason);
}

static void
end_bad(struct pppd_link *l, const char *what)
{
	l->server->n.bad++;
	if (pppd_server_may_log(l->server))
		log_warnx(l->name, "closed: %s", what);
	end(l, what);
}

static void
on_hello_due(struct timer *t)
{
	struct pppd_link	*l = container_of(t, struct pppd_link,
				    hello_due);

	l->server->n.timed_out++;
	if (pppd_server_may_log(l->server))
		log_warnx(l->name, "closed: no HELLO in %d s",
		    HELLO_MS / 1000);
	pppd_link_drop(l);
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
	pppd_links_remove(&s->strangers, l);
	pppd_links_add(&s->known, l);
	l->owner = l;
	owner = s->events.hello(s->arg, l, &hello);
	if (l->fd < 0)
		return;
	if (owner == NULL) {
		s->n.refused++;
		send_reason(l, PLUG_CLOSE, 0, true, "no session of nasd's");
		pppd_link_drop(l);
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
		if (pppd_server_may_log(l->server))
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

struct pppd_link *
pppd_link_new(struct pppd_server *s, int fd)
{
	struct pppd_link	*l = calloc(1, sizeof(*l));

	if (l == NULL) {
		close(fd);
		return NULL;
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
		return NULL;
	}
	pppd_links_add(&s->strangers, l);
	return l;
}

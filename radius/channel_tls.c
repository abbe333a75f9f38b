/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Channels over TLS [RFC 6614, RFC 6613 2.6]: a port is a connection. The first
 * one is made at once, others when its identifiers are all taken. What can not
 * be connected is tried again after 1, 2, 4 and up to 64 seconds, a quarter
 * more or less; a connection that the server closes in silence, as it does with
 * idle ones, is made again when it is needed.
 *
 * Neighbours: channel.c has the identifiers, radius/tls.c read the
 * certificates.
 */
#include "config.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "common/clock.h"
#include "common/table.h"
#include "common/timers.h"
#include "radius/channel_int.h"
#include "radius/packet.h"

#define CONNECTIONS	8	/* 2048 requests on their way */
#define CONNECT_S	10	/* for the handshakes of TCP and TLS */
#define BACKOFF_MIN	1000	/* ms */
#define BACKOFF_MAX	64000

struct tls_port {
	struct radius_port	 port;
	struct bufferevent	*bev;
	bool			 heard;		/* a packet came over it */
};

struct tls_channel {
	struct radius_channel	 chan;
	struct timers		*timers;
	const struct clock	*clock;
	SSL_CTX			*ctx;
	char			*name;		/* NULL: its address */
	unsigned		 backoff_ms;	/* 0: none has failed */
	struct timer		 again;
};

static struct tls_channel *
tls_of(struct radius_channel *c)
{
	return container_of(c, struct tls_channel, chan);
}

static void
tls_close(struct radius_port *port)
{
	struct tls_port *p = container_of(port, struct tls_port, port);

	if (p->bev != NULL)
		bufferevent_free(p->bev);
	free(p);
}

static void
tls_free(struct radius_channel *c)
{
	struct tls_channel *t = tls_of(c);

	timer_cancel(t->timers, &t->again);
	SSL_CTX_free(t->ctx);
	free(t->name);
	free(t);
}

static bool
any_ready(const struct radius_channel *c)
{
	for (unsigned i = 0; i < c->n_ports; i++)
		if (c->port[i]->ready)
			return true;
	return false;
}

/* Tries again later, each time after twice as long. */
static void
back_off(struct tls_channel *t)
{
	uint16_t rnd = 0x8000;
	unsigned ms = t->backoff_ms;

	ms = ms == 0 ? BACKOFF_MIN : ms >= BACKOFF_MAX / 2 ? BACKOFF_MAX :
	    2 * ms;
	t->backoff_ms = ms;
	RAND_bytes((unsigned char *)&rnd, sizeof(rnd));
	ms = ms * 3 / 4 + (unsigned)((uint64_t)ms * rnd / 2 / 65536);
	/* Without memory for it, whoever sends next tries. */
	(void)timer_set(t->timers, &t->again,
	    mono_add_ms(clock_mono(t->clock), ms));
}

/* Tells those who were waiting on it; each may end others. */
static void
tell_lost(struct radius_port *port)
{
	struct radius_channel *c = port->chan;
	void *user;

	for (unsigned i = 0; i < CHANNEL_IDS; i++) {
		if ((user = port->user[i]) == NULL)
			continue;
		port->user[i] = NULL;
		port->used--;
		c->used--;
		c->ev->lost(c->arg, user);
	}
}

/* A connection has ended. */
static void
port_gone(struct tls_port *p, const char *why)
{
	struct radius_channel *c = p->port.chan;
	/* Unless the server had nothing more to do. */
	bool failed = !p->heard || p->port.used > 0;

	port_remove(&p->port);
	if (failed)
		back_off(tls_of(c));
	tell_lost(&p->port);
	tls_close(&p->port);
	if (failed && !any_ready(c))
		c->ev->down(c->arg, why);
}

/* One packet of those that have come. False when there is no whole one, or the
 * connection is to be closed. */
static bool
next_packet(struct tls_port *p, bool *bad)
{
	struct evbuffer *in = bufferevent_get_input(p->bev);
	struct radius_channel *c = p->port.chan;
	uint8_t pkt[RADIUS_MAX];
	size_t len;

	if (evbuffer_copyout(in, pkt, 4) < 4)
		return false;
	len = (size_t)pkt[2] << 8 | pkt[3];
	*bad = len < RADIUS_HDR || len > RADIUS_MAX;
	if (*bad || evbuffer_get_length(in) < len)
		return false;
	evbuffer_remove(in, pkt, len);
	p->heard = true;
	tls_of(c)->backoff_ms = 0;
	c->ev->input(c->arg, p->port.user[pkt[1]], pkt, len);
	return true;
}

static void
tls_read(struct bufferevent *bev, void *arg)
{
	struct tls_port *p = arg;
	bool bad = false;

	(void)bev;
	while (next_packet(p, &bad))
		;
	if (bad)
		port_gone(p, "what the server sends is not RADIUS");
}

/* Why a connection failed, for people. */
static void
reason(struct bufferevent *bev, short what, char *buf, size_t cap)
{
	SSL *ssl = bufferevent_openssl_get_ssl(bev);
	unsigned long e = bufferevent_get_openssl_error(bev);
	long v = SSL_get_verify_result(ssl);
	int err = EVUTIL_SOCKET_ERROR();

	if (v != X509_V_OK)
		snprintf(buf, cap, "certificate: %s",
		    X509_verify_cert_error_string(v));
	else if (e != 0)
		snprintf(buf, cap, "%s", ERR_reason_error_string(e) != NULL ?
		    ERR_reason_error_string(e) : "TLS error");
	else if (what & BEV_EVENT_TIMEOUT)
		snprintf(buf, cap, "no connection in %d s", CONNECT_S);
	else if (what & BEV_EVENT_EOF)
		snprintf(buf, cap, "closed by the server");
	else
		snprintf(buf, cap, "%s", err != 0 ? strerror(err) :
		    "connection failed");
}

static void
connected(struct tls_port *p)
{
	struct radius_channel *c = p->port.chan;

	bufferevent_set_timeouts(p->bev, NULL, NULL);
	p->port.ready = true;
	c->ev->up(c->arg);
}

static void
tls_event(struct bufferevent *bev, short what, void *arg)
{
	struct tls_port *p = arg;
	char why[128];

	if (what & BEV_EVENT_CONNECTED) {
		connected(p);
		return;
	}
	reason(bev, what, why, sizeof(why));
	port_gone(p, why);
}

/* The certificate must name the server [RFC 6614 2.3]. */
static SSL *
new_ssl(const struct tls_channel *t)
{
	SSL *ssl = SSL_new(t->ctx);
	X509_VERIFY_PARAM *vp;
	int ok;

	if (ssl == NULL)
		return NULL;
	vp = SSL_get0_param(ssl);
	if (t->name != NULL) {
		X509_VERIFY_PARAM_set_hostflags(vp,
		    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
		ok = X509_VERIFY_PARAM_set1_host(vp, t->name, 0) == 1 &&
		    SSL_set_tlsext_host_name(ssl, t->name) == 1;
	} else
		ok = X509_VERIFY_PARAM_set1_ip(vp, (const unsigned char *)
		    &t->chan.to.sin_addr, sizeof(struct in_addr)) == 1;
	if (ok)
		return ssl;
	SSL_free(ssl);
	return NULL;
}

static int
connect_port(struct tls_channel *t, struct tls_port *p)
{
	const struct timeval tv = { .tv_sec = CONNECT_S };
	const int on = 1;
	SSL *ssl = new_ssl(t);
	int fd;

	if (ssl == NULL)
		return -ENOMEM;
	fd = channel_socket(&t->chan, SOCK_STREAM);
	if (fd < 0) {
		SSL_free(ssl);
		return fd;
	}
	/* A request does not wait for the answer to the one before it. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	p->bev = bufferevent_openssl_socket_new(t->chan.base, fd, ssl,
	    BUFFEREVENT_SSL_CONNECTING, BEV_OPT_CLOSE_ON_FREE);
	if (p->bev == NULL) {
		SSL_free(ssl);
		close(fd);
		return -ENOMEM;
	}
	/* A server may close without TLS's goodbye. */
	bufferevent_openssl_set_allow_dirty_shutdown(p->bev, 1);
	bufferevent_setcb(p->bev, tls_read, NULL, tls_event, p);
	bufferevent_set_timeouts(p->bev, &tv, &tv);
	bufferevent_enable(p->bev, EV_READ | EV_WRITE);
	return 0;
}

static int
tls_open(struct radius_channel *c)
{
	struct tls_channel *t = tls_of(c);
	struct tls_port *p;
	int err;

	/* One at a time, and not before its time has come. */
	for (unsigned i = 0; i < c->n_ports; i++)
		if (!c->port[i]->ready)
			return -ENOTCONN;
	if (timer_is_set(&t->again))
		return -ENOTCONN;
	if ((p = calloc(1, sizeof(*p))) == NULL)
		return -ENOMEM;
	if ((err = connect_port(t, p)) < 0) {
		tls_close(&p->port);
		back_off(t);
		return err == -ENOMEM ? err : -ENOTCONN;
	}
	port_add(c, &p->port);
	return -ENOTCONN;
}

static void
try_again(struct timer *tm)
{
	struct tls_channel *t = container_of(tm, struct tls_channel, again);

	if (!any_ready(&t->chan))
		(void)tls_open(&t->chan);
}

static void
free_copy(const void *data, size_t len, void *copy)
{
	(void)data;
	(void)len;
	free(copy);
}

/* Each packet in a TLS record of its own: FreeRADIUS 3.2 takes no two from one
 * [D101]. What is added by reference is not joined with what is before it. */
static int
tls_send(struct radius_port *port, const void *pkt, size_t len)
{
	struct tls_port *p = container_of(port, struct tls_port, port);
	struct evbuffer *out = bufferevent_get_output(p->bev);
	void *copy = malloc(len);

	if (copy == NULL)
		return -ENOMEM;
	memcpy(copy, pkt, len);
	if (evbuffer_add_reference(out, copy, len, free_copy, copy) == 0)
		return 0;
	free(copy);
	return -ENOMEM;
}

static const struct channel_kind tls = {
	.max = CONNECTIONS,
	.open = tls_open,
	.send = tls_send,
	.close = tls_close,
	.free = tls_free,
};

struct radius_channel *
channel_tls(struct event_base *base, struct timers *timers,
    const struct clock *clock, struct in_addr source, struct in_addr server,
    uint16_t port, struct ssl_ctx_st *ctx, const char *name,
    const struct channel_events *ev, void *arg)
{
	struct tls_channel *t = calloc(1, sizeof(*t));

	if (t == NULL || (name != NULL && (t->name = strdup(name)) == NULL)) {
		free(t);
		return NULL;
	}
	/* OpenSSL writes without MSG_NOSIGNAL. */
	signal(SIGPIPE, SIG_IGN);
	channel_init(&t->chan, &tls, base, source, server, port, ev, arg);
	t->timers = timers;
	t->clock = clock;
	t->ctx = ctx;
	SSL_CTX_up_ref(ctx);
	t->again.fire = try_again;
	/* Not from here: up and down are for later. */
	(void)timer_set(timers, &t->again, clock_mono(clock));
	return &t->chan;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Channels over UDP [RFC 2865 3]: a port is a socket. Sockets are connected, so
 * that the kernel passes only what the server itself sent.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "radius/channel_int.h"
#include "radius/packet.h"

#define READ_BURST	64	/* packets read before others get their turn */

struct udp_port {
	struct radius_port	 port;
	int			 fd;
	struct event		*ev;
};

static void
udp_close(struct radius_port *port)
{
	struct udp_port *p = (struct udp_port *)port;

	if (p->ev != NULL)
		event_free(p->ev);
	if (p->fd >= 0)
		close(p->fd);
	free(p);
}

static void
udp_free(struct radius_channel *c)
{
	free(c);
}

static void
readable(evutil_socket_t fd, short what, void *arg)
{
	struct udp_port *p = arg;
	struct radius_channel *c = p->port.chan;
	uint8_t buf[RADIUS_MAX];
	ssize_t n;

	(void)what;
	for (unsigned i = 0; i < READ_BURST; i++) {
		n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
		/* ICMP errors are no answer: anyone can send them. */
		if (n < 0 && (errno == ECONNREFUSED || errno == EHOSTUNREACH ||
		    errno == ENETUNREACH || errno == EINTR))
			continue;
		if (n < 0)
			return;
		c->ev->input(c->arg, n >= RADIUS_HDR ? p->port.user[buf[1]] :
		    NULL, buf, (size_t)n);
	}
}

static int
udp_open(struct radius_channel *c)
{
	struct udp_port *p = calloc(1, sizeof(*p));
	int err = -ENOMEM;

	if (p == NULL)
		return err;
	if ((p->fd = channel_socket(c, SOCK_DGRAM)) < 0) {
		err = p->fd;
		goto fail;
	}
	p->ev = event_new(c->base, p->fd, EV_READ | EV_PERSIST, readable, p);
	if (p->ev == NULL || event_add(p->ev, NULL) < 0)
		goto fail;
	p->port.ready = true;
	port_add(c, &p->port);
	return 0;
fail:
	udp_close(&p->port);
	return err;
}

static int
udp_send(struct radius_port *port, const void *pkt, size_t len)
{
	struct udp_port *p = (struct udp_port *)port;

	/* A second time, because an ICMP error of an earlier packet is told
	 * to the first. */
	for (unsigned i = 0; i < 2; i++) {
		if (send(p->fd, pkt, len, MSG_DONTWAIT | MSG_NOSIGNAL) ==
		    (ssize_t)len)
			return 0;
		if (errno != ECONNREFUSED && errno != EHOSTUNREACH &&
		    errno != ENETUNREACH)
			break;
	}
	return -errno;
}

static const struct channel_kind udp = {
	.max = CHANNEL_PORTS,
	.open = udp_open,
	.send = udp_send,
	.close = udp_close,
	.free = udp_free,
};

struct radius_channel *
channel_udp(struct event_base *base, struct in_addr source,
    struct in_addr server, uint16_t port, const struct channel_events *ev,
    void *arg)
{
	struct radius_channel *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	channel_init(c, &udp, base, source, server, port, ev, arg);
	/* The first one now: it stays open, and the first request is not the
	 * one to find out that it can not be. Without a route yet, later. */
	(void)udp_open(c);
	return c;
}

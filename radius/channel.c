/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Source ports and identifiers: what channel.h promises. Sockets are
 * connected, so that the kernel passes only what the server itself sent.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "radius/channel.h"
#include "radius/packet.h"

#define IDS		256
#define READ_BURST	64	/* packets read before others get their turn */

struct radius_port {
	struct radius_channel	*chan;
	int			 fd;
	struct event		*ev;
	unsigned		 used;
	uint8_t			 next;		/* where the search begins */
	void			*user[IDS];	/* NULL: free */
};

struct radius_channel {
	struct event_base	*base;
	struct sockaddr_in	 from, to;
	channel_input		*input;
	void			*arg;
	unsigned		 n_ports;
	unsigned		 last;		/* port taken from last */
	size_t			 used;
	struct radius_port	*port[CHANNEL_PORTS];
};

static void
port_free(struct radius_port *p)
{
	if (p->ev != NULL)
		event_free(p->ev);
	if (p->fd >= 0)
		close(p->fd);
	free(p);
}

void
channel_free(struct radius_channel *c)
{
	if (c == NULL)
		return;
	for (unsigned i = 0; i < c->n_ports; i++)
		port_free(c->port[i]);
	free(c);
}

static void
port_readable(evutil_socket_t fd, short what, void *arg)
{
	struct radius_port *p = arg;
	struct radius_channel *c = p->chan;
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
		c->input(c->arg, n >= RADIUS_HDR ? p->user[buf[1]] : NULL,
		    buf, (size_t)n);
	}
}

/* Opens one more source port. */
static int
port_open(struct radius_channel *c)
{
	struct radius_port *p;
	int err;

	if (c->n_ports == CHANNEL_PORTS)
		return -EAGAIN;
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return -ENOMEM;
	p->chan = c;
	p->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (p->fd < 0)
		goto fail;
	if (c->from.sin_addr.s_addr != 0 &&
	    bind(p->fd, (struct sockaddr *)&c->from, sizeof(c->from)) < 0)
		goto fail;
	if (connect(p->fd, (struct sockaddr *)&c->to, sizeof(c->to)) < 0)
		goto fail;
	p->ev = event_new(c->base, p->fd, EV_READ | EV_PERSIST,
	    port_readable, p);
	if (p->ev == NULL || event_add(p->ev, NULL) < 0) {
		errno = ENOMEM;
		goto fail;
	}
	c->port[c->n_ports++] = p;
	return 0;
fail:
	err = -errno;
	port_free(p);
	return err;
}

struct radius_channel *
channel_new(struct event_base *base, struct in_addr source,
    struct in_addr server, uint16_t port, channel_input *input, void *arg)
{
	struct radius_channel *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->base = base;
	c->input = input;
	c->arg = arg;
	c->from.sin_family = c->to.sin_family = AF_INET;
	c->from.sin_addr = source;
	c->to.sin_addr = server;
	c->to.sin_port = htons(port);
	/* The first one now: it stays open, and the first request is not the
	 * one to find out that it can not be. Without a route yet, later. */
	(void)port_open(c);
	return c;
}

int
channel_take(struct radius_channel *c, struct radius_id *id, void *user)
{
	struct radius_port *p = NULL;
	int err;

	for (unsigned i = 0; i < c->n_ports && p == NULL; i++) {
		unsigned at = (c->last + i) % c->n_ports;

		if (c->port[at]->used < IDS) {
			p = c->port[at];
			c->last = at;
		}
	}
	if (p == NULL) {
		if ((err = port_open(c)) < 0)
			return err;
		c->last = c->n_ports - 1;
		p = c->port[c->last];
	}
	/* One is free. Going round, an identifier rests before it is used
	 * again, so that late replies meet nobody. */
	while (p->user[p->next] != NULL)
		p->next++;
	*id = (struct radius_id){ .port = p, .id = p->next };
	p->user[p->next++] = user;
	p->used++;
	c->used++;
	return 0;
}

void
channel_give(struct radius_id *id)
{
	struct radius_port *p = id->port;

	if (p == NULL)
		return;
	p->user[id->id] = NULL;
	p->used--;
	p->chan->used--;
	id->port = NULL;
}

int
channel_send(const struct radius_id *id, const void *pkt, size_t len)
{
	/* A second time, because an ICMP error of an earlier packet is told
	 * to the first. */
	for (unsigned i = 0; i < 2; i++) {
		if (send(id->port->fd, pkt, len,
		    MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)len)
			return 0;
		if (errno != ECONNREFUSED && errno != EHOSTUNREACH &&
		    errno != ENETUNREACH)
			break;
	}
	return -errno;
}

unsigned
channel_ports(const struct radius_channel *c)
{
	return c->n_ports;
}

size_t
channel_used(const struct radius_channel *c)
{
	return c->used;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Ports and their identifiers: what channel.h promises, whatever carries the
 * packets. */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "radius/channel_int.h"

void
channel_init(struct radius_channel *c, const struct channel_kind *kind,
    struct event_base *base, struct in_addr source, struct in_addr server,
    uint16_t port, const struct channel_events *ev, void *arg)
{
	c->kind = kind;
	c->base = base;
	c->ev = ev;
	c->arg = arg;
	c->from.sin_family = c->to.sin_family = AF_INET;
	c->from.sin_addr = source;
	c->to.sin_addr = server;
	c->to.sin_port = htons(port);
}

int
channel_socket(const struct radius_channel *c, int type)
{
	int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), err;

	if (fd < 0)
		return -errno;
	if (c->from.sin_addr.s_addr != 0 && bind(fd,
	    (const struct sockaddr *)&c->from, sizeof(c->from)) < 0)
		goto fail;
	if (connect(fd, (const struct sockaddr *)&c->to, sizeof(c->to)) < 0 &&
	    errno != EINPROGRESS)
		goto fail;
	return fd;
fail:
	err = -errno;
	close(fd);
	return err;
}

void
port_add(struct radius_channel *c, struct radius_port *p)
{
	p->chan = c;
	c->port[c->n_ports++] = p;
}

void
port_remove(struct radius_port *p)
{
	struct radius_channel *c = p->chan;

	for (unsigned i = 0; i < c->n_ports; i++)
		if (c->port[i] == p) {
			c->port[i] = c->port[--c->n_ports];
			break;
		}
}

void
channel_free(struct radius_channel *c)
{
	if (c == NULL)
		return;
	while (c->n_ports > 0) {
		struct radius_port *p = c->port[0];

		port_remove(p);
		c->kind->close(p);
	}
	c->kind->free(c);
}

/* The port to take from next, the last one as long as it has room. */
static struct radius_port *
port_with_room(struct radius_channel *c)
{
	for (unsigned i = 0; i < c->n_ports; i++) {
		unsigned at = (c->last + i) % c->n_ports;

		if (c->port[at]->ready && c->port[at]->used < CHANNEL_IDS) {
			c->last = at;
			return c->port[at];
		}
	}
	return NULL;
}

int
channel_take(struct radius_channel *c, struct radius_id *id, void *user)
{
	struct radius_port *p = port_with_room(c);
	int err;

	if (p == NULL) {
		if (c->n_ports == c->kind->max)
			return -EAGAIN;
		if ((err = c->kind->open(c)) < 0)
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
	return id->port->chan->kind->send(id->port, pkt, len);
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

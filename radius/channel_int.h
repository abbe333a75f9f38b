/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside a channel: what its two kinds (channel_udp.c, channel_tls.c) have in
 * common. Identifiers are channel.c's, the wire is theirs. */
#ifndef RADIUS_CHANNEL_INT_H
#define RADIUS_CHANNEL_INT_H

#include <netinet/in.h>

#include "radius/channel.h"

#define CHANNEL_IDS	256

/* A source port or a connection, the first member of theirs. */
struct radius_port {
	struct radius_channel	*chan;
	bool			 ready;		/* to be sent on */
	unsigned		 used;
	uint8_t			 next;		/* where the search begins */
	void			*user[CHANNEL_IDS];	/* NULL: free */
};

struct channel_kind {
	unsigned max;		/* ports, at most CHANNEL_PORTS */
	/* One more, by port_add. 0, -ENOTCONN: it will be, or why not. */
	int	(*open)(struct radius_channel *);
	int	(*send)(struct radius_port *, const void *, size_t);
	/* Frees it; it is in the list no more. */
	void	(*close)(struct radius_port *);
	void	(*free)(struct radius_channel *);
};

/* The first member of theirs. */
struct radius_channel {
	const struct channel_kind *kind;
	struct event_base	*base;
	struct sockaddr_in	 from, to;
	const struct channel_events *ev;
	void			*arg;
	unsigned		 n_ports;
	unsigned		 last;		/* port taken from last */
	size_t			 used;
	struct radius_port	*port[CHANNEL_PORTS];
};

void	 channel_init(struct radius_channel *, const struct channel_kind *,
    struct event_base *, struct in_addr source, struct in_addr server,
    uint16_t port, const struct channel_events *, void *arg);
/* There is room: open is not called otherwise. */
void	 port_add(struct radius_channel *, struct radius_port *);
/* Takes a port out: nothing is taken from it any more. */
void	 port_remove(struct radius_port *);
/* A socket bound and connected, or connecting. The descriptor or -errno. */
int	 channel_socket(const struct radius_channel *, int type);

#endif

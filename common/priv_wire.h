/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The datagrams between a daemon's two processes: of one build on one machine,
 * so host byte order. A datagram has one message or more, since sending one
 * costs more than most of what is asked for: each a header and a body, filled
 * up with zeros to where the next may begin. Neighbours: priv_server.c,
 * priv_client.c.
 */
#ifndef COMMON_PRIV_WIRE_H
#define COMMON_PRIV_WIRE_H

#include <stdint.h>
#include <sys/types.h>

#include "common/priv.h"

enum priv_kind {
	PRIV_REQUEST	= 1,
	PRIV_REPLY	= 2,
	PRIV_NOTE	= 3,
};

struct priv_hdr {
	uint16_t	kind;
	uint16_t	type;		/* of the request or note */
	int32_t		status;		/* of a reply: 0 or -errno */
	uint32_t	seq;		/* of the request, in its reply */
	uint32_t	len;		/* of the body that follows */
};

/* Bodies are aligned for whatever structure a handler takes from them. */
#define PRIV_ALIGN	16

/* One datagram; all zeros is an empty one. */
struct priv_dgram {
	_Alignas(PRIV_ALIGN) uint8_t data[sizeof(struct priv_hdr) +
			    PRIV_MSG_MAX];
	size_t		len;
	size_t		at;		/* what has been taken out */
};

/* Appends a message (body of at most PRIV_MSG_MAX bytes, NULL when empty).
 * False when there is no room left; an empty datagram has room for any. */
bool	priv_wire_put(struct priv_dgram *, const struct priv_hdr *,
    const void *body);
/* Takes the next message; its body, valid as long as the datagram, or NULL
 * when none is left. */
const uint8_t *priv_wire_take(struct priv_dgram *, struct priv_hdr *);

/* Sends a datagram and a copy of fd, if it is not -1. 0, and it is empty
 * again, or -errno; -EAGAIN when the other's queue is full. */
int	priv_wire_send(int sock, struct priv_dgram *, int fd);
/* Receives one. 1; 0 when the other has closed; -errno; -EPROTO for what is
 * not whole messages. fd: where a descriptor goes that came along with a
 * single message, else -1; NULL: none is accepted. */
int	priv_wire_recv(int sock, struct priv_dgram *, int *fd);

#endif

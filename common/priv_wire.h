/* SPDX-License-Identifier: BSD-2-Clause */
/* The datagrams between a daemon's two processes: of one build on one machine,
 * so host byte order. Neighbours: priv_server.c, priv_client.c. */
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

struct priv_msg {
	struct priv_hdr	hdr;
	/* aligned for whatever structure a handler takes from it */
	_Alignas(16) uint8_t body[PRIV_MSG_MAX];
	int		fd;		/* received along, or -1 */
};

/* Sends one datagram and a copy of fd, if it is not -1. 0 or -errno;
 * -EAGAIN when the other's queue is full. */
int	priv_wire_send(int sock, const struct priv_hdr *, const void *body,
    int fd);
/* Receives one. 1; 0 when the other has closed; -errno; -EPROTO for what is
 * no message. take_fd: whether a descriptor is accepted. */
int	priv_wire_recv(int sock, struct priv_msg *, bool take_fd);

#endif

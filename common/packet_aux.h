/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel knows beside a packet of a packet socket [packet(7),
 * PACKET_AUXDATA]. */
#ifndef COMMON_PACKET_AUX_H
#define COMMON_PACKET_AUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct sockaddr_ll;

struct packet_aux {
	bool		summed;		/* its checksum has been found to be
					 * good, or is not made yet */
	bool		tagged;		/* it had a VLAN's tag: */
	uint16_t	tci, tpid;
};

/* The socket is to tell it from now on. 0, or -1 with errno. */
int	 packet_aux_on(int fd);
/* Receives a packet without waiting for one: how long it was, which may be more
 * than cap, or -1 with errno, never EINTR. from may be NULL. Where nothing is
 * told it is neither summed nor tagged. */
ssize_t	 packet_aux_receive(int fd, void *buf, size_t cap,
    struct sockaddr_ll *from, struct packet_aux *);

#endif

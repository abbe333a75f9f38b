/* SPDX-License-Identifier: BSD-2-Clause */
/* Datagrams of one IPv6 socket for many interfaces: by which they are to go,
 * and by which they came [RFC 3542 6]. */
#ifndef COMMON_DGRAM6_H
#define COMMON_DGRAM6_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>

struct dgram6 {
	struct in6_addr	src, dst;
	unsigned	ifindex;
	int		hop_limit;	/* -1: the socket was not told to say */
	size_t		len;
};

/* Sends without waiting; port in host order, 0 for a raw socket. 0 or
 * -errno. */
int	 dgram6_send(int fd, unsigned ifindex, const struct in6_addr *to,
    uint16_t port, const uint8_t *, size_t);
/* Takes one from a socket with IPV6_RECVPKTINFO, without waiting. 0; -EAGAIN
 * when there is none; -EMSGSIZE for one that is longer than cap, or of which
 * the kernel did not say where it came from; or another -errno. */
int	 dgram6_recv(int fd, struct dgram6 *, uint8_t *buf, size_t cap);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Classic BPF programs on sockets [linux/filter.h], and packet sockets, which
 * have one from the beginning. */
#ifndef COMMON_SOCK_FILTER_H
#define COMMON_SOCK_FILTER_H

#include <stddef.h>
#include <stdint.h>

#include <linux/filter.h>

/* What the program of n instructions refuses does not come to the socket, from
 * now on. 0, or -1 with errno. */
int	 sock_filter_set(int fd, struct sock_filter *code, size_t n);
/* A packet socket does not hear what this host sends, from Linux 4.20 on: a
 * copy of each would be made for its program to refuse. */
void	 sock_filter_ignore_sent(int fd);
/* What makes a new socket ready, with its filter: 0, or -1 with errno. */
typedef int sock_filter_fn(int fd, const void *arg);
/* A packet socket of an interface, SOCK_RAW or SOCK_DGRAM, that does not block;
 * nothing is heard before it is ready, nor, from Linux 4.20 on, what this host
 * sends. protocol: ETH_P_*. The descriptor, or -errno. */
int	 sock_filter_packet(unsigned ifindex, int type, uint16_t protocol,
    sock_filter_fn *, const void *arg);

#endif

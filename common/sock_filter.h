/* SPDX-License-Identifier: BSD-2-Clause */
/* Classic BPF programs on sockets [linux/filter.h]. */
#ifndef COMMON_SOCK_FILTER_H
#define COMMON_SOCK_FILTER_H

#include <stddef.h>

#include <linux/filter.h>

/* What the program of n instructions refuses does not come to the socket, from
 * now on. 0, or -1 with errno. */
int	 sock_filter_set(int fd, struct sock_filter *code, size_t n);

#endif

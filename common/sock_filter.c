/* SPDX-License-Identifier: BSD-2-Clause */
/* See sock_filter.h. */
#include "common/sock_filter.h"

#include <sys/socket.h>

int
sock_filter_set(int fd, struct sock_filter *code, size_t n)
{
	const struct sock_fprog prog = {
		.len = (unsigned short)n, .filter = code,
	};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
	    sizeof(prog));
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* See sock_filter.h. */
#include "common/sock_filter.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <linux/if_packet.h>

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING	23	/* Linux 4.20 */
#endif

int
sock_filter_set(int fd, struct sock_filter *code, size_t n)
{
	const struct sock_fprog prog = {
		.len = (unsigned short)n, .filter = code,
	};

	return (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
	    sizeof(prog)));
}

void
sock_filter_ignore_sent(int fd)
{
	const int on = 1;

	(void)setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on,
	    sizeof(on));
}

/* Without a protocol nothing gets in. */
int
sock_filter_packet(unsigned ifindex, int type, uint16_t protocol,
    sock_filter_fn *ready, const void *arg)
{
	const struct sockaddr_ll sll = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_ifindex = (int)ifindex,
	};
	int fd = socket(AF_PACKET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), err;

	if (fd == -1)
		return (-errno);
	sock_filter_ignore_sent(fd);
	if (ready(fd, arg) == 0 && bind(fd, (const struct sockaddr *)&sll,
	    sizeof(sll)) == 0)
		return (fd);
	err = -errno;
	close(fd);
	return (err);
}

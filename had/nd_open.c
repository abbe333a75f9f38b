/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See had/nd_open.h. Of all protocols, as only then it hears what the filter on
 * the device's ingress drops afterwards; and whole IPv6 packets, so that the
 * hop limit can be checked and addresses are what the mobile node sees.
 */
#include "had/nd_open.h"

#include <errno.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include "common/sock_filter.h"

int
nd_open(unsigned ifindex)
{
	struct sock_filter code[] = { BPF_STMT(BPF_RET | BPF_K, 0) };
	const struct sockaddr_ll sll = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)ifindex,
	};
	int fd, err;

	fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -errno;
	/* Before there is a protocol nothing gets in. */
	if (sock_filter_set(fd, code, 1) == 0 &&
	    bind(fd, (const struct sockaddr *)&sll, sizeof(sll)) == 0)
		return fd;
	err = -errno;
	close(fd);
	return err;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See had/nd_open.h. Of all protocols, as only then it hears what the filter on
 * the device's ingress drops afterwards; and whole IPv6 packets, so that the
 * hop limit can be checked and addresses are what the mobile node sees.
 */
#include "had/nd_open.h"

#include <sys/socket.h>

#include <linux/if_ether.h>

#include "common/sock_filter.h"

static int
hear_nothing(int fd, const void *arg)
{
	struct sock_filter code[] = { BPF_STMT(BPF_RET | BPF_K, 0) };

	(void)arg;
	return sock_filter_set(fd, code, 1);
}

int
nd_open(unsigned ifindex)
{
	return sock_filter_packet(ifindex, SOCK_DGRAM, ETH_P_ALL,
	    hear_nothing, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The packet sockets of an access node's links, opened by the root side and
 * passed to the engine. A filter lets it hear no more than what it has to look
 * at; taps come before the bridge's filters, so packets that pass are heard,
 * too. What is sent there leaves the device.
 */
#ifndef NASD_NODE_SOCK_H
#define NASD_NODE_SOCK_H

#include <stdint.h>

/* Of the link: Router and Neighbor Solicitations and Router Advertisements as
 * Ethernet frames without a tag, for whomever they are. Its own address and
 * MTU. A descriptor, or -errno. */
int	 node_sock_link(unsigned ifindex, uint8_t mac[6], int *mtu);
/* Of a PPP link: the same, from the IPv6 header on. */
int	 node_sock_ppp(unsigned ifindex);
/* Of the link: the beginnings of frames without a tag whose IPv6 packets go
 * beyond it; few of them at a time. To be closed when they are bridged, or each
 * costs a copy. */
int	 node_sock_data(unsigned ifindex);
/* Of the tunnel: Router Advertisements, from the IPv6 header on. */
int	 node_sock_tunnel(unsigned ifindex);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See priv_node_ppp.h. A PPP interface hands over IPv6 packets without any
 * header before them, and takes them like that: what is redirected needs none
 * taken off or put on. But IPv6 can not be off on it, for pppd gives it an
 * address when IPv6CP opens, or ends the link. So the host is kept out by
 * filters: what comes in goes to the tunnel or nowhere, and nothing goes out
 * but what has come out of the tunnel.
 */
#include "nasd/priv_node_ppp.h"

#include <net/if_arp.h>

#include "common/netlink.h"
#include "nasd/priv_host.h"

int
node_ppp_find(const char *ifname, unsigned *link)
{
	int n = host_ifindex(ifname, ARPHRD_PPP);

	if (n < 0)
		return n;
	*link = (unsigned)n;
	return 0;
}

void
node_ppp_close(struct nl *nl, unsigned link, uint16_t prio)
{
	nl_filter_drop_all(nl, link, prio);
	nl_filter_out_drop(nl, link, prio);
}

void
node_ppp_bridge(struct nl *nl, unsigned link, uint16_t prio, unsigned tunnel,
    const char *device, bool up)
{
	if (up)
		nl_redirect_heard(nl, link, prio, tunnel);
	nl_filter_out_pass(nl, link, prio, device);
	nl_redirect_all(nl, tunnel, prio, link);
}

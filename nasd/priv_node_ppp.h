/* SPDX-License-Identifier: BSD-2-Clause */
/* What priv_node.c does on PPP links; used by it alone. */
#ifndef NASD_PRIV_NODE_PPP_H
#define NASD_PRIV_NODE_PPP_H

#include <stdbool.h>
#include <stdint.h>

struct nl;

/* The index of a PPP interface; its name may be anything. 0 or -errno. */
int	 node_ppp_find(const char *ifname, unsigned *link);
/* Messages of a batch. Nothing passes, either way; ... */
void	 node_ppp_close(struct nl *, unsigned link, uint16_t prio);
/* but to and from a tunnel, or only from it. */
void	 node_ppp_bridge(struct nl *, unsigned link, uint16_t prio,
    unsigned tunnel, const char *device, bool up);

#endif

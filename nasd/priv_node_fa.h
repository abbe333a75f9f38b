/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an access node's link needs beside its tunnel to be behind a foreign
 * agent [PROTOCOLS 11.6, D31, D185]: the way of what comes from its IPv4 home
 * address, and a link to the agent on which nobody is told that address. Part
 * of priv_node.c.
 */
#ifndef NASD_PRIV_NODE_FA_H
#define NASD_PRIV_NODE_FA_H

#include <stdbool.h>
#include <stdint.h>

#include <net/if.h>
#include <netinet/in.h>

struct nl;
struct sysctls;

struct fa_link {
	struct in_addr	fa;
	unsigned	ifindex;	/* towards it; 0: not known */
};

/* The interface that the foreign agent is reached on, without a router in
 * between: -EHOSTUNREACH if there is none. */
int	 fa_link_find(struct nl *, struct in_addr fa, unsigned *ifindex);
/* Our address there. 0 or -errno. */
int	 fa_link_own(struct in_addr fa, struct in_addr *own);
/* From now on ARP is of its own addresses alone there [RFC 3344 4.6], until
 * nasd ends. */
int	 fa_link_hush(struct sysctls *, unsigned ifindex);
/* Is the address one of the host's? */
bool	 fa_is_local(struct nl *, struct in_addr);
/* What a tunnel through the agent can carry in one packet [D33]. */
uint32_t fa_link_mtu(struct in_addr fa);

/* What goes from home to ha goes by way of the agent; place is the link's, from
 * 0. An earlier one of that place goes. */
int	 fa_way_add(struct nl *, const struct fa_link *, unsigned place,
    struct in_addr home, struct in_addr ha);
/* The same of one that there is already: the kernel may have removed its route,
 * as the link has been down. */
int	 fa_way_keep(struct nl *, const struct fa_link *, unsigned place,
    struct in_addr home, struct in_addr ha);
void	 fa_way_del(struct nl *, unsigned place);
/* All that there are of these places. */
void	 fa_ways_sweep(struct nl *, unsigned first, unsigned last);

#endif

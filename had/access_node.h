/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Access nodes [draft-navali 3.2]: bridges that carry all that a mobile node
 * says here, where it is as if on the home link. What is configured for those
 * of one section; struct mn (had/mn.h) is one mobile node behind one.
 */
#ifndef HAD_ACCESS_NODE_H
#define HAD_ACCESS_NODE_H

#include <stdbool.h>
#include <stdint.h>

#include <netinet/in.h>

#include "had/home4.h"
#include "had/peer.h"
#include "had/pool.h"

#define NODE_POOLS_MAX	2	/* prefixes that are advertised */
#define NODE_DNS_MAX	4

/* What Router Advertisements say [RFC 4861 6.2.1]; seconds. */
struct node_ra {
	bool		managed, other;		/* M, O */
	uint32_t	router_lifetime;
	uint32_t	valid, preferred;	/* of prefixes */
	uint32_t	interval;		/* MaxRtrAdvInterval */
	struct in6_addr	dns[NODE_DNS_MAX];	/* RFC 8106 */
	unsigned	n_dns;
};

struct access_nodes {
	/* As any other: its pools are those whose prefixes are advertised, all
	 * shared ones, of one home link or of none. */
	struct peer		 peer;
	struct node_ra		 ra;
	/* Link-local addresses are leased like others: of this, or that of
	 * the section with the same home link. Without one, each mobile node
	 * has a link of its own, and the same address may be there twice. */
	struct pool		 own_link;
	struct pool		*link;
	/* Those behind which access nodes may be, and what these get as IPv4
	 * home addresses then. */
	struct foreign_agent	*agents;
	size_t			 n_agents;
	struct home4		 home4;
	/* Where each realm has all of them for itself: one of each of the
	 * section's realms, in their order; else home4 is all there is. */
	struct home4		*spaces;
	size_t			 n_spaces;
};

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The data plane as the control plane sees it: routes of home prefixes to
 * care-of addresses, made and unmade asynchronously. "kernel" does it through
 * priv, one sit device a care-of address; "none" does nothing, at once.
 */
#ifndef HAD_TUNNEL_H
#define HAD_TUNNEL_H

#include <stdbool.h>
#include <stdint.h>

#include <netinet/in.h>

#include "common/gre_keys.h"

#define TUNNEL_NAME	"had"	/* devices': and the peer's place */
#define TUNNEL_OUTER	20	/* bytes of one more IPv4 header */
#define TUNNEL_MTU_MIN	1280

struct clock;
struct dp_route;
struct nd6;
struct pool;
struct priv_client;
struct timers;

struct dp_entry {
	struct in6_addr	prefix;
	unsigned	len;		/* 64 or 128; 0: no route, but the way
					 * to coa alone, of an access node */
	struct in_addr	coa;
	struct in_addr	via;		/* the foreign agent's care-of address
					 * that leads there, or 0 */
	struct gre_keys	gre;		/* of the tunnel there; none: 6in4 */
	bool		by_node;	/* coa is an access node's, and gre of
					 * one mobile node there */
	const struct pool *link;	/* of a link-local address: whose link;
					 * NULL of all others */
};

/* Of this route. status: 0, or -errno when it could not be made. */
typedef void dp_done(void *arg, struct dp_route *, int status);

struct dataplane {
	/*
	 * Makes a route, replacing one of the same prefix to another care-of
	 * address. Returns it, its owner then calls del exactly once, also
	 * when it failed. *status: 0 when it is in place already,
	 * -EINPROGRESS when done will be called later. NULL with *status
	 * -errno when it can not even be tried.
	 */
	struct dp_route	*(*add)(struct dataplane *, const struct dp_entry *,
			    dp_done *done, void *arg, int *status);
	/* Removes it; done will not be called any more. */
	void		 (*del)(struct dataplane *, struct dp_route *);
	/* The socket of one of len 0 that is in place [nd_open.h], the caller's
	 * from now on; -1: there is none. done, with 0, may be called more than
	 * once: then there is another, of a device made anew. */
	int		 (*socket)(struct dataplane *, struct dp_route *);
	void		 (*free)(struct dataplane *);
	/* While done is told -EADDRINUSE: what the node that has the address
	 * has sent. NULL at other times. */
	const struct nd6 *culprit;
};

/* NULL with errno set. All three must outlive it. */
struct dataplane *tunnel_kernel_new(struct priv_client *, struct timers *,
    const struct clock *);
struct dataplane *tunnel_none_new(void);

/*
 * Of the kernel's only: somebody else has removed a device, or set it down; or
 * may have removed any. Those that are not as they were are made anew, with all
 * routes through them, while new ones are served [D146].
 */
void	 tunnel_kernel_lost(struct dataplane *, unsigned ifindex, bool gone);
void	 tunnel_kernel_check(struct dataplane *);

struct tunnel_stats {
	uint64_t	remade;		/* devices */
	uint64_t	routes_remade;
	uint64_t	failed;		/* attempts at either */
};
const struct tunnel_stats *tunnel_kernel_stats(const struct dataplane *);

#endif

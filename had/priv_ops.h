/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests of had's engine to its root side, and the root side's handlers,
 * which check each again against the configuration. */
#ifndef HAD_PRIV_OPS_H
#define HAD_PRIV_OPS_H

#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>

#include "common/gre_keys.h"

struct had_config;
struct priv_server;
struct priv_state;

enum had_priv_type {
	/* Makes it, unless it is there and up. */
	HAD_PRIV_TUNNEL_ADD	= 1,	/* struct had_priv_tunnel;
					 * had_priv_tunnel_added */
	HAD_PRIV_TUNNEL_DEL,
	HAD_PRIV_ROUTE_ADD,		/* struct had_priv_route */
	HAD_PRIV_ROUTE_DEL,
	HAD_PRIV_EXITS,			/* nothing; struct had_priv_exits */
	HAD_PRIV_ND_OPEN,		/* struct had_priv_tunnel, an access
					 * node's; a socket: nd_open.h */
};

/* How a tunnel is made; it decides which of the members below say something,
 * the others are 0. */
enum had_priv_way {
	HAD_WAY_6IN4,		/* a device for coa */
	HAD_WAY_GRE,		/* one for coa, an access node's, and gre */
	HAD_WAY_GRE_COMMON,	/* one for all access routers, whose routes say
				 * more [D193] */
	HAD_WAY_NESTED,		/* one for coa, an IPv4 home address, to which
				 * via leads, a foreign agent's care-of
				 * address [D188]; asked for again where that
				 * is another one */
	HAD_WAY_NESTED_GRE,	/* the same, and gre is of the tunnel to via,
				 * which is coa's alone [D233] */
};

struct had_priv_tunnel {
	uint32_t	way;		/* enum had_priv_way */
	struct in_addr	coa;
	struct gre_keys	gre;
	struct in_addr	via;		/* last: says nothing of which it is */
};

/* Its bytes that do. */
#define HAD_PRIV_TUNNEL_ID	offsetof(struct had_priv_tunnel, via)

struct had_priv_tunnel_added {
	uint32_t	ifindex;
	uint32_t	made;		/* now: no routes are on it */
	uint32_t	way;		/* ifindex, too, or 0 */
};

struct had_priv_route {
	struct had_priv_tunnel tunnel;
	struct in6_addr	prefix;
	uint32_t	len;		/* 64 or 128 */
	uint32_t	handle;		/* of the source filter on the
					 * tunnel; never twice at a time */
	/* HAD_WAY_GRE_COMMON: the outer header */
	struct in_addr	coa;
	struct gre_keys	gre;
	uint32_t	replaced;	/* to delete: another has its place */
};

/* Fills server; conf stays the caller's. NULL with errno set. */
struct priv_state *priv_ops_new(const struct had_config *conf,
    struct priv_server *server);
/* Before the fork: opens netlink, switches forwarding on, makes pool routes
 * unreachable where nobody is bound. 0 or -errno. */
int	 priv_ops_start(struct priv_state *);
void	 priv_ops_free(struct priv_state *);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests of had's engine to its root side, and the root side's handlers,
 * which check each again against the configuration. */
#ifndef HAD_PRIV_OPS_H
#define HAD_PRIV_OPS_H

#include <stdint.h>

#include <netinet/in.h>

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

struct had_priv_tunnel {
	struct in_addr	coa;
};

struct had_priv_tunnel_added {
	uint32_t	ifindex;
	uint32_t	made;		/* now: no routes are on it */
};

struct had_priv_route {
	struct in_addr	coa;
	struct in6_addr	prefix;
	uint32_t	len;		/* 64 or 128 */
	uint32_t	handle;		/* of the source filter on the
					 * tunnel; never twice at a time */
};

/* Fills server; conf stays the caller's. NULL with errno set. */
struct priv_state *priv_ops_new(const struct had_config *conf,
    struct priv_server *server);
/* Before the fork: opens netlink, switches forwarding on, makes pool routes
 * unreachable where nobody is bound. 0 or -errno. */
int	 priv_ops_start(struct priv_state *);
void	 priv_ops_free(struct priv_state *);

#endif

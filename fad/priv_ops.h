/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests of fad's engine to its root side, and the root side's handlers,
 * which check each again against the configuration. */
#ifndef FAD_PRIV_OPS_H
#define FAD_PRIV_OPS_H

#include <stdint.h>

#include <netinet/in.h>

#include "common/gre_keys.h"

struct fad_config;
struct priv_server;
struct priv_state;

enum fad_priv_type {
	FAD_PRIV_TUNNEL_ADD	= 1,	/* struct fad_priv_tunnel */
	FAD_PRIV_TUNNEL_DEL,
	FAD_PRIV_VISIT_ADD,		/* struct fad_priv_visit */
	FAD_PRIV_VISIT_DEL,
};

/* With keys that of one visitor. */
struct fad_priv_tunnel {
	struct in_addr	ha;
	struct gre_keys	gre;		/* own 0: IP in IP */
};

struct fad_priv_visit {
	struct fad_priv_tunnel tunnel;
	struct in_addr	home;
	uint32_t	link;		/* place in the configuration */
	uint8_t		lladdr[6];
	uint8_t		reverse;	/* 0 or 1 */
	uint8_t		pad;
};

/* Fills server; conf stays the caller's. NULL with errno set. */
struct priv_state *priv_ops_new(const struct fad_config *conf,
    struct priv_server *server);
/* Before the fork: opens netlink, switches forwarding on, removes what an
 * earlier run has left. 0 or -errno. */
int	 priv_ops_start(struct priv_state *);
void	 priv_ops_free(struct priv_state *);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* What priv_node.c, priv_node_bridge.c, priv_node_check.c and
 * priv_node_tunnel.c know of access nodes' links, and nobody else. */
#ifndef NASD_PRIV_NODE_INT_H
#define NASD_PRIV_NODE_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <net/if.h>
#include <netinet/in.h>

#include "common/gre_keys.h"
#include "common/netlink.h"
#include "nasd/priv_node_fa.h"

struct nasd_config;
struct nasd_priv_node_set;
struct sysctls;

/* Names of devices. */
#define DEVICE_PREFIX	"nm4n"	/* of all */
#define DEVICE_NAME	DEVICE_PREFIX "-"
#define DEVICE_GRE	DEVICE_PREFIX "g-"
/* Of filters; an operator's have others. */
#define PRIO_GLOBAL_1	13397	/* of most, before its like */
#define PRIO_LOCAL_1	(PRIO_GLOBAL_1 + PRIO_PAIR)	/* of what is
							 * link-local */
#define PRIO_1		(PRIO_LOCAL_1 + PRIO_PAIR)
#define PRIO_2		(PRIO_1 + 1)
#define PRIO_GUARD	(PRIO_1 + 2)	/* of IPv4's; in GRE of all else's */
#define PRIO_PAIR	2

struct node {
	char		 ifname[IF_NAMESIZE];	/* the link's */
	bool		 ppp;			/* then it has a link, or "" */
	unsigned	 link;			/* 0: not open */
	char		 left[IF_NAMESIZE];	/* device of an earlier nasd's,
						 * or "" */
	char		 device[IF_NAMESIZE];
	unsigned	 tunnel;		/* its index; 0: none */
	struct in_addr	 coa, ha;
	struct gre_keys	 gre;
	struct nl_stats	 count, past;		/* of this device, as last
						 * read; of those before */
	uint64_t	 local, past_local;	/* of tx_packets those that
						 * were link-local */
	uint16_t	 prio;			/* of the filters; 0: none */
	uint8_t		 carry;			/* by these */
	uint8_t		 mn[6], router[6];
	struct fa_link	 fa;			/* towards its agent, if it has
						 * one */
};

struct nodes {
	const struct nasd_config *cfg;
	struct nl	*nl;			/* NULL before nodes_start */
	struct sysctls	*sysctls;		/* not ours */
	unsigned	 n_sections;		/* the first ones */
	unsigned	 n;
	struct node	 node[];		/* by care-of address, if PPP */
};

/* Which section it is, or which PPP link behind them, from 0. */
unsigned node_place(const struct nodes *, const struct node *);
bool	 node_is_behind_fa(const struct nodes *, const struct node *);

/* ---- priv_node_check.c ---- */

/* May it be as the engine wants it? 0 or -errno. */
int	 node_check(struct nodes *, const struct node *,
    const struct nasd_priv_node_set *);

/* ---- priv_node_tunnel.c: the device ---- */

/* What says whose it is. */
void	 node_tunnel_alias(const struct nodes *, const char *ifname,
    char *buf, size_t cap);
/* It is there, with its address, and nothing passes; or, -errno, is not. */
int	 node_tunnel_put_up(struct nodes *, struct node *,
    const struct nasd_priv_node_set *);
void	 node_tunnel_take_down(struct nodes *, struct node *);
/* The one of an earlier nasd's in n->left. */
void	 node_tunnel_remove_left(struct nodes *, struct node *);
/* The home agent's key of GRE has come, or is another one. */
int	 node_tunnel_rekey(struct nodes *, struct node *, uint32_t peer);
/* Reads n->count. */
void	 node_tunnel_count(struct nodes *, struct node *);

/* ---- priv_node_bridge.c: what passes ---- */

/* Packets pass as the engine wants it, from one moment to the next; or, -errno,
 * none do. */
int	 node_bridge_carry(struct nodes *, struct node *,
    const struct nasd_priv_node_set *);
void	 node_bridge_stop(struct nodes *, struct node *);
/* What there is already, of an earlier nasd's. */
void	 node_bridge_found(struct nodes *, struct node *);
/* Reads n->local. */
void	 node_bridge_count(struct nodes *, struct node *);
/* What never passes on a link, as long as it is open. */
int	 node_bridge_guard(struct nodes *, unsigned link, bool ppp);
void	 node_bridge_unguard(struct nodes *, unsigned link);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which VLANs of an access interface have an interface here, and whether one
 * is made for a PADI. Pure: the clock comes with each question. What a
 * stranger can cause is bounded by the ranges, by their number and by a rate;
 * nothing is kept of a PADI that is refused.
 *
 * A VLAN is ASKED for, then OPEN until it was unused for long enough, or
 * FAILED, which is remembered for a while so that it is not tried for every
 * PADI.
 */
#ifndef NASD_VLAN_TABLE_H
#define NASD_VLAN_TABLE_H

#include "common/clock.h"
#include "common/rate_limit.h"
#include "common/table.h"
#include "nasd/vlan_tag.h"

struct pppoe;
struct pppoe_stray;

#define VLAN_FAILED_MS	60000
#define VLAN_FAILED_MAX	1024

enum vlan_state { VLAN_ASKED, VLAN_OPEN, VLAN_FAILED };

struct vlan {
	struct table_node	 node;
	struct vlan_tag		 tag;
	enum vlan_state		 state;
	mono_t			 since;		/* unused, or failed */
	/* The owner's. */
	struct table_node	 by_name;
	struct vlan_port	*port;
	char			 name[VLAN_NAME];
	bool			 made;		/* here, not by an operator */
	bool			 gone;		/* somebody has removed it */
	int			 mtu;
	struct pppoe		*pppoe;		/* NULL: not served */
	struct pppoe_stray	*stray;
};

/* One access interface's. */
struct vlan_port {
	struct vlan_limits	 limits;
	struct table		 vlans;
	unsigned		 n, n_failed;	/* n: asked for and open */
	struct rate_limit	 rate;
	struct {
		uint64_t	 opened, closed, failed;
		uint64_t	 out_of_range, limit, rate;
	} count;
};

int	 vlan_port_init(struct vlan_port *);	/* 0, -ENOMEM, -EIO */
/* Frees the VLANs, of which the owner has released what is its. */
void	 vlan_port_fini(struct vlan_port *);
void	 vlan_port_limit(struct vlan_port *, const struct vlan_limits *);

/* A PADI with this tag: the VLAN, new and ASKED, when one is to be made for
 * it; else NULL, counted unless the VLAN is there or on its way. */
struct vlan *vlan_port_padi(struct vlan_port *, const struct vlan_tag *,
    mono_t now);
/* One of an earlier nasd's, within no limits; ASKED. NULL: out of memory. */
struct vlan *vlan_port_adopt(struct vlan_port *, const struct vlan_tag *);
struct vlan *vlan_port_find(const struct vlan_port *,
    const struct vlan_tag *);
/* How asking has ended. The second may free the VLAN. */
void	 vlan_opened(struct vlan_port *, struct vlan *, mono_t now);
void	 vlan_failed(struct vlan_port *, struct vlan *, mono_t now);
/* Frees an OPEN one. */
void	 vlan_close(struct vlan_port *, struct vlan *);

struct vlan_sweep {
	/* Has it sessions? */
	bool	(*used)(void *arg, struct vlan *);
	/* To be closed: unused for so long; unused, and not to be served
	 * any more or gone. */
	void	(*idle)(void *arg, struct vlan *);
	void	*arg;
};
/* Looks at all, forgets failures that are long past. */
void	 vlan_port_sweep(struct vlan_port *, const struct vlan_sweep *,
    mono_t now);

#endif

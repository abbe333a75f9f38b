/* SPDX-License-Identifier: BSD-2-Clause */
/* Tunnels to home agents in the kernel, with their tables and rules; root's
 * side. Used by priv_plane.c only. */
#ifndef NASD_PRIV_TUNNEL_H
#define NASD_PRIV_TUNNEL_H

#include <stdbool.h>
#include <stdint.h>

#include <net/if.h>
#include <netinet/in.h>

#include "nasd/ha_select.h"

struct nl;

#define HA_TUNNEL_NAME	"nm4-"	/* and the home agent's address in hex */
#define HA_TUNNEL_GRE	HA_TUNNEL_NAME "gre"
#define GRE_PRIO_DROP	32000	/* of its filter, behind all others */
#define HA_SLOTS	256

/* Tables and mark of a home agent, by its slot. */
#define TABLE_DOWN(slot) (13401 + 2 * (uint32_t)(slot))
#define TABLE_UP(slot)	(13402 + 2 * (uint32_t)(slot))
#define MARK(slot)	TABLE_UP(slot)

struct ha_tunnel {
	struct in_addr	ha;
	char		name[IF_NAMESIZE];
	unsigned	ifindex;
	uint32_t	mtu;
	unsigned	slot;		/* HA_SLOTS: none yet */
	bool		gre;		/* the external device: ha is 0 */
	bool		up;
};

struct ha_tunnels {
	struct nl		*nl;		/* NULL before the start */
	struct in_addr		 coa;
	bool			 took_over;	/* an earlier nasd's */
	bool			 slot_used[HA_SLOTS];
	bool			 want_gre;	/* from the start */
	struct ha_tunnel	 gre;		/* of all home agents */
	unsigned		 n;
	struct ha_tunnel	 tunnel[HA_SELECT_MAX];
};

void	 ha_tunnels_init(struct ha_tunnels *, struct in_addr coa);
/* A home agent's, which is made at the start; now, after that. One that is
 * there, or too many, is passed over. */
void	 ha_tunnels_add(struct ha_tunnels *, struct in_addr ha);
/*
 * Takes over what an earlier nasd has left, makes the rest, and removes the
 * tunnels to home agents that there are no more. Before any session: to make a
 * device takes longer than all else that a held Configure-Request waits for.
 * One that can not be made is tried again by ha_tunnel_ensure.
 */
void	 ha_tunnels_start(struct ha_tunnels *, struct nl *);
/* Its place in tunnel[], or -EPERM. */
int	 ha_tunnels_find(const struct ha_tunnels *, struct in_addr ha);
/* Makes it unless it is there and up. 0, 1 when it was not, or -errno. */
int	 ha_tunnel_ensure(struct ha_tunnels *, struct ha_tunnel *);
void	 ha_tunnels_clear(struct ha_tunnels *);

#endif

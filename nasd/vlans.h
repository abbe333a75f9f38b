/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VLANs of access interfaces, on demand: listens for tagged PADIs, has
 * interfaces made for those that vlan_table.c lets pass, serves PPPoE on them
 * like on the access interface itself, and gives them up when they are unused.
 * Neighbours: priv_vlan.c, who makes them; pppoe.c, who serves them.
 */
#ifndef NASD_VLANS_H
#define NASD_VLANS_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "nasd/vlan_table.h"

struct engine;
struct nasd_sockets;
struct vlans;

struct vlans *vlans_new(struct engine *);
/* Releases all without a word to the root side. */
void	 vlans_free(struct vlans *);
/* By e->cfg, at the start and when it has changed; takes the descriptors of
 * sockets that are new. 0 or -ENOMEM. */
int	 vlans_configure(struct vlans *, struct nasd_sockets *);
/* Is there a socket for the tagged PADIs of this access interface? */
bool	 vlans_listen(const struct vlans *, const char *parent);
/* What an earlier nasd has left, before its sessions are made anew. */
void	 vlans_resume(struct vlans *);

/* The VLAN whose interface it is, or NULL. */
struct vlan *vlans_by_name(const struct vlans *, const char *ifname);
/* The access interface that it is on. */
const char *vlan_parent(const struct vlan *);
/* NAS-Port-Id of an access interface of whatever kind; how many tags were
 * added to it on demand. */
unsigned vlans_port_id(const struct vlans *, const char *ifname,
    char id[static VLAN_PORT_ID]);

/* As pppoe_set_secret and pppoe_quiet, of all. */
void	 vlans_set_secret(struct vlans *, const uint8_t *secret);
void	 vlans_quiet(struct vlans *, int ms);
/* The kernel says so of an interface, whether it is one of ours or not. */
void	 vlans_link_is(struct vlans *, const char *ifname, int mtu, bool gone);

typedef void vlans_fn(void *arg, struct vlan *);
/* Each that is open. */
void	 vlans_each(struct vlans *, vlans_fn *, void *arg);
/* Counters, an object for each access interface that has VLANs. */
json_t	*vlans_stats(const struct vlans *);

#endif

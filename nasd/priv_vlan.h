/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VLANs of access interfaces, the root side: makes and removes their
 * interfaces. Believes nothing that the configuration and the kernel do not
 * confirm; removes nothing that was not made here. Neighbours: vlans.c, who
 * asks for it; vlan_tag.c, which knows ranges and names.
 */
#ifndef NASD_PRIV_VLAN_H
#define NASD_PRIV_VLAN_H

#include <stddef.h>
#include <stdint.h>

struct config_pppoe;
struct nasd_config;
struct nasd_priv_vlan;
struct nasd_priv_vlan_opened;
struct nasd_priv_vlan_there;
struct vlan_devs;

/* NULL with errno. The configuration, which may change, stays the caller's. */
struct vlan_devs *vlan_devs_new(const struct nasd_config *);
void	 vlan_devs_free(struct vlan_devs *);
/* In the root process, once: looks for what there is. */
void	 vlan_devs_start(struct vlan_devs *);
/* NASD_PRIV_VLAN_OPEN, CLOSE and LIST [priv_ops.h]. */
int	 vlan_devs_open(struct vlan_devs *, const struct nasd_priv_vlan *,
    struct nasd_priv_vlan_opened *, int *fd);
int	 vlan_devs_close(struct vlan_devs *, const struct nasd_priv_vlan *);
size_t	 vlan_devs_list(struct vlan_devs *, uint32_t from,
    struct nasd_priv_vlan_there *, size_t max);
/* What is configured for the parent of such an interface, if it is open and
 * still in a range; else NULL. */
const struct config_pppoe *vlan_devs_config(const struct vlan_devs *,
    const char *ifname);
/* Removes all that were made here. */
void	 vlan_devs_clear(struct vlan_devs *);

#endif

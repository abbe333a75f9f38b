/* SPDX-License-Identifier: BSD-2-Clause */
/* Between priv_vlan.c, which makes and removes interfaces, and
 * priv_vlan_table.c, which knows those that there are; for nobody else. */
#ifndef NASD_PRIV_VLAN_INT_H
#define NASD_PRIV_VLAN_INT_H

#include "common/netlink.h"
#include "common/table.h"
#include "nasd/priv_vlan.h"
#include "nasd/vlan_tag.h"

struct vlan_key {
	char		parent[VLAN_NAME];	/* NULs at the end */
	struct vlan_tag	tag;
};

struct vlan_dev {
	struct table_node by_key, by_name;
	struct vlan_key	 key;
	char		 name[VLAN_NAME];
	unsigned	 ifindex;
	bool		 ours;		/* made here */
	bool		 open;
	unsigned	 inners;	/* on it, in this table */
};

struct vlan_devs {
	const struct nasd_config *cfg;
	struct nl	*nl;
	struct table	 by_key, by_name;
};

struct vlan_key vlan_key_of(const char *parent, const struct vlan_tag *);
/* That of its outer tag alone. */
struct vlan_key vlan_key_of_carrier(const struct vlan_key *);
struct vlan_dev *vlan_dev_find(const struct vlan_devs *,
    const struct vlan_key *);
/* The one it is on, if it has two tags and that one is known. */
struct vlan_dev *vlan_dev_carrier(const struct vlan_devs *,
    const struct vlan_dev *);
struct vlan_dev *vlan_dev_insert(struct vlan_devs *, const struct vlan_key *,
    const struct nl_vlan *, bool ours);
/* What of the kernel's device is kept, now or again (then it is not in
 * by_name). */
void	 vlan_dev_name(struct vlan_devs *, struct vlan_dev *,
    const struct nl_vlan *, bool ours);
void	 vlan_dev_forget(struct vlan_devs *, struct vlan_dev *);

/* By its alias: made by us, and for what. */
bool	 vlan_devs_made(const struct vlan_devs *, const char *alias,
    struct vlan_key *);
/* What is configured for its access interface, if it is in a range there. */
const struct config_pppoe *vlan_devs_allow(const struct vlan_devs *,
    const struct vlan_key *);

#endif

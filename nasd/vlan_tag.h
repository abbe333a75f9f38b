/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VLANs of an access interface, by their tags [IEEE 802.1Q; TR-101 3.1]: the
 * ranges in which interfaces are made on demand, how those are called, and the
 * tags of a PADI. Pure. Neighbours: vlan_table.c decides what is made, vlans.c
 * has it made by priv_vlan.c.
 */
#ifndef NASD_VLAN_TAG_H
#define NASD_VLAN_TAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VLAN_8021Q	0x8100
#define VLAN_8021AD	0x88a8
#define VLAN_ID_MAX	4094

#define VLAN_NAME	16	/* of an interface, with its NUL */
#define VLAN_PORT_ID	32	/* bytes, with a NUL */
#define VLAN_ALIAS	256

/* Host order. Without an inner tag inner is 0; that one's type is always
 * VLAN_8021Q. */
struct vlan_tag {
	uint16_t	type, outer, inner;
};

#define VLAN_RANGES_MAX	16

struct vlan_range {
	uint16_t	low, high;
	uint16_t	inner_low, inner_high;	/* 0: one tag */
};

struct vlan_ranges {
	uint16_t	qinq_type;	/* of outer tags with an inner one */
	unsigned	n;
	struct vlan_range range[VLAN_RANGES_MAX];
};

/* What the configuration says of an access interface. */
struct vlan_limits {
	struct vlan_ranges ranges;
	uint32_t	 max;		/* asked for and open */
	uint32_t	 rate;		/* made a second */
	uint32_t	 idle_s;	/* until an unused one goes */
};

/* "100", "100-199" or either with " inner 1-4094". 0; -EINVAL for another
 * text, -ERANGE for what is no VLAN or a range downwards, -ENOSPC. */
int	 vlan_ranges_add(struct vlan_ranges *, const char *text);
bool	 vlan_ranges_have(const struct vlan_ranges *,
    const struct vlan_tag *);

bool	 vlan_tag_equal(const struct vlan_tag *, const struct vlan_tag *);

/* PARENT.OUTER or PARENT.OUTER.INNER, for RADIUS and people. */
void	 vlan_port_id(char id[static VLAN_PORT_ID], const char *parent,
    const struct vlan_tag *);
/* What an interface is called: like that or, where that is too long or
 * (other) taken, after the parent's index. 0 or -ENAMETOOLONG. */
int	 vlan_name(char name[static VLAN_NAME], const char *parent,
    unsigned ifindex, const struct vlan_tag *, bool other);

/*
 * The alias by which an interface is known to have been made here, and for
 * what: owner is what two nasds on one machine do not have in common, their
 * plugin-socket. vlan_alias_read: false if it is anyone else's.
 */
void	 vlan_alias(char alias[static VLAN_ALIAS], const char *parent,
    const struct vlan_tag *, const char *owner);
bool	 vlan_alias_read(const char *alias, const char *owner,
    char parent[static VLAN_NAME], struct vlan_tag *);

/*
 * The tags of a frame as a packet socket gives it: the outer one beside the
 * frame, an inner one in it, which is taken out. What is left is an untagged
 * frame of PPPoE discovery. 0, or -EPROTO for anything else: no tag, three, a
 * mere priority (VLAN 0).
 */
int	 vlan_untag(uint8_t *frame, size_t *len, uint16_t tci, uint16_t type,
    struct vlan_tag *);

#endif

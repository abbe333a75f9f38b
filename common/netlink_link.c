/* SPDX-License-Identifier: BSD-2-Clause */
/* Devices. Neighbour: netlink.c. */
#include "config.h"
#include "common/netlink_msg.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/rtnetlink.h>

#define TUNNEL_TTL	64
#define TUNNEL_TOS_INHERIT 1	/* iproute2's "tos inherit" */

/* A tunnel's kind, what is in its packets, and the device below, or 0. */
struct tunnel {
	const char	*kind;
	uint8_t		 proto;
	unsigned	 below;
	struct in_addr	 local, remote;
};

static int
tunnel(struct nl *nl, const char *name, const struct tunnel *t, uint32_t mtu,
    const char *what, unsigned ign)
{
	struct nlattr *info, *data;
	struct nlmsghdr *h;
	void *extra;

	if (strlen(name) >= IFNAMSIZ)
		return (-ENAMETOOLONG);
	h = nl_msg_begin(nl, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL,
	    sizeof(struct ifinfomsg), &extra);
	if (h == NULL)
		return (-ENOMEM);
	mnl_attr_put_strz(h, IFLA_IFNAME, name);
	if (mtu != 0)
		mnl_attr_put_u32(h, IFLA_MTU, mtu);
	info = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_strz(h, IFLA_INFO_KIND, t->kind);
	data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
	if (t->below != 0)
		mnl_attr_put_u32(h, IFLA_IPTUN_LINK, t->below);
	mnl_attr_put_u32(h, IFLA_IPTUN_LOCAL, t->local.s_addr);
	mnl_attr_put_u32(h, IFLA_IPTUN_REMOTE, t->remote.s_addr);
	mnl_attr_put_u8(h, IFLA_IPTUN_TTL, TUNNEL_TTL);
	mnl_attr_put_u8(h, IFLA_IPTUN_TOS, TUNNEL_TOS_INHERIT);
	mnl_attr_put_u8(h, IFLA_IPTUN_PMTUDISC, 1);
	mnl_attr_put_u8(h, IFLA_IPTUN_PROTO, t->proto);
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, info);
	return (nl_msg_end(nl, h, what, ign));
}

int
nl_sit_add(struct nl *nl, const char *name, struct in_addr local,
    struct in_addr remote, uint32_t mtu, unsigned ign)
{
	return (nl_sit_on_add(nl, name, 0, local, remote, mtu, ign));
}

int
nl_sit_on_add(struct nl *nl, const char *name, unsigned ifindex,
    struct in_addr local, struct in_addr remote, uint32_t mtu, unsigned ign)
{
	const struct tunnel t = { "sit", IPPROTO_IPV6, ifindex, local,
		remote };

	return (tunnel(nl, name, &t, mtu, "adding a sit device", ign));
}

int
nl_ipip_add(struct nl *nl, const char *name, struct in_addr local,
    struct in_addr remote, uint32_t mtu, unsigned ign)
{
	const struct tunnel t = { "ipip", IPPROTO_IPIP, 0, local, remote };

	return (tunnel(nl, name, &t, mtu, "adding an ipip device", ign));
}

static int
addr6(struct nl *nl, uint16_t type, uint16_t flags, unsigned ifindex,
    const struct in6_addr *addr, unsigned plen, const char *what,
    unsigned ign)
{
	struct ifaddrmsg *ifa;
	struct nlmsghdr *h;
	void *extra;

	h = nl_msg_begin(nl, type, flags, sizeof(*ifa), &extra);
	if (h == NULL)
		return (-ENOMEM);
	ifa = extra;
	ifa->ifa_family = AF_INET6;
	ifa->ifa_prefixlen = (uint8_t)plen;
	ifa->ifa_flags = type == RTM_NEWADDR ? IFA_F_NODAD : 0;
	ifa->ifa_index = ifindex;
	mnl_attr_put(h, IFA_LOCAL, sizeof(*addr), addr);
	return (nl_msg_end(nl, h, what, ign));
}

int
nl_addr6_add(struct nl *nl, unsigned ifindex, const struct in6_addr *addr,
    unsigned plen, unsigned ign)
{
	return (addr6(nl, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, ifindex,
	    addr, plen, "adding an address", ign));
}

int
nl_addr6_del(struct nl *nl, unsigned ifindex, const struct in6_addr *addr,
    unsigned plen, unsigned ign)
{
	return (addr6(nl, RTM_DELADDR, 0, ifindex, addr, plen,
	    "deleting an address", ign));
}

int
nl_link_del(struct nl *nl, const char *name, unsigned ign)
{
	struct nlmsghdr *h;
	void *extra;

	if (strlen(name) >= IFNAMSIZ)
		return (-ENAMETOOLONG);
	h = nl_msg_begin(nl, RTM_DELLINK, 0, sizeof(struct ifinfomsg),
	    &extra);
	if (h == NULL)
		return (-ENOMEM);
	mnl_attr_put_strz(h, IFLA_IFNAME, name);
	return (nl_msg_end(nl, h, "deleting a device", ign));
}

int
nl_link_set_up(struct nl *nl, unsigned ifindex, bool up)
{
	struct ifinfomsg *ifi;
	struct nlmsghdr *h;
	void *extra;

	h = nl_msg_begin(nl, RTM_NEWLINK, 0, sizeof(*ifi), &extra);
	if (h == NULL)
		return (-ENOMEM);
	ifi = extra;
	ifi->ifi_index = (int)ifindex;
	ifi->ifi_flags = up ? IFF_UP : 0;
	ifi->ifi_change = IFF_UP;
	return (nl_msg_end(nl, h, up ? "setting a device up" :
	    "setting a device down", 0));
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GRE with keys [RFC 2784, 2890]: devices, and what routes and filters say of
 * tunnels through an external one, which has no ends of its own. Neighbours:
 * netlink.c; netlink_route.c and netlink_tc.c make the routes and filters.
 */
#include "config.h"
#include "common/netlink_msg.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/lwtunnel.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_tunnel_key.h>

#define TUNNEL_TTL	64
#define TUNNEL_TOS_INHERIT 1	/* iproute2's "tos inherit" */
/* A flag that headers before Linux 6.4 do not know; nor do those kernels, which
 * pass over it. */
#define TUNNEL_KEY_NO_FRAG 14	/* TCA_TUNNEL_KEY_NO_FRAG */

/* Begins a device up to what is particular to its kind. */
static struct nlmsghdr *
device(struct nl *nl, uint16_t flags, const char *name, uint32_t mtu,
    struct nlattr **info, struct nlattr **data)
{
	struct nlmsghdr *h;
	void *extra;

	h = nl_msg_begin(nl, RTM_NEWLINK, flags, sizeof(struct ifinfomsg),
	    &extra);
	if (h == NULL)
		return (NULL);
	mnl_attr_put_strz(h, IFLA_IFNAME, name);
	mnl_attr_put_u32(h, IFLA_MTU, mtu);
	*info = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_strz(h, IFLA_INFO_KIND, "gre");
	*data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
	return (h);
}

int
nl_gre_external_add(struct nl *nl, const char *name, uint32_t mtu,
    unsigned ign)
{
	struct nlattr *info, *data;
	struct nlmsghdr *h;

	if (strlen(name) >= IFNAMSIZ)
		return (-ENAMETOOLONG);
	h = device(nl, NLM_F_CREATE | NLM_F_EXCL, name, mtu, &info, &data);
	if (h == NULL)
		return (-ENOMEM);
	mnl_attr_put(h, IFLA_GRE_COLLECT_METADATA, 0, NULL);
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, info);
	return (nl_msg_end(nl, h, "adding an external gre device", ign));
}

static int
keyed(struct nl *nl, uint16_t flags, const char *name, const struct nl_gre *g,
    uint32_t key_in, uint32_t mtu, const char *what, unsigned ign)
{
	struct nlattr *info, *data;
	struct nlmsghdr *h;

	if (strlen(name) >= IFNAMSIZ)
		return (-ENAMETOOLONG);
	h = device(nl, flags, name, mtu, &info, &data);
	if (h == NULL)
		return (-ENOMEM);
	mnl_attr_put_u16(h, IFLA_GRE_IFLAGS, GRE_KEY);
	mnl_attr_put_u16(h, IFLA_GRE_OFLAGS, GRE_KEY);
	mnl_attr_put_u32(h, IFLA_GRE_IKEY, htonl(key_in));
	mnl_attr_put_u32(h, IFLA_GRE_OKEY, htonl(g->key));
	mnl_attr_put_u32(h, IFLA_GRE_LOCAL, g->local.s_addr);
	mnl_attr_put_u32(h, IFLA_GRE_REMOTE, g->remote.s_addr);
	mnl_attr_put_u8(h, IFLA_GRE_TTL, TUNNEL_TTL);
	mnl_attr_put_u8(h, IFLA_GRE_TOS, TUNNEL_TOS_INHERIT);
	mnl_attr_put_u8(h, IFLA_GRE_PMTUDISC, 1);
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, info);
	return (nl_msg_end(nl, h, what, ign));
}

int
nl_gre_add(struct nl *nl, const char *name, const struct nl_gre *g,
    uint32_t key_in, uint32_t mtu, unsigned ign)
{
	return (keyed(nl, NLM_F_CREATE | NLM_F_EXCL, name, g, key_in, mtu,
	    "adding a gre device", ign));
}

int
nl_gre_change(struct nl *nl, const char *name, const struct nl_gre *g,
    uint32_t key_in, uint32_t mtu)
{
	return (keyed(nl, 0, name, g, key_in, mtu, "changing a gre device",
	    0));
}

void
nl_put_encap(struct nlmsghdr *h, const struct nl_gre *g)
{
	struct nlattr *encap;

	mnl_attr_put_u16(h, RTA_ENCAP_TYPE, LWTUNNEL_ENCAP_IP);
	encap = mnl_attr_nest_start(h, RTA_ENCAP);
	/* 64 bits in network order: VXLAN's are as wide, others wider. */
	mnl_attr_put_u64(h, LWTUNNEL_IP_ID, htobe64(g->key));
	mnl_attr_put_u32(h, LWTUNNEL_IP_DST, g->remote.s_addr);
	mnl_attr_put_u32(h, LWTUNNEL_IP_SRC, g->local.s_addr);
	mnl_attr_put_u8(h, LWTUNNEL_IP_TTL, TUNNEL_TTL);
	mnl_attr_put_u8(h, LWTUNNEL_IP_TOS, TUNNEL_TOS_INHERIT);
	mnl_attr_put_u16(h, LWTUNNEL_IP_FLAGS, TUNNEL_KEY |
	    TUNNEL_DONT_FRAGMENT);
	mnl_attr_nest_end(h, encap);
}

static void
put_masked(struct nlmsghdr *h, uint16_t key, uint16_t mask_key,
    struct in_addr addr)
{
	mnl_attr_put_u32(h, key, addr.s_addr);
	mnl_attr_put_u32(h, mask_key, INADDR_BROADCAST);
}

void
nl_put_enc_match(struct nlmsghdr *h, const struct nl_gre *g)
{
	mnl_attr_put_u32(h, TCA_FLOWER_KEY_ENC_KEY_ID, htonl(g->key));
	put_masked(h, TCA_FLOWER_KEY_ENC_IPV4_SRC,
	    TCA_FLOWER_KEY_ENC_IPV4_SRC_MASK, g->remote);
	put_masked(h, TCA_FLOWER_KEY_ENC_IPV4_DST,
	    TCA_FLOWER_KEY_ENC_IPV4_DST_MASK, g->local);
}

void
nl_put_tunnel_key(struct nlmsghdr *h, uint16_t attr, const struct nl_gre *g)
{
	const struct tc_tunnel_key parms = {
		.action = TC_ACT_OK,
		.t_action = TCA_TUNNEL_KEY_ACT_SET,
	};
	struct nlattr *acts, *act, *opts;

	acts = mnl_attr_nest_start(h, attr);
	act = mnl_attr_nest_start(h, 1);
	mnl_attr_put_strz(h, TCA_ACT_KIND, "tunnel_key");
	opts = mnl_attr_nest_start(h, TCA_ACT_OPTIONS);
	mnl_attr_put(h, TCA_TUNNEL_KEY_PARMS, sizeof(parms), &parms);
	mnl_attr_put_u32(h, TCA_TUNNEL_KEY_ENC_IPV4_SRC, g->local.s_addr);
	mnl_attr_put_u32(h, TCA_TUNNEL_KEY_ENC_IPV4_DST, g->remote.s_addr);
	mnl_attr_put_u32(h, TCA_TUNNEL_KEY_ENC_KEY_ID, htonl(g->key));
	mnl_attr_put_u8(h, TCA_TUNNEL_KEY_NO_CSUM, 1);
	mnl_attr_put_u8(h, TCA_TUNNEL_KEY_ENC_TOS, TUNNEL_TOS_INHERIT);
	mnl_attr_put_u8(h, TCA_TUNNEL_KEY_ENC_TTL, TUNNEL_TTL);
	/* DF, as on routes. */
	mnl_attr_put(h, TUNNEL_KEY_NO_FRAG, 0, NULL);
	mnl_attr_nest_end(h, opts);
	mnl_attr_nest_end(h, act);
	mnl_attr_nest_end(h, acts);
}

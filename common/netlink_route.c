/* SPDX-License-Identifier: BSD-2-Clause */
/* IPv6 routes and policy rules. Neighbour: netlink.c. */
#include "config.h"
#include "common/netlink_msg.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

static int
route(struct nl *nl, uint16_t type, uint16_t flags, const struct nl_route6 *r,
    const char *what, unsigned ign)
{
	struct rtmsg *rtm;
	struct nlmsghdr *h;
	void *extra;

	if (r->dst_len > 128)
		return (-EINVAL);
	h = nl_msg_begin(nl, type, flags, sizeof(*rtm), &extra);
	if (h == NULL)
		return (-ENOMEM);
	rtm = extra;
	rtm->rtm_family = AF_INET6;
	rtm->rtm_dst_len = (uint8_t)r->dst_len;
	/* Tables above 255 only fit into the attribute. */
	rtm->rtm_table = RT_TABLE_UNSPEC;
	rtm->rtm_protocol = NL_RTPROT_NETMIP4;
	rtm->rtm_scope = RT_SCOPE_UNIVERSE;
	rtm->rtm_type = r->type != 0 ? r->type : RTN_UNICAST;
	mnl_attr_put_u32(h, RTA_TABLE,
	    r->table != 0 ? r->table : RT_TABLE_MAIN);
	mnl_attr_put(h, RTA_DST, sizeof(r->dst), &r->dst);
	if (r->ifindex != 0)
		mnl_attr_put_u32(h, RTA_OIF, r->ifindex);
	if (!IN6_IS_ADDR_UNSPECIFIED(&r->via))
		mnl_attr_put(h, RTA_GATEWAY, sizeof(r->via), &r->via);
	if (r->metric != 0)
		mnl_attr_put_u32(h, RTA_PRIORITY, r->metric);
	return (nl_msg_end(nl, h, what, ign));
}

int
nl_route6_add(struct nl *nl, const struct nl_route6 *r, unsigned ign)
{
	return (route(nl, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, r,
	    "adding a route", ign));
}

int
nl_route6_replace(struct nl *nl, const struct nl_route6 *r)
{
	return (route(nl, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, r,
	    "replacing a route", 0));
}

int
nl_route6_del(struct nl *nl, const struct nl_route6 *r, unsigned ign)
{
	return (route(nl, RTM_DELROUTE, 0, r, "deleting a route", ign));
}

static int
rule(struct nl *nl, uint16_t type, uint16_t flags, const struct nl_rule6 *r,
    const char *what, unsigned ign)
{
	struct fib_rule_hdr *frh;
	struct nlmsghdr *h;
	void *extra;

	if (r->iif != NULL && strlen(r->iif) >= IFNAMSIZ)
		return (-ENAMETOOLONG);
	h = nl_msg_begin(nl, type, flags, sizeof(*frh), &extra);
	if (h == NULL)
		return (-ENOMEM);
	frh = extra;
	frh->family = AF_INET6;
	frh->table = RT_TABLE_UNSPEC;
	frh->action = FR_ACT_TO_TBL;
	mnl_attr_put_u32(h, FRA_TABLE, r->table);
	mnl_attr_put_u32(h, FRA_PRIORITY, r->priority);
	mnl_attr_put_u8(h, FRA_PROTOCOL, NL_RTPROT_NETMIP4);
	if (r->fwmark != 0) {
		mnl_attr_put_u32(h, FRA_FWMARK, r->fwmark);
		mnl_attr_put_u32(h, FRA_FWMASK, 0xffffffff);
	}
	if (r->iif != NULL)
		mnl_attr_put_strz(h, FRA_IIFNAME, r->iif);
	return (nl_msg_end(nl, h, what, ign));
}

int
nl_rule6_add(struct nl *nl, const struct nl_rule6 *r, unsigned ign)
{
	return (rule(nl, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, r,
	    "adding a rule", ign));
}

int
nl_rule6_del(struct nl *nl, const struct nl_rule6 *r, unsigned ign)
{
	return (rule(nl, RTM_DELRULE, 0, r, "deleting a rule", ign));
}

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

struct rules {
	nl_rule6_seen	*seen;
	void		*arg;
};

static int
on_attr(const struct nlattr *a, void *arg)
{
	struct nl_rule6 *r = arg;

	switch (mnl_attr_get_type(a)) {
	case FRA_IIFNAME:
		if (mnl_attr_validate(a, MNL_TYPE_NUL_STRING) == 0)
			r->iif = mnl_attr_get_str(a);
		break;
	case FRA_FWMARK:
		if (mnl_attr_validate(a, MNL_TYPE_U32) == 0)
			r->fwmark = mnl_attr_get_u32(a);
		break;
	case FRA_TABLE:
		if (mnl_attr_validate(a, MNL_TYPE_U32) == 0)
			r->table = mnl_attr_get_u32(a);
		break;
	case FRA_PRIORITY:
		if (mnl_attr_validate(a, MNL_TYPE_U32) == 0)
			r->priority = mnl_attr_get_u32(a);
		break;
	}
	return (MNL_CB_OK);
}

static int
on_rule(const struct nlmsghdr *h, void *arg)
{
	const struct rules *rules = arg;
	struct nl_rule6 r = { .iif = NULL };

	if (h->nlmsg_type == RTM_NEWRULE &&
	    mnl_nlmsg_get_payload_len(h) >= sizeof(struct fib_rule_hdr)) {
		(void)mnl_attr_parse(h, sizeof(struct fib_rule_hdr), on_attr,
		    &r);
		rules->seen(rules->arg, &r);
	}
	return (MNL_CB_OK);
}

int
nl_rules6(struct nl *nl, nl_rule6_seen *seen, void *arg)
{
	uint8_t buf[NL_MSG_MAX] __attribute__((aligned(8)));
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct rules rules = { seen, arg };
	struct fib_rule_hdr *frh;

	h->nlmsg_type = RTM_GETRULE;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	frh = mnl_nlmsg_put_extra_header(h, sizeof(*frh));
	frh->family = AF_INET6;
	return (nl_query(nl, h, on_rule, &rules));
}

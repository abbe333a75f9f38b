/* SPDX-License-Identifier: BSD-2-Clause */
/* IPv4 for the foreign agent: addresses, routes, rules, neighbours. Neighbours:
 * netlink.c, netlink_link.c. */
#include "config.h"
#include "common/netlink_msg.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#define PREFIX_LEN_HOST	32

int
nl_addr4_add(struct nl *nl, unsigned ifindex, struct in_addr addr,
    unsigned ign)
{
	struct ifaddrmsg *ifa;
	struct nlmsghdr *h;
	void *extra;

	h = nl_msg_begin(nl, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL,
	    sizeof(*ifa), &extra);
	if (h == NULL)
		return (-ENOMEM);
	ifa = extra;
	ifa->ifa_family = AF_INET;
	ifa->ifa_prefixlen = PREFIX_LEN_HOST;
	ifa->ifa_index = ifindex;
	mnl_attr_put_u32(h, IFA_LOCAL, addr.s_addr);
	mnl_attr_put_u32(h, IFA_ADDRESS, addr.s_addr);
	return (nl_msg_end(nl, h, "adding an address", ign));
}

static int
route(struct nl *nl, uint16_t type, uint16_t flags, const struct nl_route4 *r,
    const char *what, unsigned ign)
{
	struct rtmsg *rtm;
	struct nlmsghdr *h;
	void *extra;

	if (r->dst_len > PREFIX_LEN_HOST)
		return (-EINVAL);
	h = nl_msg_begin(nl, type, flags, sizeof(*rtm), &extra);
	if (h == NULL)
		return (-ENOMEM);
	rtm = extra;
	rtm->rtm_family = AF_INET;
	rtm->rtm_dst_len = (uint8_t)r->dst_len;
	rtm->rtm_table = RT_TABLE_UNSPEC;
	rtm->rtm_protocol = NL_RTPROT_NETMIP4;
	rtm->rtm_type = r->type != 0 ? r->type : RTN_UNICAST;
	rtm->rtm_scope = type == RTM_DELROUTE ? RT_SCOPE_NOWHERE :
	    rtm->rtm_type == RTN_UNICAST ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
	mnl_attr_put_u32(h, RTA_TABLE, r->table);
	mnl_attr_put_u32(h, RTA_DST, r->dst.s_addr);
	if (r->ifindex != 0)
		mnl_attr_put_u32(h, RTA_OIF, r->ifindex);
	return (nl_msg_end(nl, h, what, ign));
}

int
nl_route4_replace(struct nl *nl, const struct nl_route4 *r)
{
	return (route(nl, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, r,
	    "replacing a route", 0));
}

int
nl_route4_del(struct nl *nl, const struct nl_route4 *r, unsigned ign)
{
	return (route(nl, RTM_DELROUTE, 0, r, "deleting a route", ign));
}

static int
rule(struct nl *nl, uint16_t type, uint16_t flags, const struct nl_rule4 *r,
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
	frh->family = AF_INET;
	frh->table = RT_TABLE_UNSPEC;
	mnl_attr_put_u32(h, FRA_PRIORITY, r->priority);
	mnl_attr_put_u8(h, FRA_PROTOCOL, NL_RTPROT_NETMIP4);
	if (r->table != 0) {
		frh->action = FR_ACT_TO_TBL;
		mnl_attr_put_u32(h, FRA_TABLE, r->table);
	}
	if (r->iif != NULL)
		mnl_attr_put_strz(h, FRA_IIFNAME, r->iif);
	if (r->src.s_addr != INADDR_ANY) {
		frh->src_len = PREFIX_LEN_HOST;
		mnl_attr_put_u32(h, FRA_SRC, r->src.s_addr);
	}
	return (nl_msg_end(nl, h, what, ign));
}

int
nl_rule4_add(struct nl *nl, const struct nl_rule4 *r, unsigned ign)
{
	return (rule(nl, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, r,
	    "adding a rule", ign));
}

int
nl_rule4_del(struct nl *nl, const struct nl_rule4 *r, unsigned ign)
{
	return (rule(nl, RTM_DELRULE, 0, r, "deleting a rule", ign));
}

static struct nlmsghdr *
neighbour(struct nl *nl, uint16_t type, uint16_t flags, unsigned ifindex,
    struct in_addr addr, uint16_t state)
{
	struct nlmsghdr *h;
	struct ndmsg *ndm;
	void *extra;

	h = nl_msg_begin(nl, type, flags, sizeof(*ndm), &extra);
	if (h == NULL)
		return (NULL);
	ndm = extra;
	ndm->ndm_family = AF_INET;
	ndm->ndm_ifindex = (int)ifindex;
	ndm->ndm_state = state;
	mnl_attr_put_u32(h, NDA_DST, addr.s_addr);
	return (h);
}

int
nl_neigh4_replace(struct nl *nl, unsigned ifindex, struct in_addr addr,
    const uint8_t lladdr[6])
{
	struct nlmsghdr *h;

	h = neighbour(nl, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, ifindex,
	    addr, NUD_PERMANENT);
	if (h == NULL)
		return (-ENOMEM);
	mnl_attr_put(h, NDA_LLADDR, 6, lladdr);
	mnl_attr_put_u8(h, NDA_PROTOCOL, NL_RTPROT_NETMIP4);
	return (nl_msg_end(nl, h, "adding a neighbour", 0));
}

int
nl_neigh4_del(struct nl *nl, unsigned ifindex, struct in_addr addr,
    unsigned ign)
{
	struct nlmsghdr *h;

	h = neighbour(nl, RTM_DELNEIGH, 0, ifindex, addr, 0);
	if (h == NULL)
		return (-ENOMEM);
	return (nl_msg_end(nl, h, "deleting a neighbour", ign));
}

/* What a dump says of one of ours. */
struct seen {
	uint32_t	table, oif, dst, src, priority;
	uint8_t		protocol;
	const char	*iif;
};

struct dump {
	nl_rule4_seen	*rule;
	nl_route4_seen	*route;
	nl_neigh4_seen	*neigh;
	void		*arg;
};

static int
on_rule_attr(const struct nlattr *a, void *arg)
{
	struct seen *s = arg;
	uint32_t *to = NULL;

	switch (mnl_attr_get_type(a)) {
	case FRA_IIFNAME:
		if (mnl_attr_validate(a, MNL_TYPE_NUL_STRING) == 0)
			s->iif = mnl_attr_get_str(a);
		break;
	case FRA_PROTOCOL:
		if (mnl_attr_validate(a, MNL_TYPE_U8) == 0)
			s->protocol = mnl_attr_get_u8(a);
		break;
	case FRA_TABLE:
		to = &s->table;
		break;
	case FRA_PRIORITY:
		to = &s->priority;
		break;
	case FRA_SRC:
		to = &s->src;
		break;
	}
	if (to != NULL && mnl_attr_validate(a, MNL_TYPE_U32) == 0)
		*to = mnl_attr_get_u32(a);
	return (MNL_CB_OK);
}

static int
on_rule(const struct nlmsghdr *h, void *arg)
{
	const struct dump *d = arg;
	struct seen s = { 0 };
	struct nl_rule4 r;

	if (h->nlmsg_type != RTM_NEWRULE ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(struct fib_rule_hdr))
		return (MNL_CB_OK);
	(void)mnl_attr_parse(h, sizeof(struct fib_rule_hdr), on_rule_attr,
	    &s);
	r = (struct nl_rule4){ .iif = s.iif, .src.s_addr = s.src,
		.table = s.table, .priority = s.priority };
	if (s.protocol == NL_RTPROT_NETMIP4)
		d->rule(d->arg, &r);
	return (MNL_CB_OK);
}

int
nl_rules4(struct nl *nl, nl_rule4_seen *seen, void *arg)
{
	uint8_t buf[NL_MSG_MAX] __attribute__((aligned(8)));
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct dump d = { .rule = seen, .arg = arg };
	struct fib_rule_hdr *frh;

	h->nlmsg_type = RTM_GETRULE;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	frh = mnl_nlmsg_put_extra_header(h, sizeof(*frh));
	frh->family = AF_INET;
	return (nl_query(nl, h, on_rule, &d));
}

static int
on_route_attr(const struct nlattr *a, void *arg)
{
	struct seen *s = arg;
	uint32_t *to = NULL;

	switch (mnl_attr_get_type(a)) {
	case RTA_TABLE:
		to = &s->table;
		break;
	case RTA_OIF:
		to = &s->oif;
		break;
	case RTA_DST:
		to = &s->dst;
		break;
	}
	if (to != NULL && mnl_attr_validate(a, MNL_TYPE_U32) == 0)
		*to = mnl_attr_get_u32(a);
	return (MNL_CB_OK);
}

static int
on_route(const struct nlmsghdr *h, void *arg)
{
	const struct dump *d = arg;
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(h);
	struct seen s = { 0 };
	struct nl_route4 r;

	if (h->nlmsg_type != RTM_NEWROUTE ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(*rtm) ||
	    rtm->rtm_family != AF_INET ||
	    rtm->rtm_protocol != NL_RTPROT_NETMIP4)
		return (MNL_CB_OK);
	(void)mnl_attr_parse(h, sizeof(*rtm), on_route_attr, &s);
	r = (struct nl_route4){ .dst.s_addr = s.dst,
		.dst_len = rtm->rtm_dst_len, .ifindex = s.oif,
		.table = s.table, .type = rtm->rtm_type };
	d->route(d->arg, &r);
	return (MNL_CB_OK);
}

int
nl_routes4(struct nl *nl, nl_route4_seen *seen, void *arg)
{
	uint8_t buf[NL_MSG_MAX] __attribute__((aligned(8)));
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct dump d = { .route = seen, .arg = arg };
	struct rtmsg *rtm;

	h->nlmsg_type = RTM_GETROUTE;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	rtm = mnl_nlmsg_put_extra_header(h, sizeof(*rtm));
	rtm->rtm_family = AF_INET;
	return (nl_query(nl, h, on_route, &d));
}

static int
on_neigh_attr(const struct nlattr *a, void *arg)
{
	struct seen *s = arg;

	if (mnl_attr_get_type(a) == NDA_DST &&
	    mnl_attr_validate(a, MNL_TYPE_U32) == 0)
		s->dst = mnl_attr_get_u32(a);
	if (mnl_attr_get_type(a) == NDA_PROTOCOL &&
	    mnl_attr_validate(a, MNL_TYPE_U8) == 0)
		s->protocol = mnl_attr_get_u8(a);
	return (MNL_CB_OK);
}

static int
on_neigh(const struct nlmsghdr *h, void *arg)
{
	const struct dump *d = arg;
	const struct ndmsg *ndm = mnl_nlmsg_get_payload(h);
	struct seen s = { 0 };

	if (h->nlmsg_type != RTM_NEWNEIGH ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(*ndm) ||
	    ndm->ndm_family != AF_INET)
		return (MNL_CB_OK);
	(void)mnl_attr_parse(h, sizeof(*ndm), on_neigh_attr, &s);
	if (s.protocol == NL_RTPROT_NETMIP4)
		d->neigh(d->arg, (unsigned)ndm->ndm_ifindex,
		    (struct in_addr){ s.dst });
	return (MNL_CB_OK);
}

int
nl_neighs4(struct nl *nl, nl_neigh4_seen *seen, void *arg)
{
	uint8_t buf[NL_MSG_MAX] __attribute__((aligned(8)));
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct dump d = { .neigh = seen, .arg = arg };
	struct ndmsg *ndm;

	h->nlmsg_type = RTM_GETNEIGH;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	ndm = mnl_nlmsg_put_extra_header(h, sizeof(*ndm));
	ndm->ndm_family = AF_INET;
	return (nl_query(nl, h, on_neigh, &d));
}

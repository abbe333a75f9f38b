/* SPDX-License-Identifier: BSD-2-Clause */
/* Routes and policy rules of IPv6 and IPv4: one message for both, by family.
 * Neighbour: netlink.c. */
#include "config.h"
#include "common/netlink_msg.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#define PREFIX_LEN_HOST4 32

/* ---- routes ---- */

/* A route of either family; its addresses are the caller's. */
struct route {
	uint8_t		family, type;
	size_t		addr_len;	/* bytes */
	const void	*dst, *via;	/* via NULL: none */
	unsigned	dst_len, ifindex;
	uint32_t	table, metric;
	const struct nl_gre *encap;	/* NULL: none */
};

static struct route
route6(const struct nl_route6 *r)
{
	return ((struct route){
		.family = AF_INET6,
		.type = r->type != 0 ? r->type : RTN_UNICAST,
		.addr_len = sizeof(r->dst),
		.dst = &r->dst,
		.via = IN6_IS_ADDR_UNSPECIFIED(&r->via) ? NULL : &r->via,
		.dst_len = r->dst_len,
		.ifindex = r->ifindex,
		.table = r->table != 0 ? r->table : RT_TABLE_MAIN,
		.metric = r->metric,
		.encap = r->encap,
	});
}

static struct route
route4(const struct nl_route4 *r)
{
	return ((struct route){
		.family = AF_INET,
		.type = r->type != 0 ? r->type : RTN_UNICAST,
		.addr_len = sizeof(r->dst),
		.dst = &r->dst,
		.dst_len = r->dst_len,
		.via = r->via.s_addr != INADDR_ANY ? &r->via : NULL,
		.ifindex = r->ifindex,
		.table = r->table,
		.metric = r->metric,
	});
}

/* IPv6 routes have no scope of their own. */
static uint8_t
scope(uint16_t msg, const struct route *r)
{
	if (r->family == AF_INET6)
		return (RT_SCOPE_UNIVERSE);
	if (msg == RTM_DELROUTE)
		return (RT_SCOPE_NOWHERE);
	return (r->type == RTN_UNICAST && r->via == NULL ? RT_SCOPE_LINK :
	    RT_SCOPE_UNIVERSE);
}

static int
route(struct nl *nl, uint16_t msg, uint16_t flags, const struct route *r,
    const char *what, unsigned ign)
{
	struct rtmsg *rtm;
	struct nlmsghdr *h;
	void *extra;

	if (r->dst_len > 8 * r->addr_len)
		return (-EINVAL);
	h = nl_msg_begin(nl, msg, flags, sizeof(*rtm), &extra);
	if (h == NULL)
		return (-ENOMEM);
	rtm = extra;
	rtm->rtm_family = r->family;
	rtm->rtm_dst_len = (uint8_t)r->dst_len;
	/* Tables above 255 only fit into the attribute. */
	rtm->rtm_table = RT_TABLE_UNSPEC;
	rtm->rtm_protocol = NL_RTPROT_NETMIP4;
	rtm->rtm_scope = scope(msg, r);
	rtm->rtm_type = r->type;
	mnl_attr_put_u32(h, RTA_TABLE, r->table);
	mnl_attr_put(h, RTA_DST, r->addr_len, r->dst);
	if (r->ifindex != 0)
		mnl_attr_put_u32(h, RTA_OIF, r->ifindex);
	if (r->via != NULL)
		mnl_attr_put(h, RTA_GATEWAY, r->addr_len, r->via);
	if (r->metric != 0)
		mnl_attr_put_u32(h, RTA_PRIORITY, r->metric);
	if (r->encap != NULL && msg == RTM_NEWROUTE)
		nl_put_encap(h, r->encap);
	return (nl_msg_end(nl, h, what, ign));
}

static int
route_replace(struct nl *nl, struct route r)
{
	return (route(nl, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, &r,
	    "replacing a route", 0));
}

static int
route_del(struct nl *nl, struct route r, unsigned ign)
{
	return (route(nl, RTM_DELROUTE, 0, &r, "deleting a route", ign));
}

int
nl_route6_add(struct nl *nl, const struct nl_route6 *r, unsigned ign)
{
	const struct route x = route6(r);

	return (route(nl, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &x,
	    "adding a route", ign));
}

int
nl_route6_replace(struct nl *nl, const struct nl_route6 *r)
{
	return (route_replace(nl, route6(r)));
}

int
nl_route6_del(struct nl *nl, const struct nl_route6 *r, unsigned ign)
{
	return (route_del(nl, route6(r), ign));
}

int
nl_route4_replace(struct nl *nl, const struct nl_route4 *r)
{
	return (route_replace(nl, route4(r)));
}

int
nl_route4_del(struct nl *nl, const struct nl_route4 *r, unsigned ign)
{
	return (route_del(nl, route4(r), ign));
}

/* What a dump says of one. */
struct route_attrs {
	uint32_t	table, oif, dst, via;
};

static int
on_route_attr(const struct nlattr *a, void *arg)
{
	struct route_attrs *s = arg;
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
	case RTA_GATEWAY:
		to = &s->via;
		break;
	}
	if (to != NULL && mnl_attr_validate(a, MNL_TYPE_U32) == 0)
		*to = mnl_attr_get_u32(a);
	return (MNL_CB_OK);
}

static int
on_route4_got(const struct nlmsghdr *h, void *arg)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(h);
	struct route_attrs s = { 0 };
	struct nl_route4 *r = arg;

	if (h->nlmsg_type != RTM_NEWROUTE ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(*rtm))
		return (MNL_CB_OK);
	(void)mnl_attr_parse(h, sizeof(*rtm), on_route_attr, &s);
	r->ifindex = s.oif;
	r->via.s_addr = s.via;
	r->type = rtm->rtm_type;
	return (MNL_CB_OK);
}

int
nl_route4_get(struct nl *nl, struct in_addr dst, struct nl_route4 *r)
{
	uint8_t buf[NL_MSG_MAX] __attribute__((aligned(8)));
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct rtmsg *rtm;

	*r = (struct nl_route4){ .dst = dst, .dst_len = PREFIX_LEN_HOST4 };
	h->nlmsg_type = RTM_GETROUTE;
	rtm = mnl_nlmsg_put_extra_header(h, sizeof(*rtm));
	rtm->rtm_family = AF_INET;
	rtm->rtm_dst_len = PREFIX_LEN_HOST4;
	mnl_attr_put_u32(h, RTA_DST, dst.s_addr);
	return (nl_query(nl, h, on_route4_got, r));
}

struct routes4 {
	uint32_t	table;		/* 0: any */
	nl_route4_seen	*seen;
	void		*arg;
};

static int
on_route4(const struct nlmsghdr *h, void *arg)
{
	const struct routes4 *routes = arg;
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(h);
	struct route_attrs s = { 0 };
	struct nl_route4 r;

	if (h->nlmsg_type != RTM_NEWROUTE ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(*rtm) ||
	    rtm->rtm_family != AF_INET ||
	    rtm->rtm_protocol != NL_RTPROT_NETMIP4)
		return (MNL_CB_OK);
	(void)mnl_attr_parse(h, sizeof(*rtm), on_route_attr, &s);
	r = (struct nl_route4){ .dst.s_addr = s.dst,
		.dst_len = rtm->rtm_dst_len, .ifindex = s.oif,
		.via.s_addr = s.via, .table = s.table, .type = rtm->rtm_type };
	if (routes->table == 0 || r.table == routes->table)
		routes->seen(routes->arg, &r);
	return (MNL_CB_OK);
}

int
nl_routes4(struct nl *nl, uint32_t table, nl_route4_seen *seen, void *arg)
{
	uint8_t buf[NL_MSG_MAX] __attribute__((aligned(8)));
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct routes4 routes = { table, seen, arg };
	struct rtmsg *rtm;
	int err;

	h->nlmsg_type = RTM_GETROUTE;
	h->nlmsg_flags = NLM_F_DUMP;
	rtm = mnl_nlmsg_put_extra_header(h, sizeof(*rtm));
	rtm->rtm_family = AF_INET;
	rtm->rtm_protocol = NL_RTPROT_NETMIP4;
	if (table != 0)
		mnl_attr_put_u32(h, RTA_TABLE, table);
	err = nl_query_strict(nl, h, on_route4, &routes);
	return (table != 0 && err == -ENOENT ? 0 : err);
}

static int
on_route6_attr(const struct nlattr *a, void *arg)
{
	struct nl_route6 *r = arg;
	uint16_t type = mnl_attr_get_type(a), len =
	    mnl_attr_get_payload_len(a);

	if (type == RTA_DST && len == sizeof(r->dst))
		memcpy(&r->dst, mnl_attr_get_payload(a), sizeof(r->dst));
	else if (type == RTA_TABLE && len == sizeof(r->table))
		r->table = mnl_attr_get_u32(a);
	else if (type == RTA_OIF && len == sizeof(uint32_t))
		r->ifindex = mnl_attr_get_u32(a);
	return (MNL_CB_OK);
}

struct routes6 {
	nl_route6_seen	*seen;
	void		*arg;
};

static int
on_route6(const struct nlmsghdr *h, void *arg)
{
	const struct routes6 *routes = arg;
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(h);
	struct nl_route6 r = { .ifindex = 0 };

	if (h->nlmsg_type != RTM_NEWROUTE ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(*rtm) ||
	    rtm->rtm_family != AF_INET6 || rtm->rtm_type != RTN_UNICAST ||
	    rtm->rtm_protocol != NL_RTPROT_NETMIP4)
		return (MNL_CB_OK);
	r.dst_len = rtm->rtm_dst_len;
	(void)mnl_attr_parse(h, sizeof(*rtm), on_route6_attr, &r);
	if (r.ifindex != 0)
		routes->seen(routes->arg, &r);
	return (MNL_CB_OK);
}

int
nl_routes6(struct nl *nl, nl_route6_seen *seen, void *arg)
{
	struct routes6 routes = { seen, arg };

	return (nl_dump(nl, RTM_GETROUTE, AF_INET6, sizeof(struct rtmsg),
	    on_route6, &routes));
}

/* ---- rules ---- */

/* A rule of either family; its string is the caller's. */
struct rule {
	uint8_t		family, action, protocol;
	const char	*iif;		/* NULL: any */
	uint32_t	src4;		/* 0: any */
	uint32_t	fwmark, table, priority;
};

static struct rule
rule6(const struct nl_rule6 *r)
{
	return ((struct rule){
		.family = AF_INET6,
		.action = FR_ACT_TO_TBL,
		.iif = r->iif,
		.fwmark = r->fwmark,
		.table = r->table,
		.priority = r->priority,
	});
}

static struct rule
rule4(const struct nl_rule4 *r)
{
	return ((struct rule){
		.family = AF_INET,
		.action = r->table != 0 ? FR_ACT_TO_TBL : FR_ACT_UNSPEC,
		.iif = r->iif,
		.src4 = r->src.s_addr,
		.table = r->table,
		.priority = r->priority,
	});
}

static int
rule(struct nl *nl, uint16_t msg, uint16_t flags, const struct rule *r,
    const char *what, unsigned ign)
{
	struct fib_rule_hdr *frh;
	struct nlmsghdr *h;
	void *extra;

	if (r->iif != NULL && strlen(r->iif) >= IFNAMSIZ)
		return (-ENAMETOOLONG);
	h = nl_msg_begin(nl, msg, flags, sizeof(*frh), &extra);
	if (h == NULL)
		return (-ENOMEM);
	frh = extra;
	frh->family = r->family;
	frh->table = RT_TABLE_UNSPEC;
	frh->action = r->action;
	if (r->action == FR_ACT_TO_TBL)
		mnl_attr_put_u32(h, FRA_TABLE, r->table);
	mnl_attr_put_u32(h, FRA_PRIORITY, r->priority);
	mnl_attr_put_u8(h, FRA_PROTOCOL, NL_RTPROT_NETMIP4);
	if (r->fwmark != 0) {
		mnl_attr_put_u32(h, FRA_FWMARK, r->fwmark);
		mnl_attr_put_u32(h, FRA_FWMASK, 0xffffffff);
	}
	if (r->iif != NULL)
		mnl_attr_put_strz(h, FRA_IIFNAME, r->iif);
	if (r->src4 != INADDR_ANY) {
		frh->src_len = PREFIX_LEN_HOST4;
		mnl_attr_put_u32(h, FRA_SRC, r->src4);
	}
	return (nl_msg_end(nl, h, what, ign));
}

static int
rule_add(struct nl *nl, struct rule r, unsigned ign)
{
	return (rule(nl, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, &r,
	    "adding a rule", ign));
}

static int
rule_del(struct nl *nl, struct rule r, unsigned ign)
{
	return (rule(nl, RTM_DELRULE, 0, &r, "deleting a rule", ign));
}

int
nl_rule6_add(struct nl *nl, const struct nl_rule6 *r, unsigned ign)
{
	return (rule_add(nl, rule6(r), ign));
}

int
nl_rule6_del(struct nl *nl, const struct nl_rule6 *r, unsigned ign)
{
	return (rule_del(nl, rule6(r), ign));
}

int
nl_rule4_add(struct nl *nl, const struct nl_rule4 *r, unsigned ign)
{
	return (rule_add(nl, rule4(r), ign));
}

int
nl_rule4_del(struct nl *nl, const struct nl_rule4 *r, unsigned ign)
{
	return (rule_del(nl, rule4(r), ign));
}

static int
on_rule_attr(const struct nlattr *a, void *arg)
{
	struct rule *r = arg;
	uint32_t *to = NULL;

	switch (mnl_attr_get_type(a)) {
	case FRA_IIFNAME:
		if (mnl_attr_validate(a, MNL_TYPE_NUL_STRING) == 0)
			r->iif = mnl_attr_get_str(a);
		break;
	case FRA_PROTOCOL:
		if (mnl_attr_validate(a, MNL_TYPE_U8) == 0)
			r->protocol = mnl_attr_get_u8(a);
		break;
	case FRA_FWMARK:
		to = &r->fwmark;
		break;
	case FRA_TABLE:
		to = &r->table;
		break;
	case FRA_PRIORITY:
		to = &r->priority;
		break;
	case FRA_SRC:	/* an IPv6 one is longer */
		to = &r->src4;
		break;
	}
	if (to != NULL && mnl_attr_validate(a, MNL_TYPE_U32) == 0)
		*to = mnl_attr_get_u32(a);
	return (MNL_CB_OK);
}

/* What a dump says of one; false: it is none. */
static bool
rule_read(const struct nlmsghdr *h, struct rule *r)
{
	*r = (struct rule){ 0 };
	if (h->nlmsg_type != RTM_NEWRULE ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(struct fib_rule_hdr))
		return (false);
	(void)mnl_attr_parse(h, sizeof(struct fib_rule_hdr), on_rule_attr, r);
	return (true);
}

struct rules6 {
	nl_rule6_seen	*seen;
	void		*arg;
};

static int
on_rule6(const struct nlmsghdr *h, void *arg)
{
	const struct rules6 *rules = arg;
	struct rule r;

	if (rule_read(h, &r))
		rules->seen(rules->arg, &(struct nl_rule6){ .iif = r.iif,
		    .fwmark = r.fwmark, .table = r.table,
		    .priority = r.priority });
	return (MNL_CB_OK);
}

int
nl_rules6(struct nl *nl, nl_rule6_seen *seen, void *arg)
{
	struct rules6 rules = { seen, arg };

	return (nl_dump(nl, RTM_GETRULE, AF_INET6, sizeof(struct fib_rule_hdr),
	    on_rule6, &rules));
}

struct rules4 {
	nl_rule4_seen	*seen;
	void		*arg;
};

static int
on_rule4(const struct nlmsghdr *h, void *arg)
{
	const struct rules4 *rules = arg;
	struct rule r;

	if (rule_read(h, &r) && r.protocol == NL_RTPROT_NETMIP4)
		rules->seen(rules->arg, &(struct nl_rule4){ .iif = r.iif,
		    .src.s_addr = r.src4, .table = r.table,
		    .priority = r.priority });
	return (MNL_CB_OK);
}

int
nl_rules4(struct nl *nl, nl_rule4_seen *seen, void *arg)
{
	struct rules4 rules = { seen, arg };

	return (nl_dump(nl, RTM_GETRULE, AF_INET, sizeof(struct fib_rule_hdr),
	    on_rule4, &rules));
}

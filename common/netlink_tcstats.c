/* SPDX-License-Identifier: BSD-2-Clause */
/* What filters have counted. Neighbours: netlink_tc.c makes them, netlink.c
 * asks. */
#include "config.h"
#include "common/netlink_msg.h"

#include <errno.h>
#include <linux/gen_stats.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>

struct count {
	nl_filter_counted	*fn;
	void			*arg;
	int			 acts;		/* where this kind of filter
						 * keeps actions; 0: nowhere */
	bool			 found;
	uint64_t		 packets;
};

static int
basic_attr(const struct nlattr *a, void *arg)
{
	struct gnet_stats_basic b = { 0 };
	size_t len = mnl_attr_get_payload_len(a);
	struct count *c = arg;

	if (mnl_attr_get_type(a) != TCA_STATS_BASIC)
		return (MNL_CB_OK);
	memcpy(&b, mnl_attr_get_payload(a), len < sizeof(b) ? len : sizeof(b));
	c->packets += b.packets;
	c->found = true;
	return (MNL_CB_STOP);
}

static int
act_attr(const struct nlattr *a, void *arg)
{
	if (mnl_attr_get_type(a) == TCA_ACT_STATS)
		(void)mnl_attr_parse_nested(a, basic_attr, arg);
	return (MNL_CB_OK);
}

/* Each action of a filter; ours have one. */
static int
acts_attr(const struct nlattr *a, void *arg)
{
	(void)mnl_attr_parse_nested(a, act_attr, arg);
	return (MNL_CB_OK);
}

static int
option_attr(const struct nlattr *a, void *arg)
{
	struct count *c = arg;

	if (c->acts != 0 && mnl_attr_get_type(a) == c->acts)
		(void)mnl_attr_parse_nested(a, acts_attr, c);
	return (MNL_CB_OK);
}

static int
acts_of(const char *kind)
{
	static const struct {
		const char	*kind;
		int		 acts;
	} of[] = { { "matchall", TCA_MATCHALL_ACT }, { "bpf", TCA_BPF_ACT },
	    { "flower", TCA_FLOWER_ACT } };

	for (unsigned i = 0; i < sizeof(of) / sizeof(of[0]); i++)
		if (strcmp(of[i].kind, kind) == 0)
			return (of[i].acts);
	return (0);
}

/* The kind comes before the options. */
static int
filter_attr(const struct nlattr *a, void *arg)
{
	struct count *c = arg;

	if (mnl_attr_get_type(a) == TCA_KIND)
		c->acts = acts_of(mnl_attr_get_str(a));
	else if (mnl_attr_get_type(a) == TCA_OPTIONS)
		(void)mnl_attr_parse_nested(a, option_attr, c);
	return (MNL_CB_OK);
}

static int
filter_msg(const struct nlmsghdr *h, void *arg)
{
	const struct tcmsg *tc = mnl_nlmsg_get_payload(h);
	struct count *c = arg;

	c->found = false;
	c->acts = 0;
	c->packets = 0;
	(void)mnl_attr_parse(h, sizeof(*tc), filter_attr, c);
	if (c->found)
		c->fn(c->arg, (uint16_t)(tc->tcm_info >> 16), c->packets);
	return (MNL_CB_OK);
}

int
nl_filter_counts(struct nl *nl, unsigned ifindex, bool egress,
    nl_filter_counted *fn, void *arg)
{
	uint8_t buf[NL_MSG_MAX] __attribute__((aligned(8)));
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct count c = { .fn = fn, .arg = arg };
	struct tcmsg *tc;

	h->nlmsg_type = RTM_GETTFILTER;
	h->nlmsg_flags = NLM_F_DUMP;
	tc = mnl_nlmsg_put_extra_header(h, sizeof(*tc));
	tc->tcm_ifindex = (int)ifindex;
	tc->tcm_parent = TC_H_MAKE(TC_H_CLSACT, egress ? TC_H_MIN_EGRESS :
	    TC_H_MIN_INGRESS);
	return (nl_query(nl, h, filter_msg, &c));
}

struct prios {
	nl_filter_prio	*fn;
	void		*arg;
};

static int
prio_msg(const struct nlmsghdr *h, void *arg)
{
	const struct tcmsg *tc = mnl_nlmsg_get_payload(h);
	const struct prios *p = arg;

	p->fn(p->arg, (uint16_t)(tc->tcm_info >> 16));
	return (MNL_CB_OK);
}

int
nl_filter_prios(struct nl *nl, unsigned ifindex, nl_filter_prio *fn,
    void *arg)
{
	uint8_t buf[NL_MSG_MAX] __attribute__((aligned(8)));
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct prios p = { fn, arg };
	struct tcmsg *tc;

	h->nlmsg_type = RTM_GETTFILTER;
	h->nlmsg_flags = NLM_F_DUMP;
	tc = mnl_nlmsg_put_extra_header(h, sizeof(*tc));
	tc->tcm_ifindex = (int)ifindex;
	tc->tcm_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS);
	return (nl_query(nl, h, prio_msg, &p));
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rate limits of one device: what it sends is shaped by a tbf, with fq_codel
 * in it where the kernel has that; what it receives is policed by an action of
 * a matchall filter, which lets what conforms go on to the next filter. Both
 * are changed in place and keep their counters. Neighbours: netlink.c,
 * netlink_tc.c.
 */
#include "config.h"
#include "common/netlink_msg.h"

#include <errno.h>
#include <linux/gen_stats.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>

#define SHAPER		TC_H_MAKE(1U << 16, 0)
#define SHAPER_CLASS	TC_H_MAKE(1U << 16, 1)
#define SHAPER_QUEUE	TC_H_MAKE(2U << 16, 0)
#define POLICER_FILTER	1		/* handle of the filter */
/* The kernel counts bursts of a policer in units of 64 ns. */
#define TICK_NS		64
#define CELL_LOG	3
/* The longest packet that a policer looks at: anything that comes. */
#define POLICER_MTU	(1U << 18)

/* Who shapes by hand has low numbers, which the kernel assigns. */
static uint32_t
action_index(unsigned ifindex)
{
	return (0x80000000U | ifindex);
}

static struct tc_ratespec
ratespec(uint64_t bytes)
{
	return ((struct tc_ratespec){
		.cell_log = CELL_LOG,
		.linklayer = TC_LINKLAYER_ETHERNET,
		.cell_align = -1,
		.rate = (uint32_t)bytes,
	});
}

static struct nlmsghdr *
qdisc_begin(struct nl *nl, uint16_t type, uint16_t flags, unsigned ifindex,
    uint32_t parent, uint32_t handle)
{
	struct nlmsghdr *h;
	struct tcmsg *tc;
	void *extra;

	h = nl_msg_begin(nl, type, flags, sizeof(*tc), &extra);
	if (h == NULL)
		return (NULL);
	tc = extra;
	tc->tcm_family = AF_UNSPEC;
	tc->tcm_ifindex = (int)ifindex;
	tc->tcm_parent = parent;
	tc->tcm_handle = handle;
	return (h);
}

int
nl_shaper_set(struct nl *nl, unsigned ifindex, const struct nl_rate *r)
{
	const struct tc_tbf_qopt opt = {
		.rate = ratespec(r->bytes),
		.limit = r->queue,
	};
	struct nlattr *opts;
	struct nlmsghdr *h;

	h = qdisc_begin(nl, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE,
	    ifindex, TC_H_ROOT, SHAPER);
	if (h == NULL)
		return (-ENOMEM);
	mnl_attr_put_strz(h, TCA_KIND, "tbf");
	opts = mnl_attr_nest_start(h, TCA_OPTIONS);
	mnl_attr_put(h, TCA_TBF_PARMS, sizeof(opt), &opt);
	mnl_attr_put_u32(h, TCA_TBF_BURST, r->burst);
	mnl_attr_nest_end(h, opts);
	return (nl_msg_end(nl, h, "setting a shaper", 0));
}

int
nl_shaper_fair(struct nl *nl, unsigned ifindex, const struct nl_fair *f)
{
	struct nlattr *opts;
	struct nlmsghdr *h;

	h = qdisc_begin(nl, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE,
	    ifindex, SHAPER_CLASS, SHAPER_QUEUE);
	if (h == NULL)
		return (-ENOMEM);
	mnl_attr_put_strz(h, TCA_KIND, "fq_codel");
	opts = mnl_attr_nest_start(h, TCA_OPTIONS);
	/* can be said only once */
	if (!f->change)
		mnl_attr_put_u32(h, TCA_FQ_CODEL_FLOWS, f->flows);
	mnl_attr_put_u32(h, TCA_FQ_CODEL_LIMIT, f->packets);
	mnl_attr_put_u32(h, TCA_FQ_CODEL_TARGET, f->target_us);
	mnl_attr_put_u32(h, TCA_FQ_CODEL_INTERVAL, f->interval_us);
	mnl_attr_nest_end(h, opts);
	return (nl_msg_end(nl, h, "setting a shaper's queues", NL_IGN_NOENT));
}

int
nl_shaper_del(struct nl *nl, unsigned ifindex, unsigned ign)
{
	struct nlmsghdr *h = qdisc_begin(nl, RTM_DELQDISC, 0, ifindex,
	    TC_H_ROOT, 0);

	if (h == NULL)
		return (-ENOMEM);
	return (nl_msg_end(nl, h, "removing a shaper", ign));
}

/* One police action in a list of actions: what conforms goes on to the next
 * filter. */
static void
put_police(struct nlmsghdr *h, unsigned ifindex, const struct nl_rate *r)
{
	static const uint8_t rtab[1024];	/* must be there, is not used */
	const struct tc_police parms = {
		.index = action_index(ifindex),
		.action = TC_ACT_SHOT,
		.burst = (uint32_t)((uint64_t)r->burst * 1000000000 /
		    r->bytes / TICK_NS),
		.mtu = POLICER_MTU,
		.rate = ratespec(r->bytes),
	};
	struct nlattr *act, *opts;

	act = mnl_attr_nest_start(h, 1);
	mnl_attr_put_strz(h, TCA_ACT_KIND, "police");
	opts = mnl_attr_nest_start(h, TCA_ACT_OPTIONS);
	mnl_attr_put(h, TCA_POLICE_TBF, sizeof(parms), &parms);
	mnl_attr_put(h, TCA_POLICE_RATE, sizeof(rtab), rtab);
	mnl_attr_put_u32(h, TCA_POLICE_RESULT, (uint32_t)TC_ACT_UNSPEC);
	mnl_attr_nest_end(h, opts);
	mnl_attr_nest_end(h, act);
}

static struct nlmsghdr *
filter_begin(struct nl *nl, uint16_t type, uint16_t flags, unsigned ifindex,
    uint16_t prio)
{
	struct nlmsghdr *h = qdisc_begin(nl, type, flags, ifindex,
	    TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS), POLICER_FILTER);
	struct tcmsg *tc;

	if (h == NULL)
		return (NULL);
	tc = mnl_nlmsg_get_payload(h);
	tc->tcm_info = TC_H_MAKE((uint32_t)prio << 16, htons(ETH_P_ALL));
	mnl_attr_put_strz(h, TCA_KIND, "matchall");
	return (h);
}

int
nl_policer_add(struct nl *nl, unsigned ifindex, uint16_t prio,
    const struct nl_rate *r)
{
	struct nlattr *opts, *acts;
	struct nlmsghdr *h;

	h = filter_begin(nl, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL,
	    ifindex, prio);
	if (h == NULL)
		return (-ENOMEM);
	opts = mnl_attr_nest_start(h, TCA_OPTIONS);
	acts = mnl_attr_nest_start(h, TCA_MATCHALL_ACT);
	put_police(h, ifindex, r);
	mnl_attr_nest_end(h, acts);
	mnl_attr_nest_end(h, opts);
	return (nl_msg_end(nl, h, "adding a policer", 0));
}

int
nl_policer_del(struct nl *nl, unsigned ifindex, uint16_t prio, unsigned ign)
{
	struct nlmsghdr *h = filter_begin(nl, RTM_DELTFILTER, 0, ifindex,
	    prio);

	if (h == NULL)
		return (-ENOMEM);
	return (nl_msg_end(nl, h, "removing a policer", ign));
}

int
nl_policer_change(struct nl *nl, unsigned ifindex, const struct nl_rate *r)
{
	struct nlattr *tab;
	struct nlmsghdr *h;
	struct tcamsg *ta;
	void *extra;

	h = nl_msg_begin(nl, RTM_NEWACTION, NLM_F_CREATE | NLM_F_REPLACE,
	    sizeof(*ta), &extra);
	if (h == NULL)
		return (-ENOMEM);
	ta = extra;
	ta->tca_family = AF_UNSPEC;
	tab = mnl_attr_nest_start(h, TCA_ACT_TAB);
	put_police(h, ifindex, r);
	mnl_attr_nest_end(h, tab);
	return (nl_msg_end(nl, h, "changing a policer", 0));
}

/* ---- counters ---- */

static int
queue_attr(const struct nlattr *a, void *arg)
{
	struct gnet_stats_queue q;
	uint64_t *drops = arg;

	if (mnl_attr_get_type(a) != TCA_STATS_QUEUE ||
	    mnl_attr_get_payload_len(a) < sizeof(q))
		return (MNL_CB_OK);
	memcpy(&q, mnl_attr_get_payload(a), sizeof(q));
	*drops = q.drops;
	return (MNL_CB_STOP);
}

/* Of one qdisc, or one action: its drops. */
struct drops {
	nl_dropped	*fn;
	void		*arg;
	uint32_t	 index;
	uint64_t	 n;
	bool		 tbf;
};

static int
qdisc_attr(const struct nlattr *a, void *arg)
{
	struct drops *d = arg;

	if (mnl_attr_get_type(a) == TCA_KIND)
		d->tbf = strcmp(mnl_attr_get_str(a), "tbf") == 0;
	else if (mnl_attr_get_type(a) == TCA_STATS2)
		(void)mnl_attr_parse_nested(a, queue_attr, &d->n);
	return (MNL_CB_OK);
}

static int
qdisc_msg(const struct nlmsghdr *h, void *arg)
{
	const struct tcmsg *tc = mnl_nlmsg_get_payload(h);
	struct drops *d = arg;

	d->n = 0;
	d->tbf = false;
	(void)mnl_attr_parse(h, sizeof(*tc), qdisc_attr, d);
	if (d->tbf && tc->tcm_parent == TC_H_ROOT)
		d->fn(d->arg, (unsigned)tc->tcm_ifindex, d->n);
	return (MNL_CB_OK);
}

static int
shaper_query(struct nl *nl, uint16_t flags, unsigned ifindex, nl_dropped *fn,
    void *arg)
{
	uint8_t buf[NL_MSG_MAX] __attribute__((aligned(8)));
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct drops d = { .fn = fn, .arg = arg };
	struct tcmsg *tc;

	h->nlmsg_type = RTM_GETQDISC;
	h->nlmsg_flags = flags;
	tc = mnl_nlmsg_put_extra_header(h, sizeof(*tc));
	tc->tcm_ifindex = (int)ifindex;
	tc->tcm_parent = ifindex != 0 ? TC_H_ROOT : 0;
	return (nl_query(nl, h, qdisc_msg, &d));
}

static int
police_attr(const struct nlattr *a, void *arg)
{
	struct drops *d = arg;
	struct tc_police p;

	if (mnl_attr_get_type(a) != TCA_POLICE_TBF ||
	    mnl_attr_get_payload_len(a) < sizeof(p))
		return (MNL_CB_OK);
	memcpy(&p, mnl_attr_get_payload(a), sizeof(p));
	d->index = p.index;
	return (MNL_CB_STOP);
}

static int
act_attr(const struct nlattr *a, void *arg)
{
	struct drops *d = arg;

	if (mnl_attr_get_type(a) == TCA_ACT_STATS)
		(void)mnl_attr_parse_nested(a, queue_attr, &d->n);
	else if (mnl_attr_get_type(a) == TCA_ACT_OPTIONS)
		(void)mnl_attr_parse_nested(a, police_attr, d);
	return (MNL_CB_OK);
}

static int
acts_attr(const struct nlattr *a, void *arg)
{
	struct drops *d = arg;

	d->n = 0;
	d->index = 0;
	(void)mnl_attr_parse_nested(a, act_attr, d);
	if ((d->index & 0x80000000U) != 0)
		d->fn(d->arg, d->index & 0x7fffffffU, d->n);
	return (MNL_CB_OK);
}

static int
action_attr(const struct nlattr *a, void *arg)
{
	if (mnl_attr_get_type(a) == TCA_ACT_TAB)
		(void)mnl_attr_parse_nested(a, acts_attr, arg);
	return (MNL_CB_OK);
}

static int
action_msg(const struct nlmsghdr *h, void *arg)
{
	(void)mnl_attr_parse(h, sizeof(struct tcamsg), action_attr, arg);
	return (MNL_CB_OK);
}

/* ifindex 0: of all. */
static int
policer_query(struct nl *nl, unsigned ifindex, nl_dropped *fn, void *arg)
{
	const struct nla_bitfield32 large = {
		.value = TCA_FLAG_LARGE_DUMP_ON,
		.selector = TCA_FLAG_LARGE_DUMP_ON,
	};
	uint8_t buf[NL_MSG_MAX] __attribute__((aligned(8)));
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct drops d = { .fn = fn, .arg = arg };
	struct nlattr *tab, *act;

	h->nlmsg_type = RTM_GETACTION;
	h->nlmsg_flags = ifindex == 0 ? NLM_F_DUMP : 0;
	(void)mnl_nlmsg_put_extra_header(h, sizeof(struct tcamsg));
	tab = mnl_attr_nest_start(h, TCA_ACT_TAB);
	act = mnl_attr_nest_start(h, 1);
	mnl_attr_put_strz(h, TCA_ACT_KIND, "police");
	if (ifindex != 0)
		mnl_attr_put_u32(h, TCA_ACT_INDEX, action_index(ifindex));
	mnl_attr_nest_end(h, act);
	mnl_attr_nest_end(h, tab);
	if (ifindex == 0)
		mnl_attr_put(h, TCA_ROOT_FLAGS, sizeof(large), &large);
	return (nl_query(nl, h, action_msg, &d));
}

int
nl_shaper_drops(struct nl *nl, unsigned ifindex, nl_dropped *fn, void *arg)
{
	/* Without ECHO only listeners of the multicast group are told. */
	return (shaper_query(nl, ifindex != 0 ? NLM_F_ECHO : NLM_F_DUMP,
	    ifindex, fn, arg));
}

int
nl_policer_drops(struct nl *nl, unsigned ifindex, nl_dropped *fn, void *arg)
{
	return (policer_query(nl, ifindex, fn, arg));
}

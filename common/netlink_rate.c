/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rate limits of one device: what it sends is shaped by a tbf, with fq_codel
 * in it where the kernel has that; what it receives is policed by an action of
 * a matchall filter, which lets what conforms go on to the next filter. Both
 * are changed in place and keep their counters. And the pace of packets that a
 * filter of netlink_tc.c lets pass. Neighbours: netlink.c, netlink_tc.c.
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

/* What a police action is for, in its number. Who shapes by hand has low
 * numbers, which the kernel assigns. */
#define OF_RATE		0x80000000U
#define OF_PACE		0x40000000U
#define OF_MASK		(OF_RATE | OF_PACE)
#define NO_DEVICE	0x3fffffffU

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

/* In units of the kernel's. */
static uint64_t
ticks(uint64_t burst, uint64_t rate)
{
	return (burst * 1000000000 / rate / TICK_NS);
}

/* What conforms to a rate goes on to the next filter; what keeps a pace passes.
 */
void
nl_put_police(struct nlmsghdr *h, unsigned ifindex, const struct nl_rate *rate,
    const struct nl_pace *pace)
{
	static const uint8_t rtab[1024];	/* must be there, is not used */
	struct tc_police parms = {
		.index = (rate != NULL ? OF_RATE : OF_PACE) | ifindex,
		.action = TC_ACT_SHOT,
		.mtu = POLICER_MTU,
	};
	struct nlattr *act, *opts;

	if (rate != NULL) {
		parms.burst = (uint32_t)ticks(rate->burst, rate->bytes);
		parms.rate = ratespec(rate->bytes);
	}
	act = mnl_attr_nest_start(h, 1);
	mnl_attr_put_strz(h, TCA_ACT_KIND, "police");
	opts = mnl_attr_nest_start(h, TCA_ACT_OPTIONS);
	mnl_attr_put(h, TCA_POLICE_TBF, sizeof(parms), &parms);
	if (rate != NULL) {
		mnl_attr_put(h, TCA_POLICE_RATE, sizeof(rtab), rtab);
	} else {
		mnl_attr_put_u64(h, TCA_POLICE_PKTRATE64, pace->packets);
		mnl_attr_put_u64(h, TCA_POLICE_PKTBURST64,
		    ticks(pace->burst, pace->packets));
	}
	mnl_attr_put_u32(h, TCA_POLICE_RESULT, rate != NULL ?
	    (uint32_t)TC_ACT_UNSPEC : TC_ACT_OK);
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
	nl_put_police(h, ifindex, r, NULL);
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
	nl_put_police(h, ifindex, r, NULL);
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

static int
basic_attr(const struct nlattr *a, void *arg)
{
	size_t len = mnl_attr_get_payload_len(a);
	struct gnet_stats_basic b = { 0 };
	uint64_t *seen = arg;

	if (mnl_attr_get_type(a) != TCA_STATS_BASIC)
		return (MNL_CB_OK);
	memcpy(&b, mnl_attr_get_payload(a), len < sizeof(b) ? len : sizeof(b));
	*seen = b.packets;
	return (MNL_CB_STOP);
}

/* Of one qdisc, or one action: its drops, or what has passed. */
struct drops {
	nl_dropped	*fn;
	void		*arg;
	uint32_t	 of;		/* which actions */
	uint32_t	 index;
	uint64_t	 n, seen;
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

	if (mnl_attr_get_type(a) == TCA_ACT_STATS) {
		(void)mnl_attr_parse_nested(a, queue_attr, &d->n);
		(void)mnl_attr_parse_nested(a, basic_attr, &d->seen);
	} else if (mnl_attr_get_type(a) == TCA_ACT_OPTIONS)
		(void)mnl_attr_parse_nested(a, police_attr, d);
	return (MNL_CB_OK);
}

static int
acts_attr(const struct nlattr *a, void *arg)
{
	struct drops *d = arg;

	d->n = d->seen = 0;
	d->index = 0;
	(void)mnl_attr_parse_nested(a, act_attr, d);
	if ((d->index & OF_MASK) == d->of)
		d->fn(d->arg, d->index & ~OF_MASK, d->of == OF_RATE ? d->n :
		    d->seen - d->n);
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

/* The one police action of a device, or all that there are. */
static void
put_police_name(struct nlmsghdr *h, uint32_t index, bool all)
{
	const struct nla_bitfield32 large = {
		.value = TCA_FLAG_LARGE_DUMP_ON,
		.selector = TCA_FLAG_LARGE_DUMP_ON,
	};
	struct nlattr *tab, *act;

	tab = mnl_attr_nest_start(h, TCA_ACT_TAB);
	act = mnl_attr_nest_start(h, 1);
	mnl_attr_put_strz(h, TCA_ACT_KIND, "police");
	if (!all)
		mnl_attr_put_u32(h, TCA_ACT_INDEX, index);
	mnl_attr_nest_end(h, act);
	mnl_attr_nest_end(h, tab);
	if (all)
		mnl_attr_put(h, TCA_ROOT_FLAGS, sizeof(large), &large);
}

/* ifindex 0: of all. */
static int
policer_query(struct nl *nl, uint32_t of, unsigned ifindex, nl_dropped *fn,
    void *arg)
{
	uint8_t buf[NL_MSG_MAX] __attribute__((aligned(8)));
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct drops d = { .fn = fn, .arg = arg, .of = of };

	h->nlmsg_type = RTM_GETACTION;
	h->nlmsg_flags = ifindex == 0 ? NLM_F_DUMP : 0;
	(void)mnl_nlmsg_put_extra_header(h, sizeof(struct tcamsg));
	put_police_name(h, of | ifindex, ifindex == 0);
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
	return (policer_query(nl, OF_RATE, ifindex, fn, arg));
}

static void
take_paced(void *arg, unsigned ifindex, uint64_t packets)
{
	(void)ifindex;
	*(uint64_t *)arg = packets;
}

uint64_t
nl_paced(struct nl *nl, unsigned ifindex)
{
	uint64_t packets = 0;

	(void)policer_query(nl, OF_PACE, ifindex, take_paced, &packets);
	return (packets);
}

static void
put_action(struct nl *nl, uint16_t type, uint16_t flags)
{
	static const struct nl_pace any = { 1, 1 };
	struct tcamsg *ta;
	struct nlattr *tab;
	struct nlmsghdr *h;
	void *extra;

	h = nl_msg_begin(nl, type, flags, sizeof(*ta), &extra);
	if (h == NULL)
		return;
	ta = extra;
	ta->tca_family = AF_UNSPEC;
	if (type == RTM_DELACTION) {
		put_police_name(h, OF_PACE | NO_DEVICE, false);
	} else {
		tab = mnl_attr_nest_start(h, TCA_ACT_TAB);
		nl_put_police(h, NO_DEVICE, NULL, &any);
		mnl_attr_nest_end(h, tab);
	}
	(void)nl_msg_end(nl, h, "trying act_police", NL_IGN_EXIST |
	    NL_IGN_NOENT);
}

/* An action of no device's, made and removed. */
bool
nl_can_pace(struct nl *nl)
{
	uint64_t packets;
	bool can;

	nl_begin(nl);
	put_action(nl, RTM_NEWACTION, NLM_F_CREATE | NLM_F_EXCL);
	if (nl_commit(nl, NULL, 0) != 0)
		return (false);
	can = policer_query(nl, OF_PACE, NO_DEVICE, take_paced, &packets) == 0;
	nl_begin(nl);
	put_action(nl, RTM_DELACTION, 0);
	(void)nl_commit(nl, NULL, 0);
	return (can);
}

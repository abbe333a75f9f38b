/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The source filter of a session on its device's ingress: u32 matches on the
 * IPv6 source, skbedit sets the home agent's mark, matchall drops the rest; and
 * the same for many sources on one device, by flower. Neighbours: netlink.c;
 * netlink_bridge.c, filters that send packets elsewhere.
 */
#include "config.h"
#include "common/netlink_msg.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/gen_stats.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_gact.h>
#include <linux/tc_act/tc_skbedit.h>
#include <string.h>

/* Of the source address in its header. */
#define IPV6_SRC_OFF	8
#define IPV4_SRC_OFF	12

static int
clsact(struct nl *nl, uint16_t type, uint16_t flags, unsigned ifindex,
    const char *what, unsigned ign)
{
	struct nlmsghdr *h;
	struct tcmsg *tc;
	void *extra;

	h = nl_msg_begin(nl, type, flags, sizeof(*tc), &extra);
	if (h == NULL)
		return (-ENOMEM);
	tc = extra;
	tc->tcm_family = AF_UNSPEC;
	tc->tcm_ifindex = (int)ifindex;
	tc->tcm_parent = TC_H_CLSACT;
	/* To delete, the place is enough; a handle or kind would make it
	 * EINVAL, not ENOENT, when there is none. */
	if (type == RTM_NEWQDISC) {
		tc->tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
		mnl_attr_put_strz(h, TCA_KIND, "clsact");
	}
	return (nl_msg_end(nl, h, what, ign));
}

int
nl_clsact_add(struct nl *nl, unsigned ifindex, unsigned ign)
{
	return (clsact(nl, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, ifindex,
	    "adding clsact", ign));
}

int
nl_clsact_del(struct nl *nl, unsigned ifindex, unsigned ign)
{
	return (clsact(nl, RTM_DELQDISC, 0, ifindex, "deleting clsact", ign));
}

struct nlmsghdr *
nl_filter_begin(struct nl *nl, unsigned ifindex, uint32_t where,
    uint16_t prio, uint16_t proto, const char *kind, struct nlattr **opts)
{
	struct nlmsghdr *h;
	struct tcmsg *tc;
	void *extra;

	h = nl_msg_begin(nl, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL,
	    sizeof(*tc), &extra);
	if (h == NULL)
		return (NULL);
	tc = extra;
	tc->tcm_family = AF_UNSPEC;
	tc->tcm_ifindex = (int)ifindex;
	tc->tcm_parent = TC_H_MAKE(TC_H_CLSACT, where);
	tc->tcm_info = TC_H_MAKE((uint32_t)prio << 16, htons(proto));
	mnl_attr_put_strz(h, TCA_KIND, kind);
	*opts = mnl_attr_nest_start(h, TCA_OPTIONS);
	return (h);
}

static struct nlmsghdr *
filter_begin(struct nl *nl, unsigned ifindex, uint16_t prio, uint16_t proto,
    const char *kind, struct nlattr **opts)
{
	return (nl_filter_begin(nl, ifindex, TC_H_MIN_INGRESS, prio, proto,
	    kind, opts));
}

void
nl_put_gact(struct nlmsghdr *h, uint16_t attr, int verdict)
{
	const struct tc_gact parms = { .action = verdict };
	struct nlattr *acts, *act, *opts;

	acts = mnl_attr_nest_start(h, attr);
	act = mnl_attr_nest_start(h, 1);
	mnl_attr_put_strz(h, TCA_ACT_KIND, "gact");
	opts = mnl_attr_nest_start(h, TCA_ACT_OPTIONS);
	mnl_attr_put(h, TCA_GACT_PARMS, sizeof(parms), &parms);
	mnl_attr_nest_end(h, opts);
	mnl_attr_nest_end(h, act);
	mnl_attr_nest_end(h, acts);
}

static void
put_mark(struct nlmsghdr *h, uint16_t attr, uint32_t mark)
{
	const struct tc_skbedit parms = { .action = TC_ACT_OK };
	struct nlattr *acts, *act, *opts;

	acts = mnl_attr_nest_start(h, attr);
	act = mnl_attr_nest_start(h, 1);
	mnl_attr_put_strz(h, TCA_ACT_KIND, "skbedit");
	opts = mnl_attr_nest_start(h, TCA_ACT_OPTIONS);
	mnl_attr_put(h, TCA_SKBEDIT_PARMS, sizeof(parms), &parms);
	mnl_attr_put_u32(h, TCA_SKBEDIT_MARK, mark);
	mnl_attr_nest_end(h, opts);
	mnl_attr_nest_end(h, act);
	mnl_attr_nest_end(h, acts);
}

void
nl_put_keys(struct nlmsghdr *h, const struct tc_u32_key *key, unsigned n)
{
	_Alignas(struct tc_u32_sel) uint8_t buf[sizeof(struct tc_u32_sel) +
	    NL_KEYS_MAX * sizeof(*key)] = { 0 };
	const struct tc_u32_sel sel = {
		.flags = TC_U32_TERMINAL,
		.nkeys = (unsigned char)n,
	};

	memcpy(buf, &sel, sizeof(sel));
	memcpy(buf + sizeof(sel), key, n * sizeof(*key));
	mnl_attr_put(h, TCA_U32_SEL, sizeof(sel) + n * sizeof(*key), buf);
}

/* The source address in 32-bit words, up to plen. */
static void
put_source(struct nlmsghdr *h, const void *src, unsigned off, unsigned plen)
{
	const unsigned n = plen == 0 ? 1 : (plen + 31) / 32;
	struct tc_u32_key key[4];
	unsigned i, bits;

	for (i = 0; i < n; i++) {
		bits = plen >= 32 * (i + 1) ? 32 : plen - 32 * i;
		key[i] = (struct tc_u32_key){
			.mask = bits == 0 ? 0 : htonl(~0u << (32 - bits)),
			.off = (int)(off + 4 * i),
		};
		memcpy(&key[i].val, (const uint8_t *)src + 4 * i,
		    sizeof(key[i].val));
		key[i].val &= key[i].mask;
	}
	nl_put_keys(h, key, n);
}

int
nl_filter_pass_source(struct nl *nl, unsigned ifindex, uint16_t prio,
    const struct in6_addr *src, unsigned plen, uint32_t fwmark)
{
	struct nlattr *opts;
	struct nlmsghdr *h;

	if (plen > 128)
		return (-EINVAL);
	h = filter_begin(nl, ifindex, prio, ETH_P_IPV6, "u32", &opts);
	if (h == NULL)
		return (-ENOMEM);
	put_source(h, src, IPV6_SRC_OFF, plen);
	if (fwmark != 0)
		put_mark(h, TCA_U32_ACT, fwmark);
	else
		nl_put_gact(h, TCA_U32_ACT, TC_ACT_OK);
	mnl_attr_nest_end(h, opts);
	return (nl_msg_end(nl, h, "adding a source filter", 0));
}

int
nl_filter_pass_linklocal(struct nl *nl, unsigned ifindex, uint16_t prio,
    const struct nl_pace *pace)
{
	const struct in6_addr ll = { .s6_addr = { 0xfe, 0x80 } };
	struct nlattr *opts, *acts;
	struct nlmsghdr *h;

	if (pace == NULL)
		return (nl_filter_pass_source(nl, ifindex, prio, &ll, 10, 0));
	h = filter_begin(nl, ifindex, prio, ETH_P_IPV6, "u32", &opts);
	if (h == NULL)
		return (-ENOMEM);
	put_source(h, &ll, IPV6_SRC_OFF, 10);
	acts = mnl_attr_nest_start(h, TCA_U32_ACT);
	nl_put_police(h, ifindex, NULL, pace);
	mnl_attr_nest_end(h, acts);
	mnl_attr_nest_end(h, opts);
	return (nl_msg_end(nl, h, "adding a filter for link-local packets",
	    0));
}

int
nl_filter_pass_source4(struct nl *nl, unsigned ifindex, uint16_t prio,
    struct in_addr src)
{
	struct nlattr *opts;
	struct nlmsghdr *h;

	h = filter_begin(nl, ifindex, prio, ETH_P_IP, "u32", &opts);
	if (h == NULL)
		return (-ENOMEM);
	put_source(h, &src, IPV4_SRC_OFF, 32);
	nl_put_gact(h, TCA_U32_ACT, TC_ACT_OK);
	mnl_attr_nest_end(h, opts);
	return (nl_msg_end(nl, h, "adding an IPv4 source filter", 0));
}

/* A filter on ingress. handle 0: all of that priority; kind NULL:
 * whatever it is. */
static int
delete_filter_at(struct nl *nl, unsigned ifindex, uint32_t where,
    uint16_t prio, uint16_t proto, uint32_t handle, const char *kind,
    const char *what, unsigned ign)
{
	struct nlmsghdr *h;
	struct tcmsg *tc;
	void *extra;

	h = nl_msg_begin(nl, RTM_DELTFILTER, 0, sizeof(*tc), &extra);
	if (h == NULL)
		return (-ENOMEM);
	tc = extra;
	tc->tcm_family = AF_UNSPEC;
	tc->tcm_ifindex = (int)ifindex;
	tc->tcm_handle = handle;
	tc->tcm_parent = TC_H_MAKE(TC_H_CLSACT, where);
	tc->tcm_info = TC_H_MAKE((uint32_t)prio << 16, htons(proto));
	if (kind != NULL)
		mnl_attr_put_strz(h, TCA_KIND, kind);
	return (nl_msg_end(nl, h, what, ign));
}

static int
delete_filter(struct nl *nl, unsigned ifindex, uint16_t prio, uint16_t proto,
    uint32_t handle, const char *kind, const char *what, unsigned ign)
{
	return (delete_filter_at(nl, ifindex, TC_H_MIN_INGRESS, prio, proto,
	    handle, kind, what, ign));
}

int
nl_filter_del(struct nl *nl, unsigned ifindex, uint16_t prio, unsigned ign)
{
	return (delete_filter(nl, ifindex, prio, ETH_P_IPV6, 0, NULL,
	    "deleting a filter", ign));
}

int
nl_filter_out_del(struct nl *nl, unsigned ifindex, uint16_t prio,
    unsigned ign)
{
	return (delete_filter_at(nl, ifindex, TC_H_MIN_EGRESS, prio,
	    ETH_P_IPV6, 0, NULL, "deleting a filter on what goes out", ign));
}

int
nl_filter_del4(struct nl *nl, unsigned ifindex, uint16_t prio, unsigned ign)
{
	return (delete_filter(nl, ifindex, prio, ETH_P_IP, 0, NULL,
	    "deleting an IPv4 filter", ign));
}

static int
drop_filter(struct nl *nl, unsigned ifindex, uint32_t where, uint16_t prio,
    uint16_t proto)
{
	struct nlattr *opts;
	struct nlmsghdr *h;

	h = nl_filter_begin(nl, ifindex, where, prio, proto, "matchall",
	    &opts);
	if (h == NULL)
		return (-ENOMEM);
	nl_put_gact(h, TCA_MATCHALL_ACT, TC_ACT_SHOT);
	mnl_attr_nest_end(h, opts);
	return (nl_msg_end(nl, h, "adding a drop filter", 0));
}

int
nl_filter_drop_all(struct nl *nl, unsigned ifindex, uint16_t prio)
{
	return (drop_filter(nl, ifindex, TC_H_MIN_INGRESS, prio, ETH_P_ALL));
}

int
nl_filter_out_drop(struct nl *nl, unsigned ifindex, uint16_t prio)
{
	return (drop_filter(nl, ifindex, TC_H_MIN_EGRESS, prio, ETH_P_ALL));
}

int
nl_filter_drop4(struct nl *nl, unsigned ifindex, uint16_t prio)
{
	return (drop_filter(nl, ifindex, TC_H_MIN_INGRESS, prio, ETH_P_IP));
}

/* An address and its mask, as flower has them. */
static void
put_flower(struct nlmsghdr *h, uint16_t key, uint16_t mask_key,
    const struct in6_addr *addr, unsigned plen)
{
	struct in6_addr mask = { 0 };
	unsigned i;

	for (i = 0; i < plen; i++)
		mask.s6_addr[i / 8] |= (uint8_t)(0x80 >> i % 8);
	mnl_attr_put(h, key, sizeof(*addr), addr);
	mnl_attr_put(h, mask_key, sizeof(mask), &mask);
}

int
nl_flower_add(struct nl *nl, unsigned ifindex, const struct nl_flower *f)
{
	struct nlattr *opts;
	struct nlmsghdr *h;
	struct tcmsg *tc;

	if (f->src_len > 128 || f->dst_len > 128)
		return (-EINVAL);
	h = nl_filter_begin(nl, ifindex, f->egress ? TC_H_MIN_EGRESS :
	    TC_H_MIN_INGRESS, f->prio, ETH_P_IPV6, "flower", &opts);
	if (h == NULL)
		return (-ENOMEM);
	tc = mnl_nlmsg_get_payload(h);
	tc->tcm_handle = f->handle;
	mnl_attr_put_u16(h, TCA_FLOWER_KEY_ETH_TYPE, htons(ETH_P_IPV6));
	if (f->src_len > 0)
		put_flower(h, TCA_FLOWER_KEY_IPV6_SRC,
		    TCA_FLOWER_KEY_IPV6_SRC_MASK, &f->src, f->src_len);
	if (f->dst_len > 0)
		put_flower(h, TCA_FLOWER_KEY_IPV6_DST,
		    TCA_FLOWER_KEY_IPV6_DST_MASK, &f->dst, f->dst_len);
	if (f->came_in != NULL)
		nl_put_enc_match(h, f->came_in);
	if (f->go_in != NULL)
		nl_put_tunnel_key(h, TCA_FLOWER_ACT, f->go_in);
	else
		nl_put_gact(h, TCA_FLOWER_ACT, f->drop ? TC_ACT_SHOT :
		    TC_ACT_OK);
	mnl_attr_nest_end(h, opts);
	return (nl_msg_end(nl, h, "adding to a filter", 0));
}

int
nl_flower_pass_source(struct nl *nl, unsigned ifindex, uint16_t prio,
    uint32_t handle, const struct in6_addr *src, unsigned plen)
{
	const struct nl_flower f = {
		.prio = prio, .handle = handle, .src = *src, .src_len = plen,
	};

	return (handle == 0 ? -EINVAL : nl_flower_add(nl, ifindex, &f));
}

int
nl_flower_del(struct nl *nl, unsigned ifindex, uint16_t prio,
    uint32_t handle, unsigned ign)
{
	return (delete_filter(nl, ifindex, prio, ETH_P_IPV6, handle, "flower",
	    "taking a source from a filter", ign));
}

int
nl_flower_egress_del(struct nl *nl, unsigned ifindex, uint16_t prio,
    uint32_t handle, unsigned ign)
{
	return (delete_filter_at(nl, ifindex, TC_H_MIN_EGRESS, prio,
	    ETH_P_IPV6, handle, "flower", "deleting a filter on egress", ign));
}

static void
put_flower4(struct nlmsghdr *h, uint16_t key, uint16_t mask_key,
    struct in_addr addr)
{
	mnl_attr_put_u32(h, key, addr.s_addr);
	mnl_attr_put_u32(h, mask_key, UINT32_MAX);
}

/* Of the protocol nothing can be asked: flower sees none where IPv6 is
 * within. */
int
nl_flower_pass4(struct nl *nl, unsigned ifindex, uint16_t prio,
    uint32_t handle, struct in_addr src, struct in_addr dst)
{
	struct nlattr *opts;
	struct nlmsghdr *h;
	struct tcmsg *tc;

	if (handle == 0)
		return (-EINVAL);
	h = filter_begin(nl, ifindex, prio, ETH_P_IP, "flower", &opts);
	if (h == NULL)
		return (-ENOMEM);
	tc = mnl_nlmsg_get_payload(h);
	tc->tcm_handle = handle;
	mnl_attr_put_u16(h, TCA_FLOWER_KEY_ETH_TYPE, htons(ETH_P_IP));
	put_flower4(h, TCA_FLOWER_KEY_IPV4_SRC, TCA_FLOWER_KEY_IPV4_SRC_MASK,
	    src);
	put_flower4(h, TCA_FLOWER_KEY_IPV4_DST, TCA_FLOWER_KEY_IPV4_DST_MASK,
	    dst);
	nl_put_gact(h, TCA_FLOWER_ACT, TC_ACT_OK);
	mnl_attr_nest_end(h, opts);
	return (nl_msg_end(nl, h, "adding an IPv4 source to a filter", 0));
}

int
nl_flower_del4(struct nl *nl, unsigned ifindex, uint16_t prio,
    uint32_t handle, unsigned ign)
{
	return (delete_filter(nl, ifindex, prio, ETH_P_IP, handle, "flower",
	    "taking an IPv4 source from a filter", ign));
}

static int
queue_attr(const struct nlattr *a, void *arg)
{
	struct gnet_stats_queue q;

	if (mnl_attr_get_type(a) != TCA_STATS_QUEUE ||
	    mnl_attr_get_payload_len(a) < sizeof(q))
		return (MNL_CB_OK);
	memcpy(&q, mnl_attr_get_payload(a), sizeof(q));
	*(uint64_t *)arg = q.drops;
	return (MNL_CB_STOP);
}

static int
qdisc_attr(const struct nlattr *a, void *arg)
{
	if (mnl_attr_get_type(a) == TCA_STATS2)
		(void)mnl_attr_parse_nested(a, queue_attr, arg);
	return (MNL_CB_OK);
}

static int
qdisc_msg(const struct nlmsghdr *h, void *arg)
{
	(void)mnl_attr_parse(h, sizeof(struct tcmsg), qdisc_attr, arg);
	return (MNL_CB_OK);
}

uint64_t
nl_filter_drops(struct nl *nl, unsigned ifindex)
{
	uint8_t buf[NL_MSG_MAX] __attribute__((aligned(8)));
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	uint64_t drops = 0;
	struct tcmsg *tc;

	h->nlmsg_type = RTM_GETQDISC;
	/* Without ECHO only listeners of the multicast group are told. */
	h->nlmsg_flags = NLM_F_ECHO;
	tc = mnl_nlmsg_put_extra_header(h, sizeof(*tc));
	tc->tcm_ifindex = (int)ifindex;
	tc->tcm_parent = TC_H_CLSACT;
	if (nl_query(nl, h, qdisc_msg, &drops) != 0)
		return (0);
	return (drops);
}

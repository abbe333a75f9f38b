/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bridge between a link and a tunnel: filters that send packets out of
 * another device by mirred, and vlan's push_eth. Neighbours: netlink_tc.c, the
 * other filters; netlink_tcstats.c, what they have counted.
 */
#include "config.h"
#include "common/netlink_msg.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/pkt_cls.h>
#include <linux/tc_act/tc_mirred.h>
#include <linux/tc_act/tc_vlan.h>
#include <string.h>

#define IPV6_SRC	8	/* in the header, their places */
#define IPV6_DST	24
#define LOCAL_MAX	16	/* instructions */

/* Begins a filter of IPv6 that comes in. */
static struct nlmsghdr *
ingress(struct nl *nl, unsigned ifindex, uint16_t prio, const char *kind,
    struct nlattr **opts)
{
	return (nl_filter_begin(nl, ifindex, TC_H_MIN_INGRESS, prio,
	    ETH_P_IPV6, kind, opts));
}

/* The n-th action of a list: on, out of another device. */
static void
put_redirect(struct nlmsghdr *h, uint16_t n, unsigned to)
{
	const struct tc_mirred parms = {
		.action = TC_ACT_STOLEN,
		.eaction = TCA_EGRESS_REDIR,
		.ifindex = to,
	};
	struct nlattr *act, *opts;

	act = mnl_attr_nest_start(h, n);
	mnl_attr_put_strz(h, TCA_ACT_KIND, "mirred");
	opts = mnl_attr_nest_start(h, TCA_ACT_OPTIONS);
	mnl_attr_put(h, TCA_MIRRED_PARMS, sizeof(parms), &parms);
	mnl_attr_nest_end(h, opts);
	mnl_attr_nest_end(h, act);
}

static void
put_push_eth(struct nlmsghdr *h, uint16_t n, const uint8_t dst[6],
    const uint8_t src[6])
{
	const struct tc_vlan parms = {
		.action = TC_ACT_PIPE,
		.v_action = TCA_VLAN_ACT_PUSH_ETH,
	};
	struct nlattr *act, *opts;

	act = mnl_attr_nest_start(h, n);
	mnl_attr_put_strz(h, TCA_ACT_KIND, "vlan");
	opts = mnl_attr_nest_start(h, TCA_ACT_OPTIONS);
	mnl_attr_put(h, TCA_VLAN_PARMS, sizeof(parms), &parms);
	mnl_attr_put(h, TCA_VLAN_PUSH_ETH_DST, ETH_ALEN, dst);
	mnl_attr_put(h, TCA_VLAN_PUSH_ETH_SRC, ETH_ALEN, src);
	mnl_attr_nest_end(h, opts);
	mnl_attr_nest_end(h, act);
}

/* Ends a filter whose only action, as attribute attr, sends packets on. */
static int
redirect_end(struct nl *nl, struct nlmsghdr *h, struct nlattr *opts,
    uint16_t attr, unsigned to, const char *what)
{
	struct nlattr *acts = mnl_attr_nest_start(h, attr);

	put_redirect(h, 1, to);
	mnl_attr_nest_end(h, acts);
	mnl_attr_nest_end(h, opts);
	return (nl_msg_end(nl, h, what, 0));
}

/* From a link-layer address: its header is right before the packet. */
static unsigned
put_ether(struct tc_u32_key *key, const uint8_t src[6])
{
	key[0] = (struct tc_u32_key){ .off = -8, .mask = UINT32_MAX };
	memcpy(&key[0].val, src, sizeof(key[0].val));
	key[1] = (struct tc_u32_key){ .off = -4, .mask = htonl(0xffff0000) };
	memcpy(&key[1].val, src + sizeof(key[0].val), sizeof(uint16_t));
	return (2);
}

/* What has all of these keys. */
static int
redirect_keys(struct nl *nl, unsigned from, uint16_t prio,
    const struct tc_u32_key *key, unsigned n, unsigned to, const char *what)
{
	struct nlattr *opts;
	struct nlmsghdr *h;

	h = ingress(nl, from, prio, "u32", &opts);
	if (h == NULL)
		return (-ENOMEM);
	nl_put_keys(h, key, n);
	return (redirect_end(nl, h, opts, TCA_U32_ACT, to, what));
}

int
nl_bridge_up(struct nl *nl, unsigned link, uint16_t prio,
    const uint8_t src[6], unsigned tunnel)
{
	struct tc_u32_key key[NL_KEYS_MAX];
	unsigned n = put_ether(key, src);

	return (redirect_keys(nl, link, prio, key, n, tunnel,
	    "adding a way into a tunnel"));
}

int
nl_redirect_global(struct nl *nl, unsigned from, uint16_t prio,
    const uint8_t *src, unsigned to)
{
	const uint32_t mask = htonl(0xe0000000), val = htonl(0x20000000);
	struct tc_u32_key key[NL_KEYS_MAX] = {
		{ .off = IPV6_DST, .mask = mask, .val = val },
		{ .off = IPV6_SRC, .mask = mask, .val = val },
	};
	unsigned n = 2;

	if (src != NULL)
		n += put_ether(&key[n], src);
	return (redirect_keys(nl, from, prio, key, n, to,
	    "adding a way for global addresses"));
}

int
nl_bridge_down(struct nl *nl, unsigned tunnel, uint16_t prio,
    const uint8_t dst[6], const uint8_t src[6], unsigned link)
{
	struct nlattr *opts, *acts;
	struct nlmsghdr *h;

	h = ingress(nl, tunnel, prio, "matchall", &opts);
	if (h == NULL)
		return (-ENOMEM);
	acts = mnl_attr_nest_start(h, TCA_MATCHALL_ACT);
	put_push_eth(h, 1, dst, src);
	put_redirect(h, 2, link);
	mnl_attr_nest_end(h, acts);
	mnl_attr_nest_end(h, opts);
	return (nl_msg_end(nl, h, "adding a way out of a tunnel", 0));
}

int
nl_redirect_all(struct nl *nl, unsigned from, uint16_t prio, unsigned to)
{
	struct nlattr *opts;
	struct nlmsghdr *h;

	h = ingress(nl, from, prio, "matchall", &opts);
	if (h == NULL)
		return (-ENOMEM);
	return (redirect_end(nl, h, opts, TCA_MATCHALL_ACT, to,
	    "adding a way between devices"));
}

/* What a program of classic BPF says anything of. */
static int
redirect_by(struct nl *nl, unsigned from, uint16_t prio,
    const struct sock_filter *code, unsigned n, unsigned to)
{
	struct nlattr *opts;
	struct nlmsghdr *h;

	h = ingress(nl, from, prio, "bpf", &opts);
	if (h == NULL)
		return (-ENOMEM);
	mnl_attr_put_u16(h, TCA_BPF_OPS_LEN, (uint16_t)n);
	mnl_attr_put(h, TCA_BPF_OPS, n * sizeof(*code), code);
	return (redirect_end(nl, h, opts, TCA_BPF_ACT, to,
	    "adding a way between devices"));
}

int
nl_redirect_heard(struct nl *nl, unsigned from, uint16_t prio, unsigned to)
{
	const struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
		    (unsigned)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_LOOPBACK, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};

	return (redirect_by(nl, from, prio, code,
	    sizeof(code) / sizeof(code[0]), to));
}

/* From or to fe80::/10, or to a group of the link or of less: in a packet whose
 * IPv6 header is at that place. */
static unsigned
put_local(struct sock_filter *code, unsigned at)
{
	const struct sock_filter local[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, at + IPV6_SRC),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xffc0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xfe80, 8, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, at + IPV6_DST),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xffc0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xfe80, 5, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, at + IPV6_DST),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xff0f),	/* scope */
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0xff00, 0, 1),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 0xff02, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};

	memcpy(code, local, sizeof(local));
	return (sizeof(local) / sizeof(local[0]));
}

/* From the link-layer address src; else past put_local. */
static unsigned
put_from(struct sock_filter *code, const uint8_t src[6])
{
	uint32_t high;
	uint16_t low;

	memcpy(&high, src, sizeof(high));
	memcpy(&low, src + sizeof(high), sizeof(low));
	const struct sock_filter from[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ETH_ALEN),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ntohl(high), 0, 12),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, ETH_ALEN + sizeof(high)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ntohs(low), 0, 10),
	};

	memcpy(code, from, sizeof(from));
	return (sizeof(from) / sizeof(from[0]));
}

int
nl_redirect_local(struct nl *nl, unsigned from, uint16_t prio,
    const uint8_t *src, unsigned to)
{
	const struct sock_filter heard[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
		    (unsigned)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_LOOPBACK, 10, 0),
	};
	struct sock_filter code[LOCAL_MAX];
	unsigned n;

	if (src != NULL) {
		n = put_from(code, src);
	} else {
		memcpy(code, heard, sizeof(heard));
		n = sizeof(heard) / sizeof(heard[0]);
	}
	n += put_local(&code[n], src != NULL ? ETH_HLEN : 0);
	return (redirect_by(nl, from, prio, code, n, to));
}

int
nl_filter_out_pass(struct nl *nl, unsigned ifindex, uint16_t prio,
    const char *from)
{
	struct nlattr *opts;
	struct nlmsghdr *h;

	h = nl_filter_begin(nl, ifindex, TC_H_MIN_EGRESS, prio, ETH_P_IPV6,
	    "flower", &opts);
	if (h == NULL)
		return (-ENOMEM);
	mnl_attr_put_u16(h, TCA_FLOWER_KEY_ETH_TYPE, htons(ETH_P_IPV6));
	mnl_attr_put_strz(h, TCA_FLOWER_INDEV, from);
	nl_put_gact(h, TCA_FLOWER_ACT, TC_ACT_OK);
	mnl_attr_nest_end(h, opts);
	return (nl_msg_end(nl, h, "adding a filter on what goes out", 0));
}

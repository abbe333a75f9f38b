/* SPDX-License-Identifier: BSD-2-Clause */
/* IPv4 for the foreign agent: addresses and neighbours. Neighbours: netlink.c,
 * netlink_route.c (IPv4's routes and rules), netlink_link.c (its tunnels). */
#include "config.h"
#include "common/netlink_msg.h"

#include <errno.h>
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

/* What a dump says of one. */
struct neigh_attrs {
	uint32_t	dst;
	uint8_t		protocol;
};

static int
on_neigh_attr(const struct nlattr *a, void *arg)
{
	struct neigh_attrs *s = arg;

	if (mnl_attr_get_type(a) == NDA_DST &&
	    mnl_attr_validate(a, MNL_TYPE_U32) == 0)
		s->dst = mnl_attr_get_u32(a);
	if (mnl_attr_get_type(a) == NDA_PROTOCOL &&
	    mnl_attr_validate(a, MNL_TYPE_U8) == 0)
		s->protocol = mnl_attr_get_u8(a);
	return (MNL_CB_OK);
}

struct neighs {
	nl_neigh4_seen	*seen;
	void		*arg;
};

static int
on_neigh(const struct nlmsghdr *h, void *arg)
{
	const struct neighs *neighs = arg;
	const struct ndmsg *ndm = mnl_nlmsg_get_payload(h);
	struct neigh_attrs s = { 0 };

	if (h->nlmsg_type != RTM_NEWNEIGH ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(*ndm) ||
	    ndm->ndm_family != AF_INET)
		return (MNL_CB_OK);
	(void)mnl_attr_parse(h, sizeof(*ndm), on_neigh_attr, &s);
	if (s.protocol == NL_RTPROT_NETMIP4)
		neighs->seen(neighs->arg, (unsigned)ndm->ndm_ifindex,
		    (struct in_addr){ s.dst });
	return (MNL_CB_OK);
}

int
nl_neighs4(struct nl *nl, nl_neigh4_seen *seen, void *arg)
{
	struct neighs neighs = { seen, arg };

	return (nl_dump(nl, RTM_GETNEIGH, AF_INET, sizeof(struct ndmsg),
	    on_neigh, &neighs));
}

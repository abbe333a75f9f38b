/* SPDX-License-Identifier: BSD-2-Clause */
/* VLANs of Ethernet devices, and the aliases by which their makers know them.
 * Neighbour: netlink_link.c. */
#include "config.h"
#include "common/netlink_msg.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

int
nl_vlan_add(struct nl *nl, const struct nl_vlan *v, unsigned ign)
{
	struct nlattr *info, *data;
	struct ifinfomsg *ifi;
	struct nlmsghdr *h;
	void *extra;

	h = nl_msg_begin(nl, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL,
	    sizeof(*ifi), &extra);
	if (h == NULL)
		return (-ENOMEM);
	ifi = extra;
	ifi->ifi_flags = IFF_NOARP;
	ifi->ifi_change = IFF_NOARP;
	mnl_attr_put_strz(h, IFLA_IFNAME, v->name);
	mnl_attr_put_u32(h, IFLA_LINK, v->link);
	info = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_strz(h, IFLA_INFO_KIND, "vlan");
	data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
	mnl_attr_put_u16(h, IFLA_VLAN_ID, v->id);
	mnl_attr_put_u16(h, IFLA_VLAN_PROTOCOL, htons(v->type));
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, info);
	return (nl_msg_end(nl, h, "adding a VLAN", ign));
}

int
nl_link_alias(struct nl *nl, unsigned ifindex, const char *alias)
{
	struct ifinfomsg *ifi;
	struct nlmsghdr *h;
	void *extra;

	h = nl_msg_begin(nl, RTM_NEWLINK, 0, sizeof(*ifi), &extra);
	if (h == NULL)
		return (-ENOMEM);
	ifi = extra;
	ifi->ifi_index = (int)ifindex;
	mnl_attr_put_strz(h, IFLA_IFALIAS, alias);
	return (nl_msg_end(nl, h, "naming a device's purpose", 0));
}

/* ---- what there is ---- */

struct seeing {
	nl_vlan_seen	*fn;
	void		*arg;
};

static int
data_attr(const struct nlattr *a, void *arg)
{
	struct nl_vlan *v = arg;

	if (mnl_attr_get_payload_len(a) < sizeof(uint16_t))
		return (MNL_CB_OK);
	if (mnl_attr_get_type(a) == IFLA_VLAN_ID)
		v->id = mnl_attr_get_u16(a);
	else if (mnl_attr_get_type(a) == IFLA_VLAN_PROTOCOL)
		v->type = ntohs(mnl_attr_get_u16(a));
	return (MNL_CB_OK);
}

static int
info_attr(const struct nlattr *a, void *arg)
{
	struct nl_vlan *v = arg;

	if (mnl_attr_get_type(a) == IFLA_INFO_KIND &&
	    mnl_attr_validate(a, MNL_TYPE_NUL_STRING) >= 0)
		v->is_vlan = strcmp(mnl_attr_get_str(a), "vlan") == 0;
	else if (mnl_attr_get_type(a) == IFLA_INFO_DATA && v->is_vlan)
		(void)mnl_attr_parse_nested(a, data_attr, v);
	return (MNL_CB_OK);
}

static void
take_str(char *to, size_t size, const struct nlattr *a)
{
	if (mnl_attr_validate(a, MNL_TYPE_NUL_STRING) >= 0)
		snprintf(to, size, "%s", mnl_attr_get_str(a));
}

static int
link_attr(const struct nlattr *a, void *arg)
{
	struct nl_vlan *v = arg;

	switch (mnl_attr_get_type(a)) {
	case IFLA_IFNAME:
		take_str(v->name, sizeof(v->name), a);
		break;
	case IFLA_IFALIAS:
		take_str(v->alias, sizeof(v->alias), a);
		break;
	case IFLA_LINK:
		v->link = mnl_attr_get_u32(a);
		break;
	case IFLA_LINKINFO:
		(void)mnl_attr_parse_nested(a, info_attr, v);
		break;
	}
	return (MNL_CB_OK);
}

static int
link_msg(const struct nlmsghdr *h, void *arg)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(h);
	const struct seeing *s = arg;
	struct nl_vlan v = { .ifindex = (unsigned)ifi->ifi_index };

	if (h->nlmsg_type != RTM_NEWLINK)
		return (MNL_CB_OK);
	(void)mnl_attr_parse(h, sizeof(*ifi), link_attr, &v);
	s->fn(s->arg, &v);
	return (MNL_CB_OK);
}

static int
ask(struct nl *nl, uint16_t flags, const char *name, nl_vlan_seen *fn,
    void *arg)
{
	uint8_t buf[NL_MSG_MAX] __attribute__((aligned(8)));
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct seeing s = { fn, arg };
	struct nlattr *info;

	h->nlmsg_type = RTM_GETLINK;
	h->nlmsg_flags = flags;
	(void)mnl_nlmsg_put_extra_header(h, sizeof(struct ifinfomsg));
	if (name != NULL)
		mnl_attr_put_strz(h, IFLA_IFNAME, name);
	mnl_attr_put_u32(h, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	if (name == NULL) {	/* of this kind only, where it can do that */
		info = mnl_attr_nest_start(h, IFLA_LINKINFO);
		mnl_attr_put_strz(h, IFLA_INFO_KIND, "vlan");
		mnl_attr_nest_end(h, info);
	}
	return (nl_query(nl, h, link_msg, &s));
}

static void
keep(void *arg, const struct nl_vlan *v)
{
	*(struct nl_vlan *)arg = *v;
}

int
nl_vlan_get(struct nl *nl, const char *name, struct nl_vlan *v)
{
	int err;

	*v = (struct nl_vlan){ 0 };
	if (strlen(name) >= IFNAMSIZ)
		return (-ENAMETOOLONG);
	err = ask(nl, 0, name, keep, v);
	return (err == 0 && v->ifindex == 0 ? -ENODEV : err);
}

struct only_vlans {
	nl_vlan_seen	*fn;
	void		*arg;
};

static void
if_vlan(void *arg, const struct nl_vlan *v)
{
	const struct only_vlans *o = arg;

	if (v->is_vlan)
		o->fn(o->arg, v);
}

int
nl_vlans(struct nl *nl, nl_vlan_seen *fn, void *arg)
{
	struct only_vlans o = { fn, arg };

	return (ask(nl, NLM_F_DUMP, NULL, if_vlan, &o));
}

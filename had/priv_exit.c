/* SPDX-License-Identifier: BSD-2-Clause */
/* See had/priv_exit.h. */
#include "config.h"
#define LOG_MODULE "priv"
#include "had/priv_exit.h"

#include <errno.h>
#include <ifaddrs.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include "common/log.h"
#include "common/netlink.h"
#include "had/had_config.h"

#define BROADCASTS	64	/* of ours; a host has a few */
/* Behind any route of a pool in it. */
#define OWN_METRIC	4097

static bool
has_broadcast(const struct ifaddrs *i)
{
	return i->ifa_addr && i->ifa_addr->sa_family == AF_INET &&
	    i->ifa_netmask && (i->ifa_flags & IFF_BROADCAST);
}

/* Of the subnet of an address; false for one without. */
static bool
broadcast_of(const struct ifaddrs *i, struct in_addr *out)
{
	struct sockaddr_in addr, mask;

	memcpy(&addr, i->ifa_addr, sizeof(addr));
	memcpy(&mask, i->ifa_netmask, sizeof(mask));
	out->s_addr = addr.sin_addr.s_addr | ~mask.sin_addr.s_addr;
	/* /31 and /32 have none [RFC 3021] */
	return ntohl(~mask.sin_addr.s_addr) > 1 && exit_is_global(*out);
}

/* Our subnets' broadcast addresses, each once [RFC 3964 5.3.1]: the kernel
 * takes them for ordinary sources. */
static size_t
broadcasts(struct in_addr out[static BROADCASTS])
{
	struct ifaddrs *all, *i;
	size_t n = 0, j;

	if (getifaddrs(&all) == -1) {
		log_warn(NULL, "broadcast addresses");
		return 0;
	}
	for (i = all; i && n < BROADCASTS; i = i->ifa_next) {
		if (!has_broadcast(i) || !broadcast_of(i, &out[n]))
			continue;
		for (j = 0; out[j].s_addr != out[n].s_addr; j++)
			;
		n += j == n;
	}
	freeifaddrs(all);
	return n;
}

static int
put_rules(struct nl *nl, const struct had_config *conf, enum exit_device d,
    bool egress, unsigned ifindex)
{
	struct nl_flower all = { .egress = egress, .drop = true };
	struct in_addr bad[BROADCASTS];
	struct exit_rules rules;
	size_t i;
	int err;

	err = exit_rules_make(&rules, conf, d, egress, bad, broadcasts(bad));
	if (err)
		return err;
	for (i = 0; i < rules.n && err >= 0; i++)
		err = nl_flower_add(nl, ifindex, &rules.rule[i]);
	all.prio = rules.drop_prio;
	if (egress)
		nl_flower_add(nl, ifindex, &all);
	else
		nl_filter_drop_all(nl, ifindex, rules.drop_prio);
	free(rules.rule);
	return err < 0 ? err : 0;
}

/* One whose filters are not complete does not come up. */
static int
device_up(struct nl *nl, const struct had_config *conf, enum exit_device d)
{
	const struct exit_conf *x = &conf->exit;
	const char *name = exit_device_name(d);
	struct in_addr remote = { INADDR_ANY };
	unsigned ifindex;
	int err;

	if (d == EXIT_RELAY)
		remote = x->relay;
	nl_begin(nl);
	nl_sit_add(nl, name, x->address, remote, x->mtu, 0);
	err = nl_commit(nl, NULL, 0);
	ifindex = err ? 0 : nl_ifindex(name);
	if (ifindex == 0)
		return err ? err : -ENODEV;
	nl_begin(nl);
	nl_clsact_add(nl, ifindex, 0);
	err = put_rules(nl, conf, d, false, ifindex);
	if (err == 0)
		err = put_rules(nl, conf, d, true, ifindex);
	if (err == 0)
		err = nl_commit(nl, NULL, 0);
	nl_begin(nl);
	if (err)
		return err;
	nl_link_set_up(nl, ifindex, true);
	return nl_commit(nl, NULL, 0);
}

/* Our own address there, which ICMPv6 errors come from; and away with the one
 * that the kernel gives such a device, ::V4/96, and its route. */
static void
set_address(struct nl *nl, const struct exit_conf *x, enum exit_device d)
{
	unsigned ifindex = nl_ifindex(exit_device_name(d));
	struct in6_addr own = exit_prefix_of(x->address), automatic = { 0 };

	own.s6_addr[15] = 1;
	memcpy(&automatic.s6_addr[12], &x->address, sizeof(x->address));
	nl_addr6_add(nl, ifindex, &own, 128, 0);
	if (d == EXIT_DIRECT)
		nl_addr6_del(nl, ifindex, &automatic, 96, NL_IGN_NOENT);
}

static void
own_route(struct nl *nl, const struct exit_conf *x, bool add)
{
	struct nl_route6 rt = {
		.dst = exit_prefix_of(x->address),
		.dst_len = 48,
		.metric = OWN_METRIC,
		.type = RTN_UNREACHABLE,
	};

	if (add)
		nl_route6_add(nl, &rt, NL_IGN_EXIST);
	else
		nl_route6_del(nl, &rt, NL_IGN_NOENT);
}

static int
add_routes(struct nl *nl, const struct exit_conf *x)
{
	struct nl_route6 rt = { .dst_len = 16, .metric = x->metric };
	size_t i;

	nl_begin(nl);
	own_route(nl, x, true);
	set_address(nl, x, x->direct ? EXIT_DIRECT : EXIT_RELAY);
	if (x->direct) {
		rt.dst.s6_addr[0] = 0x20;
		rt.dst.s6_addr[1] = 0x02;
		rt.ifindex = nl_ifindex(exit_device_name(EXIT_DIRECT));
		nl_route6_add(nl, &rt, 0);
	}
	rt.ifindex = nl_ifindex(exit_device_name(EXIT_RELAY));
	for (i = 0; i < x->n_routes; i++) {
		rt.dst = x->routes[i].addr;
		rt.dst_len = x->routes[i].len;
		nl_route6_add(nl, &rt, 0);
	}
	return nl_commit(nl, NULL, 0);
}

int
priv_exit_up(struct nl *nl, const struct had_config *conf)
{
	const struct exit_conf *x = &conf->exit;
	const char *what = "6to4 exit";
	enum exit_device d;
	int err = 0;

	if (!x->on)
		return 0;
	for (d = 0; d < EXIT_N_DEVICES && err == 0; d++)
		if (exit_has(x, d))
			err = device_up(nl, conf, d);
	if (err == 0) {
		err = add_routes(nl, x);
		if (err == -EEXIST)
			what = "6to4 exit: there is a route to the same "
			    "prefix with the same metric";
	}
	if (err) {
		log_errorx(NULL, "%s: %s", what, strerror(-err));
		priv_exit_down(nl, conf);
		return err;
	}
	log_info(NULL, "6to4 exit made");
	return 0;
}

/* Routes, filters and addresses go with the devices. */
void
priv_exit_down(struct nl *nl, const struct had_config *conf)
{
	const struct exit_conf *x = &conf->exit;
	enum exit_device d;

	if (!x->on)
		return;
	nl_begin(nl);
	for (d = 0; d < EXIT_N_DEVICES; d++)
		if (exit_has(x, d))
			nl_link_del(nl, exit_device_name(d), NL_IGN_NOENT);
	own_route(nl, x, false);
	(void)nl_commit(nl, NULL, 0);
}

struct counting {
	struct had_priv_exit	*out;
	enum exit_device	 dev;
	bool			 egress;
};

static void
counted(void *arg, uint16_t prio, uint64_t packets)
{
	struct counting *c = arg;
	enum exit_drop why = exit_reason(c->dev, c->egress, prio);

	if (why != EXIT_N_DROPS)
		c->out->drop[why] += packets;
}

void
priv_exit_count(struct nl *nl, const struct had_config *conf,
    struct had_priv_exits *out)
{
	struct nl_stats st;
	enum exit_device d;
	unsigned ifindex;

	memset(out, 0, sizeof(*out));
	for (d = 0; d < EXIT_N_DEVICES; d++) {
		struct counting c = { &out->dev[d], d, false };

		ifindex = exit_has(&conf->exit, d) ?
		    nl_ifindex(exit_device_name(d)) : 0;
		if (ifindex == 0 || nl_link_stats(nl, ifindex, &st))
			continue;
		out->dev[d].up = 1;
		out->dev[d].rx_packets = st.rx_packets;
		out->dev[d].tx_packets = st.tx_packets;
		out->dev[d].drop[EXIT_DROP_SPOOFED] = st.rx_errors;
		(void)nl_filter_counts(nl, ifindex, false, counted, &c);
		c.egress = true;
		(void)nl_filter_counts(nl, ifindex, true, counted, &c);
	}
}

bool
priv_exit_is_device(const char *name)
{
	enum exit_device d;

	for (d = 0; d < EXIT_N_DEVICES; d++)
		if (strcmp(name, exit_device_name(d)) == 0)
			return true;
	return false;
}

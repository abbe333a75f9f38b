/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The devices, tables and rules of home agents: what priv_plane.c's head calls
 * nm4-HEX, DOWN, UP and BLOCK. Each home agent's tables keep their numbers from
 * one nasd to the next, whatever the configuration's order is. And the same of
 * nm4-gre, one external device for those to which GRE is spoken (priv_gre.c).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <linux/rtnetlink.h>

#include "common/netlink.h"
#include "nasd/priv_host.h"
#include "nasd/priv_tunnel.h"

#define LOG_MODULE "plane"
#include "common/log.h"

#define TABLE_BLOCK	13400
/* Behind the kernel's local table (0), before main (32766). */
#define RULE_DOWN	13400
#define RULE_BLOCK	13401
#define RULE_MARK	13402
#define RULE_LOCAL	13403

#define METRIC_LAST	0x7fffffff	/* of the blackhole under a default */

static struct nl_route6
route_blackhole(uint32_t table)
{
	return (struct nl_route6){ .table = table, .metric = METRIC_LAST,
	    .type = RTN_BLACKHOLE };
}

static void
tunnel_rules(const struct ha_tunnel *t, struct nl_rule6 r[static 4])
{
	const char *name = t->name;
	unsigned slot = t->slot;

	r[0] = (struct nl_rule6){ .iif = name, .table = TABLE_DOWN(slot),
	    .priority = RULE_DOWN };
	r[1] = (struct nl_rule6){ .iif = name, .table = TABLE_BLOCK,
	    .priority = RULE_BLOCK };
	r[2] = (struct nl_rule6){ .fwmark = MARK(slot), .table = TABLE_UP(slot),
	    .priority = RULE_MARK };
	r[3] = (struct nl_rule6){ .iif = "lo", .table = TABLE_DOWN(slot),
	    .priority = RULE_LOCAL };
}

static bool
last_tunnel(const struct ha_tunnels *ts)
{
	for (unsigned i = 0; i < ts->n; i++)
		if (ts->tunnel[i].up)
			return false;
	return !ts->gre.up;
}

static void
tunnel_down(struct ha_tunnels *ts, struct ha_tunnel *t)
{
	struct nl_route6 hole = route_blackhole(TABLE_UP(t->slot));
	struct nl_route6 block = route_blackhole(TABLE_BLOCK);
	struct nl_rule6 rules[4];
	int err;

	t->up = false;
	tunnel_rules(t, rules);
	nl_begin(ts->nl);
	for (unsigned k = 0; k < 4; k++)
		nl_rule6_del(ts->nl, &rules[k], NL_IGN_NOENT);
	nl_route6_del(ts->nl, &hole, NL_IGN_NOENT);
	if (last_tunnel(ts))
		nl_route6_del(ts->nl, &block, NL_IGN_NOENT);
	nl_link_del(ts->nl, t->name, NL_IGN_NOENT);
	if ((err = nl_commit(ts->nl, NULL, 0)) != 0) {
		errno = -err;
		log_warn(t->name, "tunnel not wholly removed");
	}
	t->ifindex = 0;
}

static void
see_drop(void *arg, uint16_t prio)
{
	bool *there = arg;

	*there |= prio == GRE_PRIO_DROP;
}

static bool
is_as_made(struct ha_tunnels *ts, const struct ha_tunnel *t)
{
	const struct in_addr any = { INADDR_ANY };
	bool drops = false;

	if (!t->gre)
		return host_is_sit(t->name, ts->coa, t->ha);
	return host_is_gre(t->name, any, any, NULL) &&
	    nl_filter_prios(ts->nl, t->ifindex, see_drop, &drops) == 0 &&
	    drops;
}

/* One that an earlier nasd has left goes on, for its sessions may. Another
 * one of that name goes. */
static bool
take_over(struct ha_tunnels *ts, struct ha_tunnel *t)
{
	int mtu;

	t->ifindex = nl_ifindex(t->name);
	if (t->ifindex == 0)
		return false;
	mtu = host_mtu(t->name);
	if (mtu > 0 && is_as_made(ts, t)) {
		t->mtu = (uint32_t)mtu;
		ts->took_over = true;
		return true;
	}
	tunnel_down(ts, t);
	return false;
}

static int
tunnel_install(struct ha_tunnels *ts, struct ha_tunnel *t)
{
	struct nl_route6 hole = route_blackhole(TABLE_UP(t->slot));
	struct nl_route6 block = route_blackhole(TABLE_BLOCK);
	struct nl_route6 up = { .table = TABLE_UP(t->slot),
	    .ifindex = t->ifindex };
	struct nl_rule6 rules[4];

	tunnel_rules(t, rules);
	nl_begin(ts->nl);
	nl_route6_add(ts->nl, &block, NL_IGN_EXIST);
	nl_route6_add(ts->nl, &hole, NL_IGN_EXIST);
	/* The rules before the device is up: nothing slips by them. */
	for (unsigned k = 0; k < 4; k++)
		nl_rule6_add(ts->nl, &rules[k], NL_IGN_EXIST);
	nl_link_set_up(ts->nl, t->ifindex, true);
	nl_route6_replace(ts->nl, &up);
	return nl_commit(ts->nl, NULL, 0);
}

static int
take_slot(struct ha_tunnels *ts, struct ha_tunnel *t)
{
	for (unsigned k = 0; t->slot == HA_SLOTS && k < HA_SLOTS; k++)
		if (!ts->slot_used[k]) {
			ts->slot_used[k] = true;
			t->slot = k;
		}
	return t->slot < HA_SLOTS ? 0 : -ENOSPC;
}

/* What has more than one home agent behind it goes by the narrowest path. */
static uint32_t
gre_mtu(const struct ha_tunnels *ts)
{
	uint32_t mtu = UINT32_MAX, one;

	for (unsigned i = 0; i < ts->n; i++) {
		one = host_gre_mtu(ts->coa, ts->tunnel[i].ha);
		if (one < mtu)
			mtu = one;
	}
	return mtu;
}

/* Nothing comes out of it before the filter that drops. */
static int
make_device(struct ha_tunnels *ts, struct ha_tunnel *t)
{
	int err;

	t->mtu = t->gre ? gre_mtu(ts) : host_tunnel_mtu(ts->coa, t->ha);
	nl_begin(ts->nl);
	if (t->gre)
		nl_gre_external_add(ts->nl, t->name, t->mtu, 0);
	else
		nl_sit_add(ts->nl, t->name, ts->coa, t->ha, t->mtu, 0);
	err = nl_commit(ts->nl, NULL, 0);
	if (err != 0 || !t->gre)
		return err;
	if ((t->ifindex = nl_ifindex(t->name)) == 0)
		return -ENODEV;
	nl_begin(ts->nl);
	nl_clsact_add(ts->nl, t->ifindex, 0);
	nl_filter_drop_all(ts->nl, t->ifindex, GRE_PRIO_DROP);
	return nl_commit(ts->nl, NULL, 0);
}

/* What an earlier nasd's rules say: whose tables are whose, and the tunnels to
 * home agents that there are no more. */
struct earlier {
	struct ha_tunnels	*tunnels;
	unsigned		 n;
	struct ha_tunnel	 stray[HA_SELECT_MAX];
};

static struct ha_tunnel *
find_named(struct ha_tunnels *ts, const char *name)
{
	for (unsigned i = 0; i < ts->n; i++)
		if (strcmp(ts->tunnel[i].name, name) == 0)
			return &ts->tunnel[i];
	return ts->want_gre && strcmp(ts->gre.name, name) == 0 ? &ts->gre :
	    NULL;
}

static void
see_rule(void *arg, const struct nl_rule6 *r)
{
	struct earlier *e = arg;
	struct ha_tunnels *ts = e->tunnels;
	uint32_t slot = (r->table - TABLE_DOWN(0)) / 2;
	struct ha_tunnel *t;

	if (r->priority != RULE_DOWN || r->iif == NULL || slot >= HA_SLOTS ||
	    r->table != TABLE_DOWN(slot) || ts->slot_used[slot] ||
	    strncmp(r->iif, HA_TUNNEL_NAME, strlen(HA_TUNNEL_NAME)) != 0 ||
	    strlen(r->iif) >= IF_NAMESIZE)
		return;
	ts->slot_used[slot] = true;
	if ((t = find_named(ts, r->iif)) != NULL) {
		if (t->slot == HA_SLOTS)
			t->slot = slot;
		return;
	}
	if (e->n == HA_SELECT_MAX)
		return;
	t = &e->stray[e->n++];
	*t = (struct ha_tunnel){ .slot = slot };
	strcpy(t->name, r->iif);
}

/* Their sessions end, too, when they come back. */
static void
remove_strays(struct ha_tunnels *ts, struct earlier *e)
{
	for (unsigned k = 0; k < e->n; k++) {
		tunnel_down(ts, &e->stray[k]);
		ts->slot_used[e->stray[k].slot] = false;
		log_info(e->stray[k].name, "tunnel removed: no such home agent "
		    "is configured any more");
	}
}

static int
tunnel_up(struct ha_tunnels *ts, struct ha_tunnel *t)
{
	int err = take_slot(ts, t);
	bool old;

	if (err != 0)
		return err;
	old = take_over(ts, t);
	if (!old)
		err = make_device(ts, t);
	if (err == 0) {
		if ((t->ifindex = nl_ifindex(t->name)) == 0)
			err = -ENODEV;
		/* What comes out of it is no router of ours. */
		else if ((err = host_sysctl_set(t->name, "accept_ra",
		    '0')) == 0)
			err = tunnel_install(ts, t);
	}
	t->up = true;
	if (err != 0) {
		errno = -err;
		log_error(t->name, "tunnel cannot be made");
		tunnel_down(ts, t);
		return err;
	}
	log_info(t->name, "tunnel %s, MTU %u", old ? "taken over" : "made",
	    t->mtu);
	return 0;
}

void
ha_tunnels_init(struct ha_tunnels *ts, struct in_addr coa)
{
	*ts = (struct ha_tunnels){ .coa = coa, .gre = { .gre = true,
	    .slot = HA_SLOTS, .name = HA_TUNNEL_GRE } };
}

int
ha_tunnels_find(const struct ha_tunnels *ts, struct in_addr ha)
{
	for (unsigned i = 0; i < ts->n; i++)
		if (ts->tunnel[i].ha.s_addr == ha.s_addr)
			return (int)i;
	return -EPERM;
}

void
ha_tunnels_add(struct ha_tunnels *ts, struct in_addr ha)
{
	struct ha_tunnel *t = &ts->tunnel[ts->n];

	if (ts->n == HA_SELECT_MAX || ha_tunnels_find(ts, ha) >= 0)
		return;
	ts->n++;
	t->ha = ha;
	t->slot = HA_SLOTS;
	snprintf(t->name, sizeof(t->name), HA_TUNNEL_NAME "%08x",
	    ntohl(ha.s_addr));
	if (ts->nl != NULL)
		(void)tunnel_up(ts, t);
}

void
ha_tunnels_start(struct ha_tunnels *ts, struct nl *nl)
{
	struct earlier earlier = { .tunnels = ts };
	int err;

	ts->nl = nl;
	if ((err = nl_rules6(nl, see_rule, &earlier)) != 0) {
		errno = -err;
		log_warn(NULL, "cannot read which tables are in use");
	}
	for (unsigned i = 0; i < ts->n; i++)
		(void)tunnel_up(ts, &ts->tunnel[i]);
	if (ts->want_gre)
		(void)tunnel_up(ts, &ts->gre);
	remove_strays(ts, &earlier);
}

int
ha_tunnel_ensure(struct ha_tunnels *ts, struct ha_tunnel *t)
{
	bool took_over = ts->took_over;
	int err;

	/* Somebody may have removed the device, or set it down. */
	if (t->up && nl_link_is_up(t->name, t->ifindex))
		return 0;
	if (t->up)
		log_warnx(t->name, "its device was gone or down");
	err = tunnel_up(ts, t);
	/* It is our own that may be taken over here. */
	ts->took_over = took_over;
	return err != 0 ? err : 1;
}

void
ha_tunnels_clear(struct ha_tunnels *ts)
{
	for (unsigned i = 0; i < ts->n; i++)
		if (ts->tunnel[i].up)
			tunnel_down(ts, &ts->tunnel[i]);
	if (ts->gre.up)
		tunnel_down(ts, &ts->gre);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* See had/priv_way.h. What is asked for again is made again if somebody has
 * removed the device, or set it down: each place knows on which one its route
 * is. */
#include "config.h"
#define LOG_MODULE "priv"
#include "had/priv_way.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include "common/log.h"
#include "common/netlink.h"
#include "common/sysctl.h"
#include "had/had_config.h"
#include "had/priv_place.h"
#include "had/tunnel.h"

#define WAY_NAME	TUNNEL_NAME "f"	/* and the care-of address */
#define GRE_NAME	TUNNEL_NAME "g"	/* and the key of what comes in */
#define PRIO_PASS	10
#define PRIO_DROP	20

int
priv_ways_init(struct priv_ways *ws, const struct had_config *conf)
{
	ws->conf = conf;
	return table_init(&ws->by_end);
}

static bool
free_each(struct table_node *n, void *arg)
{
	struct priv_ways *ws = arg;

	table_remove(&ws->by_end, n);
	free(container_of(n, struct priv_way, node));
	return true;
}

void
priv_ways_free(struct priv_ways *ws)
{
	table_each(&ws->by_end, free_each, ws);
	table_free(&ws->by_end);
}

static bool
end_eq(const struct table_node *n, const void *key)
{
	const struct priv_way *w = container_of(n, struct priv_way, node);

	return memcmp(&w->end, key, sizeof(w->end)) == 0;
}

static void
add_device(const struct priv_ways *ws, struct nl *nl,
    const struct priv_way *w)
{
	const struct nl_gre g = { ws->conf->address, w->end.coa,
		w->end.gre.peer };
	uint32_t mtu = ws->conf->tunnel_mtu;

	if (w->end.gre.own)
		nl_gre_add(nl, w->name, &g, w->end.gre.own,
		    mtu - GRE_KEY_HEAD, 0);
	else
		nl_ipip_add(nl, w->name, g.local, g.remote, mtu, 0);
}

/* The home address of another may be the same, so that the route back may seem
 * to lead elsewhere; and even the loose check of the reverse path lets nothing
 * in then from a device without an address. */
static int
be_lax(const struct priv_ways *ws, struct nl *nl, const struct priv_way *w)
{
	int err;

	if (w->end.gre.own == 0)
		return 0;
	err = sysctl_lax(w->name);
	if (err >= 0)
		err = sysctl_no_ipv6(w->name);
	if (err)
		return err;
	nl_begin(nl);
	nl_addr4_add(nl, w->ifindex, ws->conf->address, 0);
	return nl_commit(nl, NULL, 0);
}

/* Before the filter is there nothing may come in: up last. */
static int
make(struct priv_ways *ws, struct nl *nl, struct priv_way *w)
{
	int err;

	nl_begin(nl);
	if (w->ifindex)
		nl_link_del(nl, w->name, NL_IGN_NOENT);
	w->ifindex = 0;
	add_device(ws, nl, w);
	err = nl_commit(nl, NULL, 0);
	if (err)
		return err;
	w->ifindex = nl_ifindex(w->name);
	if (w->ifindex == 0)
		return -ENODEV;
	err = be_lax(ws, nl, w);
	if (err)
		return err;
	nl_begin(nl);
	nl_clsact_add(nl, w->ifindex, 0);
	nl_filter_drop_all(nl, w->ifindex, PRIO_DROP);
	nl_link_set_up(nl, w->ifindex, true);
	err = nl_commit(nl, NULL, 0);
	if (err)
		return err;
	log_info(NULL, "tunnel %s to a foreign agent made", w->name);
	return 0;
}

static void
drop(struct priv_ways *ws, struct nl *nl, struct priv_way *w)
{
	if (w->ifindex) {
		nl_begin(nl);
		nl_link_del(nl, w->name, NL_IGN_NOENT);
		(void)nl_commit(nl, NULL, 0);
		log_info(NULL, "tunnel %s removed", w->name);
	}
	table_remove(&ws->by_end, &w->node);
	free(w);
}

static struct priv_way *
get(struct priv_ways *ws, const struct priv_way_end *end)
{
	uint64_t hash = table_hash(&ws->by_end, end, sizeof(*end));
	struct table_node *n = table_find(&ws->by_end, hash, end_eq, end);
	struct priv_way *w;

	if (n)
		return container_of(n, struct priv_way, node);
	w = calloc(1, sizeof(*w));
	if (!w)
		return NULL;
	w->end = *end;
	if (end->gre.own)
		snprintf(w->name, sizeof(w->name), GRE_NAME "%08x",
		    (unsigned)end->gre.own);
	else
		snprintf(w->name, sizeof(w->name), WAY_NAME "%08x",
		    (unsigned)ntohl(end->coa.s_addr));
	table_insert(&ws->by_end, &w->node, hash);
	return w;
}

/* Which one of several to the same address counts the device on top says; each
 * has a metric of its own, so that none takes another's place. */
static struct nl_route4
route_to(const struct priv_place *p)
{
	return (struct nl_route4){ .dst = p->end.coa, .dst_len = 32,
		.ifindex = p->way_ifindex, .metric = p->end.gre.own };
}

/* The address is its own handle: it is not 0. */
static int
put(struct priv_ways *ws, struct nl *nl, struct priv_place *p)
{
	struct nl_route4 route = route_to(p);

	nl_begin(nl);
	nl_flower_pass4(nl, p->way_ifindex, PRIO_PASS,
	    ntohl(p->end.coa.s_addr), p->end.coa, ws->conf->address);
	nl_route4_replace(nl, &route);
	return nl_commit(nl, NULL, 0);
}

void
priv_way_leave(struct priv_ways *ws, struct nl *nl, struct priv_place *p)
{
	struct priv_way *w = p->way;
	struct nl_route4 route = route_to(p);

	if (!w)
		return;
	p->way = NULL;
	/* With the device they have gone, too. */
	if (p->way_ifindex && p->way_ifindex == w->ifindex && w->refs > 1) {
		nl_begin(nl);
		nl_route4_del(nl, &route, NL_IGN_NOENT);
		nl_flower_del4(nl, p->way_ifindex, PRIO_PASS,
		    ntohl(p->end.coa.s_addr), NL_IGN_NOENT);
		(void)nl_commit(nl, NULL, 0);
	}
	p->way_ifindex = 0;
	if (--w->refs == 0)
		drop(ws, nl, w);
}

int
priv_way_take(struct priv_ways *ws, struct nl *nl, struct priv_place *p,
    struct in_addr coa)
{
	const struct priv_way_end end = { coa, p->end.gre };
	struct priv_way *w = get(ws, &end);
	int err = 0;

	if (!w)
		return -ENOMEM;
	if (p->way != w) {
		w->refs++;
		priv_way_leave(ws, nl, p);
		p->way = w;
	}
	if (!w->ifindex || !nl_link_is_up(w->name, w->ifindex))
		err = make(ws, nl, w);
	if (err == 0 && p->way_ifindex != w->ifindex) {
		p->way_ifindex = w->ifindex;
		err = put(ws, nl, p);
	}
	if (err)
		priv_way_leave(ws, nl, p);
	return err;
}

bool
priv_way_is_name(const char *name)
{
	size_t n = strlen(WAY_NAME);

	return (strncmp(name, WAY_NAME, n) == 0 ||
	    strncmp(name, GRE_NAME, n) == 0) && strlen(name) == n + 8 &&
	    name[n + strspn(name + n, "0123456789abcdef")] == '\0';
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* See had/watch.h. PROTOCOLS 10.2, D90. */
#include "config.h"
#define LOG_MODULE "main"
#include "had/watch.h"

#include <errno.h>
#include <ifaddrs.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <net/if.h>

#include "common/log.h"
#include "common/netlink_watch.h"
#include "had/home_link.h"
#include "had/pool.h"
#include "had/tunnel.h"

#define OWN_MAX	64	/* our addresses in pools; there should be none */

/* An address of a device of ours that lies in a pool. */
struct own {
	struct in6_addr	 addr;
	unsigned	 ifindex;
	bool		 used;
	bool		 named;		/* since the list began */
	struct pool_part reserved;	/* of none: another device's has it,
					 * or a subscriber */
};

struct watch {
	struct pools		*pools;
	struct nl_watch		*nl;
	struct home_link	*links;
	size_t			 n_links;
	struct dataplane	*plane;		/* with tunnels, or NULL */
	struct own		 own[OWN_MAX];
};

static struct own *
find(struct watch *w, const struct in6_addr *addr, unsigned ifindex)
{
	size_t i;

	for (i = 0; i < OWN_MAX; i++)
		if (w->own[i].used && w->own[i].ifindex == ifindex &&
		    IN6_ARE_ADDR_EQUAL(&w->own[i].addr, addr))
			return &w->own[i];
	return NULL;
}

static bool
is_reserved(const struct watch *w, const struct in6_addr *addr)
{
	size_t i;

	for (i = 0; i < OWN_MAX; i++)
		if (w->own[i].used && w->own[i].reserved.pool &&
		    IN6_ARE_ADDR_EQUAL(&w->own[i].addr, addr))
			return true;
	return false;
}

static void
take(struct watch *w, struct own *o)
{
	struct pool *pool = pool_of(w->pools, &o->addr);
	char s[INET6_ADDRSTRLEN];
	int err;

	if (!pool || is_reserved(w, &o->addr))
		return;
	err = pool_reserve(w->pools, pool, &o->reserved, &o->addr);
	inet_ntop(AF_INET6, &o->addr, s, sizeof(s));
	if (err == 0)
		log_info(s, "our own address lies in pool %s: never given "
		    "out", pool->name);
	else if (err == -EEXIST)
		log_errorx(s, "our own address, but a subscriber has it");
}

static void
came(struct watch *w, const struct in6_addr *addr, unsigned ifindex)
{
	struct own *o = find(w, addr, ifindex);
	size_t i;

	if (!o && !pool_of(w->pools, addr))
		return;
	for (i = 0; i < OWN_MAX && !o; i++)
		if (!w->own[i].used)
			o = &w->own[i];
	if (!o)
		return;
	o->named = true;
	if (o->used)
		return;
	o->used = true;
	o->addr = *addr;
	o->ifindex = ifindex;
	take(w, o);
}

static void
went(struct watch *w, struct own *o)
{
	size_t i;

	pool_unreserve(w->pools, &o->reserved);
	o->used = false;
	/* Another device may have it as well. */
	for (i = 0; i < OWN_MAX; i++)
		if (w->own[i].used && IN6_ARE_ADDR_EQUAL(&w->own[i].addr,
		    &o->addr))
			take(w, &w->own[i]);
}

static void
addr_changed(void *arg, const struct nl_watch_addr *a)
{
	struct watch *w = arg;
	struct own *o = find(w, &a->addr, a->ifindex);
	size_t i;

	for (i = 0; i < w->n_links; i++)
		home_link_addr(home_link_at(w->links, i), a);
	if (!a->gone)
		came(w, &a->addr, a->ifindex);
	else if (o)
		went(w, o);
}

static void
link_changed(void *arg, const struct nl_watch_link *l)
{
	struct watch *w = arg;
	size_t i;

	for (i = 0; i < w->n_links; i++)
		home_link_device(home_link_at(w->links, i), l);
	if (w->plane && (l->gone || !l->up) &&
	    strncmp(l->name, TUNNEL_NAME, strlen(TUNNEL_NAME)) == 0)
		tunnel_kernel_lost(w->plane, l->ifindex, l->gone);
}

static void
list_begins(void *arg)
{
	struct watch *w = arg;
	size_t i;

	for (i = 0; i < OWN_MAX; i++)
		w->own[i].named = false;
}

static void
list_ends(void *arg)
{
	struct watch *w = arg;
	size_t i;

	for (i = 0; i < OWN_MAX; i++)
		if (w->own[i].used && !w->own[i].named)
			went(w, &w->own[i]);
	/* What has gone was not named. */
	if (w->plane)
		tunnel_kernel_check(w->plane);
}

/* There must be no moment in which they are given out. */
static void
own_now(struct watch *w)
{
	struct ifaddrs *list, *i;
	struct sockaddr_in6 sin6;

	if (getifaddrs(&list) == -1) {
		log_warn(NULL, "own addresses");
		return;
	}
	for (i = list; i; i = i->ifa_next) {
		if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET6)
			continue;
		memcpy(&sin6, i->ifa_addr, sizeof(sin6));
		came(w, &sin6.sin6_addr, if_nametoindex(i->ifa_name));
	}
	freeifaddrs(list);
}

struct watch *
watch_new(struct pools *pools)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->pools = pools;
	w->nl = nl_watch_open();
	if (!w->nl) {
		free(w);
		return NULL;
	}
	own_now(w);
	return w;
}

int
watch_start(struct watch *w, struct event_base *base,
    struct home_link *links, size_t n, struct dataplane *plane)
{
	static const struct nl_watch_ops ops = {
		link_changed, addr_changed, list_begins, list_ends,
	};

	w->links = links;
	w->n_links = n;
	w->plane = plane;
	return nl_watch_start(w->nl, base, &ops, w);
}

void
watch_free(struct watch *w)
{
	size_t i;

	if (!w)
		return;
	nl_watch_close(w->nl);
	for (i = 0; i < OWN_MAX; i++)
		pool_unreserve(w->pools, &w->own[i].reserved);
	free(w);
}

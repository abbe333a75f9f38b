/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Routes of the one device that GRE tunnels to access routers have in common:
 * each says which outer header its packets get, and which they must have come
 * in [PROTOCOLS D193]. A route that takes another's place leads through the
 * same device, so the one before must not be taken back by its prefix: which
 * is the last one is kept here. Part of tunnel.
 */
#include "had/tunnel_int.h"

#include <stdlib.h>
#include <string.h>

struct gre_route {
	struct dp_route		rt;		/* first */
	struct table_node	by_prefix;
	struct in_addr		coa;
	struct gre_keys		gre;
	bool			is_last;	/* in the table */
	bool			replaced;	/* by another */
};

struct prefix {
	struct in6_addr	addr;
	uint32_t	len;
};

static bool
prefix_eq(const struct table_node *n, const void *key)
{
	const struct gre_route *g = container_of(n, struct gre_route,
	    by_prefix);
	const struct prefix *p = key;

	return g->rt.len == p->len && IN6_ARE_ADDR_EQUAL(&g->rt.prefix,
	    &p->addr);
}

struct dp_route *
tunnel_gre_route(const struct dp_entry *e)
{
	struct gre_route *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->coa = e->coa;
	g->gre = e->gre;
	return &g->rt;
}

void
tunnel_gre_asked(struct kernel *k, struct dp_route *rt)
{
	struct gre_route *g = container_of(rt, struct gre_route, rt), *before;
	const struct prefix p = { rt->prefix, rt->len };
	uint64_t hash = table_hash(&k->gre_routes, &p, sizeof(p));
	struct table_node *n = table_find(&k->gre_routes, hash, prefix_eq,
	    &p);

	if (n) {
		before = container_of(n, struct gre_route, by_prefix);
		before->is_last = false;
		before->replaced = true;
		table_remove(&k->gre_routes, n);
	}
	g->is_last = true;
	table_insert(&k->gre_routes, &g->by_prefix, hash);
}

void
tunnel_gre_leave(struct kernel *k, struct dp_route *rt)
{
	struct gre_route *g = container_of(rt, struct gre_route, rt);

	if (g->is_last)
		table_remove(&k->gre_routes, &g->by_prefix);
	g->is_last = false;
}

void
tunnel_gre_ask(const struct dp_route *rt, struct had_priv_route *q)
{
	const struct gre_route *g = container_of(rt, const struct gre_route,
	    rt);

	q->coa = g->coa;
	q->gre = g->gre;
	q->replaced = g->replaced;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* See had/priv_place.h. Nothing is believed of the engine: a care-of address is
 * that of a configured access router, or one of those that access nodes may
 * have, and of these not more at a time than mobile nodes may be bound, with
 * as many that they have just left. */
#include "had/priv_place.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include "had/had_config.h"
#include "had/tunnel.h"

#define NODE_TUNNEL	TUNNEL_NAME "x"	/* and the care-of address */

/* An index of addresses of its own: the engine's lies in its copy. */
int
priv_places_init(struct priv_places *ps, const struct had_config *conf)
{
	size_t i;

	ps->conf = conf;
	if (table_init(&ps->used))
		return -ENOMEM;
	if (peers_init(&ps->peers)) {
		table_free(&ps->used);
		return -ENOMEM;
	}
	for (i = 0; i < conf->n_peers; i++)
		peers_add(&ps->peers, &conf->peers[i]);
	ps->peers.ranges = conf->ranges;
	ps->peers.n_ranges = conf->n_ranges;
	ps->max = conf->n_peers;
	for (i = 0; i < conf->n_nodes; i++)
		ps->max += 2 * (size_t)conf->nodes[i].peer.max_bindings;
	return 0;
}

static bool
free_each(struct table_node *n, void *arg)
{
	priv_place_put(arg, container_of(n, struct priv_place, node));
	return true;
}

void
priv_places_free(struct priv_places *ps)
{
	table_each(&ps->used, free_each, ps);
	table_free(&ps->used);
	peers_free(&ps->peers);
}

static bool
coa_eq(const struct table_node *n, const void *key)
{
	const struct priv_place *p = container_of(n, struct priv_place, node);

	return memcmp(&p->coa, key, sizeof(p->coa)) == 0;
}

static struct priv_place *
find(struct priv_places *ps, struct in_addr coa)
{
	struct table_node *n = table_find(&ps->used, table_hash(&ps->used,
	    &coa, sizeof(coa)), coa_eq, &coa);

	return n ? container_of(n, struct priv_place, node) : NULL;
}

static void
set_name(const struct priv_places *ps, struct priv_place *p)
{
	if (p->peer->nodes)
		snprintf(p->name, sizeof(p->name), NODE_TUNNEL "%08x",
		    (unsigned)ntohl(p->coa.s_addr));
	else
		snprintf(p->name, sizeof(p->name), TUNNEL_NAME "%u",
		    (unsigned)(p->peer - ps->conf->peers));
}

struct priv_place *
priv_place_get(struct priv_places *ps, struct in_addr coa, int *err)
{
	const struct peer *peer = peer_find(&ps->peers, coa);
	struct priv_place *p;

	*err = -EPERM;
	if (!peer || coa.s_addr == ps->conf->address.s_addr)
		return NULL;
	p = find(ps, coa);
	if (p)
		return p;
	*err = -ENOSPC;
	if (table_count(&ps->used) >= ps->max)
		return NULL;
	*err = -ENOMEM;
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->coa = coa;
	p->peer = peer;
	set_name(ps, p);
	table_insert(&ps->used, &p->node, table_hash(&ps->used, &coa,
	    sizeof(coa)));
	return p;
}

struct priv_place *
priv_place_used(struct priv_places *ps, struct in_addr coa, int *err)
{
	struct priv_place *p = find(ps, coa);

	*err = p || peer_find(&ps->peers, coa) ? -ENODEV : -EPERM;
	return p && p->ifindex ? p : NULL;
}

void
priv_place_put(struct priv_places *ps, struct priv_place *p)
{
	table_remove(&ps->used, &p->node);
	free(p);
}

static bool
is_made_of(const char *s, const char *digits, size_t least)
{
	return strlen(s) >= least && s[strspn(s, digits)] == '\0';
}

bool
priv_place_is_name(const char *name)
{
	size_t n = strlen(TUNNEL_NAME), m = strlen(NODE_TUNNEL);

	if (strncmp(name, NODE_TUNNEL, m) == 0)
		return is_made_of(name + m, "0123456789abcdef", 8);
	return strncmp(name, TUNNEL_NAME, n) == 0 &&
	    is_made_of(name + n, "0123456789", 1);
}

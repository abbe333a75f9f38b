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
#define KEY_TUNNEL	TUNNEL_NAME "k"	/* and the key of what comes in */
#define BEHIND_TUNNEL	TUNNEL_NAME "n"	/* the same, of the tunnel around it */
#define COMMON_TUNNEL	TUNNEL_NAME "gre"

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
	for (i = 0; i < conf->n_peers; i++) {
		peers_add(&ps->peers, &conf->peers[i]);
		ps->gre = ps->gre || conf->peers[i].gre;
	}
	ps->peers.ranges = conf->ranges;
	ps->peers.n_ranges = conf->n_ranges;
	ps->max = conf->n_peers + 1;
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
end_eq(const struct table_node *n, const void *key)
{
	const struct priv_place *p = container_of(n, struct priv_place, node);

	return memcmp(&p->end, key, HAD_PRIV_TUNNEL_ID) == 0;
}

static struct priv_place *
find(struct priv_places *ps, const struct had_priv_tunnel *end)
{
	struct table_node *n = table_find(&ps->used, table_hash(&ps->used,
	    end, HAD_PRIV_TUNNEL_ID), end_eq, end);

	return n ? container_of(n, struct priv_place, node) : NULL;
}

/* To a foreign agent itself there are none. */
static const struct peer *
peer_of(struct priv_places *ps, struct in_addr coa)
{
	return coa.s_addr == ps->conf->address.s_addr ||
	    peer_agent(&ps->peers, coa) ? NULL : peer_find(&ps->peers, coa);
}

/* Whose IPv4 home address it is, by whichever of that section's agents. */
static const struct peer *
behind(struct priv_places *ps, const struct had_priv_tunnel *end)
{
	const struct peer *p = peer_agent(&ps->peers, end->via) ?
	    peer_find(&ps->peers, end->via) : NULL;

	return p && home4_has(&p->nodes->home4, end->coa) ? p : NULL;
}

/* True: there may be such a tunnel, *peer's alone, or NULL. */
static bool
allowed(struct priv_places *ps, const struct had_priv_tunnel *end,
    const struct peer **peer)
{
	const struct gre_keys *k = &end->gre;

	*peer = priv_place_is_nested(end) ? behind(ps, end) :
	    end->via.s_addr == INADDR_ANY ? peer_of(ps, end->coa) : NULL;
	switch (end->way) {
	case HAD_WAY_NESTED:
	case HAD_WAY_6IN4:
		return *peer && !k->own && !k->peer;
	case HAD_WAY_GRE:
	case HAD_WAY_NESTED_GRE:
		return *peer && (*peer)->nodes && (*peer)->gre && k->own &&
		    k->peer;
	case HAD_WAY_GRE_COMMON:
		*peer = NULL;
		return ps->gre && !end->coa.s_addr && !end->via.s_addr &&
		    !k->own && !k->peer;
	}
	return false;
}

bool
priv_place_is_nested(const struct had_priv_tunnel *end)
{
	return end->way == HAD_WAY_NESTED || end->way == HAD_WAY_NESTED_GRE;
}

bool
priv_place_is_gre(struct priv_places *ps, struct in_addr coa,
    const struct gre_keys *k)
{
	const struct peer *p = peer_of(ps, coa);

	return p && !p->nodes && p->gre && k->own && k->peer;
}

const char *
priv_place_subject(const struct priv_place *p)
{
	return p->peer ? p->peer->name : "GRE";
}

static void
set_name(const struct priv_places *ps, struct priv_place *p)
{
	switch (p->end.way) {
	case HAD_WAY_GRE_COMMON:
		snprintf(p->name, sizeof(p->name), COMMON_TUNNEL);
		break;
	case HAD_WAY_GRE:
		snprintf(p->name, sizeof(p->name), KEY_TUNNEL "%08x",
		    (unsigned)p->end.gre.own);
		break;
	case HAD_WAY_NESTED_GRE:
		snprintf(p->name, sizeof(p->name), BEHIND_TUNNEL "%08x",
		    (unsigned)p->end.gre.own);
		break;
	default:
		if (p->peer->nodes)
			snprintf(p->name, sizeof(p->name), NODE_TUNNEL "%08x",
			    (unsigned)ntohl(p->end.coa.s_addr));
		else
			snprintf(p->name, sizeof(p->name), TUNNEL_NAME "%u",
			    (unsigned)(p->peer - ps->conf->peers));
	}
}

struct priv_place *
priv_place_get(struct priv_places *ps, const struct had_priv_tunnel *end,
    int *err)
{
	const struct peer *peer;
	struct priv_place *p;

	*err = -EPERM;
	if (!allowed(ps, end, &peer))
		return NULL;
	p = find(ps, end);
	/* What another section has there goes first. */
	if (p)
		return p->peer == peer ? p : NULL;
	*err = -ENOSPC;
	if (table_count(&ps->used) >= ps->max)
		return NULL;
	*err = -ENOMEM;
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->end = *end;
	p->peer = peer;
	set_name(ps, p);
	table_insert(&ps->used, &p->node, table_hash(&ps->used, end,
	    HAD_PRIV_TUNNEL_ID));
	return p;
}

struct priv_place *
priv_place_used(struct priv_places *ps, const struct had_priv_tunnel *end,
    int *err)
{
	struct priv_place *p = find(ps, end);
	const struct peer *peer;

	*err = p || allowed(ps, end, &peer) ? -ENODEV : -EPERM;
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

	if (strcmp(name, COMMON_TUNNEL) == 0)
		return true;
	if (strncmp(name, NODE_TUNNEL, m) == 0 ||
	    strncmp(name, KEY_TUNNEL, m) == 0 ||
	    strncmp(name, BEHIND_TUNNEL, m) == 0)
		return is_made_of(name + m, "0123456789abcdef", 8);
	return strncmp(name, TUNNEL_NAME, n) == 0 &&
	    is_made_of(name + n, "0123456789", 1);
}

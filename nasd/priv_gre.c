/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See priv_gre.h. One external device (priv_tunnel.c makes it, and what drops
 * there all that nobody wants) has for each session two flower filters, found
 * by a hash however many there are, and each with the session's own key as its
 * handle:
 *
 *   ingress	own key, home agent to care-of address, home address behind it:
 *		passes, to the routes that all tunnels have
 *   egress	home address as the source: the home agent's key and address
 *
 * An egress filter stays out of the way of the one that stands for the same
 * home address, which a subscriber has who is back before his old session is
 * gone. But in one device nothing else tells home agents apart: what one of
 * them gives is not taken from whom another one serves.
 *
 * An earlier nasd's filters work on until its sessions have come back, so these
 * have the prio before them, and the old ones go all at once.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/netlink.h"
#include "nasd/priv_gre.h"
#include "nasd/priv_tunnel.h"

#define LOG_MODULE "plane"
#include "common/log.h"

#define PRIO_FIRST	30000	/* counts down; the drop's is above */
#define PRIO_LAST	16
/* By then sessions have come back, or never will. */
#define STALE_S		120

/* A /64 that sessions are in. */
struct gre_net {
	struct table_node	node;
	struct in6_addr		addr;
	struct in_addr		ha;	/* of all; 0: of single addresses, they
					 * are several ones' */
	bool			whole;	/* a session has had all of it */
	unsigned		n;	/* sessions */
};

static void
free_tables(struct gre_plane *g)
{
	table_free(&g->nets);
	table_free(&g->by_hoa);
	table_free(&g->by_own);
}

int
gre_init(struct gre_plane *g, struct ha_tunnels *ts)
{
	*g = (struct gre_plane){ .tunnels = ts };
	if (table_init(&g->by_own) == 0 && table_init(&g->by_hoa) == 0 &&
	    table_init(&g->nets) == 0)
		return 0;
	free_tables(g);
	return -ENOMEM;
}

static bool
free_net(struct table_node *n, void *arg)
{
	table_remove(arg, n);
	free(container_of(n, struct gre_net, node));
	return true;
}

void
gre_free(struct gre_plane *g)
{
	table_each(&g->nets, free_net, &g->nets);
	free_tables(g);
}

static struct nl *
nl_of(const struct gre_plane *g)
{
	return g->tunnels->nl;
}

static unsigned
device(const struct gre_plane *g)
{
	return g->tunnels->gre.ifindex;
}

static int64_t
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

/* ---- an earlier nasd's ---- */

static void
see_prio(void *arg, uint16_t prio)
{
	struct gre_plane *g = arg;

	for (unsigned i = 0; i < g->n_stale; i++)
		if (g->stale[i] == prio)
			return;
	if (prio <= PRIO_FIRST && g->n_stale < GRE_STALE)
		g->stale[g->n_stale++] = prio;
}

static void
remove_stale(struct gre_plane *g)
{
	nl_begin(nl_of(g));
	for (unsigned i = 0; i < g->n_stale; i++) {
		nl_filter_del(nl_of(g), device(g), g->stale[i],
		    NL_IGN_NOENT);
		nl_flower_egress_del(nl_of(g), device(g), g->stale[i], 0,
		    NL_IGN_NOENT);
	}
	(void)nl_commit(nl_of(g), NULL, 0);
	g->n_stale = 0;
}

static void
choose_prio(struct gre_plane *g)
{
	if (g->prio != 0)
		return;
	(void)nl_filter_prios(nl_of(g), device(g), see_prio, g);
	g->prio = PRIO_FIRST;
	for (unsigned i = 0; i < g->n_stale; i++)
		if (g->stale[i] <= g->prio)
			g->prio = (uint16_t)(g->stale[i] - 1);
	g->since = now();
	if (g->prio > PRIO_LAST && g->n_stale < GRE_STALE)
		return;
	/* Too many have been killed one after the other. */
	remove_stale(g);
	g->prio = PRIO_FIRST;
}

void
gre_tidy(struct gre_plane *g)
{
	if (g->n_stale > 0 && now() - g->since >= STALE_S)
		remove_stale(g);
}

/* ---- sessions ---- */

static struct nl_gre
header(const struct gre_plane *g, const struct gre_session *s, uint32_t key)
{
	return (struct nl_gre){ .local = g->tunnels->coa, .remote = s->ha,
	    .key = key };
}

static void
put_in(struct gre_plane *g, const struct gre_session *s)
{
	const struct nl_gre h = header(g, s, s->keys.own);
	const struct nl_flower f = {
		.prio = g->prio, .handle = s->keys.own,
		.dst = s->hoa, .dst_len = s->plen, .came_in = &h,
	};

	nl_flower_add(nl_of(g), device(g), &f);
}

static void
put_out(struct gre_plane *g, const struct gre_session *s)
{
	const struct nl_gre h = header(g, s, s->keys.peer);
	const struct nl_flower f = {
		.egress = true, .prio = g->prio, .handle = s->keys.own,
		.src = s->hoa, .src_len = s->plen, .go_in = &h,
	};

	nl_flower_add(nl_of(g), device(g), &f);
}

static void
del_out(struct gre_plane *g, struct gre_session *s)
{
	if (!s->out)
		return;
	nl_flower_egress_del(nl_of(g), device(g), g->prio, s->keys.own,
	    NL_IGN_NOENT);
	table_remove(&g->by_hoa, &s->by_hoa);
	s->out = false;
}

static bool
own_eq(const struct table_node *n, const void *key)
{
	const struct gre_session *s = container_of(n, const struct gre_session,
	    by_own), *k = key;

	return s->keys.own == k->keys.own;
}

static uint64_t
own_hash(const struct gre_plane *g, const struct gre_session *s)
{
	return table_hash(&g->by_own, &s->keys.own, sizeof(s->keys.own));
}

static bool
hoa_eq(const struct table_node *n, const void *key)
{
	const struct gre_session *s = container_of(n, const struct gre_session,
	    by_hoa), *k = key;

	return s->plen == k->plen && IN6_ARE_ADDR_EQUAL(&s->hoa, &k->hoa);
}

static uint64_t
hoa_hash(const struct gre_plane *g, const struct gre_session *s)
{
	return table_hash(&g->by_hoa, &s->hoa, sizeof(s->hoa));
}

static struct gre_session *
find_hoa(struct gre_plane *g, const struct gre_session *s)
{
	struct table_node *n = table_find(&g->by_hoa, hoa_hash(g, s), hoa_eq,
	    s);

	return n != NULL ? container_of(n, struct gre_session, by_hoa) : NULL;
}

static bool
net_eq(const struct table_node *n, const void *key)
{
	return memcmp(&container_of(n, const struct gre_net, node)->addr, key,
	    sizeof(struct in6_addr)) == 0;
}

static struct gre_net *
net_of(struct gre_plane *g, const struct gre_session *s)
{
	struct in6_addr addr = s->hoa;
	struct gre_net *net;
	struct table_node *n;
	uint64_t hash;

	memset(&addr.s6_addr[8], 0, 8);
	hash = table_hash(&g->nets, &addr, sizeof(addr));
	if ((n = table_find(&g->nets, hash, net_eq, &addr)) != NULL)
		return container_of(n, struct gre_net, node);
	if ((net = calloc(1, sizeof(*net))) == NULL)
		return NULL;
	net->addr = addr;
	net->ha = s->ha;
	table_insert(&g->nets, &net->node, hash);
	return net;
}

/* Single addresses of one /64 may be several home agents', one address not. */
static bool
is_anothers(struct gre_plane *g, const struct gre_net *net,
    const struct gre_session *s)
{
	const struct gre_session *old = find_hoa(g, s);

	if (net->ha.s_addr != s->ha.s_addr && (net->whole || s->plen == 64))
		return true;
	return old != NULL && old->ha.s_addr != s->ha.s_addr;
}

static void
leave_net(struct gre_plane *g, struct gre_session *s)
{
	if (--s->net->n == 0) {
		table_remove(&g->nets, &s->net->node);
		free(s->net);
	}
	s->net = NULL;
}

static int
enter_net(struct gre_plane *g, struct gre_session *s)
{
	char name[INET6_ADDRSTRLEN], ha[INET_ADDRSTRLEN];

	if ((s->net = net_of(g, s)) == NULL)
		return -ENOMEM;
	if (is_anothers(g, s->net, s)) {
		log_warnx(inet_ntop(AF_INET, &s->ha, ha, sizeof(ha)),
		    "home address %s/%u is of another home agent's "
		    "subscriber", inet_ntop(AF_INET6, &s->hoa, name,
		    sizeof(name)), s->plen);
		s->net = NULL;
		return -EADDRINUSE;
	}
	if (s->net->ha.s_addr != s->ha.s_addr)
		s->net->ha.s_addr = INADDR_ANY;
	s->net->whole |= s->plen == 64;
	s->net->n++;
	return 0;
}

static void
add_out(struct gre_plane *g, struct gre_session *s)
{
	put_out(g, s);
	s->out = true;
	table_insert(&g->by_hoa, &s->by_hoa, hoa_hash(g, s));
}

static void
give_back(struct gre_plane *g, struct gre_session *s)
{
	nl_begin(nl_of(g));
	add_out(g, s);
	(void)nl_commit(nl_of(g), NULL, 0);
}

int
gre_add(struct gre_plane *g, struct gre_session *s)
{
	struct gre_session *old;
	int err;

	gre_tidy(g);
	if (table_find(&g->by_own, own_hash(g, s), own_eq, s) != NULL)
		return -EEXIST;
	if ((err = enter_net(g, s)) != 0)
		return err;
	/* Whose home address it was until now, and who may be there still. */
	old = find_hoa(g, s);
	nl_begin(nl_of(g));
	if (old != NULL)
		del_out(g, old);
	put_in(g, s);
	add_out(g, s);
	table_insert(&g->by_own, &s->by_own, own_hash(g, s));
	if ((err = nl_commit(nl_of(g), NULL, 0)) == 0)
		return 0;
	if (err == -ENOENT || err == -EOPNOTSUPP)
		log_errorx(NULL, "GRE: the kernel needs its modules "
		    "cls_flower and act_tunnel_key");
	gre_del(g, s);
	if (old != NULL)
		give_back(g, old);
	return err;
}

void
gre_del(struct gre_plane *g, struct gre_session *s)
{
	int err;

	table_remove(&g->by_own, &s->by_own);
	leave_net(g, s);
	nl_begin(nl_of(g));
	nl_flower_del(nl_of(g), device(g), g->prio, s->keys.own,
	    NL_IGN_NOENT);
	del_out(g, s);
	if ((err = nl_commit(nl_of(g), NULL, 0)) != 0) {
		errno = -err;
		log_warn(NULL, "GRE: session not wholly removed");
	}
}

/* ---- the device ---- */

static bool
put_again(struct table_node *n, void *arg)
{
	const struct gre_session *s = container_of(n, const struct gre_session,
	    by_own);
	struct gre_plane *g = arg;

	nl_begin(nl_of(g));
	put_in(g, s);
	if (s->out)
		put_out(g, s);
	(void)nl_commit(nl_of(g), NULL, 0);
	return true;
}

int
gre_ensure(struct gre_plane *g)
{
	unsigned was = device(g);
	int made = ha_tunnel_ensure(g->tunnels, &g->tunnels->gre);

	if (made < 0)
		return made;
	if (device(g) != was) {
		g->prio = 0;
		g->n_stale = 0;
	}
	choose_prio(g);
	if (device(g) != was)
		table_each(&g->by_own, put_again, g);
	return made;
}

bool
gre_is_used(const struct gre_plane *g)
{
	return g->tunnels->want_gre || table_count(&g->by_own) > 0;
}

uint64_t
gre_dropped(const struct gre_plane *g)
{
	return g->tunnels->gre.up ? nl_filter_drops(nl_of(g), device(g)) : 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Invariants of the addresses of mobile nodes behind access nodes, looked at
 * after every step: whose they are, why they come and go, where packets for
 * them go. doc/SIMULATION.md has the list.
 */
#include "tests/sim/sim_mobile.h"

#include <string.h>

#define CLAIMS_MOST	20000	/* thousandths: had/mn_int.h */
#define CLAIMS_RATE	2	/* a millisecond: two a second */

#define SAME(a, b)	(memcmp(a, b, sizeof(*(a))) == 0)

static int64_t
ha_now(const struct ha *h)
{
	return host_mono(&h->host).ns;
}

static bool
is_local(const struct in6_addr *a)
{
	return IN6_IS_ADDR_LINKLOCAL(a);
}

static struct subscriber *
owner_among(const struct ha_nodes *an, const struct in6_addr *a)
{
	unsigned i;

	for (i = 0; i < an->n_addrs; i++)
		if (SAME(&an->addr[i].a, a))
			return an->addr[i].u;
	return NULL;
}

struct subscriber *
addr_owner(const struct ha *h, const struct in6_addr *a)
{
	return h->nodes != NULL ? owner_among(h->nodes, a) : NULL;
}

bool
addr_is_entry(const struct mn *m, const struct in6_addr *a)
{
	const struct mn_addr *x;
	unsigned i;

	for (i = 0; i < m->n_addrs; i++) {
		x = &m->addrs[i];
		if (mn_addr_is_bound(m, x) &&
		    mn_addr_is_local(x) == is_local(a))
			return false;
	}
	return true;
}

/* Where it may have it. */
static const struct pool *
place_of(struct ha *h, const struct subscriber *u, const struct in6_addr *a)
{
	const struct peer *p = ha_binding(h, u)->peer;
	size_t i;

	if (is_local(a))
		return p->nodes->link;
	for (i = 0; i < p->n_pools; i++)
		if (pool_contains(p->pools[i], a))
			return p->pools[i];
	return NULL;
}

/* ---- why one is there, or is not any more ---- */

/* Has its mobile node just said it, or asked whether it is another's? */
static bool
was_said(const struct world *w, const struct subscriber *u,
    const struct in6_addr *a)
{
	const struct packet *p = w->step.p;

	if (w->step.by != BY_TUNNEL || w->step.u != u || p == NULL)
		return false;
	return memcmp(p->data + 8, a, sizeof(*a)) == 0 || (p->len >= 64 &&
	    p->data[ND6_HEADER_LEN] == 135 &&
	    memcmp(p->data + ND6_HEADER_LEN + 8, a, sizeof(*a)) == 0);
}

void
addr_count_claim(struct ha *h, const struct subscriber *u)
{
	struct mn_view *v = &h->nodes->view[u->index];
	int64_t now = ha_now(h);

	v->claims += (now - v->claims_at) / MS * CLAIMS_RATE;
	if (v->claims > CLAIMS_MOST)
		v->claims = CLAIMS_MOST;
	v->claims_at = now;
	v->claims -= 1000;
	if (v->claims < -2000)
		world_fail(h->host.w, "%s: u%u wants addresses too fast",
		    h->host.name, u->index);
}

static void
appeared(struct ha *h, const struct addr_view *x)
{
	if (!was_said(h->host.w, x->u, &x->a))
		world_fail(h->host.w, "%s: u%u has an address of which it has "
		    "said nothing", h->host.name, x->u->index);
	h->host.w->counts->addresses++;
	addr_count_claim(h, x->u);
}

/* The end of the prefix, as was advertised last, also at the host [D227]. */
static bool
is_over(const struct ha *h, const struct addr_view *x)
{
	const struct mn_view *v = &h->nodes->view[x->u->index];
	const struct plan *plan = &h->host.w->plan;
	int64_t now = ha_now(h), said = v->last_ra;

	/* The next one follows at once. */
	if (said == now)
		said = v->ra_before;
	return !x->local && plan->valid != UINT32_MAX && said != 0 &&
	    now >= said + (plan->valid + 2) * SECOND;
}

static void
vanished(struct ha *h, const struct addr_view *x)
{
	const struct ha_nodes *an = h->nodes;
	const struct mn *m = nodes_mn(h, x->u);
	const struct step *st = &h->host.w->step;

	/* Its binding has ended, for which there was a cause; or moved, where
	 * another kind of access nodes is. */
	if (m == NULL || m != an->view[x->u->index].mn)
		return;
	if (m->coa.s_addr != an->view[x->u->index].coa.s_addr &&
	    (an->failed || place_of(h, x->u, &x->a) != x->pool))
		return;
	if (st->by == BY_TIMER && st->host == &h->host && is_over(h, x)) {
		h->host.w->counts->addr_expired++;
		return;
	}
	if (an->failed && SAME(&an->failed_addr, &x->a))
		return;
	if (!x->bound && (an->no_dad || st->by == BY_HOME))
		return;
	world_fail(h->host.w, "%s: u%u loses an address, nothing calls for it",
	    h->host.name, x->u->index);
}

/* Nobody else had it there within the time that must be waited. */
static void
became_bound(struct ha *h, const struct addr_view *x)
{
	struct world *w = h->host.w;
	const struct home_probe *p;

	if (!w->plan.home_link)
		return;
	p = home_probe(&h->nodes->home, &x->a);
	if (p == NULL || p->answered || ha_now(h) - p->sent.ns <
	    DAD_RETRANS_MS * MS)
		world_fail(w, "%s: u%u has an address that may be another's",
		    h->host.name, x->u->index);
}

/* ---- how one is ---- */

static const struct addr_view *
before(const struct ha_nodes *an, const struct addr_view *x)
{
	unsigned i;

	for (i = 0; i < an->n_addrs; i++)
		if (an->addr[i].u == x->u && SAME(&an->addr[i].a, &x->a))
			return &an->addr[i];
	return NULL;
}

/* Its route is to where its mobile node is, and there is no other. */
static void
check_route(struct ha *h, const struct mn *m, const struct addr_view *x)
{
	struct world *w = h->host.w;
	const struct home_probe *p = w->plan.home_link ?
	    home_probe(&h->nodes->home, &x->a) : NULL;
	struct in_addr coa = { 0 };
	unsigned n;

	if (plane_find(h, &x->a, &coa, &n) == NULL) {
		if (x->bound && !x->local)
			world_fail(w, "%s: an address of u%u's has no route",
			    h->host.name, x->u->index);
		return;
	}
	if (n != 1 || coa.s_addr != m->coa.s_addr || x->local)
		world_fail(w, "%s: an address of u%u's has %u routes, or one "
		    "to somewhere else", h->host.name, x->u->index, n);
	if (p != NULL && p->answered)
		world_fail(w, "%s: packets for what another has go to u%u",
		    h->host.name, x->u->index);
}

/* ---- all of them ---- */

struct now {
	struct addr_view	 addr[VIEW_ADDRS];
	unsigned		 n, routed;
	uint64_t		 leased;
};

static void
look_at(struct ha *h, struct subscriber *u, const struct mn *m,
    const struct mn_addr *a, struct now *now)
{
	struct world *w = h->host.w;
	struct addr_view x = { .a = mn_addr_of(a), .u = u,
	    .bound = mn_addr_is_bound(m, a), .pool = a->at.pool,
	    .local = mn_addr_is_local(a) };
	const struct addr_view *old = before(h->nodes, &x);
	unsigned i;

	for (i = 0; i < now->n; i++)
		if (SAME(&now->addr[i].a, &x.a) && (now->addr[i].u == u ||
		    !x.local || w->plan.home_link))
			world_fail(w, "%s: u%u and u%u have the same address",
			    h->host.name, now->addr[i].u->index, u->index);
	if (now->n == VIEW_ADDRS ||
	    place_of(h, u, &x.a) != x.pool) {
		world_fail(w, "%s: u%u has too many addresses, or one that is "
		    "not of its link", h->host.name, u->index);
		return;
	}
	now->addr[now->n++] = x;
	if (old == NULL)
		appeared(h, &x);
	if (x.bound && (old == NULL || !old->bound))
		became_bound(h, &x);
	check_route(h, m, &x);
}

static void
look_at_mn(struct ha *h, struct subscriber *u, struct now *now)
{
	struct mn_view *v = &h->nodes->view[u->index];
	struct mn *m = nodes_mn(h, u);
	struct world *w = h->host.w;
	unsigned i;

	if (m != v->mn) {
		v->claims = CLAIMS_MOST;
		v->claims_at = ha_now(h);
		v->up = false;
		v->mn = m;
		v->coa.s_addr = m != NULL ? m->coa.s_addr : 0;
	}
	if (m == NULL) {
		v->last_ra = v->ra_before = v->ra_due = 0;
		return;
	}
	for (i = 0; i < m->n_addrs; i++)
		look_at(h, u, m, &m->addrs[i], now);
	if (m->n_addrs > MN_ADDRS_MAX)
		world_fail(w, "%s: u%u has %u addresses", h->host.name,
		    u->index, m->n_addrs);
	if (m->up && !v->up)
		v->up_at = ha_now(h);
	v->up = m->up;
	if (v->up && m->sock != NULL && v->last_ra < v->up_at &&
	    ha_now(h) > v->up_at)
		world_fail(w, "%s: says nothing to u%u, whose tunnel is there",
		    h->host.name, u->index);
	if (v->ra_due != 0 && ha_now(h) > v->ra_due)
		world_fail(w, "%s: does not answer u%u's solicitation",
		    h->host.name, u->index);
}

/* What is counted and leased is what there is. */
static void
check_counts(struct ha *h, const struct now *now)
{
	const struct ha_nodes *an = h->nodes;
	uint64_t used = 0;
	size_t mns = 0;
	unsigned i;

	for (i = 0; i < h->host.w->plan.n_users; i++)
		mns += an->view[i].mn != NULL;
	for (i = 0; i < NODE_POOLS; i++)
		used += h->pool[h->n_pools + i].used +
		    an->nodes[i].own_link.used;
	if (used != now->n || an->mns.n_addrs != now->n ||
	    table_count(&an->mns.by_coa) != mns ||
	    h->n_addr_routes > now->n)
		world_fail(h->host.w, "%s: %u addresses of %zu mobile nodes; "
		    "counted %zu, leased %llu, routed %u, care-of addresses "
		    "%zu", h->host.name, now->n, mns, an->mns.n_addrs,
		    (unsigned long long)used, h->n_addr_routes,
		    table_count(&an->mns.by_coa));
}

static void
check_gone(struct ha *h, const struct now *now)
{
	const struct ha_nodes *an = h->nodes;
	unsigned i, j;

	for (i = 0; i < an->n_addrs; i++) {
		const struct addr_view *x = &an->addr[i];

		for (j = 0; j < now->n; j++)
			if (now->addr[j].u == x->u &&
			    SAME(&now->addr[j].a, &x->a))
				break;
		if (j == now->n)
			vanished(h, x);
	}
}

void
addr_watch(struct ha *h)
{
	struct ha_nodes *an = h->nodes;
	struct world *w = h->host.w;
	struct now now = { .n = 0 };
	unsigned i;

	if (an == NULL || w->step.host != &h->host)
		return;
	for (i = 0; i < w->plan.n_users; i++)
		look_at_mn(h, &w->user[i], &now);
	check_counts(h, &now);
	check_gone(h, &now);
	for (i = 0; i < w->plan.n_users; i++)
		if (an->view[i].mn != NULL)
			an->view[i].coa = an->view[i].mn->coa;
	memcpy(an->addr, now.addr, now.n * sizeof(now.addr[0]));
	an->n_addrs = now.n;
	an->failed = an->no_dad = false;
	an->detached = NULL;
	an->said_in_use = an->said_router = 0;
}

void
addr_forget(struct ha *h)
{
	if (h->nodes == NULL)
		return;
	h->nodes->n_addrs = 0;
	memset(h->nodes->view, 0, h->host.w->plan.n_users *
	    sizeof(*h->nodes->view));
}

/* ---- its binding ---- */

const char *
addr_unsound(struct ha *h, const struct subscriber *u,
    const struct binding *b)
{
	const struct world *w = h->host.w;

	if (b->lease.at.pool != NULL)
		return "a lease";
	if (b->mn == NULL || b->mn->binding != b ||
	    mn_at(&h->nodes->mns, b->coa, binding_gre(b).peer) != b->mn)
		return "no mobile node, or another one";
	if (b->lifetime > (u->realm == 0 || !w->plan.realms ?
	    w->plan.max_lifetime : w->plan.realm_lifetime) ||
	    b->lifetime > w->plan.valid)
		return "a longer lifetime than its prefix or realm allows";
	if (b->mn->up && b->state != BINDING_BOUND)
		return "a mobile node that is up too early";
	return NULL;
}

/* ---- a network at rest ---- */

/* What its mobile node uses its home agent knows, unless prefixes end before
 * they are advertised anew. */
static void
check_used(struct world *w, const struct sess *s, const struct mobile *m)
{
	const struct mn *mn = nodes_mn(s->ha, s->u);
	const struct binding *b = ha_binding(s->ha, s->u);
	unsigned i;
	size_t k;

	for (i = 0; i < m->n_addrs && mn->n_addrs < MN_ADDRS_MAX; i++) {
		const struct mobile_addr *a = &m->addr[i];
		bool ours = is_local(&a->a);

		for (k = 0; k < b->peer->n_pools; k++)
			ours |= pool_contains(b->peer->pools[k], &a->a);
		if (!a->valid || !ours || w->now - a->probed < 20 * SECOND ||
		    w->plan.valid < w->plan.ra_interval ||
		    nodes_addr(mn, &a->a) != NULL)
			continue;
		world_fail(w, "at rest: %s does not know an address of u%u's",
		    s->ha->host.name, s->u->index);
	}
}

void
addr_agreement(struct world *w, const struct subscriber *u)
{
	const struct mobile *m = u->mobile;
	const struct sess *s = m->at != NULL ? m->at->session : NULL;

	if (m->at == NULL && u->sessions != NULL)
		world_fail(w, "at rest: u%u is nowhere and has a session",
		    u->index);
	if (m->at != NULL && s == NULL)
		world_fail(w, "at rest: u%u is at %s and has no session",
		    u->index, m->at->nas->host.name);
	if (s == NULL || s->state != SESSION_UP || !check_is_current(s))
		return;
	if (m->at->carry != NODE_CARRY_BOTH)
		world_fail(w, "at rest: u%u's link is not bridged", u->index);
	check_used(w, s, m);
}

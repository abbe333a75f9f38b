/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Invariants of bindings, looked at after every step. The watcher keeps its own
 * view of what each home agent held before, so that every change has to have a
 * cause: the step that was just taken.
 */
#include "tests/sim/sim_mobile.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "had/revoke.h"

#define FLAP_SPAN	(60 * SECOND)	/* D50 */
#define SWEEP		50000		/* steps, where users are many */

#define SAME(a, b)	(memcmp(a, b, sizeof(*(a))) == 0)

static int64_t
ha_now(const struct ha *h)
{
	return host_mono(&h->host).ns;
}

/* ---- prefixes, of bindings and held ones ---- */

static bool
eq_prefix(const struct table_node *n, const void *key)
{
	const struct view *v = container_of(n, struct view, by_prefix),
	    *k = key;

	return v->len == k->len && SAME(&v->prefix, &k->prefix);
}

static uint64_t
hash_prefix(struct ha *h, const struct view *v)
{
	return table_hash(&h->by_prefix, &v->prefix, sizeof(v->prefix));
}

static int64_t
hold_of(const struct ha *h)
{
	return (int64_t)h->host.w->plan.hold * SECOND;
}

/* Is what v had kept for it? Of a router's subscribers not more than it may
 * have bindings [D82]. */
static bool
is_held(const struct ha *h, const struct view *v)
{
	return ha_now(h) < v->ended + hold_of(h) &&
	    h->host.w->plan.max_bindings >= h->host.w->plan.n_users;
}

/* Is a prefix that v had still promised to it? While there are others, or
 * always. */
static bool
is_promised(const struct ha *h, const struct view *v)
{
	const struct pool *p = v->pool;

	return is_held(h, v) && (p->hold_strict || p->used < p->capacity);
}

/* v has a prefix that it did not have: nobody else may have it, nor have had
 * it until just now. */
static void
take_prefix(struct ha *h, struct view *v)
{
	uint64_t hash = hash_prefix(h, v);
	struct table_node *n = table_find(&h->by_prefix, hash, eq_prefix, v);
	struct world *w = h->host.w;
	struct view *other;

	if (n != NULL) {
		other = container_of(n, struct view, by_prefix);
		if (other->holds)
			world_fail(w, "%s: u%u and u%u share a home prefix",
			    h->host.name, v->u->index, other->u->index);
		else if (!v->u->fixed && is_promised(h, other))
			world_fail(w, "%s: u%u is given a prefix that is held "
			    "for u%u", h->host.name, v->u->index,
			    other->u->index);
		table_remove(&h->by_prefix, n);
		other->known = false;
	}
	table_insert(&h->by_prefix, &v->by_prefix, hash);
	v->known = true;
}

static void
leave_prefix(struct ha *h, struct view *v)
{
	if (v->known)
		table_remove(&h->by_prefix, &v->by_prefix);
	v->known = false;
}

/* How often what was held for one was given to another. */
static uint64_t
reclaimed(const struct ha *h)
{
	uint64_t n = 0;
	unsigned i;

	for (i = 0; i < h->n_pools; i++)
		n += h->pool[i].reclaimed;
	return n;
}

/* ---- why something changed ---- */

/* In this step the home agent was told that another node has the address: it
 * asks itself again. */
static bool
is_asked_again(const struct step *st, const struct ha *h,
    const struct subscriber *u)
{
	return st->by == BY_PLANE && st->host == &h->host && st->u == u &&
	    h->dp_in_use && st->parsed;
}

/* A request of the subscriber itself, not the attacker's. */
static const struct mip4_rrq *
request(const struct step *st, const struct ha *h, const struct subscriber *u)
{
	if (is_asked_again(st, h, u))
		return &st->msg.rrq;
	if (st->by != BY_PACKET || st->host != &h->host || st->u != u ||
	    st->p->attack || !st->parsed || st->msg.type != MIP4_RRQ)
		return NULL;
	return &st->msg.rrq;
}

/* Does a deregistration end what a newer session stands on? With one clock a
 * NAS's Identifications grow, so it can not; when clocks are set, one that was
 * sent before the request for that can [D127]. */
static bool
was_wanted(struct ha *h, struct subscriber *u, const struct view *v)
{
	const struct world *w = h->host.w;
	const struct sess *s;

	if (w->plan.clocks && w->step.p->origin.sent < v->made.sent)
		return false;
	for (s = u->sessions; s != NULL; s = s->next)
		if (s->ha == h && s->coa.s_addr == v->coa.s_addr &&
		    s->state > SESSION_REGISTERING &&
		    s->state < SESSION_CLOSING && SAME(&s->hoa, &v->hoa))
			return true;
	return false;
}

/* The agent at a care-of address that was left is told so. */
static void
check_told(struct ha *h, const struct subscriber *u, const struct view *v)
{
	const struct binding *b = ha_binding(h, u);

	if (v->bound && v->negotiated && (b == NULL ||
	    !revoke_has_left(h->reg.revoker, b, v->coa)))
		world_fail(h->host.w, "%s: u%u's binding ends, its agent is "
		    "not told", h->host.name, u->index);
}

/* One of its addresses is another's [D32]. */
static bool
is_detached(const struct ha *h, const struct subscriber *u)
{
	return h->nodes != NULL && h->nodes->detached == u;
}

static void
check_end(struct ha *h, struct subscriber *u, const struct view *v)
{
	struct world *w = h->host.w;
	const struct step *st = &w->step;
	const struct mip4_rrq *rq = request(st, h, u);
	int64_t end = v->until;

	if (rq != NULL && rq->lifetime == 0 &&
	    rq->coa.s_addr == v->coa.s_addr &&
	    (st->msg.ext.n_hoa == 0 || SAME(&st->msg.ext.hoa, &v->hoa))) {
		if (was_wanted(h, u, v))
			world_fail(w, "%s: a late deregistration ends u%u's "
			    "new binding", h->host.name, u->index);
		return;
	}
	if (st->by == BY_TIMER && st->host == &h->host && v->bound &&
	    ha_now(h) >= end)
		return;
	if (st->by == BY_OPERATOR || is_detached(h, u))
		check_told(h, u, v);
	if (st->by == BY_OPERATOR || h->dp_failed || is_detached(h, u))
		return;
	world_fail(w, "%s: u%u's binding ends, nothing calls for it",
	    h->host.name, u->index);
}

/* At most flap_limit moves in any minute. */
static void
check_move(struct ha *h, struct subscriber *u, struct view *v)
{
	struct world *w = h->host.w;
	unsigned limit = w->plan.flap_limit;
	int64_t *slot;

	w->counts->moved++;
	if (limit == 0)
		return;
	if (v->moves == NULL &&
	    (v->moves = calloc(limit, sizeof(*v->moves))) == NULL)
		abort();
	slot = &v->moves[v->n_moves++ % limit];
	if (v->n_moves > limit && ha_now(h) - *slot < FLAP_SPAN)
		world_fail(w, "%s: u%u moves too often", h->host.name,
		    u->index);
	*slot = ha_now(h);
}

/* The rule of addresses, doc/SIMULATION.md. */
static void
check_address(struct ha *h, struct subscriber *u, const struct view *v,
    const struct binding *b)
{
	struct world *w = h->host.w;
	const struct mip4_exts *e = &w->step.msg.ext;
	const struct in6_addr prefix = lease_addr(&b->lease);
	struct iid iid = iid_of(&b->hoa);
	bool free = h->dp_in_use;	/* to change */

	/* a renewal that names an older one may bring it back [D51] */
	if (!free && v->known && !SAME(&v->prefix, &prefix) && (v->holds ||
	    (e->n_hoa == 0 && v->reclaimed == reclaimed(h) &&
	    is_held(h, v))))
		world_fail(w, "%s: u%u's home prefix changes", h->host.name,
		    u->index);
	if (e->n_hoa && !SAME(&e->hoa, &b->hoa))
		world_fail(w, "%s: u%u renews and gets another home address",
		    h->host.name, u->index);
	if (e->n_hoa_req && !iid_is_zero(e->hoa_req_iid) &&
	    !iid_equal(e->hoa_req_iid, iid))
		world_fail(w, "%s: u%u gets another identifier than asked for",
		    h->host.name, u->index);
	if (e->n_hoa_req && iid_is_zero(e->hoa_req_iid) && v->holds && !free &&
	    !v->behind_node && !SAME(&v->hoa, &b->hoa))
		world_fail(w, "%s: u%u's home address changes without need",
		    h->host.name, u->index);
}

/* ---- one subscriber at one home agent ---- */

static bool
has_prefix(const struct view *v, const struct binding *b)
{
	struct in6_addr prefix;

	if (b->behind_node)
		return v->behind_node;
	prefix = lease_addr(&b->lease);
	return !v->behind_node && SAME(&v->prefix, &prefix);
}

static uint64_t
fixed_part(const struct pool *p, const struct subscriber *u)
{
	uint64_t part = 0;
	unsigned i;

	for (i = 0; i < 8; i++)
		part = part << 8 | p->prefix.s6_addr[i];
	return part | (u->index & (p->capacity - 1));
}

/* Of every binding. */
static const char *
unsound(struct ha *h, const struct binding *b)
{
	if (peer_find(&h->peers, b->coa) != b->peer)
		return "another peer's care-of address";
	if (b->state == BINDING_BOUND && (b->route == NULL ||
	    !ha_routed(b->route, b)))
		return "no route, or one to somewhere else";
	if (b->state == BINDING_BOUND &&
	    !mono_before((mono_t){ ha_now(h) - 1 }, b->until))
		return "no lifetime left";
	return NULL;
}

static void
check_sound(struct ha *h, const struct subscriber *u, const struct binding *b)
{
	struct world *w = h->host.w;
	const char *what = NULL;
	struct in6_addr prefix;

	if (b->lease.at.pool != NULL)
		prefix = lease_addr(&b->lease);
	if (b->behind_node)
		what = addr_unsound(h, u, b);
	else if (b->lease.at.pool == NULL || lease_is_held(&b->lease))
		what = "no lease";
	else if (memcmp(&b->hoa, &prefix, b->lease.at.pool->mode ==
	    POOL_UNIQUE ? 8 : 16) != 0)
		what = "an address outside its lease";
	else if (b->lease.at.pool != &h->pool[(b->lease.at.pool->mode ==
	    POOL_SHARED) + (w->plan.realms ? 2 * u->realm : 0)])
		what = "a lease of another realm";
	else if (b->lifetime > (u->realm == 0 ? w->plan.max_lifetime :
	    w->plan.realm_lifetime))
		what = "a longer lifetime than its realm allows";
	else if (u->fixed && b->lease.at.part !=
	    fixed_part(b->lease.at.pool, u))
		what = "another prefix than is fixed";
	if (what == NULL)
		what = unsound(h, b);
	if (what != NULL)
		world_fail(w, "%s: u%u's binding has %s", h->host.name,
		    u->index, what);
}

static void
changed(struct ha *h, struct subscriber *u, struct view *v,
    const struct binding *b)
{
	struct world *w = h->host.w;
	const struct mip4_rrq *rq = request(&w->step, h, u);
	bool moved = v->holds && v->coa.s_addr != b->coa.s_addr;
	struct in6_addr prefix;

	if (rq == NULL || rq->lifetime == 0 ||
	    rq->coa.s_addr != b->coa.s_addr) {
		world_fail(w, "%s: u%u's binding %s, nothing calls for it",
		    h->host.name, u->index, v->holds ? "changes" : "appears");
		return;
	}
	if (h->reg.drained && !v->holds && w->step.msg.ext.n_hoa == 0)
		world_fail(w, "%s: takes u%u though it is drained",
		    h->host.name, u->index);
	if (moved) {
		check_move(h, u, v);
		check_told(h, u, v);
	}
	if (!b->behind_node)
		check_address(h, u, v, b);
	if (v->holds)
		check_left(h, u, v->coa, &v->hoa, moved ? "it has moved" :
		    "it has another address");
	v->coa = b->coa;
	v->hoa = watch_hoa(b);
	v->holds = true;
	v->behind_node = b->behind_node;
	if (b->behind_node) {
		leave_prefix(h, v);
		return;
	}
	prefix = lease_addr(&b->lease);
	if (!v->known || !SAME(&v->prefix, &prefix)) {
		leave_prefix(h, v);
		v->prefix = prefix;
		v->pool = b->lease.at.pool;
		v->len = pool_route_len(b->lease.at.pool);
		take_prefix(h, v);
	}
}

/* The lifetime, for the router: it counts from when it sent the request. */
static bool
is_over(const struct view *v, const struct world *w)
{
	int64_t life = v->lifetime * SECOND;

	if (w->plan.drift)
		life -= life / 4000;
	return w->now >= v->made.sent + life;
}

/*
 * A router that has a binding here forgets it only when its lifetime is over
 * or it has given up deregistering, for a session (watch_given_up) or without
 * one, which a timer of its says, or has restarted: or else nobody would ever
 * end what its subscriber has left, at this home agent or for another one
 * [D64]. What it has once forgotten it does not know of only because
 * it is registering the same subscriber; nor what an overtaken request of its
 * own has made of it.
 */
static void
check_known(struct ha *h, const struct subscriber *u, struct view *v,
    bool accepted)
{
	struct world *w = h->host.w;
	const struct host *n = net_host(w, v->coa);
	const struct step *st = &w->step;
	bool was = (v->minded && v->made.boot == n->boot) || accepted, is,
	    gives_up;

	/* Where users are many that step may not have been looked at. */
	gives_up = v->orphaned && !w->plan.calm &&
	    ((st->by == BY_TIMER && st->host == n) ||
	    w->plan.n_users > MANY_USERS);
	is = n->up && v->made.boot == n->boot &&
	    nas_knows(&w->nas[n->index], u, h, v->coa, &v->orphaned);
	v->minded = was && is;
	/* Who exports it leaves it to the one that imports it. */
	if (net_coa_user(w, v->coa) != NULL &&
	    u->mobile->link[n->index].given_away)
		return;
	if (!was || is || accepted || gives_up || !n->up || !v->bound ||
	    v->overtaken || is_over(v, w))
		return;
	world_fail(w, "%s: %s does not know any more of u%u's binding",
	    h->host.name, n->name, u->index);
}

/*
 * Was this step's request accepted? A router's are in the order in which it
 * sent them: only when a clock was set can the Identification of an earlier
 * one be the higher one.
 */
static bool
is_accepted(struct ha *h, const struct subscriber *u, struct view *v,
    const struct binding *b)
{
	struct world *w = h->host.w;
	const struct step *st = &w->step;
	const struct mip4_rrq *rq = request(st, h, u);
	const struct origin *from;
	int64_t *newest;

	if (rq == NULL || st->by != BY_PACKET || b == NULL ||
	    b->last_id != rq->id || b->memo.code > MIP4_ACCEPTED_NO_SIMUL)
		return false;
	from = &st->p->origin;
	newest = &v->newest[net_place(w, st->p->src)];
	if (rq->lifetime > 0) {
		v->made = *from;
		v->overtaken = from->sent < *newest;
	}
	if (from->sent >= *newest)
		*newest = from->sent;
	else if (!w->plan.clocks)
		world_fail(w, "%s: accepts an overtaken request of u%u's",
		    h->host.name, u->index);
	return true;
}

static void
look(struct ha *h, struct subscriber *u)
{
	struct binding *b = ha_binding(h, u);
	struct view *v = &h->view[u->index];
	struct world *w = h->host.w;
	struct in6_addr hoa;
	bool accepted;

	v->u = u;
	/* Nor is it held for anybody: it is barred. */
	if (h->dp_in_use && w->step.u == u)
		leave_prefix(h, v);
	accepted = is_accepted(h, u, v, b);
	if (b == NULL || b->state == BINDING_IDLE) {
		if (v->holds) {
			check_end(h, u, v);
			check_left(h, u, v->coa, &v->hoa, "it was ended");
			v->ended = ha_now(h);
			v->reclaimed = reclaimed(h);
		}
		v->holds = v->bound = v->minded = false;
		/* With the record its moves are forgotten. */
		if (b == NULL)
			v->n_moves = 0;
		return;
	}
	check_sound(h, u, b);
	if (b->lease.at.pool == NULL && !b->behind_node)
		return;
	hoa = watch_hoa(b);
	if (!v->holds || v->coa.s_addr != b->coa.s_addr ||
	    !SAME(&v->hoa, &hoa) || !has_prefix(v, b))
		changed(h, u, v, b);
	else if (v->bound && v->until != b->until.ns &&
	    w->step.by != BY_PLANE && request(&w->step, h, u) == NULL)
		world_fail(w, "%s: u%u's lifetime begins anew, nothing calls "
		    "for it", h->host.name, u->index);
	v->bound = b->state == BINDING_BOUND;
	v->negotiated = b->negotiated;
	v->until = b->until.ns;
	v->lifetime = b->lifetime;
	if (!w->failed)
		check_known(h, u, v, accepted);
}

static void
look_everywhere(struct world *w, struct subscriber *u)
{
	unsigned i;

	for (i = 0; i < w->plan.n_has; i++)
		if (w->ha[i].host.up)
			look(&w->ha[i], u);
	check_sessions(w, u);
}

/* Every route has its binding. */
static bool
count_route(struct table_node *n, void *arg)
{
	unsigned *routes = arg;

	*routes += container_of(n, struct binding, by_nai)->route != NULL;
	return true;
}

static void
check_routes(struct ha *h)
{
	unsigned n = 0;

	table_each(&h->bindings.by_nai, count_route, &n);
	if (n != h->n_routes)
		world_fail(h->host.w, "%s: %u routes of %u bindings",
		    h->host.name, h->n_routes, n);
}

void
watch_sweep(struct world *w)
{
	unsigned i;

	for (i = 0; i < w->plan.n_users; i++)
		look_everywhere(w, &w->user[i]);
	for (i = 0; i < w->plan.n_has; i++)
		if (w->ha[i].host.up)
			check_routes(&w->ha[i]);
	w->until_sweep = SWEEP;
}

void
watch_step(struct world *w)
{
	struct subscriber *u;
	unsigned i;

	if (w->plan.n_users <= MANY_USERS || w->until_sweep-- == 0)
		watch_sweep(w);
	while ((u = w->touched) != NULL) {
		w->touched = u->next_touched;
		u->touched = false;
		if (w->plan.n_users > MANY_USERS)
			look_everywhere(w, u);
	}
	for (i = 0; i < w->plan.n_has; i++) {
		if (w->ha[i].host.up)
			addr_watch(&w->ha[i]);
		w->ha[i].dp_failed = w->ha[i].dp_in_use = false;
	}
}

void
watch_ha_lost(struct ha *h)
{
	unsigned i;

	for (i = 0; i < h->host.w->plan.n_users; i++) {
		struct view *v = &h->view[i];

		if (v->holds)
			check_left(h, &h->host.w->user[i], v->coa, &v->hoa,
			    "home agent restarted");
		leave_prefix(h, v);
		v->holds = v->bound = v->minded = v->behind_node = false;
		v->n_moves = 0;
		memset(v->revoked, 0, sizeof(v->revoked));
		memset(v->waits, 0, sizeof(v->waits));
	}
	addr_forget(h);
}

struct in6_addr
watch_hoa(const struct binding *b)
{
	return b->behind_node ? in6addr_any : b->hoa;
}

/* Not if it goes on without its session [D64]. */
void
watch_given_up(const struct sess *s)
{
	struct view *v = &s->ha->view[s->u->index];
	bool orphaned;

	if (v->coa.s_addr == s->coa.s_addr &&
	    !nas_knows(s->nas, s->u, s->ha, s->coa, &orphaned))
		v->minded = false;
}

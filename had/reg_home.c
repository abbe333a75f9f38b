/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which home address a request gets [PROTOCOLS 8.1 row 12, 10.1, 10.2, 11.4;
 * RFC 5446; D43, D51, D70-D74]. Part of reg. Nothing is changed here but that
 * a prefix held for another subscriber may be taken from it; reg_act does the
 * rest.
 */
#define LOG_MODULE "reg"
#include "had/reg_int.h"

#include <errno.h>
#include <string.h>

#include "had/had_config.h"

/* The pools that a subscriber may get something from, in order. */
struct offer {
	struct pool	*const *pools;
	size_t		 n;
	struct pool	*hinted;	/* one of these, or NULL */
};

/* Its own pool, or its realm's, or the peer's [D70]. */
static void
make_offer(const struct rq *rq, struct offer *o)
{
	o->hinted = NULL;
	if (rq->user && rq->user->home.pool) {
		o->pools = &rq->user->home.pool;
		o->n = 1;
	} else if (rq->realm) {
		o->pools = rq->realm->pools;
		o->n = rq->realm->n_pools;
	} else {
		o->pools = rq->peer->pools;
		o->n = rq->peer->n_pools;
	}
}

/* What is offered is always within what the peer may give. */
static bool
offers(const struct rq *rq, const struct offer *o, const struct pool *p)
{
	size_t i;

	for (i = 0; i < o->n; i++)
		if (o->pools[i] == p)
			return peer_has_pool(rq->peer, p);
	return false;
}

/* The hint was not followed: counted, and logged within limits, as somebody
 * has misspelt something. */
static void
hint_missed(struct reg *r, struct rq *rq, bool known)
{
	char name[64];
	size_t n = rq->msg.ext.service_len;
	unsigned swallowed;

	if (known) {
		r->stats.hint_not_offered++;
		rq->peer->stats.hint_not_offered++;
	} else {
		r->stats.hint_unknown++;
		rq->peer->stats.hint_unknown++;
	}
	if (!reg_may_log(r, rq->peer, &swallowed))
		return;
	n = n < sizeof(name) ? n : sizeof(name) - 1;
	memcpy(name, rq->msg.ext.service, n);
	name[n] = '\0';
	log_info(rq->subject, "%s: asks for pool \"%s\", which is not %s",
	    rq->peer->name, name, known ? "on offer" : "known");
	reg_log_swallowed(rq->peer, swallowed);
}

/* Service Selection [RFC 5446, D73]. Of a subscriber with a pool of its own it
 * says nothing. */
static int
take_hint(struct reg *r, struct rq *rq, struct offer *o)
{
	const struct mip4_exts *e = &rq->msg.ext;
	struct pool *p;

	if (r->conf->hint == HAD_HINT_IGNORE || e->off_service == 0 ||
	    e->off_service >= rq->covered || (rq->user && rq->user->home.pool))
		return ROW_PASS;
	/* Renewals bring it, too; but what they want is what they have. */
	if (r->conf->hint == HAD_HINT_PREFER && e->n_hoa)
		return ROW_PASS;
	p = pool_named(r->pools, (const char *)e->service, e->service_len);
	if (p && offers(rq, o, p)) {
		r->stats.hint_followed++;
		rq->peer->stats.hint_followed++;
		o->hinted = p;
	} else {
		hint_missed(r, rq, p != NULL);
	}
	if (r->conf->hint == HAD_HINT_PREFER)
		return ROW_PASS;
	if (!o->hinted) {
		rq->why = p ? "asks for a pool not on offer" :
		    "asks for an unknown pool";
		return MIP4_HA_SERVICE;
	}
	o->pools = &o->hinted;
	o->n = 1;
	return ROW_PASS;
}

/* Something free of the pools of a mode, in their order; what is held for
 * others only when all are full. -ENOENT: there is no such pool, -ENOSPC. */
static int
choose(struct reg *r, struct rq *rq, const struct offer *o,
    enum pool_mode mode, struct home *h)
{
	const struct binding *b = rq->b;
	int err = -ENOENT;
	size_t i;

	for (i = 0; i < 2 * o->n; i++) {
		h->pool = o->pools[i % o->n];
		if (h->pool->mode != mode || !peer_has_pool(rq->peer, h->pool))
			continue;
		err = i < o->n ? pool_pick(r->pools, h->pool, b->nai,
		    b->nai_len, &h->addr) :
		    pool_reclaim(r->pools, h->pool, &h->addr);
		if (err == 0)
			return 0;
		if (i >= o->n)
			h->pool->denied++;
	}
	return err;
}

/* Before all others the pool asked for, unless the subscriber is bound or has
 * something of it. */
static bool
choose_hinted(struct reg *r, struct rq *rq, const struct offer *o,
    struct home *h)
{
	const struct binding *b = rq->b;

	h->pool = o->hinted;
	return h->pool && b->state == BINDING_IDLE &&
	    b->lease.at.pool != h->pool && pool_pick(r->pools, h->pool, b->nai,
	    b->nai_len, &h->addr) == 0;
}

static int
no_pool(struct rq *rq, int err)
{
	if (err == -ENOENT) {
		rq->why = "no pool for this here";
		return MIP4_HA_PROHIBITED;
	}
	rq->why = "its pools are full";
	return MIP4_HA_RESOURCES;
}

static bool
has_mode(const struct pool *p, enum pool_mode mode)
{
	return p && p->mode == mode;
}

/* 120 with an identifier: a prefix of its own, and this address in it. The
 * prefix stays the same as long as there is one [D43]. */
static int
home_unique(struct reg *r, struct rq *rq, const struct offer *o,
    struct home *h)
{
	const struct lease *l = &rq->b->lease;
	int err;

	if (has_mode(o->hinted, POOL_UNIQUE) && choose_hinted(r, rq, o, h)) {
		/* that is it */
	} else if (has_mode(l->at.pool, POOL_UNIQUE) &&
	    offers(rq, o, l->at.pool)) {
		h->keep = true;
		h->addr = lease_addr(l);
	} else {
		err = choose(r, rq, o, POOL_UNIQUE, h);
		if (err)
			return no_pool(rq, err);
	}
	h->hoa = iid_join(&h->addr, rq->msg.ext.hoa_req_iid);
	return ROW_PASS;
}

/* 120 with identifier 0: an address of our choice, shared if we can. One in
 * use is kept: the request may be a renewal [PROTOCOLS 10.1]. */
static int
home_any(struct reg *r, struct rq *rq, const struct offer *o, struct home *h)
{
	const struct binding *b = rq->b;
	struct pool *had = b->lease.at.pool;
	bool mine = had && offers(rq, o, had);
	int err = 0;

	if (mine && b->state != BINDING_IDLE) {
		h->keep = true;
		h->hoa = b->hoa;
		return ROW_PASS;
	}
	if (choose_hinted(r, rq, o, h)) {
		/* that is it */
	} else if (mine && (had->mode == POOL_SHARED || had == o->hinted)) {
		h->keep = true;
	} else if (choose(r, rq, o, POOL_SHARED, h) != 0) {
		h->keep = mine;
		err = mine ? 0 : choose(r, rq, o, POOL_UNIQUE, h);
	}
	if (err)
		return no_pool(rq, err);
	if (h->keep) {
		h->pool = had;
		h->addr = lease_addr(&b->lease);
	}
	h->hoa = h->pool->mode == POOL_SHARED ? h->addr :
	    iid_join(&h->addr, iid_random());
	return ROW_PASS;
}

/* What is fixed is reserved for the subscriber, unless AAA has said so only
 * now: then another may have it, which counts if it is in use. 0 or -errno. */
static int
fixed_is_free(struct reg *r, const struct user *u)
{
	struct lease *other;
	int err;

	err = pool_check(r->pools, u->home.pool, &u->home.addr, &u->reserved);
	if (err != -EEXIST)
		return err;
	other = pool_find(r->pools, u->home.pool, &u->home.addr);
	if (!other || !lease_is_held(other))
		return err;
	pool_evict(r->pools, other);
	return 0;
}

static int
home_fixed(struct reg *r, struct rq *rq, struct home *h)
{
	const struct user *u = rq->user;
	const struct binding *b = rq->b;
	struct iid iid = rq->msg.ext.hoa_req_iid;
	int err;

	h->pool = u->home.pool;
	h->addr = u->home.addr;
	h->keep = b->lease.at.pool == h->pool && pool_find(r->pools, h->pool,
	    &h->addr) == &b->lease;
	err = h->keep ? 0 : fixed_is_free(r, u);
	if (err) {
		rq->why = err == -EEXIST ? "another has its home address" :
		    "its home address is not for use";
		return err == -EEXIST ? MIP4_HA_RESOURCES :
		    MIP4_HA_PROHIBITED;
	}
	if (h->pool->mode == POOL_SHARED)
		h->hoa = h->addr;
	else if (!iid_is_zero(iid))
		h->hoa = iid_join(&h->addr, iid);
	else if (h->keep && b->state != BINDING_IDLE)
		h->hoa = b->hoa;
	else
		h->hoa = iid_join(&h->addr, iid_random());
	return ROW_PASS;
}

/* 221: the home address of a binding, or of one that we have forgotten
 * [D51]. */
static int
home_given(struct reg *r, struct rq *rq, const struct offer *o,
    struct home *h)
{
	const struct in6_addr *hoa = &rq->msg.ext.hoa;
	const struct binding *b = rq->b;

	rq->why = "not this subscriber's home address";
	h->hoa = *hoa;
	if (b->state != BINDING_IDLE) {
		h->keep = !b->behind_node &&
		    IN6_ARE_ADDR_EQUAL(hoa, &b->hoa) &&
		    peer_has_pool(rq->peer, b->lease.at.pool);
		if (!h->keep)
			return MIP4_HA_PROHIBITED;
		if (!o->hinted || o->hinted == b->lease.at.pool)
			return ROW_PASS;
		rq->why = "asks for another pool than it has";
		return MIP4_HA_SERVICE;
	}
	h->pool = pool_of(r->pools, hoa);
	if (!h->pool || !offers(rq, o, h->pool))
		return MIP4_HA_PROHIBITED;
	h->keep = b->lease.at.pool && pool_find(r->pools, h->pool, hoa) ==
	    &b->lease;
	h->addr = *hoa;
	if (!h->keep && pool_check(r->pools, h->pool, hoa,
	    rq->user ? &rq->user->reserved : NULL))
		return MIP4_HA_PROHIBITED;
	return ROW_PASS;
}

/* Does what is fixed for a subscriber allow this request? */
static int
row_fixed(struct rq *rq)
{
	const struct user_home *home = &rq->user->home;
	const struct mip4_exts *e = &rq->msg.ext;
	const struct pool *p = home->pool;

	if (!peer_has_pool(rq->peer, p)) {
		rq->why = "its pool is not for this peer";
		return MIP4_HA_PROHIBITED;
	}
	if (e->n_hoa && memcmp(&e->hoa, &home->addr,
	    pool_route_len(p) / 8) != 0) {
		rq->why = "not its fixed home address";
		return MIP4_HA_PROHIBITED;
	}
	if (!e->n_hoa && !iid_is_zero(e->hoa_req_iid) &&
	    p->mode == POOL_SHARED) {
		rq->why = "has a fixed address, not a prefix";
		return MIP4_HA_PROHIBITED;
	}
	return ROW_PASS;
}

int
reg_home(struct reg *r, struct rq *rq, struct home *h)
{
	const struct mip4_exts *e = &rq->msg.ext;
	struct offer o;
	int v;

	memset(h, 0, sizeof(*h));
	rq->realm = r->realms ? realm_find(r->realms, e->nai, e->nai_len) :
	    NULL;
	if (rq->user && rq->user->home.fixed &&
	    (rq->b->state == BINDING_IDLE || !e->n_hoa)) {
		v = row_fixed(rq);
		if (v != ROW_PASS)
			return v;
		if (!e->n_hoa)
			return home_fixed(r, rq, h);
	}
	make_offer(rq, &o);
	v = take_hint(r, rq, &o);
	if (v != ROW_PASS)
		return v;
	if (e->n_hoa)
		return home_given(r, rq, &o, h);
	if (!iid_is_zero(e->hoa_req_iid))
		return home_unique(r, rq, &o, h);
	return home_any(r, rq, &o, h);
}

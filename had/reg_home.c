/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which home address a request gets [PROTOCOLS 8.1 row 12, 10.1, 10.2, 11.4;
 * D43, D51, D70]. Part of reg. Nothing is changed here but that a prefix held
 * for another subscriber may be taken from it; reg_act does the rest.
 */
#define LOG_MODULE "reg"
#include "had/reg_int.h"

#include <errno.h>
#include <string.h>

/* The pools that a subscriber may get something from, in order. */
struct offer {
	struct pool	*const *pools;
	size_t		 n;
};

static bool
peer_has_pool(const struct peer *p, const struct pool *pool)
{
	size_t i;

	for (i = 0; i < p->n_pools; i++)
		if (p->pools[i] == pool)
			return true;
	return false;
}

static void
make_offer(const struct rq *rq, struct offer *o)
{
	o->pools = rq->peer->pools;
	o->n = rq->peer->n_pools;
	if (rq->user && rq->user->home.pool) {
		o->pools = &rq->user->home.pool;
		o->n = 1;
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

/* 120 with an identifier: a prefix of its own, and this address in it. The
 * prefix stays the same as long as there is one [D43]. */
static int
home_unique(struct reg *r, struct rq *rq, const struct offer *o,
    struct home *h)
{
	const struct lease *l = &rq->b->lease;
	struct iid iid = rq->msg.ext.hoa_req_iid;
	int err;

	if (l->pool && l->pool->mode == POOL_UNIQUE &&
	    offers(rq, o, l->pool)) {
		h->keep = true;
		h->addr = lease_addr(l);
	} else {
		err = choose(r, rq, o, POOL_UNIQUE, h);
		if (err) {
			rq->why = err == -ENOENT ? "no unique prefixes here" :
			    "no prefix left";
			return err == -ENOENT ? MIP4_HA_PROHIBITED :
			    MIP4_HA_RESOURCES;
		}
	}
	h->hoa = iid_join(&h->addr, iid);
	return ROW_PASS;
}

/* 120 with identifier 0: an address of our choice, shared if we can. One in
 * use is kept: the request may be a renewal [PROTOCOLS 10.1]. */
static int
home_any(struct reg *r, struct rq *rq, const struct offer *o, struct home *h)
{
	const struct binding *b = rq->b;
	const struct lease *l = &b->lease;
	bool mine = l->pool && offers(rq, o, l->pool);
	int err;

	if (mine && (b->state != BINDING_IDLE ||
	    l->pool->mode == POOL_SHARED)) {
		h->keep = true;
		h->hoa = b->state != BINDING_IDLE ? b->hoa : lease_addr(l);
		return ROW_PASS;
	}
	if (choose(r, rq, o, POOL_SHARED, h) == 0) {
		h->hoa = h->addr;
		return ROW_PASS;
	}
	if (mine) {
		h->keep = true;
		h->addr = lease_addr(l);
	} else {
		err = choose(r, rq, o, POOL_UNIQUE, h);
		if (err) {
			rq->why = err == -ENOENT ? "no pool here" :
			    "no home address left";
			return err == -ENOENT ? MIP4_HA_PROHIBITED :
			    MIP4_HA_RESOURCES;
		}
	}
	h->hoa = iid_join(&h->addr, iid_random());
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
	if (!lease_is_held(other))
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
	h->keep = b->lease.pool == h->pool && pool_find(r->pools, h->pool,
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
		h->keep = IN6_ARE_ADDR_EQUAL(hoa, &b->hoa);
		return h->keep && peer_has_pool(rq->peer, b->lease.pool) ?
		    ROW_PASS : MIP4_HA_PROHIBITED;
	}
	h->pool = pool_of(r->pools, hoa);
	if (!h->pool || !offers(rq, o, h->pool))
		return MIP4_HA_PROHIBITED;
	h->keep = b->lease.pool && pool_find(r->pools, h->pool, hoa) ==
	    &b->lease;
	h->addr = *hoa;
	if (!h->keep && pool_check(r->pools, h->pool, hoa,
	    rq->user ? &rq->user->reserved : NULL))
		return MIP4_HA_PROHIBITED;
	return ROW_PASS;
}

/* Does what is fixed for a subscriber allow this request? */
static int
row_fixed(const struct reg *r, struct rq *rq)
{
	const struct user_home *home = &rq->user->home;
	const struct mip4_exts *e = &rq->msg.ext;
	const struct pool *p = home->pool;

	(void)r;
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
	make_offer(rq, &o);
	if (rq->user && rq->user->home.fixed &&
	    (rq->b->state == BINDING_IDLE || !e->n_hoa)) {
		v = row_fixed(r, rq);
		if (v != ROW_PASS)
			return v;
		if (!e->n_hoa)
			return home_fixed(r, rq, h);
	}
	if (e->n_hoa)
		return home_given(r, rq, &o, h);
	if (!iid_is_zero(e->hoa_req_iid))
		return home_unique(r, rq, &o, h);
	return home_any(r, rq, &o, h);
}

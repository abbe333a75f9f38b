/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The data plane of a home agent: answers at once, later, much later, or not
 * well. On a home link another node may have the address, which duplicate
 * address detection finds out for whoever is the first to want it there
 * [PROTOCOLS 11.5].
 */
#include "tests/sim/sim_mobile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct dp_route {
	struct dp_route	*next, **prev;
	struct ha	*ha;
	struct dp_entry	 e;
	dp_done		*done;
	void		*arg;
	struct timer	 timer;		/* the world's; pending while set */
	bool		 of_addr;	/* of a mobile node */
	bool		 good;
	int		 status;
};

/* What is asked for again, with another address, is that request. */
static void
recall(struct ha *h, const struct binding *b)
{
	struct world *w = h->host.w;
	const struct binding_held *held = b->held;
	struct packet *p = &w->judged;

	w->counts->in_use++;
	if (held == NULL || held->req_len == 0)
		return;
	p->len = held->req_len;
	memcpy(p->data, held->data + held->len + held->len_failed +
	    held->len_in_use, p->len);
	w->step.parsed = mip4_parse(&w->step.msg, p->data, p->len,
	    &h->conf.types) == MIP4_OK;
}

/* What a mobile node has loses its route, or has it. */
static void
addr_answer(struct dp_route *r)
{
	struct ha_nodes *an = r->ha->nodes;
	struct world *w = r->ha->host.w;

	w->step.by = BY_PLANE;
	w->step.host = &r->ha->host;
	w->step.u = net_coa_user(w, r->e.coa);
	world_touch(w->step.u);
	r->good = r->status == 0;
	if (!r->good) {
		an->failed = true;
		an->failed_addr = r->e.prefix;
		w->counts->dp_failed++;
	}
	SAY(w, &r->ha->host, "data plane: an address of u%u %srouted",
	    w->step.u->index, r->good ? "" : "not ");
	r->done(r->arg, r, r->status);
}

static void
dp_answer(struct timer *t)
{
	struct dp_route *r = container_of(t, struct dp_route, timer);
	struct ha *h = r->ha;
	struct world *w = h->host.w;
	struct binding *b;

	if (r->of_addr) {
		addr_answer(r);
		return;
	}
	b = r->arg;
	w->step.by = BY_PLANE;
	w->step.host = &h->host;
	w->step.u = world_user(w, b->nai, b->nai_len);
	world_touch(w->step.u);
	r->good = r->status == 0;
	h->dp_failed = !r->good;
	h->dp_in_use = r->status == -EADDRINUSE;
	w->counts->dp_failed += !r->good && !h->dp_in_use;
	if (h->dp_in_use)
		recall(h, b);
	SAY(w, &h->host, "data plane: u%u %s", w->step.u->index, r->good ?
	    "routed" : h->dp_in_use ? "has another's address" : "not routed");
	r->done(r->arg, r, r->status);
}

/* Does another node have it? The one who has it already, or is asking for it,
 * goes on with what is known. */
static bool
is_in_use(struct ha *h, const struct dp_entry *e, const struct binding *b)
{
	struct world *w = h->host.w;
	const struct dp_route *old = b->route;

	if (e->len != 128 || w->phase != RESTLESS)
		return false;
	if (old != NULL && memcmp(&old->e.prefix, &e->prefix,
	    sizeof(e->prefix)) == 0)
		return old->status == -EADDRINUSE;
	return dice_permille(&w->dice, w->plan.in_use);
}

static bool
draw_failure(struct world *w)
{
	return w->phase == RESTLESS && dice_permille(&w->dice,
	    w->plan.dp_fail);
}

static struct dp_route *
new_route(struct ha *h, const struct dp_entry *e, dp_done *done, void *arg)
{
	struct dp_route *r = calloc(1, sizeof(*r));

	if (r == NULL)
		abort();
	r->ha = h;
	r->e = *e;
	r->done = done;
	r->arg = arg;
	r->timer.fire = dp_answer;
	r->next = h->routes;
	r->prev = &h->routes;
	if (r->next != NULL)
		r->next->prev = &r->next;
	h->routes = r;
	return r;
}

static void
answer_later(struct world *w, struct dp_route *r)
{
	world_at(w, &r->timer, dice_permille(&w->dice, w->plan.dp_slow) ?
	    dice_between(&w->dice, 100 * MS, 9 * SECOND) :
	    dice_between(&w->dice, MS / 10, 20 * MS));
}

static struct dp_route *
dp_add(struct dataplane *dp, const struct dp_entry *e, dp_done *done,
    void *arg, int *status)
{
	struct ha *h = container_of(dp, struct ha, dp);
	struct world *w = h->host.w;
	bool fail = draw_failure(w);
	bool in_use = is_in_use(h, e, arg);
	struct dp_route *r;

	if (fail && dice_permille(&w->dice, 300)) {
		h->dp_failed = true;
		w->counts->dp_failed++;
		*status = -ENOBUFS;
		return NULL;
	}
	r = new_route(h, e, done, arg);
	h->n_routes++;
	if (!w->plan.dp_async && !fail && !in_use) {
		r->good = true;
		*status = 0;
		return r;
	}
	r->status = in_use ? -EADDRINUSE : fail ? -ENETDOWN : 0;
	*status = -EINPROGRESS;
	answer_later(w, r);
	return r;
}

static struct dp_route *
addr_add(struct dataplane *dp, const struct dp_entry *e, dp_done *done,
    void *arg, int *status)
{
	struct ha_nodes *an = container_of(dp, struct ha_nodes, plane);
	struct ha *h = an->home.ha;
	struct world *w = h->host.w;
	bool fail = draw_failure(w);
	struct dp_route *r;

	if (fail && dice_permille(&w->dice, 300)) {
		an->failed = true;
		an->failed_addr = e->prefix;
		w->counts->dp_failed++;
		*status = -ENOBUFS;
		return NULL;
	}
	r = new_route(h, e, done, arg);
	r->of_addr = true;
	h->n_addr_routes++;
	r->status = fail ? -ENETDOWN : 0;
	r->good = !w->plan.dp_async && !fail;
	*status = r->good ? 0 : -EINPROGRESS;
	if (!r->good)
		answer_later(w, r);
	return r;
}

static void
del(struct dp_route *r)
{
	struct ha *h = r->ha;

	timer_cancel(&h->host.w->timers, &r->timer);
	*r->prev = r->next;
	if (r->next != NULL)
		r->next->prev = r->prev;
	h->n_routes -= !r->of_addr;
	h->n_addr_routes -= r->of_addr;
	free(r);
}

static void
dp_del(struct dataplane *dp, struct dp_route *r)
{
	(void)dp;
	del(r);
}

/* A mobile node is heard where the way to it is. */
static int
dp_socket(struct dataplane *dp, struct dp_route *r)
{
	(void)dp;
	return r->good ? 1 : -1;
}

/* It lies with its owner. */
static void
dp_free(struct dataplane *dp)
{
	(void)dp;
}

void
plane_start(struct ha *h)
{
	h->dp = (struct dataplane){ .add = dp_add, .del = dp_del,
	    .socket = dp_socket };
}

void
plane_start_nodes(struct ha *h)
{
	h->nodes->plane = (struct dataplane){ .add = addr_add, .del = dp_del,
	    .free = dp_free };
}

const struct dp_route *
plane_find(const struct ha *h, const struct in6_addr *a, struct in_addr *coa,
    unsigned *n)
{
	const struct dp_route *r, *found = NULL;

	*n = 0;
	for (r = h->routes; r != NULL; r = r->next) {
		if (!r->of_addr || memcmp(&r->e.prefix, a, sizeof(*a)) != 0)
			continue;
		found = r;
		*coa = r->e.coa;
		++*n;
	}
	return found;
}

bool
ha_routed(const struct dp_route *r, const struct binding *b)
{
	struct gre_keys gre = binding_gre(b);
	struct in6_addr prefix;

	if (!gre_same(&r->e.gre, &gre))
		return false;
	if (b->behind_node)
		return r->good && r->e.coa.s_addr == b->coa.s_addr &&
		    r->e.len == 0;
	prefix = lease_addr(&b->lease);
	return r->good && r->e.coa.s_addr == b->coa.s_addr &&
	    memcmp(&r->e.prefix, &prefix, sizeof(prefix)) == 0;
}

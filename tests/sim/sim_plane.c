/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The data plane of a home agent: answers at once, later, much later, or not
 * well. On a home link another node may have the address, which duplicate
 * address detection finds out for whoever is the first to want it there
 * [PROTOCOLS 11.5].
 */
#include "tests/sim/sim.h"

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

static void
dp_answer(struct timer *t)
{
	struct dp_route *r = container_of(t, struct dp_route, timer);
	struct ha *h = r->ha;
	struct world *w = h->host.w;
	struct binding *b = r->arg;

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
	r->done(r->arg, r->status);
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

static struct dp_route *
dp_add(struct dataplane *dp, const struct dp_entry *e, dp_done *done,
    void *arg, int *status)
{
	struct ha *h = container_of(dp, struct ha, dp);
	struct world *w = h->host.w;
	bool fail = w->phase == RESTLESS && dice_permille(&w->dice,
	    w->plan.dp_fail);
	bool in_use = is_in_use(h, e, arg);
	struct dp_route *r;

	if (fail && dice_permille(&w->dice, 300)) {
		h->dp_failed = true;
		w->counts->dp_failed++;
		*status = -ENOBUFS;
		return NULL;
	}
	if ((r = calloc(1, sizeof(*r))) == NULL)
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
	h->n_routes++;
	if (!w->plan.dp_async && !fail && !in_use) {
		r->good = true;
		*status = 0;
		return r;
	}
	r->status = in_use ? -EADDRINUSE : fail ? -ENETDOWN : 0;
	*status = -EINPROGRESS;
	world_at(w, &r->timer, dice_permille(&w->dice, w->plan.dp_slow) ?
	    dice_between(&w->dice, 100 * MS, 9 * SECOND) :
	    dice_between(&w->dice, MS / 10, 20 * MS));
	return r;
}

static void
dp_del(struct dataplane *dp, struct dp_route *r)
{
	struct ha *h = container_of(dp, struct ha, dp);

	timer_cancel(&h->host.w->timers, &r->timer);
	*r->prev = r->next;
	if (r->next != NULL)
		r->next->prev = r->prev;
	h->n_routes--;
	free(r);
}

void
plane_start(struct ha *h)
{
	h->dp = (struct dataplane){ .add = dp_add, .del = dp_del };
}

bool
ha_routed(const struct dp_route *r, const struct binding *b)
{
	const struct in6_addr prefix = lease_addr(&b->lease);

	return r->good && r->e.coa.s_addr == b->coa.s_addr &&
	    memcmp(&r->e.prefix, &prefix, sizeof(prefix)) == 0;
}

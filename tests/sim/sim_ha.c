/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A home agent: had's reg with its pools, bindings, peers and revoker, as
 * had/main.c and server.c put them together, over a data plane that answers
 * when it likes, and not always well.
 */
#include "tests/sim/sim.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "had/reg_int.h"
#include "had/revoke.h"

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

/* ---- data plane ---- */

static void
dp_answer(struct timer *t)
{
	struct dp_route *r = container_of(t, struct dp_route, timer);
	struct ha *h = r->ha;
	struct world *w = h->node.w;
	struct binding *b = r->arg;

	w->step.by = BY_PLANE;
	w->step.node = &h->node;
	w->step.u = world_user(w, b->nai, b->nai_len);
	world_touch(w->step.u);
	r->good = r->status == 0;
	h->dp_failed = !r->good;
	if (!r->good)
		w->counts->dp_failed++;
	SAY(w, &h->node, "data plane: u%u %s", w->step.u->index, r->good ?
	    "routed" : "not routed");
	r->done(r->arg, r->status);
}

static struct dp_route *
dp_add(struct dataplane *dp, const struct dp_entry *e, dp_done *done,
    void *arg, int *status)
{
	struct ha *h = container_of(dp, struct ha, dp);
	struct world *w = h->node.w;
	bool fail = w->phase == RESTLESS && dice_permille(&w->dice,
	    w->plan.dp_fail);
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
	if (!w->plan.dp_async && !fail) {
		r->good = true;
		*status = 0;
		return r;
	}
	r->status = fail ? -ENETDOWN : 0;
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

	timer_cancel(&h->node.w->timers, &r->timer);
	*r->prev = r->next;
	if (r->next != NULL)
		r->next->prev = r->prev;
	h->n_routes--;
	free(r);
}

bool
ha_routed(const struct dp_route *r, const struct binding *b)
{
	const struct in6_addr prefix = lease_addr(&b->lease);

	return r->good && r->e.coa.s_addr == b->coa.s_addr &&
	    memcmp(&r->e.prefix, &prefix, sizeof(prefix)) == 0;
}

/* ---- the home agent ---- */

static void
ha_send(void *arg, const struct reg_flow *f, const uint8_t *data, size_t len)
{
	struct ha *h = arg;

	check_from_ha(h, f->dst, data, len);
	net_send(&h->node, f->dst, f->sport, f->dport, data, len);
}

static void
ha_expired(void *arg, struct binding *b)
{
	struct ha *h = container_of(arg, struct ha, reg);
	struct subscriber *u = world_user(h->node.w, b->nai, b->nai_len);

	world_touch(u);
	h->node.w->counts->expired++;
	reg_expired(arg, b);
}

static void
set_pool(struct pool *p, const struct plan *plan, enum pool_mode mode,
    unsigned index)
{
	static char names[][8] = { "unique", "shared" };

	*p = (struct pool){ .name = names[mode], .mode = mode, .len = 64,
	    .max_lifetime = plan->max_lifetime, .hold = plan->hold,
	    .hold_strict = plan->hold_strict };
	p->prefix.s6_addr[0] = 0x20;
	p->prefix.s6_addr[1] = 0x01;
	p->prefix.s6_addr[2] = 0x0d;
	p->prefix.s6_addr[3] = 0xb8;
	p->prefix.s6_addr[4] = (uint8_t)(index + 1);
	if (mode == POOL_SHARED) {
		p->prefix.s6_addr[4] |= 0x80;
		p->prefix.s6_addr[7] = 1;
	} else {
		p->len = plan->pool_len;
	}
}

static void
set_peer(struct ha *h, struct nas *n)
{
	struct peer *p = &h->peer[n->node.index];

	*p = (struct peer){ .name = n->node.name, .addr = n->node.addr,
	    .n_sas = 1, .pools = h->choice, .n_pools = 2,
	    .max_bindings = 1000000 };
	p->sas = calloc(1, sizeof(*p->sas));
	if (p->sas == NULL)
		abort();
	mip4_sa_copy(&p->sas[0].sa, &n->sa[h->node.index]);
	if (mip4_sa_prepare(&p->sas[0].sa) != 0)
		abort();
	p->unverified = (struct bucket){ .rate = 20, .burst = 100 };
	p->log = (struct log_limit){ .rate = 1, .burst = 10 };
	if (!peers_add(&h->peers, p))
		abort();
}

static void
set_conf(struct ha *h)
{
	const struct plan *plan = &h->node.w->plan;

	h->conf = (struct had_config){ .address = h->node.addr,
	    .port = MIP4_PORT, .max_lifetime = plan->max_lifetime,
	    .replay_window = plan->window, .prefix_hold = plan->hold,
	    .flap_limit = plan->flap_limit, .max_bindings = 2000000,
	    .unverified_rate = 20, .unverified_burst = 100,
	    .revocation = plan->revocation,
	    .types = MIP4_EXT_TYPES_DEFAULT };
	/* the last one, or none: then 130 says so */
	if (h->node.index + 1 < plan->n_has)
		h->conf.redirect = h->node.w->ha[plan->n_has - 1].node.addr;
	set_pool(&h->pool[0], plan, POOL_UNIQUE, h->node.index);
	set_pool(&h->pool[1], plan, POOL_SHARED, h->node.index);
	h->choice[0] = &h->pool[0];
	h->choice[1] = &h->pool[1];
}

void
ha_start(struct ha *h)
{
	struct world *w = h->node.w;
	unsigned i;

	set_conf(h);
	h->peer = calloc(w->plan.n_nases, sizeof(*h->peer));
	if (h->peer == NULL || pools_init(&h->pools, h->pool, 2,
	    h->conf.max_bindings) != 0 ||
	    peers_init(&h->peers) != 0)
		abort();
	for (i = 0; i < w->plan.n_nases; i++)
		set_peer(h, &w->nas[i]);
	h->bindings = (struct bindings){ .timers = &h->node.timers,
	    .clock = &h->node.clock, .pools = &h->pools,
	    .window = w->plan.window, .flap_limit = w->plan.flap_limit };
	if (bindings_init(&h->bindings) != 0)
		abort();
	h->dp = (struct dataplane){ .add = dp_add, .del = dp_del };
	h->reg = (struct reg){ .conf = &h->conf, .clock = &h->node.clock,
	    .peers = &h->peers, .pools = &h->pools,
	    .bindings = &h->bindings, .dp = &h->dp, .send = ha_send,
	    .send_arg = h };
	if (w->plan.revocation &&
	    (h->reg.revoker = revoker_new(&h->node.timers,
	    &h->node.clock)) == NULL)
		abort();
	reg_init(&h->reg);
	h->bindings.expired = ha_expired;
}

void
ha_stop(struct ha *h)
{
	struct world *w = h->node.w;
	unsigned i;

	reg_shutdown(&h->reg);
	revoker_free(h->reg.revoker);
	bindings_free(&h->bindings);
	if (h->n_routes != 0)
		world_fail(w, "%s stopped, %u routes are left", h->node.name,
		    h->n_routes);
	for (i = 0; i < 2; i++)
		if (h->pool[i].used != 0 || h->pool[i].held != 0)
			world_fail(w, "%s stopped, leases are left",
			    h->node.name);
	pools_free(&h->pools);
	peers_free(&h->peers);
	for (i = 0; i < w->plan.n_nases; i++) {
		if (h->peer[i].n_bindings != 0 || h->peer[i].n_records != 0)
			world_fail(w, "%s stopped, counts of a peer are left",
			    h->node.name);
		mip4_sa_wipe(&h->peer[i].sas[0].sa);
		free(h->peer[i].sas);
	}
	free(h->peer);
	h->peer = NULL;
	watch_ha_lost(h);
}

struct binding *
ha_binding(struct ha *h, const struct subscriber *u)
{
	return binding_find(&h->bindings, u->nai, strlen(u->nai));
}

/* A request that was refused for its time was not accepted: it may be when its
 * time has come, once. */
static void
note_refused(struct ha *h, struct packet *p)
{
	const struct step *st = &h->node.w->step;
	struct binding *b = p->u != NULL ? ha_binding(h, p->u) : NULL;

	if (st->parsed && st->msg.type == MIP4_RRQ)
		p->refused = b == NULL || b->last_id != st->msg.rrq.id;
}

void
ha_input(struct ha *h, const struct packet *p)
{
	struct world *w = h->node.w;
	struct reg_packet pkt = {
		.flow = { .src = p->src, .dst = p->dst, .sport = p->sport,
		    .dport = p->dport },
		.local = h->node.addr, .data = p->data, .len = p->len,
	};

	w->step.parsed = mip4_parse(&w->step.msg, p->data, p->len,
	    &h->conf.types) == MIP4_OK;
	check_ack(h, p);
	reg_input(&h->reg, &pkt);
	if (!p->attack)
		note_refused(h, w->step.p);
}

void
ha_end(struct ha *h, struct subscriber *u)
{
	struct world *w = h->node.w;
	struct binding *b = h->node.up ? ha_binding(h, u) : NULL;

	if (b == NULL || b->state == BINDING_IDLE)
		return;
	SAY(w, &h->node, "operator revokes u%u", u->index);
	w->step.by = BY_OPERATOR;
	w->step.node = &h->node;
	world_touch(u);
	w->counts->revoked++;
	reg_end(&h->reg, b, "by the operator");
}

void
ha_drain(struct ha *h, bool drained)
{
	if (!h->node.up || h->reg.drained == drained)
		return;
	SAY(h->node.w, &h->node, drained ? "drained" : "no longer drained");
	reg_drain(&h->reg, drained);
}

static uint64_t
digest_binding(uint64_t d, const struct binding *b)
{
	d = digest_add(d, &b->state, sizeof(b->state));
	d = digest_add(d, &b->coa, sizeof(b->coa));
	d = digest_add(d, &b->hoa, sizeof(b->hoa));
	d = digest_add(d, &b->lease.pool, sizeof(b->lease.pool));
	d = digest_add(d, &b->lease.part, sizeof(b->lease.part));
	d = digest_add(d, &b->until, sizeof(b->until));
	d = digest_add(d, &b->lifetime, sizeof(b->lifetime));
	d = digest_add(d, &b->last_id, sizeof(b->last_id));
	d = digest_add(d, &b->rev_own, sizeof(b->rev_own));
	d = digest_add(d, &b->route, sizeof(b->route));
	return digest_add(d, &b->held, sizeof(b->held));
}

uint64_t
ha_digest(struct ha *h)
{
	struct world *w = h->node.w;
	size_t n = table_count(&h->bindings.by_nai);
	uint64_t d = digest_add(0, &n, sizeof(n));
	unsigned i, pending;

	for (i = 0; i < w->plan.n_users; i++) {
		struct binding *b = ha_binding(h, &w->user[i]);

		if (b != NULL)
			d = digest_binding(d, b);
	}
	for (i = 0; i < 2; i++) {
		d = digest_add(d, &h->pool[i].used, sizeof(h->pool[i].used));
		d = digest_add(d, &h->pool[i].held, sizeof(h->pool[i].held));
	}
	pending = h->reg.revoker != NULL ? revoker_count(h->reg.revoker) : 0;
	d = digest_add(d, &pending, sizeof(pending));
	return digest_add(d, &h->node.timers.n, sizeof(h->node.timers.n));
}

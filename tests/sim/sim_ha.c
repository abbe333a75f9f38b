/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A home agent: had's reg with its pools, realms, bindings, peers and revoker,
 * as had/main.c and server.c put them together; sim_plane.c is under it,
 * sim_lookup.c beside it.
 */
#include "tests/sim/sim_mobile.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "had/reg_int.h"
#include "had/revoke.h"

static void
ha_send(void *arg, const struct reg_flow *f, const uint8_t *data, size_t len)
{
	struct ha *h = arg;

	check_from_ha(h, f->dst, data, len);
	net_send(&h->host, h->host.addr, f->dst, f->sport, f->dport, data,
	    len);
}

static void
ha_expired(void *arg, struct binding *b)
{
	struct ha *h = container_of(arg, struct ha, reg);
	struct subscriber *u = world_user(h->host.w, b->nai, b->nai_len);

	world_touch(u);
	h->host.w->counts->expired++;
	reg_expired(arg, b);
}

static void
set_pool(struct pool *p, const struct plan *plan, enum pool_mode mode,
    unsigned realm, unsigned index)
{
	static char names[][8] = { "unique", "shared", "unique2", "shared2" },
	    link[] = "home0";

	*p = (struct pool){ .name = names[mode + 2 * realm], .mode = mode,
	    .len = 64, .max_lifetime = plan->max_lifetime, .hold = plan->hold,
	    .hold_strict = plan->hold_strict };
	p->prefix.s6_addr[0] = 0x20;
	p->prefix.s6_addr[1] = 0x01;
	p->prefix.s6_addr[2] = 0x0d;
	p->prefix.s6_addr[3] = 0xb8;
	p->prefix.s6_addr[4] = (uint8_t)(index + 1 + realm * 0x40);
	if (mode == POOL_SHARED) {
		p->home_link = plan->in_use > 0 ? link : NULL;
		p->prefix.s6_addr[4] |= 0x80;
		p->prefix.s6_addr[7] = 1;
	} else {
		p->len = plan->pool_len;
	}
}

static void
set_peer(struct ha *h, struct nas *n)
{
	struct peer *p = &h->peer[n->host.index];

	*p = (struct peer){ .name = n->host.name, .addr = n->host.addr,
	    .n_sas = 1, .pools = h->choice,
	    .n_pools = h->n_pools,
	    .max_bindings = h->host.w->plan.max_bindings, .gre = true };
	p->sas = calloc(1, sizeof(*p->sas));
	if (p->sas == NULL)
		abort();
	mip4_sa_copy(&p->sas[0].sa, &n->sa[h->host.index]);
	if (mip4_sa_prepare(&p->sas[0].sa) != 0)
		abort();
	p->unverified = (struct bucket){ .rate = 20, .burst = 100 };
	p->log = (struct log_limit){ .rate = 1, .burst = 10 };
	if (!peers_add(&h->peers, p))
		abort();
}

static void
set_pools(struct ha *h)
{
	const struct plan *plan = &h->host.w->plan;
	unsigned i;

	h->n_pools = plan->realms ? HA_POOLS : 2;
	for (i = 0; i < h->n_pools; i++) {
		set_pool(&h->pool[i], plan, i % 2 == 0 ? POOL_UNIQUE :
		    POOL_SHARED, i / 2, h->host.index);
		h->choice[i] = &h->pool[i];
	}
}

/* Whoever is of no other realm, and the second one. */
static void
set_realms(struct ha *h)
{
	static const char *const names[] = { "*", "Example.ORG" };
	const struct plan *plan = &h->host.w->plan;
	unsigned i;

	if (!plan->realms)
		return;
	if (realms_init(&h->realms) != 0)
		abort();
	for (i = 0; i < 2; i++) {
		snprintf(h->realm_name[i], sizeof(h->realm_name[i]), "%s",
		    names[i]);
		h->realm[i] = (struct realm){ .name = h->realm_name[i],
		    .pools = &h->choice[2 * i], .n_pools = 2,
		    .max_lifetime = i == 0 ? plan->max_lifetime :
		    plan->realm_lifetime };
		if (!realms_add(&h->realms, &h->realm[i]))
			abort();
	}
	h->reg.realms = &h->realms;
}

static void
set_conf(struct ha *h)
{
	const struct plan *plan = &h->host.w->plan;

	h->conf = (struct had_config){ .address = h->host.addr,
	    .port = MIP4_PORT, .max_lifetime = plan->max_lifetime,
	    .replay_window = plan->window, .prefix_hold = plan->hold,
	    .flap_limit = plan->flap_limit, .max_bindings = 2000000,
	    .unverified_rate = 20, .unverified_burst = 100,
	    .revocation = plan->revocation,
	    .types = MIP4_EXT_TYPES_DEFAULT };
	h->conf.shed_after = plan->shed_after;
	h->conf.shed_pending = plan->shed_pending;
	/* or none: then 130 says so */
	if (plan->redirect[h->host.index] != h->host.index)
		h->conf.redirect =
		    h->host.w->ha[plan->redirect[h->host.index]].host.addr;
	set_pools(h);
}

void
ha_start(struct ha *h)
{
	struct world *w = h->host.w;
	unsigned i;

	set_conf(h);
	h->peer = calloc(w->plan.n_nases, sizeof(*h->peer));
	if (h->peer == NULL || pools_init(&h->pools, h->pool,
	    h->n_pools + (h->nodes != NULL ? NODE_POOLS : 0),
	    h->conf.max_bindings) != 0 || peers_init(&h->peers) != 0)
		abort();
	for (i = 0; i < w->plan.n_nases; i++)
		set_peer(h, &w->nas[i]);
	h->bindings = (struct bindings){ .timers = &h->host.timers,
	    .clock = &h->host.clock, .pools = &h->pools,
	    .window = w->plan.window, .flap_limit = w->plan.flap_limit };
	if (bindings_init(&h->bindings) != 0)
		abort();
	plane_start(h);
	h->reg = (struct reg){ .conf = &h->conf, .clock = &h->host.clock,
	    .peers = &h->peers, .pools = &h->pools,
	    .bindings = &h->bindings, .dp = &h->dp, .send = ha_send,
	    .send_arg = h };
	if (w->plan.revocation &&
	    (h->reg.revoker = revoker_new(&h->host.timers,
	    &h->host.clock)) == NULL)
		abort();
	set_realms(h);
	nodes_start(h);
	lookup_start(h);
	reg_init(&h->reg);
	h->bindings.expired = ha_expired;
	for (i = 0; i < w->plan.n_users; i++)
		h->view[i].hash = binding_hash(&h->bindings, w->user[i].nai,
		    strlen(w->user[i].nai));
}

void
ha_stop(struct ha *h)
{
	struct world *w = h->host.w;
	unsigned i;

	lookup_stop(h);
	reg_shutdown(&h->reg);
	revoker_free(h->reg.revoker);
	bindings_free(&h->bindings);
	nodes_stop(h);
	if (h->n_routes != 0)
		world_fail(w, "%s stopped, %u routes are left", h->host.name,
		    h->n_routes);
	for (i = 0; i < h->n_pools; i++)
		if (h->pool[i].used != 0 || h->pool[i].held != 0)
			world_fail(w, "%s stopped, leases are left",
			    h->host.name);
	pools_free(&h->pools);
	if (h->reg.realms != NULL)
		realms_free(&h->realms);
	peers_free(&h->peers);
	for (i = 0; i < w->plan.n_nases; i++) {
		if (h->peer[i].n_bindings != 0 || h->peer[i].n_records != 0)
			world_fail(w, "%s stopped, counts of a peer are left",
			    h->host.name);
		mip4_sa_wipe(&h->peer[i].sas[0].sa);
		free(h->peer[i].sas);
	}
	free(h->peer);
	h->peer = NULL;
	watch_ha_lost(h);
}

static bool
is_binding_of(const struct table_node *n, const void *key)
{
	const struct binding *b = container_of(n, struct binding, by_nai);
	const struct subscriber *u = key;

	return strcmp((const char *)b->nai, u->nai) == 0;
}

/* As binding_find, which would take half of the time that all this takes: the
 * watcher looks after every step. */
struct binding *
ha_binding(struct ha *h, const struct subscriber *u)
{
	struct table_node *n = table_find(&h->bindings.by_nai,
	    h->view[u->index].hash, is_binding_of, u);

	return n != NULL ? container_of(n, struct binding, by_nai) : NULL;
}

/* A request that was refused for its time was not accepted: it may be when its
 * time has come, once. */
static void
note_refused(struct ha *h, struct packet *p)
{
	const struct step *st = &h->host.w->step;
	struct binding *b = p->u != NULL ? ha_binding(h, p->u) : NULL;

	if (st->parsed && st->msg.type == MIP4_RRQ)
		p->refused = b == NULL || b->last_id != st->msg.rrq.id;
}

/* Who has a binding, or leaves, is never turned away for want of time
 * [D83]. */
static void
check_shed(struct ha *h, const struct packet *p, uint64_t before)
{
	const struct step *st = &h->host.w->step;

	if (h->reg.stats.shed == before)
		return;
	h->host.w->counts->shed++;
	/* A name that the attacker has bent is nobody's. */
	if (p->u != NULL && st->msg.ext.nai_len == strlen(p->u->nai) &&
	    memcmp(st->msg.ext.nai, p->u->nai, st->msg.ext.nai_len) == 0 &&
	    (h->view[p->u->index].holds || st->msg.rrq.lifetime == 0))
		world_fail(h->host.w, "%s: u%u is shed", h->host.name,
		    p->u->index);
}

void
ha_judged(struct ha *h, struct packet *p, uint64_t shed)
{
	check_shed(h, p, shed);
	if (p->attack)
		return;
	note_refused(h, p);
	if (p->u != NULL)
		lookup_note(h, p->u, p);
}

/* It may have waited in the socket's queue. */
static void
load(struct ha *h)
{
	struct world *w = h->host.w;
	bool late = w->phase == RESTLESS && dice_permille(&w->dice,
	    w->plan.late_reads);

	reg_load(&h->reg, late ? dice_between(&w->dice, 0, 3000) : 0);
}

void
ha_input(struct ha *h, const struct packet *p)
{
	struct world *w = h->host.w;
	struct reg_packet pkt = {
		.flow = { .src = p->src, .dst = p->dst, .sport = p->sport,
		    .dport = p->dport },
		.local = h->host.addr, .data = p->data, .len = p->len,
	};
	uint64_t shed = h->reg.stats.shed;

	w->step.parsed = mip4_parse(&w->step.msg, p->data, p->len,
	    &h->conf.types) == MIP4_OK;
	check_ack(h, p);
	if (!p->attack)
		load(h);
	reg_input(&h->reg, &pkt);
	ha_judged(h, w->step.p, shed);
}

void
ha_end(struct ha *h, struct subscriber *u)
{
	struct world *w = h->host.w;
	struct binding *b = h->host.up ? ha_binding(h, u) : NULL;

	if (b == NULL || b->state == BINDING_IDLE)
		return;
	SAY(w, &h->host, "operator revokes u%u", u->index);
	w->step.by = BY_OPERATOR;
	w->step.host = &h->host;
	world_touch(u);
	w->counts->revoked++;
	reg_end(&h->reg, b, "by the operator");
}

void
ha_drain(struct ha *h, bool drained)
{
	if (!h->host.up || h->reg.drained == drained)
		return;
	h->host.w->counts->drains += drained;
	SAY(h->host.w, &h->host, drained ? "drained" : "no longer drained");
	reg_drain(&h->reg, drained);
}

static uint64_t
digest_binding(uint64_t d, const struct binding *b)
{
	d = digest_add(d, &b->state, sizeof(b->state));
	d = digest_add(d, &b->coa, sizeof(b->coa));
	if (!b->behind_node)
		d = digest_add(d, &b->hoa, sizeof(b->hoa));
	d = digest_add(d, &b->lease.at.pool, sizeof(b->lease.at.pool));
	d = digest_add(d, &b->lease.at.part, sizeof(b->lease.at.part));
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
	struct world *w = h->host.w;
	size_t n = table_count(&h->bindings.by_nai);
	uint64_t d = digest_add(0, &n, sizeof(n));
	unsigned i, pending;

	for (i = 0; i < w->plan.n_users; i++) {
		struct binding *b = ha_binding(h, &w->user[i]);

		if (b != NULL)
			d = digest_binding(d, b);
	}
	for (i = 0; i < h->n_pools; i++) {
		d = digest_add(d, &h->pool[i].used, sizeof(h->pool[i].used));
		d = digest_add(d, &h->pool[i].held, sizeof(h->pool[i].held));
	}
	pending = h->reg.revoker != NULL ? revoker_count(h->reg.revoker) : 0;
	d = digest_add(d, &pending, sizeof(pending));
	d = nodes_digest(h, d);
	return digest_add(d, &h->host.timers.n, sizeof(h->host.timers.n));
}

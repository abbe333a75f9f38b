/* SPDX-License-Identifier: BSD-2-Clause */
/* A home agent of sim_way.h: had's reg and what belongs to it, as sim_ha.c and
 * sim_node.c put it together, and a data plane under it. Mobile nodes say
 * nothing here: it is about the ways to them. */
#include "tests/sim/sim_way.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "had/home4.h"
#include "had/reg_int.h"
#include "had/revoke.h"

#define HOME_NET	0xac100000	/* 172.16.0.0: the same everywhere */

/* ---- its data plane ---- */

struct dp_route {
	struct dp_route	*next, **prev;
	struct way_ha	*ha;
	struct dp_entry	 e;
	dp_done		*done;
	void		*arg;
	struct timer	 timer;		/* pending while set */
	int		 status;
	bool		 good;
};

static void
answered(struct timer *t)
{
	struct dp_route *r = container_of(t, struct dp_route, timer);

	r->good = r->status == 0;
	r->ha->dp_failed |= !r->good;
	r->done(r->arg, r, r->status);
}

/* What was drawn for data planes; 0: at once. */
static int64_t
draw_answer(struct way *y, int *status)
{
	struct dice *d = &y->w->dice;

	*status = way_restless(y) && dice_permille(d, y->plan.dp_fail) ?
	    -ENOBUFS : 0;
	if (!y->plan.dp_async)
		return 0;
	return way_restless(y) && dice_permille(d, 50) ?
	    dice_between(d, 100 * MS, 5 * SECOND) :
	    dice_between(d, MS, 20 * MS);
}

static struct dp_route *
dp_add(struct dataplane *dp, const struct dp_entry *e, dp_done *done,
    void *arg, int *status)
{
	struct way_ha *h = container_of(dp, struct way_ha, dp);
	int64_t in = draw_answer(h->way, status);
	struct dp_route *r;

	if (in == 0 && *status != 0) {
		h->dp_failed = true;
		return NULL;
	}
	if ((r = calloc(1, sizeof(*r))) == NULL)
		abort();
	*r = (struct dp_route){ .next = h->routes, .prev = &h->routes,
	    .ha = h, .e = *e, .done = done, .arg = arg, .status = *status,
	    .good = in == 0, .timer = { .fire = answered } };
	if (r->next != NULL)
		r->next->prev = &r->next;
	h->routes = r;
	h->n_routes++;
	if (in == 0)
		return r;
	*status = -EINPROGRESS;
	if (timer_set(&h->host.timers, &r->timer, mono_add_ms(
	    host_mono(&h->host), in / MS)) != 0)
		abort();
	return r;
}

static void
dp_del(struct dataplane *dp, struct dp_route *r)
{
	(void)dp;
	timer_cancel(&r->ha->host.timers, &r->timer);
	*r->prev = r->next;
	if (r->next != NULL)
		r->next->prev = r->prev;
	r->ha->n_routes--;
	free(r);
}

static int
dp_socket(struct dataplane *dp, struct dp_route *r)
{
	(void)dp;
	(void)r;
	return -1;
}

bool
way_routed(const struct binding *b)
{
	const struct dp_route *r = b->route;
	struct gre_keys gre = binding_gre(b);
	struct in6_addr prefix;

	if (r == NULL || !r->good || !gre_same(&r->e.gre, &gre) ||
	    r->e.by_node != b->behind_node)
		return false;
	if (b->behind_node)
		return r->e.len == 0 && r->e.coa.s_addr == b->mn->coa.s_addr &&
		    r->e.via.s_addr == mn_via(b->mn).s_addr;
	prefix = lease_addr(&b->lease);
	return r->e.coa.s_addr == b->coa.s_addr &&
	    memcmp(&r->e.prefix, &prefix, sizeof(prefix)) == 0;
}

/* ---- what it sends ---- */

static void
ha_send(void *arg, const struct reg_flow *f, const uint8_t *data, size_t len)
{
	static const struct mip4_ext_types types = MIP4_EXT_TYPES_DEFAULT;
	struct way_ha *h = arg;
	struct way_packet p = { .src = h->host.addr, .dst = f->dst,
	    .sport = f->sport, .dport = f->dport };
	struct way_line *l;
	struct mip4_msg m;

	if (mip4_parse(&m, data, len, &types) == MIP4_OK &&
	    m.type == MIP4_RRP && m.rrp.code <= MIP4_ACCEPTED_NO_SIMUL &&
	    m.rrp.lifetime > 0 && (l = way_line(h->way, m.ext.nai,
	    m.ext.nai_len)) != NULL)
		way_said_yes(h, l, f->dst, &m);
	way_send(h->way, &p, data, len);
}

/* ---- how it is made ---- */

static void
set_pools(struct way_ha *h)
{
	static char names[2][8] = { "unique", "shared" };
	unsigned i;

	for (i = 0; i < 2; i++) {
		struct pool *p = &h->pool[i];

		*p = (struct pool){ .name = names[i],
		    .mode = i == 0 ? POOL_UNIQUE : POOL_SHARED, .len = i == 0 ?
		    48 : 64, .max_lifetime = h->way->plan.max_lifetime,
		    .hold = 30 };
		memcpy(&p->prefix, "\x20\x01\x0d\xb8", 4);
		p->prefix.s6_addr[4] = (uint8_t)(h->host.index + 1);
		p->prefix.s6_addr[5] = (uint8_t)(i + 1);
		h->choice[i] = p;
	}
	if (pools_init(&h->pools, h->pool, 2, 0) != 0)
		abort();
}

static void
set_routers(struct way_ha *h)
{
	struct way *y = h->way;
	unsigned i, k;

	for (i = 0; i < y->plan.n_nases; i++) {
		struct way_nas *n = &y->nas[i];
		struct peer *p = &h->peer[i];

		*p = (struct peer){ .name = n->host.name,
		    .addr = n->host.addr, .n_sas = WAY_KEYS, .pools = h->choice,
		    .n_pools = 2, .max_bindings = 1000, .gre = h->gre };
		p->sas = calloc(WAY_KEYS, sizeof(*p->sas));
		if (p->sas == NULL)
			abort();
		for (k = 0; k < WAY_KEYS; k++) {
			mip4_sa_copy(&p->sas[k].sa, &n->sa[h->host.index][k]);
			if (mip4_sa_prepare(&p->sas[k].sa) != 0)
				abort();
		}
		p->unverified = (struct bucket){ .rate = 20, .burst = 100 };
		p->log = (struct log_limit){ .rate = 1, .burst = 10 };
		if (!peers_add(&h->peers, p))
			abort();
	}
}

/* Care-of addresses of nodes, and, higher, those of foreign agents. */
static void
set_ranges(struct way_ha *h)
{
	struct way *y = h->way;
	unsigned i, n = 0;

	for (i = 0; i < y->plan.n_nases; i++, n++) {
		uint32_t first = ntohl(way_coa(&y->nas[i], 0, false).s_addr);

		h->range[n] = (struct care_of_range){ .first = first,
		    .last = first | 0xffff, .peer = &h->nodes.peer };
	}
	for (i = 0; i < y->plan.n_fas * WAY_FA_ADDRS; i++, n++) {
		struct in_addr a = way_fa_coa(i / WAY_FA_ADDRS,
		    i % WAY_FA_ADDRS);

		h->agent[i] = (struct foreign_agent){ a,
		    &h->agent_sa[i / WAY_FA_ADDRS], y->plan.fa_keys };
		h->range[n] = (struct care_of_range){ ntohl(a.s_addr),
		    ntohl(a.s_addr), &h->nodes.peer, &h->agent[i] };
	}
	h->peers.ranges = h->range;
	h->peers.n_ranges = n;
}

/* Each realm has all addresses for itself. */
static void
set_spaces(struct way_ha *h)
{
	static char net[] = "example.net", org[] = "example.org",
	    *realms[WAY_REALMS] = { net, org };
	struct access_nodes *n = &h->nodes;
	unsigned i;

	if (!h->way->plan.per_realm)
		return;
	n->peer.realms = realms;
	n->peer.n_realms = n->n_spaces = WAY_REALMS;
	n->spaces = h->space;
	for (i = 0; i < WAY_REALMS; i++)
		if (home4_copy(&h->space[i], &n->home4) != 0)
			abort();
}

static void
set_nodes(struct way_ha *h)
{
	static char name[] = "nodes";
	struct access_nodes *n = &h->nodes;

	*n = (struct access_nodes){
		.peer = { .name = name, .pools = &h->choice[1], .n_pools = 1,
		    .max_bindings = 1000, .gre = h->gre },
		.ra = { .router_lifetime = 1800, .valid = 86400,
		    .preferred = 3600, .interval = 600 },
		.own_link = { .name = name, .mode = POOL_SHARED,
		    .prefix = { .s6_addr = { 0xfe, 0x80 } }, .len = 64 },
		.agents = h->agent, .n_agents = h->way->plan.n_fas *
		    WAY_FA_ADDRS,
	};
	n->peer.nodes = n;
	n->peer.unverified = (struct bucket){ .rate = 20, .burst = 100 };
	n->peer.log = (struct log_limit){ .rate = 1, .burst = 10 };
	n->link = &n->own_link;
	if (home4_init(&n->home4, HOME_NET, HOME_NET + h->way->plan.homes +
	    1) != 0)
		abort();
	set_spaces(h);
	set_ranges(h);
}

static void
set_users(struct way_ha *h)
{
	struct way *y = h->way;
	unsigned i;

	for (i = 0; i < y->plan.n_lines; i++) {
		struct way_line *l = &y->line[i];

		h->user[i] = (struct user){ .nai = l->nai,
		    .nai_len = strlen(l->nai), .sas = &l->sa, .n_sas = 1 };
		if (!peers_add_user(&h->peers, &h->user[i]))
			abort();
	}
}

static void
set_conf(struct way_ha *h)
{
	const struct way_plan *plan = &h->way->plan;

	h->conf = (struct had_config){ .address = h->host.addr,
	    .port = MIP4_PORT, .max_lifetime = plan->max_lifetime,
	    .replay_window = 7, .prefix_hold = 30,
	    .flap_limit = plan->flap_limit, .max_bindings = 1000,
	    .unverified_rate = 20, .unverified_burst = 100,
	    .revocation = plan->revocation,
	    .types = MIP4_EXT_TYPES_DEFAULT };
}

void
way_ha_start(struct way_ha *h)
{
	unsigned i;

	set_conf(h);
	set_pools(h);
	if (peers_init(&h->peers) != 0)
		abort();
	set_routers(h);
	set_nodes(h);
	set_users(h);
	h->bindings = (struct bindings){ .timers = &h->host.timers,
	    .clock = &h->host.clock, .pools = &h->pools, .window = 7,
	    .flap_limit = h->conf.flap_limit };
	h->dp = (struct dataplane){ .add = dp_add, .del = dp_del,
	    .socket = dp_socket };
	h->mns = (struct mns){ .timers = &h->host.timers,
	    .clock = &h->host.clock, .pools = &h->pools, .dp = &h->dp,
	    .mtu = 1480 };
	mns_name_router(&h->mns, h->host.addr);
	if (bindings_init(&h->bindings) != 0 || mns_init(&h->mns) != 0)
		abort();
	h->reg = (struct reg){ .conf = &h->conf, .clock = &h->host.clock,
	    .peers = &h->peers, .pools = &h->pools,
	    .bindings = &h->bindings, .mns = &h->mns, .dp = &h->dp,
	    .send = ha_send, .send_arg = h };
	if (h->conf.revocation && (h->reg.revoker = revoker_new(
	    &h->host.timers, &h->host.clock)) == NULL)
		abort();
	reg_init(&h->reg);
	for (i = 0; i < h->way->plan.n_lines; i++)
		h->view[i].hash = binding_hash(&h->bindings,
		    h->way->line[i].nai, strlen(h->way->line[i].nai));
}

void
way_ha_stop(struct way_ha *h)
{
	struct world *w = h->way->w;
	unsigned i, k;

	reg_shutdown(&h->reg);
	revoker_free(h->reg.revoker);
	bindings_free(&h->bindings);
	if (h->n_routes != 0 || way_homes_taken(h) != 0 ||
	    table_count(&h->mns.by_coa) != 0 || h->pool[0].used != 0 ||
	    h->pool[1].used != 0 || h->nodes.peer.n_bindings != 0)
		world_fail(w, "%s stopped, something is left: %u ways, %u "
		    "IPv4 home addresses, %zu tunnels", h->host.name,
		    h->n_routes, way_homes_taken(h),
		    table_count(&h->mns.by_coa));
	mns_free(&h->mns);
	home4_free(&h->nodes.home4);
	for (i = 0; i < h->nodes.n_spaces; i++)
		home4_free(&h->space[i]);
	pools_free(&h->pools);
	peers_free(&h->peers);
	for (i = 0; i < h->way->plan.n_nases; i++) {
		for (k = 0; k < WAY_KEYS; k++)
			mip4_sa_wipe(&h->peer[i].sas[k].sa);
		free(h->peer[i].sas);
	}
	for (i = 0; i < h->way->plan.n_lines; i++)
		h->view[i] = (struct way_view){ .changed = w->now };
}

void
way_offer_gre(struct way_ha *h, bool on)
{
	unsigned i;

	h->gre = on;
	h->nodes.peer.gre = on;
	for (i = 0; i < h->way->plan.n_nases; i++)
		h->peer[i].gre = on;
}

/* ---- what happens to it ---- */

void
way_ha_input(struct way_ha *h, const struct way_packet *p)
{
	struct reg_packet pkt = {
		.flow = { .src = p->src, .dst = p->dst, .sport = p->sport,
		    .dport = p->dport },
		.local = h->host.addr, .data = p->data, .len = p->len,
	};

	reg_input(&h->reg, &pkt);
}

void
way_ha_end(struct way_ha *h, struct way_line *l)
{
	struct binding *b = h->host.up ? way_binding(h, l) : NULL;

	if (b == NULL || b->state == BINDING_IDLE)
		return;
	SAY(h->way->w, &h->host, "operator revokes u%u", l->index);
	h->way->operator_acts = true;
	h->way->w->counts->revoked++;
	reg_end(&h->reg, b, "by the operator");
}

/* ---- who looks ---- */

struct binding *
way_binding(struct way_ha *h, const struct way_line *l)
{
	return binding_find_hashed(&h->bindings, h->view[l->index].hash,
	    l->nai, strlen(l->nai));
}

struct in_addr
way_home(const struct binding *b)
{
	return reg_node_home4(b);
}

struct home4 *
way_home_space(struct way_ha *h, const struct way_line *l)
{
	return h->nodes.n_spaces > 0 ? &h->space[l->realm] : &h->nodes.home4;
}

unsigned
way_homes_taken(const struct way_ha *h)
{
	unsigned i, n = h->nodes.home4.n_used;

	for (i = 0; i < h->nodes.n_spaces; i++)
		n += h->space[i].n_used;
	return n;
}

uint64_t
way_ha_digest(struct way_ha *h)
{
	unsigned i, n = way_homes_taken(h);
	uint64_t d = digest_add(0, &n, sizeof(n));

	for (i = 0; i < h->way->plan.n_lines; i++) {
		struct binding *b = way_binding(h, &h->way->line[i]);
		struct gre_keys gre;
		struct in_addr home;

		if (b == NULL || b->state == BINDING_IDLE)
			continue;
		gre = binding_gre(b);
		home = way_home(b);
		d = digest_add(d, &b->coa, sizeof(b->coa));
		d = digest_add(d, &home, sizeof(home));
		d = digest_add(d, &gre, sizeof(gre));
		d = digest_add(d, &b->until, sizeof(b->until));
		d = digest_add(d, &b->last_id, sizeof(b->last_id));
		d = digest_add(d, &b->state, sizeof(b->state));
	}
	n = h->reg.revoker != NULL ? revoker_count(h->reg.revoker) : 0;
	return digest_add(d, &n, sizeof(n));
}

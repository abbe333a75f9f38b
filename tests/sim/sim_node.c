/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a home agent is to mobile nodes behind access nodes: had's mn over a
 * tunnel that is played, as had/main.c, had_config_node.c and mn_sock.c put it
 * together; and what it owes them [RFC 4861 6.2; PROTOCOLS D29].
 */
#include "tests/sim/sim_mobile.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define RA_DELAY	(500 * MS)	/* RFC 4861 10 */
#define RA_LEAST	(3 * SECOND)
#define TYPE_RS		133
#define TYPE_RA		134
#define TYPE_NS		135

static int64_t
ha_now(const struct ha *h)
{
	return host_mono(&h->host).ns;
}

static struct mn_view *
view_of(struct ha *h, const struct mn *m)
{
	return &h->nodes->view[net_coa_user(h->host.w, m->coa)->index];
}

struct mn *
nodes_mn(struct ha *h, const struct subscriber *u)
{
	struct binding *b = h->nodes != NULL ? ha_binding(h, u) : NULL;

	return b != NULL && b->behind_node ? b->mn : NULL;
}

const struct mn_addr *
nodes_addr(const struct mn *m, const struct in6_addr *a)
{
	struct in6_addr own;
	unsigned i;

	for (i = 0; i < m->n_addrs; i++) {
		own = mn_addr_of(&m->addrs[i]);
		if (memcmp(&own, a, sizeof(own)) == 0)
			return &m->addrs[i];
	}
	return NULL;
}

/* ---- what it is told ---- */

static void
check_ra(struct ha *h, const struct mn *m, const struct nd6_packet *p)
{
	struct mn_view *v = view_of(h, m);
	int64_t now = ha_now(h);

	if (p->hop_limit != 255 ||
	    memcmp(&p->src, &h->nodes->mns.router, sizeof(p->src)) != 0)
		world_fail(h->host.w, "%s: a Router Advertisement to %s that "
		    "nobody takes", h->host.name, (char *)m->binding->nai);
	if (!v->fresh && v->last_ra != 0 && now - v->last_ra < RA_LEAST)
		world_fail(h->host.w, "%s: two Router Advertisements to %s "
		    "within %lld ms", h->host.name, (char *)m->binding->nai,
		    (long long)((now - v->last_ra) / MS));
	v->fresh = false;
	v->ra_before = v->last_ra;
	v->last_ra = now;
	v->ra_due = 0;
}

/* What it wants is another's: at once, or after it was looked for. */
static void
refused(struct ha *h, const struct mn *m)
{
	h->nodes->said_in_use++;
	if (h->host.w->step.by == BY_TUNNEL)
		addr_count_claim(h, net_coa_user(h->host.w, m->coa));
}

static bool
node_send(void *arg, struct mn *m, const uint8_t *packet, size_t len)
{
	struct ha *h = arg;
	struct nd6_packet p;
	struct nd6 nd;

	if (m->sock == NULL)
		return false;
	if (nd6_open(&p, packet, len) != 0) {
		world_fail(h->host.w, "%s: says what is no ICMPv6",
		    h->host.name);
		return true;
	}
	if (p.type == TYPE_RA)
		check_ra(h, m, &p);
	else if (nd6_decode(&nd, packet, len) == 0 && nd.advert && nd.router)
		h->nodes->said_router++;
	else
		refused(h, m);
	net_tunnel(&h->host, h->host.addr, m->coa, packet, len);
	return true;
}

static void
node_open(void *arg, struct mn *m, int fd)
{
	struct ha *h = arg;

	m->sock = fd != -1 ? h : NULL;
	view_of(h, m)->fresh = true;
}

static void
node_close(void *arg, struct mn *m)
{
	struct ha *h = arg;

	m->sock = NULL;
	view_of(h, m)->ra_due = 0;
}

static void
node_listen(void *arg, struct mn *m)
{
	(void)arg;
	(void)m;
}

static void
node_detach(void *arg, struct binding *b, const char *why)
{
	struct ha *h = arg;

	h->nodes->detached = world_user(h->host.w, b->nai, b->nai_len);
	h->host.w->counts->detached++;
	reg_end(&h->reg, b, why);
}

/* ---- what it says ---- */

/* What the socket in its tunnel lets through [mn_sock.c]. */
static bool
is_heard(const struct mn *m, const uint8_t *packet, size_t len)
{
	return m->sock != NULL && (mn_hears(m) || (len > ND6_HEADER_LEN &&
	    packet[6] == IPPROTO_ICMPV6 && packet[ND6_HEADER_LEN] >= TYPE_RS &&
	    packet[ND6_HEADER_LEN] <= TYPE_NS + 1));
}

/* A solicitation is answered in time, and where we are, at once. */
static void
heard(struct ha *h, struct mn *m, const struct packet *p)
{
	unsigned said = h->nodes->said_router;
	struct mn_view *v = view_of(h, m);
	int64_t due = ha_now(h) + RA_DELAY;
	struct nd6_packet nd;
	struct nd6 ns;
	bool is_nd = nd6_open(&nd, p->data, p->len) == 0;
	bool asks = is_nd && nd.type == TYPE_NS && m->up &&
	    nd6_decode(&ns, p->data, p->len) == 0 &&
	    !IN6_IS_ADDR_UNSPECIFIED(&ns.src) &&
	    IN6_ARE_ADDR_EQUAL(&ns.target, &h->nodes->mns.router);

	if (is_nd && nd.type == TYPE_RS && m->up) {
		if (v->last_ra != 0 && v->last_ra + RA_LEAST > due)
			due = v->last_ra + RA_LEAST;
		if (v->ra_due == 0 || due < v->ra_due)
			v->ra_due = due;
	}
	mn_input(m, p->data, p->len);
	if (asks && h->nodes->said_router == said)
		world_fail(h->host.w, "%s: does not say to u%u where it is",
		    h->host.name, p->u->index);
}

void
nodes_input(struct ha *h, const struct packet *p)
{
	struct subscriber *u = net_coa_user(h->host.w, p->src);
	struct mn *m = u != NULL ? nodes_mn(h, u) : NULL;

	if (m != NULL && m->coa.s_addr == p->src.s_addr &&
	    is_heard(m, p->data, p->len))
		heard(h, m, p);
}

/* ---- how it is made ---- */

static void
set_pool(struct ha *h, unsigned k)
{
	static char names[NODE_POOLS][8] = { "nodes0", "nodes1" },
	    link[] = "home1";
	const struct plan *plan = &h->host.w->plan;
	struct pool *p = &h->pool[h->n_pools + k];

	*p = (struct pool){ .name = names[k], .mode = POOL_SHARED, .len = 64,
	    .max_lifetime = plan->max_lifetime, .hold = plan->hold,
	    .home_link = plan->home_link ? link : NULL };
	memcpy(&p->prefix, "\x20\x01\x0d\xb8", 4);
	p->prefix.s6_addr[4] = (uint8_t)(0xc0 + h->host.index);
	p->prefix.s6_addr[7] = (uint8_t)(k + 1);
}

/* Those that one section of the configuration is about. */
static void
set_section(struct ha *h, unsigned k)
{
	static char names[2][8] = { "an0", "an1" };
	struct ha_nodes *an = h->nodes;
	const struct plan *plan = &h->host.w->plan;
	struct pool *first = &h->pool[h->n_pools];
	struct access_nodes *n = &an->nodes[k];

	an->choice[k][0] = &first[plan->two_kinds ? k : 0];
	an->choice[k][1] = &first[1 - (plan->two_kinds ? k : 0)];
	*n = (struct access_nodes){
		.peer = { .name = names[k], .pools = an->choice[k],
		    .n_pools = plan->two_prefixes ? 2 : 1,
		    .max_bindings = 1000000, .gre = true },
		.ra = { .router_lifetime = 1800, .valid = plan->valid,
		    .preferred = plan->valid / 2,
		    .interval = plan->ra_interval },
		.own_link = { .name = names[k], .mode = POOL_SHARED,
		    .prefix = { .s6_addr = { 0xfe, 0x80 } }, .len = 64,
		    .home_link = first->home_link },
	};
	n->peer.nodes = n;
	n->peer.unverified = (struct bucket){ .rate = 20, .burst = 100 };
	n->peer.log = (struct log_limit){ .rate = 1, .burst = 10 };
	n->link = k > 0 && plan->home_link ? an->nodes[0].link : &n->own_link;
}

static void
set_ranges(struct ha *h)
{
	struct world *w = h->host.w;
	struct ha_nodes *an = h->nodes;
	unsigned i;

	for (i = 0; i < w->plan.n_nases; i++) {
		uint32_t first = ntohl(net_coa(&w->nas[i].host, 0).s_addr);

		an->range[i] = (struct care_of_range){ .first = first,
		    .last = first | 0xffff,
		    .peer = &an->nodes[w->plan.two_kinds ? i % 2 : 0].peer };
	}
	h->peers.ranges = an->range;
	h->peers.n_ranges = w->plan.n_nases;
}

/* Of those that AAA does not know. */
static void
set_users(struct ha *h)
{
	struct world *w = h->host.w;
	struct user *user;
	unsigned i;

	for (i = 0; i < w->plan.n_users; i++) {
		struct subscriber *u = &w->user[i];

		if (u->mobile == NULL || u->keyed)
			continue;
		user = &h->nodes->users[i];
		memset(user, 0, sizeof(*user));
		user->nai = u->nai;
		user->nai_len = strlen(u->nai);
		user->sas = &u->sa;
		user->n_sas = 1;
		if (!peers_add_user(&h->peers, user))
			abort();
	}
}

void
nodes_start(struct ha *h)
{
	static const struct mn_io io = { node_open, node_close, node_send,
	    node_listen, node_detach };
	struct ha_nodes *an = h->nodes;
	unsigned k;

	if (an == NULL)
		return;
	for (k = 0; k < NODE_POOLS; k++)
		set_pool(h, k);
	for (k = 0; k < 2; k++)
		set_section(h, k);
	set_ranges(h);
	set_users(h);
	an->mns = (struct mns){ .timers = &h->host.timers,
	    .clock = &h->host.clock, .pools = &h->pools, .io = &io,
	    .arg = h, .mtu = 1480 };
	mns_name_router(&an->mns, h->host.addr);
	plane_start_nodes(h);
	an->mns.dp = &an->plane;
	if (mns_init(&an->mns) != 0)
		abort();
	if (h->host.w->plan.home_link) {
		if (home_start(&an->home, h) != 0)
			abort();
		an->mns.dp = an->home.plane;
	}
	h->reg.mns = &an->mns;
}

void
nodes_stop(struct ha *h)
{
	struct ha_nodes *an = h->nodes;
	unsigned k;

	if (an == NULL)
		return;
	if (an->mns.n_addrs != 0 || h->n_addr_routes != 0 ||
	    table_count(&an->mns.by_coa) != 0)
		world_fail(h->host.w, "%s stopped, addresses are left",
		    h->host.name);
	for (k = 0; k < 2; k++)
		if (an->nodes[k].own_link.used != 0 ||
		    h->pool[h->n_pools + k].used != 0 ||
		    an->nodes[k].peer.n_bindings != 0 ||
		    an->nodes[k].peer.n_records != 0)
			world_fail(h->host.w, "%s stopped, leases or records "
			    "of access nodes are left", h->host.name);
	if (an->mns.dp == an->home.plane && an->home.plane != NULL)
		home_stop(&an->home);
	mns_free(&an->mns);
}

void
nodes_new(struct ha *h)
{
	struct world *w = h->host.w;

	h->nodes = calloc(1, sizeof(*h->nodes));
	if (h->nodes == NULL || (h->nodes->view = calloc(w->plan.n_users,
	    sizeof(*h->nodes->view))) == NULL || (h->nodes->users =
	    calloc(w->plan.n_users, sizeof(*h->nodes->users))) == NULL)
		abort();
	h->nodes->home.ha = h;
}

void
nodes_free(struct ha *h)
{
	if (h->nodes == NULL)
		return;
	free(h->nodes->view);
	free(h->nodes->users);
	free(h->nodes);
	h->nodes = NULL;
}

uint64_t
nodes_digest(const struct ha *h, uint64_t d)
{
	const struct ha_nodes *an = h->nodes;
	size_t n;

	if (an == NULL)
		return d;
	n = table_count(&an->mns.by_coa);
	d = digest_add(d, &n, sizeof(n));
	return digest_add(d, &an->mns.n_addrs, sizeof(an->mns.n_addrs));
}

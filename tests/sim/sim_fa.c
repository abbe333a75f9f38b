/* SPDX-License-Identifier: BSD-2-Clause */
/* See tests/sim/sim_fa.h: as fad/main.c, access.c and uplink.c put it
 * together, without their sockets. */
#include "tests/sim/sim_fa.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/mip4.h"
#include "fad/advert.h"
#include "fad/fad_config.h"
#include "fad/known.h"
#include "fad/relay.h"
#include "fad/tunnel.h"
#include "fad/visitor.h"

#define TTL_NEAR		255
#define ICMP_PORT_UNREACH	3
#define N_COUNTS		64	/* of a mobile node's, see below */

struct dp_route {
	struct dp_route	*next, **prev;
	struct fa	*fa;
	struct dp_entry	 e;
	dp_done		*done;
	void		*arg;
	struct timer	 timer;		/* pending while set */
	int		 status;
	bool		 good;
};

/* One of its links, as access.c has it. */
struct side {
	struct fa		*fa;
	unsigned		 nr;
	struct advert_pace	 pace;
	uint16_t		 sequence;
};

struct fa {
	struct fa_conf		 c;
	struct fad_config	 conf;
	struct fad_link		 link[FA_LINKS];
	struct side		 side[FA_LINKS];
	struct home_agent	 ha[FA_HAS];
	struct mobile_node	 mn[FA_NODES];
	struct mip4_sa		 mn_sa[FA_NODES];
	struct known		 known;
	struct visitors		 visitors;
	struct dataplane	 dp;
	struct relay		 relay;
	struct dp_route		*ways;
	size_t			 n_ways;
};

/* ---- its data plane ---- */

static void
remove_way(struct dp_route *r)
{
	timer_cancel(r->fa->c.timers, &r->timer);
	*r->prev = r->next;
	if (r->next != NULL)
		r->next->prev = r->prev;
	r->fa->n_ways--;
	free(r);
}

static void
answered(struct timer *t)
{
	struct dp_route *r = container_of(t, struct dp_route, timer);

	r->good = r->status == 0;
	r->done(r->arg, r->status);
}

/* Of one home address there is one way on a link, and one from a home agent by
 * each key [D140, D189, D234]; by one key there is one from it and one back. */
static void
check_alone(struct fa *fa, const struct dp_entry *e)
{
	const struct dp_route *r;
	bool one_ha;

	for (r = fa->ways; r != NULL; r = r->next) {
		one_ha = r->e.ha.s_addr == e->ha.s_addr;
		if (r->e.home.s_addr == e->home.s_addr &&
		    (r->e.link == e->link ||
		    (one_ha && r->e.gre.own == e->gre.own)))
			fa->c.fail(fa->c.arg, "two ways to one home address");
		if (one_ha && e->gre.own != 0 &&
		    (r->e.gre.own == e->gre.own ||
		    r->e.gre.peer == e->gre.peer))
			fa->c.fail(fa->c.arg, "two ways by one key");
	}
}

static struct dp_route *
way_add(struct dataplane *dp, const struct dp_entry *e,
    struct dp_route *instead, dp_done *done, void *arg, int *status)
{
	struct fa *fa = container_of(dp, struct fa, dp);
	struct dp_route *r;
	int64_t in;

	if (instead != NULL)
		remove_way(instead);
	check_alone(fa, e);
	in = fa->c.answer(fa->c.arg, status);
	if (in == 0 && *status != 0)
		return NULL;
	if ((r = calloc(1, sizeof(*r))) == NULL)
		abort();
	*r = (struct dp_route){ .next = fa->ways, .prev = &fa->ways,
	    .fa = fa, .e = *e, .done = done, .arg = arg, .status = *status,
	    .good = in == 0, .timer = { .fire = answered } };
	if (r->next != NULL)
		r->next->prev = &r->next;
	fa->ways = r;
	fa->n_ways++;
	if (in == 0)
		return r;
	*status = -EINPROGRESS;
	if (timer_set(fa->c.timers, &r->timer, mono_add_ms(
	    clock_mono(fa->c.clock), in / 1000000 + 1)) != 0)
		abort();
	return r;
}

static void
way_del(struct dataplane *dp, struct dp_route *r)
{
	(void)dp;
	remove_way(r);
}

/* ---- what it sends ---- */

static void
to_node(void *arg, const struct node *n, struct in_addr dst,
    const uint8_t *data, size_t len)
{
	struct fa *fa = arg;

	(void)dst;
	fa->c.to_node(fa->c.arg, n->link, n->lladdr, data, len);
}

static int
to_home(void *arg, struct in_addr ha, uint16_t port, const uint8_t *data,
    size_t len)
{
	struct fa *fa = arg;

	fa->c.to_home(fa->c.arg, ha, port, data, len);
	return 0;
}

/* ---- what it says of itself ---- */

static void
advertise(struct side *l, const uint8_t *lladdr, uint32_t lifetime)
{
	const struct fa_conf *c = &l->fa->c;
	struct advert a = { .lifetime = (uint16_t)lifetime,
	    .address = c->link[l->nr], .sequence = l->sequence,
	    .reg_lifetime = (uint16_t)c->max_lifetime,
	    .flags = ADVERT_F | ADVERT_T, .revocation = c->revocation,
	    .care_of = c->care_of };
	uint8_t buf[ADVERT_MAX];

	if (relay_is_busy(&l->fa->relay))
		a.flags |= ADVERT_B;
	l->sequence = advert_next(l->sequence);
	c->to_link(c->arg, l->nr, lladdr, buf, advert_write(&a, buf,
	    sizeof(buf)));
}

static void
advert_due(void *arg)
{
	struct side *l = arg;

	advertise(l, NULL, 3 * l->fa->c.max_s);
}

static void
busy_changed(void *arg)
{
	struct fa *fa = arg;
	unsigned i;

	for (i = 0; i < FA_LINKS && fa->c.max_s > 0; i++)
		advert_soon(&fa->side[i].pace);
}

static void
begin_adverts(struct fa *fa)
{
	unsigned i;

	for (i = 0; i < FA_LINKS && fa->c.max_s > 0; i++) {
		struct side *l = &fa->side[i];

		*l = (struct side){ .fa = fa, .nr = i,
		    .sequence = fa->c.sequence, .pace = {
		    .timers = fa->c.timers, .clock = fa->c.clock,
		    .min_s = fa->c.max_s * 3 / 4, .max_s = fa->c.max_s,
		    .unsolicited = true, .send = advert_due, .arg = l } };
		advert_start(&l->pace);
	}
}

void
fa_solicited(struct fa *fa, unsigned link, const uint8_t lladdr[6],
    const uint8_t *icmp, size_t len, uint8_t ttl)
{
	if (fa->c.max_s > 0 && advert_is_solicitation(icmp, len, ttl) &&
	    advert_solicited(&fa->side[link].pace, true))
		advertise(&fa->side[link], lladdr, 3 * fa->c.max_s);
}

void
fa_farewell(struct fa *fa)
{
	unsigned i;

	for (i = 0; i < FA_LINKS && fa->c.max_s > 0; i++)
		advertise(&fa->side[i], NULL, 0);
}

void
fa_hush(struct fa *fa)
{
	unsigned i;

	for (i = 0; i < FA_LINKS; i++)
		advert_stop(&fa->side[i].pace);
}

/* ---- it comes and goes ---- */

static void
configure_nodes(struct fa *fa)
{
	unsigned i;

	for (i = 0; i < fa->c.n_nodes; i++) {
		struct mobile_node *m = &fa->mn[i];

		mip4_sa_copy(&fa->mn_sa[i], fa->c.node[i].sa);
		if (mip4_sa_prepare(&fa->mn_sa[i]) != 0 ||
		    (m->name = strdup(fa->c.node[i].nai)) == NULL)
			abort();
		m->nai_len = strlen(m->name);
		m->sas = &fa->mn_sa[i];
		m->n_sas = 1;
		if (!known_add_mobile_node(&fa->known, m))
			abort();
	}
}

static void
configure(struct fa *fa)
{
	static char name[] = "link", ha_name[] = "ha";
	unsigned i;

	fa->conf = (struct fad_config){ .care_of = fa->c.care_of,
	    .port = MIP4_PORT, .max_lifetime = fa->c.max_lifetime,
	    .max_visitors = fa->c.max_visitors,
	    .max_pending = fa->c.max_pending,
	    .max_pending_node = fa->c.max_pending_node,
	    .pending_time = FA_PENDING_S, .zero_home = true,
	    .gre = (enum fad_gre)fa->c.gre,
	    .reverse = fa->c.require ? FAD_REVERSE_REQUIRE :
	    FAD_REVERSE_OFFER, .known_only = fa->c.known_only,
	    .revocation = fa->c.revocation, .types = MIP4_EXT_TYPES_DEFAULT,
	    .links = fa->link, .n_links = FA_LINKS, .home_agents = fa->ha,
	    .n_home_agents = fa->c.n_has };
	for (i = 0; i < FA_LINKS; i++)
		fa->link[i] = (struct fad_link){ .name = name,
		    .address = fa->c.link[i] };
	for (i = 0; i < fa->c.n_has; i++) {
		struct home_agent *h = &fa->ha[i];

		*h = (struct home_agent){ .name = ha_name,
		    .addr = fa->c.ha[i], .gre = fa->conf.gre };
		if (fa->c.sa[i] != NULL) {
			h->n_sas = 1;
			h->sas = calloc(1, sizeof(*h->sas));
			if (h->sas == NULL)
				abort();
			mip4_sa_copy(h->sas, fa->c.sa[i]);
			if (mip4_sa_prepare(h->sas) != 0)
				abort();
		}
		if (!known_add_home_agent(&fa->known, h))
			abort();
	}
	configure_nodes(fa);
}

struct fa *
fa_start(const struct fa_conf *c)
{
	struct fa *fa = calloc(1, sizeof(*fa));

	if (fa == NULL || known_init(&fa->known) != 0)
		abort();
	fa->c = *c;
	configure(fa);
	fa->visitors = (struct visitors){ .timers = c->timers,
	    .clock = c->clock, .max_visitors = c->max_visitors,
	    .max_pending = c->max_pending,
	    .max_pending_node = c->max_pending_node };
	if (visitors_init(&fa->visitors) != 0)
		abort();
	fa->dp = (struct dataplane){ .add = way_add, .del = way_del };
	fa->relay = (struct relay){ .conf = &fa->conf, .clock = c->clock,
	    .known = &fa->known, .visitors = &fa->visitors, .dp = &fa->dp,
	    .to_node = to_node, .to_home = to_home,
	    .busy_changed = busy_changed, .arg = fa };
	if (relay_init(&fa->relay) != 0)
		abort();
	begin_adverts(fa);
	return fa;
}

void
fa_stop(struct fa *fa)
{
	unsigned i;

	relay_shutdown(&fa->relay);
	fa_hush(fa);
	if (fa->n_ways != 0)
		fa->c.fail(fa->c.arg, "it has stopped, ways are left");
	visitors_free(&fa->visitors);
	known_free(&fa->known);
	for (i = 0; i < fa->c.n_has; i++) {
		if (fa->ha[i].sas != NULL)
			mip4_sa_wipe(fa->ha[i].sas);
		free(fa->ha[i].sas);
	}
	for (i = 0; i < fa->c.n_nodes; i++) {
		mip4_sa_wipe(&fa->mn_sa[i]);
		free(fa->mn[i].name);
	}
	free(fa);
}

/* ---- what comes ---- */

void
fa_from_node(struct fa *fa, unsigned link, const uint8_t lladdr[6],
    struct in_addr src, uint16_t port, const uint8_t *data, size_t len)
{
	struct relay_packet p = { .ttl = TTL_NEAR, .data = data, .len = len,
	    .node = { .link = link, .src = src, .dst = fa->c.link[link],
	    .port = port } };

	memcpy(p.node.lladdr, lladdr, sizeof(p.node.lladdr));
	relay_from_node(&fa->relay, &p);
}

void
fa_from_home(struct fa *fa, struct in_addr src, uint16_t port,
    const uint8_t *data, size_t len)
{
	relay_from_home(&fa->relay, src, port, data, len);
}

void
fa_unreachable(struct fa *fa, struct in_addr ha, const uint8_t *data,
    size_t len)
{
	relay_unreachable(&fa->relay, ha, ICMP_PORT_UNREACH, data, len);
}

void
fa_drain(struct fa *fa, bool on)
{
	relay_drain(&fa->relay, on);
}

/* ---- who looks ---- */

struct look {
	bool	(*fn)(void *arg, const struct fa_visit *);
	void	*arg;
};

static bool
show(struct table_node *n, void *arg)
{
	const struct visitor *v = container_of(n, struct visitor, by_home);
	const struct look *l = arg;
	struct fa_visit x = { .home = v->asked.home, .ha = v->asked.ha,
	    .coa = v->asked.coa, .link = v->asked.node.link,
	    .nai_len = v->asked.nai_len, .up = v->state == VISITOR_UP,
	    .lifetime = v->lifetime, .until = v->until,
	    .gre = v->asked.gre, .id = v->asked.id };

	memcpy(x.lladdr, v->asked.node.lladdr, sizeof(x.lladdr));
	memcpy(x.nai, v->asked.nai, v->asked.nai_len);
	x.way = v->route != NULL && v->route->good &&
	    v->route->e.home.s_addr == x.home.s_addr &&
	    v->route->e.ha.s_addr == x.ha.s_addr &&
	    v->route->e.link == x.link && v->route->e.reverse &&
	    gre_same(&v->route->e.gre, &x.gre) &&
	    memcmp(v->route->e.lladdr, x.lladdr, sizeof(x.lladdr)) == 0;
	return l->fn(l->arg, &x);
}

void
fa_each(struct fa *fa, bool (*fn)(void *, const struct fa_visit *), void *arg)
{
	struct look l = { fn, arg };

	table_each(&fa->visitors.by_home, show, &l);
}

size_t
fa_visitors(const struct fa *fa)
{
	return table_count(&fa->visitors.by_home);
}

size_t
fa_pending(const struct fa *fa)
{
	return table_count(&fa->visitors.by_id);
}

size_t
fa_ways(const struct fa *fa)
{
	return fa->n_ways;
}

/* In no order that is always the same. */
static bool
digest_one(void *arg, const struct fa_visit *v)
{
	uint64_t *sum = arg, d = v->home.s_addr;

	d = d * 31 + v->ha.s_addr;
	d = d * 31 + v->gre.own;
	d = d * 31 + v->gre.peer;
	d = d * 31 + v->lladdr[5] + 2 * v->link;
	d = d * 31 + (v->up ? (uint64_t)v->until.ns : 1);
	*sum += d * UINT64_C(0x9e3779b97f4a7c15) + v->way;
	return true;
}

uint64_t
fa_digest(struct fa *fa)
{
	uint64_t sum = fa_visitors(fa);

	fa_each(fa, digest_one, &sum);
	return sum;
}

/* How many each mobile node has waiting, by link and the last byte of its
 * address. */
static bool
count_pending(struct table_node *n, void *arg)
{
	const struct pending *p = container_of(n, struct pending, by_id);
	unsigned *count = arg;

	count[(p->asked.node.lladdr[5] * FA_LINKS + p->asked.node.link) %
	    N_COUNTS]++;
	return true;
}

static bool
check_visitor(struct table_node *n, void *arg)
{
	const struct visitor *v = container_of(n, struct visitor, by_home);
	struct fa *fa = arg;

	if (v->state == VISITOR_UP && (v->route == NULL || !v->route->good))
		fa->c.fail(fa->c.arg, "a visitor is up without a way");
	if (v->state == VISITOR_UP && v->held != NULL)
		fa->c.fail(fa->c.arg, "a reply waits for nothing");
	return true;
}

void
fa_check(struct fa *fa)
{
	unsigned count[N_COUNTS] = { 0 }, i;

	table_each(&fa->visitors.by_home, check_visitor, fa);
	if (fa->n_ways > fa_visitors(fa))
		fa->c.fail(fa->c.arg, "more ways than visitors");
	if (fa_visitors(fa) > fa->c.max_visitors ||
	    fa_pending(fa) > fa->c.max_pending)
		fa->c.fail(fa->c.arg, "more than its limits allow");
	table_each(&fa->visitors.by_id, count_pending, count);
	for (i = 0; i < N_COUNTS; i++)
		if (count[i] > fa->c.max_pending_node)
			fa->c.fail(fa->c.arg, "more requests of one node wait "
			    "than may");
}

uint64_t
fa_denied(const struct fa *fa)
{
	uint64_t n = 0;
	unsigned i;

	for (i = 0; i < 256; i++)
		n += fa->relay.stats.code[i];
	return n;
}

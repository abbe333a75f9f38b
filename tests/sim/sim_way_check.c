/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What must hold in the world of sim_way.h: of bindings and IPv4 home addresses
 * at each home agent, of visits at each foreign agent, between both, and when
 * all is at rest or over.
 */
#include "tests/sim/sim_way.h"

#include <arpa/inet.h>
#include <string.h>

#include "had/revoke.h"

/* How long a visit may end after its home agent thinks so: the request waits
 * for its reply, that for the data path. */
#define LATE		((FA_PENDING_S + 6) * SECOND)

/* What a home agent does is known to its foreign agents after so long. */
#define RELAYED		(5 * SECOND)

static const struct mip4_ext_types types = MIP4_EXT_TYPES_DEFAULT;

static unsigned
home_bit(struct in_addr home)
{
	return ntohl(home.s_addr) & (WAY_HOMES - 1);
}

/* ---- home agents ---- */

void
way_said_yes(struct way_ha *h, struct way_line *l, struct in_addr coa,
    const struct mip4_msg *m)
{
	const struct binding *b = way_binding(h, l);
	struct way_fa *f = way_fa_of(h->way, coa);
	struct world *w = h->way->w;
	struct way_grant *g;
	int64_t until = w->now + m->rrp.lifetime * SECOND;

	if (b == NULL || b->state != BINDING_BOUND ||
	    b->coa.s_addr != coa.s_addr || m->rrp.lifetime != b->lifetime ||
	    m->rrp.home.s_addr != way_home(b).s_addr ||
	    m->ext.gre_key != binding_gre(b).own)
		world_fail(w, "%s: says yes to u%u, has no such binding",
		    h->host.name, l->index);
	if (f == NULL || b == NULL)
		return;
	gre_said_yes(h, l, m);
	if (m->rrp.home.s_addr == INADDR_ANY || (m->ext.n_gre > 0) !=
	    (binding_gre(b).own != 0) || (h->way->plan.per_realm &&
	    m->ext.n_gre == 0))
		world_fail(w, "%s: gives u%u no IPv4 home address, or not its "
		    "key", h->host.name, l->index);
	g = &h->grant[f->host.index][l->index];
	g->homes |= 1U << home_bit(m->rrp.home);
	if (m->rrp.lifetime > g->lifetime)
		g->lifetime = m->rrp.lifetime;
	if (until > g->until)
		g->until = until;
	g->last_id = m->rrp.id;
}

/* The request of this step, if it is this mobile node's own. */
static bool
is_asked(struct way_ha *h, const struct way_line *l, struct mip4_msg *m)
{
	const struct way_packet *p = h->way->now;

	return p != NULL && !p->attack &&
	    p->dst.s_addr == h->host.addr.s_addr &&
	    mip4_parse(m, p->data, p->len, &types) == MIP4_OK &&
	    m->type == MIP4_RRQ && m->ext.nai_len == strlen(l->nai) &&
	    memcmp(m->ext.nai, l->nai, m->ext.nai_len) == 0;
}

static void
check_end(struct way_ha *h, const struct way_line *l, struct way_view *v)
{
	struct mip4_msg m;

	v->changed = h->way->w->now;
	v->deregistered = is_asked(h, l, &m) && m.rrq.lifetime == 0 &&
	    m.rrq.coa.s_addr == v->coa.s_addr;
	if (h->way->operator_acts || h->dp_failed || v->deregistered)
		return;
	if (v->bound && !mono_before(host_mono(&h->host), v->until))
		return;
	world_fail(h->way->w, "%s: u%u's binding ends, nothing calls for it",
	    h->host.name, l->index);
}

static void
look(struct way_ha *h, struct way_line *l)
{
	const struct binding *b = way_binding(h, l);
	struct way_view *v = &h->view[l->index];
	struct world *w = h->way->w;
	struct in_addr home;
	struct gre_keys gre;
	struct mip4_msg m;

	if (b == NULL || b->state == BINDING_IDLE) {
		if (v->holds)
			check_end(h, l, v);
		v->holds = v->bound = false;
		return;
	}
	home = way_home(b);
	gre = binding_gre(b);
	if (!v->holds || v->coa.s_addr != b->coa.s_addr ||
	    v->home.s_addr != home.s_addr || !gre_same(&v->gre, &gre)) {
		if (!is_asked(h, l, &m) || m.rrq.lifetime == 0 ||
		    m.rrq.coa.s_addr != b->coa.s_addr)
			world_fail(w, "%s: u%u's binding changes, nothing "
			    "calls for it", h->host.name, l->index);
		if (v->holds && v->home.s_addr != home.s_addr &&
		    v->home.s_addr != INADDR_ANY &&
		    home.s_addr != INADDR_ANY)
			world_fail(w, "%s: u%u's IPv4 home address changes",
			    h->host.name, l->index);
		if (v->holds && v->coa.s_addr == b->coa.s_addr &&
		    v->gre.peer == gre.peer && v->gre.own != gre.own)
			world_fail(w, "%s: u%u has another key to the same one",
			    h->host.name, l->index);
		v->changed = w->now;
	}
	if (b->state == BINDING_BOUND && !way_routed(b))
		world_fail(w, "%s: u%u is bound, but not routed so",
		    h->host.name, l->index);
	if ((way_fa_of(h->way, b->coa) != NULL) !=
	    (home.s_addr != INADDR_ANY))
		world_fail(w, "%s: u%u has an IPv4 home address, or none, "
		    "against its care-of address", h->host.name, l->index);
	*v = (struct way_view){ .hash = v->hash, .holds = true,
	    .coa = b->coa, .home = home, .gre = gre,
	    .bound = b->state == BINDING_BOUND, .until = b->until,
	    .last_id = b->last_id, .changed = v->changed };
}

/* An IPv4 home address is one mobile node's, or one of each realm. */
static void
check_homes(struct way_ha *h)
{
	uint32_t taken[WAY_REALMS] = { 0 };
	const struct home4 *space;
	unsigned i, n = 0, realm;

	for (i = 0; i < h->way->plan.n_lines; i++) {
		const struct way_view *v = &h->view[i];

		if (!v->holds || v->home.s_addr == INADDR_ANY)
			continue;
		realm = h->way->line[i].realm;
		space = way_home_space(h, &h->way->line[i]);
		if (taken[realm] & 1U << home_bit(v->home))
			world_fail(h->way->w, "%s: u%u has an IPv4 home "
			    "address that another has", h->host.name, i);
		if (!home4_has(space, v->home) ||
		    home4_is_free(space, v->home))
			world_fail(h->way->w, "%s: u%u's IPv4 home address is "
			    "not taken", h->host.name, i);
		taken[realm] |= 1U << home_bit(v->home);
		n++;
	}
	if (n != way_homes_taken(h))
		world_fail(h->way->w, "%s: %u IPv4 home addresses are taken, "
		    "%u had", h->host.name, way_homes_taken(h), n);
}

/* ---- foreign agents ---- */

struct visits {
	struct way_fa	*fa;
	bool		 rest;
	unsigned	 n;
	/* looked for: */
	const struct way_sess *s;
	bool		 found;
};

static void
visit_fails(const struct visits *x, const struct way_line *l, const char *why)
{
	world_fail(x->fa->way->w, "%s: u%d's visit %s", x->fa->host.name,
	    l != NULL ? (int)l->index : -1, why);
}

static unsigned
n_behind(const struct way_fa *f)
{
	const struct way *y = f->way;
	unsigned i, n = 0;

	for (i = 0; i < y->plan.n_nases; i++)
		n += y->nas[i].kind == WAY_BEHIND &&
		    y->nas[i].fa == f->host.index;
	return n;
}

/* Its home agent has ended it, and the agent has relayed that, or was told so
 * where both share a key; where nothing is lost. */
static bool
is_stale(const struct way_ha *h, const struct way_line *l,
    const struct fa_visit *v, const struct way_fa *f)
{
	const struct way_view *b = &h->view[l->index];
	const struct way_plan *p = &h->way->plan;

	if (h->way->w->now - b->changed < RELAYED)
		return false;
	/* It may be by a node that it has left, which is heard after another
	 * one there. */
	if (n_behind(f) > 1)
		return false;
	if (b->holds && b->coa.s_addr != f->host.addr.s_addr)
		return p->fa_keys && p->revocation;
	return b->holds ? b->home.s_addr != v->home.s_addr :
	    b->deregistered && b->coa.s_addr == f->host.addr.s_addr;
}

/* Nothing that its home agent has not granted. */
static bool
check_visit(void *arg, const struct fa_visit *v)
{
	struct visits *x = arg;
	struct way *y = x->fa->way;
	struct way_ha *h = way_ha_of(y, v->ha);
	struct way_line *l = way_line(y, v->nai, v->nai_len);
	const struct way_nas *n = &y->nas[v->lladdr[5] % WAY_NASES];
	const struct way_grant *g;

	x->n++;
	if (h == NULL || l == NULL) {
		visit_fails(x, l, "is of nobody");
		return true;
	}
	g = &h->grant[x->fa->host.index][l->index];
	if (v->coa.s_addr != x->fa->host.addr.s_addr ||
	    !(g->homes & 1U << home_bit(v->home)) ||
	    (ntohl(v->home.s_addr) & ~(WAY_HOMES - 1U)) != 0xac100000)
		visit_fails(x, l, "was not granted");
	if (n->kind != WAY_BEHIND || n->fa != x->fa->host.index ||
	    n->link != v->link)
		visit_fails(x, l, "is on another link than it can be");
	if (!way_has_key(n, l))
		visit_fails(x, l, "is by a node that can not prove it");
	if (y->plan.calm && is_stale(h, l, v, x->fa))
		visit_fails(x, l, "goes on after its binding");
	if (!v->up)
		return true;
	if (v->lifetime > g->lifetime ||
	    host_to_world(&x->fa->host, v->until) > g->until + LATE)
		visit_fails(x, l, "lasts longer than was granted");
	if (!v->way)
		visit_fails(x, l, "has no way, or another");
	return true;
}

static bool
is_of_session(void *arg, const struct fa_visit *v)
{
	struct visits *x = arg;
	const struct way_sess *s = x->s;

	x->found |= v->up && v->home.s_addr == s->home.s_addr &&
	    v->ha.s_addr == s->ha->host.addr.s_addr &&
	    v->lladdr[5] == s->nas->host.index && v->link == s->nas->link &&
	    v->nai_len == strlen(s->line->nai) &&
	    memcmp(v->nai, s->line->nai, v->nai_len) == 0;
	return !x->found;
}

bool
way_is_visited(struct way_fa *f, const struct way_sess *s)
{
	struct visits x = { .fa = f, .s = s };

	fa_each(f->fa, is_of_session, &x);
	return x.found;
}

static void
watch_fa(struct way_fa *f)
{
	struct visits x = { .fa = f };

	if (!f->host.up)
		return;
	fa_each(f->fa, check_visit, &x);
	fa_check(f->fa);
}

/* ---- sessions ---- */

bool
way_is_current(const struct way_sess *s)
{
	const struct way_view *v = &s->ha->view[s->line->index];

	return s->ha->host.up && v->bound && v->coa.s_addr == s->coa.s_addr &&
	    v->home.s_addr == s->home.s_addr;
}

/* What it was told is the last that the home agent has said to its agent: not
 * to another node there, which is the same mobile node to both. Who sends an old
 * deregistration again may meet the late answer to it; and of two nodes' requests
 * the first may be late, and the last to the home agent. */
static bool
is_newest(const struct way_sess *s, const struct way_fa *f)
{
	const struct way_plan *p = &f->way->plan;

	if ((p->at_links && p->attacks > 0) || (p->late > 0 &&
	    n_behind(f) > 1))
		return false;
	return s->learnt >= f->started && !s->resumed && s->last_id ==
	    s->ha->grant[f->host.index][s->line->index].last_id;
}

static void
check_session(struct way *y, const struct way_sess *s)
{
	struct way_fa *f = way_fa_of(y, s->coa);

	if (!s->up)
		return;
	if (mono_before(s->reg->expires, host_mono(&s->nas->host)))
		world_fail(y->w, "%s: outlives its registration", s->subject);
	if (f == NULL || !f->host.up || y->plan.dp_fail > 0 ||
	    !way_is_current(s) || !is_newest(s, f))
		return;
	if (!way_is_visited(f, s))
		world_fail(y->w, "%s: is up and bound, but no visitor",
		    s->subject);
}

void
way_watch(struct way *y)
{
	const struct way_sess *s;
	unsigned i, k;

	for (i = 0; i < y->plan.n_has; i++) {
		if (!y->ha[i].host.up)
			continue;
		for (k = 0; k < y->plan.n_lines; k++)
			look(&y->ha[i], &y->line[k]);
		check_homes(&y->ha[i]);
	}
	for (i = 0; i < y->plan.n_fas; i++)
		watch_fa(&y->fa[i]);
	for (k = 0; k < y->plan.n_lines; k++)
		for (s = y->line[k].sessions; s != NULL; s = s->next)
			check_session(y, s);
	gre_watch(y);
	hear_watch(y);
}

/* ---- at rest ---- */

/* Its agent has, on its link, the same home address of another home agent
 * [D189], or of another realm [D234], or takes fewer requests at a time than
 * come, so that any may be the one that has no luck; or the node has not the
 * key that the agent has, or asks for a tunnel that it can not have.
 * Nothing else excuses that who stays has no service. */
bool
way_is_excused(const struct way_line *l)
{
	const struct way_plan *p = &l->way->plan;

	return l->at->kind == WAY_BEHIND &&
	    ((!p->apart && (p->n_has > 1 || p->per_realm) &&
	    l->last_code == MIP4_FA_PROHIBITED) || !gre_is_served(l) ||
	    p->max_pending_node < p->n_lines || !way_has_key(l->at, l));
}

static void
check_line(struct way *y, const struct way_line *l, unsigned *visits)
{
	const struct way_sess *s;
	struct way_fa *f;

	for (s = l->sessions; s != NULL; s = s->next)
		if (s->nas == l->at && s->up)
			break;
	if (l->at == NULL || s == NULL || !way_is_current(s)) {
		if (l->at != NULL && !way_is_excused(l))
			world_fail(y->w, "at rest: u%u is at %s and has no "
			    "service, code %u was the last", l->index,
			    l->at->host.name, l->last_code);
		return;
	}
	gre_agreement(s);
	if ((f = way_fa_of(y, s->coa)) == NULL)
		return;
	++*visits;
	if (!way_is_visited(f, s))
		world_fail(y->w, "at rest: %s is no visitor", s->subject);
}

void
way_check_agreement(struct way *y)
{
	unsigned i, sessions = 0;
	size_t visits = 0;

	for (i = 0; i < y->plan.n_lines; i++)
		check_line(y, &y->line[i], &sessions);
	for (i = 0; i < y->plan.n_nases; i++)
		hear_check_rest(&y->nas[i]);
	for (i = 0; i < y->plan.n_fas; i++)
		visits += fa_visitors(y->fa[i].fa);
	if (visits != sessions)
		world_fail(y->w, "at rest: %zu visits, %u sessions behind "
		    "foreign agents", visits, sessions);
	for (i = 0; i < y->plan.n_has; i++)
		if (y->ha[i].reg.revoker != NULL &&
		    revoker_count(y->ha[i].reg.revoker) > 0)
			world_fail(y->w, "at rest: %s still revokes",
			    y->ha[i].host.name);
}

static const char *
left_at_ha(const struct way_ha *h)
{
	if (h->bindings.n_bound != 0)
		return "bindings";
	if (table_count(&h->bindings.by_nai) != 0)
		return "records";
	if (way_homes_taken(h) != 0)
		return "IPv4 home addresses";
	if (table_count(&h->mns.by_coa) != 0)
		return "tunnels";
	if (h->n_routes != 0)
		return "routes";
	return h->host.timers.n != 0 ? "timers" : NULL;
}

static const char *
left_at_nas(const struct way_nas *n)
{
	if (n->core.n_regs != 0 || table_count(&n->core.by_nai) != 0)
		return "registrations";
	if (table_count(&n->core.by_gre) != 0)
		return "keys";
	if (table_count(&n->core.by_id) != 0)
		return "tries";
	return n->host.timers.n != 0 ? "timers" : NULL;
}

static const char *
left_at_fa(const struct way_fa *f)
{
	if (fa_visitors(f->fa) != 0)
		return "visitors";
	if (fa_pending(f->fa) != 0)
		return "requests";
	if (fa_ways(f->fa) != 0)
		return "ways";
	return f->host.timers.n != 0 ? "timers" : NULL;
}

static void
check_empty(struct way *y, const struct host *n, const char *what)
{
	if (what != NULL)
		world_fail(y->w, "all are gone: %s has %s left", n->name,
		    what);
}

void
way_check_nothing_left(struct way *y)
{
	unsigned i;

	for (i = 0; i < y->plan.n_has; i++)
		check_empty(y, &y->ha[i].host, left_at_ha(&y->ha[i]));
	for (i = 0; i < y->plan.n_nases; i++)
		check_empty(y, &y->nas[i].host, left_at_nas(&y->nas[i]));
	for (i = 0; i < y->plan.n_fas; i++)
		check_empty(y, &y->fa[i].host, left_at_fa(&y->fa[i]));
	if (y->n_flying != 0 || y->w->timers.n != 0)
		world_fail(y->w, "all are gone: datagrams or timers are left");
}

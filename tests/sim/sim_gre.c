/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Invariants of GRE keys [RFC 6245, PROTOCOLS D190-D199, D232-D235]: they tell
 * bindings and visits apart, both ends have the same, and they stay. Behind a
 * foreign agent the other end is that one's, and the session knows of none.
 */
#include "tests/sim/sim_way.h"

#include <string.h>

static void
ha_fails(const struct way_ha *h, unsigned a, unsigned b, const char *why)
{
	world_fail(h->way->w, "%s: u%u and u%u %s", h->host.name, a, b, why);
}

/* Of two that are bound at one care-of address: routers' are told apart by
 * address, and may say one key for all [D192]; behind agents IP in IP is. */
static void
check_pair(struct way_ha *h, unsigned i, unsigned k)
{
	const struct way_view *a = &h->view[i], *b = &h->view[k];
	bool by_key = way_binding(h, &h->way->line[i])->behind_node &&
	    (a->home.s_addr == INADDR_ANY || a->gre.own != 0);

	if (by_key && a->gre.peer == b->gre.peer)
		ha_fails(h, i, k, "are sent packets with one key");
	if (a->gre.own != 0 && a->gre.own == b->gre.own)
		ha_fails(h, i, k, "send packets with one key");
}

static void
check_ha(struct way_ha *h)
{
	unsigned i, k, n = h->way->plan.n_lines;

	for (i = 0; i < n; i++) {
		const struct way_view *v = &h->view[i];

		if (!v->holds)
			continue;
		if ((v->gre.own == 0) != (v->gre.peer == 0))
			ha_fails(h, i, i, "has a key of one direction");
		for (k = i + 1; k < n; k++)
			if (h->view[k].holds && h->view[k].coa.s_addr ==
			    v->coa.s_addr)
				check_pair(h, i, k);
	}
}

static bool
agree(const struct way_sess *s)
{
	const struct way_view *v = &s->ha->view[s->line->index];

	if (s->nas->kind == WAY_BEHIND)
		return s->gre.own == 0 && s->gre.peer == 0;
	return s->gre.own == v->gre.peer && s->gre.peer == v->gre.own;
}

/* What it was last told is still so, or it has not been told yet. */
static void
check_session(struct way *y, const struct way_sess *s)
{
	const struct way_view *v = &s->ha->view[s->line->index];

	if (!s->up)
		return;
	if (!gre_same(&s->gre, &s->reg->gre))
		world_fail(y->w, "%s: its data path has other keys than it",
		    s->subject);
	if ((s->gre.own == 0) != (s->gre.peer == 0))
		world_fail(y->w, "%s: is up with a key of one direction",
		    s->subject);
	if (way_is_current(s) && !s->resumed && s->learnt >= v->changed &&
	    !agree(s))
		world_fail(y->w, "%s: keys %08x %08x, its home agent's are "
		    "%08x %08x", s->subject, s->gre.own, s->gre.peer,
		    v->gre.own, v->gre.peer);
}

/* A key is one registration's at a time [D196]. */
static void
check_nas(struct way *y, const struct way_nas *n)
{
	const struct way_sess *s, *o;
	unsigned i, k;

	for (i = 0; i < y->plan.n_lines; i++)
		for (s = y->line[i].sessions; s != NULL; s = s->next)
			for (k = 0; k < i && s->nas == n; k++)
				for (o = y->line[k].sessions; o != NULL;
				    o = o->next)
					if (o->nas == n && s->reg != NULL &&
					    o->reg != NULL &&
					    s->reg->gre.own != 0 &&
					    s->reg->gre.own == o->reg->gre.own)
						world_fail(y->w, "%s: has the "
						    "key of s%u", s->subject,
						    o->nr);
}

/* ---- behind foreign agents ---- */

struct keys {
	struct way_fa	*fa;
	/* what is looked for: */
	const struct way_line *line;
	struct in_addr	 home;
	bool		 found;
	struct gre_keys	 gre;
};

static void
visit_fails(const struct keys *x, const struct way_line *l, const char *why)
{
	world_fail(x->fa->way->w, "%s: u%u's visit %s", x->fa->host.name,
	    l->index, why);
}

static bool
crosswise(const struct gre_keys *a, const struct gre_keys *b)
{
	return a->own == b->peer && a->peer == b->own;
}

/* What is sent with its keys gets to it, at either end, or to nobody. */
static void
check_others(const struct keys *x, const struct way_line *l,
    const struct fa_visit *v)
{
	struct way *y = x->fa->way;
	const struct way_ha *h = way_ha_of(y, v->ha);
	unsigned i;

	for (i = 0; i < y->plan.n_lines; i++) {
		const struct way_view *b = &h->view[i];

		if (i == l->index || !b->holds || b->gre.own == 0 ||
		    b->coa.s_addr != v->coa.s_addr)
			continue;
		if (b->gre.peer == v->gre.own)
			visit_fails(x, l, "gets what another is sent");
		if (b->gre.own == v->gre.peer)
			visit_fails(x, l, "sends as another");
	}
}

static bool
check_visit(void *arg, const struct fa_visit *v)
{
	const struct keys *x = arg;
	struct way *y = x->fa->way;
	const struct way_ha *h = way_ha_of(y, v->ha);
	const struct way_line *l = way_line(y, v->nai, v->nai_len);
	const struct way_view *b;

	if (h == NULL || l == NULL)
		return true;	/* sim_way_check.c says so */
	b = &h->view[l->index];
	if ((v->gre.own == 0) != (v->gre.peer == 0))
		visit_fails(x, l, "has a key of one direction");
	if (v->gre.own != 0 ? x->fa->gre == FA_GRE_REFUSE :
	    x->fa->gre == FA_GRE_ALWAYS || y->plan.per_realm)
		visit_fails(x, l, "is by another tunnel than it may be");
	if (v->gre.own != 0)
		check_others(x, l, v);
	/* Both go by this request; but what has failed for want of a way, and is
	 * answered once more to a copy, has the copy's key. */
	if (y->plan.dp_fail == 0 && h->host.up && b->bound && b->last_id == v->id &&
	    b->coa.s_addr == v->coa.s_addr &&
	    b->home.s_addr == v->home.s_addr && !crosswise(&v->gre, &b->gre))
		world_fail(y->w, "%s: u%u's visit has keys %08x %08x, its home "
		    "agent %08x %08x", x->fa->host.name, l->index, v->gre.own,
		    v->gre.peer, b->gre.own, b->gre.peer);
	return true;
}

static bool
is_looked_for(void *arg, const struct fa_visit *v)
{
	struct keys *x = arg;

	if (v->home.s_addr != x->home.s_addr ||
	    way_line(x->fa->way, v->nai, v->nai_len) != x->line)
		return true;
	x->found = true;
	x->gre = v->gre;
	return false;
}

/* As the agent looks for it: by home address, or by NAI where it has none. */
static struct way_try *
find_try(struct way_try *t, const struct way_line *l, struct in_addr home)
{
	unsigned i;

	for (i = 0; i < WAY_TRIES; i++)
		if (t[i].line != NULL && t[i].home.s_addr == home.s_addr &&
		    (home.s_addr != INADDR_ANY || t[i].line == l))
			return &t[i];
	return NULL;
}

static void
note_try(struct way_fa *f, const struct mip4_msg *m, const struct way_line *l)
{
	struct way *y = f->way;
	struct way_try *all = f->tried[y->now->nas], *t;
	int64_t wait = m->rrq.lifetime > 0 && m->rrq.lifetime < FA_PENDING_S ?
	    m->rrq.lifetime : FA_PENDING_S;
	unsigned i;

	t = find_try(all, l, m->rrq.home);
	for (i = 0; i < WAY_TRIES && t == NULL; i++)
		if (all[i].line == NULL || all[i].until <= y->w->now)
			t = &all[i];
	if (t == NULL)
		f->vague[y->now->nas] = y->w->now + FA_PENDING_S * SECOND;
	else
		*t = (struct way_try){ l, m->rrq.home, (uint32_t)m->rrq.id,
		    m->ext.gre_key, y->w->now + wait * SECOND - 10 * MS };
}

/* Has it asked with this key for another mobile node? */
static bool
is_anothers(const struct way_fa *f, const struct way_line *l, uint32_t key)
{
	unsigned i, k;

	for (i = 0; i < WAY_NASES; i++)
		for (k = 0; k < WAY_TRIES; k++)
			if (f->tried[i][k].line != NULL &&
			    f->tried[i][k].line != l &&
			    f->tried[i][k].key == key)
				return true;
	return false;
}

/* Which key it must have, if that is known. */
static bool
must_have(struct way_fa *f, const struct way_line *l, const struct mip4_msg *m,
    uint32_t *key)
{
	const struct way *y = f->way;
	struct keys x = { .fa = f, .line = l, .home = m->rrq.home };
	const struct way_try *t = find_try(f->tried[y->now->nas], l,
	    m->rrq.home);

	if (t != NULL && t->line == l && y->w->now < t->until &&
	    t->key != 0) {
		*key = t->key;
		return true;
	}
	if (m->rrq.home.s_addr != INADDR_ANY)
		fa_each(f->fa, is_looked_for, &x);
	*key = x.gre.own;
	return x.found && x.gre.own != 0;
}

/* A visit's key stays as long as the visit, and a request that is sent again
 * has the one of before [D233]. */
void
gre_relayed(struct way_fa *f, const uint8_t *data, size_t len)
{
	static const struct mip4_ext_types types = MIP4_EXT_TYPES_DEFAULT;
	struct way *y = f->way;
	const struct way_line *l;
	struct mip4_msg m;
	uint32_t key;

	if (!y->plan.fa_gre || y->now == NULL || !y->now->on_link ||
	    mip4_parse(&m, data, len, &types) != MIP4_OK ||
	    m.type != MIP4_RRQ)
		return;
	l = way_line(y, m.ext.nai, m.ext.nai_len);
	if (y->now->attack || l == NULL) {
		f->vague[y->now->nas] = y->w->now + FA_PENDING_S * SECOND;
		return;
	}
	if (m.ext.gre_key != 0 && y->w->now >= f->vague[y->now->nas] &&
	    must_have(f, l, &m, &key) && key != m.ext.gre_key)
		world_fail(y->w, "%s: relays u%u's with another key than "
		    "before", f->host.name, l->index);
	if (m.ext.gre_key != 0 && is_anothers(f, l, m.ext.gre_key))
		world_fail(y->w, "%s: relays u%u's with another's key",
		    f->host.name, l->index);
	note_try(f, &m, l);
}

/* Whatever it says: it is not waited for any more. */
void
gre_answered(struct way_fa *f, const struct way_packet *p)
{
	static const struct mip4_ext_types types = MIP4_EXT_TYPES_DEFAULT;
	struct mip4_msg m;
	unsigned i, k;
	uint32_t id;

	if (!f->way->plan.fa_gre ||
	    mip4_parse(&m, p->data, p->len, &types) != MIP4_OK)
		return;
	id = (uint32_t)(m.type == MIP4_RRQ ? m.rrq.id : m.rrp.id);
	for (i = 0; i < WAY_NASES; i++)
		for (k = 0; k < WAY_TRIES; k++)
			if (f->tried[i][k].id == id)
				f->tried[i][k].line = NULL;
}

/* What it says yes to has come just now: it has the binding's key, or the answer
 * means another one than its agent takes it for. */
void
gre_said_yes(struct way_ha *h, const struct way_line *l,
    const struct mip4_msg *yes)
{
	static const struct mip4_ext_types types = MIP4_EXT_TYPES_DEFAULT;
	const struct way_packet *p = h->way->now;
	struct mip4_msg m;

	if (p != NULL && mip4_parse(&m, p->data, p->len, &types) == MIP4_OK &&
	    m.type == MIP4_RRQ && m.rrq.id == yes->rrp.id &&
	    m.ext.gre_key != 0 && m.ext.gre_key !=
	    binding_gre(way_binding(h, l)).peer)
		world_fail(h->way->w, "%s: says yes to a key of u%u's that its "
		    "binding does not have", h->host.name, l->index);
}

bool
gre_is_served(const struct way_line *l)
{
	const struct way *y = l->way;
	bool asks = l->at->gre[l->ha];

	if (l->at->kind != WAY_BEHIND)
		return true;
	switch (y->fa[l->at->fa].gre) {
	case FA_GRE_REFUSE:
		return !asks && !y->plan.per_realm;
	case FA_GRE_OFFER:
		return asks || !y->plan.per_realm;
	default:
		return true;
	}
}

/* At rest: the visit has the keys of the binding, and those it should. */
static void
check_rest(const struct way_sess *s, struct way_fa *f)
{
	struct keys x = { .fa = f, .line = s->line, .home = s->home };
	const struct way_view *b = &s->ha->view[s->line->index];

	fa_each(f->fa, is_looked_for, &x);
	if (!x.found || !crosswise(&x.gre, &b->gre))
		world_fail(f->way->w, "at rest: %s has keys %08x %08x at its "
		    "agent, %08x %08x at its home agent", s->subject,
		    x.gre.own, x.gre.peer, b->gre.own, b->gre.peer);
	if ((x.gre.own != 0) != (f->gre == FA_GRE_ALWAYS ||
	    (f->gre == FA_GRE_OFFER && s->reg->agent_gre)))
		world_fail(f->way->w, "at rest: %s is by GRE, or is not, "
		    "against what was asked", s->subject);
}

void
gre_watch(struct way *y)
{
	struct keys x = { 0 };
	const struct way_sess *s;
	unsigned i;

	for (i = 0; i < y->plan.n_has; i++)
		if (y->ha[i].host.up)
			check_ha(&y->ha[i]);
	for (i = 0; i < y->plan.n_nases; i++)
		if (y->nas[i].host.up)
			check_nas(y, &y->nas[i]);
	for (i = 0; i < y->plan.n_fas && y->plan.fa_gre; i++) {
		x.fa = &y->fa[i];
		if (x.fa->host.up)
			fa_each(x.fa->fa, check_visit, &x);
	}
	for (i = 0; i < y->plan.n_lines; i++)
		for (s = y->line[i].sessions; s != NULL; s = s->next)
			check_session(y, s);
}

void
gre_agreement(const struct way_sess *s)
{
	struct way_fa *f = way_fa_of(s->nas->way, s->coa);

	if (f != NULL)
		check_rest(s, f);
	if (!agree(s))
		world_fail(s->nas->way->w, "at rest: %s sends with keys that "
		    "its home agent does not take", s->subject);
}

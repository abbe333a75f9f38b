/* SPDX-License-Identifier: BSD-2-Clause */
/* Invariants of GRE keys [RFC 6245, PROTOCOLS D190-D199]: they tell bindings
 * apart, and both ends have the same. */
#include "tests/sim/sim_way.h"

#include <string.h>

static void
ha_fails(const struct way_ha *h, unsigned a, unsigned b, const char *why)
{
	world_fail(h->way->w, "%s: u%u and u%u %s", h->host.name, a, b, why);
}

/* Of two that are bound at one care-of address: routers' are told apart by
 * address, and may say one key for all [D192]. */
static void
check_pair(struct way_ha *h, unsigned i, unsigned k)
{
	const struct way_view *a = &h->view[i], *b = &h->view[k];
	bool by_node = way_binding(h, &h->way->line[i])->behind_node;

	if (by_node && a->gre.peer == b->gre.peer)
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

		if (!v->holds || v->home.s_addr != INADDR_ANY)
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

void
gre_watch(struct way *y)
{
	const struct way_sess *s;
	unsigned i;

	for (i = 0; i < y->plan.n_has; i++)
		if (y->ha[i].host.up)
			check_ha(&y->ha[i]);
	for (i = 0; i < y->plan.n_nases; i++)
		if (y->nas[i].host.up)
			check_nas(y, &y->nas[i]);
	for (i = 0; i < y->plan.n_lines; i++)
		for (s = y->line[i].sessions; s != NULL; s = s->next)
			check_session(y, s);
}

void
gre_agreement(const struct way_sess *s)
{
	if (!agree(s))
		world_fail(s->nas->way->w, "at rest: %s sends with keys that "
		    "its home agent does not take", s->subject);
}

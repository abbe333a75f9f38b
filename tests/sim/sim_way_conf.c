/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration of a NAS of sim_way.h: its keys with home agents and, of
 * mobile nodes, with foreign agents; and how it changes while it runs, which
 * nasd/engine_conf.c and ha_watch.c do by the same calls of the client's core.
 */
#include "tests/sim/sim_way.h"

#include <stdlib.h>
#include <string.h>

bool
way_has_key(const struct way_nas *n, const struct way_line *l)
{
	const struct mip4_sa *sa = &n->fa_sa[l->index];

	return !l->keyed || (sa->key_len == l->fa_sa.key_len &&
	    memcmp(sa->key, l->fa_sa.key, sa->key_len) == 0);
}

struct mip_ha
way_home_agent(const struct way_nas *n, unsigned i)
{
	return (struct mip_ha){ .addr = n->way->ha[i].host.addr,
	    .sa = n->keys[i], .n_sa = n->n_keys[i] };
}

/* With agents: some do not have it, or another one. */
static void
set_fa_key(struct way_nas *n, const struct way_line *l)
{
	struct mip4_sa *sa = &n->fa_sa[l->index];
	struct dice *d = &n->way->w->dice;

	if (!l->keyed || n->kind != WAY_BEHIND || dice_permille(d, 30))
		return;
	mip4_sa_copy(sa, &l->fa_sa);
	if (dice_permille(d, 30))
		sa->key[3] ^= 1;
	if (mip4_sa_prepare(sa) != 0)
		abort();
}

static void
free_keys(struct way_nas *n, unsigned ha)
{
	unsigned i;

	for (i = 0; i < n->n_keys[ha]; i++)
		mip4_sa_wipe(&n->keys[ha][i]);
	free(n->keys[ha]);
}

/* As an operator goes on to another one: the first signs, any verifies. What it
 * had before is gone. */
static void
configure_keys(struct way_nas *n, unsigned ha)
{
	static const struct { unsigned n, key[WAY_KEYS]; } order[] = {
		{ 1, { 0 } }, { 2, { 0, 1 } }, { 2, { 1, 0 } }, { 1, { 1 } },
	};
	unsigned i, of = n->roll[ha] % 6 < 4 ? n->roll[ha] % 6 :
	    6 - n->roll[ha] % 6;		/* there and back */
	struct mip4_sa *keys = calloc(order[of].n, sizeof(*keys));
	struct mip_ha conf;

	if (keys == NULL)
		abort();
	for (i = 0; i < order[of].n; i++) {
		mip4_sa_copy(&keys[i], &n->sa[ha][order[of].key[i]]);
		if (mip4_sa_prepare(&keys[i]) != 0)
			abort();
	}
	free_keys(n, ha);
	n->keys[ha] = keys;
	n->n_keys[ha] = order[of].n;
	if (!n->host.up || n->core.timers == NULL)
		return;		/* it starts with them */
	conf = way_home_agent(n, ha);
	mip_core_rekey(&n->core, &conf);
}

void
way_configure(struct way_nas *n)
{
	unsigned i, k;

	for (i = 0; i < n->way->plan.n_lines; i++)
		set_fa_key(n, &n->way->line[i]);

	for (i = 0; i < n->way->plan.n_has; i++) {
		for (k = 0; k < WAY_KEYS; k++)
			n->sa[i][k] = (struct mip4_sa){ .spi = SPI + k,
			    .alg = MIP4_ALG_HMAC_MD5, .key_len = 16,
			    .key = { (uint8_t)(n->host.index + 1),
			    (uint8_t)(i + 1), (uint8_t)k } };
		configure_keys(n, i);
	}
	n->lifetime = (uint16_t)n->way->plan.lifetime;
}

/* ---- another one ---- */

static void
reload_gre(struct way_nas *n, unsigned ha)
{
	if (n->kind == WAY_BEHIND && !n->way->plan.fa_gre)
		return;
	n->gre[ha] = !n->gre[ha];
	SAY(n->way->w, &n->host, "%s by GRE from now on", n->gre[ha] ?
	    "asks" : "does not ask");
}

static void
reload_lifetime(struct way_nas *n)
{
	struct way *y = n->way;
	struct mip_client_params p = n->core.params;

	p.lifetime = (uint16_t)dice_between(&y->w->dice, 8,
	    y->plan.lifetime);
	n->lifetime = p.lifetime;
	if (n->host.up)
		mip_core_set_params(&n->core, &p);
	SAY(y->w, &n->host, "asks for %u s from now on", p.lifetime);
}

void
way_nas_reload(struct way_nas *n)
{
	struct dice *d = &n->way->w->dice;
	unsigned ha = dice_below(d, n->way->plan.n_has);

	switch (dice_below(d, 4)) {
	case 0:
		reload_lifetime(n);
		return;
	case 1:
		n->roll[ha]++;
		configure_keys(n, ha);
		SAY(n->way->w, &n->host, "%u keys for ha%u from now on, first "
		    "%u", n->n_keys[ha], ha + 1, n->keys[ha][0].spi);
		return;
	default:
		reload_gre(n, ha);
		return;
	}
}

void
way_nas_free(struct way_nas *n)
{
	unsigned i;

	for (i = 0; i < n->way->plan.n_has; i++)
		free_keys(n, i);
	for (i = 0; i < n->way->plan.n_lines; i++)
		mip4_sa_wipe(&n->fa_sa[i]);
}

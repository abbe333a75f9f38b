/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A foreign agent's place in the world of sim_way.h: sim_fa.c has what it does,
 * here are its links, its addresses, and how it comes and goes.
 */
#include "tests/sim/sim_way.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

/* ---- what it sends ---- */

/* It denies a mobile node once a second by itself [RFC 3344 3.7.2, D236]. */
static void
check_denial(struct way_fa *f, unsigned nas, const uint8_t *data, size_t len)
{
	static const struct mip4_ext_types types = MIP4_EXT_TYPES_DEFAULT;
	struct way *y = f->way;
	struct way_line *l;
	struct mip4_msg m;
	int64_t *last;

	if (mip4_parse(&m, data, len, &types) != MIP4_OK ||
	    (m.rrp.code != MIP4_FA_LIFETIME && m.rrp.code != MIP4_FA_COA &&
	    m.rrp.code != MIP4_FA_MN_AUTH) ||
	    (l = way_line(y, m.ext.nai, m.ext.nai_len)) == NULL)
		return;
	last = &f->denied[nas][l->index];
	if (*last > f->started && y->w->now - *last < SECOND - 2 * MS)
		world_fail(y->w, "%s: denies u%u twice in a second",
		    f->host.name, l->index);
	*last = y->w->now;
}

static void
to_node(void *arg, unsigned link, const uint8_t lladdr[6],
    const uint8_t *data, size_t len)
{
	struct way_fa *f = arg;
	struct way_packet p = { .on_link = true, .src = f->link[link],
	    .sport = MIP4_PORT, .dport = MIP4_PORT, .nas = lladdr[5],
	    .fa = f->host.index, .link = link };

	check_denial(f, p.nas, data, len);
	way_send(f->way, &p, data, len);
}

/* An advertisement. */
static void
to_link(void *arg, unsigned link, const uint8_t *lladdr, const uint8_t *icmp,
    size_t len)
{
	struct way_fa *f = arg;
	struct way_packet p = { .on_link = true, .src = f->link[link],
	    .fa = f->host.index, .link = link, .icmp = true, .ttl = 1,
	    .fa_boot = f->host.boot };
	struct way *y = f->way;

	for (p.nas = 0; p.nas < y->plan.n_nases; p.nas++) {
		const struct way_nas *n = &y->nas[p.nas];

		if (n->kind == WAY_BEHIND && n->fa == p.fa &&
		    n->link == link && (lladdr == NULL ||
		    lladdr[5] == n->lladdr[5]))
			way_send(y, &p, icmp, len);
	}
}

static void
to_home(void *arg, struct in_addr ha, uint16_t port, const uint8_t *data,
    size_t len)
{
	struct way_fa *f = arg;
	struct way_packet p = { .src = f->host.addr, .dst = ha,
	    .sport = MIP4_PORT, .dport = port };

	gre_relayed(f, data, len);
	way_send(f->way, &p, data, len);
}

/* ---- it comes and goes ---- */

static int64_t
fa_answer(void *arg, int *status)
{
	struct way_fa *f = arg;
	struct way *y = f->way;
	struct dice *d = &y->w->dice;

	*status = way_restless(y) && dice_permille(d, y->plan.dp_fail) ?
	    -ENOBUFS : 0;
	if (!y->plan.dp_async)
		return 0;
	return way_restless(y) && dice_permille(d, 50) ?
	    dice_between(d, 100 * MS, 3 * SECOND) :
	    dice_between(d, MS, 20 * MS);
}

static void
fa_fails(void *arg, const char *why)
{
	struct way_fa *f = arg;

	world_fail(f->way->w, "%s: %s", f->host.name, why);
}

void
way_fa_start(struct way_fa *f)
{
	const struct way_plan *p = &f->way->plan;
	struct fa_conf c = { .care_of = f->host.addr, .n_has = p->n_has,
	    .max_lifetime = f->max_lifetime, .max_visitors = 100,
	    .max_pending = p->max_pending,
	    .max_pending_node = p->max_pending_node, .require = p->require,
	    .gre = f->gre,
	    .known_only = p->known_only, .revocation = p->revocation,
	    .timers = &f->host.timers, .clock = &f->host.clock,
	    .max_s = p->advert_s, .sequence = f->sequence,
	    .to_node = to_node, .to_home = to_home, .to_link = to_link,
	    .answer = fa_answer, .fail = fa_fails, .arg = f };
	unsigned i;

	memcpy(c.link, f->link, sizeof(c.link));
	for (i = 0; i < p->n_has; i++) {
		struct way_ha *h = &f->way->ha[i];

		c.ha[i] = h->host.addr;
		c.sa[i] = p->fa_keys ? &h->agent_sa[f->host.index] : NULL;
	}
	for (i = 0; i < p->n_lines; i++)
		if (f->way->line[i].keyed)
			c.node[c.n_nodes++] = (struct fa_node){
			    f->way->line[i].nai, &f->way->line[i].fa_sa };
	memset(f->tried, 0, sizeof(f->tried));
	memset(f->vague, 0, sizeof(f->vague));
	f->fa = fa_start(&c);
	f->sequence = 0;
	f->started = f->way->w->now;
}

static void
draw_gre(struct way_fa *f)
{
	static const enum fa_gre some[] = { FA_GRE_REFUSE, FA_GRE_OFFER,
	    FA_GRE_OFFER, FA_GRE_ALWAYS, FA_GRE_ALWAYS };

	f->gre = some[dice_below(&f->way->w->dice, 5)];
}

void
way_fa_init(struct way *y, unsigned i)
{
	struct way_fa *f = &y->fa[i];
	unsigned k;

	way_host_init(y, &f->host, "fa", i, 0);
	f->host.addr = way_fa_coa(i, 0);
	f->sequence = dice_permille(&y->w->dice, 500) ? 0 :
	    (uint16_t)dice_between(&y->w->dice, UINT16_MAX - 10, UINT16_MAX);
	f->max_lifetime = y->plan.fa_lifetime;
	f->way = y;
	if (y->plan.fa_gre)
		draw_gre(f);
	for (k = 0; k < FA_LINKS; k++)
		f->link[k].s_addr = htonl(0xc0a80101 + (i << 12) + (k << 8));
}

/* Who is configured with its address would not find it any more. */
static bool
is_learnt(const struct way_fa *f)
{
	const struct way *y = f->way;
	unsigned i;

	for (i = 0; i < y->plan.n_nases; i++)
		if (y->nas[i].kind == WAY_BEHIND &&
		    y->nas[i].fa == f->host.index && !y->nas[i].hear.learns)
			return false;
	return y->plan.advert_s > 0;
}

void
way_fa_leaves(struct way_fa *f)
{
	struct dice *d = &f->way->w->dice;

	if (dice_permille(d, 500))
		fa_farewell(f->fa);
	if (dice_permille(d, 300))
		f->max_lifetime = (unsigned)dice_between(d, 30, 90);
	if (f->way->plan.fa_gre && dice_permille(d, 200))
		draw_gre(f);
	if (!is_learnt(f) || !dice_permille(d, f->way->plan.moving))
		return;
	f->host.addr = way_fa_coa(f->host.index, f->host.addr.s_addr ==
	    way_fa_coa(f->host.index, 0).s_addr);
	SAY(f->way->w, &f->host, "gets another care-of address");
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One schedule of the world of sim_way.h: what is drawn for it, and its phases,
 * which are those of sim_world.c.
 */
#include "tests/sim/sim_way.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NTP0		UINT64_C(0xe5a1b2c311223344)
#define FAR		(400000 * SECOND)
#define RUNAWAY		4000000		/* steps of one phase */

bool
way_restless(const struct way *y)
{
	return y->phase == WAY_RESTLESS && !y->plan.calm;
}

struct way_line *
way_line(struct way *y, const void *nai, size_t len)
{
	const char *s = nai;
	unsigned i;

	if (len < 3 || s[0] != 'u' || s[2] != '@')
		return NULL;
	i = (unsigned)(s[1] - '0');
	return i < y->plan.n_lines && len == strlen(y->line[i].nai) ?
	    &y->line[i] : NULL;
}

/* ---- what is drawn ---- */

static void
draw_faults(struct way_plan *p, struct dice *d)
{
	static const unsigned loss[] = { 0, 0, 20, 100, 300 };

	p->loss = loss[dice_below(d, 5)];
	p->dup = dice_permille(d, 600) ? dice_below(d, 200) : 0;
	p->late = dice_permille(d, 600) ? dice_below(d, 300) : 0;
	p->faults = dice_permille(d, 700) ? dice_below(d, 200) : 0;
	p->attacks = dice_permille(d, 700) ? dice_below(d, 400) : 0;
	p->at_links = dice_permille(d, 300);
	p->clocks = dice_permille(d, 300);
	p->dp_fail = dice_permille(d, 300) ? 50 : 0;
	if (dice_permille(d, 300)) {
		p->max_pending = 1 + dice_below(d, 3);
		p->max_pending_node = 1 + dice_below(d, 2);
	}
}

/* By chance of its own, so that the other plans are as they were without. */
static void
draw_gre(struct way_plan *p, struct dice d)
{
	d.s ^= UINT64_C(0x6772652066726f6d);
	p->fa_gre = p->fa_keys && dice_permille(&d, 500);
	p->per_realm = p->fa_gre && dice_permille(&d, 500);
	if (!p->per_realm)
		return;
	p->homes = (p->n_lines + 1) / 2 + dice_below(&d, 3);
	if (p->apart)
		p->n_has = 1;
}

static void
draw_plan(struct way_plan *p, struct dice *d)
{
	*p = (struct way_plan){ .n_has = 1 + dice_below(d, WAY_HAS),
	    .n_fas = 1 + dice_below(d, WAY_FAS),
	    .n_nases = 2 + dice_below(d, WAY_NASES - 1),
	    .n_lines = 1 + dice_below(d, WAY_LINES),
	    .steps = 20 + dice_below(d, 50),
	    .pause = dice_between(d, 50 * MS, 3 * SECOND),
	    .delay = dice_between(d, MS, 60 * MS),
	    .calm = dice_permille(d, 100),
	    .dp_async = dice_permille(d, 600),
	    .revocation = !dice_permille(d, 200),
	    .fa_keys = dice_permille(d, 700), .apart = dice_permille(d, 600),
	    .few_keys = dice_permille(d, 500), .n_coas = 1 + dice_below(d, 2),
	    .lifetime = (unsigned)dice_between(d, 8, 90),
	    .max_lifetime = (unsigned)dice_between(d, 8, 90),
	    .fa_lifetime = dice_permille(d, 800) ? 1800 :
	    (unsigned)dice_between(d, 8, 60),
	    .flap_limit = dice_permille(d, 300) ? 5 : 0,
	    .max_pending = 100, .max_pending_node = 20,
	    .require = dice_permille(d, 300),
	    .known_only = dice_permille(d, 500) };
	p->homes = p->n_lines + dice_below(d, 4);
	p->keyed = dice_permille(d, 400) ? (unsigned)dice_between(d, 200,
	    1000) : 0;
	p->advert_s = dice_permille(d, 400) ? (unsigned)dice_between(d, 4,
	    20) : 0;
	p->moving = dice_permille(d, 500) ? 300 : 0;
	if (!p->calm)
		draw_faults(p, d);
	draw_gre(p, *d);
}

/* ---- hosts come and go ---- */

static void
start(struct way *y, struct host *n)
{
	n->boot++;
	host_clock(n);
	timers_init(&n->timers);
	n->up = true;
	SAY(y->w, n, "starts");
	if (n->name[0] == 'n')
		way_nas_start(&y->nas[n->index]);
	else if (n->name[0] == 'f')
		way_fa_start(&y->fa[n->index]);
	else
		way_ha_start(&y->ha[n->index]);
}

static void
stop(struct way *y, struct host *n)
{
	n->up = false;
	if (n->name[0] == 'n')
		way_nas_stop(&y->nas[n->index]);
	else if (n->name[0] == 'f')
		fa_stop(y->fa[n->index].fa);
	else
		way_ha_stop(&y->ha[n->index]);
	if (n->timers.n != 0)
		world_fail(y->w, "%s stopped, %zu timers are left", n->name,
		    n->timers.n);
	timers_free(&n->timers);
}

/* Its place tells which world it is of. */
static struct way *
way_of(struct host *n)
{
	if (n->name[0] == 'n')
		return container_of(n, struct way_nas, host)->way;
	if (n->name[0] == 'f')
		return container_of(n, struct way_fa, host)->way;
	return container_of(n, struct way_ha, host)->way;
}

static void
start_again(struct timer *t)
{
	struct host *n = container_of(t, struct host, restart);

	start(way_of(n), n);
}

void
way_restart(struct way *y, struct host *n)
{
	if (!n->up)
		return;
	SAY(y->w, n, "restarts");
	if (n->name[0] == 'f')
		way_fa_leaves(&y->fa[n->index]);
	y->w->counts->restarts++;
	stop(y, n);
	world_at(y->w, &n->restart, dice_between(&y->w->dice, SECOND,
	    dice_permille(&y->w->dice, 700) ? 3 * SECOND :
	    n->name[0] == 'f' && y->plan.advert_s > 0 ? 60 * SECOND :
	    20 * SECOND));
}

static struct host *
host_of(struct way *y, unsigned i)
{
	const struct way_plan *p = &y->plan;

	if (i < p->n_has)
		return &y->ha[i].host;
	i -= p->n_has;
	if (i < p->n_fas)
		return &y->fa[i].host;
	i -= p->n_fas;
	return i < p->n_nases ? &y->nas[i].host : NULL;
}

static unsigned
n_hosts(const struct way *y)
{
	return y->plan.n_has + y->plan.n_fas + y->plan.n_nases;
}

/* ---- its beginning and end ---- */

void
way_host_init(struct way *y, struct host *n, const char *kind, unsigned i,
    uint32_t net)
{
	snprintf(n->name, sizeof(n->name), "%s%u", kind, i + 1);
	n->w = y->w;
	n->index = i;
	n->addr.s_addr = htonl(net + i + 1);
	n->restart.fire = start_again;
	if (y->plan.clocks)
		n->ahead = dice_between(&y->w->dice, -20 * SECOND,
		    20 * SECOND);
}

static void
init_ha(struct way *y, unsigned i)
{
	struct way_ha *h = &y->ha[i];
	unsigned k;

	way_host_init(y, &h->host, "ha", i, 0xc6336400);
	h->way = y;
	h->gre = true;
	for (k = 0; k < y->plan.n_fas; k++) {
		h->agent_sa[k] = (struct mip4_sa){ .spi = SPI,
		    .alg = MIP4_ALG_HMAC_MD5, .key_len = 16,
		    .key = { 0x40, (uint8_t)i, (uint8_t)k } };
		if (mip4_sa_prepare(&h->agent_sa[k]) != 0)
			abort();
	}
}

static void
init_nas(struct way *y, unsigned i, unsigned behind)
{
	struct way_nas *n = &y->nas[i];
	struct dice *d = &y->w->dice;
	unsigned k;

	way_host_init(y, &n->host, "nas", i, 0xc0000200);
	n->way = y;
	n->kind = dice_permille(d, behind) ? WAY_BEHIND :
	    dice_permille(d, 600) ? WAY_NODE : WAY_ROUTER;
	n->fa = dice_below(d, y->plan.n_fas);
	n->link = dice_below(d, FA_LINKS);
	n->lladdr[0] = 2;
	n->lladdr[5] = (uint8_t)i;
	n->hear.learns = n->kind == WAY_BEHIND && y->plan.advert_s > 0 &&
	    dice_permille(d, 700);
	for (k = 0; k < y->plan.n_has; k++)
		n->gre[k] = (n->kind != WAY_BEHIND || y->plan.fa_gre) &&
		    dice_permille(d, 800);
}

static void
begin(struct way *y)
{
	static const unsigned behind[] = { 0, 500, 1000 };
	unsigned i, share = behind[dice_below(&y->w->dice, 3)];

	for (i = 0; i < y->plan.n_has; i++)
		init_ha(y, i);
	for (i = 0; i < y->plan.n_fas; i++)
		way_fa_init(y, i);
	for (i = 0; i < y->plan.n_nases; i++)
		init_nas(y, i, share);
	for (i = 0; i < y->plan.n_lines; i++)
		way_line_init(y, i);
	for (i = n_hosts(y); i-- > 0;)
		start(y, host_of(y, i));
	SAY(y->w, NULL, "%u mobile nodes, %u home agents, %u foreign agents, "
	    "%u NASes, lifetime %u/%u, loss %u, late %u%s", y->plan.n_lines,
	    y->plan.n_has, y->plan.n_fas, y->plan.n_nases, y->plan.lifetime,
	    y->plan.max_lifetime, y->plan.loss, y->plan.late, y->plan.calm ?
	    ", calm" : "");
}

static void
finish(struct way *y)
{
	unsigned i, k;

	for (i = 0; i < n_hosts(y); i++) {
		timer_cancel(&y->w->timers, &host_of(y, i)->restart);
		if (host_of(y, i)->up)
			stop(y, host_of(y, i));
	}
	for (i = 0; i < y->plan.n_lines; i++)
		way_line_free(&y->line[i]);
	for (i = 0; i < y->plan.n_nases; i++)
		way_nas_free(&y->nas[i]);
	for (i = 0; i < y->plan.n_has; i++)
		for (k = 0; k < y->plan.n_fas; k++)
			mip4_sa_wipe(&y->ha[i].agent_sa[k]);
	way_net_free(y);
	timer_cancel(&y->w->timers, &y->t_fate);
	timers_free(&y->w->timers);
}

/* ---- what happens ---- */

static void
go_wrong(struct way *y)
{
	struct dice *d = &y->w->dice;
	struct way_ha *h = &y->ha[dice_below(d, y->plan.n_has)];
	struct way_fa *f = &y->fa[dice_below(d, y->plan.n_fas)];

	switch (dice_below(d, 10)) {
	case 0:
		way_offer_gre(h, !h->gre);
		way_restart(y, &h->host);
		return;
	case 1:
		way_restart(y, &h->host);
		return;
	case 2:
	case 3:
		way_restart(y, &f->host);
		return;
	case 4:
	case 5:
		way_restart(y, &y->nas[dice_below(d,
		    y->plan.n_nases)].host);
		return;
	case 6:
		if (h->host.up)
			reg_drain(&h->reg, !h->reg.drained);
		return;
	case 7:
		if (f->host.up)
			fa_drain(f->fa, dice_permille(d, 500));
		return;
	default:
		way_ha_end(h, &y->line[dice_below(d, y->plan.n_lines)]);
		return;
	}
}

static void
happen(struct timer *t)
{
	struct way *y = container_of(t, struct way, t_fate);
	struct dice *d = &y->w->dice;

	y->left--;
	if (dice_permille(d, y->plan.attacks))
		way_attack(y);
	else if (dice_permille(d, y->plan.faults))
		go_wrong(y);
	else if (dice_permille(d, 50))
		way_nas_reload(&y->nas[dice_below(d, y->plan.n_nases)]);
	else
		way_act(&y->line[dice_below(d, y->plan.n_lines)]);
	if (y->left > 0)
		world_at(y->w, &y->t_fate, dice_between(d, 0,
		    2 * y->plan.pause));
}

/* What is broken mends. */
static void
still(struct way *y)
{
	unsigned i, k;

	for (i = 0; i < y->plan.n_has; i++) {
		if (!y->ha[i].host.up)
			y->ha[i].gre = true;
		else
			way_offer_gre(&y->ha[i], true);
		if (y->ha[i].host.up)
			reg_drain(&y->ha[i].reg, false);
	}
	for (i = 0; i < y->plan.n_fas; i++)
		if (y->fa[i].host.up)
			fa_drain(y->fa[i].fa, false);
	for (i = 0; i < y->plan.n_lines; i++)
		for (k = 0; k < 10 && y->line[i].at == NULL; k++)
			way_act(&y->line[i]);
}

/* ---- steps ---- */

static int64_t
next_time(struct way *y, struct host **who)
{
	int64_t t, best = timers_next(&y->w->timers).ns;
	struct host *n;
	unsigned i;

	*who = NULL;
	for (i = 0; i < n_hosts(y); i++) {
		n = host_of(y, i);
		if (!n->up || n->timers.n == 0)
			continue;
		t = host_to_world(n, timers_next(&n->timers));
		if (t < best) {
			best = t;
			*who = n;
		}
	}
	return best;
}

static bool
step(struct way *y, int64_t until)
{
	struct host *n;
	int64_t t = next_time(y, &n);
	struct timer *due;
	unsigned i;

	if (t == INT64_MAX || t > until)
		return false;
	if (t > y->w->now)
		y->w->now = t;
	y->operator_acts = false;
	for (i = 0; i < y->plan.n_has; i++)
		y->ha[i].dp_failed = false;
	if (n != NULL) {
		timers_run(&n->timers, host_mono(n));
	} else {
		due = y->w->timers.heap[0].timer;
		timer_cancel(&y->w->timers, due);
		due->fire(due);
	}
	y->w->counts->steps++;
	way_watch(y);
	free(y->now);
	y->now = NULL;
	return !y->w->failed;
}

static void
run_until(struct way *y, int64_t until)
{
	unsigned most = RUNAWAY;

	while (most > 0 && step(y, until))
		most--;
	if (most == 0)
		world_fail(y->w, "no end of steps");
	if (!y->w->failed && until != INT64_MAX && y->w->now < until)
		y->w->now = until;
}

static void
settle(struct way *y)
{
	unsigned life = y->plan.lifetime < y->plan.max_lifetime ?
	    y->plan.lifetime : y->plan.max_lifetime;

	still(y);
	y->phase = WAY_QUIET;
	y->quiet = y->w->now;
	SAY(y->w, NULL, "from now on nothing goes wrong");
	run_until(y, y->w->now + 2 * life * SECOND + 240 * SECOND);
	if (y->w->failed)
		return;
	y->phase = WAY_SETTLED;
	SAY(y->w, NULL, "all must have settled");
	way_check_agreement(y);
	run_until(y, y->w->now + 2 * life * SECOND);
	if (!y->w->failed)
		way_check_agreement(y);
}

static void
end(struct way *y)
{
	unsigned i;

	y->phase = WAY_ENDING;
	SAY(y->w, NULL, "everybody leaves");
	for (i = 0; i < y->plan.n_fas; i++)
		fa_hush(y->fa[i].fa);
	for (i = 0; i < y->plan.n_nases; i++)
		hear_stop(&y->nas[i]);
	for (i = 0; i < y->plan.n_lines; i++)
		way_unplug(&y->line[i], true);
	run_until(y, y->w->now + FAR);
	if (!y->w->failed)
		way_check_nothing_left(y);
}

bool
way_run(struct world *w)
{
	struct way *y = calloc(1, sizeof(*y));

	if (y == NULL)
		abort();
	y->w = w;
	w->dice.s = ~w->seed;
	dice_roll(&w->dice);
	w->product.s = dice_roll(&w->dice);
	w->plan.ntp0 = NTP0;
	sim_rnd_use(&w->product);
	timers_init(&w->timers);
	draw_plan(&y->plan, &w->dice);
	y->t_fate.fire = happen;
	begin(y);
	y->left = y->plan.steps;
	world_at(w, &y->t_fate, 0);
	while (y->left > 0 && step(y, INT64_MAX))
		continue;
	if (!w->failed)
		settle(y);
	if (!w->failed)
		end(y);
	w->counts->virtual_ms += (uint64_t)(w->now / MS);
	finish(y);
	free(y);
	return !w->failed;
}

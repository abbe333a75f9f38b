/* SPDX-License-Identifier: BSD-2-Clause */
/* What goes wrong from outside: programs restart, the network is cut, clocks
 * are set. Everything mends before a schedule ends. */
#include "tests/sim/sim_line.h"
#include "tests/sim/sim_mobile.h"

#include <string.h>

#define PPM		INT64_C(1000000)
#define CUT_MOST	(180 * SECOND)

bool
host_is_nas(const struct host *n)
{
	return n->name[0] == 'n';
}

/* ---- a host's clocks ---- */

static int64_t
mono_at(const struct host *n, int64_t now)
{
	return 1000 * SECOND + now + now * n->ppm / PPM;
}

static int64_t
mono_ns(const struct host *n)
{
	return mono_at(n, n->w->now);
}

mono_t
host_mono(const struct host *n)
{
	return (mono_t){ mono_ns(n) };
}

static mono_t
clock_of(void *arg)
{
	return host_mono(arg);
}

static uint64_t
ntp_of(void *arg)
{
	const struct host *n = arg;
	int64_t ns = mono_ns(n) + n->ahead + 100000000 * SECOND;
	uint64_t s = (uint64_t)(ns / SECOND) - 100000000,
	    frac = (uint64_t)(ns % SECOND);

	return n->w->plan.ntp0 + (s << 32) + ((frac << 32) / SECOND);
}

/* The first moment of the world at which it is at in the host. */
int64_t
host_to_world(const struct host *n, mono_t at)
{
	int64_t t;

	if (at.ns == INT64_MAX)
		return INT64_MAX;
	if (n->ppm == 0)
		return at.ns - 1000 * SECOND;
	t = (int64_t)((__int128)(at.ns - 1000 * SECOND) * PPM /
	    (PPM + n->ppm));
	while (mono_at(n, t) < at.ns)
		t++;
	while (t > 0 && mono_at(n, t - 1) >= at.ns)
		t--;
	return t;
}

void
host_clock(struct host *n)
{
	n->clock = (struct clock){ clock_of, ntp_of, n };
}

/* ---- restarts ---- */

static void
start_again(struct timer *t)
{
	struct host *n = container_of(t, struct host, restart);

	SAY(n->w, n, "starts again");
	host_start(n->w, n);
}

void
host_start(struct world *w, struct host *n)
{
	n->w = w;
	n->restart.fire = start_again;
	n->boot++;
	host_clock(n);
	n->boot_ntp = clock_ntp(&n->clock);
	timers_init(&n->timers);
	n->up = true;
	if (host_is_nas(n))
		nas_start(&w->nas[n->index]);
	else
		ha_start(&w->ha[n->index]);
}

/* Not in a moment: a program takes a second to come back. */
void
host_restart(struct world *w, struct host *n)
{
	if (!n->up)
		return;
	SAY(w, n, "restarts");
	w->counts->restarts++;
	n->up = false;
	if (host_is_nas(n))
		nas_stop(&w->nas[n->index]);
	else
		ha_stop(&w->ha[n->index]);
	if (n->timers.n != 0)
		world_fail(w, "%s stopped, %zu timers are left", n->name,
		    n->timers.n);
	timers_free(&n->timers);
	world_at(w, &n->restart, dice_between(&w->dice, 1000 * MS,
	    dice_permille(&w->dice, 500) ? 2 * SECOND : 20 * SECOND));
}

/* ---- the rest ---- */

static struct host *
some_host(struct world *w)
{
	unsigned i = dice_below(&w->dice, w->plan.n_has + w->plan.n_nases);

	return i < w->plan.n_has ? &w->ha[i].host :
	    &w->nas[i - w->plan.n_has].host;
}

static void
cut(struct world *w)
{
	unsigned i = dice_below(&w->dice, w->plan.n_nases),
	    j = dice_below(&w->dice, w->plan.n_has);
	int64_t most = 2 * (int64_t)w->plan.lifetime * SECOND;

	if (most > CUT_MOST)
		most = CUT_MOST;
	SAY(w, &w->nas[i].host, "is cut off from %s", w->ha[j].host.name);
	w->counts->partitions++;
	w->cut[i][j] = true;
	if (!timer_is_set(&w->t_heal))
		world_at(w, &w->t_heal, dice_between(&w->dice, SECOND, most));
}

static void
heal(struct timer *t)
{
	struct world *w = container_of(t, struct world, t_heal);

	SAY(w, NULL, "the network is whole again");
	memset(w->cut, 0, sizeof(w->cut));
}

static void
set_time(struct world *w, struct host *n)
{
	int64_t step = dice_between(&w->dice, -30 * SECOND, 60 * SECOND);

	if (dice_permille(&w->dice, 500))
		step /= 10;
	w->counts->clock_steps++;
	n->ahead += step;
	n->set_back += step < 0;
	SAY(w, n, "its clock is set by %lld ms", (long long)(step / MS));
}

static void
drain(struct world *w)
{
	struct ha *h = &w->ha[dice_below(&w->dice, w->plan.n_has)];

	ha_drain(h, !h->reg.drained);
}

/* GRE or not, for what is registered from now on. */
static void
reload(struct nas *n)
{
	n->gre = !n->gre;
	SAY(n->host.w, &n->host, "is told to ask for %s", n->gre ? "GRE" :
	    "6in4");
}

static void
go_wrong(struct world *w)
{
	unsigned what = dice_below(&w->dice, 10);

	if (what < 4)
		host_restart(w, some_host(w));
	else if (what < 7)
		cut(w);
	else if (what == 7 && dice_permille(&w->dice, 500))
		drain(w);
	else if (what == 7)
		home_act(&w->ha[dice_below(&w->dice, w->plan.n_has)]);
	else if (w->plan.clocks && (w->plan.gre == 0 ||
	    dice_permille(&w->dice, 500)))
		set_time(w, some_host(w));
	else if (w->plan.gre > 0)
		reload(&w->nas[dice_below(&w->dice, w->plan.n_nases)]);
}

static void
happen(struct timer *t)
{
	struct world *w = container_of(t, struct world, t_fate);

	w->left--;
	if (dice_permille(&w->dice, w->plan.attacks))
		attack(w);
	else if (dice_permille(&w->dice, w->plan.faults))
		go_wrong(w);
	else
		user_act(&w->user[dice_below(&w->dice, w->plan.n_users)]);
	if (w->left > 0)
		world_at(w, &w->t_fate, dice_between(&w->dice, 0,
		    2 * w->plan.pause));
}

void
fate_begin(struct world *w)
{
	w->t_fate.fire = happen;
	w->t_heal.fire = heal;
	world_at(w, &w->t_fate, 0);
}

void
fate_still(struct world *w)
{
	unsigned i;

	timer_cancel(&w->timers, &w->t_fate);
	timer_cancel(&w->timers, &w->t_heal);
	memset(w->cut, 0, sizeof(w->cut));
	for (i = 0; i < w->plan.n_users; i++)
		timer_cancel(&w->timers, &w->user[i].dial);
	for (i = 0; i < w->plan.n_has; i++) {
		ha_drain(&w->ha[i], false);
		home_still(&w->ha[i]);
	}
	for (i = 0; i < w->plan.n_users; i++)
		if (w->user[i].mobile != NULL)
			mobile_settle(w->user[i].mobile);
		else if (w->user[i].line != NULL)
			host_settle(&w->user[i]);
}

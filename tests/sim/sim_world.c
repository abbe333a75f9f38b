/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One schedule: what is drawn for it, and its phases. RESTLESS: things happen.
 * QUIET: nothing more happens, what was broken mends, old lifetimes run out.
 * SETTLED: no session may end any more, and both ends agree. ENDING: everybody
 * hangs up, and in the end nothing is left.
 */
#include "tests/sim/sim_line.h"
#include "tests/sim/sim_mobile.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NTP0		UINT64_C(0xe5a1b2c311223344)
#define FAR		(400000 * SECOND)
#define RUNAWAY		2000000		/* steps of one phase, per user */

void
world_say(struct world *w, const struct host *n, const char *fmt, ...)
{
	char line[TRACE_LEN];
	va_list ap;
	int at;

	at = snprintf(line, sizeof(line), "%10.4f %-5s ", (double)w->now /
	    (double)SECOND, n != NULL ? n->name : "-");
	va_start(ap, fmt);
	vsnprintf(line + at, sizeof(line) - (size_t)at, fmt, ap);
	va_end(ap);
	if (w->trace)
		puts(line);
	if (w->lines != NULL)
		memcpy(w->lines[w->n_lines++ % TRACE_LINES], line,
		    sizeof(line));
}

void
world_fail(struct world *w, const char *fmt, ...)
{
	va_list ap;

	if (w->failed)
		return;
	w->failed = true;
	va_start(ap, fmt);
	vsnprintf(w->why, sizeof(w->why), fmt, ap);
	va_end(ap);
	SAY(w, NULL, "FAILED: %s", w->why);
}

void
world_at(struct world *w, struct timer *t, int64_t in)
{
	if (timer_set(&w->timers, t, (mono_t){ w->now + in }) != 0)
		abort();
}

void
world_touch(struct subscriber *u)
{
	if (u->touched)
		return;
	u->touched = true;
	u->next_touched = u->w->touched;
	u->w->touched = u;
}

/* "u12@...": its number is its place. */
struct subscriber *
world_user(struct world *w, const void *nai, size_t len)
{
	const char *s = nai;
	unsigned n = 0;
	size_t i;

	if (len < 3 || s[0] != 'u')
		return NULL;
	for (i = 1; i < len && s[i] >= '0' && s[i] <= '9' && i < 9; i++)
		n = n * 10 + (unsigned)(s[i] - '0');
	return i > 1 && i < len && s[i] == '@' && n < w->plan.n_users ?
	    &w->user[n] : NULL;
}

/* ---- what is drawn ---- */

static void
draw_faults(struct plan *p, struct dice *d)
{
	static const unsigned loss[] = { 0, 0, 20, 100, 300 };

	p->loss = loss[dice_below(d, 5)];
	p->dup = dice_permille(d, 600) ? dice_below(d, 200) : 0;
	p->late = dice_permille(d, 600) ? dice_below(d, 300) : 0;
	p->faults = dice_permille(d, 700) ? dice_below(d, 120) : 0;
	p->attacks = dice_permille(d, 700) ? dice_below(d, 400) : 0;
	p->clocks = dice_permille(d, 500);
	p->drift = dice_permille(d, 300);
	p->dp_fail = dice_permille(d, 300) ? 50 : 0;
	p->dp_slow = dice_permille(d, 300) ? 100 : 0;
}

/* More that a home agent or a router may be told to do. */
static void
draw_policy(struct plan *p, struct dice *d, bool many)
{
	unsigned i;

	for (i = 0; i < p->n_has; i++)
		p->redirect[i] = dice_below(d, p->n_has);
	p->realms = dice_permille(d, 400);
	p->realm_lifetime = p->max_lifetime;
	if (p->realms && !many)
		p->realm_lifetime = (uint32_t)dice_between(d, 8, 90);
	p->lookup = dice_permille(d, 350);
	p->known = (uint32_t)dice_between(d, 1, 120);
	p->rejected = (uint32_t)dice_between(d, 1, 20);
	p->max_bindings = 1000000;
	p->rate = dice_permille(d, 300) ? 10 + dice_below(d, 20) : 0;
	p->gre = dice_permille(d, 300) ? 500 : 0;
	if (many)
		p->rate *= 1000;
	if (p->calm)
		return;
	p->aaa_fails = dice_permille(d, 500) ? dice_below(d, 150) : 0;
	p->in_use = dice_permille(d, 300) ? 50 + dice_below(d, 400) : 0;
	p->newest_only = dice_permille(d, 100);
	if (many)
		return;
	if (dice_permille(d, 300)) {
		p->shed_after = 1000;
		p->shed_pending = 1 + dice_below(d, 3);
		p->late_reads = dice_below(d, 300);
	}
	if (dice_permille(d, 100))
		p->max_bindings = 1 + dice_below(d, 3);
	if (dice_permille(d, 100))
		p->rate = 2 + dice_below(d, 4);
}

/* Subscribers behind access nodes, and how they are. */
static void
draw_mobile(struct plan *p, struct dice *d)
{
	static const unsigned share[] = { 0, 0, 300, 700, 1000 };

	p->mobile = share[dice_below(d, 5)];
	p->home_link = dice_permille(d, 700);
	p->two_prefixes = dice_permille(d, 300);
	p->two_kinds = dice_permille(d, 300);
	p->ra_interval = (uint32_t)dice_between(d, 4, 30);
	p->valid = dice_permille(d, 200) ? p->ra_interval / 2 + 1 :
	    dice_permille(d, 200) ? UINT32_MAX :
	    2 * p->ra_interval + dice_below(d, 100);
	/* Mobile nodes come again, however busy it is. */
	if (p->mobile > 0 && p->rate > 0 && p->rate < 10)
		p->rate = 10;
	if (p->calm)
		return;
	p->taken = dice_permille(d, 600) ? 20 + dice_below(d, 300) : 0;
	p->hostile = dice_permille(d, 500) ? 300 : 0;
}

static void
draw_plan(struct plan *p, struct dice *d, unsigned users, unsigned steps)
{
	static const uint32_t holds[] = { 0, 5, 30, 1000, 86400 };
	bool many = users > MANY_USERS;

	*p = (struct plan){ .n_users = users, .steps = steps };
	if (users == 0)
		p->n_users = 1 + dice_below(d, 6);
	if (steps == 0)
		p->steps = 20 + dice_below(d, 60);
	p->n_nases = many ? 20 : 2 + dice_below(d, 3);
	p->n_has = many ? 2 : 1 + dice_below(d, 2);
	if (!many && dice_permille(d, 100))
		p->n_has = MAX_HAS;
	p->fail_over = dice_permille(d, 700);
	p->pause = dice_between(d, 50 * MS, 3 * SECOND);
	p->delay = dice_between(d, MS, 60 * MS);
	p->calm = dice_permille(d, 100);
	p->one_key = dice_permille(d, 300);
	p->dp_async = dice_permille(d, 600);
	p->insist = dice_permille(d, 400) ? 500 : 0;
	p->lifetime = many ? 600 : (unsigned)dice_between(d, 8, 90);
	p->max_lifetime = many ? 600 : (uint32_t)dice_between(d, 8, 90);
	if (!many && dice_permille(d, 100))
		p->lifetime = p->max_lifetime = 3 + dice_below(d, 5);
	p->hold = holds[dice_below(d, 5)];
	p->window = (uint32_t)dice_between(d, 4, 10);
	p->flap_limit = dice_permille(d, 300) ? 0 : 5;
	p->pool_len = many ? 40 : (unsigned)dice_between(d, 61, 64);
	if (!many && dice_permille(d, 500))
		p->pool_len = 48;
	p->hold_strict = dice_permille(d, 500);
	p->revocation = !dice_permille(d, 150);
	/* the NTP era ends in 2036 */
	p->ntp0 = dice_permille(d, 200) ? UINT64_MAX -
	    ((uint64_t)dice_below(d, 200) << 32) : NTP0;
	if (!p->calm)
		draw_faults(p, d);
	draw_policy(p, d, many);
	if (!many) {
		draw_mobile(p, d);
		lines_draw(p, d);
	}
	if (many) {
		p->pause = 1200 * SECOND / (int64_t)p->steps;
		p->attacks = 0;
		p->faults /= 20;
	}
}

static void
begin_host(struct world *w, struct host *n, const char *kind, unsigned i,
    uint32_t net)
{
	const struct plan *p = &w->plan;

	snprintf(n->name, sizeof(n->name), "%s%u", kind, i + 1);
	n->w = w;
	n->index = i;
	n->addr.s_addr = htonl(net + i + 1);
	n->ppm = p->drift ? (int32_t)dice_between(&w->dice, -100, 100) : 0;
	if (p->clocks)
		n->ahead = dice_between(&w->dice, -SECOND, SECOND) *
		    (dice_permille(&w->dice, 300) ? 1000 : 2);
}

static void
begin(struct world *w)
{
	const struct plan *p = &w->plan;
	unsigned i, places = p->mobile > 0 ? MAX_NASES : p->n_nases;

	for (i = 0; i < p->n_has; i++)
		begin_host(w, &w->ha[i].host, "ha", i, 0xc6336400);
	for (i = 0; i < p->n_nases; i++)
		begin_host(w, &w->nas[i].host, "nas", i, 0xc0000200);
	w->user = calloc(p->n_users, sizeof(*w->user));
	if (w->user == NULL)
		abort();
	for (i = 0; i < p->n_users; i++) {
		user_init(w, &w->user[i], i);
		w->user[i].asked = calloc(places, sizeof(*w->user[i].asked));
		w->user[i].retry = calloc(places, sizeof(*w->user[i].retry));
		if (w->user[i].asked == NULL || w->user[i].retry == NULL)
			abort();
	}
	for (i = 0; i < p->n_nases; i++) {
		w->nas[i].gre = dice_permille(&w->dice, p->gre);
		host_start(w, &w->nas[i].host);
	}
	for (i = 0; i < p->n_has; i++) {
		if (table_init(&w->ha[i].by_prefix) != 0 || (w->ha[i].view =
		    calloc(p->n_users, sizeof(*w->ha[i].view))) == NULL)
			abort();
		if (p->mobile > 0)
			nodes_new(&w->ha[i]);
		host_start(w, &w->ha[i].host);
	}
	SAY(w, NULL, "%u users, %u NASes, %u home agents, lifetime %u/%u, hold "
	    "%u, flap-limit %u, loss %u, late %u, revocation %d%s%s",
	    p->n_users, p->n_nases, p->n_has, p->lifetime, p->max_lifetime,
	    p->hold, p->flap_limit, p->loss, p->late, p->revocation, p->calm ?
	    ", calm" : "", p->clocks ? ", clocks differ" : "");
}

static void
finish(struct world *w)
{
	unsigned i, j;

	for (i = 0; i < w->plan.n_nases; i++)
		if (w->nas[i].host.up)
			nas_stop(&w->nas[i]);
	for (i = 0; i < w->plan.n_has; i++) {
		if (w->ha[i].host.up)
			ha_stop(&w->ha[i]);
		table_free(&w->ha[i].by_prefix);
		for (j = 0; j < w->plan.n_users; j++)
			free(w->ha[i].view[j].moves);
		free(w->ha[i].view);
		nodes_free(&w->ha[i]);
	}
	for (i = 0; i < w->plan.n_nases; i++) {
		lines_free(&w->nas[i]);
		timers_free(&w->nas[i].host.timers);
		for (j = 0; j < w->plan.n_has; j++)
			mip4_sa_wipe(&w->nas[i].sa[j]);
	}
	for (i = 0; i < w->plan.n_has; i++)
		timers_free(&w->ha[i].host.timers);
	/* before those whose timers they are, where a schedule has failed */
	net_free(w);
	timers_free(&w->timers);
	for (i = 0; i < w->plan.n_users; i++) {
		free(w->user[i].asked);
		free(w->user[i].retry);
		mip4_sa_wipe(&w->user[i].sa);
		mobile_free(&w->user[i]);
		host_free(&w->user[i]);
	}
	free(w->user);
}

/* ---- steps ---- */

/* Who is next: a host whose timer is due, or (NULL) the world. */
static int64_t
next_time(struct world *w, struct host **who)
{
	int64_t t, best = timers_next(&w->timers).ns;
	struct host *n;
	unsigned i;

	*who = NULL;
	for (i = 0; i < w->plan.n_nases + w->plan.n_has; i++) {
		n = i < w->plan.n_nases ? &w->nas[i].host :
		    &w->ha[i - w->plan.n_nases].host;
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

/* One thing happens. False: nothing before until. */
static bool
step(struct world *w, int64_t until)
{
	struct host *n;
	int64_t t = next_time(w, &n);
	struct timer *due;

	if (t == INT64_MAX || t > until)
		return false;
	if (t > w->now)
		w->now = t;
	memset(&w->step, 0, offsetof(struct step, msg));
	w->step.host = n;
	w->step.by = n != NULL ? BY_TIMER : BY_OTHER;
	if (n != NULL) {
		timers_run(&n->timers, host_mono(n));
	} else {
		due = w->timers.heap[0].timer;
		timer_cancel(&w->timers, due);
		due->fire(due);
	}
	w->counts->steps++;
	lines_step(w);
	watch_step(w);
	return !w->failed;
}

static void
run_until(struct world *w, int64_t until)
{
	uint64_t most = (uint64_t)RUNAWAY * (w->plan.n_users + 1);

	while (most > 0 && step(w, until))
		most--;
	if (most == 0)
		world_fail(w, "no end of steps");
	if (!w->failed && until != INT64_MAX && w->now < until)
		w->now = until;
}

static void
restless(struct world *w)
{
	w->phase = RESTLESS;
	w->left = w->plan.steps;
	fate_begin(w);
	while (w->left > 0 && step(w, INT64_MAX))
		continue;
}

/* As long as anything old can last: a NAS that is still down, a lifetime that
 * nobody renews, a revocation's five tries, a clock set back. */
static void
quiet(struct world *w)
{
	int64_t life = (w->plan.lifetime < w->plan.max_lifetime ?
	    w->plan.lifetime : w->plan.max_lifetime) * SECOND;

	fate_still(w);
	w->phase = QUIET;
	SAY(w, NULL, "from now on nothing goes wrong");
	run_until(w, w->now + 2 * life + 240 * SECOND);
	if (w->failed)
		return;
	w->phase = SETTLED;
	SAY(w, NULL, "all must have settled");
	watch_sweep(w);
	check_agreement(w);
	run_until(w, w->now + 2 * life);
	if (!w->failed)
		check_agreement(w);
}

static void
ending(struct world *w)
{
	struct sess *s, *next;
	unsigned i;

	w->phase = ENDING;
	SAY(w, NULL, "everybody hangs up");
	for (i = 0; i < w->plan.n_users; i++) {
		w->user[i].at = NULL;
		if (w->user[i].mobile != NULL)
			mobile_leave(w->user[i].mobile);
		if (w->user[i].line != NULL)
			host_leave(&w->user[i]);
		for (s = w->user[i].sessions; s != NULL; s = next) {
			next = s->next;
			if (s->ml != NULL || s->real != NULL)
				continue;
			s->next_access = ACCESS_GONE;
			world_at(w, &s->t_access, 10 * MS);
			sess_event(s, SESSION_EV_PEER_LEFT);
		}
	}
	run_until(w, w->now + FAR);
	if (!w->failed)
		check_nothing_left(w);
}

bool
world_run(struct world *w, unsigned users, unsigned steps)
{
	w->dice.s = w->seed;
	dice_roll(&w->dice);
	w->product.s = dice_roll(&w->dice);
	sim_rnd_use(&w->product);
	timers_init(&w->timers);
	net_init(w);
	draw_plan(&w->plan, &w->dice, users, steps);
	begin(w);
	restless(w);
	if (!w->failed)
		quiet(w);
	if (!w->failed)
		ending(w);
	w->counts->virtual_ms += (uint64_t)(w->now / MS);
	finish(w);
	return !w->failed;
}

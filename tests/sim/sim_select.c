/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which home agent a session asks: the real ha_select of an access router, and
 * what nasd/ha_watch.c and session_ha.c do around it. A subscriber's usual home
 * agent comes first, the others are what RADIUS would name after it.
 */
#include "tests/sim/sim_mobile.h"

#include <stdlib.h>

#define SPARE_MS	1000	/* as session_ha.c */

/* ---- as ha_watch.c ---- */

static void
set_probe_timer(struct nas *n)
{
	mono_t at = ha_select_next_probe(&n->select);

	if (at.ns == MONO_NEVER.ns)
		timer_cancel(&n->host.timers, &n->t_probe);
	else if (timer_set(&n->host.timers, &n->t_probe, at) != 0)
		abort();
}

static void
probe(struct timer *t)
{
	struct nas *n = container_of(t, struct nas, t_probe);
	unsigned i;

	for (i = 0; i < n->select.n; i++)
		if (ha_select_probe(&n->select, (int)i))
			mip_leave_probe(&n->core, &(struct mip_ha){
			    .addr = n->select.agent[i].addr,
			    .sa = &n->sa[i], .n_sa = 1 });
	set_probe_timer(n);
}

static void
heard(void *arg, struct in_addr from)
{
	struct nas *n = arg;
	int i = ha_select_find(&n->select, from);

	if (!ha_select_heard(&n->select, i))
		return;
	SAY(n->host.w, &n->host, "ha%d answers again", i + 1);
	set_probe_timer(n);
	mip_core_hold(&n->core, from, false);
}

static void
unheard(void *arg, struct in_addr from, mono_t sent)
{
	struct nas *n = arg;
	int i = ha_select_find(&n->select, from);

	if (!ha_select_unheard(&n->select, i, sent))
		return;
	SAY(n->host.w, &n->host, "ha%d is held down", i + 1);
	n->host.w->counts->held_down++;
	mip_core_hold(&n->core, from, true);
	set_probe_timer(n);
}

static uint32_t
select_random(void *arg)
{
	struct nas *n = arg;

	return (uint32_t)dice_roll(&n->host.w->product);
}

void
select_start(struct nas *n)
{
	struct world *w = n->host.w;
	unsigned i;

	n->select = (struct ha_select){ .clock = &n->host.clock,
	    .random = select_random, .arg = n };
	for (i = 0; i < w->plan.n_has; i++)
		ha_select_add(&n->select, w->ha[i].host.addr, 1, 1);
	n->t_probe.fire = probe;
	n->core.agents = (struct mip_agent_events){ heard, unheard };
	n->core.agents_arg = n;
}

void
select_stop(struct nas *n)
{
	timer_cancel(&n->host.timers, &n->t_probe);
}

/* ---- as session_ha.c ---- */

static struct ha_wish
wish(const struct sess *s, struct in_addr list[MAX_HAS])
{
	struct world *w = s->u->w;
	unsigned i, n = w->plan.fail_over && !s->one_ha ? w->plan.n_has : 1;

	for (i = 0; i < n; i++)
		list[i] = w->ha[(s->usual->host.index + i) %
		    w->plan.n_has].host.addr;
	return (struct ha_wish){ .nai = s->u->nai, .list = list,
	    .n_list = n };
}

static int64_t
budget_left(const struct sess *s)
{
	return mono_diff_ms(s->budget_end,
	    clock_mono(&s->nas->host.clock)) - SPARE_MS;
}

static struct ha *
agent(const struct sess *s, int i)
{
	return i >= 0 ? &s->u->w->ha[i] : NULL;
}

int64_t
select_ask(struct sess *s)
{
	struct in_addr list[MAX_HAS];
	struct ha_wish w = wish(s, list);

	if (s->ha_next != NULL) {
		s->ha = s->ha_next;
		s->u->w->counts->failed_over++;
	} else {
		if (!s->registered)
			s->ha = agent(s, ha_select_pick(&s->nas->select, &w,
			    0));
		s->ha_tried = 0;
		s->ha_redirects = 0;
	}
	s->ha_next = NULL;
	s->ha_tried |= UINT64_C(1) << s->ha->host.index;
	return ha_select_patience(&s->nas->select, &w, s->ha_tried,
	    budget_left(s));
}

static enum ha_after
report(struct sess *s, const struct mip_result *r)
{
	int i = (int)s->ha->host.index;

	switch (r->outcome) {
	case MIP_REGISTERED:
		ha_select_accepted(&s->nas->select, i);
		return HA_AFTER_STOP;
	case MIP_DENIED:
		ha_select_refused(&s->nas->select, i, r->code);
		return ha_select_after(r->code);
	case MIP_NO_REPLY:
		ha_select_silent(&s->nas->select, i);
		return HA_AFTER_NEXT;
	case MIP_USELESS:
		break;
	}
	return HA_AFTER_STOP;
}

void
select_result(struct sess *s, const struct mip_result *r)
{
	struct ha_select *hs = &s->nas->select;
	enum ha_after after = report(s, r);
	struct in_addr list[MAX_HAS];
	struct ha_wish w = wish(s, list);
	int i;

	s->ha_next = NULL;
	if (after == HA_AFTER_STOP || budget_left(s) < HA_SELECT_LEAST_MS)
		return;
	if (s->reg != NULL && mip_reg_moves_on(s->reg))
		return;
	if (after == HA_AFTER_FOLLOW && r->redirect.s_addr != INADDR_ANY &&
	    (i = ha_select_follow(hs, r->redirect, s->ha_tried,
	    s->ha_redirects)) >= 0) {
		s->ha_redirects++;
		s->u->w->counts->redirected++;
		s->ha_next = agent(s, i);
	}
	if (s->ha_next == NULL)
		s->ha_next = agent(s, ha_select_pick(hs, &w, s->ha_tried));
}

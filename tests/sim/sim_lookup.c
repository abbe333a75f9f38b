/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The AAA that a home agent asks about subscribers: the real user_lookup over
 * one that answers soon, late, wrongly or not at all. It knows some
 * subscribers' keys, and of some the home prefix. What had/user_radius.c does,
 * but for the wire.
 */
#include "tests/sim/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct question {
	struct question		*next, **prev;
	struct ha		*ha;
	struct user_entry	*entry;
	struct subscriber	*u;	/* NULL: a probe's NAI */
	struct timer		 timer;	/* the world's */
};

static void
drop(struct question *q)
{
	*q->prev = q->next;
	if (q->next != NULL)
		q->next->prev = q->prev;
	timer_cancel(&q->ha->host.w->timers, &q->timer);
	free(q);
}

/* The place of a prefix is the subscriber's number. */
static void
read_home(struct ha *h, const struct subscriber *u, struct user_home *home)
{
	struct pool *p = &h->pool[h->n_pools > 2 ? 2 * u->realm : 0];
	uint64_t part = u->index & (p->capacity - 1);
	unsigned i;

	home->pool = p;
	home->fixed = true;
	home->addr = p->prefix;
	for (i = 7; part > 0; i--, part >>= 8)
		home->addr.s6_addr[i] |= (uint8_t)part;
}

static void
draw_answer(struct ha *h, const struct subscriber *u, struct user_answer *a)
{
	struct world *w = h->host.w;

	memset(a, 0, sizeof(*a));
	a->state = USER_KNOWN;
	if (u == NULL)
		a->state = USER_REJECTED;
	else if (w->phase == RESTLESS && dice_permille(&w->dice,
	    w->plan.aaa_fails))
		a->state = dice_permille(&w->dice, 600) ? USER_SILENT :
		    dice_permille(&w->dice, 600) ? USER_REJECTED :
		    USER_BROKEN;
	if (a->state == USER_BROKEN)
		snprintf(a->why, sizeof(a->why), "played");
	if (a->state != USER_KNOWN)
		return;
	if (u->keyed)
		mip4_sa_copy(&a->sa, &u->sa);
	if (u->fixed)
		read_home(h, u, &a->home);
}

static void
answer(struct timer *t)
{
	struct question *q = container_of(t, struct question, timer);
	struct user_entry *e = q->entry;
	struct ha *h = q->ha;
	struct user_answer a;

	draw_answer(h, q->u, &a);
	SAY(h->host.w, &h->host, "AAA about u%d: %s", q->u != NULL ?
	    (int)q->u->index : -1, user_state_str(a.state));
	drop(q);
	user_lookup_answer(e, &a);
	mip4_sa_wipe(&a.sa);
}

static void *
ask(void *arg, struct user_entry *e, const char *nai, size_t len)
{
	struct ha *h = arg;
	struct world *w = h->host.w;
	struct question *q = calloc(1, sizeof(*q));
	bool slow = w->phase == RESTLESS && !w->plan.calm &&
	    dice_permille(&w->dice, 100);

	if (q == NULL)
		abort();
	w->counts->looked_up++;
	q->ha = h;
	q->entry = e;
	q->u = world_user(w, nai, len);
	q->timer.fire = answer;
	q->next = h->questions;
	q->prev = &h->questions;
	if (q->next != NULL)
		q->next->prev = &q->next;
	h->questions = q;
	world_at(w, &q->timer, slow ? dice_between(&w->dice, 100 * MS,
	    9 * SECOND) : dice_between(&w->dice, MS, 20 * MS));
	return q;
}

static void
cancel(void *arg, void *question)
{
	(void)arg;
	drop(question);
}

/* What the attacker has seen may be sent again now, if this one came to
 * something. */
static void
note_accepted(struct ha *h, const struct packet *p)
{
	struct world *w = h->host.w;
	unsigned i, n = w->n_history < HISTORY ? w->n_history : HISTORY;

	if (p->refused || w->history == NULL)
		return;
	for (i = 0; i < n; i++)
		if (w->history[i].len == p->len &&
		    memcmp(w->history[i].data, p->data, p->len) == 0)
			w->history[i].refused = false;
}

/* It is what happens now, as if it came only now. Each by itself, so that each
 * change has its cause. */
static void
judge(void *arg, const struct reg_packet *pkt)
{
	struct ha *h = arg;
	struct world *w = h->host.w;
	struct packet *p = &w->judged;
	uint64_t shed = h->reg.stats.shed;
	struct view *v;
	unsigned i;

	p->w = w;
	p->src = pkt->flow.src;
	p->dst = pkt->flow.dst;
	p->attack = pkt->flow.sport == ATTACK_PORT;
	p->len = pkt->len;
	memcpy(p->data, pkt->data, pkt->len);
	w->step.by = BY_PACKET;
	w->step.host = &h->host;
	w->step.p = p;
	w->step.parsed = mip4_parse(&w->step.msg, p->data, p->len,
	    &h->conf.types) == MIP4_OK;
	p->u = world_user(w, w->step.msg.ext.nai, w->step.msg.ext.nai_len);
	w->step.u = p->u;
	if (p->u != NULL) {
		world_touch(p->u);
		v = &h->view[p->u->index];
		i = net_place(w, p->src);
		p->origin = v->waits[i] == w->step.msg.rrq.id ?
		    v->waits_from[i] : (struct origin){ w->now, 0 };
		v->waits[i] = 0;
	}
	reg_input_again(&h->reg, pkt);
	ha_judged(h, p, shed);
	if (!p->attack)
		note_accepted(h, p);
	watch_step(w);
}

void
lookup_note(struct ha *h, struct subscriber *u, const struct packet *p)
{
	struct world *w = h->host.w;
	struct view *v = &h->view[u->index];
	unsigned i = net_place(w, p->src);

	if (h->reg.lookup == NULL || !w->step.parsed ||
	    w->step.msg.type != MIP4_RRQ || !user_lookup_is_waiting(
	    h->reg.lookup, (const uint8_t *)u->nai, strlen(u->nai)))
		return;
	if (v->waits[i] != 0 && ntp_cmp(w->step.msg.rrq.id, v->waits[i]) <= 0)
		return;
	v->waits[i] = w->step.msg.rrq.id;
	v->waits_from[i] = p->origin;
}

void
lookup_start(struct ha *h)
{
	static const struct user_lookup_ops ops = { ask, cancel, judge };
	const struct plan *plan = &h->host.w->plan;
	struct user_lookup_params params = {
		.known_s = plan->known, .rejected_s = plan->rejected,
		.max_users = 1000000, .max_waiting = 10000,
		.max_waiting_peer = 10000,
	};

	if (!plan->lookup)
		return;
	h->reg.lookup = user_lookup_new(&params, &h->host.clock, &ops, h);
	if (h->reg.lookup == NULL)
		abort();
}

void
lookup_stop(struct ha *h)
{
	user_lookup_free(h->reg.lookup);
	h->reg.lookup = NULL;
	if (h->questions != NULL)
		world_fail(h->host.w, "%s stopped, questions are left",
		    h->host.name);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The other side of a session: its subscriber's PPP, RADIUS, the NAS's own
 * data plane and accounting, each a timer and an event. */
#include "tests/sim/sim.h"

#include <string.h>

#define ASK_AGAIN	(3 * SECOND)	/* Configure-Request's timer */

static int64_t
about(struct sess *s, int64_t ns)
{
	return dice_between(&s->u->w->dice, ns / 2, ns * 3 / 2);
}

void
access_next(struct sess *s, enum access_next next, int64_t in)
{
	/* Who has gone does not answer any more. */
	if (s->next_access == ACCESS_GONE && next != ACCESS_GONE)
		return;
	s->next_access = next;
	world_at(s->u->w, &s->t_access, about(s, in));
}

static void
ask(struct sess *s, bool insist)
{
	s->asked = true;
	s->has_own = true;
	s->own = s->u->own;
	s->insists = insist;
	if (insist)
		s->n_insisted++;
	access_next(s, insist ? ACCESS_INSIST : ACCESS_ASK, ASK_AGAIN);
	sess_event(s, SESSION_EV_IID_ASKED);
}

static void
gone(struct sess *s)
{
	s->link = s->starting = false;
	s->next_access = ACCESS_NOTHING;
	s->carrier_lost = s->abandoned;
	sess_event(s, SESSION_EV_LINK_GONE);
}

static void
go_on(struct timer *t)
{
	struct sess *s = container_of(t, struct sess, t_access);
	enum access_next next = s->next_access;

	s->next_access = ACCESS_NOTHING;
	switch (next) {
	case ACCESS_NOTHING:
		return;
	case ACCESS_LINK:
		s->starting = false;
		s->link = true;
		access_next(s, ACCESS_AUTH, 15 * MS);
		sess_event(s, SESSION_EV_LINK_UP);
		return;
	case ACCESS_START_FAILS:
		s->starting = false;
		sess_event(s, SESSION_EV_START_FAILED);
		return;
	case ACCESS_AUTH:
		sess_event(s, SESSION_EV_AUTH_ASKED);
		return;
	case ACCESS_ASK:
		ask(s, false);
		return;
	case ACCESS_INSIST:
		ask(s, true);
		return;
	case ACCESS_COME_UP:
		sess_event(s, SESSION_EV_ACCESS_UP);
		return;
	case ACCESS_GONE:
		gone(s);
		return;
	}
}

static void
aaa_answers(struct timer *t)
{
	struct sess *s = container_of(t, struct sess, t_aaa);
	struct world *w = s->u->w;

	if (w->plan.calm || !dice_permille(&w->dice, 10))
		sess_event(s, SESSION_EV_ACCEPTED);
	else if (dice_permille(&w->dice, 400))
		sess_event(s, SESSION_EV_REJECTED);
	else if (dice_permille(&w->dice, 200))
		sess_event(s, SESSION_EV_GRANT_BAD);
	else
		sess_event(s, SESSION_EV_AAA_SILENT);
}

static void
installed(struct timer *t)
{
	struct sess *s = container_of(t, struct sess, t_install);
	struct world *w = s->u->w;

	s->tunnel_up = w->phase != RESTLESS || w->plan.calm ||
	    !dice_permille(&w->dice, 5);
	sess_event(s, s->tunnel_up ? SESSION_EV_INSTALLED :
	    SESSION_EV_INSTALL_FAILED);
}

static void
counted(struct timer *t)
{
	struct sess *s = container_of(t, struct sess, t_count);

	s->accounting = s->stopping = false;
	sess_event(s, SESSION_EV_COUNTED);
}

void
access_begin(struct sess *s)
{
	struct world *w = s->u->w;

	s->t_access.fire = go_on;
	s->t_aaa.fire = aaa_answers;
	s->t_install.fire = installed;
	s->t_count.fire = counted;
	if (s->ml != NULL)
		return;
	s->starting = true;
	access_next(s, !w->plan.calm && dice_permille(&w->dice, 10) ?
	    ACCESS_START_FAILS : ACCESS_LINK, 20 * MS);
}

void
access_ask_aaa(struct sess *s)
{
	if (s->ml == NULL)	/* of others the configuration knows */
		world_at(s->u->w, &s->t_aaa, about(s, 10 * MS));
}

/* The peer takes it, or goes on with its own [D16]. */
void
access_assigned(struct sess *s)
{
	struct world *w = s->u->w;

	if (!s->link)
		return;
	if (s->u->insists && s->n_insisted < 2 &&
	    !iid_equal(s->iid, s->u->own)) {
		access_next(s, ACCESS_INSIST, dice_permille(&w->dice, 500) ?
		    20 * MS : 2 * SECOND);
		return;
	}
	access_next(s, ACCESS_COME_UP, 15 * MS);
}

void
access_install(struct sess *s)
{
	s->tunnel = true;
	s->tunnel_up = false;
	world_at(s->u->w, &s->t_install, about(s, 3 * MS));
}

void
access_count(struct sess *s)
{
	s->stopping = true;
	world_at(s->u->w, &s->t_count, about(s, 50 * MS));
}

void
access_cancel(struct sess *s)
{
	struct timers *t = &s->u->w->timers;

	timer_cancel(t, &s->t_access);
	timer_cancel(t, &s->t_aaa);
	timer_cancel(t, &s->t_install);
	timer_cancel(t, &s->t_count);
}

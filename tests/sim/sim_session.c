/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A session: session_fsm decides, this carries out, as nasd/session.c,
 * session_act.c and session_in.c do, but for what is not simulated (RADIUS,
 * accounting, Router Advertisements and routes are delays).
 */
#include "tests/sim/sim_mobile.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static mono_t
now(const struct sess *s)
{
	return clock_mono(&s->nas->host.clock);
}

struct sess *
sess_rival(const struct sess *self, bool live)
{
	struct sess *s;

	for (s = self->u->sessions; s != NULL; s = s->next) {
		bool lives = s->state < SESSION_CLOSING;

		/* before that, its NAI is not known */
		if (s == self || s->nas != self->nas ||
		    s->state < SESSION_AUTHENTICATED)
			continue;
		if (live ? lives : !lives && s->reg != NULL)
			return s;
	}
	return NULL;
}

static void
tell_rival(struct sess *self)
{
	struct sess *s;

	for (s = self->u->sessions; s != NULL; s = s->next) {
		if (s != self && s->nas == self->nas &&
		    s->state == SESSION_WAITING) {
			sess_event(s, SESSION_EV_RIVAL_GONE);
			return;
		}
	}
}

/* ---- actions ---- */

static void
do_auth_cancel(struct sess *s)
{
	timer_cancel(&s->u->w->timers, &s->t_aaa);
}

/* The first request for an identifier follows. */
static void
do_auth_ok(struct sess *s)
{
	if (s->ml != NULL)
		link_event(s, NODE_EV_PASSED);
	else if (!s->asked)
		access_next(s, ACCESS_ASK, 10 * MS);
}

static void
do_replace(struct sess *s)
{
	struct sess *rival = sess_rival(s, true);

	if (rival != NULL)
		sess_event(rival, SESSION_EV_REPLACED);
}

static void
do_ra_stop(struct sess *s)
{
	s->ra = false;
}

static void
do_ra_start(struct sess *s)
{
	s->ra = true;
}

static void
do_acct_start(struct sess *s)
{
	s->accounting = true;
}

static void
do_acct_stop(struct sess *s)
{
	if (s->accounting && !s->stopping)
		access_count(s);
}

static void
do_uninstall(struct sess *s)
{
	timer_cancel(&s->u->w->timers, &s->t_install);
	s->tunnel = s->tunnel_up = false;
	if (s->ml != NULL)
		link_event(s, NODE_EV_UNINSTALL);
}

static void
do_deregister(struct sess *s)
{
	if (s->reg == NULL || s->deregistering)
		return;
	s->deregistering = true;
	mip_reg_deregister(s->reg);
}

static struct iid
choose_iid(const struct sess *s)
{
	struct iid iid = { { 0 } };

	if (!s->unique)
		return iid;
	if (s->registered && s->insists && s->has_own &&
	    !iid_is_reserved(s->own) && !iid_equal(s->own, s->local))
		return s->own;
	do
		iid = iid_random();
	while (iid_equal(iid, s->local));
	return iid;
}

/* Whom, and with which keys. */
static void
ask_of(const struct sess *s, struct mip_reg_request *req)
{
	req->mn_ha = s->u->keyed || s->u->mobile != NULL ? &s->u->sa : NULL;
	req->ha = (struct mip_ha){ .addr = s->ha->host.addr,
	    .sa = &s->nas->sa[s->ha->host.index], .n_sa = 1 };
	req->gre = s->nas->gre;
	req->gre_key = s->gre.own;
	if (s->ml != NULL)
		link_request(s, req);
}

static void
do_register(struct sess *s)
{
	struct mip_reg_request req = {
		.nai = s->u->nai,
		.subject = s->subject,
		.unique = s->unique,
		.iid = choose_iid(s),
	};

	s->u->w->counts->readdressed += s->reg != NULL && s->registered;
	if (s->reg != NULL)
		mip_reg_abandon(s->reg);
	s->reg = NULL;
	req.budget_ms = select_ask(s);
	if (req.budget_ms <= 0) {
		sess_event(s, SESSION_EV_HA_SILENT);
		return;
	}
	ask_of(s, &req);
	s->iid = req.iid;
	s->reg = mip_reg_create(&s->nas->core, &req,
	    s->u->w->trace || s->u->w->lines != NULL ? &sess_mip_told :
	    &sess_mip, s);
	if (s->reg == NULL)
		world_fail(s->u->w, "no registration for %s", s->subject);
}

static void
do_install(struct sess *s)
{
	s->path = s->gre;
	if (s->ml != NULL)
		link_install(s);
	else
		access_install(s);
}

static void
do_assign(struct sess *s)
{
	if (s->ml != NULL)
		sess_event(s, SESSION_EV_ACCESS_UP);
	else
		access_assigned(s);
}

/* As session_resume. */
static void
do_resume(struct sess *s)
{
	if (s->reg != NULL)
		(void)mip_reg_renew(s->reg);
}

static void
do_close(struct sess *s)
{
	if (s->ml != NULL)
		link_event(s, NODE_EV_CLOSE);
	else if (s->link)
		access_next(s, ACCESS_GONE, 100 * MS);
}

static void
do_kill(struct sess *s)
{
	if (s->ml != NULL)
		link_event(s, NODE_EV_CLOSE);
	else
		access_next(s, ACCESS_GONE, 5 * MS);
}

static void
do_nothing(struct sess *s)
{
	(void)s;
}

static bool
act(struct sess *s, uint32_t actions)
{
	static void (*const fn[SESSION_N_ACTIONS])(struct sess *) = {
		[SESSION_BIT_START_CONFIRM] = do_nothing,
		[SESSION_BIT_START_REFUSE] = do_nothing,
		[SESSION_BIT_AUTH_CANCEL] = do_auth_cancel,
		[SESSION_BIT_AUTHENTICATE] = access_ask_aaa,
		[SESSION_BIT_AUTH_OK] = do_auth_ok,
		[SESSION_BIT_AUTH_FAIL] = do_close,	/* the peer's PPP */
		[SESSION_BIT_RESUME] = do_resume,
		[SESSION_BIT_REPLACE] = do_replace,
		[SESSION_BIT_RA_STOP] = do_ra_stop,
		[SESSION_BIT_COUNT] = do_nothing,
		[SESSION_BIT_ACCT_STOP] = do_acct_stop,
		[SESSION_BIT_UNINSTALL] = do_uninstall,
		[SESSION_BIT_DEREGISTER] = do_deregister,
		[SESSION_BIT_REGISTER] = do_register,
		[SESSION_BIT_INSTALL] = do_install,
		[SESSION_BIT_ASSIGN] = do_assign,
		[SESSION_BIT_REFUSE] = do_nothing,
		[SESSION_BIT_RA_START] = do_ra_start,
		[SESSION_BIT_RA_UPDATE] = do_nothing,
		[SESSION_BIT_ACCT_START] = do_acct_start,
		[SESSION_BIT_CLOSE] = do_close,
		[SESSION_BIT_KILL] = do_kill,
	};
	unsigned bit;

	for (bit = 0; bit < SESSION_BIT_FREE; bit++)
		if (actions & 1U << bit && fn[bit] != NULL)
			fn[bit](s);
	if (!(actions & SESSION_DO_FREE))
		return false;
	sess_free(s);
	return true;
}

/* ---- life ---- */

static void
state_timer(struct timer *t)
{
	sess_event(container_of(t, struct sess, state_timer),
	    SESSION_EV_TIMER);
}

static void
set_state_timer(struct sess *s, enum session_state old)
{
	int64_t limit = session_state_limit(s->state);
	mono_t at = mono_add_ms(now(s), limit);

	if (limit == SESSION_ON_BUDGET) {
		if (session_state_limit(old) != SESSION_ON_BUDGET)
			s->budget_end = mono_add_ms(now(s),
			    SESSION_BUDGET_MS);
		at = s->budget_end;
	}
	timer_cancel(&s->nas->host.timers, &s->state_timer);
	if (limit != 0 &&
	    timer_set(&s->nas->host.timers, &s->state_timer, at) != 0)
		abort();
}

struct sess *
sess_new(struct nas *n, struct subscriber *u, struct ha *h, struct mlink *ml)
{
	struct sess *s = calloc(1, sizeof(*s));

	if (s == NULL)
		abort();
	s->nas = n;
	s->u = u;
	s->ml = ml;
	s->coa = ml != NULL ? ml->coa : n->host.addr;
	s->ha = s->usual = h;
	s->nr = ++n->last_nr;
	snprintf(s->subject, sizeof(s->subject), "%s/s%u u%u", n->host.name,
	    s->nr, u->index);
	s->unique = u->unique && ml == NULL;
	s->local = iid_random();
	s->state_timer.fire = state_timer;
	s->state = SESSION_STARTING;
	s->next = u->sessions;
	s->prev = &u->sessions;
	if (s->next != NULL)
		s->next->prev = &s->next;
	u->sessions = s;
	n->n_sessions++;
	u->w->counts->sessions++;
	world_touch(u);
	set_state_timer(s, s->state);
	access_begin(s);
	return s;
}

void
sess_resume(struct sess *s, const struct mip_saved *saved, bool was_up)
{
	struct mip_reg_request req = {
		.nai = s->u->nai,
		.subject = s->subject,
	};

	ask_of(s, &req);
	s->reg = mip_resume_reg(&s->nas->core, &req, saved,
	    s->u->w->trace || s->u->w->lines != NULL ? &sess_mip_told :
	    &sess_mip, s);
	if (s->reg == NULL)
		abort();
	s->kept = s->reg->expires;
	s->gre = s->path = s->reg->gre;
	s->registered = saved->bound;
	s->was_up = was_up;
	s->resumed = true;
	s->excuse = "resumed";
	timer_cancel(&s->nas->host.timers, &s->state_timer);
	s->state = SESSION_RESUMING;
	set_state_timer(s, s->state);
}

void
sess_free(struct sess *s)
{
	struct subscriber *u = s->u;

	world_touch(u);
	if (s->ml != NULL)
		link_leave(s);
	timer_cancel(&s->nas->host.timers, &s->state_timer);
	access_cancel(s);
	if (s->reg != NULL && s->nas->host.up)
		mip_reg_abandon(s->reg);
	else
		mip_reg_free(s->reg);	/* its program has ended */
	s->reg = NULL;
	tell_rival(s);
	*s->prev = s->next;
	if (s->next != NULL)
		s->next->prev = s->prev;
	s->nas->n_sessions--;
	if (u->at == s) {
		u->at = NULL;
		user_lost(u);
	}
	free(s);
}

static struct session_view
view_of(const struct sess *s)
{
	struct session_view v = {
		.unique = s->unique,
		.insists = s->insists,
		.own_usable = s->has_own && !iid_is_reserved(s->own) &&
		    !iid_equal(s->own, s->local),
		.own_is_ours = s->has_own && iid_equal(s->own, s->iid),
		.iid_kept = s->iid_kept,
		.access = s->link || s->starting,
		.reg = s->reg != NULL,
		.accounting = s->accounting,
		.carrier_lost = s->carrier_lost,
		.another_ha = s->ha_next != NULL,
		.was_up = s->resumed && s->was_up,
		.resumable = s->resumed && s->was_up && s->reg != NULL,
	};

	if (sess_rival(s, true) != NULL)
		v.rival = SESSION_RIVAL_LIVE;
	else if (sess_rival(s, false) != NULL)
		v.rival = SESSION_RIVAL_ENDING;
	return v;
}

static void
change_state(struct sess *s, const struct session_decision *d,
    enum session_event ev)
{
	enum session_state old = s->state;

	s->state = d->state;
	if (s->state == SESSION_UP && !s->was_up) {
		s->was_up = true;
		s->u->w->counts->came_up++;
	}
	SAY(s->u->w, &s->nas->host, "s%u u%u %s -> %s: %s", s->nr,
	    s->u->index, session_state_str(old), session_state_str(s->state),
	    session_event_str(ev));
	set_state_timer(s, old);
}

/* True when the session is gone. */
static bool
one_event(struct sess *s, enum session_event ev)
{
	struct session_view v = view_of(s);
	struct session_decision d = session_fsm(s->state, ev, &v);

	if (d.unexpected)
		return false;
	if (d.cause != SESSION_CAUSE_NONE) {
		s->cause = d.cause;
		if (s->u->w->phase == SETTLED && s->was_up)
			world_fail(s->u->w, "%s ends in a quiet network: %s",
			    s->subject, d.why);
	}
	if (d.state != s->state)
		change_state(s, &d, ev);
	return act(s, d.actions);
}

void
sess_event(struct sess *s, enum session_event ev)
{
	world_touch(s->u);
	if (s->busy) {
		if (s->queued == SESS_QUEUE) {
			world_fail(s->u->w, "%s: event queue full",
			    s->subject);
			return;
		}
		s->queue[s->queued++] = ev;
		return;
	}
	s->busy = true;
	while (!one_event(s, ev)) {
		if (s->queued == 0) {
			s->busy = false;
			return;
		}
		ev = s->queue[0];
		s->queued--;
		memmove(&s->queue[0], &s->queue[1],
		    s->queued * sizeof(s->queue[0]));
	}
}

/* ---- what the registration reports ---- */

static void
take_result(struct sess *s, const struct mip_result *r)
{
	if (r->outcome != MIP_REGISTERED)
		return;
	s->hoa = r->hoa;
	s->hoa_unique = r->unique;
	s->iid = iid_of(&r->hoa);
	s->gre = r->gre;
	s->registered = true;
}

static void
mip_registered(void *arg, const struct mip_result *r)
{
	static const enum session_event ev[] = {
		[MIP_REGISTERED] = SESSION_EV_REGISTERED,
		[MIP_DENIED] = SESSION_EV_DENIED,
		[MIP_NO_REPLY] = SESSION_EV_HA_SILENT,
		[MIP_USELESS] = SESSION_EV_USELESS,
	};
	struct sess *s = arg;

	take_result(s, r);
	if (r->outcome == MIP_REGISTERED)
		check_registered(s);
	else if (r->outcome == MIP_DENIED)
		check_over(s);
	if (r->outcome == MIP_USELESS)
		world_fail(s->u->w, "%s: useless reply: %s", s->subject,
		    r->text);
	if (r->outcome == MIP_NO_REPLY && s->u->w->plan.calm &&
	    !s->lent)
		world_fail(s->u->w, "%s: no reply in a calm world: %s",
		    s->subject, r->text);
	if (r->outcome == MIP_DENIED)
		s->u->w->counts->denied++;
	select_result(s, r);
	sess_event(s, ev[r->outcome]);
}

static void
mip_changed(void *arg, const struct mip_result *r)
{
	struct sess *s = arg;

	/* A home agent that has started anew has another key. */
	if (gre_same(&s->gre, &r->gre))
		world_fail(s->u->w, "%s: a renewal brought another home "
		    "address", s->subject);
	s->iid_kept = iid_equal(iid_of(&r->hoa), s->iid);
	take_result(s, r);
	sess_event(s, SESSION_EV_CHANGED);
}

static void
mip_lost(void *arg, const struct mip_result *r)
{
	struct sess *s = arg;

	s->u->w->counts->lost_reg++;
	/* two that contend for one subscriber may starve each other */
	if (s->u->w->plan.calm && s->excuse == NULL &&
	    s->u->sessions == s && s->next == NULL &&
	    !s->lent)
		world_fail(s->u->w, "%s: lost in a calm world: %s",
		    s->subject, r->text);
	SAY(s->u->w, &s->nas->host, "s%u registration lost: %s", s->nr,
	    r->text);
	check_over(s);
	sess_event(s, SESSION_EV_LOST);
}

static void
mip_revoked(void *arg)
{
	struct sess *s = arg;

	s->u->w->counts->rev_acked++;
	/* its subscriber is there and nowhere else: a session that it had
	 * left has won */
	if (s->u->at == s && s->was_up && s->excuse != NULL &&
	    strcmp(s->excuse, "it has moved") == 0) {
		s->u->w->counts->stale_wins++;
		SAY(s->u->w, &s->nas->host, "s%u of u%u ends, which is there",
		    s->nr, s->u->index);
	}
	check_over(s);
	sess_event(s, SESSION_EV_REVOKED);
}

static void
mip_deregistered(void *arg, bool answered)
{
	struct sess *s = arg;

	s->reg = NULL;
	s->deregistering = false;
	if (answered)
		check_over(s);
	else
		watch_given_up(s);
	tell_rival(s);
	sess_event(s, SESSION_EV_DEREGISTERED);
}

static void
mip_step(void *arg, const char *key, const char *detail)
{
	struct sess *s = arg;

	SAY(s->u->w, &s->nas->host, "s%u %s: %s", s->nr, key, detail);
}

#define EVENTS					\
	.registered = mip_registered,		\
	.changed = mip_changed,			\
	.lost = mip_lost,			\
	.revoked = mip_revoked,			\
	.deregistered = mip_deregistered

const struct mip_events sess_mip = { EVENTS };

const struct mip_events sess_mip_told = {
	EVENTS,
	.step = mip_step,
};

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sessions: their life by session_fsm, their one destructor. session_table.c
 * has their tables.
 */
#define LOG_MODULE "session"
#include "nasd/session.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mip4_ext.h"
#include "nasd/access.h"
#include "nasd/engine.h"
#include "nasd/mip_client.h"
#include "nasd/ra.h"
#include "nasd/session_save.h"
#include "nasd/session_table.h"

mono_t
session_now(const struct session *s)
{
	return clock_mono(s->engine->clock);
}

static void
state_timer_fire(struct timer *t)
{
	struct session *s = container_of(t, struct session, state_timer);

	session_event(s, SESSION_EV_TIMER, NULL);
}

static void
timeout_fire(struct timer *t)
{
	session_event(container_of(t, struct session, timeout),
	    SESSION_EV_SESSION_TIMEOUT, NULL);
}

static void
set_state_timer(struct session *s, enum session_state old)
{
	int64_t limit = session_state_limit(s->state);
	mono_t at = mono_add_ms(session_now(s), limit);

	if (limit == SESSION_ON_BUDGET) {
		if (session_state_limit(old) != SESSION_ON_BUDGET)
			s->budget_end = mono_add_ms(session_now(s),
			    SESSION_BUDGET_MS);
		at = s->budget_end;
	}
	timer_cancel(&s->engine->timers, &s->state_timer);
	if (limit != 0 &&
	    timer_set(&s->engine->timers, &s->state_timer, at) != 0)
		log_errorx(s->subject, "out of memory for a timer");
}

static struct session *
make(struct engine *e, const struct access *access, uint32_t nr,
    enum session_state state, mono_t since)
{
	struct session *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->engine = e;
	s->access = access;
	s->nr = nr;
	session_set_subject(s);
	s->state_timer.fire = state_timer_fire;
	s->timeout.fire = timeout_fire;
	s->poll.fire = session_poll_fire;
	s->state = state;
	s->eap_id = -1;
	s->state_since = session_now(s);
	timeline_init(&s->timeline, since);
	session_enter_tables(s);
	set_state_timer(s, s->state);
	return s;
}

uint32_t
sessions_next_nr(struct engine *e)
{
	struct sessions *ss = &e->sessions;
	uint32_t nr;

	do
		nr = ++ss->last_nr;
	while (nr == 0 || session_find_nr(ss, nr) != NULL);
	session_reserve(e, nr);
	return nr;
}

struct session *
session_new(struct engine *e, const struct access *access, mono_t since)
{
	struct sessions *ss = &e->sessions;
	uint32_t nr = sessions_next_nr(e);
	struct session *s;

	s = make(e, access, nr, SESSION_STARTING, since);
	if (s == NULL)
		return NULL;
	snprintf(s->id, sizeof(s->id), "%08" PRIx32 "%08" PRIx32, ss->boot,
	    nr);
	ss->started++;
	return s;
}

struct session *
session_restore(struct engine *e, const struct access *access, uint32_t nr,
    const char *id)
{
	struct session *s;

	if (session_find_nr(&e->sessions, nr) != NULL)
		return NULL;
	s = make(e, access, nr, SESSION_RESUMING, clock_mono(e->clock));
	if (s != NULL)
		snprintf(s->id, sizeof(s->id), "%s", id);
	return s;
}

/* Keeps what happened; a new entry takes the place of the oldest one. */
static void
remember(struct session *s)
{
	struct sessions *ss = &s->engine->sessions;
	struct session_past **place = &ss->past[ss->n_past % SESSION_RECENT];
	struct session_past *past = *place;

	if (past == NULL && (past = calloc(1, sizeof(*past))) == NULL)
		return;
	*place = past;
	ss->n_past++;
	free(past->user);
	past->user = strdup(s->user);
	past->nr = s->nr;
	memcpy(past->id, s->id, sizeof(past->id));
	memcpy(past->ifname, s->ifname, sizeof(past->ifname));
	memcpy(past->calling, s->calling, sizeof(past->calling));
	memcpy(past->why, s->why, sizeof(past->why));
	past->cause = s->cause;
	past->came_up = s->came_up;
	timeline_move(&past->timeline, &s->timeline);
}

void
session_free(struct session *s)
{
	struct timers *timers = &s->engine->timers;
	struct engine *e = s->engine;
	uint32_t nr = s->nr;
	bool saved = s->saved;

	timer_cancel(timers, &s->state_timer);
	timer_cancel(timers, &s->timeout);
	timer_cancel(timers, &s->poll);
	timer_cancel(timers, &s->eap_again);
	session_account_lost(s);
	session_save_never(s);
	if (s->aaa_req != NULL)
		aaa_cancel(s->aaa_req);
	session_eap_stop(s);
	if (s->ra != NULL)
		ra_stop(s->ra, false);
	if (s->tunnel != NULL)
		tunnel_session_free(s->tunnel);
	if (s->reg != NULL)
		mip_reg_abandon(s->reg);
	s->reg = NULL;
	s->access->leave(s);
	remember(s);
	session_tell_rival(s);
	session_leave_tables(s);
	while (s->queued > 0)
		free(s->queue[--s->queued].detail);
	timeline_clear(&s->timeline);
	aaa_grant_wipe(&s->grant);
	free(s->grant.class);
	free(s);
	session_forget(e, nr, saved);
}

static struct session_view
view_of(const struct session *s)
{
	const struct nasd_config *cfg = s->engine->cfg;
	struct session_view v = {
		.unique = s->unique,
		.refuse_duplicates = cfg->duplicate == CONFIG_DUP_REFUSE,
		.insists = s->insists,
		.own_usable = session_own_usable(s),
		.own_is_ours = s->has_own && iid_equal(s->own, s->iid),
		.iid_kept = s->iid_kept,
		.access = s->access->is_there(s),
		.reg = s->reg != NULL,
		.accounting = s->accounting,
		.carrier_lost = s->carrier_lost,
		.another_ha = s->ha_next != NULL,
		.was_up = s->was_up,
		.resumable = s->resumable,
		.granted = s->granted,
	};

	if (session_rival(s, true) != NULL)
		v.rival = SESSION_RIVAL_LIVE;
	else if (session_rival(s, false) != NULL)
		v.rival = SESSION_RIVAL_ENDING;
	return v;
}

/* The first reason is the one that counts. */
static void
note_end(struct session *s, const struct session_decision *d,
    const char *detail)
{
	struct sessions *ss = &s->engine->sessions;

	/* It was ending when an earlier nasd went. */
	if (s->cause != SESSION_CAUSE_NONE) {
		ss->ended[s->cause]++;
		session_step(s, "end", "%s", s->why);
		return;
	}
	s->cause = d->cause;
	snprintf(s->why, sizeof(s->why), "%s%s%.110s", d->why,
	    detail != NULL && detail[0] != '\0' ? ": " : "",
	    detail != NULL ? detail : "");
	ss->ended[d->cause]++;
	if (!s->came_up)
		ss->failed++;
	session_step(s, "end", "%s", s->why);
}

static void
change_state(struct session *s, const struct session_decision *d,
    enum session_event ev)
{
	enum session_state old = s->state;

	s->state = d->state;
	s->state_since = session_now(s);
	/* Its record says no more of one state than of the other. */
	s->dirty |= d->state != SESSION_ASSIGNED ||
	    old != SESSION_INSTALLING;
	if (d->state == SESSION_UP && !s->came_up) {
		s->access->came_up(s);
		s->came_up = true;
		s->up_since = s->state_since;
		s->engine->sessions.came_up++;
	}
	log_info(s->subject, "%s -> %s: %s", session_state_str(old),
	    session_state_str(d->state),
	    d->cause != SESSION_CAUSE_NONE ? s->why : session_event_str(ev));
	set_state_timer(s, old);
}

/* One event. True when the session is gone. */
static bool
one_event(struct session *s, enum session_event ev, const char *detail)
{
	struct session_view v = view_of(s);
	struct session_decision d = session_fsm(s->state, ev, &v);

	if (d.unexpected) {
		s->engine->sessions.unexpected++;
		log_debug(s->subject, "%s: unexpected: %s",
		    session_state_str(s->state), session_event_str(ev));
		return false;
	}
	if (d.cause != SESSION_CAUSE_NONE)
		note_end(s, &d, detail);
	if (d.state != s->state)
		change_state(s, &d, ev);
	return session_act(s, d.actions);
}

void
session_event(struct session *s, enum session_event ev, const char *detail)
{
	char *text = NULL;

	if (s->busy) {
		if (s->queued == SESSION_EVENT_QUEUE) {
			log_errorx(s->subject, "event queue full: %s lost",
			    session_event_str(ev));
			return;
		}
		/* Without memory it is less for people to read. */
		s->queue[s->queued].ev = ev;
		s->queue[s->queued++].detail = detail != NULL ?
		    strdup(detail) : NULL;
		return;
	}
	s->busy = true;
	while (!one_event(s, ev, detail)) {
		free(text);
		if (s->queued == 0) {
			s->busy = false;
			if (s->dirty)
				session_save_soon(s);
			return;
		}
		ev = s->queue[0].ev;
		detail = text = s->queue[0].detail;
		s->queued--;
		memmove(&s->queue[0], &s->queue[1],
		    s->queued * sizeof(s->queue[0]));
	}
	free(text);
}

/*
 * The end of all.
 */

static bool
free_one(struct table_node *n, void *arg)
{
	(void)arg;
	session_free(container_of(n, struct session, by_nr));
	return true;
}

static void
past_free(struct session_past *past)
{
	if (past == NULL)
		return;
	free(past->user);
	timeline_clear(&past->timeline);
	free(past);
}

void
sessions_free(struct sessions *ss)
{
	unsigned i;

	table_each(&ss->by_nr, free_one, NULL);
	table_free(&ss->by_nr);
	table_free(&ss->by_nai);
	table_free(&ss->by_ifname);
	table_free(&ss->by_ip4);
	for (i = 0; i < SESSION_RECENT; i++) {
		past_free(ss->past[i]);
		ss->past[i] = NULL;
	}
}

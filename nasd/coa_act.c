/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Disconnect- and CoA-Requests on sessions: see coa_act.h. First everything is
 * decided (coa_rules.c), then the kernel is asked for new rates, all of them in
 * one request, and only when it has them the rest is changed.
 */
#define LOG_MODULE "coa"
#include "nasd/coa_act.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/log.h"
#include "nasd/access_dhcp6.h"
#include "nasd/coa_rules.h"
#include "nasd/engine.h"
#include "nasd/session.h"
#include "nasd/session_save.h"
#include "nasd/tunnel.h"

_Static_assert(COA_SESSIONS == TUNNEL_RATES_MAX, "sessions of a request");

/* A request on its sessions; these by number, as they may end meanwhile. */
struct job {
	LIST_ENTRY(job)		 link;
	uint64_t		 nr;
	struct engine		*engine;
	const struct dae_request *q;
	const char		*who;
	coa_done		*done;
	void			*arg;
	unsigned		 n, residual;
	bool			 too_many;
	uint32_t		 session[COA_SESSIONS];
	struct coa_change	 change[COA_SESSIONS];
};

struct coa_jobs {
	LIST_HEAD(, job)	 list;
	uint64_t		 last_nr;
	struct log_limit	 limit;
};

struct coa_jobs *
coa_jobs_new(void)
{
	struct coa_jobs *js = calloc(1, sizeof(*js));

	if (js != NULL) {
		LIST_INIT(&js->list);
		js->limit = (struct log_limit){ .rate = 20, .burst = 20 };
	}
	return js;
}

void
coa_jobs_free(struct coa_jobs *js)
{
	struct job *j;

	if (js == NULL)
		return;
	while ((j = LIST_FIRST(&js->list)) != NULL) {
		LIST_REMOVE(j, link);
		free(j);
	}
	free(js);
}

/* ---- which sessions ---- */

static void
select_one(struct job *j, const struct session *s)
{
	if (!coa_matches(j->q, s))
		return;
	if (s->state >= SESSION_CLOSING)
		j->residual++;
	else if (j->n == COA_SESSIONS)
		j->too_many = true;
	else
		j->session[j->n++] = s->nr;
}

static bool
select_each(struct table_node *n, void *arg)
{
	select_one(arg, container_of(n, struct session, by_nr));
	return true;
}

/* Acct-Session-Id is one session's; by anything else all are looked at. */
static void
select_sessions(struct job *j)
{
	const struct dae_bytes *b = &j->q->session_id;
	struct sessions *ss = &j->engine->sessions;
	const struct session *s;
	char id[SESSION_ID_STRLEN];

	if (b->p == NULL) {
		table_each(&ss->by_nr, select_each, j);
		return;
	}
	if (b->len != sizeof(id) - 1)
		return;
	memcpy(id, b->p, b->len);
	id[b->len] = '\0';
	if ((s = session_find_id(ss, id)) != NULL)
		select_one(j, s);
}

static struct session *
session_of(const struct job *j, unsigned i)
{
	return session_find_nr(&j->engine->sessions, j->session[i]);
}

/* ---- what is done with each ---- */

static void
set_classes(struct session *s, const struct dae_request *q)
{
	struct aaa_class class[DAE_CLASSES];

	_Static_assert(DAE_CLASSES <= AAA_CLASSES, "room for all");
	if (q->n_class == 0)
		return;
	for (unsigned i = 0; i < q->n_class; i++) {
		class[i].len = q->class[i].len;
		memcpy(class[i].data, q->class[i].p, q->class[i].len);
	}
	session_set_classes(s, class, q->n_class);
}

/* Counted from the beginning of the session, as that which it replaces; it may
 * have passed. */
static void
set_session_timeout(struct session *s, uint32_t seconds)
{
	struct timers *timers = &s->engine->timers;

	s->grant.session_timeout = seconds;
	timer_cancel(timers, &s->timeout);
	if (seconds > 0 && timer_set(timers, &s->timeout, mono_add_ms(
	    s->granted_at, seconds * INT64_C(1000))) != 0)
		log_errorx(s->subject, "out of memory for Session-Timeout");
	access_dhcp6_retime(s);
}

static void
tell(struct session *s, const char *who)
{
	unsigned more = 0;

	if (!log_limited(&s->engine->coa_jobs->limit,
	    session_now(s).ns / 1000000, &more))
		return;
	if (more > 0)
		log_info(NULL, "%u more changes were not logged", more);
	log_info(s->subject, "authorization changed by %s", who);
}

static void
change(struct session *s, const struct job *j, const struct coa_change *c)
{
	const struct dae_request *q = j->q;

	s->changing = false;
	if (c->new_rate) {
		s->rate = c->rate;
		s->rated = c->rate.down_bps != 0 || c->rate.up_bps != 0;
	}
	memcpy(s->grant.filter_id, c->filter_id, sizeof(c->filter_id));
	set_classes(s, q);
	if (q->session_timeout.set)
		set_session_timeout(s, q->session_timeout.v);
	if (q->idle_timeout.set)
		s->grant.idle_timeout = q->idle_timeout.v;
	if (q->interim.set)
		s->grant.interim_s = q->interim.v;
	if (q->idle_timeout.set || q->interim.set)
		session_account_retime(s, q->interim.set);
	session_step(s, "coa", "by %s: %s%s%s%s%s%s", j->who,
	    c->new_rate ? "rate " : "", q->filter_id.p != NULL ?
	    "profile " : "", q->session_timeout.set ? "session-timeout " : "",
	    q->idle_timeout.set ? "idle-timeout " : "", q->interim.set ?
	    "interim " : "", q->n_class > 0 ? "class " : "");
	tell(s, j->who);
	session_save(s);
}

/* The session is told at once; what follows (PPP's farewell, deregistration,
 * accounting) is the session's own [D113]. */
static enum dae_cause
disconnect(const struct job *j)
{
	struct session *s;

	if (j->n == 0)
		return j->residual > 0 ? DAE_RESIDUAL : DAE_NOT_FOUND;
	for (unsigned i = 0; i < j->n; i++) {
		if ((s = session_of(j, i)) == NULL)
			continue;
		set_classes(s, j->q);
		session_event(s, SESSION_EV_DISCONNECT, j->who);
	}
	return DAE_NONE;
}

/* ---- changes ---- */

static enum dae_cause
plan(struct job *j, unsigned *rates, bool *busy)
{
	enum dae_cause cause;

	if (j->n == 0)
		return DAE_NOT_FOUND;
	for (unsigned i = 0; i < j->n; i++) {
		const struct session *s = session_of(j, i);

		if (!coa_changeable(s))
			return DAE_NOT_FOUND;
		*busy |= s->changing || tunnel_is_pending(s->tunnel);
		cause = coa_plan(j->q, j->engine->cfg, s, &j->change[i]);
		if (cause != DAE_NONE)
			return cause;
		*rates += j->change[i].new_rate;
	}
	return DAE_NONE;
}

static enum dae_cause
change_all(const struct job *j)
{
	enum dae_cause cause = DAE_NOT_FOUND;
	struct session *s;

	for (unsigned i = 0; i < j->n; i++)
		if ((s = session_of(j, i)) != NULL) {
			change(s, j, &j->change[i]);
			cause = DAE_NONE;
		}
	return cause;
}

/* owner: the job's number; it may have been freed when nasd ends. */
static void
rated(void *arg, uint64_t owner, int error)
{
	struct engine *e = arg;
	enum dae_cause cause = DAE_RESOURCES;
	struct session *s;
	struct job *j;

	LIST_FOREACH(j, &e->coa_jobs->list, link)
		if (j->nr == owner)
			break;
	if (j == NULL)
		return;
	LIST_REMOVE(j, link);
	if (error == 0)
		cause = change_all(j);
	for (unsigned i = 0; error != 0 && i < j->n; i++)
		if ((s = session_of(j, i)) != NULL) {
			s->changing = false;
			if (error == -ENOTRECOVERABLE)
				session_rate_lost(s);
		}
	j->done(j->arg, cause);
	free(j);
}

/* The new rates of all, by one request. */
static int
ask_rates(struct job *j)
{
	struct coa_jobs *js = j->engine->coa_jobs;
	struct tunnel_rate list[COA_SESSIONS];
	unsigned n = 0;
	int error;

	for (unsigned i = 0; i < j->n; i++)
		if (j->change[i].new_rate)
			list[n++] = (struct tunnel_rate){
			    session_of(j, i)->tunnel, j->change[i].rate };
	j->nr = ++js->last_nr;
	error = tunnels_rate(j->engine->tunnels, list, n, rated, j->engine,
	    j->nr);
	if (error != 0)
		return error;
	LIST_INSERT_HEAD(&js->list, j, link);
	for (unsigned i = 0; i < j->n; i++)
		session_of(j, i)->changing = true;
	return 0;
}

static enum coa_outcome
change_sessions(struct job *j, enum dae_cause *cause)
{
	unsigned rates = 0;
	bool busy = false;

	*cause = plan(j, &rates, &busy);
	if (*cause != DAE_NONE)
		return COA_DECIDED;
	if (busy)
		return COA_BUSY;
	if (rates == 0) {
		*cause = change_all(j);
		return COA_DECIDED;
	}
	if (ask_rates(j) == 0)
		return COA_LATER;
	*cause = DAE_RESOURCES;
	return COA_DECIDED;
}

enum coa_outcome
coa_act(struct engine *e, const struct dae_request *q, const char *who,
    coa_done *done, void *arg, enum dae_cause *cause)
{
	enum coa_outcome outcome = COA_DECIDED;
	struct job *j;

	if ((*cause = coa_for_us(q, e->cfg)) != DAE_NONE)
		return COA_DECIDED;
	if ((j = calloc(1, sizeof(*j))) == NULL) {
		*cause = DAE_RESOURCES;
		return COA_DECIDED;
	}
	j->engine = e;
	j->q = q;
	j->who = who;
	j->done = done;
	j->arg = arg;
	select_sessions(j);
	if (j->too_many)
		*cause = DAE_MULTIPLE;
	else if (q->coa)
		outcome = change_sessions(j, cause);
	else
		*cause = disconnect(j);
	if (outcome != COA_LATER)
		free(j);
	return outcome;
}

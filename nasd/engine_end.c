/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ways nasd goes: with all sessions ended in order; after the last one has
 * ended by itself; or at once, leaving them to the nasd that comes next, which
 * finds them by the state file [PROTOCOLS D115]. Killed, it goes the last way
 * without knowing. The root side undoes what is in the kernel only when it is
 * told that all has ended.
 */
#include "config.h"
#define LOG_MODULE "main"
#include "nasd/engine.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <openssl/rand.h>

#include "common/log.h"
#include "common/priv.h"
#include "nasd/aaa.h"
#include "nasd/acct.h"
#include "nasd/mip_client.h"
#include "nasd/pppoe.h"
#include "nasd/priv_ops.h"
#include "nasd/session_save.h"
#include "nasd/vlans.h"

#define SHUTDOWN_MS	5000	/* for sessions to end in order */
#define SHUTDOWN_POLL_MS 20
#define SHUTDOWN_DEREG_MS 2000	/* of it: the first deregistration of all */
#define EMPTY_POLL_MS	200
#define LEAVE_MS	3000	/* for files to take what is owed to them */
#define LEAVE_RETRY_MS	250

static void
poll_again(struct engine *e, int64_t ms)
{
	if (timer_set(&e->timers, &e->stop_timer, mono_add_ms(
	    clock_mono(e->clock), ms)) != 0)
		e->stop = true;
}

static void
end_noted(void *arg, int status, const void *body, size_t len, int fd)
{
	struct engine *e = arg;

	(void)status;
	(void)body;
	(void)len;
	(void)fd;
	e->stop = true;
}

/*
 * Accounting of the whole.
 */

/* Not a session's: those never have the number 0. */
static void
account_nas(struct engine *e, bool on)
{
	char id[SESSION_ID_STRLEN];

	snprintf(id, sizeof(id), "%08" PRIx32 "00000000", e->sessions.boot);
	aaa_account_nas(e->aaa, on, id);
}

/* Of an earlier life: it has lived through that, or has no Stop yet. */
static void
settle_orphan(void *arg, const char *sid)
{
	struct engine *e = arg;
	const struct session *s = session_find(&e->sessions, sid);

	if (s == NULL || !s->accounting || !acct_adopt(e->acct, sid))
		acct_close_orphan(e->acct, sid, AAA_CAUSE_NAS_REBOOT);
}

/*
 * Accounting-On ends every session of ours at the server: it is sent when none
 * is known from an earlier life. Those that are get a Stop of their own, with
 * figures [D106], unless they live on [D116].
 */
void
engine_account_begin(struct engine *e)
{
	size_t n = acct_orphans(e->acct);

	if (n == 0 && e->resumed == 0) {
		account_nas(e, true);
		return;
	}
	log_info(NULL, "%zu sessions of an earlier life have no Stop yet", n);
	acct_each_orphan(e->acct, settle_orphan, e);
}

/* When all sessions have ended; true when all is sent. */
static bool
end_accounting(struct engine *e)
{
	if (!e->acct_off)
		account_nas(e, false);
	e->acct_off = true;
	return acct_owed(e->acct) == 0;
}

/* All has ended: the root side may clear up. */
static void
finish(struct engine *e)
{
	e->over = true;
	if (priv_request(e->priv, NASD_PRIV_END, NULL, 0, end_noted, e) != 0)
		e->stop = true;
}

/* Records that wait are nothing lost; sessions are. */
static void
say_left(size_t n_sessions, size_t n_records)
{
	if (n_sessions > 0)
		log_warnx(NULL, "%zu sessions left behind", n_sessions);
	if (n_records > 0)
		log_info(NULL, "%zu accounting records wait for the next "
		    "start", n_records);
}

static void
shutdown_poll(struct timer *t)
{
	struct engine *e = container_of(t, struct engine, stop_timer);
	mono_t now = clock_mono(e->clock);

	if (sessions_count(&e->sessions) == 0 && end_accounting(e)) {
		finish(e);
		return;
	}
	if (!mono_before(now, e->stop_by)) {
		say_left(sessions_count(&e->sessions), acct_owed(e->acct));
		finish(e);
		return;
	}
	poll_again(e, SHUTDOWN_POLL_MS);
}

void
engine_shutdown(struct engine *e)
{
	if (e->stopping)
		return;
	log_info(NULL, "ending; %zu sessions", sessions_count(&e->sessions));
	e->stopping = true;
	e->stop_by = mono_add_ms(clock_mono(e->clock), SHUTDOWN_MS);
	e->stop_timer.fire = shutdown_poll;
	mip_client_hurry(e->mip, SHUTDOWN_DEREG_MS);
	sessions_post(&e->sessions, SESSION_EV_SHUTDOWN);
	shutdown_poll(&e->stop_timer);
}

static void
empty_poll(struct timer *t)
{
	struct engine *e = container_of(t, struct engine, stop_timer);

	if (sessions_count(&e->sessions) == 0)
		engine_shutdown(e);
	else
		poll_again(e, EMPTY_POLL_MS);
}

void
engine_shutdown_soft(struct engine *e)
{
	if (e->stopping || e->emptying)
		return;
	log_info(NULL, "ending after the last of %zu sessions",
	    sessions_count(&e->sessions));
	e->emptying = true;
	pppoe_shared_close(e->pppoe_shared, true);
	e->stop_timer.fire = empty_poll;
	poll_again(e, EMPTY_POLL_MS);
}

/* Sessions stay, so the next nasd goes by the files. True: they say all that
 * there is. Accounting that is under way is in the spool. */
static bool
all_is_written(struct engine *e, bool last)
{
	const bool whole = session_save_owed(e);
	const unsigned lost = acct_unwritten(e->acct);

	if (last && lost > 0)
		log_errorx(NULL, "%u accounting records are lost: the spool "
		    "has no room for them", lost);
	if (last && !whole)
		log_errorx(NULL, "the state file can not be written: the next "
		    "nasd may miss sessions, or end some that have ended");
	return whole && lost == 0;
}

static void
leave_poll(struct timer *t)
{
	struct engine *e = container_of(t, struct engine, stop_timer);
	bool last = !mono_before(clock_mono(e->clock), e->stop_by);

	if (all_is_written(e, last) || last)
		e->stop = true;
	else
		poll_again(e, LEAVE_RETRY_MS);
}

void
engine_leave(struct engine *e)
{
	if (e->stopping)
		return;
	if (sessions_count(&e->sessions) == 0 && !e->restarting) {
		engine_shutdown(e);	/* nothing to leave */
		return;
	}
	log_info(NULL, "leaving; %zu sessions stay",
	    sessions_count(&e->sessions));
	e->stopping = true;
	e->stop_by = mono_add_ms(clock_mono(e->clock), LEAVE_MS);
	e->stop_timer.fire = leave_poll;
	/* Whoever asked for it has an answer first. */
	poll_again(e, SHUTDOWN_POLL_MS);
}

/*
 * Starting anew: the root side has the program checked, which takes a while,
 * and is told to start it when nothing has come between.
 */

void
engine_restart_over(struct engine *e, int err)
{
	void (*done)(void *, int) = e->restart_done;

	e->restart_done = NULL;
	if (done != NULL)
		done(e->restart_arg, err);
}

void
engine_restart_checked(struct engine *e, int status)
{
	if (e->restart_done == NULL)
		return;
	if (status == 0 && e->stopping)
		status = -EALREADY;
	if (status == 0)
		status = priv_request(e->priv, NASD_PRIV_RESTART, NULL, 0,
		    NULL, NULL);
	if (status == 0) {
		e->restarting = true;
		engine_leave(e);
	}
	engine_restart_over(e, status);
}

static void
check_begun(void *arg, int status, const void *body, size_t len, int fd)
{
	(void)body;
	(void)len;
	(void)fd;
	if (status != 0)
		engine_restart_over(arg, status);
}

int
engine_restart(struct engine *e, void (*done)(void *arg, int err), void *arg)
{
	int err;

	if (e->stopping || e->restart_done != NULL)
		return -EALREADY;
	err = priv_request(e->priv, NASD_PRIV_CHECK, NULL, 0, check_begun, e);
	if (err != 0)
		return err;
	e->restart_done = done;
	e->restart_arg = arg;
	return 0;
}

void
engine_drain(struct engine *e, bool drained)
{
	e->global.drained = drained;
	pppoe_shared_close(e->pppoe_shared, drained || e->emptying);
	session_save_global(e);
	log_info(NULL, drained ? "drained: no new sessions" :
	    "undrained: new sessions again");
}

bool
engine_takes_sessions(const struct engine *e)
{
	return !e->stopping && !e->emptying && !e->global.drained;
}

bool
engine_has_sessions(const struct engine *e)
{
	return !e->over;
}

void
engine_take_global(struct engine *e, bool was_read)
{
	unsigned i;

	if (!was_read && RAND_bytes(e->global.cookie_key,
	    sizeof(e->global.cookie_key)) != 1)
		return;
	for (i = 0; i < e->cfg->n_pppoe; i++)
		if (e->pppoe[i] != NULL)
			pppoe_set_secret(e->pppoe[i], e->global.cookie_key);
	vlans_set_secret(e->vlans, e->global.cookie_key);
	if (e->global.drained)
		engine_drain(e, true);
}

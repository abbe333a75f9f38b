/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records on their way into the spool: see acct.h. What could not be written is
 * kept in memory, up to a bound, until it can be or until all before it have
 * been sent (unwritten); and whether new logins are let in meanwhile. acct.c
 * sends what is in the spool.
 */
#include "config.h"
#define LOG_MODULE "acct"
#include "nasd/acct.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/wire.h"
#include "nasd/acct_int.h"
#include "radius/attrs.h"

#define ROOM_MS		5000	/* between looks for disk space */

static void
sync_fire(struct timer *t)
{
	const struct acct *a = container_of(t, struct acct, sync);

	acct_spool_sync(a->spool);
}

static void
sync_later(struct acct *a)
{
	if (a->params.sync_ms > 0 && !timer_is_set(&a->sync) &&
	    timer_set(a->timers, &a->sync, mono_add_ms(acct_now(a),
	    a->params.sync_ms)) != 0)
		log_errorx(NULL, "out of memory for a timer");
}

/* Those in the window are there because all before them are: the spool need
 * not give them again. */
static bool
write_window(struct acct *a)
{
	struct acct_item *it;

	TAILQ_FOREACH(it, &a->window, all) {
		if (it->written)
			continue;
		if (acct_spool_put(a->spool, &it->rec, &it->at) != 0)
			return false;
		acct_spool_skip(a->spool, &it->at);
		it->written = true;
		a->n_unwritten--;
	}
	return true;
}

bool
acct_write_owed(struct acct *a)
{
	struct acct_item *it;

	if (a->n_unwritten == 0)
		return true;
	if (!write_window(a))
		return false;
	while ((it = TAILQ_FIRST(&a->overflow)) != NULL) {
		if (acct_spool_put(a->spool, &it->rec, &it->at) != 0)
			return false;
		TAILQ_REMOVE(&a->overflow, it, all);
		a->n_unwritten--;
		free(it);	/* it is read when its turn comes */
	}
	return true;
}

void
acct_look_for_room(struct acct *a)
{
	bool full = !acct_spool_roomy(a->spool) || a->n_unwritten > 0;
	int why = acct_spool_why(a->spool);

	if (full && !a->full)
		log_at(LOG_L_ERROR, LOG_MODULE, NULL, why != 0 ? why : ENOSPC,
		    "the accounting spool is full: %zu records wait; new "
		    "logins are %s", acct_owed(a),
		    a->params.refuse ? "refused" : "accepted");
	else if (!full && a->full)
		log_warnx(NULL, "the accounting spool has room again");
	a->full = full;
	if (full && timer_set(a->timers, &a->room, mono_add_ms(acct_now(a),
	    ROOM_MS)) != 0)
		log_errorx(NULL, "out of memory for a timer");
}

static void
room_fire(struct timer *t)
{
	struct acct *a = container_of(t, struct acct, room);

	(void)acct_write_owed(a);
	acct_look_for_room(a);
	acct_pump(a);
}

static void
keep_unwritten(struct acct *a, const struct acct_rec *r)
{
	struct acct_item *it;
	unsigned more;

	if (r->kind == ACCT_NOTE)
		return;
	if (a->n_unwritten >= ACCT_OVERFLOW ||
	    (it = acct_item_new(r)) == NULL) {
		a->lost++;
		if (log_limited(&a->limit, acct_now(a).ns / 1000000, &more))
			log_errorx(r->sid, "Accounting %s lost: the spool is "
			    "full (as %u before)", acct_kind_str(r->kind),
			    more);
		return;
	}
	a->n_unwritten++;
	TAILQ_INSERT_TAIL(&a->overflow, it, all);
}

void
acct_write(struct acct *a, struct acct_rec *r)
{
	struct acct_place at;

	if (r->kind != ACCT_NOTE)
		a->records++;
	if (!acct_write_owed(a) || acct_spool_put(a->spool, r, &at) != 0)
		keep_unwritten(a, r);
	acct_look_for_room(a);
	sync_later(a);
	acct_pump(a);
}

void
acct_put(struct acct *a, enum acct_kind kind, const char *sid,
    struct radius_attrs *attrs)
{
	uint8_t body[ACCT_BODY_MAX];
	struct acct_rec r = {
		.kind = kind, .boot = acct_spool_boot(a->spool),
		.mono_ms = acct_now(a).ns / 1000000, .wall_ms = acct_wall_ms(a),
		.body = body,
	};
	struct wire_w w;

	wire_w_init(&w, body, sizeof(body));
	radius_attrs_encode(attrs, &w, NULL);
	radius_attrs_free(attrs);
	if (w.err) {
		a->lost++;
		log_errorx(sid, "Accounting %s lost: its attributes are too "
		    "many", acct_kind_str(kind));
		return;
	}
	r.len = w.len;
	memcpy(r.sid, sid, strnlen(sid, ACCT_SID));
	acct_write(a, &r);
}

bool
acct_admits(struct acct *a)
{
	if (!a->params.refuse || !a->full)
		return true;
	a->refused++;
	return false;
}

bool
acct_has_room(const struct acct *a)
{
	return !a->full;
}

unsigned
acct_unwritten(struct acct *a)
{
	(void)acct_write_owed(a);
	return a->n_unwritten;
}


void
acct_write_init(struct acct *a)
{
	a->sync.fire = sync_fire;
	a->room.fire = room_fire;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See acct.h. A window of records is in memory, read from the spool in the
 * order of writing. Of a session the first one in the window may be sent, the
 * others wait for it (blocked). Accounting-On and -Off wait for all before
 * them, and all behind wait for them: the server ends every session at them.
 *
 * How many are sent at a time grows with the answers, and falls to one when
 * there are none: a server that is dead is asked by a single record, again and
 * again. One that nobody answers while others are answered is given up in the
 * end.
 *
 * acct_write.c has the way into the spool.
 */
#include "config.h"
#define LOG_MODULE "acct"
#include "nasd/acct.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/rnd.h"
#include "nasd/acct_int.h"
#include "radius/client.h"

#define NTP_TO_UNIX	2208988800u
#define FLIGHT_FIRST	16	/* records on their way, to begin with */
#define FLIGHT_MAX	64
#define WAIT_FIRST_MS	1000	/* when nobody answers */
#define WAIT_MAX_MS	30000
#define GIVE_UP		20	/* rounds in which only others were answered */
#define BARRIER_ROUNDS	2	/* then all others no longer wait for it */

mono_t
acct_now(const struct acct *a)
{
	return clock_mono(a->clock);
}

int64_t
acct_wall_ms(const struct acct *a)
{
	uint64_t ntp = clock_ntp(a->clock);
	uint64_t ms = ((ntp & UINT32_MAX) * 1000) >> 32;

	return (int64_t)(uint32_t)(ntp_seconds(ntp) - NTP_TO_UNIX) * 1000 +
	    (int64_t)ms;
}

int64_t
acct_age_ms(const struct acct *a, const struct acct_rec *r)
{
	return acct_rec_age_ms(r, acct_spool_boot(a->spool),
	    acct_now(a).ns / 1000000, acct_wall_ms(a));
}

/*
 * Items.
 */

struct acct_item *
acct_item_new(const struct acct_rec *r)
{
	struct acct_item *it = calloc(1, sizeof(*it) + r->len);

	if (it == NULL)
		return NULL;
	it->rec = *r;
	it->rec.body = it->body;
	if (r->len > 0)
		memcpy(it->body, r->body, r->len);
	return it;
}

static bool
is_barrier(const struct acct_item *it)
{
	return it->rec.kind == ACCT_ON || it->rec.kind == ACCT_OFF;
}

static uint64_t
hash_sid(const struct acct *a, const char *sid)
{
	return table_hash(&a->last, sid, strlen(sid));
}

static bool
eq_sid(const struct table_node *n, const void *key)
{
	return strcmp(container_of(n, const struct acct_item, node)->rec.sid,
	    key) == 0;
}

static void
make_ready(struct acct *a, struct acct_item *it)
{
	if (it->state == ACCT_ITEM_BLOCKED && !is_barrier(it))
		a->n_active++;
	it->state = ACCT_ITEM_READY;
	TAILQ_INSERT_TAIL(&a->ready, it, ready);
}

/* The barrier's turn comes when nothing is before it but what nobody wants to
 * answer, and what waits for that. */
static void
check_barrier(struct acct *a)
{
	if (a->barrier != NULL && a->barrier->state == ACCT_ITEM_BLOCKED &&
	    a->n_active == 0)
		make_ready(a, a->barrier);
}

static void
window_add(struct acct *a, struct acct_item *it)
{
	struct table_node *n;
	struct acct_item *before;
	uint64_t hash = hash_sid(a, it->rec.sid);

	it->acct = a;
	it->nr = a->last_nr++;
	TAILQ_INSERT_TAIL(&a->window, it, all);
	a->n_window++;
	n = table_find(&a->last, hash, eq_sid, it->rec.sid);
	if (n != NULL) {
		before = container_of(n, struct acct_item, node);
		before->after = it;
		table_remove(&a->last, n);
	}
	table_insert(&a->last, &it->node, hash);
	if (is_barrier(it)) {
		a->barrier = it;
		check_barrier(a);
	} else if (n == NULL)
		make_ready(a, it);
}

/* Out of the window and away; the next of its session may go. */
static void
window_drop(struct acct *a, struct acct_item *it)
{
	if (it->state == ACCT_ITEM_READY)
		TAILQ_REMOVE(&a->ready, it, ready);
	if (it->req != NULL) {
		radius_cancel(it->req);
		a->n_flight--;
	}
	TAILQ_REMOVE(&a->window, it, all);
	a->n_window--;
	if (it->state != ACCT_ITEM_BLOCKED && it->alone == 0 &&
	    !is_barrier(it))
		a->n_active--;
	if (it->after != NULL)
		make_ready(a, it->after);
	else
		table_remove(&a->last, &it->node);
	if (a->barrier == it) {
		a->barrier = NULL;
		a->barrier_open = false;
	}
	free(it);
	check_barrier(a);
}

/* It is not owed any more. */
static void
settle(struct acct *a, struct acct_item *it)
{
	if (it->written)
		acct_spool_ack(a->spool, &it->at, &it->rec);
	else {
		a->n_unwritten--;
		if (it->rec.kind == ACCT_STOP)
			acct_spool_forget(a->spool, it->rec.sid);
	}
	window_drop(a, it);
}

/* What was to come after it has come, or an Accounting-Off after an
 * Accounting-On: it would do harm now. */
static void
leave_out_barrier(struct acct *a)
{
	log_warnx(a->barrier->rec.sid, "%s left out: nobody answers it",
	    acct_kind_str(a->barrier->rec.kind));
	a->given_up++;
	settle(a, a->barrier);
}

/*
 * Sending.
 */

static void
wait_a_while(struct acct *a)
{
	uint16_t rnd = 0;

	a->wait_ms = a->wait_ms == 0 ? WAIT_FIRST_MS : a->wait_ms * 2;
	if (a->wait_ms > WAIT_MAX_MS)
		a->wait_ms = WAIT_MAX_MS;
	(void)rnd_bytes(&rnd, sizeof(rnd));
	a->hold_until = mono_add_ms(acct_now(a), a->wait_ms -
	    (int64_t)a->wait_ms * rnd / 65536 / 4);
	if (timer_set(a->timers, &a->retry, a->hold_until) != 0)
		log_errorx(NULL, "out of memory for a timer");
}

static void
answered(struct acct *a, struct acct_item *it)
{
	if (a->silent)
		log_info(NULL, "accounting is answered again; %zu records "
		    "wait", acct_owed(a));
	a->silent = false;
	a->acks++;
	a->wait_ms = 0;
	a->hold_until = (mono_t){ 0 };
	if (a->flight < FLIGHT_MAX)
		a->flight++;
	/* Behind the barrier, so it comes too late now. */
	if (a->barrier != NULL && a->barrier != it && a->barrier_open &&
	    it->nr > a->barrier->nr)
		leave_out_barrier(a);
	settle(a, it);
}

static void
nobody_answers(struct acct *a)
{
	if (!a->silent)
		log_warnx(NULL, "no RADIUS server answers accounting; %zu "
		    "records wait in the spool", acct_owed(a));
	a->silent = true;
	a->flight = 1;
	if (!mono_before(acct_now(a), a->hold_until))
		wait_a_while(a);
}

static void
unanswered(struct acct *a, struct acct_item *it)
{
	a->unanswered++;
	it->rounds++;
	if (a->acks == it->acks_then)
		nobody_answers(a);
	else if (it->alone++ == 0 && !is_barrier(it))
		a->n_active--;
	if (it == a->barrier && it->rounds >= BARRIER_ROUNDS)
		a->barrier_open = true;
	if (it->alone >= GIVE_UP) {
		log_errorx(it->rec.sid, "Accounting %s given up: often not "
		    "answered while others were",
		    acct_kind_str(it->rec.kind));
		a->given_up++;
		settle(a, it);
		return;
	}
	make_ready(a, it);
	check_barrier(a);
}

static void
done(void *arg, enum radius_result result, const struct radius_attrs *reply)
{
	struct acct_item *it = arg;
	struct acct *a = it->acct;

	(void)reply;
	it->req = NULL;
	a->n_flight--;
	if (result == RADIUS_ACCEPTED)
		answered(a, it);
	else
		unanswered(a, it);
	acct_pump(a);
}

/* A packet's header and the record behind it, as the decoder wants it. */
static int
attrs_of(const struct acct *a, const struct acct_item *it,
    struct radius_attrs *as)
{
	uint8_t pkt[RADIUS_HDR + ACCT_BODY_MAX] = { RADIUS_ACCT_REQUEST };
	size_t len = RADIUS_HDR + it->rec.len;
	int err;

	pkt[2] = (uint8_t)(len >> 8);
	pkt[3] = (uint8_t)len;
	memcpy(pkt + RADIUS_HDR, it->body, it->rec.len);
	err = radius_attrs_decode(as, radius_client_dict(a->radius), pkt, len);
	as->late_ms = acct_age_ms(a, &it->rec);
	return err;
}

static void
send_one(struct acct *a, struct acct_item *it)
{
	struct radius_attrs as;

	TAILQ_REMOVE(&a->ready, it, ready);
	it->state = ACCT_ITEM_SENT;
	it->acks_then = a->acks;
	if (attrs_of(a, it, &as) == 0)
		it->req = radius_send(a->radius, RADIUS_ACCT_REQUEST, &as,
		    done, it);
	if (it->req == NULL) {
		it->state = ACCT_ITEM_READY;
		TAILQ_INSERT_HEAD(&a->ready, it, ready);
		nobody_answers(a);
		return;
	}
	a->sent++;
	a->n_flight++;
}

static void
send_ready(struct acct *a)
{
	while (a->n_flight < a->flight && !TAILQ_EMPTY(&a->ready) &&
	    !mono_before(acct_now(a), a->hold_until))
		send_one(a, TAILQ_FIRST(&a->ready));
}

/*
 * From the spool into the window.
 */

static void
enter(struct acct *a, struct acct_item *it)
{
	if (is_barrier(it) && a->barrier != NULL)
		leave_out_barrier(a);
	window_add(a, it);
}

static bool
load_written(struct acct *a)
{
	uint8_t buf[ACCT_REC_MAX];
	struct acct_place at;
	struct acct_item *it;
	struct acct_rec r;

	if (acct_spool_next(a->spool, &r, buf, &at) == 0)
		return false;
	it = acct_item_new(&r);
	if (it == NULL) {
		/* Read again after a restart; meanwhile it stays. */
		log_errorx(r.sid, "out of memory: Accounting %s waits for the "
		    "next start", acct_kind_str(r.kind));
		return true;
	}
	it->written = true;
	it->at = at;
	enter(a, it);
	return true;
}

static bool
load_unwritten(struct acct *a)
{
	struct acct_item *it = TAILQ_FIRST(&a->overflow);

	if (it == NULL)
		return false;
	TAILQ_REMOVE(&a->overflow, it, all);
	enter(a, it);
	return true;
}

static void
load(struct acct *a)
{
	while (a->n_window < ACCT_WINDOW &&
	    (a->barrier == NULL || a->barrier_open))
		if (!load_written(a) && !load_unwritten(a))
			return;
}

void
acct_pump(struct acct *a)
{
	load(a);
	send_ready(a);
}

static void
retry_fire(struct timer *t)
{
	acct_pump(container_of(t, struct acct, retry));
}

size_t
acct_owed(const struct acct *a)
{
	return acct_spool_owed(a->spool) + a->n_unwritten;
}

/*
 * Life.
 */

struct acct *
acct_new(struct timers *timers, const struct clock *clock,
    struct radius_client *radius, struct acct_files *files,
    const struct acct_params *params)
{
	struct acct *a = calloc(1, sizeof(*a));
	uint64_t segment = params->size / ACCT_FILES;

	if (a == NULL)
		return NULL;
	a->timers = timers;
	a->clock = clock;
	a->radius = radius;
	a->params = *params;
	a->flight = FLIGHT_FIRST;
	a->limit = (struct log_limit){ .rate = 1, .burst = 5 };
	TAILQ_INIT(&a->window);
	TAILQ_INIT(&a->ready);
	TAILQ_INIT(&a->overflow);
	a->retry.fire = retry_fire;
	acct_write_init(a);
	if (table_init(&a->last) != 0) {
		free(a);
		return NULL;
	}
	a->spool = acct_spool_new(files, segment > UINT32_MAX / 2 ?
	    UINT32_MAX / 2 : (uint32_t)segment, params->sync_wait);
	if (a->spool == NULL) {
		acct_free(a);
		return NULL;
	}
	if (acct_owed(a) > 0)
		log_info(NULL, "%zu accounting records of an earlier life "
		    "are still to be sent", acct_owed(a));
	acct_look_for_room(a);
	return a;
}

void
acct_set_client(struct acct *a, struct radius_client *radius)
{
	a->radius = radius;
}

/* What is in memory only ends here: said of each, and how many. */
static void
lose_unwritten(struct acct *a)
{
	struct acct_item *it;

	if (a->n_unwritten > 0)
		log_errorx(NULL, "%u accounting records are lost: the spool "
		    "has no room for them", a->n_unwritten);
	a->barrier = NULL;
	while ((it = TAILQ_FIRST(&a->window)) != NULL) {
		if (!it->written)
			log_errorx(it->rec.sid, "Accounting %s lost",
			    acct_kind_str(it->rec.kind));
		window_drop(a, it);
	}
	while ((it = TAILQ_FIRST(&a->overflow)) != NULL) {
		TAILQ_REMOVE(&a->overflow, it, all);
		log_errorx(it->rec.sid, "Accounting %s lost",
		    acct_kind_str(it->rec.kind));
		free(it);
	}
}

void
acct_free(struct acct *a)
{
	if (a == NULL)
		return;
	if (a->spool != NULL)
		(void)acct_write_owed(a);
	lose_unwritten(a);
	timer_cancel(a->timers, &a->retry);
	timer_cancel(a->timers, &a->sync);
	timer_cancel(a->timers, &a->room);
	acct_spool_free(a->spool);
	table_free(&a->last);
	free(a);
}

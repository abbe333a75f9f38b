/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes sessions to the state file: see session_save.h. session_rec.c has the
 * format, common/statelog.c the file. */
#define LOG_MODULE "session"
#include "nasd/session_save.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "common/statelog.h"
#include "nasd/access.h"
#include "nasd/access_node.h"
#include "nasd/engine.h"
#include "nasd/left_save.h"
#include "nasd/mip_client.h"
#include "nasd/session.h"
#include "nasd/session_rec.h"

#define NR_STEP		1024	/* numbers reserved at once */
#define COUNT_MS	10000	/* between records of counters, at least */
#define RETRY_FIRST_MS	1000	/* between tries to make up for what the */
#define RETRY_MAX_MS	30000	/* file could not take */

/* ---- what the file could not take ---- */

static void	 retry_fire(struct timer *);

static void
retry_later(struct engine *e)
{
	e->t_state.fire = retry_fire;
	e->state_wait_ms = e->state_wait_ms == 0 ? RETRY_FIRST_MS :
	    e->state_wait_ms * 2;
	if (e->state_wait_ms > RETRY_MAX_MS)
		e->state_wait_ms = RETRY_MAX_MS;
	if (timer_set(&e->timers, &e->t_state, mono_add_ms(
	    clock_mono(e->clock), e->state_wait_ms)) != 0)
		log_errorx(NULL, "out of memory for a timer");
}

static void
retry_fire(struct timer *t)
{
	struct engine *e = container_of(t, struct engine, t_state);

	(void)session_save_owed(e);
}

bool
session_save_owed(struct engine *e)
{
	const bool owed = e->state != NULL && statelog_owes(e->state);

	if (owed && statelog_retry(e->state) != 0) {
		retry_later(e);
		return false;
	}
	if (owed)
		log_info(NULL, "the state file is whole again");
	timer_cancel(&e->timers, &e->t_state);
	e->state_wait_ms = 0;
	return true;
}

/* That a session has ended must come to the file, even if nothing else ever
 * happens: the next nasd would have it again. */
void
session_save_put(struct engine *e, uint8_t type, const void *body, size_t len)
{
	statelog_put(e->state, type, body, len);
	if (!statelog_owes(e->state) || timer_is_set(&e->t_state))
		return;
	e->state_wait_ms = 0;
	retry_later(e);
}

static uint8_t
phase_of(const struct session *s)
{
	if (s->state >= SESSION_CLOSING)
		return REC_ENDING;
	if (s->state == SESSION_UP ||
	    (s->state == SESSION_RESUMING && s->was_up))
		return REC_UP;
	return REC_PENDING;
}

#define COPY(to, from)	memcpy(to, from, sizeof(to))

static void
fill_access(struct session_rec *r, const struct session *s)
{
	r->nr = s->nr;
	r->access = s->access->kind;
	COPY(r->id, s->id);
	r->phase = phase_of(s);
	r->saved_at = session_now(s).ns;
	r->pid = s->pid;
	r->cause = (uint8_t)s->cause;
	COPY(r->why, s->why);
	COPY(r->ifname, s->ifname);
	COPY(r->device, s->device);
	COPY(r->calling, s->calling);
	COPY(r->service, s->service);
	r->pppoe_sid = s->pppoe_sid;
	r->mru = s->mru;
	r->circuit_id = s->circuit_id;
	r->remote_id = s->remote_id;
	r->local = s->local;
	s->access->save(s, r);
}

static void
fill_aaa(struct session_rec *r, const struct session *s)
{
	const struct tunnel_counters *b = &s->before;

	COPY(r->user, s->user);
	r->grant = s->grant;
	r->grant.class = NULL;
	r->grant.n_class = 0;
	r->n_class = s->grant.n_class;
	if (r->n_class > 0)
		memcpy(r->class, s->grant.class,
		    r->n_class * sizeof(r->class[0]));
	r->accounting = s->accounting;
	r->came_up = s->came_up;
	r->up_since = s->up_since.ns;
	r->interim_due = s->interim_due.ns;
	r->idle_since = s->idle_since.ns;
	r->granted_at = s->granted_at.ns;
	r->rate = s->rate;
	r->before = (struct rec_before){ b->rx_bytes, b->tx_bytes,
	    b->rx_packets, b->tx_packets, b->rx_dropped, b->down_dropped,
	    b->up_dropped };
	r->carried = s->carried;
	r->rx_bytes = s->count.rx_bytes;
	r->tx_bytes = s->count.tx_bytes;
	r->rx_packets = s->count.rx_packets;
	r->tx_packets = s->count.tx_packets;
}

static void
fill_registration(struct session_rec *r, const struct session *s)
{
	struct mip_saved v;

	COPY(r->nai, s->nai);
	r->ha = s->ha != NULL ? s->ha->addr : s->old_ha;
	r->unique = s->unique;
	r->registered = s->registered;
	r->hoa_unique = s->hoa_unique;
	r->iid = s->iid;
	r->hoa = s->hoa;
	r->lifetime = s->lifetime;
	r->gre = s->gre;
	r->has_reg = s->reg != NULL;
	if (!r->has_reg)
		return;
	mip_reg_save(s->reg, &v);
	r->reg_bound = v.bound;
	r->home = v.home;
	r->expires = v.expires.ns;
	r->revocable = v.revocable;
	r->rev_acted = v.rev_acted;
	r->moved = v.moved;
	r->rev_floor = v.rev_floor;
	r->clock_offset = v.clock_offset;
	r->last_id = v.last_id;
	r->gre = v.gre;
	r->agent_gre = v.agent_gre;
}

/* A record's length, or 0. Holds a key: wipe it. */
static size_t
encode(const struct session *s, uint8_t buf[static REC_MAX])
{
	struct session_rec r = { 0 };
	int len;

	fill_access(&r, s);
	fill_aaa(&r, s);
	fill_registration(&r, s);
	len = session_rec_encode(&r, buf, REC_MAX);
	session_rec_wipe(&r);
	if (len > 0)
		return (size_t)len;
	log_errorx(s->subject, "too much to be kept over a restart");
	return 0;
}

/* A session that owes nothing to anybody is not worth a record: its link is
 * told to end when it reports. */
static bool
is_worth_it(const struct session *s)
{
	return s->saved || s->reg != NULL || s->accounting;
}

void
session_save(struct session *s)
{
	uint8_t buf[REC_MAX];
	size_t len;

	s->dirty = false;
	if (s->engine->state == NULL || !is_worth_it(s))
		return;
	s->saved = true;
	if ((len = encode(s, buf)) > 0)
		session_save_put(s->engine, REC_SESSION, buf, len);
	explicit_bzero(buf, sizeof(buf));
}

void
session_save_never(struct session *s)
{
	struct session **p = &s->engine->dirty;

	if (!s->listed)
		return;
	while (*p != s)
		p = &(*p)->dirty_next;
	*p = s->dirty_next;
	s->listed = false;
}

static void
save_listed(evutil_socket_t fd, short what, void *arg)
{
	struct engine *e = arg;
	struct session *s;

	(void)fd;
	(void)what;
	while ((s = e->dirty) != NULL) {
		session_save_never(s);
		session_save(s);
	}
}

int
session_save_start(struct engine *e)
{
	e->save = event_new(e->base, -1, 0, save_listed, e);
	return e->save != NULL ? 0 : -ENOMEM;
}

void
session_save_end(struct engine *e)
{
	if (e->save == NULL)
		return;
	save_listed(-1, 0, e);
	event_free(e->save);
	e->save = NULL;
}

void
session_save_soon(struct session *s)
{
	struct engine *e = s->engine;

	if (e->save == NULL) {
		session_save(s);
		return;
	}
	if (s->listed)
		return;
	s->listed = true;
	s->dirty_next = e->dirty;
	e->dirty = s;
	/* Behind what priv_request has to send, which was asked for before. */
	event_active(e->save, EV_TIMEOUT, 0);
}

void
session_save_count(struct session *s)
{
	mono_t now = session_now(s);
	struct rec_count c = {
		.nr = s->nr, .saved_at = now.ns,
		.interim_due = s->interim_due.ns,
		.idle_since = s->idle_since.ns,
		.rx_bytes = s->count.rx_bytes, .tx_bytes = s->count.tx_bytes,
		.rx_packets = s->count.rx_packets,
		.tx_packets = s->count.tx_packets,
		.carried = s->carried,
	};

	if (s->engine->state == NULL || !s->saved ||
	    (s->count_saved.ns != 0 &&
	    mono_diff_ms(now, s->count_saved) < COUNT_MS))
		return;
	s->count_saved = now;
	session_save_put(s->engine, REC_COUNT, &c, sizeof(c));
}

void
session_forget(struct engine *e, uint32_t nr, bool saved)
{
	if (e->state != NULL && saved)
		session_save_put(e, REC_GONE, &nr, sizeof(nr));
}

void
session_save_global(struct engine *e)
{
	uint8_t buf[REC_MAX];
	int len = rec_global_encode(&e->global, buf, sizeof(buf));

	if (e->state != NULL && len > 0)
		session_save_put(e, REC_GLOBAL, buf, (size_t)len);
	explicit_bzero(buf, sizeof(buf));
}

void
session_reserve(struct engine *e, uint32_t nr)
{
	if (e->state == NULL || nr <= e->global.nr_reserved)
		return;
	/* After the last one they begin again: so does the reserve. */
	e->global.nr_reserved = nr < UINT32_MAX - NR_STEP ? nr + NR_STEP :
	    UINT32_MAX;
	session_save_global(e);
}

static bool
put_one(struct table_node *n, void *arg)
{
	const struct session *s = container_of(n, struct session, by_nr);
	uint8_t buf[REC_MAX];
	size_t len;

	if (s->saved && (len = encode(s, buf)) > 0)
		statelog_put(arg, REC_SESSION, buf, len);
	explicit_bzero(buf, sizeof(buf));
	return true;
}

void
session_save_all(void *arg, struct statelog *log)
{
	struct engine *e = arg;
	uint8_t buf[REC_MAX];
	int len = rec_global_encode(&e->global, buf, sizeof(buf));

	if (len > 0)
		statelog_put(log, REC_GLOBAL, buf, (size_t)len);
	explicit_bzero(buf, sizeof(buf));
	table_each(&e->sessions.by_nr, put_one, log);
	left_save_all(e, log);
	access_nodes_save(e->nodes, log);
}

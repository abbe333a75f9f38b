/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes sessions to the state file: see session_save.h. session_rec.c has the
 * format, common/statelog.c the file. */
#define LOG_MODULE "session"
#include "nasd/session_save.h"

#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "common/statelog.h"
#include "nasd/engine.h"
#include "nasd/mip_client.h"
#include "nasd/pppoe.h"
#include "nasd/session.h"
#include "nasd/session_rec.h"

#define NR_STEP		1024	/* numbers reserved at once */
#define COUNT_MS	10000	/* between records of counters, at least */

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
	r->has_mac = s->pppoe != NULL;
	if (r->has_mac)
		pppoe_link_mac(s->pppoe, r->mac);
	r->mru = s->mru;
	r->circuit_id = s->circuit_id;
	r->remote_id = s->remote_id;
	r->local = s->local;
}

static void
fill_aaa(struct session_rec *r, const struct session *s)
{
	COPY(r->user, s->user);
	r->grant = s->grant;
	r->accounting = s->accounting;
	r->came_up = s->came_up;
	r->up_since = s->up_since.ns;
	r->interim_due = s->interim_due.ns;
	r->idle_since = s->idle_since.ns;
	r->granted_at = s->granted_at.ns;
	r->rate = s->rate;
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
	r->has_reg = s->reg != NULL;
	if (!r->has_reg)
		return;
	mip_reg_save(s->reg, &v);
	r->reg_bound = v.bound;
	r->home = v.home;
	r->expires = v.expires.ns;
	r->revocable = v.revocable;
	r->rev_acted = v.rev_acted;
	r->rev_floor = v.rev_floor;
	r->clock_offset = v.clock_offset;
	r->last_id = v.last_id;
}

static void
put_session(struct statelog *log, const struct session *s)
{
	struct session_rec r = { 0 };
	uint8_t buf[REC_MAX];
	int len;

	fill_access(&r, s);
	fill_aaa(&r, s);
	fill_registration(&r, s);
	len = session_rec_encode(&r, buf, sizeof(buf));
	if (len > 0)
		statelog_put(log, REC_SESSION, buf, (size_t)len);
	else
		log_errorx(s->subject, "too much to be kept over a restart");
	session_rec_wipe(&r);
	explicit_bzero(buf, sizeof(buf));
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
	s->dirty = false;
	if (s->engine->state == NULL || !is_worth_it(s))
		return;
	s->saved = true;
	put_session(s->engine->state, s);
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
	};

	if (s->engine->state == NULL || !s->saved ||
	    (s->count_saved.ns != 0 &&
	    mono_diff_ms(now, s->count_saved) < COUNT_MS))
		return;
	s->count_saved = now;
	statelog_put(s->engine->state, REC_COUNT, &c, sizeof(c));
}

void
session_forget(struct engine *e, uint32_t nr, bool saved)
{
	if (e->state != NULL && saved)
		statelog_put(e->state, REC_GONE, &nr, sizeof(nr));
}

static void
put_global(struct engine *e, struct statelog *log)
{
	uint8_t buf[REC_MAX];
	int len = rec_global_encode(&e->global, buf, sizeof(buf));

	if (len > 0)
		statelog_put(log, REC_GLOBAL, buf, (size_t)len);
	explicit_bzero(buf, sizeof(buf));
}

void
session_save_global(struct engine *e)
{
	if (e->state != NULL)
		put_global(e, e->state);
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

	if (s->saved)
		put_session(arg, s);
	return true;
}

void
session_save_all(void *arg, struct statelog *log)
{
	struct engine *e = arg;

	put_global(e, log);
	table_each(&e->sessions.by_nr, put_one, log);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sessions of an earlier nasd [PROTOCOLS D115-D117, D130]. The state file says
 * what they are; each begins in RESUMING with its registration in place, so
 * that it can be ended like any other. Then either its link comes back, as
 * access.h's restore finds it, and it is up again, or it turns out to be gone:
 * it is accounted and deregistered.
 */
#define LOG_MODULE "session"
#include "nasd/session_save.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/statelog.h"
#include "nasd/access.h"
#include "nasd/access_node.h"
#include "nasd/acct.h"
#include "nasd/engine.h"
#include "nasd/left_save.h"
#include "nasd/mip_client.h"
#include "nasd/pppoe.h"
#include "nasd/session.h"
#include "nasd/session_in.h"
#include "nasd/session_rec.h"
#include "nasd/vlans.h"

#define QUIET_MS	30000	/* no PADT to strangers for so long */

#define COPY(to, from)	memcpy(to, from, sizeof(to))

/* ---- what is read ---- */

struct loaded {
	struct table_node	node;		/* by number */
	struct session_rec	rec;
	bool			left;		/* a registration only */
};

struct load {
	struct engine	*engine;
	struct table	 recs;
	bool		 has_global;
	bool		 other_boot;	/* the machine was started since */
	unsigned	 bad;
};

static bool
nr_eq(const struct table_node *n, const void *key)
{
	return container_of(n, struct loaded, node)->rec.nr ==
	    *(const uint32_t *)key;
}

static struct loaded *
find_loaded(struct load *l, uint32_t nr)
{
	struct table_node *n = table_find(&l->recs,
	    table_hash(&l->recs, &nr, sizeof(nr)), nr_eq, &nr);

	return n != NULL ? container_of(n, struct loaded, node) : NULL;
}

static void
unload(struct load *l, struct loaded *d)
{
	table_remove(&l->recs, &d->node);
	session_rec_wipe(&d->rec);
	free(d);
}

static void
load_session(struct load *l, const uint8_t *body, size_t len, bool left)
{
	struct loaded *d = calloc(1, sizeof(*d)), *old;

	if (d == NULL || session_rec_decode(&d->rec, body, len) != 0) {
		l->bad++;
		free(d);
		return;
	}
	d->left = left;
	if ((old = find_loaded(l, d->rec.nr)) != NULL)
		unload(l, old);
	table_insert(&l->recs, &d->node, table_hash(&l->recs, &d->rec.nr,
	    sizeof(d->rec.nr)));
	/* what says so may be what is damaged */
	if (l->engine->global.nr_reserved < d->rec.nr)
		l->engine->global.nr_reserved = d->rec.nr;
}

static void
load_count(struct load *l, const uint8_t *body, size_t len)
{
	struct rec_count c = { .carried = 0 };
	struct loaded *d;

	if (len != sizeof(c) && len != offsetof(struct rec_count, carried))
		return;
	memcpy(&c, body, len);
	if ((d = find_loaded(l, c.nr)) == NULL)
		return;
	d->rec.saved_at = c.saved_at;
	d->rec.interim_due = c.interim_due;
	d->rec.idle_since = c.idle_since;
	d->rec.rx_bytes = c.rx_bytes;
	d->rec.tx_bytes = c.tx_bytes;
	d->rec.rx_packets = c.rx_packets;
	d->rec.tx_packets = c.tx_packets;
	d->rec.carried = c.carried;
}

static void
load_global(struct load *l, const uint8_t *body, size_t len)
{
	struct rec_global g, *mine = &l->engine->global;

	if (rec_global_decode(&g, body, len) != 0)
		return;
	l->has_global = true;
	l->other_boot = memcmp(g.boot_id, mine->boot_id,
	    sizeof(g.boot_id)) != 0;
	if (mine->nr_reserved < g.nr_reserved)
		mine->nr_reserved = g.nr_reserved;
	mine->drained = g.drained;
	COPY(mine->cookie_key, g.cookie_key);
	COPY(mine->dae, g.dae);
	explicit_bzero(&g, sizeof(g));
}

static void
load_record(void *arg, uint8_t type, const uint8_t *body, size_t len)
{
	struct load *l = arg;
	struct loaded *d;
	uint32_t nr;

	switch (type) {
	case REC_GLOBAL:
		load_global(l, body, len);
		return;
	case REC_SESSION:
	case REC_LEFT:
		load_session(l, body, len, type == REC_LEFT);
		return;
	case REC_COUNT:
		load_count(l, body, len);
		return;
	case REC_MOVED:
		/* After a boot links are up for the first time. */
		if (!l->other_boot)
			access_nodes_load(l->engine->nodes, body, len);
		return;
	case REC_GONE:
		if (len != sizeof(nr))
			return;
		memcpy(&nr, body, sizeof(nr));
		if ((d = find_loaded(l, nr)) != NULL)
			unload(l, d);
		return;
	}
}

/* ---- one session ---- */

static void
take_access(struct session *s, const struct session_rec *r)
{
	session_set_device(s, r->device);
	COPY(s->calling, r->calling);
	COPY(s->service, r->service);
	s->pppoe_sid = r->pppoe_sid;
	s->mru = r->mru;
	s->circuit_id = r->circuit_id;
	s->remote_id = r->remote_id;
	s->local = r->local;
	s->old_coa = r->coa;
	s->pid = r->pid;
	s->cause = r->cause;
	COPY(s->why, r->why);
	session_set_user(s, r->user);
	if (r->ifname[0] != '\0')
		session_set_ifname(s, r->ifname);
}

/* Of another boot, times mean nothing here but how long it was. */
static void
take_aaa(struct session *s, const struct session_rec *r, bool other_boot)
{
	const struct rec_before *b = &r->before;
	mono_t now = session_now(s);

	s->grant = r->grant;
	session_set_classes(s, r->class, r->n_class);
	s->granted = true;
	s->accounting = r->accounting;
	s->came_up = r->came_up;
	s->up_since.ns = r->up_since;
	s->interim_due.ns = r->interim_due;
	s->idle_since.ns = r->idle_since;
	s->granted_at.ns = r->granted_at;
	s->rate = r->rate;
	session_ipv4_resume(s);
	s->before = (struct tunnel_counters){ b->rx_bytes, b->tx_bytes,
	    b->rx_packets, b->tx_packets, b->rx_dropped, b->down_dropped,
	    b->up_dropped, 0 };
	s->carried = r->carried;
	s->has_before = r->came_up;
	s->count.rx_bytes = r->rx_bytes;
	s->count.tx_bytes = r->tx_bytes;
	s->count.rx_packets = r->rx_packets;
	s->count.tx_packets = r->tx_packets;
	if (other_boot)
		s->up_since = mono_add_ms(now, -mono_diff_ms(
		    (mono_t){ r->saved_at }, (mono_t){ r->up_since }));
}

static void
take_registration(struct session *s, const struct session_rec *r)
{
	struct mip_reg_request req;
	struct mip_saved v = {
		.bound = r->reg_bound, .hoa = r->hoa,
		.unique = r->hoa_unique, .home = r->home,
		.lifetime = r->lifetime, .expires.ns = r->expires,
		.revocable = r->revocable, .rev_acted = r->rev_acted,
		.moved = r->moved,
		.rev_floor = r->rev_floor, .clock_offset = r->clock_offset,
		.last_id = r->last_id, .gre = r->gre,
		.agent_gre = r->agent_gre,
	};

	s->unique = r->unique;
	s->registered = r->registered;
	s->hoa_unique = r->hoa_unique;
	s->iid = r->iid;
	s->hoa = r->hoa;
	s->lifetime = r->lifetime;
	s->gre = r->gre;
	s->old_ha = r->ha;
	s->ha = nasd_config_ha(s->engine->cfg, r->ha);
	if (r->nai[0] == '\0' || session_put_nai(s, r->nai) != 0)
		return;
	if (s->ha == NULL) {
		log_warnx(s->subject, "its home agent is no longer "
		    "configured");
		return;
	}
	if (!r->has_reg)
		return;
	session_reg_request(s, &req);
	/* A foreign agent has not been heard yet. */
	if (req.via.s_addr != INADDR_ANY && req.coa.s_addr == INADDR_ANY)
		req.coa = r->coa;
	s->reg = mip_reg_resume(s->engine->mip, &req, &v, &session_in_mip, s);
}

/* ---- all ---- */

static bool
is_later(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;	/* they begin again, once */
}

static bool
eq_successor(const struct table_node *n, const void *arg)
{
	const struct session *s = container_of(n, struct session, by_nai);
	const struct session_rec *r = arg;

	return s->reg != NULL && is_later(s->nr, r->nr) &&
	    strcmp(s->nai, r->nai) == 0;
}

static const struct session *
successor(const struct load *l, const struct session_rec *r)
{
	const struct table *t = &l->engine->sessions.by_nai;
	struct table_node *n = table_find(t, table_hash(t, r->nai,
	    strlen(r->nai)), eq_successor, r);

	return n != NULL ? container_of(n, struct session, by_nai) : NULL;
}

/*
 * Nobody registers while an older session of the NAI does [D23]: one that has
 * a successor had ended, though the file could not be told of it. What it has
 * left at the home agent is the other's now, and a Stop that was written once
 * is not owed again [D130].
 */
static void
put_down(struct load *l, struct session_rec *r)
{
	const struct session *s = r->nai[0] != '\0' ? successor(l, r) : NULL;
	const struct in_addr *ha;

	if (s == NULL)
		return;
	log_warnx(s->subject, "session %s of this NAI had ended before: of "
	    "that the state file was not told", r->id);
	ha = s->ha != NULL ? &s->ha->addr : &s->old_ha;
	r->phase = REC_ENDING;
	r->has_reg = r->has_reg && r->ha.s_addr != ha->s_addr;
	r->accounting = r->accounting && acct_knows(l->engine->acct, r->id);
	r->ifname[0] = '\0';
}

static bool
restore(struct load *l, struct session_rec *r)
{
	const struct access *access = access_of_kind(r->access);
	struct session *s = NULL;

	if (access != NULL)
		s = session_restore(l->engine, access, r->nr, r->id);
	if (s == NULL)
		return false;
	put_down(l, r);
	s->saved = true;
	take_access(s, r);
	take_aaa(s, r, l->other_boot);
	take_registration(s, r);
	s->was_up = r->phase == REC_UP;
	session_step(s, "resumed", "%s", s->was_up ? "was up" :
	    r->phase == REC_PENDING ? "was not up yet" : "was ending");
	if (l->other_boot) {
		s->pid = 0;
		return true;
	}
	access->restore(s, r);
	if (r->phase == REC_ENDING)	/* what else is there to wait for */
		session_event(s, SESSION_EV_TIMER, NULL);
	return true;
}

struct newest {
	struct loaded	**d;
	size_t		  n;
};

static bool
list_one(struct table_node *n, void *arg)
{
	struct newest *all = arg;

	all->d[all->n++] = container_of(n, struct loaded, node);
	return true;
}

static int
newer_first(const void *a, const void *b)
{
	const struct loaded *const *x = a, *const *y = b;

	return is_later((*x)->rec.nr, (*y)->rec.nr) ? -1 : 1;
}

/* The newest first: where two say the same of themselves, it is right. */
static unsigned
restore_all(struct load *l)
{
	struct newest all = { .n = 0 };
	unsigned n = 0;
	size_t i;

	all.d = calloc(table_count(&l->recs) + 1, sizeof(struct loaded *));
	if (all.d == NULL) {
		log_errorx(NULL, "out of memory: sessions of an earlier nasd "
		    "are lost");
		return 0;
	}
	table_each(&l->recs, list_one, &all);
	qsort(all.d, all.n, sizeof(struct loaded *), newer_first);
	for (i = 0; i < all.n; i++)
		if (!all.d[i]->left)
			n += restore(l, &all.d[i]->rec);
	for (i = 0; i < all.n; i++) {
		if (all.d[i]->left)
			left_restore(l->engine, &all.d[i]->rec,
			    l->other_boot);
		unload(l, all.d[i]);
	}
	free(all.d);
	return n;
}

static int
make_sessions(struct load *l)
{
	const unsigned n = restore_all(l);
	unsigned i;

	if (l->bad > 0)
		log_errorx(NULL, "%u sessions in the state file not "
		    "understood", l->bad);
	if (n == 0)
		return 0;
	log_info(NULL, "%u sessions of an earlier nasd%s", n,
	    l->other_boot ? ", before the machine was started" : "");
	for (i = 0; i < l->engine->cfg->n_pppoe; i++)
		pppoe_quiet(l->engine->pppoe[i], QUIET_MS);
	vlans_quiet(l->engine->vlans, QUIET_MS);
	return (int)n;
}

void
session_resume_all(struct engine *e)
{
	struct load l = { .engine = e };
	int err;

	if (e->state == NULL || table_init(&l.recs) != 0)
		return;
	err = statelog_load(e->state, load_record, &l);
	if (err != 0 && err != -ENODATA)
		log_errorx(NULL, "state file: %s; sessions of an earlier "
		    "nasd are lost", err == -EBADMSG ? "damaged, no set of "
		    "records is whole" : strerror(-err));
	e->sessions.last_nr = e->global.nr_reserved;
	engine_take_global(e, l.has_global);
	e->resumed = (unsigned)make_sessions(&l);
	table_free(&l.recs);
	if (statelog_begin(e->state) != 0)
		(void)session_save_owed(e);	/* goes on trying */
	if (l.other_boot)
		sessions_post(&e->sessions, SESSION_EV_TIMER);
}

void
session_resume(struct session *s)
{
	struct timers *timers = &s->engine->timers;

	s->ipv6_up = true;
	if (s->grant.session_timeout > 0 &&
	    timer_set(timers, &s->timeout, mono_add_ms(s->granted_at,
	    s->grant.session_timeout * INT64_C(1000))) != 0)
		log_errorx(s->subject, "out of memory for Session-Timeout");
	session_account_resume(s);
	/* It may have been revoked, and we were not there to hear. */
	if (s->reg != NULL)
		(void)mip_reg_renew(s->reg);
	session_step(s, "back", NULL);
}

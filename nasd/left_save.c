/* SPDX-License-Identifier: BSD-2-Clause */
/* See left_save.h. */
#define LOG_MODULE "mip"
#include "nasd/left_save.h"

#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "common/statelog.h"
#include "nasd/engine.h"
#include "nasd/mip_client.h"
#include "nasd/session.h"
#include "nasd/session_rec.h"
#include "nasd/session_save.h"

#define NO_ID	"left"		/* a record has one */

static void
fill(struct session_rec *r, uint32_t nr, const struct mip_left *l, mono_t now)
{
	const struct mip_saved *v = &l->saved;

	*r = (struct session_rec){
		.nr = nr, .id = NO_ID, .phase = REC_ENDING,
		.node = l->kind == MIP_NODE, .coa = l->coa, .via = l->via,
		.saved_at = now.ns, .ha = l->ha.addr, .unique = l->unique,
		.iid = l->iid, .hoa = v->hoa, .hoa_unique = v->unique,
		.lifetime = v->lifetime, .has_reg = true, .home = v->home,
		.expires = v->expires.ns, .revocable = v->revocable,
		.rev_acted = v->rev_acted, .rev_floor = v->rev_floor,
		.clock_offset = v->clock_offset, .last_id = v->last_id,
		.gre = v->gre, .agent_gre = v->agent_gre,
	};
	snprintf(r->why, sizeof(r->why), "%s", l->subject);
	snprintf(r->nai, sizeof(r->nai), "%s", l->nai);
	r->grant.has_mn_ha = l->mn_ha != NULL;
	if (l->mn_ha != NULL)
		r->grant.mn_ha = *l->mn_ha;
}

/* Its length, or 0. Holds a key: wipe it. */
static size_t
encode(struct engine *e, uint32_t nr, const struct mip_left *l,
    uint8_t buf[static REC_MAX])
{
	struct session_rec r;
	int len;

	fill(&r, nr, l, clock_mono(e->clock));
	len = session_rec_encode(&r, buf, REC_MAX);
	session_rec_wipe(&r);
	return len > 0 ? (size_t)len : 0;
}

static uint32_t
left(void *arg, uint32_t nr, const struct mip_left *l)
{
	struct engine *e = arg;
	uint8_t buf[REC_MAX];
	size_t len;

	if (e->state == NULL)
		return 0;
	if (nr == 0)
		nr = sessions_next_nr(e);
	if ((len = encode(e, nr, l, buf)) > 0)
		session_save_put(e, REC_LEFT, buf, len);
	explicit_bzero(buf, sizeof(buf));
	return nr;
}

static void
over(void *arg, uint32_t nr)
{
	session_forget(arg, nr, true);
}

const struct mip_left_events left_save_events = { left, over };

struct all {
	struct engine	*engine;
	struct statelog	*log;
};

static void
put_one(void *arg, uint32_t nr, const struct mip_left *l)
{
	struct all *all = arg;
	uint8_t buf[REC_MAX];
	size_t len = encode(all->engine, nr, l, buf);

	if (len > 0)
		statelog_put(all->log, REC_LEFT, buf, len);
	explicit_bzero(buf, sizeof(buf));
}

void
left_save_all(struct engine *e, struct statelog *log)
{
	struct all all = { e, log };

	mip_client_each_left(e->mip, put_one, &all);
}

/* Is what is there now a session's? */
static bool
eq_registered(const struct table_node *n, const void *arg)
{
	const struct session *s = container_of(n, struct session, by_nai);
	const struct session_rec *r = arg;

	return s->reg != NULL && s->ha != NULL &&
	    s->ha->addr.s_addr == r->ha.s_addr && strcmp(s->nai, r->nai) == 0;
}

void
left_restore(struct engine *e, const struct session_rec *r, bool other_boot)
{
	const struct config_ha *ha = nasd_config_ha(e->cfg, r->ha);
	const struct table *t = &e->sessions.by_nai;
	mono_t now = clock_mono(e->clock), until = { r->expires };
	struct mip_left l = {
		.kind = r->node ? MIP_NODE : MIP_ROUTER, .coa = r->coa,
		.via = r->via,
		.nai = r->nai, .subject = r->why,
		.mn_ha = r->grant.has_mn_ha ? &r->grant.mn_ha : NULL,
		.unique = r->unique, .iid = r->iid,
	};

	/* Of another boot, times mean nothing but how long it was. */
	if (other_boot && until.ns != MONO_NEVER.ns)
		until = mono_add_ms(now, mono_diff_ms(until,
		    (mono_t){ r->saved_at }));
	if (!mono_before(now, until) || table_find(t, table_hash(t, r->nai,
	    strlen(r->nai)), eq_registered, r) != NULL)
		return;
	if (ha == NULL) {
		log_warnx(r->why, "abandoned at a home agent that is no "
		    "longer configured: left to expire");
		return;
	}
	l.ha = (struct mip_ha){ ha->addr, ha->sa, ha->n_sa };
	l.saved = (struct mip_saved){
		.hoa = r->hoa, .unique = r->hoa_unique, .home = r->home,
		.lifetime = r->lifetime, .expires = until,
		.revocable = r->revocable, .rev_acted = r->rev_acted,
		.rev_floor = r->rev_floor, .clock_offset = r->clock_offset,
		.last_id = r->last_id, .gre = r->gre,
		.agent_gre = r->agent_gre,
	};
	if (mip_client_take_left(e->mip, r->nr, &l) != 0)
		log_errorx(r->why, "out of memory: abandoned, and left to "
		    "expire");
}

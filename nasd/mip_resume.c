/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A registration goes on that a client before this one has begun, which was
 * killed or replaced [PROTOCOLS D117]: nothing is sent for it until it is due
 * or its owner asks. Beside mip_reg.c; pure.
 *
 * Identifications must grow [RFC 3344 5.7.1]: our clock sees to that, and
 * where the home agent's differs, or ours was set back, what is kept of the
 * last one sent.
 */
#include <errno.h>
#include <stdlib.h>

#include "nasd/mip_reg.h"

#define LOG_MODULE "mip"
#include "common/log.h"

/* One that has expired, or never was bound, is kept so long for its owner to
 * do something about it. */
#define LEAST_MS	20000

/* The greatest that went out for it, or for another one there. */
static uint64_t
last_id(const struct mip_reg *r)
{
	uint64_t last = r->ha->last_id;

	return r->after_id != 0 && (last == 0 ||
	    ntp_cmp(r->after_id, last) > 0) ? r->after_id : last;
}

static enum mip_agent_gre
agent_gre(const struct mip_reg *r)
{
	if (r->via.s_addr == INADDR_ANY)
		return MIP_AGENT_GRE_UNSAID;
	return r->agent_gre ? MIP_AGENT_GRE_YES : MIP_AGENT_GRE_NO;
}

void
mip_reg_save(const struct mip_reg *r, struct mip_saved *v)
{
	*v = (struct mip_saved){
		.bound = mip_reg_is_bound(r),
		.hoa = r->hoa, .unique = r->unique, .home = r->home,
		.lifetime = r->lifetime, .expires = r->expires,
		.revocable = r->revocable, .rev_acted = r->rev_acted,
		.moved = r->moved,
		.rev_floor = r->rev_floor,
		.clock_offset = r->ha->offset_s, .last_id = last_id(r),
		.gre = r->gre, .agent_gre = agent_gre(r),
	};
}

static void
take_clock(struct mip_ha_rec *ha, const struct mip_saved *v)
{
	if (v->last_id == 0 || (ha->last_id != 0 &&
	    ntp_cmp(v->last_id, ha->last_id) <= 0))
		return;
	/* the newest one knows best */
	ha->last_id = v->last_id;
	ha->offset_s = v->clock_offset;
}

static void
resume_lifetime(struct mip_reg *r, const struct mip_saved *v)
{
	mono_t now = clock_mono(r->core->clock);
	mono_t least = mono_add_ms(now, LEAST_MS);
	int64_t life_ms = (int64_t)v->lifetime * 1000;

	if (!v->bound || v->lifetime == 0) {
		r->expires = least;
		mip_reg_arm(r, &r->t_end, least);
		return;
	}
	mip_reg_lifetime(r, v->expires.ns == MONO_NEVER.ns ? now :
	    mono_add_ms(v->expires, -life_ms));
	if (r->expires.ns != MONO_NEVER.ns && mono_before(r->expires, least)) {
		r->expires = least;
		mip_reg_arm(r, &r->t_end, least);
	}
}

struct mip_reg *
mip_resume_reg(struct mip_core *core, const struct mip_reg_request *q,
    const struct mip_saved *v, const struct mip_events *events, void *arg)
{
	static const struct in6_addr none;
	struct mip_reg *r = mip_reg_alloc(core, q, events, arg);

	if (r == NULL)
		return NULL;
	take_clock(r->ha, v);
	r->maybe_bound = true;
	r->unique = v->unique;
	r->home = v->home;
	r->has_tunnel = r->kind == MIP_NODE && v->bound;
	r->lifetime = v->lifetime;
	r->revocable = v->revocable;
	r->rev_floor = v->rev_floor;
	r->rev_acted = v->rev_acted;
	r->moved = v->moved;
	r->gre = v->gre;
	/* As it was registered, whatever is configured by now. */
	if (v->agent_gre != MIP_AGENT_GRE_UNSAID)
		r->agent_gre = v->agent_gre == MIP_AGENT_GRE_YES;
	r->last_sent = mono_add_ms(clock_mono(core->clock),
	    -MIP_RETRY_FIRST_MS);
	mip_core_add_reg(core, r);
	if (!IN6_ARE_ADDR_EQUAL(&v->hoa, &none))
		mip_core_set_hoa(core, r, &v->hoa);
	mip_reg_begin(r, MIP_S_BOUND, "resumed");
	resume_lifetime(r, v);
	return r;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a checked reply does to a registration that asks or is bound: accepted,
 * denied, or told to set its clock [RFC 3344 5.7, PROTOCOLS 5, 8.3]. Between
 * mip_core.c, which brings it, and mip_reg.c, which has the states and timers;
 * mip_leave.c has what answers a deregistration. Pure.
 *
 * An event may free the registration: each function that posts one does it
 * last, or returns at once after a callee that may have.
 */
#include <inttypes.h>
#include <string.h>

#include "nasd/mip_reg.h"

#define LOG_MODULE "mip"
#include "common/log.h"
#include "common/violations.h"

static void
count(const struct mip_reg *r, enum mip_counter c)
{
	r->core->count[c]++;
}

static mono_t
now(const struct mip_reg *r)
{
	return clock_mono(r->core->clock);
}

bool
mip_reg_learn(struct mip_reg *r, const struct mip_reply *reply)
{
	bool rekeyed = r->gre.own != 0 && r->gre.peer != reply->gre_key;
	bool moved = r->via.s_addr != INADDR_ANY && r->has_tunnel &&
	    r->home.s_addr != reply->home.s_addr;
	bool changed;

	r->home = reply->home;
	r->has_tunnel = reply->has_tunnel;
	if (rekeyed)
		r->gre.peer = reply->gre_key;
	if (r->kind == MIP_NODE)
		return rekeyed || moved;
	changed = !r->has_hoa || r->unique != reply->unique ||
	    memcmp(&r->hoa, &reply->hoa, sizeof(r->hoa)) != 0;
	if (changed)
		mip_core_set_hoa(r->core, r, &reply->hoa);
	r->unique = reply->unique;
	return changed || rekeyed;
}

/* Deregisters what was accepted but can not be used, and says so. */
static void
reject(struct mip_reg *r, const struct mip_reply *reply, const char *why)
{
	bool first = r->state == MIP_S_REQUESTING;
	struct mip_events ev = r->events;
	struct mip_result res;
	void *arg = r->arg;

	count(r, MIP_C_USELESS);
	count(r, MIP_C_HA_ERROR);
	violations_note(r->core->violations, r->ha->ha.addr, true, why,
	    VIOLATION_SILENT);
	log_warnx(r->subject, "%s: deregistering", why);
	if (reply->has_hoa && hoa_is_valid(&reply->hoa))
		mip_reg_learn(r, reply);
	r->home = reply->home;
	res = mip_reg_result(r, MIP_USELESS, reply->code, why);
	mip_reg_deregister(r);
	if (first)
		ev.registered(arg, &res);
	else
		ev.lost(arg, &res);
}

/* Has a reply been on its way for as long as what it grants lasts? */
static bool
is_over(const struct mip_reg *r, const struct mip_try *t,
    const struct mip_reply *reply)
{
	return reply->lifetime != MIP4_LIFETIME_INFINITY && !mono_before(
	    now(r), mono_add_ms(t->sent, (int64_t)reply->lifetime * 1000));
}

static void
granted(struct mip_reg *r, struct mip_try *t, const struct mip_reply *reply)
{
	bool first = r->state == MIP_S_REQUESTING, changed;
	char text[MIP_KIND_TEXT];
	const char *why = mip_kind_useless(r, reply);
	struct mip_result res;
	mono_t sent = t->sent;

	count(r, MIP_C_ACCEPTED);
	r->ha->accepted++;
	r->maybe_bound = true;
	if (why != NULL) {
		/* A copy of it tells nothing any more. */
		mip_core_remove_try(r->core, t);
		reject(r, reply, why);
		return;
	}
	if (is_over(r, t, reply)) {
		mip_core_remove_try(r->core, t);
		return;
	}
	if (first && r->want_unique && !reply->unique) {
		count(r, MIP_C_HA_ERROR);
		log_warnx(r->subject, "home agent error: asked for a prefix of "
		    "its own, U is not set; using the single address");
	}
	changed = mip_reg_learn(r, reply);
	/* it may lower what was asked for, never raise [RFC 3344 3.6.2.2] */
	r->lifetime = reply->lifetime < t->lifetime ? reply->lifetime :
	    t->lifetime;
	r->stray = mono_before(sent, r->last_asked);
	r->revocable = reply->has_rev;
	r->rev_floor = reply->rev_timestamp;
	r->rev_acted = false;
	mip_send_forget(r);
	mip_send_leave(r);
	mip_reg_set_state(r, MIP_S_BOUND, "accepted");
	mip_reg_lifetime(r, sent);

	res = mip_reg_result(r, MIP_REGISTERED, reply->code, "registered");
	res.rtt_us = mono_diff_us(now(r), sent);
	r->ha->rtt_us = res.rtt_us;
	mip_reg_step(r, first ? "rrp-received" : "renewed",
	    "code %u, lifetime %u, %s, U %u", reply->code, r->lifetime,
	    mip_kind_given(r, text), r->unique);
	if (first) {
		r->events.registered(r->arg, &res);
	} else if (changed) {
		count(r, MIP_C_CHANGED);
		r->events.changed(r->arg, &res);
	}
}

/* May the request it answers be one that was ours before somebody bent it? He
 * needs no key to have that denied, and ours may be accepted [D87]. So it may
 * be where a foreign agent denies: it does so behind the home agent's back,
 * too. */
bool
mip_reg_is_doubtful(uint8_t code)
{
	return code == MIP4_HA_MN_AUTH || code == MIP4_HA_FA_AUTH ||
	    mip_fa_is_code(code);
}

void
mip_reg_denied(struct mip_reg *r, const struct mip_try *t,
    const struct mip_reply *reply)
{
	bool first = r->state == MIP_S_REQUESTING;
	struct mip_result res;

	count(r, MIP_C_DENIED);
	r->ha->denied++;
	res = mip_reg_result(r, MIP_DENIED, reply->code,
	    mip4_code_str(reply->code));
	res.rtt_us = mono_diff_us(now(r), t->sent);
	res.ha = reply->ha;
	res.redirect = reply->redirect;
	res.lifetime = 0;
	mip_reg_step(r, first ? "rrp-received" : "renewal-denied",
	    "code %u, %s", reply->code, res.text);
	/* A first request denied leaves no binding; one before it may have been
	 * accepted, and that reply be lost or late; and of a renewal denied for
	 * want of resources the old binding may stand. */
	if (first && r->n_sent == 1 && !r->inherited &&
	    !mip_reg_is_doubtful(reply->code))
		r->maybe_bound = false;
	mip_send_forget(r);
	mip_reg_end(r, &res);
}

/* 133: the clock is set by the reply and one try goes out at once; after
 * that the pace of t_send decides [PROTOCOLS 5]. */
void
mip_reg_resync(struct mip_reg *r, struct mip_try *t,
    const struct mip_reply *reply)
{
	bool current = t->offset_gen == r->ha->offset_gen;

	count(r, MIP_C_RESYNC);
	mip_core_resync(r->core, t, reply->id, r->subject);
	mip_core_remove_try(r->core, t);
	if (r->resynced) {
		if (current)
			r->last_code = reply->code;
		return;
	}
	r->resynced = true;
	r->wait_ms = MIP_RETRY_FIRST_MS;
	mip_reg_step(r, "rrp-received",
	    "code %u, %s, clock offset %" PRId32 " s", reply->code,
	    mip4_code_str(reply->code), r->ha->offset_s);
	mip_reg_try(r);
}

void
mip_reg_reply(struct mip_reg *r, struct mip_try *t,
    const struct mip_reply *reply)
{
	if (r->state == MIP_S_LEAVING || r->state == MIP_S_ENDED)
		mip_leave_reply(r, t, reply);
	else if (reply->code <= MIP4_ACCEPTED_NO_SIMUL)
		granted(r, t, reply);
	else if (reply->code == MIP4_HA_ID_MISMATCH)
		mip_reg_resync(r, t, reply);
	else
		mip_reg_denied(r, t, reply);
}

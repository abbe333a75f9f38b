/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of registrations: deregistration [PROTOCOLS 11.4], and what is done
 * at home agents that no session waits for. Registrations that were abandoned
 * are deregistered, when the agent is back if need be, so that no subscriber
 * is bound at two of them [D64]; and probes [D62]. Both are registrations
 * without an owner, in the state LEAVING. Beside mip_reg.c.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nasd/mip_reg.h"

#define LOG_MODULE "mip"
#include "common/log.h"

/* Beyond that a dead home agent's bindings are left to expire. */
#define ORPHANS_MAX	10000
/* No host has this name [RFC 2606], and no other access concentrator this
 * address: Identifications are compared by NAI [D7]. */
#define PROBE_NAI	"probe-%s@netmip4.invalid"

static mono_t
now(const struct mip_core *core)
{
	return clock_mono(core->clock);
}

/* The last step; r is gone. */
static void
depart(struct mip_reg *r, bool answered)
{
	struct mip_events ev = r->events;
	void *arg = r->arg;

	mip_reg_step(r, "deregistered", "%s", answered ? "answered" :
	    "unanswered");
	mip_reg_free(r);
	if (ev.deregistered != NULL)	/* else without an owner */
		ev.deregistered(arg, answered);
}

/* t_send is set for the first message: at once, or a second after the last. */
static void
begin_leaving(struct mip_reg *r)
{
	mono_t at = now(r->core), least;

	mip_reg_stop(r);
	mip_reg_begin(r, MIP_S_LEAVING, "asked");
	/* Not twice within a second [RFC 3344 3.6.3, RFC 3543 3.3]. */
	least = mono_add_ms(r->last_sent, MIP_RETRY_FIRST_MS);
	if (r->maybe_bound && mono_before(at, least))
		at = least;
	mip_reg_arm(r, &r->t_send, at);
}

void
mip_reg_deregister(struct mip_reg *r)
{
	bool at_once;

	if (r->state == MIP_S_LEAVING)
		return;
	if (r->moved)
		r->maybe_bound = false;
	at_once = r->maybe_bound && !r->ha->pace.held &&
	    mono_diff_ms(now(r->core), r->last_sent) >= MIP_RETRY_FIRST_MS;
	begin_leaving(r);
	if (at_once)
		mip_reg_try(r);
}

/* ---- without an owner ---- */

static void
fill_left(const struct mip_reg *r, struct mip_left *l)
{
	*l = (struct mip_left){
		.kind = r->kind, .coa = r->coa, .via = r->via,
		.nai = r->nai, .subject = r->subject, .ha = r->ha->ha,
		.mn_ha = r->mn_ha.set ? &r->mn_ha.sa : NULL,
		.unique = r->want_unique, .iid = r->want_iid,
	};
	mip_reg_save(r, &l->saved);
	l->saved.expires = r->left_until;
}

/* Whoever keeps account of them is told. */
static void
tell(struct mip_reg *r)
{
	const struct mip_core *core = r->core;
	struct mip_left l;

	if (core->left.left == NULL)
		return;
	fill_left(r, &l);
	r->left_nr = core->left.left(core->left_arg, r->left_nr, &l);
}

/* From here on nobody hears of it, and it ends at that time. False, and it is
 * gone, when there is nothing left to do for it, or too many are. */
static bool
make_orphan(struct mip_reg *r, mono_t until)
{
	struct mip_core *core = r->core;

	if (!r->maybe_bound || core->n_orphans >= ORPHANS_MAX) {
		if (r->maybe_bound)
			log_warnx(r->subject, "too many abandoned "
			    "registrations: this one is left to expire");
		mip_reg_free(r);
		return false;
	}
	r->own_subject = strdup(r->subject);
	r->subject = r->own_subject;
	memset(&r->events, 0, sizeof(r->events));
	r->arg = NULL;
	r->orphan = true;
	r->ha->n_regs--;
	core->n_regs--;
	core->n_orphans++;
	core->count[MIP_C_ABANDONED]++;
	r->left_until = until;
	tell(r);
	return true;
}

/* When nothing can be left of it, whatever we do. */
static mono_t
over(const struct mip_reg *r)
{
	mono_t sent = mono_add_ms(r->last_sent,
	    (int64_t)mip_reg_asks(r) * 1000);

	return (r->has_hoa || r->has_tunnel) && mono_before(sent,
	    r->expires) ? r->expires : sent;
}

static void
abandon(struct mip_reg *r, mono_t until)
{
	if (!make_orphan(r, until))
		return;
	if (r->state != MIP_S_LEAVING)
		begin_leaving(r);
	mip_reg_arm(r, &r->t_end, until);
}

void
mip_reg_abandon(struct mip_reg *r)
{
	if (r->moved)
		r->maybe_bound = false;
	if (!r->orphan)
		abandon(r, over(r));
}

int
mip_leave_take(struct mip_core *core, uint32_t nr, const struct mip_left *l)
{
	const struct mip_reg_request q = {
		.kind = l->kind, .coa = l->coa, .via = l->via,
		.nai = l->nai, .subject = l->subject, .ha = l->ha,
		.mn_ha = l->mn_ha, .unique = l->unique, .iid = l->iid,
	};
	const struct mip_events none = { .step = NULL };
	struct mip_reg *r = mip_resume_reg(core, &q, &l->saved, &none, NULL);

	if (r == NULL)
		return -ENOMEM;
	r->left_nr = nr;
	abandon(r, l->saved.expires);
	return 0;
}

struct each {
	void	(*fn)(void *arg, uint32_t nr, const struct mip_left *);
	void	*arg;
};

static bool
visit(struct table_node *n, void *arg)
{
	const struct mip_reg *r = container_of(n, struct mip_reg, nai_node);
	const struct each *e = arg;
	struct mip_left l;

	if (r->left_nr == 0)
		return true;
	fill_left(r, &l);
	e->fn(e->arg, r->left_nr, &l);
	return true;
}

void
mip_leave_each(struct mip_core *core,
    void (*fn)(void *arg, uint32_t nr, const struct mip_left *), void *arg)
{
	struct each e = { fn, arg };

	table_each(&core->by_nai, visit, &e);
}

/* Of an agent that is held: the owner does not wait for it. r may be gone
 * afterwards. */
static void
hand_over(struct mip_reg *r)
{
	struct mip_events ev = r->events;
	void *arg = r->arg;
	mono_t end = over(r);

	mip_reg_step(r, "deregistered", "later: home agent is down");
	if (make_orphan(r, end)) {
		mip_reg_arm(r, &r->t_end, end);
		if (mip_send_may(r))
			mip_reg_turn(r);
	}
	ev.deregistered(arg, false);
}

void
mip_leave_timer(struct mip_reg *r)
{
	bool held = r->ha->pace.held;

	if (!r->maybe_bound) {
		depart(r, true);
	} else if (held && !r->probe) {
		/* Whoever left it waits until the agent is back; its owner
		 * does not [D64]. */
		if (r->orphan)
			mip_reg_try(r);
		else
			hand_over(r);
	} else if (r->n_sent >= (r->probe ? 1 :
	    r->core->params.dereg_attempts)) {
		r->core->count[MIP_C_NO_REPLY]++;
		r->ha->no_reply++;
		depart(r, false);
	} else {
		mip_reg_try(r);
	}
}

void
mip_leave_end(struct mip_reg *r)
{
	mono_t least = mono_add_ms(r->last_sent, MIP_RETRY_FIRST_MS);

	if (!r->orphan)
		return;
	/* Whatever there was has expired. But whoever registers anew keeps a
	 * second's distance from what was sent last. */
	if (mono_before(now(r->core), least))
		mip_reg_arm(r, &r->t_end, least);
	else
		depart(r, false);
}

/* An answer to a deregistration, or to a request that it has overtaken. */
void
mip_leave_reply(struct mip_reg *r, struct mip_try *t,
    const struct mip_reply *reply)
{
	bool to_dereg = t->lifetime == 0;
	mono_t sent = t->sent;

	if (reply->code == MIP4_HA_ID_MISMATCH && to_dereg) {
		mip_reg_resync(r, t, reply);
		return;
	}
	mip_core_remove_try(r->core, t);
	/* The next try may be heard [D87]. */
	if (to_dereg && !r->probe && mip_reg_is_doubtful(reply->code)) {
		r->last_code = reply->code;
		return;
	}
	if (!to_dereg) {
		/* The late reply names the address to deregister. */
		if (reply->code > MIP4_ACCEPTED_NO_SIMUL)
			return;
		r->core->count[MIP_C_LATE]++;
		r->stray = mono_before(sent, r->last_asked);
		r->home = reply->home;
		if (reply->has_hoa && hoa_is_valid(&reply->hoa))
			mip_reg_learn(r, reply);
		return;
	}
	if (reply->code > MIP4_ACCEPTED_NO_SIMUL) {
		r->core->count[MIP_C_DENIED]++;
		r->ha->denied++;
		log_info(r->subject, "deregistration denied: %s",
		    mip4_code_str(reply->code));
	}
	depart(r, true);
}

void
mip_leave_absorb(struct mip_reg *r)
{
	struct mip_reg *old = mip_core_find_orphan(r->core, r->nai,
	    r->nai_len, r->ha, r->coa);

	if (old == NULL)
		return;
	/* Its deregistration would come to the new binding. */
	r->inherited = r->maybe_bound = true;
	r->last_sent = old->last_sent;
	mip_reg_free(old);
}

void
mip_leave_probe(struct mip_core *core, const struct mip_ha *want)
{
	char addr[INET_ADDRSTRLEN], nai[sizeof(PROBE_NAI) + INET_ADDRSTRLEN];
	struct mip_ha_rec *ha = mip_core_ha(core, want);
	struct mip_reg *r;
	size_t len;

	/* A node's key proves nothing for one of that name. */
	if (ha == NULL || ha->probe != NULL || ha->ha.n_sa == 0)
		return;
	inet_ntop(AF_INET, &core->params.coa, addr, sizeof(addr));
	len = (size_t)snprintf(nai, sizeof(nai), PROBE_NAI, addr);
	if ((r = calloc(1, sizeof(*r) + len)) == NULL)
		return;
	r->core = core;
	r->ha = ha;
	r->coa = core->params.coa;
	r->subject = "probe";
	r->orphan = r->probe = r->maybe_bound = true;
	r->state = MIP_S_LEAVING;
	memcpy(r->nai, nai, len);
	r->nai_len = len;
	r->expires = MONO_NEVER;
	mip_reg_set_timers(r);
	ha->probe = r;
	mip_core_add_reg(core, r);
	mip_send_request(r);
	mip_reg_arm(r, &r->t_send, mono_add_ms(now(core),
	    MIP_RETRY_FIRST_MS));
}

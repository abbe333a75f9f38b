/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One mobile node's registration as a state machine: first registration,
 * renewal, deregistration [RFC 3344 3.6, PROTOCOLS 5, 7, 11.4]. Between
 * mip_core.c and the session that owns it; mip_reg_reply.c has what replies
 * do, mip_send.c sends the requests.
 *
 * Two timers: t_send paces requests (and starts the renewal), t_end is the end
 * of patience: of the budget in the first registration, of the lifetime later.
 *
 * An event may free the registration: each function that posts one does it
 * last, or returns at once after a callee that may have.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nasd/mip_reg.h"

#define LOG_MODULE "mip"
#include "common/log.h"

#define RETRY_MAX_MS	32000
#define STEP_MAX	160

static const char *
state_str(enum mip_reg_state s)
{
	static const char *const name[] = {
#define X(n) [MIP_S_##n] = #n,
		MIP_REG_STATES(X)
#undef X
	};

	return name[s];
}

void
mip_reg_set_state(struct mip_reg *r, enum mip_reg_state s, const char *why)
{
	if (r->state != s)
		log_debug(r->subject, "registration %s -> %s: %s",
		    state_str(r->state), state_str(s), why);
	r->state = s;
}

void
mip_reg_step(const struct mip_reg *r, const char *key, const char *fmt, ...)
{
	char detail[STEP_MAX];
	va_list ap;

	if (r->events.step == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	r->events.step(r->arg, key, detail);
}

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

void
mip_reg_arm(struct mip_reg *r, struct timer *t, mono_t at)
{
	if (timer_set(r->core->timers, t, at) != 0)
		log_errorx(r->subject, "no memory for a timer");
}

bool
mip_reg_is_bound(const struct mip_reg *r)
{
	return r->state == MIP_S_BOUND || r->state == MIP_S_RENEWING;
}

/* ---- sending ---- */

/* t_send waits for the answer. */
static void
send_now(struct mip_reg *r)
{
	int64_t wait_ms = r->wait_ms;

	mip_send_request(r);
	/* Those that have lost an agent together come apart. */
	if (r->state == MIP_S_RENEWING)
		wait_ms += wait_ms / 10 * (r->core->random(r->core->arg) %
		    1001) / 1000;
	mip_reg_arm(r, &r->t_send, mono_add_ms(r->last_sent, wait_ms));
	r->wait_ms *= 2;
	if (r->wait_ms > RETRY_MAX_MS)
		r->wait_ms = RETRY_MAX_MS;
}

void
mip_reg_try(struct mip_reg *r)
{
	if (!r->moved && mip_send_may(r))
		send_now(r);
	else
		timer_cancel(r->core->timers, &r->t_send);
}

void
mip_reg_turn(struct mip_reg *r)
{
	/* What it waited for before says nothing any more. */
	if (r->was_held) {
		r->was_held = false;
		r->wait_ms = MIP_RETRY_FIRST_MS;
		if (r->state == MIP_S_LEAVING)
			r->n_sent = 0;
	}
	send_now(r);
}

/* A request was not answered in its time. */
static void
unheard(const struct mip_reg *r)
{
	const struct mip_core *core = r->core;

	/* It may be the foreign agent that is not there. */
	if (r->n_sent > 0 && r->via.s_addr == INADDR_ANY &&
	    core->agents.unheard != NULL)
		core->agents.unheard(core->agents_arg, r->ha->ha.addr,
		    r->last_sent);
}

void
mip_reg_begin(struct mip_reg *r, enum mip_reg_state s, const char *why)
{
	mip_reg_set_state(r, s, why);
	r->n_sent = 0;
	r->wait_ms = MIP_RETRY_FIRST_MS;
	r->resynced = r->lowered = false;
	r->allowed_once = 0;
	r->last_code = 0;
	r->unproven = r->fa_unproven = false;
}

/* ---- results ---- */

struct mip_result
mip_reg_result(const struct mip_reg *r, enum mip_outcome o, uint8_t code,
    const char *text)
{
	return (struct mip_result){
		.outcome = o,
		.code = code,
		.lifetime = r->lifetime,
		.hoa = r->hoa,
		.unique = r->unique,
		.home = mip_kind_home(r),
		.ha = r->ha->ha.addr,
		.gre = r->gre,
		.text = text,
		.tries = r->n_sent,
	};
}

void
mip_reg_stop(struct mip_reg *r)
{
	mip_send_leave(r);
	timer_cancel(r->core->timers, &r->t_send);
	timer_cancel(r->core->timers, &r->t_end);
}

void
mip_reg_end(struct mip_reg *r, const struct mip_result *res)
{
	bool first = r->state == MIP_S_REQUESTING;

	mip_reg_set_state(r, MIP_S_ENDED, res->text);
	mip_reg_stop(r);
	if (first)
		r->events.registered(r->arg, res);
	else
		r->events.lost(r->arg, res);
}

static void
end_unanswered(struct mip_reg *r, const char *text)
{
	struct mip_result res;

	if (r->last_code != 0) {
		/* it did answer, but nothing else than "wrong clock" */
		res = mip_reg_result(r, MIP_DENIED, r->last_code,
		    mip4_code_str(r->last_code));
		count(r, MIP_C_DENIED);
		r->ha->denied++;
	} else {
		/* most often two keys that differ; it would look dead */
		if (r->unproven)
			text = "its replies fail authentication with our key";
		else if (r->fa_unproven)
			text = "replies by the foreign agent fail MN-FA "
			    "authentication";
		res = mip_reg_result(r, MIP_NO_REPLY, 0, text);
		count(r, MIP_C_NO_REPLY);
		r->ha->no_reply++;
	}
	mip_reg_end(r, &res);
}

/* Nobody was asked. */
static void
end_moved(struct mip_reg *r)
{
	struct mip_result res = mip_reg_result(r, MIP_NO_REPLY, 0,
	    "moved to another client, and its lifetime ran out");

	mip_reg_end(r, &res);
}

/* ---- timers ---- */

static void
send_timer(struct timer *t)
{
	struct mip_reg *r = container_of(t, struct mip_reg, t_send);

	/* BOUND has no request out. */
	if (r->state != MIP_S_BOUND)
		unheard(r);
	switch (r->state) {
	case MIP_S_REQUESTING:
		if (r->n_sent >= r->core->params.attempts)
			end_unanswered(r, "home agent does not answer");
		else
			mip_reg_try(r);
		break;
	case MIP_S_BOUND:
		mip_reg_begin(r, MIP_S_RENEWING, "due");
		mip_reg_try(r);
		break;
	case MIP_S_RENEWING:
		mip_reg_try(r);
		break;
	case MIP_S_LEAVING:
		mip_leave_timer(r);
		break;
	case MIP_S_ENDED:
		break;
	}
}

static void
end_timer(struct timer *t)
{
	struct mip_reg *r = container_of(t, struct mip_reg, t_end);

	if (r->state == MIP_S_REQUESTING) {
		if (mono_diff_ms(now(r), r->last_sent) >= MIP_RETRY_FIRST_MS)
			unheard(r);
		end_unanswered(r, "home agent does not answer in time");
	} else if (mip_reg_is_bound(r) && r->moved) {
		count(r, MIP_C_EXPIRED);
		end_moved(r);
	} else if (mip_reg_is_bound(r)) {
		count(r, MIP_C_EXPIRED);
		end_unanswered(r, "lifetime ran out, renewals unanswered");
	} else if (r->state == MIP_S_LEAVING) {
		mip_leave_end(r);
	}
}

/*
 * Expiry, and the renewal at 3/4 of the lifetime less up to 10 % at random:
 * both from the time the request was sent [RFC 3344 3.6.1.3, PROTOCOLS 7].
 */
void
mip_reg_lifetime(struct mip_reg *r, mono_t sent)
{
	int64_t life_ms = (int64_t)r->lifetime * 1000;
	int64_t renew_ms = life_ms * 3 / 4;
	mono_t renew, least;

	if (r->lifetime == MIP4_LIFETIME_INFINITY) {
		r->expires = MONO_NEVER;
		mip_reg_stop(r);
		return;
	}
	renew_ms -= renew_ms / 10 * (r->core->random(r->core->arg) % 1001) /
	    1000;
	renew = mono_add_ms(sent, renew_ms);
	least = mono_add_ms(r->last_sent, MIP_RETRY_FIRST_MS);
	if (mono_before(renew, least))
		renew = least;
	r->expires = mono_add_ms(sent, life_ms);
	mip_reg_arm(r, &r->t_end, r->expires);
	if (!r->moved)
		mip_reg_arm(r, &r->t_send, renew);
}

void
mip_reg_revoke(struct mip_reg *r, uint32_t rev_id)
{
	count(r, MIP_C_REVOKED);
	r->rev_floor = rev_id;
	r->rev_acted = true;
	/* A stray one may come to a binding of its own. */
	r->maybe_bound = r->stray;
	mip_send_forget(r);
	mip_reg_stop(r);
	mip_reg_set_state(r, MIP_S_ENDED, "revoked by the home agent");
	mip_reg_step(r, "revoked", "by the home agent");
	r->events.revoked(r->arg);
}

/* ---- the owner's calls ---- */

void
mip_reg_set_timers(struct mip_reg *r)
{
	r->t_send.fire = send_timer;
	r->t_end.fire = end_timer;
}

uint16_t
mip_reg_asks(const struct mip_reg *r)
{
	uint16_t ask = r->ask != 0 ? r->ask : r->core->params.lifetime;

	if (r->allowed != 0 && r->allowed < ask)
		ask = r->allowed;
	return r->allowed_once != 0 && r->allowed_once < ask ?
	    r->allowed_once : ask;
}

void
mip_reg_set_mn_ha(struct mip_reg *r, const struct mip4_sa *sa)
{
	mip4_sa_wipe(&r->mn_ha.sa);
	mip4_sa_copy(&r->mn_ha.sa, sa);
	r->mn_ha.set = true;
}

/* Is there what must sign it? */
static bool
is_provable(const struct mip_reg_request *q)
{
	return q->kind == MIP_NODE ? q->mn_ha != NULL &&
	    q->coa.s_addr != INADDR_ANY : q->ha.n_sa > 0;
}

/* What the foreign agent that relays has to prove. */
static void
take_fa_key(struct mip_reg *r)
{
	const struct mip_core *core = r->core;
	const struct mip4_sa *sa = NULL;

	if (r->via.s_addr != INADDR_ANY && core->fa_key != NULL)
		sa = core->fa_key(core->fa_key_arg, r->nai, r->nai_len,
		    r->via);
	if (sa == NULL)
		return;
	mip4_sa_copy(&r->mn_fa.sa, sa);
	r->mn_fa.set = true;
}

/* One that is in no table. */
static void
release(struct mip_reg *r)
{
	mip4_sa_wipe(&r->mn_ha.sa);
	mip4_sa_wipe(&r->mn_fa.sa);
	free(r->own_subject);
	free(r);
}

struct mip_reg *
mip_reg_alloc(struct mip_core *core, const struct mip_reg_request *q,
    const struct mip_events *events, void *arg)
{
	size_t len = strlen(q->nai);
	size_t service = q->service != NULL ? strlen(q->service) : 0;
	struct mip_reg *r;

	if (len == 0 || len > MIP4_NAI_MAX || service > MIP4_SERVICE_MAX ||
	    !is_provable(q)) {
		errno = EINVAL;
		return NULL;
	}
	if ((r = calloc(1, sizeof(*r) + len + 1 + service + 1)) == NULL)
		return NULL;
	r->core = core;
	r->events = *events;
	r->arg = arg;
	r->subject = q->subject;
	r->kind = q->kind;
	r->coa = q->kind == MIP_NODE ? q->coa : core->params.coa;
	r->via = q->via;
	r->agent_gre = q->agent_gre;
	r->ask = q->lifetime;
	r->nai_len = len;
	memcpy(r->nai, q->nai, len);
	nai_normalize(r->nai, len);
	if (service > 0)
		r->service = memcpy(r->nai + len + 1, q->service, service);
	r->want_unique = q->unique;
	if (q->unique)
		r->want_iid = q->iid;
	r->taken = q->taken;
	r->after_id = q->after_id;
	if (q->mn_ha != NULL)
		mip_reg_set_mn_ha(r, q->mn_ha);
	take_fa_key(r);
	mip_reg_set_timers(r);
	if ((r->ha = mip_core_ha(core, &q->ha)) != NULL)
		return r;
	release(r);
	errno = ENOMEM;
	return NULL;
}

struct mip_reg *
mip_reg_create(struct mip_core *core, const struct mip_reg_request *q,
    const struct mip_events *events, void *arg)
{
	struct mip_reg *r = mip_reg_alloc(core, q, events, arg);
	mono_t least;

	if (r == NULL)
		return NULL;
	if (timer_set(core->timers, &r->t_end,
	    mono_add_ms(now(r), q->budget_ms)) != 0) {
		release(r);
		errno = ENOMEM;
		return NULL;
	}
	mip_leave_absorb(r);
	if (q->gre)
		r->gre.own = q->gre_key != 0 ? q->gre_key :
		    mip_core_new_gre(core);
	mip_core_add_reg(core, r);
	mip_reg_begin(r, MIP_S_REQUESTING, "asked");
	least = mono_add_ms(r->last_sent, MIP_RETRY_FIRST_MS);
	if (r->inherited && mono_before(now(r), least))
		mip_reg_arm(r, &r->t_send, least);
	else
		mip_reg_try(r);
	return r;
}

bool
mip_reg_renew(struct mip_reg *r)
{
	mono_t least = mono_add_ms(r->last_sent, MIP_RETRY_FIRST_MS);

	if (r->state != MIP_S_BOUND || r->moved)
		return false;
	if (mono_before(now(r), least)) {
		mip_reg_arm(r, &r->t_send, least);
		return true;
	}
	mip_reg_begin(r, MIP_S_RENEWING, "asked");
	mip_reg_try(r);
	return true;
}

void
mip_reg_move_on(struct mip_reg *r)
{
	r->moved = true;
	mip_send_leave(r);
	timer_cancel(r->core->timers, &r->t_send);
	if (r->state == MIP_S_RENEWING)
		mip_reg_set_state(r, MIP_S_BOUND, "moves to another client");
}

bool
mip_reg_moves_on(const struct mip_reg *r)
{
	return r->moved;
}

bool
mip_reg_stay(struct mip_reg *r)
{
	mono_t least = mono_add_ms(r->last_sent, MIP_RETRY_FIRST_MS);

	if (!r->moved)
		return false;
	r->moved = false;
	if (r->state == MIP_S_REQUESTING && mono_before(now(r), least))
		mip_reg_arm(r, &r->t_send, least);
	else if (r->state == MIP_S_REQUESTING)
		mip_reg_try(r);
	else
		(void)mip_reg_renew(r);
	return true;
}

void
mip_reg_free(struct mip_reg *r)
{
	if (r == NULL)
		return;
	if (r->ha->probe == r)
		r->ha->probe = NULL;
	mip_reg_stop(r);
	mip_send_forget(r);
	mip_core_remove_reg(r->core, r);
	if (r->left_nr != 0 && r->core->left.over != NULL)
		r->core->left.over(r->core->left_arg, r->left_nr);
	release(r);
}

uint32_t
mip_reg_left(const struct mip_reg *r)
{
	int64_t ms;

	if (!mip_reg_is_bound(r))
		return 0;
	if (r->lifetime == MIP4_LIFETIME_INFINITY)
		return UINT32_MAX;
	ms = mono_diff_ms(r->expires, now(r));
	return ms > 0 ? (uint32_t)(ms / 1000) : 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One registration's requests: every try waits for its turn where there is a
 * queue [D63], is built anew [RFC 3344 3.6.3], sent, and remembered for its
 * answer [PROTOCOLS 7, D9]. Under mip_reg.c, which knows when; mip_pace.c has
 * the queue, mip_msg.c makes the bytes.
 */
#include "nasd/mip_reg.h"

#define LOG_MODULE "mip"
#include "common/log.h"

#define TURNS_AT_ONCE	64

static void
set_turns(struct mip_ha_rec *ha)
{
	struct mip_core *core = ha->core;
	mono_t due = mip_pace_due(&ha->pace, clock_mono(core->clock));

	if (due.ns == MONO_NEVER.ns)
		timer_cancel(core->timers, &ha->t_turns);
	else if (timer_set(core->timers, &ha->t_turns, due) != 0)
		log_errorx(NULL, "no memory for a timer");
}

void
mip_send_turns(struct mip_ha_rec *ha)
{
	mono_t now = clock_mono(ha->core->clock);
	struct timer *t;

	/* Not all at once even without a limit: those that a closed gate has
	 * kept would be too many for any socket. */
	for (unsigned i = 0; i < TURNS_AT_ONCE; i++) {
		if ((t = mip_pace_next(&ha->pace, now)) == NULL)
			break;
		mip_reg_turn(container_of(t, struct mip_reg, t_turn));
	}
	set_turns(ha);
}

static enum mip_pace_class
class_of(const struct mip_reg *r)
{
	if (r->state == MIP_S_REQUESTING)
		return MIP_PACE_NEW;
	return r->state == MIP_S_RENEWING ? MIP_PACE_RENEW : MIP_PACE_LEAVE;
}

bool
mip_send_may(struct mip_reg *r)
{
	enum mip_pace_class class = class_of(r);
	mono_t now = clock_mono(r->core->clock);

	if (timer_is_set(&r->t_turn))
		return false;
	if (mip_pace_take(&r->ha->pace, class, now))
		return true;
	if (!mip_pace_wait(&r->ha->pace, &r->t_turn, class,
	    class == MIP_PACE_RENEW ? r->expires : now))
		return true;	/* no memory to wait with */
	r->core->count[MIP_C_WAITED]++;
	r->was_held = r->ha->pace.held;
	set_turns(r->ha);
	return false;
}

void
mip_send_leave(struct mip_reg *r)
{
	mip_pace_leave(&r->ha->pace, &r->t_turn);
}

void
mip_send_forget(struct mip_reg *r)
{
	for (unsigned i = 0; i < MIP_TRIES; i++)
		mip_core_remove_try(r->core, &r->tries[i]);
}

static void
remember_try(struct mip_reg *r, uint64_t id, uint16_t lifetime)
{
	struct mip_try *t;

	if (r->core->params.match_most_recent_only)
		mip_send_forget(r);
	t = &r->tries[r->next_try];
	r->next_try = (r->next_try + 1) % MIP_TRIES;
	mip_core_remove_try(r->core, t);
	*t = (struct mip_try){
		.reg = r,
		.low = (uint32_t)id,
		.high = (uint32_t)(id >> 32),
		.offset_gen = r->ha->offset_gen,
		.lifetime = lifetime,
		.sent = r->last_sent,
	};
	mip_core_add_try(r->core, t);
}

static void
step_sent(const struct mip_reg *r)
{
	char text[MIP_KIND_TEXT];
	unsigned life = mip_reg_asks(r);

	if (r->state == MIP_S_REQUESTING) {
		mip_reg_step(r, "rrq-sent", "try %u, %s, lifetime %u",
		    r->n_sent, mip_kind_asked(r, text), life);
		return;
	}
	mip_kind_given(r, text);
	if (r->state == MIP_S_LEAVING)
		mip_reg_step(r, "dereg-sent", "try %u, %s", r->n_sent, text);
	else
		mip_reg_step(r, "renewal-sent", "try %u, %s, lifetime %u",
		    r->n_sent, text, life);
}

static void
count_sent(struct mip_reg *r)
{
	enum mip_counter c = MIP_C_SENT_DEREG;

	r->n_sent++;
	r->ha->sent++;
	if (r->probe)
		c = MIP_C_SENT_PROBE;
	else if (r->n_sent > 1)
		c = MIP_C_SENT_AGAIN;
	else if (r->state == MIP_S_REQUESTING)
		c = MIP_C_SENT_REQUEST;
	else if (r->state == MIP_S_RENEWING)
		c = MIP_C_SENT_RENEWAL;
	r->core->count[c]++;
}

void
mip_send_request(struct mip_reg *r)
{
	uint8_t buf[MIP4_MAX_MSG];
	uint16_t lifetime;
	uint64_t id;
	int n;

	lifetime = r->state == MIP_S_LEAVING ? 0 : mip_reg_asks(r);
	id = mip_core_next_id(r->core, r);
	r->last_sent = clock_mono(r->core->clock);
	count_sent(r);
	n = mip_msg_request(r, id, lifetime, buf, sizeof(buf));
	if (n <= 0) {
		log_errorx(r->subject, "request does not fit");
		return;
	}
	remember_try(r, id, lifetime);
	if (lifetime != 0) {
		r->maybe_bound = true;
		r->last_asked = r->last_sent;
	}
	if (r->via.s_addr != INADDR_ANY)
		r->core->send(r->core->arg, (struct in_addr){ INADDR_ANY },
		    r->via, MIP4_PORT, buf, (size_t)n);
	else
		r->core->send(r->core->arg, r->coa, r->ha->ha.addr, MIP4_PORT,
		    buf, (size_t)n);
	step_sent(r);
}

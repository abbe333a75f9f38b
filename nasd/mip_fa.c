/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An access node behind a foreign agent [draft-navali 3.2.1, 5.3; RFC 3344
 * 3.6.2; PROTOCOLS 11.6, D185]: what the agent relays is the home agent's, and
 * must be proved by the mobile node's key like anything that comes straight
 * from there; what the agent says itself is a denial, which nothing proves but
 * the agent's own key, where there is one [D213]. So that ends a first
 * registration, which is tried again, and never one that is bound. Beside
 * mip_core.c and mip_reg.c; pure.
 */
#include <arpa/inet.h>

#include "nasd/mip_reg.h"

#define LOG_MODULE "mip"
#include "common/log.h"

#define CODE_FIRST	64
#define CODE_LAST	127
#define LEAST_S		30	/* that an agent may allow for good, unproven */

bool
mip_fa_is_code(uint8_t code)
{
	return code >= CODE_FIRST && code <= CODE_LAST;
}

/* The home agent's clock and keys are its own, whoever relays. */
static struct mip_try *
find(const struct mip_core *core, struct in_addr fa,
    const struct mip4_rrp *rrp)
{
	struct mip_ha_rec *ha = mip_core_find_ha(core, rrp->ha);
	struct mip_try *t = NULL;

	if (ha != NULL)
		t = mip_core_find_try(core, (uint32_t)rrp->id, ha);
	if (t == NULL)		/* 136 and 143 name another one */
		t = mip_core_find_try(core, (uint32_t)rrp->id, NULL);
	return t != NULL && t->reg->via.s_addr == fa.s_addr ? t : NULL;
}

/* Said once a second. */
static void
log_unproven(struct mip_core *core, const struct mip_reg *r, uint8_t code,
    enum mip4_auth_verdict v)
{
	static const char *const why[] = {
		[MIP4_AUTH_ABSENT] = "has no MN-FA authenticator",
		[MIP4_AUTH_TWICE] = "has two MN-FA authenticators",
		[MIP4_AUTH_WRONG_SPI] = "has an MN-FA authenticator of "
		    "another SPI",
		[MIP4_AUTH_BAD] = "fails MN-FA authentication with fa-key",
	};
	mono_t now = clock_mono(core->clock);
	char fa[INET_ADDRSTRLEN];

	if (mono_diff_ms(now, core->unproven_said) < 1000)
		return;
	core->unproven_said = now;
	inet_ntop(AF_INET, &r->via, fa, sizeof(fa));
	log_warnx(r->subject, "a reply by foreign agent %s, code %u (%s), %s: "
	    "dropped", fa, code, mip4_code_str(code), why[v]);
}

/* Where there is a key for it the agent must prove itself, whosever the reply
 * is [RFC 3344 3.6.2.1]. */
static enum mip_counter
check_agent(struct mip_core *core, struct mip_reg *r,
    const struct mip4_msg *msg, const uint8_t *buf)
{
	enum mip4_auth_verdict v;
	size_t covered;

	if (!r->mn_fa.set)
		return MIP_C_OK;
	v = mip4_auth_check(buf, &msg->ext, MIP4_EXT_MN_FA, &r->mn_fa.sa,
	    &covered);
	if (v == MIP4_AUTH_OK)
		return MIP_C_OK;
	r->fa_unproven = true;
	log_unproven(core, r, msg->rrp.code, v);
	return MIP_C_DROP_FA_AUTH;
}

static enum mip_counter
input_reply(struct mip_core *core, struct in_addr fa,
    const struct mip4_msg *msg, const uint8_t *buf)
{
	const struct mip4_rrp *rrp = &msg->rrp;
	struct mip_try *t = find(core, fa, rrp);
	struct mip_reply reply = { .code = rrp->code,
	    .lifetime = rrp->lifetime, .id = rrp->id, .ha = rrp->ha };
	enum mip_counter c;

	if (t == NULL)
		return MIP_C_DROP_UNMATCHED;
	if ((c = check_agent(core, t->reg, msg, buf)) != MIP_C_OK)
		return c;
	if (mip_fa_is_code(rrp->code)) {
		mip_fa_denied(t->reg, t, &reply);
		return MIP_C_OK;
	}
	if (rrp->code <= MIP4_ACCEPTED_NO_SIMUL && rrp->id >> 32 != t->high)
		return MIP_C_DROP_UNMATCHED;
	return mip_core_reply(core, t, msg, buf, &reply);
}

void
mip_fa_input(struct mip_core *core, struct in_addr fa, const uint8_t *buf,
    size_t len)
{
	enum mip_counter c = MIP_C_DROP_MALFORMED;
	struct mip4_msg msg;

	switch (mip4_parse(&msg, buf, len, &core->params.types)) {
	case MIP4_OK:
		c = msg.type == MIP4_RRP ? input_reply(core, fa, &msg, buf) :
		    MIP_C_DROP_NOT_RELAYED;
		break;
	case MIP4_SHORT:
		c = MIP_C_DROP_SHORT;
		break;
	case MIP4_UNKNOWN_TYPE:
		c = MIP_C_DROP_TYPE;
		break;
	case MIP4_UNKNOWN_EXT:
		c = MIP_C_DROP_EXT;
		break;
	case MIP4_MALFORMED:
		break;
	}
	if (c != MIP_C_OK)
		mip_core_refuse(core, fa, c);
}

bool
mip_reg_anew(struct mip_reg *r, struct in_addr coa, uint16_t lifetime,
    int64_t ms)
{
	mono_t now = clock_mono(r->core->clock), at = mono_add_ms(now, ms);
	mono_t least = mono_add_ms(r->last_sent, MIP_RETRY_FIRST_MS);

	if (r->via.s_addr == INADDR_ANY || r->moved ||
	    (r->state != MIP_S_REQUESTING && !mip_reg_is_bound(r)))
		return false;
	/* What is granted for the old one is no way to here, and what was
	 * allowed there is not said here. */
	if (r->coa.s_addr != coa.s_addr) {
		mip_send_forget(r);
		r->allowed = r->allowed_once = 0;
	}
	r->coa = coa;
	r->ask = lifetime;
	if (r->state != MIP_S_REQUESTING)
		mip_reg_begin(r, MIP_S_RENEWING, "by the foreign agent");
	if (timer_is_set(&r->t_turn))
		return true;
	r->wait_ms = MIP_RETRY_FIRST_MS;
	if (mono_before(at, least))
		at = least;
	/* Who is told so again and again is not put off each time. */
	if (!mono_before(now, at))
		mip_reg_try(r);
	else if (timer_set_late(r->core->timers, &r->t_send, at) != 0)
		log_errorx(r->subject, "no memory for a timer");
	return true;
}

/* Does it cut short what is bound? If so, it is asked again when it no longer
 * does. */
static bool
cuts_short(struct mip_reg *r, uint16_t lifetime)
{
	mono_t least = mono_add_ms(r->last_sent, MIP_RETRY_FIRST_MS);
	uint32_t left = mip_reg_left(r);
	mono_t at;

	if (left <= lifetime)
		return false;
	if (left == UINT32_MAX || !timer_is_set(&r->t_send))
		return true;
	at = mono_add_ms(r->expires, -(int64_t)lifetime * 1000);
	if (timer_set_late(r->core->timers, &r->t_send,
	    mono_before(at, least) ? least : at) != 0)
		log_errorx(r->subject, "no memory for a timer");
	return true;
}

/*
 * A shorter lifetime than was asked for, which the agent would relay [RFC 3344
 * 3.6.2.2]: from now on, if that is proved, or long enough to renew in. Else
 * anybody may have made it up: it is obeyed this once, and takes nothing from
 * who is bound [D239].
 */
static bool
lower(struct mip_reg *r, const struct mip_reply *reply)
{
	bool bound = r->state == MIP_S_RENEWING;
	bool keep = r->mn_fa.set || reply->lifetime >= LEAST_S;

	if (reply->code != MIP4_FA_LIFETIME || r->lowered ||
	    (!bound && r->state != MIP_S_REQUESTING) ||
	    reply->lifetime == 0 || reply->lifetime >= mip_reg_asks(r) ||
	    (bound && !keep && cuts_short(r, reply->lifetime)))
		return false;
	log_info(r->subject, "the foreign agent allows a lifetime of %u s",
	    reply->lifetime);
	*(keep ? &r->allowed : &r->allowed_once) = reply->lifetime;
	r->lowered = true;
	return true;
}

/* t_send goes on: what it says now may be otherwise in a while, when it has
 * been started anew for one. */
void
mip_fa_denied(struct mip_reg *r, struct mip_try *t,
    const struct mip_reply *reply)
{
	bool lowered = lower(r, reply);
	char fa[INET_ADDRSTRLEN];

	r->core->count[MIP_C_FA_DENIED]++;
	inet_ntop(AF_INET, &r->via, fa, sizeof(fa));
	if (r->state == MIP_S_REQUESTING && !lowered) {
		log_warnx(r->subject, "denied by foreign agent %s, code %u: "
		    "%s", fa, reply->code, mip4_code_str(reply->code));
		mip_reg_denied(r, t, reply);
		return;
	}
	mip_core_remove_try(r->core, t);
	mip_reg_step(r, "fa-denied", "code %u, %s", reply->code,
	    mip4_code_str(reply->code));
	if (!lowered) {
		r->last_code = reply->code;
		log_info(r->subject, "foreign agent %s: code %u, %s", fa,
		    reply->code, mip4_code_str(reply->code));
		return;
	}
	r->wait_ms = MIP_RETRY_FIRST_MS;
	mip_reg_try(r);
}

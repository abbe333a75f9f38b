/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One registration's requests: every try is built anew [RFC 3344 3.6.3], sent,
 * and remembered for its answer [PROTOCOLS 7, D9]. Under mip_reg.c, which knows
 * when; mip_msg.c makes the bytes.
 */
#include <arpa/inet.h>
#include <string.h>

#include "nasd/mip_reg.h"

#define LOG_MODULE "mip"
#include "common/log.h"

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
	char iid[IID_STRLEN], addr[INET6_ADDRSTRLEN];
	unsigned life = r->core->params.lifetime;

	if (r->state == MIP_S_REQUESTING) {
		mip_reg_step(r, "rrq-sent", "try %u, IID %s, lifetime %u",
		    r->n_sent, iid_str(r->want_iid, iid), life);
		return;
	}
	if (!r->has_hoa || inet_ntop(AF_INET6, &r->hoa, addr,
	    sizeof(addr)) == NULL)
		strcpy(addr, "no address yet");
	if (r->state == MIP_S_LEAVING)
		mip_reg_step(r, "dereg-sent", "try %u, %s", r->n_sent, addr);
	else
		mip_reg_step(r, "renewal-sent", "try %u, %s, lifetime %u",
		    r->n_sent, addr, life);
}

static void
count_sent(struct mip_reg *r)
{
	enum mip_counter c = MIP_C_SENT_DEREG;

	r->n_sent++;
	r->ha->sent++;
	if (r->n_sent > 1)
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

	lifetime = r->state == MIP_S_LEAVING ? 0 : r->core->params.lifetime;
	id = mip_core_next_id(r->core, r->ha);
	r->last_sent = clock_mono(r->core->clock);
	count_sent(r);
	n = mip_msg_request(r, id, lifetime, buf, sizeof(buf));
	if (n <= 0) {
		log_errorx(r->subject, "request does not fit");
		return;
	}
	remember_try(r, id, lifetime);
	if (lifetime != 0)
		r->maybe_bound = true;
	r->core->send(r->core->arg, r->ha->ha.addr, MIP4_PORT, buf,
	    (size_t)n);
	step_sent(r);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Overload [D83]: whom there is no time for, and when that begins and ends
 * (had/shed.h says by what). Part of reg.
 */
#define LOG_MODULE "reg"
#include "had/reg_int.h"

#include "common/clock.h"
#include "had/binding.h"

bool
reg_overloaded(struct reg *r, struct rq *rq, const struct binding *b)
{
	if (!r->shed.on || rq->msg.rrq.lifetime == 0 ||
	    (b && b->state != BINDING_IDLE))
		return false;
	r->shed.denied++;
	r->stats.shed++;
	rq->peer->stats.shed++;
	rq->why = "overloaded";
	return true;
}

void
reg_load(struct reg *r, int64_t age_ms)
{
	struct shed *s = &r->shed;
	mono_t now = clock_mono(r->clock), since = s->since;
	uint32_t pending = r->bindings->n_installing;
	enum shed_change change = shed_look(s, age_ms, pending, now);
	unsigned more = 0;

	if (change == SHED_SAME || !log_limited(&r->overload,
	    mono_diff_ms(now, (mono_t){ 0 }), &more))
		return;
	if (change == SHED_BEGINS)
		log_warnx(NULL, "overloaded: requests have waited %lld ms, %u "
		    "replies wait for the data plane: denying new "
		    "registrations", (long long)s->age_ms, pending);
	else
		log_info(NULL, "no longer overloaded after %lld ms: %llu new "
		    "registrations were denied",
		    (long long)mono_diff_ms(now, since),
		    (unsigned long long)s->denied);
	if (more > 0)
		log_info(NULL, "%u more changes between the two were not "
		    "logged", more);
}

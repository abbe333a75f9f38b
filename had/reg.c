/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The home agent's judgement of a Registration Request: the rows of PROTOCOLS
 * 8.1 in their order, the first failure decides [RFC 3344 3.8.2; draft-navali
 * 5.5]. See reg.h; what is done about an accepted one is in reg_act.c.
 */
#define LOG_MODULE "reg"
#include "had/reg_int.h"

#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>

#include "common/clock.h"
#include "common/violations.h"
#include "had/had_config.h"
#include "had/revoke.h"

void
reg_init(struct reg *r)
{
	r->bindings->expired = reg_expired;
	r->bindings->woken = reg_node_woken;
	r->bindings->mns = r->mns;
	r->bindings->arg = r;
	memset(&r->stats, 0, sizeof(r->stats));
	r->started = clock_mono(r->clock);
	r->started_ntp = clock_ntp(r->clock);
	r->strangers = (struct log_limit){ .rate = 1, .burst = 10 };
	r->routine = (struct log_limit){ .rate = 100, .burst = 1000 };
	r->trouble = (struct log_limit){ .rate = 5, .burst = 50 };
	r->overload = (struct log_limit){ .rate = 1, .burst = 4 };
	r->shed = (struct shed){
		.after_ms = r->conf->shed_after,
		.max_pending = r->conf->shed_pending,
	};
}

void
reg_count_code(struct reg *r, struct peer *peer, uint8_t code)
{
	size_t i = stats_code_index(code);

	r->stats.code[i]++;
	peer->stats.code[i]++;
}

bool
reg_may_log(struct reg *r, struct peer *peer, unsigned *swallowed)
{
	return log_limited(peer ? &peer->log : &r->strangers,
	    mono_diff_ms(clock_mono(r->clock), (mono_t){ 0 }), swallowed);
}

void
reg_log_swallowed(const struct peer *peer, unsigned n)
{
	if (n > 0)
		log_info(peer ? peer->name : "strangers", "%u more lines were "
		    "held back", n);
}

bool
reg_may_tell(struct reg *r)
{
	unsigned more = 0;

	if (log_enabled(LOG_L_DEBUG, LOG_MODULE))
		return true;
	if (!log_enabled(LOG_L_INFO, LOG_MODULE) ||
	    !log_limited(&r->routine, mono_diff_ms(clock_mono(r->clock),
	    (mono_t){ 0 }), &more))
		return false;
	if (more > 0)
		log_info(NULL, "%u more changes of bindings were not logged",
		    more);
	return true;
}

bool
reg_may_warn(struct reg *r)
{
	unsigned more = 0;

	if (!log_limited(&r->trouble, mono_diff_ms(clock_mono(r->clock),
	    (mono_t){ 0 }), &more))
		return false;
	if (more > 0)
		log_warnx(NULL, "%u more troubles with bindings were not "
		    "logged", more);
	return true;
}

const char *
binding_subject(const struct binding *b)
{
	return (const char *)b->nai;
}

void
reg_count_drop(struct reg *r, struct peer *peer, enum had_drop why)
{
	r->stats.drop[why]++;
	if (peer)
		peer->stats.drop[why]++;
}

bool
reg_is_known(const struct rq *rq)
{
	return rq->peer && (!rq->peer->nodes || rq->authentic);
}

/* Silence, with a counter; the log says so within limits, and which number it
 * was that we do not know: both ends must agree on some [D3]. */
static enum reg_verdict
drop(struct reg *r, const struct rq *rq, enum had_drop why)
{
	char from[INET_ADDRSTRLEN], number[16] = "";
	unsigned swallowed;

	reg_count_drop(r, rq->peer, why);
	violations_note(r->violations, rq->pkt->flow.src, reg_is_known(rq),
	    had_drop_str(why), VIOLATION_SILENT);
	if (!reg_may_log(r, rq->peer, &swallowed))
		return REG_DROPPED;
	if (why == HAD_DROP_UNKNOWN_EXT)
		snprintf(number, sizeof(number), " (%u)",
		    rq->msg.ext.first_unknown);
	else if (why == HAD_DROP_UNKNOWN_TYPE)
		snprintf(number, sizeof(number), " (%u)", rq->pkt->data[0]);
	inet_ntop(AF_INET, &rq->pkt->flow.src, from, sizeof(from));
	log_info(rq->peer ? rq->peer->name : from, "dropped %zu bytes: %s%s",
	    rq->pkt->len, had_drop_str(why), number);
	reg_log_swallowed(rq->peer, swallowed);
	return REG_DROPPED;
}

static void
set_subject(struct rq *rq)
{
	const struct mip4_exts *e = &rq->msg.ext;
	size_t n = e->nai_len < sizeof(rq->subject) ? e->nai_len :
	    sizeof(rq->subject) - 1;

	if (e->n_nai == 0 || e->nai_len == 0) {
		snprintf(rq->subject, sizeof(rq->subject), "%s",
		    rq->peer->name);
		return;
	}
	memcpy(rq->subject, e->nai, n);
	rq->subject[n] = '\0';
}

void
reg_set_kind(struct reg *r, struct rq *rq)
{
	rq->fa = rq->peer->nodes ? peer_agent(r->peers, rq->pkt->flow.src) :
	    NULL;
	rq->kind = rq->fa ? &reg_fa : rq->peer->nodes ? &reg_node : &reg_ar;
}

static int
row_keys(struct reg *r, struct rq *rq)
{
	return rq->kind->row_keys(r, rq);
}

bool
reg_is_renewal(const struct rq *rq)
{
	const struct mip4_exts *e = &rq->msg.ext;

	return e->n_hoa > 0 || (rq->kind->by_node && e->n_hoa_req == 0);
}

/* Row 3: asked of us, by our address? */
static int
row_home_agent(struct reg *r, struct rq *rq)
{
	uint32_t ha = rq->msg.rrq.ha.s_addr;

	rq->why = "home agent address";
	if (rq->pkt->local.s_addr != rq->pkt->flow.dst.s_addr)
		return MIP4_HA_UNKNOWN_HA;
	if (ha == r->conf->address.s_addr)
		return ROW_PASS;
	if (r->conf->dynamic_ha && (ha == INADDR_ANY ||
	    ha == INADDR_BROADCAST))
		return ROW_PASS;
	return MIP4_HA_UNKNOWN_HA;
}

static int
row_care_of(struct reg *r, struct rq *rq)
{
	rq->why = rq->kind->care_of(r, rq);
	return rq->why ? MIP4_HA_MALFORMED : ROW_PASS;
}

static struct binding *
new_record(struct reg *r, struct rq *rq)
{
	if (rq->peer->n_records >= peer_max_records(rq->peer))
		return NULL;
	return binding_new(r->bindings, rq->peer, rq->msg.ext.nai,
	    rq->msg.ext.nai_len);
}

static struct binding *
find_binding(struct reg *r, const struct rq *rq)
{
	const struct mip4_exts *e = &rq->msg.ext;

	if (rq->pkt->nai && rq->pkt->nai == e->nai)
		return binding_find_hashed(r->bindings, rq->pkt->nai_hash,
		    e->nai, e->nai_len);
	return binding_find(r->bindings, e->nai, e->nai_len);
}

/* Why this peer does not speak for the subscriber at all, or NULL: the realm
 * is not one of its own, or peers of another group have the subscriber, or hold
 * a prefix for it [D80]. */
static const char *
not_its_own(const struct rq *rq)
{
	const struct mip4_exts *e = &rq->msg.ext;
	const struct binding *b = rq->b;

	/* One of Length 0 is row 11's [D52]. */
	if (e->nai_len > 0 && !peer_allows(rq->peer, e->nai, e->nai_len))
		return "realm not allowed from here";
	if (b && (b->state != BINDING_IDLE || b->lease.at.pool) &&
	    !peer_same_group(b->peer, rq->peer))
		return "subscriber of another group";
	return NULL;
}

/* The subscriber's record, for who speaks for it. */
void
reg_find_record(struct reg *r, struct rq *rq)
{
	const struct mip4_exts *e = &rq->msg.ext;

	rq->nai_ok = e->n_nai > 0 && e->off_nai < rq->covered;
	if (rq->nai_ok)
		rq->b = find_binding(r, rq);
	rq->foreign = rq->nai_ok ? not_its_own(rq) : NULL;
	if (rq->foreign)
		rq->b = NULL;
}

/*
 * Of a subscriber of whom nothing is remembered it is our start, for as long
 * as what was sent before could still be within the window [D55], which is one
 * of whole seconds, unless our clock was set back since.
 */
uint64_t
reg_last_id(const struct reg *r, const struct binding *b)
{
	if (b && b->last_id)
		return b->last_id;
	if (ntp_cmp(clock_ntp(r->clock), r->started_ntp) < 0 ||
	    mono_diff_ms(clock_mono(r->clock), r->started) >
	    ((int64_t)r->conf->replay_window + 1) * 1000)
		return 0;
	return r->started_ntp - 1;
}

/* Its Identification, or one below, is not taken any more. */
void
reg_spend(struct reg *r, struct rq *rq)
{
	const struct mip4_exts *e = &rq->msg.ext;

	if (!rq->b && !rq->foreign && rq->nai_ok && e->n_nai == 1 &&
	    e->nai_len > 0)
		rq->b = new_record(r, rq);
	if (rq->b)
		binding_seen(rq->b, rq->msg.rrq.id);
}

/* Row 8 [D7, D8, D53, D55]. Whoever does not speak for a subscriber does not
 * move its Identification either: that would lock it out [D81]. */
static int
row_replay(struct reg *r, struct rq *rq)
{
	uint64_t id = rq->msg.rrq.id;
	enum mip4_replay v;

	reg_find_record(r, rq);
	if (reg_reply_is_duplicate(r, rq))
		return ROW_DUPLICATE;
	v = mip4_replay_check(id, reg_last_id(r, rq->b), clock_ntp(r->clock),
	    r->conf->replay_window);
	if (v != MIP4_REPLAY_FRESH) {
		rq->why = v == MIP4_REPLAY_WINDOW ? "clocks differ" : rq->b ?
		    "not above the last one" : "from before the start";
		return MIP4_HA_ID_MISMATCH;
	}
	reg_spend(r, rq);
	return ROW_PASS;
}

/* Is there an extension at off, and an authenticator behind it that verified?
 */
static bool
proved(const struct rq *rq, size_t off)
{
	return off > 0 && off < rq->covered;
}

static int
row_allowed(struct reg *r, struct rq *rq)
{
	const struct mip4_exts *e = &rq->msg.ext;

	(void)r;
	if (!rq->nai_ok) {
		rq->why = "no network access identifier";
		return MIP4_HA_PROHIBITED;
	}
	if (rq->foreign) {
		rq->why = rq->foreign;
		return MIP4_HA_PROHIBITED;
	}
	if (rq->kind->by_node && rq->user && rq->user->no_node) {
		rq->why = "not by an access node";
		return MIP4_HA_PROHIBITED;
	}
	if (proved(rq, e->off_pmip_auth) && e->pmip_auth_method != 1) {
		rq->why = "authentication method";
		return MIP4_HA_PMIP_UNSUPPORTED;
	}
	return ROW_PASS;
}

/* Row 10 in the order of D52. T is what we do anyway, B is ignored. */
static int
row_flags(struct reg *r, struct rq *rq)
{
	const struct mip4_exts *e = &rq->msg.ext;
	size_t i;

	(void)r;
	if (proved(rq, e->off_cvse)) {
		rq->why = "critical vendor extension";
		for (i = 0; i < e->n_auth && i < MIP4_MAX_AUTHS; i++)
			if (e->auth[i].type == MIP4_EXT_MN_HA &&
			    e->off_cvse < e->auth[i].off)
				return MIP4_HA_CVSE_MN;
		return MIP4_HA_CVSE_FA;
	}
	rq->why = "encapsulation";
	if (rq->msg.rrq.flags & MIP4_F_M || reg_gre_refused(rq))
		return MIP4_HA_ENCAP;
	rq->why = NULL;
	return ROW_PASS;
}

static bool
reserved_refused(const struct reg *r, uint8_t flags)
{
	switch (r->conf->strict) {
	case HAD_STRICT_BOTH:
		return flags & (MIP4_F_r | MIP4_F_x);
	case HAD_STRICT_X:
		return flags & MIP4_F_x;
	case HAD_STRICT_NONE:
		break;
	}
	return false;
}

/* Row 11: why this is no request of its kind, or NULL [D18, D44, PROTOCOLS
 * 10]. */
static const char *
malformed(const struct reg *r, const struct rq *rq)
{
	const struct mip4_exts *e = &rq->msg.ext;
	const char *why;

	if (reserved_refused(r, rq->msg.rrq.flags))
		return "reserved flags";
	if (e->n_nai > 1 || e->nai_len == 0)
		return "network access identifier";
	if (e->bad_ext)
		return "length or sub-type of an extension";
	if (e->n_hoa_req + e->n_hoa > 1)
		return "more than one IPv6 extension";
	if (e->n_gre > 1)
		return "more than one GRE key";
	why = rq->kind->extensions(rq);
	if (why)
		return why;
	if (e->off_hoa_req >= rq->covered || e->off_hoa >= rq->covered ||
	    e->off_cvse >= rq->covered || e->off_pmip_auth >= rq->covered ||
	    reg_gre_misplaced(rq))
		return "extension behind the authenticator";
	return NULL;
}

static int
row_extensions(struct reg *r, struct rq *rq)
{
	rq->why = malformed(r, rq);
	return rq->why ? MIP4_HA_MALFORMED : ROW_PASS;
}

int
reg_refuse_itself(struct reg *r, struct rq *rq)
{
	static int (*const of_itself[])(struct reg *, struct rq *) = {
		row_home_agent, row_care_of, row_allowed, row_flags,
		row_extensions,
	};
	struct binding *b = rq->b;
	int v = ROW_PASS;
	size_t i;

	/* A denial is not the last reply of a record that it finds. */
	reg_find_record(r, rq);
	rq->b = b;
	for (i = 0; i < sizeof(of_itself) / sizeof(of_itself[0]); i++) {
		v = of_itself[i](r, rq);
		if (v != ROW_PASS)
			break;
	}
	return v;
}

/* Rows 1, 2, 4 and 6b come before: they are silent. Row 12 is reg_act. */
static int (*const rows[])(struct reg *, struct rq *) = {
	row_keys, row_home_agent, row_care_of, row_replay, row_allowed,
	row_flags, row_extensions,
};

static enum reg_verdict
judge(struct reg *r, struct rq *rq)
{
	enum reg_verdict verdict = REG_DROPPED;
	int v = ROW_PASS;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		v = rows[i](r, rq);
		if (v != ROW_PASS)
			break;
	}
	if (v == ROW_PASS)
		v = reg_act(r, rq, &verdict);
	if (v == ROW_PASS)
		return verdict;
	if (v == ROW_DUPLICATE)
		return reg_reply_again(r, rq);
	if (v == ROW_WAIT)
		return REG_PENDING;
	if (v == ROW_SILENT)
		return drop(r, rq, rq->drop);
	if (!rq->sa)
		return drop(r, rq, HAD_DROP_NO_KEY);
	return reg_deny(r, rq, (uint8_t)v);
}

/* It has been accepted before: only what it says, and its keys, are needed. */
void
reg_judge_again(struct reg *r, struct binding *b,
    const struct reg_packet *pkt)
{
	struct rq rq = {
		.pkt = pkt,
		.peer = peer_find(r->peers, pkt->flow.src),
		.b = b,
		.nai_ok = true,
	};
	enum reg_verdict verdict;
	int v;

	if (!rq.peer || mip4_parse(&rq.msg, pkt->data, pkt->len,
	    &r->conf->types) != MIP4_OK)
		return;
	set_subject(&rq);
	reg_set_kind(r, &rq);
	rq.kind->verify(r, &rq);
	v = row_keys(r, &rq);
	if (v == ROW_PASS)
		v = reg_act(r, &rq, &verdict);
	/* Not when it waits again, for a look-up: a rare thing, and then it is
	 * the router that asks again. */
	if (v >= 0)
		(void)reg_deny(r, &rq, (uint8_t)v);
}

/* D2, D41: what can not be read to its end is answered only if an
 * authenticator before that place proves who sent it. */
static enum reg_verdict
request(struct reg *r, struct rq *rq, enum mip4_parsed parsed)
{
	if (!rq->peer)
		return drop(r, rq, HAD_DROP_NO_PEER);
	set_subject(rq);
	reg_set_kind(r, rq);
	rq->kind->verify(r, rq);
	/* of an authentic one: anybody could fill the log otherwise */
	if (rq->msg.ext.n_skipped > 0 && rq->authentic)
		log_debug(rq->subject, "%u unknown extensions passed over, "
		    "the first is %u", rq->msg.ext.n_skipped,
		    rq->msg.ext.first_unknown);
	if (parsed == MIP4_MALFORMED) {
		if (!rq->authentic)
			return drop(r, rq, HAD_DROP_MALFORMED);
		rq->why = "garbage behind the authenticator";
		return reg_deny(r, rq, MIP4_HA_MALFORMED);
	}
	return judge(r, rq);
}

void
reg_expect(struct reg *r, struct reg_packet *pkt, size_t n)
{
	size_t i, len;

	for (i = 0; i < n; i++) {
		pkt[i].nai = mip4_peek_nai(pkt[i].data, pkt[i].len, &len);
		if (!pkt[i].nai)
			continue;
		pkt[i].nai_hash = binding_hash(r->bindings, pkt[i].nai, len);
		binding_prefetch_slot(r->bindings, pkt[i].nai_hash);
	}
	for (i = 0; i < n; i++)
		if (pkt[i].nai)
			binding_prefetch(r->bindings, pkt[i].nai_hash);
}

static enum reg_verdict
input(struct reg *r, struct rq *rq)
{
	const struct reg_packet *pkt = rq->pkt;
	enum had_drop why = HAD_DROP_NOT_REQUEST;
	enum mip4_parsed p;

	p = mip4_parse(&rq->msg, pkt->data, pkt->len, &r->conf->types);
	switch (p) {
	case MIP4_SHORT:
		why = HAD_DROP_SHORT;
		break;
	case MIP4_UNKNOWN_TYPE:
		why = HAD_DROP_UNKNOWN_TYPE;
		break;
	case MIP4_UNKNOWN_EXT:
		why = HAD_DROP_UNKNOWN_EXT;
		break;
	case MIP4_MALFORMED:
		if (rq->msg.type == MIP4_RRQ)
			return request(r, rq, p);
		why = HAD_DROP_MALFORMED;
		break;
	case MIP4_OK:
		if (rq->msg.type == MIP4_RRQ)
			return request(r, rq, p);
		break;
	}
	if (p == MIP4_OK && r->revoker && rq->peer &&
	    (rq->msg.type == MIP4_REV || rq->msg.type == MIP4_REV_ACK)) {
		set_subject(rq);
		if (revoke_input(r, rq, &why))
			return REG_REPLIED;
	}
	return drop(r, rq, why);
}

enum reg_verdict
reg_input_again(struct reg *r, const struct reg_packet *pkt)
{
	struct rq rq = {
		.pkt = pkt,
		.peer = peer_find(r->peers, pkt->flow.src),
	};

	return input(r, &rq);
}

enum reg_verdict
reg_input(struct reg *r, const struct reg_packet *pkt)
{
	struct rq rq = {
		.pkt = pkt,
		.peer = peer_find(r->peers, pkt->flow.src),
	};

	r->stats.received++;
	if (rq.peer)
		rq.peer->stats.received++;
	return input(r, &rq);
}

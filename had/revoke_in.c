/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages of peers about revocations [RFC 3543 3.3-3.5; PROTOCOLS 9, D14,
 * D15, D48, D162, D187]: acknowledgments of ours, and revocations of theirs. By
 * whose key they are proved depends on who sends them. Beside revoke.c.
 */
#define LOG_MODULE "revoke"
#include "had/revoke_int.h"

#include <string.h>

#include "common/clock.h"
#include "common/mip4.h"
#include "common/wire.h"
#include "had/had_config.h"
#include "had/mn.h"
#include "had/reg_int.h"

/* Do Home Address and, where there is one, 221 mean this home address (of an
 * access node: ::)? There are IPv4 ones behind foreign agents only [D14,
 * D22]. */
static bool
means(const struct rq *rq, struct in_addr home, struct in_addr home4,
    const struct in6_addr *hoa)
{
	const struct mip4_exts *e = &rq->msg.ext;

	return home.s_addr == home4.s_addr && (e->n_hoa == 0 || e->hoa_empty ||
	    e->off_hoa >= rq->covered || IN6_ARE_ADDR_EQUAL(&e->hoa, hoa));
}

/* Type 15: of one of the ids we sent [RFC 3543 3.5]? nai NULL: a foreign agent
 * has not said whose. */
static bool
acknowledged(struct reg *r, struct rq *rq, const uint8_t *nai, size_t len,
    enum had_drop *why)
{
	struct in_addr src = rq->pkt->flow.src;
	struct revocation *v = nai ? revoke_find(r->revoker, nai, len, src) :
	    revoke_find_home(r->revoker, src, rq->msg.ack.home);
	unsigned i;

	*why = HAD_DROP_REV_STALE;
	if (!v || (v->quiet && !v->unheard) ||
	    !means(rq, rq->msg.ack.home, v->home, &v->hoa))
		return false;
	for (i = 0; i < v->tries; i++) {
		if (v->id[i] != rq->msg.ack.rev_id)
			continue;
		if (reg_may_tell(r))
			log_info(rq->subject, "revocation acknowledged by %s",
			    rq->peer->name);
		r->stats.revoke_acked++;
		rq->peer->stats.revoke_acked++;
		revoke_heard(v);
		return true;
	}
	return false;
}

/* Foreign agents prove themselves by what they share with us. */
static uint8_t
auth_of(const struct rq *rq)
{
	return rq->fa ? MIP4_EXT_FA_HA : rq->kind->auth;
}

/* Whose registration a peer's message is about. */
static struct binding *
binding_of(struct reg *r, const struct rq *rq)
{
	const struct mip4_exts *e = &rq->msg.ext;
	struct binding *b;
	struct mn *m = rq->fa ? mn_at(r->mns, rq->msg.rev.home, 0) : NULL;

	/* The address may have been given anew since; and with GRE it alone
	 * does not say whose. */
	if (m && (e->nai_len == 0 || nai_equal(m->binding->nai,
	    m->binding->nai_len, e->nai, e->nai_len)))
		return m->binding;
	b = e->nai_len > 0 ? binding_find(r->bindings, e->nai, e->nai_len) :
	    NULL;
	return !rq->fa || (b && b->behind_node && mn_fa(b->mn)) ? b : NULL;
}

static void
send_ack(struct reg *r, struct rq *rq)
{
	const struct mip4_exts *e = &rq->msg.ext;
	struct mip4_rev_ack ack = {
		.i = rq->msg.rev.i,
		.home = rq->msg.rev.home,
		.rev_id = rq->msg.rev.rev_id,
	};
	uint8_t buf[MIP4_MAX_MSG];
	struct reg_flow f;
	struct wire_w w;

	wire_w_init(&w, buf, sizeof(buf));
	mip4_put_rev_ack(&w, &ack);
	if (e->nai_len > 0)
		mip4_put_nai(&w, e->nai, e->nai_len);
	if (e->n_hoa == 1 && e->off_hoa < rq->covered)
		mip4_put_hoa(&w, r->conf->types.hoa,
		    e->hoa_empty ? NULL : &e->hoa, e->hoa_unique);
	mip4_put_auth(&w, auth_of(rq), rq->sa);
	reg_reply_flow(r, rq->pkt, &f);
	if (!w.err)
		r->send(r->send_arg, &f, buf, w.len);
}

/* No replay? By the timestamps of the registrations from there if there are
 * any, because the peer's clock is its own affair; else by ours. */
static bool
fresh(struct reg *r, const struct binding *b, const struct mip4_rev *rev)
{
	int32_t age;

	if (b && b->negotiated && b->coa.s_addr == rev->fda.s_addr)
		return (int32_t)(rev->rev_id - b->rev_peer) >= 0 &&
		    (b->rev_acted == 0 ||
		    (int32_t)(rev->rev_id - b->rev_acted) > 0);
	age = (int32_t)(ntp_seconds(clock_ntp(r->clock)) - rev->rev_id);
	return age <= REVOKE_FRESH_S && age >= -REVOKE_FRESH_S;
}

/* Type 7 of an access router: draft-navali's never sends it, other peers of
 * RFC 3543 may [D48]. */
static bool
revoked_by_peer(struct reg *r, struct rq *rq, enum had_drop *why)
{
	const struct mip4_rev *rev = &rq->msg.rev;
	struct binding *b = binding_of(r, rq);
	bool ours = false;

	*why = HAD_DROP_REV_STALE;
	if (rev->a || rev->fda.s_addr != rq->pkt->flow.src.s_addr ||
	    rev->hda.s_addr != r->conf->address.s_addr || !fresh(r, b, rev))
		return false;
	if (b && b->coa.s_addr == rev->fda.s_addr) {
		ours = b->state != BINDING_IDLE && means(rq, rev->home,
		    reg_node_home4(b), b->behind_node ? &in6addr_any : &b->hoa);
		*why = HAD_DROP_REV_UNNEGOTIATED;
		if (ours && !b->negotiated)
			return false;
		if (ours || b->state == BINDING_IDLE)
			b->rev_acted = rev->rev_id;
		if (ours && reg_may_tell(r))
			log_info(rq->subject, "revoked by %s",
			    rq->peer->name);
	}
	/* [RFC 3543 3.4]: it has what it wants; but who sends many? */
	if (!ours) {
		r->stats.revoked_nothing++;
		rq->peer->stats.revoked_nothing++;
	}
	send_ack(r, rq);
	/* The key that has signed it may go with it. */
	if (ours)
		reg_unbind(r, b);
	return true;
}

/* By what key a peer's message is to be proved: its own; of an access node
 * that of the subscriber, whose revocation or binding there is [D162]. */
static const struct mip4_sa *
key_of(struct reg *r, struct rq *rq, uint32_t spi)
{
	const struct mip4_exts *e = &rq->msg.ext;
	struct in_addr src = rq->pkt->flow.src;
	const struct revocation *v;
	const struct binding *b;
	uint8_t nai[MIP4_NAI_MAX];

	if (rq->fa)
		return reg_fa_key(rq->fa, spi);
	if (!rq->kind->by_node)
		return peer_sa_find(r->peers, src, spi);
	if (e->nai_len == 0)
		return NULL;
	memcpy(nai, e->nai, e->nai_len);
	nai_normalize(nai, e->nai_len);
	v = revoke_find(r->revoker, nai, e->nai_len, src);
	if (v && v->sa->spi == spi)
		return v->sa;
	b = binding_find(r->bindings, e->nai, e->nai_len);
	if (b && b->behind_node && b->coa.s_addr == src.s_addr &&
	    b->sa->spi == spi)
		return b->sa;
	reg_user_known(r, rq);
	return rq->keys ? user_sa_find(rq->keys, spi) : NULL;
}

bool
revoke_input(struct reg *r, struct rq *rq, enum had_drop *why)
{
	const struct mip4_exts *e = &rq->msg.ext;
	uint8_t nai[MIP4_NAI_MAX];
	uint32_t spi;

	*why = HAD_DROP_REV_AUTH;
	reg_set_kind(r, rq);
	if (!mip4_auth_spi(e, auth_of(rq), &spi))
		return false;
	rq->sa = key_of(r, rq, spi);
	if (!rq->sa || mip4_auth_check(rq->pkt->data, e, auth_of(rq),
	    rq->sa, &rq->covered) != MIP4_AUTH_OK)
		return false;
	/* Without its NAI nothing names a binding here [D14], but for an IPv4
	 * home address. */
	*why = HAD_DROP_REV_IDENTITY;
	if (rq->fa && e->n_nai == 0)
		return rq->msg.type == MIP4_REV_ACK ? acknowledged(r, rq,
		    NULL, 0, why) : revoked_by_peer(r, rq, why);
	if (e->n_nai != 1 || e->nai_len == 0 || e->off_nai >= rq->covered ||
	    e->n_hoa > 1 || e->bad_ext)
		return false;
	memcpy(nai, e->nai, e->nai_len);
	nai_normalize(nai, e->nai_len);
	if (rq->msg.type == MIP4_REV_ACK)
		return acknowledged(r, rq, nai, e->nai_len, why);
	return revoked_by_peer(r, rq, why);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Registration Replies: their bytes in the order of PROTOCOLS 6, their way
 * back [PROTOCOLS 1.2], and the ones that wait for the data plane. Part of
 * reg. */
#define LOG_MODULE "reg"
#include "had/reg_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/violations.h"
#include "common/wire.h"
#include "had/had_config.h"

/* What a denial of an unverified request echoes is not believed, only sent
 * back where it came from, so that its sender can tell what it was about. */
static bool
may_echo(const struct rq *rq, size_t off)
{
	return !rq->fa_ha_ok || off < rq->covered;
}

static uint64_t
reply_id(struct reg *r, const struct rq *rq, uint8_t code)
{
	if (code == MIP4_HA_ID_MISMATCH)
		return mip4_replay_resync(rq->msg.rrq.id,
		    clock_ntp(r->clock));
	return rq->msg.rrq.id;
}

/* Returns the length, or -EMSGSIZE when it could not be written or signed. */
static int
write_reply(struct reg *r, const struct rq *rq,
    const struct reply_spec *spec, uint8_t *buf, size_t cap)
{
	const struct mip4_exts *e = &rq->msg.ext;
	struct mip4_rrp rrp = {
		.code = spec->code,
		.lifetime = spec->lifetime,
		.home = rq->msg.rrq.home,
		.ha = r->conf->address,
		.id = reply_id(r, rq, spec->code),
	};
	struct wire_w w;

	wire_w_init(&w, buf, cap);
	mip4_put_rrp(&w, &rrp);
	if (e->n_nai == 1 && e->nai_len > 0 && may_echo(rq, e->off_nai))
		mip4_put_nai(&w, e->nai, e->nai_len);
	if (e->off_pmip_auth && may_echo(rq, e->off_pmip_auth))
		mip4_put_pmip_auth(&w, e->pmip_auth_method);
	if (spec->hoa)
		mip4_put_hoa(&w, r->conf->types.hoa, spec->hoa, spec->unique);
	if (rq->mn_ha)
		mip4_put_auth(&w, MIP4_EXT_MN_HA, rq->mn_ha);
	if (spec->revocation)
		mip4_put_rev_support(&w, false, spec->timestamp);
	mip4_put_auth(&w, MIP4_EXT_FA_HA, rq->fa_ha);
	return w.err ? -EMSGSIZE : (int)w.len;
}

void
reg_reply_flow(const struct reg *r, const struct reg_packet *pkt,
    struct reg_flow *f)
{
	f->src = pkt->local.s_addr ? pkt->local : r->conf->address;
	f->dst = pkt->flow.src;
	f->sport = pkt->flow.dport;
	f->dport = pkt->flow.sport;
}

/* The last authenticator of a request stands for its bytes: it has verified,
 * so nobody can have made another request with the same one. */
static void
reply_head(struct reg *r, const struct rq *rq, struct binding_reply *h)
{
	const struct mip4_exts *e = &rq->msg.ext;
	const struct mip4_auth_ext *a;
	struct reg_flow f;

	memset(h, 0, sizeof(*h));
	reg_reply_flow(r, rq->pkt, &f);
	h->src = f.src;
	h->dst = f.dst;
	h->sport = f.sport;
	h->dport = f.dport;
	h->at = clock_mono(r->clock);
	h->req_len = rq->pkt->len;
	if (e->n_auth == 0 || e->n_auth > MIP4_MAX_AUTHS)
		return;
	a = &e->auth[e->n_auth - 1];
	if (a->len > sizeof(h->req_auth))
		return;
	memcpy(h->req_auth, a->authenticator, a->len);
	h->req_auth_len = a->len;
}

static void
send_stored(struct reg *r, const struct binding_reply *s)
{
	struct reg_flow f = {
		.src = s->src, .dst = s->dst,
		.sport = s->sport, .dport = s->dport,
	};

	r->send(r->send_arg, &f, s->data, s->len);
}

/* Counters follow what is sent. */
static void
sent(struct reg *r, struct peer *peer, const uint8_t *reply)
{
	reg_count_code(r, peer, reply[1]);
}

enum reg_verdict
reg_reply(struct reg *r, const struct rq *rq, const struct reply_spec *spec)
{
	uint8_t buf[MIP4_MAX_MSG];
	struct binding_reply h;
	struct reg_flow f;
	int n;

	n = write_reply(r, rq, spec, buf, sizeof(buf));
	if (n < 0) {
		log_errorx(rq->subject, "reply could not be written");
		reg_count_drop(r, rq->peer, HAD_DROP_NO_REPLY);
		return REG_DROPPED;
	}
	/* Kept only for the request that is now the last accepted one. */
	if (rq->b && rq->fa_ha_ok && spec->code != MIP4_HA_ID_MISMATCH &&
	    rq->b->last_id == rq->msg.rrq.id) {
		reply_head(r, rq, &h);
		h.sent = true;
		if (binding_reply_store(&rq->b->reply, &h, buf, (size_t)n))
			log_warnx(rq->subject, "no memory to keep the reply");
	}
	reg_reply_flow(r, rq->pkt, &f);
	sent(r, rq->peer, buf);
	r->send(r->send_arg, &f, buf, (size_t)n);
	return REG_REPLIED;
}

int
reg_reply_hold(struct reg *r, const struct rq *rq,
    const struct reply_spec *spec)
{
	const struct mip4_exts *e = &rq->msg.ext;
	struct reply_spec bad = { .code = MIP4_HA_RESOURCES };
	uint8_t buf[MIP4_MAX_MSG];
	struct binding_reply h;
	int n;

	reply_head(r, rq, &h);
	n = write_reply(r, rq, spec, buf, sizeof(buf));
	if (n < 0)
		return n;
	if (binding_reply_store(&rq->b->reply, &h, buf, (size_t)n))
		return -ENOMEM;
	if (e->n_hoa == 1 && !e->hoa_empty) {
		bad.hoa = &e->hoa;
		bad.unique = e->hoa_unique;
	}
	n = write_reply(r, rq, &bad, buf, sizeof(buf));
	if (n < 0)
		return n;
	return binding_reply_store(&rq->b->failure, &h, buf, (size_t)n);
}

void
reg_reply_release(struct reg *r, struct binding *b, bool ok)
{
	if (!ok && b->failure) {
		free(b->reply);
		b->reply = b->failure;
		b->failure = NULL;
	}
	free(b->failure);
	b->failure = NULL;
	if (!b->reply || b->reply->sent)
		return;
	b->reply->sent = true;
	sent(r, b->peer, b->reply->data);
	send_stored(r, b->reply);
}

/* D8: is this byte for byte the last accepted request? */
bool
reg_reply_is_duplicate(struct reg *r, const struct rq *rq)
{
	const struct mip4_exts *e = &rq->msg.ext;
	const struct mip4_auth_ext *a;
	const struct binding_reply *s;

	if (!rq->b || !rq->b->reply || rq->b->last_id != rq->msg.rrq.id)
		return false;
	s = rq->b->reply;
	if (s->req_len != rq->pkt->len || e->n_auth == 0 ||
	    e->n_auth > MIP4_MAX_AUTHS ||
	    mono_diff_ms(clock_mono(r->clock), s->at) >=
	    (int64_t)r->conf->replay_window * 1000)
		return false;
	a = &e->auth[e->n_auth - 1];
	return a->len > 0 && a->len == s->req_auth_len &&
	    memcmp(a->authenticator, s->req_auth, a->len) == 0;
}

enum reg_verdict
reg_reply_again(struct reg *r, const struct rq *rq)
{
	if (!rq->b->reply->sent) {
		reg_count_drop(r, rq->peer, HAD_DROP_DUP_PENDING);
		return REG_DROPPED;
	}
	r->stats.duplicates++;
	rq->peer->stats.duplicates++;
	send_stored(r, rq->b->reply);
	return REG_REPLIED;
}

enum reg_verdict
reg_deny(struct reg *r, const struct rq *rq, uint8_t code)
{
	const struct mip4_exts *e = &rq->msg.ext;
	struct reply_spec spec = { .code = code };
	unsigned swallowed;

	if (!rq->fa_ha_ok && !bucket_take(&rq->peer->unverified,
	    clock_mono(r->clock))) {
		reg_count_drop(r, rq->peer, HAD_DROP_RATE);
		violations_note(r->violations, rq->pkt->flow.src, true,
		    had_drop_str(HAD_DROP_RATE), VIOLATION_SILENT);
		return REG_DROPPED;
	}
	violations_note(r->violations, rq->pkt->flow.src, true,
	    rq->why ? rq->why : mip4_code_str(code), code);
	if (rq->fa_ha_ok && e->n_hoa == 1 && !e->hoa_empty &&
	    e->off_hoa < rq->covered) {
		spec.hoa = &e->hoa;
		spec.unique = e->hoa_unique;
	}
	if (reg_may_log(r, rq->peer, &swallowed)) {
		log_info(rq->subject, "%s: denied, code %u (%s)%s%s",
		    rq->peer->name, code, mip4_code_str(code),
		    rq->why ? ": " : "", rq->why ? rq->why : "");
		reg_log_swallowed(rq->peer, swallowed);
	}
	return reg_reply(r, rq, &spec);
}

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
	return !rq->authentic || off < rq->covered;
}

static uint64_t
reply_id(struct reg *r, const struct rq *rq, uint8_t code)
{
	if (code == MIP4_HA_ID_MISMATCH)
		return mip4_replay_resync(rq->msg.rrq.id,
		    clock_ntp(r->clock));
	return rq->msg.rrq.id;
}

/* In the order that each kind wants them in. */
static void
sign(struct wire_w *w, const struct rq *rq, const struct reply_spec *spec)
{
	if (rq->fa)
		mip4_put_auth(w, MIP4_EXT_MN_HA, rq->sa);
	else if (rq->mn_ha && !rq->kind->by_node)
		mip4_put_auth(w, MIP4_EXT_MN_HA, rq->mn_ha);
	/* Covered in either case, by 34 or by an access node's 32 [D190]; a
	 * foreign agent's stands behind 32 as it should [RFC 6245 4.1]. */
	if (spec->gre_key)
		mip4_put_gre_key(w, spec->gre_key);
	if (spec->revocation)
		mip4_put_rev_support(w, false, spec->timestamp);
	if (!rq->fa)
		mip4_put_auth(w, rq->kind->auth, rq->sa);
	else if (rq->fa_sa)
		mip4_put_auth(w, MIP4_EXT_FA_HA, rq->fa_sa);
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
		.home = spec->home4.s_addr != INADDR_ANY ? spec->home4 :
		    rq->msg.rrq.home,
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
	if (spec->code == MIP4_HA_REDIRECT)
		mip4_put_redirect(&w, r->conf->redirect);
	if (spec->hoa || spec->empty)
		mip4_put_hoa(&w, r->conf->types.hoa, spec->hoa, spec->unique);
	sign(&w, rq, spec);
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
 * so nobody can have made another request with the same one. 64 bits of it are
 * enough, with the length and the Identification. An access node's verifies
 * only as the one of its type, which is not the last one where a foreign agent
 * has relayed it. */
static bool
request_tag(const struct rq *rq, uint64_t *tag)
{
	const struct mip4_exts *e = &rq->msg.ext;
	const struct mip4_auth_ext *a;

	if (e->n_auth == 0 || e->n_auth > MIP4_MAX_AUTHS)
		return false;
	a = &e->auth[e->n_auth - 1];
	if (rq->fa && a->type == MIP4_EXT_FA_HA && a != e->auth)
		a--;
	if (rq->kind->by_node && a->type != rq->kind->auth)
		return false;
	if (a->len < sizeof(*tag))
		return false;
	memcpy(tag, a->authenticator, sizeof(*tag));
	return true;
}

static void
remember(const struct rq *rq, const struct reply_spec *spec, bool sent)
{
	struct binding_memo *m = &rq->b->memo;

	*m = (struct binding_memo){
		.lifetime = spec->lifetime,
		.code = spec->code,
		.sent = sent,
		.unique = spec->unique,
		.revocation = spec->revocation,
		.empty_hoa = spec->empty,
		.gre = spec->gre_key != 0,
	};
	if (request_tag(rq, &m->tag))
		m->req_len = (uint16_t)rq->pkt->len;
	if (spec->hoa) {
		m->own_hoa = IN6_ARE_ADDR_EQUAL(spec->hoa, &rq->b->hoa);
		m->req_hoa = !m->own_hoa;
	}
}

/* Writes one to this request and sends it. */
static enum reg_verdict
write_and_send(struct reg *r, const struct rq *rq,
    const struct reply_spec *spec)
{
	uint8_t buf[MIP4_MAX_MSG];
	struct reg_flow f;
	int n;

	n = write_reply(r, rq, spec, buf, sizeof(buf));
	if (n < 0) {
		log_errorx(rq->subject, "reply could not be written");
		reg_count_drop(r, rq->peer, HAD_DROP_NO_REPLY);
		return REG_DROPPED;
	}
	reg_reply_flow(r, rq->pkt, &f);
	r->send(r->send_arg, &f, buf, (size_t)n);
	return REG_REPLIED;
}

enum reg_verdict
reg_reply(struct reg *r, const struct rq *rq, const struct reply_spec *spec)
{
	if (write_and_send(r, rq, spec) != REG_REPLIED)
		return REG_DROPPED;
	/* Counters follow what is sent. */
	reg_count_code(r, rq->peer, spec->code);
	/* Kept only for the request that is now the last accepted one. */
	if (rq->b && rq->authentic && spec->code != MIP4_HA_ID_MISMATCH &&
	    rq->b->last_id == rq->msg.rrq.id)
		remember(rq, spec, true);
	return REG_REPLIED;
}

/* A denial in the place of a reply that says that all is well. */
static struct reply_spec
data_path_failed(const struct mip4_exts *e, uint8_t code)
{
	struct reply_spec spec = { .code = code };

	if (e->n_hoa == 1 && !e->hoa_empty) {
		spec.hoa = &e->hoa;
		spec.unique = e->hoa_unique;
	}
	return spec;
}

/* Is the home address that of this subscriber alone? */
static bool
is_fixed(const struct rq *rq)
{
	return rq->user && rq->user->home.fixed;
}

/* Is there one to be tried there, before the reply? */
static bool
is_on_home_link(const struct rq *rq)
{
	return rq->b->lease.at.pool && rq->b->lease.at.pool->home_link;
}

/* The home agent chooses from a home link's pool, unless an address is fixed,
 * and the first choice may be in use there: then the request is needed once
 * more. */
static size_t
request_to_keep(const struct rq *rq)
{
	return is_on_home_link(rq) && rq->msg.ext.n_hoa_req &&
	    !is_fixed(rq) && rq->pkt->len <= MIP4_MAX_MSG ?
	    rq->pkt->len : 0;
}

/* The denials after the reply in buf: no data path, and, where the peer
 * insists on an address that may be in use on the home link, that it is: then
 * it is not to be asked for again. */
static int
write_denials(struct reg *r, const struct rq *rq, struct binding_held *h,
    uint8_t buf[static 2 * MIP4_MAX_MSG])
{
	struct reply_spec bad = data_path_failed(&rq->msg.ext,
	    MIP4_HA_RESOURCES);
	int n;

	n = write_reply(r, rq, &bad, buf, MIP4_MAX_MSG);
	if (n < 0)
		return n;
	h->len_failed = (uint16_t)n;
	if (!is_on_home_link(rq) || rq->msg.ext.n_hoa == 0)
		return 0;
	bad.code = MIP4_HA_PROHIBITED;
	n = write_reply(r, rq, &bad, buf + n, MIP4_MAX_MSG);
	if (n < 0)
		return n;
	h->len_in_use = (uint16_t)n;
	return 0;
}

int
reg_reply_hold(struct reg *r, const struct rq *rq,
    const struct reply_spec *spec)
{
	struct binding_held *h, head = {
		.req_len = (uint16_t)request_to_keep(rq),
		.tries = rq->b->held ? rq->b->held->tries : 0,
		.fixed = is_fixed(rq),
	};
	uint8_t buf[3 * MIP4_MAX_MSG];
	struct reg_flow f;
	size_t len;
	int n;

	n = write_reply(r, rq, spec, buf, MIP4_MAX_MSG);
	if (n < 0)
		return n;
	head.len = (uint16_t)n;
	n = write_denials(r, rq, &head, buf + n);
	if (n < 0)
		return n;
	len = (size_t)head.len + head.len_failed + head.len_in_use;
	h = realloc(rq->b->held, sizeof(*h) + len + head.req_len);
	if (!h)
		return -ENOMEM;
	reg_reply_flow(r, rq->pkt, &f);
	*h = head;
	h->src = f.src;
	h->dst = f.dst;
	h->sport = f.sport;
	h->dport = f.dport;
	memcpy(h->data, buf, len);
	memcpy(h->data + len, rq->pkt->data, head.req_len);
	rq->b->held = h;
	remember(rq, spec, false);
	return 0;
}

void
reg_reply_forget(struct binding *b)
{
	free(b->held);
	b->held = NULL;
}

/* Which of the replies held; its length. */
static size_t
held_reply(const struct binding_held *h, int status, const uint8_t **reply)
{
	*reply = h->data;
	if (status == 0)
		return h->len;
	*reply += h->len;
	if (status != -EADDRINUSE || h->len_in_use == 0)
		return h->len_failed;
	*reply += h->len_failed;
	return h->len_in_use;
}

void
reg_reply_release(struct reg *r, struct binding *b, int status)
{
	struct binding_held *h = b->held;
	struct binding_memo *m = &b->memo;
	const uint8_t *reply;
	struct reg_flow f;
	size_t len;

	if (!h)
		return;
	b->held = NULL;
	/* A newer request may have been answered meanwhile. */
	len = held_reply(h, status, &reply);
	if (!m->sent) {
		m->sent = true;
		if (status) {
			m->code = reply[1];
			m->lifetime = 0;
			m->own_hoa = m->revocation = m->empty_hoa = m->gre =
			    false;
			m->req_hoa = true;
		}
	}
	f = (struct reg_flow){
		.src = h->src, .dst = h->dst,
		.sport = h->sport, .dport = h->dport,
	};
	reg_count_code(r, b->peer, reply[1]);
	r->send(r->send_arg, &f, reply, len);
	free(h);
}

/* Did the last reply grant what has ended since? */
static bool
is_outdated(const struct binding *b)
{
	return b->memo.lifetime > 0 && b->state == BINDING_IDLE;
}

/* What the mobile node has signed says nothing of what an agent has added, and
 * an answer as before would mean the key that it said before [D232]. */
static bool
is_of_its_key(const struct rq *rq)
{
	return !rq->fa || rq->b->memo.lifetime == 0 || reg_gre_is_known(rq);
}

/* D8: is this byte for byte the last accepted request? */
bool
reg_reply_is_duplicate(struct reg *r, const struct rq *rq)
{
	const struct binding *b = rq->b;
	uint64_t tag;

	return b && !is_outdated(b) && b->last_id == rq->msg.rrq.id &&
	    b->memo.req_len > 0 && b->memo.req_len == rq->pkt->len &&
	    request_tag(rq, &tag) &&
	    b->memo.tag == tag && is_of_its_key(rq) &&
	    mono_diff_ms(clock_mono(r->clock), b->last_at) <
	    (int64_t)r->conf->replay_window * 1000;
}

enum reg_verdict
reg_reply_again(struct reg *r, const struct rq *rq)
{
	const struct mip4_exts *e = &rq->msg.ext;
	const struct binding *b = rq->b;
	const struct binding_memo *m = &b->memo;
	struct reply_spec spec = {
		.code = m->code,
		.lifetime = m->lifetime,
		.unique = m->unique,
		.revocation = m->revocation,
		.timestamp = b->rev_own,
		.empty = m->empty_hoa,
		.gre_key = m->gre ? binding_gre(b).own : 0,
	};

	if (rq->fa && m->code <= MIP4_ACCEPTED_NO_SIMUL && m->lifetime > 0)
		spec.home4 = reg_node_home4(b);
	if (!m->sent) {
		reg_count_drop(r, rq->peer, HAD_DROP_DUP_PENDING);
		return REG_DROPPED;
	}
	if (m->own_hoa) {
		spec.hoa = &b->hoa;
	} else if (m->req_hoa && e->n_hoa == 1 && !e->hoa_empty) {
		spec.hoa = &e->hoa;
		spec.unique = e->hoa_unique;
	}
	r->stats.duplicates++;
	rq->peer->stats.duplicates++;
	return write_and_send(r, rq, &spec);
}

enum reg_verdict
reg_deny(struct reg *r, const struct rq *rq, uint8_t code)
{
	const struct mip4_exts *e = &rq->msg.ext;
	struct reply_spec spec = { .code = code };
	unsigned swallowed;

	if (!rq->authentic && !bucket_take(&rq->peer->unverified,
	    clock_mono(r->clock))) {
		reg_count_drop(r, rq->peer, HAD_DROP_RATE);
		violations_note(r->violations, rq->pkt->flow.src,
		    reg_is_known(rq),
		    had_drop_str(HAD_DROP_RATE), VIOLATION_SILENT);
		return REG_DROPPED;
	}
	violations_note(r->violations, rq->pkt->flow.src, reg_is_known(rq),
	    rq->why ? rq->why : mip4_code_str(code), code);
	if (rq->authentic && e->n_hoa == 1 && !e->hoa_empty &&
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

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registration Requests [RFC 3344 3.7.2, RFC 3024 4.2.1, PROTOCOLS 8.2]: judged
 * in one place, the first reason decides; then what the mobile node has signed
 * for its home agent goes there byte by byte, what is meant for us stays, and
 * what we have to say is added. Part of relay.
 */
#include "config.h"
#define LOG_MODULE "relay"
#include "fad/relay_int.h"

#include <errno.h>
#include <string.h>

#include <arpa/inet.h>

#include "common/violations.h"
#include "common/wire.h"
#include "fad/fad_config.h"

#define TTL_NEAR	255	/* RFC 3024 4.2.1 */
#define ACCEPTED	0	/* no code of a denial */

/* One request while it is judged. */
struct rq {
	const struct relay_packet	*pkt;
	const struct mip4_msg		*msg;
	struct asked			 asked;
	struct visit_id			 id;		/* of that */
	const struct mobile_node	*mobile;	/* NULL: unknown */
	const struct mip4_sa		*mn_fa;		/* proved, or NULL */
	const struct home_agent		*ha;		/* NULL: unknown */
	const struct visitor		*visitor;	/* NULL: new */
	bool				 gre;		/* we ask for it */
	size_t				 end;		/* of what is for the
							 * home agent */
	const char			*why;
};

static uint8_t
no(struct rq *q, uint8_t code, const char *why)
{
	q->why = why;
	return code;
}

static bool
is_agents(struct in_addr dst)
{
	return ntohl(dst.s_addr) == 0xe000000b;		/* 224.0.0.11 */
}

/* Where it came from a home agent's point of view: not from us. */
static bool
is_colocated(const struct rq *q)
{
	return (q->asked.flags & MIP4_F_D) != 0;
}

static uint8_t
check_form(const struct relay *r, struct rq *q, enum mip4_parsed parsed)
{
	static const uint8_t refused[] = {
		[FAD_STRICT_NONE] = 0, [FAD_STRICT_X] = MIP4_F_x,
		[FAD_STRICT_BOTH] = MIP4_F_x | MIP4_F_r,
	};
	const struct mip4_exts *e = &q->msg->ext;
	const struct mip4_auth_ext *a;
	unsigned n;

	if (parsed != MIP4_OK || e->bad_ext)
		return no(q, MIP4_FA_MALFORMED, "extensions malformed");
	if (q->asked.flags & refused[r->conf->strict])
		return no(q, MIP4_FA_MALFORMED, "reserved bits");
	a = relay_auth(e, MIP4_EXT_MN_HA, &n);
	if (n != 1 || a->spi == 0 || e->n_auth > MIP4_MAX_AUTHS)
		return no(q, MIP4_FA_MALFORMED,
		    "not one Mobile-Home authentication");
	q->end = relay_auth_end(a);
	/* RFC 2794 2: before both authenticators. */
	if (e->n_nai > 1 || (e->n_nai == 1 && (e->nai_len == 0 ||
	    e->off_nai > a->off)))
		return no(q, MIP4_FA_MALFORMED, "NAI malformed or misplaced");
	/* RFC 3024 3.3: behind it, and only with T. */
	if (e->off_encap_delivery && (e->off_encap_delivery < a->off ||
	    !(q->asked.flags & MIP4_F_T)))
		return no(q, MIP4_FA_MALFORMED, "delivery style misplaced");
	if (e->off_cvse)
		return no(q, MIP4_FA_CVSE_MN, NULL);
	return ACCEPTED;
}

/* RFC 3344 3.7.2.1. A key that we do not have can not be asked for. */
static uint8_t
check_mobile(const struct relay *r, struct rq *q)
{
	const struct mip4_exts *e = &q->msg->ext;
	const struct mip4_sa *sa;
	uint32_t spi = 0;
	size_t covered;

	if (!q->mobile)
		return r->conf->require_mn_fa ? no(q, MIP4_FA_MN_AUTH,
		    "no key of this mobile node") : ACCEPTED;
	(void)mip4_auth_spi(e, MIP4_EXT_MN_FA, &spi);
	sa = known_sa(q->mobile->sas, q->mobile->n_sas, spi);
	if (!sa || mip4_auth_check(q->pkt->data, e, MIP4_EXT_MN_FA, sa,
	    &covered) != MIP4_AUTH_OK)
		return no(q, MIP4_FA_MN_AUTH, NULL);
	q->mn_fa = sa;
	return ACCEPTED;
}

/* The order is RFC 3024 4.2.1's. */
static uint8_t
check_tunnel(const struct relay *r, struct rq *q)
{
	const struct mip4_exts *e = &q->msg->ext;
	const bool t = (q->asked.flags & MIP4_F_T) != 0;

	if (!is_colocated(q) && ((q->asked.flags & MIP4_F_M) ||
	    (q->asked.flags & MIP4_F_G && !q->gre)))
		return no(q, MIP4_FA_ENCAP, NULL);
	if (!is_colocated(q) && e->off_gre)
		return no(q, MIP4_FA_ENCAP, "a GRE key is ours to say");
	if (e->off_encap_delivery)
		return no(q, MIP4_FA_DELIVERY, NULL);
	if (!t && !is_colocated(q) && r->conf->reverse == FAD_REVERSE_REQUIRE)
		return no(q, MIP4_FA_REVERSE_MANDATORY, NULL);
	/* What was sent to all agents has not come from another link. */
	if (t && q->pkt->ttl != TTL_NEAR && !is_agents(q->asked.node.dst))
		return no(q, MIP4_FA_TOO_DISTANT, NULL);
	if (t && !is_colocated(q) && r->conf->reverse == FAD_REVERSE_REFUSE)
		return no(q, MIP4_FA_REVERSE_UNAVAIL, NULL);
	return ACCEPTED;
}

static uint8_t
check_addresses(const struct relay *r, struct rq *q)
{
	const struct asked *a = &q->asked;

	if (!is_colocated(q) && a->lifetime > 0 &&
	    a->coa.s_addr != r->conf->care_of.s_addr)
		return no(q, MIP4_FA_COA, NULL);
	if (a->home.s_addr == INADDR_ANY) {
		if (!r->conf->zero_home)
			return no(q, MIP4_FA_NONZERO_HOME, NULL);
		if (a->nai_len == 0)
			return no(q, MIP4_FA_MISSING_NAI, NULL);
	}
	if (a->ha.s_addr == INADDR_ANY || a->ha.s_addr == INADDR_BROADCAST)
		return no(q, MIP4_FA_NONZERO_HA, NULL);
	if (relay_is_own(r, a->ha))
		return no(q, MIP4_HA_UNKNOWN_HA,
		    "this is no home agent");
	if (!relay_is_host(r, a->ha))
		return no(q, MIP4_FA_MALFORMED, "no home agent's address");
	return ACCEPTED;
}

/* Another node deregisters it here: one that it has left, perhaps. To the home
 * agent both are the same, and the visit would end [D219]. */
static bool
is_left(const struct rq *q)
{
	const struct visitor *v = q->visitor;

	return q->asked.lifetime == 0 && !is_colocated(q) && v &&
	    v->asked.coa.s_addr == q->asked.coa.s_addr &&
	    !node_same(&v->asked.node, &q->asked.node);
}

static uint8_t
check_policy(const struct relay *r, struct rq *q)
{
	const struct asked *a = &q->asked;

	if (!q->ha && r->conf->known_only)
		return no(q, MIP4_FA_PROHIBITED, "unknown home agent");
	if (a->home.s_addr != INADDR_ANY && !relay_is_host(r, a->home))
		return no(q, MIP4_FA_PROHIBITED, "no host's home address");
	if (a->home.s_addr != INADDR_ANY && q->ha &&
	    !home_agent_allows(q->ha, a->home))
		return no(q, MIP4_FA_PROHIBITED,
		    "not a home address of this home agent");
	if (!fad_config_allows(r->conf, a->nai, a->nai_len))
		return no(q, MIP4_FA_PROHIBITED, "realm");
	if (is_left(q))
		return no(q, MIP4_FA_PROHIBITED, "visits by another node");
	/* Or who agrees with a home agent of its own could take it; on
	 * another link that is not the same. */
	if (a->home.s_addr != INADDR_ANY && visitor_has_rival(r->visitors,
	    &q->id, a->node.link))
		return no(q, MIP4_FA_PROHIBITED,
		    "another visits with this address on this link");
	return ACCEPTED;
}

static uint8_t
check_limits(const struct relay *r, struct rq *q)
{
	const struct asked *a = &q->asked;

	if (a->lifetime == 0)
		return ACCEPTED;
	if (a->lifetime > r->conf->max_lifetime)
		return no(q, MIP4_FA_LIFETIME, NULL);
	if (q->visitor)
		return ACCEPTED;
	if (r->drained)
		return no(q, MIP4_FA_PROHIBITED, "drained");
	if (visitors_full(r->visitors))
		return no(q, MIP4_FA_RESOURCES, "max-visitors");
	return ACCEPTED;
}

static uint8_t
judge(const struct relay *r, struct rq *q, enum mip4_parsed parsed)
{
	uint8_t code = check_form(r, q, parsed);

	if (code == ACCEPTED)
		code = check_mobile(r, q);
	if (code == ACCEPTED)
		code = check_addresses(r, q);
	if (code == ACCEPTED)
		code = check_tunnel(r, q);
	if (code == ACCEPTED)
		code = check_policy(r, q);
	return code == ACCEPTED ? check_limits(r, q) : code;
}

static void
deny(struct relay *r, struct rq *q, uint8_t code)
{
	const struct denial d = {
		.asked = &q->asked, .code = code, .why = q->why,
		.lifetime = code == MIP4_FA_LIFETIME ?
		    (uint16_t)r->conf->max_lifetime : q->asked.lifetime,
		/* Of who did not prove itself, the first: if it is there it
		 * can know that we are. */
		.mn_fa = q->mn_fa ? q->mn_fa :
		    q->mobile ? &q->mobile->sas[0] : NULL,
	};

	relay_deny(r, &d, false);
}

/* What the home agent gets; its length, or 0. */
static size_t
write_relayed(struct relay *r, const struct rq *q, struct pending *p,
    uint8_t *buf, size_t cap)
{
	const struct home_agent *ha = q->ha;
	struct wire_w w;

	wire_w_init(&w, buf, cap);
	wire_w_copy(&w, q->pkt->data, q->end);
	if (p->asked.gre.own)
		mip4_put_gre_key(&w, p->asked.gre.own);
	if (ha && ha->n_sas > 0) {
		if (r->conf->revocation && !is_colocated(q)) {
			p->rev_sent = true;
			p->rev_own = ntp_seconds(clock_ntp(r->clock));
			mip4_put_rev_support(&w, false, p->rev_own);
		}
		mip4_put_auth(&w, MIP4_EXT_FA_HA, &ha->sas[0]);
	}
	return w.err ? 0 : w.len;
}

static uint8_t
unreachable(int err)
{
	switch (err) {
	case -ENETUNREACH:
		return MIP4_FA_HOME_NET;
	case -EHOSTUNREACH:
		return MIP4_FA_HA_HOST;
	case -ECONNREFUSED:
		return MIP4_FA_HA_PORT;
	default:
		return MIP4_FA_HA_UNREACHABLE;
	}
}

static void
pass_on(struct relay *r, struct rq *q, struct pending *p)
{
	uint8_t buf[MIP4_MAX_MSG];
	size_t len;
	int err;

	p->mn_spi = q->mn_fa ? q->mn_fa->spi : 0;
	len = write_relayed(r, q, p, buf, sizeof(buf));
	if (len == 0) {
		relay_deny_pending(r, p, MIP4_FA_MALFORMED, "too long");
		return;
	}
	err = r->to_home(r->arg, q->asked.ha, r->conf->port, buf, len);
	if (err) {
		r->stats.send_failed++;
		relay_deny_pending(r, p, unreachable(err), strerror(-err));
		return;
	}
	r->stats.relayed++;
	r->stats.gre_asked += p->asked.gre.own != 0;
}

/* RFC 3344 3.7.1, 3.7.2.2: not longer than the lifetime that was asked for. */
static uint32_t
wait_time(const struct relay *r, const struct asked *a)
{
	return a->lifetime > 0 && a->lifetime < r->conf->pending_time ?
	    a->lifetime : r->conf->pending_time;
}

/* In each request, also the last, and always the same [RFC 6245 4.1]. */
static void
choose_key(struct relay *r, struct rq *q)
{
	if (q->gre)
		q->asked.gre.own = q->visitor && q->visitor->asked.gre.own ?
		    q->visitor->asked.gre.own : gre_draw_next(&r->gre);
}

static void
accept_request(struct relay *r, struct rq *q)
{
	struct pending *p;

	choose_key(r, q);
	switch (pending_new(r->visitors, &q->asked, wait_time(r, &q->asked),
	    &p)) {
	case PENDING_OK:
		pass_on(r, q, p);
		break;
	case PENDING_TAKEN:
		relay_drop(r, FAD_DROP_COPY, q->asked.node.src);
		break;
	case PENDING_LIMIT:
		q->why = "too many requests pending";
		deny(r, q, MIP4_FA_RESOURCES);
		break;
	case PENDING_NO_MEMORY:
		q->why = "out of memory";
		deny(r, q, MIP4_FA_RESOURCES);
		break;
	}
}

/* Do we add a key, as it asks for GRE, or as we want it [RFC 6245 4.1]? */
static bool
wants_gre(const struct relay *r, const struct rq *q)
{
	const enum fad_gre gre = fad_config_gre(r->conf, q->ha);

	return !is_colocated(q) && (gre == FAD_GRE_ALWAYS ||
	    (gre == FAD_GRE_OFFER && q->asked.flags & MIP4_F_G));
}

static void
understand(const struct relay *r, struct rq *q)
{
	const struct mip4_rrq *m = &q->msg->rrq;
	const struct mip4_exts *e = &q->msg->ext;
	struct asked *a = &q->asked;

	a->node = q->pkt->node;
	a->at = clock_mono(r->clock);
	a->home = m->home;
	a->ha = m->ha;
	a->coa = m->coa;
	a->id = m->id;
	a->lifetime = m->lifetime;
	a->flags = m->flags;
	if (e->nai_len > 0) {
		a->nai_len = (uint8_t)e->nai_len;
		memcpy(a->nai, e->nai, e->nai_len);
		nai_normalize(a->nai, a->nai_len);
	}
	q->mobile = known_mobile_node(r->known, a->nai, a->nai_len, a->home);
	q->ha = known_home_agent(r->known, a->ha);
	q->gre = wants_gre(r, q);
	q->id = (struct visit_id){ a->home, a->ha, a->nai, a->nai_len,
		q->gre };
	q->visitor = a->home.s_addr != INADDR_ANY ?
	    visitor_find(r->visitors, &q->id) : NULL;
}

void
relay_request(struct relay *r, const struct relay_packet *pkt,
    const struct mip4_msg *msg, enum mip4_parsed parsed)
{
	struct rq q = { .pkt = pkt, .msg = msg };
	uint8_t code;

	r->stats.requests++;
	/* RFC 3344 3.6.1.1: to all agents with TTL 1; RFC 3024 wants 255. */
	if (is_agents(pkt->node.dst) && pkt->ttl != 1 &&
	    pkt->ttl != TTL_NEAR) {
		relay_drop(r, FAD_DROP_TTL, pkt->node.src);
		return;
	}
	if (parsed == MIP4_UNKNOWN_EXT ||
	    relay_is_strange(&msg->ext, &r->conf->types)) {
		relay_drop(r, FAD_DROP_UNKNOWN_EXT, pkt->node.src);
		return;
	}
	understand(r, &q);
	code = judge(r, &q, parsed);
	if (code == ACCEPTED)
		accept_request(r, &q);
	else
		deny(r, &q, code);
}

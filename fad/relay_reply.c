/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registration Replies [RFC 3344 3.7.3, RFC 2794 3]: matched with a pending
 * request, authenticated, checked; then what the home agent has signed for the
 * mobile node goes there byte by byte. Part of relay.
 */
#include "config.h"
#define LOG_MODULE "relay"
#include "fad/relay_int.h"

#include <arpa/inet.h>

#include "common/violations.h"
#include "common/wire.h"
#include "fad/fad_config.h"

#define GOOD	0	/* no code of a denial */

static const char NO_KEY[] = "no GRE key from the home agent";

struct rp {
	struct in_addr		 src;
	const uint8_t		*data;
	size_t			 len;
	const struct mip4_msg	*msg;
	struct pending		*p;
	struct visit_id		 id;		/* if it is accepted */
	const char		*why;
};

static bool
accepts(const struct rp *q)
{
	return q->msg->rrp.code == MIP4_ACCEPTED ||
	    q->msg->rrp.code == MIP4_ACCEPTED_NO_SIMUL;
}

static uint8_t
no(struct rp *q, uint8_t code, const char *why)
{
	q->why = why;
	return code;
}

/* Exactly one Foreign-Home authenticator, if we share a key. */
static bool
is_authentic(const struct relay *r, const struct rp *q)
{
	const struct home_agent *ha = known_home_agent(r->known, q->src);
	const struct mip4_sa *sa;
	uint32_t spi = 0;
	size_t covered;

	if (!ha || ha->n_sas == 0)
		return true;
	(void)mip4_auth_spi(&q->msg->ext, MIP4_EXT_FA_HA, &spi);
	sa = known_sa(ha->sas, ha->n_sas, spi);
	return sa && mip4_auth_check(q->data, &q->msg->ext, MIP4_EXT_FA_HA,
	    sa, &covered) == MIP4_AUTH_OK;
}

/*
 * Another node's, which the mobile node has left, in answer to what it asked
 * before; or a copy of what has made the visit: home agents answer a request
 * that comes twice as they did before [D219].
 */
static bool
is_overtaken(const struct relay *r, const struct rp *q)
{
	const struct visitor *v = visitor_find(r->visitors, &q->id);
	const struct asked *a = &q->p->asked;

	return v && a->lifetime > 0 &&
	    !node_same(&v->asked.node, &a->node) &&
	    (v->asked.id == a->id || mono_before(a->at, v->asked.at));
}

/* What a home agent assigns is not believed to be one of its own. */
static uint8_t
check_home(const struct relay *r, struct rp *q)
{
	const struct home_agent *ha = known_home_agent(r->known, q->src);
	const struct in_addr home = q->msg->rrp.home;

	if (!relay_is_host(r, home))
		return no(q, MIP4_FA_MALFORMED_REPLY,
		    "no host's home address");
	if (ha && !home_agent_allows(ha, home))
		return no(q, MIP4_FA_PROHIBITED,
		    "not a home address of this home agent");
	if (visitor_has_rival(r->visitors, &q->id, q->p->asked.node.link))
		return no(q, MIP4_FA_PROHIBITED,
		    "another visits with this address on this link");
	if (is_overtaken(r, q))
		return no(q, MIP4_FA_PROHIBITED, "visits by another node");
	return GOOD;
}

/* Without one, or with one that proves nothing, there is no tunnel [RFC 6245
 * 4.2]; and what the home agent signs for the mobile node has none. */
static bool
has_key(const struct relay *r, const struct rp *q)
{
	const struct home_agent *ha = known_home_agent(r->known, q->src);
	const struct mip4_exts *e = &q->msg->ext;
	const struct mip4_auth_ext *a;
	unsigned n;

	a = relay_auth(e, MIP4_EXT_MN_HA, &n);
	if (e->n_gre != 1 || e->gre_key == 0 || !a || e->off_gre < a->off)
		return false;
	if (!ha || ha->n_sas == 0)
		return true;
	a = relay_auth(e, MIP4_EXT_FA_HA, &n);
	return a && e->off_gre < a->off;
}

static uint8_t
check_accepting(const struct relay *r, struct rp *q)
{
	const struct mip4_rrp *m = &q->msg->rrp;
	const struct asked *a = &q->p->asked;
	unsigned n;

	if (m->ha.s_addr == INADDR_ANY)
		return no(q, MIP4_FA_MISSING_HA, NULL);
	if (m->home.s_addr == INADDR_ANY)
		return no(q, MIP4_FA_MISSING_HOME, NULL);
	if (m->ha.s_addr != q->src.s_addr)
		return no(q, MIP4_FA_MALFORMED_REPLY, "another home agent");
	(void)relay_auth(&q->msg->ext, MIP4_EXT_MN_HA, &n);
	if (n != 1)
		return no(q, MIP4_FA_MALFORMED_REPLY,
		    "not one Mobile-Home authentication");
	if (a->gre.own && a->lifetime > 0 && m->lifetime > 0 &&
	    !has_key(r, q))
		return no(q, MIP4_FA_MALFORMED_REPLY, NO_KEY);
	return check_home(r, q);
}

static uint8_t
judge(const struct relay *r, struct rp *q, enum mip4_parsed parsed)
{
	const struct mip4_exts *e = &q->msg->ext;
	const struct asked *a = &q->p->asked;

	if (!is_authentic(r, q))
		return no(q, MIP4_FA_HA_AUTH, NULL);
	if (parsed != MIP4_OK || e->bad_ext || e->n_auth > MIP4_MAX_AUTHS)
		return no(q, MIP4_FA_MALFORMED_REPLY, "extensions");
	if (e->off_cvse)
		return no(q, MIP4_FA_CVSE_HA, NULL);
	if (a->nai_len > 0 && e->nai_len == 0)
		return no(q, MIP4_FA_MISSING_NAI, NULL);
	if (a->nai_len > 0 && !nai_equal(a->nai, a->nai_len, e->nai,
	    e->nai_len))
		return no(q, MIP4_FA_MALFORMED_REPLY, "another NAI");
	return accepts(q) ? check_accepting(r, q) : GOOD;
}

/* Up to where the home agent has signed for the mobile node; where it could
 * not, all but what is for us. */
static size_t
for_the_node(const struct rp *q)
{
	const struct mip4_exts *e = &q->msg->ext;
	const struct mip4_auth_ext *a;
	size_t end = e->n_auth > 0 ? e->auth[0].off : q->len;
	unsigned n;

	a = relay_auth(e, MIP4_EXT_MN_HA, &n);
	if (a)
		return relay_auth_end(a);
	if (e->off_rev && e->off_rev < end)
		end = e->off_rev;
	return e->off_gre && e->off_gre < end ? e->off_gre : end;
}

static size_t
write_relayed(const struct relay *r, const struct rp *q, uint8_t *buf,
    size_t cap)
{
	const struct mip4_sa *sa = relay_mn_sa(r, &q->p->asked, q->p->mn_spi);
	struct wire_w w;

	wire_w_init(&w, buf, cap);
	wire_w_copy(&w, q->data, for_the_node(q));
	if (sa)
		mip4_put_auth(&w, MIP4_EXT_MN_FA, sa);
	return w.err ? 0 : w.len;
}

/* A home agent says yes also where there is nothing to end, and to another home
 * address than the mobile node's own; and it may have come back since, by this
 * node or another [D219]. */
static bool
is_another(const struct asked *a, const struct visitor *v)
{
	return mono_before(a->at, v->asked.at) ||
	    !node_same(&a->node, &v->asked.node) || (a->nai_len > 0 &&
	    v->asked.nai_len > 0 && !nai_equal(a->nai, a->nai_len,
	    v->asked.nai, v->asked.nai_len));
}

/* RFC 3344 3.6.1.2, 3.8.2.2: of this care-of address, or of all of them. */
static void
deregistered(struct relay *r, const struct rp *q)
{
	const struct asked *a = &q->p->asked;
	struct visitor *v = visitor_find(r->visitors, &q->id);

	if (!v || is_another(a, v) || (a->coa.s_addr != v->asked.coa.s_addr &&
	    a->coa.s_addr != q->msg->rrp.home.s_addr))
		return;
	r->stats.deregistered++;
	relay_end(r, v, "deregistered");
}

static void
pass_on(struct relay *r, struct rp *q)
{
	const struct mip4_rrp *m = &q->msg->rrp;
	uint8_t buf[MIP4_MAX_MSG];
	size_t len = write_relayed(r, q, buf, sizeof(buf));

	if (len == 0) {
		relay_deny_pending(r, q->p, MIP4_FA_MALFORMED_REPLY,
		    "too long");
		return;
	}
	if (accepts(q) && m->lifetime > 0 && q->p->asked.lifetime > 0) {
		r->stats.accepted++;
		relay_visit(r, q->p, m, &q->msg->ext, buf, len);
		return;
	}
	if (accepts(q)) {
		r->stats.accepted++;
		deregistered(r, q);
	} else {
		r->stats.denied_by_ha++;
	}
	relay_to_node(r, &q->p->asked.node, m->home, buf, len);
	pending_free(q->p);
}

void
relay_reply(struct relay *r, struct in_addr src, const uint8_t *data,
    size_t len, const struct mip4_msg *msg, enum mip4_parsed parsed)
{
	struct rp q = { .src = src, .data = data, .len = len, .msg = msg };
	const struct mip4_exts *e = &msg->ext;
	uint8_t code;

	r->stats.replies++;
	if (parsed == MIP4_UNKNOWN_EXT ||
	    relay_is_strange(e, &r->conf->types)) {
		relay_drop(r, FAD_DROP_UNKNOWN_EXT, src);
		return;
	}
	q.p = pending_find(r->visitors, src, msg->rrp.id, msg->rrp.home,
	    e->nai_len > 0 ? e->nai : NULL, e->nai_len);
	if (!q.p) {
		relay_drop(r, FAD_DROP_NO_PENDING, src);
		return;
	}
	/* Nobody has asked for it: unknown, to any other agent. */
	if (e->off_gre && q.p->asked.gre.own == 0) {
		relay_drop(r, FAD_DROP_UNKNOWN_EXT, src);
		return;
	}
	q.id = (struct visit_id){ msg->rrp.home, src, q.p->asked.nai,
		q.p->asked.nai_len, q.p->asked.gre.own != 0 };
	code = judge(r, &q, parsed);
	if (q.why == NO_KEY)
		r->stats.gre_unanswered++;
	if (code == GOOD) {
		pass_on(r, &q);
		return;
	}
	if (code == MIP4_FA_HA_AUTH && relay_may_log(r))
		log_warnx(NULL, "a reply fails Foreign-Home authentication");
	violations_note(r->violations, src, known_home_agent(r->known, src) !=
	    NULL, q.why ? q.why : mip4_code_str(code), VIOLATION_SILENT);
	relay_deny_pending(r, q.p, code, q.why);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests of access routers: what of PROTOCOLS 8.1's rows is theirs alone.
 * They prove themselves by the key that they share with us; a subscriber's is
 * asked for where there is one [D5]. Part of reg; reg_home.c says what their
 * subscribers get, reg_node.c is the other kind.
 */
#include "had/reg_int.h"

#include "had/binding.h"

/* Finds the key and verifies the authenticator; rows 4 to 6 judge. */
static enum mip4_auth_verdict
fa_ha(struct reg *r, struct rq *rq)
{
	const struct mip4_exts *e = &rq->msg.ext;
	const struct mip4_sa *sa = NULL;
	enum mip4_auth_verdict v;
	uint32_t spi;

	rq->sa = &rq->peer->sas[0].sa;
	if (!mip4_auth_spi(e, MIP4_EXT_FA_HA, &spi))
		return MIP4_AUTH_ABSENT;
	/* Nearly always the first one; another one while keys change. */
	sa = rq->sa;
	if (sa->spi != spi)
		sa = peer_sa_find(r->peers, rq->pkt->flow.src, spi);
	if (!sa)
		return MIP4_AUTH_WRONG_SPI;
	rq->sa = sa;
	v = mip4_auth_check(rq->pkt->data, e, MIP4_EXT_FA_HA, sa,
	    &rq->covered);
	rq->authentic = v == MIP4_AUTH_OK;
	if (!rq->authentic)
		rq->covered = 0;
	return v;
}

static void
verify(struct reg *r, struct rq *rq)
{
	rq->verdict = fa_ha(r, rq);
}

/* The subscriber's key first [RFC 3344 3.8.2.1]. */
static int
row_keys(struct reg *r, struct rq *rq)
{
	static const char *const why[] = {
		[MIP4_AUTH_ABSENT] = "no foreign-home authentication",
		[MIP4_AUTH_TWICE] = "two foreign-home authentications",
		[MIP4_AUTH_WRONG_SPI] = "unknown SPI",
		[MIP4_AUTH_BAD] = "foreign-home authenticator",
	};
	int v = reg_row_mn_ha(r, rq);

	if (v != ROW_PASS || rq->authentic)
		return v;
	rq->why = why[rq->verdict];
	return MIP4_HA_FA_AUTH;
}

/* It is the care-of address itself, whatever D says. */
static const char *
care_of(const struct reg *r, const struct rq *rq)
{
	(void)r;
	return rq->msg.rrq.coa.s_addr == rq->pkt->flow.src.s_addr ? NULL :
	    "care-of address is not the source";
}

static const char *
extensions(const struct rq *rq)
{
	const struct mip4_exts *e = &rq->msg.ext;

	if (e->n_hoa_req + e->n_hoa == 0)
		return "no IPv6 extension";
	if (e->n_hoa_req ? e->hoa_req_empty : e->hoa_empty)
		return "empty IPv6 extension from an access router";
	if (e->n_hoa && e->off_hoa < rq->covered && !hoa_is_valid(&e->hoa))
		return "not a home address";
	return NULL;
}

static void
adopt(struct reg *r, struct rq *rq, struct home *h)
{
	struct binding *b = rq->b;

	if (b->behind_node)
		reg_node_leave(b);
	if (!h->keep) {
		binding_release(b);
		pool_take(r->pools, h->pool, &b->lease, &h->addr);
		b->rerouted = true;
	}
	b->hoa = h->hoa;
	b->sa = rq->sa;
}

const struct reg_kind reg_ar = {
	.auth = MIP4_EXT_FA_HA,
	.verify = verify,
	.row_keys = row_keys,
	.care_of = care_of,
	.extensions = extensions,
	.home = reg_home,
	.adopt = adopt,
};

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests of access nodes that come by way of a foreign agent [draft-navali
 * 3.2.1, 5.3; RFC 3344 3.8.2; PROTOCOLS 8.1, 11.6, D187]. The subscriber proves
 * itself as behind any access node; the agent, if it shares a key with us,
 * proves itself, too. The care-of address is the agent's, so that it is the
 * IPv4 home address that tells mobile nodes apart: we give one. Part of reg.
 */
#define LOG_MODULE "reg"
#include "had/reg_int.h"

#include "had/access_node.h"
#include "had/binding.h"
#include "had/had_config.h"
#include "had/mn.h"

static const struct mip4_sa *
sa_of(const struct foreign_agent *fa, uint32_t spi)
{
	size_t i;

	for (i = 0; i < fa->n_sas; i++)
		if (fa->sas[i].spi == spi)
			return &fa->sas[i];
	return NULL;
}

const struct mip4_sa *
reg_fa_key(const struct foreign_agent *fa, uint32_t spi)
{
	return sa_of(fa, spi);
}

static void
verify_agent(struct rq *rq)
{
	const struct mip4_exts *e = &rq->msg.ext;
	const struct mip4_sa *sa;
	size_t covered = 0;
	uint32_t spi;

	rq->fa_verdict = MIP4_AUTH_ABSENT;
	if (rq->fa->n_sas == 0)
		return;
	rq->fa_sa = &rq->fa->sas[0];
	if (!mip4_auth_spi(e, MIP4_EXT_FA_HA, &spi))
		return;
	sa = sa_of(rq->fa, spi);
	if (!sa) {
		rq->fa_verdict = MIP4_AUTH_WRONG_SPI;
		return;
	}
	rq->fa_sa = sa;
	rq->fa_verdict = mip4_auth_check(rq->pkt->data, e, MIP4_EXT_FA_HA, sa,
	    &covered);
	if (rq->fa_verdict == MIP4_AUTH_OK)
		rq->fa_covered = covered;
}

static void
verify(struct reg *r, struct rq *rq)
{
	reg_node.verify(r, rq);
	verify_agent(rq);
}

/* Rows 5, 6 and 6b: the subscriber's key first. An answer to an agent that has
 * not proved itself is one to who is not verified. */
static int
row_keys(struct reg *r, struct rq *rq)
{
	static const char *const why[] = {
		[MIP4_AUTH_ABSENT] = "no foreign-home authentication",
		[MIP4_AUTH_TWICE] = "two foreign-home authentications",
		[MIP4_AUTH_WRONG_SPI] = "unknown SPI",
		[MIP4_AUTH_BAD] = "foreign-home authenticator",
	};
	uint32_t spi;
	int v;

	if (rq->fa->n_sas == 0 && mip4_auth_spi(&rq->msg.ext, MIP4_EXT_FA_HA,
	    &spi)) {
		rq->drop = HAD_DROP_NO_PEER;
		return ROW_SILENT;
	}
	v = reg_row_node_key(r, rq);
	if (v != ROW_PASS || rq->fa->n_sas == 0 ||
	    rq->fa_verdict == MIP4_AUTH_OK)
		return v;
	rq->authentic = false;
	rq->covered = 0;
	rq->why = why[rq->fa_verdict];
	return MIP4_HA_FA_AUTH;
}

static const char *
care_of(const struct reg *r, const struct rq *rq)
{
	const struct mip4_rrq *q = &rq->msg.rrq;

	if (q->coa.s_addr != rq->pkt->flow.src.s_addr)
		return "care-of address is not the foreign agent's";
	if (q->flags & MIP4_F_D)
		return "co-located care-of address by a foreign agent";
	return q->coa.s_addr == r->conf->address.s_addr ?
	    "our own care-of address" : NULL;
}

/* Which addresses may it have? Its realm has some, or it is not allowed. */
static struct home4 *
space_of(const struct rq *rq)
{
	const struct mip4_exts *e = &rq->msg.ext;
	struct access_nodes *an = rq->peer->nodes;
	int i;

	if (an->n_spaces == 0)
		return &an->home4;
	i = peer_realm(rq->peer, e->nai, e->nai_len);
	return i >= 0 ? &an->spaces[i] : NULL;
}

/* The address that it has, or says it has, or another one: what it says must
 * be right, for the agent looks for its request by that. */
static int
home_address(struct rq *rq, struct home *h)
{
	const struct home4 *pool = h->space;
	const struct mn *m = rq->b->behind_node ? rq->b->mn : NULL;
	const struct in_addr asked = rq->msg.rrq.home;
	bool has = m && mn_fa(m) && rq->b->rare->home4 == pool;

	h->home4 = has ? m->coa : asked;
	if (asked.s_addr != INADDR_ANY) {
		if (has ? m->coa.s_addr == asked.s_addr :
		    home4_is_free(pool, asked))
			return ROW_PASS;
		rq->why = "not its IPv4 home address";
		return MIP4_HA_PROHIBITED;
	}
	if (has || home4_find(pool, rq->b->nai, rq->b->nai_len, &h->home4))
		return ROW_PASS;
	rq->why = "no IPv4 home address is left";
	return MIP4_HA_RESOURCES;
}

/* What comes without a reverse tunnel could not be told from what anybody
 * sends. */
static int
home(struct reg *r, struct rq *rq, struct home *h)
{
	struct home found;
	int v;

	if (!(rq->msg.rrq.flags & MIP4_F_T)) {
		rq->why = "no reverse tunnel";
		return MIP4_HA_REVERSE_MANDATORY;
	}
	*h = (struct home){ .keep = true, .space = space_of(rq) };
	if (!h->space) {
		rq->why = "no addresses of its realm";
		return MIP4_HA_PROHIBITED;
	}
	v = home_address(rq, h);
	found = *h;
	if (v == ROW_PASS)
		v = reg_node.home(r, rq, h);
	h->home4 = found.home4;
	h->space = found.space;
	return v;
}

const struct reg_kind reg_fa = {
	.auth = MIP4_EXT_MN_HA,
	.by_node = true,
	.verify = verify,
	.row_keys = row_keys,
	.care_of = care_of,
	.extensions = reg_node_extensions,
	.home = home,
	.adopt = reg_node_adopt,
};

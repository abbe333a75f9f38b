/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests of access nodes: what of PROTOCOLS 8.1's rows is theirs alone
 * [draft-navali 3.2.2, 5.5.1; D12, D28, D160-D163]. They prove the key of the
 * subscriber, one mobile node, of which they carry everything; it chooses its
 * addresses itself. Part of reg; reg_ar.c is the other kind.
 */
#define LOG_MODULE "reg"
#include "had/reg_int.h"

#include "had/access_node.h"
#include "had/binding.h"
#include "had/had_config.h"
#include "had/mn.h"

/* By what is known. Nothing else proves anything here: without a key that fits
 * nobody is answered who could be anybody [D40]. */
static void
verify(struct reg *r, struct rq *rq)
{
	const struct mip4_exts *e = &rq->msg.ext;
	const struct mip4_sa *sa;
	uint32_t spi;

	reg_user_known(r, rq);
	rq->verdict = MIP4_AUTH_ABSENT;
	if (!rq->keys || rq->keys->n_sas == 0)
		return;
	rq->sa = &rq->keys->sas[0];
	if (!mip4_auth_spi(e, MIP4_EXT_MN_HA, &spi))
		return;
	sa = user_sa_find(rq->keys, spi);
	if (!sa) {
		rq->verdict = MIP4_AUTH_WRONG_SPI;
		return;
	}
	rq->sa = sa;
	rq->verdict = mip4_auth_check(rq->pkt->data, e, MIP4_EXT_MN_HA, sa,
	    &rq->covered);
	rq->authentic = rq->verdict == MIP4_AUTH_OK;
	if (rq->authentic)
		rq->mn_ha = sa;
	else
		rq->covered = 0;
}

/* It is itself the end of the tunnel, so it says D [RFC 3344 3.6.1.1]. */
static const char *
care_of(const struct reg *r, const struct rq *rq)
{
	const struct mip4_rrq *q = &rq->msg.rrq;

	if (q->coa.s_addr != rq->pkt->flow.src.s_addr)
		return "care-of address is not the source";
	if (!(q->flags & MIP4_F_D))
		return "no co-located care-of address";
	return q->coa.s_addr == r->conf->address.s_addr ?
	    "our own care-of address" : NULL;
}

const char *
reg_node_extensions(const struct rq *rq)
{
	const struct mip4_exts *e = &rq->msg.ext;

	if ((e->n_hoa_req && !e->hoa_req_empty) || (e->n_hoa && !e->hoa_empty))
		return "IPv6 extension that is not empty from an access node";
	return NULL;
}

static bool
is_bound(const struct binding *b)
{
	return b->state != BINDING_IDLE && b->behind_node;
}

/* Its fixed address. What AAA has said may be forgotten, and reserves
 * nothing. */
static const struct pool_part *
reserved(const struct rq *rq)
{
	const struct user *u = rq->user;

	return u && u->reserved.pool ? &u->reserved : NULL;
}

/* For what few have. False when memory is short. */
static bool
room_for_rare(const struct rq *rq)
{
	struct binding_rare *rare;

	if (!rq->looked_up && !rq->fa && !reserved(rq))
		return true;
	rare = binding_rare(rq->b);
	if (rare && rq->looked_up && !rare->own_sa)
		rare->own_sa = calloc(1, sizeof(*rare->own_sa));
	return rare && (!rq->looked_up || rare->own_sa);
}

/* Before anything is changed. */
static struct mn *
room(const struct rq *rq)
{
	if (!room_for_rare(rq))
		return NULL;
	return rq->b->behind_node ? rq->b->mn : mn_new();
}

static int
home(struct reg *r, struct rq *rq, struct home *h)
{
	const struct mip4_exts *e = &rq->msg.ext;
	struct mn *other = mn_at(r->mns, rq->msg.rrq.coa, rq->gre.peer);

	*h = (struct home){ .keep = true };
	rq->realm = r->realms ? realm_find(r->realms, e->nai, e->nai_len) :
	    NULL;
	if (e->n_hoa_req + e->n_hoa == 0 && !is_bound(rq->b)) {
		rq->why = "no IPv6 extension, and not bound";
		return MIP4_HA_MALFORMED;
	}
	if (!rq->fa && other && other->binding != rq->b) {
		rq->why = rq->gre.peer ?
		    "another has this care-of address and GRE key" :
		    "another has this care-of address";
		return MIP4_HA_PROHIBITED;
	}
	h->mn = room(rq);
	if (!h->mn) {
		rq->why = "no memory";
		return MIP4_HA_RESOURCES;
	}
	return ROW_PASS;
}

struct in_addr
reg_node_home4(const struct binding *b)
{
	return b->behind_node && mn_fa(b->mn) ? b->mn->coa :
	    (struct in_addr){ INADDR_ANY };
}

void
reg_node_adopt(struct reg *r, struct rq *rq, struct home *h)
{
	struct in_addr end = rq->fa ? h->home4 : rq->msg.rrq.coa;
	struct binding *b = rq->b;

	(void)r;
	if (!b->behind_node) {
		/* It was a subscriber of an access router, perhaps. */
		binding_release(b);
		b->behind_node = b->rerouted = true;
		b->mn = h->mn;
		b->wake = MONO_NEVER;
	}
	if (b->mn->coa.s_addr != end.s_addr)
		b->rerouted = true;
	mn_move(b->mn, b, end, &rq->gre, rq->fa, h->space);
	if (b->rare)
		b->rare->reserved = reserved(rq);
	b->sa = rq->sa;
	if (!rq->looked_up)
		return;
	/* What is known of the subscriber may be forgotten. */
	mip4_sa_wipe(b->rare->own_sa);
	mip4_sa_copy(b->rare->own_sa, rq->sa);
	b->sa = b->rare->own_sa;
}

/* The tunnel is there, or anew. */
void
reg_node_up(struct reg *r, struct binding *b)
{
	mn_up(b->mn, r->dp->socket(r->dp, b->route));
}

void
reg_node_woken(void *arg, struct binding *b)
{
	(void)arg;
	mn_woken(b->mn);
}

void
reg_node_leave(struct binding *b)
{
	mn_free(b->mn);
	binding_drop_own_sa(b);
	if (b->rare)
		b->rare->reserved = NULL;
	b->behind_node = false;
	b->hoa = in6addr_any;
	b->sa = NULL;
}

uint32_t
reg_node_lifetime(const struct peer *p, uint32_t l)
{
	size_t i;

	for (i = 0; i < p->n_pools; i++)
		if (l > p->pools[i]->max_lifetime)
			l = p->pools[i]->max_lifetime;
	return l > p->nodes->ra.valid ? p->nodes->ra.valid : l;
}

const struct reg_kind reg_node = {
	.auth = MIP4_EXT_MN_HA,
	.by_node = true,
	.verify = verify,
	.row_keys = reg_row_node_key,
	.care_of = care_of,
	.extensions = reg_node_extensions,
	.home = home,
	.adopt = reg_node_adopt,
};

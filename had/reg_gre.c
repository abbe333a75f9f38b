/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which encapsulation a request asks for, and with which keys [RFC 6245 4.2;
 * PROTOCOLS 8.1 row 10, D190-D192]. Part of reg.
 */
#include "had/reg_int.h"

#include "had/binding.h"
#include "had/mn.h"

bool
reg_gre_misplaced(const struct rq *rq)
{
	size_t off = rq->msg.ext.off_gre;

	if (off == 0)
		return false;
	/* An agent's own stands behind what the mobile node has signed. */
	return rq->fa ? off < rq->covered || off >= rq->fa_covered :
	    off >= rq->covered;
}

/* Its presence asks for GRE, whatever G says; but only what is authentic. */
static bool
has_key(const struct rq *rq)
{
	return rq->msg.ext.off_gre > 0 && !reg_gre_misplaced(rq);
}

/* Without keys those behind the agent could not be told apart, but for who
 * leaves. */
static bool
is_demanded(const struct rq *rq)
{
	return rq->fa && rq->peer->nodes->n_spaces > 0 &&
	    rq->msg.rrq.lifetime > 0;
}

bool
reg_gre_refused(const struct rq *rq)
{
	/* Where there is none, a 48 need not be proved to be refused [RFC 6245
	 * 4.2]; else one that nothing proves is malformed [D190], with G or
	 * without. */
	if (rq->msg.ext.off_gre > 0)
		return !rq->peer->gre;
	return is_demanded(rq) || rq->msg.rrq.flags & MIP4_F_G;
}

/* What the binding has there already, if it is what is asked for. */
static bool
goes_on(const struct rq *rq, uint32_t want)
{
	const struct binding *b = rq->b;
	struct gre_keys has = binding_gre(b);

	if (b->state == BINDING_IDLE || has.own == 0 ||
	    b->coa.s_addr != rq->msg.rrq.coa.s_addr)
		return false;
	return want ? has.peer == want : has.peer == has.own;
}

/* Of both directions, where the choice is ours: of the bindings of one access
 * node's care-of address none has it. Behind a foreign agent the tunnels differ
 * by our own. */
static uint32_t
draw_both(struct reg *r, const struct rq *rq)
{
	uint32_t key;

	do {
		key = gre_draw_next(&r->gre);
	} while (rq->kind->by_node &&
	    mn_at(r->mns, rq->msg.rrq.coa, key) != NULL);
	return key;
}

int
reg_gre(struct reg *r, struct rq *rq)
{
	uint32_t want = rq->msg.ext.gre_key;

	rq->gre = (struct gre_keys){ 0 };
	if (!has_key(rq))
		return ROW_PASS;
	if (goes_on(rq, want)) {
		rq->gre = binding_gre(rq->b);
		return ROW_PASS;
	}
	if (!binding_rare(rq->b)) {
		rq->why = "no memory";
		return MIP4_HA_RESOURCES;
	}
	if (want)
		rq->gre = (struct gre_keys){
		    .own = gre_draw_next(&r->gre), .peer = want };
	else
		rq->gre.peer = rq->gre.own = draw_both(r, rq);
	return ROW_PASS;
}

bool
reg_gre_is_known(const struct rq *rq)
{
	return !has_key(rq) || goes_on(rq, rq->msg.ext.gre_key);
}

bool
reg_gre_changes(const struct rq *rq)
{
	struct gre_keys has = binding_gre(rq->b);

	return !gre_same(&has, &rq->gre);
}

uint32_t
reg_gre_last_key(const struct rq *rq)
{
	return has_key(rq) ? binding_gre(rq->b).own : 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whose request is it, and has that subscriber a key? Row 5 of PROTOCOLS 8.1,
 * part of reg: a key in the configuration, or what is known from an earlier
 * look-up, decides; otherwise a request that is authentic (34) and has nothing
 * wrong with it is kept until AAA has answered [D66-D68].
 *
 * A request that waited is judged anew, from the first row on, and only then
 * is its Identification spent; or when it is denied here.
 */
#define LOG_MODULE "reg"
#include "had/reg_int.h"

#include "common/clock.h"
#include "had/had_config.h"
#include "had/user_lookup.h"

/* Nobody could tell. Who has a home already asks again, and would lose it by
 * a denial; another can go to another home agent [D67]. */
static int
no_answer(struct rq *rq, const char *why)
{
	if (reg_is_renewal(rq) || rq->msg.rrq.lifetime == 0) {
		rq->drop = HAD_DROP_LOOKUP;
		return ROW_SILENT;
	}
	rq->why = why;
	return MIP4_HA_RESOURCES;
}

/* One that is not fresh may be old bytes from a stranger, or from a router
 * whose clock is wrong: asked for, too, but seldom [D42, D66]. So is what
 * nothing proves yet, as an access node's [D161]. */
static bool
is_fresh(struct reg *r, const struct rq *rq)
{
	const struct mip4_exts *e = &rq->msg.ext;
	struct binding *b = binding_find(r->bindings, e->nai, e->nai_len);

	return mip4_replay_check(rq->msg.rrq.id, reg_last_id(r, b),
	    clock_ntp(r->clock), r->conf->replay_window) ==
	    MIP4_REPLAY_FRESH;
}

/* Whom there is no use in asking for. One that waits goes on, whatever copy of
 * it comes. */
static int
turn_away(struct reg *r, struct rq *rq, const struct binding *b)
{
	const struct mip4_exts *e = &rq->msg.ext;
	int v;

	if (user_lookup_is_waiting(r->lookup, e->nai, e->nai_len))
		return ROW_PASS;
	v = reg_row_drained(r, rq, b);
	if (v != ROW_PASS)
		return v;
	return reg_overloaded(r, rq, b) ? MIP4_HA_RESOURCES : ROW_PASS;
}

static int
ask(struct reg *r, struct rq *rq)
{
	const struct mip4_exts *e = &rq->msg.ext;
	const struct binding *b = binding_find(r->bindings, e->nai,
	    e->nai_len);
	bool fresh = is_fresh(r, rq);
	int v = turn_away(r, rq, b);

	if (v != ROW_PASS)
		return v;
	if ((!fresh || !rq->authentic) && !bucket_take(&rq->peer->unverified,
	    clock_mono(r->clock))) {
		rq->drop = HAD_DROP_RATE;
		return ROW_SILENT;
	}
	if (user_lookup_wait(r->lookup, rq->peer, e->nai, e->nai_len, rq->pkt,
	    rq->msg.rrq.id, fresh))
		return no_answer(rq, "too many look-ups at a time");
	log_debug(rq->subject, "%s: waits for the look-up", rq->peer->name);
	return ROW_WAIT;
}

/*
 * AAA will not have the subscriber any more: code. What its own router still
 * has of it ends, by a request to end it, though that is denied: the router
 * takes the answer for the end of it, and could as well have revoked it [D86].
 * So one that is not fresh is told that first, and comes again [D125].
 */
static int
turn_out(struct reg *r, struct rq *rq, int code)
{
	if (rq->msg.rrq.lifetime > 0)
		return code;
	reg_find_record(r, rq);
	if (reg_reply_is_duplicate(r, rq))
		return ROW_DUPLICATE;
	if (!is_fresh(r, rq)) {
		rq->why = "clocks differ, or overtaken";
		return MIP4_HA_ID_MISMATCH;
	}
	reg_leave(r, rq, rq->b);
	return code;
}

static int
look_up(struct reg *r, struct rq *rq)
{
	const struct mip4_exts *e = &rq->msg.ext;
	struct user *u = NULL;
	uint32_t spi;

	switch (user_lookup_find(r->lookup, e->nai, e->nai_len, &u,
	    &rq->why)) {
	case USER_KNOWN:
		rq->keys = u;
		rq->looked_up = true;
		if (!rq->user || !rq->user->home.pool)
			rq->user = u;
		return ROW_PASS;
	case USER_REJECTED:
		rq->why = "rejected by AAA";
		return turn_out(r, rq, mip4_auth_spi(e, MIP4_EXT_MN_HA,
		    &spi) ? MIP4_HA_MN_AUTH : MIP4_HA_PROHIBITED);
	case USER_BROKEN:
		return turn_out(r, rq, MIP4_HA_RESOURCES);
	case USER_SILENT:
		return no_answer(rq, "AAA does not answer");
	case USER_UNKNOWN:
		break;
	}
	return ask(r, rq);
}

/* A fresh one is denied once for all: a copy of it that the network made does
 * not come to a binding that its router has been told it has not [D89]. */
static int
deny(struct reg *r, struct rq *rq, int code)
{
	if (!is_fresh(r, rq))
		return code;
	reg_find_record(r, rq);
	reg_spend(r, rq);
	return code;
}

static int
find_user(struct reg *r, struct rq *rq)
{
	const struct mip4_exts *e = &rq->msg.ext;
	int v;

	if (e->n_nai > 0)
		rq->user = user_find(r->peers, e->nai, e->nai_len);
	rq->keys = rq->user;
	if ((rq->keys && rq->keys->n_sas > 0) || !r->lookup ||
	    rq->peer->no_lookup || !rq->authentic)
		return ROW_PASS;
	/* What will be refused in any case is no reason to ask. */
	v = reg_refuse_itself(r, rq);
	if (v != ROW_PASS)
		return v;
	v = look_up(r, rq);
	return v > 0 ? deny(r, rq, v) : v;
}

/* What is known does not fit. AAA may have given the access router another key
 * since we asked, or one at all [D143]. */
static int
does_not_fit(struct reg *r, struct rq *rq, const char *why)
{
	const struct mip4_exts *e = &rq->msg.ext;
	int v;

	rq->why = why;
	if (!rq->looked_up || !user_lookup_may_doubt(r->lookup, e->nai,
	    e->nai_len))
		return MIP4_HA_MN_AUTH;
	v = ask(r, rq);
	return v > 0 ? deny(r, rq, v) : v;
}

/* Row 5 [D5]: an MN-HA key there is must be used, and nothing else may be. */
int
reg_row_mn_ha(struct reg *r, struct rq *rq)
{
	const struct mip4_exts *e = &rq->msg.ext;
	const struct mip4_sa *sa;
	size_t covered = 0;
	uint32_t spi;
	int v = find_user(r, rq);

	if (v != ROW_PASS)
		return v;
	if (!mip4_auth_spi(e, MIP4_EXT_MN_HA, &spi))
		return !rq->keys || rq->keys->n_sas == 0 ? ROW_PASS :
		    does_not_fit(r, rq, "no mobile-home authentication");
	sa = rq->keys ? user_sa_find(rq->keys, spi) : NULL;
	if (!sa)
		return does_not_fit(r, rq,
		    "no such mobile-home security association");
	if (mip4_auth_check(rq->pkt->data, e, MIP4_EXT_MN_HA, sa,
	    &covered) != MIP4_AUTH_OK)
		return does_not_fit(r, rq, "mobile-home authenticator");
	rq->mn_ha = sa;
	if (rq->authentic && covered > rq->covered)
		rq->covered = covered;
	return ROW_PASS;
}

/*
 * Access nodes: the same the other way round, as it is the subscriber's key
 * that says who asks at all.
 */

void
reg_user_known(struct reg *r, struct rq *rq)
{
	const struct mip4_exts *e = &rq->msg.ext;
	struct user *u = NULL;

	if (e->n_nai > 0)
		rq->user = user_find(r->peers, e->nai, e->nai_len);
	rq->keys = rq->user;
	if ((rq->keys && rq->keys->n_sas > 0) || !r->lookup ||
	    rq->peer->no_lookup || e->nai_len == 0 ||
	    user_lookup_find(r->lookup, e->nai, e->nai_len, &u,
	    &rq->why) != USER_KNOWN)
		return;
	rq->keys = u;
	rq->looked_up = true;
	if (!rq->user)
		rq->user = u;
}

/* Where 32 stands; what is before it would be proved by it. */
static size_t
key_off(const struct mip4_exts *e)
{
	size_t i;

	for (i = 0; i < e->n_auth && i < MIP4_MAX_AUTHS; i++)
		if (e->auth[i].type == MIP4_EXT_MN_HA)
			return e->auth[i].off;
	return 0;
}

/* A subscriber without a key that we know: asked for, if that could make a
 * registration of it. There is no answer that anybody could verify. */
static int
look_up_node(struct reg *r, struct rq *rq)
{
	const struct mip4_exts *e = &rq->msg.ext;
	struct user *u = NULL;
	int v = MIP4_HA_MN_AUTH;

	rq->drop = HAD_DROP_NO_KEY;
	if (!r->lookup || rq->peer->no_lookup || e->nai_len == 0 ||
	    user_lookup_find(r->lookup, e->nai, e->nai_len, &u,
	    &rq->why) != USER_UNKNOWN)
		return ROW_SILENT;
	rq->covered = key_off(e);
	if (rq->covered > 0)
		v = reg_refuse_itself(r, rq);
	rq->covered = 0;
	if (v == ROW_PASS)
		v = ask(r, rq);
	return v == ROW_WAIT ? v : ROW_SILENT;
}

/* Rows 5 and 6b. A foreign agent's authenticator is none of an access node's
 * [D160]. */
int
reg_row_node_key(struct reg *r, struct rq *rq)
{
	static const char *const why[] = {
		[MIP4_AUTH_ABSENT] = "no mobile-home authentication",
		[MIP4_AUTH_TWICE] = "two mobile-home authentications",
		[MIP4_AUTH_WRONG_SPI] =
		    "no such mobile-home security association",
		[MIP4_AUTH_BAD] = "mobile-home authenticator",
	};
	uint32_t spi;

	if (!rq->fa && mip4_auth_spi(&rq->msg.ext, MIP4_EXT_FA_HA, &spi)) {
		rq->drop = HAD_DROP_NO_PEER;
		return ROW_SILENT;
	}
	if (rq->authentic)
		return ROW_PASS;
	if (!rq->sa)
		return look_up_node(r, rq);
	return does_not_fit(r, rq, why[rq->verdict]);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What follows from an authentic, well-formed request: home prefix (reg_home),
 * binding, data path, reply, in this order [PROTOCOLS 8.1 row 12, 10.2, 11.4].
 * Part of reg; the reply waits until the data plane has confirmed.
 */
#define LOG_MODULE "reg"
#include "had/reg_int.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include "common/clock.h"
#include "had/had_config.h"
#include "had/mn.h"
#include "had/revoke.h"
#include "had/tunnel.h"

/* Tried after the first one, a second each: within the 15 s that an access
 * router gives a subscriber. */
#define OTHER_ADDRESSES	4

/* A renewal by an agent that has not acknowledged the revocation, or had not
 * when it sent that: it does not know, but its subscriber is elsewhere, or was
 * sent away [D59, D88]. */
static bool
has_left(struct reg *r, const struct rq *rq)
{
	return reg_is_renewal(rq) && r->revoker &&
	    revoke_has_left(r->revoker, rq->b, rq->msg.rrq.coa);
}

void
reg_drain(struct reg *r, bool drained)
{
	if (r->drained != drained)
		log_info(NULL, drained ? "drained: no new subscribers" :
		    "new subscribers are taken again");
	r->drained = drained;
}

/* A subscriber that was not here, to its access router's knowledge: one that
 * names the home address it has is renewing what a restart of ours has lost
 * [D85]. */
int
reg_row_drained(const struct reg *r, struct rq *rq, const struct binding *b)
{
	if (!r->drained || (b && b->state != BINDING_IDLE) ||
	    reg_is_renewal(rq) || rq->msg.rrq.lifetime == 0)
		return ROW_PASS;
	rq->why = "drained";
	return r->conf->redirect.s_addr != INADDR_ANY ? MIP4_HA_REDIRECT :
	    MIP4_HA_RESOURCES;
}

/* Does it end in another tunnel than the binding's? */
static bool
is_elsewhere(const struct rq *rq)
{
	return rq->b->coa.s_addr != rq->msg.rrq.coa.s_addr ||
	    reg_gre_changes(rq);
}

/* Row 12, first part [D50, D52]. */
static int
limits(struct reg *r, struct rq *rq)
{
	struct binding *b = rq->b;
	bool fresh, other_peer;
	int v;

	if (!b) {
		rq->why = "too many subscribers of this peer";
		return MIP4_HA_RESOURCES;
	}
	if (has_left(r, rq)) {
		rq->why = "revoked there";
		return MIP4_HA_PROHIBITED;
	}
	v = reg_row_drained(r, rq, b);
	if (v != ROW_PASS)
		return v;
	fresh = b->state == BINDING_IDLE;
	if (reg_overloaded(r, rq, b))
		return MIP4_HA_RESOURCES;
	other_peer = fresh || b->peer != rq->peer;
	if (!fresh && is_elsewhere(rq) && !binding_move_allowed(b)) {
		rq->why = "moves too often";
		return MIP4_HA_PROHIBITED;
	}
	if ((fresh && r->bindings->n_bound >= r->conf->max_bindings) ||
	    (other_peer && rq->peer->n_bindings >= rq->peer->max_bindings)) {
		rq->why = "too many bindings";
		return MIP4_HA_RESOURCES;
	}
	/* One taken over from another peer is remembered as this one's. */
	if (b->peer != rq->peer &&
	    rq->peer->n_records >= peer_max_records(rq->peer)) {
		rq->why = "too many subscribers of this peer";
		return MIP4_HA_RESOURCES;
	}
	if (rq->msg.rrq.home.s_addr && !rq->fa) {
		rq->why = "no IPv4 home addresses here";
		return MIP4_HA_PROHIBITED;
	}
	return ROW_PASS;
}

static void
drop_route(struct reg *r, struct binding *b)
{
	if (b->route)
		r->dp->del(r->dp, b->route);
	b->route = NULL;
}

void
reg_unbind(struct reg *r, struct binding *b)
{
	drop_route(r, b);
	reg_reply_forget(b);
	if (b->behind_node)
		reg_node_leave(b);
	/* An idle one, too: it may have a lease for what then failed. */
	binding_set_state(b, BINDING_IDLE);
}

void
reg_expired(void *arg, struct binding *b)
{
	struct reg *r = arg;

	if (reg_may_tell(r))
		log_info(binding_subject(b), "binding expired");
	r->stats.expired++;
	b->peer->stats.expired++;
	reg_unbind(r, b);
}

void
reg_end(struct reg *r, struct binding *b, const char *why)
{
	log_info(binding_subject(b), "binding ended: %s", why);
	if (b->state == BINDING_INSTALLING) {
		reg_reply_release(r, b, -ECANCELED);
		reg_unbind(r, b);
		return;
	}
	if (r->revoker && b->negotiated)
		revoke_start(r->revoker, r, b);
	reg_unbind(r, b);
}

static bool
shutdown_each(struct table_node *n, void *arg)
{
	reg_unbind(arg, container_of(n, struct binding, by_nai));
	return true;
}

void
reg_shutdown(struct reg *r)
{
	table_each(&r->bindings->by_nai, shutdown_each, r);
}

/* Asks for another address what is held for b. */
static void
ask_again(struct reg *r, struct binding *b)
{
	struct binding_held *h = b->held;
	struct reg_packet pkt = {
		.flow = { .src = h->dst, .sport = h->dport,
			  .dst = h->src, .dport = h->sport },
		.local = h->src,
		.len = h->req_len,
	};
	uint8_t request[MIP4_MAX_MSG];

	memcpy(request, h->data + h->len + h->len_failed +
	    h->len_in_use, h->req_len);
	pkt.data = request;
	h->tries++;
	/* What is held stays, with its count. */
	b->held = NULL;
	reg_unbind(r, b);
	b->held = h;
	reg_judge_again(r, b, &pkt);
	if (b->state != BINDING_INSTALLING)
		reg_reply_forget(b);
}

/* The address is another node's on the home link. Where it was our choice, we
 * choose again, a few times: the access router waits [D75]. */
static void
in_use(struct reg *r, struct binding *b)
{
	const struct binding_held *h = b->held;
	struct pool *p = b->lease.at.pool;
	struct in6_addr addr = lease_addr(&b->lease);
	bool again;

	binding_release(b);
	/* Of what is fixed there is no other one, and it is not barred: that
	 * would keep its owner from it. */
	again = h && !h->fixed && pool_bar(r->pools, p, &addr) == 0 &&
	    h->req_len > 0 && h->tries < OTHER_ADDRESSES;
	if (reg_may_tell(r))
		log_info(binding_subject(b), "home address in use on the home "
		    "link%s", again ? ": another one is tried" : "");
	if (again) {
		ask_again(r, b);
		return;
	}
	reg_reply_release(r, b, -EADDRINUSE);
	reg_unbind(r, b);
}

/* The data plane's answer. */
static void
installed(void *arg, struct dp_route *rt, int status)
{
	struct binding *b = arg;
	struct reg *r = b->owner->arg;

	(void)rt;
	/* The way to an access node has no address. */
	if (status == -EADDRINUSE && !b->behind_node) {
		in_use(r, b);
		return;
	}
	if (status) {
		if (reg_may_warn(r))
			log_warnx(binding_subject(b), "data path could not be "
			    "made: %s", strerror(-status));
		reg_reply_release(r, b, status);
		reg_unbind(r, b);
		return;
	}
	/* A device made anew is no renewal. */
	if (b->state != BINDING_BOUND)
		binding_set_state(b, BINDING_BOUND);
	reg_reply_release(r, b, 0);
	if (b->behind_node)
		reg_node_up(r, b);
}

/* Makes the kernel route what the binding now says. 0, -EINPROGRESS or
 * another -errno. */
static int
install(struct reg *r, struct binding *b)
{
	struct dp_entry want = { .coa = b->coa, .gre = binding_gre(b),
		.by_node = b->behind_node };
	struct dp_route *old = b->route;
	int status;

	if (b->behind_node) {
		want.coa = b->mn->coa;
		want.via = mn_via(b->mn);
	} else {
		want.prefix = lease_addr(&b->lease);
		want.len = pool_route_len(b->lease.at.pool);
	}
	if (old && !b->rerouted)
		return b->state == BINDING_INSTALLING ? -EINPROGRESS : 0;
	b->route = r->dp->add(r->dp, &want, installed, b, &status);
	b->rerouted = false;
	if (old)
		r->dp->del(r->dp, old);
	return status;
}

/* Said before the change, so that the old care-of address is still known. */
static void
log_change(struct reg *r, const struct rq *rq, const struct home *h)
{
	char hoa[INET6_ADDRSTRLEN] = "access node", coa[INET_ADDRSTRLEN];
	enum log_level level = LOG_L_INFO;
	const struct binding *b = rq->b;
	const char *what = "renewed";

	if (b->state == BINDING_IDLE)
		what = "bound";
	else if (b->coa.s_addr != rq->msg.rrq.coa.s_addr)
		what = "moved";
	else if (reg_gre_changes(rq))
		what = "tunnel changed";
	else if (!h->mn && (!h->keep ||
	    !IN6_ARE_ADDR_EQUAL(&h->hoa, &b->hoa)))
		what = "readdressed";
	else
		level = LOG_L_DEBUG;
	if (level == LOG_L_DEBUG ? !log_enabled(level, LOG_MODULE) :
	    !reg_may_tell(r))
		return;
	if (!h->mn)
		inet_ntop(AF_INET6, &h->hoa, hoa, sizeof(hoa));
	else if (rq->fa)
		inet_ntop(AF_INET, &h->home4, hoa, sizeof(hoa));
	inet_ntop(AF_INET, &rq->msg.rrq.coa, coa, sizeof(coa));
	log_at(level, LOG_MODULE, rq->subject, 0, "%s: %s at %s (%s)%s, %u s "
	    "asked", what, hoa, coa, rq->peer->name, rq->gre.own ? " by GRE" :
	    "", rq->msg.rrq.lifetime);
}

static uint16_t
grant(const struct reg *r, const struct rq *rq)
{
	const struct pool *p = rq->b->lease.at.pool;
	uint32_t l = rq->msg.rrq.lifetime;

	if (l > r->conf->max_lifetime)
		l = r->conf->max_lifetime;
	if (rq->kind->by_node)
		l = reg_node_lifetime(rq->peer, l);
	else if (l > p->max_lifetime)
		l = p->max_lifetime;
	if (rq->realm && l > rq->realm->max_lifetime)
		l = rq->realm->max_lifetime;
	return (uint16_t)l;
}

/* A binding that leaves its care-of address: the agent there is told. */
static void
leave_old(struct reg *r, struct rq *rq)
{
	struct binding *b = rq->b;

	if (b->state == BINDING_IDLE ||
	    b->coa.s_addr == rq->msg.rrq.coa.s_addr) {
		if (b->state != BINDING_IDLE && reg_gre_changes(rq))
			binding_moved(b);
		if (r->revoker)
			revoke_stop(r->revoker, b, rq->msg.rrq.coa);
		return;
	}
	binding_moved(b);
	r->stats.moved++;
	b->peer->stats.moved++;
	if (!r->revoker)
		return;
	if (b->negotiated && b->state == BINDING_BOUND)
		revoke_moved(r->revoker, r, b);
	revoke_stop(r->revoker, b, rq->msg.rrq.coa);
}

/* 137, where it is proved: behind 32 it is the foreign agent's, to which a
 * revocation goes then [RFC 3543 3.2]. */
static bool
offers_revocation(const struct rq *rq)
{
	size_t off = rq->msg.ext.off_rev;

	return rq->fa ? off >= rq->covered && off < rq->fa_covered :
	    off > 0 && off < rq->covered;
}

static void
update(struct reg *r, struct rq *rq, struct home *h)
{
	const struct mip4_exts *e = &rq->msg.ext;
	struct binding *b = rq->b;

	log_change(r, rq, h);
	leave_old(r, rq);
	/* What another agent revoked, by a clock that was ahead of the new
	 * one's, must not make the new one's revocations look old. */
	if (b->coa.s_addr != rq->msg.rrq.coa.s_addr &&
	    (int32_t)(b->rev_acted - e->rev_timestamp) > 0)
		b->rev_acted = 0;
	if (b->peer != rq->peer)
		binding_set_peer(b, rq->peer);
	/* Before its kind sets that, and its keys. */
	if (is_elsewhere(rq))
		b->rerouted = true;
	rq->kind->adopt(r, rq, h);
	binding_set_gre(b, &rq->gre);
	b->coa = rq->msg.rrq.coa;
	b->lifetime = grant(r, rq);
	b->negotiated = r->revoker && offers_revocation(rq);
	if (r->revoker)
		b->rev_own = revoke_timestamp(r->revoker, b);
	b->rev_peer = e->rev_timestamp;
}

static uint8_t
success(const struct reg *r, const struct rq *rq)
{
	return r->conf->always_code_1 || rq->msg.rrq.flags & MIP4_F_S ?
	    MIP4_ACCEPTED_NO_SIMUL : MIP4_ACCEPTED;
}

/* What a binding is told of itself. */
static struct reply_spec
says(const struct reg *r, const struct rq *rq)
{
	const struct binding *b = rq->b;
	struct reply_spec spec = {
		.code = success(r, rq),
		.lifetime = b->lifetime,
		.home4 = reg_node_home4(b),
		.empty = b->behind_node,
		.revocation = b->negotiated,
		.timestamp = b->rev_own,
		.gre_key = rq->gre.own,
	};

	if (!b->behind_node) {
		spec.hoa = &b->hoa;
		spec.unique = b->lease.at.pool->mode == POOL_UNIQUE;
	}
	return spec;
}

static int
bind_home(struct reg *r, struct rq *rq, enum reg_verdict *verdict)
{
	struct binding *b = rq->b;
	struct reply_spec spec;
	struct home h;
	int v;

	v = b ? reg_gre(r, rq) : ROW_PASS;
	if (v == ROW_PASS)
		v = limits(r, rq);
	if (v == ROW_PASS)
		v = rq->kind->home(r, rq, &h);
	/* Another service than that of its binding [RFC 5446 4.2]. */
	if (v == MIP4_HA_SERVICE && b->state == BINDING_BOUND &&
	    b->coa.s_addr == rq->msg.rrq.coa.s_addr)
		reg_unbind(r, b);
	if (v != ROW_PASS)
		return v;
	update(r, rq, &h);
	v = install(r, b);
	spec = says(r, rq);
	if (v == 0) {
		reg_reply_forget(b);
		binding_set_state(b, BINDING_BOUND);
		*verdict = reg_reply(r, rq, &spec);
		if (b->behind_node && !b->mn->up)
			reg_node_up(r, b);
		return ROW_PASS;
	}
	if (v == -EINPROGRESS) {
		binding_set_state(b, BINDING_INSTALLING);
		if (reg_reply_hold(r, rq, &spec) == 0) {
			*verdict = REG_PENDING;
			return ROW_PASS;
		}
		v = -ENOMEM;
	}
	if (reg_may_warn(r))
		log_warnx(rq->subject, "data path could not be made: %s",
		    strerror(-v));
	reg_unbind(r, b);
	rq->why = "data path";
	return MIP4_HA_RESOURCES;
}

/* Is it the binding that a request with Lifetime 0 means? Behind a foreign
 * agent it may have had another home address before, with the same care-of
 * address [D219]. */
static bool
is_meant(const struct rq *rq, const struct binding *b)
{
	const struct mip4_exts *e = &rq->msg.ext;
	struct in_addr home = rq->msg.rrq.home, home4;

	if (!b || b->state == BINDING_IDLE ||
	    b->coa.s_addr != rq->msg.rrq.coa.s_addr)
		return false;
	home4 = reg_node_home4(b);
	if (home4.s_addr != INADDR_ANY && home.s_addr != INADDR_ANY &&
	    home.s_addr != home4.s_addr)
		return false;
	/* A care-of address is of one kind. */
	return b->behind_node || !e->n_hoa ||
	    IN6_ARE_ADDR_EQUAL(&e->hoa, &b->hoa);
}

void
reg_leave(struct reg *r, const struct rq *rq, struct binding *b)
{
	if (b && r->revoker)
		revoke_stop(r->revoker, b, rq->msg.rrq.coa);
	if (!is_meant(rq, b)) {
		log_debug(rq->subject, "deregistration by %s: no such "
		    "binding", rq->peer->name);
		return;
	}
	if (reg_may_tell(r))
		log_info(rq->subject, "deregistered by %s", rq->peer->name);
	reg_unbind(r, b);
}

/* Lifetime 0. A binding that is not this one, or elsewhere by now, is left
 * alone; the answer is the same, so that repeating it does no harm
 * [PROTOCOLS 11.4]. */
static int
unbind_home(struct reg *r, struct rq *rq, enum reg_verdict *verdict)
{
	const struct mip4_exts *e = &rq->msg.ext;
	const struct binding *b = rq->b;
	struct reply_spec spec = {
		.code = success(r, rq), .empty = rq->kind->by_node,
	};
	struct in6_addr hoa;

	if (e->n_hoa && !spec.empty) {
		spec.hoa = &e->hoa;
		spec.unique = e->hoa_unique;
	}
	if (is_meant(rq, b)) {
		spec.gre_key = reg_gre_last_key(rq);
		spec.home4 = reg_node_home4(b);
	}
	if (is_meant(rq, b) && !spec.empty) {
		hoa = b->hoa;
		spec.hoa = &hoa;
		spec.unique = b->lease.at.pool->mode == POOL_UNIQUE;
	}
	reg_leave(r, rq, rq->b);
	*verdict = reg_reply(r, rq, &spec);
	return ROW_PASS;
}

int
reg_act(struct reg *r, struct rq *rq, enum reg_verdict *verdict)
{
	rq->why = NULL;
	if (rq->msg.rrq.lifetime == 0)
		return unbind_home(r, rq, verdict);
	return bind_home(r, rq, verdict);
}

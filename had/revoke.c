/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registration revocation [RFC 3543; PROTOCOLS 9, D11-D15, D48, D54]. What is
 * being revoked is kept apart from the binding, which may live on at another
 * care-of address: by NAI and old care-of address, until acknowledged or the
 * old lifetime is over; nothing more is sent when five tries were not heard.
 */
#define LOG_MODULE "revoke"
#include "had/revoke.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/mip4.h"
#include "common/table.h"
#include "common/timers.h"
#include "common/wire.h"
#include "had/had_config.h"
#include "had/mn.h"
#include "had/reg_int.h"

#define TRIES		5
#define FIRST_MS	1000	/* doubles */
/* Whom it has left is told when its new path has been made [D129]. */
#define MOVED_MS	50
#define FRESH_S		60	/* for a binding we do not know */
#define HEARD_MAX	65536	/* remembered beyond their end [D88] */

struct revocation {
	struct table_node	 node;
	struct table_node	 by_home;	/* if fa is set */
	struct timer		 timer;
	struct revoker		*owner;
	struct reg		*reg;
	struct peer		*peer;
	const struct mip4_sa	*sa;		/* the peer's, or the
						 * subscriber's, or */
	struct mip4_sa		*own_sa;	/* a copy of that, or NULL */
	struct in_addr		 coa;
	const struct foreign_agent *fa;		/* to which it goes, or NULL */
	struct in_addr		 home;		/* IPv4, there */
	struct in6_addr		 hoa;
	bool			 unique;
	mono_t			 deadline;	/* end of the old lifetime */
	uint32_t		 floor;		/* ids are above: timestamp of
						 * our 137, or an earlier id */
	mono_t			 sent;		/* last try; at first, the
						 * reply to the registration */
	bool			 quiet;		/* nothing is sent: */
	bool			 unheard;	/* it was in vain; else it is
						 * over, but no other yet, or */
	bool			 heard;		/* renewals may be under way */
	uint32_t		 id[TRIES];
	unsigned		 tries;
	uint8_t			 nai_len;
	uint8_t			 nai[];		/* normalized, and a NUL */
};

struct revoker {
	struct table		 table, by_home;
	size_t			 n_quiet, n_heard;
	struct timers		*timers;
	const struct clock	*clock;
};

struct key {
	struct in_addr	 coa;
	const uint8_t	*nai;
	size_t		 nai_len;
};

static uint64_t
key_hash(const struct revoker *rv, const struct key *k)
{
	return table_hash(&rv->table, k->nai, k->nai_len) ^
	    table_hash(&rv->table, &k->coa, sizeof(k->coa));
}

static bool
key_eq(const struct table_node *n, const void *key)
{
	const struct revocation *v = container_of(n, struct revocation, node);
	const struct key *k = key;

	return v->coa.s_addr == k->coa.s_addr && v->nai_len == k->nai_len &&
	    memcmp(v->nai, k->nai, k->nai_len) == 0;
}

static struct revocation *
find(struct revoker *rv, const uint8_t *nai, size_t len, struct in_addr coa)
{
	struct key k = { coa, nai, len };
	struct table_node *n = table_find(&rv->table, key_hash(rv, &k),
	    key_eq, &k);

	return n ? container_of(n, struct revocation, node) : NULL;
}

/* A foreign agent need not say the NAI. */
struct home_key {
	struct in_addr	coa, home;
};

static bool
home_eq(const struct table_node *n, const void *key)
{
	const struct revocation *v = container_of(n, struct revocation,
	    by_home);
	const struct home_key *k = key;

	return v->coa.s_addr == k->coa.s_addr &&
	    v->home.s_addr == k->home.s_addr;
}

static struct revocation *
find_home(struct revoker *rv, struct in_addr coa, struct in_addr home)
{
	struct home_key k = { coa, home };
	struct table_node *n = table_find(&rv->by_home, table_hash(
	    &rv->by_home, &k, sizeof(k)), home_eq, &k);

	return n ? container_of(n, struct revocation, by_home) : NULL;
}

static void
set_agent(struct revocation *v, const struct foreign_agent *fa,
    struct in_addr home)
{
	struct table *t = &v->owner->by_home;
	struct home_key k = { v->coa, home };

	if (v->fa)
		table_remove(t, &v->by_home);
	v->fa = fa;
	v->home = home;
	if (fa)
		table_insert(t, &v->by_home, table_hash(t, &k, sizeof(k)));
}

struct revoker *
revoker_new(struct timers *timers, const struct clock *clock)
{
	struct revoker *rv = calloc(1, sizeof(*rv));

	if (!rv)
		return NULL;
	if (table_init(&rv->table)) {
		free(rv);
		return NULL;
	}
	if (table_init(&rv->by_home)) {
		table_free(&rv->table);
		free(rv);
		return NULL;
	}
	rv->timers = timers;
	rv->clock = clock;
	return rv;
}

static void
drop_own(struct revocation *v)
{
	if (v->own_sa)
		mip4_sa_wipe(v->own_sa);
	free(v->own_sa);
	v->own_sa = NULL;
}

static void
forget(struct revocation *v)
{
	timer_cancel(v->owner->timers, &v->timer);
	v->owner->n_quiet -= v->quiet;
	v->owner->n_heard -= v->heard;
	table_remove(&v->owner->table, &v->node);
	set_agent(v, NULL, (struct in_addr){ INADDR_ANY });
	drop_own(v);
	free(v);
}

static uint32_t
own_seconds(const struct revoker *rv)
{
	return ntp_seconds(clock_ntp(rv->clock));
}

/* What ids and timestamps that follow must be above. */
static uint32_t
last_id(const struct revocation *v)
{
	return v->tries > 0 ? v->id[v->tries - 1] : v->floor;
}

/* How long a finished one is still needed: before another revocation of this
 * binding a second must pass [RFC 3543 3.3], and while our clock is not above
 * its id, a new registration's timestamp must be (revoke_timestamp). Beyond
 * FRESH_S, when the clock was set back, nobody takes the id for fresh. */
static mono_t
needed_until(const struct revocation *v)
{
	mono_t until = mono_add_ms(v->sent, FIRST_MS);
	int32_t ahead = (int32_t)(last_id(v) - own_seconds(v->owner));

	if (ahead >= 0 && ahead <= FRESH_S) {
		mono_t passed = mono_add_ms(clock_mono(v->owner->clock),
		    (ahead + 1) * 1000LL);

		if (mono_before(until, passed))
			return passed;
	}
	return until;
}

/* Nothing more is to be said. */
static void
finish(struct revocation *v)
{
	struct revoker *rv = v->owner;
	mono_t until = needed_until(v);

	if (v->quiet && !v->unheard && !v->heard)
		return;
	rv->n_quiet += !v->quiet;
	rv->n_heard -= v->heard;
	v->quiet = true;
	v->unheard = v->heard = false;
	if (!mono_before(clock_mono(rv->clock), until) ||
	    timer_set(rv->timers, &v->timer, until))
		forget(v);
}

/* What it sent before it heard may come for so long as it can pass for fresh
 * [D88]. Where that is more than we want to remember, it passes. */
static void
heard(struct revocation *v)
{
	struct revoker *rv = v->owner;
	int64_t ms = (2 * (int64_t)v->reg->conf->replay_window + 1) * 1000;
	mono_t until = mono_add_ms(clock_mono(rv->clock), ms);

	if (rv->n_heard >= HEARD_MAX || mono_before(until, needed_until(v))) {
		finish(v);
		return;
	}
	rv->n_quiet += !v->quiet;
	rv->n_heard++;
	v->quiet = v->heard = true;
	v->unheard = false;
	if (timer_set(rv->timers, &v->timer, until))
		forget(v);
}

static bool
forget_each(struct table_node *n, void *arg)
{
	(void)arg;
	forget(container_of(n, struct revocation, node));
	return true;
}

void
revoker_free(struct revoker *rv)
{
	if (!rv)
		return;
	table_each(&rv->table, forget_each, NULL);
	table_free(&rv->table);
	table_free(&rv->by_home);
	free(rv);
}

unsigned
revoker_count(const struct revoker *rv)
{
	return (unsigned)(table_count(&rv->table) - rv->n_quiet);
}

/* The clock, but above the try before and, by our own timestamps, after the
 * registration that is revoked, also when the clock was set back since
 * [RFC 3543 3.2, 3.5]. */
static uint32_t
next_id(const struct revocation *v)
{
	uint32_t now = own_seconds(v->owner), last = last_id(v);

	return (int32_t)(now - last) > 0 ? now : last + 1;
}

uint32_t
revoke_timestamp(struct revoker *rv, const struct binding *b)
{
	const struct revocation *v = find(rv, b->nai, b->nai_len, b->coa);

	return v ? next_id(v) : own_seconds(rv);
}

/* A new id and authenticator with every try. */
static void
transmit(struct revocation *v)
{
	struct reg *r = v->reg;
	struct reg_flow f = {
		.src = r->conf->address, .dst = v->coa,
		.sport = r->conf->port, .dport = r->conf->port,
	};
	struct mip4_rev rev = {
		.a = true, .home = v->home,
		.hda = r->conf->address, .fda = v->coa,
		.rev_id = next_id(v),
	};
	uint8_t buf[MIP4_MAX_MSG];
	struct wire_w w;

	v->id[v->tries++] = rev.rev_id;
	v->sent = clock_mono(v->owner->clock);
	wire_w_init(&w, buf, sizeof(buf));
	mip4_put_rev(&w, &rev);
	mip4_put_nai(&w, v->nai, v->nai_len);
	if (!v->fa)
		mip4_put_hoa(&w, r->conf->types.hoa, v->peer->nodes ? NULL :
		    &v->hoa, v->unique);
	mip4_put_auth(&w, v->peer->nodes && !v->fa ? MIP4_EXT_MN_HA :
	    MIP4_EXT_FA_HA, v->sa);
	if (!w.err)
		r->send(r->send_arg, &f, buf, w.len);
}

/* What the agent does not know it may act on as long as its registration
 * lasts [D59]. */
static void
give_up(struct revocation *v)
{
	struct revoker *rv = v->owner;

	if (v->deadline.ns == MONO_NEVER.ns ||
	    !mono_before(clock_mono(rv->clock), v->deadline) ||
	    timer_set(rv->timers, &v->timer, v->deadline)) {
		forget(v);
		return;
	}
	v->quiet = v->unheard = true;
	rv->n_quiet++;
}

static void
fire(struct timer *t)
{
	struct revocation *v = container_of(t, struct revocation, timer);
	mono_t now = clock_mono(v->owner->clock);
	bool over = !mono_before(now, v->deadline);

	if (v->quiet) {
		forget(v);
		return;
	}
	if (over || v->tries == TRIES) {
		if (reg_may_warn(v->reg))
			log_warnx((const char *)v->nai, "revocation not "
			    "acknowledged by %s: %s", v->peer->name, over ?
			    "the lifetime there is over" : "no answer");
		give_up(v);
		return;
	}
	transmit(v);
	if (timer_set(v->owner->timers, t, mono_add_ms(now,
	    (int64_t)FIRST_MS << (v->tries - 1))))
		forget(v);
}

/* When the registration that ends was answered. Of one without an end seconds
 * have to do, by the timestamp in the answer. */
static mono_t
answered(const struct revoker *rv, const struct binding *b)
{
	mono_t now = clock_mono(rv->clock);
	uint32_t age = own_seconds(rv) - b->rev_own;

	if (b->until.ns != MONO_NEVER.ns)
		return mono_add_ms(b->until, -(int64_t)b->lifetime * 1000);
	return age > 1 ? mono_add_ms(now, -FIRST_MS) : now;
}

static struct revocation *
new_record(struct revoker *rv, const struct binding *b)
{
	struct revocation *v = calloc(1, sizeof(*v) + b->nai_len + 1u);
	struct key k;

	if (!v)
		return NULL;
	v->owner = rv;
	v->coa = b->coa;
	v->timer.fire = fire;
	v->floor = b->rev_own;
	v->sent = answered(rv, b);
	v->nai_len = b->nai_len;
	memcpy(v->nai, b->nai, b->nai_len);
	k = (struct key){ v->coa, v->nai, v->nai_len };
	table_insert(&rv->table, &v->node, key_hash(rv, &k));
	return v;
}

/* One that is over, for the same subscriber who has come back and goes
 * again. */
static void
renew_record(struct revocation *v, const struct binding *b)
{
	mono_t last = answered(v->owner, b);

	v->owner->n_quiet--;
	v->owner->n_heard -= v->heard;
	v->quiet = v->unheard = v->heard = false;
	v->floor = last_id(v);
	if ((int32_t)(b->rev_own - v->floor) > 0)
		v->floor = b->rev_own;
	v->tries = 0;
	if (mono_before(v->sent, last))
		v->sent = last;
}

/* The first try: after_ms from now, and a second after what was said last about
 * this binding, be it a revocation or the answer to its registration [RFC 3543
 * 3.3, D144]. Without memory for a timer, at once; it is set where there was a
 * record. */
static void
begin(struct revocation *v, int64_t after_ms)
{
	mono_t now = clock_mono(v->owner->clock);
	mono_t at = mono_add_ms(v->sent, FIRST_MS),
	    least = mono_add_ms(now, after_ms);

	if (mono_before(at, least))
		at = least;
	if (!mono_before(now, at) ||
	    timer_set(v->owner->timers, &v->timer, at))
		fire(&v->timer);
}

/* What it says, and by whose key. A key that the binding has a copy of goes
 * with the binding. False: no memory. */
static bool
set_what(struct revocation *v, struct reg *r, const struct binding *b)
{
	drop_own(v);
	v->reg = r;
	v->peer = b->peer;
	v->sa = b->sa;
	v->hoa = b->behind_node ? in6addr_any : b->hoa;
	v->unique = b->lease.pool && b->lease.pool->mode == POOL_UNIQUE;
	v->deadline = b->until;
	set_agent(v, b->behind_node ? b->mn->fa : NULL, reg_node_home4(b));
	if (v->fa)
		v->sa = &v->fa->sas[0];
	if (v->fa || !b->behind_node || b->sa != b->mn->own_sa)
		return true;
	v->own_sa = calloc(1, sizeof(*v->own_sa));
	if (!v->own_sa)
		return false;
	mip4_sa_copy(v->own_sa, b->sa);
	v->sa = v->own_sa;
	return true;
}

static void
start(struct revoker *rv, struct reg *r, const struct binding *b,
    int64_t after_ms)
{
	struct revocation *v = find(rv, b->nai, b->nai_len, b->coa);

	if (v && !v->quiet)
		return;
	if (v)
		renew_record(v, b);
	else
		v = new_record(rv, b);
	if (!v || !set_what(v, r, b)) {
		log_warnx(binding_subject(b), "no memory to revoke");
		if (v)
			forget(v);
		return;
	}
	r->stats.revoked++;
	b->peer->stats.revoked++;
	if (reg_may_tell(r))
		log_info(binding_subject(b), "revoked at %s", b->peer->name);
	begin(v, after_ms);
}

void
revoke_start(struct revoker *rv, struct reg *r, const struct binding *b)
{
	start(rv, r, b, 0);
}

void
revoke_moved(struct revoker *rv, struct reg *r, const struct binding *b)
{
	start(rv, r, b, MOVED_MS);
}

void
revoke_stop(struct revoker *rv, const struct binding *b, struct in_addr coa)
{
	struct revocation *v = find(rv, b->nai, b->nai_len, coa);

	if (v)
		finish(v);
}

bool
revoke_has_left(struct revoker *rv, const struct binding *b,
    struct in_addr coa)
{
	const struct revocation *v = find(rv, b->nai, b->nai_len, coa);

	return v && (!v->quiet || v->unheard || v->heard);
}

/* Do Home Address and, where there is one, 221 mean this home address (of an
 * access node: ::)? There are IPv4 ones behind foreign agents only [D14,
 * D22]. */
static bool
means(const struct rq *rq, struct in_addr home, struct in_addr home4,
    const struct in6_addr *hoa)
{
	const struct mip4_exts *e = &rq->msg.ext;

	return home.s_addr == home4.s_addr && (e->n_hoa == 0 || e->hoa_empty ||
	    e->off_hoa >= rq->covered || IN6_ARE_ADDR_EQUAL(&e->hoa, hoa));
}

/* Type 15: of one of the ids we sent [RFC 3543 3.5]? */
static bool
acknowledged(struct reg *r, struct rq *rq, const uint8_t *nai, size_t len,
    enum had_drop *why)
{
	struct in_addr src = rq->pkt->flow.src;
	struct revocation *v = rq->fa ? find_home(r->revoker, src,
	    rq->msg.ack.home) : find(r->revoker, nai, len, src);
	unsigned i;

	*why = HAD_DROP_REV_STALE;
	if (!v || (v->quiet && !v->unheard) ||
	    !means(rq, rq->msg.ack.home, v->home, &v->hoa))
		return false;
	for (i = 0; i < v->tries; i++) {
		if (v->id[i] != rq->msg.ack.rev_id)
			continue;
		if (reg_may_tell(r))
			log_info(rq->subject, "revocation acknowledged by %s",
			    rq->peer->name);
		r->stats.revoke_acked++;
		rq->peer->stats.revoke_acked++;
		heard(v);
		return true;
	}
	return false;
}

/* Foreign agents prove themselves by what they share with us. */
static uint8_t
auth_of(const struct rq *rq)
{
	return rq->fa ? MIP4_EXT_FA_HA : rq->kind->auth;
}

/* Whose registration a peer's message is about. */
static struct binding *
binding_of(struct reg *r, const struct rq *rq)
{
	const struct mip4_exts *e = &rq->msg.ext;
	struct mn *m;

	if (!rq->fa)
		return binding_find(r->bindings, e->nai, e->nai_len);
	m = mn_at(r->mns, rq->msg.rev.home, 0);
	return m ? m->binding : NULL;
}

static void
send_ack(struct reg *r, struct rq *rq)
{
	const struct mip4_exts *e = &rq->msg.ext;
	struct mip4_rev_ack ack = {
		.i = rq->msg.rev.i,
		.home = rq->msg.rev.home,
		.rev_id = rq->msg.rev.rev_id,
	};
	uint8_t buf[MIP4_MAX_MSG];
	struct reg_flow f;
	struct wire_w w;

	wire_w_init(&w, buf, sizeof(buf));
	mip4_put_rev_ack(&w, &ack);
	if (e->nai_len > 0)
		mip4_put_nai(&w, e->nai, e->nai_len);
	if (e->n_hoa == 1 && e->off_hoa < rq->covered)
		mip4_put_hoa(&w, r->conf->types.hoa,
		    e->hoa_empty ? NULL : &e->hoa, e->hoa_unique);
	mip4_put_auth(&w, auth_of(rq), rq->sa);
	reg_reply_flow(r, rq->pkt, &f);
	if (!w.err)
		r->send(r->send_arg, &f, buf, w.len);
}

/* No replay? By the timestamps of the registrations from there if there are
 * any, because the peer's clock is its own affair; else by ours. */
static bool
fresh(struct reg *r, const struct binding *b, const struct mip4_rev *rev)
{
	int32_t age;

	if (b && b->negotiated && b->coa.s_addr == rev->fda.s_addr)
		return (int32_t)(rev->rev_id - b->rev_peer) >= 0 &&
		    (b->rev_acted == 0 ||
		    (int32_t)(rev->rev_id - b->rev_acted) > 0);
	age = (int32_t)(ntp_seconds(clock_ntp(r->clock)) - rev->rev_id);
	return age <= FRESH_S && age >= -FRESH_S;
}

/* Type 7 of an access router: draft-navali's never sends it, other peers of
 * RFC 3543 may [D48]. */
static bool
revoked_by_peer(struct reg *r, struct rq *rq, enum had_drop *why)
{
	const struct mip4_rev *rev = &rq->msg.rev;
	struct binding *b = binding_of(r, rq);
	bool ours = false;

	*why = HAD_DROP_REV_STALE;
	if (rev->a || rev->fda.s_addr != rq->pkt->flow.src.s_addr ||
	    rev->hda.s_addr != r->conf->address.s_addr || !fresh(r, b, rev))
		return false;
	if (b && b->coa.s_addr == rev->fda.s_addr) {
		ours = b->state != BINDING_IDLE && means(rq, rev->home,
		    reg_node_home4(b), b->behind_node ? &in6addr_any : &b->hoa);
		*why = HAD_DROP_REV_UNNEGOTIATED;
		if (ours && !b->negotiated)
			return false;
		if (ours || b->state == BINDING_IDLE)
			b->rev_acted = rev->rev_id;
		if (ours && reg_may_tell(r))
			log_info(rq->subject, "revoked by %s",
			    rq->peer->name);
	}
	/* [RFC 3543 3.4]: it has what it wants; but who sends many? */
	if (!ours) {
		r->stats.revoked_nothing++;
		rq->peer->stats.revoked_nothing++;
	}
	send_ack(r, rq);
	/* The key that has signed it may go with it. */
	if (ours)
		reg_unbind(r, b);
	return true;
}

/* By what key a peer's message is to be proved: its own; of an access node
 * that of the subscriber, whose revocation or binding there is [D162]. */
static const struct mip4_sa *
key_of(struct reg *r, struct rq *rq, uint32_t spi)
{
	const struct mip4_exts *e = &rq->msg.ext;
	struct in_addr src = rq->pkt->flow.src;
	const struct revocation *v;
	const struct binding *b;
	uint8_t nai[MIP4_NAI_MAX];

	if (rq->fa)
		return reg_fa_key(rq->fa, spi);
	if (!rq->kind->by_node)
		return peer_sa_find(r->peers, src, spi);
	if (e->nai_len == 0)
		return NULL;
	memcpy(nai, e->nai, e->nai_len);
	nai_normalize(nai, e->nai_len);
	v = find(r->revoker, nai, e->nai_len, src);
	if (v && v->sa->spi == spi)
		return v->sa;
	b = binding_find(r->bindings, e->nai, e->nai_len);
	if (b && b->behind_node && b->coa.s_addr == src.s_addr &&
	    b->sa->spi == spi)
		return b->sa;
	reg_user_known(r, rq);
	return rq->keys ? user_sa_find(rq->keys, spi) : NULL;
}

bool
revoke_input(struct reg *r, struct rq *rq, enum had_drop *why)
{
	const struct mip4_exts *e = &rq->msg.ext;
	uint8_t nai[MIP4_NAI_MAX];
	uint32_t spi;

	*why = HAD_DROP_REV_AUTH;
	reg_set_kind(r, rq);
	if (!mip4_auth_spi(e, auth_of(rq), &spi))
		return false;
	rq->sa = key_of(r, rq, spi);
	if (!rq->sa || mip4_auth_check(rq->pkt->data, e, auth_of(rq),
	    rq->sa, &rq->covered) != MIP4_AUTH_OK)
		return false;
	/* Without its NAI nothing names a binding here [D14], but for an IPv4
	 * home address. */
	*why = HAD_DROP_REV_IDENTITY;
	if (rq->fa)
		return rq->msg.type == MIP4_REV_ACK ? acknowledged(r, rq,
		    NULL, 0, why) : revoked_by_peer(r, rq, why);
	if (e->n_nai != 1 || e->nai_len == 0 || e->off_nai >= rq->covered ||
	    e->n_hoa > 1 || e->bad_ext)
		return false;
	memcpy(nai, e->nai, e->nai_len);
	nai_normalize(nai, e->nai_len);
	if (rq->msg.type == MIP4_REV_ACK)
		return acknowledged(r, rq, nai, e->nai_len, why);
	return revoked_by_peer(r, rq, why);
}

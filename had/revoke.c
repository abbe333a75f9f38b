/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registration revocation [RFC 3543; PROTOCOLS 9, D11-D15, D48, D54]. What is
 * being revoked is kept apart from the binding, which may live on at another
 * care-of address: by NAI and old care-of address, until acknowledged or the
 * old lifetime is over; nothing more is sent when five tries were not heard.
 */
#define LOG_MODULE "revoke"
#include "had/revoke_int.h"

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

#define FIRST_MS	1000	/* doubles */
/* Whom it has left is told when its new path has been made [D129]. */
#define MOVED_MS	50
#define HEARD_MAX	65536	/* remembered beyond their end [D88] */

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

struct revocation *
revoke_find(struct revoker *rv, const uint8_t *nai, size_t len,
    struct in_addr coa)
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

struct revocation *
revoke_find_home(struct revoker *rv, struct in_addr coa, struct in_addr home)
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
 * REVOKE_FRESH_S, when the clock was set back, nobody takes the id for fresh.
 */
static mono_t
needed_until(const struct revocation *v)
{
	mono_t until = mono_add_ms(v->sent, FIRST_MS);
	int32_t ahead = (int32_t)(last_id(v) - own_seconds(v->owner));

	if (ahead >= 0 && ahead <= REVOKE_FRESH_S) {
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
void
revoke_heard(struct revocation *v)
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
	const struct revocation *v =
	    revoke_find(rv, b->nai, b->nai_len, b->coa);

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
	if (over || v->tries == REVOKE_TRIES) {
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
	v->unique = b->lease.at.pool && b->lease.at.pool->mode == POOL_UNIQUE;
	v->deadline = b->until;
	set_agent(v, b->behind_node ? mn_fa(b->mn) : NULL, reg_node_home4(b));
	if (v->fa)
		v->sa = &v->fa->sas[0];
	if (v->fa || !b->rare || b->sa != b->rare->own_sa)
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
	struct revocation *v = revoke_find(rv, b->nai, b->nai_len, b->coa);

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
	struct revocation *v = revoke_find(rv, b->nai, b->nai_len, coa);

	if (v)
		finish(v);
}

bool
revoke_has_left(struct revoker *rv, const struct binding *b,
    struct in_addr coa)
{
	const struct revocation *v = revoke_find(rv, b->nai, b->nai_len, coa);

	return v && (!v->quiet || v->unheard || v->heard);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Records of subscribers: lookup, timer, replay memory. See binding.h. Pure:
 * clock and timers are given. */
#include "had/binding.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/mip4.h"
#include "common/mip4_ext.h"
#include "had/peer.h"

#define MOVES_SPAN_MS	60000

const char *
binding_state_str(enum binding_state s)
{
	switch (s) {
	case BINDING_IDLE:
		return "idle";
	case BINDING_INSTALLING:
		return "installing";
	case BINDING_BOUND:
		return "bound";
	}
	return "?";
}

/* A lease is held for a subscriber or not; the peer's share is counted. */
static void
hold(struct binding *b, bool on)
{
	if (!b->lease.at.pool || lease_is_held(&b->lease) == on)
		return;
	if (on) {
		pool_hold(b->owner->pools, &b->lease);
		b->peer->n_held += lease_is_held(&b->lease);
	} else {
		pool_unhold(&b->lease);
		b->peer->n_held--;
	}
}

void
binding_release(struct binding *b)
{
	hold(b, false);
	pool_release(b->owner->pools, &b->lease);
}

void
binding_drop_own_sa(struct binding *b)
{
	if (!b->rare || !b->rare->own_sa)
		return;
	mip4_sa_wipe(b->rare->own_sa);
	free(b->rare->own_sa);
	b->rare->own_sa = NULL;
}

static void
destroy(struct binding *b)
{
	struct bindings *bs = b->owner;

	timer_cancel(bs->timers, &b->timer);
	binding_release(b);
	table_remove(&bs->by_nai, &b->by_nai);
	b->peer->n_records--;
	free(b->held);
	binding_drop_own_sa(b);
	if (b->rare)
		free(b->rare->moves);
	free(b->rare);
	free(b);
}

static bool
destroy_each(struct table_node *n, void *arg)
{
	struct binding *b = container_of(n, struct binding, by_nai);

	(void)arg;
	binding_set_state(b, BINDING_IDLE);
	destroy(b);
	return true;
}

void
bindings_free(struct bindings *bs)
{
	table_each(&bs->by_nai, destroy_each, NULL);
	table_free(&bs->by_nai);
}

struct nai_key {
	const uint8_t	*nai;
	size_t		 len;
};

/* A record is asked for when a request is about to change it: all of it is
 * fetched at once, as each line of it would otherwise be waited for. */
static void
fetch(const struct binding *b)
{
	size_t at;

	for (at = 0; at < sizeof(*b); at += 64)
		__builtin_prefetch((const char *)b + at, 1);
}

static bool
nai_eq(const struct table_node *n, const void *key)
{
	const struct binding *b = container_of(n, struct binding, by_nai);
	const struct nai_key *k = key;

	fetch(b);
	return b->nai_len == k->len && memcmp(b->nai, k->nai, k->len) == 0;
}

struct binding *
binding_find(struct bindings *bs, const void *nai, size_t len)
{
	return binding_find_hashed(bs, binding_hash(bs, nai, len), nai, len);
}

uint64_t
binding_hash(const struct bindings *bs, const void *nai, size_t len)
{
	uint8_t norm[MIP4_NAI_MAX];

	if (len == 0 || len > sizeof(norm))
		return 0;
	memcpy(norm, nai, len);
	nai_normalize(norm, len);
	return table_hash(&bs->by_nai, norm, len);
}

void
binding_prefetch_slot(const struct bindings *bs, uint64_t hash)
{
	table_prefetch(&bs->by_nai, hash);
}

void
binding_prefetch(const struct bindings *bs, uint64_t hash)
{
	const struct table_node *n = table_first(&bs->by_nai, hash);

	if (n)
		fetch(container_of(n, struct binding, by_nai));
}

struct binding *
binding_find_hashed(struct bindings *bs, uint64_t hash, const void *nai,
    size_t len)
{
	uint8_t norm[MIP4_NAI_MAX];
	struct nai_key k = { norm, len };
	struct table_node *n;

	if (len == 0 || len > sizeof(norm))
		return NULL;
	memcpy(norm, nai, len);
	nai_normalize(norm, len);
	n = table_find(&bs->by_nai, hash, nai_eq, &k);
	return n ? container_of(n, struct binding, by_nai) : NULL;
}

/*
 * An Identification may be a window ahead of our clock, and stays within the
 * window for another one: nothing may be forgotten before.
 */
static mono_t
replay_end(const struct binding *b)
{
	return mono_add_ms(b->last_id ? b->last_at :
	    clock_mono(b->owner->clock),
	    (2 * (int64_t)b->owner->window + 1) * 1000);
}

/*
 * The timer of a record is always set, to "never" where nothing is due: moving
 * it needs no memory, so that only the first setting can fail, in binding_new.
 *
 * It is never set later than "until" and "wake", but may be earlier: what is
 * put off leaves it where it is, and it is set anew once it fires. So a renewal
 * does not touch the heap of a million others.
 */
static int
set_timer(struct binding *b)
{
	mono_t at = b->until;

	if (b->behind_node && mono_before(b->wake, at))
		at = b->wake;
	return timer_set_late(b->owner->timers, &b->timer, at);
}

static int
set_until(struct binding *b, mono_t at)
{
	bool later = !mono_before(at, b->until);

	b->until = at;
	/* The heap need not even be looked at. */
	if (later && timer_is_set(&b->timer))
		return 0;
	return set_timer(b);
}

void
binding_wake_at(struct binding *b, mono_t at)
{
	b->wake = at;
	(void)set_timer(b);
}

static void
timer_fired(struct timer *t)
{
	struct binding *b = container_of(t, struct binding, timer);
	mono_t now = clock_mono(b->owner->clock);

	if (b->behind_node && !mono_before(now, b->wake)) {
		binding_wake_at(b, MONO_NEVER);
		b->owner->woken(b->owner->arg, b);
		return;
	}
	/* The data plane will answer. */
	if (b->state == BINDING_INSTALLING)
		b->until = MONO_NEVER;
	if (mono_before(now, b->until)) {
		(void)set_until(b, b->until);
		return;
	}
	if (b->state == BINDING_BOUND) {
		b->owner->expired(b->owner->arg, b);
		return;
	}
	/* The prefix has been held long enough; was there a request since? */
	if (b->last_id && mono_before(now, replay_end(b))) {
		binding_release(b);
		(void)set_until(b, replay_end(b));
		return;
	}
	destroy(b);
}

static mono_t
forget_at(const struct binding *b)
{
	mono_t hold, replay = replay_end(b);

	if (!b->lease.at.pool)
		return replay;
	hold = mono_add_ms(clock_mono(b->owner->clock),
	    (int64_t)b->lease.at.pool->hold * 1000);
	return mono_before(hold, replay) ? replay : hold;
}

static mono_t
expiry(const struct binding *b)
{
	if (b->lifetime == MIP4_LIFETIME_INFINITY)
		return MONO_NEVER;
	return mono_add_ms(clock_mono(b->owner->clock),
	    (int64_t)b->lifetime * 1000);
}

/* Its prefix has been given to another: it may be forgotten earlier. */
static void
lost_lease(void *arg, struct lease *l)
{
	struct binding *b = container_of(l, struct binding, lease);

	(void)arg;
	b->peer->n_held--;
	(void)set_until(b, forget_at(b));
}

int
bindings_init(struct bindings *bs)
{
	bs->n_bound = bs->n_installing = 0;
	bs->pools->reclaimed = lost_lease;
	return table_init(&bs->by_nai);
}

struct binding *
binding_new(struct bindings *bs, struct peer *peer, const void *nai,
    size_t len)
{
	struct binding *b;

	if (len == 0 || len > MIP4_NAI_MAX)
		return NULL;
	b = calloc(1, offsetof(struct binding, nai) + len + 1);
	if (!b)
		return NULL;
	b->owner = bs;
	b->timer.fire = timer_fired;
	b->nai_len = (uint8_t)len;
	memcpy(b->nai, nai, len);
	nai_normalize(b->nai, len);
	b->peer = peer;
	peer->n_records++;
	table_insert(&bs->by_nai, &b->by_nai,
	    table_hash(&bs->by_nai, b->nai, len));
	if (set_until(b, forget_at(b))) {
		destroy(b);
		return NULL;
	}
	return b;
}

void
binding_set_peer(struct binding *b, struct peer *peer)
{
	if (b->state != BINDING_IDLE) {
		b->peer->n_bindings--;
		peer->n_bindings++;
	}
	b->peer->n_records--;
	peer->n_records++;
	if (lease_is_held(&b->lease)) {
		b->peer->n_held--;
		peer->n_held++;
	}
	b->peer = peer;
}

/* Is the prefix kept for a subscriber that leaves? Not more of them than a
 * peer may have bindings [D82]. */
static bool
may_hold(const struct binding *b)
{
	return b->lease.at.pool && b->lease.at.pool->hold > 0 &&
	    b->peer->n_held - lease_is_held(&b->lease) <
	    b->peer->max_bindings;
}

void
binding_set_state(struct binding *b, enum binding_state state)
{
	bool was = b->state != BINDING_IDLE, is = state != BINDING_IDLE;

	if (is && !was) {
		b->peer->n_bindings++;
		b->owner->n_bound++;
		b->since = clock_mono(b->owner->clock);
	} else if (was && !is) {
		b->peer->n_bindings--;
		b->owner->n_bound--;
	}
	b->owner->n_installing += state == BINDING_INSTALLING;
	b->owner->n_installing -= b->state == BINDING_INSTALLING;
	b->state = state;
	if (is)
		hold(b, false);
	else if (may_hold(b))
		hold(b, true);
	else
		binding_release(b);
	if (state == BINDING_BOUND)
		(void)set_until(b, expiry(b));
	else if (state == BINDING_IDLE)
		(void)set_until(b, forget_at(b));
}

void
binding_seen(struct binding *b, uint64_t id)
{
	b->last_id = id;
	b->last_at = clock_mono(b->owner->clock);
	if (b->state == BINDING_IDLE && !b->lease.at.pool)
		(void)set_until(b, forget_at(b));
}

struct binding_rare *
binding_rare(struct binding *b)
{
	if (!b->rare)
		b->rare = calloc(1, sizeof(*b->rare));
	return b->rare;
}

/* Its last ones; NULL when memory is short. */
static mono_t *
moves(struct binding *b)
{
	unsigned limit = b->owner->flap_limit, i;
	struct binding_rare *r = binding_rare(b);

	if (!r || r->moves)
		return r ? r->moves : NULL;
	r->moves = calloc(limit, sizeof(*r->moves));
	for (i = 0; r->moves && i < limit; i++)
		r->moves[i] = (mono_t){ INT64_MIN };
	return r->moves;
}

struct gre_keys
binding_gre(const struct binding *b)
{
	return b->rare ? b->rare->gre : (struct gre_keys){ 0 };
}

void
binding_set_gre(struct binding *b, const struct gre_keys *keys)
{
	if (b->rare)
		b->rare->gre = *keys;
}

bool
binding_move_allowed(struct binding *b)
{
	mono_t oldest;

	if (b->owner->flap_limit == 0)
		return true;
	if (!moves(b))
		return false;
	oldest = b->rare->moves[b->rare->n_moves];
	return oldest.ns == INT64_MIN || mono_diff_ms(
	    clock_mono(b->owner->clock), oldest) >= MOVES_SPAN_MS;
}

/* The oldest of the last "limit" moves is the one overwritten. */
void
binding_moved(struct binding *b)
{
	unsigned limit = b->owner->flap_limit;
	struct binding_rare *r = b->rare;

	if (limit == 0)
		return;
	r->moves[r->n_moves] = clock_mono(b->owner->clock);
	r->n_moves = (uint16_t)((r->n_moves + 1) % limit);
}

uint32_t
binding_left(const struct binding *b)
{
	int64_t ms;

	if (b->state != BINDING_BOUND)
		return 0;
	if (b->lifetime == MIP4_LIFETIME_INFINITY)
		return MIP4_LIFETIME_INFINITY;
	ms = mono_diff_ms(b->until, clock_mono(b->owner->clock));
	return ms > 0 ? (uint32_t)(ms / 1000) : 0;
}

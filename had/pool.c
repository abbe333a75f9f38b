/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Home prefixes and addresses [PROTOCOLS 10.2, D19, D51; RFC 5453, RFC 6543].
 * Pure. A few places derived from the NAI are tried first; in a unique pool
 * the next free prefix behind the last of them is found by places.h, in a
 * shared one there are always so many free that trying is enough.
 */
#include "had/pool.h"

#include <errno.h>
#include <string.h>

#include "common/iid.h"
#include "had/places.h"

#define TRIES		32
#define TRIES_PLACES	4	/* the next free one is as near */
/* A bit for each prefix of a larger pool is only worth its memory when it may
 * become half full: with less, 32 tries all fail once in 4,000,000,000. */
#define PLACES_SMALL	(UINT64_C(1) << 22)
#define PLACES_MAX	(UINT64_C(1) << 28)

static bool
wants_places(const struct pool *p, uint64_t max_leases)
{
	return p->mode == POOL_UNIQUE && (p->capacity <= PLACES_SMALL ||
	    (p->capacity <= PLACES_MAX && max_leases > p->capacity / 2));
}

int
pools_init(struct pools *ps, struct pool *pool, size_t n, uint64_t max_leases)
{
	unsigned bits;
	size_t i;

	memset(ps, 0, sizeof(*ps));
	if (table_init(&ps->leases) || table_init(&ps->chosen) ||
	    table_init(&ps->reserved)) {
		pools_free(ps);
		return -ENOMEM;
	}
	ps->pool = pool;
	for (i = 0; i < n; i++) {
		struct pool *p = &pool[i];

		bits = p->mode == POOL_UNIQUE ? 64 - p->len : 62;
		p->capacity = UINT64_C(1) << (bits > 62 ? 62 : bits);
		p->used = p->held = p->reserved = 0;
		p->reclaimed = p->denied = p->looks = 0;
		p->oldest = p->newest = NULL;
		p->places = NULL;
		ps->n++;
		if (!wants_places(p, max_leases))
			continue;
		p->places = places_new(p->capacity);
		if (!p->places) {
			pools_free(ps);
			return -ENOMEM;
		}
	}
	return 0;
}

void
pools_free(struct pools *ps)
{
	size_t i;

	for (i = 0; i < ps->n; i++) {
		places_free(ps->pool[i].places);
		ps->pool[i].places = NULL;
	}
	table_free(&ps->leases);
	table_free(&ps->chosen);
	table_free(&ps->reserved);
	ps->n = 0;
}

unsigned
pool_route_len(const struct pool *p)
{
	return p->mode == POOL_UNIQUE ? 64 : 128;
}

static uint64_t
get64(const uint8_t *b)
{
	uint64_t v = 0;
	int i;

	for (i = 0; i < 8; i++)
		v = v << 8 | b[i];
	return v;
}

static void
put64(uint8_t *b, uint64_t v)
{
	int i;

	for (i = 7; i >= 0; i--, v >>= 8)
		b[i] = (uint8_t)v;
}

bool
pool_contains(const struct pool *p, const struct in6_addr *a)
{
	uint64_t d = get64(a->s6_addr) ^ get64(p->prefix.s6_addr);

	return p->len == 0 || d >> (64 - p->len) == 0;
}

struct pool *
pool_of(const struct pools *ps, const struct in6_addr *a)
{
	size_t i;

	for (i = 0; i < ps->n; i++)
		if (pool_contains(&ps->pool[i], a))
			return &ps->pool[i];
	return NULL;
}

struct pool *
pool_named(const struct pools *ps, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < ps->n; i++)
		if (strlen(ps->pool[i].name) == len &&
		    memcmp(ps->pool[i].name, name, len) == 0)
			return &ps->pool[i];
	return NULL;
}

static uint64_t
part_of(const struct pool *p, const struct in6_addr *a)
{
	return get64(&a->s6_addr[p->mode == POOL_UNIQUE ? 0 : 8]);
}

static struct in6_addr
addr_of(const struct pool *p, uint64_t part)
{
	struct in6_addr a = p->prefix;

	put64(&a.s6_addr[p->mode == POOL_UNIQUE ? 0 : 8], part);
	return a;
}

struct in6_addr
pool_part_addr(const struct pool_part *x)
{
	return addr_of(x->pool, x->part);
}

struct in6_addr
lease_addr(const struct lease *l)
{
	return pool_part_addr(&l->at);
}

struct part_key {
	const struct pool	*pool;
	uint64_t		 part;
};

static uint64_t
key_hash(const struct table *t, const struct part_key *k)
{
	struct in6_addr a = addr_of(k->pool, k->part);

	return table_hash(t, &a, sizeof(a));
}

static bool
part_eq(const struct table_node *n, const void *key)
{
	const struct pool_part *x = container_of(n, struct pool_part, node);
	const struct part_key *k = key;

	return x->part == k->part && x->pool == k->pool;
}

static struct pool_part *
find(const struct table *t, const struct pool *p, uint64_t part)
{
	struct part_key k = { p, part };
	struct table_node *n;

	if (table_count(t) == 0)
		return NULL;
	n = table_find(t, key_hash(t, &k), part_eq, &k);
	return n ? container_of(n, struct pool_part, node) : NULL;
}

static void
insert(struct table *t, struct pool_part *x, struct pool *p, uint64_t part)
{
	struct part_key k = { p, part };

	x->pool = p;
	x->part = part;
	table_insert(t, &x->node, key_hash(t, &k));
}

struct lease *
pool_find(struct pools *ps, const struct pool *p, const struct in6_addr *addr)
{
	struct pool_part *x = find(&ps->leases, p, part_of(p, addr));

	return x ? container_of(x, struct lease, at) : NULL;
}

/* Leased or chosen? */
static bool
is_used(const struct pools *ps, const struct pool *p, uint64_t part)
{
	return find(&ps->leases, p, part) || find(&ps->chosen, p, part);
}

static uint64_t
index_of(const struct pool *p, uint64_t part)
{
	return (part - get64(p->prefix.s6_addr)) & (p->capacity - 1);
}

/* To be called when a place is neither leased nor reserved any more. */
static void
give_place(struct pools *ps, struct pool *p, uint64_t part)
{
	if (p->places && !is_used(ps, p, part) &&
	    !find(&ps->reserved, p, part))
		places_give(p->places, index_of(p, part));
}

/* Is this part for a host at all? */
static bool
usable(const struct pool *p, const struct in6_addr *addr)
{
	return pool_contains(p, addr) &&
	    (p->mode == POOL_UNIQUE || !iid_is_reserved(iid_of(addr)));
}

int
pool_check(struct pools *ps, struct pool *p, const struct in6_addr *addr,
    const struct pool_part *mine)
{
	uint64_t part = part_of(p, addr);
	const struct pool_part *r;

	if (!usable(p, addr))
		return -EADDRNOTAVAIL;
	r = find(&ps->reserved, p, part);
	if (r && r != mine)
		return -EADDRNOTAVAIL;
	return is_used(ps, p, part) ? -EEXIST : 0;
}

void
pool_take(struct pools *ps, struct pool *p, struct lease *l,
    const struct in6_addr *addr)
{
	insert(&ps->leases, &l->at, p, part_of(p, addr));
	l->older = l->newer = NULL;
	if (p->places)
		places_take(p->places, index_of(p, l->at.part));
	p->used++;
}

void
pool_release(struct pools *ps, struct lease *l)
{
	struct pool *p = l->at.pool;

	if (!p)
		return;
	pool_unhold(l);
	table_remove(&ps->leases, &l->at.node);
	give_place(ps, p, l->at.part);
	p->used--;
	l->at.pool = NULL;
}

void
pool_choose(struct pools *ps, struct pool *p, struct pool_part *x,
    const struct in6_addr *addr)
{
	insert(&ps->chosen, x, p, part_of(p, addr));
	p->used++;
}

void
pool_unchoose(struct pools *ps, struct pool_part *x)
{
	table_remove(&ps->chosen, &x->node);
	x->pool->used--;
	x->pool = NULL;
}

void
pool_move_chosen(struct pools *ps, struct pool_part *from,
    struct pool_part *to)
{
	table_remove(&ps->chosen, &from->node);
	*to = *from;
	table_insert(&ps->chosen, &to->node, to->node.hash);
}

int
pool_reserve(struct pools *ps, struct pool *p, struct pool_part *x,
    const struct in6_addr *addr)
{
	uint64_t part = part_of(p, addr);

	if (!usable(p, addr))
		return -EADDRNOTAVAIL;
	if (find(&ps->reserved, p, part) || is_used(ps, p, part))
		return -EEXIST;
	insert(&ps->reserved, x, p, part);
	if (p->places)
		places_take(p->places, index_of(p, part));
	p->reserved++;
	return 0;
}

void
pool_unreserve(struct pools *ps, struct pool_part *x)
{
	struct pool *p = x->pool;

	if (!p)
		return;
	table_remove(&ps->reserved, &x->node);
	give_place(ps, p, x->part);
	p->reserved--;
	x->pool = NULL;
}

int
pool_bar(struct pools *ps, struct pool *p, const struct in6_addr *addr)
{
	struct pool_part *slot = &ps->barred[ps->n_barred % POOL_BARRED];
	int err = pool_check(ps, p, addr, NULL);

	if (err)
		return err;
	pool_unreserve(ps, slot);
	ps->n_barred++;
	return pool_reserve(ps, p, slot, addr);
}

bool
lease_is_held(const struct lease *l)
{
	return l->at.pool && (l->older || l->at.pool->oldest == l);
}

void
pool_hold(struct pools *ps, struct lease *l)
{
	struct pool *p = l->at.pool;

	if (!p || lease_is_held(l))
		return;
	if (p->hold == 0 || find(&ps->reserved, p, l->at.part)) {
		pool_release(ps, l);
		return;
	}
	l->older = p->newest;
	l->newer = NULL;
	if (p->newest)
		p->newest->newer = l;
	else
		p->oldest = l;
	p->newest = l;
	p->held++;
}

void
pool_unhold(struct lease *l)
{
	struct pool *p = l->at.pool;

	if (!lease_is_held(l))
		return;
	if (l->older)
		l->older->newer = l->newer;
	else
		p->oldest = l->newer;
	if (l->newer)
		l->newer->older = l->older;
	else
		p->newest = l->older;
	l->older = l->newer = NULL;
	p->held--;
}

void
pool_evict(struct pools *ps, struct lease *l)
{
	l->at.pool->reclaimed++;
	pool_release(ps, l);
	if (ps->reclaimed)
		ps->reclaimed(ps->arg, l);
}

int
pool_reclaim(struct pools *ps, struct pool *p, struct in6_addr *addr)
{
	struct lease *l = p->oldest;

	if (!l || p->hold_strict)
		return -ENOSPC;
	*addr = lease_addr(l);
	pool_evict(ps, l);
	return 0;
}

/* FNV-1a: the same in every run, unlike table_hash. Whoever finds NAIs that
 * collide gains a few more tries, nothing else. */
static uint64_t
seed_of(const void *nai, size_t len)
{
	const uint8_t *b = nai;
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	size_t i;

	for (i = 0; i < len; i++)
		h = (h ^ b[i]) * UINT64_C(0x100000001b3);
	return h;
}

/* splitmix64 */
static uint64_t
next_random(uint64_t *s)
{
	uint64_t z = (*s += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static uint64_t
prefix_at(const struct pool *p, uint64_t i)
{
	return get64(p->prefix.s6_addr) | (i & (p->capacity - 1));
}

/* An identifier with its universal bit 0 [RFC 4291 appendix A]. */
static uint64_t
identifier(uint64_t r)
{
	return r & ~(UINT64_C(2) << 56);
}

/* Tries prefixes by their bits. */
static int
pick_place(struct pool *p, uint64_t seed, struct in6_addr *addr)
{
	uint64_t i = 0;
	int try;

	for (try = 0; try < TRIES_PLACES; try++) {
		i = next_random(&seed) & (p->capacity - 1);
		p->looks++;
		if (!places_taken(p->places, i))
			break;
	}
	if (try == TRIES_PLACES)
		i = places_next(p->places, i, &p->looks);
	if (i == PLACES_NONE)
		return -ENOSPC;
	*addr = addr_of(p, prefix_at(p, i));
	return 0;
}

int
pool_pick(struct pools *ps, struct pool *p, const void *nai, size_t len,
    struct in6_addr *addr)
{
	uint64_t seed = seed_of(nai, len), r;
	int try;

	if (p->places)
		return pick_place(p, seed, addr);
	for (try = 0; try < TRIES; try++) {
		r = next_random(&seed);
		*addr = addr_of(p, p->mode == POOL_UNIQUE ? prefix_at(p, r) :
		    identifier(r));
		p->looks++;
		if (pool_check(ps, p, addr, NULL) == 0)
			return 0;
	}
	return -ENOSPC;
}

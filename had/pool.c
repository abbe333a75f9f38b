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
	if (table_init(&ps->leases))
		return -ENOMEM;
	if (table_init(&ps->reserved)) {
		table_free(&ps->leases);
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
lease_addr(const struct lease *l)
{
	return addr_of(l->pool, l->part);
}

struct lease_key {
	const struct pool	*pool;
	uint64_t		 part;
};

static uint64_t
key_hash(const struct table *t, const struct lease_key *k)
{
	struct in6_addr a = addr_of(k->pool, k->part);

	return table_hash(t, &a, sizeof(a));
}

static bool
lease_eq(const struct table_node *n, const void *key)
{
	const struct lease *l = container_of(n, struct lease, node);
	const struct lease_key *k = key;

	return l->part == k->part && l->pool == k->pool;
}

static struct lease *
find(const struct table *t, const struct pool *p, uint64_t part)
{
	struct lease_key k = { p, part };
	struct table_node *n;

	if (table_count(t) == 0)
		return NULL;
	n = table_find(t, key_hash(t, &k), lease_eq, &k);
	return n ? container_of(n, struct lease, node) : NULL;
}

static void
insert(struct table *t, struct lease *l, struct pool *p, uint64_t part)
{
	struct lease_key k = { p, part };

	l->pool = p;
	l->part = part;
	l->older = l->newer = NULL;
	table_insert(t, &l->node, key_hash(t, &k));
}

struct lease *
pool_find(struct pools *ps, const struct pool *p, const struct in6_addr *addr)
{
	return find(&ps->leases, p, part_of(p, addr));
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
	if (p->places && !find(&ps->leases, p, part) &&
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
    const struct lease *mine)
{
	const struct lease *r;

	if (!usable(p, addr))
		return -EADDRNOTAVAIL;
	r = find(&ps->reserved, p, part_of(p, addr));
	if (r && r != mine)
		return -EADDRNOTAVAIL;
	return pool_find(ps, p, addr) ? -EEXIST : 0;
}

void
pool_take(struct pools *ps, struct pool *p, struct lease *l,
    const struct in6_addr *addr)
{
	insert(&ps->leases, l, p, part_of(p, addr));
	if (p->places)
		places_take(p->places, index_of(p, l->part));
	p->used++;
}

void
pool_release(struct pools *ps, struct lease *l)
{
	struct pool *p = l->pool;

	if (!p)
		return;
	pool_unhold(l);
	table_remove(&ps->leases, &l->node);
	give_place(ps, p, l->part);
	p->used--;
	l->pool = NULL;
}

int
pool_reserve(struct pools *ps, struct pool *p, struct lease *l,
    const struct in6_addr *addr)
{
	uint64_t part = part_of(p, addr);

	if (!usable(p, addr))
		return -EADDRNOTAVAIL;
	if (find(&ps->reserved, p, part) || find(&ps->leases, p, part))
		return -EEXIST;
	insert(&ps->reserved, l, p, part);
	if (p->places)
		places_take(p->places, index_of(p, part));
	p->reserved++;
	return 0;
}

void
pool_unreserve(struct pools *ps, struct lease *l)
{
	struct pool *p = l->pool;

	if (!p)
		return;
	table_remove(&ps->reserved, &l->node);
	give_place(ps, p, l->part);
	p->reserved--;
	l->pool = NULL;
}

int
pool_bar(struct pools *ps, struct pool *p, const struct in6_addr *addr)
{
	struct lease *slot = &ps->barred[ps->n_barred % POOL_BARRED];
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
	return l->pool && (l->older || l->pool->oldest == l);
}

void
pool_hold(struct pools *ps, struct lease *l)
{
	struct pool *p = l->pool;

	if (!p || lease_is_held(l))
		return;
	if (p->hold == 0 || find(&ps->reserved, p, l->part)) {
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
	struct pool *p = l->pool;

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
	l->pool->reclaimed++;
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

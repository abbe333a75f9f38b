/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Home prefixes and addresses [PROTOCOLS 10.2, D19, D51; RFC 5453]. Pure.
 * A few places derived from the NAI are tried first, all but always with
 * success; only a unique pool that is nearly full is searched, 64 prefixes a
 * step.
 */
#include "had/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/iid.h"

#define PROBES	32

int
pools_init(struct pools *ps, struct pool *pool, size_t n)
{
	size_t i;
	unsigned bits;

	memset(ps, 0, sizeof(*ps));
	ps->pool = pool;
	ps->n = n;
	if (table_init(&ps->leases))
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		bits = pool[i].mode == POOL_UNIQUE ? 64 - pool[i].len : 62;
		pool[i].capacity = UINT64_C(1) << (bits > 62 ? 62 : bits);
		pool[i].used = pool[i].held = pool[i].cursor = 0;
		pool[i].bitmap = NULL;
		if (pool[i].mode == POOL_SHARED ||
		    pool[i].capacity > POOL_BITMAP_MAX)
			continue;
		pool[i].bitmap = calloc((pool[i].capacity + 63) / 64, 8);
		if (!pool[i].bitmap) {
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
		free(ps->pool[i].bitmap);
		ps->pool[i].bitmap = NULL;
	}
	table_free(&ps->leases);
	ps->n = 0;
}

unsigned
pool_route_len(const struct pool *p)
{
	return p->mode == POOL_UNIQUE ? 64 : 128;
}

static uint64_t
upper64(const struct in6_addr *a)
{
	uint64_t v = 0;
	int i;

	for (i = 0; i < 8; i++)
		v = v << 8 | a->s6_addr[i];
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
	uint64_t d = upper64(a) ^ upper64(&p->prefix);

	return p->len == 0 || d >> (64 - p->len) == 0;
}

/* The lease address that addr is in. */
static struct in6_addr
lease_addr(const struct pool *p, const struct in6_addr *addr)
{
	struct in6_addr a = *addr;

	if (p->mode == POOL_UNIQUE)
		memset(&a.s6_addr[8], 0, 8);
	return a;
}

struct lease_key {
	struct in6_addr	addr;
	unsigned	len;
};

static uint64_t
key_hash(const struct pools *ps, const struct lease_key *k)
{
	uint8_t b[17];

	memcpy(b, &k->addr, 16);
	b[16] = (uint8_t)k->len;
	return table_hash(&ps->leases, b, sizeof(b));
}

static bool
lease_eq(const struct table_node *n, const void *key)
{
	const struct lease *l = container_of(n, struct lease, node);
	const struct lease_key *k = key;

	return pool_route_len(l->pool) == k->len &&
	    memcmp(&l->addr, &k->addr, sizeof(k->addr)) == 0;
}

struct lease *
pool_find(struct pools *ps, const struct pool *p, const struct in6_addr *addr)
{
	struct lease_key k = { lease_addr(p, addr), pool_route_len(p) };
	struct table_node *n;

	n = table_find(&ps->leases, key_hash(ps, &k), lease_eq, &k);
	return n ? container_of(n, struct lease, node) : NULL;
}

static uint64_t
index_of(const struct pool *p, const struct in6_addr *a)
{
	return (upper64(a) - upper64(&p->prefix)) & (p->capacity - 1);
}

static void
mark(struct pool *p, const struct in6_addr *a, bool on)
{
	uint64_t i;

	if (!p->bitmap)
		return;
	i = index_of(p, a);
	if (on)
		p->bitmap[i / 64] |= UINT64_C(1) << i % 64;
	else
		p->bitmap[i / 64] &= ~(UINT64_C(1) << i % 64);
}

static void
take(struct pools *ps, struct pool *p, struct lease *l,
    const struct in6_addr *addr)
{
	struct lease_key k = { lease_addr(p, addr), pool_route_len(p) };

	l->pool = p;
	l->addr = k.addr;
	l->held = false;
	table_insert(&ps->leases, &l->node, key_hash(ps, &k));
	mark(p, &l->addr, true);
	p->used++;
}

int
pool_claim(struct pools *ps, struct pool *p, struct lease *l,
    const struct in6_addr *addr)
{
	if (!pool_contains(p, addr))
		return -EADDRNOTAVAIL;
	if (p->mode == POOL_SHARED && iid_is_reserved(iid_of(addr)))
		return -EADDRNOTAVAIL;
	if (pool_find(ps, p, addr))
		return -EEXIST;
	take(ps, p, l, addr);
	return 0;
}

int
pool_exclude(struct pools *ps, struct lease *l, const struct in6_addr *addr)
{
	size_t i;

	for (i = 0; i < ps->n; i++) {
		if (!pool_contains(&ps->pool[i], addr))
			continue;
		return pool_claim(ps, &ps->pool[i], l, addr);
	}
	return -ENOENT;
}

void
pool_release(struct pools *ps, struct lease *l)
{
	if (!l->pool)
		return;
	lease_hold(l, false);
	table_remove(&ps->leases, &l->node);
	mark(l->pool, &l->addr, false);
	l->pool->used--;
	l->pool = NULL;
}

void
lease_hold(struct lease *l, bool hold)
{
	if (!l->pool || l->held == hold)
		return;
	l->held = hold;
	if (hold)
		l->pool->held++;
	else
		l->pool->held--;
}

/* FNV-1a with a finalizer: the same in every run, unlike table_hash. Whoever
 * finds NAIs that collide gains a few more probes, nothing else. */
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

static struct in6_addr
candidate(const struct pool *p, uint64_t r)
{
	struct in6_addr a = p->prefix;

	if (p->mode == POOL_UNIQUE) {
		put64(&a.s6_addr[0], upper64(&p->prefix) |
		    (r & (p->capacity - 1)));
	} else {
		put64(&a.s6_addr[8], r);
		a.s6_addr[8] &= (uint8_t)~2;	/* universal bit 0 */
	}
	return a;
}

/* A free prefix by the bitmap; false when there is none. */
static bool
scan(struct pool *p, struct in6_addr *a)
{
	uint64_t words = (p->capacity + 63) / 64, n, w;
	unsigned bit;

	for (n = 0; n < words; n++) {
		w = (p->cursor + n) % words;
		if (p->bitmap[w] == UINT64_MAX)
			continue;
		bit = (unsigned)__builtin_ctzll(~p->bitmap[w]);
		if (w * 64 + bit >= p->capacity)
			continue;
		p->cursor = w;
		*a = candidate(p, w * 64 + bit);
		return true;
	}
	return false;
}

int
pool_alloc(struct pools *ps, struct pool *p, struct lease *l,
    const void *nai, size_t len)
{
	struct in6_addr a;
	uint64_t s = seed_of(nai, len);
	int i;

	if (p->used >= p->capacity)
		return -ENOSPC;
	for (i = 0; i < PROBES; i++) {
		a = candidate(p, next_random(&s));
		if (pool_claim(ps, p, l, &a) == 0)
			return 0;
	}
	if (p->bitmap && scan(p, &a))
		return pool_claim(ps, p, l, &a) ? -ENOSPC : 0;
	return -ENOSPC;
}

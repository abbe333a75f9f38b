/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Peers by source address and security associations by (source, SPI)
 * [PROTOCOLS 4, 8.1 row 4]: both by hash, a home agent may have thousands.
 */
#include "had/peer.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include <arpa/inet.h>

#include "common/mip4_ext.h"

struct spi_key {
	uint32_t	addr;
	uint32_t	spi;
};

int
peers_init(struct peers *ps)
{
	memset(ps, 0, sizeof(*ps));
	if (table_init(&ps->by_addr) || table_init(&ps->by_spi) ||
	    table_init(&ps->users)) {
		peers_free(ps);
		return -ENOMEM;
	}
	return 0;
}

void
peers_free(struct peers *ps)
{
	table_free(&ps->by_addr);
	table_free(&ps->by_spi);
	table_free(&ps->users);
}

static bool
addr_eq(const struct table_node *n, const void *key)
{
	const struct peer *p = container_of(n, struct peer, by_addr);

	return memcmp(&p->addr, key, sizeof(p->addr)) == 0;
}

static bool
spi_eq(const struct table_node *n, const void *key)
{
	const struct peer_sa *s = container_of(n, struct peer_sa, by_spi);
	const struct spi_key *k = key;

	return s->addr.s_addr == k->addr && s->sa.spi == k->spi;
}

struct nai_key {
	const uint8_t	*nai;
	size_t		 len;
};

static bool
user_eq(const struct table_node *n, const void *key)
{
	const struct user *u = container_of(n, struct user, by_nai);
	const struct nai_key *k = key;

	return u->nai_len == k->len && memcmp(u->nai, k->nai, k->len) == 0;
}

/* The range that holds an address: by halves. */
static const struct care_of_range *
in_range(const struct peers *ps, uint32_t addr)
{
	size_t low = 0, high = ps->n_ranges, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (ps->ranges[mid].last < addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low < ps->n_ranges && ps->ranges[low].first <= addr ?
	    &ps->ranges[low] : NULL;
}

static struct peer *
by_address(struct peers *ps, struct in_addr addr)
{
	struct table_node *n;

	n = table_find(&ps->by_addr,
	    table_hash(&ps->by_addr, &addr, sizeof(addr)), addr_eq, &addr);
	return n ? container_of(n, struct peer, by_addr) : NULL;
}

struct peer *
peer_find(struct peers *ps, struct in_addr addr)
{
	struct peer *p = by_address(ps, addr);
	const struct care_of_range *r;

	if (p)
		return p;
	r = in_range(ps, ntohl(addr.s_addr));
	return r ? r->peer : NULL;
}

const struct foreign_agent *
peer_agent(struct peers *ps, struct in_addr addr)
{
	const struct care_of_range *r;

	r = by_address(ps, addr) ? NULL : in_range(ps, ntohl(addr.s_addr));
	return r ? r->fa : NULL;
}

const struct mip4_sa *
peer_sa_find(struct peers *ps, struct in_addr addr, uint32_t spi)
{
	struct spi_key k = { addr.s_addr, spi };
	struct table_node *n;

	n = table_find(&ps->by_spi, table_hash(&ps->by_spi, &k, sizeof(k)),
	    spi_eq, &k);
	return n ? &container_of(n, struct peer_sa, by_spi)->sa : NULL;
}

bool
peers_add(struct peers *ps, struct peer *p)
{
	size_t i;

	if (by_address(ps, p->addr))
		return false;
	table_insert(&ps->by_addr, &p->by_addr,
	    table_hash(&ps->by_addr, &p->addr, sizeof(p->addr)));
	for (i = 0; i < p->n_sas; i++) {
		struct spi_key k = { p->addr.s_addr, p->sas[i].sa.spi };

		p->sas[i].addr = p->addr;
		table_insert(&ps->by_spi, &p->sas[i].by_spi,
		    table_hash(&ps->by_spi, &k, sizeof(k)));
	}
	return true;
}

struct user *
user_find(struct peers *ps, const uint8_t *nai, size_t len)
{
	uint8_t norm[MIP4_NAI_MAX];
	struct nai_key k = { norm, len };
	struct table_node *n;

	if (len == 0 || len > sizeof(norm) || table_count(&ps->users) == 0)
		return NULL;
	memcpy(norm, nai, len);
	nai_normalize(norm, len);
	n = table_find(&ps->users, table_hash(&ps->users, norm, len),
	    user_eq, &k);
	return n ? container_of(n, struct user, by_nai) : NULL;
}

bool
peers_add_user(struct peers *ps, struct user *u)
{
	nai_normalize(u->nai, u->nai_len);
	if (user_find(ps, (const uint8_t *)u->nai, u->nai_len))
		return false;
	table_insert(&ps->users, &u->by_nai,
	    table_hash(&ps->users, u->nai, u->nai_len));
	return true;
}

const struct mip4_sa *
user_sa_find(const struct user *u, uint32_t spi)
{
	size_t i;

	for (i = 0; i < u->n_sas; i++)
		if (u->sas[i].spi == spi)
			return &u->sas[i];
	return NULL;
}

bool
peer_has_pool(const struct peer *p, const struct pool *pool)
{
	size_t i;

	for (i = 0; i < p->n_pools; i++)
		if (p->pools[i] == pool)
			return true;
	return false;
}

int
peer_realm(const struct peer *p, const uint8_t *nai, size_t len)
{
	size_t i, at = len, n;

	while (at > 0 && nai[at - 1] != '@')
		at--;
	for (i = 0; at > 0 && i < p->n_realms; i++) {
		n = strlen(p->realms[i]);
		if (n == len - at && strncasecmp(p->realms[i],
		    (const char *)nai + at, n) == 0)
			return (int)i;
	}
	return -1;
}

bool
peer_allows(const struct peer *p, const uint8_t *nai, size_t len)
{
	return p->n_realms == 0 || peer_realm(p, nai, len) >= 0;
}

bool
peer_same_group(const struct peer *a, const struct peer *b)
{
	if (a == b || a->group == b->group)
		return true;
	return a->group && b->group && strcmp(a->group, b->group) == 0;
}

uint32_t
peer_max_records(const struct peer *p)
{
	uint64_t max = 2 * (uint64_t)p->max_bindings + 1024;

	return max < UINT32_MAX ? (uint32_t)max : UINT32_MAX;
}

bool
bucket_take(struct bucket *b, mono_t now)
{
	int64_t ms, full = (int64_t)b->burst * 1000;

	ms = mono_diff_ms(now, b->last);
	if (ms > 0) {
		/* An hour fills any bucket; no overflow beyond. */
		if (ms > 3600000)
			ms = 3600000;
		b->milli += ms * b->rate;
		b->last = now;
	}
	if (b->milli > full)
		b->milli = full;
	if (b->milli < 1000)
		return false;
	b->milli -= 1000;
	return true;
}

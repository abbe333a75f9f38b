/* SPDX-License-Identifier: BSD-2-Clause */
/* Pools by themselves: what is given out, held, reserved, taken back, and how
 * much work that is with a million. PROTOCOLS 10.2. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>

#include <arpa/inet.h>

#include "common/iid.h"
#include "had/places.h"
#include "had/pool.h"
#include "tests/unit/test.h"

#define MILLION	(1u << 20)

static struct pool pool[2];
static struct pools pools;
static uint64_t seed;

static uint64_t
rnd(uint64_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % n;
}

static void
set_up(const char *prefix, unsigned len, uint64_t max_leases)
{
	static char unique[] = "homes", shared[] = "village";

	pool[0] = (struct pool){ .name = unique, .len = len, .hold = 60 };
	pool[1] = (struct pool){ .name = shared, .mode = POOL_SHARED,
		.len = 64, .hold = 60 };
	ck_assert_int_eq(inet_pton(AF_INET6, prefix, &pool[0].prefix), 1);
	ck_assert_int_eq(inet_pton(AF_INET6, "2001:db8:200:1::",
	    &pool[1].prefix), 1);
	ck_assert_int_eq(pools_init(&pools, pool, 2, max_leases), 0);
}

static void
setup(void)
{
	seed = 88172645463325252;
	set_up("2001:db8:100::", 48, 0);
}

static void
teardown(void)
{
	ck_assert_uint_eq(pool[0].used + pool[0].held + pool[0].reserved, 0);
	ck_assert_uint_eq(pool[1].used + pool[1].held + pool[1].reserved, 0);
	pools_free(&pools);
}

/* A lease for this subscriber. */
static int
lease(struct pool *p, struct lease *l, const char *nai)
{
	struct in6_addr a;
	int err = pool_pick(&pools, p, nai, strlen(nai), &a);

	if (err)
		return err;
	ck_assert_int_eq(pool_check(&pools, p, &a, NULL), 0);
	ck_assert(pool_contains(p, &a));
	/* An identifier of our making is not universal [RFC 4291]. */
	ck_assert(p->mode == POOL_UNIQUE || !(a.s6_addr[8] & 2));
	pool_take(&pools, p, l, &a);
	ck_assert_ptr_eq(pool_find(&pools, p, &a), l);
	return 0;
}

static int
lease_numbered(struct pool *p, struct lease *l, unsigned i)
{
	char nai[24];

	snprintf(nai, sizeof(nai), "user%u@x.org", i);
	return lease(p, l, nai);
}

static struct in6_addr
addr(const char *s)
{
	struct in6_addr a;

	ck_assert_int_eq(inet_pton(AF_INET6, s, &a), 1);
	return a;
}

/* Against the simplest set there is, of sizes around the ends of words. */
START_TEST(places)
{
	static const uint64_t sizes[] = { 1, 2, 63, 64, 65, 4095, 4096, 4097,
		100000 };
	uint64_t n = sizes[_i], i, k, from, want, looks, taken = 0;
	struct places *p = places_new(n);
	bool *set = calloc(n, sizeof(*set));

	ck_assert(p && set);
	for (k = 0; k < 4 * n && k < 20000; k++) {
		/* mostly full, then mostly empty */
		i = rnd(n);
		if (rnd(10) < (k / n % 2 ? 2 : 8)) {
			taken += !set[i];
			set[i] = true;
			places_take(p, i);
		} else {
			taken -= set[i];
			set[i] = false;
			places_give(p, i);
		}
		ck_assert(places_taken(p, i) == set[i]);
		from = rnd(n);
		for (i = 0; i < n && set[(from + i) % n]; i++)
			;
		want = i == n ? PLACES_NONE : (from + i) % n;
		looks = 0;
		ck_assert_uint_eq(places_next(p, from, &looks), want);
		ck_assert_uint_le(looks, 4 * p->n_levels);
	}
	for (i = 0; i < n; i++)
		places_take(p, i);
	ck_assert_uint_eq(places_next(p, 0, &looks), PLACES_NONE);
	places_give(p, n - 1);
	ck_assert_uint_eq(places_next(p, 0, &looks), n - 1);
	places_free(p);
	free(set);
}
END_TEST

/* Sixty-five thousand subscribers in a pool for as many, and back. */
START_TEST(fills)
{
	struct lease *l = calloc(65536, sizeof(*l)), one = { 0 };
	struct in6_addr a, was;
	unsigned i;

	ck_assert_ptr_nonnull(l);
	ck_assert_uint_eq(pool[0].capacity, 65536);
	for (i = 0; i < 65536; i++)
		ck_assert_int_eq(lease_numbered(&pool[0], &l[i], i), 0);
	ck_assert_int_eq(lease(&pool[0], &one, "x"), -ENOSPC);
	ck_assert_int_eq(pool_reclaim(&pools, &pool[0], &a), -ENOSPC);
	was = lease_addr(&l[777]);
	pool_release(&pools, &l[777]);
	ck_assert_int_eq(lease(&pool[0], &one, "x"), 0);
	a = lease_addr(&one);
	ck_assert(IN6_ARE_ADDR_EQUAL(&a, &was));
	pool_release(&pools, &one);
	for (i = 0; i < 65536; i++)
		pool_release(&pools, &l[i]);
	free(l);
}
END_TEST

START_TEST(same_place)
{
	struct pool *p = &pool[_i];
	struct lease l = { 0 };
	struct in6_addr first, again;

	ck_assert_int_eq(lease(p, &l, "a@b"), 0);
	first = lease_addr(&l);
	pool_release(&pools, &l);
	ck_assert_int_eq(lease(p, &l, "a@b"), 0);
	again = lease_addr(&l);
	ck_assert(IN6_ARE_ADDR_EQUAL(&first, &again));
	pool_release(&pools, &l);
}
END_TEST

/* What is reserved is its owner's alone, leased or not. */
START_TEST(reserved)
{
	struct pool *p = &pool[_i];
	struct pool_part other = { 0 }, mine = { 0 };
	struct lease l = { 0 };
	struct in6_addr first, a;

	ck_assert_int_eq(lease(p, &l, "a@b"), 0);
	first = lease_addr(&l);
	ck_assert_int_eq(pool_reserve(&pools, p, &mine, &first), -EEXIST);
	pool_release(&pools, &l);
	ck_assert_int_eq(pool_reserve(&pools, p, &mine, &first), 0);
	ck_assert_int_eq(pool_reserve(&pools, p, &other, &first), -EEXIST);
	ck_assert_int_eq(lease(p, &l, "a@b"), 0);
	a = lease_addr(&l);
	ck_assert(!IN6_ARE_ADDR_EQUAL(&first, &a));
	pool_release(&pools, &l);
	ck_assert_int_eq(pool_check(&pools, p, &first, NULL),
	    -EADDRNOTAVAIL);
	ck_assert_int_eq(pool_check(&pools, p, &first, &other),
	    -EADDRNOTAVAIL);
	ck_assert_int_eq(pool_check(&pools, p, &first, &mine), 0);
	pool_take(&pools, p, &l, &first);
	ck_assert_int_eq(pool_check(&pools, p, &first, &mine), -EEXIST);
	/* Nothing to hold: it is still nobody else's. */
	pool_hold(&pools, &l);
	ck_assert_ptr_null(l.at.pool);
	ck_assert_int_eq(lease(p, &l, "a@b"), 0);
	a = lease_addr(&l);
	ck_assert(!IN6_ARE_ADDR_EQUAL(&first, &a));
	pool_release(&pools, &l);
	pool_unreserve(&pools, &mine);
	ck_assert_int_eq(lease(p, &l, "a@b"), 0);
	a = lease_addr(&l);
	ck_assert(IN6_ARE_ADDR_EQUAL(&first, &a));
	pool_release(&pools, &l);
}
END_TEST

/* Identifiers that are no host's [RFC 5453, RFC 6543]. */
START_TEST(reserved_identifiers)
{
	static const struct {
		const char	*addr;
		int		 err;
	} t[] = {
		{ "2001:db8:200:1::", -EADDRNOTAVAIL },
		{ "2001:db8:200:1:fdff:ffff:ffff:ff80", -EADDRNOTAVAIL },
		{ "2001:db8:200:1:fdff:ffff:ffff:ffff", -EADDRNOTAVAIL },
		{ "2001:db8:200:1:fdff:ffff:ffff:ff7f", 0 },
		{ "2001:db8:200:1:200:5eff:fe00:5213", -EADDRNOTAVAIL },
		{ "2001:db8:200:1:200:5eff:fe00:0", -EADDRNOTAVAIL },
		{ "2001:db8:200:1:200:5eff:feff:ffff", -EADDRNOTAVAIL },
		{ "2001:db8:200:1:200:5eff:ff00:0", 0 },
		{ "2001:db8:200:1::1", 0 },
		{ "2001:db8:200:2::1", -EADDRNOTAVAIL },
	};
	struct in6_addr a = addr(t[_i].addr);
	struct pool_part x = { 0 };

	ck_assert_int_eq(pool_check(&pools, &pool[1], &a, NULL), t[_i].err);
	ck_assert_int_eq(pool_reserve(&pools, &pool[1], &x, &a), t[_i].err);
	pool_unreserve(&pools, &x);
}
END_TEST

/* What a mobile node has chosen is nobody else's, and no lease. */
START_TEST(chosen)
{
	struct pool_part x = { 0 }, other = { 0 };
	struct pool *p = &pool[1];
	struct in6_addr first, a;
	struct lease l = { 0 };

	ck_assert_int_eq(lease(p, &l, "a@b"), 0);
	first = lease_addr(&l);
	pool_release(&pools, &l);
	pool_choose(&pools, p, &x, &first);
	a = pool_part_addr(&x);
	ck_assert(IN6_ARE_ADDR_EQUAL(&first, &a));
	ck_assert_uint_eq(p->used, 1);
	ck_assert_int_eq(pool_check(&pools, p, &first, NULL), -EEXIST);
	ck_assert_ptr_null(pool_find(&pools, p, &first));
	ck_assert_int_eq(pool_reserve(&pools, p, &other, &first), -EEXIST);
	ck_assert_int_eq(lease(p, &l, "a@b"), 0);
	a = lease_addr(&l);
	ck_assert(!IN6_ARE_ADDR_EQUAL(&first, &a));
	pool_release(&pools, &l);
	pool_unchoose(&pools, &x);
	ck_assert_uint_eq(p->used, 0);
	ck_assert_int_eq(pool_check(&pools, p, &first, NULL), 0);
}
END_TEST

static const struct lease *lost;

static void
note_lost(void *arg, struct lease *l)
{
	(void)arg;
	ck_assert_ptr_null(l->at.pool);
	lost = l;
}

/* Held prefixes go oldest first, and never those in use. */
START_TEST(reclaimed)
{
	struct lease l[4] = { 0 };
	struct in6_addr a, was;
	unsigned i;

	pools.reclaimed = note_lost;
	for (i = 0; i < 4; i++)
		ck_assert_int_eq(lease_numbered(&pool[0], &l[i], i), 0);
	ck_assert_int_eq(pool_reclaim(&pools, &pool[0], &a), -ENOSPC);
	pool_hold(&pools, &l[2]);
	pool_hold(&pools, &l[0]);
	pool_hold(&pools, &l[2]);		/* no change */
	pool_hold(&pools, &l[3]);
	pool_hold(&pools, &l[1]);
	ck_assert_uint_eq(pool[0].held, 4);
	ck_assert_uint_eq(pool[0].used, 4);
	pool_unhold(&l[0]);
	pool_unhold(&l[0]);
	ck_assert(!lease_is_held(&l[0]) && lease_is_held(&l[3]));
	was = lease_addr(&l[2]);
	ck_assert_int_eq(pool_reclaim(&pools, &pool[0], &a), 0);
	ck_assert_ptr_eq(lost, &l[2]);
	ck_assert(IN6_ARE_ADDR_EQUAL(&a, &was));
	ck_assert_int_eq(pool_check(&pools, &pool[0], &a, NULL), 0);
	ck_assert_int_eq(pool_reclaim(&pools, &pool[0], &a), 0);
	ck_assert_ptr_eq(lost, &l[3]);
	pool[0].hold_strict = true;
	ck_assert_int_eq(pool_reclaim(&pools, &pool[0], &a), -ENOSPC);
	pool[0].hold_strict = false;
	ck_assert_int_eq(pool_reclaim(&pools, &pool[0], &a), 0);
	ck_assert_ptr_eq(lost, &l[1]);
	ck_assert_int_eq(pool_reclaim(&pools, &pool[0], &a), -ENOSPC);
	ck_assert_uint_eq(pool[0].reclaimed, 3);
	ck_assert_uint_eq(pool[0].used, 1);
	pool_release(&pools, &l[0]);
}
END_TEST

START_TEST(hold_of_nothing)
{
	struct lease l = { 0 };

	pool[0].hold = 0;
	pool_hold(&pools, &l);
	pool_unhold(&l);
	ck_assert_int_eq(lease(&pool[0], &l, "a@b"), 0);
	pool_hold(&pools, &l);			/* no prefix-hold: gone */
	ck_assert_ptr_null(l.at.pool);
}
END_TEST

/*
 * Work, not time: of a million subscribers of a unique pool for exactly as
 * many, and of a shared one, none makes the pool look at more than a few
 * places, full or not.
 */
START_TEST(million)
{
	struct pool *p = &pool[_i == 1];
	struct lease *l = calloc(MILLION, sizeof(*l)), one = { 0 };
	uint64_t before, worst = 0;
	unsigned i;

	ck_assert_ptr_nonnull(l);
	for (i = 0; i < MILLION; i++) {
		before = p->looks;
		ck_assert_int_eq(lease_numbered(p, &l[i], i), 0);
		if (p->looks - before > worst)
			worst = p->looks - before;
	}
	printf("# a million of a %s pool of %" PRIu64 ": %.2f looks on "
	    "average, at most %" PRIu64 "\n", _i == 1 ? "shared" : "unique",
	    p->capacity, (double)p->looks / MILLION, worst);
	ck_assert_uint_le(worst, 20);
	ck_assert_uint_le(p->looks, UINT64_C(6) * MILLION);
	if (_i == 0) {
		before = p->looks;
		ck_assert_int_eq(lease(p, &one, "x"), -ENOSPC);
		ck_assert_uint_le(p->looks - before, 20);
	}
	for (i = 0; i < MILLION; i++)
		pool_release(&pools, &l[i]);
	free(l);
}
END_TEST

static void
setup_million(void)
{
	set_up("2001:db8::", 44, 0);
}

/* Too large for a bit each, unless it may become full. */
START_TEST(large)
{
	static const struct {
		unsigned	len;
		uint64_t	max_leases;
		bool		bits;
	} t[] = {
		{ 42, 0, true }, { 41, 0, false }, { 40, 1u << 23, false },
		{ 40, (1u << 23) + 1, true }, { 32, UINT64_MAX, false },
	};
	struct lease l[1000] = { 0 };
	unsigned i;

	pools_free(&pools);
	set_up("2001:db8::", t[_i].len, t[_i].max_leases);
	ck_assert(!pool[0].places == !t[_i].bits);
	for (i = 0; i < 1000; i++)
		ck_assert_int_eq(lease_numbered(&pool[0], &l[i], i), 0);
	ck_assert_uint_le(pool[0].looks, 1010);
	for (i = 0; i < 1000; i++)
		pool_release(&pools, &l[i]);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("had_pool");
	TCase *t = tcase_create("pools"), *m = tcase_create("million");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, places, 0, 9);
	tcase_add_test(t, fills);
	tcase_add_loop_test(t, same_place, 0, 2);
	tcase_add_loop_test(t, reserved, 0, 2);
	tcase_add_test(t, chosen);
	tcase_add_loop_test(t, reserved_identifiers, 0, 10);
	tcase_add_test(t, reclaimed);
	tcase_add_test(t, hold_of_nothing);
	tcase_add_loop_test(t, large, 0, 5);
	suite_add_tcase(s, t);
	tcase_add_checked_fixture(m, setup_million, teardown);
	tcase_add_loop_test(m, million, 0, 2);
	tcase_set_timeout(m, 600);
	suite_add_tcase(s, m);
	return test_run(s);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Thousands of requests, moves, ends, failures and waits in an order that no
 * test has thought of, the same in every run. After each step the books must
 * balance: every binding with its route and lease, every counter with what it
 * counts, nothing left of what has ended.
 */
#include "config.h"

#include <errno.h>

#include "tests/unit/had_rig.h"

#define STEPS	4000
#define USERS	9

static uint64_t seed;

static unsigned
rnd(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 11) % n;
}

struct books {
	unsigned	records, bound, routes, leases, held;
	unsigned	by_peer[2], records_of[2], held_of[2];
};

/* A third pool of four prefixes, one of them u7's: often full. */
static void
set_up(void)
{
	static char nai[] = "u7@x";
	static struct pool *scarce[] = { &rig.pool[2], &rig.pool[0],
		&rig.pool[1] };

	rig_init();
	pools_free(&rig.pools);
	rig_pool(&rig.pool[2], "few", "2001:db8:300::", 62, POOL_UNIQUE);
	rig.choice[2] = &rig.pool[2];
	rig.peer[1].pools = scarce;
	ck_assert_int_eq(pools_init(&rig.pools, rig.pool, 3, 0), 0);
	bindings_free(&rig.bindings);
	ck_assert_int_eq(bindings_init(&rig.bindings), 0);
	rig.peer[0].n_pools = rig.peer[1].n_pools = 3;
	rig.user = (struct user){ .nai = nai, .nai_len = strlen(nai),
		.home = { .pool = &rig.pool[2], .fixed = true } };
	inet_pton(AF_INET6, "2001:db8:300:3::", &rig.user.home.addr);
	ck_assert(peers_add_user(&rig.peers, &rig.user));
	ck_assert_int_eq(pool_reserve(&rig.pools, &rig.pool[2],
	    &rig.user.reserved, &rig.user.home.addr), 0);
}

static void
tear_down(void)
{
	pool_unreserve(&rig.pools, &rig.user.reserved);
	rig_free();
}

static bool
audit_one(struct table_node *n, void *arg)
{
	struct binding *b = container_of(n, struct binding, by_nai);
	struct books *k = arg;
	unsigned peer = b->peer == &rig.peer[1];
	char prefix[INET6_ADDRSTRLEN];
	struct in6_addr addr;

	k->records++;
	k->records_of[peer]++;
	k->routes += b->route != NULL;
	k->leases += b->lease.at.pool != NULL;
	k->held += lease_is_held(&b->lease);
	k->held_of[peer] += lease_is_held(&b->lease);
	ck_assert(timer_is_set(&b->timer));
	ck_assert(b->state == BINDING_INSTALLING || !b->held);
	if (b->state == BINDING_IDLE) {
		ck_assert_ptr_null(b->route);
		ck_assert(!b->lease.at.pool || lease_is_held(&b->lease));
		return true;
	}
	k->bound++;
	k->by_peer[peer]++;
	ck_assert_uint_eq(b->coa.s_addr, b->peer->addr.s_addr);
	ck_assert_ptr_nonnull(b->route);
	ck_assert_ptr_nonnull(b->lease.at.pool);
	ck_assert(!lease_is_held(&b->lease));
	ck_assert(pool_find(&rig.pools, b->lease.at.pool, &b->hoa) ==
	    &b->lease);
	addr = lease_addr(&b->lease);
	inet_ntop(AF_INET6, &addr, prefix, sizeof(prefix));
	ck_assert(rig_routed(prefix, pool_route_len(b->lease.at.pool),
	    peer ? AR2 : AR1));
	return true;
}

static void
audit(void)
{
	struct books k = { 0 };

	table_each(&rig.bindings.by_nai, audit_one, &k);
	ck_assert_uint_eq(k.records, table_count(&rig.bindings.by_nai));
	ck_assert_uint_eq(k.bound, rig.bindings.n_bound);
	ck_assert_uint_eq(k.by_peer[0], rig.peer[0].n_bindings);
	ck_assert_uint_eq(k.by_peer[1], rig.peer[1].n_bindings);
	ck_assert_uint_eq(k.records_of[0], rig.peer[0].n_records);
	ck_assert_uint_eq(k.records_of[1], rig.peer[1].n_records);
	ck_assert_uint_eq(k.routes, rig_routes());
	ck_assert_uint_eq(k.leases, rig.pool[0].used + rig.pool[1].used +
	    rig.pool[2].used);
	ck_assert_uint_eq(k.held, rig.pool[0].held + rig.pool[1].held +
	    rig.pool[2].held);
	ck_assert_uint_eq(k.held_of[0], rig.peer[0].n_held);
	ck_assert_uint_eq(k.held_of[1], rig.peer[1].n_held);
	ck_assert_uint_le(rig.pool[2].used, 4);
	if (table_count(&rig.pools.reserved) > 0)
		ck_assert(!pool_find(&rig.pools, &rig.pool[2],
		    &rig.user.home.addr) || (of("u7@x") &&
		    of("u7@x")->lease.at.pool == &rig.pool[2]));
}

/* As ask, for a pool. */
static void
ask_for(struct m *m, const char *ar, const char *nai, uint16_t life,
    const char *iid)
{
	static const char *const pool[] = { "few", "homes", "village", "no" };
	const char *name = pool[rnd(4)];

	m_rrq(m, 0, life, ar);
	m_nai(m, nai);
	m_req(m, iid);
	m_ext(m, 151, name, strlen(name));
	m_rev_support(m);
	m_sign(m);
	rig_in(m, ar);
}

static void
request(void)
{
	static const char *const home[] = { "2001:db8:100:5:1:2:3:4",
		"2001:db8:100:6:1:2:3:4", "2001:db8:200:1::5",
		"2001:db8:300::1", "2001:db8:300:3::1",
		"2001:db8:400::1" };
	const char *ar = rnd(4) ? AR1 : AR2;
	char nai[16], own[INET6_ADDRSTRLEN];
	uint16_t life = (uint16_t)(rnd(4) ? 1 + rnd(30) : 0);
	struct binding *b;
	struct m m = { .n = 0 };

	snprintf(nai, sizeof(nai), "u%u@x", rnd(USERS));
	b = of(nai);
	switch (rnd(5)) {
	case 4:
		ask_for(&m, ar, nai, life, rnd(2) ? IID : NULL);
		break;
	case 0:
		ask(&m, ar, nai, life, IID);
		break;
	case 1:
		ask(&m, ar, nai, life, rnd(2) ? IID_B : NULL);
		break;
	case 2:
		tell(&m, ar, nai, life, home[rnd(6)]);
		break;
	case 3:
		if (!b)
			break;
		inet_ntop(AF_INET6, &b->hoa, own, sizeof(own));
		tell(&m, ar, nai, life, own);
		break;
	}
	if (rnd(20) == 0)
		rig_in(&m, ar);			/* duplicated on the way */
}

static void
end_one(void)
{
	char nai[16];
	struct binding *b;

	snprintf(nai, sizeof(nai), "u%u@x", rnd(USERS));
	b = of(nai);
	if (b && b->state != BINDING_IDLE)
		reg_end(&rig.reg, b, "test");
}

static void
step(void)
{
	switch (rnd(12)) {
	case 0:
		rig.dp_async = !rig.dp_async;
		break;
	case 1:
		rig.dp_fail = !rig.dp_async && rnd(2);
		break;
	case 2:
		rig_dp_answer(0);
		break;
	case 3:
		rig_dp_answer(-ENODEV);
		break;
	case 4:
		rig_wait(rnd(3) ? rnd(20) : rnd(2000));
		break;
	case 5:
		end_one();
		break;
	case 6:
		rig.peer[1].n_pools = 1 + rnd(3);
		rig.conf.hint = (enum had_hint)rnd(3);
		break;
	default:
		request();
		break;
	}
}

START_TEST(books_balance)
{
	unsigned i;

	seed = UINT64_C(0x9e3779b97f4a7c15) + (unsigned)_i;
	rig.pool[0].hold = _i % 2 ? 1000 : 0;
	rig.pool[2].hold_strict = _i % 5 == 0;
	rig.conf.max_bindings = _i % 3 ? 1000 : 5;
	rig.bindings.flap_limit = _i % 4 ? 1000 : 5;
	for (i = 0; i < STEPS; i++) {
		step();
		audit();
	}
	/* The end of all lifetimes, holds and revocations. */
	rig_dp_answer(0);
	rig_wait(5000);
	ck_assert_uint_eq(table_count(&rig.bindings.by_nai), 0);
	ck_assert_uint_eq(revoker_count(rig.reg.revoker), 0);
	audit();
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("had_random");
	TCase *t = tcase_create("random");

	/* The log of it would be megabytes. */
	log_set_level(NULL, "error");
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, books_balance, 0, 8);
	suite_add_tcase(s, t);
	return test_run(s);
}

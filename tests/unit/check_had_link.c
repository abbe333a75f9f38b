/* SPDX-License-Identifier: BSD-2-Clause */
/* Registrations for home addresses on a home link: what becomes of them when
 * the data plane says that another node has the address [D75]. */
#include <errno.h>

#include "had_rig.h"

#define ANY	"\0\0\0\0\0\0\0\0"

static char home0[] = "home0";

static void
set_up(void)
{
	rig_init();
	rig.pool[1].home_link = home0;
	rig.dp_async = true;
}

static void
tear_down(void)
{
	size_t i;

	for (i = 0; i < POOL_BARRED; i++)
		pool_unreserve(&rig.pools, &rig.pools.barred[i]);
	rig_free();
}

static void
address(char hoa[static INET6_ADDRSTRLEN])
{
	bool unique = true;

	strcpy(hoa, sent_hoa(&unique));
	ck_assert(!unique);
}

/* The home agent's choice: the next one, and it is that one which is answered;
 * the first one is nobody's for a while. */
START_TEST(another_address)
{
	char hoa[INET6_ADDRSTRLEN], first[INET6_ADDRSTRLEN];
	struct in6_addr in_use;
	struct m m;

	ask(&m, AR1, ALICE, 1800, ANY);
	in_use = of(ALICE)->hoa;
	inet_ntop(AF_INET6, &in_use, first, sizeof(first));
	rig_dp_answer(-EADDRINUSE);
	ck_assert_uint_eq(rig.n_sent, 0);
	ck_assert_int_eq(of(ALICE)->state, BINDING_INSTALLING);
	ck_assert_uint_eq(rig_routes(), 1);
	rig_dp_answer(0);
	expect(&m, 0, 1800);
	address(hoa);
	ck_assert_str_ne(hoa, first);
	ck_assert(rig_routed(hoa, 128, AR1));
	ck_assert_int_eq(pool_check(&rig.pools, &rig.pool[1], &in_use, NULL),
	    -EADDRNOTAVAIL);
	ck_assert_uint_eq(rig.pool[1].used, 1);
	/* The duplicate of the request is answered alike. */
	ck_assert_int_eq(rig_in(&m, AR1), REG_REPLIED);
	expect(&m, 0, 1800);
	/* The new one is kept. */
	tell(&m, AR1, ALICE, 0, hoa);
	ask(&m, AR1, ALICE, 1800, ANY);
	rig_dp_answer(0);
	expect(&m, 0, 1800);
	address(first);
	ck_assert_str_eq(hoa, first);
	ck_assert_uint_eq(rig.pool[1].used, 1);
	ck_assert_uint_eq(rig.pool[1].reserved, 1);
}
END_TEST

/* The answer is to the last try of the client, whichever address it is. */
START_TEST(asked_again_meanwhile)
{
	struct m m;

	ask(&m, AR1, ALICE, 1800, ANY);
	rig_dp_answer(-EADDRINUSE);
	rig_wait(1);
	ask(&m, AR1, ALICE, 1800, ANY);
	ck_assert_uint_eq(rig.n_sent, 0);
	rig_dp_answer(-EADDRINUSE);
	rig_wait(1);
	ck_assert_uint_eq(rig.n_sent, 0);
	rig_dp_answer(0);
	expect(&m, 0, 1800);
	ck_assert_uint_eq(rig.pool[1].reserved, 2);
}
END_TEST

/* Not for ever: a few, also when the client repeats itself; and not more are
 * remembered than there is room for. */
START_TEST(gives_up)
{
	unsigned tries, round;
	char nai[32];
	struct m m;

	for (round = 0; round < 20; round++) {
		snprintf(nai, sizeof(nai), "user%u@example.net", round);
		ask(&m, AR1, nai, 1800, ANY);
		for (tries = 0; rig.n_sent == 0; tries++) {
			if (tries == 2)
				ask(&m, AR1, nai, 1800, ANY);
			ck_assert_uint_lt(tries, 6);
			ck_assert_uint_eq(rig_routes(), 1);
			rig_dp_answer(-EADDRINUSE);
		}
		ck_assert_uint_eq(tries, 5);
		expect(&m, 130, 0);
		ck_assert_uint_eq(sent_ext(221), 0);
		ck_assert_uint_eq(rig_routes(), 0);
		ck_assert_int_eq(of(nai)->state, BINDING_IDLE);
		ck_assert_ptr_null(of(nai)->lease.at.pool);
		ck_assert_ptr_null(of(nai)->held);
	}
	ck_assert_uint_eq(rig.bindings.n_bound, 0);
	ck_assert_uint_eq(rig.pool[1].used, 0);
	ck_assert_uint_eq(rig.pool[1].reserved, POOL_BARRED);
}
END_TEST

/* One that the access router insists on, as in renewals that a home agent
 * which was restarted gets: refused for good. */
START_TEST(insisted)
{
	static const char hoa[] = "2001:db8:200:1::77";
	struct m m;

	tell(&m, AR1, ALICE, 1800, hoa);
	ck_assert_uint_eq(rig.n_sent, 0);
	rig_dp_answer(-EADDRINUSE);
	expect(&m, 129, 0);
	ck_assert_uint_ne(sent_ext(221), 0);
	ck_assert_int_eq(rig_in(&m, AR1), REG_REPLIED);
	expect(&m, 129, 0);
	ck_assert_uint_eq(rig_routes(), 0);
	ck_assert_int_eq(of(ALICE)->state, BINDING_IDLE);
	rig_wait(1);
	tell(&m, AR1, ALICE, 1800, hoa);
	expect(&m, 129, 0);
	ask(&m, AR1, ALICE, 1800, ANY);
	rig_dp_answer(0);
	expect(&m, 0, 1800);
}
END_TEST

/* A failure of another kind is no reason to choose again. */
START_TEST(link_down)
{
	struct m m;

	ask(&m, AR1, ALICE, 1800, ANY);
	rig_dp_answer(-ENETDOWN);
	expect(&m, 130, 0);
	ck_assert_uint_eq(rig_routes(), 0);
	/* Nor does it say that an address is another's. */
	tell(&m, AR1, ALICE, 1800, "2001:db8:200:1::77");
	rig_dp_answer(-ENETDOWN);
	expect(&m, 130, 0);
	ck_assert_uint_ne(sent_ext(221), 0);
	ck_assert_int_eq(rig_in(&m, AR1), REG_REPLIED);
	expect(&m, 130, 0);
}
END_TEST

/* Refused while choosing again: nothing else is to be had. */
START_TEST(no_other)
{
	struct m m;

	ask(&m, AR1, ALICE, 1800, ANY);
	rig.peer[0].n_pools = 0;
	rig_dp_answer(-EADDRINUSE);
	expect(&m, 129, 0);
	ck_assert_ptr_null(of(ALICE)->held);
	ck_assert_uint_eq(rig_routes(), 0);
	ck_assert_uint_eq(rig.bindings.n_bound, 0);
	rig.peer[0].n_pools = 2;
}
END_TEST

/* Nor is there another one of what is fixed for a subscriber. */
START_TEST(fixed)
{
	struct user_home *h = &rig.user.home;
	static char nai[] = ALICE;
	struct m m;

	h->pool = &rig.pool[1];
	h->fixed = true;
	ck_assert_int_eq(inet_pton(AF_INET6, "2001:db8:200:1::77", &h->addr),
	    1);
	rig.user.nai = nai;
	rig.user.nai_len = strlen(ALICE);
	ck_assert_int_eq(pool_reserve(&rig.pools, h->pool,
	    &rig.user.reserved, &h->addr), 0);
	ck_assert(peers_add_user(&rig.peers, &rig.user));
	ask(&m, AR1, ALICE, 1800, ANY);
	ck_assert(IN6_ARE_ADDR_EQUAL(&of(ALICE)->hoa, &h->addr));
	rig_dp_answer(-EADDRINUSE);
	expect(&m, 130, 0);
	ck_assert_uint_eq(rig_routes(), 0);
	ck_assert_uint_eq(rig.pool[1].reserved, 1);
	pool_unreserve(&rig.pools, &rig.user.reserved);
}
END_TEST

/* The same where it is fixed by AAA, so that nobody has reserved it: it is not
 * barred, which would keep its owner from it for good. */
START_TEST(fixed_by_aaa)
{
	struct user_home *h = &rig.user.home;
	static char nai[] = ALICE;
	struct m m;

	h->pool = &rig.pool[1];
	h->fixed = true;
	ck_assert_int_eq(inet_pton(AF_INET6, "2001:db8:200:1::77", &h->addr),
	    1);
	rig.user.nai = nai;
	rig.user.nai_len = strlen(ALICE);
	ck_assert(peers_add_user(&rig.peers, &rig.user));
	ask(&m, AR1, ALICE, 1800, ANY);
	rig_dp_answer(-EADDRINUSE);
	expect(&m, 130, 0);
	ck_assert_uint_eq(rig.pool[1].reserved, 0);
	/* Nor when it asks for just that. */
	rig_wait(1);
	tell(&m, AR1, ALICE, 1800, "2001:db8:200:1::77");
	rig_dp_answer(-EADDRINUSE);
	expect(&m, 129, 0);
	ck_assert_uint_eq(rig.pool[1].reserved, 0);
	/* The other node is gone. */
	rig_wait(1);
	ask(&m, AR1, ALICE, 1800, ANY);
	rig_dp_answer(0);
	expect(&m, 0, 1800);
	ck_assert(IN6_ARE_ADDR_EQUAL(&of(ALICE)->hoa, &h->addr));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("had_link");
	TCase *t = tcase_create("home link");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, another_address);
	tcase_add_test(t, asked_again_meanwhile);
	tcase_add_test(t, gives_up);
	tcase_add_test(t, insisted);
	tcase_add_test(t, link_down);
	tcase_add_test(t, no_other);
	tcase_add_test(t, fixed);
	tcase_add_test(t, fixed_by_aaa);
	suite_add_tcase(s, t);
	return test_run(s);
}

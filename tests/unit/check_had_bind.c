/* SPDX-License-Identifier: BSD-2-Clause */
/* The home agent's bindings: assignment, renewal, movement, end; the
 * data plane before the reply. PROTOCOLS 7, 10, 11. */
#include "config.h"

#include <errno.h>

#include "tests/unit/had_rig.h"

/* The reply's home address, copied; its /64 in prefix where given. */
static void
got(char hoa[INET6_ADDRSTRLEN], char prefix[INET6_ADDRSTRLEN], bool unique)
{
	struct in6_addr a;
	bool u = !unique;

	strcpy(hoa, sent_hoa(&u));
	ck_assert_str_ne(hoa, "");
	ck_assert_int_eq(u, unique);
	ck_assert_int_eq(inet_pton(AF_INET6, hoa, &a), 1);
	memset(&a.s6_addr[8], 0, 8);
	if (prefix)
		inet_ntop(AF_INET6, &a, prefix, INET6_ADDRSTRLEN);
}

/* The very bytes of the test vectors: 2001:db8:1:2::/64 for alice. */
START_TEST(vectors)
{
	static const uint8_t rrp[] = {
		0x03, 0x00, 0x07, 0x08, 0, 0, 0, 0, 0xc6, 0x33, 0x64, 0x01,
		0xe5, 0xa1, 0xb2, 0xc3, 0x11, 0x22, 0x33, 0x44,
		0x83, 0x11, 'a', 'l', 'i', 'c', 'e', '@', 'e', 'x', 'a', 'm',
		'p', 'l', 'e', '.', 'n', 'e', 't',
		0xdd, 0x11, 0x80, 0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 2,
		0x02, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
		0x89, 0x06, 0, 0, 0xe5, 0xa1, 0xb2, 0xc3,
		0x22, 0x14, 0, 0, 1, 0, 0x5a, 0x23, 0x06, 0x50, 0xae, 0x6b,
		0x77, 0x58, 0xc2, 0xe4, 0x0f, 0xa8, 0x41, 0xf8, 0x69, 0xed,
	};
	struct m m;

	pools_free(&rig.pools);
	rig_pool(&rig.pool[0], "one", "2001:db8:1:2::", 64, POOL_UNIQUE);
	ck_assert_int_eq(pools_init(&rig.pools, rig.pool, 2, 0), 0);
	m_rrq(&m, 0, 1800, AR1);
	rig.ns = 0;
	memcpy(m.b + 16, rrp + 12, 8);
	m_nai(&m, ALICE);
	m_req(&m, IID);
	m_rev_support(&m);
	m_sign(&m);
	ck_assert_uint_eq(m.n, 84);
	ck_assert_int_eq(rig_in(&m, AR1), REG_REPLIED);
	ck_assert_uint_eq(rig.sent_len, sizeof(rrp));
	ck_assert_mem_eq(rig.sent, rrp, sizeof(rrp));
}
END_TEST

START_TEST(unique)
{
	char hoa[INET6_ADDRSTRLEN], prefix[INET6_ADDRSTRLEN];
	struct m m;

	ask(&m, AR1, ALICE, 1800, IID);
	expect(&m, 0, 1800);
	got(hoa, prefix, true);
	ck_assert_ptr_nonnull(strstr(hoa, ":211:2233:4455:6677"));
	ck_assert_int_eq(strncmp(hoa, "2001:db8:100:", 13), 0);
	ck_assert(rig_routed(prefix, 64, AR1));
	ck_assert_uint_eq(rig_routes(), 1);
	ck_assert_uint_ne(sent_ext(137), 0);
	/* PROTOCOLS 6: 131, 221, 137, 34. */
	ck_assert_uint_lt(sent_ext(131), sent_ext(221));
	ck_assert_uint_lt(sent_ext(221), sent_ext(137));
	ck_assert_uint_lt(sent_ext(137), sent_ext(34));
}
END_TEST

START_TEST(shared)
{
	char a[INET6_ADDRSTRLEN], b[INET6_ADDRSTRLEN];
	struct in6_addr in6;
	struct m m;

	ask(&m, AR1, ALICE, 1800, NULL);
	expect(&m, 0, 1800);
	got(a, NULL, false);
	ask(&m, AR1, BOB, 1800, NULL);
	got(b, NULL, false);
	ck_assert_str_ne(a, b);
	ck_assert(rig_routed(a, 128, AR1));
	ck_assert(rig_routed(b, 128, AR1));
	inet_pton(AF_INET6, a, &in6);
	ck_assert_int_eq(in6.s6_addr[8] & 2, 0);
	ck_assert_int_eq(strncmp(a, "2001:db8:200:1:", 15), 0);
}
END_TEST

START_TEST(lifetimes)
{
	struct m m;

	ask(&m, AR1, ALICE, 0xffff, IID);
	expect(&m, 0, 3600);
	rig.pool[0].max_lifetime = 600;
	ask(&m, AR1, ALICE, 1800, IID);
	expect(&m, 0, 600);
	ask(&m, AR1, ALICE, 100, IID);
	expect(&m, 0, 100);
	rig.conf.max_lifetime = rig.pool[0].max_lifetime = 0xffff;
	ask(&m, AR1, ALICE, 0xffff, IID);
	expect(&m, 0, 0xffff);
	rig_wait(200000);
	ck_assert_uint_eq(rig.bindings.n_bound, 1);
}
END_TEST

/* The end of a binding moves both ways, however often it is put off. */
START_TEST(end_moves)
{
	struct m m;
	int i;

	for (i = 0; i < 20; i++) {
		ask(&m, AR1, ALICE, 1000, IID);
		rig_wait(300);
	}
	ck_assert_uint_eq(rig.bindings.n_bound, 1);
	ask(&m, AR1, ALICE, 50, IID);
	rig_wait(49);
	ck_assert_uint_eq(rig.bindings.n_bound, 1);
	rig_wait(2);
	ck_assert_uint_eq(rig.bindings.n_bound, 0);
	ck_assert_uint_eq(rig.reg.stats.expired, 1);
	/* From never to soon. */
	rig.conf.max_lifetime = rig.pool[0].max_lifetime = 0xffff;
	ask(&m, AR1, ALICE, 0xffff, IID);
	rig_wait(100000);
	ask(&m, AR1, ALICE, 50, IID);
	rig_wait(51);
	ck_assert_uint_eq(rig.bindings.n_bound, 0);
}
END_TEST

/* While the data path is being made, the old lifetime does not end it. */
START_TEST(installing_outlives_the_old_end)
{
	struct m m;

	ask(&m, AR1, ALICE, 100, IID);
	rig_wait(90);
	rig.dp_async = true;
	ask(&m, AR2, ALICE, 100, IID);
	ck_assert_int_eq(of(ALICE)->state, BINDING_INSTALLING);
	rig_wait(30);
	ck_assert_uint_eq(rig.reg.stats.expired, 0);
	rig_dp_answer(0);
	ck_assert_int_eq(of(ALICE)->state, BINDING_BOUND);
	rig_wait(99);
	ck_assert_uint_eq(rig.bindings.n_bound, 1);
	rig_wait(2);
	ck_assert_uint_eq(rig.bindings.n_bound, 0);
}
END_TEST

START_TEST(code_1)
{
	struct m m;

	m_rrq(&m, 0x80, 1800, AR1);
	m_nai(&m, ALICE);
	m_req(&m, IID);
	m_sign(&m);
	rig_in(&m, AR1);
	expect(&m, 1, 1800);
	ck_assert_uint_eq(sent_ext(137), 0);	/* it did not ask */
	rig.conf.always_code_1 = true;
	ask(&m, AR1, ALICE, 1800, IID);
	expect(&m, 1, 1800);
}
END_TEST

START_TEST(renewal)
{
	char hoa[INET6_ADDRSTRLEN], again[INET6_ADDRSTRLEN];
	struct m m;

	ask(&m, AR1, ALICE, 100, IID);
	got(hoa, NULL, true);
	rig_wait(90);
	tell(&m, AR1, ALICE, 100, hoa);
	expect(&m, 0, 100);
	got(again, NULL, true);
	ck_assert_str_eq(hoa, again);
	rig_wait(90);
	ck_assert_uint_eq(rig.bindings.n_bound, 1);
	/* Another home address than its own: not the subscriber's. */
	tell(&m, AR1, ALICE, 100, "2001:db8:100:1:2:3:4:5");
	expect(&m, 129, 0);
	ck_assert_uint_eq(rig.bindings.n_bound, 1);
	rig_wait(11);
	ck_assert_uint_eq(rig.bindings.n_bound, 0);
	ck_assert_uint_eq(rig_routes(), 0);
	ck_assert_uint_eq(rig.reg.stats.expired, 1);
}
END_TEST

/* D85: new subscribers elsewhere; who is here, or was before a restart of
 * ours, stays and may come from another access router. */
START_TEST(drained)
{
	char hoa[INET6_ADDRSTRLEN], again[INET6_ADDRSTRLEN];
	struct in_addr other = { inet_addr("198.51.100.5") };
	struct m m;

	ask(&m, AR1, ALICE, 1800, IID);
	got(hoa, NULL, true);
	reg_drain(&rig.reg, true);
	ask(&m, AR1, BOB, 1800, IID);
	expect(&m, 130, 0);
	ck_assert_uint_eq(sent_ext(139), 0);
	rig.conf.redirect = other;
	ask(&m, AR1, BOB, 1800, IID);
	expect(&m, 143, 0);
	ck_assert_uint_gt(sent_ext(139), sent_ext(131));
	ck_assert_uint_lt(sent_ext(139), sent_ext(34));
	ck_assert_mem_eq(&rig.sent[sent_ext(139)], "\x8b\2\0\4", 4);
	ck_assert_mem_eq(&rig.sent[sent_ext(139) + 4], &other, 4);
	/* byte for byte when asked again */
	rig_in(&m, AR1);
	expect(&m, 143, 0);
	ck_assert_uint_ne(sent_ext(139), 0);
	tell(&m, AR1, ALICE, 1800, hoa);
	expect(&m, 0, 1800);
	ask(&m, AR2, ALICE, 1800, IID);
	ck_assert_str_eq(of(ALICE)->peer->name, "nas2");
	ck_assert_uint_eq(rig.bindings.n_bound, 1);
	tell(&m, AR1, BOB, 1800, "2001:db8:100:77:211:2233:4455:6677");
	expect(&m, 0, 1800);
	got(again, NULL, true);
	ck_assert_str_eq(again, "2001:db8:100:77:211:2233:4455:6677");
	tell(&m, AR1, BOB, 0, again);
	expect(&m, 0, 0);
	reg_drain(&rig.reg, false);
	ask(&m, AR1, BOB, 1800, IID);
	expect(&m, 0, 1800);
}
END_TEST

/* D43: another identifier is a new registration in the same prefix. */
START_TEST(other_identifier)
{
	char hoa[INET6_ADDRSTRLEN], p1[INET6_ADDRSTRLEN],
	    p2[INET6_ADDRSTRLEN];
	struct m m;

	ask(&m, AR1, ALICE, 1800, IID);
	got(hoa, p1, true);
	ask(&m, AR1, ALICE, 1800, IID_B);
	expect(&m, 0, 1800);
	got(hoa, p2, true);
	ck_assert_str_eq(p1, p2);
	ck_assert_ptr_nonnull(strstr(hoa, ":2aa:bbcc:ddee:ff01"));
	ck_assert_uint_eq(rig_routes(), 1);
	/* 0 renews what there is. */
	ask(&m, AR1, ALICE, 1800, NULL);
	ck_assert_ptr_nonnull(strstr(sent_hoa(&(bool){ false }), "ff01"));
}
END_TEST

START_TEST(deregistration)
{
	char hoa[INET6_ADDRSTRLEN], other[INET6_ADDRSTRLEN];
	struct m m;

	ask(&m, AR1, ALICE, 1800, IID);
	got(hoa, NULL, true);
	tell(&m, AR1, ALICE, 0, hoa);
	expect(&m, 0, 0);
	got(other, NULL, true);
	ck_assert_str_eq(hoa, other);
	ck_assert_uint_eq(sent_ext(137), 0);
	ck_assert_uint_eq(rig.bindings.n_bound, 0);
	ck_assert_uint_eq(rig_routes(), 0);
	tell(&m, AR1, ALICE, 0, hoa);		/* again: the same */
	expect(&m, 0, 0);
	/* The late one of an old router must not end the new binding. */
	ask(&m, AR1, ALICE, 1800, IID);
	ask(&m, AR2, ALICE, 1800, IID);
	tell(&m, AR1, ALICE, 0, hoa);
	expect(&m, 0, 0);
	ck_assert_uint_eq(rig.bindings.n_bound, 1);
	ck_assert_uint_eq(of(ALICE)->coa.s_addr, inet_addr(AR2));
	/* Nor one of an old address on the same router. */
	ask(&m, AR2, ALICE, 1800, IID_B);
	tell(&m, AR2, ALICE, 0, hoa);
	expect(&m, 0, 0);
	ck_assert_uint_eq(rig.bindings.n_bound, 1);
}
END_TEST

START_TEST(movement)
{
	char hoa[INET6_ADDRSTRLEN], prefix[INET6_ADDRSTRLEN],
	    same[INET6_ADDRSTRLEN];
	struct m m;
	unsigned i;

	ask(&m, AR1, ALICE, 1800, IID);
	got(hoa, prefix, true);
	rig_wait(1);
	tell(&m, AR2, ALICE, 1800, hoa);
	ck_assert_uint_eq(rig.n_sent, 1);	/* the reply alone [D129] */
	ck_assert_uint_eq(rig.sent[0], 3);
	ck_assert_uint_eq(rig.sent[1], 0);
	got(same, NULL, true);
	rig_wait(0.1);
	ck_assert_uint_eq(rig.n_sent, 2);
	ck_assert_uint_eq(rig.sent[0], 7);
	ck_assert_uint_eq(rig.flow.dst.s_addr, inet_addr(AR1));
	ck_assert_str_eq(hoa, same);
	ck_assert(rig_routed(prefix, 64, AR2));
	ck_assert_uint_eq(rig_routes(), 1);
	ck_assert_uint_eq(rig.peer[0].n_bindings, 0);
	ck_assert_uint_eq(rig.peer[1].n_bindings, 1);
	/* D50: that was one; four more may be, back ones count. */
	for (i = 0; i < 4; i++) {
		ask(&m, i % 2 ? AR2 : AR1, ALICE, 1800, IID);
		ck_assert_uint_eq(rig.sent[1], 0);
	}
	ask(&m, AR1, ALICE, 1800, IID);
	expect(&m, 129, 0);
	ck_assert_uint_eq(of(ALICE)->coa.s_addr, inet_addr(AR2));
	rig_wait(60);
	ask(&m, AR1, ALICE, 1800, IID);
	ck_assert_uint_eq(rig.sent[1], 0);
}
END_TEST

/* Expired or deregistered, the prefix stays the subscriber's for a time. */
START_TEST(prefix_hold)
{
	char a[INET6_ADDRSTRLEN], b[INET6_ADDRSTRLEN];
	struct m m;

	ask(&m, AR1, ALICE, 10, IID);
	got(a, NULL, true);
	rig_wait(900);
	ck_assert_uint_eq(rig.pool[0].held, 1);
	tell(&m, AR1, BOB, 1800, a);		/* D51: held for another */
	expect(&m, 129, 0);
	ask(&m, AR1, ALICE, 10, IID);
	got(b, NULL, true);
	ck_assert_str_eq(a, b);
	rig_wait(1011);
	ck_assert_uint_eq(rig.pool[0].used, 0);
	ck_assert_uint_eq(table_count(&rig.bindings.by_nai), 0);
}
END_TEST

/* What was asked just before the prefix is given back is remembered for its
 * time, too. */
START_TEST(remembered_beyond_the_hold)
{
	struct m m;

	rig.pool[0].hold = 20;
	ask(&m, AR1, ALICE, 1800, IID);
	ask(&m, AR1, ALICE, 0, IID);
	expect(&m, 0, 0);
	rig_wait(19);
	m_rrq(&m, MIP4_F_G, 1800, AR1);
	m_nai(&m, ALICE);
	m_req(&m, IID);
	m_sign(&m);
	rig_in(&m, AR1);
	expect(&m, 139, 0);
	rig_wait(2);
	ck_assert_uint_eq(rig.pool[0].used, 0);
	ck_assert_ptr_nonnull(of(ALICE));
	rig_wait(12);
	ck_assert_ptr_nonnull(of(ALICE));
	rig_wait(2);
	ck_assert_ptr_null(of(ALICE));
}
END_TEST

/* D51: a home agent that has forgotten everything. */
START_TEST(recreation)
{
	char hoa[INET6_ADDRSTRLEN];
	struct m m;

	tell(&m, AR1, ALICE, 1800, "2001:db8:100:77:1:2:3:4");
	expect(&m, 0, 1800);
	got(hoa, NULL, true);
	ck_assert_str_eq(hoa, "2001:db8:100:77:1:2:3:4");
	ck_assert(rig_routed("2001:db8:100:77::", 64, AR1));
	tell(&m, AR2, BOB, 1800, "2001:db8:100:77:9:9:9:9");
	expect(&m, 129, 0);			/* in alice's prefix */
	tell(&m, AR2, BOB, 1800, "2001:db8:200:1::77");
	expect(&m, 0, 1800);
	ck_assert(rig_routed("2001:db8:200:1::77", 128, AR2));
	tell(&m, AR1, "c@x", 1800, "2001:db8:200:1:fdff:ffff:ffff:ff80");
	expect(&m, 129, 0);			/* RFC 5453 */
	tell(&m, AR1, "c@x", 1800, "2001:db8:300::1");
	expect(&m, 129, 0);
	rig.peer[0].n_pools = 1;
	tell(&m, AR1, "c@x", 1800, "2001:db8:200:1::78");
	expect(&m, 129, 0);			/* not from here */
}
END_TEST

START_TEST(pools_end)
{
	char nai[16];
	struct m m;
	unsigned i;

	pools_free(&rig.pools);
	rig_pool(&rig.pool[0], "few", "2001:db8:100::", 61, POOL_UNIQUE);
	ck_assert_int_eq(pools_init(&rig.pools, rig.pool, 2, 0), 0);
	for (i = 0; i < 8; i++) {
		snprintf(nai, sizeof(nai), "u%u@x", i);
		ask(&m, AR1, nai, 10, IID);
		expect(&m, 0, 10);
	}
	ask(&m, AR1, ALICE, 10, IID);
	expect(&m, 130, 0);
	ck_assert_uint_eq(rig_routes(), 8);
	rig.peer[0].n_pools = 0;
	ask(&m, AR1, ALICE, 10, IID);
	expect(&m, 129, 0);			/* none offered */
	rig.peer[0].n_pools = 2;
	ask(&m, AR1, ALICE, 10, NULL);
	expect(&m, 0, 10);
	rig_wait(1100);				/* expiry and hold */
	ask(&m, AR1, BOB, 10, IID);
	expect(&m, 0, 10);
}
END_TEST

START_TEST(limits)
{
	struct m m;

	rig.peer[0].max_bindings = 1;
	ask(&m, AR1, ALICE, 100, IID);
	expect(&m, 0, 100);
	ask(&m, AR1, BOB, 100, IID);
	expect(&m, 130, 0);
	ask(&m, AR1, ALICE, 100, IID);		/* a renewal is no more */
	expect(&m, 0, 100);
	rig.conf.max_bindings = 1;
	ask(&m, AR2, BOB, 100, IID);
	expect(&m, 130, 0);
	ck_assert_uint_eq(rig.bindings.n_bound, 1);
}
END_TEST

START_TEST(ipv4_home_address)
{
	struct m m;

	m_rrq(&m, 0, 1800, AR1);
	memcpy(m.b + 4, "\12\0\0\5", 4);
	m_nai(&m, ALICE);
	m_req(&m, IID);
	m_sign(&m);
	rig_in(&m, AR1);
	expect(&m, 129, 0);
}
END_TEST

/* The reply waits for the kernel; 130 and nothing left when it fails. */
START_TEST(data_path_first)
{
	struct m m, again;

	rig.dp_async = true;
	ask(&m, AR1, ALICE, 1800, IID);
	ck_assert_uint_eq(rig.n_sent, 0);
	ck_assert_int_eq(of(ALICE)->state, BINDING_INSTALLING);
	/* The network's duplicate, and the client's next try. */
	ck_assert_int_eq(rig_in(&m, AR1), REG_DROPPED);
	ck_assert_uint_eq(rig.reg.stats.drop[HAD_DROP_DUP_PENDING], 1);
	rig_wait(1);
	ask(&again, AR1, ALICE, 1800, IID);
	ck_assert_uint_eq(rig.n_sent, 0);
	rig_dp_answer(0);
	expect(&again, 0, 1800);
	ck_assert_uint_eq(rig_routes(), 1);
	/* Failure. */
	ask(&m, AR1, BOB, 1800, IID);
	rig_dp_answer(-ENODEV);
	expect(&m, 130, 0);
	ck_assert_uint_eq(sent_ext(221), 0);
	ck_assert_uint_eq(rig_routes(), 1);
	ck_assert_uint_eq(rig.bindings.n_bound, 1);
	/* At once. */
	rig.dp_async = false;
	rig.dp_fail = true;
	ask(&m, AR1, BOB, 1800, IID);
	expect(&m, 130, 0);
	ck_assert_uint_eq(rig.bindings.n_bound, 1);
}
END_TEST

/* D8 for replies of each kind: they are written again, byte for byte. */
static void
same_again(const struct m *m, const char *ar)
{
	uint8_t first[1500];
	size_t n = rig.sent_len;

	ck_assert_uint_eq(rig.n_sent, 1);
	memcpy(first, rig.sent, n);
	rig_wait(1);
	ck_assert_int_eq(rig_in(m, ar), REG_REPLIED);
	ck_assert_uint_eq(rig.sent_len, n);
	ck_assert_mem_eq(rig.sent, first, n);
}

START_TEST(duplicates_of_all_kinds)
{
	static const char other[] = "2001:db8:100:7777::1";
	char hoa[INET6_ADDRSTRLEN];
	struct m m;

	ask(&m, AR1, ALICE, 1800, IID);
	got(hoa, NULL, true);
	same_again(&m, AR1);
	tell(&m, AR1, ALICE, 600, hoa);
	expect(&m, 0, 600);
	same_again(&m, AR1);
	tell(&m, AR1, ALICE, 600, other);
	expect(&m, 129, 0);
	same_again(&m, AR1);
	tell(&m, AR1, ALICE, 0, other);		/* not that binding */
	expect(&m, 0, 0);
	same_again(&m, AR1);
	ask(&m, AR1, ALICE, 0, IID);
	expect(&m, 0, 0);
	same_again(&m, AR1);
	tell(&m, AR1, ALICE, 0, hoa);		/* no more */
	expect(&m, 0, 0);
	same_again(&m, AR1);
	rig.dp_async = true;
	tell(&m, AR1, ALICE, 600, hoa);
	rig_dp_answer(-ENODEV);
	expect(&m, 130, 0);
	same_again(&m, AR1);
	ck_assert_uint_eq(rig.reg.stats.duplicates, 7);
}
END_TEST

/* The stored "yes" is not said once more when the binding is gone. */
START_TEST(duplicate_after_the_end)
{
	char hoa[INET6_ADDRSTRLEN];
	struct m m;

	ask(&m, AR1, ALICE, 1800, IID);
	got(hoa, NULL, true);
	reg_end(&rig.reg, of(ALICE), "by the operator");
	ck_assert_int_eq(rig_in(&m, AR1), REG_REPLIED);
	expect(&m, 133, 0);
	ck_assert_uint_eq(rig.bindings.n_bound, 0);
	ck_assert_uint_eq(rig.reg.stats.duplicates, 0);
	/* nor when it has expired */
	ask(&m, AR1, ALICE, 2, IID);
	expect(&m, 0, 2);
	rig_wait(3);
	ck_assert_int_eq(rig_in(&m, AR1), REG_REPLIED);
	expect(&m, 133, 0);
}
END_TEST

START_TEST(ended_while_pending)
{
	char hoa[INET6_ADDRSTRLEN];
	struct m m;

	ask(&m, AR1, ALICE, 1800, IID);
	got(hoa, NULL, true);
	rig.dp_async = true;
	ask(&m, AR2, ALICE, 1800, IID);
	ck_assert_int_eq(of(ALICE)->state, BINDING_INSTALLING);
	ck_assert_uint_eq(rig_routes(), 1);
	tell(&m, AR2, ALICE, 0, hoa);
	expect(&m, 0, 0);
	ck_assert_uint_eq(rig_routes(), 0);
	rig_dp_answer(0);
	ck_assert_uint_eq(rig.bindings.n_bound, 0);
}
END_TEST

/* Expiry must not depend on there being memory: a record keeps its place among
 * the timers from its beginning to its end. */
START_TEST(timer_is_kept)
{
	struct m m;

	rig.dp_async = true;
	ask(&m, AR1, ALICE, 10, IID);
	ck_assert_int_eq(of(ALICE)->state, BINDING_INSTALLING);
	ck_assert(timer_is_set(&of(ALICE)->timer));
	rig_wait(100000);
	ck_assert_int_eq(of(ALICE)->state, BINDING_INSTALLING);
	rig_dp_answer(0);
	ck_assert(timer_is_set(&of(ALICE)->timer));
	rig_wait(10);
	ck_assert_int_eq(of(ALICE)->state, BINDING_IDLE);
	rig.dp_async = false;
	rig.conf.max_lifetime = rig.pool[0].max_lifetime = 0xffff;
	ask(&m, AR1, ALICE, 0xffff, IID);
	ck_assert(timer_is_set(&of(ALICE)->timer));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("had_bind");
	TCase *t = tcase_create("bindings");

	tcase_add_checked_fixture(t, rig_init, rig_free);
	tcase_add_test(t, vectors);
	tcase_add_test(t, unique);
	tcase_add_test(t, shared);
	tcase_add_test(t, lifetimes);
	tcase_add_test(t, code_1);
	tcase_add_test(t, renewal);
	tcase_add_test(t, end_moves);
	tcase_add_test(t, installing_outlives_the_old_end);
	tcase_add_test(t, drained);
	tcase_add_test(t, other_identifier);
	tcase_add_test(t, deregistration);
	tcase_add_test(t, movement);
	tcase_add_test(t, prefix_hold);
	tcase_add_test(t, remembered_beyond_the_hold);
	tcase_add_test(t, recreation);
	tcase_add_test(t, pools_end);
	tcase_add_test(t, limits);
	tcase_add_test(t, ipv4_home_address);
	tcase_add_test(t, data_path_first);
	tcase_add_test(t, duplicates_of_all_kinds);
	tcase_add_test(t, duplicate_after_the_end);
	tcase_add_test(t, ended_while_pending);
	tcase_add_test(t, timer_is_kept);
	suite_add_tcase(s, t);
	return test_run(s);
}

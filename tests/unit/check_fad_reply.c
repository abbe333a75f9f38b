/* SPDX-License-Identifier: BSD-2-Clause */
/* Registration Replies and revocations at the foreign agent, and the visitor
 * list that follows from them [RFC 3344 3.7.3, RFC 2794 3, RFC 3543 5]. */
#include "config.h"

#include "tests/unit/fad_rig.h"

static const struct way way = WAY;

static struct visitor *
visitor(const char *home)
{
	return visitor_any(&rig.visitors,
	    (struct in_addr){ inet_addr(home) });
}

static void
ask(struct m *q, const char *ha)
{
	m_plain(q, 0, 600, HOME, ha);
	rig_in(q, &way);
	ck_assert_uint_eq(rig.n_home, 1);
}

/* The reply leads to a code of ours, and to no visitor. */
static void
becomes(const struct m *a, const char *ha, uint8_t code)
{
	rig_reply(a, ha);
	ck_assert_uint_eq(rig.n_node, 1);
	ck_assert_uint_eq(rig.to_node[0], 3);
	ck_assert_uint_eq(rig.to_node[1], code);
	ck_assert_uint_eq(table_count(&rig.visitors.by_id), 0);
	ck_assert_uint_eq(table_count(&rig.visitors.by_home), 0);
	ck_assert_uint_eq(rig_routes(), 0);
}

START_TEST(accepted)
{
	const struct visitor *v;
	struct m q, a, want;

	rig_init();
	rig_know_mn(NULL, HOME);
	m_plain(&q, 0x02, 600, HOME, HA);
	m_auth(&q, 33, 768, key_mf);
	rig_in(&q, &way);
	ck_assert_uint_eq(rig.n_home, 1);
	m_rrp(&a, &q, 0, 500, HOME);
	m_auth(&a, 32, 512, key_mh);
	want = a;
	m_auth(&a, 34, 257, key_mf);		/* its other key */
	m_auth(&want, 33, 768, key_mf);
	rig_reply(&a, HA);
	ck_assert_uint_eq(rig.n_node, 1);
	ck_assert_uint_eq(rig.node_len, want.n);
	ck_assert_mem_eq(rig.to_node, want.b, want.n);
	ck_assert_uint_eq(rig.dst.s_addr, inet_addr(HOME));
	ck_assert_uint_eq(rig.node.dst.s_addr, inet_addr(FA));
	ck_assert_uint_eq(rig.node.port, 4434);
	v = visitor(HOME);
	ck_assert_ptr_nonnull(v);
	ck_assert_uint_eq(visitor_left(v), 500);
	ck_assert(rig_route_of(HOME)->reverse);
	ck_assert_mem_eq(rig_route_of(HOME)->lladdr, MAC, 6);
	ck_assert_uint_eq(rig_route_of(HOME)->ha.s_addr, inet_addr(HA));
	rig_wait(499);
	ck_assert_ptr_nonnull(visitor(HOME));
	rig.n_node = rig.n_home = 0;
	rig_wait(2);
	ck_assert_ptr_null(visitor(HOME));
	/* RFC 3344 3.7: nothing is sent because a lifetime ends. */
	ck_assert_uint_eq(rig.n_node + rig.n_home, 0);
	ck_assert_uint_eq(rig_routes(), 0);
	rig_free();
}
END_TEST

START_TEST(longer_than_ours)
{
	struct m q, a;

	rig_init();
	ask(&q, HA);
	m_answer(&a, &q, 1, 5000, HOME);
	rig_reply(&a, HA);
	ck_assert_uint_eq(rig.to_node[1], 1);
	ck_assert_uint_eq(visitor_left(visitor(HOME)), 1800);
	ck_assert(!rig_route_of(HOME)->reverse);
	rig_free();
}
END_TEST

/* The answer waits for the data plane. */
START_TEST(data_plane_first)
{
	struct m q, a;

	rig_init();
	rig.dp_async = true;
	ask(&q, HA);
	m_answer(&a, &q, 0, 600, HOME);
	rig_reply(&a, HA);
	ck_assert_uint_eq(rig.n_node, 0);
	rig_wait(3);
	/* Meanwhile it has asked again, and the home agent has answered. */
	ask(&q, HA);
	m_answer(&a, &q, 0, 600, HOME);
	rig_reply(&a, HA);
	ck_assert_uint_eq(rig.n_node, 0);
	ck_assert_uint_eq(rig_routes(), 1);
	rig_dp_answer(0);
	ck_assert_uint_eq(rig.n_node, 1);
	ck_assert_mem_eq(rig.to_node, a.b, a.n - 22);
	ck_assert_uint_eq(visitor_left(visitor(HOME)), 600);
	rig_free();
}
END_TEST

START_TEST(data_plane_fails)
{
	struct m q, a;

	rig_init();
	rig.dp_fail = true;
	ask(&q, HA);
	m_answer(&a, &q, 0, 600, HOME);
	becomes(&a, HA, 66);
	rig.dp_async = true;
	ask(&q, HA);
	m_answer(&a, &q, 0, 600, HOME);
	rig_reply(&a, HA);
	rig_dp_answer(-ENODEV);
	ck_assert_uint_eq(rig.n_node, 1);
	ck_assert_uint_eq(rig.to_node[1], 66);
	ck_assert_ptr_null(visitor(HOME));
	ck_assert_uint_eq(rig_routes(), 0);
	rig_free();
}
END_TEST

START_TEST(matching)
{
	struct m q, a;

	rig_init();
	ask(&q, HA);
	m_answer(&a, &q, 0, 600, HOME_B);	/* another's home address */
	rig_reply(&a, HA);
	m_answer(&a, &q, 0, 600, HOME);
	rig_reply(&a, HA_OTHER);		/* another's reply */
	m_rrp(&a, &q, 0, 600, HOME);
	a.b[19] ^= 1;				/* low bits */
	m_auth(&a, 34, 256, key_fh);
	rig_reply(&a, HA);
	ck_assert_uint_eq(rig.n_node, 0);
	ck_assert_uint_eq(rig.relay.stats.drop[FAD_DROP_NO_PENDING], 3);
	/* The high bits are the home agent's when it says 133. */
	m_rrp(&a, &q, 133, 0, HOME);
	a.b[13] ^= 1;
	m_auth(&a, 32, 512, key_mh);
	m_auth(&a, 34, 256, key_fh);
	rig_reply(&a, HA);
	ck_assert_uint_eq(rig.n_node, 1);
	ck_assert_uint_eq(rig.to_node[1], 133);
	ck_assert_mem_eq(rig.to_node, a.b, a.n - 22);
	ck_assert_ptr_null(visitor(HOME));
	/* Once is enough. */
	rig_reply(&a, HA);
	ck_assert_uint_eq(rig.n_node, 0);
	rig_free();
}
END_TEST

/* Who has no key of the mobile node can not sign for it: what is for us is
 * removed all the same. */
START_TEST(denied_unsigned)
{
	struct m q, a;
	size_t len;

	rig_init();
	ask(&q, HA);
	m_rrp(&a, &q, 131, 0, HOME);
	len = a.n;
	m_int(&a, 137, 1);
	m_int(&a, 6, 1);
	m_int(&a, 0, 6);
	m_auth(&a, 34, 256, key_fh);
	rig_reply(&a, HA);
	ck_assert_uint_eq(rig.n_node, 1);
	ck_assert_uint_eq(rig.node_len, len);
	ck_assert_mem_eq(rig.to_node, a.b, len);
	rig_free();
}
END_TEST

START_TEST(code_68)
{
	struct m q, a;

	rig_init();
	ask(&q, HA);
	m_rrp(&a, &q, 0, 600, HOME);
	m_auth(&a, 32, 512, key_mh);
	becomes(&a, HA, 68);			/* none */
	ask(&q, HA);
	m_rrp(&a, &q, 0, 600, HOME);
	m_auth(&a, 32, 512, key_mh);
	m_auth(&a, 34, 256, key_mh);
	becomes(&a, HA, 68);			/* wrong */
	ask(&q, HA);
	m_answer(&a, &q, 0, 600, HOME);
	m_auth(&a, 34, 256, key_fh);
	becomes(&a, HA, 68);			/* two */
	/* Where there is no key, none is asked for. */
	ask(&q, HA_OTHER);
	m_rrp(&a, &q, 0, 600, HOME);
	m_auth(&a, 32, 512, key_mh);
	rig_reply(&a, HA_OTHER);
	ck_assert_uint_eq(rig.to_node[1], 0);
	ck_assert_ptr_nonnull(visitor(HOME));
	rig_free();
}
END_TEST

START_TEST(code_71)
{
	struct m q, a;

	rig_init();
	ask(&q, HA);
	m_answer(&a, &q, 0, 600, HOME);
	m_int(&a, 133, 1);
	m_int(&a, 99, 1);			/* past the end */
	becomes(&a, HA, 71);
	ask(&q, HA);
	m_rrp(&a, &q, 0, 600, HOME);
	m_auth(&a, 34, 256, key_fh);
	becomes(&a, HA, 71);			/* accepted without 32 */
	ask(&q, HA);
	m_rrp(&a, &q, 0, 600, HOME);
	a.b[11] ^= 2;				/* another home agent */
	m_auth(&a, 32, 512, key_mh);
	m_auth(&a, 34, 256, key_fh);
	becomes(&a, HA, 71);
	rig_free();
}
END_TEST

/* RFC 2794 3: found by its Home Address, and of another; and what does not fit
 * when it is signed for the mobile node. */
START_TEST(code_71_extensions)
{
	uint8_t body[250] = { 0 };
	struct m q, a;

	rig_init();
	m_rrq(&q, 0, 600, HOME, HA, COA);
	m_nai(&q, ALICE);
	m_auth(&q, 32, 512, key_mh);
	rig_in(&q, &way);
	ck_assert_uint_eq(rig.n_home, 1);
	m_rrp(&a, &q, 0, 600, HOME);
	m_nai(&a, "bob@example.net");
	m_auth(&a, 32, 512, key_mh);
	m_auth(&a, 34, 256, key_fh);
	becomes(&a, HA, 71);
	rig_know_mn(NULL, HOME);
	m_plain(&q, 0, 600, HOME, HA_OTHER);
	m_auth(&q, 33, 768, key_mf);
	rig_in(&q, &way);
	ck_assert_uint_eq(rig.n_home, 1);
	/* A denial, which makes no visit. */
	m_rrp(&a, &q, 130, 0, HOME);
	while (a.n < 1150)
		m_ext(&a, 200, body, 200);
	m_ext(&a, 200, body, 1400 - 22 - 10 - a.n);
	m_auth(&a, 32, 512, key_mh);
	ck_assert_uint_gt(a.n + 22, 1400);
	becomes(&a, HA_OTHER, 71);
	rig_free();
}
END_TEST

static void
ask_by_nai(struct m *q)
{
	m_rrq(q, 0, 600, "0.0.0.0", HA, COA);
	m_nai(q, ALICE);
	m_auth(q, 32, 512, key_mh);
	rig_in(q, &way);
	ck_assert_uint_eq(rig.n_home, 1);
}

START_TEST(home_address_assigned)
{
	struct m q, a;

	rig_init();
	ask_by_nai(&q);
	m_rrp(&a, &q, 0, 600, HOME);
	m_nai(&a, "alice@EXAMPLE.net");
	m_auth(&a, 32, 512, key_mh);
	m_auth(&a, 34, 256, key_fh);
	rig_reply(&a, HA);
	ck_assert_uint_eq(rig.to_node[1], 0);
	ck_assert_uint_eq(rig.dst.s_addr, inet_addr(HOME));
	ck_assert_ptr_nonnull(visitor(HOME));
	ck_assert_ptr_nonnull(rig_route_of(HOME));
	/* Denied: to everybody, at its link-layer address. */
	ask_by_nai(&q);
	m_rrp(&a, &q, 129, 0, "0.0.0.0");
	m_nai(&a, ALICE);
	m_auth(&a, 32, 512, key_mh);
	m_auth(&a, 34, 256, key_fh);
	rig_reply(&a, HA);
	ck_assert_uint_eq(rig.to_node[1], 129);
	ck_assert_uint_eq(rig.dst.s_addr, INADDR_BROADCAST);
	rig_free();
}
END_TEST

START_TEST(codes_97_98_99)
{
	struct m q, a;

	rig_init();
	ask_by_nai(&q);
	m_rrp(&a, &q, 0, 600, HOME);
	m_nai(&a, "bob@example.net");		/* nobody has asked */
	m_auth(&a, 32, 512, key_mh);
	m_auth(&a, 34, 256, key_fh);
	rig_reply(&a, HA);
	ck_assert_uint_eq(rig.n_node, 0);
	ck_assert_uint_eq(rig.relay.stats.drop[FAD_DROP_NO_PENDING], 1);
	ask_by_nai(&q);
	m_answer(&a, &q, 0, 600, HOME);
	becomes(&a, HA, 97);
	ask_by_nai(&q);
	m_rrp(&a, &q, 0, 600, HOME);
	memset(a.b + 8, 0, 4);
	m_nai(&a, ALICE);
	m_auth(&a, 32, 512, key_mh);
	m_auth(&a, 34, 256, key_fh);
	becomes(&a, HA, 98);
	ask_by_nai(&q);
	m_rrp(&a, &q, 0, 600, "0.0.0.0");
	m_nai(&a, ALICE);
	m_auth(&a, 32, 512, key_mh);
	m_auth(&a, 34, 256, key_fh);
	becomes(&a, HA, 99);
	ask(&q, HA);
	m_answer(&a, &q, 0, 600, HOME);
	a.n -= 22;
	m_put(&a, "\x26\x00\x00\x06\0\0\1\2\0\1", 10);
	m_auth(&a, 34, 256, key_fh);
	becomes(&a, HA, 101);
	rig_free();
}
END_TEST

/* A home agent can not give away what is ours, or not its own, or another's. */
START_TEST(assigned_by_mistake)
{
	static const char *const homes[] = { FA, "127.0.0.1", "224.0.0.9",
		"10.0.1.9" };
	static const uint8_t codes[] = { 71, 71, 71, 65 };
	struct m q, a;
	size_t i;

	rig_init();
	rig.net = (struct home_net){ { inet_addr("10.0.0.0") }, 24 };
	rig.ha.nets = &rig.net;
	rig.ha.n_nets = 1;
	for (i = 0; i < 4; i++) {
		ask_by_nai(&q);
		m_rrp(&a, &q, 0, 600, homes[i]);
		m_nai(&a, ALICE);
		m_auth(&a, 32, 512, key_mh);
		m_auth(&a, 34, 256, key_fh);
		becomes(&a, HA, codes[i]);
	}
	rig_register(HOME, 0, 600, &way);
	m_rrq(&q, 0, 600, "0.0.0.0", HA_OTHER, COA);
	m_nai(&q, ALICE);
	m_auth(&q, 32, 512, key_mh);
	rig_in(&q, &way);
	m_rrp(&a, &q, 0, 600, HOME);
	m_nai(&a, ALICE);
	m_auth(&a, 32, 512, key_mh);
	rig_reply(&a, HA_OTHER);
	ck_assert_uint_eq(rig.to_node[1], 65);
	ck_assert_uint_eq(visitor(HOME)->asked.ha.s_addr, inet_addr(HA));
	rig_free();
}
END_TEST

/* Two home agents have given the same address: on two links both visit, and
 * each ends by its own. */
START_TEST(overlapping)
{
	struct way there = { MAC_B, HOME, FA, 1, 255 };
	const struct in_addr home = { inet_addr(HOME) },
	    ha[2] = { { inet_addr(HA) }, { inet_addr(HA_OTHER) } };
	struct visitor *v[2];
	struct m q, a;

	rig_init();
	rig_register(HOME, 0x02, 600, &way);
	m_plain(&q, 0x02, 300, HOME, HA_OTHER);
	rig_in(&q, &there);
	m_rrp(&a, &q, 0, 300, HOME);
	m_auth(&a, 32, 512, key_mh);
	rig_reply(&a, HA_OTHER);
	ck_assert_uint_eq(rig.to_node[1], 0);
	ck_assert_uint_eq(rig_routes(), 2);
	for (unsigned i = 0; i < 2; i++) {
		v[i] = visitor_find(&rig.visitors, &(struct visit_id){
		    .home = home, .ha = ha[i] });
		ck_assert_ptr_nonnull(v[i]);
		ck_assert_uint_eq(v[i]->asked.node.link, i);
	}
	/* Neither comes to the other's link. */
	m_plain(&q, 0x02, 300, HOME, HA_OTHER);
	rig_in(&q, &way);
	ck_assert_uint_eq(rig.to_node[1], 65);
	rig_wait(2);
	m_plain(&q, 0x02, 0, HOME, HA_OTHER);
	rig_in(&q, &there);
	m_rrp(&a, &q, 0, 0, HOME);
	m_auth(&a, 32, 512, key_mh);
	rig_reply(&a, HA_OTHER);
	ck_assert_ptr_null(visitor_find(&rig.visitors, &(struct visit_id){
	    .home = home, .ha = ha[1] }));
	ck_assert_ptr_eq(visitor_find(&rig.visitors, &(struct visit_id){
	    .home = home, .ha = ha[0] }), v[0]);
	ck_assert_uint_eq(rig_routes(), 1);
	rig_free();
}
END_TEST

/* Nothing of a visit changes by what is only asked, or denied. */
START_TEST(denial_changes_nothing)
{
	struct way moved = { MAC_B, HOME, FA, 1, 255 };
	struct m q, a;

	rig_init();
	rig_register(HOME, 0, 600, &way);
	rig_wait(100);
	m_plain(&q, 0, 300, HOME, HA);
	rig_in(&q, &moved);
	ck_assert_uint_eq(visitor_left(visitor(HOME)), 500);
	m_answer(&a, &q, 130, 0, HOME);
	rig_reply(&a, HA);
	ck_assert_uint_eq(visitor_left(visitor(HOME)), 500);
	ck_assert_mem_eq(rig_route_of(HOME)->lladdr, MAC, 6);
	m_plain(&q, 0, 0, HOME, HA);
	rig_in(&q, &way);
	m_answer(&a, &q, 133, 0, HOME);
	rig_reply(&a, HA);
	ck_assert_ptr_nonnull(visitor(HOME));
	rig_free();
}
END_TEST

START_TEST(moves_and_renews)
{
	struct way moved = { MAC_B, HOME, FA_B, 1, 255 };

	rig_init();
	rig_register(HOME, 0, 600, &way);
	rig_wait(100);
	rig_register(HOME, 0, 600, &way);
	ck_assert_uint_eq(visitor_left(visitor(HOME)), 600);
	ck_assert_uint_eq(rig_routes(), 1);
	rig_register(HOME, 0, 300, &moved);
	ck_assert_uint_eq(visitor_left(visitor(HOME)), 300);
	ck_assert_uint_eq(rig_routes(), 1);
	ck_assert_mem_eq(rig_route_of(HOME)->lladdr, MAC_B, 6);
	ck_assert_uint_eq(rig_route_of(HOME)->link, 1);
	rig_register(HOME, 0x02, 300, &moved);
	ck_assert(rig_route_of(HOME)->reverse);
	ck_assert_uint_eq(rig_routes(), 1);
	rig_free();
}
END_TEST

START_TEST(deregisters)
{
	struct m q, a;

	rig_init();
	rig_register(HOME, 0, 600, &way);
	/* Of a care-of address elsewhere: it stays here. */
	m_rrq(&q, 0, 0, HOME, HA, "192.0.2.99");
	m_auth(&q, 32, 512, key_mh);
	rig_in(&q, &way);
	m_answer(&a, &q, 0, 0, HOME);
	rig_reply(&a, HA);
	ck_assert_uint_eq(rig.n_node, 1);
	ck_assert_ptr_nonnull(visitor(HOME));
	m_plain(&q, 0, 0, HOME, HA);
	rig_in(&q, &way);
	m_answer(&a, &q, 0, 0, HOME);
	rig_reply(&a, HA);
	ck_assert_uint_eq(rig.n_node, 1);
	ck_assert_ptr_null(visitor(HOME));
	ck_assert_uint_eq(rig_routes(), 0);
	/* Of all there are. */
	rig_register(HOME, 0, 600, &way);
	m_rrq(&q, 0, 0, HOME, HA, HOME);
	m_auth(&q, 32, 512, key_mh);
	rig_in(&q, &way);
	m_answer(&a, &q, 0, 0, HOME);
	rig_reply(&a, HA);
	ck_assert_ptr_null(visitor(HOME));
	rig_free();
}
END_TEST

/* By name, with whatever home address. */
static void
m_named(struct m *q, uint16_t life, const char *home, const char *nai)
{
	m_rrq(q, 0x02, life, home, HA, COA);
	m_nai(q, nai);
	m_auth(q, 32, 512, key_mh);
}

static void
answered(const struct m *q, uint16_t life, const char *home, const char *nai)
{
	struct m a;

	m_rrp(&a, q, 0, life, home);
	m_nai(&a, nai);
	m_auth(&a, 32, 512, key_mh);
	m_auth(&a, 34, 256, key_fh);
	rig_reply(&a, HA);
	ck_assert_uint_eq(rig.n_node, 1);
}

/* One that has had the home address before, or says so [D219]. */
START_TEST(deregisters_another)
{
	struct m q;

	rig_init();
	m_named(&q, 600, "0.0.0.0", ALICE);
	rig_in(&q, &way);
	answered(&q, 600, HOME, ALICE);
	ck_assert_ptr_nonnull(visitor(HOME));
	m_named(&q, 0, HOME, "bob@example.net");
	rig_in(&q, &way);
	answered(&q, 0, HOME, "bob@example.net");
	ck_assert_uint_eq(rig.to_node[1], 0);
	ck_assert_ptr_nonnull(visitor(HOME));
	m_named(&q, 0, HOME, ALICE);
	rig_in(&q, &way);
	answered(&q, 0, HOME, ALICE);
	ck_assert_ptr_null(visitor(HOME));
	rig_free();
}
END_TEST

/* Answers to what it asked by a node that it has left come when it is a visitor
 * by another one [D219]. */
START_TEST(overtaken)
{
	struct way other = { MAC_B, HOME, FA_B, 1, 255 };
	struct m q, first;

	rig_init();
	m_named(&first, 600, HOME, ALICE);
	rig_in(&first, &way);
	m_named(&q, 300, HOME, ALICE);
	rig_in(&q, &other);
	answered(&q, 300, HOME, ALICE);
	answered(&first, 600, HOME, ALICE);
	ck_assert_uint_eq(rig.to_node[1], 65);
	ck_assert_mem_eq(rig_route_of(HOME)->lladdr, MAC_B, 6);
	rig_wait(1);
	m_named(&q, 600, HOME, ALICE);
	rig_in(&q, &way);
	answered(&q, 600, HOME, ALICE);
	m_named(&first, 0, HOME, ALICE);
	rig_in(&first, &way);
	m_named(&q, 300, HOME, ALICE);
	rig_in(&q, &other);
	answered(&q, 300, HOME, ALICE);
	answered(&first, 0, HOME, ALICE);
	ck_assert_uint_eq(rig.to_node[1], 0);
	ck_assert_uint_eq(visitor_left(visitor(HOME)), 300);
	rig_free();
}
END_TEST

/* The home agent answers the same request again, whoever has sent it [D219]. */
START_TEST(copied)
{
	struct way other = { MAC_B, HOME, FA_B, 1, 255 };
	struct m q;

	rig_init();
	m_named(&q, 600, "0.0.0.0", ALICE);
	rig_in(&q, &way);
	answered(&q, 600, HOME, ALICE);
	rig_wait(1);
	rig_in(&q, &other);
	answered(&q, 600, HOME, ALICE);
	ck_assert_uint_eq(rig.to_node[1], 65);
	ck_assert_mem_eq(rig_route_of(HOME)->lladdr, MAC, 6);
	ck_assert_uint_eq(visitor_left(visitor(HOME)), 599);
	/* Its own, a second time. */
	rig_in(&q, &way);
	answered(&q, 600, HOME, ALICE);
	ck_assert_uint_eq(rig.to_node[1], 0);
	/* It has moved there. */
	m_named(&q, 600, HOME, ALICE);
	rig_in(&q, &other);
	answered(&q, 600, HOME, ALICE);
	ck_assert_mem_eq(rig_route_of(HOME)->lladdr, MAC_B, 6);
	rig_free();
}
END_TEST

START_TEST(co_located)
{
	struct m q, a;

	rig_init();
	m_rrq(&q, 0x22, 600, HOME, HA, "10.9.0.77");
	m_auth(&q, 32, 512, key_mh);
	rig_in(&q, &way);
	ck_assert_uint_eq(rig.n_home, 1);
	m_answer(&a, &q, 0, 600, HOME);
	rig_reply(&a, HA);
	ck_assert_uint_eq(rig.n_node, 1);
	ck_assert_uint_eq(visitor_left(visitor(HOME)), 600);
	ck_assert_uint_eq(rig_routes(), 0);
	/* and back to ours */
	rig_register(HOME, 0x02, 600, &way);
	ck_assert_uint_eq(rig_routes(), 1);
	rig_free();
}
END_TEST

START_TEST(no_end)
{
	rig_init();
	rig.conf.max_lifetime = 65535;
	rig_register(HOME, 0, 65535, &way);
	rig_wait(200000);
	ck_assert_uint_eq(visitor_left(visitor(HOME)), 65535);
	rig_register(HOME, 0, 10, &way);
	rig_wait(11);
	ck_assert_ptr_null(visitor(HOME));
	rig_free();
}
END_TEST

static void
m_revocable(struct m *a)
{
	m_int(a, 137, 1);
	m_int(a, 6, 1);
	m_int(a, 0, 2);
	m_int(a, rig_ntp(NULL) >> 32, 4);
	m_auth(a, 34, 256, key_fh);
}

static void
visit_with_revocation(void)
{
	struct m q, a;

	ask(&q, HA);
	m_rrp(&a, &q, 0, 600, HOME);
	m_auth(&a, 32, 512, key_mh);
	m_revocable(&a);
	rig_reply(&a, HA);
	/* 137 is not for the mobile node. */
	ck_assert_uint_eq(rig.node_len, 20 + 22);
	ck_assert(visitor(HOME)->negotiated);
}

static void
m_rev(struct m *m, uint16_t bits, int32_t off, const uint8_t *key)
{
	m->n = 0;
	m_int(m, 7, 1);
	m_int(m, 0, 1);
	m_int(m, bits, 2);
	m_ip(m, HOME);
	m_ip(m, HA);
	m_ip(m, COA);
	m_int(m, (uint32_t)(rig_ntp(NULL) >> 32) + (uint32_t)off, 4);
	m_auth(m, 34, 256, key);
}

START_TEST(revoked)
{
	struct m m, want = { .n = 0 };

	rig_init();
	visit_with_revocation();
	rig_wait(10);
	m_rev(&m, 0x8000, 0, key_mh);
	rig_reply(&m, HA);			/* not authentic */
	m_rev(&m, 0, 0, key_fh);
	rig_reply(&m, HA);			/* ours, reflected */
	m_rev(&m, 0x8000, -20, key_fh);
	rig_reply(&m, HA);			/* of an earlier visit */
	m_rev(&m, 0x8000, 0, key_fh);
	rig_reply(&m, HA_OTHER);
	ck_assert_uint_eq(rig.n_home, 0);
	ck_assert_ptr_nonnull(visitor(HOME));
	rig_reply(&m, HA);
	ck_assert_ptr_null(visitor(HOME));
	ck_assert_uint_eq(rig_routes(), 0);
	m_int(&want, 15, 1);
	m_int(&want, 0, 3);
	m_ip(&want, HOME);
	m_put(&want, m.b + 16, 4);
	m_auth(&want, 34, 256, key_fh);
	ck_assert_uint_eq(rig.n_home, 1);
	ck_assert_uint_eq(rig.home_len, want.n);
	ck_assert_mem_eq(rig.to_home, want.b, want.n);
	/* Its first acknowledgment was lost: another, and no harm. */
	rig_reply(&m, HA);
	ck_assert_uint_eq(rig.n_home, 1);
	rig_wait(100);
	rig_reply(&m, HA);			/* stale */
	ck_assert_uint_eq(rig.n_home, 0);
	rig_free();
}
END_TEST

/* The home address is another's by now [D219]. */
START_TEST(revoked_before)
{
	struct m m, q, a;

	rig_init();
	m_named(&q, 600, HOME, ALICE);
	rig_in(&q, &way);
	m_rrp(&a, &q, 0, 600, HOME);
	m_nai(&a, ALICE);
	m_auth(&a, 32, 512, key_mh);
	m_revocable(&a);
	rig_reply(&a, HA);
	ck_assert(visitor(HOME)->negotiated);
	rig_wait(10);
	m_rev(&m, 0x8000, 0, key_fh);
	m.n -= 22;
	a = m;
	m_nai(&m, "bob@example.net");
	m_auth(&m, 34, 256, key_fh);
	rig_reply(&m, HA);
	ck_assert_uint_eq(rig.n_home, 1);
	ck_assert_ptr_nonnull(visitor(HOME));
	m_nai(&a, ALICE);
	m_auth(&a, 34, 256, key_fh);
	rig_reply(&a, HA);
	ck_assert_ptr_null(visitor(HOME));
	rig_free();
}
END_TEST

START_TEST(not_negotiated)
{
	struct m m;

	rig_init();
	rig_register(HOME, 0, 600, &way);
	m_rev(&m, 0x8000, 1, key_fh);
	rig_reply(&m, HA);
	ck_assert_ptr_nonnull(visitor(HOME));
	ck_assert_uint_eq(rig.n_home, 1);	/* as if there was none */
	rig_free();
}
END_TEST

/* Room that was there when it was asked for has gone. */
START_TEST(room_gone)
{
	struct m q, a;

	rig_init();
	rig.visitors.max_visitors = 1;
	m_plain(&q, 0, 600, HOME_B, HA);
	rig_in(&q, &way);
	rig_register(HOME, 0, 600, &way);
	m_answer(&a, &q, 0, 600, HOME_B);
	rig_reply(&a, HA);
	ck_assert_uint_eq(rig.n_node, 1);
	ck_assert_uint_eq(rig.to_node[1], 66);
	ck_assert_ptr_null(visitor(HOME_B));
	ck_assert_ptr_nonnull(visitor(HOME));
	rig_free();
}
END_TEST

START_TEST(strange_reply)
{
	struct m q, a;

	rig_init();
	ask(&q, HA);
	m_rrp(&a, &q, 0, 600, HOME);
	m_ext(&a, 51, "x", 1);
	m_auth(&a, 32, 512, key_mh);
	m_auth(&a, 34, 256, key_fh);
	rig_reply(&a, HA);
	ck_assert_uint_eq(rig.n_node, 0);
	ck_assert_uint_eq(table_count(&rig.visitors.by_id), 1);
	/* Not what a home agent says; requests come another way. */
	rig_reply(&q, HA);
	ck_assert_uint_eq(rig.n_node + rig.n_home, 0);
	rig_free();
}
END_TEST

TEST_MAIN("fad_reply", accepted, longer_than_ours, data_plane_first,
    data_plane_fails, matching, denied_unsigned, code_68, code_71,
    code_71_extensions, home_address_assigned, codes_97_98_99,
    assigned_by_mistake, overlapping, denial_changes_nothing, moves_and_renews,
    deregisters, deregisters_another, overtaken, copied, co_located,
    no_end, revoked, revoked_before, not_negotiated, room_gone, strange_reply)

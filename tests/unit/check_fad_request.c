/* SPDX-License-Identifier: BSD-2-Clause */
/* Registration Requests at the foreign agent: what is relayed, byte by byte,
 * and each code that refuses one [RFC 3344 3.7.2, RFC 3024 4.2.1]. */
#include "config.h"

#include "tests/unit/fad_rig.h"

static const struct way way = WAY;

/* Sends it; the code of the reply, or -1 when it was relayed or dropped. */
static int
denied(const struct m *m, const struct way *y)
{
	rig_wait(2);			/* one denial a second */
	rig_in(m, y);
	ck_assert_uint_le(rig.n_node, 1);
	if (rig.n_node == 0)
		return -1;
	ck_assert_uint_eq(rig.n_home, 0);
	ck_assert_uint_eq(rig.to_node[0], 3);
	/* Home Address, Home Agent and Identification as in the request. */
	ck_assert_mem_eq(rig.to_node + 4, m->b + 4, 8);
	ck_assert_mem_eq(rig.to_node + 12, m->b + 16, 8);
	ck_assert_mem_eq(rig.node.lladdr, y->mac, 6);
	ck_assert_uint_eq(rig.node.port, 4434);
	return rig.to_node[1];
}

static int
code(const struct m *m)
{
	return denied(m, &way);
}

#define RELAYED(m, y)							\
	do {								\
		rig_in(m, y);						\
		ck_assert_uint_eq(rig.n_node, 0);			\
		ck_assert_uint_eq(rig.n_home, 1);			\
	} while (0)

START_TEST(relayed_as_it_is)
{
	struct m m, want;

	rig_init();
	m_rrq(&m, 0, 600, HOME, HA_OTHER, COA);
	m_nai(&m, ALICE);
	m_ext(&m, 220, "", 1);		/* for the home agent, skippable */
	m_auth(&m, 32, 512, key_mh);
	want = m;
	m_ext(&m, 133, "for us", 6);	/* must not be passed on */
	m_auth(&m, 33, 768, key_mf);
	RELAYED(&m, &way);
	ck_assert_uint_eq(rig.home_len, want.n);
	ck_assert_mem_eq(rig.to_home, want.b, want.n);
	ck_assert_uint_eq(rig.ha_addr.s_addr, inet_addr(HA_OTHER));
	ck_assert_uint_eq(rig.ha_port, 434);
	rig_free();
}
END_TEST

START_TEST(signed_for_the_home_agent)
{
	struct m m, want;

	rig_init();
	m_plain(&m, 0, 600, HOME, HA);
	want = m;
	m_int(&want, 137, 1);
	m_int(&want, 6, 1);
	m_int(&want, 0, 2);
	m_int(&want, rig_ntp(NULL) >> 32, 4);
	m_auth(&want, 34, 256, key_fh);
	RELAYED(&m, &way);
	ck_assert_uint_eq(rig.home_len, want.n);
	ck_assert_mem_eq(rig.to_home, want.b, want.n);
	/* Without revocation: no 137. */
	rig.conf.revocation = false;
	m_plain(&m, 0, 600, HOME_B, HA);
	want = m;
	m_auth(&want, 34, 256, key_fh);
	RELAYED(&m, &way);
	ck_assert_uint_eq(rig.home_len, want.n);
	ck_assert_mem_eq(rig.to_home, want.b, want.n);
	rig_free();
}
END_TEST

START_TEST(code_65)
{
	struct m m;

	rig_init();
	rig.conf.known_only = true;
	m_plain(&m, 0, 600, HOME, HA_OTHER);
	ck_assert_int_eq(code(&m), 65);
	rig.net = (struct home_net){ { inet_addr("10.0.0.0") }, 24 };
	rig.ha.nets = &rig.net;
	rig.ha.n_nets = 1;
	m_plain(&m, 0, 600, "10.0.1.5", HA);
	ck_assert_int_eq(code(&m), 65);
	m_plain(&m, 0, 600, "127.0.0.1", HA);
	ck_assert_int_eq(code(&m), 65);
	m_plain(&m, 0, 600, FA, HA);
	ck_assert_int_eq(code(&m), 65);
	m_plain(&m, 0, 600, "224.0.0.5", HA);
	ck_assert_int_eq(code(&m), 65);
	relay_drain(&rig.relay, true);
	ck_assert_uint_eq(rig.n_busy, 1);
	m_plain(&m, 0, 600, HOME, HA);
	ck_assert_int_eq(code(&m), 65);
	relay_drain(&rig.relay, false);
	ck_assert_uint_eq(rig.n_busy, 2);
	RELAYED(&m, &way);
	rig_free();
}
END_TEST

START_TEST(code_65_realm)
{
	static char realm[] = "Example.net";
	char *realms[] = { realm };
	struct m m;

	rig_init();
	rig.conf.realms = realms;
	rig.conf.n_realms = 1;
	m_rrq(&m, 0, 600, HOME, HA, COA);
	m_nai(&m, "alice@other.net");
	m_auth(&m, 32, 512, key_mh);
	ck_assert_int_eq(code(&m), 65);
	m_rrq(&m, 0, 600, HOME, HA, COA);
	m_nai(&m, ALICE);
	m_auth(&m, 32, 512, key_mh);
	RELAYED(&m, &way);
	rig_free();
}
END_TEST

/* Another home agent can not have the address of one that visits. */
START_TEST(code_65_taken)
{
	struct way elsewhere = { MAC_B, HOME, FA, 1, 255 };
	struct m m;

	rig_init();
	rig_register(HOME, 0, 600, &way);
	m_plain(&m, 0, 600, HOME, HA_OTHER);
	ck_assert_int_eq(code(&m), 65);
	RELAYED(&m, &elsewhere);		/* on another link it is not */
	rig_wait(600);			/* gone */
	RELAYED(&m, &way);
	rig_free();
}
END_TEST

/* Behind two nodes one after the other, of which the first one lets go only
 * when the mobile node is a visitor by the second [D219]. */
START_TEST(code_65_left)
{
	struct way moved = { MAC_B, HOME, FA_B, 1, 255 };
	struct m m;

	rig_init();
	rig_register(HOME, 0x02, 600, &way);
	rig_register(HOME, 0x02, 600, &moved);
	m_plain(&m, 0x02, 0, HOME, HA);
	ck_assert_int_eq(denied(&m, &way), 65);
	/* Of another care-of address, or with one of its own. */
	m_rrq(&m, 0x02, 0, HOME, HA, "192.0.2.99");
	m_auth(&m, 32, 512, key_mh);
	RELAYED(&m, &way);
	m_plain(&m, 0x02, 0, HOME, HA);
	RELAYED(&m, &moved);
	rig_free();
}
END_TEST

START_TEST(code_66)
{
	const char *homes[] = { "10.0.0.11", "10.0.0.12", "10.0.0.13",
		"10.0.0.14" };
	struct way b = { MAC_B, HOME, FA, 0, 255 };
	struct m m;
	unsigned i;

	rig_init();
	for (i = 0; i < 3; i++) {
		m_plain(&m, 0, 600, homes[i], HA);
		RELAYED(&m, &way);
	}
	/* One mobile node has so many pending; another has not. */
	m_plain(&m, 0, 600, homes[3], HA);
	ck_assert_int_eq(code(&m), 66);
	m_plain(&m, 0, 600, homes[3], HA);
	RELAYED(&m, &b);
	rig_free();
	rig_init();
	rig.visitors.max_pending = 1;
	m_plain(&m, 0, 600, homes[0], HA);
	RELAYED(&m, &way);
	m_plain(&m, 0, 600, homes[1], HA);
	ck_assert_int_eq(denied(&m, &b), 66);
	rig_free();
}
END_TEST

START_TEST(code_66_visitors)
{
	struct m m;

	rig_init();
	rig.visitors.max_visitors = 1;
	rig_register(HOME, 0, 600, &way);
	ck_assert_uint_eq(rig.n_busy, 1);
	m_plain(&m, 0, 600, HOME_B, HA);
	ck_assert_int_eq(code(&m), 66);
	/* Who is here may stay. */
	m_plain(&m, 0, 600, HOME, HA);
	RELAYED(&m, &way);
	m_plain(&m, 0, 0, HOME, HA);
	RELAYED(&m, &way);
	rig_free();
}
END_TEST

START_TEST(code_67)
{
	struct m m;

	rig_init();
	rig_know_mn(ALICE, NULL);
	m_rrq(&m, 0, 600, HOME, HA, COA);
	m_nai(&m, "alice@EXAMPLE.net");
	m_auth(&m, 32, 512, key_mh);
	ck_assert_int_eq(code(&m), 67);			/* none */
	m_auth(&m, 33, 768, key_mh);
	ck_assert_int_eq(code(&m), 67);			/* wrong */
	m.n -= 22;
	m_auth(&m, 33, 769, key_mf);
	ck_assert_int_eq(code(&m), 67);			/* SPI */
	m.n -= 22;
	m_auth(&m, 33, 768, key_mf);
	RELAYED(&m, &way);
	m_auth(&m, 33, 768, key_mf);
	ck_assert_int_eq(code(&m), 67);			/* two */
	/* The refusal is signed for who has the key. */
	ck_assert_uint_eq(rig.to_node[rig.node_len - 22], 33);
	rig_free();
}
END_TEST

START_TEST(code_67_required)
{
	struct m m;

	rig_init();
	rig.conf.require_mn_fa = true;
	m_plain(&m, 0, 600, HOME, HA);
	ck_assert_int_eq(code(&m), 67);
	rig_know_mn(NULL, HOME);
	m_auth(&m, 33, 768, key_mf);
	RELAYED(&m, &way);
	rig_free();
}
END_TEST

START_TEST(code_69)
{
	struct m m;

	rig_init();
	m_plain(&m, 0, 1801, HOME, HA);
	ck_assert_int_eq(code(&m), 69);
	ck_assert_uint_eq(rig.to_node[2] << 8 | rig.to_node[3], 1800);
	m_plain(&m, 0, 1800, HOME, HA);
	RELAYED(&m, &way);
	rig.conf.max_lifetime = 65535;
	m_plain(&m, 0, 65535, HOME, HA);
	RELAYED(&m, &way);
	rig_free();
}
END_TEST

START_TEST(code_70)
{
	struct m m;

	rig_init();
	m_rrq(&m, 0, 600, HOME, HA, COA);
	ck_assert_int_eq(code(&m), 70);			/* no 32 */
	m_auth(&m, 32, 512, key_mh);
	m_auth(&m, 32, 512, key_mh);
	ck_assert_int_eq(code(&m), 70);			/* two */
	m.n -= 22;
	m_int(&m, 33, 1);
	m_int(&m, 200, 1);
	ck_assert_int_eq(code(&m), 70);			/* past the end */
	m_rrq(&m, 0, 600, HOME, HA, COA);
	m_auth(&m, 32, 512, key_mh);
	m_nai(&m, ALICE);
	ck_assert_int_eq(code(&m), 70);			/* NAI behind it */
	m_rrq(&m, 0, 600, HOME, HA, COA);
	m_nai(&m, "");
	m_auth(&m, 32, 512, key_mh);
	ck_assert_int_eq(code(&m), 70);			/* empty */
	m_plain(&m, 0, 600, HOME, HA);
	m_ext(&m, 130, "", 0);
	ck_assert_int_eq(code(&m), 70);			/* without T */
	m_plain(&m, 0, 600, HOME, "224.0.0.1");
	ck_assert_int_eq(code(&m), 70);
	rig_free();
}
END_TEST

/* RFC 2794 2, RFC 3344 3.5.1, RFC 3024 3.3; and what does not fit when it is
 * signed for the home agent. */
START_TEST(code_70_extensions)
{
	uint8_t body[250] = { 0 };
	struct m m;

	rig_init();
	m_rrq(&m, 0, 600, HOME, HA, COA);
	m_nai(&m, ALICE);
	m_nai(&m, ALICE);
	m_auth(&m, 32, 512, key_mh);
	ck_assert_int_eq(code(&m), 70);			/* two NAIs */
	m_rrq(&m, 0, 600, HOME, HA, COA);
	m_auth(&m, 32, 0, key_mh);
	ck_assert_int_eq(code(&m), 70);			/* no SPI */
	m_rrq(&m, 0x02, 600, HOME, HA, COA);
	m_ext(&m, 130, "", 0);
	m_auth(&m, 32, 512, key_mh);
	ck_assert_int_eq(code(&m), 70);			/* before 32 */
	m_rrq(&m, 0, 600, HOME, HA, COA);
	while (m.n < 1150)
		m_ext(&m, 200, body, 200);
	m_ext(&m, 200, body, 1400 - 22 - 10 - m.n);
	m_auth(&m, 32, 512, key_mh);
	ck_assert_uint_gt(m.n + 22, 1400);
	ck_assert_int_eq(code(&m), 70);
	ck_assert_uint_eq(table_count(&rig.visitors.by_id), 0);
	rig_free();
}
END_TEST

START_TEST(code_70_reserved)
{
	struct m m;

	rig_init();
	m_plain(&m, 0x05, 600, HOME, HA);	/* r and x: ignored [D1] */
	RELAYED(&m, &way);
	rig.conf.strict = FAD_STRICT_X;
	m_plain(&m, 0x04, 600, HOME, HA);
	RELAYED(&m, &way);
	m_plain(&m, 0x01, 600, HOME, HA);
	ck_assert_int_eq(code(&m), 70);
	rig.conf.strict = FAD_STRICT_BOTH;
	m_plain(&m, 0x04, 600, HOME, HA);
	ck_assert_int_eq(code(&m), 70);
	rig_free();
}
END_TEST

START_TEST(code_72)
{
	struct m m;

	rig_init();
	m_plain(&m, 0x10, 600, HOME, HA);
	ck_assert_int_eq(code(&m), 72);
	m_plain(&m, 0x08, 600, HOME, HA);
	ck_assert_int_eq(code(&m), 72);
	m_rrq(&m, 0, 600, HOME, HA, COA);
	m_auth(&m, 32, 512, key_mh);
	m_put(&m, "\x30\x00\x00\x04\1\2\3\4", 8);	/* a GRE key */
	ck_assert_int_eq(code(&m), 72);
	/* Who decapsulates by itself may have what it likes. */
	m_rrq(&m, 0x20 | 0x08, 600, HOME, HA, "10.9.0.77");
	m_auth(&m, 32, 512, key_mh);
	RELAYED(&m, &way);
	rig_free();
}
END_TEST

START_TEST(codes_74_75_76)
{
	struct way far = WAY;
	struct m m;

	rig_init();
	m_plain(&m, 0x02, 600, HOME, HA);
	RELAYED(&m, &way);
	far.ttl = 254;
	m_plain(&m, 0x02, 600, HOME, HA);
	ck_assert_int_eq(denied(&m, &far), 76);
	m_plain(&m, 0, 600, HOME, HA);
	RELAYED(&m, &far);
	rig.conf.reverse = FAD_REVERSE_REQUIRE;
	m_plain(&m, 0, 600, HOME, HA);
	ck_assert_int_eq(code(&m), 75);
	rig.conf.reverse = FAD_REVERSE_REFUSE;
	m_plain(&m, 0x02, 600, HOME, HA);
	ck_assert_int_eq(code(&m), 74);
	/* RFC 3024 4.2.1: the last of the checks. */
	ck_assert_int_eq(denied(&m, &far), 76);
	rig_free();
}
END_TEST

START_TEST(code_77)
{
	struct m m;

	rig_init();
	m_rrq(&m, 0, 600, HOME, HA, "192.0.2.2");
	m_auth(&m, 32, 512, key_mh);
	ck_assert_int_eq(code(&m), 77);
	/* Co-located, or of what is to be forgotten elsewhere: not ours. */
	m_rrq(&m, 0x20, 600, HOME, HA, "192.0.2.2");
	m_auth(&m, 32, 512, key_mh);
	RELAYED(&m, &way);
	m_rrq(&m, 0, 0, HOME, HA, "192.0.2.2");
	m_auth(&m, 32, 512, key_mh);
	RELAYED(&m, &way);
	rig_free();
}
END_TEST

START_TEST(code_78)
{
	struct m m;

	rig_init();
	m_plain(&m, 0, 600, HOME, HA);
	RELAYED(&m, &way);
	rig_wait(6.9);
	ck_assert_uint_eq(rig.n_node, 0);
	rig_wait(0.2);
	ck_assert_uint_eq(rig.n_node, 1);
	ck_assert_uint_eq(rig.to_node[1], 78);
	ck_assert_uint_eq(table_count(&rig.visitors.by_id), 0);
	/* Not longer than what it asked for. */
	m_plain(&m, 0, 2, HOME, HA);
	RELAYED(&m, &way);
	rig_wait(2.1);
	ck_assert_uint_eq(rig.n_node, 1);
	ck_assert_uint_eq(rig.to_node[1], 78);
	rig_free();
}
END_TEST

START_TEST(code_79)
{
	struct m m;

	rig_init();
	m_plain(&m, 0x02, 600, HOME, HA);
	m_ext(&m, 130, "", 0);
	ck_assert_int_eq(code(&m), 79);
	rig_free();
}
END_TEST

START_TEST(codes_80_to_88)
{
	static const struct {
		int	err;
		uint8_t	icmp, code;
	} t[] = { { -ENETUNREACH, 0, 80 }, { -EHOSTUNREACH, 1, 81 },
	    { -ECONNREFUSED, 3, 82 }, { -EPERM, 13, 88 } };
	const struct in_addr ha = { inet_addr(HA) };
	const struct in_addr other = { inet_addr(HA_OTHER) };
	struct m m;
	size_t i;

	rig_init();
	for (i = 0; i < 4; i++) {
		rig.home_err = t[i].err;
		m_plain(&m, 0, 600, HOME, HA);
		ck_assert_int_eq(code(&m), t[i].code);
		rig.home_err = 0;
		RELAYED(&m, &way);
		/* Cut off, as ICMP may do; from elsewhere; of another. */
		relay_unreachable(&rig.relay, ha, t[i].icmp, rig.to_home, 20);
		relay_unreachable(&rig.relay, other, t[i].icmp, rig.to_home,
		    40);
		rig.to_home[23] ^= 1;
		relay_unreachable(&rig.relay, ha, t[i].icmp, rig.to_home, 40);
		ck_assert_uint_eq(rig.n_node, 0);
		rig.to_home[23] ^= 1;
		relay_unreachable(&rig.relay, ha, t[i].icmp, rig.to_home, 40);
		ck_assert_uint_eq(rig.n_node, 1);
		ck_assert_uint_eq(rig.to_node[1], t[i].code);
		ck_assert_uint_eq(table_count(&rig.visitors.by_id), 0);
	}
	rig_free();
}
END_TEST

START_TEST(other_codes)
{
	struct m m;

	rig_init();
	m_plain(&m, 0, 600, HOME, "0.0.0.0");
	ck_assert_int_eq(code(&m), 90);
	m_plain(&m, 0, 600, "0.0.0.0", HA);
	ck_assert_int_eq(code(&m), 97);			/* and no NAI */
	ck_assert_uint_eq(rig.dst.s_addr, INADDR_BROADCAST);
	rig.conf.zero_home = false;
	ck_assert_int_eq(code(&m), 96);
	m_plain(&m, 0, 600, HOME, HA);
	m_put(&m, "\x26\x00\x00\x06\0\0\1\2\0\1", 10);
	ck_assert_int_eq(code(&m), 100);
	m_plain(&m, 0, 600, HOME, COA);
	ck_assert_int_eq(code(&m), 136);
	m_plain(&m, 0, 600, HOME, FA_B);
	ck_assert_int_eq(code(&m), 136);
	ck_assert_uint_eq(rig.dst.s_addr, inet_addr(HOME));
	rig_free();
}
END_TEST

/* A strange extension that may not be skipped: silence, no state. */
START_TEST(not_understood)
{
	static const uint8_t types[] = { 1, 35, 51, 119, 120, 121 };
	uint8_t body[18] = { 0 };
	struct m m;
	size_t i;

	rig_init();
	for (i = 0; i < sizeof(types); i++) {
		m_rrq(&m, 0, 600, HOME, HA, COA);
		m_ext(&m, types[i], body, types[i] == 120 ? 1 : 18);
		m_auth(&m, 32, 512, key_mh);
		ck_assert_int_eq(code(&m), -1);
		ck_assert_uint_eq(rig.n_home, 0);
	}
	ck_assert_uint_eq(rig.relay.stats.drop[FAD_DROP_UNKNOWN_EXT],
	    sizeof(types));
	m.n = 23;
	ck_assert_int_eq(code(&m), -1);
	m.b[0] = 3;
	ck_assert_int_eq(code(&m), -1);			/* no request */
	ck_assert_uint_eq(rig.n_home, 0);
	ck_assert_uint_eq(table_count(&rig.visitors.by_id), 0);
	rig_free();
}
END_TEST

START_TEST(to_all_agents)
{
	struct way all = { MAC, HOME, AGENTS, 0, 1 };
	struct m m;

	rig_init();
	m_plain(&m, 0x02, 600, HOME, HA);
	RELAYED(&m, &all);
	all.ttl = 255;
	m_plain(&m, 0x02, 600, HOME, HA);
	RELAYED(&m, &all);
	all.ttl = 64;
	m_plain(&m, 0, 600, HOME, HA);
	rig_in(&m, &all);
	ck_assert_uint_eq(rig.n_home + rig.n_node, 0);
	rig_free();
}
END_TEST

START_TEST(one_denial_a_second)
{
	struct way b = { MAC_B, HOME, FA, 0, 255 };
	struct m m;

	rig_init();
	m_rrq(&m, 0, 600, HOME, HA, "192.0.2.2");
	m_auth(&m, 32, 512, key_mh);
	rig_in(&m, &way);
	ck_assert_uint_eq(rig.n_node, 1);
	rig_in(&m, &way);
	ck_assert_uint_eq(rig.n_node, 0);
	rig_in(&m, &b);
	ck_assert_uint_eq(rig.n_node, 1);
	rig_wait(1);
	rig_in(&m, &way);
	ck_assert_uint_eq(rig.n_node, 1);
	rig_free();
}
END_TEST

/* Is a mobile node told that it asks for too long? */
static bool
told(const char *home, const char *nai, const struct way *y)
{
	struct m m;

	m_rrq(&m, 0, 1801, home, HA, COA);
	if (nai)
		m_nai(&m, nai);
	m_auth(&m, 32, 512, key_mh);
	rig.ns -= 1000000;		/* no time goes by */
	rig_in(&m, y);
	ck_assert_uint_eq(rig.n_home, 0);
	if (rig.n_node != 0)
		ck_assert_uint_eq(rig.to_node[1], 69);
	return rig.n_node != 0;
}

/* One station may be an access node, with many behind it: each of them is told
 * at once what it may ask for. */
START_TEST(denials_by_mobile_node)
{
	struct way b = { MAC_B, HOME, FA, 0, 255 };
	char nai[32];
	int i;

	rig_init();
	ck_assert(told(HOME, NULL, &way));
	ck_assert(!told(HOME, NULL, &way));
	ck_assert(told("10.1.0.77", NULL, &way));
	for (i = 0; i < 50; i++) {
		snprintf(nai, sizeof(nai), "mn%d@example.net", i);
		ck_assert_msg(told("0.0.0.0", nai, &way), "%s", nai);
	}
	ck_assert(!told("0.0.0.0", "mn7@example.net", &way));
	ck_assert(!told("0.0.0.0", "mn7@EXAMPLE.net", &way));
	/* Whoever says that it is one takes nothing from it. */
	ck_assert(told("0.0.0.0", "mn7@example.net", &b));
	ck_assert_uint_eq(rig.relay.stats.code[69], 53);
	ck_assert_uint_eq(rig.relay.stats.drop[FAD_DROP_RATE], 3);
	rig_free();
}
END_TEST

/* A station that invents mobile nodes does not get a reply for each, nor do
 * those of others suffer. */
START_TEST(denials_by_station)
{
	struct way b = { MAC_B, HOME, FA, 0, 255 };
	char nai[32];
	unsigned i, n;

	rig_init();
	for (i = n = 0; i < 2000; i++) {
		snprintf(nai, sizeof(nai), "x%u@example.net", i);
		n += told("0.0.0.0", nai, &way);
	}
	ck_assert_uint_eq(n, 100);
	ck_assert(told("0.0.0.0", "honest@example.net", &b));
	rig_wait(1);
	/* What was refused for the station's sake took nothing. */
	ck_assert(told("0.0.0.0", "x1999@example.net", &way));
	rig_free();
}
END_TEST

/* And one that invents stations, not more than anybody has. */
START_TEST(denials_in_all)
{
	char mac[6] = { 2, 0, 0, 1 }, nai[32];
	struct way y = { mac, HOME, FA, 0, 255 };
	unsigned i, n;

	rig_init();
	for (i = n = 0; i < 4000; i++) {
		mac[4] = (char)(i >> 8);
		mac[5] = (char)i;
		snprintf(nai, sizeof(nai), "x%u@example.net", i);
		n += told("0.0.0.0", nai, &y);
	}
	ck_assert_uint_eq(n, 500);
	rig_free();
}
END_TEST

/* A retransmission stands instead of its predecessor; a copy by somebody else
 * is none. */
START_TEST(pending_once)
{
	struct way b = { MAC_B, HOME, FA, 0, 255 };
	struct m m, again;

	rig_init();
	m_plain(&m, 0, 600, HOME, HA);
	RELAYED(&m, &way);
	m_plain(&again, 0, 600, HOME, HA);
	RELAYED(&again, &way);
	ck_assert_uint_eq(table_count(&rig.visitors.by_id), 1);
	rig_in(&again, &b);
	ck_assert_uint_eq(rig.n_home + rig.n_node, 0);
	ck_assert_uint_eq(rig.relay.stats.drop[FAD_DROP_COPY], 1);
	/* The same node again: the network doubles. */
	RELAYED(&again, &way);
	ck_assert_uint_eq(table_count(&rig.visitors.by_id), 1);
	rig_free();
}
END_TEST

TEST_MAIN("fad_request", relayed_as_it_is, signed_for_the_home_agent, code_65,
    code_65_realm, code_65_taken, code_65_left, code_66, code_66_visitors,
    code_67, code_67_required, code_69, code_70, code_70_extensions,
    code_70_reserved, code_72, codes_74_75_76, code_77, code_78, code_79,
    codes_80_to_88, other_codes, not_understood, to_all_agents,
    one_denial_a_second, denials_by_mobile_node, denials_by_station,
    denials_in_all, pending_once)

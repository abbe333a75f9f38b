/* SPDX-License-Identifier: BSD-2-Clause */
/* The home agent's answers to requests it refuses: every row of PROTOCOLS 8.1
 * and D40 to D53, with code, counter, and nothing changed. */
#include "config.h"

#include "tests/unit/had_rig.h"

START_TEST(garbage)
{
	struct m m = { .n = 0 };
	unsigned i;

	silent(&m, STRANGER, HAD_DROP_SHORT);
	for (i = 0; i < 60; i++)
		m_int(&m, i * 37 + 200, 1);
	silent(&m, STRANGER, HAD_DROP_UNKNOWN_TYPE);
	silent(&m, AR1, HAD_DROP_UNKNOWN_TYPE);
	alice(&m, 0, IID);
	m.b[0] = 3;			/* a reply is not for us */
	ck_assert_int_eq(rig_in(&m, AR1), REG_DROPPED);
	ck_assert_uint_eq(rig.n_sent, 0);
	nothing_changed();
}
END_TEST

/* Cut anywhere the message is silent, or 132 where it still parses; never
 * anything else, and never a change. */
START_TEST(truncated)
{
	struct m m, cut;
	enum reg_verdict v;
	size_t n;

	alice(&m, 0, IID);
	rig.peer[0].unverified = (struct bucket){ 0, 1000, 1000000,
		{ T0_NS } };
	for (n = 0; n < m.n; n++) {
		cut = m;
		cut.n = n;
		v = rig_in(&cut, AR1);
		nothing_changed();
		if (v == REG_REPLIED)
			ck_assert_uint_eq(rig.sent[1], 132);
		else
			ck_assert_uint_eq(rig.n_sent, 0);
		/* 24: fixed part; 43, 54, 62: where extensions end. */
		ck_assert_int_eq(v == REG_REPLIED,
		    n == 24 || n == 43 || n == 54 || n == 62);
	}
	ck_assert_uint_eq(table_count(&rig.bindings.by_nai), 0);
	ck_assert_int_eq(rig_in(&m, AR1), REG_REPLIED);
	ck_assert_uint_eq(rig.sent[1], 0);
}
END_TEST

START_TEST(unknown_extension)
{
	struct m m;

	m_rrq(&m, 0, 1800, AR1);
	m_nai(&m, ALICE);
	m_req(&m, IID);
	m_ext(&m, 99, "x", 1);
	m_sign(&m);
	silent(&m, AR1, HAD_DROP_UNKNOWN_EXT);
	/* D45: 127 is long form, and unknown. */
	m_rrq(&m, 0, 1800, AR1);
	m_nai(&m, ALICE);
	m_put(&m, "\177\1\0\2xx", 6);
	m_req(&m, IID);
	m_sign(&m);
	silent(&m, AR1, HAD_DROP_UNKNOWN_EXT);
	/* 128 and above is passed over. */
	m_rrq(&m, 0, 1800, AR1);
	m_nai(&m, ALICE);
	m_ext(&m, 200, "xyz", 3);
	m_req(&m, IID);
	m_sign(&m);
	ck_assert_int_eq(rig_in(&m, AR1), REG_REPLIED);
	expect(&m, 0, 1800);
}
END_TEST

START_TEST(strangers)
{
	struct m m;

	alice(&m, 0, IID);
	silent(&m, STRANGER, HAD_DROP_NO_PEER);
	/* D40: not even a 136. */
	m_ip(&m, HA);
	memcpy(m.b + 8, "\1\2\3\4", 4);
	m.n -= 4;
	silent(&m, STRANGER, HAD_DROP_NO_PEER);
}
END_TEST

START_TEST(foreign_home_auth)
{
	static const uint8_t wrong[16] = "wrong key of 16";
	struct m m, t;
	size_t i;

	m_rrq(&m, 0, 1800, AR1);
	m_nai(&m, ALICE);
	m_req(&m, IID);
	t = m;
	denied(&t, 132);			/* D42: none */
	m_auth(&t, 34, 256, wrong);
	denied(&t, 132);			/* wrong key */
	t = m;
	m_auth(&t, 34, 257, key1);
	denied(&t, 132);			/* unknown SPI */
	t = m;
	m_sign(&t);
	m_sign(&t);
	denied(&t, 132);			/* two */
	t = m;
	m_put(&t, "\42\10\0\0\1\0abcd", 10);
	denied(&t, 132);			/* too short */
	/* Any one bit of what is covered, or of the authenticator. */
	m_sign(&m);
	rig.peer[0].unverified = (struct bucket){ 0, 10000, 10000000,
		{ T0_NS } };
	for (i = 8 * 2; i < 8 * m.n; i++) {
		t = m;
		t.b[i / 8] ^= (uint8_t)(1 << i % 8);
		rig_in(&t, AR1);
		nothing_changed();
		/* 131: the bit that makes a 32 of the 34. */
		if (rig.n_sent)
			ck_assert(rig.sent[1] == 132 || rig.sent[1] == 131);
	}
	ck_assert_uint_eq(table_count(&rig.bindings.by_nai), 0);
}
END_TEST

START_TEST(unverified_are_limited)
{
	struct m m;
	unsigned i, answered = 0;

	m_rrq(&m, 0, 1800, AR1);
	m_nai(&m, ALICE);
	m_req(&m, IID);
	for (i = 0; i < 150; i++) {
		rig_in(&m, AR1);
		answered += rig.n_sent;
	}
	ck_assert_uint_eq(answered, 100);
	ck_assert_uint_eq(rig.reg.stats.drop[HAD_DROP_RATE], 50);
	/* What verifies is not held back by it. */
	alice(&m, 0, IID);
	rig_in(&m, AR1);
	expect(&m, 0, 1800);
	rig_wait(1);
	answered = 0;
	m_rrq(&m, 0, 1800, AR1);
	for (i = 0; i < 50; i++) {
		rig_in(&m, AR1);
		answered += rig.n_sent;
	}
	ck_assert_uint_eq(answered, 20);
}
END_TEST

START_TEST(mobile_home_auth)
{
	struct m m, t;
	char nai[] = "bob@Example.NET";

	rig.user_sa = (struct mip4_sa){ .spi = 512,
		.alg = MIP4_ALG_HMAC_MD5, .key_len = 16 };
	memcpy(rig.user_sa.key, key_mn, 16);
	rig.user = (struct user){ .nai = nai, .nai_len = strlen(nai),
		.sas = &rig.user_sa, .n_sas = 1 };
	ck_assert(peers_add_user(&rig.peers, &rig.user));
	m_rrq(&m, 0, 1800, AR1);
	m_nai(&m, "bob@example.net");
	m_req(&m, IID);
	t = m;
	m_sign(&t);
	denied(&t, 131);			/* demanded, absent */
	t = m;
	m_auth(&t, 32, 512, key1);
	m_sign(&t);
	denied(&t, 131);			/* wrong key */
	t = m;
	m_auth(&t, 32, 513, key_mn);
	m_sign(&t);
	denied(&t, 131);			/* unknown SPI */
	alice(&t, 0, IID);
	t.n -= 22;
	m_auth(&t, 32, 512, key_mn);
	m_sign(&t);
	denied(&t, 131);			/* nobody's */
	m_rrq(&m, 0, 1800, AR1);
	m_nai(&m, "bob@example.net");
	m_req(&m, IID);
	m_auth(&m, 32, 512, key_mn);
	t = m;
	m_auth(&t, 34, 256, key_mn);
	denied(&t, 132);			/* the other one wrong */
	m_sign(&m);
	rig_in(&m, AR1);
	expect(&m, 0, 1800);
	ck_assert_uint_ne(sent_ext(32), 0);	/* and signed by both */
	ck_assert_uint_lt(sent_ext(32), sent_ext(34));
}
END_TEST

START_TEST(home_agent_field)
{
	struct m m;

	m_rrq(&m, 0, 1800, AR1);
	memcpy(m.b + 8, "\306\63\144\2", 4);	/* 198.51.100.2 */
	m_nai(&m, ALICE);
	m_req(&m, IID);
	m_sign(&m);
	denied(&m, 136);
	m_rrq(&m, 0, 1800, AR1);
	memset(m.b + 8, 0, 4);
	m_nai(&m, ALICE);
	m_req(&m, IID);
	m_sign(&m);
	denied(&m, 136);
	rig.conf.dynamic_ha = true;
	rig_in(&m, AR1);
	expect(&m, 0, 1800);
}
END_TEST

START_TEST(care_of_address)
{
	struct m m;

	m_rrq(&m, 0, 1800, AR2);
	m_nai(&m, ALICE);
	m_req(&m, IID);
	m_sign(&m);
	denied(&m, 134);
	m_rrq(&m, 0, 0, "0.0.0.0");		/* never "all" */
	m_nai(&m, ALICE);
	m_req(&m, IID);
	m_sign(&m);
	denied(&m, 134);
}
END_TEST

static void
at(struct m *m, uint64_t id)
{
	unsigned i;

	m_rrq(m, 0, 1800, AR1);
	for (i = 0; i < 8; i++)
		m->b[16 + i] = (uint8_t)(id >> (56 - 8 * i));
	m_nai(m, ALICE);
	m_req(m, IID);
	m_sign(m);
}

static void
resync(const struct m *m)
{
	uint64_t now = rig_ntp(NULL);
	uint8_t high[4] = { (uint8_t)(now >> 56), (uint8_t)(now >> 48),
		(uint8_t)(now >> 40), (uint8_t)(now >> 32) };

	ck_assert_uint_eq(rig.sent[1], 133);
	ck_assert_mem_eq(rig.sent + 12, high, 4);
	ck_assert_mem_eq(rig.sent + 16, m->b + 20, 4);
	ck_assert(sent_authentic(key1));
}

START_TEST(identification)
{
	uint64_t now = rig_ntp(NULL);
	struct m m, t;

	at(&m, now + (UINT64_C(8) << 32));
	denied(&m, 133);
	resync(&m);
	at(&m, now - (UINT64_C(8) << 32));
	denied(&m, 133);
	resync(&m);
	ck_assert_uint_eq(table_count(&rig.bindings.by_nai), 0);
	at(&m, now + (UINT64_C(5) << 32));
	rig_in(&m, AR1);
	expect(&m, 0, 1800);
	/* D7: by NAI, so another router must be above, too. */
	at(&t, now + (UINT64_C(4) << 32));
	rig_in(&t, AR1);
	resync(&t);
	ck_assert_uint_eq(rig.bindings.n_bound, 1);
}
END_TEST

/* The clock's era ends between two requests, in 2036: what is later stays
 * later [PROTOCOLS 5]. */
START_TEST(era_ends)
{
	struct m first, m;
	uint64_t now;

	rig.ntp_back = (uint32_t)(NTP0 >> 32) + 3;
	ask(&first, AR1, ALICE, 1800, IID);
	expect(&first, 0, 1800);
	ck_assert_uint_eq(first.b[16], 0xff);
	rig_wait(6);
	ask(&m, AR1, ALICE, 1800, IID);
	expect(&m, 0, 1800);
	ck_assert_uint_eq(m.b[16], 0);
	/* from before it, and within the window: not above the last */
	rig_in(&first, AR1);
	resync(&first);
	now = rig_ntp(NULL);
	at(&m, now - (UINT64_C(6) << 32));
	rig_in(&m, AR1);
	resync(&m);
	ck_assert_uint_eq(rig.bindings.n_bound, 1);
	/* our own clock is set back into the old era */
	rig.ntp_back += 10;
	at(&m, rig_ntp(NULL) + (UINT64_C(6) << 32));
	rig_in(&m, AR1);
	resync(&m);
	rig_wait(11);
	ask(&m, AR1, ALICE, 1800, IID);
	expect(&m, 0, 1800);
}
END_TEST

/* D55: what was sent before we began may be a replay of what we have
 * forgotten, while it is in the window; and not when our clock went back. */
START_TEST(from_before_the_start)
{
	struct m m, old;

	m_rrq(&old, 0, 1800, AR1);
	m_nai(&old, ALICE);
	m_req(&old, IID);
	m_sign(&old);
	rig_wait(2);
	reg_init(&rig.reg);		/* a new life */
	denied(&old, 133);
	ask(&m, AR1, ALICE, 1800, IID);
	expect(&m, 0, 1800);
	rig.ntp_back = 5;
	ask(&m, AR1, BOB, 1800, IID);
	expect(&m, 0, 1800);
	rig.ntp_back = 0;
	rig_wait(7.5);
	rig.ntp_back = 7;
	ask(&m, AR1, "carol@example.net", 1800, IID);
	expect(&m, 0, 1800);
}
END_TEST

/* The window is one of whole seconds: nearly one longer than it says. */
START_TEST(from_just_before_the_start)
{
	struct m old;

	m_rrq(&old, 0, 1800, AR1);
	m_nai(&old, ALICE);
	m_req(&old, IID);
	m_sign(&old);
	rig_wait(0.9);
	reg_init(&rig.reg);
	rig_wait(7.02);
	ck_assert_uint_eq((rig_ntp(NULL) >> 32) - (NTP0 >> 32), 7);
	denied(&old, 133);
	rig_wait(0.1);
	denied(&old, 133);
}
END_TEST

/* D8: the network's duplicate gets the same bytes; anything else 133. */
START_TEST(duplicates)
{
	uint8_t first[1500];
	struct m m, t;
	size_t n;
	uint32_t left;

	alice(&m, 0, IID);
	rig_in(&m, AR1);
	n = rig.sent_len;
	memcpy(first, rig.sent, n);
	rig_wait(6);
	left = binding_left(binding_find(&rig.bindings, ALICE,
	    strlen(ALICE)));
	ck_assert_int_eq(rig_in(&m, AR1), REG_REPLIED);
	ck_assert_uint_eq(rig.sent_len, n);
	ck_assert_mem_eq(rig.sent, first, n);
	ck_assert_uint_eq(rig.reg.stats.duplicates, 1);
	ck_assert_uint_eq(left, binding_left(binding_find(&rig.bindings,
	    ALICE, strlen(ALICE))));
	/* The same Identification in another request. */
	t = m;
	t.n -= 22;
	m_ext(&t, 200, "x", 1);
	m_sign(&t);
	rig_in(&t, AR1);
	ck_assert_uint_eq(rig.sent[1], 133);
	rig_wait(1.5);
	rig_in(&m, AR1);
	ck_assert_uint_eq(rig.sent[1], 133);
}
END_TEST

/* D53: what was denied can not be replayed either. */
START_TEST(denied_counts_as_seen)
{
	struct m m, t;

	m_rrq(&m, 0x08, 1800, AR1);		/* G: 139 */
	m_nai(&m, ALICE);
	m_req(&m, IID);
	t = m;
	m_sign(&m);
	denied(&m, 139);
	t.b[1] = 0;
	m_sign(&t);
	denied(&t, 133);
	/* It is remembered as long as it could be replayed, no longer. */
	rig_wait(14);
	ck_assert_uint_eq(table_count(&rig.bindings.by_nai), 1);
	rig_wait(2);
	ck_assert_uint_eq(table_count(&rig.bindings.by_nai), 0);
}
END_TEST

START_TEST(who_may)
{
	static char realm[] = "example.net", *realms[] = { realm };
	struct m m;

	m_rrq(&m, 0, 1800, AR1);
	m_req(&m, IID);
	m_sign(&m);
	denied(&m, 129);			/* no NAI */
	m_rrq(&m, 0, 1800, AR1);
	m_req(&m, IID);
	m_sign(&m);
	m_nai(&m, ALICE);			/* not proved */
	denied(&m, 129);
	rig.peer[0].realms = realms;
	rig.peer[0].n_realms = 1;
	m_rrq(&m, 0, 1800, AR1);
	m_nai(&m, "alice@example.org");
	m_req(&m, IID);
	m_sign(&m);
	denied(&m, 129);
	m_rrq(&m, 0, 1800, AR1);
	m_nai(&m, "alice@EXAMPLE.net");
	m_req(&m, IID);
	m_sign(&m);
	rig_in(&m, AR1);
	expect(&m, 0, 1800);
}
END_TEST

/* What could not be signed is not sent, and counted. */
START_TEST(can_not_be_signed)
{
	struct m m;

	alice(&m, 0, IID);
	rig.peer[0].sas[0].sa.key_len = 0;
	silent(&m, AR1, HAD_DROP_NO_REPLY);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("had_reg");
	TCase *t = tcase_create("refusals");

	tcase_add_checked_fixture(t, rig_init, rig_free);
	tcase_add_test(t, garbage);
	tcase_add_test(t, truncated);
	tcase_add_test(t, unknown_extension);
	tcase_add_test(t, strangers);
	tcase_add_test(t, foreign_home_auth);
	tcase_add_test(t, unverified_are_limited);
	tcase_add_test(t, mobile_home_auth);
	tcase_add_test(t, home_agent_field);
	tcase_add_test(t, care_of_address);
	tcase_add_test(t, identification);
	tcase_add_test(t, era_ends);
	tcase_add_test(t, from_before_the_start);
	tcase_add_test(t, from_just_before_the_start);
	tcase_add_test(t, duplicates);
	tcase_add_test(t, denied_counts_as_seen);
	tcase_add_test(t, who_may);
	tcase_add_test(t, can_not_be_signed);
	suite_add_tcase(s, t);
	return test_run(s);
}

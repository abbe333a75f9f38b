/* SPDX-License-Identifier: BSD-2-Clause */
/* What may stand in a request, and which of several mistakes decides: rows 9
 * to 11 of PROTOCOLS 8.1 and the order of all. */
#include "config.h"

#include "tests/unit/had_rig.h"

START_TEST(flags)
{
	struct m m;

	alice(&m, 0x08, IID);
	denied(&m, 139);
	alice(&m, 0x10, IID);
	denied(&m, 139);
	m_rrq(&m, 0, 1800, AR1);		/* GRE key */
	m_nai(&m, ALICE);
	m_req(&m, IID);
	m_put(&m, "\60\0\0\4\0\0\22\64", 8);
	m_sign(&m);
	denied(&m, 139);
	/* D46, D52: the vendor's before the encapsulation. */
	m_rrq(&m, 0x08, 1800, AR1);
	m_nai(&m, ALICE);
	m_put(&m, "\46\0\0\7\0\0\0\1\0\1x", 11);
	m_req(&m, IID);
	m_sign(&m);
	denied(&m, 141);
	alice(&m, 0x42, IID);			/* B ignored, T is what we do */
	rig_in(&m, AR1);
	expect(&m, 0, 1800);
}
END_TEST

START_TEST(reserved_flags)
{
	struct m m;

	rig.conf.strict = HAD_STRICT_X;
	alice(&m, 0x01, IID);
	denied(&m, 134);
	rig.conf.strict = HAD_STRICT_BOTH;
	alice(&m, 0x04, IID);
	denied(&m, 134);
	rig.conf.strict = HAD_STRICT_NONE;
	alice(&m, 0x05, IID);
	rig_in(&m, AR1);
	expect(&m, 0, 1800);
}
END_TEST

static void
bad_body(const void *a, size_t an, const void *b, size_t bn)
{
	struct m m;

	m_rrq(&m, 0, 1800, AR1);
	m_nai(&m, ALICE);
	m_put(&m, a, an);
	m_put(&m, b, bn);
	m_sign(&m);
	denied(&m, 134);
}

#define REQ9	"\x78\x09\0\2\x11\x22\x33\x44\x55\x66\x77"
#define REQ9S	"\xdc\x09\0\2\x11\x22\x33\x44\x55\x66\x77"
#define HOA17	"\xdd\x11\x80\x20\1\x0d\xb8\1\0\0\1\2\x11\x22\x33\x44\x55\x66\x77"

START_TEST(extensions)
{
	struct m m;
	unsigned i;

	bad_body("", 0, "", 0);				/* D44: neither */
	bad_body("\x78\1\0", 3, "", 0);			/* empty 120 */
	bad_body("\xdd\1\0", 3, "", 0);			/* empty 221 */
	bad_body(REQ9, 11, HOA17, 19);
	bad_body(REQ9, 11, REQ9, 11);
	bad_body(REQ9, 11, REQ9S, 11);
	bad_body(HOA17, 19, HOA17, 19);
	bad_body("\x78\x09\1\2\x11\x22\x33\x44\x55\x66\x77", 11, "", 0);
	bad_body("\x78\x08\0\2\x11\x22\x33\x44\x55\x66", 10, "", 0);
	bad_body("\x78\x0a\0\2\x11\x22\x33\x44\x55\x66\x77\x88", 12, "", 0);
	bad_body("\xdd\x10\x80\x20\1\x0d\xb8\1\0\0\1\2\x11\x22\x33\x44\x55"
	    "\x66", 18, "", 0);
	bad_body("\x83\3b@c", 5, REQ9, 11);		/* a second NAI */
	m_rrq(&m, 0, 1800, AR1);			/* one of Length 0 */
	m_nai(&m, "");
	m_req(&m, IID);
	m_sign(&m);
	denied(&m, 134);
	static const char *const not_home[] = { "::", "ff02::1", "fe80::1",
	    "::1", "::ffff:192.0.2.1" };
	for (i = 0; i < 5; i++) {
		m_rrq(&m, 0, 1800, AR1);
		m_nai(&m, ALICE);
		m_hoa(&m, not_home[i], true);
		m_sign(&m);
		denied(&m, 134);
	}
	m_rrq(&m, 0, 1800, AR1);		/* behind the authenticator */
	m_nai(&m, ALICE);
	m_sign(&m);
	m_req(&m, IID);
	denied(&m, 134);
}
END_TEST

/* D41: garbage behind a good authenticator, and in front of none. */
START_TEST(garbage_behind)
{
	struct m m;

	alice(&m, 0, IID);
	m_put(&m, "\310\20x", 3);
	denied(&m, 134);
	m_rrq(&m, 0, 1800, AR1);
	m_nai(&m, ALICE);
	m_put(&m, "\310\377x", 3);
	m_sign(&m);
	silent(&m, AR1, HAD_DROP_MALFORMED);
}
END_TEST

/* D20, D49: a denial repeats a home address that was proved. */
START_TEST(echo_of_home_address)
{
	bool unique = false;
	struct m m;

	m_rrq(&m, 0, 1800, AR1);
	m_nai(&m, ALICE);
	m_hoa(&m, "2001:db8:999::1", true);
	m_sign(&m);
	denied(&m, 129);			/* in no pool */
	ck_assert_str_eq(sent_hoa(&unique), "2001:db8:999::1");
	ck_assert(unique);
	m.n -= 22;
	m_auth(&m, 34, 256, key_mn);
	denied(&m, 132);
	ck_assert_uint_eq(sent_ext(221), 0);
}
END_TEST

/* Row 9 lets a NAI of Length 0 through to row 11, whatever realms there are
 * [D52]. */
START_TEST(empty_nai)
{
	static char realm[] = "example.net", *realms[] = { realm };
	struct m m;

	rig.peer[0].realms = realms;
	rig.peer[0].n_realms = 1;
	m_rrq(&m, 0, 1800, AR1);
	m_nai(&m, "");
	m_req(&m, IID);
	m_sign(&m);
	denied(&m, 134);
}
END_TEST

/* To a log and to who lists bindings it would be another one [PROTOCOLS 3.3]. */
START_TEST(nai_with_nul)
{
	struct m m;

	m_rrq(&m, 0, 1800, AR1);
	m_put(&m, "\203\23" ALICE "\0x", 21);
	m_req(&m, IID);
	m_sign(&m);
	denied(&m, 134);
	ck_assert_ptr_null(of(ALICE));
	alice(&m, 0, IID);
	rig_in(&m, AR1);
	expect(&m, 0, 1800);
}
END_TEST

#define CVSE	"\46\0\0\7\0\0\0\1\0\1x"
#define GRE	"\60\0\0\4\0\0\22\64"
#define PMIP(m)	"\57\1\0\1" m

/* Known ones behind the authenticator say nothing, and are not passed over:
 * they are not to be skipped. */
START_TEST(not_authenticated)
{
	struct m m;

	alice(&m, 0, IID);
	m_put(&m, CVSE, 11);
	denied(&m, 134);
	/* Where there is no GRE that needs no proof. */
	alice(&m, 0, IID);
	m_put(&m, GRE, 8);
	denied(&m, 139);
	rig.peer[0].gre = true;
	alice(&m, 0, IID);
	m_put(&m, GRE, 8);
	denied(&m, 134);
	alice(&m, 0, IID);
	m_put(&m, PMIP("\2"), 5);
	denied(&m, 134);
	/* What may be skipped is: nobody vouches for it, nobody reads it. */
	alice(&m, 0, IID);
	m_rev_support(&m);
	m_ext(&m, 200, "x", 1);
	rig_in(&m, AR1);
	expect(&m, 0, 1800);
}
END_TEST

/* RFC 5563 4.3: echoed where it is FA-HA, the one method there is here. */
START_TEST(per_node_authentication)
{
	struct m m;

	m_rrq(&m, 0, 1800, AR1);
	m_nai(&m, ALICE);
	m_put(&m, PMIP("\2"), 5);
	m_req(&m, IID);
	m_sign(&m);
	ck_assert_int_eq(rig_in(&m, AR1), REG_REPLIED);
	ck_assert_uint_eq(rig.sent[1], 149);
	ck_assert_uint_eq(rig.bindings.n_bound, 0);
	m_rrq(&m, 0, 1800, AR1);
	m_nai(&m, ALICE);
	m_put(&m, "\57\2\0\1\1", 5);	/* another sub-type */
	m_req(&m, IID);
	m_sign(&m);
	ck_assert_int_eq(rig_in(&m, AR1), REG_DROPPED);
	m_rrq(&m, 0, 1800, AR1);
	m_nai(&m, ALICE);
	m_put(&m, PMIP("\1"), 5);
	m_req(&m, IID);
	m_sign(&m);
	ck_assert_int_eq(rig_in(&m, AR1), REG_REPLIED);
	ck_assert_uint_eq(rig.sent[1], 0);
	/* 131, 47, 221 */
	ck_assert_mem_eq(rig.sent + 20 + 2 + strlen(ALICE), PMIP("\1"), 5);
	ck_assert_uint_eq(rig.sent[20 + 2 + strlen(ALICE) + 5], 221);
}
END_TEST

static void
bob_has_a_key(void)
{
	static char nai[] = "bob@example.net";

	rig.user_sa = (struct mip4_sa){ .spi = 512,
		.alg = MIP4_ALG_HMAC_MD5, .key_len = 16 };
	memcpy(rig.user_sa.key, key_mn, 16);
	rig.user = (struct user){ .nai = nai, .nai_len = strlen(nai),
		.sas = &rig.user_sa, .n_sas = 1 };
	ck_assert(peers_add_user(&rig.peers, &rig.user));
}

/* Too long to be one: it names nobody of those configured. */
START_TEST(long_nai)
{
	char nai[MIP4_NAI_MAX + 2];
	struct m m;

	memset(nai, 'x', sizeof(nai));
	nai[sizeof(nai) - 1] = '\0';
	bob_has_a_key();
	m_rrq(&m, 0, 1800, AR1);
	m_nai(&m, nai);
	m_req(&m, IID);
	m_sign(&m);
	denied(&m, 134);
}
END_TEST

/* D46: before the 32 it is the mobile node's. */
START_TEST(vendor_extension_of_mobile_node)
{
	struct m m;

	bob_has_a_key();
	m_rrq(&m, 0, 1800, AR1);
	m_nai(&m, BOB);
	m_put(&m, CVSE, 11);
	m_req(&m, IID);
	m_auth(&m, 32, 512, key_mn);
	m_sign(&m);
	denied(&m, 140);
	m_rrq(&m, 0, 1800, AR1);
	m_nai(&m, BOB);
	m_req(&m, IID);
	m_auth(&m, 32, 512, key_mn);
	m_put(&m, CVSE, 11);
	m_sign(&m);
	denied(&m, 141);
}
END_TEST

/* Row 3: by another address than one of ours alone; the answer comes from
 * there where we are. */
START_TEST(broadcast)
{
	struct reg_packet p = { 0 };
	struct m m;

	alice(&m, 0, IID);
	p.data = m.b;
	p.len = m.n;
	p.flow.src.s_addr = inet_addr(AR1);
	p.flow.dst.s_addr = inet_addr("198.51.100.255");
	p.local.s_addr = inet_addr(HA);
	p.flow.sport = 5434;
	p.flow.dport = 434;
	ck_assert_int_eq(reg_input(&rig.reg, &p), REG_REPLIED);
	expect(&m, 136, 0);
	nothing_changed();
}
END_TEST

/* D42: by the SPI of the request where it is known, else the first. */
START_TEST(signed_by)
{
	struct m m;

	m_rrq(&m, 0, 1800, AR1);
	m_nai(&m, ALICE);
	m_req(&m, IID);
	m_auth(&m, 34, 300, key1);		/* not its key */
	ck_assert_int_eq(rig_in(&m, AR1), REG_REPLIED);
	ck_assert_uint_eq(rig.sent[1], 132);
	ck_assert_mem_eq(rig.sent + sent_ext(34) + 2, "\0\0\1\54", 4);
	m.n -= 22;
	m_auth(&m, 34, 301, key1);		/* no such one */
	denied(&m, 132);
}
END_TEST

/* Wrong in everything from row "from" on. */
static void
wrong_from(struct m *m, int from)
{
	m_rrq(m, from <= 8 ? 0x08 : 0, 1800, from <= 4 ? AR2 : AR1);
	if (from <= 3)
		m->b[11] ^= 1;			/* Home Agent */
	if (from <= 5)
		m->b[16] ^= 1;			/* Identification */
	m_nai(m, from <= 6 ? "bob@example.org" : BOB);
	if (from <= 7)
		m_put(m, CVSE, 11);
	m_req(m, IID);
	if (from <= 9)
		m_hoa(m, "2001:db8:999::1", true);
	m_auth(m, 32, 512, from <= 1 ? key1 : key_mn);
	m_auth(m, 34, 256, from <= 2 ? key_mn : key1);
}

START_TEST(order)
{
	static const uint8_t code[] = { 0, 131, 132, 136, 134, 133, 129, 140,
		139, 134, 130, 0 };
	static char realm[] = "example.net", *realms[] = { realm };
	struct user other = { .nai = (char[]){ "bob@example.org" },
		.nai_len = 15, .sas = &rig.user_sa, .n_sas = 1 };
	struct m m;
	int from;

	bob_has_a_key();
	ck_assert(peers_add_user(&rig.peers, &other));
	rig.peer[0].realms = realms;
	rig.peer[0].n_realms = 1;
	rig.conf.max_bindings = 0;
	for (from = 1; from <= 10; from++) {
		wrong_from(&m, from);
		denied(&m, code[from]);
	}
	rig.conf.max_bindings = 1;
	wrong_from(&m, 10);
	rig_in(&m, AR1);
	expect(&m, 0, 1800);
}
END_TEST

/* Both ends must agree on numbers, so the log says which was not known [D3].
 */
START_TEST(unknown_number_is_logged)
{
	char said[4096], dir[64];
	struct m m;
	int saved;

	test_dir_enter(dir);
	m_rrq(&m, 0, 1800, AR1);
	m_nai(&m, ALICE);
	m_ext(&m, 99, "x", 1);
	m_sign(&m);
	saved = test_log_begin();
	rig_in(&m, AR1);
	test_log_end(saved, said, sizeof(said));
	test_dir_leave(dir);
	test_has(said, "unknown-extension (99)");
	test_has_not(said, "unknown-type");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("had_ext");
	TCase *t = tcase_create("contents");

	tcase_add_checked_fixture(t, rig_init, rig_free);
	tcase_add_test(t, flags);
	tcase_add_test(t, reserved_flags);
	tcase_add_test(t, extensions);
	tcase_add_test(t, garbage_behind);
	tcase_add_test(t, echo_of_home_address);
	tcase_add_test(t, empty_nai);
	tcase_add_test(t, long_nai);
	tcase_add_test(t, nai_with_nul);
	tcase_add_test(t, not_authenticated);
	tcase_add_test(t, per_node_authentication);
	tcase_add_test(t, vendor_extension_of_mobile_node);
	tcase_add_test(t, broadcast);
	tcase_add_test(t, signed_by);
	tcase_add_test(t, order);
	tcase_add_test(t, unknown_number_is_logged);
	suite_add_tcase(s, t);
	return test_run(s);
}

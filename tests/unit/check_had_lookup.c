/* SPDX-License-Identifier: BSD-2-Clause */
/* Look-ups of subscribers: the engine by itself, and what reg does with it;
 * AAA is a hand that answers when a test says so [D66-D68]. */
#include "config.h"

#include "had/user_lookup.h"
#include "tests/unit/had_rig.h"

#define MN_SPI	512

/* The questions that are out. */
static struct question {
	struct user_entry	*entry;
	char			 nai[64];
} asked[64];
static unsigned n_asked, n_cancelled;
static bool refuse;
static struct user_lookup_params params;

static void *
ask_aaa(void *arg, struct user_entry *e, const char *nai, size_t len)
{
	struct question *q = &asked[n_asked];

	(void)arg;
	if (refuse)
		return NULL;
	ck_assert_uint_lt(n_asked++, 64);
	q->entry = e;
	snprintf(q->nai, sizeof(q->nai), "%.*s", (int)len, nai);
	return q;
}

static void
cancel(void *arg, void *question)
{
	(void)arg;
	(void)question;
	n_cancelled++;
}

static void
judge(void *arg, const struct reg_packet *pkt)
{
	reg_input_again(arg, pkt);
}

static const struct user_lookup_ops ops = { ask_aaa, cancel, judge };

static void
setup(void)
{
	rig_init();
	n_asked = n_cancelled = 0;
	refuse = false;
	params = (struct user_lookup_params){ .known_s = 600,
		.rejected_s = 30, .max_users = 16, .max_waiting = 8,
		.max_waiting_peer = 6 };
	rig.reg.lookup = user_lookup_new(&params, &rig.clock, &ops, &rig.reg);
	ck_assert_ptr_nonnull(rig.reg.lookup);
}

static void
teardown(void)
{
	user_lookup_free(rig.reg.lookup);
	rig.reg.lookup = NULL;
	rig_free();
}

/* AAA answers question i; key: with MN-HA. */
static void
answer(unsigned i, enum user_state state, bool key)
{
	struct user_answer a = { .state = state };

	if (key) {
		a.sa = (struct mip4_sa){ .spi = MN_SPI,
			.alg = MIP4_ALG_HMAC_MD5, .key_len = 16 };
		memcpy(a.sa.key, key_mn, 16);
	}
	if (state == USER_BROKEN)
		snprintf(a.why, sizeof(a.why), "no key at all");
	ck_assert_uint_lt(i, n_asked);
	rig.n_sent = 0;
	user_lookup_answer(asked[i].entry, &a);
}

/* A request from a router, with 32 or without, not yet sent. */
static void
make(struct m *m, const char *ar, const char *nai, uint16_t life, bool mn)
{
	m_rrq(m, 0, life, ar);
	m_nai(m, nai);
	m_req(m, IID);
	if (mn)
		m_auth(m, 32, MN_SPI, key_mn);
	m_sign(m);
}

static enum reg_verdict
request(struct m *m, const char *ar, const char *nai, bool mn)
{
	make(m, ar, nai, 1800, mn);
	return rig_in(m, ar);
}

/* The last sent has a good 32. */
static bool
sent_by_mn(void)
{
	size_t off = sent_ext(32);
	uint8_t out[16];
	unsigned len = 16;

	if (!off)
		return false;
	HMAC(EVP_md5(), key_mn, 16, rig.sent, off + 6, out, &len);
	return memcmp(rig.sent + off + 2, "\0\0\2\0", 4) == 0 &&
	    memcmp(rig.sent + off + 6, out, 16) == 0;
}

static const struct user_lookup_stats *
figures(void)
{
	return user_lookup_stats(rig.reg.lookup);
}

/* Of an access node, which proves nothing but by a key that is looked up
 * [D161, D162]. */
#define NODE	"10.1.0.1"

static enum reg_verdict
by_node(struct m *m, const char *coa, const char *nai, uint16_t life,
    const uint8_t *key)
{
	m_rrq(m, MIP4_F_D, life, coa);
	m_nai(m, nai);
	m_ext(m, 120, "", 1);
	m_rev_support(m);
	if (key)
		m_auth(m, 32, MN_SPI, key);
	return rig_in(m, coa);
}

START_TEST(access_node)
{
	static const uint8_t wrong[16] = "wrong key of 16";
	struct m m;

	rig_nodes("10.1.0.0", 16);
	ck_assert_int_eq(by_node(&m, NODE, ALICE, 600, key_mn), REG_PENDING);
	ck_assert_uint_eq(n_asked, 1);
	ck_assert_ptr_null(of(ALICE));
	answer(0, USER_KNOWN, true);
	ck_assert_uint_eq(rig.n_sent, 1);
	ck_assert_uint_eq(rig.sent[1], 0);
	ck_assert(sent_by_mn());
	ck_assert(of(ALICE)->behind_node);
	/* Forgotten: it can be revoked all the same, and what it answers is
	 * believed; but its record has no key any more. */
	rig_wait(2);
	ck_assert_uint_eq(user_lookup_flush(rig.reg.lookup, NULL), 1);
	ck_assert_ptr_eq(of(ALICE)->sa, of(ALICE)->rare->own_sa);
	reg_end(&rig.reg, of(ALICE), "test");
	ck_assert_ptr_null(of(ALICE)->rare->own_sa);
	ck_assert_uint_eq(rig.sent[0], 7);
	ck_assert(sent_by_mn());
	m.n = 0;
	m_int(&m, 15, 1);
	m_int(&m, 0, 3);
	m_put(&m, rig.sent + 4, 4);
	m_put(&m, rig.sent + 16, 4);
	m_nai(&m, ALICE);
	m_auth(&m, 32, MN_SPI, key_mn);
	rig_in(&m, NODE);
	ck_assert_uint_eq(rig.reg.stats.revoke_acked, 1);
	ck_assert_uint_eq(n_asked, 1);
	/* The wrong key: denied when the right one is known. */
	ck_assert_int_eq(by_node(&m, NODE, ALICE, 600, wrong), REG_PENDING);
	answer(1, USER_KNOWN, true);
	ck_assert_uint_eq(rig.sent[1], 131);
	ck_assert(sent_by_mn());
	ck_assert_int_eq(of(ALICE)->state, BINDING_IDLE);
}
END_TEST

/* A GRE key before a 32 that nobody can verify yet is no reason not to ask;
 * where there is no GRE it is [D161, D190]. */
START_TEST(access_node_with_key)
{
	bool offered;
	struct m m;

	rig_nodes("10.1.0.0", 16);
	for (offered = false;; offered = true) {
		rig.nodes.peer.gre = offered;
		m_rrq(&m, MIP4_F_D | MIP4_F_G, 600, NODE);
		m_nai(&m, ALICE);
		m_ext(&m, 120, "", 1);
		m_put(&m, "\60\0\0\4\1\2\3\4", 8);
		m_auth(&m, 32, MN_SPI, key_mn);
		rig_in(&m, NODE);
		ck_assert_uint_eq(n_asked, offered);
		if (offered)
			break;
	}
	answer(0, USER_KNOWN, true);
	ck_assert_uint_eq(rig.sent[1], 0);
	ck_assert_uint_gt(sent_ext(48), 0);
	ck_assert_uint_eq(binding_gre(of(ALICE)).peer, 0x01020304);
}
END_TEST

/* Nobody could verify an answer: none is sent, nothing is remembered. */
START_TEST(access_node_in_vain)
{
	struct m m;

	rig_nodes("10.1.0.0", 16);
	by_node(&m, NODE, ALICE, 600, key_mn);
	answer(0, USER_REJECTED, false);
	ck_assert_uint_eq(rig.n_sent, 0);
	ck_assert_uint_eq(rig.reg.stats.drop[HAD_DROP_NO_KEY], 1);
	silent(&m, NODE, HAD_DROP_NO_KEY);
	by_node(&m, NODE, BOB, 600, key_mn);
	answer(1, USER_KNOWN, false);		/* without a key */
	ck_assert_uint_eq(rig.n_sent, 0);
	by_node(&m, NODE, "carol@example.net", 600, key_mn);
	answer(2, USER_SILENT, false);
	ck_assert_uint_eq(rig.n_sent, 0);
	/* Not asked for: without 32, with something else wrong, too many. */
	by_node(&m, NODE, "dave@example.net", 600, NULL);
	silent(&m, NODE, HAD_DROP_NO_KEY);
	m_rrq(&m, 0, 600, NODE);			/* no D */
	m_nai(&m, "dave@example.net");
	m_ext(&m, 120, "", 1);
	m_auth(&m, 32, MN_SPI, key_mn);
	silent(&m, NODE, HAD_DROP_NO_KEY);
	rig.nodes.peer.unverified = (struct bucket){ 0, 0, 0, { T0_NS } };
	by_node(&m, NODE, "dave@example.net", 600, key_mn);
	silent(&m, NODE, HAD_DROP_RATE);
	rig.nodes.peer.no_lookup = true;
	silent(&m, NODE, HAD_DROP_NO_KEY);
	ck_assert_uint_eq(n_asked, 3);
	ck_assert_uint_eq(rig.nodes.peer.n_records, 0);
}
END_TEST

START_TEST(key_is_demanded)
{
	struct m m;

	ck_assert_int_eq(request(&m, AR1, ALICE, true), REG_PENDING);
	ck_assert_uint_eq(rig.n_sent, 0);
	ck_assert_uint_eq(n_asked, 1);
	ck_assert_str_eq(asked[0].nai, ALICE);
	/* Its Identification is not spent. */
	ck_assert_ptr_null(of(ALICE));
	answer(0, USER_KNOWN, true);
	expect(&m, 0, 1800);
	ck_assert(sent_by_mn());
	ck_assert_uint_eq(rig.reg.stats.received, 1);
	/* Remembered: without, or with another, it is refused at once. */
	ck_assert_int_eq(request(&m, AR1, ALICE, false), REG_REPLIED);
	expect(&m, 131, 0);
	make(&m, AR1, ALICE, 1800, true);
	m.b[m.n - 23] ^= 1;		/* of 32's authenticator */
	m.n -= 22;
	m_sign(&m);
	rig_in(&m, AR1);
	expect(&m, 131, 0);
	ck_assert_uint_eq(n_asked, 1);
	ck_assert_int_eq(request(&m, AR1, ALICE, true), REG_REPLIED);
	expect(&m, 0, 1800);
	ck_assert(sent_by_mn());
}
END_TEST

/* AAA's answer to question i: another key, of another SPI or the same. */
static void
answer_key(unsigned i, uint32_t spi, const uint8_t *key)
{
	struct user_answer a = { .state = USER_KNOWN,
		.sa = { .spi = spi, .alg = MIP4_ALG_HMAC_MD5,
		.key_len = 16 } };

	memcpy(a.sa.key, key, 16);
	ck_assert_uint_lt(i, n_asked);
	rig.n_sent = 0;
	user_lookup_answer(asked[i].entry, &a);
}

static enum reg_verdict
request_by(struct m *m, uint32_t spi, const uint8_t *key)
{
	m_rrq(m, 0, 1800, AR1);
	m_nai(m, ALICE);
	m_req(m, IID);
	m_auth(m, 32, spi, key);
	m_sign(m);
	return rig_in(m, AR1);
}

/* A key that has changed at AAA since it was asked for, as the router that has
 * just logged the subscriber in knows and we do not [D143]. */
START_TEST(another_key)
{
	const uint32_t spi[] = { 700, MN_SPI };	/* another, the same */
	struct m m;
	size_t off;

	for (unsigned i = 0; i < 2; i++) {
		request(&m, AR1, ALICE, true);
		answer(n_asked - 1, USER_KNOWN, true);
		expect(&m, 0, 1800);
		/* What was said only just is not doubted. */
		rig_wait(29);
		n_asked = 1;
		ck_assert_int_eq(request_by(&m, spi[i], key1), REG_REPLIED);
		expect(&m, 131, 0);
		ck_assert_uint_eq(n_asked, 1);
		rig_wait(1);
		ck_assert_int_eq(request_by(&m, spi[i], key1), REG_PENDING);
		ck_assert_uint_eq(n_asked, 2);
		answer_key(1, spi[i], key1);
		expect(&m, 0, 1800);
		off = sent_ext(32);
		ck_assert_uint_ne(off, 0);
		ck_assert_uint_eq(rig.sent[off + 4] << 8 |
		    rig.sent[off + 5], spi[i]);
		/* The old one is none any more. */
		request(&m, AR1, ALICE, true);
		expect(&m, 131, 0);
		ck_assert_uint_eq(n_asked, 2);
		user_lookup_flush(rig.reg.lookup, NULL);
	}
}
END_TEST

/* AAA gives a key to one who had none, or takes it away. */
START_TEST(a_key_or_none)
{
	struct m m;

	request(&m, AR1, ALICE, false);
	answer(0, USER_KNOWN, false);
	rig_wait(30);
	ck_assert_int_eq(request(&m, AR1, ALICE, true), REG_PENDING);
	answer(1, USER_KNOWN, true);
	expect(&m, 0, 1800);
	ck_assert(sent_by_mn());
	rig_wait(30);
	ck_assert_int_eq(request(&m, AR1, ALICE, false), REG_PENDING);
	answer(2, USER_KNOWN, false);
	expect(&m, 0, 1800);
	ck_assert_uint_eq(sent_ext(32), 0);
	ck_assert_uint_eq(n_asked, 3);
}
END_TEST

/* It was no other key: AAA is asked once in negative-cache-time, not for every
 * request; meanwhile and afterwards who has the right one is served. */
START_TEST(no_other_key)
{
	struct m m, good;

	request(&m, AR1, ALICE, true);
	answer(0, USER_KNOWN, true);
	for (unsigned i = 1; i < 3; i++) {
		rig_wait(30);
		ck_assert_int_eq(request_by(&m, 700, key1), REG_PENDING);
		ck_assert_int_eq(request_by(&m, 700, key1), REG_PENDING);
		ck_assert_uint_eq(n_asked, i + 1);
		ck_assert_int_eq(request(&good, AR1, ALICE, true),
		    REG_REPLIED);
		expect(&good, 0, 1800);
		make(&m, AR1, ALICE, 1800, false);
		ck_assert_int_eq(rig_in(&m, AR1), REG_PENDING);
		answer(i, USER_KNOWN, true);
		expect(&m, 131, 0);
		request_by(&m, 700, key1);
		expect(&m, 131, 0);
		request(&good, AR1, ALICE, true);
		expect(&good, 0, 1800);
	}
	ck_assert_uint_eq(n_asked, 3);
	/* No stranger has it asked, who only has old bytes: 34 is wrong, or
	 * the clock, which costs its peer tokens. */
	rig_wait(30);
	make(&m, AR1, ALICE, 1800, false);
	m.b[m.n - 1] ^= 1;
	rig_in(&m, AR1);
	ck_assert_uint_eq(rig.sent[1], 132);
	rig.peer[0].unverified = (struct bucket){ 0, 1, 0, { T0_NS } };
	ck_assert_int_eq(rig_in(&good, AR1), REG_REPLIED);
	expect(&good, 133, 0);
	m_rrq(&m, 0, 1800, AR1);
	m.b[17] ^= 0x40;			/* of the Identification */
	m_nai(&m, ALICE);
	m_req(&m, IID);
	m_sign(&m);
	ck_assert_int_eq(rig_in(&m, AR1), REG_DROPPED);
	ck_assert_uint_eq(n_asked, 3);
	ck_assert_uint_eq(rig.reg.stats.drop[HAD_DROP_RATE], 1);
	/* Nobody can be asked: as where nothing is known [D67]. */
	refuse = true;
	request_by(&m, 700, key1);
	expect(&m, 130, 0);
	/* Nobody answers: what was said before stands. */
	refuse = false;
	ck_assert_int_eq(request_by(&m, 700, key1), REG_PENDING);
	answer(3, USER_SILENT, false);
	expect(&m, 131, 0);
	request(&good, AR1, ALICE, true);
	expect(&good, 0, 1800);
	ck_assert_uint_eq(n_asked, 4);
}
END_TEST

START_TEST(no_key)
{
	struct m m;

	request(&m, AR1, ALICE, false);
	answer(0, USER_KNOWN, false);
	expect(&m, 0, 1800);
	ck_assert_uint_eq(sent_ext(32), 0);
	request(&m, AR1, ALICE, true);
	expect(&m, 131, 0);
	/* The realm's case is no other subscriber. */
	request(&m, AR1, "alice@EXAMPLE.net", false);
	expect(&m, 0, 1800);
	ck_assert_uint_eq(n_asked, 1);
}
END_TEST

START_TEST(who_is_asked_for)
{
	static const uint8_t wrong[16] = { 9 };
	struct m m;

	/* Not authentic, or from nowhere. */
	m_rrq(&m, 0, 1800, AR1);
	m_nai(&m, ALICE);
	m_req(&m, IID);
	m_auth(&m, 34, 256, wrong);
	rig_in(&m, AR1);
	ck_assert_uint_eq(rig.sent[1], 132);
	make(&m, STRANGER, ALICE, 1800, false);
	rig_in(&m, STRANGER);
	/* Refused in any case: another's care-of address, realm, flags, an
	 * address that is none; the code is that of the row. */
	make(&m, AR2, ALICE, 1800, true);
	rig_in(&m, AR1);
	expect(&m, 134, 0);
	rig.peer[0].realms = (char *[]){ (char *)(uintptr_t)"other.net" };
	rig.peer[0].n_realms = 1;
	request(&m, AR1, ALICE, true);
	expect(&m, 129, 0);
	rig.peer[0].n_realms = 0;
	m_rrq(&m, MIP4_F_G, 1800, AR1);
	m_nai(&m, ALICE);
	m_req(&m, IID);
	m_sign(&m);
	rig_in(&m, AR1);
	expect(&m, 139, 0);
	m_rrq(&m, 0, 1800, AR1);
	m_nai(&m, ALICE);
	m_nai(&m, BOB);
	m_req(&m, IID);
	m_sign(&m);
	rig_in(&m, AR1);
	ck_assert_uint_eq(rig.sent[1], 134);
	/* Behind the authenticator anybody can have put it. */
	m_rrq(&m, 0, 1800, AR1);
	m_req(&m, IID);
	m_sign(&m);
	m_nai(&m, ALICE);
	rig_in(&m, AR1);
	ck_assert_uint_eq(rig.sent[1], 129);
	ck_assert_uint_eq(n_asked, 0);
	/* The peer's own affair. */
	rig.peer[1].no_lookup = true;
	request(&m, AR2, ALICE, false);
	expect(&m, 0, 1800);
	ck_assert_uint_eq(n_asked, 0);
}
END_TEST

START_TEST(configured_ones_are_known)
{
	struct m m;
	char nai[] = BOB;

	rig.user = (struct user){ .nai = nai, .nai_len = strlen(nai),
		.sas = &rig.user_sa, .n_sas = 1 };
	rig.user_sa = (struct mip4_sa){ .spi = MN_SPI,
		.alg = MIP4_ALG_HMAC_MD5, .key_len = 16 };
	memcpy(rig.user_sa.key, key_mn, 16);
	ck_assert(peers_add_user(&rig.peers, &rig.user));
	request(&m, AR1, BOB, true);
	expect(&m, 0, 1800);
	ck_assert_uint_eq(n_asked, 0);
}
END_TEST

/* Whose home is configured, and a key is not: that is asked for, and the home
 * stays. */
START_TEST(configured_without_a_key)
{
	struct m m;
	char nai[] = BOB;
	bool unique;

	rig.user = (struct user){ .nai = nai, .nai_len = strlen(nai),
		.home = { &rig.pool[0], .fixed = true } };
	ck_assert_int_eq(inet_pton(AF_INET6, "2001:db8:100:77::",
	    &rig.user.home.addr), 1);
	ck_assert(peers_add_user(&rig.peers, &rig.user));
	ck_assert_int_eq(request(&m, AR1, BOB, true), REG_PENDING);
	answer(0, USER_KNOWN, true);
	expect(&m, 0, 1800);
	ck_assert(sent_by_mn());
	ck_assert_str_eq(sent_hoa(&unique),
	    "2001:db8:100:77:211:2233:4455:6677");
	request(&m, AR1, BOB, false);
	expect(&m, 131, 0);
}
END_TEST

/* What will be denied is no reason to ask; who is bound is served [D83]. */
START_TEST(overloaded)
{
	struct m m;

	rig.reg.shed.after_ms = 500;
	reg_load(&rig.reg, 501);
	request(&m, AR1, ALICE, true);
	expect(&m, 130, 0);
	ck_assert_uint_eq(n_asked, 0);
	ck_assert_uint_eq(rig.reg.stats.shed, 1);
	reg_load(&rig.reg, 0);
	ck_assert_int_eq(request(&m, AR1, ALICE, true), REG_PENDING);
	answer(0, USER_KNOWN, true);
	expect(&m, 0, 1800);
	(void)user_lookup_flush(rig.reg.lookup, NULL);
	reg_load(&rig.reg, 501);
	ck_assert_int_eq(request(&m, AR1, ALICE, true), REG_PENDING);
	ck_assert_uint_eq(n_asked, 2);
}
END_TEST

/* A copy of what waits is not denied in its stead: that goes on. */
START_TEST(overloaded_while_one_waits)
{
	struct m m;

	ck_assert_int_eq(request(&m, AR1, ALICE, true), REG_PENDING);
	rig.reg.shed.after_ms = 500;
	reg_load(&rig.reg, 501);
	ck_assert_int_eq(rig_in(&m, AR1), REG_PENDING);
	ck_assert_uint_eq(rig.n_sent, 0);
	reg_load(&rig.reg, 0);
	answer(0, USER_KNOWN, true);
	expect(&m, 0, 1800);
}
END_TEST

/* A copy of what was denied is denied, though there is time for it now: its
 * router has been told [D89]. */
START_TEST(denied_for_good)
{
	struct m m;

	rig.reg.shed.after_ms = 500;
	reg_load(&rig.reg, 501);
	request(&m, AR1, ALICE, true);
	expect(&m, 130, 0);
	reg_load(&rig.reg, 0);
	ck_assert_int_eq(rig_in(&m, AR1), REG_PENDING);
	answer(0, USER_KNOWN, true);
	nothing_changed();
	expect(&m, 130, 0);
	request(&m, AR1, ALICE, true);
	expect(&m, 0, 1800);
}
END_TEST

/* Nor is who is new to a home agent that takes nobody new [D85]. */
START_TEST(drained)
{
	struct m m;

	reg_drain(&rig.reg, true);
	request(&m, AR1, ALICE, true);
	expect(&m, 130, 0);
	ck_assert_uint_eq(n_asked, 0);
	reg_drain(&rig.reg, false);
	ck_assert_int_eq(request(&m, AR1, ALICE, true), REG_PENDING);
	answer(0, USER_KNOWN, true);
	expect(&m, 0, 1800);
	(void)user_lookup_flush(rig.reg.lookup, NULL);
	reg_drain(&rig.reg, true);
	ck_assert_int_eq(request(&m, AR1, ALICE, true), REG_PENDING);
	ck_assert_uint_eq(n_asked, 2);
}
END_TEST

START_TEST(rejected)
{
	struct m m;

	request(&m, AR1, ALICE, false);
	answer(0, USER_REJECTED, false);
	expect(&m, 129, 0);
	request(&m, AR1, ALICE, true);
	expect(&m, 131, 0);
	ck_assert_uint_eq(n_asked, 1);
	rig_wait(30);
	request(&m, AR1, ALICE, false);
	ck_assert_uint_eq(n_asked, 2);
	answer(1, USER_KNOWN, false);
	expect(&m, 0, 1800);
	ck_assert_uint_eq(figures()->rejected, 1);
}
END_TEST

/* Whom AAA rejects by now is let go by its own router, of which nothing else
 * would end the binding, and by no other, nor by old bytes [D86]. */
START_TEST(rejected_one_leaves)
{
	struct m m, old;

	make(&old, AR1, ALICE, 0, true);
	rig_wait(1);
	request(&m, AR1, ALICE, true);
	answer(0, USER_KNOWN, true);
	expect(&m, 0, 1800);
	(void)user_lookup_flush(rig.reg.lookup, NULL);
	make(&m, AR2, ALICE, 0, true);
	ck_assert_int_eq(rig_in(&m, AR2), REG_PENDING);
	answer(1, USER_REJECTED, false);
	expect(&m, 131, 0);
	ck_assert_int_eq(of(ALICE)->state, BINDING_BOUND);
	rig_in(&old, AR1);
	expect(&old, 133, 0);
	ck_assert_int_eq(of(ALICE)->state, BINDING_BOUND);
	request(&m, AR1, ALICE, true);
	expect(&m, 131, 0);
	ck_assert_int_eq(of(ALICE)->state, BINDING_BOUND);
	make(&m, AR1, ALICE, 0, true);
	rig_in(&m, AR1);
	expect(&m, 131, 0);
	ck_assert_int_eq(of(ALICE)->state, BINDING_IDLE);
	ck_assert_uint_eq(rig.bindings.n_bound, 0);
}
END_TEST

/* One that another router's request has overtaken is not denied for good: its
 * router would take that for the end of the binding [D125]. */
START_TEST(overtaken_one_leaves)
{
	static const enum user_state is[] = { USER_REJECTED, USER_BROKEN };
	static const uint8_t code[] = { 129, 130 };
	struct m m, late;

	request(&m, AR1, ALICE, false);
	answer(0, USER_KNOWN, false);
	expect(&m, 0, 1800);
	(void)user_lookup_flush(rig.reg.lookup, NULL);
	make(&late, AR1, ALICE, 0, false);
	rig_wait(1);
	request(&m, AR2, ALICE, false);
	answer(1, is[_i], false);
	expect(&m, code[_i], 0);
	rig_in(&late, AR1);
	expect(&late, 133, 0);
	ck_assert_int_eq(of(ALICE)->state, BINDING_BOUND);
	make(&m, AR1, ALICE, 0, false);
	rig_in(&m, AR1);
	expect(&m, code[_i], 0);
	ck_assert_int_eq(of(ALICE)->state, BINDING_IDLE);
	/* the network's copy */
	rig_in(&m, AR1);
	expect(&m, code[_i], 0);
	ck_assert_uint_eq(rig.reg.stats.duplicates, 1);
}
END_TEST

START_TEST(broken)
{
	struct m m;

	request(&m, AR1, ALICE, true);
	answer(0, USER_BROKEN, false);
	expect(&m, 130, 0);
	ck_assert_uint_eq(figures()->broken, 1);
	nothing_changed();
}
END_TEST

/* A denial ends what a subscriber has, so only a first request gets one. */
START_TEST(nobody_answers)
{
	struct m m;

	request(&m, AR1, ALICE, true);
	answer(0, USER_SILENT, false);
	expect(&m, 130, 0);
	request(&m, AR1, ALICE, true);		/* not asked again so soon */
	expect(&m, 130, 0);
	tell(&m, AR1, ALICE, 1800, "2001:db8:100:5::1");
	ck_assert_uint_eq(rig.n_sent, 0);
	tell(&m, AR1, ALICE, 0, "2001:db8:100:5::1");
	ck_assert_uint_eq(rig.n_sent, 0);
	make(&m, AR1, ALICE, 0, true);
	rig_in(&m, AR1);
	ck_assert_uint_eq(rig.n_sent, 0);
	ck_assert_uint_eq(rig.reg.stats.drop[HAD_DROP_LOOKUP], 3);
	ck_assert_uint_eq(n_asked, 1);
	rig_wait(31);
	tell(&m, AR1, ALICE, 1800, "2001:db8:100:5::1");
	ck_assert_uint_eq(n_asked, 2);
	answer(1, USER_SILENT, false);
	ck_assert_uint_eq(rig.n_sent, 0);
	nothing_changed();
	/* Others are not affected. */
	request(&m, AR1, BOB, false);
	answer(2, USER_KNOWN, false);
	expect(&m, 0, 1800);
}
END_TEST

START_TEST(old_answer_while_nobody_answers)
{
	struct m m;

	request(&m, AR1, ALICE, true);
	answer(0, USER_KNOWN, true);
	expect(&m, 0, 1800);
	rig_wait(601);
	ck_assert_int_eq(request(&m, AR1, ALICE, true), REG_PENDING);
	answer(1, USER_SILENT, false);
	expect(&m, 0, 1800);
	ck_assert(sent_by_mn());
	ck_assert_uint_eq(figures()->stale, 1);
	/* For as long as silence is remembered. */
	request(&m, AR1, ALICE, true);
	expect(&m, 0, 1800);
	rig_wait(31);
	request(&m, AR1, ALICE, true);
	ck_assert_uint_eq(n_asked, 3);
	/* A key that was taken away is gone. */
	answer(2, USER_REJECTED, false);
	expect(&m, 131, 0);
}
END_TEST

START_TEST(newest_waits)
{
	struct m first, second, third;

	make(&first, AR1, ALICE, 1800, true);
	make(&second, AR1, ALICE, 1800, true);
	make(&third, AR1, ALICE, 1800, true);
	rig_in(&first, AR1);
	rig_in(&third, AR1);
	rig_in(&second, AR1);		/* overtaken on its way */
	rig_in(&third, AR1);		/* and one that came twice */
	ck_assert_uint_eq(n_asked, 1);
	ck_assert_uint_eq(user_lookup_waiting(rig.reg.lookup), 1);
	answer(0, USER_KNOWN, true);
	ck_assert_uint_eq(rig.n_sent, 1);
	expect(&third, 0, 1800);
	/* Judged once: now a duplicate is one [D8], the others are old. */
	rig_in(&third, AR1);
	expect(&third, 0, 1800);
	ck_assert(sent_by_mn());
	ck_assert_uint_eq(rig.reg.stats.duplicates, 1);
	rig_in(&second, AR1);
	expect(&second, 133, 0);
	ck_assert(sent_by_mn());
	ck_assert_uint_eq(user_lookup_waiting(rig.reg.lookup), 0);
}
END_TEST

/* Who copies a request that waits does not get its reply sent elsewhere; nor
 * when the copy's time has come meanwhile. */
START_TEST(copy_that_waits)
{
	struct reg_packet p = { .flow = { .sport = 7, .dport = 434 } };
	struct m m;

	rig.ns += _i * INT64_C(1000000000);
	make(&m, AR1, ALICE, 1800, true);
	rig.ns -= _i * INT64_C(1000000000);
	ck_assert_int_eq(rig_in(&m, AR1), REG_PENDING);
	rig_wait(2);
	p.data = m.b;
	p.len = m.n;
	p.flow.src.s_addr = inet_addr(AR1);
	p.flow.dst.s_addr = p.local.s_addr = inet_addr(HA);
	ck_assert_int_eq(reg_input(&rig.reg, &p), REG_PENDING);
	answer(0, USER_KNOWN, true);
	expect(&m, 0, 1800);		/* to its own port */
}
END_TEST

/* Neither keeps the other from being judged. */
START_TEST(two_routers_wait)
{
	struct m a, b;

	request(&a, AR1, ALICE, true);
	request(&b, AR2, ALICE, true);
	ck_assert_uint_eq(n_asked, 1);
	ck_assert_uint_eq(user_lookup_waiting(rig.reg.lookup), 2);
	answer(0, USER_KNOWN, true);
	ck_assert_uint_eq(rig.n_sent, 2);
	ck_assert_uint_eq(of(ALICE)->coa.s_addr, inet_addr(AR2));
}
END_TEST

START_TEST(the_peers_other_requests)
{
	struct m a, b;

	request(&b, AR1, BOB, false);
	answer(0, USER_KNOWN, false);
	request(&a, AR1, ALICE, true);
	request(&b, AR1, BOB, false);
	expect(&b, 0, 1800);
	answer(1, USER_KNOWN, true);
	expect(&a, 0, 1800);
}
END_TEST

/* The answer took longer than the replay window. */
START_TEST(late_answer)
{
	struct m m;

	request(&m, AR1, ALICE, true);
	rig_wait(9);
	answer(0, USER_KNOWN, true);
	expect(&m, 133, 0);
	ck_assert(sent_by_mn());
	request(&m, AR1, ALICE, true);
	expect(&m, 0, 1800);
}
END_TEST

/* Old bytes, from anybody who once saw them: asked for at D42's pace. */
START_TEST(replayed_ones)
{
	struct m old[12], m;
	char nai[32];

	for (unsigned i = 0; i < 12; i++) {
		snprintf(nai, sizeof(nai), "u%u@x", i);
		make(&old[i], AR1, nai, 1800, false);
	}
	rig_wait(3600);
	rig.peer[0].unverified = (struct bucket){ 1, 3, 3000,
	    rig_mono(NULL) };
	for (unsigned i = 0; i < 12; i++)
		rig_in(&old[i], AR1);
	ck_assert_uint_eq(n_asked, 3);
	ck_assert_uint_eq(rig.reg.stats.drop[HAD_DROP_RATE], 9);
	ck_assert_int_eq(request(&m, AR1, ALICE, false), REG_PENDING);
	ck_assert_uint_eq(n_asked, 4);
	/* One with a wrong clock learns the time, by its key. */
	answer(0, USER_KNOWN, false);
	ck_assert_uint_eq(rig.sent[1], 133);
}
END_TEST

/* Nor are they believed right after a start, when nothing is remembered
 * [D55]. */
START_TEST(replayed_after_start)
{
	struct m old[6];
	char nai[32];

	for (unsigned i = 0; i < 6; i++) {
		snprintf(nai, sizeof(nai), "u%u@x", i);
		make(&old[i], AR1, nai, 1800, false);
	}
	rig_wait(1);
	reg_init(&rig.reg);
	rig.peer[0].unverified = (struct bucket){ 1, 3, 3000,
	    rig_mono(NULL) };
	for (unsigned i = 0; i < 6; i++)
		rig_in(&old[i], AR1);
	ck_assert_uint_eq(n_asked, 3);
	ck_assert_uint_eq(rig.reg.stats.drop[HAD_DROP_RATE], 3);
}
END_TEST

/* A replayed one does not take the place of one that is fresh. */
START_TEST(fresh_before_stale)
{
	struct m ahead, m;

	rig.ns += INT64_C(20) * 1000000000;
	make(&ahead, AR1, ALICE, 1800, true);
	rig.ns -= INT64_C(20) * 1000000000;
	request(&m, AR1, ALICE, true);
	rig_in(&ahead, AR1);
	answer(0, USER_KNOWN, true);
	expect(&m, 0, 1800);
}
END_TEST

START_TEST(limits)
{
	struct m m;
	char nai[32];

	for (unsigned i = 0; i < 6; i++) {
		snprintf(nai, sizeof(nai), "u%u@x", i);
		ck_assert_int_eq(request(&m, AR1, nai, false), REG_PENDING);
	}
	request(&m, AR1, ALICE, false);
	expect(&m, 130, 0);
	tell(&m, AR1, ALICE, 1800, "2001:db8:100:5::1");
	ck_assert_uint_eq(rig.n_sent, 0);
	/* One that waits may be asked for again: it takes its own place. */
	ck_assert_int_eq(request(&m, AR1, "u0@x", false), REG_PENDING);
	ck_assert_int_eq(request(&m, AR2, ALICE, false), REG_PENDING);
	ck_assert_int_eq(request(&m, AR2, BOB, false), REG_PENDING);
	request(&m, AR2, "c@x", false);
	expect(&m, 130, 0);
	ck_assert_uint_eq(figures()->busy, 3);
	ck_assert_uint_eq(n_asked, 8);
	answer(0, USER_KNOWN, false);
	ck_assert_int_eq(request(&m, AR1, "u9@x", false), REG_PENDING);
	/* Nobody can be asked: nothing is kept of that. */
	refuse = true;
	answer(1, USER_KNOWN, false);
	request(&m, AR1, "u10@x", false);
	expect(&m, 130, 0);
	ck_assert_uint_eq(user_lookup_kept(rig.reg.lookup), 9);
}
END_TEST

START_TEST(memory_is_bounded)
{
	struct m m;
	char nai[32];

	/* Is asked for again and again, and so remembered. */
	request(&m, AR2, ALICE, false);
	answer(0, USER_KNOWN, false);
	for (unsigned i = 0; i < 40; i++) {
		snprintf(nai, sizeof(nai), "u%u@x", i);
		request(&m, AR1, nai, false);
		answer(n_asked - 1, USER_REJECTED, false);
		request(&m, AR2, ALICE, false);
		expect(&m, 0, 1800);
	}
	ck_assert_uint_eq(n_asked, 41);
	ck_assert_uint_eq(user_lookup_kept(rig.reg.lookup), 16);
	ck_assert_uint_eq(figures()->evicted, 25);
	/* The first is forgotten, the last is not. */
	request(&m, AR1, "u39@x", false);
	expect(&m, 129, 0);
	ck_assert_uint_eq(n_asked, 41);
	request(&m, AR1, "u0@x", false);
	ck_assert_uint_eq(n_asked, 42);
}
END_TEST

/* Who is asked for stays longer than who is not, among a peer's own and among
 * all. */
START_TEST(least_lately_used_goes)
{
	struct m m;
	char nai[32];

	for (unsigned all = 0; all < 2; all++) {
		n_asked = 0;
		for (unsigned i = 0; i < 16; i++) {
			snprintf(nai, sizeof(nai), "u%u@x", i);
			request(&m, all && i >= 9 ? AR2 : AR1, nai, false);
			answer(n_asked - 1, USER_KNOWN, false);
		}
		request(&m, AR1, "u0@x", false);
		expect(&m, 0, 1800);
		ck_assert_uint_eq(n_asked, 16);
		/* who has less than half of them takes from all */
		request(&m, all ? AR2 : AR1, "u16@x", false);
		answer(n_asked - 1, USER_KNOWN, false);
		request(&m, AR1, "u0@x", false);
		expect(&m, 0, 1800);
		ck_assert_int_eq(request(&m, AR1, "u1@x", false),
		    REG_PENDING);
		answer(n_asked - 1, USER_KNOWN, false);
		user_lookup_flush(rig.reg.lookup, NULL);
	}
}
END_TEST

START_TEST(one_peer_does_not_push_out_another)
{
	struct m m;
	char nai[32];

	for (unsigned i = 0; i < 40; i++) {
		snprintf(nai, sizeof(nai), i < 8 ? "mine%u@x" : "u%u@x", i);
		request(&m, i < 8 ? AR2 : AR1, nai, false);
		answer(n_asked - 1, USER_KNOWN, false);
	}
	ck_assert_uint_eq(user_lookup_kept(rig.reg.lookup), 16);
	for (unsigned i = 0; i < 8; i++) {
		snprintf(nai, sizeof(nai), "mine%u@x", i);
		ck_assert_int_eq(request(&m, AR2, nai, false), REG_REPLIED);
	}
	ck_assert_uint_eq(n_asked, 40);
}
END_TEST

/* One place for two: each gets it in turn. */
START_TEST(one_place)
{
	struct m m;

	user_lookup_free(rig.reg.lookup);
	params.max_users = 1;
	rig.reg.lookup = user_lookup_new(&params, &rig.clock, &ops, &rig.reg);
	for (unsigned i = 0; i < 4; i++) {
		request(&m, i & 1 ? AR2 : AR1, i & 1 ? "b@x" : "a@x", false);
		ck_assert_uint_eq(n_asked, i + 1);
		answer(n_asked - 1, USER_KNOWN, false);
	}
	ck_assert_uint_eq(user_lookup_kept(rig.reg.lookup), 1);
}
END_TEST

START_TEST(a_peer_loses_its_own)
{
	struct user_lookup *l;
	struct user *u;
	const char *why;
	char nai[32];
	uint8_t byte = 0;
	struct reg_packet pkt = { .data = &byte, .len = 1 };

	user_lookup_free(rig.reg.lookup);
	rig.peer[0].max_bindings = 0;		/* 1024, then */
	params.max_users = 100000;
	rig.reg.lookup = l = user_lookup_new(&params, &rig.clock, &ops,
	    &rig.reg);
	n_asked = 0;
	ck_assert_int_eq(user_lookup_wait(l, &rig.peer[1],
	    (const uint8_t *)ALICE, strlen(ALICE), &pkt, 1, true), 0);
	answer(0, USER_KNOWN, true);
	for (unsigned i = 0; i < 1200; i++) {
		snprintf(nai, sizeof(nai), "u%u@x", i);
		n_asked = 0;
		ck_assert_int_eq(user_lookup_wait(l, &rig.peer[0],
		    (const uint8_t *)nai, strlen(nai), &pkt, 1, true), 0);
		answer(0, USER_KNOWN, false);
	}
	ck_assert_uint_eq(user_lookup_kept(l), 1025);
	ck_assert_int_eq(user_lookup_find(l, (const uint8_t *)ALICE,
	    strlen(ALICE), &u, &why), USER_KNOWN);
	ck_assert_int_eq(user_lookup_find(l, (const uint8_t *)"u175@x", 6, &u,
	    &why), USER_UNKNOWN);
	ck_assert_int_eq(user_lookup_find(l, (const uint8_t *)"u176@x", 6, &u,
	    &why), USER_KNOWN);
}
END_TEST

START_TEST(flushing)
{
	struct m m;

	request(&m, AR1, ALICE, true);
	/* The question stays out. */
	ck_assert_uint_eq(user_lookup_flush(rig.reg.lookup, ALICE), 0);
	answer(0, USER_KNOWN, true);
	expect(&m, 0, 1800);
	ck_assert_uint_eq(user_lookup_flush(rig.reg.lookup, "nobody@x"), 0);
	ck_assert_uint_eq(user_lookup_flush(rig.reg.lookup, ALICE), 1);
	request(&m, AR1, ALICE, true);
	ck_assert_uint_eq(n_asked, 2);
	answer(1, USER_KNOWN, true);
	rig_wait(601);
	request(&m, AR1, ALICE, true);
	/* While it is asked for anew: the old answer is gone. */
	ck_assert_uint_eq(user_lookup_flush(rig.reg.lookup, NULL), 1);
	answer(2, USER_SILENT, false);
	expect(&m, 130, 0);
	ck_assert_uint_eq(user_lookup_flush(rig.reg.lookup, NULL), 1);
	ck_assert_uint_eq(user_lookup_kept(rig.reg.lookup), 0);
}
END_TEST

START_TEST(ended_while_asking)
{
	struct m m;

	request(&m, AR1, ALICE, true);
	request(&m, AR2, ALICE, true);
	request(&m, AR1, BOB, true);
	user_lookup_free(rig.reg.lookup);
	rig.reg.lookup = NULL;
	ck_assert_uint_eq(n_cancelled, 2);
	ck_assert_uint_eq(rig.n_sent, 0);
}
END_TEST

/*
 * Anything in any order, with few subscribers, routers and places: what is out
 * is bounded, and each request that is let in is judged once or replaced.
 */

static struct question out[16];
static unsigned n_out, let_in, judged;
static struct user_lookup *random_lookup;
static bool flushed;

static void *
random_ask(void *arg, struct user_entry *e, const char *nai, size_t len)
{
	(void)arg;
	(void)nai;
	(void)len;
	if (rand() % 8 == 0)
		return NULL;
	ck_assert_uint_lt(n_out, 16);
	out[n_out].entry = e;
	return &out[n_out++];
}

static void
random_judge(void *arg, const struct reg_packet *pkt)
{
	struct user_lookup *l = random_lookup;
	struct user *u;
	const char *why;

	(void)arg;
	judged++;
	ck_assert_uint_eq(pkt->len, 7);
	/* By now there is an answer, whatever it is. */
	ck_assert(flushed || user_lookup_find(l, pkt->data, 2, &u, &why) !=
	    USER_UNKNOWN);
	if (rand() % 4 == 0) {
		user_lookup_flush(l, NULL);
		flushed = true;
	}
}

static void
random_step(struct user_lookup *l)
{
	static const struct reg_packet shape = { .len = 7 };
	uint8_t bytes[7] = { 'u', (uint8_t)('a' + rand() % 12) };
	struct reg_packet pkt = shape;
	struct user_answer a = { .state = USER_KNOWN };
	struct user_entry *e;
	struct user *u;
	const char *why;
	unsigned i;

	pkt.data = bytes;
	switch (rand() % 8) {
	case 0:
		if (n_out == 0)
			break;
		i = (unsigned)rand() % n_out;
		a.state = (enum user_state)(1 + rand() % 4);
		a.sa.key_len = (size_t)(rand() % 2) * 16;
		e = out[i].entry;
		out[i] = out[--n_out];
		flushed = false;
		user_lookup_answer(e, &a);
		break;
	case 1:
		rig.ns += (int64_t)(rand() % 100) * 1000000000;
		break;
	case 2:
		if (rand() % 8 == 0)
			user_lookup_flush(l, rand() % 2 ? NULL : "ua");
		break;
	case 3:
		(void)user_lookup_find(l, bytes, 2, &u, &why);
		break;
	default:
		if (user_lookup_wait(l, &rig.peer[rand() % 2], bytes, 2, &pkt,
		    (uint64_t)rand() % 8 - 4, rand() % 2) == 0)
			let_in++;
	}
}

START_TEST(random_operations)
{
	static const struct user_lookup_ops rops = { random_ask, cancel,
		random_judge };
	struct user_lookup *l;

	srand((unsigned)_i + 1);
	params.max_users = 9;
	n_out = let_in = judged = 0;
	random_lookup = l = user_lookup_new(&params, &rig.clock, &rops, NULL);
	ck_assert_ptr_nonnull(l);
	for (unsigned i = 0; i < 20000; i++) {
		random_step(l);
		ck_assert_uint_le(user_lookup_kept(l), 9);
		ck_assert_uint_le(user_lookup_waiting(l), 8);
		ck_assert_uint_le(n_out, user_lookup_waiting(l));
		ck_assert_uint_eq(let_in - user_lookup_stats(l)->replaced,
		    judged + user_lookup_waiting(l));
	}
	ck_assert_uint_gt(judged, 100);
	user_lookup_free(l);
}
END_TEST

struct seen {
	unsigned	n;
	struct user_view v;
};

static bool
see(void *arg, const struct user_view *v)
{
	struct seen *s = arg;

	s->n++;
	s->v = *v;
	return true;
}

START_TEST(what_is_shown)
{
	struct seen s = { 0 };
	struct m m;

	request(&m, AR1, ALICE, true);
	user_lookup_each(rig.reg.lookup, see, &s);
	ck_assert_uint_eq(s.n, 1);
	ck_assert(s.v.asking);
	ck_assert_uint_eq(s.v.waiting, 1);
	ck_assert_ptr_null(s.v.sa);
	answer(0, USER_KNOWN, true);
	rig_wait(100);
	user_lookup_each(rig.reg.lookup, see, &s);
	ck_assert(!s.v.asking);
	ck_assert_str_eq(s.v.peer, "nas1");
	ck_assert_str_eq(s.v.nai, ALICE);
	ck_assert_int_eq(s.v.left_s, 500);
	ck_assert_uint_eq(s.v.sa->spi, MN_SPI);
	for (int i = USER_UNKNOWN; i <= USER_SILENT; i++)
		ck_assert_ptr_nonnull(user_state_str((enum user_state)i));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("had_lookup");
	TCase *t = tcase_create("lookup");
	const TTest *const tests[] = {
		access_node, access_node_in_vain,
		access_node_with_key,
		key_is_demanded, another_key, a_key_or_none, no_other_key,
		no_key, who_is_asked_for,
		configured_ones_are_known, configured_without_a_key,
		overloaded, overloaded_while_one_waits, drained,
		denied_for_good, rejected, rejected_one_leaves,
		broken, nobody_answers,
		old_answer_while_nobody_answers, newest_waits,
		two_routers_wait,
		the_peers_other_requests, late_answer,
		replayed_ones, replayed_after_start, fresh_before_stale, limits,
		memory_is_bounded, least_lately_used_goes,
		one_peer_does_not_push_out_another,
		one_place, a_peer_loses_its_own, flushing, ended_while_asking,
		what_is_shown,
	};

	tcase_add_checked_fixture(t, setup, teardown);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_test(t, tests[i]);
	tcase_add_loop_test(t, overtaken_one_leaves, 0, 2);
	tcase_add_loop_test(t, copy_that_waits, 7, 9);	/* the window */
	tcase_add_loop_test(t, random_operations, 0, 10);
	suite_add_tcase(s, t);
	return test_run(s);
}

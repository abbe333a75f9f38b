/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GRE with keys as the NetMIP4 client agrees on it [RFC 6245; PROTOCOLS D190 to
 * D199]: what its requests have, what a reply must have, whose key is whose and
 * for how long. The home agent lives here; its messages are put together byte
 * by byte. What has nothing to do with GRE is in check_mip_reg.c and
 * check_mip_node.c.
 */
#include "tests/unit/mip_rig.h"

#define ROUTER		"192.0.2.1"	/* the client's own */
#define COA		"192.0.2.10"
#define OURS		0x0a0b0c0d
#define THEIRS		0xfeedf00d
#define NO_KEY		"home agent gave no GRE key"

static struct mip4_sa sa_mn, sa_fa;
static enum mip_kind kind;

static void
set_up(void)
{
	client_up(ROUTER, 600);
	kind = MIP_ROUTER;
	dice = OURS;
	sa_mn = (struct mip4_sa){ .spi = 512, .alg = MIP4_ALG_HMAC_MD5,
	    .key_len = 16, .key = "the mobile node" };
	sa_fa = (struct mip4_sa){ .spi = 256, .alg = MIP4_ALG_HMAC_MD5,
	    .key_len = 16, .key = "the care-of one" };
}

static struct mip_reg_request
request(void)
{
	return (struct mip_reg_request){
		.kind = kind, .coa = ip(COA), .nai = NAI, .subject = "s1",
		.ha = { ip(HA), &sa_fa, 1 }, .mn_ha = &sa_mn, .gre = true,
		.budget_ms = 15000,
	};
}

static void
start(void)
{
	const struct mip_reg_request q = request();

	start_as(&q);
	ck_assert_uint_eq(n_sent, 1);
}

/* ---- what was sent ---- */

/* The types of a message's extensions, in their order. */
static const char *
order(const struct m *m)
{
	static char text[64];
	size_t off = 24;

	text[0] = '\0';
	while (off < m->n) {
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    "%u ", m->b[off]);
		off += m->b[off] == 48 ? 8 : 2 + (size_t)m->b[off + 1];
	}
	ck_assert_uint_eq(off, m->n);
	return text;
}

/* The key in a request; it must have one, and the G bit. */
static uint32_t
key_of(unsigned i)
{
	static const uint8_t head[4] = { 48, 0, 0, 4 };
	const struct m *m = &sent[i].m;
	size_t off = 24;

	ck_assert_uint_lt(i, n_sent);
	ck_assert(m->b[1] & MIP4_F_G);
	while (off < m->n && m->b[off] != 48)
		off += 2 + (size_t)m->b[off + 1];
	ck_assert_uint_le(off + 8, m->n);
	ck_assert_mem_eq(m->b + off, head, 4);
	return (uint32_t)m->b[off + 4] << 24 | (uint32_t)m->b[off + 5] << 16 |
	    (uint32_t)m->b[off + 6] << 8 | m->b[off + 7];
}

/* ---- the home agent ---- */

static void
put_home(struct m *m)
{
	struct in6_addr hoa;
	uint8_t b[17] = { 0 };

	inet_pton(AF_INET6, "2001:db8:1:2:211:2233:4455:6677", &hoa);
	memcpy(b + 1, &hoa, 16);
	m_ext(m, 221, b, kind == MIP_NODE ? 1 : 17);
}

static void
put_key(struct m *m, uint32_t key)
{
	m_int(m, 0x30000004, 4);
	m_int(m, key, 4);
}

/* 32, and for a router what stands behind it. key 0: none. */
static void
sign(struct m *m, uint32_t key)
{
	if (key != 0 && kind == MIP_NODE)
		put_key(m, key);
	m_auth(m, 32, 512, sa_mn.key);
	if (key != 0 && kind == MIP_ROUTER)
		put_key(m, key);
	if (kind == MIP_ROUTER)
		m_auth(m, 34, 256, sa_fa.key);
}

static void
input(const struct m *m)
{
	receive(HA, kind == MIP_NODE ? COA : ROUTER, m);
}

static void
answer(unsigned i, unsigned code, unsigned lifetime, uint32_t key)
{
	struct m m = reply_head(i, code, lifetime);

	if (code == 0)
		put_home(&m);
	sign(&m, key);
	input(&m);
}

static void
bind_it(void)
{
	start();
	answer(0, 0, 600, THEIRS);
	ck_assert_uint_eq(seen.registered, 1);
	ck_assert_int_eq(seen.res.outcome, MIP_REGISTERED);
}

static void
renew(void)
{
	advance(2000);
	ck_assert(mip_reg_renew(reg));
	ck_assert_uint_eq(n_sent, 2);
}

/* Accepted, but of no use: deregistered with the same key. */
static void
is_useless(const char *why)
{
	ck_assert_uint_eq(seen.registered, 1);
	ck_assert_int_eq(seen.res.outcome, MIP_USELESS);
	ck_assert_str_eq(seen.res.text, why);
	advance(1000);
	ck_assert_uint_eq(n_sent, 2);
	ck_assert_uint_eq(lifetime_of(1), 0);
	ck_assert_uint_eq(key_of(1), OURS);
	answer(1, 0, 0, 0);
	ck_assert_uint_eq(seen.gone, 1);
}

/* ---- tests; _i is the kind ---- */

START_TEST(asked_for)
{
	kind = (enum mip_kind)_i;
	bind_it();
	/* behind 32, and covered by 34; or before 32 [D190] */
	ck_assert_str_eq(order(&sent[0].m), kind == MIP_NODE ?
	    "131 120 48 137 32 " : "131 120 32 48 137 34 ");
	ck_assert_uint_eq(key_of(0), OURS);
	ck_assert_uint_eq(seen.res.gre.own, OURS);
	ck_assert_uint_eq(seen.res.gre.peer, THEIRS);
}
END_TEST

START_TEST(not_asked_for)
{
	struct mip_reg_request q;

	kind = (enum mip_kind)_i;
	q = request();
	q.gre = false;
	start_as(&q);
	ck_assert_ptr_null(strstr(order(&sent[0].m), "48"));
	ck_assert(!(sent[0].m.b[1] & MIP4_F_G));
	/* a key that nobody asked for is nothing */
	answer(0, 0, 600, THEIRS);
	ck_assert_int_eq(seen.res.outcome, MIP_REGISTERED);
	ck_assert_uint_eq(seen.res.gre.own, 0);
	ck_assert_uint_eq(seen.res.gre.peer, 0);
}
END_TEST

/* Each request of the registration has the same one. */
START_TEST(kept)
{
	kind = (enum mip_kind)_i;
	bind_it();
	dice = 77;
	renew();
	ck_assert_uint_eq(key_of(1), OURS);
	answer(1, 0, 600, THEIRS);
	ck_assert_uint_eq(seen.changed, 0);
	advance(2000);
	mip_reg_deregister(reg);
	ck_assert_uint_eq(n_sent, 3);
	ck_assert_uint_eq(lifetime_of(2), 0);
	ck_assert_uint_eq(key_of(2), OURS);
	answer(2, 0, 0, 0);
	ck_assert_uint_eq(seen.gone, 1);
}
END_TEST

/* It may have lost what it knew; its new key is gone by. */
START_TEST(changed_by_the_home_agent)
{
	kind = (enum mip_kind)_i;
	bind_it();
	renew();
	answer(1, 0, 600, THEIRS + 1);
	ck_assert_uint_eq(seen.changed, 1);
	ck_assert_uint_eq(seen.res.gre.own, OURS);
	ck_assert_uint_eq(seen.res.gre.peer, THEIRS + 1);
}
END_TEST

START_TEST(not_given)
{
	kind = (enum mip_kind)_i;
	start();
	answer(0, 0, 600, 0);
	is_useless(NO_KEY);
}
END_TEST

START_TEST(not_given_any_more)
{
	kind = (enum mip_kind)_i;
	bind_it();
	renew();
	answer(1, 0, 600, 0);
	ck_assert_uint_eq(seen.lost, 1);
	ck_assert_str_eq(seen.res.text, NO_KEY);
}
END_TEST

/* Behind what is proven, anybody may have put it. */
START_TEST(unproven)
{
	struct m m;

	kind = (enum mip_kind)_i;
	start();
	m = reply_head(0, 0, 600);
	put_home(&m);
	sign(&m, 0);
	put_key(&m, THEIRS);
	input(&m);
	is_useless(NO_KEY);
}
END_TEST

/* Nor does what he puts there make a reply useless. */
START_TEST(unproven_beside)
{
	static const uint8_t hoa[17] = { 0 };
	struct m m;

	kind = (enum mip_kind)_i;
	bind_it();
	renew();
	m = reply_head(1, 0, 600);
	put_home(&m);
	sign(&m, THEIRS);
	put_key(&m, THEIRS + 1);
	m_ext(&m, 221, hoa, kind == MIP_NODE ? 1 : 17);
	m_int(&m, 0x30000002, 4);	/* and of no length */
	m_int(&m, 0xffff, 2);
	input(&m);
	ck_assert_uint_eq(seen.lost + seen.changed, 0);
	ck_assert_uint_eq(core.count[MIP_C_ACCEPTED], 2);
}
END_TEST

START_TEST(twice)
{
	struct m m;

	start();
	m = reply_head(0, 0, 600);
	put_home(&m);
	put_key(&m, THEIRS + 1);
	sign(&m, THEIRS);
	input(&m);
	is_useless(NO_KEY);
}
END_TEST

START_TEST(of_another_length)
{
	struct m m;

	start();
	m = reply_head(0, 0, 600);
	put_home(&m);
	m_int(&m, 0x30000002, 4);
	m_int(&m, 0xffff, 2);
	sign(&m, 0);
	input(&m);
	/* all of it is in doubt then */
	is_useless("HA does not support IPv6 HoA");
}
END_TEST

START_TEST(not_supported)
{
	kind = (enum mip_kind)_i;
	start();
	answer(0, 139, 0, 0);
	ck_assert_int_eq(seen.res.outcome, MIP_DENIED);
	ck_assert_uint_eq(seen.res.code, 139);
}
END_TEST

START_TEST(unique)
{
	struct mip_reg_request q = request();
	struct mip_reg *other, *third;

	start();
	q.nai = "bob@example.net";
	other = mip_reg_create(&core, &q, &events, &q);
	ck_assert_uint_eq(key_of(1), OURS + 1);
	/* 0 would ask the home agent to give one */
	dice = 0;
	q.nai = "carol@example.net";
	third = mip_reg_create(&core, &q, &events, &q);
	ck_assert_uint_eq(key_of(2), 1);
	mip_reg_free(third);
	mip_reg_free(other);
	dice = OURS + 1;
	ck_assert_uint_eq(mip_core_new_gre(&core), OURS + 1);
}
END_TEST

/* A session that registers again brings the one it has. */
START_TEST(brought)
{
	struct mip_reg_request q = request();

	q.gre_key = 4711;
	start_as(&q);
	ck_assert_uint_eq(key_of(0), 4711);
}
END_TEST

/* Abandoned, it is still deregistered with its own; who comes meanwhile gets
 * another one. */
START_TEST(abandoned)
{
	struct mip_reg_request q = request();

	bind_it();
	advance(2000);
	mip_reg_abandon(reg);
	advance(0);
	ck_assert_uint_eq(key_of(1), OURS);
	q.nai = "bob@example.net";
	start_as(&q);
	ck_assert_uint_eq(key_of(2), OURS + 1);
	answer(1, 0, 0, 0);
}
END_TEST

/* Over a restart both are what they were. */
START_TEST(resumed)
{
	struct mip_reg_request q;
	struct mip_saved v;

	kind = (enum mip_kind)_i;
	bind_it();
	mip_reg_save(reg, &v);
	mip_reg_free(reg);
	dice = 77;
	q = request();
	reg = mip_resume_reg(&core, &q, &v, &events, NULL);
	ck_assert_uint_eq(mip_core_new_gre(&core), 77);
	dice = OURS;
	ck_assert_uint_eq(mip_core_new_gre(&core), OURS + 1);
	ck_assert(mip_reg_renew(reg));
	ck_assert_uint_eq(key_of(1), OURS);
	answer(1, 0, 600, THEIRS);
	ck_assert_uint_eq(seen.changed + seen.lost, 0);
	/* by a client that would not ask for it any more, too */
	mip_reg_free(reg);
	q.gre = false;
	reg = mip_resume_reg(&core, &q, &v, &events, NULL);
	ck_assert(mip_reg_renew(reg));
	ck_assert_uint_eq(key_of(2), OURS);
}
END_TEST

int
main(void)
{
	const int first = MIP_ROUTER, end = MIP_NODE + 1;
	Suite *s = suite_create("mip_gre");
	TCase *tc = tcase_create("gre");

	tcase_add_checked_fixture(tc, set_up, client_down);
	tcase_add_loop_test(tc, asked_for, first, end);
	tcase_add_loop_test(tc, not_asked_for, first, end);
	tcase_add_loop_test(tc, kept, first, end);
	tcase_add_loop_test(tc, changed_by_the_home_agent, first, end);
	tcase_add_loop_test(tc, not_given, first, end);
	tcase_add_loop_test(tc, not_given_any_more, first, end);
	tcase_add_loop_test(tc, unproven, first, end);
	tcase_add_loop_test(tc, unproven_beside, first, end);
	tcase_add_test(tc, twice);
	tcase_add_test(tc, of_another_length);
	tcase_add_loop_test(tc, not_supported, first, end);
	tcase_add_test(tc, unique);
	tcase_add_test(tc, brought);
	tcase_add_test(tc, abandoned);
	tcase_add_loop_test(tc, resumed, first, end);
	suite_add_tcase(s, tc);
	return test_run(s);
}

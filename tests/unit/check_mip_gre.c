/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GRE with keys as the NetMIP4 client agrees on it [RFC 6245; PROTOCOLS D190 to
 * D199]: what its requests have, what a reply must have, whose key is whose and
 * for how long. The home agent lives here; its messages are put together byte
 * by byte. What has nothing to do with GRE is in check_mip_reg.c and
 * check_mip_node.c.
 */
#include "nasd/mip_reg.h"
#include "tests/unit/rig.h"
#include "tests/unit/vectors.h"

#define ROUTER		"192.0.2.1"	/* the client's own */
#define COA		"192.0.2.10"
#define HA		"198.51.100.1"
#define NAI		"alice@example.net"
#define OURS		0x0a0b0c0d
#define THEIRS		0xfeedf00d
#define NO_KEY		"home agent gave no GRE key"

static struct timers timers;
static struct mip_core core;
static struct mip4_sa sa_mn, sa_fa;
static struct mip_reg *reg;
static enum mip_kind kind;
static int64_t now_ns;
static uint32_t dice;

static struct m sent[32];
static unsigned n_sent;

static struct {
	unsigned		registered, changed, lost, gone;
	struct mip_result	res;
} seen;

static mono_t
fake_mono(void *arg)
{
	(void)arg;
	return at_mono(now_ns);
}

static uint64_t
fake_ntp(void *arg)
{
	(void)arg;
	return at_ntp(now_ns);
}

static const struct clock fake_clock = { fake_mono, fake_ntp, NULL };

static void
fake_send(void *arg, struct in_addr from, struct in_addr to, uint16_t port,
    const uint8_t *buf, size_t len)
{
	(void)arg;
	(void)from;
	(void)to;
	(void)port;
	ck_assert_uint_lt(n_sent, 32);
	sent[n_sent].n = 0;
	m_put(&sent[n_sent++], buf, len);
}

static uint32_t
fake_random(void *arg)
{
	(void)arg;
	return dice;
}

static void
on_registered(void *arg, const struct mip_result *res)
{
	(void)arg;
	seen.registered++;
	seen.res = *res;
}

static void
on_changed(void *arg, const struct mip_result *res)
{
	(void)arg;
	seen.changed++;
	seen.res = *res;
}

static void
on_lost(void *arg, const struct mip_result *res)
{
	(void)arg;
	seen.lost++;
	seen.res = *res;
}

static void
on_revoked(void *arg)
{
	(void)arg;
}

static void
on_gone(void *arg, bool answered)
{
	(void)answered;
	seen.gone++;
	if (arg == NULL)
		reg = NULL;
}

static const struct mip_events events = {
	on_registered, on_changed, on_lost, on_revoked, on_gone, NULL,
};

static struct in_addr
ip(const char *s)
{
	return (struct in_addr){ inet_addr(s) };
}

static void
set_up(void)
{
	memset(&seen, 0, sizeof(seen));
	now_ns = 0;
	n_sent = 0;
	kind = MIP_ROUTER;
	dice = OURS;
	timers_init(&timers);
	sa_mn = (struct mip4_sa){ .spi = 512, .alg = MIP4_ALG_HMAC_MD5,
	    .key_len = 16, .key = "the mobile node" };
	sa_fa = (struct mip4_sa){ .spi = 256, .alg = MIP4_ALG_HMAC_MD5,
	    .key_len = 16, .key = "the care-of one" };
	core = (struct mip_core){
		.timers = &timers,
		.clock = &fake_clock,
		.params = {
			.coa = ip(ROUTER), .lifetime = 600, .attempts = 5,
			.dereg_attempts = 3, .require_nai = true,
			.types = MIP4_EXT_TYPES_DEFAULT,
		},
		.send = fake_send, .random = fake_random,
	};
	ck_assert_int_eq(mip_core_init(&core), 0);
}

static void
tear_down(void)
{
	mip_reg_free(reg);
	reg = NULL;
	ck_assert_uint_eq(table_count(&core.by_nai), 0);
	ck_assert_uint_eq(table_count(&core.by_gre), 0);
	ck_assert_uint_eq(timers.n, 0);
	mip_core_free(&core);
	timers_free(&timers);
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
start_as(const struct mip_reg_request *q)
{
	reg = mip_reg_create(&core, q, &events, NULL);
	ck_assert_ptr_nonnull(reg);
}

static void
start(void)
{
	const struct mip_reg_request q = request();

	start_as(&q);
	ck_assert_uint_eq(n_sent, 1);
}

static void
advance_s(int64_t s)
{
	time_goes_by(&timers, &now_ns, s * 1000000000);
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
	const struct m *m = &sent[i];
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

static struct m
reply_head(unsigned i, unsigned code, unsigned lifetime)
{
	struct m m = { .n = 0 };

	m_int(&m, 3, 1);
	m_int(&m, code, 1);
	m_int(&m, lifetime, 2);
	m_ip(&m, "0.0.0.0");
	m_ip(&m, HA);
	m_put(&m, sent[i].b + 16, 8);
	m_nai(&m, NAI);
	return m;
}

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
	uint8_t *copy = exact_copy(m->b, m->n);

	mip_core_input(&core, ip(HA), 434, ip(kind == MIP_NODE ? COA :
	    ROUTER), copy, m->n);
	free(copy);
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
	advance_s(2);
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
	advance_s(1);
	ck_assert_uint_eq(n_sent, 2);
	ck_assert_uint_eq(sent[1].b[2] << 8 | sent[1].b[3], 0);
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
	ck_assert_str_eq(order(&sent[0]), kind == MIP_NODE ?
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
	ck_assert_ptr_null(strstr(order(&sent[0]), "48"));
	ck_assert(!(sent[0].b[1] & MIP4_F_G));
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
	advance_s(2);
	mip_reg_deregister(reg);
	ck_assert_uint_eq(n_sent, 3);
	ck_assert_uint_eq(sent[2].b[2] << 8 | sent[2].b[3], 0);
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
	advance_s(2);
	mip_reg_abandon(reg);
	advance_s(0);
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

	tcase_add_checked_fixture(tc, set_up, tear_down);
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

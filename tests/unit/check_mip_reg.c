/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The NetMIP4 client against a home agent that lives here: its replies are put
 * together byte by byte and signed with OpenSSL's HMAC, never with the
 * project's encoders. Time is turned by hand.
 */
#include <openssl/evp.h>

#include "common/violations.h"
#include "tests/unit/mip_rig.h"

#define COA		"192.0.2.1"
#define HA2		"198.51.100.9"
#define HOA		"2001:db8:1:2:211:2233:4455:6677"

static const uint8_t key_fa_ha[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
    12, 13, 14, 15 };
static const uint8_t key_mn_ha[16] = { 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5,
    4, 3, 2, 1, 0 };
static const struct iid want = { { 2, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66,
    0x77 } };

/* ---- the world of one test ---- */

static struct mip4_sa sa[2];
static struct mip4_sa sa_mn;
static unsigned n_heard;

static void
count_heard(void *arg, struct in_addr from)
{
	(void)arg;
	ck_assert_uint_eq(from.s_addr, ip(HA).s_addr);
	n_heard++;
}

static void
set_up(void)
{
	client_up(COA, 1800);
	core.agents.heard = count_heard;
	n_heard = 0;
	sa[0] = (struct mip4_sa){ .spi = 256, .alg = MIP4_ALG_HMAC_MD5,
	    .key_len = 16 };
	memcpy(sa[0].key, key_fa_ha, 16);
	sa[1] = (struct mip4_sa){ .spi = 257, .alg = MIP4_ALG_HMAC_SHA256,
	    .key_len = 16 };
	memcpy(sa[1].key, key_mn_ha, 16);
	sa_mn = (struct mip4_sa){ .spi = 512, .alg = MIP4_ALG_HMAC_MD5,
	    .key_len = 16 };
	memcpy(sa_mn.key, key_mn_ha, 16);
}

static void
tear_down(void)
{
	client_down();
	for (unsigned i = 0; i < n_sent; i++)
		ck_assert_uint_eq(sent[i].from.s_addr, ip(COA).s_addr);
}

static struct mip_reg_request
request(bool unique)
{
	return (struct mip_reg_request){
		.nai = NAI,
		.subject = "s1",
		.ha = { ip(HA), sa, 2 },
		.unique = unique,
		.iid = want,
		.budget_ms = 15000,
	};
}

static void
start(bool unique)
{
	struct mip_reg_request q = request(unique);

	start_as(&q);
	ck_assert_uint_eq(n_sent, 1);
}

/* ---- the home agent ---- */

static void
put_hoa(struct m *m, const char *hoa, bool u)
{
	const struct in6_addr a = ip6(hoa);
	uint8_t b[17] = { u ? 0x80 : 0 };

	memcpy(b + 1, &a, 16);
	m_ext(m, 221, b, sizeof(b));
}

static void
sign(struct m *m)
{
	m_auth(m, 34, 256, key_fa_ha);
}

static uint64_t
be64(const uint8_t *p)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < 8; i++)
		v = v << 8 | p[i];
	return v;
}

static uint32_t
be32(const uint8_t *p)
{
	return (uint32_t)(be64(p) >> 32);
}

/* The extension of a type in a request sent, by walking; NULL if absent. */
static const uint8_t *
ext_of(unsigned i, uint8_t type)
{
	const struct datagram *d = &sent[i];
	size_t off = d->m.b[0] == 15 ? 12 : 24;

	while (off < d->m.n) {
		if (d->m.b[off] == type)
			return d->m.b + off;
		off += 2 + (size_t)d->m.b[off + 1];
	}
	return NULL;
}

static void
input(const struct m *m)
{
	receive(HA, COA, m);
}

/* An ordinary answer to request i, not yet signed. */
static struct m
reply_to(unsigned i, unsigned code, unsigned lifetime)
{
	struct m m = reply_head(i, code, lifetime);

	put_hoa(&m, HOA, true);
	return m;
}

static void
accept_as(unsigned i, unsigned lifetime, const char *hoa, bool u)
{
	struct m m = reply_head(i, 0, lifetime);

	put_hoa(&m, hoa, u);
	put_137(&m, seconds());
	sign(&m);
	input(&m);
}

static void
accept_it(unsigned i)
{
	accept_as(i, lifetime_of(i), HOA, true);
}

static void
deny_it(unsigned i, unsigned code)
{
	struct m m = reply_head(i, code, 0);

	sign(&m);
	input(&m);
}

/* 133, from a home agent whose clock is ahead of ours by so many seconds. */
static void
mismatch(unsigned i, int32_t ahead)
{
	uint32_t s = seconds() + (uint32_t)ahead;
	struct m m = reply_with(133, 0, (uint64_t)s << 32 |
	    (uint32_t)id_of(i));

	m_nai(&m, NAI);
	sign(&m);
	input(&m);
}

static void
bind_it(void)
{
	start(true);
	accept_it(0);
	ck_assert_uint_eq(seen.registered, 1);
	ck_assert_int_eq(seen.res.outcome, MIP_REGISTERED);
}

static struct m
revocation(uint32_t id, bool a, const char *hda, const char *fda,
    const char *nai, const char *hoa)
{
	struct m m = { .n = 0 };

	m_int(&m, 7, 1);
	m_int(&m, 0, 1);
	m_int(&m, a ? 0x8000 : 0, 2);
	m_ip(&m, "0.0.0.0");
	m_ip(&m, hda);
	m_ip(&m, fda);
	m_int(&m, id, 4);
	if (nai != NULL)
		m_nai(&m, nai);
	if (hoa != NULL)
		put_hoa(&m, hoa, true);
	sign(&m);
	return m;
}

static void
revoke_it(uint32_t id, bool a, const char *hda, const char *fda,
    const char *nai, const char *hoa)
{
	const struct m m = revocation(id, a, hda, fda, nai, hoa);

	input(&m);
}

/* ---- vectors: the bytes others made ---- */

static struct m
vector(const char *name)
{
	struct vectors all;
	const struct vector *v;
	struct m m = { .n = 0 };

	vectors_load(&all);
	v = vectors_find(&all, name);
	m_put(&m, v->msg, v->len);
	return m;
}

static void
expect_vector(unsigned i, const char *name)
{
	const struct m m = vector(name);

	ck_assert_uint_lt(i, n_sent);
	ck_assert_uint_eq(sent[i].m.n, m.n);
	ck_assert_mem_eq(sent[i].m.b, m.b, m.n);
	ck_assert_uint_eq(sent[i].port, 434);
	ck_assert_uint_eq(sent[i].to.s_addr, ip(HA).s_addr);
}

static void
input_vector(const char *name)
{
	const struct m m = vector(name);

	input(&m);
}

START_TEST(vectors_of_a_session)
{
	now.ntp_still = true;
	start(true);
	expect_vector(0, "rrq_ar_unique");
	input_vector("rrp_ar_unique");
	ck_assert_int_eq(seen.res.outcome, MIP_REGISTERED);
	ck_assert(seen.res.unique);
	ck_assert_uint_eq(seen.res.lifetime, 1800);
	ck_assert_mem_eq(&seen.res.hoa, ip6(HOA).s6_addr, 16);

	now.ntp = NTP0 + 2;
	advance(1350 * 1000);
	expect_vector(1, "rrq_ar_renew");

}
END_TEST

START_TEST(vector_shared)
{
	now.ntp_still = true;
	now.ntp = NTP0 + 1;
	start(false);
	expect_vector(0, "rrq_ar_shared");
	input_vector("rrp_ar_shared");
	ck_assert_int_eq(seen.res.outcome, MIP_REGISTERED);
	ck_assert(!seen.res.unique);
}
END_TEST

START_TEST(vector_deregistration)
{
	now.ntp_still = true;
	start(true);
	input_vector("rrp_ar_unique");
	now.ntp = NTP0 + 3;
	advance(1000);
	mip_reg_deregister(reg);
	expect_vector(1, "rrq_ar_dereg");
}
END_TEST

START_TEST(vector_133)
{
	now.ntp_still = true;
	start(true);
	input_vector("rrp_denied_133");
	ck_assert_uint_eq(n_sent, 2);
	ck_assert_uint_eq((uint32_t)(id_of(1) >> 32), 0xe5a1c000);
}
END_TEST

START_TEST(vector_revocation)
{
	now.ntp_still = true;
	start(true);
	input_vector("rrp_ar_unique");
	now.ntp = NTP0 + (UINT64_C(10) << 32);
	input_vector("rev_ha_ar");
	ck_assert_uint_eq(seen.revoked, 1);
	expect_vector(1, "ack_ar_ha");
}
END_TEST

/* ---- first registration ---- */

START_TEST(success)
{
	start(true);
	ck_assert_uint_eq(seen.registered, 0);
	advance(30);
	accept_as(0, 600, HOA, true);
	ck_assert_uint_eq(seen.registered, 1);
	ck_assert_int_eq(seen.res.outcome, MIP_REGISTERED);
	ck_assert_uint_eq(seen.res.lifetime, 600);
	ck_assert_uint_eq(seen.res.tries, 1);
	ck_assert_int_eq(seen.res.rtt_us, 30000);
	/* counted from when the request was sent */
	ck_assert_uint_eq(mip_reg_left(reg), 599);
	test_has(seen.steps, "rrq-sent: try 1, IID 0211:2233:4455:6677");
	test_has(seen.steps, "rrp-received: code 0, lifetime 600, " HOA);
	accept_it(0);		/* the network doubled it */
	ck_assert_uint_eq(seen.registered, 1);
	ck_assert_uint_eq(core.count[MIP_C_DROP_UNMATCHED], 1);
}
END_TEST

START_TEST(code_1_is_success)
{
	struct m m;

	start(true);
	m = reply_to(0, 1, 600);
	sign(&m);
	input(&m);
	ck_assert_int_eq(seen.res.outcome, MIP_REGISTERED);
	ck_assert_uint_eq(seen.res.code, 1);
}
END_TEST

START_TEST(lifetime_above_the_request)
{
	start(true);
	accept_as(0, 5000, HOA, true);
	ck_assert_uint_eq(seen.res.lifetime, 1800);
}
END_TEST

START_TEST(retransmission_times)
{
	static const int64_t at[] = { 0, 1000, 3000, 7000, 15000 };
	struct mip_reg_request q = request(true);

	q.budget_ms = 120000;
	start_as(&q);
	advance(30999);
	ck_assert_uint_eq(n_sent, 5);
	for (unsigned i = 0; i < 5; i++) {
		ck_assert_int_eq(sent[i].ms, at[i]);
		if (i > 0)
			ck_assert(id_of(i) > id_of(i - 1));
		/* each signed anew */
		if (i > 0)
			ck_assert_mem_ne(ext_of(i, 34) + 6,
			    ext_of(i - 1, 34) + 6, 16);
	}
	ck_assert_uint_eq(seen.registered, 0);
	advance(1);
	ck_assert_uint_eq(seen.registered, 1);
	ck_assert_int_eq(seen.res.outcome, MIP_NO_REPLY);
	ck_assert_uint_eq(seen.res.tries, 5);
	advance(100000);
	ck_assert_uint_eq(n_sent, 5);
}
END_TEST

START_TEST(retransmission_cap)
{
	struct mip_reg_request q = request(true);

	core.params.attempts = 8;
	q.budget_ms = 1000000;
	start_as(&q);
	advance(200000);
	ck_assert_uint_eq(n_sent, 8);
	ck_assert_int_eq(sent[6].ms - sent[5].ms, 32000);
	ck_assert_int_eq(sent[7].ms - sent[6].ms, 32000);
}
END_TEST

START_TEST(budget)
{
	start(true);
	advance(14999);
	ck_assert_uint_eq(seen.registered, 0);
	advance(1);
	ck_assert_uint_eq(seen.registered, 1);
	ck_assert_int_eq(seen.res.outcome, MIP_NO_REPLY);
	ck_assert_int_eq(seen.res.rtt_us, 0);
}
END_TEST

START_TEST(late_reply_to_an_older_try)
{
	start(true);
	advance(3500);
	ck_assert_uint_eq(n_sent, 3);
	accept_it(0);
	ck_assert_int_eq(seen.res.outcome, MIP_REGISTERED);
	ck_assert_uint_eq(mip_reg_left(reg), 1796);
	/* and the others' answers are nobody's */
	accept_it(2);
	ck_assert_uint_eq(core.count[MIP_C_DROP_UNMATCHED], 1);
}
END_TEST

/* What it grants is over: as if it had not come. */
START_TEST(reply_later_than_its_lifetime)
{
	start(true);
	advance(4000);
	ck_assert_uint_eq(n_sent, 3);
	accept_as(0, 4, HOA, true);
	ck_assert_uint_eq(seen.registered, 0);
	accept_as(1, 4, HOA, true);
	ck_assert_uint_eq(seen.registered, 1);
	ck_assert_uint_eq(mip_reg_left(reg), 1);
}
END_TEST

/* A second later to the point the low half is the same. */
START_TEST(old_reply_with_the_same_low_half)
{
	struct mip_reg_request q = request(true);

	bind_it();
	mip_reg_abandon(reg);
	start_as(&q);
	advance(1000);
	ck_assert_uint_eq((uint32_t)id_of(0), (uint32_t)id_of(1));
	accept_it(0);
	ck_assert_uint_eq(seen.registered, 1);
	ck_assert_uint_eq(core.count[MIP_C_DROP_UNMATCHED], 1);
	accept_it(1);
	ck_assert_uint_eq(seen.registered, 2);
}
END_TEST

START_TEST(low_bits_are_random)
{
	dice = 0xabcd1234;
	start(true);
	ck_assert_uint_eq(id_of(0), NTP0 ^ 0x1234);
}
END_TEST

START_TEST(most_recent_only)
{
	core.params.match_most_recent_only = true;
	start(true);
	advance(1500);
	accept_it(0);
	ck_assert_uint_eq(seen.registered, 0);
	ck_assert_uint_eq(core.count[MIP_C_DROP_UNMATCHED], 1);
	accept_it(1);
	ck_assert_uint_eq(seen.registered, 1);
}
END_TEST

START_TEST(denied)
{
	start(true);
	deny_it(0, 129);
	ck_assert_uint_eq(seen.registered, 1);
	ck_assert_int_eq(seen.res.outcome, MIP_DENIED);
	ck_assert_uint_eq(seen.res.code, 129);
	ck_assert_str_eq(seen.res.text, "administratively prohibited");
	advance(60000);
	ck_assert_uint_eq(n_sent, 1);
	/* nothing is bound: leaving needs no message */
	mip_reg_deregister(reg);
	ck_assert_uint_eq(seen.gone, 0);
	advance(0);
	ck_assert_uint_eq(seen.gone, 1);
	ck_assert(seen.answered);
	ck_assert_uint_eq(n_sent, 1);
}
END_TEST

/* Authentication that failed may have been that of a copy which somebody bent:
 * our own request may have been accepted [D87]. */
START_TEST(denied_for_a_bent_copy)
{
	static const uint8_t codes[] = { 131, 132 };

	start(true);
	deny_it(0, codes[_i]);
	ck_assert_int_eq(seen.res.outcome, MIP_DENIED);
	mip_reg_deregister(reg);
	advance(1000);
	ck_assert_uint_eq(n_sent, 2);
	ck_assert_uint_eq(lifetime_of(1), 0);
	deny_it(1, codes[_i]);
	ck_assert_uint_eq(seen.gone, 0);
	advance(1000);
	ck_assert_uint_eq(n_sent, 3);
	accept_as(2, 0, HOA, true);
	ck_assert_uint_eq(seen.gone, 1);
}
END_TEST

/* A home agent may not know the probe's NAI (had's "realms"): it is there all
 * the same [D62], and does not have to be asked again. */
START_TEST(refused_probe)
{
	const struct mip_ha ha = { ip(HA), sa, 2 };
	struct m m;

	mip_leave_probe(&core, &ha);
	ck_assert_uint_eq(n_sent, 1);
	ck_assert_uint_eq(lifetime_of(0), 0);
	m = reply_with(129, 0, id_of(0));
	m_nai(&m, "probe-" COA "@netmip4.invalid");
	input(&m);		/* from anybody */
	ck_assert_uint_eq(n_heard, 0);
	sign(&m);
	input(&m);
	ck_assert_uint_eq(n_heard, 1);
	advance(60000);
	ck_assert_uint_eq(n_sent, 1);
	ck_assert_uint_eq(core.n_regs, 0);
}
END_TEST

START_TEST(another_home_agent_is_reported)
{
	struct m m;

	start(true);
	m = reply_with(136, 0, id_of(0));
	memcpy(m.b + 8, &(struct in_addr){ ip(HA2).s_addr }, 4);
	m_nai(&m, NAI);
	sign(&m);
	input(&m);
	ck_assert_int_eq(seen.res.outcome, MIP_DENIED);
	ck_assert_uint_eq(seen.res.code, 136);
	ck_assert_uint_eq(seen.res.ha.s_addr, ip(HA2).s_addr);
	ck_assert_uint_eq(seen.res.redirect.s_addr, ip(HA2).s_addr);
}
END_TEST

static void
put_redirect(struct m *m, bool here)
{
	if (!here)
		return;
	memcpy(m->b + m->n, "\x8b\2\0\4", 4);
	memcpy(m->b + m->n + 4, &(struct in_addr){ ip(HA2).s_addr }, 4);
	m->n += 8;
}

/* 143 names it in an extension, if that is authentic; other codes do not,
 * whatever they carry [RFC 4433 4.2]. */
START_TEST(redirected)
{
	static const struct {
		uint8_t		code;
		bool		covered, follow;
	} t[] = { { 143, true, true }, { 143, false, false },
	    { 130, true, false } };
	struct m m;

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		n_sent = 0;
		start(true);
		m = reply_head(0, t[i].code, 0);
		put_redirect(&m, t[i].covered);
		sign(&m);
		put_redirect(&m, !t[i].covered);
		input(&m);
		ck_assert_int_eq(seen.res.outcome, MIP_DENIED);
		ck_assert_uint_eq(seen.res.code, t[i].code);
		ck_assert_uint_eq(seen.res.redirect.s_addr, t[i].follow ?
		    ip(HA2).s_addr : INADDR_ANY);
		mip_reg_free(reg);
		reg = NULL;
	}
}
END_TEST

START_TEST(owner_frees_in_the_event)
{
	seen.then = FREE;
	start(true);
	accept_it(0);
	ck_assert_uint_eq(seen.registered, 1);
	ck_assert_ptr_null(reg);
	advance(10000000);
	ck_assert_uint_eq(n_sent, 1);
}
END_TEST

/* ---- 133 ---- */

START_TEST(resynchronisation)
{
	start(true);
	advance(40);
	mismatch(0, 60);
	ck_assert_uint_eq(n_sent, 2);
	ck_assert_int_eq(sent[1].ms, 40);
	ck_assert_uint_eq((uint32_t)(id_of(1) >> 32), seconds() + 60);
	ck_assert_int_eq(core.ha_list->offset_s, 60);
	/* the timestamp of 137 is our own clock's [D13] */
	ck_assert_uint_eq(be32(ext_of(1, 137) + 4), seconds());
	accept_it(1);
	ck_assert_int_eq(seen.res.outcome, MIP_REGISTERED);
	/* kept for the home agent: the renewal needs no 133 */
	advance(1350 * 1000);
	ck_assert_uint_eq(n_sent, 3);
	ck_assert_uint_eq((uint32_t)(id_of(2) >> 32), seconds() + 60);
}
END_TEST

START_TEST(resynchronisation_backwards)
{
	start(true);
	mismatch(0, -60);
	ck_assert_uint_eq(n_sent, 2);
	ck_assert_uint_eq((uint32_t)(id_of(1) >> 32), seconds() - 60);
	accept_it(1);
	ck_assert_int_eq(seen.res.outcome, MIP_REGISTERED);
	advance(1350 * 1000);
	ck_assert(id_of(2) > id_of(1));
}
END_TEST

/* Between request and renewal the clock's era ends, in 2036. */
START_TEST(era_ends)
{
	now.ntp = UINT64_C(0xfffffffe) << 32;
	start(true);
	ck_assert_uint_eq((uint32_t)(id_of(0) >> 32), 0xfffffffe);
	accept_it(0);
	advance(1350 * 1000);
	ck_assert_uint_eq(n_sent, 2);
	ck_assert_uint_eq((uint32_t)(id_of(1) >> 32), 1348);
	ck_assert_int_gt(ntp_cmp(id_of(1), id_of(0)), 0);
	ck_assert_uint_eq(be32(ext_of(1, 137) + 4), 1348);
	accept_it(1);
	ck_assert_uint_eq(seen.lost, 0);
	revoke_it(seconds() + 1, true, HA, COA, NAI, HOA);
	ck_assert_uint_eq(seen.revoked, 1);
}
END_TEST

/* The home agent's is over already, ours is not. */
START_TEST(era_ends_there_first)
{
	now.ntp = UINT64_C(0xfffffff0) << 32;
	start(true);
	mismatch(0, 60);
	ck_assert_uint_eq(n_sent, 2);
	ck_assert_uint_eq((uint32_t)(id_of(1) >> 32), 44);
	ck_assert_int_eq(core.ha_list->offset_s, 60);
	accept_it(1);
	revoke_it(0xffffffe0, true, HA, COA, NAI, HOA);
	ck_assert_uint_eq(seen.revoked, 0);
	revoke_it(44, true, HA, COA, NAI, HOA);
	ck_assert_uint_eq(seen.revoked, 1);
}
END_TEST

/* A revocation over it. */
START_TEST(era_ends_before_a_revocation)
{
	now.ntp = UINT64_C(0xfffffffd) << 32;
	bind_it();
	advance(9000);
	revoke_it(0xfffffff8, true, HA, COA, NAI, HOA);
	ck_assert_uint_eq(seen.revoked, 0);
	revoke_it(3, true, HA, COA, NAI, HOA);
	ck_assert_uint_eq(seen.revoked, 1);
}
END_TEST

START_TEST(retry_at_once_only_once)
{
	start(true);
	mismatch(0, 60);
	ck_assert_uint_eq(n_sent, 2);
	mismatch(1, 200);
	ck_assert_uint_eq(n_sent, 2);
	advance(999);
	ck_assert_uint_eq(n_sent, 2);
	advance(1);
	ck_assert_uint_eq(n_sent, 3);
	ck_assert(id_of(2) > id_of(1));
	ck_assert_uint_eq((uint32_t)(id_of(2) >> 32), seconds() + 200);
	advance(14000);
	ck_assert_uint_eq(seen.registered, 1);
	ck_assert_int_eq(seen.res.outcome, MIP_DENIED);
	ck_assert_uint_eq(seen.res.code, 133);
}
END_TEST

START_TEST(clock_offset_limited)
{
	core.params.max_clock_offset = 30;
	start(true);
	mismatch(0, 31);
	ck_assert_int_eq(core.ha_list->offset_s, 0);
	ck_assert_uint_eq(n_sent, 2);
	mismatch(1, -31);
	ck_assert_int_eq(core.ha_list->offset_s, 0);
	advance(60000);
	ck_assert_uint_eq(seen.registered, 1);
	ck_assert_int_eq(seen.res.outcome, MIP_DENIED);
	ck_assert_uint_eq(seen.res.code, 133);
	mip_reg_free(reg);
	n_sent = 0;
	start(true);
	mismatch(0, 30);
	ck_assert_int_eq(core.ha_list->offset_s, 30);
}
END_TEST

START_TEST(mismatch_with_a_right_clock_grows)
{
	start(true);
	mismatch(0, 0);
	ck_assert_uint_eq(n_sent, 2);
	ck_assert(id_of(1) > id_of(0));
	ck_assert_int_eq(core.ha_list->offset_s, 0);
}
END_TEST

START_TEST(answers_of_older_clocks_do_not_shake_it)
{
	start(true);
	advance(3500);		/* three tries with the wrong clock */
	mismatch(0, 60);
	advance(900);
	mismatch(1, 40);	/* it was long under way */
	mismatch(2, 20);
	ck_assert_int_eq(core.ha_list->offset_s, 60);
	ck_assert_uint_eq(n_sent, 4);
	accept_it(3);
	ck_assert_int_eq(seen.res.outcome, MIP_REGISTERED);
}
END_TEST

/* Two keys that differ: the reason says so. */
START_TEST(unproven_answers_are_the_reason)
{
	struct m m;

	start(true);
	m = reply_head(0, 132, 0);
	sign(&m);
	m.b[m.n - 1] ^= 1;
	input(&m);
	ck_assert_uint_eq(seen.registered, 0);
	advance(15000);
	ck_assert_int_eq(seen.res.outcome, MIP_NO_REPLY);
	ck_assert_ptr_nonnull(strstr(seen.res.text, "authentication"));
}
END_TEST

START_TEST(forged_mismatch_does_not_move_the_clock)
{
	struct m m;

	start(true);
	m = reply_with(133, 0, (UINT64_C(1) << 32) | (uint32_t)id_of(0));
	m_nai(&m, NAI);
	sign(&m);
	m.b[m.n - 1] ^= 1;
	input(&m);
	ck_assert_uint_eq(n_sent, 1);
	ck_assert_int_eq(core.ha_list->offset_s, 0);
	ck_assert_uint_eq(core.count[MIP_C_DROP_BAD_AUTH], 1);
}
END_TEST

/* ---- replies that are no good ---- */

START_TEST(forged_replies_are_counted_and_harmless)
{
	struct m good, m;

	start(true);
	good = reply_to(0, 0, 1800);
	put_137(&good, seconds());
	m = good;
	m_auth(&m, 34, 256, key_mn_ha);
	input(&m);
	ck_assert_uint_eq(core.count[MIP_C_DROP_BAD_AUTH], 1);

	m = good;
	m_auth(&m, 34, 999, key_fa_ha);
	input(&m);
	ck_assert_uint_eq(core.count[MIP_C_DROP_SPI], 1);

	input(&good);		/* unsigned */
	ck_assert_uint_eq(core.count[MIP_C_DROP_NO_AUTH], 1);

	m = good;
	sign(&m);
	sign(&m);
	input(&m);
	ck_assert_uint_eq(core.count[MIP_C_DROP_TWO_AUTH], 1);

	m = good;
	sign(&m);
	receive(HA2, COA, &m);
	ck_assert_uint_eq(core.count[MIP_C_DROP_SOURCE], 1);

	m = good;
	memcpy(m.b + 8, &(struct in_addr){ ip(HA2).s_addr }, 4);
	sign(&m);
	input(&m);
	ck_assert_uint_eq(core.count[MIP_C_DROP_HA_FIELD], 1);

	m = good;
	m.b[19] ^= 1;		/* another Identification */
	sign(&m);
	input(&m);
	ck_assert_uint_eq(core.count[MIP_C_DROP_UNMATCHED], 1);

	ck_assert_uint_eq(seen.registered, 0);
	ck_assert_uint_eq(core.n_regs, 1);
	m = good;
	m_auth_by(&m, 34, 257, EVP_sha256(), key_mn_ha); /* the other */
	input(&m);
	ck_assert_int_eq(seen.res.outcome, MIP_REGISTERED);
}
END_TEST

START_TEST(every_bit_counts)
{
	struct m good, m;

	start(true);
	good = reply_to(0, 0, 1800);
	put_137(&good, seconds());
	sign(&good);
	for (size_t bit = 0; bit < good.n * 8; bit++) {
		m = good;
		m.b[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		input(&m);
		ck_assert_msg(seen.registered == 0, "bit %zu", bit);
	}
	for (size_t n = 0; n < good.n; n++) {
		m = good;
		m.n = n;
		input(&m);
		ck_assert_msg(seen.registered == 0, "%zu bytes", n);
	}
	m = good;
	m_int(&m, 0, 1);	/* one byte behind the authenticator: a pad */
	input(&m);
	ck_assert_uint_eq(core.n_regs, 1);
	ck_assert_uint_eq(n_sent, 1);
}
END_TEST

START_TEST(other_messages)
{
	struct m m = { .n = 0 };

	start(true);
	m = sent[0].m;
	input(&m);		/* our own request */
	ck_assert_uint_eq(core.count[MIP_C_DROP_NOT_OURS], 1);
	m.b[0] = 16;
	input(&m);
	ck_assert_uint_eq(core.count[MIP_C_DROP_TYPE], 1);
	m.n = 3;
	m.b[0] = 3;
	input(&m);
	ck_assert_uint_eq(core.count[MIP_C_DROP_SHORT], 1);
	m = reply_with(0, 1800, id_of(0));
	m_ext(&m, 60, "", 0);		/* unknown, not skippable */
	sign(&m);
	input(&m);
	ck_assert_uint_eq(core.count[MIP_C_DROP_EXT], 1);
	m = reply_with(0, 1800, id_of(0));
	m_int(&m, 131, 1);
	m_int(&m, 40, 1);
	input(&m);
	ck_assert_uint_eq(core.count[MIP_C_DROP_MALFORMED], 1);
}
END_TEST

/* Both ends must agree on numbers, so the log says which was not known [D3];
 * not for each datagram that a stranger sends. */
START_TEST(unknown_number_is_logged)
{
	char said[4096], dir[64], *at = said;
	unsigned lines = 0;
	struct m m;
	int saved;

	start(true);
	m = reply_with(0, 1800, id_of(0));
	m_ext(&m, 60, "", 0);
	sign(&m);
	test_dir_enter(dir);
	saved = test_log_begin();
	for (unsigned i = 0; i < 20; i++)
		input(&m);
	test_log_end(saved, said, sizeof(said));
	test_dir_leave(dir);
	for (; (at = strstr(at, "unknown extension 60")) != NULL; at++)
		lines++;
	ck_assert_uint_eq(lines, 1);
}
END_TEST

START_TEST(nai_of_the_reply)
{
	struct m m;

	start(true);
	m = reply_with(0, 1800, id_of(0));
	m_nai(&m, "mallory@example.net");
	put_hoa(&m, HOA, true);
	sign(&m);
	input(&m);
	m = reply_with(0, 1800, id_of(0));
	put_hoa(&m, HOA, true);
	sign(&m);
	input(&m);
	ck_assert_uint_eq(core.count[MIP_C_DROP_NAI], 2);
	ck_assert_uint_eq(seen.registered, 0);
	core.params.require_nai = false;
	input(&m);
	ck_assert_uint_eq(seen.registered, 1);
	ck_assert_uint_eq(core.count[MIP_C_NO_NAI], 1);
}
END_TEST

START_TEST(realm_without_case)
{
	struct m m;

	start(true);
	m = reply_with(0, 1800, id_of(0));
	m_nai(&m, "alice@EXAMPLE.Net");
	put_hoa(&m, HOA, true);
	sign(&m);
	input(&m);
	ck_assert_int_eq(seen.res.outcome, MIP_REGISTERED);
}
END_TEST

START_TEST(mn_ha_where_there_is_a_key)
{
	struct mip_reg_request q = request(true);
	const uint8_t *mn;
	struct m m;

	q.mn_ha = &sa_mn;
	start_as(&q);
	mn = ext_of(0, 32);
	ck_assert_ptr_nonnull(mn);
	/* order: 120, 32, 137, 34 [PROTOCOLS 6] */
	ck_assert(ext_of(0, 120) < mn && mn < ext_of(0, 137) &&
	    ext_of(0, 137) < ext_of(0, 34));
	m = reply_to(0, 0, 1800);
	sign(&m);
	input(&m);
	ck_assert_uint_eq(core.count[MIP_C_DROP_MN_AUTH], 1);
	m = reply_head(0, 133, 0);
	sign(&m);
	input(&m);
	ck_assert_uint_eq(core.count[MIP_C_DROP_MN_AUTH], 2);
	m = reply_to(0, 0, 1800);
	m_auth(&m, 32, 512, key_mn_ha);
	put_137(&m, seconds());
	sign(&m);
	input(&m);
	ck_assert_int_eq(seen.res.outcome, MIP_REGISTERED);
}
END_TEST

/* Authentication has given the mobile node another key [D145]. */
START_TEST(another_mn_ha)
{
	struct mip_reg_request q = request(true);
	struct mip4_sa other = sa_mn;
	const uint8_t *mn;
	struct m m;

	q.mn_ha = &sa_mn;
	start_as(&q);
	m = reply_to(0, 0, 1800);
	m_auth(&m, 32, 512, key_mn_ha);
	sign(&m);
	input(&m);
	ck_assert_int_eq(seen.res.outcome, MIP_REGISTERED);
	other.spi = 700;
	memcpy(other.key, key_fa_ha, sizeof(key_fa_ha));
	mip_reg_set_mn_ha(reg, &other);
	memset(&other, 0, sizeof(other));
	advance(1350 * 1000);
	mn = ext_of(1, 32);
	ck_assert_ptr_nonnull(mn);
	ck_assert_mem_eq(mn + 2, "\0\0\2\274", 4);
	/* nor does the old one answer for the home agent any more */
	m = reply_to(1, 0, 1800);
	m_auth(&m, 32, 512, key_mn_ha);
	sign(&m);
	input(&m);
	ck_assert_uint_eq(core.count[MIP_C_DROP_MN_AUTH], 1);
	m = reply_to(1, 0, 1800);
	m_auth(&m, 32, 700, key_fa_ha);
	sign(&m);
	input(&m);
	ck_assert_uint_eq(core.count[MIP_C_ACCEPTED], 2);
}
END_TEST

/* In each request: first, renewal, deregistration [RFC 5446 3]. */
START_TEST(service_in_every_request)
{
	struct mip_reg_request q = request(true);
	char name[MIP4_SERVICE_MAX + 2];

	q.service = "business";
	q.mn_ha = &sa_mn;
	start_as(&q);
	for (unsigned i = 0; i < 3; i++) {
		const uint8_t *s = ext_of(i, 151);

		ck_assert_ptr_nonnull(s);
		ck_assert_uint_eq(s[1], 8);
		ck_assert_mem_eq(s + 2, "business", 8);
		ck_assert(ext_of(i, 131) < s && s < ext_of(i, 32));
		if (i == 0) {
			struct m m = reply_to(0, 0, 1800);
			m_auth(&m, 32, 512, key_mn_ha);
			sign(&m);
			input(&m);
			advance(1350 * 1000);
		} else if (i == 1) {
			mip_reg_deregister(reg);
			advance(1000);
		}
	}
	ck_assert_uint_eq(lifetime_of(2), 0);
	mip_reg_free(reg);
	q.service = "";
	start_as(&q);
	ck_assert_ptr_null(ext_of(3, 151));
	mip_reg_free(reg);
	reg = NULL;
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	q.service = name;
	ck_assert_ptr_null(mip_reg_create(&core, &q, &events, NULL));
}
END_TEST

START_TEST(denial_needs_no_mn_ha)
{
	struct mip_reg_request q = request(true);

	q.mn_ha = &sa_mn;
	start_as(&q);
	deny_it(0, 131);
	ck_assert_int_eq(seen.res.outcome, MIP_DENIED);
	ck_assert_uint_eq(seen.res.code, 131);
}
END_TEST

/* ---- accepted, and of no use ---- */

static void
is_noted(const struct violation *v, void *arg)
{
	ck_assert_uint_eq(v->from.s_addr, ip(HA).s_addr);
	ck_assert_str_eq(v->reason, *(const char **)arg);
	ck_assert_uint_eq(v->count, 1);
	*(const char **)arg = NULL;
}

static void
expect_useless(const struct m *m, const char *why)
{
	struct violations *refused = violations_new(&fake_clock);

	core.violations = refused;
	input(m);
	core.violations = NULL;
	ck_assert_uint_eq(seen.registered, 1);
	ck_assert_int_eq(seen.res.outcome, MIP_USELESS);
	ck_assert_str_eq(seen.res.text, why);
	violations_each(refused, is_noted, &why);
	ck_assert_ptr_null(why);
	violations_free(refused);
	advance(1000);
	ck_assert_uint_eq(n_sent, 2);
	ck_assert_uint_eq(lifetime_of(1), 0);
	deny_it(1, 129);
	ck_assert_uint_eq(seen.gone, 1);
}

START_TEST(without_221)
{
	struct m m;

	start(true);
	m = reply_head(0, 0, 1800);
	sign(&m);
	expect_useless(&m, "HA does not support IPv6 HoA");
	ck_assert_ptr_nonnull(ext_of(1, 120));
}
END_TEST

START_TEST(with_empty_221)
{
	struct m m;

	start(true);
	m = reply_head(0, 0, 1800);
	m_ext(&m, 221, "", 1);
	sign(&m);
	expect_useless(&m, "HA does not support IPv6 HoA");
}
END_TEST

START_TEST(hoa_behind_the_authenticator)
{
	struct m m;

	start(true);
	m = reply_head(0, 0, 1800);
	sign(&m);
	put_hoa(&m, HOA, true);
	expect_useless(&m, "HA does not support IPv6 HoA");
}
END_TEST

START_TEST(invalid_hoa)
{
	static const char *const bad[] = { "::", "fe80::1", "ff02::1", "::1",
	    "::ffff:192.0.2.1", "2001:db8:1:2::" };
	struct m m;

	start(false);
	m = reply_head(0, 0, 1800);
	put_hoa(&m, bad[_i], false);
	sign(&m);
	expect_useless(&m, "home agent gave an invalid home address");
}
END_TEST

/* Neither subnet anycast nor Proxy Mobile IPv6's; nor what is our side's, of
 * which the home agent knows nothing [D149]. */
START_TEST(identifier_that_is_taken)
{
	static const struct {
		const char	*hoa, *why;
	} bad[] = {
		{ "2001:db8:1:2:fdff:ffff:ffff:ff80",
		    "home agent gave a reserved interface identifier" },
		{ "2001:db8:1:2:fdff:ffff:ffff:ffff",
		    "home agent gave a reserved interface identifier" },
		{ "2001:db8:1:2:200:5eff:fe00:5213",
		    "home agent gave a reserved interface identifier" },
		{ "2001:db8:1:2:1:2:3:4",
		    "home agent gave the identifier of our side of the link" },
	};
	struct mip_reg_request q = request(false);
	struct m m;

	q.taken = (struct iid){ { 0, 1, 0, 2, 0, 3, 0, 4 } };
	start_as(&q);
	m = reply_head(0, 0, 1800);
	put_hoa(&m, bad[_i].hoa, false);
	sign(&m);
	expect_useless(&m, bad[_i].why);
	ck_assert_mem_eq(ext_of(1, 221) + 3, ip6(bad[_i].hoa).s6_addr, 16);
}
END_TEST

static unsigned n_asked;

static const char *
refuse_hoa(void *arg, struct in_addr ha, const struct in6_addr *hoa,
    bool unique)
{
	const struct in6_addr good = ip6(HOA);

	n_asked++;
	ck_assert_ptr_eq(arg, &n_asked);
	ck_assert_uint_eq(ha.s_addr, ip(HA).s_addr);
	ck_assert(!unique);
	return IN6_ARE_ADDR_EQUAL(hoa, &good) ? NULL : "not that one";
}

START_TEST(out_of_bounds)
{
	struct m m;

	core.refuse = refuse_hoa;
	core.refuse_arg = &n_asked;
	n_asked = 0;
	start(false);
	m = reply_head(0, 0, 1800);
	put_hoa(&m, "2001:db8:bad::1", false);
	sign(&m);
	expect_useless(&m, "not that one");
	ck_assert_uint_eq(n_asked, 1);
	ck_assert_uint_eq(core.count[MIP_C_USELESS], 1);
	ck_assert_mem_eq(ext_of(1, 221) + 3, ip6("2001:db8:bad::1").s6_addr,
	    16);
	core.refuse = NULL;
}
END_TEST

START_TEST(renewal_out_of_bounds)
{
	core.refuse = refuse_hoa;
	core.refuse_arg = &n_asked;
	start(false);
	accept_as(0, 1800, HOA, false);
	ck_assert_int_eq(seen.res.outcome, MIP_REGISTERED);
	advance(1350 * 1000);
	ck_assert_uint_eq(n_sent, 2);
	accept_as(1, 1800, "2001:db8:bad::1", false);
	ck_assert_uint_eq(seen.changed, 0);
	ck_assert_uint_eq(seen.lost, 1);
	ck_assert_int_eq(seen.res.outcome, MIP_USELESS);
	ck_assert_str_eq(seen.res.text, "not that one");
	advance(1000);
	ck_assert_uint_eq(n_sent, 3);
	ck_assert_uint_eq(lifetime_of(2), 0);
	core.refuse = NULL;
}
END_TEST

START_TEST(another_identifier)
{
	struct m m;

	start(true);
	m = reply_head(0, 0, 1800);
	put_hoa(&m, "2001:db8:1:2::9", true);
	sign(&m);
	expect_useless(&m,
	    "home agent gave another identifier than asked for");
	/* what was bound is what is unbound */
	ck_assert_mem_eq(ext_of(1, 221) + 3, ip6("2001:db8:1:2::9").s6_addr,
	    16);
}
END_TEST

/* An answer is acted on once, also one that is of no use: its copy does not
 * bring back an address that a later answer has replaced. */
START_TEST(useless_once)
{
	struct m m;

	start(false);
	advance(1000);
	m = reply_head(0, 0, 1800);
	put_hoa(&m, "2001:db8:1:2::", false);
	sign(&m);
	input(&m);
	ck_assert_int_eq(seen.res.outcome, MIP_USELESS);
	accept_as(1, 1800, HOA, false);
	ck_assert_uint_eq(n_heard, 2);
	input(&m);
	ck_assert_uint_eq(core.count[MIP_C_DROP_UNMATCHED], 1);
	ck_assert_uint_eq(core.count[MIP_C_LATE], 1);
	ck_assert_uint_eq(n_heard, 2);
	advance(1000);
	ck_assert_mem_eq(ext_of(2, 221) + 3, ip6(HOA).s6_addr, 16);
	accept_as(2, 0, HOA, false);
	ck_assert_uint_eq(seen.gone, 1);
}
END_TEST

START_TEST(no_lifetime)
{
	struct m m;

	start(true);
	m = reply_to(0, 0, 0);
	sign(&m);
	expect_useless(&m, "home agent granted no lifetime");
}
END_TEST

START_TEST(unique_asked_u_not_set)
{
	start(true);
	accept_as(0, 1800, HOA, false);
	ck_assert_int_eq(seen.res.outcome, MIP_REGISTERED);
	ck_assert(!seen.res.unique);
	ck_assert_uint_eq(core.count[MIP_C_HA_ERROR], 1);
}
END_TEST

START_TEST(ipv4_home_address_is_repeated)
{
	struct m m;

	start(true);
	m = reply_with(0, 1800, id_of(0));
	memcpy(m.b + 4, &(struct in_addr){ ip("10.1.2.3").s_addr }, 4);
	m_nai(&m, NAI);
	put_hoa(&m, HOA, true);
	sign(&m);
	input(&m);
	ck_assert_int_eq(seen.res.outcome, MIP_REGISTERED);
	advance(1350 * 1000);
	ck_assert_uint_eq(be32(sent[1].m.b + 4), 0x0a010203);
	mip_reg_deregister(reg);
	advance(1000);
	ck_assert_uint_eq(be32(sent[2].m.b + 4), 0x0a010203);
}
END_TEST

/* ---- renewal ---- */

START_TEST(renewal)
{
	bind_it();
	advance(1349 * 1000);
	ck_assert_uint_eq(n_sent, 1);
	advance(1000);
	ck_assert_uint_eq(n_sent, 2);
	ck_assert_uint_eq(lifetime_of(1), 1800);
	ck_assert_ptr_null(ext_of(1, 120));
	ck_assert_uint_eq(ext_of(1, 221)[2], 0x80);
	ck_assert_mem_eq(ext_of(1, 221) + 3, ip6(HOA).s6_addr, 16);
	ck_assert(id_of(1) > id_of(0));
	accept_it(1);
	ck_assert_uint_eq(mip_reg_left(reg), 1800);
	ck_assert_uint_eq(seen.registered, 1);
	ck_assert_uint_eq(seen.changed + seen.lost, 0);
	test_has(seen.steps, "renewed: code 0");
	/* and so on */
	for (unsigned i = 2; i < 20; i++) {
		advance(1350 * 1000);
		ck_assert_uint_eq(n_sent, i + 1);
		accept_it(i);
	}
	ck_assert_uint_eq(seen.lost, 0);
}
END_TEST

START_TEST(renewal_jitter)
{
	dice = 1000;	/* the most of it */
	bind_it();
	advance(1214999);
	ck_assert_uint_eq(n_sent, 1);
	advance(1);
	ck_assert_uint_eq(n_sent, 2);
	/* and of those that have lost an agent together */
	advance(1099);
	ck_assert_uint_eq(n_sent, 2);
	advance(1);
	ck_assert_uint_eq(n_sent, 3);
}
END_TEST

START_TEST(u_is_repeated_as_received)
{
	start(false);
	accept_as(0, 1800, HOA, false);
	advance(1350 * 1000);
	ck_assert_uint_eq(ext_of(1, 221)[2], 0);
}
END_TEST

START_TEST(renewals_until_expiry)
{
	start(true);
	accept_as(0, 100, HOA, true);
	advance(99999);
	/* 75, 76, 78, 82, 90 */
	ck_assert_uint_eq(n_sent, 6);
	ck_assert_uint_eq(seen.lost, 0);
	ck_assert_uint_eq(mip_reg_left(reg), 0);
	advance(1);
	ck_assert_uint_eq(seen.lost, 1);
	ck_assert_int_eq(seen.res.outcome, MIP_NO_REPLY);
	ck_assert_uint_eq(core.count[MIP_C_EXPIRED], 1);
	/* a renewal may have got there, its answer lost: say good-bye */
	seen.then = KEEP;
	mip_reg_deregister(reg);
	ck_assert_uint_eq(n_sent, 7);
	ck_assert_uint_eq(lifetime_of(6), 0);
	ck_assert_ptr_nonnull(ext_of(6, 221));
}
END_TEST

START_TEST(late_renewal)
{
	start(true);
	accept_as(0, 100, HOA, true);
	advance(99000);
	accept_as(n_sent - 1, 100, HOA, true);
	advance(2000);
	ck_assert_uint_eq(seen.lost, 0);
	ck_assert_uint_eq(mip_reg_left(reg), 89);
}
END_TEST

START_TEST(short_lifetimes_keep_the_pace)
{
	start(true);
	accept_as(0, 1, HOA, true);
	advance(999);
	ck_assert_uint_eq(n_sent, 1);
	advance(1);
	ck_assert_uint_eq(seen.lost, 1);
	ck_assert_uint_le(n_sent, 2);
}
END_TEST

START_TEST(infinite)
{
	core.params.lifetime = 0xffff;
	start(true);
	accept_as(0, 0xffff, HOA, true);
	ck_assert_uint_eq(mip_reg_left(reg), UINT32_MAX);
	advance(INT64_C(1000) * 86400 * 365);
	ck_assert_uint_eq(n_sent, 1);
	ck_assert_uint_eq(seen.lost, 0);
}
END_TEST

START_TEST(renewal_denied)
{
	bind_it();
	advance(1350 * 1000);
	deny_it(1, 129);
	ck_assert_uint_eq(seen.lost, 1);
	ck_assert_int_eq(seen.res.outcome, MIP_DENIED);
	ck_assert_uint_eq(seen.res.code, 129);
	ck_assert_uint_eq(mip_reg_left(reg), 0);
	advance(3000 * 1000);
	ck_assert_uint_eq(n_sent, 2);
	ck_assert_uint_eq(seen.lost, 1);
	/* the binding before it may stand */
	mip_reg_deregister(reg);
	ck_assert_uint_eq(n_sent, 3);
	ck_assert_uint_eq(lifetime_of(2), 0);
}
END_TEST

/* The one before may have been accepted, and that reply be lost. */
START_TEST(second_try_denied)
{
	start(true);
	advance(1000);
	ck_assert_uint_eq(n_sent, 2);
	deny_it(1, 129);
	ck_assert_int_eq(seen.res.outcome, MIP_DENIED);
	advance(1000);
	mip_reg_deregister(reg);
	ck_assert_uint_eq(n_sent, 3);
	ck_assert_uint_eq(lifetime_of(2), 0);
}
END_TEST

START_TEST(renewal_mismatch)
{
	bind_it();
	advance(1350 * 1000);
	mismatch(1, 30);
	ck_assert_uint_eq(seen.lost, 0);
	ck_assert_uint_eq(n_sent, 3);
	accept_it(2);
	ck_assert_uint_eq(seen.lost, 0);
	ck_assert_uint_eq(mip_reg_left(reg), 1800);
}
END_TEST

START_TEST(renewal_with_another_address)
{
	bind_it();
	advance(1350 * 1000);
	accept_as(1, 1800, "2001:db8:7:7:211:2233:4455:6677", true);
	ck_assert_uint_eq(seen.changed, 1);
	ck_assert_uint_eq(seen.lost, 0);
	ck_assert_mem_eq(&seen.res.hoa,
	    ip6("2001:db8:7:7:211:2233:4455:6677").s6_addr, 16);
	advance(1350 * 1000);
	ck_assert_mem_eq(ext_of(2, 221) + 3, &seen.res.hoa, 16);
}
END_TEST

static unsigned n_unheard;

static void
count_unheard(void *arg, struct in_addr from, mono_t at)
{
	(void)arg;
	(void)from;
	ck_assert_int_eq(at.ns,
	    at_mono(sent[n_unheard].ms * 1000000).ns);
	n_unheard++;
}

/* A home agent has a second for each request; one that was sent just before
 * the end of patience is none that it did not answer [D62]. */
START_TEST(unheard_after_a_second)
{
	struct mip_reg_request q = request(true);

	n_unheard = 0;
	core.agents.unheard = count_unheard;
	q.budget_ms = 1500;
	start_as(&q);
	advance(5000);
	ck_assert_int_eq(seen.res.outcome, MIP_NO_REPLY);
	ck_assert_uint_eq(n_sent, 2);
	ck_assert_uint_eq(n_unheard, 1);
	mip_reg_free(reg);
	q.budget_ms = 2000;
	n_unheard = n_sent = 0;
	start_as(&q);
	advance(5000);
	ck_assert_uint_eq(n_sent, 2);
	ck_assert_uint_eq(n_unheard, 2);
	core.agents.unheard = NULL;
}
END_TEST

/* RFC 3543 3.2: what no authenticator covers is not negotiated. */
START_TEST(revocation_support_behind_the_authenticator)
{
	struct m m;

	start(true);
	m = reply_to(0, 0, 1800);
	sign(&m);
	put_137(&m, seconds());
	input(&m);
	ck_assert_int_eq(seen.res.outcome, MIP_REGISTERED);
	advance(10000);
	revoke_it(seconds(), true, HA, COA, NAI, HOA);
	ck_assert_uint_eq(seen.revoked, 0);
	ck_assert_uint_eq(core.count[MIP_C_DROP_REV_UNNEGOTIATED], 1);
}
END_TEST

START_TEST(two_home_addresses)
{
	struct m m;

	start(true);
	m = reply_to(0, 0, 1800);
	put_hoa(&m, "2001:db8:7:7:211:2233:4455:6677", true);
	sign(&m);
	expect_useless(&m, "HA does not support IPv6 HoA");
}
END_TEST

/* A 133 for a clock that has been set since says nothing of the new one: that
 * the home agent is silent afterwards is the reason. */
START_TEST(mismatch_of_an_older_clock_is_no_reason)
{
	start(true);
	advance(1500);			/* two tries with the wrong clock */
	mismatch(0, 60);
	ck_assert_uint_eq(n_sent, 3);
	mismatch(1, 60);
	advance(15000);
	ck_assert_uint_eq(seen.registered, 1);
	ck_assert_int_eq(seen.res.outcome, MIP_NO_REPLY);
}
END_TEST

/* The same address, but how much of the prefix is its own has changed. */
START_TEST(renewal_with_another_u)
{
	bind_it();
	advance(1350 * 1000);
	accept_as(1, 1800, HOA, false);
	ck_assert_uint_eq(seen.changed, 1);
	ck_assert(!seen.res.unique);
	advance(1350 * 1000);
	ck_assert_uint_eq(ext_of(2, 221)[2], 0);
}
END_TEST

/* While the agent is held nothing goes out, and it is not counted: afterwards
 * tries begin anew, for renewals and for what nobody waits for [D62, D64]. */
START_TEST(held_meanwhile)
{
	unsigned n;

	bind_it();
	advance(1350 * 1000);		/* the first, and at 1 and 3 s */
	advance(3000);
	ck_assert_uint_eq(n_sent, 4);
	mip_core_hold(&core, sent[0].to, true);
	advance(10000);
	ck_assert_uint_eq(n_sent, 4);
	mip_core_hold(&core, sent[0].to, false);
	ck_assert_uint_eq(n_sent, 5);
	advance(999);
	ck_assert_uint_eq(n_sent, 5);
	advance(1);
	ck_assert_uint_eq(n_sent, 6);
	accept_it(5);
	advance(5000);
	mip_reg_abandon(reg);
	reg = NULL;
	advance(1500);
	n = n_sent;
	ck_assert_uint_eq(n, 8);
	mip_core_hold(&core, sent[0].to, true);
	advance(10000);
	ck_assert_uint_eq(n_sent, n);
	mip_core_hold(&core, sent[0].to, false);
	advance(60000);
	ck_assert_uint_eq(n_sent, n + core.params.dereg_attempts);
	ck_assert_uint_eq(core.n_orphans, 0);
}
END_TEST

START_TEST(renewal_without_221)
{
	struct m m;

	bind_it();
	advance(1350 * 1000);
	m = reply_head(1, 0, 1800);
	sign(&m);
	input(&m);
	ck_assert_uint_eq(seen.lost, 1);
	ck_assert_int_eq(seen.res.outcome, MIP_USELESS);
	advance(1000);
	ck_assert_uint_eq(lifetime_of(2), 0);
}
END_TEST

/* ---- leaving ---- */

START_TEST(deregistration)
{
	bind_it();
	advance(5000);
	mip_reg_deregister(reg);
	ck_assert_uint_eq(n_sent, 2);
	ck_assert_uint_eq(lifetime_of(1), 0);
	ck_assert_uint_eq(be32(sent[1].m.b + 12), ntohl(ip(COA).s_addr));
	ck_assert_ptr_null(ext_of(1, 137));
	ck_assert_ptr_nonnull(ext_of(1, 34));
	mip_reg_deregister(reg);	/* once is enough */
	ck_assert_uint_eq(n_sent, 2);
	accept_as(1, 0, HOA, true);
	ck_assert_uint_eq(seen.gone, 1);
	ck_assert(seen.answered);
	ck_assert_uint_eq(seen.lost, 0);
	ck_assert_uint_eq(core.n_regs, 0);
}
END_TEST

START_TEST(deregistration_unanswered)
{
	bind_it();
	advance(5000);
	mip_reg_deregister(reg);
	advance(6999);
	ck_assert_uint_eq(n_sent, 4);
	ck_assert_int_eq(sent[2].ms - sent[1].ms, 1000);
	ck_assert_int_eq(sent[3].ms - sent[2].ms, 2000);
	ck_assert_uint_eq(seen.gone, 0);
	advance(1);
	ck_assert_uint_eq(seen.gone, 1);
	ck_assert(!seen.answered);
}
END_TEST

START_TEST(deregistration_mismatch)
{
	bind_it();
	advance(5000);
	mip_reg_deregister(reg);
	mismatch(1, 60);
	ck_assert_uint_eq(n_sent, 3);
	ck_assert_uint_eq(lifetime_of(2), 0);
	ck_assert_uint_eq((uint32_t)(id_of(2) >> 32), seconds() + 60);
	accept_as(2, 0, HOA, true);
	ck_assert_uint_eq(seen.gone, 1);
	ck_assert(seen.answered);
}
END_TEST

START_TEST(never_twice_within_a_second)
{
	start(true);
	advance(200);
	mip_reg_deregister(reg);
	ck_assert_uint_eq(n_sent, 1);
	advance(799);
	ck_assert_uint_eq(n_sent, 1);
	advance(1);
	ck_assert_uint_eq(n_sent, 2);
	/* never answered, so by the identifier [PROTOCOLS 10.1] */
	ck_assert_uint_eq(lifetime_of(1), 0);
	ck_assert_ptr_nonnull(ext_of(1, 120));
}
END_TEST

/* D16: a fresh registration of the same binding, with another identifier. */
START_TEST(instead_of_another)
{
	struct mip_reg_request q = request(true);

	bind_it();
	advance(400);
	mip_reg_abandon(reg);
	start_as(&q);
	ck_assert_uint_eq(core.n_regs, 1);
	advance(599);
	ck_assert_uint_eq(n_sent, 1);
	advance(1);
	ck_assert_uint_eq(n_sent, 2);
	/* once more before and once more after a second */
	advance(500);
	mip_reg_abandon(reg);
	start_as(&q);
	mip_reg_abandon(reg);
	start_as(&q);
	advance(499);
	ck_assert_uint_eq(n_sent, 2);
	advance(1);
	ck_assert_uint_eq(n_sent, 3);
	accept_it(2);
	advance(1000);
	mip_reg_abandon(reg);
	start_as(&q);
	ck_assert_uint_eq(n_sent, 4);
}
END_TEST

/* The home agent has the binding of the one before, whatever becomes of this
 * one: it is deregistered. */
START_TEST(instead_of_another_then_nothing)
{
	struct mip_reg_request q = request(true);

	bind_it();
	mip_reg_abandon(reg);
	start_as(&q);
	advance(100);
	mip_reg_deregister(reg);
	advance(899);
	ck_assert_uint_eq(n_sent, 1);
	advance(1);
	ck_assert_uint_eq(n_sent, 2);
	ck_assert_uint_eq(lifetime_of(1), 0);
}
END_TEST

START_TEST(instead_of_another_and_denied)
{
	struct mip_reg_request q = request(true);

	bind_it();
	advance(1000);
	mip_reg_abandon(reg);
	start_as(&q);
	deny_it(1, 130);
	ck_assert_int_eq(seen.res.outcome, MIP_DENIED);
	mip_reg_deregister(reg);
	advance(1000);
	ck_assert_uint_eq(n_sent, 3);
	ck_assert_uint_eq(lifetime_of(2), 0);
}
END_TEST

START_TEST(late_reply_while_leaving)
{
	start(true);
	advance(200);
	mip_reg_deregister(reg);
	accept_it(0);
	ck_assert_uint_eq(seen.registered, 0);
	advance(800);
	/* now the address is known */
	ck_assert_uint_eq(lifetime_of(1), 0);
	ck_assert_ptr_nonnull(ext_of(1, 221));
	accept_as(1, 0, HOA, true);
	ck_assert_uint_eq(seen.gone, 1);
}
END_TEST

/* What went out later may have brought another address: then it is whatever is
 * bound that is to end [D126]. */
START_TEST(leaving_without_a_name)
{
	start(false);
	advance(1000);
	ck_assert_uint_eq(n_sent, 2);
	if (_i == 0)
		accept_as(0, 1800, HOA, false);
	mip_reg_deregister(reg);
	if (_i == 1)
		accept_as(0, 1800, HOA, false);
	advance(1000);
	ck_assert_uint_eq(n_sent, 3);
	ck_assert_uint_eq(lifetime_of(2), 0);
	ck_assert_ptr_null(ext_of(2, 221));
	ck_assert_ptr_nonnull(ext_of(2, 120));
	accept_as(2, 0, HOA, false);
	ck_assert_uint_eq(seen.gone, 1);
}
END_TEST

/* A renewal names it, so what it brings is known. */
START_TEST(leaving_after_a_renewal)
{
	start(false);
	advance(1000);
	accept_as(0, 1800, HOA, false);
	for (unsigned i = 0; i < 1350 && n_sent == 2; i++)
		advance(1000);
	ck_assert_uint_eq(n_sent, 3);
	ck_assert_ptr_nonnull(ext_of(2, 221));
	accept_as(2, 1800, HOA, false);
	advance(1000);
	mip_reg_deregister(reg);
	ck_assert_uint_eq(lifetime_of(3), 0);
	ck_assert_ptr_nonnull(ext_of(3, 221));
}
END_TEST

START_TEST(late_reply_after_giving_up)
{
	start(true);
	advance(15000);
	ck_assert_int_eq(seen.res.outcome, MIP_NO_REPLY);
	accept_it(n_sent - 1);
	ck_assert_uint_eq(seen.registered, 1);
	advance(2000);
	mip_reg_deregister(reg);
	ck_assert_ptr_nonnull(ext_of(n_sent - 1, 221));
	accept_as(n_sent - 1, 0, HOA, true);
	ck_assert_uint_eq(seen.gone, 1);
}
END_TEST

START_TEST(leaving_while_renewing)
{
	bind_it();
	advance(1350 * 1000);
	mip_reg_deregister(reg);
	advance(1000);
	ck_assert_uint_eq(n_sent, 3);
	ck_assert_uint_eq(lifetime_of(2), 0);
	accept_it(1);		/* the renewal's answer, late */
	ck_assert_uint_eq(seen.gone, 0);
	accept_as(2, 0, HOA, true);
	ck_assert_uint_eq(seen.gone, 1);
	ck_assert_uint_eq(seen.changed + seen.lost, 0);
}
END_TEST

START_TEST(leaving_when_lost)
{
	seen.then = DEREGISTER;
	bind_it();
	ck_assert_uint_eq(n_sent, 1);
	advance(1000);
	ck_assert_uint_eq(n_sent, 2);
	accept_as(1, 0, HOA, true);
	ck_assert_uint_eq(seen.gone, 1);
}
END_TEST

/* ---- revocation ---- */

START_TEST(revocation_valid)
{
	bind_it();
	advance(10000);
	revoke_it(seconds(), true, HA, COA, NAI, HOA);
	ck_assert_uint_eq(seen.revoked, 1);
	ck_assert_uint_eq(n_sent, 2);
	ck_assert_uint_eq(sent[1].m.b[0], 15);
	ck_assert_uint_eq(be32(sent[1].m.b + 8), seconds());
	ck_assert_mem_eq(ext_of(1, 131) + 2, NAI, strlen(NAI));
	ck_assert_mem_eq(ext_of(1, 221) + 3, ip6(HOA).s6_addr, 16);
	ck_assert_uint_eq(mip_reg_left(reg), 0);
	/* the first answer was lost: a new identifier, answered again */
	advance(1000);
	revoke_it(seconds(), true, HA, COA, NAI, HOA);
	ck_assert_uint_eq(n_sent, 3);
	ck_assert_uint_eq(seen.revoked, 1);
	/* nothing to deregister */
	mip_reg_deregister(reg);
	advance(0);
	ck_assert_uint_eq(seen.gone, 1);
	ck_assert_uint_eq(n_sent, 3);
}
END_TEST

/* What stands behind the authenticator anyone may have added: our
 * acknowledgment does not put a signature to it. */
/* What was sent again before the answer came may come to a binding after the
 * revocation: it is deregistered [D87]. */
START_TEST(revocation_with_a_request_out)
{
	start(true);
	advance(1000);
	accept_it(0);
	seen.then = DEREGISTER;
	revoke_it(seconds(), true, HA, COA, NAI, HOA);
	ck_assert_uint_eq(seen.revoked, 1);
	ck_assert_uint_eq(n_sent, 3);
	advance(1000);
	ck_assert_uint_eq(n_sent, 4);
	ck_assert_uint_eq(sent[3].m.b[0], 1);
	ck_assert_uint_eq(lifetime_of(3), 0);
	accept_as(3, 0, HOA, true);
	ck_assert_uint_eq(seen.gone, 1);
}
END_TEST

START_TEST(revocation_with_a_tail)
{
	struct m m;

	bind_it();
	advance(10000);
	m = revocation(seconds(), true, HA, COA, NULL, HOA);
	m_nai(&m, "mallory@example.net");
	input(&m);
	ck_assert_uint_eq(seen.revoked, 1);
	ck_assert_uint_eq(n_sent, 2);
	ck_assert_ptr_null(ext_of(1, 131));
	ck_assert_ptr_nonnull(ext_of(1, 221));
}
END_TEST

START_TEST(revocation_by_address_alone)
{
	bind_it();
	advance(10000);
	revoke_it(seconds(), true, HA, COA, NULL, "2001:db8::7");
	ck_assert_uint_eq(seen.revoked, 0);	/* no such: answered */
	ck_assert_uint_eq(n_sent, 2);
	revoke_it(seconds(), true, HA, COA, NULL, HOA);
	ck_assert_uint_eq(seen.revoked, 1);
	ck_assert_uint_eq(n_sent, 3);
}
END_TEST

START_TEST(revocation_refused)
{
	struct m m, good;

	bind_it();
	advance(10000);
	good = revocation(seconds(), true, HA, COA, NAI, HOA);

	m = good;
	m.b[m.n - 1] ^= 1;
	input(&m);
	ck_assert_uint_eq(core.count[MIP_C_DROP_BAD_AUTH], 1);
	revoke_it(seconds(), false, HA, COA, NAI, HOA);
	ck_assert_uint_eq(core.count[MIP_C_DROP_REV_REFLECTED], 1);
	revoke_it(seconds(), true, HA, "192.0.2.5", NAI, HOA);
	revoke_it(seconds(), true, HA2, COA, NAI, HOA);
	ck_assert_uint_eq(core.count[MIP_C_DROP_REV_DOMAIN], 2);
	receive(HA2, COA, &good);
	ck_assert_uint_eq(core.count[MIP_C_DROP_SOURCE], 1);
	/* older than the registration; too far from the clock */
	revoke_it(seconds() - 11, true, HA, COA, NAI, HOA);
	revoke_it(seconds() - 61, true, HA, COA, NAI, HOA);
	revoke_it(seconds() + 61, true, HA, COA, NAI, HOA);
	ck_assert_uint_eq(core.count[MIP_C_DROP_REV_STALE], 3);
	/* the two names do not agree; none at all */
	revoke_it(seconds(), true, HA, COA, NAI, "2001:db8::7");
	revoke_it(seconds(), true, HA, COA, NULL, NULL);
	ck_assert_uint_eq(core.count[MIP_C_DROP_REV_IDENTITY], 2);
	/* two subscribers, two addresses, an address of IPv4 that it has not */
	for (unsigned i = 0; i < 3; i++) {
		m = revocation(seconds(), true, HA, COA, NAI, HOA);
		m.n -= 22;
		if (i == 0)
			m_nai(&m, "mallory@example.net");
		else if (i == 1)
			put_hoa(&m, "2001:db8::7", true);
		else
			m.b[7] = 1;
		sign(&m);
		input(&m);
		ck_assert_uint_eq(core.count[MIP_C_DROP_REV_IDENTITY], 3 + i);
	}

	ck_assert_uint_eq(seen.revoked, 0);
	ck_assert_uint_eq(n_sent, 1);	/* silence */
}
END_TEST

START_TEST(revocation_replayed_at_a_new_session)
{
	struct m m;

	bind_it();
	advance(10000);
	m = revocation(seconds(), true, HA, COA, NAI, HOA);
	input(&m);
	ck_assert_uint_eq(seen.revoked, 1);
	mip_reg_free(reg);
	advance(2000);
	n_sent = 0;
	start(true);
	accept_it(0);
	input(&m);
	ck_assert_uint_eq(seen.revoked, 1);
	ck_assert_uint_eq(core.count[MIP_C_DROP_REV_STALE], 1);
	ck_assert_uint_ne(mip_reg_left(reg), 0);
}
END_TEST

/* It has overtaken the reply that gave what it takes away: it is not answered,
 * so that it comes again. */
START_TEST(revocation_before_the_reply)
{
	start(true);
	advance(100);
	revoke_it(seconds(), true, HA, COA, NAI, HOA);
	ck_assert_uint_eq(n_sent, 1);
	ck_assert_uint_eq(core.count[MIP_C_DROP_REV_EARLY], 1);
	accept_it(0);
	advance(1000);
	revoke_it(seconds(), true, HA, COA, NAI, HOA);
	ck_assert_uint_eq(seen.revoked, 1);
	ck_assert_uint_eq(n_sent, 2);
	ck_assert_uint_eq(sent[1].m.b[0], 15);
	ck_assert_uint_eq(n_heard, 2);
	/* whose registration is over answers as before [D15]; it may be an old
	 * message, so it does not tell that the agent is alive */
	advance(1000);
	revoke_it(seconds(), true, HA, COA, NAI, HOA);
	ck_assert_uint_eq(n_sent, 3);
	ck_assert_uint_eq(n_heard, 2);
}
END_TEST

START_TEST(revocation_not_negotiated)
{
	struct m m;

	start(true);
	m = reply_to(0, 0, 1800);
	sign(&m);
	input(&m);
	advance(10000);
	revoke_it(seconds(), true, HA, COA, NAI, HOA);
	ck_assert_uint_eq(seen.revoked, 0);
	ck_assert_uint_eq(n_sent, 1);
	ck_assert_uint_eq(core.count[MIP_C_DROP_REV_UNNEGOTIATED], 1);
}
END_TEST

START_TEST(revocation_on_the_home_agents_clock)
{
	struct m m;

	start(true);
	mismatch(0, 1000);
	m = reply_to(1, 0, 1800);
	put_137(&m, seconds() + 1000);
	sign(&m);
	input(&m);
	advance(10000);
	revoke_it(seconds(), true, HA, COA, NAI, HOA);
	ck_assert_uint_eq(seen.revoked, 0);
	revoke_it(seconds() + 1000, true, HA, COA, NAI, HOA);
	ck_assert_uint_eq(seen.revoked, 1);
}
END_TEST

/* ---- many ---- */

START_TEST(identifications_differ_and_replies_find_their_own)
{
	struct mip_reg_request q = request(false);
	struct mip_reg *r[50];
	char nai[32];

	now.ntp_still = true;	/* all in one tick */
	for (unsigned i = 0; i < 50; i++) {
		snprintf(nai, sizeof(nai), "u%u@example.net", i);
		q.nai = nai;
		r[i] = mip_reg_create(&core, &q, &events, NULL);
		ck_assert_ptr_nonnull(r[i]);
	}
	for (unsigned i = 1; i < 50; i++)
		ck_assert(id_of(i) > id_of(i - 1));
	for (unsigned i = 50; i-- > 0;) {
		struct m m = reply_with(0, 1800, id_of(i));
		char hoa[64];

		snprintf(hoa, sizeof(hoa), "2001:db8::%x", i + 1);
		snprintf(nai, sizeof(nai), "u%u@example.net", i);
		m_nai(&m, nai);
		put_hoa(&m, hoa, false);
		sign(&m);
		input(&m);
		ck_assert_uint_eq(seen.registered, 50 - i);
		ck_assert_mem_eq(&seen.res.hoa, ip6(hoa).s6_addr, 16);
	}
	for (unsigned i = 0; i < 50; i++)
		mip_reg_free(r[i]);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		vectors_of_a_session, vector_shared, vector_deregistration,
		vector_133, vector_revocation,
		success, code_1_is_success, lifetime_above_the_request,
		retransmission_times, retransmission_cap, budget,
		late_reply_to_an_older_try, old_reply_with_the_same_low_half,
		low_bits_are_random, reply_later_than_its_lifetime,
		most_recent_only, denied,
		refused_probe, another_home_agent_is_reported, redirected,
		owner_frees_in_the_event,
		resynchronisation, resynchronisation_backwards,
		era_ends, era_ends_there_first,
		era_ends_before_a_revocation,
		retry_at_once_only_once, clock_offset_limited,
		mismatch_with_a_right_clock_grows,
		answers_of_older_clocks_do_not_shake_it,
		unproven_answers_are_the_reason,
		forged_mismatch_does_not_move_the_clock,
		forged_replies_are_counted_and_harmless, every_bit_counts,
		other_messages, unknown_number_is_logged, nai_of_the_reply,
		realm_without_case,
		mn_ha_where_there_is_a_key, another_mn_ha, denial_needs_no_mn_ha,
		service_in_every_request,
		without_221, with_empty_221, hoa_behind_the_authenticator,
		another_identifier, out_of_bounds, renewal_out_of_bounds,
		useless_once, no_lifetime,
		unique_asked_u_not_set,
		ipv4_home_address_is_repeated,
		renewal, renewal_jitter, u_is_repeated_as_received,
		renewals_until_expiry, late_renewal,
		short_lifetimes_keep_the_pace, infinite, renewal_denied,
		renewal_mismatch, renewal_with_another_address,
		second_try_denied, unheard_after_a_second,
		revocation_support_behind_the_authenticator,
		two_home_addresses, mismatch_of_an_older_clock_is_no_reason,
		renewal_with_another_u, held_meanwhile, renewal_without_221,
		deregistration, deregistration_unanswered,
		deregistration_mismatch, never_twice_within_a_second,
		instead_of_another, instead_of_another_then_nothing,
		instead_of_another_and_denied,
		late_reply_while_leaving, late_reply_after_giving_up,
		leaving_while_renewing, leaving_when_lost,
		revocation_valid, revocation_with_a_request_out,
		revocation_with_a_tail,
		revocation_by_address_alone,
		revocation_refused, revocation_replayed_at_a_new_session,
		revocation_before_the_reply,
		revocation_not_negotiated,
		revocation_on_the_home_agents_clock,
		identifications_differ_and_replies_find_their_own,
	};
	Suite *s = suite_create("mip_reg");
	TCase *tc = tcase_create("mip_reg");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_test(tc, tests[i]);
	tcase_add_loop_test(tc, invalid_hoa, 0, 6);
	tcase_add_loop_test(tc, identifier_that_is_taken, 0, 4);
	tcase_add_loop_test(tc, denied_for_a_bent_copy, 0, 2);
	tcase_add_loop_test(tc, leaving_without_a_name, 0, 2);
	tcase_add_test(tc, leaving_after_a_renewal);
	suite_add_tcase(s, tc);
	return test_run(s);
}

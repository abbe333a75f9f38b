/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The NetMIP4 client's registrations of access nodes: by the mobile node's key
 * alone, each from a care-of address of its own, for a tunnel [PROTOCOLS 6,
 * 8.3, 9, 11.5]. The home agent lives here; its messages are put together byte
 * by byte, or come from the vectors. What is the same for access routers is in
 * check_mip_reg.c.
 */
#include "tests/unit/mip_rig.h"

#define ROUTER		"192.0.2.1"	/* the client's own */
#define COA		"192.0.2.10"
#define COA2		"192.0.2.11"
#define FA		"10.9.0.1"
#define FA_COA		"192.0.2.254"
#define HOME		"172.16.0.5"

static struct vectors vectors;
static struct mip4_sa sa_mn, sa_fa, sa_mn_fa;
static bool has_fa_key;

static void
set_up(void)
{
	client_up(ROUTER, 600);
	core.params.pmip_per_node_auth = true;
	vectors_load(&vectors);
	sa_mn = vectors_sa(32);
	sa_fa = vectors_sa(34);
	sa_mn_fa = vectors_sa(33);
	has_fa_key = false;
}

/* A node has no address that could change but the one that it is given behind
 * a foreign agent. */
static void
tear_down(void)
{
	client_down();
	if (seen.changed > 0)
		ck_assert_uint_ne(seen.res.home.s_addr, INADDR_ANY);
}

static struct mip_reg_request
request(void)
{
	return (struct mip_reg_request){
		.kind = MIP_NODE, .coa = ip(COA), .nai = NAI,
		.subject = "s1", .ha = { .addr = ip(HA) }, .mn_ha = &sa_mn,
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
order(unsigned i)
{
	static char text[64];
	const struct m *m = &sent[i].m;
	size_t off = m->b[0] == 15 ? 12 : 24;

	ck_assert_uint_lt(i, n_sent);
	text[0] = '\0';
	for (; off < m->n; off += 2 + (size_t)m->b[off + 1])
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    "%u/%u ", m->b[off], m->b[off + 1]);
	ck_assert_uint_eq(off, m->n);
	return text;
}

/* Is its last extension the mobile node's good authenticator? */
static void
is_signed(unsigned i)
{
	struct m again = sent[i].m;

	again.n -= 22;
	m_auth(&again, 32, 512, sa_mn.key);
	ck_assert_mem_eq(again.b, sent[i].m.b, again.n);
}

static void
goes_between(unsigned i, const char *from, const char *to)
{
	ck_assert_uint_eq(sent[i].from.s_addr, ip(from).s_addr);
	ck_assert_uint_eq(sent[i].to.s_addr, ip(to).s_addr);
	ck_assert_uint_eq(sent[i].port, 434);
}

/* ---- the home agent ---- */

static void
sign(struct m *m)
{
	m_auth(m, 32, 512, sa_mn.key);
}

static void
input_to(const char *dst, const struct m *m)
{
	receive(HA, dst, m);
}

static void
accept_it(unsigned i)
{
	struct m m = reply_head(i, 0, 600);

	m_ext(&m, 221, "", 1);
	put_137(&m, seconds());
	sign(&m);
	input_to(COA, &m);
}

static void
bind_it(void)
{
	start();
	accept_it(0);
	ck_assert_uint_eq(seen.registered, 1);
	ck_assert_int_eq(seen.res.outcome, MIP_REGISTERED);
}

static void
input_vector(const char *name)
{
	const struct vector *v = vectors_find(&vectors, name);
	struct m m = { .n = 0 };

	m_put(&m, v->msg, v->len);
	input_to(COA, &m);
}

static struct m
revocation(uint32_t id, const char *fda, const char *nai)
{
	struct m m = { .n = 0 };

	m_int(&m, 0x0700c000, 4);	/* A and I */
	m_ip(&m, "0.0.0.0");
	m_ip(&m, HA);
	m_ip(&m, fda);
	m_int(&m, id, 4);
	m_nai(&m, nai);
	m_ext(&m, 221, "", 1);
	return m;
}

/* One that is all right, but for what it names. */
static void
revoke_it(uint32_t id, const char *fda, const char *dst)
{
	struct m m = revocation(id, fda, NAI);

	sign(&m);
	input_to(dst, &m);
}

/* ---- requests and replies ---- */

START_TEST(entry)
{
	const struct vector *v = vectors_find(&vectors, "rrq_an_entry");
	uint8_t again[256];
	struct m m = { .n = 0 };

	/* As the vector, whose Identification is another one's. */
	start();
	ck_assert_uint_eq(sent[0].m.n, v->len);
	m_put(&m, sent[0].m.b, 54);
	memcpy(again, v->msg, v->len);
	memcpy(m.b + 16, again + 16, 8);
	sign(&m);
	ck_assert_mem_eq(m.b, again, v->len);
	is_signed(0);
	goes_between(0, COA, HA);
	test_has(seen.steps, "rrq-sent: try 1, tunnel to 192.0.2.10");

	accept_it(0);
	ck_assert_int_eq(seen.res.outcome, MIP_REGISTERED);
	ck_assert_uint_eq(seen.res.lifetime, 600);
	ck_assert(IN6_IS_ADDR_UNSPECIFIED(&seen.res.hoa));
	ck_assert_uint_eq(mip_reg_left(reg), 600);
	test_has(seen.steps, "rrp-received: code 0, lifetime 600, tunnel");
}
END_TEST

START_TEST(entry_answered_by_the_vector)
{
	struct mip_ha_rec *ha = mip_core_ha(&core, &(struct mip_ha){
	    .addr = ip(HA) });

	/* Until the Identification is the one it answers. */
	ck_assert_ptr_nonnull(ha);
	ha->last_id = (UINT64_C(0xe5a1b2c3) << 32 | 0x11223348) - 1;
	start();
	ck_assert_uint_eq(id_of(0), UINT64_C(0xe5a1b2c311223348));
	input_vector("rrp_an_entry");
	ck_assert_int_eq(seen.res.outcome, MIP_REGISTERED);
	advance(10 * 1000);
	input_vector("rev_ha_an");
	ck_assert_uint_eq(seen.revoked, 1);
}
END_TEST

START_TEST(renewal_and_deregistration)
{
	bind_it();
	advance(450 * 1000);
	ck_assert_uint_eq(n_sent, 2);
	ck_assert_str_eq(order(1), "131/17 221/1 137/6 32/20 ");
	ck_assert_uint_eq(sent[1].m.b[1], 0x20);
	is_signed(1);
	goes_between(1, COA, HA);
	accept_it(1);
	test_has(seen.steps, "renewed: code 0");
	ck_assert_uint_eq(seen.registered, 1);

	advance(5000);
	mip_reg_deregister(reg);
	ck_assert_uint_eq(n_sent, 3);
	ck_assert_str_eq(order(2), "131/17 221/1 32/20 ");
	ck_assert_uint_eq(sent[2].m.b[2] | sent[2].m.b[3], 0);
	is_signed(2);
	goes_between(2, COA, HA);
	struct m m = reply_head(2, 0, 0);
	sign(&m);
	input_to(COA, &m);
	ck_assert_uint_eq(seen.gone, 1);
}
END_TEST

/* A first request that was not answered: nothing is confirmed, but a tunnel may
 * be there. */
START_TEST(given_up)
{
	start();
	advance(15000);
	ck_assert_int_eq(seen.res.outcome, MIP_NO_REPLY);
	for (unsigned i = 0; i < n_sent; i++)
		ck_assert_str_eq(order(i), "131/17 120/1 137/6 32/20 ");
	unsigned n = n_sent;
	mip_reg_deregister(reg);
	advance(1000);
	ck_assert_str_eq(order(n), "131/17 221/1 32/20 ");
	advance(60000);
	ck_assert_uint_eq(seen.gone, 1);
}
END_TEST

/* draft-navali 5.2.1: no mobility service, and it is told so. */
START_TEST(without_the_tunnel)
{
	struct in6_addr hoa = { .s6_addr = { 0x20, 1, 0xd, 0xb8, [15] = 1 } };
	uint8_t full[17] = { 0x80 };
	struct m m;

	start();
	m = reply_head(0, 0, 600);
	memcpy(m.b + 4, "\x0a\x00\x00\x07", 4);	/* it may give one [D22] */
	memcpy(full + 1, &hoa, 16);
	if (_i == 1)
		m_ext(&m, 221, full, 17);
	sign(&m);
	if (_i == 2)	/* behind what proves it */
		m_ext(&m, 221, "", 1);
	input_to(COA, &m);
	ck_assert_int_eq(seen.res.outcome, MIP_USELESS);
	test_has(seen.res.text, "does not confirm the IPv6 tunnel");
	ck_assert_uint_eq(core.count[MIP_C_USELESS], 1);
	advance(1000);
	ck_assert_uint_eq(n_sent, 2);
	ck_assert_str_eq(order(1), "131/17 221/1 32/20 ");
	ck_assert_mem_eq(sent[1].m.b + 4, "\x0a\x00\x00\x07", 4);
	advance(60000);
	ck_assert_uint_eq(seen.gone, 1);
}
END_TEST

START_TEST(renewal_without_the_tunnel)
{
	struct m m;

	bind_it();
	advance(450 * 1000);
	m = reply_head(1, 0, 600);
	sign(&m);
	input_to(COA, &m);
	ck_assert_uint_eq(seen.lost, 1);
	ck_assert_int_eq(seen.res.outcome, MIP_USELESS);
}
END_TEST

START_TEST(no_lifetime)
{
	struct m m;

	start();
	m = reply_head(0, 0, 0);
	m_ext(&m, 221, "", 1);
	sign(&m);
	input_to(COA, &m);
	ck_assert_int_eq(seen.res.outcome, MIP_USELESS);
}
END_TEST

static void
refused(const struct m *m, const char *dst, enum mip_counter c)
{
	uint64_t before = core.count[c];
	unsigned n = n_sent;

	input_to(dst, m);
	ck_assert_msg(core.count[c] == before + 1, "%s", mip_counter_key(c));
	ck_assert_uint_eq(seen.registered + seen.revoked, 0);
	ck_assert_uint_eq(n_sent, n);
}

START_TEST(replies_refused)
{
	struct m good, m;

	/* The key between the agents is of no account here. */
	mip_core_ha(&core, &(struct mip_ha){ ip(HA), &sa_fa, 1 });
	start();
	good = reply_head(0, 0, 600);
	m_ext(&good, 221, "", 1);

	m = good;
	refused(&m, COA, MIP_C_DROP_NO_AUTH);
	m_auth(&m, 34, 256, sa_fa.key);
	refused(&m, COA, MIP_C_DROP_NO_AUTH);
	m = good;
	m_auth(&m, 32, 513, sa_mn.key);
	refused(&m, COA, MIP_C_DROP_SPI);
	m = good;
	m_auth(&m, 32, 512, sa_fa.key);
	refused(&m, COA, MIP_C_DROP_BAD_AUTH);
	m = good;
	sign(&m);
	sign(&m);
	refused(&m, COA, MIP_C_DROP_TWO_AUTH);
	/* nor may it come to another address of ours */
	m = good;
	sign(&m);
	refused(&m, COA2, MIP_C_DROP_DESTINATION);
	refused(&m, ROUTER, MIP_C_DROP_DESTINATION);
	m.b[20 + 2] ^= 1;	/* the NAI */
	m.n -= 22;
	sign(&m);
	refused(&m, COA, MIP_C_DROP_NAI);

	m = good;
	sign(&m);
	input_to(COA, &m);
	ck_assert_int_eq(seen.res.outcome, MIP_REGISTERED);
	/* the agents' key is still there for others */
	ck_assert_uint_eq(reg->ha->ha.n_sa, 1);
}
END_TEST

START_TEST(denied)
{
	struct m m;

	start();
	m = reply_head(0, 131, 0);
	m_auth(&m, 34, 256, sa_fa.key);
	input_to(COA, &m);
	ck_assert_uint_eq(seen.registered, 0);	/* anybody's */
	m = reply_head(0, 129, 0);
	sign(&m);
	input_to(COA, &m);
	ck_assert_uint_eq(seen.registered, 1);
	ck_assert_int_eq(seen.res.outcome, MIP_DENIED);
	ck_assert_uint_eq(seen.res.code, 129);
}
END_TEST

START_TEST(resynchronisation)
{
	struct m m;

	start();
	m = reply_head(0, 133, 0);
	m.b[12] = 0xe5;
	m.b[13] = 0xa1;
	m.b[14] = 0xc0;
	m.b[15] = 0;
	sign(&m);
	input_to(COA, &m);
	ck_assert_uint_eq(n_sent, 2);
	ck_assert_uint_eq(id_of(1) >> 32, 0xe5a1c000);
	ck_assert_str_eq(order(1), "131/17 120/1 137/6 32/20 ");
}
END_TEST

START_TEST(service)
{
	struct mip_reg_request q = request();

	q.service = "gold";
	reg = mip_reg_create(&core, &q, &events, NULL);
	ck_assert_str_eq(order(0), "131/17 120/1 151/4 137/6 32/20 ");
}
END_TEST

START_TEST(what_can_not_be_asked)
{
	struct mip_reg_request q = request();

	q.mn_ha = NULL;
	ck_assert_ptr_null(mip_reg_create(&core, &q, &events, NULL));
	q = request();
	q.coa.s_addr = 0;
	ck_assert_ptr_null(mip_reg_create(&core, &q, &events, NULL));
	q = request();
	q.kind = MIP_ROUTER;
	ck_assert_ptr_null(mip_reg_create(&core, &q, &events, NULL));
	ck_assert_uint_eq(n_sent, 0);
}
END_TEST

/* Nobody could find out when it is back. */
START_TEST(never_held)
{
	const struct mip_ha ha = { .addr = ip(HA) };

	bind_it();
	mip_core_hold(&core, ip(HA), true);
	mip_leave_probe(&core, &ha);
	ck_assert_uint_eq(n_sent, 1);
	advance(450 * 1000);
	ck_assert_uint_eq(n_sent, 2);
}
END_TEST

/* ---- the end of it without its owner ---- */

START_TEST(abandoned)
{
	struct mip_reg_request q = request();

	start();
	mip_reg_abandon(reg);
	reg = NULL;
	advance(500);
	/* Another care-of address is another binding: no second's distance. */
	q.coa = ip(COA2);
	reg = mip_reg_create(&core, &q, &events, NULL);
	ck_assert_uint_eq(n_sent, 2);
	goes_between(1, COA2, HA);
	ck_assert_uint_eq(core.n_orphans, 1);
	advance(500);
	goes_between(2, COA, HA);
	ck_assert_str_eq(order(2), "131/17 221/1 32/20 ");
	mip_reg_free(reg);
	/* The same one is the same binding. */
	q.coa = ip(COA);
	reg = mip_reg_create(&core, &q, &events, NULL);
	ck_assert_uint_eq(core.n_orphans, 0);
	ck_assert_uint_eq(n_sent, 3);
	advance(1000);
	goes_between(3, COA, HA);
	ck_assert_str_eq(order(3), "131/17 120/1 137/6 32/20 ");
}
END_TEST

static struct mip_left left_there;

static uint32_t
note_left(void *arg, uint32_t nr, const struct mip_left *l)
{
	(void)arg;
	(void)nr;
	left_there = *l;
	return 7;
}

/* And by a client that comes after this one. */
START_TEST(left_to_the_next)
{
	bind_it();
	core.left.left = note_left;
	advance(2000);
	mip_reg_abandon(reg);
	reg = NULL;
	ck_assert_int_eq(left_there.kind, MIP_NODE);
	ck_assert_uint_eq(left_there.coa.s_addr, ip(COA).s_addr);
	struct mip_left l = left_there;
	l.mn_ha = &sa_mn;
	l.nai = NAI;
	l.subject = "left";
	core.left.left = NULL;
	mip_core_free(&core);
	n_sent = 0;
	ck_assert_int_eq(mip_core_init(&core), 0);
	ck_assert_int_eq(mip_leave_take(&core, 7, &l), 0);
	advance(2000);
	ck_assert_uint_ge(n_sent, 1);
	goes_between(0, COA, HA);
	ck_assert_str_eq(order(0), "131/17 221/1 32/20 ");
	advance(3600 * 1000);
	ck_assert_uint_eq(core.n_orphans, 0);
}
END_TEST

/* One that an earlier client has begun: renewed as what it is. */
START_TEST(resumed)
{
	const struct mip_reg_request q = request();
	struct mip_saved v;

	bind_it();
	mip_reg_save(reg, &v);
	mip_reg_free(reg);
	n_sent = 0;
	reg = mip_resume_reg(&core, &q, &v, &events, NULL);
	ck_assert_uint_eq(n_sent, 0);
	ck_assert(mip_reg_renew(reg));
	ck_assert_str_eq(order(0), "131/17 221/1 137/6 32/20 ");
	/* What was not bound begins anew. */
	mip_reg_free(reg);
	n_sent = 0;
	v.bound = false;
	reg = mip_resume_reg(&core, &q, &v, &events, NULL);
	ck_assert(mip_reg_renew(reg));
	ck_assert_str_eq(order(0), "131/17 120/1 137/6 32/20 ");
}
END_TEST

/* What is known of an agent's clock goes to a client that knows nothing. */
START_TEST(resumed_with_its_clock)
{
	const struct mip_reg_request q = request();
	struct mip_saved v;

	bind_it();
	mip_reg_save(reg, &v);
	ck_assert_uint_eq(v.last_id, id_of(0));
	reg->ha->last_id = 0;
	mip_reg_free(reg);
	v.last_id = fake_ntp(NULL) + (UINT64_C(90) << 32);
	v.clock_offset = 80;
	n_sent = 0;
	reg = mip_resume_reg(&core, &q, &v, &events, NULL);
	ck_assert(mip_reg_renew(reg));
	ck_assert_uint_eq(id_of(0), v.last_id + 1);
	ck_assert_int_eq(reg->ha->offset_s, 80);
}
END_TEST

/* ---- movement ---- */

static void
start_after(uint64_t id)
{
	struct mip_reg_request q = request();

	q.after_id = id;
	n_sent = 0;
	reg = mip_reg_create(&core, &q, &events, NULL);
	ck_assert_uint_eq(n_sent, 1);
}

/* The next client's Identifications are greater than the last one's, whose
 * clock may be ahead; those of its other registrations are not. */
START_TEST(moves_here)
{
	const uint64_t ahead = fake_ntp(NULL) + (UINT64_C(5) << 32);
	struct mip_saved v;

	start_after(ahead);
	ck_assert_uint_eq(id_of(0), ahead + 1);
	ck_assert_str_eq(order(0), "131/17 120/1 137/6 32/20 ");
	advance(1000);
	ck_assert_uint_eq(id_of(1), ahead + 2);
	ck_assert_uint_lt(reg->ha->last_id, ahead);
	mip_reg_save(reg, &v);
	ck_assert_uint_eq(v.last_id, ahead + 2);
	mip_reg_free(reg);
	start_after(fake_ntp(NULL) - (UINT64_C(5) << 32));
	ck_assert_uint_ge(id_of(0) >> 32, fake_ntp(NULL) >> 32);
	ck_assert_uint_lt(id_of(0), ahead);
}
END_TEST

/* A reply that says 133, at the home agent's time. */
static void
mismatch(unsigned i, uint64_t ha_time)
{
	struct m m = reply_head(i, 133, 0);

	for (unsigned k = 0; k < 4; k++)
		m.b[12 + k] = (uint8_t)(ha_time >> (56 - 8 * k));
	sign(&m);
	input_to(COA, &m);
}

/* What went out may still be accepted when it comes late: what follows is
 * above it, whatever a reply says that was long on its way. */
START_TEST(moves_here_by_a_bad_road)
{
	const uint64_t before = fake_ntp(NULL);

	start_after(before - (UINT64_C(2) << 32));
	advance(1000);
	advance(2000);
	ck_assert_uint_eq(n_sent, 3);
	mismatch(1, before + (UINT64_C(1) << 32));
	ck_assert_uint_eq(n_sent, 4);
	ck_assert_uint_gt(id_of(3), id_of(2));
}
END_TEST

/* One that the home agent does not believe is not kept to. */
START_TEST(moves_here_from_another_time)
{
	start_after(fake_ntp(NULL) + (UINT64_C(9000) << 32));
	mismatch(0, fake_ntp(NULL));
	ck_assert_uint_eq(n_sent, 2);
	ck_assert_uint_eq(id_of(1) >> 32, fake_ntp(NULL) >> 32);
}
END_TEST

/* Nor where it has been resumed meanwhile, and is all that is known there. */
START_TEST(resumed_from_another_time)
{
	const struct mip_reg_request q = request();
	struct mip_saved v;

	start_after(fake_ntp(NULL) + (UINT64_C(9000) << 32));
	mip_reg_save(reg, &v);
	reg->ha->last_id = 0;
	mip_reg_free(reg);
	n_sent = 0;
	reg = mip_resume_reg(&core, &q, &v, &events, NULL);
	ck_assert(mip_reg_renew(reg));
	mismatch(0, fake_ntp(NULL));
	ck_assert_uint_eq(n_sent, 2);
	ck_assert_uint_eq(id_of(1) >> 32, fake_ntp(NULL) >> 32);
}
END_TEST

/* Nothing more is asked, in whatever state; it ends by itself. */
START_TEST(moves_away)
{
	bind_it();
	if (_i == 1) {		/* a renewal is out */
		advance(450 * 1000);
		ck_assert_uint_eq(n_sent, 2);
		n_sent = 1;
	}
	mip_reg_move_on(reg);
	ck_assert(!mip_reg_renew(reg));
	ck_assert_uint_gt(mip_reg_left(reg), 0);
	advance(599 * 1000 - (_i == 1 ? 450 * 1000 : 0));
	ck_assert_uint_eq(seen.lost, 0);
	advance(1000);
	ck_assert_uint_eq(seen.lost, 1);
	test_has(seen.res.text, "moved");
	mip_reg_deregister(reg);
	advance(10000);
	ck_assert_uint_eq(n_sent, 1);
	ck_assert_uint_eq(seen.gone, 1);
}
END_TEST

START_TEST(moves_away_early)
{
	start();
	advance(500);
	mip_reg_move_on(reg);
	advance(1000);
	ck_assert_uint_eq(n_sent, 1);
	if (_i == 1) {		/* what is on its way then */
		struct m m = reply_head(0, 133, 0);

		m.b[12]++;
		sign(&m);
		input_to(COA, &m);
		ck_assert_uint_eq(n_sent, 1);
	}
	accept_it(0);
	ck_assert_uint_eq(seen.registered, _i == 0);
	advance(_i == 0 ? 500 * 1000 : 0);
	ck_assert_int_eq(reg->state, _i == 0 ? MIP_S_BOUND :
	    MIP_S_REQUESTING);
	mip_reg_deregister(reg);
	advance(10000);
	ck_assert_uint_eq(n_sent, 1);
	ck_assert_uint_eq(seen.gone, 1);
}
END_TEST

/* It does not move after all. */
START_TEST(stays)
{
	bind_it();
	advance(2000);
	ck_assert(!mip_reg_stay(reg));
	mip_reg_move_on(reg);
	ck_assert(mip_reg_stay(reg));
	ck_assert_uint_eq(n_sent, 2);
	ck_assert_int_eq(reg->state, MIP_S_RENEWING);
	accept_it(1);
	ck_assert_int_eq(reg->state, MIP_S_BOUND);
	advance(450 * 1000);
	ck_assert_uint_eq(n_sent, 3);
}
END_TEST

START_TEST(stays_early)
{
	start();
	advance(500);
	mip_reg_move_on(reg);
	advance(_i == 0 ? 1000 : 200);
	ck_assert_uint_eq(n_sent, 1);
	ck_assert(mip_reg_stay(reg));
	if (_i == 1) {		/* not twice within a second */
		advance(299);
		ck_assert_uint_eq(n_sent, 1);
		advance(1);
	}
	ck_assert_uint_eq(n_sent, 2);
	accept_it(1);
	ck_assert_uint_eq(seen.registered, 1);
}
END_TEST

/* Also over a restart, and when it is abandoned; a revocation is acted on. */
START_TEST(moves_away_from_the_next)
{
	const struct mip_reg_request q = request();
	struct mip_saved v;

	bind_it();
	advance(2000);
	mip_reg_move_on(reg);
	mip_reg_save(reg, &v);
	mip_reg_free(reg);
	reg = mip_resume_reg(&core, &q, &v, &events, NULL);
	ck_assert(!mip_reg_renew(reg));
	ck_assert_uint_eq(n_sent, 1);
	if (_i == 0) {
		revoke_it(seconds(), COA, COA);
		ck_assert_uint_eq(seen.revoked, 1);
		ck_assert_uint_eq(n_sent, 2);
		return;
	}
	mip_reg_abandon(reg);
	advance(10000);
	ck_assert_uint_eq(n_sent, 1);
	ck_assert_uint_eq(core.n_orphans, 0);
	reg = NULL;
}
END_TEST

/* ---- revocations ---- */

START_TEST(revoked)
{
	bind_it();
	advance(2000);
	revoke_it(seconds(), COA, COA);
	ck_assert_uint_eq(seen.revoked, 1);
	ck_assert_uint_eq(n_sent, 2);
	ck_assert_uint_eq(sent[1].m.b[0], 15);
	ck_assert_str_eq(order(1), "131/17 221/1 32/20 ");
	is_signed(1);
	goes_between(1, COA, HA);
	/* There is nothing left to deregister. */
	mip_reg_deregister(reg);
	advance(10000);
	ck_assert_uint_eq(n_sent, 2);
	ck_assert_uint_eq(seen.gone, 1);
}
END_TEST

static const struct mip4_sa *
key_by_name(void *arg, const char *nai, size_t len, struct in_addr ha)
{
	(void)arg;
	return ha.s_addr == ip(HA).s_addr && len == strlen(NAI) &&
	    memcmp(nai, NAI, len) == 0 ? &sa_mn : NULL;
}

/* Our first answer may have been lost, and the registration is over [D15]. */
START_TEST(revoked_once_more)
{
	struct m m;

	bind_it();
	advance(2000);
	revoke_it(seconds(), COA, COA);
	mip_reg_free(reg);
	reg = NULL;
	advance(1000);
	/* Whose it is must be known. */
	revoke_it(seconds(), COA, COA);
	ck_assert_uint_eq(core.count[MIP_C_DROP_SPI], 1);
	ck_assert_uint_eq(n_sent, 2);
	core.node_key = key_by_name;
	revoke_it(seconds(), COA, COA);
	ck_assert_uint_eq(n_sent, 3);
	is_signed(2);
	m = revocation(seconds(), COA, "bob@example.net");
	sign(&m);
	input_to(COA, &m);
	ck_assert_uint_eq(n_sent, 3);
}
END_TEST

/* It moved to another of our links: the old one's revocation is answered, and
 * the new one lives. */
START_TEST(revoked_at_another_address)
{
	struct mip_reg_request q = request();

	bind_it();
	mip_reg_free(reg);
	q.coa = ip(COA2);
	reg = mip_reg_create(&core, &q, &events, NULL);
	struct m m = reply_head(1, 0, 600);
	m_ext(&m, 221, "", 1);
	put_137(&m, seconds());
	sign(&m);
	input_to(COA2, &m);
	ck_assert_uint_eq(seen.registered, 2);
	advance(1000);
	revoke_it(seconds(), COA, COA);
	ck_assert_uint_eq(seen.revoked, 0);
	ck_assert_uint_eq(n_sent, 3);
	goes_between(2, COA, HA);
	revoke_it(seconds(), COA2, COA2);
	ck_assert_uint_eq(seen.revoked, 1);
}
END_TEST

START_TEST(revocations_refused)
{
	struct m m;

	mip_core_ha(&core, &(struct mip_ha){ ip(HA), &sa_fa, 1 });
	bind_it();
	seen.registered = 0;
	advance(2000);
	m = revocation(seconds(), COA, NAI);
	refused(&m, COA, MIP_C_DROP_NO_AUTH);
	/* the agents' key is not the mobile node's */
	m_auth(&m, 34, 256, sa_fa.key);
	refused(&m, COA, MIP_C_DROP_REV_DOMAIN);
	m = revocation(seconds(), COA, NAI);
	m_auth(&m, 32, 512, sa_fa.key);
	refused(&m, COA, MIP_C_DROP_BAD_AUTH);
	m = revocation(seconds(), COA, "bob@example.net");
	sign(&m);
	refused(&m, COA, MIP_C_DROP_SPI);
	m = revocation(seconds(), COA, NAI);
	m.b[2] = 0;		/* not A: our own, sent back */
	sign(&m);
	refused(&m, COA, MIP_C_DROP_REV_REFLECTED);
	m = revocation(seconds(), COA2, NAI);
	sign(&m);
	refused(&m, COA, MIP_C_DROP_REV_DOMAIN);
	m = revocation(seconds(), COA, NAI);
	sign(&m);
	refused(&m, COA2, MIP_C_DROP_REV_DOMAIN);
	m = revocation(seconds(), ROUTER, NAI);
	sign(&m);
	refused(&m, ROUTER, MIP_C_DROP_REV_DOMAIN);
	m = revocation(seconds() - 61, COA, NAI);
	sign(&m);
	refused(&m, COA, MIP_C_DROP_REV_STALE);
	ck_assert(mip_reg_is_bound(reg));
}
END_TEST

/* ---- behind a foreign agent ---- */

static void
start_via(void)
{
	struct mip_reg_request q = request();

	q.coa = ip(FA_COA);
	q.via = ip(FA);
	q.lifetime = 300;
	reg = mip_reg_create(&core, &q, &events, NULL);
	ck_assert_ptr_nonnull(reg);
	ck_assert_uint_eq(n_sent, 1);
}

static void
relay_from(const char *fa, const struct m *m)
{
	uint8_t *copy = exact_copy(m->b, m->n);

	mip_fa_input(&core, ip(fa), copy, m->n);
	free(copy);
}

/* The home agent's accepting reply to a request, before it is signed. */
static struct m
reply_via(unsigned i, const char *home)
{
	struct m m = reply_head(i, 0, 300);

	m.n = 4;
	m_ip(&m, home);
	m.n = 24 + 2 + sizeof(NAI) - 1;
	m_ext(&m, 221, "", 1);
	return m;
}

static void
accept_via(unsigned i, const char *home)
{
	struct m m = reply_via(i, home);

	sign(&m);
	relay_from(FA, &m);
}

static void
deny_via(unsigned i, unsigned code, unsigned lifetime)
{
	struct m m = reply_head(i, code, lifetime);

	relay_from(FA, &m);
}

static void
is_to_agent(unsigned i, const char *home)
{
	struct m want = { .n = 0 };

	m_ip(&want, home);
	m_ip(&want, HA);
	m_ip(&want, FA_COA);
	ck_assert_uint_eq(sent[i].m.b[1], 0x02);	/* T, and not D */
	ck_assert_mem_eq(sent[i].m.b + 4, want.b, 12);
	goes_between(i, "0.0.0.0", FA);
	is_signed(i);
}

/* G asks the agent for GRE, in each request; the keys are its own, of which a
 * 48 would say something to nobody. */
START_TEST(gre_via_agent)
{
	struct mip_reg_request q = request();

	q.coa = ip(FA_COA);
	q.via = ip(FA);
	q.lifetime = 300;
	q.agent_gre = true;
	reg = mip_reg_create(&core, &q, &events, NULL);
	ck_assert_uint_eq(sent[0].m.b[1], 0x0a);
	ck_assert_uint_eq(reg->gre.own, 0);
	accept_via(0, HOME);
	ck_assert(mip_reg_is_bound(reg));
	advance(225 * 1000);
	ck_assert_uint_gt(n_sent, 1);
	ck_assert_uint_eq(sent[1].m.b[1], 0x0a);
}
END_TEST

/* It stays what it is for the next one, and who ends it, whatever is configured
 * then; where an older one has said nothing, that counts. */
START_TEST(gre_via_agent_resumed)
{
	static const struct {
		bool	was, unsaid, is, asks;
	} t[] = {
		{ true, false, false, true },
		{ false, false, true, false },
		{ true, true, false, false },
		{ false, true, true, true },
	};
	struct mip_reg_request q = request();
	struct mip_saved v;

	q.coa = ip(FA_COA);
	q.via = ip(FA);
	q.agent_gre = t[_i].was;
	reg = mip_reg_create(&core, &q, &events, NULL);
	accept_via(0, HOME);
	mip_reg_save(reg, &v);
	mip_reg_free(reg);
	if (t[_i].unsaid)
		v.agent_gre = MIP_AGENT_GRE_UNSAID;
	q.agent_gre = t[_i].is;
	reg = mip_resume_reg(&core, &q, &v, &events, NULL);
	n_sent = 0;
	ck_assert(mip_reg_renew(reg));
	ck_assert_uint_eq(sent[0].m.b[1], t[_i].asks ? 0x0a : 0x02);
	accept_via(0, HOME);
	advance(5000);
	mip_reg_deregister(reg);
	ck_assert_uint_eq(sent[1].m.b[1], t[_i].asks ? 0x0a : 0x02);
}
END_TEST

/* Draft-navali's Figure 5, the access node's end [D10, D31]. */
START_TEST(via_agent)
{
	const struct vector *v = vectors_find(&vectors, "rrq_an_to_fa");

	start_via();
	/* As the vector, but for lifetime and Identification, and the agent's
	 * own authenticator behind it. */
	ck_assert_uint_eq(sent[0].m.n, v->len - 22);
	ck_assert_mem_eq(sent[0].m.b + 24, v->msg + 24, v->len - 22 - 24 - 16);
	ck_assert_mem_eq(sent[0].m.b + 4, v->msg + 4, 12);
	ck_assert_str_eq(order(0), "131/17 220/1 32/20 ");
	is_to_agent(0, "0.0.0.0");
	ck_assert_uint_eq(sent[0].m.b[2] << 8 | sent[0].m.b[3], 300);
	test_has(seen.steps, "tunnel by foreign agent 10.9.0.1");

	accept_via(0, HOME);
	ck_assert_int_eq(seen.res.outcome, MIP_REGISTERED);
	ck_assert_uint_eq(seen.res.home.s_addr, ip(HOME).s_addr);
	ck_assert_uint_eq(mip_reg_left(reg), 300);
	test_has(seen.steps, "tunnel to home address 172.16.0.5");

	advance(225 * 1000);
	ck_assert_str_eq(order(1), "131/17 221/1 32/20 ");
	is_to_agent(1, HOME);
	accept_via(1, HOME);
	ck_assert_uint_eq(seen.changed, 0);
	/* Another one, from a home agent that has forgotten. */
	advance(225 * 1000);
	accept_via(2, "172.16.0.6");
	ck_assert_uint_eq(seen.changed, 1);
	ck_assert_uint_eq(seen.res.home.s_addr, ip("172.16.0.6").s_addr);

	advance(5000);
	mip_reg_deregister(reg);
	ck_assert_str_eq(order(3), "131/17 221/1 32/20 ");
	is_to_agent(3, "172.16.0.6");
	ck_assert_uint_eq(sent[3].m.b[2] | sent[3].m.b[3], 0);
	struct m m = reply_head(3, 0, 0);
	sign(&m);
	relay_from(FA, &m);
	ck_assert_uint_eq(seen.gone, 1);
}
END_TEST

/* What the agent relays is proved like anything else; and comes from nobody
 * else, nor past it. */
START_TEST(via_agent_unproven)
{
	struct m m;

	start_via();
	m = reply_via(0, HOME);
	relay_from(FA, &m);
	ck_assert_uint_eq(core.count[MIP_C_DROP_NO_AUTH], 1);
	sign(&m);
	m.b[7] ^= 1;
	relay_from(FA, &m);
	ck_assert_uint_eq(core.count[MIP_C_DROP_BAD_AUTH], 1);
	m.b[7] ^= 1;
	relay_from("10.9.0.2", &m);
	input_to(HOME, &m);
	input_to(FA_COA, &m);
	m.b[19] ^= 1;			/* high half of the Identification */
	m.n -= 22;
	sign(&m);
	relay_from(FA, &m);
	ck_assert_uint_eq(core.count[MIP_C_DROP_UNMATCHED], 2);
	m = revocation(seconds(), FA_COA, NAI);
	sign(&m);
	relay_from(FA, &m);
	ck_assert_uint_eq(core.count[MIP_C_DROP_NOT_RELAYED], 1);
	ck_assert_uint_eq(seen.registered, 0);
	accept_via(0, HOME);
	ck_assert_uint_eq(seen.registered, 1);
}
END_TEST

/* No home address, or none of a host: deregistered. */
START_TEST(via_agent_useless)
{
	start_via();
	accept_via(0, "0.0.0.0");
	ck_assert_int_eq(seen.res.outcome, MIP_USELESS);
	test_has(seen.res.text, "IPv4 home address");
	advance(1000);
	ck_assert_uint_eq(n_sent, 2);
	ck_assert_uint_eq(sent[1].m.b[2] | sent[1].m.b[3], 0);
	goes_between(1, "0.0.0.0", FA);
	mip_reg_free(reg);
	n_sent = 0;

	start_via();
	accept_via(0, _i == 0 ? FA : FA_COA);
	ck_assert_int_eq(seen.res.outcome, MIP_USELESS);
	test_has(seen.res.text, "the foreign agent's address");
}
END_TEST

/* The agent's own denials: they end what has not begun, and nothing else. */
START_TEST(agent_denies)
{
	start_via();
	deny_via(0, 77, 300);
	ck_assert_int_eq(seen.res.outcome, MIP_DENIED);
	ck_assert_uint_eq(seen.res.code, 77);
	test_has(seen.res.text, "invalid care-of address");
	mip_reg_free(reg);
	n_sent = 0;

	start_via();
	accept_via(0, HOME);
	advance(225 * 1000);
	ck_assert_uint_eq(n_sent, 2);
	deny_via(1, 65, 300);
	ck_assert_uint_eq(seen.lost, 0);
	advance(1200);
	ck_assert_uint_eq(n_sent, 3);
	accept_via(2, HOME);
	ck_assert_uint_eq(seen.lost, 0);
	ck_assert_uint_ge(mip_reg_left(reg), 299);
	/* Till the end of the lifetime, and then that is the reason. */
	advance(225 * 1000);
	for (unsigned i = 3; seen.lost == 0 && i < n_sent; i = n_sent - 1) {
		deny_via(i, 66, 300);
		advance(4000);
	}
	advance(80 * 1000);
	ck_assert_uint_eq(seen.lost, 1);
	ck_assert_uint_eq(seen.res.code, 66);
}
END_TEST

START_TEST(agent_allows_less)
{
	start_via();
	deny_via(0, 69, 120);
	ck_assert_uint_eq(seen.registered, 0);
	ck_assert_uint_eq(n_sent, 2);
	ck_assert_uint_eq(sent[1].m.b[2] << 8 | sent[1].m.b[3], 120);
	/* Once: an agent that is never content is told of as one. */
	deny_via(1, 69, 60);
	ck_assert_int_eq(seen.res.outcome, MIP_DENIED);
	ck_assert_uint_eq(seen.res.code, 69);
}
END_TEST

static void
asks(unsigned i, unsigned lifetime)
{
	ck_assert_uint_eq(n_sent, i + 1);
	ck_assert_uint_eq(sent[i].m.b[2] << 8 | sent[i].m.b[3], lifetime);
}

/* Nor is it asked for more when there is a reason to register anew; unless that
 * is another agent, perhaps. */
START_TEST(agent_goes_on_to_allow_less)
{
	start_via();
	deny_via(0, 69, 120);
	accept_via(1, HOME);
	advance(5000);
	ck_assert(mip_reg_anew(reg, ip(FA_COA), 300, 0));
	asks(2, 120);
	accept_via(2, HOME);
	advance(5000);
	ck_assert(mip_reg_anew(reg, ip(FA_COA), 60, 0));
	asks(3, 60);
	accept_via(3, HOME);
	advance(5000);
	ck_assert(mip_reg_anew(reg, ip(COA2), 300, 0));
	asks(4, 300);
}
END_TEST

/* It may have been started with another limit. Who makes that up ends nothing
 * with it. */
START_TEST(agent_allows_less_by_now)
{
	start_via();
	accept_via(0, HOME);
	advance(225 * 1000);
	deny_via(1, 69, 29);
	ck_assert_uint_eq(n_sent, 2);
	deny_via(1, 69, 30);
	ck_assert_uint_eq(n_sent, 2);	/* that one is answered */
	advance(1200);
	deny_via(2, 69, 30);
	asks(3, 30);
	deny_via(3, 69, 30);
	ck_assert_uint_eq(n_sent, 4);
	advance(1200);
	ck_assert_uint_eq(n_sent, 5);
	accept_via(4, HOME);
	deny_via(3, 69, 29);		/* who is bound asks for nothing */
	ck_assert_uint_eq(n_sent, 5);
	ck_assert_uint_eq(seen.lost, 0);
}
END_TEST

/* Who says so without a proof has it once. */
START_TEST(agent_allows_little_once)
{
	start_via();
	deny_via(0, 69, 1);
	asks(1, 1);
	accept_via(1, HOME);
	advance(1000 - 1);
	ck_assert_uint_eq(seen.lost, 0);
	mip_reg_free(reg);
	n_sent = 0;

	start_via();
	deny_via(0, 69, 20);
	asks(1, 20);
	accept_via(1, HOME);
	for (unsigned i = 2; i < 12; i += 2) {
		advance(15 * 1000);
		asks(i, 300);
		deny_via(i, 69, 20);
		asks(i + 1, 20);
		accept_via(i + 1, HOME);
		ck_assert_uint_ge(mip_reg_left(reg), 19);
	}
	/* What is long enough is kept beside it. */
	advance(15 * 1000);
	deny_via(12, 69, 120);
	asks(13, 120);
	accept_via(13, HOME);
	advance(90 * 1000);
	asks(14, 120);
	ck_assert_uint_eq(seen.lost, 0);
}
END_TEST

/* Of an earlier nasd's lifetime most may be left, and the next request be due
 * too late: then it comes sooner. */
START_TEST(agent_allows_little_by_now)
{
	const unsigned life = (unsigned)_i;
	unsigned i = 0;

	start_via();
	accept_via(0, HOME);
	do {
		i++;
		while (n_sent == i) {
			ck_assert_uint_eq(seen.lost, 0);
			advance(100);
		}
		asks(i, 300);
		deny_via(i, 69, life);
	} while (n_sent == i + 1);
	ck_assert_uint_le(mip_reg_left(reg), life);
	asks(i + 1, life);
	accept_via(i + 1, HOME);
	ck_assert_uint_eq(seen.lost, 0);
	ck_assert_uint_eq(mip_reg_left(reg), life);
}
END_TEST

static const struct mip4_sa *
fa_key(void *arg, const char *nai, size_t len, struct in_addr fa)
{
	ck_assert_ptr_eq(arg, &core);
	ck_assert_uint_eq(len, sizeof(NAI) - 1);
	ck_assert_mem_eq(nai, NAI, len);
	ck_assert_uint_eq(fa.s_addr, ip(FA).s_addr);
	return has_fa_key ? &sa_mn_fa : NULL;
}

static void
start_keyed(void)
{
	core.fa_key = fa_key;
	core.fa_key_arg = &core;
	has_fa_key = true;
	start_via();
}

static void
sign_fa(struct m *m)
{
	m_auth(m, 33, 0x300, sa_mn_fa.key);
}

static void
accept_keyed(unsigned i)
{
	struct m m = reply_via(i, HOME);

	sign(&m);
	sign_fa(&m);
	relay_from(FA, &m);
}

static void
coa_is(unsigned i, const char *coa)
{
	struct m want = { .n = 0 };

	ck_assert_uint_lt(i, n_sent);
	m_ip(&want, coa);
	ck_assert_mem_eq(sent[i].m.b + 12, want.b, 4);
	goes_between(i, "0.0.0.0", FA);
}

/* The agent has been restarted, or has another care-of address: at once, or a
 * second after the last one. */
START_TEST(anew)
{
	start_via();
	accept_via(0, HOME);
	advance(500);
	ck_assert(mip_reg_anew(reg, ip(FA_COA), 200, 0));
	ck_assert_uint_eq(n_sent, 1);
	advance(500);
	ck_assert_uint_eq(n_sent, 2);
	coa_is(1, FA_COA);
	ck_assert_uint_eq(sent[1].m.b[2] << 8 | sent[1].m.b[3], 200);
	accept_via(1, HOME);
	ck_assert_uint_eq(mip_reg_left(reg), 200);

	advance(5000);
	ck_assert(mip_reg_anew(reg, ip(COA2), 300, 300));
	advance(299);
	ck_assert_uint_eq(n_sent, 2);
	advance(1);
	ck_assert_uint_eq(n_sent, 3);
	coa_is(2, COA2);
	ck_assert_str_eq(order(2), "131/17 221/1 32/20 ");
	/* While that is out again; what was for the last one is no way here. */
	advance(1200);
	ck_assert_uint_eq(n_sent, 4);
	ck_assert(mip_reg_anew(reg, ip(FA_COA), 300, 0));
	advance(1000);
	coa_is(4, FA_COA);
	accept_via(3, HOME);
	ck_assert_uint_eq(core.count[MIP_C_DROP_UNMATCHED], 1);
	accept_via(4, HOME);
	ck_assert_uint_ge(mip_reg_left(reg), 299);
	ck_assert_uint_eq(seen.changed + seen.lost, 0);

	advance(5000);
	mip_reg_deregister(reg);
	ck_assert(!mip_reg_anew(reg, ip(COA2), 300, 0));
	coa_is(5, FA_COA);
}
END_TEST

/* What was asked by the same address is answered all the same. */
START_TEST(anew_by_the_same)
{
	start_via();
	accept_via(0, HOME);
	advance(5000);
	ck_assert(mip_reg_anew(reg, ip(FA_COA), 300, 0));
	ck_assert_uint_eq(n_sent, 2);
	advance(200);
	ck_assert(mip_reg_anew(reg, ip(FA_COA), 300, 0));
	accept_via(1, HOME);
	ck_assert_uint_eq(core.count[MIP_C_DROP_UNMATCHED], 0);
	ck_assert_uint_ge(mip_reg_left(reg), 299);
	advance(1200);
	ck_assert_uint_eq(n_sent, 2);
}
END_TEST

/* An agent that changes each second, or who says so, keeps nobody waiting for
 * his turn. */
START_TEST(anew_again_and_again)
{
	start_via();
	accept_via(0, HOME);
	advance(5000);
	for (unsigned i = 0; i < 4; i++) {
		ck_assert(mip_reg_anew(reg, ip(i & 1 ? FA_COA : COA2), 300,
		    2500));
		ck_assert_uint_eq(n_sent, i == 3 ? 2 : 1);
		advance(1000);
	}
	coa_is(1, COA2);
	advance(2500);
	coa_is(n_sent - 1, FA_COA);
	accept_via(n_sent - 1, HOME);
	ck_assert_uint_ge(mip_reg_left(reg), 297);
}
END_TEST

/* Before there is a first answer. */
START_TEST(anew_at_first)
{
	start_via();
	advance(200);
	ck_assert(mip_reg_anew(reg, ip(COA2), 300, 0));
	ck_assert_uint_eq(n_sent, 1);
	advance(800);
	coa_is(1, COA2);
	accept_via(0, HOME);
	ck_assert_uint_eq(seen.registered, 0);
	accept_via(1, HOME);
	ck_assert_uint_eq(seen.registered, 1);
	mip_reg_free(reg);
	n_sent = 0;
	/* Not of one without an agent, nor of one that goes elsewhere. */
	start();
	ck_assert(!mip_reg_anew(reg, ip(COA2), 300, 0));
	mip_reg_free(reg);
	n_sent = 0;
	start_via();
	mip_reg_move_on(reg);
	ck_assert(!mip_reg_anew(reg, ip(COA2), 300, 0));
}
END_TEST

/* Also the agent wants to know who asks, and says who answers [RFC 3344
 * 3.5.3]. */
START_TEST(agent_with_key)
{
	const struct vector *v = vectors_find(&vectors, "rrq_an_to_fa");
	struct m again;

	start_keyed();
	ck_assert_str_eq(order(0), "131/17 220/1 32/20 33/20 ");
	ck_assert_uint_eq(sent[0].m.n, v->len);
	again = sent[0].m;
	again.n -= 22;
	sign_fa(&again);
	ck_assert_mem_eq(again.b, sent[0].m.b, again.n);
	again.n -= 22 + 22;
	sign(&again);
	ck_assert_mem_eq(again.b, sent[0].m.b, again.n);
	accept_keyed(0);
	ck_assert_int_eq(seen.res.outcome, MIP_REGISTERED);

	/* What the agent proves is not the home agent's. */
	advance(225 * 1000);
	again = reply_via(1, HOME);
	sign_fa(&again);
	relay_from(FA, &again);
	ck_assert_uint_eq(core.count[MIP_C_DROP_NO_AUTH], 1);
	accept_keyed(1);
	ck_assert_uint_ge(mip_reg_left(reg), 299);

	advance(5000);
	mip_reg_deregister(reg);
	ck_assert_str_eq(order(2), "131/17 221/1 32/20 33/20 ");
}
END_TEST

START_TEST(agent_with_key_allows_less)
{
	struct m m;

	start_keyed();
	accept_keyed(0);
	advance(225 * 1000);
	m = reply_head(1, 69, 20);
	sign_fa(&m);
	relay_from(FA, &m);
	asks(2, 20);
}
END_TEST

/* A denial that anybody may have sent, and a home agent's reply that the agent
 * has not relayed. */
START_TEST(agent_fails)
{
	static const struct {
		uint8_t		type;
		uint32_t	spi;
		uint8_t		wrong;
		const char	*say;
	} t[] = {
		{ 0, 0, 0, "has no MN-FA authenticator" },
		{ 33, 0x301, 0, "of another SPI" },
		{ 33, 0x300, 1, "fails MN-FA authentication with fa-key" },
		{ 34, 0x300, 0, "has no MN-FA authenticator" },
	};
	char said[1024];
	struct m m;
	int saved;

	start_keyed();
	saved = test_log_begin();
	m = _i == 4 ? reply_via(0, HOME) : reply_head(0, 67, 300);
	if (_i == 4)
		sign(&m);
	else if (t[_i].type != 0)
		m_auth(&m, t[_i].type, t[_i].spi, sa_mn_fa.key);
	if (_i < 4)
		m.b[m.n - 1] ^= t[_i].wrong;
	relay_from(FA, &m);
	relay_from(FA, &m);
	test_log_end(saved, said, sizeof(said));
	test_has(said, t[_i % 4].say);
	ck_assert_ptr_null(strstr(strstr(said, "a reply") + 1, "a reply"));
	ck_assert_uint_eq(core.count[MIP_C_DROP_FA_AUTH], 2);
	ck_assert_uint_eq(core.count[MIP_C_FA_DENIED], 0);
	ck_assert_uint_eq(seen.registered, 0);
	/* It goes on, and it is told what it was. */
	advance(15000);
	ck_assert_uint_gt(n_sent, 2);
	ck_assert_int_eq(seen.res.outcome, MIP_NO_REPLY);
	test_has(seen.res.text, "fail MN-FA authentication");
}
END_TEST

/* What it relays was proved by another key than ours. */
START_TEST(relayed_by_another_key)
{
	struct m m;

	start_via();
	m = reply_via(0, HOME);
	sign(&m);
	m.b[m.n - 1] ^= 1;
	relay_from(FA, &m);
	ck_assert_uint_eq(core.count[MIP_C_DROP_BAD_AUTH], 1);
	advance(15000);
	ck_assert_int_eq(seen.res.outcome, MIP_NO_REPLY);
	test_has(seen.res.text, "fail authentication with our key");
}
END_TEST

START_TEST(agent_denies_with_key)
{
	struct m m;

	start_keyed();
	m = reply_head(0, 77, 300);
	sign_fa(&m);
	relay_from(FA, &m);
	ck_assert_int_eq(seen.res.outcome, MIP_DENIED);
	ck_assert_uint_eq(seen.res.code, 77);
}
END_TEST

/* Whoever deregisters what is left proves it to the agent, too. */
START_TEST(left_with_key)
{
	start_keyed();
	accept_keyed(0);
	advance(5000);
	mip_reg_abandon(reg);
	reg = NULL;
	advance(1000);
	ck_assert_str_eq(order(1), "131/17 221/1 32/20 33/20 ");
	/* Until it has expired. */
	advance(300 * 1000);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("mip_node");
	TCase *tc = tcase_create("mip_node");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, entry);
	tcase_add_test(tc, entry_answered_by_the_vector);
	tcase_add_test(tc, renewal_and_deregistration);
	tcase_add_test(tc, given_up);
	tcase_add_loop_test(tc, without_the_tunnel, 0, 3);
	tcase_add_test(tc, renewal_without_the_tunnel);
	tcase_add_test(tc, no_lifetime);
	tcase_add_test(tc, replies_refused);
	tcase_add_test(tc, denied);
	tcase_add_test(tc, resynchronisation);
	tcase_add_test(tc, service);
	tcase_add_test(tc, what_can_not_be_asked);
	tcase_add_test(tc, never_held);
	tcase_add_test(tc, abandoned);
	tcase_add_test(tc, left_to_the_next);
	tcase_add_test(tc, resumed);
	tcase_add_test(tc, resumed_with_its_clock);
	tcase_add_test(tc, moves_here);
	tcase_add_test(tc, moves_here_from_another_time);
	tcase_add_test(tc, moves_here_by_a_bad_road);
	tcase_add_test(tc, resumed_from_another_time);
	tcase_add_loop_test(tc, moves_away, 0, 2);
	tcase_add_loop_test(tc, moves_away_early, 0, 2);
	tcase_add_test(tc, stays);
	tcase_add_loop_test(tc, stays_early, 0, 2);
	tcase_add_loop_test(tc, moves_away_from_the_next, 0, 2);
	tcase_add_test(tc, revoked);
	tcase_add_test(tc, revoked_once_more);
	tcase_add_test(tc, revoked_at_another_address);
	tcase_add_test(tc, revocations_refused);
	tcase_add_test(tc, via_agent);
	tcase_add_test(tc, gre_via_agent);
	tcase_add_loop_test(tc, gre_via_agent_resumed, 0, 4);
	tcase_add_test(tc, via_agent_unproven);
	tcase_add_loop_test(tc, via_agent_useless, 0, 2);
	tcase_add_test(tc, anew);
	tcase_add_test(tc, anew_by_the_same);
	tcase_add_test(tc, anew_again_and_again);
	tcase_add_test(tc, anew_at_first);
	tcase_add_test(tc, agent_with_key);
	tcase_add_loop_test(tc, agent_fails, 0, 5);
	tcase_add_test(tc, relayed_by_another_key);
	tcase_add_test(tc, agent_denies_with_key);
	tcase_add_test(tc, left_with_key);
	tcase_add_test(tc, agent_denies);
	tcase_add_test(tc, agent_allows_less);
	tcase_add_test(tc, agent_goes_on_to_allow_less);
	tcase_add_test(tc, agent_allows_less_by_now);
	tcase_add_test(tc, agent_allows_little_once);
	tcase_add_loop_test(tc, agent_allows_little_by_now, 2, 30);
	tcase_add_test(tc, agent_with_key_allows_less);
	suite_add_tcase(s, tc);
	return test_run(s);
}

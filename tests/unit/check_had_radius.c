/* SPDX-License-Identifier: BSD-2-Clause */
/* The home agent's look-ups on the wire: what is asked, and what is made of
 * the answers, from a registration's first byte to the reply's last. */
#include "config.h"

#include "fake_radius.h"
#include "had/user_radius.h"
#include "tests/unit/had_rig.h"

static struct world w;
static struct user_radius *ur;
static struct fake_request rq;
static uint8_t attrs[512];
static size_t n_attrs;

static void
setup(void)
{
	rig_init();
	world_init(&w, 1);
	w.conf.auth_ms = 5000;
	rig.conf.lookup = (struct had_lookup_conf){ .on = true,
		.radius = w.conf, .service_type = 10,
		.alg = MIP4_ALG_HMAC_MD5,
		.params = { 600, 30, 16, 8, 6 } };
	rig.conf.lookup.nas_id = (char *)(uintptr_t)"had1";
	ur = user_radius_new(w.base, &w.timers, &w.clock, w.dict, &rig.conf,
	    &rig.reg);
	ck_assert_ptr_nonnull(ur);
	ck_assert_ptr_nonnull(rig.reg.lookup);
	n_attrs = 0;
}

static void
teardown(void)
{
	user_radius_free(ur);
	ck_assert_ptr_null(rig.reg.lookup);
	world_free(&w);
	rig_free();
}

/* A request comes in and a question goes out. */
static void
asks_for(struct m *m, bool mn, const char *iid)
{
	m_rrq(m, 0, 1800, AR1);
	m_nai(m, ALICE);
	m_req(m, iid);
	if (mn)
		m_auth(m, 32, 512, key_mn);
	m_sign(m);
	ck_assert_int_eq(rig_in(m, AR1), REG_PENDING);
	ck_assert(fake_recv(&w.fake[0], &rq));
}

static void
asks(struct m *m, bool mn)
{
	asks_for(m, mn, IID);
}

static void
put(const void *p, size_t n)
{
	memcpy(attrs + n_attrs, p, n);
	n_attrs += n;
}

static void
put_key(const void *key, size_t len)
{
	put("\x1a\x0c\0\0\x15\x9f\x39\x06\0\0\2\0", 12);
	fake_put_salted(&w.fake[0], &rq, attrs, &n_attrs, 5535, 58, key, len);
}

static void
put_prefix(const char *prefix, unsigned len, size_t bytes)
{
	uint8_t b[20] = { 97, (uint8_t)(4 + bytes), 0, (uint8_t)len };

	ck_assert_int_eq(inet_pton(AF_INET6, prefix, b + 4), 1);
	put(b, 4 + bytes);
}

static void
put_address(const char *address)
{
	uint8_t b[18] = { 168, 18 };

	ck_assert_int_eq(inet_pton(AF_INET6, address, b + 2), 1);
	put(b, 18);
}

/* The answer: what was put. */
static void
answer(uint8_t code)
{
	rig.n_sent = 0;
	fake_reply(&w.fake[0], &rq, code, attrs, n_attrs, FAKE_MA);
	n_attrs = 0;
	world_pump(&w);
}

static void
forget(void)
{
	user_lookup_flush(rig.reg.lookup, NULL);
}

START_TEST(question)
{
	const uint8_t *v;
	size_t len;
	struct m m;

	asks(&m, false);
	ck_assert(fake_authentic(&w.fake[0], &rq));
	v = fake_attr(&rq, 0, 1, &len);
	ck_assert_uint_eq(len, strlen(ALICE));
	ck_assert_mem_eq(v, ALICE, len);
	ck_assert_uint_eq(fake_u32(&rq, 6), 10);	/* Call-Check */
	ck_assert_uint_eq(fake_u32(&rq, 61), 5);	/* Virtual */
	v = fake_attr(&rq, 0, 32, &len);
	ck_assert_mem_eq(v, "had1", 4);
	v = fake_attr(&rq, 0, 4, &len);
	ck_assert_mem_eq(v, "\xc6\x33\x64\x01", 4);
	v = fake_attr(&rq, 5535, 7, &len);
	ck_assert_mem_eq(v, "\xc6\x33\x64\x01", 4);
	ck_assert_ptr_null(fake_attr(&rq, 0, 2, &len));
	/* Sent again, and then given up. */
	world_advance(&w, 2400);
	ck_assert(fake_recv(&w.fake[0], &rq));
	ck_assert_uint_eq(rig.n_sent, 0);
	world_advance(&w, 3000);
	expect(&m, 130, 0);
}
END_TEST

START_TEST(key)
{
	struct m m;
	size_t off;

	asks(&m, true);
	put_key(key_mn, 16);
	answer(RADIUS_ACCESS_ACCEPT);
	expect(&m, 0, 1800);
	off = sent_ext(32);
	ck_assert_uint_ne(off, 0);
	ck_assert_mem_eq(rig.sent + off + 2, "\0\0\2\0", 4);
	forget();
	/* Another key. */
	asks(&m, true);
	put_key("sixteen bytes ..", 16);
	answer(RADIUS_ACCESS_ACCEPT);
	expect(&m, 131, 0);
	forget();
	asks(&m, false);
	put_key(key_mn, 16);
	answer(RADIUS_ACCESS_ACCEPT);
	expect(&m, 131, 0);
	forget();
	asks(&m, true);
	put_key(key_mn, 15);
	answer(RADIUS_ACCESS_ACCEPT);
	expect(&m, 130, 0);
}
END_TEST

START_TEST(other_answers)
{
	struct m m;

	asks(&m, false);
	answer(RADIUS_ACCESS_REJECT);
	expect(&m, 129, 0);
	forget();
	asks(&m, false);
	answer(RADIUS_ACCESS_CHALLENGE);
	expect(&m, 129, 0);
	forget();
	asks(&m, false);
	answer(RADIUS_ACCESS_ACCEPT);
	expect(&m, 0, 1800);
	/* With a wrong sum it is none. */
	forget();
	asks(&m, false);
	fake_reply(&w.fake[0], &rq, RADIUS_ACCESS_REJECT, "", 0,
	    FAKE_MA | FAKE_BAD_MA);
	world_pump(&w);
	ck_assert_uint_eq(user_lookup_waiting(rig.reg.lookup), 1);
}
END_TEST

/* What is made of the home attributes: this address, or a refusal. A shared
 * one is asked for without an identifier. */
static void
home(uint8_t code, const char *want, bool shared)
{
	bool unique;
	struct m m;

	asks_for(&m, false, shared ? NULL : IID);
	answer(RADIUS_ACCESS_ACCEPT);
	expect(&m, code, code == 0 ? 1800 : 0);
	if (code == 0) {
		ck_assert_str_eq(sent_hoa(&unique), want);
		tell(&m, AR1, ALICE, 0, want);
		ck_assert_uint_eq(rig.sent[1], 0);
	}
	forget();
}

#define END	"211:2233:4455:6677"

START_TEST(homes)
{
	put_prefix("2001:db8:100:abc::", 64, 16);
	home(0, "2001:db8:100:abc:" END, false);
	put_prefix("2001:db8:100:abd::", 64, 8);
	put("\x64\x07" "homes", 7);
	home(0, "2001:db8:100:abd:" END, false);
	put_address("2001:db8:100:abe::5");
	home(0, "2001:db8:100:abe:" END, false);
	put_address("2001:db8:200:1::77");
	put("\x64\x09" "village", 9);
	home(0, "2001:db8:200:1::77", true);
	/* Nobody is put elsewhere. */
	put_prefix("2001:db8:100:ab0::", 60, 8);
	home(130, "", false);
	put_prefix("2001:db8:900:abc::", 64, 8);
	home(130, "", false);
	put_prefix("2001:db8:200:1::", 64, 8);
	home(130, "", false);
	put_prefix("2001:db8:100:abc::", 64, 8);
	put("\x64\x09" "village", 9);
	home(130, "", false);
	put("\x64\x09" "nowhere", 9);
	home(130, "", false);
	/* An address, a prefix, of no such length: a rejection
	 * [RFC 2865 5]. */
	put("\xa8\x11\x20\x01\x0d\xb8\x01\0\x0a\xbe\0\0\0\0\0\0\0", 17);
	home(129, "", false);
	put("\x61\x03\0", 3);
	home(129, "", false);
}
END_TEST

/* A short prefix is filled with zeros. */
START_TEST(short_prefix)
{
	put_prefix("2001:db8:100::", 64, 6);
	home(0, "2001:db8:100:0:" END, false);
}
END_TEST

START_TEST(ended_while_asking)
{
	struct m m;

	asks(&m, true);
	user_radius_free(ur);
	ur = NULL;
	ck_assert_ptr_null(rig.reg.radius);
	answer(RADIUS_ACCESS_ACCEPT);
	ck_assert_uint_eq(rig.n_sent, 0);
}
END_TEST

START_TEST(statistics)
{
	struct m m;
	json_t *o;

	asks(&m, true);
	o = user_radius_stats(ur);
	ck_assert_int_eq(json_integer_value(json_object_get(o, "requests")),
	    1);
	json_decref(o);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("had_radius");
	TCase *t = tcase_create("radius");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, question);
	tcase_add_test(t, key);
	tcase_add_test(t, other_answers);
	tcase_add_test(t, homes);
	tcase_add_test(t, short_prefix);
	tcase_add_test(t, ended_while_asking);
	tcase_add_test(t, statistics);
	suite_add_tcase(s, t);
	return test_run(s);
}

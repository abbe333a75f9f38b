/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Disconnect- and CoA-Requests as bytes, their answers, the memory of them, and
 * what they mean for a session. Their effect is check_session.c's.
 */
#include <errno.h>

#include <arpa/inet.h>
#include <openssl/evp.h>

#include "nasd/access.h"
#include "nasd/coa_rules.h"
#include "nasd/coa_stats.h"
#include "nasd/session.h"
#include "radius/dae.h"
#include "radius/dae_seen.h"
#include "tests/unit/test.h"

static const struct radius_secret secret = { 10, "testing123" };
static uint8_t pkt[RADIUS_MAX];
static size_t pkt_len;

/* A request with these attributes, signed as an Accounting-Request is: the sum
 * is made here without the code under test. */
static void
make(uint8_t code, const void *attrs, size_t len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t sum[16];
	unsigned n;

	pkt_len = 20 + len;
	memset(pkt, 0, 20);
	pkt[0] = code;
	pkt[1] = 77;
	pkt[2] = (uint8_t)(pkt_len >> 8);
	pkt[3] = (uint8_t)pkt_len;
	memcpy(pkt + 20, attrs, len);
	EVP_DigestInit_ex(ctx, EVP_md5(), NULL);
	EVP_DigestUpdate(ctx, pkt, pkt_len);
	EVP_DigestUpdate(ctx, secret.data, secret.len);
	EVP_DigestFinal_ex(ctx, sum, &n);
	EVP_MD_CTX_free(ctx);
	memcpy(pkt + 4, sum, 16);
}

#define MAKE(code, attrs)	make(code, attrs, sizeof(attrs) - 1)

static enum dae_cause
decode(struct dae_request *q, uint8_t code, const void *attrs, size_t len)
{
	size_t used = 0;

	make(code, attrs, len);
	ck_assert_int_eq(dae_verify(pkt, pkt_len, &secret, &used),
	    RADIUS_GOOD);
	ck_assert_uint_eq(used, pkt_len);
	return dae_decode(q, pkt, pkt_len);
}

#define DECODE(q, code, attrs)						\
	decode(q, code, attrs, sizeof(attrs) - 1)

START_TEST(authentic)
{
	const struct radius_secret other = { 10, "testing124" };
	size_t used;

	MAKE(DAE_COA_REQUEST, "\x01\x04" "me");
	ck_assert_int_eq(dae_verify(pkt, pkt_len, &other, &used),
	    RADIUS_BAD_VECTOR);
	/* padding is none of it */
	ck_assert_int_eq(dae_verify(pkt, pkt_len + 9, &secret, &used),
	    RADIUS_GOOD);
	ck_assert_uint_eq(used, pkt_len);
	pkt[22] ^= 1;
	ck_assert_int_eq(dae_verify(pkt, pkt_len, &secret, &used),
	    RADIUS_BAD_VECTOR);
	/* another code has nothing to say here */
	MAKE(4, "\x01\x04" "me");
	ck_assert_int_eq(dae_verify(pkt, pkt_len, &secret, &used),
	    RADIUS_MALFORMED);
	ck_assert_int_eq(dae_verify(pkt, 19, &secret, &used),
	    RADIUS_MALFORMED);
	/* its sum is right, its Message-Authenticator is not */
	MAKE(DAE_COA_REQUEST, "\x50\x12" "0123456789abcdef");
	ck_assert_int_eq(dae_verify(pkt, pkt_len, &secret, &used),
	    RADIUS_BAD_MA);
}
END_TEST

START_TEST(everything_said)
{
	struct dae_request q;

	ck_assert_int_eq(DECODE(&q, DAE_COA_REQUEST,
	    "\x01\x05" "ann" "\x05\x06\0\0\0\x07" "\x06\x06\0\0\0\x02"
	    "\x07\x06\0\0\0\x01" "\x0b\x06" "gold" "\x18\x04" "st"
	    "\x19\x03" "a" "\x19\x03" "b" "\x1b\x06\0\0\x01\0"
	    "\x1c\x06\0\0\0\0" "\x20\x06" "nas1" "\x2c\x04" "id"
	    "\x37\x06\x01\x02\x03\x04" "\x55\x06\0\0\0\x3c"
	    "\x1a\x12\0\0\x37\x2a\x07\x06\0\0\x1f\x40\x08\x06\0\0\x3e\x80"
	    "\x1a\x0a\0\0\x0d\xe9\x01\x04" "c1"), DAE_NONE);
	ck_assert(q.coa && !q.has_ma);
	ck_assert(dae_bytes_are(&q.user, "ann", 3));
	ck_assert(dae_bytes_are(&q.filter_id, "gold", 4));
	ck_assert(dae_bytes_are(&q.circuit, "c1", 2));
	ck_assert(q.time.set && q.time.v == 0x01020304);
	ck_assert(q.idle_timeout.set && q.idle_timeout.v == 0);
	ck_assert_uint_eq(q.session_timeout.v, 256);
	ck_assert_uint_eq(q.rate_up.v, 8000);
	ck_assert_uint_eq(q.rate_down.v, 16000);
	ck_assert_uint_eq(q.n_class, 2);
	ck_assert_uint_eq(q.n_keys, 4);
	ck_assert_uint_eq(q.n_changes, 8);
}
END_TEST

/* Every attribute is mandatory; each refusal has its reason. */
START_TEST(refused)
{
	static const struct {
		uint8_t		 code;
		const char	*attrs;
		size_t		 len;
		enum dae_cause	 cause;
	} t[] = {
#define T(code, attrs, cause)						\
	{ DAE_##code##_REQUEST, attrs, sizeof(attrs) - 1, DAE_##cause }
		T(COA, "\x01\x03" "a" "\xc8\x03" "x", ATTRIBUTE),
		T(COA, "\x01\x03" "a" "\x12\x04" "hi", ATTRIBUTE),
		T(COA, "\x01\x03" "a" "\x4f\x06" "eap!", ATTRIBUTE),
		/* a Disconnect-Request identifies, and that is all */
		T(DISCONNECT, "\x01\x03" "a" "\x1b\x06\0\0\0\1", ATTRIBUTE),
		T(DISCONNECT, "\x01\x03" "a" "\x0b\x03" "g", ATTRIBUTE),
		T(DISCONNECT, "\x01\x03" "a" "\x06\x06\0\0\0\2", ATTRIBUTE),
		T(DISCONNECT, "\x01\x03" "a" "\x18\x03" "s", ATTRIBUTE),
		T(COA, "\x01\x03" "a" "\x31\x06\0\0\0\6", ATTRIBUTE),
		/* vendors and their attributes that nobody here knows */
		T(COA, "\x01\x03" "a" "\x1a\x09\0\0\0\x09\1\3x", ATTRIBUTE),
		T(COA, "\x01\x03" "a" "\x1a\x0c\0\0\x37\x2a\x09\6\0\0\0\1",
		    ATTRIBUTE),
		T(DISCONNECT, "\x01\x03" "a"
		    "\x1a\x0c\0\0\x37\x2a\x07\6\0\0\0\1", ATTRIBUTE),
		/* what is not formatted as it should be */
		T(COA, "\x01\x02", INVALID),
		T(COA, "\x01\x03" "a" "\x1b\x05\0\0\1", INVALID),
		T(COA, "\x01\x03" "a" "\x01\x03" "b", INVALID),
		T(COA, "\x01\x03" "a" "\x1b\6\0\0\1\1\x1b\6\0\0\1\1",
		    INVALID),
		T(DISCONNECT, "\x61\x03\0", INVALID),
		T(DISCONNECT, "\x60\x06\0\0\0\0", INVALID),
		T(COA, "\x01\x03" "a" "\x1a\x05\0\0\x37", INVALID),
		T(COA, "\x01\x03" "a" "\x1a\x0b\0\0\x37\x2a\x07\6\0\0\1",
		    INVALID),
		T(COA, "\x01\x03" "a" "\x1a\x07\0\0\x37\x2a\x07", INVALID),
		/* Authorize Only, and Login */
		T(COA, "\x01\x03" "a" "\x06\x06\0\0\0\x11\x18\x03s", SERVICE),
		T(COA, "\x01\x03" "a" "\x06\x06\0\0\0\x01", SERVICE),
		T(COA, "\x01\x03" "a" "\x07\x06\0\0\0\x02", VALUE),
		T(COA, "\x01\x03" "a" "\x55\x06\0\0\0\x3b", VALUE),
		T(DISCONNECT, "\x01\x03" "a" "\x31\x06\0\0\0\1", VALUE),
		T(COA, "\x01\x03" "a" "\x19\3a\x19\3b\x19\3c\x19\3d\x19\3e",
		    RESOURCES),
		T(DISCONNECT, "\x01\x03" "a" "\x31\x06\0\0\0\6\x19\3c", NONE),
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct dae_request q;

		ck_assert_msg(decode(&q, t[i].code, t[i].attrs, t[i].len) ==
		    t[i].cause, "%zu: not %s", i, dae_cause_str(t[i].cause));
	}
}
END_TEST

/* As a client would check it. */
START_TEST(answers)
{
	uint8_t out[RADIUS_MAX];
	size_t used;
	int n;

	MAKE(DAE_COA_REQUEST, "\x21\x04" "p1" "\x01\x04" "me" "\x18\x03" "s"
	    "\x21\x02");
	n = dae_answer(out, pkt, pkt_len, DAE_NONE, &secret);
	ck_assert_int_eq(n, 20 + 18 + 4 + 3 + 2);
	ck_assert_uint_eq(out[0], DAE_COA_ACK);
	ck_assert_uint_eq(out[1], 77);
	ck_assert_int_eq(radius_verify(out, (size_t)n, pkt + 4, &secret,
	    RADIUS_MA_IF_PRESENT, &used), RADIUS_GOOD);
	ck_assert_uint_eq(out[20], 80);
	/* as they were, in their order */
	ck_assert_mem_eq(out + 38, "\x21\x04" "p1" "\x18\x03" "s\x21\x02", 9);
	n = dae_answer(out, pkt, pkt_len, DAE_NOT_FOUND, &secret);
	ck_assert_uint_eq(out[0], DAE_COA_NAK);
	ck_assert_mem_eq(out + 38, "\x65\x06\0\0\x01\xf7", 6);
	ck_assert_int_eq(radius_verify(out, (size_t)n, pkt + 4, &secret,
	    RADIUS_MA_IF_PRESENT, &used), RADIUS_GOOD);
	MAKE(DAE_DISCONNECT_REQUEST, "\x01\x04" "me" "\x18\x03" "s");
	n = dae_answer(out, pkt, pkt_len, DAE_RESIDUAL, &secret);
	ck_assert_int_eq(n, 20 + 18 + 6);
	ck_assert_uint_eq(out[0], DAE_DISCONNECT_ACK);
	ck_assert_uint_eq(dae_answer(out, pkt, pkt_len, DAE_INVALID, &secret),
	    44);
	ck_assert_uint_eq(out[0], DAE_DISCONNECT_NAK);
}
END_TEST

/* Full of Proxy-State there is no room for the Message-Authenticator. */
START_TEST(answer_too_long)
{
	static uint8_t attrs[RADIUS_MAX - 20];
	uint8_t out[RADIUS_MAX];
	size_t at;

	for (at = 0; at + 255 <= sizeof(attrs); at += 255) {
		attrs[at] = 33;
		attrs[at + 1] = 255;
	}
	make(DAE_COA_REQUEST, attrs, at);
	ck_assert_int_eq(dae_answer(out, pkt, pkt_len, DAE_NONE, &secret),
	    20 + 18 + (int)at);
	attrs[at] = 33;
	attrs[at + 1] = (uint8_t)(sizeof(attrs) - at);
	make(DAE_COA_REQUEST, attrs, sizeof(attrs));
	ck_assert_int_eq(dae_answer(out, pkt, pkt_len, DAE_NONE, &secret),
	    -EMSGSIZE);
}
END_TEST

static void
vector(uint8_t v[RADIUS_VECTOR], uint32_t n)
{
	memset(v, 0, RADIUS_VECTOR);
	memcpy(v, &n, sizeof(n));
}

START_TEST(seen)
{
	struct dae_seen *ds = dae_seen_new(600000);
	mono_t now = { 1000000000 };
	uint8_t v[RADIUS_VECTOR];
	enum dae_cause cause;
	uint32_t place, again;

	vector(v, 1);
	ck_assert_int_eq(dae_seen_look(ds, v, now, &place, &cause),
	    DAE_SEEN_NEW);
	ck_assert_int_eq(dae_seen_look(ds, v, now, &again, &cause),
	    DAE_SEEN_UNDER_WAY);
	ck_assert_uint_eq(again, place);
	dae_seen_answered(ds, place, DAE_NOT_FOUND);
	/* another one of the same chain */
	vector(v, 1 + (1U << 20));
	ck_assert_int_eq(dae_seen_look(ds, v, now, &again, &cause),
	    DAE_SEEN_NEW);
	dae_seen_forget(ds, again);
	ck_assert_int_eq(dae_seen_look(ds, v, now, &again, &cause),
	    DAE_SEEN_NEW);
	vector(v, 1);
	now = mono_add_ms(now, 600000);
	ck_assert_int_eq(dae_seen_look(ds, v, now, &place, &cause),
	    DAE_SEEN_ANSWERED);
	ck_assert_int_eq(cause, DAE_NOT_FOUND);
	now = mono_add_ms(now, 1);
	ck_assert_int_eq(dae_seen_look(ds, v, now, &place, &cause),
	    DAE_SEEN_NEW);
	dae_seen_free(ds);
}
END_TEST

START_TEST(seen_too_many)
{
	struct dae_seen *ds = dae_seen_new(1000);
	mono_t now = { 1000000000 };
	uint8_t v[RADIUS_VECTOR];
	enum dae_cause cause;
	uint32_t place;

	for (unsigned turn = 0; turn < 3; turn++) {
		for (uint32_t i = 0; i < DAE_SEEN; i++) {
			vector(v, i);
			ck_assert_int_eq(dae_seen_look(ds, v, now, &place,
			    &cause), DAE_SEEN_NEW);
			dae_seen_answered(ds, place, DAE_NONE);
		}
		vector(v, DAE_SEEN);
		ck_assert_int_eq(dae_seen_look(ds, v, now, &place, &cause),
		    DAE_SEEN_FULL);
		vector(v, 5);
		ck_assert_int_eq(dae_seen_look(ds, v, now, &place, &cause),
		    DAE_SEEN_ANSWERED);
		now = mono_add_ms(now, 1001);
	}
	dae_seen_free(ds);
}
END_TEST

static struct session s;
static struct nasd_config cfg;

static void
session(void)
{
	static char nas_id[] = "nas1", gold[] = "gold";
	static struct config_profile p[1] = { { gold,
	    { 20000000, 5000000, 50 } } };

	memset(&s, 0, sizeof(s));
	s.access = &access_ppp;
	memset(&cfg, 0, sizeof(cfg));
	cfg.nas_id = nas_id;
	cfg.profile = p;
	cfg.n_profile = 1;
	inet_pton(AF_INET, "192.0.2.1", &cfg.coa);
	strcpy(s.id, "0123456789abcdef");
	strcpy(s.user, "alice");
	strcpy(s.calling, "02-00-00-00-00-01");
	strcpy(s.device, "acc0");
	strcpy(s.port_id, "acc0");
	strcpy(s.service, "internet");
	s.circuit_id = (struct line_id){ 2, "c1" };
	s.pppoe_sid = 7;
	s.granted = s.registered = s.hoa_unique = true;
	inet_pton(AF_INET6, "2001:db8:1:2:3:4:5:6", &s.hoa);
	memcpy(s.iid.b, &s.hoa.s6_addr[8], 8);
	s.rate = (struct rate){ 1000000, 500000, 0 };
	s.rated = true;
}

START_TEST(whose)
{
	static const struct {
		const char	*attrs;
		size_t		 len;
		enum dae_cause	 for_us;
		bool		 matches;
	} t[] = {
#undef T
#define T(attrs, for_us, matches)					\
	{ attrs, sizeof(attrs) - 1, DAE_##for_us, matches }
		T("\x01\x07" "alice", NONE, true),
		T("\x01\x06" "alic", NONE, false),
		T("\x01\x08" "alice2", NONE, false),
		T("\x2c\x12" "0123456789abcdef", NONE, true),
		T("\x01\x07" "alice" "\x2c\x12" "0123456789abcdeF", NONE,
		    false),
		T("\x05\x06\0\0\0\x07", NONE, true),
		T("\x05\x06\0\0\0\x08", NONE, false),
		T("\x1f\x13" "02-00-00-00-00-01", NONE, true),
		T("\x1f\x13" "02-00-00-00-00-02", NONE, false),
		T("\x1e\x0f" "acc0:internet", NONE, true),
		T("\x57\x06" "acc0", NONE, true),
		T("\x57\x06" "acc1", NONE, false),
		T("\x1a\x0a\0\0\x0d\xe9\x01\x04" "c1", NONE, true),
		T("\x1a\x0a\0\0\x0d\xe9\x02\x04" "c1", NONE, false),
		T("\x60\x0a\0\x03\0\x04\0\x05\0\x06", NONE, true),
		T("\x60\x0a\0\x03\0\x04\0\x05\0\x07", NONE, false),
		T("\x61\x0c\0\x40\x20\x01\x0d\xb8\0\1\0\2", NONE, true),
		T("\x61\x14\0\x40\x20\x01\x0d\xb8\0\1\0\2\0\0\0\0\0\0\0\0",
		    NONE, true),
		T("\x61\x0c\0\x40\x20\x01\x0d\xb8\0\1\0\3", NONE, false),
		T("\x61\x0a\0\x30\x20\x01\x0d\xb8\0\1", NONE, false),
		T("\x61\x14\0\x80\x20\x01\x0d\xb8\0\1\0\2\0\3\0\4\0\5\0\6",
		    NONE, true),
		T("\xa8\x12\x20\x01\x0d\xb8\0\1\0\2\0\3\0\4\0\5\0\6", NONE,
		    true),
		T("\xa8\x12\x20\x01\x0d\xb8\0\1\0\2\0\3\0\4\0\5\0\7", NONE,
		    false),
		/* what no session has */
		T("\x08\x06\x0a\0\0\1", NONE, false),
		T("\x08\x06\0\0\0\0", NONE, false),
		T("\x32\x03" "m", NONE, false),
		T("\x59\x03" "c", NONE, false),
		/* the NAS */
		T("\x01\x07" "alice" "\x20\x06" "nas1" "\x04\x06\xc0\0\2\1",
		    NONE, true),
		T("\x01\x07" "alice" "\x20\x06" "nas2", NAS_MISMATCH, true),
		T("\x01\x07" "alice" "\x04\x06\xc0\0\2\2", NAS_MISMATCH,
		    true),
		T("\x01\x07" "alice" "\x5f\x12" "0123456789abcdef",
		    NAS_MISMATCH, true),
		T("\x20\x06" "nas1", MISSING, true),
	};

	session();
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct dae_request q;

		ck_assert_int_eq(decode(&q, DAE_DISCONNECT_REQUEST, t[i].attrs,
		    t[i].len), DAE_NONE);
		ck_assert_msg(coa_for_us(&q, &cfg) == t[i].for_us, "%zu", i);
		ck_assert_msg(coa_matches(&q, &s) == t[i].matches, "%zu", i);
	}
}
END_TEST

START_TEST(whose_not)
{
	struct dae_request q;

	session();
	ck_assert_int_eq(DECODE(&q, DAE_DISCONNECT_REQUEST,
	    "\x61\x0c\0\x40\x20\x01\x0d\xb8\0\1\0\2"), DAE_NONE);
	/* a shared prefix is no one's */
	s.hoa_unique = false;
	ck_assert(!coa_matches(&q, &s));
	s.hoa_unique = true;
	s.access = &access_ether;	/* it has one address of it */
	ck_assert(!coa_matches(&q, &s));
	s.access = &access_ppp;
	s.registered = false;
	ck_assert(!coa_matches(&q, &s));
	/* nor may a session be meant whose name is only claimed */
	ck_assert_int_eq(DECODE(&q, DAE_DISCONNECT_REQUEST,
	    "\x01\x07" "alice"), DAE_NONE);
	s.granted = false;
	ck_assert(!coa_matches(&q, &s));
	/* its IPv4 address, when it has one */
	s.granted = true;
	s.grant.ip4.s_addr = htonl(0x0a000001);
	ck_assert_int_eq(DECODE(&q, DAE_DISCONNECT_REQUEST,
	    "\x08\x06\x0a\0\0\1"), DAE_NONE);
	ck_assert(coa_matches(&q, &s));
	ck_assert_int_eq(DECODE(&q, DAE_DISCONNECT_REQUEST,
	    "\x08\x06\x0a\0\0\2"), DAE_NONE);
	ck_assert(!coa_matches(&q, &s));
	/* a line without an identifier is not one with an empty one */
	s.granted = true;
	s.circuit_id.len = 0;
	ck_assert_int_eq(DECODE(&q, DAE_DISCONNECT_REQUEST,
	    "\x1a\x0a\0\0\x0d\xe9\x01\x04" "c1"), DAE_NONE);
	ck_assert(!coa_matches(&q, &s));
	/* nothing to be changed */
	ck_assert_int_eq(DECODE(&q, DAE_COA_REQUEST, "\x01\x07" "alice"),
	    DAE_NONE);
	ck_assert_int_eq(coa_for_us(&q, &cfg), DAE_MISSING);
}
END_TEST

static enum dae_cause
plan(struct coa_change *c, const char *attrs, size_t len)
{
	struct dae_request q;

	ck_assert_int_eq(decode(&q, DAE_COA_REQUEST, attrs, len), DAE_NONE);
	return coa_plan(&q, &cfg, &s, c);
}

#define PLAN(attrs)	plan(&c, attrs, sizeof(attrs) - 1)

START_TEST(plans)
{
	struct coa_change c;

	session();
	ck_assert_int_eq(PLAN("\x1b\x06\0\0\0\x09"), DAE_NONE);
	ck_assert(!c.new_rate);
	/* one way only */
	ck_assert_int_eq(PLAN("\x1a\x0c\0\0\x37\x2a\x08\6\0\x1e\x84\x80"),
	    DAE_NONE);
	ck_assert(c.new_rate && c.rate.down_bps == 2000000 &&
	    c.rate.up_bps == 500000);
	/* what it has already */
	ck_assert_int_eq(PLAN("\x1a\x0c\0\0\x37\x2a\x08\6\0\x0f\x42\x40"),
	    DAE_NONE);
	ck_assert(!c.new_rate);
	/* a profile is both ways, a rate beside it comes before */
	ck_assert_int_eq(PLAN("\x1a\x0c\0\0\x37\x2a\x07\6\0\0\x1f\x40"
	    "\x0b\x06gold"), DAE_NONE);
	ck_assert(c.new_rate && c.rate.down_bps == 20000000 &&
	    c.rate.up_bps == 8000 && c.rate.burst_ms == 50);
	ck_assert_str_eq(c.filter_id, "gold");
	/* none at all */
	ck_assert_int_eq(PLAN("\x1a\x12\0\0\x37\x2a\x08\6\0\0\0\0\x07\6"
	    "\0\0\0\0"), DAE_NONE);
	ck_assert(c.new_rate && c.rate.down_bps == 0 && c.rate.up_bps == 0);
	/* what can not be */
	ck_assert_int_eq(PLAN("\x1a\x0c\0\0\x37\x2a\x08\6\0\0\x1f\x3f"),
	    DAE_VALUE);
	ck_assert_int_eq(PLAN("\x0b\x06golf"), DAE_VALUE);
	ck_assert_int_eq(PLAN("\x0b\x07gold\0"), DAE_VALUE);
	ck_assert_int_eq(PLAN("\x0b\x10netmip4:shared"), DAE_VALUE);
}
END_TEST

/* RFC 5176 3: as far ahead as back, and nothing that was seen before. */
START_TEST(of_now)
{
	const uint32_t now = 1000000;

	ck_assert(coa_is_of_now(now, now, 300, 0));
	ck_assert(coa_is_of_now(now - 300, now, 300, 0));
	ck_assert(!coa_is_of_now(now - 301, now, 300, 0));
	ck_assert(coa_is_of_now(now + 300, now, 300, 0));
	ck_assert(!coa_is_of_now(now + 301, now, 300, 0));
	ck_assert(!coa_is_of_now(UINT32_MAX, now, 300, 0));
	ck_assert(!coa_is_of_now(0, UINT32_MAX, 300, 0));
	ck_assert(coa_is_of_now(now, now, 300, now));
	ck_assert(!coa_is_of_now(now - 1, now, 300, now));
	/* Seen ahead of time by an earlier one: not again when it is time. */
	ck_assert(!coa_is_of_now(now + 200, now + 190, 300, now + 201));
	ck_assert(!coa_is_of_now(now + 200, now + 210, 300, now + 201));
	ck_assert(coa_is_of_now(now + 201, now + 1, 300, now + 201));
}
END_TEST

START_TEST(counted)
{
	struct coa_stats st = { .drops[COA_DROP_STALE] = 3 };
	struct in_addr a = { htonl(0xcb00710a) };
	json_t *o;

	coa_stats_answer(&st, DAE_NONE);
	coa_stats_answer(&st, DAE_RESIDUAL);
	coa_stats_answer(&st, DAE_NOT_FOUND);
	o = coa_stats_json("aaa1", a, &st);
#define INT(key) json_integer_value(json_object_get(o, key))
	ck_assert_int_eq(INT("acks"), 2);
	ck_assert_int_eq(INT("naks"), 1);
	ck_assert_int_eq(INT("stale"), 3);
	ck_assert_int_eq(INT("dropped"), 3);
	ck_assert_uint_eq(json_array_size(json_object_get(o, "causes")), 2);
	json_decref(o);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("coa");
	TCase *t = tcase_create("coa");

	if (radius_crypto_init() != 0)
		return 1;
	tcase_add_test(t, authentic);
	tcase_add_test(t, everything_said);
	tcase_add_test(t, refused);
	tcase_add_test(t, answers);
	tcase_add_test(t, answer_too_long);
	tcase_add_test(t, seen);
	tcase_add_test(t, seen_too_many);
	tcase_add_test(t, whose);
	tcase_add_test(t, whose_not);
	tcase_add_test(t, plans);
	tcase_add_test(t, of_now);
	tcase_add_test(t, counted);
	suite_add_tcase(suite, t);
	return test_run(suite);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* What sessions ask and record, as attributes; what an Access-Accept says, as
 * a grant. */
#include "config.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "fake_radius.h"
#include "nasd/aaa.h"
#include "nasd/acct.h"
#include "nasd/line_id.h"

struct answer {
	unsigned		calls;
	enum aaa_verdict	verdict;
	struct aaa_grant	grant;
	struct aaa_class	class[AAA_CLASSES];
	char			text[PLUG_TEXT];
};

static struct world w;
static struct aaa *aaa;
static struct acct *acct;
static struct acct_files files;
static const struct acct_params params = { .size = 1 << 20 };
static struct fake_request rq;

static const struct line_id circuit = { 4, "c\0 1" };
static const struct line_id remote = { 2, "r1" };
static const struct aaa_who who = {
	.circuit = &circuit, .remote = &remote,
	.session_id = "0123456789abcdef", .calling = "02:00:00:00:00:01",
	.called = "acc0:internet", .port_id = "acc0", .nas_port = 12,
	.ifname = "ppp0", .user = "alice@example.net",
};

static void
setup(void)
{
	log_set_level(NULL, "error");
	world_init(&w, 1);
	ck_assert_int_eq(acct_files_open(&files, ""), 0);
	acct = acct_new(&w.timers, &w.clock, w.client, &files, &params);
	ck_assert_ptr_nonnull(acct);
	aaa = aaa_new(w.client, acct, "nas1",
	    (struct in_addr){ htonl(0xc0000201) });
	ck_assert_ptr_nonnull(aaa);
}

static void
teardown(void)
{
	aaa_free(aaa);
	acct_free(acct);
	world_free(&w);
}

static void
done(void *arg, enum aaa_verdict verdict, const struct aaa_grant *g,
    const char *text)
{
	struct answer *a = arg;

	a->calls++;
	a->verdict = verdict;
	a->grant = *g;
	a->grant.class = memcpy(a->class, g->class, sizeof(a->class));
	ck_assert_uint_lt(strlen(text), sizeof(a->text));
	memcpy(a->text, text, strlen(text) + 1);
}

static struct plug_auth
pap(void)
{
	struct plug_auth pa = {
		.kind = PLUG_AUTH_PAP, .user = "alice@example.net",
		.secret_len = 12, .secret = "secret-alice",
	};

	return pa;
}

/* Asks by PAP and has the server answer. */
static void
ask(struct answer *a, uint8_t code, const void *attrs, size_t len)
{
	struct plug_auth pa = pap();

	memset(a, 0, sizeof(*a));
	ck_assert_ptr_nonnull(aaa_authenticate(aaa, &who, &pa, "s1", done,
	    a));
	ck_assert(fake_recv(&w.fake[0], &rq));
	fake_reply(&w.fake[0], &rq, code, attrs, len, FAKE_MA);
	world_pump(&w);
	ck_assert_uint_eq(a->calls, 1);
}

static void
ck_str(uint8_t type, const char *want)
{
	size_t len;
	const uint8_t *v = fake_attr(&rq, 0, type, &len);

	ck_assert_msg(v != NULL, "attribute %u", type);
	ck_assert_uint_eq(len, strlen(want));
	ck_assert_mem_eq(v, want, len);
}

static void
ck_raw(uint32_t vendor, uint8_t type, const void *want, size_t n)
{
	size_t len;
	const uint8_t *v = fake_attr(&rq, vendor, type, &len);

	ck_assert_msg(v != NULL, "attribute %u/%u", vendor, type);
	ck_assert_uint_eq(len, n);
	ck_assert_mem_eq(v, want, n);
}

static bool
has(uint8_t type)
{
	size_t len;

	return fake_attr(&rq, 0, type, &len) != NULL;
}

static void
ck_who(void)
{
	ck_raw(3561, 1, (const uint8_t *)"c\0 1", 4);
	ck_raw(3561, 2, (const uint8_t *)"r1", 2);
	ck_str(1, "alice@example.net");
	ck_raw(0, 4, "\xc0\x00\x02\x01", 4);
	ck_assert_uint_eq(fake_u32(&rq, 5), 12);
	ck_assert_uint_eq(fake_u32(&rq, 6), 2);
	ck_assert_uint_eq(fake_u32(&rq, 7), 1);
	ck_str(30, "acc0:internet");
	ck_str(31, "02:00:00:00:00:01");
	ck_str(32, "nas1");
	ck_str(44, "0123456789abcdef");
	ck_str(77, "PPPoE");
	ck_raw(5535, 79, "\xc0\x00\x02\x01", 4);
	ck_assert_uint_eq(fake_u32(&rq, 61), 32);
	ck_str(87, "acc0");
}

START_TEST(request_by_pap)
{
	struct answer a;
	size_t len;

	ask(&a, RADIUS_ACCESS_ACCEPT, NULL, 0);
	ck_assert(fake_authentic(&w.fake[0], &rq));
	ck_who();
	ck_assert_ptr_nonnull(fake_attr(&rq, 0, 2, &len));
	ck_assert_uint_eq(len, 16);
	ck_assert_int_eq(a.verdict, AAA_ACCEPT);
	ck_assert_str_eq(a.grant.user, "alice@example.net");
	ck_assert_int_eq(a.grant.mode, AAA_MODE_UNSET);
	ck_assert_uint_eq(a.grant.n_home_agents, 0);
	ck_assert(!a.grant.has_iid);
}
END_TEST

START_TEST(request_by_chap)
{
	struct answer a = { 0 };
	struct plug_auth pa = {
		.kind = PLUG_AUTH_CHAP_MD5, .chap_id = 0x16,
		.challenge_len = 20, .response_len = 16,
		.user = "alice@example.net",
	};
	uint8_t want[17] = { 0x16 };

	memset(pa.challenge, 'c', sizeof(pa.challenge));
	memset(pa.response, 'r', sizeof(pa.response));
	memset(want + 1, 'r', 16);
	ck_assert_ptr_nonnull(aaa_authenticate(aaa, &who, &pa, NULL, done,
	    &a));
	ck_assert(fake_recv(&w.fake[0], &rq));
	ck_who();
	ck_raw(0, 3, want, sizeof(want));
	ck_raw(0, 60, pa.challenge, 20);
	ck_assert(!has(2));
}
END_TEST

START_TEST(request_by_mschapv2)
{
	static const uint8_t short_one[] = { 26, 13, 0, 0, 1, 0x37, 26, 7,
	    0x16, 'S', '=', 'A', 'B' };
	uint8_t success[51] = { 26, 51, 0, 0, 1, 0x37, 26, 45, 0x16, 'S',
	    '=' };
	struct answer a = { 0 };
	struct plug_auth pa = {
		.kind = PLUG_AUTH_MSCHAPV2, .chap_id = 0x16,
		.challenge_len = 16, .response_len = 49, .user = "x",
	};
	uint8_t want[50] = { 0x16, 4 };
	struct aaa_who qinq = who;

	qinq.port_id = "acc0.100.7";
	qinq.vlan_tags = 2;
	memset(pa.response, 'r', sizeof(pa.response));
	pa.response[48] = 4;			/* flags */
	memset(want + 2, 'r', 48);
	aaa_authenticate(aaa, &qinq, &pa, NULL, done, &a);
	ck_assert(fake_recv(&w.fake[0], &rq));
	ck_assert_uint_eq(fake_u32(&rq, 61), 34);	/* PPPoEoQinQ */
	ck_str(87, "acc0.100.7");
	ck_raw(311, 25, want, sizeof(want));
	ck_raw(311, 11, pa.challenge, 16);
	memset(success + 11, 'A', 40);
	fake_reply(&w.fake[0], &rq, RADIUS_ACCESS_ACCEPT, success,
	    sizeof(success), 0);
	world_pump(&w);
	ck_assert_int_eq(a.verdict, AAA_ACCEPT);
	ck_assert_str_eq(a.grant.reply,
	    "S=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
	/* Without it the peer would only go away. */
	aaa_authenticate(aaa, &who, &pa, NULL, done, &a);
	ck_assert(fake_recv(&w.fake[0], &rq));
	fake_reply(&w.fake[0], &rq, RADIUS_ACCESS_ACCEPT, short_one,
	    sizeof(short_one), 0);
	world_pump(&w);
	ck_assert_int_eq(a.verdict, AAA_REJECT);
	ck_assert_str_eq(a.text, "Access denied");	/* and no more */
	ck_assert_int_eq(strncmp(a.grant.reply, "E=691 R=0 C=0000", 16), 0);
}
END_TEST

START_TEST(credentials_nobody_can_carry)
{
	struct answer a = { 0 };
	struct plug_auth pa = pap();

	pa.secret_len = 129;
	ck_assert_ptr_null(aaa_authenticate(aaa, &who, &pa, NULL, done, &a));
	pa = (struct plug_auth){ .kind = PLUG_AUTH_CHAP_MD5,
	    .challenge_len = 16, .response_len = 15 };
	ck_assert_ptr_null(aaa_authenticate(aaa, &who, &pa, NULL, done, &a));
	pa.kind = PLUG_AUTH_MSCHAPV2;
	ck_assert_ptr_null(aaa_authenticate(aaa, &who, &pa, NULL, done, &a));
	ck_assert(!fake_recv(&w.fake[0], &rq));
	ck_assert_uint_eq(a.calls, 0);
}
END_TEST

START_TEST(everything_granted)
{
	static const char accept[] =
	    "\x01\x06" "anne"
	    "\x0b\x07" "other"
	    "\x0b\x10" "netmip4:shared"
	    "\x12\x04" "hi"
	    "\x19\x05" "a\0b" "\x19\x03" "c"
	    "\x1b\x06\0\0\x0e\x10" "\x1c\x06\0\0\0\x3c"
	    "\x1a\x0c\0\0\x15\x9f\x07\x06\xc6\x33\x64\x02"
	    "\x1a\x12\0\0\x15\x9f\x07\x06\xc6\x33\x64\x01"
	    "\x07\x06\0\0\0\0"
	    "\x55\x06\0\0\0\x05"
	    "\x1a\x0c\0\0\x37\x2a\x07\x06\0\x0f\x42\x40"
	    "\x1a\x0c\0\0\x37\x2a\x08\x06\xff\xff\xff\xff"
	    "\x60\x0a\0\xda\0\0\0\x7e\0\x01"
	    "\x08\x06\x0a\0\0\x07"
	    "\x1a\x0c\0\0\x01\x37\x1c\x06\x0a\0\0\x35"
	    "\x1a\x0c\0\0\x01\x37\x1d\x06\x0a\0\0\x36"
	    "\x64\x07" "homes"
	    "\xa9\x12\xff\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\xfb"
	    "\xa9\x12\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
	    "\xa9\x12\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"
	    "\xa9\x12\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x53";
	struct answer a;
	const struct aaa_grant *g = &a.grant;

	ask(&a, RADIUS_ACCESS_ACCEPT, accept, sizeof(accept) - 1);
	ck_assert_int_eq(a.verdict, AAA_ACCEPT);
	ck_assert_str_eq(g->user, "anne");
	ck_assert_str_eq(g->filter_id, "other");
	ck_assert_int_eq(g->mode, AAA_MODE_SHARED);
	ck_assert_str_eq(a.text, "hi");
	ck_assert_uint_eq(g->n_class, 2);
	ck_assert_uint_eq(g->class[0].len, 3);
	ck_assert_mem_eq(g->class[0].data, "a\0b", 3);
	ck_assert_uint_eq(g->session_timeout, 3600);
	ck_assert_uint_eq(g->idle_timeout, 60);
	/* in their order; 0.0.0.0 is none */
	ck_assert_uint_eq(g->n_home_agents, 2);
	ck_assert_uint_eq(ntohl(g->home_agent[0].s_addr), 0xc6336402);
	ck_assert_uint_eq(ntohl(g->home_agent[1].s_addr), 0xc6336401);
	ck_assert_uint_eq(g->interim_s, 60);	/* RFC 2869 2.1 */
	ck_assert_uint_eq(g->rate_up_bps, 1000000);
	ck_assert_uint_eq(g->rate_down_bps, 4294967295);
	ck_assert(g->has_iid);
	ck_assert_mem_eq(g->iid.b, "\0\xda\0\0\0\x7e\0\x01", 8);
	ck_assert_uint_eq(ntohl(g->ip4.s_addr), 0x0a000007);
	ck_assert_uint_eq(ntohl(g->dns[0].s_addr), 0x0a000035);
	ck_assert_uint_eq(ntohl(g->dns[1].s_addr), 0x0a000036);
	ck_assert_str_eq(g->pool, "homes");
	ck_assert_uint_eq(g->n_rdnss, 1);
	ck_assert_uint_eq(g->rdnss[0].s6_addr[15], 0x53);
}
END_TEST

START_TEST(odd_grants)
{
	static const char unique[] = "\x0b\x10" "NetMIP4:UNIQUE";
	static const char neither[] = "\x0b\x0f" "netmip4:maybe";
	static const char zero_iid[] = "\x60\x0a\0\0\0\0\0\0\0\0";
	/* a vendor's that nobody here knows */
	static const char unknown[] = "\x1a\x09\0\0\x27\x0f\x07\x03\1";
	struct answer a;

	ask(&a, RADIUS_ACCESS_ACCEPT, unique, sizeof(unique) - 1);
	ck_assert_int_eq(a.grant.mode, AAA_MODE_UNIQUE);
	ask(&a, RADIUS_ACCESS_ACCEPT, neither, sizeof(neither) - 1);
	ck_assert_int_eq(a.grant.mode, AAA_MODE_UNSET);
	ask(&a, RADIUS_ACCESS_ACCEPT, zero_iid, sizeof(zero_iid) - 1);
	ck_assert(!a.grant.has_iid);
	ask(&a, RADIUS_ACCESS_ACCEPT, unknown, sizeof(unknown) - 1);
	ck_assert_int_eq(a.verdict, AAA_ACCEPT);
}
END_TEST

/* RFC 2865 5: a reply with an attribute of invalid length is a rejection. */
START_TEST(malformed_attributes)
{
	static const struct {
		const char	*attr;
		size_t		 len;
	} tries[] = {
		{ "\x1b\x05\0\0\1", 5 },	/* Session-Timeout */
		{ "\x08\x05\1\1\1", 5 },	/* Framed-IP-Address */
		{ "\x60\x06\1\1\1\1", 6 },	/* Framed-Interface-Id */
		{ "\xa9\x06\x20\x01\x0d\xb8", 6 },	/* DNS-Server-... */
		{ "\x1a\x0b\0\0\x15\x9f\x07\x05\1\2\3", 11 }, /* HA */
		{ "\x1a\x0b\0\0\x37\x2a\x07\x05\1\2\3", 11 }, /* WISPr */
	};
	struct answer a;

	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		ask(&a, RADIUS_ACCESS_ACCEPT, tries[i].attr, tries[i].len);
		ck_assert_msg(a.verdict == AAA_REJECT, "%zu", i);
	}
}
END_TEST

/* Asks, and is accepted with a mobile-home association as of a vendor. */
static void
ask_with_key(struct answer *a, uint32_t vendor, const char *key)
{
	struct plug_auth pa = pap();
	uint8_t spi[] = { 26, 12, 0, 0, 0x15, 0x9f, 57, 6, 0, 0, 2, 0, 0 };
	uint8_t attrs[256];
	size_t len = sizeof(spi) - 1;

	if (vendor == 24757)
		memcpy(spi, "\x1a\x0d\0\0\x60\xb5\x0b\x07\0\0\0\2\0",
		    len = sizeof(spi));
	memset(a, 0, sizeof(*a));
	ck_assert_ptr_nonnull(aaa_authenticate(aaa, &who, &pa, NULL, done, a));
	ck_assert(fake_recv(&w.fake[0], &rq));
	memcpy(attrs, spi, len);
	fake_put_salted(&w.fake[0], &rq, attrs, &len, vendor,
	    vendor == 24757 ? 10 : 58, key, strlen(key));
	fake_reply(&w.fake[0], &rq, RADIUS_ACCESS_ACCEPT, attrs, len, FAKE_MA);
	world_pump(&w);
	ck_assert_uint_eq(a->calls, 1);
}

START_TEST(mobile_home_keys)
{
	static const char key[] = "a key of twenty-four byt";
	static const uint32_t vendors[] = { 5535, 24757 };
	struct answer a;

	for (int i = 0; i < 2; i++) {
		ask_with_key(&a, vendors[i], key);
		ck_assert_int_eq(a.verdict, AAA_ACCEPT);
		ck_assert(a.grant.has_mn_ha);
		ck_assert_uint_eq(a.grant.mn_ha.spi, 512);
		ck_assert_uint_eq(a.grant.mn_ha.key_len, 24);
		ck_assert_mem_eq(a.grant.mn_ha.key, key, 24);
		aaa_grant_wipe(&a.grant);
		ck_assert(!a.grant.has_mn_ha);
		ck_assert_uint_eq(a.grant.mn_ha.key[0], 0);
	}
	ask(&a, RADIUS_ACCESS_ACCEPT, "", 0);
	ck_assert(!a.grant.has_mn_ha);
	/* Not let in without what he should have. */
	ask_with_key(&a, 5535, "fifteen bytes..");
	ck_assert_int_eq(a.verdict, AAA_REJECT);
	/* why is not for the peer */
	ck_assert_str_eq(a.text, "Access denied");
	ck_assert_str_eq(a.grant.reply, "Access denied");
	ck_assert(!a.grant.has_mn_ha);
}
END_TEST

/* Service-Type and Framed-Protocol: ours, or it is no accept. */
START_TEST(other_services)
{
	static const struct {
		uint8_t			attr[6];
		enum aaa_verdict	want;
	} tries[] = {
		{ { 6, 6, 0, 0, 0, 2 }, AAA_ACCEPT },	/* Framed */
		{ { 6, 6, 0, 0, 0, 1 }, AAA_REJECT },	/* Login */
		{ { 6, 6, 0, 0, 0, 6 }, AAA_REJECT },	/* Administrative */
		{ { 7, 6, 0, 0, 0, 1 }, AAA_ACCEPT },	/* PPP */
		{ { 7, 6, 0, 0, 0, 2 }, AAA_REJECT },	/* SLIP */
	};
	struct answer a;

	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		ask(&a, 2, tries[i].attr, 6);
		ck_assert_msg(a.verdict == tries[i].want, "%zu", i);
		ck_assert(a.verdict == AAA_ACCEPT || a.text[0] != '\0');
	}
}
END_TEST

START_TEST(rejected_and_silent)
{
	static const char text[] = "\x12\x0a" "go away!";
	struct plug_auth pa = pap();
	struct answer a;

	ask(&a, RADIUS_ACCESS_REJECT, text, sizeof(text) - 1);
	ck_assert_int_eq(a.verdict, AAA_REJECT);
	ck_assert_str_eq(a.text, "go away!");
	ask(&a, RADIUS_ACCESS_CHALLENGE, NULL, 0);
	ck_assert_int_eq(a.verdict, AAA_REJECT);

	memset(&a, 0, sizeof(a));
	aaa_authenticate(aaa, &who, &pa, "s1", done, &a);
	world_advance(&w, 14000);
	ck_assert_uint_eq(a.calls, 1);
	ck_assert_int_eq(a.verdict, AAA_NO_REPLY);
	ck_assert_str_eq(a.text, "no RADIUS server answered");

	memset(&a, 0, sizeof(a));
	aaa_cancel(aaa_authenticate(aaa, &who, &pa, "s1", done, &a));
	world_advance(&w, 14000);
	ck_assert_uint_eq(a.calls, 0);
}
END_TEST

static const struct aaa_class class = { 3, "k\0x" };

static struct aaa_usage
usage(void)
{
	struct aaa_usage u = {
		.rx_bytes = 0x100000002, .tx_bytes = 0x2ffffffff,
		.rx_packets = 7, .tx_packets = 9, .seconds = 3661,
		.cause = AAA_CAUSE_LOST_CARRIER, .has_hoa = true,
		.hoa = { { { 0x20, 1, 0x0d, 0xb8, 1, 0, 0, 2, 0, 0xda, 0, 0,
		    0, 0x7e, 0, 1 } } },
		.plen = 64, .iid = { { 0, 0xda, 0, 0, 0, 0x7e, 0, 1 } },
		.home_agent = { htonl(0xc6336401) },
		.class = &class, .n_class = 1,
	};

	return u;
}

static void
ck_usage_identity(void)
{
	ck_who();
	ck_assert(fake_authentic(&w.fake[0], &rq));
	ck_assert_uint_eq(fake_u32(&rq, 45), 1);
	ck_assert_uint_eq(fake_u32(&rq, 55), 3976214401u - 2208988800u);
	ck_raw(0, 25, "k\0x", 3);
	ck_raw(0, 96, "\0\xda\0\0\0\x7e\0\x01", 8);
	ck_raw(0, 168, "\x20\x01\x0d\xb8\x01\0\0\x02\0\xda\0\0\0\x7e\0\x01",
	    16);
	ck_raw(5535, 7, "\xc6\x33\x64\x01", 4);
}

/* In every packet about it, once the session has an IPv4 address. */
START_TEST(framed_ip_address)
{
	struct aaa_usage u = usage();
	struct aaa_who with = who;
	struct plug_auth pa = pap();
	struct answer a;

	with.ip4.s_addr = htonl(0x0a000007);
	aaa_account(aaa, AAA_ACCT_START, &with, &u);
	ck_assert(fake_recv(&w.fake[0], &rq));
	ck_raw(0, 8, "\x0a\0\0\x07", 4);
	aaa_cancel(aaa_authenticate(aaa, &with, &pa, "s1", done, &a));
	ck_assert(fake_recv(&w.fake[0], &rq));
	ck_raw(0, 8, "\x0a\0\0\x07", 4);
	aaa_cancel(aaa_authenticate(aaa, &who, &pa, "s1", done, &a));
	ck_assert(fake_recv(&w.fake[0], &rq));
	ck_assert(!has(8));
}
END_TEST

START_TEST(accounting_stop)
{
	struct aaa_usage u = usage();

	aaa_account(aaa, AAA_ACCT_STOP, &who, &u);
	ck_assert_uint_eq(acct_owed(acct), 1);
	ck_assert(fake_recv(&w.fake[0], &rq));
	ck_assert_uint_eq(fake_u32(&rq, 40), 2);
	ck_usage_identity();
	ck_assert_uint_eq(fake_u32(&rq, 42), 2);
	ck_assert_uint_eq(fake_u32(&rq, 52), 1);
	ck_assert_uint_eq(fake_u32(&rq, 43), 0xffffffff);
	ck_assert_uint_eq(fake_u32(&rq, 53), 2);
	ck_assert_uint_eq(fake_u32(&rq, 46), 3661);
	ck_assert_uint_eq(fake_u32(&rq, 47), 7);
	ck_assert_uint_eq(fake_u32(&rq, 48), 9);
	ck_assert_uint_eq(fake_u32(&rq, 49), 2);
	ck_raw(0, 97, "\0\x40\x20\x01\x0d\xb8\x01\0\0\x02", 10);
	fake_reply(&w.fake[0], &rq, RADIUS_ACCT_RESPONSE, NULL, 0, 0);
	world_pump(&w);
	ck_assert_uint_eq(acct_owed(acct), 0);
}
END_TEST

START_TEST(accounting_start_and_interim)
{
	struct aaa_usage u = usage();

	u.plen = 128;			/* a shared prefix */
	aaa_account(aaa, AAA_ACCT_START, &who, &u);
	ck_assert(fake_recv(&w.fake[0], &rq));
	ck_assert_uint_eq(fake_u32(&rq, 40), 1);
	ck_usage_identity();
	ck_assert(!has(42) && !has(46) && !has(49) && !has(97));
	fake_reply(&w.fake[0], &rq, RADIUS_ACCT_RESPONSE, NULL, 0, 0);
	world_pump(&w);
	aaa_account(aaa, AAA_ACCT_INTERIM, &who, &u);
	ck_assert(fake_recv(&w.fake[0], &rq));
	ck_assert_uint_eq(fake_u32(&rq, 40), 3);
	ck_assert(has(42) && has(46) && !has(49));
}
END_TEST

/* Of the concentrator itself: it ends every session at the server. */
START_TEST(accounting_on_and_off)
{
	aaa_account_nas(aaa, true, "0123456700000000");
	ck_assert(fake_recv(&w.fake[0], &rq));
	ck_assert(fake_authentic(&w.fake[0], &rq));
	ck_assert_uint_eq(fake_u32(&rq, 40), 7);
	ck_str(32, "nas1");
	ck_str(44, "0123456700000000");
	ck_raw(0, 4, "\xc0\x00\x02\x01", 4);
	ck_assert(!has(1) && !has(49) && has(55));
	fake_reply(&w.fake[0], &rq, RADIUS_ACCT_RESPONSE, NULL, 0, 0);
	world_pump(&w);
	aaa_account_nas(aaa, false, "0123456700000000");
	ck_assert(fake_recv(&w.fake[0], &rq));
	ck_assert_uint_eq(fake_u32(&rq, 40), 8);
	ck_assert_uint_eq(fake_u32(&rq, 49), 11);
}
END_TEST

/* Figures for ourselves are not sent, but make the Stop of a session that
 * nasd has not outlived. */
START_TEST(accounting_note)
{
	struct aaa_usage u = usage();

	aaa_account(aaa, AAA_ACCT_NOTE, &who, &u);
	ck_assert(!fake_recv(&w.fake[0], &rq));
	acct_close_orphan(acct, who.session_id, AAA_CAUSE_NAS_REBOOT);
	ck_assert(fake_recv(&w.fake[0], &rq));
	ck_assert_uint_eq(fake_u32(&rq, 40), 2);
	ck_usage_identity();
	ck_assert_uint_eq(fake_u32(&rq, 42), 2);
	ck_assert_uint_eq(fake_u32(&rq, 52), 1);
	ck_assert_uint_eq(fake_u32(&rq, 46), 3661);
	ck_assert_uint_eq(fake_u32(&rq, 49), 11);
	ck_raw(0, 97, "\0\x40\x20\x01\x0d\xb8\x01\0\0\x02", 10);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("aaa");
	TCase *t = tcase_create("aaa");
	SRunner *sr;
	int failed;

	tcase_set_timeout(t, 300);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, request_by_pap);
	tcase_add_test(t, request_by_chap);
	tcase_add_test(t, request_by_mschapv2);
	tcase_add_test(t, credentials_nobody_can_carry);
	tcase_add_test(t, everything_granted);
	tcase_add_test(t, odd_grants);
	tcase_add_test(t, malformed_attributes);
	tcase_add_test(t, mobile_home_keys);
	tcase_add_test(t, other_services);
	tcase_add_test(t, rejected_and_silent);
	tcase_add_test(t, framed_ip_address);
	tcase_add_test(t, accounting_stop);
	tcase_add_test(t, accounting_start_and_interim);
	tcase_add_test(t, accounting_on_and_off);
	tcase_add_test(t, accounting_note);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

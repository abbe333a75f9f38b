/* SPDX-License-Identifier: BSD-2-Clause */
/* EAP's rounds as RADIUS packets; the keys and texts of an Access-Accept. */
#include "config.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "fake_radius.h"
#include "nasd/aaa.h"
#include "tests/unit/test.h"

struct answer {
	unsigned		calls;
	enum aaa_verdict	verdict;
	struct aaa_grant	grant;
	char			text[PLUG_TEXT];
	size_t			len, state_len;
	uint8_t			packet[RADIUS_MAX], state[256];
	uint32_t		session_timeout;
	struct aaa_server	server;
};

static struct world w;
static struct aaa *aaa;
static struct fake_request rq;
static const struct aaa_who who = {
	.session_id = "0123456789abcdef", .user = "alice@example.net",
};

static void
setup(void)
{
	log_set_level(NULL, "error");
	world_init(&w, 2);
	aaa = aaa_new(w.client, NULL, "nas1",
	    (struct in_addr){ htonl(0xc0000201) });
	ck_assert_ptr_nonnull(aaa);
}

static void
teardown(void)
{
	aaa_free(aaa);
	world_free(&w);
}

static void
done(void *arg, enum aaa_verdict verdict, const struct aaa_grant *g,
    const struct aaa_eap_reply *e, const char *text)
{
	struct answer *a = arg;

	a->calls++;
	a->verdict = verdict;
	a->grant = *g;
	memcpy(a->text, text, strlen(text) + 1);
	ck_assert((e == NULL) == (verdict == AAA_NO_REPLY));
	if (e == NULL)
		return;
	memcpy(a->packet, e->packet, a->len = e->len);
	if ((a->state_len = e->state_len) > 0)
		memcpy(a->state, e->state, e->state_len);
	a->session_timeout = e->session_timeout;
	a->server = e->server;
}

/* Sends a round of len bytes; the server asked has it in rq. */
static struct fake *
ask(struct answer *a, size_t len, const char *state,
    const struct aaa_server *server)
{
	static uint8_t packet[1500];
	struct aaa_eap e = {
		.packet = packet, .len = len, .state = (const uint8_t *)state,
		.state_len = strlen(state), .mtu = 1492,
	};

	if (server != NULL)
		e.server = *server;
	for (size_t i = 0; i < sizeof(packet); i++)
		packet[i] = (uint8_t)(i * 7);
	memset(a, 0, sizeof(*a));
	ck_assert_ptr_nonnull(aaa_eap(aaa, &who, &e, "s1", done, a));
	for (unsigned i = 0; i < 2; i++)
		if (fake_recv(&w.fake[i], &rq))
			return &w.fake[i];
	ck_abort_msg("no request");
	return NULL;
}

static void
answer(struct answer *a, struct fake *f, uint8_t code, const void *attrs,
    size_t len)
{
	fake_reply(f, &rq, code, attrs, len, FAKE_MA);
	world_pump(&w);
	ck_assert_uint_eq(a->calls, 1);
}

/* All EAP-Message attributes of rq, and whether they stand together. */
static size_t
pieces(uint8_t *buf, bool *together)
{
	size_t n = 0, at = RADIUS_HDR;
	int runs = 0, last = 0;

	for (; at < rq.len; at += rq.pkt[at + 1]) {
		if (rq.pkt[at] == 79) {
			memcpy(buf + n, rq.pkt + at + 2, rq.pkt[at + 1] - 2u);
			n += rq.pkt[at + 1] - 2u;
			runs += last != 79;
		}
		last = rq.pkt[at];
	}
	*together = runs == 1;
	return n;
}

START_TEST(request)
{
	struct answer a;
	uint8_t buf[RADIUS_MAX];
	struct fake *f;
	bool together;
	size_t len, n;

	f = ask(&a, 5, "", NULL);
	ck_assert(fake_authentic(f, &rq));
	ck_assert_uint_eq(pieces(buf, &together), 5);
	ck_assert_uint_eq(fake_u32(&rq, 12), 1492);
	ck_assert_ptr_null(fake_attr(&rq, 0, 24, &len));
	ck_assert_ptr_null(fake_attr(&rq, 0, 2, &len));
	for (n = 252; n <= 1500; n += 416) {
		f = ask(&a, n, "state", NULL);
		ck_assert(fake_authentic(f, &rq));
		ck_assert_uint_eq(pieces(buf, &together), n);
		ck_assert(together);
		for (size_t i = 0; i < n; i++)
			ck_assert_uint_eq(buf[i], (uint8_t)(i * 7));
		ck_assert_mem_eq(fake_attr(&rq, 0, 24, &len), "state", 5);
	}
}
END_TEST

/* A challenge in two pieces, with State and time to answer; the next round
 * goes where it came from though another server would be first. */
START_TEST(challenge)
{
	const struct aaa_server second = { .set = true,
	    .address = w.conf.server[1].address,
	    .port = w.conf.server[1].auth_port };
	static uint8_t attrs[600] = { 79, 255 };
	struct answer a;
	struct fake *f;

	f = ask(&a, 5, "", &second);
	ck_assert_ptr_eq(f, &w.fake[1]);
	for (unsigned i = 0; i < 253; i++)
		attrs[2 + i] = (uint8_t)i;
	memcpy(attrs + 255, "\x4f\x05xyz" "\x18\x04ss" "\x1b\x06\0\0\0\x1e",
	    15);
	answer(&a, f, RADIUS_ACCESS_CHALLENGE, attrs, 270);
	ck_assert_int_eq(a.verdict, AAA_CHALLENGE);
	ck_assert_uint_eq(a.len, 256);
	ck_assert_uint_eq(a.packet[252], 252);
	ck_assert_mem_eq(a.packet + 253, "xyz", 3);
	ck_assert_uint_eq(a.state_len, 2);
	ck_assert_uint_eq(a.session_timeout, 30);
	ck_assert(a.server.set && a.server.port == second.port);
	ck_assert_ptr_eq(ask(&a, 5, "ss", &a.server), &w.fake[1]);
}
END_TEST

/* The configuration changes in the middle, and with it the servers' places:
 * the next round goes to who has asked, or nowhere [RFC 2865 5.24]. */
START_TEST(servers_change)
{
	const struct aaa_eap e = { .packet = (const uint8_t *)"\2\1\0\5\1",
	    .len = 5, .state = (const uint8_t *)"ss", .state_len = 2 };
	struct radius_client *old[2];
	struct radius_conf conf = w.conf;
	struct aaa_eap next = e;
	struct answer a;
	struct fake *f;

	f = ask(&a, 5, "", NULL);
	ck_assert_ptr_eq(f, &w.fake[0]);
	/* The answer comes when there is another client already. */
	conf.server[0] = w.conf.server[1];
	conf.server[1] = w.conf.server[0];
	old[0] = w.client;
	w.client = radius_client_new(w.base, &w.timers, &w.clock, w.dict,
	    &conf);
	aaa_set_client(aaa, w.client);
	answer(&a, f, RADIUS_ACCESS_CHALLENGE, "\x4f\x07\1\2\0\5\4"
	    "\x18\x04ss", 11);
	ck_assert_int_eq(a.verdict, AAA_CHALLENGE);
	ck_assert_uint_eq(a.server.port, w.conf.server[0].auth_port);
	next.server = a.server;
	ck_assert_ptr_eq(ask(&a, 5, "ss", &next.server), &w.fake[0]);
	/* Then it is taken out. */
	conf.n_servers = 1;
	old[1] = w.client;
	w.client = radius_client_new(w.base, &w.timers, &w.clock, w.dict,
	    &conf);
	aaa_set_client(aaa, w.client);
	log_set_level(NULL, "none");
	ck_assert_ptr_null(aaa_eap(aaa, &who, &next, "s1", done, &a));
	aaa_free(aaa);		/* whose last request went by the one before */
	aaa = NULL;
	radius_client_free(old[0]);
	radius_client_free(old[1]);
}
END_TEST

/* RFC 3579 3.1: without a Message-Authenticator it is no EAP. */
START_TEST(unsigned_reply_is_dropped)
{
	static const char accept[] = "\x4f\x06\3\1\0\4";
	struct answer a;
	struct fake *f = ask(&a, 5, "", NULL);

	fake_reply(f, &rq, RADIUS_ACCESS_ACCEPT, accept, 6, 0);
	world_pump(&w);
	ck_assert_uint_eq(a.calls, 0);
	answer(&a, f, RADIUS_ACCESS_ACCEPT, accept, 6);
	ck_assert_int_eq(a.verdict, AAA_ACCEPT);
	ck_assert_mem_eq(a.packet, "\3\1\0\4", a.len);
	ck_assert_str_eq(a.grant.user, "alice@example.net");
}
END_TEST

START_TEST(reject_and_texts)
{
	static const char reject[] = "\x4f\x06\4\1\0\4" "\x12\x05" "not"
	    "\x12\x05" "you";
	static const char login[] = "\x4f\x06\3\1\0\4" "\x06\x06\0\0\0\1";
	struct answer a;
	struct fake *f = ask(&a, 5, "", NULL);

	answer(&a, f, RADIUS_ACCESS_REJECT, reject, sizeof(reject) - 1);
	ck_assert_int_eq(a.verdict, AAA_REJECT);
	ck_assert_str_eq(a.text, "not you");
	ck_assert_uint_eq(a.len, 4);
	/* Accepted for what we do not offer: no Success for the peer. */
	f = ask(&a, 5, "", NULL);
	answer(&a, f, RADIUS_ACCESS_ACCEPT, login, sizeof(login) - 1);
	ck_assert_int_eq(a.verdict, AAA_REJECT);
	ck_assert_uint_eq(a.len, 0);
}
END_TEST

START_TEST(silence)
{
	struct answer a;

	ask(&a, 5, "", NULL);
	for (unsigned i = 0; i < 30 && a.calls == 0; i++)
		world_advance(&w, 1000);
	ck_assert_uint_eq(a.calls, 1);
	ck_assert_int_eq(a.verdict, AAA_NO_REPLY);
}
END_TEST

/* An accept with keys of these lengths, 0: none. */
static void
ask_with_keys(struct answer *a, size_t send, size_t recv)
{
	static const uint8_t key[64] = { 1, 2, 3 };
	static const char required[] = "\x1a\x0c\0\0\1\x37\7\6\0\0\0\2";
	uint8_t attrs[512];
	size_t len = sizeof(required) - 1;
	struct fake *f = ask(a, 5, "", NULL);

	memcpy(attrs, required, len);
	if (send > 0)
		fake_put_salted(f, &rq, attrs, &len, 311, 16, key, send);
	if (recv > 0)
		fake_put_salted(f, &rq, attrs, &len, 311, 17, key, recv);
	answer(a, f, RADIUS_ACCESS_ACCEPT, attrs, len);
	ck_assert_int_eq(a->verdict, AAA_ACCEPT);
	ck_assert(a->grant.must_encrypt);
}

START_TEST(mppe_keys)
{
	static const uint8_t none[PLUG_KEY];
	static const size_t bad[][2] = { { 0, 0 }, { 16, 0 }, { 0, 16 },
	    { 16, 32 }, { 64, 64 } };
	struct answer a;

	ask_with_keys(&a, 16, 16);
	ck_assert_uint_eq(a.grant.key_len, 16);
	ck_assert_mem_eq(a.grant.send_key, "\1\2\3", 3);
	ask_with_keys(&a, 32, 32);
	ck_assert_uint_eq(a.grant.key_len, 32);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ask_with_keys(&a, bad[i][0], bad[i][1]);
		ck_assert_uint_eq(a.grant.key_len, 0);
		ck_assert_mem_eq(a.grant.send_key, none, sizeof(none));
		ck_assert_mem_eq(a.grant.recv_key, none, sizeof(none));
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("aaa_eap");
	TCase *tc = tcase_create("aaa_eap");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, request);
	tcase_add_test(tc, challenge);
	tcase_add_test(tc, servers_change);
	tcase_add_test(tc, unsigned_reply_is_dropped);
	tcase_add_test(tc, reject_and_texts);
	tcase_add_test(tc, silence);
	tcase_add_test(tc, mppe_keys);
	suite_add_tcase(s, tc);
	return test_run(s);
}

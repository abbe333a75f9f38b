/* SPDX-License-Identifier: BSD-2-Clause */
/* EAP's pass-through, played from both sides. */
#include <string.h>

#include "nasd/eap_relay.h"
#include "tests/unit/test.h"

#define MTU	1492

static struct eap_relay	r;

/* A packet of the peer's; its type, then data. */
static unsigned
peer(uint8_t code, uint8_t id, uint8_t type, const char *data, size_t pad)
{
	uint8_t	pkt[2048] = { 0 };
	size_t	len = 5 + strlen(data), all = len + pad;

	pkt[0] = code;
	pkt[1] = id;
	pkt[2] = (uint8_t)(len >> 8);
	pkt[3] = (uint8_t)len;
	pkt[4] = type;
	memcpy(pkt + 5, data, strlen(data));
	return eap_relay_peer(&r, pkt, &all);
}

static unsigned
server(enum eap_server_says says, const void *packet, size_t len,
    const char *state, uint32_t session_timeout)
{
	struct eap_server_reply	q = {
		.says = says, .packet = packet, .len = len,
		.state = (const uint8_t *)state, .state_len = strlen(state),
		.session_timeout = session_timeout,
	};

	return eap_relay_server(&r, &q);
}

static void
start(void)
{
	static const uint8_t	identity[] = { 1, 8, 0, 5, 1 };

	eap_relay_init(&r, 7);
	ck_assert_uint_eq(eap_relay_start(&r, MTU), EAP_DO_SEND |
	    EAP_DO_TIMER);
	ck_assert_uint_eq(r.out_len, 5);
	ck_assert_mem_eq(r.out, identity, 5);
	ck_assert_int_eq(r.wait_ms, 3000);
}

static void
identified(void)
{
	start();
	ck_assert_uint_eq(peer(2, 8, 1, "alice@example.net", 0), EAP_DO_ASK);
	ck_assert_str_eq(r.identity, "alice@example.net");
}

#define CHALLENGE(id)	"\1" id "\0\7\4\1x"

static void
challenged(void)
{
	identified();
	ck_assert_uint_eq(server(EAP_CHALLENGE, CHALLENGE("\x20"), 7, "st1",
	    0), EAP_DO_SEND | EAP_DO_TIMER);
	ck_assert_uint_eq(r.out_len, 7);
	ck_assert_uint_eq(r.id, 0x20);
	ck_assert_uint_eq(r.state_len, 3);
	ck_assert_mem_eq(r.state_attr, "st1", 3);
}

START_TEST(md5_accepted)
{
	challenged();
	ck_assert_uint_eq(peer(2, 0x20, 4, "response", 0), EAP_DO_ASK);
	ck_assert_uint_eq(server(EAP_ACCEPTED, "\3\x20\0\4", 4, "", 0),
	    EAP_DO_SEND | EAP_DO_ACCEPT);
	ck_assert_mem_eq(r.out, "\3\x20\0\4", 4);
	ck_assert_ptr_null(r.why);
	ck_assert_uint_eq(eap_relay_timer(&r), 0);
	ck_assert_uint_eq(peer(2, 0x20, 4, "response", 0), 0);
}
END_TEST

START_TEST(rejected)
{
	challenged();
	peer(2, 0x20, 4, "response", 0);
	ck_assert_uint_eq(server(EAP_REJECTED, "\4\x20\0\4", 4, "", 0),
	    EAP_DO_SEND | EAP_DO_REJECT);
	ck_assert_mem_eq(r.out, "\4\x20\0\4", 4);
}
END_TEST

/* A Nak is the server's to understand. */
START_TEST(nak_is_relayed)
{
	challenged();
	ck_assert_uint_eq(peer(2, 0x20, 3, "\x0d", 0), EAP_DO_ASK);
	ck_assert_uint_eq(server(EAP_CHALLENGE, CHALLENGE("\x21"), 7, "st2",
	    0), EAP_DO_SEND | EAP_DO_TIMER);
	ck_assert_mem_eq(r.state_attr, "st2", 3);
	/* and a challenge without State forgets the old one */
	ck_assert_uint_eq(peer(2, 0x21, 13, "x", 0), EAP_DO_ASK);
	server(EAP_CHALLENGE, CHALLENGE("\x22"), 7, "", 0);
	ck_assert_uint_eq(r.state_len, 0);
}
END_TEST

/* RFC 3579 2.2, RFC 3748 4.1: silently. */
START_TEST(discarded)
{
	uint8_t	big[EAP_PACKET_MAX + 1] = { 2, 0x20,
	    (EAP_PACKET_MAX + 1) >> 8, (EAP_PACKET_MAX + 1) & 0xff, 4 };
	size_t	len;

	start();
	ck_assert_uint_eq(peer(2, 9, 1, "alice", 0), 0);	/* id */
	ck_assert_uint_eq(peer(1, 8, 1, "alice", 0), 0);	/* code */
	ck_assert_uint_eq(peer(2, 8, 3, "\4", 0), 0);		/* a Nak */
	len = 4;
	ck_assert_uint_eq(eap_relay_peer(&r, (const uint8_t *)"\2\x8\0\4",
	    &len), 0);						/* no type */
	len = 6;
	ck_assert_uint_eq(eap_relay_peer(&r,
	    (const uint8_t *)"\2\x8\0\7\1a", &len), 0);		/* cut off */
	len = 0;
	ck_assert_uint_eq(eap_relay_peer(&r, big, &len), 0);
	ck_assert_uint_eq(r.discarded, 6);
	ck_assert_int_eq(r.state, EAP_PEER);

	challenged();
	len = sizeof(big);
	ck_assert_uint_eq(eap_relay_peer(&r, big, &len), 0);
	ck_assert_uint_eq(peer(2, 0x20, 4, "one", 0), EAP_DO_ASK);
	/* the same again while the server has it, and a server's word that
	 * nobody asked for */
	ck_assert_uint_eq(peer(2, 0x20, 4, "one", 0), 0);
	server(EAP_CHALLENGE, CHALLENGE("\x21"), 7, "", 0);
	ck_assert_uint_eq(peer(2, 0x20, 4, "one", 0), 0);
	ck_assert_uint_eq(server(EAP_ACCEPTED, "\3\x21\0\4", 4, "", 0), 0);
}
END_TEST

START_TEST(padding_is_not_relayed)
{
	uint8_t	pkt[20] = { 2, 8, 0, 6, 1, 'a' };
	size_t	len = sizeof(pkt);

	start();
	ck_assert_uint_eq(eap_relay_peer(&r, pkt, &len), EAP_DO_ASK);
	ck_assert_uint_eq(len, 6);
	ck_assert_str_eq(r.identity, "a");
}
END_TEST

START_TEST(bad_identities)
{
	uint8_t	nul[8] = { 2, 8, 0, 8, 1, 'a', 0, 'b' };
	char	name[EAP_IDENTITY_MAX + 2];
	size_t	len = sizeof(nul);

	start();
	ck_assert_uint_eq(eap_relay_peer(&r, nul, &len), EAP_DO_GIVE_UP);
	start();
	ck_assert_uint_eq(peer(2, 8, 1, "", 0), EAP_DO_GIVE_UP);
	memset(name, 'n', sizeof(name));
	name[EAP_IDENTITY_MAX + 1] = '\0';
	start();
	ck_assert_uint_eq(peer(2, 8, 1, name, 0), EAP_DO_GIVE_UP);
	ck_assert_ptr_nonnull(r.why);
	name[EAP_IDENTITY_MAX] = '\0';
	start();
	ck_assert_uint_eq(peer(2, 8, 1, name, 0), EAP_DO_ASK);
	ck_assert_str_eq(r.identity, name);
}
END_TEST

/* RFC 3748 4.3: the same packet, ever more slowly, and not for ever. */
START_TEST(peer_is_silent)
{
	static const int64_t	waits[] = { 6000, 10000, 10000 };

	start();
	for (unsigned i = 0; i < 3; i++) {
		ck_assert_uint_eq(eap_relay_timer(&r), EAP_DO_SEND |
		    EAP_DO_TIMER);
		ck_assert_int_eq(r.wait_ms, waits[i]);
		ck_assert_uint_eq(r.out[1], 8);
	}
	ck_assert_uint_eq(eap_relay_timer(&r), EAP_DO_GIVE_UP);
	ck_assert_str_eq(r.why, "peer does not answer EAP");
	ck_assert_uint_eq(r.repeated, 3);
	ck_assert_uint_eq(peer(2, 8, 1, "late", 0), 0);
}
END_TEST

/* RFC 3579 2.3: for that Request, and that Request alone. */
START_TEST(server_gives_time)
{
	identified();
	server(EAP_CHALLENGE, CHALLENGE("\x20"), 7, "", 30);
	ck_assert_int_eq(r.wait_ms, 30000);
	ck_assert_uint_eq(eap_relay_timer(&r), EAP_DO_SEND | EAP_DO_TIMER);
	ck_assert_int_eq(r.wait_ms, 30000);
	peer(2, 0x20, 6, "token", 0);
	server(EAP_CHALLENGE, CHALLENGE("\x21"), 7, "", 0);
	ck_assert_int_eq(r.wait_ms, 3000);
	peer(2, 0x21, 6, "token", 0);
	server(EAP_CHALLENGE, CHALLENGE("\x22"), 7, "", 86400);
	ck_assert_int_eq(r.wait_ms, EAP_PATIENCE_MAX_S * 1000);
	ck_assert_uint_eq(eap_relay_timer(&r), EAP_DO_SEND | EAP_DO_TIMER);
	ck_assert_uint_eq(eap_relay_timer(&r), EAP_DO_GIVE_UP);
}
END_TEST

/* RFC 3579 2.2: the server did not like the Response and asks the same. */
START_TEST(same_request_again)
{
	challenged();
	peer(2, 0x20, 4, "bad", 0);
	ck_assert_uint_eq(server(EAP_CHALLENGE, CHALLENGE("\x20"), 7, "st1",
	    0), EAP_DO_SEND | EAP_DO_TIMER);
	ck_assert_uint_eq(peer(2, 0x20, 4, "good", 0), EAP_DO_ASK);
}
END_TEST

static void
asked(void)
{
	challenged();
	ck_assert_uint_eq(peer(2, 0x20, 4, "response", 0), EAP_DO_ASK);
}

/* RFC 3748 4.2: the last packet has the Response's identifier, or is not for
 * the peer; what is decided is RADIUS' to say nonetheless. */
START_TEST(last_identifier)
{
	asked();
	ck_assert_uint_eq(server(EAP_ACCEPTED, "\3\x21\0\4", 4, "", 0),
	    EAP_DO_ACCEPT);
	ck_assert_ptr_nonnull(strstr(r.why, "another identifier"));
	asked();
	ck_assert_uint_eq(server(EAP_REJECTED, "\4\x1f\0\4", 4, "", 0),
	    EAP_DO_REJECT);
	ck_assert_ptr_nonnull(strstr(r.why, "another identifier"));
	asked();
	ck_assert_uint_eq(server(EAP_REJECTED, "\3\x20\0\4", 4, "", 0),
	    EAP_DO_SEND | EAP_DO_REJECT);
	eap_relay_refuse(&r);
	ck_assert_mem_eq(r.out, "\4\x20\0\4", 4);
}
END_TEST

/* RFC 3579 2.6.3: nothing is made up. */
START_TEST(contradictions)
{
	static const struct {
		enum eap_server_says	says;
		const char		*packet;
		size_t			len;
		unsigned		want;
	} tries[] = {
		{ EAP_CHALLENGE, "", 0, EAP_DO_GIVE_UP },
		{ EAP_CHALLENGE, "\3\x20\0\4", 4, EAP_DO_GIVE_UP },
		{ EAP_CHALLENGE, "\1\x20\0\4", 4, EAP_DO_GIVE_UP },
		{ EAP_CHALLENGE, "\1\x20\0\x9\1", 5, EAP_DO_GIVE_UP },
		{ EAP_ACCEPTED, "", 0, EAP_DO_ACCEPT },
		{ EAP_ACCEPTED, "\4\x20\0\4", 4, EAP_DO_SEND | EAP_DO_ACCEPT },
		{ EAP_ACCEPTED, "\1\x20\0\5\2", 5, EAP_DO_ACCEPT },
		{ EAP_REJECTED, "", 0, EAP_DO_REJECT },
		{ EAP_REJECTED, "\3\x20\0\4", 4, EAP_DO_SEND | EAP_DO_REJECT },
		{ EAP_REJECTED, "\4\x20", 2, EAP_DO_REJECT },
	};

	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		asked();
		ck_assert_msg(server(tries[i].says, tries[i].packet,
		    tries[i].len, "", 0) == tries[i].want, "%zu", i);
		ck_assert_msg((r.why == NULL) == (tries[i].len == 0 &&
		    tries[i].says != EAP_CHALLENGE), "%zu", i);
		ck_assert_int_eq(r.state, EAP_IDLE);
	}
}
END_TEST

/* The peer's MRU is a limit, methods fragment by themselves. */
START_TEST(longer_than_the_link)
{
	uint8_t	pkt[EAP_PACKET_MAX + 1] = { 1, 0x20, MTU >> 8, MTU & 0xff, 13 };

	identified();
	ck_assert_uint_eq(server(EAP_CHALLENGE, pkt, MTU, "", 0),
	    EAP_DO_SEND | EAP_DO_TIMER);
	ck_assert_uint_eq(r.out_len, MTU);
	identified();
	pkt[3]++;
	ck_assert_uint_eq(server(EAP_CHALLENGE, pkt, MTU + 1, "", 0),
	    EAP_DO_GIVE_UP);
	identified();
	r.mtu = 9000;
	pkt[2] = sizeof(pkt) >> 8;
	pkt[3] = sizeof(pkt) & 0xff;
	ck_assert_uint_eq(server(EAP_CHALLENGE, pkt, sizeof(pkt), "", 0),
	    EAP_DO_GIVE_UP);
}
END_TEST

START_TEST(no_end)
{
	uint8_t		pkt[7] = { 1, 0, 0, 7, 4, 1, 'x' };
	unsigned	i, what = 0;

	identified();
	for (i = 0; i <= EAP_ROUNDS_MAX; i++) {
		pkt[1] = (uint8_t)(0x20 + i);
		what = server(EAP_CHALLENGE, pkt, 7, "s", 0);
		if (what == EAP_DO_GIVE_UP)
			break;
		ck_assert_uint_eq(peer(2, pkt[1], 4, "x", 0), EAP_DO_ASK);
	}
	ck_assert_uint_eq(what, EAP_DO_GIVE_UP);
	ck_assert_uint_eq(i, EAP_ROUNDS_MAX);
}
END_TEST

/* Once more, as for a reauthentication: nothing of the last one is left, but
 * identifiers go on. */
START_TEST(again)
{
	challenged();
	eap_relay_stop(&r);
	ck_assert_uint_eq(peer(2, 0x20, 4, "x", 0), 0);
	ck_assert_uint_eq(eap_relay_start(&r, MTU), EAP_DO_SEND |
	    EAP_DO_TIMER);
	ck_assert_uint_eq(r.out[1], 0x21);
	ck_assert_uint_eq(r.state_len, 0);
	ck_assert_str_eq(r.identity, "");
	ck_assert_uint_eq(peer(2, 0x21, 1, "alice", 0), EAP_DO_ASK);
	ck_assert_uint_eq(r.rounds, 0);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("eap_relay");
	TCase	*t = tcase_create("all");

	tcase_add_test(t, md5_accepted);
	tcase_add_test(t, rejected);
	tcase_add_test(t, nak_is_relayed);
	tcase_add_test(t, discarded);
	tcase_add_test(t, padding_is_not_relayed);
	tcase_add_test(t, bad_identities);
	tcase_add_test(t, peer_is_silent);
	tcase_add_test(t, server_gives_time);
	tcase_add_test(t, same_request_again);
	tcase_add_test(t, last_identifier);
	tcase_add_test(t, contradictions);
	tcase_add_test(t, longer_than_the_link);
	tcase_add_test(t, no_end);
	tcase_add_test(t, again);
	suite_add_tcase(s, t);
	return test_run(s);
}

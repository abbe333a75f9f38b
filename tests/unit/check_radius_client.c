/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests against servers under our hand, in a time that we turn. */
#include "config.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "fake_radius.h"
#include "test.h"

#define MANY	600

struct answer {
	unsigned		calls;
	enum radius_result	result;
	uint32_t		timeout;	/* Session-Timeout */
	int			server;
};

static struct world w;
static struct fake_request rq, rq2;

static void
setup_1(void)
{
	log_set_level(NULL, "error");
	world_init(&w, 1);
}

static void
setup_2(void)
{
	log_set_level(NULL, "error");
	world_init(&w, 2);
}

static void
teardown(void)
{
	world_free(&w);
}

static void
restart(void)
{
	radius_client_free(w.client);
	w.client = radius_client_new(w.base, &w.timers, &w.clock, w.dict,
	    &w.conf);
}

static void
done(void *arg, enum radius_result result, const struct radius_attrs *reply)
{
	struct answer *a = arg;

	a->calls++;
	a->result = result;
	if (reply == NULL)
		return;
	radius_get_u32(reply, PW_SESSION_TIMEOUT, &a->timeout);
	a->server = radius_reply_server(reply);
}

static struct radius_request *
ask_one(struct answer *a, int server)
{
	struct radius_attrs as;

	memset(a, 0, sizeof(*a));
	radius_attrs_init(&as, w.dict);
	radius_add_str(&as, PW_USER_NAME, "nemo");
	radius_add_data(&as, PW_USER_PASSWORD, 0, "arctangent", 10);
	return radius_send_to(w.client, server, RADIUS_ACCESS_REQUEST, &as,
	    done, a);
}

static struct radius_request *
ask(struct answer *a)
{
	return ask_one(a, -1);
}

static struct radius_request *
account(struct answer *a)
{
	struct radius_attrs as;

	memset(a, 0, sizeof(*a));
	radius_attrs_init(&as, w.dict);
	radius_add_u32(&as, PW_ACCT_STATUS_TYPE, PW_STATUS_STOP);
	return radius_send(w.client, RADIUS_ACCT_REQUEST, &as, done, a);
}

static void
reply(unsigned server, const struct fake_request *r, uint8_t code,
    unsigned flags)
{
	fake_reply(&w.fake[server], r, code, NULL, 0, flags);
	world_pump(&w);
}

/* A figure of a server's. */
static json_int_t
figure(unsigned server, const char *name)
{
	json_t *o = radius_stats(w.client), *v;
	json_int_t n;

	v = json_object_get(json_array_get(json_object_get(o, "servers"),
	    server), name);
	ck_assert_msg(json_is_integer(v), "%s", name);
	n = json_integer_value(v);
	json_decref(o);
	return n;
}

static void
ck_state(unsigned server, const char *want)
{
	json_t *o = radius_stats(w.client);

	ck_assert_str_eq(json_string_value(json_object_get(json_array_get(
	    json_object_get(o, "servers"), server), "state")), want);
	json_decref(o);
}

START_TEST(accepted)
{
	static const uint8_t timeout[] = { 27, 6, 0, 0, 0x0e, 0x10 };
	struct answer a;

	ck_assert_ptr_nonnull(ask(&a));
	ck_assert(fake_recv(&w.fake[0], &rq));
	ck_assert(fake_authentic(&w.fake[0], &rq));
	fake_reply(&w.fake[0], &rq, RADIUS_ACCESS_ACCEPT, timeout,
	    sizeof(timeout), FAKE_MA);
	w.now = mono_add_ms(w.now, 8);
	world_pump(&w);
	ck_assert_uint_eq(a.calls, 1);
	ck_assert_int_eq(a.result, RADIUS_ACCEPTED);
	ck_assert_uint_eq(a.timeout, 3600);
	ck_assert_int_eq(figure(0, "accepts"), 1);
	ck_assert_int_eq(figure(0, "in_flight"), 0);
	ck_state(0, "alive");
	world_advance(&w, 60000);
	ck_assert_uint_eq(a.calls, 1);
}
END_TEST

START_TEST(other_verdicts)
{
	struct answer a;

	ask(&a);
	ck_assert(fake_recv(&w.fake[0], &rq));
	reply(0, &rq, RADIUS_ACCESS_REJECT, 0);
	ck_assert_uint_eq(a.calls, 1);
	ck_assert_int_eq(a.result, RADIUS_REJECTED);
	ask(&a);
	ck_assert(fake_recv(&w.fake[0], &rq));
	reply(0, &rq, RADIUS_ACCESS_CHALLENGE, 0);
	ck_assert_int_eq(a.result, RADIUS_CHALLENGED);
	ck_assert_uint_eq(a.calls, 1);
}
END_TEST

/* RFC 5080 2.2.1: after 2 s, a tenth up or down, then twice that. */
START_TEST(retransmits_the_same_packet)
{
	struct answer a;

	ask(&a);
	ck_assert(fake_recv(&w.fake[0], &rq));
	world_advance(&w, 1790);
	ck_assert(!fake_recv(&w.fake[0], &rq2));
	world_advance(&w, 420);
	ck_assert(fake_recv(&w.fake[0], &rq2));
	ck_assert_uint_eq(rq2.len, rq.len);
	ck_assert_mem_eq(rq2.pkt, rq.pkt, rq.len);
	ck_assert_int_eq(figure(0, "retrans"), 1);
	reply(0, &rq2, RADIUS_ACCESS_ACCEPT, FAKE_MA);
	ck_assert_int_eq(a.result, RADIUS_ACCEPTED);
}
END_TEST

START_TEST(next_server_when_the_first_is_silent)
{
	struct answer a;

	ask(&a);
	world_advance(&w, 7000);
	ck_assert(fake_recv(&w.fake[0], &rq));
	ck_assert(fake_recv(&w.fake[0], &rq));
	ck_assert(!fake_recv(&w.fake[0], &rq));
	/* The second: its own secret, another authenticator. */
	ck_assert(fake_recv(&w.fake[1], &rq2));
	ck_assert(fake_authentic(&w.fake[1], &rq2));
	ck_assert_mem_ne(rq.pkt + 4, rq2.pkt + 4, 16);
	ck_state(0, "dead");
	/* Its tries begin anew. */
	world_advance(&w, 2210);
	ck_assert(fake_recv(&w.fake[1], &rq2));
	reply(1, &rq2, RADIUS_ACCESS_ACCEPT, FAKE_MA);
	ck_assert_int_eq(a.result, RADIUS_ACCEPTED);

	/* The living one is asked at once. */
	ask(&a);
	ck_assert(!fake_recv(&w.fake[0], &rq));
	ck_assert(fake_recv(&w.fake[1], &rq2));
	reply(1, &rq2, RADIUS_ACCESS_ACCEPT, FAKE_MA);
}
END_TEST

START_TEST(a_dead_server_gets_one_request_to_show_itself)
{
	struct answer a, b;

	ask(&a);
	world_advance(&w, 7000);
	while (fake_recv(&w.fake[0], &rq))
		;
	ck_assert(fake_recv(&w.fake[1], &rq2));
	reply(1, &rq2, RADIUS_ACCESS_ACCEPT, FAKE_MA);
	world_advance(&w, 60000);
	ask(&a);
	ask(&b);
	ck_assert(fake_recv(&w.fake[0], &rq));
	ck_assert(!fake_recv(&w.fake[0], &rq2));
	ck_assert(fake_recv(&w.fake[1], &rq2));
	reply(0, &rq, RADIUS_ACCESS_ACCEPT, FAKE_MA);
	ck_state(0, "alive");
	ask(&a);
	ck_assert(fake_recv(&w.fake[0], &rq));
}
END_TEST

START_TEST(all_silent_within_the_budget)
{
	struct answer a;
	unsigned n = 0;

	/* Ten tries each would take minutes. */
	w.conf.server[0].tries = w.conf.server[1].tries = 10;
	restart();
	ask(&a);
	world_advance(&w, 13999);
	ck_assert_uint_eq(a.calls, 0);
	world_advance(&w, 1);
	ck_assert_uint_eq(a.calls, 1);
	ck_assert_int_eq(a.result, RADIUS_SILENT);
	ck_assert_int_eq(figure(0, "in_flight") + figure(1, "in_flight"), 0);
	/* The second had as much of it as the first. */
	while (fake_recv(&w.fake[1], &rq))
		n++;
	ck_assert_uint_ge(n, 2);
	ck_state(1, "dead");
	/* And dead as they are, they are asked. */
	ask(&a);
	while (fake_recv(&w.fake[0], &rq))
		n = 100;
	ck_assert_uint_eq(n, 100);
}
END_TEST

START_TEST(each_server_has_its_tries_once)
{
	struct answer a;
	unsigned n[2] = { 0, 0 };

	ask(&a);
	world_advance(&w, 14000);
	ck_assert_uint_eq(a.calls, 1);
	ck_assert_int_eq(a.result, RADIUS_SILENT);
	while (fake_recv(&w.fake[0], &rq))
		n[0]++;
	while (fake_recv(&w.fake[1], &rq))
		n[1]++;
	ck_assert_uint_eq(n[0], 2);
	ck_assert_uint_eq(n[1], 2);
}
END_TEST

/* Status-Server [RFC 5997], and that only; the last one. */
static unsigned
probes(unsigned server)
{
	unsigned n = 0;

	while (fake_recv(&w.fake[server], &rq)) {
		if (rq.pkt[0] != RADIUS_STATUS_SERVER)
			continue;
		ck_assert_uint_eq(rq.len, 38);
		ck_assert(fake_authentic(&w.fake[server], &rq));
		rq2 = rq;
		n++;
	}
	return n;
}

static void
watch(void)
{
	for (int i = 0; i < 2; i++) {
		w.conf.server[i].status_server = true;
		w.conf.server[i].tries = 10;
	}
	w.conf.auth_ms = 60000;
	restart();
}

/* Long before their own time there is up. */
START_TEST(others_leave_a_server_found_dead)
{
	struct answer a, b;

	watch();
	ask(&a);
	world_advance(&w, 1500);
	ask(&b);
	world_advance(&w, 800);
	ck_state(0, "zombie");
	ck_assert_uint_eq(probes(0), 1);
	world_advance(&w, 6200);
	ck_state(0, "dead");
	ck_assert_uint_eq(probes(0), 2);
	for (int i = 0; i < 26; i++) {
		world_advance(&w, 500);
		while (fake_recv(&w.fake[1], &rq))
			reply(1, &rq, RADIUS_ACCESS_ACCEPT, FAKE_MA);
	}
	ck_assert_uint_eq(a.calls + b.calls, 2);
	ck_assert_int_eq(figure(0, "in_flight"), 1);	/* the probe */
}
END_TEST

START_TEST(a_zombie_shows_that_it_lives)
{
	struct answer a, b;

	w.conf.server[0].ma = RADIUS_MA_REQUIRED;
	watch();
	ask(&a);
	world_advance(&w, 2300);
	ck_state(0, "zombie");
	/* Those who come meanwhile go elsewhere. */
	ask(&b);
	ck_assert(fake_recv(&w.fake[1], &rq));
	reply(1, &rq, RADIUS_ACCESS_ACCEPT, FAKE_MA);
	ck_assert_uint_eq(b.calls, 1);
	ck_assert_uint_eq(probes(0), 1);
	/* None that it has not sent, and none without its sum. */
	reply(0, &rq2, RADIUS_ACCESS_REJECT, FAKE_MA);
	reply(0, &rq2, RADIUS_ACCESS_ACCEPT, FAKE_MA | FAKE_BAD_VECTOR);
	ck_state(0, "zombie");
	/* One without is enough, whatever is demanded of others. */
	reply(0, &rq2, RADIUS_ACCESS_ACCEPT, 0);
	ck_state(0, "alive");
	/* Not counted as an Access-Accept [RFC 5997 4.6]. */
	ck_assert_int_eq(figure(0, "accepts"), 0);
	ck_assert_int_eq(figure(0, "bad_authenticator"), 1);
	ask(&b);
	ck_assert(fake_recv(&w.fake[0], &rq));
}
END_TEST

START_TEST(a_dead_one_is_probed_until_it_lives)
{
	struct answer a;
	unsigned n = 0;

	watch();
	w.conf.dead_s = 15;
	restart();
	ask(&a);
	world_advance(&w, 8400);
	ck_state(0, "dead");
	ck_assert_uint_eq(probes(0), 3);
	ck_assert_int_eq(figure(1, "in_flight"), 0);
	for (; n < 3; n++) {
		world_advance(&w, 11000);
		ck_state(0, "dead");
		ck_assert_uint_eq(probes(0), 1);
		reply(0, &rq2, RADIUS_ACCESS_ACCEPT, FAKE_MA);
	}
	ck_state(0, "alive");
	radius_cancel(ask(&a));
	ck_assert(fake_recv(&w.fake[0], &rq));
	ck_assert_uint_eq(rq.pkt[0], RADIUS_ACCESS_REQUEST);
}
END_TEST

/* Authentication may be dead, and accounting live. */
START_TEST(kinds_live_apart)
{
	struct answer a;
	json_t *o;

	ask(&a);
	world_advance(&w, 7000);
	ck_state(0, "dead");
	account(&a);
	while (fake_recv(&w.fake[0], &rq))
		;
	ck_assert_uint_eq(rq.pkt[0], RADIUS_ACCT_REQUEST);
	reply(0, &rq, RADIUS_ACCT_RESPONSE, 0);
	ck_assert_uint_eq(a.calls, 1);
	o = radius_stats(w.client);
	ck_assert_str_eq(json_string_value(json_object_get(json_array_get(
	    json_object_get(o, "servers"), 0), "acct_state")), "alive");
	json_decref(o);
	ck_state(0, "dead");
}
END_TEST

START_TEST(not_asked_for)
{
	struct answer a;

	w.conf.server[0].auth = false;
	w.conf.server[1].acct = false;
	restart();
	ask(&a);
	ck_assert(!fake_recv(&w.fake[0], &rq));
	ck_assert(fake_recv(&w.fake[1], &rq));
	account(&a);
	ck_assert(fake_recv(&w.fake[0], &rq));
	ck_assert(!fake_recv(&w.fake[1], &rq));
	ck_assert_ptr_null(ask_one(&a, 0));
}
END_TEST

static void
pinged(void *arg, int64_t us)
{
	int64_t *out = arg;

	ck_assert_int_eq(*out, 0);
	*out = us;
}

START_TEST(pings)
{
	int64_t us[4] = { 0 };
	struct radius_ping *p;

	ck_assert_ptr_nonnull(radius_ping(w.client, 0, RADIUS_AUTH, pinged,
	    &us[0]));
	ck_assert_ptr_nonnull(radius_ping(w.client, 1, RADIUS_ACCT, pinged,
	    &us[1]));
	p = radius_ping(w.client, 1, RADIUS_AUTH, pinged, &us[2]);
	ck_assert_uint_eq(probes(0), 1);
	w.now = mono_add_ms(w.now, 7);
	reply(0, &rq2, RADIUS_ACCESS_ACCEPT, FAKE_MA);
	ck_assert_int_eq(us[0], 7000);
	radius_ping_cancel(p);
	world_advance(&w, 2000);
	ck_assert_int_eq(us[1], -1);
	ck_assert_int_eq(us[2], 0);
	ck_assert_int_eq(figure(1, "in_flight"), 0);
	ck_assert_ptr_null(radius_ping(w.client, 2, RADIUS_AUTH, pinged,
	    &us[3]));
	/* One that radius_client_free ends. */
	ck_assert_ptr_nonnull(radius_ping(w.client, 0, RADIUS_AUTH, pinged,
	    &us[3]));
}
END_TEST

/* CVE-2024-3596: where a forged reply has its collision. */
START_TEST(proxy_states_never_sent)
{
	static const uint8_t state[] = { 33, 4, 'x', 'y' };
	struct answer a;

	ask(&a);
	ck_assert(fake_recv(&w.fake[0], &rq));
	fake_reply(&w.fake[0], &rq, RADIUS_ACCESS_ACCEPT, state,
	    sizeof(state), 0);
	world_pump(&w);
	ck_assert_uint_eq(a.calls, 0);
	ck_assert_int_eq(figure(0, "foreign_proxy_state"), 1);
	/* With a Message-Authenticator it is only useless. */
	fake_reply(&w.fake[0], &rq, RADIUS_ACCESS_ACCEPT, state,
	    sizeof(state), FAKE_MA);
	world_pump(&w);
	ck_assert_int_eq(a.result, RADIUS_ACCEPTED);
}
END_TEST

START_TEST(bad_replies_are_dropped)
{
	struct answer a;

	w.conf.server[0].ma = RADIUS_MA_REQUIRED;
	restart();
	ask(&a);
	ck_assert(fake_recv(&w.fake[0], &rq));
	reply(0, &rq, RADIUS_ACCESS_ACCEPT, FAKE_MA | FAKE_BAD_VECTOR);
	reply(0, &rq, RADIUS_ACCESS_ACCEPT, FAKE_BAD_MA);
	reply(0, &rq, RADIUS_ACCESS_ACCEPT, 0);
	ck_assert_int_eq(figure(0, "bad_authenticator"), 1);
	ck_assert_int_eq(figure(0, "bad_message_authenticator"), 2);
	/* An accounting's answer, and an unheard-of code. */
	reply(0, &rq, RADIUS_ACCT_RESPONSE, FAKE_MA);
	reply(0, &rq, 99, FAKE_MA);
	ck_assert_int_eq(figure(0, "stray"), 2);
	ck_assert_uint_eq(a.calls, 0);
	ck_state(0, "unknown");
	reply(0, &rq, RADIUS_ACCESS_ACCEPT, FAKE_MA);
	ck_assert_uint_eq(a.calls, 1);
}
END_TEST

START_TEST(short_datagrams)
{
	struct answer a;

	ask(&a);
	ck_assert(fake_recv(&w.fake[0], &rq));
	for (size_t n = 0; n < 20; n++)
		ck_assert_int_eq(sendto(w.fake[0].fd, rq.pkt, n, 0,
		    (struct sockaddr *)&rq.from, sizeof(rq.from)), (int)n);
	world_pump(&w);
	ck_assert_int_eq(figure(0, "malformed"), 20);
	ck_assert_uint_eq(a.calls, 0);
}
END_TEST

START_TEST(late_and_repeated_replies)
{
	struct answer a;

	ask(&a);
	ck_assert(fake_recv(&w.fake[0], &rq));
	reply(0, &rq, RADIUS_ACCESS_ACCEPT, FAKE_MA);
	reply(0, &rq, RADIUS_ACCESS_ACCEPT, FAKE_MA);
	ck_assert_uint_eq(a.calls, 1);
	ck_assert_int_eq(figure(0, "stray"), 1);

	ask(&a);
	ck_assert(fake_recv(&w.fake[0], &rq));
	world_advance(&w, 14000);
	ck_assert_int_eq(a.result, RADIUS_SILENT);
	reply(0, &rq, RADIUS_ACCESS_ACCEPT, FAKE_MA);
	ck_assert_uint_eq(a.calls, 1);
	ck_assert_int_eq(figure(0, "stray"), 2);
}
END_TEST

START_TEST(cancelled)
{
	struct answer a;

	radius_cancel(ask(&a));
	ck_assert(fake_recv(&w.fake[0], &rq));
	reply(0, &rq, RADIUS_ACCESS_ACCEPT, FAKE_MA);
	world_advance(&w, 60000);
	ck_assert_uint_eq(a.calls, 0);
	ck_assert_int_eq(figure(0, "in_flight"), 0);
	ask(&a);			/* and one that world_free ends */
}
END_TEST

/* More requests on their way than one source port has identifiers. */
START_TEST(many_at_once)
{
	static struct answer a[MANY];
	static struct fake_request r[MANY];
	uint8_t timeout[] = { 27, 6, 0, 0, 0, 0 };
	unsigned n = 0;

	for (unsigned i = 0; i < MANY; i++) {
		ck_assert_ptr_nonnull(ask(&a[i]));
		ck_assert(fake_recv(&w.fake[0], &r[n++]));
	}
	for (unsigned i = 0; i < MANY; i++)
		for (unsigned j = 0; j < i; j++)
			ck_assert(r[i].pkt[1] != r[j].pkt[1] ||
			    r[i].from.sin_port != r[j].from.sin_port);
	ck_assert_int_eq(figure(0, "in_flight"), MANY);
	for (unsigned i = MANY; i-- > 0;) {
		timeout[4] = (uint8_t)(i >> 8);
		timeout[5] = (uint8_t)i;
		fake_reply(&w.fake[0], &r[i], RADIUS_ACCESS_ACCEPT, timeout,
		    sizeof(timeout), FAKE_MA);
		world_pump(&w);
	}
	for (unsigned i = 0; i < MANY; i++) {
		ck_assert_uint_eq(a[i].calls, 1);
		ck_assert_uint_eq(a[i].timeout, i);
	}
	ck_assert_int_eq(figure(0, "in_flight"), 0);
}
END_TEST

START_TEST(limits)
{
	struct radius_attrs as;
	struct answer a, b, c;

	w.conf.max_requests = 2;
	restart();
	ck_assert_ptr_nonnull(ask(&a));
	ck_assert_ptr_nonnull(ask(&b));
	ck_assert_ptr_null(ask(&c));
	world_advance(&w, 14000);
	ck_assert_ptr_nonnull(ask(&c));
	/* A list that could not be built is not sent. */
	radius_attrs_init(&as, w.dict);
	radius_add_u32(&as, 251, 1);
	ck_assert_ptr_null(radius_send(w.client, RADIUS_ACCESS_REQUEST, &as,
	    done, &a));
	w.conf.n_servers = 0;
	ck_assert_ptr_null(radius_client_new(w.base, &w.timers, &w.clock,
	    w.dict, &w.conf));
}
END_TEST

/* RFC 2866 5.2: a record that says how late it is is a new packet. */
START_TEST(accounting_keeps_at_it)
{
	struct answer a;
	unsigned n = 1;

	account(&a);
	ck_assert(fake_recv(&w.fake[0], &rq));
	ck_assert(fake_authentic(&w.fake[0], &rq));
	ck_assert_uint_eq(fake_u32(&rq, PW_ACCT_DELAY_TIME), 0);
	world_advance(&w, 2210);
	ck_assert(fake_recv(&w.fake[0], &rq2));
	ck_assert(fake_authentic(&w.fake[0], &rq2));
	ck_assert_uint_ge(fake_u32(&rq2, PW_ACCT_DELAY_TIME), 1);
	ck_assert_uint_ne(rq.pkt[1], rq2.pkt[1]);
	world_advance(&w, 57700);
	ck_assert_uint_eq(a.calls, 0);
	while (fake_recv(&w.fake[0], &rq2))
		n++;
	ck_assert_uint_ge(n, 8);
	reply(0, &rq2, RADIUS_ACCT_RESPONSE, 0);
	ck_assert_uint_eq(a.calls, 1);
	ck_assert_int_eq(a.result, RADIUS_ACCEPTED);

	account(&a);
	world_advance(&w, 60000);
	ck_assert_uint_eq(a.calls, 1);
	ck_assert_int_eq(a.result, RADIUS_SILENT);
	ck_assert_int_eq(figure(0, "in_flight"), 0);
}
END_TEST

/* What happened an hour ago is an hour late, and has as long as another. */
START_TEST(accounting_of_the_past)
{
	struct answer a = { 0 };
	struct radius_attrs as;

	radius_attrs_init(&as, w.dict);
	radius_add_u32(&as, PW_ACCT_STATUS_TYPE, PW_STATUS_STOP);
	as.late_ms = 3600000;
	ck_assert_ptr_nonnull(radius_send(w.client, RADIUS_ACCT_REQUEST, &as,
	    done, &a));
	ck_assert(fake_recv(&w.fake[0], &rq));
	ck_assert_uint_eq(fake_u32(&rq, PW_ACCT_DELAY_TIME), 3600);
	world_advance(&w, 2210);
	ck_assert(fake_recv(&w.fake[0], &rq));
	ck_assert_uint_ge(fake_u32(&rq, PW_ACCT_DELAY_TIME), 3601);
	world_advance(&w, 57000);
	ck_assert_uint_eq(a.calls, 0);
	world_advance(&w, 1000);
	ck_assert_uint_eq(a.calls, 1);
	ck_assert_int_eq(a.result, RADIUS_SILENT);
}
END_TEST

START_TEST(accounting_goes_round_the_servers)
{
	struct answer a;
	unsigned n[2] = { 0, 0 };

	account(&a);
	world_advance(&w, 40000);
	while (fake_recv(&w.fake[0], &rq))
		n[0]++;
	while (fake_recv(&w.fake[1], &rq2))
		n[1]++;
	ck_assert_uint_ge(n[0], 4);
	ck_assert_uint_ge(n[1], 4);
	ck_assert_uint_eq(a.calls, 0);
}
END_TEST

/* What began with a server goes on with it, come what may. */
START_TEST(the_next_round_is_the_same_servers)
{
	struct answer a;
	unsigned n = 0;

	ask(&a);
	world_advance(&w, 7000);
	ck_assert(fake_recv(&w.fake[1], &rq));
	reply(1, &rq, RADIUS_ACCESS_CHALLENGE, FAKE_MA);
	ck_assert_int_eq(a.result, RADIUS_CHALLENGED);
	ck_assert_int_eq(a.server, 1);
	while (fake_recv(&w.fake[0], &rq))
		;
	/* The first round may have been said again, as jitter has it. */
	while (fake_recv(&w.fake[1], &rq))
		;
	world_advance(&w, 120000);
	ask_one(&a, a.server);
	world_advance(&w, 13000);
	ck_assert_uint_eq(a.calls, 1);
	ck_assert_int_eq(a.result, RADIUS_SILENT);
	ck_assert(!fake_recv(&w.fake[0], &rq));
	while (fake_recv(&w.fake[1], &rq))
		n++;
	ck_assert_uint_eq(n, 2);
	/* Though there is one that lives. */
	ask_one(&a, 1);
	ck_assert(fake_recv(&w.fake[1], &rq));
	ck_assert(!fake_recv(&w.fake[0], &rq));
	reply(1, &rq, RADIUS_ACCESS_ACCEPT, FAKE_MA);
	ck_assert_int_eq(a.result, RADIUS_ACCEPTED);
	ck_assert_ptr_null(ask_one(&a, 2));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("radius client");
	TCase *one = tcase_create("one server");
	TCase *two = tcase_create("two servers");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(one, setup_1, teardown);
	tcase_add_test(one, accepted);
	tcase_add_test(one, other_verdicts);
	tcase_add_test(one, retransmits_the_same_packet);
	tcase_add_test(one, bad_replies_are_dropped);
	tcase_add_test(one, short_datagrams);
	tcase_add_test(one, late_and_repeated_replies);
	tcase_add_test(one, cancelled);
	tcase_add_test(one, many_at_once);
	tcase_add_test(one, limits);
	tcase_add_test(one, accounting_keeps_at_it);
	tcase_add_test(one, accounting_of_the_past);
	suite_add_tcase(s, one);
	tcase_add_checked_fixture(two, setup_2, teardown);
	tcase_add_test(two, next_server_when_the_first_is_silent);
	tcase_add_test(two, a_dead_server_gets_one_request_to_show_itself);
	tcase_add_test(two, all_silent_within_the_budget);
	tcase_add_test(two, each_server_has_its_tries_once);
	tcase_add_test(two, others_leave_a_server_found_dead);
	tcase_add_test(two, accounting_goes_round_the_servers);
	tcase_add_test(two, a_zombie_shows_that_it_lives);
	tcase_add_test(two, a_dead_one_is_probed_until_it_lives);
	tcase_add_test(two, kinds_live_apart);
	tcase_add_test(two, not_asked_for);
	tcase_add_test(two, pings);
	tcase_add_test(two, proxy_states_never_sent);
	tcase_add_test(two, the_next_round_is_the_same_servers);
	suite_add_tcase(s, two);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The engine's side of the data plane, against a priv that answers when and
 * what the test says. */
#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>

#include "common/priv.h"
#include "nasd/priv_ops.h"
#include "nasd/tunnel.h"
#include "tests/unit/test.h"

/* Stands for common/priv_client.c: requests queue up here. */
static struct {
	uint16_t	 type;
	uint8_t		 body[sizeof(struct nasd_priv_rates)];
	size_t		 len;
	priv_done	*done;
	void		*arg;
} asked[32];
static unsigned n_asked;
static int request_error;

int
priv_request(struct priv_client *c, uint16_t type, const void *body,
    size_t len, priv_done *done, void *arg)
{
	(void)c;
	if (request_error != 0)
		return request_error;
	ck_assert_uint_lt(n_asked, 32);
	ck_assert_uint_le(len, sizeof(asked[0].body));
	asked[n_asked].type = type;
	if (len > 0)
		memcpy(asked[n_asked].body, body, len);
	asked[n_asked].len = len;
	asked[n_asked].done = done;
	asked[n_asked++].arg = arg;
	return 0;
}

static struct tunnels *tunnels;
static struct gre_keys gre;
static unsigned n_done;
static int last_error;

static void
on_done(void *arg, int error)
{
	(void)arg;
	n_done++;
	last_error = error;
}

static struct tunnel_session *
add(const char *ifname)
{
	struct in_addr ha, ip4;
	struct in6_addr hoa;

	inet_pton(AF_INET, "198.51.100.1", &ha);
	inet_pton(AF_INET6, "2001:db8::1", &hoa);
	inet_pton(AF_INET, "192.0.2.7", &ip4);
	return tunnel_session_new(tunnels, ifname, "s1", ha, &hoa, 64, ip4,
	    gre, on_done, NULL);
}

static void
answer(unsigned i, int status, uint32_t mtu)
{
	struct nasd_priv_session_added reply = {
		.mtu = mtu, .link_mtu = 1492,
	};

	asked[i].done(asked[i].arg, status, &reply,
	    status == 0 ? sizeof(reply) : 0, -1);
}

static uint32_t
id_of(unsigned i)
{
	uint32_t id;

	memcpy(&id, asked[i].body, sizeof(id));
	return id;
}

static void
set_up(void)
{
	struct in_addr coa = { 0 };

	n_asked = n_done = 0;
	request_error = last_error = 0;
	tunnels = tunnels_new(NULL, coa);
	ck_assert_ptr_nonnull(tunnels);
}

static void
tear_down(void)
{
	tunnels_free(tunnels);
}

static json_int_t
stat_of(const char *key)
{
	json_t *o = tunnels_json(tunnels);
	json_int_t n = json_integer_value(json_object_get(o, key));

	json_decref(o);
	return n;
}

START_TEST(installed_and_removed)
{
	struct tunnel_session *s = add("ppp0");
	struct nasd_priv_session_add q;

	ck_assert_ptr_nonnull(s);
	ck_assert_uint_eq(asked[0].type, NASD_PRIV_SESSION_ADD);
	ck_assert_uint_eq(asked[0].len, sizeof(q));
	memcpy(&q, asked[0].body, sizeof(q));
	ck_assert_str_eq(q.ifname, "ppp0");
	ck_assert_uint_eq(q.plen, 64);
	ck_assert_uint_eq(ntohl(q.ip4.s_addr), 0xc0000207);
	ck_assert_uint_eq(n_done, 0);
	answer(0, 0, 1472);
	ck_assert_uint_eq(n_done, 1);
	ck_assert_int_eq(last_error, 0);
	ck_assert_uint_eq(tunnel_mtu(s), 1472);
	ck_assert_uint_eq(tunnel_link_mtu(s), 1492);
	tunnel_session_free(s);
	ck_assert_uint_eq(asked[1].type, NASD_PRIV_SESSION_DEL);
	ck_assert_uint_eq(id_of(1), id_of(0));
	ck_assert_int_eq(stat_of("removed"), 1);
}
END_TEST

START_TEST(refused)
{
	struct tunnel_session *s = add("ppp0");

	answer(0, -ENODEV, 0);
	ck_assert_uint_eq(n_done, 1);
	ck_assert_int_eq(last_error, -ENODEV);
	tunnel_session_free(s);
	ck_assert_uint_eq(n_asked, 1);	/* there is nothing to remove */
	ck_assert_int_eq(stat_of("failed"), 1);
}
END_TEST

START_TEST(freed_before_the_answer)
{
	struct tunnel_session *s = add("ppp0"), *next;

	tunnel_session_free(s);
	next = add("ppp0");
	/* priv removes the first before it sees the second */
	ck_assert_uint_eq(asked[1].type, NASD_PRIV_SESSION_DEL);
	ck_assert_uint_eq(id_of(1), id_of(0));
	ck_assert_uint_eq(asked[2].type, NASD_PRIV_SESSION_ADD);
	ck_assert_uint_ne(id_of(2), id_of(0));
	answer(0, 0, 1480);
	ck_assert_uint_eq(n_done, 0);
	answer(2, 0, 1480);
	ck_assert_uint_eq(n_done, 1);
	tunnel_session_free(next);
	ck_assert_uint_eq(n_asked, 4);
}
END_TEST

START_TEST(cannot_ask)
{
	request_error = -EPIPE;
	ck_assert_ptr_null(add("ppp0"));
	ck_assert_int_eq(errno, EPIPE);
	request_error = 0;
	ck_assert_ptr_null(add("a-name-that-is-too-long"));
	ck_assert_uint_eq(n_asked, 0);
}
END_TEST

START_TEST(summary)
{
	struct tunnel_session *a = add("ppp0"), *b = add("ppp1");
	json_t *o, *t;

	answer(0, 0, 1480);
	answer(1, 0, 1480);
	o = tunnels_json(tunnels);
	t = json_array_get(json_object_get(o, "tunnels"), 0);
	ck_assert_str_eq(json_string_value(json_object_get(t, "home_agent")),
	    "198.51.100.1");
	ck_assert_int_eq(json_integer_value(json_object_get(t, "sessions")),
	    2);
	json_decref(o);
	tunnel_session_free(a);
	tunnel_session_free(b);
}
END_TEST

static void
on_all(void *arg)
{
	(void)arg;
	n_done++;
}

/* In GRE, beside one that is not; what GRE drops is read with the rest. */
START_TEST(in_gre)
{
	struct nasd_priv_gre_counted c = { .dropped = 5 };
	struct tunnel_session *a = add("ppp0"), *b;
	struct nasd_priv_session_add q;
	json_t *o;

	gre = (struct gre_keys){ 0x01020304, 7 };
	b = add("ppp1");
	gre = (struct gre_keys){ 0, 0 };
	memcpy(&q, asked[0].body, sizeof(q));
	ck_assert_uint_eq(q.gre.own, 0);
	memcpy(&q, asked[1].body, sizeof(q));
	ck_assert_uint_eq(q.gre.own, 0x01020304);
	ck_assert_uint_eq(q.gre.peer, 7);
	ck_assert_uint_eq(tunnel_mtu(a), 1480);
	ck_assert_uint_eq(tunnel_mtu(b), 1472);
	answer(0, 0, 1480);
	ck_assert(tunnels_count_all(tunnels, on_all, NULL));
	ck_assert_uint_eq(n_asked, 3);		/* nobody is in it yet */
	asked[2].done(asked[2].arg, 0, NULL, 0, -1);
	answer(1, 0, 1472);
	n_done = 0;
	ck_assert(tunnels_count_all(tunnels, on_all, NULL));
	ck_assert_uint_eq(asked[4].type, NASD_PRIV_GRE_COUNT);
	asked[3].done(asked[3].arg, 0, NULL, 0, -1);
	ck_assert_uint_eq(n_done, 0);
	asked[4].done(asked[4].arg, 0, &c, sizeof(c), -1);
	ck_assert_uint_eq(n_done, 1);
	o = tunnels_json(tunnels);
	ck_assert_uint_eq(json_array_size(json_object_get(o, "tunnels")), 2);
	ck_assert_int_eq(json_integer_value(json_object_get(o,
	    "gre_dropped")), 5);
	json_decref(o);
	tunnel_session_free(a);
	tunnel_session_free(b);
}
END_TEST

static uint32_t last_owner;

static void
on_counted(void *arg, uint32_t owner, int error,
    const struct tunnel_counters *c)
{
	*(uint64_t *)arg = c->rx_bytes;
	last_owner = owner;
	last_error = error;
}

START_TEST(counters)
{
	struct nasd_priv_counted c = { .rx_bytes = UINT64_C(1) << 40 };
	struct tunnel_session *s = add("ppp0");
	uint64_t got = 0;

	answer(0, 0, 1480);
	ck_assert_int_eq(tunnel_count(s, on_counted, &got, 5), 0);
	ck_assert_uint_eq(asked[1].type, NASD_PRIV_COUNT);
	ck_assert_uint_eq(id_of(1), id_of(0));
	/* the answer comes to its owner all the same */
	ck_assert_int_eq(tunnel_count(s, on_counted, &got, 6), 0);
	ck_assert_int_eq(tunnel_count(s, on_counted, &got, 7), 0);
	request_error = -ENOMEM;
	ck_assert_int_eq(tunnel_count(s, on_counted, &got, 8), -ENOMEM);
	request_error = 0;
	tunnel_session_free(s);
	asked[1].done(asked[1].arg, 0, &c, sizeof(c), -1);
	ck_assert(got == UINT64_C(1) << 40);
	ck_assert_uint_eq(last_owner, 5);
	asked[2].done(asked[2].arg, 0, &c, 3, -1);
	ck_assert_int_eq(last_error, -EPROTO);
	ck_assert_uint_eq(last_owner, 6);
	/* the third is due when all ends */
}
END_TEST

/* Those of all sessions come in pages; the first page has them read. */
START_TEST(all_counters)
{
	enum { N = NASD_PRIV_COUNT_MAX + 3 };
	static struct tunnel_session *s[N];
	struct nasd_priv_count_many q[2];
	struct nasd_priv_counted c[NASD_PRIV_COUNT_MAX];
	struct tunnel_session *waiting;

	ck_assert(!tunnels_count_all(tunnels, on_all, NULL));
	for (unsigned i = 0; i < N; i++) {
		n_asked = 0;
		s[i] = add("ppp0");
		answer(0, 0, 1480);
		ck_assert_ptr_null(tunnel_counters(s[i]));
	}
	n_asked = n_done = 0;
	waiting = add("ppp1");	/* not yet installed: not asked for */
	ck_assert(tunnels_count_all(tunnels, on_all, NULL));
	ck_assert_uint_eq(n_asked, 3);
	for (unsigned i = 0; i < 2; i++)
		memcpy(&q[i], asked[i + 1].body, asked[i + 1].len);
	ck_assert_uint_eq(q[0].n, NASD_PRIV_COUNT_MAX);
	ck_assert_uint_eq(q[0].read, 1);
	ck_assert_uint_eq(q[1].n, 3);
	ck_assert_uint_eq(q[1].read, 0);
	/* one at a time */
	ck_assert(!tunnels_count_all(tunnels, on_all, NULL));
	for (unsigned i = 0; i < 3; i++)
		c[i] = (struct nasd_priv_counted){ .id = q[1].id[i],
		    .tx_bytes = q[1].id[i] };
	asked[1].done(asked[1].arg, -EPIPE, NULL, 0, -1);
	ck_assert_uint_eq(n_done, 0);
	asked[2].done(asked[2].arg, 0, c, 3 * sizeof(c[0]), -1);
	ck_assert_uint_eq(n_done, 1);
	n_done = 0;
	for (unsigned i = 0; i < N; i++)
		if (tunnel_counters(s[i]) != NULL)
			n_done++;
	ck_assert_uint_eq(n_done, 3);
	n_asked = 0;
	ck_assert(tunnels_count_all(tunnels, on_all, NULL));
	for (unsigned i = 0; i < 2; i++)	/* of sessions now freed */
		tunnel_session_free(s[i]);
	(void)waiting;
}
END_TEST

static uint64_t rated_owner;

static void
on_rated(void *arg, uint64_t owner, int error)
{
	(void)arg;
	n_done++;
	rated_owner = owner;
	last_error = error;
}

/* Several at once, in one request; the answer outlives the sessions. */
START_TEST(rates)
{
	struct tunnel_rate list[2] = {
		{ add("ppp0"), { 8000, 16000, 20 } },
		{ add("ppp1"), { 0, 9000, 0 } },
	};
	struct nasd_priv_rates q;

	answer(0, 0, 1480);
	answer(1, 0, 1480);
	n_done = 0;
	ck_assert_int_eq(tunnels_rate(tunnels, list, 2, on_rated, NULL,
	    UINT64_C(1) << 40), 0);
	ck_assert_uint_eq(asked[2].type, NASD_PRIV_RATES);
	ck_assert_uint_eq(asked[2].len,
	    offsetof(struct nasd_priv_rates, one) + 2 * sizeof(q.one[0]));
	memcpy(&q, asked[2].body, asked[2].len);
	ck_assert_uint_eq(q.n, 2);
	ck_assert_uint_eq(q.one[0].id, id_of(0));
	ck_assert_uint_eq(q.one[0].rate.up_bps, 16000);
	ck_assert_uint_eq(q.one[1].id, id_of(1));
	ck_assert_uint_eq(q.one[1].rate.down_bps, 0);
	tunnel_session_free((void *)(uintptr_t)list[0].session);
	asked[2].done(asked[2].arg, -EOPNOTSUPP, NULL, 0, -1);
	ck_assert_uint_eq(n_done, 1);
	ck_assert_int_eq(last_error, -EOPNOTSUPP);
	ck_assert(rated_owner == UINT64_C(1) << 40);
	/* another is still due when all ends */
	ck_assert_int_eq(tunnels_rate(tunnels, &list[1], 1, on_rated, NULL,
	    1), 0);
	request_error = -ENOMEM;
	ck_assert_int_eq(tunnels_rate(tunnels, &list[1], 1, on_rated, NULL,
	    1), -ENOMEM);
	ck_assert_int_eq(tunnels_rate(tunnels, list, TUNNEL_RATES_MAX + 1,
	    on_rated, NULL, 1), -E2BIG);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tunnel");
	TCase *tc = tcase_create("tunnel");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, installed_and_removed);
	tcase_add_test(tc, refused);
	tcase_add_test(tc, freed_before_the_answer);
	tcase_add_test(tc, cannot_ask);
	tcase_add_test(tc, summary);
	tcase_add_test(tc, in_gre);
	tcase_add_test(tc, counters);
	tcase_add_test(tc, all_counters);
	tcase_add_test(tc, rates);
	suite_add_tcase(s, tc);
	return test_run(s);
}

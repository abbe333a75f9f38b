/* SPDX-License-Identifier: BSD-2-Clause */
/* had/exit: the rules of the 6to4 exit against packets of each class of
 * RFC 3964 5, by a matcher that does what the kernel's filters do. */
#include <arpa/inet.h>
#include <event2/event.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/priv.h"
#include "common/timers.h"
#include "had/exit.h"
#include "had/exits.h"
#include "had/had_config.h"
#include "test.h"

#define OUR_V4		"198.51.100.1"
#define OUR		"2002:c633:6401:"	/* of it */
#define PEER		"2002:cb00:7142:"	/* 203.0.113.66 */
#define RELAY_V4	"192.0.2.99"
#define RELAY		"2002:c000:263:"
#define HOME		"2001:db8:100:5::1"	/* in the native pool */

static struct had_config conf;
static struct pool pools[2];

static struct in_addr
ip4(const char *s)
{
	struct in_addr a;

	ck_assert_int_eq(inet_pton(AF_INET, s, &a), 1);
	return a;
}

static struct in6_addr
ip6(const char *s)
{
	struct in6_addr a;

	ck_assert_msg(inet_pton(AF_INET6, s, &a) == 1, "%s", s);
	return a;
}

static void
set_up(void)
{
	memset(&conf, 0, sizeof(conf));
	pools[0] = (struct pool){ .prefix = ip6("2001:db8:100::"),
		.len = 48 };
	pools[1] = (struct pool){ .prefix = ip6(OUR "8000::"), .len = 49 };
	conf.pools = pools;
	conf.n_pools = 2;
	conf.exit = (struct exit_conf){ .on = true, .direct = true,
		.address = ip4(OUR_V4), .relay = ip4(RELAY_V4) };
}

static bool
within(const struct in6_addr *a, const struct in6_addr *p, unsigned len)
{
	unsigned i;

	for (i = 0; i < len; i++)
		if ((a->s6_addr[i / 8] ^ p->s6_addr[i / 8]) &
		    (0x80 >> i % 8))
			return false;
	return true;
}

/* What becomes of a packet: EXIT_N_DROPS when it passes. */
static enum exit_drop
judge(enum exit_device dev, bool egress, const char *src, const char *dst)
{
	const struct in_addr bcast = ip4("198.51.100.255");
	struct in6_addr s = ip6(src), d = ip6(dst);
	const struct nl_flower *best = NULL;
	struct exit_rules r;
	enum exit_drop why;
	size_t i, j;

	ck_assert_int_eq(exit_rules_make(&r, &conf, dev, egress, &bcast, 1),
	    0);
	for (i = 0; i < r.n; i++) {
		const struct nl_flower *f = &r.rule[i];

		/* The kernel takes none twice. */
		for (j = 0; j < i; j++)
			ck_assert(memcmp(f, &r.rule[j], sizeof(*f)) != 0);

		ck_assert_int_eq(f->egress, egress);
		ck_assert_uint_lt(f->prio, r.drop_prio + !!f->drop);
		if (within(&s, &f->src, f->src_len) &&
		    within(&d, &f->dst, f->dst_len) &&
		    (!best || f->prio < best->prio))
			best = f;
	}
	if (best && !best->drop)
		why = EXIT_N_DROPS;
	else
		why = exit_reason(dev, egress, best ? best->prio :
		    r.drop_prio);
	ck_assert(best == NULL || best->drop == (why != EXIT_N_DROPS));
	free(r.rule);
	return why;
}

struct packet {
	const char	*src, *dst;
	enum exit_drop	 why;
};

static void
judge_all(enum exit_device dev, bool egress, const struct packet *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		ck_assert_msg(judge(dev, egress, p[i].src, p[i].dst) ==
		    p[i].why, "%s -> %s: %u", p[i].src, p[i].dst,
		    judge(dev, egress, p[i].src, p[i].dst));
}

#define PASS	EXIT_N_DROPS
#define N(a)	(sizeof(a) / sizeof((a)[0]))

static const char *const bad_v6[] = {
	"::", "::1", "::203.0.113.66", "::ffff:203.0.113.66", "fe80::1",
	"febf::1", "fec0::1", "ff02::1", "ff0e::1",
};
static const char *const bad_v4[] = {
	"2002:0:1::1", "2002:a01:101::1", "2002:aff:ffff::1",
	"2002:6440:1::1", "2002:7f00:1::1", "2002:a9fe:1::1",
	"2002:ac10:1::1", "2002:ac1f:ffff::1", "2002:c0a8:1::1",
	"2002:e000:1::1", "2002:efff:ffff::1", "2002:f000:1::1",
	"2002:ffff:ffff::1", OUR ":1", "2002:c633:64ff::1",
};

START_TEST(insane_addresses)
{
	enum exit_device d;
	size_t i;

	for (d = 0; d < EXIT_N_DEVICES; d++) {
		for (i = 0; i < N(bad_v6); i++) {
			ck_assert_int_eq(judge(d, false, bad_v6[i], HOME),
			    EXIT_DROP_ADDRESS);
			ck_assert_int_eq(judge(d, false, PEER ":1",
			    bad_v6[i]), EXIT_DROP_ADDRESS);
			ck_assert_int_eq(judge(d, true, HOME, bad_v6[i]),
			    EXIT_DROP_OUT_ADDRESS);
			ck_assert_int_eq(judge(d, true, bad_v6[i],
			    PEER ":1"), EXIT_DROP_OUT_ADDRESS);
		}
		for (i = 0; i < N(bad_v4); i++) {
			ck_assert_msg(judge(d, false, bad_v4[i], HOME) ==
			    EXIT_DROP_EMBEDDED, "%s", bad_v4[i]);
			ck_assert_msg(judge(d, true, HOME, bad_v4[i]) ==
			    EXIT_DROP_OUT_EMBEDDED, "%s", bad_v4[i]);
		}
	}
}
END_TEST

START_TEST(direct)
{
	static const struct packet in[] = {
		{ PEER ":1", OUR ":1", PASS },
		{ PEER "9::1", OUR "8005::1", PASS },
		{ PEER ":1", HOME, PASS },
		{ "2002:ac20:1::1", HOME, PASS },	/* 172.32 */
		{ "2002:af0:1::1", HOME, EXIT_DROP_EMBEDDED },
		{ "2002:b00:1::1", HOME, PASS },
		{ PEER ":1", "2001:db8:101::1", EXIT_DROP_DESTINATION },
		{ PEER ":1", RELAY ":1", EXIT_DROP_DESTINATION },
		{ PEER ":1", PEER ":2", EXIT_DROP_DESTINATION },
		{ "2001:db8:9::1", HOME, EXIT_DROP_NOT_RELAY },
		{ "2001:db8:9::1", OUR ":1", EXIT_DROP_NOT_RELAY },
		{ "2001:db8:9::1", "2001:db8:9::2", EXIT_DROP_NOT_RELAY },
		{ HOME, HOME, EXIT_DROP_SOURCE },
		{ OUR "8005::1", HOME, EXIT_DROP_EMBEDDED },
	}, out[] = {
		{ HOME, PEER ":1", PASS },
		{ OUR "8005::1", PEER ":1", PASS },
		{ OUR ":1", PEER ":1", PASS },
		{ "2001:db8:101::1", PEER ":1", EXIT_DROP_OUT_SOURCE },
		{ RELAY ":1", PEER ":1", EXIT_DROP_OUT_SOURCE },
	};

	judge_all(EXIT_DIRECT, false, in, N(in));
	judge_all(EXIT_DIRECT, true, out, N(out));
}
END_TEST

START_TEST(relay)
{
	static const struct packet in[] = {
		{ "2001:db8:9::1", HOME, PASS },
		{ "2001:db8:9::1", OUR "8005::1", PASS },
		{ RELAY ":1", OUR ":1", PASS },
		{ PEER ":1", OUR ":1", EXIT_DROP_SOURCE },
		{ PEER ":1", HOME, EXIT_DROP_SOURCE },
		{ "2001:db8:9::1", PEER ":1", EXIT_DROP_DESTINATION },
		{ "2001:db8:9::1", "2001:db8:9::2", EXIT_DROP_DESTINATION },
		{ RELAY ":1", PEER ":1", EXIT_DROP_SOURCE },
		{ HOME, HOME, EXIT_DROP_SOURCE },
	}, out[] = {
		{ HOME, "2001:db8:9::1", PASS },
		{ OUR "8005::1", "2001:db8:9::1", PASS },
		{ "2001:db8:9::1", "2001:db8:9::2", EXIT_DROP_OUT_SOURCE },
		{ PEER ":1", "2001:db8:9::1", EXIT_DROP_OUT_SOURCE },
	};

	judge_all(EXIT_RELAY, false, in, N(in));
	judge_all(EXIT_RELAY, true, out, N(out));
}
END_TEST

/* The pool is all of our 6to4 prefix. */
START_TEST(whole_prefix)
{
	conf.n_pools = 1;
	pools[0] = (struct pool){ .prefix = ip6(OUR ":"), .len = 48 };
	ck_assert_int_eq(judge(EXIT_DIRECT, false, PEER ":1", OUR "8::1"),
	    PASS);
	ck_assert_int_eq(judge(EXIT_DIRECT, true, OUR "8::1", PEER ":1"),
	    PASS);
	ck_assert_int_eq(judge(EXIT_RELAY, false, HOME, OUR "8::1"), PASS);
	ck_assert_int_eq(judge(EXIT_RELAY, false, PEER ":1", OUR "8::1"),
	    EXIT_DROP_SOURCE);
}
END_TEST

START_TEST(names)
{
	struct in6_addr p = exit_prefix_of(ip4(OUR_V4)), want = ip6(OUR ":");
	unsigned i, j;

	ck_assert_mem_eq(&p, &want, sizeof(p));
	for (i = 0; i < EXIT_N_DROPS; i++) {
		ck_assert_ptr_nonnull(exit_drop_str((enum exit_drop)i));
		for (j = 0; j < i; j++)
			ck_assert_str_ne(exit_drop_str((enum exit_drop)i),
			    exit_drop_str((enum exit_drop)j));
	}
	ck_assert(exit_is_global(ip4("192.0.2.1")));
	ck_assert(exit_is_global(ip4("100.63.0.1")));
	ck_assert(!exit_is_global(ip4("100.127.0.1")));
	ck_assert(!exit_is_global(ip4("255.255.255.255")));
	conf.exit.direct = false;
	ck_assert(!exit_has(&conf.exit, EXIT_DIRECT));
	ck_assert(exit_has(&conf.exit, EXIT_RELAY));
}
END_TEST

static void
root_gone(void *arg)
{
	*(bool *)arg = true;
}

/* Root is asked and does not answer: nobody is held up. When it has ended
 * there is nothing to show. */
START_TEST(root_that_does_not_answer)
{
	struct event_base *base = event_base_new();
	struct exits x = { .conf = &conf };
	struct dataplane *dp = NULL;
	struct timers timers;
	struct priv_client *priv;
	bool gone = false;
	int sv[2];

	timers_init(&timers);
	ck_assert(!exits_ask(&x));
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK,
	    0, sv), 0);
	priv = priv_client_new(base, sv[0], NULL, root_gone, &gone);
	ck_assert_ptr_nonnull(priv);
	ck_assert_int_eq(exits_start(&x, base, &timers, &clock_system, priv,
	    &dp), 0);
	ck_assert(exits_ask(&x));
	ck_assert(exits_ask(&x));
	/* Whoever waits does so for a while [D147]; and so the next one. */
	ck_assert_uint_eq(timers_run(&timers, mono_add_ms(clock_mono(
	    &clock_system), 60000)), 1);
	ck_assert(exits_ask(&x));
	ck_assert_int_ne(timers_next(&timers).ns, MONO_NEVER.ns);
	event_base_loop(base, EVLOOP_NONBLOCK);
	ck_assert_ptr_null(exits_show(&x));
	close(sv[1]);
	while (!gone)
		event_base_loop(base, EVLOOP_ONCE);
	ck_assert(!x.counting);
	ck_assert_int_eq(timers_next(&timers).ns, MONO_NEVER.ns);
	ck_assert_ptr_null(exits_show(&x));
	exits_close(&x);
	timers_free(&timers);
	priv_client_free(priv);
	event_base_free(base);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("had_exit");
	TCase *t = tcase_create("6to4");

	tcase_add_checked_fixture(t, set_up, NULL);
	tcase_add_test(t, insane_addresses);
	tcase_add_test(t, direct);
	tcase_add_test(t, relay);
	tcase_add_test(t, whole_prefix);
	tcase_add_test(t, names);
	tcase_add_test(t, root_that_does_not_answer);
	suite_add_tcase(s, t);
	return test_run(s);
}

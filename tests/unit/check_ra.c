/* SPDX-License-Identifier: BSD-2-Clause */
/* When Router Advertisements go out; the socket is played, time turned by
 * hand. */
#include <arpa/inet.h>
#include <errno.h>

#include "nasd/ra_sched.h"
#include "tests/unit/test.h"

static int64_t now_ns;
static struct timers timers;
static struct ra_core core;
static int send_error;
static uint32_t dice;
static struct {
	int64_t		ms;
	unsigned	ifindex;
	struct in6_addr	to;
	uint8_t		buf[512];
	size_t		len;
} sent[256];
static unsigned n_sent, n_tried;
static char steps[4096];

static mono_t
fake_mono(void *arg)
{
	(void)arg;
	return (mono_t){ now_ns };
}

static const struct clock fake_clock = { fake_mono, NULL, NULL };

static int
fake_send(void *arg, unsigned ifindex, const struct in6_addr *to,
    const uint8_t *buf, size_t len)
{
	(void)arg;
	n_tried++;
	if (send_error != 0)
		return send_error;
	ck_assert_uint_lt(n_sent, 256);
	sent[n_sent].ms = now_ns / 1000000;
	sent[n_sent].ifindex = ifindex;
	sent[n_sent].to = *to;
	memcpy(sent[n_sent].buf, buf, len);
	sent[n_sent++].len = len;
	return 0;
}

static uint32_t
fake_random(void *arg)
{
	(void)arg;
	return dice;
}

static void
on_step(void *arg, const char *key, const char *detail)
{
	size_t n = strlen(steps);

	(void)arg;
	snprintf(steps + n, sizeof(steps) - n, "%s %s\n", key, detail);
}

static void
advance(int64_t ms)
{
	int64_t end = now_ns + ms * 1000000;

	for (unsigned i = 0; i < 10000; i++) {
		mono_t next = timers_next(&timers);

		if (next.ns > end) {
			now_ns = end;
			return;
		}
		if (next.ns > now_ns)
			now_ns = next.ns;
		timers_run(&timers, (mono_t){ now_ns });
	}
	ck_abort_msg("timers never end");
}

static struct in6_addr
ip6(const char *s)
{
	struct in6_addr a;

	ck_assert_int_eq(inet_pton(AF_INET6, s, &a), 1);
	return a;
}

static void
set_up(void)
{
	now_ns = 0;
	n_sent = n_tried = 0;
	send_error = 0;
	dice = 0;
	steps[0] = '\0';
	timers_init(&timers);
	core = (struct ra_core){ .timers = &timers, .clock = &fake_clock,
	    .send = fake_send, .random = fake_random };
	ck_assert_int_eq(ra_core_init(&core), 0);
}

static void
tear_down(void)
{
	ck_assert_uint_eq(table_count(&core.ifaces), 0);
	ck_assert_uint_eq(timers.n, 0);
	ra_core_free(&core);
	timers_free(&timers);
}

static struct icmp6_ra
content(const char *prefix)
{
	return (struct icmp6_ra){
		.router_lifetime = 1800,
		.mtu = 1480,
		.n_prefixes = 1,
		.prefix[0] = { ip6(prefix), 64, false, true, 7200, 3600 },
	};
}

static struct ra_iface *
start(void)
{
	struct icmp6_ra ra = content("2001:db8:1::");
	struct ra_iface *i = ra_core_start(&core, 7, "s1", &ra, on_step,
	    NULL);

	ck_assert_ptr_nonnull(i);
	return i;
}

static void
solicit(unsigned ifindex, const char *src, uint8_t hop_limit)
{
	static const uint8_t rs[8] = { 133 };
	struct in6_addr a = ip6(src);

	ra_core_input(&core, ifindex, &a, hop_limit, rs, sizeof(rs));
}

START_TEST(pace)
{
	static const int64_t at[] = { 0, 250, 1000, 3000, 203000, 403000 };
	const struct in6_addr all = ip6("ff02::1");
	struct ra_iface *i = start();

	advance(500000);
	ck_assert_uint_eq(n_sent, 6);
	for (unsigned k = 0; k < 6; k++) {
		ck_assert_int_eq(sent[k].ms, at[k]);
		ck_assert_uint_eq(sent[k].ifindex, 7);
		ck_assert(IN6_ARE_ADDR_EQUAL(&sent[k].to, &all));
		ck_assert_uint_eq(sent[k].buf[0], 134);
	}
	dice = 400000;
	advance(710000);
	ck_assert_int_eq(sent[7].ms - sent[6].ms, 600000);
	ra_stop(i, false);
	/* the first one is a step of the session; the rest is routine */
	ck_assert_str_eq(steps, "ra 2001:db8:1::/64\n");
}
END_TEST

START_TEST(before_the_link_local_address)
{
	struct ra_iface *i;

	send_error = -EADDRNOTAVAIL;
	i = start();
	advance(1000);
	ck_assert_uint_eq(n_tried, 5);
	ck_assert_uint_eq(n_sent, 0);
	ck_assert_str_eq(steps, "");
	send_error = 0;
	advance(250);
	ck_assert_uint_eq(n_sent, 1);
	/* and then as if it began now */
	advance(3000);
	ck_assert_uint_eq(n_sent, 4);
	ck_assert_int_eq(sent[3].ms - sent[0].ms, 3000);
	ra_stop(i, false);
}
END_TEST

START_TEST(dead_interface_is_not_hammered)
{
	struct ra_iface *i;

	send_error = -ENODEV;
	i = start();
	advance(600000);
	ck_assert_uint_lt(n_tried, 250);
	ra_stop(i, true);
}
END_TEST

START_TEST(solicited)
{
	struct ra_iface *i = start();
	struct in6_addr mn = ip6("fe80::9");

	advance(5000);
	n_sent = 0;
	solicit(7, "fe80::9", 255);
	ck_assert_uint_eq(n_sent, 1);
	ck_assert(IN6_ARE_ADDR_EQUAL(&sent[0].to, &mn));
	test_has(steps, "rs \nra 2001:db8:1::/64\n");
	/* a flood of them: one a second */
	for (unsigned k = 0; k < 100; k++)
		solicit(7, "fe80::9", 255);
	ck_assert_uint_eq(n_sent, 1);
	advance(999);
	ck_assert_uint_eq(n_sent, 1);
	advance(1);
	ck_assert_uint_eq(n_sent, 2);
	advance(5000);
	ck_assert_uint_eq(n_sent, 2);
	solicit(7, "::", 255);
	ck_assert_uint_eq(n_sent, 3);
	ck_assert_uint_eq(sent[2].to.s6_addr[0], 0xff);
	ra_stop(i, false);
}
END_TEST

START_TEST(bad_solicitations)
{
	struct ra_iface *i = start();

	solicit(7, "fe80::9", 254);	/* came through a router */
	ck_assert_uint_eq(core.count[RA_C_RS_INVALID], 1);
	solicit(8, "fe80::9", 255);
	ck_assert_uint_eq(core.count[RA_C_RS_UNKNOWN], 1);
	ck_assert_uint_eq(n_sent, 1);
	ra_stop(i, false);
}
END_TEST

START_TEST(update_and_farewell)
{
	struct ra_iface *i = start();
	struct icmp6_ra ra = content("2001:db8:2::"), got;

	advance(10000);
	n_sent = 0;
	ra_update(i, &ra);
	ck_assert_uint_eq(n_sent, 1);
	ck_assert_int_eq(icmp6_ra_decode(&got, sent[0].buf, sent[0].len), 0);
	ck_assert_uint_eq(got.prefix[0].addr.s6_addr[5], 2);
	advance(3000);
	ck_assert_uint_eq(n_sent, 4);
	ra_stop(i, true);
	ck_assert_uint_eq(n_sent, 5);
	ck_assert_int_eq(icmp6_ra_decode(&got, sent[4].buf, sent[4].len), 0);
	ck_assert_uint_eq(got.router_lifetime, 0);
	advance(1000000);
	ck_assert_uint_eq(n_sent, 5);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ra");
	TCase *tc = tcase_create("ra");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, pace);
	tcase_add_test(tc, before_the_link_local_address);
	tcase_add_test(tc, dead_interface_is_not_hammered);
	tcase_add_test(tc, solicited);
	tcase_add_test(tc, bad_solicitations);
	tcase_add_test(tc, update_and_farewell);
	suite_add_tcase(s, tc);
	return test_run(s);
}

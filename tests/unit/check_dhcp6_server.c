/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nasd/dhcp6_server: what each message of RFC 8415 does to a link of one
 * subscriber, and how it is answered. Owner, network and time are played.
 */
#include <errno.h>

#include "nasd/dhcp6_server_int.h"
#include "tests/unit/dhcp6_rig.h"

#define HOA	"2001:db8:1:2::5"
#define OTHER	"2001:db8:9:9::5"	/* of another link */
#define ALL	"ff02::1:2"
#define CLIENT	"fe80::77"
#define SERVER	"fe80::1"

enum { NA = 3, TA = 4, PD = 25 };	/* IAs */

static int64_t now_ns;
static struct timers timers;
static struct dhcp6_core core;
static struct dhcp6_link_conf conf;
static struct dhcp6_link *link_;
static int send_error;
static char events[1024];
static struct {
	unsigned	ifindex;
	struct in6_addr	to;
	uint16_t	port;
	uint8_t		buf[2048];
	size_t		len;
} sent;
static unsigned n_sent;
static const char *assign_at_once;	/* in solicited */
static bool stop_in_event;

static mono_t
fake_mono(void *arg)
{
	(void)arg;
	return (mono_t){ now_ns };
}

static const struct clock fake_clock = { fake_mono, NULL, NULL };

static int
fake_send(void *arg, unsigned ifindex, const struct in6_addr *to,
    uint16_t port, const uint8_t *buf, size_t len)
{
	(void)arg;
	if (send_error != 0)
		return send_error;
	ck_assert_uint_le(len, sizeof(sent.buf));
	sent.ifindex = ifindex;
	sent.to = *to;
	sent.port = port;
	memcpy(sent.buf, buf, len);
	sent.len = len;
	n_sent++;
	return 0;
}

static void
event(const char *text)
{
	size_t n = strlen(events);

	snprintf(events + n, sizeof(events) - n, "%s\n", text);
	if (stop_in_event) {
		dhcp6_core_stop(link_);
		link_ = NULL;
	}
}

static void
on_solicited(void *arg, const struct dhcp6_asker *who)
{
	char text[256], addr[64];

	(void)arg;
	inet_ntop(AF_INET6, &who->addr, addr, sizeof(addr));
	snprintf(text, sizeof(text), "solicited %u %u %s%s%.*s",
	    who->duid->b[who->duid->len - 1], who->iaid, addr,
	    who->relay != NULL ? " by " : "",
	    who->relay != NULL ? (int)who->relay->interface_id.len : 0,
	    who->relay != NULL ? (const char *)who->relay->interface_id.b :
	    "");
	event(text);
	if (assign_at_once != NULL) {
		struct in6_addr a = ip6(assign_at_once);

		dhcp6_link_assign(link_, &a);
	}
}

static void
on_bound(void *arg)
{
	(void)arg;
	event("bound");
}

static void
on_renewed(void *arg)
{
	(void)arg;
	event("renewed");
}

static void
on_ended(void *arg, enum dhcp6_end_cause cause)
{
	(void)arg;
	event(dhcp6_end_text(cause));
}

static const struct dhcp6_events owner = { on_solicited, on_bound, on_renewed,
	on_ended };

static void
advance(int64_t ms)
{
	int64_t end = now_ns + ms * 1000000;

	while (timers_next(&timers).ns <= end) {
		now_ns = timers_next(&timers).ns;
		timers_run(&timers, (mono_t){ now_ns });
	}
	now_ns = end;
}

static void
set_up(void)
{
	now_ns = 1000000000;
	n_sent = 0;
	send_error = 0;
	events[0] = '\0';
	assign_at_once = NULL;
	stop_in_event = false;
	timers_init(&timers);
	core = (struct dhcp6_core){ .timers = &timers, .clock = &fake_clock,
	    .send = fake_send, .duid = { .len = sizeof(server_duid) } };
	memcpy(core.duid.b, server_duid, sizeof(server_duid));
	ck_assert_int_eq(dhcp6_core_init(&core), 0);
	conf = (struct dhcp6_link_conf){ .rapid_commit = true,
	    .preferred = 3600, .valid = 7200, .n_dns = 1,
	    .dns = { ip6("2001:db8:ffff::53") } };
	link_ = dhcp6_core_start(&core, 7, "s1", &conf, &owner, NULL);
	ck_assert_ptr_nonnull(link_);
}

static void
tear_down(void)
{
	dhcp6_core_stop(link_);
	ck_assert_uint_eq(table_count(&core.links), 0);
	ck_assert_uint_eq(timers.n, 0);
	ck_assert_uint_eq(core.n_asked + core.n_offered + core.n_bound, 0);
	dhcp6_core_free(&core);
	timers_free(&timers);
}

static void
reconfigure(void)
{
	dhcp6_link_configure(link_, &conf);
}

/* Has the message that was put together arrive. */
static void
arrives(const char *src, const char *dst)
{
	struct in6_addr s = ip6(src), d = ip6(dst);
	uint8_t *copy = malloc(out_len);

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, out, out_len);
	now_ns += 200000000;	/* below the rate */
	dhcp6_core_input(&core, 7, &s, &d, copy, out_len);
	free(copy);
}

static void
says(void)
{
	arrives(CLIENT, ALL);
}

/* What was answered since the last time: once. */
static struct got
answer(void)
{
	struct in6_addr client = ip6(CLIENT);
	struct got g;

	ck_assert_uint_eq(n_sent, 1);
	n_sent = 0;
	g = take_apart(sent.buf, sent.len);
	ck_assert_uint_eq(sent.ifindex, 7);
	ck_assert_uint_eq(sent.port, 546);
	ck_assert_mem_eq(&sent.to, &client, 16);
	ck_assert_uint_eq(g.server_len, sizeof(server_duid));
	ck_assert_mem_eq(g.server, server_duid, sizeof(server_duid));
	ck_assert_uint_eq(g.xid, get_n(out + 1, 3));
	return g;
}

static void
expect_silence(enum dhcp6_counter why)
{
	ck_assert_uint_eq(n_sent, 0);
	ck_assert_uint_eq(core.count[why], 1);
	core.count[why] = 0;
}

static void
expect_events(const char *want)
{
	ck_assert_str_eq(events, want);
	events[0] = '\0';
}

/* The first IA has the address, as D27 says. */
static void
expect_address(const struct got *g, const char *addr)
{
	struct in6_addr a = ip6(addr);

	ck_assert_uint_ge(g->n_ia, 1);
	ck_assert(!g->ia[0].has_status);
	ck_assert_uint_eq(g->ia[0].code, NA);
	ck_assert_uint_ge(g->ia[0].n_addrs, 1);
	ck_assert_mem_eq(&g->ia[0].addr[0], &a, 16);
	ck_assert_uint_eq(g->ia[0].preferred[0], 3600);
	ck_assert_uint_eq(g->ia[0].valid[0], 7200);
	ck_assert_uint_eq(g->ia[0].t1, 1800);
	ck_assert_uint_eq(g->ia[0].t2, 2880);
}

static void
expect_ia_status(const struct got *g, unsigned i, unsigned status)
{
	ck_assert_uint_gt(g->n_ia, i);
	ck_assert(g->ia[i].has_status);
	ck_assert_uint_eq(g->ia[i].status, status);
	ck_assert_uint_eq(g->ia[i].n_addrs, 0);
}

static void
solicit(uint8_t who, uint32_t iaid)
{
	msg(1, 0x100 + who);
	opt_client(who);
	opt_ia(NA, iaid, NULL, NULL);
	says();
}

static void
assign(const char *addr)
{
	struct in6_addr a = ip6(addr);

	dhcp6_link_assign(link_, &a);
}

/* A message of client 1 to us, with its IA 11. */
static void
sends(uint8_t type, const char *a1, const char *a2)
{
	msg(type, 0x20000 + type);
	opt_client(1);
	if (type != 1 && type != 4 && type != 6)
		opt_server();
	opt_ia(NA, 11, a1, a2);
	says();
}

static void
bind_it(void)
{
	struct got g;

	solicit(1, 11);
	assign(HOA);
	g = answer();
	ck_assert_uint_eq(g.type, 2);
	sends(3, HOA, NULL);
	g = answer();
	ck_assert_uint_eq(g.type, 7);
	expect_address(&g, HOA);
	expect_events("solicited 1 11 fe80::77\nbound\n");
}

START_TEST(four_messages)
{
	struct dhcp6_lease lease;
	struct got g;

	solicit(1, 11);
	expect_events("solicited 1 11 fe80::77\n");
	ck_assert_uint_eq(n_sent, 0);
	ck_assert(!dhcp6_link_lease(link_, &lease));
	advance(400);
	assign(HOA);
	g = answer();
	ck_assert_uint_eq(g.type, 2);
	ck_assert_uint_eq(g.n_ia, 1);
	ck_assert_uint_eq(g.ia[0].iaid, 11);
	ck_assert_uint_eq(g.ia[0].n_addrs, 1);
	expect_address(&g, HOA);
	ck_assert_uint_eq(g.client_len, 10);
	ck_assert_uint_eq(g.client[9], 1);
	ck_assert_uint_eq(g.n_dns, 1);
	ck_assert(!g.rapid && !g.has_status && !g.has_preference);
	expect_events("");
	ck_assert(dhcp6_link_lease(link_, &lease) && !lease.bound);
	sends(3, HOA, NULL);
	g = answer();
	ck_assert_uint_eq(g.type, 7);
	expect_address(&g, HOA);
	expect_events("bound\n");
	ck_assert(dhcp6_link_lease(link_, &lease) && lease.bound);
	ck_assert_int_eq(lease.expires.ns, now_ns + INT64_C(7200000000000));
	ck_assert_uint_eq(lease.client.len, 10);
	ck_assert_uint_eq(lease.iaid, 11);
	/* the Reply was lost */
	advance(1000);
	sends(3, HOA, NULL);
	g = answer();
	expect_address(&g, HOA);
	expect_events("renewed\n");
	ck_assert_uint_eq(core.count[DHCP6_C_BOUND], 1);
	ck_assert_uint_eq(core.count[DHCP6_C_ASKED], 1);
}
END_TEST

START_TEST(asked_once)
{
	struct got g;

	solicit(1, 11);
	msg(1, 0xaaaaaa);
	opt_client(1);
	opt_ia(NA, 11, NULL, NULL);
	opt(14, "", 0);
	says();
	expect_events("solicited 1 11 fe80::77\n");
	ck_assert_uint_eq(n_sent, 0);
	/* the newest one is answered, and only that */
	assign(HOA);
	g = answer();
	ck_assert_uint_eq(g.type, 7);
	ck_assert(g.rapid);
	expect_events("bound\n");
	/* a late word changes nothing */
	dhcp6_link_refuse(link_, "too late");
	ck_assert_uint_eq(n_sent, 0);
	ck_assert_uint_eq(core.n_bound, 1);
}
END_TEST

START_TEST(answered_at_once)
{
	assign_at_once = HOA;
	solicit(1, 11);
	(void)answer();
	ck_assert_uint_eq(core.n_offered, 1);
}
END_TEST

START_TEST(rapid_commit)
{
	struct got g;

	conf.rapid_commit = false;
	reconfigure();
	msg(1, 1);
	opt_client(1);
	opt_ia(NA, 11, NULL, NULL);
	opt(14, "", 0);
	says();
	assign(HOA);
	g = answer();
	ck_assert_uint_eq(g.type, 2);
	ck_assert(!g.rapid);
	conf.rapid_commit = true;
	reconfigure();
	says();
	g = answer();
	ck_assert_uint_eq(g.type, 7);
	ck_assert(g.rapid);
	expect_address(&g, HOA);
	expect_events("solicited 1 11 fe80::77\nbound\n");
	/* to a Request it is nothing */
	msg(3, 2);
	opt_client(1);
	opt_server();
	opt_ia(NA, 11, NULL, NULL);
	opt(14, "", 0);
	says();
	g = answer();
	ck_assert(!g.rapid);
}
END_TEST

START_TEST(offer_lapses)
{
	solicit(1, 11);
	assign(HOA);
	advance(50000);
	solicit(1, 11);		/* still there */
	advance(59000);
	expect_events("solicited 1 11 fe80::77\n");
	advance(1000);
	expect_events("not requested\n");
	ck_assert_uint_eq(core.n_offered, 0);
	/* the next one may be another client */
	solicit(2, 22);
	expect_events("solicited 2 22 fe80::77\n");
}
END_TEST

START_TEST(lease_expires)
{
	struct got g;

	bind_it();
	advance(7000000);
	sends(5, HOA, NULL);
	g = answer();
	expect_address(&g, HOA);
	advance(7199000);
	expect_events("renewed\n");
	advance(1000);
	expect_events("expired\n");
	sends(5, HOA, NULL);
	g = answer();
	expect_ia_status(&g, 0, 3);
}
END_TEST

START_TEST(infinite_lease)
{
	struct dhcp6_lease lease;
	struct got g;

	conf.preferred = conf.valid = UINT32_MAX;
	reconfigure();
	solicit(1, 11);
	assign(HOA);
	n_sent = 0;
	sends(3, NULL, NULL);
	g = answer();
	ck_assert_uint_eq(g.ia[0].t1, UINT32_MAX);
	ck_assert_uint_eq(g.ia[0].t2, UINT32_MAX);
	ck_assert_uint_eq(g.ia[0].valid[0], UINT32_MAX);
	ck_assert(dhcp6_link_lease(link_, &lease));
	ck_assert_int_eq(lease.expires.ns, MONO_NEVER.ns);
	ck_assert_uint_eq(timers.n, 0);
}
END_TEST

/* D27: only what is left, and no use in asking for more. */
START_TEST(address_that_ends)
{
	struct got g;

	bind_it();
	dhcp6_link_limit(link_, mono_add_ms((mono_t){ now_ns }, 1000200));
	sends(5, HOA, NULL);
	g = answer();
	ck_assert_uint_eq(g.ia[0].preferred[0], 1000);
	ck_assert_uint_eq(g.ia[0].valid[0], 1000);
	ck_assert_uint_eq(g.ia[0].t1, 1000);
	ck_assert_uint_eq(g.ia[0].t2, 1000);
	events[0] = '\0';
	advance(1000000);
	expect_events("expired\n");
	/* it was that address's end, not the link's */
	dhcp6_link_limit(link_, mono_add_ms((mono_t){ now_ns }, 10));
	solicit(1, 11);
	/* far away it means nothing */
	dhcp6_link_limit(link_, mono_add_ms((mono_t){ now_ns }, 10000000));
	assign(HOA);
	g = answer();
	expect_address(&g, HOA);
	/* over already */
	dhcp6_link_limit(link_, (mono_t){ 0 });
	solicit(1, 11);
	g = answer();
	ck_assert_uint_eq(g.ia[0].valid[0], 0);
	/* and not at all */
	dhcp6_link_limit(link_, MONO_NEVER);
	solicit(1, 11);
	g = answer();
	expect_address(&g, HOA);
}
END_TEST

START_TEST(second_client)
{
	struct got g;

	for (unsigned i = 0; i < 3; i++) {
		if (i == 0)
			solicit(1, 11);		/* asked */
		else if (i == 1)
			assign(HOA);		/* offered */
		else
			sends(3, HOA, NULL);	/* bound */
		events[0] = '\0';
		n_sent = 0;
		solicit(2, 11);
		g = answer();
		ck_assert_uint_eq(g.type, 2);
		ck_assert_uint_eq(g.client[9], 2);
		expect_ia_status(&g, 0, 2);
		msg(3, 9);
		opt_client(2);
		opt_server();
		opt_ia(NA, 11, HOA, NULL);
		says();
		g = answer();
		ck_assert_uint_eq(g.type, 7);
		expect_ia_status(&g, 0, 2);
		expect_events("");
	}
	ck_assert_uint_eq(core.count[DHCP6_C_REFUSED_CLIENT], 6);
	/* nor does he get, or end, what is the first one's */
	for (uint8_t type = 5; type <= 9; type++) {
		if (type == 7)
			continue;
		msg(type, 9);
		opt_client(2);
		if (type != 6)
			opt_server();
		opt_ia(NA, 11, HOA, NULL);
		says();
		g = answer();
		expect_ia_status(&g, 0, 3);
	}
	msg(4, 9);
	opt_client(2);
	opt_ia(NA, 11, HOA, NULL);
	says();
	g = answer();
	ck_assert_uint_eq(g.status, 4);
	expect_events("");
	ck_assert_uint_eq(core.n_bound, 1);
}
END_TEST

START_TEST(other_ias)
{
	struct got g;

	msg(1, 1);
	opt_client(1);
	opt_ia(PD, 1, NULL, NULL);
	opt_ia(TA, 2, NULL, NULL);
	opt_ia(NA, 11, NULL, NULL);
	opt_ia(NA, 12, NULL, NULL);
	says();
	expect_events("solicited 1 11 fe80::77\n");
	assign(HOA);
	g = answer();
	ck_assert_uint_eq(g.n_ia, 4);
	ck_assert_uint_eq(g.ia[0].code, PD);
	expect_ia_status(&g, 0, 6);
	ck_assert_uint_eq(g.ia[1].code, TA);
	expect_ia_status(&g, 1, 2);
	ck_assert_uint_eq(g.ia[2].iaid, 11);
	ck_assert_uint_eq(g.ia[2].n_addrs, 1);
	ck_assert_uint_eq(g.ia[3].iaid, 12);
	expect_ia_status(&g, 3, 2);
	ck_assert_uint_eq(core.count[DHCP6_C_REFUSED_IA], 1);
	ck_assert_uint_eq(core.count[DHCP6_C_REFUSED_IA_TA], 1);
	ck_assert_uint_eq(core.count[DHCP6_C_REFUSED_IA_PD], 1);
	/* the second IA alone, of the same client */
	solicit(1, 12);
	g = answer();
	expect_ia_status(&g, 0, 2);
	/* and it can be without an address at all */
	msg(1, 1);
	opt_client(3);
	says();
	g = answer();
	ck_assert_uint_eq(g.type, 2);
	ck_assert_uint_eq(g.n_ia, 0);
	expect_events("");
}
END_TEST

/* Only prefixes are wanted: nobody is asked, nothing is remembered. */
START_TEST(only_prefixes)
{
	struct got g;

	msg(1, 1);
	opt_client(1);
	opt_ia(PD, 1, NULL, NULL);
	opt(14, "", 0);
	says();
	g = answer();
	ck_assert_uint_eq(g.type, 2);
	ck_assert(!g.rapid);
	expect_ia_status(&g, 0, 6);
	expect_events("");
}
END_TEST

START_TEST(refused)
{
	struct got g;

	solicit(1, 11);
	dhcp6_link_refuse(link_, "home agent is silent");
	g = answer();
	ck_assert_uint_eq(g.type, 2);
	expect_ia_status(&g, 0, 2);
	ck_assert_str_eq(g.ia[0].text, "home agent is silent");
	expect_events("solicited 1 11 fe80::77\n");
	/* at once again, whoever it is: the same without a question */
	msg(3, 5);
	opt_client(2);
	opt_server();
	opt_ia(NA, 11, NULL, NULL);
	says();
	g = answer();
	ck_assert_uint_eq(g.type, 7);
	expect_ia_status(&g, 0, 2);
	ck_assert_str_eq(g.ia[0].text, "home agent is silent");
	expect_events("");
	advance(5000);
	solicit(2, 11);
	expect_events("solicited 2 11 fe80::77\n");
	dhcp6_link_refuse(link_, "");
	ck_assert_uint_eq(core.count[DHCP6_C_REFUSED], 2);
	ck_assert_uint_eq(core.count[DHCP6_C_REFUSED_HELD], 1);
}
END_TEST

START_TEST(request_of_a_wrong_address)
{
	struct got g;

	bind_it();
	sends(3, OTHER, NULL);
	g = answer();
	expect_ia_status(&g, 0, 4);
	/* of the same prefix: it gets its own instead */
	sends(3, "2001:db8:1:2::6", NULL);
	g = answer();
	expect_address(&g, HOA);
	ck_assert_uint_eq(g.ia[0].n_addrs, 1);
	expect_events("renewed\n");
}
END_TEST

/* A Request out of nowhere: a nasd before this one, or another link's. */
START_TEST(request_without_solicit)
{
	struct got g;

	sends(3, NULL, NULL);
	expect_events("solicited 1 11 fe80::77\n");
	assign(HOA);
	g = answer();
	ck_assert_uint_eq(g.type, 7);
	expect_address(&g, HOA);
	expect_events("bound\n");
	dhcp6_link_withdraw(link_);
	sends(3, OTHER, NULL);
	assign(HOA);
	g = answer();
	expect_ia_status(&g, 0, 4);
	/* then it solicits, and what there is by now is told it at once */
	solicit(1, 11);
	g = answer();
	expect_address(&g, HOA);
	expect_events("solicited 1 11 fe80::77\n");
}
END_TEST

START_TEST(confirm)
{
	struct got g;

	sends(4, HOA, NULL);
	g = answer();
	ck_assert_uint_eq(g.type, 7);
	ck_assert(g.has_status);
	ck_assert_uint_eq(g.status, 4);
	ck_assert_uint_eq(g.n_ia, 0);
	bind_it();
	sends(4, HOA, NULL);
	g = answer();
	ck_assert(g.has_status);
	ck_assert_uint_eq(g.status, 0);
	sends(4, HOA, OTHER);
	g = answer();
	ck_assert_uint_eq(g.status, 4);
	sends(4, NULL, NULL);
	expect_silence(DHCP6_C_DROP_NO_ADDRESS);
	expect_events("");
}
END_TEST

START_TEST(renew_and_rebind)
{
	struct in6_addr other = ip6(OTHER);
	struct got g;

	for (uint8_t type = 5; type <= 6; type++) {
		/* not known here */
		sends(type, HOA, NULL);
		g = answer();
		ck_assert_uint_eq(g.type, 7);
		expect_ia_status(&g, 0, 3);
		bind_it();
		sends(type, HOA, OTHER);
		g = answer();
		expect_address(&g, HOA);
		ck_assert_uint_eq(g.n_dns, 1);
		/* what it must not have any more */
		ck_assert_uint_eq(g.ia[0].n_addrs, 2);
		ck_assert_mem_eq(&g.ia[0].addr[1], &other, 16);
		ck_assert_uint_eq(g.ia[0].preferred[1], 0);
		ck_assert_uint_eq(g.ia[0].valid[1], 0);
		expect_events("renewed\n");
		/* a second IA */
		msg(type, 1);
		opt_client(1);
		if (type == 5)
			opt_server();
		opt_ia(NA, 12, NULL, NULL);
		opt_ia(PD, 12, NULL, NULL);
		says();
		g = answer();
		expect_ia_status(&g, 0, 2);
		expect_ia_status(&g, 1, 6);
		expect_events("");
		dhcp6_link_withdraw(link_);
	}
}
END_TEST

/* The home agent gave another one meanwhile: told with the next renewal. */
START_TEST(another_address)
{
	struct in6_addr old = ip6(HOA);
	struct got g;

	bind_it();
	assign("2001:db8:1:3::5");
	ck_assert_uint_eq(n_sent, 0);
	sends(5, HOA, NULL);
	g = answer();
	expect_address(&g, "2001:db8:1:3::5");
	ck_assert_uint_eq(g.ia[0].n_addrs, 2);
	ck_assert_mem_eq(&g.ia[0].addr[1], &old, 16);
	ck_assert_uint_eq(g.ia[0].valid[1], 0);
}
END_TEST

START_TEST(release_and_decline)
{
	struct got g;

	for (uint8_t type = 8; type <= 9; type++) {
		sends(type, HOA, NULL);
		g = answer();
		ck_assert_uint_eq(g.type, 7);
		ck_assert_uint_eq(g.status, 0);
		expect_ia_status(&g, 0, 3);
		bind_it();
		/* not what it has */
		sends(type, OTHER, NULL);
		g = answer();
		ck_assert(g.has_status);
		ck_assert_uint_eq(g.status, 0);
		expect_events("");
		msg(type, 1);
		opt_client(1);
		opt_server();
		opt_ia(NA, 11, OTHER, HOA);
		opt_ia(NA, 12, HOA, NULL);
		says();
		g = answer();
		ck_assert_uint_eq(g.status, 0);
		ck_assert_uint_eq(g.n_ia, 1);
		ck_assert_uint_eq(g.ia[0].iaid, 12);
		expect_ia_status(&g, 0, 3);
		ck_assert_uint_eq(g.n_dns, 0);
		expect_events(type == 8 ? "released\n" : "declined\n");
		ck_assert_uint_eq(timers.n, 0);
	}
	/* of what was only offered */
	solicit(1, 11);
	assign(HOA);
	sends(8, HOA, NULL);
	expect_events("solicited 1 11 fe80::77\nreleased\n");
}
END_TEST

START_TEST(information_request)
{
	struct got g;

	msg(11, 1);
	says();
	g = answer();
	ck_assert_uint_eq(g.type, 7);
	ck_assert_uint_eq(g.client_len, 0);
	ck_assert_uint_eq(g.n_dns, 1);
	msg(11, 1);
	opt_client(5);
	opt_server();
	opt_oro(82, 24);
	says();
	g = answer();
	ck_assert_uint_eq(g.client_len, 10);
	ck_assert_uint_eq(g.n_dns, 0);	/* it asks, but not for that */
	ck_assert_uint_eq(g.sol_max_rt, 0);
	msg(11, 1);
	opt_ia(NA, 1, NULL, NULL);
	says();
	expect_silence(DHCP6_C_DROP_IA);
	msg(11, 1);
	opt(2, "\0\3\0\1", 4);
	says();
	expect_silence(DHCP6_C_DROP_OTHER_SERVER);
	expect_events("");
}
END_TEST

START_TEST(options)
{
	struct got g;

	conf.preference = 200;
	conf.sol_max_rt = 600;
	conf.dns[1] = ip6("2001:db8:ffff::54");
	conf.n_dns = 2;
	reconfigure();
	msg(1, 1);
	opt_client(1);
	opt_ia(NA, 11, NULL, NULL);
	opt_oro(23, 82);
	says();
	assign(HOA);
	g = answer();
	ck_assert(g.has_preference);
	ck_assert_uint_eq(g.preference, 200);
	ck_assert_uint_eq(g.sol_max_rt, 600);
	ck_assert_uint_eq(g.n_dns, 2);
	ck_assert_mem_eq(&g.dns[1], &conf.dns[1], 16);
	sends(3, HOA, NULL);
	g = answer();
	ck_assert(!g.has_preference);
	ck_assert_uint_eq(g.sol_max_rt, 0);	/* not asked for */
	/* without any, none */
	conf.n_dns = 0;
	conf.preference = 0;
	reconfigure();
	sends(1, HOA, NULL);
	g = answer();
	ck_assert_uint_eq(g.n_dns, 0);
	ck_assert(!g.has_preference);
}
END_TEST

START_TEST(identifiers)
{
	static const struct {
		uint8_t			type;
		bool			client, server;
		enum dhcp6_counter	why;
	} bad[] = {
		{ 1, false, false, DHCP6_C_DROP_NO_CLIENT },
		{ 1, true, true, DHCP6_C_DROP_SERVER },
		{ 3, true, false, DHCP6_C_DROP_NO_SERVER },
		{ 3, false, true, DHCP6_C_DROP_NO_CLIENT },
		{ 4, false, false, DHCP6_C_DROP_NO_CLIENT },
		{ 4, true, true, DHCP6_C_DROP_SERVER },
		{ 5, true, false, DHCP6_C_DROP_NO_SERVER },
		{ 5, false, true, DHCP6_C_DROP_NO_CLIENT },
		{ 6, false, false, DHCP6_C_DROP_NO_CLIENT },
		{ 6, true, true, DHCP6_C_DROP_SERVER },
		{ 8, true, false, DHCP6_C_DROP_NO_SERVER },
		{ 8, false, true, DHCP6_C_DROP_NO_CLIENT },
		{ 9, true, false, DHCP6_C_DROP_NO_SERVER },
		{ 9, false, true, DHCP6_C_DROP_NO_CLIENT },
		/* servers' and relays' own */
		{ 2, true, true, DHCP6_C_DROP_NOT_OURS },
		{ 7, true, true, DHCP6_C_DROP_NOT_OURS },
		{ 10, true, true, DHCP6_C_DROP_NOT_OURS },
		{ 13, true, true, DHCP6_C_DROP_NOT_OURS },
		{ 14, true, true, DHCP6_C_DROP_TYPE },
		{ 0, true, true, DHCP6_C_DROP_TYPE },
	};

	bind_it();
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		msg(bad[i].type, 1);
		if (bad[i].client)
			opt_client(1);
		if (bad[i].server)
			opt_server();
		opt_ia(NA, 11, HOA, NULL);
		says();
		expect_silence(bad[i].why);
	}
	for (uint8_t type = 3; type <= 9; type++) {
		if (type == 4 || type == 6 || type == 7)
			continue;
		msg(type, 1);
		opt_client(1);
		opt(2, "\0\3\0\1\2\3", 6);
		opt_ia(NA, 11, HOA, NULL);
		says();
		expect_silence(DHCP6_C_DROP_OTHER_SERVER);
	}
	expect_events("");
}
END_TEST

START_TEST(unicast)
{
	struct got g;

	bind_it();
	for (uint8_t type = 1; type <= 11; type++) {
		bool told = type == 3 || type == 5 || type == 8 || type == 9;

		if (type == 2 || type == 7 || type == 10)
			continue;
		msg(type, 1);
		opt_client(1);
		if (told)
			opt_server();
		if (type != 11)
			opt_ia(NA, 11, HOA, NULL);
		arrives(CLIENT, SERVER);
		if (!told) {
			expect_silence(DHCP6_C_DROP_DESTINATION);
			continue;
		}
		g = answer();
		ck_assert_uint_eq(g.type, 7);
		ck_assert_uint_eq(g.status, 5);
		ck_assert_uint_eq(g.n_options, 3);
	}
	expect_events("");
	/* nobody is told so who does not mean us */
	msg(3, 1);
	opt_client(1);
	opt_ia(NA, 11, HOA, NULL);
	arrives(CLIENT, SERVER);
	expect_silence(DHCP6_C_DROP_NO_SERVER);
}
END_TEST

START_TEST(addresses)
{
	msg(1, 1);
	opt_client(1);
	opt_ia(NA, 11, NULL, NULL);
	arrives(CLIENT, "ff02::1");
	expect_silence(DHCP6_C_DROP_DESTINATION);
	arrives("2001:db8::66", ALL);
	expect_silence(DHCP6_C_DROP_SOURCE);
	arrives("::", ALL);
	expect_silence(DHCP6_C_DROP_SOURCE);
	arrives("ff02::1", SERVER);
	expect_silence(DHCP6_C_DROP_SOURCE);
	expect_events("");
}
END_TEST

START_TEST(relayed)
{
	struct in6_addr ldra = ip6("fe80::99");

	msg(1, 0x42);
	opt_client(1);
	opt_ia(NA, 11, NULL, NULL);
	relay(0, "::", CLIENT, "port 7", "line");
	arrives("fe80::99", ALL);
	expect_silence(DHCP6_C_DROP_RELAY);
	conf.relays = true;
	reconfigure();
	arrives("fe80::99", ALL);
	expect_events("solicited 1 11 fe80::77 by port 7\n");
	assign(HOA);
	ck_assert_uint_eq(n_sent, 1);
	ck_assert_uint_eq(sent.port, 547);
	ck_assert_mem_eq(&sent.to, &ldra, 16);
	ck_assert_uint_eq(sent.buf[0], 13);
	/* header, Interface-Id, and the ADVERTISE to its end */
	ck_assert_mem_eq(sent.buf + 34, "\0\x12\0\6port 7\0\x09", 12);
	ck_assert_uint_eq(get_n(sent.buf + 46, 2), sent.len - 48);
	ck_assert_uint_eq(sent.buf[48], 2);
	ck_assert_uint_eq(take_apart(sent.buf + 48, sent.len - 48).n_ia, 1);
	/* a relay's unicast is its own matter, its message is not */
	n_sent = 0;
	msg(3, 0x43);
	opt_client(1);
	opt_server();
	opt_ia(NA, 11, HOA, NULL);
	relay(0, "::", CLIENT, "port 7", NULL);
	arrives("2001:db8::99", "2001:db8::1");
	ck_assert_uint_eq(n_sent, 1);
	expect_events("bound\n");
	n_sent = 0;
	msg(13, 1);
	relay(0, "::", CLIENT, "port 7", NULL);
	arrives("fe80::99", ALL);
	expect_silence(DHCP6_C_DROP_NOT_OURS);
}
END_TEST

/* D26, the draft's letter. */
START_TEST(registers_on_request)
{
	struct dhcp6_lease lease;
	struct got g;

	conf.on_request = true;
	reconfigure();
	/* no hint: an Advertise without an address is worth nothing */
	solicit(1, 11);
	expect_events("solicited 1 11 fe80::77\n");
	assign(HOA);
	dhcp6_link_withdraw(link_);
	n_sent = 0;
	conf.hint = ip6(OTHER);
	reconfigure();
	solicit(1, 11);
	g = answer();
	ck_assert_uint_eq(g.type, 2);
	expect_address(&g, OTHER);
	expect_events("");
	ck_assert(!dhcp6_link_lease(link_, &lease));
	ck_assert_uint_eq(timers.n, 0);
	/* the real one may be another */
	sends(3, OTHER, NULL);
	expect_events("solicited 1 11 fe80::77\n");
	assign(HOA);
	g = answer();
	ck_assert_uint_eq(g.type, 7);
	expect_address(&g, HOA);
	expect_events("bound\n");
	/* Rapid Commit can not wait */
	dhcp6_link_withdraw(link_);
	msg(1, 1);
	opt_client(1);
	opt_ia(NA, 11, NULL, NULL);
	opt(14, "", 0);
	says();
	expect_events("solicited 1 11 fe80::77\n");
}
END_TEST

/* A thousand clients, and one that can not stop asking. */
START_TEST(hostile)
{
	uint64_t before;

	assign_at_once = HOA;
	for (unsigned i = 0; i < 100; i++) {
		solicit(1, 11);
		sends(8, HOA, NULL);
	}
	ck_assert_uint_eq(core.count[DHCP6_C_ASKED], DHCP6_ASKS_A_MINUTE);
	ck_assert_uint_eq(core.count[DHCP6_C_RELEASED], DHCP6_ASKS_A_MINUTE);
	ck_assert_uint_ge(core.count[DHCP6_C_DROP_ASKS], 1);
	advance(60000);
	events[0] = '\0';
	solicit(1, 11);
	expect_events("solicited 1 11 fe80::77\n");
	/* one more than the rate in no time at all */
	advance(10000);
	before = core.count[DHCP6_C_SENT_ADVERTISE];
	msg(1, 1);
	opt_client(2);
	for (unsigned i = 0; i < 60; i++)
		opt_ia(NA, i, NULL, NULL);
	for (unsigned i = 0; i < 1000; i++) {
		struct in6_addr s = ip6(CLIENT), d = ip6(ALL);

		dhcp6_core_input(&core, 7, &s, &d, out, out_len);
	}
	ck_assert_uint_eq(core.count[DHCP6_C_SENT_ADVERTISE] - before,
	    DHCP6_RATE);
	ck_assert_uint_eq(core.count[DHCP6_C_DROP_RATE], 1000 - DHCP6_RATE);
	ck_assert_uint_eq(core.count[DHCP6_C_IAS_LEFT_OUT], 52 * DHCP6_RATE);
	ck_assert_uint_eq(take_apart(sent.buf, sent.len).n_ia, 8);
	expect_events("");
}
END_TEST

START_TEST(not_ours)
{
	struct in6_addr s = ip6(CLIENT), d = ip6(ALL);

	msg(1, 1);
	opt_client(1);
	dhcp6_core_input(&core, 8, &s, &d, out, out_len);
	expect_silence(DHCP6_C_DROP_INTERFACE);
	out_len--;
	says();
	expect_silence(DHCP6_C_DROP_MALFORMED);
}
END_TEST

START_TEST(not_sent)
{
	send_error = -ENETUNREACH;
	solicit(1, 11);
	assign(HOA);
	ck_assert_uint_eq(core.count[DHCP6_C_SEND_FAILED], 1);
	send_error = 0;
	solicit(1, 11);
	(void)answer();
}
END_TEST

START_TEST(restored)
{
	struct dhcp6_lease lease, again;
	struct got g;

	bind_it();
	ck_assert(dhcp6_link_lease(link_, &lease));
	ck_assert_int_eq(dhcp6_link_restore(link_, &lease), -EBUSY);
	dhcp6_core_stop(link_);
	link_ = dhcp6_core_start(&core, 7, "s1", &conf, &owner, NULL);
	ck_assert_int_eq(dhcp6_link_restore(link_, &lease), 0);
	ck_assert(dhcp6_link_lease(link_, &again));
	ck_assert_mem_eq(&lease, &again, sizeof(lease));
	advance(7000000);
	sends(5, HOA, NULL);
	g = answer();
	expect_address(&g, HOA);
	expect_events("renewed\n");
	dhcp6_link_withdraw(link_);
	/* over while nobody was there */
	advance(1000000);
	ck_assert_int_eq(dhcp6_link_restore(link_, &lease), 0);
	advance(1);
	expect_events("expired\n");
	lease.bound = false;
	ck_assert_int_eq(dhcp6_link_restore(link_, &lease), 0);
	advance(1);
	expect_events("not requested\n");
	lease.client.len = 0;
	ck_assert_int_eq(dhcp6_link_restore(link_, &lease), -EINVAL);
	lease.client.len = 131;
	ck_assert_int_eq(dhcp6_link_restore(link_, &lease), -EINVAL);
	lease.client.len = 10;
	lease.addr = in6addr_any;
	ck_assert_int_eq(dhcp6_link_restore(link_, &lease), -EINVAL);
}
END_TEST

/* Whatever an owner is told, it may want to hear no more. */
START_TEST(stopped_in_events)
{
	for (unsigned i = 0; i < 6; i++) {
		events[0] = '\0';
		if (link_ == NULL)
			link_ = dhcp6_core_start(&core, 7, "s1", &conf, &owner,
			    NULL);
		stop_in_event = i == 0;
		solicit(1, 11);
		if (i == 0)
			continue;
		assign(HOA);
		stop_in_event = i == 1;
		if (i == 5)
			stop_in_event = true;
		else
			sends(3, HOA, NULL);
		if (i == 1)
			continue;
		stop_in_event = true;
		if (i == 2)
			sends(5, HOA, NULL);
		else if (i == 3)
			sends(8, HOA, NULL);
		else
			advance(8000000);
		ck_assert_ptr_null(link_);
	}
	ck_assert_ptr_null(link_);
}
END_TEST

START_TEST(without_a_client)
{
	assign(HOA);
	dhcp6_link_refuse(link_, "nobody asked");
	dhcp6_link_withdraw(link_);
	ck_assert_uint_eq(n_sent, 0);
	ck_assert_uint_eq(core.count[DHCP6_C_WITHDRAWN], 0);
	solicit(1, 11);
	/* while it is asked for: the client will solicit once more */
	dhcp6_link_withdraw(link_);
	assign(HOA);
	ck_assert_uint_eq(n_sent, 0);
	ck_assert_uint_eq(core.n_asked, 0);
}
END_TEST

START_TEST(names)
{
	ck_assert_str_eq(dhcp6_counter_key(DHCP6_C_RX), "received");
	for (int i = 0; i < DHCP6_C_COUNT; i++)
		for (int k = 0; k < i; k++)
			ck_assert_str_ne(dhcp6_counter_key(i),
			    dhcp6_counter_key(k));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { four_messages, asked_once,
		answered_at_once, rapid_commit, offer_lapses, lease_expires,
		infinite_lease, address_that_ends, second_client, other_ias,
		only_prefixes, refused, request_of_a_wrong_address,
		request_without_solicit, confirm, renew_and_rebind,
		another_address, release_and_decline, information_request,
		options, identifiers, unicast, addresses, relayed,
		registers_on_request, hostile, not_ours, not_sent, restored,
		stopped_in_events, without_a_client, names };
	Suite *s = suite_create("dhcp6_server");
	TCase *tc = tcase_create("dhcp6_server");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_test(tc, tests[i]);
	suite_add_tcase(s, tc);
	return test_run(s);
}

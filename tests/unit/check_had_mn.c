/* SPDX-License-Identifier: BSD-2-Clause */
/* Mobile nodes behind access nodes: what they are told, which addresses they
 * get, and what others keep from them [PROTOCOLS 11.5, 11.7, 12, D29, D30,
 * D32, D164, D165]. */
#include "config.h"

#include <errno.h>

#include "common/icmp6.h"
#include "had/mn.h"
#include "tests/unit/had_rig.h"

#define AN1	"10.1.0.1"
#define AN2	"10.1.0.2"
#define ROUTER	"fe80::c633:6401"	/* 198.51.100.1 */
#define LL	"fe80::a"
#define G1	"2001:db8:200:1::a"
#define G2	"2001:db8:200:1::b"

static char mn1[] = "mn1@example.net", mn2[] = "mn2@example.net";
static char home_link[] = "lan0";
static struct user second, third;

/* What came out of the tunnels. */
static struct {
	unsigned	opened, closed, listens, ras, others;
	struct mn	*to;
	uint8_t		 last[MN_RA_MAX];
	size_t		 len;
	bool		 deaf;			/* nothing can be sent */
} io;

static void
io_open(void *arg, struct mn *m, int fd)
{
	(void)arg;
	(void)m;
	ck_assert_int_eq(fd, -1);
	io.opened++;
}

static void
io_close(void *arg, struct mn *m)
{
	(void)arg;
	(void)m;
	io.closed++;
}

static bool
io_send(void *arg, struct mn *m, const uint8_t *packet, size_t len)
{
	struct nd6_packet p;

	(void)arg;
	if (io.deaf)
		return false;
	ck_assert_int_eq(nd6_open(&p, packet, len), 0);
	ck_assert_uint_eq(p.hop_limit, 255);
	io.to = m;
	io.ras += p.type == 134;
	io.others += p.type != 134;
	ck_assert_uint_le(len, sizeof(io.last));
	memcpy(io.last, packet, len);
	io.len = len;
	return true;
}

static void
io_listen(void *arg, struct mn *m)
{
	(void)arg;
	(void)m;
	io.listens++;
}

static void
io_detach(void *arg, struct binding *b, const char *why)
{
	reg_end(arg, b, why);
}

static const struct mn_io ops = { io_open, io_close, io_send, io_listen,
	io_detach };

static struct in6_addr
ip6(const char *s)
{
	struct in6_addr a;

	ck_assert_int_eq(inet_pton(AF_INET6, s, &a), 1);
	return a;
}

static void
setup(void)
{
	memset(&io, 0, sizeof(io));
	rig_init();
	rig_nodes("10.1.0.0", 16);
	rig_user(&rig.user, mn1);
	rig_user(&second, mn2);
	rig.mns.io = &ops;
	rig.mns.arg = &rig.reg;
}

static void
teardown(void)
{
	rig_free();
	ck_assert_uint_eq(rig.nodes.own_link.used, 0);
	ck_assert_uint_eq(rig.mns.n_addrs, 0);
	ck_assert_uint_eq(io.opened, io.closed);
}

static struct mn *
enter(const char *coa, const char *nai)
{
	unsigned ras = io.ras;
	struct m m;

	m_rrq(&m, MIP4_F_D, 3600, coa);
	m_nai(&m, nai);
	m_ext(&m, 120, "", 1);
	m_rev_support(&m);
	m_auth(&m, 32, 512, key_mn);
	rig_in(&m, coa);
	ck_assert_int_eq(rig.sent[1], 0);
	/* the advertisement goes behind the reply, which may wait for others */
	ck_assert_uint_eq(io.ras, ras);
	rig_wait(0);
	return of(nai)->mn;
}

/* Its request, when the answer may have to wait. */
static void
move_mn1(const char *coa)
{
	struct m m;

	m_rrq(&m, MIP4_F_D, 3600, coa);
	m_nai(&m, mn1);
	m_ext(&m, 120, "", 1);
	m_auth(&m, 32, 512, key_mn);
	rig_in(&m, coa);
}

static void
hear_nd(struct mn *m, struct nd6 nd)
{
	uint8_t buf[ND6_PACKET_MAX];
	int n = nd6_encode(&nd, buf, sizeof(buf));

	ck_assert_int_gt(n, 0);
	mn_input(m, buf, (size_t)n);
}

/* It looks whether another has this address [RFC 4862 5.4.2]. */
static void
probe(struct mn *m, const char *target)
{
	struct nd6 nd = { .target = ip6(target) };

	nd.dst = nd6_group(&nd.target);
	hear_nd(m, nd);
}

static void
data(struct mn *m, const char *src)
{
	uint8_t head[40] = { 0x60, [6] = 17, [7] = 64 };
	struct in6_addr a = ip6(src);

	memcpy(head + 8, &a, 16);
	mn_input(m, head, sizeof(head));
}

static void
solicit(struct mn *m, const char *src, uint8_t hop_limit)
{
	uint8_t buf[48] = { [40] = 133 };
	struct in6_addr from = ip6(src), to = ip6("ff02::2");

	nd6_close(buf, 8, &from, &to);
	buf[7] = hop_limit;
	mn_input(m, buf, sizeof(buf));
}

static bool
has(const struct mn *m, const char *addr)
{
	struct in6_addr a = ip6(addr), own;
	unsigned i;

	for (i = 0; i < m->n_addrs; i++) {
		own = mn_addr_of(&m->addrs[i]);
		if (IN6_ARE_ADDR_EQUAL(&own, &a))
			return mn_addr_is_bound(m, &m->addrs[i]);
	}
	return false;
}

/* The last packet says that somebody has this address. */
static void
said_in_use(const struct mn *m, const char *addr)
{
	struct in6_addr a = ip6(addr), all = ip6("ff02::1");
	struct nd6 nd;

	ck_assert_ptr_eq(io.to, m);
	ck_assert_int_eq(nd6_decode(&nd, io.last, io.len), 0);
	ck_assert(nd.advert && !nd.router && !nd.solicited && nd.override &&
	    !nd.has_lladdr);
	ck_assert(IN6_ARE_ADDR_EQUAL(&nd.target, &a));
	ck_assert(IN6_ARE_ADDR_EQUAL(&nd.src, &a));
	ck_assert(IN6_ARE_ADDR_EQUAL(&nd.dst, &all));
}

START_TEST(advertised_at_once)
{
	struct mn *m = enter(AN1, mn1);
	struct in6_addr router = ip6(ROUTER), all = ip6("ff02::1"),
	    prefix = ip6("2001:db8:200:1::");
	struct nd6_packet p;
	struct icmp6_ra ra;

	ck_assert_uint_eq(io.opened, 1);
	ck_assert_uint_eq(io.ras, 1);
	ck_assert_ptr_eq(io.to, m);
	ck_assert_int_eq(nd6_open(&p, io.last, io.len), 0);
	ck_assert(IN6_ARE_ADDR_EQUAL(&p.src, &router));
	ck_assert(IN6_ARE_ADDR_EQUAL(&p.dst, &all));
	ck_assert_int_eq(icmp6_ra_decode(&ra, p.icmp, p.len), 0);
	ck_assert_uint_eq(ra.hop_limit, 64);
	ck_assert(!ra.managed && !ra.other);
	ck_assert_uint_eq(ra.router_lifetime, 1800);
	ck_assert_uint_eq(ra.mtu, 1480);
	ck_assert(ra.has_lladdr);
	ck_assert_mem_eq(ra.lladdr, "\2\0\306\63\144\1", 6);
	ck_assert_uint_eq(ra.n_prefixes, 1);
	ck_assert(IN6_ARE_ADDR_EQUAL(&ra.prefix[0].addr, &prefix));
	ck_assert_uint_eq(ra.prefix[0].len, 64);
	ck_assert(ra.prefix[0].autonomous && !ra.prefix[0].on_link);
	ck_assert_uint_eq(ra.prefix[0].valid, 86400);
	ck_assert_uint_eq(ra.prefix[0].preferred, 3600);
	ck_assert_uint_eq(ra.n_rdnss, 0);
	rig.nodes.ra.managed = true;
	rig.nodes.ra.n_dns = 1;
	rig.nodes.ra.dns[0] = ip6("2001:db8::53");
	(void)enter(AN2, mn2);
	ck_assert_int_eq(nd6_open(&p, io.last, io.len), 0);
	ck_assert_int_eq(icmp6_ra_decode(&ra, p.icmp, p.len), 0);
	ck_assert(ra.managed && !ra.other);
	ck_assert_uint_eq(ra.n_rdnss, 1);
	ck_assert_uint_eq(ra.rdnss_lifetime, 1800);
	ck_assert_mem_eq(&ra.rdnss[0], &rig.nodes.ra.dns[0], 16);
}
END_TEST

/* RFC 4861 6.2.4, 6.2.6 */
START_TEST(advertised_in_time)
{
	struct mn *m = enter(AN1, mn1);

	/* not within 3 s of another one, whoever asks how often */
	solicit(m, LL, 255);
	solicit(m, "::", 255);
	rig_wait(2.99);
	ck_assert_uint_eq(io.ras, 1);
	rig_wait(0.02);
	ck_assert_uint_eq(io.ras, 2);
	rig_wait(10);
	ck_assert_uint_eq(io.ras, 2);
	solicit(m, LL, 255);
	rig_wait(0.5);
	ck_assert_uint_eq(io.ras, 3);
	/* hop limit 254 comes from elsewhere */
	rig_wait(10);
	solicit(m, LL, 254);
	rig_wait(1);
	ck_assert_uint_eq(io.ras, 3);
	ck_assert_uint_ge(rig.mns.stats.malformed, 1);
	/* 200 to 600 s from now on */
	rig_wait(180);
	ck_assert_uint_eq(io.ras, 3);
	rig_wait(420);
	ck_assert_uint_ge(io.ras, 4);
}
END_TEST

START_TEST(first_ones_are_close)
{
	(void)enter(AN1, mn1);
	rig_wait(16.1);
	ck_assert_uint_eq(io.ras, 2);
	rig_wait(16);
	ck_assert_uint_eq(io.ras, 3);
	rig_wait(150);
	ck_assert_uint_eq(io.ras, 3);
}
END_TEST

/* Also where what they say is over before the next one: it is nothing new. */
START_TEST(first_ones_of_short_lifetimes)
{
	unsigned i;
	struct mn *m;

	rig.nodes.ra.valid = rig.nodes.ra.preferred = 12;
	m = enter(AN1, mn1);
	for (i = 0; i < 20; i++) {
		probe(m, G1);
		rig_wait(8.05);
		/* The binding does not live longer without a renewal. */
		ck_assert_ptr_eq(enter(AN1, mn1), m);
		ck_assert_uint_eq(io.ras, i == 0 ? 1 : i < 3 ? 2 : 3);
	}
	ck_assert_uint_ge(rig.mns.stats.expired, 3);
}
END_TEST

/* A renewal is no news. */
START_TEST(renewal_is_quiet)
{
	struct mn *m = enter(AN1, mn1);

	rig_wait(1);
	ck_assert_ptr_eq(enter(AN1, mn1), m);
	ck_assert_uint_eq(io.ras, 1);
	ck_assert_uint_eq(io.opened, 1);
}
END_TEST

/* Without a home link: success at once, if nobody has it [11.5 b, c]. */
START_TEST(addresses)
{
	struct mn *m = enter(AN1, mn1), *other = enter(AN2, mn2);

	io.others = 0;
	probe(m, LL);
	ck_assert(has(m, LL));
	probe(m, G1);
	ck_assert(has(m, G1));
	ck_assert(rig_routed(G1, 128, AN1));
	ck_assert(!rig_routed(LL, 128, AN1));
	probe(m, G1);			/* c: again */
	probe(m, G2);			/* several */
	ck_assert(has(m, G2));
	ck_assert_uint_eq(m->n_addrs, 3);
	ck_assert_uint_eq(io.others, 0);
	/* What it sends without asking counts, too [D30]. */
	data(m, "2001:db8:200:1::c");
	ck_assert(has(m, "2001:db8:200:1::c"));
	hear_nd(m, (struct nd6){ .advert = true, .override = true,
	    .src = ip6("2001:db8:200:1::d"), .dst = ip6("ff02::1"),
	    .target = ip6("2001:db8:200:1::d") });
	ck_assert(has(m, "2001:db8:200:1::d"));
	/* but not what it says of others, nor where it may have none */
	hear_nd(m, (struct nd6){ .advert = true, .override = true,
	    .src = ip6(LL), .dst = ip6("ff02::1"), .target = ip6("fe80::e") });
	data(m, "2001:db8:999::1");
	data(m, "::1");
	data(m, "fe80:1::1");
	ck_assert_uint_eq(m->n_addrs, 5);
	ck_assert_uint_eq(rig.mns.stats.foreign, 3);
	ck_assert_uint_eq(other->n_addrs, 0);
	ck_assert_uint_eq(rig.pool[1].used, 4);
	ck_assert_uint_eq(rig.nodes.own_link.used, 1);
}
END_TEST

/* b: of another mobile node, ours, an access router's subscriber, one fixed for
 * somebody. The first of its kind: it is detached [D32]. */
START_TEST(taken_from_nobody)
{
	struct mn *a = enter(AN1, mn1), *b = enter(AN2, mn2);
	struct in6_addr mine = ip6("2001:db8:200:1::77");
	char hoa[INET6_ADDRSTRLEN];
	struct pool_part fixed;
	struct m m;

	rig.nodes.own_link.home_link = home_link;

	ck_assert_int_eq(pool_reserve(&rig.pools, &rig.pool[1], &fixed,
	    &mine), 0);
	probe(a, LL);
	probe(a, G1);
	rig_wait(2);
	/* a later address: told, and that is all */
	ask(&m, AR1, ALICE, 1800, NULL);
	inet_ntop(AF_INET6, &of(ALICE)->hoa, hoa, sizeof(hoa));
	probe(a, hoa);
	said_in_use(a, hoa);
	ck_assert(!has(a, hoa));
	probe(a, "2001:db8:200:1::77");
	said_in_use(a, "2001:db8:200:1::77");
	probe(a, ROUTER);
	said_in_use(a, ROUTER);
	ck_assert_uint_eq(a->n_addrs, 2);
	ck_assert_int_eq(of(mn1)->state, BINDING_BOUND);
	ck_assert_uint_eq(rig.mns.stats.conflicts, 3);
	/* the other one's first link-local address */
	rig.n_sent = 0;
	probe(b, LL);
	said_in_use(b, LL);
	ck_assert_int_eq(of(mn2)->state, BINDING_IDLE);
	ck_assert_uint_eq(rig.n_sent, 1);
	ck_assert_uint_eq(rig.sent[0], 7);
	ck_assert_uint_eq(rig.flow.dst.s_addr, inet_addr(AN2));
	ck_assert(has(a, LL));
	/* its first global one */
	rig_wait(2);
	b = enter(AN2, mn2);
	probe(b, "fe80::b");
	rig_wait(2);
	data(b, G1);
	said_in_use(b, G1);
	ck_assert_int_eq(of(mn2)->state, BINDING_IDLE);
	ck_assert(rig_routed(G1, 128, AN1));
	pool_unreserve(&rig.pools, &fixed);
}
END_TEST

/* Where each has a link of its own, two may have the same there: nobody can
 * keep another from it [D166]. */
START_TEST(same_link_local)
{
	struct mn *a = enter(AN1, mn1), *b = enter(AN2, mn2);

	probe(a, LL);
	probe(b, LL);
	ck_assert(has(a, LL) && has(b, LL));
	probe(b, ROUTER);
	said_in_use(b, ROUTER);
	ck_assert_int_eq(of(mn2)->state, BINDING_BOUND);
	reg_end(&rig.reg, of(mn1), "test");
	ck_assert(has(b, LL));
	ck_assert_uint_eq(rig.nodes.own_link.used, 1);
}
END_TEST

/* Its own fixed address it may take. */
START_TEST(fixed_for_it)
{
	struct in6_addr mine = ip6("2001:db8:200:1::77");
	struct mn *m;

	ck_assert_int_eq(pool_reserve(&rig.pools, &rig.pool[1],
	    &rig.user.reserved, &mine), 0);
	m = enter(AN1, mn1);
	probe(m, "2001:db8:200:1::77");
	ck_assert(has(m, "2001:db8:200:1::77"));
	pool_unreserve(&rig.pools, &rig.user.reserved);
}
END_TEST

/* What it has chosen is not given to one for whom AAA fixes it later. */
START_TEST(fixed_for_another_too_late)
{
	static char nai[] = "late@example.net";
	struct mn *a = enter(AN1, mn1);
	struct m m;

	probe(a, G1);
	third = (struct user){ .nai = nai, .nai_len = strlen(nai),
		.home = { &rig.pool[1], true, ip6(G1) } };
	ck_assert(peers_add_user(&rig.peers, &third));
	ask(&m, AR1, nai, 1800, NULL);
	ck_assert_int_eq(rig.sent[1], 130);
	ck_assert(has(a, G1));
	reg_end(&rig.reg, of(mn1), "test");
	ask(&m, AR1, nai, 1800, NULL);
	ck_assert_int_eq(rig.sent[1], 0);
}
END_TEST

/* 16 and no more, and not many of them at once. */
START_TEST(bounded)
{
	struct mn *m = enter(AN1, mn1);
	char s[64];
	unsigned i;

	ck_assert(mn_hears(m));
	for (i = 1; i <= MN_ADDRS_MAX; i++) {
		snprintf(s, sizeof(s), "2001:db8:200:1::1:%x", i);
		probe(m, s);
	}
	ck_assert_uint_eq(m->n_addrs, MN_ADDRS_MAX);
	ck_assert(!mn_hears(m));
	io.others = 0;
	probe(m, G1);
	said_in_use(m, G1);
	ck_assert_uint_eq(rig.mns.stats.too_many, 1);
	ck_assert_int_eq(of(mn1)->state, BINDING_BOUND);
	for (i = 0; i < 100; i++)
		probe(m, G1);
	ck_assert_uint_lt(io.others, 8);
	rig_wait(1);
	probe(m, G1);
	ck_assert_uint_eq(m->n_addrs, MN_ADDRS_MAX);
}
END_TEST

/* One that asks for what is another's again and again is not heard for a
 * while, but for what it discovers. */
START_TEST(deaf_for_a_while)
{
	struct mn *a = enter(AN1, mn1), *b = enter(AN2, mn2);
	unsigned i, n;

	probe(a, G1);
	probe(b, G2);
	n = io.listens;
	for (i = 0; i < 1000; i++)
		data(b, G1);
	ck_assert_uint_le(rig.mns.stats.conflicts, 20);
	ck_assert(!mn_hears(b) && mn_hears(a));
	ck_assert_uint_gt(io.listens, n);
	n = io.listens;
	rig_wait(1);
	ck_assert(mn_hears(b));
	ck_assert_uint_gt(io.listens, n);
	ck_assert(has(a, G1));
}
END_TEST

/* 20 at once, then one each half second; 20 again after ten. */
START_TEST(claims_in_time)
{
	struct mn *m = enter(AN1, mn1);
	uint64_t *claims = &rig.mns.stats.conflicts;
	unsigned i;

	probe(m, "fe80::b");
	rig_wait(20);
	for (i = 0; i < 30; i++)
		data(m, ROUTER);
	ck_assert_uint_eq(*claims, 20);
	rig_wait(0.49);
	ck_assert(!mn_hears(m));
	rig_wait(0.02);
	ck_assert(mn_hears(m));
	data(m, ROUTER);
	ck_assert(!mn_hears(m));
	data(m, ROUTER);
	ck_assert_uint_eq(*claims, 21);
	rig_wait(10);
	for (i = 0; i < 30; i++)
		data(m, ROUTER);
	ck_assert_uint_eq(*claims, 41);
}
END_TEST

/* Neighbour discovery with us as a target [RFC 4861 7.2.4]. */
START_TEST(where_we_are)
{
	struct mn *m = enter(AN1, mn1);
	struct in6_addr router = ip6(ROUTER), ll = ip6(LL);
	struct nd6 nd;

	hear_nd(m, (struct nd6){ .src = ll, .dst = router, .target = router,
	    .has_lladdr = true });
	ck_assert_int_eq(nd6_decode(&nd, io.last, io.len), 0);
	ck_assert(nd.advert && nd.router && nd.solicited && nd.has_lladdr);
	ck_assert(IN6_ARE_ADDR_EQUAL(&nd.src, &router));
	ck_assert(IN6_ARE_ADDR_EQUAL(&nd.dst, &ll));
	ck_assert(IN6_ARE_ADDR_EQUAL(&nd.target, &router));
	ck_assert_mem_eq(nd.lladdr, "\2\0\306\63\144\1", 6);
	ck_assert(has(m, LL));
	/* nobody else's neighbours are told of */
	io.others = 0;
	hear_nd(m, (struct nd6){ .src = ll, .dst = ip6("ff02::1:ff00:b"),
	    .target = ip6(G2) });
	ck_assert_uint_eq(io.others, 0);
}
END_TEST

START_TEST(garbage)
{
	struct mn *m = enter(AN1, mn1);
	uint8_t buf[200] = { 0x60, [5] = 24, [6] = 58, [7] = 255 };
	unsigned i, n;

	io.others = 0;
	for (i = 130; i < 140; i++) {
		buf[40] = (uint8_t)i;		/* no checksum */
		for (n = 0; n <= sizeof(buf); n++)
			mn_input(m, buf, n);
	}
	buf[0] = 0x45;
	mn_input(m, buf, sizeof(buf));
	ck_assert_uint_eq(m->n_addrs, 0);
	ck_assert_uint_eq(io.others, 0);
	/* it is no router */
	struct in6_addr ll = ip6(LL), all = ip6("ff02::1");
	memset(buf, 0, sizeof(buf));
	buf[40] = 134;
	n = (unsigned)nd6_close(buf, 16, &ll, &all);
	mn_input(m, buf, n);
	ck_assert_uint_eq(rig.mns.stats.not_router, 1);
	/* NS with hop limit 254, a wrong sum */
	struct nd6 nd = { .target = ll, .dst = nd6_group(&ll) };
	n = (unsigned)nd6_encode(&nd, buf, sizeof(buf));
	buf[7] = 254;
	mn_input(m, buf, n);
	buf[7] = 255;
	buf[50] ^= 1;
	mn_input(m, buf, n);
	ck_assert_uint_eq(m->n_addrs, 0);
}
END_TEST

/* On a home link: what the data plane has found out. */
START_TEST(probed_on_the_home_link)
{
	struct nd6 seen = { .advert = true, .override = true,
		.has_lladdr = true, .lladdr = { 2, 9, 9, 9, 9, 9 },
		.src = ip6(G1), .dst = ip6("ff02::1"), .target = ip6(G1) };
	uint8_t as_seen[ND6_PACKET_MAX];
	struct mn *m;
	int n = nd6_encode(&seen, as_seen, sizeof(as_seen));

	rig.nodes.own_link.home_link = rig.pool[1].home_link = home_link;
	m = enter(AN1, mn1);
	rig.dp_async = true;
	probe(m, LL);
	ck_assert(!has(m, LL));
	ck_assert(rig_routed(LL, 128, AN1));	/* asked for, with its link */
	ck_assert_uint_eq(m->n_addrs, 1);
	probe(m, LL);
	ck_assert_uint_eq(m->n_addrs, 1);
	rig_dp_answer(0);
	ck_assert(has(m, LL));
	/* its first global one is another's there: the NA as it was, then the
	 * end */
	rig_wait(2);
	data(m, G1);
	ck_assert(!has(m, G1));
	io.others = 0;
	rig.dp.culprit = &seen;
	rig_dp_answer(-EADDRINUSE);
	rig.dp.culprit = NULL;
	ck_assert_uint_eq(io.others, 1);
	ck_assert_uint_eq(io.len, (size_t)n);
	ck_assert_mem_eq(io.last, as_seen, (size_t)n);
	ck_assert_int_eq(of(mn1)->state, BINDING_IDLE);
	ck_assert_uint_eq(rig_routes(), 0);
	/* After entry only the address is lost; who solicited is told of as if
	 * it had advertised. */
	rig_wait(2);
	rig.dp_async = false;
	m = enter(AN1, mn1);
	probe(m, LL);
	probe(m, G2);
	rig.dp_async = true;
	probe(m, G1);
	seen = (struct nd6){ .target = ip6(G1),
		.dst = ip6("ff02::1:ff00:a") };
	rig.dp.culprit = &seen;
	rig_dp_answer(-EADDRINUSE);
	rig.dp.culprit = NULL;
	said_in_use(m, G1);
	ck_assert_uint_eq(m->n_addrs, 2);
	/* no route: not its fault */
	io.others = 0;
	probe(m, G1);
	rig_dp_answer(-ENOMEM);
	ck_assert_uint_eq(m->n_addrs, 2);
	ck_assert_uint_eq(io.others, 0);
	rig.pool[1].home_link = NULL;
}
END_TEST

static void
answer_for(const char *addr, int status)
{
	struct in6_addr a = ip6(addr);
	struct dp_route *r = NULL;
	unsigned i;

	for (i = 0; i < N_ROUTES; i++)
		if (rig.route[i].pending &&
		    IN6_ARE_ADDR_EQUAL(&rig.route[i].e.prefix, &a))
			r = &rig.route[i];
	ck_assert_ptr_nonnull(r);
	r->pending = false;
	r->done(r->arg, r, status);
}

/* Answers come in any order, and are of the address that was asked for, though
 * others have gone meanwhile. */
START_TEST(answered_in_any_order)
{
	struct mn *m = enter(AN1, mn1);
	char s[4][24];
	unsigned i;

	rig.nodes.own_link.home_link = rig.pool[1].home_link = home_link;
	probe(m, LL);
	probe(m, G1);
	rig.dp_async = true;
	for (i = 0; i < 4; i++) {
		snprintf(s[i], sizeof(s[i]), "2001:db8:200:1::c:%x", i);
		probe(m, s[i]);
	}
	ck_assert_uint_eq(m->n_addrs, 6);
	answer_for(s[1], 0);
	answer_for(s[0], -EADDRINUSE);
	ck_assert_uint_eq(m->n_addrs, 5);
	ck_assert(has(m, LL) && has(m, G1) && has(m, s[1]));
	ck_assert(!has(m, s[2]) && !has(m, s[3]));
	answer_for(s[3], 0);
	ck_assert(has(m, s[1]) && !has(m, s[2]) && has(m, s[3]));
	answer_for(s[2], -ENOMEM);
	ck_assert_uint_eq(m->n_addrs, 4);
	ck_assert(has(m, LL) && has(m, G1) && has(m, s[1]) && has(m, s[3]));
	/* and again where it has moved to, with one that is still probed */
	probe(m, s[0]);
	rig_wait(2);
	move_mn1(AN2);
	answer_for(G1, -ENOMEM);
	ck_assert(!has(m, G1) && !has(m, s[0]) && has(m, s[1]));
	rig_dp_answer(0);
	ck_assert_uint_eq(m->n_addrs, 4);
	ck_assert(has(m, LL) && has(m, s[0]) && has(m, s[1]) && has(m, s[3]));
	ck_assert(rig_routed(s[3], 128, AN2));
	/* One that takes the place of one that was bound is not. */
	rig_wait(2);
	move_mn1(AN1);
	answer_for("::", 0);
	answer_for(s[1], -ENOMEM);
	probe(m, s[2]);
	ck_assert_uint_eq(m->n_addrs, 4);
	ck_assert(!has(m, s[1]) && !has(m, s[2]));
	reg_end(&rig.reg, of(mn1), "test");
	ck_assert_uint_eq(rig_routes(), 0);
	rig.pool[1].home_link = NULL;
}
END_TEST

/* Where another has the last one that it may have, new ones are heard again. */
START_TEST(hears_behind_a_conflict)
{
	struct mn *m = enter(AN1, mn1);
	char s[64];
	unsigned i, n;

	rig.pool[1].home_link = home_link;
	for (i = 1; i < MN_ADDRS_MAX; i++) {
		snprintf(s, sizeof(s), "2001:db8:200:1::1:%x", i);
		probe(m, s);
	}
	rig.dp_async = true;
	probe(m, G1);
	ck_assert(!mn_hears(m));
	n = io.listens;
	answer_for(G1, -EADDRINUSE);
	ck_assert(mn_hears(m) && !has(m, G1));
	ck_assert_uint_gt(io.listens, n);
	rig.pool[1].home_link = NULL;
}
END_TEST

/* D30, D227: and it is gone, when what was advertised is over, as soon as that
 * is so at a host that heard of it later and counts whole seconds. */
START_TEST(lifetime_of_addresses)
{
	struct mn *m;

	rig.nodes.ra.valid = 10;
	rig.nodes.ra.preferred = 5;
	rig.nodes.ra.interval = 1800;
	m = enter(AN1, mn1);
	probe(m, G1);
	probe(m, LL);
	probe(m, G2);
	rig_wait(9.5);
	ck_assert(has(m, G1));
	/* a renewal says nothing new about prefixes */
	ck_assert_ptr_eq(enter(AN1, mn1), m);
	io.deaf = true;		/* no more advertisements get through */
	rig_wait(2.3);
	ck_assert(has(m, G1));
	rig_wait(0.3);
	ck_assert(!has(m, G1) && !has(m, G2));
	ck_assert(has(m, LL));
	ck_assert(!rig_routed(G1, 128, AN1));
	ck_assert_uint_eq(rig.mns.stats.expired, 2);
	ck_assert_uint_eq(rig.pool[1].used, 0);
}
END_TEST

/* Nor is one kept for ever where many advertisements have gone out. */
START_TEST(lifetime_after_many)
{
	struct mn *m;

	rig.nodes.ra.valid = 100;
	rig.nodes.ra.interval = 4;
	m = enter(AN1, mn1);
	probe(m, LL);
	probe(m, G1);
	while (io.ras < 64) {
		rig_wait(1);
		if (rig.ns / 1000000000 % 50 == 0)
			ck_assert_ptr_eq(enter(AN1, mn1), m);
	}
	io.deaf = true;
	rig_wait(60);
	ck_assert_ptr_eq(enter(AN1, mn1), m);
	ck_assert(has(m, G1));
	rig_wait(60);
	ck_assert(!has(m, G1) && has(m, LL));
}
END_TEST

/* Figure 7: all addresses are kept, and go with it. */
START_TEST(movement)
{
	struct mn *m = enter(AN1, mn1);

	probe(m, LL);
	probe(m, G1);
	probe(m, G2);
	rig_wait(5);
	io.ras = 0;
	ck_assert_ptr_eq(enter(AN2, mn1), m);
	ck_assert(has(m, LL) && has(m, G1) && has(m, G2));
	ck_assert(rig_routed(G1, 128, AN2) && rig_routed(G2, 128, AN2));
	ck_assert(rig_routed("::", 0, AN2));
	ck_assert_uint_eq(rig_routes(), 3);
	ck_assert_uint_eq(io.ras, 1);
	ck_assert_uint_eq(io.opened, 2);
	ck_assert_uint_eq(io.closed, 1);
	/* nothing is lost while the new way is being made, either */
	rig_wait(5);
	rig.dp_async = true;
	move_mn1(AN1);
	ck_assert(has(m, G1) && rig_routed(G1, 128, AN1));
	rig_dp_answer(0);
	ck_assert(has(m, LL) && has(m, G1) && has(m, G2));
	ck_assert(m->up);
	/* and all with the binding */
	reg_end(&rig.reg, of(mn1), "test");
	ck_assert_uint_eq(rig_routes(), 0);
}
END_TEST

/* To access nodes with other prefixes: those of the old ones stay behind. */
START_TEST(movement_to_other_prefixes)
{
	struct mn *m = enter(AN1, mn1);

	probe(m, G1);
	probe(m, LL);
	probe(m, G2);
	rig_wait(5);
	rig_pool(&rig.pool[1], "village", "2001:db8:200:1::", 64, POOL_SHARED);
	rig.pool[1].used = 2;
	rig.choice[1] = &rig.pool[0];		/* has none of it */
	ck_assert_ptr_eq(enter(AN2, mn1), m);
	ck_assert(has(m, LL) && !has(m, G1) && !has(m, G2));
	ck_assert_uint_eq(rig_routes(), 1);
	rig.choice[1] = &rig.pool[1];
}
END_TEST

/* A device made anew has another socket; the binding is not renewed by that. */
START_TEST(device_made_anew)
{
	struct mn *m = enter(AN1, mn1);
	struct binding *b = of(mn1);
	mono_t until = b->until;
	struct dp_route *r = b->route;

	rig_wait(60);
	io.ras = 0;
	r->done(r->arg, r, 0);
	ck_assert_uint_eq(io.opened, 2);
	io.opened--;			/* of the same: no close between */
	rig_wait(0);
	ck_assert_uint_eq(io.ras, 1);
	ck_assert(b->until.ns == until.ns);
	ck_assert(m->up);
}
END_TEST

/* One timer is the binding's and its mobile node's: each has its time. */
START_TEST(expires_while_it_is_told)
{
	struct mn *m;
	struct m q;

	rig.nodes.ra.interval = 4;
	m_rrq(&q, MIP4_F_D, 100, AN1);
	m_nai(&q, mn1);
	m_ext(&q, 120, "", 1);
	m_auth(&q, 32, 512, key_mn);
	rig_in(&q, AN1);
	m = of(mn1)->mn;
	probe(m, LL);
	rig_wait(99);
	ck_assert_uint_ge(io.ras, 24);
	ck_assert_int_eq(of(mn1)->state, BINDING_BOUND);
	rig_wait(1.1);
	ck_assert_ptr_null(of(mn1));
	/* ends before there is anything to say */
	rig.nodes.ra.interval = 1800;
	m_rrq(&q, MIP4_F_D, 12, AN1);
	m_nai(&q, mn1);
	m_ext(&q, 120, "", 1);
	m_auth(&q, 32, 512, key_mn);
	rig_in(&q, AN1);
	rig_wait(1);
	io.ras = 0;
	rig_wait(10);
	ck_assert_int_eq(of(mn1)->state, BINDING_BOUND);
	rig_wait(1.1);
	ck_assert_int_eq(of(mn1)->state, BINDING_IDLE);
	ck_assert_uint_eq(io.ras, 0);
	/* and of an access router's nobody is told */
	rig_wait(5);
	ask(&q, AR1, ALICE, 1800, NULL);
	rig_wait(60);
	ck_assert_uint_eq(io.ras, 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("had mobile nodes");
	TCase *t = tcase_create("mobile nodes");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, advertised_at_once);
	tcase_add_test(t, advertised_in_time);
	tcase_add_test(t, first_ones_are_close);
	tcase_add_test(t, first_ones_of_short_lifetimes);
	tcase_add_test(t, renewal_is_quiet);
	tcase_add_test(t, addresses);
	tcase_add_test(t, taken_from_nobody);
	tcase_add_test(t, same_link_local);
	tcase_add_test(t, fixed_for_it);
	tcase_add_test(t, fixed_for_another_too_late);
	tcase_add_test(t, bounded);
	tcase_add_test(t, deaf_for_a_while);
	tcase_add_test(t, claims_in_time);
	tcase_add_test(t, where_we_are);
	tcase_add_test(t, garbage);
	tcase_add_test(t, probed_on_the_home_link);
	tcase_add_test(t, answered_in_any_order);
	tcase_add_test(t, hears_behind_a_conflict);
	tcase_add_test(t, lifetime_of_addresses);
	tcase_add_test(t, lifetime_after_many);
	tcase_add_test(t, movement);
	tcase_add_test(t, movement_to_other_prefixes);
	tcase_add_test(t, device_made_anew);
	tcase_add_test(t, expires_while_it_is_told);
	suite_add_tcase(s, t);
	return test_run(s);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An access node's link: who its mobile node is, what is kept for it, which
 * address its router has. Packets are made here, checksum and all; time is
 * turned by hand.
 */
#include <arpa/inet.h>

#include "nasd/node_context.h"
#include "tests/unit/test.h"

static int64_t now_ms;
static struct node node;
static const uint8_t own[6] = { 2, 0, 0, 0, 0, 0xaa },
    mn[6] = { 2, 0, 0, 0, 0, 1 }, other[6] = { 2, 0, 0, 0, 0, 2 },
    router[6] = { 2, 0, 0, 0, 0, 0xbb };

static mono_t
fake_mono(void *arg)
{
	(void)arg;
	return (mono_t){ now_ms * 1000000 };
}

static const struct clock fake_clock = { fake_mono, NULL, NULL };

static void
set_up(void)
{
	now_ms = 1000;
	node_init(&node, &fake_clock);
	node_set_own(&node, own, NULL);
}

/* ---- packets ---- */

struct pkt {
	uint8_t		mac[6];		/* of who sends the frame */
	uint8_t		type, hop_limit, code;
	const char	*src, *dst;
	const char	*target;	/* NS */
	const uint8_t	*slla;
	unsigned	padding;
	bool		bad_sum;
};

static struct pkt
rs(const uint8_t mac[6])
{
	struct pkt p = { .type = 133, .hop_limit = 255,
		.src = "fe80::1", .dst = "ff02::2" };

	memcpy(p.mac, mac, 6);
	return p;
}

/* Duplicate address detection's. */
static struct pkt
ns(const uint8_t mac[6])
{
	struct pkt p = { .type = 135, .hop_limit = 255, .src = "::",
		.dst = "ff02::1:ff00:1", .target = "fe80::1" };

	memcpy(p.mac, mac, 6);
	return p;
}

static struct pkt
ra(const uint8_t *slla)
{
	return (struct pkt){ .type = 134, .hop_limit = 255,
		.src = "fe80::99", .dst = "ff02::1", .slla = slla };
}

static size_t
build(const struct pkt *p, uint8_t *b)
{
	uint8_t *ip = b + 14, *icmp = ip + 40;
	uint32_t sum = 58;
	size_t n = p->type == 135 || p->type == 131 ? 24 : p->type == 134 ? 16 : 8;

	memset(b, 0, 300);
	memcpy(b, "\x33\x33\x00\x00\x00\x02", 6);
	memcpy(b + 6, p->mac, 6);
	b[12] = 0x86;
	b[13] = 0xdd;
	ip[0] = 0x60;
	ip[6] = 58;
	ip[7] = p->hop_limit;
	ck_assert_int_eq(inet_pton(AF_INET6, p->src, ip + 8), 1);
	ck_assert_int_eq(inet_pton(AF_INET6, p->dst, ip + 24), 1);
	icmp[0] = p->type;
	icmp[1] = p->code;
	if (p->type == 134) {
		icmp[4] = 64;
		icmp[6] = 7;	/* router lifetime */
	}
	if (p->target != NULL)
		ck_assert_int_eq(inet_pton(AF_INET6, p->target, icmp + 8), 1);
	if (p->slla != NULL) {
		icmp[n] = 1;
		icmp[n + 1] = 1;
		memcpy(icmp + n + 2, p->slla, 6);
		n += 8;
	}
	ip[5] = (uint8_t)n;
	sum += (uint32_t)n;
	for (size_t i = 8; i < 40 + n; i += 2)
		sum += (uint32_t)(ip[i] << 8 | ip[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~((sum & 0xffff) + (sum >> 16)) ^ p->bad_sum;
	icmp[2] = (uint8_t)(sum >> 8);
	icmp[3] = (uint8_t)sum;
	return 54 + n + p->padding;
}

static bool
link_says(const struct pkt *p)
{
	uint8_t b[300], *exact;
	size_t n = build(p, b);
	bool r;

	exact = malloc(n);
	ck_assert_ptr_nonnull(exact);
	memcpy(exact, b, n);
	r = node_from_link(&node, exact, n);
	free(exact);
	return r;
}

static bool
tunnel_says(const struct pkt *p)
{
	uint8_t b[300];
	size_t n = build(p, b);

	return node_from_tunnel(&node, b + 14, n - 14);
}

/* ---- tests ---- */

START_TEST(triggers)
{
	const uint8_t *packet;
	uint8_t b[300];
	struct pkt p = ns(mn), q = rs(mn);
	size_t len, n;

	p.padding = 6;
	ck_assert(link_says(&p));
	ck_assert(node.has_mn);
	ck_assert_mem_eq(node.mn, mn, 6);
	ck_assert_mem_eq(node.router, own, 6);
	q.slla = mn;
	ck_assert(link_says(&q));
	/* as they came, without what the link has added */
	ck_assert(node_take_kept(&node, &packet, &len));
	n = build(&p, b);
	ck_assert_uint_eq(len, n - 14 - 6);
	ck_assert_mem_eq(packet, b + 14, len);
	ck_assert(node_take_kept(&node, &packet, &len));
	n = build(&q, b);
	ck_assert_uint_eq(len, n - 14);
	ck_assert_mem_eq(packet, b + 14, len);
	ck_assert(!node_take_kept(&node, &packet, &len));
	ck_assert_uint_eq(node.count[NODE_C_SOLICITATION], 2);
	ck_assert_uint_eq(node.count[NODE_C_DELIVERED], 2);
	/* The bridge carries what comes now. */
	node.passing = true;
	ck_assert(link_says(&q));
	ck_assert(!node_take_kept(&node, &packet, &len));
}
END_TEST

/* A report of groups: the same behind options. */
static struct pkt
report(const uint8_t mac[6], uint8_t type)
{
	struct pkt p = { .type = type, .hop_limit = 1, .src = "fe80::1",
		.dst = "ff02::16", .padding = 3 };

	memcpy(p.mac, mac, 6);
	return p;
}

static const uint8_t alert[8] = { 58, 0, 5, 2, 0, 0, 1, 0 };

static size_t
build_report(const struct pkt *p, const uint8_t options[8], uint8_t *b)
{
	size_t n = build(p, b);

	memmove(b + 54 + 8, b + 54, n - 54);
	memcpy(b + 54, options, 8);
	b[14 + 5] += 8;
	b[14 + 6] = 0;
	return n + 8;
}

/* Is it kept? */
static bool
reports(const struct pkt *p, const uint8_t options[8])
{
	const uint64_t kept = node.count[NODE_C_KEPT];
	uint8_t b[300], *exact;
	size_t n = build_report(p, options, b);

	exact = malloc(n);
	ck_assert_ptr_nonnull(exact);
	memcpy(exact, b, n);
	/* It is no reason to serve anybody. */
	ck_assert(!node_from_link(&node, exact, n));
	free(exact);
	return node.count[NODE_C_KEPT] > kept;
}

/* A host says which groups it is in, before it says that it is there [D224]. */
START_TEST(reports_are_kept)
{
	const struct pkt p = report(mn, 143), o = report(other, 131);
	const struct pkt q = ns(mn);
	const uint8_t *packet;
	struct node_context c;
	uint8_t b[300];
	size_t len, n;

	ck_assert(reports(&o, alert));
	ck_assert(reports(&p, alert));
	ck_assert(!node.has_mn);
	ck_assert(!reports(&p, alert));	/* what asks has room */
	ck_assert_uint_eq(node.count[NODE_C_DROP_FULL], 1);
	for (unsigned i = 0; i < NODE_KEPT_MAX - NODE_REPORTS_MAX; i++)
		ck_assert(link_says(&q));
	ck_assert_uint_eq(node.count[NODE_C_DROP_FULL], 1);
	ck_assert(!reports(&o, alert));		/* it is somebody else */
	ck_assert_uint_eq(node.count[NODE_C_DROP_OTHER], 1);
	/* The other access node is not told. */
	node_copy_kept(&node, &c);
	ck_assert_uint_eq(c.n_packets, NODE_KEPT_MAX - NODE_REPORTS_MAX);
	/* As it came, and only the mobile node's. */
	ck_assert(node_take_kept(&node, &packet, &len));
	n = build_report(&p, alert, b);
	ck_assert_uint_eq(len, n - 14 - 3);
	ck_assert_mem_eq(packet, b + 14, len);
	ck_assert_uint_eq(node.count[NODE_C_DROP_OTHER], 2);
	for (n = 0; node_take_kept(&node, &packet, &len); n++)
		ck_assert_uint_eq(packet[40], 135);
	ck_assert_uint_eq(n, NODE_KEPT_MAX - NODE_REPORTS_MAX);
	/* Each time, and for as long as others. */
	ck_assert(reports(&p, alert));
	now_ms += 1999;
	ck_assert(node_take_kept(&node, &packet, &len));
	ck_assert(reports(&p, alert));
	now_ms += 2000;
	ck_assert(!node_take_kept(&node, &packet, &len));
	node.passing = true;
	ck_assert(!reports(&p, alert));
	ck_assert_uint_eq(node.count[NODE_C_REPORT], 6);
	/* On a PPP link it is nobody else's. */
	node_forget(&node, 0);
	node.ppp = node.has_mn = true;
	n = build_report(&p, alert, b);
	node_from_ppp(&node, b + 14, n - 14);
	ck_assert(node_take_kept(&node, &packet, &len));
}
END_TEST

START_TEST(no_reports)
{
	static const uint8_t options[][8] = {
		{ 58, 0, 1, 0, 5, 2, 0, 0 },	/* padding first */
		{ 58, 0, 5, 2, 0, 1, 1, 0 },	/* of RSVP */
		{ 58, 0, 1, 4, 0, 0, 0, 0 },
		{ 58, 1, 5, 2, 0, 0, 1, 0 },
		{ 17, 0, 5, 2, 0, 0, 1, 0 },
	};
	struct pkt p = report(mn, 143);

	for (unsigned i = 0; i < 5; i++)
		ck_assert_int_eq(reports(&p, options[i]), i == 0);
	ck_assert_uint_eq(node.count[NODE_C_DROP_MALFORMED], 4);
	p.src = "::";
	ck_assert(reports(&p, alert));
	node_forget(&node, 0);
	p.src = "2001:db8::1";
	ck_assert(!reports(&p, alert));
	p = report(mn, 143);
	p.dst = "fe80::2";
	ck_assert(!reports(&p, alert));
	p = report(mn, 143);
	p.hop_limit = 255;
	ck_assert(!reports(&p, alert));
	p = report(mn, 143);
	p.bad_sum = true;
	ck_assert(!reports(&p, alert));
	for (unsigned t = 128; t < 144; t++) {
		p = report(mn, (uint8_t)t);
		ck_assert_int_eq(reports(&p, alert), t == 131 || t == 143);
	}
	p = report(own, 143);
	ck_assert(!reports(&p, alert));
	ck_assert_uint_eq(node.count[NODE_C_DROP_ADDRESS], 1);
	memcpy(node.router, other, sizeof(other));
	p = report(other, 143);
	ck_assert(!reports(&p, alert));
	ck_assert_uint_eq(node.count[NODE_C_DROP_ADDRESS], 2);
	memcpy(node.router, own, sizeof(own));
	ck_assert(!node.has_mn);
	/* Half of one, wherever it ends. */
	p = report(mn, 131);
	p.padding = 0;
	node_forget(&node, 0);
	for (size_t n = 14; n < 14 + 72; n++) {
		uint8_t b[300], *exact = malloc(n);

		ck_assert_ptr_nonnull(exact);
		(void)build_report(&p, alert, b);
		memcpy(exact, b, n);
		now_ms += 100;
		ck_assert(!node_from_link(&node, exact, n));
		free(exact);
	}
	ck_assert_uint_eq(node.n_kept, 0);
}
END_TEST

/* One whose IPv6 payload is n bytes long, with a sum of its own, and no more
 * room than there is to be. */
static void
say_long_report(uint8_t type, size_t n)
{
	const struct pkt p = report(mn, type);
	size_t icmp_len = n > 8 ? n - 8 : 0, all = 54 + (n > 48 ? n : 48);
	uint8_t *b = calloc(1, all), start[300];
	uint32_t sum = 58 + (uint32_t)icmp_len;

	ck_assert_ptr_nonnull(b);
	(void)build_report(&p, alert, start);
	memcpy(b, start, 54 + 8);
	b[14 + 4] = (uint8_t)(n >> 8);
	b[14 + 5] = (uint8_t)n;
	b[62] = type;
	for (size_t i = 22; i < 54; i++)
		sum += (uint32_t)b[i] << (i & 1 ? 0 : 8);
	for (size_t i = 0; i < icmp_len; i++)
		sum += (uint32_t)b[62 + i] << (i & 1 ? 0 : 8);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~((sum & 0xffff) + (sum >> 16));
	b[64] = (uint8_t)(sum >> 8);
	b[65] = (uint8_t)sum;
	node_forget(&node, 0);
	now_ms += 1000;
	ck_assert(!node_from_link(&node, b, all));
	free(b);
}

/* However long it says that it is. */
START_TEST(long_reports)
{
	const uint64_t *malformed = &node.count[NODE_C_DROP_MALFORMED];
	uint64_t before;

	for (size_t n = 0; n < 2000; n++) {
		before = *malformed;
		say_long_report(143, n);
		ck_assert_uint_eq(node.n_kept, n >= 8 + 8 &&
		    n <= NODE_PACKET_MAX - 40);
		ck_assert_uint_eq(*malformed - before, node.n_kept == 0);
	}
	say_long_report(131, 8 + 23);
	ck_assert_uint_eq(node.n_kept, 0);
	say_long_report(131, 8 + 24);
	ck_assert_uint_eq(node.n_kept, 1);
}
END_TEST

START_TEST(kept_for_a_while)
{
	const struct pkt p = rs(mn);
	const uint8_t *packet;
	unsigned n = 0;
	size_t len;

	for (unsigned i = 0; i < NODE_KEPT_MAX + 2; i++)
		ck_assert(link_says(&p));
	ck_assert_uint_eq(node.count[NODE_C_KEPT], NODE_KEPT_MAX);
	ck_assert_uint_eq(node.count[NODE_C_DROP_FULL], 2);
	now_ms += 1500;
	ck_assert(link_says(&p));
	ck_assert_uint_eq(node.count[NODE_C_DROP_FULL], 3);
	/* the old ones make room */
	now_ms += 500;
	ck_assert(link_says(&p));
	ck_assert_uint_eq(node.n_kept, 1);
	now_ms += 1999;
	ck_assert(link_says(&p));
	while (node_take_kept(&node, &packet, &len))
		n++;
	ck_assert_uint_eq(n, 2);
	ck_assert(link_says(&p));
	now_ms += 2000;
	ck_assert(!node_take_kept(&node, &packet, &len));
	ck_assert_uint_eq(node.count[NODE_C_TOO_LATE], NODE_KEPT_MAX + 1);
	ck_assert_uint_eq(node.n_kept, 0);
}
END_TEST

static void
is_dropped(const struct pkt *p, enum node_counter why)
{
	uint64_t before = node.count[why];

	now_ms += 100;
	ck_assert(!link_says(p));
	ck_assert_msg(node.count[why] == before + 1, "%s",
	    node_counter_key(why));
}

START_TEST(hostile_link)
{
	static const uint8_t group[6] = { 3, 0, 0, 0, 0, 1 }, none[6];
	struct pkt p;

	p = rs(mn);
	p.hop_limit = 254;
	is_dropped(&p, NODE_C_DROP_HOP_LIMIT);
	p = ns(mn);
	p.hop_limit = 254;
	is_dropped(&p, NODE_C_DROP_HOP_LIMIT);
	p = ra(mn);
	memcpy(p.mac, mn, 6);
	is_dropped(&p, NODE_C_DROP_RA);
	p = rs(mn);
	p.bad_sum = true;
	is_dropped(&p, NODE_C_DROP_MALFORMED);
	p = rs(mn);
	p.code = 1;
	is_dropped(&p, NODE_C_DROP_MALFORMED);
	p = rs(mn);
	p.src = "::";
	p.slla = mn;		/* not from there [RFC 4861 6.1.1] */
	is_dropped(&p, NODE_C_DROP_MALFORMED);
	p = ns(mn);
	p.dst = "ff02::1";
	is_dropped(&p, NODE_C_DROP_MALFORMED);
	p = rs(mn);
	p.type = 136;
	is_dropped(&p, NODE_C_DROP_MALFORMED);
	p = rs(group);
	is_dropped(&p, NODE_C_DROP_ADDRESS);
	p = rs(none);
	is_dropped(&p, NODE_C_DROP_ADDRESS);
	p = rs(own);
	is_dropped(&p, NODE_C_DROP_ADDRESS);
	p = rs(mn);
	p.slla = other;
	is_dropped(&p, NODE_C_DROP_ADDRESS);
	ck_assert(!node.has_mn);
	ck_assert_uint_eq(node.n_kept, 0);

	/* The first one is the mobile node, until it has gone. */
	p = ns(mn);
	ck_assert(link_says(&p));
	p = ns(other);
	is_dropped(&p, NODE_C_DROP_OTHER);
	ck_assert_mem_eq(node.mn, mn, 6);
	node_forget(&node, 0);
	ck_assert_uint_eq(node.n_kept, 0);
	ck_assert(link_says(&p));
	ck_assert_mem_eq(node.mn, other, 6);
}
END_TEST

/* Who waits gives way, with what it said; reports of the new one, which come
 * before it asks for anything, are there. */
START_TEST(gives_way)
{
	const uint8_t *packet;
	struct pkt p;
	size_t len;

	set_up();
	p = ns(mn);
	ck_assert(link_says(&p));
	p = report(mn, 143);
	ck_assert(reports(&p, alert));
	node.waits = true;
	p = report(other, 143);
	ck_assert(reports(&p, alert));
	ck_assert_mem_eq(node.mn, mn, 6);
	p = rs(other);
	ck_assert(link_says(&p));
	ck_assert_mem_eq(node.mn, other, 6);
	ck_assert_uint_eq(node.count[NODE_C_GAVE_WAY], 1);
	ck_assert_uint_eq(node.count[NODE_C_DROP_OTHER], 0);
	/* It is served. */
	node.waits = false;
	p = rs(mn);
	is_dropped(&p, NODE_C_DROP_OTHER);
	ck_assert(node_take_kept(&node, &packet, &len));
	ck_assert_uint_eq(packet[40 + 8], 143);
	ck_assert(node_take_kept(&node, &packet, &len));
	ck_assert_uint_eq(packet[40], 133);
	ck_assert(!node_take_kept(&node, &packet, &len));
}
END_TEST

/* What would have been bridged. */
START_TEST(data)
{
	static const uint8_t group[6] = { 0x33, 0x33, 0, 0, 0, 1 };
	uint8_t b[54] = { 2, 0, 0, 0, 0, 0xbb };
	unsigned i;

	set_up();
	node_set_own(&node, own, router);
	for (i = 0; i < 3; i++) {
		memcpy(b + 6, i == 0 ? own : i == 1 ? router : group, 6);
		ck_assert(!node_from_data(&node, b, sizeof(b)));
	}
	memcpy(b + 6, mn, 6);
	ck_assert(!node_from_data(&node, b, 13));
	ck_assert(!node.has_mn);
	ck_assert(node_from_data(&node, b, sizeof(b)));
	ck_assert(node.has_mn);
	ck_assert_mem_eq(node.mn, mn, 6);
	ck_assert(node_from_data(&node, b, sizeof(b)));
	ck_assert_uint_eq(node.n_kept, 0);
	/* Nor does who waits give way to it. */
	memcpy(b + 6, other, 6);
	ck_assert(!node_from_data(&node, b, sizeof(b)));
	node.waits = true;
	ck_assert(!node_from_data(&node, b, sizeof(b)));
	ck_assert_mem_eq(node.mn, mn, 6);
	ck_assert_uint_eq(node.count[NODE_C_DATA], 2);
	ck_assert_uint_eq(node.count[NODE_C_DROP_OTHER], 0);
	node_forget(&node, 1000);
	ck_assert(!node_from_data(&node, b, sizeof(b)));
	now_ms += 1000;
	ck_assert(node_from_data(&node, b, sizeof(b)));
	ck_assert_mem_eq(node.mn, other, 6);
}
END_TEST

START_TEST(short_ones)
{
	const struct pkt p = rs(mn);
	uint8_t b[300], *exact;
	size_t n = build(&p, b);

	for (size_t i = 0; i < n; i++) {
		exact = malloc(i + 1);
		ck_assert_ptr_nonnull(exact);
		memcpy(exact, b, i);
		now_ms += 100;
		ck_assert(!node_from_link(&node, exact, i));
		if (i >= 14)
			ck_assert(!node_from_tunnel(&node, exact + 14,
			    i - 14));
		free(exact);
	}
	ck_assert(!node.has_mn);
	ck_assert(node_from_link(&node, b, n));
	b[12] = 8;
	ck_assert(!node_from_link(&node, b, n));
}
END_TEST

START_TEST(flood)
{
	const struct pkt p = rs(mn);

	for (unsigned i = 0; i < 1000; i++)
		(void)link_says(&p);
	ck_assert_uint_eq(node.count[NODE_C_SOLICITATION], NODE_RATE);
	ck_assert_uint_eq(node.count[NODE_C_DROP_RATE], 1000 - NODE_RATE);
	now_ms += 1000;
	ck_assert(link_says(&p));
}
END_TEST

START_TEST(detached)
{
	struct pkt p = rs(mn);

	ck_assert(link_says(&p));
	node_forget(&node, 30000);
	is_dropped(&p, NODE_C_DROP_DETACHED);
	now_ms += 29899;
	ck_assert(!link_says(&p));
	now_ms++;
	ck_assert(link_says(&p));
}
END_TEST

START_TEST(routers_address)
{
	static const uint8_t group[6] = { 3, 0, 0, 0, 0, 1 };
	struct pkt p = rs(mn);

	ck_assert(link_says(&p));
	p = ra(NULL);
	ck_assert(!tunnel_says(&p));
	ck_assert_mem_eq(node.router, own, 6);
	p = ra(router);
	ck_assert(tunnel_says(&p));
	ck_assert_mem_eq(node.router, router, 6);
	ck_assert(!tunnel_says(&p));
	ck_assert_uint_eq(node.count[NODE_C_RA], 3);
	/* nobody on the link speaks as the router */
	p = rs(router);
	is_dropped(&p, NODE_C_DROP_ADDRESS);
	p = rs(own);
	is_dropped(&p, NODE_C_DROP_ADDRESS);

	/* not from just anything that comes */
	now_ms += 2000;
	p = ra(other);
	p.hop_limit = 254;
	ck_assert(!tunnel_says(&p));
	p = ra(other);
	p.src = "2001:db8::1";
	ck_assert(!tunnel_says(&p));
	p = ra(other);
	p.bad_sum = true;
	ck_assert(!tunnel_says(&p));
	p = rs(other);
	ck_assert(!tunnel_says(&p));
	p = ra(group);
	ck_assert(!tunnel_says(&p));
	p = ra(mn);
	ck_assert(!tunnel_says(&p));
	ck_assert_mem_eq(node.router, router, 6);

	/* nor at any pace */
	p = ra(other);
	ck_assert(tunnel_says(&p));
	p = ra(router);
	ck_assert(!tunnel_says(&p));
	now_ms += 1000;
	ck_assert(tunnel_says(&p));

	node_forget(&node, 0);
	ck_assert_mem_eq(node.router, own, 6);
}
END_TEST

START_TEST(routers_first_address)
{
	node_set_own(&node, own, other);
	ck_assert_mem_eq(node.router, other, 6);
	const struct pkt p = ra(router);
	ck_assert(tunnel_says(&p));
	node_forget(&node, 0);
	ck_assert_mem_eq(node.router, other, 6);
}
END_TEST

/* ---- movement ---- */

START_TEST(moves)
{
	const struct pkt p = ns(mn), q = rs(mn);
	struct node_context c = { .n_packets = 9 };
	const uint8_t *packet;
	uint8_t b[300];
	size_t len, n;

	ck_assert(link_says(&p));
	now_ms += 1500;
	ck_assert(link_says(&q));
	node_copy_kept(&node, &c);
	ck_assert_uint_eq(c.n_packets, 2);
	now_ms += 500;
	node_copy_kept(&node, &c);
	ck_assert_uint_eq(c.n_packets, 1);
	/* they are still there */
	ck_assert(node_take_kept(&node, &packet, &len));
	ck_assert(!node_take_kept(&node, &packet, &len));

	/* The other one; nobody was heard there for the time being. */
	node_forget(&node, 30000);
	c.has_mn = true;
	memcpy(c.mn, mn, 6);
	memcpy(c.router, router, 6);
	ck_assert_ptr_null(node_import(&node, &c));
	ck_assert(node.has_mn && !node.passing);
	ck_assert_mem_eq(node.mn, mn, 6);
	ck_assert_mem_eq(node.router, router, 6);
	now_ms += 1999;
	ck_assert(node_take_kept(&node, &packet, &len));
	n = build(&q, b);
	ck_assert_uint_eq(len, n - 14);
	ck_assert_mem_eq(packet, b + 14, len);
	ck_assert(!node_take_kept(&node, &packet, &len));
	ck_assert(link_says(&q));
	ck_assert(!link_says(&(struct pkt){ .type = 133, .hop_limit = 255,
		.src = "fe80::1", .dst = "ff02::2", .mac = { 2, 9 } }));
}
END_TEST

static void
put_packet(struct node_context *c, const struct pkt *p)
{
	uint8_t b[300];
	size_t len = build(p, b) - 14;

	memcpy(c->packet[0].b, b + 14, len);
	c->packet[0].len = (uint16_t)len;
	c->n_packets = 1;
}

START_TEST(moves_not)
{
	struct node_context good = { .has_mn = true }, c;
	struct pkt p = ns(mn);

	memcpy(good.mn, mn, 6);
	memcpy(good.router, router, 6);
	put_packet(&good, &p);
	c = good;
	memcpy(c.mn, own, 6);
	test_has(node_import(&node, &c), "address");
	c = good;
	memcpy(c.router, mn, 6);
	test_has(node_import(&node, &c), "address");
	c = good;
	c.has_mn = false;
	test_has(node_import(&node, &c), "nobody");
	c = good;
	c.packet[0].len--;
	test_has(node_import(&node, &c), "no solicitation");
	c.packet[0].len += 2;
	test_has(node_import(&node, &c), "no solicitation");
	p.hop_limit = 254;
	put_packet(&c, &p);
	test_has(node_import(&node, &c), "no solicitation");
	p = ns(mn);
	p.bad_sum = true;
	put_packet(&c, &p);
	test_has(node_import(&node, &c), "no solicitation");
	p = rs(mn);
	p.slla = other;
	put_packet(&c, &p);
	test_has(node_import(&node, &c), "no solicitation");
	p = ra(mn);
	put_packet(&c, &p);
	test_has(node_import(&node, &c), "no solicitation");
	ck_assert(!node.has_mn && node.n_kept == 0);
	ck_assert_mem_eq(node.router, own, 6);
	ck_assert_ptr_null(node_import(&node, &good));
	ck_assert_uint_eq(node.n_kept, 1);
}
END_TEST

/* Without link-layer addresses nobody has another's, and no router has one. */
START_TEST(ppp)
{
	struct pkt p = rs(mn);
	uint8_t b[300];
	const uint8_t *kept;
	size_t n, len;

	node.ppp = node.has_mn = true;
	n = build(&p, b) - 14;
	node_from_ppp(&node, b + 14, n);
	p = rs(own);
	p.slla = mn;
	p.hop_limit = 254;
	node_from_ppp(&node, b + 14, build(&p, b) - 14);
	p = ra(router);
	node_from_ppp(&node, b + 14, build(&p, b) - 14);
	ck_assert_uint_eq(node.count[NODE_C_DROP_HOP_LIMIT], 1);
	ck_assert_uint_eq(node.count[NODE_C_DROP_RA], 1);
	ck_assert(node_take_kept(&node, &kept, &len));
	ck_assert_uint_eq(len, n);
	ck_assert_uint_eq(kept[40], 133);
	ck_assert(!node_take_kept(&node, &kept, &len));
	/* As much of it as of anybody's. */
	p = ns(mn);
	n = build(&p, b) - 14;
	for (unsigned i = 0; i < 2 * NODE_RATE; i++)
		node_from_ppp(&node, b + 14, n);
	ck_assert_uint_gt(node.count[NODE_C_DROP_RATE], 0);
	ck_assert_uint_eq(node.n_kept, NODE_KEPT_MAX);
	/* Its tunnel has nothing to tell of addresses, either. */
	p = ra(router);
	ck_assert(!node_from_tunnel(&node, b + 14, build(&p, b) - 14));
	ck_assert_uint_eq(node.count[NODE_C_RA], 1);
	ck_assert_uint_eq(node.count[NODE_C_ROUTER], 0);
	node_from_ppp(&node, b + 14, 20);
	ck_assert_uint_eq(node.count[NODE_C_DROP_MALFORMED], 0);
	now_ms += 1000;
	node_from_ppp(&node, b + 14, 20);
	ck_assert_uint_eq(node.count[NODE_C_DROP_MALFORMED], 1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("node");
	TCase *tc = tcase_create("node");

	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_add_test(tc, triggers);
	tcase_add_test(tc, reports_are_kept);
	tcase_add_test(tc, no_reports);
	tcase_add_test(tc, long_reports);
	tcase_add_test(tc, kept_for_a_while);
	tcase_add_test(tc, gives_way);
	tcase_add_test(tc, data);
	tcase_add_test(tc, hostile_link);
	tcase_add_test(tc, short_ones);
	tcase_add_test(tc, flood);
	tcase_add_test(tc, detached);
	tcase_add_test(tc, routers_address);
	tcase_add_test(tc, routers_first_address);
	tcase_add_test(tc, moves);
	tcase_add_test(tc, moves_not);
	tcase_add_test(tc, ppp);
	suite_add_tcase(s, tc);
	return test_run(s);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* See had/exit.h. */
#include "had/exit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include "had/had_config.h"

/* In this order; the first that fits decides. */
#define PRIO_ADDRESS	10
#define PRIO_EMBEDDED	20
#define PRIO_SOURCE	25
#define PRIO_PASS_RELAY	26
#define PRIO_NO_6TO4	28
#define PRIO_PASS	30
#define PRIO_OTHERS	40
#define PRIO_REST	50

/* RFC 3964 5.3.1; and RFC 6598, which is newer. */
static const struct v4_prefix {
	uint32_t	addr;
	unsigned	len;
} not_global[] = {
	{ 0x00000000, 8 },	/* 0/8 */
	{ 0x0a000000, 8 },	/* 10/8 */
	{ 0x64400000, 10 },	/* 100.64/10 */
	{ 0x7f000000, 8 },	/* 127/8 */
	{ 0xa9fe0000, 16 },	/* 169.254/16 */
	{ 0xac100000, 12 },	/* 172.16/12 */
	{ 0xc0a80000, 16 },	/* 192.168/16 */
	{ 0xe0000000, 3 },	/* multicast, reserved, broadcast */
};
#define N_NOT_GLOBAL	(sizeof(not_global) / sizeof(not_global[0]))

/* RFC 3964 5.3.2 */
static const struct exit_prefix not_ipv6[] = {
	{ { .s6_addr = { 0 } }, 16 },
	{ { .s6_addr = { 0xfe, 0x80 } }, 10 },
	{ { .s6_addr = { 0xfe, 0xc0 } }, 10 },
	{ { .s6_addr = { 0xff } }, 8 },
};
#define N_NOT_IPV6	(sizeof(not_ipv6) / sizeof(not_ipv6[0]))

static const struct exit_prefix all_6to4 = {
	{ .s6_addr = { 0x20, 0x02 } }, 16
};

const char *
exit_drop_str(enum exit_drop d)
{
	static const char *const names[EXIT_N_DROPS] = {
		[EXIT_DROP_SPOOFED] = "in_spoofed",
		[EXIT_DROP_ADDRESS] = "in_address",
		[EXIT_DROP_EMBEDDED] = "in_embedded",
		[EXIT_DROP_SOURCE] = "in_source",
		[EXIT_DROP_DESTINATION] = "in_destination",
		[EXIT_DROP_NOT_RELAY] = "in_not_relay",
		[EXIT_DROP_OUT_ADDRESS] = "out_address",
		[EXIT_DROP_OUT_EMBEDDED] = "out_embedded",
		[EXIT_DROP_OUT_SOURCE] = "out_source",
	};

	return names[d];
}

const char *
exit_device_name(enum exit_device d)
{
	return d == EXIT_DIRECT ? "had6to4" : "hadrelay";
}

bool
exit_has(const struct exit_conf *x, enum exit_device d)
{
	return x->on && (d == EXIT_DIRECT ? x->direct :
	    x->relay.s_addr != INADDR_ANY);
}

bool
exit_is_global(struct in_addr a)
{
	uint32_t v = ntohl(a.s_addr);
	size_t i;

	for (i = 0; i < N_NOT_GLOBAL; i++)
		if ((v ^ not_global[i].addr) >> (32 - not_global[i].len) == 0)
			return false;
	return true;
}

struct in6_addr
exit_prefix_of(struct in_addr v4)
{
	struct in6_addr a = all_6to4.addr;

	memcpy(&a.s6_addr[2], &v4, sizeof(v4));
	return a;
}

enum exit_drop
exit_reason(enum exit_device dev, bool egress, uint16_t prio)
{
	switch (prio) {
	case PRIO_ADDRESS:
		return egress ? EXIT_DROP_OUT_ADDRESS : EXIT_DROP_ADDRESS;
	case PRIO_EMBEDDED:
		return egress ? EXIT_DROP_OUT_EMBEDDED : EXIT_DROP_EMBEDDED;
	case PRIO_SOURCE:
	case PRIO_NO_6TO4:
		return EXIT_DROP_SOURCE;
	case PRIO_OTHERS:
		return egress ? EXIT_DROP_OUT_SOURCE : EXIT_DROP_DESTINATION;
	case PRIO_REST:
		return dev == EXIT_DIRECT ? EXIT_DROP_NOT_RELAY :
		    EXIT_N_DROPS;
	default:
		return EXIT_N_DROPS;
	}
}

/* What is being made. */
struct making {
	struct exit_rules	*out;
	bool			 egress;
};

static void
add(struct making *m, uint16_t prio, bool drop, const struct exit_prefix *src,
    const struct exit_prefix *dst)
{
	struct nl_flower *f = &m->out->rule[m->out->n++];

	*f = (struct nl_flower){
		.egress = m->egress, .drop = drop, .prio = prio,
	};
	if (src) {
		f->src = src->addr;
		f->src_len = src->len;
	}
	if (dst) {
		f->dst = dst->addr;
		f->dst_len = dst->len;
	}
}

static struct exit_prefix
embedding(uint32_t v4, unsigned len)
{
	struct in_addr a = { htonl(v4) };

	return (struct exit_prefix){ exit_prefix_of(a), 16 + len };
}

/* Sources of what comes in, destinations of what goes out: the other one is
 * ours, or it does not pass. */
static void
add_embedded(struct making *m, const struct exit_prefix *p)
{
	add(m, PRIO_EMBEDDED, true, m->egress ? NULL : p,
	    m->egress ? p : NULL);
}

static void
add_sanity(struct making *m, const struct exit_conf *x,
    const struct in_addr *bad, size_t n)
{
	struct exit_prefix p;
	size_t i;

	for (i = 0; i < N_NOT_IPV6; i++) {
		add(m, PRIO_ADDRESS, true, &not_ipv6[i], NULL);
		add(m, PRIO_ADDRESS, true, NULL, &not_ipv6[i]);
	}
	for (i = 0; i < N_NOT_GLOBAL; i++) {
		p = embedding(not_global[i].addr, not_global[i].len);
		add_embedded(m, &p);
	}
	for (i = 0; i < n; i++) {
		p = (struct exit_prefix){ exit_prefix_of(bad[i]), 48 };
		add_embedded(m, &p);
	}
	p = (struct exit_prefix){ exit_prefix_of(x->address), 48 };
	add_embedded(m, &p);
}

/* One rule for each of our prefixes: the pools, and that of our address. As
 * the destination with a source, or as the source. */
static void
add_ours(struct making *m, const struct had_config *conf, uint16_t prio,
    bool drop, bool as_source, const struct exit_prefix *src)
{
	struct exit_prefix p = { exit_prefix_of(conf->exit.address), 48 };
	struct exit_prefix pool;
	size_t i;

	add(m, prio, drop, as_source ? &p : src, as_source ? NULL : &p);
	for (i = 0; i < conf->n_pools; i++) {
		/* the filter of the 6to4 prefix is there already */
		if (conf->pools[i].len == p.len &&
		    IN6_ARE_ADDR_EQUAL(&conf->pools[i].prefix, &p.addr))
			continue;
		pool = (struct exit_prefix){ conf->pools[i].prefix,
		    conf->pools[i].len };
		add(m, prio, drop, as_source ? &pool : src,
		    as_source ? NULL : &pool);
	}
}

/* RFC 3964 5.2; that V4 of 2002:V4::, where it is the source or destination,
 * is in the IPv4 header, has been seen to by the kernel on the direct one. */
static void
add_ingress(struct making *m, const struct had_config *conf,
    enum exit_device dev)
{
	struct exit_prefix p;

	add_ours(m, conf, PRIO_SOURCE, true, true, NULL);
	if (dev == EXIT_DIRECT) {
		add_ours(m, conf, PRIO_PASS, false, false, &all_6to4);
		add(m, PRIO_OTHERS, true, &all_6to4, NULL);
		m->out->drop_prio = PRIO_REST;
		return;
	}
	p = (struct exit_prefix){ exit_prefix_of(conf->exit.relay), 48 };
	add_ours(m, conf, PRIO_PASS_RELAY, false, false, &p);
	add(m, PRIO_NO_6TO4, true, &all_6to4, NULL);
	add_ours(m, conf, PRIO_PASS, false, false, NULL);
	m->out->drop_prio = PRIO_OTHERS;
}

int
exit_rules_make(struct exit_rules *out, const struct had_config *conf,
    enum exit_device dev, bool egress, const struct in_addr *bad, size_t n)
{
	size_t max = 2 * N_NOT_IPV6 + N_NOT_GLOBAL + n + 1 +
	    3 * (conf->n_pools + 1) + 2;
	struct making m = { out, egress };

	*out = (struct exit_rules){ 0 };
	out->rule = calloc(max, sizeof(*out->rule));
	if (!out->rule)
		return -ENOMEM;
	add_sanity(&m, &conf->exit, bad, n);
	if (egress) {
		/* RFC 3964 5.1, and no transit */
		add_ours(&m, conf, PRIO_PASS, false, true, NULL);
		out->drop_prio = PRIO_OTHERS;
	} else {
		add_ingress(&m, conf, dev);
	}
	return 0;
}

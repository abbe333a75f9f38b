/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A link of the DHCPv6 server, its clients and its owner: messages well made
 * and any bytes, from clients, relays and strangers, while the owner assigns,
 * refuses, withdraws and is restarted. Whatever comes, each answer is whole and
 * for who asked, one client has at most one address, which is the owner's, the
 * owner hears things in the promised order, and memory is bounded [RFC 8415;
 * PROTOCOLS 14.4].
 */
#include <errno.h>

#include "common/timers.h"
#include "common/wire.h"
#include "nasd/dhcp6_server_int.h"
#include "tests/fuzz/ops.h"
#include "tests/unit/dhcp6_rig.h"

#define MAX_OPS		128
#define SECOND		INT64_C(1000000000)

static struct {
	int64_t			 ns;
	struct timers		 timers;
	struct clock		 clock;
	struct dhcp6_core	 core;
	struct dhcp6_link	*link;
	struct dhcp6_link_conf	 conf;
	const struct dhcp6_msg	*asking;	/* well-formed, or NULL */
	unsigned		 n_sent;
	bool			 asked, has, bound;
	uint8_t			 client;	/* of the lease: last byte */
	struct in6_addr		 addr;
	unsigned		 then;		/* what the owner does */
} w;

static const struct in6_addr hint = {
	.s6_addr = { 0x20, 1, 0xd, 0xb8, [15] = 0xee } };

static mono_t
mono(void *arg)
{
	(void)arg;
	return (mono_t){ SECOND + w.ns };
}

/* ---- answers ---- */

static const uint8_t *
unwrap(const uint8_t *p, size_t *n)
{
	while (p[0] == DHCP6_RELAY_REPL) {
		const uint8_t *opt = p + 34, *end = p + *n;

		fuzz_assert(*n >= 38);
		if (get_n(opt, 2) == 18)
			opt += 4 + get_n(opt + 2, 2);
		fuzz_assert(opt + 4 <= end && get_n(opt, 2) == 9);
		fuzz_assert(opt + 4 + get_n(opt + 2, 2) == end);
		p = opt + 4;
		*n = (size_t)(end - p);
	}
	return p;
}

static void
check_ia(const struct got *g, const struct got_ia *ia)
{
	unsigned alive = 0;

	fuzz_assert(ia->has_status == (ia->n_addrs == 0));
	for (unsigned i = 0; i < ia->n_addrs; i++) {
		fuzz_assert(ia->preferred[i] <= ia->valid[i]);
		if (i > 0) {	/* told to go */
			fuzz_assert(ia->valid[i] == 0);
			continue;
		}
		alive++;
		fuzz_assert(ia->code == 3);
		if (g->type == DHCP6_ADVERTISE && w.conf.on_request &&
		    memcmp(&ia->addr[0], &hint, 16) == 0)
			continue;
		fuzz_assert(w.has && g->client[g->client_len - 1] == w.client);
		fuzz_assert(memcmp(&ia->addr[0], &w.addr, 16) == 0);
	}
	fuzz_assert(alive <= 1 && ia->t1 <= ia->t2);
}

static int
send_out(void *arg, unsigned ifindex, const struct in6_addr *to,
    uint16_t port, const uint8_t *p, size_t n)
{
	const struct dhcp6_link *l = w.link;
	unsigned addresses = 0;
	struct got g;

	(void)arg;
	(void)to;
	fuzz_assert(ifindex == 7 && n <= 2048);
	fuzz_assert(port == (p[0] == DHCP6_RELAY_REPL ? 547 : 546));
	p = unwrap(p, &n);
	g = take_apart(p, n);
	fuzz_assert(g.type == DHCP6_ADVERTISE || g.type == DHCP6_REPLY);
	fuzz_assert(g.server_len == l->core->duid.len);
	for (unsigned i = 0; i < g.n_ia; i++) {
		addresses += g.ia[i].n_addrs > 0;
		check_ia(&g, &g.ia[i]);
	}
	fuzz_assert(addresses <= 1 && g.n_ia <= DHCP6_IAS);
	fuzz_assert(w.asking == NULL || (g.xid == w.asking->xid &&
	    g.client_len == w.asking->client.len));
	w.n_sent++;
	return w.then % 16 == 15 ? -ENETUNREACH : 0;
}

/* ---- the owner ---- */

static void
assign(unsigned which)
{
	w.addr = (struct in6_addr){
	    .s6_addr = { 0x20, 1, 0xd, 0xb8, 1, [15] = (uint8_t)which } };
	if (w.asked)
		w.has = true;
	w.asked = false;
	dhcp6_link_assign(w.link, &w.addr);
}

static void
refuse(void)
{
	w.asked = false;
	dhcp6_link_refuse(w.link, "no");
}

static const struct dhcp6_events *owner(void);

static void
start(void)
{
	w.asked = w.has = w.bound = false;
	w.link = dhcp6_core_start(&w.core, 7, "fuzz", &w.conf, owner(), NULL);
	fuzz_assert(w.link);
}

static void
stop(void)
{
	dhcp6_core_stop(w.link);
	w.link = NULL;
}

/* Called by the link: it is started anew by who called the link. */
static void
react(void)
{
	if (w.then % 4 == 1)
		stop();
	else if (w.then % 4 == 2 && w.asked)
		assign(w.then);
	else if (w.then % 4 == 3 && w.asked)
		refuse();
}

static void
on_solicited(void *arg, const struct dhcp6_asker *who)
{
	(void)arg;
	fuzz_assert(!w.asked && !w.has && who->duid->len >= DHCP6_DUID_MIN);
	w.asked = true;
	w.client = who->duid->b[who->duid->len - 1];
	react();
}

static void
on_bound(void *arg)
{
	(void)arg;
	fuzz_assert(w.has && !w.bound);
	w.bound = true;
	react();
}

static void
on_renewed(void *arg)
{
	(void)arg;
	fuzz_assert(w.has && w.bound);
	react();
}

static void
on_ended(void *arg, enum dhcp6_end_cause cause)
{
	(void)arg;
	fuzz_assert(w.has);
	fuzz_assert(w.bound ? cause != DHCP6_END_LAPSED :
	    cause != DHCP6_END_EXPIRED);
	w.has = w.bound = false;
	react();
}

static const struct dhcp6_events *
owner(void)
{
	static const struct dhcp6_events events = { on_solicited, on_bound,
		on_renewed, on_ended };

	return &events;
}

/* As nasd does after it was killed. */
static void
restart(void)
{
	bool has = w.has, bound = w.bound;
	struct dhcp6_lease lease;

	fuzz_assert(dhcp6_link_lease(w.link, &lease) == has);
	stop();
	start();
	if (!has)
		return;
	fuzz_assert(lease.bound == bound);
	fuzz_assert(dhcp6_link_restore(w.link, &lease) == 0);
	w.has = has;
	w.bound = bound;
}

static void
configure(struct ops *o)
{
	unsigned how = ops_u8(o);

	w.conf = (struct dhcp6_link_conf){
		.on_request = how & 1,
		.rapid_commit = how & 2,
		.relays = how & 4,
		.preference = (uint8_t)how,
		.sol_max_rt = 600,
		.preferred = how & 8 ? 3600 : UINT32_MAX,
		.valid = how & 8 ? 7200 : UINT32_MAX,
		.hint = how & 32 ? hint : in6addr_any,
		.n_dns = how >> 6,
	};
	dhcp6_link_configure(w.link, &w.conf);
	dhcp6_link_limit(w.link, how & 16 ? mono_add_ms(mono(NULL), 100000) :
	    MONO_NEVER);
}

/* ---- clients ---- */

static void
arrive(const uint8_t *buf, size_t n, unsigned from)
{
	static const char *const src[] = { "fe80::1", "fe80::1", "fe80::2",
		"2001:db8::1" };
	static const char *const dst[] = { "ff02::1:2", "ff02::1:2",
		"fe80::99", "ff02::1" };
	struct in6_addr s = ip6(src[from & 3]), d = ip6(dst[from >> 2 & 3]);
	unsigned n_sent = w.n_sent;
	long net = fuzz_heap_net();
	struct dhcp6_msg m;

	w.asking = dhcp6_decode(&m, buf, n) == 0 ? &m : NULL;
	dhcp6_core_input(&w.core, from & 16 ? 8 : 7, &s, &d, buf, n);
	fuzz_assert(w.n_sent <= n_sent + 1);
	fuzz_assert(w.asking != NULL || w.n_sent == n_sent);
	fuzz_assert(fuzz_heap_net() <= net + 1);
	w.asking = NULL;
	if (w.link == NULL)
		start();
}

static void
put_ias(struct ops *o)
{
	static const uint16_t code[] = { 3, 3, 4, 25 };
	unsigned n = ops_pick(o, 12);
	char text[INET6_ADDRSTRLEN];

	inet_ntop(AF_INET6, &w.addr, text, sizeof(text));
	for (unsigned i = 0; i < n; i++) {
		unsigned how = ops_u8(o);

		opt_ia(code[how & 3], i + (how >> 2 & 1),
		    how & 8 ? text : NULL, how & 16 ? "2001:db8:7::1" : NULL);
	}
}

static void
message(struct ops *o)
{
	unsigned how = ops_u8(o), from = ops_u8(o);

	msg((uint8_t)ops_pick(o, 14), ops_u8(o));
	if (how & 3)
		opt_client((uint8_t)(how & 3));
	if (how & 4)
		opt_server();
	put_ias(o);
	if (how & 8)
		opt(14, "", 0);
	if (how & 16)
		opt_oro(23, 82);
	if (how & 32)
		relay(0, "::", "fe80::1", how & 64 ? "interface" : NULL,
		    how & 128 ? "remote" : NULL);
	arrive(out, out_len, from);
}

static void
any_bytes(struct ops *o)
{
	uint8_t buf[256];
	size_t n = ops_bytes(o, buf, ops_u8(o));

	arrive(buf, n, 0);
}

static void
time_goes(struct ops *o)
{
	static const int64_t by[] = { 1, 5, 60, 3600 };
	int64_t end = w.ns + by[ops_pick(o, 4)] * SECOND;

	while (timers_next(&w.timers).ns <= SECOND + end) {
		w.ns = timers_next(&w.timers).ns - SECOND;
		timers_run(&w.timers, mono(NULL));
		if (w.link == NULL)
			start();
	}
	w.ns = end;
}

static void
act(struct ops *o)
{
	w.then = 0;
	switch (ops_pick(o, 10)) {
	case 0:
	case 1:
	case 2:
		w.then = ops_u8(o);
		message(o);
		break;
	case 3:
		any_bytes(o);
		break;
	case 4:
		w.then = ops_u8(o);
		time_goes(o);
		break;
	case 5:
		assign(ops_u8(o));
		break;
	case 6:
		refuse();
		break;
	case 7:
		w.asked = w.has = w.bound = false;
		dhcp6_link_withdraw(w.link);
		break;
	case 8:
		restart();
		break;
	case 9:
		configure(o);
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ops o = { data, data + len };
	long net;

	fuzz_heap_watch();
	net = fuzz_heap_net();
	memset(&w, 0, sizeof(w));
	w.clock = (struct clock){ mono, NULL, NULL };
	w.core = (struct dhcp6_core){ .timers = &w.timers, .clock = &w.clock,
	    .send = send_out, .duid = { .len = sizeof(server_duid) } };
	memcpy(w.core.duid.b, server_duid, sizeof(server_duid));
	timers_init(&w.timers);
	fuzz_assert(dhcp6_core_init(&w.core) == 0);
	w.conf = (struct dhcp6_link_conf){ .rapid_commit = true,
	    .preferred = 3600, .valid = 7200 };
	start();
	for (unsigned i = 0; i < MAX_OPS && ops_more(&o); i++)
		act(&o);
	stop();
	fuzz_assert(w.timers.n == 0 && table_count(&w.core.links) == 0);
	fuzz_assert(w.core.n_asked + w.core.n_offered + w.core.n_bound == 0);
	dhcp6_core_free(&w.core);
	timers_free(&w.timers);
	fuzz_assert(fuzz_heap_net() == net);
	return 0;
}

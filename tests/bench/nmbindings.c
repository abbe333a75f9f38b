/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory that had's registration code has for each binding: of access routers,
 * and of access nodes with some addresses, made by requests and by what their
 * mobile nodes say, as in had, over a data plane that does nothing. Heap by the
 * allocator's own account, so the figures are the same each time; what the
 * kernel's data plane and sockets take is not among them.
 *
 *	nmbindings [number of bindings]
 *
 * prints bytes a binding: of a router, of a node without addresses, with one,
 * with two.
 */
#include "config.h"

#include <arpa/inet.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/mip4.h"
#include "common/mip4_auth.h"
#include "common/nd6.h"
#include "common/wire.h"
#include "had/access_node.h"
#include "had/had_config.h"
#include "had/mn.h"
#include "had/reg.h"
#include "had/tunnel.h"

#define SPI		512
#define COA		UINT32_C(0x0a000001)	/* 10.0.0.1 */
#define ROUTER		UINT32_C(0xc0000201)	/* 192.0.2.1 */
#define HOME_AGENT	UINT32_C(0xc6336401)	/* 198.51.100.1 */
#define DEFAULT		100000
#define MOST		10000000

struct agent {
	struct had_config	 conf;
	struct timers		 timers;
	struct pool		 pool[2];	/* unique, shared */
	struct pool		*choice[2];
	struct pools		 pools;
	struct peer		 router;
	struct access_nodes	 nodes;
	struct care_of_range	 range;
	struct peers		 peers;
	struct user		*users;
	struct mip4_sa		 sa;
	struct bindings		 bindings;
	struct mns		 mns;
	struct dataplane	*dp;
	struct reg		 reg;
	uint64_t		 accepted;
};

static void
must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "nmbindings: %s\n", what);
	exit(1);
}

static size_t
heap(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

/* ---- the home agent ---- */

static void
take_reply(void *arg, const struct reg_flow *f, const uint8_t *data,
    size_t len)
{
	struct agent *a = arg;

	(void)f;
	a->accepted += len > 1 && data[1] <= MIP4_ACCEPTED_NO_SIMUL;
}

static void
nothing(void *arg, struct mn *m)
{
	(void)arg;
	(void)m;
}

static void
opened(void *arg, struct mn *m, int fd)
{
	(void)arg;
	(void)m;
	(void)fd;
}

static bool
sent(void *arg, struct mn *m, const uint8_t *packet, size_t len)
{
	(void)arg;
	(void)m;
	(void)packet;
	(void)len;
	return true;
}

static void
detached(void *arg, struct binding *b, const char *why)
{
	(void)arg;
	(void)b;
	must(false, why);
}

static void
set_pools(struct agent *a)
{
	static char unique[] = "unique", shared[] = "shared";

	a->pool[0] = (struct pool){ .name = unique, .mode = POOL_UNIQUE,
	    .len = 32, .max_lifetime = 1800 };
	a->pool[1] = (struct pool){ .name = shared, .mode = POOL_SHARED,
	    .len = 64, .max_lifetime = 1800 };
	inet_pton(AF_INET6, "2001:db8::", &a->pool[0].prefix);
	inet_pton(AF_INET6, "2001:db9:0:1::", &a->pool[1].prefix);
	a->choice[0] = &a->pool[0];
	a->choice[1] = &a->pool[1];
}

static void
set_peers(struct agent *a, uint32_t n)
{
	static struct peer_sa sa;
	static char router[] = "router", nodes[] = "nodes";

	a->sa = (struct mip4_sa){ .spi = SPI, .alg = MIP4_ALG_HMAC_MD5,
	    .key = "a key of sixteen", .key_len = 16 };
	must(mip4_sa_prepare(&a->sa) == 0, "a key");
	sa.sa = a->sa;
	a->router = (struct peer){ .name = router, .sas = &sa, .n_sas = 1,
	    .addr.s_addr = htonl(ROUTER), .pools = a->choice, .n_pools = 1,
	    .max_bindings = n + 1 };
	a->nodes = (struct access_nodes){ .peer = { .name = nodes,
	    .nodes = &a->nodes, .pools = &a->choice[1], .n_pools = 1,
	    .max_bindings = n + 1 },
	    .ra = { .valid = 3600, .preferred = 3600, .interval = 600,
	    .router_lifetime = 1800 },
	    .own_link = { .mode = POOL_SHARED, .len = 64,
	    .prefix = { .s6_addr = { 0xfe, 0x80 } } },
	    .link = &a->nodes.own_link };
	must(peers_init(&a->peers) == 0 && peers_add(&a->peers, &a->router),
	    "peers");
	a->range = (struct care_of_range){ .first = COA, .last = COA + n,
	    .peer = &a->nodes.peer };
	a->peers.ranges = &a->range;
	a->peers.n_ranges = 1;
}

static void
name(char buf[40], uint32_t i)
{
	snprintf(buf, 40, "subscriber%u@example.net", 1000000 + i);
}

/* Keys are configuration, and there before. */
static void
set_users(struct agent *a, uint32_t n)
{
	char nai[40];
	uint32_t i;

	a->users = calloc(n, sizeof(*a->users));
	must(a->users != NULL, "memory");
	for (i = 0; i < n; i++) {
		name(nai, i);
		a->users[i] = (struct user){ .nai = strdup(nai),
		    .nai_len = strlen(nai), .sas = &a->sa, .n_sas = 1 };
		must(a->users[i].nai != NULL &&
		    peers_add_user(&a->peers, &a->users[i]), "users");
	}
}

static void
start(struct agent *a, uint32_t n, bool by_node)
{
	static const struct mn_io io = { opened, nothing, sent, nothing,
		detached };

	memset(a, 0, sizeof(*a));
	a->conf = (struct had_config){ .address.s_addr = htonl(HOME_AGENT),
	    .port = MIP4_PORT, .max_lifetime = 1800, .replay_window = 7,
	    .flap_limit = 5, .max_bindings = n + 1,
	    .types = MIP4_EXT_TYPES_DEFAULT };
	timers_init(&a->timers);
	set_pools(a);
	must(pools_init(&a->pools, a->pool, 2, 4 * (uint64_t)n) == 0,
	    "pools");
	set_peers(a, n);
	if (by_node)
		set_users(a, n);
	a->bindings = (struct bindings){ .timers = &a->timers,
	    .clock = &clock_system, .pools = &a->pools, .window = 7,
	    .flap_limit = 5 };
	a->dp = tunnel_none_new();
	a->mns = (struct mns){ .timers = &a->timers, .clock = &clock_system,
	    .pools = &a->pools, .dp = a->dp, .io = &io, .mtu = 1480 };
	mns_name_router(&a->mns, a->conf.address);
	must(a->dp != NULL && bindings_init(&a->bindings) == 0 &&
	    mns_init(&a->mns) == 0, "tables");
	a->reg = (struct reg){ .conf = &a->conf, .clock = &clock_system,
	    .peers = &a->peers, .pools = &a->pools, .bindings = &a->bindings,
	    .mns = &a->mns, .dp = a->dp, .send = take_reply, .send_arg = a };
	reg_init(&a->reg);
}

static void
stop(struct agent *a, uint32_t n)
{
	uint32_t i;

	reg_shutdown(&a->reg);
	bindings_free(&a->bindings);
	mns_free(&a->mns);
	pools_free(&a->pools);
	peers_free(&a->peers);
	a->dp->free(a->dp);
	timers_free(&a->timers);
	mip4_sa_wipe(&a->sa);
	for (i = 0; a->users != NULL && i < n; i++)
		free(a->users[i].nai);
	free(a->users);
}

/* ---- its peers ---- */

static void
ask(struct agent *a, uint32_t i, bool by_node)
{
	struct in_addr coa = { htonl(by_node ? COA + i : ROUTER) };
	const struct mip4_ext_types t = MIP4_EXT_TYPES_DEFAULT;
	const struct iid iid = { { 2, 0, 0, 0, 0, 0, 0, 1 } };
	uint8_t buf[MIP4_MAX_MSG];
	struct reg_packet pkt = {
		.flow = { coa, a->conf.address, MIP4_PORT, MIP4_PORT },
		.local = a->conf.address, .data = buf,
	};
	struct wire_w w;
	char nai[40];

	name(nai, i);
	wire_w_init(&w, buf, sizeof(buf));
	mip4_put_rrq(&w, &(struct mip4_rrq){ .lifetime = 1800,
	    .flags = by_node ? MIP4_F_D : 0, .ha = a->conf.address,
	    .coa = coa, .id = clock_ntp(&clock_system) });
	mip4_put_nai(&w, nai, strlen(nai));
	mip4_put_hoa_request(&w, t.hoa_request, by_node ? NULL : &iid);
	mip4_put_auth(&w, by_node ? MIP4_EXT_MN_HA : MIP4_EXT_FA_HA, &a->sa);
	must(!w.err, "a message");
	pkt.len = w.len;
	must(reg_input(&a->reg, &pkt) == REG_REPLIED, "a request");
}

/* Duplicate address detection: link-local first. */
static void
say(struct agent *a, uint32_t i, bool local)
{
	struct nd6 nd = { .target = local ? a->nodes.link->prefix :
	    a->pool[1].prefix };
	uint8_t buf[ND6_PACKET_MAX];
	uint32_t part = htonl(i + 1);
	struct mn *m = mn_at(&a->mns, (struct in_addr){ htonl(COA + i) }, 0);
	int len;

	nd.target.s6_addr[8] = 2;
	memcpy(&nd.target.s6_addr[12], &part, sizeof(part));
	nd.dst = nd6_group(&nd.target);
	len = nd6_encode(&nd, buf, sizeof(buf));
	must(m != NULL && len > 0, "a mobile node");
	mn_input(m, buf, (size_t)len);
}

static double
measure(uint32_t n, bool by_node, unsigned addrs)
{
	static struct agent a;
	size_t before;
	double grown;
	uint32_t i;

	start(&a, n, by_node);
	before = heap();
	for (i = 0; i < n; i++) {
		ask(&a, i, by_node);
		if (addrs > 0)
			say(&a, i, true);
		if (addrs > 1)
			say(&a, i, false);
	}
	grown = (double)(heap() - before) / n;
	must(a.accepted == n && a.mns.n_addrs == (size_t)addrs * n,
	    "not all are bound");
	stop(&a, n);
	return grown;
}

int
main(int argc, char **argv)
{
	unsigned long n = argc > 1 ? strtoul(argv[1], NULL, 10) : DEFAULT;

	must(argc <= 2 && n > 0 && n <= MOST, "usage: nmbindings [number]");
	log_set_level(NULL, "error");
	printf("%.1f %.1f %.1f %.1f\n", measure((uint32_t)n, false, 0),
	    measure((uint32_t)n, true, 0), measure((uint32_t)n, true, 1),
	    measure((uint32_t)n, true, 2));
	return 0;
}

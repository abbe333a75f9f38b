/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * had's root side against an engine that has been taken over: datagrams of any
 * bytes, requests of any body, over the socket there is between them. The
 * kernel is played; it is asked for tunnels to configured peers, and not too
 * many to access nodes, for routes within the pools, through devices of ours,
 * and for sockets on those of access nodes; with GRE where that is offered; and
 * for nothing else.
 */
#include <errno.h>
#include <unistd.h>

#include "common/netlink.h"
#include "common/sysctl.h"
#include "had/nd_open.h"
#include "had/priv_place.h"
#include "had/priv_ops.h"
#include "tests/unit/had_rig.h"
#include "tests/fuzz/priv.h"

#define MAX_OPS		64

/* ---- the kernel: a device for each name, errors when the input says ---- */

static struct {
	struct had_config	 conf;
	bool			 failing, batch;
	int			 messages;	/* in the batch */
} kernel;

#define NODES_MAX	2	/* bindings */

static bool
is_node(struct in_addr a)
{
	return ntohl(a.s_addr) >> 8 == 0x0a0100;
}

/* An IPv4 home address, which a foreign agent at FA leads to. */
#define FA	"203.0.113.7"

static bool
is_home4(struct in_addr a)
{
	return ntohl(a.s_addr) > 0xac100000 && ntohl(a.s_addr) < 0xac100007;
}

static bool
is_peer(struct in_addr a)
{
	return a.s_addr == inet_addr(AR1) || a.s_addr == inet_addr(AR2) ||
	    is_node(a);
}

static void
check_prefix(const struct in6_addr *a, unsigned len)
{
	size_t i;

	for (i = 0; i < kernel.conf.n_pools; i++)
		if (pool_route_len(&kernel.conf.pools[i]) == len &&
		    pool_contains(&kernel.conf.pools[i], a))
			return;
	fuzz_assert(!"a prefix of ours");
}

static int
in_batch(void)
{
	fuzz_assert(kernel.batch);
	return kernel.messages++;
}

struct nl *
nl_open(void)
{
	fuzz_assert(!"asked for");
	return NULL;
}

void
nl_close(struct nl *nl)
{
	(void)nl;
}

void
nl_begin(struct nl *nl)
{
	(void)nl;
	kernel.batch = true;
	kernel.messages = 0;
}

int
nl_commit(struct nl *nl, int *result, size_t n)
{
	size_t i;

	(void)nl;
	fuzz_assert(kernel.batch);
	kernel.batch = false;
	for (i = 0; result && i < n; i++)
		result[i] = kernel.failing ? -EEXIST : 0;
	return kernel.failing ? -EEXIST : 0;
}

int
nl_sit_add(struct nl *nl, const char *name, struct in_addr local,
    struct in_addr remote, uint32_t mtu, unsigned ign)
{
	(void)nl;
	(void)ign;
	fuzz_assert(strlen(name) < 16);
	fuzz_assert(mtu == kernel.conf.tunnel_mtu - (is_home4(remote) ?
	    20 : 0));
	fuzz_assert(local.s_addr == kernel.conf.address.s_addr);
	fuzz_assert(is_peer(remote) || is_home4(remote));
	fuzz_assert((strncmp(name, "hadx", 4) == 0) == (is_node(remote) ||
	    is_home4(remote)));
	return in_batch();
}

/* Behind an agent, with keys: on the device of these. */
int
nl_sit_on_add(struct nl *nl, const char *name, unsigned ifindex,
    struct in_addr local, struct in_addr remote, uint32_t mtu, unsigned ign)
{
	(void)nl;
	(void)ign;
	fuzz_assert(strlen(name) < 16 && strncmp(name, "hadn", 4) == 0);
	fuzz_assert(ifindex == 7 && mtu == kernel.conf.tunnel_mtu - 28);
	fuzz_assert(local.s_addr == kernel.conf.address.s_addr);
	fuzz_assert(is_home4(remote));
	return in_batch();
}

int
nl_addr4_add(struct nl *nl, unsigned ifindex, struct in_addr addr,
    unsigned ign)
{
	(void)nl;
	(void)ign;
	fuzz_assert(ifindex == 7);
	fuzz_assert(addr.s_addr == kernel.conf.address.s_addr);
	return in_batch();
}

static int
switched(const char *ifname)
{
	fuzz_assert(strlen(ifname) < 16 && strncmp(ifname, "hadg", 4) == 0);
	return kernel.failing ? -ENOENT : 0;
}

int
sysctl_lax(const char *ifname)
{
	return switched(ifname);
}

int
sysctl_no_ipv6(const char *ifname)
{
	return switched(ifname);
}

int
nl_gre_external_add(struct nl *nl, const char *name, uint32_t mtu,
    unsigned ign)
{
	(void)nl;
	(void)ign;
	fuzz_assert(strcmp(name, "hadgre") == 0);
	fuzz_assert(mtu == kernel.conf.tunnel_mtu - 8);
	return in_batch();
}

int
nl_ipip_add(struct nl *nl, const char *name, struct in_addr local,
    struct in_addr remote, uint32_t mtu, unsigned ign)
{
	(void)nl;
	(void)ign;
	fuzz_assert(strcmp(name, "hadfcb007107") == 0);
	fuzz_assert(mtu == kernel.conf.tunnel_mtu);
	fuzz_assert(local.s_addr == kernel.conf.address.s_addr);
	fuzz_assert(remote.s_addr == inet_addr(FA));
	return in_batch();
}

int
nl_gre_add(struct nl *nl, const char *name, const struct nl_gre *g,
    uint32_t key_in, uint32_t mtu, unsigned ign)
{
	(void)nl;
	(void)ign;
	fuzz_assert(strlen(name) < 16);
	fuzz_assert(mtu == kernel.conf.tunnel_mtu - 8);
	fuzz_assert(g->local.s_addr == kernel.conf.address.s_addr);
	fuzz_assert(g->key != 0 && key_in != 0);
	fuzz_assert(strncmp(name, is_node(g->remote) ? "hadk" : "hadg",
	    4) == 0);
	fuzz_assert(is_node(g->remote) || g->remote.s_addr == inet_addr(FA));
	return in_batch();
}

/* An outer header of routes and filters: the second access router's alone. */
static void
check_gre(const struct nl_gre *g)
{
	fuzz_assert(g->local.s_addr == kernel.conf.address.s_addr);
	fuzz_assert(g->remote.s_addr == inet_addr(AR2) && g->key != 0);
}

int
nl_flower_pass4(struct nl *nl, unsigned ifindex, uint16_t prio,
    uint32_t handle, struct in_addr src, struct in_addr dst)
{
	(void)nl;
	(void)prio;
	fuzz_assert(ifindex == 7 && handle != 0 && is_home4(src));
	fuzz_assert(dst.s_addr == kernel.conf.address.s_addr);
	return in_batch();
}

int
nl_flower_del4(struct nl *nl, unsigned ifindex, uint16_t prio,
    uint32_t handle, unsigned ign)
{
	return nl_flower_del(nl, ifindex, prio, handle, ign);
}

int
nl_route4_replace(struct nl *nl, const struct nl_route4 *rt)
{
	(void)nl;
	fuzz_assert(rt->ifindex == 7 && rt->type == 0 && rt->table == 0);
	fuzz_assert(is_home4(rt->dst) && rt->dst_len == 32);
	return in_batch();
}

int
nl_route4_del(struct nl *nl, const struct nl_route4 *rt, unsigned ign)
{
	(void)ign;
	return nl_route4_replace(nl, rt);
}

/* What is sent along is closed by the root side. */
int
nd_open(unsigned ifindex)
{
	fuzz_assert(ifindex == 7);
	return kernel.failing ? -ENODEV : dup(0);
}

unsigned
nl_ifindex(const char *name)
{
	fuzz_assert(strlen(name) < 16);
	return kernel.failing ? 0 : 7;
}

bool
nl_link_is_up(const char *name, unsigned ifindex)
{
	fuzz_assert(strlen(name) < 16 && ifindex == 7);
	return !kernel.failing;
}

int
nl_link_del(struct nl *nl, const char *name, unsigned ign)
{
	(void)nl;
	(void)ign;
	fuzz_assert(strlen(name) < 16);
	return in_batch();
}

int
nl_link_set_up(struct nl *nl, unsigned ifindex, bool up)
{
	(void)nl;
	fuzz_assert(ifindex == 7 && up);
	return in_batch();
}

int
nl_clsact_add(struct nl *nl, unsigned ifindex, unsigned ign)
{
	(void)nl;
	(void)ign;
	fuzz_assert(ifindex == 7);
	return in_batch();
}

int
nl_filter_drop_all(struct nl *nl, unsigned ifindex, uint16_t prio)
{
	(void)nl;
	(void)prio;
	fuzz_assert(ifindex == 7);
	return in_batch();
}

int
nl_flower_pass_source(struct nl *nl, unsigned ifindex, uint16_t prio,
    uint32_t handle, const struct in6_addr *src, unsigned plen)
{
	(void)nl;
	(void)prio;
	fuzz_assert(ifindex == 7 && handle != 0);
	check_prefix(src, plen);
	return in_batch();
}

int
nl_flower_del(struct nl *nl, unsigned ifindex, uint16_t prio,
    uint32_t handle, unsigned ign)
{
	(void)nl;
	(void)prio;
	(void)ign;
	fuzz_assert(ifindex == 7 && handle != 0);
	return in_batch();
}

int
nl_route6_replace(struct nl *nl, const struct nl_route6 *rt)
{
	(void)nl;
	fuzz_assert(rt->ifindex == 7 && rt->type == 0 && rt->table == 0);
	check_prefix(&rt->dst, rt->dst_len);
	if (rt->encap)
		check_gre(rt->encap);
	return in_batch();
}

int
nl_route6_del(struct nl *nl, const struct nl_route6 *rt, unsigned ign)
{
	(void)ign;
	return nl_route6_replace(nl, rt);
}

/* Of exits and home links, of which there are none here; but for what a mobile
 * node says on its link. */

int
nl_route6_add(struct nl *nl, const struct nl_route6 *rt, unsigned ign)
{
	(void)nl;
	(void)rt;
	(void)ign;
	fuzz_assert(!"asked for");
	return 0;
}

int
nl_addr6_add(struct nl *nl, unsigned ifindex, const struct in6_addr *a,
    unsigned plen, unsigned ign)
{
	(void)nl;
	(void)ifindex;
	(void)a;
	(void)plen;
	(void)ign;
	fuzz_assert(!"asked for");
	return 0;
}

int
nl_addr6_del(struct nl *nl, unsigned ifindex, const struct in6_addr *a,
    unsigned plen, unsigned ign)
{
	return nl_addr6_add(nl, ifindex, a, plen, ign);
}

int
nl_flower_add(struct nl *nl, unsigned ifindex, const struct nl_flower *f)
{
	(void)nl;
	fuzz_assert(ifindex == 7 && !f->egress && !f->go_in);
	fuzz_assert(f->drop == !f->came_in);
	if (f->came_in) {
		check_gre(f->came_in);
		check_prefix(&f->src, f->src_len);
		fuzz_assert(f->handle != 0);
	}
	return in_batch();
}

int
nl_link_stats(struct nl *nl, unsigned ifindex, struct nl_stats *st)
{
	(void)nl;
	(void)ifindex;
	*st = (struct nl_stats){ 0 };
	return 0;
}

int
nl_filter_counts(struct nl *nl, unsigned ifindex, bool egress,
    nl_filter_counted *fn, void *arg)
{
	(void)nl;
	(void)ifindex;
	(void)egress;
	(void)fn;
	(void)arg;
	return 0;
}

/* ---- the engine ---- */

static struct in_addr
any_coa(struct ops *o)
{
	static const char *const some[] = { AR1, AR2, STRANGER, "0.0.0.0",
		"10.1.0.1", "10.1.0.2", "10.1.0.255", "10.1.1.0",
		"172.16.0.1", "172.16.0.6", "172.16.0.7", FA };

	return (struct in_addr){ inet_addr(some[ops_pick(o, 12)]) };
}

static struct had_priv_tunnel
any_tunnel(struct ops *o)
{
	struct had_priv_tunnel t = { .way = ops_pick(o, 6) };

	if (ops_pick(o, 4))
		t.coa = any_coa(o);
	if (priv_place_is_nested(&t) ? ops_pick(o, 8) != 7 :
	    ops_pick(o, 16) == 15)
		t.via.s_addr = inet_addr(ops_pick(o, 4) ? FA : AR1);
	if (t.way == HAD_WAY_GRE || t.way == HAD_WAY_NESTED_GRE ||
	    ops_pick(o, 8) == 7)
		t.gre = (struct gre_keys){ ops_pick(o, 3), ops_pick(o, 3) };
	return t;
}

static size_t
put_route(struct ops *o, uint8_t *b)
{
	static const char *const some[] = { "2001:db8:100:5::",
		"2001:db8:200:1::5", "::", "2001:db8:100:5::1", "fe80::" };
	struct had_priv_route q = { .handle = ops_pick(o, 3) };

	q.tunnel = any_tunnel(o);
	q.coa = any_coa(o);
	q.gre = (struct gre_keys){ ops_pick(o, 3), ops_pick(o, 3) };
	q.replaced = ops_pick(o, 2);
	(void)inet_pton(AF_INET6, some[ops_pick(o, 5)], &q.prefix);
	q.len = ops_pick(o, 4) ? 64 : 128;
	if (ops_pick(o, 8) == 7)
		q.len = ops_u8(o);
	memcpy(b, &q, sizeof(q));
	return sizeof(q);
}

/* One message: header and body as the input has it, or nearly right. */
static size_t
message(struct ops *o, uint8_t *b)
{
	static const uint16_t types[] = { HAD_PRIV_TUNNEL_ADD,
		HAD_PRIV_TUNNEL_DEL, HAD_PRIV_ND_OPEN };
	uint8_t *body = b + sizeof(struct priv_hdr);
	struct had_priv_tunnel tunnel;
	uint16_t type;
	size_t len;

	switch (ops_pick(o, 4)) {
	case 0:
		type = types[ops_pick(o, 3)];
		tunnel = any_tunnel(o);
		len = sizeof(tunnel);
		memcpy(body, &tunnel, len);
		break;
	case 1:
		type = ops_pick(o, 2) ? HAD_PRIV_ROUTE_ADD :
		    HAD_PRIV_ROUTE_DEL;
		len = put_route(o, body);
		break;
	case 2:
		return priv_any(o, b, 8);
	default:
		return ops_bytes(o, b, ops_u8(o));
	}
	return priv_seal(o, b, type, len);
}

static void
config(void)
{
	static struct peer peers[2];
	static struct pool pools[2];
	static struct access_nodes nodes;
	static struct care_of_range range[2];
	static const struct foreign_agent agent;
	static uint64_t used;

	memset(&kernel, 0, sizeof(kernel));
	rig_pool(&pools[0], "homes", "2001:db8:100::", 48, POOL_UNIQUE);
	rig_pool(&pools[1], "village", "2001:db8:200:1::", 64, POOL_SHARED);
	peers[0] = (struct peer){ .name = pools[0].name,
		.addr.s_addr = inet_addr(AR1) };
	peers[1] = (struct peer){ .name = pools[1].name,
		.addr.s_addr = inet_addr(AR2), .gre = true };
	kernel.conf = (struct had_config){ .tunnel_mtu = 1480,
		.pools = pools, .n_pools = 2, .peers = peers, .n_peers = 2 };
	kernel.conf.address.s_addr = inet_addr(HA);
	nodes.peer = (struct peer){ .name = pools[1].name, .nodes = &nodes,
		.max_bindings = NODES_MAX, .gre = true };
	nodes.home4 = (struct home4){ .first = 0xac100001, .n = 6,
		.used = &used };
	range[0] = (struct care_of_range){ 0x0a010000, 0x0a0100ff,
		&nodes.peer, NULL };
	range[1] = (struct care_of_range){ 0xcb007107, 0xcb007107,
		&nodes.peer, &agent };
	kernel.conf.nodes = &nodes;
	kernel.conf.ranges = range;
	kernel.conf.n_nodes = 1;
	kernel.conf.n_ranges = 2;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ops o = { data, data + len };
	struct priv_server server;
	struct priv_state *state;
	uint8_t b[2048];
	int sock[2];
	unsigned n;
	size_t size;

	(void)log_set_level(NULL, "error");
	config();
	state = priv_ops_new(&kernel.conf, &server);
	fuzz_assert(state && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC,
	    0, sock) == 0);
	for (n = 0; n < MAX_OPS && ops_more(&o); n++) {
		kernel.failing = ops_pick(&o, 8) == 7;
		size = priv_datagram(&o, b, message);
		if (size == 0)
			continue;
		fuzz_assert(send(sock[0], b, size, 0) == (ssize_t)size);
		priv_receive(&server, sock[1]);
		fuzz_assert(!kernel.batch);
	}
	kernel.failing = false;
	server.engine_gone(state);
	priv_ops_free(state);
	close(sock[0]);
	close(sock[1]);
	return 0;
}

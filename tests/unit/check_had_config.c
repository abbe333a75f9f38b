/* SPDX-License-Identifier: BSD-2-Clause */
/* had.conf: the shipped example, and each mistake with its line. */
#include "config.h"

#include <arpa/inet.h>

#include "had/had_config.h"
#include "tests/unit/test.h"

#define KEY	"key \"256\" { key-file = \"k\" }"
#define POOL	"pool \"p\" { prefix = \"2001:db8:100::/48\" }\n"
#define SHARED	"pool \"s\" { prefix = \"2001:db8:200:1::/64\" mode = " \
		"shared }\n"
#define PEER	"peer \"n\" { address = \"192.0.2.1\" " KEY " }\n"
#define PEER2	"peer \"m\" { address = \"192.0.2.5\" " KEY " }\n"
#define NODE(more) "access-node \"b\" { care-of = {\"10.1.0.0/16\"} "	\
		"pools = {\"s\"} " more " }\n"
#define LAN(name, net, dev) "pool \"" name "\" { prefix = \"2001:db8:" net \
		"::/64\" mode = shared home-link = " dev " }\n"
#define ADDR	"address = \"198.51.100.1\"\n"

static char dir[64];

static void
setup(void)
{
	test_dir_enter(dir);
	test_file("k", "hex:000102030405060708090a0b0c0d0e0f\n", 0600);
	test_file("open", "hex:000102030405060708090a0b0c0d0e0f\n", 0644);
}

static void
teardown(void)
{
	test_dir_leave(dir);
}

static struct had_config *
load(const char *text, char said[static 4096])
{
	struct had_config *h;
	int saved;

	test_file("had.conf", text, 0600);
	saved = test_log_begin();
	h = had_config_load("had.conf", false);
	test_log_end(saved, said, 4096);
	return h;
}

#define SERVER	"server \"a\" { address = \"203.0.113.10\" "		\
		"secret-file = \"k\" }"
#define LOOKUP	"user-lookup { " SERVER " "

START_TEST(lookup)
{
	char said[4096];
	struct had_config *h = load(ADDR POOL "peer \"n\" { address = "
	    "\"192.0.2.1\" user-lookup = false " KEY " }\n" PEER2 LOOKUP
	    "wait = 2 cache-time = 60 negative-cache-time = 7 "
	    "max-users = 10 max-waiting = 20 max-waiting-per-peer = 5 "
	    "mn-ha-algorithm = hmac-sha256 service-type = authorize-only "
	    "nas-identifier = \"h\" }\n", said);
	struct had_lookup_conf *l;

	ck_assert_msg(h != NULL, "%s", said);
	l = &h->lookup;
	ck_assert(l->on);
	ck_assert_uint_eq(l->radius.n_servers, 1);
	ck_assert_str_eq(l->radius.server[0].name, "a");
	ck_assert_uint_eq(l->radius.server[0].secret.len, 16);
	ck_assert_uint_eq(l->radius.server[0].auth_port, 1812);
	ck_assert_uint_eq(l->radius.auth_ms, 2000);
	ck_assert_uint_eq(l->params.known_s, 60);
	ck_assert_uint_eq(l->params.rejected_s, 7);
	ck_assert_uint_eq(l->params.max_users, 10);
	ck_assert_uint_eq(l->params.max_waiting, 20);
	ck_assert_uint_eq(l->params.max_waiting_peer, 5);
	ck_assert_int_eq(l->alg, MIP4_ALG_HMAC_SHA256);
	ck_assert_uint_eq(l->service_type, 17);
	ck_assert_str_eq(l->nas_id, "h");
	ck_assert(h->peers[0].no_lookup && !h->peers[1].no_lookup);
	had_config_free(h);
	h = load(ADDR POOL PEER LOOKUP "}\n", said);
	ck_assert_msg(h != NULL, "%s", said);
	ck_assert_uint_eq(h->lookup.service_type, 10);
	ck_assert_uint_eq(h->lookup.radius.auth_ms, 5000);
	ck_assert_uint_eq(h->lookup.params.known_s, 3600);
	had_config_free(h);
	h = load(ADDR POOL PEER, said);
	ck_assert(!h->lookup.on);
	had_config_free(h);
}
END_TEST

START_TEST(defaults)
{
	char said[4096];
	struct had_config *h = load(ADDR POOL PEER, said);

	ck_assert_msg(h != NULL, "%s", said);
	ck_assert_str_eq(said, "");
	ck_assert_uint_eq(h->address.s_addr, inet_addr("198.51.100.1"));
	ck_assert_uint_eq(h->port, 434);
	ck_assert_uint_eq(h->max_lifetime, 3600);
	ck_assert_uint_eq(h->replay_window, 7);
	ck_assert_uint_eq(h->flap_limit, 5);
	ck_assert_uint_eq(h->shed_after, 500);
	ck_assert_uint_eq(h->shed_pending, 10000);
	ck_assert_uint_eq(h->peers[0].max_bindings, 100000);
	ck_assert_ptr_null(h->peers[0].group);
	ck_assert_uint_eq(h->tunnel_mtu, 1480);
	ck_assert_int_eq(h->dataplane, HAD_DATAPLANE_KERNEL);
	ck_assert_uint_eq(h->pools[0].hold, 86400);
	ck_assert_int_eq(h->pools[0].mode, POOL_UNIQUE);
	ck_assert_uint_eq(h->peers[0].n_pools, 1);
	ck_assert_uint_eq(h->peers[0].sas[0].sa.spi, 256);
	ck_assert_uint_eq(h->peers[0].sas[0].sa.key_len, 16);
	ck_assert_uint_eq(h->types.hoa, 221);
	ck_assert_str_eq(h->control_socket, "/run/netmip4/had.ctl");
	had_config_free(h);
}
END_TEST

START_TEST(gre)
{
	char said[4096];
	struct had_config *h = load(ADDR SHARED PEER "peer \"m\" { address = "
	    "\"192.0.2.5\" gre = true " KEY " }\n" NODE("gre = true")
	    "dataplane { mtu = 1288 }\n", said);

	ck_assert_msg(h != NULL, "%s", said);
	ck_assert(!h->peers[0].gre && h->peers[1].gre);
	ck_assert(h->nodes[0].peer.gre);
	had_config_free(h);
}
END_TEST

#define BEHIND(agents, hoa) "access-node \"b\" { pools = {\"s\"} "	\
		agents " assign-ipv4-hoa = \"" hoa "\" }\n"
#define SPACES "\nipv4-hoa-per-realm = true "
#define AGENT(addr, key) "foreign-agent \"" addr "\" { " key " }"

START_TEST(foreign_agents)
{
	char said[4096];
	struct had_config *h = load(ADDR SHARED BEHIND(AGENT("10.9.0.9", KEY)
	    AGENT("10.9.0.8", ""), "172.16.0.0/24"), said);
	const struct access_nodes *b;

	ck_assert_msg(h != NULL, "%s", said);
	b = &h->nodes[0];
	ck_assert_uint_eq(b->n_agents, 2);
	ck_assert_uint_eq(b->agents[0].n_sas, 1);
	ck_assert_uint_eq(b->agents[0].sas[0].spi, 256);
	ck_assert_uint_eq(b->agents[1].n_sas, 0);
	ck_assert_uint_eq(b->home4.n, 254);
	ck_assert_uint_eq(b->home4.first, 0xac100001);
	ck_assert_uint_eq(h->n_ranges, 2);
	ck_assert_uint_eq(h->ranges[0].first, 0x0a090008);
	ck_assert_uint_eq(h->ranges[0].last, 0x0a090008);
	ck_assert_ptr_eq(h->ranges[0].fa, &b->agents[1]);
	ck_assert_ptr_eq(h->ranges[1].fa, &b->agents[0]);
	ck_assert_ptr_eq(h->ranges[1].peer, &b->peer);
	ck_assert_uint_eq(b->n_spaces, 0);
	had_config_free(h);
	/* Each realm has all the addresses. */
	h = load(ADDR SHARED BEHIND(AGENT("10.9.0.9", KEY) SPACES
	    "gre = true realms = {\"a.net\", \"b.net\"}",
	    "172.16.0.0/24"), said);
	ck_assert_msg(h != NULL, "%s", said);
	b = &h->nodes[0];
	ck_assert_uint_eq(b->n_spaces, 2);
	ck_assert_uint_eq(b->spaces[1].n, 254);
	ck_assert_uint_eq(b->spaces[1].first, 0xac100001);
	home4_take(&b->spaces[0], (struct in_addr){ htonl(0xac100001) });
	ck_assert(home4_is_free(&b->spaces[1], (struct in_addr){
	    htonl(0xac100001) }));
	had_config_free(h);
}
END_TEST

START_TEST(access_nodes)
{
	char said[4096];
	struct had_config *h = load(ADDR SHARED NODE("managed = true "
	    "max-bindings = 7 router-lifetime = 0 dns-servers = "
	    "{\"2001:db8::53\", \"2001:db8::54\"}") "access-node \"c\" { "
	    "care-of = {\"10.3.0.0/24\", \"10.0.0.7\"} pools = {\"s\"} }\n"
	    "subscriber \"u\" { access-node = false }\n", said);
	const struct access_nodes *b, *c;

	ck_assert_msg(h != NULL, "%s", said);
	ck_assert_uint_eq(h->n_peers, 0);
	ck_assert_uint_eq(h->n_nodes, 2);
	b = &h->nodes[0];
	c = &h->nodes[1];
	ck_assert_ptr_eq(b->peer.nodes, b);
	ck_assert(b->ra.managed && !b->ra.other);
	ck_assert_uint_eq(b->ra.router_lifetime, 0);
	ck_assert_uint_eq(b->ra.n_dns, 2);
	ck_assert_uint_eq(b->ra.dns[1].s6_addr[15], 0x54);
	ck_assert_uint_eq(c->ra.n_dns, 0);
	ck_assert_uint_eq(b->ra.interval, 600);
	ck_assert_uint_eq(b->ra.valid, 2592000);
	ck_assert_uint_eq(b->ra.preferred, 604800);
	ck_assert_uint_eq(b->peer.max_bindings, 7);
	ck_assert_uint_eq(c->peer.max_bindings, 50000);
	/* no home link: each section is a link */
	ck_assert_ptr_eq(b->link, &b->own_link);
	ck_assert_ptr_eq(c->link, &c->own_link);
	ck_assert_uint_eq(h->n_ranges, 3);
	ck_assert_uint_eq(h->ranges[0].first, 0x0a000007);
	ck_assert_uint_eq(h->ranges[0].last, 0x0a000007);
	ck_assert_ptr_eq(h->ranges[0].peer, &c->peer);
	ck_assert_uint_eq(h->ranges[1].first, 0x0a010000);
	ck_assert_uint_eq(h->ranges[1].last, 0x0a01ffff);
	ck_assert_ptr_eq(h->ranges[1].peer, &b->peer);
	ck_assert(h->users[0].no_node);
	had_config_free(h);
	/* One home link has the link-local addresses of both. */
	h = load(ADDR LAN("l", "7", "eth1") LAN("m", "8", "eth1")
	    "access-node \"b\" { care-of = {\"0.0.0.0/1\"} pools = {\"l\"} }\n"
	    "access-node \"c\" { care-of = {\"128.0.0.0/1\"} "
	    "pools = {\"m\", \"l\"} }\n", said);
	ck_assert_msg(h != NULL, "%s", said);
	ck_assert_ptr_eq(h->nodes[1].link, &h->nodes[0].own_link);
	ck_assert_uint_eq(h->ranges[1].last, UINT32_MAX);
	had_config_free(h);
}
END_TEST

START_TEST(exits)
{
	char said[4096];
	struct had_config *h = load(ADDR POOL PEER "exit \"6to4\" { }\n",
	    said);

	ck_assert_msg(h != NULL, "%s", said);
	ck_assert(h->exit.on && h->exit.direct);
	ck_assert_uint_eq(h->exit.address.s_addr, h->address.s_addr);
	ck_assert_uint_eq(h->exit.relay.s_addr, INADDR_ANY);
	ck_assert_uint_eq(h->exit.n_routes, 0);
	ck_assert_uint_eq(h->exit.mtu, 1480);
	had_config_free(h);
	h = load(ADDR "pool \"s\" { prefix = \"2001:db8:1::/64\" mode = "
	    "shared home-link = eth1 }\n" PEER "exit \"6to4\" { address = "
	    "\"203.0.113.1\" relay = \"192.0.2.9\" direct = false routes = "
	    "{\"2001::/16\", \"2400::/12\"} metric = 7 mtu = 1400 }\n", said);
	ck_assert_msg(h != NULL, "%s", said);
	ck_assert_str_eq(h->pools[0].home_link, "eth1");
	ck_assert(!h->exit.direct);
	ck_assert_uint_eq(h->exit.address.s_addr, inet_addr("203.0.113.1"));
	ck_assert_uint_eq(h->exit.relay.s_addr, inet_addr("192.0.2.9"));
	ck_assert_uint_eq(h->exit.n_routes, 2);
	ck_assert_uint_eq(h->exit.routes[1].len, 12);
	ck_assert_uint_eq(h->exit.routes[1].addr.s6_addr[0], 0x24);
	ck_assert_uint_eq(h->exit.metric, 7);
	ck_assert_uint_eq(h->exit.mtu, 1400);
	had_config_free(h);
	h = load(ADDR POOL PEER "exit \"6to4\" { relay = \"192.0.2.9\" }\n",
	    said);
	ck_assert_msg(h != NULL, "%s", said);
	ck_assert_uint_eq(h->exit.n_routes, 1);
	ck_assert_uint_eq(h->exit.routes[0].len, 0);
	had_config_free(h);
}
END_TEST

START_TEST(everything)
{
	char said[4096];
	struct had_config *h = load(ADDR "port = 1434\n"
	    "shed-after = 100\nshed-pending = 0\n"
	    "max-lifetime = 600\nstrict-reserved = both\n"
	    "always-code-1 = true\ndynamic-ha = true\nrevocation = false\n"
	    "redirect = \"198.51.100.5\"\n"
	    "chroot = \"\"\ndataplane { type = none mtu = 1400 }\n"
	    "extension-type { ipv6-hoa-request = 60 }\n" POOL
	    "pool \"s\" { prefix = \"2001:db8:200:1::/64\" mode = shared "
	    "max-lifetime = 60 prefix-hold = 0 hold-reclaim = false }\n"
	    "peer \"a\" { address = \"192.0.2.1\" pools = {\"s\", \"p\"} "
	    "realms = {\"x.org\"} max-bindings = 7 group = \"g\" " KEY " }\n"
	    "user-key \"Bob@X.org\" { key \"512\" { key-file = \"k\" "
	    "algorithm = hmac-sha256 } }\n"
	    "realm \"X.org\" { pools = {\"s\"} max-lifetime = 40 }\n"
	    "realm \"*\" { }\npool-hint = require\n"
	    "subscriber \"ann@X.org\" { home-prefix = "
	    "\"2001:db8:100:7::/64\" }\n"
	    "subscriber \"joe@X.org\" { pool = \"s\" home-address = "
	    "\"2001:db8:200:1::5\" " KEY " }\n"
	    "subscriber \"sue@X.org\" { pool = \"s\" }\n", said);

	ck_assert_msg(h != NULL, "%s", said);
	ck_assert_uint_eq(h->port, 1434);
	ck_assert_int_eq(h->strict, HAD_STRICT_BOTH);
	ck_assert(h->always_code_1 && h->dynamic_ha && !h->revocation);
	ck_assert_uint_eq(h->redirect.s_addr, inet_addr("198.51.100.5"));
	ck_assert_ptr_null(h->chroot);
	ck_assert_int_eq(h->dataplane, HAD_DATAPLANE_NONE);
	ck_assert_uint_eq(h->types.hoa_request, 60);
	ck_assert_uint_eq(h->pools[0].max_lifetime, 600);
	ck_assert_uint_eq(h->pools[1].max_lifetime, 60);
	ck_assert_uint_eq(h->pools[1].hold, 0);
	ck_assert_ptr_eq(h->peers[0].pools[0], &h->pools[1]);
	ck_assert_ptr_eq(h->peers[0].pools[1], &h->pools[0]);
	ck_assert_uint_eq(h->peers[0].max_bindings, 7);
	ck_assert_str_eq(h->peers[0].group, "g");
	ck_assert_uint_eq(h->shed_after, 100);
	ck_assert_uint_eq(h->shed_pending, 0);
	ck_assert(!h->pools[0].hold_strict && h->pools[1].hold_strict);
	ck_assert_int_eq(h->hint, HAD_HINT_REQUIRE);
	ck_assert_uint_eq(h->n_realms, 2);
	ck_assert_str_eq(h->realms[0].name, "x.org");
	ck_assert_uint_eq(h->realms[0].n_pools, 1);
	ck_assert_ptr_eq(h->realms[0].pools[0], &h->pools[1]);
	ck_assert_uint_eq(h->realms[0].max_lifetime, 40);
	ck_assert_uint_eq(h->realms[1].n_pools, 2);
	ck_assert_uint_eq(h->realms[1].max_lifetime, 600);
	ck_assert_uint_eq(h->n_users, 4);
	/* user-key after subscriber */
	ck_assert_int_eq(h->users[3].sas[0].alg, MIP4_ALG_HMAC_SHA256);
	ck_assert(!h->users[3].home.fixed && !h->users[3].home.pool);
	ck_assert(h->users[0].home.fixed && h->users[0].n_sas == 0);
	ck_assert_ptr_eq(h->users[0].home.pool, &h->pools[0]);
	ck_assert_ptr_null(h->users[0].reserved.pool);
	ck_assert(h->users[1].home.fixed && h->users[1].n_sas == 1);
	ck_assert_ptr_eq(h->users[1].home.pool, &h->pools[1]);
	ck_assert(!h->users[2].home.fixed);
	ck_assert_ptr_eq(h->users[2].home.pool, &h->pools[1]);
	had_config_free(h);
}
END_TEST

/* What is wrong, and how the line begins that says so. */
static const struct {
	const char	*text;
	const char	*says;
} bad[] = {
	{ ADDR SHARED PEER "access-node \"b\" { pools = {\"s\"} }\n",
	    "had.conf:4: care-of: missing" },
	{ ADDR SHARED PEER "access-node \"b\" { care-of = {\"10.1.0.1\"} }\n",
	    "had.conf:4: pools: missing" },
	{ ADDR SHARED PEER "access-node \"b\" { pools = {\"s\"}\n"
	    "care-of = {\"10.1.0.0/16\", \"10.2.0.1/16\"} }\n",
	    "had.conf:5: care-of: \"10.2.0.1/16\"" },
	{ ADDR SHARED PEER "access-node \"b\" { pools = {\"s\"}\n"
	    "care-of = {\"10.1.0.0/33\"} }\n", "had.conf:5: care-of" },
	{ ADDR SHARED PEER "access-node \"b\" { pools = {\"s\"}\n"
	    "care-of = {\"10.1.0.0/\"} }\n", "had.conf:5: care-of" },
	{ ADDR SHARED PEER NODE("") "access-node \"c\" { pools = {\"s\"}\n"
	    "care-of = {\"10.0.0.0/8\"} }\n", "overlaps" },
	{ ADDR SHARED PEER NODE("") "access-node \"c\" { pools = {\"s\"}\n"
	    "assign-ipv4-hoa = \"172.16.0.0/24\"\n"
	    AGENT("10.1.0.9", "") " }\n", "overlaps" },
	{ ADDR SHARED "access-node \"c\" { pools = {\"s\"}\n"
	    AGENT("10.1.0.9", "") " }\n",
	    "had.conf:3: assign-ipv4-hoa: missing" },
	{ ADDR SHARED NODE("assign-ipv4-hoa = \"172.16.0.0/24\""),
	    "had.conf:3: assign-ipv4-hoa: needs a foreign-agent" },
	{ ADDR SHARED BEHIND(AGENT("10.9.0.9", ""), "172.16.0.1/24"),
	    "had.conf:3: assign-ipv4-hoa: \"172.16.0.1/24\": not an" },
	{ ADDR SHARED BEHIND(AGENT("10.9.0.9", ""), "172.16.0.0/14"),
	    "had.conf:3: assign-ipv4-hoa: more than 65536" },
	{ ADDR SHARED BEHIND(AGENT("10.9.0.9", ""), "198.51.100.0/24"),
	    "had.conf:3: assign-ipv4-hoa: has our own address" },
	{ ADDR SHARED PEER BEHIND(AGENT("10.9.0.9", ""), "192.0.2.0/24"),
	    "had.conf:4: assign-ipv4-hoa: has a peer's address" },
	{ ADDR SHARED BEHIND(AGENT("10.9.0.9", ""), "10.9.0.0/24"),
	    "had.conf:3: assign-ipv4-hoa: has a care-of address" },
	{ ADDR SHARED BEHIND(AGENT("10.9.0.9", ""), "172.16.0.0/24")
	    "access-node \"c\" { pools = {\"s\"} " AGENT("10.9.0.8", "")
	    " assign-ipv4-hoa = \"172.16.0.128/25\" }\n",
	    "had.conf:4: assign-ipv4-hoa: has addresses of another" },
	{ ADDR SHARED BEHIND(AGENT("224.0.0.9", ""), "172.16.0.0/24"),
	    "had.conf:3: foreign-agent: \"224.0.0.9\": not the IPv4 address of a host" },
	{ ADDR SHARED BEHIND(AGENT("198.51.100.1", ""), "172.16.0.0/24"),
	    "had.conf:3: foreign-agent: is our own address" },
	{ ADDR SHARED NODE("ipv4-hoa-per-realm = true"),
	    "had.conf:3: ipv4-hoa-per-realm: needs a foreign-agent" },
	{ ADDR SHARED BEHIND(AGENT("10.9.0.9", KEY) SPACES, "172.16.0.0/24"),
	    "had.conf:4: ipv4-hoa-per-realm: needs realms" },
	{ ADDR SHARED BEHIND(AGENT("10.9.0.9", KEY) SPACES
	    " realms = {\"a.net\"}", "172.16.0.0/24"),
	    "had.conf:4: ipv4-hoa-per-realm: needs gre" },
	{ ADDR SHARED BEHIND(AGENT("10.9.0.9", "") SPACES
	    " gre = true realms = {\"a.net\"}", "172.16.0.0/24"),
	    "had.conf:3: key: at least one is needed for GRE" },
	{ ADDR SHARED BEHIND(AGENT("10.9.0.9", KEY KEY), "172.16.0.0/24"),
	    "key: given twice" },
	{ ADDR POOL SHARED PEER "access-node \"b\" { care-of = "
	    "{\"10.1.0.0/16\"}\npools = {\"p\"} }\n",
	    "had.conf:6: pools: \"p\" is not shared" },
	{ ADDR SHARED LAN("l", "7", "eth1") PEER "access-node \"b\" { care-of "
	    "= {\"10.1.0.0/16\"}\npools = {\"s\", \"l\"} }\n",
	    "had.conf:6: pools: \"l\" is of another home link" },
	{ ADDR SHARED LAN("l", "7", "eth1") LAN("m", "8", "eth1")
	    LAN("n", "9", "eth1") "access-node \"b\" { care-of = "
	    "{\"10.1.0.0/16\"}\npools = {\"l\", \"m\", \"n\"} }\n",
	    "had.conf:7: pools: more than 2" },
	{ ADDR SHARED PEER NODE("\nra-interval = 3"),
	    "had.conf:5: ra-interval" },
	{ ADDR SHARED PEER NODE("\nrouter-lifetime = 599"),
	    "had.conf:5: router-lifetime" },
	{ ADDR SHARED PEER "dataplane { mtu = 1287 }\n" NODE("\ngre = true"),
	    "had.conf:6: gre: dataplane's mtu must be 1288 at least" },
	{ ADDR SHARED PEER NODE("\nvalid-lifetime = 0"),
	    "had.conf:5: valid-lifetime" },
	{ ADDR SHARED PEER NODE("\npreferred-lifetime = 2592001"),
	    "had.conf:5: preferred-lifetime" },
	{ ADDR SHARED PEER "access-node \"n\" { care-of = "
	    "{\"10.1.0.0/16\"} pools = {\"s\"} }\n",
	    "had.conf:4: access-node: a peer has this name" },
	{ ADDR SHARED PEER NODE("\ndns-servers = {\"192.0.2.53\"}"),
	    "had.conf:5: dns-servers: \"192.0.2.53\"" },
	{ ADDR SHARED PEER NODE("\ndns-servers = {\"::1\", \"::2\", \"::3\", "
	    "\"::4\", \"::5\"}"), "had.conf:5: dns-servers: more than 4" },
	{ ADDR SHARED, "access-node" },
	/* What has no name could not be named, nor compared. */
	{ ADDR "pool \"\" { prefix = \"2001:db8::/48\" }\n" PEER,
	    "had.conf:2: pool: needs a name" },
	{ ADDR POOL "peer \"\" { address = \"192.0.2.1\" " KEY " }\n",
	    "had.conf:3: peer: needs a name" },
	{ ADDR POOL "peer \"n\" { address = \"192.0.2.1\" realms = "
	    "{\"a\", \"\"} " KEY " }\nrealm \"a\" { }\n",
	    "had.conf:3: realms: an empty name" },
	{ ADDR POOL PEER "control-socket = \"\"\n",
	    "had.conf:4: control-socket: empty" },
	{ ADDR POOL PEER "dataplane {\nmtu = maybe }\n",
	    "had.conf:5: mtu: " },
	{ ADDR POOL PEER "user-lookup {\nserver \"a\" {\ntimeout = x } }\n",
	    "had.conf:6: timeout: " },
	{ POOL PEER, "had.conf:1: address: missing" },
	{ ADDR POOL PEER "nonsense = 1\n", "had.conf:4: nonsense" },
	{ "address = \"1.2.3\"\n" POOL PEER, "had.conf:1: address" },
	{ "address = \"224.0.0.1\"\n" POOL PEER, "had.conf:1: address" },
	{ "address = \"0.0.0.0\"\n" POOL PEER, "had.conf:1: address" },
	{ ADDR POOL PEER "redirect = \"255.255.255.255\"\n",
	    "had.conf:4: redirect: not the address of a host" },
	{ ADDR POOL PEER "redirect = \"198.51.100.1\"\n",
	    "had.conf:4: redirect: our own address" },
	{ ADDR PEER, "pool: at least one" },
	{ ADDR POOL, "peer: at least one" },
	{ ADDR "pool \"p\" { }\n" PEER, "had.conf:2: prefix: missing" },
	{ ADDR "pool \"p\" { prefix = \"2001:db8::/200\" }\n" PEER,
	    "had.conf:2: prefix" },
	{ ADDR "pool \"p\" { prefix = \"2001:db8::1/48\" }\n" PEER,
	    "had.conf:2: prefix" },
	{ ADDR "pool \"p\" { prefix = \"2001:db8::/65\" }\n" PEER,
	    "had.conf:2: prefix: longer than /64" },
	{ ADDR "pool \"p\" { prefix = \"2001:db8::/63\" mode = shared }\n"
	    PEER, "had.conf:2: prefix: a shared pool is a /64" },
	{ ADDR "pool \"p\" { prefix = \"fe80::/64\" }\n" PEER,
	    "had.conf:2: prefix" },
	{ ADDR "pool \"p\" { prefix = \"::/0\" }\n" PEER,
	    "had.conf:2: prefix" },
	{ ADDR "pool \"p\" { prefix = \"2001:db8::/48\" mode = odd }\n" PEER,
	    "had.conf:2: mode" },
	{ ADDR POOL "pool \"q\" { prefix = \"2001:db8:100:8::/64\" mode = "
	    "shared }\n" PEER, "had.conf:3: prefix: overlaps with pool \"p\"" },
	{ ADDR "pool \"p\" { prefix = \"2001:db8::/64\" home-link = eth1 }\n"
	    PEER, "had.conf:2: home-link: only for a shared pool" },
	{ ADDR "pool \"p\" { prefix = \"2001:db8::/64\" mode = shared "
	    "home-link = a-name-that-is-too-long }\n" PEER,
	    "had.conf:2: home-link: not the name of a device" },
	{ ADDR POOL PEER "exit \"6in4\" { }\n",
	    "had.conf:4: exit: the only kind is \"6to4\"" },
	{ ADDR POOL PEER "exit \"6to4\" { direct = false }\n",
	    "had.conf:4: relay: missing" },
	{ ADDR POOL PEER "exit \"6to4\" { relay = \"10.0.0.1\" }\n",
	    "had.conf:4: relay: private" },
	{ ADDR POOL PEER "exit \"6to4\" { relay = \"198.51.100.1\" }\n",
	    "had.conf:4: relay: our own address" },
	{ ADDR POOL PEER "exit \"6to4\" { relay = \"192.0.2.1\" }\n",
	    "had.conf:4: relay: is peer \"n\"" },
	{ ADDR POOL PEER "exit \"6to4\" { address = \"172.16.0.1\" }\n",
	    "had.conf:4: address: private" },
	{ ADDR POOL PEER "exit \"6to4\" { routes = {\"::/0\"} }\n",
	    "had.conf:4: routes: without a relay" },
	{ ADDR POOL PEER "exit \"6to4\" { relay = \"192.0.2.9\" "
	    "routes = {\"::/0\", \"2001::1/16\"} }\n",
	    "had.conf:4: routes" },
	{ ADDR POOL PEER "exit \"6to4\" { mtu = 1279 }\n",
	    "had.conf:4: mtu" },
	{ ADDR POOL PEER "dataplane { type = none }\nexit \"6to4\" { }\n",
	    "had.conf:5: exit: needs dataplane type kernel" },
	{ ADDR POOL "pool \"q\" { prefix = \"2001:db8::/32\" }\n" PEER,
	    "had.conf:3: prefix: overlaps with pool \"p\"" },
	{ ADDR POOL "pool \"p\" { prefix = \"2001:db8:300::/48\" }\n" PEER,
	    "had.conf:3: " },
	{ ADDR POOL PEER "peer \"m\" { address = \"192.0.2.1\" " KEY " }\n",
	    "had.conf:4: address: peer \"n\" has the same" },
	{ ADDR POOL "peer \"n\" { " KEY " }\n",
	    "had.conf:3: address: missing" },
	{ ADDR POOL "peer \"n\" { address = \"198.51.100.1\" " KEY " }\n",
	    "had.conf:3: address: is our own" },
	{ ADDR POOL "peer \"n\" { address = \"192.0.2.1\" }\n",
	    "had.conf:3: key: at least one" },
	{ ADDR POOL "peer \"n\" { address = \"192.0.2.1\" mode = an " KEY
	    " }\n", "had.conf:3: mode" },
	{ ADDR POOL "peer \"n\" { address = \"192.0.2.1\" pools = {\"x\"} "
	    KEY " }\n", "had.conf:3: pools: no pool \"x\"" },
	{ ADDR POOL "peer \"n\" { address = \"192.0.2.1\" key \"255\" "
	    "{ key-file = \"k\" } }\n", "had.conf:3: " },
	{ ADDR POOL "peer \"n\" { address = \"192.0.2.1\" " KEY
	    " key \"0x100\" { key-file = \"k\" } }\n",
	    "had.conf:3: key: SPI 256 twice" },
	{ ADDR POOL "peer \"n\" { address = \"192.0.2.1\" key \"256\" "
	    "{ key-file = \"open\" } }\n", "had.conf:3: key-file" },
	{ ADDR POOL "peer \"n\" { address = \"192.0.2.1\" key \"256\" "
	    "{ key-file = \"absent\" } }\n", "had.conf:3: key-file" },
	{ ADDR POOL "peer \"n\" { address = \"192.0.2.1\" key \"256\" "
	    "{ key-file = \"k\" algorithm = rot13 } }\n",
	    "had.conf:3: algorithm" },
	{ ADDR POOL PEER "user-lookup { }\n", "had.conf:4: server: no RADIUS" },
	{ ADDR POOL PEER "user-lookup {\nserver \"a\" { }\n}\n",
	    "had.conf:5: address: missing" },
	{ ADDR POOL PEER "user-lookup {\nserver \"a\" { }\n}\n",
	    "had.conf:5: secret-file: missing" },
	{ ADDR POOL PEER LOOKUP "server \"b\" { address = \"203.0.113.10\" "
	    "secret-file = \"open\" }\n}\n", "secret-file: open: " },
	{ ADDR POOL PEER LOOKUP "server \"b\" { address = \"203.0.113.10\" "
	    "secret-file = \"k\" }\n}\n", "server \"a\" has it already" },
	{ ADDR POOL PEER LOOKUP "\nwait = 0 }\n", "had.conf:5: wait" },
	{ ADDR POOL PEER LOOKUP "\nservice-type = login }\n",
	    "had.conf:5: service-type: \"login\": call-check, " },
	{ ADDR POOL PEER LOOKUP "\nmn-ha-algorithm = md4 }\n",
	    "had.conf:5: mn-ha-algorithm: \"md4\" is not known" },
	{ ADDR POOL PEER LOOKUP "\nnas-identifier = \"\" }\n",
	    "had.conf:5: nas-identifier" },
	{ ADDR POOL PEER LOOKUP "}\n" LOOKUP "}\n", "had.conf:5: " },
	{ ADDR POOL PEER "user-key \"\" { " KEY " }\n", "had.conf:4: " },
	{ ADDR POOL PEER "user-key \"a@b\" { }\n", "had.conf:4: key" },
	{ ADDR POOL PEER "user-key \"a@B\" { " KEY " }\n"
	    "user-key \"a@b\" { " KEY " }\n", "had.conf:5: " },
	{ ADDR POOL PEER "subscriber \"a@b\" { }\n"
	    "user-key \"a@b\" { " KEY " }\n",
	    "had.conf:5: user-key: there is one" },
	{ ADDR POOL PEER "subscriber \"a@b\" { pool = \"q\" }\n",
	    "had.conf:4: pool: no pool \"q\"" },
	{ ADDR POOL PEER "subscriber \"a@b\" { home-prefix = "
	    "\"2001:db8:101::/64\" }\n",
	    "had.conf:4: home-prefix: is in no pool" },
	{ ADDR POOL PEER "subscriber \"a@b\" { home-prefix = "
	    "\"2001:db8:100::/63\" }\n",
	    "had.conf:4: home-prefix: is not a /64" },
	{ ADDR POOL PEER "subscriber \"a@b\" { home-address = "
	    "\"2001:db8:100::5\" }\n",
	    "had.conf:4: home-address: pool \"p\" is unique" },
	{ ADDR POOL SHARED PEER "subscriber \"a@b\" { home-prefix = "
	    "\"2001:db8:200:1::/64\" }\n",
	    "had.conf:5: home-prefix: pool \"s\" is shared" },
	{ ADDR POOL SHARED PEER "subscriber \"a@b\" { home-address = "
	    "\"2001:db8:200:1::\" }\n",
	    "had.conf:5: home-address: is a reserved address" },
	{ ADDR POOL SHARED PEER "subscriber \"a@b\" { home-address = "
	    "\"2001:db8:200:1::9\" pool = \"p\" }\n",
	    "had.conf:5: home-address: is in pool \"s\"" },
	{ ADDR POOL SHARED PEER "subscriber \"a@b\" { home-address = "
	    "\"2001:db8:200:1::9\" }\nsubscriber \"b@b\" { home-address = "
	    "\"2001:db8:200:1:0::9\" }\n",
	    "had.conf:6: home-address: another subscriber has it" },
	{ ADDR POOL SHARED PEER "subscriber \"a@b\" { home-address = "
	    "\"2001:db8:200:1::9\" home-prefix = \"2001:db8:100::/64\" }\n",
	    "had.conf:5: home-address: beside home-prefix" },
	{ ADDR POOL PEER "subscriber \"a@b\" { key \"512\" { key-file = "
	    "\"k\" } key \"0x200\" { key-file = \"k\" } }\n",
	    "had.conf:4: key: SPI 512 twice" },
	{ ADDR POOL PEER "pool-hint = maybe\n",
	    "had.conf:4: pool-hint: \"maybe\": prefer, require or ignore" },
	{ ADDR POOL PEER "realm \"x\" { pools = {\"q\"} }\n",
	    "had.conf:4: pools: no pool \"q\"" },
	{ ADDR POOL PEER "realm \"\" { }\n", "had.conf:4: realm: needs a" },
	{ ADDR POOL PEER "realm \"a@b\" { }\n",
	    "had.conf:4: realm: is what follows" },
	{ ADDR POOL PEER "realm \"x\" { }\nrealm \"X\" { }\n",
	    "had.conf:5: realm: there is one" },
	{ ADDR POOL PEER "realm \"x\" { max-lifetime = 0 }\n",
	    "had.conf:4: max-lifetime" },
	{ ADDR POOL PEER "port = 0\n", "had.conf:4: port" },
	{ ADDR POOL PEER "max-lifetime = 65536\n",
	    "had.conf:4: max-lifetime" },
	{ ADDR POOL PEER "strict-reserved = y\n",
	    "had.conf:4: strict-reserved" },
	{ ADDR POOL PEER "dataplane { type = magic }\n", "had.conf:4: type" },
	{ ADDR POOL PEER "dataplane { mtu = 1279 }\n", "had.conf:4: mtu" },
	{ ADDR POOL PEER "log { level = loud }\n", "had.conf:4: level" },
	{ ADDR POOL PEER "shed-after = 60001\n", "had.conf:4: shed-after" },
	{ ADDR POOL PEER "extension-type { ipv6-hoa = 120 }\n",
	    "had.conf:4: " },
	{ ADDR POOL PEER "extension-type { ipv6-hoa = 34 }\n",
	    "had.conf:4: " },
	{ ADDR POOL PEER "extension-type { ipv6-hoa = 300 }\n",
	    "had.conf:4: ipv6-hoa" },
};

START_TEST(mistakes)
{
	char said[4096];
	struct had_config *h = load(bad[_i].text, said);

	ck_assert_msg(h == NULL, "accepted:\n%s", bad[_i].text);
	test_has(said, bad[_i].says);
	test_has_not(said, "0001020304");
}
END_TEST

/* Whom nothing can be given is let through. */
START_TEST(realm_without_pool)
{
	char said[4096];
	struct had_config *h = load(ADDR POOL SHARED "peer \"n\" { address = "
	    "\"192.0.2.1\" pools = {\"p\"} " KEY " }\nrealm \"x\" {\n"
	    "pools = {\"s\"} }\n", said);

	ck_assert_ptr_nonnull(h);
	test_has(said, "had.conf:6: pools: peer \"n\" lets this realm "
	    "through");
	had_config_free(h);
}
END_TEST

/* D3: unwise numbers are taken, and said to be unwise. */
START_TEST(unwise)
{
	char said[4096];
	struct had_config *h = load(ADDR POOL PEER "extension-type {\n"
	    "ipv6-hoa-request = 200 }\n", said);

	ck_assert_ptr_nonnull(h);
	ck_assert_uint_eq(h->types.hoa_request, 200);
	ck_assert_uint_eq(h->types.hoa, 221);
	test_has(said, "had.conf:4: extension-type: the draft wants");
	had_config_free(h);
}
END_TEST

/* D82: one of several peers can not have everything, unless it is told so. */
START_TEST(shares)
{
	static const char two[] = ADDR
	    "pool \"p\" { prefix = \"2001:db8:100::/56\" }\n"
	    "pool \"q\" { prefix = \"2001:db8:200::/40\" }\n"
	    "peer \"a\" { address = \"192.0.2.1\" max-bindings = 127 " KEY
	    " }\n"
	    "peer \"b\" { address = \"192.0.2.2\" max-bindings = 128 " KEY
	    " }\n"
	    "peer \"c\" { address = \"192.0.2.3\" pools = {\"q\"} " KEY
	    " }\n";
	char said[4096];
	struct had_config *h = load(two, said);

	ck_assert_ptr_nonnull(h);
	test_has(said, "had.conf:5: max-bindings: this peer alone could use "
	    "up pool \"p\"");
	test_has_not(said, "had.conf:4");
	test_has_not(said, "\"q\"");
	ck_assert_uint_eq(h->peers[2].max_bindings, 50000);
	had_config_free(h);
}
END_TEST

START_TEST(all_at_once)
{
	char said[4096];

	ck_assert_ptr_null(load("address = \"x\"\nport = 0\n"
	    "pool \"p\" { prefix = \"y\" }\n" PEER, said));
	test_has(said, "had.conf:1: address");
	test_has(said, "had.conf:2: port");
	test_has(said, "had.conf:3: prefix");
}
END_TEST

/* Key file and all: the path in it is the only thing replaced. */
START_TEST(shipped)
{
	char text[8192], said[4096], *p;
	struct had_config *h;
	FILE *f = fopen(SHIPPED_CONF, "r");
	size_t n;

	ck_assert_ptr_nonnull(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	p = strstr(text, "\"/etc/netmip4/nas1.key\"");
	ck_assert_ptr_nonnull(p);
	memset(p, ' ', strlen("\"/etc/netmip4/nas1.key\""));
	memcpy(p, "\"k\"", 3);
	h = load(text, said);
	ck_assert_msg(h != NULL, "%s", said);
	had_config_free(h);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("had_config");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, defaults);
	tcase_add_test(t, lookup);
	tcase_add_test(t, everything);
	tcase_add_test(t, gre);
	tcase_add_test(t, access_nodes);
	tcase_add_test(t, foreign_agents);
	tcase_add_test(t, exits);
	tcase_add_loop_test(t, mistakes, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(t, unwise);
	tcase_add_test(t, realm_without_pool);
	tcase_add_test(t, shares);
	tcase_add_test(t, all_at_once);
	tcase_add_test(t, shipped);
	suite_add_tcase(s, t);
	return test_run(s);
}

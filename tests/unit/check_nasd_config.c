/* SPDX-License-Identifier: BSD-2-Clause */
/* nasd.conf: the shipped example, and each mistake with its line. */
#include "config.h"

#include <errno.h>

#include "nasd/nasd_config.h"
#include "tests/unit/test.h"

#define KEY	"\tkey \"256\" { key-file = \"ha.key\" }\n"
#define GOOD								\
	"care-of-address = \"192.0.2.1\"\n"				\
	"radius {\n"							\
	"\tserver \"a\" {\n"						\
	"\t\taddress = \"203.0.113.10\"\n"				\
	"\t\tsecret-file = \"radius.secret\"\n"				\
	"\t}\n"								\
	"}\n"								\
	"home-agent \"ha1\" {\n"					\
	"\taddress = \"198.51.100.1\"\n"				\
	KEY								\
	"}\n"

#define DAE_CLIENT(name)						\
	"\tclient \"" name "\" { address = \"203.0.113.10\" "	\
	"secret-file = \"radius.secret\" }\n"

#define NODE(name, more)						\
	"access-node \"" name "\" {\n"					\
	"\tnai = \"" name "@example.net\"\n"				\
	"\tkey \"512\" { key-file = \"ha.key\" }\n" more "}\n"
#define FA(fa, coa)							\
	"\tvia-fa = \"" fa "\"\n\tfa-care-of = \"" coa "\"\n"
#define POOL	"care-of-pool = \"192.0.2.100-192.0.2.101\"\n"

static char dir[64];

static void
setup(void)
{
	test_dir_enter(dir);
	test_file("ha.key", "hex:000102030405060708090a0b0c0d0e0f\n", 0600);
	test_file("radius.secret", "testing123\n", 0600);
}

static void
teardown(void)
{
	test_dir_leave(dir);
}

/* Loads text; what was logged is in said. */
static struct nasd_config *
load(const char *text, char said[static 4096])
{
	struct nasd_config *cf;
	int saved, err = 0;

	test_file("nasd.conf", text, 0600);
	saved = test_log_begin();
	cf = nasd_config_load("nasd.conf", false, &err);
	test_log_end(saved, said, 4096);
	ck_assert((cf == NULL) == (err != 0));
	if (cf == NULL)
		ck_assert_int_eq(err, -EINVAL);
	return (cf);
}

START_TEST(defaults)
{
	char said[4096];
	struct nasd_config *cf = load(GOOD, said);
	struct in_addr addr;

	ck_assert_msg(cf != NULL, "%s", said);
	ck_assert_str_eq(said, "");
	ck_assert_uint_eq(cf->n_ha, 1);
	ck_assert_uint_eq(cf->ha[0].n_sa, 1);
	ck_assert_uint_eq(cf->ha[0].sa[0].spi, 256);
	ck_assert_uint_eq(cf->ha[0].sa[0].key_len, 16);
	ck_assert_uint_eq(cf->radius.server[0].secret.len, 10);
	ck_assert_uint_eq(cf->radius.server[0].auth_port, 1812);
	ck_assert_uint_eq(cf->lifetime, 1800);
	ck_assert_uint_eq(cf->ha[0].priority, 1);
	ck_assert_uint_eq(cf->ha[0].weight, 1);
	ck_assert_uint_eq(cf->rate, 1000);
	ck_assert_int_eq(cf->mode, CONFIG_UNIQUE);
	ck_assert_int_eq(cf->iid_policy, CONFIG_IID_ASSIGN);
	ck_assert_int_eq(cf->duplicate, CONFIG_DUP_REPLACE);
	ck_assert_str_eq(cf->nai, "%u");
	ck_assert_uint_eq(cf->ipv4.address.s_addr, 0);
	ck_assert_str_eq(cf->plugin_socket, "/run/netmip4/plugin.sock");
	ck_assert_str_eq(cf->pppd.options[0], "lcp-echo-interval");
	ck_assert_uint_eq(cf->ext.hoa_request, 120);
	addr = cf->ha[0].addr;
	ck_assert_ptr_eq(nasd_config_ha(cf, addr), &cf->ha[0]);
	addr.s_addr ^= 1;
	ck_assert_ptr_null(nasd_config_ha(cf, addr));
	nasd_config_free(cf);
}
END_TEST

START_TEST(access_nodes)
{
	char said[4096];
	struct nasd_config *cf = load("care-of-address = \"192.0.2.1\"\n"
	    "radius { server \"a\" { address = \"203.0.113.10\" "
	    "secret-file = \"radius.secret\" } }\n"
	    "home-agent \"ha1\" { address = \"198.51.100.1\" }\n"
	    "home-agent \"ha2\" { address = \"198.51.100.2\" }\n"
	    "care-of-pool = \"192.0.2.100-192.0.2.102\"\n"
	    NODE("acc0", "") NODE("acc1", "home-agent = ha1\n"
	    "idle-timeout = 60 proactive = true router-mac = \"02:00:00:AA:bb:01\"\n")
	    NODE("acc2", "home-agent = {ha2, ha1}\n"), said);

	ck_assert_msg(cf != NULL, "%s", said);
	ck_assert_uint_eq(cf->n_node, 3);
	ck_assert_uint_eq(ntohl(cf->coas.first.s_addr), 0xc0000264);
	ck_assert_uint_eq(ntohl(cf->coas.last.s_addr), 0xc0000266);
	ck_assert_str_eq(cf->node[0].ifname, "acc0");
	ck_assert_str_eq(cf->node[0].nai, "acc0@example.net");
	ck_assert_uint_eq(cf->node[0].sa.spi, 512);
	ck_assert_uint_eq(cf->node[0].sa.key_len, 16);
	ck_assert(!cf->node[0].proactive && !cf->node[0].has_router);
	ck_assert_uint_eq(cf->node[0].n_ha, 0);
	ck_assert(cf->node[1].proactive && cf->node[1].has_router);
	ck_assert_uint_eq(cf->node[0].idle_s, 0);
	ck_assert_uint_eq(cf->node[1].idle_s, 60);
	ck_assert_uint_eq(cf->node[0].import_s, 60);
	ck_assert_mem_eq(cf->node[1].router, "\x02\0\0\xaa\xbb\x01", 6);
	ck_assert_uint_eq(cf->node[1].n_ha, 1);
	ck_assert_uint_eq(cf->node[1].ha[0].s_addr, cf->ha[0].addr.s_addr);
	ck_assert_uint_eq(cf->node[2].n_ha, 2);
	ck_assert_uint_eq(cf->node[2].ha[0].s_addr, cf->ha[1].addr.s_addr);
	ck_assert_uint_eq(cf->node[2].ha[1].s_addr, cf->ha[0].addr.s_addr);
	ck_assert_uint_eq(cf->ha[0].n_sa, 0);
	nasd_config_free(cf);
}
END_TEST

START_TEST(all_keys)
{
	char said[4096];
	struct nasd_config *cf = load(GOOD
	    "prefix-mode = shared\niid-policy = honour\n"
	    "duplicate-session = refuse\nnai = \"%c@example.net\"\n"
	    "pppoe \"acc0\" { service-names = {\"a\", \"b\"}\n"
	    "max-sessions = 5 rate-per-mac = 3 max-mru = 1508\n"
	    "access-line-ids = true end-strays = false untagged = false\n"
	    "vlans = {\"100-199\", \"200 inner 1-4094\"} max-vlans = 20\n"
	    "qinq-type = 802.1q vlan-rate = 3 vlan-idle = 60 }\n"
	    "access { max-sessions = 7 max-starting = 8 padi-rate = 9\n"
	    "pado-delay = {\"50:10\", \"-1:20\"} }\n"
	    "pppd { auth = pap options = {\"debug\"} rechallenge = 600 }\n"
	    "registration { lifetime = 30 attempts = 2\n"
	    "match-most-recent-only = true max-clock-offset = 60\n"
	    "send-service-selection = false rate = 77 }\n"
	    "home-agent \"ha2\" {\n\taddress = \"198.51.100.2\"\n" KEY "}\n"
	    "home-agent \"ha3\" {\n\taddress = \"198.51.100.3\"\n"
	    "priority = 2 weight = 30 encapsulation = gre\n"
	    "prefixes = {\"2001:db8::/32\", \"fd00:1::/64\"}\n" KEY "}\n"
	    "router-advertisement { preferred-lifetime = 700 }\n"
	    "profile \"gold\" { rate-down = \"20M\" rate-up = \"500k\"\n"
	    "burst = 50 }\nprofile \"none\" { }\n"
	    "ipv4 { address = \"192.0.2.1\"\n"
	    "dns-servers = {\"192.0.2.53\", \"192.0.2.54\"} }\n"
	    "unlimited-sessions = refuse\n"
	    "ethernet \"eth1\" { user = \"%i.%c@isp\" "
	    "access-line-ids = true password-file = \"radius.secret\" }\n"
	    "ethernet \"eth2\" { }\n"
	    "dhcpv6 { register = request rapid-commit = false\n"
	    "preference = 7 sol-max-rt = 600 }\n"
	    "dynamic-authorization { port = 3800 window = 60\n"
	    "address = \"192.0.2.9\"\n" DAE_CLIENT("a")
	    "client \"b\" { address = \"203.0.113.11\"\n"
	    "secret-file = \"radius.secret\" coa = false\n"
	    "require-event-timestamp = true } }\n"
	    "extension-type { ipv6-hoa-request = 60 }\n", said);
	struct in_addr addr;

	ck_assert_msg(cf != NULL, "%s", said);
	ck_assert_int_eq(cf->mode, CONFIG_SHARED);
	ck_assert_int_eq(cf->unlimited, CONFIG_UNLIMITED_REFUSE);
	ck_assert_uint_eq(ntohl(cf->ipv4.address.s_addr), 0xc0000201);
	ck_assert_uint_eq(ntohl(cf->ipv4.dns[1].s_addr), 0xc0000236);
	addr.s_addr = htonl(0xc6336403);	/* ha3 */
	ck_assert_ptr_nonnull(config_ipv4_unusable(cf, addr));
	addr.s_addr = htonl(0xcb00710a);	/* RADIUS */
	ck_assert_ptr_nonnull(config_ipv4_unusable(cf, addr));
	addr.s_addr = htonl(0xcb00710b);	/* its client b */
	ck_assert_ptr_nonnull(config_ipv4_unusable(cf, addr));
	addr.s_addr = htonl(0xcb00710c);
	ck_assert_ptr_null(config_ipv4_unusable(cf, addr));
	ck_assert_uint_eq(cf->dae.port, 3800);
	ck_assert_uint_eq(cf->dae.window_s, 60);
	ck_assert_uint_eq(ntohl(cf->dae.address.s_addr), 0xc0000209);
	ck_assert_uint_eq(cf->dae.n_clients, 2);
	ck_assert(cf->dae.client[0].coa && !cf->dae.client[0].require_time);
	ck_assert(!cf->dae.client[1].coa && cf->dae.client[1].disconnect &&
	    cf->dae.client[1].require_time && !cf->dae.client[1].require_ma);
	ck_assert_uint_eq(cf->dae.client[1].secret.len, 10);
	ck_assert_uint_eq(cf->n_profile, 2);
	ck_assert_ptr_eq(nasd_config_profile(cf, "gold"), &cf->profile[0]);
	ck_assert_ptr_null(nasd_config_profile(cf, "golf"));
	ck_assert_uint_eq(cf->profile[0].rate.down_bps, 20000000);
	ck_assert_uint_eq(cf->profile[0].rate.up_bps, 500000);
	ck_assert_uint_eq(cf->profile[0].rate.burst_ms, 50);
	ck_assert_uint_eq(cf->profile[1].rate.down_bps, 0);
	ck_assert_uint_eq(cf->profile[1].rate.burst_ms, RATE_BURST_MS);
	ck_assert_int_eq(cf->iid_policy, CONFIG_IID_HONOUR);
	ck_assert_int_eq(cf->duplicate, CONFIG_DUP_REFUSE);
	ck_assert_uint_eq(cf->n_pppoe, 1);
	ck_assert_str_eq(cf->pppoe[0].ifname, "acc0");
	ck_assert_str_eq(cf->pppoe[0].ac_name, "nasd");
	ck_assert_str_eq(cf->pppoe[0].services[1], "b");
	ck_assert_ptr_null(cf->pppoe[0].services[2]);
	ck_assert_uint_eq(cf->pppoe[0].mac_rate, 3);
	ck_assert_uint_eq(cf->pppoe[0].max_mru, 1508);
	ck_assert(cf->pppoe[0].line_ids && !cf->pppoe[0].end_strays);
	ck_assert(!cf->pppoe[0].untagged);
	ck_assert_uint_eq(cf->pppoe[0].vlan.ranges.n, 2);
	ck_assert_uint_eq(cf->pppoe[0].vlan.ranges.range[1].inner_high, 4094);
	ck_assert_uint_eq(cf->pppoe[0].vlan.ranges.qinq_type, 0x8100);
	ck_assert_uint_eq(cf->pppoe[0].vlan.max, 20);
	ck_assert_uint_eq(cf->pppoe[0].vlan.rate, 3);
	ck_assert_uint_eq(cf->pppoe[0].vlan.idle_s, 60);
	ck_assert_ptr_eq(nasd_config_pppoe(cf, "acc0"), &cf->pppoe[0]);
	ck_assert_ptr_null(nasd_config_pppoe(cf, "acc"));
	ck_assert(cf->dhcpv6.on_request && !cf->dhcpv6.rapid_commit);
	ck_assert_uint_eq(cf->dhcpv6.preference, 7);
	ck_assert_uint_eq(cf->dhcpv6.sol_max_rt, 600);
	ck_assert_uint_eq(cf->n_ether, 2);
	ck_assert_ptr_eq(nasd_config_ether(cf, "eth2"), &cf->ether[1]);
	ck_assert_ptr_null(nasd_config_ether(cf, "eth"));
	ck_assert_str_eq(cf->ether[0].user, "%i.%c@isp");
	ck_assert(cf->ether[0].line_ids && !cf->ether[1].line_ids);
	ck_assert_uint_eq(cf->ether[0].password_len, 10);
	ck_assert_mem_eq(cf->ether[0].password, "testing123", 10);
	ck_assert_str_eq(cf->ether[1].user, "%i");
	ck_assert_uint_eq(cf->ether[1].password_len, 0);
	ck_assert_str_eq(cf->pppd.auth[0], "pap");
	ck_assert_ptr_null(cf->pppd.auth[1]);
	ck_assert_uint_eq(cf->pppd.rechallenge_s, 600);
	ck_assert(!cf->pppd.mppe);
	ck_assert_uint_eq(cf->access.max_sessions, 7);
	ck_assert_uint_eq(cf->access.max_starting, 8);
	ck_assert_uint_eq(cf->access.padi_rate, 9);
	ck_assert_int_eq(pppoe_delays_at(&cf->access.delays, 10), 50);
	ck_assert_int_eq(pppoe_delays_at(&cf->access.delays, 20),
	    PPPOE_NO_PADO);
	ck_assert_str_eq(cf->pppd.options[0], "debug");
	ck_assert_ptr_null(cf->pppd.options[1]);
	ck_assert_uint_eq(cf->lifetime, 30);
	ck_assert(cf->most_recent_only && !cf->send_service);
	ck_assert_uint_eq(cf->max_clock_offset, 60);
	ck_assert_uint_eq(cf->rate, 77);
	ck_assert_uint_eq(cf->ha[1].priority, 2);
	ck_assert_uint_eq(cf->ha[1].weight, 1);
	ck_assert_uint_eq(cf->ha[2].priority, 2);
	ck_assert_uint_eq(cf->ha[2].weight, 30);
	ck_assert(!cf->ha[0].gre && !cf->ha[1].gre && cf->ha[2].gre);
	ck_assert_uint_eq(cf->ha[1].n_prefix, 0);
	ck_assert_uint_eq(cf->ha[2].n_prefix, 2);
	ck_assert_uint_eq(cf->ha[2].prefix[0].len, 32);
	ck_assert_uint_eq(cf->ha[2].prefix[1].len, 64);
	ck_assert_uint_eq(cf->ha[2].prefix[1].addr.s6_addr[0], 0xfd);
	ck_assert_uint_eq(cf->ext.hoa_request, 60);
	nasd_config_free(cf);
}
END_TEST

/* Links can share an address, where all that they come to has GRE. */
START_TEST(access_nodes_in_gre)
{
	char said[4096];
	struct nasd_config *cf = load("care-of-address = \"192.0.2.1\"\n"
	    "radius { server \"a\" { address = \"203.0.113.10\" "
	    "secret-file = \"radius.secret\" } }\n"
	    "home-agent \"ha1\" { address = \"198.51.100.1\" "
	    "encapsulation = gre }\n" POOL
	    NODE("acc0", "") NODE("acc1", "") NODE("acc2", ""), said);

	ck_assert_msg(cf != NULL, "%s", said);
	ck_assert_uint_eq(config_coas_size(&cf->coas), 2);
	ck_assert_uint_eq(ntohl(config_coas_at(&cf->coas, 1).s_addr),
	    0xc0000265);
	ck_assert_uint_eq(ntohl(config_coas_at(&cf->coas, 2).s_addr),
	    0xc0000264);
	nasd_config_free(cf);
}
END_TEST

/* Each is refused, with its place and the reason. */
static const struct {
	const char	*text;
	const char	*said;
} mistakes[] = {
	{ GOOD "bogus = 1\n", "nasd.conf:12: bogus: " },
	{ GOOD "dynamic-authorization {\n\tclient \"a\" {\n"
	    "\t\tsecret-file = \"radius.secret\"\n\t}\n}\n",
	    "nasd.conf:13: address: missing" },
	{ GOOD "dynamic-authorization {\n\tclient \"a\" {\n"
	    "\t\taddress = \"203.0.113.10\"\n\t}\n}\n",
	    "nasd.conf:13: secret-file: missing" },
	{ GOOD "dynamic-authorization {\n" DAE_CLIENT("a") DAE_CLIENT("b")
	    "}\n", "nasd.conf:14: address: client \"a\" has it already" },
	{ GOOD "dynamic-authorization {\n\twindow = 9\n}\n",
	    "nasd.conf:13: window: 9 is not in" },
	{ GOOD "pppoe \"acc0\" {\n}\nethernet \"acc0\" {\n}\n",
	    "nasd.conf:14: ethernet: acc0 is a section pppoe already" },
	{ GOOD "ethernet \"acc0\" {\n}\nethernet \"acc0\" {\n}\n",
	    "nasd.conf:14: ethernet: given twice, first in line 12" },
	{ GOOD "dhcpv6 {\n\tregister = never\n}\n",
	    "nasd.conf:13: register: \"never\": solicit or request" },
	{ GOOD "dhcpv6 {\n\tsol-max-rt = 59\n}\n",
	    "nasd.conf:13: sol-max-rt: 0 or at least 60" },
	{ GOOD "ethernet \"a/b\" {\n}\n", "\"a/b\" is no interface name" },
	{ GOOD "ethernet \"eth1\" {\n\tuser = \"line\"\n}\n",
	    "nasd.conf:13: user: none of %u, " },
	{ GOOD "ethernet \"eth1\" {\n\tuser = \"%u\"\n}\n",
	    "nasd.conf:13: user: %u is what this is to make" },
	{ GOOD "ethernet \"eth1\" {\n\tpassword-file = \"none\"\n}\n",
	    "nasd.conf:13: password-file: " },
	{ GOOD "profile \"a\" {\n\trate-up = \"5m\"\n}\n",
	    "nasd.conf:13: rate-up: \"5m\": not a number" },
	{ GOOD "profile \"a\" {\n\trate-down = \"7999\"\n}\n",
	    "nasd.conf:13: rate-down: \"7999\": 0 (no limit), or from" },
	{ GOOD "profile \"a\" {\n\tburst = 0\n}\n",
	    "nasd.conf:13: burst: 0 is not in" },
	{ GOOD "profile \"netmip4:x\" { }\n",
	    "nasd.conf:12: profile: names with netmip4: are taken" },
	{ GOOD "profile \"a\" { }\nprofile \"a\" { }\n",
	    "nasd.conf:13: profile: " },
	{ GOOD "unlimited-sessions = maybe\n",
	    "nasd.conf:12: unlimited-sessions: \"maybe\": accept or refuse" },
	{ GOOD "ipv4 {\n\taddress = \"224.0.0.1\"\n}\n",
	    "nasd.conf:13: address: not a unicast address" },
	{ GOOD "ipv4 {\n\taddress = \"198.51.100.1\"\n}\n",
	    "nasd.conf:13: address: is a home agent's" },
	{ GOOD "ipv4 {\n\tdns-servers = {\"192.0.2.53\"}\n}\n",
	    "nasd.conf:13: dns-servers: of no use without an address" },
	{ GOOD "ipv4 {\n\taddress = \"192.0.2.9\"\n\tdns-servers = "
	    "{\"192.0.2.53\", \"2001:db8::1\"}\n}\n",
	    "nasd.conf:14: dns-servers: \"2001:db8::1\" is no host's" },
	{ GOOD "ipv4 {\n\taddress = \"192.0.2.9\"\n\tdns-servers = "
	    "{\"192.0.2.5\", \"192.0.2.6\", \"192.0.2.7\"}\n}\n",
	    "nasd.conf:14: dns-servers: IPCP knows of 2 only" },
	{ GOOD "registration {\n\tmax-clock-offset = -1\n}\n",
	    "nasd.conf:13: max-clock-offset: " },
	{ GOOD "home-agent \"ha2\" {\n\taddress = \"198.51.100.1\"\n" KEY
	    "}\n", "nasd.conf:13: address: home agent \"ha1\" has it" },
	{ GOOD "home-agent \"ha2\" {\n\taddress = \"198.51.100.2\"\n}\n",
	    "nasd.conf:12: key: missing" },
	{ GOOD "home-agent \"ha2\" {\n\taddress = \"192.0.2.1\"\n" KEY "}\n",
	    "nasd.conf:13: address: is our care-of-address" },
	{ GOOD "home-agent \"ha2\" {\n\taddress = \"198.51.100.2\"\n"
	    "\tkey \"256\" {\n\t\tkey-file = \"open.key\"\n\t}\n}\n",
	    "nasd.conf:15: key-file: " },
	{ GOOD "home-agent \"ha2\" {\n\taddress = \"198.51.100.2\"\n"
	    "\tkey \"99\" {\n\t\tkey-file = \"ha.key\"\n\t}\n}\n",
	    "nasd.conf:14: key: SPI 99" },
	{ GOOD "home-agent \"ha2\" {\n\tprefixes = {\"2001:db8::1/32\"}\n}\n",
	    "nasd.conf:13: prefixes: \"2001:db8::1/32\" has bits behind" },
	{ GOOD "home-agent \"ha2\" {\n\tprefixes = {\"2001:db8::\"}\n}\n",
	    "nasd.conf:13: prefixes: \"2001:db8::\" is no IPv6 prefix" },
	{ GOOD "home-agent \"ha2\" {\n\tprefixes = {\"::/0\"}\n}\n",
	    "nasd.conf:13: prefixes: \"::/0\": /3 to /64" },
	{ GOOD "home-agent \"ha2\" {\n\tprefixes = {\"2001:db8::/65\"}\n}\n",
	    "nasd.conf:13: prefixes: \"2001:db8::/65\": /3 to /64" },
	{ GOOD "home-agent \"ha2\" {\n\tprefixes = {\"fe80::/64\"}\n}\n",
	    "nasd.conf:13: prefixes: \"fe80::/64\": no place for home" },
	{ GOOD "home-agent \"ha2\" {\n\tprefixes = {\"ff00::/8\"}\n}\n",
	    "nasd.conf:13: prefixes: \"ff00::/8\": no place for home" },
	{ GOOD "home-agent \"ha2\" {\n\tprefixes = {\"::/3\"}\n}\n",
	    "nasd.conf:13: prefixes: \"::/3\": no place for home" },
	{ "care-of-address = \"192.0.2.1\"\n", "server: no RADIUS server" },
	{ "care-of-address = \"192.0.2.1\"\nradius { server \"a\" {\n"
	    "address = \"203.0.113.10\"\nsecret-file = \"radius.secret\"\n"
	    "accounting = false } }\n", "server: none is for accounting" },
	{ "care-of-address = \"192.0.2.1\"\n", "home-agent: none" },
	{ "nas-identifier = \"x\"\n", "care-of-address: missing" },
	{ "care-of-address = \"192.0.2.300\"\n",
	    "nasd.conf:1: care-of-address: \"192.0.2.300\" is no IPv4" },
	{ "care-of-address = \"224.0.0.1\"\n",
	    "nasd.conf:1: care-of-address: not a unicast" },
	{ GOOD "prefix-mode = both\n",
	    "nasd.conf:12: prefix-mode: \"both\": unique or shared" },
	{ GOOD "nai = \"all@example.net\"\n", "nasd.conf:12: nai: " },
	{ GOOD "nai = \"%x\"\n", "nasd.conf:12: nai: " },
	{ GOOD "registration {\n\tlifetime = 70000\n}\n",
	    "nasd.conf:13: lifetime: 70000 is not in" },
	{ GOOD "registration {\n\trate = 9\n}\n",
	    "nasd.conf:13: rate: 0 (no limit) or at least 10" },
	{ GOOD NODE("acc0", ""), "care-of-pool: missing" },
	{ GOOD "care-of-pool = \"192.0.2.100\"\n" NODE("acc0", "")
	    NODE("acc1", ""), "care-of-pool: fewer addresses" },
	{ GOOD "care-of-pool = \"192.0.2.100\"\n" NODE("acc0", "")
	    NODE("acc1", "") "home-agent \"ha2\" {\n"
	    "\taddress = \"198.51.100.2\" encapsulation = gre\n" KEY "}\n",
	    "fewer addresses than access nodes, and home agent \"ha1\"" },
	{ GOOD "home-agent \"ha2\" {\n\tencapsulation = ipip\n}\n",
	    "nasd.conf:13: encapsulation: \"ipip\": sit or gre" },
	{ GOOD "care-of-pool = \"192.0.2.100-\"\n",
	    "nasd.conf:12: care-of-pool: \"192.0.2.100-\" is no" },
	{ GOOD "care-of-pool = \"192.0.2.9-192.0.2.8\"\n",
	    "care-of-pool: \"192.0.2.9-192.0.2.8\" is no" },
	{ GOOD "care-of-pool = \"224.0.0.1\"\n",
	    "care-of-pool: \"224.0.0.1\" is no" },
	{ GOOD "care-of-pool = \"0.0.0.0-192.0.2.8\"\n",
	    "care-of-pool: \"0.0.0.0-192.0.2.8\" is no" },
	{ GOOD "care-of-pool = \"192.0.2.0-192.0.2.255\"\n",
	    "care-of-pool: has our care-of-address" },
	{ GOOD "care-of-pool = \"192.0.3.0-192.0.8.0\"\n",
	    "care-of-pool: more than 1280 addresses" },
	{ GOOD POOL NODE("acc0", "home-agent = {ha1, ha9}\n"),
	    "home-agent: \"ha9\" is not configured" },
	{ GOOD "ppp-addresses = access-node\n",
	    "care-of-pool: missing: access nodes need" },
	{ GOOD "ppp-addresses = access-node\ncare-of-pool = \"192.0.3.1\"\n"
	    "access-node \"acc0\" {\n}\n",
	    "care-of-pool: none is left for PPP subscribers" },
	/* Those behind a foreign agent have their places, too. */
	{ GOOD "ppp-addresses = access-node\ncare-of-pool = \"192.0.3.1\"\n"
	    NODE("acc0", FA("10.9.0.1", "10.9.0.2"))
	    NODE("acc1", FA("10.9.0.1", "10.9.0.2")),
	    "care-of-pool: none is left for PPP subscribers" },
	{ GOOD "ppp-addresses = dhcp\n",
	    "ppp-addresses: \"dhcp\": slaac, dhcpv6 or access-node" },
	{ GOOD "ppp-addresses = access-node\ncare-of-pool = \"192.0.3.1\"\n"
	    "ipv4 { address = \"192.0.3.9\" }\n",
	    "address: there is no IPv4 with ppp-addresses = "
	    "access-node" },
	{ GOOD "care-of-pool = \"198.51.100.0-198.51.100.9\"\n",
	    "care-of-pool: has home agent \"ha1\"" },
	{ GOOD POOL "access-node \"acc0\" {\n}\n",
	    "nasd.conf:13: nai: missing" },
	{ GOOD POOL "access-node \"acc0\" {\n}\n",
	    "nasd.conf:13: key: one, the mobile node's" },
	{ GOOD POOL NODE("a/b", ""), "\"a/b\" is no interface name" },
	{ GOOD POOL NODE("acc0", "\tkey \"513\" { key-file = \"ha.key\" }\n"),
	    "key: one, the mobile node's" },
	{ GOOD POOL NODE("acc0", "\thome-agent = ha9\n"),
	    "nasd.conf:16: home-agent: \"ha9\" is not" },
	{ GOOD POOL NODE("acc0", "\trouter-mac = \"03:00:00:00:00:01\"\n"),
	    "router-mac: \"03:00:00:00:00:01\" is no unicast" },
	{ GOOD POOL NODE("acc0", "\trouter-mac = \"02:0:0:0:0:1\"\n"),
	    "router-mac: \"02:0:0:0:0:1\" is no unicast" },
	{ GOOD POOL NODE("acc0", "") "access-node \"acc1\" {\n\tnai = "
	    "\"acc0@EXAMPLE.net\"\n}\n", "nai: access-node \"acc0\" has" },
	{ GOOD NODE("acc0", "\tvia-fa = \"192.0.2.1\"\n"),
	    "nasd.conf:15: via-fa: is our care-of-address" },
	{ GOOD POOL NODE("acc0", "\tfa-care-of = \"10.9.0.1\"\n"),
	    "nasd.conf:16: fa-care-of: needs via-fa" },
	{ GOOD NODE("acc0", "\tvia-fa = \"224.0.0.11\"\n"),
	    "nasd.conf:15: via-fa: \"224.0.0.11\" is no host's" },
	{ GOOD NODE("acc0", FA("198.51.100.1", "10.9.0.1")),
	    "via-fa: is home agent \"ha1\"" },
	{ GOOD NODE("acc0", FA("10.9.0.1", "192.0.2.1")),
	    "fa-care-of: is our care-of-address" },
	{ GOOD POOL NODE("acc0", FA("10.9.0.1", "192.0.2.101")),
	    "fa-care-of: is in care-of-pool" },
	{ GOOD POOL NODE("acc0", "\tfa-key \"256\" { key-file = \"ha.key\" "
	    "}\n"), "nasd.conf:16: fa-key: needs via-fa" },
	{ GOOD NODE("acc0", FA("10.9.0.1", "10.9.0.1")
	    "\tfa-key \"256\" { key-file = \"ha.key\" }\n"
	    "\tfa-key \"257\" { key-file = \"ha.key\" }\n"),
	    "fa-key: more than one" },
	{ GOOD NODE("acc0", FA("10.9.0.1", "10.9.0.1") "\tfa-key \"1\" { "
	    "key-file = \"ha.key\" }\n"), "fa-key: SPI 1: " },
	{ GOOD NODE("acc0", FA("10.9.0.1", "10.9.0.1") "\tlifetime = "
	    "65535\n"), "lifetime: 65535 is not in" },
	{ GOOD POOL NODE("acc0", "") "pppoe \"acc0\" {\n}\n",
	    "acc0 is a section pppoe already" },
	{ GOOD POOL NODE("acc0", "") "ethernet \"acc0\" {\n}\n",
	    "acc0 is a section ethernet already" },
	{ GOOD "home-agent \"ha2\" {\n\tweight = 0\n}\n",
	    "nasd.conf:13: weight: 0 is not in" },
	{ GOOD "home-agent \"ha2\" {\n\tpriority = 65536\n}\n",
	    "nasd.conf:13: priority: 65536 is not in" },
	{ GOOD "pppoe \"acc0\" {\n\tmax-mru = 1400\n}\n",
	    "nasd.conf:13: max-mru: 1400 is not in" },
	{ GOOD "pppoe \"acc0\" {\n\tvlans = {\"5\", \"x\"}\n}\n",
	    "nasd.conf:13: vlans: \"x\": neither LOW-HIGH nor" },
	{ GOOD "pppoe \"acc0\" {\n\tvlans = {\"5-4095\"}\n}\n",
	    "nasd.conf:13: vlans: \"5-4095\": VLANs are 1 to 4094" },
	{ GOOD "pppoe \"acc0\" {\n\tqinq-type = 802.1x\n}\n",
	    "nasd.conf:13: qinq-type: \"802.1x\": 802.1ad or 802.1q" },
	{ GOOD "pppoe \"acc0\" {\n\tvlan-idle = 4\n}\n",
	    "nasd.conf:13: vlan-idle: 4 is not in" },
	{ GOOD "pppoe \"acc0\" {\n\tmax-vlans = 0\n}\n",
	    "nasd.conf:13: max-vlans: 0 is not in" },
	{ GOOD "pppoe \"acc0\" {\n\tvlan-rate = 1001\n}\n",
	    "nasd.conf:13: vlan-rate: 1001 is not in" },
	{ GOOD "access {\n\tpado-delay = {\"10:x\"}\n}\n",
	    "nasd.conf:13: pado-delay: \"10:x\": neither" },
	{ GOOD "access {\n\tpado-delay = {\"3000:1\"}\n}\n",
	    "nasd.conf:13: pado-delay: \"3000:1\": at most 2000" },
	{ GOOD "access {\n\tpado-delay = {\"9:8\", \"9:7\"}\n}\n",
	    "nasd.conf:13: pado-delay: \"9:7\": sessions must ascend" },
	{ GOOD "nai = \"%{circuit}@x\"\n", "nai: only %u, %c, %i, %{circuit-id}" },
	{ GOOD "nai = \"x%%@x\"\n", "nai: none of %u, %c" },
	{ GOOD "pppd { auth = rot13 }\n", "auth: \"rot13\"" },
	{ GOOD "pppd { auth = {eap, rot13} }\n", "auth: \"rot13\"" },
	{ GOOD "pppd { auth = {} }\n", "auth: must name one" },
	{ GOOD "pppd { auth = {eap, chap} require-mppe = true }\n",
	    "require-mppe: keys come with" },
	{ GOOD "pppd { rechallenge = 2 }\n", "rechallenge: 0 or at least" },
	{ GOOD "pppd { path = pppd }\n", "path: must begin with /" },
	{ GOOD "pppoe \"an-interface-name-too-long\" { }\n",
	    "is no interface name" },
	{ GOOD "extension-type { ipv6-hoa = 120 }\n", "extension-type: " },
	{ GOOD "router-advertisement { preferred-lifetime = 9000 }\n",
	    "preferred-lifetime: longer" },
	{ GOOD "plugin-socket = \"\"\n", "nasd.conf:12: plugin-socket: empty" },
	{ GOOD "control-socket = \"\"\n",
	    "nasd.conf:12: control-socket: empty" },
	{ GOOD "control-socket = \"/1234567890/1234567890/1234567890/"
	    "1234567890/1234567890/1234567890/1234567890/1234567890/"
	    "1234567890123456789\"\n",
	    "nasd.conf:12: control-socket: longer than 107" },
	{ GOOD "home-agent \"\" {\n\taddress = \"198.51.100.2\"\n" KEY
	    "}\n", "nasd.conf:12: home-agent: has no name" },
	{ GOOD "radius {\n\tserver \"\" {\n\t\taddress = \"192.0.2.9\"\n"
	    "\t\tsecret-file = \"ha.key\"\n\t}\n}\n",
	    "server: has no name" },
	{ GOOD "radius { interim-interval = 5 }\n", "interim-interval: " },
	{ GOOD "accounting {\n\tspool = \"here\"\n}\n",
	    "nasd.conf:13: spool: must begin with /" },
	{ GOOD "accounting {\n\tspool-size = 255\n}\n",
	    "nasd.conf:13: spool-size: 255 is not in" },
	{ GOOD "accounting {\n\twhen-spool-full = panic\n}\n",
	    "nasd.conf:13: when-spool-full: \"panic\": accept or refuse" },
	{ GOOD "accounting {\n\tsync = often\n}\n",
	    "nasd.conf:13: sync: \"often\": start or wait" },
	{ GOOD "accounting {\n\tnote-interval = 29\n}\n",
	    "nasd.conf:13: note-interval: 0 or at least 30" },
};

START_TEST(mistake)
{
	struct nasd_config *cf;
	char said[4096];

	test_file("open.key", "hex:00112233445566778899aabbccddeeff\n", 0644);
	cf = load(mistakes[_i].text, said);
	ck_assert_msg(cf == NULL, "accepted:\n%s", mistakes[_i].text);
	test_has(said, mistakes[_i].said);
	test_has_not(said, "00112233");
}
END_TEST

/* The example is right but for what it can not bring: the key files. */
START_TEST(shipped)
{
	char cmd[512], said[4096];
	struct nasd_config *cf;
	int saved, err = 0;

	snprintf(cmd, sizeof(cmd), "sed 's|/etc/netmip4/ha1.key|ha.key|;"
	    " s|/etc/netmip4/||' '%s' > nasd.conf", SHIPPED_CONF);
	ck_assert_int_eq(system(cmd), 0);
	saved = test_log_begin();
	cf = nasd_config_load("nasd.conf", false, &err);
	test_log_end(saved, said, sizeof(said));
	ck_assert_msg(cf != NULL, "%s", said);
	ck_assert_uint_eq(cf->n_pppoe, 1);
	ck_assert_str_eq(cf->nas_id, "nas1");
	nasd_config_free(cf);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("nasd_config");
	TCase *t = tcase_create("nasd_config");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, defaults);
	tcase_add_test(t, access_nodes);
	tcase_add_test(t, access_nodes_in_gre);
	tcase_add_test(t, all_keys);
	tcase_add_loop_test(t, mistake, 0,
	    sizeof(mistakes) / sizeof(mistakes[0]));
	tcase_add_test(t, shipped);
	suite_add_tcase(s, t);
	return (test_run(s));
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* fad.conf: the shipped example, and each mistake with its line. */
#include "config.h"

#include <arpa/inet.h>

#include "fad/fad_config.h"
#include "tests/unit/test.h"

#define COA	"care-of-address = \"192.0.2.1\"\n"
#define LINK	"link \"acc0\" { address = \"10.9.0.1\" }\n"
#define KEY	"key \"256\" { key-file = \"k\" }"
#define AGENT	"home-agent \"h\" { address = \"198.51.100.1\" " KEY " }\n"
#define NODE	"mobile-node \"alice@example.net\" { " KEY " }\n"

static char dir[64];

static void
setup(void)
{
	test_dir_enter(dir);
	test_file("k", "hex:000102030405060708090a0b0c0d0e0f\n", 0600);
}

static void
teardown(void)
{
	test_dir_leave(dir);
}

static struct fad_config *
load(const char *text, char said[static 4096])
{
	struct fad_config *f;
	int saved;

	test_file("fad.conf", text, 0600);
	saved = test_log_begin();
	f = fad_config_load("fad.conf", false);
	test_log_end(saved, said, 4096);
	return f;
}

START_TEST(defaults)
{
	char said[4096];
	struct fad_config *f = load(COA LINK, said);

	ck_assert_msg(f != NULL, "%s", said);
	ck_assert_str_eq(said, "");
	ck_assert_uint_eq(f->care_of.s_addr, inet_addr("192.0.2.1"));
	ck_assert_uint_eq(f->port, 434);
	ck_assert_uint_eq(f->max_lifetime, 1800);
	ck_assert_uint_eq(f->pending_time, 7);
	ck_assert_uint_eq(f->max_pending_node, 5);
	ck_assert_int_eq(f->reverse, FAD_REVERSE_OFFER);
	ck_assert_int_eq(f->strict, FAD_STRICT_NONE);
	ck_assert_int_eq(f->dataplane, FAD_DATAPLANE_KERNEL);
	ck_assert(f->zero_home && f->revocation && !f->known_only);
	ck_assert_uint_eq(f->n_links, 1);
	ck_assert_str_eq(f->links[0].name, "acc0");
	ck_assert_uint_eq(f->links[0].min_s, 7);
	ck_assert_uint_eq(f->links[0].max_s, 10);
	ck_assert_uint_eq(f->links[0].lifetime, 30);
	ck_assert(f->links[0].advertise && f->links[0].router);
	ck_assert_uint_eq(f->types.hoa_request, 120);
	ck_assert_str_eq(f->control_socket, "/run/netmip4/fad.ctl");
	fad_config_free(f);
}
END_TEST

START_TEST(everything)
{
	char said[4096];
	struct fad_config *f = load(COA "realms = {\"a.net\", \"b.net\"}\n"
	    "reverse-tunnel = require\nstrict-reserved = both\n"
	    "known-home-agents = true\nrequire-mn-fa = true\n"
	    "zero-home-address = false\nrevocation = false\n"
	    "max-lifetime = 65535\nmax-visitors = 2\nmax-pending = 3\n"
	    "max-pending-per-node = 1\npending-time = 9\n"
	    "dataplane { type = none mtu = 1400 table = 1000 "
	    "rule-priority = 7 max-tunnels = 2 }\n"
	    "link \"acc0\" { address = \"10.9.0.1\" prefix-length = 24 "
	    "router = false registration-required = true preference = -5 "
	    "max-interval = 4 min-interval = 3 lifetime = 99 }\n"
	    "home-agent \"h\" { address = \"198.51.100.1\" home-networks = "
	    "{\"10.0.0.0/24\", \"10.1.0.0/16\"} " KEY " }\n"
	    "mobile-node \"alice@EXAMPLE.net\" { " KEY " }\n"
	    "mobile-node \"10.0.0.5\" { " KEY " }\n", said);

	ck_assert_msg(f != NULL, "%s", said);
	ck_assert_int_eq(f->reverse, FAD_REVERSE_REQUIRE);
	ck_assert_int_eq(f->strict, FAD_STRICT_BOTH);
	ck_assert(f->known_only && f->require_mn_fa && !f->zero_home);
	ck_assert_int_eq(f->dataplane, FAD_DATAPLANE_NONE);
	ck_assert_uint_eq(f->table, 1000);
	ck_assert_uint_eq(f->links[0].prefix_len, 24);
	ck_assert_int_eq(f->links[0].preference, -5);
	ck_assert_uint_eq(f->links[0].min_s, 3);
	ck_assert_uint_eq(f->links[0].lifetime, 99);
	ck_assert_uint_eq(f->home_agents[0].n_nets, 2);
	ck_assert_uint_eq(f->home_agents[0].nets[1].len, 16);
	ck_assert_uint_eq(f->home_agents[0].sas[0].key_len, 16);
	ck_assert_str_eq(f->mobile_nodes[0].name, "alice@example.net");
	ck_assert_uint_eq(f->mobile_nodes[1].nai_len, 0);
	ck_assert_uint_eq(f->mobile_nodes[1].addr.s_addr,
	    inet_addr("10.0.0.5"));
	ck_assert(fad_config_allows(f, (const uint8_t *)"x@B.net", 7));
	ck_assert(!fad_config_allows(f, (const uint8_t *)"x@c.net", 7));
	ck_assert(!fad_config_allows(f, (const uint8_t *)"a.net", 5));
	ck_assert(fad_config_allows(f, NULL, 0));
	fad_config_free(f);
}
END_TEST

/* What the agent does, and a home agent of its own accord; what is advertised
 * is whether there is any. */
START_TEST(gre)
{
	static const struct {
		const char	*top, *agent;
		enum fad_gre	 all, one;
		bool		 any;
	} are[] = {
		{ "", "", FAD_GRE_REFUSE, FAD_GRE_REFUSE, false },
		{ "gre = offer\n", "", FAD_GRE_OFFER, FAD_GRE_OFFER, true },
		{ "", "gre = always", FAD_GRE_REFUSE, FAD_GRE_ALWAYS, true },
		{ "gre = always\n", "gre = refuse", FAD_GRE_ALWAYS,
		    FAD_GRE_REFUSE, true },
		{ "known-home-agents = true\ngre = always\n",
		    "gre = refuse", FAD_GRE_ALWAYS, FAD_GRE_REFUSE, false },
	};

	for (size_t i = 0; i < sizeof(are) / sizeof(are[0]); i++) {
		char text[512], said[4096];
		struct fad_config *f;

		snprintf(text, sizeof(text), COA LINK "%s"
		    "home-agent \"h\" { address = \"198.51.100.1\" %s }\n",
		    are[i].top, are[i].agent);
		f = load(text, said);
		ck_assert_msg(f != NULL, "%s", said);
		ck_assert_int_eq(fad_config_gre(f, NULL), are[i].all);
		ck_assert_int_eq(fad_config_gre(f, &f->home_agents[0]),
		    are[i].one);
		ck_assert_int_eq(f->any_gre, are[i].any);
		fad_config_free(f);
	}
}
END_TEST

START_TEST(mistakes)
{
	static const struct {
		const char	*text;
		unsigned	 line;
		const char	*what;
	} bad[] = {
		{ LINK, 1, "care-of-address: missing" },
		{ "care-of-address = \"224.0.0.1\"\n" LINK, 1,
		    "care-of-address: not a unicast" },
		{ COA, 1, "link: at least one" },
		{ COA "link \"acc0\" { }\n", 2, "address: missing" },
		{ COA "link \"a/b\" { address = \"10.9.0.1\" }\n", 2,
		    "not the name of a device" },
		{ COA LINK "max-lifetime = 0\n", 3, "max-lifetime" },
		{ COA LINK "pending-time = 6\n", 3, "pending-time" },
		{ COA LINK "reverse-tunnel = maybe\n", 3, "\"maybe\"" },
		{ COA LINK "strict-reserved = all\n", 3, "\"all\"" },
		{ COA LINK "gre = true\n", 3, "gre: \"true\": refuse, offer" },
		{ COA LINK "home-agent \"h\" { address = "
		    "\"198.51.100.1\"\ngre = no }\n", 4, "gre: \"no\"" },
		{ COA LINK "realms = {\"a@b\"}\n", 3, "realms" },
		{ COA LINK "known-home-agents = true\n", 3,
		    "no section home-agent" },
		{ COA LINK "require-mn-fa = true\n", 3,
		    "no section mobile-node" },
		{ COA LINK "dataplane { type = bpf }\n", 3, "\"bpf\"" },
		{ COA LINK "dataplane { table = 254 }\n", 3, "table" },
		{ COA "link \"acc0\" { address = \"10.9.0.1\" "
		    "min-interval = 11 }\n", 2, "min-interval" },
		{ COA "link \"acc0\" { address = \"10.9.0.1\" "
		    "lifetime = 9 }\n", 2, "lifetime" },
		{ COA "link \"acc0\" { address = \"10.9.0.1\" advertise = "
		    "false registration-required = true }\n", 2,
		    "needs advertise" },
		{ COA LINK "home-agent \"h\" { }\n", 3, "address: missing" },
		{ COA LINK "home-agent \"h\" { address = \"192.0.2.1\" }\n",
		    3, "our own" },
		{ COA LINK AGENT "home-agent \"i\" { address = "
		    "\"198.51.100.1\" }\n", 4, "there is one already" },
		{ COA LINK "home-agent \"h\" { address = \"198.51.100.1\" "
		    "home-networks = {\"10.0.0.1/24\"} }\n", 3,
		    "no IPv4 prefix" },
		{ COA LINK "home-agent \"h\" { address = \"198.51.100.1\" "
		    KEY " key \"0x100\" { key-file = \"k\" } }\n", 3,
		    "SPI 256 twice" },
		{ COA LINK "mobile-node \"m\" { }\n", 3,
		    "at least one is needed" },
		{ COA LINK "mobile-node \"m\" { key \"256\" { key-file = "
		    "\"nokey\" } }\n", 3, "key-file" },
		{ COA LINK NODE "mobile-node \"alice@EXAMPLE.net\" { " KEY
		    " }\n", 4, "there is one already" },
	};
	char said[4096], where[32];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_msg(load(bad[i].text, said) == NULL, "%s",
		    bad[i].text);
		snprintf(where, sizeof(where), "fad.conf:%u:", bad[i].line);
		test_has(said, where);
		test_has(said, bad[i].what);
	}
}
END_TEST

static void
provide(const char *name)
{
	test_file(name, "hex:000102030405060708090a0b0c0d0e0f\n", 0600);
}

/* With its keys put where we may write. */
START_TEST(shipped)
{
	FILE *in = fopen(SHIPPED_CONF, "r");
	char text[16384], *p, said[4096];
	struct fad_config *f;
	size_t n;

	ck_assert_ptr_nonnull(in);
	n = fread(text, 1, sizeof(text) - 1, in);
	fclose(in);
	text[n] = '\0';
	while ((p = strstr(text, "/etc/netmip4/")))
		memmove(p, p + 13, strlen(p + 13) + 1);
	provide("ha1.key");
	provide("alice.key");
	f = load(text, said);
	ck_assert_msg(f != NULL, "%s", said);
	ck_assert_uint_eq(f->n_links, 1);
	ck_assert_uint_eq(f->n_home_agents, 1);
	fad_config_free(f);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("fad_config");
	TCase *t = tcase_create("fad_config");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, defaults);
	tcase_add_test(t, everything);
	tcase_add_test(t, gre);
	tcase_add_test(t, mistakes);
	tcase_add_test(t, shipped);
	suite_add_tcase(s, t);
	return (test_run(s));
}

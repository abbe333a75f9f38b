/* SPDX-License-Identifier: BSD-2-Clause */
/* Servers in a configuration file, and each mistake with its line. */
#include "config.h"

#include <check.h>
#include <stdio.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "radius/conf.h"
#include "tests/unit/test.h"

#define UDP	"address = \"203.0.113.10\"\nsecret-file = \"secret\"\n"
#define TLS	"address = \"203.0.113.11\"\ntransport = tls\n"		\
	"ca-file = \"own.pem\"\ncertificate-file = \"own.pem\"\n"
#define KEY	"key-file = \"own.key\"\n"

static cfg_opt_t radius_opts[] = {
	RADIUS_CONF_OPTS,
	CFG_END()
};
static cfg_opt_t opts[] = {
	CFG_SEC("radius", radius_opts, CFGF_NONE),
	CFG_END()
};

static char dir[64], said[4096];
static struct radius_conf rc;

/* A certificate that its own key has signed, in NAME.pem and NAME.key. */
static void
make_files(const char *name)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	char path[64];
	FILE *f;

	X509_set_version(x, 2);
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, key);
	ck_assert_int_gt(X509_sign(x, key, EVP_sha256()), 0);
	snprintf(path, sizeof(path), "%s.pem", name);
	f = fopen(path, "w");
	PEM_write_X509(f, x);
	fclose(f);
	snprintf(path, sizeof(path), "%s.key", name);
	test_file(path, "", 0600);
	f = fopen(path, "w");
	PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
	fclose(f);
	X509_free(x);
	EVP_PKEY_free(key);
}

static void
setup(void)
{
	test_dir_enter(dir);
	test_file("secret", "testing123\n", 0600);
	make_files("own");
	radius_conf_init(&rc);
}

static void
teardown(void)
{
	radius_conf_wipe(&rc);
	test_dir_leave(dir);
}

/* The number of mistakes; what was logged is in said. */
static unsigned
load(const char *text)
{
	unsigned errors;
	struct conf c;
	int saved;

	radius_conf_wipe(&rc);
	radius_conf_init(&rc);
	test_file("r.conf", text, 0600);
	saved = test_log_begin();
	ck_assert_int_eq(conf_load(&c, "r.conf", opts), 0);
	radius_conf_servers(&c, cfg_getsec(c.cfg, "radius"), &rc);
	errors = c.errors;
	conf_free(&c);
	test_log_end(saved, said, sizeof(said));
	return errors;
}

START_TEST(defaults)
{
	const struct radius_server_conf *s = rc.server;

	ck_assert_msg(load("radius {\nserver \"a\" {\n" UDP "}\n"
	    "server \"b\" {\n" TLS KEY "}\n}\n") == 0, "%s", said);
	ck_assert_uint_eq(rc.n_servers, 2);
	ck_assert_uint_eq(rc.dead_s, 60);
	ck_assert_uint_eq(rc.probe_ms, 10000);
	ck_assert_uint_eq(rc.probe_answers, 3);
	ck_assert_int_eq(s[0].transport, RADIUS_UDP);
	ck_assert(s[0].auth && s[0].acct && !s[0].status_server);
	ck_assert_uint_eq(s[0].auth_port, 1812);
	ck_assert_uint_eq(s[0].acct_port, 1813);
	/* in the order of the file */
	ck_assert_uint_eq(s[0].priority, 1);
	ck_assert_uint_eq(s[1].priority, 2);
	ck_assert_uint_eq(s[1].weight, 1);
	ck_assert_int_eq(s[0].ma, RADIUS_MA_IF_PRESENT);
	ck_assert_ptr_null(s[0].tls);
	ck_assert_int_eq(s[1].transport, RADIUS_TLS);
	ck_assert_ptr_nonnull(s[1].tls);
	ck_assert_uint_eq(s[1].auth_port, 2083);
	ck_assert_uint_eq(s[1].secret.len, 6);
	ck_assert_mem_eq(s[1].secret.data, "radsec", 6);
	ck_assert_str_eq(s[1].tls_name, "");
	ck_assert(radius_conf_has_tls(&rc));
	ck_assert_uint_eq(load("radius {\nserver \"a\" {\n" UDP "}\n}\n"), 0);
	ck_assert(!radius_conf_has_tls(&rc));
}
END_TEST

START_TEST(all_keys)
{
	const struct radius_server_conf *s = rc.server;

	ck_assert_msg(load("radius {\nhold-down = 5\nprobe-interval = 700\n"
	    "probe-answers = 2\nserver \"a\" {\n" UDP "auth-port = 1645\n"
	    "acct-port = 1646\naccounting = false\ntimeout = 300\ntries = 4\n"
	    "priority = 9\nweight = 70\nstatus-server = true\n"
	    "require-message-authenticator = true\n}\n"
	    "server \"b\" {\n" TLS KEY "tls-port = 2084\n"
	    "tls-name = \"aaa.example.net\"\nauthentication = false\n}\n}\n")
	    == 0, "%s", said);
	ck_assert_uint_eq(rc.dead_s, 5);
	ck_assert_uint_eq(rc.probe_ms, 700);
	ck_assert_uint_eq(rc.probe_answers, 2);
	ck_assert_uint_eq(s[0].auth_port, 1645);
	ck_assert_uint_eq(s[0].acct_port, 1646);
	ck_assert(s[0].auth && !s[0].acct && s[0].status_server);
	ck_assert_uint_eq(s[0].timeout_ms, 300);
	ck_assert_uint_eq(s[0].tries, 4);
	ck_assert_uint_eq(s[0].priority, 9);
	ck_assert_uint_eq(s[0].weight, 70);
	ck_assert_int_eq(s[0].ma, RADIUS_MA_REQUIRED);
	ck_assert_uint_eq(s[1].auth_port, 2084);
	ck_assert_str_eq(s[1].tls_name, "aaa.example.net");
	ck_assert(!s[1].auth && s[1].acct);
}
END_TEST

START_TEST(mistakes)
{
	static const struct {
		const char	*text;		/* of a server */
		const char	*want;
	} tries[] = {
		{ "secret-file = \"secret\"\n", "r.conf:2: address: missing" },
		{ "address = \"203.0.113.10\"\n",
		    "r.conf:2: secret-file: missing" },
		{ UDP "transport = sctp\n",
		    "r.conf:5: transport: \"sctp\": udp or tls" },
		{ TLS KEY "secret-file = \"secret\"\n",
		    "r.conf:8: secret-file: not with transport tls" },
		{ TLS, "r.conf:2: key-file: missing" },
		{ TLS "key-file = \"none.key\"\n",
		    "r.conf:7: key-file: none.key: No such file" },
		{ TLS "key-file = \"open.key\"\n",
		    "r.conf:7: key-file: open.key: " },
		{ TLS "key-file = \"other.key\"\n",
		    "r.conf:7: key-file: other.key: " },
		{ TLS "key-file = \"secret\"\n",
		    "r.conf:7: key-file: secret: " },
		{ "address = \"203.0.113.11\"\ntransport = tls\n"
		    "ca-file = \"secret\"\ncertificate-file = \"own.pem\"\n"
		    KEY, "r.conf:5: ca-file: secret: " },
		{ "address = \"203.0.113.11\"\ntransport = tls\n"
		    "ca-file = \"own.pem\"\ncertificate-file = \"own.key\"\n"
		    KEY, "r.conf:6: certificate-file: own.key: " },
		{ UDP "weight = 0\n", "r.conf:5: weight: " },
		{ UDP "authentication = false\n",
		    "server: none is for authentication" },
	};
	char text[1024];

	make_files("other");
	make_files("open");
	test_file("open.key", "", 0644);
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		snprintf(text, sizeof(text),
		    "radius {\nserver \"a\" {\n%s}\n}\n", tries[i].text);
		ck_assert_msg(load(text) == 1, "%zu: %s", i, said);
		test_has(said, tries[i].want);
	}
	ck_assert_uint_eq(load("radius {\nserver \"a\" {\n" UDP "}\n"
	    "server \"b\" {\n" UDP "}\n}\n"), 1);
	test_has(said, "server \"a\" has it already");
	ck_assert_uint_eq(load("radius {\nhold-down = 0\nserver \"a\" {\n" UDP
	    "}\n}\n"), 1);
	test_has(said, "r.conf:2: hold-down: ");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("radius conf");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, defaults);
	tcase_add_test(t, all_keys);
	tcase_add_test(t, mistakes);
	suite_add_tcase(s, t);
	return (test_run(s));
}

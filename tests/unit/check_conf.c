/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>

#include "common/conf.h"
#include "common/log.h"
#include "common/mip4_auth.h"
#include "tests/unit/test.h"

static char dir[64];
static char text[16384];

static cfg_opt_t pool_opts[] = {
	CFG_STR("prefix", NULL, CFGF_NONE),
	CFG_INT("limit", 5, CFGF_NONE),
	CFG_END()
};

static cfg_opt_t peer_opts[] = {
	CFG_STR("address", NULL, CFGF_NONE),
	CFG_STR("secret-file", NULL, CFGF_NONE),
	CFG_SEC("key", conf_key_opts, CFGF_MULTI | CFGF_TITLE),
	CFG_END()
};

static cfg_opt_t opts[] = {
	CFG_STR("address", NULL, CFGF_NONE),
	CFG_STR("six", NULL, CFGF_NONE),
	CFG_INT("lifetime", 3600, CFGF_NONE),
	CFG_STR_LIST("names", NULL, CFGF_NONE),
	CFG_SEC("log", conf_log_opts, CFGF_NONE),
	CFG_SEC("pool", pool_opts, CFGF_MULTI | CFGF_TITLE),
	CFG_SEC("peer", peer_opts, CFGF_MULTI | CFGF_TITLE),
	CFG_END()
};

static void
setup(void)
{
	test_dir_enter(dir);
	unsetenv("JOURNAL_STREAM");
}

static void
teardown(void)
{
	test_dir_leave(dir);
}

/* What loading this text logs; c holds the result. */
static int
load(struct conf *c, const char *conf)
{
	int saved, r;

	test_file("t.conf", conf, 0600);
	saved = test_log_begin();
	r = conf_load(c, "t.conf", opts);
	test_log_end(saved, text, sizeof(text));
	return (r);
}

START_TEST(good)
{
	struct in6_addr a6;
	struct in_addr a;
	struct conf c;
	unsigned len;
	uint32_t v;
	cfg_t *pool;

	ck_assert_int_eq(load(&c,
	    "# comment with 'quote\n"
	    "address = \"192.0.2.1\" six = 2001:db8::1 // more {\n"
	    "/* { \n */ lifetime = 60\n"
	    "names = { \"a b\", c, }\nnames += { d }\n"
	    "pool \"homes\" { prefix = \"2001:db8::/32\" }\n"
	    "pool \"none\" { }\n"), 0);
	ck_assert_str_eq(text, "");
	ck_assert_uint_eq(c.errors, 0);
	ck_assert_int_eq(conf_ipv4(&c, c.cfg, "address", &a), 0);
	ck_assert_uint_eq(ntohl(a.s_addr), 0xc0000201);
	ck_assert_int_eq(conf_ipv6(&c, c.cfg, "six", &a6), 0);
	ck_assert_uint_eq(a6.s6_addr[15], 1);
	ck_assert_int_eq(conf_uint(&c, c.cfg, "lifetime", 60, 60, &v), 0);
	ck_assert_uint_eq(v, 60);
	ck_assert_uint_eq(cfg_size(c.cfg, "names"), 3);
	pool = cfg_getnsec(c.cfg, "pool", 0);
	ck_assert_int_eq(conf_prefix6(&c, pool, "prefix", &a6, &len), 0);
	ck_assert_uint_eq(len, 32);
	pool = cfg_getnsec(c.cfg, "pool", 1);
	ck_assert_int_eq(conf_prefix6(&c, pool, "prefix", &a6, &len),
	    -ENOENT);
	conf_free(&c);
}
END_TEST

/* Errors of the load and of the values, all of them, with their lines. */
START_TEST(lines)
{
	struct in6_addr a6;
	struct in_addr a;
	struct conf c;
	unsigned len, i;
	uint32_t v;
	cfg_t *sec;
	int saved;

	ck_assert_int_eq(load(&c,
	    "adress = x\n"			/* 1: unknown */
	    "address =\n\n  \"192.0.2\"\n"	/* 2: bad, over lines */
	    "pool \"a\" {\n"			/* 5 */
	    "\tprefix = \"2001:db8::1/32\"\n"	/* 6: host bits */
	    "\tlimit = 11\n"			/* 7: range */
	    "}\n"
	    "pool \"b\" { limit = 1 }\n"	/* 9: no prefix */
	    "nonsense \"x\" {\n"		/* 10: unknown section */
	    "\twhatever = { 1, 2 }\n"
	    "}\n"
	    "pool \"c\" {\n"			/* 13 */
	    "\tlimits = 1\n"			/* 14: unknown in section */
	    "\tprefix = \"10.0.0.0/8\"\n"	/* 15 */
	    "}\n"
	    "pool d { }	pool \"d\" { }\n"	/* 17: twice */
	    "six = 1::\n"
	    "six = 2::\n"), 0);			/* 19: twice */
	test_has(text, ": t.conf:1: adress: unknown key\n");
	test_has(text, ": t.conf:10: nonsense: unknown key\n");
	test_has(text, ": t.conf:14: limits: unknown key\n");
	test_has(text, ": t.conf:17: pool: given twice, first in line 17\n");
	test_has(text, ": t.conf:19: six: given twice, first in line 18\n");
	test_has_not(text, "whatever");
	ck_assert_uint_eq(c.errors, 5);

	saved = test_log_begin();
	ck_assert_int_eq(conf_ipv4(&c, c.cfg, "address", &a), -EINVAL);
	for (i = 0; i < cfg_size(c.cfg, "pool"); i++) {
		sec = cfg_getnsec(c.cfg, "pool", i);
		if (conf_prefix6(&c, sec, "prefix", &a6, &len) == -ENOENT)
			conf_error(&c, sec, "prefix", "missing");
		conf_uint(&c, sec, "limit", 0, 10, &v);
	}
	conf_error(&c, cfg_getnsec(c.cfg, "pool", 2), NULL, "overlaps");
	conf_error(&c, NULL, NULL, "empty");
	test_log_end(saved, text, sizeof(text));
	test_has(text, ": t.conf:2: address: \"192.0.2\" is no IPv4 address");
	test_has(text, ": t.conf:6: prefix: \"2001:db8::1/32\" has bits");
	test_has(text, ": t.conf:7: limit: 11 is not in 0..10");
	test_has(text, ": t.conf:9: prefix: missing");
	test_has(text, ": t.conf:15: prefix: \"10.0.0.0/8\" is no IPv6 pr");
	test_has(text, ": t.conf:13: pool: overlaps");
	test_has(text, ": t.conf:1: file: empty");
	ck_assert_uint_eq(c.errors, 13);
	conf_free(&c);
}
END_TEST

START_TEST(syntax)
{
	static const struct {
		const char	*conf;
		const char	*says;
	} bad[] = {
		{ "\n\nlifetime = many\n", ": t.conf:3: lifetime: " },
		{ "\naddress \"192.0.2.1\"\n", ": t.conf:2: " },
		{ "\npool \"a\" {\n\tlimit = 1\n",
		    ": t.conf:2: pool: has no closing brace" },
		{ "pool \"a\" {\n\tlimit = x\n}\n", ": t.conf:2: limit: " },
		{ "address = \"x\n", ": t.conf:" },
		{ "}\n", ": t.conf:1: " },
		{ "pool a {{{{{{{{{{{{{{{{{\n", ": t.conf:1: " },
		{ "/* never ends\n", NULL },
	};
	struct conf c;
	size_t i;
	int r;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		r = load(&c, bad[i].conf);
		if (bad[i].says != NULL) {
			ck_assert_msg(r == -EINVAL || r == 0, "%s",
			    bad[i].conf);
			test_has(text, bad[i].says);
			ck_assert_uint_ge(c.errors, 1);
		}
		conf_free(&c);
	}
}
END_TEST

START_TEST(no_file)
{
	struct conf c;
	int saved = test_log_begin();

	ck_assert_int_eq(conf_load(&c, "none.conf", opts), -ENOENT);
	ck_assert_int_eq(conf_load(&c, "/", opts), -EINVAL);
	ck_assert_int_eq(mkfifo("fifo.conf", 0600), 0);
	ck_assert_int_eq(conf_load(&c, "fifo.conf", opts), -EINVAL);
	test_file("big.conf", "", 0600);
	ck_assert_int_eq(truncate("big.conf", 100 << 20), 0);
	ck_assert_int_eq(conf_load(&c, "big.conf", opts), -EINVAL);
	test_file("nul.conf", "a = 1\nb = 2\n", 0600);
	ck_assert_int_eq(truncate("nul.conf", 100), 0);
	ck_assert_int_eq(conf_load(&c, "nul.conf", opts), -EINVAL);
	test_log_end(saved, text, sizeof(text));
	test_has(text, "none.conf: No such file");
	test_has(text, " /: not a regular file");
	test_has(text, "fifo.conf: not a regular file");
	test_has(text, "big.conf: longer than 4194304 bytes");
	test_has(text, "nul.conf:3: syntax: a NUL byte");
	ck_assert_uint_eq(c.errors, 1);
}
END_TEST

/* libconfuse goes into sections it does not know without a limit. */
START_TEST(nested)
{
	static char deep[200001];
	struct conf c;
	size_t i;

	for (i = 0; i < sizeof(deep) - 1; i += 2)
		memcpy(deep + i, "a{", 2);
	ck_assert_int_eq(load(&c, deep), -EINVAL);
	test_has(text, ": t.conf:1: a: too many sections in sections");
	ck_assert_uint_ge(c.errors, 2);
	conf_free(&c);
}
END_TEST

/* What reading a secret file of this text and mode gives. */
static int
secret(const char *s, mode_t mode, uint8_t *buf, size_t cap)
{
	struct conf c;
	int saved, r;

	ck_assert_int_eq(load(&c, "peer a {\nsecret-file = s.key\n}\n"), 0);
	unlink("s.key");
	if (s != NULL)
		test_file("s.key", s, mode);
	saved = test_log_begin();
	r = conf_secret_file(&c, cfg_getnsec(c.cfg, "peer", 0),
	    "secret-file", buf, cap);
	test_log_end(saved, text, sizeof(text));
	ck_assert_uint_eq(c.errors, r < 0);
	conf_free(&c);
	return (r);
}

START_TEST(secrets)
{
	uint8_t b[8];

	ck_assert_int_eq(secret("hunter\nmore\n", 0600, b, 8), 6);
	ck_assert_mem_eq(b, "hunter", 6);
	ck_assert_int_eq(secret("0x0A0bff\n", 0400, b, 8), 3);
	ck_assert_mem_eq(b, "\x0a\x0b\xff", 3);
	ck_assert_int_eq(secret("hex:00", 0600, b, 8), 1);
	ck_assert_int_eq(secret("12345678", 0600, b, 8), 8);

	ck_assert_int_eq(secret("hunter", 0644, b, 8), -EINVAL);
	test_has(text, ": t.conf:2: secret-file: s.key: readable by others "
	    "(mode 0644); chmod 600\n");
	test_has_not(text, "hunter");
	ck_assert_int_eq(secret("hunter", 0640, b, 8), -EINVAL);
	ck_assert_int_eq(secret("", 0600, b, 8), -EINVAL);
	ck_assert_int_eq(secret("\nx", 0600, b, 8), -EINVAL);
	ck_assert_int_eq(secret("0x", 0600, b, 8), -EINVAL);
	ck_assert_int_eq(secret("0x1", 0600, b, 8), -EINVAL);
	ck_assert_int_eq(secret("hex:0g", 0600, b, 8), -EINVAL);
	ck_assert_int_eq(secret("123456789", 0600, b, 8), -EINVAL);
	test_has(text, "longer than 8 bytes");
	ck_assert_int_eq(secret("0x001122334455667788", 0600, b, 8), -EINVAL);
	ck_assert_int_eq(secret(NULL, 0, b, 8), -EINVAL);
	test_has(text, "s.key: No such file");
	ck_assert_int_eq(mkdir("s.key", 0700), 0);
	rmdir("s.key");
}
END_TEST

/* Half of a key of raw bytes is not taken for it. */
START_TEST(raw_secret)
{
	uint8_t b[16];
	struct conf c;
	int saved;

	ck_assert_int_eq(load(&c, "peer a {\nsecret-file = s.key\n}\n"), 0);
	test_file("s.key", "ab", 0600);
	ck_assert_int_eq(truncate("s.key", 4), 0);
	saved = test_log_begin();
	ck_assert_int_eq(conf_secret_file(&c, cfg_getnsec(c.cfg, "peer", 0),
	    "secret-file", b, sizeof(b)), -EINVAL);
	test_log_end(saved, text, sizeof(text));
	test_has(text, "or a NUL byte");
	conf_free(&c);
}
END_TEST

START_TEST(keys)
{
	struct mip4_sa sa;
	struct conf c;
	cfg_t *peer;
	unsigned i;
	int saved;

	test_file("k", "0x00112233445566778899aabbccddeeff", 0600);
	ck_assert_int_eq(load(&c, "peer a {\n"
	    "key 256 { key-file = k }\n"
	    "key \"0x101\" { algorithm = hmac-sha256 key-file = k }\n"
	    "key \"255\" { key-file = k }\n"
	    "key \"12a\" { key-file = k }\n"
	    "key \"258\" {\nalgorithm = rot13\n}\n"
	    "key \"4294967296\" { key-file = k }\n}\n"), 0);
	peer = cfg_getnsec(c.cfg, "peer", 0);
	ck_assert_int_eq(conf_key(&c, cfg_getnsec(peer, "key", 0), &sa), 0);
	ck_assert_uint_eq(sa.spi, 256);
	ck_assert_int_eq(sa.alg, MIP4_ALG_HMAC_MD5);
	ck_assert_uint_eq(sa.key_len, 16);
	mip4_sa_wipe(&sa);
	ck_assert_int_eq(conf_key(&c, cfg_getnsec(peer, "key", 1), &sa), 0);
	ck_assert_uint_eq(sa.spi, 257);
	ck_assert_int_eq(sa.alg, MIP4_ALG_HMAC_SHA256);
	mip4_sa_wipe(&sa);
	saved = test_log_begin();
	for (i = 2; i < cfg_size(peer, "key"); i++)
		ck_assert_int_eq(conf_key(&c, cfg_getnsec(peer, "key", i),
		    &sa), -EINVAL);
	test_log_end(saved, text, sizeof(text));
	test_has(text, ": t.conf:4: key: SPI 255: 0 to 255 are reserved");
	test_has(text, ": t.conf:5: key: \"12a\" is no SPI");
	test_has(text, ": t.conf:7: algorithm: \"rot13\" is not known");
	test_has(text, ": t.conf:6: key-file: missing");
	test_has(text, ": t.conf:9: key: \"4294967296\" is no SPI");
	conf_free(&c);
}
END_TEST

/* Derived where two agents share one, and only there. */
START_TEST(root_keys)
{
	const struct in_addr ha = { htonl(0xc6336401) };
	const struct in_addr coa = { htonl(0xc0000201) };
	struct mip4_sa sa;
	struct conf c;
	cfg_t *peer;
	int saved;

	test_file("k", "0x000102030405060708090a0b0c0d0e0f10111213", 0600);
	test_file("s", "0x000102030405060708090a0b0c0d0e", 0600);
	ck_assert_int_eq(load(&c, "peer a {\n"
	    "key 256 { key-file = k ha-rk = true }\n"
	    "key 257 { key-file = k }\n"
	    "key 258 {\nkey-file = s\nha-rk = true }\n}\n"), 0);
	peer = cfg_getnsec(c.cfg, "peer", 0);
	ck_assert_int_eq(conf_key_fa_ha(&c, cfg_getnsec(peer, "key", 0), ha,
	    coa, &sa), 0);
	ck_assert_uint_eq(sa.key_len, 20);
	ck_assert_mem_eq(sa.key, "\xa3\x14\xbf\x00\x78\xa0\xcb\x8a", 8);
	mip4_sa_wipe(&sa);
	ck_assert_int_eq(conf_key_fa_ha(&c, cfg_getnsec(peer, "key", 1), ha,
	    coa, &sa), 0);
	ck_assert_mem_eq(sa.key, "\x00\x01\x02\x03", 4);
	mip4_sa_wipe(&sa);
	saved = test_log_begin();
	ck_assert_int_eq(conf_key(&c, cfg_getnsec(peer, "key", 0), &sa),
	    -EINVAL);
	ck_assert_int_eq(conf_key_fa_ha(&c, cfg_getnsec(peer, "key", 2), ha,
	    coa, &sa), -EINVAL);
	test_log_end(saved, text, sizeof(text));
	test_has(text, ": t.conf:2: ha-rk: not in a mobile-home key");
	test_has(text, ": t.conf:6: ha-rk: a root key has 16 bytes at least");
	conf_free(&c);
}
END_TEST

START_TEST(log_section)
{
	static const char *const there[] = { "reg", NULL };
	struct conf c;
	int saved;

	ck_assert_int_eq(load(&c, "log {\nlevel = warn\n"
	    "module \"reg\" { level = debug }\n}\n"), 0);
	ck_assert_int_eq(conf_log(&c, cfg_getsec(c.cfg, "log"), "had", false),
	    0);
	ck_assert(!log_enabled(LOG_L_INFO, "pool"));
	ck_assert(log_enabled(LOG_L_DEBUG, "reg"));
	conf_free(&c);
	ck_assert_int_eq(load(&c, "log {\ndest = tape\nlevel = much\n"
	    "module \"reg\" {\nlevel = x\n}\nmodule \"y\" { }\n}\n"), 0);
	saved = test_log_begin();
	ck_assert_int_eq(conf_log(&c, cfg_getsec(c.cfg, "log"), "had", false),
	    -EINVAL);
	test_log_end(saved, text, sizeof(text));
	test_has(text, ": t.conf:2: dest: \"tape\": stderr or syslog");
	test_has(text, ": t.conf:3: level: \"much\" for all");
	test_has(text, ": t.conf:5: level: \"x\" for reg");
	test_has(text, ": t.conf:7: level: missing");
	conf_free(&c);
	log_know(there);
	ck_assert_int_eq(load(&c, "log {\nmodule \"rec\" {\nlevel = info\n}\n"
	    "}\n"), 0);
	saved = test_log_begin();
	ck_assert_int_eq(conf_log(&c, cfg_getsec(c.cfg, "log"), "had", false),
	    -EINVAL);
	test_log_end(saved, text, sizeof(text));
	test_has(text, ": no module \"rec\"");
	conf_free(&c);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("conf");
	TCase *t = tcase_create("conf");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, good);
	tcase_add_test(t, lines);
	tcase_add_test(t, syntax);
	tcase_add_test(t, no_file);
	tcase_add_test(t, nested);
	tcase_add_test(t, secrets);
	tcase_add_test(t, raw_secret);
	tcase_add_test(t, keys);
	tcase_add_test(t, root_keys);
	tcase_add_test(t, log_section);
	suite_add_tcase(s, t);
	return (test_run(s));
}

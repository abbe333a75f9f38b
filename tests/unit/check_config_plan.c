/* SPDX-License-Identifier: BSD-2-Clause */
/* A new nasd.conf against the one that runs: what each change is, when it
 * acts, whom it touches, and what the running one is like afterwards. */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <unistd.h>

#include "common/conf_files.h"
#include "nasd/config_apply.h"
#include "nasd/config_plan.h"
#include "nasd/ha_select.h"
#include "nasd/nasd_config.h"
#include "tests/unit/test.h"

#define COA	"care-of-address = \"192.0.2.1\"\n"
#define KEY(spi, file) "key \"" spi "\" { key-file = \"" file "\" }\n"
#define HA(name, addr) "home-agent \"" name "\" { address = \"" addr "\" " \
	KEY("256", "ha.key") "}\n"
#define AAA(name, addr) "server \"" name "\" { address = \"" addr "\" "	\
	"secret-file = \"radius.secret\" }\n"
#define RADIUS	"radius { " AAA("a", "192.0.2.9") "}\n"
#define ACC0	"pppoe \"acc0\" { }\n"
#define BASE	COA ACC0 RADIUS HA("ha1", "198.51.100.1")

static char dir[64];
static struct nasd_config *cur, *next;
static struct config_plan plan;
static unsigned on_acc0, at_ha1, all;

static void
setup(void)
{
	test_dir_enter(dir);
	test_file("ha.key", "hex:000102030405060708090a0b0c0d0e0f\n", 0600);
	test_file("other.key", "hex:f00102030405060708090a0b0c0d0e0f\n",
	    0600);
	test_file("radius.secret", "testing123\n", 0600);
	cur = next = NULL;
	plan = (struct config_plan){ 0 };
	on_acc0 = at_ha1 = all = 0;
}

static void
teardown(void)
{
	config_plan_free(&plan);
	nasd_config_free(next);
	nasd_config_free(cur);
	test_dir_leave(dir);
}

/* As root reads it and the engine gets it. */
static struct nasd_config *
handed_over(const char *text)
{
	struct conf_files files = { 0 }, got;
	struct nasd_config *first, *cf;
	int err, fd;

	test_file("nasd.conf", text, 0600);
	first = nasd_config_read("nasd.conf", &files, &err);
	ck_assert_ptr_nonnull(first);
	nasd_config_free(first);
	fd = conf_files_send(&files);
	ck_assert_int_ge(fd, 0);
	conf_files_free(&files);
	ck_assert_int_eq(conf_files_receive(&got, fd), 0);
	close(fd);
	/* It needs no file any more. */
	ck_assert_int_eq(unlink("nasd.conf"), 0);
	cf = nasd_config_read("nasd.conf", &got, &err);
	conf_files_free(&got);
	ck_assert_ptr_nonnull(cf);
	return cf;
}

static unsigned
count(void *arg, enum config_touch touch, const char *title)
{
	(void)arg;
	switch (touch) {
	case CONFIG_TOUCH_PPPOE:
		return strcmp(title, "acc0") == 0 ? on_acc0 : 0;
	case CONFIG_TOUCH_PROFILE:
		return strcmp(title, "gold") == 0 ? 5 : 0;
	case CONFIG_TOUCH_HA:
		return strcmp(title, "ha1") == 0 ? at_ha1 : 0;
	default:
		return all;
	}
}

static void
compare(const char *text)
{
	config_plan_free(&plan);
	nasd_config_free(next);
	next = handed_over(text);
	ck_assert_int_eq(config_plan_make(&plan, &cur->items, &next->items,
	    false, count, NULL), 0);
}

static void
begin(const char *text)
{
	int err;

	test_file("nasd.conf", text, 0600);
	cur = nasd_config_load("nasd.conf", true, &err);
	ck_assert_ptr_nonnull(cur);
}

/* The change of that name, which must be there. */
static const struct config_change *
change(const char *name)
{
	size_t i;

	for (i = 0; i < plan.n; i++) {
		const struct config_change *c = &plan.change[i];

		if (strcmp((c->to ? c->to : c->from)->name, name) == 0)
			return c;
	}
	ck_abort_msg("no change of %s among %zu", name, plan.n);
}

static void
is(const char *name, enum config_kind kind, enum config_effect effect)
{
	ck_assert_int_eq(change(name)->kind, kind);
	ck_assert_int_eq(change(name)->effect, effect);
}

static void
must_be_classed(void *arg, const char *path)
{
	(void)arg;
	ck_assert_msg(config_class(path) != NULL, "%s is in no class of "
	    "nasd/config_plan.c: when does a change of it act?", path);
}

START_TEST(every_key_is_classed)
{
	conf_items_paths(nasd_config_opts(), must_be_classed, NULL);
	ck_assert_ptr_null(config_class("no-such-key"));
	ck_assert_ptr_null(config_class("pppoe.no-such-key"));
}
END_TEST

START_TEST(nothing)
{
	begin(BASE);
	compare("# a comment\n" BASE "prefix-mode = unique\n");
	ck_assert_uint_eq(plan.n, 0);
	ck_assert(!config_plan_destructive(&plan));
	ck_assert_int_eq(config_apply(cur, next, &plan), 0);
	ck_assert_ptr_nonnull(conf_items_find(&cur->items, "prefix-mode"));
}
END_TEST

START_TEST(keys)
{
	begin(BASE);
	all = 7;
	compare(COA "pppoe \"acc0\" { max-sessions = 5 end-strays = false }\n"
	    RADIUS HA("ha1", "198.51.100.1") "prefix-mode = shared\n"
	    "nas-identifier = \"other\"\nlog { level = debug }\n"
	    "registration { lifetime = 600 }\n");
	ck_assert_uint_eq(plan.n, 6);
	is("pppoe \"acc0\" max-sessions", CONFIG_CHANGED, CONFIG_LIVE);
	ck_assert_str_eq(change("pppoe \"acc0\" max-sessions")->from->value,
	    "1000");
	ck_assert_str_eq(change("pppoe \"acc0\" max-sessions")->to->value,
	    "5");
	ck_assert_uint_eq(change("pppoe \"acc0\" max-sessions")->to->line, 2);
	is("pppoe \"acc0\" end-strays", CONFIG_CHANGED, CONFIG_RESTART);
	is("prefix-mode", CONFIG_CHANGED, CONFIG_NEXT);
	is("nas-identifier", CONFIG_CHANGED, CONFIG_RESTART);
	is("log level", CONFIG_CHANGED, CONFIG_LIVE);
	is("registration lifetime", CONFIG_CHANGED, CONFIG_LIVE);
	ck_assert_uint_eq(change("registration lifetime")->sessions, 7);
	ck_assert_uint_eq(change("prefix-mode")->sessions, 0);
	ck_assert(!config_plan_destructive(&plan));
	ck_assert_int_eq(config_apply(cur, next, &plan), 0);
	ck_assert_uint_eq(cur->pppoe[0].max_sessions, 5);
	ck_assert_int_eq(cur->mode, CONFIG_SHARED);
	ck_assert_uint_eq(cur->lifetime, 600);
	ck_assert_str_eq(cur->nas_id, "nasd");
	/* What waits for a restart is told again, and only that. */
	compare(COA "pppoe \"acc0\" { max-sessions = 5 end-strays = false }\n"
	    RADIUS HA("ha1", "198.51.100.1") "prefix-mode = shared\n"
	    "nas-identifier = \"other\"\nlog { level = debug }\n"
	    "registration { lifetime = 600 }\n");
	ck_assert_uint_eq(plan.n, 2);
	is("nas-identifier", CONFIG_CHANGED, CONFIG_RESTART);
	/* And back. */
	compare(BASE);
	ck_assert_uint_eq(plan.n, 4);
	ck_assert_int_eq(config_apply(cur, next, &plan), 0);
	compare(BASE);
	ck_assert_uint_eq(plan.n, 0);
}
END_TEST

START_TEST(profiles)
{
	begin(BASE "profile \"gold\" { rate-down = \"10M\" }\n");
	compare(BASE "profile \"gold\" { rate-down = \"20M\" }\n"
	    "profile \"tin\" { rate-down = \"1M\" }\n");
	is("profile \"gold\" rate-down", CONFIG_CHANGED, CONFIG_LIVE);
	ck_assert_uint_eq(change("profile \"gold\" rate-down")->sessions, 5);
	is("profile \"tin\"", CONFIG_ADDED, CONFIG_NEXT);
	ck_assert_int_eq(config_apply(cur, next, &plan), 0);
	ck_assert_uint_eq(nasd_config_profile(cur, "gold")->rate.down_bps,
	    20000000);
	/* Those of before, to compare with. */
	ck_assert_uint_eq(nasd_config_profile(next, "gold")->rate.down_bps,
	    10000000);
}
END_TEST

START_TEST(interfaces)
{
	begin(BASE);
	on_acc0 = 3;
	compare(COA "pppoe \"acc1\" { }\n" RADIUS HA("ha1", "198.51.100.1"));
	ck_assert_uint_eq(plan.n, 2);
	is("pppoe \"acc1\"", CONFIG_ADDED, CONFIG_LIVE);
	is("pppoe \"acc0\"", CONFIG_REMOVED, CONFIG_LIVE);
	ck_assert_uint_eq(change("pppoe \"acc1\"")->sessions, 0);
	ck_assert_uint_eq(change("pppoe \"acc0\"")->sessions, 3);
	ck_assert(!change("pppoe \"acc1\"")->destructive);
	ck_assert(change("pppoe \"acc0\"")->destructive);
	ck_assert(config_plan_destructive(&plan));
	ck_assert_int_eq(config_apply(cur, next, &plan), 0);
	ck_assert_uint_eq(cur->n_pppoe, 1);
	ck_assert_str_eq(cur->pppoe[0].ifname, "acc1");
	on_acc0 = 0;
	compare(COA RADIUS HA("ha1", "198.51.100.1"));
	ck_assert_uint_eq(plan.n, 1);
	ck_assert(!config_plan_destructive(&plan));
}
END_TEST

/* Sessions point to their home agents: those stay where they are. */
START_TEST(home_agents)
{
	const struct config_ha *one;

	begin(BASE);
	one = &cur->ha[0];
	at_ha1 = 4;
	compare(COA ACC0 RADIUS HA("ha2", "198.51.100.2"));
	is("home-agent \"ha1\"", CONFIG_REMOVED, CONFIG_LIVE);
	ck_assert(change("home-agent \"ha1\"")->destructive);
	ck_assert_uint_eq(change("home-agent \"ha1\"")->sessions, 4);
	ck_assert_int_eq(config_apply(cur, next, &plan), 0);
	ck_assert_uint_eq(cur->n_ha, 2);
	ck_assert_ptr_eq(one, &cur->ha[0]);
	ck_assert_str_eq(one->name, "ha1");
	ck_assert(one->gone);
	ck_assert_uint_eq(one->n_sa, 1);	/* it still deregisters */
	ck_assert_str_eq(cur->ha[1].name, "ha2");
	ck_assert_ptr_null(nasd_config_ha(cur, one->addr));
	/* It comes back by another name, with another key. */
	compare(COA ACC0 RADIUS HA("ha2", "198.51.100.2")
	    "home-agent \"old\" { address = \"198.51.100.1\" "
	    KEY("300", "other.key") "}\n");
	ck_assert_int_eq(config_apply(cur, next, &plan), 0);
	ck_assert_uint_eq(cur->n_ha, 2);
	ck_assert(!one->gone);
	ck_assert_str_eq(one->name, "old");
	ck_assert_uint_eq(one->sa[0].spi, 300);
	ck_assert_uint_eq(one->sa[0].key[0], 0xf0);
	/* Another address is for a restart, and no second home agent. */
	compare(COA ACC0 RADIUS HA("ha2", "198.51.100.77")
	    "home-agent \"old\" { address = \"198.51.100.1\" weight = 2 "
	    KEY("300", "other.key") "}\n");
	is("home-agent \"ha2\" address", CONFIG_CHANGED, CONFIG_RESTART);
	ck_assert_int_eq(config_apply(cur, next, &plan), 0);
	ck_assert_uint_eq(cur->n_ha, 2);
	ck_assert_uint_eq(cur->ha[0].weight, 2);
	ck_assert_uint_eq(cur->ha[1].addr.s_addr, inet_addr("198.51.100.2"));
	ck_assert(!cur->ha[1].gone);
}
END_TEST

/* From the next reply on: what lies outside ends when it is renewed. */
START_TEST(prefixes)
{
	begin(BASE);
	at_ha1 = 4;
	compare(COA ACC0 RADIUS "home-agent \"ha1\" { address = "
	    "\"198.51.100.1\" prefixes = {\"2001:db8::/32\"} "
	    KEY("256", "ha.key") "}\n");
	is("home-agent \"ha1\" prefixes", CONFIG_CHANGED, CONFIG_LIVE);
	ck_assert(!config_plan_destructive(&plan));
	ck_assert_int_eq(config_apply(cur, next, &plan), 0);
	ck_assert_uint_eq(cur->ha[0].n_prefix, 1);
	ck_assert_uint_eq(cur->ha[0].prefix[0].len, 32);
	compare(BASE);
	ck_assert_int_eq(config_apply(cur, next, &plan), 0);
	ck_assert_uint_eq(cur->ha[0].n_prefix, 0);
}
END_TEST

/* The name of the file is the same. */
START_TEST(secrets)
{
	begin(BASE);
	test_file("radius.secret", "a better one\n", 0600);
	compare(BASE);
	ck_assert_uint_eq(plan.n, 1);
	is("radius server \"a\" secret-file", CONFIG_CHANGED, CONFIG_LIVE);
	ck_assert(change("radius server \"a\" secret-file")->to->secret);
	ck_assert_int_eq(config_apply(cur, next, &plan), 0);
	ck_assert_uint_eq(cur->radius.server[0].secret.len, 12);
	test_file("ha.key", "hex:ff0102030405060708090a0b0c0d0e0f\n", 0600);
	compare(BASE);
	ck_assert_uint_eq(plan.n, 1);
	is("home-agent \"ha1\" key \"256\" key-file", CONFIG_CHANGED,
	    CONFIG_LIVE);
	ck_assert_int_eq(config_apply(cur, next, &plan), 0);
	ck_assert_uint_eq(cur->ha[0].sa[0].key[0], 0xff);
}
END_TEST

START_TEST(servers)
{
	const char *two = COA ACC0 "radius { " AAA("a", "192.0.2.9")
	    AAA("b", "192.0.2.10") "}\n" HA("ha1", "198.51.100.1");

	begin(two);
	all = 2;
	compare(BASE);
	ck_assert_uint_eq(plan.n, 1);
	is("radius server \"b\"", CONFIG_REMOVED, CONFIG_LIVE);
	ck_assert(config_plan_destructive(&plan));
	ck_assert_int_eq(config_apply(cur, next, &plan), 0);
	ck_assert_uint_eq(cur->radius.n_servers, 1);
	/* Where one is reached by TLS the whole list is fixed. */
	config_plan_free(&plan);
	nasd_config_free(next);
	next = handed_over(two);
	ck_assert_int_eq(config_plan_make(&plan, &cur->items, &next->items,
	    true, count, NULL), 0);
	is("radius server \"b\"", CONFIG_ADDED, CONFIG_RESTART);
	ck_assert_int_eq(config_apply(cur, next, &plan), 0);
	ck_assert_uint_eq(cur->radius.n_servers, 1);
	compare(BASE);
	ck_assert_uint_eq(plan.n, 0);
}
END_TEST

static const char one_more[] = " home-agent \"x%u\" { address = "
	"\"203.0.113.%u\" " KEY("256", "ha.key") "}\n";

START_TEST(no_room)
{
	char text[16384] = COA ACC0 RADIUS;
	unsigned i;

	begin(BASE);
	for (i = 0; i < HA_SELECT_MAX; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    one_more, i, i + 1);
	compare(text);
	ck_assert_int_eq(config_apply(cur, next, &plan), -ENOSPC);
	ck_assert_uint_eq(cur->n_ha, 1);
	ck_assert(!cur->ha[0].gone);
	compare(BASE);
	ck_assert_uint_eq(plan.n, 0);
}
END_TEST

/* What was handed over is cut short, or is none. */
START_TEST(bad_copies)
{
	static const char bad[] = "\x04\0\0\0\xff\0\0\0name";
	struct conf_files f;
	int fd[2], i;

	for (i = 1; i < (int)sizeof(bad); i++) {
		ck_assert_int_eq(pipe(fd), 0);
		ck_assert_int_eq(write(fd[1], bad, (size_t)i), i);
		close(fd[1]);
		ck_assert_int_eq(conf_files_receive(&f, fd[0]), -EBADMSG);
		ck_assert_uint_eq(f.n, 0);
		close(fd[0]);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("config_plan");
	TCase *t = tcase_create("plan");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, every_key_is_classed);
	tcase_add_test(t, nothing);
	tcase_add_test(t, keys);
	tcase_add_test(t, profiles);
	tcase_add_test(t, interfaces);
	tcase_add_test(t, home_agents);
	tcase_add_test(t, prefixes);
	tcase_add_test(t, secrets);
	tcase_add_test(t, servers);
	tcase_add_test(t, no_room);
	tcase_add_test(t, bad_copies);
	suite_add_tcase(s, t);
	return (test_run(s));
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* "radius test": what it asks, and what it tells. */
#include "config.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "fake_radius.h"
#include "nasd/radius_test.h"
#include "tests/unit/test.h"

struct told {
	unsigned	 calls;
	json_t		*data;
};

static struct world w;
static struct radius_tests *tests;
static struct told told;
static struct fake_request rq;

static void
setup(void)
{
	log_set_level(NULL, "error");
	world_init(&w, 2);
	memset(&told, 0, sizeof(told));
	tests = radius_tests_new(w.client, "nas1",
	    (struct in_addr){ htonl(0xc0000201) });
	ck_assert_ptr_nonnull(tests);
}

static void
teardown(void)
{
	json_decref(told.data);
	radius_tests_free(tests);
	world_free(&w);
}

static void
done(void *arg, json_t *data, const char *code, const char *message)
{
	struct told *t = arg;

	ck_assert_ptr_nonnull(code);
	ck_assert_ptr_nonnull(message);
	t->calls++;
	json_decref(t->data);
	t->data = data;
}

static const char *
begin(json_t *args)
{
	const char *code, *wrong;

	wrong = radius_test(tests, args, &code, done, &told);
	json_decref(args);
	return wrong != NULL ? code : NULL;
}

static const char *
str(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s != NULL ? s : "";
}

START_TEST(a_user)
{
	static const uint8_t attrs[] = { 18, 4, 'h', 'i', 27, 6, 0, 0, 0, 60 };
	const json_t *list;
	char *text;
	size_t len;

	ck_assert_ptr_null(begin(json_pack("{s:s s:s}", "user", "nemo",
	    "password", "arctangent")));
	ck_assert(fake_recv(&w.fake[0], &rq));
	ck_assert(fake_authentic(&w.fake[0], &rq));
	ck_assert_ptr_nonnull(fake_attr(&rq, 0, 1, &len));
	ck_assert_ptr_nonnull(fake_attr(&rq, 0, 2, &len));
	ck_assert_uint_eq(fake_u32(&rq, 6), 2);
	w.now = mono_add_ms(w.now, 8);
	fake_reply(&w.fake[0], &rq, RADIUS_ACCESS_ACCEPT, attrs, sizeof(attrs),
	    FAKE_MA);
	world_pump(&w);
	ck_assert_uint_eq(told.calls, 1);
	ck_assert_str_eq(str(told.data, "result"), "accepted");
	ck_assert_str_eq(str(told.data, "server"), "first");
	ck_assert(json_number_value(json_object_get(told.data, "time_ms")) ==
	    8.0);
	list = json_object_get(told.data, "attributes");
	ck_assert_uint_eq(json_array_size(list), 2);
	ck_assert_str_eq(json_string_value(json_array_get(list, 1)),
	    "Session-Timeout = 60");
	text = json_dumps(told.data, 0);
	ck_assert_ptr_null(strstr(text, "arctangent"));
	free(text);
}
END_TEST

START_TEST(at_a_server)
{
	ck_assert_str_eq(begin(json_pack("{s:s s:s s:s}", "user", "nemo",
	    "password", "", "server", "third")), "usage");
	ck_assert_ptr_null(begin(json_pack("{s:s s:s s:s}", "user", "nemo",
	    "password", "", "server", "second")));
	ck_assert(!fake_recv(&w.fake[0], &rq));
	ck_assert(fake_recv(&w.fake[1], &rq));
	fake_reply(&w.fake[1], &rq, RADIUS_ACCESS_REJECT, NULL, 0, FAKE_MA);
	world_pump(&w);
	ck_assert_str_eq(str(told.data, "result"), "rejected");
	ck_assert_str_eq(str(told.data, "server"), "second");
	/* An attribute that can not be: by its name. */
	ck_assert_ptr_null(begin(json_pack("{s:s s:s}", "user", "nemo",
	    "password", "x")));
	ck_assert(fake_recv(&w.fake[0], &rq));
	fake_reply(&w.fake[0], &rq, RADIUS_ACCESS_ACCEPT, "\x1b\x03\1", 3,
	    FAKE_MA);
	world_pump(&w);
	ck_assert_str_eq(str(told.data, "result"), "rejected");
	ck_assert_str_eq(str(told.data, "wrong_length"), "Session-Timeout");
	ck_assert_str_eq(str(told.data, "server"), "first");
}
END_TEST

/* A reload brings other servers while one is asked: it has its own name. */
START_TEST(servers_change)
{
	struct radius_client *old = w.client;
	struct radius_conf conf = w.conf;

	ck_assert_ptr_null(begin(json_pack("{s:s s:s}", "user", "nemo",
	    "password", "x")));
	ck_assert(fake_recv(&w.fake[0], &rq));
	conf.server[0] = w.conf.server[1];
	conf.n_servers = 1;
	w.client = radius_client_new(w.base, &w.timers, &w.clock, w.dict,
	    &conf);
	radius_tests_set_client(tests, w.client);
	fake_reply(&w.fake[0], &rq, RADIUS_ACCESS_REJECT, NULL, 0, FAKE_MA);
	world_pump(&w);
	ck_assert_str_eq(str(told.data, "server"), "first");
	radius_client_free(old);
	ck_assert_ptr_null(begin(json_pack("{s:s s:s}", "user", "nemo",
	    "password", "x")));
	ck_assert(fake_recv(&w.fake[1], &rq));
	fake_reply(&w.fake[1], &rq, RADIUS_ACCESS_REJECT, NULL, 0, FAKE_MA);
	world_pump(&w);
	ck_assert_str_eq(str(told.data, "server"), "second");
}
END_TEST

START_TEST(nobody_answers)
{
	ck_assert_ptr_null(begin(json_pack("{s:s s:s}", "user", "nemo",
	    "password", "x")));
	world_advance(&w, 14000);
	ck_assert_uint_eq(told.calls, 1);
	ck_assert_str_eq(str(told.data, "result"), "no answer");
	ck_assert_ptr_null(json_object_get(told.data, "server"));
}
END_TEST

START_TEST(every_server)
{
	const json_t *list, *one;

	ck_assert_ptr_null(begin(json_object()));
	/* Both of its ports are one in this world. */
	for (int i = 0; i < 2; i++) {
		ck_assert(fake_recv(&w.fake[0], &rq));
		ck_assert_uint_eq(rq.pkt[0], RADIUS_STATUS_SERVER);
		fake_reply(&w.fake[0], &rq, RADIUS_ACCESS_ACCEPT, NULL, 0,
		    FAKE_MA);
	}
	world_pump(&w);
	ck_assert_uint_eq(told.calls, 0);
	world_advance(&w, 2000);
	ck_assert_uint_eq(told.calls, 1);
	list = json_object_get(told.data, "servers");
	ck_assert_uint_eq(json_array_size(list), 4);
	for (size_t i = 0; i < 4; i++) {
		one = json_array_get(list, i);
		ck_assert_str_eq(str(one, "name"), i < 2 ? "first" : "second");
		ck_assert_str_eq(str(one, "kind"), i % 2 == 0 ? "auth" :
		    "acct");
		ck_assert_str_eq(str(one, "result"), i < 2 ? "answered" :
		    "no answer");
	}
}
END_TEST

START_TEST(bad_arguments)
{
	char longest[256];

	memset(longest, 'x', sizeof(longest) - 1);
	longest[255] = '\0';
	ck_assert_str_eq(begin(json_pack("{s:s}", "user", "nemo")), "usage");
	ck_assert_str_eq(begin(json_pack("{s:s s:s}", "user", "", "password",
	    "x")), "usage");
	ck_assert_str_eq(begin(json_pack("{s:s s:s}", "user", longest,
	    "password", "x")), "usage");
	ck_assert_str_eq(begin(json_pack("{s:s s:s}", "user", "nemo",
	    "password", longest)), "usage");
	ck_assert_uint_eq(told.calls, 0);
}
END_TEST

/* Not more than a few at once; and some that the end of nasd ends. */
START_TEST(too_many)
{
	for (int i = 0; i < 16; i++)
		ck_assert_ptr_null(begin(json_object()));
	ck_assert_str_eq(begin(json_object()), "busy");
	radius_tests_free(tests);
	tests = NULL;
	ck_assert_uint_eq(told.calls, 16);
	ck_assert_ptr_null(told.data);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("radius test");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_user);
	tcase_add_test(t, at_a_server);
	tcase_add_test(t, servers_change);
	tcase_add_test(t, nobody_answers);
	tcase_add_test(t, every_server);
	tcase_add_test(t, bad_arguments);
	tcase_add_test(t, too_many);
	suite_add_tcase(s, t);
	return test_run(s);
}

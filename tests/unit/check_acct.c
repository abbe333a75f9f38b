/* SPDX-License-Identifier: BSD-2-Clause */
/* Accounting records on their way from the spool to a server: their order,
 * their delay, what becomes of them when nobody answers, when nothing can be
 * written, and when nasd is killed. */
#include "config.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/log.h"
#include "fake_radius.h"
#include "nasd/acct_int.h"
#include "tests/unit/test.h"

static struct world w;
static struct acct_files disk;
static struct acct *a;
static struct acct_params params;
static struct fake_request rq, answered;

/* A nasd begins to live; one that did is gone, having done nothing more. */
static void
live(void)
{
	struct acct_files f = { .boot = disk.boot };

	acct_free(a);
	for (unsigned i = 0; i < ACCT_FILES; i++)
		f.fd[i] = dup(disk.fd[i]);
	a = acct_new(&w.timers, &w.clock, w.client, &f, &params);
	ck_assert_ptr_nonnull(a);
}

static void
setup(void)
{
	log_set_level(NULL, "error");
	world_init(&w, 1);
	ck_assert_int_eq(acct_files_open(&disk, ""), 0);
	disk.boot = 1;
	params = (struct acct_params){ .size = 32 << 20, .sync_ms = 1000 };
	a = NULL;
	live();
}

static void
teardown(void)
{
	acct_free(a);
	acct_files_close(&disk);
	world_free(&w);
}

static void
put(enum acct_kind kind, const char *sid)
{
	static const uint32_t status[] = { [ACCT_START] = PW_STATUS_START,
	    [ACCT_INTERIM] = PW_STATUS_ALIVE, [ACCT_STOP] = PW_STATUS_STOP,
	    [ACCT_NOTE] = PW_STATUS_ALIVE, [ACCT_ON] = PW_ACCOUNTING_ON,
	    [ACCT_OFF] = PW_ACCOUNTING_OFF };
	struct radius_attrs as;

	radius_attrs_init(&as, w.dict);
	radius_add_u32(&as, PW_ACCT_STATUS_TYPE, status[kind]);
	radius_add_str(&as, PW_ACCT_SESSION_ID, sid);
	acct_put(a, kind, sid, &as);
	ck_assert_ptr_null(as.list);
}

/* What the server has got, not answered yet: "1a" is a's Start; repetitions
 * not again. */
static const char *
got(void)
{
	static char text[4096];
	char one[ACCT_SID + 4];
	struct fake_request r;
	size_t len;
	const uint8_t *v;

	text[0] = '\0';
	while (fake_recv(&w.fake[0], &r)) {
		rq = r;
		v = fake_attr(&rq, 0, PW_ACCT_SESSION_ID, &len);
		ck_assert(fake_authentic(&w.fake[0], &rq));
		snprintf(one, sizeof(one), "%u%.*s ",
		    (unsigned)fake_u32(&rq, PW_ACCT_STATUS_TYPE), (int)len,
		    (const char *)v);
		if (strstr(text, one) == NULL)
			strcat(text, one);
	}
	return text;
}

static void
answer(const struct fake_request *r)
{
	fake_reply(&w.fake[0], r, RADIUS_ACCT_RESPONSE, NULL, 0, 0);
	world_pump(&w);
}

/* Answers all there are and all that follow; what they were. */
static const char *
answer_all(void)
{
	static char text[16384];
	struct fake_request r;
	char one[ACCT_SID + 4];
	size_t len;
	const uint8_t *v;

	text[0] = '\0';
	while (fake_recv(&w.fake[0], &r)) {
		v = fake_attr(&r, 0, PW_ACCT_SESSION_ID, &len);
		snprintf(one, sizeof(one), "%u%.*s ",
		    (unsigned)fake_u32(&r, PW_ACCT_STATUS_TYPE), (int)len,
		    (const char *)v);
		ck_assert_uint_lt(strlen(text) + strlen(one), sizeof(text));
		strcat(text, one);
		answered = r;
		answer(&r);
	}
	return text;
}

static json_int_t
figure(const char *name)
{
	json_t *o = acct_json(a), *v = json_object_get(o, name);
	json_int_t n;

	ck_assert_msg(json_is_integer(v), "%s", name);
	n = json_integer_value(v);
	json_decref(o);
	return n;
}

START_TEST(order_within_a_session)
{
	const char *text;

	put(ACCT_START, "a");
	put(ACCT_STOP, "a");
	put(ACCT_START, "b");
	put(ACCT_NOTE, "b");		/* never sent */
	ck_assert_str_eq(got(), "1a 1b ");	/* b does not wait for a */
	answer(&rq);
	ck_assert_str_eq(got(), "");
	put(ACCT_STOP, "b");
	ck_assert_str_eq(got(), "2b ");
	ck_assert_uint_eq(acct_owed(a), 3);
	world_advance(&w, 3000);
	/* repeated in any order, but then: */
	text = answer_all();
	ck_assert_uint_eq(strlen(text), 9);
	ck_assert_str_eq(text + 6, "2a ");
	ck_assert_uint_eq(acct_owed(a), 0);
	ck_assert_int_eq(figure("acknowledged"), 4);
	ck_assert_int_eq(figure("written"), 4);
	ck_assert_int_eq(figure("open_sessions"), 0);
}
END_TEST

/* Killed, and half a minute dead: everything is there, and so old. */
START_TEST(delay_over_a_restart)
{
	put(ACCT_START, "a");
	put(ACCT_STOP, "a");
	ck_assert_str_eq(got(), "1a ");
	ck_assert_uint_eq(fake_u32(&rq, PW_ACCT_DELAY_TIME), 0);
	w.now = mono_add_ms(w.now, 30500);
	live();
	ck_assert_int_eq(figure("found"), 2);
	ck_assert_int_eq(figure("open_sessions"), 0);
	acct_pump(a);
	ck_assert_str_eq(got(), "1a ");
	ck_assert_uint_eq(fake_u32(&rq, PW_ACCT_DELAY_TIME), 30);
	ck_assert_int_eq(figure("oldest_age"), 30);
	answer(&rq);
	ck_assert_str_eq(got(), "2a ");
	ck_assert_uint_eq(fake_u32(&rq, PW_ACCT_DELAY_TIME), 30);
	answer(&rq);
	ck_assert_uint_eq(acct_owed(a), 0);
	/* What is acknowledged is not sent by the next one. */
	live();
	acct_pump(a);
	ck_assert_str_eq(got(), "");
}
END_TEST

/* Another boot: the clock on the wall is what there is. */
START_TEST(delay_over_a_reboot)
{
	put(ACCT_STOP, "a");
	got();
	disk.boot = 2;
	w.now = mono_add_ms(w.now, 7500);
	live();
	acct_pump(a);
	ck_assert_str_eq(got(), "2a ");
	ck_assert_uint_eq(fake_u32(&rq, PW_ACCT_DELAY_TIME), 7);
}
END_TEST

/* A thousand records for a server that is dead: one of them asks for it, the
 * others wait on the disk. Then all go out, each once. */
START_TEST(dead_server)
{
	static bool seen[1000];
	struct fake_request r;
	char sid[ACCT_SID + 1];
	const uint8_t *v;
	unsigned n = 0;
	size_t len;

	for (unsigned i = 0; i < 1000; i++) {
		snprintf(sid, sizeof(sid), "%u", i);
		put(ACCT_STOP, sid);
	}
	ck_assert_int_eq(figure("in_flight"), 16);
	ck_assert_uint_eq(a->n_window, ACCT_WINDOW);
	for (unsigned i = 0; i < 100; i++) {
		world_advance(&w, 3000);
		while (fake_recv(&w.fake[0], &r))
			;
		ck_assert_int_le(figure("in_flight"), 16);
	}
	ck_assert_int_le(figure("in_flight"), 1);
	ck_assert_uint_eq(acct_owed(a), 1000);
	ck_assert_uint_eq(a->n_window, ACCT_WINDOW);
	ck_assert_int_ge(figure("oldest_age"), 300);
	ck_assert_int_eq(figure("unwritten"), 0);
	for (unsigned i = 0; i < 100 && acct_owed(a) > 0; i++) {
		world_advance(&w, 1000);
		while (fake_recv(&w.fake[0], &r)) {
			v = fake_attr(&r, 0, PW_ACCT_SESSION_ID, &len);
			memcpy(sid, v, len);
			sid[len] = '\0';
			n += !seen[atoi(sid)];
			seen[atoi(sid)] = true;
			ck_assert_uint_ge(fake_u32(&r, PW_ACCT_DELAY_TIME),
			    300);
			answer(&r);
		}
	}
	ck_assert_uint_eq(acct_owed(a), 0);
	ck_assert_uint_eq(n, 1000);
	ck_assert_int_eq(figure("acknowledged"), 1000);
	ck_assert_int_eq(figure("in_flight"), 0);
}
END_TEST

/* Accounting-On: nothing passes it, in either direction. */
START_TEST(nothing_passes_accounting_on)
{
	put(ACCT_STOP, "old");
	put(ACCT_ON, "boot");
	put(ACCT_START, "new");
	ck_assert_str_eq(got(), "2old ");
	answer(&rq);
	ck_assert_str_eq(got(), "7boot ");
	answer(&rq);
	ck_assert_str_eq(got(), "1new ");
	put(ACCT_STOP, "new");
	put(ACCT_OFF, "boot");
	ck_assert_str_eq(got(), "");
	answer(&rq);
	ck_assert_str_eq(got(), "2new ");
	answer(&rq);
	ck_assert_str_eq(got(), "8boot ");
	answer(&rq);
	ck_assert_uint_eq(acct_owed(a), 0);
}
END_TEST

/* A server that does not know of Accounting-On holds nobody up for long; and
 * once it has had what came after it, it is not told any more. */
START_TEST(accounting_on_that_nobody_wants)
{
	struct fake_request r;

	put(ACCT_ON, "boot");
	put(ACCT_START, "new");
	for (unsigned i = 0; i < 200 && acct_owed(a) > 0; i++) {
		world_advance(&w, 1000);
		while (fake_recv(&w.fake[0], &r))
			if (fake_u32(&r, PW_ACCT_STATUS_TYPE) == 1)
				answer(&r);
	}
	ck_assert_uint_eq(acct_owed(a), 0);
	ck_assert_int_eq(figure("given_up"), 1);
	ck_assert_int_eq(figure("acknowledged"), 1);
}
END_TEST

/* One that the server never answers while it answers others, does not stop
 * them, and is given up, with its session going on. */
START_TEST(poison)
{
	struct fake_request r;
	const uint8_t *v;
	char sid[ACCT_SID + 1];
	size_t len;
	unsigned n = 0;

	log_set_level(NULL, "none");
	put(ACCT_START, "poison");
	put(ACCT_STOP, "poison");
	for (unsigned i = 0; i < 1500 && figure("given_up") == 0; i++) {
		snprintf(sid, sizeof(sid), "%u", i);
		put(ACCT_STOP, sid);
		world_advance(&w, 1000);
		while (fake_recv(&w.fake[0], &r)) {
			v = fake_attr(&r, 0, PW_ACCT_SESSION_ID, &len);
			if (len == 6 && memcmp(v, "poison", 6) == 0)
				continue;
			answer(&r);
			n++;
		}
	}
	ck_assert_int_eq(figure("given_up"), 1);
	ck_assert_uint_ge(n, 1000);
	put(ACCT_OFF, "boot");
	world_advance(&w, 5000);
	answer_all();
	ck_assert_uint_eq(fake_u32(&answered, PW_ACCT_STATUS_TYPE), 8);
	ck_assert_uint_eq(acct_owed(a), 0);
}
END_TEST

#define LIMIT	(512 << 10)

static void
put_big(void)
{
	static const char octets[250];
	struct radius_attrs as;

	radius_attrs_init(&as, w.dict);
	radius_add_u32(&as, PW_ACCT_STATUS_TYPE, PW_STATUS_STOP);
	radius_add_str(&as, PW_ACCT_SESSION_ID, "filler");
	for (unsigned i = 0; i < 15; i++)
		radius_add_data(&as, PW_CLASS, 0, octets, sizeof(octets));
	acct_put(a, ACCT_STOP, "filler", &as);
}

/* The disk takes no more, or again. check itself has to write a little. */
static void
disk_full(bool full)
{
	struct rlimit l;

	while (full && acct_spool_used(a->spool) < LIMIT) {
		put_big();
		answer_all();
	}
	getrlimit(RLIMIT_FSIZE, &l);
	l.rlim_cur = full ? LIMIT : l.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &l), 0);
}

/* Nothing can be written: what a live server takes is not lost, and order
 * holds. */
START_TEST(full_disk_and_a_live_server)
{
	struct fake_request last;

	log_set_level(NULL, "none");
	put(ACCT_START, "a");
	ck_assert_str_eq(got(), "1a ");
	last = rq;
	disk_full(true);
	rq = last;
	put(ACCT_STOP, "a");
	put(ACCT_START, "b");
	ck_assert_int_eq(figure("unwritten"), 2);
	ck_assert(!acct_has_room(a));
	answer(&rq);
	ck_assert_uint_eq(strlen(got()), 6);	/* both */
	world_advance(&w, 3000);
	answer_all();
	ck_assert_uint_eq(acct_owed(a), 0);
	disk_full(false);
	world_advance(&w, 6000);
	ck_assert(acct_has_room(a));
	/* Its Stop was never written, but it has stopped. */
	live();
	ck_assert_uint_eq(acct_orphans(a), 0);
}
END_TEST

/* Nothing can be written, and nobody answers: bounded, counted, and written
 * as soon as it can be. */
START_TEST(full_disk_and_a_dead_server)
{
	char sid[ACCT_SID + 1];

	log_set_level(NULL, "none");
	params.refuse = true;
	live();
	ck_assert(acct_admits(a));
	disk_full(true);
	for (unsigned i = 0; i < 3 * ACCT_OVERFLOW; i++) {
		snprintf(sid, sizeof(sid), "%u", i);
		put(ACCT_STOP, sid);
	}
	ck_assert(!acct_admits(a));
	ck_assert_int_eq(figure("refused_logins"), 1);
	ck_assert_int_eq(figure("unwritten"), ACCT_OVERFLOW);
	ck_assert_int_eq(figure("lost"), 2 * ACCT_OVERFLOW);
	ck_assert_uint_eq(acct_unwritten(a), ACCT_OVERFLOW);
	disk_full(false);
	ck_assert_uint_eq(acct_unwritten(a), 0);	/* when nasd goes */
	world_advance(&w, 6000);
	ck_assert(acct_admits(a));
	ck_assert_int_eq(figure("unwritten"), 0);
	put(ACCT_STOP, "last");
	ck_assert_int_eq(figure("lost"), 2 * ACCT_OVERFLOW);
	ck_assert_uint_eq(acct_owed(a), ACCT_OVERFLOW + 1);
	params.refuse = false;
	live();
	ck_assert_uint_eq(acct_owed(a), ACCT_OVERFLOW + 1);
	acct_pump(a);
	for (unsigned i = 0; i < 100 && acct_owed(a) > 0; i++) {
		world_advance(&w, 1000);
		answer_all();
	}
	/* each once */
	ck_assert_int_eq(figure("acknowledged"), ACCT_OVERFLOW + 1);
	disk_full(true);
	put(ACCT_STOP, "x");
	ck_assert(acct_admits(a));
	disk_full(false);
}
END_TEST

static void
close_it(void *arg, const char *sid)
{
	ck_assert_ptr_eq(arg, &w);
	acct_close_orphan(a, sid, 11);
}

START_TEST(orphans_get_a_stop)
{
	put(ACCT_START, "a");
	put(ACCT_START, "b");
	ck_assert_str_eq(answer_all(), "1a 1b ");
	w.now = mono_add_ms(w.now, 5000);
	put(ACCT_NOTE, "b");
	w.now = mono_add_ms(w.now, 60000);
	live();
	ck_assert_uint_eq(acct_orphans(a), 2);
	ck_assert(acct_adopt(a, "a"));
	ck_assert_uint_eq(acct_orphans(a), 1);
	acct_each_orphan(a, close_it, &w);
	ck_assert_uint_eq(acct_orphans(a), 0);
	ck_assert_str_eq(got(), "2b ");
	/* as of the note, which is what is known */
	ck_assert_uint_eq(fake_u32(&rq, PW_ACCT_DELAY_TIME), 60);
	ck_assert_uint_eq(fake_u32(&rq, PW_ACCT_TERMINATE_CAUSE), 11);
	answer(&rq);
	ck_assert_int_eq(figure("open_sessions"), 1);
	acct_close_orphan(a, "nobody", 11);
	ck_assert_str_eq(got(), "");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("acct");
	TCase *t = tcase_create("acct");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, order_within_a_session);
	tcase_add_test(t, delay_over_a_restart);
	tcase_add_test(t, delay_over_a_reboot);
	tcase_add_test(t, dead_server);
	tcase_add_test(t, nothing_passes_accounting_on);
	tcase_add_test(t, accounting_on_that_nobody_wants);
	tcase_add_test(t, poison);
	tcase_add_test(t, full_disk_and_a_live_server);
	tcase_add_test(t, full_disk_and_a_dead_server);
	tcase_add_test(t, orphans_get_a_stop);
	suite_add_tcase(s, t);
	return test_run(s);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* nasd's tunnels that somebody else has removed, against a root side that
 * answers when and what the test says. */
#include <arpa/inet.h>
#include <errno.h>

#include "common/clock.h"
#include "common/priv.h"
#include "common/timers.h"
#include "nasd/priv_ops.h"
#include "nasd/tunnel_repair.h"
#include "tests/unit/test.h"

/* Stands for common/priv_client.c: requests queue up here. */
static struct {
	struct in_addr	 ha;
	priv_done	*done;
	void		*arg;
} asked[32];
static unsigned n_asked, n_answered;
static int request_error;
static mono_t now;
static struct timers timers;
static struct tunnel_repair *repair;

int
priv_request(struct priv_client *c, uint16_t type, const void *body,
    size_t len, priv_done *done, void *arg)
{
	(void)c;
	if (request_error != 0)
		return request_error;
	ck_assert_uint_lt(n_asked, 32);
	ck_assert_uint_eq(type, NASD_PRIV_TUNNEL_CHECK);
	ck_assert_uint_eq(len, sizeof(asked[0].ha));
	memcpy(&asked[n_asked].ha, body, len);
	asked[n_asked].done = done;
	asked[n_asked++].arg = arg;
	return 0;
}

static mono_t
fake_mono(void *arg)
{
	(void)arg;
	return now;
}

static const struct clock clock_fake = { .mono = fake_mono };

static void
wait_ms(int64_t ms)
{
	now = mono_add_ms(now, ms);
	timers_run(&timers, now);
}

static void
answer(int status, uint32_t made)
{
	const struct nasd_priv_tunnel_checked reply = { made };
	const unsigned i = n_answered++;

	ck_assert_uint_lt(i, n_asked);
	asked[i].done(asked[i].arg, status, &reply,
	    status == 0 ? sizeof(reply) : 0, -1);
}

static json_int_t
counter(const char *name)
{
	json_t *o = tunnel_repair_json(repair);
	json_int_t v = json_integer_value(json_object_get(o, name));

	json_decref(o);
	return v;
}

static void
set_up(void)
{
	n_asked = n_answered = 0;
	request_error = 0;
	now = (mono_t){ 1000000000 };
	timers_init(&timers);
	repair = tunnel_repair_new(NULL, &timers, &clock_fake);
	ck_assert_ptr_nonnull(repair);
}

static void
tear_down(void)
{
	tunnel_repair_free(repair);
	ck_assert_int_eq(timers_next(&timers).ns, MONO_NEVER.ns);
	timers_free(&timers);
}

START_TEST(by_name)
{
	static const char *const no[] = { "ppp0", "nm4-", "nm4-c000020",
	    "nm4-c00002011", "nm4-c00002zz", "nm5-c0000201" };
	struct in_addr ha;
	unsigned i;

	for (i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		tunnel_repair_lost(repair, no[i]);
	ck_assert_uint_eq(n_asked, 0);
	tunnel_repair_lost(repair, "nm4-c0000201");
	ck_assert_uint_eq(n_asked, 1);
	inet_pton(AF_INET, "192.0.2.1", &ha);
	ck_assert_uint_eq(asked[0].ha.s_addr, ha.s_addr);
	/* Asked about again when it may have gone since. */
	tunnel_repair_lost(repair, "nm4-c0000201");
	tunnel_repair_lost(repair, "nm4-c0000201");
	tunnel_repair_lost(repair, "nm4-c0000202");
	ck_assert_uint_eq(n_asked, 2);
	answer(0, 1);
	ck_assert_uint_eq(n_asked, 3);
	answer(0, 1);
	answer(0, 0);
	ck_assert_uint_eq(n_asked, 3);
	ck_assert_int_eq(counter("remade"), 2);
	ck_assert_int_eq(counter("failed"), 0);
}
END_TEST

/* Tried again, less and less often, until it is there. */
START_TEST(failing)
{
	tunnel_repair_lost(repair, "nm4-c0000201");
	answer(-ENOBUFS, 0);
	tunnel_repair_lost(repair, "nm4-c0000201");	/* is known */
	ck_assert_uint_eq(n_asked, 1);
	wait_ms(1000);
	ck_assert_uint_eq(n_asked, 2);
	answer(-ENOBUFS, 0);
	wait_ms(1000);
	ck_assert_uint_eq(n_asked, 2);
	wait_ms(1000);
	ck_assert_uint_eq(n_asked, 3);
	answer(0, 1);
	ck_assert_int_eq(counter("failed"), 2);
	ck_assert_int_eq(counter("remade"), 1);
	wait_ms(60000);
	ck_assert_uint_eq(n_asked, 3);
	/* What could not be asked for, too. */
	request_error = -ENOMEM;
	tunnel_repair_lost(repair, "nm4-c0000201");
	request_error = 0;
	wait_ms(1000);
	ck_assert_uint_eq(n_asked, 4);
	answer(-EPERM, 0);			/* none of ours any more */
	wait_ms(60000);
	ck_assert_uint_eq(n_asked, 4);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tunnel_repair");
	TCase *tc = tcase_create("repair");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, by_name);
	tcase_add_test(tc, failing);
	suite_add_tcase(s, tc);
	return test_run(s);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* had's tunnels: made for the first route, kept a while after the last, against
 * a root side that answers when and what the test says. */
#include <arpa/inet.h>
#include <errno.h>

#include "common/clock.h"
#include "common/priv.h"
#include "common/timers.h"
#include "had/priv_ops.h"
#include "had/tunnel.h"
#include "tests/unit/test.h"

/* Stands for common/priv_client.c: requests queue up here. */
static struct {
	uint16_t	 type;
	priv_done	*done;
	void		*arg;
} asked[32];
static unsigned n_asked, n_answered, n_done;
static int last_status;
static mono_t now;
static struct timers timers;
static struct dataplane *dp;

int
priv_request(struct priv_client *c, uint16_t type, const void *body,
    size_t len, priv_done *done, void *arg)
{
	(void)c;
	(void)body;
	(void)len;
	ck_assert_uint_lt(n_asked, 32);
	asked[n_asked].type = type;
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

/* The root side answers all that is due. */
static void
answer(int status)
{
	unsigned i;

	for (; n_answered < n_asked; n_answered++) {
		i = n_answered;
		if (asked[i].done != NULL)
			asked[i].done(asked[i].arg, status, NULL, 0, -1);
	}
}

/* How often it was asked for this. */
static unsigned
n_of(uint16_t type)
{
	unsigned i, n = 0;

	for (i = 0; i < n_asked; i++)
		n += asked[i].type == type;
	return n;
}

static void
done(void *arg, int status)
{
	(void)arg;
	n_done++;
	last_status = status;
}

static struct dp_route *
add(const char *coa)
{
	struct dp_entry e = { .len = 64 };
	struct dp_route *r;
	int status;

	inet_pton(AF_INET, coa, &e.coa);
	inet_pton(AF_INET6, "2001:db8:1::", &e.prefix);
	r = dp->add(dp, &e, done, NULL, &status);
	ck_assert_ptr_nonnull(r);
	ck_assert_int_eq(status, -EINPROGRESS);
	return r;
}

static void
set_up(void)
{
	n_asked = n_answered = n_done = 0;
	now = (mono_t){ 1000000000 };
	timers_init(&timers);
	dp = tunnel_kernel_new(NULL, &timers, &clock_fake);
	ck_assert_ptr_nonnull(dp);
}

static void
tear_down(void)
{
	answer(0);
	dp->free(dp);
	ck_assert_int_eq(timers_next(&timers).ns, MONO_NEVER.ns);
	timers_free(&timers);
}

START_TEST(kept_a_while)
{
	struct dp_route *a = add("192.0.2.1"), *b = add("192.0.2.1");

	ck_assert_uint_eq(n_of(HAD_PRIV_TUNNEL_ADD), 1);
	ck_assert_uint_eq(asked[0].type, HAD_PRIV_TUNNEL_ADD);
	answer(0);
	ck_assert_uint_eq(n_done, 2);
	dp->del(dp, a);
	wait_ms(60000);
	ck_assert_uint_eq(n_of(HAD_PRIV_TUNNEL_DEL), 0);	/* b's, too */
	dp->del(dp, b);
	wait_ms(4000);
	ck_assert_uint_eq(n_of(HAD_PRIV_TUNNEL_DEL), 0);
	a = add("192.0.2.1");				/* the same one */
	ck_assert_uint_eq(n_of(HAD_PRIV_TUNNEL_ADD), 1);
	answer(0);
	wait_ms(60000);
	ck_assert_uint_eq(n_of(HAD_PRIV_TUNNEL_DEL), 0);
	dp->del(dp, a);
	wait_ms(5000);
	ck_assert_uint_eq(n_of(HAD_PRIV_TUNNEL_DEL), 1);
	a = add("192.0.2.1");
	ck_assert_uint_eq(n_of(HAD_PRIV_TUNNEL_ADD), 2);
	dp->del(dp, a);
}
END_TEST

/* What failed is asked for again. */
START_TEST(failed)
{
	struct dp_route *a = add("192.0.2.1"), *b;

	answer(-ENODEV);
	ck_assert_uint_eq(n_done, 1);
	ck_assert_int_eq(last_status, -ENODEV);
	dp->del(dp, a);
	b = add("192.0.2.1");
	ck_assert_uint_eq(n_of(HAD_PRIV_TUNNEL_ADD), 2);
	/* Nobody waits for it any more when it fails. */
	dp->del(dp, b);
	answer(-ENODEV);
	ck_assert_uint_eq(n_done, 1);
	a = add("192.0.2.1");
	ck_assert_uint_eq(n_of(HAD_PRIV_TUNNEL_ADD), 3);
	dp->del(dp, a);
}
END_TEST

/* Not before there is an answer, however long that takes. */
START_TEST(slow_root)
{
	struct dp_route *a = add("192.0.2.1");

	dp->del(dp, a);
	wait_ms(60000);
	ck_assert_uint_eq(n_of(HAD_PRIV_TUNNEL_DEL), 0);
	answer(0);
	wait_ms(60000);
	ck_assert_uint_eq(n_of(HAD_PRIV_TUNNEL_DEL), 1);
}
END_TEST

/* A handoff: the new one is made before the route, the old one goes later. */
START_TEST(handoff)
{
	struct dp_route *a = add("192.0.2.1"), *b;

	answer(0);
	b = add("192.0.2.2");
	dp->del(dp, a);
	ck_assert_uint_eq(n_asked, 5);
	ck_assert_uint_eq(asked[2].type, HAD_PRIV_TUNNEL_ADD);
	ck_assert_uint_eq(asked[3].type, HAD_PRIV_ROUTE_ADD);
	ck_assert_uint_eq(asked[4].type, HAD_PRIV_ROUTE_DEL);
	answer(0);
	wait_ms(5000);
	ck_assert_uint_eq(n_of(HAD_PRIV_TUNNEL_DEL), 1);
	dp->del(dp, b);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("had_tunnel");
	TCase *tc = tcase_create("tunnels");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, kept_a_while);
	tcase_add_test(tc, failed);
	tcase_add_test(tc, slow_root);
	tcase_add_test(tc, handoff);
	suite_add_tcase(s, tc);
	return test_run(s);
}

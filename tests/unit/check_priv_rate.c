/* SPDX-License-Identifier: BSD-2-Clause */
/* What is in force when a rate limit can not be changed: the old one, or none,
 * and never one that is only believed to be. Netlink is a stand-in that fails
 * when told to. */
#include "config.h"

#include <errno.h>

#include "common/log.h"
#include "common/netlink.h"
#include "nasd/priv_rate.h"
#include "tests/unit/test.h"

static char calls[512];
static int results[8];		/* of nl_commit, in order */
static unsigned commits;
static struct nl *const nl = NULL;

static const struct rate none, slow = { 1000000, 2000000, 0 },
    fast = { 8000000, 9000000, 0 };

static void
call(const char *what)
{
	ck_assert_uint_lt(strlen(calls) + strlen(what) + 2, sizeof(calls));
	strcat(calls, what);
	strcat(calls, ";");
}

void
nl_begin(struct nl *n)
{
	(void)n;
}

int
nl_commit(struct nl *n, int *errors, size_t cap)
{
	(void)n;
	(void)errors;
	(void)cap;
	ck_assert_uint_lt(commits, 8);
	call("commit");
	return (results[commits++]);
}

int
nl_shaper_set(struct nl *n, unsigned ifindex, const struct nl_rate *r)
{
	(void)n;
	(void)ifindex;
	call(r->bytes == slow.down_bps / 8 ? "down slow" : "down fast");
	return (0);
}

int
nl_shaper_fair(struct nl *n, unsigned ifindex, const struct nl_fair *f)
{
	(void)n;
	(void)ifindex;
	(void)f;
	return (0);
}

int
nl_shaper_del(struct nl *n, unsigned ifindex, unsigned ignore)
{
	(void)n;
	(void)ifindex;
	(void)ignore;
	call("no down");
	return (0);
}

int
nl_policer_add(struct nl *n, unsigned ifindex, uint16_t prio,
    const struct nl_rate *r)
{
	(void)n;
	(void)ifindex;
	(void)prio;
	call(r->bytes == slow.up_bps / 8 ? "up slow" : "up fast");
	return (0);
}

int
nl_policer_change(struct nl *n, unsigned ifindex, const struct nl_rate *r)
{
	(void)n;
	(void)ifindex;
	call(r->bytes == slow.up_bps / 8 ? "up to slow" : "up to fast");
	return (0);
}

int
nl_policer_del(struct nl *n, unsigned ifindex, uint16_t prio, unsigned ignore)
{
	(void)n;
	(void)ifindex;
	(void)prio;
	(void)ignore;
	call("no up");
	return (0);
}

static int
change(struct rate *is, const struct rate *to, int first, int second,
    int third)
{
	calls[0] = '\0';
	commits = 0;
	results[0] = first;
	results[1] = second;
	results[2] = third;
	log_set_level(NULL, "none");
	return (rate_install(nl, 7, 1, is, to));
}

START_TEST(set_and_changed)
{
	struct rate is = none;

	ck_assert_int_eq(change(&is, &slow, 0, -EIO, -EIO), 0);
	ck_assert_str_eq(calls, "down slow;up slow;commit;");
	ck_assert(rate_equal(&is, &slow));
	ck_assert_int_eq(change(&is, &fast, 0, -EIO, -EIO), 0);
	ck_assert_str_eq(calls, "down fast;up to fast;commit;");
	ck_assert(rate_equal(&is, &fast));
	ck_assert_int_eq(change(&is, &none, 0, -EIO, -EIO), 0);
	ck_assert_str_eq(calls, "no down;no up;commit;");
	ck_assert(rate_equal(&is, &none));
}
END_TEST

START_TEST(set_back)
{
	struct rate is = slow;

	ck_assert_int_eq(change(&is, &fast, -ENOMEM, 0, 0), -ENOMEM);
	ck_assert_str_eq(calls, "down fast;up to fast;commit;no down;no up;"
	    "commit;down slow;up slow;commit;");
	ck_assert(rate_equal(&is, &slow));
	/* There was none: nothing to set back, nothing lost. */
	is = none;
	ck_assert_int_eq(change(&is, &fast, -ENOENT, 0, -EIO), -ENOENT);
	ck_assert(rate_equal(&is, &none));
	ck_assert_uint_eq(commits, 2);
}
END_TEST

START_TEST(lost)
{
	struct rate is = slow;

	ck_assert_int_eq(change(&is, &fast, -ENOMEM, 0, -ENOMEM),
	    -ENOTRECOVERABLE);
	ck_assert(rate_equal(&is, &none));
	/* It is set anew, not changed, the next time. */
	ck_assert_int_eq(change(&is, &slow, 0, 0, 0), 0);
	ck_assert_str_eq(calls, "down slow;up slow;commit;");
	ck_assert(rate_equal(&is, &slow));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("priv_rate");
	TCase *t = tcase_create("priv_rate");

	tcase_add_test(t, set_and_changed);
	tcase_add_test(t, set_back);
	tcase_add_test(t, lost);
	suite_add_tcase(s, t);
	return (test_run(s));
}

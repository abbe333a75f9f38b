/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What tells an access router's sessions in GRE apart [PROTOCOLS D197]: which
 * filters there are for whom, when a home address goes to another session,
 * when the device is made anew, and when an earlier nasd has left some. The
 * kernel is a list of filters, which fails when told to.
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>

#include "common/log.h"
#include "common/netlink.h"
#include "nasd/priv_gre.h"
#include "nasd/priv_tunnel.h"
#include "tests/unit/test.h"

#define FILTERS	64
#define DEVICE	7

static struct filter {
	bool		used, egress;
	uint16_t	prio;
	uint32_t	handle, key;
	struct in_addr	remote;
	struct in6_addr	addr;
	unsigned	len;
} filter[FILTERS];

static struct {
	unsigned	ifindex;	/* the device's; 0: there is none */
	int		error;		/* of the batch */
	int		fail_at;	/* this message of all; -1: none */
} kernel;

static struct ha_tunnels tunnels;
static struct gre_plane g;

/* ---- the kernel ---- */

static bool
works(bool possible, int err, unsigned ign)
{
	if (kernel.fail_at-- == 0) {
		kernel.error = -ENOMEM;
		return false;
	}
	if (!possible && !(err == -ENOENT && ign & NL_IGN_NOENT))
		kernel.error = err;
	return possible;
}

void
nl_begin(struct nl *nl)
{
	(void)nl;
	kernel.error = 0;
}

int
nl_commit(struct nl *nl, int *result, size_t n)
{
	(void)nl;
	(void)result;
	(void)n;
	return kernel.error;
}

static bool
is_same(const struct filter *a, const struct filter *b)
{
	return a->used && a->egress == b->egress && a->prio == b->prio &&
	    (a->handle == b->handle || (a->len == b->len &&
	    IN6_ARE_ADDR_EQUAL(&a->addr, &b->addr) && (a->egress ||
	    (a->key == b->key && a->remote.s_addr == b->remote.s_addr))));
}

int
nl_flower_add(struct nl *nl, unsigned ifindex, const struct nl_flower *f)
{
	const struct nl_gre *h = f->egress ? f->go_in : f->came_in;
	const struct filter one = { true, f->egress, f->prio, f->handle,
	    h->key, h->remote, f->egress ? f->src : f->dst, f->egress ?
	    f->src_len : f->dst_len };
	struct filter *place = NULL;
	bool there = false;

	(void)nl;
	ck_assert_uint_eq(ifindex, kernel.ifindex);
	ck_assert_uint_eq(h->local.s_addr, tunnels.coa.s_addr);
	ck_assert(!f->drop && f->handle != 0);
	for (unsigned i = 0; i < FILTERS; i++) {
		there |= is_same(&filter[i], &one);
		if (!filter[i].used)
			place = &filter[i];
	}
	ck_assert_ptr_nonnull(place);
	if (works(!there, -EEXIST, 0))
		*place = one;
	return 0;
}

static int
del(bool egress, uint16_t prio, uint32_t handle, unsigned ign)
{
	bool there = false;

	for (unsigned i = 0; i < FILTERS; i++)
		if (filter[i].used && filter[i].egress == egress &&
		    filter[i].prio == prio &&
		    (handle == 0 || filter[i].handle == handle)) {
			there = true;
			filter[i].used = false;
		}
	(void)works(there, -ENOENT, ign);
	return 0;
}

int
nl_flower_del(struct nl *nl, unsigned ifindex, uint16_t prio,
    uint32_t handle, unsigned ign)
{
	(void)nl;
	(void)ifindex;
	return del(false, prio, handle, ign);
}

int
nl_flower_egress_del(struct nl *nl, unsigned ifindex, uint16_t prio,
    uint32_t handle, unsigned ign)
{
	(void)nl;
	(void)ifindex;
	return del(true, prio, handle, ign);
}

int
nl_filter_del(struct nl *nl, unsigned ifindex, uint16_t prio, unsigned ign)
{
	return nl_flower_del(nl, ifindex, prio, 0, ign);
}

int
nl_filter_prios(struct nl *nl, unsigned ifindex, nl_filter_prio *fn,
    void *arg)
{
	(void)nl;
	ck_assert_uint_eq(ifindex, kernel.ifindex);
	for (unsigned i = 0; i < FILTERS; i++)
		if (filter[i].used && !filter[i].egress)
			fn(arg, filter[i].prio);
	fn(arg, GRE_PRIO_DROP);
	return 0;
}

uint64_t
nl_filter_drops(struct nl *nl, unsigned ifindex)
{
	(void)nl;
	ck_assert_uint_eq(ifindex, kernel.ifindex);
	return 42;
}

int
ha_tunnel_ensure(struct ha_tunnels *ts, struct ha_tunnel *t)
{
	ck_assert_ptr_eq(t, &ts->gre);
	if (t->up && t->ifindex == kernel.ifindex)
		return 0;
	if (kernel.ifindex == 0) {
		memset(filter, 0, sizeof(filter));
		kernel.ifindex = t->ifindex + 1 + DEVICE;
	}
	t->ifindex = kernel.ifindex;
	t->up = true;
	return 1;
}

/* ---- what there is ---- */

static unsigned
count(bool egress)
{
	unsigned n = 0;

	for (unsigned i = 0; i < FILTERS; i++)
		n += filter[i].used && filter[i].egress == egress;
	return n;
}

/* The key that a packet from a home address gets, as the kernel looks for it:
 * the lowest prio first; 0: none. */
static uint32_t
key_out(const char *from)
{
	const struct filter *best = NULL;
	struct in6_addr a;

	inet_pton(AF_INET6, from, &a);
	for (unsigned i = 0; i < FILTERS; i++)
		if (filter[i].used && filter[i].egress &&
		    memcmp(&filter[i].addr, &a, filter[i].len / 8) == 0 &&
		    (best == NULL || filter[i].prio < best->prio))
			best = &filter[i];
	return best != NULL ? best->key : 0;
}

static bool
comes_in(uint32_t key, const char *to)
{
	struct in6_addr a;

	inet_pton(AF_INET6, to, &a);
	for (unsigned i = 0; i < FILTERS; i++)
		if (filter[i].used && !filter[i].egress &&
		    filter[i].key == key &&
		    memcmp(&filter[i].addr, &a, filter[i].len / 8) == 0)
			return true;
	return false;
}

static struct gre_session
session(const char *hoa, unsigned plen, uint32_t own, uint32_t peer)
{
	struct gre_session s = { .ha = { inet_addr("198.51.100.1") },
		.plen = plen, .keys = { own, peer } };

	inet_pton(AF_INET6, hoa, &s.hoa);
	return s;
}

static void
set_up(void)
{
	memset(filter, 0, sizeof(filter));
	memset(&kernel, 0, sizeof(kernel));
	kernel.fail_at = -1;
	tunnels = (struct ha_tunnels){ .coa = { inet_addr("192.0.2.1") } };
	log_set_level(NULL, "none");
	ck_assert_int_eq(gre_init(&g, &tunnels), 0);
	ck_assert_int_eq(gre_ensure(&g), 1);
	ck_assert_int_eq(gre_ensure(&g), 0);
}

static void
tear_down(void)
{
	ck_assert_uint_eq(table_count(&g.nets), 0);
	gre_free(&g);
}

/* A nasd that was killed is followed by another one. */
static void
killed(void)
{
	gre_free(&g);
	tunnels.gre.up = false;
	ck_assert_int_eq(gre_init(&g, &tunnels), 0);
	ck_assert_int_eq(gre_ensure(&g), 1);
}

/* ---- tests ---- */

START_TEST(added_and_deleted)
{
	struct gre_session a = session("2001:db8:1::", 64, 1, 11);
	struct gre_session b = session("2001:db8:2::7", 128, 2, 12);

	ck_assert(!gre_is_used(&g));
	ck_assert_int_eq(gre_add(&g, &a), 0);
	ck_assert_int_eq(gre_add(&g, &b), 0);
	ck_assert(gre_is_used(&g));
	ck_assert_uint_eq(key_out("2001:db8:1::5"), 11);
	ck_assert_uint_eq(key_out("2001:db8:2::7"), 12);
	ck_assert_uint_eq(key_out("2001:db8:2::8"), 0);
	ck_assert(comes_in(1, "2001:db8:1::9"));
	ck_assert(!comes_in(1, "2001:db8:2::7"));
	ck_assert(!comes_in(2, "2001:db8:1::9"));
	ck_assert_uint_eq(gre_dropped(&g), 42);
	gre_del(&g, &a);
	ck_assert_uint_eq(key_out("2001:db8:1::5"), 0);
	ck_assert(!comes_in(1, "2001:db8:1::9"));
	ck_assert_uint_eq(key_out("2001:db8:2::7"), 12);
	gre_del(&g, &b);
	ck_assert_uint_eq(count(false) + count(true), 0);
}
END_TEST

START_TEST(keys_are_nobody_elses)
{
	struct gre_session a = session("2001:db8:1::", 64, 1, 11);
	struct gre_session b = session("2001:db8:2::", 64, 1, 12);

	ck_assert_int_eq(gre_add(&g, &a), 0);
	ck_assert_int_eq(gre_add(&g, &b), -EEXIST);
	ck_assert_uint_eq(key_out("2001:db8:1::5"), 11);
	ck_assert_uint_eq(key_out("2001:db8:2::5"), 0);
	gre_del(&g, &a);
}
END_TEST

/* He is back before his old session is gone; and that goes. */
START_TEST(superseded)
{
	struct gre_session old = session("2001:db8:1::", 64, 1, 11);
	struct gre_session new = session("2001:db8:1::", 64, 2, 12);

	ck_assert_int_eq(gre_add(&g, &old), 0);
	ck_assert_int_eq(gre_add(&g, &new), 0);
	ck_assert_uint_eq(key_out("2001:db8:1::5"), 12);
	ck_assert(comes_in(2, "2001:db8:1::5"));
	gre_del(&g, &old);
	ck_assert_uint_eq(key_out("2001:db8:1::5"), 12);
	ck_assert(!comes_in(1, "2001:db8:1::5"));
	gre_del(&g, &new);
	ck_assert_uint_eq(count(false) + count(true), 0);
}
END_TEST

/* In one device for all home agents, none takes what another one's subscriber
 * has. */
START_TEST(anothers_home_address)
{
	static const struct {
		const char	*first, *second;
		unsigned	len1, len2;
		bool		both;
	} cases[] = {
		{ "2001:db8:1::", "2001:db8:1::", 64, 64, false },
		{ "2001:db8:1::", "2001:db8:1::7", 64, 128, false },
		{ "2001:db8:1::7", "2001:db8:1::", 128, 64, false },
		{ "2001:db8:1::7", "2001:db8:1::7", 128, 128, false },
		{ "2001:db8:1::7", "2001:db8:1::8", 128, 128, true },
		{ "2001:db8:1::", "2001:db8:2::", 64, 64, true },
	};
	struct gre_session a = session(cases[_i].first, cases[_i].len1, 1, 11);
	struct gre_session b = session(cases[_i].second, cases[_i].len2, 2,
	    12);
	struct gre_session all = session("2001:db8:1::", 64, 3, 13);

	b.ha.s_addr = inet_addr("198.51.100.2");
	ck_assert_int_eq(gre_add(&g, &a), 0);
	ck_assert_int_eq(gre_add(&g, &b), cases[_i].both ? 0 : -EADDRINUSE);
	ck_assert_uint_eq(key_out("2001:db8:1::7"), 11);
	ck_assert(comes_in(1, "2001:db8:1::7"));
	ck_assert_uint_eq(count(true), cases[_i].both ? 2 : 1);
	if (cases[_i].both) {
		/* Is the prefix one home agent's? */
		ck_assert_int_eq(gre_add(&g, &all), cases[_i].len1 == 128 ?
		    -EADDRINUSE : 0);
		if (cases[_i].len1 == 64)
			gre_del(&g, &all);
		gre_del(&g, &b);
	}
	gre_del(&g, &a);
	/* Nobody has it any more. */
	ck_assert_int_eq(gre_add(&g, &b), 0);
	gre_del(&g, &b);
	ck_assert_uint_eq(count(false) + count(true), 0);
}
END_TEST

/* Whichever message fails, nothing of it is left. */
START_TEST(failures)
{
	struct gre_session a = session("2001:db8:1::", 64, 1, 11);

	for (int i = 0; i < 2; i++) {
		kernel.fail_at = i;
		ck_assert_int_eq(gre_add(&g, &a), -ENOMEM);
		ck_assert_uint_eq(count(false) + count(true), 0);
		ck_assert(!gre_is_used(&g));
	}
	kernel.fail_at = -1;
	ck_assert_int_eq(gre_add(&g, &a), 0);
	gre_del(&g, &a);
}
END_TEST

/* Who has the home address has it still. */
START_TEST(failures_of_one_back)
{
	struct gre_session old = session("2001:db8:1::", 64, 1, 11);
	struct gre_session new = session("2001:db8:1::", 64, 2, 12);

	ck_assert_int_eq(gre_add(&g, &old), 0);
	for (int i = 1; i < 3; i++) {
		kernel.fail_at = i;
		ck_assert_int_eq(gre_add(&g, &new), -ENOMEM);
		ck_assert_uint_eq(key_out("2001:db8:1::5"), 11);
		ck_assert(!comes_in(2, "2001:db8:1::5"));
	}
	kernel.fail_at = -1;
	gre_del(&g, &old);
	ck_assert_uint_eq(count(false) + count(true), 0);
}
END_TEST

START_TEST(made_anew)
{
	struct gre_session old = session("2001:db8:1::", 64, 1, 11);
	struct gre_session new = session("2001:db8:1::", 64, 2, 12);
	struct gre_session b = session("2001:db8:2::", 64, 3, 13);

	ck_assert_int_eq(gre_add(&g, &old), 0);
	ck_assert_int_eq(gre_add(&g, &new), 0);
	ck_assert_int_eq(gre_add(&g, &b), 0);
	kernel.ifindex = 0;
	ck_assert_int_eq(gre_ensure(&g), 1);
	ck_assert_uint_eq(count(false), 3);
	ck_assert_uint_eq(count(true), 2);
	ck_assert_uint_eq(key_out("2001:db8:1::5"), 12);
	gre_del(&g, &old);
	gre_del(&g, &new);
	gre_del(&g, &b);
	ck_assert_uint_eq(count(false) + count(true), 0);
}
END_TEST

/* Those of an earlier nasd work until its sessions are back, and then go. */
START_TEST(taken_over)
{
	struct gre_session a = session("2001:db8:1::", 64, 1, 11);
	struct gre_session b = session("2001:db8:2::", 64, 2, 12);

	ck_assert_int_eq(gre_add(&g, &a), 0);
	ck_assert_int_eq(gre_add(&g, &b), 0);
	killed();
	ck_assert_uint_eq(key_out("2001:db8:1::5"), 11);
	ck_assert(comes_in(2, "2001:db8:2::5"));
	/* with another key of the home agent's, the new one is found first */
	a.keys.peer = 21;
	ck_assert_int_eq(gre_add(&g, &a), 0);
	ck_assert_uint_eq(key_out("2001:db8:1::5"), 21);
	ck_assert_uint_eq(key_out("2001:db8:2::5"), 12);
	gre_tidy(&g);
	ck_assert_uint_eq(key_out("2001:db8:2::5"), 12);
	g.since -= 3600;
	gre_tidy(&g);
	ck_assert_uint_eq(key_out("2001:db8:2::5"), 0);
	ck_assert_uint_eq(key_out("2001:db8:1::5"), 21);
	ck_assert_uint_eq(count(false) + count(true), 2);
	gre_del(&g, &a);
}
END_TEST

/* However often, in whatever time. */
START_TEST(killed_again_and_again)
{
	struct gre_session a = session("2001:db8:1::", 64, 1, 11);

	for (unsigned i = 0; i < 40; i++) {
		a.keys.peer = 11 + i;
		ck_assert_int_eq(gre_add(&g, &a), 0);
		ck_assert_uint_eq(key_out("2001:db8:1::5"), 11 + i);
		if (i % 8 == 7) {
			g.since -= 3600;
			gre_tidy(&g);
			ck_assert_uint_eq(count(true), 1);
		}
		killed();
	}
	ck_assert_int_eq(gre_add(&g, &a), 0);
	gre_del(&g, &a);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("priv_gre");
	TCase *tc = tcase_create("priv_gre");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, added_and_deleted);
	tcase_add_test(tc, keys_are_nobody_elses);
	tcase_add_test(tc, superseded);
	tcase_add_loop_test(tc, anothers_home_address, 0, 6);
	tcase_add_test(tc, failures);
	tcase_add_test(tc, failures_of_one_back);
	tcase_add_test(tc, made_anew);
	tcase_add_test(tc, taken_over);
	tcase_add_test(tc, killed_again_and_again);
	suite_add_tcase(s, tc);
	return test_run(s);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* had/dad and had/home_plane: addresses on a home link, with a link made of
 * counters, a clock turned by hand, and a data plane that answers when told. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "common/clock.h"
#include "common/timers.h"
#include "had/dad.h"
#include "had/home_plane.h"
#include "had/pool.h"
#include "had/tunnel.h"
#include "test.h"

#define T	"2001:db8:300::1234:5678"
#define T_GROUP	"ff02::1:ff34:5678"
#define NEIGH	"2001:db8:300::99"

static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 1 };
static const uint8_t other_mac[6] = { 2, 0, 0, 0, 0, 9 };

static struct timers timers;
static struct dad dad;
static int64_t now_ms;
static unsigned n_sent, n_groups, n_conflicts;
static int send_error, join_error;
static unsigned left_unjoined;
static struct nd6 sent;			/* the last */
static bool sent_unicast;
static uint8_t sent_to[6];

static mono_t
mono(void *arg)
{
	(void)arg;
	return (mono_t){ now_ms * 1000000 };
}

static const struct clock test_clock = { mono, NULL, NULL };

static int
io_join(void *arg, const struct in6_addr *group)
{
	(void)arg;
	ck_assert_uint_eq(group->s6_addr[0], 0xff);
	if (join_error)
		return join_error;
	n_groups++;
	return 7;
}

static void
io_leave(void *arg, const struct in6_addr *group, int handle)
{
	(void)arg;
	(void)group;
	if (handle < 0) {
		left_unjoined++;
		return;
	}
	ck_assert_int_eq(handle, 7);
	n_groups--;
}

static int
io_send(void *arg, const struct nd6 *m, const uint8_t *lladdr)
{
	(void)arg;
	if (send_error)
		return send_error;
	n_sent++;
	sent = *m;
	sent_unicast = lladdr != NULL;
	if (lladdr)
		memcpy(sent_to, lladdr, 6);
	return 0;
}

static void
io_conflict(void *arg, const struct in6_addr *a, const uint8_t *lladdr)
{
	(void)arg;
	(void)a;
	ck_assert_mem_eq(lladdr, other_mac, 6);
	n_conflicts++;
}

static const struct dad_io io = { io_join, io_leave, io_send, io_conflict };

static struct in6_addr
ip6(const char *s)
{
	struct in6_addr a;

	ck_assert_int_eq(inet_pton(AF_INET6, s, &a), 1);
	return a;
}

static bool
is(const struct in6_addr *a, const char *s)
{
	struct in6_addr b = ip6(s);

	return IN6_ARE_ADDR_EQUAL(a, &b);
}

static void
set_up(void)
{
	n_sent = n_groups = n_conflicts = 0;
	send_error = join_error = 0;
	now_ms = 1000000;
	timers_init(&timers);
	dad = (struct dad){ .timers = &timers, .clock = &test_clock,
		.io = &io, .own = ip6("fe80::1") };
	memcpy(dad.lladdr, mac, 6);
	ck_assert_int_eq(dad_init(&dad), 0);
}

/* Nothing is left. */
static void
tear_down(void)
{
	ck_assert_uint_eq(table_count(&dad.addrs), 0);
	ck_assert_uint_eq(table_count(&dad.groups), 0);
	ck_assert_uint_eq(dad.n_defended, 0);
	ck_assert_uint_eq(n_groups, 0);
	ck_assert_int_eq(timers_next(&timers).ns, MONO_NEVER.ns);
	dad_free(&dad);
	timers_free(&timers);
}

static void
pass(int64_t ms)
{
	int64_t end = now_ms + ms;
	mono_t next;

	while ((next = timers_next(&timers)).ns <= end * 1000000) {
		now_ms = next.ns / 1000000;
		timers_run(&timers, next);
	}
	now_ms = end;
}

struct wish {
	struct dad_claim	claim;
	unsigned		told;
	int			status;
	bool			let_go;		/* in done */
};

static void
told(void *arg, int status)
{
	struct wish *w = arg;

	w->told++;
	w->status = status;
	if (w->let_go)
		dad_release(&dad, &w->claim);
}

static int
want(struct wish *w, const char *addr)
{
	struct in6_addr a = ip6(addr);

	return dad_claim(&dad, &w->claim, &a, told, w);
}

static void
hear(bool advert, const char *src, const char *target)
{
	struct nd6 m = { .advert = advert, .src = ip6(src),
		.target = ip6(target) };

	m.dst = nd6_group(&m.target);
	dad_input(&dad, &m, other_mac);
}

START_TEST(nobody_has_it)
{
	struct wish w = { 0 };

	ck_assert_int_eq(want(&w, T), -EINPROGRESS);
	/* RFC 4862 5.4.2, and in the group before [5.4.1] */
	ck_assert_uint_eq(n_sent, 1);
	ck_assert_uint_eq(n_groups, 1);
	ck_assert(!sent.advert && !sent.has_lladdr && !sent_unicast);
	ck_assert(IN6_IS_ADDR_UNSPECIFIED(&sent.src));
	ck_assert(is(&sent.dst, T_GROUP) && is(&sent.target, T));
	pass(999);
	ck_assert_uint_eq(w.told, 0);
	/* who looks for it is not answered yet */
	hear(false, NEIGH, T);
	ck_assert_uint_eq(n_sent, 1);
	pass(1);
	ck_assert_uint_eq(w.told, 1);
	ck_assert_int_eq(w.status, 0);
	/* RFC 6275 10.4.1 */
	ck_assert_uint_eq(n_sent, 2);
	ck_assert(sent.advert && sent.override && !sent.solicited &&
	    !sent.router && sent.has_lladdr && !sent_unicast);
	ck_assert(is(&sent.src, "fe80::1") && is(&sent.dst, "ff02::1") &&
	    is(&sent.target, T));
	ck_assert_mem_eq(sent.lladdr, mac, 6);
	pass(60000);
	ck_assert_uint_eq(n_sent, 1 + DAD_ANNOUNCES);
	dad_release(&dad, &w.claim);
	hear(false, NEIGH, T);
	hear(false, "::", T);
	ck_assert_uint_eq(n_sent, 1 + DAD_ANNOUNCES);
}
END_TEST

START_TEST(solicitations_are_answered)
{
	struct wish w = { 0 };
	struct nd6 m = { .src = ip6(NEIGH), .target = ip6(T),
		.has_lladdr = true, .lladdr = { 2, 0, 0, 0, 0, 5 } };

	ck_assert_int_eq(want(&w, T), -EINPROGRESS);
	pass(10000);
	n_sent = 0;
	/* to the address in the option, not that of the frame */
	dad_input(&dad, &m, other_mac);
	ck_assert_uint_eq(n_sent, 1);
	ck_assert(sent_unicast && sent_to[5] == 5);
	ck_assert(sent.advert && sent.solicited && !sent.override &&
	    !sent.router && sent.has_lladdr);
	ck_assert(is(&sent.dst, NEIGH) && is(&sent.src, "fe80::1"));
	/* a unicast probe may come without */
	hear(false, NEIGH, T);
	ck_assert(sent_unicast && sent_to[5] == 9);
	/* another one's DAD: to all, unsolicited */
	hear(false, "::", T);
	ck_assert_uint_eq(n_sent, 3);
	ck_assert(sent.advert && !sent.solicited && !sent_unicast &&
	    is(&sent.dst, "ff02::1"));
	/* of no concern */
	hear(false, NEIGH, "2001:db8:300::1234:5679");
	hear(false, "::", "2001:db8:301::1234:5678");
	ck_assert_uint_eq(n_sent, 3);
	ck_assert_uint_eq(dad.stats.solicitations, 2);
	ck_assert_uint_eq(dad.stats.defended, 1);
	dad_release(&dad, &w.claim);
}
END_TEST

/* What ends a probe as a duplicate, up to the last moment. */
START_TEST(another_has_it)
{
	static const struct {
		bool		 advert;
		const char	*src;
		int64_t		 at;
	} c[] = {
		{ true, NEIGH, 0 }, { true, NEIGH, 999 },
		{ false, "::", 0 }, { false, "::", 999 },
	};
	struct wish w[2] = { { .let_go = true }, { .let_go = false } };

	for (size_t i = 0; i < 4; i++) {
		ck_assert_int_eq(want(&w[i % 2], T), -EINPROGRESS);
		pass(c[i].at);
		hear(c[i].advert, c[i].src, T);
		ck_assert_uint_eq(w[i % 2].told, i / 2 + 1);
		ck_assert_int_eq(w[i % 2].status, -EADDRINUSE);
		n_sent = 0;
		pass(10000);
		hear(false, NEIGH, T);
		ck_assert_uint_eq(n_sent, 0);
		dad_release(&dad, &w[i % 2].claim);
	}
	ck_assert_uint_eq(dad.stats.duplicates, 4);
	ck_assert_uint_eq(dad.stats.probed, 4);
}
END_TEST

START_TEST(too_late)
{
	struct wish w = { 0 };

	ck_assert_int_eq(want(&w, T), -EINPROGRESS);
	pass(1000);
	hear(true, NEIGH, T);
	ck_assert_int_eq(w.status, 0);
	ck_assert_uint_eq(w.told, 1);
	ck_assert_uint_eq(n_conflicts, 1);
	ck_assert_uint_eq(dad.stats.conflicts, 1);
	dad_release(&dad, &w.claim);
}
END_TEST

/* Two bindings want one: a subscriber moves while it is probed, or later. */
START_TEST(two_want_it)
{
	struct wish a = { 0 }, b = { .let_go = true }, c = { 0 };

	ck_assert_int_eq(want(&a, T), -EINPROGRESS);
	pass(500);
	ck_assert_int_eq(want(&b, T), -EINPROGRESS);
	ck_assert_uint_eq(n_sent, 1);
	pass(500);
	ck_assert_uint_eq(a.told, 1);
	ck_assert_uint_eq(b.told, 1);
	ck_assert_int_eq(want(&c, T), 0);
	dad_release(&dad, &a.claim);
	n_sent = 0;
	hear(false, NEIGH, T);
	ck_assert_uint_eq(n_sent, 1);
	dad_release(&dad, &c.claim);
	pass(10000);
	ck_assert_uint_eq(c.told, 0);
	/* The one that is told first lets go of it for both. */
	a = b = (struct wish){ .let_go = true };
	ck_assert_int_eq(want(&a, T), -EINPROGRESS);
	ck_assert_int_eq(want(&b, T), -EINPROGRESS);
	hear(true, NEIGH, T);
	ck_assert_int_eq(a.status, -EADDRINUSE);
	ck_assert_int_eq(b.status, -EADDRINUSE);
	/* Let go of before it is known. */
	c = (struct wish){ 0 };
	ck_assert_int_eq(want(&c, T), -EINPROGRESS);
	dad_release(&dad, &c.claim);
	pass(10000);
	ck_assert_uint_eq(c.told, 0);
}
END_TEST

/* A failed one is not wanted again before those who know have let go. */
START_TEST(failed_stays_failed)
{
	struct wish a = { 0 }, b = { 0 };

	ck_assert_int_eq(want(&a, T), -EINPROGRESS);
	hear(true, NEIGH, T);
	ck_assert_int_eq(want(&b, T), -EADDRINUSE);
	dad_release(&dad, &b.claim);	/* does nothing */
	dad_release(&dad, &a.claim);
	ck_assert_int_eq(want(&b, T), -EINPROGRESS);
	dad_release(&dad, &b.claim);
}
END_TEST

START_TEST(one_group_for_two)
{
	struct wish a = { 0 }, b = { 0 };

	ck_assert_int_eq(want(&a, "2001:db8:300::1:34:5678"), -EINPROGRESS);
	ck_assert_int_eq(want(&b, "2001:db8:300::2:34:5678"), -EINPROGRESS);
	ck_assert_uint_eq(n_groups, 1);
	dad_release(&dad, &a.claim);
	ck_assert_uint_eq(n_groups, 1);
	dad_release(&dad, &b.claim);
}
END_TEST

START_TEST(link_down)
{
	struct wish held = { 0 }, a = { 0 }, b = { .let_go = true }, c = { 0 };

	ck_assert_int_eq(want(&held, NEIGH), -EINPROGRESS);
	pass(5000);
	ck_assert_int_eq(want(&a, T), -EINPROGRESS);
	ck_assert_int_eq(want(&b, "2001:db8:300::7"), -EINPROGRESS);
	dad_link_down(&dad);
	ck_assert_int_eq(a.status, -ENETDOWN);
	ck_assert_int_eq(b.status, -ENETDOWN);
	ck_assert_uint_eq(held.told, 1);
	send_error = -ENETDOWN;
	ck_assert_int_eq(want(&c, "2001:db8:300::8"), -ENETDOWN);
	send_error = 0;
	join_error = -ENOBUFS;
	ck_assert_int_eq(want(&c, "2001:db8:300::8"), -ENOBUFS);
	ck_assert_uint_eq(dad.stats.failed, 4);
	dad_release(&dad, &a.claim);
	dad_release(&dad, &held.claim);
}
END_TEST

/* The link's device is another one: what is held is listened for and announced
 * there, with the address it has. A group that can not be joined is not left
 * either. */
START_TEST(link_anew)
{
	struct wish a = { 0 }, b = { 0 };

	ck_assert_int_eq(want(&a, T), -EINPROGRESS);
	pass(5000);
	ck_assert_int_eq(want(&b, NEIGH), -EINPROGRESS);
	dad_link_down(&dad);
	dad_release(&dad, &b.claim);
	ck_assert_uint_eq(n_groups, 1);
	n_sent = n_groups = 0;
	memcpy(dad.lladdr, other_mac, 6);
	dad.own = ip6("fe80::2");
	dad_link_anew(&dad);
	ck_assert_uint_eq(n_groups, 1);
	pass(10000);
	ck_assert_uint_eq(n_sent, DAD_ANNOUNCES);
	ck_assert_mem_eq(sent.lladdr, other_mac, 6);
	ck_assert(is(&sent.src, "fe80::2"));
	ck_assert(is(&sent.target, T));
	n_groups = 0;
	join_error = -ENODEV;
	left_unjoined = 0;
	dad_link_anew(&dad);
	dad_release(&dad, &a.claim);
	ck_assert_uint_eq(left_unjoined, 1);
}
END_TEST

/*
 * The plane before a plane.
 */

struct dp_route {
	struct dp_entry	 e;
	dp_done		*done;
	void		*arg;
};
static struct dp_route inner_route[4];
static unsigned n_inner, n_deleted, n_freed;
static int inner_status;
static unsigned n_done;
static int done_status;
static const struct dp_route *done_route;

static struct dp_route *
inner_add(struct dataplane *dp, const struct dp_entry *e, dp_done *done,
    void *arg, int *status)
{
	(void)dp;
	*status = inner_status;
	if (inner_status && inner_status != -EINPROGRESS)
		return NULL;
	ck_assert_uint_lt(n_inner, 4);
	inner_route[n_inner] = (struct dp_route){ *e, done, arg };
	return &inner_route[n_inner++];
}

static void
inner_del(struct dataplane *dp, struct dp_route *r)
{
	(void)dp;
	(void)r;
	n_deleted++;
}

static void
inner_free(struct dataplane *dp)
{
	(void)dp;
	n_freed++;
}

static struct dataplane inner = { inner_add, inner_del, NULL, inner_free,
    NULL };
static struct pool village;
static struct dataplane *plane;

static void
plane_set_up(void)
{
	struct home_plane_link link = { &village, &dad };

	set_up();
	n_inner = n_deleted = n_freed = n_done = 0;
	inner_status = -EINPROGRESS;
	village = (struct pool){ .mode = POOL_SHARED, .len = 64,
		.prefix = ip6("2001:db8:300::") };
	plane = home_plane_new(&inner, &link, 1);
	ck_assert_ptr_nonnull(plane);
}

static void
plane_tear_down(void)
{
	plane->free(plane);
	ck_assert_uint_eq(n_freed, 1);
	tear_down();
}

static void
plane_done(void *arg, struct dp_route *r, int status)
{
	(void)arg;
	n_done++;
	done_route = r;
	done_status = status;
}

static struct dp_route *
route(const char *prefix, unsigned len, int *status)
{
	struct dp_entry e = { .prefix = ip6(prefix), .len = len };

	return plane->add(plane, &e, plane_done, NULL, status);
}

START_TEST(probed_then_routed)
{
	struct dp_route *r, *moved;
	int status;

	r = route(T, 128, &status);
	ck_assert_int_eq(status, -EINPROGRESS);
	ck_assert_uint_eq(n_inner, 0);
	pass(1000);
	ck_assert_uint_eq(n_inner, 1);
	ck_assert_uint_eq(n_done, 0);
	inner_route[0].done(inner_route[0].arg, &inner_route[0], 0);
	ck_assert_uint_eq(n_done, 1);
	ck_assert_int_eq(done_status, 0);
	ck_assert_ptr_eq(done_route, r);
	/* to another care-of address: not probed again, never let go of */
	moved = route(T, 128, &status);
	ck_assert_uint_eq(n_inner, 2);
	plane->del(plane, r);
	ck_assert_uint_eq(n_groups, 1);
	ck_assert_uint_eq(dad.stats.probed, 1);
	plane->del(plane, moved);
	ck_assert_uint_eq(n_deleted, 2);
}
END_TEST

START_TEST(route_fails)
{
	struct dp_route *r;
	int status;

	r = route(T, 128, &status);
	inner_status = -ENOMEM;
	pass(1000);
	ck_assert_uint_eq(n_done, 1);
	ck_assert_int_eq(done_status, -ENOMEM);
	ck_assert_ptr_eq(done_route, r);
	plane->del(plane, r);
	ck_assert_uint_eq(n_deleted, 0);
	inner_status = 0;
	r = route(T, 128, &status);
	pass(1000);
	ck_assert_uint_eq(n_done, 2);
	ck_assert_int_eq(done_status, 0);
	ck_assert_ptr_eq(done_route, r);
	plane->del(plane, r);
	ck_assert_uint_eq(n_deleted, 1);
}
END_TEST

/* At once, on an address that is held already: what failed does not hold it. */
START_TEST(route_fails_at_once)
{
	struct dp_route *r;
	int status;

	r = route(T, 128, &status);
	pass(1000);
	inner_status = -ENOMEM;
	ck_assert_ptr_null(route(T, 128, &status));
	ck_assert_int_eq(status, -ENOMEM);
	plane->del(plane, r);
	ck_assert_uint_eq(n_groups, 0);
	ck_assert_uint_eq(table_count(&dad.addrs), 0);
}
END_TEST

START_TEST(duplicate_is_not_routed)
{
	struct dp_route *r;
	int status;

	r = route(T, 128, &status);
	hear(true, NEIGH, T);
	ck_assert_uint_eq(n_done, 1);
	ck_assert_int_eq(done_status, -EADDRINUSE);
	ck_assert_uint_eq(n_inner, 0);
	plane->del(plane, r);
	r = route(T, 128, &status);
	plane->del(plane, r);
	pass(5000);
	ck_assert_uint_eq(n_done, 1);
	send_error = -ENETDOWN;
	ck_assert_ptr_null(route(T, 128, &status));
	ck_assert_int_eq(status, -ENETDOWN);
}
END_TEST

START_TEST(routed_pools_are_not_probed)
{
	struct dp_route *a, *b;
	int status;

	a = route("2001:db8:100:1::", 64, &status);
	b = route("2001:db8:200::1", 128, &status);
	ck_assert_int_eq(status, -EINPROGRESS);
	ck_assert_uint_eq(n_inner, 2);
	ck_assert_uint_eq(n_sent, 0);
	plane->del(plane, a);
	plane->del(plane, b);
	inner_status = -EPERM;
	ck_assert_ptr_null(route("2001:db8:100:1::", 64, &status));
	ck_assert_int_eq(status, -EPERM);
}
END_TEST

/* A mobile node's on the link: held there, and nothing more. */
START_TEST(link_local_is_held)
{
	static struct pool local = { .mode = POOL_SHARED, .len = 64,
		.prefix = { .s6_addr = { 0xfe, 0x80 } } };
	struct home_plane_link links[] = { { &village, &dad }, { &local,
		&dad } };
	struct dp_entry e = { .prefix = ip6("fe80::aa"), .len = 128,
		.link = &local };
	struct dp_route *r;
	int status;

	plane->free(plane);
	n_freed = 0;
	plane = home_plane_new(&inner, links, 2);
	r = plane->add(plane, &e, plane_done, NULL, &status);
	ck_assert_int_eq(status, -EINPROGRESS);
	pass(1000);
	ck_assert_uint_eq(n_done, 1);
	ck_assert_int_eq(done_status, 0);
	ck_assert_uint_eq(n_inner, 0);
	ck_assert_uint_eq(n_groups, 1);
	plane->del(plane, r);
	ck_assert_uint_eq(n_deleted, 0);
	ck_assert_uint_eq(n_groups, 0);
	/* Our own there nobody would tell us of. */
	e.prefix = dad.own;
	ck_assert_ptr_null(plane->add(plane, &e, plane_done, NULL, &status));
	ck_assert_int_eq(status, -EADDRINUSE);
}
END_TEST

static const struct nd6 *seen;

static void
who_has_it(void *arg, struct dp_route *r, int status)
{
	(void)arg;
	(void)r;
	ck_assert_int_eq(status, -EADDRINUSE);
	ck_assert_ptr_nonnull(plane->culprit);
	seen = plane->culprit;
}

/* What has told us is there to be passed on, for that moment. */
START_TEST(culprit_is_named)
{
	struct dp_entry e = { .prefix = ip6(T), .len = 128 };
	struct nd6 m = { .advert = true, .src = ip6(T), .target = ip6(T),
		.dst = ip6("ff02::1") };
	struct dp_route *r;
	int status;

	r = plane->add(plane, &e, who_has_it, NULL, &status);
	ck_assert_int_eq(status, -EINPROGRESS);
	dad_input(&dad, &m, other_mac);
	ck_assert_ptr_eq(seen, &m);
	ck_assert_ptr_null(plane->culprit);
	ck_assert_ptr_null(dad.culprit);
	plane->del(plane, r);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("had_dad");
	TCase *tc = tcase_create("dad"), *tp = tcase_create("plane");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, nobody_has_it);
	tcase_add_test(tc, solicitations_are_answered);
	tcase_add_test(tc, another_has_it);
	tcase_add_test(tc, too_late);
	tcase_add_test(tc, two_want_it);
	tcase_add_test(tc, failed_stays_failed);
	tcase_add_test(tc, one_group_for_two);
	tcase_add_test(tc, link_down);
	tcase_add_test(tc, link_anew);
	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tp, plane_set_up, plane_tear_down);
	tcase_add_test(tp, probed_then_routed);
	tcase_add_test(tp, route_fails);
	tcase_add_test(tp, route_fails_at_once);
	tcase_add_test(tp, duplicate_is_not_routed);
	tcase_add_test(tp, routed_pools_are_not_probed);
	tcase_add_test(tp, link_local_is_held);
	tcase_add_test(tp, culprit_is_named);
	suite_add_tcase(s, tp);
	return s;
}

int
main(void)
{
	return test_run(suite());
}

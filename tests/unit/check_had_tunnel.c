/* SPDX-License-Identifier: BSD-2-Clause */
/* had's tunnels: made for the first route, kept a while after the last, against
 * a root side that answers when and what the test says. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/priv.h"
#include "common/timers.h"
#include "had/priv_ops.h"
#include "had/tunnel.h"
#include "tests/unit/test.h"

/* Stands for common/priv_client.c: requests queue up here. */
static struct {
	uint16_t	 type;
	struct had_priv_tunnel tunnel;
	struct had_priv_route route;	/* of requests about one */
	priv_done	*done;
	void		*arg;
} asked[2048];
static unsigned n_asked, n_answered, n_done;
static struct dp_route *added[1024];
static unsigned n_added;
static int last_status;
static uint32_t ifindex, made, way;	/* what is said of a device */
static bool with_socket;	/* comes with the answer */
static int last_fd;
static uint16_t no_more;	/* requests of this type: out of memory */
static mono_t now;
static struct timers timers;
static struct dataplane *dp;

int
priv_request(struct priv_client *c, uint16_t type, const void *body,
    size_t len, priv_done *done, void *arg)
{
	(void)c;
	if (type == no_more)
		return -ENOMEM;
	ck_assert_uint_lt(n_asked, 2048);
	asked[n_asked].tunnel = (struct had_priv_tunnel){ 0 };
	asked[n_asked].route = (struct had_priv_route){ 0 };
	if (len == sizeof(struct had_priv_route))
		memcpy(&asked[n_asked].route, body, len);
	else
		memcpy(&asked[n_asked].tunnel, body, len);
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

/* The root side answers one. */
static void
answer_one(int status)
{
	const struct had_priv_tunnel_added reply = { ifindex, made, way };
	const unsigned i = n_answered++;
	bool body = status == 0 && asked[i].type == HAD_PRIV_TUNNEL_ADD;

	ck_assert_uint_lt(i, n_asked);
	if (asked[i].done != NULL)
		asked[i].done(asked[i].arg, status, body ? &reply : NULL,
		    body ? sizeof(reply) : 0, status == 0 && with_socket &&
		    asked[i].type == HAD_PRIV_ND_OPEN ?
		    (last_fd = dup(STDIN_FILENO)) : -1);
}

/* ... all that is due now: what is asked for by its answers is not. */
static void
answer(int status)
{
	unsigned n = n_asked;

	while (n_answered < n)
		answer_one(status);
}

static void
answer_all(int status)
{
	while (n_answered < n_asked)
		answer(status);
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
done(void *arg, struct dp_route *r, int status)
{
	ck_assert_ptr_eq(*(struct dp_route **)arg, r);
	n_done++;
	last_status = status;
}

/* Each has a place that says which it is. */
static struct dp_route *
add_entry(const struct dp_entry *e, int *status)
{
	ck_assert_uint_lt(n_added, sizeof(added) / sizeof(added[0]));
	added[n_added] = dp->add(dp, e, done, &added[n_added], status);
	return added[n_added++];
}

static struct dp_route *
add_by(const char *coa, const char *via)
{
	struct dp_entry e = { .len = 64 };
	struct dp_route *r;
	int status;

	inet_pton(AF_INET, coa, &e.coa);
	inet_pton(AF_INET, via, &e.via);
	inet_pton(AF_INET6, "2001:db8:1::", &e.prefix);
	r = add_entry(&e, &status);
	ck_assert_ptr_nonnull(r);
	ck_assert_int_eq(status, -EINPROGRESS);
	return r;
}

static struct dp_route *
add(const char *coa)
{
	return add_by(coa, "0.0.0.0");
}

static void
set_up(void)
{
	n_asked = n_answered = n_done = n_added = 0;
	ifindex = 7;
	made = 1;
	way = 0;
	with_socket = false;
	last_fd = -1;
	no_more = 0;
	now = (mono_t){ 1000000000 };
	timers_init(&timers);
	dp = tunnel_kernel_new(NULL, &timers, &clock_fake);
	ck_assert_ptr_nonnull(dp);
}

static void
tear_down(void)
{
	answer_all(0);
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
	wait_ms(800);
	ck_assert_uint_eq(n_of(HAD_PRIV_TUNNEL_DEL), 0);
	a = add("192.0.2.1");				/* the same one */
	ck_assert_uint_eq(n_of(HAD_PRIV_TUNNEL_ADD), 1);
	answer(0);
	wait_ms(60000);
	ck_assert_uint_eq(n_of(HAD_PRIV_TUNNEL_DEL), 0);
	dp->del(dp, a);
	wait_ms(1000);
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
	wait_ms(1000);
	ck_assert_uint_eq(n_of(HAD_PRIV_TUNNEL_DEL), 1);
	dp->del(dp, b);
}
END_TEST

#define MANY	300

static struct dp_route *many[MANY];

static void
add_many(void)
{
	unsigned i;

	for (i = 0; i < MANY; i++)
		many[i] = add("192.0.2.1");
	answer(0);
	ck_assert_uint_eq(n_done, MANY);
	ck_assert_uint_eq(n_of(HAD_PRIV_ROUTE_ADD), MANY);
}

static void
del_many(void)
{
	unsigned i;

	for (i = 0; i < MANY; i++)
		dp->del(dp, many[i]);
}

static const struct tunnel_stats *
stats(void)
{
	return tunnel_kernel_stats(dp);
}

/* Its routes follow it, some at a time; who comes meanwhile is served in
 * between, and nobody is told anything [D146]. */
START_TEST(lost)
{
	struct dp_route *late;
	unsigned at;

	add_many();
	tunnel_kernel_lost(dp, 8, true);		/* no such one */
	ck_assert_uint_eq(n_of(HAD_PRIV_TUNNEL_ADD), 1);
	tunnel_kernel_lost(dp, 7, true);
	tunnel_kernel_lost(dp, 7, false);
	ck_assert_uint_eq(n_of(HAD_PRIV_TUNNEL_ADD), 2);
	ck_assert_uint_eq(n_of(HAD_PRIV_ROUTE_ADD), MANY);
	late = add("192.0.2.1");
	dp->del(dp, many[0]);
	many[0] = late;
	at = n_asked;
	ifindex = 9;
	answer(0);
	ck_assert_uint_eq(n_done, MANY + 1);
	ck_assert_uint_eq(n_asked, at + PRIV_TOGETHER);
	ck_assert_uint_eq(asked[at].type, HAD_PRIV_ROUTE_ADD);
	/* One that goes while its answer is due. */
	dp->del(dp, many[1]);
	many[1] = add("192.0.2.1");
	made = 0;
	answer_all(0);
	/* neither the late one nor the one that had gone before */
	ck_assert_uint_eq(stats()->routes_remade, MANY - 1);
	ck_assert_uint_eq(n_of(HAD_PRIV_ROUTE_ADD), MANY + 2 + MANY - 1);
	ck_assert_uint_eq(n_done, MANY + 2);
	ck_assert_uint_eq(stats()->remade, 1);
	ck_assert_uint_eq(stats()->failed, 0);
	/* The new one is known; the second news of the old one was in doubt,
	 * and was looked into. */
	at = n_of(HAD_PRIV_TUNNEL_ADD);
	ck_assert_uint_eq(at, 3);
	tunnel_kernel_lost(dp, 7, true);
	ck_assert_uint_eq(n_of(HAD_PRIV_TUNNEL_ADD), at);
	tunnel_kernel_lost(dp, 9, true);
	ck_assert_uint_eq(n_of(HAD_PRIV_TUNNEL_ADD), at + 1);
	answer_all(0);
	del_many();
}
END_TEST

/* It was there: nothing follows. */
START_TEST(false_alarm)
{
	add_many();
	made = 0;
	tunnel_kernel_check(dp);
	answer_all(0);
	ck_assert_uint_eq(n_of(HAD_PRIV_TUNNEL_ADD), 2);
	ck_assert_uint_eq(n_of(HAD_PRIV_ROUTE_ADD), MANY);
	ck_assert_uint_eq(stats()->remade, 0);
	/* And if it has gone later, all are made anew. */
	made = 1;
	tunnel_kernel_check(dp);
	answer_all(0);
	ck_assert_uint_eq(stats()->routes_remade, MANY);
	del_many();
}
END_TEST

/* The kernel said so before the news of it came: the new subscriber waits for
 * the device, and gets its route. */
START_TEST(refused_since_lost)
{
	struct dp_route *a = add("192.0.2.1"), *b;

	answer(0);
	b = add("192.0.2.1");
	answer(-ENODEV);
	ck_assert_uint_eq(n_done, 1);
	ck_assert_uint_eq(n_of(HAD_PRIV_TUNNEL_ADD), 2);
	answer_all(0);
	ck_assert_uint_eq(n_done, 2);
	ck_assert_int_eq(last_status, 0);
	ck_assert_uint_eq(stats()->routes_remade, 2);
	dp->del(dp, b);
	/* Once: what is refused again is refused. */
	b = add("192.0.2.1");
	answer(-ENODEV);
	made = 0;
	answer(0);
	ck_assert_uint_eq(n_done, 2);
	answer(-ENODEV);
	ck_assert_uint_eq(n_done, 3);
	ck_assert_int_eq(last_status, -ENODEV);
	dp->del(dp, b);
	/* Nor when there is no device to be had. */
	wait_ms(1000);
	answer_all(0);
	b = add("192.0.2.1");
	answer(-ENODEV);
	ck_assert_uint_eq(n_done, 3);
	answer(-EPERM);
	ck_assert_uint_eq(n_done, 4);
	ck_assert_int_eq(last_status, -EPERM);
	dp->del(dp, a);
	dp->del(dp, b);
}
END_TEST

/* Before anybody knows which one it is. */
START_TEST(lost_at_once)
{
	struct dp_route *a = add("192.0.2.1");

	tunnel_kernel_lost(dp, 7, false);	/* it comes up last */
	answer(0);
	ck_assert_uint_eq(n_of(HAD_PRIV_TUNNEL_ADD), 1);
	tunnel_kernel_check(dp);
	ck_assert_uint_eq(n_of(HAD_PRIV_TUNNEL_ADD), 2);
	tunnel_kernel_lost(dp, 8, true);
	answer_one(0);
	answer_all(0);
	ck_assert_uint_eq(n_of(HAD_PRIV_TUNNEL_ADD), 3);
	dp->del(dp, a);
}
END_TEST

/* Tried again, less and less often; who asks meanwhile is refused. */
START_TEST(not_to_be_made)
{
	struct dp_route *b, *c;

	add_many();
	tunnel_kernel_lost(dp, 7, true);
	b = add("192.0.2.1");
	answer_one(-EPERM);
	ck_assert_uint_eq(stats()->failed, 1);
	answer(-ENODEV);
	ck_assert_uint_eq(n_done, MANY + 1);
	ck_assert_int_eq(last_status, -ENODEV);
	dp->del(dp, b);
	tunnel_kernel_lost(dp, 7, true);		/* is known */
	ck_assert_uint_eq(n_of(HAD_PRIV_TUNNEL_ADD), 2);
	wait_ms(1000);
	ck_assert_uint_eq(n_of(HAD_PRIV_TUNNEL_ADD), 3);
	answer(-EPERM);
	wait_ms(1000);
	ck_assert_uint_eq(n_of(HAD_PRIV_TUNNEL_ADD), 3);
	wait_ms(1000);
	ck_assert_uint_eq(n_of(HAD_PRIV_TUNNEL_ADD), 4);
	/* One that was refused waits no longer than the next attempt. */
	answer_one(0);
	c = add("192.0.2.1");
	answer_all(0);
	ck_assert_uint_eq(n_done, MANY + 2);
	ck_assert_int_eq(last_status, 0);
	ck_assert_uint_eq(stats()->routes_remade, MANY);
	ck_assert_uint_eq(stats()->remade, 1);
	dp->del(dp, c);
	del_many();
}
END_TEST

/* Routes that can not be made are tried again, without what is left of them. */
START_TEST(routes_fail)
{
	add_many();
	tunnel_kernel_lost(dp, 7, true);
	answer(0);
	answer(-ENOBUFS);
	ck_assert_uint_eq(stats()->failed, PRIV_TOGETHER);
	ck_assert_uint_eq(n_asked, n_answered);
	wait_ms(1000);
	ck_assert_uint_eq(n_of(HAD_PRIV_TUNNEL_ADD), 3);
	made = 0;
	answer_all(0);
	ck_assert_uint_eq(stats()->routes_remade, MANY);
	ck_assert_uint_eq(n_of(HAD_PRIV_ROUTE_DEL), PRIV_TOGETHER);
	ck_assert_uint_eq(n_done, MANY);
	/* and then it is over */
	wait_ms(60000);
	ck_assert_uint_eq(n_of(HAD_PRIV_TUNNEL_ADD), 3);
	/* Lost again while they are made anew: all of them once more. */
	tunnel_kernel_lost(dp, 7, true);
	made = 1;
	answer(0);
	tunnel_kernel_lost(dp, 7, true);
	answer_all(0);
	ck_assert_uint_eq(n_of(HAD_PRIV_TUNNEL_ADD), 5);
	ck_assert_uint_eq(stats()->routes_remade, 3 * MANY);
	del_many();
	answer_all(0);
	wait_ms(1000);
	ck_assert_uint_eq(n_of(HAD_PRIV_TUNNEL_DEL), 1);
}
END_TEST

static bool
is_open(int fd)
{
	return fcntl(fd, F_GETFD) != -1;
}

/* The way to an access node alone: a socket on its device, and another one when
 * that is made anew. */
START_TEST(socket_of_a_node)
{
	struct dp_entry e = { .len = 0, .coa.s_addr = inet_addr("10.1.0.1") };
	struct dp_route *r, *other;
	int status, fd;

	with_socket = true;
	r = add_entry(&e, &status);
	ck_assert_int_eq(status, -EINPROGRESS);
	ck_assert_uint_eq(asked[0].type, HAD_PRIV_TUNNEL_ADD);
	ck_assert_uint_eq(asked[1].type, HAD_PRIV_ND_OPEN);
	ck_assert_int_eq(dp->socket(dp, r), -1);
	answer(0);
	ck_assert_uint_eq(n_done, 1);
	fd = dp->socket(dp, r);
	ck_assert_int_eq(fd, last_fd);
	ck_assert_int_eq(dp->socket(dp, r), -1);
	/* its addresses share the device */
	other = add("10.1.0.1");
	answer(0);
	ck_assert_uint_eq(n_of(HAD_PRIV_TUNNEL_ADD), 1);
	close(fd);
	tunnel_kernel_lost(dp, 7, true);
	answer_all(0);
	ck_assert_uint_eq(n_of(HAD_PRIV_ND_OPEN), 2);
	ck_assert_uint_eq(n_of(HAD_PRIV_ROUTE_ADD), 2);
	ck_assert_uint_eq(n_done, 3);		/* the socket's, again */
	ck_assert_int_eq(last_status, 0);
	/* whoever does not take it loses it */
	fd = last_fd;
	ck_assert(is_open(fd));
	dp->del(dp, r);
	ck_assert(!is_open(fd));
	ck_assert_uint_eq(n_of(HAD_PRIV_ROUTE_DEL), 0);
	dp->del(dp, other);
	/* so is one that comes too late */
	r = add_entry(&e, &status);
	dp->del(dp, r);
	answer_all(0);
	ck_assert(!is_open(last_fd));
	ck_assert_uint_eq(n_done, 3);
}
END_TEST

static struct dp_route *
add_gre(const char *coa, uint32_t out, uint32_t in, bool by_node)
{
	struct dp_entry e = { .len = 64, .gre = { .own = in, .peer = out },
		.by_node = by_node, .coa.s_addr = inet_addr(coa) };
	struct dp_route *r;
	int status;

	inet_pton(AF_INET6, "2001:db8:1::", &e.prefix);
	r = add_entry(&e, &status);
	ck_assert_ptr_nonnull(r);
	return r;
}

/* One device for all access routers; a route that takes another's place leads
 * through the same, so only the last one takes the prefix back. */
START_TEST(gre_routers)
{
	struct dp_route *a = add_gre("192.0.2.1", 1, 2, false), *b, *c;

	ck_assert_uint_eq(n_asked, 2);
	ck_assert_uint_eq(asked[0].tunnel.way, HAD_WAY_GRE_COMMON);
	ck_assert_uint_eq(asked[0].tunnel.coa.s_addr, 0);
	ck_assert_uint_eq(asked[0].tunnel.gre.own, 0);
	ck_assert_uint_eq(asked[1].route.tunnel.way, HAD_WAY_GRE_COMMON);
	ck_assert_uint_eq(asked[1].route.coa.s_addr, inet_addr("192.0.2.1"));
	ck_assert_uint_eq(asked[1].route.gre.peer, 1);
	ck_assert_uint_eq(asked[1].route.gre.own, 2);
	answer(0);
	b = add_gre("192.0.2.2", 3, 4, false);
	dp->del(dp, a);
	ck_assert_uint_eq(n_asked, 4);		/* no other device */
	ck_assert_uint_eq(asked[2].route.gre.own, 4);
	ck_assert_uint_eq(asked[3].type, HAD_PRIV_ROUTE_DEL);
	ck_assert_uint_eq(asked[3].route.handle, asked[1].route.handle);
	ck_assert_uint_eq(asked[3].route.replaced, 1);
	/* It goes, and comes back, before it is made anew. */
	answer(0);
	tunnel_kernel_lost(dp, 7, true);
	answer_all(0);
	ck_assert_uint_eq(n_of(HAD_PRIV_ROUTE_ADD), 3);
	ck_assert_uint_eq(asked[n_asked - 1].route.gre.peer, 3);
	/* By 6in4, and the other device's is taken back by its name. */
	c = add("192.0.2.2");
	dp->del(dp, b);
	ck_assert_uint_eq(asked[n_asked - 1].type, HAD_PRIV_ROUTE_DEL);
	ck_assert_uint_eq(asked[n_asked - 1].route.tunnel.way,
	    HAD_WAY_GRE_COMMON);
	ck_assert_uint_eq(asked[n_asked - 1].route.replaced, 0);
	a = add_gre("192.0.2.1", 5, 6, false);
	dp->del(dp, c);
	dp->del(dp, a);
	ck_assert_uint_eq(asked[n_asked - 1].route.replaced, 0);
	answer_all(0);
	wait_ms(1000);
	ck_assert_uint_eq(n_of(HAD_PRIV_TUNNEL_DEL), 2);
}
END_TEST

/* One that could not be asked for has replaced nothing. */
START_TEST(gre_not_asked_for)
{
	struct dp_route *a = add_gre("192.0.2.1", 1, 2, false);
	struct dp_entry e = { .len = 64, .gre = { .own = 4, .peer = 3 },
		.coa.s_addr = inet_addr("192.0.2.2") };
	int status;

	answer(0);
	inet_pton(AF_INET6, "2001:db8:1::", &e.prefix);
	no_more = HAD_PRIV_ROUTE_ADD;
	ck_assert_ptr_null(add_entry(&e, &status));
	ck_assert_int_eq(status, -ENOMEM);
	dp->del(dp, a);
	ck_assert_uint_eq(asked[n_asked - 1].type, HAD_PRIV_ROUTE_DEL);
	ck_assert_uint_eq(asked[n_asked - 1].route.replaced, 0);
	answer_all(0);
	wait_ms(1000);
}
END_TEST

/* A device of its own for each mobile node. */
START_TEST(gre_nodes)
{
	struct dp_route *a = add_gre("10.1.0.1", 1, 2, true),
	    *b = add_gre("10.1.0.1", 3, 4, true),
	    *c = add_gre("10.1.0.1", 3, 4, true);

	ck_assert_uint_eq(n_of(HAD_PRIV_TUNNEL_ADD), 2);
	ck_assert_uint_eq(asked[0].tunnel.way, HAD_WAY_GRE);
	ck_assert_uint_eq(asked[0].tunnel.coa.s_addr, inet_addr("10.1.0.1"));
	ck_assert_uint_eq(asked[0].tunnel.gre.peer, 1);
	ck_assert_uint_eq(asked[0].tunnel.gre.own, 2);
	ck_assert_uint_eq(asked[2].tunnel.gre.own, 4);
	ck_assert_uint_eq(asked[4].route.tunnel.gre.own, 4);
	ck_assert_uint_eq(asked[4].route.gre.own, 0);
	answer(0);
	dp->del(dp, a);
	dp->del(dp, b);
	dp->del(dp, c);
	wait_ms(1000);
	ck_assert_uint_eq(n_of(HAD_PRIV_TUNNEL_DEL), 2);
}
END_TEST

/* Behind a foreign agent: the same end by another way is the same tunnel; and
 * what leads there may go, too. */
START_TEST(by_another_way)
{
	struct dp_route *r, *next;
	unsigned last;

	way = 8;
	r = add_by("172.16.0.5", "192.0.2.1");
	ck_assert_uint_eq(n_of(HAD_PRIV_TUNNEL_ADD), 1);
	ck_assert_uint_eq(asked[0].tunnel.via.s_addr, inet_addr("192.0.2.1"));
	answer_all(0);
	made = 0;
	way = 9;
	last = n_asked;
	next = add_by("172.16.0.5", "192.0.2.2");
	ck_assert_uint_eq(asked[last].type, HAD_PRIV_TUNNEL_ADD);
	ck_assert_uint_eq(asked[last].tunnel.via.s_addr, inet_addr("192.0.2.2"));
	ck_assert_uint_eq(asked[last + 1].type, HAD_PRIV_ROUTE_ADD);
	dp->del(dp, r);
	answer_all(0);
	ck_assert_uint_eq(n_of(HAD_PRIV_TUNNEL_ADD), 2);
	ck_assert_uint_eq(n_of(HAD_PRIV_TUNNEL_DEL), 0);
	ck_assert_int_eq(last_status, 0);
	tunnel_kernel_lost(dp, 8, true);
	ck_assert_uint_eq(n_of(HAD_PRIV_TUNNEL_ADD), 2);
	tunnel_kernel_lost(dp, 9, true);
	ck_assert_uint_eq(n_of(HAD_PRIV_TUNNEL_ADD), 3);
	answer_all(0);
	dp->del(dp, next);
	wait_ms(1000);
	ck_assert_uint_eq(n_of(HAD_PRIV_TUNNEL_DEL), 1);
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
	tcase_add_test(tc, lost);
	tcase_add_test(tc, false_alarm);
	tcase_add_test(tc, lost_at_once);
	tcase_add_test(tc, refused_since_lost);
	tcase_add_test(tc, not_to_be_made);
	tcase_add_test(tc, routes_fail);
	tcase_add_test(tc, socket_of_a_node);
	tcase_add_test(tc, gre_routers);
	tcase_add_test(tc, gre_not_asked_for);
	tcase_add_test(tc, gre_nodes);
	tcase_add_test(tc, by_another_way);
	suite_add_tcase(s, tc);
	return test_run(s);
}

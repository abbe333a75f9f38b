/* SPDX-License-Identifier: BSD-2-Clause */
/* common/dgram6: what a socket says of a datagram, over the loopback interface
 * of a network of its own. Where none can be made, nothing is tested. */
#define _GNU_SOURCE
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/dgram6.h"
#include "tests/unit/test.h"

#define PORT	5470

static int tx, rx;
static unsigned lo;
static struct in6_addr self = IN6ADDR_LOOPBACK_INIT;

static bool
own_network(void)
{
	return (unshare(CLONE_NEWNET) == 0 ||
	    unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0) &&
	    system("ip link set lo up 2>/dev/null") == 0;
}

static void
set_up(void)
{
	const struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6,
	    .sin6_port = htons(PORT) };

	lo = if_nametoindex("lo");
	tx = socket(AF_INET6, SOCK_DGRAM, 0);
	rx = socket(AF_INET6, SOCK_DGRAM, 0);
	ck_assert(tx != -1 && rx != -1);
	ck_assert_int_eq(bind(rx, (const struct sockaddr *)&sin6,
	    sizeof(sin6)), 0);
}

static void
tear_down(void)
{
	close(tx);
	close(rx);
}

static void
tell(int option)
{
	const int on = 1;

	ck_assert_int_eq(setsockopt(rx, IPPROTO_IPV6, option, &on,
	    sizeof(on)), 0);
}

START_TEST(told)
{
	struct dgram6 d;
	uint8_t buf[4];

	tell(IPV6_RECVPKTINFO);
	ck_assert_int_eq(dgram6_recv(rx, &d, buf, sizeof(buf)), -EAGAIN);
	ck_assert_int_eq(dgram6_send(tx, lo, &self, PORT,
	    (const uint8_t *)"abc", 3), 0);
	ck_assert_int_eq(dgram6_recv(rx, &d, buf, sizeof(buf)), 0);
	ck_assert_uint_eq(d.len, 3);
	ck_assert_mem_eq(buf, "abc", 3);
	ck_assert_uint_eq(d.ifindex, lo);
	ck_assert_mem_eq(&d.src, &self, sizeof(self));
	ck_assert_mem_eq(&d.dst, &self, sizeof(self));
	ck_assert_int_eq(d.hop_limit, -1);	/* nobody asked */
	tell(IPV6_RECVHOPLIMIT);
	ck_assert_int_eq(dgram6_send(tx, lo, &self, PORT, buf, 3), 0);
	ck_assert_int_eq(dgram6_recv(rx, &d, buf, sizeof(buf)), 0);
	ck_assert_int_gt(d.hop_limit, 0);
}
END_TEST

START_TEST(not_told)
{
	struct dgram6 d;
	uint8_t buf[4] = { 0 };

	ck_assert_int_eq(dgram6_send(tx, lo, &self, PORT, buf, 4), 0);
	ck_assert_int_eq(dgram6_recv(rx, &d, buf, sizeof(buf)), -EMSGSIZE);
	tell(IPV6_RECVPKTINFO);
	ck_assert_int_eq(dgram6_send(tx, lo, &self, PORT, buf, 4), 0);
	ck_assert_int_eq(dgram6_recv(rx, &d, buf, 3), -EMSGSIZE);
	ck_assert_int_eq(dgram6_recv(rx, &d, buf, 4), -EAGAIN);
	ck_assert_int_lt(dgram6_send(tx, 9999, &self, PORT, buf, 4), 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("dgram6");
	TCase *t = tcase_create("dgram6");

	if (!own_network())
		return (77);	/* skipped */
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, told);
	tcase_add_test(t, not_told);
	suite_add_tcase(s, t);
	return (test_run(s));
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The registration socket, on loopback: from where an answer comes, and what
 * becomes of one that can not be sent [PROTOCOLS 1.2]. */
#include "config.h"

#include <errno.h>

#include <event2/event.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "had/server.h"
#include "tests/unit/had_rig.h"

static struct {
	struct event_base	*base;
	struct server		*server;
	struct sockaddr_in	 to;
	int			 client;
} net;

static void
setup(void)
{
	struct timeval tv = { .tv_sec = 5 };
	socklen_t len = sizeof(net.to);
	int fd[SERVER_SOCKS];

	rig_init();
	rig.conf.address.s_addr = inet_addr("127.0.0.2");
	rig_peer(&rig.peer[2], "here", "127.0.0.1", key1, 2);
	ck_assert(peers_add(&rig.peers, &rig.peer[2]));
	net.base = event_base_new();
	ck_assert_int_eq(server_open(rig.conf.address, 0, fd), 0);
	ck_assert_int_ge(fd[SERVER_OWN], 0);
	ck_assert_int_eq(getsockname(fd[SERVER_ANY],
	    (struct sockaddr *)&net.to, &len), 0);
	net.to.sin_addr = rig.conf.address;
	net.server = server_new(net.base, fd, &rig.reg, NULL);
	ck_assert_ptr_nonnull(net.server);
	net.client = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(net.client, 0);
	ck_assert_int_eq(setsockopt(net.client, SOL_SOCKET, SO_RCVTIMEO, &tv,
	    sizeof(tv)), 0);
}

static void
teardown(void)
{
	server_free(net.server);
	event_base_free(net.base);
	close(net.client);
	free(rig.peer[2].sas);
	rig_free();
}

/* Asks the home agent by one of its addresses; the source of the answer is
 * that one, and the port, too. */
static void
ask_by(const char *addr)
{
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	uint8_t reply[1500];
	struct m m;

	m_rrq(&m, 0, 1800, "127.0.0.1");
	memcpy(m.b + 8, &rig.conf.address, 4);
	m_nai(&m, ALICE);
	m_req(&m, IID);
	m_sign(&m);
	net.to.sin_addr.s_addr = inet_addr(addr);
	ck_assert_int_eq(sendto(net.client, m.b, m.n, 0,
	    (struct sockaddr *)&net.to, sizeof(net.to)), (ssize_t)m.n);
	event_base_loop(net.base, EVLOOP_ONCE);
	ck_assert_int_ge(recvfrom(net.client, reply, sizeof(reply), 0,
	    (struct sockaddr *)&from, &len), 20);
	ck_assert_uint_eq(reply[0], 3);
	ck_assert_uint_eq(reply[1], 0);
	ck_assert_uint_eq(from.sin_addr.s_addr, net.to.sin_addr.s_addr);
	ck_assert_uint_eq(from.sin_port, net.to.sin_port);
	ck_assert_uint_eq(rig.reg.stats.send_failed, 0);
	rig_wait(1);
}

START_TEST(answers_from_where_it_was_asked)
{
	ask_by("127.0.0.2");	/* has a socket of its own */
	ask_by("127.0.0.3");
	ask_by("127.0.0.2");
}
END_TEST

/* What is sent outside of a burst goes out in order, each from the address it
 * says, when the event is over. */
START_TEST(sent_when_the_event_is_over)
{
	struct reg_flow f = { .dst.s_addr = inet_addr("127.0.0.1") };
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	uint8_t i, got;

	ck_assert_int_eq(bind(net.client, &(struct sockaddr){ .sa_family =
	    AF_INET }, sizeof(from)), 0);
	ck_assert_int_eq(getsockname(net.client, (struct sockaddr *)&from,
	    &len), 0);
	f.dport = ntohs(from.sin_port);
	for (i = 0; i < 100; i++) {
		f.src.s_addr = inet_addr(i % 10 == 5 ? "127.0.0.3" :
		    "127.0.0.2");
		rig.reg.send(rig.reg.send_arg, &f, &i, 1);
	}
	event_base_loop(net.base, EVLOOP_NONBLOCK);
	for (i = 0; i < 100; i++) {
		ck_assert_int_eq(recvfrom(net.client, &got, 1, 0,
		    (struct sockaddr *)&from, &len), 1);
		ck_assert_uint_eq(got, i);
		ck_assert_uint_eq(from.sin_addr.s_addr, inet_addr(i % 10 == 5 ?
		    "127.0.0.3" : "127.0.0.2"));
	}
}
END_TEST

/* An address that is not there is served once it is, by the other socket; and
 * the port is nobody else's. */
START_TEST(sockets)
{
	struct in_addr loop = { inet_addr("127.0.0.2") };
	struct in_addr far = { inet_addr("192.0.2.1") };
	int fd[SERVER_SOCKS], other[SERVER_SOCKS];

	ck_assert_int_eq(server_open(far, 0, fd), 0);
	ck_assert_int_ge(fd[SERVER_ANY], 0);
	ck_assert_int_eq(fd[SERVER_OWN], -1);
	close(fd[SERVER_ANY]);
	ck_assert_int_eq(server_open(loop, ntohs(net.to.sin_port), other),
	    -EADDRINUSE);
	ck_assert_int_eq(server_open(far, ntohs(net.to.sin_port), other),
	    -EADDRINUSE);
}
END_TEST

/* How long ago the kernel says that a datagram came, after 2 ms. */
static int64_t
told_age_ns(int fd, const struct sockaddr_in *self)
{
	char control[CMSG_SPACE(sizeof(struct timespec))], b;
	struct iovec iov = { &b, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control) };
	struct timespec then, now;

	ck_assert_int_eq(sendto(fd, "x", 1, 0, (const struct sockaddr *)self,
	    sizeof(*self)), 1);
	usleep(2000);
	clock_gettime(CLOCK_REALTIME, &now);
	ck_assert_int_eq(recvmsg(fd, &m, 0), 1);
	ck_assert_ptr_nonnull(CMSG_FIRSTHDR(&m));
	memcpy(&then, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(then));
	return (now.tv_sec - then.tv_sec) * INT64_C(1000000000) +
	    now.tv_nsec - then.tv_nsec;
}

/* The kernel begins to note when datagrams come some time after a socket has
 * asked for it; until then it tells when they were read. */
static void
wait_for_timestamps(void)
{
	struct sockaddr_in self = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), one = 1, i;
	socklen_t len = sizeof(self);

	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one,
	    sizeof(one)), 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&self, len), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&self, &len), 0);
	for (i = 0; i < 2000 && told_age_ns(fd, &self) < 1000000; i++)
		;
	ck_assert_int_lt(i, 2000);
	close(fd);
}

/* What has waited for us too long to be new business. */
START_TEST(late)
{
	uint8_t reply[1500];
	struct m m;

	wait_for_timestamps();
	rig.reg.shed.after_ms = 1;
	m_rrq(&m, 0, 1800, "127.0.0.1");
	memcpy(m.b + 8, &rig.conf.address, 4);
	m_nai(&m, ALICE);
	m_req(&m, IID);
	m_sign(&m);
	ck_assert_int_eq(sendto(net.client, m.b, m.n, 0,
	    (struct sockaddr *)&net.to, sizeof(net.to)), (ssize_t)m.n);
	usleep(20000);
	event_base_loop(net.base, EVLOOP_ONCE);
	ck_assert_int_ge(recv(net.client, reply, sizeof(reply), 0), 20);
	ck_assert_uint_eq(reply[1], 130);
	ck_assert(rig.reg.shed.on);
	ck_assert_int_ge(rig.reg.shed.age_ms, 19);
	ck_assert_uint_eq(rig.reg.stats.shed, 1);
}
END_TEST

/* One filter rule or missing route must not fill the log. */
START_TEST(what_can_not_be_sent)
{
	struct reg_flow f = { .src = net.to.sin_addr, .dport = 434 };
	char said[65536], dir[64];
	const char *p;
	unsigned i, lines = 0;
	int saved;

	f.dst.s_addr = INADDR_BROADCAST;	/* needs an option: EACCES */
	test_dir_enter(dir);
	saved = test_log_begin();
	for (i = 0; i < 300; i++)
		rig.reg.send(rig.reg.send_arg, &f, (const uint8_t *)"x", 1);
	event_base_loop(net.base, EVLOOP_NONBLOCK);
	test_log_end(saved, said, sizeof(said));
	test_dir_leave(dir);
	for (p = said; (p = strchr(p, '\n')); p++)
		lines++;
	ck_assert_uint_eq(rig.reg.stats.send_failed, 300);
	ck_assert_uint_ge(lines, 1);
	ck_assert_uint_le(lines, 10);
	test_has(said, "255.255.255.255: sending 1 bytes");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("had_server");
	TCase *t = tcase_create("loopback");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, answers_from_where_it_was_asked);
	tcase_add_test(t, sent_when_the_event_is_over);
	tcase_add_test(t, sockets);
	tcase_add_test(t, late);
	tcase_add_test(t, what_can_not_be_sent);
	suite_add_tcase(s, t);
	return test_run(s);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nasd/dhcp6: the socket under the DHCPv6 server, with a client at the other
 * end of a veth pair, both in network namespaces of their own. Where none can
 * be made, nothing is tested.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <event2/event.h>

#include "common/timers.h"
#include "nasd/dhcp6.h"
#include "tests/unit/dhcp6_rig.h"

#define HOA	"2001:db8:1:2::5"
#define MANY	40		/* interfaces */

static struct event_base *base;
static struct timers timers;
static struct dhcp6 *server;
static struct dhcp6_link *link_;
static unsigned n_solicited;

static bool
run(const char *cmd)
{
	return system(cmd) == 0;
}

/* Root has no need of a user namespace, others may have one. */
static bool
own_network(void)
{
	return (unshare(CLONE_NEWNET) == 0 ||
	    unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0) &&
	    run("ip link set lo up 2>/dev/null && "
	    "echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad 2>/dev/null");
}

static void
solicited(void *arg, const struct dhcp6_asker *who)
{
	struct in6_addr addr = ip6(HOA);

	(void)arg;
	ck_assert(IN6_IS_ADDR_LINKLOCAL(&who->addr));
	n_solicited++;
	dhcp6_link_assign(link_, &addr);
}

static void
nothing(void *arg)
{
	(void)arg;
}

static void
ended(void *arg, enum dhcp6_end_cause cause)
{
	(void)arg;
	(void)cause;
}

static const struct dhcp6_events owner = { solicited, nothing, nothing, ended };
static const struct dhcp6_link_conf conf = { .preferred = 60, .valid = 120 };

/* Joins until the kernel has no memory for more groups of this socket. */
static void
exhaust(int fd)
{
	struct ipv6_mreq mreq = { .ipv6mr_multiaddr = ip6("ff15::1"),
	    .ipv6mr_interface = if_nametoindex("lo") };
	unsigned n = 0;

	while (setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &mreq,
	    sizeof(mreq)) == 0 && ++n < 100000) {
		uint32_t be = htonl(n);

		memcpy(mreq.ipv6mr_multiaddr.s6_addr + 8, &be, 4);
	}
	ck_assert_int_eq(errno, ENOMEM);
	ck_assert_uint_gt(n, 100);
}

static void
start_server(bool full)
{
	struct dhcp6_duid duid = { .len = sizeof(server_duid) };
	int fd = dhcp6_socket();

	ck_assert_int_ge(fd, 0);
	if (full)
		exhaust(fd);
	memcpy(duid.b, server_duid, sizeof(server_duid));
	base = event_base_new();
	timers_init(&timers);
	server = dhcp6_new(base, &timers, &clock_system, fd, &duid);
	ck_assert_ptr_nonnull(server);
	/* one is enough for all */
	ck_assert_int_eq(dhcp6_socket(), -EADDRINUSE);
}

static void
stop_server(void)
{
	dhcp6_free(server);
	event_base_free(base);
	timers_free(&timers);
}

static json_int_t
stat_of(const char *key)
{
	json_t *o = dhcp6_stats(server), *v = json_object_get(o, key);
	json_int_t n;

	ck_assert_msg(v != NULL, "%s", key);
	n = json_integer_value(v);
	json_decref(o);
	return n;
}

/* Until a counter is that, a minute at most. */
static void
serve_until(const char *key, json_int_t n)
{
	for (unsigned i = 0; i < 6000 && stat_of(key) < n; i++) {
		event_base_loop(base, EVLOOP_NONBLOCK);
		usleep(10000);
	}
	ck_assert_msg(stat_of(key) == n, "%s: %d", key, (int)stat_of(key));
}

/* The client, in its own namespace: its exit status says whether there was an
 * answer with the address. */
static int
client(int go)
{
	struct sockaddr_in6 me = { .sin6_family = AF_INET6,
	    .sin6_port = htons(546) };
	struct sockaddr_in6 all = { .sin6_family = AF_INET6,
	    .sin6_port = htons(547), .sin6_addr = ip6("ff02::1:2") };
	struct in6_addr hoa = ip6(HOA);
	struct pollfd p = { .events = POLLIN };
	uint8_t buf[2048];
	ssize_t n;
	char c;

	if (unshare(CLONE_NEWNET) != 0 || write(go, "c", 1) != 1 ||
	    read(go, &c, 1) != 1)
		return 2;
	if (!run("echo 0 >/proc/sys/net/ipv6/conf/v1/accept_dad && "
	    "ip link set v1 up"))
		return 3;
	all.sin6_scope_id = if_nametoindex("v1");
	p.fd = socket(AF_INET6, SOCK_DGRAM, 0);
	if (bind(p.fd, (struct sockaddr *)&me, sizeof(me)) != 0)
		return 4;
	msg(1, 0xabcdef);
	opt_client(1);
	opt_ia(3, 11, NULL, NULL);
	for (unsigned i = 0; i < 600; i++) {
		(void)sendto(p.fd, out, out_len, 0, (struct sockaddr *)&all,
		    sizeof(all));
		if (poll(&p, 1, 100) > 0)
			break;
	}
	n = recv(p.fd, buf, sizeof(buf), MSG_DONTWAIT);
	return n > 4 && buf[0] == 2 && memmem(buf, (size_t)n, &hoa, 16) ?
	    0 : 5;
}

/* A datagram to an address of this host's own. */
static void
to_own(const char *address, size_t len)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6,
	    .sin6_port = htons(547), .sin6_addr = ip6(address) };
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);

	if (IN6_IS_ADDR_LINKLOCAL(&to.sin6_addr))
		to.sin6_scope_id = if_nametoindex("d0");
	ck_assert_int_eq(sendto(fd, out, len, 0, (struct sockaddr *)&to,
	    sizeof(to)), (ssize_t)len);
	close(fd);
}

/* By an interface that is not served, and what becomes of it. */
static void
by_another(size_t len, const char *key)
{
	to_own("fe80::d", len);
	serve_until(key, 1);
}

START_TEST(answers_on_a_link)
{
	json_int_t received;
	int go[2], status;
	char cmd[128], c;
	pid_t pid;

	if (!own_network())
		return;
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, go), 0);
	pid = fork();
	if (pid == 0)
		_exit(client(go[1]));
	ck_assert_int_eq(read(go[0], &c, 1), 1);
	snprintf(cmd, sizeof(cmd), "ip link add v0 type veth peer name v1 "
	    "netns %d 2>/dev/null && ip link set v0 up", (int)pid);
	if (!run(cmd)) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		return;
	}
	start_server(false);
	link_ = dhcp6_start(server, if_nametoindex("v0"), "s1", &conf, &owner,
	    NULL);
	ck_assert_ptr_nonnull(link_);
	ck_assert_int_eq(write(go[0], "g", 1), 1);
	serve_until("sent_advertises", 1);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	ck_assert_uint_eq(n_solicited, 1);
	ck_assert_int_eq(stat_of("interfaces"), 1);
	ck_assert_int_eq(stat_of("offered"), 1);
	ck_assert(run("ip link add d0 type veth peer name d1 && "
	    "ip link set d0 up && ip link set d1 up && "
	    "ip address add fe80::d/64 dev d0 nodad && "
	    "ip address add 2001:db8::d/64 dev d0 nodad"));
	/* the kernel makes them its own a little later */
	ck_assert(run("for i in $(seq 600); do "
	    "n=$(ip -6 route show table local | grep -c '::d dev'); "
	    "[ $n = 2 ] && exit 0; sleep 0.1; done; exit 1"));
	received = stat_of("received");
	for (unsigned i = 0; i < 3; i++) {
		to_own("::1", 10);
		to_own("2001:db8::d", 10);
	}
	by_another(3000, "dropped_truncated");
	by_another(10, "dropped_unknown_interface");
	/* what is from elsewhere than a link does not come here at all */
	ck_assert_int_eq(stat_of("received"), received + 1);
	/* the interface went with its peer, before its link */
	dhcp6_stop(server, link_);
	stop_server();
}
END_TEST

/* More than the server's own socket may join on; and each is left. Where relays
 * are believed they have a group of their own. */
START_TEST(many_interfaces)
{
	static const struct dhcp6_link_conf relayed = { .preferred = 60,
	    .valid = 120, .relays = true };
	static struct dhcp6_link *links[MANY];
	struct if_nameindex *all;
	unsigned n = 0;

	if (!own_network() || !run("i=0; while [ $i -lt 20 ]; do "
	    "echo link add a$i type veth peer name b$i; i=$((i + 1)); done | "
	    "ip -batch - 2>/dev/null"))
		return;
	start_server(true);
	all = if_nameindex();
	ck_assert_ptr_nonnull(all);
	for (unsigned i = 0; all[i].if_index != 0; i++) {
		if (strcmp(all[i].if_name, "lo") == 0 || n == MANY)
			continue;
		links[n] = dhcp6_start(server, all[i].if_index, "s",
		    n % 2 ? &relayed : &conf, &owner, NULL);
		ck_assert_msg(links[n] != NULL, "link %u: %s", n,
		    strerror(errno));
		n++;
	}
	if_freenameindex(all);
	ck_assert_uint_eq(n, MANY);
	ck_assert_ptr_null(dhcp6_start(server, 999999, "s", &conf, &owner,
	    NULL));
	ck_assert_int_eq(errno, ENODEV);
	ck_assert(run("test $(grep -c ff020000000000000000000000010002 "
	    "/proc/net/igmp6) -eq 40"));
	ck_assert(run("test $(grep -c ff050000000000000000000000010003 "
	    "/proc/net/igmp6) -eq 20"));
	for (unsigned i = 0; i < n; i++)
		dhcp6_stop(server, links[i]);
	ck_assert(!run("grep -q -e ff020000000000000000000000010002 -e "
	    "ff050000000000000000000000010003 /proc/net/igmp6"));
	ck_assert_int_eq(stat_of("interfaces"), 0);
	stop_server();
}
END_TEST

TEST_MAIN("dhcp6_socket", answers_on_a_link, many_interfaces)

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the packet sockets of an access node hear, on a real kernel's veth in a
 * network namespace of the test's own; where nobody may make one, nothing is
 * tested. A tunnel's is tried there, too: its filter sees the same bytes. And
 * those that hear foreign agents.
 */
#include "config.h"

#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>

#include "common/sock_filter.h"
#include "nasd/fa_sock.h"
#include "nasd/node_sock.h"
#include "tests/unit/test.h"

static int link_sock, tunnel_sock, ppp_sock, data_sock, peer;
static bool has_net;

static int
open_peer(void)
{
	const struct sockaddr_ll ll = { .sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex("mn0") };
	int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));

	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&ll, sizeof(ll)),
	    0);
	return fd;
}

static void
set_up(void)
{
	static const uint8_t no_mac[6];
	uint8_t mac[6] = { 0 };
	int mtu = 0;

	has_net = (unshare(CLONE_NEWNET) == 0 ||
	    unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0) &&
	    system("sysctl -qw net.ipv6.conf.default.disable_ipv6=1 "
	    "2>/dev/null; ip link add acc0 mtu 1480 type veth peer name mn0 "
	    "2>/dev/null && ip link set acc0 up && ip link set mn0 up") == 0;
	if (!has_net)
		return;
	link_sock = node_sock_link(if_nametoindex("acc0"), mac, &mtu);
	tunnel_sock = node_sock_tunnel(if_nametoindex("acc0"));
	ppp_sock = node_sock_ppp(if_nametoindex("acc0"));
	data_sock = node_sock_data(if_nametoindex("acc0"));
	ck_assert_int_ge(data_sock, 0);
	ck_assert_int_ge(link_sock, 0);
	ck_assert_int_ge(ppp_sock, 0);
	ck_assert_int_ge(tunnel_sock, 0);
	ck_assert_int_eq(mtu, 1480);
	ck_assert_mem_ne(mac, no_mac, 6);
	peer = open_peer();
	/* Until the kernel has seen to it what is sent there is dropped. */
	ck_assert_int_eq(system("for i in $(seq 600); do "
	    "[ $(ip link show up | grep -c 'qdisc noqueue.* state UP') = 2 ] "
	    "&& exit 0; sleep 0.1; done; exit 1"), 0);
}

static void
tear_down(void)
{
	if (!has_net)
		return;
	close(link_sock);
	close(tunnel_sock);
	close(ppp_sock);
	close(data_sock);
	close(peer);
}

/* A frame from the mobile node to whomever: an ICMPv6 type, or something that
 * is like it but in one thing. */
static size_t
frame(uint8_t *b, uint16_t ethertype, uint8_t next, uint8_t type)
{
	static const uint8_t head[] = { 2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 1 };

	memset(b, 0, 100);
	memcpy(b, head, sizeof(head));
	b[12] = (uint8_t)(ethertype >> 8);
	b[13] = (uint8_t)ethertype;
	b[14] = 0x60;
	b[14 + 5] = 24;
	b[14 + 6] = next;
	b[14 + 7] = 255;
	b[14 + 40] = type;
	return 14 + 40 + 24;
}

/* Its length, 0 if it is not heard before what comes behind it. */
static ssize_t
hear(int fd, uint8_t *b, size_t cap)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	ck_assert_int_eq(poll(&p, 1, 20000), 1);
	return recv(fd, b, cap, 0);
}

static const struct {
	uint16_t	ethertype;
	uint8_t		next, type;
	bool		link, tunnel;
	uint8_t		behind;		/* options of that length: a type */
} frames[] = {
	{ ETH_P_IPV6, 58, 133, true, false, 0 },
	{ ETH_P_IPV6, 58, 134, true, true, 0 },
	{ ETH_P_IPV6, 58, 135, true, false, 0 },
	{ ETH_P_IPV6, 58, 132, false, false, 0 },
	{ ETH_P_IPV6, 58, 136, false, false, 0 },
	{ ETH_P_IPV6, 58, 128, false, false, 0 },
	{ ETH_P_IPV6, 17, 134, false, false, 0 },
	{ ETH_P_IPV6, 0, 134, false, false, 0 },
	{ ETH_P_IP, 58, 134, false, false, 0 },
	{ ETH_P_IPV6, 0, 58, true, false, 131 },
	{ ETH_P_IPV6, 0, 58, true, false, 143 },
	{ ETH_P_IPV6, 0, 58, false, false, 132 },
	{ ETH_P_IPV6, 0, 58, false, false, 134 },
	{ ETH_P_IPV6, 0, 17, false, false, 143 },
	{ ETH_P_IPV6, 43, 58, false, false, 143 },
};

START_TEST(heard)
{
	uint8_t b[256], got[256];
	size_t n;

	if (!has_net)
		return;
	n = frame(b, frames[_i].ethertype, frames[_i].next, frames[_i].type);
	b[14 + 48] = frames[_i].behind;
	ck_assert_int_eq(send(peer, b, n, 0), (ssize_t)n);
	if (frames[_i].link) {
		/* whoever it is for */
		ck_assert_int_eq(hear(link_sock, got, sizeof(got)),
		    (ssize_t)n);
		ck_assert_mem_eq(got, b, n);
	}
	if (frames[_i].tunnel) {
		ck_assert_int_eq(hear(tunnel_sock, got, sizeof(got)),
		    (ssize_t)n - 14);
		ck_assert_mem_eq(got, b + 14, n - 14);
	}
	if (frames[_i].link) {
		ck_assert_int_eq(hear(ppp_sock, got, sizeof(got)),
		    (ssize_t)n - 14);
		ck_assert_mem_eq(got, b + 14, n - 14);
	}
	/* One that all hear comes next. */
	n = frame(b, ETH_P_IPV6, 58, 134);
	b[14 + 60] = 77;
	ck_assert_int_eq(send(peer, b, n, 0), (ssize_t)n);
	ck_assert_int_eq(hear(link_sock, got, sizeof(got)), (ssize_t)n);
	ck_assert_int_eq(got[14 + 60], 77);
	ck_assert_int_eq(hear(tunnel_sock, got, sizeof(got)),
	    (ssize_t)n - 14);
	ck_assert_int_eq(got[60], 77);
	ck_assert_int_eq(hear(ppp_sock, got, sizeof(got)), (ssize_t)n - 14);
	ck_assert_int_eq(got[60], 77);
}
END_TEST

START_TEST(not_what_we_send_nor_tagged)
{
	uint8_t b[256], tagged[256], got[256];
	size_t n = frame(b, ETH_P_IPV6, 58, 134);

	if (!has_net)
		return;
	ck_assert_int_eq(send(link_sock, b, n, 0), (ssize_t)n);
	ck_assert_int_eq(hear(peer, got, sizeof(got)), (ssize_t)n);
	memcpy(tagged, b, 12);
	memcpy(tagged + 12, "\x81\x00\x00\x07", 4);
	memcpy(tagged + 16, b + 12, n - 12);
	ck_assert_int_eq(send(peer, tagged, n + 4, 0), (ssize_t)n + 4);
	b[14 + 60] = 78;
	ck_assert_int_eq(send(peer, b, n, 0), (ssize_t)n);
	ck_assert_int_eq(hear(link_sock, got, sizeof(got)), (ssize_t)n);
	ck_assert_int_eq(got[14 + 60], 78);
}
END_TEST

static const struct {
	const char	*src, *dst;
	bool		 heard;
} data_frames[] = {
	{ "2001:db8::1", "2001:db8:1::1", true },
	{ "fd00::1", "64:ff9b::1", false },	/* of ::/8, as ::1 is */
	{ "fd00::1", "2001:db8::1", true },
	{ "fe80::1", "2001:db8::1", false },
	{ "febf::1", "2001:db8::1", false },
	{ "fec0::1", "2001:db8::1", true },
	{ "::", "2001:db8::1", false },
	{ "ff02::1", "2001:db8::1", false },
	{ "2001:db8::1", "fe80::1", false },
	{ "2001:db8::1", "ff02::1", false },
	{ "2001:db8::1", "ff0e::1", false },
	{ "2001:db8::1", "::", false },
};

static void
send_from(const char *src, const char *dst, uint8_t mark, bool tagged)
{
	uint8_t b[256];
	size_t n = frame(b, ETH_P_IPV6, 17, 0);

	ck_assert_int_eq(inet_pton(AF_INET6, src, b + 14 + 8), 1);
	ck_assert_int_eq(inet_pton(AF_INET6, dst, b + 14 + 24), 1);
	b[14 + 39] = mark;
	if (tagged) {
		memmove(b + 16, b + 12, n - 12);
		memcpy(b + 12, "\x81\x00\x00\x07", 4);
		n += 4;
	}
	ck_assert_int_eq(send(peer, b, n, 0), (ssize_t)n);
}

START_TEST(data_heard)
{
	uint8_t got[256];

	if (!has_net)
		return;
	send_from("2001:db8::1", "2001:db8::2", 1, true);
	send_from(data_frames[_i].src, data_frames[_i].dst, 2, false);
	/* No more of it than tells who it is. */
	if (data_frames[_i].heard) {
		ck_assert_int_eq(hear(data_sock, got, sizeof(got)), 54);
		ck_assert_uint_eq(got[14 + 39], 2);
		ck_assert_mem_eq(got + 6, "\2\0\0\0\0\1", 6);
	}
	send_from("2001:db8::1", "2001:db8::3", 3, false);
	ck_assert_int_eq(hear(data_sock, got, sizeof(got)), 54);
	ck_assert_uint_eq(got[14 + 39], 3);
}
END_TEST

static int
hear_all(int fd, const void *arg)
{
	struct sock_filter code[] = { BPF_STMT(BPF_RET | BPF_K, UINT32_MAX) };

	(void)arg;
	return sock_filter_set(fd, code, 1);
}

/* Whatever its filter says, nothing is copied for it; a socket of the other
 * end has heard it by then. */
START_TEST(no_copy_of_what_is_sent)
{
	uint8_t b[256], got[256];
	size_t n = frame(b, ETH_P_IPV6, 17, 0);
	int sock;

	if (!has_net)
		return;
	sock = sock_filter_packet(if_nametoindex("acc0"), SOCK_RAW, ETH_P_ALL,
	    hear_all, NULL);
	ck_assert_int_ge(sock, 0);
	ck_assert_int_eq(send(link_sock, b, n, 0), (ssize_t)n);
	ck_assert_int_eq(hear(peer, got, sizeof(got)), (ssize_t)n);
	b[14 + 60] = 79;
	ck_assert_int_eq(send(peer, b, n, 0), (ssize_t)n);
	ck_assert_int_eq(hear(sock, got, sizeof(got)), (ssize_t)n);
	ck_assert_int_eq(got[14 + 60], 79);
	close(sock);
}
END_TEST

/* ---- foreign agents ---- */

/* What is said to all on the link, but for the addresses of Ethernet: IPv4 of
 * this protocol, with these two bytes at its place of port or type. */
static size_t
frame4(uint8_t *b, const char *src, uint8_t proto, unsigned at, uint16_t value)
{
	const uint32_t addr = inet_addr(src);

	memset(b, 0, 100);
	memcpy(b, "\xff\xff\xff\xff\xff\xff\2\0\0\0\0\1\x08\0\x45", 15);
	b[14 + 3] = 40;
	b[14 + 9] = proto;
	memcpy(b + 14 + 12, &addr, 4);
	b[14 + 20 + at] = (uint8_t)(value >> 8);
	b[14 + 20 + at + 1] = (uint8_t)value;
	return 14 + 40;
}

static const struct {
	const char	*src;
	uint8_t		 proto;
	unsigned	 at;
	uint16_t	 value;
	bool		 heard;
} fa_frames[] = {
	{ "10.9.0.1", 17, 2, 434, true },
	{ "10.9.0.1", 1, 0, 9 << 8 | 16, true },
	{ "10.9.0.2", 17, 2, 434, false },
	{ "10.9.0.2", 1, 0, 9 << 8 | 16, false },
	{ "10.9.0.1", 17, 2, 435, false },
	{ "10.9.0.1", 17, 0, 434, false },
	{ "10.9.0.1", 1, 0, 8 << 8, false },
	{ "10.9.0.1", 6, 2, 434, false },
};

START_TEST(agent_heard)
{
	const struct in_addr fa = { inet_addr("10.9.0.1") };
	int sock, other;
	uint8_t b[256], got[256];
	size_t n;

	if (!has_net)
		return;
	sock = fa_sock_open(if_nametoindex("acc0"), fa);
	other = fa_sock_open(if_nametoindex("mn0"), fa);
	ck_assert_int_ge(sock, 0);
	ck_assert_int_ge(other, 0);
	n = frame4(b, fa_frames[_i].src, fa_frames[_i].proto, fa_frames[_i].at,
	    fa_frames[_i].value);
	/* To somebody else on the link, and in pieces: of no use. */
	b[0] = 2;
	ck_assert_int_eq(send(peer, b, n, 0), (ssize_t)n);
	b[0] = 0xff;
	b[14 + 6] = 0x20;
	ck_assert_int_eq(send(peer, b, n, 0), (ssize_t)n);
	b[14 + 6] = 0;
	ck_assert_int_eq(send(peer, b, n, 0), (ssize_t)n);
	if (fa_frames[_i].heard)
		ck_assert_int_eq(hear(sock, got, sizeof(got)),
		    (ssize_t)n - 14);
	n = frame4(b, "10.9.0.1", 17, 2, 434);
	b[14 + 39] = 77;
	ck_assert_int_eq(send(peer, b, n, 0), (ssize_t)n);
	ck_assert_int_eq(hear(sock, got, sizeof(got)), (ssize_t)n - 14);
	ck_assert_int_eq(got[39], 77);
	/* It has come to this link alone. */
	ck_assert_int_eq(recv(other, got, sizeof(got), 0), -1);
	close(sock);
	close(other);
}
END_TEST

START_TEST(no_link_for_it)
{
	uint8_t mac[6];
	int mtu;

	if (!has_net)
		return;
	ck_assert_int_eq(node_sock_link(9999, mac, &mtu), -ENODEV);
	ck_assert_int_eq(node_sock_link(if_nametoindex("lo"), mac, &mtu),
	    -EPROTOTYPE);
	ck_assert_int_eq(node_sock_tunnel(9999), -ENODEV);
	ck_assert_int_eq(node_sock_ppp(9999), -ENODEV);
	ck_assert_int_eq(fa_sock_open(9999, (struct in_addr){ 1 }),
	    -ENODEV);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("node_sock");
	TCase *tc = tcase_create("node_sock");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(tc, heard, 0,
	    (int)(sizeof(frames) / sizeof(frames[0])));
	tcase_add_test(tc, not_what_we_send_nor_tagged);
	tcase_add_loop_test(tc, data_heard, 0,
	    (int)(sizeof(data_frames) / sizeof(data_frames[0])));
	tcase_add_test(tc, no_copy_of_what_is_sent);
	tcase_add_loop_test(tc, agent_heard, 0,
	    (int)(sizeof(fa_frames) / sizeof(fa_frames[0])));
	tcase_add_test(tc, no_link_for_it);
	suite_add_tcase(s, tc);
	return test_run(s);
}

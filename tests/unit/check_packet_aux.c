/* SPDX-License-Identifier: BSD-2-Clause */
/* What is told beside packets, by a real kernel in a network namespace of the
 * test's own; where nobody may make one, of a socket that tells nothing. */
#include "config.h"

#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>

#include "common/packet_aux.h"
#include "tests/unit/test.h"

static struct packet_aux told;

static bool
has_net(void)
{
	return (unshare(CLONE_NEWNET) == 0 ||
	    unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0) &&
	    system("ip link add a0 type veth peer name b0 2>/dev/null && "
	    "ip link set a0 up && ip link set b0 up && "
	    "ip link set lo up") == 0;
}

static int
open_on(const char *ifname, int type, uint16_t protocol)
{
	const struct sockaddr_ll ll = { .sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_ifindex = (int)if_nametoindex(ifname) };
	int fd = socket(AF_PACKET, type | SOCK_NONBLOCK, 0);

	ck_assert_int_eq(packet_aux_on(fd), 0);
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&ll, sizeof(ll)),
	    0);
	return fd;
}

static ssize_t
hear(int fd, void *buf, size_t cap, struct sockaddr_ll *from)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	ck_assert_int_eq(poll(&p, 1, 20000), 1);
	return packet_aux_receive(fd, buf, cap, from, &told);
}

START_TEST(nothing_told)
{
	uint8_t buf[8];
	int fd[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fd), 0);
	ck_assert_int_eq(packet_aux_on(fd[0]), -1);
	ck_assert_int_eq(send(fd[1], "0123456789", 10, 0), 10);
	memset(&told, 0xff, sizeof(told));
	ck_assert_int_eq(hear(fd[0], buf, sizeof(buf), NULL), 10);
	ck_assert(!told.summed && !told.tagged);
	ck_assert_mem_eq(buf, "01234567", 8);
	ck_assert_int_eq(packet_aux_receive(fd[0], buf, sizeof(buf), NULL,
	    &told), -1);
	ck_assert_int_eq(errno, EAGAIN);
	close(fd[0]);
	close(fd[1]);
}
END_TEST

/* With the tag that it has, and without one. */
START_TEST(tags)
{
	static const uint16_t types[] = { 0x8100, 0x88a8, 0x88b5 };
	uint8_t frame[64] = { 2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 1 }, buf[128];
	struct sockaddr_ll from;
	int in, out;

	if (!has_net())
		return;
	in = open_on("a0", SOCK_RAW, ETH_P_ALL);
	out = open_on("b0", SOCK_RAW, 0);
	for (unsigned i = 0; i < 3; i++) {
		frame[12] = (uint8_t)(types[i] >> 8);
		frame[13] = (uint8_t)types[i];
		frame[14] = 0x60;
		frame[15] = 7;
		frame[16] = 0x88;
		frame[17] = 0xb6;
		/* Until the kernel has seen that it is up nothing passes. */
		do {
			(void)send(out, frame, sizeof(frame), 0);
			(void)poll(&(struct pollfd){ .fd = in,
			    .events = POLLIN }, 1, 1000);
		} while (packet_aux_receive(in, buf, sizeof(buf), &from,
		    &told) < 0 || memcmp(buf, frame, 12) != 0 ||
		    told.tagged != (i < 2) ||
		    (told.tagged && told.tpid != types[i]));
		ck_assert(!told.summed);
		ck_assert_uint_eq(from.sll_halen, 6);
		ck_assert_mem_eq(from.sll_addr, frame + 6, 6);
		if (told.tagged)
			ck_assert_uint_eq(told.tci, 0x6007);
	}
	close(in);
	close(out);
}
END_TEST

/* What the machine sends itself has no checksum. */
START_TEST(sums)
{
	const struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(9), .sin_addr = { htonl(0x7f000001) } };
	uint8_t buf[128];
	int in, out;

	if (!has_net())
		return;
	in = open_on("lo", SOCK_DGRAM, ETH_P_IP);
	out = socket(AF_INET, SOCK_DGRAM, 0);
	ck_assert_int_eq(sendto(out, "x", 1, 0, (const struct sockaddr *)&to,
	    sizeof(to)), 1);
	ck_assert_int_eq(hear(in, buf, sizeof(buf), NULL), 29);
	ck_assert(told.summed && !told.tagged);
	close(in);
	close(out);
}
END_TEST

TEST_MAIN("packet_aux", nothing_told, tags, sums)

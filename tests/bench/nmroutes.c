/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The least that can be done to install subscribers' routes: what had's root
 * side sends the kernel for each (filter, then route), in large batches and
 * without asking for acknowledgments. What lab/bench routes compares had with.
 *
 *   nmroutes IFNAME COUNT [FIRST]
 *
 * The device has clsact already; prefixes are FIRST, FIRST + 1, ... of
 * 2001:db8:100::/40. Prints the seconds it took, by the clock and of
 * processor time.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <linux/netlink.h>

#include "common/log.h"
#include "common/netlink.h"

#define PRIO	10
#define BATCH	64		/* messages of one send */
#define ROOM	32768

static int
raw_socket(void)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd != -1 && connect(fd, (const struct sockaddr *)&kernel,
	    sizeof(kernel)) == -1) {
		perror("netlink");
		exit(1);
	}
	return fd;
}

/* Sends what has been built, with nothing to be answered but errors. */
static void
flush(struct nl *nl, int fd)
{
	static uint8_t buf[ROOM];
	size_t len, at = 0, i;
	struct nlmsghdr h;
	const void *m;

	for (i = 0; (m = nl_batch_msg(nl, i, &len)) != NULL; i++) {
		memcpy(buf + at, m, len);
		memcpy(&h, m, sizeof(h));
		h.nlmsg_flags &= (uint16_t)~NLM_F_ACK;
		memcpy(buf + at, &h, sizeof(h));
		at += NLMSG_ALIGN(len);
	}
	if (send(fd, buf, at, 0) != (ssize_t)at) {
		perror("send");
		exit(1);
	}
	nl_begin(nl);
	/* An error is an answer. */
	if (recv(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0) {
		fprintf(stderr, "nmroutes: the kernel refused\n");
		exit(1);
	}
}

static struct in6_addr
prefix(uint32_t n)
{
	struct in6_addr a = { { { 0x20, 0x01, 0x0d, 0xb8, 0x01 } } };

	a.s6_addr[5] = (uint8_t)(n >> 16);
	a.s6_addr[6] = (uint8_t)(n >> 8);
	a.s6_addr[7] = (uint8_t)n;
	return a;
}

static double
seconds(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

int
main(int argc, char **argv)
{
	uint32_t i, count, first;
	struct nl_route6 rt = { .dst_len = 64 };
	struct nl *nl = nl_open();
	double wall, cpu;
	int fd = raw_socket();

	log_init("nmroutes", LOG_TO_STDERR);
	if (argc < 3 || nl == NULL || fd == -1) {
		fprintf(stderr, "usage: nmroutes IFNAME COUNT [FIRST]\n");
		return 2;
	}
	rt.ifindex = nl_ifindex(argv[1]);
	count = (uint32_t)strtoul(argv[2], NULL, 10);
	first = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 0;
	wall = seconds(CLOCK_MONOTONIC);
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	for (i = 0; i < count; i++) {
		rt.dst = prefix(first + i);
		nl_flower_pass_source(nl, rt.ifindex, PRIO, first + i + 1,
		    &rt.dst, 64);
		if (nl_route6_replace(nl, &rt) == BATCH - 1)
			flush(nl, fd);
	}
	if (count % (BATCH / 2) != 0)
		flush(nl, fd);
	printf("%.6f %.6f\n", seconds(CLOCK_MONOTONIC) - wall,
	    seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu);
	nl_close(nl);
	return 0;
}

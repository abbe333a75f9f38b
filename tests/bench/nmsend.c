/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sends UDP datagrams over IPv6 as fast as it can, and prints how many seconds
 * that took: what forwards them in the same kernel does its work meanwhile.
 */
#include "config.h"
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define BATCH	64
#define SIZE	64		/* bytes of payload */

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int
connect_to(const char *address, const char *port)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6,
	    .sin6_port = htons((uint16_t)atoi(port)) };
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);

	if (inet_pton(AF_INET6, address, &to.sin6_addr) != 1) {
		fprintf(stderr, "nmsend: %s: no IPv6 address\n", address);
		exit(2);
	}
	if (fd == -1 || connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
		perror("nmsend");
		exit(1);
	}
	return fd;
}

int
main(int argc, char **argv)
{
	static char payload[SIZE];
	struct iovec iov = { payload, sizeof(payload) };
	struct mmsghdr m[BATCH];
	long left, n;
	double begun;
	int fd;

	if (argc != 4 || (left = atol(argv[3])) < 1) {
		fprintf(stderr, "usage: nmsend address port number\n");
		return 2;
	}
	fd = connect_to(argv[1], argv[2]);
	memset(m, 0, sizeof(m));
	for (n = 0; n < BATCH; n++) {
		m[n].msg_hdr.msg_iov = &iov;
		m[n].msg_hdr.msg_iovlen = 1;
	}
	begun = seconds();
	while (left > 0) {
		n = sendmmsg(fd, m, left < BATCH ? (unsigned)left : BATCH, 0);
		if (n > 0)
			left -= n;
		else if (errno != EINTR && errno != ENOBUFS) {
			perror("nmsend");
			return 1;
		}
	}
	printf("%.6f\n", seconds() - begun);
	return 0;
}

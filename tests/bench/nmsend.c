/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sends UDP datagrams over IPv6 as fast as it can, to some addresses in turns,
 * and prints of each how many seconds all of its datagrams would have taken if
 * every turn had been like the one in the middle: what forwards them in the
 * same kernel does its work meanwhile, and what else the machine does falls on
 * few turns, and on those of all addresses alike.
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
#define TURN	(4 * BATCH)	/* datagrams */
#define SIZE	64		/* bytes of payload */

struct target {
	int	 fd;
	double	*turn;		/* seconds of each */
};

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

/* How long it takes. */
static double
send_turn(int fd)
{
	static char payload[SIZE];
	struct iovec iov = { payload, sizeof(payload) };
	struct mmsghdr m[BATCH];
	const double begun = seconds();
	int left = TURN, n;

	memset(m, 0, sizeof(m));
	for (n = 0; n < BATCH; n++) {
		m[n].msg_hdr.msg_iov = &iov;
		m[n].msg_hdr.msg_iovlen = 1;
	}
	while (left > 0) {
		n = sendmmsg(fd, m, left < BATCH ? (unsigned)left : BATCH, 0);
		if (n > 0)
			left -= n;
		else if (errno != EINTR && errno != ENOBUFS) {
			perror("nmsend");
			exit(1);
		}
	}
	return seconds() - begun;
}

static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

int
main(int argc, char **argv)
{
	const int n = argc - 3;
	long turns;
	struct target *t;

	if (n < 1 || (turns = atol(argv[2]) / TURN) < 1) {
		fprintf(stderr, "usage: nmsend port number address...\n"
		    "number: a few times %d\n", TURN);
		return 2;
	}
	if ((t = calloc((size_t)n, sizeof(*t))) == NULL)
		return 1;
	for (int i = 0; i < n; i++) {
		t[i].fd = connect_to(argv[3 + i], argv[1]);
		t[i].turn = calloc((size_t)turns, sizeof(*t[i].turn));
		if (t[i].turn == NULL)
			return 1;
	}
	for (long k = 0; k < turns; k++)
		for (int i = 0; i < n; i++)
			t[i].turn[k] = send_turn(t[i].fd);
	for (int i = 0; i < n; i++) {
		qsort(t[i].turn, (size_t)turns, sizeof(*t[i].turn), compare);
		printf("%.6f%c", t[i].turn[turns / 2] * (double)turns,
		    i + 1 < n ? ' ' : '\n');
	}
	return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* See fad/uplink.h. The kernel has checked the UDP checksum. Only reads and
 * hands on: relay judges. */
#include "config.h"
#define LOG_MODULE "uplink"
#include "fad/uplink.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <linux/errqueue.h>
#include <linux/icmp.h>
#include <sys/socket.h>

#include <event2/event.h>

#include "common/log.h"
#include "fad/relay.h"

#define BURST		64	/* datagrams a wake-up, then others' turn */
#define RX_MAX		2048	/* longer ones are truncated: malformed */

struct uplink {
	int		 fd;
	struct event	*read;
	struct relay	*relay;
	struct in_addr	 care_of;
};

int
uplink_open(uint16_t port)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET, .sin_port = htons(port),
	};
	int fd, on = 1, err;

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -errno;
	if (setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on)) == -1 ||
	    bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

int
uplink_send(void *arg, struct in_addr ha, uint16_t port, const uint8_t *data,
    size_t len)
{
	struct uplink *u = arg;
	struct in_pktinfo info = { .ipi_spec_dst = u->care_of };
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = ha,
	};
	_Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(info))];
	struct iovec iov = { (void *)(uintptr_t)data, len };
	struct msghdr m = {
		.msg_name = &to, .msg_namelen = sizeof(to),
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	unsigned tries;

	memset(control, 0, sizeof(control));
	c->cmsg_level = IPPROTO_IP;
	c->cmsg_type = IP_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(c), &info, sizeof(info));
	/* The first call may tell of an earlier datagram's fate. */
	for (tries = 0; tries < 3; tries++)
		if (sendmsg(u->fd, &m, 0) != -1)
			return 0;
	return -errno;
}

/* What ICMP has said of one datagram; false: of none any more. */
static bool
read_error(struct uplink *u)
{
	_Alignas(struct cmsghdr) uint8_t control[256];
	struct sockaddr_in to = { .sin_port = 0 };
	uint8_t data[RX_MAX];
	struct iovec iov = { data, sizeof(data) };
	struct msghdr m = {
		.msg_name = &to, .msg_namelen = sizeof(to),
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(u->fd, &m, MSG_ERRQUEUE);
	struct sock_extended_err ee;
	struct cmsghdr *c;

	if (n < 0)
		return false;
	for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		if (c->cmsg_level != IPPROTO_IP ||
		    c->cmsg_type != IP_RECVERR)
			continue;
		memcpy(&ee, CMSG_DATA(c), sizeof(ee));
		if (ee.ee_origin == SO_EE_ORIGIN_ICMP &&
		    ee.ee_type == ICMP_DEST_UNREACH &&
		    ee.ee_code != ICMP_FRAG_NEEDED)
			relay_unreachable(u->relay, to.sin_addr, ee.ee_code,
			    data, (size_t)n);
	}
	return true;
}

static bool
receive(struct uplink *u)
{
	struct sockaddr_in from = { .sin_port = 0 };
	socklen_t from_len = sizeof(from);
	uint8_t data[RX_MAX];
	ssize_t n = recvfrom(u->fd, data, sizeof(data), 0,
	    (struct sockaddr *)&from, &from_len);

	/* The error of a datagram that was sent, told once more. */
	if (n < 0)
		return errno != EAGAIN && errno != EWOULDBLOCK;
	relay_from_home(u->relay, from.sin_addr, ntohs(from.sin_port), data,
	    (size_t)n);
	return true;
}

static void
readable(evutil_socket_t fd, short what, void *arg)
{
	struct uplink *u = arg;
	unsigned i;

	(void)fd;
	(void)what;
	for (i = 0; i < BURST && read_error(u); i++)
		;
	for (i = 0; i < BURST && receive(u); i++)
		;
}

struct uplink *
uplink_new(struct event_base *base, int fd, struct relay *relay,
    struct in_addr care_of)
{
	struct uplink *u = calloc(1, sizeof(*u));

	if (!u)
		return NULL;
	u->fd = fd;
	u->relay = relay;
	u->care_of = care_of;
	u->read = event_new(base, fd, EV_READ | EV_PERSIST, readable, u);
	if (!u->read || event_add(u->read, NULL)) {
		uplink_free(u);
		errno = ENOMEM;
		return NULL;
	}
	return u;
}

void
uplink_free(struct uplink *u)
{
	if (!u)
		return;
	if (u->read)
		event_free(u->read);
	close(u->fd);
	free(u);
}

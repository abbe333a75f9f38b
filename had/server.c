/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The registration socket. One wildcard socket; IP_PKTINFO tells which of our
 * addresses was asked, and makes the reply come from it [PROTOCOLS 1.2]. The
 * kernel has checked the UDP checksum. Only reads and hands on: reg judges.
 */
#include "config.h"
#define LOG_MODULE "server"
#include "had/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <event2/event.h>

#include "common/clock.h"
#include "common/log.h"
#include "had/reg.h"

#define RX_BURST	64	/* datagrams a wake-up, then others' turn */
#define RX_MAX		2048	/* longer ones are truncated: malformed */
#define RX_BUFFER	(4 << 20)

struct server {
	int		 fd;
	uint16_t	 port;
	struct event	*read;
	struct reg	*reg;
	struct log_limit limit;		/* of what can not be sent */
};

int
server_open(uint16_t port)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET, .sin_port = htons(port),
	};
	int fd, on = 1, size = RX_BUFFER, err;

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -errno;
	/* A mass reconnect must not overflow the queue; not fatal. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size,
		    sizeof(size));
	if (setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) == -1 ||
	    bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

union control {
	struct cmsghdr	hdr;
	uint8_t		buf[CMSG_SPACE(sizeof(struct in_pktinfo))];
};

static bool
addresses(struct msghdr *m, struct reg_packet *pkt)
{
	struct in_pktinfo info;
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != IPPROTO_IP || c->cmsg_type != IP_PKTINFO)
			continue;
		memcpy(&info, CMSG_DATA(c), sizeof(info));
		pkt->flow.dst = info.ipi_addr;
		pkt->local = info.ipi_spec_dst;
		return true;
	}
	return false;
}

/* One datagram; false when there is none. */
static bool
receive(struct server *s)
{
	uint8_t buf[RX_MAX];
	union control control;
	struct sockaddr_in from;
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr m = {
		.msg_name = &from, .msg_namelen = sizeof(from),
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	struct reg_packet pkt = { .data = buf };
	ssize_t n;

	n = recvmsg(s->fd, &m, 0);
	if (n == -1)
		/* An ICMP error of an earlier reply is read like this, too. */
		return errno != EAGAIN && errno != EWOULDBLOCK;
	if (!addresses(&m, &pkt))
		return true;
	pkt.len = (size_t)n;
	pkt.flow.src = from.sin_addr;
	pkt.flow.sport = ntohs(from.sin_port);
	pkt.flow.dport = s->port;
	reg_input(s->reg, &pkt);
	return true;
}

static void
readable(evutil_socket_t fd, short what, void *arg)
{
	struct server *s = arg;
	int i;

	(void)fd;
	(void)what;
	for (i = 0; i < RX_BURST && receive(s); i++)
		;
}

/* Keeps errno until it is logged. */
static void
send_failed(struct server *s, struct in_addr to, size_t len)
{
	char dst[INET_ADDRSTRLEN];
	unsigned more;

	s->reg->stats.send_failed++;
	if (!log_limited(&s->limit, mono_diff_ms(clock_mono(s->reg->clock),
	    (mono_t){ 0 }), &more))
		return;
	inet_ntop(AF_INET, &to, dst, sizeof(dst));
	log_warn(dst, "sending %zu bytes (%u more like this before)", len,
	    more);
}

static void
transmit(void *arg, const struct reg_flow *f, const uint8_t *data, size_t len)
{
	struct server *s = arg;
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(f->dport),
		.sin_addr = f->dst,
	};
	struct in_pktinfo info = { .ipi_spec_dst = f->src };
	union control control;
	struct iovec iov = { (void *)(uintptr_t)data, len };
	struct msghdr m = {
		.msg_name = &to, .msg_namelen = sizeof(to),
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};

	memset(&control, 0, sizeof(control));
	control.hdr.cmsg_level = IPPROTO_IP;
	control.hdr.cmsg_type = IP_PKTINFO;
	control.hdr.cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(&control.hdr), &info, sizeof(info));
	if (sendmsg(s->fd, &m, 0) == -1)
		send_failed(s, f->dst, len);
}

struct server *
server_new(struct event_base *base, int fd, struct reg *reg)
{
	struct server *s = calloc(1, sizeof(*s));
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);

	if (!s)
		return NULL;
	s->fd = fd;
	s->reg = reg;
	s->limit = (struct log_limit){ .rate = 1, .burst = 5 };
	if (getsockname(fd, (struct sockaddr *)&sin, &len) == 0)
		s->port = ntohs(sin.sin_port);
	s->read = event_new(base, fd, EV_READ | EV_PERSIST, readable, s);
	if (!s->read || event_add(s->read, NULL)) {
		if (s->read)
			event_free(s->read);
		free(s);
		errno = ENOMEM;
		return NULL;
	}
	reg->send = transmit;
	reg->send_arg = s;
	return s;
}

void
server_free(struct server *s)
{
	if (!s)
		return;
	event_free(s->read);
	close(s->fd);
	free(s);
}

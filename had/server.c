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
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <event2/event.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/mip4.h"
#include "had/reg.h"

#define BURST		64	/* datagrams a wake-up, then others' turn */
#define RX_MAX		2048	/* longer ones are truncated: malformed */
#define RX_BUFFER	(4 << 20)

/* with the time of arrival */
#define RX_CONTROL	(CMSG_SPACE(sizeof(struct in_pktinfo)) +	\
			 CMSG_SPACE(sizeof(struct timespec)))
#define TX_CONTROL	CMSG_SPACE(sizeof(struct in_pktinfo))

struct rx {
	struct sockaddr_in	from;
	_Alignas(struct cmsghdr) uint8_t control[RX_CONTROL];
	struct iovec		iov;
	uint8_t			data[RX_MAX];
};

struct tx {
	struct sockaddr_in	to;
	_Alignas(struct cmsghdr) uint8_t control[TX_CONTROL];
	struct iovec		iov;
	uint8_t			data[MIP4_MAX_MSG];
};

/*
 * A system call costs as much as a registration: datagrams are read in bursts,
 * and what a burst leads to is sent together when it has been handled.
 */
struct server {
	int		 fd;
	uint16_t	 port;
	struct event	*read;
	struct reg	*reg;
	struct log_limit limit;		/* of what can not be sent */
	bool		 in_burst;
	unsigned	 n_tx;		/* waiting to be sent */
	struct mmsghdr	 rx_head[BURST], tx_head[BURST];
	struct rx	 rx[BURST];
	struct tx	 tx[BURST];
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
	/* How late we are; without it we never are. */
	(void)setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	return fd;
}

/* How long a datagram has waited for us, ms. */
static int64_t
age_ms(struct msghdr *m)
{
	struct timespec then, now;
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET ||
		    c->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&then, CMSG_DATA(c), sizeof(then));
		if (clock_gettime(CLOCK_REALTIME, &now))
			return 0;
		return (int64_t)(now.tv_sec - then.tv_sec) * 1000 +
		    (now.tv_nsec - then.tv_nsec) / 1000000;
	}
	return 0;
}

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

/* One of a burst, as reg wants it; false when there is no telling whom it was
 * sent to. */
static bool
packet(struct server *s, unsigned i, struct reg_packet *pkt)
{
	struct msghdr *m = &s->rx_head[i].msg_hdr;
	struct rx *rx = &s->rx[i];
	bool ok;

	*pkt = (struct reg_packet){
		.data = rx->data, .len = s->rx_head[i].msg_len,
		.flow.src = rx->from.sin_addr,
		.flow.sport = ntohs(rx->from.sin_port),
		.flow.dport = s->port,
	};
	ok = addresses(m, pkt);
	m->msg_namelen = sizeof(rx->from);
	m->msg_controllen = sizeof(rx->control);
	return ok;
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

/* Sends what waits. One that can not be sent does not hold up the others. */
static void
flush(struct server *s)
{
	unsigned i = 0;
	int n;

	while (i < s->n_tx) {
		n = sendmmsg(s->fd, s->tx_head + i, s->n_tx - i, 0);
		if (n > 0) {
			i += (unsigned)n;
			continue;
		}
		send_failed(s, s->tx[i].to.sin_addr, s->tx[i].iov.iov_len);
		i++;
	}
	s->n_tx = 0;
}

static void
transmit(void *arg, const struct reg_flow *f, const uint8_t *data, size_t len)
{
	struct server *s = arg;
	struct in_pktinfo info = { .ipi_spec_dst = f->src };
	struct tx *t = &s->tx[s->n_tx];

	if (len > sizeof(t->data)) {
		errno = EMSGSIZE;
		send_failed(s, f->dst, len);
		return;
	}
	t->to.sin_port = htons(f->dport);
	t->to.sin_addr = f->dst;
	/* CMSG_DATA, of a first header that is there */
	memcpy(t->control + CMSG_LEN(0), &info, sizeof(info));
	memcpy(t->data, data, len);
	t->iov.iov_len = len;
	if (++s->n_tx == BURST || !s->in_burst)
		flush(s);
}

static void
readable(evutil_socket_t fd, short what, void *arg)
{
	struct server *s = arg;
	struct reg_packet pkt[BURST];
	unsigned i, n_pkt = 0;
	int n;

	(void)fd;
	(void)what;
	n = recvmmsg(s->fd, s->rx_head, BURST, 0, NULL);
	if (n > 0)	/* the first has waited longest */
		reg_load(s->reg, age_ms(&s->rx_head[0].msg_hdr));
	for (i = 0; n > 0 && i < (unsigned)n; i++)
		if (packet(s, i, &pkt[n_pkt]))
			n_pkt++;
	reg_expect(s->reg, pkt, n_pkt);
	s->in_burst = true;
	for (i = 0; i < n_pkt; i++)
		reg_input(s->reg, &pkt[i]);
	s->in_burst = false;
	flush(s);
}

/* What is the same for every datagram. */
static void
set_up_buffers(struct server *s)
{
	struct cmsghdr *c;
	unsigned i;

	for (i = 0; i < BURST; i++) {
		struct rx *r = &s->rx[i];
		struct tx *t = &s->tx[i];

		r->iov = (struct iovec){ r->data, sizeof(r->data) };
		s->rx_head[i].msg_hdr = (struct msghdr){
			.msg_name = &r->from, .msg_namelen = sizeof(r->from),
			.msg_iov = &r->iov, .msg_iovlen = 1,
			.msg_control = r->control,
			.msg_controllen = sizeof(r->control),
		};
		t->to.sin_family = AF_INET;
		t->iov.iov_base = t->data;
		s->tx_head[i].msg_hdr = (struct msghdr){
			.msg_name = &t->to, .msg_namelen = sizeof(t->to),
			.msg_iov = &t->iov, .msg_iovlen = 1,
			.msg_control = t->control,
			.msg_controllen = sizeof(t->control),
		};
		c = CMSG_FIRSTHDR(&s->tx_head[i].msg_hdr);
		c->cmsg_level = IPPROTO_IP;
		c->cmsg_type = IP_PKTINFO;
		c->cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo));
	}
}

struct server *
server_new(struct event_base *base, int fd, struct reg *reg)
{
	struct server *s = calloc(1, sizeof(*s));
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);

	if (!s)
		return NULL;
	set_up_buffers(s);
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

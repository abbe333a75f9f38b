/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The registration sockets. One is bound to the configured address, where
 * nearly everything comes; another to none: there IP_PKTINFO tells which of our
 * addresses was asked, and makes the reply come from it [PROTOCOLS 1.2], at a
 * twentieth more for each datagram. The kernel has checked the UDP checksum.
 * Only reads and hands on: reg judges.
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
	int		 fd[SERVER_SOCKS];
	struct in_addr	 own;		/* fd[SERVER_OWN] is bound to it */
	uint16_t	 port;
	struct event	*read[SERVER_SOCKS];
	struct event	*later;		/* sends when this event is over */
	struct reg	*reg;
	struct clock_held *clock;	/* or NULL */
	struct log_limit limit;		/* of what can not be sent */
	bool		 in_burst;
	unsigned	 n_tx;		/* waiting to be sent, all by one: */
	enum server_sock tx_sock;
	struct mmsghdr	 rx_head[BURST], tx_head[BURST];
	struct rx	 rx[BURST];
	struct tx	 tx[BURST];
};

static int
open_socket(struct in_addr addr, uint16_t port)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET, .sin_port = htons(port),
		.sin_addr = addr,
	};
	int fd, on = 1, size = RX_BUFFER, err;

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -errno;
	/* A mass reconnect must not overflow the queue; not fatal. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size,
		    sizeof(size));
	/* For the second one, which has the port of the first. */
	if (addr.s_addr != INADDR_ANY)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on,
		    sizeof(on));
	if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1) {
		err = -errno;
		close(fd);
		return err;
	}
	/* How late we are; without it we never are. */
	(void)setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	return fd;
}

/* What a socket is bound to. */
static struct sockaddr_in
bound_to(int fd)
{
	struct sockaddr_in sin = { .sin_port = 0 };
	socklen_t len = sizeof(sin);

	(void)getsockname(fd, (struct sockaddr *)&sin, &len);
	return sin;
}

static void
share_port(int fd, int on)
{
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
}

/* Only while the second one is bound do they share their port: no other
 * program's socket may. */
int
server_open(struct in_addr own, uint16_t port, int fd[SERVER_SOCKS])
{
	const struct in_addr any = { INADDR_ANY };
	int on = 1, err;

	fd[SERVER_ANY] = open_socket(any, port);
	if (fd[SERVER_ANY] < 0)
		return fd[SERVER_ANY];
	if (setsockopt(fd[SERVER_ANY], IPPROTO_IP, IP_PKTINFO, &on,
	    sizeof(on)) == -1) {
		err = -errno;
		close(fd[SERVER_ANY]);
		return err;
	}
	share_port(fd[SERVER_ANY], 1);
	fd[SERVER_OWN] = open_socket(own,
	    ntohs(bound_to(fd[SERVER_ANY]).sin_port));
	share_port(fd[SERVER_ANY], 0);
	if (fd[SERVER_OWN] >= 0)
		share_port(fd[SERVER_OWN], 0);
	else
		fd[SERVER_OWN] = -1;
	return 0;
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
packet(struct server *s, enum server_sock sock, unsigned i,
    struct reg_packet *pkt)
{
	struct rx *rx = &s->rx[i];

	*pkt = (struct reg_packet){
		.data = rx->data, .len = s->rx_head[i].msg_len,
		.flow.src = rx->from.sin_addr,
		.flow.sport = ntohs(rx->from.sin_port),
		.flow.dst = s->own,
		.flow.dport = s->port,
		.local = s->own,
	};
	return sock == SERVER_OWN || addresses(&s->rx_head[i].msg_hdr, pkt);
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
		n = sendmmsg(s->fd[s->tx_sock], s->tx_head + i, s->n_tx - i,
		    0);
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
flush_later(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	flush(arg);
}

/* Chooses what the next one goes out by. */
static void
choose_sock(struct server *s, struct in_addr src)
{
	enum server_sock sock = s->fd[SERVER_OWN] != -1 &&
	    src.s_addr == s->own.s_addr ? SERVER_OWN : SERVER_ANY;

	if (sock != s->tx_sock)
		flush(s);
	s->tx_sock = sock;
}

static void
transmit(void *arg, const struct reg_flow *f, const uint8_t *data, size_t len)
{
	struct server *s = arg;
	struct in_pktinfo info = { .ipi_spec_dst = f->src };
	struct tx *t;

	if (len > sizeof(t->data)) {
		errno = EMSGSIZE;
		send_failed(s, f->dst, len);
		return;
	}
	choose_sock(s, f->src);
	t = &s->tx[s->n_tx];
	t->to.sin_port = htons(f->dport);
	t->to.sin_addr = f->dst;
	/* CMSG_DATA, of a first header that is there */
	memcpy(t->control + CMSG_LEN(0), &info, sizeof(info));
	s->tx_head[s->n_tx].msg_hdr.msg_controllen =
	    s->tx_sock == SERVER_ANY ? sizeof(t->control) : 0;
	memcpy(t->data, data, len);
	t->iov.iov_len = len;
	if (++s->n_tx == BURST)
		flush(s);
	else if (s->n_tx == 1 && !s->in_burst)
		event_active(s->later, EV_TIMEOUT, 0);
}

/* The time of arrival is wanted of the first alone, as it has waited longest;
 * and of those to our own address nothing else. */
static int
receive(struct server *s, enum server_sock sock)
{
	struct msghdr *m;
	unsigned i;

	for (i = 0; i < BURST; i++) {
		m = &s->rx_head[i].msg_hdr;
		m->msg_namelen = sizeof(s->rx[i].from);
		m->msg_controllen = i == 0 || sock == SERVER_ANY ?
		    sizeof(s->rx[i].control) : 0;
	}
	return recvmmsg(s->fd[sock], s->rx_head, BURST, 0, NULL);
}

static void
burst(struct server *s, enum server_sock sock)
{
	struct reg_packet pkt[BURST];
	unsigned i, n_pkt = 0;
	int n = receive(s, sock);

	if (n <= 0)
		return;
	if (s->clock)
		clock_hold(s->clock);
	reg_load(s->reg, age_ms(&s->rx_head[0].msg_hdr));
	for (i = 0; i < (unsigned)n; i++)
		if (packet(s, sock, i, &pkt[n_pkt]))
			n_pkt++;
	reg_expect(s->reg, pkt, n_pkt);
	s->in_burst = true;
	for (i = 0; i < n_pkt; i++)
		reg_input(s->reg, &pkt[i]);
	s->in_burst = false;
	flush(s);
	if (s->clock)
		clock_let_go(s->clock);
}

static void
any_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	burst(arg, SERVER_ANY);
}

static void
own_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	burst(arg, SERVER_OWN);
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

static int
add_events(struct server *s, struct event_base *base)
{
	static const event_callback_fn readable[SERVER_SOCKS] = {
		[SERVER_ANY] = any_readable, [SERVER_OWN] = own_readable,
	};
	unsigned i;

	s->later = event_new(base, -1, 0, flush_later, s);
	if (!s->later)
		return -ENOMEM;
	for (i = 0; i < SERVER_SOCKS; i++) {
		if (s->fd[i] == -1)
			continue;
		s->read[i] = event_new(base, s->fd[i], EV_READ | EV_PERSIST,
		    readable[i], s);
		if (!s->read[i] || event_add(s->read[i], NULL))
			return -ENOMEM;
	}
	return 0;
}

static void
free_events(struct server *s)
{
	unsigned i;

	for (i = 0; i < SERVER_SOCKS; i++)
		if (s->read[i])
			event_free(s->read[i]);
	if (s->later)
		event_free(s->later);
}

struct server *
server_new(struct event_base *base, const int fd[SERVER_SOCKS],
    struct reg *reg, struct clock_held *clock)
{
	struct server *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	set_up_buffers(s);
	memcpy(s->fd, fd, sizeof(s->fd));
	s->reg = reg;
	s->clock = clock;
	s->limit = (struct log_limit){ .rate = 1, .burst = 5 };
	s->port = ntohs(bound_to(fd[SERVER_ANY]).sin_port);
	if (fd[SERVER_OWN] != -1)
		s->own = bound_to(fd[SERVER_OWN]).sin_addr;
	if (add_events(s, base)) {
		free_events(s);
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
	flush(s);
	free_events(s);
	close(s->fd[SERVER_ANY]);
	if (s->fd[SERVER_OWN] != -1)
		close(s->fd[SERVER_OWN]);
	free(s);
}

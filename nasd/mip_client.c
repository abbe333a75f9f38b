/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The NetMIP4 client's socket, and its statistics: a thin layer under
 * mip_core.c, which is pure. UDP port 434 [RFC 3344 3.1]. Whatever the network
 * reports against a datagram (ICMP errors, no route, no buffers) costs that
 * datagram only: requests are retransmitted by their own timers.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/util.h>

#include "nasd/mip_reg.h"

#define LOG_MODULE "mip"
#include "common/log.h"
#include "common/violations.h"

/* Datagrams read in one turn, so that others get theirs. */
#define READ_TURN	64
#define TTL_NEAR	255

struct mip_client {
	struct mip_core		 core;
	struct event		*ev;
	int			 fd;
	struct log_limit	 limit;
};

static long long
now_ms(const struct mip_client *c)
{
	return clock_mono(c->core.clock).ns / 1000000;
}

static void
warn_limited(struct mip_client *c, const char *what)
{
	int err = errno;
	unsigned swallowed;

	if (!log_limited(&c->limit, now_ms(c), &swallowed))
		return;
	errno = err;
	log_warn(NULL, "%s (%u more)", what, swallowed);
}

/* A node's care-of address is not the one that the socket may be bound to; a
 * foreign agent wants to see that no router is in between [RFC 3024 4.2.1]. */
static ssize_t
send_from(int fd, struct in_addr from, const struct sockaddr_in *to,
    const uint8_t *buf, size_t len)
{
	const struct in_pktinfo info = { .ipi_spec_dst = from };
	const int ttl = TTL_NEAR;
	union {
		struct cmsghdr	h;
		uint8_t		b[CMSG_SPACE(sizeof(info))];
	} control = { .b = { 0 } };
	struct sockaddr_in sin = *to;
	struct iovec iov = { .iov_base = (void *)(uintptr_t)buf,
	    .iov_len = len };
	struct msghdr m = {
		.msg_name = &sin, .msg_namelen = sizeof(sin),
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control.b, .msg_controllen = sizeof(control.b),
	};

	control.h.cmsg_level = IPPROTO_IP;
	control.h.cmsg_type = IP_PKTINFO;
	control.h.cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(&control.h), &info, sizeof(info));
	if (from.s_addr == INADDR_ANY) {
		control.h.cmsg_type = IP_TTL;
		control.h.cmsg_len = CMSG_LEN(sizeof(ttl));
		memcpy(CMSG_DATA(&control.h), &ttl, sizeof(ttl));
		m.msg_controllen = CMSG_SPACE(sizeof(ttl));
	}
	return sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* *dst stays as it is where the kernel does not tell. */
static ssize_t
receive(int fd, uint8_t *buf, size_t cap, struct sockaddr_in *src,
    struct in_addr *dst)
{
	union {
		struct cmsghdr	h;
		uint8_t		b[CMSG_SPACE(sizeof(struct in_pktinfo))];
	} control;
	struct iovec iov = { .iov_base = buf, .iov_len = cap };
	struct msghdr m = {
		.msg_name = src, .msg_namelen = sizeof(*src),
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control.b, .msg_controllen = sizeof(control.b),
	};
	ssize_t n = recvmsg(fd, &m, MSG_DONTWAIT | MSG_TRUNC);
	struct in_pktinfo info;

	for (struct cmsghdr *h = n >= 0 ? CMSG_FIRSTHDR(&m) : NULL; h != NULL;
	    h = CMSG_NXTHDR(&m, h)) {
		if (h->cmsg_level != IPPROTO_IP || h->cmsg_type != IP_PKTINFO)
			continue;
		memcpy(&info, CMSG_DATA(h), sizeof(info));
		*dst = info.ipi_addr;
	}
	return n;
}

static void
client_send(void *arg, struct in_addr from, struct in_addr to, uint16_t port,
    const uint8_t *buf, size_t len)
{
	struct mip_client *c = arg;
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr = to,
	};
	char name[INET_ADDRSTRLEN], what[INET_ADDRSTRLEN + 16];
	ssize_t n;

	do {
		n = send_from(c->fd, from, &sin, buf, len);
	} while (n < 0 && errno == EINTR);
	if (n >= 0)
		return;
	c->core.count[MIP_C_SEND_FAILED]++;
	inet_ntop(AF_INET, &to, name, sizeof(name));
	snprintf(what, sizeof(what), "sending to %s", name);
	warn_limited(c, what);
}

static uint32_t
client_random(void *arg)
{
	uint32_t n;

	(void)arg;
	evutil_secure_rng_get_bytes(&n, sizeof(n));
	return n;
}

static void
client_readable(evutil_socket_t fd, short what, void *arg)
{
	struct mip_client *c = arg;
	struct sockaddr_in sin;
	uint8_t buf[2048];

	(void)what;
	for (unsigned i = 0; i < READ_TURN; i++) {
		struct in_addr dst = c->core.params.coa;
		ssize_t n = receive(fd, buf, sizeof(buf), &sin, &dst);

		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (n < 0) {
			/* An ICMP error of an earlier datagram, and reading it
			 * has cleared it. */
			c->core.count[MIP_C_RECV_FAILED]++;
			continue;
		}
		if ((size_t)n > sizeof(buf) || sin.sin_family != AF_INET) {
			c->core.count[MIP_C_DROP_MALFORMED]++;
			continue;
		}
		mip_core_input(&c->core, sin.sin_addr, ntohs(sin.sin_port),
		    dst, buf, (size_t)n);
	}
}

void
mip_client_relayed(struct mip_client *c, struct in_addr fa,
    const uint8_t *data, size_t len)
{
	mip_fa_input(&c->core, fa, data, len);
}

struct mip_client *
mip_client_new(struct event_base *base, struct timers *timers,
    const struct clock *clock, int fd, const struct mip_client_params *params)
{
	const int on = 1;
	struct mip_client *c;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return NULL;
	c->fd = fd;
	c->limit = (struct log_limit){ .rate = 1, .burst = 5 };
	c->core.timers = timers;
	c->core.clock = clock;
	c->core.params = *params;
	c->core.send = client_send;
	c->core.random = client_random;
	c->core.arg = c;
	if (mip_core_init(&c->core) != 0)
		goto fail;
	c->core.violations = violations_new(clock);
	if (c->core.violations == NULL || setsockopt(fd, IPPROTO_IP,
	    IP_PKTINFO, &on, sizeof(on)) != 0 ||
	    evutil_make_socket_nonblocking(fd) != 0 ||
	    (c->ev = event_new(base, fd, EV_READ | EV_PERSIST,
	    client_readable, c)) == NULL || event_add(c->ev, NULL) != 0) {
		if (c->ev != NULL)
			event_free(c->ev);
		violations_free(c->core.violations);
		mip_core_free(&c->core);
		goto fail;
	}
	return c;
fail:
	free(c);
	errno = ENOMEM;
	return NULL;
}

void
mip_client_free(struct mip_client *c)
{
	if (c == NULL)
		return;
	event_free(c->ev);
	close(c->fd);
	violations_free(c->core.violations);
	mip_core_free(&c->core);
	free(c);
}

uint32_t
mip_client_new_gre(const struct mip_client *c)
{
	return mip_core_new_gre(&c->core);
}

struct mip_reg *
mip_reg_new(struct mip_client *c, const struct mip_reg_request *q,
    const struct mip_events *events, void *arg)
{
	return mip_reg_create(&c->core, q, events, arg);
}

struct mip_reg *
mip_reg_resume(struct mip_client *c, const struct mip_reg_request *q,
    const struct mip_saved *saved, const struct mip_events *events, void *arg)
{
	return mip_resume_reg(&c->core, q, saved, events, arg);
}

void
mip_client_watch(struct mip_client *c, const struct mip_agent_events *ev,
    void *arg)
{
	c->core.agents = *ev;
	c->core.agents_arg = arg;
}

void
mip_client_watch_left(struct mip_client *c, const struct mip_left_events *ev,
    void *arg)
{
	c->core.left = *ev;
	c->core.left_arg = arg;
}

int
mip_client_take_left(struct mip_client *c, uint32_t nr,
    const struct mip_left *l)
{
	return mip_leave_take(&c->core, nr, l);
}

void
mip_client_each_left(struct mip_client *c,
    void (*fn)(void *arg, uint32_t nr, const struct mip_left *), void *arg)
{
	mip_leave_each(&c->core, fn, arg);
}

void
mip_client_set_refuse(struct mip_client *c, mip_refuse *refuse, void *arg)
{
	c->core.refuse = refuse;
	c->core.refuse_arg = arg;
}

void
mip_client_set_node_key(struct mip_client *c, mip_node_key *key, void *arg)
{
	c->core.node_key = key;
	c->core.node_key_arg = arg;
}

void
mip_client_set_fa_key(struct mip_client *c, mip_fa_key *key, void *arg)
{
	c->core.fa_key = key;
	c->core.fa_key_arg = arg;
}

void
mip_client_hold(struct mip_client *c, struct in_addr ha, bool held)
{
	mip_core_hold(&c->core, ha, held);
}

void
mip_client_hurry(struct mip_client *c, int64_t ms)
{
	mip_core_hurry(&c->core, ms);
}

void
mip_client_set_params(struct mip_client *c, const struct mip_client_params *p)
{
	mip_core_set_params(&c->core, p);
}

void
mip_client_rekey(struct mip_client *c, const struct mip_ha *ha)
{
	mip_core_rekey(&c->core, ha);
}

void
mip_client_probe(struct mip_client *c, const struct mip_ha *ha)
{
	mip_leave_probe(&c->core, ha);
}

const struct violations *
mip_client_violations(const struct mip_client *c)
{
	return c->core.violations;
}

static json_t *
ha_json(const struct mip_ha_rec *ha)
{
	char name[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &ha->ha.addr, name, sizeof(name));
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:i, s:I, s:I, s:I}",
	    "address", name,
	    "registrations", (json_int_t)ha->n_regs,
	    "sent", (json_int_t)ha->sent,
	    "accepted", (json_int_t)ha->accepted,
	    "denied", (json_int_t)ha->denied,
	    "no_reply", (json_int_t)ha->no_reply,
	    "clock_offset", (int)ha->offset_s,
	    "rtt_us", (json_int_t)ha->rtt_us,
	    "waiting", (json_int_t)ha->pace.queue.n,
	    "waited_most", (json_int_t)ha->pace.longest);
}

json_t *
mip_client_stats(const struct mip_client *c)
{
	json_t *o = json_object(), *list = json_array();

	json_object_set_new(o, "registrations",
	    json_integer((json_int_t)c->core.n_regs));
	json_object_set_new(o, "abandoned_now",
	    json_integer((json_int_t)c->core.n_orphans));
	for (int i = 0; i < MIP_C_COUNT; i++)
		json_object_set_new(o, mip_counter_key(i),
		    json_integer((json_int_t)c->core.count[i]));
	for (const struct mip_ha_rec *ha = c->core.ha_list; ha != NULL;
	    ha = ha->next)
		json_array_append_new(list, ha_json(ha));
	json_object_set_new(o, "home_agents", list);
	return o;
}

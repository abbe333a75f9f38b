/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The raw ICMPv6 socket of Router Advertisements [RFC 4861 4.1, 4.2, 6.1.1].
 * ra_sched.c decides, this sends and receives. The kernel computes the
 * checksum and, on an interface that forwards, listens to ff02::2.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <netinet/icmp6.h>

#include <event2/event.h>
#include <event2/util.h>

#include "common/dgram6.h"
#include "nasd/ra_sched.h"

#define LOG_MODULE "ra"
#include "common/log.h"

#define HOP_LIMIT	255
#define READ_TURN	64

struct ra {
	struct ra_core	 core;
	struct event	*ev;
	int		 fd;
};

static int
ra_send(void *arg, unsigned ifindex, const struct in6_addr *to,
    const uint8_t *buf, size_t len)
{
	const struct ra *ra = arg;

	return dgram6_send(ra->fd, ifindex, to, 0, buf, len);
}

static uint32_t
ra_random(void *arg)
{
	uint32_t n;

	(void)arg;
	evutil_secure_rng_get_bytes(&n, sizeof(n));
	return n;
}

static void
ra_readable(evutil_socket_t fd, short what, void *arg)
{
	struct ra *ra = arg;
	uint8_t buf[1500];
	struct dgram6 d;
	int err = 0;

	(void)what;
	for (unsigned i = 0; i < READ_TURN && err != -EAGAIN; i++) {
		err = dgram6_recv(fd, &d, buf, sizeof(buf));
		if (err == 0 && d.hop_limit >= 0)
			ra_core_input(&ra->core, d.ifindex, &d.src,
			    (uint8_t)d.hop_limit, buf, d.len);
	}
}

static int
set_options(int fd)
{
	const struct {
		int	level, name, value;
	} opt[] = {
		{ IPPROTO_IPV6, IPV6_MULTICAST_HOPS, HOP_LIMIT },
		{ IPPROTO_IPV6, IPV6_UNICAST_HOPS, HOP_LIMIT },
		/* or the kernel makes itself an address from our own */
		{ IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0 },
		{ IPPROTO_IPV6, IPV6_RECVPKTINFO, 1 },
		{ IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1 },
	};
	struct icmp6_filter filter;

	for (size_t i = 0; i < sizeof(opt) / sizeof(opt[0]); i++)
		if (setsockopt(fd, opt[i].level, opt[i].name, &opt[i].value,
		    sizeof(opt[i].value)) != 0)
			return -errno;
	ICMP6_FILTER_SETBLOCKALL(&filter);
	ICMP6_FILTER_SETPASS(ND_ROUTER_SOLICIT, &filter);
	if (setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter,
	    sizeof(filter)) != 0)
		return -errno;
	return evutil_make_socket_nonblocking(fd) == 0 ? 0 : -EIO;
}

struct ra *
ra_new(struct event_base *base, struct timers *timers,
    const struct clock *clock, int fd)
{
	struct ra *ra;
	int err;

	if ((ra = calloc(1, sizeof(*ra))) == NULL)
		return NULL;
	ra->fd = fd;
	ra->core.timers = timers;
	ra->core.clock = clock;
	ra->core.send = ra_send;
	ra->core.random = ra_random;
	ra->core.arg = ra;
	if ((err = set_options(fd)) != 0 ||
	    (err = ra_core_init(&ra->core)) != 0) {
		free(ra);
		errno = -err;
		return NULL;
	}
	ra->ev = event_new(base, fd, EV_READ | EV_PERSIST, ra_readable, ra);
	if (ra->ev == NULL || event_add(ra->ev, NULL) != 0) {
		if (ra->ev != NULL)
			event_free(ra->ev);
		ra_core_free(&ra->core);
		free(ra);
		errno = ENOMEM;
		return NULL;
	}
	return ra;
}

void
ra_free(struct ra *ra)
{
	if (ra == NULL)
		return;
	event_free(ra->ev);
	close(ra->fd);
	ra_core_free(&ra->core);
	free(ra);
}

struct ra_iface *
ra_start(struct ra *ra, unsigned ifindex, const char *subject,
    const struct icmp6_ra *content, ra_step *step, void *arg)
{
	return ra_core_start(&ra->core, ifindex, subject, content, step, arg);
}

json_t *
ra_stats(const struct ra *ra)
{
	json_t *o = json_object();

	json_object_set_new(o, "interfaces",
	    json_integer((json_int_t)table_count(&ra->core.ifaces)));
	for (int i = 0; i < RA_C_COUNT; i++)
		json_object_set_new(o, ra_counter_key(i),
		    json_integer((json_int_t)ra->core.count[i]));
	return o;
}

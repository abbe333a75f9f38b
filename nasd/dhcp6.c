/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The socket of the DHCPv6 server [RFC 8415 7.1, 7.2]; see dhcp6.h. All links
 * share it: how much of one comes here at all is limited by its filter, as far
 * as it has a link-local source (priv_iface.c); nothing else is heard. An
 * interface hears a group when any socket has joined it there, and then so
 * does each socket that has not chosen. The kernel lets one socket join on a
 * few hundred interfaces only (net.core.optmem_max): beyond, others join, which
 * nobody reads from.
 */
#include "nasd/dhcp6.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/util.h>

#include "common/dgram6.h"
#include "common/sock_filter.h"
#include "common/timers.h"

#define LOG_MODULE "dhcp6"
#include "common/log.h"

#define READ_TURN	64
#define MESSAGE_MAX	2048
#define IPV6_SOURCE	8	/* its place in the header */
#define BUFFER	(4 << 20)	/* what the filters of many links let pass */

struct dhcp6 {
	struct dhcp6_core	 core;
	struct event		*ev;
	int			 fd;
	int			*member;	/* those who join; */
	unsigned		 n_members;	/* the first one is fd */
	unsigned		 room;		/* where there was some */
};

enum { GROUP_LINK, GROUP_SITE };

static const struct in6_addr groups[] = {
	/* ff02::1:2, All_DHCP_Relay_Agents_and_Servers */
	[GROUP_LINK] = { .s6_addr = { 0xff, 0x02, [13] = 1, [15] = 2 } },
	/* ff05::1:3, All_DHCP_Servers: what relays send to, unless told */
	[GROUP_SITE] = { .s6_addr = { 0xff, 0x05, [13] = 1, [15] = 3 } },
};

static int
send_out(void *arg, unsigned ifindex, const struct in6_addr *to,
    uint16_t port, const uint8_t *buf, size_t len)
{
	const struct dhcp6 *d = arg;

	return dgram6_send(d->fd, ifindex, to, port, buf, len);
}

/* One datagram; false: there is none. */
static bool
read_one(struct dhcp6 *d)
{
	uint8_t buf[MESSAGE_MAX];
	struct dgram6 g;
	int err = dgram6_recv(d->fd, &g, buf, sizeof(buf));

	if (err == 0)
		dhcp6_core_input(&d->core, g.ifindex, &g.src, &g.dst, buf,
		    g.len);
	else if (err == -EMSGSIZE)
		d->core.count[DHCP6_C_DROP_TRUNCATED]++;
	return err != -EAGAIN;
}

static void
readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	for (unsigned i = 0; i < READ_TURN && read_one(arg); i++)
		continue;
}

static int
set_options(int fd)
{
	static const struct {
		int	name, value;
	} opt[] = {
		{ IPV6_RECVPKTINFO, 1 },
		{ IPV6_MULTICAST_LOOP, 0 },
	};

	for (size_t i = 0; i < sizeof(opt) / sizeof(opt[0]); i++)
		if (setsockopt(fd, IPPROTO_IPV6, opt[i].name, &opt[i].value,
		    sizeof(opt[i].value)) != 0)
			return -errno;
	return evutil_make_socket_nonblocking(fd) == 0 ? 0 : -EIO;
}

/* Clients and relays on a link speak from its addresses; what has another
 * source fills no buffer [D208]. */
static int
hear_link_local(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS,
		    (unsigned)(SKF_NET_OFF + IPV6_SOURCE)),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xffc0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xfe80, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};

	return sock_filter_set(fd, code, sizeof(code) / sizeof(code[0]));
}

int
dhcp6_socket(void)
{
	static const int on = 1, room = BUFFER;
	const struct sockaddr_in6 sin6 = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(DHCP6_PORT_SERVER),
	};
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0), err;

	/* Without privilege it is what the system gives. */
	if (fd != -1)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room,
		    sizeof(room));
	if (fd != -1 && hear_link_local(fd) == 0 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on,
	    sizeof(on)) == 0 &&
	    bind(fd, (const struct sockaddr *)&sin6, sizeof(sin6)) == 0)
		return fd;
	err = -errno;
	if (fd != -1)
		close(fd);
	return err;
}

/*
 * Groups.
 */

static int
set_group(int fd, int option, const struct in6_addr *group, unsigned ifindex)
{
	const struct ipv6_mreq mreq = {
		.ipv6mr_multiaddr = *group,
		.ipv6mr_interface = ifindex,
	};

	return setsockopt(fd, IPPROTO_IPV6, option, &mreq,
	    sizeof(mreq)) == 0 ? 0 : -errno;
}

/* One more who can join; bound to nothing, so nothing comes to it. */
static int
add_member(struct dhcp6 *d)
{
	int *more = realloc(d->member, (d->n_members + 1) * sizeof(*more));
	int fd;

	if (more == NULL)
		return -ENOMEM;
	d->member = more;
	fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -errno;
	d->room = d->n_members;
	d->member[d->n_members++] = fd;
	return 0;
}

static int
join(struct dhcp6 *d, const struct in6_addr *group, unsigned ifindex)
{
	int err = 0;

	for (unsigned i = 0; i < d->n_members; i++) {
		unsigned k = (d->room + i) % d->n_members;

		err = set_group(d->member[k], IPV6_JOIN_GROUP, group, ifindex);
		if (err == -ENOMEM || err == -ENOBUFS)
			continue;
		d->room = k;
		return err == -EADDRINUSE ? 0 : err;
	}
	if ((err = add_member(d)) != 0)
		return err;
	return set_group(d->member[d->room], IPV6_JOIN_GROUP, group, ifindex);
}

static void
leave(struct dhcp6 *d, unsigned ifindex)
{
	for (unsigned g = GROUP_LINK; g <= GROUP_SITE; g++)
		for (unsigned i = 0; i < d->n_members; i++)
			if (set_group(d->member[i], IPV6_LEAVE_GROUP,
			    &groups[g], ifindex) == 0) {
				d->room = i;
				break;
			}
}

struct dhcp6_link *
dhcp6_start(struct dhcp6 *d, unsigned ifindex, const char *subject,
    const struct dhcp6_link_conf *conf, const struct dhcp6_events *events,
    void *arg)
{
	struct dhcp6_link *l;
	int err = join(d, &groups[GROUP_LINK], ifindex);

	if (err == 0 && conf->relays)
		err = join(d, &groups[GROUP_SITE], ifindex);
	if (err != 0) {
		leave(d, ifindex);
		errno = -err;
		return NULL;
	}
	l = dhcp6_core_start(&d->core, ifindex, subject, conf, events, arg);
	if (l == NULL) {
		leave(d, ifindex);
		errno = ENOMEM;
	}
	return l;
}

void
dhcp6_stop(struct dhcp6 *d, struct dhcp6_link *l)
{
	if (l == NULL)
		return;
	leave(d, dhcp6_link_ifindex(l));
	dhcp6_core_stop(l);
}

static void
close_members(struct dhcp6 *d)
{
	for (unsigned i = 1; i < d->n_members; i++)
		close(d->member[i]);
	free(d->member);
}

static int
init(struct dhcp6 *d, struct event_base *base)
{
	int err = set_options(d->fd);

	if (err != 0 || (err = dhcp6_core_init(&d->core)) != 0)
		return err;
	d->member = malloc(sizeof(*d->member));
	d->ev = event_new(base, d->fd, EV_READ | EV_PERSIST, readable, d);
	if (d->member != NULL && d->ev != NULL &&
	    event_add(d->ev, NULL) == 0) {
		d->member[d->n_members++] = d->fd;
		return 0;
	}
	if (d->ev != NULL)
		event_free(d->ev);
	free(d->member);
	dhcp6_core_free(&d->core);
	return -ENOMEM;
}

struct dhcp6 *
dhcp6_new(struct event_base *base, struct timers *timers,
    const struct clock *clock, int fd, const struct dhcp6_duid *duid)
{
	struct dhcp6 *d = calloc(1, sizeof(*d));
	int err;

	if (d == NULL)
		return NULL;
	d->fd = fd;
	d->core.timers = timers;
	d->core.clock = clock;
	d->core.duid = *duid;
	d->core.send = send_out;
	d->core.arg = d;
	if ((err = init(d, base)) == 0)
		return d;
	free(d);
	errno = -err;
	return NULL;
}

void
dhcp6_free(struct dhcp6 *d)
{
	if (d == NULL)
		return;
	event_free(d->ev);
	close_members(d);
	close(d->fd);
	dhcp6_core_free(&d->core);
	free(d);
}

json_t *
dhcp6_stats(const struct dhcp6 *d)
{
	const struct dhcp6_core *c = &d->core;
	json_t *o = json_object();

	json_object_set_new(o, "interfaces",
	    json_integer((json_int_t)table_count(&c->links)));
	json_object_set_new(o, "asked", json_integer((json_int_t)c->n_asked));
	json_object_set_new(o, "offered",
	    json_integer((json_int_t)c->n_offered));
	json_object_set_new(o, "bound", json_integer((json_int_t)c->n_bound));
	for (int i = 0; i < DHCP6_C_COUNT; i++)
		json_object_set_new(o, dhcp6_counter_key(i),
		    json_integer((json_int_t)c->count[i]));
	return o;
}

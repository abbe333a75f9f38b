/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See had/home_link.h. The packet socket is opened by root; groups are joined
 * by sockets of the engine's, for which no privilege is needed, so the kernel
 * tells multicast routers and switches (MLD) and forgets it all with us. A
 * socket can be in a few hundred groups only (net.core.optmem_max), hence
 * several.
 */
#include "config.h"
#define LOG_MODULE "home-link"
#include "had/home_link.h"

#include <errno.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <event2/event.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/netlink_watch.h"
#include "common/sock_filter.h"
#include "had/had_config.h"

#define BURST		64	/* packets a wake-up, then others' turn */
#define RX_MAX		1600
#define GROUPS_MAX	128	/* a socket */

struct group_sock {
	int		 fd;
	unsigned	 n;		/* groups */
};

struct home_link {
	char		 name[IFNAMSIZ];
	unsigned	 ifindex;
	int		 fd;
	bool		 down;
	struct event	*read;
	struct group_sock *socks;
	size_t		 n_socks;
	struct dad	 dad;
	struct log_limit limit;
	uint64_t	 received, malformed, sent, send_failed;
};

/* Ethernet, and a link-local address to speak from. */
static int
look_up(struct home_link *l)
{
	struct ifreq ifr = { 0 };
	struct ifaddrs *all, *i;
	struct sockaddr_in6 sin6;
	int err = -EADDRNOTAVAIL;

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", l->name);
	if (ioctl(l->fd, SIOCGIFHWADDR, &ifr) == -1)
		return -errno;
	if (ifr.ifr_hwaddr.sa_family != ARPHRD_ETHER)
		return -EPFNOSUPPORT;
	memcpy(l->dad.lladdr, ifr.ifr_hwaddr.sa_data, sizeof(l->dad.lladdr));
	if (getifaddrs(&all) == -1)
		return -errno;
	for (i = all; i; i = i->ifa_next) {
		if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET6 ||
		    strcmp(i->ifa_name, l->name) != 0)
			continue;
		memcpy(&sin6, i->ifa_addr, sizeof(sin6));
		if (!IN6_IS_ADDR_LINKLOCAL(&sin6.sin6_addr))
			continue;
		l->dad.own = sin6.sin6_addr;
		err = 0;
	}
	freeifaddrs(all);
	return err;
}

/* Neighbor Solicitations and Advertisements without extension headers. */
static int
set_filter(int fd, const void *arg)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 6),	/* next header */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMPV6, 0, 4),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 40),	/* ICMPv6 type */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 135, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 136, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};

	(void)arg;
	return sock_filter_set(fd, code, sizeof(code) / sizeof(code[0]));
}

static int
open_socket(struct home_link *l)
{
	int fd;

	l->ifindex = if_nametoindex(l->name);
	if (l->ifindex == 0)
		return -errno;
	fd = sock_filter_packet(l->ifindex, SOCK_DGRAM, ETH_P_IPV6, set_filter,
	    NULL);
	if (fd < 0)
		return fd;
	l->fd = fd;
	return look_up(l);
}

static const char *
why_not(int err)
{
	switch (err) {
	case -EADDRNOTAVAIL:
		return "no link-local address; is it up?";
	case -EPFNOSUPPORT:
		return "not an Ethernet link";
	default:
		return strerror(-err);
	}
}

int
home_links_open(const struct had_config *conf, struct home_link **links,
    size_t *n)
{
	struct home_link *l;
	size_t i;
	int err;

	*links = NULL;
	*n = 0;
	for (i = 0; i < conf->n_pools; i++) {
		const char *name = conf->pools[i].home_link;

		if (!name || home_link_find(*links, *n, name))
			continue;
		if (!*links)
			*links = calloc(conf->n_pools, sizeof(**links));
		if (!*links)
			return -ENOMEM;
		l = &(*links)[(*n)++];
		l->fd = -1;
		snprintf(l->name, sizeof(l->name), "%s", name);
		l->limit = (struct log_limit){ .rate = 1, .burst = 5 };
		err = open_socket(l);
		if (err) {
			log_errorx(name, "home link: %s", why_not(err));
			return err;
		}
	}
	return 0;
}

void
home_links_close(struct home_link *links, size_t n)
{
	size_t i, j;

	for (i = 0; i < n; i++) {
		struct home_link *l = &links[i];

		if (l->read) {
			event_free(l->read);
			dad_free(&l->dad);
		}
		for (j = 0; j < l->n_socks; j++)
			close(l->socks[j].fd);
		free(l->socks);
		if (l->fd != -1)
			close(l->fd);
	}
	free(links);
}

static bool
may_log(struct home_link *l)
{
	unsigned more;

	if (!log_limited(&l->limit, mono_diff_ms(clock_mono(l->dad.clock),
	    (mono_t){ 0 }), &more))
		return false;
	if (more > 0)
		log_info(l->name, "%u more lines were held back", more);
	return true;
}

static struct group_sock *
add_socket(struct home_link *l)
{
	struct group_sock *s;
	int fd;

	s = realloc(l->socks, (l->n_socks + 1) * sizeof(*s));
	if (!s)
		return NULL;
	l->socks = s;
	fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return NULL;
	s = &l->socks[l->n_socks++];
	*s = (struct group_sock){ .fd = fd };
	return s;
}

static int
membership(const struct home_link *l, int fd, int what,
    const struct in6_addr *group)
{
	const struct ipv6_mreq m = {
		.ipv6mr_multiaddr = *group,
		.ipv6mr_interface = l->ifindex,
	};

	return setsockopt(fd, IPPROTO_IPV6, what, &m, sizeof(m)) ? -errno : 0;
}

static int
join(void *arg, const struct in6_addr *group)
{
	struct home_link *l = arg;
	struct group_sock *s = NULL;
	size_t i;
	int err;

	for (i = 0; i < l->n_socks && !s; i++)
		if (l->socks[i].n < GROUPS_MAX)
			s = &l->socks[i];
	if (!s)
		s = add_socket(l);
	if (!s)
		return -ENOMEM;
	err = membership(l, s->fd, IPV6_JOIN_GROUP, group);
	if (err) {
		if (may_log(l))
			log_warnx(l->name, "joining a group: %s",
			    strerror(-err));
		return err;
	}
	s->n++;
	return (int)(s - l->socks);
}

static void
leave(void *arg, const struct in6_addr *group, int handle)
{
	struct home_link *l = arg;

	if (handle < 0)
		return;
	/* It has left already where the device is gone. */
	(void)membership(l, l->socks[handle].fd, IPV6_LEAVE_GROUP, group);
	l->socks[handle].n--;
}

/* Memberships of a device that is no more are kept by their sockets. */
static void
leave_all(struct home_link *l)
{
	size_t i;

	for (i = 0; i < l->n_socks; i++)
		close(l->socks[i].fd);
	l->n_socks = 0;
}

static void
went_down(struct home_link *l)
{
	if (l->down)
		return;
	l->down = true;
	log_warnx(l->name, "the home link is down");
	dad_link_down(&l->dad);
}

static void
is_up(struct home_link *l)
{
	if (l->down)
		log_info(l->name, "the home link is up again");
	l->down = false;
}

/* A device of the link's name that is another one, or has another address. */
static int
adopt(struct home_link *l, const struct nl_watch_link *k)
{
	struct sockaddr_ll sll = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IPV6),
		.sll_ifindex = (int)k->ifindex,
	};

	if (k->ifindex != l->ifindex) {
		if (bind(l->fd, (struct sockaddr *)&sll, sizeof(sll)) == -1)
			return -errno;
		l->ifindex = k->ifindex;
		log_info(l->name, "the home link is another device now");
	}
	leave_all(l);
	memcpy(l->dad.lladdr, k->lladdr, sizeof(l->dad.lladdr));
	dad_link_anew(&l->dad);
	return 0;
}

void
home_link_device(struct home_link *l, const struct nl_watch_link *k)
{
	int err = 0;

	if (k->gone ? k->ifindex == l->ifindex :
	    k->ifindex == l->ifindex && !k->up)
		went_down(l);
	if (k->gone || strcmp(k->name, l->name) != 0)
		return;
	if (!k->ethernet)
		err = -EPFNOSUPPORT;
	else if (k->ifindex != l->ifindex || memcmp(k->lladdr, l->dad.lladdr,
	    sizeof(k->lladdr)) != 0)
		err = adopt(l, k);
	if (err && may_log(l))
		log_errorx(l->name, "home link: %s", why_not(err));
}

/* The link is up when there is an address to speak from. */
void
home_link_addr(struct home_link *l, const struct nl_watch_addr *a)
{
	if (a->ifindex != l->ifindex || a->gone || a->tentative ||
	    !IN6_IS_ADDR_LINKLOCAL(&a->addr))
		return;
	l->dad.own = a->addr;
	is_up(l);
}

static int
send_nd(void *arg, const struct nd6 *m, const uint8_t *lladdr)
{
	struct home_link *l = arg;
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IPV6),
		.sll_ifindex = (int)l->ifindex,
		.sll_halen = ETH_ALEN,
		.sll_addr = { 0x33, 0x33 },	/* RFC 2464 7 */
	};
	uint8_t buf[ND6_PACKET_MAX];
	int n = nd6_encode(m, buf, sizeof(buf));

	if (n < 0)
		return n;
	if (lladdr)
		memcpy(to.sll_addr, lladdr, ETH_ALEN);
	else
		memcpy(to.sll_addr + 2, &m->dst.s6_addr[12], 4);
	if (sendto(l->fd, buf, (size_t)n, 0, (struct sockaddr *)&to,
	    sizeof(to)) == n) {
		l->sent++;
		is_up(l);
		return 0;
	}
	n = -errno;
	l->send_failed++;
	if (may_log(l))
		log_warn(l->name, "sending neighbour discovery");
	/* Those being probed are failed by the event, not from within a call
	 * of dad's. */
	return n;
}

static void
conflict(void *arg, const struct in6_addr *addr, const uint8_t *lladdr)
{
	struct home_link *l = arg;
	char s[INET6_ADDRSTRLEN];

	if (!may_log(l))
		return;
	inet_ntop(AF_INET6, addr, s, sizeof(s));
	log_warnx(l->name, "%s is bound, but another node answers for it: "
	    "%02x:%02x:%02x:%02x:%02x:%02x", s, lladdr[0], lladdr[1],
	    lladdr[2], lladdr[3], lladdr[4], lladdr[5]);
}

/* Not what is others', nor what a loop in the link brings back to us
 * [RFC 4862 5.4.3]. */
static void
input(struct home_link *l, const struct sockaddr_ll *from,
    const uint8_t *data, size_t len)
{
	struct nd6 m;
	int err;

	if ((from->sll_pkttype != PACKET_HOST &&
	    from->sll_pkttype != PACKET_MULTICAST) ||
	    from->sll_halen != ETH_ALEN ||
	    memcmp(from->sll_addr, l->dad.lladdr, ETH_ALEN) == 0)
		return;
	l->received++;
	err = nd6_decode(&m, data, len);
	if (err == 0)
		dad_input(&l->dad, &m, from->sll_addr);
	else if (err == -EBADMSG)
		l->malformed++;
}

static void
readable(evutil_socket_t fd, short what, void *arg)
{
	struct home_link *l = arg;
	struct sockaddr_ll from;
	socklen_t from_len;
	uint8_t buf[RX_MAX];
	ssize_t n;
	int i;

	(void)what;
	for (i = 0; i < BURST; i++) {
		from_len = sizeof(from);
		n = recvfrom(fd, buf, sizeof(buf), 0,
		    (struct sockaddr *)&from, &from_len);
		if (n == -1 && errno == ENETDOWN)
			went_down(l);
		if (n == -1)
			return;
		is_up(l);
		input(l, &from, buf, (size_t)n);
	}
}

static const struct dad_io io = { join, leave, send_nd, conflict };

int
home_links_start(struct home_link *links, size_t n, struct event_base *base,
    struct timers *timers, const struct clock *clock)
{
	size_t i;
	int err;

	for (i = 0; i < n; i++) {
		struct home_link *l = &links[i];

		l->dad.timers = timers;
		l->dad.clock = clock;
		l->dad.io = &io;
		l->dad.arg = l;
		err = dad_init(&l->dad);
		if (err)
			return err;
		l->read = event_new(base, l->fd, EV_READ | EV_PERSIST,
		    readable, l);
		if (!l->read) {
			dad_free(&l->dad);
			return -ENOMEM;
		}
		if (event_add(l->read, NULL))
			return -ENOMEM;
	}
	return 0;
}

struct home_link *
home_link_at(struct home_link *links, size_t i)
{
	return &links[i];
}

struct home_link *
home_link_find(struct home_link *links, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(links[i].name, name) == 0)
			return &links[i];
	return NULL;
}

struct dad *
home_link_dad(struct home_link *l)
{
	return &l->dad;
}

void
home_link_info(const struct home_link *l, struct home_link_info *info)
{
	*info = (struct home_link_info){
		.name = l->name,
		.address = l->dad.own,
		.up = !l->down,
		.received = l->received,
		.malformed = l->malformed,
		.sent = l->sent,
		.send_failed = l->send_failed,
	};
	memcpy(info->lladdr, l->dad.lladdr, sizeof(info->lladdr));
}

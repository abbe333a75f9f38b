/* SPDX-License-Identifier: BSD-2-Clause */
/* See netlink_watch.h. Neighbour: netlink.c, which changes things. */
#include "common/sock_filter.h"
#include "config.h"
#include "common/netlink_watch.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define LOG_MODULE "netlink"
#include "common/log.h"

#define BURST		64		/* messages a wake-up */
#define RCVBUF		(1 << 20)
#define LOWER_UP	(1U << 16)	/* IFF_LOWER_UP; libc lacks it */

struct nl_watch {
	struct mnl_socket	*sock;
	struct event		*ev;
	const struct nl_watch_ops *ops;
	void			*arg;
	uint16_t		 dump;		/* under way, or 0 */
	bool			 again;		/* lost some meanwhile */
	uint32_t		 seq;
};

static int
link_attr(const struct nlattr *a, void *arg)
{
	struct nl_watch_link *l = arg;

	switch (mnl_attr_get_type(a)) {
	case IFLA_IFNAME:
		l->name = mnl_attr_get_str(a);
		break;
	case IFLA_MTU:
		l->mtu = mnl_attr_get_u32(a);
		break;
	case IFLA_CARRIER_UP_COUNT:
		l->ups = mnl_attr_get_u32(a);
		break;
	case IFLA_ADDRESS:
		if (mnl_attr_get_payload_len(a) == sizeof(l->lladdr))
			memcpy(l->lladdr, mnl_attr_get_payload(a),
			    sizeof(l->lladdr));
		break;
	}
	return (MNL_CB_OK);
}

static void
tell_link(struct nl_watch *w, const struct nlmsghdr *h)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(h);
	struct nl_watch_link l = {
		.ifindex = (unsigned)ifi->ifi_index,
		.gone = h->nlmsg_type == RTM_DELLINK,
		.up = (ifi->ifi_flags & IFF_UP) != 0,
		.carrier = (ifi->ifi_flags & LOWER_UP) != 0,
		.ethernet = ifi->ifi_type == ARPHRD_ETHER,
	};

	/* A bridge tells of its ports, too, which stay when they leave it. */
	if (ifi->ifi_family != AF_UNSPEC || w->ops->link == NULL)
		return;
	mnl_attr_parse(h, sizeof(*ifi), link_attr, &l);
	if (l.name != NULL)
		w->ops->link(w->arg, &l);
}

static int
addr_attr(const struct nlattr *a, void *arg)
{
	struct in6_addr *addr = arg;

	if (mnl_attr_get_type(a) == IFA_ADDRESS &&
	    mnl_attr_get_payload_len(a) == sizeof(*addr))
		memcpy(addr, mnl_attr_get_payload(a), sizeof(*addr));
	return (MNL_CB_OK);
}

static void
tell_addr(struct nl_watch *w, const struct nlmsghdr *h)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(h);
	struct nl_watch_addr a = {
		.ifindex = ifa->ifa_index,
		.gone = h->nlmsg_type == RTM_DELADDR,
		.tentative = (ifa->ifa_flags &
		    (IFA_F_TENTATIVE | IFA_F_DADFAILED)) != 0,
	};

	if (ifa->ifa_family != AF_INET6 || w->ops->addr6 == NULL)
		return;
	mnl_attr_parse(h, sizeof(*ifa), addr_attr, &a.addr);
	w->ops->addr6(w->arg, &a);
}

static int
message(const struct nlmsghdr *h, void *arg)
{
	switch (h->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		tell_link(arg, h);
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		tell_addr(arg, h);
		break;
	}
	return (MNL_CB_OK);
}

/* Asks for everything of a kind: RTM_GETLINK, then RTM_GETADDR. */
static int
ask(struct nl_watch *w, uint16_t type)
{
	char buf[128];
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);

	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	h->nlmsg_seq = ++w->seq;
	if (type == RTM_GETLINK)
		mnl_nlmsg_put_extra_header(h, sizeof(struct ifinfomsg));
	else
		mnl_nlmsg_put_extra_header(h, sizeof(struct ifaddrmsg));
	w->dump = type;
	if (mnl_socket_sendto(w->sock, h, h->nlmsg_len) >= 0)
		return (0);
	w->dump = 0;
	return (-errno);
}

static void
begin(struct nl_watch *w)
{
	int err;

	if (w->dump != 0) {
		w->again = true;
		return;
	}
	w->again = false;
	if (w->ops->begin != NULL)
		w->ops->begin(w->arg);
	err = ask(w, RTM_GETLINK);
	if (err != 0)
		log_warnx(NULL, "asking for devices: %s", strerror(-err));
}

/* One of the two lists is complete. */
static void
listed(struct nl_watch *w)
{
	if (w->dump == RTM_GETLINK && ask(w, RTM_GETADDR) == 0)
		return;
	if (w->dump == RTM_GETADDR && !w->again && w->ops->end != NULL)
		w->ops->end(w->arg);
	w->dump = 0;
	if (w->again)
		begin(w);
}

static void
readable(evutil_socket_t fd, short what, void *arg)
{
	/* aligned, for the headers in it */
	_Alignas(struct nlmsghdr) char buf[32768];
	struct nl_watch *w = arg;
	ssize_t n;
	int i;

	(void)fd;
	(void)what;
	for (i = 0; i < BURST; i++) {
		n = mnl_socket_recvfrom(w->sock, buf, sizeof(buf));
		if (n == -1 && errno == ENOBUFS) {
			begin(w);
			continue;
		}
		if (n <= 0)
			return;
		/* An end, or an error instead of one. */
		if (mnl_cb_run(buf, (size_t)n, 0, 0, message, w) <= 0 &&
		    w->dump != 0)
			listed(w);
	}
}

struct nl_watch *
nl_watch_open(void)
{
	struct nl_watch *w = calloc(1, sizeof(*w));
	int size = RCVBUF;

	if (w == NULL)
		return (NULL);
	w->sock = mnl_socket_open2(NETLINK_ROUTE,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (w->sock == NULL || mnl_socket_bind(w->sock, RTMGRP_LINK |
	    RTMGRP_IPV6_IFADDR, MNL_SOCKET_AUTOPID) == -1) {
		nl_watch_close(w);
		return (NULL);
	}
	(void)setsockopt(mnl_socket_get_fd(w->sock), SOL_SOCKET, SO_RCVBUF,
	    &size, sizeof(size));
	return (w);
}

/*
 * Answers to our questions pass as they are. Offsets are those of a message
 * with its header; the filter reads big-endian what is in host order.
 */
int
nl_watch_no_ppp(struct nl_watch *w)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6),	/* flags */
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, htons(NLM_F_MULTI), 9, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4),	/* type */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(NLMSG_ERROR), 7, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWLINK), 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELLINK), 0, 6),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 18),	/* ifi_type */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(ARPHRD_ETHER), 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(ARPHRD_SIT), 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(ARPHRD_NONE), 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(ARPHRD_IPGRE), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};

	return (sock_filter_set(mnl_socket_get_fd(w->sock), code,
	    sizeof(code) / sizeof(code[0])) == 0 ? 0 : -errno);
}

void
nl_watch_close(struct nl_watch *w)
{
	if (w == NULL)
		return;
	if (w->ev != NULL)
		event_free(w->ev);
	if (w->sock != NULL)
		mnl_socket_close(w->sock);
	free(w);
}

int
nl_watch_start(struct nl_watch *w, struct event_base *base,
    const struct nl_watch_ops *ops, void *arg)
{
	w->ops = ops;
	w->arg = arg;
	w->ev = event_new(base, mnl_socket_get_fd(w->sock),
	    EV_READ | EV_PERSIST, readable, w);
	if (w->ev == NULL || event_add(w->ev, NULL) == -1)
		return (-ENOMEM);
	begin(w);
	return (0);
}

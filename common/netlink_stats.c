/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices' counters: of one, of all, and the last ones of those that go.
 * Neighbour: netlink.c.
 */
#include "config.h"
#include "common/netlink_msg.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* What a thousand devices that go at once leave to be read (2 kB each in the
 * kernel's count), and more. */
#define GONE_RCVBUF	(4 << 20)

static void
take_stats(const struct nlattr *a, struct nl_stats *out)
{
	struct rtnl_link_stats64 s = { 0 };
	size_t len = mnl_attr_get_payload_len(a);

	/* Longer in newer kernels; the beginning stays. */
	memcpy(&s, mnl_attr_get_payload(a),
	    len < sizeof(s) ? len : sizeof(s));
	out->rx_bytes = s.rx_bytes;
	out->tx_bytes = s.tx_bytes;
	out->rx_packets = s.rx_packets;
	out->tx_packets = s.tx_packets;
	out->rx_errors = s.rx_errors;
	out->tx_errors = s.tx_errors;
}

static int
link_attr(const struct nlattr *a, void *arg)
{
	if (mnl_attr_get_type(a) != IFLA_STATS64)
		return (MNL_CB_OK);
	take_stats(a, arg);
	return (MNL_CB_STOP);
}

static int
link_msg(const struct nlmsghdr *h, void *arg)
{
	(void)mnl_attr_parse(h, sizeof(struct ifinfomsg), link_attr, arg);
	return (MNL_CB_OK);
}

int
nl_link_stats(struct nl *nl, unsigned ifindex, struct nl_stats *out)
{
	uint8_t buf[NL_MSG_MAX] __attribute__((aligned(8)));
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct ifinfomsg *ifi;
	int err;

	*out = (struct nl_stats){ 0 };
	h->nlmsg_type = RTM_GETLINK;
	ifi = mnl_nlmsg_put_extra_header(h, sizeof(*ifi));
	ifi->ifi_index = (int)ifindex;
	err = nl_query(nl, h, link_msg, out);
	if (err == 0)
		out->rx_dropped = nl_filter_drops(nl, ifindex);
	return (err);
}

/* Whom to tell. */
struct listener {
	nl_counted	*fn;
	void		*arg;
};

static int
stats_attr(const struct nlattr *a, void *arg)
{
	if (mnl_attr_get_type(a) != IFLA_STATS_LINK_64)
		return (MNL_CB_OK);
	take_stats(a, arg);
	return (MNL_CB_STOP);
}

static int
stats_msg(const struct nlmsghdr *h, void *arg)
{
	const struct if_stats_msg *m = mnl_nlmsg_get_payload(h);
	const struct listener *l = arg;
	struct nl_stats st = { 0 };

	if (h->nlmsg_type != RTM_NEWSTATS ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(*m))
		return (MNL_CB_OK);
	if (mnl_attr_parse(h, sizeof(*m), stats_attr, &st) == MNL_CB_STOP)
		l->fn(l->arg, m->ifindex, &st);
	return (MNL_CB_OK);
}

int
nl_link_stats_all(struct nl *nl, nl_counted *fn, void *arg)
{
	uint8_t buf[NL_MSG_MAX] __attribute__((aligned(8)));
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct listener l = { fn, arg };
	struct if_stats_msg *m;

	h->nlmsg_type = RTM_GETSTATS;
	h->nlmsg_flags = NLM_F_DUMP;
	m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	m->filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64);
	return (nl_query(nl, h, stats_msg, &l));
}

/*
 * Devices that go.
 */

struct nl_gone {
	struct mnl_socket	*sk;
};

/* Only RTM_DELLINK: the rest of what happens to links is more. BPF loads in
 * network byte order. */
static int
only_dellink(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS,
		    offsetof(struct nlmsghdr, nlmsg_type)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELLINK), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog prog = {
		.len = sizeof(code) / sizeof(code[0]), .filter = code,
	};

	return (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
	    sizeof(prog)));
}

struct nl_gone *
nl_gone_open(void)
{
	struct nl_gone *g = calloc(1, sizeof(*g));
	int size = GONE_RCVBUF;
	int fd, err;

	if (g == NULL)
		return (NULL);
	g->sk = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (g->sk == NULL) {
		free(g);
		return (NULL);
	}
	fd = mnl_socket_get_fd(g->sk);
	if (only_dellink(fd) == -1 ||
	    mnl_socket_bind(g->sk, RTMGRP_LINK, MNL_SOCKET_AUTOPID) == -1) {
		err = errno;
		nl_gone_close(g);
		errno = err;
		return (NULL);
	}
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size,
	    sizeof(size)) == -1)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size,
		    sizeof(size));
	return (g);
}

void
nl_gone_close(struct nl_gone *g)
{
	if (g == NULL)
		return;
	mnl_socket_close(g->sk);
	free(g);
}

static int
gone_msg(const struct nlmsghdr *h, void *arg)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(h);
	const struct listener *l = arg;
	struct nl_stats st = { 0 };

	if (h->nlmsg_type != RTM_DELLINK ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(*ifi))
		return (MNL_CB_OK);
	if (mnl_attr_parse(h, sizeof(*ifi), link_attr, &st) == MNL_CB_STOP)
		l->fn(l->arg, (unsigned)ifi->ifi_index, &st);
	return (MNL_CB_OK);
}

void
nl_gone_read(struct nl_gone *g, nl_counted *fn, void *arg)
{
	uint8_t in[16384] __attribute__((aligned(8)));
	struct listener l = { fn, arg };
	ssize_t n;

	for (;;) {
		n = mnl_socket_recvfrom(g->sk, in, sizeof(in));
		/* ENOBUFS: more went than we had room for; on with the rest. */
		if (n == -1 && (errno == ENOBUFS || errno == EINTR))
			continue;
		if (n <= 0)
			return;
		(void)mnl_cb_run(in, (size_t)n, 0, 0, gone_msg, &l);
	}
}

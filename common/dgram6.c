/* SPDX-License-Identifier: BSD-2-Clause */
/* See dgram6.h. */
#define _GNU_SOURCE	/* struct in6_pktinfo */

#include "common/dgram6.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

int
dgram6_send(int fd, unsigned ifindex, const struct in6_addr *to, uint16_t port,
    const uint8_t *buf, size_t len)
{
	struct sockaddr_in6 sin6 = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(port),
		.sin6_addr = *to,
		.sin6_scope_id = ifindex,
	};
	struct iovec iov = { (void *)(uintptr_t)buf, len };
	union {
		struct cmsghdr	hdr;
		char		buf[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} control = { .buf = { 0 } };
	struct msghdr msg = {
		.msg_name = &sin6,
		.msg_namelen = sizeof(sin6),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct in6_pktinfo info = { .ipi6_ifindex = ifindex };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	ssize_t n;

	c->cmsg_level = IPPROTO_IPV6;
	c->cmsg_type = IPV6_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(c), &info, sizeof(info));
	do {
		n = sendmsg(fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

/* False if the kernel did not say where it came to. */
static bool
read_control(struct msghdr *msg, struct dgram6 *d)
{
	struct in6_pktinfo info;
	bool has_info = false;

	d->hop_limit = -1;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL;
	    c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != IPPROTO_IPV6)
			continue;
		if (c->cmsg_type == IPV6_PKTINFO &&
		    c->cmsg_len == CMSG_LEN(sizeof(info))) {
			memcpy(&info, CMSG_DATA(c), sizeof(info));
			d->ifindex = info.ipi6_ifindex;
			d->dst = info.ipi6_addr;
			has_info = true;
		} else if (c->cmsg_type == IPV6_HOPLIMIT &&
		    c->cmsg_len == CMSG_LEN(sizeof(d->hop_limit)))
			memcpy(&d->hop_limit, CMSG_DATA(c),
			    sizeof(d->hop_limit));
	}
	return has_info;
}

int
dgram6_recv(int fd, struct dgram6 *d, uint8_t *buf, size_t cap)
{
	struct sockaddr_in6 sin6;
	struct iovec iov = { buf, cap };
	union {
		struct cmsghdr	hdr;
		char		buf[256];
	} control;
	struct msghdr msg = {
		.msg_name = &sin6,
		.msg_namelen = sizeof(sin6),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(fd, &msg, MSG_DONTWAIT);

	if (n < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : -errno;
	if ((msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) ||
	    !read_control(&msg, d))
		return -EMSGSIZE;
	d->src = sin6.sin6_addr;
	d->len = (size_t)n;
	return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "common/priv_wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* Room for more descriptors than are ever sent: what comes is closed. */
#define FDS_MAX	4

int
priv_wire_send(int sock, const struct priv_hdr *hdr, const void *body, int fd)
{
	union {
		struct cmsghdr	align;
		char		buf[CMSG_SPACE(sizeof(int))];
	} ctl = { .buf = { 0 } };
	struct iovec iov[2] = {
		{ .iov_base = (void *)(uintptr_t)hdr,
		    .iov_len = sizeof(*hdr) },
		{ .iov_base = (void *)(uintptr_t)body, .iov_len = hdr->len },
	};
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = 2 };
	struct cmsghdr *c;
	ssize_t n;

	if (fd != -1) {
		m.msg_control = ctl.buf;
		m.msg_controllen = sizeof(ctl.buf);
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	do {
		n = sendmsg(sock, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (n == -1 && errno == EINTR);
	return (n == -1 ? -errno : 0);
}

/* Keeps the first descriptor, closes all others. */
static int
first_fd(struct msghdr *m)
{
	struct cmsghdr *c;
	int fds[FDS_MAX];
	int fd = -1;
	size_t n, i;

	for (c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		if (n > FDS_MAX)
			n = FDS_MAX;
		memcpy(fds, CMSG_DATA(c), n * sizeof(int));
		for (i = 0; i < n; i++) {
			if (fd == -1)
				fd = fds[i];
			else
				close(fds[i]);
		}
	}
	return (fd);
}

int
priv_wire_recv(int sock, struct priv_msg *msg, bool take_fd)
{
	union {
		struct cmsghdr	align;
		char		buf[CMSG_SPACE(FDS_MAX * sizeof(int))];
	} ctl;
	struct iovec iov[2] = {
		{ .iov_base = &msg->hdr, .iov_len = sizeof(msg->hdr) },
		{ .iov_base = msg->body, .iov_len = sizeof(msg->body) },
	};
	/* Without room for descriptors the kernel closes what was sent. */
	struct msghdr m = {
		.msg_iov = iov,
		.msg_iovlen = 2,
		.msg_control = take_fd ? ctl.buf : NULL,
		.msg_controllen = take_fd ? sizeof(ctl.buf) : 0,
	};
	ssize_t n;

	msg->fd = -1;
	do {
		n = recvmsg(sock, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	} while (n == -1 && errno == EINTR);
	if (n == -1)
		/* The other died with something of ours unread. */
		return (errno == ECONNRESET ? 0 : -errno);
	if (n == 0)
		return (0);
	if (take_fd)
		msg->fd = first_fd(&m);
	if ((size_t)n < sizeof(msg->hdr) || (m.msg_flags & MSG_TRUNC) ||
	    msg->hdr.len != (size_t)n - sizeof(msg->hdr)) {
		if (msg->fd != -1)
			close(msg->fd);
		return (-EPROTO);
	}
	return (1);
}

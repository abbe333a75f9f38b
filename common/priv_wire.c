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

_Static_assert(sizeof(struct priv_hdr) % PRIV_ALIGN == 0 &&
    PRIV_MSG_MAX % PRIV_ALIGN == 0, "a body begins where it is aligned");

/* Where a message ends that begins at "at". */
static size_t
end_of(size_t at, size_t body)
{
	return (at + sizeof(struct priv_hdr) +
	    (body + PRIV_ALIGN - 1) / PRIV_ALIGN * PRIV_ALIGN);
}

bool
priv_wire_put(struct priv_dgram *d, const struct priv_hdr *hdr,
    const void *body)
{
	const size_t end = end_of(d->len, hdr->len);
	uint8_t *p = d->data + d->len + sizeof(*hdr);

	if (hdr->len > PRIV_MSG_MAX || end > sizeof(d->data))
		return (false);
	memcpy(d->data + d->len, hdr, sizeof(*hdr));
	if (hdr->len > 0)
		memcpy(p, body, hdr->len);
	memset(p + hdr->len, 0, (size_t)(d->data + end - (p + hdr->len)));
	d->len = end;
	return (true);
}

const uint8_t *
priv_wire_take(struct priv_dgram *d, struct priv_hdr *hdr)
{
	const uint8_t *p = d->data + d->at;

	if (d->at >= d->len)
		return (NULL);
	memcpy(hdr, p, sizeof(*hdr));
	d->at = end_of(d->at, hdr->len);
	return (p + sizeof(*hdr));
}

int
priv_wire_send(int sock, struct priv_dgram *d, int fd)
{
	union {
		struct cmsghdr	align;
		char		buf[CMSG_SPACE(sizeof(int))];
	} ctl = { .buf = { 0 } };
	struct iovec iov = { .iov_base = d->data, .iov_len = d->len };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
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
	if (n == -1)
		return (-errno);
	d->len = d->at = 0;
	return (0);
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

/* How many messages a datagram has; 0 when they are not whole. */
static unsigned
count(const struct priv_dgram *d)
{
	struct priv_hdr h;
	unsigned n = 0;
	size_t at;

	for (at = 0; at < d->len; at = end_of(at, h.len)) {
		if (d->len - at < sizeof(h))
			return (0);
		memcpy(&h, d->data + at, sizeof(h));
		if (h.len > PRIV_MSG_MAX || end_of(at, h.len) > d->len)
			return (0);
		n++;
	}
	return (n);
}

int
priv_wire_recv(int sock, struct priv_dgram *d, int *fd)
{
	union {
		struct cmsghdr	align;
		char		buf[CMSG_SPACE(FDS_MAX * sizeof(int))];
	} ctl;
	struct iovec iov = { .iov_base = d->data, .iov_len = sizeof(d->data) };
	/* Without room for descriptors the kernel closes what was sent. */
	struct msghdr m = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = fd != NULL ? ctl.buf : NULL,
		.msg_controllen = fd != NULL ? sizeof(ctl.buf) : 0,
	};
	int came = -1;
	unsigned msgs;
	ssize_t n;

	d->len = d->at = 0;
	if (fd != NULL)
		*fd = -1;
	do {
		n = recvmsg(sock, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	} while (n == -1 && errno == EINTR);
	if (n == -1)
		/* The other died with something of ours unread. */
		return (errno == ECONNRESET ? 0 : -errno);
	if (n == 0)
		return (0);
	if (fd != NULL)
		came = first_fd(&m);
	d->len = (size_t)n;
	msgs = (m.msg_flags & MSG_TRUNC) ? 0 : count(d);
	if (msgs == 0 || (came != -1 && msgs > 1)) {
		if (came != -1)
			close(came);
		d->len = 0;
		return (-EPROTO);
	}
	if (fd != NULL)
		*fd = came;
	return (1);
}

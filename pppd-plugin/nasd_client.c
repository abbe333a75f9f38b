/* SPDX-License-Identifier: BSD-2-Clause */
/* See nasd_client.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "pppd-plugin/nasd_client.h"

/* Not all plugins of a nasd that went at the same moment. */
#define RETRY_MS	200
#define RETRY_MAX_MS	1600
#define READ_MAX	16	/* messages a poll: pppd has other work */

void
nasd_client_init(struct nasd_client *c, const char *path,
    const struct nasd_client_events *events, void *arg)
{
	memset(c, 0, sizeof(*c));
	c->path = path;
	c->events = events;
	c->arg = arg;
	c->fd = -1;
	c->retry_ms = RETRY_MS;
}

static void
drop_fd(struct nasd_client *c)
{
	if (c->fd < 0)
		return;
	c->events->closing(c->arg, c->fd);
	close(c->fd);
	c->fd = -1;
}

void
nasd_client_close(struct nasd_client *c)
{
	drop_fd(c);
	c->retry_at = 0;
	c->complained = false;
}

/* Between half of it and all. */
static int64_t
jitter(int ms)
{
	return ms / 2 + (ms / 2) * (int64_t)(getpid() % 64) / 64;
}

static void
lost(struct nasd_client *c, const char *why, int64_t now)
{
	drop_fd(c);
	if (c->lost_at == 0)
		c->lost_at = now;
	c->retry_at = now + jitter(c->retry_ms);
	if (c->retry_ms < RETRY_MAX_MS)
		c->retry_ms *= 2;
	if (c->complained)
		return;
	c->complained = true;
	c->events->lost(c->arg, why);
}

static void
lost_errno(struct nasd_client *c, const char *what, int err, int64_t now)
{
	char	why[128];

	snprintf(why, sizeof(why), "%s: %s", what, strerror(err));
	lost(c, why, now);
}

static void
try_connect(struct nasd_client *c, int64_t now)
{
	struct sockaddr_un	sun = { .sun_family = AF_UNIX };
	int			fd;

	if (strlen(c->path) >= sizeof(sun.sun_path)) {
		lost_errno(c, c->path, ENAMETOOLONG, now);
		return;
	}
	strcpy(sun.sun_path, c->path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		lost_errno(c, "socket", errno, now);
		return;
	}
	if (connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) != 0) {
		lost_errno(c, c->path, errno, now);
		close(fd);
		return;
	}
	c->fd = fd;
	c->events->connected(c->arg);
}

/* One message. False when there is none left, or no connection. */
static bool
read_one(struct nasd_client *c, int64_t now)
{
	uint8_t		buf[PLUG_MSG_MAX];
	struct plug_msg	m;
	struct iovec	iov = { buf, sizeof(buf) };
	struct msghdr	hdr = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t		n;

	n = recvmsg(c->fd, &hdr, MSG_DONTWAIT);
	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			lost_errno(c, "nasd", errno, now);
		return false;
	}
	if (n == 0) {
		lost(c, "nasd closed the connection", now);
		return false;
	}
	if ((hdr.msg_flags & MSG_TRUNC) != 0 ||
	    plug_decode(&m, buf, (size_t)n) != 0) {
		lost(c, "nasd speaks another protocol", now);
		return false;
	}
	c->complained = false;
	c->retry_ms = RETRY_MS;
	c->lost_at = 0;
	c->events->message(c->arg, &m);
	explicit_bzero(&m, sizeof(m));		/* it may hold keys */
	explicit_bzero(buf, sizeof(buf));
	return c->fd >= 0;
}

void
nasd_client_poll(struct nasd_client *c, int64_t now)
{
	int	i;

	if (c->fd < 0 && now >= c->retry_at)
		try_connect(c, now);
	for (i = 0; i < READ_MAX && c->fd >= 0; i++)
		if (!read_one(c, now))
			break;
}

int64_t
nasd_client_away(const struct nasd_client *c, int64_t now)
{
	return c->lost_at == 0 ? 0 : now - c->lost_at;
}

int
nasd_client_send(struct nasd_client *c, const struct plug_msg *m, int64_t now)
{
	uint8_t	buf[PLUG_MSG_MAX];
	int	len, err;

	if (c->fd < 0)
		return -ENOTCONN;
	len = plug_encode(m, buf, sizeof(buf));
	if (len < 0)
		return len;
	err = 0;
	/* A nasd so far behind that its queue is full gets everything anew
	 * when it accepts the next connection. */
	if (send(c->fd, buf, (size_t)len, MSG_DONTWAIT | MSG_NOSIGNAL) != len)
		err = errno;
	explicit_bzero(buf, sizeof(buf));
	if (err != 0)
		lost_errno(c, "nasd", err, now);
	return -err;
}

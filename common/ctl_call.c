/* SPDX-License-Identifier: BSD-2-Clause */
/* The control socket's client: one request, one reply, one deadline. */
#include "config.h"
#include "common/ctl.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"

#define CTL_REPLY_MAX	(256u << 20)	/* bytes: a million sessions */

struct call {
	int	 fd;
	int64_t	 until;		/* ms, monotonic */
	char	*buf;
	size_t	 len, cap;
};

static int
wait_for(const struct call *c, short events)
{
	struct pollfd p = { .fd = c->fd, .events = events };
	int64_t left;
	int n;

	do {
		left = c->until - clock_system_ms();
		if (left <= 0)
			return (-ETIMEDOUT);
		n = poll(&p, 1, (int)left);
	} while (n == -1 && errno == EINTR);
	return (n == 1 ? 0 : n == 0 ? -ETIMEDOUT : -errno);
}

static int
dial(struct call *c, const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	const struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };

	if (strlen(path) >= sizeof(sun.sun_path))
		return (-ENAMETOOLONG);
	strcpy(sun.sun_path, path);
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd == -1)
		return (-errno);
	/* EAGAIN: the daemon's queue of connections is full. */
	while (connect(c->fd, (struct sockaddr *)&sun, sizeof(sun)) == -1) {
		if (errno != EAGAIN && errno != EINTR)
			return (-errno);
		if (clock_system_ms() >= c->until)
			return (-ETIMEDOUT);
		nanosleep(&pause, NULL);
	}
	return (0);
}

static int
send_all(struct call *c, const char *s, size_t n)
{
	ssize_t w;
	int err;

	while (n > 0) {
		w = send(c->fd, s, n, MSG_NOSIGNAL);
		if (w >= 0) {
			s += w;
			n -= (size_t)w;
			continue;
		}
		if (errno != EAGAIN && errno != EINTR)
			return (-EPROTO);	/* it hung up on us */
		err = wait_for(c, POLLOUT);
		if (err != 0)
			return (err);
	}
	return (0);
}

/* Makes room for more; -EPROTO when the reply is longer than any. */
static int
grow(struct call *c)
{
	size_t cap = c->cap == 0 ? 16384 : c->cap * 2;
	char *p;

	if (c->len < c->cap)
		return (0);
	if (cap > CTL_REPLY_MAX)
		return (-EPROTO);
	p = realloc(c->buf, cap);
	if (p == NULL)
		return (-ENOMEM);
	c->buf = p;
	c->cap = cap;
	return (0);
}

static int
read_line(struct call *c)
{
	ssize_t n;
	int err;

	for (;;) {
		err = grow(c);
		if (err != 0)
			return (err);
		n = recv(c->fd, c->buf + c->len, c->cap - c->len, 0);
		if (n == 0)
			return (-EPROTO);
		if (n > 0) {
			c->len += (size_t)n;
			if (memchr(c->buf + c->len - n, '\n', (size_t)n))
				return (0);
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return (errno == ECONNRESET ? -EPROTO : -errno);
		err = wait_for(c, POLLIN);
		if (err != 0)
			return (err);
	}
}

static int
converse(struct call *c, const char *path, const char *request, size_t len)
{
	int err = dial(c, path);

	if (err == 0)
		err = send_all(c, request, len);
	if (err == 0)
		err = read_line(c);
	return (err);
}

json_t *
ctl_call(const char *path, const char *cmd, json_t *args, int timeout_ms,
    int *err)
{
	struct call c = { .fd = -1, .until = clock_system_ms() + timeout_ms };
	json_t *request, *reply = NULL;
	char *text, *line;
	size_t n;

	request = json_pack("{s:i, s:s, s:O*}", "id", 1, "cmd", cmd, "args",
	    args);
	text = request != NULL ? json_dumps(request, JSON_COMPACT) : NULL;
	json_decref(request);
	n = text != NULL ? strlen(text) : 0;
	line = text != NULL ? realloc(text, n + 1) : NULL;
	if (line == NULL) {
		*err = -ENOMEM;
	} else {
		text = line;
		text[n] = '\n';	/* in the NUL's place: one send */
		*err = converse(&c, path, text, n + 1);
	}
	if (*err == 0) {
		reply = json_loadb(c.buf, c.len, 0, NULL);
		if (!json_is_object(reply)) {
			json_decref(reply);
			reply = NULL;
			*err = -EPROTO;
		}
	}
	free(text);
	free(c.buf);
	if (c.fd != -1)
		close(c.fd);
	return (reply);
}

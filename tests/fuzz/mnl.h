/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A kernel for fuzzers: libmnl's socket, found before the real one. Who
 * includes this says what comes of what is asked and told, in kernel_asked and
 * kernel_tells. Linked with --allow-multiple-definition.
 */
#ifndef TESTS_FUZZ_MNL_H
#define TESTS_FUZZ_MNL_H

#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "tests/fuzz/fuzz.h"

#define MNL_PORT	1

struct mnl_socket {
	int	fd;
	bool	listens;	/* hears what nobody has asked for */
};

/* All that one send brings. */
static void	kernel_asked(const void *, size_t);
/* The next datagram, at most cap bytes, or 0 for none. */
static size_t	kernel_tells(bool listens, void *, size_t cap);

/* What goes wrong is no news here. */
void
log_at(enum log_level l, const char *module, const char *subject, int err,
    const char *fmt, ...)
{
	(void)l;
	(void)module;
	(void)subject;
	(void)err;
	(void)fmt;
}

struct mnl_socket *
mnl_socket_open2(int bus, int flags)
{
	struct mnl_socket *s = calloc(1, sizeof(*s));

	(void)bus;
	fuzz_assert(s);
	/* for options to be set on */
	s->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	s->listens = (flags & SOCK_NONBLOCK) != 0;
	fuzz_assert(s->fd >= 0);
	return s;
}

int
mnl_socket_bind(struct mnl_socket *s, unsigned groups, pid_t pid)
{
	(void)s;
	(void)groups;
	(void)pid;
	return 0;
}

int
mnl_socket_close(struct mnl_socket *s)
{
	close(s->fd);
	free(s);
	return 0;
}

int
mnl_socket_get_fd(const struct mnl_socket *s)
{
	return s->fd;
}

unsigned
mnl_socket_get_portid(const struct mnl_socket *s)
{
	(void)s;
	return MNL_PORT;
}

ssize_t
mnl_socket_sendto(const struct mnl_socket *s, const void *b, size_t n)
{
	(void)s;
	kernel_asked(b, n);
	return (ssize_t)n;
}

ssize_t
mnl_socket_recvfrom(const struct mnl_socket *s, void *b, size_t cap)
{
	size_t n = kernel_tells(s->listens, b, cap);

	if (n > 0)
		return (ssize_t)n;
	errno = EAGAIN;
	return -1;
}

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* The server's DUID in its file; see dhcp6_duid.h. */
#define LOG_MODULE "dhcp6"
#include "nasd/dhcp6_duid.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/dhcp6.h"
#include "common/log.h"
#include "common/rnd.h"

#define DUID_UUID	4		/* DUID-Type [11.5] */
#define UUID_LEN	16
#define TEXT_MAX	(3 * DHCP6_DUID_MAX + 1)

/* A random UUID, version 4 [RFC 9562 5.4]. */
static int
make_duid(struct dhcp6_duid *duid)
{
	uint8_t *uuid = duid->b + 2;
	int err;

	memset(duid, 0, sizeof(*duid));
	if ((err = rnd_bytes(uuid, UUID_LEN)) != 0)
		return err;
	uuid[6] = (uint8_t)((uuid[6] & 0x0f) | 0x40);
	uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
	duid->b[1] = DUID_UUID;
	duid->len = 2 + UUID_LEN;
	return 0;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "00:04:1a...": pairs of digits with colons between them, and a newline. */
static int
parse(const char *p, struct dhcp6_duid *duid)
{
	memset(duid, 0, sizeof(*duid));
	for (;; p++) {
		int high = hex_digit(p[0]);
		int low = high < 0 ? -1 : hex_digit(p[1]);

		if (low < 0 || duid->len == DHCP6_DUID_MAX)
			return -EINVAL;
		duid->b[duid->len++] = (uint8_t)(high << 4 | low);
		p += 2;
		if (*p != ':')
			break;
	}
	while (isspace((unsigned char)*p))
		p++;
	return *p == '\0' && duid->len >= DHCP6_DUID_MIN ? 0 : -EINVAL;
}

static size_t
print(const struct dhcp6_duid *duid, char text[static TEXT_MAX])
{
	size_t n = 0;

	for (unsigned i = 0; i < duid->len; i++)
		n += (size_t)sprintf(text + n, "%02x%c", duid->b[i],
		    i + 1 < duid->len ? ':' : '\n');
	return n;
}

static int
read_file(int dirfd, struct dhcp6_duid *duid)
{
	char text[TEXT_MAX + 64];
	int fd = openat(dirfd, DHCP6_DUID_FILE,
	    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ssize_t n;
	int err;

	if (fd == -1)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	err = n < 0 ? -errno : 0;
	close(fd);
	if (err != 0)
		return err;
	text[n] = '\0';
	return parse(text, duid);
}

/* Whole or not at all: a crash must not leave half a DUID. */
static int
write_file(int dirfd, const struct dhcp6_duid *duid)
{
	static const char draft[] = DHCP6_DUID_FILE ".new";
	char text[TEXT_MAX];
	size_t n = print(duid, text);
	int fd, err = 0;

	(void)unlinkat(dirfd, draft, 0);
	fd = openat(dirfd, draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	    0644);
	if (fd == -1)
		return -errno;
	errno = EIO;		/* of a short write */
	if (write(fd, text, n) != (ssize_t)n || fsync(fd) == -1)
		err = -errno;
	if (close(fd) == -1 && err == 0)
		err = -errno;
	if (err == 0 && renameat(dirfd, draft, dirfd,
	    DHCP6_DUID_FILE) == -1)
		err = -errno;
	if (err != 0)
		(void)unlinkat(dirfd, draft, 0);
	else
		(void)fsync(dirfd);
	return err;
}

int
dhcp6_duid_load(const char *dir, struct dhcp6_duid *duid)
{
	int dirfd, err;

	if (dir[0] == '\0')
		return make_duid(duid);
	dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dirfd == -1) {
		err = -errno;
		log_error(NULL, "%s", dir);
		return err;
	}
	err = read_file(dirfd, duid);
	if (err == -ENOENT) {
		err = make_duid(duid);
		if (err == 0)
			err = write_file(dirfd, duid);
	}
	close(dirfd);
	if (err == -EINVAL)
		log_errorx(NULL, "%s/%s: there is no DUID in it", dir,
		    DHCP6_DUID_FILE);
	else if (err != 0)
		log_errorx(NULL, "%s/%s: %s", dir, DHCP6_DUID_FILE,
		    strerror(-err));
	return err;
}

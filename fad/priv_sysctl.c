/* SPDX-License-Identifier: BSD-2-Clause */
/* See fad/priv_sysctl.h. */
#include "config.h"
#define LOG_MODULE "priv"
#include "fad/priv_sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "common/log.h"

#define FORWARD		"/proc/sys/net/ipv4/ip_forward"

static int
read_one(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;
	char c;

	if (fd == -1)
		return -errno;
	err = read(fd, &c, 1) == 1 ? c : -EIO;
	close(fd);
	return err;
}

static int
write_one(const char *path, char c)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err;

	if (fd == -1)
		return -errno;
	err = write(fd, &c, 1) == 1 ? 0 : -errno;
	close(fd);
	return err;
}

static void
rp_path(const char *ifname, char *path, size_t cap)
{
	snprintf(path, cap, "/proc/sys/net/ipv4/conf/%s/rp_filter", ifname);
}

int
sysctl_forward(void)
{
	int was = read_one(FORWARD);

	if (was < 0)
		return was;
	return was == '1' ? 1 : write_one(FORWARD, '1');
}

int
sysctl_lax(const char *ifname)
{
	char path[128];
	int was, all, err = 0;
	char want;

	rp_path("all", path, sizeof(path));
	all = read_one(path);
	rp_path(ifname, path, sizeof(path));
	was = read_one(path);
	if (all < 0 || was < 0)
		return all < 0 ? all : was;
	/* The greater of the two counts. */
	want = all == '0' ? '0' : '2';
	if (was != want)
		err = write_one(path, want);
	return err ? err : was;
}

void
sysctl_rp_filter(const char *ifname, char value)
{
	char path[128];
	int err;

	rp_path(ifname, path, sizeof(path));
	err = write_one(path, value);
	if (err && err != -ENOENT)
		log_warnx(ifname, "rp_filter is not as it was");
}

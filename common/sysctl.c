/* SPDX-License-Identifier: BSD-2-Clause */
/* See sysctl.h. */
#include "common/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int
sysctl_get(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), is;
	char c;

	if (fd == -1)
		return (-errno);
	is = read(fd, &c, 1) == 1 ? c : -EIO;
	close(fd);
	return (is);
}

int
sysctl_set(const char *path, char value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err;

	if (fd == -1)
		return (-errno);
	err = write(fd, &value, 1) == 1 ? 0 : -errno;
	close(fd);
	return (err);
}

static void
rp_path(const char *ifname, char *path, size_t cap)
{
	snprintf(path, cap, "/proc/sys/net/ipv4/conf/%s/rp_filter", ifname);
}

int
sysctl_lax(const char *ifname)
{
	char path[128];
	int was, all, err = 0;
	char want;

	rp_path("all", path, sizeof(path));
	all = sysctl_get(path);
	rp_path(ifname, path, sizeof(path));
	was = sysctl_get(path);
	if (all < 0 || was < 0)
		return (all < 0 ? all : was);
	/* The greater of the two counts. */
	want = all == '0' ? '0' : '2';
	if (was != want)
		err = sysctl_set(path, want);
	return (err ? err : was);
}

int
sysctl_no_ipv6(const char *ifname)
{
	char path[128];
	int err;

	snprintf(path, sizeof(path),
	    "/proc/sys/net/ipv6/conf/%s/disable_ipv6", ifname);
	err = sysctl_set(path, '1');
	/* There is none at all. */
	return (err == -ENOENT ? 0 : err);
}

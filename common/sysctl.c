/* SPDX-License-Identifier: BSD-2-Clause */
/* See sysctl.h. */
#include "common/sysctl.h"

#include <errno.h>
#include <fcntl.h>
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

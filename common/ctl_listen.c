/* SPDX-License-Identifier: BSD-2-Clause */
/* Opens the control socket, as root, before the daemon splits. */
#include "config.h"
#include "common/ctl.h"
#include "common/daemon.h"

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define LOG_MODULE "ctl"
#include "common/log.h"

#define CTL_BACKLOG	64

static int
bind_private(int fd, const struct sockaddr_un *sun, const char *group)
{
	const struct group *gr = NULL;
	mode_t old;
	int r;

	if (group != NULL) {
		errno = 0;
		gr = getgrnam(group);
		if (gr == NULL) {
			log_errorx(NULL, "group %s does not exist", group);
			return (errno != 0 ? -errno : -ENOENT);
		}
	}
	/* Nobody gets in before the group is right. */
	old = umask(0177);
	r = bind(fd, (const struct sockaddr *)sun, sizeof(*sun));
	r = r == -1 ? -errno : 0;
	umask(old);
	if (r == 0 && gr != NULL &&
	    chown(sun->sun_path, (uid_t)-1, gr->gr_gid) == -1)
		r = -errno;
	if (r == 0 && chmod(sun->sun_path, 0660) == -1)
		r = -errno;
	return (r);
}

int
ctl_listen(const char *path, const char *group)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd, err;

	if (strlen(path) >= sizeof(sun.sun_path))
		return (-ENAMETOOLONG);
	strcpy(sun.sun_path, path);
	/* jansson's hash seed, while there still is a /dev/urandom. */
	json_object_seed(0);
	err = daemon_unlink_stale(path, SOCK_STREAM);
	if (err != 0)
		return (err);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return (-errno);
	err = bind_private(fd, &sun, group);
	if (err == 0 && listen(fd, CTL_BACKLOG) == -1)
		err = -errno;
	if (err != 0) {
		close(fd);
		return (err);
	}
	return (fd);
}

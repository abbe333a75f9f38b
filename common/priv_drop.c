/* SPDX-License-Identifier: BSD-2-Clause */
/* What an engine gives up before it reads its first byte from a network. */
#include "config.h"
#include "common/priv.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOG_MODULE "priv"
#include "common/log.h"

static int
failed(const char *what, const char *name)
{
	const int err = errno;

	log_error(NULL, "%s %s", what, name);
	return (err != 0 ? -err : -EINVAL);
}

/* A root directory that others could write to would be none. */
static int
enter_root(const char *dir)
{
	struct stat st;

	if (stat(dir, &st) == -1)
		return (failed("root directory", dir));
	if (!S_ISDIR(st.st_mode) || st.st_uid != 0 || (st.st_mode & 022)) {
		log_errorx(NULL, "root directory %s: not a directory of root "
		    "that only root may write to", dir);
		return (-EPERM);
	}
	if (chroot(dir) == -1)
		return (failed("chroot", dir));
	if (chdir("/") == -1)
		return (failed("chdir", "/"));
	return (0);
}

static int
drop_capabilities(void)
{
	struct __user_cap_header_struct hdr = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct none[2] = { { 0 } };

	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capset, &hdr, none) == -1)
		return (failed("giving up", "capabilities"));
	return (0);
}

static void
drop_bounding_set(void)
{
	unsigned long cap;

	for (cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		(void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
}

static int
become(const char *user, uid_t uid, gid_t gid)
{
	if (setgroups(0, NULL) == -1)
		return (failed("giving up groups for", user));
	if (setresgid(gid, gid, gid) == -1)
		return (failed("setresgid for", user));
	if (setresuid(uid, uid, uid) == -1)
		return (failed("setresuid for", user));
	/* Believe nothing. */
	if (setuid(0) != -1 || setgid(0) != -1) {
		log_errorx(NULL, "still root after becoming %s", user);
		return (-EPERM);
	}
	return (0);
}

/* NULL, after saying why, when there is no such user or it is root. */
static const struct passwd *
find_user(const char *subject, const char *user)
{
	const struct passwd *pw = user != NULL ? getpwnam(user) : NULL;

	if (pw != NULL && pw->pw_uid != 0)
		return (pw);
	log_errorx(subject, pw == NULL ? "user: %s does not exist" :
	    "user: %s is root: choose another",
	    user != NULL ? user : "(none)");
	return (NULL);
}

int
priv_check_user(const char *file, unsigned line, const char *user)
{
	char at[512];

	snprintf(at, sizeof(at), "%s:%u", file, line);
	return (geteuid() != 0 || find_user(at, user) != NULL ? 0 : -ENOENT);
}

int
priv_drop(const char *user, const char *chroot_dir)
{
	const struct passwd *pw;
	int err = 0;

	if (geteuid() == 0) {
		pw = find_user(NULL, user);
		if (pw == NULL)
			return (-ENOENT);
		if (chroot_dir != NULL)
			err = enter_root(chroot_dir);
		if (err != 0)
			return (err);
		drop_bounding_set();
		err = become(user, pw->pw_uid, pw->pw_gid);
		if (err != 0)
			return (err);
	} else {
		log_warnx(NULL, "not started as root: the engine keeps user "
		    "%u and the whole file system", (unsigned)geteuid());
	}
	err = drop_capabilities();
	if (err != 0)
		return (err);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return (failed("setting", "no_new_privs"));
	return (0);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Opens the files of the accounting spool: see acct_files.h. */
#include "config.h"
#define LOG_MODULE "acct"
#include "nasd/acct_files.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "common/siphash.h"

#define LOCK_TRIES	50
#define LOCK_MS		100

static int
make_one(const char *path, mode_t mode)
{
	return mkdir(path, mode) == 0 || errno == EEXIST ? 0 : -errno;
}

/* The directory and its parent. */
static int
make_dir(const char *dir)
{
	char parent[256];
	char *slash;
	int err = 0;

	if (snprintf(parent, sizeof(parent), "%s", dir) >= (int)sizeof(parent))
		return -ENAMETOOLONG;
	slash = strrchr(parent, '/');
	if (slash != NULL && slash != parent) {
		*slash = '\0';
		err = make_one(parent, 0755);
	}
	return err != 0 ? err : make_one(dir, 0700);
}

/* What others could write to would not be ours. */
static int
open_dir(const char *dir)
{
	struct stat st;
	int fd, err = make_dir(dir);

	if (err != 0)
		return err;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return -errno;
	if (fstat(fd, &st) == 0 && st.st_uid == geteuid() &&
	    (st.st_mode & 022) == 0)
		return fd;
	close(fd);
	return -EPERM;
}

static int
lock(int fd)
{
	const struct timespec wait = { .tv_nsec = LOCK_MS * 1000000L };

	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK)
			return -errno;
		nanosleep(&wait, NULL);
	}
	return -EBUSY;
}

static int
open_one(int dir, unsigned i)
{
	char name[16];
	struct stat st;
	int fd;

	snprintf(name, sizeof(name), "spool.%02u", i);
	fd = openat(dir, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW |
	    O_NONBLOCK, 0600);
	if (fd == -1)
		return -errno;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return -EINVAL;
}

static int
open_all(struct acct_files *f, int dir)
{
	for (unsigned i = 0; i < ACCT_FILES; i++) {
		int fd = dir != -1 ? open_one(dir, i) :
		    memfd_create("netmip4-acct", MFD_CLOEXEC);

		if (fd < 0)
			return dir != -1 ? fd : -errno;
		f->fd[i] = fd;
	}
	return dir != -1 ? lock(f->fd[0]) : 0;
}

/* Zero where nothing tells: then no two boots are the same. */
static uint64_t
boot_id(void)
{
	static const uint8_t key[16] = "netmip4 boot id.";
	char id[64];
	ssize_t n;
	int fd = open("/proc/sys/kernel/random/boot_id",
	    O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return 0;
	n = read(fd, id, sizeof(id));
	close(fd);
	return n > 0 ? siphash24(key, id, (size_t)n) : 0;
}

int
acct_files_open(struct acct_files *f, const char *dir)
{
	int fd = -1, err;

	memset(f->fd, 0xff, sizeof(f->fd));
	f->boot = boot_id();
	/* A limit of the process is to be an error like a full disk. */
	signal(SIGXFSZ, SIG_IGN);
	if (dir[0] != '\0' && (fd = open_dir(dir)) < 0) {
		log_errorx(NULL, "accounting spool %s: %s", dir,
		    fd == -EPERM ? "not our own directory, or others may "
		    "write to it" : strerror(-fd));
		return -1;
	}
	err = open_all(f, fd);
	if (fd != -1)
		close(fd);
	if (err == 0)
		return 0;
	log_errorx(NULL, "accounting spool %s: %s", dir, err == -EBUSY ?
	    "another nasd uses it" : strerror(-err));
	acct_files_close(f);
	return -1;
}

void
acct_files_close(struct acct_files *f)
{
	for (unsigned i = 0; i < ACCT_FILES; i++) {
		if (f->fd[i] >= 0)
			close(f->fd[i]);
		f->fd[i] = -1;
	}
}

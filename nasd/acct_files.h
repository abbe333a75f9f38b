/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The files of the accounting spool [nasd(8), FILES], opened before privileges
 * are dropped: the engine has a fixed number of descriptors and needs neither
 * paths nor a right on the directory, which is root's.
 */
#ifndef NASD_ACCT_FILES_H
#define NASD_ACCT_FILES_H

#include <stdint.h>

#define ACCT_FILES	32

struct acct_files {
	int		fd[ACCT_FILES];
	uint64_t	boot;	/* tells one boot of the machine from others */
};

/* dir: made if it is not there, with its parent; "": in memory. 0, or -1 after
 * saying why on the log; then none is open. Waits some seconds for another
 * nasd, which is about to end, to leave them. */
int	 acct_files_open(struct acct_files *, const char *dir);
void	 acct_files_close(struct acct_files *);

#endif

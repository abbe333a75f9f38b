/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A configuration file and the files with secrets that it names, in one piece:
 * read by root, sent to a process that can open none, and read again there as
 * if it could. Neighbour: conf.h, whose conf_load_files takes one.
 */
#ifndef COMMON_CONF_FILES_H
#define COMMON_CONF_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONF_FILES_MAX	(8 << 20)	/* bytes in all */
#define CONF_DIGEST_LEN	32

struct conf_files {
	/* false: files are read from the disk and kept here. true: what is not
	 * here does not exist. */
	bool			 sealed;
	struct conf_kept {
		char		*path;
		uint8_t		*data;
		size_t		 len;
	}			*file;
	size_t			 n;
};

/* Keeps a copy. 0 or -ENOMEM. */
int	 conf_files_add(struct conf_files *, const char *path,
    const void *data, size_t len);
/* NULL when it is not there. */
const struct conf_kept *conf_files_find(const struct conf_files *,
    const char *path);
/* What tells a changed file from an unchanged one, SHA-256. False: it is not
 * there. */
bool	 conf_files_digest(const struct conf_files *, const char *path,
    uint8_t out[CONF_DIGEST_LEN]);
/* Wipes it. */
void	 conf_files_free(struct conf_files *);

/* All of it in a file without a name; a descriptor to be read from its
 * beginning, or -errno. */
int	 conf_files_send(const struct conf_files *);
/* The same read, sealed. 0 or -errno; fd stays open. */
int	 conf_files_receive(struct conf_files *, int fd);

#endif

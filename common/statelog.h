/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a daemon must still know after it was killed: records appended to one
 * of two files, each with a checksum; when a file has become much longer than
 * what it says, all is written anew to the other one, which takes over once it
 * is complete. So a kill or a crash at any byte leaves a file that is whole up
 * to its last whole record. Descriptors only: the engine has no paths.
 *
 * Nothing is forced to the disk: the page cache outlives a process, and after
 * a power failure the last seconds may be missing.
 */
#ifndef COMMON_STATELOG_H
#define COMMON_STATELOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STATELOG_BODY_MAX	16384
#define STATELOG_TYPE_MAX	0xfe	/* 0xff is our own */

struct statelog;

typedef void statelog_record(void *arg, uint8_t type, const uint8_t *body,
    size_t len);

struct statelog_found {
	uint64_t	generation;
	size_t		end;		/* of the last whole record */
	size_t		bad_bytes;	/* before it, in damaged ones, */
	unsigned	bad;		/* which are so many */
};

/*
 * Reads the contents of one file: each whole record in order, type 1 to
 * STATELOG_TYPE_MAX. A damaged one is left out if the length it tells leads to
 * a whole one; else what is behind it is lost, for to look for the next at
 * every byte would find what a peer has put into its own name. 0; -ENODATA
 * when there is no whole set in it, and then record was not called;
 * -EPROTONOSUPPORT for another version's. Pure.
 */
int	 statelog_scan(const uint8_t *buf, size_t len, struct statelog_found *,
    statelog_record *, void *arg);

/* fd: two files, open to read and write; owned from here on. all is to put
 * every record there is. NULL with errno. */
struct statelog *statelog_new(const int fd[2],
    void (*all)(void *arg, struct statelog *), void *arg);
void	 statelog_free(struct statelog *);
/* What was written before: of the newer whole file; what of it is lost by
 * damage is warned of. 0, -ENODATA when there is nothing, -EBADMSG when there
 * is something and no set is whole, or -errno. Once, and before anything is
 * put. */
int	 statelog_load(struct statelog *, statelog_record *, void *arg);
/* Writes all anew; records can be put from then on. 0 or -errno. */
int	 statelog_begin(struct statelog *);
/* Appends. Failures are logged, now and then, and counted; what could not be
 * written is made up for when all is written anew, which is tried with the
 * next record. Does nothing before statelog_begin. */
void	 statelog_put(struct statelog *, uint8_t type, const void *body,
    size_t len);
/* Something of what was put is not in the file. */
bool	 statelog_owes(const struct statelog *);
/* Writes all anew if so, whenever it was tried last. 0, or -errno and it still
 * owes. */
int	 statelog_retry(struct statelog *);
/* Nothing is left: an empty set. */
void	 statelog_clear(struct statelog *);

struct statelog_stats {
	uint64_t	records, rewrites, errors, bytes;
};
struct statelog_stats statelog_stats(const struct statelog *);

#endif

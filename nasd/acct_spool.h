/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The accounting spool: a fixed number of files, segments, that records are
 * appended to and that are emptied when nothing in them is needed any more.
 * Needed is a record that is owed, and the last one of a session that has not
 * stopped: should nasd end without a word, that one becomes its Stop.
 *
 * No call waits for the disk but acct_spool_sync, if it is told to, and what a
 * write itself may wait for. acct.c decides what is sent when.
 */
#ifndef NASD_ACCT_SPOOL_H
#define NASD_ACCT_SPOOL_H

#include <stdbool.h>
#include <stdint.h>

#include "nasd/acct_files.h"
#include "nasd/acct_rec.h"

#define ACCT_SEGMENT_MIN	(2 * ACCT_REC_MAX)

struct acct_spool;

/* Where a record lies. */
struct acct_place {
	uint32_t	off;
	uint16_t	seg;
	uint16_t	len;
};

struct acct_spool_stats {
	uint64_t	written;	/* records of this life */
	uint64_t	found;		/* owed by an earlier one */
	uint64_t	moved;		/* to empty a segment */
	uint64_t	skipped, skipped_bytes;	/* places that are no record */
	uint64_t	errors;		/* of writing; a full disk is none */
};

/* Takes the descriptors over, reads all files and remembers where what is owed
 * begins. Segments of new records have segment_bytes. wait: nothing is given
 * up before what has taken its place is on the disk. NULL: out of memory. */
struct acct_spool *acct_spool_new(struct acct_files *, uint32_t segment_bytes,
    bool wait);
void	 acct_spool_free(struct acct_spool *);

/* Appends: 0, or -errno and nothing is written. A note is never owed. The
 * generation is the spool's to fill in. */
int	 acct_spool_put(struct acct_spool *, struct acct_rec *,
    struct acct_place *);
/* The next record that is owed, in the order of writing, each once: 1, or 0
 * at the end, until another is written. buf has room for ACCT_REC_MAX. */
int	 acct_spool_next(struct acct_spool *, struct acct_rec *, uint8_t *buf,
    struct acct_place *);
/* This one has just been written, and is known: acct_spool_next, which had no
 * more, will not give it. */
void	 acct_spool_skip(struct acct_spool *, const struct acct_place *);
/* A record that acct_spool_next gave is not owed any more. */
void	 acct_spool_ack(struct acct_spool *, const struct acct_place *,
    const struct acct_rec *);
/* A session has stopped, though the Stop could not be written. */
void	 acct_spool_forget(struct acct_spool *, const char *sid);

/* Is there disk space for another whole segment, set aside? If not, tries to
 * get some. */
bool	 acct_spool_roomy(struct acct_spool *);
/* Why there is none: an errno, ENOSPC also when all segments are in use. */
int	 acct_spool_why(const struct acct_spool *);
/* Has the disk begin with what was written since; or waits for it, as
 * acct_spool_new was told. */
void	 acct_spool_sync(struct acct_spool *);

/* Sessions that have not stopped. */
size_t	 acct_spool_open_count(const struct acct_spool *);
bool	 acct_spool_is_open(const struct acct_spool *, const char *sid);
/* Those of an earlier life, until they are adopted or stop. fn must not change
 * the spool; false ends it. */
void	 acct_spool_orphans(struct acct_spool *, bool (*fn)(void *arg,
    const char *sid), void *arg);
/* This one lives on. False: not known. */
bool	 acct_spool_adopt(struct acct_spool *, const char *sid);
/* The last record of a session that has not stopped: 1, or 0. */
int	 acct_spool_last(struct acct_spool *, const char *sid,
    struct acct_rec *, uint8_t *buf);

size_t	 acct_spool_owed(const struct acct_spool *);
/* Bytes in use, and all there may be. */
uint64_t acct_spool_used(const struct acct_spool *);
uint64_t acct_spool_size(const struct acct_spool *);
uint64_t acct_spool_boot(const struct acct_spool *);
const struct acct_spool_stats *acct_spool_stats(const struct acct_spool *);

#endif

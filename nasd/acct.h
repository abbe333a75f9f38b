/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sends what is in the accounting spool: every record is written there first
 * and leaves it when a RADIUS server has acknowledged it [RFC 2866 2]. The
 * records of a session keep their order, sessions do not wait for each other.
 * What is in memory does not grow with what waits.
 *
 * aaa.c says what a record's attributes are, acct_spool.c keeps them.
 */
#ifndef NASD_ACCT_H
#define NASD_ACCT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "common/clock.h"
#include "common/timers.h"
#include "nasd/acct_files.h"
#include "nasd/acct_rec.h"

struct acct;
struct radius_attrs;
struct radius_client;

struct acct_params {
	uint64_t	size;		/* of the spool, bytes */
	uint32_t	sync_ms;	/* 0: when the system likes */
	bool		sync_wait;	/* until it is on the disk */
	bool		refuse;		/* new logins while it is full */
};

/* Takes the descriptors over; the client stays the caller's, and must live
 * longer. NULL: out of memory. */
struct acct *acct_new(struct timers *, const struct clock *,
    struct radius_client *, struct acct_files *, const struct acct_params *);
/* What is owed stays in the spool. */
void	 acct_free(struct acct *);
/* What is sent from now on goes by another client. */
void	 acct_set_client(struct acct *, struct radius_client *);

/* Writes and then sends a record; attrs are emptied. sid of at most ACCT_SID
 * characters. What can not even be kept in memory is said on the log. */
void	 acct_put(struct acct *, enum acct_kind, const char *sid,
    struct radius_attrs *attrs);
/* May a new login be let in? Counts those that may not. */
bool	 acct_admits(struct acct *);
/* Notes are worth writing: there is room. */
bool	 acct_has_room(const struct acct *);

/* This session has a Start in the spool, and no Stop. */
bool	 acct_knows(const struct acct *, const char *sid);
/* Records that could not be written, and are in memory only. What room there
 * is now is used first. */
unsigned acct_unwritten(struct acct *);
/* Sessions of an earlier life that have a Start and no Stop. */
size_t	 acct_orphans(struct acct *);
/* Each of them; fn may adopt or close it, or let it be. */
void	 acct_each_orphan(struct acct *, void (*fn)(void *arg,
    const char *sid), void *arg);
/* This session has lived through it. */
bool	 acct_adopt(struct acct *, const char *sid);
/* It has not: writes a Stop with the figures and the time of its last
 * record. */
void	 acct_close_orphan(struct acct *, const char *sid, unsigned cause);

/* Records that are owed. */
size_t	 acct_owed(const struct acct *);
json_t	*acct_json(const struct acct *);

#endif

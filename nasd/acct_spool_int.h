/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of the accounting spool, among themselves: acct_spool.c writes,
 * acct_read.c reads, acct_open.c knows the sessions that have not stopped. */
#ifndef NASD_ACCT_SPOOL_INT_H
#define NASD_ACCT_SPOOL_INT_H

#include "common/table.h"
#include "nasd/acct_spool.h"

#define NONE	ACCT_FILES	/* no segment */

struct segment {
	int		fd;
	uint64_t	gen;		/* 0: empty */
	uint32_t	size;
	uint32_t	owed;		/* records */
	uint32_t	kept, kept_bytes; /* others that are needed */
};

struct cursor {
	unsigned	seg;
	uint64_t	gen;
	uint32_t	off;
};

struct open_session {
	struct table_node	node;
	char			sid[ACCT_SID + 1];
	bool			acked;		/* its last record is */
	bool			orphan;		/* of an earlier life */
	struct acct_place	at;		/* that record */
	struct acct_place	before;		/* the one before it */
	uint64_t		before_gen;	/* 0: none */
};

struct acct_spool {
	struct segment		seg[ACCT_FILES];
	uint32_t		segment_bytes;
	uint64_t		boot;
	uint64_t		last_gen;
	unsigned		cur;		/* is written to */
	unsigned		spare;		/* its space is set aside */
	int			why;		/* there is none */
	int			told;		/* the last error */
	bool			unsynced;
	bool			wait;		/* write before emptying */
	size_t			owed;
	struct cursor		cursor;		/* of acct_spool_next */
	struct table		open;
	struct acct_spool_stats	stats;
};

/* acct_spool.c */
/* Marks a record of a session as passed; if it is still there. */
void	 acct_mark_passed(struct acct_spool *, uint64_t gen, uint32_t off);
/* Empties a segment if nothing in it is needed. */
void	 acct_seg_unneeded(struct acct_spool *, unsigned seg);

/* acct_read.c */
/* The first record at or behind a place, which becomes its own: its length,
 * or 0. */
int	 acct_read_at(struct acct_spool *, struct acct_place *,
    struct acct_rec *, uint8_t *buf);

/* acct_open.c */
struct open_session *acct_open_find(const struct acct_spool *,
    const char *sid);
/* Fills in which record of its session is before one that will be written. */
void	 acct_open_before(const struct acct_spool *, struct acct_rec *);
/* A record is the last one of its session now, or its end. */
void	 acct_open_note(struct acct_spool *, const struct acct_rec *,
    const struct acct_place *, bool found);
void	 acct_open_acked(struct acct_spool *, struct open_session *);
void	 acct_open_moved(struct acct_spool *, struct open_session *,
    const struct acct_place *to);
void	 acct_open_free_all(struct acct_spool *);

#endif

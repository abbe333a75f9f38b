/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was refused, by whom it came from and why: the last time and how often,
 * for "show violations". The table has a fixed size, so what a stranger sends
 * costs one bounded look-up and no memory; strangers share a half of it, so
 * they can not push out what is remembered of peers. Pure.
 */
#ifndef COMMON_VIOLATIONS_H
#define COMMON_VIOLATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>

#include "common/clock.h"

#define VIOLATIONS_SETS	32
#define VIOLATIONS_WAYS	8

/* No answer was given. */
#define VIOLATION_SILENT	(-1)
/* Bytes of a reason with its NUL; more is cut off. */
#define VIOLATION_REASON	96

struct violation {
	struct in_addr	 from;
	char		 reason[VIOLATION_REASON];
	int		 code;		/* of the reply, or VIOLATION_SILENT */
	bool		 known;		/* from a configured peer's address */
	uint64_t	 count;		/* 0: free */
	mono_t		 last;
};

struct violations {
	uint8_t			 key[16];	/* random bits */
	const struct clock	*clock;
	uint64_t		 forgotten;	/* pushed out by others */
	struct violation	 v[2][VIOLATIONS_SETS][VIOLATIONS_WAYS];
};

/* NULL when memory or randomness is short. */
struct violations *violations_new(const struct clock *);
void	 violations_free(struct violations *);
/* Counts one; v may be NULL. reason is copied: some are made up by AAA. */
void	 violations_note(struct violations *, struct in_addr from, bool known,
    const char *reason, int code);
/* Visits all, known peers' first. */
void	 violations_each(const struct violations *,
    void (*fn)(const struct violation *, void *arg), void *arg);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What happened to one session, and when: a bounded number of steps, each with
 * no more memory than its words take, so that one can be kept with every
 * session and with the last ones that ended. The first steps are never lost
 * (they are the set-up, draft-navali Figures 1 and 2); when it is full, the
 * last ones are overwritten in turn.
 */
#ifndef NASD_TIMELINE_H
#define NASD_TIMELINE_H

#include <stdint.h>

#include <jansson.h>

#include "common/clock.h"

#define TIMELINE_FIRST	24	/* steps kept from the beginning */
#define TIMELINE_LAST	8	/* and of the newest */
#define TIMELINE_DETAIL	80	/* longest detail, bytes with its NUL */

struct timeline_step {
	int64_t		 us;		/* since the start */
	const char	*key;		/* literal, stable: for programs */
	char		*detail;	/* for people; NULL: none */
};

struct timeline {
	mono_t			start;
	unsigned		n;	/* steps ever added */
	struct timeline_step	step[TIMELINE_FIRST + TIMELINE_LAST];
};

void	 timeline_init(struct timeline *, mono_t start);
/* Frees the details; the timeline is as after timeline_init. */
void	 timeline_clear(struct timeline *);
/* to, which is cleared, gets the steps; from is empty afterwards. */
void	 timeline_move(struct timeline *to, struct timeline *from);
/* key lives forever; fmt may be NULL. When memory is short a step loses its
 * detail, never its place. */
void	 timeline_add(struct timeline *, mono_t now, const char *key,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* [{"t_ms": 12.345, "step": key, "detail": "..."}, ...] in order. What was
 * overwritten is one step "..." with its number. */
json_t	*timeline_json(const struct timeline *);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Timers for pure code: an intrusive heap over monotonic time. The
 * owner asks when the next one is due, waits by whatever means it has, and
 * runs those that are. O(log n) to set or cancel, nothing allocated a timer.
 */
#ifndef COMMON_TIMERS_H
#define COMMON_TIMERS_H

#include <stddef.h>

#include "common/clock.h"

struct timer {
	size_t	  idx;		/* place in the heap + 1; 0 when not set */
	void	(*fire)(struct timer *);
};

/* The times lie in the heap: comparing two of a million timers must not fetch
 * both from memory. */
struct timers {
	struct timer_slot {
		mono_t		 at;
		struct timer	*timer;
	}		*heap;
	size_t		 n;
	size_t		 cap;
};

void	 timers_init(struct timers *);
/* Frees the heap; the timers belong to their owners. */
void	 timers_free(struct timers *);
/* Sets or moves a timer. Returns 0 or -ENOMEM (then it is not set). */
int	 timer_set(struct timers *, struct timer *, mono_t at);
/* The same for a timer that is often put off: one that is set for an earlier
 * time stays where it is. When that comes, its function sets it anew. */
int	 timer_set_late(struct timers *, struct timer *, mono_t at);
void	 timer_cancel(struct timers *, struct timer *);
bool	 timer_is_set(const struct timer *);
/* When the earliest is due; MONO_NEVER if none is set. */
mono_t	 timers_next(const struct timers *);
/* Fires the timers due at now, earliest first, not more than some thousand at a
 * time; each is unset before its function runs, which may set it again or free
 * it. Returns how many ran. */
size_t	 timers_run(struct timers *, mono_t now);

#endif

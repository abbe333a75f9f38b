/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pace of Registration Requests towards one home agent [D63]: a token
 * bucket, a gate that is shut while the agent is held down, and a queue of
 * those who have to wait for either. First registrations go first, then
 * renewals, the one whose binding expires first in front, then
 * deregistrations. First registrations pass the gate: one that is down is
 * asked only when there is no other, and the subscriber waits. Pure; under
 * mip_send.c, which sends.
 */
#ifndef NASD_MIP_PACE_H
#define NASD_MIP_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/clock.h"
#include "common/timers.h"

enum mip_pace_class { MIP_PACE_NEW, MIP_PACE_RENEW, MIP_PACE_LEAVE };

struct mip_pace {
	/* A heap ordered by class and time; the "timers" in it never fire. */
	struct timers	queue;
	uint32_t	rate;		/* in any one second; 0: no limit */
	int64_t		credit;		/* thousand-millionths of a request */
	mono_t		credited;
	bool		held;
	size_t		longest;	/* the queue was, ever */
};

void	 mip_pace_init(struct mip_pace *, uint32_t rate, mono_t now);
void	 mip_pace_free(struct mip_pace *);

/* Takes leave for one request. False: it has to wait. */
bool	 mip_pace_take(struct mip_pace *, enum mip_pace_class, mono_t now);
/* The rate becomes at least this; never back. */
void	 mip_pace_raise(struct mip_pace *, uint32_t rate, mono_t now);
/* Queues one; key: the binding's expiry for a renewal, else the present. False
 * when memory is short: then it is not queued. */
bool	 mip_pace_wait(struct mip_pace *, struct timer *, enum mip_pace_class,
    mono_t key);
void	 mip_pace_leave(struct mip_pace *, struct timer *);
/* The next one whose turn has come, no longer queued; NULL: none. */
struct timer *mip_pace_next(struct mip_pace *, mono_t now);
/* When there will be one; MONO_NEVER: nobody waits, or the gate is shut. */
mono_t	 mip_pace_due(struct mip_pace *, mono_t now);

#endif

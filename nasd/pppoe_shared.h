/* SPDX-License-Identifier: BSD-2-Clause */
/* What the interfaces of PPPoE discovery share: the limits in all, and the
 * offers that load delays. For pppoe*.c only. */
#ifndef NASD_PPPOE_SHARED_H
#define NASD_PPPOE_SHARED_H

#include "common/rate_limit.h"
#include "common/timers.h"
#include "nasd/pppoe_proto.h"

#define PPPOE_DELAYED_MAX	256

/* An offer that waits: the frame, and nothing else is kept for a PADI. */
struct pppoe_delayed {
	struct pppoe	*from;		/* NULL: it has gone */
	mono_t		 at;
	uint16_t	 len;
	uint8_t		 frame[PPPOE_FRAME_MAX];
};

struct pppoe_shared {
	struct timers		*timers;
	const struct clock	*clock;
	struct pppoe_shared_params params;
	unsigned		 starting;
	bool			 closed;	/* to new sessions */
	struct rate_limit	 padi_rate;
	struct rate_sketch	 padi_by_mac, padr_by_mac;
	/* A ring, only where delays are configured. */
	struct pppoe_delayed	*delayed;
	unsigned		 first, n_delayed;
	struct timer		 due;
};

/* Keeps a frame for so long. 0, or -ENOSPC when as many wait already. */
int	pppoe_shared_delay(struct pppoe_shared *, struct pppoe *, int ms,
    const uint8_t *frame, size_t len);
/* Forgets what waits for an interface. */
void	pppoe_shared_forget(struct pppoe_shared *, const struct pppoe *);
/* In pppoe_send.c: sends a whole PADO. */
void	pppoe_send_offer(struct pppoe *, const uint8_t *frame, size_t len);

#endif

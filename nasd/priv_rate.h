/* SPDX-License-Identifier: BSD-2-Clause */
/* A session's rate limits in the kernel. Used by priv_plane.c only. */
#ifndef NASD_PRIV_RATE_H
#define NASD_PRIV_RATE_H

#include <stdint.h>

#include "nasd/rate.h"

struct nl;

/* Sets a device's limits, old being those it has; prio is the policer's. 0, or
 * -errno and the old ones stay. -ENOENT most often means that the kernel lacks
 * what is needed. */
int	 rate_install(struct nl *, unsigned ifindex, uint16_t prio,
    const struct rate *old, const struct rate *);

#endif

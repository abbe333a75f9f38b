/* SPDX-License-Identifier: BSD-2-Clause */
/* A session's rate limits in the kernel. Used by priv_plane.c only. */
#ifndef NASD_PRIV_RATE_H
#define NASD_PRIV_RATE_H

#include <stdint.h>

#include "nasd/rate.h"

struct nl;

/* Sets a device's limits; prio is the policer's. is: those it has, before and
 * after. 0, or -errno and the old ones stay; -ENOTRECOVERABLE when those could
 * not be set back: then it has none. -ENOENT most often means that the kernel
 * lacks what is needed. */
int	 rate_install(struct nl *, unsigned ifindex, uint16_t prio,
    struct rate *is, const struct rate *);

#endif

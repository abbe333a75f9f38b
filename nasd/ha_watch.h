/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The home agents of the configuration at run time: keeps ha_select's
 * knowledge of them by what mip_client sees, holds those down that are silent
 * and probes them [D62], and tells nasctl. Sessions pick by ha_watch_select.
 */
#ifndef NASD_HA_WATCH_H
#define NASD_HA_WATCH_H

#include <stdbool.h>

#include <jansson.h>

struct clock;
struct ha_select;
struct ha_watch;
struct mip_client;
struct nasd_config;
struct timers;

/* All of them stay the caller's. The client reports to it from now on. NULL
 * when memory is short. */
struct ha_watch *ha_watch_new(const struct nasd_config *, struct mip_client *,
    struct timers *, const struct clock *);
void	 ha_watch_free(struct ha_watch *);

/* The configuration has changed: agents were added behind the others, or have
 * gone (they are drained for good), or have other keys and weights. */
void	 ha_watch_changed(struct ha_watch *);

struct ha_select *ha_watch_select(struct ha_watch *);

/* No new registrations at the agent of that name, or again. False: there is
 * none. */
bool	 ha_watch_drain(struct ha_watch *, const char *name, bool drain);
/* Each agent with its state; stats: mip_client_stats's, borrowed. */
json_t	*ha_watch_json(const struct ha_watch *, const json_t *stats);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Makes the configuration that runs like a new one, as far as that is possible
 * without a restart. Pure; both of nasd's processes do it alike. */
#ifndef NASD_CONFIG_APPLY_H
#define NASD_CONFIG_APPLY_H

struct config_plan;
struct nasd_config;

/*
 * cur takes what the plan, of these two, does not leave for a restart; next
 * gets what was there instead and is only good to be freed. Home agents keep
 * their places in cur->ha: one that is no more is marked gone. 0, -ENOSPC
 * when those are too many, then nothing has changed, or -ENOMEM, then all but
 * cur->items has. The plan is of no use afterwards.
 */
int	 config_apply(struct nasd_config *cur, struct nasd_config *next,
    const struct config_plan *);

#endif

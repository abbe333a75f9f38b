/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a Disconnect- or CoA-Request means for us and for one session [RFC 5176
 * 3]: is it for this NAS, is it for this session, what is to be changed. Pure;
 * coa_act.c carries it out.
 */
#ifndef NASD_COA_RULES_H
#define NASD_COA_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "radius/dae.h"
#include "nasd/rate.h"

struct nasd_config;
struct session;

/* What a CoA-Request makes of a session's authorization. */
struct coa_change {
	struct rate	rate;		/* all of it, changed or not */
	bool		new_rate;
	char		filter_id[64];	/* as the session's, or the new one */
};

/* Is an Event-Timestamp of now, give or take the window, and of none that an
 * earlier nasd may have seen: all of before since [D114]. Unix seconds. */
bool	 coa_is_of_now(uint32_t stamp, uint32_t now, uint32_t window,
    uint32_t since);
/* The NAS identification attributes match, and there is something to tell a
 * session by, and in a CoA-Request something to change. */
enum dae_cause coa_for_us(const struct dae_request *,
    const struct nasd_config *);
/* All session identification attributes match. */
bool	 coa_matches(const struct dae_request *, const struct session *);
/* May the authorization be changed of such a session now? */
bool	 coa_changeable(const struct session *);
/* What is to become of one session. */
enum dae_cause coa_plan(const struct dae_request *,
    const struct nasd_config *, const struct session *,
    struct coa_change *);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* How soon PPPoE discovery is answered under load. Pure. How much of it is,
 * is common/rate_limit.h's. */
#ifndef NASD_PPPOE_DELAY_H
#define NASD_PPPOE_DELAY_H

/* Load and what it does to a PADO: from so many sessions on it comes so much
 * later, or (PPPOE_NO_PADO) not at all. Ascending by sessions. */
#define PPPOE_DELAYS_MAX	8
#define PPPOE_DELAY_MS_MAX	2000	/* a client's patience is 5 s */
#define PPPOE_NO_PADO		(-1)

struct pppoe_delays {
	unsigned	n;
	struct {
		unsigned	sessions;
		int		ms;
	} step[PPPOE_DELAYS_MAX];
};
/* Adds a step "MS:SESSIONS", "MS" (from the first session on), or with -1 for
 * MS. 0; -EINVAL for another text, -ERANGE for a value out of bounds, -EEXIST
 * when its number of sessions is not above the step's before, -ENOSPC. */
int	pppoe_delays_add(struct pppoe_delays *, const char *text);
/* Milliseconds, or PPPOE_NO_PADO. */
int	pppoe_delays_at(const struct pppoe_delays *, unsigned sessions);

#endif

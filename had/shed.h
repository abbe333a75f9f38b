/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When the home agent has more to do than it can: rather than make all wait,
 * it denies new registrations (code 130), whose access routers go elsewhere or
 * come back later, and does what it owes to the bindings it has [PROTOCOLS
 * D83]. Pure; server says how long requests have waited, reg asks.
 */
#ifndef HAD_SHED_H
#define HAD_SHED_H

#include <stdbool.h>
#include <stdint.h>

#include "common/clock.h"

struct shed {
	/* the configuration's; 0: not for this reason */
	uint32_t	after_ms;	/* a request waited longer to be read */
	uint32_t	max_pending;	/* replies wait for the data plane */
	/* what is */
	bool		on;
	mono_t		since;		/* on or off */
	int64_t		age_ms;		/* of the request looked at last */
	uint64_t	denied;		/* since */
};

enum shed_change {
	SHED_SAME,
	SHED_BEGINS,
	SHED_ENDS,
};

/* Looks at the load: how long the next request has waited, how many replies
 * are held back. Sheds from a limit on, and until half of it is left. */
enum shed_change shed_look(struct shed *, int64_t age_ms, uint32_t pending,
    mono_t now);

#endif

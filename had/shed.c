/* SPDX-License-Identifier: BSD-2-Clause */
/* See shed.h. Two limits for each measure, so that it does not begin and end
 * with each datagram. */
#include "had/shed.h"

static bool
above(int64_t value, uint32_t limit, bool on)
{
	return limit != 0 && value > (on ? limit / 2 : limit);
}

enum shed_change
shed_look(struct shed *s, int64_t age_ms, uint32_t pending, mono_t now)
{
	bool on;

	/* The clock that stamps datagrams may be set. */
	s->age_ms = age_ms > 0 ? age_ms : 0;
	on = above(s->age_ms, s->after_ms, s->on) ||
	    above(pending, s->max_pending, s->on);
	if (on == s->on)
		return SHED_SAME;
	s->on = on;
	s->since = now;
	if (on)
		s->denied = 0;
	return on ? SHED_BEGINS : SHED_ENDS;
}

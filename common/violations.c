/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See violations.h. A keyed hash of source and reason chooses a set of a few
 * places; in a full one the entry that was silent longest makes room. The key
 * keeps a stranger from choosing whom it pushes out.
 */
#include "common/violations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/random.h>

#include "common/siphash.h"

struct violations *
violations_new(const struct clock *clock)
{
	struct violations *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	if (getrandom(v->key, sizeof(v->key), 0) != sizeof(v->key)) {
		free(v);
		return NULL;
	}
	v->clock = clock;
	return v;
}

void
violations_free(struct violations *v)
{
	free(v);
}

static struct violation *
set_of(struct violations *v, struct in_addr from, bool known,
    const char *reason)
{
	uint64_t h = siphash24(v->key, &from, sizeof(from)) ^
	    siphash24(v->key, reason, strnlen(reason, VIOLATION_REASON - 1));

	return v->v[known ? 0 : 1][h % VIOLATIONS_SETS];
}

void
violations_note(struct violations *v, struct in_addr from, bool known,
    const char *reason, int code)
{
	struct violation *set, *e, *old;

	if (!v)
		return;
	set = old = set_of(v, from, known, reason);
	for (e = set; e < set + VIOLATIONS_WAYS; e++) {
		if (e->count == 0) {
			old = e;
			break;
		}
		if (e->from.s_addr == from.s_addr && e->code == code &&
		    strncmp(e->reason, reason, VIOLATION_REASON - 1) == 0)
			goto found;
		if (mono_before(e->last, old->last))
			old = e;
	}
	if (old->count > 0)
		v->forgotten++;
	e = old;
	*e = (struct violation){
		.from = from, .code = code, .known = known,
	};
	snprintf(e->reason, sizeof(e->reason), "%s", reason);
found:
	e->count++;
	e->last = clock_mono(v->clock);
}

void
violations_each(const struct violations *v,
    void (*fn)(const struct violation *, void *arg), void *arg)
{
	size_t half, set, way;

	for (half = 0; half < 2; half++)
		for (set = 0; set < VIOLATIONS_SETS; set++)
			for (way = 0; way < VIOLATIONS_WAYS; way++)
				if (v->v[half][set][way].count > 0)
					fn(&v->v[half][set][way], arg);
}

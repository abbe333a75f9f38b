/* SPDX-License-Identifier: BSD-2-Clause */
/* The pace of requests: see mip_pace.h. */
#include "nasd/mip_pace.h"

#include <string.h>

#define ONE		INT64_C(1000000000)
/* Sets the classes apart in the order of the queue: no time is that far. */
#define CLASS_NS	(INT64_C(1) << 62)

/* A tenth of the rate may go at once and the bucket fills with the rest, so
 * that no second sees more than the rate. */
static int64_t
burst(const struct mip_pace *p)
{
	return p->rate > 10 ? p->rate / 10 : 1;
}

static int64_t
refill(const struct mip_pace *p)
{
	int64_t r = p->rate - burst(p);

	return r > 0 ? r : 1;
}

void
mip_pace_init(struct mip_pace *p, uint32_t rate, mono_t now)
{
	memset(p, 0, sizeof(*p));
	timers_init(&p->queue);
	p->rate = rate;
	p->credit = burst(p) * ONE;
	p->credited = now;
}

void
mip_pace_free(struct mip_pace *p)
{
	timers_free(&p->queue);
}

static void
fill(struct mip_pace *p, mono_t now)
{
	int64_t ns = now.ns - p->credited.ns;

	p->credited = now;
	if (ns <= 0)
		return;
	/* refill: credit a nanosecond; a second's is never more than full */
	if (ns > ONE)
		ns = ONE;
	p->credit += ns * refill(p);
	if (p->credit > burst(p) * ONE)
		p->credit = burst(p) * ONE;
}

/* Is it a first registration that would be next? */
static bool
new_is_first(const struct mip_pace *p)
{
	return p->queue.n > 0 && timers_next(&p->queue).ns < 0;
}

static bool
spend(struct mip_pace *p, mono_t now)
{
	if (p->rate == 0)
		return true;
	fill(p, now);
	if (p->credit < ONE)
		return false;
	p->credit -= ONE;
	return true;
}

bool
mip_pace_take(struct mip_pace *p, enum mip_pace_class class, mono_t now)
{
	/* Nobody overtakes those who wait, but for those at the gate. */
	if (p->held ? class != MIP_PACE_NEW || new_is_first(p) :
	    p->queue.n > 0)
		return false;
	return spend(p, now);
}

void
mip_pace_raise(struct mip_pace *p, uint32_t rate, mono_t now)
{
	if (p->rate == 0 || p->rate >= rate)
		return;
	fill(p, now);
	p->rate = rate;
}

bool
mip_pace_wait(struct mip_pace *p, struct timer *t, enum mip_pace_class class,
    mono_t key)
{
	if (class == MIP_PACE_NEW)
		key.ns -= CLASS_NS;
	else if (class == MIP_PACE_LEAVE)
		key.ns += CLASS_NS;
	if (timer_set(&p->queue, t, key) != 0)
		return false;
	if (p->queue.n > p->longest)
		p->longest = p->queue.n;
	return true;
}

void
mip_pace_leave(struct mip_pace *p, struct timer *t)
{
	timer_cancel(&p->queue, t);
}

struct timer *
mip_pace_next(struct mip_pace *p, mono_t now)
{
	struct timer *t;

	if (p->queue.n == 0 || (p->held && !new_is_first(p)) ||
	    !spend(p, now))
		return NULL;
	t = p->queue.heap[0].timer;
	timer_cancel(&p->queue, t);
	return t;
}

mono_t
mip_pace_due(struct mip_pace *p, mono_t now)
{
	int64_t missing;

	if (p->queue.n == 0 || (p->held && !new_is_first(p)))
		return MONO_NEVER;
	if (p->rate == 0)
		return now;
	fill(p, now);
	missing = ONE - p->credit;
	if (missing <= 0)
		return now;
	return (mono_t){ now.ns + (missing + refill(p) - 1) / refill(p) };
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* See rate_limit.h. */
#include <string.h>

#include "common/rate_limit.h"
#include "common/rnd.h"
#include "common/siphash.h"

/* ---- in all ---- */

bool
rate_limit_allows(struct rate_limit *r, mono_t now)
{
	const int64_t	full = (int64_t)r->rate * 1000;

	if (r->rate == 0)
		return true;
	if (!r->started) {
		r->started = true;
		r->milli = full;
	} else {
		int64_t	ms = mono_diff_ms(now, r->last);

		/* A second fills it: longer waits need no multiplying. */
		if (ms >= 1000)
			r->milli = full;
		else if (ms > 0)
			r->milli += ms * r->rate;
		else
			now = r->last;
	}
	r->last = now;
	if (r->milli > full)
		r->milli = full;
	if (r->milli < 1000)
		return false;
	r->milli -= 1000;
	return true;
}

/* ---- for each ---- */

int
rate_sketch_init(struct rate_sketch *s)
{
	memset(s, 0, sizeof(*s));
	return rnd_bytes(s->key, sizeof(s->key));
}

/* One hash, a place in each row from a part of its own. */
static unsigned
place(uint64_t h, unsigned row)
{
	return (unsigned)(h >> (32 * row)) & (RATE_SKETCH_CELLS - 1);
}

/* Milliseconds that wrap after 49 days: a bucket unused for so long may be
 * thought to be as it was a moment ago. 0 is kept for "never used". */
static uint32_t
short_ms(mono_t now)
{
	uint32_t	ms = (uint32_t)(now.ns / 1000000);

	return ms != 0 ? ms : 1;
}

/* Thousandths of tokens in a bucket now. */
static int64_t
filled(const struct rate_sketch *s, unsigned row, unsigned at,
    unsigned rate, mono_t now)
{
	const int64_t	full = (int64_t)rate * 1000;
	uint32_t	since = s->cell[row][at].since_ms;
	uint32_t	ms = short_ms(now) - since;
	int64_t		milli;

	if (since == 0 || ms >= 1000)
		return full;
	milli = s->cell[row][at].milli + (int64_t)ms * rate;
	return milli < full ? milli : full;
}

bool
rate_sketch_has(const struct rate_sketch *s, const void *who, size_t len,
    unsigned rate, mono_t now)
{
	uint64_t	h;
	unsigned	row;

	if (rate == 0)
		return true;
	h = siphash24(s->key, who, len);
	for (row = 0; row < RATE_SKETCH_ROWS; row++)
		if (filled(s, row, place(h, row), rate, now) >= 1000)
			return true;
	return false;
}

void
rate_sketch_take(struct rate_sketch *s, const void *who, size_t len,
    unsigned rate, mono_t now)
{
	uint64_t	h;
	unsigned	row;

	if (rate == 0)
		return;
	h = siphash24(s->key, who, len);
	for (row = 0; row < RATE_SKETCH_ROWS; row++) {
		unsigned	at = place(h, row);
		int64_t		milli = filled(s, row, at, rate, now) - 1000;

		s->cell[row][at].milli = milli > 0 ? (int32_t)milli : 0;
		s->cell[row][at].since_ms = short_ms(now);
	}
}

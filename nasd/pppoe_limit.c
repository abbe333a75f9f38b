/* SPDX-License-Identifier: BSD-2-Clause */
/* See pppoe_limit.h. */
#include <errno.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "common/siphash.h"
#include "nasd/pppoe_limit.h"

/* ---- in all ---- */

bool
pppoe_rate_allows(struct pppoe_rate *r, mono_t now)
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

/* ---- by station ---- */

int
pppoe_sketch_init(struct pppoe_sketch *s)
{
	memset(s, 0, sizeof(*s));
	return RAND_bytes(s->key, sizeof(s->key)) == 1 ? 0 : -EIO;
}

/* One hash, a place in each row from a part of its own. */
static uint64_t
places(const struct pppoe_sketch *s, const uint8_t *mac, const char *ifname)
{
	uint8_t	text[PPPOE_MAC_LEN + 32];
	size_t	len = strnlen(ifname, sizeof(text) - PPPOE_MAC_LEN);

	memcpy(text, mac, PPPOE_MAC_LEN);
	memcpy(text + PPPOE_MAC_LEN, ifname, len);
	return siphash24(s->key, text, PPPOE_MAC_LEN + len);
}

static unsigned
place(uint64_t h, unsigned row)
{
	return (unsigned)(h >> (32 * row)) & (PPPOE_SKETCH_CELLS - 1);
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
filled(const struct pppoe_sketch *s, unsigned row, unsigned at,
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
pppoe_sketch_has(const struct pppoe_sketch *s,
    const uint8_t mac[static PPPOE_MAC_LEN], const char *ifname,
    unsigned rate, mono_t now)
{
	uint64_t	h;
	unsigned	row;

	if (rate == 0)
		return true;
	h = places(s, mac, ifname);
	for (row = 0; row < PPPOE_SKETCH_ROWS; row++)
		if (filled(s, row, place(h, row), rate, now) >= 1000)
			return true;
	return false;
}

void
pppoe_sketch_take(struct pppoe_sketch *s,
    const uint8_t mac[static PPPOE_MAC_LEN], const char *ifname,
    unsigned rate, mono_t now)
{
	uint64_t	h;
	unsigned	row;

	if (rate == 0)
		return;
	h = places(s, mac, ifname);
	for (row = 0; row < PPPOE_SKETCH_ROWS; row++) {
		unsigned	at = place(h, row);
		int64_t		milli = filled(s, row, at, rate, now) - 1000;

		s->cell[row][at].milli = milli > 0 ? (int32_t)milli : 0;
		s->cell[row][at].since_ms = short_ms(now);
	}
}

/* ---- by load ---- */

/* A decimal number and nothing else up to end; -EINVAL or -ERANGE. */
static int
number(const char *text, const char *end, long max, long *value)
{
	long	v = 0;

	if (text == end)
		return -EINVAL;
	for (; text != end; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		v = v * 10 + (*text - '0');
		if (v > max)
			return -ERANGE;
	}
	*value = v;
	return 0;
}

int
pppoe_delays_add(struct pppoe_delays *d, const char *text)
{
	const char	*end = text + strlen(text);
	const char	*colon = strchr(text, ':');
	long		 ms = PPPOE_NO_PADO, sessions = 0;
	size_t		 len = (size_t)((colon != NULL ? colon : end) - text);
	int		 rc = 0;

	if (len != 2 || memcmp(text, "-1", 2) != 0)
		rc = number(text, text + len, PPPOE_DELAY_MS_MAX, &ms);
	if (rc == 0 && colon != NULL)
		rc = number(colon + 1, end, 65534L * 64, &sessions);
	if (rc != 0)
		return rc;
	if (d->n > 0 && (unsigned)sessions <= d->step[d->n - 1].sessions)
		return -EEXIST;
	if (d->n == PPPOE_DELAYS_MAX)
		return -ENOSPC;
	d->step[d->n].sessions = (unsigned)sessions;
	d->step[d->n].ms = (int)ms;
	d->n++;
	return 0;
}

int
pppoe_delays_at(const struct pppoe_delays *d, unsigned sessions)
{
	unsigned	i = d->n;

	while (i-- > 0)
		if (sessions >= d->step[i].sessions)
			return d->step[i].ms;
	return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Rate limits as numbers: see rate.h. */
#include "nasd/rate.h"

#include <errno.h>

bool
rate_is_valid(uint64_t bps)
{
	return bps == 0 || (bps >= RATE_MIN_BPS && bps <= RATE_MAX_BPS);
}

static uint64_t
unit(const char **p)
{
	switch (**p) {
	case 'k':
		++*p;
		return 1000;
	case 'M':
		++*p;
		return 1000000;
	case 'G':
		++*p;
		return 1000000000;
	default:
		return 1;
	}
}

int
rate_parse(const char *text, uint64_t *bps)
{
	const char *p = text;
	uint64_t n = 0;

	for (; *p >= '0' && *p <= '9'; p++) {
		n = 10 * n + (uint64_t)(*p - '0');
		if (n > RATE_MAX_BPS)
			return -ERANGE;
	}
	if (p == text)
		return -EINVAL;
	n *= unit(&p);
	if (*p != '\0')
		return -EINVAL;
	if (!rate_is_valid(n))
		return -ERANGE;
	*bps = n;
	return 0;
}

static uint32_t
burst_ms(const struct rate *r)
{
	return r->burst_ms != 0 ? r->burst_ms : RATE_BURST_MS;
}

bool
rate_equal(const struct rate *a, const struct rate *b)
{
	return a->down_bps == b->down_bps && a->up_bps == b->up_bps &&
	    burst_ms(a) == burst_ms(b);
}

uint32_t
rate_burst(uint64_t bps, uint32_t ms)
{
	uint64_t n = bps / 8 * (ms != 0 ? ms : RATE_BURST_MS) / 1000;

	if (n < RATE_BURST_MIN)
		return RATE_BURST_MIN;
	return n > RATE_BURST_MAX ? RATE_BURST_MAX : (uint32_t)n;
}

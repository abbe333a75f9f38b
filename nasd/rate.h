/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rate limits of sessions as numbers: what a configuration or RADIUS may say,
 * and what the kernel's shapers want to know. Pure. priv_rate.c installs them;
 * bits a second, of IP packets.
 */
#ifndef NASD_RATE_H
#define NASD_RATE_H

#include <stdbool.h>
#include <stdint.h>

/* Below, a packet would take seconds; above, tc needs other attributes. */
#define RATE_MIN_BPS	UINT64_C(8000)
#define RATE_MAX_BPS	UINT64_C(32000000000)
#define RATE_BURST_MS	100	/* by default */
#define RATE_BURST_MS_MAX 10000
/* Least burst: two packets of the longest MTU that PPPoE can have. */
#define RATE_BURST_MIN	18000
#define RATE_BURST_MAX	(1U << 28)

struct rate {
	uint64_t	down_bps, up_bps;	/* 0: no limit */
	uint32_t	burst_ms;		/* of both; 0: the default */
};

/* "20M", "512k", "1G", "64000": decimal multiples. 0, -EINVAL, -ERANGE. */
int	 rate_parse(const char *text, uint64_t *bps);
bool	 rate_is_valid(uint64_t bps);	/* 0, too */
bool	 rate_equal(const struct rate *, const struct rate *);
/* What may pass at once, bytes. */
uint32_t rate_burst(uint64_t bps, uint32_t burst_ms);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time. Durations and timers use monotonic time, a type of its own so that it
 * can not be mixed up with the clock on the wall; Mobile IPv4 uses NTP time.
 * Pure code gets both through struct clock, so tests turn them by hand.
 */
#ifndef COMMON_CLOCK_H
#define COMMON_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

typedef struct mono {
	int64_t	ns;
} mono_t;

#define MONO_NEVER	((mono_t){ INT64_MAX })

struct clock {
	mono_t		(*mono)(void *arg);
	/* 64-bit NTP time [RFC 5905 6]: high 32 bits are seconds since 1900
	 * modulo 2^32, low 32 bits the fraction. */
	uint64_t	(*ntp)(void *arg);
	void		*arg;
};

/* The system's clocks. */
extern const struct clock clock_system;
/* Its monotonic one, in milliseconds. */
int64_t	 clock_system_ms(void);

/*
 * The system's clocks, to be held still for a moment: what is handled at once
 * happens at one time, and the clocks need not be read for each.
 */
struct clock_held {
	struct clock	clock;
	bool		on;
	mono_t		mono;
	uint64_t	ntp;
};

void	 clock_held_init(struct clock_held *);
void	 clock_hold(struct clock_held *);
void	 clock_let_go(struct clock_held *);

mono_t	 clock_mono(const struct clock *);
uint64_t clock_ntp(const struct clock *);

mono_t	 mono_add_ms(mono_t, int64_t ms);
/* a - b; saturates. */
int64_t	 mono_diff_ms(mono_t a, mono_t b);
int64_t	 mono_diff_us(mono_t a, mono_t b);
bool	 mono_before(mono_t a, mono_t b);

uint32_t ntp_seconds(uint64_t ntp);
/* Serial comparison over the wrap of 2036: < 0, 0, > 0 as a is before, equal
 * to or after b. */
int	 ntp_cmp(uint64_t a, uint64_t b);
/* Seconds of a minus seconds of b as a signed serial difference. */
int32_t	 ntp_diff_s(uint64_t a, uint64_t b);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Monotonic and NTP time; see common/clock.h. */
#include "common/clock.h"

#include <time.h>

#define NS_PER_S	INT64_C(1000000000)
#define NS_PER_MS	INT64_C(1000000)
#define NS_PER_US	INT64_C(1000)
/* From 1900 to 1970 [RFC 5905 figure 4]. */
#define NTP_UNIX	UINT64_C(2208988800)

static mono_t
system_mono(void *arg)
{
	struct timespec ts;

	(void)arg;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (mono_t){ (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec };
}

static uint64_t
system_ntp(void *arg)
{
	struct timespec ts;
	uint64_t s, frac;

	(void)arg;
	clock_gettime(CLOCK_REALTIME, &ts);
	s = (uint64_t)ts.tv_sec + NTP_UNIX;
	frac = ((uint64_t)ts.tv_nsec << 32) / (uint64_t)NS_PER_S;
	return s << 32 | frac;
}

const struct clock clock_system = { system_mono, system_ntp, NULL };

int64_t
clock_system_ms(void)
{
	return system_mono(NULL).ns / NS_PER_MS;
}

static mono_t
held_mono(void *arg)
{
	const struct clock_held *h = arg;

	return h->on ? h->mono : system_mono(NULL);
}

static uint64_t
held_ntp(void *arg)
{
	const struct clock_held *h = arg;

	return h->on ? h->ntp : system_ntp(NULL);
}

void
clock_held_init(struct clock_held *h)
{
	*h = (struct clock_held){ .clock = { held_mono, held_ntp, h } };
}

void
clock_hold(struct clock_held *h)
{
	h->mono = system_mono(NULL);
	h->ntp = system_ntp(NULL);
	h->on = true;
}

void
clock_let_go(struct clock_held *h)
{
	h->on = false;
}

mono_t
clock_mono(const struct clock *c)
{
	return c->mono(c->arg);
}

uint64_t
clock_ntp(const struct clock *c)
{
	return c->ntp(c->arg);
}

mono_t
mono_add_ms(mono_t t, int64_t ms)
{
	int64_t ns;
	mono_t sum;

	/* "Never" and a bit is still never. */
	if (t.ns == INT64_MAX)
		return t;
	if (__builtin_mul_overflow(ms, NS_PER_MS, &ns) ||
	    __builtin_add_overflow(t.ns, ns, &sum.ns))
		sum.ns = ms > 0 ? INT64_MAX : INT64_MIN;
	return sum;
}

static int64_t
diff_ns(mono_t a, mono_t b)
{
	int64_t d;

	if (__builtin_sub_overflow(a.ns, b.ns, &d))
		d = a.ns > b.ns ? INT64_MAX : INT64_MIN;
	return d;
}

int64_t
mono_diff_ms(mono_t a, mono_t b)
{
	return diff_ns(a, b) / NS_PER_MS;
}

int64_t
mono_diff_us(mono_t a, mono_t b)
{
	return diff_ns(a, b) / NS_PER_US;
}

bool
mono_before(mono_t a, mono_t b)
{
	return a.ns < b.ns;
}

uint32_t
ntp_seconds(uint64_t ntp)
{
	return (uint32_t)(ntp >> 32);
}

int
ntp_cmp(uint64_t a, uint64_t b)
{
	uint64_t d = a - b;

	if (d == 0)
		return 0;
	return d < UINT64_C(1) << 63 ? 1 : -1;
}

int32_t
ntp_diff_s(uint64_t a, uint64_t b)
{
	return (int32_t)(ntp_seconds(a) - ntp_seconds(b));
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What tests of the home agent, of the foreign agent and of their client have in
 * common: a clock turned by hand, and messages built byte by byte, not by the
 * code under test. Neighbours: had_rig.h, fad_rig.h, mip_rig.h.
 */
#ifndef TESTS_UNIT_RIG_H
#define TESTS_UNIT_RIG_H

#include <arpa/inet.h>
#include <openssl/hmac.h>

#include "common/clock.h"
#include "common/timers.h"
#include "tests/unit/test.h"

#define NTP0	UINT64_C(0xe5a1b2c311223344)	/* as in the vectors */
#define T0_NS	(INT64_C(1000) * 1000000000)

/* The clocks at ns since T0_NS, which was NTP0. */
static inline mono_t
at_mono(int64_t ns)
{
	return (mono_t){ T0_NS + ns };
}

static inline uint64_t
at_ntp(int64_t ns)
{
	uint64_t s = (uint64_t)(ns / 1000000000);

	return NTP0 + (s << 32) +
	    (((uint64_t)(ns % 1000000000) << 32) / 1000000000);
}

/* Time goes by, timers fire; at each of them *ns is its time. */
static inline void
time_goes_by(struct timers *timers, int64_t *ns, int64_t by_ns)
{
	int64_t end = *ns + by_ns;
	mono_t next;

	for (;;) {
		next = timers_next(timers);
		if (next.ns > T0_NS + end)
			break;
		if (next.ns > T0_NS + *ns)
			*ns = next.ns - T0_NS;
		timers_run(timers, at_mono(*ns));
	}
	*ns = end;
}

/* A message in the making. */
struct m {
	uint8_t	b[1500];
	size_t	n;
};

static inline void
m_put(struct m *m, const void *p, size_t n)
{
	ck_assert_uint_le(m->n + n, sizeof(m->b));
	memcpy(m->b + m->n, p, n);
	m->n += n;
}

static inline void
m_int(struct m *m, uint64_t v, unsigned bytes)
{
	uint8_t b[8];
	unsigned i;

	for (i = 0; i < bytes; i++)
		b[i] = (uint8_t)(v >> 8 * (bytes - 1 - i));
	m_put(m, b, bytes);
}

static inline void
m_ip(struct m *m, const char *a)
{
	struct in_addr in = { inet_addr(a) };

	m_put(m, &in, 4);
}

static inline void
m_ext(struct m *m, uint8_t type, const void *p, size_t n)
{
	m_int(m, type, 1);
	m_int(m, n, 1);
	m_put(m, p, n);
}

static inline void
m_nai(struct m *m, const char *nai)
{
	m_ext(m, 131, nai, strlen(nai));
}

/* key has 16 bytes. */
static inline void
m_auth_by(struct m *m, uint8_t type, uint32_t spi, const EVP_MD *md,
    const uint8_t *key)
{
	uint8_t mac[EVP_MAX_MD_SIZE];
	unsigned n = (unsigned)EVP_MD_get_size(md);

	m_int(m, type, 1);
	m_int(m, 4 + n, 1);
	m_int(m, spi, 4);
	ck_assert_ptr_nonnull(HMAC(md, key, 16, m->b, m->n, mac, &n));
	m_put(m, mac, n);
}

static inline void
m_auth(struct m *m, uint8_t type, uint32_t spi, const uint8_t *key)
{
	m_auth_by(m, type, spi, EVP_md5(), key);
}

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A NetMIP4 client with its surroundings played: a clock turned by hand, what
 * it sends, what it tells its owner, and the bytes of a home agent's replies.
 * For check_mip_reg.c, check_mip_node.c and check_mip_gre.c; each has its own
 * home agent and its own keys.
 */
#ifndef TESTS_UNIT_MIP_RIG_H
#define TESTS_UNIT_MIP_RIG_H

#include "nasd/mip_reg.h"
#include "tests/unit/rig.h"
#include "tests/unit/vectors.h"

#define HA	"198.51.100.1"
#define NAI	"alice@example.net"

static struct {
	int64_t		ns;
	uint64_t	ntp;		/* at ns == 0 */
	bool		ntp_still;	/* does not run */
} now;

static struct datagram {
	struct in_addr	from, to;
	uint16_t	port;
	int64_t		ms;
	struct m	m;
} sent[256];
static unsigned n_sent;

static struct {
	unsigned		registered, changed, lost, revoked, gone;
	bool			answered;
	struct mip_result	res;
	char			steps[4096];
	enum { KEEP, FREE, DEREGISTER } then;
} seen;

static struct timers timers;
static struct mip_core core;
static struct mip_reg *reg;	/* the one whose owner is NULL */
static uint32_t dice;

/* ---- what the client needs ---- */

static inline mono_t
fake_mono(void *arg)
{
	(void)arg;
	return at_mono(now.ns);
}

static inline uint64_t
fake_ntp(void *arg)
{
	(void)arg;
	return now.ntp + (now.ntp_still ? 0 : at_ntp(now.ns) - NTP0);
}

static const struct clock fake_clock = { fake_mono, fake_ntp, NULL };

static inline uint32_t
seconds(void)
{
	return (uint32_t)(fake_ntp(NULL) >> 32);
}

static inline void
fake_send(void *arg, struct in_addr from, struct in_addr to, uint16_t port,
    const uint8_t *buf, size_t len)
{
	struct datagram *d = &sent[n_sent++];

	(void)arg;
	ck_assert_uint_lt(n_sent, 256);
	*d = (struct datagram){ .from = from, .to = to, .port = port,
	    .ms = now.ns / 1000000 };
	m_put(&d->m, buf, len);
}

static inline uint32_t
fake_random(void *arg)
{
	(void)arg;
	return dice;
}

static inline void
advance(int64_t ms)
{
	time_goes_by(&timers, &now.ns, ms * 1000000);
}

/* ---- its owner ---- */

static inline void
after(void)
{
	if (seen.then == FREE) {
		mip_reg_free(reg);
		reg = NULL;
	} else if (seen.then == DEREGISTER) {
		mip_reg_deregister(reg);
	}
}

static inline void
on_registered(void *arg, const struct mip_result *res)
{
	(void)arg;
	seen.registered++;
	seen.res = *res;
	after();
}

static inline void
on_changed(void *arg, const struct mip_result *res)
{
	(void)arg;
	seen.changed++;
	seen.res = *res;
	after();
}

static inline void
on_lost(void *arg, const struct mip_result *res)
{
	(void)arg;
	seen.lost++;
	seen.res = *res;
	after();
}

static inline void
on_revoked(void *arg)
{
	(void)arg;
	seen.revoked++;
	after();
}

static inline void
on_gone(void *arg, bool answered)
{
	seen.gone++;
	seen.answered = answered;
	if (arg == NULL)
		reg = NULL;
}

static inline void
on_step(void *arg, const char *key, const char *detail)
{
	size_t n = strlen(seen.steps);

	(void)arg;
	snprintf(seen.steps + n, sizeof(seen.steps) - n, "%s: %s\n", key,
	    detail);
}

static const struct mip_events events = {
	on_registered, on_changed, on_lost, on_revoked, on_gone, on_step,
};

static inline struct in_addr
ip(const char *s)
{
	struct in_addr a;

	ck_assert_int_eq(inet_pton(AF_INET, s, &a), 1);
	return a;
}

static inline struct in6_addr
ip6(const char *s)
{
	struct in6_addr a;

	ck_assert_int_eq(inet_pton(AF_INET6, s, &a), 1);
	return a;
}

static inline void
client_up(const char *coa, uint16_t lifetime)
{
	memset(&now, 0, sizeof(now));
	memset(&seen, 0, sizeof(seen));
	now.ntp = NTP0;
	n_sent = 0;
	dice = 0;
	timers_init(&timers);
	core = (struct mip_core){
		.timers = &timers,
		.clock = &fake_clock,
		.params = {
			.coa = ip(coa), .lifetime = lifetime, .attempts = 5,
			.dereg_attempts = 3, .require_nai = true,
			.types = MIP4_EXT_TYPES_DEFAULT,
		},
		.send = fake_send, .random = fake_random,
	};
	ck_assert_int_eq(mip_core_init(&core), 0);
}

static inline void
client_down(void)
{
	mip_reg_free(reg);
	reg = NULL;
	ck_assert_uint_eq(core.n_regs, 0);
	ck_assert_uint_eq(table_count(&core.by_id), 0);
	ck_assert_uint_eq(table_count(&core.by_nai), 0);
	ck_assert_uint_eq(table_count(&core.by_hoa), 0);
	ck_assert_uint_eq(table_count(&core.by_gre), 0);
	ck_assert_uint_eq(timers.n, 0);
	mip_core_free(&core);
	timers_free(&timers);
}

static inline void
start_as(const struct mip_reg_request *q)
{
	reg = mip_reg_create(&core, q, &events, NULL);
	ck_assert_ptr_nonnull(reg);
}

/* ---- what was sent ---- */

static inline uint64_t
id_of(unsigned i)
{
	uint64_t v = 0;

	ck_assert_uint_lt(i, n_sent);
	for (unsigned k = 16; k < 24; k++)
		v = v << 8 | sent[i].m.b[k];
	return v;
}

static inline unsigned
lifetime_of(unsigned i)
{
	ck_assert_uint_lt(i, n_sent);
	return (unsigned)(sent[i].m.b[2] << 8 | sent[i].m.b[3]);
}

/* ---- the home agent's messages ---- */

static inline struct m
reply_with(unsigned code, unsigned lifetime, uint64_t id)
{
	struct m m = { .n = 0 };

	m_int(&m, 3, 1);
	m_int(&m, code, 1);
	m_int(&m, lifetime, 2);
	m_ip(&m, "0.0.0.0");
	m_ip(&m, HA);
	m_int(&m, id, 8);
	return m;
}

/* To request i, of the ordinary subscriber. */
static inline struct m
reply_head(unsigned i, unsigned code, unsigned lifetime)
{
	struct m m = reply_with(code, lifetime, id_of(i));

	m_nai(&m, NAI);
	return m;
}

static inline void
put_137(struct m *m, uint32_t timestamp)
{
	m_int(m, UINT64_C(0x89060000) << 32 | timestamp, 8);
}

static inline void
receive(const char *from, const char *to, const struct m *m)
{
	uint8_t *copy = exact_copy(m->b, m->n);

	mip_core_input(&core, ip(from), 434, ip(to), copy, m->n);
	free(copy);
}

#endif

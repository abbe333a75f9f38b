/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Router Advertisements to a mobile node behind an access node [draft-navali
 * 3.2.2 step 6; RFC 4861 4.2, 6.2.4, 6.2.6; PROTOCOLS 11.5 D29]: what they say,
 * and when. Part of mn.
 */
#include "had/mn_int.h"

#include <errno.h>

#include "common/clock.h"
#include "common/icmp6.h"
#include "common/rnd.h"
#include "had/tunnel.h"

/* RFC 4861 10, milliseconds */
#define MIN_DELAY_MS	3000	/* MIN_DELAY_BETWEEN_RAS */
#define MAX_DELAY_MS	500	/* MAX_RA_DELAY_TIME */
#define INITIAL_MS	16000	/* MAX_INITIAL_RTR_ADVERT_INTERVAL */
#define INITIAL_COUNT	3	/* MAX_INITIAL_RTR_ADVERTISEMENTS */

#define DNS_INTERVALS	3	/* RFC 8106 5.1 */
#define HOP_LIMIT	64	/* RFC 4861 6.2.1: the current Internet's */

static const struct in6_addr all_nodes = { .s6_addr = { 0xff, 0x02,
	[15] = 1 } };

/* 0 to below ms. */
static int64_t
random_ms(uint32_t ms)
{
	uint32_t r = 0;

	(void)rnd_bytes(&r, sizeof(r));
	return ms > 0 ? r % ms : 0;
}

/* A foreign agent's tunnel is around ours, or GRE in it [D33]. */
static uint32_t
mtu(const struct mn *m)
{
	uint32_t n = mn_owner(m)->mtu - (mn_fa(m) ? TUNNEL_OUTER : 0) -
	    (binding_gre(m->binding).own ? GRE_KEY_HEAD : 0);

	return n < TUNNEL_MTU_MIN ? TUNNEL_MTU_MIN : n;
}

/* With L=0: it would else look for others of its prefix on its link, where
 * there is nobody but us [D29]. */
int
mn_ra_write(const struct mn *m, uint8_t buf[static MN_RA_MAX])
{
	const struct node_ra *conf = &m->binding->peer->nodes->ra;
	struct icmp6_ra ra = {
		.hop_limit = HOP_LIMIT,
		.managed = conf->managed,
		.other = conf->other,
		.router_lifetime = (uint16_t)conf->router_lifetime,
		.mtu = mtu(m),
		.has_lladdr = true,
	};
	struct pool *const *pools;
	size_t n = mn_prefixes(m, &pools), i;
	int len;

	for (i = 0; i < sizeof(ra.lladdr); i++)
		ra.lladdr[i] = mn_owner(m)->lladdr[i];
	for (i = 0; i < n && i < ICMP6_RA_MAX_PREFIXES; i++)
		ra.prefix[ra.n_prefixes++] = (struct icmp6_prefix){
			.addr = pools[i]->prefix, .len = 64,
			.autonomous = true, .valid = conf->valid,
			.preferred = conf->preferred,
		};
	for (i = 0; i < conf->n_dns && i < ICMP6_RA_MAX_RDNSS; i++)
		ra.rdnss[ra.n_rdnss++] = conf->dns[i];
	ra.rdnss_lifetime = DNS_INTERVALS * conf->interval;
	len = icmp6_ra_encode(&ra, buf + ND6_HEADER_LEN,
	    MN_RA_MAX - ND6_HEADER_LEN);
	if (len < 0)
		return len;
	return (int)nd6_close(buf, (size_t)len, &mn_owner(m)->router,
	    &all_nodes);
}

/* Between a third of the interval, at least 3 s, and all of it. */
mono_t
mn_ra_next(const struct mn *m, mono_t now)
{
	uint32_t max = m->binding->peer->nodes->ra.interval * 1000;
	uint32_t min = max / 3 > MIN_DELAY_MS ? max / 3 : MIN_DELAY_MS;
	int64_t ms = min + random_ms(max - min);

	if (m->n_ra < INITIAL_COUNT && ms > INITIAL_MS)
		ms = INITIAL_MS;
	return mono_add_ms(now, ms);
}

mono_t
mn_ra_solicited(const struct mn *m, mono_t now)
{
	mono_t at = mono_add_ms(now, random_ms(MAX_DELAY_MS));
	mono_t least = mono_add_ms(m->last_ra, MIN_DELAY_MS);

	return mono_before(at, least) ? least : at;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* See home_bounds.h. */
#include "config.h"
#define LOG_MODULE "mip"
#include "nasd/home_bounds.h"

#include <stddef.h>
#include <string.h>

#include <ifaddrs.h>
#include <net/if.h>

#include "common/iid.h"
#include "common/log.h"
#include "nasd/nasd_config.h"

#define UNIQUE_LEN	64

static bool
covers(const struct in6_addr *prefix, unsigned len, const struct in6_addr *a)
{
	const unsigned n = len / 8, rest = len % 8;

	if (memcmp(prefix->s6_addr, a->s6_addr, n) != 0)
		return false;
	return rest == 0 ||
	    ((prefix->s6_addr[n] ^ a->s6_addr[n]) & 0xff << (8 - rest) & 0xff)
	    == 0;
}

bool
home_bounds_is_usable(const struct in6_addr *a)
{
	return a->s6_addr[0] != 0 && hoa_is_valid(a) &&
	    !IN6_IS_ADDR_SITELOCAL(a);
}

/* The agents that a reload has taken out still renew what they have. */
static const struct config_ha *
agent_of(const struct nasd_config *cf, struct in_addr addr)
{
	unsigned i;

	for (i = 0; i < cf->n_ha; i++)
		if (cf->ha[i].addr.s_addr == addr.s_addr)
			return &cf->ha[i];
	return NULL;
}

static bool
is_within(const struct config_ha *ha, const struct in6_addr *hoa)
{
	unsigned i;

	for (i = 0; i < ha->n_prefix; i++)
		if (covers(&ha->prefix[i].addr, ha->prefix[i].len, hoa))
			return true;
	return ha->n_prefix == 0;
}

const char *
home_bounds_refuse(const struct nasd_config *cf, const struct home_own *own,
    struct in_addr ha, const struct in6_addr *hoa, bool unique)
{
	const struct config_ha *agent = agent_of(cf, ha);
	unsigned i;

	if (!home_bounds_is_usable(hoa))
		return "home agent gave an address that no subscriber can "
		    "have";
	for (i = 0; i < own->n; i++) {
		if (IN6_ARE_ADDR_EQUAL(&own->addr[i], hoa))
			return "home agent gave an address of ours";
		if (unique && covers(hoa, UNIQUE_LEN, &own->addr[i]))
			return "home agent gave a prefix of ours";
	}
	if (agent != NULL && !is_within(agent, hoa))
		return "home agent gave an address outside its prefixes";
	return NULL;
}

void
home_bounds_read_own(struct home_own *own)
{
	const struct sockaddr_in6 *sin6;
	struct ifaddrs *all, *i;

	own->n = 0;
	if (getifaddrs(&all) == -1) {
		log_warn(NULL, "our own addresses are not known");
		return;
	}
	for (i = all; i != NULL; i = i->ifa_next) {
		if (i->ifa_addr == NULL || i->ifa_addr->sa_family != AF_INET6)
			continue;
		sin6 = (const void *)i->ifa_addr;
		if (!home_bounds_is_usable(&sin6->sin6_addr))
			continue;
		if (own->n == HOME_OWN_MAX) {
			log_warnx(NULL, "more than %d addresses of ours: home "
			    "agents may give the others to subscribers",
			    HOME_OWN_MAX);
			break;
		}
		own->addr[own->n++] = sin6->sin6_addr;
	}
	freeifaddrs(all);
}

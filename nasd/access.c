/* SPDX-License-Identifier: BSD-2-Clause */
/* The kinds of access there are. */
#include "nasd/access.h"

#include <stddef.h>

void
access_nothing(struct session *s)
{
	(void)s;
}

json_t *
access_one_json(const char *name, const char *origin, int mtu, bool served,
    unsigned sessions)
{
	return json_pack("{s:s, s:s, s:n, s:n, s:n, s:i, s:b, s:i}",
	    "interface", name, "origin", origin, "parent", "vlan",
	    "inner_vlan", "mtu", mtu, "served", served, "sessions",
	    (int)sessions);
}

const struct access *
access_of_kind(unsigned kind)
{
	static const struct access *const kinds[ACCESS_N_KINDS] = {
		[ACCESS_PPP] = &access_ppp,
		[ACCESS_ETHER] = &access_ether,
		[ACCESS_NODE] = &access_node,
		[ACCESS_PPP_DHCP6] = &access_ppp_dhcp6,
		[ACCESS_PPP_NODE] = &access_ppp_node,
	};

	return kind < ACCESS_N_KINDS ? kinds[kind] : NULL;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which home addresses a home agent may give [PROTOCOLS D148]: within the
 * prefixes that are configured for it, and never what is ours or no host's.
 * The registration client (mip_reg.c) asks for each that comes.
 */
#ifndef NASD_HOME_BOUNDS_H
#define NASD_HOME_BOUNDS_H

#include <stdbool.h>

#include <netinet/in.h>

#define HOME_OWN_MAX	64

struct nasd_config;

/* All bits behind the length are zero. */
struct home_prefix {
	struct in6_addr	addr;
	unsigned	len;
};

/* Addresses of this machine that others may reach it by. */
struct home_own {
	struct in6_addr	addr[HOME_OWN_MAX];
	unsigned	n;
};

/* Reads the machine's addresses as they are now. More than there is room for
 * are left out, and logged. Needs a netlink socket. */
void	 home_bounds_read_own(struct home_own *);

/* May home addresses lie there? Not in ::/8, which is full of special ones,
 * nor in fe80::/10, fec0::/10 and ff00::/8. */
bool	 home_bounds_is_usable(const struct in6_addr *);
/* Why an address that the home agent ha gave is not to be used, or NULL.
 * unique: the whole /64 comes with it. The text is a literal. */
const char *home_bounds_refuse(const struct nasd_config *,
    const struct home_own *, struct in_addr ha, const struct in6_addr *hoa,
    bool unique);

#endif

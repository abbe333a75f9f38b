/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PPP links whose subscribers get their home address by DHCPv6 [PROTOCOLS 11.3,
 * draft-navali Figure 3]: IPv6CP agrees on identifiers of the link alone, then
 * the server of the link is asked. Between access_ppp*.c, which knows PPP, and
 * access_dhcp6.h, which is the same for all links.
 */
#ifndef NASD_ACCESS_PPP_DHCP6_H
#define NASD_ACCESS_PPP_DHCP6_H

#include <stdbool.h>

struct icmp6_ra;
struct session;
struct session_rec;

/* IPv6CP is open: router and server are there. */
void	 access_ppp_dhcp6_up(struct session *);
void	 access_ppp_dhcp6_down(struct session *, const char *reason);
/* Has the subscriber's lease outlived an earlier nasd? */
bool	 access_ppp_dhcp6_resumes(const struct session *);

/* Ops [access.h], as far as they are not PPP's. */
void	 access_ppp_dhcp6_advertise(struct session *,
    const struct icmp6_ra *);
void	 access_ppp_dhcp6_leave(struct session *);
void	 access_ppp_dhcp6_restore(struct session *,
    const struct session_rec *);

#endif

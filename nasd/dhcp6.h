/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DHCPv6 towards subscribers: one UDP socket for all interfaces, which hears
 * ff02::1:2 on those that are served. What is answered is dhcp6_server.h's
 * business.
 */
#ifndef NASD_DHCP6_H
#define NASD_DHCP6_H

#include <jansson.h>

#include "nasd/dhcp6_server.h"

struct dhcp6;
struct event_base;

/* The socket: UDP port 547 of all IPv6 addresses, which needs privilege. A
 * descriptor or -errno. */
int	 dhcp6_socket(void);
/* fd: UDP over IPv6, bound to port 547, owned from here on, unless NULL comes
 * back, with errno; options are set here. duid: ours. */
struct dhcp6 *dhcp6_new(struct event_base *, struct timers *,
    const struct clock *, int fd, const struct dhcp6_duid *duid);
/* All links must have been stopped. */
void	 dhcp6_free(struct dhcp6 *);

/* As dhcp6_core_start, and listens there; NULL with errno. The link's other
 * functions are dhcp6_server.h's. */
struct dhcp6_link *dhcp6_start(struct dhcp6 *, unsigned ifindex,
    const char *subject, const struct dhcp6_link_conf *,
    const struct dhcp6_events *, void *arg);
/* The interface may be gone. */
void	 dhcp6_stop(struct dhcp6 *, struct dhcp6_link *);
json_t	*dhcp6_stats(const struct dhcp6 *);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Router Advertisements towards subscribers [RFC 4861 6.2, PROTOCOLS 14.3].
 * One raw ICMPv6 socket for all interfaces: sends with IPV6_PKTINFO, receives
 * Router Solicitations (the kernel joins ff02::2 on forwarding interfaces).
 */
#ifndef NASD_RA_H
#define NASD_RA_H

#include <stdint.h>

#include <jansson.h>
#include <netinet/in.h>

#include "common/clock.h"
#include "common/icmp6.h"

struct event_base;
struct timers;
struct ra;
struct ra_iface;

/* fd: SOCK_RAW, IPPROTO_ICMPV6, owned from here on; options are set here. */
struct ra *ra_new(struct event_base *, struct timers *, const struct clock *,
    int fd);
void	 ra_free(struct ra *);

/* For the session's timeline: key "ra" (detail: the prefix) or "rs", both
 * literals' lifetime; may be NULL. */
typedef void ra_step(void *arg, const char *key, const char *detail);

/* Advertises on an interface: at once, at 0.25, 1 and 3 s, then each 200-600 s
 * at random; answers solicitations. Sending before the link-local address
 * exists fails and is tried again. content is copied. NULL: no memory. */
struct ra_iface *ra_start(struct ra *, unsigned ifindex, const char *subject,
    const struct icmp6_ra *content, ra_step *, void *arg);
/* Advertises something else, at once. */
void	 ra_update(struct ra_iface *, const struct icmp6_ra *content);
/* Stops; farewell: one more with router lifetime 0. */
void	 ra_stop(struct ra_iface *, bool farewell);
json_t	*ra_stats(const struct ra *);

#endif

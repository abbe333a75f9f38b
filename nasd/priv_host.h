/* SPDX-License-Identifier: BSD-2-Clause */
/* What the root side asks its host, and sets there, besides rtnetlink: sysctls,
 * interfaces' kinds, the path's MTU. Used by the priv_*.c only. */
#ifndef NASD_PRIV_HOST_H
#define NASD_PRIV_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include <netinet/in.h>

struct gre_keys;

/* An IPv6 switch of an interface, or of "all", or one of ARP's; value and
 * result are one character, as '0' or '1'.
 * ifname must have no slashes. -errno on failure. */
int	 host_sysctl_set(const char *ifname, const char *key, char value);
int	 host_sysctl_get(const char *ifname, const char *key);
/* The index of an interface that the kernel knows as one of a type
 * (ARPHRD_PPP), or -errno, -EPERM of another one's; the name (IF_NAMESIZE
 * bytes) may be anything. */
int	 host_ifindex(const char *ifname, unsigned short type);
/* An interface's MTU in bytes, or -errno; ifname (IF_NAMESIZE bytes, with its
 * NUL) may be anything. */
int	 host_mtu(const char *ifname);
/* Is this interface a sit tunnel between these addresses? */
bool	 host_is_sit(const char *ifname, struct in_addr local,
    struct in_addr remote);
/* Is it a gre tunnel between these, with these keys, or external (0.0.0.0 and
 * NULL)? */
bool	 host_is_gre(const char *ifname, struct in_addr local,
    struct in_addr remote, const struct gre_keys *);
/* The IPv4 path's MTU as known now, less the outer header [D33]; and less that
 * and GRE's. */
uint32_t host_tunnel_mtu(struct in_addr coa, struct in_addr ha);
uint32_t host_gre_mtu(struct in_addr coa, struct in_addr ha);

#endif

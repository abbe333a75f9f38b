/* SPDX-License-Identifier: BSD-2-Clause */
/* The DHCPv6 server's DUID, kept on disk [RFC 8415 11, PROTOCOLS D157]. */
#ifndef NASD_DHCP6_DUID_H
#define NASD_DHCP6_DUID_H

struct dhcp6_duid;

/* A file of a directory: hexadecimal digits, which an operator may have
 * written. */
#define DHCP6_DUID_FILE	"dhcp6-duid"

/* Reads it there; where it is not yet, makes one and keeps it. dir "": makes
 * one that is kept nowhere. 0, or -errno after saying on the log what is
 * wrong; -EINVAL for a file that holds none, which is not touched. */
int	 dhcp6_duid_load(const char *dir, struct dhcp6_duid *);

#endif

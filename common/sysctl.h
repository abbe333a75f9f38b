/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's switches of one character, below /proc/sys. Root side only. */
#ifndef COMMON_SYSCTL_H
#define COMMON_SYSCTL_H

/* The character, or -errno. */
int	 sysctl_get(const char *path);
/* 0 or -errno. */
int	 sysctl_set(const char *path, char value);
/*
 * Packets come in by this device from where no route leads to, or another one:
 * the reverse path is not checked, or loosely where "all" devices check. The
 * earlier value, to be set again, or -errno. ifname was found in the kernel.
 */
int	 sysctl_lax(const char *ifname);
/* No IPv6 there, neither in nor out. 0 or -errno. */
int	 sysctl_no_ipv6(const char *ifname);

#endif

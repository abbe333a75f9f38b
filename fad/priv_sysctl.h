/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's switches that visitors need. Root side only. */
#ifndef FAD_PRIV_SYSCTL_H
#define FAD_PRIV_SYSCTL_H

/* IPv4 forwarding. 1 when it was on already, 0 when it was switched on, or
 * -errno. */
int	 sysctl_forward(void);
/*
 * A visitor's packets come from where no route of ours leads to: on this device
 * the reverse path is not checked, or loosely where "all" devices check. The
 * earlier value, to be set again, or -errno. ifname was found in the kernel.
 */
int	 sysctl_lax(const char *ifname);
void	 sysctl_rp_filter(const char *ifname, char value);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's switches that visitors need. Root side only. */
#ifndef FAD_PRIV_SYSCTL_H
#define FAD_PRIV_SYSCTL_H

/* IPv4 forwarding. 1 when it was on already, 0 when it was switched on, or
 * -errno. */
int	 sysctl_forward(void);
/* As it was before sysctl_lax. */
void	 sysctl_rp_filter(const char *ifname, char value);

#endif

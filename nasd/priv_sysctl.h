/* SPDX-License-Identifier: BSD-2-Clause */
/* Switches of the host that nasd has changed, and what they were before
 * [D209]. Root side only. */
#ifndef NASD_PRIV_SYSCTL_H
#define NASD_PRIV_SYSCTL_H

struct sysctls;

/* With what an earlier nasd has written into a file of the state directory, in
 * the same life of the machine; "": there is none, and nothing outlasts this
 * process. NULL: out of memory. */
struct sysctls *sysctls_new(const char *state_dir);
void	 sysctls_free(struct sysctls *);
/* Sets a switch of an interface, or of "all", to a character (host_sysctl_set).
 * What it was is remembered first, unless it is already. 0 or -errno. */
int	 sysctls_change(struct sysctls *, const char *ifname, const char *key,
    char value);
/* All are as they were, but those that somebody else has changed since, and of
 * interfaces that have gone; and forgotten. */
void	 sysctls_restore(struct sysctls *);

#endif

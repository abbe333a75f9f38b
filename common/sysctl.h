/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's switches of one character, below /proc/sys. Root side only. */
#ifndef COMMON_SYSCTL_H
#define COMMON_SYSCTL_H

/* The character, or -errno. */
int	 sysctl_get(const char *path);
/* 0 or -errno. */
int	 sysctl_set(const char *path, char value);

#endif

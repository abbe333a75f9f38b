/* SPDX-License-Identifier: BSD-2-Clause */
/* The program that nasd is started anew with. Root's side. */
#ifndef NASD_PRIV_PROGRAM_H
#define NASD_PRIV_PROGRAM_H

#include <sys/types.h>

struct nasd_program;

/* Would it start, with its configuration as they are on disk now? Asks by a
 * child, which ends within ten seconds: its number, or -errno. */
pid_t	 program_check_start(const struct nasd_program *);
/* What the child's status means: 0, or -EINVAL when it says no. It has said
 * why on the log. */
int	 program_check_result(const struct nasd_program *, int status);

#endif

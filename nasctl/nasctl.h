/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NASCTL_NASCTL_H
#define NASCTL_NASCTL_H

#include <stdio.h>

/* Exit codes [nasctl(8)]. */
#define NASCTL_OK		0
#define NASCTL_NO_MATCH		1
#define NASCTL_USAGE		2
#define NASCTL_UNREACHABLE	3
#define NASCTL_FAILED		4	/* the daemon could not */

/* The whole program: its exit code. argv[0] decides between nasctl, hactl and
 * fadctl. */
int	nasctl_run(int argc, char **argv, FILE *out, FILE *err);

#endif

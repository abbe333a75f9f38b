/* SPDX-License-Identifier: BSD-2-Clause */
/* The program that nasd is started anew with. Root's side. */
#ifndef NASD_PRIV_PROGRAM_H
#define NASD_PRIV_PROGRAM_H

struct nasd_program;

/* Would it start, with its configuration as they are on disk now? 0, or
 * -EINVAL when it says no, or -errno. It has said why on the log. */
int	 program_check(const struct nasd_program *);

#endif

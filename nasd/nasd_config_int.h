/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files that read and check nasd.conf; for nobody else. */
#ifndef NASD_NASD_CONFIG_INT_H
#define NASD_NASD_CONFIG_INT_H

struct conf;
struct nasd_config;

/* What the sections can not tell each for itself; reports by conf_error. */
void	 nasd_config_check(struct conf *, const struct nasd_config *);

#endif

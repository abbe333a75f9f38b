/* SPDX-License-Identifier: BSD-2-Clause */
/* What a configuration needs of the machine, for nasd -n: pppd, its plugins,
 * access interfaces. All of it may still come, so it is no error here. */
#ifndef NASD_HOST_CHECK_H
#define NASD_HOST_CHECK_H

struct nasd_config;

/* Logs a warning for each that is not there. Returns their number. */
unsigned host_check(const struct nasd_config *);

#endif

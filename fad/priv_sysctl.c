/* SPDX-License-Identifier: BSD-2-Clause */
/* See fad/priv_sysctl.h. */
#include "config.h"
#define LOG_MODULE "priv"
#include "fad/priv_sysctl.h"

#include <errno.h>
#include <stdio.h>

#include "common/log.h"
#include "common/sysctl.h"

#define FORWARD		"/proc/sys/net/ipv4/ip_forward"

int
sysctl_forward(void)
{
	int was = sysctl_get(FORWARD);

	if (was < 0)
		return was;
	return was == '1' ? 1 : sysctl_set(FORWARD, '1');
}

void
sysctl_rp_filter(const char *ifname, char value)
{
	char path[128];
	int err;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/rp_filter",
	    ifname);
	err = sysctl_set(path, value);
	if (err && err != -ENOENT)
		log_warnx(ifname, "rp_filter is not as it was");
}

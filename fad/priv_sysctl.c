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

static void
rp_path(const char *ifname, char *path, size_t cap)
{
	snprintf(path, cap, "/proc/sys/net/ipv4/conf/%s/rp_filter", ifname);
}

int
sysctl_forward(void)
{
	int was = sysctl_get(FORWARD);

	if (was < 0)
		return was;
	return was == '1' ? 1 : sysctl_set(FORWARD, '1');
}

int
sysctl_lax(const char *ifname)
{
	char path[128];
	int was, all, err = 0;
	char want;

	rp_path("all", path, sizeof(path));
	all = sysctl_get(path);
	rp_path(ifname, path, sizeof(path));
	was = sysctl_get(path);
	if (all < 0 || was < 0)
		return all < 0 ? all : was;
	/* The greater of the two counts. */
	want = all == '0' ? '0' : '2';
	if (was != want)
		err = sysctl_set(path, want);
	return err ? err : was;
}

void
sysctl_rp_filter(const char *ifname, char value)
{
	char path[128];
	int err;

	rp_path(ifname, path, sizeof(path));
	err = sysctl_set(path, value);
	if (err && err != -ENOENT)
		log_warnx(ifname, "rp_filter is not as it was");
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* See host_check.h. */
#include "config.h"
#define LOG_MODULE "conf"
#include "nasd/host_check.h"

#include <errno.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <net/if.h>

#include "common/log.h"
#include "nasd/nasd_config.h"

#define PATH_MAX_LEN	4096

/* pppd looks up a name without a slash in a directory of its own, which has
 * its version in it and is where it was built to be. */
static bool
is_installed(const char *name)
{
	static const char *const dirs[] = { PPPD_PLUGINDIR, "/usr/lib/pppd/*",
	    "/usr/lib64/pppd/*", "/usr/lib/*/pppd/*", "/usr/local/lib/pppd/*" };
	char pattern[PATH_MAX_LEN];
	bool found = false;
	glob_t g;
	size_t i;

	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]) && !found; i++) {
		snprintf(pattern, sizeof(pattern), "%s/%s", dirs[i], name);
		found = glob(pattern, 0, NULL, &g) == 0;
		if (found)
			globfree(&g);
	}
	return found;
}

static unsigned
check_plugin(const struct nasd_config *cf, const char *key, const char *name)
{
	if (strchr(name, '/') == NULL) {
		if (is_installed(name))
			return 0;
		errno = ENOENT;
	} else if (access(name, R_OK) == 0) {
		return 0;
	}
	log_warn(NULL, "%s: pppd: %s: %s: no session can start", cf->file, key,
	    name);
	return 1;
}

static unsigned
check_pppd(const struct nasd_config *cf)
{
	unsigned n = 0;

	if (access(cf->pppd.path, X_OK) != 0) {
		log_warn(NULL, "%s: pppd: path: %s: no session can start",
		    cf->file, cf->pppd.path);
		n++;
	}
	n += check_plugin(cf, "plugin", cf->pppd.plugin);
	if (cf->n_pppoe > 0)
		n += check_plugin(cf, "pppoe-plugin", cf->pppd.pppoe_plugin);
	return n;
}

unsigned
host_check(const struct nasd_config *cf)
{
	unsigned n = check_pppd(cf), i;

	for (i = 0; i < cf->n_pppoe; i++) {
		if (if_nametoindex(cf->pppoe[i].ifname) != 0)
			continue;
		log_warnx(NULL, "%s: pppoe \"%s\": there is no such interface "
		    "now; without it nasd does not start", cf->file,
		    cf->pppoe[i].ifname);
		n++;
	}
	for (i = 0; i < cf->n_node; i++) {
		if (if_nametoindex(cf->node[i].ifname) != 0)
			continue;
		log_warnx(NULL, "%s: access-node \"%s\": there is no such "
		    "interface now", cf->file, cf->node[i].ifname);
		n++;
	}
	return n;
}

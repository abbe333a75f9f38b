/* SPDX-License-Identifier: BSD-2-Clause */
/* Sections "profile NAME { ... }" of nasd.conf: rate limits by name. */
#include "config.h"
#include "nasd/nasd_config_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/conf.h"
#include "nasd/nasd_config.h"

#define MODE_TAG	"netmip4:"	/* Filter-Ids that mean otherwise */

cfg_opt_t nasd_config_profile_opts[] = {
	CFG_STR("rate-down", NULL, CFGF_NONE),
	CFG_STR("rate-up", NULL, CFGF_NONE),
	CFG_INT("burst", RATE_BURST_MS, CFGF_NONE),
	CFG_END()
};

static void
read_rate(struct conf *c, cfg_t *sec, const char *key, uint64_t *bps)
{
	const char *text = cfg_getstr(sec, key);
	int err = text != NULL ? rate_parse(text, bps) : 0;

	if (err == -ERANGE)
		conf_error(c, sec, key, "\"%s\": 0 (no limit), or from 8k to "
		    "32G bits a second", text);
	else if (err != 0)
		conf_error(c, sec, key, "\"%s\": not a number with k, M or G "
		    "behind it", text);
}

static void
read_profile(struct conf *c, cfg_t *sec, struct config_profile *p)
{
	const char *name = cfg_title(sec);

	if (name[0] == '\0' || strlen(name) > CONFIG_PROFILE_NAME)
		conf_error(c, sec, NULL, "a name has 1 to %d characters",
		    CONFIG_PROFILE_NAME);
	if (strncasecmp(name, MODE_TAG, sizeof(MODE_TAG) - 1) == 0)
		conf_error(c, sec, NULL, "names with " MODE_TAG " are taken");
	if ((p->name = strdup(name)) == NULL)
		conf_error(c, sec, NULL, "out of memory");
	read_rate(c, sec, "rate-down", &p->rate.down_bps);
	read_rate(c, sec, "rate-up", &p->rate.up_bps);
	conf_uint(c, sec, "burst", 1, RATE_BURST_MS_MAX, &p->rate.burst_ms);
}

void
nasd_config_profiles(struct conf *c, struct nasd_config *cf)
{
	unsigned n = cfg_size(c->cfg, "profile");

	cf->profile = calloc(n > 0 ? n : 1, sizeof(*cf->profile));
	if (cf->profile == NULL) {
		conf_error(c, NULL, "profile", "out of memory");
		return;
	}
	cf->n_profile = n;
	for (unsigned i = 0; i < n; i++)
		read_profile(c, cfg_getnsec(c->cfg, "profile", i),
		    &cf->profile[i]);
}

void
nasd_config_profiles_free(struct nasd_config *cf)
{
	for (unsigned i = 0; i < cf->n_profile; i++)
		free(cf->profile[i].name);
	free(cf->profile);
}

const struct config_profile *
nasd_config_profile(const struct nasd_config *cf, const char *name)
{
	for (unsigned i = 0; i < cf->n_profile; i++)
		if (strcmp(cf->profile[i].name, name) == 0)
			return &cf->profile[i];
	return NULL;
}

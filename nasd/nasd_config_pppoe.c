/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads sections "pppoe", one an access interface, and "access", what they
 * share. Neighbours: nasd_config.c; nasd_config_vlan.c, the VLANs of one. */
#include "config.h"
#include "nasd/nasd_config_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/conf.h"
#include "nasd/nasd_config.h"

/* libconfuse wants it writable. */
static char none[] = "{}";

cfg_opt_t nasd_config_pppoe_opts[] = {
	CFG_STR("ac-name", NULL, CFGF_NONE),
	CFG_STR_LIST("service-names", none, CFGF_NONE),
	CFG_INT("max-sessions", 1000, CFGF_NONE),
	CFG_INT("max-per-mac", 8, CFGF_NONE),
	CFG_INT("max-starting", 64, CFGF_NONE),
	CFG_INT("padi-rate", 500, CFGF_NONE),
	CFG_INT("rate-per-mac", 10, CFGF_NONE),
	CFG_INT("max-mru", 1500, CFGF_NONE),
	CFG_BOOL("access-line-ids", cfg_false, CFGF_NONE),
	CFG_BOOL("end-strays", cfg_true, CFGF_NONE),
	CFG_STR_LIST("vlans", none, CFGF_NONE),
	CFG_STR("qinq-type", "802.1ad", CFGF_NONE),
	CFG_INT("max-vlans", 256, CFGF_NONE),
	CFG_INT("vlan-rate", 10, CFGF_NONE),
	CFG_INT("vlan-idle", 300, CFGF_NONE),
	CFG_BOOL("untagged", cfg_true, CFGF_NONE),
	CFG_END()
};

cfg_opt_t nasd_config_access_opts[] = {
	CFG_INT("max-sessions", 10000, CFGF_NONE),
	CFG_INT("max-starting", 64, CFGF_NONE),
	CFG_INT("padi-rate", 2000, CFGF_NONE),
	CFG_STR_LIST("pado-delay", none, CFGF_NONE),
	CFG_END()
};

static void
read_delays(struct conf *c, cfg_t *sec, struct pppoe_delays *d)
{
	unsigned i;

	for (i = 0; i < cfg_size(sec, "pado-delay"); i++) {
		const char *text = cfg_getnstr(sec, "pado-delay", i);

		switch (pppoe_delays_add(d, text)) {
		case 0:
			break;
		case -ERANGE:
			conf_error(c, sec, "pado-delay", "\"%s\": at most %d "
			    "milliseconds", text, PPPOE_DELAY_MS_MAX);
			break;
		case -EEXIST:
			conf_error(c, sec, "pado-delay", "\"%s\": sessions "
			    "must ascend", text);
			break;
		case -ENOSPC:
			conf_error(c, sec, "pado-delay", "more than %d",
			    PPPOE_DELAYS_MAX);
			return;
		default:
			conf_error(c, sec, "pado-delay", "\"%s\": neither "
			    "MILLISECONDS:SESSIONS nor -1:SESSIONS", text);
		}
	}
}

void
nasd_config_access(struct conf *c, struct config_access *a)
{
	cfg_t *sec = cfg_getsec(c->cfg, "access");

	conf_uint(c, sec, "max-sessions", 1, 1000000, &a->max_sessions);
	conf_uint(c, sec, "max-starting", 1, 65534, &a->max_starting);
	conf_uint(c, sec, "padi-rate", 1, 1000000, &a->padi_rate);
	read_delays(c, sec, &a->delays);
}

void
nasd_config_pppoes(struct conf *c, struct nasd_config *cf)
{
	unsigned n = cfg_size(c->cfg, "pppoe"), i;

	cf->pppoe = conf_array(c, n, sizeof(*cf->pppoe));
	if (cf->pppoe == NULL)
		return;
	cf->n_pppoe = n;
	for (i = 0; i < cf->n_pppoe; i++) {
		cfg_t *sec = cfg_getnsec(c->cfg, "pppoe", i);
		struct config_pppoe *p = &cf->pppoe[i];
		const char *name = cfg_getstr(sec, "ac-name");

		strncpy(p->ifname, cfg_title(sec), sizeof(p->ifname) - 1);
		p->ac_name = nasd_config_copy(c, name != NULL ? name :
		    cf->nas_id);
		p->services = nasd_config_list(c, sec, "service-names");
		conf_uint(c, sec, "max-sessions", 1, 65534, &p->max_sessions);
		conf_uint(c, sec, "max-per-mac", 1, 65534, &p->max_per_mac);
		conf_uint(c, sec, "max-starting", 1, 65534, &p->max_starting);
		conf_uint(c, sec, "padi-rate", 1, 1000000, &p->padi_rate);
		conf_uint(c, sec, "rate-per-mac", 0, 1000000, &p->mac_rate);
		conf_uint(c, sec, "max-mru", 1492, 9000, &p->max_mru);
		p->line_ids = cfg_getbool(sec, "access-line-ids");
		p->end_strays = cfg_getbool(sec, "end-strays");
		p->untagged = cfg_getbool(sec, "untagged");
		nasd_config_vlans(c, sec, &p->vlan);
	}
}

void
nasd_config_pppoes_free(struct nasd_config *cf)
{
	unsigned i;

	for (i = 0; i < cf->n_pppoe; i++) {
		free(cf->pppoe[i].ac_name);
		nasd_config_list_free(cf->pppoe[i].services);
	}
	free(cf->pppoe);
}

const struct config_pppoe *
nasd_config_pppoe(const struct nasd_config *cf, const char *ifname)
{
	unsigned i;

	for (i = 0; i < cf->n_pppoe; i++)
		if (strcmp(cf->pppoe[i].ifname, ifname) == 0)
			return &cf->pppoe[i];
	return NULL;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Section "user-lookup" of had.conf(5). Part of had_config.c. */
#include "config.h"
#define LOG_MODULE "config"
#include "had/had_config_int.h"

#include <stdlib.h>
#include <string.h>

#include "radius/conf.h"

cfg_opt_t had_config_lookup_opts[] = {
	RADIUS_CONF_OPTS,
	CFG_STR("dictionary", PKGDATADIR "/dictionary", CFGF_NONE),
	CFG_STR("nas-identifier", "had", CFGF_NONE),
	CFG_STR("service-type", "call-check", CFGF_NONE),
	CFG_STR("mn-ha-algorithm", "hmac-md5", CFGF_NONE),
	CFG_INT("wait", 5, CFGF_NONE),
	CFG_INT("cache-time", 3600, CFGF_NONE),
	CFG_INT("negative-cache-time", 30, CFGF_NONE),
	CFG_INT("max-users", 100000, CFGF_NONE),
	CFG_INT("max-waiting", 4096, CFGF_NONE),
	CFG_INT("max-waiting-per-peer", 1024, CFGF_NONE),
	CFG_END()
};

/* RFC 2865 5.6, RFC 5176 4 */
static uint32_t
service_type(struct conf *c, cfg_t *sec)
{
	static const char *const words[] = { "call-check", "framed",
	    "authorize-only", NULL };
	static const uint32_t types[] = { 10, 2, 17 };

	return types[conf_word(c, sec, "service-type", words)];
}

void
had_config_lookup(struct conf *c, cfg_t *sec, struct had_lookup_conf *l)
{
	struct user_lookup_params *p = &l->params;
	uint32_t wait_s = 0;

	l->on = true;
	radius_conf_init(&l->radius);
	radius_conf_servers(c, sec, &l->radius);
	if (l->radius.n_servers == 0)
		conf_error(c, sec, "server", "no RADIUS server");
	l->dictionary = conf_dup(c, cfg_getstr(sec, "dictionary"));
	l->dictionary_line = conf_line(c, sec, "dictionary");
	l->nas_id = conf_dup(c, cfg_getstr(sec, "nas-identifier"));
	if (!l->nas_id || strlen(l->nas_id) > 253)
		conf_error(c, sec, "nas-identifier",
		    "must have 1 to 253 characters");
	l->service_type = service_type(c, sec);
	if (mip4_alg_parse(cfg_getstr(sec, "mn-ha-algorithm"), &l->alg) < 0)
		conf_error(c, sec, "mn-ha-algorithm", "\"%s\" is not known",
		    cfg_getstr(sec, "mn-ha-algorithm"));
	/* Access routers give a first registration up after 15 s. */
	if (conf_uint(c, sec, "wait", 1, 15, &wait_s) == 0)
		l->radius.auth_ms = wait_s * 1000;
	conf_uint(c, sec, "cache-time", 1, 7 * 86400, &p->known_s);
	conf_uint(c, sec, "negative-cache-time", 1, 86400, &p->rejected_s);
	conf_uint(c, sec, "max-users", 1, 100000000, &p->max_users);
	conf_uint(c, sec, "max-waiting", 1, 100000, &p->max_waiting);
	conf_uint(c, sec, "max-waiting-per-peer", 1, 100000,
	    &p->max_waiting_peer);
}

void
had_config_lookup_free(struct had_lookup_conf *l)
{
	radius_conf_wipe(&l->radius);
	free(l->dictionary);
	free(l->nas_id);
}

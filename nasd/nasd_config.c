/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads nasd.conf: the option tables, and one function a section. What only
 * the whole can tell is in nasd_config_check.c. Everything wrong is reported,
 * not only the first; files named in it (keys, secrets) are read here, before
 * privileges are dropped.
 */
#include "config.h"
#define LOG_MODULE "conf"
#include "nasd/nasd_config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/conf.h"
#include "common/conf_files.h"
#include "common/log.h"
#include "nasd/ha_select.h"
#include "nasd/nasd_config_int.h"
#include "radius/conf.h"

#define RUN_DIR	"/run/netmip4"
#define STATE_DIR "/var/lib/netmip4"

/* libconfuse wants them writable. */
static char no_services[] = "{}";
static char auth_default[] = "{chap}";
static char pppd_defaults[] = "{lcp-echo-interval, \"10\","
    " lcp-echo-failure, \"3\"}";

static cfg_opt_t pppd_opts[] = {
	CFG_STR("path", "/usr/sbin/pppd", CFGF_NONE),
	CFG_STR("plugin", "netmip4.so", CFGF_NONE),
	CFG_STR("pppoe-plugin", "rp-pppoe.so", CFGF_NONE),
	CFG_STR_LIST("auth", auth_default, CFGF_NONE),
	CFG_INT("rechallenge", 0, CFGF_NONE),
	CFG_BOOL("require-mppe", cfg_false, CFGF_NONE),
	CFG_STR_LIST("options", pppd_defaults, CFGF_NONE),
	CFG_END()
};

static cfg_opt_t radius_opts[] = {
	RADIUS_CONF_OPTS,
	CFG_STR("dictionary", PKGDATADIR "/dictionary", CFGF_NONE),
	CFG_INT("interim-interval", 0, CFGF_NONE),
	CFG_END()
};

static cfg_opt_t ha_opts[] = {
	CFG_STR("address", NULL, CFGF_NONE),
	CFG_INT("priority", 0, CFGF_NONE),
	CFG_INT("weight", 1, CFGF_NONE),
	CFG_STR_LIST("prefixes", no_services, CFGF_NONE),
	CFG_STR("encapsulation", "sit", CFGF_NONE),
	CFG_SEC("key", conf_key_opts, CFGF_MULTI | CFGF_TITLE),
	CFG_END()
};

static cfg_opt_t registration_opts[] = {
	CFG_INT("lifetime", 1800, CFGF_NONE),
	CFG_INT("attempts", 5, CFGF_NONE),
	CFG_INT("deregistration-attempts", 3, CFGF_NONE),
	CFG_INT("rate", 1000, CFGF_NONE),
	CFG_BOOL("require-nai-in-reply", cfg_true, CFGF_NONE),
	CFG_BOOL("match-most-recent-only", cfg_false, CFGF_NONE),
	CFG_INT("max-clock-offset", 0, CFGF_NONE),
	CFG_BOOL("per-node-authentication", cfg_false, CFGF_NONE),
	CFG_BOOL("send-service-selection", cfg_true, CFGF_NONE),
	CFG_STR("mn-ha-algorithm", "hmac-md5", CFGF_NONE),
	CFG_END()
};

static cfg_opt_t ra_opts[] = {
	CFG_INT("router-lifetime", 1800, CFGF_NONE),
	CFG_INT("valid-lifetime", 7200, CFGF_NONE),
	CFG_INT("preferred-lifetime", 3600, CFGF_NONE),
	CFG_END()
};

static cfg_opt_t acct_opts[] = {
	CFG_STR("spool", STATE_DIR "/accounting", CFGF_NONE),
	CFG_INT("spool-size", 65536, CFGF_NONE),
	CFG_STR("when-spool-full", "accept", CFGF_NONE),
	CFG_STR("sync", "start", CFGF_NONE),
	CFG_INT("sync-interval", 1000, CFGF_NONE),
	CFG_INT("note-interval", 300, CFGF_NONE),
	CFG_END()
};

static cfg_opt_t nasd_opts[] = {
	CFG_STR("nas-identifier", "nasd", CFGF_NONE),
	CFG_STR("care-of-address", NULL, CFGF_NONE),
	CFG_STR("care-of-pool", NULL, CFGF_NONE),
	CFG_STR("user", "netmip4", CFGF_NONE),
	CFG_STR("chroot", RUN_DIR "/empty", CFGF_NONE),
	CFG_STR("plugin-socket", RUN_DIR "/plugin.sock", CFGF_NONE),
	CFG_STR("control-socket", RUN_DIR "/nasd.ctl", CFGF_NONE),
	CFG_STR("control-group", NULL, CFGF_NONE),
	CFG_STR("state-directory", STATE_DIR "/nasd", CFGF_NONE),
	CFG_BOOL("stop-keeps-sessions", cfg_true, CFGF_NONE),
	CFG_STR("nai", "%u", CFGF_NONE),
	CFG_STR("ppp-addresses", "slaac", CFGF_NONE),
	CFG_STR("prefix-mode", "unique", CFGF_NONE),
	CFG_STR("iid-policy", "assign", CFGF_NONE),
	CFG_STR("duplicate-session", "replace", CFGF_NONE),
	CFG_STR("unlimited-sessions", "accept", CFGF_NONE),
	CFG_BOOL("radius-home-agents", cfg_true, CFGF_NONE),
	CFG_SEC("log", conf_log_opts, CFGF_NONE),
	CFG_SEC("access", nasd_config_access_opts, CFGF_NONE),
	CFG_SEC("pppoe", nasd_config_pppoe_opts, CFGF_MULTI | CFGF_TITLE),
	CFG_SEC("ethernet", nasd_config_ether_opts, CFGF_MULTI | CFGF_TITLE),
	CFG_SEC("dhcpv6", nasd_config_dhcp6_opts, CFGF_NONE),
	CFG_SEC("access-node", nasd_config_node_opts,
	    CFGF_MULTI | CFGF_TITLE),
	CFG_SEC("pppd", pppd_opts, CFGF_NONE),
	CFG_SEC("ipv4", nasd_config_ipv4_opts, CFGF_NONE),
	CFG_SEC("profile", nasd_config_profile_opts,
	    CFGF_MULTI | CFGF_TITLE),
	CFG_SEC("radius", radius_opts, CFGF_NONE),
	CFG_SEC("dynamic-authorization", nasd_config_dae_opts, CFGF_NONE),
	CFG_SEC("home-agent", ha_opts, CFGF_MULTI | CFGF_TITLE),
	CFG_SEC("registration", registration_opts, CFGF_NONE),
	CFG_SEC("router-advertisement", ra_opts, CFGF_NONE),
	CFG_SEC("accounting", acct_opts, CFGF_NONE),
	CFG_SEC("extension-type", conf_ext_opts, CFGF_NONE),
	CFG_END()
};

char *
nasd_config_copy(struct conf *c, const char *str)
{
	char *s;

	if (str == NULL)
		return NULL;
	s = strdup(str);
	if (s == NULL)
		conf_error(c, NULL, NULL, "out of memory");
	return s;
}

char **
nasd_config_list(struct conf *c, cfg_t *sec, const char *key)
{
	unsigned n = cfg_size(sec, key), i;
	char **list = calloc(n + 1, sizeof(*list));

	if (list == NULL) {
		conf_error(c, sec, key, "out of memory");
		return NULL;
	}
	for (i = 0; i < n; i++)
		list[i] = nasd_config_copy(c, cfg_getnstr(sec, key, i));
	return list;
}

static char *
text(struct conf *c, cfg_t *sec, const char *key)
{
	return nasd_config_copy(c, cfg_getstr(sec, key));
}

static void
read_top(struct conf *c, struct nasd_config *cf)
{
	static const char *const addresses[] = { "slaac", "dhcpv6",
	    "access-node", NULL };
	static const char *const modes[] = { "unique", "shared", NULL };
	static const char *const policies[] = { "assign", "honour", NULL };
	static const char *const duplicates[] = { "replace", "refuse", NULL };
	static const char *const unlimited[] = { "accept", "refuse", NULL };

	conf_host4(c, c->cfg, "care-of-address", &cf->coa);
	cf->nas_id = text(c, c->cfg, "nas-identifier");
	cf->user = text(c, c->cfg, "user");
	cf->user_line = conf_line(c, c->cfg, "user");
	cf->chroot_dir = text(c, c->cfg, "chroot");
	cf->plugin_socket = text(c, c->cfg, "plugin-socket");
	cf->control_socket = text(c, c->cfg, "control-socket");
	cf->control_group = text(c, c->cfg, "control-group");
	cf->state_dir = text(c, c->cfg, "state-directory");
	cf->stop_keeps = cfg_getbool(c->cfg, "stop-keeps-sessions");
	cf->nai = text(c, c->cfg, "nai");
	cf->ppp = conf_word(c, c->cfg, "ppp-addresses", addresses);
	cf->mode = conf_word(c, c->cfg, "prefix-mode", modes);
	cf->iid_policy = conf_word(c, c->cfg, "iid-policy", policies);
	cf->duplicate = conf_word(c, c->cfg, "duplicate-session", duplicates);
	cf->unlimited = conf_word(c, c->cfg, "unlimited-sessions", unlimited);
	cf->radius_ha = cfg_getbool(c->cfg, "radius-home-agents");
}

static void
read_pppd(struct conf *c, struct nasd_config *cf)
{
	cfg_t *sec = cfg_getsec(c->cfg, "pppd");

	cf->pppd.path = text(c, sec, "path");
	cf->pppd.plugin = text(c, sec, "plugin");
	cf->pppd.pppoe_plugin = text(c, sec, "pppoe-plugin");
	cf->pppd.auth = nasd_config_list(c, sec, "auth");
	conf_uint(c, sec, "rechallenge", 0, 604800, &cf->pppd.rechallenge_s);
	if (cf->pppd.rechallenge_s > 0 && cf->pppd.rechallenge_s < 5)
		conf_error(c, sec, "rechallenge", "0 or at least 5 seconds");
	cf->pppd.mppe = cfg_getbool(sec, "require-mppe");
	cf->pppd.options = nasd_config_list(c, sec, "options");
}

static void
read_radius(struct conf *c, struct nasd_config *cf)
{
	cfg_t *sec = cfg_getsec(c->cfg, "radius");

	radius_conf_init(&cf->radius);
	radius_conf_servers(c, sec, &cf->radius);
	cf->dictionary = text(c, sec, "dictionary");
	cf->dictionary_line = conf_line(c, sec, "dictionary");
	conf_uint(c, sec, "interim-interval", 0, 86400, &cf->interim_s);
	if (cf->interim_s > 0 && cf->interim_s < 60)
		conf_error(c, sec, "interim-interval",
		    "0 or at least 60 seconds [RFC 2869 2.1]");
}

static void
read_ha(struct conf *c, const struct nasd_config *cf, cfg_t *sec,
    struct config_ha *ha, unsigned place)
{
	unsigned i, n = cfg_size(sec, "key");

	ha->name = nasd_config_copy(c, cfg_title(sec));
	conf_host4(c, sec, "address", &ha->addr);
	/* without one they are asked in the order of the file */
	conf_uint(c, sec, "priority", 0, 65535, &ha->priority);
	if (ha->priority == 0)
		ha->priority = place;
	conf_uint(c, sec, "weight", 1, 65535, &ha->weight);
	nasd_config_prefixes(c, sec, ha);
	nasd_config_encapsulation(c, sec, ha);
	/* Access nodes have keys of their own. */
	if (n == 0 && cfg_size(c->cfg, "access-node") == 0 &&
	    cf->ppp != CONFIG_PPP_NODE)
		conf_error(c, sec, "key", "missing: no FA-HA association");
	if (n > CONFIG_HA_KEYS) {
		conf_error(c, sec, "key", "more than %d", CONFIG_HA_KEYS);
		n = CONFIG_HA_KEYS;
	}
	for (i = 0; i < n; i++)
		if (conf_key_fa_ha(c, cfg_getnsec(sec, "key", i), ha->addr,
		    cf->coa, &ha->sa[i]) == 0)
			ha->n_sa++;
}

static void
read_has(struct conf *c, struct nasd_config *cf)
{
	unsigned i;

	cf->n_ha = cfg_size(c->cfg, "home-agent");
	cf->ha = calloc(cf->n_ha > HA_SELECT_MAX ? cf->n_ha : HA_SELECT_MAX,
	    sizeof(*cf->ha));
	if (cf->ha == NULL) {
		conf_error(c, NULL, "home-agent", "out of memory");
		cf->n_ha = 0;
	}
	for (i = 0; i < cf->n_ha; i++)
		read_ha(c, cf, cfg_getnsec(c->cfg, "home-agent", i),
		    &cf->ha[i], i + 1);
}

static void
read_registration(struct conf *c, struct nasd_config *cf)
{
	cfg_t *sec = cfg_getsec(c->cfg, "registration");
	uint32_t lifetime;

	/* Below a few seconds there is no time to renew; 0xffff would never
	 * end at the home agent when we do. */
	if (conf_uint(c, sec, "lifetime", 4, 65534, &lifetime) == 0)
		cf->lifetime = (uint16_t)lifetime;
	conf_uint(c, sec, "attempts", 1, 20, &cf->attempts);
	conf_uint(c, sec, "deregistration-attempts", 1, 20,
	    &cf->dereg_attempts);
	conf_uint(c, sec, "rate", 0, 1000000, &cf->rate);
	if (cf->rate > 0 && cf->rate < 10)
		conf_error(c, sec, "rate", "0 (no limit) or at least 10");
	cf->require_nai = cfg_getbool(sec, "require-nai-in-reply");
	cf->most_recent_only = cfg_getbool(sec, "match-most-recent-only");
	conf_uint(c, sec, "max-clock-offset", 0, INT32_MAX,
	    &cf->max_clock_offset);
	cf->pmip_per_node_auth = cfg_getbool(sec, "per-node-authentication");
	cf->send_service = cfg_getbool(sec, "send-service-selection");
	if (mip4_alg_parse(cfg_getstr(sec, "mn-ha-algorithm"),
	    &cf->mn_ha_alg) < 0)
		conf_error(c, sec, "mn-ha-algorithm", "\"%s\" is not known",
		    cfg_getstr(sec, "mn-ha-algorithm"));
}

static void
read_ra(struct conf *c, struct nasd_config *cf)
{
	cfg_t *sec = cfg_getsec(c->cfg, "router-advertisement");

	/* RFC 4861 6.2.1: at least the greatest interval, at most 9000 s. */
	conf_uint(c, sec, "router-lifetime", 600, 9000,
	    &cf->ra.router_lifetime);
	conf_uint(c, sec, "valid-lifetime", 600, UINT32_MAX, &cf->ra.valid);
	conf_uint(c, sec, "preferred-lifetime", 600, UINT32_MAX,
	    &cf->ra.preferred);
	if (cf->ra.preferred > cf->ra.valid)
		conf_error(c, sec, "preferred-lifetime",
		    "longer than valid-lifetime");
}

static void
read_acct(struct conf *c, struct config_acct *a)
{
	static const char *const when_full[] = { "accept", "refuse", NULL };
	static const char *const syncs[] = { "start", "wait", NULL };
	cfg_t *sec = cfg_getsec(c->cfg, "accounting");

	a->spool = text(c, sec, "spool");
	if (a->spool != NULL && a->spool[0] != '\0' && a->spool[0] != '/')
		conf_error(c, sec, "spool", "must begin with /, or be empty");
	conf_uint(c, sec, "spool-size", 256, 64 << 20, &a->spool_kib);
	a->refuse = conf_word(c, sec, "when-spool-full", when_full) == 1;
	a->sync_wait = conf_word(c, sec, "sync", syncs) == 1;
	conf_uint(c, sec, "sync-interval", 0, 60000, &a->sync_ms);
	conf_uint(c, sec, "note-interval", 0, 86400, &a->note_s);
	if (a->note_s > 0 && a->note_s < 30)
		conf_error(c, sec, "note-interval",
		    "0 or at least 30 seconds");
}

static void
read_all(struct conf *c, struct nasd_config *cf, bool debug)
{
	(void)conf_log(c, cfg_getsec(c->cfg, "log"), "nasd", debug);
	read_top(c, cf);
	nasd_config_access(c, &cf->access);
	nasd_config_pppoes(c, cf);
	nasd_config_ethers(c, cf);
	nasd_config_dhcp6(c, &cf->dhcpv6);
	read_pppd(c, cf);
	read_radius(c, cf);
	read_has(c, cf);
	nasd_config_nodes(c, cf);
	nasd_config_ipv4(c, cf);
	nasd_config_profiles(c, cf);
	nasd_config_dae(c, cf);
	read_registration(c, cf);
	read_ra(c, cf);
	read_acct(c, &cf->acct);
	conf_ext(c, cfg_getsec(c->cfg, "extension-type"), &cf->ext);
	if (c->errors == 0)	/* what is missing has been said */
		nasd_config_check(c, cf);
}

static struct nasd_config *
load(const char *file, bool debug, struct conf_files *files, bool dry,
    int *err)
{
	struct nasd_config *cf = calloc(1, sizeof(*cf));
	struct conf c;

	if (cf == NULL) {
		*err = -ENOMEM;
		return NULL;
	}
	*err = conf_load_files(&c, file, nasd_opts, files, dry);
	if (*err != 0) {
		free(cf);
		return NULL;
	}
	cf->file = nasd_config_copy(&c, file);
	cf->debug = debug;
	read_all(&c, cf, debug);
	if (c.errors == 0 && conf_items_make(&cf->items, &c, files) != 0)
		conf_error(&c, NULL, NULL, "out of memory");
	if (c.errors > 0) {
		*err = -EINVAL;
		nasd_config_free(cf);
		cf = NULL;
	}
	conf_free(&c);
	return cf;
}

struct nasd_config *
nasd_config_load(const char *file, bool debug, int *err)
{
	struct conf_files files = { 0 };
	struct nasd_config *cf = load(file, debug, &files, false, err);

	conf_files_free(&files);
	return cf;
}

struct nasd_config *
nasd_config_read(const char *file, struct conf_files *files, int *err)
{
	return load(file, false, files, true, err);
}

const cfg_opt_t *
nasd_config_opts(void)
{
	return nasd_opts;
}

void
nasd_config_log_levels(const struct nasd_config *cf)
{
	const struct conf_items *l = &cf->items;
	const char *module = NULL;
	size_t i;

	for (i = 0; i < l->n && !cf->debug; i++) {
		const struct conf_item *it = &l->item[i];

		if (strcmp(it->path, "log.level") == 0)
			(void)log_set_level(NULL, it->value);
		else if (strcmp(it->path, "log.module") == 0)
			module = it->value;
		else if (strcmp(it->path, "log.module.level") == 0)
			(void)log_set_level(module, it->value);
	}
}

void
nasd_config_list_free(char **list)
{
	char **p;

	for (p = list; p != NULL && *p != NULL; p++)
		free(*p);
	free(list);
}

static void
free_sections(struct nasd_config *cf)
{
	unsigned i, k;

	nasd_config_pppoes_free(cf);
	nasd_config_ethers_free(cf);
	radius_conf_wipe(&cf->radius);
	for (i = 0; i < cf->n_ha; i++) {
		free(cf->ha[i].name);
		free(cf->ha[i].prefix);
		for (k = 0; k < CONFIG_HA_KEYS; k++)
			mip4_sa_wipe(&cf->ha[i].sa[k]);
	}
	free(cf->ha);
	nasd_config_profiles_free(cf);
	nasd_config_nodes_free(cf);
	nasd_config_dae_wipe(cf);
}

void
nasd_config_free(struct nasd_config *cf)
{
	if (cf == NULL)
		return;
	free_sections(cf);
	conf_items_free(&cf->items);
	free(cf->file);
	free(cf->nas_id);
	free(cf->user);
	free(cf->chroot_dir);
	free(cf->plugin_socket);
	free(cf->control_socket);
	free(cf->control_group);
	free(cf->state_dir);
	free(cf->nai);
	free(cf->pppd.path);
	free(cf->pppd.plugin);
	free(cf->pppd.pppoe_plugin);
	nasd_config_list_free(cf->pppd.auth);
	nasd_config_list_free(cf->pppd.options);
	free(cf->dictionary);
	free(cf->acct.spool);
	free(cf);
}

const struct config_ha *
nasd_config_ha(const struct nasd_config *cf, struct in_addr addr)
{
	unsigned i;

	for (i = 0; i < cf->n_ha; i++)
		if (cf->ha[i].addr.s_addr == addr.s_addr && !cf->ha[i].gone)
			return &cf->ha[i];
	return NULL;
}

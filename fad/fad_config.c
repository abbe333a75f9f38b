/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads fad.conf(5). Every mistake is reported, not only the first. */
#include "config.h"
#define LOG_MODULE "config"
#include "fad/fad_config_int.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/log.h"
#include "common/mip4.h"

#define MTU_MIN		576
#define MTU_MAX		65515
#define TABLE_MIN	256		/* lower ones have names */
#define TABLE_MAX	0x7ffffff0
#define RULE_MAX	32765		/* before the main table's */
#define TUNNELS_MAX	10000

/* RFC 1256 6.1; its 600 s are for hosts that stay where they are. */
#define INTERVAL_MIN	1
#define INTERVAL_MAX	1800
#define INTERVAL	10
#define LIFETIME_MAX	9000

static cfg_opt_t dataplane_opts[] = {
	CFG_STR("type", "kernel", CFGF_NONE),
	CFG_INT("mtu", 1480, CFGF_NONE),
	CFG_INT("table", 43400, CFGF_NONE),
	CFG_INT("rule-priority", 4340, CFGF_NONE),
	CFG_INT("max-tunnels", 256, CFGF_NONE),
	CFG_END()
};

static cfg_opt_t link_opts[] = {
	CFG_STR("address", NULL, CFGF_NONE),
	CFG_INT("prefix-length", 0, CFGF_NONE),
	CFG_BOOL("advertise", cfg_true, CFGF_NONE),
	CFG_BOOL("router", cfg_true, CFGF_NONE),
	CFG_BOOL("registration-required", cfg_false, CFGF_NONE),
	CFG_INT("preference", 0, CFGF_NONE),
	CFG_INT("max-interval", INTERVAL, CFGF_NONE),
	CFG_INT("min-interval", 0, CFGF_NODEFAULT),
	CFG_INT("lifetime", 0, CFGF_NODEFAULT),
	CFG_END()
};

static cfg_opt_t fad_opts[] = {
	CFG_STR("care-of-address", NULL, CFGF_NONE),
	CFG_INT("port", MIP4_PORT, CFGF_NONE),
	CFG_STR("user", "netmip4", CFGF_NONE),
	CFG_STR("chroot", "/run/netmip4/empty", CFGF_NONE),
	CFG_STR("control-socket", "/run/netmip4/fad.ctl", CFGF_NONE),
	CFG_STR("control-group", NULL, CFGF_NONE),
	CFG_SEC("log", conf_log_opts, CFGF_NONE),
	CFG_SEC("dataplane", dataplane_opts, CFGF_NONE),
	CFG_INT("max-lifetime", 1800, CFGF_NONE),
	CFG_INT("max-visitors", 1000, CFGF_NONE),
	CFG_INT("max-pending", 100, CFGF_NONE),
	CFG_INT("max-pending-per-node", 5, CFGF_NONE),
	CFG_INT("pending-time", 7, CFGF_NONE),
	CFG_STR("reverse-tunnel", "offer", CFGF_NONE),
	CFG_STR("strict-reserved", "none", CFGF_NONE),
	CFG_STR("gre", "refuse", CFGF_NONE),
	CFG_BOOL("zero-home-address", cfg_true, CFGF_NONE),
	CFG_BOOL("known-home-agents", cfg_false, CFGF_NONE),
	CFG_BOOL("require-mn-fa", cfg_false, CFGF_NONE),
	CFG_BOOL("revocation", cfg_true, CFGF_NONE),
	CFG_STR_LIST("realms", NULL, CFGF_NODEFAULT),
	CFG_SEC("link", link_opts, CFGF_MULTI | CFGF_TITLE),
	CFG_SEC("home-agent", fad_config_home_agent_opts,
	    CFGF_MULTI | CFGF_TITLE),
	CFG_SEC("mobile-node", fad_config_mobile_node_opts,
	    CFGF_MULTI | CFGF_TITLE),
	CFG_END()
};

static void
load_realms(struct conf *c, struct fad_config *f)
{
	size_t i;

	f->realms = conf_names(c, c->cfg, "realms", &f->n_realms);
	for (i = 0; i < f->n_realms; i++)
		if (f->realms[i] && strchr(f->realms[i], '@'))
			conf_error(c, c->cfg, "realms",
			    "is what follows the @, alone");
}

/* RFC 1256 6.1: at least 3/4 of max, at most max; lifetime three times max,
 * never less than max. */
static void
load_intervals(struct conf *c, cfg_t *sec, struct fad_link *l)
{
	l->max_s = INTERVAL;
	conf_uint(c, sec, "max-interval", INTERVAL_MIN, INTERVAL_MAX,
	    &l->max_s);
	l->min_s = l->max_s * 3 / 4;
	if (l->min_s == 0)
		l->min_s = 1;
	conf_uint(c, sec, "min-interval", INTERVAL_MIN, l->max_s, &l->min_s);
	l->lifetime = 3 * l->max_s;
	conf_uint(c, sec, "lifetime", l->max_s, LIFETIME_MAX, &l->lifetime);
}

static void
load_link(struct conf *c, cfg_t *sec, struct fad_link *l)
{
	uint32_t len = 0;
	long preference = cfg_getint(sec, "preference");

	l->name = conf_name(c, sec);
	if (l->name)
		conf_device(c, sec, NULL, l->name);
	conf_host4(c, sec, "address", &l->address);
	conf_uint(c, sec, "prefix-length", 0, 32, &len);
	l->prefix_len = len;
	l->advertise = cfg_getbool(sec, "advertise");
	l->router = cfg_getbool(sec, "router");
	l->required = cfg_getbool(sec, "registration-required");
	if (preference < INT32_MIN || preference > INT32_MAX)
		conf_error(c, sec, "preference", "has 32 bits");
	l->preference = (int32_t)preference;
	load_intervals(c, sec, l);
	if (l->required && !l->advertise)
		conf_error(c, sec, "registration-required",
		    "needs advertise [RFC 3344 2.3]");
}

static void
load_links(struct conf *c, struct fad_config *f)
{
	size_t n = cfg_size(c->cfg, "link"), i;

	f->links = conf_array(c, n, sizeof(*f->links));
	if (!f->links)
		return;
	f->n_links = n;
	for (i = 0; i < n; i++)
		load_link(c, cfg_getnsec(c->cfg, "link", (unsigned)i),
		    &f->links[i]);
	if (n == 0)
		conf_error(c, c->cfg, "link", "at least one is needed");
	else if (n > FAD_LINKS_MAX)
		conf_error(c, c->cfg, "link", "at most %d", FAD_LINKS_MAX);
}

static void
load_dataplane(struct conf *c, cfg_t *dp, struct fad_config *f)
{
	static const char *const planes[] = { "kernel", "none", NULL };

	f->dataplane = conf_word(c, dp, "type", planes) ? FAD_DATAPLANE_NONE :
	    FAD_DATAPLANE_KERNEL;
	conf_uint(c, dp, "mtu", MTU_MIN, MTU_MAX, &f->tunnel_mtu);
	conf_uint(c, dp, "max-tunnels", 1, TUNNELS_MAX, &f->max_tunnels);
	conf_uint(c, dp, "table", TABLE_MIN, TABLE_MAX - 2 * TUNNELS_MAX,
	    &f->table);
	conf_uint(c, dp, "rule-priority", 1, RULE_MAX, &f->rule_priority);
}

static void
load_numbers(struct conf *c, struct fad_config *f)
{
	uint32_t port = MIP4_PORT;
	cfg_t *cfg = c->cfg;

	conf_uint(c, cfg, "port", 1, 65535, &port);
	f->port = (uint16_t)port;
	conf_uint(c, cfg, "max-lifetime", 1, 65535, &f->max_lifetime);
	conf_uint(c, cfg, "max-visitors", 1, 1000000, &f->max_visitors);
	conf_uint(c, cfg, "max-pending", 1, 100000, &f->max_pending);
	conf_uint(c, cfg, "max-pending-per-node", 1, 1000,
	    &f->max_pending_node);
	/* RFC 3344 3.7.1: not before 7 s; the mobile node waits no longer
	 * than the lifetime it asked for. */
	conf_uint(c, cfg, "pending-time", 7, 300, &f->pending_time);
}

enum fad_gre
fad_config_word_gre(struct conf *c, cfg_t *sec)
{
	static const char *const words[] = { "refuse", "offer", "always",
		NULL };

	return (enum fad_gre)conf_word(c, sec, "gre", words);
}

static void
load_policy(struct conf *c, struct fad_config *f)
{
	static const char *const reverses[] = { "offer", "require", "refuse",
		NULL };
	static const char *const stricts[] = { "none", "x", "both", NULL };
	cfg_t *cfg = c->cfg;

	f->reverse = (enum fad_reverse)conf_word(c, cfg, "reverse-tunnel",
	    reverses);
	f->strict = (enum fad_strict)conf_word(c, cfg, "strict-reserved",
	    stricts);
	f->gre = fad_config_word_gre(c, cfg);
	f->zero_home = cfg_getbool(cfg, "zero-home-address");
	f->known_only = cfg_getbool(cfg, "known-home-agents");
	f->any_gre = f->gre != FAD_GRE_REFUSE && !f->known_only;
	f->require_mn_fa = cfg_getbool(cfg, "require-mn-fa");
	f->revocation = cfg_getbool(cfg, "revocation");
	load_realms(c, f);
}

static void
load_all(struct conf *c, struct fad_config *f)
{
	conf_host4(c, c->cfg, "care-of-address", &f->care_of);
	f->user = conf_dup(c, cfg_getstr(c->cfg, "user"));
	f->user_line = conf_line(c, c->cfg, "user");
	f->chroot = conf_dup(c, cfg_getstr(c->cfg, "chroot"));
	f->control_socket = conf_dup(c, cfg_getstr(c->cfg, "control-socket"));
	conf_socket_path(c, c->cfg, "control-socket");
	f->control_group = conf_dup(c, cfg_getstr(c->cfg, "control-group"));
	load_dataplane(c, cfg_getsec(c->cfg, "dataplane"), f);
	load_numbers(c, f);
	load_policy(c, f);
	f->types = (struct mip4_ext_types)MIP4_EXT_TYPES_DEFAULT;
	load_links(c, f);
	fad_config_known(c, f);
}

struct fad_config *
fad_config_load(const char *file, bool debug)
{
	struct fad_config *f;
	struct conf c = { 0 };

	if (conf_load(&c, file, fad_opts))
		return NULL;
	f = calloc(1, sizeof(*f));
	if (f) {
		(void)conf_log(&c, cfg_getsec(c.cfg, "log"), "fad", debug);
		load_all(&c, f);
	} else {
		conf_error(&c, c.cfg, NULL, "out of memory");
	}
	if (c.errors > 0) {
		fad_config_free(f);
		f = NULL;
	}
	conf_free(&c);
	return f;
}

void
fad_config_free(struct fad_config *f)
{
	size_t i;

	if (!f)
		return;
	fad_config_known_free(f);
	for (i = 0; i < f->n_links; i++)
		free(f->links[i].name);
	conf_names_free(f->realms, f->n_realms);
	free(f->links);
	free(f->user);
	free(f->chroot);
	free(f->control_socket);
	free(f->control_group);
	free(f);
}

enum fad_gre
fad_config_gre(const struct fad_config *f, const struct home_agent *ha)
{
	return ha ? ha->gre : f->gre;
}

bool
fad_config_allows(const struct fad_config *f, const uint8_t *nai, size_t len)
{
	size_t i, n, at = len;

	if (f->n_realms == 0 || len == 0)
		return true;
	while (at > 0 && nai[at - 1] != '@')
		at--;
	for (i = 0; at > 0 && i < f->n_realms; i++) {
		n = strlen(f->realms[i]);
		if (n == len - at && strncasecmp(f->realms[i],
		    (const char *)nai + at, n) == 0)
			return true;
	}
	return false;
}

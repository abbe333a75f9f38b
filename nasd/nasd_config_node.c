/* SPDX-License-Identifier: BSD-2-Clause */
/* Sections "access-node", and their care-of addresses, of nasd.conf
 * [PROTOCOLS 11.5, D170]. */
#include "config.h"
#include "nasd/nasd_config_int.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/conf.h"
#include "common/ip4.h"
#include "common/mip4_ext.h"
#include "nasd/nasd_config.h"

cfg_opt_t nasd_config_node_opts[] = {
	CFG_STR("nai", NULL, CFGF_NONE),
	CFG_STR_LIST("home-agent", NULL, CFGF_NONE),
	CFG_BOOL("proactive", cfg_false, CFGF_NONE),
	CFG_INT("idle-timeout", 0, CFGF_NONE),
	CFG_INT("import-wait", 60, CFGF_NONE),
	CFG_STR("router-mac", NULL, CFGF_NONE),
	CFG_STR("via-fa", NULL, CFGF_NONE),
	CFG_STR("fa-care-of", NULL, CFGF_NONE),
	CFG_INT("lifetime", 0, CFGF_NONE),
	CFG_SEC("key", conf_key_opts, CFGF_MULTI | CFGF_TITLE),
	CFG_SEC("fa-key", conf_key_opts, CFGF_MULTI | CFGF_TITLE),
	CFG_END()
};

#define POOL	"care-of-pool"
/* Behind a foreign agent nobody can tell us of a revocation [PROTOCOLS
 * 11.6]. */
#define FA_LIFETIME	300

/* One address, or the first and the last one. */
static void
read_pool(struct conf *c, struct config_coas *pool)
{
	const char *text = cfg_getstr(c->cfg, POOL), *dash;
	char first[INET_ADDRSTRLEN];
	size_t len;

	if (text == NULL)
		return;
	dash = strchr(text, '-');
	len = dash != NULL ? (size_t)(dash - text) : strlen(text);
	snprintf(first, sizeof(first), "%.*s", (int)(len < sizeof(first) ?
	    len : 0), text);
	if (inet_pton(AF_INET, first, &pool->first) != 1 ||
	    inet_pton(AF_INET, dash != NULL ? dash + 1 : first,
	    &pool->last) != 1 || !ip4_is_host(pool->first) ||
	    !ip4_is_host(pool->last) ||
	    ntohl(pool->first.s_addr) > ntohl(pool->last.s_addr)) {
		conf_error(c, NULL, POOL, "\"%s\" is no host's IPv4 address, "
		    "nor a range FIRST-LAST of them", text);
		*pool = (struct config_coas){ .first = { INADDR_ANY } };
	}
}

uint32_t
config_coas_size(const struct config_coas *pool)
{
	return pool->first.s_addr == INADDR_ANY ? 0 :
	    ntohl(pool->last.s_addr) - ntohl(pool->first.s_addr) + 1;
}

struct in_addr
config_coas_at(const struct config_coas *pool, unsigned i)
{
	return (struct in_addr){ htonl(ntohl(pool->first.s_addr) +
	    i % config_coas_size(pool)) };
}

unsigned
nasd_config_ppp_nodes(const struct nasd_config *cf)
{
	uint32_t n = config_coas_size(&cf->coas);

	if (cf->ppp != CONFIG_PPP_NODE || n <= cf->n_node)
		return 0;
	n -= cf->n_node;
	return n < CONFIG_PPP_NODES ? n : CONFIG_PPP_NODES;
}

static bool
in_pool(const struct config_coas *pool, struct in_addr addr)
{
	uint32_t a = ntohl(addr.s_addr);

	return a >= ntohl(pool->first.s_addr) && a <= ntohl(pool->last.s_addr);
}

/* Links can share an address where GRE's keys tell them apart [D28]. */
static void
check_shared(struct conf *c, const struct nasd_config *cf)
{
	for (unsigned i = 0; i < cf->n_ha; i++)
		if (!cf->ha[i].gre) {
			conf_error(c, NULL, POOL, "fewer addresses than access "
			    "nodes, and home agent \"%s\" without "
			    "encapsulation gre", cf->ha[i].name);
			return;
		}
}

/* Sections that need none. */
static unsigned
behind_agents(const struct nasd_config *cf)
{
	unsigned n = 0, i;

	for (i = 0; i < cf->n_node; i++)
		n += cf->node[i].via_fa.s_addr != INADDR_ANY;
	return n;
}

static void
check_pool(struct conf *c, const struct nasd_config *cf)
{
	const struct config_coas *pool = &cf->coas;
	uint32_t n = config_coas_size(pool);
	unsigned i, needs = cf->n_node + (cf->ppp == CONFIG_PPP_NODE);

	if (n == 0) {
		if (needs > behind_agents(cf) &&
		    cfg_getstr(c->cfg, POOL) == NULL)
			conf_error(c, NULL, POOL, "missing: access nodes need "
			    "care-of addresses");
		return;
	}
	if (n > CONFIG_NODES + CONFIG_PPP_NODES)
		conf_error(c, NULL, POOL, "more than %d addresses",
		    CONFIG_NODES + CONFIG_PPP_NODES);
	else if (n < cf->n_node && behind_agents(cf) < cf->n_node)
		check_shared(c, cf);
	if (cf->ppp == CONFIG_PPP_NODE && n < needs)
		conf_error(c, NULL, POOL, "none is left for PPP subscribers");
	if (in_pool(pool, cf->coa))
		conf_error(c, NULL, POOL, "has our care-of-address");
	for (i = 0; i < cf->n_ha; i++)
		if (in_pool(pool, cf->ha[i].addr))
			conf_error(c, NULL, POOL, "has home agent \"%s\"",
			    cf->ha[i].name);
}

static void
read_name(struct conf *c, cfg_t *sec, struct config_node *n)
{
	const char *name = cfg_title(sec);

	if (name[0] == '\0' || strpbrk(name, "/ ") != NULL ||
	    strlen(name) >= sizeof(n->ifname))
		conf_error(c, sec, NULL, "\"%s\" is no interface name", name);
	else
		strcpy(n->ifname, name);
}

static void
read_nai(struct conf *c, cfg_t *sec, struct config_node *n)
{
	const char *nai = cfg_getstr(sec, "nai");

	if (nai == NULL || nai[0] == '\0' || strlen(nai) > MIP4_NAI_MAX) {
		conf_error(c, sec, "nai", nai == NULL ? "missing" :
		    "must have 1 to %d characters", MIP4_NAI_MAX);
		return;
	}
	strcpy(n->nai, nai);
	nai_normalize(n->nai, strlen(n->nai));
}

static void
read_home_agents(struct conf *c, cfg_t *sec, const struct nasd_config *cf,
    struct config_node *n)
{
	const char *name;
	unsigned i, k;

	for (k = 0; k < cfg_size(sec, "home-agent"); k++) {
		name = cfg_getnstr(sec, "home-agent", k);
		for (i = 0; i < cf->n_ha; i++)
			if (strcmp(cf->ha[i].name, name) == 0)
				break;
		if (i == cf->n_ha)
			conf_error(c, sec, "home-agent",
			    "\"%s\" is not configured", name);
		else if (n->n_ha == CONFIG_NODE_HAS)
			conf_error(c, sec, "home-agent", "more than %d",
			    CONFIG_NODE_HAS);
		else
			n->ha[n->n_ha++] = cf->ha[i].addr;
	}
}

static void
read_router(struct conf *c, cfg_t *sec, struct config_node *n)
{
	const char *text = cfg_getstr(sec, "router-mac");
	uint8_t *m = n->router, all = 0;
	int end = -1;

	if (text == NULL)
		return;
	n->has_router = sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n",
	    &m[0], &m[1], &m[2], &m[3], &m[4], &m[5], &end) == 6 &&
	    end == 17 && text[end] == '\0';
	for (unsigned i = 0; i < sizeof(n->router); i++)
		all |= m[i];
	if (!n->has_router || (m[0] & 1) != 0 || all == 0)
		conf_error(c, sec, "router-mac", "\"%s\" is no unicast "
		    "link-layer address", text);
}

static bool
read_address(struct conf *c, cfg_t *sec, const char *key,
    struct in_addr *addr)
{
	const char *text = cfg_getstr(sec, key);

	if (text == NULL)
		return false;
	if (inet_pton(AF_INET, text, addr) == 1 && ip4_is_host(*addr))
		return true;
	conf_error(c, sec, key, "\"%s\" is no host's IPv4 address", text);
	addr->s_addr = INADDR_ANY;
	return true;
}

/* Whoever relays is none of those who are asked. */
static void
check_agent(struct conf *c, cfg_t *sec, const struct nasd_config *cf,
    const char *key, struct in_addr addr)
{
	unsigned i;

	if (addr.s_addr == cf->coa.s_addr)
		conf_error(c, sec, key, "is our care-of-address");
	if (cf->coas.first.s_addr != INADDR_ANY && in_pool(&cf->coas, addr))
		conf_error(c, sec, key, "is in " POOL);
	for (i = 0; i < cf->n_ha; i++)
		if (cf->ha[i].addr.s_addr == addr.s_addr)
			conf_error(c, sec, key, "is home agent \"%s\"",
			    cf->ha[i].name);
}

/* [RFC 3344 3.5.3] */
static void
read_fa_key(struct conf *c, cfg_t *sec, bool via, struct config_node *n)
{
	unsigned keys = cfg_size(sec, "fa-key");

	if (keys > 1)
		conf_error(c, sec, "fa-key", "more than one");
	else if (keys == 1 && !via)
		conf_error(c, sec, "fa-key", "needs via-fa");
	else if (keys == 1)
		n->has_fa_sa = conf_key(c, cfg_getnsec(sec, "fa-key", 0),
		    &n->fa_sa) == 0;
}

static void
read_agent(struct conf *c, cfg_t *sec, const struct nasd_config *cf,
    struct config_node *n)
{
	bool via = read_address(c, sec, "via-fa", &n->via_fa);
	bool coa = read_address(c, sec, "fa-care-of", &n->coa);

	if (coa && !via)
		conf_error(c, sec, "fa-care-of", "needs via-fa");
	else if (via)
		check_agent(c, sec, cf, "via-fa", n->via_fa);
	if (via && coa)
		check_agent(c, sec, cf, "fa-care-of", n->coa);
	read_fa_key(c, sec, via, n);
	conf_uint(c, sec, "lifetime", 0, UINT16_MAX - 1, &n->lifetime);
	if (via && n->lifetime == 0)
		n->lifetime = FA_LIFETIME;
}

static void
read_one(struct conf *c, cfg_t *sec, const struct nasd_config *cf,
    struct config_node *n)
{
	read_name(c, sec, n);
	read_nai(c, sec, n);
	read_home_agents(c, sec, cf, n);
	read_router(c, sec, n);
	read_agent(c, sec, cf, n);
	n->proactive = cfg_getbool(sec, "proactive");
	conf_uint(c, sec, "idle-timeout", 0, 604800, &n->idle_s);
	conf_uint(c, sec, "import-wait", 0, 604800, &n->import_s);
	if (cfg_size(sec, "key") != 1)
		conf_error(c, sec, "key", "one, the mobile node's (MN-HA), is "
		    "needed");
	else
		(void)conf_key(c, cfg_getnsec(sec, "key", 0), &n->sa);
}

/* Two that register one NAI would move it to and fro [D23]. */
static void
check_others(struct conf *c, cfg_t *sec, const struct nasd_config *cf,
    const struct config_node *n)
{
	const struct config_node *o;

	for (o = cf->node; o != n; o++) {
		if (n->nai[0] != '\0' && strcmp(o->nai, n->nai) == 0)
			conf_error(c, sec, "nai", "access-node \"%s\" has it "
			    "already", o->ifname);
	}
	if (nasd_config_pppoe(cf, n->ifname) != NULL)
		conf_error(c, sec, NULL, "%s is a section pppoe already",
		    n->ifname);
	if (nasd_config_ether(cf, n->ifname) != NULL)
		conf_error(c, sec, NULL, "%s is a section ethernet already",
		    n->ifname);
}

void
nasd_config_nodes(struct conf *c, struct nasd_config *cf)
{
	unsigned n = cfg_size(c->cfg, "access-node"), i;

	read_pool(c, &cf->coas);
	if (n > CONFIG_NODES) {
		conf_error(c, NULL, "access-node", "more than %d",
		    CONFIG_NODES);
		return;
	}
	cf->node = calloc(n > 0 ? n : 1, sizeof(*cf->node));
	if (cf->node == NULL) {
		conf_error(c, NULL, "access-node", "out of memory");
		return;
	}
	cf->n_node = n;
	for (i = 0; i < n; i++) {
		cfg_t *sec = cfg_getnsec(c->cfg, "access-node", i);

		read_one(c, sec, cf, &cf->node[i]);
		check_others(c, sec, cf, &cf->node[i]);
	}
	check_pool(c, cf);
}

void
nasd_config_nodes_free(struct nasd_config *cf)
{
	for (unsigned i = 0; i < cf->n_node; i++) {
		mip4_sa_wipe(&cf->node[i].sa);
		mip4_sa_wipe(&cf->node[i].fa_sa);
	}
	free(cf->node);
}

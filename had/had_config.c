/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads had.conf(5). Every mistake is reported, not only the first. */
#include "config.h"
#define LOG_MODULE "config"
#include "had/had_config_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/conf.h"
#include "common/log.h"
#include "common/mip4.h"

#define MTU_MIN		1280	/* RFC 8200 5 */
#define MTU_MAX		65515

static cfg_opt_t dataplane_opts[] = {
	CFG_STR("type", "kernel", CFGF_NONE),
	CFG_INT("mtu", 1480, CFGF_NONE),
	CFG_END()
};

static cfg_opt_t pool_opts[] = {
	CFG_STR("prefix", NULL, CFGF_NONE),
	CFG_STR("mode", "unique", CFGF_NONE),
	CFG_INT("max-lifetime", 0, CFGF_NODEFAULT),
	CFG_INT("prefix-hold", 0, CFGF_NODEFAULT),
	CFG_BOOL("hold-reclaim", cfg_true, CFGF_NONE),
	CFG_STR("home-link", NULL, CFGF_NONE),
	CFG_END()
};

static cfg_opt_t had_opts[] = {
	CFG_STR("address", NULL, CFGF_NONE),
	CFG_INT("port", MIP4_PORT, CFGF_NONE),
	CFG_STR("user", "netmip4", CFGF_NONE),
	CFG_STR("chroot", "/run/netmip4/empty", CFGF_NONE),
	CFG_STR("control-socket", "/run/netmip4/had.ctl", CFGF_NONE),
	CFG_STR("control-group", NULL, CFGF_NONE),
	CFG_SEC("log", conf_log_opts, CFGF_NONE),
	CFG_SEC("dataplane", dataplane_opts, CFGF_NONE),
	CFG_SEC("extension-type", conf_ext_opts, CFGF_NONE),
	CFG_INT("max-lifetime", 3600, CFGF_NONE),
	CFG_INT("replay-window", 7, CFGF_NONE),
	CFG_INT("prefix-hold", 86400, CFGF_NONE),
	CFG_INT("flap-limit", 5, CFGF_NONE),
	CFG_INT("max-bindings", 100000, CFGF_NONE),
	CFG_INT("shed-after", 500, CFGF_NONE),
	CFG_INT("shed-pending", 10000, CFGF_NONE),
	CFG_INT("unverified-rate", 20, CFGF_NONE),
	CFG_INT("unverified-burst", 100, CFGF_NONE),
	CFG_STR("strict-reserved", "none", CFGF_NONE),
	CFG_STR("pool-hint", "prefer", CFGF_NONE),
	CFG_BOOL("always-code-1", cfg_false, CFGF_NONE),
	CFG_BOOL("dynamic-ha", cfg_false, CFGF_NONE),
	CFG_STR("redirect", NULL, CFGF_NONE),
	CFG_BOOL("revocation", cfg_true, CFGF_NONE),
	CFG_SEC("pool", pool_opts, CFGF_MULTI | CFGF_TITLE),
	CFG_SEC("exit", had_config_exit_opts, CFGF_MULTI | CFGF_TITLE),
	CFG_SEC("peer", had_config_peer_opts, CFGF_MULTI | CFGF_TITLE),
	CFG_SEC("access-node", had_config_node_opts, CFGF_MULTI | CFGF_TITLE),
	CFG_SEC("realm", had_config_realm_opts, CFGF_MULTI | CFGF_TITLE),
	CFG_SEC("subscriber", had_config_user_opts, CFGF_MULTI | CFGF_TITLE),
	CFG_SEC("user-key", had_config_user_opts, CFGF_MULTI | CFGF_TITLE),
	CFG_SEC("user-lookup", had_config_lookup_opts,
	    CFGF_NODEFAULT | CFGF_MULTI),
	CFG_END()
};

int
had_config_host(struct conf *c, cfg_t *sec, const char *key, struct in_addr *a)
{
	int err = conf_ipv4(c, sec, key, a);

	if (err == 0 && (a->s_addr == INADDR_ANY ||
	    a->s_addr == INADDR_BROADCAST || IN_MULTICAST(ntohl(a->s_addr))))
		conf_error(c, sec, key, "not the address of a host");
	return err;
}

static bool
pools_overlap(const struct pool *a, const struct pool *b)
{
	return a->len <= b->len ? pool_contains(a, &b->prefix) :
	    pool_contains(b, &a->prefix);
}

/* Each address of a whole prefix could not be defended on a link [D76]. */
static void
load_home_link(struct conf *c, cfg_t *sec, struct pool *p)
{
	const char *name = cfg_getstr(sec, "home-link");

	p->home_link = conf_dup(c, name);
	if (!p->home_link)
		return;
	conf_device(c, sec, "home-link", name);
	if (p->mode != POOL_SHARED)
		conf_error(c, sec, "home-link", "only for a shared pool");
}

static void
load_pool(struct conf *c, struct had_config *h, cfg_t *sec, struct pool *p)
{
	static const char *const modes[] = { "unique", "shared", NULL };
	int err;

	p->name = conf_name(c, sec);
	p->mode = conf_word(c, sec, "mode", modes) ? POOL_SHARED : POOL_UNIQUE;
	p->max_lifetime = h->max_lifetime;
	p->hold = h->prefix_hold;
	conf_uint(c, sec, "max-lifetime", 1, 65535, &p->max_lifetime);
	conf_uint(c, sec, "prefix-hold", 0, UINT32_MAX / 2, &p->hold);
	p->hold_strict = !cfg_getbool(sec, "hold-reclaim");
	load_home_link(c, sec, p);
	p->len = 64;
	err = conf_prefix6(c, sec, "prefix", &p->prefix, &p->len);
	if (err == -ENOENT)
		conf_error(c, sec, "prefix", "missing");
	if (err)
		return;
	if (p->mode == POOL_SHARED && p->len != 64)
		conf_error(c, sec, "prefix", "a shared pool is a /64");
	else if (p->len > 64)
		conf_error(c, sec, "prefix", "longer than /64");
	else if (p->len == 0 || IN6_IS_ADDR_MULTICAST(&p->prefix) ||
	    IN6_IS_ADDR_LINKLOCAL(&p->prefix) ||
	    IN6_IS_ADDR_UNSPECIFIED(&p->prefix))
		conf_error(c, sec, "prefix", "no place for home addresses");
}

static void
load_pools(struct conf *c, struct had_config *h)
{
	size_t n = cfg_size(c->cfg, "pool"), i, j;

	h->pools = conf_array(c, n, sizeof(*h->pools));
	if (!h->pools)
		return;
	h->n_pools = n;
	for (i = 0; i < n; i++) {
		cfg_t *sec = cfg_getnsec(c->cfg, "pool", (unsigned)i);
		unsigned before = c->errors;

		load_pool(c, h, sec, &h->pools[i]);
		if (c->errors != before)
			h->pools[i].len = 0;	/* compare with none */
		for (j = 0; j < i && h->pools[i].len; j++)
			if (h->pools[j].len &&
			    pools_overlap(&h->pools[i], &h->pools[j]))
				conf_error(c, sec, "prefix",
				    "overlaps with pool \"%s\"",
				    h->pools[j].name);
	}
	if (n == 0)
		conf_error(c, c->cfg, "pool", "at least one is needed");
}

struct pool *
had_config_pool(struct conf *c, const struct had_config *h, cfg_t *sec,
    const char *key, const char *name)
{
	size_t i;

	for (i = 0; i < h->n_pools; i++)
		if (h->pools[i].name && strcmp(h->pools[i].name, name) == 0)
			return &h->pools[i];
	conf_error(c, sec, key, "no pool \"%s\"", name);
	return NULL;
}

struct pool **
had_config_pools(struct conf *c, const struct had_config *h, cfg_t *sec,
    size_t *n)
{
	size_t named = cfg_size(sec, "pools"), i;
	struct pool **pools, *pool;

	*n = 0;
	pools = conf_array(c, named ? named : h->n_pools,
	    sizeof(*pools));
	if (!pools || !h->pools)
		return pools;
	for (i = 0; named == 0 && i < h->n_pools; i++)
		pools[(*n)++] = &h->pools[i];
	for (i = 0; i < named; i++) {
		pool = had_config_pool(c, h, sec, "pools",
		    cfg_getnstr(sec, "pools", (unsigned)i));
		if (pool)
			pools[(*n)++] = pool;
	}
	return pools;
}

static void
load_lookup(struct conf *c, struct had_config *h)
{
	unsigned n = cfg_size(c->cfg, "user-lookup");

	if (n > 1)
		conf_error(c, cfg_getnsec(c->cfg, "user-lookup", 1), NULL,
		    "there is one already");
	if (n > 0)
		had_config_lookup(c, cfg_getnsec(c->cfg, "user-lookup", 0),
		    &h->lookup);
}

static void
load_numbers(struct conf *c, struct had_config *h)
{
	static const char *const stricts[] = { "none", "x", "both", NULL };
	static const char *const hints[] = { "prefer", "require", "ignore",
		NULL };
	cfg_t *cfg = c->cfg;
	uint32_t port = MIP4_PORT;

	conf_uint(c, cfg, "port", 1, 65535, &port);
	h->port = (uint16_t)port;
	conf_uint(c, cfg, "max-lifetime", 1, 65535, &h->max_lifetime);
	/* RFC 3344 5.7.1: 7 by default, SHOULD be more than 3. */
	conf_uint(c, cfg, "replay-window", 1, 3600, &h->replay_window);
	conf_uint(c, cfg, "prefix-hold", 0, UINT32_MAX / 2, &h->prefix_hold);
	conf_uint(c, cfg, "flap-limit", 0, 1000, &h->flap_limit);
	conf_uint(c, cfg, "max-bindings", 1, 100000000, &h->max_bindings);
	conf_uint(c, cfg, "shed-after", 0, 60000, &h->shed_after);
	conf_uint(c, cfg, "shed-pending", 0, 100000000, &h->shed_pending);
	conf_uint(c, cfg, "unverified-rate", 0, 100000, &h->unverified_rate);
	conf_uint(c, cfg, "unverified-burst", 0, 100000,
	    &h->unverified_burst);
	h->strict = (enum had_strict)conf_word(c, cfg, "strict-reserved",
	    stricts);
	h->hint = (enum had_hint)conf_word(c, cfg, "pool-hint", hints);
	h->always_code_1 = cfg_getbool(cfg, "always-code-1");
	h->dynamic_ha = cfg_getbool(cfg, "dynamic-ha");
	h->revocation = cfg_getbool(cfg, "revocation");
}

static void
load_addresses(struct conf *c, struct had_config *h)
{
	if (had_config_host(c, c->cfg, "address", &h->address) == -ENOENT)
		conf_error(c, c->cfg, "address", "missing");
	if (had_config_host(c, c->cfg, "redirect", &h->redirect) == 0 &&
	    h->redirect.s_addr == h->address.s_addr)
		conf_error(c, c->cfg, "redirect", "our own address");
}

static void
load_all(struct conf *c, struct had_config *h)
{
	static const char *const planes[] = { "kernel", "none", NULL };
	cfg_t *dp = cfg_getsec(c->cfg, "dataplane");

	load_addresses(c, h);
	h->user = conf_dup(c, cfg_getstr(c->cfg, "user"));
	h->user_line = conf_line(c, c->cfg, "user");
	h->chroot = conf_dup(c, cfg_getstr(c->cfg, "chroot"));
	h->control_socket = conf_dup(c, cfg_getstr(c->cfg, "control-socket"));
	conf_socket_path(c, c->cfg, "control-socket");
	h->control_group = conf_dup(c, cfg_getstr(c->cfg, "control-group"));
	h->dataplane = conf_word(c, dp, "type", planes) ? HAD_DATAPLANE_NONE :
	    HAD_DATAPLANE_KERNEL;
	conf_uint(c, dp, "mtu", MTU_MIN, MTU_MAX, &h->tunnel_mtu);
	load_numbers(c, h);
	conf_ext(c, cfg_getsec(c->cfg, "extension-type"), &h->types);
	load_pools(c, h);
	had_config_peers(c, h);
	had_config_nodes(c, h);
	had_config_exit(c, h);
	had_config_realms(c, h);
	had_config_users(c, h);
	load_lookup(c, h);
}

struct had_config *
had_config_load(const char *file, bool debug)
{
	struct had_config *h;
	struct conf c = { 0 };

	if (conf_load(&c, file, had_opts))
		return NULL;
	h = calloc(1, sizeof(*h));
	if (h) {
		(void)conf_log(&c, cfg_getsec(c.cfg, "log"), "had", debug);
		load_all(&c, h);
	} else {
		conf_error(&c, c.cfg, NULL, "out of memory");
	}
	if (c.errors > 0) {
		had_config_free(h);
		h = NULL;
	}
	conf_free(&c);
	return h;
}

uint64_t
had_config_max_records(const struct had_config *h)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < h->n_peers; i++)
		n += peer_max_records(&h->peers[i]);
	for (i = 0; i < h->n_nodes; i++)
		n += peer_max_records(&h->nodes[i].peer);
	return n;
}

void
had_config_free(struct had_config *h)
{
	size_t i;

	if (!h)
		return;
	had_config_free_peers(h);
	had_config_free_nodes(h);
	had_config_free_realms(h);
	had_config_free_users(h);
	had_config_free_exit(h);
	for (i = 0; i < h->n_pools; i++) {
		free(h->pools[i].home_link);
		free(h->pools[i].name);
	}
	had_config_lookup_free(&h->lookup);
	free(h->pools);
	free(h->user);
	free(h->chroot);
	free(h->control_socket);
	free(h->control_group);
	free(h);
}

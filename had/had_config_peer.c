/* SPDX-License-Identifier: BSD-2-Clause */
/* had.conf(5), sections "peer": access routers and their keys. What they have
 * in common with access nodes serves had_config_node.c, too. */
#include "config.h"
#define LOG_MODULE "config"
#include "had/had_config_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include "common/mip4_auth.h"
#include "common/gre_keys.h"

#define GRE_MTU_MIN	(1280 + GRE_KEY_HEAD)

cfg_opt_t had_config_peer_opts[] = {
	CFG_STR("address", NULL, CFGF_NONE),
	CFG_STR("mode", "ar", CFGF_NONE),
	CFG_STR_LIST("pools", NULL, CFGF_NODEFAULT),
	CFG_STR_LIST("realms", NULL, CFGF_NODEFAULT),
	CFG_STR("group", NULL, CFGF_NONE),
	CFG_INT("max-bindings", 0, CFGF_NODEFAULT),
	CFG_BOOL("user-lookup", cfg_true, CFGF_NONE),
	CFG_BOOL("gre", cfg_false, CFGF_NONE),
	CFG_SEC("key", conf_key_opts, CFGF_MULTI | CFGF_TITLE),
	CFG_END()
};

static void
load_peer_keys(struct conf *c, const struct had_config *h, cfg_t *sec,
    struct peer *p)
{
	size_t n = cfg_size(sec, "key"), i, j;

	if (n == 0) {
		conf_error(c, sec, "key", "at least one is needed");
		return;
	}
	p->sas = conf_array(c, n, sizeof(*p->sas));
	if (!p->sas)
		return;
	p->n_sas = n;
	for (i = 0; i < n; i++) {
		cfg_t *key = cfg_getnsec(sec, "key", (unsigned)i);

		if (conf_key_fa_ha(c, key, h->address, p->addr,
		    &p->sas[i].sa))
			continue;
		for (j = 0; j < i; j++)
			if (p->sas[j].sa.spi == p->sas[i].sa.spi)
				conf_error(c, key, NULL, "SPI %u twice",
				    p->sas[i].sa.spi);
	}
}

void
had_config_share(struct conf *c, const struct had_config *h, cfg_t *sec,
    struct peer *p)
{
	p->pools = had_config_pools(c, h, sec, &p->n_pools);
	p->realms = conf_names(c, sec, "realms", &p->n_realms);
	p->group = conf_dup(c, cfg_getstr(sec, "group"));
	/* One of several can not fill the table alone [D82]. */
	p->max_bindings = cfg_size(c->cfg, "peer") +
	    cfg_size(c->cfg, "access-node") > 1 ? (h->max_bindings + 1) / 2 :
	    h->max_bindings;
	conf_uint(c, sec, "max-bindings", 1, 100000000, &p->max_bindings);
	p->no_lookup = !cfg_getbool(sec, "user-lookup");
	p->gre = cfg_getbool(sec, "gre");
	/* No link has a smaller MTU in IPv6 [RFC 8200 5]. */
	if (p->gre && h->tunnel_mtu < GRE_MTU_MIN)
		conf_error(c, sec, "gre", "dataplane's mtu must be %d at least",
		    GRE_MTU_MIN);
	p->unverified = (struct bucket){
		.rate = h->unverified_rate,
		.burst = h->unverified_burst,
		.milli = (int64_t)h->unverified_burst * 1000,
	};
	p->log = (struct log_limit){ .rate = 5, .burst = 20 };
}

static void
load_peer(struct conf *c, struct had_config *h, cfg_t *sec, struct peer *p)
{
	static const char *const modes[] = { "ar", NULL };
	unsigned before = c->errors;

	p->name = conf_name(c, sec);
	(void)conf_word(c, sec, "mode", modes);
	if (had_config_host(c, sec, "address", &p->addr) == -ENOENT)
		conf_error(c, sec, "address", "missing");
	else if (h->dataplane == HAD_DATAPLANE_KERNEL &&
	    p->addr.s_addr == h->address.s_addr)
		conf_error(c, sec, "address", "is our own");
	had_config_share(c, h, sec, p);
	load_peer_keys(c, h, sec, p);
	if (c->errors != before)
		p->addr.s_addr = INADDR_ANY;	/* compare with none */
}

static int
by_addr(const void *a, const void *b)
{
	const struct peer *const *p = a, *const *q = b;
	uint32_t x = ntohl((*p)->addr.s_addr), y = ntohl((*q)->addr.s_addr);

	if (x != y)
		return x < y ? -1 : 1;
	return *p < *q ? -1 : *p > *q;
}

/* A home agent may have thousands of peers: sorted, not each with each. */
static void
check_peer_addresses(struct conf *c, struct had_config *h)
{
	struct peer **sorted;
	size_t i;

	sorted = conf_array(c, h->n_peers, sizeof(*sorted));
	if (!sorted)
		return;
	for (i = 0; i < h->n_peers; i++)
		sorted[i] = &h->peers[i];
	qsort(sorted, h->n_peers, sizeof(*sorted), by_addr);
	for (i = 1; i < h->n_peers; i++) {
		struct peer *a = sorted[i - 1], *b = sorted[i];

		if (a->addr.s_addr == b->addr.s_addr &&
		    a->addr.s_addr != INADDR_ANY)
			conf_error(c, cfg_getnsec(c->cfg, "peer",
			    (unsigned)(b - h->peers)), "address",
			    "peer \"%s\" has the same", a->name);
	}
	free(sorted);
}

/* Which peer could use up a pool that is not its alone? With its bindings and
 * as many prefixes that are held [D82]. */
static void
check_shares(struct conf *c, struct had_config *h, const struct pool *pool)
{
	unsigned bits = pool->mode == POOL_UNIQUE ? 64 - pool->len : 62;
	size_t i, users = 0;

	for (i = 0; i < h->n_peers; i++)
		users += peer_has_pool(&h->peers[i], pool);
	for (i = 0; users > 1 && bits < 32 && i < h->n_peers; i++)
		if (peer_has_pool(&h->peers[i], pool) &&
		    2 * (uint64_t)h->peers[i].max_bindings >= 1ULL << bits)
			conf_warn(c, cfg_getnsec(c->cfg, "peer", (unsigned)i),
			    "max-bindings", "this peer alone could use up "
			    "pool \"%s\", which others share", pool->name);
}

void
had_config_peers(struct conf *c, struct had_config *h)
{
	size_t n = cfg_size(c->cfg, "peer"), i;

	h->peers = conf_array(c, n, sizeof(*h->peers));
	if (!h->peers)
		return;
	h->n_peers = n;
	for (i = 0; i < n; i++)
		load_peer(c, h, cfg_getnsec(c->cfg, "peer", (unsigned)i),
		    &h->peers[i]);
	check_peer_addresses(c, h);
	for (i = 0; c->errors == 0 && i < h->n_pools; i++)
		check_shares(c, h, &h->pools[i]);
	if (n + cfg_size(c->cfg, "access-node") == 0)
		conf_error(c, c->cfg, "peer", "at least one is needed, or a "
		    "section access-node");
}

void
had_config_free_peer(struct peer *p)
{
	size_t i;

	for (i = 0; i < p->n_sas; i++)
		mip4_sa_wipe(&p->sas[i].sa);
	conf_names_free(p->realms, p->n_realms);
	free(p->sas);
	free(p->pools);
	free(p->group);
	free(p->name);
}

void
had_config_free_peers(struct had_config *h)
{
	size_t i;

	for (i = 0; i < h->n_peers; i++)
		had_config_free_peer(&h->peers[i]);
	free(h->peers);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* had.conf(5), what is said of realms, and of single subscribers: keys, pool,
 * fixed home. */
#include "config.h"
#define LOG_MODULE "config"
#include "had/had_config_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/iid.h"
#include "common/mip4_ext.h"

cfg_opt_t had_config_user_opts[] = {
	CFG_STR("pool", NULL, CFGF_NONE),
	CFG_STR("home-prefix", NULL, CFGF_NONE),
	CFG_STR("home-address", NULL, CFGF_NONE),
	CFG_BOOL("access-node", cfg_true, CFGF_NONE),
	CFG_SEC("key", conf_key_opts, CFGF_MULTI | CFGF_TITLE),
	CFG_END()
};

cfg_opt_t had_config_realm_opts[] = {
	CFG_STR_LIST("pools", NULL, CFGF_NODEFAULT),
	CFG_INT("max-lifetime", 0, CFGF_NODEFAULT),
	CFG_END()
};

static bool
share_a_pool(const struct realm *r, const struct peer *p)
{
	size_t i;

	for (i = 0; i < r->n_pools; i++)
		if (peer_has_pool(p, r->pools[i]))
			return true;
	return false;
}

static bool
peer_has_realm(const struct peer *p, const char *name)
{
	size_t i;

	if (p->n_realms == 0)
		return true;
	for (i = 0; i < p->n_realms; i++)
		if (p->realms[i] && strcasecmp(p->realms[i], name) == 0)
			return true;
	return false;
}

/* Whom every registration would be denied is worth a word. */
static void
check_peers(struct conf *c, const struct had_config *h, cfg_t *sec,
    const struct realm *r)
{
	size_t i;

	for (i = 0; i < h->n_peers; i++)
		if (!realm_is_rest(r) && peer_has_realm(&h->peers[i],
		    r->name) && !share_a_pool(r, &h->peers[i]))
			conf_warn(c, sec, "pools", "peer \"%s\" lets this "
			    "realm through, but has none of these",
			    h->peers[i].name);
}

static void
load_realm(struct conf *c, struct had_config *h, cfg_t *sec, struct realm *r)
{
	r->name = conf_dup(c, cfg_title(sec));
	if (!r->name)
		conf_error(c, sec, NULL, "needs a name, or \"*\"");
	else if (strchr(r->name, '@'))
		conf_error(c, sec, NULL, "is what follows the @, alone");
	r->pools = had_config_pools(c, h, sec, &r->n_pools);
	r->max_lifetime = h->max_lifetime;
	conf_uint(c, sec, "max-lifetime", 1, 65535, &r->max_lifetime);
}

void
had_config_realms(struct conf *c, struct had_config *h)
{
	size_t n = cfg_size(c->cfg, "realm"), i;
	struct realms seen;

	h->realms = conf_array(c, n, sizeof(*h->realms));
	if (!h->realms || realms_init(&seen))
		return;
	h->n_realms = n;
	for (i = 0; i < n; i++) {
		cfg_t *sec = cfg_getnsec(c->cfg, "realm", (unsigned)i);
		unsigned before = c->errors;

		load_realm(c, h, sec, &h->realms[i]);
		if (c->errors != before)
			continue;
		if (!realms_add(&seen, &h->realms[i]))
			conf_error(c, sec, NULL, "there is one already");
		check_peers(c, h, sec, &h->realms[i]);
	}
	realms_free(&seen);
}

void
had_config_free_realms(struct had_config *h)
{
	size_t i;

	for (i = 0; i < h->n_realms; i++) {
		free(h->realms[i].pools);
		free(h->realms[i].name);
	}
	free(h->realms);
}

/* What is being read, and what of it must not be there twice. */
struct seen {
	struct conf		*c;
	struct had_config	*h;
	struct peers		 users;
	struct pools		 homes;
};

static void
load_keys(struct conf *c, cfg_t *sec, struct user *u)
{
	size_t n = cfg_size(sec, "key"), i, j;

	u->sas = conf_array(c, n, sizeof(*u->sas));
	if (!u->sas)
		return;
	u->n_sas = n;
	for (i = 0; i < n; i++) {
		cfg_t *key = cfg_getnsec(sec, "key", (unsigned)i);

		if (conf_key(c, key, &u->sas[i]))
			continue;
		for (j = 0; j < i; j++)
			if (u->sas[j].spi == u->sas[i].spi)
				conf_error(c, key, NULL, "SPI %u twice",
				    u->sas[i].spi);
	}
}

/* Is what is fixed in one of our pools, in that of the subscriber, and to be
 * had there? */
static void
check_fixed(struct seen *s, cfg_t *sec, const char *key, struct user *u,
    enum pool_mode mode)
{
	struct pool *p = pool_of(&s->homes, &u->home.addr);
	int err;

	if (!p || p->len == 0) {
		/* not beside a pool that can not be read */
		if (!p)
			conf_error(s->c, sec, key, "is in no pool");
		return;
	}
	if (p->mode != mode) {
		conf_error(s->c, sec, key, "pool \"%s\" is %s", p->name,
		    mode == POOL_UNIQUE ? "shared: say home-address" :
		    "unique: say home-prefix");
		return;
	}
	if (u->home.pool && u->home.pool != p) {
		conf_error(s->c, sec, key, "is in pool \"%s\"", p->name);
		return;
	}
	u->home.pool = p;
	u->home.fixed = true;
	err = pool_reserve(&s->homes, p, &u->reserved, &u->home.addr);
	if (err == -EEXIST)
		conf_error(s->c, sec, key, "another subscriber has it");
	else if (err)
		conf_error(s->c, sec, key, "is a reserved address");
}

static void
load_home(struct seen *s, cfg_t *sec, struct user *u)
{
	const char *name = cfg_getstr(sec, "pool");
	unsigned len = 64;

	if (name)
		u->home.pool = had_config_pool(s->c, s->h, sec, "pool", name);
	if (conf_prefix6(s->c, sec, "home-prefix", &u->home.addr,
	    &len) == 0) {
		if (len != 64)
			conf_error(s->c, sec, "home-prefix", "is not a /64");
		else
			check_fixed(s, sec, "home-prefix", u, POOL_UNIQUE);
	}
	if (conf_ipv6(s->c, sec, "home-address", &u->home.addr) == 0) {
		if (cfg_getstr(sec, "home-prefix"))
			conf_error(s->c, sec, "home-address", "beside "
			    "home-prefix");
		else
			check_fixed(s, sec, "home-address", u, POOL_SHARED);
	}
}

static void
load_user(struct seen *s, cfg_t *sec, struct user *u)
{
	unsigned before = s->c->errors;

	u->nai = conf_dup(s->c, cfg_title(sec));
	u->nai_len = u->nai ? strlen(u->nai) : 0;
	if (u->nai_len == 0 || u->nai_len > MIP4_NAI_MAX)
		conf_error(s->c, sec, NULL,
		    "not a network access identifier");
	u->no_node = !cfg_getbool(sec, "access-node");
	load_keys(s->c, sec, u);
	load_home(s, sec, u);
	if (s->c->errors == before && !peers_add_user(&s->users, u))
		conf_error(s->c, sec, NULL, "there is one already");
}

static void
load_all(struct seen *s, size_t n_users, size_t n)
{
	struct had_config *h = s->h;
	size_t i;

	for (i = 0; i < n_users; i++)
		load_user(s, cfg_getnsec(s->c->cfg, "subscriber",
		    (unsigned)i), &h->users[i]);
	/* The same, as it was called when only keys could be said. */
	for (; i < n; i++) {
		cfg_t *sec = cfg_getnsec(s->c->cfg, "user-key",
		    (unsigned)(i - n_users));

		if (cfg_size(sec, "key") == 0)
			conf_error(s->c, sec, "key", "at least one is needed");
		load_user(s, sec, &h->users[i]);
	}
	for (i = 0; i < n; i++)
		pool_unreserve(&s->homes, &h->users[i].reserved);
}

void
had_config_users(struct conf *c, struct had_config *h)
{
	size_t n_users = cfg_size(c->cfg, "subscriber");
	size_t n = n_users + cfg_size(c->cfg, "user-key");
	struct seen s = { .c = c, .h = h };

	h->users = conf_array(c, n, sizeof(*h->users));
	if (!h->users || !h->pools)
		return;
	h->n_users = n;
	if (peers_init(&s.users) ||
	    pools_init(&s.homes, h->pools, h->n_pools, 0)) {
		conf_error(c, c->cfg, NULL, "out of memory");
		return;
	}
	load_all(&s, n_users, n);
	peers_free(&s.users);
	pools_free(&s.homes);
}

void
had_config_free_users(struct had_config *h)
{
	size_t i, j;

	for (i = 0; i < h->n_users; i++) {
		for (j = 0; j < h->users[i].n_sas; j++)
			mip4_sa_wipe(&h->users[i].sas[j]);
		free(h->users[i].sas);
		free(h->users[i].nai);
	}
	free(h->users);
}

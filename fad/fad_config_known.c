/* SPDX-License-Identifier: BSD-2-Clause */
/* fad.conf(5), what is said of home agents and of mobile nodes. Part of
 * fad_config.c. */
#include "config.h"
#define LOG_MODULE "config"
#include "fad/fad_config_int.h"

#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

cfg_opt_t fad_config_home_agent_opts[] = {
	CFG_STR("address", NULL, CFGF_NONE),
	CFG_STR_LIST("home-networks", NULL, CFGF_NODEFAULT),
	CFG_STR("gre", NULL, CFGF_NONE),
	CFG_SEC("key", conf_key_opts, CFGF_MULTI | CFGF_TITLE),
	CFG_END()
};

cfg_opt_t fad_config_mobile_node_opts[] = {
	CFG_SEC("key", conf_key_opts, CFGF_MULTI | CFGF_TITLE),
	CFG_END()
};

/* "10.0.0.0/8"; host bits must be zero. */
static bool
parse_net(const char *s, struct home_net *net)
{
	const char *slash = strchr(s, '/');
	char buf[INET_ADDRSTRLEN], *end;
	unsigned long len;

	if (!slash || (size_t)(slash - s) >= sizeof(buf) ||
	    slash[1] < '0' || slash[1] > '9')
		return false;
	memcpy(buf, s, (size_t)(slash - s));
	buf[slash - s] = '\0';
	len = strtoul(slash + 1, &end, 10);
	if (*end != '\0' || len > 32 ||
	    inet_pton(AF_INET, buf, &net->addr) != 1)
		return false;
	net->len = (unsigned)len;
	return len == 32 ||
	    (ntohl(net->addr.s_addr) & (UINT32_MAX >> len)) == 0;
}

static void
load_nets(struct conf *c, cfg_t *sec, struct home_agent *h)
{
	unsigned n = cfg_size(sec, "home-networks"), i;

	h->nets = conf_array(c, n, sizeof(*h->nets));
	if (!h->nets)
		return;
	h->n_nets = n;
	for (i = 0; i < n; i++)
		if (!parse_net(cfg_getnstr(sec, "home-networks", i),
		    &h->nets[i]))
			conf_error(c, sec, "home-networks",
			    "\"%s\" is no IPv4 prefix",
			    cfg_getnstr(sec, "home-networks", i));
}

/* The keys of a section; coa NULL: not of an agent. */
static struct mip4_sa *
load_keys(struct conf *c, cfg_t *sec, const struct in_addr *ha,
    const struct in_addr *coa, size_t *n_sas)
{
	size_t n = cfg_size(sec, "key"), i, j;
	struct mip4_sa *sas = conf_array(c, n, sizeof(*sas));

	*n_sas = sas ? n : 0;
	for (i = 0; i < *n_sas; i++) {
		cfg_t *key = cfg_getnsec(sec, "key", (unsigned)i);

		if (coa ? conf_key_fa_ha(c, key, *ha, *coa, &sas[i]) :
		    conf_key(c, key, &sas[i]))
			continue;
		for (j = 0; j < i; j++)
			if (sas[j].spi == sas[i].spi)
				conf_error(c, key, NULL, "SPI %u twice",
				    sas[i].spi);
	}
	return sas;
}

static void
load_home_agent(struct conf *c, struct fad_config *f, cfg_t *sec,
    struct home_agent *h)
{
	h->name = conf_name(c, sec);
	conf_host4(c, sec, "address", &h->addr);
	load_nets(c, sec, h);
	h->gre = cfg_getstr(sec, "gre") ? fad_config_word_gre(c, sec) :
	    f->gre;
	f->any_gre = f->any_gre || h->gre != FAD_GRE_REFUSE;
	h->sas = load_keys(c, sec, &h->addr, &f->care_of, &h->n_sas);
	if (h->addr.s_addr != INADDR_ANY &&
	    h->addr.s_addr == f->care_of.s_addr)
		conf_error(c, sec, "address", "our own");
}

static void
load_mobile_node(struct conf *c, cfg_t *sec, struct mobile_node *m)
{
	m->name = conf_name(c, sec);
	m->nai_len = m->name ? strlen(m->name) : 0;
	if (m->name && inet_pton(AF_INET, m->name, &m->addr) == 1)
		m->nai_len = 0;
	else if (m->nai_len > MIP4_NAI_MAX)
		conf_error(c, sec, NULL,
		    "neither a network access identifier nor an address");
	else if (m->name)
		nai_normalize(m->name, m->nai_len);
	m->sas = load_keys(c, sec, NULL, NULL, &m->n_sas);
	if (m->sas && m->n_sas == 0)
		conf_error(c, sec, "key", "at least one is needed");
}

static void
load_all(struct conf *c, struct fad_config *f, struct known *seen)
{
	size_t i;

	for (i = 0; i < f->n_home_agents; i++) {
		cfg_t *sec = cfg_getnsec(c->cfg, "home-agent", (unsigned)i);
		unsigned before = c->errors;

		load_home_agent(c, f, sec, &f->home_agents[i]);
		if (c->errors == before && !known_add_home_agent(seen,
		    &f->home_agents[i]))
			conf_error(c, sec, "address", "there is one already");
	}
	for (i = 0; i < f->n_mobile_nodes; i++) {
		cfg_t *sec = cfg_getnsec(c->cfg, "mobile-node", (unsigned)i);
		unsigned before = c->errors;

		load_mobile_node(c, sec, &f->mobile_nodes[i]);
		if (c->errors == before && !known_add_mobile_node(seen,
		    &f->mobile_nodes[i]))
			conf_error(c, sec, NULL, "there is one already");
	}
}

void
fad_config_known(struct conf *c, struct fad_config *f)
{
	size_t n_ha = cfg_size(c->cfg, "home-agent");
	size_t n_mn = cfg_size(c->cfg, "mobile-node");
	struct known seen = { 0 };

	f->home_agents = conf_array(c, n_ha, sizeof(*f->home_agents));
	f->mobile_nodes = conf_array(c, n_mn, sizeof(*f->mobile_nodes));
	if (!f->home_agents || !f->mobile_nodes)
		return;
	if (known_init(&seen)) {
		conf_error(c, c->cfg, NULL, "out of memory");
	} else {
		f->n_home_agents = n_ha;
		f->n_mobile_nodes = n_mn;
		load_all(c, f, &seen);
	}
	known_free(&seen);
	if (f->known_only && n_ha == 0)
		conf_error(c, c->cfg, "known-home-agents",
		    "there is no section home-agent");
	if (f->require_mn_fa && n_mn == 0)
		conf_error(c, c->cfg, "require-mn-fa",
		    "there is no section mobile-node");
}

static void
free_keys(struct mip4_sa *sas, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		mip4_sa_wipe(&sas[i]);
	free(sas);
}

void
fad_config_known_free(struct fad_config *f)
{
	size_t i;

	for (i = 0; i < f->n_home_agents; i++) {
		free_keys(f->home_agents[i].sas, f->home_agents[i].n_sas);
		free(f->home_agents[i].nets);
		free(f->home_agents[i].name);
	}
	for (i = 0; i < f->n_mobile_nodes; i++) {
		free_keys(f->mobile_nodes[i].sas, f->mobile_nodes[i].n_sas);
		free(f->mobile_nodes[i].name);
	}
	free(f->home_agents);
	free(f->mobile_nodes);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* had.conf(5), sections "access-node": who may be one, and what mobile nodes
 * behind one are told [PROTOCOLS 11.5, D160]. */
#include "config.h"
#define LOG_MODULE "config"
#include "had/had_config_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

/* MaxRtrAdvInterval, AdvDefaultLifetime [RFC 4861 6.2.1]. */
#define INTERVAL_MIN	4
#define INTERVAL_MAX	1800
#define LIFETIME_MAX	9000

#define SPACES		"ipv4-hoa-per-realm"

static cfg_opt_t agent_opts[] = {
	CFG_SEC("key", conf_key_opts, CFGF_MULTI | CFGF_TITLE),
	CFG_END()
};

cfg_opt_t had_config_node_opts[] = {
	CFG_STR_LIST("care-of", NULL, CFGF_NODEFAULT),
	CFG_SEC("foreign-agent", agent_opts, CFGF_MULTI | CFGF_TITLE),
	CFG_STR("assign-ipv4-hoa", NULL, CFGF_NONE),
	CFG_BOOL(SPACES, cfg_false, CFGF_NONE),
	CFG_STR_LIST("pools", NULL, CFGF_NODEFAULT),
	CFG_STR_LIST("realms", NULL, CFGF_NODEFAULT),
	CFG_STR("group", NULL, CFGF_NONE),
	CFG_INT("max-bindings", 0, CFGF_NODEFAULT),
	CFG_BOOL("user-lookup", cfg_true, CFGF_NONE),
	CFG_BOOL("gre", cfg_false, CFGF_NONE),
	CFG_BOOL("managed", cfg_false, CFGF_NONE),
	CFG_BOOL("other", cfg_false, CFGF_NONE),
	CFG_INT("router-lifetime", 1800, CFGF_NONE),
	CFG_INT("ra-interval", 600, CFGF_NONE),
	CFG_INT("valid-lifetime", 2592000, CFGF_NONE),
	CFG_INT("preferred-lifetime", 604800, CFGF_NONE),
	CFG_STR_LIST("dns-servers", NULL, CFGF_NODEFAULT),
	CFG_END()
};

/* "10.1.0.0/16", or an address. False: not one, or host bits are set. */
static bool
parse_range(const char *s, struct care_of_range *r)
{
	char addr[INET_ADDRSTRLEN];
	const char *slash = strchr(s, '/');
	size_t n = slash ? (size_t)(slash - s) : strlen(s);
	unsigned long len = 32;
	struct in_addr a;
	uint32_t hosts;
	char *end;

	if (n >= sizeof(addr))
		return false;
	memcpy(addr, s, n);
	addr[n] = '\0';
	if (inet_pton(AF_INET, addr, &a) != 1)
		return false;
	if (slash) {
		len = strtoul(slash + 1, &end, 10);
		if (slash[1] < '0' || slash[1] > '9' || *end || len > 32)
			return false;
	}
	hosts = len == 0 ? UINT32_MAX : (UINT32_C(1) << (32 - len)) - 1;
	r->first = ntohl(a.s_addr);
	r->last = r->first | hosts;
	return (r->first & hosts) == 0;
}

static void
load_ranges(struct conf *c, struct had_config *h, cfg_t *sec,
    struct access_nodes *an)
{
	size_t n = cfg_size(sec, "care-of"), i;
	struct care_of_range *r, *all;

	if (n == 0) {
		if (cfg_size(sec, "foreign-agent") == 0)
			conf_error(c, sec, "care-of", "missing");
		return;
	}
	all = realloc(h->ranges, (h->n_ranges + n) * sizeof(*all));
	if (!all) {
		conf_error(c, sec, "care-of", "out of memory");
		return;
	}
	h->ranges = all;
	for (i = 0; i < n; i++) {
		const char *s = cfg_getnstr(sec, "care-of", (unsigned)i);

		r = &h->ranges[h->n_ranges];
		r->peer = &an->peer;
		r->fa = NULL;
		if (!parse_range(s, r))
			conf_error(c, sec, "care-of", "\"%s\": not an IPv4 "
			    "address or prefix", s);
		else
			h->n_ranges++;
	}
}

static void
load_agent_keys(struct conf *c, const struct had_config *h, cfg_t *sec,
    struct foreign_agent *fa)
{
	size_t n = cfg_size(sec, "key"), i, j;

	fa->sas = conf_array(c, n, sizeof(*fa->sas));
	if (!fa->sas)
		return;
	fa->n_sas = n;
	for (i = 0; i < n; i++) {
		cfg_t *key = cfg_getnsec(sec, "key", (unsigned)i);

		if (conf_key_fa_ha(c, key, h->address, fa->addr,
		    &fa->sas[i]))
			continue;
		for (j = 0; j < i; j++)
			if (fa->sas[j].spi == fa->sas[i].spi)
				conf_error(c, key, NULL, "SPI %u twice",
				    fa->sas[i].spi);
	}
}

/* Its care-of address is a range of one. */
static void
load_agent(struct conf *c, struct had_config *h, cfg_t *sec,
    struct access_nodes *an, struct foreign_agent *fa)
{
	uint32_t a;

	if (inet_pton(AF_INET, cfg_title(sec), &fa->addr) != 1 ||
	    fa->addr.s_addr == INADDR_ANY ||
	    fa->addr.s_addr == INADDR_BROADCAST ||
	    IN_MULTICAST(ntohl(fa->addr.s_addr))) {
		conf_error(c, sec, NULL, "\"%s\": not the IPv4 address of a "
		    "host", cfg_title(sec));
		return;
	}
	if (fa->addr.s_addr == h->address.s_addr)
		conf_error(c, sec, NULL, "is our own address");
	a = ntohl(fa->addr.s_addr);
	h->ranges[h->n_ranges++] = (struct care_of_range){ a, a, &an->peer,
		fa };
	load_agent_keys(c, h, sec, fa);
}

static void
load_home4(struct conf *c, cfg_t *sec, struct access_nodes *an)
{
	const char *s = cfg_getstr(sec, "assign-ipv4-hoa");
	struct care_of_range r;
	int err;

	if (!s) {
		if (an->n_agents > 0)
			conf_error(c, sec, "assign-ipv4-hoa", "missing: "
			    "behind a foreign agent each needs one");
		return;
	}
	if (!parse_range(s, &r)) {
		conf_error(c, sec, "assign-ipv4-hoa", "\"%s\": not an IPv4 "
		    "address or prefix", s);
		return;
	}
	if (an->n_agents == 0)
		conf_error(c, sec, "assign-ipv4-hoa", "needs a foreign-agent");
	err = home4_init(&an->home4, r.first, r.last);
	if (err == -ERANGE)
		conf_error(c, sec, "assign-ipv4-hoa", "more than %d "
		    "addresses", HOME4_MAX);
	else if (err)
		conf_error(c, sec, "assign-ipv4-hoa", "out of memory");
}

static void
load_agents(struct conf *c, struct had_config *h, cfg_t *sec,
    struct access_nodes *an)
{
	size_t n = cfg_size(sec, "foreign-agent"), i;
	struct care_of_range *all;

	if (n > 0) {
		all = realloc(h->ranges, (h->n_ranges + n) * sizeof(*all));
		an->agents = conf_array(c, n, sizeof(*an->agents));
		if (all)
			h->ranges = all;
		if (!all || !an->agents) {
			conf_error(c, sec, "foreign-agent", "out of memory");
			return;
		}
	}
	an->n_agents = n;
	for (i = 0; i < n; i++)
		load_agent(c, h, cfg_getnsec(sec, "foreign-agent",
		    (unsigned)i), an, &an->agents[i]);
	load_home4(c, sec, an);
}

/* Whose keys tell apart who has the same address in two realms; the agents must
 * prove which they are. */
static void
check_spaces(struct conf *c, cfg_t *sec, const struct access_nodes *an)
{
	size_t i;

	if (an->n_agents == 0)
		conf_error(c, sec, SPACES, "needs a foreign-agent");
	if (an->peer.n_realms == 0)
		conf_error(c, sec, SPACES, "needs realms");
	if (!an->peer.gre)
		conf_error(c, sec, SPACES, "needs gre, whose keys tell apart "
		    "who has the same address");
	for (i = 0; i < an->n_agents; i++)
		if (an->agents[i].n_sas == 0)
			conf_error(c, cfg_getnsec(sec, "foreign-agent",
			    (unsigned)i), "key", "at least one is needed for "
			    "GRE keys");
}

static void
load_spaces(struct conf *c, cfg_t *sec, struct access_nodes *an)
{
	const struct home4 *all = &an->home4;
	size_t i;

	if (!cfg_getbool(sec, SPACES))
		return;
	check_spaces(c, sec, an);
	if (an->peer.n_realms == 0 || all->n == 0)
		return;
	an->spaces = conf_array(c, an->peer.n_realms, sizeof(*an->spaces));
	if (!an->spaces)
		return;
	an->n_spaces = an->peer.n_realms;
	for (i = 0; i < an->n_spaces; i++)
		if (home4_copy(&an->spaces[i], all))
			conf_error(c, sec, SPACES, "out of memory");
}

/* All that is advertised to one mobile node is of one link. */
static void
check_pools(struct conf *c, cfg_t *sec, const struct access_nodes *an)
{
	const struct peer *p = &an->peer;
	const char *link = p->n_pools > 0 ? p->pools[0]->home_link : NULL;
	size_t i;

	if (cfg_size(sec, "pools") == 0)
		conf_error(c, sec, "pools", "missing");
	else if (p->n_pools > NODE_POOLS_MAX)
		conf_error(c, sec, "pools", "more than %d", NODE_POOLS_MAX);
	for (i = 0; i < p->n_pools && cfg_size(sec, "pools") > 0; i++) {
		const char *other = p->pools[i]->home_link;

		if (p->pools[i]->mode != POOL_SHARED)
			conf_error(c, sec, "pools", "\"%s\" is not shared",
			    p->pools[i]->name);
		else if (link != other &&
		    (!link || !other || strcmp(link, other) != 0))
			conf_error(c, sec, "pools", "\"%s\" is of another "
			    "home link", p->pools[i]->name);
	}
}

static void
load_dns(struct conf *c, cfg_t *sec, struct node_ra *ra)
{
	unsigned n = cfg_size(sec, "dns-servers"), i;

	if (n > NODE_DNS_MAX)
		conf_error(c, sec, "dns-servers", "more than %d",
		    NODE_DNS_MAX);
	for (i = 0; i < n && i < NODE_DNS_MAX; i++) {
		const char *s = cfg_getnstr(sec, "dns-servers", i);

		if (inet_pton(AF_INET6, s, &ra->dns[i]) != 1)
			conf_error(c, sec, "dns-servers", "\"%s\": not an "
			    "IPv6 address", s);
		else
			ra->n_dns++;
	}
}

static void
load_ra(struct conf *c, cfg_t *sec, struct node_ra *ra)
{
	ra->managed = cfg_getbool(sec, "managed");
	ra->other = cfg_getbool(sec, "other");
	conf_uint(c, sec, "ra-interval", INTERVAL_MIN, INTERVAL_MAX,
	    &ra->interval);
	conf_uint(c, sec, "router-lifetime", 0, LIFETIME_MAX,
	    &ra->router_lifetime);
	conf_uint(c, sec, "valid-lifetime", 1, UINT32_MAX, &ra->valid);
	conf_uint(c, sec, "preferred-lifetime", 0, UINT32_MAX,
	    &ra->preferred);
	load_dns(c, sec, ra);
	if (ra->router_lifetime > 0 && ra->router_lifetime < ra->interval)
		conf_error(c, sec, "router-lifetime", "less than "
		    "ra-interval");
	if (ra->preferred > ra->valid)
		conf_error(c, sec, "preferred-lifetime", "more than "
		    "valid-lifetime");
}

/* Two sections with one home link have its link-local addresses in common. */
static void
share_link(const struct had_config *h, struct access_nodes *an)
{
	const char *link = an->peer.n_pools > 0 ?
	    an->peer.pools[0]->home_link : NULL;
	size_t i;

	an->own_link = (struct pool){
		.name = an->peer.name,
		.mode = POOL_SHARED,
		.prefix = { .s6_addr = { 0xfe, 0x80 } },
		.len = 64,
		.home_link = an->peer.n_pools > 0 ?
		    an->peer.pools[0]->home_link : NULL,
	};
	an->link = &an->own_link;
	for (i = 0; link && &h->nodes[i] != an; i++)
		if (h->nodes[i].own_link.home_link &&
		    strcmp(h->nodes[i].own_link.home_link, link) == 0) {
			an->link = h->nodes[i].link;
			break;
		}
}

static void
load_nodes(struct conf *c, struct had_config *h, cfg_t *sec,
    struct access_nodes *an)
{
	an->peer.name = conf_name(c, sec);
	an->peer.nodes = an;
	load_ranges(c, h, sec, an);
	load_agents(c, h, sec, an);
	had_config_share(c, h, sec, &an->peer);
	load_spaces(c, sec, an);
	check_pools(c, sec, an);
	load_ra(c, sec, &an->ra);
	share_link(h, an);
}

static int
by_first(const void *a, const void *b)
{
	const struct care_of_range *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

/* Of a name that peers have, too, nobody could tell whose figures they are. */
static void
check_names(struct conf *c, const struct had_config *h, cfg_t *sec,
    const struct access_nodes *an)
{
	size_t i;

	for (i = 0; an->peer.name && i < h->n_peers; i++)
		if (h->peers[i].name &&
		    strcmp(h->peers[i].name, an->peer.name) == 0)
			conf_error(c, sec, NULL, "a peer has this name");
}

static bool
is_within(const struct home4 *p, uint32_t first, uint32_t last)
{
	return p->n > 0 && last >= p->first &&
	    first <= p->first + (p->n - 1);
}

/* What is given to mobile nodes is nobody's who registers or is registered
 * at. */
static void
check_home4(struct conf *c, const struct had_config *h, cfg_t *sec,
    const struct access_nodes *an)
{
	const struct home4 *p = &an->home4;
	uint32_t own = ntohl(h->address.s_addr);
	const char *what = NULL;
	size_t i;

	if (is_within(p, own, own))
		what = "our own address";
	for (i = 0; i < h->n_peers && !what; i++)
		if (home4_has(p, h->peers[i].addr))
			what = "a peer's address";
	for (i = 0; i < h->n_ranges && !what; i++)
		if (is_within(p, h->ranges[i].first, h->ranges[i].last))
			what = "a care-of address";
	for (i = 0; &h->nodes[i] != an && !what; i++)
		if (is_within(p, h->nodes[i].home4.first,
		    h->nodes[i].home4.first + h->nodes[i].home4.n - 1) &&
		    h->nodes[i].home4.n > 0)
			what = "addresses of another section";
	if (what)
		conf_error(c, sec, "assign-ipv4-hoa", "has %s", what);
}

void
had_config_nodes(struct conf *c, struct had_config *h)
{
	size_t n = cfg_size(c->cfg, "access-node"), i;

	h->nodes = conf_array(c, n, sizeof(*h->nodes));
	if (!h->nodes || !h->pools)
		return;
	h->n_nodes = n;
	for (i = 0; i < n; i++) {
		cfg_t *sec = cfg_getnsec(c->cfg, "access-node", (unsigned)i);

		load_nodes(c, h, sec, &h->nodes[i]);
		check_names(c, h, sec, &h->nodes[i]);
	}
	for (i = 0; i < n; i++)
		check_home4(c, h, cfg_getnsec(c->cfg, "access-node",
		    (unsigned)i), &h->nodes[i]);
	if (h->n_ranges == 0)
		return;
	qsort(h->ranges, h->n_ranges, sizeof(*h->ranges), by_first);
	for (i = 1; i < h->n_ranges; i++) {
		const struct peer *p = h->ranges[i].peer;

		if (h->ranges[i].first <= h->ranges[i - 1].last)
			conf_error(c, cfg_getnsec(c->cfg, "access-node",
			    (unsigned)(p->nodes - h->nodes)), "care-of",
			    "overlaps with another of these");
	}
}

static void
free_agents(struct access_nodes *an)
{
	size_t i, k;

	for (i = 0; i < an->n_agents; i++) {
		for (k = 0; k < an->agents[i].n_sas; k++)
			mip4_sa_wipe(&an->agents[i].sas[k]);
		free(an->agents[i].sas);
	}
	free(an->agents);
	for (i = 0; i < an->n_spaces; i++)
		home4_free(&an->spaces[i]);
	free(an->spaces);
	home4_free(&an->home4);
}

void
had_config_free_nodes(struct had_config *h)
{
	size_t i;

	for (i = 0; i < h->n_nodes; i++) {
		free_agents(&h->nodes[i]);
		had_config_free_peer(&h->nodes[i].peer);
	}
	free(h->nodes);
	free(h->ranges);
}

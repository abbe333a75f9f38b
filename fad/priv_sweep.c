/* SPDX-License-Identifier: BSD-2-Clause */
/* See fad/priv_sweep.h. */
#include "config.h"
#define LOG_MODULE "priv"
#include "fad/priv_sweep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <net/if.h>

#include "common/log.h"
#include "common/netlink.h"
#include "fad/fad_config.h"

/* Rules and routes are seen one by one, and deleted when all were. */
#define SWEEP_MAX	512	/* of each kind, in one go */

struct found {
	struct nl		*nl;
	const struct fad_config	*conf;
	size_t			 n;
	struct {
		struct nl_rule4	 rule;
		char		 iif[IFNAMSIZ];
		struct nl_route4 route;
		unsigned	 ifindex;
		struct in_addr	 addr;
	} at[SWEEP_MAX];
};

static bool
is_our_table(const struct fad_config *c, uint32_t table)
{
	return table >= c->table && table - c->table < 2 * c->max_tunnels;
}

static void
rule_seen(void *arg, const struct nl_rule4 *r)
{
	struct found *f = arg;

	if (f->n == SWEEP_MAX || r->priority != f->conf->rule_priority ||
	    !is_our_table(f->conf, r->table))
		return;
	f->at[f->n].rule = *r;
	f->at[f->n].rule.iif = NULL;
	if (r->iif) {
		snprintf(f->at[f->n].iif, IFNAMSIZ, "%s", r->iif);
		f->at[f->n].rule.iif = f->at[f->n].iif;
	}
	f->n++;
}

static void
route_seen(void *arg, const struct nl_route4 *r)
{
	struct found *f = arg;

	if (f->n < SWEEP_MAX && is_our_table(f->conf, r->table))
		f->at[f->n++].route = *r;
}

static void
neigh_seen(void *arg, unsigned ifindex, struct in_addr addr)
{
	struct found *f = arg;

	if (f->n == SWEEP_MAX)
		return;
	f->at[f->n].ifindex = ifindex;
	f->at[f->n++].addr = addr;
}

/* One round of one kind: how many there were. */
static size_t
sweep_round(struct found *f, unsigned kind)
{
	struct nl *nl = f->nl;
	size_t i;

	f->n = 0;
	if (kind == 0)
		(void)nl_rules4(nl, rule_seen, f);
	else if (kind == 1)
		(void)nl_routes4(nl, 0, route_seen, f);
	else
		(void)nl_neighs4(nl, neigh_seen, f);
	nl_begin(nl);
	for (i = 0; i < f->n; i++) {
		if (kind == 0)
			nl_rule4_del(nl, &f->at[i].rule, NL_IGN_NOENT);
		else if (kind == 1)
			nl_route4_del(nl, &f->at[i].route, NL_IGN_NOENT);
		else
			nl_neigh4_del(nl, f->at[i].ifindex, f->at[i].addr,
			    NL_IGN_NOENT);
	}
	return nl_commit(nl, NULL, 0) ? 0 : f->n;
}

static bool
is_tunnel_name(const char *name)
{
	size_t n = strlen(FAD_TUNNEL_NAME);

	return strncmp(name, FAD_TUNNEL_NAME, n) == 0 && name[n] != '\0' &&
	    name[n + strspn(name + n, "0123456789")] == '\0';
}

static void
sweep_devices(struct nl *nl)
{
	struct if_nameindex *all = if_nameindex(), *i;

	if (!all) {
		log_warn(NULL, "devices of an earlier run");
		return;
	}
	nl_begin(nl);
	for (i = all; i->if_index != 0; i++)
		if (is_tunnel_name(i->if_name))
			nl_link_del(nl, i->if_name, NL_IGN_NOENT);
	if_freenameindex(all);
	(void)nl_commit(nl, NULL, 0);
}

/* Devices first, so that nothing uses what goes next. */
void
priv_sweep(struct nl *nl, const struct fad_config *conf)
{
	struct found *f = calloc(1, sizeof(*f));
	unsigned kind, rounds;
	size_t n = 0;

	sweep_devices(nl);
	if (!f) {
		log_warnx(NULL, "what is left stays: out of memory");
		return;
	}
	f->nl = nl;
	f->conf = conf;
	for (kind = 0; kind < 3; kind++) {
		rounds = 0;
		do
			n = sweep_round(f, kind);
		while (n == SWEEP_MAX && ++rounds < 10000);
	}
	free(f);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* See link_watch.h. Under it common/netlink_watch.c; engine_conf.c does what
 * follows from it. */
#include "config.h"
#define LOG_MODULE "pppoe"
#include "nasd/link_watch.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/netlink_watch.h"
#include "nasd/access_ether.h"
#include "nasd/access_node.h"
#include "nasd/engine.h"
#include "nasd/engine_conf.h"
#include "nasd/nasd_config.h"
#include "nasd/tunnel_repair.h"
#include "nasd/vlans.h"

struct link_watch {
	struct engine	*engine;
	struct nl_watch	*nl;
	bool		 told;		/* everything, once */
};

static void
link_is(void *arg, const struct nl_watch_link *l)
{
	struct link_watch *w = arg;

	if (!l->gone)
		engine_conf_mtu(w->engine, l->name, (int)l->mtu);
	ethers_link_is(w->engine->ethers, l);
	access_nodes_link_is(w->engine->nodes, l);
	vlans_link_is(w->engine->vlans, l->name, (int)l->mtu, l->gone);
	if (l->gone || !l->up) {
		tunnel_repair_lost(w->engine->tunnel_repair, l->name);
		access_nodes_tunnel_lost(w->engine->nodes, l->ifindex);
	}
}

/* All has been told: at the start, when the root side has just seen to all
 * tunnels, and when something was not. */
static void
all_told(void *arg)
{
	struct link_watch *w = arg;
	const struct nasd_config *cf = w->engine->cfg;
	unsigned i;

	for (i = 0; w->told && i < cf->n_ha; i++)
		tunnel_repair_check(w->engine->tunnel_repair, cf->ha[i].addr);
	if (w->told)
		tunnel_repair_check(w->engine->tunnel_repair,
		    (struct in_addr){ INADDR_ANY });
	w->told = true;
}

static const struct nl_watch_ops ops = { .link = link_is, .end = all_told };

struct link_watch *
link_watch_new(struct engine *e)
{
	struct link_watch *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	w->engine = e;
	w->nl = nl_watch_open();
	if (w->nl == NULL || nl_watch_no_ppp(w->nl) != 0 ||
	    nl_watch_start(w->nl, e->base, &ops, w) != 0) {
		log_error(NULL, "interfaces can not be watched");
		link_watch_free(w);
		return NULL;
	}
	return w;
}

void
link_watch_free(struct link_watch *w)
{
	if (w == NULL)
		return;
	nl_watch_close(w->nl);
	free(w);
}

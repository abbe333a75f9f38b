/* SPDX-License-Identifier: BSD-2-Clause */
/* What the engine may ask of the root side for access nodes' links: whatever it
 * says, no address of the host or of others is taken. See priv_node.c. */
#include "nasd/priv_node_int.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "nasd/nasd_config.h"
#include "nasd/priv_host.h"
#include "nasd/priv_ops.h"

static bool
is_unicast(const uint8_t mac[6])
{
	static const uint8_t none[6];

	return (mac[0] & 1) == 0 && memcmp(mac, none, sizeof(none)) != 0;
}

static bool
in_pool(const struct config_coas *pool, struct in_addr coa)
{
	uint32_t a = ntohl(coa.s_addr);

	return pool->first.s_addr != INADDR_ANY &&
	    a >= ntohl(pool->first.s_addr) && a <= ntohl(pool->last.s_addr);
}

/* One that a reload has taken out keeps the sessions that it has. */
static bool
is_home_agent(const struct nasd_config *cfg, struct in_addr ha)
{
	for (unsigned i = 0; i < cfg->n_ha; i++)
		if (cfg->ha[i].addr.s_addr == ha.s_addr)
			return true;
	return false;
}

static bool
is_agent(const struct nasd_config *cfg, struct in_addr addr)
{
	for (unsigned i = 0; i < cfg->n_node; i++)
		if (cfg->node[i].via_fa.s_addr == addr.s_addr ||
		    (cfg->node[i].via_fa.s_addr != INADDR_ANY &&
		    cfg->node[i].coa.s_addr == addr.s_addr))
			return true;
	return false;
}

/* What a home agent gives must be nobody else's here: for then it would be us
 * whom others reach by it. */
static bool
is_own(const struct nodes *ns, const struct node *n,
    const struct nasd_priv_node_set *q)
{
	for (unsigned i = 0; i < ns->n; i++)
		if (ns->node[i].tunnel != 0 &&
		    ns->node[i].coa.s_addr == q->coa.s_addr)
			return !node_is_behind_fa(ns, &ns->node[i]);
	if (n->left[0] != '\0' && host_is_sit(n->left, q->coa, q->ha))
		return false;
	return fa_is_local(ns->nl, q->coa);
}

static int
check_agent(struct nodes *ns, const struct node *n,
    const struct nasd_priv_node_set *q)
{
	bool new = n->tunnel == 0 || n->coa.s_addr != q->coa.s_addr;

	if (q->via.s_addr !=
	    ns->cfg->node[node_place(ns, n)].via_fa.s_addr)
		return -EPERM;
	if (q->gre.own != 0)
		return -EINVAL;
	if (q->coa.s_addr == INADDR_ANY)	/* not given yet */
		return q->carry ? -EINVAL : 0;
	if (config_ipv4_unusable(ns->cfg, q->coa) != NULL ||
	    is_agent(ns->cfg, q->coa) || in_pool(&ns->cfg->coas, q->coa))
		return -EPERM;
	return new && is_own(ns, n, q) ? -EADDRINUSE : 0;
}

/* Keys tell apart who have the same care-of address [D28], and name devices;
 * and home agents who have the same IPv4 home address of them. */
static bool
is_taken(const struct node *o, const struct nasd_priv_node_set *q)
{
	if (o->gre.own != 0 && o->gre.own == q->gre.own)
		return true;
	if (o->coa.s_addr != q->coa.s_addr || o->coa.s_addr == INADDR_ANY)
		return false;
	if (q->via.s_addr != INADDR_ANY)
		return o->ha.s_addr == q->ha.s_addr;
	return o->gre.own == 0 || q->gre.own == 0;
}

int
node_check(struct nodes *ns, const struct node *n,
    const struct nasd_priv_node_set *q)
{
	/* What a PPP link can have is its own. */
	const unsigned others = n->ppp ? ns->n_sections : ns->n;
	int err = 0;

	if (node_is_behind_fa(ns, n))
		err = check_agent(ns, n, q);
	else if (q->via.s_addr != INADDR_ANY || !in_pool(&ns->cfg->coas,
	    q->coa))
		err = -EPERM;
	if (err != 0)
		return err;
	if (!is_home_agent(ns->cfg, q->ha))
		return -EPERM;
	if (q->carry > NASD_PRIV_CARRY_DOWN)
		return -EINVAL;
	if (q->carry && !n->ppp && (!is_unicast(q->mn) ||
	    !is_unicast(q->router)))
		return -EINVAL;
	if (q->carry == NASD_PRIV_CARRY_BOTH && q->gre.own != 0 &&
	    q->gre.peer == 0)
		return -EINVAL;
	for (unsigned i = 0; i < others; i++)
		if (&ns->node[i] != n && is_taken(&ns->node[i], q))
			return -EADDRINUSE;
	return 0;
}

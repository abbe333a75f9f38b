/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Links of access nodes that are behind a foreign agent [draft-navali 3.2.1;
 * PROTOCOLS 11.6, D214, D215]: which care-of address it offers now, who has to
 * register anew; and the keys of all sections. Neighbours: fa_hear.c, which
 * hears the agents; access_node_link.c, which has the links.
 */
#define LOG_MODULE "node"
#include "nasd/access_node_int.h"

#include <string.h>

#include "common/log.h"
#include "common/mip4_ext.h"
#include "nasd/engine.h"
#include "nasd/fa_hear.h"
#include "nasd/mip_client.h"
#include "nasd/session.h"
#include "nasd/session_save.h"

#define TOGETHER	4	/* registrations anew, and then more of them */
#define SPACE_MS	100

bool
access_node_learns(const struct node_link *l)
{
	return l->cfg->via_fa.s_addr != INADDR_ANY &&
	    l->cfg->coa.s_addr == INADDR_ANY;
}

static const struct fa_agent *
agent_of(const struct node_link *l)
{
	return access_node_learns(l) ? fa_hears_agent(l->all->engine->fas,
	    l->cfg->via_fa) : NULL;
}

bool
access_node_agent_is_there(const struct node_link *l)
{
	const struct fa_agent *a = agent_of(l);

	return !access_node_learns(l) || (a != NULL &&
	    fa_agent_offers(a, true));
}

void
access_node_agent_look(const struct node_link *l)
{
	if (l->cfg->via_fa.s_addr != INADDR_ANY)
		fa_hears_look(l->all->engine->fas, l->cfg->via_fa);
}

uint16_t
access_node_lifetime(const struct node_link *l)
{
	const struct fa_agent *a = agent_of(l);
	uint32_t s = l->cfg->lifetime;

	if (a != NULL && a->known && a->last.reg_lifetime > 0 &&
	    a->last.reg_lifetime < s)
		s = a->last.reg_lifetime;
	return (uint16_t)s;
}

/* ---- what agents do ---- */

/* ms: when. An agent may take only so many requests at a time from one
 * station, which we are (fad: max-pending-per-node). */
static void
register_anew(struct node_link *l, const char *step, int64_t ms)
{
	struct session *s = l->session;

	if (s == NULL || s->reg == NULL || !mip_reg_anew(s->reg, l->coa,
	    access_node_lifetime(l), ms))
		return;
	session_step(s, step, NULL);
	session_save_soon(s);
}

/* Who was registered by an earlier nasd may be so with another one, which is
 * known only now. */
static void
adopt(struct node_link *l, struct in_addr coa, int64_t ms)
{
	bool new = l->coa.s_addr != coa.s_addr;

	if (coa.s_addr == INADDR_ANY)
		return;
	l->coa = coa;
	if (new)
		register_anew(l, "care-of-address-changed", ms);
}

/* Who has to wait anyway begins when that is over. */
static void
go_on(struct node_link *l, int64_t ms)
{
	struct engine *e = l->all->engine;

	if (timer_is_set(&l->again))
		return;
	if (ms == 0)
		access_node_event(l, NODE_EV_AGAIN);
	else if (timer_set(&e->timers, &l->again, mono_add_ms(clock_mono(
	    e->clock), ms)) != 0)
		log_errorx(l->cfg->ifname, "out of memory for a timer");
}

static void
tell(struct node_link *l, const struct fa_agent *a, enum fa_event what,
    int64_t ms)
{
	switch (what) {
	case FA_MOVED:
		adopt(l, a->coa, ms);
		break;
	case FA_FREE:
		adopt(l, a->coa, ms);
		if (l->session == NULL)
			go_on(l, ms);
		break;
	case FA_REBOOTED:
		register_anew(l, "foreign-agent-back", ms);
		break;
	case FA_LOST:
		if (l->session != NULL)
			session_step(l->session, "foreign-agent-lost", NULL);
		break;
	}
}

void
access_nodes_agent(struct access_nodes *ns, struct in_addr fa,
    const struct fa_agent *a, enum fa_event what)
{
	unsigned n = 0;

	for (unsigned i = 0; ns != NULL && i < ns->n; i++) {
		struct node_link *l = &ns->link[i];
		int64_t ms = n / TOGETHER * SPACE_MS;

		if (l->cfg->via_fa.s_addr != fa.s_addr)
			continue;
		n += l->session != NULL || l->fsm.state == NODE_WAITING ||
		    l->cfg->proactive;
		/* What it offers is configured, but not what it remembers
		 * [D216]. */
		if (access_node_learns(l) || what == FA_REBOOTED)
			tell(l, a, what, ms);
	}
}

/* The ways of tunnels were on the link that the agent was on. */
void
access_nodes_agent_on(struct access_nodes *ns, struct in_addr fa)
{
	for (unsigned i = 0; ns != NULL && i < ns->n; i++) {
		struct node_link *l = &ns->link[i];

		if (l->cfg->via_fa.s_addr == fa.s_addr)
			access_node_event(l, NODE_EV_TUNNEL_LOST);
	}
}

/* ---- keys ---- */

/* The section of a name, or NULL. */
static const struct config_node *
section(const struct access_nodes *ns, const char *nai, size_t len)
{
	for (unsigned i = 0; i < ns->n; i++)
		if (nai_equal(ns->link[i].cfg->nai,
		    strlen(ns->link[i].cfg->nai), nai, len))
			return ns->link[i].cfg;
	return NULL;
}

const struct mip4_sa *
access_nodes_key(void *nodes, const char *nai, size_t len, struct in_addr ha)
{
	const struct config_node *cfg = section(nodes, nai, len);

	(void)ha;
	return cfg != NULL ? &cfg->sa : NULL;
}

const struct mip4_sa *
access_nodes_fa_key(void *nodes, const char *nai, size_t len,
    struct in_addr fa)
{
	const struct config_node *cfg = section(nodes, nai, len);

	(void)fa;
	return cfg != NULL && cfg->has_fa_sa ? &cfg->fa_sa : NULL;
}

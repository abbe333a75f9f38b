/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See access_ppp_node.h. A place among the links of access nodes is a
 * session's from its Access-Accept until it is freed; then it is the last one
 * to be taken again, so that what is still on its way to its care-of address
 * comes to nobody.
 */
#define LOG_MODULE "node"
#include "nasd/access_ppp_node.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>

#include "common/log.h"
#include "common/priv.h"
#include "nasd/access.h"
#include "nasd/access_node_int.h"
#include "nasd/access_ppp.h"
#include "nasd/engine.h"
#include "nasd/mip_client.h"
#include "nasd/priv_ops.h"
#include "nasd/session.h"
#include "nasd/session_rec.h"

/* ---- places ---- */

static struct node_link *
free_place(struct access_nodes *ns)
{
	for (unsigned i = 0; ns != NULL && i < ns->n_ppp; i++) {
		unsigned k = (ns->next_ppp + i) % ns->n_ppp;
		struct node_link *l = &ns->link[ns->n + k];

		if (l->session != NULL)
			continue;
		ns->next_ppp = k + 1;
		return l;
	}
	return NULL;
}

/* The one of a care-of address, if that is a PPP link's and free. */
static struct node_link *
place_of(struct access_nodes *ns, struct in_addr coa)
{
	uint32_t i;

	if (ns == NULL || ns->n_ppp == 0)
		return NULL;
	i = ntohl(coa.s_addr) - ns->coa_ppp;
	return i < ns->n_ppp && ns->link[ns->n + i].session == NULL ?
	    &ns->link[ns->n + i] : NULL;
}

static void
take(struct session *s, struct node_link *l)
{
	struct access_nodes *ns = s->engine->nodes;
	const uint32_t i = (uint32_t)(l - &ns->link[ns->n]);
	struct config_node *cfg = &ns->ppp[i];

	l->all = ns;
	l->cfg = cfg;
	l->coa.s_addr = htonl(ns->coa_ppp + i);
	snprintf(cfg->ifname, sizeof(cfg->ifname), "%s", s->ifname);
	snprintf(cfg->nai, sizeof(cfg->nai), "%s", s->nai);
	access_node_init(l);
	node_fsm_take(&l->fsm);
	l->node.ppp = true;
	l->node.has_mn = true;
	l->opening = l->asked = false;
	l->session = s;
	l->said = 0;
	s->node = l;
}

/* Its packets pass without anybody who could count them out. */
static bool
is_limited(const struct session *s)
{
	return s->rate.down_bps != 0 || s->rate.up_bps != 0;
}

const char *
access_ppp_node_admit(struct session *s)
{
	struct node_link *l = s->node;

	if (!s->grant.has_mn_ha)
		return "no MN-HA key in the Access-Accept";
	if (is_limited(s) && s->engine->cfg->unlimited ==
	    CONFIG_UNLIMITED_REFUSE)
		return "its rate can not be limited";
	if (is_limited(s))
		log_warnx(s->subject, "its rate is not limited: an access "
		    "node's can not be");
	if (l == NULL && (l = free_place(s->engine->nodes)) == NULL)
		return "no address of care-of-pool is free";
	take(s, l);
	return NULL;
}

/* ---- the link ---- */

static void
was_opened(void *arg, int status, const void *body, size_t len, int fd)
{
	struct node_link *l = arg;

	(void)body;
	(void)len;
	/* What is said of the link that had the place before is nothing. */
	if (--l->opens > 0 || l->session == NULL) {
		if (fd != -1)
			close(fd);
		return;
	}
	if (status != 0 || fd == -1) {
		session_event(l->session, SESSION_EV_INSTALL_FAILED,
		    strerror(-status));
		return;
	}
	access_node_hear(l, fd);
	access_node_event(l, NODE_EV_OPENED);
	access_node_event(l, NODE_EV_CARRIER);
	if (l->asked && l->session->link != NULL)
		access_ppp_answer(l->session);
	l->asked = false;
}

static bool
open_link(struct node_link *l)
{
	struct nasd_priv_node_name q;

	access_node_name(l, &q);
	if (priv_request(l->all->engine->priv, NASD_PRIV_NODE_OPEN, &q,
	    sizeof(q), was_opened, l) != 0)
		return false;
	l->opens++;
	l->opening = true;
	return true;
}

/* Once, however often it authenticates. */
void
access_ppp_node_begin(struct session *s)
{
	struct node_link *l = s->node;

	if (l == NULL || s->state != SESSION_AUTHENTICATED || l->opening)
		return;
	if (open_link(l))
		access_node_event(l, NODE_EV_PASSED);
	else
		session_event(s, SESSION_EV_INSTALL_FAILED, "out of memory");
}

/* What the peer says before the host is kept out would be for the host. */
bool
access_ppp_node_not_yet(struct session *s)
{
	if (s->node == NULL || s->node->fsm.open)
		return false;
	s->node->asked = true;
	return true;
}

void
access_ppp_node_opened(struct session *s)
{
	if (s->node != NULL)
		access_node_event(s->node, NODE_EV_IPV6CP_UP);
}

void
access_ppp_node_closed(struct session *s, const char *reason)
{
	s->ipv6_up = false;
	if (s->node != NULL)
		node_fsm_event(&s->node->fsm, NODE_EV_IPV6CP_DOWN, reason);
	else if (s->state != SESSION_AUTHENTICATED)
		session_event(s, SESSION_EV_ACCESS_DOWN, reason);
}

/* ---- as any access node's ---- */

void
access_ppp_node_assign(struct session *s)
{
	access_node.assign(s);
}

void
access_ppp_node_request(const struct session *s, struct mip_reg_request *q)
{
	q->kind = MIP_NODE;
	q->coa = s->node != NULL ? s->node->coa : s->old_coa;
	q->unique = false;
}

void
access_ppp_node_install(struct session *s)
{
	access_node.install(s);
}

void
access_ppp_node_uninstall(struct session *s)
{
	access_node.uninstall(s);
}

int
access_ppp_node_count(struct session *s)
{
	return access_node.count(s);
}

void
access_ppp_node_leave(struct session *s)
{
	struct node_link *l = s->node;

	if (l == NULL)
		return;
	s->node = NULL;
	l->session = NULL;
	access_node_hear(l, -1);
	access_node_event(l, NODE_EV_LEFT);
}

/* ---- over a restart ---- */

void
access_ppp_node_save(const struct session *s, struct session_rec *r)
{
	r->node = true;
	r->coa = s->node != NULL ? s->node->coa : s->old_coa;
}

void
access_ppp_node_restore(struct session *s, const struct session_rec *r)
{
	struct node_link *l = place_of(s->engine->nodes, r->coa);

	if (l == NULL || s->nai[0] == '\0')
		return;
	take(s, l);
	l->fsm.has_coa = l->fsm.ipv6cp = l->fsm.set = true;
	(void)open_link(l);
}

bool
access_ppp_node_resumes(const struct session *s)
{
	return s->node != NULL;
}

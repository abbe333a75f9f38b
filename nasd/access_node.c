/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An access node's link as a kind of access [access.h]. Its care-of address
 * comes first, for the registration is sent from it; then the registration;
 * then the bridge, and through it what was kept meanwhile. Neighbours:
 * access_node_link.c, which has the links; node_fsm.c, which decides.
 */
#define LOG_MODULE "node"
#include "nasd/access_node_int.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/priv.h"
#include "nasd/access.h"
#include "nasd/engine.h"
#include "nasd/mip_client.h"
#include "nasd/priv_ops.h"
#include "nasd/session.h"
#include "nasd/session_rec.h"

static void
node_request(const struct session *s, struct mip_reg_request *q)
{
	/* One that is about to be resumed is not its link's yet. */
	const struct node_link *l = access_node_find(s->engine->nodes,
	    s->device);

	q->kind = MIP_NODE;
	q->coa.s_addr = l != NULL ? l->coa.s_addr : INADDR_ANY;
	q->after_id = l != NULL && l->fsm.imported ? l->after_id : 0;
	q->unique = false;
	if (l == NULL)
		return;
	q->via = l->cfg->via_fa;
	/* An agent adds keys of its own, of a tunnel of its own. */
	q->gre &= q->via.s_addr == INADDR_ANY;
	q->lifetime = access_node_lifetime(l);
}

static void
node_install(struct session *s)
{
	if (s->node != NULL)
		access_node_event(s->node, NODE_EV_INSTALL);
	else
		session_event(s, SESSION_EV_INSTALL_FAILED, NULL);
}

static void
node_uninstall(struct session *s)
{
	if (s->node != NULL && s->ha != NULL)
		access_node_event(s->node, NODE_EV_UNINSTALL);
}

/* What we have removed ourselves is another one by now, or another index. */
void
access_nodes_tunnel_lost(struct access_nodes *ns, unsigned ifindex)
{
	for (unsigned i = 0; ns != NULL && i < ns->n + ns->n_ppp; i++)
		if (ns->link[i].session != NULL &&
		    ns->link[i].tunnel == (int)ifindex)
			access_node_event(&ns->link[i], NODE_EV_TUNNEL_LOST);
}

/* What was kept went into the tunnel behind all that counts what passes; it
 * was link-local, too. */
static uint64_t
without_kept(const struct node_counting *of, uint64_t carried)
{
	const struct session *s = session_find_nr(&of->engine->sessions,
	    of->nr);
	uint64_t kept = s != NULL && s->node != NULL ? s->node->said : 0;

	return carried > kept ? carried - kept : 0;
}

/* Who was imported may have come without a solicitation. */
static void
look(const struct node_counting *of, int status, uint64_t packets)
{
	const struct session *s = session_find_nr(&of->engine->sessions,
	    of->nr);

	if (s != NULL && s->node != NULL)
		access_node_event(s->node, status == 0 &&
		    packets > s->node->said ? NODE_EV_PACKETS :
		    NODE_EV_NO_PACKETS);
}

static void
was_counted(void *arg, int status, const void *body, size_t len, int fd)
{
	struct node_counting *asked = arg, of = *asked;
	struct nasd_priv_counted c = { 0 };
	struct tunnel_counters t;

	(void)fd;
	LIST_REMOVE(asked, link);
	free(asked);
	if (status == 0 && len == sizeof(c))
		memcpy(&c, body, sizeof(c));
	t = (struct tunnel_counters){ .rx_bytes = c.rx_bytes,
		.tx_bytes = c.tx_bytes, .rx_packets = c.rx_packets,
		.tx_packets = c.tx_packets, .rx_dropped = c.rx_dropped,
		.rx_carried = without_kept(&of, c.rx_carried) };
	session_counted(of.engine, of.nr, status, &t);
	look(&of, status, c.rx_packets);
}

static int
node_count(struct session *s)
{
	struct nasd_priv_node_name q;
	struct node_counting *of;
	int err;

	if (s->node == NULL || !s->node->fsm.set)
		return -ENOENT;
	if ((of = malloc(sizeof(*of))) == NULL)
		return -ENOMEM;
	*of = (struct node_counting){ .engine = s->engine, .nr = s->nr };
	access_node_name(s->node, &q);
	err = priv_request(s->engine->priv, NASD_PRIV_NODE_COUNT, &q,
	    sizeof(q), was_counted, of);
	if (err != 0)
		free(of);
	else
		LIST_INSERT_HEAD(&s->node->all->counting, of, link);
	return err;
}

static void
node_assign(struct session *s)
{
	s->ipv6_up = true;
	session_event(s, SESSION_EV_ACCESS_UP, NULL);
}

static void
node_close(struct session *s)
{
	if (s->node != NULL)
		access_node_event(s->node, NODE_EV_CLOSE);
}

/* Who is refused is the link's no more. */
static void
node_auth_result(struct session *s, bool accept)
{
	if (s->node != NULL)
		access_node_event(s->node, accept ? NODE_EV_PASSED :
		    NODE_EV_CLOSE);
}

static bool
node_is_there(const struct session *s)
{
	return s->node != NULL && node_fsm_is_attached(&s->node->fsm);
}

static void
node_leave(struct session *s)
{
	struct node_link *l = s->node;

	if (l == NULL)
		return;
	s->node = NULL;
	l->session = NULL;
	l->cause = s->cause;
	access_node_event(l, NODE_EV_LEFT);
}

static void
node_save(const struct session *s, struct session_rec *r)
{
	r->node = true;
	r->has_mac = s->node != NULL && s->node->node.has_mn;
	if (r->has_mac)
		memcpy(r->mac, s->node->node.mn, sizeof(r->mac));
	if (s->node == NULL)
		return;
	r->coa = s->node->coa;
	r->said = s->node->said;
	r->awaited = s->node->fsm.awaited;
}

/* When its link is open it is up again. */
static void
node_restore(struct session *s, const struct session_rec *r)
{
	struct node_link *l = access_node_find(s->engine->nodes, s->device);

	if (l != NULL && access_node_learns(l) && l->coa.s_addr == INADDR_ANY)
		l->coa = r->coa;
	if (l == NULL || l->session != NULL || l->coa.s_addr != r->coa.s_addr)
		return;
	s->node = l;
	s->home = l->cfg->via_fa.s_addr != INADDR_ANY ? r->home :
	    (struct in_addr){ INADDR_ANY };
	l->session = s;
	l->fsm.exported |= r->moved;
	l->node.has_mn = r->has_mac;
	memcpy(l->node.mn, r->mac, sizeof(l->node.mn));
	l->said = r->said;
	access_node_event(l, NODE_EV_RESTORE);
	if (r->awaited)
		access_node_event(l, NODE_EV_AWAIT);
	s->resumable = s->was_up && s->reg != NULL && s->ha != NULL;
}

const struct access access_node = {
	.kind = ACCESS_NODE,
	.name = "node",
	.configured = true,
	.confirm = access_nothing,
	.start_refuse = access_nothing,
	.auth_result = node_auth_result,
	.assign = node_assign,
	.refuse = access_nothing,
	.request = node_request,
	.install = node_install,
	.uninstall = node_uninstall,
	.count = node_count,
	.came_up = access_nothing,
	.close = node_close,
	.kill = node_close,
	.is_there = node_is_there,
	.leave = node_leave,
	.save = node_save,
	.restore = node_restore,
};

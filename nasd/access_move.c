/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A mobile node moves from one access node to another, and does not know
 * [draft-navali 3.2.3, Figure 7; PROTOCOLS 11.7]: the old one exports what the
 * new one imports, by whatever way they have between them. Beside
 * access_node.c; node_context.c has the text in between. What the session does
 * then is what it does at every entry.
 */
#define LOG_MODULE "node"
#include "nasd/access_node_int.h"

#include <string.h>

#include "common/log.h"
#include "nasd/engine.h"
#include "nasd/mip_client.h"
#include "nasd/node_context.h"
#include "nasd/session.h"
#include "nasd/session_save.h"

static json_t *
fail(const char **code, const char **message, const char *c, const char *m)
{
	*code = c;
	*message = m;
	return NULL;
}

/* ---- the old one ---- */

json_t *
access_nodes_export(struct session *s, const char **code, const char **message)
{
	struct node_link *l = s->node;
	struct node_context c = { .left = 0 };
	struct mip_saved saved;
	json_t *o;

	if (l == NULL)
		return fail(code, message, "denied",
		    "the session is no access node's");
	if (l->node.ppp)	/* it dials in at the other one */
		return fail(code, message, "denied",
		    "the session is a PPP link's");
	if (s->reg == NULL || s->ha == NULL || s->state >= SESSION_CLOSING)
		return fail(code, message, "busy",
		    "it is not registered yet, or ending");
	mip_reg_save(s->reg, &saved);
	strcpy(c.nai, l->cfg->nai);
	c.has_mn = l->node.has_mn;
	memcpy(c.mn, l->node.mn, sizeof(c.mn));
	memcpy(c.router, l->node.router, sizeof(c.router));
	c.ha = s->ha->addr;
	c.id = saved.last_id;
	c.left = mip_reg_left(s->reg);
	node_copy_kept(&l->node, &c);
	if ((o = node_context_encode(&c)) == NULL)
		return fail(code, message, "internal", "out of memory");
	if (!l->exported)
		session_step(s, "exported", "%u packets", c.n_packets);
	l->exported = true;
	mip_reg_move_on(s->reg);
	session_save(s);
	return o;
}

json_t *
access_nodes_unexport(struct session *s, const char **code,
    const char **message)
{
	if (s->node == NULL || !s->node->exported)
		return fail(code, message, "denied", "it is not exported");
	s->node->exported = false;
	session_step(s, "export-undone", NULL);
	if (s->reg != NULL)
		(void)mip_reg_stay(s->reg);
	session_save(s);
	return json_pack("{s:s}", "session", s->id);
}

/* ---- the new one ---- */

/* Why the link can not take anybody, or NULL. */
static const char *
is_busy(const struct node_link *l)
{
	if (l->session != NULL)
		return "the link has a session";
	if (!l->open)
		return "the link is not open";
	return access_node_may_begin(l) ? NULL : "no sessions are taken";
}

/* Why it is not for this link, or NULL. */
static const char *
is_foreign(const struct node_link *l, const struct node_context *c)
{
	if (!nai_equal(l->cfg->nai, strlen(l->cfg->nai), c->nai,
	    strlen(c->nai)))
		return "context: the link is another mobile node's";
	if (nasd_config_ha(l->all->engine->cfg, c->ha) == NULL)
		return "context: its home agent is not configured";
	return NULL;
}

json_t *
access_nodes_import(struct access_nodes *ns, const char *link,
    const json_t *context, const char **code, const char **message)
{
	struct node_link *l = access_node_find(ns, link);
	struct node_context c;
	const char *why;

	if (l == NULL)
		return fail(code, message, "no-match",
		    "no link of an access node has that name");
	if ((why = node_context_decode(&c, context)) != NULL)
		return fail(code, message, "usage", why);
	if ((why = is_foreign(l, &c)) != NULL)
		return fail(code, message, "denied", why);
	if ((why = is_busy(l)) != NULL)
		return fail(code, message, "busy", why);
	if ((why = node_import(&l->node, &c)) != NULL)
		return fail(code, message, "usage", why);
	l->imported = true;
	l->after_id = c.id;
	l->from = c.ha;
	if (!access_node_begin(l, "by context of another access node") ||
	    l->session == NULL) {
		node_forget(&l->node, 0);
		l->imported = false;
		l->after_id = 0;
		return fail(code, message, "internal",
		    "the session could not begin: see the log");
	}
	return json_pack("{s:s, s:s, s:s, s:i}",
	    "link", l->cfg->ifname,
	    "nai", l->cfg->nai,
	    "session", l->session->id,
	    "packets", (int)c.n_packets);
}

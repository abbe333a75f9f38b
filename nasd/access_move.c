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

#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "common/statelog.h"
#include "nasd/engine.h"
#include "nasd/mip_client.h"
#include "nasd/node_context.h"
#include "nasd/session.h"
#include "nasd/session_rec.h"
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
	if (!l->fsm.exported)
		session_step(s, "exported", "%u packets", c.n_packets);
	access_node_event(l, NODE_EV_EXPORT);
	mip_reg_move_on(s->reg);
	session_save(s);
	return o;
}

/* By its name or its mobile node's; NULL: none that is marked. */
static struct node_link *
marked(struct access_nodes *ns, const char *name)
{
	for (unsigned i = 0; ns != NULL && i < ns->n; i++) {
		struct node_link *l = &ns->link[i];

		if (l->fsm.exported && (strcmp(l->cfg->ifname, name) == 0 ||
		    nai_equal(l->cfg->nai, strlen(l->cfg->nai), name,
		    strlen(name))))
			return l;
	}
	return NULL;
}

static void
stay(struct session *s)
{
	session_step(s, "export-undone", NULL);
	if (s->reg != NULL)
		(void)mip_reg_stay(s->reg);
	session_save(s);
}

json_t *
access_nodes_unexport(struct access_nodes *ns, struct session *s,
    const char *name, const char **code, const char **message)
{
	struct node_link *l = s != NULL ? s->node : marked(ns, name);
	struct session *served;

	if (s == NULL && l == NULL)
		return fail(code, message, "no-match",
		    "no such session, nor an exported link");
	if (l == NULL || !l->fsm.exported)
		return fail(code, message, "denied", "it is not exported");
	served = l->session;
	if (served == NULL && l->fsm.state != NODE_WAITING)
		timer_cancel(&l->all->engine->timers, &l->again);
	access_node_event(l, NODE_EV_STAY);
	if (served != NULL)
		stay(served);
	return json_pack("{s:s, s:s?}", "link", l->cfg->ifname, "session",
	    s != NULL ? s->id : NULL);
}

/* ---- over a restart ---- */

static size_t
encode(const struct node_link *l, uint8_t buf[static REC_MAX])
{
	/* Before it is known what the link is now, it is as it was. */
	struct rec_moved r = { .on = l->fsm.exported,
		.ifindex = l->loaded ? l->was_ifindex : l->ifindex,
		.ups = l->loaded ? l->was_ups : l->ups };
	int len;

	snprintf(r.link, sizeof(r.link), "%s", l->cfg->ifname);
	snprintf(r.nai, sizeof(r.nai), "%s", l->cfg->nai);
	len = rec_moved_encode(&r, buf, REC_MAX);
	return len > 0 ? (size_t)len : 0;
}

/* The session that it goes with may end before the mark does. */
void
access_node_moved(struct node_fsm *f)
{
	struct node_link *l = container_of(f, struct node_link, fsm);
	struct engine *e = l->all->engine;
	uint8_t buf[REC_MAX];
	size_t len;

	l->loaded = false;
	if (e->state != NULL && (len = encode(l, buf)) > 0)
		session_save_put(e, REC_MOVED, buf, len);
}

void
access_node_check_moved(struct node_link *l)
{
	if (l->loaded && (l->was_ifindex != l->ifindex ||
	    l->was_ups != l->ups))
		access_node_event(l, NODE_EV_OTHER);
	l->loaded = false;
}

void
access_nodes_save(const struct access_nodes *ns, struct statelog *log)
{
	uint8_t buf[REC_MAX];
	size_t len;

	for (unsigned i = 0; ns != NULL && i < ns->n; i++)
		if (ns->link[i].fsm.exported &&
		    (len = encode(&ns->link[i], buf)) > 0)
			statelog_put(log, REC_MOVED, buf, len);
}

void
access_nodes_load(struct access_nodes *ns, const uint8_t *body, size_t len)
{
	struct node_link *l;
	struct rec_moved r;

	if (rec_moved_decode(&r, body, len) != 0 ||
	    (l = access_node_find(ns, r.link)) == NULL)
		return;
	l->fsm.exported = l->loaded = r.on && nai_equal(l->cfg->nai,
	    strlen(l->cfg->nai), r.nai, strlen(r.nai));
	l->was_ifindex = r.ifindex;
	l->was_ups = r.ups;
}

/* ---- the new one ---- */

/* Why the link can not take anybody, or NULL. */
static const char *
is_busy(const struct node_link *l)
{
	if (l->session != NULL)
		return "the link has a session";
	if (!l->fsm.open)
		return "the link is not open";
	if (!access_node_agent_is_there(l))
		return "the link's foreign agent takes nobody now";
	return node_fsm_may_begin(&l->fsm) ? NULL : "no sessions are taken";
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
	l->after_id = c.id;
	l->from = c.ha;
	access_node_event(l, NODE_EV_IMPORT);
	if (l->session == NULL) {
		node_forget(&l->node, 0);
		return fail(code, message, "internal",
		    "the session could not begin: see the log");
	}
	access_node_event(l, NODE_EV_AWAIT);
	return json_pack("{s:s, s:s, s:s, s:i}",
	    "link", l->cfg->ifname,
	    "nai", l->cfg->nai,
	    "session", l->session->id,
	    "packets", (int)c.n_packets);
}

/* ---- who does not come ---- */

static void
wait_fire(struct timer *t)
{
	access_node_event(container_of(t, struct node_link, wait),
	    NODE_EV_WAITED);
}

void
access_node_move_init(struct node_link *l)
{
	l->wait.fire = wait_fire;
}

void
access_node_wait(struct node_fsm *f, int64_t ms)
{
	struct node_link *l = container_of(f, struct node_link, fsm);
	struct engine *e = l->all->engine;

	if (timer_set(&e->timers, &l->wait, mono_add_ms(clock_mono(e->clock),
	    ms)) != 0)
		log_errorx(l->cfg->ifname, "out of memory for a timer");
}

void
access_node_came(struct node_fsm *f)
{
	struct node_link *l = container_of(f, struct node_link, fsm);

	timer_cancel(&l->all->engine->timers, &l->wait);
	if (l->session != NULL)
		session_save(l->session);
}

void
access_node_never_came(struct node_fsm *f)
{
	struct node_link *l = container_of(f, struct node_link, fsm);

	l->node.count[NODE_C_NEVER_CAME]++;
	log_warnx(l->session->subject, "imported to %s, and has not come "
	    "within %u s", l->cfg->ifname, l->cfg->import_s);
}

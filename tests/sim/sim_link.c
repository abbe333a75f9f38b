/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The links of access nodes: the real nasd/node.c decides which packets say
 * that a mobile node is there, and keeps some; around it this does what
 * nasd/access_node.c, access_node_link.c and access_move.c do, with a root side
 * that answers some milliseconds later.
 */
#include "tests/sim/sim_mobile.h"

#include <string.h>

#include "nasd/node_context.h"

#define DETACH_MS	30000	/* as access_node.c */
#define RETRY_MS	5000
#define AGAIN_MS	1000
#define NOTICE_LEAST	(4 * SECOND)	/* that nobody is there */
#define NOTICE_MOST	(60 * SECOND)

static struct world *
world(const struct mlink *l)
{
	return l->nas->host.w;
}

struct mlink *
link_at(struct world *w, struct in_addr coa)
{
	struct subscriber *u = net_coa_user(w, coa);
	const struct host *nas = net_host(w, coa);

	return u != NULL && u->mobile != NULL && nas != NULL ?
	    &u->mobile->link[nas->index] : NULL;
}

/* ---- the root side ---- */

static void
ask(struct mlink *l, bool carry, int expect)
{
	struct world *w = world(l);

	if (expect != SET_CHANGE || l->expect != SET_BRIDGE)
		l->expect = expect;
	l->node.passing &= carry;
	l->set = true;
	l->asked_carry = carry;
	world_at(w, &l->t_set, dice_between(&w->dice, MS / 2, 5 * MS));
}

static void
unset(struct mlink *l)
{
	timer_cancel(&world(l)->timers, &l->t_set);
	l->set = l->node.passing = l->bridged = l->down = false;
	l->expect = SET_NOTHING;
	l->to = NULL;
}

static void
deliver_kept(struct mlink *l)
{
	const uint8_t *packet;
	size_t len;

	while (node_take_kept(&l->node, &packet, &len))
		net_tunnel(&l->nas->host, l->coa, l->to->host.addr, packet,
		    len);
}

static void
was_set(struct timer *t)
{
	struct mlink *l = container_of(t, struct mlink, t_set);
	struct world *w = world(l);
	struct sess *s = l->session;
	int expect = l->expect;

	l->expect = SET_NOTHING;
	if (s == NULL)
		return;
	world_touch(l->u);
	l->to = s->ha;
	l->bridged = l->asked_carry;
	l->down = l->bridged || (expect == SET_ADDRESS && l->node.has_mn);	/* [D200] */
	if (expect == SET_NOTHING)
		return;
	if (w->phase == RESTLESS && !w->plan.calm &&
	    dice_permille(&w->dice, 5)) {
		sess_event(s, SESSION_EV_INSTALL_FAILED);
		return;
	}
	if (expect == SET_ADDRESS) {
		sess_event(s, SESSION_EV_IID_ASKED);
		return;
	}
	l->node.passing = true;
	deliver_kept(l);
	if (expect == SET_BRIDGE)
		sess_event(s, SESSION_EV_INSTALLED);
}

/* ---- what sessions ask ---- */

void
link_request(const struct sess *s, struct mip_reg_request *q)
{
	const struct mlink *l = s->ml;

	q->kind = MIP_NODE;
	q->coa = l->coa;
	q->after_id = l->after_id;
	q->unique = false;
	q->mn_ha = &s->u->sa;
}

void
link_passed(struct sess *s)
{
	if (s->state == SESSION_AUTHENTICATED && s->ml->session == s)
		ask(s->ml, false, SET_ADDRESS);
}

void
link_install(struct sess *s)
{
	s->tunnel = true;
	if (s->ml->session != s)
		sess_event(s, SESSION_EV_INSTALL_FAILED);
	else if (!s->ml->node.has_mn)
		sess_event(s, SESSION_EV_INSTALLED);
	else
		ask(s->ml, true, SET_BRIDGE);
}

void
link_uninstall(struct sess *s)
{
	if (s->ml->session == s && s->ml->set)
		ask(s->ml, false, SET_NOTHING);
}

void
link_close(struct sess *s)
{
	if (s->ml->session != s || !s->ml->attached)
		return;
	s->ml->attached = false;
	s->link = false;
	sess_event(s, SESSION_EV_LINK_GONE);
}

static int64_t
hold_ms(const struct sess *s)
{
	switch (s->cause) {
	case SESSION_CAUSE_NAS_REQUEST:
	case SESSION_CAUSE_ADMIN_RESET:
	case SESSION_CAUSE_SESSION_TIMEOUT:
		return DETACH_MS;
	case SESSION_CAUSE_LOST_SERVICE:
	case SESSION_CAUSE_NAS_ERROR:
		return RETRY_MS;
	default:
		return 0;
	}
}

void
link_leave(struct sess *s)
{
	struct mlink *l = s->ml;
	int64_t ms = hold_ms(s);

	if (l->session != s)
		return;
	l->session = NULL;
	l->attached = l->imported = false;
	l->after_id = 0;
	unset(l);
	node_forget(&l->node, ms);
	if (l->proactive && l->nas->host.up && timer_set(&l->nas->host.timers,
	    &l->t_again, mono_add_ms(host_mono(&l->nas->host), ms > AGAIN_MS ?
	    ms : AGAIN_MS)) != 0)
		abort();
}

/* ---- a session's beginning ---- */

static bool
may_begin(const struct mlink *l)
{
	return l->session == NULL && l->nas->host.up &&
	    !timer_is_set(&l->t_open) && world(l)->phase != ENDING;
}

static bool
begin(struct mlink *l, const char *why)
{
	struct world *w = world(l);
	struct sess *s;

	if (!may_begin(l))
		return false;
	s = sess_new(l->nas, l->u, l->imported ? l->from :
	    &w->ha[l->u->ha], l);
	SAY(w, &l->nas->host, "u%u is there, %s: s%u", l->u->index, why,
	    s->nr);
	w->counts->an_sessions++;
	s->one_ha = l->imported;
	s->link = l->attached = true;
	l->session = s;
	l->exported = l->given_away = false;
	sess_event(s, SESSION_EV_LINK_UP);
	if (l->session == s)
		sess_event(s, SESSION_EV_AUTH_ASKED);
	if (l->session == s)
		sess_event(s, SESSION_EV_ACCEPTED);
	return true;
}

static void
begin_proactive(struct mlink *l)
{
	if (l->proactive && l->carrier && !l->exported)
		(void)begin(l, "its link is up");
}

static void
again(struct timer *t)
{
	begin_proactive(container_of(t, struct mlink, t_again));
}

/* ---- what is heard ---- */

static bool
is_bridged(const struct mlink *l)
{
	return l->node.passing || l->expect == SET_BRIDGE ||
	    l->expect == SET_CHANGE;
}

static void
triggered(struct mlink *l)
{
	struct sess *s = l->session;

	if (s == NULL) {
		if (!begin(l, "by a solicitation"))
			node_forget(&l->node, 0);
		return;
	}
	if (is_bridged(l) || (s->state != SESSION_ASSIGNED &&
	    s->state != SESSION_UP))
		return;
	ask(l, true, SET_CHANGE);
}

/* What the socket on the link lets through [node_sock.c]. */
static bool
is_heard(const uint8_t *packet, size_t len)
{
	return len > ND6_HEADER_LEN && packet[6] == IPPROTO_ICMPV6 &&
	    packet[ND6_HEADER_LEN] >= 133 && packet[ND6_HEADER_LEN] <= 135;
}

void
link_hear(struct mlink *l, const uint8_t *packet, size_t len)
{
	uint8_t frame[14 + PACKET_LEN] = { 0x33, 0x33, 0, 0, 0, 1 };
	bool bridged = l->bridged;

	if (!l->nas->host.up || timer_is_set(&l->t_open))
		return;
	world_touch(l->u);
	memcpy(frame + 6, l->u->mobile->mac, NODE_MAC_LEN);
	frame[12] = 0x86;
	frame[13] = 0xdd;
	memcpy(frame + 14, packet, len);
	if (is_heard(packet, len) &&
	    node_from_link(&l->node, frame, 14 + len))
		triggered(l);
	if (bridged && l->to != NULL)
		net_tunnel(&l->nas->host, l->coa, l->to->host.addr, packet,
		    len);
}

void
link_tunnel(struct nas *n, const struct packet *p)
{
	struct mlink *l = link_at(n->host.w, p->dst);

	if (l == NULL || l->to == NULL ||
	    l->to->host.addr.s_addr != p->src.s_addr)
		return;
	if (p->len > ND6_HEADER_LEN && p->data[ND6_HEADER_LEN] == 134 &&
	    node_from_tunnel(&l->node, p->data, p->len) && is_bridged(l) &&
	    l->session != NULL)
		ask(l, true, SET_CHANGE);
	if (l->down && l->u->mobile->at == l)
		mobile_hear(l->u->mobile, p->data, p->len);
}

/* ---- coming and going ---- */

static void
lost(struct mlink *l)
{
	struct sess *s = l->session;

	l->carrier = l->exported = false;
	if (s == NULL || s->state >= SESSION_CLOSING || !l->nas->host.up)
		return;
	SAY(world(l), &l->nas->host, "u%u has left its link", l->u->index);
	l->attached = false;
	s->link = false;
	s->carrier_lost = true;
	sess_event(s, SESSION_EV_LINK_GONE);
}

static void
noticed(struct timer *t)
{
	lost(container_of(t, struct mlink, t_notice));
}

void
link_plug(struct mlink *l)
{
	bool was = l->carrier;

	timer_cancel(&world(l)->timers, &l->t_notice);
	l->carrier = true;
	if (!was)
		begin_proactive(l);
}

void
link_unplug(struct mlink *l, bool at_once)
{
	struct world *w = world(l);

	if (at_once)
		lost(l);
	else
		world_at(w, &l->t_notice, dice_between(&w->dice, NOTICE_LEAST,
		    NOTICE_MOST));
}

static void
export(struct mlink *l, struct node_context *c)
{
	struct mip_saved saved;

	memset(c, 0, sizeof(*c));
	mip_reg_save(l->session->reg, &saved);
	c->has_mn = l->node.has_mn;
	memcpy(c->mn, l->node.mn, sizeof(c->mn));
	memcpy(c->router, l->node.router, sizeof(c->router));
	c->id = saved.last_id;
	node_copy_kept(&l->node, c);
	l->exported = l->given_away = l->session->lent = true;
	mip_reg_move_on(l->session->reg);
	world(l)->counts->exported++;
	SAY(world(l), &l->nas->host, "s%u of u%u is exported", l->session->nr,
	    l->u->index);
}

bool
link_move(struct mlink *from, struct mlink *to)
{
	struct sess *s = from->session;
	struct node_context c;
	const char *why;

	if (s == NULL || s->reg == NULL || s->state >= SESSION_CLOSING ||
	    !from->nas->host.up)
		return false;
	export(from, &c);
	if (to == NULL || !may_begin(to))
		return false;
	why = node_import(&to->node, &c);
	if (why != NULL) {
		world_fail(world(to), "%s: what was exported is not taken: %s",
		    to->nas->host.name, why);
		return false;
	}
	to->imported = true;
	to->after_id = c.id;
	to->from = s->ha;
	world(to)->counts->imported++;
	(void)begin(to, "by context");
	return true;
}

/* As access_nodes_unexport. */
void
link_stay(struct mlink *l)
{
	if (l->session == NULL || !l->exported || !l->nas->host.up)
		return;
	SAY(world(l), &l->nas->host, "s%u of u%u stays", l->session->nr,
	    l->u->index);
	l->exported = l->given_away = false;
	if (l->session->reg != NULL)
		(void)mip_reg_stay(l->session->reg);
}

/* ---- programs come and go ---- */

void
link_init(struct mlink *l, struct subscriber *u, struct nas *n)
{
	struct world *w = u->w;

	l->u = u;
	l->nas = n;
	l->coa = net_coa(&n->host, u->index);
	l->proactive = dice_permille(&w->dice, 200);
	l->t_set.fire = was_set;
	l->t_notice.fire = noticed;
	l->t_again.fire = again;
}

/* Goes on where it was, if it was kept; who has left meanwhile is lost now. */
static void
opened(struct timer *t)
{
	struct mlink *l = container_of(t, struct mlink, t_open);
	struct sess *s = l->session;

	world_touch(l->u);
	if (s != NULL && !l->carrier)
		lost(l);
	else if (s != NULL && s->state == SESSION_RESUMING)
		sess_event(s, SESSION_EV_LINK_UP);
	begin_proactive(l);
}

static void
restore(struct mlink *l)
{
	struct mlink_saved *v = &l->saved;
	struct sess *s;

	if (!v->there)
		return;
	v->there = false;
	s = sess_new(l->nas, l->u, v->ha, l);
	SAY(world(l), &l->nas->host, "u%u's session goes on: s%u",
	    l->u->index, s->nr);
	world(l)->counts->an_resumed++;
	l->session = s;
	s->link = l->attached = true;
	l->exported = v->exported;
	l->node.has_mn = v->has_mn;
	memcpy(l->node.mn, l->u->mobile->mac, sizeof(l->node.mn));
	sess_resume(s, &v->reg, v->was_up);
}

void
link_start(struct nas *n)
{
	uint8_t own[NODE_MAC_LEN] = { 2, 0xaa, 0, 0, 0, 0 };
	struct world *w = n->host.w;
	unsigned i;

	own[5] = (uint8_t)n->host.index;
	for (i = 0; i < w->plan.n_users; i++) {
		struct mlink *l;

		if (w->user[i].mobile == NULL)
			continue;
		l = &w->user[i].mobile->link[n->host.index];
		node_init(&l->node, &n->host.clock);
		node_set_own(&l->node, own, NULL);
		restore(l);
		l->t_open.fire = opened;
		world_at(w, &l->t_open, dice_between(&w->dice, MS, 50 * MS));
	}
}

/* It is killed, and may be back before anything has changed. */
static void
save(struct mlink *l)
{
	const struct sess *s = l->session;

	if (s == NULL || s->reg == NULL || s->state >= SESSION_CLOSING ||
	    !dice_permille(&world(l)->dice, 600))
		return;
	l->saved = (struct mlink_saved){ .there = true, .ha = s->ha,
	    .was_up = s->was_up, .exported = l->exported,
	    .has_mn = l->node.has_mn };
	mip_reg_save(s->reg, &l->saved.reg);
}

void
link_stop(struct nas *n)
{
	struct world *w = n->host.w;
	unsigned i;

	for (i = 0; i < w->plan.n_users; i++) {
		struct mlink *l;

		if (w->user[i].mobile == NULL)
			continue;
		l = &w->user[i].mobile->link[n->host.index];
		save(l);
		timer_cancel(&w->timers, &l->t_open);
		timer_cancel(&n->host.timers, &l->t_again);
		unset(l);
	}
}

/* ---- what must hold ---- */

void
link_check_request(const struct mlink *l, const struct host *ha)
{
	const struct sess *s = l->session;

	if (s != NULL && l->exported && s->reg != NULL &&
	    &s->ha->host == ha && s->reg->state != MIP_S_REQUESTING)
		world_fail(world(l), "%s: asks for u%u, which it has exported",
		    l->nas->host.name, l->u->index);
}

void
link_watch(const struct mlink *l)
{
	const struct sess *s = l->session;

	if (!l->node.passing && !l->down)
		return;
	if (s == NULL)
		world_fail(world(l), "%s: u%u's link is bridged for nobody",
		    l->nas->host.name, l->u->index);
	else if (l->node.passing && (s->state < SESSION_INSTALLING ||
	    s->state > SESSION_RESUMING || s->reg == NULL))
		world_fail(world(l), "%s: u%u's link is bridged, %s",
		    l->nas->host.name, l->u->index,
		    session_state_str(s->state));
}

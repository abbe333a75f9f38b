/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The links of access nodes: the real nasd/node.c decides which packets say
 * that a mobile node is there, and keeps some; the real nasd/node_fsm.c what
 * the link does then. Around them this carries that out as access_node_ops.c
 * does, with a root side that answers some milliseconds later.
 */
#include "tests/sim/sim_mobile.h"

#include <string.h>

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

static struct mlink *
of(const struct node_fsm *f)
{
	return container_of((struct node_fsm *)f, struct mlink, fsm);
}

static void
event(struct mlink *l, enum node_event ev)
{
	node_fsm_event(&l->fsm, ev, NULL);
}

/* ---- what is known of it ---- */

static void
view(const struct node_fsm *f, struct node_view *v)
{
	const struct mlink *l = of(f);
	const struct sess *s = l->session;

	*v = (struct node_view){
		.proactive = l->proactive,
		.import_ms = MOVE_WAIT_MS,
		.agent = true,
		.takes = l->nas->host.up && world(l)->phase != ENDING,
		.by_source = !l->nas->gre,
		.session = s != NULL ? s->state : SESSION_STARTING,
		.cause = l->cause,
	};
}

/* ---- the root side ---- */

static int
ask(struct node_fsm *f, enum node_carry carry, enum node_expect expect)
{
	struct mlink *l = of(f);
	struct world *w = world(l);

	(void)expect;
	l->asked = carry;
	world_at(w, &l->t_set, dice_between(&w->dice, MS / 2, 5 * MS));
	return 0;
}

static void
unset(struct node_fsm *f)
{
	struct mlink *l = of(f);

	timer_cancel(&world(l)->timers, &l->t_set);
	l->carry = NODE_CARRY_NONE;
	l->to = NULL;
}

static void
pass(struct node_fsm *f, bool first)
{
	struct mlink *l = of(f);
	const uint8_t *packet;
	size_t len;

	(void)first;
	while (node_take_kept(&l->node, &packet, &len))
		net_tunnel(&l->nas->host, l->coa, l->to->host.addr, packet,
		    len);
}

static void
was_set(struct timer *t)
{
	struct mlink *l = container_of(t, struct mlink, t_set);
	struct world *w = world(l);
	bool fails = false;

	if (l->session != NULL) {
		world_touch(l->u);
		l->to = l->session->ha;
		l->carry = l->asked;
		fails = l->fsm.expect != NODE_NOTHING &&
		    w->phase == RESTLESS && !w->plan.calm &&
		    dice_permille(&w->dice, 5);
	}
	event(l, fails ? NODE_EV_SET_FAILED : NODE_EV_SET);
}

/* ---- what sessions ask ---- */

void
link_request(const struct sess *s, struct mip_reg_request *q)
{
	const struct mlink *l = s->ml;

	q->kind = MIP_NODE;
	q->coa = l->coa;
	q->after_id = l->fsm.imported ? l->after_id : 0;
	q->unique = false;
	q->mn_ha = &s->u->sa;
}

void
link_install(struct sess *s)
{
	s->tunnel = true;
	if (s->ml->session != s)
		sess_event(s, SESSION_EV_INSTALL_FAILED);
	else
		event(s->ml, NODE_EV_INSTALL);
}

void
link_event(struct sess *s, enum node_event ev)
{
	if (s->ml->session == s)
		event(s->ml, ev);
}

void
link_leave(struct sess *s)
{
	struct mlink *l = s->ml;

	if (l->session != s)
		return;
	l->session = NULL;
	l->cause = s->cause;
	event(l, NODE_EV_LEFT);
}

/* ---- a session ---- */

static bool
begin(struct node_fsm *f)
{
	struct mlink *l = of(f);
	struct world *w = world(l);
	struct sess *s = sess_new(l->nas, l->u, f->imported ? l->from :
	    &w->ha[l->u->ha], l);

	w->counts->an_sessions++;
	s->one_ha = f->imported;
	s->link = true;
	l->session = s;
	l->packets = 0;
	l->given_away = false;
	return true;
}

static void
start(struct node_fsm *f, const char *why)
{
	struct mlink *l = of(f);
	struct sess *s = l->session;

	SAY(world(l), &l->nas->host, "u%u is there, %s: s%u", l->u->index,
	    why, s->nr);
	sess_event(s, SESSION_EV_LINK_UP);
	if (l->session == s)
		sess_event(s, SESSION_EV_AUTH_ASKED);
	if (l->session == s)
		sess_event(s, SESSION_EV_ACCEPTED);
}

static void
lose(struct node_fsm *f)
{
	struct mlink *l = of(f);

	SAY(world(l), &l->nas->host, "u%u has left its link", l->u->index);
	l->session->carrier_lost = true;
}

static void
tell(struct node_fsm *f, enum session_event ev, const char *why)
{
	struct sess *s = of(f)->session;

	(void)why;
	if (ev == SESSION_EV_LINK_GONE)
		s->link = false;
	sess_event(s, ev);
}

static void
again(struct node_fsm *f, int64_t ms)
{
	struct mlink *l = of(f);
	struct host *h = &l->nas->host;

	if (h->up && timer_set(&h->timers, &l->t_again,
	    mono_add_ms(host_mono(h), ms)) != 0)
		abort();
}

static void
again_fire(struct timer *t)
{
	event(container_of(t, struct mlink, t_again), NODE_EV_AGAIN);
}

static const struct node_fsm_ops ops = {
	.view = view,
	.came = move_came,
	.never_came = move_never_came,
	.count = move_count,
	.wait = move_wait,
	.unset = unset,
	.again = again,
	.pass = pass,
	.ask = ask,
	.begin = begin,
	.start = start,
	.lose = lose,
	.tell = tell,
};

/* ---- what is heard ---- */

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
	bool bridged = l->carry == NODE_CARRY_BOTH;

	if (!l->nas->host.up || !l->fsm.open)
		return;
	world_touch(l->u);
	memcpy(frame + 6, l->u->mobile->mac, NODE_MAC_LEN);
	frame[12] = 0x86;
	frame[13] = 0xdd;
	memcpy(frame + 14, packet, len);
	if (is_heard(packet, len) &&
	    node_from_link(&l->node, frame, 14 + len))
		event(l, NODE_EV_HEARD);
	if (!bridged || l->to == NULL)
		return;
	l->packets++;
	net_tunnel(&l->nas->host, l->coa, l->to->host.addr, packet, len);
}

void
link_tunnel(struct nas *n, const struct packet *p)
{
	struct mlink *l = link_at(n->host.w, p->dst);

	if (l == NULL || l->to == NULL ||
	    l->to->host.addr.s_addr != p->src.s_addr)
		return;
	if (p->len > ND6_HEADER_LEN && p->data[ND6_HEADER_LEN] == 134 &&
	    node_from_tunnel(&l->node, p->data, p->len))
		event(l, NODE_EV_ROUTER);
	if (l->carry != NODE_CARRY_NONE && l->u->mobile->at == l)
		mobile_hear(l->u->mobile, p->data, p->len);
}

/* ---- coming and going ---- */

/* While the router is not there the mark of its file becomes void [D222]. */
static void
lost(struct mlink *l)
{
	l->carrier = false;
	if (l->nas->host.up)
		event(l, NODE_EV_NO_CARRIER);
	else
		l->fsm.exported = false;
}

static void
noticed(struct timer *t)
{
	lost(container_of(t, struct mlink, t_notice));
}

void
link_plug(struct mlink *l)
{
	timer_cancel(&world(l)->timers, &l->t_notice);
	l->carrier = true;
	if (l->nas->host.up)
		event(l, NODE_EV_CARRIER);
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

/* Somebody removes the tunnel's device. */
void
link_lose_tunnel(struct mlink *l)
{
	if (l->session == NULL || !l->nas->host.up ||
	    l->carry == NODE_CARRY_NONE)
		return;
	SAY(world(l), &l->nas->host, "u%u's tunnel is lost", l->u->index);
	world(l)->counts->tunnels_lost++;
	l->carry = NODE_CARRY_NONE;
	event(l, NODE_EV_TUNNEL_LOST);
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
	l->t_again.fire = again_fire;
	move_init(l);
	l->fsm.ops = &ops;
	l->fsm.node = &l->node;
}

/* Goes on where it was, if it was kept; who has left meanwhile is lost now. */
static void
opened(struct timer *t)
{
	struct mlink *l = container_of(t, struct mlink, t_open);

	world_touch(l->u);
	event(l, l->carrier ? NODE_EV_CARRIER : NODE_EV_NO_CARRIER);
	event(l, NODE_EV_OPENED);
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
	s->link = true;
	l->fsm.exported = v->exported;
	event(l, NODE_EV_RESTORE);
	l->node.has_mn = v->has_mn;
	memcpy(l->node.mn, l->u->mobile->mac, sizeof(l->node.mn));
	if (v->awaited)
		event(l, NODE_EV_AWAIT);
	l->packets = 0;
	sess_resume(s, &v->reg, v->was_up);
}

void
link_start(struct nas *n)
{
	uint8_t own[NODE_MAC_LEN] = { 2, 0xaa, 0, 0, 0, 0 };
	struct world *w = n->host.w;
	bool exported;
	unsigned i;

	own[5] = (uint8_t)n->host.index;
	for (i = 0; i < w->plan.n_users; i++) {
		struct mlink *l;

		if (w->user[i].mobile == NULL)
			continue;
		l = &w->user[i].mobile->link[n->host.index];
		node_init(&l->node, &n->host.clock);
		node_set_own(&l->node, own, NULL);
		exported = l->fsm.exported;
		node_fsm_init(&l->fsm);
		l->fsm.exported = exported;
		restore(l);
		event(l, NODE_EV_RESUMED);
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
	    .was_up = s->was_up, .exported = l->fsm.exported,
	    .has_mn = l->node.has_mn, .awaited = l->fsm.awaited };
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
		move_came(&l->fsm);
		unset(&l->fsm);
		l->node.passing = false;
	}
}

/* ---- what must hold ---- */

void
link_check_request(const struct mlink *l, const struct host *ha)
{
	const struct sess *s = l->session;

	if (s != NULL && l->fsm.exported && s->reg != NULL &&
	    &s->ha->host == ha && s->reg->state != MIP_S_REQUESTING)
		world_fail(world(l), "%s: asks for u%u, which it has exported",
		    l->nas->host.name, l->u->index);
}

void
link_watch(const struct mlink *l)
{
	const struct sess *s = l->session;

	move_watch(l);
	if (!l->node.passing && l->carry == NODE_CARRY_NONE)
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

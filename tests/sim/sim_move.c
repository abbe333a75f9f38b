/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mobile nodes that move from one access node to another by what an operator
 * exports and imports, and who is imported and never comes: as
 * nasd/access_move.c, around the real nasd/node_fsm.c. Neighbour: sim_link.c.
 */
#include "tests/sim/sim_mobile.h"

#include <string.h>

#include "nasd/node_context.h"

#define AWAITED_MS	(MOVE_WAIT_MS + 5000)

static struct world *
world(const struct mlink *l)
{
	return l->nas->host.w;
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
	l->given_away = l->session->lent = true;
	event(l, NODE_EV_EXPORT);
	mip_reg_move_on(l->session->reg);
	world(l)->counts->exported++;
	SAY(world(l), &l->nas->host, "s%u of u%u is exported", l->session->nr,
	    l->u->index);
}

bool
move_by_context(struct mlink *from, struct mlink *to)
{
	struct sess *s = from->session;
	struct node_context c;
	const char *why;

	if (s == NULL || s->reg == NULL || s->state >= SESSION_CLOSING ||
	    !from->nas->host.up)
		return false;
	export(from, &c);
	if (to == NULL || !node_fsm_may_begin(&to->fsm))
		return false;
	why = node_import(&to->node, &c);
	if (why != NULL) {
		world_fail(world(to), "%s: what was exported is not taken: %s",
		    to->nas->host.name, why);
		return false;
	}
	to->after_id = c.id;
	to->from = s->ha;
	world(to)->counts->imported++;
	event(to, NODE_EV_IMPORT);
	event(to, NODE_EV_AWAIT);
	return true;
}

/* As access_nodes_unexport. */
void
move_undone(struct mlink *l)
{
	struct sess *s = l->session;

	if (!l->fsm.exported || !l->nas->host.up)
		return;
	SAY(world(l), &l->nas->host, "u%u stays", l->u->index);
	l->given_away = false;
	if (s == NULL)
		timer_cancel(&l->nas->host.timers, &l->t_again);
	event(l, NODE_EV_STAY);
	if (s != NULL && s->reg != NULL)
		(void)mip_reg_stay(s->reg);
}

/* ---- who was imported has to come ---- */

static void
waited(struct timer *t)
{
	event(container_of(t, struct mlink, t_wait), NODE_EV_WAITED);
}

void
move_came(struct node_fsm *f)
{
	timer_cancel(&of(f)->nas->host.timers, &of(f)->t_wait);
	timer_cancel(&world(of(f))->timers, &of(f)->t_count);
}

void
move_wait(struct node_fsm *f, int64_t ms)
{
	struct mlink *l = of(f);
	struct host *h = &l->nas->host;

	if (ms == MOVE_WAIT_MS)
		l->awaited = host_mono(h);
	if (timer_set(&h->timers, &l->t_wait, mono_add_ms(host_mono(h), ms)) !=
	    0)
		abort();
}

static void
counted(struct timer *t)
{
	struct mlink *l = container_of(t, struct mlink, t_count);

	world_touch(l->u);
	event(l, l->packets > 0 ? NODE_EV_PACKETS : NODE_EV_NO_PACKETS);
}

void
move_count(struct node_fsm *f)
{
	struct mlink *l = of(f);
	struct world *w = world(l);

	if (f->set)
		world_at(w, &l->t_count, dice_between(&w->dice, MS / 2,
		    5 * MS));
}

void
move_never_came(struct node_fsm *f)
{
	struct mlink *l = of(f);

	world(l)->counts->never_came++;
	SAY(world(l), &l->nas->host, "u%u was imported and never came",
	    l->u->index);
	if (l->packets > 0)
		world_fail(world(l), "%s: u%u has come, and is let go",
		    l->nas->host.name, l->u->index);
}

void
move_init(struct mlink *l)
{
	l->t_wait.fire = waited;
	l->t_count.fire = counted;
}

void
move_watch(const struct mlink *l)
{
	const struct sess *s = l->session;

	if (l->fsm.awaited && s != NULL && s->state == SESSION_UP &&
	    l->nas->host.up && mono_diff_ms(host_mono(&l->nas->host),
	    l->awaited) > AWAITED_MS)
		world_fail(world(l), "%s: u%u is awaited for ever",
		    l->nas->host.name, l->u->index);
}

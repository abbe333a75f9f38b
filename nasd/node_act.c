/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an access node's link decides is carried out: see node_fsm.h. As pure
 * as that; what needs more than the link is its caller's.
 */
#include "nasd/node_fsm.h"

#include <stddef.h>

#include "nasd/node.h"

static void
do_moved(struct node_fsm *f, const struct node_decision *d)
{
	(void)d;
	if (f->ops->moved != NULL)
		f->ops->moved(f);
}

static void
do_came(struct node_fsm *f, const struct node_decision *d)
{
	(void)d;
	if (f->ops->came != NULL)
		f->ops->came(f);
}

static void
do_never_came(struct node_fsm *f, const struct node_decision *d)
{
	(void)d;
	if (f->ops->never_came != NULL)
		f->ops->never_came(f);
}

static void
do_count(struct node_fsm *f, const struct node_decision *d)
{
	(void)d;
	if (f->ops->count != NULL)
		f->ops->count(f);
}

static void
do_wait(struct node_fsm *f, const struct node_decision *d)
{
	if (f->ops->wait != NULL)
		f->ops->wait(f, d->timer_ms);
}

static void
do_unset(struct node_fsm *f, const struct node_decision *d)
{
	(void)d;
	f->node->passing = false;
	f->expect = NODE_NOTHING;
	f->set = false;
	f->ops->unset(f);
}

static void
do_forget(struct node_fsm *f, const struct node_decision *d)
{
	node_forget(f->node, d->hold_ms);
}

static void
do_again(struct node_fsm *f, const struct node_decision *d)
{
	f->ops->again(f, d->timer_ms);
}

static void
do_pass(struct node_fsm *f, const struct node_decision *d)
{
	f->node->passing = true;
	f->ops->pass(f, d->expect == NODE_BRIDGE);
}

/* What is asked for instead of a bridge that is on its way is that bridge. */
static void
do_ask(struct node_fsm *f, const struct node_decision *d)
{
	if (d->expect != NODE_CHANGE || f->expect != NODE_BRIDGE)
		f->expect = d->expect;
	f->node->passing &= d->carry == NODE_CARRY_BOTH;
	f->set = true;
	if (f->ops->ask(f, d->carry, d->expect) == 0)
		return;
	f->expect = NODE_NOTHING;
	if (d->expect != NODE_NOTHING)
		f->ops->tell(f, SESSION_EV_INSTALL_FAILED, "out of memory");
}

static void
do_begin(struct node_fsm *f, const struct node_decision *d)
{
	node_fsm_event(f, f->ops->begin(f) ? NODE_EV_BEGUN :
	    NODE_EV_NOT_BEGUN, d->why);
}

static void
do_start(struct node_fsm *f, const struct node_decision *d)
{
	f->ops->start(f, d->why);
}

static void
do_lose(struct node_fsm *f, const struct node_decision *d)
{
	(void)d;
	f->ops->lose(f);
}

static void
do_tell(struct node_fsm *f, const struct node_decision *d)
{
	f->ops->tell(f, d->tell, d->why);
}

static void
do_try(struct node_fsm *f, const struct node_decision *d)
{
	(void)d;
	node_fsm_event(f, NODE_EV_TRY, NULL);
}

static void
act(struct node_fsm *f, const struct node_decision *d)
{
	static void (*const fn[NODE_N_ACTIONS])(struct node_fsm *,
	    const struct node_decision *) = {
		[NODE_BIT_MOVED] = do_moved,
		[NODE_BIT_CAME] = do_came,
		[NODE_BIT_NEVER_CAME] = do_never_came,
		[NODE_BIT_COUNT] = do_count,
		[NODE_BIT_WAIT] = do_wait,
		[NODE_BIT_UNSET] = do_unset,
		[NODE_BIT_FORGET] = do_forget,
		[NODE_BIT_AGAIN] = do_again,
		[NODE_BIT_PASS] = do_pass,
		[NODE_BIT_ASK] = do_ask,
		[NODE_BIT_BEGIN] = do_begin,
		[NODE_BIT_START] = do_start,
		[NODE_BIT_LOSE] = do_lose,
		[NODE_BIT_TELL] = do_tell,
		[NODE_BIT_TRY] = do_try,
	};

	for (unsigned bit = 0; bit < NODE_N_ACTIONS; bit++)
		if (d->actions & 1U << bit)
			fn[bit](f, d);
}

void
node_fsm_event(struct node_fsm *f, enum node_event ev, const char *detail)
{
	enum node_state from = f->state;
	struct node_decision d;
	struct node_view v;

	f->ops->view(f, &v);
	d = node_fsm(f, ev, &v);
	if (d.why == NULL)
		d.why = detail;
	f->state = d.state;
	f->node->waits = d.state == NODE_WAITING;
	if (d.state != from && f->ops->went != NULL)
		f->ops->went(f, from, ev);
	act(f, &d);
}

bool
node_fsm_may_begin(const struct node_fsm *f)
{
	struct node_view v;

	f->ops->view(f, &v);
	return node_fsm_is_free(f, &v);
}

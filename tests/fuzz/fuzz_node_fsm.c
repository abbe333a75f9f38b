/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * node_fsm with any events in any order, each a byte, before it what is known,
 * and behind it what its caller does, also while it is told something: it
 * fails, or its session ends there and then. Whatever comes, a link is bridged
 * for a session and nobody else, has one at a time, tells it of its end once,
 * and leaves nothing behind.
 */
#include "nasd/node.h"
#include "nasd/node_fsm.h"
#include "tests/fuzz/ops.h"

#define DEPTH	8	/* of events out of events, at most */

struct model {
	struct node_fsm		 f;
	struct node		 node;
	struct node_view	 v;
	struct ops		 o;
	bool			 session;	/* there is one */
	bool			 gone;		/* and it knows that its link
						 * is not there */
	bool			 tunnel;	/* at the root side */
	bool			 waits;		/* for who was imported */
	unsigned		 asked;		/* since the last answer */
	unsigned		 depth;
};

static struct model *
of(const struct node_fsm *f)
{
	return (struct model *)(void *)((char *)(uintptr_t)f -
	    offsetof(struct model, f));
}

static void
post(struct model *m, enum node_event ev)
{
	m->depth++;
	node_fsm_event(&m->f, ev, NULL);
	m->depth--;
}

/* The session does something in return. */
static void
come_back(struct model *m)
{
	if (m->depth >= DEPTH)
		return;
	switch (ops_pick(&m->o, 6)) {
	case 0:
		m->session = false;
		m->v.session = SESSION_STARTING;
		post(m, NODE_EV_LEFT);
		break;
	case 1:
		post(m, NODE_EV_CLOSE);
		break;
	case 2:
		post(m, NODE_EV_UNINSTALL);
		break;
	case 3:
		post(m, NODE_EV_INSTALL);
		break;
	case 4:
		post(m, NODE_EV_PASSED);
		break;
	default:
		break;
	}
}

static void
view(const struct node_fsm *f, struct node_view *v)
{
	*v = of(f)->v;
}

static void
went(const struct node_fsm *f, enum node_state from, enum node_event ev)
{
	fuzz_assert(f->state != from);
	fuzz_assert(strcmp(node_state_str(f->state), "?") != 0 &&
	    strcmp(node_event_str(ev), "?") != 0);
}

static void
of_session(struct node_fsm *f)
{
	fuzz_assert(of(f)->session);
}

static void
moved(struct node_fsm *f)
{
	(void)f;
}

static void
came(struct node_fsm *f)
{
	fuzz_assert(of(f)->waits);
	of(f)->waits = false;
}

static void
wait(struct node_fsm *f, int64_t ms)
{
	fuzz_assert(of(f)->session && f->awaited && ms > 0);
	of(f)->waits = true;
}

static void
unset(struct node_fsm *f)
{
	fuzz_assert(!f->set && !f->node->passing);
	of(f)->tunnel = false;
	of(f)->asked = 0;
}

static void
again(struct node_fsm *f, int64_t ms)
{
	fuzz_assert(of(f)->v.proactive && ms >= 1000);
}

static void
pass(struct node_fsm *f, bool first)
{
	(void)first;
	fuzz_assert(of(f)->session && f->node->passing);
}

static int
ask(struct node_fsm *f, enum node_carry carry, enum node_expect expect)
{
	struct model *m = of(f);

	fuzz_assert(m->session);
	fuzz_assert(carry == NODE_CARRY_BOTH ?
	    expect == NODE_BRIDGE || expect == NODE_CHANGE :
	    !f->node->passing);
	m->tunnel = true;
	if (ops_pick(&m->o, 8) == 0)
		return -1;
	m->asked++;
	return 0;
}

static bool
begin(struct node_fsm *f)
{
	struct model *m = of(f);

	fuzz_assert(!m->session && f->open && f->resumed && m->v.takes &&
	    m->v.agent);
	m->session = ops_pick(&m->o, 8) != 0;
	m->gone = false;
	return m->session;
}

static void
start(struct node_fsm *f, const char *why)
{
	fuzz_assert(of(f)->session && f->state == NODE_ATTACHED &&
	    !f->exported && why != NULL);
	come_back(of(f));
}

static void
tell(struct node_fsm *f, enum session_event ev, const char *why)
{
	struct model *m = of(f);

	(void)why;
	fuzz_assert(m->session);
	if (ev == SESSION_EV_LINK_GONE) {
		fuzz_assert(!m->gone && f->state == NODE_DETACHED);
		m->gone = true;
	}
	come_back(m);
}

static const struct node_fsm_ops ops = { view, went, moved, came, of_session,
	of_session, wait, unset, again, pass, ask, begin, start, of_session,
	tell };

/* What the link's node has heard, and what is known. */
static void
learn(struct model *m)
{
	unsigned a = ops_u8(&m->o), b = ops_u8(&m->o);

	m->v = (struct node_view){ .proactive = a & 1,
	    .import_ms = a & 2 ? 60000 : 0, .agent = a & 4, .takes = a & 8,
	    .by_source = a & 16, .session = m->session ?
	    (enum session_state)(b % SESSION_N_STATES) : SESSION_STARTING,
	    .cause = (enum session_cause)(b % 12) };
	m->node.has_mn = a & 32;
}

static void
check(const struct model *m)
{
	const struct node_fsm *f = &m->f;

	fuzz_assert(node_fsm_is_served(f) == m->session);
	fuzz_assert(!m->session || node_fsm_is_attached(f) != m->gone);
	if (f->state == NODE_CLOSED || f->state == NODE_IDLE ||
	    f->state == NODE_WAITING)
		fuzz_assert(f->open == (f->state != NODE_CLOSED));
	fuzz_assert(!f->node->passing || (m->session && m->tunnel));
	fuzz_assert(m->session || (!f->set && !f->awaited && !f->imported));
	fuzz_assert(!m->tunnel || f->set);
	fuzz_assert(f->awaited == m->waits);
	fuzz_assert(f->node->waits == (f->state == NODE_WAITING));
}

/* Some events come only where they can. */
static bool
may_come(const struct model *m, enum node_event ev)
{
	switch (ev) {
	case NODE_EV_BEGUN:
	case NODE_EV_NOT_BEGUN:
		return false;
	case NODE_EV_RESTORE:
		return !m->session && !m->f.resumed;
	case NODE_EV_SET:
	case NODE_EV_SET_FAILED:
		return m->asked > 0;
	case NODE_EV_LEFT:
		return m->session;
	default:
		return true;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct model m = { .o = { data, data + len } };

	m.f.ops = &ops;
	m.f.node = &m.node;
	node_init(&m.node, &clock_system);
	m.node.ppp = ops_u8(&m.o) & 1;
	node_fsm_init(&m.f);
	while (ops_more(&m.o)) {
		enum node_event ev;

		learn(&m);
		ev = (enum node_event)ops_pick(&m.o, NODE_N_EVENTS);
		if (!may_come(&m, ev))
			continue;
		if (ev == NODE_EV_RESTORE) {
			m.session = true;
			m.gone = false;
		}
		if (ev == NODE_EV_LEFT)
			m.session = false;
		if (ev == NODE_EV_SET || ev == NODE_EV_SET_FAILED)
			m.asked = 0;
		post(&m, ev);
		check(&m);
	}
	return 0;
}

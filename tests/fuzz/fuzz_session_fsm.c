/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * session_fsm with any events in any order, each a byte, before it the bits of
 * what is known: whatever comes, the machine keeps its promises to
 * session_act. A session ends once, gives back all it may have, answers what
 * it owes, and every state but two has a time limit that leads on.
 */
#include "nasd/session_fsm.h"
#include "tests/fuzz/ops.h"

#define BIT(name)	((uint32_t)SESSION_DO_##name)
#define GIVE_BACK	(BIT(AUTH_CANCEL) | BIT(RA_STOP) | BIT(ACCT_STOP) | \
			 BIT(UNINSTALL) | BIT(DEREGISTER))

/* What session_act would have to do with: an action is right where what it
 * needs is there. */
struct model {
	enum session_state	state;
	bool			freed;
	unsigned		ends;
	uint32_t		ever;		/* actions so far */
};

static struct session_view
view(struct ops *o)
{
	unsigned a = ops_u8(o), b = ops_u8(o);

	return (struct session_view){
		.unique = a & 1, .refuse_duplicates = a & 2,
		.insists = a & 4, .own_usable = a & 8, .own_is_ours = a & 16,
		.iid_kept = a & 32, .access = a & 64, .reg = a & 128,
		.accounting = b & 1, .carrier_lost = b & 2,
		.was_up = b & 32, .resumable = b & 64,
		.rival = (enum session_rival)((b >> 2) % 3),
		.granted = b & 64,
	};
}

static bool
left(const struct session_view *v)
{
	return v->access || v->reg || v->accounting;
}

static void
check_end(const struct model *m, const struct session_decision *d,
    const struct session_view *v)
{
	/* A live session ends with its reason, and gives everything back. */
	if (m->state < SESSION_CLOSING && d->state >= SESSION_CLOSING) {
		fuzz_assert(d->cause != SESSION_CAUSE_NONE && d->why);
		fuzz_assert((d->actions & GIVE_BACK) == GIVE_BACK);
		fuzz_assert((d->state == SESSION_DEAD) == !left(v));
	} else {
		fuzz_assert(d->cause == SESSION_CAUSE_NONE && !d->why);
	}
	fuzz_assert(!!(d->actions & BIT(FREE)) ==
	    (d->state == SESSION_DEAD && m->state != SESSION_DEAD));
	/* It does not come back. */
	if (m->state >= SESSION_CLOSING)
		fuzz_assert(d->state >= m->state);
	if (m->state == SESSION_DEAD)
		fuzz_assert(d->unexpected && d->actions == 0);
	/* Nothing begins that would have to be ended again. */
	if (d->state >= SESSION_CLOSING)
		fuzz_assert(!(d->actions & (BIT(REGISTER) | BIT(INSTALL) |
		    BIT(ASSIGN) | BIT(RA_START) | BIT(ACCT_START) |
		    BIT(AUTHENTICATE) | BIT(AUTH_OK) | BIT(START_CONFIRM) |
		    BIT(REPLACE))));
}

/* Whoever waits for an identifier is answered: with one, or with the end. */
static void
check_owed(const struct model *m, const struct session_decision *d)
{
	static const uint32_t answers = BIT(REFUSE) | BIT(KILL) | BIT(CLOSE);

	if (m->state >= SESSION_WAITING && m->state <= SESSION_INSTALLING &&
	    d->state >= SESSION_CLOSING && d->cause !=
	    SESSION_CAUSE_LOST_CARRIER && !(d->actions & BIT(AUTH_FAIL)) &&
	    !(d->why && strcmp(d->why, "link ended") == 0))
		fuzz_assert(d->actions & answers);
	if (m->state == SESSION_STARTING && d->state >= SESSION_CLOSING)
		fuzz_assert(d->actions & BIT(START_REFUSE));
}

static void
check_order(const struct model *m, const struct session_decision *d)
{
	/* Each step needs the one before. */
	if (d->actions & BIT(ASSIGN))
		fuzz_assert((m->ever | d->actions) & BIT(INSTALL));
	if (d->actions & BIT(INSTALL))
		fuzz_assert(m->ever & BIT(REGISTER));
	if (d->actions & BIT(REGISTER))
		fuzz_assert(m->ever & BIT(AUTH_OK));
	if (d->actions & (BIT(ACCT_START) | BIT(RA_START)))
		fuzz_assert(d->state == SESSION_UP && m->ever & BIT(ASSIGN));
	if (d->unexpected)
		fuzz_assert(d->state == m->state && d->actions == 0);
}

static void
check_limit(enum session_state s, const struct session_view *v)
{
	struct session_decision d;

	fuzz_assert(session_state_limit(s) != 0 || s == SESSION_UP ||
	    s == SESSION_DEAD);
	if (session_state_limit(s) == 0)
		return;
	d = session_fsm(s, SESSION_EV_TIMER, v);
	fuzz_assert(!d.unexpected && d.state != s);
}

static void
post(struct model *m, enum session_event ev, const struct session_view *v)
{
	struct session_decision d = session_fsm(m->state, ev, v);

	fuzz_assert((unsigned)d.state < SESSION_N_STATES);
	fuzz_assert(d.actions < 1u << SESSION_N_ACTIONS);
	fuzz_assert(!m->freed || !(d.actions & BIT(FREE)));
	check_end(m, &d, v);
	check_owed(m, &d);
	check_order(m, &d);
	m->freed |= d.actions & BIT(FREE);
	m->ever |= d.actions;
	m->state = d.state;
	check_limit(m->state, v);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ops o = { data, data + len };
	struct model m = { .state = SESSION_STARTING };
	struct session_view v = { 0 };
	unsigned n;

	/* One of an earlier nasd has done all that before. */
	if (len > 0 && data[len - 1] & 1) {
		m.state = SESSION_RESUMING;
		m.ever = BIT(AUTH_OK) | BIT(REGISTER) | BIT(INSTALL) |
		    BIT(ASSIGN);
	}
	while (ops_more(&o)) {
		v = view(&o);
		post(&m, (enum session_event)ops_pick(&o, SESSION_N_EVENTS),
		    &v);
	}
	/* Left alone it goes, by its time limits; UP by its owner. */
	if (m.state == SESSION_UP)
		post(&m, SESSION_EV_SHUTDOWN, &v);
	for (n = 0; m.state != SESSION_DEAD; n++) {
		fuzz_assert(n < 4);
		post(&m, SESSION_EV_TIMER, &v);
	}
	fuzz_assert(m.freed);
	return 0;
}

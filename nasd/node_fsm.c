/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The state machine of an access node's link: see node_fsm.h. What is the same
 * with a session and without one comes first; then a function for links that
 * are nobody's, and some for those of a session.
 */
#include "nasd/node_fsm.h"

#include <stddef.h>
#include <string.h>

#include "nasd/node.h"

#define DO(name)	((uint32_t)NODE_DO_##name)

/* How long nobody is heard after an end [D174]. */
#define DETACH_MS	30000	/* that somebody wanted */
#define RETRY_MS	5000	/* of another kind */
#define AGAIN_MS	1000	/* proactive: at least; awaited: each time */

void
node_fsm_init(struct node_fsm *f)
{
	*f = (struct node_fsm){ .ops = f->ops, .node = f->node };
}

void
node_fsm_take(struct node_fsm *f)
{
	f->state = NODE_ATTACHED;
	f->open = f->carrier = f->has_coa = f->ipv6cp = false;
}

bool
node_fsm_is_attached(const struct node_fsm *f)
{
	return f->state == NODE_RESTORED || f->state == NODE_ATTACHED;
}

bool
node_fsm_is_served(const struct node_fsm *f)
{
	return node_fsm_is_attached(f) || f->state == NODE_DETACHED;
}

bool
node_fsm_is_free(const struct node_fsm *f, const struct node_view *v)
{
	return (f->state == NODE_IDLE || f->state == NODE_WAITING) &&
	    f->resumed && v->agent && v->takes;
}

/* Or will be, with what was asked for. */
static bool
is_bridged(const struct node_fsm *f)
{
	return f->node->passing || f->expect == NODE_BRIDGE ||
	    f->expect == NODE_CHANGE;
}

/* ---- parts of decisions ---- */

static void
go(struct node_decision *d, enum node_state state, uint32_t actions)
{
	d->state = state;
	d->actions |= actions;
}

static void
ask(struct node_decision *d, enum node_carry carry, enum node_expect expect)
{
	d->actions |= DO(ASK);
	d->carry = carry;
	d->expect = expect;
}

static void
tell(struct node_decision *d, enum session_event ev, const char *why)
{
	d->actions |= DO(TELL);
	d->tell = ev;
	d->why = why;
}

static void
mark(struct node_fsm *f, struct node_decision *d, bool exported)
{
	if (f->exported != exported)
		d->actions |= DO(MOVED);
	f->exported = exported;
}

static void
begin(struct node_decision *d, const char *why)
{
	d->actions |= DO(BEGIN);
	d->why = why;
}

static void
came(struct node_fsm *f, struct node_decision *d)
{
	f->awaited = f->late = false;
	d->actions |= DO(CAME);
}

/* ---- nobody's ---- */

/* Who is not served keeps no place: the link may have another mobile node when
 * there are sessions again. But of a foreign agent only its next advertisement
 * may be missing, and that says so. */
static void
wanted(const struct node_fsm *f, const struct node_view *v, const char *why,
    struct node_decision *d)
{
	if (node_fsm_is_free(f, v))
		begin(d, why);
	else if (f->state != NODE_CLOSED && !v->agent)
		d->state = NODE_WAITING;
	else
		go(d, f->state == NODE_WAITING ? NODE_IDLE : f->state,
		    DO(FORGET));
}

/* Who comes next may be anybody. */
static void
nobody_left(const struct node_fsm *f, struct node_decision *d)
{
	if (f->state == NODE_WAITING)
		d->actions |= DO(FORGET);
	d->state = f->open ? NODE_IDLE : NODE_CLOSED;
}

/* Who was exported and is there is heard at once, and a proactive link waits no
 * more. Who waits for a foreign agent does so. */
static void
stays(struct node_fsm *f, struct node_decision *d)
{
	if (f->exported && f->state != NODE_WAITING)
		d->actions |= DO(FORGET) | DO(TRY);
	mark(f, d, false);
}

/* Both are known, in whichever order: that it is open, and whether an earlier
 * nasd's session is its. What has been left without a session goes. */
static void
ready(const struct node_fsm *f, struct node_decision *d)
{
	if (f->open && d->state == NODE_CLOSED)
		d->state = NODE_IDLE;
	if (f->open && f->resumed)
		d->actions |= DO(UNSET) | DO(TRY);
}

static void
of_nobody(struct node_fsm *f, enum node_event ev, const struct node_view *v,
    struct node_decision *d)
{
	switch (ev) {
	case NODE_EV_OPENED:
	case NODE_EV_RESUMED:
		ready(f, d);
		break;
	case NODE_EV_NO_CARRIER:
	case NODE_EV_GONE:
		nobody_left(f, d);
		break;
	case NODE_EV_OTHER:
		mark(f, d, false);
		break;
	case NODE_EV_STAY:
		stays(f, d);
		break;
	case NODE_EV_HEARD:
		wanted(f, v, "solicitation", d);
		break;
	case NODE_EV_AGAIN:
		if (f->state == NODE_WAITING)
			wanted(f, v, "the foreign agent is there", d);
		else
			d->actions |= DO(TRY);
		break;
	case NODE_EV_TRY:
		if (v->proactive && f->carrier && !f->exported &&
		    node_fsm_is_free(f, v))
			begin(d, "the link is up");
		break;
	case NODE_EV_IMPORT:
		f->imported = node_fsm_is_free(f, v);
		if (f->imported)
			begin(d, "by context of another access node");
		break;
	case NODE_EV_BEGUN:
		go(d, NODE_ATTACHED, DO(START));
		mark(f, d, false);
		break;
	case NODE_EV_NOT_BEGUN:
		f->imported = false;
		go(d, f->open ? NODE_IDLE : NODE_CLOSED, DO(FORGET));
		break;
	case NODE_EV_RESTORE:
		d->state = NODE_RESTORED;
		break;
	default:
		break;
	}
}

/* ---- a session's: the root side ---- */

/*
 * Without a key of the home agent's what comes is known by its source alone,
 * and may pass before there is an answer: with that comes the first Router
 * Advertisement; on PPP IPv6CP waits for it, and who was imported is sent
 * packets here as soon as its binding has moved [D200].
 */
static bool
may_pass_early(const struct node_fsm *f, const struct node_view *v)
{
	return f->node->ppp || (f->node->has_mn && v->by_source);
}

/* What was asked for is there. */
static void
was_set(struct node_fsm *f, enum node_expect what, struct node_decision *d)
{
	if (what == NODE_ADDRESS) {
		f->has_coa = true;
		if (!f->node->ppp || f->ipv6cp)
			tell(d, SESSION_EV_IID_ASKED, NULL);
		return;
	}
	if (what == NODE_NOTHING)
		return;
	d->actions |= DO(PASS);
	d->expect = what;
	if (what == NODE_BRIDGE)
		tell(d, SESSION_EV_INSTALLED, NULL);
}

static void
data_path(struct node_fsm *f, enum node_event ev, const struct node_view *v,
    struct node_decision *d)
{
	switch (ev) {
	case NODE_EV_PASSED:
		if (v->session == SESSION_AUTHENTICATED)
			ask(d, may_pass_early(f, v) ? NODE_CARRY_DOWN :
			    NODE_CARRY_NONE, NODE_ADDRESS);
		break;
	case NODE_EV_INSTALL:
		/* Without a mobile node there is nothing to bridge to, yet. */
		if (f->node->has_mn)
			ask(d, NODE_CARRY_BOTH, NODE_BRIDGE);
		else
			tell(d, SESSION_EV_INSTALLED, NULL);
		break;
	case NODE_EV_UNINSTALL:
		/* The care-of address is still needed. */
		if (f->set)
			ask(d, NODE_CARRY_NONE, NODE_NOTHING);
		break;
	case NODE_EV_ROUTER:
		if (is_bridged(f))
			ask(d, NODE_CARRY_BOTH, NODE_CHANGE);
		break;
	case NODE_EV_TUNNEL_LOST:
		/* The bridge's request will see to it, if there is one. Who
		 * comes later is to find it there. */
		if (f->node->passing)
			ask(d, NODE_CARRY_BOTH, NODE_CHANGE);
		else if (v->session == SESSION_UP && f->set && !is_bridged(f))
			ask(d, NODE_CARRY_NONE, NODE_NOTHING);
		break;
	default:
		break;
	}
}

/* ---- a session's: who is there ---- */

static void
go_on(const struct node_fsm *f, struct node_decision *d)
{
	if (f->state != NODE_RESTORED || !f->open || !f->resumed)
		return;
	go(d, NODE_ATTACHED, DO(TRY));
	tell(d, SESSION_EV_LINK_UP, NULL);
}

static void
gone(const struct node_fsm *f, uint32_t actions, struct node_decision *d)
{
	if (!node_fsm_is_attached(f))
		return;
	go(d, NODE_DETACHED, actions);
	tell(d, SESSION_EV_LINK_GONE, NULL);
}

/* The mobile node speaks: it gets what it has not yet. */
static void
heard(struct node_fsm *f, const struct node_view *v, struct node_decision *d)
{
	if (f->awaited)
		came(f, d);
	if (!is_bridged(f) && (v->session == SESSION_ASSIGNED ||
	    v->session == SESSION_UP))
		ask(d, NODE_CARRY_BOTH, NODE_CHANGE);
}

/* Who has been sent away, by the home agent or by somebody here, is not to be
 * back with its next solicitation; what failed is not tried at its pace. */
static int64_t
hold_ms(enum session_cause cause)
{
	switch (cause) {
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

/* The session is no more; a PPP link is not, either. */
static void
left(struct node_fsm *f, const struct node_view *v, struct node_decision *d)
{
	if (f->node->ppp)
		f->open = f->carrier = false;
	else
		d->hold_ms = hold_ms(v->cause);
	if (f->awaited)
		came(f, d);
	f->imported = false;
	go(d, f->open ? NODE_IDLE : NODE_CLOSED, DO(UNSET) | DO(FORGET));
	if (!v->proactive)
		return;
	d->actions |= DO(AGAIN);
	d->timer_ms = d->hold_ms > AGAIN_MS ? d->hold_ms : AGAIN_MS;
}

static void
ipv6cp_up(const struct node_fsm *f, const struct node_view *v,
    struct node_decision *d)
{
	if (v->session == SESSION_LINGER || v->session == SESSION_UP)
		tell(d, SESSION_EV_ACCESS_UP, NULL);
	else if (f->has_coa && v->session == SESSION_AUTHENTICATED)
		tell(d, SESSION_EV_IID_ASKED, NULL);
}

static void
of_session(struct node_fsm *f, enum node_event ev, const struct node_view *v,
    struct node_decision *d)
{
	switch (ev) {
	case NODE_EV_OPENED:
	case NODE_EV_RESUMED:
		go_on(f, d);
		break;
	case NODE_EV_NO_CARRIER:
	case NODE_EV_GONE:
		gone(f, DO(LOSE), d);
		break;
	case NODE_EV_CLOSE:
		gone(f, 0, d);
		break;
	case NODE_EV_HEARD:
		heard(f, v, d);
		break;
	case NODE_EV_IPV6CP_UP:
		ipv6cp_up(f, v, d);
		break;
	case NODE_EV_IPV6CP_DOWN:
		/* Before it was open there is nothing to end. */
		if (v->session != SESSION_AUTHENTICATED)
			tell(d, SESSION_EV_ACCESS_DOWN, NULL);
		break;
	case NODE_EV_LEFT:
		left(f, v, d);
		break;
	case NODE_EV_EXPORT:
	case NODE_EV_STAY:
		mark(f, d, ev == NODE_EV_EXPORT);
		break;
	default:
		data_path(f, ev, v, d);
		break;
	}
}

/* ---- who was imported has to come [D223] ---- */

static void
wait(struct node_decision *d, int64_t ms)
{
	d->actions |= DO(WAIT);
	d->timer_ms = ms;
}

static void
of_awaited(struct node_fsm *f, enum node_event ev, const struct node_view *v,
    struct node_decision *d)
{
	switch (ev) {
	case NODE_EV_AWAIT:
		/* A proactive link registers whoever is not there, if it is
		 * up [D230]. */
		if ((v->proactive && f->carrier) || v->import_ms == 0)
			break;
		f->awaited = true;
		f->late = false;
		wait(d, v->import_ms);
		break;
	case NODE_EV_WAITED:
		if (!f->awaited)
			break;
		/* It may be here, and have nothing to ask for: its packets
		 * tell. Nor is there anything to be read before it is
		 * registered, or a second reading while there is one: again. */
		f->late = true;
		d->actions |= DO(COUNT);
		wait(d, AGAIN_MS);
		break;
	case NODE_EV_CARRIER:
		if (f->awaited && v->proactive)
			came(f, d);
		break;
	case NODE_EV_PACKETS:
		if (f->awaited)
			came(f, d);
		break;
	case NODE_EV_NO_PACKETS:
		if (!f->awaited || !f->late || v->session >= SESSION_CLOSING)
			break;
		d->actions |= DO(NEVER_CAME);
		tell(d, SESSION_EV_IDLE_TIMEOUT, "imported, and never came");
		break;
	default:
		break;
	}
}

/* ---- deciding ---- */

/* What an event says of the link itself, and what follows in every state. */
static void
note(struct node_fsm *f, enum node_event ev, struct node_decision *d)
{
	switch (ev) {
	case NODE_EV_OPENED:
		f->open = true;
		break;
	case NODE_EV_RESUMED:
		f->resumed = true;
		break;
	case NODE_EV_CARRIER:
		if (!f->carrier)
			d->actions |= DO(TRY);
		f->carrier = true;
		break;
	case NODE_EV_GONE:
	case NODE_EV_NO_CARRIER:
		f->open &= ev != NODE_EV_GONE;
		f->carrier = false;
		mark(f, d, false);	/* who comes next may be anybody */
		break;
	case NODE_EV_IPV6CP_UP:
	case NODE_EV_IPV6CP_DOWN:
		f->ipv6cp = ev == NODE_EV_IPV6CP_UP;
		break;
	default:
		break;
	}
}

struct node_decision
node_fsm(struct node_fsm *f, enum node_event ev, const struct node_view *v)
{
	struct node_decision d = { .state = f->state };
	enum node_expect expected = f->expect;

	note(f, ev, &d);
	if (ev == NODE_EV_SET || ev == NODE_EV_SET_FAILED)
		f->expect = NODE_NOTHING;
	if (!node_fsm_is_served(f)) {
		of_nobody(f, ev, v, &d);
	} else if (ev == NODE_EV_SET) {
		was_set(f, expected, &d);
	} else if (ev == NODE_EV_SET_FAILED) {
		if (expected != NODE_NOTHING)
			tell(&d, SESSION_EV_INSTALL_FAILED, NULL);
	} else {
		of_session(f, ev, v, &d);
		of_awaited(f, ev, v, &d);
	}
	return d;
}

/* ---- names ---- */

const char *
node_state_str(enum node_state state)
{
	static const char *const text[NODE_N_STATES] = {
#define X(name, str) [NODE_##name] = str,
		NODE_STATES(X)
#undef X
	};

	return (unsigned)state < NODE_N_STATES ? text[state] : "?";
}

const char *
node_event_str(enum node_event ev)
{
	static const char *const text[NODE_N_EVENTS] = {
#define X(name, str) [NODE_EV_##name] = str,
		NODE_EVENTS(X)
#undef X
	};

	return (unsigned)ev < NODE_N_EVENTS ? text[ev] : "?";
}

const char *
node_action_str(enum node_action_bit bit)
{
	static const char *const text[NODE_N_ACTIONS] = {
#define X(name) [NODE_BIT_##name] = #name,
		NODE_ACTIONS(X)
#undef X
	};

	return (unsigned)bit < NODE_N_ACTIONS ? text[bit] : "?";
}

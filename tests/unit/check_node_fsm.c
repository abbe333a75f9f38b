/* SPDX-License-Identifier: BSD-2-Clause */
/* node_fsm: every state x event, what each decision depends on; and node_act:
 * what comes of it, in which order, also when events come out of events. */
#include <errno.h>
#include <stdarg.h>

#include "nasd/node.h"
#include "nasd/node_fsm.h"
#include "tests/unit/test.h"

#define DO(name)	NODE_DO_##name

/* What a link is like, and what is known. */
enum {
	OPEN		= 1 << 0,
	CARRIER		= 1 << 1,
	RESUMED		= 1 << 2,
	AGENT		= 1 << 3,
	TAKES		= 1 << 4,
	READY		= OPEN | CARRIER | RESUMED | AGENT | TAKES,
	PROACTIVE	= 1 << 5,
	MN		= 1 << 6,
	PASSING		= 1 << 7,
	PPP		= 1 << 8,
	SET		= 1 << 9,
	EXPORTED	= 1 << 10,
	IMPORTED	= 1 << 11,
	AWAITED		= 1 << 12,
	LATE		= 1 << 13,
	BY_SOURCE	= 1 << 14,
	COA		= 1 << 15,
	IPV6CP		= 1 << 16,
	BRIDGE		= 1 << 17,	/* asked for; else nothing */
	ADDRESS		= 1 << 18,
	CHANGE		= 1 << 19,
	NO_IMPORT_WAIT	= 1 << 20,
};

static struct node node;
static struct node_fsm f;
static struct node_view v;

static void
make(enum node_state state, unsigned how, enum session_state session,
    enum session_cause cause)
{
	const struct node_fsm_ops *ops = f.ops;

	node = (struct node){ .has_mn = how & MN, .passing = how & PASSING,
	    .ppp = how & PPP };
	f = (struct node_fsm){ .ops = ops, .node = &node, .state = state,
	    .open = how & OPEN, .carrier = how & CARRIER,
	    .resumed = how & RESUMED, .set = how & SET,
	    .expect = how & BRIDGE ? NODE_BRIDGE : how & ADDRESS ?
	    NODE_ADDRESS : how & CHANGE ? NODE_CHANGE : NODE_NOTHING,
	    .has_coa = how & COA, .ipv6cp = how & IPV6CP,
	    .exported = how & EXPORTED, .imported = how & IMPORTED,
	    .awaited = how & AWAITED, .late = how & LATE };
	v = (struct node_view){ .proactive = how & PROACTIVE,
	    .import_ms = how & NO_IMPORT_WAIT ? 0 : 60000,
	    .agent = how & AGENT, .takes = how & TAKES,
	    .by_source = how & BY_SOURCE, .session = session,
	    .cause = cause };
}

/* ---- decisions ---- */

/* Where each event leads from closed, idle, waiting, restored, attached and
 * detached, when all is there. */
static const char *const leads[NODE_N_EVENTS] = {
	[NODE_EV_OPENED] =	"IIWAAD",
	[NODE_EV_CARRIER] =	"CIWRAD",
	[NODE_EV_NO_CARRIER] =	"CIIDDD",
	[NODE_EV_GONE] =	"CCCDDD",
	[NODE_EV_OTHER] =	"CIWRAD",
	[NODE_EV_HEARD] =	"CIWRAD",
	[NODE_EV_ROUTER] =	"CIWRAD",
	[NODE_EV_TUNNEL_LOST] =	"CIWRAD",
	[NODE_EV_IPV6CP_UP] =	"CIWRAD",
	[NODE_EV_IPV6CP_DOWN] =	"CIWRAD",
	[NODE_EV_SET] =		"CIWRAD",
	[NODE_EV_SET_FAILED] =	"CIWRAD",
	[NODE_EV_RESUMED] =	"CIWAAD",
	[NODE_EV_AGAIN] =	"CIWRAD",
	[NODE_EV_TRY] =		"CIWRAD",
	[NODE_EV_BEGUN] =	"AAARAD",
	[NODE_EV_NOT_BEGUN] =	"CIIRAD",
	[NODE_EV_RESTORE] =	"RRRRAD",
	[NODE_EV_PASSED] =	"CIWRAD",
	[NODE_EV_INSTALL] =	"CIWRAD",
	[NODE_EV_UNINSTALL] =	"CIWRAD",
	[NODE_EV_CLOSE] =	"CIWDDD",
	[NODE_EV_LEFT] =	"CIWIII",
	[NODE_EV_EXPORT] =	"CIWRAD",
	[NODE_EV_STAY] =	"CIWRAD",
	[NODE_EV_IMPORT] =	"CIWRAD",
	[NODE_EV_AWAIT] =	"CIWRAD",
	[NODE_EV_WAITED] =	"CIWRAD",
	[NODE_EV_PACKETS] =	"CIWRAD",
	[NODE_EV_NO_PACKETS] =	"CIWRAD",
};

/* What is for a link without a session, and for nobody else. */
#define OF_NOBODY	(DO(BEGIN) | DO(START))
#define OF_SESSION	(DO(CAME) | DO(NEVER_CAME) | DO(COUNT) | DO(WAIT) | \
			 DO(AGAIN) | DO(PASS) | DO(ASK) | DO(LOSE) | DO(TELL))

START_TEST(every_pair)
{
	static const char letter[NODE_N_STATES] = "CIWRAD";
	enum node_event ev = (enum node_event)_i;
	struct node_decision d;

	for (unsigned s = 0; s < NODE_N_STATES; s++) {
		unsigned how = READY | (s >= NODE_RESTORED ? MN | SET : 0);

		if (s == NODE_CLOSED)
			how &= ~(unsigned)OPEN;
		make((enum node_state)s, how, SESSION_UP,
		    SESSION_CAUSE_USER_REQUEST);
		d = node_fsm(&f, ev, &v);
		ck_assert_msg(letter[d.state] == leads[ev][s], "%s: %s -> %s",
		    node_event_str(ev), node_state_str((enum node_state)s),
		    node_state_str(d.state));
		ck_assert_int_eq(f.state, s);
		ck_assert_uint_eq(d.actions & (s >= NODE_RESTORED ?
		    OF_NOBODY : OF_SESSION), 0);
	}
}
END_TEST

/* Of which, what happens, what is so, its session; what becomes of it. */
#define ROW(a, b, c, d, e, f)						\
	.state = NODE_##a, .ev = NODE_EV_##b, .how = c,			\
	.session = SESSION_##d, .then = NODE_##e, .actions = f
static const struct row {
	enum node_state		state;
	enum node_event		ev;
	unsigned		how;
	enum session_state	session;
	enum node_state		then;
	uint32_t		actions;
	enum session_event	tell;		/* of TELL */
	enum node_carry		carry;		/* of ASK */
	enum node_expect	expect;
	const char		*why;
} rows[] = {
	/* What an earlier nasd has left goes when both are known. */
	{ ROW(CLOSED, OPENED, 0, STARTING, IDLE, 0) },
	{ ROW(CLOSED, OPENED, RESUMED, STARTING, IDLE, DO(UNSET) | DO(TRY)) },
	{ ROW(IDLE, RESUMED, OPEN, STARTING, IDLE, DO(UNSET) | DO(TRY)) },
	{ ROW(CLOSED, RESUMED, 0, STARTING, CLOSED, 0) },
	{ ROW(RESTORED, OPENED, 0, STARTING, RESTORED, 0) },
	{ ROW(RESTORED, RESUMED, 0, STARTING, RESTORED, 0) },
	{ ROW(RESTORED, RESUMED, OPEN, STARTING, ATTACHED, DO(TELL) | DO(TRY)),
	    .tell = SESSION_EV_LINK_UP },
	{ ROW(ATTACHED, OPENED, RESUMED, STARTING, ATTACHED, 0) },
	/* A mobile node that is heard. */
	{ ROW(IDLE, HEARD, READY, STARTING, IDLE, DO(BEGIN)),
	    .why = "solicitation" },
	{ ROW(WAITING, HEARD, READY, STARTING, WAITING, DO(BEGIN)),
	    .why = "solicitation" },
	{ ROW(IDLE, HEARD, READY & ~AGENT, STARTING, WAITING, 0) },
	{ ROW(IDLE, HEARD, OPEN, STARTING, WAITING, 0) },
	{ ROW(WAITING, HEARD, READY & ~AGENT, STARTING, WAITING, 0) },
	{ ROW(IDLE, HEARD, READY & ~TAKES, STARTING, IDLE, DO(FORGET)) },
	{ ROW(IDLE, HEARD, READY & ~RESUMED, STARTING, IDLE, DO(FORGET)) },
	{ ROW(WAITING, HEARD, READY & ~TAKES, STARTING, IDLE, DO(FORGET)) },
	{ ROW(CLOSED, HEARD, 0, STARTING, CLOSED, DO(FORGET)) },
	{ ROW(ATTACHED, HEARD, READY, UP, ATTACHED, DO(ASK)),
	    .carry = NODE_CARRY_BOTH, .expect = NODE_CHANGE },
	{ ROW(ATTACHED, HEARD, READY, ASSIGNED, ATTACHED, DO(ASK)),
	    .carry = NODE_CARRY_BOTH, .expect = NODE_CHANGE },
	{ ROW(ATTACHED, HEARD, READY, REGISTERING, ATTACHED, 0) },
	{ ROW(DETACHED, HEARD, READY, CLOSING, DETACHED, 0) },
	{ ROW(ATTACHED, HEARD, READY | PASSING, UP, ATTACHED, 0) },
	{ ROW(ATTACHED, HEARD, READY | BRIDGE, UP, ATTACHED, 0) },
	{ ROW(ATTACHED, HEARD, READY | CHANGE, UP, ATTACHED, 0) },
	{ ROW(ATTACHED, HEARD, READY | AWAITED | BRIDGE, INSTALLING, ATTACHED,
	    DO(CAME)) },
	/* Its foreign agent takes somebody, or time is over. */
	{ ROW(WAITING, AGAIN, READY, STARTING, WAITING, DO(BEGIN)),
	    .why = "the foreign agent is there" },
	{ ROW(WAITING, AGAIN, READY & ~AGENT, STARTING, WAITING, 0) },
	{ ROW(WAITING, AGAIN, READY & ~TAKES, STARTING, IDLE, DO(FORGET)) },
	{ ROW(IDLE, AGAIN, READY, STARTING, IDLE, DO(TRY)) },
	{ ROW(ATTACHED, AGAIN, READY, STARTING, ATTACHED, 0) },
	/* Who needs no mobile node. */
	{ ROW(IDLE, TRY, READY | PROACTIVE, STARTING, IDLE, DO(BEGIN)),
	    .why = "the link is up" },
	{ ROW(WAITING, TRY, READY | PROACTIVE, STARTING, WAITING, DO(BEGIN)),
	    .why = "the link is up" },
	{ ROW(IDLE, TRY, READY, STARTING, IDLE, 0) },
	{ ROW(IDLE, TRY, (READY & ~CARRIER) | PROACTIVE, STARTING, IDLE, 0) },
	{ ROW(IDLE, TRY, READY | PROACTIVE | EXPORTED, STARTING, IDLE, 0) },
	{ ROW(IDLE, TRY, (READY & ~AGENT) | PROACTIVE, STARTING, IDLE, 0) },
	{ ROW(DETACHED, TRY, READY | PROACTIVE, STARTING, DETACHED, 0) },
	{ ROW(IDLE, CARRIER, READY & ~CARRIER, STARTING, IDLE, DO(TRY)) },
	{ ROW(IDLE, CARRIER, READY, STARTING, IDLE, 0) },
	/* A session has begun: somebody is there again. */
	{ ROW(WAITING, BEGUN, READY | EXPORTED, STARTING, ATTACHED, DO(MOVED) |
	    DO(START)) },
	{ ROW(IDLE, BEGUN, READY, STARTING, ATTACHED, DO(START)) },
	{ ROW(IDLE, NOT_BEGUN, READY | IMPORTED, STARTING, IDLE, DO(FORGET)) },
	/* Nobody is there any more. */
	{ ROW(ATTACHED, NO_CARRIER, READY, STARTING, DETACHED, DO(LOSE) |
	    DO(TELL)), .tell = SESSION_EV_LINK_GONE },
	{ ROW(RESTORED, GONE, READY, STARTING, DETACHED, DO(LOSE) | DO(TELL)),
	    .tell = SESSION_EV_LINK_GONE },
	{ ROW(ATTACHED, NO_CARRIER, READY | EXPORTED, STARTING, DETACHED,
	    DO(MOVED) | DO(LOSE) | DO(TELL)), .tell = SESSION_EV_LINK_GONE },
	{ ROW(DETACHED, NO_CARRIER, READY, STARTING, DETACHED, 0) },
	{ ROW(IDLE, NO_CARRIER, READY | EXPORTED, STARTING, IDLE, DO(MOVED)) },
	{ ROW(WAITING, NO_CARRIER, READY, STARTING, IDLE, DO(FORGET)) },
	{ ROW(WAITING, GONE, READY, STARTING, CLOSED, DO(FORGET)) },
	{ ROW(IDLE, OTHER, READY | EXPORTED, STARTING, IDLE, DO(MOVED)) },
	{ ROW(ATTACHED, OTHER, READY | EXPORTED, STARTING, ATTACHED, 0) },
	/* The root side is asked. */
	{ ROW(ATTACHED, PASSED, READY, AUTHENTICATED, ATTACHED, DO(ASK)), .carry
	    = NODE_CARRY_NONE, .expect = NODE_ADDRESS },
	{ ROW(ATTACHED, PASSED, READY | MN, AUTHENTICATED, ATTACHED, DO(ASK)),
	    .carry = NODE_CARRY_NONE, .expect = NODE_ADDRESS },
	{ ROW(ATTACHED, PASSED, READY | BY_SOURCE, AUTHENTICATED, ATTACHED,
	    DO(ASK)), .carry = NODE_CARRY_NONE, .expect = NODE_ADDRESS },
	{ ROW(ATTACHED, PASSED, READY | MN | BY_SOURCE, AUTHENTICATED, ATTACHED,
	    DO(ASK)), .carry = NODE_CARRY_DOWN, .expect = NODE_ADDRESS },
	{ ROW(ATTACHED, PASSED, READY | PPP, AUTHENTICATED, ATTACHED, DO(ASK)),
	    .carry = NODE_CARRY_DOWN, .expect = NODE_ADDRESS },
	{ ROW(ATTACHED, PASSED, READY | MN, UP, ATTACHED, 0) },
	{ ROW(ATTACHED, INSTALL, READY | MN, INSTALLING, ATTACHED, DO(ASK)),
	    .carry = NODE_CARRY_BOTH, .expect = NODE_BRIDGE },
	{ ROW(ATTACHED, INSTALL, READY, INSTALLING, ATTACHED, DO(TELL)),
	    .tell = SESSION_EV_INSTALLED },
	{ ROW(ATTACHED, UNINSTALL, READY | SET, CLOSING, ATTACHED, DO(ASK)),
	    .carry = NODE_CARRY_NONE, .expect = NODE_NOTHING },
	{ ROW(ATTACHED, UNINSTALL, READY, CLOSING, ATTACHED, 0) },
	{ ROW(ATTACHED, ROUTER, READY | PASSING, UP, ATTACHED, DO(ASK)), .carry
	    = NODE_CARRY_BOTH, .expect = NODE_CHANGE },
	{ ROW(ATTACHED, ROUTER, READY | BRIDGE, INSTALLING, ATTACHED, DO(ASK)),
	    .carry = NODE_CARRY_BOTH, .expect = NODE_CHANGE },
	{ ROW(ATTACHED, ROUTER, READY, REGISTERING, ATTACHED, 0) },
	{ ROW(ATTACHED, TUNNEL_LOST, READY | PASSING, UP, ATTACHED, DO(ASK)),
	    .carry = NODE_CARRY_BOTH, .expect = NODE_CHANGE },
	{ ROW(ATTACHED, TUNNEL_LOST, READY | BRIDGE, INSTALLING, ATTACHED, 0) },
	{ ROW(ATTACHED, TUNNEL_LOST, READY | PROACTIVE | SET, UP, ATTACHED,
	    DO(ASK)), .carry = NODE_CARRY_NONE, .expect = NODE_NOTHING },
	{ ROW(ATTACHED, TUNNEL_LOST, READY | PROACTIVE | SET | CHANGE, UP,
	    ATTACHED, 0) },
	{ ROW(ATTACHED, TUNNEL_LOST, READY | PROACTIVE | SET | ADDRESS,
	    AUTHENTICATED, ATTACHED, 0) },
	{ ROW(ATTACHED, TUNNEL_LOST, READY | PROACTIVE | SET, CLOSING,
	    ATTACHED, 0) },
	{ ROW(ATTACHED, TUNNEL_LOST, READY | PROACTIVE, UP, ATTACHED, 0) },
	{ ROW(DETACHED, TUNNEL_LOST, READY | PROACTIVE | SET, CLOSING,
	    DETACHED, 0) },
	/* ... and answers. */
	{ ROW(ATTACHED, SET, READY | ADDRESS, AUTHENTICATED, ATTACHED,
	    DO(TELL)), .tell = SESSION_EV_IID_ASKED },
	{ ROW(ATTACHED, SET, READY | PPP | ADDRESS, AUTHENTICATED, ATTACHED, 0)
	    },
	{ ROW(ATTACHED, SET, READY | PPP | IPV6CP | ADDRESS, AUTHENTICATED,
	    ATTACHED, DO(TELL)), .tell = SESSION_EV_IID_ASKED },
	{ ROW(ATTACHED, SET, READY | BRIDGE, INSTALLING, ATTACHED, DO(PASS) |
	    DO(TELL)), .tell = SESSION_EV_INSTALLED, .expect = NODE_BRIDGE },
	{ ROW(ATTACHED, SET, READY | CHANGE, UP, ATTACHED, DO(PASS)),
	    .expect = NODE_CHANGE },
	{ ROW(ATTACHED, SET, READY, UP, ATTACHED, 0) },
	{ ROW(ATTACHED, SET_FAILED, READY | CHANGE, UP, ATTACHED, DO(TELL)),
	    .tell = SESSION_EV_INSTALL_FAILED },
	{ ROW(ATTACHED, SET_FAILED, READY, UP, ATTACHED, 0) },
	{ ROW(IDLE, SET, READY | BRIDGE, STARTING, IDLE, 0) },
	{ ROW(IDLE, SET_FAILED, READY | BRIDGE, STARTING, IDLE, 0) },
	/* IPv6CP of a PPP link. */
	{ ROW(ATTACHED, IPV6CP_UP, PPP, AUTHENTICATED, ATTACHED, 0) },
	{ ROW(ATTACHED, IPV6CP_UP, PPP | COA, AUTHENTICATED, ATTACHED,
	    DO(TELL)), .tell = SESSION_EV_IID_ASKED },
	{ ROW(ATTACHED, IPV6CP_UP, PPP | COA, LINGER, ATTACHED, DO(TELL)), .tell
	    = SESSION_EV_ACCESS_UP },
	{ ROW(ATTACHED, IPV6CP_UP, PPP, UP, ATTACHED, DO(TELL)),
	    .tell = SESSION_EV_ACCESS_UP },
	{ ROW(ATTACHED, IPV6CP_UP, PPP | COA, REGISTERING, ATTACHED, 0) },
	{ ROW(ATTACHED, IPV6CP_DOWN, PPP, AUTHENTICATED, ATTACHED, 0) },
	{ ROW(ATTACHED, IPV6CP_DOWN, PPP, UP, ATTACHED, DO(TELL)),
	    .tell = SESSION_EV_ACCESS_DOWN },
	/* An end. */
	{ ROW(ATTACHED, CLOSE, READY, CLOSING, DETACHED, DO(TELL)),
	    .tell = SESSION_EV_LINK_GONE },
	{ ROW(DETACHED, CLOSE, READY, CLOSING, DETACHED, 0) },
	{ ROW(DETACHED, LEFT, READY, STARTING, IDLE, DO(UNSET) | DO(FORGET)) },
	{ ROW(DETACHED, LEFT, 0, STARTING, CLOSED, DO(UNSET) | DO(FORGET)) },
	{ ROW(ATTACHED, LEFT, READY | PPP, STARTING, CLOSED, DO(UNSET) |
	    DO(FORGET)) },
	{ ROW(ATTACHED, LEFT, READY | IMPORTED | AWAITED, STARTING, IDLE,
	    DO(CAME) | DO(UNSET) | DO(FORGET)) },
	{ ROW(ATTACHED, LEFT, READY | PROACTIVE, STARTING, IDLE, DO(UNSET) |
	    DO(FORGET) | DO(AGAIN)) },
	/* Movement. */
	{ ROW(ATTACHED, EXPORT, READY, UP, ATTACHED, DO(MOVED)) },
	{ ROW(ATTACHED, EXPORT, READY | EXPORTED, UP, ATTACHED, 0) },
	{ ROW(ATTACHED, STAY, READY | EXPORTED, UP, ATTACHED, DO(MOVED)) },
	{ ROW(IDLE, EXPORT, READY, STARTING, IDLE, 0) },
	{ ROW(IDLE, STAY, READY | EXPORTED, STARTING, IDLE,
	    DO(MOVED) | DO(FORGET) | DO(TRY)) },
	{ ROW(IDLE, STAY, READY, STARTING, IDLE, 0) },
	{ ROW(WAITING, STAY, READY | EXPORTED, STARTING, WAITING,
	    DO(MOVED)) },
	{ ROW(IDLE, IMPORT, READY, STARTING, IDLE, DO(BEGIN)),
	    .why = "by context of another access node" },
	{ ROW(IDLE, IMPORT, READY & ~TAKES, STARTING, IDLE, 0) },
	{ ROW(ATTACHED, IMPORT, READY, STARTING, ATTACHED, 0) },
	{ ROW(ATTACHED, AWAIT, READY, STARTING, ATTACHED, DO(WAIT)) },
	{ ROW(RESTORED, AWAIT, READY, STARTING, RESTORED, DO(WAIT)) },
	{ ROW(ATTACHED, AWAIT, READY | PROACTIVE, STARTING, ATTACHED, 0) },
	{ ROW(ATTACHED, AWAIT, (READY & ~CARRIER) | PROACTIVE, STARTING,
	    ATTACHED, DO(WAIT)) },
	{ ROW(ATTACHED, CARRIER, (READY & ~CARRIER) | PROACTIVE | AWAITED,
	    UP, ATTACHED, DO(CAME) | DO(TRY)) },
	{ ROW(ATTACHED, CARRIER, (READY & ~CARRIER) | AWAITED, UP, ATTACHED,
	    DO(TRY)) },
	{ ROW(ATTACHED, AWAIT, READY | NO_IMPORT_WAIT, STARTING, ATTACHED, 0) },
	{ ROW(IDLE, AWAIT, READY, STARTING, IDLE, 0) },
	{ ROW(ATTACHED, WAITED, READY | AWAITED, STARTING, ATTACHED, DO(COUNT) |
	    DO(WAIT)) },
	{ ROW(ATTACHED, WAITED, READY, STARTING, ATTACHED, 0) },
	{ ROW(IDLE, WAITED, READY | AWAITED, STARTING, IDLE, 0) },
	{ ROW(ATTACHED, PACKETS, READY | AWAITED, STARTING, ATTACHED, DO(CAME))
	    },
	{ ROW(ATTACHED, PACKETS, READY, STARTING, ATTACHED, 0) },
	{ ROW(ATTACHED, NO_PACKETS, READY | AWAITED, UP, ATTACHED, 0) },
	{ ROW(ATTACHED, NO_PACKETS, READY | LATE, UP, ATTACHED, 0) },
	{ ROW(ATTACHED, NO_PACKETS, READY | AWAITED | LATE, UP, ATTACHED,
	    DO(NEVER_CAME) | DO(TELL)), .tell = SESSION_EV_IDLE_TIMEOUT,
	    .why = "imported, and never came" },
	{ ROW(DETACHED, NO_PACKETS, READY | AWAITED | LATE, CLOSING, DETACHED,
	    0) },
};

START_TEST(depends)
{
	const struct row *r = &rows[_i];
	struct node_decision d;

	make(r->state, r->how, r->session, SESSION_CAUSE_USER_REQUEST);
	d = node_fsm(&f, r->ev, &v);
	ck_assert_msg(d.state == r->then && d.actions == r->actions,
	    "row %d, %s, %s: %s, %#x", _i, node_state_str(r->state),
	    node_event_str(r->ev), node_state_str(d.state), d.actions);
	if (d.actions & DO(TELL))
		ck_assert_str_eq(session_event_str(d.tell),
		    session_event_str(r->tell));
	ck_assert_int_eq(d.carry, r->carry);
	ck_assert_int_eq(d.expect, r->expect);
	if (r->why != NULL)
		ck_assert_str_eq(d.why, r->why);
	else
		ck_assert_ptr_null(d.why);
}
END_TEST

/* What the link knows of itself afterwards. */
START_TEST(remembers)
{
	make(NODE_IDLE, READY | EXPORTED, 0, 0);
	(void)node_fsm(&f, NODE_EV_BEGUN, &v);
	ck_assert(!f.exported && f.carrier);
	make(NODE_WAITING, READY | EXPORTED, 0, 0);
	(void)node_fsm(&f, NODE_EV_GONE, &v);
	ck_assert(!f.exported && !f.carrier && !f.open);
	make(NODE_ATTACHED, READY, 0, 0);
	(void)node_fsm(&f, NODE_EV_EXPORT, &v);
	ck_assert(f.exported);
	(void)node_fsm(&f, NODE_EV_OTHER, &v);
	ck_assert(f.exported);
	(void)node_fsm(&f, NODE_EV_STAY, &v);
	ck_assert(!f.exported);
	make(NODE_IDLE, READY, 0, 0);
	(void)node_fsm(&f, NODE_EV_IMPORT, &v);
	ck_assert(f.imported);
	(void)node_fsm(&f, NODE_EV_NOT_BEGUN, &v);
	ck_assert(!f.imported);
	make(NODE_ATTACHED, READY | IMPORTED | AWAITED | LATE, 0, 0);
	(void)node_fsm(&f, NODE_EV_LEFT, &v);
	ck_assert(!f.imported && !f.awaited && !f.late);
	make(NODE_ATTACHED, READY | AWAITED, 0, 0);
	(void)node_fsm(&f, NODE_EV_WAITED, &v);
	ck_assert(f.awaited && f.late);
	(void)node_fsm(&f, NODE_EV_HEARD, &v);
	ck_assert(!f.awaited && !f.late);
	make(NODE_ATTACHED, PPP | ADDRESS, 0, 0);
	(void)node_fsm(&f, NODE_EV_SET, &v);
	ck_assert(f.has_coa && f.expect == NODE_NOTHING);
	(void)node_fsm(&f, NODE_EV_IPV6CP_UP, &v);
	ck_assert(f.ipv6cp);
	(void)node_fsm(&f, NODE_EV_IPV6CP_DOWN, &v);
	ck_assert(!f.ipv6cp);
	node_fsm_take(&f);
	ck_assert(!f.has_coa && f.state == NODE_ATTACHED);
}
END_TEST

/* Who was sent away is not heard for a while, nor what failed [D174]. */
START_TEST(held_down)
{
	static const struct {
		enum session_cause	cause;
		int64_t			ms;
	} ends[] = {
		{ SESSION_CAUSE_USER_REQUEST, 0 },
		{ SESSION_CAUSE_LOST_CARRIER, 0 },
		{ SESSION_CAUSE_IDLE_TIMEOUT, 0 },
		{ SESSION_CAUSE_NAS_REBOOT, 0 },
		{ SESSION_CAUSE_LOST_SERVICE, 5000 },
		{ SESSION_CAUSE_NAS_ERROR, 5000 },
		{ SESSION_CAUSE_NAS_REQUEST, 30000 },
		{ SESSION_CAUSE_ADMIN_RESET, 30000 },
		{ SESSION_CAUSE_SESSION_TIMEOUT, 30000 },
	};
	struct node_decision d;

	for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		make(NODE_DETACHED, READY | PROACTIVE, 0, ends[i].cause);
		d = node_fsm(&f, NODE_EV_LEFT, &v);
		ck_assert_int_eq(d.hold_ms, ends[i].ms);
		ck_assert_int_eq(d.timer_ms, ends[i].ms > 1000 ? ends[i].ms :
		    1000);
		make(NODE_ATTACHED, READY | PPP, 0, ends[i].cause);
		d = node_fsm(&f, NODE_EV_LEFT, &v);
		ck_assert_int_eq(d.hold_ms, 0);
	}
	make(NODE_ATTACHED, READY, 0, 0);
	ck_assert_int_eq(node_fsm(&f, NODE_EV_AWAIT, &v).timer_ms, 60000);
	ck_assert_int_eq(node_fsm(&f, NODE_EV_WAITED, &v).timer_ms, 1000);
}
END_TEST

/* ---- what is done ---- */

static char calls[512];
static bool no_memory, root_fails;
static enum node_event back;		/* comes out of the next "tell" */
static bool comes_back;

static void
call(const char *fmt, ...)
{
	size_t n = strlen(calls);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(calls + n, sizeof(calls) - n, fmt, ap);
	va_end(ap);
}

static void
called(const char *want)
{
	ck_assert_str_eq(calls, want);
	calls[0] = '\0';
}

static void
op_view(const struct node_fsm *m, struct node_view *to)
{
	(void)m;
	*to = v;
}

static void
op_went(const struct node_fsm *m, enum node_state from, enum node_event ev)
{
	call("%s>%s by %s;", node_state_str(from), node_state_str(m->state),
	    node_event_str(ev));
}

static void
op_moved(struct node_fsm *m)
{
	call("moved %d;", m->exported);
}

static void
op_came(struct node_fsm *m)
{
	(void)m;
	call("came;");
}

static void
op_never_came(struct node_fsm *m)
{
	(void)m;
	call("never came;");
}

static void
op_count(struct node_fsm *m)
{
	(void)m;
	call("count;");
}

static void
op_wait(struct node_fsm *m, int64_t ms)
{
	(void)m;
	call("wait %d;", (int)ms);
}

static void
op_unset(struct node_fsm *m)
{
	ck_assert(!m->set && !node.passing);
	call("unset;");
}

static void
op_again(struct node_fsm *m, int64_t ms)
{
	(void)m;
	call("again %d;", (int)ms);
}

static void
op_pass(struct node_fsm *m, bool first)
{
	(void)m;
	ck_assert(node.passing);
	call("pass%s;", first ? " first" : "");
}

static int
op_ask(struct node_fsm *m, enum node_carry carry, enum node_expect expect)
{
	ck_assert(m->set);
	call("ask %d %d;", carry, expect);
	return root_fails ? -ENOMEM : 0;
}

static bool
op_begin(struct node_fsm *m)
{
	(void)m;
	call("begin;");
	return !no_memory;
}

/* As a session does that has another one to wait for, or ends. */
static void
come_back(struct node_fsm *m)
{
	if (!comes_back)
		return;
	comes_back = false;
	node_fsm_event(m, back, NULL);
}

static void
op_start(struct node_fsm *m, const char *why)
{
	call("start %s;", why);
	come_back(m);
}

static void
op_lose(struct node_fsm *m)
{
	(void)m;
	call("lose;");
}

static void
op_tell(struct node_fsm *m, enum session_event ev, const char *why)
{
	call("%s%s%s;", session_event_str(ev), why != NULL ? ": " : "",
	    why != NULL ? why : "");
	come_back(m);
}

static const struct node_fsm_ops all = { op_view, op_went, op_moved, op_came,
	op_never_came, op_count, op_wait, op_unset, op_again, op_pass, op_ask,
	op_begin, op_start, op_lose, op_tell };

static void
fresh(unsigned how)
{
	f = (struct node_fsm){ .ops = &all, .node = &node };
	make(NODE_CLOSED, how, SESSION_STARTING, 0);
	node_fsm_init(&f);
	node_init(&node, &clock_system);
	calls[0] = '\0';
	no_memory = root_fails = comes_back = false;
}

static void
post(enum node_event ev)
{
	node_fsm_event(&f, ev, NULL);
}

/* Figure 6, to its end. */
START_TEST(figure_6)
{
	fresh(AGENT | TAKES);
	post(NODE_EV_CARRIER);
	post(NODE_EV_RESUMED);
	called("");
	post(NODE_EV_OPENED);
	called("closed>idle by opened;unset;");
	node.has_mn = true;
	post(NODE_EV_HEARD);
	called("begin;idle>attached by session begun;start solicitation;");
	v.session = SESSION_AUTHENTICATED;
	post(NODE_EV_PASSED);
	called("ask 0 1;");
	post(NODE_EV_HEARD);
	called("");
	post(NODE_EV_SET);
	called("identifier asked;");
	v.session = SESSION_INSTALLING;
	post(NODE_EV_INSTALL);
	called("ask 2 2;");
	ck_assert(!node.passing);
	post(NODE_EV_ROUTER);		/* that bridge then, with its address */
	called("ask 2 3;");
	post(NODE_EV_SET);
	called("pass first;data path installed;");
	v.session = SESSION_UP;
	post(NODE_EV_TUNNEL_LOST);
	called("ask 2 3;");
	ck_assert(node.passing);
	post(NODE_EV_SET);
	called("pass;");
	v.session = SESSION_CLOSING;
	post(NODE_EV_UNINSTALL);
	called("ask 0 0;");
	ck_assert(!node.passing);
	post(NODE_EV_CLOSE);
	called("attached>detached by to be detached;link gone;");
	post(NODE_EV_SET);
	called("");
	v.cause = SESSION_CAUSE_ADMIN_RESET;
	post(NODE_EV_LEFT);
	called("detached>idle by session gone;unset;");
	ck_assert(!node.has_mn);
	ck_assert(mono_before(clock_mono(node.clock), node.detached));
}
END_TEST

START_TEST(memory)
{
	fresh(AGENT | TAKES);
	post(NODE_EV_OPENED);
	post(NODE_EV_RESUMED);
	called("closed>idle by opened;unset;");
	no_memory = true;
	node.has_mn = true;
	post(NODE_EV_HEARD);
	called("begin;");
	ck_assert(!node.has_mn && f.state == NODE_IDLE);
	post(NODE_EV_IMPORT);
	called("begin;");
	ck_assert(!f.imported);
	no_memory = false;
	post(NODE_EV_HEARD);
	called("begin;idle>attached by session begun;start solicitation;");
	root_fails = true;
	v.session = SESSION_AUTHENTICATED;
	post(NODE_EV_PASSED);
	called("ask 0 1;data path failed: out of memory;");
	ck_assert_int_eq(f.expect, NODE_NOTHING);
	post(NODE_EV_UNINSTALL);
	called("ask 0 0;");
	root_fails = false;
	post(NODE_EV_UNINSTALL);
	post(NODE_EV_PASSED);
	called("ask 0 0;ask 0 1;");
	node_fsm_event(&f, NODE_EV_SET_FAILED, "no such device");
	called("data path failed: no such device;");
}
END_TEST

/* A session may be over as soon as it begins, or is told anything. */
START_TEST(over_at_once)
{
	fresh(AGENT | TAKES);
	post(NODE_EV_RESUMED);
	post(NODE_EV_OPENED);
	calls[0] = '\0';
	comes_back = true;
	back = NODE_EV_LEFT;
	node.passing = true;
	post(NODE_EV_IMPORT);
	called("begin;idle>attached by session begun;start by context of "
	    "another access node;attached>idle by session gone;unset;");
	post(NODE_EV_AWAIT);
	called("");
	ck_assert(!f.imported && !f.awaited);
	/* One that is not resumed makes way for one that begins. */
	fresh(AGENT | TAKES | PROACTIVE);
	post(NODE_EV_RESTORE);
	post(NODE_EV_RESUMED);
	post(NODE_EV_CARRIER);
	called("closed>restored by session restored;");
	comes_back = true;
	post(NODE_EV_OPENED);
	called("restored>attached by opened;link up;attached>idle by session "
	    "gone;unset;again 1000;begin;idle>attached by session begun;"
	    "start the link is up;");
	node_fsm_event(&f, NODE_EV_NO_CARRIER, "no carrier");
	called("attached>detached by no carrier;lose;link gone: no carrier;");
}
END_TEST

/* Figure 7, at the new access node. */
START_TEST(imported)
{
	fresh(AGENT | TAKES);
	post(NODE_EV_RESUMED);
	post(NODE_EV_OPENED);
	v.import_ms = 60000;
	f.exported = true;
	calls[0] = '\0';
	post(NODE_EV_IMPORT);
	post(NODE_EV_AWAIT);
	called("begin;idle>attached by session begun;moved 0;start by context "
	    "of another access node;wait 60000;");
	v.session = SESSION_UP;
	post(NODE_EV_NO_PACKETS);
	called("");
	post(NODE_EV_WAITED);
	called("count;wait 1000;");
	post(NODE_EV_NO_PACKETS);
	called("never came;idle timeout: imported, and never came;");
	post(NODE_EV_PACKETS);
	called("came;");
	post(NODE_EV_EXPORT);
	post(NODE_EV_EXPORT);
	called("moved 1;");
}
END_TEST

/* Who waits gives way [D237], until it has its session. */
START_TEST(waits)
{
	fresh(TAKES);
	post(NODE_EV_RESUMED);
	post(NODE_EV_OPENED);
	calls[0] = '\0';
	post(NODE_EV_HEARD);
	called("idle>waiting by mobile node heard;");
	ck_assert(node.waits);
	v.agent = true;
	post(NODE_EV_AGAIN);
	called("begin;waiting>attached by session begun;start the foreign "
	    "agent is there;");
	ck_assert(!node.waits);
}
END_TEST

/* Some need not be there. */
START_TEST(few_ops)
{
	struct node_fsm_ops few = all;

	fresh(AGENT | TAKES);
	few.went = NULL;
	few.moved = few.came = few.never_came = few.count = NULL;
	few.wait = NULL;
	f.ops = &few;
	post(NODE_EV_RESUMED);
	post(NODE_EV_OPENED);
	post(NODE_EV_HEARD);
	v.import_ms = 1;
	post(NODE_EV_AWAIT);
	post(NODE_EV_WAITED);
	post(NODE_EV_NO_PACKETS);
	post(NODE_EV_PACKETS);
	post(NODE_EV_EXPORT);
	called("unset;begin;start solicitation;idle timeout: imported, and "
	    "never came;");
	f.ops = &all;
}
END_TEST

START_TEST(names)
{
	ck_assert_str_eq(node_state_str(NODE_WAITING), "waiting");
	ck_assert_str_eq(node_state_str(NODE_N_STATES), "?");
	ck_assert_str_eq(node_event_str(NODE_EV_GONE), "interface gone");
	ck_assert_str_eq(node_event_str(NODE_N_EVENTS), "?");
	ck_assert_str_eq(node_action_str(NODE_BIT_NEVER_CAME), "NEVER_CAME");
	ck_assert_str_eq(node_action_str(NODE_N_ACTIONS), "?");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("node_fsm");
	TCase *t = tcase_create("node_fsm");

	tcase_add_loop_test(t, every_pair, 0, NODE_N_EVENTS);
	tcase_add_loop_test(t, depends, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(t, remembers);
	tcase_add_test(t, held_down);
	tcase_add_test(t, figure_6);
	tcase_add_test(t, memory);
	tcase_add_test(t, over_at_once);
	tcase_add_test(t, imported);
	tcase_add_test(t, waits);
	tcase_add_test(t, few_ops);
	tcase_add_test(t, names);
	suite_add_tcase(s, t);
	return (test_run(s));
}

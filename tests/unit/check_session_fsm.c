/* SPDX-License-Identifier: BSD-2-Clause */
/* session_fsm: the whole life, every ending, and every state x event. */
#include "nasd/session_fsm.h"
#include "tests/unit/test.h"

#define HAS(d, name)	(((d).actions & SESSION_DO_##name) != 0)

static const struct session_view nothing;
static const struct session_view up_view = {
	.unique = true, .access = true, .reg = true, .accounting = true,
};

static struct session_decision
step(enum session_state *state, enum session_event ev,
    const struct session_view *v)
{
	struct session_decision d = session_fsm(*state, ev, v);

	*state = d.state;
	return d;
}

/* Figure 1: each event brings the next state and its one action. */
START_TEST(life)
{
	static const struct {
		enum session_event	ev;
		enum session_state	state;
		uint32_t		actions;
	} steps[] = {
		{ SESSION_EV_LINK_UP, SESSION_LINK, SESSION_DO_START_CONFIRM },
		{ SESSION_EV_AUTH_ASKED, SESSION_AUTHENTICATING,
		    SESSION_DO_AUTHENTICATE },
		{ SESSION_EV_ACCEPTED, SESSION_AUTHENTICATED,
		    SESSION_DO_AUTH_OK },
		{ SESSION_EV_IID_ASKED, SESSION_REGISTERING,
		    SESSION_DO_REGISTER },
		{ SESSION_EV_IID_ASKED, SESSION_REGISTERING, 0 },
		{ SESSION_EV_REGISTERED, SESSION_INSTALLING,
		    SESSION_DO_INSTALL },
		{ SESSION_EV_INSTALLED, SESSION_ASSIGNED, SESSION_DO_ASSIGN },
		{ SESSION_EV_ACCESS_UP, SESSION_UP,
		    SESSION_DO_RA_START | SESSION_DO_ACCT_START },
		{ SESSION_EV_ACCESS_DOWN, SESSION_LINGER,
		    SESSION_DO_RA_STOP | SESSION_DO_COUNT },
		{ SESSION_EV_IID_ASKED, SESSION_INSTALLING, SESSION_DO_COUNT |
		    SESSION_DO_UNINSTALL | SESSION_DO_INSTALL },
		{ SESSION_EV_INSTALLED, SESSION_ASSIGNED, SESSION_DO_ASSIGN },
		{ SESSION_EV_ACCESS_UP, SESSION_UP,
		    SESSION_DO_RA_START | SESSION_DO_ACCT_START },
		{ SESSION_EV_ACCESS_DOWN, SESSION_LINGER,
		    SESSION_DO_RA_STOP | SESSION_DO_COUNT },
		{ SESSION_EV_ACCESS_UP, SESSION_UP, SESSION_DO_COUNT |
		    SESSION_DO_UNINSTALL | SESSION_DO_INSTALL |
		    SESSION_DO_RA_START },
		{ SESSION_EV_INSTALLED, SESSION_UP, SESSION_DO_RA_UPDATE },
	};
	enum session_state state = SESSION_STARTING;
	struct session_decision d;
	size_t i;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		d = step(&state, steps[i].ev, &up_view);
		ck_assert_msg(state == steps[i].state, "step %zu: %s", i,
		    session_state_str(state));
		ck_assert_uint_eq(d.actions, steps[i].actions);
		ck_assert_int_eq(d.cause, SESSION_CAUSE_NONE);
	}
}
END_TEST

/* Nothing is freed before all is given back, in whatever order it goes. */
START_TEST(closing)
{
	static const enum session_event order[6][3] = {
		{ SESSION_EV_LINK_GONE, SESSION_EV_DEREGISTERED,
		    SESSION_EV_COUNTED },
		{ SESSION_EV_LINK_GONE, SESSION_EV_COUNTED,
		    SESSION_EV_DEREGISTERED },
		{ SESSION_EV_DEREGISTERED, SESSION_EV_LINK_GONE,
		    SESSION_EV_COUNTED },
		{ SESSION_EV_DEREGISTERED, SESSION_EV_COUNTED,
		    SESSION_EV_LINK_GONE },
		{ SESSION_EV_COUNTED, SESSION_EV_LINK_GONE,
		    SESSION_EV_DEREGISTERED },
		{ SESSION_EV_COUNTED, SESSION_EV_DEREGISTERED,
		    SESSION_EV_LINK_GONE },
	};
	unsigned i, k;

	for (i = 0; i < 6; i++) {
		struct session_view v = up_view;
		enum session_state state = SESSION_UP;
		struct session_decision d;

		d = step(&state, SESSION_EV_TERMINATE, &v);
		ck_assert_int_eq(state, SESSION_CLOSING);
		ck_assert(HAS(d, CLOSE) && HAS(d, DEREGISTER) &&
		    HAS(d, ACCT_STOP) && HAS(d, UNINSTALL) &&
		    HAS(d, RA_STOP) && !HAS(d, FREE));
		ck_assert_int_eq(d.cause, SESSION_CAUSE_ADMIN_RESET);
		for (k = 0; k < 3; k++) {
			if (order[i][k] == SESSION_EV_LINK_GONE)
				v.access = false;
			else if (order[i][k] == SESSION_EV_DEREGISTERED)
				v.reg = false;
			else
				v.accounting = false;
			d = step(&state, order[i][k], &v);
			ck_assert(HAS(d, FREE) == (k == 2));
			ck_assert_int_eq(state, k == 2 ? SESSION_DEAD :
			    SESSION_CLOSING);
		}
	}
}
END_TEST

START_TEST(closing_is_bounded)
{
	struct session_decision d = session_fsm(SESSION_CLOSING,
	    SESSION_EV_TIMER, &up_view);

	ck_assert_int_eq(d.state, SESSION_DEAD);
	ck_assert(HAS(d, KILL) && HAS(d, FREE));
}
END_TEST

/* Whatever is still owed to the peer is answered when a session ends. */
START_TEST(failures)
{
	static const struct {
		enum session_state	state;
		enum session_event	ev;
		uint32_t		owed;
		enum session_cause	cause;
	} f[] = {
		{ SESSION_STARTING, SESSION_EV_START_FAILED,
		    SESSION_DO_START_REFUSE, SESSION_CAUSE_NAS_ERROR },
		{ SESSION_STARTING, SESSION_EV_LINK_GONE,
		    SESSION_DO_START_REFUSE, SESSION_CAUSE_NAS_ERROR },
		{ SESSION_STARTING, SESSION_EV_TIMER,
		    SESSION_DO_START_REFUSE, SESSION_CAUSE_NAS_ERROR },
		{ SESSION_LINK, SESSION_EV_IID_ASKED, SESSION_DO_REFUSE,
		    SESSION_CAUSE_NAS_ERROR },
		{ SESSION_AUTHENTICATING, SESSION_EV_REJECTED,
		    SESSION_DO_AUTH_FAIL, SESSION_CAUSE_USER_REQUEST },
		{ SESSION_AUTHENTICATING, SESSION_EV_AAA_SILENT,
		    SESSION_DO_AUTH_FAIL, SESSION_CAUSE_NAS_ERROR },
		{ SESSION_AUTHENTICATING, SESSION_EV_NO_ACCOUNTING,
		    SESSION_DO_AUTH_FAIL, SESSION_CAUSE_NAS_ERROR },
		{ SESSION_AUTHENTICATING, SESSION_EV_GRANT_BAD,
		    SESSION_DO_AUTH_FAIL, SESSION_CAUSE_NAS_ERROR },
		{ SESSION_AUTHENTICATING, SESSION_EV_IPV4_BAD,
		    SESSION_DO_AUTH_FAIL, SESSION_CAUSE_NAS_ERROR },
		{ SESSION_AUTHENTICATED, SESSION_EV_TIMER, SESSION_DO_CLOSE,
		    SESSION_CAUSE_USER_REQUEST },
		{ SESSION_AUTHENTICATED, SESSION_EV_INSTALL_FAILED,
		    SESSION_DO_CLOSE, SESSION_CAUSE_NAS_ERROR },
		{ SESSION_REGISTERING, SESSION_EV_DENIED, SESSION_DO_REFUSE,
		    SESSION_CAUSE_LOST_SERVICE },
		{ SESSION_REGISTERING, SESSION_EV_HA_SILENT,
		    SESSION_DO_REFUSE, SESSION_CAUSE_LOST_SERVICE },
		{ SESSION_REGISTERING, SESSION_EV_USELESS,
		    SESSION_DO_REFUSE, SESSION_CAUSE_LOST_SERVICE },
		{ SESSION_REGISTERING, SESSION_EV_TIMER,
		    SESSION_DO_REFUSE, SESSION_CAUSE_LOST_SERVICE },
		{ SESSION_INSTALLING, SESSION_EV_INSTALL_FAILED,
		    SESSION_DO_REFUSE, SESSION_CAUSE_NAS_ERROR },
		{ SESSION_ASSIGNED, SESSION_EV_TIMER, SESSION_DO_CLOSE,
		    SESSION_CAUSE_USER_REQUEST },
		{ SESSION_UP, SESSION_EV_REVOKED, SESSION_DO_CLOSE,
		    SESSION_CAUSE_NAS_REQUEST },
		{ SESSION_UP, SESSION_EV_LOST, SESSION_DO_CLOSE,
		    SESSION_CAUSE_LOST_SERVICE },
		{ SESSION_UP, SESSION_EV_SESSION_TIMEOUT, SESSION_DO_CLOSE,
		    SESSION_CAUSE_SESSION_TIMEOUT },
		{ SESSION_UP, SESSION_EV_IDLE_TIMEOUT, SESSION_DO_CLOSE,
		    SESSION_CAUSE_IDLE_TIMEOUT },
		{ SESSION_UP, SESSION_EV_SHUTDOWN, SESSION_DO_CLOSE,
		    SESSION_CAUSE_NAS_REBOOT },
		{ SESSION_UP, SESSION_EV_TERMINATE_HARD, SESSION_DO_KILL,
		    SESSION_CAUSE_ADMIN_RESET },
		{ SESSION_LINGER, SESSION_EV_TIMER, SESSION_DO_CLOSE,
		    SESSION_CAUSE_USER_REQUEST },
		{ SESSION_UP, SESSION_EV_LINK_GONE, SESSION_DO_DEREGISTER,
		    SESSION_CAUSE_USER_REQUEST },
	};
	struct session_decision d;
	size_t i;

	for (i = 0; i < sizeof(f) / sizeof(f[0]); i++) {
		d = session_fsm(f[i].state, f[i].ev, &up_view);
		ck_assert_msg(d.state == SESSION_CLOSING, "case %zu", i);
		ck_assert_msg((d.actions & f[i].owed) == f[i].owed,
		    "case %zu: %x", i, d.actions);
		ck_assert_msg(d.cause == f[i].cause, "case %zu", i);
		ck_assert_msg(HAS(d, DEREGISTER) && HAS(d, UNINSTALL) &&
		    HAS(d, ACCT_STOP), "case %zu", i);
	}
}
END_TEST

START_TEST(carrier)
{
	struct session_view v = up_view;

	v.carrier_lost = true;
	ck_assert_int_eq(session_fsm(SESSION_UP, SESSION_EV_LINK_GONE,
	    &v).cause, SESSION_CAUSE_LOST_CARRIER);
	ck_assert_int_eq(session_fsm(SESSION_LINGER, SESSION_EV_TIMER,
	    &v).cause, SESSION_CAUSE_LOST_CARRIER);
}
END_TEST

/* D16: a peer that keeps asking for its own identifier. */
START_TEST(insists)
{
	struct session_view v = up_view;
	struct session_decision d;

	d = session_fsm(SESSION_ASSIGNED, SESSION_EV_IID_ASKED, &v);
	ck_assert_int_eq(d.state, SESSION_ASSIGNED);
	ck_assert_uint_eq(d.actions, SESSION_DO_ASSIGN);
	v.insists = true;
	v.own_usable = true;
	d = session_fsm(SESSION_ASSIGNED, SESSION_EV_IID_ASKED, &v);
	ck_assert_int_eq(d.state, SESSION_REGISTERING);
	ck_assert(HAS(d, REGISTER) && HAS(d, UNINSTALL) &&
	    !HAS(d, DEREGISTER));
	v.own_is_ours = true;
	d = session_fsm(SESSION_ASSIGNED, SESSION_EV_IID_ASKED, &v);
	ck_assert_uint_eq(d.actions, SESSION_DO_ASSIGN);
	v.own_is_ours = false;
	v.own_usable = false;
	d = session_fsm(SESSION_ASSIGNED, SESSION_EV_IID_ASKED, &v);
	ck_assert(d.state == SESSION_CLOSING && HAS(d, REFUSE));
	v.own_usable = true;
	v.unique = false;
	d = session_fsm(SESSION_ASSIGNED, SESSION_EV_IID_ASKED, &v);
	ck_assert(d.state == SESSION_CLOSING && HAS(d, REFUSE));
}
END_TEST

/* D23: one NAI, one binding. */
START_TEST(rivals)
{
	struct session_view v = { .access = true,
	    .rival = SESSION_RIVAL_LIVE };
	struct session_decision d;

	d = session_fsm(SESSION_AUTHENTICATING, SESSION_EV_ACCEPTED, &v);
	ck_assert(d.state == SESSION_AUTHENTICATED && HAS(d, REPLACE));
	v.refuse_duplicates = true;
	d = session_fsm(SESSION_AUTHENTICATING, SESSION_EV_ACCEPTED, &v);
	ck_assert(d.state == SESSION_CLOSING && HAS(d, AUTH_FAIL) &&
	    !HAS(d, REPLACE));
	v.rival = SESSION_RIVAL_ENDING;
	d = session_fsm(SESSION_AUTHENTICATED, SESSION_EV_IID_ASKED, &v);
	ck_assert(d.state == SESSION_WAITING && d.actions == 0);
	d = session_fsm(SESSION_WAITING, SESSION_EV_RIVAL_GONE, &v);
	ck_assert_int_eq(d.state, SESSION_WAITING);
	v.rival = SESSION_RIVAL_NONE;
	d = session_fsm(SESSION_WAITING, SESSION_EV_RIVAL_GONE, &v);
	ck_assert(d.state == SESSION_REGISTERING && HAS(d, REGISTER));
	d = session_fsm(SESSION_WAITING, SESSION_EV_TIMER, &v);
	ck_assert(d.state == SESSION_CLOSING && HAS(d, REFUSE));
}
END_TEST

START_TEST(changed)
{
	struct session_view v = up_view;
	struct session_decision d;

	d = session_fsm(SESSION_UP, SESSION_EV_CHANGED, &v);
	ck_assert(d.state == SESSION_CLOSING &&
	    d.cause == SESSION_CAUSE_LOST_SERVICE);
	v.iid_kept = true;
	d = session_fsm(SESSION_UP, SESSION_EV_CHANGED, &v);
	ck_assert(d.state == SESSION_UP && HAS(d, UNINSTALL) &&
	    HAS(d, INSTALL));
	d = session_fsm(SESSION_UP, SESSION_EV_INSTALLED, &v);
	ck_assert(d.state == SESSION_UP && HAS(d, RA_UPDATE));
}
END_TEST

/* CHAP may challenge again at any time; it moves nothing but a failure. */
START_TEST(again)
{
	static const enum session_state states[] = { SESSION_AUTHENTICATED,
	    SESSION_REGISTERING, SESSION_INSTALLING, SESSION_ASSIGNED,
	    SESSION_UP, SESSION_LINGER };
	struct session_view passed = up_view;
	struct session_decision d;
	size_t i;

	passed.granted = true;
	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		d = session_fsm(states[i], SESSION_EV_AUTH_ASKED, &up_view);
		ck_assert(d.state == states[i] && HAS(d, AUTHENTICATE));
		d = session_fsm(states[i], SESSION_EV_ACCEPTED, &up_view);
		ck_assert(d.state == states[i] &&
		    d.actions == SESSION_DO_AUTH_OK);
		d = session_fsm(states[i], SESSION_EV_REJECTED, &up_view);
		ck_assert(d.state == SESSION_CLOSING && HAS(d, AUTH_FAIL));
		/* With IPv6 down it may be somebody else who asks [D97]. */
		d = session_fsm(states[i], SESSION_EV_AAA_SILENT, &passed);
		ck_assert(HAS(d, AUTH_OK) == (states[i] == SESSION_UP));
		ck_assert(HAS(d, AUTH_FAIL) == (states[i] != SESSION_UP));
	}
}
END_TEST

/* NULL, or what is wrong with a decision. (Not by ck_assert: it is asked a
 * million times.) */
static const char *
wrong(enum session_state s, enum session_event e,
    const struct session_view *v)
{
	const uint32_t back = SESSION_DO_AUTH_CANCEL | SESSION_DO_RA_STOP |
	    SESSION_DO_UNINSTALL | SESSION_DO_DEREGISTER |
	    SESSION_DO_ACCT_STOP;
	struct session_decision d = session_fsm(s, e, v);
	bool ends = d.state >= SESSION_CLOSING && s < SESSION_CLOSING;

	if (d.state >= SESSION_N_STATES || d.actions >> SESSION_N_ACTIONS != 0)
		return ("undefined");
	if (d.unexpected)
		return (d.state == s && d.actions == 0 ? NULL :
		    "unexpected, but not harmless");
	if (d.state < s && s != SESSION_LINGER && s != SESSION_UP &&
	    !(s == SESSION_ASSIGNED && d.state == SESSION_REGISTERING))
		return ("goes back");
	if ((d.cause != SESSION_CAUSE_NONE) != ends || !d.why != !ends)
		return ("an ending has a reason, nothing else has");
	if (ends && (d.actions & back) != back)
		return ("keeps something");
	if (HAS(d, FREE) != (d.state == SESSION_DEAD))
		return ("freed and dead are the same");
	if (d.state == SESSION_DEAD && e != SESSION_EV_TIMER &&
	    (v->access || v->reg || v->accounting))
		return ("dead with something left");
	return (NULL);
}

static void
ok(enum session_state s, enum session_event e, const struct session_view *v)
{
	const char *what = wrong(s, e, v);

	if (what != NULL)
		ck_abort_msg("%s + %s: %s", session_state_str(s),
		    session_event_str(e), what);
}

/* All pairs, under each combination of what a decision looks at. */
START_TEST(every_pair)
{
	unsigned bits, s, e;

	for (bits = 0; bits < 1U << 12; bits++) {
		const struct session_view v = {
			.unique = bits & 1, .refuse_duplicates = bits & 2,
			.rival = (bits >> 2 & 3) % 3, .insists = bits & 16,
			.own_usable = bits & 32, .own_is_ours = bits & 64,
			.iid_kept = bits & 128, .access = bits & 256,
			.reg = bits & 512, .accounting = bits & 1024,
			.carrier_lost = bits & 2048,
		};

		for (s = 0; s < SESSION_N_STATES; s++)
			for (e = 0; e < SESSION_N_EVENTS; e++)
				ok(s, e, &v);
	}
}
END_TEST

/* What an earlier nasd has left. */
START_TEST(resuming)
{
	struct session_view v = up_view;
	struct session_decision d;

	v.was_up = v.resumable = true;
	d = session_fsm(SESSION_RESUMING, SESSION_EV_LINK_UP, &v);
	ck_assert_int_eq(d.state, SESSION_UP);
	ck_assert(HAS(d, INSTALL) && HAS(d, RA_START) && HAS(d, RESUME));
	ck_assert(!HAS(d, UNINSTALL) && !HAS(d, REGISTER));
	v.resumable = false;	/* its link is there, but IPv6CP is down */
	d = session_fsm(SESSION_RESUMING, SESSION_EV_LINK_UP, &v);
	ck_assert(d.state == SESSION_CLOSING && HAS(d, CLOSE) &&
	    HAS(d, DEREGISTER) && d.cause == SESSION_CAUSE_USER_REQUEST);
	v.was_up = false;
	d = session_fsm(SESSION_RESUMING, SESSION_EV_LINK_UP, &v);
	ck_assert(d.state == SESSION_CLOSING && HAS(d, CLOSE) &&
	    d.cause == SESSION_CAUSE_NAS_REBOOT);
	v.carrier_lost = true;
	d = session_fsm(SESSION_RESUMING, SESSION_EV_LINK_GONE, &v);
	ck_assert(HAS(d, ACCT_STOP) && HAS(d, DEREGISTER) &&
	    d.cause == SESSION_CAUSE_LOST_CARRIER);
	d = session_fsm(SESSION_RESUMING, SESSION_EV_TIMER, &v);
	ck_assert(HAS(d, KILL) && d.cause == SESSION_CAUSE_NAS_REBOOT);
	v.iid_kept = true;	/* installed when the link is back */
	d = session_fsm(SESSION_RESUMING, SESSION_EV_CHANGED, &v);
	ck_assert(d.state == SESSION_RESUMING && d.actions == 0);
	v.iid_kept = false;
	d = session_fsm(SESSION_RESUMING, SESSION_EV_CHANGED, &v);
	ck_assert_int_eq(d.state, SESSION_CLOSING);
}
END_TEST

/* Every state that something must leave has a limit, and TIMER leaves it. */
START_TEST(limits)
{
	unsigned s;

	for (s = 0; s < SESSION_DEAD; s++) {
		if (s == SESSION_UP) {
			ck_assert_int_eq(session_state_limit(s), 0);
			continue;
		}
		ck_assert_int_ne(session_state_limit(s), 0);
		ck_assert_int_gt(session_fsm(s, SESSION_EV_TIMER,
		    &nothing).state, SESSION_LINGER);
	}
	ck_assert_int_lt(SESSION_BUDGET_MS, 20000);
}
END_TEST

START_TEST(names)
{
	unsigned i;

	for (i = 0; i < SESSION_N_STATES; i++)
		ck_assert_ptr_nonnull(session_state_str(i));
	for (i = 0; i < SESSION_N_EVENTS; i++)
		ck_assert_ptr_nonnull(session_event_str(i));
	for (i = 0; i < SESSION_N_ACTIONS; i++)
		ck_assert_ptr_nonnull(session_action_str(i));
	ck_assert_str_eq(session_state_str(SESSION_UP), "up");
	ck_assert_str_eq(session_state_str(SESSION_N_STATES), "?");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("session_fsm");
	TCase *t = tcase_create("session_fsm");

	tcase_add_test(t, life);
	tcase_add_test(t, closing);
	tcase_add_test(t, closing_is_bounded);
	tcase_add_test(t, failures);
	tcase_add_test(t, carrier);
	tcase_add_test(t, insists);
	tcase_add_test(t, rivals);
	tcase_add_test(t, changed);
	tcase_add_test(t, again);
	tcase_add_test(t, every_pair);
	tcase_add_test(t, resuming);
	tcase_add_test(t, limits);
	tcase_add_test(t, names);
	suite_add_tcase(s, t);
	return (test_run(s));
}

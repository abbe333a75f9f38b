/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The session's state machine: see session_fsm.h. Each state has a function
 * for the events that carry a session forward; what ends one is the same in
 * all live states and stands in one table.
 */
#include "nasd/session_fsm.h"

#include <stddef.h>

#define DO(name)	((uint32_t)SESSION_DO_##name)

/* All that an ending session may have to give back. */
#define GIVE_BACK	(DO(AUTH_CANCEL) | DO(RA_STOP) | DO(ACCT_STOP) |    \
			 DO(UNINSTALL) | DO(DEREGISTER))

/* Counted before: who hears of the interface's end is told of by its path. */
#define REINSTALL	(DO(COUNT) | DO(UNINSTALL) | DO(INSTALL))

typedef struct session_decision (*state_fn)(enum session_event,
    const struct session_view *);

static struct session_decision
go(enum session_state state, uint32_t actions)
{
	return (struct session_decision){ .state = state, .actions = actions };
}

static struct session_decision
unexpected(enum session_state state)
{
	return (struct session_decision){ .state = state, .unexpected = true };
}

/* Is there anything to wait for? */
static bool
leftovers(const struct session_view *v)
{
	return v->access || v->reg || v->accounting;
}

/* Ends the session: gives back all it has and does `also`. */
static struct session_decision
end(const struct session_view *v, enum session_cause cause, const char *why,
    uint32_t also)
{
	struct session_decision d = go(SESSION_CLOSING, GIVE_BACK | also);

	d.cause = cause;
	d.why = why;
	if (!leftovers(v)) {
		d.state = SESSION_DEAD;
		d.actions |= DO(FREE);
	}
	return d;
}

/* Ends a session whose interface identifier is still owed. */
static struct session_decision
refuse(const struct session_view *v, enum session_cause cause,
    const char *why, uint32_t also)
{
	return end(v, cause, why, DO(REFUSE) | DO(CLOSE) | also);
}

/* Authentication, first or again (CHAP may challenge at any time). */
static struct session_decision
authentication(enum session_state state, enum session_event ev,
    const struct session_view *v)
{
	switch (ev) {
	case SESSION_EV_AUTH_ASKED:
		return go(state, DO(AUTH_CANCEL) | DO(AUTHENTICATE));
	case SESSION_EV_ACCEPTED:
		return go(state, DO(AUTH_OK));
	/* The peer's PPP ends the link by itself after a failure: CLOSE would
	 * overtake the message that says why. */
	case SESSION_EV_REJECTED:
		return end(v, SESSION_CAUSE_USER_REQUEST,
		    "authentication rejected", DO(AUTH_FAIL));
	case SESSION_EV_AUTH_ENDED:
		return end(v, SESSION_CAUSE_USER_REQUEST,
		    "authentication not finished", DO(AUTH_FAIL));
	case SESSION_EV_AAA_SILENT:
		/* A server's outage ends nobody who has passed [D97]. But with
		 * IPv6 down LCP may have begun anew: who is there, then? */
		if (v->granted && state == SESSION_UP)
			return go(state, DO(AUTH_OK));
		return end(v, SESSION_CAUSE_NAS_ERROR,
		    "no answer from RADIUS", DO(AUTH_FAIL));
	case SESSION_EV_NO_ACCOUNTING:
		return end(v, SESSION_CAUSE_NAS_ERROR,
		    "accounting spool is full", DO(AUTH_FAIL));
	case SESSION_EV_GRANT_BAD:
		return end(v, SESSION_CAUSE_NAS_ERROR,
		    "no usable home agent in the Access-Accept",
		    DO(AUTH_FAIL));
	case SESSION_EV_IPV4_BAD:
		return end(v, SESSION_CAUSE_NAS_ERROR,
		    "no usable IPv4 address in the Access-Accept",
		    DO(AUTH_FAIL));
	case SESSION_EV_NOT_ADMITTED:
		return end(v, SESSION_CAUSE_NAS_ERROR,
		    "subscriber can not be served", DO(AUTH_FAIL));
	default:
		return unexpected(state);
	}
}

static struct session_decision
in_starting(enum session_event ev, const struct session_view *v)
{
	switch (ev) {
	case SESSION_EV_LINK_UP:
		return go(SESSION_LINK, DO(START_CONFIRM));
	case SESSION_EV_START_FAILED:
		return end(v, SESSION_CAUSE_NAS_ERROR,
		    "access end could not be started",
		    DO(START_REFUSE) | DO(KILL));
	case SESSION_EV_TIMER:
		return end(v, SESSION_CAUSE_NAS_ERROR,
		    "access end did not report in time",
		    DO(START_REFUSE) | DO(KILL));
	default:
		return unexpected(SESSION_STARTING);
	}
}

static struct session_decision
in_link(enum session_event ev, const struct session_view *v)
{
	switch (ev) {
	case SESSION_EV_AUTH_ASKED:
		return go(SESSION_AUTHENTICATING, DO(AUTHENTICATE));
	case SESSION_EV_IID_ASKED:
		return refuse(v, SESSION_CAUSE_NAS_ERROR,
		    "IPv6CP without authentication", 0);
	case SESSION_EV_TIMER:
		return end(v, SESSION_CAUSE_USER_REQUEST,
		    "peer did not authenticate", DO(CLOSE));
	default:
		return unexpected(SESSION_LINK);
	}
}

static struct session_decision
in_authenticating(enum session_event ev, const struct session_view *v)
{
	uint32_t also = 0;

	switch (ev) {
	case SESSION_EV_ACCEPTED:
		if (v->rival == SESSION_RIVAL_LIVE) {
			if (v->refuse_duplicates)
				return end(v, SESSION_CAUSE_NAS_REQUEST,
				    "another session of this NAI is up",
				    DO(AUTH_FAIL));
			also = DO(REPLACE);
		}
		return go(SESSION_AUTHENTICATED, DO(AUTH_OK) | also);
	case SESSION_EV_TIMER:
		return end(v, SESSION_CAUSE_NAS_ERROR,
		    "authentication took too long", DO(AUTH_FAIL));
	default:
		return authentication(SESSION_AUTHENTICATING, ev, v);
	}
}

static struct session_decision
in_authenticated(enum session_event ev, const struct session_view *v)
{
	switch (ev) {
	case SESSION_EV_IID_ASKED:
		/* A deregistration of the older session that came after our
		 * request would undo it: one NAI, one binding [D23]. */
		if (v->rival == SESSION_RIVAL_LIVE)
			return go(SESSION_WAITING, DO(REPLACE));
		if (v->rival == SESSION_RIVAL_ENDING)
			return go(SESSION_WAITING, 0);
		return go(SESSION_REGISTERING, DO(REGISTER));
	case SESSION_EV_RIVAL_GONE:
		return go(SESSION_AUTHENTICATED, 0);
	/* What a registration is to be sent from. */
	case SESSION_EV_INSTALL_FAILED:
		return end(v, SESSION_CAUSE_NAS_ERROR,
		    "data path could not be installed", DO(CLOSE));
	case SESSION_EV_TIMER:
		return end(v, SESSION_CAUSE_USER_REQUEST,
		    "peer did not ask for IPv6", DO(CLOSE));
	default:
		return authentication(SESSION_AUTHENTICATED, ev, v);
	}
}

static struct session_decision
in_waiting(enum session_event ev, const struct session_view *v)
{
	switch (ev) {
	case SESSION_EV_IID_ASKED:
		return go(SESSION_WAITING, 0);
	case SESSION_EV_RIVAL_GONE:
		if (v->rival != SESSION_RIVAL_NONE)
			return go(SESSION_WAITING, 0);
		return go(SESSION_REGISTERING, DO(REGISTER));
	case SESSION_EV_ACCESS_DOWN:
		return end(v, SESSION_CAUSE_USER_REQUEST,
		    "peer closed IPv6", DO(CLOSE));
	case SESSION_EV_TIMER:
		return refuse(v, SESSION_CAUSE_NAS_ERROR,
		    "the older session of this NAI did not end in time", 0);
	default:
		return authentication(SESSION_WAITING, ev, v);
	}
}

/* At another home agent, or nowhere [D61]. */
static struct session_decision
elsewhere(const struct session_view *v, const char *why)
{
	if (v->another_ha)
		return go(SESSION_REGISTERING, DO(REGISTER));
	return refuse(v, SESSION_CAUSE_LOST_SERVICE, why, 0);
}

static struct session_decision
in_registering(enum session_event ev, const struct session_view *v)
{
	switch (ev) {
	case SESSION_EV_IID_ASKED:
		/* A repeated Configure-Request: no second registration; the
		 * access side answers the newest. */
		return go(SESSION_REGISTERING, 0);
	case SESSION_EV_REGISTERED:
		return go(SESSION_INSTALLING, DO(INSTALL));
	case SESSION_EV_DENIED:
		return elsewhere(v, "home agent denied the registration");
	case SESSION_EV_USELESS:
		return elsewhere(v, "home agent's answer is of no use");
	case SESSION_EV_HA_SILENT:
		return elsewhere(v, "no answer from the home agent");
	case SESSION_EV_ACCESS_DOWN:
		return end(v, SESSION_CAUSE_USER_REQUEST,
		    "peer closed IPv6", DO(CLOSE));
	case SESSION_EV_TIMER:
		return refuse(v, SESSION_CAUSE_LOST_SERVICE,
		    "registration took too long", 0);
	default:
		return authentication(SESSION_REGISTERING, ev, v);
	}
}

/* A renewal brought another home address [PROTOCOLS 11.4]: IPv6CP can not
 * change an identifier while it is open, but a prefix can change. */
static struct session_decision
changed(enum session_state state, const struct session_view *v)
{
	if (!v->iid_kept)
		return refuse(v, SESSION_CAUSE_LOST_SERVICE,
		    "home agent gave another interface identifier", 0);
	return go(state, REINSTALL);
}

static struct session_decision
in_installing(enum session_event ev, const struct session_view *v)
{
	switch (ev) {
	case SESSION_EV_IID_ASKED:
		return go(SESSION_INSTALLING, 0);
	case SESSION_EV_INSTALLED:
		return go(SESSION_ASSIGNED, DO(ASSIGN));
	case SESSION_EV_INSTALL_FAILED:
		return refuse(v, SESSION_CAUSE_NAS_ERROR,
		    "data path could not be installed", 0);
	case SESSION_EV_CHANGED:
		return changed(SESSION_INSTALLING, v);
	case SESSION_EV_ACCESS_DOWN:
		return end(v, SESSION_CAUSE_USER_REQUEST,
		    "peer closed IPv6", DO(CLOSE));
	case SESSION_EV_TIMER:
		return refuse(v, SESSION_CAUSE_NAS_ERROR,
		    "data path took too long", 0);
	default:
		return authentication(SESSION_INSTALLING, ev, v);
	}
}

/* The peer asks after it was told [D16]. */
static struct session_decision
asked_again(const struct session_view *v)
{
	if (!v->insists || v->own_is_ours)
		return go(SESSION_ASSIGNED, DO(ASSIGN));
	if (!v->unique)
		return refuse(v, SESSION_CAUSE_USER_REQUEST,
		    "peer insists on its own interface identifier in a shared "
		    "prefix", 0);
	if (!v->own_usable)
		return refuse(v, SESSION_CAUSE_USER_REQUEST,
		    "peer insists on an unusable interface identifier", 0);
	/* Its own then: a fresh initial registration, for which the home
	 * agent keeps the prefix [D43]. */
	return go(SESSION_REGISTERING, DO(UNINSTALL) | DO(REGISTER));
}

static struct session_decision
in_assigned(enum session_event ev, const struct session_view *v)
{
	switch (ev) {
	case SESSION_EV_IID_ASKED:
		return asked_again(v);
	case SESSION_EV_ACCESS_UP:
		return go(SESSION_UP, DO(RA_START) | DO(ACCT_START));
	case SESSION_EV_INSTALLED:
		return go(SESSION_ASSIGNED, 0);
	case SESSION_EV_INSTALL_FAILED:
		return end(v, SESSION_CAUSE_NAS_ERROR,
		    "data path could not be installed", DO(CLOSE));
	case SESSION_EV_CHANGED:
		return changed(SESSION_ASSIGNED, v);
	case SESSION_EV_ACCESS_DOWN:
		return end(v, SESSION_CAUSE_USER_REQUEST,
		    "peer closed IPv6", DO(CLOSE));
	case SESSION_EV_TIMER:
		return end(v, SESSION_CAUSE_USER_REQUEST,
		    "peer did not take the interface identifier", DO(CLOSE));
	default:
		return authentication(SESSION_ASSIGNED, ev, v);
	}
}

static struct session_decision
in_up(enum session_event ev, const struct session_view *v)
{
	switch (ev) {
	case SESSION_EV_ACCESS_DOWN:
		return go(SESSION_LINGER, DO(RA_STOP) | DO(COUNT));
	case SESSION_EV_ACCESS_UP:
		return go(SESSION_UP, 0);
	case SESSION_EV_IID_ASKED:
		return asked_again(v);
	case SESSION_EV_CHANGED:
		return changed(SESSION_UP, v);
	case SESSION_EV_INSTALLED:
		return go(SESSION_UP, DO(RA_UPDATE));
	case SESSION_EV_INSTALL_FAILED:
		return end(v, SESSION_CAUSE_NAS_ERROR,
		    "data path could not be installed", DO(CLOSE));
	default:
		return authentication(SESSION_UP, ev, v);
	}
}

/* The data path went down with the interface: the kernel drops the routes of
 * a device that is taken down. */
static struct session_decision
in_linger(enum session_event ev, const struct session_view *v)
{
	struct session_decision d;

	switch (ev) {
	case SESSION_EV_ACCESS_UP:
		return go(SESSION_UP, REINSTALL | DO(RA_START));
	case SESSION_EV_ACCESS_DOWN:
		return go(SESSION_LINGER, 0);
	case SESSION_EV_IID_ASKED:
		d = asked_again(v);
		if (d.state != SESSION_ASSIGNED)
			return d;
		return go(SESSION_INSTALLING, REINSTALL);
	case SESSION_EV_CHANGED:
		return changed(SESSION_LINGER, v);
	case SESSION_EV_INSTALLED:
		return go(SESSION_LINGER, 0);
	case SESSION_EV_INSTALL_FAILED:
		return end(v, SESSION_CAUSE_NAS_ERROR,
		    "data path could not be installed", DO(CLOSE));
	case SESSION_EV_TIMER:
		if (v->carrier_lost)
			return end(v, SESSION_CAUSE_LOST_CARRIER, "link lost",
			    DO(CLOSE));
		return end(v, SESSION_CAUSE_USER_REQUEST,
		    "peer closed IPv6", DO(CLOSE));
	default:
		return authentication(SESSION_LINGER, ev, v);
	}
}

/* The data path works on without us, and is only taken over [D116]. */
static struct session_decision
in_resuming(enum session_event ev, const struct session_view *v)
{
	switch (ev) {
	case SESSION_EV_LINK_UP:
		if (!v->was_up)
			return end(v, SESSION_CAUSE_NAS_REBOOT,
			    "nasd restarted before it was up", DO(CLOSE));
		if (!v->resumable)
			return end(v, SESSION_CAUSE_USER_REQUEST,
			    "peer closed IPv6 while nasd was away",
			    DO(CLOSE));
		return go(SESSION_UP, DO(INSTALL) | DO(RA_START) |
		    DO(ACCT_START) | DO(RESUME));
	case SESSION_EV_CHANGED:
		/* What is new is installed when the link is there. */
		return v->iid_kept ? go(SESSION_RESUMING, 0) :
		    changed(SESSION_RESUMING, v);
	case SESSION_EV_TIMER:
		return end(v, SESSION_CAUSE_NAS_REBOOT,
		    "link did not come back after nasd restarted", DO(KILL));
	default:
		return unexpected(SESSION_RESUMING);
	}
}

/* Waits for what was begun: the link's end, deregistration, the last count. */
static struct session_decision
in_closing(enum session_event ev, const struct session_view *v)
{
	switch (ev) {
	case SESSION_EV_START_FAILED:
	case SESSION_EV_LINK_GONE:
	case SESSION_EV_DEREGISTERED:
	case SESSION_EV_COUNTED:
		if (leftovers(v))
			return go(SESSION_CLOSING, 0);
		return go(SESSION_DEAD, DO(FREE));
	case SESSION_EV_TIMER:
		return go(SESSION_DEAD, DO(KILL) | DO(FREE));
	case SESSION_EV_TERMINATE_HARD:
		return go(SESSION_CLOSING, DO(KILL));
	case SESSION_EV_IID_ASKED:
		return go(SESSION_CLOSING, DO(REFUSE));
	default:
		return unexpected(SESSION_CLOSING);
	}
}

/* Such a session is freed in the same breath; nothing can come. */
static struct session_decision
in_dead(enum session_event ev, const struct session_view *v)
{
	(void)ev;
	(void)v;
	return unexpected(SESSION_DEAD);
}

/* What ends a session in every live state, whatever it was doing. */
static const struct ending {
	bool			set;
	enum session_cause	cause;
	const char		*why;
	uint32_t		also;
} endings[SESSION_N_EVENTS] = {
	[SESSION_EV_PEER_LEFT] = { true, SESSION_CAUSE_USER_REQUEST,
	    "peer ended the session", DO(CLOSE) },
	[SESSION_EV_REPLACED] = { true, SESSION_CAUSE_ADMIN_RESET,
	    "replaced by a newer session of this NAI", DO(CLOSE) },
	[SESSION_EV_LOST] = { true, SESSION_CAUSE_LOST_SERVICE,
	    "registration lost", DO(CLOSE) },
	[SESSION_EV_REVOKED] = { true, SESSION_CAUSE_NAS_REQUEST,
	    "home agent revoked the registration", DO(CLOSE) },
	[SESSION_EV_TERMINATE] = { true, SESSION_CAUSE_ADMIN_RESET,
	    "terminated by the operator", DO(CLOSE) },
	[SESSION_EV_TERMINATE_HARD] = { true, SESSION_CAUSE_ADMIN_RESET,
	    "killed by the operator", DO(KILL) },
	[SESSION_EV_DISCONNECT] = { true, SESSION_CAUSE_ADMIN_RESET,
	    "disconnected by the AAA server", DO(CLOSE) },
	[SESSION_EV_SHUTDOWN] = { true, SESSION_CAUSE_NAS_REBOOT,
	    "nasd ends", DO(CLOSE) },
	[SESSION_EV_SESSION_TIMEOUT] = { true, SESSION_CAUSE_SESSION_TIMEOUT,
	    "session timeout", DO(CLOSE) },
	[SESSION_EV_IDLE_TIMEOUT] = { true, SESSION_CAUSE_IDLE_TIMEOUT,
	    "idle timeout", DO(CLOSE) },
};

static struct session_decision
ended_by(enum session_state state, enum session_event ev,
    const struct session_view *v)
{
	const struct ending *e = &endings[ev];
	uint32_t owed = DO(REFUSE);	/* nothing where nothing is asked */

	if (state == SESSION_STARTING)
		owed = DO(START_REFUSE) | DO(KILL);
	return end(v, e->cause, e->why, e->also | owed);
}

static struct session_decision
link_gone(enum session_state state, const struct session_view *v)
{
	if (state == SESSION_STARTING)
		return end(v, SESSION_CAUSE_NAS_ERROR,
		    "access end went before it reported", DO(START_REFUSE));
	if (v->carrier_lost)
		return end(v, SESSION_CAUSE_LOST_CARRIER, "link lost", 0);
	return end(v, SESSION_CAUSE_USER_REQUEST, "link ended", 0);
}

struct session_decision
session_fsm(enum session_state state, enum session_event ev,
    const struct session_view *v)
{
	static const state_fn fn[SESSION_N_STATES] = {
		[SESSION_STARTING] = in_starting,
		[SESSION_LINK] = in_link,
		[SESSION_AUTHENTICATING] = in_authenticating,
		[SESSION_AUTHENTICATED] = in_authenticated,
		[SESSION_WAITING] = in_waiting,
		[SESSION_REGISTERING] = in_registering,
		[SESSION_INSTALLING] = in_installing,
		[SESSION_ASSIGNED] = in_assigned,
		[SESSION_UP] = in_up,
		[SESSION_LINGER] = in_linger,
		[SESSION_RESUMING] = in_resuming,
		[SESSION_CLOSING] = in_closing,
		[SESSION_DEAD] = in_dead,
	};

	if (state < SESSION_CLOSING) {
		if (ev == SESSION_EV_LINK_GONE)
			return link_gone(state, v);
		if (endings[ev].set)
			return ended_by(state, ev, v);
	}
	return fn[state](ev, v);
}

const char *
session_state_str(enum session_state state)
{
	static const char *const text[SESSION_N_STATES] = {
#define X(name, str, limit) [SESSION_##name] = str,
		SESSION_STATES(X)
#undef X
	};

	return (unsigned)state < SESSION_N_STATES ? text[state] : "?";
}

const char *
session_event_str(enum session_event ev)
{
	static const char *const text[SESSION_N_EVENTS] = {
#define X(name, str) [SESSION_EV_##name] = str,
		SESSION_EVENTS(X)
#undef X
	};

	return (unsigned)ev < SESSION_N_EVENTS ? text[ev] : "?";
}

const char *
session_action_str(enum session_action_bit bit)
{
	static const char *const text[SESSION_N_ACTIONS] = {
#define X(name) [SESSION_BIT_##name] = #name,
		SESSION_ACTIONS(X)
#undef X
	};

	return (unsigned)bit < SESSION_N_ACTIONS ? text[bit] : "?";
}

int64_t
session_state_limit(enum session_state state)
{
	static const int64_t ms[SESSION_N_STATES] = {
#define X(name, str, limit) [SESSION_##name] = limit,
		SESSION_STATES(X)
#undef X
	};

	return (unsigned)state < SESSION_N_STATES ? ms[state] : 0;
}

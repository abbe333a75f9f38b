/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a session does next. Pure: state x event x what is known -> state and
 * actions. session_act.c carries the actions out; nothing here knows of pppd,
 * PPPoE, sockets, clocks or RADIUS packets: the kinds of access stand behind
 * one interface [access.h].
 *
 * The flow is draft-navali 3.1.1, Figures 1 and 2 [PROTOCOLS 11.1, 11.2,
 * 11.4]; D16, D17, D23, D25 and D38 are decided here.
 */
#ifndef NASD_SESSION_FSM_H
#define NASD_SESSION_FSM_H

#include <stdbool.h>
#include <stdint.h>

/*
 * X(NAME, text, limit): limit is the longest a session may stay, in
 * milliseconds; the timer's end is the event TIMER. ON_BUDGET states share one
 * limit, which begins when the interface identifier is asked for: the access
 * side answers within it [doc/PPPD: nasd 15 s < plugin 20 s < peer 30 s].
 * UP has none of its own: the registration's lifetime, the access side's
 * keep-alive and Session-Timeout bound it.
 */
#define SESSION_ON_BUDGET	(-1)
#define SESSION_BUDGET_MS	15000
#define SESSION_STATES(X)						\
	X(STARTING, "starting", 20000)		/* access end starts */	\
	X(LINK, "link", 60000)			/* link is there */	\
	X(AUTHENTICATING, "authenticating", 180000) /* EAP's rounds */	\
	X(AUTHENTICATED, "authenticated", 60000)			\
	X(WAITING, "waiting", SESSION_ON_BUDGET) /* an older session	\
					    of this NAI has to go */	\
	X(REGISTERING, "registering", SESSION_ON_BUDGET)		\
	X(INSTALLING, "installing", SESSION_ON_BUDGET)			\
	X(ASSIGNED, "assigned", 40000)		/* IPv6CP goes on */	\
	X(UP, "up", 0)							\
	X(LINGER, "linger", 5000)	/* IPv6CP down, perhaps renegotiates */\
	X(RESUMING, "resuming", 30000)	/* nasd is new: the link has	\
					    yet to say that it is there */ \
	X(CLOSING, "closing", 12000)	/* deregistering, link ends */	\
	X(DEAD, "dead", 0)

enum session_state {
#define X(name, text, limit) SESSION_##name,
	SESSION_STATES(X)
#undef X
	SESSION_N_STATES
};

#define SESSION_EVENTS(X)						\
	/* access side */						\
	X(LINK_UP, "link up")						\
	X(START_FAILED, "access end not started")			\
	X(AUTH_ASKED, "authentication asked")				\
	X(IID_ASKED, "identifier asked")				\
	X(ACCESS_UP, "IPv6 up")						\
	X(ACCESS_DOWN, "IPv6 down")					\
	X(PEER_LEFT, "peer left")					\
	X(LINK_GONE, "link gone")					\
	/* AAA */							\
	X(ACCEPTED, "accepted")						\
	X(GRANT_BAD, "accepted without a usable home agent")		\
	X(IPV4_BAD, "accepted with an unusable IPv4 address")		\
	X(NOT_ADMITTED, "accepted, but can not be served")		\
	X(REJECTED, "rejected")						\
	X(AAA_SILENT, "no answer from RADIUS")				\
	X(NO_ACCOUNTING, "accounting spool is full")			\
	X(AUTH_ENDED, "authentication not finished")			\
	/* other sessions of this NAI */				\
	X(REPLACED, "replaced by a newer session")			\
	X(RIVAL_GONE, "older session gone")				\
	/* registration */						\
	X(REGISTERED, "registered")					\
	X(DENIED, "registration denied")				\
	X(HA_SILENT, "no answer from the home agent")			\
	X(USELESS, "reply without a usable home address")		\
	X(CHANGED, "another home address")				\
	X(LOST, "registration lost")					\
	X(REVOKED, "registration revoked")				\
	X(DEREGISTERED, "deregistered")					\
	/* data plane, accounting */					\
	X(INSTALLED, "data path installed")				\
	X(INSTALL_FAILED, "data path failed")				\
	X(COUNTED, "accounting closed")					\
	/* operator, policy, time */					\
	X(TERMINATE, "terminated by the operator")			\
	X(TERMINATE_HARD, "killed by the operator")			\
	X(DISCONNECT, "disconnected by the AAA server")			\
	X(SHUTDOWN, "nasd ends")					\
	X(SESSION_TIMEOUT, "session timeout")				\
	X(IDLE_TIMEOUT, "idle timeout")					\
	X(TIMER, "time limit of the state")

enum session_event {
#define X(name, text) SESSION_EV_##name,
	SESSION_EVENTS(X)
#undef X
	SESSION_N_EVENTS
};

/*
 * Actions, in the order in which they are carried out. Each is harmless where
 * it has nothing to do, so that an ending names all that might be left.
 */
#define SESSION_ACTIONS(X)						\
	X(START_CONFIRM)	/* the access end stands: tell the peer */ \
	X(START_REFUSE)		/* it does not: tell the peer */	\
	X(AUTH_CANCEL)							\
	X(AUTHENTICATE)							\
	X(AUTH_OK)							\
	X(AUTH_FAIL)							\
	X(REPLACE)		/* end the older session of this NAI */	\
	X(RA_STOP)							\
	X(COUNT)		/* read the counters while they exist */ \
	X(ACCT_STOP)							\
	X(UNINSTALL)							\
	X(DEREGISTER)		/* an event says when it is done */	\
	X(REGISTER)		/* a fresh initial one, also instead */	\
	X(INSTALL)							\
	X(ASSIGN)		/* Nak or Ack with the identifier */	\
	X(REFUSE)		/* no identifier: close IPv6CP */	\
	X(RA_START)							\
	X(RA_UPDATE)							\
	X(ACCT_START)							\
	X(RESUME)		/* timers run on; renew at once */	\
	X(CLOSE)		/* end the access link in order */	\
	X(KILL)			/* end it at once */			\
	X(FREE)

enum session_action_bit {
#define X(name) SESSION_BIT_##name,
	SESSION_ACTIONS(X)
#undef X
	SESSION_N_ACTIONS
};

enum session_action {
#define X(name) SESSION_DO_##name = 1 << SESSION_BIT_##name,
	SESSION_ACTIONS(X)
#undef X
};

/* Another session of the same NAI. */
enum session_rival {
	SESSION_RIVAL_NONE,
	SESSION_RIVAL_LIVE,
	SESSION_RIVAL_ENDING,
};

/* What a decision may depend on. */
struct session_view {
	bool			unique;		/* the user's prefix mode */
	bool			refuse_duplicates;
	bool			granted;	/* passed authentication */
	enum session_rival	rival;
	/* Of the newest request for an identifier [D16]. */
	bool			insists;
	bool			own_usable;	/* the peer's own: non-zero, not
						 * reserved, not our side's */
	bool			own_is_ours;	/* it is what we assigned */
	/* Of a changed registration: the identifier is the same. */
	bool			iid_kept;
	/* Of a failed registration: another home agent can be asked. */
	bool			another_ha;
	/* Of a session of an earlier nasd: it was up; and its link is. */
	bool			was_up, resumable;
	/* What is there. */
	bool			access;		/* link or its process */
	bool			reg;
	bool			accounting;	/* Start sent, Stop not yet */
	bool			carrier_lost;	/* how the link went */
};

/* Why a session ended, first reason [RFC 2866 5.10; PROTOCOLS 15]. */
enum session_cause {
	SESSION_CAUSE_NONE,
	SESSION_CAUSE_USER_REQUEST	= 1,
	SESSION_CAUSE_LOST_CARRIER	= 2,
	SESSION_CAUSE_LOST_SERVICE	= 3,
	SESSION_CAUSE_IDLE_TIMEOUT	= 4,
	SESSION_CAUSE_SESSION_TIMEOUT	= 5,
	SESSION_CAUSE_ADMIN_RESET	= 6,
	SESSION_CAUSE_NAS_ERROR		= 9,
	SESSION_CAUSE_NAS_REQUEST	= 10,
	SESSION_CAUSE_NAS_REBOOT	= 11,
};

struct session_decision {
	enum session_state	state;
	uint32_t		actions;	/* SESSION_DO_* */
	enum session_cause	cause;		/* of an ending, else NONE */
	const char		*why;		/* literal, of an ending */
	bool			unexpected;	/* nothing foresees this event
						 * here; it changed nothing */
};

/* Decides; every event is allowed in every state. */
struct session_decision session_fsm(enum session_state, enum session_event,
    const struct session_view *);

const char	*session_state_str(enum session_state);
const char	*session_event_str(enum session_event);
const char	*session_action_str(enum session_action_bit);
/* The state's limit in ms, 0 for none, or SESSION_ON_BUDGET. */
int64_t		 session_state_limit(enum session_state);

#endif

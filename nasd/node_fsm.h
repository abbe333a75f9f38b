/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an access node's link does next [draft-navali 3.2, PROTOCOLS 11.5,
 * 11.7]: whose it is, what the root side is to make of it, who goes and who
 * comes. node_fsm() is pure: a link, an event and what is known -> the link,
 * and actions; node_fsm_event() has them carried out by its caller's ops.
 * Beside node.c, which knows which packets count; in access_node*.c,
 * access_move.c and access_ppp_node.c are sockets, sessions and the root side.
 *
 * D174, D184, D200, D222, D223, D230 and D237 are decided here.
 */
#ifndef NASD_NODE_FSM_H
#define NASD_NODE_FSM_H

#include <stdbool.h>
#include <stdint.h>

#include "nasd/session_fsm.h"

struct node;

/* Whose the link is. */
#define NODE_STATES(X)							\
	X(CLOSED, "closed")	/* nothing is heard there */		\
	X(IDLE, "idle")		/* nobody's */				\
	X(WAITING, "waiting")	/* somebody is there who waits for the	\
				 * foreign agent */			\
	X(RESTORED, "restored")	/* an earlier nasd's session's, which	\
				 * goes on when all is there */		\
	X(ATTACHED, "attached")	/* a session's */			\
	X(DETACHED, "detached")	/* a session's, which ends */

enum node_state {
#define X(name, text) NODE_##name,
	NODE_STATES(X)
#undef X
	NODE_N_STATES
};

#define NODE_EVENTS(X)							\
	/* the link */							\
	X(OPENED, "opened")						\
	X(CARRIER, "carrier")						\
	X(NO_CARRIER, "no carrier")					\
	X(GONE, "interface gone")					\
	X(OTHER, "another link than it was")				\
	X(HEARD, "mobile node heard")					\
	X(ROUTER, "router's address")	/* it is another one */		\
	X(TUNNEL_LOST, "tunnel lost")	/* or the way of it */		\
	X(IPV6CP_UP, "IPv6CP up")	/* of a PPP link */		\
	X(IPV6CP_DOWN, "IPv6CP down")					\
	/* the root side, to its last request */			\
	X(SET, "set")							\
	X(SET_FAILED, "not set")					\
	/* nasd, and time */						\
	X(RESUMED, "earlier sessions known")				\
	X(AGAIN, "again")		/* or the agent takes somebody */ \
	X(TRY, "try")			/* may a proactive one begin? */ \
	X(BEGUN, "session begun")					\
	X(NOT_BEGUN, "session not begun")				\
	/* the link's session */					\
	X(RESTORE, "session restored")					\
	X(PASSED, "authenticated")					\
	X(INSTALL, "to be bridged")					\
	X(UNINSTALL, "not to be bridged")				\
	X(CLOSE, "to be detached")					\
	X(LEFT, "session gone")						\
	/* movement */							\
	X(EXPORT, "exported")						\
	X(STAY, "export undone")					\
	X(IMPORT, "imported")						\
	X(AWAIT, "awaited")						\
	X(WAITED, "waited")						\
	X(PACKETS, "has sent packets")	/* by the counters */		\
	X(NO_PACKETS, "has sent nothing")

enum node_event {
#define X(name, text) NODE_EV_##name,
	NODE_EVENTS(X)
#undef X
	NODE_N_EVENTS
};

/* Actions, in the order in which they are carried out. */
#define NODE_ACTIONS(X)							\
	X(MOVED)	/* exported is another: to be written down */	\
	X(CAME)		/* nobody is awaited any more */		\
	X(NEVER_CAME)	/* is to be told */				\
	X(COUNT)	/* read the counters */				\
	X(WAIT)		/* that long, then WAITED */			\
	X(UNSET)	/* the root side removes all of it */		\
	X(FORGET)	/* the mobile node; deaf for hold_ms */		\
	X(AGAIN)	/* event AGAIN, then */				\
	X(PASS)		/* the bridge is there: what was kept goes in */ \
	X(ASK)		/* the root side, for carry */			\
	X(BEGIN)	/* a session: BEGUN or NOT_BEGUN */		\
	X(START)	/* ... it has its link now */			\
	X(LOSE)		/* the session's carrier is lost, not left */	\
	X(TELL)		/* the session of an event */			\
	X(TRY)

enum node_action_bit {
#define X(name) NODE_BIT_##name,
	NODE_ACTIONS(X)
#undef X
	NODE_N_ACTIONS
};

enum node_action {
#define X(name) NODE_DO_##name = 1 << NODE_BIT_##name,
	NODE_ACTIONS(X)
#undef X
};

/* What the answer to the last request means. */
enum node_expect {
	NODE_NOTHING,
	NODE_ADDRESS,			/* the care-of address is there */
	NODE_BRIDGE,			/* the data path of a registration */
	NODE_CHANGE,			/* of one that is up */
};

/* What is to pass. */
enum node_carry { NODE_CARRY_NONE, NODE_CARRY_DOWN, NODE_CARRY_BOTH };

/* What a decision may depend on beside the link. */
struct node_view {
	bool			proactive;	/* needs no mobile node */
	int64_t			import_ms;	/* who was imported has to
						 * come; 0: or not */
	bool			agent;		/* can one register by the
						 * foreign agent? also where
						 * there is none */
	bool			takes;		/* nasd takes sessions */
	bool			by_source;	/* what comes out of the tunnel
						 * is known by that alone */
	enum session_state	session;	/* if the link has one */
	enum session_cause	cause;		/* of LEFT: why it ended */
};

struct node_fsm_ops;

struct node_fsm {
	/* to be set before node_fsm_init */
	const struct node_fsm_ops *ops;
	struct node		*node;
	/* own */
	enum node_state		 state;
	bool			 open, carrier;
	bool			 resumed;	/* an earlier nasd's sessions
						 * are known */
	bool			 set;		/* there may be a tunnel */
	enum node_expect	 expect;
	/* A PPP link: is its care-of address there, and IPv6CP up? */
	bool			 has_coa, ipv6cp;
	bool			 exported;	/* its mobile node goes */
	bool			 imported;	/* it comes, and ... */
	bool			 awaited;	/* has not been heard here yet,
						 * ... */
	bool			 late;		/* nor when it was to be */
};

struct node_decision {
	enum node_state		 state;
	uint32_t		 actions;	/* NODE_DO_* */
	enum node_carry		 carry;		/* of ASK */
	enum node_expect	 expect;	/* of ASK; of PASS: was */
	int64_t			 hold_ms;	/* of FORGET */
	int64_t			 timer_ms;	/* of AGAIN, WAIT */
	enum session_event	 tell;		/* of TELL */
	const char		*why;		/* of BEGIN, TELL; a literal,
						 * or NULL */
};

/*
 * Any of them may come back with events. Those of the log, the state file and
 * who is awaited may be NULL, and are then not done. first: the data path was
 * not there before. why: the decision's, or else the event's detail.
 */
struct node_fsm_ops {
	void	(*view)(const struct node_fsm *, struct node_view *);
	void	(*went)(const struct node_fsm *, enum node_state from,
		    enum node_event);
	void	(*moved)(struct node_fsm *);
	void	(*came)(struct node_fsm *);
	void	(*never_came)(struct node_fsm *);
	void	(*count)(struct node_fsm *);
	void	(*wait)(struct node_fsm *, int64_t ms);
	void	(*unset)(struct node_fsm *);
	void	(*again)(struct node_fsm *, int64_t ms);
	void	(*pass)(struct node_fsm *, bool first);
	int	(*ask)(struct node_fsm *, enum node_carry,
		    enum node_expect);	/* or -errno: there is no answer */
	bool	(*begin)(struct node_fsm *);	/* false: out of memory */
	void	(*start)(struct node_fsm *, const char *why);
	void	(*lose)(struct node_fsm *);
	void	(*tell)(struct node_fsm *, enum session_event,
		    const char *why);
};

/* Nobody's, and closed. */
void	 node_fsm_init(struct node_fsm *);
/* A session has it from the start, as a PPP link, which is not open yet. */
void	 node_fsm_take(struct node_fsm *);
/* Decides; every event is allowed in every state. What the link knows of
 * itself changes with it, but not its state, nor its node. */
struct node_decision node_fsm(struct node_fsm *, enum node_event,
    const struct node_view *);
/* ... and has it done (node_act.c). detail is for people, or NULL. */
void	 node_fsm_event(struct node_fsm *, enum node_event,
    const char *detail);
/* May a session begin there, by what is known? */
bool	 node_fsm_is_free(const struct node_fsm *, const struct node_view *);
bool	 node_fsm_may_begin(const struct node_fsm *);	/* ... now */
/* Has it a session? */
bool	 node_fsm_is_served(const struct node_fsm *);
/* ... that has not been told to end? */
bool	 node_fsm_is_attached(const struct node_fsm *);

const char *node_state_str(enum node_state);
const char *node_event_str(enum node_event);
const char *node_action_str(enum node_action_bit);

#endif

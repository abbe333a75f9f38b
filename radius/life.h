/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether one port of a server lives: a state machine over what came from it
 * and what did not [RFC 5997 4.3, RFC 3539 3.4]. Pure; the clock is the
 * caller's, radius/client.c tells it what happened and radius/status.c sends
 * the Status-Server packets that it asks for.
 *
 *	unknown, alive	the next requests go there
 *	zombie		a request had no answer in its time, and nothing else
 *			had one since: others are preferred, probing begins
 *	dead		passed over while another lives, for hold_ms at least
 */
#ifndef RADIUS_LIFE_H
#define RADIUS_LIFE_H

#include <stdbool.h>

#include "common/clock.h"

enum life_state { LIFE_UNKNOWN, LIFE_ALIVE, LIFE_ZOMBIE, LIFE_DEAD };

struct life_params {
	bool		 probes;	/* it understands Status-Server */
	unsigned	 probe_ms;	/* from probe to probe, when dead */
	unsigned	 wait_ms;	/* for a probe's answer */
	unsigned	 answers;	/* in a row that revive it */
	unsigned	 lost;		/* in a row that kill a zombie */
	unsigned	 hold_ms;
	unsigned	 idle_ms;	/* alive, and probed after so long a
					 * silence [RFC 3539 3.4]; 0: never */
};

struct life {
	struct life_params params;
	enum life_state	 state;
	mono_t		 entered;	/* that state; retried, when dead */
	bool		 replied;
	mono_t		 last_reply;	/* to a request or a probe */
	bool		 probing;	/* a probe is out */
	unsigned	 row;		/* probes answered (dead), lost */
	mono_t		 due;		/* call life_due then */
};

void	 life_init(struct life *, const struct life_params *);
const char *life_state_str(enum life_state);

/* Each returns whether the state has changed; then life_due's time has as
 * well. since: when the request was first sent to it. */

/* A verified reply to a request. To a dead one's it does not count when the
 * request is older than its death: slow answers do not revive. */
bool	 life_reply(struct life *, mono_t since, mono_t now);
/* A request was not answered in its time, and is repeated. */
bool	 life_slow(struct life *, mono_t since, mono_t now);
/* It was given up here. */
bool	 life_silent(struct life *, mono_t since, mono_t now);
/* The answer of the probe that is out. */
bool	 life_probe_reply(struct life *, mono_t now);
/* A connection could not be made, or broke down [RFC 6613 2.6]. */
bool	 life_broken(struct life *, mono_t now);
/* A connection is up. */
bool	 life_connected(struct life *, mono_t now);

/* Its time has come. True: send a probe, a new one; whatever was out is lost.
 * *changed: as above. */
bool	 life_due(struct life *, mono_t now, bool *changed);
/* It could not be sent: no one's fault. */
void	 life_unsent(struct life *, mono_t now);

/* The fewer the better: alive, zombie, dead. One that is not probed is worth a
 * try when hold_ms are over. */
unsigned life_rank(const struct life *, mono_t now);
/* A request goes to it. If it is such a try, it is the only one: the others
 * wait again. */
void	 life_tried(struct life *, mono_t now);

#endif

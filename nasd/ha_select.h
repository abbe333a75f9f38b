/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which home agent a registration is asked of: priorities, weights, and what
 * has been seen of each agent [PROTOCOLS 11.4, D60-D64]. Pure: the clock and
 * random bits come in, what was seen is reported by the caller (ha_watch.c),
 * and nothing is sent here. Sessions (session_ha.c) pick by it.
 *
 * Agents are numbered as in the configuration; a set of them is a bit mask.
 */
#ifndef NASD_HA_SELECT_H
#define NASD_HA_SELECT_H

#include <stdbool.h>
#include <stdint.h>

#include <netinet/in.h>

#include "common/clock.h"

#define HA_SELECT_MAX		64	/* agents: bits of a mask */
#define HA_SELECT_REDIRECTS	3	/* followed in a row [RFC 4433 4.2] */
/* Less time than this left: asking another one is useless. */
#define HA_SELECT_LEAST_MS	1000

#define HA_STATES(X)							\
	X(UP, "up")							\
	X(AVOIDED, "avoided")	/* answers, but with refusals */	\
	X(DOWN, "down")		/* silent: held down, and probed */

enum ha_state {
#define X(name, text) HA_##name,
	HA_STATES(X)
#undef X
};

struct ha_agent {
	struct in_addr	addr;
	uint32_t	priority;	/* lower ones are asked first */
	uint32_t	weight;		/* share within a priority, not 0 */
	bool		drained;	/* no new registrations */
	bool		gone;		/* nor here: not configured any more */

	/* Silence. */
	bool		down;
	bool		in_doubt;	/* was down, and can not be probed */
	unsigned	unheard;	/* requests in a row */
	mono_t		unheard_since;	/* when the first of them was sent */
	mono_t		heard;		/* the last authentic message */
	mono_t		down_since;
	mono_t		probe_at;
	int64_t		hold_ms;	/* until the probe after that */

	/* Refusals. */
	mono_t		avoid_until;

	/* Statistics: registrations of sessions, first ones. */
	uint64_t	accepted, refused, silent, redirected;
	uint64_t	n_down, n_probes;
};

struct ha_select {
	const struct clock	*clock;
	uint32_t		(*random)(void *arg);
	void			*arg;
	unsigned		 n;
	struct ha_agent		 agent[HA_SELECT_MAX];
};

/* Whom a session may be registered at. */
struct ha_wish {
	const char		*nai;	/* realm in lower case */
	const struct in_addr	*list;	/* of RADIUS, best first; n_list 0:
					 * the configuration's */
	unsigned		 n_list;
};

/* The number of an agent, or -1. */
int	 ha_select_find(const struct ha_select *, struct in_addr);
/* Adds an agent; its number, or -1 when there are HA_SELECT_MAX. */
int	 ha_select_add(struct ha_select *, struct in_addr, uint32_t priority,
    uint32_t weight);

/*
 * The agent to ask now, none of those tried; -1 when there is none left. The
 * same NAI comes to the same agent as long as that is well.
 */
int	 ha_select_pick(const struct ha_select *, const struct ha_wish *,
    uint64_t tried);
/* How long to wait for one, tried including it, of what is left; 0: that is too
 * little for any. */
int64_t	 ha_select_patience(const struct ha_select *, const struct ha_wish *,
    uint64_t tried, int64_t left_ms);
/* May a redirection to this address be followed? Its number, or -1. */
int	 ha_select_follow(const struct ha_select *, struct in_addr,
    uint64_t tried, unsigned redirects);

enum ha_after {
	HA_AFTER_STOP,		/* the session's end */
	HA_AFTER_NEXT,		/* ask another one */
	HA_AFTER_FOLLOW,	/* the one the reply names, else another */
};
/* What follows from a first registration denied with a code [D61]. */
enum ha_after ha_select_after(uint8_t code);

/* What has become of a session's first registration. A refusal with a code
 * that is about the agent, not the subscriber, makes others preferred for a
 * while; useless: accepted without an IPv6 home address. */
void	 ha_select_accepted(struct ha_select *, int);
void	 ha_select_refused(struct ha_select *, int, uint8_t code);
void	 ha_select_useless(struct ha_select *, int);
void	 ha_select_silent(struct ha_select *, int);

/* An authentic message of an agent came. True: it was down. */
bool	 ha_select_heard(struct ha_select *, int);
/* A request sent then has had no answer in its time. True: the agent counts as
 * down from now on. */
bool	 ha_select_unheard(struct ha_select *, int, mono_t sent);

/* When one that is down is to be probed next; MONO_NEVER: none is down. */
mono_t	 ha_select_next_probe(const struct ha_select *);
/* Is it this one's time? Then it is taken for probed. */
bool	 ha_select_probe(struct ha_select *, int);
/* But there is no key to probe it with: whoever is registered next finds out.
 * It counts as up; one request without an answer holds it down again, for
 * longer. */
void	 ha_select_doubt(struct ha_select *, int);

enum ha_state ha_select_state(const struct ha_select *, int);
const char *ha_state_str(enum ha_state);
/* Until the next probe, or the end of being avoided, in ms; 0: neither. */
int64_t	 ha_select_hold_left(const struct ha_select *, int);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the client knows of one server: how to reach it, whether it lives, and
 * its figures. Pure but for the channels it owns. The client's own.
 *
 * Authentication and accounting live apart, each behind a gate of its own
 * [RFC 5997 4.3]; over TLS both go through the same one.
 */
#ifndef RADIUS_SERVER_H
#define RADIUS_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "common/clock.h"
#include "common/log.h"
#include "radius/channel.h"
#include "radius/client.h"
#include "radius/life.h"

/* Names as in RFC 4668 and RFC 4670, of what is asked for: Status-Server is in
 * none but the last three [RFC 5997 4.6]. */
struct server_stats {
	uint64_t	requests;	/* without repetitions */
	uint64_t	retrans;
	uint64_t	timeouts;	/* requests given up here */
	uint64_t	accepts, rejects, challenges, responses;
	uint64_t	malformed;
	uint64_t	bad_vector;	/* wrong Response Authenticator */
	uint64_t	bad_ma;		/* wrong or missing one */
	uint64_t	proxy_state;	/* though none was sent */
	uint64_t	bad_attr;	/* authentic, but not to be used */
	uint64_t	unknown_type;
	uint64_t	dropped;	/* late, repeated or never asked for */
	uint64_t	send_errors;
	uint64_t	probes, probes_answered, probes_lost;
};

struct radius_gate {
	struct radius_channel	*chan;
	struct life		 life;
};

struct radius_server {
	struct radius_server_conf conf;
	struct radius_gate	 gate[RADIUS_KINDS];
	struct server_stats	 stats[RADIUS_KINDS];
	int64_t			 rtt_us;	/* smoothed; 0: unknown */
	struct log_limit	 limit;		/* for bad replies */
};

bool	 server_serves(const struct radius_server *, enum radius_kind);
struct radius_gate *server_gate(struct radius_server *, enum radius_kind);
/* The time a request took that was not repeated. */
void	 server_rtt(struct radius_server *, int64_t us);
/* Counts and logs a bad reply; at most a line a second. */
void	 server_bad_reply(struct radius_server *, enum radius_kind,
    enum radius_verdict, mono_t now);
/* The same of one whose attribute, by its name, has a length that it can not
 * have: such a reply is a rejection. */
void	 server_bad_attr(struct radius_server *, enum radius_kind,
    const char *name, mono_t now);
/*
 * The server to ask next, of those whose bit in tried is not set: the best
 * rank (life_rank), of these the lowest priority, of these by weight, for
 * which rnd is a random number. -1: all were tried.
 */
int	 server_pick(struct radius_server *, unsigned n, enum radius_kind,
    uint32_t tried, mono_t now, uint32_t rnd);
/* Those that could still be picked, and whether one of them is alive. */
unsigned server_left(struct radius_server *, unsigned n, enum radius_kind,
    uint32_t tried, mono_t now, bool *alive);
json_t	*server_json(const struct radius_server *);

#endif

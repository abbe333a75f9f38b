/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the client knows of one server: how to reach it, whether it lives, and
 * its figures. Pure but for the channels it owns. The client's own.
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

enum server_port { SERVER_AUTH, SERVER_ACCT };
#define SERVER_PORTS	2

struct server_stats {
	uint64_t	sent;		/* requests, without repetitions */
	uint64_t	retrans;
	uint64_t	timeouts;	/* requests given up here */
	uint64_t	accepts, rejects, challenges, acct_responses;
	uint64_t	malformed;
	uint64_t	wrong_attr;	/* authentic, but not to be used */
	uint64_t	bad_vector;	/* wrong Response Authenticator */
	uint64_t	bad_ma;		/* wrong or missing one */
	uint64_t	stray;		/* late, repeated or never asked for */
	uint64_t	send_errors;
};

struct radius_server {
	struct radius_server_conf conf;
	struct radius_channel	*chan[SERVER_PORTS];
	bool			 dead;
	mono_t			 retry_at;	/* when dead: try it again */
	bool			 replied;
	mono_t			 last_reply;	/* a good one */
	int64_t			 rtt_us;	/* smoothed; 0: unknown */
	struct server_stats	 stats;
	struct log_limit	 limit;		/* for bad replies */
};

/* A good reply came; rtt_us < 0: a repeated request's, tells no time. */
void	 server_alive(struct radius_server *, mono_t now, int64_t rtt_us);
/* A request first sent at since had no answer to any of its tries. Dead, for
 * dead_s seconds, if nothing else had one either. */
void	 server_silent(struct radius_server *, mono_t since, mono_t now,
    unsigned dead_s);
/* Counts and logs a bad reply; at most a line a second. */
void	 server_bad_reply(struct radius_server *, enum radius_verdict,
    mono_t now);
/* The same of one whose attribute, by its name, has a length that it can not
 * have: such a reply is a rejection. */
void	 server_wrong_attr(struct radius_server *, const char *name,
    mono_t now);
/* The server to ask next, of those whose bit in tried is not set: the first
 * that lives, or whose time to be tried again has come; failing that, the
 * first. -1: all were tried. */
int	 server_pick(struct radius_server *, unsigned n, uint32_t tried,
    mono_t now, unsigned dead_s);
/* Is there one alive that was not tried? */
bool	 server_other_alive(const struct radius_server *, unsigned n,
    uint32_t tried);
json_t	*server_json(const struct radius_server *);

#endif

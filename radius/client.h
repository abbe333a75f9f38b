/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RADIUS client: many requests at once over libevent, none of them waited
 * for. A request is retransmitted by RFC 5080 2.2.1, goes on to the next
 * server when one is silent, and ends with a verified reply or with none.
 *
 * Time comes from the clock and the struct timers given: who runs the event
 * base runs the timers as well (daemon_run does).
 */
#ifndef RADIUS_CLIENT_H
#define RADIUS_CLIENT_H

#include <stdint.h>

#include <jansson.h>
#include <netinet/in.h>

#include "common/clock.h"
#include "common/timers.h"
#include "radius/attrs.h"
#include "radius/packet.h"

struct event_base;
struct radius_client;
struct radius_ping;
struct radius_request;
struct ssl_ctx_st;

#define RADIUS_SERVERS	8

/* What a server may be asked for. */
enum radius_kind { RADIUS_AUTH, RADIUS_ACCT };
#define RADIUS_KINDS	2

enum radius_transport { RADIUS_UDP, RADIUS_TLS };	/* RFC 6614 */

struct radius_server_conf {
	char			 name[32];
	enum radius_transport	 transport;
	struct in_addr		 address;
	uint16_t		 auth_port, acct_port;	/* host order; TLS has
							 * the first only */
	bool			 auth, acct;	/* is asked for these */
	struct radius_secret	 secret;
	unsigned		 timeout_ms;	/* until the first retry */
	unsigned		 tries;		/* transmissions, >= 1 */
	enum radius_ma_policy	 ma;
	bool			 status_server;	/* it understands that */
	uint32_t		 priority;	/* lower ones are asked first */
	uint32_t		 weight;	/* within a priority, >= 1 */
	/* TLS: certificates, one reference of ours, and the name that its
	 * certificate must have, "": its address. */
	struct ssl_ctx_st	*tls;
	char			 tls_name[128];
};

struct radius_conf {
	struct radius_server_conf server[RADIUS_SERVERS];
	unsigned	n_servers;
	struct in_addr	source;		/* 0.0.0.0: the kernel chooses */
	unsigned	dead_s;		/* a silent server is passed over for
					 * so long, while another lives */
	unsigned	probe_ms;	/* between Status-Servers to a dead
					 * one */
	unsigned	probe_answers;	/* in a row that revive it */
	unsigned	auth_ms;	/* an Access-Request's whole time */
	unsigned	acct_ms;	/* the same of a record */
	unsigned	max_requests;	/* at once */
};

/* Ports, times and limits; no server. One server's defaults likewise. wipe
 * forgets secrets and certificates. */
void	 radius_conf_init(struct radius_conf *);
void	 radius_server_conf_init(struct radius_server_conf *);
void	 radius_conf_wipe(struct radius_conf *);

/* Copies the configuration; the dictionary stays the caller's. NULL when
 * there is no memory or no server. */
struct radius_client *radius_client_new(struct event_base *, struct timers *,
    const struct clock *, const struct radius_dict *,
    const struct radius_conf *);
/* Requests still open end without a word. Not from within a callback. */
void	 radius_client_free(struct radius_client *);
/* Requests that have not ended, and Status-Servers asked for. */
unsigned radius_client_pending(const struct radius_client *);
const struct radius_conf *radius_client_conf(const struct radius_client *);
const struct radius_dict *radius_client_dict(const struct radius_client *);
const struct clock *radius_client_clock(const struct radius_client *);

enum radius_result {
	RADIUS_ACCEPTED,	/* Access-Accept or Accounting-Response */
	RADIUS_REJECTED,
	RADIUS_CHALLENGED,
	RADIUS_SILENT,		/* no server answered in time */
};

/* reply is NULL when silent, and lives during the callback only. */
typedef void radius_done(void *arg, enum radius_result,
    const struct radius_attrs *reply);

/*
 * Sends a request: RADIUS_ACCESS_REQUEST or RADIUS_ACCT_REQUEST. Takes the
 * list over, empties *attrs, whatever happens. Message-Authenticator and
 * Acct-Delay-Time are the client's: leave them out. NULL when it can not even
 * be tried; done is then not called, otherwise exactly once, and never from
 * within radius_send.
 */
struct radius_request *radius_send(struct radius_client *,
    enum radius_code, struct radius_attrs *attrs, radius_done *, void *arg);
/* The same to one server and no other: an Access-Challenge's next round goes to
 * who gave it, its State means nothing elsewhere [RFC 2865 5.24]. server is
 * what radius_reply_server said; -1: any. */
struct radius_request *radius_send_to(struct radius_client *, int server,
    enum radius_code, struct radius_attrs *attrs, radius_done *, void *arg);
/* Which server gave a reply, within its callback. */
int	 radius_reply_server(const struct radius_attrs *reply);
/* Forgets a request: done will not be called. */
void	 radius_cancel(struct radius_request *);

/*
 * Sends Status-Server [RFC 5997], whether the server is said to understand it
 * or not: done, once, has the microseconds until its answer, or -1 when none
 * came within the server's timeout, and never from within radius_ping. NULL: it
 * is not asked for that, or can not be reached now.
 */
typedef void radius_pinged(void *arg, int64_t us);
struct radius_ping *radius_ping(struct radius_client *, unsigned server,
    enum radius_kind, radius_pinged *, void *arg);
void	 radius_ping_cancel(struct radius_ping *);

/* {"requests":n, "servers":[{name, address, state, ...}]}; times in ms. */
json_t	*radius_stats(const struct radius_client *);

#endif

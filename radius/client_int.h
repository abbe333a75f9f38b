/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside the client: client.c has the requests, status.c the probes, and both
 * have identifiers that packets come back under. */
#ifndef RADIUS_CLIENT_INT_H
#define RADIUS_CLIENT_INT_H

#include <sys/queue.h>

#include "common/timers.h"
#include "radius/client.h"
#include "radius/server.h"

/* Whatever waits for a reply. */
struct flight {
	struct radius_id	 id;
	uint8_t			 vector[RADIUS_VECTOR];
	/* A packet of at least RADIUS_HDR bytes, not verified. */
	void	(*input)(struct flight *, const uint8_t *pkt, size_t len);
	/* Its connection has gone, and its identifier with it. */
	void	(*lost)(struct flight *);
};

/* A Status-Server under way. */
struct status {
	struct flight		 flight;
	struct radius_client	*client;
	unsigned		 server;
	enum radius_kind	 kind;
	mono_t			 sent;
	/* Verified, or its connection lost: us < 0. */
	void	(*done)(struct status *, int64_t us);
};

/* The watchdog of a gate. */
struct watch {
	struct radius_client	*client;
	unsigned		 server, gate;
	struct timer		 timer;		/* life.due */
	struct status		 status;
};

/* What a channel's input needs to know. */
struct inlet {
	struct radius_client	*client;
	unsigned		 server;
	unsigned		 gate;
};

struct radius_client {
	struct timers		*timers;
	const struct clock	*clock;
	const struct radius_dict *dict;
	struct radius_conf	 conf;
	LIST_HEAD(, radius_request) requests;
	LIST_HEAD(, radius_ping) pings;
	unsigned		 n_requests;
	struct radius_server	 server[RADIUS_SERVERS];
	struct inlet		 inlet[RADIUS_SERVERS][RADIUS_KINDS];
	struct watch		 watch[RADIUS_SERVERS][RADIUS_KINDS];
};

static inline mono_t
client_now(const struct radius_client *c)
{
	return clock_mono(c->clock);
}

static inline unsigned
client_gate(const struct radius_client *c, unsigned server,
    enum radius_kind kind)
{
	return c->conf.server[server].transport == RADIUS_TLS ? 0 :
	    (unsigned)kind;
}

/* changed: whether the gate's life has. */
void	 status_changed(struct radius_client *, unsigned server, unsigned gate,
    bool changed);
void	 status_init(struct radius_client *, unsigned server);
void	 status_free(struct radius_client *);
/* A connection to that server is up: what waits for one is sent. */
void	 requests_go(struct radius_client *, unsigned server);
#endif

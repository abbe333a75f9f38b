/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UDP 3799 [RFC 5176]: a datagram from a stranger, or that is not authentic, or
 * not of now, is dropped and counted; a copy of an earlier request has that
 * one's answer; the rest goes to coa_act.c. Nothing is allocated before a
 * request is known to be authentic.
 */
#define LOG_MODULE "coa"
#include "nasd/coa.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <event2/event.h>
#include <linux/sock_diag.h>

#include "common/log.h"
#include "nasd/coa_act.h"
#include "nasd/coa_rules.h"
#include "nasd/coa_stats.h"
#include "nasd/engine.h"
#include "nasd/session_save.h"
#include "radius/dae.h"
#include "radius/dae_seen.h"

#define NTP_TO_UNIX	2208988800u	/* seconds from 1900 to 1970 */
#define AT_ONCE		64		/* datagrams a turn */
#define WAITING		64		/* requests under way */

struct client {
	const struct config_dae_client *cfg;
	struct dae_seen		*seen;
	uint32_t		 since;		/* Unix seconds */
	struct coa_stats	 stats;
};

/* A request under way. */
struct waiting {
	LIST_ENTRY(waiting)	 link;
	struct coa		*coa;
	struct client		*client;
	uint32_t		 place;		/* in client->seen */
	struct sockaddr_in	 from;
	struct dae_request	 q;		/* borrows pkt */
	size_t			 len;
	uint8_t			 pkt[];
};

struct coa {
	struct engine		*engine;
	struct event		*ev;
	int			 fd;
	uint32_t		 started;	/* Unix seconds */
	struct client		 client[CONFIG_DAE_CLIENTS];
	unsigned		 n_clients;
	LIST_HEAD(, waiting)	 waiting;
	unsigned		 n_waiting;
	uint64_t		 strangers;
	struct log_limit	 limit;		/* for what is dropped */
	struct log_limit	 verdicts;	/* for what is not */
	uint8_t			 in[RADIUS_MAX + 1];
};

static uint32_t
unix_now(const struct coa *c)
{
	return ntp_seconds(clock_ntp(c->engine->clock)) - NTP_TO_UNIX;
}

static mono_t
now(const struct coa *c)
{
	return clock_mono(c->engine->clock);
}

/* Whoever sends to us can make us say this. */
static void
dropped(struct coa *c, const struct sockaddr_in *from, const char *why)
{
	char addr[INET_ADDRSTRLEN];
	unsigned swallowed;

	if (!log_limited(&c->limit, now(c).ns / 1000000, &swallowed))
		return;
	inet_ntop(AF_INET, &from->sin_addr, addr, sizeof(addr));
	log_warnx(NULL, "request from %s port %u dropped: %s (and %u others)",
	    addr, ntohs(from->sin_port), why, swallowed);
}

static void
drop(struct coa *c, struct client *cl, const struct sockaddr_in *from,
    enum coa_drop reason)
{
	cl->stats.drops[reason]++;
	dropped(c, from, coa_drop_str(reason));
}

/* ---- answers ---- */

static void
answer(struct coa *c, struct client *cl, const struct sockaddr_in *to,
    const uint8_t *pkt, size_t len, enum dae_cause cause)
{
	uint8_t out[RADIUS_MAX];
	int n = dae_answer(out, pkt, len, cause, &cl->cfg->secret);

	if (n < 0 || sendto(c->fd, out, (size_t)n, 0,
	    (const struct sockaddr *)to, sizeof(*to)) == -1)
		cl->stats.send_errors++;
}

/* A client with much to say need not fill the log with it. */
static void
tell(struct coa *c, const struct client *cl, const char *what,
    enum dae_cause cause)
{
	unsigned more = 0;

	if (!log_limited(&c->verdicts, now(c).ns / 1000000, &more))
		return;
	if (more > 0)
		log_info(NULL, "%u more requests were not logged", more);
	if (cause == DAE_NONE || cause == DAE_RESIDUAL)
		log_info(NULL, "%s-Request of %s: carried out", what,
		    cl->cfg->name);
	else
		log_info(NULL, "%s-Request of %s: refused: %s (%d)", what,
		    cl->cfg->name, dae_cause_str(cause), (int)cause);
}

/* The verdict on a request, and its answer. */
static void
decided(struct coa *c, struct client *cl, const struct sockaddr_in *to,
    const uint8_t *pkt, size_t len, uint32_t place, enum dae_cause cause)
{
	const char *what = pkt[0] == DAE_COA_REQUEST ? "CoA" : "Disconnect";

	dae_seen_answered(cl->seen, place, cause);
	coa_stats_answer(&cl->stats, cause);
	tell(c, cl, what, cause);
	answer(c, cl, to, pkt, len, cause);
}

static void
waiting_free(struct waiting *w)
{
	LIST_REMOVE(w, link);
	w->coa->n_waiting--;
	free(w);
}

static void
finished(void *arg, enum dae_cause cause)
{
	struct waiting *w = arg;

	decided(w->coa, w->client, &w->from, w->pkt, w->len, w->place, cause);
	waiting_free(w);
}

/* ---- requests ---- */

static struct waiting *
waiting_new(struct coa *c, struct client *cl, const struct sockaddr_in *from,
    size_t len, uint32_t place)
{
	struct waiting *w;

	if (c->n_waiting == WAITING ||
	    (w = malloc(sizeof(*w) + len)) == NULL)
		return NULL;
	w->coa = c;
	w->client = cl;
	w->place = place;
	w->from = *from;
	w->len = len;
	memcpy(w->pkt, c->in, len);
	LIST_INSERT_HEAD(&c->waiting, w, link);
	c->n_waiting++;
	return w;
}

static bool
allowed(const struct client *cl, const struct dae_request *q)
{
	return q->coa ? cl->cfg->coa : cl->cfg->disconnect;
}

/* One that is new, and authentic. */
static void
carry_out(struct coa *c, struct client *cl, const struct sockaddr_in *from,
    size_t len, uint32_t place)
{
	struct waiting *w = waiting_new(c, cl, from, len, place);
	enum dae_cause cause;

	if (w == NULL) {
		decided(c, cl, from, c->in, len, place, DAE_RESOURCES);
		return;
	}
	cause = dae_decode(&w->q, w->pkt, w->len);
	if (cause == DAE_NONE && !allowed(cl, &w->q))
		cause = DAE_PROHIBITED;
	if (cause != DAE_NONE) {
		finished(w, cause);
		return;
	}
	switch (coa_act(c->engine, &w->q, cl->cfg->name, finished, w,
	    &cause)) {
	case COA_DECIDED:
		finished(w, cause);
		break;
	case COA_LATER:
		break;
	case COA_BUSY:
		dae_seen_forget(cl->seen, place);
		cl->stats.drops[COA_DROP_BUSY]++;
		waiting_free(w);
		break;
	}
}

static struct client *
find_client(struct coa *c, struct in_addr addr)
{
	for (unsigned i = 0; i < c->n_clients; i++)
		if (c->client[i].cfg->address.s_addr == addr.s_addr)
			return &c->client[i];
	return NULL;
}

/*
 * What was seen before we began is not known any more: requests of before our
 * start are stale, and of a client whose clock is ahead those up to the last
 * that was, which the state file tells.
 */
static uint32_t
since(const struct coa *c, const struct client *cl)
{
	return cl->since > c->started ? cl->since : c->started;
}

/* By address. Each client that is configured has a place. */
static struct rec_dae *
kept(struct coa *c, struct in_addr addr)
{
	struct rec_dae *r = c->engine->global.dae, *place = NULL;
	unsigned i;

	_Static_assert(REC_DAE >= CONFIG_DAE_CLIENTS, "a place for each");
	for (i = 0; i < REC_DAE; i++) {
		if (r[i].addr.s_addr == addr.s_addr)
			return &r[i];
		if (place == NULL && find_client(c, r[i].addr) == NULL)
			place = &r[i];
	}
	*place = (struct rec_dae){ .addr = addr };
	return place;
}

/* Remembers what the next nasd can not know. */
static void
note_ahead(struct coa *c, const struct client *cl, uint32_t stamp)
{
	struct rec_dae *r;

	if (stamp <= unix_now(c))
		return;
	r = kept(c, cl->cfg->address);
	if (stamp <= r->stamp)
		return;
	r->stamp = stamp;
	session_save_global(c->engine);
}

void
coa_resumed(struct coa *c)
{
	unsigned i;

	if (c == NULL)
		return;
	for (i = 0; i < c->n_clients; i++)
		c->client[i].since = kept(c,
		    c->client[i].cfg->address)->stamp + 1;
}

/* Event-Timestamp, set to 0 if there is none, and Message-Authenticator,
 * whatever else there is. */
static enum coa_drop
check(const struct coa *c, const struct client *cl, size_t len,
    uint32_t *stamp)
{
	struct dae_request q;

	(void)dae_decode(&q, c->in, len);
	*stamp = q.time.set ? q.time.v : 0;
	if (!q.has_ma && cl->cfg->require_ma)
		return COA_DROP_NO_MA;
	if (!q.time.set)
		return cl->cfg->require_time ? COA_DROP_NO_TIME :
		    COA_DROP_NOT;
	return coa_is_of_now(q.time.v, unix_now(c),
	    c->engine->cfg->dae.window_s, since(c, cl)) ? COA_DROP_NOT :
	    COA_DROP_STALE;
}

static void
authentic(struct coa *c, struct client *cl, const struct sockaddr_in *from,
    size_t len)
{
	uint32_t place, stamp;
	enum coa_drop reason = check(c, cl, len, &stamp);
	enum dae_cause cause;

	if (reason != COA_DROP_NOT) {
		drop(c, cl, from, reason);
		return;
	}
	switch (dae_seen_look(cl->seen, c->in + 4, now(c), &place, &cause)) {
	case DAE_SEEN_NEW:
		note_ahead(c, cl, stamp);
		cl->stats.requests[c->in[0] == DAE_COA_REQUEST]++;
		carry_out(c, cl, from, len, place);
		break;
	case DAE_SEEN_UNDER_WAY:
		cl->stats.duplicates++;
		break;
	case DAE_SEEN_ANSWERED:
		cl->stats.duplicates++;
		answer(c, cl, from, c->in, len, cause);
		break;
	case DAE_SEEN_FULL:
		cl->stats.requests[c->in[0] == DAE_COA_REQUEST]++;
		coa_stats_answer(&cl->stats, DAE_RESOURCES);
		answer(c, cl, from, c->in, len, DAE_RESOURCES);
		break;
	}
}

static void
input(struct coa *c, size_t len, const struct sockaddr_in *from)
{
	struct client *cl = find_client(c, from->sin_addr);
	size_t used;

	if (cl == NULL) {
		c->strangers++;
		dropped(c, from, "not a client");
		return;
	}
	switch (dae_verify(c->in, len, &cl->cfg->secret, &used)) {
	case RADIUS_GOOD:
		authentic(c, cl, from, used);
		break;
	case RADIUS_BAD_VECTOR:
		drop(c, cl, from, COA_DROP_AUTHENTICATOR);
		break;
	case RADIUS_BAD_MA:
		drop(c, cl, from, COA_DROP_MA);
		break;
	default:
		drop(c, cl, from, COA_DROP_MALFORMED);
		break;
	}
}

static void
readable(evutil_socket_t fd, short what, void *arg)
{
	struct coa *c = arg;
	struct sockaddr_in from;
	socklen_t from_len;
	ssize_t n;

	(void)what;
	for (unsigned i = 0; i < AT_ONCE; i++) {
		from_len = sizeof(from);
		n = recvfrom(fd, c->in, sizeof(c->in), 0,
		    (struct sockaddr *)&from, &from_len);
		if (n == -1 && errno != EINTR && errno != ECONNREFUSED)
			return;
		if (n >= 0 && from_len == sizeof(from))
			input(c, (size_t)n, &from);
	}
}

/* ---- the listener itself ---- */

static int
set_up(struct coa *c)
{
	const struct config_dae *cfg = &c->engine->cfg->dae;

	for (unsigned i = 0; i < cfg->n_clients; i++) {
		struct client *cl = &c->client[i];

		cl->cfg = &cfg->client[i];
		/* One may be dated as far ahead as back. */
		cl->seen = dae_seen_new(cfg->window_s * INT64_C(2000));
		c->n_clients++;
		if (cl->seen == NULL)
			return -1;
	}
	c->ev = event_new(c->engine->base, c->fd, EV_READ | EV_PERSIST,
	    readable, c);
	return c->ev != NULL && event_add(c->ev, NULL) == 0 ? 0 : -1;
}

struct coa *
coa_new(struct engine *e, int fd)
{
	struct coa *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		close(fd);
		return NULL;
	}
	c->engine = e;
	c->fd = fd;
	c->limit = (struct log_limit){ .rate = 1, .burst = 10 };
	c->verdicts = (struct log_limit){ .rate = 20, .burst = 20 };
	LIST_INIT(&c->waiting);
	c->started = unix_now(c);
	if (set_up(c) != 0) {
		coa_free(c);
		return NULL;
	}
	return c;
}

void
coa_free(struct coa *c)
{
	struct waiting *w;

	if (c == NULL)
		return;
	while ((w = LIST_FIRST(&c->waiting)) != NULL)
		waiting_free(w);
	for (unsigned i = 0; i < c->n_clients; i++)
		dae_seen_free(c->client[i].seen);
	if (c->ev != NULL)
		event_free(c->ev);
	close(c->fd);
	free(c);
}

/* Datagrams for which the socket had no room, of whomever. */
static uint32_t
missed(int fd)
{
	uint32_t mem[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(mem);

	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, mem, &len) != 0)
		return 0;
	return mem[SK_MEMINFO_DROPS];
}

json_t *
coa_json(const struct coa *c)
{
	static const struct coa_stats none;
	json_t *list = json_array(), *rest;

	for (unsigned i = 0; c != NULL && i < c->n_clients; i++)
		json_array_append_new(list, coa_stats_json(
		    c->client[i].cfg->name, c->client[i].cfg->address,
		    &c->client[i].stats));
	if (c != NULL) {
		rest = coa_stats_json("(others)", (struct in_addr){ 0 },
		    &none);
		json_object_set_new(rest, "dropped",
		    json_integer((json_int_t)(c->strangers + missed(c->fd))));
		json_array_append_new(list, rest);
	}
	return json_pack("{s:o}", "clients", list);
}

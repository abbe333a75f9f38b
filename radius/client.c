/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The life of RADIUS requests: what client.h promises. Bytes are packet.c's,
 * lists attrs.c's, sockets and identifiers channel.c's, servers server.c's.
 *
 * A request's timer is the one thing that moves it on: it retransmits [RFC
 * 5080 2.2.1], goes to the next server, or ends it. The same packet is sent
 * again to the same server, same identifier and authenticator, so that the
 * server knows it for a repetition [RFC 5080 2.2.2]; but a record of
 * accounting whose Acct-Delay-Time has changed is a new packet [RFC 2866 5.2].
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#define LOG_MODULE "radius"
#include "common/log.h"
#include "common/table.h"
#include "radius/client.h"
#include "radius/server.h"

#define MAX_RT_MS	10000	/* longest wait between transmissions */

struct radius_request {
	LIST_ENTRY(radius_request) link;
	struct radius_client	*client;
	enum radius_code	 code;
	struct radius_attrs	 attrs;
	radius_done		*done;
	void			*arg;
	struct timer		 timer;
	mono_t			 born;
	mono_t			 deadline;

	/* At the server being asked: */
	unsigned		 server;
	uint32_t		 barred;	/* bit n: never ask server n */
	uint32_t		 tried;		/* bit n: server n was asked */
	unsigned		 tries;		/* transmissions to it */
	mono_t			 since;		/* first of them */
	mono_t			 share;		/* when to leave it */
	unsigned		 rt_ms;		/* RFC 5080's RT */

	/* The packet as it was sent. */
	struct radius_id	 id;
	uint8_t			 vector[RADIUS_VECTOR];
	uint32_t		 delay_s;	/* its Acct-Delay-Time */
	size_t			 len;
	uint8_t			*pkt;
};

/* What a channel's input needs to know. */
struct inlet {
	struct radius_client	*client;
	struct radius_server	*server;
};

struct radius_client {
	struct timers		*timers;
	const struct clock	*clock;
	const struct radius_dict *dict;
	struct radius_conf	 conf;
	LIST_HEAD(, radius_request) requests;
	unsigned		 n_requests;
	struct radius_server	 server[RADIUS_SERVERS];
	struct inlet		 inlet[RADIUS_SERVERS];
};

static void request_timer(struct timer *);
static channel_input receive;

void
radius_server_conf_init(struct radius_server_conf *s)
{
	*s = (struct radius_server_conf){
		.auth_port = 1812, .acct_port = 1813, .timeout_ms = 2000,
		.tries = 2,
	};
}

void
radius_conf_init(struct radius_conf *c)
{
	*c = (struct radius_conf){
		.dead_s = 60, .auth_ms = 14000, .acct_ms = 60000,
		.max_requests = 16384,
	};
}

void
radius_conf_wipe(struct radius_conf *c)
{
	OPENSSL_cleanse(c, sizeof(*c));
}

static int
open_server(struct radius_client *c, struct event_base *base, unsigned i)
{
	struct radius_server *s = &c->server[i];
	const struct radius_server_conf *sc = &c->conf.server[i];

	s->conf = *sc;
	s->limit = (struct log_limit){ .rate = 1, .burst = 5 };
	c->inlet[i] = (struct inlet){ .client = c, .server = s };
	s->chan[SERVER_AUTH] = channel_new(base, c->conf.source, sc->address,
	    sc->auth_port, receive, &c->inlet[i]);
	s->chan[SERVER_ACCT] = channel_new(base, c->conf.source, sc->address,
	    sc->acct_port, receive, &c->inlet[i]);
	if (s->chan[SERVER_AUTH] == NULL || s->chan[SERVER_ACCT] == NULL)
		return -ENOMEM;
	return 0;
}

struct radius_client *
radius_client_new(struct event_base *base, struct timers *timers,
    const struct clock *clock, const struct radius_dict *dict,
    const struct radius_conf *conf)
{
	struct radius_client *c;

	if (conf->n_servers == 0 || conf->n_servers > RADIUS_SERVERS)
		return NULL;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return NULL;
	c->timers = timers;
	c->clock = clock;
	c->dict = dict;
	c->conf = *conf;
	LIST_INIT(&c->requests);
	for (unsigned i = 0; i < conf->n_servers; i++)
		if (open_server(c, base, i) < 0) {
			radius_client_free(c);
			return NULL;
		}
	return c;
}

const struct radius_dict *
radius_client_dict(const struct radius_client *c)
{
	return c->dict;
}

const struct clock *
radius_client_clock(const struct radius_client *c)
{
	return c->clock;
}

static mono_t
now(const struct radius_client *c)
{
	return clock_mono(c->clock);
}

static void
forget_packet(struct radius_request *r)
{
	channel_give(&r->id);
	if (r->pkt != NULL)
		OPENSSL_cleanse(r->pkt, r->len);
	free(r->pkt);
	r->pkt = NULL;
	r->len = 0;
}

/* Takes a request out of everything that knows it; it is not freed. */
static void
request_unlink(struct radius_request *r)
{
	timer_cancel(r->client->timers, &r->timer);
	forget_packet(r);
	LIST_REMOVE(r, link);
	r->client->n_requests--;
}

static void
request_free(struct radius_request *r)
{
	radius_attrs_free(&r->attrs);
	free(r);
}

static void
request_end(struct radius_request *r, enum radius_result result,
    const struct radius_attrs *reply)
{
	request_unlink(r);
	r->done(r->arg, result, reply);
	request_free(r);
}

void
radius_cancel(struct radius_request *r)
{
	request_unlink(r);
	request_free(r);
}

void
radius_client_free(struct radius_client *c)
{
	struct radius_request *r;

	if (c == NULL)
		return;
	while ((r = LIST_FIRST(&c->requests)) != NULL)
		radius_cancel(r);
	for (unsigned i = 0; i < c->conf.n_servers; i++) {
		channel_free(c->server[i].chan[SERVER_AUTH]);
		channel_free(c->server[i].chan[SERVER_ACCT]);
	}
	OPENSSL_cleanse(c, sizeof(*c));
	free(c);
}

static struct radius_channel *
channel_of(const struct radius_request *r)
{
	return r->client->server[r->server].chan[
	    r->code == RADIUS_ACCT_REQUEST ? SERVER_ACCT : SERVER_AUTH];
}

static uint32_t
age_s(const struct radius_request *r)
{
	return (uint32_t)(mono_diff_ms(now(r->client), r->born) / 1000);
}

/* Makes the packet for the server being asked, under a new identifier. */
static int
build(struct radius_request *r)
{
	const struct radius_secret *secret =
	    &r->client->server[r->server].conf.secret;
	uint8_t buf[RADIUS_MAX], delay[4];
	struct wire_w w, d;
	int len, err;

	forget_packet(r);
	if ((err = channel_take(channel_of(r), &r->id, r)) < 0)
		return err;
	if (RAND_bytes(r->vector, sizeof(r->vector)) != 1)
		return -EIO;
	wire_w_init(&w, buf, sizeof(buf));
	radius_begin(&w, r->code, r->id.id, r->vector);
	radius_attrs_encode(&r->attrs, &w, secret);
	if (r->code == RADIUS_ACCT_REQUEST) {
		r->delay_s = age_s(r);
		wire_w_init(&d, delay, sizeof(delay));
		wire_w_u32(&d, r->delay_s);
		radius_put(&w, PW_ACCT_DELAY_TIME, delay, sizeof(delay));
	}
	if ((len = radius_finish(&w, secret)) < 0)
		return len;
	if (r->code == RADIUS_ACCT_REQUEST)
		memcpy(r->vector, buf + 4, sizeof(r->vector));
	if ((r->pkt = malloc((size_t)len)) == NULL)
		return -ENOMEM;
	memcpy(r->pkt, buf, (size_t)len);
	r->len = (size_t)len;
	return 0;
}

/* Sends to the server being asked. What fails here is a packet lost, and the
 * timer goes on as if it were. */
static void
transmit(struct radius_request *r)
{
	struct radius_server *s = &r->client->server[r->server];
	int err = 0;

	if (r->pkt == NULL ||
	    (r->code == RADIUS_ACCT_REQUEST && r->delay_s != age_s(r)))
		err = build(r);
	if (err == 0)
		err = channel_send(&r->id, r->pkt, r->len);
	if (err < 0) {
		s->stats.send_errors++;
		log_debug(s->conf.name, "not sent: %s", strerror(-err));
	}
	if (r->tries++ == 0)
		s->stats.sent++;
	else
		s->stats.retrans++;
}

/* A tenth up or down at random, so that what began together does not stay
 * together. */
static unsigned
jitter(unsigned ms)
{
	uint16_t rnd = 0x8000;

	RAND_bytes((unsigned char *)&rnd, sizeof(rnd));
	return ms - ms / 10 + (unsigned)((uint64_t)ms * rnd / 5 / 65536);
}

static mono_t
earlier(mono_t a, mono_t b)
{
	return mono_before(a, b) ? a : b;
}

static void
arm(struct radius_request *r)
{
	const struct radius_client *c = r->client;
	mono_t at;

	r->rt_ms = jitter(r->tries <= 1 ?
	    c->server[r->server].conf.timeout_ms : 2 * r->rt_ms);
	if (r->rt_ms > MAX_RT_MS)
		r->rt_ms = jitter(MAX_RT_MS);
	at = mono_add_ms(now(c), r->rt_ms);
	at = earlier(earlier(at, r->share), r->deadline);
	/* radius_send made room for this timer: it can not fail. */
	timer_set(c->timers, &r->timer, at);
}

/*
 * Turns to the next server. Those not yet tried share the time that is left,
 * so that a silent one does not use it up. False when all were tried.
 */
static bool
next_server(struct radius_request *r)
{
	struct radius_client *c = r->client;
	mono_t t = now(c);
	int64_t left = mono_diff_ms(r->deadline, t);
	unsigned untried = 0;
	int i;

	i = server_pick(c->server, c->conf.n_servers, r->tried, t,
	    c->conf.dead_s);
	if (i < 0)
		return false;
	for (unsigned n = 0; n < c->conf.n_servers; n++)
		if (!(r->tried & 1u << n))
			untried++;
	forget_packet(r);
	r->server = (unsigned)i;
	r->tried |= 1u << i;
	r->tries = 0;
	r->since = t;
	r->share = mono_add_ms(t, left / untried);
	return true;
}

/* Has the server being asked had its chance? */
static bool
server_used_up(const struct radius_request *r)
{
	const struct radius_client *c = r->client;
	const struct radius_server *s = &c->server[r->server];

	if (r->tries >= s->conf.tries || !mono_before(now(c), r->share))
		return true;
	/* Another request has found it dead meanwhile. */
	return s->dead && server_other_alive(c->server, c->conf.n_servers,
	    r->tried);
}

static void
request_timer(struct timer *tm)
{
	struct radius_request *r =
	    container_of(tm, struct radius_request, timer);
	struct radius_client *c = r->client;

	if (server_used_up(r) || !mono_before(now(c), r->deadline)) {
		server_silent(&c->server[r->server], r->since, now(c),
		    c->conf.dead_s);
		if (!mono_before(now(c), r->deadline)) {
			request_end(r, RADIUS_SILENT, NULL);
			return;
		}
		if (!next_server(r)) {
			/* Accounting goes round again until its time is up. */
			if (r->code == RADIUS_ACCT_REQUEST)
				r->tried = r->barred;
			if (!next_server(r)) {
				request_end(r, RADIUS_SILENT, NULL);
				return;
			}
		}
	}
	transmit(r);
	arm(r);
}

struct radius_request *
radius_send(struct radius_client *c, enum radius_code code,
    struct radius_attrs *attrs, radius_done *done, void *arg)
{
	return radius_send_to(c, -1, code, attrs, done, arg);
}

int
radius_reply_server(const struct radius_attrs *reply)
{
	return reply->server;
}

struct radius_request *
radius_send_to(struct radius_client *c, int server, enum radius_code code,
    struct radius_attrs *attrs, radius_done *done, void *arg)
{
	struct radius_request *r;
	unsigned total;

	if (attrs->err || c->n_requests >= c->conf.max_requests ||
	    server >= (int)c->conf.n_servers ||
	    (r = calloc(1, sizeof(*r))) == NULL) {
		radius_attrs_free(attrs);
		return NULL;
	}
	r->client = c;
	r->code = code;
	r->attrs = *attrs;
	radius_attrs_init(attrs, attrs->dict);
	r->done = done;
	r->arg = arg;
	if (server >= 0)
		r->barred = r->tried = ~(1u << server);
	r->timer.fire = request_timer;
	r->born = now(c);
	total = code == RADIUS_ACCT_REQUEST ? c->conf.acct_ms :
	    c->conf.auth_ms;
	r->deadline = mono_add_ms(r->born, total);
	if (timer_set(c->timers, &r->timer, r->deadline) < 0) {
		request_free(r);
		return NULL;
	}
	LIST_INSERT_HEAD(&c->requests, r, link);
	c->n_requests++;
	next_server(r);
	transmit(r);
	arm(r);
	return r;
}

/* What a reply's code means for a request, if it may answer it at all. */
static bool
result_of(const struct radius_request *r, uint8_t code,
    struct server_stats *st, enum radius_result *result, uint64_t **count)
{
	bool acct = r->code == RADIUS_ACCT_REQUEST;

	switch (code) {
	case RADIUS_ACCESS_ACCEPT:
		*result = RADIUS_ACCEPTED;
		*count = &st->accepts;
		return !acct;
	case RADIUS_ACCESS_REJECT:
		*result = RADIUS_REJECTED;
		*count = &st->rejects;
		return !acct;
	case RADIUS_ACCESS_CHALLENGE:
		*result = RADIUS_CHALLENGED;
		*count = &st->challenges;
		return !acct;
	case RADIUS_ACCT_RESPONSE:
		*result = RADIUS_ACCEPTED;
		*count = &st->acct_responses;
		return acct;
	default:
		return false;
	}
}

/* A packet from a server; user is the request whose identifier it has. */
static void
receive(void *arg, void *user, const uint8_t *pkt, size_t len)
{
	const struct inlet *in = arg;
	struct radius_client *c = in->client;
	struct radius_server *s = in->server;
	struct radius_request *r = user;
	struct radius_attrs reply;
	enum radius_verdict v;
	enum radius_result result;
	uint64_t *count;
	size_t used;

	if (len < RADIUS_HDR) {
		server_bad_reply(s, RADIUS_MALFORMED, now(c));
		return;
	}
	if (r == NULL || !result_of(r, pkt[0], &s->stats, &result, &count)) {
		s->stats.stray++;
		return;
	}
	v = radius_verify(pkt, len, r->vector, &s->conf.secret, s->conf.ma,
	    &used);
	if (v != RADIUS_GOOD) {
		server_bad_reply(s, v, now(c));
		return;
	}
	if (radius_attrs_decode(&reply, c->dict, pkt, used) < 0)
		return;		/* no memory: as if it had been lost */
	reply.secret = &s->conf.secret;
	reply.vector = r->vector;
	reply.server = (int)r->server;
	if (reply.wrong != NULL && r->code == RADIUS_ACCESS_REQUEST) {
		/* As a rejection, which it is to be [RFC 2865 5]. */
		server_wrong_attr(s, reply.wrong, now(c));
		result = RADIUS_REJECTED;
		radius_attrs_free(&reply);
	}
	++*count;
	server_alive(s, now(c), r->tries == 1 ?
	    mono_diff_us(now(c), r->since) : -1);
	request_end(r, result, &reply);
	radius_attrs_free(&reply);
}

json_t *
radius_stats(const struct radius_client *c)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < c->conf.n_servers; i++)
		json_array_append_new(list, server_json(&c->server[i]));
	return json_pack("{s:i s:o}", "requests", (int)c->n_requests,
	    "servers", list);
}

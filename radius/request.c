/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The life of RADIUS requests: radius_send and what follows from it.
 *
 * A request's timer is the one thing that moves it on: it retransmits [RFC
 * 5080 2.2.1], goes to the next server, or ends it. The same packet is sent
 * again to the same server, same identifier and authenticator, so that the
 * server knows it for a repetition [RFC 5080 2.2.2]; but a record of
 * accounting whose Acct-Delay-Time has changed is a new packet [RFC 2866 5.2].
 *
 * Over TLS nothing is repeated [RFC 6613 2.6.1]: the same times pass, and what
 * has not been sent for want of a connection is sent when there is one. What
 * was on a connection that broke begins anew, there or elsewhere.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#define LOG_MODULE "radius"
#include "common/log.h"
#include "common/table.h"
#include "radius/client_int.h"

#define MAX_RT_MS	10000	/* longest wait between transmissions */

struct radius_request {
	LIST_ENTRY(radius_request) link;
	struct radius_client	*client;
	enum radius_code	 code;
	enum radius_kind	 kind;
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
	unsigned		 tries;		/* times its timer was set */
	unsigned		 sent;		/* transmissions */
	mono_t			 since;		/* first of them */
	mono_t			 share;		/* when to leave it */
	unsigned		 rt_ms;		/* RFC 5080's RT */

	/* The packet as it was sent. */
	struct flight		 flight;
	uint32_t		 delay_s;	/* its Acct-Delay-Time */
	size_t			 len;
	uint8_t			*pkt;
};

static struct radius_server *
server_of(const struct radius_request *r)
{
	return &r->client->server[r->server];
}

static struct server_stats *
stats_of(const struct radius_request *r)
{
	return &server_of(r)->stats[r->kind];
}

static struct life *
life_of(const struct radius_request *r)
{
	return &server_gate(server_of(r), r->kind)->life;
}

static void
life_changed(const struct radius_request *r, bool changed)
{
	status_changed(r->client, r->server, client_gate(r->client, r->server,
	    r->kind), changed);
}

static bool
over_tls(const struct radius_request *r)
{
	return server_of(r)->conf.transport == RADIUS_TLS;
}

static void
forget_packet(struct radius_request *r)
{
	channel_give(&r->flight.id);
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

static uint32_t
age_s(const struct radius_request *r)
{
	return (uint32_t)(mono_diff_ms(client_now(r->client), r->born) / 1000);
}

/* Writes the packet for the server being asked. Its length or -errno. */
static int
write_packet(struct radius_request *r, uint8_t *buf, size_t cap)
{
	const struct radius_secret *secret = &server_of(r)->conf.secret;
	struct wire_w w, d;
	uint8_t delay[4];

	if (RAND_bytes(r->flight.vector, RADIUS_VECTOR) != 1)
		return -EIO;
	wire_w_init(&w, buf, cap);
	radius_begin(&w, r->code, r->flight.id.id, r->flight.vector);
	radius_attrs_encode(&r->attrs, &w, secret);
	if (r->kind == RADIUS_ACCT) {
		r->delay_s = age_s(r);
		wire_w_init(&d, delay, sizeof(delay));
		wire_w_u32(&d, r->delay_s);
		radius_put(&w, PW_ACCT_DELAY_TIME, delay, sizeof(delay));
	}
	return radius_finish(&w, secret);
}

/* Makes the packet for the server being asked, under a new identifier. */
static int
build(struct radius_request *r)
{
	uint8_t buf[RADIUS_MAX];
	int len, err;

	forget_packet(r);
	if ((err = channel_take(server_gate(server_of(r), r->kind)->chan,
	    &r->flight.id, &r->flight)) < 0)
		return err;
	if ((len = write_packet(r, buf, sizeof(buf))) < 0)
		return len;
	if (r->kind == RADIUS_ACCT)
		memcpy(r->flight.vector, buf + 4, RADIUS_VECTOR);
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
	int err = 0;

	if (over_tls(r) && r->pkt != NULL)
		return;
	if (r->pkt == NULL ||
	    (r->kind == RADIUS_ACCT && r->delay_s != age_s(r)))
		err = build(r);
	if (err == 0)
		err = channel_send(&r->flight.id, r->pkt, r->len);
	if (err == -ENOTCONN) {
		forget_packet(r);
		return;			/* requests_go will */
	}
	if (err < 0) {
		stats_of(r)->send_errors++;
		log_debug(server_of(r)->conf.name, "not sent: %s",
		    strerror(-err));
	}
	if (err == -EAGAIN || err == -ENOMEM)
		return;			/* not for the server to answer */
	if (r->sent++ == 0)
		stats_of(r)->requests++;
	else
		stats_of(r)->retrans++;
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

	r->rt_ms = jitter(r->tries++ == 0 ? server_of(r)->conf.timeout_ms :
	    2 * r->rt_ms);
	if (r->rt_ms > MAX_RT_MS)
		r->rt_ms = jitter(MAX_RT_MS);
	at = mono_add_ms(client_now(c), r->rt_ms);
	at = earlier(earlier(at, r->share), r->deadline);
	/* radius_send made room for this timer: it can not fail. */
	timer_set(c->timers, &r->timer, at);
}

/* Begins anew at the same server. */
static void
begin(struct radius_request *r)
{
	r->tries = 0;
	r->sent = 0;
	r->since = client_now(r->client);
}

/*
 * Turns to the next server. Those not yet tried share the time that is left,
 * so that a silent one does not use it up. False when all were tried.
 */
static bool
next_server(struct radius_request *r)
{
	struct radius_client *c = r->client;
	mono_t now = client_now(c);
	int64_t left = mono_diff_ms(r->deadline, now);
	unsigned n = c->conf.n_servers, untried;
	uint32_t rnd = 0;
	bool alive;
	int i;

	untried = server_left(c->server, n, r->kind, r->tried, now, &alive);
	RAND_bytes((unsigned char *)&rnd, sizeof(rnd));
	i = server_pick(c->server, n, r->kind, r->tried, now, rnd);
	if (i < 0)
		return false;
	forget_packet(r);
	r->server = (unsigned)i;
	r->tried |= 1u << i;
	begin(r);
	r->share = mono_add_ms(now, left / untried);
	return true;
}

/* Is there one that lives and was not asked? */
static bool
other_alive(const struct radius_request *r)
{
	struct radius_client *c = r->client;
	bool alive;

	server_left(c->server, c->conf.n_servers, r->kind, r->tried,
	    client_now(c), &alive);
	return alive;
}

/* Has the server being asked had its chance? */
static bool
server_used_up(const struct radius_request *r)
{
	if (r->tries >= server_of(r)->conf.tries ||
	    !mono_before(client_now(r->client), r->share))
		return true;
	/* Another request, or a probe, has found it dead meanwhile. */
	return life_of(r)->state == LIFE_DEAD && other_alive(r);
}

/* The server being asked has not answered for now, or not at all. */
static void
unanswered(struct radius_request *r, bool at_all)
{
	mono_t now = client_now(r->client);

	if (r->sent == 0)
		return;		/* nobody was asked */
	if (at_all)
		stats_of(r)->timeouts++;
	life_changed(r, at_all ? life_silent(life_of(r), r->since, now) :
	    life_slow(life_of(r), r->since, now));
}

/* The next server; accounting goes round again until its time is up. */
static bool
turn(struct radius_request *r)
{
	if (!mono_before(client_now(r->client), r->deadline))
		return false;
	if (next_server(r))
		return true;
	if (r->kind != RADIUS_ACCT)
		return false;
	r->tried = r->barred;
	return next_server(r);
}

static void
request_timer(struct timer *tm)
{
	struct radius_request *r =
	    container_of(tm, struct radius_request, timer);
	bool used_up = server_used_up(r) ||
	    !mono_before(client_now(r->client), r->deadline);

	unanswered(r, used_up);
	if (used_up && !turn(r)) {
		request_end(r, RADIUS_SILENT, NULL);
		return;
	}
	transmit(r);
	arm(r);
}

void
requests_go(struct radius_client *c, unsigned server)
{
	struct radius_request *r;

	LIST_FOREACH(r, &c->requests, link)
		if (r->server == server && r->pkt == NULL) {
			begin(r);
			transmit(r);
			arm(r);
		}
}

/* At the next turn of the timers, when all that goes with the connection has
 * gone: perhaps elsewhere. */
static void
request_lost(struct flight *f)
{
	struct radius_request *r =
	    container_of(f, struct radius_request, flight);

	f->id.port = NULL;
	forget_packet(r);
	begin(r);
	timer_set(r->client->timers, &r->timer, client_now(r->client));
}

/* What a reply's code means for a request, if it may answer it at all. */
static bool
result_of(const struct radius_request *r, uint8_t code,
    enum radius_result *result, uint64_t **count)
{
	struct server_stats *st = stats_of(r);
	bool acct = r->kind == RADIUS_ACCT;

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
		*count = &st->responses;
		return acct;
	default:
		return false;
	}
}

/* A verified reply, its attributes read. */
static void
replied(struct radius_request *r, enum radius_result result,
    struct radius_attrs *reply)
{
	mono_t now = client_now(r->client);
	const char *wrong;

	if (r->sent == 1)
		server_rtt(server_of(r), mono_diff_us(now, r->since));
	life_changed(r, life_reply(life_of(r), r->since, now));
	if (reply->wrong != NULL && r->kind == RADIUS_AUTH) {
		/* Is to be taken for a rejection [RFC 2865 5]. */
		server_bad_attr(server_of(r), r->kind, reply->wrong, now);
		result = RADIUS_REJECTED;
		wrong = reply->wrong;
		radius_attrs_free(reply);
		reply->wrong = wrong;
	}
	reply->secret = &server_of(r)->conf.secret;
	reply->vector = r->flight.vector;
	reply->server = (int)r->server;
	request_end(r, result, reply);
}

/* Verified before anything in it is looked at but its code. */
static void
request_input(struct flight *f, const uint8_t *pkt, size_t len)
{
	struct radius_request *r =
	    container_of(f, struct radius_request, flight);
	struct radius_server *s = server_of(r);
	struct radius_attrs reply;
	enum radius_result result;
	enum radius_verdict v;
	uint64_t *count;
	size_t used;

	if (!result_of(r, pkt[0], &result, &count)) {
		stats_of(r)->unknown_type++;
		return;
	}
	v = radius_verify(pkt, len, f->vector, &s->conf.secret, s->conf.ma,
	    &used);
	if (v != RADIUS_GOOD) {
		server_bad_reply(s, r->kind, v, client_now(r->client));
		return;
	}
	if (radius_attrs_decode(&reply, r->client->dict, pkt, used) < 0)
		return;		/* no memory: as if it had been lost */
	++*count;
	replied(r, result, &reply);
	radius_attrs_free(&reply);
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

/* Takes attrs over. NULL: no memory. */
static struct radius_request *
request_new(struct radius_client *c, int server, enum radius_code code,
    struct radius_attrs *attrs)
{
	struct radius_request *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->client = c;
	r->code = code;
	r->kind = code == RADIUS_ACCT_REQUEST ? RADIUS_ACCT : RADIUS_AUTH;
	r->attrs = *attrs;
	radius_attrs_init(attrs, attrs->dict);
	if (server >= 0)
		r->barred = r->tried = ~(1u << server);
	r->timer.fire = request_timer;
	r->flight.input = request_input;
	r->flight.lost = request_lost;
	r->born = mono_add_ms(client_now(c), -r->attrs.late_ms);
	r->deadline = mono_add_ms(client_now(c), r->kind == RADIUS_ACCT ?
	    c->conf.acct_ms : c->conf.auth_ms);
	return r;
}

struct radius_request *
radius_send_to(struct radius_client *c, int server, enum radius_code code,
    struct radius_attrs *attrs, radius_done *done, void *arg)
{
	struct radius_request *r;

	if (attrs->err || c->n_requests >= c->conf.max_requests ||
	    server >= (int)c->conf.n_servers ||
	    (r = request_new(c, server, code, attrs)) == NULL) {
		radius_attrs_free(attrs);
		return NULL;
	}
	r->done = done;
	r->arg = arg;
	if (timer_set(c->timers, &r->timer, r->deadline) < 0 ||
	    !next_server(r)) {
		timer_cancel(c->timers, &r->timer);
		request_free(r);
		return NULL;
	}
	LIST_INSERT_HEAD(&c->requests, r, link);
	c->n_requests++;
	transmit(r);
	arm(r);
	return r;
}

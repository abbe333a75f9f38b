/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Status-Server [RFC 5997]: the watchdog of each gate, which sends what
 * radius/life.c asks for, and the pings of people. Each is a packet of its own,
 * never repeated; none is counted with the requests [4.6].
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

#define LOG_MODULE "radius"
#include "common/log.h"
#include "common/table.h"
#include "radius/client_int.h"

struct radius_ping {
	LIST_ENTRY(radius_ping)	 link;
	struct status		 status;
	struct timer		 timer;
	radius_pinged		*done;
	void			*arg;
};

static struct radius_server *
server_of(const struct status *st)
{
	return &st->client->server[st->server];
}

static struct server_stats *
stats_of(const struct status *st)
{
	return &server_of(st)->stats[st->kind];
}

static void
status_input(struct flight *f, const uint8_t *pkt, size_t len)
{
	struct status *st = container_of(f, struct status, flight);
	struct radius_server *s = server_of(st);
	mono_t now = client_now(st->client);
	enum radius_verdict v;
	size_t used;

	if (pkt[0] != RADIUS_ACCESS_ACCEPT && pkt[0] != RADIUS_ACCT_RESPONSE) {
		stats_of(st)->unknown_type++;
		return;
	}
	/* Servers that send a Message-Authenticator may do so here [RFC 5997
	 * 3]: none is demanded, whatever is of Access-Requests [D100]. */
	v = radius_verify(pkt, len, f->vector, &s->conf.secret,
	    s->conf.ma == RADIUS_MA_IGNORED ? s->conf.ma :
	    RADIUS_MA_IF_PRESENT, &used);
	if (v != RADIUS_GOOD) {
		server_bad_reply(s, st->kind, v, now);
		return;
	}
	channel_give(&f->id);
	stats_of(st)->probes_answered++;
	st->done(st, mono_diff_us(now, st->sent));
}

static void
status_lost(struct flight *f)
{
	struct status *st = container_of(f, struct status, flight);

	f->id.port = NULL;
	st->done(st, -1);
}

static void
status_prepare(struct status *st, struct radius_client *c, unsigned server,
    enum radius_kind kind)
{
	st->client = c;
	st->server = server;
	st->kind = kind;
	st->flight.input = status_input;
	st->flight.lost = status_lost;
}

static int
status_send(struct status *st)
{
	struct radius_server *s = server_of(st);
	struct radius_gate *g = server_gate(s, st->kind);
	struct flight *f = &st->flight;
	uint8_t buf[RADIUS_HDR + 32];
	struct wire_w w;
	int err;

	channel_give(&f->id);
	if (RAND_bytes(f->vector, sizeof(f->vector)) != 1)
		return -EIO;
	if ((err = channel_take(g->chan, &f->id, f)) < 0)
		return err;
	wire_w_init(&w, buf, sizeof(buf));
	radius_begin(&w, RADIUS_STATUS_SERVER, f->id.id, f->vector);
	err = radius_finish(&w, &s->conf.secret);
	if (err > 0)
		err = channel_send(&f->id, buf, (size_t)err);
	if (err < 0) {
		channel_give(&f->id);
		return err;
	}
	st->sent = client_now(st->client);
	stats_of(st)->probes++;
	return 0;
}

/*
 * The watchdog.
 */

static void
say(const struct radius_server *s, const struct life *l, unsigned gate)
{
	const char *what = s->conf.transport == RADIUS_TLS ? "TLS" :
	    gate == RADIUS_ACCT ? "accounting" : "authentication";

	switch (l->state) {
	case LIFE_UNKNOWN:
		break;
	case LIFE_ALIVE:
		log_info(s->conf.name, "%s: answers", what);
		break;
	case LIFE_ZOMBIE:
		log_info(s->conf.name, "%s: a request had no answer in time",
		    what);
		break;
	case LIFE_DEAD:
		log_warnx(s->conf.name, "%s: does not answer; passed over "
		    "while another does", what);
		break;
	}
}

static void
arm(struct watch *w)
{
	struct radius_client *c = w->client;
	const struct life *l = &c->server[w->server].gate[w->gate].life;
	uint16_t rnd = 0;
	mono_t at = l->due;

	timer_cancel(c->timers, &w->timer);
	if (at.ns == MONO_NEVER.ns)
		return;
	/* Those who lost it together do not ask together. */
	RAND_bytes((unsigned char *)&rnd, sizeof(rnd));
	if (l->state == LIFE_DEAD)
		at = mono_add_ms(at, (int64_t)l->params.probe_ms * rnd / 10 /
		    65536);
	if (timer_set(c->timers, &w->timer, at) < 0)
		log_errorx(c->server[w->server].conf.name,
		    "out of memory for a timer");
}

void
status_changed(struct radius_client *c, unsigned server, unsigned gate,
    bool changed)
{
	struct watch *w = &c->watch[server][gate];
	const struct life *l = &c->server[server].gate[gate].life;

	if (!changed)
		return;
	say(&c->server[server], l, gate);
	/* What is out tells nothing about the new state. */
	if (!l->probing)
		channel_give(&w->status.flight.id);
	arm(w);
}

static void
watch_done(struct status *st, int64_t us)
{
	struct watch *w = container_of(st, struct watch, status);
	struct radius_client *c = w->client;
	struct life *l = &c->server[w->server].gate[w->gate].life;

	if (us < 0)
		return;		/* the connection's end says more */
	if (life_probe_reply(l, client_now(c)))
		status_changed(c, w->server, w->gate, true);
	else
		arm(w);
}

static void
watch_fire(struct timer *t)
{
	struct watch *w = container_of(t, struct watch, timer);
	struct radius_client *c = w->client;
	struct life *l = &c->server[w->server].gate[w->gate].life;
	bool changed, send;
	int err;

	if (l->probing)
		stats_of(&w->status)->probes_lost++;
	send = life_due(l, client_now(c), &changed);
	status_changed(c, w->server, w->gate, changed);
	if (send && (err = status_send(&w->status)) < 0) {
		log_debug(c->conf.server[w->server].name,
		    "Status-Server not sent: %s", strerror(-err));
		life_unsent(l, client_now(c));
	}
	arm(w);
}

/* Zombies and dead ones are asked, and idle connections [RFC 3539 3.4.1]. */
#define LOST_MAX	3
#define IDLE_MS		20000

void
status_init(struct radius_client *c, unsigned server)
{
	const struct radius_server_conf *sc = &c->conf.server[server];
	const struct life_params params = {
		.probes = sc->status_server,
		.probe_ms = c->conf.probe_ms,
		.wait_ms = sc->timeout_ms,
		.answers = c->conf.probe_answers,
		.lost = LOST_MAX,
		.hold_ms = c->conf.dead_s * 1000,
		.idle_ms = sc->transport == RADIUS_TLS ? IDLE_MS : 0,
	};

	for (unsigned k = 0; k < RADIUS_KINDS; k++) {
		struct watch *w = &c->watch[server][k];

		w->client = c;
		w->server = server;
		w->gate = k;
		w->timer.fire = watch_fire;
		/* Over TLS it asks for what there is. */
		status_prepare(&w->status, c, server, k == RADIUS_AUTH &&
		    !sc->auth ? RADIUS_ACCT : (enum radius_kind)k);
		w->status.done = watch_done;
		life_init(&c->server[server].gate[k].life, &params);
	}
}

/*
 * Pings.
 */

static void
ping_end(struct radius_ping *p, int64_t us)
{
	radius_pinged *done = p->done;
	void *arg = p->arg;

	radius_ping_cancel(p);
	done(arg, us);
}

static void
ping_done(struct status *st, int64_t us)
{
	ping_end(container_of(st, struct radius_ping, status), us);
}

static void
ping_late(struct timer *t)
{
	struct radius_ping *p = container_of(t, struct radius_ping, timer);

	stats_of(&p->status)->probes_lost++;
	ping_end(p, -1);
}

void
radius_ping_cancel(struct radius_ping *p)
{
	timer_cancel(p->status.client->timers, &p->timer);
	channel_give(&p->status.flight.id);
	LIST_REMOVE(p, link);
	free(p);
}

struct radius_ping *
radius_ping(struct radius_client *c, unsigned server, enum radius_kind kind,
    radius_pinged *done, void *arg)
{
	struct radius_ping *p;
	mono_t late;

	if (server >= c->conf.n_servers ||
	    !server_serves(&c->server[server], kind) ||
	    (p = calloc(1, sizeof(*p))) == NULL)
		return NULL;
	status_prepare(&p->status, c, server, kind);
	p->status.done = ping_done;
	p->done = done;
	p->arg = arg;
	p->timer.fire = ping_late;
	LIST_INSERT_HEAD(&c->pings, p, link);
	late = mono_add_ms(client_now(c), c->conf.server[server].timeout_ms);
	if (timer_set(c->timers, &p->timer, late) < 0 ||
	    status_send(&p->status) < 0) {
		radius_ping_cancel(p);
		return NULL;
	}
	return p;
}

void
status_free(struct radius_client *c)
{
	struct radius_ping *p;

	while ((p = LIST_FIRST(&c->pings)) != NULL)
		radius_ping_cancel(p);
	for (unsigned i = 0; i < c->conf.n_servers; i++)
		for (unsigned k = 0; k < RADIUS_KINDS; k++) {
			timer_cancel(c->timers, &c->watch[i][k].timer);
			channel_give(&c->watch[i][k].status.flight.id);
		}
}

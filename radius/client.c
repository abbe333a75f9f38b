/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The client as a whole: its servers, the ways to them, and what comes in.
 * Requests are request.c's, Status-Server is status.c's, bytes are packet.c's,
 * sockets and identifiers channel.c's; which server lives and which is asked
 * next, life.c and server.c say.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/ssl.h>

#define LOG_MODULE "radius"
#include "common/log.h"
#include "radius/client_int.h"

void
radius_server_conf_init(struct radius_server_conf *s)
{
	*s = (struct radius_server_conf){
		.auth_port = 1812, .acct_port = 1813, .auth = true,
		.acct = true, .timeout_ms = 2000, .tries = 2, .weight = 1,
	};
}

void
radius_conf_init(struct radius_conf *c)
{
	*c = (struct radius_conf){
		.dead_s = 60, .probe_ms = 10000, .probe_answers = 3,
		.auth_ms = 14000, .acct_ms = 60000, .max_requests = 16384,
	};
}

void
radius_conf_wipe(struct radius_conf *c)
{
	for (unsigned i = 0; i < c->n_servers; i++)
		SSL_CTX_free(c->server[i].tls);
	OPENSSL_cleanse(c, sizeof(*c));
}

/*
 * What the channels tell.
 */

/* Of what the port is for; over TLS that of a stranger can not be told. */
static struct server_stats *
inlet_stats(const struct inlet *in)
{
	return &in->client->server[in->server].stats[in->gate];
}

static void
input(void *arg, void *user, const uint8_t *pkt, size_t len)
{
	const struct inlet *in = arg;
	struct flight *f = user;

	if (len < RADIUS_HDR)
		server_bad_reply(&in->client->server[in->server],
		    (enum radius_kind)in->gate, RADIUS_MALFORMED,
		    client_now(in->client));
	else if (f == NULL)
		inlet_stats(in)->dropped++;
	else
		f->input(f, pkt, len);
}

static void
lost(void *arg, void *user)
{
	struct flight *f = user;

	(void)arg;
	f->lost(f);
}

static void
up(void *arg)
{
	const struct inlet *in = arg;
	struct radius_client *c = in->client;
	struct life *l = &c->server[in->server].gate[in->gate].life;

	status_changed(c, in->server, in->gate, life_connected(l,
	    client_now(c)));
	requests_go(c, in->server);
}

static void
down(void *arg, const char *why)
{
	const struct inlet *in = arg;
	struct radius_client *c = in->client;
	struct life *l = &c->server[in->server].gate[in->gate].life;

	if (l->state != LIFE_DEAD)
		log_warnx(c->conf.server[in->server].name, "TLS: %s", why);
	else
		log_debug(c->conf.server[in->server].name, "TLS: %s", why);
	status_changed(c, in->server, in->gate, life_broken(l,
	    client_now(c)));
}

static const struct channel_events client_events = {
	.input = input,
	.lost = lost,
	.up = up,
	.down = down,
};

static int
open_tls(struct radius_client *c, struct event_base *base, unsigned i)
{
	const struct radius_server_conf *sc = &c->conf.server[i];

	SSL_CTX_up_ref(sc->tls);
	c->server[i].gate[0].chan = channel_tls(base, c->timers, c->clock,
	    c->conf.source, sc->address, sc->auth_port, sc->tls,
	    sc->tls_name[0] != '\0' ? sc->tls_name : NULL, &client_events,
	    &c->inlet[i][0]);
	return c->server[i].gate[0].chan != NULL ? 0 : -ENOMEM;
}

static int
open_udp(struct radius_client *c, struct event_base *base, unsigned i)
{
	const struct radius_server_conf *sc = &c->conf.server[i];

	for (unsigned k = 0; k < RADIUS_KINDS; k++) {
		if (!server_serves(&c->server[i], (enum radius_kind)k))
			continue;
		c->server[i].gate[k].chan = channel_udp(base, c->conf.source,
		    sc->address, k == RADIUS_ACCT ? sc->acct_port :
		    sc->auth_port, &client_events, &c->inlet[i][k]);
		if (c->server[i].gate[k].chan == NULL)
			return -ENOMEM;
	}
	return 0;
}

static int
open_server(struct radius_client *c, struct event_base *base, unsigned i)
{
	struct radius_server *s = &c->server[i];

	s->conf = c->conf.server[i];
	s->limit = (struct log_limit){ .rate = 1, .burst = 5 };
	for (unsigned k = 0; k < RADIUS_KINDS; k++)
		c->inlet[i][k] = (struct inlet){ .client = c, .server = i,
		    .gate = k };
	status_init(c, i);
	return s->conf.transport == RADIUS_TLS ? open_tls(c, base, i) :
	    open_udp(c, base, i);
}

struct radius_client *
radius_client_new(struct event_base *base, struct timers *timers,
    const struct clock *clock, const struct radius_dict *dict,
    const struct radius_conf *conf)
{
	struct radius_client *c;
	unsigned i;

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
	LIST_INIT(&c->pings);
	for (i = 0; i < conf->n_servers; i++)
		if (open_server(c, base, i) < 0)
			break;
	if (i == conf->n_servers)
		return c;
	/* Of those behind it no certificates are ours yet. */
	c->conf.n_servers = i + 1;
	radius_client_free(c);
	return NULL;
}

unsigned
radius_client_pending(const struct radius_client *c)
{
	return c->n_requests + !LIST_EMPTY(&c->pings);
}

const struct radius_conf *
radius_client_conf(const struct radius_client *c)
{
	return &c->conf;
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

void
radius_client_free(struct radius_client *c)
{
	struct radius_request *r;

	if (c == NULL)
		return;
	while ((r = LIST_FIRST(&c->requests)) != NULL)
		radius_cancel(r);
	status_free(c);
	for (unsigned i = 0; i < c->conf.n_servers; i++)
		for (unsigned k = 0; k < RADIUS_KINDS; k++)
			channel_free(c->server[i].gate[k].chan);
	radius_conf_wipe(&c->conf);
	OPENSSL_cleanse(c, sizeof(*c));
	free(c);
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

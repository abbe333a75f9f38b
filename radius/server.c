/* SPDX-License-Identifier: BSD-2-Clause */
/* One server's figures, and the choice among several: what server.h
 * promises. */
#include "config.h"

#include <arpa/inet.h>

#define LOG_MODULE "radius"
#include "radius/server.h"

bool
server_serves(const struct radius_server *s, enum radius_kind kind)
{
	return kind == RADIUS_ACCT ? s->conf.acct : s->conf.auth;
}

static unsigned
gate_index(const struct radius_server *s, enum radius_kind kind)
{
	return s->conf.transport == RADIUS_TLS ? 0 : (unsigned)kind;
}

struct radius_gate *
server_gate(struct radius_server *s, enum radius_kind kind)
{
	return &s->gate[gate_index(s, kind)];
}

void
server_rtt(struct radius_server *s, int64_t us)
{
	if (us <= 0)
		us = 1;
	s->rtt_us = s->rtt_us == 0 ? us : s->rtt_us + (us - s->rtt_us) / 8;
}

void
server_bad_reply(struct radius_server *s, enum radius_kind kind,
    enum radius_verdict v, mono_t now)
{
	struct server_stats *st = &s->stats[kind];
	unsigned swallowed;

	switch (v) {
	case RADIUS_MALFORMED:
		st->malformed++;
		break;
	case RADIUS_BAD_VECTOR:
		st->bad_vector++;
		break;
	case RADIUS_BAD_MA:
	case RADIUS_NO_MA:
		st->bad_ma++;
		break;
	case RADIUS_PROXY_STATE:
		st->proxy_state++;
		break;
	case RADIUS_GOOD:
		return;
	}
	if (log_limited(&s->limit, now.ns / 1000000, &swallowed))
		log_warnx(s->conf.name, "reply dropped: %s (%u more before)",
		    radius_verdict_str(v), swallowed);
}

void
server_bad_attr(struct radius_server *s, enum radius_kind kind,
    const char *name, mono_t now)
{
	unsigned swallowed;

	s->stats[kind].bad_attr++;
	if (log_limited(&s->limit, now.ns / 1000000, &swallowed))
		log_warnx(s->conf.name, "reply refused: %s has a wrong length "
		    "(%u more before)", name, swallowed);
}

static bool
is_left(const struct radius_server *s, unsigned i, enum radius_kind kind,
    uint32_t tried)
{
	return !(tried & 1u << i) && server_serves(&s[i], kind);
}

/* Is a better than b, or as good? < 0, 0, > 0 */
static int
compare(struct radius_server *a, struct radius_server *b,
    enum radius_kind kind, mono_t now)
{
	unsigned ra = life_rank(&server_gate(a, kind)->life, now);
	unsigned rb = life_rank(&server_gate(b, kind)->life, now);

	if (ra != rb)
		return ra < rb ? -1 : 1;
	if (a->conf.priority != b->conf.priority)
		return a->conf.priority < b->conf.priority ? -1 : 1;
	return 0;
}

int
server_pick(struct radius_server *s, unsigned n, enum radius_kind kind,
    uint32_t tried, mono_t now, uint32_t rnd)
{
	uint64_t sum = 0, at;
	int best = -1;

	for (unsigned i = 0; i < n; i++) {
		if (!is_left(s, i, kind, tried))
			continue;
		if (best < 0 || compare(&s[i], &s[best], kind, now) < 0)
			best = (int)i;
	}
	if (best < 0)
		return -1;
	for (unsigned i = 0; i < n; i++)
		if (is_left(s, i, kind, tried) &&
		    compare(&s[i], &s[best], kind, now) == 0)
			sum += s[i].conf.weight;
	at = sum * rnd >> 32;
	for (unsigned i = 0; i < n; i++) {
		if (!is_left(s, i, kind, tried) ||
		    compare(&s[i], &s[best], kind, now) != 0)
			continue;
		if (at < s[i].conf.weight) {
			best = (int)i;
			break;
		}
		at -= s[i].conf.weight;
	}
	life_tried(&server_gate(&s[best], kind)->life, now);
	return best;
}

unsigned
server_left(struct radius_server *s, unsigned n, enum radius_kind kind,
    uint32_t tried, mono_t now, bool *alive)
{
	unsigned left = 0;

	*alive = false;
	for (unsigned i = 0; i < n; i++) {
		if (!is_left(s, i, kind, tried))
			continue;
		left++;
		if (life_rank(&server_gate(&s[i], kind)->life, now) == 0)
			*alive = true;
	}
	return left;
}

static const char *
state(const struct radius_server *s, enum radius_kind kind)
{
	if (!server_serves(s, kind))
		return "none";
	return life_state_str(s->gate[gate_index(s, kind)].life.state);
}

static void
add(json_t *o, const char *name, uint64_t v)
{
	json_object_set_new(o, name, json_integer((json_int_t)v));
}

/* What both kinds have; the names are RFC 4668's and RFC 4670's. */
static json_t *
stats_json(const struct server_stats *st)
{
	json_t *o = json_object();

	add(o, "requests", st->requests);
	add(o, "retransmissions", st->retrans);
	add(o, "malformed_responses", st->malformed);
	add(o, "bad_authenticators", st->bad_vector);
	add(o, "bad_message_authenticators", st->bad_ma);
	add(o, "foreign_proxy_states", st->proxy_state);
	add(o, "timeouts", st->timeouts);
	add(o, "unknown_types", st->unknown_type);
	add(o, "packets_dropped", st->dropped);
	add(o, "send_errors", st->send_errors);
	add(o, "status_requests", st->probes);
	add(o, "status_responses", st->probes_answered);
	add(o, "status_timeouts", st->probes_lost);
	return o;
}

static void
add_kinds(json_t *o, const struct radius_server *s)
{
	const struct server_stats *st = &s->stats[RADIUS_AUTH];
	json_t *sub;

	sub = stats_json(st);
	add(sub, "access_accepts", st->accepts);
	add(sub, "access_rejects", st->rejects);
	add(sub, "access_challenges", st->challenges);
	add(sub, "bad_attributes", st->bad_attr);
	json_object_set_new(o, "auth", sub);
	st = &s->stats[RADIUS_ACCT];
	sub = stats_json(st);
	add(sub, "responses", st->responses);
	json_object_set_new(o, "acct", sub);
}

static uint64_t
pending(const struct radius_server *s)
{
	uint64_t n = 0;

	for (unsigned k = 0; k < RADIUS_KINDS; k++)
		if (s->gate[k].chan != NULL)
			n += channel_used(s->gate[k].chan);
	return n;
}

/* What a table shows is of both kinds together. */
static void
add_sums(json_t *o, const struct radius_server *s)
{
	const struct server_stats *a = &s->stats[RADIUS_AUTH];
	const struct server_stats *b = &s->stats[RADIUS_ACCT];

	json_object_set_new(o, "rtt_ms", json_real((double)s->rtt_us / 1000));
	add(o, "sent", a->requests + b->requests);
	add(o, "retrans", a->retrans + b->retrans);
	add(o, "timeouts", a->timeouts + b->timeouts);
	add(o, "accepts", a->accepts);
	add(o, "rejects", a->rejects);
	add(o, "challenges", a->challenges);
	add(o, "acct_responses", b->responses);
	add(o, "malformed", a->malformed + b->malformed);
	add(o, "bad_attribute", a->bad_attr);
	add(o, "bad_authenticator", a->bad_vector + b->bad_vector);
	add(o, "bad_message_authenticator", a->bad_ma + b->bad_ma);
	add(o, "foreign_proxy_state", a->proxy_state);
	add(o, "stray", a->dropped + b->dropped + a->unknown_type +
	    b->unknown_type);
	add(o, "send_errors", a->send_errors + b->send_errors);
	add(o, "in_flight", pending(s));
}

json_t *
server_json(const struct radius_server *s)
{
	enum radius_kind first = s->conf.auth ? RADIUS_AUTH : RADIUS_ACCT;
	bool tls = s->conf.transport == RADIUS_TLS;
	char addr[INET_ADDRSTRLEN];
	json_t *o;

	inet_ntop(AF_INET, &s->conf.address, addr, sizeof(addr));
	o = json_pack("{s:s s:s s:s s:i s:i s:I s:I s:s s:s s:s}",
	    "name", s->conf.name, "address", addr,
	    "transport", tls ? "tls" : "udp",
	    "auth_port", (int)s->conf.auth_port,
	    "acct_port", (int)(tls ? s->conf.auth_port : s->conf.acct_port),
	    "priority", (json_int_t)s->conf.priority,
	    "weight", (json_int_t)s->conf.weight,
	    "state", state(s, first),
	    "auth_state", state(s, RADIUS_AUTH),
	    "acct_state", state(s, RADIUS_ACCT));
	add_sums(o, s);
	add_kinds(o, s);
	return o;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* One server's life and figures: what server.h promises. */
#include "config.h"

#include <arpa/inet.h>

#define LOG_MODULE "radius"
#include "radius/server.h"

void
server_alive(struct radius_server *s, mono_t now, int64_t rtt_us)
{
	if (s->dead)
		log_info(s->conf.name, "answers again");
	s->dead = false;
	s->replied = true;
	s->last_reply = now;
	if (rtt_us < 0)
		return;
	if (rtt_us == 0)
		rtt_us = 1;
	s->rtt_us = s->rtt_us == 0 ? rtt_us :
	    s->rtt_us + (rtt_us - s->rtt_us) / 8;
}

void
server_silent(struct radius_server *s, mono_t since, mono_t now,
    unsigned dead_s)
{
	s->stats.timeouts++;
	if (s->replied && !mono_before(s->last_reply, since))
		return;		/* it drops some requests, no more */
	if (!s->dead)
		log_warnx(s->conf.name, "does not answer; passed over for "
		    "%u s while another does", dead_s);
	s->dead = true;
	s->retry_at = mono_add_ms(now, (int64_t)dead_s * 1000);
}

void
server_bad_reply(struct radius_server *s, enum radius_verdict v, mono_t now)
{
	unsigned swallowed;

	switch (v) {
	case RADIUS_MALFORMED:
		s->stats.malformed++;
		break;
	case RADIUS_BAD_VECTOR:
		s->stats.bad_vector++;
		break;
	case RADIUS_BAD_MA:
	case RADIUS_NO_MA:
		s->stats.bad_ma++;
		break;
	case RADIUS_GOOD:
		return;
	}
	if (log_limited(&s->limit, now.ns / 1000000, &swallowed))
		log_warnx(s->conf.name, "reply dropped: %s (%u more before)",
		    radius_verdict_str(v), swallowed);
}

void
server_wrong_attr(struct radius_server *s, const char *name, mono_t now)
{
	unsigned swallowed;

	s->stats.wrong_attr++;
	if (log_limited(&s->limit, now.ns / 1000000, &swallowed))
		log_warnx(s->conf.name, "reply refused: %s has a wrong length "
		    "(%u more before)", name, swallowed);
}

int
server_pick(struct radius_server *s, unsigned n, uint32_t tried, mono_t now,
    unsigned dead_s)
{
	int first = -1;

	for (unsigned i = 0; i < n; i++) {
		if (tried & 1u << i)
			continue;
		if (!s[i].dead)
			return (int)i;
		if (!mono_before(now, s[i].retry_at)) {
			/* One request finds out, not all of them. */
			s[i].retry_at = mono_add_ms(now,
			    (int64_t)dead_s * 1000);
			return (int)i;
		}
		if (first < 0)
			first = (int)i;
	}
	return first;
}

bool
server_other_alive(const struct radius_server *s, unsigned n, uint32_t tried)
{
	for (unsigned i = 0; i < n; i++)
		if (!(tried & 1u << i) && !s[i].dead)
			return true;
	return false;
}

json_t *
server_json(const struct radius_server *s)
{
	const struct server_stats *st = &s->stats;
	char addr[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &s->conf.address, addr, sizeof(addr));
	return json_pack("{s:s s:s s:i s:i s:s s:f"
	    " s:I s:I s:I s:I s:I s:I s:I s:I s:I s:I s:I s:I s:I s:I}",
	    "name", s->conf.name, "address", addr,
	    "auth_port", (int)s->conf.auth_port,
	    "acct_port", (int)s->conf.acct_port,
	    "state", s->dead ? "dead" : s->replied ? "alive" : "unknown",
	    "rtt_ms", (double)s->rtt_us / 1000,
	    "sent", (json_int_t)st->sent,
	    "retrans", (json_int_t)st->retrans,
	    "timeouts", (json_int_t)st->timeouts,
	    "accepts", (json_int_t)st->accepts,
	    "rejects", (json_int_t)st->rejects,
	    "challenges", (json_int_t)st->challenges,
	    "acct_responses", (json_int_t)st->acct_responses,
	    "malformed", (json_int_t)st->malformed,
	    "bad_attribute", (json_int_t)st->wrong_attr,
	    "bad_authenticator", (json_int_t)st->bad_vector,
	    "bad_message_authenticator", (json_int_t)st->bad_ma,
	    "stray", (json_int_t)st->stray,
	    "send_errors", (json_int_t)st->send_errors,
	    "in_flight", (json_int_t)(channel_used(s->chan[SERVER_AUTH]) +
	    channel_used(s->chan[SERVER_ACCT])));
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accounting of sessions [RFC 2866]: Start when IPv6 is up, interims, Stop
 * with the last counters that could be read. The interface goes with its
 * pppd, so they are read every SESSION_POLL_S seconds and when IPv6 goes down:
 * a Stop after a lost carrier then has figures too.
 */
#define LOG_MODULE "acct"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "nasd/engine.h"
#include "nasd/session.h"

void
session_who(const struct session *s, struct aaa_who *who, char *called,
    size_t len)
{
	snprintf(called, len, "%s:%s", s->device, s->service);
	*who = (struct aaa_who){
		.user = s->user,
		.session_id = s->id,
		.calling = s->calling,
		.called = called,
		.port_id = s->device,
		.nas_port = s->pppoe_sid,
		.ifname = s->ifname,
	};
}

static void
account(struct session *s, enum aaa_acct kind)
{
	struct aaa_who who;
	char called[96];
	struct aaa_usage use = {
		.rx_bytes = s->count.rx_bytes, .tx_bytes = s->count.tx_bytes,
		.rx_packets = s->count.rx_packets,
		.tx_packets = s->count.tx_packets,
		.seconds = (uint32_t)(mono_diff_ms(session_now(s),
		    s->up_since) / 1000),
		.cause = kind == AAA_ACCT_STOP ? (enum aaa_cause)s->cause : 0,
		.has_hoa = true,
		.hoa = s->hoa,
		.plen = s->hoa_unique ? 64 : 128,
		.iid = s->iid,
		.home_agent = s->ha->addr,
		.class = s->grant.class,
		.n_class = s->grant.n_class,
	};

	session_who(s, &who, called, sizeof(called));
	aaa_account(s->engine->aaa, kind, &who, &use, s->subject);
}

static uint32_t
interim_s(const struct session *s)
{
	return s->grant.interim_s > 0 ? s->grant.interim_s :
	    s->engine->cfg->interim_s;
}

static void
set_poll(struct session *s)
{
	mono_t now = session_now(s);
	mono_t at = mono_add_ms(now, SESSION_POLL_S * 1000);

	if (interim_s(s) > 0 && mono_before(s->interim_due, at))
		at = s->interim_due;
	if (timer_set(&s->engine->timers, &s->poll, at) != 0)
		log_errorx(s->subject, "out of memory for a timer");
}

void
session_account_start(struct session *s)
{
	if (s->accounting)
		return;
	s->accounting = true;
	s->idle_since = session_now(s);
	s->interim_due = mono_add_ms(session_now(s),
	    interim_s(s) * INT64_C(1000));
	session_step(s, "acct-start", NULL);
	account(s, AAA_ACCT_START);
	set_poll(s);
}

/* A count goes by number: the session may have gone when it comes. */
struct counting {
	struct engine	*engine;
	uint32_t	 nr;
};

static void
send_stop(struct session *s)
{
	s->accounting = false;
	s->stopping = false;
	session_step(s, "acct-stop", "received %llu, sent %llu bytes",
	    (unsigned long long)s->count.rx_bytes,
	    (unsigned long long)s->count.tx_bytes);
	account(s, AAA_ACCT_STOP);
	session_event(s, SESSION_EV_COUNTED, NULL);
}

/* Nothing came from the peer for Idle-Timeout; as exact as the polling. */
static bool
is_idle(struct session *s, const struct tunnel_counters *c)
{
	mono_t now = session_now(s);

	if (c->rx_packets != s->count.rx_packets)
		s->idle_since = now;
	return s->grant.idle_timeout > 0 &&
	    mono_diff_ms(now, s->idle_since) >=
	    s->grant.idle_timeout * INT64_C(1000);
}

static void
counted(void *arg, int error, const struct tunnel_counters *c)
{
	struct counting cnt = *(struct counting *)arg;
	struct session *s = session_find_nr(&cnt.engine->sessions, cnt.nr);
	bool idle;

	free(arg);
	if (s == NULL)
		return;
	if (s->stopping) {
		if (error == 0)
			s->count = *c;
		send_stop(s);
		return;
	}
	if (error != 0 || !s->accounting)
		return;
	idle = is_idle(s, c);
	s->count = *c;
	if (interim_s(s) > 0 && !mono_before(session_now(s), s->interim_due)) {
		s->interim_due = mono_add_ms(session_now(s),
		    interim_s(s) * INT64_C(1000));
		account(s, AAA_ACCT_INTERIM);
		set_poll(s);
	}
	if (idle)
		session_event(s, SESSION_EV_IDLE_TIMEOUT, NULL);
}

static int
start_count(struct session *s)
{
	struct counting *cnt = malloc(sizeof(*cnt));

	if (cnt == NULL)
		return -1;
	*cnt = (struct counting){ .engine = s->engine, .nr = s->nr };
	if (tunnel_count(s->engine->tunnels, s->ifname, counted, cnt) != 0) {
		free(cnt);
		return -1;
	}
	return 0;
}

void
session_count(struct session *s)
{
	if (s->accounting && !s->stopping)
		(void)start_count(s);	/* the older figures stay */
}

void
session_account_stop(struct session *s)
{
	if (!s->accounting || s->stopping)
		return;
	timer_cancel(&s->engine->timers, &s->poll);
	s->stopping = true;
	if (start_count(s) != 0)
		send_stop(s);
}

void
session_poll_fire(struct timer *t)
{
	struct session *s = container_of(t, struct session, poll);

	session_count(s);
	set_poll(s);
}

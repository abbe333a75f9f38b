/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accounting of sessions [RFC 2866]: Start when IPv6 is up, interims, Stop
 * with the last counters. The interface may be gone by then; priv has heard its
 * last ones from the kernel. They are read every SESSION_POLL_S seconds, for
 * Idle-Timeout, and whenever somebody wants to see them.
 */
#define LOG_MODULE "acct"
#include <errno.h>
#include <stdio.h>

#include "common/log.h"
#include "common/rnd.h"
#include "nasd/access.h"
#include "nasd/acct.h"
#include "nasd/engine.h"
#include "nasd/session.h"
#include "nasd/session_save.h"

void
session_who(const struct session *s, struct aaa_who *who, char *called,
    size_t len)
{
	snprintf(called, len, "%s:%s", s->port_id, s->service);
	*who = (struct aaa_who){
		.user = s->user,
		.session_id = s->id,
		.calling = s->calling,
		.called = called,
		.port_id = s->port_id,
		.vlan_tags = s->vlan_tags,
		.ethernet = s->access->kind == ACCESS_ETHER,
		.nas_port = s->pppoe_sid,
		.circuit = &s->circuit_id,
		.remote = &s->remote_id,
		.ifname = s->ifname,
		.ip4 = s->grant.ip4,
	};
}

static void
account(struct session *s, enum aaa_acct kind)
{
	struct aaa_who who;
	char called[SESSION_CALLED];
	struct aaa_usage use = {
		.rx_bytes = s->count.rx_bytes, .tx_bytes = s->count.tx_bytes,
		.rx_packets = s->count.rx_packets,
		.tx_packets = s->count.tx_packets,
		.seconds = (uint32_t)(mono_diff_ms(session_now(s),
		    s->up_since) / 1000),
		.cause = kind == AAA_ACCT_STOP ? (enum aaa_cause)s->cause : 0,
		.has_hoa = !IN6_IS_ADDR_UNSPECIFIED(&s->hoa),
		.hoa = s->hoa,
		.plen = session_plen(s),
		.iid = s->iid,
		.home_agent = s->ha != NULL ? s->ha->addr : s->old_ha,
		.class = s->grant.class,
		.n_class = s->grant.n_class,
	};

	session_who(s, &who, called, sizeof(called));
	aaa_account(s->engine->aaa, kind, &who, &use);
	s->note_due = mono_add_ms(session_now(s),
	    s->engine->cfg->acct.note_s * INT64_C(1000));
}

static uint32_t
interim_s(const struct session *s)
{
	return s->grant.interim_s > 0 ? s->grant.interim_s :
	    s->engine->cfg->interim_s;
}

/* Up to a tenth later than asked for, never sooner: a MUST NOT of RFC 2869 2.1.
 * What came up together does not go on reporting together. */
static void
next_interim(struct session *s)
{
	int64_t ms = interim_s(s) * INT64_C(1000);
	uint16_t rnd = 0;

	(void)rnd_bytes(&rnd, sizeof(rnd));
	s->interim_due = mono_add_ms(session_now(s), ms + ms * rnd / 655360);
}

/* When the peer will have said nothing for Idle-Timeout. */
static mono_t
idle_due(const struct session *s)
{
	if (s->grant.idle_timeout == 0)
		return MONO_NEVER;
	return mono_add_ms(s->idle_since,
	    s->grant.idle_timeout * INT64_C(1000));
}

static void
set_poll(struct session *s)
{
	mono_t at = mono_add_ms(session_now(s), SESSION_POLL_S * 1000);

	if (interim_s(s) > 0 && mono_before(s->interim_due, at))
		at = s->interim_due;
	if (mono_before(idle_due(s), at))
		at = idle_due(s);
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
	next_interim(s);
	session_step(s, "acct-start", NULL);
	session_save(s);	/* before: a Stop too many does no harm */
	account(s, AAA_ACCT_START);
	set_poll(s);
}

void
session_account_resume(struct session *s)
{
	if (s->accounting)
		set_poll(s);
}

static void
send_stop(struct session *s)
{
	s->accounting = false;
	s->stopping = false;
	session_step(s, "acct-stop", "received %llu, sent %llu bytes",
	    (unsigned long long)s->count.rx_bytes,
	    (unsigned long long)s->count.tx_bytes);
	account(s, AAA_ACCT_STOP);
	session_save(s);
	session_event(s, SESSION_EV_COUNTED, NULL);
}

static bool
note_is_due(const struct session *s)
{
	return s->engine->cfg->acct.note_s > 0 &&
	    !mono_before(session_now(s), s->note_due) &&
	    acct_has_room(s->engine->acct);
}

/* One that has fewer is another interface. */
static uint64_t
since(uint64_t now, uint64_t before)
{
	return now < before ? now : now - before;
}

static struct tunnel_counters
own_count(const struct session *s, const struct tunnel_counters *c)
{
	const struct tunnel_counters *b = &s->before;
	struct tunnel_counters own = *c;

	own.rx_bytes = since(c->rx_bytes, b->rx_bytes);
	own.tx_bytes = since(c->tx_bytes, b->tx_bytes);
	own.rx_packets = since(c->rx_packets, b->rx_packets);
	own.tx_packets = since(c->tx_packets, b->tx_packets);
	own.rx_dropped = since(c->rx_dropped, b->rx_dropped);
	return own;
}

/* A reading that was asked for earlier may come later: counters never go
 * back. */
static void
take_count(struct session *s, const struct tunnel_counters *all)
{
	const struct tunnel_counters own = own_count(s, all), *c = &own;

	if (c->rx_packets < s->count.rx_packets ||
	    c->tx_packets < s->count.tx_packets)
		return;
	s->count = *c;
	session_save_count(s);
}

/* Solicitations, reports and what is dropped keep no session alive. A reading
 * may have less than there was, but never more; interfaces that have begun
 * anew count from there. */
static void
take_carried(struct session *s, const struct tunnel_counters *c)
{
	if (c->rx_carried > s->carried)
		s->idle_since = session_now(s);
	if (c->rx_carried > s->carried || c->rx_packets < s->carried)
		s->carried = c->rx_carried;
}

/* After a reading, or a failed one: the interim, if due, has the figures there
 * are. The next reading is set here only, so none is asked for before the last
 * one has come. */
static void
counted_in_life(struct session *s)
{
	if (interim_s(s) > 0 && !mono_before(session_now(s), s->interim_due)) {
		next_interim(s);
		account(s, AAA_ACCT_INTERIM);
	} else if (note_is_due(s))
		account(s, AAA_ACCT_NOTE);
	if (mono_before(session_now(s), idle_due(s)))
		set_poll(s);
	else
		session_event(s, SESSION_EV_IDLE_TIMEOUT, NULL);
}

/* By number: the session may have gone when it comes. */
void
session_counted(void *arg, uint32_t nr, int error,
    const struct tunnel_counters *c)
{
	struct engine *e = arg;
	struct session *s = session_find_nr(&e->sessions, nr);

	if (s == NULL)
		return;
	if (error == 0) {
		take_count(s, c);
		take_carried(s, c);
	}
	if (s->stopping)
		send_stop(s);
	else if (s->accounting)
		counted_in_life(s);
}

static int
start_count(struct session *s)
{
	if (s->access->count != NULL)
		return s->access->count(s);
	if (s->tunnel == NULL)
		return -ENOENT;
	return tunnel_count(s->tunnel, session_counted, s->engine, s->nr);
}

static bool
take_one(struct table_node *n, void *arg)
{
	struct session *s = container_of(n, struct session, by_nr);
	const struct tunnel_counters *c;

	(void)arg;
	if (s->tunnel != NULL && (c = tunnel_counters(s->tunnel)) != NULL)
		take_count(s, c);
	return true;
}

void
sessions_counted(struct sessions *ss)
{
	table_each(&ss->by_nr, take_one, NULL);
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
session_account_lost(struct session *s)
{
	if (s->accounting)
		account(s, AAA_ACCT_STOP);
	s->accounting = false;
}

void
session_poll_fire(struct timer *t)
{
	struct session *s = container_of(t, struct session, poll);

	if (start_count(s) != 0)
		counted_in_life(s);
}

void
session_account_retime(struct session *s, bool interim)
{
	if (!s->accounting || s->stopping)
		return;
	if (interim)
		s->interim_due = mono_add_ms(session_now(s),
		    interim_s(s) * INT64_C(1000));
	/* Not while a reading is out: its end sets the next one. */
	if (timer_is_set(&s->poll))
		set_poll(s);
}

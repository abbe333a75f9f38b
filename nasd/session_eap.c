/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A session whose peer authenticates by EAP: the relay (eap_relay.c) between
 * the plugin's link, a timer and RADIUS (aaa_eap.c). What comes out of it is
 * an event like PAP's and CHAP's; session_fsm knows no difference. Between two
 * conversations a session keeps little: the relay is freed when one has ended.
 */
#define LOG_MODULE "session"
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/rnd.h"
#include "nasd/eap_relay.h"
#include "nasd/engine.h"
#include "nasd/pppd_link.h"
#include "nasd/session.h"
#include "nasd/session_in.h"

struct session_eap {
	struct session		*s;
	struct eap_relay	 relay;
	struct timer		 timer;		/* the relay's */
	struct timer		 limit;		/* of it all */
	struct aaa_server	 server;	/* of the newest challenge */
	bool			 decided;	/* by the server; the peer has
						 * yet to hear of it */
	bool			 has_word;	/* in relay.out */
};

static void	act(struct session *, unsigned what, const uint8_t *pkt,
    size_t len);
static aaa_eap_done answered;

static void
on_timer(struct timer *t)
{
	struct session_eap *e = container_of(t, struct session_eap, timer);

	act(e->s, eap_relay_timer(&e->relay), NULL, 0);
}

/* A peer that is slow, or keeps the server busy: that is not to authenticate.
 * Before the session is up, its state has a limit of its own. */
static void
on_limit(struct timer *t)
{
	struct session_eap *e = container_of(t, struct session_eap, limit);
	struct session *s = e->s;

	if (s->aaa_req == NULL) {
		session_event(s, SESSION_EV_AUTH_ENDED, "EAP takes too long");
		return;
	}
	aaa_cancel(s->aaa_req);
	answered(s, AAA_NO_REPLY, NULL, NULL, "EAP takes too long");
}

static void
on_reauth(struct timer *t)
{
	session_event(container_of(t, struct session, eap_again),
	    SESSION_EV_AUTH_ASKED, NULL);
}

static int64_t
reauth_ms(const struct session *s)
{
	return s->engine->cfg->pppd.rechallenge_s * INT64_C(1000);
}

/* It has passed and will have to again. */
static void
arm_reauth(struct session *s, int64_t ms)
{
	s->eap_again.fire = on_reauth;
	if (ms > 0 && timer_set(&s->engine->timers, &s->eap_again,
	    mono_add_ms(session_now(s), ms)) != 0)
		log_errorx(s->subject, "out of memory for a timer");
}

/* An earlier nasd's, which would have asked it at a time that nobody knows any
 * more; and not all of them at the same time now. */
static void
passed_before(struct session *s)
{
	uint16_t rnd = 0;

	(void)rnd_bytes(&rnd, sizeof(rnd));
	arm_reauth(s, reauth_ms(s) * (rnd + INT64_C(1)) / 65536);
}

static void
say(struct session *s)
{
	if (s->link != NULL)
		pppd_link_eap(s->link, s->eap->relay.out,
		    s->eap->relay.out_len);
}

void
session_eap_passed(struct session *s)
{
	if (s->eap == NULL || !s->eap->decided)
		return;
	s->eap->decided = false;
	if (s->eap->has_word)
		say(s);
	session_eap_stop(s);
	arm_reauth(s, reauth_ms(s));
}

/* What the server says last is passed on when it is known what we say. */
static void
refused(struct session *s)
{
	struct session_eap *e = s->eap;

	e->decided = false;
	if (!e->has_word)
		return;
	eap_relay_refuse(&e->relay);
	say(s);
}

void
session_eap_stop(struct session *s)
{
	struct session_eap *e = s->eap;

	if (e == NULL)
		return;
	if (e->decided)
		refused(s);
	s->eap = NULL;
	if (e->relay.discarded > 0 || e->relay.repeated > 0)
		log_debug(s->subject, "EAP: %u packets of the peer's "
		    "discarded, %u of ours repeated",
		    (unsigned)e->relay.discarded,
		    (unsigned)e->relay.repeated);
	s->eap_id = e->relay.id;
	timer_cancel(&s->engine->timers, &e->timer);
	timer_cancel(&s->engine->timers, &e->limit);
	free(e);
}

static void
answered(void *arg, enum aaa_verdict verdict, const struct aaa_grant *grant,
    const struct aaa_eap_reply *reply, const char *text)
{
	static const enum eap_server_says says[] = {
		[AAA_ACCEPT] = EAP_ACCEPTED, [AAA_REJECT] = EAP_REJECTED,
		[AAA_CHALLENGE] = EAP_CHALLENGE,
	};
	struct session *s = arg;
	struct session_eap *e = s->eap;
	struct eap_server_reply q;
	unsigned what;

	s->aaa_req = NULL;
	if (verdict == AAA_NO_REPLY) {
		session_eap_stop(s);
		arm_reauth(s, reauth_ms(s));
		session_in_aaa(s, verdict, grant, text);
		return;
	}
	q = (struct eap_server_reply){ .says = says[verdict],
		.packet = reply->packet, .len = reply->len,
		.state = reply->state, .state_len = reply->state_len,
		.session_timeout = reply->session_timeout };
	what = eap_relay_server(&e->relay, &q);
	e->server = reply->server;
	if (e->relay.why != NULL)
		log_warnx(s->subject, "EAP: %s", e->relay.why);
	if (verdict == AAA_CHALLENGE) {
		act(s, what, NULL, 0);
		return;
	}
	/* The session may yet refuse whom the server has accepted. */
	timer_cancel(&s->engine->timers, &e->timer);
	e->decided = true;
	e->has_word = (what & EAP_DO_SEND) != 0;
	session_in_aaa(s, verdict, grant, text);
}

static void
ask(struct session *s, const uint8_t *pkt, size_t len)
{
	const struct eap_relay *r = &s->eap->relay;
	struct aaa_eap q = {
		.packet = pkt, .len = len, .state = r->state_attr,
		.state_len = r->state_len, .mtu = s->eap_mtu,
	};
	struct aaa_who who;
	char called[SESSION_CALLED];

	if (r->state_len > 0)
		q.server = s->eap->server;
	if (r->rounds == 0) {
		if (!s->granted)
			session_set_user(s, r->identity);
		session_step(s, "auth-request", "%s", r->identity);
	}
	session_who(s, &who, called, sizeof(called));
	who.user = r->identity;
	s->aaa_req = aaa_eap(s->engine->aaa, &who, &q, s->subject, answered,
	    s);
	if (s->aaa_req == NULL)
		answered(s, AAA_NO_REPLY, NULL, NULL, q.server.set ?
		    "its server can not be asked any more" :
		    "request could not be sent");
}

/* The verdict itself is told by answered(). */
static void
act(struct session *s, unsigned what, const uint8_t *pkt, size_t len)
{
	struct session_eap *e = s->eap;

	if (what & EAP_DO_SEND)
		say(s);
	timer_cancel(&s->engine->timers, &e->timer);
	if (what & EAP_DO_TIMER && timer_set(&s->engine->timers, &e->timer,
	    mono_add_ms(session_now(s), e->relay.wait_ms)) != 0)
		log_errorx(s->subject, "out of memory for a timer");
	if (what & EAP_DO_ASK)
		ask(s, pkt, len);
	if (what & EAP_DO_GIVE_UP)
		session_event(s, SESSION_EV_AUTH_ENDED, e->relay.why);
}

void
session_eap_input(struct session *s, const struct plug_eap *eap)
{
	size_t len = eap->len;
	unsigned what;

	if (len == 0) {		/* agreed on: we may begin */
		s->eap_mtu = eap->mtu;
		s->auth_by = "eap";
		session_step(s, "eap", "packets of up to %u bytes%s",
		    (unsigned)eap->mtu, eap->passed ? ", has passed" : "");
		if (eap->passed && s->granted) {
			passed_before(s);
			return;
		}
		session_event(s, SESSION_EV_AUTH_ASKED, NULL);
		return;
	}
	if (s->eap == NULL)
		return;
	what = eap_relay_peer(&s->eap->relay, eap->packet, &len);
	/* What is discarded leaves the timer as it is. */
	if (what != 0)
		act(s, what, eap->packet, len);
}

void
session_eap_begin(struct session *s)
{
	struct session_eap *e = calloc(1, sizeof(*e));
	uint8_t id;

	session_eap_stop(s);
	if (e == NULL) {
		session_event(s, SESSION_EV_AAA_SILENT, "out of memory");
		return;
	}
	s->eap = e;
	e->s = s;
	e->timer.fire = on_timer;
	e->limit.fire = on_limit;
	if (s->state != SESSION_AUTHENTICATING &&
	    timer_set(&s->engine->timers, &e->limit,
	    mono_add_ms(session_now(s),
	    session_state_limit(SESSION_AUTHENTICATING))) != 0)
		log_errorx(s->subject, "out of memory for a timer");
	/* Each conversation goes on with the identifiers of the last. */
	if (s->eap_id < 0 && rnd_bytes(&id, sizeof(id)) == 0)
		s->eap_id = id;
	eap_relay_init(&e->relay, (uint8_t)s->eap_id);
	act(s, eap_relay_start(&e->relay, s->eap_mtu), NULL, 0);
}

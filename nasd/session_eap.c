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
	int			 server;	/* of the newest challenge */
};

static void	act(struct session *, unsigned what, const uint8_t *pkt,
    size_t len);

static void
on_timer(struct timer *t)
{
	struct session_eap *e = container_of(t, struct session_eap, timer);

	act(e->s, eap_relay_timer(&e->relay), NULL, 0);
}

static void
on_reauth(struct timer *t)
{
	session_event(container_of(t, struct session, eap_again),
	    SESSION_EV_AUTH_ASKED, NULL);
}

/* It has passed and will have to again. */
static void
arm_reauth(struct session *s)
{
	uint32_t seconds = s->engine->cfg->pppd.rechallenge_s;

	s->eap_again.fire = on_reauth;
	if (seconds > 0 && timer_set(&s->engine->timers, &s->eap_again,
	    mono_add_ms(session_now(s), seconds * INT64_C(1000))) != 0)
		log_errorx(s->subject, "out of memory for a timer");
}

void
session_eap_stop(struct session *s)
{
	struct session_eap *e = s->eap;

	if (e == NULL)
		return;
	s->eap = NULL;
	if (e->relay.discarded > 0 || e->relay.repeated > 0)
		log_debug(s->subject, "EAP: %u packets of the peer's "
		    "discarded, %u of ours repeated",
		    (unsigned)e->relay.discarded,
		    (unsigned)e->relay.repeated);
	s->eap_id = e->relay.id;
	timer_cancel(&s->engine->timers, &e->timer);
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
	if (verdict != AAA_NO_REPLY) {
		q = (struct eap_server_reply){ .says = says[verdict],
			.packet = reply->packet, .len = reply->len,
			.state = reply->state, .state_len = reply->state_len,
			.session_timeout = reply->session_timeout };
		what = eap_relay_server(&e->relay, &q);
		e->server = reply->server;
		if (e->relay.why != NULL)
			log_warnx(s->subject, "EAP: %s", e->relay.why);
		act(s, what, NULL, 0);
		if (verdict == AAA_CHALLENGE)
			return;
	}
	session_eap_stop(s);
	if (verdict != AAA_REJECT)
		arm_reauth(s);
	session_in_aaa(s, verdict, grant, text);
}

static void
ask(struct session *s, const uint8_t *pkt, size_t len)
{
	const struct eap_relay *r = &s->eap->relay;
	struct aaa_eap q = {
		.packet = pkt, .len = len, .state = r->state_attr,
		.state_len = r->state_len, .mtu = s->eap_mtu,
		.server = r->state_len > 0 ? s->eap->server : -1,
	};
	struct aaa_who who;
	char called[SESSION_CALLED];

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
		answered(s, AAA_NO_REPLY, NULL, NULL,
		    "request could not be sent");
}

/* The verdict itself is told by answered(). */
static void
act(struct session *s, unsigned what, const uint8_t *pkt, size_t len)
{
	struct session_eap *e = s->eap;

	if (what & EAP_DO_SEND && s->link != NULL)
		pppd_link_eap(s->link, e->relay.out, e->relay.out_len);
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
		session_step(s, "eap", "packets of up to %u bytes",
		    (unsigned)eap->mtu);
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
	e->server = -1;
	e->timer.fire = on_timer;
	/* Each conversation goes on with the identifiers of the last. */
	if (s->eap_id < 0 && rnd_bytes(&id, sizeof(id)) == 0)
		s->eap_id = id;
	eap_relay_init(&e->relay, (uint8_t)s->eap_id);
	act(s, eap_relay_start(&e->relay, s->eap_mtu), NULL, 0);
}

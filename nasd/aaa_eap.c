/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * EAP's rounds as Access-Requests and what comes back [RFC 3579]: EAP-Message
 * is one packet in pieces of 253 bytes, State ties the rounds together and
 * means something only to the server that gave it. Which packets are sent is
 * eap_relay.c's; that a reply with EAP-Message has a Message-Authenticator is
 * seen to in radius/packet.c.
 */
#include "config.h"

#include <string.h>

#define LOG_MODULE "aaa"
#include "common/log.h"
#include "nasd/aaa_int.h"
#include "radius/client.h"

#define PIECE	253

static void
add_eap(struct radius_attrs *as, const struct aaa_eap *e)
{
	size_t at, n;

	for (at = 0; at < e->len; at += n) {
		n = e->len - at < PIECE ? e->len - at : PIECE;
		radius_add_data(as, PW_EAP_MESSAGE, 0, e->packet + at, n);
	}
	if (e->state_len > 0)
		radius_add_data(as, PW_STATE, 0, e->state, e->state_len);
	radius_add_u32(as, PW_FRAMED_MTU, e->mtu);
}

/* The pieces of a reply's EAP-Message, in their order. */
static size_t
join(const struct radius_attrs *as, uint8_t buf[RADIUS_MAX])
{
	const VALUE_PAIR *vp = radius_find(as, PW_EAP_MESSAGE, 0);
	const uint8_t *v;
	size_t n = 0, len;

	for (; vp != NULL; vp = radius_find_next(vp)) {
		v = radius_value(vp, &len);
		if (v == NULL || len > RADIUS_MAX - n)
			break;
		memcpy(buf + n, v, len);
		n += len;
	}
	return n;
}

static void
read_reply(struct aaa_eap_reply *e, const struct radius_attrs *as,
    uint8_t buf[RADIUS_MAX])
{
	const VALUE_PAIR *vp = radius_find(as, PW_STATE, 0);

	memset(e, 0, sizeof(*e));
	e->packet = buf;
	e->len = join(as, buf);
	if (vp != NULL)
		e->state = radius_value(vp, &e->state_len);
}

/* The configuration may have become another one since it was asked. */
static void
note_server(struct aaa_server *v, const struct aaa_request *r,
    const struct radius_attrs *reply)
{
	const struct radius_server_conf *sc = &radius_client_conf(
	    r->client)->server[radius_reply_server(reply)];

	*v = (struct aaa_server){ .set = true,
		.tls = sc->transport == RADIUS_TLS, .address = sc->address,
		.port = sc->auth_port };
}

/* -1: it is gone. */
static int
find_server(const struct aaa *a, const struct aaa_server *v)
{
	const struct radius_conf *rc = radius_client_conf(a->client);
	unsigned i;

	for (i = 0; i < rc->n_servers; i++) {
		const struct radius_server_conf *sc = &rc->server[i];

		if ((sc->transport == RADIUS_TLS) == v->tls && sc->auth &&
		    sc->address.s_addr == v->address.s_addr &&
		    sc->auth_port == v->port)
			return (int)i;
	}
	return -1;
}

/* An Access-Accept for somebody whom we can not take is a rejection, and the
 * peer must not read of success in it. */
static enum aaa_verdict
accept_or_not(struct aaa_request *r, const struct radius_attrs *as,
    struct aaa_grant *g, struct aaa_eap_reply *e)
{
	char why[96];
	const char *bad = aaa_read_accept(r, as, g, why, sizeof(why));

	if (bad == NULL) {
		r->aaa->accepts++;
		return AAA_ACCEPT;
	}
	log_warnx(r->subject, "%s: taken for a rejection", bad);
	r->aaa->rejects++;
	aaa_read_reply(g, as, AAA_DENIED);
	e->len = 0;
	return AAA_REJECT;
}

static void
answered(void *arg, enum radius_result result,
    const struct radius_attrs *reply)
{
	struct aaa_request *r = arg;
	struct aaa_class class[AAA_CLASSES];
	struct aaa_grant g = { .mode = AAA_MODE_UNSET, .class = class };
	enum aaa_verdict verdict = AAA_NO_REPLY;
	aaa_eap_done *done = r->eap_done;
	void *done_arg = r->arg;
	struct aaa_eap_reply e;
	uint8_t buf[RADIUS_MAX];

	if (result != RADIUS_SILENT) {
		read_reply(&e, reply, buf);
		note_server(&e.server, r, reply);
	}
	switch (result) {
	case RADIUS_SILENT:
		r->aaa->silent++;
		break;
	case RADIUS_CHALLENGED:
		r->aaa->challenges++;
		verdict = AAA_CHALLENGE;
		radius_get_u32(reply, PW_SESSION_TIMEOUT, &e.session_timeout);
		break;
	case RADIUS_ACCEPTED:
		verdict = accept_or_not(r, reply, &g, &e);
		break;
	case RADIUS_REJECTED:
		r->aaa->rejects++;
		verdict = AAA_REJECT;
		aaa_read_reply(&g, reply, NULL);
		break;
	}
	aaa_request_free(r);
	done(done_arg, verdict, &g, verdict == AAA_NO_REPLY ? NULL : &e,
	    verdict == AAA_NO_REPLY ? AAA_SILENCE : g.reply);
	aaa_grant_wipe(&g);
}

struct aaa_request *
aaa_eap(struct aaa *a, const struct aaa_who *who, const struct aaa_eap *e,
    const char *subject, aaa_eap_done *done, void *arg)
{
	const int server = e->server.set ? find_server(a, &e->server) : -1;
	struct aaa_request *r;
	struct radius_attrs as;

	if (e->server.set && server < 0) {
		log_warnx(subject, "EAP: the RADIUS server that has asked the "
		    "peer is no longer configured");
		return NULL;
	}
	r = aaa_request_new(a, subject, arg);
	if (r == NULL)
		return NULL;
	aaa_copy_str(r->user, sizeof(r->user), who->user);
	r->eap_done = done;
	radius_attrs_init(&as, radius_client_dict(a->client));
	aaa_add_who(&as, a, who);
	add_eap(&as, e);
	r->req = radius_send_to(a->client, server, RADIUS_ACCESS_REQUEST,
	    &as, answered, r);
	if (r->req == NULL) {
		aaa_request_free(r);
		return NULL;
	}
	return r;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PAP [RFC 1334], CHAP with MD5 [RFC 1994] and MS-CHAPv2 [RFC 2759], checked
 * by nasd; EAP is peer_eap.c's. The peer's request or response is kept until
 * nasd has answered, then given to pppd's own code, whose hook finds the
 * verdict here. Nothing in pppd waits.
 *
 * A peer that repeats itself meanwhile (every 3 s) changes the packet that
 * will be answered, not the question to nasd.
 */
#include "common/wire.h"
#include "pppd-plugin/compat.h"
#include "pppd-plugin/plugin.h"

#define PAP_REQUEST		1
#define CHAP_CODE_CHALLENGE	1
#define CHAP_CODE_RESPONSE	2
#define MD5_LEN			16
#define MSCHAPV2_LEN		49	/* RFC 2759 4 */

static void	(*pap_input)(int, unsigned char *, int);
static void	(*chap_input)(int, unsigned char *, int);
static void	(*next_snoop)(unsigned char *, int);

/* A counted string of the peer's as a C string. */
static bool
get_name(struct wire_r *r, size_t len, char name[PLUG_NAME])
{
	if (len >= PLUG_NAME)
		return false;
	wire_r_copy(r, name, len);
	name[len] = '\0';
	return !r->err && strlen(name) == len;
}

/* The body of a control packet; an erring reader if that is not whole. */
static struct wire_r
open_body(const uint8_t *pkt, int len, uint8_t *code, uint8_t *id)
{
	struct wire_r	r;
	uint16_t	length;

	wire_r_init(&r, pkt, len < 0 ? 0 : (size_t)len);
	*code = wire_r_u8(&r);
	*id = wire_r_u8(&r);
	length = wire_r_u16(&r);
	return wire_r_sub(&r, length < 4 ? SIZE_MAX : (size_t)length - 4);
}

static bool
read_pap(struct wire_r *r, struct plug_auth *a)
{
	a->kind = PLUG_AUTH_PAP;
	if (!get_name(r, wire_r_u8(r), a->user))
		return false;
	a->secret_len = wire_r_u8(r);
	wire_r_copy(r, a->secret, a->secret_len);
	return !r->err;
}

static bool
read_chap(struct wire_r *r, const struct peer_auth *s, struct plug_auth *a)
{
	/* An expression without parentheses around it. */
	int	digest = CHAP_DIGEST(lcp_gotoptions[0].chap_mdtype);
	size_t	len = MD5_LEN;

	a->kind = PLUG_AUTH_CHAP_MD5;
	if (digest == CHAP_MICROSOFT_V2) {
		a->kind = PLUG_AUTH_MSCHAPV2;
		len = MSCHAPV2_LEN;
	}
	a->chap_id = s->challenge_id;
	a->challenge_len = s->challenge_len;
	memcpy(a->challenge, s->challenge, s->challenge_len);
	a->response_len = wire_r_u8(r);
	if (a->response_len != len)
		return false;
	wire_r_copy(r, a->response, len);
	return !r->err && get_name(r, wire_r_left(r), a->user);
}

static bool
read_held(const struct peer_auth *s, struct plug_auth *a)
{
	uint8_t		code, id;
	struct wire_r	r = open_body(s->held.pkt, s->held.len, &code, &id);

	return s->proto == PPP_PAP ? read_pap(&r, a) : read_chap(&r, s, a);
}

/* Hands the packet to pppd; its hook takes the verdict. */
static void
give_back(struct plugin *p, enum auth_verdict verdict, const char *text)
{
	struct peer_auth	*s = &p->auth;
	struct held_packet	h = s->held;

	held_packet_drop(&s->held);
	if (text[0] == '\0')
		text = verdict == AUTH_ACCEPT ? "Access granted" :
		    "Access denied";
	snprintf(s->text, sizeof(s->text), "%s", text);
	s->verdict = verdict;
	if (s->proto == PPP_PAP)
		pap_input(0, h.pkt, h.len);
	else
		chap_input(0, h.pkt, h.len);
	s->verdict = AUTH_NONE;
	explicit_bzero(&h, sizeof(h));
}

void
peer_auth_ask(struct plugin *p)
{
	struct peer_auth	*s = &p->auth;
	struct plug_msg		m = { .type = PLUG_AUTH };

	if (!s->held.held)
		return;
	if (!read_held(s, &m.auth)) {
		give_back(p, AUTH_REJECT, "malformed");
		return;
	}
	m.txn = s->held.txn = plugin_txn(p);
	plugin_send(p, &m);
	explicit_bzero(&m, sizeof(m));
}

static void
hold(struct plugin *p, uint16_t proto, const uint8_t *pkt, int len)
{
	struct peer_auth	*s = &p->auth;

	if (!held_packet_put(&s->held, pkt, len))
		return;
	s->proto = proto;
	s->held.held = true;
	s->held.since = plugin_now();
	s->held.deadline = s->held.since + p->hold_s * INT64_C(1000);
	peer_auth_ask(p);
	plugin_wake(p);
}

/* The same packet again but for its id: that one will be answered. Another
 * one waits its turn, which is the peer's next repetition. */
static void
repeat(struct peer_auth *s, const uint8_t *pkt, int len)
{
	if (len == s->held.len && len >= 4 &&
	    memcmp(pkt + 2, s->held.pkt + 2, (size_t)len - 2) == 0)
		s->held.pkt[1] = pkt[1];
}

static void
on_pap(int unit, unsigned char *pkt, int len)
{
	struct plugin	*p = plugin_self();
	uint8_t		code, id;
	struct wire_r	r = open_body(pkt, len, &code, &id);

	if (r.err || code != PAP_REQUEST ||
	    upap[0].us_serverstate != UPAPSS_LISTEN) {
		pap_input(unit, pkt, len);
		return;
	}
	if (p->auth.held.held)
		repeat(&p->auth, pkt, len);
	else
		hold(p, PPP_PAP, pkt, len);
}

static void
on_chap(int unit, unsigned char *pkt, int len)
{
	struct plugin	*p = plugin_self();
	uint8_t		code, id;
	struct wire_r	r = open_body(pkt, len, &code, &id);

	if (r.err || code != CHAP_CODE_RESPONSE || !p->auth.challenged ||
	    id != p->auth.challenge_id) {
		chap_input(unit, pkt, len);
		return;
	}
	if (!p->auth.held.held)
		hold(p, PPP_CHAP, pkt, len);
}

/* Our own challenge as it leaves: pppd shows it nowhere else in time. */
static void
on_snoop_send(unsigned char *pkt, int len)
{
	struct peer_auth	*s = &plugin_self()->auth;
	uint8_t			code, id, n;
	struct wire_r		r;

	if (next_snoop != NULL)
		next_snoop(pkt, len);
	if (len < PPP_HDRLEN || PPP_PROTOCOL(pkt) != PPP_CHAP)
		return;
	r = open_body(pkt + PPP_HDRLEN, len - PPP_HDRLEN, &code, &id);
	n = wire_r_u8(&r);
	if (r.err || code != CHAP_CODE_CHALLENGE || n > PLUG_CHALLENGE)
		return;
	s->challenged = true;
	s->challenge_id = id;
	s->challenge_len = n;
	wire_r_copy(&r, s->challenge, n);
}

bool
peer_auth_grant(struct plugin *p, const struct plug_auth_result *q)
{
	uint8_t	send_key[NM_MPPE_KEY], recv_key[NM_MPPE_KEY];
	bool	keys = false;

	if (q->must_encrypt && !nm_mppe_required()) {
		nm_error("refused: encryption is asked for, and pppd is not "
		    "told to require MPPE");
		plugin_reason(p, "encryption is asked for, there is none");
		return false;
	}
	if (q->session_timeout != 0)
		nm_max_connect(q->session_timeout);
	/* Of EAP's longer ones the first half [RFC 3079 4]. */
	if (q->key_len >= NM_MPPE_KEY) {
		memcpy(send_key, q->send_key, sizeof(send_key));
		memcpy(recv_key, q->recv_key, sizeof(recv_key));
		keys = nm_mppe_keys(send_key, recv_key);
		explicit_bzero(send_key, sizeof(send_key));
		explicit_bzero(recv_key, sizeof(recv_key));
	}
	if (keys)
		nm_debug("MPPE keys set");
	return true;
}

void
peer_auth_result(struct plugin *p, uint32_t txn,
    const struct plug_auth_result *q)
{
	struct peer_auth	*s = &p->auth;

	if (!s->held.held || txn != s->held.txn)
		return;
	if (q->accept && !peer_auth_grant(p, q)) {
		give_back(p, AUTH_REJECT, "");
		return;
	}
	if (!q->accept)
		plugin_reason(p, "authentication failed");
	give_back(p, q->accept ? AUTH_ACCEPT : AUTH_REJECT, q->text);
}

void
peer_auth_expire(struct plugin *p, int64_t now)
{
	struct peer_auth	*s = &p->auth;

	if (!s->held.held || now < s->held.deadline)
		return;
	/* Of one that has passed and is asked again our outage is the end as
	 * little as RADIUS's [D97]; when LCP begins anew it has not passed. */
	if (p->authed && s->proto == PPP_CHAP) {
		give_back(p, AUTH_ACCEPT, "");
		return;
	}
	nm_error("authentication refused: no answer from nasd in %d s",
	    p->hold_s);
	plugin_reason(p, "no answer from nasd to the authentication");
	give_back(p, AUTH_REJECT, "Try again later");
}

static int
on_pap_auth(char *name, char *password, char **msg, struct wordlist **addrs,
    struct wordlist **opts)
{
	struct peer_auth	*s = &plugin_self()->auth;

	(void)name;
	(void)password;
	(void)addrs;
	(void)opts;
	/* pppd reads it after we return, and before the next packet. */
	*msg = s->text;
	return s->verdict == AUTH_ACCEPT;
}

static int
on_chap_verify(char *name, char *ourname, int id,
    struct chap_digest_type *digest, unsigned char *challenge,
    unsigned char *response, char *message, int space)
{
	struct peer_auth	*s = &plugin_self()->auth;

	(void)name;
	(void)ourname;
	(void)id;
	(void)digest;
	(void)challenge;
	(void)response;
	if (space > 0)
		snprintf(message, (size_t)space, "%s", s->text);
	/* The challenge is used up; a repeated response is pppd's to answer
	 * as before. */
	s->challenged = false;
	return s->verdict == AUTH_ACCEPT;
}

static int
can_check(void)
{
	return 1;
}

/* IPv4, where it is enabled: the peer gets the address that pppd was given
 * for it, and no other; without one pppd's own rules stand. */
static int
on_allowed_address(uint32_t addr)
{
	const struct plugin	*p = plugin_self();
	uint32_t		 his = ipcp_wantoptions[0].hisaddr;

	if (p->v4.governed)
		return ipcp_gate_allows(p, addr);
	return his != 0 && addr == his ? 1 : -1;
}

void
peer_auth_reset(struct plugin *p)
{
	explicit_bzero(&p->auth, sizeof(p->auth));
}

void
peer_auth_init(struct plugin *p)
{
	peer_auth_reset(p);
	pap_check_hook = can_check;
	chap_check_hook = can_check;
	pap_auth_hook = on_pap_auth;
	chap_verify_hook = on_chap_verify;
	allowed_address_hook = on_allowed_address;
	next_snoop = snoop_send_hook;
	snoop_send_hook = on_snoop_send;
	pap_input = pap_protent.input;
	pap_protent.input = on_pap;
	chap_input = chap_protent.input;
	chap_protent.input = on_chap;
}

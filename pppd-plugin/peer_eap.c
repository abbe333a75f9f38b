/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * EAP [RFC 3748], of which nasd is the authenticator: it relays to a RADIUS
 * server [RFC 3579]. pppd has an authenticator of its own and no hook for
 * another; so that one is kept from starting, by not being told that the link
 * is up. The peer's Responses go to nasd as they are, nasd's packets go to the
 * peer, its verdict to pppd. No packet is looked into but for its first byte:
 * what is not a Response belongs to the role that is pppd's, in which it
 * authenticates itself.
 */
#include "common/wire.h"
#include "pppd-plugin/compat.h"
#include "pppd-plugin/plugin.h"

#define EAP_CODE_RESPONSE	2
#define EAP_HEADER		4
#define CREDIT			8	/* a Request has one Response, which may
					 * come twice */

static void	(*eap_input)(int, unsigned char *, int);
static void	(*eap_lowerup)(int);
static void	(*eap_lowerdown)(int);
static void	(*eap_protrej)(int);

/* The ball is in nasd's court. */
static void
await(struct plugin *p)
{
	p->eap.waiting = true;
	p->eap.since = plugin_now();
	plugin_wake(p);
}

/* The longest packet that the peer takes. */
static uint16_t
peer_mtu(void)
{
	const lcp_options	*his = &lcp_hisoptions[0];
	int			 mtu = his->neg_mru ? his->mru : PPP_MRU;

	if (mtu > lcp_allowoptions[0].mru)
		mtu = lcp_allowoptions[0].mru;
	return (uint16_t)(mtu > PLUG_EAP_MAX ? PLUG_EAP_MAX : mtu);
}

void
peer_eap_ask(struct plugin *p)
{
	struct plug_msg	m = { .type = PLUG_EAP };

	if (!p->eap.active)
		return;
	p->eap.credit = 0;
	m.txn = p->eap.txn = plugin_txn(p);
	m.eap.mtu = peer_mtu();
	/* A nasd that came back can not know that it may ask the peer again. */
	m.eap.passed = p->eap.passed;
	plugin_send(p, &m);
	if (!m.eap.passed)
		await(p);
}

void
peer_eap_lost(struct plugin *p)
{
	if (p->eap.active && !p->eap.passed && p->eap.deadline == 0)
		p->eap.deadline = plugin_now() + p->hold_s * INT64_C(1000);
}

static void
on_lowerup(int unit)
{
	struct plugin	*p = plugin_self();

	if (!p->begun || !lcp_gotoptions[0].neg_eap) {
		eap_lowerup(unit);
		return;
	}
	peer_eap_reset(p);
	p->eap.active = true;
	peer_eap_lost(p);	/* until nasd has said something */
	peer_eap_ask(p);
}

static void
on_lowerdown(int unit)
{
	peer_eap_reset(plugin_self());
	eap_lowerdown(unit);
}

static void
fail(struct plugin *p, const char *why, const char *text)
{
	p->eap.active = false;
	plugin_reason(p, why);
	/* pppd's own words would be in the Terminate-Request otherwise. */
	snprintf(p->farewell, sizeof(p->farewell), "%s", text[0] != '\0' ?
	    text : "Authentication failed");
	lcp_close(0, p->farewell);
	auth_peer_fail(0, PPP_EAP);
}

static void
on_protrej(int unit)
{
	struct plugin	*p = plugin_self();

	if (p->eap.active)
		fail(p, "peer does not speak EAP", "");
	eap_protrej(unit);
}

static void
on_input(int unit, unsigned char *pkt, int len)
{
	struct plugin	*p = plugin_self();
	struct plug_msg	 m = { .type = PLUG_EAP, .txn = p->eap.txn };

	if (!p->eap.active || len < EAP_HEADER ||
	    pkt[0] != EAP_CODE_RESPONSE) {
		eap_input(unit, pkt, len);
		return;
	}
	if (m.txn == 0 || len > PLUG_EAP_MAX || p->eap.credit == 0)
		return;
	p->eap.credit--;
	m.eap.len = (uint16_t)len;
	memcpy(m.eap.packet, pkt, (size_t)len);
	plugin_send(p, &m);
	await(p);
}

void
peer_eap_packet(struct plugin *p, uint32_t txn, const struct plug_eap *q)
{
	struct peer_eap	*e = &p->eap;
	uint8_t		 buf[PPP_HDRLEN + PLUG_EAP_MAX];
	struct wire_w	 w;

	if (!e->active || txn != e->txn || txn == 0)
		return;
	e->waiting = false;
	e->deadline = 0;
	e->credit = CREDIT;
	wire_w_init(&w, buf, sizeof(buf));
	wire_w_u8(&w, PPP_ALLSTATIONS);
	wire_w_u8(&w, PPP_UI);
	wire_w_u16(&w, PPP_EAP);
	wire_w_copy(&w, q->packet, q->len);
	if (!w.err && q->len >= EAP_HEADER)
		output(0, buf, (int)w.len);
}

static void
pass(struct plugin *p, const struct plug_auth_result *q)
{
	struct peer_eap	*e = &p->eap;

	if (!peer_auth_grant(p, q)) {
		fail(p, p->reason, p->reason);
		return;
	}
	if (e->passed)		/* once more: nothing changes */
		return;
	e->passed = true;
	snprintf(e->user, sizeof(e->user), "%s", q->user);
	auth_peer_success(0, PPP_EAP, 0, e->user, (int)strlen(e->user));
}

bool
peer_eap_result(struct plugin *p, uint32_t txn,
    const struct plug_auth_result *q)
{
	struct peer_eap	*e = &p->eap;

	if (!e->active || txn != e->txn || txn == 0)
		return false;
	e->waiting = false;
	e->deadline = 0;
	if (q->accept)
		pass(p, q);
	else
		fail(p, "authentication failed", q->text);
	return true;
}

void
peer_eap_expire(struct plugin *p, int64_t now)
{
	struct peer_eap	*e = &p->eap;

	/* nasd may have dropped what it was sent; pppd need not look for an
	 * answer all the time then. */
	if (e->waiting && now - e->since > p->hold_s * INT64_C(1000))
		e->waiting = false;
	if (!e->active || e->deadline == 0 || now < e->deadline)
		return;
	nm_error("authentication refused: no answer from nasd in %d s",
	    p->hold_s);
	fail(p, "no answer from nasd to the authentication",
	    "Try again later");
}

void
peer_eap_reset(struct plugin *p)
{
	memset(&p->eap, 0, sizeof(p->eap));
}

void
peer_eap_init(struct plugin *p)
{
	peer_eap_reset(p);
	eap_input = eap_protent.input;
	eap_protent.input = on_input;
	eap_lowerup = eap_protent.lowerup;
	eap_protent.lowerup = on_lowerup;
	eap_lowerdown = eap_protent.lowerdown;
	eap_protent.lowerdown = on_lowerdown;
	eap_protrej = eap_protent.protrej;
	eap_protent.protrej = on_protrej;
}

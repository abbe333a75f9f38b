/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The held Configure-Request: draft-navali 3.1.1 steps 2, 4 and 6 to 9. The
 * peer's request waits here until nasd knows the identifier; pppd's own
 * request is already out. Then the newest one kept is given to pppd's own
 * ipv6cp_reqci, which by four fields of its options Naks a differing
 * identifier and Acks an equal one. hold_policy.c decides, this file does.
 */
#include "pppd-plugin/compat.h"
#include "pppd-plugin/plugin.h"

#define CODE_CONF_REQ	1
#define CODE_CONF_NAK	3
#define CODE_CONF_REJ	4
#define IID_OPT_AT	4		/* the first option of a packet */

static void	(*ipv6cp_input)(int, unsigned char *, int);

static eui64_t
to_eui64(struct iid iid)
{
	eui64_t	e;

	memcpy(e.e8, iid.b, sizeof(e.e8));
	return e;
}

static struct iid
from_eui64(eui64_t e)
{
	struct iid	iid;

	memcpy(iid.b, e.e8, sizeof(iid.b));
	return iid;
}

static struct iid
our_iid(void)
{
	return from_eui64(ipv6cp_gotoptions[0].ourid);
}

static void
set_our_iid(struct iid iid)
{
	ipv6cp_wantoptions[0].ourid = to_eui64(iid);
	ipv6cp_wantoptions[0].opt_local = 1;
	ipv6cp_gotoptions[0].ourid = to_eui64(iid);
}

/* Configure-Requests are exchanged now. */
static bool
negotiating(void)
{
	int	state = ipv6cp_fsm[0].state;

	return state == STOPPED || state == REQSENT || state == ACKRCVD ||
	    state == ACKSENT;
}

/* A new Configure-Request of ours goes out: with another identifier
 * [PROTOCOLS D17], or because the negotiation had stopped. */
static void
restart_ours(void)
{
	ipv6cp_protent.lowerdown(0);
	ipv6cp_protent.lowerup(0);
}

static void
renumber(struct iid taken)
{
	struct iid	iid;

	do
		iid = iid_random();
	while (iid_equal(iid, taken));
	set_our_iid(iid);
	restart_ours();
}

/* Gives a Configure-Request to pppd to be answered by the identifier
 * assigned. The fields are those that its reqci compares with. */
static void
answer(struct plugin *p, const struct conf_req *q, unsigned char *pkt, int len)
{
	ipv6cp_options	*want = &ipv6cp_wantoptions[0];

	want->hisid = to_eui64(p->v6.policy.assigned);
	want->opt_remote = 1;
	want->accept_remote = 0;
	/* 2.4.9 Naks an identifier only while this is zero. */
	memset(&ipv6cp_gotoptions[0].hisid, 0,
	    sizeof(ipv6cp_gotoptions[0].hisid));
	if (!q->has_iid)
		want->req_ifaceid = 1;
	/* After five Naks pppd would Reject the option, the peer would ask
	 * without it and be Acked. The limits are ours. */
	ipv6cp_fsm[0].nakloops = 0;
	ipv6cp_input(0, pkt, len);
}

void
ipv6cp_hold_close(struct plugin *p, const char *why)
{
	struct plug_msg	m = { .type = PLUG_DOWN };

	held_packet_drop(&p->v6.held);
	plugin_reason(p, why);
	/* From up, pppd's notifier tells nasd. */
	if (!p->v6.up) {
		snprintf(m.reason.text, sizeof(m.reason.text), "%s", why);
		plugin_send(p, &m);
	}
	ipv6cp_protent.close(0, p->reason);
}

static void
refuse(struct plugin *p, const char *why)
{
	nm_warn("IPv6CP refused: %s", why);
	ipv6cp_hold_close(p, why);
}

void
ipv6cp_hold_ask(struct plugin *p)
{
	struct ipv6cp_hold	*s = &p->v6;
	struct plug_msg		m = { .type = PLUG_IID_REQ };

	if (!s->held.held)
		return;
	m.txn = s->held.txn = plugin_txn(p);
	m.iid_req.conf_id = s->req.id;
	m.iid_req.has_iid = s->req.has_iid;
	m.iid_req.iid = s->req.iid;
	m.iid_req.local = our_iid();
	m.iid_req.insists = s->insists;
	plugin_send(p, &m);
}

static void
keep(struct plugin *p, const struct conf_req *q, const unsigned char *pkt,
    int len)
{
	if (held_packet_put(&p->v6.held, pkt, len))
		p->v6.req = *q;
}

static void
hold(struct plugin *p, const struct conf_req *q, const unsigned char *pkt,
    int len, bool insists)
{
	struct ipv6cp_hold	*s = &p->v6;

	keep(p, q, pkt, len);
	s->insists = insists;
	s->held.held = true;
	s->held.since = plugin_now();
	s->held.deadline = s->held.since + p->hold_s * INT64_C(1000);
	/* The peer began again after pppd had given up: pppd would send its
	 * own request only with the answer. */
	if (ipv6cp_fsm[0].state == STOPPED)
		restart_ours();
	ipv6cp_hold_ask(p);
	plugin_wake(p);
}

static void
carry_out(struct plugin *p, enum hold_verdict verdict,
    const struct conf_req *q, unsigned char *pkt, int len)
{
	switch (verdict) {
	case HOLD_PASS:
		ipv6cp_input(0, pkt, len);
		return;
	case HOLD_ASK:
		hold(p, q, pkt, len, false);
		return;
	case HOLD_INSIST:
		hold(p, q, pkt, len, true);
		return;
	case HOLD_KEEP:
		keep(p, q, pkt, len);
		return;
	case HOLD_ANSWER:
		answer(p, q, pkt, len);
		return;
	case HOLD_REFUSE:
		refuse(p, p->v6.policy.refusal);
		return;
	}
}

static void
on_request(struct plugin *p, unsigned char *pkt, int len)
{
	struct conf_req	q;

	if (len > HELD_MAX)	/* longer than any MRU of ours */
		return;
	if (!conf_req_parse(&q, pkt, (size_t)len)) {
		ipv6cp_input(0, pkt, len);
		return;
	}
	/* The peer wants the identifier that we have: the link needs two. */
	if (q.has_iid && !q.foreign && iid_equal(q.iid, our_iid()))
		renumber(q.iid);
	carry_out(p, hold_policy_request(&p->v6.policy, &q), &q, pkt, len);
}

/* The peer Naks our identifier. pppd would ask for the same again, and after
 * five times drop the option: take what the peer suggests, if the link can
 * use it, else another of our own [RFC 5072 4.1]. */
static void
on_nak(struct plugin *p, const unsigned char *pkt, int len)
{
	struct iid	iid;

	if (pkt[1] != ipv6cp_fsm[0].reqid || ipv6cp_fsm[0].seen_ack ||
	    len < IID_OPT_AT + 10 || pkt[IID_OPT_AT] != 1 ||
	    pkt[IID_OPT_AT + 1] != 10)
		return;
	memcpy(iid.b, pkt + IID_OPT_AT + 2, sizeof(iid.b));
	if (iid_is_reserved(iid) || iid_equal(iid, our_iid()) ||
	    iid_equal(iid, p->v6.req.iid) ||
	    (p->v6.policy.has_assigned &&
	    iid_equal(iid, p->v6.policy.assigned)))
		iid = iid_random();
	set_our_iid(iid);
}

static void
on_ipv6cp(int unit, unsigned char *pkt, int len)
{
	struct plugin	*p = plugin_self();
	uint8_t		code = len >= 4 ? pkt[0] : 0;

	(void)unit;
	if (!p->begun || code < CODE_CONF_REQ || code > CODE_CONF_REJ) {
		ipv6cp_input(0, pkt, len);
		return;
	}
	if (ipv6cp_fsm[0].state == OPENED) {
		/* A new request takes pppd down, and it answers at once by
		 * the identifier that the peer has. */
		struct conf_req	q;

		if (p->v6.policy.has_assigned &&
		    conf_req_parse(&q, pkt, (size_t)len))
			answer(p, &q, pkt, len);
		else
			ipv6cp_input(0, pkt, len);
		return;
	}
	if (!negotiating()) {
		ipv6cp_input(0, pkt, len);
		return;
	}
	if (!hold_policy_count(&p->v6.policy)) {
		refuse(p, p->v6.policy.refusal);
		return;
	}
	if (code == CODE_CONF_REQ) {
		on_request(p, pkt, len);
		return;
	}
	if (code == CODE_CONF_NAK)
		on_nak(p, pkt, len);
	ipv6cp_input(0, pkt, len);
}

void
ipv6cp_hold_assign(struct plugin *p, uint32_t txn, struct iid iid)
{
	struct ipv6cp_hold	*s = &p->v6;
	struct held_packet	h;
	struct conf_req		q = s->req;

	if (!s->held.held || txn != s->held.txn)
		return;
	h = s->held;
	held_packet_drop(&s->held);
	if (!negotiating())
		return;
	if (iid_is_zero(iid)) {
		refuse(p, "nasd assigned no identifier");
		return;
	}
	if (iid_equal(iid, our_iid()))
		renumber(iid);
	nm_debug("identifier assigned after %d ms",
	    (int)(plugin_now() - h.since));
	carry_out(p, hold_policy_assigned(&s->policy, iid, &q), &q, h.pkt,
	    h.len);
	ipcp_gate_open(p);
}

void
ipv6cp_hold_refused(struct plugin *p, uint32_t txn, const char *why)
{
	if (!p->v6.held.held || txn != p->v6.held.txn)
		return;
	refuse(p, why[0] != '\0' ? why : "nasd refused");
}

void
ipv6cp_hold_expire(struct plugin *p, int64_t now)
{
	if (!p->v6.held.held || now < p->v6.held.deadline)
		return;
	nm_error("no answer from nasd in %d s to the peer's IPv6CP request",
	    p->hold_s);
	refuse(p, "no answer from nasd");
}

/* Not from inside the notifier: pppd has not finished coming up. */
static void
close_mismatch(void *arg)
{
	(void)arg;
	refuse(plugin_self(), "IPv6CP came up with another identifier");
}

static void
on_up(void *arg, int unused)
{
	struct plugin	*p = plugin_self();
	struct plug_msg	m = { .type = PLUG_UP };
	struct iid	remote = from_eui64(ipv6cp_hisoptions[0].hisid);

	(void)arg;
	(void)unused;
	if (!p->begun)
		return;
	if (!p->v6.policy.has_assigned ||
	    !iid_equal(remote, p->v6.policy.assigned)) {
		nm_timeout(close_mismatch, 0, 0);
		return;
	}
	p->v6.up = true;
	p->v6.local = our_iid();
	p->v6.remote = remote;
	hold_policy_opened(&p->v6.policy);
	m.up.local = p->v6.local;
	m.up.remote = p->v6.remote;
	snprintf(m.up.ifname, sizeof(m.up.ifname), "%s", nm_ifname());
	plugin_send(p, &m);
}

static void
on_down(void *arg, int unused)
{
	struct plugin	*p = plugin_self();
	struct plug_msg	m = { .type = PLUG_DOWN };

	(void)arg;
	(void)unused;
	/* 2.5 says down without having said up. */
	if (!p->v6.up)
		return;
	p->v6.up = false;
	snprintf(m.reason.text, sizeof(m.reason.text), "%s",
	    p->reason[0] != '\0' ? p->reason : "IPv6CP went down");
	plugin_send(p, &m);
}

void
ipv6cp_hold_reset(struct plugin *p)
{
	nm_untimeout(close_mismatch);
	explicit_bzero(&p->v6, sizeof(p->v6));
}

void
ipv6cp_hold_init(struct plugin *p)
{
	memset(&p->v6, 0, sizeof(p->v6));
	ipv6cp_protent.enabled_flag = 1;	/* unless noipv6 follows */
	if (!ipv6cp_wantoptions[0].opt_local)
		set_our_iid(iid_random());
	ipv6cp_input = ipv6cp_protent.input;
	ipv6cp_protent.input = on_ipv6cp;
	nm_on_ipv6_up(on_up);
	nm_on_ipv6_down(on_down);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answers of the DHCPv6 server [RFC 8415 18.3.9, 18.3.10, 19.3, 21]; see
 * dhcp6_server.h. Each is made anew from what is known now: none is kept.
 */
#include <string.h>

#include "common/wire.h"
#include "nasd/dhcp6_server_int.h"

#define LOG_MODULE "dhcp6"
#include "common/log.h"

/* Eight IAs with a status each, both identifiers of full length, and relays. */
#define ANSWER_MAX	2048

/* Seconds. */
struct lifetimes {
	uint32_t	preferred, valid, t1, t2;
};

void
dhcp6_out_begin(struct dhcp6_answer *a, enum dhcp6_type type,
    const struct dhcp6_msg *to, const struct in6_addr *src)
{
	memset(a, 0, sizeof(*a));
	a->type = type;
	a->to = to;
	a->src = src;
}

void
dhcp6_out_status(struct dhcp6_answer *a, unsigned i, enum dhcp6_status status)
{
	a->ia[i].verdict = DHCP6_IA_STATUS;
	a->ia[i].status = status;
}

void
dhcp6_out_nothing(struct dhcp6_link *l, struct dhcp6_answer *a,
    const struct dhcp6_ia *but, enum dhcp6_ia_verdict verdict)
{
	const struct dhcp6_msg *m = a->to;
	bool known = l->state == DHCP6_S_IDLE ||
	    dhcp6_duid_equal(&l->lease.client, &m->client);

	for (unsigned i = 0; i < m->n_ia; i++) {
		if (&m->ia[i] == but) {
			a->ia[i].verdict = verdict;
		} else if (m->ia[i].code == DHCP6_OPT_IA_PD) {
			dhcp6_link_count(l, DHCP6_C_REFUSED_IA_PD);
			dhcp6_out_status(a, i, DHCP6_NO_PREFIX_AVAIL);
		} else {
			dhcp6_link_count(l, !known ? DHCP6_C_REFUSED_CLIENT :
			    m->ia[i].code == DHCP6_OPT_IA_TA ?
			    DHCP6_C_REFUSED_IA_TA : DHCP6_C_REFUSED_IA);
			dhcp6_out_status(a, i, DHCP6_NO_ADDRS_AVAIL);
		}
	}
}

static uint32_t
at_most(uint32_t seconds, int64_t left_ms)
{
	int64_t left = left_ms > 0 ? left_ms / 1000 : 0;

	return left < seconds ? (uint32_t)left : seconds;
}

/*
 * D27. Of an address that can not be prolonged T1 and T2 are the valid
 * lifetime, by which the client knows that to ask is useless [18.3.4].
 */
static struct lifetimes
lifetimes(const struct dhcp6_link *l)
{
	struct lifetimes t = { l->conf.preferred, l->conf.valid, 0, 0 };
	int64_t left = mono_diff_ms(l->limit, dhcp6_link_now(l));

	if (l->limit.ns != MONO_NEVER.ns && at_most(t.valid, left) < t.valid) {
		t.preferred = at_most(t.preferred, left);
		t.valid = t.t1 = t.t2 = at_most(t.valid, left);
		return t;
	}
	if (t.preferred == DHCP6_INFINITY) {
		t.t1 = t.t2 = DHCP6_INFINITY;
		return t;
	}
	t.t1 = t.preferred / 2;
	t.t2 = (uint32_t)((uint64_t)t.preferred * 4 / 5);
	return t;
}

mono_t
dhcp6_out_expiry(const struct dhcp6_link *l)
{
	uint32_t valid = lifetimes(l).valid;

	return valid == DHCP6_INFINITY ? MONO_NEVER :
	    mono_add_ms(dhcp6_link_now(l), (int64_t)valid * 1000);
}

static const char *
status_text(enum dhcp6_status status)
{
	switch (status) {
	case DHCP6_SUCCESS:
		return "";
	case DHCP6_NO_ADDRS_AVAIL:
		return "one address for one client, no more";
	case DHCP6_NO_BINDING:
		return "not known here";
	case DHCP6_NOT_ON_LINK:
		return "no address of this link";
	case DHCP6_USE_MULTICAST:
		return "to ff02::1:2, please";
	case DHCP6_NO_PREFIX_AVAIL:
		return "no prefixes are delegated";
	default:
		return "failed";
	}
}

static void
put_status(struct wire_w *w, enum dhcp6_status status)
{
	dhcp6_put_status(w, status, status_text(status));
}

/* Addresses that it must not have any more [18.3.4]. */
static void
put_stale(struct wire_w *w, const struct dhcp6_link *l,
    const struct dhcp6_ia *ia)
{
	for (unsigned i = 0; i < ia->n_addrs && i < DHCP6_IA_ADDRS; i++)
		if (!IN6_ARE_ADDR_EQUAL(&ia->addr[i], &l->lease.addr))
			dhcp6_put_addr(w, &ia->addr[i], 0, 0);
}

static void
put_leased_ia(struct wire_w *w, const struct dhcp6_link *l,
    const struct dhcp6_answer *a, unsigned i)
{
	const struct dhcp6_ia *ia = &a->to->ia[i];
	struct lifetimes t = lifetimes(l);
	size_t mark = dhcp6_begin_ia(w, ia->code, ia->iaid, t.t1, t.t2);

	dhcp6_put_addr(w, a->ia[i].verdict == DHCP6_IA_HINT ? &l->conf.hint :
	    &l->lease.addr, t.preferred, t.valid);
	if (a->to->type == DHCP6_RENEW || a->to->type == DHCP6_REBIND)
		put_stale(w, l, ia);
	dhcp6_end(w, mark);
}

static void
put_ia(struct wire_w *w, const struct dhcp6_link *l,
    const struct dhcp6_answer *a, unsigned i)
{
	const struct dhcp6_ia *ia = &a->to->ia[i];
	size_t mark;

	switch (a->ia[i].verdict) {
	case DHCP6_IA_LEFT_OUT:
		return;
	case DHCP6_IA_LEASE:
	case DHCP6_IA_HINT:
		put_leased_ia(w, l, a, i);
		return;
	case DHCP6_IA_REFUSED:
	case DHCP6_IA_STATUS:
		break;
	}
	mark = dhcp6_begin_ia(w, ia->code, ia->iaid, 0, 0);
	if (a->ia[i].verdict == DHCP6_IA_REFUSED)
		dhcp6_put_status(w, DHCP6_NO_ADDRS_AVAIL, l->refused_text);
	else
		put_status(w, a->ia[i].status);
	dhcp6_end(w, mark);
}

static void
put_options(struct wire_w *w, const struct dhcp6_link *l,
    const struct dhcp6_answer *a)
{
	const struct dhcp6_msg *to = a->to;

	if (a->type == DHCP6_ADVERTISE && l->conf.preference != 0)
		dhcp6_put_u8(w, DHCP6_OPT_PREFERENCE, l->conf.preference);
	if (l->conf.n_dns > 0 && (to->wants_dns || !to->has_oro))
		dhcp6_put_dns(w, l->conf.dns, l->conf.n_dns);
	if (l->conf.sol_max_rt != 0 && to->wants_sol_max_rt)
		dhcp6_put_u32(w, DHCP6_OPT_SOL_MAX_RT, l->conf.sol_max_rt);
}

static void
put_answer(struct wire_w *w, const struct dhcp6_link *l,
    const struct dhcp6_answer *a)
{
	size_t mark[DHCP6_RELAYS];

	dhcp6_put_relays(w, a->to, mark);
	dhcp6_put_head(w, a->type, a->to->xid);
	if (a->to->client.len > 0)
		dhcp6_put_duid(w, DHCP6_OPT_CLIENTID, &a->to->client);
	dhcp6_put_duid(w, DHCP6_OPT_SERVERID, &l->core->duid);
	if (a->has_status)
		put_status(w, a->status);
	if (a->rapid)
		dhcp6_put_empty(w, DHCP6_OPT_RAPID_COMMIT);
	for (unsigned i = 0; i < a->to->n_ia; i++)
		put_ia(w, l, a, i);
	if (a->options)
		put_options(w, l, a);
	dhcp6_end_relays(w, a->to, mark);
}

void
dhcp6_out_send(struct dhcp6_link *l, const struct dhcp6_answer *a)
{
	struct dhcp6_core *core = l->core;
	uint16_t port = a->to->n_relays > 0 ? DHCP6_PORT_SERVER :
	    DHCP6_PORT_CLIENT;
	uint8_t buf[ANSWER_MAX];
	struct wire_w w;
	int err;

	wire_w_init(&w, buf, sizeof(buf));
	put_answer(&w, l, a);
	if (w.err) {
		log_errorx(l->subject, "an answer does not fit");
		dhcp6_link_count(l, DHCP6_C_SEND_FAILED);
		return;
	}
	err = core->send(core->arg, l->ifindex, a->src, port, buf, w.len);
	if (err != 0) {
		dhcp6_link_count(l, DHCP6_C_SEND_FAILED);
		log_debug(l->subject, "%s not sent: %s",
		    dhcp6_type_text((uint8_t)a->type), strerror(-err));
		return;
	}
	dhcp6_link_count(l, a->type == DHCP6_ADVERTISE ?
	    DHCP6_C_SENT_ADVERTISE : DHCP6_C_SENT_REPLY);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* See fad/relay.h. What both ways need, and what comes in. */
#include "config.h"
#define LOG_MODULE "relay"
#include "fad/relay_int.h"

#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>

#include "common/ip4.h"
#include "common/violations.h"
#include "common/wire.h"
#include "fad/fad_config.h"

#define ICMP_NET_UNREACH	0
#define ICMP_HOST_UNREACH	1
#define ICMP_PORT_UNREACH	3

/* Denials a second: RFC 3344's one of a mobile node; of a station, which may
 * have many behind it; and in all, as stations can be invented [D236]. */
#define DENIALS_NODE	1
#define DENIALS_STATION	100
#define DENIALS_ALL	500

int
relay_init(struct relay *r)
{
	int err;

	r->visitors->expired = relay_expired;
	r->visitors->timed_out = relay_timed_out;
	r->visitors->arg = r;
	r->log = (struct log_limit){ .rate = 5, .burst = 20 };
	r->denied_all = (struct rate_limit){ .rate = DENIALS_ALL };
	err = rate_sketch_init(&r->denied_node);
	return err ? err : rate_sketch_init(&r->denied_station);
}

bool
relay_may_log(struct relay *r)
{
	unsigned swallowed;

	if (!log_limited(&r->log, mono_diff_ms(clock_mono(r->clock),
	    (mono_t){ 0 }), &swallowed))
		return false;
	if (swallowed > 0)
		log_info(NULL, "%u more lines like the next were left out",
		    swallowed);
	return true;
}

void
relay_drop(struct relay *r, enum fad_drop why, struct in_addr from)
{
	r->stats.drop[why]++;
	violations_note(r->violations, from, false, fad_drop_str(why),
	    VIOLATION_SILENT);
}

const char *
relay_subject(const struct asked *a, char buf[RELAY_SUBJECT])
{
	if (a->nai_len > 0)
		return log_str(buf, RELAY_SUBJECT, a->nai, a->nai_len);
	return inet_ntop(AF_INET, &a->home, buf, RELAY_SUBJECT);
}

bool
relay_is_own(const struct relay *r, struct in_addr addr)
{
	size_t i;

	if (addr.s_addr == r->conf->care_of.s_addr)
		return true;
	for (i = 0; i < r->conf->n_links; i++)
		if (addr.s_addr == r->conf->links[i].address.s_addr)
			return true;
	for (i = 0; i < r->n_own; i++)
		if (addr.s_addr == r->own[i].s_addr)
			return true;
	return false;
}

bool
relay_is_host(const struct relay *r, struct in_addr addr)
{
	return ip4_is_host(addr) && !relay_is_own(r, addr);
}

const struct mip4_sa *
relay_mn_sa(const struct relay *r, const struct asked *a, uint32_t spi)
{
	const struct mobile_node *m = known_mobile_node(r->known, a->nai,
	    a->nai_len, a->home);

	return m ? known_sa(m->sas, m->n_sas, spi) : NULL;
}

const struct mip4_auth_ext *
relay_auth(const struct mip4_exts *e, uint8_t type, unsigned *count)
{
	const struct mip4_auth_ext *first = NULL;
	unsigned i;

	*count = 0;
	for (i = 0; i < e->n_auth && i < MIP4_MAX_AUTHS; i++) {
		if (e->auth[i].type != type)
			continue;
		if ((*count)++ == 0)
			first = &e->auth[i];
	}
	return first;
}

size_t
relay_auth_end(const struct mip4_auth_ext *a)
{
	return a->off + 2 + 4 + a->len;
}

/* Our codecs know more than RFC 3344's agents, who must drop these [D138]. */
bool
relay_is_strange(const struct mip4_exts *e, const struct mip4_ext_types *t)
{
	return (e->n_hoa_req > 0 && !e->hoa_req_skip) ||
	    (e->off_ipv6_address != 0 && t->ipv6_address < 128) ||
	    e->off_pmip_auth != 0;
}

/* A mobile node as it names itself, at its station, or another's word would be
 * enough to leave it without an answer. */
struct who {
	size_t	len, station_len;
	uint8_t	b[sizeof(unsigned) + 6 + MIP4_NAI_MAX];
};

static void
tell_apart(const struct asked *a, struct who *w)
{
	struct wire_w out;

	wire_w_init(&out, w->b, sizeof(w->b));
	wire_w_copy(&out, &a->node.link, sizeof(a->node.link));
	wire_w_copy(&out, a->node.lladdr, sizeof(a->node.lladdr));
	w->station_len = out.len;
	if (a->nai_len > 0)
		wire_w_copy(&out, a->nai, a->nai_len);
	else
		wire_w_copy(&out, &a->home, sizeof(a->home));
	w->len = out.len;
}

/* RFC 3344 3.7.2. What one limit refuses takes nothing from the others, but two
 * may share a place in a sketch, and then one may wait for the other. */
static bool
may_deny(struct relay *r, const struct asked *a)
{
	mono_t now = clock_mono(r->clock);
	struct who w;

	tell_apart(a, &w);
	if (!rate_sketch_has(&r->denied_node, w.b, w.len, DENIALS_NODE, now) ||
	    !rate_sketch_has(&r->denied_station, w.b, w.station_len,
	    DENIALS_STATION, now) || !rate_limit_allows(&r->denied_all, now))
		return false;
	rate_sketch_take(&r->denied_node, w.b, w.len, DENIALS_NODE, now);
	rate_sketch_take(&r->denied_station, w.b, w.station_len,
	    DENIALS_STATION, now);
	return true;
}

void
relay_to_node(struct relay *r, const struct node *n, struct in_addr home,
    const uint8_t *data, size_t len)
{
	const struct in_addr all = { INADDR_BROADCAST };

	r->to_node(r->arg, n, home.s_addr != INADDR_ANY ? home : all, data,
	    len);
}

static size_t
write_denial(const struct denial *d, uint8_t *buf, size_t cap)
{
	const struct asked *a = d->asked;
	struct wire_w w;

	wire_w_init(&w, buf, cap);
	mip4_put_rrp(&w, &(struct mip4_rrp){ d->code, d->lifetime, a->home,
	    a->ha, a->id });
	if (a->nai_len > 0)
		mip4_put_nai(&w, a->nai, a->nai_len);
	if (d->mn_fa)
		mip4_put_auth(&w, MIP4_EXT_MN_FA, d->mn_fa);
	return w.err ? 0 : w.len;
}

void
relay_deny(struct relay *r, const struct denial *d, bool always)
{
	char subject[RELAY_SUBJECT];
	uint8_t buf[MIP4_MAX_MSG];
	size_t len;

	if (!may_deny(r, d->asked) && !always) {
		relay_drop(r, FAD_DROP_RATE, d->asked->node.src);
		return;
	}
	len = write_denial(d, buf, sizeof(buf));
	if (len == 0) {
		relay_drop(r, FAD_DROP_NO_REPLY, d->asked->node.src);
		return;
	}
	r->stats.code[d->code]++;
	violations_note(r->violations, d->asked->node.src, false,
	    d->why ? d->why : mip4_code_str(d->code), d->code);
	if (relay_may_log(r))
		log_info(relay_subject(d->asked, subject),
		    "denied, code %u (%s)%s%s", d->code,
		    mip4_code_str(d->code), d->why ? ": " : "",
		    d->why ? d->why : "");
	relay_to_node(r, &d->asked->node, d->asked->home, buf, len);
}

void
relay_deny_pending(struct relay *r, struct pending *p, uint8_t code,
    const char *why)
{
	const struct denial d = {
		.asked = &p->asked, .code = code,
		.lifetime = p->asked.lifetime,
		.mn_fa = relay_mn_sa(r, &p->asked, p->mn_spi), .why = why,
	};

	relay_deny(r, &d, true);
	pending_free(p);
}

void
relay_timed_out(void *arg, struct pending *p)
{
	relay_deny_pending(arg, p, MIP4_FA_TIMEOUT,
	    "the home agent does not answer");
}

void
relay_from_node(struct relay *r, const struct relay_packet *pkt)
{
	enum mip4_parsed parsed;
	struct mip4_msg msg;

	parsed = mip4_parse(&msg, pkt->data, pkt->len, &r->conf->types);
	if (parsed == MIP4_SHORT)
		relay_drop(r, FAD_DROP_SHORT, pkt->node.src);
	else if (parsed == MIP4_UNKNOWN_TYPE)
		relay_drop(r, FAD_DROP_UNKNOWN_TYPE, pkt->node.src);
	else if (msg.type != MIP4_RRQ)
		relay_drop(r, FAD_DROP_NOT_EXPECTED, pkt->node.src);
	else
		relay_request(r, pkt, &msg, parsed);
}

void
relay_from_home(struct relay *r, struct in_addr src, uint16_t sport,
    const uint8_t *data, size_t len)
{
	enum mip4_parsed parsed;
	struct mip4_msg msg;

	parsed = mip4_parse(&msg, data, len, &r->conf->types);
	if (parsed == MIP4_SHORT)
		relay_drop(r, FAD_DROP_SHORT, src);
	else if (parsed == MIP4_UNKNOWN_TYPE)
		relay_drop(r, FAD_DROP_UNKNOWN_TYPE, src);
	else if (msg.type == MIP4_RRP)
		relay_reply(r, src, data, len, &msg, parsed);
	else if (msg.type == MIP4_REV && parsed == MIP4_OK)
		relay_revoke(r, src, sport, data, &msg);
	/* Requests come on links, from where their packet socket brings
	 * them: here they are seen for a second time. */
	else if (msg.type != MIP4_RRQ)
		relay_drop(r, FAD_DROP_NOT_EXPECTED, src);
}

static uint8_t
unreachable_code(uint8_t icmp_code)
{
	switch (icmp_code) {
	case ICMP_NET_UNREACH:
		return MIP4_FA_HOME_NET;
	case ICMP_HOST_UNREACH:
		return MIP4_FA_HA_HOST;
	case ICMP_PORT_UNREACH:
		return MIP4_FA_HA_PORT;
	default:
		return MIP4_FA_HA_UNREACHABLE;
	}
}

void
relay_unreachable(struct relay *r, struct in_addr ha, uint8_t icmp_code,
    const uint8_t *data, size_t len)
{
	struct mip4_msg msg;
	struct pending *p;
	enum mip4_parsed parsed;

	/* The end may be missing. What is not of ours can not be guessed. */
	parsed = mip4_parse(&msg, data, len, &r->conf->types);
	if (parsed == MIP4_SHORT || parsed == MIP4_UNKNOWN_TYPE ||
	    msg.type != MIP4_RRQ)
		return;
	p = pending_of_request(r->visitors, ha, msg.rrq.id, msg.rrq.home);
	if (p)
		relay_deny_pending(r, p, unreachable_code(icmp_code), NULL);
}

bool
relay_is_busy(const struct relay *r)
{
	return r->drained || visitors_full(r->visitors);
}

void
relay_look_busy(struct relay *r)
{
	bool busy = relay_is_busy(r);

	if (busy == r->busy)
		return;
	r->busy = busy;
	if (r->busy_changed)
		r->busy_changed(r->arg);
}

void
relay_drain(struct relay *r, bool on)
{
	if (r->drained == on)
		return;
	r->drained = on;
	log_info(NULL, on ? "drained: no new visitors" :
	    "takes new visitors again");
	relay_look_busy(r);
}

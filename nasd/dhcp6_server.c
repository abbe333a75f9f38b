/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Links of the DHCPv6 server: see dhcp6_server.h. A link is IDLE, ASKED (its
 * owner registers a home address), OFFERED (ADVERTISE is out, or a REQUEST
 * named wrong addresses) or BOUND. What an owner hears is said last: it may
 * stop the link.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nasd/dhcp6_server_int.h"

#define LOG_MODULE "dhcp6"
#include "common/log.h"

const char *
dhcp6_counter_key(enum dhcp6_counter c)
{
	static const char *const key[] = {
#define X(name, text) [DHCP6_C_##name] = text,
		DHCP6_COUNTERS(X)
#undef X
	};

	return key[c];
}

const char *
dhcp6_end_text(enum dhcp6_end_cause cause)
{
	static const char *const text[] = {
#define X(name, t) [DHCP6_END_##name] = t,
		DHCP6_ENDS(X)
#undef X
	};

	return text[cause];
}

int
dhcp6_core_init(struct dhcp6_core *core)
{
	core->n_asked = core->n_offered = core->n_bound = 0;
	memset(core->count, 0, sizeof(core->count));
	return table_init(&core->links);
}

void
dhcp6_core_free(struct dhcp6_core *core)
{
	table_free(&core->links);
}

mono_t
dhcp6_link_now(const struct dhcp6_link *l)
{
	return clock_mono(l->core->clock);
}

void
dhcp6_link_count(struct dhcp6_link *l, enum dhcp6_counter c)
{
	l->core->count[c]++;
}

static size_t *
state_count(struct dhcp6_core *core, enum dhcp6_state state)
{
	switch (state) {
	case DHCP6_S_ASKED:
		return &core->n_asked;
	case DHCP6_S_OFFERED:
		return &core->n_offered;
	case DHCP6_S_BOUND:
		return &core->n_bound;
	default:
		return NULL;
	}
}

static void
set_state(struct dhcp6_link *l, enum dhcp6_state state, const char *why)
{
	static const char *const text[] = {
#define X(name, t) [DHCP6_S_##name] = t,
		DHCP6_STATES(X)
#undef X
	};
	size_t *n;

	if (state == l->state)
		return;
	log_debug(l->subject, "%s -> %s: %s", text[l->state], text[state],
	    why);
	if ((n = state_count(l->core, l->state)) != NULL)
		--*n;
	if ((n = state_count(l->core, state)) != NULL)
		++*n;
	l->state = state;
}

/* Nobody is known any more. */
static void
forget(struct dhcp6_link *l, const char *why)
{
	timer_cancel(l->core->timers, &l->timer);
	free(l->question);
	l->question = NULL;
	memset(&l->lease, 0, sizeof(l->lease));
	l->limit = MONO_NEVER;
	set_state(l, DHCP6_S_IDLE, why);
}

/* Until then the lease, or offer, lives. */
static void
set_expiry(struct dhcp6_link *l, mono_t at)
{
	l->lease.expires = at;
	if (at.ns == MONO_NEVER.ns)
		timer_cancel(l->core->timers, &l->timer);
	else if (timer_set(l->core->timers, &l->timer, at) != 0)
		log_errorx(l->subject, "no memory for a timer");
}

void
dhcp6_link_end(struct dhcp6_link *l, enum dhcp6_end_cause cause)
{
	static const enum dhcp6_counter count[] = {
		[DHCP6_END_RELEASED] = DHCP6_C_RELEASED,
		[DHCP6_END_DECLINED] = DHCP6_C_DECLINED,
		[DHCP6_END_EXPIRED] = DHCP6_C_EXPIRED,
		[DHCP6_END_LAPSED] = DHCP6_C_LAPSED,
	};

	dhcp6_link_count(l, count[cause]);
	forget(l, dhcp6_end_text(cause));
	l->events.ended(l->arg, cause);
}

static void
timer_fired(struct timer *t)
{
	struct dhcp6_link *l = container_of(t, struct dhcp6_link, timer);

	dhcp6_link_end(l, l->state == DHCP6_S_BOUND ? DHCP6_END_EXPIRED :
	    DHCP6_END_LAPSED);
}

struct dhcp6_link *
dhcp6_core_start(struct dhcp6_core *core, unsigned ifindex,
    const char *subject, const struct dhcp6_link_conf *conf,
    const struct dhcp6_events *events, void *arg)
{
	struct dhcp6_link *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->core = core;
	l->ifindex = ifindex;
	l->subject = subject;
	l->conf = *conf;
	l->events = *events;
	l->arg = arg;
	l->timer.fire = timer_fired;
	l->limit = MONO_NEVER;
	l->rate.rate = DHCP6_RATE;
	table_insert(&core->links, &l->node, table_hash(&core->links,
	    &ifindex, sizeof(ifindex)));
	return l;
}

unsigned
dhcp6_link_ifindex(const struct dhcp6_link *l)
{
	return l->ifindex;
}

void
dhcp6_core_stop(struct dhcp6_link *l)
{
	if (l == NULL)
		return;
	forget(l, "stopped");
	table_remove(&l->core->links, &l->node);
	free(l);
}

void
dhcp6_link_configure(struct dhcp6_link *l, const struct dhcp6_link_conf *conf)
{
	l->conf = *conf;
}

/* A client that gives back what it gets would have a home agent, and RADIUS,
 * work at the pace of its messages. */
static bool
asks_too_often(struct dhcp6_link *l)
{
	mono_t now = dhcp6_link_now(l);

	if (l->asks == 0 || mono_diff_ms(now, l->asks_since) >= 60000) {
		l->asks_since = now;
		l->asks = 0;
	}
	if (l->asks >= DHCP6_ASKS_A_MINUTE)
		return true;
	l->asks++;
	return false;
}

static void
tell_solicited(struct dhcp6_link *l, const struct dhcp6_msg *m,
    const struct in6_addr *src)
{
	struct dhcp6_asker asker = {
		.duid = &m->client,
		.iaid = l->lease.iaid,
		.addr = *src,
	};

	if (m->n_relays > 0) {
		asker.relay = &m->relay[m->n_relays - 1];
		asker.addr = asker.relay->peer;
	}
	l->events.solicited(l->arg, &asker);
}

void
dhcp6_link_ask(struct dhcp6_link *l, const struct dhcp6_msg *m,
    const struct dhcp6_ia *ia, const struct in6_addr *src)
{
	struct dhcp6_question *q = l->question;

	if (q != NULL) {
		dhcp6_link_count(l, DHCP6_C_RX_AGAIN);
		*q = (struct dhcp6_question){ *m, *src };
		return;
	}
	if (asks_too_often(l)) {
		dhcp6_link_count(l, DHCP6_C_DROP_ASKS);
		return;
	}
	if ((q = malloc(sizeof(*q))) == NULL) {
		log_error(l->subject, "a client's message is not kept");
		return;
	}
	*q = (struct dhcp6_question){ *m, *src };
	l->question = q;
	l->lease.client = m->client;
	l->lease.iaid = ia->iaid;
	l->refused = false;
	dhcp6_link_count(l, DHCP6_C_ASKED);
	set_state(l, DHCP6_S_ASKED, dhcp6_type_text(m->type));
	tell_solicited(l, m, src);
}

static bool
same_prefix(const struct in6_addr *a, const struct in6_addr *b)
{
	return memcmp(a, b, 8) == 0;	/* D19: of 64 bits */
}

/*
 * Are the addresses that a REQUEST names of this link [18.3.2]? What we have
 * advertised before the home agent was asked is no reason to refuse.
 */
static bool
is_on_link(const struct dhcp6_link *l, const struct dhcp6_ia *ia)
{
	for (unsigned i = 0; i < ia->n_addrs && i < DHCP6_IA_ADDRS; i++) {
		if (l->conf.on_request &&
		    IN6_ARE_ADDR_EQUAL(&ia->addr[i], &l->conf.hint))
			continue;
		if (!same_prefix(&ia->addr[i], &l->lease.addr))
			return false;
	}
	return true;
}

/* It may yet be requested. */
static void
offer(struct dhcp6_link *l)
{
	if (l->state == DHCP6_S_BOUND)
		return;
	set_state(l, DHCP6_S_OFFERED, "address known");
	set_expiry(l, mono_add_ms(dhcp6_link_now(l), DHCP6_OFFER_MS));
}

void
dhcp6_link_renewed(struct dhcp6_link *l)
{
	set_expiry(l, dhcp6_out_expiry(l));
	dhcp6_link_count(l, DHCP6_C_RENEWED);
	l->events.renewed(l->arg);
}

static void
bind_lease(struct dhcp6_link *l, const char *why)
{
	if (l->state == DHCP6_S_BOUND) {
		dhcp6_link_renewed(l);
		return;
	}
	set_state(l, DHCP6_S_BOUND, why);
	set_expiry(l, dhcp6_out_expiry(l));
	l->lease.bound = true;
	dhcp6_link_count(l, DHCP6_C_BOUND);
	l->events.bound(l->arg);
}

void
dhcp6_link_grant(struct dhcp6_link *l, const struct dhcp6_msg *m,
    const struct in6_addr *src)
{
	const struct dhcp6_ia *ia = dhcp6_in_ia(l, m);
	bool rapid = m->type == DHCP6_SOLICIT && m->rapid_commit &&
	    l->conf.rapid_commit;
	bool commit = m->type == DHCP6_REQUEST || rapid;
	struct dhcp6_answer a;

	dhcp6_out_begin(&a, commit ? DHCP6_REPLY : DHCP6_ADVERTISE, m, src);
	a.rapid = rapid;
	a.options = true;
	dhcp6_out_nothing(l, &a, ia, DHCP6_IA_LEASE);
	if (m->type == DHCP6_REQUEST && !is_on_link(l, ia)) {
		dhcp6_link_count(l, DHCP6_C_NOT_ON_LINK);
		dhcp6_out_status(&a, (unsigned)(ia - m->ia),
		    DHCP6_NOT_ON_LINK);
		commit = false;
	}
	dhcp6_out_send(l, &a);
	if (commit)
		bind_lease(l, dhcp6_type_text(m->type));
	else
		offer(l);
}

void
dhcp6_link_assign(struct dhcp6_link *l, const struct in6_addr *addr)
{
	struct dhcp6_question *q = l->question;

	if (l->state == DHCP6_S_IDLE)
		return;
	l->lease.addr = *addr;
	if (q == NULL)
		return;
	l->question = NULL;
	set_state(l, DHCP6_S_OFFERED, "address known");
	dhcp6_link_grant(l, &q->msg, &q->src);
	free(q);
}

bool
dhcp6_link_is_refused(const struct dhcp6_link *l)
{
	return l->refused && mono_diff_ms(dhcp6_link_now(l), l->refused_at) <
	    DHCP6_REFUSED_MS;
}

void
dhcp6_link_refuse(struct dhcp6_link *l, const char *text)
{
	struct dhcp6_question *q = l->question;
	struct dhcp6_answer a;

	if (q == NULL)
		return;
	l->refused = true;
	l->refused_at = dhcp6_link_now(l);
	snprintf(l->refused_text, sizeof(l->refused_text), "%s", text);
	dhcp6_link_count(l, DHCP6_C_REFUSED);
	dhcp6_out_begin(&a, q->msg.type == DHCP6_SOLICIT ? DHCP6_ADVERTISE :
	    DHCP6_REPLY, &q->msg, &q->src);
	a.options = true;
	dhcp6_out_nothing(l, &a, dhcp6_in_ia(l, &q->msg), DHCP6_IA_REFUSED);
	dhcp6_out_send(l, &a);
	forget(l, "refused");
}

void
dhcp6_link_limit(struct dhcp6_link *l, mono_t at)
{
	if (l->state != DHCP6_S_IDLE)
		l->limit = at;
}

void
dhcp6_link_withdraw(struct dhcp6_link *l)
{
	if (l->state == DHCP6_S_IDLE)
		return;
	dhcp6_link_count(l, DHCP6_C_WITHDRAWN);
	forget(l, "withdrawn");
}

bool
dhcp6_link_lease(const struct dhcp6_link *l, struct dhcp6_lease *lease)
{
	if (l->state != DHCP6_S_OFFERED && l->state != DHCP6_S_BOUND)
		return false;
	*lease = l->lease;
	return true;
}

int
dhcp6_link_restore(struct dhcp6_link *l, const struct dhcp6_lease *lease)
{
	if (l->state != DHCP6_S_IDLE)
		return -EBUSY;
	if (lease->client.len < DHCP6_DUID_MIN ||
	    lease->client.len > DHCP6_DUID_MAX ||
	    IN6_IS_ADDR_UNSPECIFIED(&lease->addr))
		return -EINVAL;
	l->lease = *lease;
	set_state(l, lease->bound ? DHCP6_S_BOUND : DHCP6_S_OFFERED,
	    "an earlier one's");
	set_expiry(l, lease->expires);
	return 0;
}

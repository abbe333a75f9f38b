/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Router Advertisements of all interfaces, on time [RFC 4861 6.2.4, 6.2.6;
 * PROTOCOLS 14.3]. Between ra.c (the socket) and the sessions.
 *
 * The first four go out within 3 s, closer than MIN_DELAY_BETWEEN_RAS: that
 * limit spares the many hosts of a shared link, and here is one, whose
 * interface may come up a little after ours. A solicitation is answered at
 * once and to its sender alone, which the limit on multicast ones does not
 * touch (6.2.6); a second one within a second waits until that is over.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nasd/ra_sched.h"

#define LOG_MODULE "ra"
#include "common/log.h"

#define MIN_INTERVAL_MS		200000	/* RFC 4861 6.2.1 defaults */
#define MAX_INTERVAL_MS		600000
#define RETRY_MS		250	/* no link-local address yet */
#define RETRY_SLOW_MS		3000
#define RETRIES_FAST		40
#define SOLICITED_MS		1000
#define RA_MAX			512

struct ra_iface {
	struct table_node	 node;		/* by ifindex */
	struct ra_core		*core;
	unsigned		 ifindex;
	const char		*subject;
	struct icmp6_ra		 content;
	ra_step			*step;
	void			*arg;
	struct timer		 t_next;	/* unsolicited */
	struct timer		 t_solicited;	/* an answer that waits */
	struct in6_addr		 asker;		/* of it; :: for all */
	mono_t			 start;
	mono_t			 answered;	/* last solicited one */
	bool			 has_answered;
	unsigned		 n_sent;	/* since start */
	unsigned		 n_failed;	/* in a row */
};

static const struct in6_addr all_nodes = {	/* ff02::1 */
	.s6_addr = { 0xff, 0x02, [15] = 1 },
};

const char *
ra_counter_key(enum ra_counter c)
{
	static const char *const key[] = {
#define X(name, text) [RA_C_##name] = text,
		RA_COUNTERS(X)
#undef X
	};

	return key[c];
}

int
ra_core_init(struct ra_core *core)
{
	memset(core->count, 0, sizeof(core->count));
	return table_init(&core->ifaces);
}

void
ra_core_free(struct ra_core *core)
{
	table_free(&core->ifaces);
}

static mono_t
now(const struct ra_iface *i)
{
	return clock_mono(i->core->clock);
}

static void
arm(struct ra_iface *i, struct timer *t, mono_t at)
{
	if (timer_set(i->core->timers, t, at) != 0)
		log_errorx(i->subject, "no memory for a timer");
}

static void
tell(const struct ra_iface *i)
{
	const struct icmp6_prefix *p = &i->content.prefix[0];
	char addr[INET6_ADDRSTRLEN], text[INET6_ADDRSTRLEN + 8];

	if (i->step == NULL)
		return;
	if (i->content.n_prefixes == 0 ||
	    inet_ntop(AF_INET6, &p->addr, addr, sizeof(addr)) == NULL)
		snprintf(text, sizeof(text), "no prefix");
	else
		snprintf(text, sizeof(text), "%s/%u", addr, p->len);
	i->step(i->arg, "ra", text);
}

/* The one way out. */
static int
advertise(struct ra_iface *i, const struct in6_addr *to,
    const struct icmp6_ra *content)
{
	struct ra_core *core = i->core;
	uint8_t buf[RA_MAX];
	int n, err;

	if ((n = icmp6_ra_encode(content, buf, sizeof(buf))) < 0) {
		log_errorx(i->subject, "advertisement does not fit");
		return n;
	}
	err = core->send(core->arg, i->ifindex, to, buf, (size_t)n);
	if (err == 0) {
		core->count[RA_C_SENT]++;
		i->n_failed = 0;
		return 0;
	}
	core->count[RA_C_SEND_FAILED]++;
	if (i->n_failed++ == 0)
		log_debug(i->subject, "advertisement not sent: %s",
		    strerror(-err));
	return err;
}

/* When the next unsolicited one is due. */
static mono_t
next_time(const struct ra_iface *i)
{
	static const unsigned first_ms[] = { 0, 250, 1000, 3000 };
	uint32_t r;

	if (i->n_failed > 0)
		return mono_add_ms(now(i), i->n_failed <= RETRIES_FAST ?
		    RETRY_MS : RETRY_SLOW_MS);
	if (i->n_sent < sizeof(first_ms) / sizeof(first_ms[0])) {
		mono_t at = mono_add_ms(i->start, first_ms[i->n_sent]);

		return mono_before(at, now(i)) ? now(i) : at;
	}
	r = i->core->random(i->core->arg);
	return mono_add_ms(now(i), MIN_INTERVAL_MS +
	    r % (MAX_INTERVAL_MS - MIN_INTERVAL_MS + 1));
}

static void
unsolicited(struct ra_iface *i)
{
	bool sent = advertise(i, &all_nodes, &i->content) == 0;

	if (sent) {
		/* Lateness shifts the sequence: none is sent twice at once. */
		if (i->n_sent++ == 0)
			i->start = now(i);
	}
	arm(i, &i->t_next, next_time(i));
	if (sent && i->n_sent == 1)
		tell(i);
}

static void
next_timer(struct timer *t)
{
	unsolicited(container_of(t, struct ra_iface, t_next));
}

static void
answer(struct ra_iface *i)
{
	bool any = IN6_IS_ADDR_UNSPECIFIED(&i->asker);

	i->answered = now(i);
	i->has_answered = true;
	if (advertise(i, any ? &all_nodes : &i->asker, &i->content) != 0)
		return;
	i->core->count[RA_C_SENT_SOLICITED]++;
	tell(i);
}

static void
solicited_timer(struct timer *t)
{
	answer(container_of(t, struct ra_iface, t_solicited));
}

static bool
iface_eq(const struct table_node *n, const void *key)
{
	const unsigned *ifindex = key;

	return container_of(n, const struct ra_iface, node)->ifindex ==
	    *ifindex;
}

void
ra_core_input(struct ra_core *core, unsigned ifindex,
    const struct in6_addr *src, uint8_t hop_limit, const uint8_t *buf,
    size_t len)
{
	struct table_node *n;
	struct ra_iface *i;
	mono_t at;

	core->count[RA_C_RS]++;
	if (!icmp6_rs_valid(buf, len, hop_limit, src)) {
		core->count[RA_C_RS_INVALID]++;
		return;
	}
	n = table_find(&core->ifaces, table_hash(&core->ifaces, &ifindex,
	    sizeof(ifindex)), iface_eq, &ifindex);
	if (n == NULL) {
		core->count[RA_C_RS_UNKNOWN]++;
		return;
	}
	i = container_of(n, struct ra_iface, node);
	i->asker = *src;
	at = mono_add_ms(i->answered, SOLICITED_MS);
	if (!i->has_answered || !mono_before(now(i), at)) {
		if (i->step != NULL)
			i->step(i->arg, "rs", "");
		answer(i);
	} else if (!timer_is_set(&i->t_solicited)) {
		core->count[RA_C_RS_DELAYED]++;
		arm(i, &i->t_solicited, at);
	}
}

struct ra_iface *
ra_core_start(struct ra_core *core, unsigned ifindex, const char *subject,
    const struct icmp6_ra *content, ra_step *step, void *arg)
{
	struct ra_iface *i;

	if ((i = calloc(1, sizeof(*i))) == NULL)
		return NULL;
	i->core = core;
	i->ifindex = ifindex;
	i->subject = subject;
	i->content = *content;
	i->step = step;
	i->arg = arg;
	i->t_next.fire = next_timer;
	i->t_solicited.fire = solicited_timer;
	i->start = now(i);
	table_insert(&core->ifaces, &i->node,
	    table_hash(&core->ifaces, &ifindex,
	    sizeof(ifindex)));
	unsolicited(i);
	return i;
}

void
ra_update(struct ra_iface *i, const struct icmp6_ra *content)
{
	i->content = *content;
	i->n_sent = 0;
	i->start = now(i);
	unsolicited(i);
}

void
ra_stop(struct ra_iface *i, bool farewell)
{
	if (i == NULL)
		return;
	if (farewell) {
		struct icmp6_ra last = i->content;

		last.router_lifetime = 0;
		advertise(i, &all_nodes, &last);
	}
	timer_cancel(i->core->timers, &i->t_next);
	timer_cancel(i->core->timers, &i->t_solicited);
	table_remove(&i->core->ifaces, &i->node);
	free(i);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages of the DHCPv6 server: which are dropped [RFC 8415 16, 18.4], and
 * what each does [18.3]. See dhcp6_server.h; what is decided beyond the RFC is
 * in PROTOCOLS 14.4.
 */
#include <errno.h>
#include <string.h>

#include "nasd/dhcp6_server_int.h"

#define LOG_MODULE "dhcp6"
#include "common/log.h"

static const struct in6_addr all_servers = {	/* ff02::1:2 */
	.s6_addr = { 0xff, 0x02, [13] = 1, [15] = 2 },
};

const struct dhcp6_ia *
dhcp6_in_ia(const struct dhcp6_link *l, const struct dhcp6_msg *m)
{
	bool known = l->state != DHCP6_S_IDLE;

	if (known && !dhcp6_duid_equal(&l->lease.client, &m->client))
		return NULL;
	for (unsigned i = 0; i < m->n_ia; i++)
		if (m->ia[i].code == DHCP6_OPT_IA_NA &&
		    (!known || m->ia[i].iaid == l->lease.iaid))
			return &m->ia[i];
	return NULL;
}

/* The same, of one who has the address. */
static const struct dhcp6_ia *
leased_ia(const struct dhcp6_link *l, const struct dhcp6_msg *m)
{
	return l->state == DHCP6_S_OFFERED || l->state == DHCP6_S_BOUND ?
	    dhcp6_in_ia(l, m) : NULL;
}

static bool
names_address(const struct dhcp6_ia *ia, const struct in6_addr *addr)
{
	for (unsigned i = 0; i < ia->n_addrs && i < DHCP6_IA_ADDRS; i++)
		if (IN6_ARE_ADDR_EQUAL(&ia->addr[i], addr))
			return true;
	return false;
}

/* An answer that gives nobody an address but perhaps one IA. */
static void
answer(struct dhcp6_link *l, const struct dhcp6_msg *m,
    const struct in6_addr *src, const struct dhcp6_ia *ia,
    enum dhcp6_ia_verdict verdict)
{
	struct dhcp6_answer a;

	dhcp6_out_begin(&a, m->type == DHCP6_SOLICIT ? DHCP6_ADVERTISE :
	    DHCP6_REPLY, m, src);
	a.options = true;
	dhcp6_out_nothing(l, &a, ia, verdict);
	dhcp6_out_send(l, &a);
}

/* D26: what is advertised without the home agent's word. */
static bool
hints(const struct dhcp6_link *l, const struct dhcp6_msg *m)
{
	return m->type == DHCP6_SOLICIT && l->conf.on_request &&
	    !IN6_IS_ADDR_UNSPECIFIED(&l->conf.hint) &&
	    !(m->rapid_commit && l->conf.rapid_commit);
}

/* SOLICIT and REQUEST [18.3.1, 18.3.2]. */
static void
on_ask(struct dhcp6_link *l, const struct dhcp6_msg *m,
    const struct in6_addr *src)
{
	const struct dhcp6_ia *ia = dhcp6_in_ia(l, m);

	if (ia == NULL) {
		answer(l, m, src, NULL, DHCP6_IA_LEFT_OUT);
	} else if (l->state == DHCP6_S_OFFERED ||
	    l->state == DHCP6_S_BOUND) {
		dhcp6_link_grant(l, m, src);
	} else if (l->state == DHCP6_S_IDLE && dhcp6_link_is_refused(l)) {
		dhcp6_link_count(l, DHCP6_C_REFUSED_HELD);
		answer(l, m, src, ia, DHCP6_IA_REFUSED);
	} else if (l->state == DHCP6_S_IDLE && hints(l, m)) {
		answer(l, m, src, ia, DHCP6_IA_HINT);
	} else {
		dhcp6_link_ask(l, m, ia, src);
	}
}

/* [18.3.3] Nobody but us gives addresses to this link. */
static void
on_confirm(struct dhcp6_link *l, const struct dhcp6_msg *m,
    const struct in6_addr *src)
{
	bool known = l->state == DHCP6_S_BOUND &&
	    dhcp6_duid_equal(&l->lease.client, &m->client);
	struct dhcp6_answer a;
	unsigned n = 0, ours = 0;

	for (unsigned i = 0; i < m->n_ia; i++) {
		n += m->ia[i].n_addrs;
		for (unsigned k = 0; k < m->ia[i].n_addrs &&
		    k < DHCP6_IA_ADDRS; k++)
			ours += known && IN6_ARE_ADDR_EQUAL(
			    &m->ia[i].addr[k], &l->lease.addr);
	}
	if (n == 0) {
		dhcp6_link_count(l, DHCP6_C_DROP_NO_ADDRESS);
		return;
	}
	dhcp6_out_begin(&a, DHCP6_REPLY, m, src);
	a.has_status = true;
	a.status = ours == n ? DHCP6_SUCCESS : DHCP6_NOT_ON_LINK;
	if (ours != n)
		dhcp6_link_count(l, DHCP6_C_NOT_ON_LINK);
	dhcp6_out_send(l, &a);
}

/* RENEW and REBIND [18.3.4, 18.3.5]. */
static void
on_renew(struct dhcp6_link *l, const struct dhcp6_msg *m,
    const struct in6_addr *src)
{
	bool holder = l->state == DHCP6_S_BOUND &&
	    dhcp6_duid_equal(&l->lease.client, &m->client);
	const struct dhcp6_ia *ia = holder ? dhcp6_in_ia(l, m) : NULL;
	struct dhcp6_answer a;

	dhcp6_out_begin(&a, DHCP6_REPLY, m, src);
	a.options = true;
	dhcp6_out_nothing(l, &a, ia, DHCP6_IA_LEASE);
	/* It then requests, and is given one if there is one. */
	for (unsigned i = 0; i < m->n_ia && !holder; i++)
		if (m->ia[i].code != DHCP6_OPT_IA_PD) {
			dhcp6_link_count(l, DHCP6_C_NO_BINDING);
			dhcp6_out_status(&a, i, DHCP6_NO_BINDING);
		}
	dhcp6_out_send(l, &a);
	if (ia != NULL)
		dhcp6_link_renewed(l);
}

/* RELEASE and DECLINE [18.3.7, 18.3.8]. */
static void
on_release(struct dhcp6_link *l, const struct dhcp6_msg *m,
    const struct in6_addr *src)
{
	const struct dhcp6_ia *ia = leased_ia(l, m);
	bool ends = ia != NULL && names_address(ia, &l->lease.addr);
	struct dhcp6_answer a;

	dhcp6_out_begin(&a, DHCP6_REPLY, m, src);
	a.has_status = true;
	a.status = DHCP6_SUCCESS;
	for (unsigned i = 0; i < m->n_ia; i++)
		if (&m->ia[i] != ia) {
			dhcp6_link_count(l, DHCP6_C_NO_BINDING);
			dhcp6_out_status(&a, i, DHCP6_NO_BINDING);
		}
	dhcp6_out_send(l, &a);
	if (ends)
		dhcp6_link_end(l, m->type == DHCP6_RELEASE ?
		    DHCP6_END_RELEASED : DHCP6_END_DECLINED);
}

/* [18.3.6] */
static void
on_information(struct dhcp6_link *l, const struct dhcp6_msg *m,
    const struct in6_addr *src)
{
	answer(l, m, src, NULL, DHCP6_IA_LEFT_OUT);
}

/* [18.4] */
static void
use_multicast(struct dhcp6_link *l, const struct dhcp6_msg *m,
    const struct in6_addr *src)
{
	struct dhcp6_answer a;

	dhcp6_link_count(l, DHCP6_C_USE_MULTICAST);
	dhcp6_out_begin(&a, DHCP6_REPLY, m, src);
	a.has_status = true;
	a.status = DHCP6_USE_MULTICAST;
	dhcp6_out_send(l, &a);
}

enum server_id { SERVER_NONE, SERVER_OURS, SERVER_MAY };

/* What a server hears at all [16.2, 16.4-16.9, 16.12]. */
static const struct rule {
	void			(*handle)(struct dhcp6_link *,
				    const struct dhcp6_msg *,
				    const struct in6_addr *src);
	enum dhcp6_counter	count;
	enum server_id		server;
	bool			no_client;	/* may have none */
	bool			told;		/* UseMulticast, if unicast;
						 * else dropped then */
} rules[DHCP6_N_TYPES] = {
	[DHCP6_SOLICIT] = { on_ask, DHCP6_C_RX_SOLICIT, SERVER_NONE,
	    false, false },
	[DHCP6_REQUEST] = { on_ask, DHCP6_C_RX_REQUEST, SERVER_OURS,
	    false, true },
	[DHCP6_CONFIRM] = { on_confirm, DHCP6_C_RX_CONFIRM, SERVER_NONE,
	    false, false },
	[DHCP6_RENEW] = { on_renew, DHCP6_C_RX_RENEW, SERVER_OURS,
	    false, true },
	[DHCP6_REBIND] = { on_renew, DHCP6_C_RX_REBIND, SERVER_NONE,
	    false, false },
	[DHCP6_RELEASE] = { on_release, DHCP6_C_RX_RELEASE, SERVER_OURS,
	    false, true },
	[DHCP6_DECLINE] = { on_release, DHCP6_C_RX_DECLINE, SERVER_OURS,
	    false, true },
	[DHCP6_INFORMATION_REQUEST] = { on_information,
	    DHCP6_C_RX_INFORMATION, SERVER_MAY, true, false },
};

static enum dhcp6_counter
check_ids(const struct dhcp6_link *l, const struct rule *rule,
    const struct dhcp6_msg *m)
{
	if (m->client.len == 0 && !rule->no_client)
		return DHCP6_C_DROP_NO_CLIENT;
	if (m->server.len == 0)
		return rule->server == SERVER_OURS ?
		    DHCP6_C_DROP_NO_SERVER : DHCP6_C_OK;
	if (rule->server == SERVER_NONE)
		return DHCP6_C_DROP_SERVER;
	return dhcp6_duid_equal(&m->server, &l->core->duid) ? DHCP6_C_OK :
	    DHCP6_C_DROP_OTHER_SERVER;
}

static bool
is_host(const struct in6_addr *a)
{
	return !IN6_IS_ADDR_MULTICAST(a) && !IN6_IS_ADDR_UNSPECIFIED(a) &&
	    !IN6_IS_ADDR_LOOPBACK(a) && !IN6_IS_ADDR_V4MAPPED(a);
}

/* Clients' messages are from and to their own link [17.1, 14]; those of a
 * relay may be from elsewhere. */
static enum dhcp6_counter
check_addresses(const struct dhcp6_msg *m, const struct in6_addr *src,
    const struct in6_addr *dst)
{
	bool relayed = m->n_relays > 0;

	if (IN6_IS_ADDR_MULTICAST(dst) && !relayed &&
	    !IN6_ARE_ADDR_EQUAL(dst, &all_servers))
		return DHCP6_C_DROP_DESTINATION;
	if (!is_host(src) || (!relayed && IN6_IS_ADDR_MULTICAST(dst) &&
	    !IN6_IS_ADDR_LINKLOCAL(src)))
		return DHCP6_C_DROP_SOURCE;
	return DHCP6_C_OK;
}

static enum dhcp6_counter
handle(struct dhcp6_link *l, const struct dhcp6_msg *m,
    const struct in6_addr *src, const struct in6_addr *dst)
{
	const struct rule *rule = &rules[m->type];
	bool unicast = m->n_relays == 0 && !IN6_IS_ADDR_MULTICAST(dst);
	enum dhcp6_counter bad;

	if (rule->handle == NULL)
		return DHCP6_C_DROP_NOT_OURS;
	dhcp6_link_count(l, rule->count);
	if (m->n_relays > 0)
		dhcp6_link_count(l, DHCP6_C_RX_RELAYED);
	if (m->n_relays > 0 && !l->conf.relays)
		return DHCP6_C_DROP_RELAY;
	if ((bad = check_addresses(m, src, dst)) != DHCP6_C_OK)
		return bad;
	if (unicast && !rule->told)
		return DHCP6_C_DROP_DESTINATION;
	if ((bad = check_ids(l, rule, m)) != DHCP6_C_OK)
		return bad;
	if (m->type == DHCP6_INFORMATION_REQUEST && m->n_ia > 0)
		return DHCP6_C_DROP_IA;
	l->core->count[DHCP6_C_IAS_LEFT_OUT] += m->n_ia_more;
	if (unicast)
		use_multicast(l, m, src);
	else
		rule->handle(l, m, src);	/* l may be gone */
	return DHCP6_C_OK;
}

static enum dhcp6_counter
bad_message(int err)
{
	switch (err) {
	case -EPROTONOSUPPORT:
		return DHCP6_C_DROP_TYPE;
	case -E2BIG:
		return DHCP6_C_DROP_RELAY_SIZE;
	default:
		return DHCP6_C_DROP_MALFORMED;
	}
}

static bool
link_eq(const struct table_node *n, const void *key)
{
	const unsigned *ifindex = key;

	return container_of(n, const struct dhcp6_link, node)->ifindex ==
	    *ifindex;
}

static enum dhcp6_counter
input(struct dhcp6_core *core, unsigned ifindex, const struct in6_addr *src,
    const struct in6_addr *dst, const uint8_t *buf, size_t len)
{
	struct table_node *n = table_find(&core->links,
	    table_hash(&core->links, &ifindex, sizeof(ifindex)), link_eq,
	    &ifindex);
	struct dhcp6_link *l;
	struct dhcp6_msg m;
	int err;

	if (n == NULL)
		return DHCP6_C_DROP_INTERFACE;
	l = container_of(n, struct dhcp6_link, node);
	if (!rate_limit_allows(&l->rate, dhcp6_link_now(l)))
		return DHCP6_C_DROP_RATE;
	if ((err = dhcp6_decode(&m, buf, len)) != 0)
		return bad_message(err);
	return handle(l, &m, src, dst);
}

void
dhcp6_core_input(struct dhcp6_core *core, unsigned ifindex,
    const struct in6_addr *src, const struct in6_addr *dst,
    const uint8_t *buf, size_t len)
{
	enum dhcp6_counter bad;

	core->count[DHCP6_C_RX]++;
	bad = input(core, ifindex, src, dst, buf, len);
	if (bad == DHCP6_C_OK)
		return;
	core->count[bad]++;
	log_debug(NULL, "interface %u: %s", ifindex,
	    dhcp6_counter_key(bad));
}

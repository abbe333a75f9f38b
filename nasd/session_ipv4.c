/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv4 beside IPv6 [PROTOCOLS D134-D136]: a session's Framed-IP-Address, which
 * no other has, on its way from RADIUS to pppd's IPCP. The life of a session
 * is IPv6's alone; nothing here is an event of it but a login refused.
 */
#define LOG_MODULE "session"
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "common/ctl_json.h"
#include "common/log.h"
#include "nasd/engine.h"
#include "nasd/pppd_link.h"
#include "nasd/session.h"

#define USER_CHOOSES	0xffffffffu	/* RFC 2865 5.8 */
#define NAS_CHOOSES	0xfffffffeu

static uint64_t
hash_of(const struct table *t, struct in_addr addr)
{
	return table_hash(t, &addr, sizeof(addr));
}

/* Another one, that is not ending, has it. Those of the same NAI do not
 * count: of these only one will stay [D23]. */
static bool
eq_holder(const struct table_node *n, const void *key)
{
	const struct session *s = container_of(n, struct session, by_ip4);
	const struct session *self = key;

	return s != self && s->state < SESSION_CLOSING &&
	    s->grant.ip4.s_addr == self->grant.ip4.s_addr &&
	    strcmp(s->nai, self->nai) != 0;
}

static const struct session *
holder(const struct session *s)
{
	const struct table *t = &s->engine->sessions.by_ip4;
	struct table_node *n = table_find(t, hash_of(t, s->grant.ip4),
	    eq_holder, s);

	return n != NULL ? container_of(n, struct session, by_ip4) : NULL;
}

static void
enter(struct session *s)
{
	struct table *t = &s->engine->sessions.by_ip4;

	table_insert(t, &s->by_ip4, hash_of(t, s->grant.ip4));
	s->in_ip4 = true;
}

/* Without its address, or NULL. */
static const char *
unusable(const struct session *s, char *text, size_t len)
{
	const struct session *other;

	switch (ntohl(s->grant.ip4.s_addr)) {
	case USER_CHOOSES:
		return "may be the user's choice, which it never is";
	case NAS_CHOOSES:
		return "should be ours to choose, and we have no pool";
	}
	if ((other = holder(s)) == NULL)
		return config_ipv4_unusable(s->engine->cfg, s->grant.ip4);
	snprintf(text, len, "is session %s's", other->id);
	return text;
}

const char *
session_ipv4_take(struct session *s, char text[static SESSION_WHY_IPV4])
{
	char addr[INET_ADDRSTRLEN], why[SESSION_WHY_IPV4 / 2];
	const char *bad;

	if (s->engine->cfg->ipv4.address.s_addr == INADDR_ANY) {
		if (s->grant.ip4.s_addr != INADDR_ANY)
			log_debug(s->subject, "Framed-IP-Address is not used: "
			    "IPv4 is off");
		s->grant.ip4.s_addr = INADDR_ANY;
	}
	if (s->grant.ip4.s_addr == INADDR_ANY)
		return NULL;
	inet_ntop(AF_INET, &s->grant.ip4, addr, sizeof(addr));
	if ((bad = unusable(s, why, sizeof(why))) != NULL) {
		snprintf(text, SESSION_WHY_IPV4, "%s %s", addr, bad);
		log_warnx(s->subject, "refused: Framed-IP-Address %s", text);
		s->grant.ip4.s_addr = INADDR_ANY;
		s->engine->sessions.ip4_refused++;
		return text;
	}
	enter(s);
	session_step(s, "ipv4", "%s", addr);
	return NULL;
}

void
session_ipv4_resume(struct session *s)
{
	if (s->grant.ip4.s_addr != INADDR_ANY)
		enter(s);
}

void
session_ipv4_leave(struct session *s)
{
	if (s->in_ip4)
		table_remove(&s->engine->sessions.by_ip4, &s->by_ip4);
	s->in_ip4 = false;
}

/* RADIUS's servers, or else the configuration's. */
static void
add_dns(const struct session *s, struct plug_ipv4 *q)
{
	const struct in_addr *dns = s->grant.dns;
	unsigned i, n = 0;

	if (dns[0].s_addr == INADDR_ANY && dns[1].s_addr == INADDR_ANY)
		dns = s->engine->cfg->ipv4.dns;
	for (i = 0; i < PLUG_DNS; i++)
		if (dns[i].s_addr != INADDR_ANY)
			q->dns[n++] = dns[i].s_addr;
}

void
session_ipv4_tell(struct session *s)
{
	struct plug_ipv4 q = { .peer = s->grant.ip4.s_addr };

	if (s->engine->cfg->ipv4.address.s_addr == INADDR_ANY &&
	    q.peer == INADDR_ANY)
		return;		/* whose IPv4 is pppd's own business */
	if (q.peer != INADDR_ANY)
		add_dns(s, &q);
	pppd_link_ipv4(s->link, &q);
}

void
session_ipv4_input(struct session *s, const struct plug_ipv4 *v)
{
	const struct in_addr peer = { v->peer };
	char addr[INET_ADDRSTRLEN];

	if (v->up == s->ipv4_up)
		return;
	s->ipv4_up = v->up;
	session_step(s, v->up ? "ipv4-up" : "ipv4-down", "%s",
	    inet_ntop(AF_INET, &peer, addr, sizeof(addr)));
	if (v->up)
		log_info(s->subject, "IPv4 up: %s", addr);
	else
		log_info(s->subject, "IPv4 down");
}

json_t *
session_ipv4_json(const struct session *s)
{
	return s->grant.ip4.s_addr != INADDR_ANY ?
	    ctl_ipv4(s->grant.ip4) : json_null();
}

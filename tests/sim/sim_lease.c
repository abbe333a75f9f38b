/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Invariants of leases: what a server says against its sessions, as it says
 * it; its leases against them after every step; and the end. That sessions
 * stand on bindings is sim_check.c's.
 */
#include "tests/sim/sim_line.h"

#include <string.h>

#define SAME(a, b)	(memcmp(a, b, sizeof(*(a))) == 0)
#define MINUTE		(60 * SECOND)

static struct world *
world(const struct line *l)
{
	return l->all->nas->host.w;
}

static void
fail(const struct line *l, const char *what)
{
	world_fail(world(l), "%s, line of u%u: %s", l->all->nas->host.name,
	    l->h->u->index, what);
}

static mono_t
now(const struct line *l)
{
	return host_mono(&l->all->nas->host);
}

static bool
has_lease(const struct line *l, struct dhcp6_lease *lease)
{
	memset(lease, 0, sizeof(*lease));
	return l->link != NULL && dhcp6_link_lease(l->link, lease);
}

static bool
same_lease(const struct dhcp6_lease *a, const struct dhcp6_lease *b)
{
	return dhcp6_duid_equal(&a->client, &b->client) &&
	    a->iaid == b->iaid && a->bound == b->bound &&
	    SAME(&a->addr, &b->addr);
}

/* ---- what is said ---- */

/* Of the session, in milliseconds; INT64_MAX: no end is known. */
static int64_t
session_left(const struct line *l, const struct session *s)
{
	uint32_t timeout = s->grant.session_timeout;

	return timeout == 0 ? INT64_MAX : mono_diff_ms(mono_add_ms(
	    s->granted_at, timeout * INT64_C(1000)), now(l));
}

/* Somebody else has it now, and both may. */
static void
check_alone(struct line *l, const struct in6_addr *addr)
{
	struct world *w = world(l);
	const struct sess *s;
	unsigned i;

	for (i = 0; i < w->plan.n_users; i++) {
		if (&w->user[i] == l->h->u)
			continue;
		for (s = w->user[i].sessions; s != NULL; s = s->next)
			if (s->state >= SESSION_ASSIGNED &&
			    s->state < SESSION_CLOSING &&
			    SAME(&s->hoa, addr) && check_is_current(s))
				fail(l, "it is given what another has");
	}
}

/* One address, with a time to live, that the host is told it has. */
static void
check_given(struct line *l, const struct heard *h, const struct heard_ia *ia,
    unsigned i)
{
	const struct plan *p = &world(l)->plan;
	const struct session *s = line_session(l);
	struct dhcp6_lease lease;

	if (ia->preferred[i] > ia->valid[i] || ia->valid[i] > p->line.valid ||
	    ia->t1 > ia->t2 || ia->t2 > ia->valid[i])
		fail(l, "times that are too long, or in no order");
	if (h->type == DHCP6_ADVERTISE && p->line.on_request &&
	    (s == NULL || s->state < SESSION_INSTALLING))
		return;		/* a hint [D26] */
	if (s == NULL || s->state < SESSION_INSTALLING ||
	    s->state >= SESSION_CLOSING || s->reg == NULL ||
	    !mip_reg_is_bound(s->reg)) {
		fail(l, "an address without a registration");
		return;
	}
	if (!SAME(&s->hoa, &ia->addr[i]) || !SAME(&s->reg->hoa, &s->hoa))
		fail(l, "another address than the registration's");
	if (ia->valid[i] * INT64_C(1000) > session_left(l, s))
		fail(l, "an address that outlives Session-Timeout");
	if (!has_lease(l, &lease) && h->type == DHCP6_REPLY)
		fail(l, "an address without a lease");
	else if (lease.client.len != 0 && (lease.iaid != ia->iaid ||
	    !dhcp6_duid_equal(&lease.client, &h->client)))
		fail(l, "the address of another client, or IA");
	check_alone(l, &ia->addr[i]);
}

static bool
wants_address(const struct dhcp6_msg *m)
{
	return m->type == DHCP6_SOLICIT || m->type == DHCP6_REQUEST ||
	    m->type == DHCP6_RENEW || m->type == DHCP6_REBIND;
}

/* D152: only who has the address may go on with it. */
static void
check_confirm(struct line *l, const struct heard *h)
{
	const struct dhcp6_msg *m = l->all->input;
	struct dhcp6_lease lease;
	unsigned i, k;

	if (m == NULL || m->type != DHCP6_CONFIRM || !h->has_status ||
	    h->status != DHCP6_SUCCESS)
		return;
	if (!has_lease(l, &lease) || !lease.bound ||
	    !dhcp6_duid_equal(&lease.client, &m->client))
		fail(l, "a stranger's addresses are confirmed");
	for (i = 0; i < m->n_ia; i++)
		for (k = 0; k < m->ia[i].n_addrs && k < DHCP6_IA_ADDRS; k++)
			if (!SAME(&m->ia[i].addr[k], &lease.addr))
				fail(l, "another address is confirmed");
}

void
lease_answer(struct line *l, const uint8_t *data, size_t len)
{
	const struct dhcp6_msg *m = l->all->input;
	struct world *w = world(l);
	unsigned i, k, given = 0;
	struct heard h;

	l->all->answered = true;
	if (!heard_read(&h, data, len) || (h.type != DHCP6_ADVERTISE &&
	    h.type != DHCP6_REPLY)) {
		fail(l, "an answer that is none");
		return;
	}
	if (!dhcp6_duid_equal(&h.server, &l->all->duid))
		fail(l, "the server has another DUID");
	if (m != NULL && (h.xid != m->xid || h.relayed != (m->n_relays > 0) ||
	    !dhcp6_duid_equal(&h.client, &m->client)))
		fail(l, "an answer to something else");
	for (i = 0; i < h.n_ia; i++) {
		w->counts->no_binding += h.ia[i].status == DHCP6_NO_BINDING;
		for (k = 0; k < h.ia[i].n_addrs; k++) {
			if (h.ia[i].valid[k] == 0)
				continue;
			given++;
			check_given(l, &h, &h.ia[i], k);
		}
	}
	if (given > 1)
		fail(l, "more than one address");
	if (given > 0 && m != NULL && !wants_address(m))
		fail(l, "an address that nobody asked for");
	check_confirm(l, &h);
}

/* ---- what a message does ---- */

void
lease_before(struct line *l, struct dhcp6_lease *lease)
{
	l->all->answered = false;
	(void)has_lease(l, lease);
}

static bool
names(const struct dhcp6_msg *m, const struct dhcp6_lease *lease)
{
	unsigned i, k;

	for (i = 0; i < m->n_ia; i++)
		for (k = 0; m->ia[i].iaid == lease->iaid &&
		    m->ia[i].code == DHCP6_OPT_IA_NA &&
		    k < m->ia[i].n_addrs && k < DHCP6_IA_ADDRS; k++)
			if (SAME(&m->ia[i].addr[k], &lease->addr))
				return true;
	return false;
}

/* May this message end the lease that there was? */
static bool
gives_back(const struct line *l, const struct dhcp6_msg *m,
    const struct dhcp6_lease *lease)
{
	return (m->type == DHCP6_RELEASE || m->type == DHCP6_DECLINE) &&
	    dhcp6_duid_equal(&m->server, &l->all->duid) &&
	    dhcp6_duid_equal(&m->client, &lease->client) &&
	    names(m, lease) && (m->n_relays > 0 ? l->h->relayed :
	    !l->all->unicast);
}

/* Who has given it back is deregistered. */
static void
check_let_go(struct line *l)
{
	const struct session *s = line_session(l);

	if (s != NULL && s->state < SESSION_CLOSING)
		fail(l, "what was given back is kept on");
}

void
lease_after(struct line *l, const struct dhcp6_msg *m,
    const struct dhcp6_lease *before)
{
	struct counts *c = world(l)->counts;
	struct dhcp6_lease lease;
	bool has = has_lease(l, &lease);

	if (before->client.len == 0) {
		c->leased += has && lease.bound;
		return;
	}
	c->leased += has && lease.bound && !before->bound;
	if (gives_back(l, m, before)) {
		c->released += !has && m->type == DHCP6_RELEASE;
		c->declined += !has && m->type == DHCP6_DECLINE;
		/* not answered: not looked at, for there were too many */
		if (!has || l->all->answered)
			check_let_go(l);
		return;
	}
	if (!has)
		fail(l, "a message ends a lease that it does not give back");
	else if (before->bound && !same_lease(&lease, before))
		fail(l, "a message changes whose lease it is");
	if (!dhcp6_duid_equal(&m->client, &before->client) &&
	    lease.expires.ns != before->expires.ns)
		fail(l, "a stranger prolongs a lease");
	c->renewed_leases += lease.expires.ns > before->expires.ns;
}

void
lease_asked_aaa(struct line *l)
{
	int64_t *at = &l->asked[l->n_asked++ % ASKS_KEPT];

	if (*at != 0 && now(l).ns - *at < MINUTE)
		fail(l, "RADIUS is asked too often");
	*at = now(l).ns;
}

/* ---- what there is ---- */

static void
check_lease(struct line *l, const struct session *s,
    const struct dhcp6_lease *lease)
{
	int64_t left = mono_diff_ms(lease->expires, now(l));

	if (s == NULL || s->state < SESSION_INSTALLING ||
	    s->state >= SESSION_CLOSING) {
		fail(l, "a lease without a session");
		return;
	}
	if (!SAME(&s->hoa, &lease->addr))
		fail(l, "a lease of another address than its session's");
	if (s->state != SESSION_RESUMING && (s->reg == NULL ||
	    !mip_reg_is_bound(s->reg)))
		fail(l, "a lease without a registration");
	if (left > session_left(l, s) && lease->bound && !l->retimed)
		fail(l, "a lease that outlives Session-Timeout");
	if (session_left(l, s) < -1 && s->state != SESSION_RESUMING &&
	    !timer_is_set(&s->timeout))
		fail(l, "a session that outlives Session-Timeout");
	if (left < -1 && s->state != SESSION_RESUMING)
		fail(l, "a lease that is over");
	if (s->state == SESSION_UP && !lease->bound)
		fail(l, "it is up, its address only offered");
}

static void
check_line(struct line *l)
{
	const struct dhcp6_core *core = &l->all->core;
	const struct session *s = line_session(l);
	struct dhcp6_lease lease;

	if (table_count(&core->links) > l->all->cfg.n_ether ||
	    core->n_asked + core->n_offered + core->n_bound >
	    lines_attached(l->all))
		fail(l, "the server knows more than there is");
	if (has_lease(l, &lease))
		check_lease(l, s, &lease);
	else if (s != NULL && (s->state == SESSION_ASSIGNED ||
	    s->state == SESSION_UP || s->state == SESSION_LINGER))
		fail(l, "a session without a lease");
	if (l->way_out && (s == NULL || s->state != SESSION_UP))
		fail(l, "a way out is advertised to nobody");
}

void
lease_watch(struct world *w, struct subscriber *u)
{
	const struct sess *s;
	unsigned i;

	if (!u->touched)
		return;
	for (i = 0; i < line_count(w); i++)
		if (line_nr(u, i)->all->running)
			check_line(line_nr(u, i));
	for (s = u->sessions; s != NULL; s = s->next)
		if (s->state == SESSION_CLOSING && s->reg != NULL &&
		    !s->deregistering)
			world_fail(w, "%s: it ends, and is not deregistered",
			    s->subject);
}

/* ---- over a restart ---- */

void
lease_keep(struct line *l)
{
	const struct session *s = line_session(l);

	l->machine = l->all->machine;
	l->kept = world(l)->plan.line.keeps && s != NULL && s->state == SESSION_UP && s->reg != NULL &&
	    has_lease(l, &l->lease) && l->lease.bound;
	if (l->kept)
		l->since = s->granted_at;
}

void
lease_kept(struct line *l)
{
	const struct session *s = line_session(l);
	struct dhcp6_lease lease;

	if (!l->kept)
		return;
	l->kept = false;
	if (!l->there || l->machine != l->all->machine)
		return;
	world(l)->counts->line_resumed++;
	if (!has_lease(l, &lease) || !same_lease(&lease, &l->lease) ||
	    lease.expires.ns != l->lease.expires.ns)
		fail(l, "a lease is not kept over a restart");
	if (s == NULL || s->granted_at.ns != l->since.ns)
		fail(l, "Session-Timeout begins anew after a restart");
}

/* ---- at rest, and in the end ---- */

void
lease_agreement(struct world *w, const struct subscriber *u)
{
	const struct line_host *h = u->line;
	struct dhcp6_lease lease;
	struct session *s;
	unsigned i;

	for (i = 0; i < line_count(w); i++) {
		const struct line *l = line_nr(u, i);

		if (l != h->at && has_lease(l, &lease))
			fail(l, "at rest: a lease, its host is not there");
	}
	if (h->state == HOST_OFF)
		return;
	s = line_session(h->at);
	if (h->state != HOST_BOUND && h->state != HOST_RENEW)
		fail(h->at, "at rest: its host has no address");
	else if (!h->has || s == NULL || !SAME(&h->addr, &s->hoa))
		fail(h->at, "at rest: its host has another address");
	else if (!has_lease(h->at, &lease) || !lease.bound)
		fail(h->at, "at rest: its host has no lease");
}

void
lease_nothing_left(struct nas *n)
{
	const struct lines *ls = n->lines;
	const char *what = NULL;

	if (sessions_count(&ls->e.sessions) != 0)
		what = "sessions";
	else if (ls->core.n_asked + ls->core.n_offered + ls->core.n_bound != 0)
		what = "leases";
	else if (ls->e.timers.n != 0)
		what = "timers";
	else if (ls->waits != NULL)
		what = "questions";
	else if (ls->open != 0)
		what = "Starts without a Stop";
	if (what != NULL)
		world_fail(n->host.w, "all are gone: lines of %s have %s left",
		    n->host.name, what);
}

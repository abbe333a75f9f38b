/* SPDX-License-Identifier: BSD-2-Clause */
/* Invariants of sessions against what the home agents hold, of messages as
 * they are sent, of a network at rest and of one that everybody has left. */
#include "tests/sim/sim_line.h"
#include "tests/sim/sim_mobile.h"

#include <arpa/inet.h>
#include <string.h>

#include "had/revoke.h"

#define SAME(a, b)	(memcmp(a, b, sizeof(*(a))) == 0)

static const struct mip4_ext_types types = MIP4_EXT_TYPES_DEFAULT;

/* ---- sessions ---- */

/* Has the home agent what this session stands on? */
bool
check_is_current(const struct sess *s)
{
	const struct view *v = &s->ha->view[s->u->index];

	return s->ha->host.up && v->holds &&
	    v->coa.s_addr == s->coa.s_addr && SAME(&v->hoa, &s->hoa);
}

void
check_left(struct ha *h, struct subscriber *u, struct in_addr coa,
    const struct in6_addr *hoa, const char *why)
{
	struct sess *s;

	for (s = u->sessions; s != NULL; s = s->next)
		if (s->ha == h && s->coa.s_addr == coa.s_addr &&
		    SAME(&s->hoa, hoa))
			s->excuse = why;
}

void
check_registered(struct sess *s)
{
	s->excuse = check_is_current(s) ? NULL : "before the reply came";
}

void
check_over(struct sess *s)
{
	s->u->asked[net_place(s->u->w, s->coa)][s->ha->host.index] = 0;
}

/* The NAS must stop believing in a binding before the home agent does. */
static void
check_expiry(const struct sess *s)
{
	const struct view *v = &s->ha->view[s->u->index];
	int64_t here, there, slack = 0;

	if (!v->bound)
		return;
	here = host_to_world(&s->nas->host, s->reg->expires);
	there = host_to_world(&s->ha->host, (mono_t){ v->until });
	if (s->u->w->plan.drift)
		slack = v->lifetime * SECOND / 4000;
	if (here > there + slack && !(s->resumed && s->reg->expires.ns ==
	    s->kept.ns))
		world_fail(s->u->w, "%s: it expires %lld ms after the home "
		    "agent's binding", s->subject,
		    (long long)((here - there) / MS));
}

static void
check_session(struct sess *s)
{
	struct world *w = s->u->w;

	if (s->state < SESSION_INSTALLING || s->state > SESSION_LINGER)
		return;
	if (s->reg == NULL || !mip_reg_is_bound(s->reg)) {
		world_fail(w, "%s: %s without a registration", s->subject,
		    session_state_str(s->state));
		return;
	}
	if (!SAME(&s->reg->hoa, &s->hoa))
		world_fail(w, "%s: not the registration's home address",
		    s->subject);
	if (mono_before(s->reg->expires, host_mono(&s->nas->host)))
		world_fail(w, "%s: outlives its registration", s->subject);
	if (s->state == SESSION_UP && (!s->tunnel || !s->ra))
		world_fail(w, "%s: up without a data path", s->subject);
	if (s->state == SESSION_UP && !gre_same(&s->path, &s->reg->gre))
		world_fail(w, "%s: up with a data path of other keys",
		    s->subject);
	if (check_is_current(s)) {
		s->excuse = NULL;
		check_expiry(s);
	} else if (s->excuse == NULL) {
		world_fail(w, "%s: %s, but the home agent has no such binding",
		    s->subject, session_state_str(s->state));
	}
}

void
check_sessions(struct world *w, struct subscriber *u)
{
	const struct sess *t;
	struct sess *s;
	unsigned i;

	if (u->mobile != NULL)
		for (i = 0; i < w->plan.n_nases; i++)
			link_watch(&u->mobile->link[i]);
	if (u->line != NULL)
		lease_watch(w, u);
	for (s = u->sessions; s != NULL; s = s->next) {
		check_session(s);
		if (s->reg == NULL || s->deregistering)
			continue;
		for (t = s->next; t != NULL; t = t->next)
			if (t->nas == s->nas && t->reg != NULL &&
			    !t->deregistering)
				world_fail(w, "%s: two registrations of one "
				    "NAI [D23]", s->subject);
	}
}

/* ---- messages ---- */

/* RFC 3543 3.3: not more than one a second for a binding; a 133 allows one at
 * once [PROTOCOLS 5]. */
void
check_request(struct nas *n, struct in_addr to, const uint8_t *data,
    size_t len)
{
	struct world *w = n->host.w;
	struct host *h = net_host(w, to);
	int64_t now = host_mono(&n->host).ns, *last;
	struct mip4_msg m;
	struct subscriber *u;
	uint8_t *retry;

	if (h == NULL || mip4_parse(&m, data, len, &types) != MIP4_OK ||
	    m.type != MIP4_RRQ)
		return;
	u = world_user(w, m.ext.nai, m.ext.nai_len);
	if (u == NULL)
		return;
	if (m.rrq.coa.s_addr != n->host.addr.s_addr)
		link_check_request(&u->mobile->link[n->host.index], h);
	world_touch(u);
	last = &u->asked[net_place(w, m.rrq.coa)][h->index];
	retry = &u->retry[net_place(w, m.rrq.coa)][h->index];
	if (*last != 0 && now - *last < SECOND) {
		if (*retry != RETRY_DUE && (*retry == RETRY_USED ||
		    w->step.by != BY_PACKET || !w->step.parsed ||
		    w->step.msg.type != MIP4_RRP ||
		    w->step.msg.rrp.code != MIP4_HA_ID_MISMATCH))
			world_fail(w, "%s: two requests for u%u within "
			    "%lld ms", n->host.name, u->index,
			    (long long)((now - *last) / MS));
		*retry = RETRY_USED;
	} else {
		*retry = RETRY_NONE;
	}
	*last = now;
}

/* One a second, never to where the subscriber is bound again, and none any
 * more when one was acknowledged. */
static void
check_revocation(struct ha *h, struct subscriber *u, struct in_addr to,
    uint32_t id)
{
	struct view *v = &h->view[u->index];
	uint64_t begun = peer_find(&h->peers, to)->stats.revoked;
	unsigned place = net_place(h->host.w, to);
	int64_t now = host_mono(&h->host).ns, last = v->revoked[place].at;
	const struct binding *b = ha_binding(h, u);
	struct world *w = h->host.w;

	if (v->revoked[place].said != 0 &&
	    now - v->revoked[place].said < SECOND)
		world_fail(w, "%s: revokes u%u %lld ms after its answer",
		    h->host.name, u->index, (long long)((now -
		    v->revoked[place].said) / MS));
	if (last != 0 && now - last < SECOND)
		world_fail(w, "%s: two revocations of u%u within %lld ms",
		    h->host.name, u->index, (long long)((now - last) / MS));
	if (v->revoked[place].acked &&
	    v->revoked[place].begun == begun)
		world_fail(w, "%s: revokes u%u though it was acknowledged",
		    h->host.name, u->index);
	if (w->step.by == BY_TIMER && b != NULL &&
	    b->state != BINDING_IDLE && b->coa.s_addr == to.s_addr)
		world_fail(w, "%s: revokes u%u where it is bound",
		    h->host.name, u->index);
	v->revoked[place].at = now;
	v->revoked[place].id = id;
	v->revoked[place].begun = begun;
	v->revoked[place].acked = false;
}

void
check_ack(struct ha *h, const struct packet *p)
{
	const struct step *st = &h->host.w->step;
	unsigned place = net_place(h->host.w, p->src);
	struct view *v;

	if (!st->parsed || st->msg.type != MIP4_REV_ACK || p->u == NULL ||
	    p->attack)
		return;
	v = &h->view[p->u->index];
	if (v->revoked[place].at != 0 &&
	    v->revoked[place].id == st->msg.ack.rev_id)
		v->revoked[place].acked = true;
}

/* When a registration was granted; what the network sends twice is answered
 * twice. */
static void
note_yes(struct ha *h, const struct subscriber *u, struct in_addr to,
    uint64_t id)
{
	unsigned place = net_place(h->host.w, to);
	struct view *v = &h->view[u->index];

	if (v->revoked[place].said_to != id)
		v->revoked[place].said = host_mono(&h->host).ns;
	v->revoked[place].said_to = id;
}

static void
check_reply(struct ha *h, struct subscriber *u, const struct mip4_msg *m,
    struct in_addr to)
{
	const struct binding *b = ha_binding(h, u);
	struct world *w = h->host.w;

	if (m->rrp.code == MIP4_HA_ID_MISMATCH)
		w->counts->mismatch++;
	if (m->rrp.code > MIP4_ACCEPTED_NO_SIMUL || m->rrp.lifetime == 0)
		return;
	if (b == NULL || b->state != BINDING_BOUND ||
	    b->coa.s_addr != to.s_addr || !m->ext.n_hoa ||
	    m->ext.hoa_empty != b->behind_node ||
	    (!b->behind_node && !SAME(&m->ext.hoa, &b->hoa)) ||
	    m->rrp.lifetime != b->lifetime)
		world_fail(w, "%s: says yes to u%u, has no such binding",
		    h->host.name, u->index);
	w->counts->renewed += w->step.by == BY_PACKET &&
	    w->step.msg.type == MIP4_RRQ && w->step.msg.ext.n_hoa > 0;
	note_yes(h, u, to, m->rrp.id);
}

void
check_from_ha(struct ha *h, struct in_addr to, const uint8_t *data,
    size_t len)
{
	struct world *w = h->host.w;
	struct host *nas = net_host(w, to);
	struct mip4_msg m;
	struct subscriber *u;

	if (nas == NULL || mip4_parse(&m, data, len, &types) != MIP4_OK)
		return;
	u = world_user(w, m.ext.nai, m.ext.nai_len);
	if (u == NULL)
		return;
	if (m.type == MIP4_REV)
		check_revocation(h, u, to, m.rev.rev_id);
	else if (m.type == MIP4_RRP)
		check_reply(h, u, &m, to);
}

/* ---- a network at rest ---- */

/* Each end has the other's keys, or none. */
static bool
keys_agree(const struct sess *s)
{
	const struct binding *b = ha_binding(s->ha, s->u);
	struct gre_keys gre = binding_gre(b);

	return s->path.own == gre.peer && s->path.peer == gre.own;
}

static unsigned
agreed(struct world *w, const struct subscriber *u)
{
	const struct sess *s;
	unsigned n = 0;

	for (s = u->sessions; s != NULL; s = s->next) {
		if (s->state != SESSION_UP)
			world_fail(w, "at rest: %s is %s", s->subject,
			    session_state_str(s->state));
		else if (!check_is_current(s))
			world_fail(w, "at rest: %s is up, its home agent has "
			    "another binding", s->subject);
		else if (!keys_agree(s))
			world_fail(w, "at rest: %s and its home agent have "
			    "other keys", s->subject);
		n++;
	}
	if (u->mobile != NULL)
		addr_agreement(w, u);
	if (u->line != NULL)
		lease_agreement(w, u);
	return n;
}

/* The router of each binding stands on it, and no subscriber has two, also not
 * at two home agents. */
static void
check_bindings(struct world *w, const struct subscriber *u)
{
	const struct sess *s;
	const struct view *v;
	unsigned i, n = 0;

	for (i = 0; i < w->plan.n_has; i++) {
		v = &w->ha[i].view[u->index];
		if (!w->ha[i].host.up || !v->holds)
			continue;
		for (s = u->sessions; s != NULL; s = s->next)
			if (s->ha == &w->ha[i] && check_is_current(s))
				break;
		if (s == NULL)
			world_fail(w, "at rest: %s has a binding of u%u's that "
			    "its router does not know of",
			    w->ha[i].host.name, u->index);
		n++;
	}
	if (n > 1)
		world_fail(w, "at rest: u%u has %u bindings", u->index, n);
}

void
check_agreement(struct world *w)
{
	size_t sessions = 0, bindings = 0;
	unsigned i;

	for (i = 0; i < w->plan.n_users; i++) {
		sessions += agreed(w, &w->user[i]);
		check_bindings(w, &w->user[i]);
	}
	for (i = 0; i < w->plan.n_has; i++) {
		struct ha *h = &w->ha[i];

		bindings += h->bindings.n_bound;
		if (h->reg.revoker != NULL && revoker_count(h->reg.revoker))
			world_fail(w, "at rest: %s still revokes",
			    h->host.name);
	}
	if (sessions != bindings)
		world_fail(w, "at rest: %zu sessions, %zu bindings", sessions,
		    bindings);
}

static void
check_ha_empty(struct ha *h)
{
	struct world *w = h->host.w;
	const char *what = NULL;
	uint64_t used = 0;
	unsigned i;

	for (i = 0; i < h->n_pools + (h->nodes ? NODE_POOLS : 0); i++)
		used += h->pool[i].used;
	if (h->bindings.n_bound != 0)
		what = "bindings";
	else if (table_count(&h->bindings.by_nai) != 0)
		what = "records";
	else if (used != 0 ||
	    table_count(&h->pools.leases) != 0)
		what = "leases";
	else if (h->n_routes + h->n_addr_routes != 0)
		what = "routes";
	else if ((h->nodes != NULL && h->nodes->mns.n_addrs != 0) ||
	    table_count(&h->pools.chosen) != 0)
		what = "addresses";
	else if (h->questions != NULL)
		what = "questions to AAA";
	else if (h->host.timers.n != 0)
		what = "timers";
	if (what != NULL)
		world_fail(w, "all are gone: %s has %s left", h->host.name,
		    what);
}

static void
check_nas_empty(struct nas *n)
{
	struct world *w = n->host.w;
	const char *what = NULL;

	if (n->lines != NULL)
		lease_nothing_left(n);
	if (n->n_sessions != 0)
		what = "sessions";
	else if (n->core.n_regs != 0 || table_count(&n->core.by_nai) != 0)
		what = "registrations";
	else if (table_count(&n->core.by_hoa) != 0)
		what = "home addresses";
	else if (table_count(&n->core.by_id) != 0)
		what = "tries";
	else if (n->host.timers.n != 0)
		what = "timers";
	if (what != NULL)
		world_fail(w, "all are gone: %s has %s left", n->host.name,
		    what);
}

void
check_nothing_left(struct world *w)
{
	unsigned i;

	for (i = 0; i < w->plan.n_nases; i++)
		check_nas_empty(&w->nas[i]);
	for (i = 0; i < w->plan.n_has; i++)
		check_ha_empty(&w->ha[i]);
	if (w->n_flying != 0 || w->timers.n != 0)
		world_fail(w, "all are gone: datagrams or timers are left");
}

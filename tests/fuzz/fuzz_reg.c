/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The home agent's registrations as a whole, by whoever has the keys. Three
 * access routers, one of which is of another group and has a realm of its own,
 * two access nodes that have a subscriber's key, and a foreign agent that another
 * one is behind, send what the input says:
 * well made, made up, signed or not, cut, flipped, sent again; time passes, the
 * data plane answers or fails, the operator revokes. After each step the books
 * must balance, nothing may have come to a stranger or of one, what was seen
 * before changes nothing, and nobody gets what policy keeps from it [PROTOCOLS
 * D80-D84, D160-D163, D187].
 */
#include <errno.h>

#include "tests/unit/had_rig.h"
#include "common/violations.h"
#include "tests/fuzz/ops.h"

#define EVIL		"192.0.2.9"
#define N_PEERS		3
#define N_SENDERS	6		/* and two access nodes, an agent */
#define N_ALL		7		/* and a stranger */
#define AGENT		5
#define NODE1		"10.1.0.1"
#define NODE2		"10.1.0.2"
#define N_NAIS		8
#define OWN_NAIS	5	/* the first ones: not of evil.net */
#define N_KEPT		8
#define MAX_OPS		96

static const uint8_t key_evil[16] = "evil has a key!";
static const char *const addrs[N_ALL] = { AR1, AR2, EVIL, NODE1, NODE2,
    "203.0.113.7", STRANGER };
static const char *const nais[N_NAIS] = { "a@example.net", "b@example.net",
    "c@EXAMPLE.net", "keyed@example.net", "d", "x@evil.net", "y@evil.net",
    "z@evil.net" };

struct kept {
	struct m	m;
	const char	*src;
	unsigned	from;
};

static struct {
	char		 realm[16], group[8], keyed[32];
	char		*realms[1];
	struct kept	 kept[N_KEPT];
	unsigned	 n_kept;
	int64_t		 revoked_ns[N_NAIS][N_SENDERS];
	struct m	 last_rev;		/* type 7 we were sent */
	unsigned	 rev_to;
	struct mip4_sa	 agent_sa;
	struct foreign_agent agent;
	struct care_of_range ranges[2];
	uint64_t	 homes;			/* given */
} w;

static bool
is_node(unsigned who)
{
	return who >= N_PEERS && who < AGENT;
}

static const uint8_t *
key_of(unsigned who)
{
	return is_node(who) ? key_mn : who == 2 ? key_evil : key1;
}

/* Signs as who would. */
static void
sign(struct m *m, unsigned who)
{
	m_auth(m, is_node(who) ? 32 : 34, is_node(who) ? 512 : 256,
	    key_of(who));
}

static const struct peer *
peer_of(unsigned who)
{
	return who < N_PEERS ? &rig.peer[who] : who < N_SENDERS ?
	    &rig.nodes.peer : NULL;
}

static uint32_t
seconds(void)
{
	return (uint32_t)(rig_ntp(NULL) >> 32);
}

/* ---- what comes out ---- */

static unsigned
nai_index(const uint8_t *nai, size_t len)
{
	unsigned i;

	for (i = 0; i < N_NAIS; i++)
		if (nai_equal(nais[i], strlen(nais[i]), nai, len))
			return i;
	return N_NAIS;
}

/* Never twice within a second for a binding [RFC 3543 3.3]. */
static void
revocation_sent(const struct mip4_msg *msg, unsigned to)
{
	unsigned i = nai_index(msg->ext.nai, msg->ext.nai_len);
	int64_t *at;

	if (i == N_NAIS)
		return;
	at = &w.revoked_ns[i][to];
	fuzz_assert(*at == 0 || rig.ns - *at >= 1000000000);
	*at = rig.ns;
}

/* To a mobile node behind the agent: signed for it, too, and with an address
 * that it has. */
static void
relayed(const struct mip4_msg *msg, const uint8_t *data)
{
	size_t covered = 0;

	if (msg->type != MIP4_RRP)
		return;
	fuzz_assert(mip4_auth_check(data, &msg->ext, MIP4_EXT_MN_HA,
	    &rig.user_sa, &covered) == MIP4_AUTH_OK && !msg->ext.off_gre);
	fuzz_assert(msg->rrp.code > 1 || msg->rrp.lifetime == 0 ||
	    (home4_has(&rig.nodes.home4, msg->rrp.home) &&
	    !home4_is_free(&rig.nodes.home4, msg->rrp.home)));
}

/* To peers only, whole, and signed with a key of theirs. */
static void
sent(void *arg, const struct reg_flow *f, const uint8_t *data, size_t len)
{
	struct mip4_sa *sa;
	struct mip4_msg msg;
	size_t covered = 0;
	unsigned i, k;
	uint8_t last;
	bool good = false;

	rig_send(arg, f, data, len);
	for (i = 0; i < N_SENDERS; i++)
		if (inet_addr(addrs[i]) == f->dst.s_addr)
			break;
	fuzz_assert(i < N_SENDERS);
	fuzz_assert(mip4_parse(&msg, data, len, &rig.conf.types) == MIP4_OK);
	fuzz_assert(msg.type != MIP4_RRQ);
	last = is_node(i) ? MIP4_EXT_MN_HA : MIP4_EXT_FA_HA;
	for (k = 0; k < 2; k++) {
		sa = i == AGENT ? &w.agent_sa : is_node(i) ? &rig.user_sa :
		    &rig.peer[i].sas[k].sa;
		good |= mip4_auth_check(data, &msg.ext, last, sa,
		    &covered) == MIP4_AUTH_OK;
	}
	fuzz_assert(good && data[len - 22] == last);
	/* A key to who asks for GRE and gets it. */
	fuzz_assert(!msg.ext.off_gre || (msg.ext.gre_key && msg.type ==
	    MIP4_RRP && msg.rrp.code < 2 && peer_of(i)->gre));
	if (i == AGENT)
		relayed(&msg, data);
	/* An access node gets no address. */
	fuzz_assert(i < N_PEERS || msg.type != MIP4_RRP || msg.rrp.code > 1 ||
	    (msg.ext.n_hoa == 1 && msg.ext.hoa_empty));
	if (msg.type != MIP4_REV)
		return;
	revocation_sent(&msg, i);
	w.last_rev.n = len;
	memcpy(w.last_rev.b, data, len);
	w.rev_to = i;
}

/* ---- the books ---- */

struct books {
	uint32_t	records, bound, installing, routes, leases, held;
	uint32_t	by_peer[N_PEERS + 1], records_of[N_PEERS + 1],
			held_of[N_PEERS + 1], nodes, behind;
	struct binding	*live[64];
	unsigned	n_live;
};

static bool
book(struct table_node *n, void *arg)
{
	struct binding *b = container_of(n, struct binding, by_nai);
	unsigned p = b->peer == &rig.nodes.peer ? N_PEERS :
	    (unsigned)(b->peer - rig.peer);
	struct books *k = arg;

	fuzz_assert(p <= N_PEERS && timer_is_set(&b->timer));
	k->records++;
	k->records_of[p]++;
	k->routes += b->route != NULL;
	k->leases += b->lease.at.pool != NULL;
	k->held += lease_is_held(&b->lease);
	k->held_of[p] += lease_is_held(&b->lease);
	k->installing += b->state == BINDING_INSTALLING;
	k->nodes += b->behind_node;
	k->behind += b->behind_node && mn_fa(b->mn);
	fuzz_assert(!b->behind_node || (b->state != BINDING_IDLE &&
	    p == N_PEERS));
	fuzz_assert(b->state == BINDING_INSTALLING || !b->held);
	if (b->state == BINDING_IDLE) {
		fuzz_assert(!b->route && (!b->lease.at.pool ||
		    lease_is_held(&b->lease)));
		return true;
	}
	k->bound++;
	k->by_peer[p]++;
	fuzz_assert(k->n_live < 64);
	k->live[k->n_live++] = b;
	return true;
}

/* Keys where they are offered, both or none, and the data plane has them. */
static void
check_keys(const struct binding *b, const struct gre_keys *in_use)
{
	struct gre_keys k = binding_gre(b);

	fuzz_assert(gre_same(&k, in_use) && gre_same(&k, &b->route->e.gre));
	fuzz_assert(!k.own == !k.peer && (b->peer->gre || !k.own));
	fuzz_assert(b->route->e.by_node == b->behind_node);
}

/* One of an access node has the way there, the care-of address for itself, and
 * nothing of a pool. */
static void
check_node(const struct binding *b)
{
	const struct dp_route *r = b->route;

	fuzz_assert(b->sa == &rig.user_sa && !b->lease.at.pool);
	fuzz_assert(b->mn->binding == b && mn_at(&rig.mns, b->mn->coa,
	    b->route->e.gre.peer) == b->mn);
	check_keys(b, &r->e.gre);
	fuzz_assert(r && r->live && r->e.coa.s_addr == b->mn->coa.s_addr);
	fuzz_assert(r->e.via.s_addr == mn_via(b->mn).s_addr);
	fuzz_assert((mn_fa(b->mn) != NULL) == (b->coa.s_addr ==
	    w.agent.addr.s_addr));
	fuzz_assert(mn_fa(b->mn) ? !binding_gre(b).own && home4_has(
	    &rig.nodes.home4, b->mn->coa) && !home4_is_free(
	    &rig.nodes.home4, b->mn->coa) :
	    b->mn->coa.s_addr == b->coa.s_addr);
	fuzz_assert(r->e.len == 0);
	fuzz_assert(b->lifetime > 0 && b->lifetime <= 3600);
}

/* A binding has its route, its lease and its address, and none of another's. */
static void
check_live(const struct binding *b)
{
	const struct dp_route *r = b->route;
	struct in6_addr addr;

	fuzz_assert(b->coa.s_addr == b->peer->addr.s_addr);
	fuzz_assert(b->sa && b->lease.at.pool &&
	    !lease_is_held(&b->lease));
	fuzz_assert(pool_find(&rig.pools, b->lease.at.pool, &b->hoa) ==
	    &b->lease);
	fuzz_assert(hoa_is_valid(&b->hoa));
	addr = lease_addr(&b->lease);
	fuzz_assert(r && r->live && r->e.coa.s_addr == b->coa.s_addr);
	fuzz_assert(r->e.len == pool_route_len(b->lease.at.pool));
	check_keys(b, &r->e.gre);
	fuzz_assert(IN6_ARE_ADDR_EQUAL(&r->e.prefix, &addr));
	fuzz_assert(b->lifetime > 0 && b->lifetime <= 3600);
}

static void
check_apart(const struct binding *a, const struct binding *b)
{
	if (b->behind_node)
		return;
	fuzz_assert(!IN6_ARE_ADDR_EQUAL(&a->hoa, &b->hoa));
	fuzz_assert(a->lease.at.pool != b->lease.at.pool ||
	    a->lease.at.part != b->lease.at.part);
}

static void
audit(void)
{
	struct books k = { 0 };
	unsigned i, j;

	table_each(&rig.bindings.by_nai, book, &k);
	for (i = 0; i < k.n_live; i++) {
		if (k.live[i]->behind_node) {
			check_node(k.live[i]);
			continue;
		}
		check_live(k.live[i]);
		for (j = 0; j < i; j++)
			check_apart(k.live[i], k.live[j]);
	}
	fuzz_assert(k.nodes == table_count(&rig.mns.by_coa));
	fuzz_assert(k.behind == rig.nodes.home4.n_used);
	fuzz_assert(k.records == table_count(&rig.bindings.by_nai));
	fuzz_assert(k.bound == rig.bindings.n_bound);
	fuzz_assert(k.installing == rig.bindings.n_installing);
	fuzz_assert(k.routes == rig_routes());
	fuzz_assert(k.leases == rig.pool[0].used + rig.pool[1].used);
	fuzz_assert(k.held == rig.pool[0].held + rig.pool[1].held);
	for (i = 0; i <= N_PEERS; i++) {
		const struct peer *p = peer_of(i);

		fuzz_assert(k.by_peer[i] == p->n_bindings);
		fuzz_assert(k.records_of[i] == p->n_records);
		fuzz_assert(k.held_of[i] == p->n_held);
		fuzz_assert(p->n_bindings <= p->max_bindings);
		fuzz_assert(p->n_held <= p->max_bindings);
	}
}

/* ---- what may not change ---- */

struct digest {
	uint64_t	sum;
	const struct peer *sender;	/* NULL: all; else not its own only */
};

static uint64_t
mix(uint64_t h, const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n-- > 0)
		h = (h ^ *b++) * UINT64_C(0x100000001b3);
	return h;
}

static bool
digest_one(struct table_node *n, void *arg)
{
	const struct binding *b = container_of(n, struct binding, by_nai);
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	struct digest *d = arg;
	bool evil_realm = nai_index(b->nai, b->nai_len) >= OWN_NAIS;

	if (d->sender && (d->sender != &rig.peer[2] || evil_realm) &&
	    (peer_same_group(b->peer, d->sender) ||
	    (b->state == BINDING_IDLE && !b->lease.at.pool)))
		return true;
	h = mix(h, b->nai, b->nai_len);
	h = mix(h, &b->state, sizeof(b->state));
	h = b->behind_node ? mix(h, &b->mn, sizeof(b->mn)) :
	    mix(h, &b->hoa, sizeof(b->hoa));
	h = mix(h, &b->coa, sizeof(b->coa));
	h = mix(h, &b->peer, sizeof(b->peer));
	h = mix(h, &b->lease.at.pool, sizeof(b->lease.at.pool));
	h = mix(h, &b->lease.at.part, sizeof(b->lease.at.part));
	h = mix(h, &b->lifetime, sizeof(b->lifetime));
	h = mix(h, &b->until, sizeof(b->until));
	h = mix(h, &b->last_id, sizeof(b->last_id));
	h = mix(h, &b->route, sizeof(b->route));
	h = mix(h, &b->rev_peer, sizeof(b->rev_peer));
	d->sum += h;
	return true;
}

static uint64_t
digest(const struct peer *sender)
{
	struct digest d = { .sender = sender };

	table_each(&rig.bindings.by_nai, digest_one, &d);
	return d.sum;
}

/* ---- what goes in ---- */

static enum reg_verdict
input(const struct m *m, unsigned from)
{
	/* nobody of another group is touched; by strangers nobody at all */
	const struct peer *p = peer_of(from);
	uint64_t before = digest(p);
	unsigned long taken = fuzz_heap.taken;
	enum reg_verdict v;

	v = rig_in(m, addrs[from]);
	if (!p)
		fuzz_assert(rig.n_sent == 0 && fuzz_heap.taken == taken);
	fuzz_assert(digest(p) == before);
	return v;
}

/* Again, when it was seen, and authentic: it changes nothing. */
static void
again(const struct m *m, unsigned from)
{
	uint64_t before = digest(NULL);
	long net;

	net = fuzz_heap_net();
	(void)rig_in(m, addrs[from]);
	fuzz_assert(digest(NULL) == before);
	fuzz_assert(fuzz_heap_net() == net);
}

static void
keep(const struct m *m, unsigned from)
{
	struct kept *k = &w.kept[w.n_kept++ % N_KEPT];

	k->m = *m;
	k->from = from;
}

static struct binding *
subject_of(const struct m *m, struct mip4_msg *msg)
{
	if (mip4_parse(msg, m->b, m->n, &rig.conf.types) != MIP4_OK ||
	    msg->ext.n_nai == 0)
		return NULL;
	return binding_find(&rig.bindings, msg->ext.nai, msg->ext.nai_len);
}

static void
deliver(const struct m *m, unsigned from)
{
	struct mip4_msg msg;
	struct binding *b = subject_of(m, &msg);
	bool bound = b && b->state != BINDING_IDLE;
	uint64_t last = b ? b->last_id : 0;
	enum reg_verdict v = input(m, from);

	if (v == REG_DROPPED || (rig.n_sent == 1 && rig.sent[0] == 3 &&
	    (rig.sent[1] == 131 || rig.sent[1] == 132))) {
		again(m, from);		/* not proved: no memory */
		return;
	}
	b = subject_of(m, &msg);
	if (!b)
		return;
	if (msg.type == MIP4_RRQ && b->last_id == msg.rrq.id &&
	    b->last_id != last)
		keep(m, from);
	if (msg.type == MIP4_REV && bound && b->state == BINDING_IDLE &&
	    (int32_t)(seconds() - msg.rev.rev_id) >= 0)
		keep(m, from);
}

static uint16_t
lifetime(struct ops *o)
{
	static const uint16_t some[] = { 1800, 0, 1, 5, 30, 600, 3600,
		65535 };

	return some[ops_pick(o, sizeof(some) / sizeof(some[0]))];
}

static void
put_iid(struct ops *o, struct m *m)
{
	static const char *const some[] = { IID, IID_B, NULL };

	m_req(m, some[ops_pick(o, 3)]);
}

static void
put_hoa(struct ops *o, struct m *m)
{
	static const char *const some[] = { "2001:db8:100:5:1:2:3:4",
		"2001:db8:200:1::5", "2001:db8:300::1", "fe80::1", "::1",
		"2001:db8:200:1:fdff:ffff:ffff:ff80" };
	unsigned n = ops_pick(o, 6 + N_NAIS);
	uint8_t b[17] = { 0x80 };
	const struct binding *of_one;

	if (n >= N_NAIS) {
		m_hoa(m, some[n - N_NAIS], n & 1);
		return;
	}
	of_one = of(nais[n]);
	if (of_one)
		memcpy(b + 1, &of_one->hoa, 16);
	m_ext(m, 221, b, sizeof(b));
}

static void
put_raw(struct ops *o, struct m *m)
{
	uint8_t b[32];
	size_t n = ops_bytes(o, b, 1 + ops_pick(o, sizeof(b)));

	if (m->n + n < sizeof(m->b))
		m_put(m, b, n);
}

static void
put_ext(struct ops *o, struct m *m, unsigned who)
{
	static const uint8_t empty, cvse[] = { 38, 0, 0, 6, 0, 0, 1, 2, 0, 1 },
	    gre[] = { 48, 0, 0, 4, 1, 2, 3, 4 }, pmip[] = { 47, 1, 0, 1 };

	switch (ops_pick(o, 14)) {
	case 0:
		m_nai(m, nais[ops_pick(o, N_NAIS)]);
		break;
	case 1:
		put_iid(o, m);
		break;
	case 2:
		put_hoa(o, m);
		break;
	case 3:
		m_rev_support(m);
		break;
	case 4:
		m_auth(m, 32, ops_pick(o, 2) ? 512 : 513, key_mn);
		break;
	case 5:
		m_auth(m, 34, ops_pick(o, 2) ? 300 : 256,
		    ops_pick(o, 2) ? key_mn : key_of(who));
		break;
	case 6:
		m_ext(m, ops_pick(o, 2) ? 221 : 120, &empty, 1);
		break;
	case 7:
		m_put(m, cvse, sizeof(cvse));
		break;
	case 8:
		m_put(m, gre, sizeof(gre));
		break;
	case 9:
		m_put(m, pmip, sizeof(pmip));
		m_int(m, ops_pick(o, 3), 1);
		break;
	case 10:
		m_int(m, 0, 1);
		break;
	case 11:
		m_ext(m, 131, "", 0);
		break;
	default:
		put_raw(o, m);
		break;
	}
}

static void
put_fixed(struct ops *o, struct m *m, unsigned who)
{
	static const uint8_t flags[] = { 0, 0x80, 0x20, 0x10, 0x08, 0x04,
		0x02, 0x01 };
	const struct binding *b = of(nais[0]);
	int32_t off = (int8_t)ops_u8(o);
	uint64_t id;

	switch (ops_pick(o, 6)) {
	case 4:
		m->n = 0;
		m_int(m, 7, 1);
		m_int(m, ops_pick(o, 2) ? 0x8000 : 0, 3);
		m_ip(m, "0.0.0.0");
		m_ip(m, ops_pick(o, 8) == 7 ? AR1 : HA);
		m_ip(m, addrs[ops_pick(o, 4) ? who : ops_pick(o, N_ALL)]);
		m_int(m, seconds() + (uint32_t)off, 4);
		return;
	case 5:
		m->n = 0;
		m_int(m, 15, 1);
		m_int(m, 0, 3);
		m_ip(m, "0.0.0.0");
		m_int(m, seconds() + (uint32_t)off, 4);
		return;
	default:
		break;
	}
	m_rrq(m, flags[ops_pick(o, 8)], lifetime(o),
	    addrs[ops_pick(o, 8) == 7 ? ops_pick(o, N_ALL) : who]);
	id = rig_ntp(NULL) + ((uint64_t)(int64_t)off << 32);
	if (off == 127 && b)
		id = b->last_id;
	m->n = 16;
	m_int(m, id, 8);
	if (ops_pick(o, 16) == 15)
		m->b[4] = 10;			/* an IPv4 home address */
	if (ops_pick(o, 16) == 15)
		m->b[8] ^= 1;			/* another home agent */
}

/* A GRE key, mostly none; few different ones, so that they meet. */
static void
put_key(struct ops *o, struct m *m)
{
	unsigned key = ops_pick(o, 8);

	if (key > 3)
		return;
	m_int(m, 0x30000004, 4);
	m_int(m, key, 4);
}

/* Anything, signed or not, and what may happen to it on the way. */
static void
made_up(struct ops *o)
{
	unsigned who = ops_pick(o, N_ALL), n = ops_pick(o, 8), how;
	struct m m;

	put_fixed(o, &m, who);
	while (n-- > 0 && m.n < 1200)
		put_ext(o, &m, who);
	how = ops_u8(o);
	if (!(how & 1) && is_node(who))
		sign(&m, who);
	else if (!(how & 1))
		m_auth(&m, 34, how & 2 ? 300 : 256, how & 2 ? key_mn :
		    key_of(who));
	if (how & 4)
		m.n -= ops_u8(o) % m.n;
	if (how & 8)
		m.b[ops_u8(o) % m.n] ^= (uint8_t)(1 + ops_pick(o, 255));
	if (how & 16)
		put_raw(o, &m);
	deliver(&m, how & 32 ? ops_pick(o, N_ALL) : who);
}

static void
well_made(struct ops *o, bool told)
{
	unsigned who = ops_pick(o, N_PEERS), nai = ops_pick(o, N_NAIS);
	struct m m;

	m_rrq(&m, 0, lifetime(o), addrs[who]);
	m_nai(&m, nais[nai]);
	if (told)
		put_hoa(o, &m);
	else
		put_iid(o, &m);
	if (nai == 3)
		m_auth(&m, 32, 512, key_mn);
	put_key(o, &m);
	if (ops_pick(o, 4) != 3)
		m_rev_support(&m);
	m_auth(&m, 34, 256, key_of(who));
	deliver(&m, who);
}

/* With an empty 120, 220 or 221, or none [D12]. */
static void
by_node(struct ops *o)
{
	static const uint8_t types[] = { 120, 120, 220, 221, 0 };
	unsigned who = N_PEERS + ops_pick(o, 2), nai = 3;
	uint8_t type = types[ops_pick(o, sizeof(types))];
	struct m m;

	if (ops_pick(o, 8) == 7)
		nai = ops_pick(o, N_NAIS);
	m_rrq(&m, ops_pick(o, 8) == 7 ? 0 : MIP4_F_D, lifetime(o),
	    addrs[who]);
	m_nai(&m, nais[nai]);
	if (type)
		m_ext(&m, type, "", 1);
	put_key(o, &m);
	if (ops_pick(o, 4) != 3)
		m_rev_support(&m);
	sign(&m, who);
	deliver(&m, who);
}

/* By way of the agent, who adds what is its own; or does it badly. */
static void
by_agent(struct ops *o)
{
	static const uint8_t types[] = { 220, 220, 221, 0 };
	static const char *const homes[] = { "0.0.0.0", "0.0.0.0",
	    "172.16.0.1", "172.16.0.2", "172.16.0.3" };
	uint8_t type = types[ops_pick(o, sizeof(types))];
	const struct binding *b = of(nais[3]);
	const char *home = homes[ops_pick(o, 5)];
	struct m m, h = { .n = 0 };

	m_rrq(&m, ops_pick(o, 8) == 7 ? MIP4_F_D : MIP4_F_T, lifetime(o),
	    addrs[AGENT]);
	m_ip(&h, home);
	if (ops_pick(o, 2) && b && b->behind_node)
		memcpy(h.b, &b->mn->coa, 4);
	memcpy(m.b + 4, h.b, 4);
	m_nai(&m, nais[ops_pick(o, 8) == 7 ? ops_pick(o, N_NAIS) : 3]);
	if (type)
		m_ext(&m, type, "", 1);
	if (ops_pick(o, 16) == 15)
		put_key(o, &m);
	m_auth(&m, 32, 512, key_mn);
	if (ops_pick(o, 4) != 3)
		m_rev_support(&m);
	if (ops_pick(o, 16) != 15)
		sign(&m, AGENT);
	deliver(&m, AGENT);
}

/* The binding's IPv4 home address, if it has one. */
static void
put_home(struct m *m)
{
	const struct binding *b = of(nais[3]);

	if (b && b->behind_node && mn_fa(b->mn))
		m_put(m, &b->mn->coa, 4);
	else
		m_ip(m, "0.0.0.0");
}

static void
revocation(struct ops *o)
{
	unsigned who = ops_pick(o, N_SENDERS);
	int32_t off = (int8_t)ops_u8(o);
	struct m m = { .n = 0 };

	m_int(&m, 7, 1);
	m_int(&m, 0, 3);
	put_home(&m);
	m_ip(&m, HA);
	m_ip(&m, addrs[who]);
	m_int(&m, seconds() + (uint32_t)off, 4);
	m_nai(&m, nais[ops_pick(o, N_NAIS)]);
	sign(&m, who);
	deliver(&m, who);
}

/* Of the last revocation sent, by who it was sent to or by another. */
static void
acknowledgment(struct ops *o)
{
	unsigned who = ops_pick(o, 4) == 3 ? ops_pick(o, N_SENDERS) :
	    w.rev_to;
	struct m m = { .n = 0 };

	if (w.last_rev.n < 20)
		return;
	m_int(&m, 15, 1);
	m_int(&m, 0, 3);
	m_put(&m, w.last_rev.b + 4, 4);
	m_put(&m, w.last_rev.b + 16, 4);
	m_put(&m, w.last_rev.b + 20, 2u + w.last_rev.b[21]);	/* NAI */
	sign(&m, who);
	deliver(&m, who);
}

static void
raw(struct ops *o)
{
	unsigned who = ops_pick(o, N_ALL);
	struct m m;

	m.n = ops_bytes(o, m.b, ops_u8(o));
	deliver(&m, who);
}

static void
operator(struct ops *o)
{
	struct binding *b = of(nais[ops_pick(o, N_NAIS)]);

	if (b && b->state != BINDING_IDLE)
		reg_end(&rig.reg, b, "operator");
}

static void
data_plane(struct ops *o)
{
	switch (ops_pick(o, 5)) {
	case 0:
		rig.dp_async = !rig.dp_async;
		break;
	case 1:
		rig.dp_fail = !rig.dp_fail;
		break;
	case 2:
		rig_dp_answer(-ENODEV);
		break;
	default:
		rig_dp_answer(0);
		break;
	}
}

static void
wait_some(struct ops *o)
{
	static const double some[] = { 0.1, 0.5, 1, 3, 8, 16, 40, 700, 2000,
		5000 };

	rig_wait(some[ops_pick(o, sizeof(some) / sizeof(some[0]))]);
}

static void
send_again(struct ops *o)
{
	unsigned n = w.n_kept < N_KEPT ? w.n_kept : N_KEPT;
	const struct kept *k;

	if (n == 0)
		return;
	k = &w.kept[ops_pick(o, n)];
	again(&k->m, k->from);
	/* to whoever does not have its address, it is nothing */
	(void)input(&k->m, ops_pick(o, N_ALL));
}

static void
step(struct ops *o)
{
	switch (ops_pick(o, 18)) {
	case 14:
	case 15:
		by_node(o);
		break;
	case 16:
	case 17:
		by_agent(o);
		break;
	case 0:
	case 1:
		well_made(o, false);
		break;
	case 2:
		well_made(o, true);
		break;
	case 3:
	case 4:
		made_up(o);
		break;
	case 5:
		send_again(o);
		break;
	case 6:
		wait_some(o);
		break;
	case 7:
		data_plane(o);
		break;
	case 8:
		operator(o);
		break;
	case 9:
		revocation(o);
		break;
	case 10:
		acknowledgment(o);
		break;
	case 11:
		raw(o);
		break;
	case 12:
		reg_load(&rig.reg, ops_pick(o, 3) * 400);
		break;
	case 13:	/* our clock is set: what was seen may be new again */
		rig.ntp_back = ops_pick(o, 20);
		w.n_kept = 0;
		break;
	}
}

static void
start_agent(void)
{
	uint32_t a = ntohl(inet_addr(addrs[AGENT]));

	w.agent_sa = (struct mip4_sa){ .spi = 256, .alg = MIP4_ALG_HMAC_MD5,
		.key_len = 16 };
	memcpy(w.agent_sa.key, key1, 16);
	w.agent = (struct foreign_agent){ { htonl(a) }, &w.agent_sa, 1 };
	w.ranges[0] = rig.range;
	w.ranges[1] = (struct care_of_range){ a, a, &rig.nodes.peer,
		&w.agent };
	rig.peers.ranges = w.ranges;
	rig.peers.n_ranges = 2;
	rig.nodes.home4 = (struct home4){ .first = 0xac100001, .n = 2,
		.used = &w.homes };
}

static void
start(void)
{
	memset(&w, 0, sizeof(w));
	rig_init();
	rig.conf.shed_after = 500;
	rig.conf.shed_pending = 4;
	rig.reg.shed = (struct shed){ .after_ms = 500, .max_pending = 4 };
	rig.reg.send = sent;
	rig.reg.violations = violations_new(&rig.clock);
	fuzz_assert(rig.reg.violations);
	rig_peer(&rig.peer[2], "evil", EVIL, key_evil, 2);
	strcpy(w.realm, "evil.net");
	strcpy(w.group, "evil");
	strcpy(w.keyed, "keyed@example.net");
	w.realms[0] = w.realm;
	rig.peer[2].realms = w.realms;
	rig.peer[2].n_realms = 1;
	rig.peer[2].group = w.group;
	rig.peer[2].max_bindings = 2;
	rig.peer[1].max_bindings = 3;
	fuzz_assert(peers_add(&rig.peers, &rig.peer[2]));
	rig_user(&rig.user, w.keyed);
	rig_nodes("10.1.0.0", 16);
	rig.peer[0].gre = rig.nodes.peer.gre = true;
	start_agent();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ops o = { data, data + len };
	unsigned n;

	fuzz_heap_watch();
	(void)log_set_level(NULL, "error");
	start();
	for (n = 0; n < MAX_OPS && ops_more(&o); n++) {
		step(&o);
		audit();
	}
	/* Everybody goes; nothing stays. */
	rig_dp_answer(0);
	rig_wait(20000);
	fuzz_assert(table_count(&rig.bindings.by_nai) == 0);
	violations_free(rig.reg.violations);
	free(rig.peer[2].sas);
	rig.peer[2].sas = NULL;
	rig_free();
	return 0;
}

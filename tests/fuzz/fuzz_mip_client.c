/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The NetMIP4 client against home agents whose keys the input has: sessions
 * come, renew and go, requests are answered well or ill, bindings revoked,
 * datagrams forged, cut, and sent again. Whoever owns a registration hears of
 * it in the promised order, what no key proves changes nothing and costs no
 * memory, what was acted on changes nothing a second time, and in the end
 * nothing is left [PROTOCOLS 5, 7, 8.3, 9, 11.4]. One of them is an access
 * node's, with a care-of address of its own, and one is behind a foreign agent,
 * whose own word ends nothing that is bound [D185].
 */
#include <arpa/inet.h>

#include "common/log.h"
#include "common/violations.h"
#include "common/wire.h"
#include "nasd/mip_reg.h"
#include "tests/fuzz/ops.h"

#define N_HAS		2
#define N_SLOTS		6
#define NODE		4	/* a slot */
#define BEHIND		5
#define N_SENT		16
#define N_KEPT		8
#define MAX_OPS		96
#define NTP0		UINT64_C(0xe5a1b2c311223344)
#define SECOND		INT64_C(1000000000)

static const char *const ha_addr[N_HAS + 1] = { "198.51.100.1",
    "198.51.100.9", "203.0.113.66" };
static const char *const nais[N_SLOTS] = { "a@example.net", "b@EXAMPLE.net",
    "a@example.net", "keyed@example.net", "node@example.net",
    "behind@example.net" };
static const char node_coa[] = "192.0.2.100";
static const char agent[] = "10.9.0.1", agent_coa[] = "203.0.113.7",
    home[] = "172.16.0.5";

struct slot {
	struct mip_reg	*reg;
	unsigned	 registered, over;	/* events since it began */
	bool		 left;			/* deregistration was asked */
	bool		 gre;
	unsigned	 ha;
};

struct datagram {
	uint8_t		b[1500];
	size_t		n;
	unsigned	from;		/* index of ha_addr */
	struct in_addr	to;		/* which of our addresses; of what was
					 * sent, where it came from */
	uint64_t	asked;		/* a reply: what it answers */
	bool		relayed;	/* by the agent; or by one that is not
					 * the right one */
	bool		stray;
};

static struct {
	int64_t			 ns;
	int32_t			 back_s;	/* how slow our clock is */
	struct clock		 clock;
	struct timers		 timers;
	struct mip_core		 core;
	struct mip4_sa		 sa[N_HAS][2], mn, mn_fa;
	bool			 keyed;		/* so is the agent */
	struct slot		 slot[N_SLOTS];
	struct datagram		 sent[N_SENT], kept[N_KEPT];
	unsigned		 n_sent, n_kept, events;
	uint32_t		 rev_max;	/* highest id of a revocation */
	unsigned		 then;		/* what owners do in events */
} w;

static mono_t
mono(void *arg)
{
	(void)arg;
	return (mono_t){ 1000 * SECOND + w.ns };
}

/* The home agents' clock; ours is as slow as back_s says. */
static uint64_t
true_ntp(void)
{
	return NTP0 + ((uint64_t)(w.ns / SECOND) << 32) +
	    ((uint64_t)(w.ns % SECOND) << 32) / (uint64_t)SECOND;
}

static uint64_t
ntp(void *arg)
{
	(void)arg;
	return true_ntp() - ((uint64_t)(uint32_t)w.back_s << 32);
}

static uint32_t
dice(void *arg)
{
	(void)arg;
	return (uint32_t)w.ns;
}

static void
send_out(void *arg, struct in_addr from, struct in_addr to, uint16_t port,
    const uint8_t *b, size_t n)
{
	struct datagram *d = &w.sent[w.n_sent++ % N_SENT];
	struct mip4_msg msg;

	(void)arg;
	(void)port;
	d->to = from;
	d->relayed = from.s_addr == INADDR_ANY;
	fuzz_assert(mip4_parse(&msg, b, n, &w.core.params.types) == MIP4_OK);
	if (d->relayed) {
		fuzz_assert(to.s_addr == inet_addr(agent));
		fuzz_assert(msg.type == MIP4_RRQ && msg.rrq.flags ==
		    MIP4_F_T && msg.rrq.coa.s_addr == inet_addr(agent_coa));
		fuzz_assert(msg.ext.n_auth == 1 + w.keyed);
		to = msg.rrq.ha;
	}
	for (d->from = 0; d->from < N_HAS; d->from++)
		if (inet_addr(ha_addr[d->from]) == to.s_addr)
			break;
	fuzz_assert(d->from < N_HAS && n <= sizeof(d->b));
	fuzz_assert(msg.type == MIP4_RRQ || msg.type == MIP4_REV_ACK);
	fuzz_assert(d->relayed || from.s_addr == inet_addr(node_coa) ||
	    from.s_addr == w.core.params.coa.s_addr);
	if (msg.type == MIP4_RRQ && !d->relayed)
		fuzz_assert(msg.rrq.coa.s_addr == from.s_addr);
	memcpy(d->b, b, n);
	d->n = n;
}

/* ---- the owners ---- */

static void
react(struct slot *s)
{
	w.events++;
	if (w.then == 1 && s->reg) {
		mip_reg_free(s->reg);
		s->reg = NULL;
	} else if (w.then == 2 && s->reg) {
		s->left = true;
		mip_reg_deregister(s->reg);
	}
}

static bool
is_node(const struct slot *s)
{
	return s >= &w.slot[NODE];
}

static void
on_registered(void *arg, const struct mip_result *res)
{
	struct slot *s = arg;

	fuzz_assert(s->reg && s->registered++ == 0 && s->over == 0);
	fuzz_assert((res->gre.own != 0) == s->gre);
	if (res->outcome == MIP_REGISTERED)
		fuzz_assert(hoa_is_valid(&res->hoa) != is_node(s) &&
		    res->lifetime > 0 && (res->gre.peer != 0) == s->gre);
	else
		s->over++;
	if (res->outcome == MIP_USELESS)
		s->left = true;		/* it deregisters by itself */
	react(s);
}

static void
on_changed(void *arg, const struct mip_result *res)
{
	struct slot *s = arg;

	fuzz_assert(s->reg && s->registered == 1 && s->over == 0);
	/* Of a node it is the key, or behind an agent the address. */
	fuzz_assert(hoa_is_valid(&res->hoa) != is_node(s));
	fuzz_assert(!is_node(s) || res->home.s_addr != INADDR_ANY ||
	    (s->gre && res->gre.peer != 0));
	react(s);
}

static void
on_lost(void *arg, const struct mip_result *res)
{
	struct slot *s = arg;

	fuzz_assert(s->reg && s->registered == 1 && s->over++ == 0);
	fuzz_assert(res->outcome != MIP_REGISTERED && res->text);
	if (res->outcome == MIP_USELESS)
		s->left = true;
	react(s);
}

static void
on_revoked(void *arg)
{
	struct slot *s = arg;

	fuzz_assert(s->reg && s->registered == 1 && s->over++ == 0);
	react(s);
}

static void
on_deregistered(void *arg, bool answered)
{
	struct slot *s = arg;

	(void)answered;
	fuzz_assert(s->reg && s->left);
	w.events++;
	s->reg = NULL;
}

static void
on_step(void *arg, const char *key, const char *detail)
{
	struct slot *s = arg;

	(void)s;
	fuzz_assert(key[0] && strlen(detail) < 1000);
}

static const struct mip_events events = { on_registered, on_changed, on_lost,
    on_revoked, on_deregistered, on_step };

static void
begin_session(struct ops *o)
{
	unsigned i = ops_pick(o, N_SLOTS), how = ops_u8(o);
	struct slot *s = &w.slot[i];
	struct mip_reg_request q = {
		.nai = nais[i], .subject = "fuzz",
		.ha = { .sa = w.sa[how & 1], .n_sa = 2 },
		.mn_ha = i >= 3 ? &w.mn : NULL,
		.kind = i >= NODE ? MIP_NODE : MIP_ROUTER,
		.coa.s_addr = inet_addr(i == BEHIND ? agent_coa : node_coa),
		.via.s_addr = i == BEHIND ? inet_addr(agent) : INADDR_ANY,
		.lifetime = i == BEHIND ? 300 : 0,
		.unique = how & 2, .budget_ms = 12000,
		.gre = (how & 4) && i != BEHIND,
		.iid = {{ 2, 1, 2, 3, 4, 5, 6, 7 }},
	};

	if (s->reg)
		return;
	q.ha.addr.s_addr = inet_addr(ha_addr[how & 1]);
	*s = (struct slot){ .ha = how & 1, .gre = q.gre };
	s->reg = mip_reg_create(&w.core, &q, &events, s);
	fuzz_assert(s->reg);
	for (i = 0; q.gre && i < N_SLOTS; i++)
		fuzz_assert(&w.slot[i] == s || !w.slot[i].reg ||
		    w.slot[i].reg->gre.own != s->reg->gre.own);
}

static void
end_session(struct ops *o)
{
	struct slot *s = &w.slot[ops_pick(o, N_SLOTS)];

	if (!s->reg)
		return;
	if (ops_pick(o, 4) == 3) {
		mip_reg_free(s->reg);
		s->reg = NULL;
		return;
	}
	s->left = true;
	mip_reg_deregister(s->reg);
}

/* ---- what may not change ---- */

static uint64_t
mix(uint64_t h, const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n-- > 0)
		h = (h ^ *b++) * UINT64_C(0x100000001b3);
	return h;
}

static uint64_t
digest(void)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	const struct mip_ha_rec *ha;
	unsigned i;

	for (i = 0; i < N_SLOTS; i++) {
		const struct mip_reg *r = w.slot[i].reg;

		h = mix(h, &r, sizeof(r));
		if (!r)
			continue;
		h = mix(h, &r->state, sizeof(r->state));
		h = mix(h, &r->maybe_bound, sizeof(r->maybe_bound));
		h = mix(h, &r->has_hoa, sizeof(r->has_hoa));
		h = mix(h, &r->has_tunnel, sizeof(r->has_tunnel));
		h = mix(h, &r->hoa, sizeof(r->hoa));
		h = mix(h, &r->home, sizeof(r->home));
		h = mix(h, &r->unique, sizeof(r->unique));
		h = mix(h, &r->lifetime, sizeof(r->lifetime));
		h = mix(h, &r->expires, sizeof(r->expires));
		h = mix(h, &r->n_sent, sizeof(r->n_sent));
		h = mix(h, &r->revocable, sizeof(r->revocable));
		h = mix(h, &r->rev_floor, sizeof(r->rev_floor));
		h = mix(h, &r->rev_acted, sizeof(r->rev_acted));
	}
	for (ha = w.core.ha_list; ha; ha = ha->next)
		h = mix(h, &ha->offset_s, sizeof(ha->offset_s));
	return h;
}

static void
input(const struct datagram *d)
{
	struct in_addr src = { inet_addr(ha_addr[d->from]) };
	struct in_addr fa = { inet_addr(d->stray ? "10.9.0.2" : agent) };

	if (d->relayed)
		mip_fa_input(&w.core, fa, d->b, d->n);
	else
		mip_core_input(&w.core, src, 434, d->to, d->b, d->n);
}

/* Nothing comes of it, and nothing is kept of it. */
static void
input_in_vain(const struct datagram *d)
{
	unsigned n_sent = w.n_sent, n_events = w.events;
	uint64_t before = digest();
	unsigned long taken = fuzz_heap.taken;
	long net = fuzz_heap_net();

	input(d);
	fuzz_assert(digest() == before && w.events == n_events);
	fuzz_assert(w.n_sent == n_sent && fuzz_heap_net() == net);
	if (d->from == N_HAS)
		fuzz_assert(fuzz_heap.taken == taken);
}

/* A revocation is acknowledged again where it means nothing [D15]. */
static void
input_again(const struct datagram *d)
{
	unsigned n_sent = w.n_sent, n_events = w.events;
	uint64_t before = digest();

	input(d);
	fuzz_assert(digest() == before && w.events == n_events);
	fuzz_assert(w.n_sent == n_sent || d->b[0] == MIP4_REV);
}

/* With a key, has the agent signed it? */
static bool
is_agents(const struct datagram *d)
{
	enum mip4_parsed parsed;
	struct mip4_msg msg;
	size_t covered;

	if (!w.keyed || !d->relayed)
		return true;
	parsed = mip4_parse(&msg, d->b, d->n, &w.core.params.types);
	return parsed == MIP4_OK && mip4_auth_check(d->b, &msg.ext,
	    MIP4_EXT_MN_FA, &w.mn_fa, &covered) == MIP4_AUTH_OK;
}

/* Nothing that the agent says itself ends what is bound. */
static void
input_agents(const struct datagram *d)
{
	bool was[N_SLOTS];
	unsigned i;

	for (i = 0; i < N_SLOTS; i++)
		was[i] = w.slot[i].reg && mip_reg_is_bound(w.slot[i].reg);
	input(d);
	for (i = 0; i < N_SLOTS; i++)
		fuzz_assert(!was[i] || mip_reg_is_bound(w.slot[i].reg));
}

static void
deliver(const struct datagram *d, bool proved)
{
	uint64_t before = digest();

	if (!is_agents(d)) {
		input_in_vain(d);
		return;
	}
	if (d->relayed && !d->stray && d->n > 1 && d->b[0] == MIP4_RRP &&
	    mip_fa_is_code(d->b[1])) {
		input_agents(d);
		return;
	}
	if (!proved || d->from == N_HAS) {
		input_in_vain(d);
		return;
	}
	input(d);
	if (digest() != before)
		w.kept[w.n_kept++ % N_KEPT] = *d;
}

/* ---- a home agent's messages ---- */

static void
put_hoa(struct ops *o, struct wire_w *b, const struct mip4_exts *asked,
    const struct mip_reg *r, bool empty)
{
	struct in6_addr a = { .s6_addr = { 0x20, 1, 0xd, 0xb8, 1 } };
	unsigned how = ops_pick(o, 8);

	a.s6_addr[7] = (uint8_t)ops_pick(o, 4);
	if (asked && asked->n_hoa == 1 && !asked->hoa_empty)
		a = asked->hoa;
	else if (asked && asked->n_hoa_req == 1)
		memcpy(a.s6_addr + 8, &asked->hoa_req_iid, 8);
	else if (r && r->has_hoa)
		a = r->hoa;
	if (iid_is_zero(iid_of(&a)))
		a.s6_addr[15] = (uint8_t)(1 + ops_pick(o, 3));
	if (how == 1)
		a.s6_addr[15] ^= 1;
	else if (how == 2)
		a.s6_addr[6] ^= 1;
	else if (how == 3)
		a.s6_addr[0] = 0xff;
	else if (how == 4)
		return;
	mip4_put_hoa(b, 221, (how == 5) != empty ? NULL : &a, how != 6);
	if (how == 7)
		mip4_put_hoa(b, 221, &a, true);
}

/* What is done to a message before and after it is signed; false when nobody
 * can believe it any more. What is cut off may be put back by chance. */
static bool
finish(struct ops *o, struct wire_w *b, struct datagram *d, unsigned ha,
    bool node)
{
	const struct mip4_sa *sa = node ? &w.mn : NULL;
	uint8_t type = node ? MIP4_EXT_MN_HA : MIP4_EXT_FA_HA;
	unsigned how = ops_u8(o);
	struct datagram whole;
	struct mip4_sa bad;

	if (sa == NULL)
		sa = &w.sa[ha][how >> 1 & 1];
	if (how & 1) {
		mip4_sa_copy(&bad, sa);
		bad.key[3] ^= 1;
		sa = &bad;
	}
	mip4_put_auth(b, type, sa);
	if (d->relayed && w.keyed && how >> 6 != 2)
		mip4_put_auth(b, MIP4_EXT_MN_FA, &w.mn_fa);
	fuzz_assert(!b->err);
	d->n = b->len;
	d->from = ha;
	d->to.s_addr = node != (how >> 6 == 3) ? inet_addr(node_coa) :
	    w.core.params.coa.s_addr;
	whole = *d;
	if (how & 4)
		d->n -= 1 + ops_u8(o) % d->n;
	if (how & 8 && d->n > 0)
		d->b[ops_u8(o) % d->n] ^= (uint8_t)(1 + ops_pick(o, 255));
	if (how & 16)
		d->n += ops_bytes(o, d->b + d->n, 1 + ops_pick(o, 32));
	if (d->relayed)
		d->stray = how & 32;
	else if (how & 32)
		d->from = ops_pick(o, N_HAS + 1);
	return !(how & 1) && (d->relayed ? !d->stray : how >> 6 != 3) &&
	    d->from == ha &&
	    d->n >= whole.n &&
	    memcmp(d->b, whole.b, whole.n) == 0;
}

/* 137 as had does: above what was revoked before. */
static uint32_t
timestamp(void)
{
	uint32_t now = (uint32_t)(true_ntp() >> 32);

	return (int32_t)(now - w.rev_max) > 0 ? now : w.rev_max + 1;
}

static void
answer(struct ops *o)
{
	static const uint8_t codes[] = { 0, 0, 1, 133, 129, 130, 131, 136,
		143, 64, 255 };
	static const uint16_t lifetimes[] = { 1800, 600, 0, 65535, 5, 1 };
	unsigned n = w.n_sent < N_SENT ? w.n_sent : N_SENT;
	struct mip4_rrp rrp = { 0 };
	const struct datagram *q;
	struct datagram d;
	struct mip4_msg msg;
	struct wire_w b;
	bool node;

	if (n == 0)
		return;
	q = &w.sent[(w.n_sent - 1 - ops_pick(o, n)) % N_SENT];
	fuzz_assert(mip4_parse(&msg, q->b, q->n, &w.core.params.types) ==
	    MIP4_OK);
	if (msg.type != MIP4_RRQ)
		return;
	node = msg.rrq.flags & (MIP4_F_D | MIP4_F_T);
	rrp.code = codes[ops_pick(o, sizeof(codes))];
	rrp.lifetime = msg.rrq.lifetime == 0 ? 0 :
	    lifetimes[ops_pick(o, 6)];
	rrp.ha = msg.rrq.ha;
	d.relayed = q->relayed;
	d.stray = false;
	if (q->relayed && ops_pick(o, 8) != 7)
		rrp.home.s_addr = inet_addr(home);
	rrp.id = d.asked = msg.rrq.id;
	if (rrp.code == 133)
		rrp.id = (true_ntp() & ~UINT64_C(0xffffffff)) |
		    (rrp.id & 0xffffffff);
	switch (ops_pick(o, 16)) {
	case 13:
		rrp.id ^= 1;
		break;
	case 14:
		rrp.ha.s_addr ^= 1;
		break;
	case 15:
		rrp.home.s_addr = inet_addr("10.0.0.1");
		break;
	}
	wire_w_init(&b, d.b, sizeof(d.b) - 64);
	mip4_put_rrp(&b, &rrp);
	if (ops_pick(o, 8) != 7)
		mip4_put_nai(&b, msg.ext.nai, msg.ext.nai_len);
	put_hoa(o, &b, &msg.ext, NULL, node);
	for (n = msg.ext.n_gre * ops_pick(o, 3); n > 0; n--)
		mip4_put_gre_key(&b, ops_pick(o, 4));
	if (ops_pick(o, 8) != 7 && msg.ext.nai_len > 5 &&
	    memcmp(msg.ext.nai, "keyed", 5) == 0)
		mip4_put_auth(&b, MIP4_EXT_MN_HA, &w.mn);
	if (ops_pick(o, 8) != 7)
		mip4_put_rev_support(&b, false, timestamp());
	deliver(&d, finish(o, &b, &d, q->from, node));
}

static void
revoke(struct ops *o)
{
	const struct slot *s = &w.slot[ops_pick(o, N_SLOTS)];
	unsigned how = ops_u8(o), ha = how & 1 ? 1 - s->ha : s->ha;
	struct mip4_rev rev = {
		.a = !(how & 2),
		.hda.s_addr = inet_addr(ha_addr[ha]),
		.fda.s_addr = is_node(s) ? inet_addr(node_coa) :
		    w.core.params.coa.s_addr,
		.rev_id = (uint32_t)(true_ntp() >> 32) +
		    (uint32_t)(int8_t)ops_u8(o),
	};
	struct datagram d = { .relayed = false };
	struct wire_w b;
	bool proved;

	if (how & 4)
		rev.fda.s_addr ^= 1;
	wire_w_init(&b, d.b, sizeof(d.b) - 64);
	mip4_put_rev(&b, &rev);
	if (!(how & 8))
		mip4_put_nai(&b, nais[s - w.slot], strlen(nais[s - w.slot]));
	if (!(how & 16))
		put_hoa(o, &b, NULL, s->reg, is_node(s));
	proved = finish(o, &b, &d, ha, is_node(s));
	if (proved && (int32_t)(rev.rev_id - w.rev_max) > 0)
		w.rev_max = rev.rev_id;
	deliver(&d, proved);
}

static void
raw(struct ops *o)
{
	struct datagram d = { .relayed = ops_pick(o, 4) == 3 };

	d.from = ops_pick(o, N_HAS + 1);
	d.to = w.core.params.coa;
	d.n = ops_bytes(o, d.b, ops_u8(o));
	deliver(&d, false);
}

/* Ours come back as they went. */
static void
reflect(struct ops *o)
{
	unsigned n = w.n_sent < N_SENT ? w.n_sent : N_SENT;
	struct datagram d;

	if (n == 0)
		return;
	d = w.sent[ops_pick(o, n)];
	deliver(&d, false);
}

/* Is a request out that is not the one which this answered, and has the same
 * low half? A denial, whose high half is the home agent's, then fits. */
static bool
fits_by_chance(const struct datagram *d)
{
	const struct mip_reg *r;
	unsigned i, k;

	if (d->b[0] != MIP4_RRP)
		return false;
	for (i = 0; i < N_SLOTS; i++) {
		r = w.slot[i].reg;
		for (k = 0; r && k < MIP_TRIES; k++)
			if (r->tries[k].reg &&
			    r->tries[k].low == (uint32_t)d->asked &&
			    r->tries[k].high != d->asked >> 32)
				return true;
	}
	return false;
}

static void
send_again(struct ops *o)
{
	unsigned n = w.n_kept < N_KEPT ? w.n_kept : N_KEPT;
	const struct datagram *d;

	if (n == 0)
		return;
	d = &w.kept[ops_pick(o, n)];
	if (!fits_by_chance(d))
		input_again(d);
}

/* ---- time ---- */

static void
advance(int64_t ms)
{
	int64_t end = w.ns + ms * 1000000;
	unsigned turns = 0;
	mono_t next;

	for (;;) {
		next = timers_next(&w.timers);
		if (next.ns > end + 1000 * SECOND)
			break;
		fuzz_assert(turns++ < 100000);
		if (next.ns > mono(NULL).ns)
			w.ns = next.ns - 1000 * SECOND;
		timers_run(&w.timers, mono(NULL));
	}
	w.ns = end;
}

static void
wait_some(struct ops *o)
{
	static const int64_t some[] = { 100, 500, 1000, 2000, 5000, 15000,
		400000, 1400000, 2000000 };

	advance(some[ops_pick(o, sizeof(some) / sizeof(some[0]))]);
}

static void
step(struct ops *o)
{
	switch (ops_pick(o, 12)) {
	case 0:
		begin_session(o);
		break;
	case 1:
	case 2:
	case 3:
		answer(o);
		break;
	case 4:
		wait_some(o);
		break;
	case 5:
		end_session(o);
		break;
	case 6:
		revoke(o);
		break;
	case 7:
		send_again(o);
		break;
	case 8:
		raw(o);
		break;
	case 9:
		reflect(o);
		break;
	case 10:
		w.then = ops_pick(o, 3);
		break;
	case 11:
		w.back_s = ops_pick(o, 3) * 50;
		break;
	}
}

static void
audit(void)
{
	size_t live = 0, tries = 0, has = 0;
	const struct mip_ha_rec *ha;
	unsigned i, k;

	for (i = 0; i < N_SLOTS; i++) {
		const struct mip_reg *r = w.slot[i].reg;

		if (!r)
			continue;
		live++;
		for (k = 0; k < MIP_TRIES; k++)
			tries += r->tries[k].reg != NULL;
		fuzz_assert(r->state != MIP_S_BOUND ||
		    (i >= NODE ? r->has_tunnel && !r->has_hoa : r->has_hoa));
		fuzz_assert(r->state != MIP_S_LEAVING || w.slot[i].left);
	}
	for (ha = w.core.ha_list; ha; ha = ha->next)
		has += ha->n_regs;
	fuzz_assert(live == w.core.n_regs && has == live);
	fuzz_assert(tries == table_count(&w.core.by_id));
}

static const struct mip4_sa *
fa_key(void *arg, const char *nai, size_t len, struct in_addr fa)
{
	(void)arg;
	(void)nai;
	(void)len;
	fuzz_assert(fa.s_addr == inet_addr(agent));
	return w.keyed ? &w.mn_fa : NULL;
}

static void
start(bool keyed)
{
	unsigned i, k;

	memset(&w, 0, sizeof(w));
	w.clock = (struct clock){ mono, ntp, NULL };
	timers_init(&w.timers);
	for (i = 0; i < N_HAS; i++)
		for (k = 0; k < 2; k++) {
			w.sa[i][k] = (struct mip4_sa){ .spi = 256 + k,
				.alg = MIP4_ALG_HMAC_MD5, .key_len = 16 };
			memset(w.sa[i][k].key, (int)(1 + 2 * i + k), 16);
		}
	w.mn = (struct mip4_sa){ .spi = 512, .alg = MIP4_ALG_HMAC_MD5,
		.key_len = 16 };
	memset(w.mn.key, 9, 16);
	w.mn_fa = (struct mip4_sa){ .spi = 768, .alg = MIP4_ALG_HMAC_MD5,
		.key_len = 16 };
	memset(w.mn_fa.key, 11, 16);
	w.keyed = keyed;
	w.core = (struct mip_core){
		.timers = &w.timers, .clock = &w.clock,
		.send = send_out, .random = dice,
		.params = { .lifetime = 1800, .attempts = 5,
			.dereg_attempts = 3, .require_nai = true,
			.types = MIP4_EXT_TYPES_DEFAULT },
	};
	w.core.params.coa.s_addr = inet_addr("192.0.2.1");
	fuzz_assert(mip_core_init(&w.core) == 0);
	w.core.fa_key = fa_key;
	w.core.violations = violations_new(&w.clock);
	fuzz_assert(w.core.violations);
}

/* Everybody goes, unanswered. */
static void
finish_all(void)
{
	unsigned i;

	w.then = 0;
	for (i = 0; i < N_SLOTS; i++)
		if (w.slot[i].reg) {
			w.slot[i].left = true;
			mip_reg_deregister(w.slot[i].reg);
		}
	advance(1000000);
	for (i = 0; i < N_SLOTS; i++)
		fuzz_assert(!w.slot[i].reg);
	audit();
	violations_free(w.core.violations);
	mip_core_free(&w.core);
	fuzz_assert(timers_next(&w.timers).ns == MONO_NEVER.ns);
	timers_free(&w.timers);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ops o = { data, data + len };
	unsigned n;

	fuzz_heap_watch();
	(void)log_set_level(NULL, "error");
	start(len & 1);
	for (n = 0; n < MAX_OPS && ops_more(&o); n++) {
		step(&o);
		audit();
	}
	finish_all();
	return 0;
}

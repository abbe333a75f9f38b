/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The network of sim_way.h, and the links between access nodes and foreign
 * agents: each datagram is lost, late, or comes twice, as it is drawn. Who
 * attacks has seen what passed, and has no key: he sends it again, bent, or
 * from elsewhere, and makes up replies of agents and requests of others.
 */
#include "tests/sim/sim_way.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/wire.h"

#define COA_NET		10	/* 10.nas.0.line, 10.nas.1.n: shared */
#define FA_NET		0xc6120000	/* 198.18.0.0 */
#define STRANGER	0xcb007142

/* ---- addresses ---- */

struct in_addr
way_coa(const struct way_nas *n, unsigned line, bool shared)
{
	uint32_t a = COA_NET << 24 | (n->host.index + 1) << 16;

	return (struct in_addr){ htonl(shared ? a | 0x100 |
	    (line % n->way->plan.n_coas + 1) : a | (line + 1)) };
}

struct in_addr
way_fa_coa(unsigned fa, unsigned which)
{
	return (struct in_addr){ htonl(FA_NET + (fa + 1) * WAY_FA_ADDRS +
	    which) };
}

struct way_fa *
way_fa_of(struct way *y, struct in_addr coa)
{
	unsigned i;

	for (i = 0; i < y->plan.n_fas * WAY_FA_ADDRS; i++)
		if (way_fa_coa(i / WAY_FA_ADDRS, i % WAY_FA_ADDRS).s_addr ==
		    coa.s_addr)
			return &y->fa[i / WAY_FA_ADDRS];
	return NULL;
}

struct way_ha *
way_ha_of(struct way *y, struct in_addr a)
{
	unsigned i;

	for (i = 0; i < y->plan.n_has; i++)
		if (y->ha[i].host.addr.s_addr == a.s_addr)
			return &y->ha[i];
	return NULL;
}

struct way_nas *
way_nas_of(struct way *y, struct in_addr a)
{
	uint32_t n = ntohl(a.s_addr);
	unsigned i = (n >> 16 & 0xff) - 1;

	if (n >> 24 == COA_NET)
		return i < y->plan.n_nases ? &y->nas[i] : NULL;
	for (i = 0; i < y->plan.n_nases; i++)
		if (y->nas[i].host.addr.s_addr == a.s_addr)
			return &y->nas[i];
	return NULL;
}

/* Who gets it, or NULL. */
static struct host *
receiver(struct way *y, const struct way_packet *p)
{
	struct way_ha *h = way_ha_of(y, p->dst);
	struct way_fa *f = way_fa_of(y, p->dst);
	struct way_nas *n = way_nas_of(y, p->dst);

	if (p->on_link)
		return p->dst.s_addr == y->fa[p->fa].link[p->link].s_addr ?
		    &y->fa[p->fa].host : &y->nas[p->nas].host;
	if (f != NULL && f->host.addr.s_addr != p->dst.s_addr)
		return NULL;		/* it had that once */
	return h != NULL ? &h->host : f != NULL ? &f->host : n != NULL ?
	    &n->host : NULL;
}

/* ---- what is in it, for the trace ---- */

static void
describe(struct way *y, const struct way_packet *p, char *buf, size_t n)
{
	static const struct mip4_ext_types types = MIP4_EXT_TYPES_DEFAULT;
	struct way_line *l;
	char home[INET_ADDRSTRLEN];
	struct mip4_msg m;

	if (p->icmp) {
		snprintf(buf, n, "ICMP type %u", p->data[0]);
		return;
	}
	if (mip4_parse(&m, p->data, p->len, &types) != MIP4_OK) {
		snprintf(buf, n, "%zu bytes", p->len);
		return;
	}
	l = way_line(y, m.ext.nai, m.ext.nai_len);
	if (m.type == MIP4_RRQ)
		snprintf(buf, n, "request u%d lifetime %u home %s id %08x key "
		    "%08x", l != NULL ? (int)l->index : -1, m.rrq.lifetime,
		    inet_ntop(AF_INET, &m.rrq.home, home, sizeof(home)),
		    (unsigned)m.rrq.id, m.ext.gre_key);
	else if (m.type == MIP4_RRP)
		snprintf(buf, n, "reply u%d code %u lifetime %u home %s id "
		    "%08x key %08x", l != NULL ? (int)l->index : -1,
		    m.rrp.code, m.rrp.lifetime, inet_ntop(AF_INET,
		    &m.rrp.home, home, sizeof(home)), (unsigned)m.rrp.id,
		    m.ext.gre_key);
	else
		snprintf(buf, n, "%s u%d", m.type == MIP4_REV ? "revocation" :
		    "acknowledgment", l != NULL ? (int)l->index : -1);
}

/* ---- on its way ---- */

static void
land(struct way_packet *p)
{
	*p->prev = p->next;
	if (p->next != NULL)
		p->next->prev = p->prev;
	p->way->n_flying--;
}

static void
record(struct way *y, const struct way_packet *p, const struct host *to)
{
	struct way_packet *h = &y->history[y->n_history++ % WAY_HISTORY];

	*h = *p;
	h->boot = to->boot;
}

static void
hand_over(struct way *y, struct host *to, struct way_packet *p)
{
	struct way_nas *n = way_nas_of(y, p->on_link ?
	    y->nas[p->nas].host.addr : p->dst);
	struct way_fa *f = p->on_link ? &y->fa[p->fa] : way_fa_of(y, p->dst);

	y->now = p;
	y->w->counts->delivered++;
	if (p->icmp && to == &f->host)
		fa_solicited(f->fa, p->link, y->nas[p->nas].lladdr, p->data,
		    p->len, p->ttl);
	else if (p->icmp)
		hear_input(&y->nas[p->nas], p);
	else if (f != NULL && to == &f->host && p->on_link)
		fa_from_node(f->fa, p->link, y->nas[p->nas].lladdr, p->src,
		    p->sport, p->data, p->len);
	else if (f != NULL && to == &f->host) {
		gre_answered(f, p);
		fa_from_home(f->fa, p->src, p->sport, p->data, p->len);
	} else if (n != NULL && to == &n->host)
		way_nas_input(n, p);
	else
		way_ha_input(way_ha_of(y, p->dst), p);
}

/* Nobody is there: who has sent it may hear so. */
static void
bounce(struct way *y, const struct way_packet *p)
{
	struct way_fa *f = way_fa_of(y, p->src);

	if (f != NULL && f->host.up && !p->on_link && way_ha_of(y, p->dst) &&
	    dice_permille(&y->w->dice, 300)) {
		gre_answered(f, p);
		fa_unreachable(f->fa, p->dst, p->data, p->len);
	}
}

static void
arrive(struct timer *t)
{
	struct way_packet *p = container_of(t, struct way_packet, timer);
	struct way *y = p->way;
	struct host *to = receiver(y, p);
	char text[160];

	land(p);
	if (to == NULL || !to->up) {
		if (to != NULL)
			bounce(y, p);
		free(p);
		return;
	}
	if (y->w->trace || y->w->lines != NULL) {
		describe(y, p, text, sizeof(text));
		SAY(y->w, to, "<- %s", text);
	}
	record(y, p, to);
	hand_over(y, to, p);
}

static void
fly(struct way *y, const struct way_packet *head, const uint8_t *data,
    size_t len, int64_t in)
{
	struct way_packet *p = malloc(sizeof(*p));

	if (p == NULL || len > sizeof(p->data))
		abort();
	*p = *head;
	p->way = y;
	p->sent = y->w->now;
	p->timer = (struct timer){ .fire = arrive };
	memcpy(p->data, data, len);
	p->len = len;
	p->next = y->flying;
	p->prev = &y->flying;
	if (p->next != NULL)
		p->next->prev = &p->next;
	y->flying = p;
	y->n_flying++;
	world_at(y->w, &p->timer, in);
}

void
way_send(struct way *y, const struct way_packet *head, const uint8_t *data,
    size_t len)
{
	struct dice *d = &y->w->dice;
	bool bad = way_restless(y);
	int64_t in = head->on_link ? dice_between(d, MS / 10, MS) :
	    dice_between(d, y->plan.delay / 2, y->plan.delay);

	y->w->counts->sent++;
	if (bad && dice_permille(d, y->plan.loss)) {
		y->w->counts->lost++;
		return;
	}
	if (bad && !head->on_link && dice_permille(d, y->plan.late))
		in += dice_between(d, 0, dice_permille(d, 100) ? 8 * SECOND :
		    2 * SECOND);
	fly(y, head, data, len, in);
	if (!bad || !dice_permille(d, y->plan.dup))
		return;
	y->w->counts->dup++;
	fly(y, head, data, len, in + dice_between(d, 0, head->on_link ?
	    50 * MS : 3 * SECOND));
}

void
way_net_free(struct way *y)
{
	struct way_packet *p, *next;

	for (p = y->flying; p != NULL; p = next) {
		next = p->next;
		timer_cancel(&y->w->timers, &p->timer);
		free(p);
	}
	y->flying = NULL;
}

/* ---- the attacker ---- */

enum change {
	SAME,
	ELSEWHERE,	/* as it was, by or to somebody else */
	BENT,		/* or made up */
};

/* A reply to a request that he has seen pass, by who is not its home agent, or
 * by it without its key. */
static bool
forge_reply(struct way *y, struct way_packet *p)
{
	static const struct mip4_ext_types types = MIP4_EXT_TYPES_DEFAULT;
	const struct mip4_sa sa = { .spi = MN_SPI, .key_len = 16 },
	    agent = { .spi = SPI, .key_len = 16, .key = { 0xff } };
	uint8_t reply[sizeof(p->data)];
	struct mip4_msg m;
	struct wire_w w;
	bool own = y->plan.fa_keys && dice_permille(&y->w->dice, 500);

	if (mip4_parse(&m, p->data, p->len, &types) != MIP4_OK ||
	    m.type != MIP4_RRQ || way_fa_of(y, p->src) == NULL)
		return false;
	p->dst = p->src;
	p->src = own ? m.rrq.ha : y->plan.n_has > 1 &&
	    dice_permille(&y->w->dice, 500) ? y->ha[m.rrq.ha.s_addr ==
	    y->ha[0].host.addr.s_addr].host.addr :
	    (struct in_addr){ htonl(STRANGER) };
	wire_w_init(&w, reply, sizeof(reply));
	mip4_put_rrp(&w, &(struct mip4_rrp){ .lifetime = m.rrq.lifetime,
	    .home.s_addr = htonl(0xac100002), .ha = p->src,
	    .id = m.rrq.id });
	if (m.ext.nai_len > 0)
		mip4_put_nai(&w, m.ext.nai, m.ext.nai_len);
	mip4_put_auth(&w, MIP4_EXT_MN_HA, &sa);
	if (dice_permille(&y->w->dice, 500))
		mip4_put_auth(&w, MIP4_EXT_FA_HA, &agent);
	p->len = w.len;
	memcpy(p->data, reply, w.len);
	return !w.err;
}

/* An agent's denial of a request that he has seen on its link, by who may know
 * the SPI, and has no key. */
static bool
forge_denial(struct way *y, struct way_packet *p)
{
	static const struct mip4_ext_types types = MIP4_EXT_TYPES_DEFAULT;
	const struct mip4_sa sa = { .spi = MN_SPI, .key_len = 16,
	    .key = { 0xff } };
	struct dice *d = &y->w->dice;
	uint8_t reply[sizeof(p->data)];
	struct mip4_msg m;
	struct wire_w w;

	if (mip4_parse(&m, p->data, p->len, &types) != MIP4_OK ||
	    m.type != MIP4_RRQ)
		return false;
	p->dst = p->src;
	p->src = y->fa[p->fa].link[p->link];
	wire_w_init(&w, reply, sizeof(reply));
	mip4_put_rrp(&w, &(struct mip4_rrp){
	    .code = (uint8_t)dice_between(d, 64, 128),
	    .lifetime = (uint16_t)(m.rrq.lifetime / 2), .home = m.rrq.home,
	    .ha = m.rrq.ha, .id = m.rrq.id });
	if (m.ext.nai_len > 0)
		mip4_put_nai(&w, m.ext.nai, m.ext.nai_len);
	if (dice_permille(d, 500))
		mip4_put_auth(&w, MIP4_EXT_MN_FA, &sa);
	p->len = w.len;
	memcpy(p->data, reply, w.len);
	return !w.err;
}

static enum change
send_elsewhere(struct way *y, struct way_packet *p)
{
	unsigned nas = p->nas;

	if (!p->on_link) {
		p->src.s_addr = htonl(STRANGER);
		return ELSEWHERE;
	}
	p->nas = dice_below(&y->w->dice, y->plan.n_nases);
	return p->nas != nas ? ELSEWHERE : SAME;
}

/* Is what he sends as it was? */
static enum change
change(struct way *y, struct way_packet *p)
{
	struct dice *d = &y->w->dice;

	switch (dice_below(d, 6)) {
	case 0:
		p->data[dice_below(d, (uint32_t)p->len)] ^=
		    (uint8_t)(1U << dice_below(d, 8));
		return BENT;
	case 1:
		p->len = dice_below(d, (uint32_t)p->len);
		return BENT;
	case 2:
		return send_elsewhere(y, p);
	case 3:
		if (p->icmp)
			hear_forge(y, p);
		return p->icmp || (p->on_link ? forge_denial(y, p) :
		    forge_reply(y, p)) ? BENT : SAME;
	default:
		return SAME;
	}
}

/* A home agent that has not started anew since takes none of it. One that has
 * not accepted it then takes it as a late one. */
static bool
is_stale(struct way *y, const struct way_packet *p, struct way_ha *h)
{
	static const struct mip4_ext_types types = MIP4_EXT_TYPES_DEFAULT;
	const struct binding *b;
	struct way_line *l;
	struct mip4_msg m;

	if (h->host.boot != p->boot ||
	    mip4_parse(&m, p->data, p->len, &types) != MIP4_OK ||
	    m.type != MIP4_RRQ)
		return false;
	l = way_line(y, m.ext.nai, m.ext.nai_len);
	b = l != NULL ? way_binding(h, l) : NULL;
	return b != NULL && ntp_cmp(b->last_id, m.rrq.id) >= 0;
}

struct looked_for {
	const struct way_line	*line;
	bool			 found;
};

static bool
is_of(void *arg, const struct fa_visit *v)
{
	struct looked_for *x = arg;

	x->found |= v->up && v->nai_len == strlen(x->line->nai) &&
	    memcmp(v->nai, x->line->nai, v->nai_len) == 0;
	return !x->found;
}

static bool
is_visitor(struct way *y, const struct way_packet *p, const struct mip4_msg *m)
{
	struct looked_for x = { .line = way_line(y, m->ext.nai,
	    m->ext.nai_len) };

	if (x.line != NULL && y->fa[p->fa].host.up)
		fa_each(y->fa[p->fa].fa, is_of, &x);
	return x.found;
}

/* On a link, by another node: only what its home agent has taken, of who is the
 * agent's visitor. What has never come there is a move to it, and the answer to
 * a copy is one where the agent has forgotten the visit, or where a request that
 * was refused for its clock was late, not replayed. */
static bool
is_move(struct way *y, const struct way_packet *p)
{
	static const struct mip4_ext_types types = MIP4_EXT_TYPES_DEFAULT;
	struct way_packet at_home = *p;
	struct way_ha *h;
	struct mip4_msg m;

	if (!p->on_link || p->len == 0 || p->data[0] != MIP4_RRQ ||
	    mip4_parse(&m, p->data, p->len, &types) != MIP4_OK ||
	    (h = way_ha_of(y, m.rrq.ha)) == NULL || !h->host.up)
		return false;
	if (y->plan.clocks || !is_visitor(y, p, &m))
		return true;
	at_home.boot = h->host.boot;
	return !is_stale(y, &at_home, h);
}

static bool
is_reply(const struct way_packet *p)
{
	return p->len > 0 && p->data[0] != MIP4_RRQ;
}

/* Whose it was, before anything of it was changed. */
static const struct way_line *
owner(struct way *y, const struct way_packet *p)
{
	static const struct mip4_ext_types types = MIP4_EXT_TYPES_DEFAULT;
	struct mip4_msg m;

	return !p->icmp && mip4_parse(&m, p->data, p->len, &types) ==
	    MIP4_OK ? way_line(y, m.ext.nai, m.ext.nai_len) : NULL;
}

static uint64_t
digest(struct way *y, const struct host *to, const struct way_packet *p,
    bool all)
{
	struct way_ha *h = p->on_link ? NULL : way_ha_of(y, p->dst);
	unsigned i;

	if (h != NULL)
		return way_ha_digest(h);
	for (i = 0; i < y->plan.n_nases; i++)
		if (to == &y->nas[i].host)
			return way_nas_digest(&y->nas[i], all);
	return fa_digest(y->fa[to->index].fa);
}

/* What it is sent must change nothing there; all: also not of those that have
 * no service yet. */
static bool
must_not(struct way *y, const struct host *to, const struct way_packet *p,
    enum change how, bool keyed, bool *all)
{
	struct way_ha *h = p->on_link ? NULL : way_ha_of(y, p->dst);

	if (h != NULL)
		return how != SAME || is_stale(y, p, h);
	/* What waits for it may get it a little later, as any copy. */
	if (to->name[0] == 'f')
		return how != SAME || p->icmp || (is_reply(p) &&
		    fa_pending(y->fa[to->index].fa) == 0);
	*all = !p->icmp && (!p->on_link || keyed);
	return how != SAME;
}

/* What he sees on links, and what agents that share no key have said, together
 * make a visit [RFC 3344 5.1]; and where a mobile node shares no key with its
 * agent, its request by another is a move to that one. */
static bool
is_too_strong(struct way *y, const struct host *to, const struct way_packet *p,
    enum change how, bool keyed)
{
	if (!p->on_link)
		return to->name[0] == 'f' && y->plan.at_links && is_reply(p);
	return !y->plan.at_links || (how != SAME && !p->icmp &&
	    !(keyed && how == BENT) && is_move(y, p));
}

void
way_attack(struct way *y)
{
	unsigned most = y->n_history < WAY_HISTORY ? y->n_history :
	    WAY_HISTORY;
	const struct way_line *l;
	struct way_packet p, *sent;
	struct host *to;
	enum change how;
	bool keyed, not, all = false;
	uint64_t before = 0;
	char text[160];

	if (most == 0)
		return;
	p = y->history[dice_below(&y->w->dice, most)];
	l = owner(y, &p);
	how = change(y, &p);
	keyed = l != NULL && l->keyed;
	to = receiver(y, &p);
	if (to == NULL || !to->up || p.len == 0 ||
	    is_too_strong(y, to, &p, how, keyed))
		return;
	not = must_not(y, to, &p, how, keyed, &all);
	before = not ? digest(y, to, &p, all) : 0;
	p.attack = how != SAME;
	p.timer = (struct timer){ 0 };
	y->w->counts->attacks++;
	describe(y, &p, text, sizeof(text));
	SAY(y->w, to, "attacked: %s", text);
	/* As long as the step lasts. */
	if ((sent = malloc(sizeof(*sent))) == NULL)
		abort();
	*sent = p;
	hand_over(y, to, sent);
	if (not && before != digest(y, to, &p, all))
		world_fail(y->w, "an attack changes %s: %s", to->name, text);
}

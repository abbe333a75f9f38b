/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The network: every datagram has a fate, drawn when it is sent. It is lost,
 * comes after a while, comes twice, or comes so late that others overtake it;
 * between a router and a home agent nothing may come at all for a time.
 */
#include "tests/sim/sim_mobile.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COA_NET		10	/* 10.router.user: care-of addresses of
				 * single subscribers */

struct in_addr
net_coa(const struct host *nas, unsigned user)
{
	return (struct in_addr){ htonl(COA_NET << 24 |
	    (uint32_t)(nas->index + 1) << 16 | (user + 1)) };
}

unsigned
net_place(struct world *w, struct in_addr coa)
{
	const struct host *n = net_host(w, coa);

	return n->index + (ntohl(coa.s_addr) >> 24 == COA_NET ? FIRST_SINGLE :
	    0);
}

struct subscriber *
net_coa_user(struct world *w, struct in_addr a)
{
	uint32_t n = ntohl(a.s_addr), i = (n & 0xffff) - 1;

	return n >> 24 == COA_NET && i < w->plan.n_users ? &w->user[i] : NULL;
}

struct host *
net_host(struct world *w, struct in_addr a)
{
	uint32_t n = ntohl(a.s_addr);
	unsigned i = (n & 0xff) - 1;

	if (n >> 24 == COA_NET) {
		i = (n >> 16 & 0xff) - 1;
		return i < w->plan.n_nases ? &w->nas[i].host : NULL;
	}
	if (n >> 8 == 0xc00002 && i < w->plan.n_nases)
		return &w->nas[i].host;
	if (n >> 8 == 0xc63364 && i < w->plan.n_has)
		return &w->ha[i].host;
	return NULL;
}

void
net_init(struct world *w)
{
	w->flying = w->free_packets = NULL;
	w->history = NULL;
}

static void
free_list(struct packet *p)
{
	struct packet *next;

	for (; p != NULL; p = next) {
		next = p->next;
		free(p);
	}
}

void
net_free(struct world *w)
{
	struct packet *p;

	for (p = w->flying; p != NULL; p = p->next)
		timer_cancel(&w->timers, &p->timer);
	free_list(w->flying);
	free_list(w->free_packets);
	free(w->history);
	net_init(w);
}

/* What is in it, for the trace. */
static void
describe_msg(struct world *w, const struct mip4_msg *m, char *buf, size_t n)
{
	const struct mip4_exts *e = &m->ext;
	char hoa[INET6_ADDRSTRLEN] = "";
	struct subscriber *u = world_user(w, e->nai, e->nai_len);
	int nr = u != NULL ? (int)u->index : -1;

	if (e->n_hoa && !e->hoa_empty)
		inet_ntop(AF_INET6, &e->hoa, hoa, sizeof(hoa));
	switch (m->type) {
	case MIP4_RRQ:
		snprintf(buf, n, "request u%d lifetime %u id %08x.%08x %s%s",
		    nr, m->rrq.lifetime, (unsigned)(m->rrq.id >> 32),
		    (unsigned)m->rrq.id, e->n_hoa ? "221 " :
		    e->n_hoa_req == 0 ? "" : e->hoa_req_empty ? "120 empty" :
		    iid_is_zero(e->hoa_req_iid) ? "120 any" : "120", hoa);
		return;
	case MIP4_RRP:
		snprintf(buf, n, "reply u%d code %u lifetime %u id %08x.%08x "
		    "%s rev %08x", nr, m->rrp.code, m->rrp.lifetime,
		    (unsigned)(m->rrp.id >> 32), (unsigned)m->rrp.id, hoa,
		    e->rev_timestamp);
		return;
	case MIP4_REV:
		snprintf(buf, n, "revocation u%d id %08x %s", nr,
		    m->rev.rev_id, hoa);
		return;
	case MIP4_REV_ACK:
		snprintf(buf, n, "acknowledgment u%d id %08x", nr,
		    m->ack.rev_id);
		return;
	}
}

void
net_describe(struct world *w, const struct packet *p, char *buf, size_t n)
{
	static const struct mip4_ext_types types = MIP4_EXT_TYPES_DEFAULT;
	struct mip4_msg m;

	if (p->tunnel && p->len > ND6_HEADER_LEN)
		snprintf(buf, n, "u%d's tunnel: %s %u", p->u != NULL ?
		    (int)p->u->index : -1, p->data[6] == IPPROTO_ICMPV6 ?
		    "ICMPv6" : "next header", p->data[6] == IPPROTO_ICMPV6 ?
		    p->data[ND6_HEADER_LEN] : p->data[6]);
	else if (mip4_parse(&m, p->data, p->len, &types) == MIP4_OK)
		describe_msg(w, &m, buf, n);
	else
		snprintf(buf, n, "%zu bytes", p->len);
}

static void
land(struct packet *p)
{
	struct world *w = p->w;

	*p->prev = p->next;
	if (p->next != NULL)
		p->next->prev = p->prev;
	p->next = w->free_packets;
	w->free_packets = p;
	w->n_flying--;
}

/* Kept for the attacker, who has seen it pass. */
static void
record(const struct packet *p, const struct host *to)
{
	struct world *w = p->w;
	struct packet *h;

	if (w->plan.attacks == 0 || w->plan.n_users > MANY_USERS)
		return;
	if (w->history == NULL)
		w->history = calloc(HISTORY, sizeof(*w->history));
	if (w->history == NULL)
		abort();
	h = &w->history[w->n_history++ % HISTORY];
	*h = *p;
	h->boot = to->boot;
	h->set_back = to->set_back;
	h->at = w->now;
}

void
net_deliver(struct packet *p)
{
	struct world *w = p->w;
	struct host *to = net_host(w, p->dst);
	char text[200];

	if (to == NULL || !to->up) {
		w->counts->lost++;
		return;
	}
	w->counts->delivered++;
	if (w->trace || w->lines != NULL) {
		net_describe(w, p, text, sizeof(text));
		SAY(w, to, "%sgets %s from %s", p->attack ? "(attack) " : "",
		    text, net_host(w, p->src) != NULL ?
		    net_host(w, p->src)->name : "?");
	}
	w->step.by = p->tunnel ? BY_TUNNEL : BY_PACKET;
	w->step.host = to;
	w->step.p = p;
	w->step.u = p->u;
	if (p->u != NULL)
		world_touch(p->u);
	if (p->tunnel && host_is_nas(to))
		link_tunnel(&w->nas[to->index], p);
	else if (p->tunnel)
		nodes_input(&w->ha[to->index], p);
	else if (host_is_nas(to))
		nas_input(&w->nas[to->index], p);
	else
		ha_input(&w->ha[to->index], p);
	if (!p->attack && !p->tunnel)
		record(p, to);
}

static void
arrive(struct timer *t)
{
	struct packet *p = container_of(t, struct packet, timer);

	net_deliver(p);
	land(p);
}

static struct packet *
new_packet(struct world *w)
{
	struct packet *p = w->free_packets;

	if (p != NULL)
		w->free_packets = p->next;
	else if ((p = malloc(sizeof(*p))) == NULL)
		abort();
	memset(p, 0, offsetof(struct packet, data));
	p->w = w;
	p->timer.fire = arrive;
	p->next = w->flying;
	p->prev = &w->flying;
	if (p->next != NULL)
		p->next->prev = &p->next;
	w->flying = p;
	w->n_flying++;
	return p;
}

static bool
is_cut(const struct world *w, const struct host *a, const struct host *b)
{
	const struct host *nas = host_is_nas(a) ? a : b, *ha = a == nas ? b :
	    a;

	return w->cut[nas->index][ha->index];
}

static int64_t
draw_delay(struct world *w)
{
	const struct plan *plan = &w->plan;
	int64_t d = dice_between(&w->dice, plan->delay / 2,
	    plan->delay * 3 / 2);

	if (w->phase != RESTLESS || !dice_permille(&w->dice, plan->late))
		return d;
	/* from a little reordering to replies that nobody waits for */
	return d + dice_between(&w->dice, 0, 100 * MS) *
	    dice_between(&w->dice, 1, dice_permille(&w->dice, 200) ? 200 : 8);
}

/* What is common to all: p has addresses, ports and kind. */
static void
fly(struct host *from, const struct packet *what, const uint8_t *data,
    size_t len)
{
	struct world *w = from->w;
	struct host *to = net_host(w, what->dst);
	struct packet *p;
	unsigned copies = 1;
	bool lossy = w->phase == RESTLESS;

	w->counts->sent++;
	if (to == NULL || len > sizeof(p->data)) {
		world_fail(w, "%s sends %zu bytes to nobody", from->name, len);
		return;
	}
	if (is_cut(w, from, to) ||
	    (lossy && dice_permille(&w->dice, w->plan.loss))) {
		SAY(w, from, "what it sends is lost");
		w->counts->lost++;
		return;
	}
	if (lossy && dice_permille(&w->dice, w->plan.dup))
		copies = 2;
	w->counts->dup += copies - 1;
	while (copies-- > 0) {
		p = new_packet(w);
		p->src = what->src;
		p->dst = what->dst;
		p->sport = what->sport;
		p->dport = what->dport;
		p->tunnel = what->tunnel;
		p->u = what->u;
		p->origin = (struct origin){ w->now, from->boot };
		p->len = len;
		memcpy(p->data, data, len);
		world_at(w, &p->timer, draw_delay(w));
	}
}

void
net_send(struct host *from, struct in_addr src, struct in_addr dst,
    uint16_t sport, uint16_t dport, const uint8_t *data, size_t len)
{
	static const struct mip4_ext_types types = MIP4_EXT_TYPES_DEFAULT;
	struct packet p = { .src = src, .dst = dst, .sport = sport,
	    .dport = dport };
	struct mip4_msg m;

	if (mip4_parse(&m, data, len, &types) == MIP4_OK)
		p.u = world_user(from->w, m.ext.nai, m.ext.nai_len);
	fly(from, &p, data, len);
}

void
net_tunnel(struct host *from, struct in_addr src, struct in_addr dst,
    const uint8_t *data, size_t len)
{
	struct packet p = { .src = src, .dst = dst, .tunnel = true };

	p.u = net_coa_user(from->w, host_is_nas(from) ? src : dst);
	fly(from, &p, data, len);
}

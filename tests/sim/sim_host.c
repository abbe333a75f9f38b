/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hosts on lines: a DHCPv6 client each [RFC 8415 18.2], in broad strokes and
 * with short timers; what happens to them; and what hostile ones send.
 */
#include "tests/sim/sim_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRIES		5	/* of a REQUEST, RELEASE, DECLINE */
#define REFUSALS	12	/* in a quiet network: it gives up */

static struct world *
world(const struct line_host *h)
{
	return h->u->w;
}

/* ---- what it sends ---- */

static void
send_ask(struct line_host *h, const struct ask *a)
{
	uint8_t buf[FRAME];
	size_t len = ask_write(a, buf);
	char circuit[16];

	if (h->at == NULL)
		return;
	if (h->relayed) {
		snprintf(circuit, sizeof(circuit), "u%u", h->u->index);
		len = ask_relay(buf, len, &h->ll, circuit);
	}
	line_send(h->at, &h->ll, NULL, buf, len);
}

static void
send_type(struct line_host *h, enum dhcp6_type type)
{
	bool ours = type == DHCP6_REQUEST || type == DHCP6_RENEW ||
	    type == DHCP6_RELEASE || type == DHCP6_DECLINE;
	struct ask a = {
		.type = type, .xid = h->xid, .client = &h->duid,
		.server = ours ? &h->server : NULL, .iaid = h->iaid,
		.addr = h->has || type == DHCP6_REQUEST ? &h->addr : NULL,
		.n_ia = h->many ? 2 : 1, .prefix = h->many,
		.rapid = type == DHCP6_SOLICIT && h->rapid,
	};

	send_ask(h, &a);
}

/* ---- its states ---- */

static void
wait_for(struct line_host *h, int64_t ns)
{
	struct world *w = world(h);

	world_at(w, &h->timer, dice_between(&w->dice, ns * 9 / 10,
	    ns * 11 / 10));
}

static void
enter(struct line_host *h, enum host_state state, int64_t in)
{
	h->state = state;
	h->tries = 0;
	h->xid = (uint32_t)dice_roll(&world(h)->dice) & 0xffffff;
	if (state == HOST_OFF)
		timer_cancel(&world(h)->timers, &h->timer);
	else
		wait_for(h, in);
}

static void
off(struct line_host *h)
{
	h->has = false;
	enter(h, HOST_OFF, 0);
}

static void
begin(struct line_host *h, int64_t in)
{
	h->has = false;
	enter(h, HOST_SOLICIT, in);
}

/* Gives back what it gets, to have home agent and RADIUS work at its pace. */
static bool
is_greedy(const struct line_host *h)
{
	return h->hostile && h->greedy && world(h)->phase == RESTLESS;
}

static void
refused(struct line_host *h)
{
	struct world *w = world(h);

	w->counts->refused++;
	h->has = false;
	if (is_greedy(h))
		begin(h, 100 * MS);
	else if (w->phase != RESTLESS && ++h->refused > REFUSALS)
		off(h);
	else
		begin(h, w->phase != RESTLESS ? 10 * SECOND :
		    dice_between(&w->dice, SECOND, 8 * SECOND));
}

static void
bound(struct line_host *h)
{
	int64_t now = world(h)->now;

	enter(h, HOST_BOUND, 0);
	world_at(world(h), &h->timer, h->t1 > now ? h->t1 - now : MS);
}

/* Waits for the answer; false: it has waited long enough. */
static bool
try(struct line_host *h, enum dhcp6_type type, unsigned most)
{
	if (most > 0 && h->tries >= most)
		return false;
	wait_for(h, (h->tries < 3 ? 1 << h->tries : 8) * SECOND);
	h->tries++;
	send_type(h, type);
	return true;
}

static void
renew(struct line_host *h)
{
	int64_t now = world(h)->now;

	if (now >= h->until)
		begin(h, MS);
	else if (h->state == HOST_RENEW && now >= h->t2)
		enter(h, HOST_REBIND, MS);
	else
		(void)try(h, h->state == HOST_RENEW ? DHCP6_RENEW :
		    DHCP6_REBIND, 0);
}

static void
go_on(struct timer *t)
{
	struct line_host *h = container_of(t, struct line_host, timer);

	switch (h->state) {
	case HOST_OFF:
		return;
	case HOST_SOLICIT:
		(void)try(h, DHCP6_SOLICIT, 0);
		return;
	case HOST_REQUEST:
		if (!try(h, DHCP6_REQUEST, TRIES))
			begin(h, MS);
		return;
	case HOST_CONFIRM:
		if (!try(h, DHCP6_CONFIRM, 3))
			bound(h);	/* [18.2.3] */
		return;
	case HOST_BOUND:
		enter(h, HOST_RENEW, MS);
		return;
	case HOST_RENEW:
	case HOST_REBIND:
		renew(h);
		return;
	case HOST_RELEASE:
		if (!try(h, DHCP6_RELEASE, TRIES))
			off(h);
		return;
	case HOST_DECLINE:
		if (!try(h, DHCP6_DECLINE, TRIES))
			begin(h, MS);
		return;
	}
}

/* ---- what it hears ---- */

static const struct heard_ia *
find_ia(const struct line_host *h, const struct heard *m)
{
	unsigned i;

	for (i = 0; i < m->n_ia; i++)
		if (m->ia[i].iaid == h->iaid)
			return &m->ia[i];
	return NULL;
}

/* The place of the address that it is given, or -1. */
static int
given(const struct heard_ia *ia)
{
	unsigned i;

	for (i = 0; ia != NULL && i < ia->n_addrs; i++)
		if (ia->valid[i] > 0)
			return (int)i;
	return -1;
}

static void
take(struct line_host *h, const struct heard *m, const struct heard_ia *ia)
{
	struct world *w = world(h);
	int i = given(ia);
	bool is_new = !h->has || !IN6_ARE_ADDR_EQUAL(&h->addr, &ia->addr[i]);

	h->has = true;
	h->refused = 0;
	h->server = m->server;
	h->addr = ia->addr[i];
	h->t1 = w->now + ia->t1 * SECOND;
	h->t2 = w->now + ia->t2 * SECOND;
	h->until = w->now + ia->valid[i] * SECOND;
	if (is_greedy(h))
		enter(h, HOST_RELEASE, MS);
	else if (is_new && w->phase == RESTLESS &&
	    dice_permille(&w->dice, w->plan.line.declines))
		enter(h, HOST_DECLINE, 100 * MS);
	else
		bound(h);
}

static void
hear_advertise(struct line_host *h, const struct heard *m)
{
	const struct heard_ia *ia = find_ia(h, m);
	int i = given(ia);

	if (i < 0) {
		refused(h);
		return;
	}
	h->server = m->server;
	h->addr = ia->addr[i];
	enter(h, HOST_REQUEST, MS);
}

static void
hear_renewed(struct line_host *h, const struct heard *m)
{
	const struct heard_ia *ia = find_ia(h, m);
	unsigned i;

	if (given(ia) >= 0) {
		take(h, m, ia);
		return;
	}
	if (ia != NULL && ia->status == DHCP6_NO_BINDING) {
		h->server = m->server;
		enter(h, HOST_REQUEST, MS);
		return;
	}
	for (i = 0; ia != NULL && i < ia->n_addrs; i++)
		if (IN6_ARE_ADDR_EQUAL(&ia->addr[i], &h->addr)) {
			begin(h, MS);
			return;
		}
}

static void
hear_reply(struct line_host *h, const struct heard *m)
{
	const struct heard_ia *ia = find_ia(h, m);

	switch (h->state) {
	case HOST_SOLICIT:
		if (m->rapid && given(ia) >= 0)
			take(h, m, ia);
		return;
	case HOST_REQUEST:
		if (given(ia) >= 0)
			take(h, m, ia);
		else
			refused(h);
		return;
	case HOST_CONFIRM:
		if (m->status == DHCP6_SUCCESS)
			bound(h);
		else
			begin(h, MS);
		return;
	case HOST_RENEW:
	case HOST_REBIND:
		hear_renewed(h, m);
		return;
	case HOST_RELEASE:
		off(h);
		if (is_greedy(h))
			begin(h, MS);
		return;
	case HOST_DECLINE:
		begin(h, SECOND);
		return;
	case HOST_OFF:
	case HOST_BOUND:
		return;
	}
}

void
host_hear(struct line_host *h, const uint8_t *data, size_t len)
{
	struct heard m;

	if (!heard_read(&m, data, len) || m.xid != h->xid ||
	    m.relayed != h->relayed || !dhcp6_duid_equal(&m.client, &h->duid))
		return;
	world_touch(h->u);
	if (m.type == DHCP6_REPLY)
		hear_reply(h, &m);
	else if (h->state == HOST_SOLICIT)
		hear_advertise(h, &m);
}

/* ---- hostile ones ---- */

static const struct line_host *
another(const struct line_host *h)
{
	struct world *w = world(h);
	const struct subscriber *u = &w->user[dice_below(&w->dice,
	    w->plan.n_users)];

	return u->line != NULL ? u->line : h;
}

/* Something that is true in part. */
static void
harass_once(struct line_host *h)
{
	static const struct dhcp6_duid nobody = { 4, { 0, 4, 9, 9 } };
	const struct line_host *o = another(h);
	struct dice *d = &world(h)->dice;
	struct in6_addr from = dice_permille(d, 800) ? h->ll : o->addr;
	uint8_t buf[FRAME];
	char own[16];
	struct ask a = {
		.type = (enum dhcp6_type)(1 + dice_below(d, 13)),
		.xid = dice_permille(d, 500) ? h->xid : dice_below(d, 100),
		.client = dice_permille(d, 300) ? &h->duid :
		    dice_permille(d, 500) ? &o->duid : &nobody,
		.server = dice_permille(d, 500) ? NULL :
		    dice_permille(d, 800) ? &h->server : &nobody,
		.iaid = dice_permille(d, 500) ? h->iaid : dice_below(d, 9),
		.addr = dice_permille(d, 600) ? &o->addr : &h->addr,
		.n_ia = dice_below(d, dice_permille(d, 800) ? 3 : 34),
		.prefix = dice_permille(d, 200),
		.rapid = dice_permille(d, 300),
	};
	size_t len = ask_write(&a, buf);

	snprintf(own, sizeof(own), "u%u", h->u->index);
	if (h->relayed ? dice_permille(d, 900) : dice_permille(d, 200))
		len = ask_relay(buf, len, &o->ll, h->relayed ? own : "u0");
	if (len > 0 && dice_permille(d, 100))
		len = dice_below(d, (uint32_t)len);
	if (len > 0 && dice_permille(d, 100))
		buf[dice_below(d, (uint32_t)len)] ^= 1U << dice_below(d, 8);
	world(h)->counts->hostile_asks++;
	line_send(h->at, &from, dice_permille(d, 900) ? NULL : &o->ll, buf,
	    len);
}

static void
harass(struct line_host *h)
{
	unsigned n = 1 + dice_below(&world(h)->dice, 60);

	while (n-- > 0)
		harass_once(h);
}

/* ---- what happens to it ---- */

static void
make_duid(struct line_host *h)
{
	struct dice *d = &world(h)->dice;
	uint8_t *b = h->duid.b;
	unsigned i;

	h->duid.len = 10;
	memcpy(b, "\0\3\0\1\2\0", 6);
	for (i = 6; i < 10; i++)
		b[i] = (uint8_t)dice_below(d, 256);
	b[1] = dice_permille(d, 300) ? 4 : 3;
	h->iaid = dice_below(d, 5);
	h->ll = (struct in6_addr){ .s6_addr = { 0xfe, 0x80, [8] = 0, [11] =
	    0xff, 0xfe } };
	memcpy(&h->ll.s6_addr[13], b + 7, 3);
}

static void
plug(struct line_host *h)
{
	struct world *w = world(h);

	h->at = line_nr(h->u, dice_below(&w->dice, line_count(w)));
	line_set(h->at, true, true);
	SAY(w, &h->at->all->nas->host, "u%u is plugged in", h->u->index);
	if (h->has && dice_permille(&w->dice, 700))
		enter(h, HOST_CONFIRM, 10 * MS);
	else
		begin(h, 10 * MS);
}

/* Without a word, and without what it had or with it. */
static void
unplug(struct line_host *h)
{
	struct world *w = world(h);

	SAY(w, &h->at->all->nas->host, "u%u is unplugged", h->u->index);
	timer_cancel(&w->timers, &h->timer);
	h->state = HOST_OFF;
	h->has &= dice_permille(&w->dice, 500);
	if (dice_permille(&w->dice, 500))
		line_set(h->at, dice_permille(&w->dice, 700), false);
	h->at = NULL;
}

static void
start_anew(struct line_host *h)
{
	struct dice *d = &world(h)->dice;

	SAY(world(h), NULL, "u%u starts anew", h->u->index);
	if (dice_permille(d, 400))
		make_duid(h);
	h->rapid = dice_permille(d, 500);
	h->many = dice_permille(d, 200);
	if (h->has && dice_permille(d, 600))
		enter(h, HOST_CONFIRM, 10 * MS);
	else
		begin(h, 10 * MS);
}

static void
flap(struct line_host *h)
{
	struct world *w = world(h);

	SAY(w, NULL, "u%u's interface changes", h->u->index);
	if (h->at->there)
		line_set(h->at, dice_permille(&w->dice, 700), false);
	else
		line_set(h->at, true, true);
}

/* What operators, RADIUS and home agents do. */
static void
operate(struct line_host *h)
{
	static const enum session_event ends[] = { SESSION_EV_TERMINATE,
	    SESSION_EV_TERMINATE_HARD, SESSION_EV_DISCONNECT,
	    SESSION_EV_SESSION_TIMEOUT, SESSION_EV_IDLE_TIMEOUT };
	struct world *w = world(h);
	struct session *s = line_session(h->at);
	unsigned what = dice_below(&w->dice, 10);

	if (what < 2)
		ha_end(&w->ha[dice_below(&w->dice, w->plan.n_has)], h->u);
	else if (what == 2 && dice_permille(&w->dice, 300))
		h->at->all->drained = !h->at->all->drained;
	else if (s != NULL && s->granted && what < 5)
		line_coa(h->at, s);
	else if (s != NULL && what < 8)
		session_event(s, ends[dice_below(&w->dice, 5)], NULL);
	else if (what == 8 && !w->plan.calm)
		host_restart(w, &h->at->all->nas->host);
	else if (s != NULL && s->reg != NULL && s->state == SESSION_UP)
		(void)mip_reg_renew(s->reg);
}

static void
leave(struct line_host *h)
{
	if (h->has)
		enter(h, HOST_RELEASE, MS);
	else
		off(h);
}

void
host_act(struct subscriber *u)
{
	struct line_host *h = u->line;
	unsigned what = dice_below(&u->w->dice, 100);

	if (h->at == NULL)
		plug(h);
	else if (h->hostile && what < 50)
		harass(h);
	else if (what < 20)
		unplug(h);
	else if (what < 35 || h->state == HOST_OFF)
		h->state == HOST_OFF ? start_anew(h) : leave(h);
	else if (what < 50)
		start_anew(h);
	else if (what < 60)
		flap(h);
	else if (what < 63)
		send_ask(h, &(struct ask){ .client = &h->duid,
		    .type = DHCP6_INFORMATION_REQUEST, .xid = 1 });
	else if (what < 66 && h->state == HOST_BOUND)
		enter(h, HOST_DECLINE, MS);
	else if (what < 72 && h->state == HOST_BOUND)
		enter(h, HOST_RENEW, MS);
	else
		operate(h);
}

void
host_new(struct subscriber *u)
{
	struct line_host *h = calloc(1, sizeof(*h));
	struct dice *d = &u->w->dice;

	if (h == NULL)
		abort();
	u->line = h;
	h->u = u;
	h->timer.fire = go_on;
	h->relayed = dice_permille(d, 300);
	h->rapid = dice_permille(d, 500);
	h->many = dice_permille(d, 200);
	h->hostile = dice_permille(d, u->w->plan.line.hostile);
	h->greedy = dice_permille(d, 400);
	make_duid(h);
}

void
host_free(struct subscriber *u)
{
	struct frame *f, *next;

	if (u->line == NULL)
		return;
	for (f = u->line->frames; f != NULL; f = next) {
		next = f->next;
		free(f);
	}
	free(u->line);
}

void
host_settle(struct subscriber *u)
{
	struct line_host *h = u->line;
	unsigned i;

	h->hostile = false;
	h->refused = 0;
	for (i = 0; i < line_count(u->w); i++) {
		line_nr(u, i)->all->drained = false;
		line_set(line_nr(u, i), true, true);
	}
}

void
host_leave(struct subscriber *u)
{
	struct line_host *h = u->line;

	if (dice_permille(&u->w->dice, 700))
		leave(h);
	else
		off(h);
}

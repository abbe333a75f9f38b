/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mobile nodes behind access nodes: hosts that make addresses of the prefixes
 * they hear of, find out whether they are others' [RFC 4862], and talk. They
 * know nothing of tunnels. Some are hostile: they want what others have.
 */
#include "tests/sim/sim_mobile.h"

#include <stdlib.h>
#include <string.h>

#include "common/icmp6.h"

#define RS_LEN		8
#define NO_NEXT		59	/* header */

static struct world *
world(const struct mobile *m)
{
	return m->u->w;
}

/* ---- what it says ---- */

static void
say(struct mobile *m, const uint8_t *packet, size_t len)
{
	if (m->at != NULL)
		link_hear(m->at, packet, len);
}

static void
say_nd(struct mobile *m, const struct nd6 *nd)
{
	uint8_t buf[PACKET_LEN];
	int len = nd6_encode(nd, buf, sizeof(buf));

	if (len < 0)
		abort();
	say(m, buf, (size_t)len);
}

/* Is it another's? */
static void
say_probe(struct mobile *m, const struct in6_addr *a)
{
	struct nd6 nd = { .target = *a, .dst = nd6_group(a) };

	say_nd(m, &nd);
}

static void
say_to_router(struct mobile *m, const struct in6_addr *src)
{
	struct nd6 nd = { .src = *src, .dst = m->router, .target = m->router,
	    .has_lladdr = true };

	memcpy(nd.lladdr, m->mac, sizeof(nd.lladdr));
	say_nd(m, &nd);
}

/* Something that is no neighbour discovery. */
static void
say_data(struct mobile *m, const struct in6_addr *src)
{
	uint8_t buf[ND6_HEADER_LEN] = { 0x60, [6] = NO_NEXT, 64 };

	memcpy(buf + 8, src, sizeof(*src));
	memcpy(buf + 24, "\x20\x01\x0d\xb8\xff\xff\0\0\0\0\0\0\0\0\0\1", 16);
	say(m, buf, sizeof(buf));
}

static void
say_solicitation(struct mobile *m, const struct in6_addr *src)
{
	static const struct in6_addr all_routers = { .s6_addr = { 0xff, 2,
	    [15] = 2 } };
	uint8_t buf[ND6_HEADER_LEN + RS_LEN] = { 0 };
	size_t len;

	buf[ND6_HEADER_LEN] = 133;
	len = nd6_close(buf, RS_LEN, src, &all_routers);
	say(m, buf, len);
}

/* ---- its addresses ---- */

static const struct in6_addr link_local = { .s6_addr = { 0xfe, 0x80 } };

static bool
is_of(const struct in6_addr *a, const struct in6_addr *prefix)
{
	return memcmp(a, prefix, 8) == 0;
}

static struct mobile_addr *
find(struct mobile *m, const struct in6_addr *a)
{
	unsigned i;

	for (i = 0; i < m->n_addrs; i++)
		if (memcmp(&m->addr[i].a, a, sizeof(*a)) == 0)
			return &m->addr[i];
	return NULL;
}

static const struct mobile_addr *
one_of(const struct mobile *m, const struct in6_addr *prefix)
{
	unsigned i;

	for (i = 0; i < m->n_addrs; i++)
		if (is_of(&m->addr[i].a, prefix))
			return &m->addr[i];
	return NULL;
}

static struct in6_addr
random_addr(const struct in6_addr *prefix)
{
	return iid_join(prefix, iid_random());
}

static void
add(struct mobile *m, const struct in6_addr *a, int64_t until)
{
	if (m->n_addrs == MOBILE_ADDRS || find(m, a) != NULL)
		return;
	m->addr[m->n_addrs++] = (struct mobile_addr){ .a = *a,
	    .until = until };
}

static void
drop(struct mobile *m, struct mobile_addr *a)
{
	*a = m->addr[--m->n_addrs];
}

/* It is another's: where there is none left, another one. */
static void
replace(struct mobile *m, struct mobile_addr *a)
{
	struct in6_addr old = a->a, fresh = random_addr(&old);
	int64_t until = a->until;

	SAY(world(m), NULL, "u%u gives an address up", m->u->index);
	drop(m, a);
	if (one_of(m, &old) == NULL)
		add(m, &fresh, until);
}

static void
expire(struct mobile *m)
{
	int64_t now = world(m)->now;
	unsigned i;

	for (i = m->n_addrs; i-- > 0;)
		if (m->addr[i].until <= now)
			drop(m, &m->addr[i]);
	for (i = m->n_prefixes; i-- > 0;)
		if (m->prefix[i].until <= now)
			m->prefix[i] = m->prefix[--m->n_prefixes];
}

/* ---- what it hears ---- */

static void
take_prefix(struct mobile *m, const struct icmp6_prefix *p)
{
	int64_t until = p->valid == UINT32_MAX ? INT64_MAX :
	    world(m)->now + p->valid * SECOND;
	struct in6_addr a;
	unsigned i;

	for (i = 0; i < m->n_prefixes && !is_of(&m->prefix[i].a, &p->addr);
	    i++)
		continue;
	if (i == MOBILE_PREFIXES)
		return;
	if (i == m->n_prefixes)
		m->n_prefixes++;
	m->prefix[i] = (struct mobile_prefix){ p->addr, until };
	for (i = 0; i < m->n_addrs; i++)
		if (is_of(&m->addr[i].a, &p->addr))
			m->addr[i].until = until;
	if (one_of(m, &p->addr) != NULL)
		return;
	a = random_addr(&p->addr);
	add(m, &a, until);
}

void
mobile_hear(struct mobile *m, const uint8_t *packet, size_t len)
{
	struct mobile_addr *a;
	struct nd6_packet p;
	struct icmp6_ra ra;
	struct nd6 nd;
	unsigned i;

	if (nd6_open(&p, packet, len) != 0 || p.hop_limit != 255) {
		world_fail(world(m), "u%u hears what is no neighbour "
		    "discovery", m->u->index);
		return;
	}
	if (p.type == 134 && icmp6_ra_decode(&ra, p.icmp, p.len) == 0) {
		m->has_router = ra.router_lifetime > 0;
		m->router = p.src;
		for (i = 0; i < ra.n_prefixes; i++)
			take_prefix(m, &ra.prefix[i]);
		return;
	}
	if (nd6_decode(&nd, packet, len) == 0 && nd.advert &&
	    (a = find(m, &nd.target)) != NULL)
		replace(m, a);
}

/* ---- what it does by itself ---- */

static void
speak_from(struct mobile *m, struct mobile_addr *a)
{
	struct world *w = world(m);
	struct in6_addr src = a->a;

	if (a->probed == 0) {
		a->probed = w->now;
		say_probe(m, &src);
		return;
	}
	if (!a->valid && w->now - a->probed < SECOND)
		return;
	a->valid = true;
	if (w->phase == RESTLESS && dice_permille(&w->dice, 300))
		return;
	/* What is behind a node's silence is found out by asking. */
	if (is_of(&src, &link_local) && !m->has_router)
		say_solicitation(m, &src);
	else if (m->has_router && dice_permille(&w->dice, 500))
		say_to_router(m, &src);
	else
		say_data(m, &src);
}

static void
speak(struct timer *t)
{
	struct mobile *m = container_of(t, struct mobile, t_speak);
	struct world *w = world(m);
	struct in6_addr all[MOBILE_ADDRS];
	struct mobile_addr *a;
	unsigned i, n;

	world_at(w, &m->t_speak, w->phase == RESTLESS ?
	    dice_between(&w->dice, 100 * MS, 4 * SECOND) :
	    dice_between(&w->dice, 2 * SECOND, 8 * SECOND));
	expire(m);
	if (one_of(m, &link_local) == NULL) {
		all[0] = random_addr(&link_local);
		add(m, &all[0], INT64_MAX);
	}
	for (i = 0, n = m->n_addrs; i < n; i++)
		all[i] = m->addr[i].a;
	for (i = 0; i < n; i++)
		if ((a = find(m, &all[i])) != NULL)
			speak_from(m, a);
	/* It sees that nobody answers, some time. */
	if (dice_permille(&w->dice, 100))
		m->has_router = false;
}

/* ---- where it is ---- */

static void
plug(struct mobile *m, struct mlink *l)
{
	SAY(world(m), &l->nas->host, "u%u is plugged in", m->u->index);
	m->at = l;
	link_plug(l);
}

static struct mlink *
some_link(struct mobile *m)
{
	struct world *w = world(m);

	return &m->link[dice_below(&w->dice, w->plan.n_nases)];
}

static void
come_back(struct timer *t)
{
	struct mobile *m = container_of(t, struct mobile, t_plug);

	if (m->at == NULL)
		plug(m, some_link(m));
}

static void
unplug(struct mobile *m, bool at_once)
{
	struct mlink *l = m->at;

	SAY(world(m), &l->nas->host, "u%u is unplugged%s", m->u->index,
	    at_once ? "" : ", which nobody sees");
	m->at = NULL;
	link_unplug(l, at_once);
}

static void
leave(struct mobile *m)
{
	struct world *w = world(m);

	unplug(m, dice_permille(&w->dice, 600));
	/* somebody else may have its addresses when it is back */
	if (dice_permille(&w->dice, 300))
		m->n_addrs = m->n_prefixes = 0;
	world_at(w, &m->t_plug, dice_between(&w->dice, 0, 20 * SECOND));
}

/* The mobile node does not notice [draft-navali 3.2.3]. */
static void
move(struct mobile *m)
{
	struct world *w = world(m);
	struct mlink *to = some_link(m), *from = m->at;
	bool told;

	if (to == from) {
		move_undone(from);
		return;
	}
	/* The operator thinks better of it, later. */
	if (dice_permille(&w->dice, 100)) {
		move_by_context(from, NULL);
		return;
	}
	told = dice_permille(&w->dice, 500) && move_by_context(from, to);
	unplug(m, dice_permille(&w->dice, told ? 300 : 600));
	/* It never comes, or comes late. */
	if (told && dice_permille(&w->dice, 100))
		world_at(w, &m->t_plug, dice_between(&w->dice, 0,
		    200 * SECOND));
	else
		plug(m, to);
}

/* ---- what it does to others ---- */

static void
claim(struct mobile *m, const struct in6_addr *a)
{
	struct world *w = world(m);

	w->counts->claims++;
	SAY(w, NULL, "u%u claims what is not its own", m->u->index);
	if (dice_permille(&w->dice, 500))
		say_probe(m, a);
	else
		say_data(m, a);
}

static void
claim_others(struct mobile *m)
{
	struct world *w = world(m);
	const struct subscriber *v = &w->user[dice_below(&w->dice,
	    w->plan.n_users)];

	if (v->mobile != NULL && v->mobile->n_addrs > 0 && v->mobile != m)
		claim(m, &v->mobile->addr[dice_below(&w->dice,
		    v->mobile->n_addrs)].a);
	else
		claim(m, &m->router);
}

static void
flood(struct mobile *m)
{
	struct world *w = world(m);
	unsigned i, n = 5 + dice_below(&w->dice, 40);
	struct in6_addr a;

	for (i = 0; i < n; i++) {
		a = random_addr(m->n_prefixes == 0 ? &link_local :
		    &m->prefix[dice_below(&w->dice, m->n_prefixes)].a);
		claim(m, &a);
	}
}

/* A privacy address [RFC 8981]. */
static void
another_address(struct mobile *m)
{
	struct mobile_prefix *p;
	struct in6_addr a;

	if (m->n_prefixes == 0)
		return;
	p = &m->prefix[dice_below(&world(m)->dice, m->n_prefixes)];
	a = random_addr(&p->a);
	add(m, &a, p->until);
}

/* The operator's commands, at both ends. */
static void
operate(struct mobile *m, unsigned what)
{
	static const enum session_event ends[] = { SESSION_EV_TERMINATE,
	    SESSION_EV_TERMINATE_HARD, SESSION_EV_IDLE_TIMEOUT };
	struct world *w = world(m);
	struct sess *s = m->at != NULL ? m->at->session : NULL;

	if (what < 5)
		ha_end(&w->ha[dice_below(&w->dice, w->plan.n_has)], m->u);
	else if (s != NULL && what < 8)
		sess_event(s, ends[dice_below(&w->dice, 3)]);
	else if (s != NULL && s->state == SESSION_UP && s->reg != NULL)
		(void)mip_reg_renew(s->reg);
}

void
mobile_act(struct subscriber *u)
{
	struct mobile *m = u->mobile;
	struct world *w = u->w;
	unsigned what = dice_below(&w->dice, 100);

	if (m->at == NULL)
		plug(m, some_link(m));
	else if (what < 35)
		move(m);
	else if (what < 43)
		leave(m);
	else if (what < 58)
		another_address(m);
	else if (what < 72 && m->hostile && what % 3 == 0)
		flood(m);
	else if (what < 72 && m->hostile)
		claim_others(m);
	else if (what < 82)
		operate(m, what - 72);
	else if (what < 92 && u->at != NULL)
		user_go(u);
	else if (what < 85)
		user_dial(u);	/* by PPP, as if it had two links */
	else if (what < 92)
		home_act(&w->ha[dice_below(&w->dice, w->plan.n_has)]);
	else
		link_lose_tunnel(m->at);
}

/* ---- its life ---- */

void
mobile_new(struct subscriber *u)
{
	static const struct in6_addr same = { .s6_addr = { 0xfe, 0x80,
	    [15] = 0x77 } };
	struct world *w = u->w;
	struct mobile *m = calloc(1, sizeof(*m));
	unsigned i;

	if (m == NULL || (m->link = calloc(w->plan.n_nases,
	    sizeof(*m->link))) == NULL)
		abort();
	u->mobile = m;
	u->unique = u->fixed = u->insists = false;
	m->u = u;
	memcpy(m->mac, "\2\0\0\0\0", 5);
	m->mac[5] = (uint8_t)u->index;
	m->hostile = dice_permille(&w->dice, w->plan.hostile);
	m->router = link_local;
	m->router.s6_addr[15] = 1;
	m->t_speak.fire = speak;
	m->t_plug.fire = come_back;
	if (dice_permille(&w->dice, 150))
		add(m, &same, INT64_MAX);
	for (i = 0; i < w->plan.n_nases; i++)
		link_init(&m->link[i], u, &w->nas[i]);
	world_at(w, &m->t_speak, dice_between(&w->dice, 0, SECOND));
}

void
mobile_free(struct subscriber *u)
{
	if (u->mobile != NULL)
		free(u->mobile->link);
	free(u->mobile);
	u->mobile = NULL;
}

static bool
is_others(const struct mobile *m, const struct in6_addr *a)
{
	struct world *w = world(m);
	struct subscriber *v;
	unsigned i;

	for (i = 0; i < w->plan.n_users; i++)
		if (w->user[i].mobile != NULL && w->user[i].mobile != m &&
		    find(w->user[i].mobile, a) != NULL)
			return true;
	for (i = 0; i < w->plan.n_has; i++) {
		v = addr_owner(&w->ha[i], a);
		if (v != NULL && v != m->u)
			return true;
	}
	return false;
}

void
mobile_settle(struct mobile *m)
{
	struct in6_addr all[MOBILE_ADDRS];
	unsigned i, n = m->n_addrs;

	timer_cancel(&world(m)->timers, &m->t_plug);
	if (m->u->at != NULL)
		user_go(m->u);
	m->hostile = false;
	for (i = 0; i < n; i++)
		all[i] = m->addr[i].a;
	for (i = 0; i < n; i++)
		if (is_others(m, &all[i]))
			replace(m, find(m, &all[i]));
}

void
mobile_leave(struct mobile *m)
{
	struct timers *t = &world(m)->timers;
	unsigned i;

	timer_cancel(t, &m->t_speak);
	timer_cancel(t, &m->t_plug);
	m->at = NULL;
	for (i = 0; i < world(m)->plan.n_nases; i++) {
		timer_cancel(t, &m->link[i].t_notice);
		link_unplug(&m->link[i], true);
	}
}

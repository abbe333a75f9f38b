/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The home link of mobile nodes, under the real dad and home_plane: others are
 * there, too. Some have an address that is asked about, or want it in the same
 * moment; they answer soon, late or not; and some ask for what we hold. The
 * link goes down and comes back.
 */
#include "tests/sim/sim_mobile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct home_packet {
	struct home_packet	*next, **prev;
	struct home_net		*home;
	struct timer		 timer;		/* the world's */
	struct nd6		 nd;
};

static const uint8_t their_lladdr[ND6_LLADDR_LEN] = { 2, 0xbb, 0, 0, 0, 1 };
static const struct in6_addr all_nodes = { .s6_addr = { 0xff, 0x02,
    [15] = 1 } };

static struct world *
world(const struct home_net *o)
{
	return o->ha->host.w;
}

struct home_probe *
home_probe(struct home_net *o, const struct in6_addr *a)
{
	unsigned i;

	for (i = 0; i < o->n_probes; i++)
		if (memcmp(&o->probe[i].a, a, sizeof(*a)) == 0)
			return &o->probe[i];
	return NULL;
}

/* ---- what others say ---- */

static void
drop(struct home_packet *p)
{
	*p->prev = p->next;
	if (p->next != NULL)
		p->next->prev = p->prev;
	timer_cancel(&world(p->home)->timers, &p->timer);
	free(p);
}

/* Is it being asked for, so that what comes now decides? */
static bool
is_asked(struct home_net *o, const struct home_probe *p)
{
	int64_t age;

	if (p == NULL || p->answered || !o->up ||
	    addr_owner(o->ha, &p->a) == NULL)
		return false;
	age = host_mono(&o->ha->host).ns - p->sent.ns;
	return age <= DAD_RETRANS_MS * MS;
}

/* What must follow when it is another's [D32]. */
static void
conflict(struct home_net *o, struct home_probe *p, const struct nd6 *nd)
{
	struct ha_nodes *an = o->ha->nodes;
	struct world *w = world(o);
	struct subscriber *u = addr_owner(o->ha, &p->a);
	const struct mn *m = nodes_mn(o->ha, u);
	bool entry = addr_is_entry(m, &p->a), hears = m->up && m->sock != NULL;
	struct in6_addr a = p->a;
	const struct binding *b;

	w->step.u = u;
	world_touch(u);
	w->counts->duplicates++;
	p->answered = true;
	SAY(w, &o->ha->host, "an address of u%u's is another's%s", u->index,
	    entry ? ": its first" : "");
	dad_input(&o->dad, nd, their_lladdr);
	b = ha_binding(o->ha, u);
	if (hears && an->said_in_use == 0)
		world_fail(w, "%s: does not tell u%u that its address is "
		    "another's", o->ha->host.name, u->index);
	if (entry != (b == NULL || b->state == BINDING_IDLE))
		world_fail(w, "%s: u%u's address is another's, it is %s",
		    o->ha->host.name, u->index, entry ? "not detached" :
		    "detached");
	else if (!entry && nodes_addr(b->mn, &a) != NULL)
		world_fail(w, "%s: u%u keeps an address that is another's",
		    o->ha->host.name, u->index);
}

static void
hear(struct home_net *o, const struct nd6 *nd)
{
	struct world *w = world(o);
	struct home_probe *p = home_probe(o, &nd->target);
	bool wants = !nd->advert && IN6_IS_ADDR_UNSPECIFIED(&nd->src), held;

	w->step.by = BY_HOME;
	w->step.host = &o->ha->host;
	if (!o->ha->host.up || !o->up)
		return;
	if ((nd->advert || wants) && is_asked(o, p)) {
		conflict(o, p, nd);
		return;
	}
	held = wants && addr_owner(o->ha, &nd->target) != NULL && p != NULL &&
	    !p->answered;
	memset(&o->defended, 0, sizeof(o->defended));
	dad_input(&o->dad, nd, their_lladdr);
	if (!held)
		return;
	w->counts->defended++;
	if (memcmp(&o->defended, &nd->target, sizeof(nd->target)) != 0)
		world_fail(w, "%s: does not defend an address of u%u's",
		    o->ha->host.name, addr_owner(o->ha, &nd->target)->index);
}

static void
arrive(struct timer *t)
{
	struct home_packet *p = container_of(t, struct home_packet, timer);
	struct nd6 nd = p->nd;
	struct home_net *o = p->home;

	drop(p);
	hear(o, &nd);
}

/* They say that it is theirs, or ask whether it is. */
static struct nd6
of_others(struct world *w, const struct in6_addr *a)
{
	struct nd6 nd = { .target = *a, .dst = nd6_group(a) };

	if (dice_permille(&w->dice, 300))
		return nd;
	nd.advert = nd.override = nd.has_lladdr = true;
	nd.src = *a;
	nd.dst = all_nodes;
	memcpy(nd.lladdr, their_lladdr, sizeof(nd.lladdr));
	return nd;
}

static void
answer(struct home_net *o, const struct in6_addr *a)
{
	struct world *w = world(o);
	struct home_packet *p;

	if (dice_permille(&w->dice, 100))
		return;
	if ((p = calloc(1, sizeof(*p))) == NULL)
		abort();
	p->home = o;
	p->timer.fire = arrive;
	p->nd = of_others(w, a);
	p->next = o->flying;
	p->prev = &o->flying;
	if (p->next != NULL)
		p->next->prev = &p->next;
	o->flying = p;
	world_at(w, &p->timer, dice_permille(&w->dice, 850) ?
	    dice_between(&w->dice, MS / 10, 900 * MS) :
	    dice_between(&w->dice, 900 * MS, 3 * SECOND));
}

/* ---- what we say ---- */

static bool
is_taken(struct home_net *o, const struct in6_addr *a)
{
	struct world *w = world(o);
	unsigned i;

	for (i = 0; i < o->n_others; i++)
		if (memcmp(&o->other[i], a, sizeof(*a)) == 0)
			return true;
	if (w->phase != RESTLESS || o->n_others == HOME_OTHERS ||
	    !dice_permille(&w->dice, w->plan.taken))
		return false;
	o->other[o->n_others++] = *a;
	w->counts->taken++;
	return true;
}

static void
note_probe(struct home_net *o, const struct in6_addr *a)
{
	struct home_probe *p = home_probe(o, a);

	if (p == NULL && o->n_probes == HOME_PROBES) {
		/* the first one that nobody has any more */
		for (p = o->probe; addr_owner(o->ha, &p->a) != NULL; p++)
			if (p == &o->probe[HOME_PROBES - 1])
				abort();
	} else if (p == NULL) {
		p = &o->probe[o->n_probes++];
	}
	*p = (struct home_probe){ .a = *a, .sent = host_mono(&o->ha->host) };
	world(o)->counts->probed++;
}

/* Of others it says nothing, nor of what it has not asked about for long
 * enough. */
static void
check_advert(struct home_net *o, const struct in6_addr *a)
{
	const struct home_probe *p = home_probe(o, a);

	if (p == NULL || p->answered || host_mono(&o->ha->host).ns -
	    p->sent.ns < DAD_RETRANS_MS * MS)
		world_fail(world(o), "%s: says that it has an address that it "
		    "may not have", o->ha->host.name);
	o->defended = *a;
}

static int
home_send(void *arg, const struct nd6 *nd, const uint8_t *lladdr)
{
	struct home_net *o = arg;

	(void)lladdr;
	if (!o->up)
		return -ENETDOWN;
	if (nd->advert) {
		check_advert(o, &nd->target);
	} else {
		note_probe(o, &nd->target);
		if (is_taken(o, &nd->target))
			answer(o, &nd->target);
	}
	return 0;
}

static int
join(void *arg, const struct in6_addr *group)
{
	struct home_net *o = arg;

	(void)group;
	o->n_groups++;
	return ++o->last_handle;
}

static void
leave(void *arg, const struct in6_addr *group, int handle)
{
	struct home_net *o = arg;

	(void)group;
	(void)handle;
	o->n_groups--;
}

/* ---- what happens there ---- */

static void
come_back(struct timer *t)
{
	struct home_net *o = container_of(t, struct home_net, t_back);

	if (!o->ha->host.up)
		return;
	SAY(world(o), &o->ha->host, "its home link is back");
	o->up = true;
	o->n_groups = 0;	/* they are joined again */
	dad_link_anew(&o->dad);
}

static void
go_down(struct home_net *o)
{
	struct world *w = world(o);

	if (!o->up)
		return;
	SAY(w, &o->ha->host, "its home link is down");
	o->up = false;
	o->ha->nodes->no_dad = true;
	w->step.by = BY_HOME;
	w->step.host = &o->ha->host;
	dad_link_down(&o->dad);
	world_at(w, &o->t_back, dice_between(&w->dice, 100 * MS,
	    20 * SECOND));
}

/* Somebody there wants what a mobile node has, or says that it is its own. */
static void
want(struct home_net *o)
{
	const struct ha_nodes *an = o->ha->nodes;
	struct world *w = world(o);
	struct nd6 nd;

	if (an->n_addrs == 0)
		return;
	nd = of_others(w, &an->addr[dice_below(&w->dice, an->n_addrs)].a);
	hear(o, &nd);
}

void
home_act(struct ha *h)
{
	struct world *w = h->host.w;

	if (h->nodes == NULL || !w->plan.home_link || !h->host.up)
		return;
	if (dice_permille(&w->dice, 200))
		go_down(&h->nodes->home);
	else
		want(&h->nodes->home);
}

void
home_still(struct ha *h)
{
	struct home_net *o;

	if (h->nodes == NULL || !h->host.w->plan.home_link)
		return;
	o = &h->nodes->home;
	o->n_others = 0;
	while (o->flying != NULL)
		drop(o->flying);
}

/* ---- its life ---- */

int
home_start(struct home_net *o, struct ha *h)
{
	static const struct dad_io io = { join, leave, home_send, NULL };
	struct ha_nodes *an = h->nodes;
	const struct home_plane_link links[] = {
		{ &h->pool[h->n_pools], &o->dad },
		{ &h->pool[h->n_pools + 1], &o->dad },
		{ an->nodes[0].link, &o->dad },
	};

	o->t_back.fire = come_back;
	o->up = true;
	o->n_groups = o->n_probes = 0;
	o->dad = (struct dad){ .timers = &h->host.timers,
	    .clock = &h->host.clock, .io = &io, .arg = o,
	    .own = { .s6_addr = { 0xfe, 0x80, [15] = 0x33 } },
	    .lladdr = { 2, 0xcc, 0, 0, 0, 1 } };
	o->plane = home_plane_new(&an->plane, links, 3);
	return o->plane == NULL ? -ENOMEM : dad_init(&o->dad);
}

void
home_stop(struct home_net *o)
{
	if (table_count(&o->dad.addrs) != 0 || o->n_groups != 0)
		world_fail(world(o), "%s stopped, %zu addresses and %u groups "
		    "of its home link are left", o->ha->host.name,
		    table_count(&o->dad.addrs), o->n_groups);
	while (o->flying != NULL)
		drop(o->flying);
	timer_cancel(&world(o)->timers, &o->t_back);
	o->plane->free(o->plane);
	o->plane = NULL;
	dad_free(&o->dad);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines: which there are, the network on them, and their sessions. These the
 * checker knows by a struct sess each, which is made to say what they are
 * before anything is looked at.
 */
#include "tests/sim/sim_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/netlink_watch.h"
#include "nasd/access_ether.h"

static struct world *
world(const struct lines *ls)
{
	return ls->nas->host.w;
}

/* ---- what is drawn ---- */

void
lines_draw(struct plan *p, struct dice *d)
{
	static const unsigned share[] = { 0, 0, 300, 700, 1000 };

	p->lines = share[dice_below(d, 5)];
	if (p->lines == 0)
		return;
	/* Hosts come again, however busy it is. */
	if (p->rate > 0 && p->rate < 10)
		p->rate = 10;
	p->line = (struct line_plan){
		.on_request = dice_permille(d, 400),
		.rapid = dice_permille(d, 500),
		.refuse = dice_permille(d, 250),
		.keeps = dice_permille(d, 600),
		.preferred = (uint32_t)dice_between(d, 10, 45),
	};
	p->line.valid = p->line.preferred +
	    dice_below(d, p->line.preferred + 1);
	if (p->calm)
		return;
	p->line.hostile = dice_permille(d, 400) ? 400 : 0;
	p->line.stops = dice_permille(d, 300) ? 500 : 0;
	p->line.declines = dice_permille(d, 300) ? 100 : 0;
}

/* ---- whose is what ---- */

struct ha *
lines_ha(const struct lines *ls, struct in_addr addr)
{
	struct world *w = world(ls);
	unsigned i;

	for (i = 0; i + 1 < w->plan.n_has; i++)
		if (w->ha[i].host.addr.s_addr == addr.s_addr)
			break;
	return &w->ha[i];
}

struct line *
line_of(struct lines *ls, const struct session *s)
{
	unsigned i = (unsigned)strtoul(s->device + strlen("sim-l"), NULL, 10);

	return &ls->line[i];
}

/* Of all that the host has, at all routers. */
struct line *
line_nr(const struct subscriber *u, unsigned n)
{
	return &u->w->nas[n / LINES_EACH].lines->line[u->index * LINES_EACH +
	    n % LINES_EACH];
}

unsigned
line_count(const struct world *w)
{
	return w->plan.n_nases * LINES_EACH;
}

struct on_line {
	struct line	*l;
	struct session	*found;
	unsigned	 n, attached;
};

static bool
find_on_line(struct table_node *n, void *arg)
{
	struct session *s = container_of(n, struct session, by_nr);
	struct on_line *on = arg;

	if (line_of(on->l->all, s) != on->l)
		return true;
	on->n++;
	if (s->ether == NULL)
		return true;
	on->attached++;
	on->found = s;
	return true;
}

struct session *
line_session(struct line *l)
{
	struct on_line on = { .l = l };

	if (!l->all->running)
		return NULL;
	table_each(&l->all->e.sessions.by_nr, find_on_line, &on);
	if (on.attached > 1)
		world_fail(world(l->all), "%s: two sessions are at %s",
		    l->all->nas->host.name, l->ifname);
	if (on.n > LINE_SESSIONS)
		world_fail(world(l->all), "%s: %u sessions of %s",
		    l->all->nas->host.name, on.n, l->ifname);
	return on.found;
}

static bool
count_attached(struct table_node *n, void *arg)
{
	size_t *attached = arg;

	*attached += container_of(n, struct session, by_nr)->ether != NULL;
	return true;
}

size_t
lines_attached(struct lines *ls)
{
	size_t n = 0;

	table_each(&ls->e.sessions.by_nr, count_attached, &n);
	return n;
}

/* ---- sessions, as the checker sees them ---- */

static void
copy(struct lines *ls, struct sess *s)
{
	const struct session *r = s->real;
	struct world *w = world(ls);

	if (r->ha != NULL)
		s->ha = lines_ha(ls, r->ha->addr);
	if (r->state != s->state)
		SAY(w, &ls->nas->host, "s%u u%u is %s", s->nr, s->u->index,
		    session_state_str(r->state));
	if (r->cause != SESSION_CAUSE_NONE && s->cause == SESSION_CAUSE_NONE) {
		SAY(w, &ls->nas->host, "s%u ends: %s", s->nr, r->why);
		if (w->phase == SETTLED && s->was_up)
			world_fail(w, "%s ends in a quiet network: %s",
			    s->subject, r->why);
	}
	w->counts->came_up += r->came_up && !s->was_up && !s->resumed;
	s->was_up |= r->came_up;
	s->state = r->state;
	s->cause = r->cause;
	s->unique = r->unique;
	s->hoa_unique = r->hoa_unique;
	s->hoa = r->hoa;
	s->iid = r->iid;
	s->registered = r->registered;
	s->deregistering = r->deregistering;
	s->reg = r->reg;
	s->tunnel = r->tunnel != NULL;
	s->ra = line_of(ls, r)->way_out;
	s->accounting = r->accounting;
}

struct sess *
lines_sess(struct lines *ls, struct session *r)
{
	struct line *l = line_of(ls, r);
	struct subscriber *u = l->h->u;
	struct sess *s;

	for (s = u->sessions; s != NULL; s = s->next)
		if (s->real == r && s->nr == r->nr)
			return s;
	if ((s = calloc(1, sizeof(*s))) == NULL)
		abort();
	s->real = r;
	s->nas = ls->nas;
	s->u = u;
	s->coa = ls->nas->host.addr;
	s->ha = s->usual = &world(ls)->ha[u->ha];
	s->nr = r->nr;
	s->state = r->state;
	snprintf(s->subject, sizeof(s->subject), "%s/s%u u%u",
	    ls->nas->host.name, s->nr, u->index);
	s->next = u->sessions;
	s->prev = &u->sessions;
	if (s->next != NULL)
		s->next->prev = &s->next;
	u->sessions = s;
	ls->nas->n_sessions++;
	world(ls)->counts->line_sessions++;
	return s;
}

void
lines_let_go(struct sess *s)
{
	*s->prev = s->next;
	if (s->next != NULL)
		s->next->prev = s->prev;
	s->nas->n_sessions--;
	free(s);
}

static bool
meet(struct table_node *n, void *arg)
{
	struct session *r = container_of(n, struct session, by_nr);

	(void)lines_sess(arg, r);
	return true;
}

void
lines_sync(struct nas *n)
{
	struct lines *ls = n->lines;
	struct world *w = n->host.w;
	struct sess *s, *next;
	unsigned i;

	if (ls == NULL || !ls->running)
		return;
	table_each(&ls->e.sessions.by_nr, meet, ls);
	for (i = 0; i < w->plan.n_users; i++) {
		if (w->user[i].line == NULL)
			continue;
		for (s = w->user[i].sessions; s != NULL; s = next) {
			next = s->next;
			if (s->nas != n)
				continue;
			if (session_find_nr(&ls->e.sessions, s->nr) == s->real)
				copy(ls, s);
			else
				lines_let_go(s);
		}
	}
}

/* ---- the network on a line ---- */

static void
arrive(const struct frame *f)
{
	struct line *l = f->line;
	struct dhcp6_lease before;
	struct dhcp6_msg m;

	if (!l->all->running)
		return;
	world_touch(l->h->u);
	world(l->all)->step.host = &l->all->nas->host;
	l->all->input = dhcp6_decode(&m, f->data, f->len) == 0 ? &m : NULL;
	l->all->unicast = !IN6_IS_ADDR_MULTICAST(&f->to);
	lease_before(l, &before);
	dhcp6_core_input(&l->all->core, l->ifindex, &f->from, &f->to, f->data,
	    f->len);
	if (l->all->input != NULL)
		lease_after(l, &m, &before);
	l->all->input = NULL;
}

static void
arrived(struct timer *t)
{
	struct frame *f = container_of(t, struct frame, timer);

	*f->prev = f->next;
	if (f->next != NULL)
		f->next->prev = f->prev;
	if (f->to_host && f->line->h->at == f->line)
		host_hear(f->line->h, f->data, f->len);
	else if (!f->to_host && f->line->up)
		arrive(f);
	free(f);
}

static void
fly(struct line *l, bool to_host, const struct in6_addr *from,
    const struct in6_addr *to, const uint8_t *data, size_t len)
{
	struct world *w = world(l->all);
	bool bad = w->phase == RESTLESS;
	struct frame *f;

	if (bad && dice_permille(&w->dice, w->plan.loss))
		return;
	if ((f = calloc(1, sizeof(*f))) == NULL)
		abort();
	f->line = l;
	f->to_host = to_host;
	f->from = *from;
	f->to = *to;
	f->len = len;
	memcpy(f->data, data, len);
	f->timer.fire = arrived;
	f->next = l->h->frames;
	f->prev = &l->h->frames;
	if (f->next != NULL)
		f->next->prev = &f->next;
	l->h->frames = f;
	w->counts->line_messages++;
	world_at(w, &f->timer, bad && dice_permille(&w->dice, w->plan.late) ?
	    dice_between(&w->dice, MS, 10 * SECOND) :
	    dice_between(&w->dice, MS / 10, 3 * MS));
	if (bad && dice_permille(&w->dice, w->plan.dup))
		fly(l, to_host, from, to, data, len);
}

void
line_send(struct line *l, const struct in6_addr *from,
    const struct in6_addr *to, const uint8_t *data, size_t len)
{
	static const struct in6_addr all_servers = {
		.s6_addr = { 0xff, 0x02, [13] = 1, [15] = 2 } };

	if (l->up && len > 0)
		fly(l, false, from, to != NULL ? to : &all_servers, data,
		    len);
}

int
lines_answer(void *arg, unsigned ifindex, const struct in6_addr *to, uint16_t port,
    const uint8_t *data, size_t len)
{
	struct lines *ls = arg;
	struct line *l = &ls->line[ifindex - 1];
	uint16_t due = data[0] == DHCP6_RELAY_REPL ? DHCP6_PORT_SERVER :
	    DHCP6_PORT_CLIENT;

	if (len > FRAME || port != due)
		world_fail(world(ls), "%s: an answer of %zu bytes to port %u",
		    ls->nas->host.name, len, port);
	lease_answer(l, data, len);
	if (len <= FRAME)
		fly(l, true, to, to, data, len);
	return 0;
}

void
line_set(struct line *l, bool there, bool up)
{
	const struct nl_watch_link is = {
		.name = l->ifname, .ifindex = l->ifindex, .mtu = 1500,
		.gone = !there, .up = up, .carrier = up, .ethernet = true,
	};

	l->there = there;
	l->up = there && up;
	if (!l->all->running)
		return;
	world_touch(l->h->u);
	ethers_link_is(l->all->e.ethers, &is);
}

/* ---- timers ---- */

void
lines_touch(struct world *w)
{
	unsigned i;

	for (i = 0; i < w->plan.n_users; i++)
		if (w->user[i].line != NULL)
			world_touch(&w->user[i]);
}

void
lines_run(struct timer *t)
{
	struct lines *ls = container_of(t, struct lines, t_run);
	struct world *w = world(ls);

	lines_touch(w);
	w->step.host = &ls->nas->host;
	w->step.by = BY_TIMER;
	timers_run(&ls->e.timers, host_mono(&ls->nas->host));
}

static void
set_run(struct lines *ls)
{
	struct world *w = world(ls);
	int64_t at = INT64_MAX;

	if (ls->running && ls->e.timers.n > 0)
		at = host_to_world(&ls->nas->host,
		    timers_next(&ls->e.timers));
	if (at == INT64_MAX)
		timer_cancel(&w->timers, &ls->t_run);
	else
		world_at(w, &ls->t_run, at > w->now ? at - w->now : 0);
}

void
lines_step(struct world *w)
{
	const struct subscriber *u = w->touched;
	unsigned i;

	while (u != NULL && u->line == NULL)
		u = u->next_touched;
	for (i = 0; i < w->plan.n_nases && u != NULL; i++) {
		lines_sync(&w->nas[i]);
		set_run(w->nas[i].lines);
	}
}

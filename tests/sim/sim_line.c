/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines, and nasd at their end: as engine.c puts it together, killed and
 * started again with nothing but its state file and its DUID. The checker
 * knows its sessions by a struct sess each, which is made to say what they are
 * before anything is looked at.
 */
#define _GNU_SOURCE		/* memfd_create */
#include "tests/sim/sim_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/netlink_watch.h"
#include "common/statelog.h"
#include "nasd/access_ether.h"
#include "nasd/session_save.h"

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
	p->line = (struct line_plan){
		.on_request = dice_permille(d, 400),
		.rapid = dice_permille(d, 500),
		.refuse = dice_permille(d, 250),
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

static void
let_go(struct sess *s)
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
				let_go(s);
		}
	}
}

/* ---- the network on a line ---- */

static void
arrive(struct line *l, const struct in6_addr *from, const uint8_t *data,
    size_t len)
{
	static const struct in6_addr all_servers = {
		.s6_addr = { 0xff, 0x02, [13] = 1, [15] = 2 } };
	struct dhcp6_lease before;
	struct dhcp6_msg m;

	if (!l->all->running)
		return;
	world_touch(l->h->u);
	world(l->all)->step.host = &l->all->nas->host;
	l->all->input = dhcp6_decode(&m, data, len) == 0 ? &m : NULL;
	lease_before(l, &before);
	dhcp6_core_input(&l->all->core, l->ifindex, from, &all_servers, data,
	    len);
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
		arrive(f->line, &f->from, f->data, f->len);
	free(f);
}

static void
fly(struct line *l, bool to_host, const struct in6_addr *from,
    const uint8_t *data, size_t len)
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
		fly(l, to_host, from, data, len);
}

void
line_send(struct line *l, const struct in6_addr *from, const uint8_t *data,
    size_t len)
{
	if (l->up && len > 0)
		fly(l, false, from, data, len);
}

static int
answer(void *arg, unsigned ifindex, const struct in6_addr *to, uint16_t port,
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
		fly(l, true, to, data, len);
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

/* ---- nasd comes and goes ---- */

static void
run(struct timer *t)
{
	struct lines *ls = container_of(t, struct lines, t_run);
	struct world *w = world(ls);
	unsigned i;

	for (i = 0; i < w->plan.n_users; i++)
		if (w->user[i].line != NULL)
			world_touch(&w->user[i]);
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
	unsigned i;

	for (i = 0; i < w->plan.n_nases && w->plan.lines > 0; i++) {
		if (w->nas[i].lines == NULL)
			continue;
		lines_sync(&w->nas[i]);
		set_run(w->nas[i].lines);
	}
}

static void
configure(struct lines *ls)
{
	struct world *w = world(ls);
	const struct plan *p = &w->plan;
	static char nai[] = "%u";
	unsigned i;

	for (i = 0; i < p->n_has; i++) {
		ls->ha[i] = (struct config_ha){ .name = w->ha[i].host.name,
		    .addr = w->ha[i].host.addr, .priority = 1, .weight = 1,
		    .n_sa = 1 };
		ls->ha[i].sa[0] = ls->nas->sa[i];
	}
	ls->cfg = (struct nasd_config){
		.ha = ls->ha, .n_ha = p->n_has, .radius_ha = true,
		.nai = nai, .mn_ha_alg = MIP4_ALG_HMAC_MD5,
		.access.max_sessions = 100000, .state_dir = nai,
		.ra = { 1800, p->line.valid, p->line.preferred },
		.dhcpv6 = { .on_request = p->line.on_request,
		    .rapid_commit = p->line.rapid },
		.duplicate = p->line.refuse ? CONFIG_DUP_REFUSE :
		    CONFIG_DUP_REPLACE,
		.n_ether = p->n_users * LINES_EACH,
	};
	ls->cfg.ether = calloc(ls->cfg.n_ether, sizeof(*ls->cfg.ether));
	ls->line = calloc(ls->cfg.n_ether, sizeof(*ls->line));
	if (ls->cfg.ether == NULL || ls->line == NULL)
		abort();
}

static void
make_line(struct lines *ls, unsigned i)
{
	struct subscriber *u = &world(ls)->user[i / LINES_EACH];
	struct config_ether *cfg = &ls->cfg.ether[i];
	struct line *l = &ls->line[i];

	l->all = ls;
	l->h = u->line;
	l->ifindex = i + 1;
	snprintf(l->ifname, sizeof(l->ifname), "sim-l%u", i);
	memcpy(cfg->ifname, l->ifname, sizeof(cfg->ifname));
	cfg->user = l->user;
	if (u->line == NULL)
		return;
	l->there = l->up = true;
	l->stops = dice_permille(&u->w->dice, u->w->plan.line.stops);
	cfg->line_ids = u->line->relayed;
	snprintf(l->user, sizeof(l->user), cfg->line_ids ?
	    "%%{circuit-id}%s" : "%s", cfg->line_ids ? strchr(u->nai, '@') :
	    u->nai);
}

static void
make(struct nas *n)
{
	struct lines *ls = calloc(1, sizeof(*ls));
	unsigned i;

	if (ls == NULL)
		abort();
	n->lines = ls;
	ls->nas = n;
	ls->t_run.fire = run;
	configure(ls);
	for (i = 0; i < ls->cfg.n_ether; i++)
		make_line(ls, i);
	ls->duid = (struct dhcp6_duid){ 6, { 0, 4, 7, 7, 7,
	    (uint8_t)n->host.index } };
	for (i = 0; i < 2; i++)
		if ((ls->state[i] = memfd_create("state", 0)) == -1)
			abort();
}

static void
open_state(struct lines *ls)
{
	int fd[2] = { dup(ls->state[0]), dup(ls->state[1]) };

	ls->e.state = statelog_new(fd, session_save_all, &ls->e);
	if (ls->e.state == NULL)
		abort();
}

/* As engine_new and engine_resume. */
void
lines_start(struct nas *n)
{
	struct lines *ls;
	unsigned i;

	if (n->host.w->plan.lines == 0)
		return;
	if (n->lines == NULL)
		make(n);
	ls = n->lines;
	ls->killed = false;
	ls->running = true;
	ls->core = (struct dhcp6_core){ .timers = &ls->e.timers,
	    .clock = &n->host.clock, .duid = ls->duid, .send = answer,
	    .arg = ls };
	ls->e = (struct engine){ .cfg = &ls->cfg, .clock = &n->host.clock,
	    .aaa = (struct aaa *)ls, .mip = (struct mip_client *)n,
	    .ha_watch = (struct ha_watch *)n,
	    .tunnels = (struct tunnels *)ls, .ra = (struct ra *)ls,
	    .dhcp6 = (struct dhcp6 *)ls };
	timers_init(&ls->e.timers);
	if (dhcp6_core_init(&ls->core) != 0 ||
	    sessions_init(&ls->e.sessions) != 0)
		abort();
	ls->e.sessions.boot = n->host.boot;
	ls->e.global.boot_id[0] = ls->machine;
	open_state(ls);
	ls->e.ethers = ethers_new(&ls->e);
	for (i = 0; i < ls->cfg.n_ether; i++)
		if (ls->line[i].there)
			line_set(&ls->line[i], true, ls->line[i].up);
	session_resume_all(&ls->e);
	ethers_resumed(ls->e.ethers);
	for (i = 0; i < ls->cfg.n_ether; i++)
		lease_kept(&ls->line[i]);
}

/* Nobody is to hear of it: neither the home agent, nor those who wait. */
static bool
mute(struct table_node *n, void *arg)
{
	struct session *s = container_of(n, struct session, by_nr);
	char nobody[32];

	(void)arg;
	mip_reg_free(s->reg);
	s->reg = NULL;
	snprintf(nobody, sizeof(nobody), "nobody%u", s->nr);
	if (s->in_nai)
		(void)session_put_nai(s, nobody);
	return true;
}

static bool
free_one(struct table_node *n, void *arg)
{
	(void)arg;
	session_free(container_of(n, struct session, by_nr));
	return true;
}

void
lines_stop(struct nas *n)
{
	struct lines *ls = n->lines;
	struct sess *s, *next;
	unsigned i;

	if (ls == NULL || !ls->running)
		return;
	if (dice_permille(&n->host.w->dice, 250))	/* it is told to end */
		sessions_post(&ls->e.sessions, SESSION_EV_SHUTDOWN);
	ls->killed = true;
	for (i = 0; i < ls->cfg.n_ether; i++)
		if (ls->line[i].h != NULL)
			lease_keep(&ls->line[i]);
	for (i = 0; i < n->host.w->plan.n_users; i++) {
		struct subscriber *u = &n->host.w->user[i];

		if (u->line == NULL)
			continue;
		for (s = u->sessions; s != NULL; s = next) {
			next = s->next;
			if (s->nas == n)
				let_go(s);
		}
	}
	statelog_free(ls->e.state);
	ls->e.state = NULL;
	table_each(&ls->e.sessions.by_nr, mute, NULL);
	table_each(&ls->e.sessions.by_nr, free_one, NULL);
	stand_cancel(ls);
	sessions_free(&ls->e.sessions);
	ethers_free(ls->e.ethers);
	dhcp6_core_free(&ls->core);
	if (ls->e.timers.n != 0)
		world_fail(n->host.w, "%s stopped, timers of lines are left",
		    n->host.name);
	timers_free(&ls->e.timers);
	ls->running = false;
	timer_cancel(&n->host.w->timers, &ls->t_run);
	ls->machine += dice_permille(&n->host.w->dice, 150);
}

void
lines_free(struct nas *n)
{
	struct lines *ls = n->lines;

	if (ls == NULL)
		return;
	close(ls->state[0]);
	close(ls->state[1]);
	free(ls->cfg.ether);
	free(ls->line);
	free(ls);
	n->lines = NULL;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nasd at the end of lines: put together as engine.c does, killed and started
 * again with nothing but its state file and its DUID.
 */
#define _GNU_SOURCE		/* memfd_create */
#include "tests/sim/sim_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/statelog.h"
#include "nasd/access_ether.h"
#include "nasd/coa_act.h"
#include "nasd/session_save.h"

static struct world *
world(const struct lines *ls)
{
	return ls->nas->host.w;
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
	ls->t_run.fire = lines_run;
	configure(ls);
	for (i = 0; i < ls->cfg.n_ether; i++)
		make_line(ls, i);
	ls->duid = (struct dhcp6_duid){ 6, { 0, 4, 7, 7, 7,
	    (uint8_t)n->host.index } };
	for (i = 0; i < 2 && n->host.w->plan.line.keeps; i++)
		if ((ls->state[i] = memfd_create("state", 0)) == -1)
			abort();
}

static void
open_state(struct lines *ls)
{
	int fd[2];

	if (!world(ls)->plan.line.keeps)
		return;
	fd[0] = dup(ls->state[0]);
	fd[1] = dup(ls->state[1]);
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
	lines_touch(n->host.w);
	ls->core = (struct dhcp6_core){ .timers = &ls->e.timers,
	    .clock = &n->host.clock, .duid = ls->duid, .send = lines_answer,
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
	if ((ls->e.coa_jobs = coa_jobs_new()) == NULL)
		abort();
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
				lines_let_go(s);
		}
	}
	statelog_free(ls->e.state);
	ls->e.state = NULL;
	if (!n->host.w->plan.line.keeps)
		ls->open = 0;	/* acct_orphan.c sends those */
	table_each(&ls->e.sessions.by_nr, mute, NULL);
	table_each(&ls->e.sessions.by_nr, free_one, NULL);
	stand_cancel(ls);
	sessions_free(&ls->e.sessions);
	ethers_free(ls->e.ethers);
	coa_jobs_free(ls->e.coa_jobs);
	dhcp6_core_free(&ls->core);
	if (ls->e.timers.n != 0)
		world_fail(n->host.w, "%s stopped, timers of lines are left",
		    n->host.name);
	timers_free(&ls->e.timers);
	ls->running = false;
	lines_touch(n->host.w);
	timer_cancel(&n->host.w->timers, &ls->t_run);
	ls->machine += dice_permille(&n->host.w->dice, 150);
}

void
lines_free(struct nas *n)
{
	struct lines *ls = n->lines;

	if (ls == NULL)
		return;
	if (n->host.w->plan.line.keeps) {
		close(ls->state[0]);
		close(ls->state[1]);
	}
	free(ls->cfg.ether);
	free(ls->line);
	free(ls);
	n->lines = NULL;
}

/* ---- RADIUS has something to say ---- */

static void
coa_done_late(void *arg, enum dae_cause cause)
{
	(void)cause;
	world_fail(arg, "a CoA-Request is answered late");
}

void
line_coa(struct line *l, const struct session *s)
{
	struct dice *d = &world(l->all)->dice;
	int64_t lived = mono_diff_ms(host_mono(&l->all->nas->host),
	    s->granted_at) / 1000;
	struct dae_request q = {
		.coa = dice_permille(d, 700), .n_keys = 1, .n_changes = 1,
		.session_timeout = { true, dice_permille(d, 200) ? 0 :
		    (uint32_t)dice_between(d, 1, lived + 90) },
	};
	struct dae_bytes *key = dice_permille(d, 500) ? &q.user :
	    &q.session_id;
	const char *value = key == &q.user ? s->user : s->id;
	enum dae_cause cause;

	*key = (struct dae_bytes){ (const uint8_t *)value,
	    (uint8_t)strlen(value) };
	l->retimed |= q.coa;
	if (coa_act(&l->all->e, &q, "sim", coa_done_late, world(l->all),
	    &cause) != COA_DECIDED && !tunnel_is_pending(s->tunnel))
		world_fail(world(l->all), "a CoA-Request is not decided");
}

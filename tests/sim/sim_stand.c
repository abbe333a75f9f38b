/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the real sessions of lines ask, in place of nasd's modules of the same
 * names: RADIUS and data path answer some milliseconds later, or not well;
 * accounting is counted; registrations are the simulated router's own. What
 * lines do not need does nothing.
 */
#include "tests/sim/sim_line.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nasd/acct.h"
#include "nasd/dhcp6.h"
#include "nasd/ha_watch.h"
#include "nasd/mip_client.h"
#include "nasd/ra.h"
#include "nasd/session_in.h"

#define LATE	(25 * SECOND)	/* longer than a session waits */

static struct world *
world(const struct lines *ls)
{
	return ls->nas->host.w;
}

/* ---- what is answered later ---- */

static void
forget(struct line_wait *v)
{
	timer_cancel(&world(v->all)->timers, &v->timer);
	*v->prev = v->next;
	if (v->next != NULL)
		v->next->prev = v->prev;
	free(v);
}

static struct line_wait *
later(struct lines *ls, int kind, void *arg, int64_t most,
    void (*fire)(struct timer *))
{
	struct line_wait *v = calloc(1, sizeof(*v));
	struct world *w = world(ls);

	if (v == NULL)
		abort();
	v->all = ls;
	v->kind = kind;
	v->arg = arg;
	v->timer.fire = fire;
	v->next = ls->waits;
	v->prev = &ls->waits;
	if (v->next != NULL)
		v->next->prev = &v->next;
	ls->waits = v;
	if (w->phase == RESTLESS && !w->plan.calm &&
	    dice_permille(&w->dice, 30))
		most = LATE;
	world_at(w, &v->timer, dice_between(&w->dice, MS, most));
	return v;
}

void
stand_cancel(struct lines *ls)
{
	struct line_wait *v, *next;

	for (v = ls->waits; v != NULL; v = next) {
		next = v->next;
		forget(v);
	}
}

/* ---- RADIUS ---- */

static void
grant(const struct line *l, struct aaa_grant *g)
{
	struct subscriber *u = l->h->u;
	struct world *w = u->w;
	unsigned i, n = w->plan.fail_over ? w->plan.n_has : 1;

	memset(g, 0, sizeof(*g));
	for (i = 0; i < n; i++)
		g->home_agent[i] = w->ha[(u->ha + i) %
		    w->plan.n_has].host.addr;
	g->n_home_agents = n;
	g->mode = u->unique ? AAA_MODE_UNIQUE : AAA_MODE_SHARED;
	if (l->stops && w->phase == RESTLESS)
		g->session_timeout = (uint32_t)dice_between(&w->dice, 5, 120);
	if (!u->keyed)
		return;
	g->has_mn_ha = true;
	g->mn_ha = (struct mip4_sa){ .spi = u->sa.spi, .alg = u->sa.alg,
	    .key_len = u->sa.key_len };
	memcpy(g->mn_ha.key, u->sa.key, sizeof(g->mn_ha.key));
}

static void
aaa_answers(struct timer *t)
{
	struct line_wait v = *container_of(t, struct line_wait, timer);
	struct world *w = world(v.all);
	struct aaa_grant g;

	forget(container_of(t, struct line_wait, timer));
	lines_touch(w);
	if (w->phase == RESTLESS && !w->plan.calm &&
	    dice_permille(&w->dice, 20)) {
		v.aaa(v.arg, dice_permille(&w->dice, 500) ? AAA_REJECT :
		    AAA_NO_REPLY, NULL, "so it is");
		return;
	}
	grant(v.line, &g);
	v.aaa(v.arg, AAA_ACCEPT, &g, "welcome");
	aaa_grant_wipe(&g);
}

struct aaa_request *
aaa_authenticate(struct aaa *a, const struct aaa_who *who,
    const struct plug_auth *auth, const char *subject, aaa_done *done,
    void *arg)
{
	struct lines *ls = (struct lines *)a;
	const struct subscriber *u = world_user(world(ls), who->user,
	    strlen(who->user));
	struct line_wait *v;

	(void)auth;
	if (u == NULL || u->line == NULL ||
	    line_of(ls, arg)->h->u != u) {
		world_fail(world(ls), "%s: %s asks RADIUS for %s",
		    ls->nas->host.name, subject, who->user);
		return NULL;
	}
	v = later(ls, WAIT_AAA, arg, 20 * MS, aaa_answers);
	v->aaa = done;
	v->line = line_of(ls, arg);
	lease_asked_aaa(v->line);
	return (struct aaa_request *)v;
}

void
aaa_cancel(struct aaa_request *r)
{
	forget((struct line_wait *)r);
}

void
aaa_account(struct aaa *a, enum aaa_acct kind, const struct aaa_who *who,
    const struct aaa_usage *use)
{
	struct lines *ls = (struct lines *)a;

	(void)who;
	(void)use;
	if (ls->killed)
		return;
	ls->open += kind == AAA_ACCT_START;
	ls->open -= kind == AAA_ACCT_STOP;
	if (ls->open < 0)
		world_fail(world(ls), "%s: a Stop without a Start",
		    ls->nas->host.name);
}

bool
acct_admits(struct acct *a)
{
	(void)a;
	return true;
}

bool
acct_has_room(const struct acct *a)
{
	(void)a;
	return true;
}

bool
acct_knows(const struct acct *a, const char *sid)
{
	(void)a;
	(void)sid;
	return true;
}

/* ---- the data path ---- */

static void
tunnel_answers(struct timer *t)
{
	struct line_wait *v = container_of(t, struct line_wait, timer);
	struct world *w = world(v->all);
	bool fails = w->phase == RESTLESS && !w->plan.calm &&
	    dice_permille(&w->dice, 5);

	lines_touch(w);
	v->answered = true;
	v->tunnel(v->arg, fails ? -EIO : 0);
}

struct tunnel_session *
tunnel_session_new(struct tunnels *t, const char *ifname, const char *subject,
    struct in_addr ha, const struct in6_addr *hoa, unsigned plen,
    struct in_addr ip4, struct gre_keys gre, tunnel_done *done, void *arg)
{
	struct line_wait *v = later((struct lines *)t, WAIT_TUNNEL, arg,
	    30 * MS, tunnel_answers);

	(void)ifname;
	(void)subject;
	(void)ha;
	(void)hoa;
	(void)plen;
	(void)ip4;
	(void)gre;
	v->tunnel = done;
	return (struct tunnel_session *)v;
}

void
tunnel_session_free(struct tunnel_session *t)
{
	forget((struct line_wait *)t);
}

static void
count_answers(struct timer *t)
{
	struct line_wait v = *container_of(t, struct line_wait, timer);
	static const struct tunnel_counters none;

	forget(container_of(t, struct line_wait, timer));
	lines_touch(world(v.all));
	v.count(v.arg, v.owner, 0, &none);
}

int
tunnel_count(struct tunnel_session *t, tunnel_counted *done, void *arg,
    uint32_t owner)
{
	struct line_wait *v = later(((struct line_wait *)t)->all, WAIT_COUNT,
	    arg, 20 * MS, count_answers);

	v->count = done;
	v->owner = owner;
	return 0;
}

unsigned
tunnel_mtu(const struct tunnel_session *t)
{
	(void)t;
	return 1480;
}

unsigned
tunnel_link_mtu(const struct tunnel_session *t)
{
	(void)t;
	return 1500;
}

const struct tunnel_counters *
tunnel_before(const struct tunnel_session *t)
{
	static const struct tunnel_counters none;

	(void)t;
	return &none;
}

bool
tunnel_is_pending(const struct tunnel_session *t)
{
	return t != NULL && !((const struct line_wait *)t)->answered;
}

const struct tunnel_counters *
tunnel_counters(const struct tunnel_session *t)
{
	(void)t;
	return NULL;
}

int
tunnels_rate(struct tunnels *t, const struct tunnel_rate *list, unsigned n,
    tunnel_rated *done, void *arg, uint64_t owner)
{
	(void)t;
	(void)list;
	(void)n;
	(void)done;
	(void)arg;
	(void)owner;
	return -EOPNOTSUPP;	/* nobody is limited */
}

void
tunnels_prepare(struct tunnels *t, const char *ifname, const char *subject)
{
	(void)t;
	(void)ifname;
	(void)subject;
}

/* ---- router advertisements: is there a way out? ---- */

struct ra_iface *
ra_start(struct ra *ra, unsigned ifindex, const char *subject,
    const struct icmp6_ra *content, ra_step *step, void *arg)
{
	struct line *l = &((struct lines *)ra)->line[ifindex - 1];

	(void)subject;
	(void)step;
	(void)arg;
	ra_update((struct ra_iface *)l, content);
	return (struct ra_iface *)l;
}

void
ra_update(struct ra_iface *r, const struct icmp6_ra *content)
{
	((struct line *)r)->way_out = content->router_lifetime > 0;
}

void
ra_stop(struct ra_iface *r, bool farewell)
{
	(void)farewell;
	((struct line *)r)->way_out = false;
}

/* ---- the server, without a socket ---- */

struct dhcp6_link *
dhcp6_start(struct dhcp6 *d, unsigned ifindex, const char *subject,
    const struct dhcp6_link_conf *conf, const struct dhcp6_events *ev,
    void *arg)
{
	struct lines *ls = (struct lines *)d;
	struct line *l = &ls->line[ifindex - 1];

	l->link = dhcp6_core_start(&ls->core, ifindex, subject, conf, ev,
	    arg);
	return l->link;
}

void
dhcp6_stop(struct dhcp6 *d, struct dhcp6_link *l)
{
	((struct lines *)d)->line[dhcp6_link_ifindex(l) - 1].link = NULL;
	dhcp6_core_stop(l);
}

/* ---- registrations ---- */

static struct session *
real(struct sess *s)
{
	world_touch(s->u);
	return s->real;
}

static void
registered(void *arg, const struct mip_result *r)
{
	struct sess *s = arg;
	struct session *to = real(s);

	if (r->outcome == MIP_REGISTERED) {
		s->hoa = r->hoa;
		s->registered = true;
		check_registered(s);
	} else if (r->outcome == MIP_DENIED) {
		check_over(s);
		s->u->w->counts->denied++;
	} else if (r->outcome == MIP_USELESS) {
		world_fail(s->u->w, "%s: useless reply: %s", s->subject,
		    r->text);
	}
	session_in_mip.registered(to, r);
}

static void
changed(void *arg, const struct mip_result *r)
{
	struct sess *s = arg;

	world_fail(s->u->w, "%s: a renewal brought another home address",
	    s->subject);
	session_in_mip.changed(real(s), r);
}

static void
lost(void *arg, const struct mip_result *r)
{
	struct sess *s = arg;

	s->u->w->counts->lost_reg++;
	check_over(s);
	session_in_mip.lost(real(s), r);
}

static void
revoked(void *arg)
{
	struct sess *s = arg;

	s->u->w->counts->rev_acked++;
	check_over(s);
	session_in_mip.revoked(real(s));
}

static void
deregistered(void *arg, bool answered)
{
	struct sess *s = arg;
	struct session *to = real(s);

	s->reg = NULL;
	s->deregistering = false;
	if (answered)
		check_over(s);
	else
		watch_given_up(s);
	session_in_mip.deregistered(to, answered);
}

static void
told(void *arg, const char *key, const char *detail)
{
	struct sess *s = arg;

	SAY(s->u->w, &s->nas->host, "s%u %s: %s", s->nr, key,
	    detail != NULL ? detail : "");
	session_in_mip.step(real(s), key, detail);
}

const struct mip_events line_mip = {
	.registered = registered,
	.changed = changed,
	.lost = lost,
	.revoked = revoked,
	.deregistered = deregistered,
	.step = told,
};

struct mip_reg *
mip_reg_new(struct mip_client *c, const struct mip_reg_request *q,
    const struct mip_events *events, void *arg)
{
	struct nas *n = (struct nas *)c;
	struct sess *s = lines_sess(n->lines, arg);

	(void)events;
	s->ha = lines_ha(n->lines, q->ha.addr);
	s->reg = mip_reg_create(&n->core, q, &line_mip, s);
	return s->reg;
}

struct mip_reg *
mip_reg_resume(struct mip_client *c, const struct mip_reg_request *q,
    const struct mip_saved *saved, const struct mip_events *events, void *arg)
{
	struct nas *n = (struct nas *)c;
	struct sess *s = lines_sess(n->lines, arg);

	(void)events;
	s->ha = lines_ha(n->lines, q->ha.addr);
	s->reg = mip_resume_reg(&n->core, q, saved, &line_mip, s);
	if (s->reg == NULL)
		abort();
	s->kept = s->reg->expires;
	s->resumed = true;
	s->excuse = "resumed";
	return s->reg;
}

struct ha_select *
ha_watch_select(struct ha_watch *hw)
{
	return &((struct nas *)hw)->select;
}

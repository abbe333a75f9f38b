/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Access routers and nodes of sim_way.h: the core of nasd's NetMIP4 client, and
 * over it sessions that ask, are up, and leave; and mobile nodes, which come,
 * go and move.
 */
#include "tests/sim/sim_way.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AGAIN_MS	5000	/* after a failure, as access_node.c */
#define REVOKED_MS	10000
#define BUDGET_MS	15000
#define FEW_KEYS	0x1000	/* the first of them */

const char *
way_sess_name(const struct way_sess *s)
{
	return s->subject;
}

/* ---- what it sends ---- */

/* From no address of its own: to an agent on its link. */
static void
nas_send(void *arg, struct in_addr from, struct in_addr to, uint16_t port,
    const uint8_t *data, size_t len)
{
	struct way_nas *n = arg;
	struct way_packet p = { .src = from, .dst = to, .sport = MIP4_PORT,
	    .dport = port, .nas = n->host.index, .fa = n->fa,
	    .link = n->link };

	if (from.s_addr == INADDR_ANY) {
		p.on_link = true;
		p.src.s_addr = htonl(0xc0a80001 + n->host.index);
	}
	way_send(n->way, &p, data, len);
}

static uint32_t
nas_random(void *arg)
{
	struct way_nas *n = arg;

	return (uint32_t)dice_roll(&n->way->w->product);
}

static const struct mip4_sa *
node_key(void *arg, const char *nai, size_t len, struct in_addr ha)
{
	struct way_nas *n = arg;
	struct way_line *l = way_line(n->way, nai, len);

	(void)ha;
	return l != NULL ? &l->sa : NULL;
}

static const struct mip4_sa *
fa_key(void *arg, const char *nai, size_t len, struct in_addr fa)
{
	struct way_nas *n = arg;
	struct way_line *l = way_line(n->way, nai, len);

	(void)fa;
	return l != NULL && n->fa_sa[l->index].key_len > 0 ?
	    &n->fa_sa[l->index] : NULL;
}

/* ---- sessions ---- */

static const struct mip_events events;

static void
end_sess(struct way_sess *s)
{
	if (s->reg != NULL && s->nas->host.up)
		mip_reg_abandon(s->reg);
	else
		mip_reg_free(s->reg);	/* its program has ended */
	*s->prev = s->next;
	if (s->next != NULL)
		s->next->prev = s->prev;
	free(s);
}

struct way_sess *
way_sess_at(struct way_line *l, const struct way_nas *n)
{
	struct way_sess *s;

	for (s = l->sessions; s != NULL; s = s->next)
		if (s->nas == n)
			return s;
	return NULL;
}

static struct way_sess *
new_sess(struct way_line *l, struct way_nas *n)
{
	struct way_sess *s = calloc(1, sizeof(*s));

	if (s == NULL)
		abort();
	s->line = l;
	s->nas = n;
	s->ha = &l->way->ha[l->ha];
	s->nr = ++l->way->last_nr;
	snprintf(s->subject, sizeof(s->subject), "%s/s%u u%u", n->host.name,
	    s->nr, l->index);
	s->next = l->sessions;
	s->prev = &l->sessions;
	if (s->next != NULL)
		s->next->prev = &s->next;
	l->sessions = s;
	l->way->w->counts->sessions++;
	return s;
}

/* Is there a session of this NAS, also one that leaves, that has the key? */
static bool
has_key(const struct way_nas *n, uint32_t key)
{
	struct way *y = n->way;
	const struct way_sess *s;
	unsigned i;

	for (i = 0; i < y->plan.n_lines; i++)
		for (s = y->line[i].sessions; s != NULL; s = s->next)
			if (s->nas == n && s->reg != NULL &&
			    s->reg->gre.own == key)
				return true;
	return false;
}

/* The lowest that is free, which another one had a moment ago. */
static uint32_t
few_key(const struct way_nas *n)
{
	uint32_t key = FEW_KEYS;

	while (has_key(n, key))
		key++;
	return key;
}

static void
set_request(struct way_sess *s, struct mip_reg_request *q, bool gre)
{
	struct way_nas *n = s->nas;
	struct way *y = n->way;

	*q = (struct mip_reg_request){ .kind = n->kind == WAY_ROUTER ?
	    MIP_ROUTER : MIP_NODE, .nai = s->line->nai,
	    .subject = s->subject, .mn_ha = &s->line->sa, .gre = gre,
	    .budget_ms = BUDGET_MS,
	    .ha = way_home_agent(n, s->ha->host.index) };
	if (n->kind == WAY_BEHIND) {
		s->coa = n->hear.coa[s->line->index];
		q->lifetime = hear_lifetime(n);
		s->via = q->via = y->fa[n->fa].link[n->link];
		q->gre = false;
		q->agent_gre = n->gre[s->line->ha];
	} else {
		s->coa = n->kind == WAY_ROUTER ? n->host.addr :
		    way_coa(n, s->line->index, gre);
	}
	if (q->gre && y->plan.few_keys)
		q->gre_key = few_key(n);
	q->coa = s->coa;
}

/* Where there is one it will tell when it has ended. */
static void
begin(struct way_line *l, struct way_nas *n)
{
	struct way *y = l->way;
	struct mip_reg_request q;
	struct way_sess *s;

	if (!n->host.up || y->phase == WAY_ENDING || way_sess_at(l, n) != NULL)
		return;
	l->waits = !hear_may_begin(n);
	if (l->waits)
		return;
	s = new_sess(l, n);
	set_request(s, &q, n->gre[l->ha]);
	SAY(y->w, &n->host, "s%u begins for u%u%s", s->nr, l->index,
	    q.gre ? ", by GRE" : "");
	s->reg = mip_reg_create(&n->core, &q, &events, s);
	if (s->reg == NULL)
		abort();
}

static void
again(struct timer *t)
{
	struct way_line *l = container_of(t, struct way_line, t_again);

	if (l->at != NULL)
		begin(l, l->at);
}

void
way_go_on(struct way_line *l, int64_t ms)
{
	if (!timer_is_set(&l->t_again))
		world_at(l->way->w, &l->t_again, ms * MS);
}

/* It has ended without its mobile node's doing, which is still there. */
static void
ended(struct way_sess *s, int64_t ms)
{
	struct way_line *l = s->line;
	struct way_nas *n = s->nas;
	struct way *y = l->way;

	SAY(y->w, &n->host, "s%u has ended", s->nr);
	end_sess(s);
	if (l->at == n && y->phase != WAY_ENDING)
		world_at(y->w, &l->t_again, ms * MS);
}

/* ---- what the client says ---- */

static uint64_t
said(const struct way_packet *p)
{
	static const struct mip4_ext_types types = MIP4_EXT_TYPES_DEFAULT;
	struct mip4_msg m;

	return p != NULL && mip4_parse(&m, p->data, p->len, &types) ==
	    MIP4_OK && m.type == MIP4_RRP ? m.rrp.id : 0;
}

static void
take(struct way_sess *s, const struct mip_result *r)
{
	struct way *y = s->nas->way;

	s->up = true;
	s->resumed = false;
	s->gre = r->gre;
	s->home = r->home;
	s->learnt = y->now != NULL ? y->now->sent : y->w->now;
	s->last_id = said(y->now);
	SAY(y->w, &s->nas->host, "s%u is up, keys %08x %08x", s->nr,
	    r->gre.own, r->gre.peer);
}

static void
registered(void *arg, const struct mip_result *r)
{
	struct way_sess *s = arg;
	struct way *y = s->nas->way;

	if (r->outcome == MIP_REGISTERED) {
		y->w->counts->came_up++;
		take(s, r);
		return;
	}
	if (r->outcome == MIP_DENIED) {
		y->w->counts->denied++;
		s->line->last_code = r->code;
	} else if (r->outcome == MIP_USELESS) {
		world_fail(y->w, "%s: useless reply: %s", s->subject,
		    r->text);
	} else if (y->plan.calm && way_has_key(s->nas, s->line)) {
		/* Who has a wrong key does not believe a denial. */
		world_fail(y->w, "%s: no reply in a calm world", s->subject);
	}
	if (s->leaving)
		return;		/* its deregistration goes on */
	ended(s, AGAIN_MS);
}

static void
changed(void *arg, const struct mip_result *r)
{
	struct way_sess *s = arg;

	s->nas->way->w->counts->readdressed++;
	take(s, r);
}

static void
lost(void *arg, const struct mip_result *r)
{
	struct way_sess *s = arg;

	(void)r;
	s->nas->way->w->counts->lost_reg++;
	ended(s, AGAIN_MS);
}

static void
revoked(void *arg)
{
	struct way_sess *s = arg;

	s->nas->way->w->counts->rev_acked++;
	ended(s, REVOKED_MS);
}

static void
deregistered(void *arg, bool answered)
{
	struct way_sess *s = arg;

	(void)answered;
	s->reg = NULL;
	ended(s, AGAIN_MS);
}

static const struct mip_events events = {
	.registered = registered,
	.changed = changed,
	.lost = lost,
	.revoked = revoked,
	.deregistered = deregistered,
};

/* ---- programs ---- */

/* Goes on with what it was killed with. */
static void
resume(struct way_nas *n, struct way_line *l)
{
	struct way_saved *v = &n->saved[l->index];
	struct mip_reg_request q;
	struct way_sess *s;

	if (!v->there)
		return;
	v->there = false;
	s = new_sess(l, n);
	set_request(s, &q, v->gre);
	q.coa = s->coa = v->coa;
	if (n->kind == WAY_BEHIND)
		n->hear.coa[l->index] = v->coa;
	s->reg = mip_resume_reg(&n->core, &q, &v->reg, &events, s);
	if (s->reg == NULL)
		abort();
	n->way->w->counts->an_resumed++;
	s->up = s->resumed = true;
	s->gre = v->reg.gre;
	s->home = v->reg.home;
	s->learnt = v->learnt;
	SAY(n->way->w, &n->host, "s%u of u%u goes on", s->nr, l->index);
	if (l->at == n) {
		(void)mip_reg_renew(s->reg);
		return;
	}
	s->leaving = true;
	mip_reg_deregister(s->reg);
}

void
way_nas_start(struct way_nas *n)
{
	struct way *y = n->way;
	unsigned i;

	if (n->n_keys[0] == 0)
		way_configure(n);
	memset(&n->core, 0, sizeof(n->core));
	n->core.timers = &n->host.timers;
	n->core.clock = &n->host.clock;
	n->core.params = (struct mip_client_params){ .coa = n->host.addr,
	    .attempts = 5, .dereg_attempts = 3,
	    .lifetime = n->lifetime, .require_nai = true,
	    .types = MIP4_EXT_TYPES_DEFAULT };
	n->core.send = nas_send;
	n->core.random = nas_random;
	n->core.arg = n;
	if (mip_core_init(&n->core) != 0)
		abort();
	n->core.node_key = node_key;
	n->core.node_key_arg = n;
	n->core.fa_key = fa_key;
	n->core.fa_key_arg = n;
	hear_start(n);
	for (i = 0; i < y->plan.n_lines; i++) {
		resume(n, &y->line[i]);
		if (y->line[i].at == n && way_sess_at(&y->line[i], n) == NULL)
			world_at(y->w, &y->line[i].t_again, 10 * MS);
	}
}

static void
save(struct way_nas *n, const struct way_sess *s)
{
	if (s->reg == NULL || !s->up || s->leaving ||
	    !dice_permille(&n->way->w->dice, 600))
		return;
	n->saved[s->line->index] = (struct way_saved){ .there = true,
	    .gre = s->gre.own != 0, .coa = s->coa, .learnt = s->learnt };
	mip_reg_save(s->reg, &n->saved[s->line->index].reg);
}

void
way_nas_stop(struct way_nas *n)
{
	struct way *y = n->way;
	struct way_sess *s;
	unsigned i;

	hear_stop(n);
	for (i = 0; i < y->plan.n_lines; i++) {
		while ((s = way_sess_at(&y->line[i], n)) != NULL) {
			save(n, s);
			end_sess(s);
		}
	}
	if (n->core.n_regs != 0 ||
	    table_count(&n->core.by_gre) > n->core.n_orphans)
		world_fail(y->w, "%s stopped, registrations or keys are left",
		    n->host.name);
	mip_core_free(&n->core);
}

void
way_nas_input(struct way_nas *n, const struct way_packet *p)
{
	struct way *y = n->way;

	if (p->on_link)
		mip_fa_input(&n->core, y->fa[p->fa].link[p->link], p->data,
		    p->len);
	else
		mip_core_input(&n->core, p->src, p->sport, p->dst, p->data,
		    p->len);
}

uint64_t
way_nas_digest(const struct way_nas *n, bool all)
{
	const struct way *y = n->way;
	const struct way_sess *s;
	uint64_t d = all ? n->core.n_regs : 0;
	unsigned i;

	for (i = 0; i < y->plan.n_lines; i++) {
		for (s = y->line[i].sessions; s != NULL; s = s->next) {
			if (s->nas != n || s->reg == NULL || (!s->up && !all))
				continue;
			d = d * 31 + s->nr + (s->up ? 7 : 0);
			d = d * 31 + s->home.s_addr + s->gre.peer;
			d = d * 31 + (uint64_t)s->reg->expires.ns;
			if (all)
				d = d * 31 + s->reg->state +
				    (uint64_t)s->reg->last_sent.ns;
		}
	}
	return d;
}

/* ---- mobile nodes ---- */

static void
leave(struct way_sess *s)
{
	if (s->leaving || !s->nas->host.up)
		return;
	SAY(s->nas->way->w, &s->nas->host, "s%u leaves", s->nr);
	s->leaving = true;
	s->up = false;
	mip_reg_deregister(s->reg);
}

/* Wherever it is not. */
static void
noticed(struct timer *t)
{
	struct way_line *l = container_of(t, struct way_line, t_notice);
	struct way_sess *s, *next;

	for (s = l->sessions; s != NULL; s = next) {
		next = s->next;
		if (s->nas != l->at)
			leave(s);
	}
}

void
way_plug(struct way_line *l, struct way_nas *n)
{
	l->at = n;
	l->waits = false;
	timer_cancel(&l->way->w->timers, &l->t_again);
	SAY(l->way->w, &n->host, "u%u is here", l->index);
	begin(l, n);
}

void
way_unplug(struct way_line *l, bool at_once)
{
	struct way *y = l->way;

	l->at = NULL;
	l->waits = false;
	timer_cancel(&y->w->timers, &l->t_again);
	if (at_once)
		noticed(&l->t_notice);
	else if (!timer_is_set(&l->t_notice))
		world_at(y->w, &l->t_notice, dice_between(&y->w->dice, SECOND,
		    40 * SECOND));
}

/* Where no other has its IPv4 home address, if mobile nodes are kept apart. */
static bool
may_visit(const struct way_line *l, const struct way_nas *n)
{
	const struct way_plan *p = &l->way->plan;

	return !p->apart || n->kind != WAY_BEHIND ||
	    n->link == (p->per_realm ? l->realm : l->ha);
}

static struct way_nas *
some_nas(struct way_line *l)
{
	struct way *y = l->way;
	unsigned tries = 20;
	struct way_nas *n;

	do
		n = &y->nas[dice_below(&y->w->dice, y->plan.n_nases)];
	while (tries-- > 0 && (n == l->at || !may_visit(l, n)));
	return n;
}

void
way_act(struct way_line *l)
{
	struct dice *d = &l->way->w->dice;
	struct way_nas *n = some_nas(l);

	if (!may_visit(l, n))
		return;
	if (l->at == NULL) {
		way_plug(l, n);
	} else if (dice_permille(d, 300)) {
		way_unplug(l, dice_permille(d, 700));
	} else if (n != l->at) {
		l->way->w->counts->moved++;
		way_unplug(l, dice_permille(d, 400));
		way_plug(l, n);
	}
}

void
way_line_init(struct way *y, unsigned index)
{
	struct way_line *l = &y->line[index];

	l->way = y;
	l->index = index;
	l->ha = dice_below(&y->w->dice, y->plan.n_has);
	l->realm = y->plan.per_realm ? index % WAY_REALMS : 0;
	snprintf(l->nai, sizeof(l->nai), "u%u@example.%s", index,
	    l->realm == 0 ? "net" : "org");
	l->sa = (struct mip4_sa){ .spi = MN_SPI, .alg = MIP4_ALG_HMAC_MD5,
	    .key_len = 16, .key = { 0x80, (uint8_t)index } };
	l->fa_sa = (struct mip4_sa){ .spi = MN_SPI, .alg = MIP4_ALG_HMAC_MD5,
	    .key_len = 16, .key = { 0x20, (uint8_t)index } };
	l->keyed = dice_permille(&y->w->dice, y->plan.keyed);
	if (mip4_sa_prepare(&l->sa) != 0)
		abort();
	l->t_again.fire = again;
	l->t_notice.fire = noticed;
}

void
way_line_free(struct way_line *l)
{
	timer_cancel(&l->way->w->timers, &l->t_again);
	timer_cancel(&l->way->w->timers, &l->t_notice);
	mip4_sa_wipe(&l->sa);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a NAS of sim_way.h hears of the foreign agent on its link: the real
 * nasd/fa_agent.c, and over it what access_node_fa.c and access_node.c make of
 * that. And what must hold of it [PROTOCOLS D214-D216], which is looked at by
 * what has come, not by what was made of it.
 */
#include "tests/sim/sim_way.h"

#include <arpa/inet.h>
#include <string.h>

#include "fad/advert.h"

#define TOGETHER	4	/* as access_node_fa.c */
#define SPACE_MS	100
#define REBOOTED_BELOW	256	/* RFC 3344 2.3.2 */

/* Whom an agent has forgotten asks again within so long after that could be
 * known; is its visitor, where the home agent's clock may be another, and data
 * paths take a while; and that when a request was lost, which is repeated as
 * late as this. */
#define ASKS		(3 * SECOND)
#define BACK		(15 * SECOND)
#define AGAIN		(45 * SECOND)

static struct way_fa *
agent_of(const struct way_nas *n)
{
	return &n->way->fa[n->fa];
}

static bool
hears(const struct way_nas *n)
{
	return n->kind == WAY_BEHIND && n->way->plan.advert_s > 0;
}

bool
hear_may_begin(const struct way_nas *n)
{
	return !n->hear.learns || fa_agent_offers(&n->hear.agent, true);
}

uint16_t
hear_lifetime(const struct way_nas *n)
{
	const struct fa_agent *a = &n->hear.agent;
	unsigned s = n->lifetime;

	if (n->hear.learns && a->known && a->last.reg_lifetime > 0 &&
	    a->last.reg_lifetime < s)
		s = a->last.reg_lifetime;
	return (uint16_t)s;
}

/* ---- what follows from it ---- */

static void
register_anew(struct way_nas *n, struct way_line *l, int64_t ms)
{
	struct way_sess *s = way_sess_at(l, n);

	if (s == NULL || s->reg == NULL || s->leaving || !mip_reg_anew(s->reg,
	    n->hear.coa[l->index], hear_lifetime(n), ms))
		return;
	s->coa = n->hear.coa[l->index];
	SAY(n->way->w, &n->host, "s%u registers anew", s->nr);
}

static void
adopt(struct way_nas *n, struct way_line *l, int64_t ms)
{
	struct in_addr *coa = &n->hear.coa[l->index];
	bool new = coa->s_addr != n->hear.agent.coa.s_addr;

	if (n->hear.agent.coa.s_addr == INADDR_ANY)
		return;
	*coa = n->hear.agent.coa;
	if (new)
		register_anew(n, l, ms);
}

static void
tell(struct way_nas *n, struct way_line *l, enum fa_event what, int64_t ms)
{
	switch (what) {
	case FA_MOVED:
		adopt(n, l, ms);
		break;
	case FA_FREE:
		adopt(n, l, ms);
		if (l->at == n && way_sess_at(l, n) == NULL)
			way_go_on(l, ms);
		break;
	case FA_REBOOTED:
		register_anew(n, l, ms);
		break;
	case FA_LOST:
		break;
	}
}

/* Once a second; and a start has its cause, where nobody makes them up. */
static void
check_event(struct way_nas *n, enum fa_event what)
{
	struct way_hear *h = &n->hear;
	struct world *w = n->way->w;

	if (what == FA_LOST)
		return;
	if (w->now != h->changed && w->now - h->changed < SECOND &&
	    h->changed != 0)
		world_fail(w, "%s: heeds another change within a second",
		    n->host.name);
	h->changed = w->now;
	if (what == FA_REBOOTED && !h->restarted && n->way->plan.attacks == 0)
		world_fail(w, "%s: takes its agent for another start of it",
		    n->host.name);
}

static void
happened(void *arg, enum fa_event what)
{
	static const char *const name[] = { [FA_FREE] = "free",
	    [FA_MOVED] = "moved", [FA_REBOOTED] = "restarted",
	    [FA_LOST] = "lost" };
	struct way_nas *n = arg;
	struct way *y = n->way;
	unsigned i, nr = 0;

	SAY(y->w, &n->host, "its agent is %s", name[what]);
	check_event(n, what);
	for (i = 0; i < y->plan.n_lines; i++) {
		struct way_line *l = &y->line[i];
		int64_t ms = nr / TOGETHER * SPACE_MS;

		nr += way_sess_at(l, n) != NULL || l->at == n;
		if (n->hear.learns || what == FA_REBOOTED)
			tell(n, l, what, ms);
	}
}

static void
solicit(void *arg)
{
	struct way_nas *n = arg;
	struct way_packet p = { .on_link = true, .icmp = true, .ttl = 1,
	    .nas = n->host.index, .fa = n->fa, .link = n->link,
	    .dst = agent_of(n)->link[n->link] };
	uint8_t icmp[FA_SOLICIT_LEN];

	fa_advert_solicit(icmp);
	way_send(n->way, &p, icmp, sizeof(icmp));
}

/* ---- it comes and goes ---- */

void
hear_start(struct way_nas *n)
{
	struct way_hear *h = &n->hear;
	unsigned i;

	for (i = 0; i < n->way->plan.n_lines; i++)
		h->coa[i] = h->learns || n->kind != WAY_BEHIND ?
		    (struct in_addr){ INADDR_ANY } : way_fa_coa(n->fa, 0);
	h->until = h->changed = 0;
	h->boot = h->anew = 0;
	h->agent = (struct fa_agent){ .timers = &n->host.timers,
	    .clock = &n->host.clock, .subject = n->host.name,
	    .passive = !h->learns, .event = happened, .solicit = solicit,
	    .arg = n };
	if (hears(n))
		fa_agent_start(&h->agent);
}

void
hear_stop(struct way_nas *n)
{
	if (hears(n))
		fa_agent_stop(&n->hear.agent);
}

/* An agent's own, that was heeded, and is no copy of an earlier one. */
static void
note(struct way_nas *n, const struct way_packet *p, const struct fa_advert *a)
{
	struct way_hear *h = &n->hear;
	unsigned i;

	if (h->boot > p->fa_boot)
		return;
	if (h->boot != 0 && p->fa_boot != h->anew && (h->lost ||
	    (p->fa_boot != h->boot && a->sequence < h->sequence &&
	    a->sequence < REBOOTED_BELOW))) {
		h->anew = p->fa_boot;
		h->since = n->way->w->now;
	}
	h->boot = p->fa_boot;
	h->sequence = a->sequence;
	h->sent = p->sent;
	for (i = 0; h->learns && i < n->way->plan.n_lines; i++)
		if (way_sess_at(&n->way->line[i], n) != NULL &&
		    h->coa[i].s_addr != a->coa[0].s_addr)
			world_fail(n->way->w, "%s: u%u's care-of address is "
			    "not the one that was advertised just now",
			    n->host.name, i);
}

static bool
same_agent(const struct fa_agent *a, const struct fa_agent *b)
{
	return a->known == b->known && a->until.ns == b->until.ns &&
	    a->coa.s_addr == b->coa.s_addr && a->last.sequence ==
	    b->last.sequence && a->last.flags == b->last.flags;
}

void
hear_input(struct way_nas *n, const struct way_packet *p)
{
	struct way_hear *h = &n->hear;
	uint64_t dropped = h->agent.count[FA_C_DROP_RATE];
	struct fa_advert a = { .lifetime = 1 };
	struct fa_agent before;
	int64_t until;
	bool good;

	if (!hears(n) || n->way->phase == WAY_ENDING)
		return;
	good = p->ttl == 1 && fa_advert_read(&a, p->data, p->len) ==
	    FA_ADVERT_OK && a.lifetime > 0;
	if (good) {
		until = n->way->w->now + a.lifetime * SECOND;
		if (until > h->until)
			h->until = until;
	}
	/* One that comes behind a later one looks so, too. */
	h->lost = h->boot != 0 && !h->agent.known;
	h->restarted = h->lost || p->fa_boot != h->boot || p->sent < h->sent;
	before = h->agent;
	fa_agent_hear(&h->agent, p->data, p->len, p->ttl);
	if (!good && a.lifetime > 0 && !same_agent(&before, &h->agent))
		world_fail(n->way->w, "%s: heeds what is no advertisement of "
		    "an agent on its link", n->host.name);
	if (good && !p->attack && h->agent.count[FA_C_DROP_RATE] == dropped)
		note(n, p, &a);
}

/* ---- who attacks ---- */

void
hear_forge(struct way *y, struct way_packet *p)
{
	static const uint8_t flags[] = { ADVERT_F | ADVERT_T, ADVERT_F,
	    ADVERT_F | ADVERT_T | ADVERT_B, ADVERT_T };
	struct dice *d = &y->w->dice;
	struct advert a = { .lifetime = (uint16_t)dice_below(d, 100),
	    .address = y->fa[p->fa].link[p->link],
	    .sequence = (uint16_t)dice_below(d, 300),
	    .reg_lifetime = (uint16_t)dice_below(d, 100),
	    .flags = flags[dice_below(d, 4)],
	    .care_of = dice_permille(d, 300) ? y->fa[p->fa].host.addr :
	    way_fa_coa(dice_below(d, WAY_FAS), dice_below(d, WAY_FA_ADDRS)) };

	if (dice_permille(d, 100))
		a.lifetime = 0;
	if (dice_permille(d, 100))
		a.care_of.s_addr = htonl(INADDR_BROADCAST);
	p->dst.s_addr = INADDR_ANY;	/* to the node */
	p->ttl = dice_permille(d, 800) ? 1 : 255;
	p->len = advert_write(&a, p->data, sizeof(p->data));
}

/* ---- what must hold ---- */

/* Has it asked again, when it could be known that it must? */
static void
check_asked(const struct way_nas *n, struct way_line *l)
{
	const struct way_plan *p = &n->way->plan;
	const struct way_sess *s = way_sess_at(l, n);
	const struct way_hear *h = &n->hear;

	if (s == NULL || s->reg == NULL || s->leaving)
		return;
	if (s->reg->coa.s_addr != h->coa[l->index].s_addr)
		world_fail(n->way->w, "%s: registers with another care-of "
		    "address than its link has", s->subject);
	if (h->anew == 0 || n->way->w->now < h->since + ASKS ||
	    (p->attacks > 0 && p->at_links))
		return;
	/* What was out is answered by who has been started anew, if at all. */
	if (host_to_world(&n->host, s->reg->last_sent) < h->since - ASKS)
		world_fail(n->way->w, "%s: its agent was restarted, and it has "
		    "not asked since", s->subject);
}

/* Is it its agent's visitor again, when that could be known? */
static void
check_back(const struct way_nas *n, struct way_line *l)
{
	const struct way_plan *p = &n->way->plan;
	const struct way_hear *h = &n->hear;
	const struct way_sess *s = way_sess_at(l, n);
	struct way_fa *f = agent_of(n);
	bool whole = p->loss == 0 && p->late == 0 && p->dp_fail == 0 &&
	    p->attacks == 0;
	int64_t now = n->way->w->now, since = h->since + BACK;

	if (!whole && since < n->way->quiet + AGAIN)
		since = n->way->quiet + AGAIN;
	if (s == NULL || !s->up || h->anew != f->host.boot || now < since ||
	    (!whole && n->way->phase == WAY_RESTLESS) ||
	    !way_is_current(s) || way_is_excused(l) || s->resumed ||
	    s->last_id != s->ha->grant[n->fa][l->index].last_id)
		return;		/* or it is another node's visitor */
	if (!way_is_visited(f, s))
		world_fail(n->way->w, "%s: its agent was restarted, and it is "
		    "no visitor since", s->subject);
}

static void
watch(const struct way_nas *n)
{
	const struct way_hear *h = &n->hear;
	unsigned i;

	if (h->agent.known && n->way->w->now > h->until + SECOND)
		world_fail(n->way->w, "%s: knows an agent that has said "
		    "nothing", n->host.name);
	if (!agent_of(n)->host.up)
		return;
	for (i = 0; i < n->way->plan.n_lines; i++)
		if (n->way->line[i].at == n)
			check_back(n, &n->way->line[i]);
}

static void
watch_requests(const struct way_nas *n)
{
	unsigned i;

	for (i = 0; i < n->way->plan.n_lines; i++)
		check_asked(n, &n->way->line[i]);
}

void
hear_watch(struct way *y)
{
	unsigned i;

	for (i = 0; i < y->plan.n_nases && y->phase != WAY_ENDING; i++)
		if (hears(&y->nas[i]) && y->nas[i].host.up) {
			watch(&y->nas[i]);
			watch_requests(&y->nas[i]);
		}
}

void
hear_check_rest(const struct way_nas *n)
{
	const struct fa_agent *a = &n->hear.agent;
	struct in_addr coa = agent_of(n)->host.addr;
	unsigned i;

	if (!hears(n))
		return;
	if (!a->known || a->coa.s_addr != coa.s_addr || fa_agent_left(a) == 0)
		world_fail(n->way->w, "at rest: %s does not know its agent",
		    n->host.name);
	for (i = 0; i < n->way->plan.n_lines; i++)
		if (way_sess_at(&n->way->line[i], n) != NULL &&
		    n->hear.coa[i].s_addr != coa.s_addr)
			world_fail(n->way->w, "at rest: u%u's care-of address "
			    "at %s is not its agent's", i, n->host.name);
}

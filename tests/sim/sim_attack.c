/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The attacker has seen datagrams pass, has no key, and sends them again: as
 * they were, back where they came from, to somebody else, cut short, with a
 * bit turned; old revocations in another order are the first kind. Whatever it
 * is, nothing at the receiver may change.
 */
#include "tests/sim/sim.h"

#include <string.h>

static const char *const kinds[] = { "replayed", "replayed", "replayed",
    "reflected", "cut short", "bent", "to another" };

/*
 * What was never accepted is no replay: a request refused for its clock, or a
 * revocation for being early, is a late one when it comes again. And a home
 * agent that has forgotten all can tell a replay only by its own start [D55];
 * one that has forgotten a subscriber, only if its clock was not set back.
 */
static bool
is_late(struct world *w, const struct packet *p)
{
	static const struct mip4_ext_types types = MIP4_EXT_TYPES_DEFAULT;
	struct host *to = net_host(w, p->dst);
	const struct binding *b;
	struct mip4_msg m;

	if (to == NULL || host_is_nas(to) || p->u == NULL ||
	    mip4_parse(&m, p->data, p->len, &types) != MIP4_OK ||
	    m.type != MIP4_RRQ)
		return p->refused;
	/* the same one waits for a look-up */
	if (p->refused)
		return w->ha[to->index].view[p->u->index].waits[net_place(w,
		    p->src)] != m.rrq.id;
	b = ha_binding(&w->ha[to->index], p->u);
	if (to->set_back != p->set_back &&
	    (b == NULL || ntp_cmp(m.rrq.id, b->last_id) > 0))
		return true;
	return to->boot != p->boot && (ntp_cmp(m.rrq.id, to->boot_ntp) >= 0 ||
	    ntp_cmp(clock_ntp(&to->clock), to->boot_ntp) < 0);
}

static void
change(struct world *w, struct packet *p, const char *kind)
{
	struct in_addr a = p->src;

	switch (kind[0]) {
	case 'r':
		if (strcmp(kind, "reflected") != 0)
			return;
		p->src = p->dst;
		p->dst = a;
		return;
	case 'c':
		p->len = dice_below(&w->dice, (uint32_t)p->len);
		return;
	case 'b':
		p->data[dice_below(&w->dice, (uint32_t)p->len)] ^=
		    (uint8_t)(1U << dice_below(&w->dice, 8));
		return;
	case 't':
		if (w->plan.n_has > 1 && dice_permille(&w->dice, 500))
			p->dst = w->ha[dice_below(&w->dice,
			    w->plan.n_has)].host.addr;
		else
			p->dst = w->nas[dice_below(&w->dice,
			    w->plan.n_nases)].host.addr;
		return;
	}
}

static uint64_t
digest(struct world *w, struct host *n)
{
	return host_is_nas(n) ? nas_digest(&w->nas[n->index]) :
	    ha_digest(&w->ha[n->index]);
}

void
attack(struct world *w)
{
	unsigned most = w->n_history < HISTORY ? w->n_history : HISTORY;
	unsigned n = sizeof(kinds) / sizeof(kinds[0]);
	const char *kind = kinds[dice_below(&w->dice, n)];
	struct packet *p = &w->forged;
	struct in_addr there;
	struct host *to;
	bool late;
	uint64_t before;
	char text[200];

	if (most == 0)
		return;
	/* recent ones are the dangerous ones */
	if (most > 24 && dice_permille(&w->dice, 700))
		*p = w->history[(w->n_history - 1 - dice_below(&w->dice, 24)) %
		    HISTORY];
	else
		*p = w->history[dice_below(&w->dice, most)];
	there = p->dst;
	to = net_host(w, there);
	late = to != NULL && to->up && is_late(w, p);
	p->attack = true;
	p->sport = ATTACK_PORT;
	change(w, p, kind);
	if (late && there.s_addr == p->dst.s_addr)
		return;
	to = net_host(w, p->dst);
	if (to == NULL || !to->up)
		return;
	w->counts->attacks++;
	before = digest(w, to);
	net_deliver(p);
	if (digest(w, to) == before)
		return;
	net_describe(w, p, text, sizeof(text));
	world_fail(w, "replay: a %s datagram changed %s: %s", kind, to->name,
	    text);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* What subscribers do: dial in, hang up, vanish, come back elsewhere, let
 * IPv6CP go down and up. One of them is somewhere or nowhere; sessions that it
 * has left without a word live on until their NAS notices. */
#include "tests/sim/sim_line.h"
#include "tests/sim/sim_mobile.h"

#include <stdio.h>
#include <string.h>

/* How long until a NAS notices that nobody is there (LCP echos). */
#define NOTICE_LEAST	(4 * SECOND)
#define NOTICE_MOST	(60 * SECOND)

static void
dial_at(struct subscriber *u, struct nas *n)
{
	struct world *w = u->w;
	unsigned h = u->ha;

	if (!n->host.up || w->phase == SETTLED || w->phase == ENDING)
		return;
	if (w->plan.n_has > 1 && !w->plan.calm &&
	    dice_permille(&w->dice, 100))
		h = dice_below(&w->dice, w->plan.n_has);
	u->at = sess_new(n, u, &w->ha[h], NULL);
	SAY(w, &n->host, "u%u dials in: s%u", u->index, u->at->nr);
}

static struct nas *
some_nas(struct subscriber *u)
{
	return &u->w->nas[dice_below(&u->w->dice, u->w->plan.n_nases)];
}

static void
dial(struct timer *t)
{
	struct subscriber *u = container_of(t, struct subscriber, dial);

	if (u->at == NULL)
		dial_at(u, some_nas(u));
}

void
user_init(struct world *w, struct subscriber *u, unsigned index)
{
	memset(u, 0, sizeof(*u));
	u->w = w;
	u->index = index;
	u->realm = w->plan.realms && dice_permille(&w->dice, 500);
	snprintf(u->nai, sizeof(u->nai), "u%u@example.%s", index,
	    u->realm == 0 ? "net" : "org");
	u->unique = !dice_permille(&w->dice, 300);
	u->keyed = w->plan.lookup && dice_permille(&w->dice, 500);
	u->fixed = w->plan.lookup && u->unique && dice_permille(&w->dice, 200);
	u->sa = (struct mip4_sa){ .spi = MN_SPI, .alg = MIP4_ALG_HMAC_MD5,
	    .key = { (uint8_t)index, 7 }, .key_len = 16 };
	u->insists = u->unique && dice_permille(&w->dice, w->plan.insist);
	u->own = iid_random();
	u->ha = dice_below(&w->dice, w->plan.n_has);
	if (mip4_sa_prepare(&u->sa) != 0)
		abort();
	if (dice_permille(&w->dice, w->plan.mobile))
		mobile_new(u);
	else if (dice_permille(&w->dice, w->plan.lines))
		host_new(u);
	u->dial.fire = dial;
}

void
user_lost(struct subscriber *u)
{
	if (u->w->phase == RESTLESS)
		world_at(u->w, &u->dial, dice_between(&u->w->dice, 0,
		    10 * SECOND));
}

/* Its NAS will notice, some time. */
static void
vanish(struct subscriber *u)
{
	struct world *w = u->w;
	struct sess *s = u->at;

	SAY(w, &s->nas->host, "u%u vanishes from s%u", u->index, s->nr);
	s->abandoned = true;
	s->next_access = ACCESS_GONE;
	world_at(w, &s->t_access, dice_between(&w->dice, NOTICE_LEAST,
	    NOTICE_MOST));
	u->at = NULL;
}

static void
hang_up(struct subscriber *u)
{
	struct sess *s = u->at;

	SAY(u->w, &s->nas->host, "u%u hangs up s%u", u->index, s->nr);
	u->at = NULL;
	s->next_access = ACCESS_GONE;
	world_at(u->w, &s->t_access, dice_between(&u->w->dice, 0, 50 * MS));
	sess_event(s, SESSION_EV_PEER_LEFT);
}

static void
renegotiate(struct subscriber *u)
{
	struct sess *s = u->at;

	if (s->state != SESSION_UP)
		return;
	access_next(s, dice_permille(&u->w->dice, 500) ? ACCESS_ASK :
	    ACCESS_COME_UP, dice_permille(&u->w->dice, 800) ? 500 * MS :
	    8 * SECOND);
	sess_event(s, SESSION_EV_ACCESS_DOWN);
}

static void
move(struct subscriber *u)
{
	struct world *w = u->w;
	struct nas *to = some_nas(u);

	if (dice_permille(&w->dice, 600))
		vanish(u);
	else
		hang_up(u);
	if (dice_permille(&w->dice, 700))
		dial_at(u, to);
	else
		world_at(w, &u->dial, dice_between(&w->dice, 0, 3 * SECOND));
}

void
user_dial(struct subscriber *u)
{
	dial_at(u, some_nas(u));
}

void
user_go(struct subscriber *u)
{
	if (dice_permille(&u->w->dice, 500))
		hang_up(u);
	else
		vanish(u);
}

/* The operator's command. */
static void
renew(struct sess *s)
{
	if (s->state == SESSION_UP && s->reg != NULL)
		(void)mip_reg_renew(s->reg);
}

void
user_act(struct subscriber *u)
{
	static const enum session_event ends[] = { SESSION_EV_TERMINATE,
	    SESSION_EV_TERMINATE_HARD, SESSION_EV_SESSION_TIMEOUT,
	    SESSION_EV_IDLE_TIMEOUT, SESSION_EV_AUTH_ASKED };
	struct world *w = u->w;
	unsigned what = dice_below(&w->dice, 100);

	world_touch(u);
	if (u->mobile != NULL)
		mobile_act(u);
	else if (u->line != NULL)
		host_act(u);
	else if (u->at == NULL)
		dial_at(u, some_nas(u));
	else if (what < 25)
		move(u);
	else if (what < 45)
		hang_up(u);
	else if (what < 55)
		vanish(u);
	else if (what < 65)
		renegotiate(u);
	else if (what < 72)
		ha_end(&w->ha[dice_below(&w->dice, w->plan.n_has)], u);
	else if (what < 75)
		sess_event(u->at, SESSION_EV_ACCESS_DOWN);
	else if (what < 78)
		renew(u->at);
	else if (what < 85)
		sess_event(u->at, ends[dice_below(&w->dice, 5)]);
}

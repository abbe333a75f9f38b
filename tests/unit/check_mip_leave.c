/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Home agents that go away and come back, and many registrations at once: what
 * the NetMIP4 client sends meanwhile, and what is bound where in the end. The
 * agents live here, know who is bound, and check every request they get: not
 * two of one NAI within a second, not more than the rate in any. ha_select
 * decides what is down, as in ha_watch.c.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mip4.h"
#include "common/wire.h"
#include "nasd/ha_select.h"
#include "nasd/mip_reg.h"
#include "tests/unit/test.h"

#define USERS		1100
#define PROBE		USERS		/* its number */
#define RATE		100
#define LIFETIME	300
#define MS		INT64_C(1000000)

static int64_t now_ms;
static struct timers timers;
static struct mip_core core;
static struct mip4_sa sa;
static struct ha_select hs;
static uint32_t dice;

static struct agent {
	bool		dead;		/* hears nothing */
	bool		mute;		/* hears, its answers are lost */
	int64_t		delay_ms;
	uint8_t		code;		/* instead of 0 */
	bool		bound[USERS + 1];
	int64_t		last_ms[USERS + 1];
	uint64_t	last_id[USERS + 1];
	unsigned	got, probes;
	int64_t		times[RATE + 1];	/* of the last requests */
	unsigned	kinds[3];	/* new, renewal, deregistration */
} agents[2];

static struct reply {
	int64_t		at;
	unsigned	from;
	size_t		len;
	uint8_t		buf[200];
} replies[4096];
static unsigned n_replies;

static struct user {
	struct mip_reg	*reg;
	unsigned	registered, lost, deregistered;
	bool		answered;
	struct mip_result res;
} users[USERS];

/* ---- time ---- */

static mono_t
fake_mono(void *arg)
{
	(void)arg;
	return (mono_t){ now_ms * MS };
}

static uint64_t
fake_ntp(void *arg)
{
	uint64_t ms = (uint64_t)now_ms;

	(void)arg;
	return ((UINT64_C(0xe5a1b2c3) + ms / 1000) << 32) |
	    ((ms % 1000 << 32) / 1000);
}

static uint32_t
fake_random(void *arg)
{
	(void)arg;
	dice = dice * 1664525 + 1013904223;
	return dice >> 8;
}

static const struct clock fake_clock = { fake_mono, fake_ntp, NULL };

static struct in_addr
addr(unsigned i)
{
	return (struct in_addr){ htonl(0xc6336401 + i) };
}

/* ---- the agents ---- */

static void
answer(unsigned who, const struct mip4_msg *m, unsigned user)
{
	struct agent *a = &agents[who];
	struct reply *r = &replies[n_replies++];
	struct in6_addr hoa = { .s6_addr = { 0x20, 1, 0xd, 0xb8,
	    [6] = (uint8_t)(user >> 8), [7] = (uint8_t)user } };
	struct wire_w w;

	ck_assert_uint_lt(n_replies, 4096);
	memcpy(hoa.s6_addr + 8, m->ext.n_hoa > 0 ? m->ext.hoa.s6_addr + 8 :
	    m->ext.hoa_req_iid.b, 8);
	r->at = now_ms + a->delay_ms;
	r->from = who;
	wire_w_init(&w, r->buf, sizeof(r->buf));
	mip4_put_rrp(&w, &(struct mip4_rrp){ .code = a->code,
	    .lifetime = m->rrq.lifetime, .ha = addr(who),
	    .id = m->rrq.id });
	mip4_put_nai(&w, m->ext.nai, m->ext.nai_len);
	if (m->rrq.lifetime != 0 && a->code == 0)
		mip4_put_hoa(&w, 221, &hoa, true);
	mip4_put_auth(&w, MIP4_EXT_FA_HA, &sa);
	ck_assert(!w.err);
	r->len = w.len;
}

static void
check_pace(struct agent *a, unsigned user, uint64_t id)
{
	if (a->last_id[user] != 0) {
		ck_assert_msg(now_ms - a->last_ms[user] >= 1000,
		    "user %u twice within a second", user);
		ck_assert_int_gt(ntp_cmp(id, a->last_id[user]), 0);
	}
	a->last_ms[user] = now_ms;
	a->last_id[user] = id;
	if (user == PROBE)
		return;
	if (a->got >= RATE)
		ck_assert_int_ge(now_ms - a->times[a->got % RATE], 999);
	a->times[a->got % RATE] = now_ms;
}

static void
fake_send(void *arg, struct in_addr from, struct in_addr to, uint16_t port,
    const uint8_t *buf, size_t len)
{
	static const struct mip4_ext_types types = MIP4_EXT_TYPES_DEFAULT;
	unsigned who = ntohl(to.s_addr) - 0xc6336401, user = PROBE, kind;
	struct agent *a = &agents[who];
	struct mip4_msg m;

	(void)arg;
	(void)from;
	(void)port;
	ck_assert_uint_lt(who, 2);
	ck_assert_int_eq(mip4_parse(&m, buf, len, &types), MIP4_OK);
	if (m.ext.nai[0] == 'u')
		user = (unsigned)atoi((const char *)m.ext.nai + 1);
	else
		ck_assert_uint_eq(m.rrq.lifetime, 0);
	check_pace(a, user, m.rrq.id);
	if (user == PROBE) {
		a->probes++;
	} else {
		kind = m.rrq.lifetime == 0 ? 2 : m.ext.n_hoa > 0;
		a->kinds[kind]++;
		a->got++;
	}
	if (a->dead)
		return;
	if (a->code == 0)
		a->bound[user] = m.rrq.lifetime != 0;
	if (!a->mute)
		answer(who, &m, user);
}

/* ---- as ha_watch ---- */

static void
heard(void *arg, struct in_addr from)
{
	int i = ha_select_find(&hs, from);

	(void)arg;
	if (ha_select_heard(&hs, i))
		mip_core_hold(&core, from, false);
}

static void
unheard(void *arg, struct in_addr from, mono_t sent)
{
	int i = ha_select_find(&hs, from);

	(void)arg;
	if (ha_select_unheard(&hs, i, sent))
		mip_core_hold(&core, from, true);
}

static void
probe(void)
{
	for (unsigned i = 0; i < 2; i++)
		if (ha_select_probe(&hs, (int)i))
			mip_leave_probe(&core, &(struct mip_ha){ addr(i),
			    &sa, 1 });
}

static void
advance(int64_t ms)
{
	int64_t end = now_ms + ms;

	for (; now_ms < end; now_ms++) {
		for (unsigned i = 0; i < n_replies; i++) {
			struct reply r = replies[i];

			if (r.at > now_ms)
				continue;
			replies[i--] = replies[--n_replies];
			mip_core_input(&core, addr(r.from), 434,
			    core.params.coa, r.buf,
			    r.len);
		}
		probe();
		while (!mono_before(fake_mono(NULL), timers_next(&timers)))
			timers_run(&timers, fake_mono(NULL));
	}
}

/* ---- the sessions ---- */

static void
on_registered(void *arg, const struct mip_result *res)
{
	struct user *u = arg;

	u->registered++;
	u->res = *res;
}

static void
on_lost(void *arg, const struct mip_result *res)
{
	struct user *u = arg;

	u->lost++;
	u->res = *res;
}

static void
on_deregistered(void *arg, bool answered)
{
	struct user *u = arg;

	u->deregistered++;
	u->answered = answered;
	u->reg = NULL;
}

static const struct mip_events events = {
	.registered = on_registered, .lost = on_lost,
	.deregistered = on_deregistered,
};

static void
start(unsigned user, unsigned at, int64_t budget_ms)
{
	char nai[32];

	snprintf(nai, sizeof(nai), "u%u@example.net", user);
	users[user].reg = mip_reg_create(&core, &(struct mip_reg_request){
		.nai = nai, .subject = "s", .ha = { addr(at), &sa, 1 },
		.unique = true, .iid = { { 2, 0, 0, 0, 0, 0, 0, 1 } },
		.budget_ms = budget_ms }, &events, &users[user]);
	ck_assert_ptr_nonnull(users[user].reg);
}

static void
abandon(unsigned user)
{
	mip_reg_abandon(users[user].reg);
	users[user].reg = NULL;
}

static size_t
orphans(void)
{
	size_t n = core.n_orphans;

	for (const struct mip_ha_rec *ha = core.ha_list; ha != NULL;
	    ha = ha->next)
		n -= ha->probe != NULL;
	return n;
}

static void
set_up(void)
{
	now_ms = 1000000;
	dice = 1;
	n_replies = 0;
	memset(agents, 0, sizeof(agents));
	memset(users, 0, sizeof(users));
	agents[0].delay_ms = agents[1].delay_ms = 20;
	log_set_level(NULL, "error");
	timers_init(&timers);
	sa = (struct mip4_sa){ .spi = 256, .alg = MIP4_ALG_HMAC_MD5,
	    .key_len = 16, .key = { 1, 2, 3 } };
	hs = (struct ha_select){ .clock = &fake_clock,
	    .random = fake_random };
	ha_select_add(&hs, addr(0), 1, 1);
	ha_select_add(&hs, addr(1), 2, 1);
	core = (struct mip_core){
		.timers = &timers, .clock = &fake_clock,
		.params = {
			.coa = { htonl(0xc0000201) },
			.lifetime = LIFETIME, .attempts = 5,
			.dereg_attempts = 3, .require_nai = true,
			.rate = RATE,
			.types = MIP4_EXT_TYPES_DEFAULT,
		},
		.send = fake_send, .random = fake_random,
	};
	ck_assert_int_eq(mip_core_init(&core), 0);
	core.agents = (struct mip_agent_events){ heard, unheard };
}

static void
tear_down(void)
{
	for (unsigned i = 0; i < USERS; i++)
		mip_reg_free(users[i].reg);
	ck_assert_uint_eq(core.n_regs, 0);
	ck_assert_uint_eq(core.n_orphans, 0);
	ck_assert_uint_eq(table_count(&core.by_nai), 0);
	ck_assert_uint_eq(table_count(&core.by_id), 0);
	mip_core_free(&core);
	ck_assert_uint_eq(timers.n, 0);
	timers_free(&timers);
}

/*
 * A thousand are bound, the agent dies for a minute in which the renewals of
 * many come due, some dial in meanwhile, and it comes back having forgotten
 * all; then more dial in. check_pace looks at every request.
 */
START_TEST(mass_event)
{
	struct agent *a = &agents[0];
	unsigned i, bound, sent;

	for (i = 0; i < 1000; i++)
		start(i, 0, 60000);
	advance(15000);
	for (i = 0; i < 1000; i++)
		ck_assert_uint_eq(users[i].registered, 1);

	/* all renewals are due from 202.5 to 236 s */
	advance(185000);
	a->dead = true;
	memset(a->bound, 0, sizeof(a->bound));
	advance(20000);
	ck_assert_int_eq(ha_select_state(&hs, 0), HA_DOWN);
	sent = a->got;
	advance(30000);
	/* held: nothing goes there but probes, and few of them */
	ck_assert_uint_eq(a->got, sent);
	/* those who have nowhere else to go pass by the others */
	for (i = 1000; i < 1050; i++)
		start(i, 0, 60000);
	advance(10000);
	ck_assert_uint_eq(a->got, sent + 50 * 4);
	ck_assert_uint_gt(a->probes, 3);
	ck_assert_uint_lt(a->probes, 10);

	a->dead = false;
	for (i = 0; i < 20 && ha_select_state(&hs, 0) == HA_DOWN; i++)
		advance(1000);
	ck_assert_int_eq(ha_select_state(&hs, 0), HA_UP);
	/* new ones first, whoever waits */
	ck_assert_uint_gt(core.ha_list->pace.queue.n, 300);
	for (i = 1050; i < USERS; i++)
		start(i, 0, 60000);
	advance(1100);
	for (i = 1050; i < USERS; i++)
		ck_assert_uint_eq(users[i].registered, 1);
	advance(30000);
	for (bound = 0, i = 0; i < USERS; i++) {
		ck_assert_uint_eq(users[i].registered, 1);
		ck_assert_uint_eq(users[i].lost, 0);
		bound += a->bound[i];
	}
	ck_assert_uint_eq(bound, USERS);
	ck_assert_uint_eq(a->kinds[2], 0);
	ck_assert_uint_eq(core.count[MIP_C_EXPIRED], 0);
	ck_assert_uint_ge(core.ha_list->pace.longest, 1000);
}
END_TEST

/* Whose binding ends first is renewed first. */
START_TEST(nearest_to_expiry)
{
	unsigned i;

	for (i = 0; i < 50; i++) {
		start(i, 0, 60000);
		advance(100);
	}
	mip_core_hold(&core, addr(0), true);
	for (i = 0; i < 50; i++)
		ck_assert(mip_reg_renew(users[(i * 7) % 50].reg) ||
		    mip_reg_left(users[(i * 7) % 50].reg) > LIFETIME - 2);
	mip_core_hold(&core, addr(0), false);
	advance(1500);
	for (i = 1; i < 40; i++)
		ck_assert_int_le(agents[0].last_ms[i - 1],
		    agents[0].last_ms[i]);
	ck_assert_uint_eq(agents[0].kinds[1], 50);
}
END_TEST

/* The agent hears all, its answers are lost: nothing may stay bound there. */
START_TEST(abandoned)
{
	agents[0].mute = true;
	start(1, 0, 4500);
	advance(4600);
	ck_assert_int_eq(users[1].res.outcome, MIP_NO_REPLY);
	ck_assert(agents[0].bound[1]);
	abandon(1);
	start(1, 1, 4500);
	advance(1000);
	ck_assert(agents[1].bound[1]);
	ck_assert_int_eq(users[1].res.outcome, MIP_REGISTERED);
	/* held down, so it waits until the agent is heard */
	ck_assert_int_eq(ha_select_state(&hs, 0), HA_DOWN);
	ck_assert_uint_eq(orphans(), 1);
	advance(60000);
	ck_assert_uint_eq(orphans(), 1);
	agents[0].mute = false;
	advance(20000);
	ck_assert(!agents[0].bound[1] && agents[1].bound[1]);
	ck_assert_uint_eq(orphans(), 0);
	ck_assert_uint_eq(users[1].deregistered, 0);
	ck_assert_uint_eq(core.n_regs, 1);
}
END_TEST

/* The acceptance comes when another agent has been asked. */
START_TEST(late_accept)
{
	agents[0].delay_ms = 5000;
	start(1, 0, 4500);
	advance(4600);
	abandon(1);
	start(1, 1, 4500);
	advance(500);
	agents[0].delay_ms = 20;
	advance(10000);
	ck_assert(!agents[0].bound[1] && agents[1].bound[1]);
	ck_assert_uint_ge(core.count[MIP_C_LATE], 1);
	ck_assert_uint_eq(orphans(), 0);
	ck_assert_uint_eq(users[1].registered, 2);
}
END_TEST

static struct {
	uint32_t	nr;
	unsigned	n;
	struct mip_left	l;
	char		nai[64], subject[16];
} kept;

static uint32_t
keep(void *arg, uint32_t nr, const struct mip_left *l)
{
	ck_assert_ptr_eq(arg, &kept);
	kept.n++;
	kept.nr = nr != 0 ? nr : 17;
	kept.l = *l;
	snprintf(kept.nai, sizeof(kept.nai), "%s", l->nai);
	snprintf(kept.subject, sizeof(kept.subject), "%s", l->subject);
	kept.l.nai = kept.nai;
	kept.l.subject = kept.subject;
	return kept.nr;
}

static void
keep_no_more(void *arg, uint32_t nr)
{
	ck_assert_ptr_eq(arg, &kept);
	ck_assert_uint_eq(nr, kept.nr);
	kept.n--;
}

static void
count_left(void *arg, uint32_t nr, const struct mip_left *l)
{
	ck_assert_uint_eq(nr, kept.nr);
	ck_assert_str_eq(l->nai, kept.nai);
	++*(unsigned *)arg;
}

static void
keep_left(void)
{
	core.left = (struct mip_left_events){ keep, keep_no_more };
	core.left_arg = &kept;
	memset(&kept, 0, sizeof(kept));
}

/* nasd is killed before the agent is back: the next one does it, and not for
 * longer than there can be something. */
START_TEST(left_to_the_next)
{
	struct mip_client_params params;
	unsigned n = 0;

	keep_left();
	start(1, 0, 4500);
	advance(1000);
	ck_assert(agents[0].bound[1]);
	agents[0].dead = true;
	mip_core_hold(&core, addr(0), true);
	abandon(1);
	ck_assert_uint_eq(kept.n, 1);
	mip_leave_each(&core, count_left, &n);
	ck_assert_uint_eq(n, 1);
	ck_assert_int_gt(mono_diff_ms(kept.l.saved.expires, fake_mono(NULL)),
	    (LIFETIME - 2) * 1000);
	params = core.params;
	mip_core_free(&core);
	ck_assert_uint_eq(kept.n, 1);	/* not said to be over */

	core = (struct mip_core){ .timers = &timers, .clock = &fake_clock,
	    .params = params, .send = fake_send, .random = fake_random };
	ck_assert_int_eq(mip_core_init(&core), 0);
	core.agents = (struct mip_agent_events){ heard, unheard };
	keep_left();
	kept.l.ha = (struct mip_ha){ addr(0), &sa, 1 };
	kept.l.saved.expires = mono_add_ms(fake_mono(NULL), 100000);
	kept.l.nai = "u1@example.net";
	kept.l.subject = "s";
	ck_assert_int_eq(mip_leave_take(&core, 17, &kept.l), 0);
	ck_assert_uint_eq(kept.nr, 17);
	ck_assert_uint_eq(kept.n, 1);
	advance(20000);
	ck_assert_int_eq(ha_select_state(&hs, 0), HA_DOWN);
	ck_assert_uint_eq(orphans(), 1);
	agents[0].dead = false;
	advance(20000);
	ck_assert(!agents[0].bound[1]);
	ck_assert_uint_eq(orphans(), 0);
	ck_assert_uint_eq(kept.n, 0);

	/* Held all the time: only as long as was said. */
	kept.l.ha = (struct mip_ha){ addr(1), &sa, 1 };
	kept.l.saved.expires = mono_add_ms(fake_mono(NULL), 10000);
	kept.l.nai = "u1@example.net";
	kept.l.subject = "s";
	ck_assert_int_eq(mip_leave_take(&core, 18, &kept.l), 0);
	mip_core_hold(&core, addr(1), true);
	advance(9000);
	ck_assert_uint_eq(kept.n, 1);
	advance(2000);
	ck_assert_uint_eq(kept.n, 0);
}
END_TEST

/* Back at the agent that was abandoned: its deregistration must not come to
 * the new binding, nor two messages within a second. */
START_TEST(back_again)
{
	agents[0].dead = true;
	start(1, 0, 2500);
	advance(2600);
	agents[0].dead = false;
	abandon(1);
	ck_assert_uint_eq(orphans(), 1);
	start(1, 0, 4500);
	ck_assert_uint_eq(orphans(), 0);
	advance(10000);
	ck_assert_int_eq(users[1].res.outcome, MIP_REGISTERED);
	ck_assert(agents[0].bound[1]);
	ck_assert_uint_eq(agents[0].kinds[2], 0);
	/* a fresh registration at once [D16] waits a second for it */
	abandon(1);
	start(1, 0, 4500);
	abandon(1);
	start(1, 0, 4500);
	advance(3000);
	ck_assert(agents[0].bound[1]);
	ck_assert_uint_eq(users[1].registered, 3);
	ck_assert_uint_eq(agents[0].kinds[2], 0);
	/* denied, but what was there before may stand: it must go */
	agents[0].code = 130;
	abandon(1);
	start(1, 0, 4500);
	advance(500);
	ck_assert_int_eq(users[1].res.outcome, MIP_DENIED);
	agents[0].code = 0;
	abandon(1);
	advance(3000);
	ck_assert(!agents[0].bound[1]);
	ck_assert_uint_eq(orphans(), 0);
}
END_TEST

/* One that has just been asked for the last time, as its time is up: the next
 * registration keeps its distance (check_pace). */
START_TEST(expired_while_leaving)
{
	core.params.lifetime = 4;
	agents[0].dead = true;
	start(1, 0, 60000);
	advance(100);
	abandon(1);
	/* sent when the gate opens, at 3.5 s; over at 4 */
	mip_core_hold(&core, addr(0), true);
	advance(3400);
	mip_core_hold(&core, addr(0), false);
	advance(600);
	start(1, 0, 60000);
	advance(3000);
}
END_TEST

/* What was never asked leaves nothing to do. */
START_TEST(nothing_to_leave)
{
	start(1, 0, 4500);
	advance(100);
	core.ha_list->pace.credit = -INT64_C(1000000000000);	/* 11 s */
	start(2, 0, 4500);
	advance(5000);
	ck_assert_int_eq(users[2].res.outcome, MIP_NO_REPLY);
	abandon(2);
	ck_assert_uint_eq(orphans(), 0);
	ck_assert(!agents[0].bound[2]);
	advance(10000);
	ck_assert_uint_eq(agents[0].kinds[2], 0);
}
END_TEST

/* A session that ends while its agent is down does not wait for it; its
 * binding goes when the agent is back, or has expired by then. */
START_TEST(handed_over)
{
	start(1, 0, 4500);
	start(2, 0, 4500);
	advance(2000);
	agents[0].dead = true;
	mip_reg_renew(users[2].reg);
	advance(8000);
	ck_assert_int_eq(ha_select_state(&hs, 0), HA_DOWN);
	mip_reg_deregister(users[1].reg);
	ck_assert_uint_eq(users[1].deregistered, 0);	/* not from inside */
	advance(5);
	ck_assert_uint_eq(users[1].deregistered, 1);
	ck_assert(!users[1].answered);
	ck_assert_uint_eq(orphans(), 1);
	agents[0].dead = false;
	advance(20000);
	ck_assert(!agents[0].bound[1] && agents[0].bound[2]);

	agents[0].dead = true;
	mip_reg_renew(users[2].reg);
	advance(8000);
	mip_reg_deregister(users[2].reg);
	advance(1000);
	ck_assert_uint_eq(orphans(), 1);
	advance((LIFETIME + 5) * 1000);
	ck_assert_uint_eq(orphans(), 0);
	advance(1500);
	mip_reg_free(core.ha_list->probe);
}
END_TEST

/* Probes bind nothing, are one at a time, and what the agent says to them does
 * not matter: that it speaks does. */
START_TEST(probed)
{
	agents[0].dead = true;
	start(1, 0, 14000);
	advance(30000);
	ck_assert_int_eq(ha_select_state(&hs, 0), HA_DOWN);
	abandon(1);
	ck_assert_uint_eq(agents[0].probes, 4);
	agents[0].dead = false;
	agents[0].code = 129;
	advance(20000);
	ck_assert_int_eq(ha_select_state(&hs, 0), HA_UP);
	ck_assert_uint_eq(agents[0].probes, 5);
	ck_assert(!agents[0].bound[PROBE]);
	ck_assert_ptr_null(core.ha_list->probe);
	ck_assert_uint_eq(orphans(), 0);
	ck_assert_uint_eq(core.count[MIP_C_SENT_PROBE], 5);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("mip_leave");
	TCase *t = tcase_create("mip_leave");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, mass_event);
	tcase_add_test(t, nearest_to_expiry);
	tcase_add_test(t, abandoned);
	tcase_add_test(t, late_accept);
	tcase_add_test(t, left_to_the_next);
	tcase_add_test(t, back_again);
	tcase_add_test(t, expired_while_leaving);
	tcase_add_test(t, nothing_to_leave);
	tcase_add_test(t, handed_over);
	tcase_add_test(t, probed);
	suite_add_tcase(s, t);
	return test_run(s);
}

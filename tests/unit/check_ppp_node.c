/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sessions on PPP links that are bridged to their home agent [draft-navali
 * Figure 6]: in which order what is asked of the root side and of the home
 * agent, who gets which care-of address, and what an end gives back. The links
 * of access nodes are real; root side, plugin and home agent are stand-ins.
 */
#include "tests/unit/session_rig.h"

#include "nasd/access_node.h"
#include "nasd/access_node_int.h"
#include "nasd/priv_ops.h"

#define COA1	"192.0.2.101"	/* 100 is a section's */
#define COA2	"192.0.2.102"

/* What the root side was asked, and has not answered. */
static struct {
	priv_done	*done;
	void		*arg;
	uint16_t	 type;
	bool		 made;
} due[16];
static unsigned n_due;
static unsigned sets[64], n_sets;	/* last bytes of the home agents */
static struct config_node section = { .ifname = "acc0" };

static int
take(uint16_t type, const void *body, priv_done *done, void *arg)
{
	const struct nasd_priv_node_name *q = body;
	const struct nasd_priv_node_set *set = body;
	char coa[INET_ADDRSTRLEN] = "";

	if (type == NASD_PRIV_NODE_OPEN && q->coa.s_addr != 0) {
		call("open %s %s", q->ifname, inet_ntop(AF_INET, &q->coa, coa,
		    sizeof(coa)));
	} else if (type == NASD_PRIV_NODE_SET) {
		ck_assert_uint_eq(set->ppp, 1);
		sets[n_sets++ % 64] = ntohl(set->ha.s_addr) & 0xff;
		call("set %s %s", inet_ntop(AF_INET, &set->coa, coa,
		    sizeof(coa)), set->carry == NASD_PRIV_CARRY_BOTH ? "both" :
		    set->carry == NASD_PRIV_CARRY_DOWN ? "down" : "none");
	} else if (type == NASD_PRIV_NODE_DEL) {
		call("del %s", inet_ntop(AF_INET, &q->coa, coa, sizeof(coa)));
	} else if (type == NASD_PRIV_NODE_SWEEP) {
		call("sweep");
	} else if (type == NASD_PRIV_NODE_COUNT) {
		call("count");
	}
	if (done == NULL)
		return (0);
	ck_assert_uint_lt(n_due, sizeof(due) / sizeof(due[0]));
	due[n_due].done = done;
	due[n_due].type = type;
	due[n_due++].arg = arg;
	return (0);
}

/* The root side answers the oldest of them. */
static void
answer(int status)
{
	struct nasd_priv_node_opened opened = { .mtu = 1492 };
	int fd = -1, ends[2];
	uint16_t type = due[0].type;
	priv_done *done = due[0].done;
	void *arg = due[0].arg;

	ck_assert_uint_gt(n_due, 0);
	memmove(&due[0], &due[1], --n_due * sizeof(due[0]));
	if (type == NASD_PRIV_NODE_OPEN && status == 0) {
		ck_assert_int_eq(pipe(ends), 0);
		close(ends[1]);
		fd = ends[0];
	}
	done(arg, status, type == NASD_PRIV_NODE_OPEN ? &opened : NULL,
	    type == NASD_PRIV_NODE_OPEN ? sizeof(opened) : 0, fd);
}

static void
answer_all(void)
{
	while (n_due > 0)
		answer(0);
}

static void
make_nodes(void)
{
	engine.nodes = access_nodes_new(&engine);
	ck_assert_ptr_nonnull(engine.nodes);
	n_due = 0;		/* the section's link stays closed */
	access_nodes_resumed(engine.nodes);
	called("sweep;");
}

static void
set_up(void)
{
	setup();
	n_due = 0;
	node_request = take;
	granted_key = true;
	cfg.ppp = CONFIG_PPP_NODE;
	cfg.node = &section;
	cfg.n_node = 1;
	cfg.coas.first.s_addr = inet_addr("192.0.2.100");
	cfg.coas.last.s_addr = inet_addr(COA2);
	engine.base = event_base_new();
	make_nodes();
}

static void
tear_down(void)
{
	answer_all();
	access_nodes_free(engine.nodes);
	engine.nodes = NULL;
	event_base_free(engine.base);
	engine.base = NULL;
	node_request = NULL;
	granted_key = false;
	cfg.ppp = CONFIG_PPP_SLAAC;
	cfg.n_node = 0;
	teardown();
}

/* RADIUS has accepted it; what was asked of the root side is not answered. */
static struct session *
come_in(const char *user)
{
	struct session *s = dial(100);

	hello(s, "lo");
	auth(s, user);
	forget_calls();
	verdict(s, AAA_ACCEPT, NULL, AAA_MODE_UNSET);
	return (s);
}

static struct session *
bring_it_up(const char *user)
{
	struct session *s = come_in(user);

	answer_all();
	iid_req(s, "a:b:c:d", false);
	link_up(s);
	reply(s, MIP_REGISTERED, NULL, false);
	answer_all();
	ck_assert_int_eq(s->state, SESSION_UP);
	forget_calls();
	return (s);
}

/* As rig's, with what the root side has to count. */
static void
end_it(struct session *s)
{
	uint32_t nr = s->nr;

	answer_all();
	if (s->reg != NULL)
		deregistered(s);
	if (s->link != NULL)
		link_gone(s, "ended");
	pppd_exit(nr, 100);
	ck_assert_ptr_null(session_find_nr(&engine.sessions, nr));
}

START_TEST(figure_6)
{
	struct session *s = come_in("alice");
	const struct node_link *l = s->node;

	called("auth-result 1 ;open lo " COA1 ";set " COA1 " down;");
	ck_assert_ptr_nonnull(l);
	ck_assert_str_eq(l->cfg->nai, "alice");
	/* Its own identifier is acknowledged, but not before the host is kept
	 * out: what it said then, the host would hear. */
	iid_req(s, "a:b:c:e", false);
	iid_req(s, "a:b:c:d", false);
	called("");
	answer(0);
	ck_assert(l->fsm.open);
	called("assign 000a:000b:000c:000d;");
	answer(0);
	called("");		/* it does not speak IPv6 yet */
	link_up(s);
	called("rrq alice shared;");
	ck_assert_uint_eq(asked_coa.s_addr, inet_addr(COA1));
	ck_assert_int_eq(asked_kind, MIP_NODE);
	ck_assert_uint_eq(asked_sa.spi, 512);
	reply(s, MIP_REGISTERED, NULL, false);
	called("set " COA1 " both;");
	ck_assert(!s->ipv6_up);
	answer(0);
	called("acct 0;");
	ck_assert(s->ipv6_up && l->node.passing);
	ck_assert_int_eq(s->state, SESSION_UP);
	ck_assert_ptr_null(s->ra);

	session_event(s, SESSION_EV_TERMINATE, NULL);
	called("count;set " COA1 " none;dereg;refuse;close hard;");
	answer_all();
	deregistered(s);
	called("acct 2;");
	link_gone(s, "ended");
	pppd_exit(s->nr, 100);
	called("del " COA1 ";padt;");
	ck_assert_ptr_null(l->ev_link);
}
END_TEST

/* IPv6CP may be quicker than the root side. */
START_TEST(opens_early)
{
	struct session *s = come_in("alice");

	answer(0);
	forget_calls();
	iid_req(s, "0:0:0:0", false);
	ck_assert_ptr_nonnull(strstr(calls, "assign "));
	ck_assert_ptr_null(strstr(calls, "assign 0000:"));
	link_up(s);
	forget_calls();
	answer(0);
	called("rrq alice shared;");
	end_it((session_event(s, SESSION_EV_TERMINATE, NULL), s));
}
END_TEST

START_TEST(closes_and_opens)
{
	struct session *s = come_in("alice");

	answer_all();
	link_up(s);
	access_ppp_plugin.down(s, "closed");
	/* After its registration has begun that is an end; ... */
	ck_assert_int_eq(s->state, SESSION_CLOSING);
	end_it(s);
	/* before, or for a moment later, it is not. */
	s = come_in("alice");
	link_up(s);
	access_ppp_plugin.down(s, "closed");
	answer_all();
	ck_assert_int_eq(s->state, SESSION_AUTHENTICATED);
	ck_assert_uint_eq(engine.sessions.unexpected, 0);
	/* Nor does it have two links if it authenticates again. */
	auth(s, "alice");
	forget_calls();
	verdict(s, AAA_ACCEPT, NULL, AAA_MODE_UNSET);
	called("auth-result 1 ;");
	end_it((session_event(s, SESSION_EV_TERMINATE, NULL), s));
	s = bring_it_up("alice");
	access_ppp_plugin.down(s, "closed");
	called("count;");
	ck_assert_int_eq(s->state, SESSION_LINGER);
	answer_all();
	iid_req(s, "a:b:c:e", false);
	called("assign 000a:000b:000c:000e;");
	link_up(s);
	ck_assert_int_eq(s->state, SESSION_UP);
	ck_assert_ptr_nonnull(strstr(calls, " none;"));
	ck_assert_ptr_nonnull(strstr(calls, " both;"));
	answer_all();
	ck_assert(s->ipv6_up && s->node->node.passing);
	end_it((session_event(s, SESSION_EV_TERMINATE, NULL), s));
}
END_TEST

START_TEST(no_key)
{
	struct session *s;
	uint32_t nr;

	granted_key = false;
	s = come_in("alice");
	nr = s->nr;
	called("auth-result 0 Access denied;");
	test_has(s->why, "no MN-HA key in the Access-Accept");
	ck_assert_ptr_null(s->node);
	link_gone(s, "ended");
	pppd_exit(nr, 100);
}
END_TEST

/* A limit that nobody enforces is as the configuration says. */
START_TEST(no_limits)
{
	struct session *s;

	granted.rate_down_bps = 1000000;
	s = come_in("alice");
	ck_assert_int_eq(s->state, SESSION_AUTHENTICATED);
	end_it((session_event(s, SESSION_EV_TERMINATE, NULL), s));
	cfg.unlimited = CONFIG_UNLIMITED_REFUSE;
	s = come_in("alice");
	test_has(s->why, "its rate can not be limited");
	end_it(s);
}
END_TEST

/* Each has its own one, and the one that was freed last is taken last. */
START_TEST(places)
{
	struct session *a = bring_it_up("alice"), *b, *c;

	b = come_in("bob");
	ck_assert_uint_eq(a->node->coa.s_addr, inet_addr(COA1));
	ck_assert_uint_eq(b->node->coa.s_addr, inet_addr(COA2));
	answer_all();
	c = come_in("carol");
	test_has(c->why, "no address of care-of-pool is free");
	called("auth-result 0 Access denied;");
	end_it(c);
	end_it((session_event(b, SESSION_EV_TERMINATE, NULL), b));
	c = come_in("carol");
	ck_assert_uint_eq(c->node->coa.s_addr, inet_addr(COA2));
	end_it((session_event(a, SESSION_EV_TERMINATE, NULL), a));
	end_it((session_event(c, SESSION_EV_TERMINATE, NULL), c));
	a = come_in("alice");
	ck_assert_uint_eq(a->node->coa.s_addr, inet_addr(COA1));
	end_it((session_event(a, SESSION_EV_TERMINATE, NULL), a));
}
END_TEST

/* An answer about whom the place was before is nobody's. */
START_TEST(late_answers)
{
	struct session *s = come_in("alice");

	link_gone(s, "ended");
	pppd_exit(s->nr, 100);
	s = come_in("bob");
	end_it((session_event(s, SESSION_EV_TERMINATE, NULL), s));
	s = come_in("carol");
	ck_assert_uint_eq(s->node->coa.s_addr, inet_addr(COA1));
	link_gone(s, "ended");
	pppd_exit(s->nr, 100);
	s = come_in("dave");
	link_gone(s, "ended");
	pppd_exit(s->nr, 100);
	s = come_in("erin");
	ck_assert_uint_eq(s->node->coa.s_addr, inet_addr(COA1));
	link_up(s);
	forget_calls();
	for (unsigned i = n_due - 2; i > 0; i--) {
		answer(0);	/* carol's, dave's */
		ck_assert(!s->node->fsm.open && !s->node->fsm.has_coa);
	}
	called("");
	answer_all();
	ck_assert(s->node->fsm.open && s->node->fsm.has_coa);
	called("rrq erin shared;");
	end_it((session_event(s, SESSION_EV_TERMINATE, NULL), s));
}
END_TEST

START_TEST(root_side_fails)
{
	struct session *s = come_in("alice");

	answer(-ENODEV);
	ck_assert_int_eq(s->state, SESSION_CLOSING);
	end_it(s);
	s = come_in("alice");
	answer(0);
	answer(-EPERM);
	ck_assert_int_eq(s->state, SESSION_CLOSING);
	end_it(s);
}
END_TEST

START_TEST(home_agent_refuses)
{
	struct session *s = come_in("alice");

	answer_all();
	link_up(s);
	forget_calls();
	refusal(s, 129, NULL);
	/* IPv6CP is open: it hears of it by the end of its link. */
	ck_assert_ptr_nonnull(strstr(calls, "close hard;"));
	ck_assert_int_eq(s->state, SESSION_CLOSING);
	end_it(s);
}
END_TEST

static void	 again(bool second);

/* It is gone when nasd comes back: what has passed is counted, and what there
 * is for it ends. */
START_TEST(not_resumed)
{
	struct event_base *base = engine.base;
	struct session *s;
	uint32_t nr;

	first_run();
	s = bring_it_up("alice");
	nr = s->nr;
	mip_left = (struct mip_saved){ .bound = true, .lifetime = 1800 };
	session_save(s);
	answer_all();
	between_runs = again;
	second_run();
	between_runs = NULL;
	s = session_find_nr(&engine.sessions, nr);
	access_nodes_resumed(engine.nodes);
	forget_calls();
	session_event(s, SESSION_EV_TIMER, NULL);
	called("count;set " COA1 " none;dereg;kill 100;");
	end_it(s);
	ck_assert_ptr_nonnull(strstr(calls, "del " COA1 ";"));
	last_run();
	engine.base = base;
}
END_TEST

static void
again(bool second)
{
	if (!second)
		return;
	access_nodes_free(engine.nodes);
	n_due = 0;
	engine.nodes = access_nodes_new(&engine);
	n_due = 0;
}

START_TEST(resumed)
{
	struct plug_hello h = { .pid = 100, .state = PLUG_LINK_OPEN };
	struct event_base *base = engine.base;
	struct session *s;
	uint32_t nr;

	first_run();
	/* Another one is before it, so that places are not by chance. */
	end_it((session_event((s = come_in("bob")), SESSION_EV_TERMINATE,
	    NULL), s));
	s = bring_it_up("alice");
	nr = s->nr;
	ck_assert_uint_eq(s->node->coa.s_addr, inet_addr(COA2));
	mip_left = (struct mip_saved){ .bound = true, .lifetime = 1800 };
	session_save(s);
	answer_all();
	between_runs = again;
	second_run();
	between_runs = NULL;
	s = session_find_nr(&engine.sessions, nr);
	ck_assert_ptr_nonnull(s);
	ck_assert_ptr_eq(s->access, &access_ppp_node);
	ck_assert_uint_eq(asked_coa.s_addr, inet_addr(COA2));
	ck_assert_ptr_nonnull(strstr(calls, "open lo " COA2 ";"));
	forget_calls();
	access_nodes_resumed(engine.nodes);
	called("sweep;");
	ck_assert_int_eq(s->state, SESSION_RESUMING);
	h.link_id = nr;
	strcpy(h.ifname, "lo");
	ck_assert_ptr_eq(access_ppp_plugin.hello(&engine,
	    handle("link", NULL), &h), s);
	ck_assert_int_eq(s->state, SESSION_UP);
	called("set " COA2 " both;renew;");
	answer_all();
	ck_assert(s->node->node.passing && s->node->fsm.open);
	/* No other has its place. */
	end_it((session_event(s, SESSION_EV_TERMINATE, NULL), s));
	last_run();
	engine.base = base;
}
END_TEST

/* Its times may be changed, and so may a link's of the configuration. */
START_TEST(changed_by_request)
{
	struct session *s = bring_it_up("alice");
	struct dae_request q = { .session_timeout = { true, 60 } };
	struct coa_change c;

	ck_assert(coa_changeable(s));
	ck_assert_int_eq(coa_plan(&q, &cfg, s, &c), DAE_NONE);
	ck_assert(!c.new_rate);
	q.rate_up = (struct dae_u32){ true, 3000000 };
	ck_assert_int_eq(coa_plan(&q, &cfg, s, &c), DAE_RESOURCES);
	end_it((session_event(s, SESSION_EV_TERMINATE, NULL), s));
}
END_TEST

/* It dials in where it goes, and what it has here ends by that. */
START_TEST(not_exported)
{
	struct session *s = bring_it_up("alice");
	const char *code = NULL, *message = NULL;

	ck_assert_ptr_null(access_nodes_export(s, &code, &message));
	ck_assert_str_eq(code, "denied");
	test_has(message, "PPP");
	called("");
	end_it((session_event(s, SESSION_EV_TERMINATE, NULL), s));
}
END_TEST

/* Another home agent: the care-of address stays, its tunnel leads there. One
 * without a key of ours is held down, and not probed [D207]. */
START_TEST(another_home_agent)
{
	struct session *s;

	home_agents(2);
	has[0].n_sa = 0;
	s = come_in("alice");
	answer_all();
	link_up(s);
	ck_assert_uint_eq(asked(), 1);
	forget_calls();
	for (unsigned i = 0; i < 3; i++)
		agent_ev.unheard(agent_arg, has[0].addr, mono_add_ms(now,
		    -4000));
	called("hold 1;");
	reply(s, MIP_NO_REPLY, NULL, false);
	ck_assert_uint_eq(asked(), 2);
	ck_assert_uint_eq(asked_coa.s_addr, inet_addr(COA1));
	reply(s, MIP_REGISTERED, NULL, false);
	ck_assert_int_eq(sets[n_sets - 1], 2);
	answer_all();
	ck_assert_int_eq(s->state, SESSION_UP);
	forget_calls();
	wait_ms(1000);
	called("release 1;");
	agent_ev.unheard(agent_arg, has[0].addr, mono_add_ms(now, -1000));
	called("hold 1;");
	agent_ev.heard(agent_arg, has[0].addr);
	called("release 1;");
	end_it((session_event(s, SESSION_EV_TERMINATE, NULL), s));
}
END_TEST

START_TEST(shown)
{
	struct session *s = bring_it_up("alice");
	json_t *o = access_nodes_json(engine.nodes);
	json_t *full = session_json_full(s);
	char *text = json_dumps(o, 0);

	ck_assert_str_eq(json_string_value(json_object_get(full,
	    "care_of_address")), COA1);
	ck_assert_uint_eq(json_array_size(o), 2);
	json_decref(full);
	test_has(text, "\"care_of_address\": \"" COA1 "\"");
	test_has(text, "\"nai\": \"alice\"");
	test_has(text, "\"bridged\": true");
	free(text);
	json_decref(o);
	end_it((session_event(s, SESSION_EV_TERMINATE, NULL), s));
	o = access_nodes_json(engine.nodes);
	ck_assert_uint_eq(json_array_size(o), 1);
	json_decref(o);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("ppp_node");
	TCase *t = tcase_create("ppp_node");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, figure_6);
	tcase_add_test(t, opens_early);
	tcase_add_test(t, closes_and_opens);
	tcase_add_test(t, no_key);
	tcase_add_test(t, no_limits);
	tcase_add_test(t, places);
	tcase_add_test(t, late_answers);
	tcase_add_test(t, root_side_fails);
	tcase_add_test(t, home_agent_refuses);
	tcase_add_test(t, resumed);
	tcase_add_test(t, not_resumed);
	tcase_add_test(t, changed_by_request);
	tcase_add_test(t, not_exported);
	tcase_add_test(t, another_home_agent);
	tcase_add_test(t, shown);
	suite_add_tcase(suite, t);
	return test_run(suite);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sessions on PPP links whose subscribers get their address by DHCPv6: IPv6CP
 * is about the link alone [draft-navali Figure 3]. The plugin and the DHCPv6
 * server are stand-ins.
 */
#include "tests/unit/session_rig.h"

#define HOA	"2001:db8:1:2:3:4:5:6"
#define OTHER	"2001:db8:1:9:3:4:5:6"

static struct dhcp6_duid duid = { 10,
    { 0, 3, 0, 1, 2, 0xaa, 0xbb, 0xcc, 0xdd, 0xee } };

static void
set_up(void)
{
	setup();
	cfg.ppp = CONFIG_PPP_DHCP6;
	engine.dhcp6 = (struct dhcp6 *)&duid;	/* only passed on */
	dhcp6_given.client.len = 0;
}

static void
tear_down(void)
{
	cfg.ppp = CONFIG_PPP_SLAAC;
	engine.dhcp6 = NULL;
	dhcp6_given.client.len = 0;
	teardown();
}

static void
ask(void)
{
	struct dhcp6_asker a = { .duid = &duid, .iaid = 1 };

	ck_assert_int_eq(inet_pton(AF_INET6, "fe80::a:b:c:d", &a.addr), 1);
	dhcp6_asks = true;
	dhcp6_ev->solicited(dhcp6_arg, &a);
}

static void
bind_it(void)
{
	dhcp6_given = (struct dhcp6_lease){ .client = duid, .iaid = 5,
	    .bound = true, .expires = mono_add_ms(now, 60000) };
	ck_assert_int_eq(inet_pton(AF_INET6, HOA, &dhcp6_given.addr), 1);
	dhcp6_ev->bound(dhcp6_arg);
}

static void
end(enum dhcp6_end_cause cause)
{
	dhcp6_given.client.len = 0;
	dhcp6_ev->ended(dhcp6_arg, cause);
}

/* IPv6CP is open, and nobody has asked for an address. */
static struct session *
open_it(void)
{
	struct session *s = dial(100);

	hello(s, "lo");
	auth(s, "alice");
	verdict(s, AAA_ACCEPT, NULL, AAA_MODE_SHARED);
	forget_calls();
	iid_req(s, "a:b:c:d", false);
	called("assign 000a:000b:000c:000d;");
	link_up(s);
	ck_assert_int_eq(s->state, SESSION_AUTHENTICATED);
	return (s);
}

static struct session *
bring_it_up(void)
{
	struct session *s = open_it();

	ask();
	reply(s, MIP_REGISTERED, HOA, false);
	install_done(s, 0);
	bind_it();
	ck_assert_int_eq(s->state, SESSION_UP);
	forget_calls();
	return (s);
}

/* nasctl's view has it. */
static void
shows(const struct session *s, const char *part)
{
	json_t *o = session_json_full(s);
	char *text = json_dumps(o, 0);

	test_has(text, part);
	free(text);
	json_decref(o);
}

START_TEST(figure_3)
{
	struct session *s = open_it();

	ck_assert_ptr_nonnull(strstr(calls, " on 1;ra;"));
	ck_assert(advertised.managed && advertised.router_lifetime == 0);
	ck_assert_uint_eq(advertised.n_prefixes, 0);
	ck_assert(!dhcp6_conf.relays);	/* a peer's word for its line */
	ck_assert_str_eq(prepared, "lo");
	forget_calls();
	ask();
	called("rrq alice shared;");
	ck_assert(iid_is_zero(asked_iid));
	ask();
	called("");
	reply(s, MIP_REGISTERED, HOA, false);
	called("install lo/128;");
	install_done(s, 0);
	called("assign " HOA ";");
	bind_it();
	called("ra-update;acct 0;");
	ck_assert(advertised.managed && advertised.router_lifetime > 0);
	ck_assert_uint_eq(advertised.n_prefixes, 0);
	ck_assert_int_eq(s->state, SESSION_UP);
	ck_assert(s->ipv6_up);
	shows(s, "\"lease_client\": \"00:03:00:01:02:aa:bb:cc:dd:ee\"");
	shows(s, "\"lease_iaid\": 5");
	shows(s, "\"lease_left\": 60");
	dhcp6_given.expires = MONO_NEVER;
	shows(s, "\"lease_left\": null");
	end(DHCP6_END_RELEASED);
	shows(s, "\"lease_client\": null");
	called("ra-stop;count;");
	ck_assert_int_eq(s->state, SESSION_LINGER);
	counted(1, 0);
	forget_calls();
	wait_ms(5000);
	called("count;uninstall;dereg;dhcp6-withdraw;close hard;");
	ck_assert_int_eq(s->cause, SESSION_CAUSE_USER_REQUEST);
	finish(s);
}
END_TEST

/* A unique prefix: of it the client has one address [D150]. */
START_TEST(one_address)
{
	struct session *s = dial(100);

	hello(s, "lo");
	auth(s, "alice");
	verdict(s, AAA_ACCEPT, NULL, AAA_MODE_UNIQUE);
	iid_req(s, "a:b:c:d", false);
	link_up(s);
	forget_calls();
	ask();
	called("rrq alice;");
	reply(s, MIP_REGISTERED, HOA, true);
	called("install lo/128;");
	session_event(s, SESSION_EV_TERMINATE, NULL);
	finish(s);
}
END_TEST

START_TEST(identifiers_of_the_link)
{
	struct session *s = dial(100);

	hello(s, "lo");
	auth(s, "alice");
	verdict(s, AAA_ACCEPT, NULL, AAA_MODE_SHARED);
	forget_calls();
	/* it has none, or ours: any will do, but ours (1:1:1:1) */
	iid_req(s, NULL, false);
	ck_assert_int_eq(strncmp(calls, "assign ", 7), 0);
	ck_assert_ptr_null(strstr(calls, "0000:0000:0000:0000"));
	forget_calls();
	iid_req(s, "1:1:1:1", false);
	ck_assert_int_eq(strncmp(calls, "assign ", 7), 0);
	ck_assert_ptr_null(strstr(calls, "0001:0001:0001:0001"));
	forget_calls();
	iid_req(s, "1:1:1:1", true);
	called("refuse;");
	iid_req(s, "a:b:c:d", true);
	called("assign 000a:000b:000c:000d;");
	ck_assert_int_eq(s->state, SESSION_AUTHENTICATED);
	/* nobody asks for an address */
	wait_ms(60000);
	ck_assert_int_eq(s->state, SESSION_CLOSING);
	forget_calls();
	iid_req(s, "a:b:c:d", false);
	called("refuse;");
	finish(s);
}
END_TEST

START_TEST(home_agent_refuses)
{
	struct session *s = open_it();

	ask();
	forget_calls();
	refusal(s, 129, NULL);
	ck_assert_ptr_nonnull(strstr(calls, "dhcp6-refuse home agent denied"));
	ck_assert_ptr_nonnull(strstr(calls, "close "));
	finish(s);
}
END_TEST

/* IPv6CP begins anew: the lease is still there when it is open again. */
START_TEST(renegotiated)
{
	struct session *s = bring_it_up();

	access_ppp_plugin.down(s, "renegotiation");
	called("ra-stop;count;");
	ck_assert_int_eq(s->state, SESSION_LINGER);
	counted(1, 0);
	iid_req(s, "a:b:c:d", false);
	called("assign 000a:000b:000c:000d;");
	link_up(s);
	ck_assert_int_eq(s->state, SESSION_UP);
	ck_assert_ptr_nonnull(strstr(calls, "install lo/128;ra;"));
	ck_assert(s->ipv6_up);
	counted(1, 0);
	session_event(s, SESSION_EV_TERMINATE, NULL);
	finish(s);
}
END_TEST

/* Before it has asked for an address that ends nothing. */
START_TEST(renegotiated_early)
{
	struct session *s = open_it();

	access_ppp_plugin.down(s, "renegotiation");
	ck_assert_int_eq(s->state, SESSION_AUTHENTICATED);
	ck_assert_uint_eq(engine.sessions.unexpected, 0);
	forget_calls();
	link_up(s);
	called("");		/* served already */
	ask();
	called("rrq alice shared;");
	access_ppp_plugin.down(s, "over");
	ck_assert_int_eq(s->state, SESSION_CLOSING);
	finish(s);
}
END_TEST

START_TEST(asks_again)
{
	struct session *s = bring_it_up();

	end(DHCP6_END_EXPIRED);
	counted(1, 0);
	forget_calls();
	ask();
	ck_assert_int_eq(s->state, SESSION_INSTALLING);
	called("count;uninstall;install lo/128;");
	counted(1, 0);
	install_done(s, 0);
	called("assign " HOA ";");
	bind_it();
	ck_assert_int_eq(s->state, SESSION_UP);
	ck_assert_ptr_nonnull(strstr(calls, "ra;"));
	/* somebody else has it: to give it again would be no use */
	end(DHCP6_END_DECLINED);
	ck_assert_int_eq(s->state, SESSION_CLOSING);
	finish(s);
}
END_TEST

/* The home agent gives another prefix: told with the next renewal. */
START_TEST(another_address)
{
	struct session *s = bring_it_up();
	struct mip_result r = { .outcome = MIP_REGISTERED, .lifetime = 1800,
	    .text = "text" };

	ck_assert_int_eq(inet_pton(AF_INET6, OTHER, &r.hoa), 1);
	mip_ev->changed(s, &r);
	if (count_due)
		counted(1, 0);
	forget_calls();
	install_done(s, 0);
	called("assign " OTHER ";ra-update;");
	session_event(s, SESSION_EV_TERMINATE, NULL);
	finish(s);
}
END_TEST

static void
answered(void *arg, enum dae_cause cause)
{
	(void)arg;
	(void)cause;
}

/* An address lives no longer than its session may [D27]. */
START_TEST(session_timeout)
{
	struct dae_request q = { .coa = true, .n_keys = 1, .n_changes = 1,
	    .user = { (const uint8_t *)"alice", 5 },
	    .session_timeout = { true, 900 } };
	enum dae_cause cause;
	struct session *s;

	s = bring_it_up();
	ck_assert_int_eq(dhcp6_limit.ns, MONO_NEVER.ns);
	session_event(s, SESSION_EV_TERMINATE, NULL);
	finish(s);
	granted.session_timeout = 600;
	s = bring_it_up();
	ck_assert_int_eq(mono_diff_ms(dhcp6_limit, s->granted_at), 600000);
	engine.coa_jobs = coa_jobs_new();
	ck_assert_int_eq(coa_act(&engine, &q, "aaa1", answered, NULL, &cause),
	    COA_DECIDED);
	ck_assert_int_eq(mono_diff_ms(dhcp6_limit, s->granted_at), 900000);
	coa_jobs_free(engine.coa_jobs);
	engine.coa_jobs = NULL;
	session_event(s, SESSION_EV_TERMINATE, NULL);
	finish(s);
}
END_TEST

static void
resume_it(bool lease)
{
	struct plug_hello h = { .pid = 100, .state = PLUG_LINK_OPEN };
	struct session *s;
	uint32_t nr;

	first_run();
	granted.session_timeout = 600;
	s = bring_it_up();
	nr = s->nr;
	dhcp6_limit = MONO_NEVER;
	if (!lease)
		dhcp6_given.bound = false;
	mip_left = (struct mip_saved){ .bound = true, .lifetime = 1800 };
	session_save(s);
	second_run();
	s = session_find_nr(&engine.sessions, nr);
	ck_assert_ptr_nonnull(s);
	ck_assert_ptr_eq(s->access, &access_ppp_dhcp6);
	ck_assert_int_eq(s->state, SESSION_RESUMING);
	ck_assert((strstr(calls, "dhcp6-restore 5;") != NULL) == lease);
	ck_assert((dhcp6_limit.ns != MONO_NEVER.ns) == lease);
	forget_calls();
	h.link_id = nr;
	strcpy(h.ifname, "lo");
	/* its end of the link is no part of its home address */
	ck_assert_int_eq(iid_parse("a:b:c:d", &h.remote), 0);
	ck_assert_ptr_eq(access_ppp_plugin.hello(&engine,
	    handle("link", NULL), &h), s);
	ck_assert_int_eq(s->state, lease ? SESSION_UP : SESSION_CLOSING);
	if (lease) {
		called("install lo/128;ra;renew;");
		install_done(s, 0);
		end(DHCP6_END_RELEASED);
		ck_assert_int_eq(s->state, SESSION_LINGER);
		counted(1, 0);
		session_event(s, SESSION_EV_TERMINATE, NULL);
	}
	finish(s);
	last_run();
}

START_TEST(resumed)
{
	resume_it(true);
}
END_TEST

START_TEST(not_resumed)
{
	resume_it(false);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("ppp_dhcp6");
	TCase *t = tcase_create("ppp_dhcp6");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, figure_3);
	tcase_add_test(t, one_address);
	tcase_add_test(t, identifiers_of_the_link);
	tcase_add_test(t, home_agent_refuses);
	tcase_add_test(t, renegotiated);
	tcase_add_test(t, renegotiated_early);
	tcase_add_test(t, asks_again);
	tcase_add_test(t, another_address);
	tcase_add_test(t, session_timeout);
	tcase_add_test(t, resumed);
	tcase_add_test(t, not_resumed);
	suite_add_tcase(suite, t);
	return test_run(suite);
}

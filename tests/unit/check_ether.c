/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sessions on Ethernet links, whose subscribers get their address by DHCPv6
 * [draft-navali Figure 3]. The DHCPv6 server is a stand-in.
 */
#include "common/netlink_watch.h"
#include "nasd/access_ether.h"
#include "tests/unit/session_rig.h"

#define HOA	"2001:db8:1:2:3:4:5:6"

static char by_line[] = "%i.%c@isp", by_circuit[] = "%{circuit-id}@isp";
static struct config_ether lines[] = {
	{ .ifname = "lo", .user = by_line, .line_ids = true },
	{ .ifname = "eth9", .user = by_circuit,
	    .password = "hidden", .password_len = 6 },
};
static struct dhcp6_duid duid = { 10,
    { 0, 3, 0, 1, 2, 0xaa, 0xbb, 0xcc, 0xdd, 0xee } };

static void
set_up(void)
{
	setup();
	cfg.ether = lines;
	cfg.n_ether = 1;
	cfg.dhcpv6.preference = 9;
	engine.ethers = ethers_new(&engine);
	ck_assert_ptr_nonnull(engine.ethers);
	called("dhcp6 lo on 1;ra;");
	ck_assert(advertised.managed && advertised.router_lifetime == 0);
	ck_assert_uint_eq(advertised.n_prefixes, 0);
	ck_assert_uint_eq(dhcp6_conf.preference, 9);
	ck_assert(dhcp6_conf.relays);
}

static void
tear_down(void)
{
	ethers_free(engine.ethers);
	engine.ethers = NULL;
	teardown();
}

static struct session *
the_session(void)
{
	return (session_find(&engine.sessions, "lo"));
}

/* A client asks; with a relay agent's words, or none. */
static void
ask_by(const struct dhcp6_relay *relay)
{
	struct dhcp6_asker a = { .duid = &duid, .iaid = 1, .relay = relay };

	ck_assert_int_eq(inet_pton(AF_INET6, "fe80::1:2:3:4", &a.addr), 1);
	dhcp6_asks = true;
	dhcp6_ev->solicited(dhcp6_arg, &a);
}

static struct session *
bring_it_up(void)
{
	struct session *s;

	ask_by(NULL);
	s = the_session();
	ck_assert_ptr_nonnull(s);
	verdict(s, AAA_ACCEPT, NULL, AAA_MODE_SHARED);
	reply(s, MIP_REGISTERED, HOA, false);
	install_done(s, 0);
	dhcp6_ev->bound(dhcp6_arg);
	ck_assert_int_eq(s->state, SESSION_UP);
	return (s);
}

/* Everything else has ended: the home agent and the counters are left. */
static void
let_go(struct session *s)
{
	if (count_due)
		counted(0, 0);
	if (s->reg != NULL)
		deregistered(s);
	ck_assert_ptr_null(the_session());
}

START_TEST(figure_3)
{
	struct session *s;

	ask_by(NULL);
	called("auth lo.02-AA-BB-CC-DD-EE@isp;");
	s = the_session();
	ck_assert_ptr_nonnull(s);
	ck_assert_ptr_eq(s->access, access_of_kind(ACCESS_ETHER));
	ck_assert_ptr_null(access_of_kind(ACCESS_N_KINDS));
	ck_assert_str_eq(s->calling, "02-AA-BB-CC-DD-EE");
	ck_assert(asked_who.ethernet);
	ck_assert_str_eq(asked_who.port_id, "lo");
	ck_assert_str_eq(asked_secret, "lo.02-AA-BB-CC-DD-EE@isp");
	ask_by(NULL);			/* it asks again, RADIUS does not */
	called("");
	ck_assert_uint_eq(engine.sessions.unexpected, 0);
	verdict(s, AAA_ACCEPT, NULL, AAA_MODE_SHARED);
	called("rrq lo.02-AA-BB-CC-DD-EE@isp shared;");
	ck_assert(iid_is_zero(asked_iid));	/* [11.3 step 3] */
	ask_by(NULL);
	called("");
	reply(s, MIP_REGISTERED, HOA, false);
	called("install lo/128;");
	install_done(s, 0);
	called("assign " HOA ";");
	ask_by(NULL);			/* the ADVERTISE was lost */
	called("assign " HOA ";");
	dhcp6_ev->bound(dhcp6_arg);
	called("ra-update;acct 0;");
	ck_assert(advertised.managed && advertised.router_lifetime > 0);
	ck_assert_uint_eq(advertised.n_prefixes, 0);
	dhcp6_ev->ended(dhcp6_arg, DHCP6_END_RELEASED);
	called("ra-update;count;uninstall;dereg;dhcp6-withdraw;");
	ck_assert_uint_eq(advertised.router_lifetime, 0);
	ck_assert_int_eq(s->cause, SESSION_CAUSE_USER_REQUEST);
	let_go(s);
	called("acct 2;");
	/* what he had is what he is likely to get */
	ask_by(NULL);
	verdict(the_session(), AAA_ACCEPT, NULL, AAA_MODE_SHARED);
	ck_assert_uint_eq(dhcp6_conf.hint.s6_addr[15], 6);
	session_event(the_session(), SESSION_EV_TERMINATE, NULL);
	let_go(the_session());
}
END_TEST

/* A link-local address that is made of the MAC address tells it, too; and a
 * line may have a password of its own. */
START_TEST(by_its_address)
{
	struct dhcp6_duid opaque = { 3, { 0, 4, 9 } };
	struct dhcp6_asker a = { .duid = &opaque, .iaid = 1 };

	memcpy(lines[0].password, "secret", 6);
	lines[0].password_len = 6;
	ck_assert_int_eq(inet_pton(AF_INET6, "fe80::211:22ff:fe33:4455",
	    &a.addr), 1);
	dhcp6_asks = true;
	dhcp6_ev->solicited(dhcp6_arg, &a);
	called("auth lo.00-11-22-33-44-55@isp;");
	ck_assert_str_eq(asked_secret, "secret");
	lines[0].password_len = 0;
	session_event(the_session(), SESSION_EV_TERMINATE_HARD, NULL);
	ck_assert_ptr_null(the_session());
}
END_TEST

/* A unique prefix: of it the client has one address [D150-D157]. */
START_TEST(one_address)
{
	struct session *s;

	ask_by(NULL);
	s = the_session();
	verdict(s, AAA_ACCEPT, NULL, AAA_MODE_UNIQUE);
	forget_calls();
	reply(s, MIP_REGISTERED, HOA, true);
	called("install lo/128;");
	session_event(s, SESSION_EV_TERMINATE, NULL);
	let_go(s);
}
END_TEST

START_TEST(rejected)
{
	ask_by(NULL);
	verdict(the_session(), AAA_REJECT, NULL, AAA_MODE_UNSET);
	called("auth lo.02-AA-BB-CC-DD-EE@isp;dhcp6-refuse not authorized;"
	    "dhcp6-withdraw;");
	ck_assert_ptr_null(the_session());
}
END_TEST

START_TEST(home_agent_refuses)
{
	ask_by(NULL);
	verdict(the_session(), AAA_ACCEPT, NULL, AAA_MODE_SHARED);
	forget_calls();
	refusal(the_session(), 129, NULL);
	ck_assert_ptr_nonnull(strstr(calls, "dhcp6-refuse home agent denied"));
	let_go(the_session());
}
END_TEST

START_TEST(relay_tells_the_line)
{
	const struct dhcp6_relay relay = { .has_interface_id = true,
	    .interface_id = { 3, "1/2" }, .remote_id = { 2, "r7" } };

	lines[0].user = by_circuit;
	ask_by(NULL);			/* nobody says what its line is */
	ck_assert_ptr_null(the_session());
	called("dhcp6-refuse its line does not tell what its name is made "
	    "of;");
	ask_by(&relay);
	called("auth 1/2@isp;");
	ck_assert_uint_eq(the_session()->remote_id.len, 2);
	session_event(the_session(), SESSION_EV_TERMINATE_HARD, NULL);
	ck_assert_ptr_null(the_session());
	forget_calls();
	lines[0].line_ids = false;
	ask_by(&relay);
	called("dhcp6-refuse its line does not tell what its name is made "
	    "of;");
	lines[0].line_ids = true;
	lines[0].user = by_line;
}
END_TEST

/* Neither its DUID nor its address has a MAC address: without one the name
 * would be that of all who have none. */
START_TEST(no_mac_address)
{
	duid.b[1] = 4;			/* a UUID */
	ask_by(NULL);
	duid.b[1] = 3;
	ck_assert_ptr_null(the_session());
	called("dhcp6-refuse its line does not tell what its name is made "
	    "of;");
}
END_TEST

START_TEST(full)
{
	cfg.access.max_sessions = 0;
	ask_by(NULL);
	called("dhcp6-refuse max-sessions are here already;");
	cfg.access.max_sessions = 100;
	engine.stopping = true;
	ask_by(NULL);
	called("dhcp6-refuse no new sessions;");
	engine.stopping = false;
	ck_assert_ptr_null(the_session());
}
END_TEST

/* nasctl, RADIUS or the home agent end it; the client asks anew. */
START_TEST(ended_by_others)
{
	struct session *s = bring_it_up();

	forget_calls();
	session_event(s, SESSION_EV_REVOKED, NULL);
	called("ra-update;count;uninstall;dereg;dhcp6-withdraw;");
	ask_by(NULL);			/* the old one is not gone */
	ck_assert_ptr_ne(the_session(), s);
	verdict(the_session(), AAA_ACCEPT, NULL, AAA_MODE_SHARED);
	ck_assert_int_eq(the_session()->state, SESSION_WAITING);
	counted(0, 0);
	deregistered(s);
	ck_assert_int_eq(the_session()->state, SESSION_REGISTERING);
	session_event(the_session(), SESSION_EV_TERMINATE, NULL);
	let_go(the_session());
}
END_TEST

static void
link_is(unsigned ifindex, bool up, bool gone)
{
	const struct nl_watch_link is = { .name = "lo", .ifindex = ifindex,
	    .mtu = 1500, .up = true, .carrier = up, .gone = gone,
	    .ethernet = true };

	ethers_link_is(engine.ethers, &is);
}

/* What the interface has counted before is none of the session's, also when it
 * is another nasd's. */
START_TEST(counted_for_itself)
{
	struct session *s;

	counted_before = (struct tunnel_counters){ .rx_bytes = 1000,
	    .rx_packets = 1000 };
	s = bring_it_up();
	session_event(s, SESSION_EV_TERMINATE, NULL);
	counted(1050, 0);
	ck_assert_uint_eq(stopped.rx_bytes, 50);
	deregistered(s);
	s = bring_it_up();
	session_event(s, SESSION_EV_TERMINATE, NULL);
	counted(7, 0);			/* another of its name */
	ck_assert_uint_eq(stopped.rx_bytes, 7);
	deregistered(s);
	counted_before.rx_bytes = counted_before.rx_packets = 0;
}
END_TEST

/* Nothing passes without a session, also where an earlier nasd has had one, or
 * where the interface is another one than at the start. */
START_TEST(closed)
{
	struct session *s;

	prepared[0] = '\0';
	ethers_resumed(engine.ethers);
	ck_assert_str_eq(prepared, "lo");
	prepared[0] = '\0';
	s = bring_it_up();
	ck_assert_str_eq(prepared, "");
	session_event(s, SESSION_EV_TERMINATE, NULL);
	ck_assert_str_eq(prepared, "lo");
	let_go(s);
	link_is(1, true, true);
	prepared[0] = '\0';
	link_is(7, true, false);
	ck_assert_str_eq(prepared, "lo");
}
END_TEST

START_TEST(cable)
{
	struct session *s = bring_it_up();

	link_is(1, false, false);
	ck_assert_int_eq(s->state, SESSION_LINGER);
	counted(5, 0);
	link_is(1, true, false);
	ck_assert_int_eq(s->state, SESSION_UP);
	counted(5, 0);
	install_done(s, 0);
	link_is(1, false, false);
	counted(5, 0);
	wait_ms(5000);
	ck_assert_int_eq(s->state, SESSION_CLOSING);
	ck_assert_int_eq(s->cause, SESSION_CAUSE_LOST_CARRIER);
	let_go(s);
	link_is(1, true, false);
}
END_TEST

/* The kernel drops the routes of a device that is set down: who was about to be
 * told of his address has no way in. */
START_TEST(cable_too_early)
{
	struct session *s;

	ask_by(NULL);
	s = the_session();
	link_is(1, false, false);	/* there is nothing to lose yet */
	link_is(1, true, false);
	ck_assert_int_eq(s->state, SESSION_AUTHENTICATING);
	verdict(s, AAA_ACCEPT, NULL, AAA_MODE_SHARED);
	reply(s, MIP_REGISTERED, HOA, false);
	install_done(s, 0);
	ck_assert_int_eq(s->state, SESSION_ASSIGNED);
	link_is(1, false, false);
	ck_assert_int_eq(s->state, SESSION_CLOSING);
	let_go(s);
	link_is(1, true, false);
}
END_TEST

/* Deleted, and made again with another index. */
START_TEST(interface_goes)
{
	struct session *s = bring_it_up();

	forget_calls();
	link_is(1, true, true);
	ck_assert_ptr_nonnull(strstr(calls, "ra-stop;"));
	ck_assert_ptr_nonnull(strstr(calls, "dhcp6-stop;"));
	ck_assert_int_eq(s->cause, SESSION_CAUSE_LOST_CARRIER);
	let_go(s);
	forget_calls();
	link_is(7, true, false);
	called("dhcp6 lo on 7;ra;");
	(void)bring_it_up();
	session_event(the_session(), SESSION_EV_TERMINATE, NULL);
	let_go(the_session());
}
END_TEST

/* An interface without IPv6, of which more is heard. */
START_TEST(not_served)
{
	link_is(1, true, true);
	forget_calls();
	dhcp6_fails = true;
	link_is(7, true, false);
	called("dhcp6 lo on 7;ra;");
	link_is(7, true, false);
	called("dhcp6 lo on 7;");
	dhcp6_fails = false;
	link_is(7, true, false);
	called("dhcp6 lo on 7;");
}
END_TEST

static void
other_ethers(bool second)
{
	if (!second)
		ethers_free(engine.ethers);
	engine.ethers = second ? ethers_new(&engine) : NULL;
}

/* Another nasd goes on with the lease. */
START_TEST(resumed)
{
	struct session *s;
	uint32_t nr;

	first_run();
	dhcp6_given = (struct dhcp6_lease){ .client = duid, .iaid = 5,
	    .bound = true, .expires = mono_add_ms(now, 60000) };
	counted_before = (struct tunnel_counters){ .rx_bytes = 1000,
	    .rx_packets = 1000 };
	granted.n_rdnss = 1;
	s = bring_it_up();
	nr = s->nr;
	dhcp6_conf.n_dns = 0;
	mip_left = (struct mip_saved){ .bound = true, .lifetime = 1800 };
	session_save(s);
	dhcp6_given.iaid = 6;		/* what it has by now is kept */
	dhcp6_ev->renewed(dhcp6_arg);
	between_runs = other_ethers;
	second_run();
	between_runs = NULL;
	called("global 1;resume lo.02-AA-BB-CC-DD-EE@isp bound;"
	    "dhcp6-restore 6;quiet;");
	s = session_find_nr(&engine.sessions, nr);
	ck_assert_ptr_nonnull(s);
	ck_assert_int_eq(s->state, SESSION_RESUMING);
	ck_assert_uint_eq(dhcp6_conf.n_dns, 1);
	ck_assert_uint_eq(dhcp6_conf.hint.s6_addr[15], 6);
	granted.n_rdnss = 0;
	wait_ms(0);
	ck_assert_int_eq(s->state, SESSION_UP);
	called("install lo/128;ra-update;renew;");
	counted_before.rx_bytes = counted_before.rx_packets = 1100;
	install_done(s, 0);
	dhcp6_ev->ended(dhcp6_arg, DHCP6_END_RELEASED);
	counted(1200, 0);
	ck_assert_uint_eq(stopped.rx_bytes, 200);
	counted_before.rx_bytes = counted_before.rx_packets = 0;
	let_go(s);
	last_run();
	dhcp6_given.client.len = 0;
}
END_TEST

/* Its link is not of the configuration any more, or it was not up. */
START_TEST(not_resumed)
{
	struct session *s;

	first_run();
	dhcp6_given = (struct dhcp6_lease){ .client = duid, .iaid = 5 };
	ask_by(NULL);
	s = the_session();
	verdict(s, AAA_ACCEPT, NULL, AAA_MODE_SHARED);
	mip_left = (struct mip_saved){ .bound = false };
	session_save(s);
	between_runs = other_ethers;
	second_run();
	between_runs = NULL;
	wait_ms(0);
	s = the_session();
	ck_assert_int_eq(s->state, SESSION_CLOSING);
	ck_assert_int_eq(s->cause, SESSION_CAUSE_NAS_REBOOT);
	let_go(s);
	last_run();
	dhcp6_given.client.len = 0;
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("ether");
	TCase *t = tcase_create("ether");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, figure_3);
	tcase_add_test(t, by_its_address);
	tcase_add_test(t, one_address);
	tcase_add_test(t, rejected);
	tcase_add_test(t, home_agent_refuses);
	tcase_add_test(t, relay_tells_the_line);
	tcase_add_test(t, no_mac_address);
	tcase_add_test(t, full);
	tcase_add_test(t, ended_by_others);
	tcase_add_test(t, counted_for_itself);
	tcase_add_test(t, closed);
	tcase_add_test(t, not_served);
	tcase_add_test(t, cable);
	tcase_add_test(t, cable_too_early);
	tcase_add_test(t, interface_goes);
	tcase_add_test(t, resumed);
	tcase_add_test(t, not_resumed);
	suite_add_tcase(suite, t);
	return (test_run(suite));
}

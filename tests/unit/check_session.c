/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A session's whole life against stand-ins for the modules, which write down
 * what they are asked; a clock turned by hand. Every test ends with nothing
 * left: each stand-in's handle is counted.
 */
#include "tests/unit/session_rig.h"

START_TEST(figure_1)
{
	struct session *s = dial(100);
	uint32_t nr = s->nr;

	home_agents(2);
	called("pppd;");
	hello(s, "lo");
	called("pads;");
	auth(s, "alice@Example.Net");
	called("auth alice@Example.Net;");
	ck_assert_str_eq(prepared, "");
	verdict(s, AAA_ACCEPT, "198.51.100.2", AAA_MODE_UNIQUE);
	called("auth-result 1 ;");
	ck_assert_str_eq(prepared, "lo");	/* for nobody else [D128] */
	ck_assert_ptr_eq(s->ha, &has[1]);
	iid_req(s, "a:b:c:d", false);
	called("rrq alice@example.net;");
	ck_assert(!iid_is_zero(asked_iid));
	ck_assert_ptr_null(asked_service);	/* not configured */
	iid_req(s, "a:b:c:d", false);
	called("");
	reply(s, MIP_REGISTERED, "2001:db8:1:2:3:4:5:6", true);
	called("install lo/64;");
	install_done(s, 0);
	called("assign 0003:0004:0005:0006;");
	link_up(s);
	called("ra;acct 0;");
	ck_assert_uint_eq(advertised.n_prefixes, 1);
	ck_assert_uint_eq(advertised.prefix[0].len, 64);
	ck_assert(advertised.prefix[0].autonomous &&
	    !advertised.prefix[0].on_link && !advertised.managed);
	ck_assert_uint_eq(advertised.mtu, 1480);
	ck_assert_uint_eq(settled, 1);	/* the machine has done with it */
	link_mtu = 1400;		/* what LCP came to */
	ck_assert_uint_eq(session_ra_mtu(s), 1400);
	link_mtu = 1000;
	ck_assert_uint_eq(session_ra_mtu(s), 1280);
	link_mtu = 1500;
	ck_assert_uint_eq(session_ra_mtu(s), 1480);
	ck_assert_uint_eq(advertised.prefix[0].addr.s6_addr[15], 0);
	ck_assert_uint_eq(advertised.prefix[0].addr.s6_addr[7], 2);
	access_ppp_plugin.down(s, "peer");
	called("ra-stop;count;");
	counted(1000, 0);
	link_gone(s, "LCP terminated by peer");
	called("count;uninstall;dereg;");
	counted(0, -ENODEV);
	called("acct 2;");
	ck_assert_uint_eq(stopped.rx_bytes, 1000);
	ck_assert_int_eq(stopped.cause, AAA_CAUSE_USER_REQUEST);
	deregistered(s);
	called("");
	pppd_exit(nr, 100);
	called("padt;");
}
END_TEST

/* A session that waits for its rate limits. */
static struct session *
bring_rated(void)
{
	struct session *s = register_it(100, "alice");

	reply(s, MIP_REGISTERED, "2001:db8:1:2:3:4:5:6", true);
	forget_calls();
	install_done(s, 0);
	return (s);
}

static void
profiles(void)
{
	static char gold[] = "gold";
	static struct config_profile p[1] = { { gold,
	    { 20000000, 5000000, 50 } } };

	cfg.profile = p;
	cfg.n_profile = 1;
}

/* The grant's own rates before its profile's; IPv6CP goes on when they are in
 * force. */
START_TEST(limited)
{
	struct session *s;

	profiles();
	strcpy(granted.filter_id, "gold");
	granted.rate_up_bps = 1000000;
	s = bring_rated();
	called("rates 1;");
	ck_assert_uint_eq(rate_asked[0].down_bps, 20000000);
	ck_assert_uint_eq(rate_asked[0].up_bps, 1000000);
	ck_assert_uint_eq(rate_asked[0].burst_ms, 50);
	ck_assert_int_eq(s->state, SESSION_INSTALLING);
	rate_done(&engine, rate_owner, 0);
	called("assign 0003:0004:0005:0006;");
	ck_assert(s->rated);
	finish(s);
}
END_TEST

/* What can not be done is none, or a lesser one; a profile that is not there
 * is none. */
START_TEST(odd_limits)
{
	struct session *s;

	profiles();
	strcpy(granted.filter_id, "golf");
	granted.rate_down_bps = 1;
	s = bring_rated();
	ck_assert_uint_eq(rate_asked[0].down_bps, RATE_MIN_BPS);
	ck_assert_uint_eq(rate_asked[0].up_bps, 0);
	rate_done(&engine, rate_owner, 0);
	finish(s);
}
END_TEST

/* A kernel that can not: by the configuration without a limit, or not at
 * all. */
START_TEST(not_limited)
{
	struct session *s;

	granted.rate_down_bps = 1000000;
	s = bring_rated();
	rate_done(&engine, rate_owner, -EOPNOTSUPP);
	called("rates 1;assign 0003:0004:0005:0006;");
	ck_assert(!s->rated);
	finish(s);
	s = register_it(100, "alice");
	reply(s, MIP_REGISTERED, "2001:db8:1:2:3:4:5:6", true);
	forget_calls();
	fail_next = true;
	install_done(s, 0);
	called("assign 0003:0004:0005:0006;");
	finish(s);
	cfg.unlimited = CONFIG_UNLIMITED_REFUSE;
	s = bring_rated();
	rate_done(&engine, rate_owner, -EOPNOTSUPP);
	test_has(s->why, "its rate can not be limited");
	finish(s);
}
END_TEST

/* The session is gone, or another data path takes the place of the one that
 * was to be limited. */
START_TEST(limited_too_late)
{
	struct session *s;
	uint64_t first;
	tunnel_rated *done;

	granted.rate_down_bps = 1000000;
	s = bring_rated();
	first = rate_owner;
	done = rate_done;
	session_in_tunnel(s, 0);
	ck_assert(rate_owner != first);
	forget_calls();
	done(&engine, first, 0);
	called("");
	ck_assert(!s->rated);
	finish(s);
	rate_done(&engine, rate_owner, 0);
}
END_TEST

/* A request of the AAA server, and what became of it. */
static unsigned coa_answers;
static enum dae_cause coa_cause;

static void
coa_answer(void *arg, enum dae_cause cause)
{
	(void)arg;
	coa_answers++;
	coa_cause = cause;
}

static enum coa_outcome
coa(const struct dae_request *q)
{
	return (coa_act(&engine, q, "aaa1", coa_answer, NULL, &coa_cause));
}

static struct dae_request
request(bool is_coa, const char *user)
{
	return ((struct dae_request){ .coa = is_coa, .n_keys = 1,
	    .n_changes = is_coa,
	    .user = { (const uint8_t *)user, (uint8_t)strlen(user) } });
}

/* Nothing is changed before the kernel has the rate, and then everything. */
/* IPv4 beside IPv6: from the Accept to pppd, the filter and RADIUS. */
START_TEST(ipv4_granted)
{
	struct session *s = dial(100);
	struct plug_ipv4 v = { .up = true, .peer = htonl(0x0a000007) };
	struct dae_request q = { .n_keys = 1, .ip4 = {
	    (const uint8_t *)&v.peer, 4 } };
	json_t *j;

	cfg.ipv4.address.s_addr = htonl(0x0a000001);
	cfg.ipv4.dns[0].s_addr = htonl(0x0a000035);
	granted.ip4.s_addr = v.peer;
	hello(s, "lo");
	auth(s, "alice");
	ck_assert_uint_eq(asked_who.ip4.s_addr, INADDR_ANY);
	forget_calls();
	verdict(s, AAA_ACCEPT, NULL, AAA_MODE_UNSET);
	called("ipv4 0a000007 dns 0a000035 00000000;auth-result 1 ;");
	iid_req(s, "a:b:c:d", false);
	forget_calls();
	reply(s, MIP_REGISTERED, "2001:db8:1:2:3:4:5:6", true);
	called("pass 0a000007;install lo/64;");
	install_done(s, 0);
	access_ppp_plugin.ipv4(s, &v);
	ck_assert(s->ipv4_up);
	link_up(s);
	ck_assert_uint_eq(acct_who.ip4.s_addr, v.peer);
	ck_assert(coa_matches(&q, s));
	j = session_json_full(s);
	ck_assert_str_eq(json_string_value(json_object_get(j,
	    "ipv4_address")), "10.0.0.7");
	ck_assert(json_is_true(json_object_get(j, "ipv4_up")));
	json_decref(j);
	/* its end is none of the session */
	v.up = false;
	access_ppp_plugin.ipv4(s, &v);
	ck_assert(!s->ipv4_up);
	ck_assert_int_eq(s->state, SESSION_UP);
	/* asked again in mid-life it says the same, RADIUS's word or not */
	granted.ip4.s_addr = htonl(0x0a000008);
	auth(s, "alice");
	ck_assert_uint_eq(asked_who.ip4.s_addr, v.peer);
	forget_calls();
	verdict(s, AAA_ACCEPT, NULL, AAA_MODE_UNSET);
	called("ipv4 0a000007 dns 0a000035 00000000;auth-result 1 ;");
	session_event(s, SESSION_EV_TERMINATE, NULL);
	finish(s);
}
END_TEST

START_TEST(ipv4_dns_of_radius)
{
	struct session *s;

	cfg.ipv4.address.s_addr = htonl(0x0a000001);
	cfg.ipv4.dns[0].s_addr = htonl(0x0a000035);
	granted.ip4.s_addr = htonl(0x0a000007);
	granted.dns[1].s_addr = htonl(0x09090909);
	s = dial(100);
	hello(s, "lo");
	auth(s, "alice");
	forget_calls();
	verdict(s, AAA_ACCEPT, NULL, AAA_MODE_UNSET);
	called("ipv4 0a000007 dns 09090909 00000000;auth-result 1 ;");
	session_event(s, SESSION_EV_TERMINATE, NULL);
	finish(s);
}
END_TEST

/* Off, the attribute means nothing; on, who has none gets no IPCP. */
START_TEST(ipv4_not_granted)
{
	struct session *s = dial(100);

	granted.ip4.s_addr = htonl(0x0a000007);
	hello(s, "lo");
	auth(s, "alice");
	forget_calls();
	verdict(s, AAA_ACCEPT, NULL, AAA_MODE_UNSET);
	called("auth-result 1 ;");
	ck_assert_uint_eq(s->grant.ip4.s_addr, INADDR_ANY);
	session_event(s, SESSION_EV_TERMINATE, NULL);
	finish(s);
	cfg.ipv4.address.s_addr = htonl(0x0a000001);
	granted.ip4.s_addr = INADDR_ANY;
	s = dial(100);
	hello(s, "lo");
	auth(s, "alice");
	forget_calls();
	verdict(s, AAA_ACCEPT, NULL, AAA_MODE_UNSET);
	called("ipv4 00000000 dns 00000000 00000000;auth-result 1 ;");
	session_event(s, SESSION_EV_TERMINATE, NULL);
	finish(s);
}
END_TEST

/* An Accept for what can not be had is none [RFC 2865 1.1]. */
START_TEST(ipv4_unusable)
{
	static const uint32_t bad[] = { 0xffffffff, 0xfffffffe, 0xe0000001,
	    0x7f000001, 0x00000007, 0x0a000001, 0x0a0000fe, 0xc6336401 };
	size_t i;

	cfg.ipv4.address.s_addr = htonl(0x0a000001);
	cfg.coa.s_addr = htonl(0x0a0000fe);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct session *s = dial(100);
		uint32_t nr = s->nr;

		granted.ip4.s_addr = htonl(bad[i]);
		hello(s, "lo");
		auth(s, "alice");
		forget_calls();
		verdict(s, AAA_ACCEPT, NULL, AAA_MODE_UNSET);
		called("auth-result 0 Access denied;");
		test_has(s->why, "no usable IPv4 address");
		link_gone(s, "refused");
		pppd_exit(nr, 100);
	}
	ck_assert_uint_eq(engine.sessions.ip4_refused, i);
}
END_TEST

/* Plugins that are one too many do not fill the log. */
START_TEST(hello_above_max)
{
	struct plug_hello h = { .pid = 77, .state = PLUG_LINK_NEW };
	char dir[64], text[65536];
	const char *line;
	int saved, i;

	test_dir_enter(dir);
	saved = test_log_begin();
	log_set_level(NULL, "warn");
	cfg.access.max_sessions = 0;
	for (i = 0; i < 100; i++)
		ck_assert_ptr_null(access_ppp_plugin.hello(&engine, NULL, &h));
	cfg.access.max_sessions = 100;
	log_set_level(NULL, "none");
	test_log_end(saved, text, sizeof(text));
	test_dir_leave(dir);
	for (i = 0, line = text; (line = strchr(line, '\n')) != NULL; i++)
		line++;
	ck_assert_int_ge(i, 1);
	ck_assert_int_lt(i, 50);
	test_has(text, "pppd 77, link 0: max-sessions are here already");
}
END_TEST

/* Nobody has an address twice; but who comes again before his old session is
 * known to be dead takes its place, address and all. */
START_TEST(ipv4_twice)
{
	struct session *old, *s;
	uint32_t nr;

	cfg.ipv4.address.s_addr = htonl(0x0a000001);
	granted.ip4.s_addr = htonl(0x0a000007);
	old = bring_up("alice");
	s = dial(200);
	nr = s->nr;
	hello(s, "lo");
	auth(s, "bob");
	forget_calls();
	verdict(s, AAA_ACCEPT, NULL, AAA_MODE_UNSET);
	called("auth-result 0 Access denied;");
	test_has(s->why, "10.0.0.7 is session ");
	link_gone(s, "refused");
	pppd_exit(nr, 200);
	s = dial(100);
	hello(s, "lo");
	auth(s, "alice");
	verdict(s, AAA_ACCEPT, NULL, AAA_MODE_UNSET);
	ck_assert_int_eq(old->state, SESSION_CLOSING);
	ck_assert_uint_eq(s->grant.ip4.s_addr, htonl(0x0a000007));
	finish(old);
	session_event(s, SESSION_EV_TERMINATE, NULL);
	/* an ending one holds nothing any more */
	old = s;
	s = dial(100);
	hello(s, "lo");
	auth(s, "bob");
	verdict(s, AAA_ACCEPT, NULL, AAA_MODE_UNSET);
	ck_assert_int_eq(s->state, SESSION_AUTHENTICATED);
	finish(old);
	session_event(s, SESSION_EV_TERMINATE, NULL);
	finish(s);
}
END_TEST

START_TEST(coa_changes)
{
	struct session *s = bring_up("alice");
	struct dae_request q = request(true, "alice");

	engine.coa_jobs = coa_jobs_new();
	coa_answers = 0;
	forget_calls();
	q.rate_down = (struct dae_u32){ true, 3000000 };
	q.session_timeout = (struct dae_u32){ true, 3600 };
	q.idle_timeout = (struct dae_u32){ true, 500 };
	q.interim = (struct dae_u32){ true, 90 };
	q.class[0] = (struct dae_bytes){ (const uint8_t *)"new", 3 };
	q.n_class = 1;
	ck_assert_int_eq(coa(&q), COA_LATER);
	called("rates 1;");
	ck_assert(rate_asked[0].down_bps == 3000000 &&
	    rate_asked[0].up_bps == 0);
	ck_assert(!s->rated && s->grant.session_timeout == 0 &&
	    s->grant.n_class == 0);
	/* one at a time, and none while the data path is being made */
	ck_assert_int_eq(coa(&q), COA_BUSY);
	s->changing = false;
	tunnel_pending = true;
	ck_assert_int_eq(coa(&q), COA_BUSY);
	tunnel_pending = false;
	s->changing = true;
	rate_done(&engine, rate_owner, 0);
	ck_assert_uint_eq(coa_answers, 1);
	ck_assert_int_eq(coa_cause, DAE_NONE);
	ck_assert(s->rated && s->rate.down_bps == 3000000);
	ck_assert_uint_eq(s->grant.idle_timeout, 500);
	ck_assert_mem_eq(s->grant.class[0].data, "new", 3);
	/* the same again asks nothing of the kernel */
	ck_assert_int_eq(coa(&q), COA_DECIDED);
	ck_assert_int_eq(coa_cause, DAE_NONE);
	/* the interim of 90 s, in place of none */
	wait_ms(30000);
	counted(1, 0);
	wait_ms(30000);
	counted(2, 0);
	forget_calls();
	wait_ms(30000);
	counted(3, 0);
	called("count;acct 1;");
	session_event(s, SESSION_EV_TERMINATE, NULL);
	finish(s);
	coa_jobs_free(engine.coa_jobs);
}
END_TEST

START_TEST(coa_fails)
{
	struct session *s = bring_up("alice");
	struct dae_request q = request(true, "alice");

	engine.coa_jobs = coa_jobs_new();
	coa_answers = 0;
	q.rate_up = (struct dae_u32){ true, 3000000 };
	q.session_timeout = (struct dae_u32){ true, 1 };
	ck_assert_int_eq(coa(&q), COA_LATER);
	rate_done(&engine, rate_owner, -EOPNOTSUPP);
	ck_assert_uint_eq(coa_answers, 1);
	ck_assert_int_eq(coa_cause, DAE_RESOURCES);
	ck_assert(!s->rated && s->grant.session_timeout == 0 && !s->changing);
	fail_next = true;
	ck_assert_int_eq(coa(&q), COA_DECIDED);
	ck_assert_int_eq(coa_cause, DAE_RESOURCES);
	ck_assert(!s->changing);
	/* one that is not there; one that has gone in the meantime */
	q = request(true, "bob");
	q.rate_up = (struct dae_u32){ true, 3000000 };
	ck_assert_int_eq(coa(&q), COA_DECIDED);
	ck_assert_int_eq(coa_cause, DAE_NOT_FOUND);
	q = request(true, "alice");
	q.rate_up = (struct dae_u32){ true, 3000000 };
	ck_assert_int_eq(coa(&q), COA_LATER);
	session_event(s, SESSION_EV_TERMINATE, NULL);
	finish(s);
	rate_done(&engine, rate_owner, 0);
	ck_assert_int_eq(coa_cause, DAE_NOT_FOUND);
	/* a session that is not yet what it is to be */
	s = register_it(100, "alice");
	ck_assert_int_eq(coa(&q), COA_DECIDED);
	ck_assert_int_eq(coa_cause, DAE_NOT_FOUND);
	/* nasd ends while the kernel is asked */
	reply(s, MIP_REGISTERED, "2001:db8:1:2:3:4:5:6", true);
	install_done(s, 0);
	ck_assert_int_eq(coa(&q), COA_LATER);
	finish(s);
	coa_jobs_free(engine.coa_jobs);
}
END_TEST

/* Session-Timeout counts from the beginning: later than it was, sooner, none,
 * and already over. */
/* A reload changes a profile: who has its limits follows, and so does who has
 * one of them; who was given others by a CoA-Request does not. */
START_TEST(profile_changes)
{
	static struct config_profile other;
	struct dae_request q = request(true, "alice");
	struct nasd_config old;
	struct session *s;

	profiles();
	old = cfg;
	other = cfg.profile[0];
	other.rate.down_bps = 33000000;
	other.rate.up_bps = 44000000;
	strcpy(granted.filter_id, other.name);
	granted.rate_up_bps = 1000000;
	s = bring_rated();
	rate_done(&engine, rate_owner, 0);
	link_up(s);
	cfg.profile = &other;
	cfg.n_profile = 1;
	forget_calls();
	session_rate_profiles(&engine.sessions, &old);
	called("rates 1;");
	ck_assert_uint_eq(rate_asked[0].down_bps, 33000000);
	ck_assert_uint_eq(rate_asked[0].up_bps, 1000000);
	ck_assert(s->rated);		/* with those of before */
	rate_done(&engine, rate_owner, 0);
	ck_assert(s->rated && s->rate.down_bps == 33000000);
	ck_assert_int_eq(s->state, SESSION_UP);
	/* Nothing to do again; and one that fails changes nothing. */
	forget_calls();
	session_rate_profiles(&engine.sessions, &cfg);
	called("");
	log_set_level(NULL, "none");
	cfg.unlimited = CONFIG_UNLIMITED_REFUSE;
	session_rate_profiles(&engine.sessions, &old);
	called("");
	cfg.profile = old.profile;
	cfg.n_profile = old.n_profile;
	old.profile = &other;
	old.n_profile = 1;
	session_rate_profiles(&engine.sessions, &old);
	ck_assert_uint_eq(s->rate.down_bps, 20000000);
	rate_done(&engine, rate_owner, -ENOMEM);
	ck_assert(s->rated && s->rate.down_bps == 33000000);
	ck_assert_int_eq(s->state, SESSION_UP);
	forget_calls();
	session_rate_profiles(&engine.sessions, &old);
	called("rates 1;");
	/* Lost in the change: asked for again, or the end. */
	rate_done(&engine, rate_owner, -ENOTRECOVERABLE);
	called("rates 1;");
	rate_done(&engine, rate_owner, -ENOMEM);
	ck_assert_int_eq(s->state, SESSION_CLOSING);
	finish(s);
	/* A CoA-Request's rates are its own. */
	cfg.unlimited = CONFIG_UNLIMITED_ACCEPT;
	s = bring_rated();
	rate_done(&engine, rate_owner, 0);
	link_up(s);
	engine.coa_jobs = coa_jobs_new();
	q.rate_down = (struct dae_u32){ true, 3000000 };
	ck_assert_int_eq(coa(&q), COA_LATER);
	rate_done(&engine, rate_owner, 0);
	old = cfg;
	cfg.profile = &other;
	cfg.n_profile = 1;
	forget_calls();
	session_rate_profiles(&engine.sessions, &old);
	called("");
	session_event(s, SESSION_EV_TERMINATE, NULL);
	finish(s);
	coa_jobs_free(engine.coa_jobs);
}
END_TEST

/* A change fails, and so does setting back: what the kernel has nobody knows.
 * The session's own limits are asked for again; then it is for the operator to
 * say. */
START_TEST(coa_loses_limits)
{
	struct dae_request q = request(true, "alice");
	struct session *s;
	unsigned i;

	granted.rate_down_bps = 8000000;
	engine.coa_jobs = coa_jobs_new();
	q.rate_up = (struct dae_u32){ true, 3000000 };
	log_set_level(NULL, "none");
	for (i = 0; i < 3; i++) {
		cfg.unlimited = i < 2 ? CONFIG_UNLIMITED_REFUSE :
		    CONFIG_UNLIMITED_ACCEPT;
		s = register_it(100, "alice");
		reply(s, MIP_REGISTERED, "2001:db8:1:2:3:4:5:6", true);
		install_done(s, 0);
		rate_done(&engine, rate_owner, 0);
		link_up(s);
		ck_assert(s->rated);
		ck_assert_int_eq(coa(&q), COA_LATER);
		forget_calls();
		rate_done(&engine, rate_owner, -ENOTRECOVERABLE);
		called("rates 1;");
		ck_assert_int_eq(coa_cause, DAE_RESOURCES);
		ck_assert_uint_eq(rate_asked[0].down_bps, 8000000);
		ck_assert_uint_eq(rate_asked[0].up_bps, 0);
		ck_assert(!s->rated && !s->changing);
		rate_done(&engine, rate_owner, i == 0 ? 0 : -ENOMEM);
		ck_assert(s->rated == (i == 0));
		ck_assert_int_eq(s->state, i == 1 ? SESSION_CLOSING :
		    SESSION_UP);
		if (i != 1)
			session_event(s, SESSION_EV_TERMINATE, NULL);
		else
			ck_assert_int_eq(s->cause, SESSION_CAUSE_NAS_ERROR);
		finish(s);
	}
	coa_jobs_free(engine.coa_jobs);
}
END_TEST

START_TEST(coa_timeout)
{
	struct dae_request q = request(true, "alice");
	struct session *s;

	engine.coa_jobs = coa_jobs_new();
	granted.session_timeout = 20;
	s = bring_up("alice");
	q.session_timeout = (struct dae_u32){ true, 25 };
	ck_assert_int_eq(coa(&q), COA_DECIDED);
	ck_assert_int_eq(coa_cause, DAE_NONE);
	wait_ms(24000);
	ck_assert_int_eq(s->state, SESSION_UP);
	q.session_timeout.v = 0;
	ck_assert_int_eq(coa(&q), COA_DECIDED);
	wait_ms(4000);
	ck_assert_int_eq(s->state, SESSION_UP);
	q.session_timeout.v = 10;
	ck_assert_int_eq(coa(&q), COA_DECIDED);
	ck_assert_int_eq(s->state, SESSION_UP);
	wait_ms(0);
	ck_assert_int_eq(s->state, SESSION_CLOSING);
	ck_assert_int_eq(s->cause, SESSION_CAUSE_SESSION_TIMEOUT);
	finish(s);
	coa_jobs_free(engine.coa_jobs);
}
END_TEST

/* All that match; once more while they end; and then there is none. */
START_TEST(coa_disconnects)
{
	struct session *a = bring_up("alice"), *b = register_it(100, "bob");
	struct dae_request q = { .n_keys = 1 };
	char id[SESSION_ID_STRLEN];

	q.calling = (struct dae_bytes){ (const uint8_t *)a->calling,
	    (uint8_t)strlen(a->calling) };
	forget_calls();
	ck_assert_int_eq(coa(&q), COA_DECIDED);
	ck_assert_int_eq(coa_cause, DAE_NONE);
	ck_assert_int_eq(a->state, SESSION_CLOSING);
	ck_assert_int_eq(b->state, SESSION_CLOSING);
	ck_assert_int_eq(a->cause, SESSION_CAUSE_ADMIN_RESET);
	test_has(a->why, "disconnected by the AAA server: aaa1");
	test_has(calls, "close hard;");
	strcpy(id, a->id);
	q = (struct dae_request){ .n_keys = 1, .session_id = {
	    (const uint8_t *)id, (uint8_t)strlen(id) } };
	ck_assert_int_eq(coa(&q), COA_DECIDED);
	ck_assert_int_eq(coa_cause, DAE_RESIDUAL);
	finish(a);
	finish(b);
	ck_assert_int_eq(coa(&q), COA_DECIDED);
	ck_assert_int_eq(coa_cause, DAE_NOT_FOUND);
}
END_TEST

START_TEST(figure_2)
{
	struct session *s = dial(100);

	cfg.send_service = true;
	hello(s, "lo");
	auth(s, "bob");
	verdict(s, AAA_ACCEPT, NULL, AAA_MODE_SHARED);
	forget_calls();
	iid_req(s, NULL, false);
	called("rrq bob shared;");
	ck_assert(iid_is_zero(asked_iid));
	ck_assert_str_eq(asked_service, "homes");
	reply(s, MIP_REGISTERED, "2001:db8:1:2:3:4:5:6", false);
	called("install lo/128;");
	install_done(s, 0);
	link_up(s);
	session_event(s, SESSION_EV_TERMINATE, NULL);
	finish(s);
}
END_TEST

/* The mobile node's key lasts as long as the session, and is in each of its
 * registrations, in nothing that is shown, and not in another's. */
/* pppd is started on the interface that there is; RADIUS hears of the VLAN,
 * whatever that one is called. */
START_TEST(on_a_vlan)
{
	const struct pppoe_wish w = { .ifname = "nv3.100.7", .sid = 5,
	    .mru = 1492, .mac = { 2, 0, 0, 0, 0, 1 }, .service = "internet" };
	struct pppoe_link *l = handle("pppoe", NULL);
	char called_id[SESSION_CALLED];
	struct aaa_who who;
	struct session *s;

	ck_assert_int_eq(access_ppp_discovery.wanted(&engine, l, &w), 0);
	s = pppoe_link_owner(l);
	ck_assert_ptr_nonnull(s);
	called("pppd;");
	ck_assert_str_eq(s->device, "nv3.100.7");
	session_who(s, &who, called_id, sizeof(called_id));
	ck_assert_str_eq(who.port_id, "acc0.100.7");
	ck_assert_uint_eq(who.vlan_tags, 2);
	ck_assert_str_eq(who.called, "acc0.100.7:internet");
	ck_assert_uint_eq(who.nas_port, 5);
	start_done(start_arg, -ENOENT, NULL, 0, -1);
}
END_TEST

START_TEST(own_key)
{
	struct session *s = dial(100);
	char *text;
	json_t *o;

	cfg.mn_ha_alg = MIP4_ALG_HMAC_SHA1;
	granted_key = true;
	hello(s, "lo");
	auth(s, "alice");
	verdict(s, AAA_ACCEPT, NULL, AAA_MODE_UNSET);
	granted_key = false;
	for (int i = 0; i < 2; i++) {
		memset(&asked_sa, 0, sizeof(asked_sa));
		iid_req(s, "a:b:c:d", i == 1);
		ck_assert_uint_eq(asked_sa.spi, 512);
		ck_assert_int_eq(asked_sa.alg, MIP4_ALG_HMAC_SHA1);
		ck_assert_uint_eq(asked_sa.key_len, 16);
		ck_assert_mem_eq(asked_sa.key, "never to be told", 16);
		reply(s, MIP_REGISTERED, "2001:db8:1:2:3:4:5:6", true);
		install_done(s, 0);
	}
	o = session_json_full(s);
	text = json_dumps(o, 0);
	test_has(text, "MN-HA SPI 512");
	test_has_not(text, "never to be told");
	free(text);
	json_decref(o);
	session_event(s, SESSION_EV_TERMINATE, NULL);
	finish(s);
	s = dial(100);
	hello(s, "lo");
	auth(s, "bob");
	verdict(s, AAA_ACCEPT, NULL, AAA_MODE_UNSET);
	iid_req(s, NULL, false);
	ck_assert_uint_eq(asked_sa.key_len, 0);
	reply(s, MIP_REGISTERED, "2001:db8:1:2:3:4:5:7", true);
	install_done(s, 0);
	session_event(s, SESSION_EV_TERMINATE, NULL);
	finish(s);
}
END_TEST

START_TEST(no_pppd)
{
	struct pppoe_link *l = handle("pppoe", NULL);

	ck_assert_int_eq(wanted(l, ""), 0);
	forget_calls();
	start_done(start_arg, -ENOENT, NULL, 0, -1);
	called("pads-error;");
}
END_TEST

/* PADT before priv has answered: the pppd does not wait for its time to end,
 * and if there is none, neither does the session. */
START_TEST(padt_at_once)
{
	struct nasd_priv_pppd_started ok = { .pid = 55 };
	struct pppoe_link *l = handle("pppoe", NULL);
	uint32_t nr;

	ck_assert_int_eq(wanted(l, ""), 0);
	nr = ((struct session *)pppoe_link_owner(l))->nr;
	forget_calls();
	access_ppp_discovery.terminated(&engine, l);
	called("pads-error;");
	start_done(start_arg, 0, &ok, sizeof(ok), -1);
	called("kill 55;");
	pppd_exit(nr, 55);
	ck_assert_uint_eq(sessions_count(&engine.sessions), 0);

	l = handle("pppoe", NULL);
	ck_assert_int_eq(wanted(l, ""), 0);
	access_ppp_discovery.terminated(&engine, l);
	start_done(start_arg, -EAGAIN, NULL, 0, -1);
	ck_assert_uint_eq(sessions_count(&engine.sessions), 0);
}
END_TEST

/* The session has gone when priv answers: the pppd must not stay. */
START_TEST(late_pppd)
{
	struct nasd_priv_pppd_started ok = { .pid = 55 };
	struct pppoe_link *l = handle("pppoe", NULL);

	ck_assert_int_eq(wanted(l, ""), 0);
	session_event(pppoe_link_owner(l), SESSION_EV_SHUTDOWN, NULL);
	wait_ms(13000);
	ck_assert_uint_eq(sessions_count(&engine.sessions), 0);
	forget_calls();
	start_done(start_arg, 0, &ok, sizeof(ok), -1);
	called("kill 55;");
}
END_TEST

START_TEST(rejected)
{
	struct session *s = dial(100);

	hello(s, "lo");
	auth(s, "eve");
	forget_calls();
	verdict(s, AAA_REJECT, NULL, AAA_MODE_UNSET);
	called("auth-result 0 text;");
	finish(s);
}
END_TEST

/* User-Name has room for 253 bytes: what is cut off might be somebody else. */
START_TEST(names_too_long)
{
	struct session *s;
	char name[PLUG_NAME];
	size_t len;

	for (len = 253; len < PLUG_NAME; len++) {
		memset(name, 'x', len);
		name[len] = '\0';
		s = dial(100);
		hello(s, "lo");
		forget_calls();
		auth(s, name);
		if (len == 253) {
			ck_assert_ptr_nonnull(strstr(calls, "auth xxx"));
			verdict(s, AAA_REJECT, NULL, AAA_MODE_UNSET);
		} else
			called("auth-result 0 the name is longer than RADIUS "
			    "can carry;");
		finish(s);
	}
}
END_TEST

/* A process that is not the pppd which was started speaks for the session. */
START_TEST(not_its_pppd)
{
	struct plug_hello h = { .pid = 78, .state = PLUG_LINK_NEW,
	    .ifname = "lo" };
	struct pppoe_link *l = handle("pppoe", NULL);
	struct nasd_priv_pppd_started ok = { .pid = 77 };
	struct session *s;

	/* It is known which one is. */
	ck_assert_int_eq(wanted(l, ""), 0);
	s = pppoe_link_owner(l);
	start_done(start_arg, 0, &ok, sizeof(ok), -1);
	h.link_id = s->nr;
	ck_assert_ptr_null(access_ppp_plugin.hello(&engine, NULL, &h));
	ck_assert_int_eq(s->state, SESSION_STARTING);
	h.pid = 77;
	ck_assert_ptr_eq(access_ppp_plugin.hello(&engine, handle("link", NULL),
	    &h), s);
	session_event(s, SESSION_EV_TERMINATE, NULL);
	link_gone(s, "ended");
	pppd_exit(h.link_id, 77);

	/* It is told too late. */
	l = handle("pppoe", NULL);
	ck_assert_int_eq(wanted(l, ""), 0);
	s = pppoe_link_owner(l);
	h.link_id = s->nr;
	h.pid = 78;
	ck_assert_ptr_eq(access_ppp_plugin.hello(&engine, handle("link", NULL),
	    &h), s);
	forget_calls();
	log_set_level(NULL, "none");
	start_done(start_arg, 0, &ok, sizeof(ok), -1);
	called("refuse;kill 77;");
	ck_assert_int_eq(s->state, SESSION_CLOSING);
	link_gone(s, "ended");
	pppd_exit(h.link_id, 77);
	ck_assert_uint_eq(sessions_count(&engine.sessions), 0);
}
END_TEST

/* What the plugin sends: agreed on, then the peer's packets. */
static void
eap(struct session *s, const void *packet, uint16_t len)
{
	struct plug_eap e = { .mtu = 1492, .len = len };

	if (len > 0)
		memcpy(e.packet, packet, len);
	access_ppp_plugin.eap(s, &e);
}

static void
eap_verdict(struct session *s, enum aaa_verdict v, const void *packet,
    size_t len)
{
	struct aaa_grant g = { .mode = AAA_MODE_UNIQUE };
	struct aaa_eap_reply e = { .packet = packet, .len = len,
	    .state = (const uint8_t *)"st", .state_len = v == AAA_CHALLENGE ?
	    2 : 0, .server = { .set = true, .port = 1 } };

	snprintf(g.user, sizeof(g.user), "alice@example.net");
	if (v == AAA_REJECT)
		snprintf(g.reply, sizeof(g.reply), "text");
	drop(s->aaa_req, "aaa");
	eap_done(s, v, &g, v == AAA_NO_REPLY ? NULL : &e, "text");
}

/* Up to the first challenge of an MD5 conversation. */
static uint8_t
eap_identified(struct session *s)
{
	uint8_t identity[] = { 2, 0, 0, 10, 1, 'a', 'l', 'i', 'c', 'e' };

	eap(s, NULL, 0);
	called("eap code 1 len 5;");
	identity[1] = eap_sent[1];
	eap(s, identity, sizeof(identity));
	called("eap-ask alice len 10 state 0 server -1 mtu 1492;");
	return eap_sent[1];
}

START_TEST(eap_accepted_and_again)
{
	static uint8_t request[] = { 1, 9, 0, 6, 4, 1 };
	static uint8_t response[] = { 2, 9, 0, 6, 4, 2 };
	struct session *s = dial(100);
	uint8_t id;

	cfg.pppd.rechallenge_s = 600;
	hello(s, "lo");
	forget_calls();
	eap_identified(s);
	ck_assert_str_eq(s->user, "alice");
	eap_verdict(s, AAA_CHALLENGE, request, 6);
	called("eap code 1 len 6;");
	eap(s, response, 6);
	called("eap-ask alice len 6 state 2 server 1 mtu 1492;");
	eap(s, response, 6);			/* again: not twice */
	called("");
	eap_verdict(s, AAA_ACCEPT, "\3\x9\0\4", 4);
	called("eap code 3 len 4;auth-result 1 ;");
	ck_assert_str_eq(s->user, "alice@example.net");
	ck_assert_ptr_null(s->eap);
	ck_assert(timer_is_set(&s->eap_again));

	/* ... and once more by its timer, with the next identifier. */
	iid_req(s, "a:b:c:d", false);
	reply(s, MIP_REGISTERED, "2001:db8:1:2:3:4:5:6", true);
	install_done(s, 0);
	link_up(s);
	forget_calls();
	s->eap_again.fire(&s->eap_again);
	called("eap code 1 len 5;");
	id = eap_sent[1];
	ck_assert_uint_eq(id, 10);
	response[1] = id;
	response[4] = 1;
	eap(s, response, 6);
	forget_calls();
	/* RADIUS is away: nobody is sent away for that. */
	eap_verdict(s, AAA_NO_REPLY, NULL, 0);
	called("auth-result 1 ;");
	ck_assert_int_eq(s->state, SESSION_UP);
	ck_assert(timer_is_set(&s->eap_again));
	/* Nor when it can not even be asked; it is tried again. */
	s->eap_again.fire(&s->eap_again);
	response[1] = eap_sent[1];
	forget_calls();
	fail_next = true;
	eap(s, response, 6);
	ck_assert_ptr_nonnull(strstr(calls, "auth-result 1 ;"));
	ck_assert_int_eq(s->state, SESSION_UP);
	ck_assert_ptr_null(s->eap);
	ck_assert(timer_is_set(&s->eap_again));
	/* A rejection is one. */
	s->eap_again.fire(&s->eap_again);
	response[1] = eap_sent[1];
	eap(s, response, 6);
	forget_calls();
	eap_verdict(s, AAA_REJECT, "\4\xc\0\4", 4);
	ck_assert_ptr_nonnull(strstr(calls,
	    "eap code 4 len 4;auth-result 0 text;"));
	cfg.pppd.rechallenge_s = 0;
	finish(s);
}
END_TEST

/* The server has let it in, we do not: the peer must not have read Success. */
START_TEST(eap_refused_by_us)
{
	static uint8_t request[] = { 1, 9, 0, 6, 4, 1 };
	static uint8_t response[] = { 2, 9, 0, 6, 4, 2 };
	struct session *old, *s;

	old = bring_up("alice@example.net");
	cfg.duplicate = CONFIG_DUP_REFUSE;
	s = dial(100);
	hello(s, "lo");
	forget_calls();
	eap_identified(s);
	eap_verdict(s, AAA_CHALLENGE, request, 6);
	eap(s, response, 6);
	forget_calls();
	eap_verdict(s, AAA_ACCEPT, "\3\x9\0\4", 4);
	called("eap code 4 len 4;auth-result 0 Access denied;");
	ck_assert_uint_eq(eap_sent[1], 9);
	ck_assert_uint_eq(eap_sent[3], 4);
	ck_assert_ptr_null(s->eap);
	ck_assert(!timer_is_set(&s->eap_again));
	finish(s);
	cfg.duplicate = CONFIG_DUP_REPLACE;
	session_event(old, SESSION_EV_TERMINATE, NULL);
	finish(old);
}
END_TEST

/* Asked again, a peer may answer each Request late, but not for ever; nor may
 * a server. */
START_TEST(eap_again_has_a_limit)
{
	uint8_t request[] = { 1, 0, 0, 6, 4, 1 };
	uint8_t response[] = { 2, 0, 0, 10, 1, 'a', 'l', 'i', 'c', 'e' };
	unsigned i, round;

	cfg.pppd.rechallenge_s = 600;
	for (round = 0; round < 2; round++) {
		struct session *s = bring_up("alice");

		eap(s, NULL, 0);
		response[1] = eap_sent[1];
		response[4] = 1;
		eap(s, response, sizeof(response));
		for (i = 0; i < 11 && s->state == SESSION_UP; i++) {
			if (round == 1 && i == 10)
				break;	/* the server has the ball */
			request[1] = response[1] = (uint8_t)(i + 100);
			response[4] = 4;
			eap_verdict(s, AAA_CHALLENGE, request, 6);
			wait_ms(2900);
			if (s->state != SESSION_UP)
				break;
			wait_ms(5900);
			wait_ms(9100);
			eap(s, response, sizeof(response));
			if (count_due)
				counted(i + 1, 0);
		}
		if (round == 1)
			wait_ms(10000);
		if (count_due)
			counted(20, 0);
		ck_assert_int_eq(s->state, round == 0 ? SESSION_CLOSING :
		    SESSION_UP);
		ck_assert_int_eq(s->cause, round == 0 ?
		    SESSION_CAUSE_USER_REQUEST : SESSION_CAUSE_NONE);
		ck_assert_ptr_null(s->eap);
		if (round == 1)
			session_event(s, SESSION_EV_TERMINATE, NULL);
		finish(s);
	}
	cfg.pppd.rechallenge_s = 0;
}
END_TEST

START_TEST(eap_peer_is_silent)
{
	struct session *s = dial(100);

	hello(s, "lo");
	forget_calls();
	eap(s, NULL, 0);
	called("eap code 1 len 5;");
	wait_ms(3001);
	called("eap code 1 len 5;");
	for (unsigned i = 0; i < 26; i++)
		wait_ms(1001);
	called("eap code 1 len 5;eap code 1 len 5;"
	    "auth-result 0 Access denied;");
	finish(s);
}
END_TEST

/* The link goes in the middle, or the peer's LCP begins anew. */
START_TEST(eap_cut_short)
{
	struct session *s = dial(100);

	hello(s, "lo");
	forget_calls();
	eap_identified(s);
	eap(s, NULL, 0);
	called("auth-cancel;eap code 1 len 5;");
	eap_identified(s);
	finish(s);
}
END_TEST

START_TEST(unknown_home_agent)
{
	struct session *s = dial(100);

	hello(s, "lo");
	auth(s, "alice");
	forget_calls();
	verdict(s, AAA_ACCEPT, "198.51.100.99", AAA_MODE_UNSET);
	called("auth-result 0 Access denied;");
	finish(s);
}
END_TEST

START_TEST(denied)
{
	struct session *s = dial(100);

	hello(s, "lo");
	auth(s, "alice");
	verdict(s, AAA_ACCEPT, NULL, AAA_MODE_UNSET);
	iid_req(s, "a:b:c:d", false);
	forget_calls();
	reply(s, MIP_DENIED, NULL, false);
	called("dereg;refuse;close hard;");
	test_has(s->why, "denied");
	finish(s);
}
END_TEST

START_TEST(budget)
{
	struct session *s = dial(100);

	hello(s, "lo");
	auth(s, "alice");
	verdict(s, AAA_ACCEPT, NULL, AAA_MODE_UNSET);
	iid_req(s, "a:b:c:d", false);
	forget_calls();
	wait_ms(14900);
	iid_req(s, "a:b:c:d", false);
	called("");
	wait_ms(200);
	called("dereg;refuse;close hard;");
	finish(s);
}
END_TEST

START_TEST(not_installed)
{
	struct session *s = dial(100);

	hello(s, "lo");
	auth(s, "alice");
	verdict(s, AAA_ACCEPT, NULL, AAA_MODE_UNSET);
	iid_req(s, "a:b:c:d", false);
	reply(s, MIP_REGISTERED, "2001:db8:1:2:3:4:5:6", true);
	forget_calls();
	install_done(s, -EPERM);
	called("uninstall;dereg;refuse;close hard;");
	finish(s);
}
END_TEST

/* A module without memory is a failure like another, not a crash. */
START_TEST(no_memory)
{
	struct session *s = dial(100);

	hello(s, "lo");
	fail_next = true;
	auth(s, "alice");
	ck_assert_int_eq(s->state, SESSION_CLOSING);
	finish(s);
	s = dial(100);
	hello(s, "lo");
	auth(s, "alice");
	verdict(s, AAA_ACCEPT, NULL, AAA_MODE_UNSET);
	fail_next = true;
	iid_req(s, "a:b:c:d", false);
	ck_assert_int_eq(s->state, SESSION_CLOSING);
	finish(s);
	s = bring_up("alice");
	fail_next = true;
	forget_calls();
	session_event(s, SESSION_EV_TERMINATE, NULL);
	called("ra-stop farewell;acct 2;uninstall;dereg;refuse;close hard;");
	finish(s);
}
END_TEST

/* D16, unique: the peer's own identifier by a registration of its own. */
START_TEST(insists)
{
	struct session *s = dial(100);

	hello(s, "lo");
	auth(s, "alice");
	verdict(s, AAA_ACCEPT, NULL, AAA_MODE_UNSET);
	iid_req(s, "a:b:c:d", false);
	reply(s, MIP_REGISTERED, "2001:db8:1:2:3:4:5:6", true);
	install_done(s, 0);
	forget_calls();
	iid_req(s, "a:b:c:d", true);
	called("uninstall;abandon;rrq alice;");
	ck_assert_uint_eq(asked_iid.b[1], 0xa);
	reply(s, MIP_REGISTERED, "2001:db8:1:2:a:b:c:d", true);
	install_done(s, 0);
	called("install lo/64;assign 000a:000b:000c:000d;");
	session_event(s, SESSION_EV_TERMINATE, NULL);
	finish(s);
}
END_TEST

START_TEST(honour)
{
	struct session *s = dial(100);

	cfg.iid_policy = CONFIG_IID_HONOUR;
	hello(s, "lo");
	auth(s, "alice");
	verdict(s, AAA_ACCEPT, NULL, AAA_MODE_UNSET);
	iid_req(s, "a:b:c:d", false);
	ck_assert_uint_eq(asked_iid.b[1], 0xa);
	session_event(s, SESSION_EV_TERMINATE, NULL);
	finish(s);
}
END_TEST

/* A newer session of a NAI registers only when the older one's deregistration
 * is done. */
START_TEST(replaced)
{
	struct session *old = bring_up("alice"), *s = dial(200);
	uint32_t nr = s->nr;

	hello(s, "lo");
	auth(s, "alice");
	forget_calls();
	verdict(s, AAA_ACCEPT, NULL, AAA_MODE_UNSET);
	called("auth-result 1 ;ra-stop farewell;count;uninstall;dereg;"
	    "refuse;close hard;");
	ck_assert_int_eq(old->state, SESSION_CLOSING);
	iid_req(s, "a:b:c:d", false);
	ck_assert_int_eq(s->state, SESSION_WAITING);
	called("");
	counted(5, 0);
	forget_calls();
	deregistered(old);
	called("rrq alice;");
	ck_assert_int_eq(s->state, SESSION_REGISTERING);
	finish(old);
	session_event(s, SESSION_EV_TERMINATE_HARD, NULL);
	deregistered(s);
	link_gone(s, "killed");
	pppd_exit(nr, 200);
}
END_TEST

START_TEST(duplicate_refused)
{
	struct session *old = bring_up("alice"), *s = dial(200);
	uint32_t nr = s->nr;

	cfg.duplicate = CONFIG_DUP_REFUSE;
	hello(s, "lo");
	auth(s, "alice");
	forget_calls();
	verdict(s, AAA_ACCEPT, NULL, AAA_MODE_UNSET);
	called("auth-result 0 Access denied;");
	ck_assert_int_eq(old->state, SESSION_UP);
	link_gone(s, "refused");
	pppd_exit(nr, 200);
	session_event(old, SESSION_EV_TERMINATE, NULL);
	finish(old);
}
END_TEST

/* pppd was killed: no words, counters of the last reading. */
START_TEST(sigkill)
{
	struct session *s = bring_up("alice");

	wait_ms(30000);
	counted(4711, 0);
	forget_calls();
	link_gone(s, "connection lost");
	called("ra-stop;count;uninstall;dereg;");
	counted(0, -ENODEV);
	ck_assert_uint_eq(stopped.rx_bytes, 4711);
	ck_assert_int_eq(stopped.cause, AAA_CAUSE_LOST_CARRIER);
	finish(s);
}
END_TEST

/* The peer is challenged again, and answers as somebody else: what it was
 * granted, and who pays, stays. */
/* LCP has begun anew: a password that RADIUS can not be asked about, or a
 * server's silence, lets nobody in on what an other has shown [D97]. */
START_TEST(somebody_else)
{
	struct plug_auth a = { .kind = PLUG_AUTH_PAP, .user = "mallory",
	    .secret_len = 129 };
	struct session *s = bring_up("alice");

	access_ppp_plugin.down(s, "LCP down");
	counted(0, -ENODEV);
	forget_calls();
	access_ppp_plugin.auth(s, &a);
	ck_assert_ptr_nonnull(strstr(calls, "auth-result 0 "));
	ck_assert_ptr_null(strstr(calls, "auth-result 1"));
	finish(s);
	s = bring_up("alice");
	access_ppp_plugin.down(s, "LCP down");
	counted(0, -ENODEV);
	auth(s, "mallory");
	forget_calls();
	verdict(s, AAA_NO_REPLY, NULL, AAA_MODE_UNSET);
	ck_assert_ptr_nonnull(strstr(calls, "auth-result 0 "));
	finish(s);
}
END_TEST

/* A peer that does nothing but begin anew is not RADIUS's to bear. */
START_TEST(asks_too_often)
{
	struct session *s = dial(100);
	unsigned i;

	hello(s, "lo");
	for (i = 0; i < 20; i++) {
		forget_calls();
		auth(s, "alice");
		ck_assert_ptr_nonnull(strstr(calls, "auth alice;"));
	}
	forget_calls();
	auth(s, "alice");
	ck_assert_ptr_null(strstr(calls, "auth alice;"));
	ck_assert_ptr_nonnull(strstr(calls, "auth-result 0 "));
	finish(s);
}
END_TEST

START_TEST(challenged_again)
{
	struct session *s = bring_up("alice");

	forget_calls();
	auth(s, "mallory");
	called("auth mallory;");
	verdict(s, AAA_ACCEPT, NULL, AAA_MODE_UNSET);
	called("auth-result 1 ;");
	ck_assert_str_eq(s->user, "alice");
	ck_assert_str_eq(s->calling, "02-00-00-00-00-01");
	/* But a key for the home agent is taken [D145]. */
	cfg.mn_ha_alg = MIP4_ALG_HMAC_SHA256;
	granted_key = true;
	forget_calls();
	auth(s, "alice");
	verdict(s, AAA_ACCEPT, NULL, AAA_MODE_UNSET);
	granted_key = false;
	called("auth alice;mn-ha 512;auth-result 1 ;");
	ck_assert_int_eq(asked_sa.alg, MIP4_ALG_HMAC_SHA256);
	ck_assert(s->grant.has_mn_ha && s->grant.mn_ha.spi == 512);
	cfg.mn_ha_alg = MIP4_ALG_HMAC_MD5;
	session_event(s, SESSION_EV_TERMINATE, NULL);
	finish(s);
}
END_TEST

/* Nobody answers: the session goes all the same. */
START_TEST(stuck)
{
	struct session *s = bring_up("alice");
	uint32_t nr = s->nr;

	session_event(s, SESSION_EV_TERMINATE, NULL);
	forget_calls();
	wait_ms(12100);
	/* nor is the Stop forgotten */
	called("kill 100;acct 2;abandon;drop;padt;");
	ck_assert_ptr_null(session_find_nr(&engine.sessions, nr));
	counted(1, 0);		/* comes for nobody */
	pppd_exit(nr, 100);
}
END_TEST

START_TEST(renegotiation)
{
	struct session *s = bring_up("alice");

	access_ppp_plugin.down(s, "");
	counted(1, 0);
	forget_calls();
	iid_req(s, "3:4:5:6", false);
	called("count;uninstall;install lo/64;");
	counted(1, 0);
	install_done(s, 0);
	called("assign 0003:0004:0005:0006;");
	link_up(s);
	called("ra;");
	ck_assert_int_eq(s->state, SESSION_UP);
	access_ppp_plugin.down(s, "");
	counted(1, 0);
	forget_calls();
	wait_ms(5100);
	called("count;uninstall;dereg;close hard;");
	finish(s);
}
END_TEST

static void
shows(const struct session *s, const char *key, json_int_t want)
{
	json_t *o = session_json_full(s);

	ck_assert_int_eq(json_integer_value(json_object_get(o, key)), want);
	json_decref(o);
}

/* The keys go to the data path; a new one of the home agent's is another data
 * path, our own stays the session's when it registers anew. */
START_TEST(gre)
{
	struct mip_result r = { .outcome = MIP_REGISTERED, .unique = true,
	    .lifetime = 1800, .gre = { 5, 7 } };
	struct session *s;

	has[0].gre = true;
	answered_gre = (struct gre_keys){ 5, 6 };
	s = bring_up("alice");
	shows(s, "gre_key_in", 5);
	shows(s, "gre_key_out", 6);
	ck_assert_ptr_nonnull(strstr(calls, "rrq alice;gre-key 0;"));
	ck_assert_ptr_nonnull(strstr(calls, "gre 5 6;install lo/64;"));
	r.hoa = s->hoa;
	forget_calls();
	mip_ev->changed(s, &r);
	called("count;uninstall;gre 5 7;install lo/64;");
	counted(1, 0);
	install_done(s, 0);
	ck_assert_int_eq(s->state, SESSION_UP);
	mip_ev->lost(s, &(struct mip_result){ .outcome = MIP_DENIED });
	finish(s);
	answered_gre = (struct gre_keys){ 0, 0 };
	has[0].gre = false;
}
END_TEST

START_TEST(new_prefix)
{
	struct session *s = bring_up("alice");
	struct mip_result r = { .outcome = MIP_REGISTERED, .unique = true,
	    .lifetime = 1800, .text = "changed" };

	inet_pton(AF_INET6, "2001:db8:9:9:3:4:5:6", &r.hoa);
	forget_calls();
	mip_ev->changed(s, &r);
	called("count;uninstall;install lo/64;");
	counted(1, 0);
	install_done(s, 0);
	called("ra-update;");
	ck_assert_uint_eq(advertised.n_prefixes, 2);
	ck_assert_uint_eq(advertised.prefix[1].preferred, 0);
	ck_assert_uint_eq(advertised.prefix[1].addr.s6_addr[5], 1);
	inet_pton(AF_INET6, "2001:db8:9:9:7:7:7:7", &r.hoa);
	mip_ev->changed(s, &r);
	ck_assert_int_eq(s->state, SESSION_CLOSING);
	finish(s);
}
END_TEST

START_TEST(timeouts)
{
	struct session *s = bring_up("alice");

	s->grant.idle_timeout = 40;
	wait_ms(30000);
	counted(1, 0);
	wait_ms(30000);
	counted(1, 0);
	ck_assert_int_eq(s->state, SESSION_UP);
	wait_ms(10000);
	counted(1, 0);
	ck_assert_int_eq(s->cause, SESSION_CAUSE_IDLE_TIMEOUT);
	finish(s);
}
END_TEST

/* Solicitations and reports, and what the filter drops, are not what a
 * subscriber pays for. */
START_TEST(idle_but_for_solicitations)
{
	struct session *s = bring_up("alice");

	s->grant.idle_timeout = 40;
	wait_ms(30000);
	counted_of(10, 5, 0);
	wait_ms(30000);
	counted_of(20, 4, 0);	/* read later than the rest */
	ck_assert_int_eq(s->state, SESSION_UP);
	ck_assert_uint_eq(s->count.rx_packets, 20);
	wait_ms(10000);
	counted_of(30, 5, 0);
	ck_assert_int_eq(s->cause, SESSION_CAUSE_IDLE_TIMEOUT);
	finish(s);
}
END_TEST

/* Until a record is written, and how long that took; readings answered. */
static int64_t
wait_for_record(const char *record, int error)
{
	const mono_t since = now;

	forget_calls();
	for (unsigned i = 0; i < 400; i++) {
		if (count_due)
			counted(i, error);
		if (strstr(calls, record) != NULL) {
			forget_calls();
			return (mono_diff_ms(now, since));
		}
		wait_ms(1000);
	}
	return (-1);
}

/* On time, with what was just read; and with what there is when nothing can
 * be. Never sooner than asked for, a tenth later at most. */
START_TEST(interims)
{
	struct session *s;
	int64_t ms, least = INT64_MAX, most = 0;

	cfg.interim_s = 100;
	s = bring_up("alice");
	for (unsigned i = 0; i < 20; i++) {
		ms = wait_for_record("acct 1;", i % 2 ? 0 : -ENODEV);
		ck_assert_int_ge(ms, 100000);
		ck_assert_int_le(ms, 111000);
		least = ms < least ? ms : least;
		most = ms > most ? ms : most;
	}
	/* Subscribers that came together go apart. */
	ck_assert_int_gt(most, least);
	/* The server's interval comes before ours. */
	s->grant.interim_s = 60;
	wait_for_record("acct 1;", 0);
	ms = wait_for_record("acct 1;", 0);
	ck_assert_int_ge(ms, 60000);
	ck_assert_int_le(ms, 67000);
	session_event(s, SESSION_EV_TERMINATE, NULL);
	finish(s);
}
END_TEST

/* No reading is asked for before the last one has come. */
START_TEST(one_reading_at_a_time)
{
	struct session *s;

	cfg.interim_s = 60;
	s = bring_up("alice");
	forget_calls();
	wait_ms(30000);
	called("count;");
	wait_ms(60000);
	called("");
	counted(1, 0);
	called("acct 1;");
	fail_next = true;
	wait_ms(30000);
	called("");
	session_event(s, SESSION_EV_TERMINATE, NULL);
	finish(s);
}
END_TEST

/* Figures for a Stop, should nasd be killed: where there are no interims, and
 * room. */
START_TEST(notes)
{
	struct session *s;
	int64_t ms;

	cfg.acct.note_s = 300;
	s = bring_up("alice");
	ms = wait_for_record("acct 3;", 0);
	ck_assert_int_ge(ms, 300000);
	ck_assert_int_le(ms, 331000);
	spool_full = true;
	ck_assert_int_eq(wait_for_record("acct 3;", 0), -1);
	spool_full = false;
	ck_assert_int_le(wait_for_record("acct 3;", 0), 31000);
	session_event(s, SESSION_EV_TERMINATE, NULL);
	finish(s);
}
END_TEST

/* Who passes by a reading that was asked for earlier does not go back. */
START_TEST(counters_never_go_back)
{
	struct session *s = bring_up("alice");

	wait_ms(30000);
	all_counted = (struct tunnel_counters){ .rx_bytes = 900,
	    .rx_packets = 9 };
	sessions_counted(&engine.sessions);
	ck_assert_uint_eq(s->count.rx_packets, 9);
	counted(1, 0);
	ck_assert_uint_eq(s->count.rx_packets, 9);
	ck_assert_uint_eq(s->count.rx_bytes, 900);
	memset(&all_counted, 0, sizeof(all_counted));
	session_event(s, SESSION_EV_TERMINATE, NULL);
	finish(s);
}
END_TEST

/* No new login while nothing can be written, if that is the policy; nobody who
 * is up is bothered. */
START_TEST(accounting_spool_is_full)
{
	struct session *up = bring_up("alice"), *s;

	forget_calls();
	spool_full = true;
	s = dial(100);
	hello(s, "lo2");
	forget_calls();
	auth(s, "bob");
	called("auth-result 0 Access denied;");
	ck_assert_int_eq(s->cause, SESSION_CAUSE_NAS_ERROR);
	ck_assert_ptr_nonnull(strstr(s->why, "spool is full"));
	finish(s);
	forget_calls();
	auth(up, "alice");		/* CHAP, again */
	called("auth alice;");
	spool_full = false;
	session_event(up, SESSION_EV_TERMINATE, NULL);
	finish(up);
}
END_TEST

/* Who looks at the list has all counters read; one that passes something by
 * then is not idle. */
START_TEST(all_read)
{
	struct session *s = bring_up("alice");
	json_t *j;

	s->grant.idle_timeout = 40;
	wait_ms(20000);
	all_counted = (struct tunnel_counters){ .rx_bytes = 77,
	    .rx_packets = 7 };
	sessions_counted(&engine.sessions);
	j = session_json(s);
	ck_assert_int_eq(json_integer_value(json_object_get(j, "rx_bytes")),
	    77);
	json_decref(j);
	wait_ms(10000);
	counted(7, 0);
	wait_ms(15000);
	ck_assert_int_eq(s->state, SESSION_UP);
	ck_assert_uint_eq(count_due, 0);
	session_event(s, SESSION_EV_TERMINATE, NULL);
	finish(s);
}
END_TEST

/* A plugin that outlived an earlier nasd, of which nothing is known. */
START_TEST(stale)
{
	struct plug_hello h = { .link_id = 999, .pid = 77, .ifname = "lo",
	    .state = PLUG_LINK_OPEN };

	ck_assert_ptr_null(access_ppp_plugin.hello(&engine, NULL, &h));
	h.link_id = 0;			/* of a pppd of somebody else's */
	ck_assert_ptr_null(access_ppp_plugin.hello(&engine, NULL, &h));
	h.link_id = 999;
	h.state = PLUG_LINK_NEW;	/* its session has ended */
	ck_assert_ptr_null(access_ppp_plugin.hello(&engine, NULL, &h));
}
END_TEST

static struct session *
comes_back(uint32_t nr, uint32_t pid, enum plug_link_state state)
{
	struct plug_hello h = { .link_id = nr, .pid = pid, .state = state,
	    .ifname = "lo" };
	struct session *s = session_find_nr(&engine.sessions, nr);

	h.remote = s->iid;
	return (access_ppp_plugin.hello(&engine, handle("link", NULL), &h));
}

START_TEST(resumed)
{
	struct session *s;
	char id[SESSION_ID_STRLEN];
	uint32_t nr;
	int p[2];

	first_run();
	s = bring_up("alice");
	nr = s->nr;
	memcpy(id, s->id, sizeof(id));
	session_set_classes(s, &(struct aaa_class){ 3, "abc" }, 1);
	s->grant.ip4.s_addr = htonl(0x0a000007);
	wait_ms(30000);
	counted(500, 0);
	session_save(s);
	mip_left = (struct mip_saved){ .bound = true, .lifetime = 1800,
	    .gre = { 5, 6 } };
	session_save(s);
	second_run();
	called("global 1;resume alice bound;gre-key 5 6;pppoe 0005;adopt 100;"
	    "quiet;");
	s = session_find_nr(&engine.sessions, nr);
	ck_assert_ptr_nonnull(s);
	ck_assert_int_eq(s->state, SESSION_RESUMING);
	ck_assert_str_eq(s->id, id);
	ck_assert_ptr_eq(session_find(&engine.sessions, id), s);
	ck_assert_str_eq(s->user, "alice");
	ck_assert(s->grant.n_class == 1 && s->grant.class[0].len == 3);
	ck_assert_mem_eq(s->grant.class[0].data, "abc", 3);
	ck_assert_uint_eq(s->count.rx_bytes, 500);
	ck_assert_int_eq(pipe(p), 0);
	adopt_done(adopt_arg, 0, NULL, 0, p[0]);
	/* new ones have other numbers: a pppd of the first run may report */
	ck_assert_uint_gt(engine.sessions.last_nr, nr);
	ck_assert_ptr_eq(comes_back(nr, 100, PLUG_LINK_OPEN), s);
	ck_assert_int_eq(s->state, SESSION_UP);
	called("pass 0a000007;gre 5 6;install lo/64;ra;renew;");
	ck_assert(s->in_ip4);
	install_done(s, 0);
	called("ra-update;");
	/* its process ends, of which the root side hears by being asked */
	close(p[1]);
	event_base_loop(engine.base, EVLOOP_ONCE);
	ck_assert_int_eq(s->state, SESSION_CLOSING);
	counted(700, 0);
	ck_assert_uint_eq(stopped.rx_bytes, 700);
	ck_assert_uint_eq(stopped.seconds, 30);
	link_gone(s, "BYE");
	deregistered(s);
	ck_assert_uint_eq(sessions_count(&engine.sessions), 0);
	/* and it is not there again for a third one */
	event_base_free(engine.base);
	second_run();
	called("global 1;");
	last_run();
}
END_TEST

/* The file takes nothing, or again. */
static void
state_full(bool full)
{
	char path[64];
	int fd;

	log_set_level(NULL, full ? "none" : "error");
	for (unsigned i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", state_fd[i]);
		fd = open(path, (full ? O_RDONLY : O_RDWR) | O_CLOEXEC);
		ck_assert_int_ge(fd, 0);
		ck_assert_int_eq(dup2(fd, state_own[i]), state_own[i]);
		close(fd);
	}
}

/* The file could not be told that it has ended. It is when it can be, though
 * nothing else happens: else the next nasd would have it again. */
START_TEST(end_is_not_lost)
{
	struct session *s;

	first_run();
	s = bring_up("alice");
	state_full(true);
	session_event(s, SESSION_EV_TERMINATE, NULL);
	finish(s);
	wait_ms(2000);
	wait_ms(3000);
	state_full(false);
	wait_ms(30000);
	ck_assert_uint_eq(engine.timers.n, 0);
	second_run();
	called("global 1;");
	last_run();
}
END_TEST

/* ... and if it could not be told before nasd was killed, there are two of one
 * NAI: of the older one is left what is not the newer one's. */
START_TEST(one_of_two_had_ended)
{
	struct session *s;
	uint32_t old, nr;

	for (spool_knows = false;; spool_knows = true) {
		first_run();
		s = bring_up("alice");
		old = s->nr;
		mip_left = (struct mip_saved){ .bound = true };
		session_save(s);
		state_full(true);
		session_event(s, SESSION_EV_TERMINATE, NULL);
		finish(s);
		state_full(false);
		s = bring_up("alice");
		nr = s->nr;
		session_save(s);
		timer_cancel(&engine.timers, &engine.t_state);
		second_run();
		ck_assert_ptr_nonnull(session_find_nr(&engine.sessions, nr));
		s = session_find_nr(&engine.sessions, old);
		/* Its number may be another process by now: the root side
		 * knows. */
		called(spool_knows ? "global 1;resume alice bound;pppoe 0005;"
		    "adopt 100;pppoe 0005;adopt 100;acct 2;kill 100;quiet;" :
		    "global 1;resume alice bound;pppoe 0005;"
		    "adopt 100;pppoe 0005;adopt 100;kill 100;quiet;");
		ck_assert_int_eq(s->state, SESSION_CLOSING);
		ck_assert_int_eq(s->cause, SESSION_CAUSE_NAS_REBOOT);
		free(adopt_older);		/* of the newer one */
		adopt_done(adopt_arg, -ESRCH, NULL, 0, -1);
		ck_assert_ptr_null(session_find_nr(&engine.sessions, old));
		/* The newer one is what it was. */
		ck_assert_ptr_nonnull(comes_back(nr, 100, PLUG_LINK_OPEN));
		s = session_find_nr(&engine.sessions, nr);
		ck_assert_int_eq(s->state, SESSION_UP);
		ck_assert_ptr_nonnull(s->reg);
		install_done(s, 0);
		session_event(s, SESSION_EV_TERMINATE, NULL);
		finish(s);
		last_run();
		if (spool_knows)
			break;
	}
}
END_TEST

/* What a session left at a home agent that was away is not forgotten, but for
 * what has expired, is another session's, or at a home agent that is none. */
START_TEST(left_behind)
{
	struct mip4_sa key = { .spi = 300, .key_len = 4, .key = "key" };
	struct session *s;
	uint32_t nr;

	left_one = (struct mip_left){ .nai = "bob", .subject = "s3 bob",
	    .ha.addr = has[0].addr, .mn_ha = &key, .saved = {
	    .clock_offset = 7, .expires = mono_add_ms(now, 60000) } };
	first_run();
	s = bring_up("alice");
	/* Two while it runs, of which one ends. */
	nr = left_save_events.left(&engine, 0, &left_one);
	ck_assert_uint_ne(nr, 0);
	ck_assert_uint_ne(nr, s->nr);
	left_nr = left_save_events.left(&engine, 0, &left_one);
	left_save_events.over(&engine, nr);
	wait_ms(7000);
	second_run();
	ck_assert_ptr_nonnull(strstr(calls, "left 3 bob at 1 by s3 bob, key 7,"
	    " 53000 ms;"));
	ck_assert_ptr_null(strstr(calls, "left 2 "));
	free(adopt_arg);
	event_base_free(engine.base);
	/* Again, from what was written anew; the machine was started since:
	 * what is left is what was left then. */
	wait_ms(5000);
	another_boot = true;
	second_run();
	another_boot = false;
	ck_assert_ptr_nonnull(strstr(calls, "left 3 bob at 1 by s3 bob, key 7,"
	    " 53000 ms;"));
	s = session_find(&engine.sessions, "alice");
	deregistered(s);
	/* A session of the name has it. */
	event_base_free(engine.base);
	s = bring_up("bob");
	mip_left = (struct mip_saved){ .bound = true };
	session_save(s);
	second_run();
	ck_assert_ptr_null(strstr(calls, "left"));
	deregistered(session_find(&engine.sessions, "bob"));
	/* It has expired. */
	event_base_free(engine.base);
	wait_ms(53000);
	second_run();
	called("global 1;");
	left_nr = 0;
	last_run();
}
END_TEST

START_TEST(ended_meanwhile)
{
	struct session *s;
	uint32_t nr;

	first_run();
	s = bring_up("alice");
	nr = s->nr;
	wait_ms(30000);
	counted(500, 0);
	second_run();
	s = session_find_nr(&engine.sessions, nr);
	forget_calls();
	adopt_done(adopt_arg, -ESRCH, NULL, 0, -1);
	ck_assert_int_eq(s->state, SESSION_CLOSING);
	called("acct 2;dereg;");
	ck_assert_uint_eq(stopped.rx_bytes, 500);
	ck_assert_int_eq(stopped.cause, AAA_CAUSE_LOST_CARRIER);
	deregistered(s);
	ck_assert_uint_eq(sessions_count(&engine.sessions), 0);
	last_run();
}
END_TEST

/* Its peer has passed EAP before nasd was killed: it is asked again, within
 * the time that it would be. */
START_TEST(eap_goes_on)
{
	struct plug_eap e = { .mtu = 1492, .passed = true };
	struct session *s;
	uint32_t nr;

	cfg.pppd.rechallenge_s = 600;
	first_run();
	s = bring_up("alice");
	nr = s->nr;
	second_run();
	s = session_find_nr(&engine.sessions, nr);
	log_set_level(NULL, "none");
	adopt_done(adopt_arg, -EMFILE, NULL, 0, -1);
	ck_assert_ptr_eq(comes_back(nr, 100, PLUG_LINK_OPEN), s);
	install_done(s, 0);
	forget_calls();
	access_ppp_plugin.eap(s, &e);
	called("");
	ck_assert(timer_is_set(&s->eap_again));
	for (unsigned i = 0; i < 21 && strstr(calls, "eap") == NULL; i++) {
		forget_calls();
		wait_ms(30000);
		if (count_due)
			counted(i + 1, 0);
	}
	ck_assert_ptr_nonnull(strstr(calls, "eap code 1 len 5;"));
	session_event(s, SESSION_EV_TERMINATE, NULL);
	finish(s);
	cfg.pppd.rechallenge_s = 0;
	last_run();
}
END_TEST

/* No descriptor for its pppd: it may live, and so does the session. */
START_TEST(can_not_be_watched)
{
	struct session *s;
	uint32_t nr;

	first_run();
	s = bring_up("alice");
	nr = s->nr;
	second_run();
	s = session_find_nr(&engine.sessions, nr);
	forget_calls();
	adopt_done(adopt_arg, -EMFILE, NULL, 0, -1);
	called("");
	ck_assert_int_eq(s->state, SESSION_RESUMING);
	ck_assert_ptr_eq(comes_back(nr, 100, PLUG_LINK_OPEN), s);
	ck_assert_int_eq(s->state, SESSION_UP);
	install_done(s, 0);
	session_event(s, SESSION_EV_TERMINATE, NULL);
	finish(s);
	last_run();
}
END_TEST

/* What changed is written when the event is over; what ended meanwhile is not
 * asked for, and at the end nothing waits. */
START_TEST(saved_behind_the_event)
{
	struct session *s, *t;

	first_run();
	engine.base = event_base_new();
	ck_assert_int_eq(session_save_start(&engine), 0);
	s = bring_up("alice");
	t = bring_up("bob");
	ck_assert(s->listed && t->listed && engine.dirty == t);
	t->pid = 0;
	link_gone(t, "BYE");
	counted(1, 0);
	deregistered(t);
	ck_assert_ptr_eq(engine.dirty, s);
	event_base_loop(engine.base, EVLOOP_NONBLOCK);
	ck_assert(s->saved && !s->listed);
	ck_assert_ptr_null(engine.dirty);
	t = bring_up("carol");
	ck_assert_ptr_eq(engine.dirty, t);
	session_save_end(&engine);
	ck_assert(t->saved && engine.dirty == NULL);
	event_base_free(engine.base);
	second_run();
	ck_assert_uint_eq(sessions_count(&engine.sessions), 2);
	/* Both had died. */
	adopt_done(adopt_older, -ESRCH, NULL, 0, -1);
	adopt_done(adopt_arg, -ESRCH, NULL, 0, -1);
	deregistered(session_find(&engine.sessions, "alice"));
	deregistered(session_find(&engine.sessions, "carol"));
	last_run();
}
END_TEST

/* Killed before anything else is done: what it has asked for may be granted,
 * and the next one ends it. */
START_TEST(killed_when_it_had_asked)
{
	struct session *s;
	uint32_t nr;

	first_run();
	engine.base = event_base_new();
	ck_assert_int_eq(session_save_start(&engine), 0);
	s = register_it(100, "alice");
	nr = s->nr;
	session_save_never(s);
	session_save_end(&engine);
	event_base_free(engine.base);
	second_run();
	called("global 1;resume alice;pppoe 0005;adopt 100;quiet;");
	s = session_find_nr(&engine.sessions, nr);
	adopt_done(adopt_arg, -ESRCH, NULL, 0, -1);
	called("dereg;");
	deregistered(s);
	ck_assert_uint_eq(sessions_count(&engine.sessions), 0);
	last_run();
}
END_TEST

/* Its registration may have been granted; nothing else was there. */
START_TEST(was_not_up)
{
	struct session *s;
	uint32_t nr;

	first_run();
	s = register_it(100, "alice");
	nr = s->nr;
	mip_left = (struct mip_saved){ .bound = false };
	session_save(s);
	second_run();
	called("global 1;resume alice;pppoe 0005;adopt 100;quiet;");
	s = session_find_nr(&engine.sessions, nr);
	ck_assert_ptr_eq(comes_back(nr, 100, PLUG_LINK_HELD), s);
	called("dereg;close hard;");
	ck_assert_int_eq(s->cause, SESSION_CAUSE_NAS_REBOOT);
	link_gone(s, "BYE");
	deregistered(s);
	adopt_done(adopt_arg, -ESRCH, NULL, 0, -1);
	ck_assert_uint_eq(sessions_count(&engine.sessions), 0);
	last_run();
}
END_TEST

/* The process of that number is another one's, or the machine another run. */
START_TEST(not_the_same)
{
	struct session *s;
	uint32_t nr;

	first_run();
	s = bring_up("alice");
	nr = s->nr;
	wait_ms(7000);
	second_run();
	free(adopt_arg);
	s = session_find_nr(&engine.sessions, nr);
	ck_assert_ptr_eq(comes_back(nr, 101, PLUG_LINK_OPEN), s);
	ck_assert_int_eq(s->state, SESSION_CLOSING);
	s->pid = 0;
	link_gone(s, "BYE");
	deregistered(s);
	ck_assert_uint_eq(sessions_count(&engine.sessions), 0);
	s = bring_up("bob");
	wait_ms(7000);
	event_base_free(engine.base);
	another_boot = true;
	second_run();
	another_boot = false;
	ck_assert_uint_eq(sessions_count(&engine.sessions), 1);
	ck_assert_int_eq(stopped.cause, AAA_CAUSE_NAS_REBOOT);
	deregistered(session_find(&engine.sessions, "bob"));
	ck_assert_uint_eq(sessions_count(&engine.sessions), 0);
	last_run();
}
END_TEST

START_TEST(shown)
{
	struct session *s = bring_up("alice");
	json_t *j = session_json_full(s);
	json_t *tl = json_object_get(j, "timeline");
	size_t i;

	ck_assert_str_eq(json_string_value(json_object_get(j, "state")), "up");
	ck_assert_str_eq(json_string_value(json_object_get(j,
	    "home_address")), "2001:db8:1:2:3:4:5:6");
	ck_assert_int_eq(json_integer_value(json_object_get(j, "reg_left")),
	    1234);
	ck_assert_int_gt((int)json_array_size(tl), 8);
	for (i = 0; i < json_array_size(tl); i++)
		ck_assert_ptr_nonnull(json_object_get(json_array_get(tl, i),
		    "step"));
	json_decref(j);
	ck_assert_ptr_eq(session_find(&engine.sessions, s->id), s);
	ck_assert_ptr_eq(session_find(&engine.sessions, "alice"), s);
	ck_assert_ptr_eq(session_find(&engine.sessions, "lo"), s);
	ck_assert_ptr_null(session_find(&engine.sessions, "nobody"));
	session_event(s, SESSION_EV_TERMINATE, NULL);
	finish(s);
	ck_assert_uint_eq(engine.sessions.n_past, 1);
	j = session_past_json(engine.sessions.past[0]);
	test_has(json_string_value(json_object_get(j, "ended")), "operator");
	json_decref(j);
	j = sessions_stats_json(&engine.sessions);
	ck_assert_int_eq(json_integer_value(json_object_get(j, "came_up")), 1);
	json_decref(j);
}
END_TEST

/* A session freed in any state leaves nothing (teardown counts). */
START_TEST(freed_anywhere)
{
	struct session *s = dial(100);
	int stage = _i;

	if (stage-- > 0)
		hello(s, "lo");
	if (stage-- > 0)
		auth(s, "alice");
	if (stage-- > 0)
		verdict(s, AAA_ACCEPT, NULL, AAA_MODE_UNSET);
	if (stage-- > 0)
		iid_req(s, "a:b:c:d", false);
	if (stage-- > 0)
		reply(s, MIP_REGISTERED, "2001:db8:1:2:3:4:5:6", true);
	if (stage-- > 0)
		install_done(s, 0);
	if (stage-- > 0)
		link_up(s);
	session_free(s);
}
END_TEST

START_TEST(timeline_full)
{
	struct timeline tl, moved = { .n = 0 };
	json_t *j;
	int i;

	timeline_init(&tl, now);
	for (i = 0; i < 100; i++)
		timeline_add(&tl, mono_add_ms(now, i), "k", "step %d", i);
	j = timeline_json(&tl);
	ck_assert_uint_eq(json_array_size(j),
	    TIMELINE_FIRST + TIMELINE_LAST + 1);
	ck_assert_str_eq(json_string_value(json_object_get(json_array_get(j,
	    TIMELINE_FIRST), "detail")), "68 steps left out");
	ck_assert_str_eq(json_string_value(json_object_get(json_array_get(j,
	    TIMELINE_FIRST - 1), "detail")), "step 23");
	ck_assert_str_eq(json_string_value(json_object_get(json_array_get(j,
	    TIMELINE_FIRST + 1), "detail")), "step 92");
	ck_assert_str_eq(json_string_value(json_object_get(json_array_get(j,
	    TIMELINE_FIRST + TIMELINE_LAST), "detail")), "step 99");
	json_decref(j);
	timeline_move(&moved, &tl);
	ck_assert_uint_eq(tl.n, 0);
	ck_assert_ptr_null(tl.step[0].detail);
	ck_assert_uint_eq(moved.n, 100);
	ck_assert_str_eq(moved.step[23].detail, "step 23");
	timeline_clear(&moved);
	ck_assert_uint_eq(moved.n, 0);
	ck_assert_ptr_null(moved.step[23].detail);
}
END_TEST

/* Three that are silent or refuse, one after the other, in one budget; each is
 * left in order, and the session has the third one's address. */
START_TEST(another_home_agent)
{
	struct session *s;

	home_agents(3);
	s = register_it(100, "alice");
	ck_assert_uint_eq(asked(), 1);
	ck_assert_int_gt(patience, 3000);
	ck_assert_int_le(patience, 5000);
	wait_ms(patience);
	reply(s, MIP_NO_REPLY, NULL, false);
	called("abandon;rrq alice;");
	ck_assert_uint_eq(asked(), 2);
	wait_ms(patience);
	reply(s, MIP_USELESS, NULL, false);
	called("abandon;rrq alice;");
	ck_assert_uint_eq(asked(), 3);
	ck_assert_int_ge(patience, 4000);
	ck_assert_int_eq(s->state, SESSION_REGISTERING);
	reply(s, MIP_REGISTERED, "2001:db8:1:2:3:4:5:6", true);
	called("install lo/64;");
	ck_assert_ptr_eq(s->ha, &has[2]);
	give_up(s, 100);
}
END_TEST

/* What is left when all have been asked. */
START_TEST(no_home_agent_left)
{
	struct session *s;

	home_agents(2);
	s = register_it(100, "alice");
	refusal(s, 130, NULL);
	called("abandon;rrq alice;");
	/* nobody else: all that is left of the time */
	ck_assert_int_eq(patience, SESSION_BUDGET_MS - 1000);
	refusal(s, 128, NULL);
	ck_assert_int_eq(s->state, SESSION_CLOSING);
	test_has(s->why, "denied");
	give_up(s, 100);

	/* 130 was not forgotten, but is no reason to ask nobody */
	s = register_it(100, "bob");
	ck_assert_uint_eq(asked(), 1);
	/* 129 is about the subscriber */
	refusal(s, 129, NULL);
	ck_assert_int_eq(s->state, SESSION_CLOSING);
	give_up(s, 100);
}
END_TEST

/* The budget is the session's, however many there are. */
START_TEST(no_time_left)
{
	struct session *s;

	home_agents(3);
	s = register_it(100, "alice");
	wait_ms(13500);
	reply(s, MIP_NO_REPLY, NULL, false);
	ck_assert_int_eq(s->state, SESSION_CLOSING);
	give_up(s, 100);
}
END_TEST

START_TEST(redirected)
{
	struct session *s;

	home_agents(3);
	s = register_it(100, "alice");
	refusal(s, 143, "198.51.100.3");
	ck_assert_uint_eq(asked(), 3);
	/* back again: a loop; the one that was not asked yet is */
	refusal(s, 143, "198.51.100.1");
	ck_assert_uint_eq(asked(), 2);
	/* no key for that one, and nobody left */
	refusal(s, 136, "198.51.100.9");
	ck_assert_int_eq(s->state, SESSION_CLOSING);
	give_up(s, 100);
}
END_TEST

/* The list of RADIUS is all there is, in its order. */
START_TEST(list_of_radius)
{
	struct aaa_grant g = { .n_home_agents = 3 };
	struct session *s = dial(100);
	unsigned i;

	home_agents(3);
	for (i = 0; i < 3; i++)		/* .3, a stranger, .1 */
		g.home_agent[i].s_addr = htonl(0xc6336400 + (i == 1 ? 99 :
		    3 - i));
	hello(s, "lo");
	auth(s, "alice");
	drop(s->aaa_req, "aaa");
	auth_done(s, AAA_ACCEPT, &g, "");
	ck_assert_ptr_eq(s->ha, &has[2]);
	iid_req(s, NULL, false);
	ck_assert_uint_eq(asked(), 3);
	refusal(s, 130, NULL);
	ck_assert_uint_eq(asked(), 1);
	refusal(s, 130, NULL);
	ck_assert_int_eq(s->state, SESSION_CLOSING);
	give_up(s, 100);
}
END_TEST

/* What others found out about an agent spares the next session the wait; it
 * is probed, and comes back. */
START_TEST(held_down)
{
	struct session *s;
	int i;

	home_agents(2);
	s = register_it(100, "alice");
	for (i = 0; i < 3; i++) {
		mono_t sent = now;

		wait_ms(1700);
		agent_ev.unheard(agent_arg, asked_ha, sent);
	}
	called("hold 1;");
	reply(s, MIP_NO_REPLY, NULL, false);
	called("abandon;rrq alice;");
	ck_assert_uint_eq(asked(), 2);
	give_up(s, 100);

	s = register_it(100, "bob");
	ck_assert_uint_eq(asked(), 2);
	wait_ms(1000);
	called("probe 1;");
	wait_ms(1000);
	called("");
	wait_ms(1000);
	called("probe 1;");
	agent_ev.heard(agent_arg, has[0].addr);
	called("release 1;");
	wait_ms(20000);
	give_up(s, 100);

	s = register_it(100, "carol");
	ck_assert_uint_eq(asked(), 1);
	give_up(s, 100);
}
END_TEST

/* One that is for access nodes alone can not be. */
START_TEST(not_probed_without_a_key)
{
	struct session *s;

	home_agents(2);
	has[0].n_sa = 0;
	s = register_it(100, "alice");
	for (int i = 0; i < 5; i++) {
		mono_t sent = now;

		wait_ms(1700);
		agent_ev.unheard(agent_arg, asked_ha, sent);
	}
	/* Held down, and in doubt after a while [D207]. */
	test_has(calls, "hold 1;release 1;hold 1;");
	ck_assert_ptr_null(strstr(calls, "probe"));
	reply(s, MIP_NO_REPLY, NULL, false);
	give_up(s, 100);
}
END_TEST

START_TEST(drained)
{
	struct session *old, *s;

	home_agents(2);
	old = register_it(100, "alice");
	reply(old, MIP_REGISTERED, "2001:db8:1:2:3:4:5:6", true);
	install_done(old, 0);
	ck_assert(ha_watch_drain(engine.ha_watch, "ha1", true));
	ck_assert(!ha_watch_drain(engine.ha_watch, "ha9", true));
	/* one that is there keeps its prefix, also by a new registration */
	iid_req(old, "a:b:c:d", true);
	ck_assert_uint_eq(asked(), 1);
	s = register_it(101, "bob");
	ck_assert_uint_eq(asked(), 2);
	give_up(s, 101);
	ck_assert(ha_watch_drain(engine.ha_watch, "ha2", true));
	s = dial(101);
	hello(s, "lo");
	auth(s, "bob");
	verdict(s, AAA_ACCEPT, NULL, AAA_MODE_UNSET);
	test_has(s->why, "drained");
	give_up(s, 101);
	ck_assert(ha_watch_drain(engine.ha_watch, "ha1", false));
	s = register_it(101, "bob");
	ck_assert_uint_eq(asked(), 1);
	give_up(s, 101);
	give_up(old, 100);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("session");
	TCase *t = tcase_create("session");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, figure_1);
	tcase_add_test(t, figure_2);
	tcase_add_test(t, on_a_vlan);
	tcase_add_test(t, own_key);
	tcase_add_test(t, no_pppd);
	tcase_add_test(t, late_pppd);
	tcase_add_test(t, padt_at_once);
	tcase_add_test(t, rejected);
	tcase_add_test(t, eap_accepted_and_again);
	tcase_add_test(t, eap_peer_is_silent);
	tcase_add_test(t, eap_refused_by_us);
	tcase_add_test(t, eap_again_has_a_limit);
	tcase_add_test(t, names_too_long);
	tcase_add_test(t, not_its_pppd);
	tcase_add_test(t, eap_cut_short);
	tcase_add_test(t, unknown_home_agent);
	tcase_add_test(t, limited);
	tcase_add_test(t, odd_limits);
	tcase_add_test(t, not_limited);
	tcase_add_test(t, limited_too_late);
	tcase_add_test(t, ipv4_granted);
	tcase_add_test(t, ipv4_dns_of_radius);
	tcase_add_test(t, ipv4_not_granted);
	tcase_add_test(t, ipv4_unusable);
	tcase_add_test(t, hello_above_max);
	tcase_add_test(t, ipv4_twice);
	tcase_add_test(t, coa_changes);
	tcase_add_test(t, coa_fails);
	tcase_add_test(t, coa_loses_limits);
	tcase_add_test(t, profile_changes);
	tcase_add_test(t, coa_timeout);
	tcase_add_test(t, coa_disconnects);
	tcase_add_test(t, denied);
	tcase_add_test(t, budget);
	tcase_add_test(t, not_installed);
	tcase_add_test(t, no_memory);
	tcase_add_test(t, insists);
	tcase_add_test(t, honour);
	tcase_add_test(t, replaced);
	tcase_add_test(t, duplicate_refused);
	tcase_add_test(t, sigkill);
	tcase_add_test(t, challenged_again);
	tcase_add_test(t, somebody_else);
	tcase_add_test(t, asks_too_often);
	tcase_add_test(t, stuck);
	tcase_add_test(t, renegotiation);
	tcase_add_test(t, gre);
	tcase_add_test(t, new_prefix);
	tcase_add_test(t, timeouts);
	tcase_add_test(t, idle_but_for_solicitations);
	tcase_add_test(t, interims);
	tcase_add_test(t, one_reading_at_a_time);
	tcase_add_test(t, notes);
	tcase_add_test(t, counters_never_go_back);
	tcase_add_test(t, accounting_spool_is_full);
	tcase_add_test(t, all_read);
	tcase_add_test(t, stale);
	tcase_add_test(t, resumed);
	tcase_add_test(t, end_is_not_lost);
	tcase_add_test(t, one_of_two_had_ended);
	tcase_add_test(t, left_behind);
	tcase_add_test(t, ended_meanwhile);
	tcase_add_test(t, eap_goes_on);
	tcase_add_test(t, can_not_be_watched);
	tcase_add_test(t, saved_behind_the_event);
	tcase_add_test(t, killed_when_it_had_asked);
	tcase_add_test(t, was_not_up);
	tcase_add_test(t, not_the_same);
	tcase_add_test(t, shown);
	tcase_add_loop_test(t, freed_anywhere, 0, 8);
	tcase_add_test(t, timeline_full);
	tcase_add_test(t, another_home_agent);
	tcase_add_test(t, no_home_agent_left);
	tcase_add_test(t, no_time_left);
	tcase_add_test(t, redirected);
	tcase_add_test(t, list_of_radius);
	tcase_add_test(t, held_down);
	tcase_add_test(t, not_probed_without_a_key);
	tcase_add_test(t, drained);
	suite_add_tcase(s, t);
	return (test_run(s));
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The plugin server and the plugin's client, over a real socket and event
 * base; the clock is turned by hand. */
#include <errno.h>
#include <fcntl.h>
#include <event2/event.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/timers.h"
#include "nasd/pppd_link.h"
#include "pppd-plugin/nasd_client.h"
#include "tests/unit/test.h"

#define SOCK	"plugin.sock"

static mono_t	now_is;

static mono_t
read_clock(void *arg)
{
	(void)arg;
	return now_is;
}

static const struct clock	hand_clock = { .mono = read_clock };

static struct world {
	char			 dir[64];
	int			 log;
	struct event_base	*base;
	struct timers		 timers;
	struct pppd_server	*server;
	struct pppd_link	*link;		/* of the last HELLO */
	bool			 refuse, drop_in_hello, drop_in_auth;
	struct plug_ipv4	 ipv4;
	unsigned		 hellos, auths, iids, ups, downs, gones, eaps;
	struct plug_hello	 hello;
	char			 reason[PLUG_TEXT];
} w;

static void *
on_hello(void *arg, struct pppd_link *l, const struct plug_hello *h)
{
	ck_assert_ptr_eq(arg, &w);
	w.hellos++;
	w.hello = *h;
	if (w.drop_in_hello) {
		pppd_link_drop(l);
		return NULL;
	}
	if (w.refuse)
		return NULL;
	w.link = l;
	return &w;
}

static void
on_auth(void *owner, const struct plug_auth *a)
{
	ck_assert_ptr_eq(owner, &w);
	ck_assert_str_eq(a->user, "alice");
	w.auths++;
	if (w.drop_in_auth)
		pppd_link_drop(w.link);
}

static void
on_eap(void *owner, const struct plug_eap *e)
{
	(void)owner;
	(void)e;
	w.eaps++;
}

static void
on_iid(void *owner, const struct plug_iid_req *q)
{
	(void)owner;
	(void)q;
	w.iids++;
}

static void
on_up(void *owner, const struct plug_up *u)
{
	(void)owner;
	(void)u;
	w.ups++;
}

static void
on_down(void *owner, const char *reason)
{
	(void)owner;
	snprintf(w.reason, sizeof(w.reason), "%s", reason);
	w.downs++;
}

static void
on_ipv4(void *owner, const struct plug_ipv4 *v)
{
	ck_assert_ptr_eq(owner, &w);
	w.ipv4 = *v;
}

static void
on_gone(void *owner, const char *reason)
{
	ck_assert_ptr_eq(owner, &w);
	snprintf(w.reason, sizeof(w.reason), "%s", reason);
	w.link = NULL;
	w.gones++;
}

static const struct pppd_link_events	events = {
	on_hello, on_auth, on_eap, on_iid, on_up, on_down, on_ipv4, on_gone,
};

static void
setup(void)
{
	int	fd;

	memset(&w, 0, sizeof(w));
	test_dir_enter(w.dir);
	w.log = test_log_begin();
	now_is.ns = 1000000000;
	w.base = event_base_new();
	timers_init(&w.timers);
	fd = pppd_server_listen(SOCK);
	ck_assert_int_ge(fd, 0);
	w.server = pppd_server_new(w.base, &w.timers, &hand_clock, fd,
	    &events, &w);
	ck_assert_ptr_nonnull(w.server);
}

static void
teardown(void)
{
	char	buf[16];

	pppd_server_free(w.server);
	timers_free(&w.timers);
	event_base_free(w.base);
	test_log_end(w.log, buf, sizeof(buf));
	test_dir_leave(w.dir);
}

/* Until nothing more happens. */
static void
turn(void)
{
	int	i;

	for (i = 0; i < 20; i++)
		event_base_loop(w.base, EVLOOP_NONBLOCK);
}

static int
dial(void)
{
	struct sockaddr_un	sun = { .sun_family = AF_UNIX };
	int			fd = socket(AF_UNIX, SOCK_SEQPACKET |
				    SOCK_NONBLOCK, 0);

	strcpy(sun.sun_path, SOCK);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&sun, sizeof(sun)),
	    0);
	return fd;
}

static void
say(int fd, const struct plug_msg *m)
{
	uint8_t	buf[PLUG_MSG_MAX];
	int	len = plug_encode(m, buf, sizeof(buf));

	ck_assert_int_eq(send(fd, buf, (size_t)len, 0), len);
	turn();
}

static int
dial_hello(void)
{
	struct plug_msg	m = { .type = PLUG_HELLO };
	int		fd = dial();

	m.hello.version = PLUG_VERSION;
	m.hello.link_id = 77;
	strcpy(m.hello.ifname, "ppp5");
	say(fd, &m);
	return fd;
}

static bool
hear(int fd, struct plug_msg *m)
{
	uint8_t	buf[PLUG_MSG_MAX];
	ssize_t	n = recv(fd, buf, sizeof(buf), 0);

	if (n <= 0)
		return false;
	ck_assert_int_eq(plug_decode(m, buf, (size_t)n), 0);
	return true;
}

static bool
is_closed(int fd)
{
	char	c;

	return recv(fd, &c, 1, 0) == 0;
}

static json_int_t
stat_of(const char *name)
{
	json_t		*o = pppd_server_stats(w.server);
	json_int_t	 v = json_integer_value(json_object_get(o, name));

	json_decref(o);
	return v;
}

START_TEST(hello_and_answers)
{
	static const struct plug_auth_result ok = { .accept = true,
	    .text = "hi", .session_timeout = 60 }, no = { .text = "again" };
	struct plug_msg	m, a = { .type = PLUG_AUTH, .txn = 5 };
	int		fd = dial_hello();

	ck_assert_uint_eq(w.hellos, 1);
	ck_assert_uint_eq(w.hello.link_id, 77);
	ck_assert(hear(fd, &m) && m.type == PLUG_HELLO);

	a.auth.kind = PLUG_AUTH_PAP;
	strcpy(a.auth.user, "alice");
	say(fd, &a);
	ck_assert_uint_eq(w.auths, 1);
	pppd_link_auth_result(w.link, &ok);
	ck_assert(hear(fd, &m) && m.type == PLUG_AUTH_RESULT && m.txn == 5);
	ck_assert(m.auth_result.accept && m.auth_result.session_timeout == 60);
	pppd_link_auth_result(w.link, &no);
	ck_assert(!hear(fd, &m));	/* none is open */

	m = (struct plug_msg){ .type = PLUG_IID_REQ, .txn = 6 };
	say(fd, &m);
	m.txn = 7;
	say(fd, &m);			/* the newest counts */
	pppd_link_assign(w.link, (struct iid){{ 4 }});
	ck_assert(hear(fd, &m) && m.type == PLUG_IID_ASSIGN && m.txn == 7);
	pppd_link_refuse(w.link, "late");
	ck_assert(!hear(fd, &m));

	pppd_link_close(w.link, true, "revoked");
	ck_assert(hear(fd, &m) && m.type == PLUG_CLOSE && m.reason.hard);
	ck_assert_str_eq(m.reason.text, "revoked");
	close(fd);
	turn();
	ck_assert_uint_eq(w.gones, 1);
	ck_assert_str_eq(w.reason, "connection lost");
}
END_TEST

START_TEST(ipv4_both_ways)
{
	struct plug_msg	m, v = { .type = PLUG_IPV4 };
	struct plug_ipv4 q = { .peer = 7, .dns = { 8, 9 } };
	int		fd = dial_hello();

	ck_assert(hear(fd, &m) && m.type == PLUG_HELLO);
	pppd_link_ipv4(w.link, &q);
	ck_assert(hear(fd, &m) && m.type == PLUG_IPV4 && m.txn == 0);
	ck_assert(!m.ipv4.up && m.ipv4.peer == 7 && m.ipv4.dns[1] == 9);
	v.ipv4 = (struct plug_ipv4){ .up = true, .peer = 7 };
	say(fd, &v);
	ck_assert(w.ipv4.up && w.ipv4.peer == 7);
	close(fd);
	turn();
}
END_TEST

/* All of a link's EAP has the transaction of its first message. */
START_TEST(eap_conversation)
{
	static const struct plug_auth_result ok = { .accept = true };
	struct plug_msg	m, e = { .type = PLUG_EAP, .txn = 9 };
	int		fd = dial_hello();

	ck_assert(hear(fd, &m) && m.type == PLUG_HELLO);
	pppd_link_eap(w.link, "\1\1\0\5\1", 5);
	ck_assert(!hear(fd, &m));		/* not agreed on */
	e.eap.mtu = 1492;
	say(fd, &e);
	ck_assert_uint_eq(w.eaps, 1);
	pppd_link_eap(w.link, "\1\1\0\5\1", 5);
	ck_assert(hear(fd, &m) && m.type == PLUG_EAP && m.txn == 9);
	ck_assert_uint_eq(m.eap.len, 5);
	e.eap.len = 5;
	say(fd, &e);
	ck_assert_uint_eq(w.eaps, 2);
	e.txn = 8;				/* of an older one */
	say(fd, &e);
	ck_assert_uint_eq(w.eaps, 2);
	pppd_link_auth_result(w.link, &ok);
	ck_assert(hear(fd, &m) && m.type == PLUG_AUTH_RESULT && m.txn == 9);
	pppd_link_auth_result(w.link, &ok);	/* once more, later */
	ck_assert(hear(fd, &m) && m.type == PLUG_AUTH_RESULT && m.txn == 9);
	/* PAP, and before its answer LCP anew and EAP: PAP has no answer */
	m = (struct plug_msg){ .type = PLUG_AUTH, .txn = 10 };
	m.auth.kind = PLUG_AUTH_PAP;
	strcpy(m.auth.user, "alice");
	say(fd, &m);
	e = (struct plug_msg){ .type = PLUG_EAP, .txn = 11 };
	e.eap.mtu = 1492;
	say(fd, &e);
	pppd_link_auth_result(w.link, &ok);
	ck_assert(hear(fd, &m) && m.type == PLUG_AUTH_RESULT && m.txn == 11);
	close(fd);
	turn();
}
END_TEST

START_TEST(up_down_bye)
{
	struct plug_msg	m = { .type = PLUG_UP };
	int		fd = dial_hello();

	say(fd, &m);
	m.type = PLUG_DOWN;
	strcpy(m.reason.text, "renegotiated");
	say(fd, &m);
	ck_assert(w.ups == 1 && w.downs == 1);
	ck_assert_str_eq(w.reason, "renegotiated");
	m.type = PLUG_BYE;
	strcpy(m.reason.text, "peer ended the link");
	say(fd, &m);
	ck_assert_uint_eq(w.gones, 1);
	ck_assert_str_eq(w.reason, "peer ended the link");
	close(fd);
	turn();
	ck_assert_uint_eq(w.gones, 1);
}
END_TEST

/* Closed, no event, and others go on. */
START_TEST(bad_data)
{
	char		big[PLUG_MSG_MAX + 1] = { 0 }, log[4096];
	struct plug_msg	m = { .type = PLUG_UP };
	int		good = dial_hello(), fd;

	fd = dial();
	ck_assert_int_eq(send(fd, "garbage", 7, 0), 7);
	turn();
	ck_assert(is_closed(fd));
	close(fd);

	fd = dial();
	ck_assert_int_eq(send(fd, big, sizeof(big), 0), sizeof(big));
	turn();
	ck_assert(is_closed(fd));
	close(fd);

	fd = dial();			/* a stranger has nothing to say */
	say(fd, &m);
	ck_assert(is_closed(fd));
	close(fd);

	ck_assert_uint_eq(w.gones, 0);
	ck_assert_int_eq(stat_of("bad"), 3);
	say(good, &m);
	ck_assert_uint_eq(w.ups, 1);

	m.type = PLUG_IID_ASSIGN;	/* ours to say */
	say(good, &m);
	ck_assert_uint_eq(w.gones, 1);
	ck_assert_int_eq(stat_of("bad"), 4);
	close(good);

	test_log_end(w.log, log, sizeof(log));
	w.log = test_log_begin();
	test_has(log, "message too long");
	test_has(log, "ppp5: closed: message out of order");
}
END_TEST

START_TEST(second_hello)
{
	struct plug_msg	m = { .type = PLUG_HELLO };
	int		fd = dial_hello();

	m.hello.version = PLUG_VERSION;
	say(fd, &m);
	ck_assert_uint_eq(w.hellos, 1);
	ck_assert_uint_eq(w.gones, 1);
	close(fd);
}
END_TEST

START_TEST(other_version)
{
	struct plug_msg	m = { .type = PLUG_HELLO };
	int		fd = dial();

	m.hello.version = PLUG_VERSION + 1;
	say(fd, &m);
	ck_assert(is_closed(fd));
	ck_assert_uint_eq(w.hellos, 0);
	ck_assert_int_eq(stat_of("other_version"), 1);
	close(fd);
}
END_TEST

START_TEST(refused_or_dropped_in_hello)
{
	struct plug_msg	m;
	int		fd;

	w.refuse = true;
	fd = dial_hello();
	hear(fd, &m);	/* its link has to end */
	ck_assert(m.type == PLUG_CLOSE && m.reason.hard);
	ck_assert(is_closed(fd));
	close(fd);
	w.refuse = false;
	w.drop_in_hello = true;
	fd = dial_hello();
	ck_assert(is_closed(fd));
	close(fd);
	ck_assert_uint_eq(w.gones, 0);
	ck_assert_int_eq(stat_of("links"), 0);
	ck_assert_int_eq(stat_of("unidentified"), 0);
}
END_TEST

START_TEST(dropped_in_an_event)
{
	struct plug_msg	m = { .type = PLUG_AUTH, .txn = 1 };
	uint8_t		buf[PLUG_MSG_MAX];
	int		fd = dial_hello(), len, i;

	m.auth.kind = PLUG_AUTH_PAP;
	strcpy(m.auth.user, "alice");
	len = plug_encode(&m, buf, sizeof(buf));
	w.drop_in_auth = true;
	for (i = 0; i < 3; i++)
		ck_assert_int_eq(send(fd, buf, (size_t)len, 0), len);
	turn();
	ck_assert_uint_eq(w.auths, 1);
	ck_assert_uint_eq(w.gones, 0);
	close(fd);
}
END_TEST

START_TEST(silent_strangers)
{
	int	fd = dial(), good = dial_hello();

	turn();
	ck_assert_int_eq(stat_of("unidentified"), 1);
	now_is = mono_add_ms(now_is, 4999);
	timers_run(&w.timers, now_is);
	ck_assert(!is_closed(fd));
	now_is = mono_add_ms(now_is, 1);
	timers_run(&w.timers, now_is);
	ck_assert(is_closed(fd));
	ck_assert_int_eq(stat_of("timed_out"), 1);
	ck_assert_int_eq(stat_of("links"), 1);
	close(fd);
	close(good);
}
END_TEST

/* A hundred idle connections; who speaks is served. */
START_TEST(crowd)
{
	int	fd[100], good, i;

	for (i = 0; i < 100; i++) {
		fd[i] = dial();
		turn();
	}
	ck_assert_int_le(stat_of("unidentified"), 64);
	ck_assert(is_closed(fd[0]));
	good = dial_hello();
	ck_assert_uint_eq(w.hellos, 1);
	ck_assert_int_eq(stat_of("links"), 1);
	for (i = 0; i < 100; i++)
		close(fd[i]);
	close(good);
}
END_TEST

/* A plugin that reads nothing: its queue fills, the link goes. */
START_TEST(deaf_plugin)
{
	int	fd = dial_hello(), i;

	for (i = 0; i < 10000 && w.link != NULL; i++) {
		pppd_link_close(w.link, false, "x");
		event_base_loop(w.base, EVLOOP_NONBLOCK);
	}
	ck_assert_uint_eq(w.gones, 1);
	close(fd);
}
END_TEST

START_TEST(listen_replaces_a_stale_socket)
{
	struct stat	st;
	int		fd = pppd_server_listen("other.sock");

	ck_assert_int_ge(fd, 0);
	/* another nasd's is left alone, and so is a file */
	ck_assert_int_eq(pppd_server_listen("other.sock"), -EADDRINUSE);
	ck_assert_int_eq(creat("a.file", 0600) >= 0, 1);
	ck_assert_int_eq(pppd_server_listen("a.file"), -EEXIST);
	close(fd);
	fd = pppd_server_listen("other.sock");
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(stat("other.sock", &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	close(fd);
	ck_assert_int_eq(pppd_server_listen("no/such/dir"), -ENOENT);
}
END_TEST

/* ---- the plugin's end ---- */

static struct {
	struct nasd_client	c;
	unsigned		connected, lost, closing, messages;
	struct plug_msg		last;
} cl;

static void
cl_connected(void *arg)
{
	struct plug_msg	m = { .type = PLUG_HELLO };

	(void)arg;
	cl.connected++;
	m.hello.version = PLUG_VERSION;
	ck_assert_int_eq(nasd_client_send(&cl.c, &m, 0), 0);
}

static void
cl_message(void *arg, const struct plug_msg *m)
{
	(void)arg;
	cl.messages++;
	cl.last = *m;
}

static void
cl_lost(void *arg, const char *why)
{
	(void)arg;
	ck_assert_uint_gt(strlen(why), 0);
	cl.lost++;
}

static void
cl_closing(void *arg, int fd)
{
	(void)arg;
	ck_assert_int_ge(fd, 0);
	cl.closing++;
}

static const struct nasd_client_events	cl_events = {
	cl_connected, cl_message, cl_lost, cl_closing,
};

START_TEST(client_meets_server)
{
	memset(&cl, 0, sizeof(cl));
	nasd_client_init(&cl.c, SOCK, &cl_events, NULL);
	nasd_client_poll(&cl.c, 1000);
	ck_assert_uint_eq(cl.connected, 1);
	turn();
	nasd_client_poll(&cl.c, 1001);
	ck_assert(cl.messages == 1 && cl.last.type == PLUG_HELLO);

	/* dropped: said once, and soon again, not at once */
	pppd_link_drop(w.link);
	nasd_client_poll(&cl.c, 2000);
	ck_assert(cl.lost == 1 && cl.closing == 1 && cl.connected == 1);
	nasd_client_poll(&cl.c, 2099);
	ck_assert_uint_eq(cl.connected, 1);
	ck_assert_int_eq(nasd_client_away(&cl.c, 2099), 99);
	nasd_client_poll(&cl.c, 2200);
	ck_assert_uint_eq(cl.connected, 2);
	turn();
	nasd_client_poll(&cl.c, 2201);
	ck_assert_int_eq(nasd_client_away(&cl.c, 2201), 0);
	ck_assert_uint_eq(w.hellos, 2);
	nasd_client_close(&cl.c);
	turn();
	ck_assert_uint_eq(w.gones, 1);
}
END_TEST

START_TEST(client_alone)
{
	struct plug_msg	m = { .type = PLUG_UP };
	int64_t		t;

	memset(&cl, 0, sizeof(cl));
	nasd_client_init(&cl.c, "nobody.sock", &cl_events, NULL);
	for (t = 1000; t < 60000; t += 500)
		nasd_client_poll(&cl.c, t);
	/* less and less often, but not seldom */
	ck_assert_int_ge(cl.c.retry_at, t - 500);
	ck_assert_int_le(cl.c.retry_at, t - 500 + 1600);
	ck_assert_int_eq(nasd_client_away(&cl.c, t), t - 1000);
	ck_assert(cl.lost == 1 && cl.connected == 0 && cl.closing == 0);
	ck_assert_int_eq(nasd_client_send(&cl.c, &m, t), -ENOTCONN);
}
END_TEST

START_TEST(client_hears_garbage)
{
	struct sockaddr_un	sun = { .sun_family = AF_UNIX };
	int			fd = socket(AF_UNIX, SOCK_SEQPACKET, 0), c;

	strcpy(sun.sun_path, "fake.sock");
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	memset(&cl, 0, sizeof(cl));
	nasd_client_init(&cl.c, "fake.sock", &cl_events, NULL);
	nasd_client_poll(&cl.c, 0);
	c = accept(fd, NULL, NULL);
	ck_assert_int_ge(c, 0);
	ck_assert_int_eq(send(c, "garbage", 7, 0), 7);
	nasd_client_poll(&cl.c, 1);
	ck_assert(cl.lost == 1 && cl.messages == 0 && cl.c.fd == -1);
	close(c);
	close(fd);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		hello_and_answers, ipv4_both_ways, eap_conversation, up_down_bye, bad_data,
		second_hello,
		other_version, refused_or_dropped_in_hello,
		dropped_in_an_event, silent_strangers, crowd, deaf_plugin,
		listen_replaces_a_stale_socket, client_meets_server,
		client_alone, client_hears_garbage,
	};
	Suite	*s = suite_create("pppd_link");
	TCase	*t = tcase_create("all");
	size_t	 i;

	tcase_add_checked_fixture(t, setup, teardown);
	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_test(t, tests[i]);
	suite_add_tcase(s, t);
	return test_run(s);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What nasd's root side refuses, and how it runs pppd: the handlers are called
 * as the server would, without root; a small shell script stands for pppd.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/log.h"
#include "common/priv.h"
#include "nasd/nasd_config.h"
#include "nasd/priv_ops.h"
#include "nasd/priv_pppd.h"
#include "tests/unit/test.h"

static char dir[64], script[96];
static char text[4096];
static char option_name[] = "lcp-echo-interval", option_value[] = "1";
static char *options[] = { option_name, option_value, NULL };
static char nas_id[] = "nas1", plugin_socket[] = "/run/netmip4/plugin.sock",
    state_dir[] = "";
static char plugin[] = "netmip4.so", pppoe_plugin[] = "rp-pppoe.so";
static char pap_name[] = "pap";
static char *pap[] = { pap_name, NULL };
static struct config_pppoe pppoe[1];
static struct config_ha ha[1];
static struct nasd_config cfg;
static struct nasd_priv *np;
static struct priv_server srv;

static void
set_up(void)
{
	test_dir_enter(dir);
	snprintf(script, sizeof(script), "%s/pppd", dir);
	memset(&cfg, 0, sizeof(cfg));
	memset(pppoe, 0, sizeof(pppoe));
	strcpy(pppoe[0].ifname, "acc0");
	pppoe[0].vlan.ranges.qinq_type = VLAN_8021AD;
	pppoe[0].max_mru = 1500;
	inet_pton(AF_INET, "198.51.100.1", &ha[0].addr);
	inet_pton(AF_INET, "192.0.2.1", &cfg.coa);
	cfg.nas_id = nas_id;
	cfg.plugin_socket = plugin_socket;
	cfg.state_dir = state_dir;
	cfg.pppoe = pppoe;
	cfg.n_pppoe = 1;
	cfg.ha = ha;
	cfg.n_ha = 1;
	cfg.pppd = (struct config_pppd){
		.path = script,
		.plugin = plugin,
		.pppoe_plugin = pppoe_plugin,
		.auth = pap,
		.options = options,
	};
	np = nasd_priv_new(&cfg, NULL);
	ck_assert_ptr_nonnull(np);
	nasd_priv_server(np, &srv);
}

/* Whatever the length. */
static int
call_op(const struct priv_op *op, const void *body, size_t len, void *out,
    size_t *out_len)
{
	struct priv_call c = { .state = srv.state, .body = body, .len = len,
		.out = out, .fd = -1 };
	int err = op->handle(&c);

	*out_len = c.out_len;
	if (c.fd != -1)
		close(c.fd);
	return err;
}

static int
call(uint16_t type, const void *body, size_t len, void *out, size_t *out_len)
{
	*out_len = 0;
	for (size_t i = 0; i < srv.n_ops; i++) {
		const struct priv_op *op = &srv.ops[i];

		if (op->type != type)
			continue;
		ck_assert_uint_eq(op->min_len, len);
		ck_assert_uint_eq(op->max_len, len);
		return call_op(op, body, len, out, out_len);
	}
	ck_abort_msg("no handler of %u", type);
	return -ENOSYS;
}

static void
tear_down(void)
{
	uint8_t out[PRIV_MSG_MAX];
	size_t len;

	(void)call(NASD_PRIV_END, NULL, 0, out, &len);
	srv.engine_gone(srv.state);
	nasd_priv_free(np);
	test_dir_leave(dir);
}

static int
start(const struct nasd_priv_pppd_start *q, int *pid)
{
	uint8_t out[PRIV_MSG_MAX];
	struct nasd_priv_pppd_started reply = { 0 };
	size_t len;
	int err = call(NASD_PRIV_PPPD_START, q, sizeof(*q), out, &len);

	if (err == 0) {
		ck_assert_uint_eq(len, sizeof(reply));
		memcpy(&reply, out, sizeof(reply));
	}
	*pid = reply.pid;
	return err;
}

static const struct nasd_priv_pppd_start good = {
	.ifname = "acc0", .link_id = 42, .sid = 7,
	.mac = { 2, 0, 0, 0xaa, 0xbb, 0xcc }, .mru = 1492,
};

START_TEST(command_line)
{
	static const char *const want[] = {
		"plugin", "rp-pppoe.so", "nic-acc0", "rp_pppoe_sess",
		"7:02:00:00:aa:bb:cc", "plugin", "netmip4.so", "netmip4-link",
		"42", "netmip4-socket", "/run/netmip4/plugin.sock",
	};
	struct pppd_args a;

	ck_assert_int_eq(pppd_args_build(&a, &cfg, &good), 0);
	ck_assert_str_eq(a.argv[0], script);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		ck_assert_str_eq(a.argv[1 + i], want[i]);
	text[0] = '\0';
	for (unsigned i = 0; i < a.n; i++) {
		strcat(text, a.argv[i]);
		strcat(text, " ");
	}
	test_has(text, " require-pap noccp ");
	test_has(text, " nodetach silent ");
	test_has(text, " noip ");
	test_has(text, " mtu 1492 mru 1492 ");
	ck_assert_str_eq(a.argv[a.n - 2], "lcp-echo-interval");
	ck_assert_str_eq(a.argv[a.n - 1], "1");
	ck_assert_ptr_null(a.argv[a.n]);
}
END_TEST

START_TEST(command_line_ipv4)
{
	struct pppd_args a;

	cfg.ipv4.address.s_addr = htonl(0xc0000209);
	ck_assert_int_eq(pppd_args_build(&a, &cfg, &good), 0);
	text[0] = '\0';
	for (unsigned i = 0; i < a.n; i++) {
		strcat(text, a.argv[i]);
		strcat(text, " ");
	}
	test_has(text, " +ipv6 192.0.2.9: ");
	ck_assert_ptr_null(strstr(text, "noip"));
}
END_TEST

START_TEST(command_line_authentication)
{
	static char eap[] = "eap", v2[] = "mschapv2", chap[] = "chap";
	char *all[] = { eap, v2, chap, NULL };
	struct pppd_args a;

	cfg.pppd.auth = all;
	cfg.pppd.rechallenge_s = 600;
	cfg.pppd.mppe = true;
	ck_assert_int_eq(pppd_args_build(&a, &cfg, &good), 0);
	text[0] = '\0';
	for (unsigned i = 0; i < a.n; i++) {
		strcat(text, a.argv[i]);
		strcat(text, " ");
	}
	test_has(text, " require-eap require-mschap-v2 require-chap "
	    "chap-interval 600 require-mppe ");
	ck_assert_ptr_null(strstr(text, "noccp"));
	ck_assert_ptr_null(pppd_auth_option("mschap"));
}
END_TEST

START_TEST(command_line_too_long)
{
	char *many[PPPD_ARGS_MAX + 1];
	struct pppd_args a;

	for (unsigned i = 0; i < PPPD_ARGS_MAX; i++)
		many[i] = options[0];
	many[PPPD_ARGS_MAX] = NULL;
	cfg.pppd.options = many;
	ck_assert_int_eq(pppd_args_build(&a, &cfg, &good), -E2BIG);
	cfg.pppd.options = options;
}
END_TEST

START_TEST(pppd_requests_refused)
{
	struct nasd_priv_pppd_start q;
	int pid;

	q = good;
	strcpy(q.ifname, "eth0");
	ck_assert_int_eq(start(&q, &pid), -EPERM);
	q = good;
	memset(q.ifname, 'a', sizeof(q.ifname));
	ck_assert_int_eq(start(&q, &pid), -EPERM);
	q = good;
	q.sid = 0;
	ck_assert_int_eq(start(&q, &pid), -EINVAL);
	q.sid = 0xffff;
	ck_assert_int_eq(start(&q, &pid), -EINVAL);
	q = good;
	q.mac[0] = 1;
	ck_assert_int_eq(start(&q, &pid), -EINVAL);
	q = good;
	q.mru = 1491;
	ck_assert_int_eq(start(&q, &pid), -EINVAL);
	q.mru = 1501;
	ck_assert_int_eq(start(&q, &pid), -EINVAL);
	/* no such file */
	ck_assert_int_eq(start(&good, &pid), -ENOENT);
	/* nothing is left for anybody to reap */
	ck_assert_int_eq(waitpid(-1, NULL, 0), -1);
	ck_assert_int_eq(errno, ECHILD);
}
END_TEST

START_TEST(pppd_runs_bare)
{
	char path[96];
	int pid, status;

	test_file("pppd", "#!/bin/sh\n"
	    "cd \"${0%/*}\" || exit 9\n"
	    "{ echo \"$@\"; echo HOME=$HOME; ls /proc/self/fd | wc -l;\n"
	    "  cut -d' ' -f6 /proc/$$/stat; echo $$; } >out\n"
	    "exit 16\n", 0755);
	setenv("HOME", "/nowhere", 1);
	ck_assert_int_eq(start(&good, &pid), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(WEXITSTATUS(status), 16);
	snprintf(path, sizeof(path), "%s/out", dir);
	FILE *f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	test_has(text, "7:02:00:00:aa:bb:cc");
	test_has(text, "HOME=\n");
	test_has(text, "\n4\n");	/* three, and ls's own */
	snprintf(path, sizeof(path), "\n%d\n%d\n", pid, pid);
	test_has(text, path);
}
END_TEST

START_TEST(only_our_own_are_stopped)
{
	struct nasd_priv_pppd_stop q = { .pid = getpid() };
	struct nasd_priv_pppd_stop init = { .pid = 1, .kill = 1 };
	uint8_t out[PRIV_MSG_MAX];
	int pid, status;
	size_t len;

	ck_assert_int_eq(call(NASD_PRIV_PPPD_STOP, &q, sizeof(q), out, &len),
	    -ESRCH);
	ck_assert_int_eq(call(NASD_PRIV_PPPD_STOP, &init, sizeof(init), out,
	    &len), -ESRCH);
	q.pid = 0;	/* kill(0) would be all of us */
	ck_assert_int_eq(call(NASD_PRIV_PPPD_STOP, &q, sizeof(q), out, &len),
	    -ESRCH);
	q.pid = -1;
	ck_assert_int_eq(call(NASD_PRIV_PPPD_STOP, &q, sizeof(q), out, &len),
	    -ESRCH);
	test_file("pppd", "#!/bin/sh\nexec sleep 60\n", 0755);
	ck_assert_int_eq(start(&good, &pid), 0);
	q.pid = pid;
	ck_assert_int_eq(call(NASD_PRIV_PPPD_STOP, &q, sizeof(q), out, &len),
	    0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(WTERMSIG(status), SIGTERM);
}
END_TEST

/* One that an earlier nasd has started: no child of the root side's. */
START_TEST(adopted_and_gone)
{
	struct nasd_priv_pppd_adopt q = { .link_id = 5 };
	struct nasd_priv_pppd_stop stop = { 0 };
	uint8_t out[PRIV_MSG_MAX];
	size_t len;
	int in[2], r = -ESRCH;

	ck_assert_int_eq(pipe(in), 0);
	q.pid = fork();
	if (q.pid == 0) {
		dup2(in[0], 0);
		execl("/bin/sh", "sh", "-c", "read x", "netmip4-link", "5",
		    "netmip4-socket", plugin_socket, (char *)NULL);
		_exit(127);
	}
	/* It has that command line in a moment. */
	for (unsigned i = 0; i < 1000 && r == -ESRCH; i++) {
		r = call(NASD_PRIV_PPPD_ADOPT, &q, sizeof(q), out, &len);
		if (r == -ESRCH)
			usleep(10000);
	}
	ck_assert_int_eq(r, 0);
	/* Not twice, while it lives. */
	ck_assert_int_eq(call(NASD_PRIV_PPPD_ADOPT, &q, sizeof(q), out,
	    &len), -EINVAL);
	ck_assert_int_eq(kill(q.pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(q.pid, NULL, 0), q.pid);
	/* What has its number now is not it, and is not in its way. */
	ck_assert_int_eq(call(NASD_PRIV_PPPD_ADOPT, &q, sizeof(q), out,
	    &len), -ESRCH);
	stop.pid = q.pid;
	ck_assert_int_eq(call(NASD_PRIV_PPPD_STOP, &stop, sizeof(stop), out,
	    &len), -ESRCH);
	close(in[0]);
	close(in[1]);
}
END_TEST

static void
end_all(void)
{
	uint8_t out[PRIV_MSG_MAX];
	size_t len;

	ck_assert_int_eq(call(NASD_PRIV_END, NULL, 0, out, &len), 0);
	srv.engine_gone(srv.state);
}

START_TEST(engine_gone_stops_them)
{
	int pid[3];

	test_file("pppd", "#!/bin/sh\nexec sleep 60\n", 0755);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_int_eq(start(&good, &pid[i]), 0);
	/* killed, or to come back: they stay */
	srv.engine_gone(srv.state);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_int_eq(kill(pid[i], 0), 0);
	end_all();
	for (unsigned i = 0; i < 3; i++)
		ck_assert_int_eq(kill(pid[i], 0), -1);
}
END_TEST

/* The engine of restart_is_checked: a code of what went wrong, or 0. */
static unsigned counts, notes;
static int32_t said = 1;

static void
on_note(void *arg, uint16_t type, const void *body, size_t len)
{
	if (type != NASD_PRIV_NOTE_CHECKED || len != sizeof(said))
		_exit(11);
	memcpy(&said, body, sizeof(said));
	notes++;
	event_base_loopbreak(arg);
}

static void
on_count(void *arg, int status, const void *body, size_t len, int fd)
{
	FILE *f;

	(void)body;
	(void)len;
	(void)fd;
	if (status != -ENOENT)
		_exit(12);
	counts++;
	/* Now the check may end: who had waited for it, had waited on. */
	if ((f = fopen("go.new", "w")) == NULL || fputs(arg, f) < 0 ||
	    fclose(f) != 0 || rename("go.new", "go") != 0)
		_exit(13);
}

static void
on_status(void *arg, int status, const void *body, size_t len, int fd)
{
	(void)body;
	(void)len;
	(void)fd;
	if (status != *(int *)arg)
		_exit(14);
}

static void
gone(void *arg)
{
	(void)arg;
	_exit(15);
}

/* Asks for a check that ends so, and then for the restart. */
static void __attribute__((noreturn))
asks_for_restart(int sock, const char *how)
{
	struct event_base *base = event_base_new();
	struct priv_client *c = priv_client_new(base, sock, on_note, gone,
	    base);
	const struct nasd_priv_count q = { 99 };
	int ok = 0, busy = -EBUSY, refused = -EPERM;
	char code[2];

	snprintf(code, sizeof(code), "%s", how);
	/* None without a good check; one at a time. */
	if (c == NULL || priv_request(c, NASD_PRIV_RESTART, NULL, 0,
	    on_status, &refused) != 0 || priv_request(c, NASD_PRIV_CHECK,
	    NULL, 0, on_status, &ok) != 0 || priv_request(c, NASD_PRIV_CHECK,
	    NULL, 0, on_status, &busy) != 0 || priv_request(c,
	    NASD_PRIV_COUNT, &q, sizeof(q), on_count, code) != 0)
		_exit(16);
	event_base_dispatch(base);
	if (counts != 1 || notes != 1 || said != (*how == '0' ? 0 : -EINVAL))
		_exit(17);
	if (priv_request(c, NASD_PRIV_RESTART, NULL, 0, on_status,
	    *how == '0' ? &ok : &refused) != 0)
		_exit(18);
	priv_client_free(c);
	event_base_free(base);
	_exit(0);
}

/* The program says whether it would start, and nothing stands still while it
 * thinks. */
START_TEST(restart_is_checked)
{
	static const char *const how[] = { "0", "1" };
	struct nasd_program program;
	char name[] = "nasd", *argv[] = { name, NULL };
	bool engine;
	int sock = -1, status;

	snprintf(program.path, sizeof(program.path), "%s/prog", dir);
	program.argv = argv;
	test_file(program.path, "#!/bin/sh\n[ \"$1\" = -n ] || exit 9\n"
	    "while [ ! -e go ]; do sleep 0.02; done\nexit $(cat go)\n", 0700);
	log_set_level(NULL, "none");
	for (unsigned i = 0; i < 2; i++) {
		(void)unlink("go");
		nasd_priv_free(np);
		np = nasd_priv_new(&cfg, &program);
		ck_assert_ptr_nonnull(np);
		nasd_priv_server(np, &srv);
		status = priv_fork(&srv, &engine, &sock);
		if (engine)
			asks_for_restart(sock, how[i]);
		ck_assert_int_eq(status, 0);
		ck_assert(nasd_priv_restarts(np) == (i == 0));
	}
}
END_TEST

START_TEST(sessions_refused)
{
	struct nasd_priv_session_add ok = { .id = 1, .ifname = "lo",
	    .plen = 64, .ha = ha[0].addr }, q;
	struct nasd_priv_session_del del = { .id = 1 };
	uint8_t out[PRIV_MSG_MAX];
	size_t len;

	inet_pton(AF_INET6, "2001:db8::1", &ok.hoa);
#define ADD() call(NASD_PRIV_SESSION_ADD, &q, sizeof(q), out, &len)
	q = ok;
	ck_assert_int_eq(ADD(), -EPERM);	/* no PPP interface */
	strcpy(q.ifname, "../../x");
	ck_assert_int_eq(ADD(), -EINVAL);
	strcpy(q.ifname, "");
	ck_assert_int_eq(ADD(), -EINVAL);
	memset(q.ifname, 'a', sizeof(q.ifname));
	ck_assert_int_eq(ADD(), -EINVAL);
	strcpy(q.ifname, "nosuch9");
	ck_assert_int_eq(ADD(), -ENODEV);
	q = ok;
	q.plen = 48;
	ck_assert_int_eq(ADD(), -EINVAL);
	q = ok;
	inet_pton(AF_INET6, "ff02::1", &q.hoa);
	ck_assert_int_eq(ADD(), -EINVAL);
	q = ok;
	q.ip4.s_addr = htonl(0x7f000001);
	ck_assert_int_eq(ADD(), -EINVAL);
	ck_assert_int_eq(call(NASD_PRIV_SESSION_DEL, &del, sizeof(del), out,
	    &len), -ENOENT);
}
END_TEST

START_TEST(counters_refused)
{
	struct nasd_priv_count q = { .id = 5 };
	struct nasd_priv_count_many many = { .n = 3 };
	const struct priv_op *op = NULL;
	uint8_t out[PRIV_MSG_MAX];
	size_t len, head = offsetof(struct nasd_priv_count_many, id);

	ck_assert_int_eq(call(NASD_PRIV_COUNT, &q, sizeof(q), out, &len),
	    -ENOENT);
	for (size_t i = 0; i < srv.n_ops; i++)
		if (srv.ops[i].type == NASD_PRIV_COUNT_MANY)
			op = &srv.ops[i];
	ck_assert_ptr_nonnull(op);
	ck_assert_uint_eq(op->min_len, head);
	ck_assert_uint_eq(op->max_len, sizeof(many));
	/* sessions that are not there are left out */
	ck_assert_int_eq(call_op(op, &many, head + 12, out, &len), 0);
	ck_assert_uint_eq(len, 0);
	/* it is as long as it says */
	ck_assert_int_eq(call_op(op, &many, head + 8, out, &len), -EINVAL);
	many.n = NASD_PRIV_COUNT_MAX + 1;
	ck_assert_int_eq(call_op(op, &many, sizeof(many), out, &len),
	    -EINVAL);
	many.n = UINT32_C(1) << 30;
	ck_assert_int_eq(call_op(op, &many, head, out, &len), -EINVAL);
	/* rtnetlink is opened by start only */
	many.n = 0;
	many.read = 1;
	ck_assert_int_eq(call_op(op, &many, head, out, &len), -ENOTCONN);
}
END_TEST

START_TEST(rates_refused)
{
	struct nasd_priv_rates q = { .n = 1, .one[0] = { 5, { 8000, 0, 0 } } };
	size_t len = offsetof(struct nasd_priv_rates, one), n;
	const struct priv_op *op = NULL;
	uint8_t out[PRIV_MSG_MAX];

	for (size_t i = 0; i < srv.n_ops; i++)
		if (srv.ops[i].type == NASD_PRIV_RATES)
			op = &srv.ops[i];
	ck_assert_ptr_nonnull(op);
#define RATES(l) call_op(op, &q, l, out, &n)
	/* no such session */
	ck_assert_int_eq(RATES(len + sizeof(q.one[0])), -ESRCH);
	/* values that the configuration could not have either */
	q.one[0].rate.up_bps = 1;
	ck_assert_int_eq(RATES(len + sizeof(q.one[0])), -EINVAL);
	q.one[0].rate.up_bps = 0;
	q.one[0].rate.burst_ms = RATE_BURST_MS_MAX + 1;
	ck_assert_int_eq(RATES(len + sizeof(q.one[0])), -EINVAL);
	/* it is as long as it says */
	ck_assert_int_eq(RATES(len), -EINVAL);
	q.n = NASD_PRIV_RATES_MAX + 1;
	ck_assert_int_eq(RATES(sizeof(q)), -EINVAL);
	q.n = 0;
	ck_assert_int_eq(RATES(len), 0);
#undef RATES
}
END_TEST

/* Without root nothing can be made: what gets so far as to be tried says so
 * otherwise than what is not allowed. */
START_TEST(vlans_refused)
{
	const struct nasd_priv_vlan ok = { .parent = "acc0", .type = 0x8100,
		.outer = 100 };
	struct nasd_priv_vlan_list from = { 0 };
	struct nasd_priv_pppd_start start_q = good;
	uint8_t out[PRIV_MSG_MAX];
	struct nasd_priv_vlan q;
	size_t len;
	int pid;

	ck_assert_int_eq(vlan_ranges_add(&pppoe[0].vlan.ranges, "100-199"),
	    0);
	pppoe[0].vlan.max = 1;
	q = ok;
	ck_assert_int_eq(call(NASD_PRIV_VLAN_OPEN, &q, sizeof(q), out, &len),
	    -ENODEV);
	q.outer = 200;
	ck_assert_int_eq(call(NASD_PRIV_VLAN_OPEN, &q, sizeof(q), out, &len),
	    -EPERM);
	q = ok;
	q.inner = 1;
	ck_assert_int_eq(call(NASD_PRIV_VLAN_OPEN, &q, sizeof(q), out, &len),
	    -EPERM);
	q = ok;
	q.type = 0x88a8;
	ck_assert_int_eq(call(NASD_PRIV_VLAN_OPEN, &q, sizeof(q), out, &len),
	    -EPERM);
	q = ok;
	strcpy(q.parent, "eth0");
	ck_assert_int_eq(call(NASD_PRIV_VLAN_OPEN, &q, sizeof(q), out, &len),
	    -EPERM);
	memset(q.parent, 'a', sizeof(q.parent));
	ck_assert_int_eq(call(NASD_PRIV_VLAN_OPEN, &q, sizeof(q), out, &len),
	    -EPERM);
	ck_assert_int_eq(call(NASD_PRIV_VLAN_CLOSE, &q, sizeof(q), out, &len),
	    -EPERM);
	/* sessions' frames of one that is not open; one that is not there */
	q = ok;
	q.session = 1;
	ck_assert_int_eq(call(NASD_PRIV_VLAN_OPEN, &q, sizeof(q), out, &len),
	    -ENOENT);
	ck_assert_int_eq(call(NASD_PRIV_VLAN_CLOSE, &q, sizeof(q), out, &len),
	    -ENOENT);
	ck_assert_int_eq(call(NASD_PRIV_VLAN_LIST, &from, sizeof(from), out,
	    &len), 0);
	ck_assert_uint_eq(len, 0);
	/* nor is its name one for a pppd */
	strcpy(start_q.ifname, "acc0.100");
	ck_assert_int_eq(start(&start_q, &pid), -EPERM);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("nasd_priv");
	TCase *tc = tcase_create("nasd_priv");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, command_line);
	tcase_add_test(tc, command_line_ipv4);
	tcase_add_test(tc, command_line_authentication);
	tcase_add_test(tc, command_line_too_long);
	tcase_add_test(tc, pppd_requests_refused);
	tcase_add_test(tc, pppd_runs_bare);
	tcase_add_test(tc, only_our_own_are_stopped);
	tcase_add_test(tc, adopted_and_gone);
	tcase_add_test(tc, engine_gone_stops_them);
	tcase_add_test(tc, restart_is_checked);
	tcase_add_test(tc, sessions_refused);
	tcase_add_test(tc, counters_refused);
	tcase_add_test(tc, rates_refused);
	tcase_add_test(tc, vlans_refused);
	suite_add_tcase(s, tc);
	return test_run(s);
}

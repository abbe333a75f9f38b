/* SPDX-License-Identifier: BSD-2-Clause */
/* nasctl as a whole, against a daemon that is one thread with one answer. */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "nasctl/nasctl.h"
#include "tests/unit/test.h"

#define SESSIONS							\
	"{\"status\":\"ok\",\"data\":{\"sessions\":["			\
	"{\"id\":\"s9\",\"ifname\":\"ppp0\",\"username\":\"bob\","	\
	"\"state\":\"up\",\"uptime\":90061,\"reg_left\":null,"		\
	"\"rx_bytes\":900},"						\
	"{\"id\":\"s10\",\"ifname\":\"ppp1\",\"username\":"		\
	"\"al,ice\\u001b[2J\\u009b\\\"\",\"state\":\"up\",\"uptime\":5,"	\
	"\"reg_left\":61,\"rx_bytes\":10000}]}}"

#define SESSION								\
	"{\"status\":\"ok\",\"data\":{\"id\":\"s1\",\"unique\":true,"	\
	"\"timeline\":["						\
	"{\"t_ms\":0,\"step\":\"padi\",\"detail\":\"from x\"},"		\
	"{\"t_ms\":12.34,\"step\":\"rrq-sent\",\"detail\":\"\"},"	\
	"{\"t_ms\":20.5,\"step\":\"rrp-received\",\"detail\":\"code 0\"}]}}"

static char dir[64];
static char out[16384], err[16384], asked[4096];
static int listener = -1;

static void
setup(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX, .sun_path = "s" };

	test_dir_enter(dir);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&sun,
	    sizeof(sun)), 0);
	ck_assert_int_eq(listen(listener, 5), 0);
}

static void
teardown(void)
{
	close(listener);
	test_dir_leave(dir);
}

/* Takes one request, sends one answer. */
static void *
daemon_thread(void *arg)
{
	const char *answer = arg;
	int fd = accept(listener, NULL, NULL);
	ssize_t n = recv(fd, asked, sizeof(asked) - 1, 0);

	asked[n > 0 ? n : 0] = '\0';
	send(fd, answer, strlen(answer), MSG_NOSIGNAL);
	close(fd);
	return (NULL);
}

static void
slurp(FILE *f, char *buf, size_t size)
{
	size_t n;

	rewind(f);
	n = fread(buf, 1, size - 1, f);
	buf[n] = '\0';
	fclose(f);
}

/* Runs "nasctl -s s LINE"; words of LINE are parted by single blanks. answer
 * NULL: no daemon is asked. */
static int
ctl_as(const char *program, const char *answer, const char *line)
{
	char words[512], name[16];
	char *argv[32] = { name, (char[]){ "-s" }, (char[]){ "s" } };
	FILE *fo = tmpfile(), *fe = tmpfile();
	char text[8192], *p, *save = NULL;
	int argc = 3, code;
	pthread_t t;

	snprintf(words, sizeof(words), "%s", line);
	snprintf(name, sizeof(name), "%s", program);
	for (p = strtok_r(words, " ", &save); p != NULL;
	    p = strtok_r(NULL, " ", &save))
		argv[argc++] = p;
	*asked = '\0';
	if (answer != NULL) {
		snprintf(text, sizeof(text), "%s\n", answer);
		ck_assert_int_eq(pthread_create(&t, NULL, daemon_thread,
		    text), 0);
	}
	code = nasctl_run(argc, argv, fo, fe);
	if (answer != NULL)
		pthread_join(t, NULL);
	slurp(fo, out, sizeof(out));
	slurp(fe, err, sizeof(err));
	return (code);
}

static int
ctl(const char *answer, const char *line)
{
	return (ctl_as("nasctl", answer, line));
}

/* What the daemon is sent of a password, and people are not shown. */
static int
with_stdin(const char *input, const char *answer, const char *line)
{
	int saved = dup(STDIN_FILENO), p[2], code;

	ck_assert_int_eq(pipe(p), 0);
	ck_assert_int_eq(write(p[1], input, strlen(input)),
	    (ssize_t)strlen(input));
	close(p[1]);
	dup2(p[0], STDIN_FILENO);
	close(p[0]);
	code = ctl(answer, line);
	dup2(saved, STDIN_FILENO);
	close(saved);
	return (code);
}

#define TESTED(result)							\
	"{\"status\":\"ok\",\"data\":{\"result\":\"" result "\","		\
	"\"server\":\"aaa1\",\"time_ms\":3.25,\"attributes\":["		\
	"\"Reply-Message = hi\\u001b\"]}}"

START_TEST(radius_test)
{
	ck_assert_int_eq(with_stdin("s e\r\nmore", TESTED("accepted"),
	    "rad te nemo aaa1"), 0);
	test_has(asked, "\"cmd\":\"radius test\"");
	test_has(asked, "\"user\":\"nemo\"");
	test_has(asked, "\"password\":\"s e\"");
	test_has(asked, "\"server\":\"aaa1\"");
	ck_assert_str_eq(out, "accepted by aaa1 in 3.2 ms\n"
	    "\tReply-Message = hi\\x1b\n");
	ck_assert_int_eq(with_stdin("", NULL, "radius test nemo"), 2);
	test_has(err, "no password on standard input");
	ck_assert_int_eq(with_stdin("\n", TESTED("rejected"),
	    "radius test nemo"), 1);
	test_has(asked, "\"password\":\"\"");
	ck_assert_int_eq(with_stdin("x", TESTED("no answer"),
	    "radius test nemo"), 4);
	ck_assert_int_eq(ctl(NULL, "radius test a b c"), 2);
	ck_assert_int_eq(ctl("{\"status\":\"ok\",\"data\":{\"servers\":["
	    "{\"name\":\"aaa1\",\"result\":\"no answer\",\"time_ms\":null}]}}",
	    "radius test"), 4);
	test_has(out, "aaa1");
	ck_assert_int_eq(ctl("{\"status\":\"ok\",\"data\":{\"servers\":["
	    "{\"name\":\"aaa1\",\"result\":\"answered\",\"time_ms\":1.5}]}}",
	    "radius test"), 0);
}
END_TEST

START_TEST(table)
{
	ck_assert_int_eq(ctl(SESSIONS, "show sessions"), 0);
	ck_assert_str_eq(err, "");
	ck_assert_str_eq(out,
	    "ID   IFNAME  USERNAME                STATE      UPTIME"
	    "  REG-LEFT  RX-BYTES\n"
	    "s9   ppp0    bob                     up     1d01:01:01"
	    "  -              900\n"
	    "s10  ppp1    al,ice\\x1b[2J\\xc2\\x9b\"  up       00:00:05"
	    "  00:01:01     10000\n");
	test_has(asked, "\"cmd\":\"show sessions\"");
}
END_TEST

START_TEST(columns_order_match)
{
	ck_assert_int_eq(ctl(SESSIONS,
	    "show sessions columns id,rx-bytes order -rx"), 0);
	ck_assert_str_eq(out, "ID   RX-BYTES\ns10     10000\ns9        900\n");
	/* numbers as numbers, text as text */
	ck_assert_int_eq(ctl(SESSIONS, "sh sessions col id ord rx_bytes"), 0);
	ck_assert_str_eq(out, "ID\ns9\ns10\n");
	ck_assert_int_eq(ctl(SESSIONS, "sh sessions col id ord id"), 0);
	ck_assert_str_eq(out, "ID\ns10\ns9\n");
	ck_assert_int_eq(ctl(SESSIONS, "sh sessions col id match user ^bo"),
	    0);
	ck_assert_str_eq(out, "ID\ns9\n");
	ck_assert_int_eq(ctl(SESSIONS, "sh sessions match user nobody"), 1);
	ck_assert_str_eq(out, "");
	ck_assert_int_eq(ctl(SESSIONS, "sh sessions match user ["), 2);
	ck_assert_int_eq(ctl(SESSIONS, "sh sessions columns colour"), 2);
	test_has(err, "colour: no such column, one of: id ifname username");
	ck_assert_int_eq(ctl(SESSIONS, "sh sessions order i"), 2);
	test_has(err, "ambiguous");
}
END_TEST

START_TEST(formats)
{
	ck_assert_int_eq(ctl(SESSIONS, "-o csv sh sessions columns "
	    "id,username,uptime,reg-left"), 0);
	test_has(out, "id,username,uptime,reg_left\r\ns9,bob,90061,\r\n"
	    "s10,\"al,ice");
	test_has(out, "\"\"\",5,61\r\n");
	ck_assert_int_eq(ctl(SESSIONS, "-o json sh sessions columns id"), 0);
	test_has(out, "\"sessions\": [");
	test_has(out, "\"id\": \"s9\"");
	test_has_not(out, "bob");
	ck_assert_int_eq(ctl("{\"status\":\"ok\",\"data\":{\"sessions\":[]}}",
	    "-o json sh sessions"), 0);
	test_has(out, "\"sessions\": []");
	ck_assert_int_eq(ctl(NULL, "-o xml show sessions"), 2);
}
END_TEST

START_TEST(empty)
{
	const char *none = "{\"status\":\"ok\",\"data\":{\"sessions\":[]}}";

	ck_assert_int_eq(ctl(none, "show sessions"), 0);
	ck_assert_str_eq(out, "");
	ck_assert_int_eq(ctl(none, "show sessions match id s1"), 1);
	/* What is wrong is so with and without rows. */
	ck_assert_int_eq(ctl(none, "show sessions match colour s1"), 2);
	test_has(err, "colour: no such column, one of: id ifname username");
	test_has(err, "tx-bytes access rate-down rate-up\n");
	ck_assert_int_eq(ctl(none, "show sessions match id ["), 2);
	test_has(err, "[: ");
	ck_assert_int_eq(ctl(none, "show sessions order colour"), 2);
	ck_assert_int_eq(ctl(none, "show sessions columns id,colour"), 2);
	ck_assert_int_eq(ctl(none, "show sessions columns rate-up,id"), 0);
	ck_assert_int_eq(ctl(none, "show recent match colour x"), 2);
	ck_assert_int_eq(ctl(none, "show recent match ended x"), 1);
	/* A program finds the heading. */
	ck_assert_int_eq(ctl(none, "-o csv show sessions"), 0);
	ck_assert_str_eq(out, "id,ifname,username,calling_sid,state,uptime,"
	    "home_address,home_agent,reg_left,prefix_mode,rx_bytes,"
	    "tx_bytes\r\n");
	ck_assert_int_eq(ctl(none, "-o csv show recent"), 0);
	ck_assert_str_eq(out, "id,number,ifname,username,calling_sid,state,"
	    "came_up,ended,terminate_cause\r\n");
	ck_assert_int_eq(ctl(none, "-o csv show sessions col rate-up,id"), 0);
	ck_assert_str_eq(out, "rate_up,id\r\n");
	ck_assert_int_eq(ctl(none, "-o csv show sessions match id s1"), 1);
	test_has(out, "id,ifname,");
	ck_assert_int_eq(ctl(SESSIONS, "-o csv show sessions col id match id "
	    "s1$"), 1);
	ck_assert_str_eq(out, "id\r\n");
	ck_assert_int_eq(ctl_as("hactl", "{\"status\":\"ok\",\"data\":{"
	    "\"pools\":[]}}", "-o csv show pools"), 0);
	ck_assert_str_eq(out,
	    "name,prefix,mode,used,held,reserved,denied,capacity\r\n");
}
END_TEST

#define NAMED(name)							\
	"{\"status\":\"ok\",\"data\":{\"sessions\":[{\"id\":\"s1\","	\
	"\"username\":\"" name "\"}]}}"

/* Neither orders to a terminal nor what turns the text beside it. */
START_TEST(not_shown)
{
	static const struct {
		const char	*json, *table, *csv;
	} cases[] = {
		{ NAMED("a\\u202eb"), "a\\xe2\\x80\\xaeb",
		    "a\\xe2\\x80\\xaeb" },
		{ NAMED("a\\u2066b\\u200b"),
		    "a\\xe2\\x81\\xa6b\\xe2\\x80\\x8b",
		    "a\\xe2\\x81\\xa6b\\xe2\\x80\\x8b" },
		{ NAMED("\\ufeffx"), "\\xef\\xbb\\xbfx",
		    "\\xef\\xbb\\xbfx" },
		{ NAMED("\\u009b2J"), "\\xc2\\x9b2J", "\\xc2\\x9b2J" },
		{ NAMED("\\u001b[2J"), "\\x1b[2J", "\\x1b[2J" },
		{ NAMED("a\\r\\nb"), "a\\x0d\\x0ab", "a\\x0d\\x0ab" },
		{ NAMED("\\udb40\\udc41"), "\\xf3\\xa0\\x81\\x81",
		    "\\xf3\\xa0\\x81\\x81" },
		{ NAMED("\\u007f,\\\""), "\\x7f,\"", "\"\\x7f,\"\"\"" },
		/* Letters are left alone. */
		{ NAMED("\\u00e9\\u4e2d\\ud83d\\ude00"),
		    "\u00e9\u4e2d\U0001f600", "\u00e9\u4e2d\U0001f600" },
	};
	char want[128];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_int_eq(ctl(cases[i].json, "show sessions"), 0);
		snprintf(want, sizeof(want), "\ns1  %s\n", cases[i].table);
		test_has(out, want);
		ck_assert_int_eq(ctl(cases[i].json, "-o csv show sessions"),
		    0);
		snprintf(want, sizeof(want), "\r\ns1,%s\r\n", cases[i].csv);
		test_has(out, want);
	}
}
END_TEST

START_TEST(prefixes)
{
	ck_assert_int_eq(ctl(SESSIONS, "sh se"), 0);
	test_has(asked, "\"show sessions\"");
	ck_assert_int_eq(ctl(SESSIONS, "sh se col id"), 0);
	test_has(asked, "\"show sessions\"");
	ck_assert_int_eq(ctl(SESSION, "sh se alice@example.net"), 0);
	test_has(asked, "\"show session\"");
	test_has(asked, "{\"id\":\"alice@example.net\"}");
	ck_assert_int_eq(ctl(NULL, "sh"), 2);
	test_has(err, "sessions session recent interfaces home-agents radius");
	ck_assert_int_eq(ctl(NULL, "show s"), 2);
	test_has(err, "s: ambiguous, one of: sessions session statistics");
	ck_assert_int_eq(ctl(NULL, "show bindings"), 2);
	test_has(err, "no such word");
	test_has_not(err, "pools");
	ck_assert_int_eq(ctl(NULL, "frobnicate"), 2);
	test_has(err, "frobnicate: no such word, one of: show radius "
	    "terminate drain undrain renew export unexport import reload restart "
	    "shutdown log");
	ck_assert_int_eq(ctl(NULL, ""), 2);
	ck_assert_int_eq(ctl(NULL, "show session"), 2);
	test_has(err, "usage: show session ID|USER|IFNAME");
	ck_assert_int_eq(ctl(NULL, "show version x"), 2);
	ck_assert_int_eq(ctl_as("hactl", NULL, "show sessions"), 2);
	test_has(err, "bindings pools exits home-links users statistics "
	    "violations version");
	ck_assert_int_eq(ctl_as("fadctl", NULL, "show bindings"), 2);
	test_has(err, "visitors pending links statistics violations version");
	ck_assert_int_eq(ctl_as("/usr/bin/hactl",
	    "{\"status\":\"ok\",\"data\":{\"version\":\"1\"}}", "sh ver"), 0);
	test_has(out, "version ");
}
END_TEST

START_TEST(movement)
{
	const char *ok = "{\"status\":\"ok\",\"data\":{\"version\":1,"
	    "\"packets\":[]}}";
	char big[20000];

	/* JSON in whatever format, for the other one reads it. */
	ck_assert_int_eq(ctl(ok, "-o csv export alice"), 0);
	test_has(asked, "\"cmd\":\"export\"");
	test_has(asked, "{\"id\":\"alice\"}");
	ck_assert_str_eq(out, "{\"version\":1,\"packets\":[]}\n");
	ck_assert_int_eq(ctl(NULL, "export"), 2);
	ck_assert_int_eq(ctl(ok, "unexport alice"), 0);
	test_has(asked, "\"cmd\":\"unexport\"");
	ck_assert_int_eq(with_stdin("{\"nai\": \"a\"}\n", ok,
	    "import acc0"), 0);
	test_has(asked, "\"link\":\"acc0\"");
	test_has(asked, "\"context\":{\"nai\":\"a\"}");
	test_file("context", "{\"nai\":\"b\"}", 0600);
	ck_assert_int_eq(ctl(ok, "import acc0 context"), 0);
	test_has(asked, "\"context\":{\"nai\":\"b\"}");
	test_file("context", "{\"nai\":\"b\",\n\"nai\":\"c\"}", 0600);
	ck_assert_int_eq(ctl(NULL, "import acc0 context"), 2);
	test_has(err, "context:2: no JSON object: duplicate");
	memset(big, ' ', sizeof(big));
	big[16385] = '\0';
	test_file("context", big, 0600);
	ck_assert_int_eq(ctl(NULL, "import acc0 context"), 2);
	test_has(err, "context: longer than 16384 bytes");
	ck_assert_int_eq(ctl(NULL, "import acc0 nowhere"), 2);
	test_has(err, "nowhere: No such file");
	ck_assert_int_eq(ctl(NULL, "import acc0 ."), 2);
	test_has(err, ".: Is a directory");
	ck_assert_int_eq(ctl(NULL, "import"), 2);
	test_has(err, "usage: import LINK [FILE|-]");
}
END_TEST

START_TEST(other_verbs)
{
	const char *ok = "{\"status\":\"ok\",\"data\":{\"terminated\":1}}";

	ck_assert_int_eq(ctl(ok, "terminate bob"), 0);
	test_has(asked, "\"hard\":false");
	test_has(asked, "\"match\":\"bob\"");
	ck_assert_int_eq(ctl(ok, "term bob hard"), 0);
	test_has(asked, "\"hard\":true");
	ck_assert_int_eq(ctl(NULL, "terminate bob maybe"), 2);
	ck_assert_int_eq(ctl(NULL, "terminate"), 2);
	ck_assert_int_eq(ctl(ok, "log level ra deb"), 0);
	test_has(asked, "\"module\":\"ra\"");
	test_has(asked, "\"level\":\"debug\"");
	ck_assert_int_eq(ctl(ok, "log level warn"), 0);
	test_has_not(asked, "module");
	ck_assert_int_eq(ctl(NULL, "log level loud"), 2);
	ok = "{\"status\":\"ok\",\"data\":{\"changes\":[{\"key\":\"nai\","
	    "\"effect\":\"new sessions\"}]}}";
	ck_assert_int_eq(ctl(ok, "reload --plan"), 0);
	test_has(asked, "\"plan\":true");
	test_has(out, "new sessions");
	ck_assert_int_eq(ctl(ok, "reload --force"), 0);
	test_has(asked, "\"force\":true");
	ok = "{\"status\":\"ok\",\"data\":{\"applied\":true,\"changes\":[]}}";
	ck_assert_int_eq(ctl(ok, "reload"), 0);
	ck_assert_str_eq(out, "nothing has changed\n");
	ck_assert_int_eq(ctl(ok, "-o json reload"), 0);
	test_has_not(out, "nothing");
	ck_assert_int_eq(ctl(NULL, "reload --maybe"), 2);
	ck_assert_int_eq(ctl("{\"status\":\"error\",\"code\":\"usage\","
	    "\"message\":\"f:1: x\\nf:2: y\"}", "reload"), 2);
	test_has(err, "f:1: x\n");
	test_has(err, "nasctl: f:2: y\n");
	ck_assert_int_eq(ctl("{\"status\":\"ok\",\"data\":{\"a\":{\"b\":1,"
	    "\"c\":[2,3]}}}", "show stat"), 0);
	test_has(out, "a.b ");
	test_has(out, "a.c.1 ");
}
END_TEST

START_TEST(timeline)
{
	ck_assert_int_eq(ctl(SESSION, "show session s1"), 0);
	test_has(out, "unique                         yes\n");
	test_has(out, "         0.0 ms               o  padi             from x");
	test_has(out, "        12.3 ms     +12.3 ms  |  rrq-sent");
	test_has(out, "        20.5 ms      +8.2 ms  |  rrp-received     code 0");
	ck_assert_int_eq(ctl(SESSION, "-o json show session s1"), 0);
	test_has(out, "\"timeline\": [");
}
END_TEST

START_TEST(exit_codes)
{
	ck_assert_int_eq(ctl("{\"status\":\"error\",\"code\":\"no-match\","
	    "\"message\":\"no such session\"}", "show session x"), 1);
	ck_assert_str_eq(err, "nasctl: no such session\n");
	ck_assert_int_eq(ctl("{\"status\":\"error\",\"code\":\"usage\","
	    "\"message\":\"bad\"}", "show version"), 2);
	ck_assert_int_eq(ctl("{\"status\":\"error\",\"code\":\"internal\","
	    "\"message\":\"bad\"}", "show version"), 4);
	ck_assert_int_eq(ctl("nonsense", "show version"), 3);
	test_has(err, "nasctl: nasd at s: it hung up");
	ck_assert_int_eq(ctl("[]", "show version"), 3);
	ck_assert_int_eq(ctl(NULL, "-s nowhere show version"), 3);
	ck_assert_str_eq(err, "nasctl: nasd at nowhere: no such socket; is "
	    "it running?\n");
	close(listener);
	ck_assert_int_eq(ctl_as("hactl", NULL, "show version"), 3);
	ck_assert_str_eq(err, "hactl: had at s: nobody listens; has it "
	    "ended?\n");
	ck_assert_int_eq(ctl(NULL, "-x"), 2);
	ck_assert_int_eq(ctl(NULL, "--help"), 0);
	test_has(out, "show sessions");
	ck_assert_int_eq(ctl(NULL, "--version"), 0);
	ck_assert_str_eq(out, "nasctl " PACKAGE_VERSION "\n");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("nasctl");
	TCase *t = tcase_create("nasctl");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, table);
	tcase_add_test(t, radius_test);
	tcase_add_test(t, columns_order_match);
	tcase_add_test(t, movement);
	tcase_add_test(t, formats);
	tcase_add_test(t, empty);
	tcase_add_test(t, not_shown);
	tcase_add_test(t, prefixes);
	tcase_add_test(t, other_verbs);
	tcase_add_test(t, timeline);
	tcase_add_test(t, exit_codes);
	suite_add_tcase(s, t);
	return (test_run(s));
}

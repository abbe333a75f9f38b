/* SPDX-License-Identifier: BSD-2-Clause */
/* The control socket over real sockets; one event loop serves, turned by hand
 * while plain descriptors play the clients. */
#include "config.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/ctl.h"
#include "common/log.h"
#include "tests/unit/test.h"

static char dir[64];
static char text[65536];
static struct event_base *base;
static struct ctl *ctl;
static unsigned calls;

static json_t *
cmd_echo(void *arg, const json_t *args, const char **code,
    const char **message)
{
	(void)code;
	(void)message;
	ck_assert_ptr_eq(arg, &calls);
	calls++;
	return (json_deep_copy(args));
}

static json_t *
cmd_none(void *arg, const json_t *args, const char **code,
    const char **message)
{
	(void)arg;
	(void)args;
	*code = "no-match";
	*message = "no such session";
	return (NULL);
}

/* One that is answered later, or at once after all. */
static struct ctl_later *later;

static json_t *
cmd_later(void *arg, const json_t *args, const char **code,
    const char **message)
{
	(void)arg;
	later = ctl_defer(ctl);
	ck_assert_ptr_nonnull(later);
	if (json_object_size(args) == 0)
		return (NULL);
	ctl_not_later(later);
	*code = "usage";
	*message = "no arguments";
	return (NULL);
}

/* A reply far larger than a socket takes. */
static json_t *
cmd_big(void *arg, const json_t *args, const char **code,
    const char **message)
{
	json_t *a = json_array();
	int i;

	(void)arg;
	(void)args;
	(void)code;
	(void)message;
	calls++;
	for (i = 0; i < 200000; i++)
		json_array_append_new(a, json_string("0123456789"));
	return (a);
}

static bool waiting;

static const struct ctl_cmd cmds[] = {
	{ "echo", cmd_echo },
	{ "later", cmd_later },
	{ "none", cmd_none },
	{ "big", cmd_big },
};

static void
setup(void)
{
	int fd;

	test_dir_enter(dir);
	unsetenv("JOURNAL_STREAM");
	calls = 0;
	base = event_base_new();
	fd = ctl_listen("s", NULL);
	ck_assert_int_ge(fd, 0);
	ctl = ctl_new(base, fd, cmds, sizeof(cmds) / sizeof(cmds[0]), &calls);
	ck_assert_ptr_nonnull(ctl);
}

static void
teardown(void)
{
	ctl_free(ctl);
	event_base_free(base);
	test_dir_leave(dir);
}

/* Everything the server can do now. */
static void
turn(void)
{
	int i;

	for (i = 0; i < 50; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
}

static int
dial(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX, .sun_path = "s" };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&sun, sizeof(sun)),
	    0);
	turn();
	return (fd);
}

static void
say(int fd, const char *s)
{
	ck_assert_int_eq(send(fd, s, strlen(s), MSG_NOSIGNAL),
	    (ssize_t)strlen(s));
	turn();
}

/* What the server has sent; "" for nothing, NULL when it has hung up. */
static const char *
hear(int fd)
{
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

	if (n == 0 || (n == -1 && errno == ECONNRESET))
		return (NULL);
	if (n == -1) {
		ck_assert_int_eq(errno, EAGAIN);
		n = 0;
	}
	text[n] = '\0';
	return (text);
}

START_TEST(requests)
{
	int fd = dial();

	say(fd, "{\"id\": 7, \"cmd\": \"echo\", \"args\": {\"a\": 1}}\n");
	ck_assert_str_eq(hear(fd),
	    "{\"id\":7,\"status\":\"ok\",\"data\":{\"a\":1}}\n");
	say(fd, "{\"cmd\": \"echo\"}");
	ck_assert_str_eq(hear(fd), "");
	say(fd, "\n");
	ck_assert_str_eq(hear(fd),
	    "{\"id\":null,\"status\":\"ok\",\"data\":{}}\n");
	say(fd, "{\"id\": 8, \"cmd\": \"none\"}\n");
	ck_assert_str_eq(hear(fd), "{\"id\":8,\"status\":\"error\","
	    "\"code\":\"no-match\",\"message\":\"no such session\"}\n");
	say(fd, "{\"id\": 9, \"cmd\": \"ech\"}\n");
	test_has(hear(fd), "\"code\":\"usage\"");
	say(fd, "{\"id\": 9, \"cmd\": \"echo\", \"args\": []}\n");
	test_has(hear(fd), "\"code\":\"usage\"");
	/* two at once */
	say(fd, "{\"id\": 1, \"cmd\": \"echo\"}\n{\"id\":2,\"cmd\":\"echo\"}\n");
	test_has(hear(fd), "{\"id\":1,");
	test_has(text, "{\"id\":2,");
	ck_assert_uint_eq(calls, 4);
	close(fd);
	turn();
	ck_assert_uint_eq(ctl_connections(ctl), 0);
}
END_TEST

/* What is no request ends the connection, and only that one. */
START_TEST(garbage)
{
	static const char *const bad[] = {
		"\n", "nonsense\n", "[]\n", "{}\n", "{\"cmd\": 5}\n",
		"{\"cmd\": \"echo\", \"cmd\": \"big\"}\n", "\x80\xff\n",
		"{\"cmd\": \"echo\"} trailing\n",
	};
	int good = dial();
	int fd, saved = test_log_begin();
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		fd = dial();
		say(fd, bad[i]);
		ck_assert_msg(hear(fd) == NULL, "%s", bad[i]);
		close(fd);
	}
	test_log_end(saved, text, sizeof(text));
	test_has(text, "sent no JSON request");
	ck_assert_uint_eq(calls, 0);
	say(good, "{\"cmd\": \"echo\"}\n");
	test_has(hear(good), "\"ok\"");
	close(good);
}
END_TEST

START_TEST(oversize)
{
	static char much[CTL_LINE_MAX / 2];
	int fd = dial();
	int i, saved = test_log_begin();

	memset(much, ' ', sizeof(much));
	for (i = 0; i < 100; i++) {
		if (send(fd, much, sizeof(much), MSG_NOSIGNAL) == -1 &&
		    errno != EAGAIN)
			break;
		turn();
	}
	ck_assert_int_lt(i, 100);
	ck_assert_ptr_null(hear(fd));
	ck_assert_uint_eq(ctl_connections(ctl), 0);
	close(fd);
	test_log_end(saved, text, sizeof(text));
	test_has(text, "sent a line too long");
}
END_TEST

/* A hundred connections that say nothing, then one that does. */
START_TEST(idle_hundred)
{
	int fds[100];
	int i, fd, saved = test_log_begin();

	for (i = 0; i < 100; i++)
		fds[i] = dial();
	ck_assert_uint_eq(ctl_connections(ctl), CTL_CONN_MAX);
	fd = dial();
	say(fd, "{\"cmd\": \"echo\"}\n");
	test_has(hear(fd), "\"ok\"");
	/* the oldest went, the youngest are there */
	ck_assert_ptr_null(hear(fds[0]));
	ck_assert_str_eq(hear(fds[99]), "");
	for (i = 0; i < 100; i++)
		close(fds[i]);
	close(fd);
	test_log_end(saved, text, sizeof(text));
	test_has(text, "idle longest");
	/* rate-limited: ten lines, not 37 */
	for (i = 0, fd = 0; text[i] != '\0'; i++)
		fd += text[i] == '\n';
	ck_assert_int_le(fd, 12);
}
END_TEST

START_TEST(one_that_works_stays)
{
	int fds[CTL_CONN_MAX];
	int i, busy = dial(), saved = test_log_begin();

	for (i = 0; i < CTL_CONN_MAX; i++) {
		fds[i] = dial();
		say(busy, "{\"cmd\": \"echo\"}\n");
		test_has(hear(busy), "\"ok\"");
	}
	for (i = 0; i < CTL_CONN_MAX; i++)
		close(fds[i]);
	close(busy);
	test_log_end(saved, text, sizeof(text));
}
END_TEST

START_TEST(idle_closed)
{
	const struct timeval soon = { .tv_usec = 1 };
	int fd, saved = test_log_begin();

	ctl_set_idle(ctl, &soon);
	fd = dial();
	while (ctl_connections(ctl) > 0)
		event_base_loop(base, EVLOOP_ONCE);
	ck_assert_ptr_null(hear(fd));
	close(fd);
	test_log_end(saved, text, sizeof(text));
	test_has(text, "connection 1 closed: idle");
}
END_TEST

/* A client that asks and does not read: one reply is kept for it, no more,
 * and when it reads the rest comes. */
START_TEST(slow_reader)
{
	size_t newlines = 0, total = 0;
	int fd = dial();
	const char *p;
	int i;

	for (i = 0; i < 3; i++)
		say(fd, "{\"cmd\": \"big\"}\n");
	ck_assert_uint_eq(calls, 1);
	for (i = 0; i < 100000 && newlines < 3; i++) {
		p = hear(fd);
		ck_assert_ptr_nonnull(p);
		total += strlen(p);
		for (; (p = strchr(p, '\n')) != NULL; p++)
			newlines++;
		turn();
	}
	ck_assert_uint_eq(newlines, 3);
	ck_assert_uint_gt(total, 3 * 200000 * 13);
	ck_assert_uint_eq(calls, 3);
	close(fd);
}
END_TEST

/* One that asks for much and reads nothing is given up after a while. */
START_TEST(reads_nothing)
{
	const struct timeval soon = { .tv_usec = 1000 };
	int fd, i, saved = test_log_begin();

	ctl_set_slow(ctl, &soon);
	fd = dial();
	say(fd, "{\"cmd\": \"big\"}\n");
	for (i = 0; i < 60000 && ctl_connections(ctl) > 0; i++) {
		usleep(1000);
		turn();
	}
	ck_assert_uint_eq(ctl_connections(ctl), 0);
	test_log_end(saved, text, sizeof(text));
	test_has(text, "connection 1 closed: did not read its reply\n");
	close(fd);
}
END_TEST

/* Many that ask for much and read nothing: some are kept, not all; however
 * long the machine takes for that. */
START_TEST(slow_readers)
{
	const struct timeval never = { .tv_sec = 3600 };
	int fd[20], i, saved = test_log_begin();
	unsigned left;

	ctl_set_slow(ctl, &never);
	for (i = 0; i < 20; i++) {
		fd[i] = dial();
		say(fd[i], "{\"cmd\": \"big\"}\n");
	}
	ck_assert_uint_eq(calls, 20);
	left = ctl_connections(ctl);
	ck_assert_uint_ge(left, 10);
	ck_assert_uint_le(left, 14);
	/* The last one is among them. */
	ck_assert_ptr_nonnull(hear(fd[19]));
	test_log_end(saved, text, sizeof(text));
	test_has(text, "connection 1 closed: did not read its reply while");
	for (i = 0; i < 20; i++)
		close(fd[i]);
}
END_TEST

/* Asks, says that it will say no more, and still gets its answer. */
START_TEST(half_closed)
{
	size_t newlines = 0;
	int fd = dial();
	const char *p;

	say(fd, "{\"cmd\": \"big\"}\n");
	ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
	turn();
	while ((p = hear(fd)) != NULL) {
		newlines += strchr(p, '\n') != NULL;
		turn();
	}
	ck_assert_uint_eq(newlines, 1);
	ck_assert_uint_eq(ctl_connections(ctl), 0);
	close(fd);
}
END_TEST

START_TEST(hung_up_meanwhile)
{
	int fd = dial();

	say(fd, "{\"cmd\": \"big\"}\n{\"cmd\": \"big\"}\n");
	close(fd);
	turn();
	ck_assert_uint_eq(ctl_connections(ctl), 0);
}
END_TEST

/* Connects, and leaves no descriptor for the server. */
static int
connect_more(const struct rlimit *none)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX, .sun_path = "s" };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (setrlimit(RLIMIT_NOFILE, none) == -1)
		return (-1);
	return (connect(fd, (struct sockaddr *)&sun, sizeof(sun)));
}

static void
set_flag(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	*(bool *)arg = true;
}

/* A waiting client that can not be accepted keeps the listener readable. */
START_TEST(no_descriptor_left)
{
	const struct timeval soon = { .tv_usec = 30000 };
	struct rlimit old, none;
	unsigned turns = 0;
	bool over = false;
	int saved, fd;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &old), 0);
	saved = test_log_begin();
	fd = dial();
	ck_assert_uint_eq(ctl_connections(ctl), 1);
	none = old;
	none.rlim_cur = 0;
	ck_assert_int_eq(connect_more(&none), 0);
	event_base_once(base, -1, EV_TIMEOUT, set_flag, &over, &soon);
	while (!over) {
		event_base_loop(base, EVLOOP_ONCE);
		turns++;
	}
	ck_assert_uint_eq(ctl_connections(ctl), 1);
	ck_assert_uint_lt(turns, 10);
	/* the one there is is served meanwhile */
	say(fd, "{\"id\":1,\"cmd\":\"echo\"}\n");
	test_has(hear(fd), "\"ok\"");
	/* and the other one as soon as there is a descriptor */
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &old), 0);
	while (ctl_connections(ctl) < 2)
		event_base_loop(base, EVLOOP_ONCE);
	test_log_end(saved, text, sizeof(text));
	test_has(text, "accept: Too many open files\n");
}
END_TEST

START_TEST(listening)
{
	struct stat st;
	int fd;

	ck_assert_int_eq(stat("s", &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0660);
	/* a living one is not taken over */
	ck_assert_int_eq(ctl_listen("s", NULL), -EADDRINUSE);
	/* a stale one is */
	ctl_free(ctl);
	ctl = NULL;
	ck_assert_int_eq(stat("s", &st), 0);
	fd = ctl_listen("s", NULL);
	ck_assert_int_ge(fd, 0);
	close(fd);
	/* and a file is left alone */
	test_file("file", "x", 0600);
	ck_assert_int_eq(ctl_listen("file", NULL), -EEXIST);
	ck_assert_int_eq(ctl_listen("none/s", NULL), -ENOENT);
	ck_assert_int_eq(ctl_listen("0123456789012345678901234567890123456789"
	    "01234567890123456789012345678901234567890123456789012345678901234"
	    "5678", NULL), -ENAMETOOLONG);
}
END_TEST

struct caller {
	json_t	*reply;
	int	 err;
};

static void *
call(void *arg)
{
	struct caller *c = arg;
	json_t *args = json_pack("{s:i}", "a", 1);

	c->reply = ctl_call("s", "echo", args, 10000, &c->err);
	json_decref(args);
	return (NULL);
}

START_TEST(client)
{
	struct caller c = { .err = -1 };
	pthread_t t;
	json_t *none;
	int err;

	ck_assert_int_eq(pthread_create(&t, NULL, call, &c), 0);
	/* accept, request, hang-up */
	while (calls == 0 || ctl_connections(ctl) > 0)
		event_base_loop(base, EVLOOP_ONCE);
	pthread_join(t, NULL);
	ck_assert_int_eq(c.err, 0);
	ck_assert_int_eq(json_integer_value(json_object_get(
	    json_object_get(c.reply, "data"), "a")), 1);
	json_decref(c.reply);
	/* nobody answers: the loop does not turn */
	none = ctl_call("s", "echo", NULL, 1, &err);
	ck_assert_ptr_null(none);
	ck_assert_int_eq(err, -ETIMEDOUT);
	ck_assert_ptr_null(ctl_call("nowhere", "echo", NULL, 1000, &err));
	ck_assert_int_eq(err, -ENOENT);
	ctl_free(ctl);
	ctl = NULL;
	ck_assert_ptr_null(ctl_call("s", "echo", NULL, 1000, &err));
	ck_assert_int_eq(err, -ECONNREFUSED);
}
END_TEST

static bool
wait_for_echo(void *arg, const char *cmd)
{
	(void)arg;
	return (waiting && strcmp(cmd, "echo") == 0);
}

/* What a request is to tell comes later; others go on meanwhile. */
START_TEST(waits)
{
	int a = dial(), b = dial(), c = dial();

	ctl_set_wait(ctl, wait_for_echo);
	waiting = true;
	say(a, "{\"id\": 1, \"cmd\": \"echo\"}\n"
	    "{\"id\": 2, \"cmd\": \"none\"}\n");
	ck_assert_str_eq(hear(a), "");
	say(b, "{\"id\": 3, \"cmd\": \"none\"}\n");
	test_has(hear(b), "{\"id\":3,");
	/* one that asks and goes */
	say(c, "{\"id\": 4, \"cmd\": \"echo\"}\n");
	shutdown(c, SHUT_WR);
	turn();
	say(b, "{\"id\": 5, \"cmd\": \"echo\"}\n");
	close(b);
	turn();
	ck_assert_uint_eq(calls, 0);
	waiting = false;
	ctl_resume(ctl);
	turn();
	test_has(hear(a), "{\"id\":1,\"status\":\"ok\"");
	test_has(text, "{\"id\":2,");
	test_has(hear(c), "{\"id\":4,");
	ck_assert_ptr_null(hear(c));
	ctl_resume(ctl);	/* nobody is left */
	waiting = true;
	say(a, "{\"id\": 6, \"cmd\": \"echo\"}\n");
	close(c);		/* and one that still waits at the end */
}
END_TEST

START_TEST(answers_later)
{
	int a = dial(), b = dial();
	struct ctl_later *first;

	say(a, "{\"id\": 1, \"cmd\": \"later\"}\n"
	    "{\"id\": 2, \"cmd\": \"none\"}\n");
	ck_assert_str_eq(hear(a), "");
	first = later;
	say(b, "{\"id\": 3, \"cmd\": \"later\", \"args\": {\"x\": 1}}\n");
	test_has(hear(b), "{\"id\":3,\"status\":\"error\"");
	ctl_answer(first, json_pack("{s:i}", "n", 42), NULL, NULL);
	turn();
	test_has(hear(a), "{\"id\":1,\"status\":\"ok\",\"data\":{\"n\":42}}");
	test_has(text, "{\"id\":2,");
	say(a, "{\"cmd\": \"later\"}\n");
	turn();
	ctl_answer(later, NULL, "internal", "it failed");
	turn();
	test_has(hear(a), "\"code\":\"internal\",\"message\":\"it failed\"");
	/* Nobody waits for it any more. */
	say(a, "{\"cmd\": \"later\"}\n");
	turn();
	first = later;
	close(a);
	turn();
	ctl_answer(first, json_object(), NULL, NULL);
	say(b, "{\"cmd\": \"later\"}\n");
	turn();
	ctl_free(ctl);
	ctl = NULL;
	ctl_answer(later, json_object(), NULL, NULL);
	close(b);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ctl");
	TCase *t = tcase_create("ctl");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, requests);
	tcase_add_test(t, garbage);
	tcase_add_test(t, oversize);
	tcase_add_test(t, idle_hundred);
	tcase_add_test(t, one_that_works_stays);
	tcase_add_test(t, idle_closed);
	tcase_add_test(t, slow_reader);
	tcase_add_test(t, reads_nothing);
	tcase_add_test(t, slow_readers);
	tcase_add_test(t, half_closed);
	tcase_add_test(t, hung_up_meanwhile);
	tcase_add_test(t, no_descriptor_left);
	tcase_add_test(t, listening);
	tcase_add_test(t, client);
	tcase_add_test(t, waits);
	tcase_add_test(t, answers_later);
	suite_add_tcase(s, t);
	return (test_run(s));
}

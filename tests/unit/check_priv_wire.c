/* SPDX-License-Identifier: BSD-2-Clause */
/* The datagrams between engine and root side, and the engine's end with the
 * root side played here. */
#include "config.h"

#include <errno.h>
#include <event2/event.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/priv_wire.h"
#include "tests/unit/test.h"

#define ECHO	1	/* the one request there is */

/* A client whose root side is played by the test: nothing is forked. */
struct lone {
	struct event_base	*base;
	struct priv_client	*cl;
	unsigned		 replies, in_order, gone;
	int			 root;
	struct priv_dgram	 d;
};

static void
on_gone(void *arg)
{
	((struct lone *)arg)->gone++;
}

static void
on_reply(void *arg, int status, const void *body, size_t len, int fd)
{
	struct lone *l = arg;
	uint32_t v = UINT32_MAX;

	ck_assert(status == 0 && len == sizeof(v) && fd == -1);
	memcpy(&v, body, sizeof(v));
	l->in_order += v == l->replies++;
}

static void
lone_begin(struct lone *l)
{
	int sv[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sv), 0);
	*l = (struct lone){ .base = event_base_new(), .root = sv[1] };
	l->cl = priv_client_new(l->base, sv[0], NULL, on_gone, l);
	ck_assert_ptr_nonnull(l->cl);
}

static void
lone_end(struct lone *l)
{
	priv_client_free(l->cl);
	event_base_free(l->base);
	close(l->root);
}

/* Puts the reply to request seq, with a number as its body. */
static void
put_reply(struct lone *l, uint32_t seq, uint32_t v)
{
	const struct priv_hdr h = { .kind = PRIV_REPLY, .type = ECHO,
	    .seq = seq, .len = sizeof(v) };

	ck_assert(priv_wire_put(&l->d, &h, &v));
}

/* What one event asks for is one datagram, and so may be the answer. */
START_TEST(one_datagram)
{
	static struct lone l;
	const uint8_t *body;
	struct priv_hdr h;
	uint32_t i, v;
	int fd;

	lone_begin(&l);
	for (i = 0; i < 100; i++)
		ck_assert_int_eq(priv_request(l.cl, ECHO, &i, sizeof(i),
		    on_reply, &l), 0);
	ck_assert_int_eq(priv_wire_recv(l.root, &l.d, NULL), -EAGAIN);
	event_base_loop(l.base, EVLOOP_NONBLOCK);
	ck_assert_int_eq(priv_wire_recv(l.root, &l.d, &fd), 1);
	ck_assert_int_eq(fd, -1);
	for (i = 0; (body = priv_wire_take(&l.d, &h)) != NULL; i++) {
		memcpy(&v, body, sizeof(v));
		ck_assert(v == i && h.seq == i + 1 && h.kind == PRIV_REQUEST);
		ck_assert_uint_eq((uintptr_t)body % PRIV_ALIGN, 0);
	}
	ck_assert_uint_eq(i, 100);
	ck_assert_int_eq(priv_wire_recv(l.root, &l.d, NULL), -EAGAIN);
	for (i = 0; i < 100; i++)
		put_reply(&l, i + 1, i);
	ck_assert_int_eq(priv_wire_send(l.root, &l.d, -1), 0);
	event_base_loop(l.base, EVLOOP_NONBLOCK);
	ck_assert(l.replies == 100 && l.in_order == 100 && l.gone == 0);
	lone_end(&l);
}
END_TEST

static void
ask_many(struct lone *l, uint32_t from, uint32_t to)
{
	for (; from < to; from++)
		ck_assert_int_eq(priv_request(l->cl, ECHO, &from,
		    sizeof(from), on_reply, l), 0);
	event_base_loop(l->base, EVLOOP_NONBLOCK);
}

/* The root side gets a datagram of n requests, and nothing behind it. */
static void
got(struct lone *l, unsigned n)
{
	struct priv_hdr h;
	unsigned i;

	ck_assert_int_eq(priv_wire_recv(l->root, &l->d, NULL), 1);
	for (i = 0; priv_wire_take(&l->d, &h) != NULL; i++)
		;
	ck_assert_uint_eq(i, n);
	ck_assert_int_eq(priv_wire_recv(l->root, &l->d, NULL), -EAGAIN);
}

static void
answer(struct lone *l, uint32_t from, uint32_t to)
{
	l->d.len = l->d.at = 0;
	for (; from < to; from++)
		put_reply(l, from + 1, from);
	ck_assert_int_eq(priv_wire_send(l->root, &l->d, -1), 0);
	event_base_loop(l->base, EVLOOP_NONBLOCK);
}

/* While it is at work more gathers, but not without end. */
START_TEST(gathers)
{
	static struct lone l;

	lone_begin(&l);
	ask_many(&l, 0, 1);
	got(&l, 1);
	ask_many(&l, 1, 3);
	ask_many(&l, 3, 5);
	ck_assert_int_eq(priv_wire_recv(l.root, &l.d, NULL), -EAGAIN);
	answer(&l, 0, 1);
	got(&l, 4);
	ask_many(&l, 5, 6);
	answer(&l, 1, 4);		/* one is still due */
	ck_assert_int_eq(priv_wire_recv(l.root, &l.d, NULL), -EAGAIN);
	ask_many(&l, 6, 5 + PRIV_TOGETHER);
	got(&l, PRIV_TOGETHER);
	answer(&l, 4, 5);
	answer(&l, 5, 5 + PRIV_TOGETHER);
	ck_assert_uint_eq(l.replies, 5 + PRIV_TOGETHER);
	ck_assert_uint_eq(l.in_order, l.replies);
	lone_end(&l);
}
END_TEST

/* Waits for a seventh while those behind it wait in the same datagram. */
static void
on_seventh(void *arg, int status, const void *body, size_t len, int fd)
{
	struct lone *l = arg;
	uint32_t v = 0;
	size_t out = sizeof(v);

	on_reply(arg, status, body, len, fd);
	ck_assert_int_eq(priv_request_sync(l->cl, ECHO, "abc", 3, &v, &out,
	    NULL), 0);
	ck_assert_uint_eq(v, 7777);
	ck_assert_uint_eq(l->replies, 6);
}

START_TEST(sync_within_a_reply)
{
	static struct lone l;
	uint32_t i;

	lone_begin(&l);
	for (i = 0; i < 6; i++)
		ck_assert_int_eq(priv_request(l.cl, ECHO, &i, sizeof(i),
		    i == 0 ? on_seventh : on_reply, &l), 0);
	event_base_loop(l.base, EVLOOP_NONBLOCK);
	for (i = 0; i < 6; i++)
		put_reply(&l, i + 1, i);
	ck_assert_int_eq(priv_wire_send(l.root, &l.d, -1), 0);
	put_reply(&l, 7, 7777);
	ck_assert_int_eq(priv_wire_send(l.root, &l.d, -1), 0);
	event_base_loop(l.base, EVLOOP_NONBLOCK);
	ck_assert(l.replies == 6 && l.in_order == 6 && l.gone == 0);
	lone_end(&l);
}
END_TEST

/* Lets the loop run until priv has been silent so often. */
static struct priv_waiting
look(struct lone *l, uint64_t silences)
{
	const struct timeval tick = { .tv_usec = 10000 };
	struct priv_waiting w;
	int i;

	for (i = 0; i < 3000; i++) {
		event_base_loopexit(l->base, &tick);
		event_base_dispatch(l->base);
		priv_client_waiting(l->cl, &w);
		if (w.silences >= silences)
			break;
	}
	return w;
}

static void
ask(struct lone *l, uint32_t i)
{
	ck_assert_int_eq(priv_request(l->cl, ECHO, &i, sizeof(i), on_reply,
	    l), 0);
}

/* Said once however many wait, and again when it answers [D147]. */
START_TEST(silence)
{
	static struct lone l;
	static char text[4096];
	struct priv_waiting w;
	int saved = test_log_begin();
	mono_t since = clock_mono(&clock_system);
	uint32_t i;

	lone_begin(&l);
	priv_client_set_patience(l.cl, 200);
	priv_client_waiting(l.cl, &w);
	ck_assert(w.unanswered == 0 && w.oldest_ms == 0 && w.silences == 0);
	ask(&l, 0);
	ask(&l, 1);
	w = look(&l, 1);
	ck_assert(w.silences == 1 && w.unanswered == 2);
	ck_assert_int_ge(w.oldest_ms, 200);
	ck_assert_int_le(w.oldest_ms, mono_diff_ms(clock_mono(&clock_system),
	    since));
	for (i = 0; i < 30; i++)
		w = look(&l, 0);
	ck_assert_uint_eq(w.silences, 1);
	put_reply(&l, 1, 0);
	put_reply(&l, 2, 1);
	ck_assert_int_eq(priv_wire_send(l.root, &l.d, -1), 0);
	w = look(&l, 0);
	ck_assert(w.unanswered == 0 && w.oldest_ms == 0 && w.silences == 1);
	/* It may be silent again. */
	ask(&l, 2);
	ck_assert_uint_eq(look(&l, 2).silences, 2);
	lone_end(&l);
	test_log_end(saved, text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, "2 wait"));
	ck_assert_ptr_nonnull(strstr(text, "the root side answers again"));
	ck_assert_ptr_nonnull(strstr(text, "1 wait"));
}
END_TEST

static void
free_in_reply(void *arg, int status, const void *body, size_t len, int fd)
{
	struct lone *l = arg;

	on_reply(arg, status, body, len, fd);
	priv_client_free(l->cl);
	l->cl = NULL;
}

/* The rest of a datagram has nobody any more; what was asked for last is sent
 * all the same. */
START_TEST(freed_within_a_reply)
{
	static struct lone l;
	uint32_t i;

	lone_begin(&l);
	for (i = 0; i < 3; i++)
		ck_assert_int_eq(priv_request(l.cl, ECHO, &i, sizeof(i),
		    free_in_reply, &l), 0);
	event_base_loop(l.base, EVLOOP_NONBLOCK);
	ck_assert_int_eq(priv_wire_recv(l.root, &l.d, NULL), 1);
	l.d.len = l.d.at = 0;
	for (i = 0; i < 3; i++)
		put_reply(&l, i + 1, i);
	ck_assert_int_eq(priv_wire_send(l.root, &l.d, -1), 0);
	ck_assert_int_eq(priv_request(l.cl, ECHO, "last", 4, NULL, NULL),
	    0);
	event_base_loop(l.base, EVLOOP_ONCE);
	ck_assert_uint_eq(l.replies, 1);
	ck_assert_int_eq(priv_wire_recv(l.root, &l.d, NULL), 1);
	ck_assert_mem_eq(l.d.data + sizeof(struct priv_hdr), "last", 4);
	ck_assert_int_eq(priv_wire_recv(l.root, &l.d, NULL), 0);
	lone_end(&l);
}
END_TEST

/* Sends bytes as they are; what priv_wire_recv says. */
static int
raw(const int sv[2], const void *data, size_t len, struct priv_dgram *d)
{
	ck_assert_int_eq(send(sv[1], data, len, 0), (ssize_t)len);
	return (priv_wire_recv(sv[0], d, NULL));
}

START_TEST(not_whole_messages)
{
	static struct priv_dgram d, two;
	struct priv_hdr h = { .kind = PRIV_NOTE, .len = 20 };
	static uint8_t most[PRIV_MSG_MAX];
	uint8_t body[20] = { 1 };
	int sv[2], fd;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sv), 0);
	ck_assert(priv_wire_put(&two, &h, body));
	ck_assert(priv_wire_put(&two, &h, body));
	ck_assert_uint_eq(two.len, 2 * 48);
	ck_assert_int_eq(raw(sv, two.data, 96, &d), 1);
	ck_assert_int_eq(raw(sv, two.data, 95, &d), -EPROTO);
	ck_assert_int_eq(raw(sv, two.data, 84, &d), -EPROTO);
	ck_assert_int_eq(raw(sv, two.data, 56, &d), -EPROTO);
	ck_assert_ptr_null(priv_wire_take(&d, &h));
	ck_assert_int_eq(raw(sv, two.data, 1, &d), -EPROTO);
	h.len = UINT32_MAX - 4;		/* would wrap */
	memcpy(two.data, &h, sizeof(h));
	ck_assert_int_eq(raw(sv, two.data, 96, &d), -EPROTO);
	/* whose would a descriptor be? */
	h.len = 0;
	two.len = 0;
	ck_assert(priv_wire_put(&two, &h, NULL));
	ck_assert(priv_wire_put(&two, &h, NULL));
	ck_assert_int_eq(priv_wire_send(sv[1], &two, 0), 0);
	ck_assert_int_eq(priv_wire_recv(sv[0], &d, &fd), -EPROTO);
	ck_assert_int_eq(fd, -1);
	ck_assert(priv_wire_put(&two, &h, NULL));
	ck_assert_int_eq(priv_wire_send(sv[1], &two, 0), 0);
	ck_assert_int_eq(priv_wire_recv(sv[0], &d, &fd), 1);
	ck_assert_int_ge(fd, 0);
	close(fd);
	/* the longest, and nothing beside it */
	h.len = PRIV_MSG_MAX;
	ck_assert(priv_wire_put(&two, &h, most));
	h.len = 0;
	ck_assert(!priv_wire_put(&two, &h, NULL));
	close(sv[0]);
	close(sv[1]);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("priv_wire");
	TCase *t = tcase_create("priv_wire");

	tcase_add_test(t, one_datagram);
	tcase_add_test(t, gathers);
	tcase_add_test(t, sync_within_a_reply);
	tcase_add_test(t, silence);
	tcase_add_test(t, freed_within_a_reply);
	tcase_add_test(t, not_whole_messages);
	suite_add_tcase(s, t);
	return (test_run(s));
}

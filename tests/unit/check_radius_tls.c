/* SPDX-License-Identifier: BSD-2-Clause */
/* RADIUS over TLS against a server in this process, with certificates made
 * here; another server over UDP stands beside it. */
#include "config.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "common/log.h"
#include "fake_radius.h"
#include "tests/unit/test.h"

#define PUMPS	20000		/* of a millisecond at most: 20 s */
#define CONNS	4
#define SEEN	600

struct cert {
	EVP_PKEY	*key;
	X509		*x;
};

/* A connection to the server. */
struct conn {
	struct bufferevent	*bev;
	bool			 up;
};

struct request {
	struct conn	*conn;
	uint8_t		 pkt[RADIUS_MAX];
	size_t		 len;
};

static struct world w;
static struct cert ca, other_ca, server_cert, client_cert;
static SSL_CTX *server_ctx;
static struct event *listener;
static int listen_fd;
static struct conn conn[CONNS];
static unsigned n_conns;
static struct request seen[SEEN];
static unsigned n_records;	/* with data in them, that came */
static unsigned n_seen;
static const struct fake secret = { .fd = -1, .secret = "radsec" };

static void
extension(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ck_assert_ptr_nonnull(e);
	X509_add_ext(x, e, -1);
	X509_EXTENSION_free(e);
}

static struct cert
make_cert(const char *cn, const struct cert *issuer, const char *san)
{
	struct cert c = { EVP_EC_gen("P-256"), X509_new() };
	const struct cert *by = issuer != NULL ? issuer : &c;
	X509_NAME *name = X509_get_subject_name(c.x);
	static long serial;

	X509_set_version(c.x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(c.x), ++serial);
	X509_gmtime_adj(X509_getm_notBefore(c.x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(c.x), 3600);
	X509_set_pubkey(c.x, c.key);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)cn, -1, -1, 0);
	X509_set_issuer_name(c.x, X509_get_subject_name(by->x));
	extension(c.x, by->x, NID_basic_constraints,
	    issuer == NULL ? "critical,CA:TRUE" : "CA:FALSE");
	if (san != NULL)
		extension(c.x, by->x, NID_subject_alt_name, san);
	ck_assert_int_gt(X509_sign(c.x, by->key, EVP_sha256()), 0);
	return c;
}

static void
free_cert(struct cert *c)
{
	EVP_PKEY_free(c->key);
	X509_free(c->x);
}

static SSL_CTX *
make_ctx(const SSL_METHOD *method, const struct cert *own,
    const struct cert *trusted)
{
	SSL_CTX *ctx = SSL_CTX_new(method);

	ck_assert_int_eq(SSL_CTX_use_certificate(ctx, own->x), 1);
	ck_assert_int_eq(SSL_CTX_use_PrivateKey(ctx, own->key), 1);
	X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), trusted->x);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER |
	    SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	return ctx;
}

/*
 * The server.
 */

static void
on_record(int write, int version, int type, const void *buf, size_t len,
    SSL *ssl, void *arg)
{
	(void)version;
	(void)ssl;
	(void)arg;
	if (!write && type == SSL3_RT_HEADER && len > 0 &&
	    *(const uint8_t *)buf == SSL3_RT_APPLICATION_DATA)
		n_records++;
}

static void
conn_close(struct conn *c)
{
	if (c->bev != NULL)
		bufferevent_free(c->bev);
	c->bev = NULL;
	c->up = false;
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(bev);
	uint8_t hdr[4];
	size_t len;

	while (evbuffer_copyout(in, hdr, 4) == 4) {
		struct request *r = &seen[n_seen];

		len = (size_t)hdr[2] << 8 | hdr[3];
		if (evbuffer_get_length(in) < len)
			return;
		ck_assert_uint_lt(n_seen, SEEN);
		r->conn = arg;
		r->len = len;
		evbuffer_remove(in, r->pkt, len);
		n_seen++;
	}
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct conn *c = arg;

	(void)bev;
	if (what & BEV_EVENT_CONNECTED)
		c->up = true;
	else
		conn_close(c);
}

static void
on_accept(evutil_socket_t fd, short what, void *arg)
{
	int s = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct conn *c = &conn[n_conns++ % CONNS];

	(void)what;
	(void)arg;
	ck_assert_int_ge(s, 0);
	conn_close(c);
	c->bev = bufferevent_openssl_socket_new(w.base, s,
	    SSL_new(server_ctx), BUFFEREVENT_SSL_ACCEPTING,
	    BEV_OPT_CLOSE_ON_FREE);
	bufferevent_setcb(c->bev, on_read, NULL, on_event, c);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
}

static uint16_t
open_listener(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);
	ck_assert_int_eq(bind(listen_fd, (struct sockaddr *)&sin, len), 0);
	ck_assert_int_eq(listen(listen_fd, 10), 0);
	getsockname(listen_fd, (struct sockaddr *)&sin, &len);
	listener = event_new(w.base, listen_fd, EV_READ | EV_PERSIST,
	    on_accept, NULL);
	event_add(listener, NULL);
	return ntohs(sin.sin_port);
}

static void
answer(const struct request *q, uint8_t code)
{
	struct fake_request r = { .len = q->len };
	uint8_t buf[RADIUS_MAX];
	size_t n;

	memcpy(r.pkt, q->pkt, q->len);
	ck_assert(fake_authentic(&secret, &r));
	n = fake_make_reply(&secret, &r, code, NULL, 0, FAKE_MA, buf);
	bufferevent_write(q->conn->bev, buf, n);
}

/*
 * The client's side.
 */

static void
restart(void)
{
	radius_client_free(w.client);
	for (unsigned i = 0; i < w.conf.n_servers; i++)
		if (w.conf.server[i].tls != NULL)
			SSL_CTX_up_ref(w.conf.server[i].tls);
	w.client = radius_client_new(w.base, &w.timers, &w.clock, w.dict,
	    &w.conf);
	ck_assert_ptr_nonnull(w.client);
	world_advance(&w, 0);
}

static void
setup(void)
{
	struct radius_server_conf *s;

	log_set_level(NULL, "error");
	n_conns = n_seen = 0;
	memset(conn, 0, sizeof(conn));
	ca = make_cert("a CA", NULL, NULL);
	other_ca = make_cert("another CA", NULL, NULL);
	server_cert = make_cert("ignored.example.net", &ca,
	    "DNS:aaa.example.net,IP:127.0.0.1");
	client_cert = make_cert("nas1.example.net", &ca, NULL);
	world_init(&w, 2);
	server_ctx = make_ctx(TLS_server_method(), &server_cert, &ca);
	SSL_CTX_set_msg_callback(server_ctx, on_record);
	s = &w.conf.server[0];
	s->transport = RADIUS_TLS;
	s->auth_port = open_listener();
	s->secret = (struct radius_secret){ 6, "radsec" };
	s->tls = make_ctx(TLS_client_method(), &client_cert, &ca);
	restart();
}

static void
teardown(void)
{
	for (unsigned i = 0; i < CONNS; i++)
		conn_close(&conn[i]);
	event_free(listener);
	close(listen_fd);
	SSL_CTX_free(w.conf.server[0].tls);
	SSL_CTX_free(server_ctx);
	world_free(&w);
	free_cert(&ca);
	free_cert(&other_ca);
	free_cert(&server_cert);
	free_cert(&client_cert);
}

struct answered {
	unsigned		calls;
	enum radius_result	result;
	int			server;
};

static void
done(void *arg, enum radius_result result, const struct radius_attrs *reply)
{
	struct answered *a = arg;

	a->calls++;
	a->result = result;
	a->server = reply != NULL ? radius_reply_server(reply) : -1;
}

static void
ask(struct answered *a, enum radius_code code)
{
	struct radius_attrs as;

	memset(a, 0, sizeof(*a));
	radius_attrs_init(&as, w.dict);
	radius_add_str(&as, PW_USER_NAME, "nemo");
	ck_assert_ptr_nonnull(radius_send(w.client, code, &as, done, a));
}

/* Lets real time pass until it is so. */
#define until(what) do {						\
	bool ok_ = false;						\
									\
	for (unsigned i_ = 0; i_ < PUMPS && !(ok_ = (what)); i_++) {	\
		event_base_loop(w.base, EVLOOP_NONBLOCK);		\
		timers_run(&w.timers, w.now);				\
		usleep(1000);						\
	}								\
	ck_assert_msg(ok_, "%s", #what);				\
} while (0)

static bool
is_state(const char *want)
{
	json_t *o = radius_stats(w.client);
	bool is = strcmp(json_string_value(json_object_get(json_array_get(
	    json_object_get(o, "servers"), 0), "state")), want) == 0;

	json_decref(o);
	return is;
}

START_TEST(both_kinds_over_one_connection)
{
	struct answered a, b;

	ask(&a, RADIUS_ACCESS_REQUEST);		/* while it connects */
	until(n_seen == 1);
	ask(&b, RADIUS_ACCT_REQUEST);
	until(n_seen == 2);
	ck_assert_uint_eq(n_conns, 1);
	answer(&seen[1], RADIUS_ACCT_RESPONSE);
	answer(&seen[0], RADIUS_ACCESS_ACCEPT);
	until(a.calls == 1 && b.calls == 1);
	ck_assert_int_eq(a.result, RADIUS_ACCEPTED);
	ck_assert_int_eq(b.result, RADIUS_ACCEPTED);
	ck_assert_int_eq(a.server, 0);
	ck_assert(is_state("alive"));
	ck_assert_int_eq(SSL_version(bufferevent_openssl_get_ssl(
	    conn[0].bev)), TLS1_3_VERSION);
}
END_TEST

/* Each request in a record of its own. The reply to one, a byte at a time, and two in one piece. */
START_TEST(stream_of_packets)
{
	struct answered a[3];
	uint8_t buf[2 * RADIUS_MAX];
	size_t n = 0;

	until(is_state("alive") && conn[0].up);
	n_records = 0;
	for (int i = 0; i < 3; i++)
		ask(&a[i], RADIUS_ACCESS_REQUEST);
	until(n_seen == 3);
	ck_assert_uint_eq(n_records, 3);
	for (int i = 0; i < 3; i++) {
		struct fake_request r = { .len = seen[i].len };

		memcpy(r.pkt, seen[i].pkt, seen[i].len);
		n += fake_make_reply(&secret, &r, RADIUS_ACCESS_REJECT, NULL,
		    0, FAKE_MA, buf + n);
	}
	for (size_t i = 0; i < 30; i++) {
		bufferevent_write(conn[0].bev, buf + i, 1);
		world_pump(&w);
	}
	bufferevent_write(conn[0].bev, buf + 30, n - 30);
	until(a[0].calls + a[1].calls + a[2].calls == 3);
}
END_TEST

START_TEST(nothing_is_repeated)
{
	struct answered a;

	w.conf.server[0].tries = 10;
	w.conf.n_servers = 1;
	restart();
	ask(&a, RADIUS_ACCESS_REQUEST);
	until(n_seen == 1);
	world_advance(&w, 9000);
	for (int i = 0; i < 50; i++) {
		world_pump(&w);
		usleep(1000);
	}
	ck_assert_uint_eq(n_seen, 1);
	ck_assert(is_state("zombie"));
	answer(&seen[0], RADIUS_ACCESS_ACCEPT);
	until(a.calls == 1);
	ck_assert(is_state("alive"));
}
END_TEST

/* Of a chain that is trusted, and for who it is. */
static void
ck_refused(void)
{
	struct answered a;
	struct fake_request rq;

	restart();
	until(is_state("dead"));
	ask(&a, RADIUS_ACCESS_REQUEST);
	ck_assert(fake_recv(&w.fake[1], &rq));
	fake_reply(&w.fake[1], &rq, RADIUS_ACCESS_ACCEPT, NULL, 0, FAKE_MA);
	until(a.calls == 1);
	ck_assert_int_eq(a.server, 1);
	ck_assert_uint_eq(n_seen, 0);
}

static void
new_server(struct cert *c, const struct cert *trusted)
{
	SSL_CTX_free(server_ctx);
	server_ctx = make_ctx(TLS_server_method(), c, trusted);
}

START_TEST(unknown_issuer)
{
	struct cert c = make_cert("x", &other_ca, "IP:127.0.0.1");

	new_server(&c, &ca);
	ck_refused();
	free_cert(&c);
}
END_TEST

START_TEST(another_name)
{
	struct cert c = make_cert("127.0.0.1", &ca, "IP:127.0.0.2");

	new_server(&c, &ca);
	ck_refused();
	free_cert(&c);
	new_server(&server_cert, &ca);
	strcpy(w.conf.server[0].tls_name, "bbb.example.net");
	ck_refused();
	strcpy(w.conf.server[0].tls_name, "aaa.example.net");
	restart();
	until(is_state("alive"));
}
END_TEST

/* With TLS 1.3 the client believes that it is connected, for a moment. */
START_TEST(we_are_refused)
{
	new_server(&server_cert, &other_ca);
	ck_refused();
}
END_TEST

START_TEST(too_old_a_version)
{
	SSL_CTX_set_min_proto_version(w.conf.server[0].tls, TLS1_2_VERSION);
	SSL_CTX_set_security_level(server_ctx, 0);
	SSL_CTX_set_min_proto_version(server_ctx, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(server_ctx, TLS1_1_VERSION);
	ck_refused();
}
END_TEST

START_TEST(nonsense_from_the_server)
{
	struct answered a;
	struct fake_request rq;

	ask(&a, RADIUS_ACCESS_REQUEST);
	until(n_seen == 1);
	bufferevent_write(conn[0].bev, "HTTP/1.1 400", 12);
	until(is_state("dead"));
	until(fake_recv(&w.fake[1], &rq));
	fake_reply(&w.fake[1], &rq, RADIUS_ACCESS_ACCEPT, NULL, 0, FAKE_MA);
	until(a.calls == 1);
}
END_TEST

/* What was on its way goes on elsewhere, at once. */
START_TEST(broken_connection)
{
	struct answered a, b;
	struct fake_request rq[2];
	unsigned n = 0;

	ask(&a, RADIUS_ACCESS_REQUEST);
	ask(&b, RADIUS_ACCT_REQUEST);
	until(n_seen == 2);
	conn_close(&conn[0]);
	until(is_state("dead"));
	until((n += fake_recv(&w.fake[1], &rq[n])) == 2);
	for (unsigned i = 0; i < 2; i++)
		fake_reply(&w.fake[1], &rq[i], rq[i].pkt[0] ==
		    RADIUS_ACCT_REQUEST ? RADIUS_ACCT_RESPONSE :
		    RADIUS_ACCESS_ACCEPT, NULL, 0, FAKE_MA);
	until(a.calls == 1 && b.calls == 1);
	/* It is tried again, and then lives. */
	ck_assert_uint_eq(n_conns, 1);
	world_advance(&w, 1300);
	until(is_state("alive"));
	ck_assert_uint_eq(n_conns, 2);
}
END_TEST

/* Nobody else: it waits for the next connection, once. */
START_TEST(waits_for_a_connection)
{
	struct answered a;

	w.conf.n_servers = 1;
	restart();
	ask(&a, RADIUS_ACCESS_REQUEST);
	until(n_seen == 1);
	conn_close(&conn[(n_conns - 1) % CONNS]);
	until(is_state("dead"));
	world_advance(&w, 1300);
	until(n_seen == 2);
	answer(&seen[1], RADIUS_ACCESS_ACCEPT);
	until(a.calls == 1);
	ck_assert_int_eq(a.result, RADIUS_ACCEPTED);
	world_advance(&w, 60000);
	ck_assert_uint_eq(a.calls, 1);
}
END_TEST

/* Servers end connections that are idle: no fault. */
START_TEST(idle_connection_is_closed)
{
	struct answered a;

	ask(&a, RADIUS_ACCESS_REQUEST);
	until(n_seen == 1);
	answer(&seen[0], RADIUS_ACCESS_ACCEPT);
	until(a.calls == 1);
	conn_close(&conn[0]);
	for (int i = 0; i < 50; i++) {
		world_pump(&w);
		usleep(1000);
	}
	ck_assert(is_state("alive"));
	ask(&a, RADIUS_ACCESS_REQUEST);
	until(n_seen == 2);
	answer(&seen[1], RADIUS_ACCESS_ACCEPT);
	until(a.calls == 1);
	ck_assert_int_eq(a.server, 0);
}
END_TEST

/* Each connection has 256 identifiers [RFC 6613 2.6.1]. */
START_TEST(more_than_one_connection)
{
	static struct answered a[300];

	until(is_state("alive"));
	for (unsigned i = 0; i < 300; i++)
		ask(&a[i], RADIUS_ACCESS_REQUEST);
	until(n_seen == 300);
	ck_assert_uint_eq(n_conns, 2);
	for (unsigned i = 0; i < 300; i++)
		answer(&seen[i], RADIUS_ACCESS_ACCEPT);
	for (unsigned i = 0; i < 300; i++)
		until(a[i].calls == 1);
}
END_TEST

START_TEST(nobody_listens)
{
	struct answered a;
	struct fake_request rq;
	int64_t waited = 0;

	event_del(listener);
	close(listen_fd);
	restart();
	until(is_state("dead"));
	ask(&a, RADIUS_ACCESS_REQUEST);
	ck_assert(fake_recv(&w.fake[1], &rq));
	fake_reply(&w.fake[1], &rq, RADIUS_ACCESS_ACCEPT, NULL, 0, FAKE_MA);
	until(a.calls == 1);
	/* 1, 2 s and so on, a quarter more or less. */
	for (int i = 0; i < 6; i++) {
		int64_t ms = mono_diff_ms(timers_next(&w.timers), w.now);

		ck_assert_int_ge(ms, (750 << i) - 1);
		ck_assert_int_le(ms, 1250 << i);
		waited += ms;
		world_advance(&w, ms + 1);
		until(timers_next(&w.timers).ns != MONO_NEVER.ns);
	}
	ck_assert_int_ge(waited, 40000);
	listen_fd = -1;
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("radius tls");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, both_kinds_over_one_connection);
	tcase_add_test(t, stream_of_packets);
	tcase_add_test(t, nothing_is_repeated);
	tcase_add_test(t, unknown_issuer);
	tcase_add_test(t, another_name);
	tcase_add_test(t, we_are_refused);
	tcase_add_test(t, too_old_a_version);
	tcase_add_test(t, nonsense_from_the_server);
	tcase_add_test(t, broken_connection);
	tcase_add_test(t, waits_for_a_connection);
	tcase_add_test(t, idle_connection_is_closed);
	tcase_add_test(t, more_than_one_connection);
	tcase_add_test(t, nobody_listens);
	suite_add_tcase(s, t);
	return test_run(s);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of RADIUS servers: what radius_test.h promises. nasd/control.c has the
 * verb. The password is in no log and in no answer. */
#include "config.h"
#include "nasd/radius_test.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/clock.h"
#include "common/ctl_json.h"
#include "radius/client.h"

#define TESTS_MAX	16	/* at once */
#define PINGS_MAX	(RADIUS_SERVERS * RADIUS_KINDS)
#define PORT_VIRTUAL	5	/* RFC 2865 5.41 */

struct ping {
	struct test		*test;
	struct radius_ping	*ping;		/* NULL: done */
	unsigned		 server;
	enum radius_kind	 kind;
	int64_t			 us;
};

struct test {
	LIST_ENTRY(test)	 link;
	struct radius_tests	*tests;
	const struct radius_client *client;	/* it goes by; a reload brings
						 * another, of other servers */
	radius_tested		*done;
	void			*arg;
	mono_t			 begun;
	struct radius_request	*req;
	struct ping		 ping[PINGS_MAX];
	unsigned		 n_pings, pending;
};

struct radius_tests {
	struct radius_client	*client;
	const char		*nas_id;
	struct in_addr		 nas_ip;
	LIST_HEAD(, test)	 tests;
	unsigned		 n;
};

struct radius_tests *
radius_tests_new(struct radius_client *client, const char *nas_id,
    struct in_addr nas_ip)
{
	struct radius_tests *ts = calloc(1, sizeof(*ts));

	if (ts == NULL)
		return NULL;
	ts->client = client;
	ts->nas_id = nas_id;
	ts->nas_ip = nas_ip;
	LIST_INIT(&ts->tests);
	return ts;
}

static void
test_free(struct test *t)
{
	if (t->req != NULL)
		radius_cancel(t->req);
	for (unsigned i = 0; i < t->n_pings; i++)
		if (t->ping[i].ping != NULL)
			radius_ping_cancel(t->ping[i].ping);
	LIST_REMOVE(t, link);
	t->tests->n--;
	free(t);
}

/* data NULL: it came to nothing. */
static void
test_end(struct test *t, json_t *data)
{
	radius_tested *done = t->done;
	void *arg = t->arg;

	test_free(t);
	done(arg, data, "internal", "the test came to nothing");
}

void
radius_tests_set_client(struct radius_tests *ts, struct radius_client *client)
{
	ts->client = client;
}

void
radius_tests_free(struct radius_tests *ts)
{
	struct test *t;

	if (ts == NULL)
		return;
	while ((t = LIST_FIRST(&ts->tests)) != NULL)
		test_end(t, NULL);
	free(ts);
}

static const struct radius_server_conf *
server_conf(const struct test *t, unsigned i)
{
	return &radius_client_conf(t->client)->server[i];
}

/*
 * A user.
 */

/* What can be shown of a reply. */
static json_t *
attributes(const struct test *t, const struct radius_attrs *reply)
{
	const struct radius_dict *dict = radius_client_dict(t->client);
	json_t *list = json_array();
	const VALUE_PAIR *vp = reply != NULL ? reply->list : NULL;
	char text[1200];

	for (; vp != NULL; vp = vp->next)
		if (radius_attr_text(dict, vp, text, sizeof(text)))
			json_array_append_new(list, json_string(text));
	return list;
}

static void
answered(void *arg, enum radius_result result, const struct radius_attrs *reply)
{
	static const char *const words[] = {
		[RADIUS_ACCEPTED] = "accepted",
		[RADIUS_REJECTED] = "rejected",
		[RADIUS_CHALLENGED] = "challenged",
		[RADIUS_SILENT] = "no answer",
	};
	struct test *t = arg;
	int64_t us = mono_diff_us(clock_mono(radius_client_clock(
	    t->client)), t->begun);
	json_t *o = json_pack("{s:s s:f s:o}", "result", words[result],
	    "time_ms", (double)us / 1000, "attributes", attributes(t, reply));

	t->req = NULL;		/* it is gone behind this */
	if (reply != NULL)
		json_object_set_new(o, "server", json_string(server_conf(t,
		    (unsigned)radius_reply_server(reply))->name));
	if (reply != NULL && reply->wrong != NULL)
		json_object_set_new(o, "wrong_length",
		    json_string(reply->wrong));
	test_end(t, o);
}

static int
find_server(const struct radius_tests *ts, const char *name)
{
	const struct radius_conf *rc = radius_client_conf(ts->client);

	for (unsigned i = 0; i < rc->n_servers; i++)
		if (strcmp(rc->server[i].name, name) == 0)
			return (int)i;
	return -1;
}

static const char *
ask(struct test *t, const json_t *args)
{
	const struct radius_tests *ts = t->tests;
	const char *user = ctl_arg(args, "user");
	const char *pw = ctl_arg(args, "password");
	const char *name = ctl_arg(args, "server");
	struct radius_attrs as;
	int server = -1;

	if (user == NULL || user[0] == '\0' || strlen(user) > 253 ||
	    pw == NULL || strlen(pw) > RADIUS_PASSWORD)
		return "\"user\" and \"password\", of at most 253 and 128 "
		    "bytes";
	if (name != NULL && (server = find_server(ts, name)) < 0)
		return "no such server";
	radius_attrs_init(&as, radius_client_dict(ts->client));
	radius_add_str(&as, PW_USER_NAME, user);
	radius_add_data(&as, PW_USER_PASSWORD, 0, pw, strlen(pw));
	radius_add_ip4(&as, PW_NAS_IP_ADDRESS, 0, ts->nas_ip);
	radius_add_str(&as, PW_NAS_IDENTIFIER, ts->nas_id);
	radius_add_u32(&as, PW_NAS_PORT_TYPE, PORT_VIRTUAL);
	radius_add_u32(&as, PW_SERVICE_TYPE, PW_FRAMED);
	radius_add_u32(&as, PW_FRAMED_PROTOCOL, PW_PPP);
	t->req = radius_send_to(ts->client, server, RADIUS_ACCESS_REQUEST, &as,
	    answered, t);
	return t->req != NULL ? NULL : "it could not be sent";
}

/*
 * All servers.
 */

static json_t *
ping_json(const struct test *t, const struct ping *p)
{
	const struct radius_server_conf *s = server_conf(t, p->server);
	char addr[INET_ADDRSTRLEN];
	json_t *o;

	inet_ntop(AF_INET, &s->address, addr, sizeof(addr));
	o = json_pack("{s:s s:s s:s s:i s:s}", "name", s->name,
	    "address", addr, "kind", p->kind == RADIUS_ACCT ? "acct" : "auth",
	    "port", (int)(p->kind == RADIUS_ACCT ? s->acct_port :
	    s->auth_port), "result", p->us >= 0 ? "answered" : "no answer");
	json_object_set_new(o, "time_ms", p->us >= 0 ?
	    json_real((double)p->us / 1000) : json_null());
	return o;
}

static void
all_pinged(struct test *t)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < t->n_pings; i++)
		json_array_append_new(list, ping_json(t, &t->ping[i]));
	test_end(t, json_pack("{s:o}", "servers", list));
}

static void
pinged(void *arg, int64_t us)
{
	struct ping *p = arg;

	p->ping = NULL;
	p->us = us;
	if (--p->test->pending == 0)
		all_pinged(p->test);
}

static const char *
ping(struct test *t)
{
	const struct radius_conf *rc = radius_client_conf(t->client);

	for (unsigned i = 0; i < rc->n_servers; i++)
		for (unsigned k = 0; k < RADIUS_KINDS; k++) {
			struct ping *p = &t->ping[t->n_pings];

			if (!(k == RADIUS_ACCT ? rc->server[i].acct :
			    rc->server[i].auth))
				continue;
			t->n_pings++;
			*p = (struct ping){ .test = t, .server = i,
			    .kind = (enum radius_kind)k, .us = -1 };
			p->ping = radius_ping(t->tests->client, i, p->kind,
			    pinged, p);
			t->pending += p->ping != NULL;
		}
	return t->pending > 0 ? NULL : "no server can be reached";
}

const char *
radius_test(struct radius_tests *ts, const json_t *args, const char **code,
    radius_tested *done, void *arg)
{
	const char *wrong;
	struct test *t;

	*code = "busy";
	if (ts->n == TESTS_MAX || (t = calloc(1, sizeof(*t))) == NULL)
		return "too many tests at once";
	t->tests = ts;
	t->client = ts->client;
	t->done = done;
	t->arg = arg;
	t->begun = clock_mono(radius_client_clock(ts->client));
	LIST_INSERT_HEAD(&ts->tests, t, link);
	ts->n++;
	if (json_object_get(args, "user") != NULL) {
		*code = "usage";
		wrong = ask(t, args);
	} else {
		*code = "internal";
		wrong = ping(t);
	}
	if (wrong != NULL)
		test_free(t);
	return wrong;
}

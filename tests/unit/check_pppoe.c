/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames and decisions by themselves, then a concentrator over one end of a
 * socket pair, whose other end is the Ethernet. */
#include <errno.h>
#include <event2/event.h>
#include <sys/socket.h>

#include "common/timers.h"
#include "common/wire.h"
#include "nasd/pppoe_proto.h"
#include "tests/unit/test.h"

static const uint8_t	ac_mac[6] = { 2, 0, 0, 0, 0, 1 };
static const uint8_t	mn_mac[6] = { 2, 0, 0, 0, 0, 9 };
static const uint8_t	mn2_mac[6] = { 2, 0, 0, 0, 0, 10 };
static const uint8_t	all_mac[6] = { 255, 255, 255, 255, 255, 255 };

/* ---- frames ---- */

struct frame {
	uint8_t		b[2048];
	struct wire_w	w;
};

static void
begin(struct frame *f, const uint8_t *dst, const uint8_t *src, uint8_t code,
    uint16_t sid)
{
	wire_w_init(&f->w, f->b, sizeof(f->b));
	wire_w_copy(&f->w, dst, 6);
	wire_w_copy(&f->w, src, 6);
	wire_w_u16(&f->w, PPPOE_ETHERTYPE);
	wire_w_u8(&f->w, 0x11);
	wire_w_u8(&f->w, code);
	wire_w_u16(&f->w, sid);
	wire_w_u16(&f->w, 0);
}

static void
tag(struct frame *f, uint16_t type, const void *p, size_t len)
{
	wire_w_u16(&f->w, type);
	wire_w_u16(&f->w, (uint16_t)len);
	wire_w_copy(&f->w, p, len);
	wire_w_put_u16(&f->w, 18, (uint16_t)(f->w.len - 20));
}

static int
parse(struct frame *f, struct pppoe_packet *k)
{
	return pppoe_parse(k, f->b, f->w.len, ac_mac);
}

START_TEST(padi)
{
	struct pppoe_packet	k;
	struct frame		f;
	size_t			i, whole;

	begin(&f, all_mac, mn_mac, PPPOE_PADI, 0);
	tag(&f, PPPOE_TAG_SERVICE, "", 0);
	tag(&f, PPPOE_TAG_HOST_UNIQ, "\1\2\3", 3);
	tag(&f, 0x0105, "vendor", 6);
	whole = f.w.len;
	ck_assert_int_eq(parse(&f, &k), 0);
	ck_assert(k.service.p != NULL && k.service.len == 0);
	ck_assert(k.host_uniq.len == 3 && k.relay.p == NULL);
	/* every truncation is found */
	for (i = 0; i < whole; i++)
		ck_assert_int_eq(pppoe_parse(&k, f.b, i, ac_mac), -EPROTO);
	/* a length that ends within a tag is, too; one between two is not */
	for (i = 0; i < whole - 20; i++) {
		wire_w_put_u16(&f.w, 18, (uint16_t)i);
		ck_assert_int_eq(parse(&f, &k), i == 4 || i == 11 ? 0 :
		    -EPROTO);
	}
	/* short Ethernet frames are padded */
	wire_w_put_u16(&f.w, 18, (uint16_t)(whole - 20));
	wire_w_zero(&f.w, 40);
	ck_assert_int_eq(parse(&f, &k), 0);
}
END_TEST

START_TEST(end_of_list)
{
	struct pppoe_packet	k;
	struct frame		f;

	begin(&f, all_mac, mn_mac, PPPOE_PADI, 0);
	tag(&f, PPPOE_TAG_SERVICE, "x", 1);
	tag(&f, PPPOE_TAG_END, "", 0);
	wire_w_u16(&f.w, 0x0103);	/* a broken tag behind it */
	wire_w_put_u16(&f.w, 18, (uint16_t)(f.w.len - 20));
	ck_assert_int_eq(parse(&f, &k), 0);
	ck_assert(k.service.len == 1 && k.host_uniq.p == NULL);
}
END_TEST

static int
try_header(const uint8_t *dst, const uint8_t *src, uint8_t code, uint16_t sid)
{
	struct pppoe_packet	k;
	struct frame		f;

	begin(&f, dst, src, code, sid);
	tag(&f, PPPOE_TAG_SERVICE, "", 0);
	return parse(&f, &k);
}

START_TEST(addresses_and_codes)
{
	static const uint8_t	group[6] = { 3, 0, 0, 0, 0, 1 };
	static const uint8_t	none[6];

	ck_assert_int_eq(try_header(ac_mac, mn_mac, PPPOE_PADI, 0), 0);
	ck_assert_int_eq(try_header(mn2_mac, mn_mac, PPPOE_PADI, 0), -EPROTO);
	ck_assert_int_eq(try_header(all_mac, group, PPPOE_PADI, 0), -EPROTO);
	ck_assert_int_eq(try_header(all_mac, none, PPPOE_PADI, 0), -EPROTO);
	ck_assert_int_eq(try_header(all_mac, ac_mac, PPPOE_PADI, 0), -EPROTO);
	ck_assert_int_eq(try_header(all_mac, mn_mac, PPPOE_PADI, 1), -EPROTO);
	ck_assert_int_eq(try_header(ac_mac, mn_mac, PPPOE_PADR, 0), 0);
	ck_assert_int_eq(try_header(all_mac, mn_mac, PPPOE_PADR, 0), -EPROTO);
	ck_assert_int_eq(try_header(ac_mac, mn_mac, PPPOE_PADR, 1), -EPROTO);
	ck_assert_int_eq(try_header(ac_mac, mn_mac, PPPOE_PADT, 1), 0);
	ck_assert_int_eq(try_header(ac_mac, mn_mac, PPPOE_PADT, 0), -EPROTO);
	ck_assert_int_eq(try_header(all_mac, mn_mac, PPPOE_PADT, 1), -EPROTO);
	ck_assert_int_eq(try_header(ac_mac, mn_mac, PPPOE_PADO, 0),
	    -EOPNOTSUPP);
	ck_assert_int_eq(try_header(ac_mac, mn_mac, PPPOE_PADS, 1),
	    -EOPNOTSUPP);
	ck_assert_int_eq(try_header(ac_mac, mn_mac, 0x42, 0), -EOPNOTSUPP);
}
END_TEST

START_TEST(rules_of_tags)
{
	static const uint8_t	long_tag[PPPOE_TAG_MAX + 1];
	struct pppoe_packet	k;
	struct frame		f;

	begin(&f, all_mac, mn_mac, PPPOE_PADI, 0);
	tag(&f, PPPOE_TAG_HOST_UNIQ, "a", 1);
	ck_assert_int_eq(parse(&f, &k), -EPROTO);	/* no Service-Name */
	tag(&f, PPPOE_TAG_SERVICE, "", 0);
	ck_assert_int_eq(parse(&f, &k), 0);
	tag(&f, PPPOE_TAG_SERVICE, "two", 3);
	ck_assert_int_eq(parse(&f, &k), -EPROTO);

	begin(&f, all_mac, mn_mac, PPPOE_PADI, 0);
	tag(&f, PPPOE_TAG_SERVICE, "", 0);
	tag(&f, PPPOE_TAG_HOST_UNIQ, long_tag, PPPOE_TAG_MAX);
	ck_assert_int_eq(parse(&f, &k), 0);
	tag(&f, PPPOE_TAG_RELAY, long_tag, PPPOE_TAG_MAX + 1);
	ck_assert_int_eq(parse(&f, &k), -EPROTO);

	begin(&f, all_mac, mn_mac, PPPOE_PADI, 0);
	tag(&f, PPPOE_TAG_SERVICE, "", 0);
	f.b[14] = 0x12;					/* version, type */
	ck_assert_int_eq(parse(&f, &k), -EPROTO);
	f.b[14] = 0x11;
	f.b[13] = 0x64;					/* session frames */
	ck_assert_int_eq(parse(&f, &k), -EPROTO);
}
END_TEST

START_TEST(too_much_is_not_built)
{
	static char		name[1500];
	struct pppoe_answer	a = { .dst = mn_mac, .src = ac_mac,
				    .code = PPPOE_PADO, .ac_name = name };
	uint8_t			frame[PPPOE_FRAME_MAX];

	memset(name, 'n', sizeof(name) - 1);
	ck_assert_int_eq(pppoe_build(&a, frame), -EMSGSIZE);
	name[1490] = '\0';
	ck_assert_int_eq(pppoe_build(&a, frame), 20 + 4 + 1490);
}
END_TEST

/* ---- decisions ---- */

START_TEST(cookies)
{
	uint8_t			key[PPPOE_KEY_LEN] = { 1 };
	uint8_t			other_key[PPPOE_KEY_LEN] = { 2 };
	uint8_t			c[PPPOE_COOKIE_LEN];
	struct pppoe_tag	t = { c, sizeof(c) };
	mono_t			t0 = { 1000 * INT64_C(1000000000) };
	size_t			i;

	pppoe_cookie(key, mn_mac, "eth0", t0, c);
	ck_assert(pppoe_cookie_valid(key, mn_mac, "eth0", t0, &t));
	ck_assert(pppoe_cookie_valid(key, mn_mac, "eth0",
	    mono_add_ms(t0, 60000), &t));
	ck_assert(!pppoe_cookie_valid(key, mn_mac, "eth0",
	    mono_add_ms(t0, 120000), &t));
	ck_assert(!pppoe_cookie_valid(key, mn2_mac, "eth0", t0, &t));
	ck_assert(!pppoe_cookie_valid(key, mn_mac, "eth1", t0, &t));
	ck_assert(!pppoe_cookie_valid(other_key, mn_mac, "eth0", t0, &t));
	for (i = 0; i < 8 * sizeof(c); i++) {
		c[i / 8] ^= (uint8_t)(1 << i % 8);
		ck_assert(!pppoe_cookie_valid(key, mn_mac, "eth0", t0, &t));
		c[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	t.len--;
	ck_assert(!pppoe_cookie_valid(key, mn_mac, "eth0", t0, &t));
	t.p = NULL;
	ck_assert(!pppoe_cookie_valid(key, mn_mac, "eth0", t0, &t));
}
END_TEST

START_TEST(services)
{
	static const char *const	two[] = { "internet", "voice", NULL };
	static const char *const	none[] = { NULL };
	struct pppoe_tag		t = { (const uint8_t *)"voice", 5 };

	ck_assert(pppoe_service_offered(two, &t));
	t.len = 4;
	ck_assert(!pppoe_service_offered(two, &t));
	ck_assert(pppoe_service_offered(none, &t));
	ck_assert(pppoe_service_offered(NULL, &t));
	t.len = 0;
	ck_assert(pppoe_service_offered(two, &t));
}
END_TEST

START_TEST(session_ids)
{
	static struct pppoe_sids	s;
	unsigned			i;
	uint16_t			sid;

	pppoe_sids_init(&s, 0xfffe);
	ck_assert_uint_eq(pppoe_sids_take(&s), 0xfffe);
	ck_assert_uint_eq(pppoe_sids_take(&s), 1);	/* not ffff, not 0 */
	pppoe_sids_give(&s, 1);
	ck_assert_uint_eq(pppoe_sids_take(&s), 2);	/* as late as can be */
	for (i = 0; i < 65534 - 2; i++)
		ck_assert_uint_ne(pppoe_sids_take(&s), 0);
	ck_assert_uint_eq(pppoe_sids_take(&s), 0);
	pppoe_sids_give(&s, 0);
	pppoe_sids_give(&s, 0xffff);
	ck_assert_uint_eq(pppoe_sids_take(&s), 0);
	pppoe_sids_give(&s, 777);
	sid = pppoe_sids_take(&s);
	ck_assert_uint_eq(sid, 777);
}
END_TEST

/* ---- a concentrator ---- */

static mono_t	now_is;

static mono_t
read_clock(void *arg)
{
	(void)arg;
	return now_is;
}

static const struct clock	hand_clock = { .mono = read_clock };

static struct world {
	struct event_base	*base;
	struct timers		 timers;
	struct pppoe		*e;
	int			 wire;		/* our end */
	int			 wanted_rc;
	unsigned		 wanted, terminated, steps;
	struct pppoe_link	*link;
	uint16_t		 sid;
	unsigned		 load;		/* sessions of all kinds */
	struct pppoe_shared	*shared;
	struct pppoe_wish	 wish;		/* the last one */
	char			 service[256], step[64];
	struct frame		 f;
	struct pppoe_tag	 cookie;
	uint8_t			 cookie_bytes[PPPOE_COOKIE_LEN];
} w;

static int
on_wanted(void *arg, struct pppoe_link *l, const struct pppoe_wish *wish)
{
	ck_assert_ptr_eq(arg, &w);
	ck_assert_uint_ne(wish->link_id, 0);
	ck_assert_str_eq(wish->ifname, "acc0");
	ck_assert_uint_eq(wish->mac[0], 2);
	w.wanted++;
	w.sid = wish->sid;
	w.wish = *wish;
	snprintf(w.service, sizeof(w.service), "%s", wish->service);
	if (w.wanted_rc == 0) {
		w.link = l;
		pppoe_link_set_owner(l, &w);
	}
	return w.wanted_rc;
}

static void
on_terminated(void *arg, struct pppoe_link *l)
{
	(void)arg;
	ck_assert_ptr_eq(pppoe_link_owner(l), &w);
	w.terminated++;
}

static void
on_step(void *arg, struct pppoe_link *l, const char *key, const char *detail)
{
	(void)arg;
	(void)l;
	(void)detail;
	w.steps++;
	snprintf(w.step, sizeof(w.step), "%s", key);
}

static const struct pppoe_events	events = {
	on_wanted, on_terminated, on_step,
};

static const char	*service_names[] = { "internet", "voice", NULL };

static unsigned
load(void *arg)
{
	(void)arg;
	return w.load;
}

static const struct pppoe_params	usual = {
	.ifname = "acc0", .ac_name = "nas1", .services = service_names,
	.max_sessions = 4, .max_per_mac = 2, .max_starting = 3,
	.padi_rate = 5, .max_payload = 1500, .line_ids = true,
};
static const struct pppoe_shared_params	usual_shared = {
	.max_starting = 10, .load = load, .max_sessions = 1000,
};

static void
set_up_with(const struct pppoe_params *params,
    const struct pppoe_shared_params *shared)
{
	int	fd[2];

	memset(&w, 0, sizeof(w));
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK,
	    0, fd), 0);
	w.wire = fd[0];
	w.base = event_base_new();
	timers_init(&w.timers);
	now_is.ns = 1000 * INT64_C(1000000000);
	w.shared = pppoe_shared_new(&w.timers, &hand_clock, shared);
	ck_assert_ptr_nonnull(w.shared);
	w.e = pppoe_new(w.base, &w.timers, &hand_clock, fd[1], ac_mac,
	    w.shared, params, &events, &w);
	ck_assert_ptr_nonnull(w.e);
}

static void
setup(void)
{
	set_up_with(&usual, &usual_shared);
}

static void
teardown(void)
{
	pppoe_free(w.e);
	pppoe_shared_free(w.shared);
	timers_free(&w.timers);
	event_base_free(w.base);
	close(w.wire);
}

static void
put(struct frame *f)
{
	ck_assert_int_eq(send(w.wire, f->b, f->w.len, 0), (ssize_t)f->w.len);
	event_base_loop(w.base, EVLOOP_NONBLOCK);
}

static uint8_t	heard[2048];

/* Code of the next frame that the concentrator sent, 0 if none; its session
 * id and tags (the first of a kind) in got. */
static struct {
	uint16_t		sid;
	struct pppoe_tag	service, ac_name, uniq, relay, cookie, error;
	struct pppoe_tag	max_payload;
	uint16_t		error_type;
	unsigned		services;
} got;

static void
hear_tag(uint16_t type, const uint8_t *p, uint16_t len)
{
	struct pppoe_tag	t = { p, len };

	if (type == PPPOE_TAG_SERVICE && got.services++ == 0)
		got.service = t;
	else if (type == PPPOE_TAG_AC_NAME)
		got.ac_name = t;
	else if (type == PPPOE_TAG_HOST_UNIQ)
		got.uniq = t;
	else if (type == PPPOE_TAG_RELAY)
		got.relay = t;
	else if (type == PPPOE_TAG_COOKIE)
		got.cookie = t;
	else if (type == PPPOE_TAG_MAX_PAYLOAD)
		got.max_payload = t;
	else if (type >= 0x0201) {
		got.error = t;
		got.error_type = type;
	}
}

static uint8_t
hear(void)
{
	struct wire_r	r;
	ssize_t		n = recv(w.wire, heard, sizeof(heard), 0);
	uint8_t		code;

	memset(&got, 0, sizeof(got));
	if (n <= 0)
		return 0;
	wire_r_init(&r, heard, (size_t)n);
	wire_r_skip(&r, 15);
	code = wire_r_u8(&r);
	got.sid = wire_r_u16(&r);
	ck_assert_uint_eq(wire_r_u16(&r), (unsigned)n - 20);
	while (wire_r_left(&r) > 0) {
		uint16_t	type = wire_r_u16(&r);
		uint16_t	len = wire_r_u16(&r);

		hear_tag(type, wire_r_ptr(&r, len), len);
	}
	ck_assert(!r.err);
	ck_assert_mem_eq(heard + 6, ac_mac, 6);
	return code;
}

static bool
is(const struct pppoe_tag *t, const char *text)
{
	return t->p != NULL && t->len == strlen(text) &&
	    memcmp(t->p, text, t->len) == 0;
}

static void
send_padi(const uint8_t *mac, const char *service)
{
	struct frame	f;

	begin(&f, all_mac, mac, PPPOE_PADI, 0);
	tag(&f, PPPOE_TAG_SERVICE, service, strlen(service));
	tag(&f, PPPOE_TAG_HOST_UNIQ, "hu", 2);
	tag(&f, PPPOE_TAG_RELAY, "relay", 5);
	put(&f);
}

static void
send_padr(const uint8_t *mac, const char *service, const char *uniq)
{
	struct frame	f;

	begin(&f, ac_mac, mac, PPPOE_PADR, 0);
	tag(&f, PPPOE_TAG_SERVICE, service, strlen(service));
	tag(&f, PPPOE_TAG_HOST_UNIQ, uniq, strlen(uniq));
	tag(&f, PPPOE_TAG_RELAY, "relay", 5);
	tag(&f, PPPOE_TAG_COOKIE, w.cookie_bytes, sizeof(w.cookie_bytes));
	put(&f);
}

static void
send_padt(const uint8_t *mac, uint16_t sid)
{
	struct frame	f;

	begin(&f, ac_mac, mac, PPPOE_PADT, sid);
	put(&f);
}

static void
get_cookie(const uint8_t *mac)
{
	send_padi(mac, "");
	ck_assert_uint_eq(hear(), PPPOE_PADO);
	ck_assert_uint_eq(got.cookie.len, PPPOE_COOKIE_LEN);
	memcpy(w.cookie_bytes, got.cookie.p, PPPOE_COOKIE_LEN);
	now_is = mono_add_ms(now_is, 1000);	/* for the rate's sake */
}

static json_int_t
stat_of(const char *name)
{
	json_t		*o = pppoe_stats(w.e);
	json_int_t	 v = json_integer_value(json_object_get(o, name));

	json_decref(o);
	return v;
}

START_TEST(offers)
{
	send_padi(mn_mac, "voice");
	ck_assert_uint_eq(hear(), PPPOE_PADO);
	ck_assert_mem_eq(heard, mn_mac, 6);
	ck_assert(got.sid == 0 && got.services == 2);
	ck_assert(is(&got.service, "voice") && is(&got.ac_name, "nas1"));
	ck_assert(is(&got.uniq, "hu") && is(&got.relay, "relay"));
	send_padi(mn_mac, "");
	ck_assert_uint_eq(hear(), PPPOE_PADO);
	ck_assert_uint_eq(got.services, 3);	/* the empty one, and ours */
	send_padi(mn_mac, "other");
	ck_assert_uint_eq(hear(), 0);
	ck_assert_uint_eq(w.wanted, 0);
}
END_TEST

START_TEST(offers_are_limited)
{
	int	i, n = 0;

	for (i = 0; i < 50; i++)
		send_padi(mn_mac, "");
	while (hear() != 0)
		n++;
	ck_assert_int_eq(n, 5);
	ck_assert_int_eq(stat_of("padi_limited"), 45);
}
END_TEST

START_TEST(session)
{
	get_cookie(mn_mac);
	send_padr(mn_mac, "voice", "u1");
	ck_assert_uint_eq(w.wanted, 1);
	ck_assert_str_eq(w.service, "voice");
	ck_assert_uint_eq(hear(), 0);		/* not before it is ready */
	send_padr(mn_mac, "voice", "u1");
	ck_assert_uint_eq(w.wanted, 1);		/* repeated */
	pppoe_link_ready(w.link);
	ck_assert_uint_eq(hear(), PPPOE_PADS);
	ck_assert_uint_eq(got.sid, w.sid);
	ck_assert(is(&got.service, "voice") && is(&got.uniq, "u1"));
	ck_assert(is(&got.relay, "relay") && got.services == 1);
	ck_assert_str_eq(w.step, "pads");
	send_padr(mn_mac, "voice", "u1");	/* PADS was lost */
	ck_assert_uint_eq(hear(), PPPOE_PADS);
	ck_assert_uint_eq(got.sid, w.sid);
	ck_assert_uint_eq(w.wanted, 1);
	/* a long time after it is another session */
	now_is = mono_add_ms(now_is, 31000);
	send_padr(mn_mac, "voice", "u1");
	ck_assert_uint_eq(w.wanted, 2);
}
END_TEST

START_TEST(forged_cookie)
{
	get_cookie(mn_mac);
	w.cookie_bytes[3] ^= 1;
	send_padr(mn_mac, "", "u1");
	w.cookie_bytes[3] ^= 1;
	send_padr(mn2_mac, "", "u1");		/* another's */
	now_is = mono_add_ms(now_is, 180000);
	send_padr(mn_mac, "", "u1");		/* old */
	ck_assert_uint_eq(hear(), 0);
	ck_assert_uint_eq(w.wanted, 0);
	ck_assert_int_eq(stat_of("bad_cookie"), 3);
	ck_assert_int_eq(stat_of("stations"), 0);
}
END_TEST

START_TEST(unknown_service)
{
	get_cookie(mn_mac);
	send_padr(mn_mac, "other", "u1");
	ck_assert_uint_eq(hear(), PPPOE_PADS);
	ck_assert(got.sid == 0 && got.error_type == PPPOE_TAG_SERVICE_ERR);
	ck_assert(is(&got.service, "other") && is(&got.uniq, "u1"));
	ck_assert_uint_eq(w.wanted, 0);
}
END_TEST

START_TEST(owner_refuses)
{
	get_cookie(mn_mac);
	w.wanted_rc = -EAGAIN;
	send_padr(mn_mac, "", "u1");
	ck_assert_uint_eq(hear(), PPPOE_PADS);
	ck_assert(got.sid == 0 && got.error_type == PPPOE_TAG_SYSTEM_ERR);
	ck_assert_int_eq(stat_of("sessions"), 0);
	ck_assert_int_eq(stat_of("starting"), 0);
	w.wanted_rc = 0;
	send_padr(mn_mac, "", "u1");
	pppoe_link_refuse(w.link, "pppd did not start");
	ck_assert_uint_eq(hear(), PPPOE_PADS);
	ck_assert(got.sid == 0 && is(&got.error, "pppd did not start"));
	ck_assert_int_eq(stat_of("sessions"), 0);
}
END_TEST

/* Each start is a process: a station whose sessions only end must wait. */
START_TEST(starts_are_limited)
{
	struct pppoe_params params = usual;
	char uniq[16];
	int i;

	teardown();
	params.padi_rate = 0;
	set_up_with(&params, &usual_shared);
	get_cookie(mn_mac);
	for (i = 0; i < 100; i++) {
		snprintf(uniq, sizeof(uniq), "u%d", i);
		w.link = NULL;
		send_padr(mn_mac, "", uniq);
		if (w.link != NULL)
			pppoe_link_refuse(w.link, "pppd did not start");
		ck_assert_uint_eq(hear(), PPPOE_PADS);
	}
	ck_assert_uint_eq(w.wanted, 10);	/* two, and eight that rest */
	ck_assert(is(&got.error, "too many sessions of this station"));
	ck_assert_int_eq(stat_of("sessions"), 0);
	/* not for ever */
	now_is = mono_add_ms(now_is, 11000);
	timers_run(&w.timers, now_is);
	ck_assert_int_eq(stat_of("stations"), 0);
	send_padr(mn_mac, "", "again");
	ck_assert_uint_eq(w.wanted, 11);
}
END_TEST

START_TEST(limits)
{
	get_cookie(mn_mac);
	send_padr(mn_mac, "", "u1");
	send_padr(mn_mac, "", "u2");
	ck_assert_uint_eq(w.wanted, 2);
	send_padr(mn_mac, "", "u3");		/* two of a station */
	ck_assert_uint_eq(hear(), PPPOE_PADS);
	ck_assert_uint_eq(got.error_type, PPPOE_TAG_SYSTEM_ERR);
	get_cookie(mn2_mac);
	send_padr(mn2_mac, "", "u1");
	ck_assert_uint_eq(w.wanted, 3);
	send_padr(mn2_mac, "", "u2");		/* three start at once */
	ck_assert_uint_eq(hear(), 0);		/* it will ask again */
	send_padi(mn2_mac, "");
	ck_assert_uint_eq(hear(), 0);
	pppoe_link_ready(w.link);
	ck_assert_uint_eq(hear(), PPPOE_PADS);
	send_padr(mn2_mac, "", "u2");		/* the pppd has much to do */
	ck_assert_uint_eq(w.wanted, 3);
	pppoe_link_settled(w.link);
	send_padr(mn2_mac, "", "u2");
	ck_assert_uint_eq(w.wanted, 4);
	ck_assert_int_eq(stat_of("starting"), 3);
	/* four in all: not even an offer */
	send_padi(mn_mac, "");
	ck_assert_uint_eq(hear(), 0);
	ck_assert_int_eq(stat_of("full"), 1);
}
END_TEST

START_TEST(padt_from_the_peer)
{
	get_cookie(mn_mac);
	send_padr(mn_mac, "", "u1");
	pppoe_link_ready(w.link);
	hear();
	send_padt(mn2_mac, w.sid);		/* not his */
	send_padt(mn_mac, (uint16_t)(w.sid ^ 1));
	ck_assert_uint_eq(w.terminated, 0);
	ck_assert_int_eq(stat_of("foreign_padt"), 2);
	send_padt(mn_mac, w.sid);
	ck_assert_uint_eq(w.terminated, 1);
	ck_assert_str_eq(w.step, "padt-received");
	send_padt(mn_mac, w.sid);		/* once */
	ck_assert_uint_eq(w.terminated, 1);
	pppoe_link_free(w.link);
	ck_assert_uint_eq(hear(), 0);		/* no PADT back */
	ck_assert_int_eq(stat_of("sessions"), 0);
}
END_TEST

START_TEST(padt_to_the_peer)
{
	uint16_t	sid;

	get_cookie(mn_mac);
	send_padr(mn_mac, "", "u1");
	pppoe_link_ready(w.link);
	hear();
	sid = w.sid;
	pppoe_link_free(w.link);
	ck_assert_uint_eq(hear(), PPPOE_PADT);
	ck_assert(got.sid == sid && is(&got.relay, "relay"));
	ck_assert_str_eq(w.step, "padt-sent");
	send_padt(mn_mac, sid);			/* late */
	ck_assert_uint_eq(w.terminated, 0);
	/* the rest of the id ends by the timer */
	ck_assert_int_eq(mono_diff_ms(timers_next(&w.timers), now_is), 10000);
	now_is = mono_add_ms(now_is, 10000);
	timers_run(&w.timers, now_is);
	ck_assert(timers_next(&w.timers).ns == MONO_NEVER.ns);
}
END_TEST

START_TEST(gone_before_it_was_ready)
{
	get_cookie(mn_mac);
	send_padr(mn_mac, "", "u1");
	pppoe_link_free(w.link);
	ck_assert_uint_eq(hear(), PPPOE_PADS);
	ck_assert(got.sid == 0 && got.error_type == PPPOE_TAG_SYSTEM_ERR);
	ck_assert_int_eq(stat_of("starting"), 0);
}
END_TEST

START_TEST(noise)
{
	struct frame	f;

	ck_assert_int_eq(send(w.wire, "x", 1, 0), 1);
	begin(&f, ac_mac, mn_mac, PPPOE_PADO, 0);
	put(&f);
	wire_w_zero(&f.w, 1600);
	put(&f);
	ck_assert_uint_eq(hear(), 0);
	ck_assert_int_eq(stat_of("malformed"), 1);
	ck_assert_int_eq(stat_of("ignored"), 1);
	ck_assert_int_eq(stat_of("oversize"), 1);
}
END_TEST

/* A peer that says nothing after PADS keeps nobody else out for long. */
START_TEST(silent_peers_settle)
{
	get_cookie(mn_mac);
	send_padr(mn_mac, "", "u1");
	pppoe_link_ready(w.link);
	ck_assert_uint_eq(hear(), PPPOE_PADS);
	now_is = mono_add_ms(now_is, 3000);
	send_padr(mn_mac, "", "u2");
	pppoe_link_ready(w.link);
	ck_assert_uint_eq(hear(), PPPOE_PADS);
	ck_assert_int_eq(stat_of("starting"), 2);
	now_is = mono_add_ms(now_is, 7000);
	timers_run(&w.timers, now_is);
	ck_assert_int_eq(stat_of("starting"), 1);
	pppoe_link_free(w.link);
	ck_assert_int_eq(stat_of("starting"), 0);
	now_is = mono_add_ms(now_is, 3000);
	timers_run(&w.timers, now_is);
	ck_assert_int_eq(stat_of("starting"), 0);
}
END_TEST

/* In all: starting, rate, sessions. */
START_TEST(limits_in_all)
{
	struct pppoe_shared_params	shared = usual_shared;

	teardown();
	shared.max_starting = 1;
	shared.padi_rate = 2;
	shared.max_sessions = 7;
	set_up_with(&usual, &shared);
	get_cookie(mn_mac);
	send_padr(mn_mac, "", "u1");
	send_padr(mn_mac, "", "u2");
	ck_assert_uint_eq(w.wanted, 1);
	ck_assert_int_eq(stat_of("starting_limit"), 1);
	pppoe_link_free(w.link);
	ck_assert_uint_eq(hear(), PPPOE_PADS);
	send_padi(mn_mac, "");
	send_padi(mn_mac, "");
	send_padi(mn_mac, "");
	ck_assert_uint_eq(hear(), PPPOE_PADO);
	ck_assert_uint_eq(hear(), PPPOE_PADO);
	ck_assert_uint_eq(hear(), 0);
	ck_assert_int_eq(stat_of("padi_limited"), 1);
	now_is = mono_add_ms(now_is, 1000);
	w.load = 7;			/* by serial lines, say */
	send_padi(mn_mac, "");
	ck_assert_uint_eq(hear(), 0);
	send_padr(mn_mac, "", "u3");
	ck_assert_uint_eq(hear(), PPPOE_PADS);
	ck_assert(is(&got.error, "no session left"));
	w.load = 6;
	send_padi(mn_mac, "");
	ck_assert_uint_eq(hear(), PPPOE_PADO);
}
END_TEST

/* One station that asks and asks uses up its own share only. */
START_TEST(limit_of_a_station)
{
	struct pppoe_params	params = usual;
	int			i;

	teardown();
	params.mac_rate = 2;
	params.padi_rate = 100;
	set_up_with(&params, &usual_shared);
	for (i = 0; i < 50; i++)
		send_padi(mn_mac, "");
	ck_assert_int_eq(stat_of("pado"), 2);
	ck_assert_int_eq(stat_of("mac_rate_limited"), 48);
	ck_assert_int_eq(stat_of("padi_limited"), 0);
	while (hear() != 0)
		continue;
	get_cookie(mn2_mac);
	for (i = 0; i < 10; i++)
		send_padr(mn2_mac, "other", "u1");
	for (i = 0; hear() == PPPOE_PADS; i++)
		continue;
	ck_assert_int_eq(i, 2);
}
END_TEST

START_TEST(load_delays_offers)
{
	struct pppoe_shared_params	shared = usual_shared;

	teardown();
	ck_assert_int_eq(pppoe_delays_add(&shared.delays, "100:5"), 0);
	ck_assert_int_eq(pppoe_delays_add(&shared.delays, "-1:9"), 0);
	set_up_with(&usual, &shared);
	send_padi(mn_mac, "");
	ck_assert_uint_eq(hear(), PPPOE_PADO);	/* no load */
	w.load = 5;
	send_padi(mn_mac, "");
	ck_assert_uint_eq(hear(), 0);
	now_is = mono_add_ms(now_is, 60);
	send_padi(mn2_mac, "voice");
	now_is = mono_add_ms(now_is, 40);
	timers_run(&w.timers, now_is);
	ck_assert_uint_eq(hear(), PPPOE_PADO);
	ck_assert_mem_eq(heard, mn_mac, 6);
	ck_assert_uint_eq(hear(), 0);
	now_is = timers_next(&w.timers);
	timers_run(&w.timers, now_is);
	ck_assert_uint_eq(hear(), PPPOE_PADO);
	ck_assert_mem_eq(heard, mn2_mac, 6);
	ck_assert(timers_next(&w.timers).ns == MONO_NEVER.ns);
	w.load = 9;
	send_padi(mn_mac, "");
	ck_assert_int_eq(stat_of("too_busy"), 1);
	/* gone while an offer waits */
	w.load = 5;
	send_padi(mn_mac, "");
	ck_assert(timers_next(&w.timers).ns != MONO_NEVER.ns);
	pppoe_free(w.e);
	now_is = mono_add_ms(now_is, 200);
	timers_run(&w.timers, now_is);
	w.e = NULL;
}
END_TEST

/* What waits is bounded, however many ask. */
START_TEST(delayed_offers_are_bounded)
{
	struct pppoe_shared_params	shared = usual_shared;
	struct pppoe_params		params = usual;
	int				i;

	teardown();
	params.padi_rate = 0;
	ck_assert_int_eq(pppoe_delays_add(&shared.delays, "1000"), 0);
	set_up_with(&params, &shared);
	for (i = 0; i < 300; i++)
		send_padi(mn_mac, "");
	ck_assert_int_eq(stat_of("delayed"), 256);
	ck_assert_int_eq(stat_of("padi_limited"), 44);
	for (i = 0; i < 8; i++) {	/* as the socket's buffer allows */
		now_is = mono_add_ms(now_is, 1000);
		timers_run(&w.timers, now_is);
		while (hear() != 0)
			continue;
	}
	ck_assert_int_eq(stat_of("pado") + stat_of("send_errors"), 256);
	send_padi(mn_mac, "");
	ck_assert_int_eq(stat_of("delayed"), 257);
}
END_TEST

static void
send_with(uint8_t code, uint16_t type, const void *p, size_t len)
{
	struct frame	f;

	begin(&f, code == PPPOE_PADI ? all_mac : ac_mac, mn_mac, code, 0);
	tag(&f, PPPOE_TAG_SERVICE, "", 0);
	if (code == PPPOE_PADR)
		tag(&f, PPPOE_TAG_COOKIE, w.cookie_bytes,
		    sizeof(w.cookie_bytes));
	tag(&f, type, p, len);
	put(&f);
}

/* RFC 4638 4: the client's tag comes back as it is. */
START_TEST(big_payloads)
{
	struct pppoe_params	params = usual;

	get_cookie(mn_mac);
	send_with(PPPOE_PADI, PPPOE_TAG_MAX_PAYLOAD, "\x05\xdc", 2);
	ck_assert_uint_eq(hear(), PPPOE_PADO);
	ck_assert(is(&got.max_payload, "\x05\xdc"));
	send_with(PPPOE_PADR, PPPOE_TAG_MAX_PAYLOAD, "\x05\xd8", 2);
	ck_assert_uint_eq(w.wish.mru, 1496);
	pppoe_link_ready(w.link);
	ck_assert_uint_eq(hear(), PPPOE_PADS);
	ck_assert(is(&got.max_payload, "\x05\xd8"));
	pppoe_link_free(w.link);
	hear();
	/* more than we can: still its own, and ours for LCP */
	send_with(PPPOE_PADR, PPPOE_TAG_MAX_PAYLOAD, "\x23\x28", 2);
	ck_assert_uint_eq(w.wish.mru, 1500);
	/* no more than without the tag */
	send_with(PPPOE_PADI, PPPOE_TAG_MAX_PAYLOAD, "\x05\xd4", 2);
	ck_assert_uint_eq(hear(), PPPOE_PADO);
	ck_assert(got.max_payload.p == NULL);

	teardown();
	params.max_payload = 1492;		/* an ordinary Ethernet */
	set_up_with(&params, &usual_shared);
	get_cookie(mn_mac);
	send_with(PPPOE_PADI, PPPOE_TAG_MAX_PAYLOAD, "\x05\xdc", 2);
	ck_assert_uint_eq(hear(), PPPOE_PADO);
	ck_assert(got.max_payload.p == NULL);
	send_with(PPPOE_PADR, PPPOE_TAG_MAX_PAYLOAD, "\x05\xdc", 2);
	ck_assert_uint_eq(w.wish.mru, 1492);
}
END_TEST

#define LINE	"\0\0\x0d\xe9\1\3abc\x81\1x\2\2re"

START_TEST(line_ids)
{
	struct pppoe_params	params = usual;

	get_cookie(mn_mac);
	send_with(PPPOE_PADR, PPPOE_TAG_VENDOR, LINE, sizeof(LINE) - 1);
	ck_assert_uint_eq(w.wanted, 1);
	ck_assert_uint_eq(w.wish.circuit_id.len, 3);
	ck_assert_mem_eq(w.wish.circuit_id.b, "abc", 3);
	ck_assert_uint_eq(w.wish.remote_id.len, 2);
	ck_assert_mem_eq(w.wish.remote_id.b, "re", 2);
	/* one that subscribers could have written is not believed */
	teardown();
	params.line_ids = false;
	set_up_with(&params, &usual_shared);
	get_cookie(mn_mac);
	send_with(PPPOE_PADR, PPPOE_TAG_VENDOR, LINE, sizeof(LINE) - 1);
	ck_assert_uint_eq(w.wanted, 1);
	ck_assert_uint_eq(w.wish.circuit_id.len, 0);
	ck_assert_uint_eq(w.wish.remote_id.len, 0);
}
END_TEST

START_TEST(strays)
{
	uint16_t	sid;
	int		i;

	pppoe_session_seen(w.e, mn_mac, 77);
	ck_assert_uint_eq(hear(), PPPOE_PADT);
	ck_assert_uint_eq(got.sid, 77);
	ck_assert_mem_eq(heard, mn_mac, 6);
	pppoe_session_seen(w.e, all_mac, 77);
	pppoe_session_seen(w.e, mn_mac, 0);
	ck_assert_uint_eq(hear(), 0);
	get_cookie(mn_mac);
	send_padr(mn_mac, "", "u1");
	pppoe_link_ready(w.link);
	ck_assert_uint_eq(hear(), PPPOE_PADS);
	sid = got.sid;
	pppoe_session_seen(w.e, mn_mac, sid);
	ck_assert_uint_eq(hear(), 0);		/* its own */
	pppoe_session_seen(w.e, mn2_mac, sid);
	ck_assert_uint_eq(hear(), PPPOE_PADT);	/* not this one's */
	ck_assert_mem_eq(heard, mn2_mac, 6);
	pppoe_link_free(w.link);
	ck_assert_uint_eq(hear(), PPPOE_PADT);
	pppoe_session_seen(w.e, mn_mac, sid);	/* its last frames */
	ck_assert_uint_eq(hear(), 0);
	now_is = mono_add_ms(now_is, 11000);
	timers_run(&w.timers, now_is);
	pppoe_session_seen(w.e, mn_mac, sid);	/* it has heard nothing */
	ck_assert_uint_eq(hear(), PPPOE_PADT);
	for (i = 0; i < 100; i++)
		pppoe_session_seen(w.e, mn_mac, 77);
	for (i = 0; hear() != 0; i++)
		continue;
	ck_assert_int_eq(i, 9);			/* ten a second in all */
}
END_TEST

/* ---- limits by themselves ---- */

START_TEST(delays)
{
	struct pppoe_delays	d = { 0 };

	ck_assert_int_eq(pppoe_delays_at(&d, 1000), 0);
	ck_assert_int_eq(pppoe_delays_add(&d, "50"), 0);
	ck_assert_int_eq(pppoe_delays_add(&d, "200:100"), 0);
	ck_assert_int_eq(pppoe_delays_add(&d, "300:100"), -EEXIST);
	ck_assert_int_eq(pppoe_delays_add(&d, "300:"), -EINVAL);
	ck_assert_int_eq(pppoe_delays_add(&d, ":300"), -EINVAL);
	ck_assert_int_eq(pppoe_delays_add(&d, ""), -EINVAL);
	ck_assert_int_eq(pppoe_delays_add(&d, "1x:300"), -EINVAL);
	ck_assert_int_eq(pppoe_delays_add(&d, "-2:300"), -EINVAL);
	ck_assert_int_eq(pppoe_delays_add(&d, "2001:300"), -ERANGE);
	ck_assert_int_eq(pppoe_delays_add(&d, "99999999999999999999:3"),
	    -ERANGE);
	ck_assert_int_eq(pppoe_delays_add(&d, "-1:300"), 0);
	ck_assert_int_eq(pppoe_delays_at(&d, 0), 50);
	ck_assert_int_eq(pppoe_delays_at(&d, 99), 50);
	ck_assert_int_eq(pppoe_delays_at(&d, 100), 200);
	ck_assert_int_eq(pppoe_delays_at(&d, 299), 200);
	ck_assert_int_eq(pppoe_delays_at(&d, 65535), PPPOE_NO_PADO);
	ck_assert_uint_eq(d.n, 3);
}
END_TEST

/* What an access node may say of a line, and what nobody may. */
START_TEST(tags_of_access_nodes)
{
	static const struct {
		const char	*bytes;
		size_t		 len;
		int		 rc, circuit, remote;
	} row[] = {
#define ROW(bytes)	bytes, sizeof(bytes) - 1
		{ ROW(LINE), 0, 3, 2 },
		{ ROW("\0\0\x0d\xe9"), 0, 0, 0 },
		{ ROW("\0\0\x0d"), 0, 0, 0 },
		{ ROW("\0\0\x0d\xea\1\3abc"), 0, 0, 0 },	/* another */
		{ ROW("\0\0\x0d\xe9\1\4abc"), -EPROTO, 0, 0 },
		{ ROW("\0\0\x0d\xe9\1"), -EPROTO, 0, 0 },
		{ ROW("\0\0\x0d\xe9\1\0"), -EPROTO, 0, 0 },
		{ ROW("\0\0\x0d\xe9\1\1a\1\1b"), -EPROTO, 0, 0 },
	};
	static uint8_t		long_id[4 + 2 + 64] = { 0, 0, 0x0d, 0xe9, 1,
				    63 };
	struct pppoe_packet	k;
	struct frame		f;
	size_t			i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		begin(&f, all_mac, mn_mac, PPPOE_PADI, 0);
		tag(&f, PPPOE_TAG_SERVICE, "", 0);
		tag(&f, PPPOE_TAG_VENDOR, row[i].bytes, row[i].len);
		ck_assert_int_eq(parse(&f, &k), row[i].rc);
		if (row[i].rc != 0)
			continue;
		ck_assert_uint_eq(k.circuit_id.len, row[i].circuit);
		ck_assert_uint_eq(k.remote_id.len, row[i].remote);
	}
	for (i = 0; i < 2; i++) {
		long_id[5] = (uint8_t)(63 + i);
		begin(&f, all_mac, mn_mac, PPPOE_PADI, 0);
		tag(&f, PPPOE_TAG_SERVICE, "", 0);
		tag(&f, PPPOE_TAG_VENDOR, long_id, 4 + 2 + 63 + i);
		ck_assert_int_eq(parse(&f, &k), i == 0 ? 0 : -EPROTO);
	}
	/* the subscriber's own beside the access node's */
	begin(&f, all_mac, mn_mac, PPPOE_PADI, 0);
	tag(&f, PPPOE_TAG_SERVICE, "", 0);
	tag(&f, PPPOE_TAG_VENDOR, LINE, sizeof(LINE) - 1);
	tag(&f, PPPOE_TAG_VENDOR, LINE, sizeof(LINE) - 1);
	ck_assert_int_eq(parse(&f, &k), -EPROTO);
}
END_TEST

START_TEST(max_payload_tag)
{
	struct pppoe_packet	k;
	struct frame		f;
	size_t			len;

	for (len = 0; len < 4; len++) {
		begin(&f, all_mac, mn_mac, PPPOE_PADI, 0);
		tag(&f, PPPOE_TAG_SERVICE, "", 0);
		tag(&f, PPPOE_TAG_MAX_PAYLOAD, "\5\xdc\0", len);
		ck_assert_int_eq(parse(&f, &k), len == 2 ? 0 : -EPROTO);
	}
	begin(&f, all_mac, mn_mac, PPPOE_PADI, 0);
	tag(&f, PPPOE_TAG_SERVICE, "", 0);
	tag(&f, PPPOE_TAG_MAX_PAYLOAD, "\5\xdc", 2);
	ck_assert_int_eq(parse(&f, &k), 0);
	ck_assert_uint_eq(k.max_payload, 1500);
	tag(&f, PPPOE_TAG_MAX_PAYLOAD, "\5\xdc", 2);
	ck_assert_int_eq(parse(&f, &k), -EPROTO);
}
END_TEST

int
main(void)
{
	const TTest *const pure[] = {
		padi, end_of_list, addresses_and_codes, rules_of_tags,
		too_much_is_not_built, cookies, services, session_ids,
		delays, tags_of_access_nodes, max_payload_tag,
	};
	const TTest *const live[] = {
		offers, offers_are_limited, session, forged_cookie,
		unknown_service, owner_refuses, limits, starts_are_limited,
		padt_from_the_peer, padt_to_the_peer,
		gone_before_it_was_ready, noise, silent_peers_settle,
		limits_in_all, limit_of_a_station, load_delays_offers,
		delayed_offers_are_bounded, big_payloads, line_ids, strays,
	};
	Suite	*s = suite_create("pppoe");
	TCase	*p = tcase_create("pure"), *l = tcase_create("live");
	size_t	 i;

	for (i = 0; i < sizeof(pure) / sizeof(pure[0]); i++)
		tcase_add_test(p, pure[i]);
	tcase_add_checked_fixture(l, setup, teardown);
	for (i = 0; i < sizeof(live) / sizeof(live[0]); i++)
		tcase_add_test(l, live[i]);
	suite_add_tcase(s, p);
	suite_add_tcase(s, l);
	return test_run(s);
}

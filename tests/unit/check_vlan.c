/* SPDX-License-Identifier: BSD-2-Clause */
/* VLANs of access interfaces: ranges, names, tags, and what is made for a
 * PADI. No sockets, no kernel. */
#include "config.h"

#include <errno.h>

#include "nasd/vlan_table.h"
#include "nasd/vlan_tag.h"
#include "tests/unit/test.h"

/* ---- ranges ---- */

static const struct {
	const char	*text;
	int		 rc;
} ranges[] = {
	{ "1", 0 }, { "4094", 0 }, { "100-199", 0 }, { "7-7", 0 },
	{ "100-199 inner 1-4094", 0 }, { "5 inner 6", 0 },
	{ "0", -ERANGE }, { "4095", -ERANGE }, { "99999999999", -ERANGE },
	{ "0-5", -ERANGE }, { "9-8", -ERANGE }, { "1 inner 0", -ERANGE },
	{ "1 inner 9-8", -ERANGE }, { "1 inner 4095", -ERANGE },
	{ "", -EINVAL }, { "-5", -EINVAL }, { "5-", -EINVAL },
	{ "5 ", -EINVAL }, { " 5", -EINVAL }, { "+5", -EINVAL },
	{ "0x10", -ERANGE }, { "5x", -EINVAL }, { "5 inner", -EINVAL },
	{ "5 inner ", -EINVAL }, { "5 inner 6 inner 7", -EINVAL },
	{ "5-6-7", -EINVAL }, { "5,6", -EINVAL },
};

START_TEST(texts)
{
	struct vlan_ranges v = { .qinq_type = VLAN_8021AD };

	ck_assert_msg(vlan_ranges_add(&v, ranges[_i].text) == ranges[_i].rc,
	    "\"%s\"", ranges[_i].text);
	ck_assert_uint_eq(v.n, ranges[_i].rc == 0);
}
END_TEST

static bool
have(const struct vlan_ranges *v, uint16_t type, uint16_t outer,
    uint16_t inner)
{
	const struct vlan_tag t = { type, outer, inner };

	return vlan_ranges_have(v, &t);
}

START_TEST(members)
{
	struct vlan_ranges v = { .qinq_type = VLAN_8021AD };
	unsigned i;

	ck_assert(!have(&v, VLAN_8021Q, 1, 0));
	ck_assert_int_eq(vlan_ranges_add(&v, "100-101"), 0);
	ck_assert_int_eq(vlan_ranges_add(&v, "101-102 inner 5-6"), 0);
	ck_assert(have(&v, VLAN_8021Q, 100, 0));
	ck_assert(have(&v, VLAN_8021Q, 101, 0));
	ck_assert(!have(&v, VLAN_8021Q, 99, 0));
	ck_assert(!have(&v, VLAN_8021Q, 102, 0));
	/* the type belongs to it */
	ck_assert(!have(&v, VLAN_8021AD, 100, 0));
	ck_assert(have(&v, VLAN_8021AD, 101, 5));
	ck_assert(have(&v, VLAN_8021AD, 102, 6));
	ck_assert(!have(&v, VLAN_8021AD, 102, 4));
	ck_assert(!have(&v, VLAN_8021AD, 102, 7));
	ck_assert(!have(&v, VLAN_8021AD, 100, 5));
	ck_assert(!have(&v, VLAN_8021Q, 101, 5));
	v.qinq_type = VLAN_8021Q;
	ck_assert(have(&v, VLAN_8021Q, 101, 5));
	ck_assert(!have(&v, VLAN_8021AD, 101, 5));
	for (i = v.n; i < VLAN_RANGES_MAX; i++)
		ck_assert_int_eq(vlan_ranges_add(&v, "1"), 0);
	ck_assert_int_eq(vlan_ranges_add(&v, "1"), -ENOSPC);
}
END_TEST

/* ---- names ---- */

START_TEST(names)
{
	const struct vlan_tag one = { VLAN_8021Q, 4094, 0 };
	const struct vlan_tag two = { VLAN_8021AD, 100, 4094 };
	const struct vlan_tag most = { VLAN_8021AD, 4094, 4094 };
	char name[VLAN_NAME], id[VLAN_PORT_ID];

	ck_assert_int_eq(vlan_name(name, "eth1", 3, &one, false), 0);
	ck_assert_str_eq(name, "eth1.4094");
	ck_assert_int_eq(vlan_name(name, "enp3s0", 3, &two, false), 0);
	ck_assert_str_eq(name, "enp3s0.100.4094");	/* just fits */
	ck_assert_int_eq(vlan_name(name, "enp3s0f", 3, &two, false), 0);
	ck_assert_str_eq(name, "nv3.100.4094");
	ck_assert_int_eq(vlan_name(name, "eth1", 18, &one, true), 0);
	ck_assert_str_eq(name, "nv12.4094");
	ck_assert_int_eq(vlan_name(name, "enp3s0f0", 0xfff, &most, false), 0);
	ck_assert_str_eq(name, "nvfff.4094.4094");
	ck_assert_int_eq(vlan_name(name, "enp3s0f0", 0x1000, &most, false),
	    -ENAMETOOLONG);
	vlan_port_id(id, "a-name-of-15-ch", &most);
	ck_assert_str_eq(id, "a-name-of-15-ch.4094.4094");
	vlan_port_id(id, "eth1", &one);
	ck_assert_str_eq(id, "eth1.4094");
}
END_TEST

START_TEST(aliases)
{
	static const char *const others[] = {
		"", "uplink", "nasd: type 88a8 VLAN 100.7 of eth1",
		"nasd: type 88a8 VLAN 100.7 of eth1; /run/other",
		"nasd: type 88a8 VLAN 0100.7 of eth1; /run/nasd",
		"nasd: type 88a8 VLAN 100.7 of eth1; /run/nasd2",
		"Nasd: type 88a8 VLAN 100.7 of eth1; /run/nasd",
	};
	const struct vlan_tag t = { VLAN_8021AD, 100, 7 };
	char alias[VLAN_ALIAS], parent[VLAN_NAME];
	struct vlan_tag back;
	size_t i;

	vlan_alias(alias, "eth1", &t, "/run/nasd");
	ck_assert(vlan_alias_read(alias, "/run/nasd", parent, &back));
	ck_assert_str_eq(parent, "eth1");
	ck_assert(vlan_tag_equal(&t, &back));
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		ck_assert_msg(!vlan_alias_read(others[i], "/run/nasd", parent,
		    &back), "%s", others[i]);
}
END_TEST

/* ---- frames ---- */

#define MACS	"\xff\xff\xff\xff\xff\xff\x02\0\0\0\0\x01"

static const struct {
	const char	*bytes;
	size_t		 len;
	uint16_t	 tci, type;
	int		 rc;
	struct vlan_tag	 tag;
} frames[] = {
#define FRAME(b)	b, sizeof(b) - 1
	{ FRAME(MACS "\x88\x63rest"), 0x6064, 0x8100, 0,
	    { 0x8100, 100, 0 } },
	{ FRAME(MACS "\x81\x00\xe0\x07\x88\x63rest"), 5, 0x88a8, 0,
	    { 0x88a8, 5, 7 } },
	/* a priority; none inside; three tags; another protocol; too short */
	{ FRAME(MACS "\x88\x63rest"), 0xe000, 0x8100, -EPROTO, { 0 } },
	{ FRAME(MACS "\x81\x00\xe0\x00\x88\x63rest"), 5, 0x88a8, -EPROTO,
	    { 0 } },
	{ FRAME(MACS "\x81\x00\0\x07\x81\x00\0\x07\x88\x63"), 5, 0x88a8,
	    -EPROTO, { 0 } },
	{ FRAME(MACS "\x88\xa8\0\x07\x88\x63rest"), 5, 0x88a8, -EPROTO,
	    { 0 } },
	{ FRAME(MACS "\x88\x64rest"), 5, 0x8100, -EPROTO, { 0 } },
	{ FRAME(MACS "\x81\x00\0\x07\x88"), 5, 0x8100, -EPROTO, { 0 } },
	{ FRAME(MACS "\x88"), 5, 0x8100, -EPROTO, { 0 } },
	{ FRAME(""), 5, 0x8100, -EPROTO, { 0 } },
};

START_TEST(tags)
{
	uint8_t frame[64];
	size_t len = frames[_i].len;
	struct vlan_tag t;

	memcpy(frame, frames[_i].bytes, len);
	ck_assert_int_eq(vlan_untag(frame, &len, frames[_i].tci,
	    frames[_i].type, &t), frames[_i].rc);
	if (frames[_i].rc != 0)
		return;
	ck_assert(vlan_tag_equal(&t, &frames[_i].tag));
	ck_assert_uint_eq(len, sizeof(MACS) - 1 + 6);
	ck_assert_mem_eq(frame, MACS "\x88\x63rest", len);
}
END_TEST

/* ---- what is made ---- */

static struct vlan_port port;
static mono_t now;
static unsigned idle;
static bool used;

static void
setup(void)
{
	struct vlan_limits l = { .ranges.qinq_type = VLAN_8021AD, .max = 3,
		.rate = 2, .idle_s = 10 };

	ck_assert_int_eq(vlan_ranges_add(&l.ranges, "100-199"), 0);
	ck_assert_int_eq(vlan_port_init(&port), 0);
	vlan_port_limit(&port, &l);
	now.ns = 1000 * INT64_C(1000000000);
	idle = 0;
	used = false;
}

static void
teardown(void)
{
	vlan_port_fini(&port);
}

static struct vlan *
padi(uint16_t outer)
{
	const struct vlan_tag t = { VLAN_8021Q, outer, 0 };

	return vlan_port_padi(&port, &t, now);
}

static struct vlan *
make(uint16_t outer)
{
	struct vlan *v = padi(outer);

	ck_assert_ptr_nonnull(v);
	vlan_opened(&port, v, now);
	v->pppoe = (struct pppoe *)&port;	/* served */
	return v;
}

static void
wait_ms(int64_t ms)
{
	now = mono_add_ms(now, ms);
}

static bool
is_used(void *arg, struct vlan *v)
{
	(void)arg;
	(void)v;
	return used;
}

static void
is_idle(void *arg, struct vlan *v)
{
	(void)arg;
	idle++;
	vlan_close(&port, v);
}

static void
sweep(void)
{
	const struct vlan_sweep s = { is_used, is_idle, NULL };

	vlan_port_sweep(&port, &s, now);
}

START_TEST(made_once)
{
	struct vlan *v = padi(100);

	ck_assert_ptr_nonnull(v);
	ck_assert_int_eq(v->state, VLAN_ASKED);
	/* while it is asked for, and when it is there */
	ck_assert_ptr_null(padi(100));
	vlan_opened(&port, v, now);
	ck_assert_ptr_null(padi(100));
	ck_assert_ptr_eq(vlan_port_find(&port, &v->tag), v);
	ck_assert_uint_eq(port.count.opened, 1);
	ck_assert_uint_eq(port.count.limit + port.count.rate +
	    port.count.out_of_range, 0);
}
END_TEST

START_TEST(bounded)
{
	ck_assert_ptr_null(padi(99));
	ck_assert_ptr_null(padi(200));
	ck_assert_uint_eq(port.count.out_of_range, 2);
	make(100);
	make(101);
	ck_assert_ptr_null(padi(102));		/* two a second */
	ck_assert_uint_eq(port.count.rate, 1);
	wait_ms(500);
	make(102);
	wait_ms(5000);
	ck_assert_ptr_null(padi(103));		/* three in all */
	ck_assert_uint_eq(port.count.limit, 1);
	ck_assert_uint_eq(port.n, 3);
	/* what is refused is not kept */
	ck_assert_uint_eq(table_count(&port.vlans), 3);
}
END_TEST

START_TEST(unused_ones_go)
{
	make(100);
	used = true;
	wait_ms(60000);
	sweep();
	used = false;
	wait_ms(9999);
	sweep();
	ck_assert_uint_eq(idle, 0);	/* counted from its last session on */
	wait_ms(1);
	sweep();
	ck_assert_uint_eq(idle, 1);
	ck_assert_uint_eq(port.n, 0);
	ck_assert_uint_eq(port.count.closed, 1);
	make(100);
}
END_TEST

START_TEST(not_served_any_more)
{
	struct vlan_limits none = { .max = 3, .rate = 2, .idle_s = 10 };
	struct vlan *v;

	v = make(100);
	v->gone = true;
	used = true;
	sweep();
	ck_assert_uint_eq(idle, 0);
	used = false;
	sweep();
	ck_assert_uint_eq(idle, 1);
	v = make(101);
	v->pppoe = NULL;		/* an earlier nasd's */
	sweep();
	ck_assert_uint_eq(idle, 2);
	wait_ms(1000);
	make(102);
	sweep();
	ck_assert_uint_eq(idle, 2);
	vlan_port_limit(&port, &none);	/* in no range */
	used = true;
	sweep();
	ck_assert_uint_eq(idle, 2);
	used = false;
	sweep();
	ck_assert_uint_eq(idle, 3);
}
END_TEST

START_TEST(failures)
{
	struct vlan *v = padi(100);

	ck_assert_ptr_nonnull(v);
	vlan_failed(&port, v, now);
	ck_assert_uint_eq(port.n, 0);
	ck_assert_uint_eq(port.n_failed, 1);
	wait_ms(VLAN_FAILED_MS - 1);
	sweep();
	ck_assert_ptr_null(padi(100));	/* not for each PADI */
	wait_ms(1);
	sweep();
	ck_assert_ptr_nonnull(padi(100));
	ck_assert_uint_eq(idle, 0);
}
END_TEST

START_TEST(failures_are_bounded)
{
	struct vlan_limits l = { .ranges.qinq_type = VLAN_8021AD, .max = 3,
		.rate = 1000000, .idle_s = 10 };
	struct vlan *v;
	unsigned i;

	ck_assert_int_eq(vlan_ranges_add(&l.ranges, "1-4094"), 0);
	vlan_port_limit(&port, &l);
	for (i = 1; i <= 2000; i++) {
		wait_ms(1);
		v = padi((uint16_t)i);
		ck_assert_ptr_nonnull(v);
		vlan_failed(&port, v, now);
	}
	ck_assert_uint_eq(port.n_failed, VLAN_FAILED_MAX);
	ck_assert_uint_eq(table_count(&port.vlans), VLAN_FAILED_MAX);
	ck_assert_uint_eq(port.count.failed, 2000);
	ck_assert_uint_eq(port.n, 0);
}
END_TEST

START_TEST(adopted)
{
	const struct vlan_tag t = { VLAN_8021Q, 900, 0 };
	unsigned i;

	/* as many as there were, whatever the limits are now */
	for (i = 0; i < 5; i++)
		ck_assert_ptr_nonnull(vlan_port_adopt(&port,
		    &(struct vlan_tag){ VLAN_8021Q, (uint16_t)(100 + i), 0 }));
	ck_assert_ptr_nonnull(vlan_port_adopt(&port, &t));
	ck_assert_uint_eq(port.n, 6);
	ck_assert_ptr_null(padi(150));
	ck_assert_uint_eq(port.count.limit, 1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("vlan");
	TCase *p = tcase_create("tags"), *t = tcase_create("table");

	tcase_add_loop_test(p, texts, 0,
	    (int)(sizeof(ranges) / sizeof(ranges[0])));
	tcase_add_test(p, members);
	tcase_add_test(p, names);
	tcase_add_test(p, aliases);
	tcase_add_loop_test(p, tags, 0,
	    (int)(sizeof(frames) / sizeof(frames[0])));
	suite_add_tcase(s, p);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, made_once);
	tcase_add_test(t, bounded);
	tcase_add_test(t, unused_ones_go);
	tcase_add_test(t, not_served_any_more);
	tcase_add_test(t, failures);
	tcase_add_test(t, failures_are_bounded);
	tcase_add_test(t, adopted);
	suite_add_tcase(s, t);
	return (test_run(s));
}

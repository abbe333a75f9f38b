/* SPDX-License-Identifier: BSD-2-Clause */
/* The bytes of the messages, taken apart here without the library that put
 * them together; and errors of a live kernel, for which nobody needs rights. */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/netlink.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "common/netlink.h"
#include "tests/unit/test.h"

static struct nl *nl;
static char dir[64];
static char text[65536];

static void
setup(void)
{
	test_dir_enter(dir);
	unsetenv("JOURNAL_STREAM");
	nl = nl_open();
	ck_assert_ptr_nonnull(nl);
	nl_begin(nl);
}

static void
teardown(void)
{
	nl_close(nl);
	test_dir_leave(dir);
}

static uint16_t
u16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, 2);
	return (v);
}

static uint32_t
u32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return (v);
}

/* The attribute reached from [p, end) by a path of types that ends with 0:
 * its payload and length. */
static const uint8_t *
find(const uint8_t *p, const uint8_t *end, const int *path, size_t *len)
{
	size_t l;

	while (p + 4 <= end) {
		l = u16(p);
		ck_assert_uint_ge(l, 4);
		ck_assert(p + l <= end);
		if ((u16(p + 2) & 0x3fff) == path[0]) {
			*len = l - 4;
			if (path[1] == 0)
				return (p + 4);
			return (find(p + 4, p + l, path + 1, len));
		}
		p += (l + 3) & ~(size_t)3;
	}
	return (NULL);
}

/* The payload of an attribute of message i, behind an extra header of so many
 * bytes; it must have len bytes. */
static const uint8_t *
attr(size_t i, size_t extra, size_t len, const int *path)
{
	const uint8_t *m, *p;
	size_t n, l;

	m = nl_batch_msg(nl, i, &n);
	ck_assert_ptr_nonnull(m);
	p = find(m + 16 + extra, m + n, path, &l);
	ck_assert_msg(p != NULL, "no attribute %d", path[0]);
	ck_assert_uint_eq(l, len);
	return (p);
}

#define ATTR(i, extra, len, ...)					\
	attr(i, extra, len, (const int[]){ __VA_ARGS__, 0 })

static void
has_head(size_t i, uint16_t type, uint16_t flags)
{
	const uint8_t *m;
	size_t n;

	m = nl_batch_msg(nl, i, &n);
	ck_assert_ptr_nonnull(m);
	ck_assert_uint_eq(u32(m), n);
	ck_assert_uint_eq(u16(m + 4), type);
	ck_assert_uint_eq(u16(m + 6), flags | NLM_F_REQUEST | NLM_F_ACK);
}

START_TEST(sit)
{
	const struct in_addr l = { htonl(0xc0000201) };
	const struct in_addr r = { htonl(0xc6336401) };

	ck_assert_int_eq(nl_sit_add(nl, "t1", l, r, 1480, 0), 0);
	has_head(0, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	ck_assert_str_eq((const char *)ATTR(0, 16, 3, 3), "t1");
	ck_assert_uint_eq(u32(ATTR(0, 16, 4, 4)), 1480);
	ck_assert_str_eq((const char *)ATTR(0, 16, 4, 18, 1), "sit");
	ck_assert_mem_eq(ATTR(0, 16, 4, 18, 2, 2), "\xc0\x00\x02\x01", 4);
	ck_assert_mem_eq(ATTR(0, 16, 4, 18, 2, 3), "\xc6\x33\x64\x01", 4);
	ck_assert_uint_eq(*ATTR(0, 16, 1, 18, 2, 4), 64);	/* ttl */
	ck_assert_uint_eq(*ATTR(0, 16, 1, 18, 2, 5), 1);	/* tos */
	ck_assert_uint_eq(*ATTR(0, 16, 1, 18, 2, 10), 1);	/* pmtudisc */
	ck_assert_int_eq(nl_sit_add(nl, "a-name-too-long-", l, r, 0, 0),
	    -ENAMETOOLONG);
	ck_assert_int_eq(nl_link_del(nl, "t1", 0), 1);
	has_head(1, RTM_DELLINK, 0);
	ck_assert_int_eq(nl_link_set_up(nl, 7, true), 2);
	has_head(2, RTM_NEWLINK, 0);
}
END_TEST

START_TEST(gre)
{
	const struct nl_gre g = { { htonl(0xc6336401) },
	    { htonl(0xc0000201) }, 0x01020304 };

	ck_assert_int_eq(nl_gre_external_add(nl, "g0", 1472, 0), 0);
	has_head(0, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	ck_assert_uint_eq(u32(ATTR(0, 16, 4, 4)), 1472);
	ck_assert_str_eq((const char *)ATTR(0, 16, 4, 18, 1), "gre");
	(void)ATTR(0, 16, 0, 18, 2, 18);	/* collect metadata */
	ck_assert_int_eq(nl_gre_add(nl, "g1", &g, 0xa0b0c0d0, 1472, 0), 1);
	has_head(1, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	ck_assert_str_eq((const char *)ATTR(1, 16, 3, 3), "g1");
	ck_assert_str_eq((const char *)ATTR(1, 16, 4, 18, 1), "gre");
	ck_assert_mem_eq(ATTR(1, 16, 2, 18, 2, 2), "\x20\0", 2);
	ck_assert_mem_eq(ATTR(1, 16, 2, 18, 2, 3), "\x20\0", 2);
	ck_assert_mem_eq(ATTR(1, 16, 4, 18, 2, 4), "\xa0\xb0\xc0\xd0", 4);
	ck_assert_mem_eq(ATTR(1, 16, 4, 18, 2, 5), "\1\2\3\4", 4);
	ck_assert_mem_eq(ATTR(1, 16, 4, 18, 2, 6), &g.local, 4);
	ck_assert_mem_eq(ATTR(1, 16, 4, 18, 2, 7), &g.remote, 4);
	ck_assert_uint_eq(*ATTR(1, 16, 1, 18, 2, 8), 64);	/* ttl */
	ck_assert_uint_eq(*ATTR(1, 16, 1, 18, 2, 9), 1);	/* tos */
	ck_assert_uint_eq(*ATTR(1, 16, 1, 18, 2, 10), 1);	/* pmtudisc */
	ck_assert_int_eq(nl_gre_add(nl, "a-name-too-long-", &g, 1, 0, 0),
	    -ENAMETOOLONG);
	ck_assert_int_eq(nl_gre_change(nl, "g1", &g, 0xa0b0c0d0, 1472), 2);
	has_head(2, RTM_NEWLINK, 0);
	ck_assert_str_eq((const char *)ATTR(2, 16, 3, 3), "g1");
	ck_assert_mem_eq(ATTR(2, 16, 4, 18, 2, 4), "\xa0\xb0\xc0\xd0", 4);
	ck_assert_mem_eq(ATTR(2, 16, 4, 18, 2, 5), "\1\2\3\4", 4);
	ck_assert_int_eq(nl_gre_external_add(nl, "a-name-too-long-", 0, 0),
	    -ENAMETOOLONG);
}
END_TEST

/* Routes into, and filters on, an external device. */
START_TEST(gre_external)
{
	const struct nl_gre g = { { htonl(0xc6336401) },
	    { htonl(0xc0000201) }, 0x01020304 };
	const struct nl_route6 r = { .dst_len = 64, .ifindex = 5,
	    .encap = &g };
	const struct nl_flower in = { .prio = 10, .handle = 7, .src_len = 64,
	    .came_in = &g };
	const struct nl_flower out = { .egress = true, .prio = 10, .handle = 8,
	    .src_len = 64, .go_in = &g };
	const uint8_t *m, *act;
	const int encap[] = { RTA_ENCAP, 0 };
	size_t n, l;

	ck_assert_int_eq(nl_route6_replace(nl, &r), 0);
	ck_assert_uint_eq(u16(ATTR(0, 12, 2, RTA_ENCAP_TYPE)), 2);
	ck_assert_mem_eq(ATTR(0, 12, 8, RTA_ENCAP, 1), "\0\0\0\0\1\2\3\4",
	    8);
	ck_assert_mem_eq(ATTR(0, 12, 4, RTA_ENCAP, 2), &g.remote, 4);
	ck_assert_mem_eq(ATTR(0, 12, 4, RTA_ENCAP, 3), &g.local, 4);
	ck_assert_uint_eq(*ATTR(0, 12, 1, RTA_ENCAP, 4), 64);
	ck_assert_uint_eq(*ATTR(0, 12, 1, RTA_ENCAP, 5), 1);
	/* key, don't fragment */
	ck_assert_mem_eq(ATTR(0, 12, 2, RTA_ENCAP, 6), "\1\4", 2);
	ck_assert_int_eq(nl_route6_del(nl, &r, 0), 1);
	m = nl_batch_msg(nl, 1, &n);
	ck_assert_ptr_null(find(m + 28, m + n, encap, &l));

	ck_assert_int_eq(nl_flower_add(nl, 9, &in), 2);
	m = nl_batch_msg(nl, 2, &n);
	ck_assert_uint_eq(u32(m + 28), 0xfffffff2);
	ck_assert_mem_eq(ATTR(2, 20, 4, TCA_OPTIONS, 26), "\1\2\3\4", 4);
	ck_assert_mem_eq(ATTR(2, 20, 4, TCA_OPTIONS, 27), &g.remote, 4);
	ck_assert_mem_eq(ATTR(2, 20, 4, TCA_OPTIONS, 28), "\xff\xff\xff\xff",
	    4);
	ck_assert_mem_eq(ATTR(2, 20, 4, TCA_OPTIONS, 29), &g.local, 4);
	ck_assert_mem_eq(ATTR(2, 20, 4, TCA_OPTIONS, 30), "\xff\xff\xff\xff",
	    4);
	ck_assert_str_eq((const char *)ATTR(2, 20, 5, TCA_OPTIONS, 3, 1, 1),
	    "gact");

	ck_assert_int_eq(nl_flower_add(nl, 9, &out), 3);
	m = nl_batch_msg(nl, 3, &n);
	ck_assert_uint_eq(u32(m + 28), 0xfffffff3);
	ck_assert_str_eq((const char *)ATTR(3, 20, 11, TCA_OPTIONS, 3, 1, 1),
	    "tunnel_key");
	act = ATTR(3, 20, 24, TCA_OPTIONS, 3, 1, 2, 2);
	ck_assert_uint_eq(u32(act + 8), 0);	/* TC_ACT_OK */
	ck_assert_uint_eq(u32(act + 20), 1);	/* set */
	ck_assert_mem_eq(ATTR(3, 20, 4, TCA_OPTIONS, 3, 1, 2, 3), &g.local,
	    4);
	ck_assert_mem_eq(ATTR(3, 20, 4, TCA_OPTIONS, 3, 1, 2, 4), &g.remote,
	    4);
	ck_assert_mem_eq(ATTR(3, 20, 4, TCA_OPTIONS, 3, 1, 2, 7),
	    "\1\2\3\4", 4);
	ck_assert_uint_eq(*ATTR(3, 20, 1, TCA_OPTIONS, 3, 1, 2, 10), 1);
	(void)ATTR(3, 20, 0, TCA_OPTIONS, 3, 1, 2, 14);	/* DF */
	ck_assert_int_eq(nl_flower_egress_del(nl, 9, 10, 8, 0), 4);
	m = nl_batch_msg(nl, 4, &n);
	ck_assert_uint_eq(u32(m + 24), 8);
	ck_assert_uint_eq(u32(m + 28), 0xfffffff3);
}
END_TEST

START_TEST(vlan)
{
	const struct nl_vlan v = { .name = "eth1.100", .link = 7,
		.type = 0x88a8, .id = 100 };

	ck_assert_int_eq(nl_vlan_add(nl, &v, 0), 0);
	has_head(0, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	ck_assert_str_eq((const char *)ATTR(0, 16, 9, 3), "eth1.100");
	ck_assert_uint_eq(u32(ATTR(0, 16, 4, 5)), 7);
	ck_assert_str_eq((const char *)ATTR(0, 16, 5, 18, 1), "vlan");
	ck_assert_uint_eq(u16(ATTR(0, 16, 2, 18, 2, 1)), 100);
	ck_assert_mem_eq(ATTR(0, 16, 2, 18, 2, 5), "\x88\xa8", 2);
	ck_assert_int_eq(nl_link_alias(nl, 9, "ours"), 1);
	has_head(1, RTM_NEWLINK, 0);
	ck_assert_str_eq((const char *)ATTR(1, 16, 5, 20), "ours");
}
END_TEST

static void
no_vlan(void *arg, const struct nl_vlan *v)
{
	(void)arg;
	ck_assert(v->is_vlan);
}

/* What any kernel can be asked. */
START_TEST(vlans)
{
	struct nl_vlan v;

	ck_assert_int_eq(nl_vlan_get(nl, "lo", &v), 0);
	ck_assert_str_eq(v.name, "lo");
	ck_assert_uint_eq(v.ifindex, nl_ifindex("lo"));
	ck_assert(!v.is_vlan);
	ck_assert_int_eq(nl_vlan_get(nl, "no-such-device", &v), -ENODEV);
	ck_assert_int_eq(nl_vlan_get(nl, "a-name-too-long-", &v),
	    -ENAMETOOLONG);
	ck_assert_int_eq(nl_vlans(nl, no_vlan, NULL), 0);
}
END_TEST

START_TEST(route)
{
	struct nl_route6 r = { .dst_len = 64, .ifindex = 5, .table = 1001,
	    .metric = 7 };
	const uint8_t *m;
	size_t n;

	inet_pton(AF_INET6, "2001:db8:100::", &r.dst);
	ck_assert_int_eq(nl_route6_add(nl, &r, 0), 0);
	has_head(0, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
	m = nl_batch_msg(nl, 0, &n);
	ck_assert_uint_eq(m[16], AF_INET6);
	ck_assert_uint_eq(m[17], 64);
	ck_assert_uint_eq(m[21], 134);
	ck_assert_uint_eq(m[23], RTN_UNICAST);
	ck_assert_mem_eq(ATTR(0, 12, 16, RTA_DST), &r.dst, 16);
	ck_assert_uint_eq(u32(ATTR(0, 12, 4, RTA_OIF)), 5);
	ck_assert_uint_eq(u32(ATTR(0, 12, 4, RTA_TABLE)), 1001);
	ck_assert_uint_eq(u32(ATTR(0, 12, 4, RTA_PRIORITY)), 7);
	r.type = RTN_BLACKHOLE;
	ck_assert_int_eq(nl_route6_replace(nl, &r), 1);
	has_head(1, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE);
	ck_assert_int_eq(nl_route6_del(nl, &r, 0), 2);
	has_head(2, RTM_DELROUTE, 0);
	r.dst_len = 129;
	ck_assert_int_eq(nl_route6_add(nl, &r, 0), -EINVAL);
}
END_TEST

START_TEST(rules)
{
	const struct nl_rule6 a = { .iif = "t1", .table = 1001,
	    .priority = 100 };
	const struct nl_rule6 b = { .fwmark = 17, .table = 1002,
	    .priority = 101 };

	ck_assert_int_eq(nl_rule6_add(nl, &a, 0), 0);
	ck_assert_int_eq(nl_rule6_del(nl, &b, 0), 1);
	has_head(0, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL);
	has_head(1, RTM_DELRULE, 0);
	ck_assert_str_eq((const char *)ATTR(0, 12, 3, 3), "t1");
	ck_assert_uint_eq(u32(ATTR(0, 12, 4, 15)), 1001);
	ck_assert_uint_eq(u32(ATTR(0, 12, 4, 6)), 100);
	ck_assert_uint_eq(u32(ATTR(1, 12, 4, 10)), 17);
	ck_assert_uint_eq(u32(ATTR(1, 12, 4, 16)), 0xffffffff);
}
END_TEST

START_TEST(ipv4)
{
	const struct in_addr a = { htonl(0xc0000201) };
	const struct nl_route4 r = { .dst = a, .dst_len = 32, .ifindex = 5,
	    .table = 1001 };
	const struct nl_route4 black = { .table = 1001,
	    .type = RTN_BLACKHOLE };
	const struct nl_rule4 rule = { .iif = "t1", .src = a, .table = 1001,
	    .priority = 100 };
	const uint8_t *m;
	size_t n;

	ck_assert_int_eq(nl_ipip_add(nl, "t1", a, a, 1480, 0), 0);
	has_head(0, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	ck_assert_str_eq((const char *)ATTR(0, 16, 5, 18, 1), "ipip");
	ck_assert_mem_eq(ATTR(0, 16, 4, 18, 2, 3), &a, 4);
	ck_assert_uint_eq(*ATTR(0, 16, 1, 18, 2, 9), 4);	/* proto */
	ck_assert_int_eq(nl_route4_replace(nl, &r), 1);
	has_head(1, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE);
	m = nl_batch_msg(nl, 1, &n);
	ck_assert_uint_eq(m[17], 32);
	ck_assert_uint_eq(m[21], 134);
	ck_assert_uint_eq(m[22], RT_SCOPE_LINK);
	ck_assert_uint_eq(u32(ATTR(1, 12, 4, RTA_TABLE)), 1001);
	ck_assert_mem_eq(ATTR(1, 12, 4, RTA_DST), &a, 4);
	ck_assert_int_eq(nl_route4_replace(nl, &black), 2);
	m = nl_batch_msg(nl, 2, &n);
	ck_assert_uint_eq(m[22], RT_SCOPE_UNIVERSE);
	ck_assert_uint_eq(m[23], RTN_BLACKHOLE);
	ck_assert_int_eq(nl_rule4_add(nl, &rule, 0), 3);
	m = nl_batch_msg(nl, 3, &n);
	ck_assert_uint_eq(m[18], 32);		/* src_len */
	ck_assert_mem_eq(ATTR(3, 12, 4, 2), &a, 4);
	ck_assert_uint_eq(u32(ATTR(3, 12, 4, 15)), 1001);
	ck_assert_int_eq(nl_neigh4_replace(nl, 5, a, (const uint8_t *)
	    "\2\3\4\5\6\7"), 4);
	has_head(4, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE);
	m = nl_batch_msg(nl, 4, &n);
	ck_assert_uint_eq(u32(m + 20), 5);
	ck_assert_uint_eq(u16(m + 24), 0x80);	/* permanent */
	ck_assert_mem_eq(ATTR(4, 12, 6, 2), "\2\3\4\5\6\7", 6);
	ck_assert_int_eq(nl_neigh4_del(nl, 5, a, 0), 5);
	has_head(5, RTM_DELNEIGH, 0);
	ck_assert_int_eq(nl_addr4_add(nl, 5, a, 0), 6);
	has_head(6, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
	m = nl_batch_msg(nl, 6, &n);
	ck_assert_uint_eq(m[17], 32);
	ck_assert_uint_eq(u32(m + 20), 5);
	ck_assert_mem_eq(ATTR(6, 8, 4, 2), &a, 4);
}
END_TEST

/* What the kernel is asked, and whether it takes that strictly. */
static uint8_t asked[256];
static int strict;

static int
strictness(const struct mnl_socket *s)
{
	socklen_t len = sizeof(int);
	int on = -1;

	ck_assert_int_eq(getsockopt(mnl_socket_get_fd(s), SOL_NETLINK,
	    NETLINK_GET_STRICT_CHK, &on, &len), 0);
	return (on);
}

ssize_t
mnl_socket_sendto(const struct mnl_socket *s, const void *buf, size_t len)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	if (len <= sizeof(asked))
		memcpy(asked, buf, len);
	strict = strictness(s);
	return (sendto(mnl_socket_get_fd(s), buf, len, 0,
	    (const struct sockaddr *)&kernel, sizeof(kernel)));
}

static void
route_seen(void *arg, const struct nl_route4 *r)
{
	ck_assert(r->table == 13500 || arg == NULL);
}

/* The kernel picks those of a table out of all there are, where it can; of one
 * that there is not there are none. Other questions are as they were. */
START_TEST(routes_of_a_table)
{
	struct nl_stats st;

	ck_assert_int_eq(nl_routes4(nl, 13500, route_seen, nl), 0);
	ck_assert_int_eq(strict, 1);
	ck_assert_uint_eq(u32(asked), 36);
	ck_assert_uint_eq(u16(asked + 4), RTM_GETROUTE);
	ck_assert_uint_eq(asked[16], AF_INET);
	ck_assert_uint_eq(asked[16 + 5], 134);	/* protocol */
	ck_assert_uint_eq(u16(asked + 30), RTA_TABLE);
	ck_assert_uint_eq(u32(asked + 32), 13500);
	ck_assert_int_eq(nl_routes4(nl, 0, route_seen, NULL), 0);
	ck_assert_uint_eq(u32(asked), 28);
	ck_assert_int_eq(nl_link_stats(nl, 1, &st), 0);
	ck_assert_int_eq(strict, 0);
}
END_TEST

START_TEST(filters)
{
	struct in6_addr src;
	const uint8_t *m, *sel, *act;
	size_t n;

	inet_pton(AF_INET6, "2001:db8:1:2:3::", &src);
	ck_assert_int_eq(nl_clsact_add(nl, 9, 0), 0);
	ck_assert_int_eq(nl_filter_pass_linklocal(nl, 9, 1, NULL), 1);
	ck_assert_int_eq(nl_filter_pass_source(nl, 9, 2, &src, 72, 17), 2);
	ck_assert_int_eq(nl_filter_drop_all(nl, 9, 3), 3);
	has_head(0, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL);
	m = nl_batch_msg(nl, 0, &n);
	ck_assert_uint_eq(u32(m + 20), 9);
	ck_assert_uint_eq(u32(m + 24), 0xffff0000);
	ck_assert_uint_eq(u32(m + 28), 0xfffffff1);
	ck_assert_str_eq((const char *)ATTR(0, 20, 7, TCA_KIND), "clsact");

	m = nl_batch_msg(nl, 1, &n);
	ck_assert_uint_eq(u32(m + 28), 0xfffffff2);
	ck_assert_uint_eq(u32(m + 32), 1 << 16 | htons(ETH_P_IPV6));
	/* sel: flags at 0, nkeys at 2, keys from 16: mask val off offmask */
	sel = ATTR(1, 20, 32, TCA_OPTIONS, 5);
	ck_assert_uint_eq(sel[0], 1);
	ck_assert_uint_eq(sel[2], 1);
	ck_assert_mem_eq(sel + 16, "\xff\xc0\x00\x00\xfe\x80\x00\x00", 8);
	ck_assert_uint_eq(u32(sel + 24), 8);
	ck_assert_str_eq((const char *)ATTR(1, 20, 5, TCA_OPTIONS, 7, 1, 1),
	    "gact");
	act = ATTR(1, 20, 20, TCA_OPTIONS, 7, 1, 2, 2);
	ck_assert_uint_eq(u32(act + 8), 0);	/* TC_ACT_OK */

	sel = ATTR(2, 20, 64, TCA_OPTIONS, 5);
	ck_assert_uint_eq(sel[2], 3);
	ck_assert_mem_eq(sel + 16, "\xff\xff\xff\xff\x20\x01\x0d\xb8", 8);
	ck_assert_mem_eq(sel + 32, "\xff\xff\xff\xff\x00\x01\x00\x02", 8);
	ck_assert_mem_eq(sel + 48, "\xff\x00\x00\x00\x00\x00\x00\x00", 8);
	ck_assert_uint_eq(u32(sel + 56), 16);
	ck_assert_str_eq((const char *)ATTR(2, 20, 8, TCA_OPTIONS, 7, 1, 1),
	    "skbedit");
	ck_assert_uint_eq(u32(ATTR(2, 20, 4, TCA_OPTIONS, 7, 1, 2, 5)), 17);

	m = nl_batch_msg(nl, 3, &n);
	ck_assert_uint_eq(u32(m + 32), 3 << 16 | htons(ETH_P_ALL));
	act = ATTR(3, 20, 20, TCA_OPTIONS, 2, 1, 2, 2);
	ck_assert_uint_eq(u32(act + 8), 2);	/* TC_ACT_SHOT */
}
END_TEST

/* Between devices without a header: in, but not what the host hears of itself;
 * out, but only what came in there. */
START_TEST(bridge_without_header)
{
	const uint8_t *m, *act;
	size_t n;

	ck_assert_int_eq(nl_redirect_heard(nl, 9, 1, 12), 0);
	ck_assert_int_eq(nl_redirect_all(nl, 12, 1, 9), 1);
	ck_assert_int_eq(nl_filter_out_pass(nl, 9, 1, "lo"), 2);
	ck_assert_int_eq(nl_filter_out_drop(nl, 9, 3), 3);
	ck_assert_int_eq(nl_filter_out_del(nl, 9, 1, 0), 4);

	m = nl_batch_msg(nl, 0, &n);
	ck_assert_uint_eq(u32(m + 28), 0xfffffff2);
	ck_assert_str_eq((const char *)ATTR(0, 20, 4, TCA_KIND), "bpf");
	ck_assert_mem_eq(ATTR(0, 20, 2, TCA_OPTIONS, 4), "\4\0", 2);
	ck_assert_uint_eq(u32(ATTR(0, 20, 32, TCA_OPTIONS, 5) + 4),
	    0xfffff004);	/* SKF_AD_PKTTYPE */
	act = ATTR(0, 20, 28, TCA_OPTIONS, 1, 1, 2, 2);
	ck_assert_uint_eq(u32(act + 8), 4);	/* TC_ACT_STOLEN */
	ck_assert_uint_eq(u32(act + 24), 12);

	m = nl_batch_msg(nl, 1, &n);
	ck_assert_uint_eq(u32(m + 20), 12);
	ck_assert_uint_eq(u32(m + 28), 0xfffffff2);
	ck_assert_str_eq((const char *)ATTR(1, 20, 9, TCA_KIND), "matchall");
	act = ATTR(1, 20, 28, TCA_OPTIONS, 2, 1, 2, 2);
	ck_assert_uint_eq(u32(act + 20), 1);	/* egress redirect */
	ck_assert_uint_eq(u32(act + 24), 9);

	m = nl_batch_msg(nl, 2, &n);
	ck_assert_uint_eq(u32(m + 28), 0xfffffff3);
	ck_assert_str_eq((const char *)ATTR(2, 20, 7, TCA_KIND), "flower");
	ck_assert_str_eq((const char *)ATTR(2, 20, 3, TCA_OPTIONS, 2), "lo");
	act = ATTR(2, 20, 20, TCA_OPTIONS, 3, 1, 2, 2);
	ck_assert_uint_eq(u32(act + 8), 0);	/* TC_ACT_OK */

	m = nl_batch_msg(nl, 3, &n);
	ck_assert_uint_eq(u32(m + 28), 0xfffffff3);
	ck_assert_uint_eq(u32(m + 32), 3 << 16 | htons(ETH_P_ALL));
	act = ATTR(3, 20, 20, TCA_OPTIONS, 2, 1, 2, 2);
	ck_assert_uint_eq(u32(act + 8), 2);	/* TC_ACT_SHOT */

	has_head(4, RTM_DELTFILTER, 0);
	m = nl_batch_msg(nl, 4, &n);
	ck_assert_uint_eq(u32(m + 28), 0xfffffff3);
	ck_assert_uint_eq(u32(m + 32), 1 << 16 | htons(ETH_P_IPV6));
}
END_TEST

/* What a filter's program, that of message i, says of a packet: a socket has
 * it, too. */
static bool
says(size_t i, unsigned n, const void *packet, size_t len)
{
	struct sock_filter code[16];
	struct sock_fprog prog = { (unsigned short)n, code };
	uint8_t byte;
	int fd[2];
	bool yes;

	ck_assert_uint_eq(u16(ATTR(i, 20, 2, TCA_OPTIONS, TCA_BPF_OPS_LEN)),
	    n);
	memcpy(code, ATTR(i, 20, n * sizeof(code[0]), TCA_OPTIONS,
	    TCA_BPF_OPS), n * sizeof(code[0]));
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, fd), 0);
	ck_assert_int_eq(setsockopt(fd[1], SOL_SOCKET, SO_ATTACH_FILTER, &prog,
	    sizeof(prog)), 0);
	(void)send(fd[0], packet, len, 0);
	yes = recv(fd[1], &byte, 1, MSG_DONTWAIT) == 1;
	close(fd[0]);
	close(fd[1]);
	return (yes);
}

static const struct {
	const char	*src, *dst;
	bool		 local, global;
} ways[] = {
	{ "fe80::1", "ff02::2", true, false },
	{ "::", "ff02::1:ff00:1", true, false },
	{ "2001:db8::1", "fe80::1", true, false },	/* NUD */
	{ "2001:db8::1", "febf::1", true, false },
	{ "2001:db8::1", "ff02::fb", true, false },
	{ "2001:db8::1", "ff31::fb", true, false },
	{ "fe80::1", "ff05::1:3", true, false },	/* MLD 1 */
	{ "febf::1", "2001:db8::2", true, false },
	{ "2001:db8::1", "2001:db8::2", false, true },
	{ "2000::1", "3fff:ffff::2", false, true },
	{ "2001:db8::1", "fec0::2", false, false },
	{ "2001:db8::1", "ff03::2", false, false },
	{ "2001:db8::1", "ff0e::2", false, false },
	{ "2001:db8::1", "fd02::2", false, false },
	{ "fd02::1", "2001:db8::2", false, false },
	{ "2001:db8::1", "4001:db8::2", false, false },
	{ "64:ff9b::1", "2001:db8::2", false, false },
	{ "ff02::1", "2001:db8::2", false, false },
};

/* What is link-local is counted by a filter of its own [D221]. */
START_TEST(bridge_of_what_is_local)
{
	static const uint8_t mn[6] = { 2, 0xff, 0x80, 0, 0x90, 1 };
	uint8_t frame[14 + 40] = { 0x33, 0x33, [12] = 0x86, [13] = 0xdd };
	struct sock_filter code[14];

	ck_assert_int_eq(nl_redirect_local(nl, 9, 1, mn, 12), 0);
	ck_assert_int_eq(nl_redirect_local(nl, 9, 1, NULL, 12), 1);
	ck_assert_str_eq((const char *)ATTR(0, 20, 4, TCA_KIND), "bpf");
	ck_assert_uint_eq(u32(ATTR(0, 20, 28, TCA_OPTIONS, 1, 1, 2, 2) + 24),
	    12);
	/* What the host hears of itself is nobody's. */
	memcpy(code, ATTR(1, 20, sizeof(code), TCA_OPTIONS, TCA_BPF_OPS),
	    sizeof(code));
	ck_assert_uint_eq(code[0].k, 0xfffff004);	/* SKF_AD_PKTTYPE */
	ck_assert_uint_eq(code[1].k, 5);		/* PACKET_LOOPBACK */
	ck_assert_uint_eq(code[2 + code[1].jt].code, BPF_RET | BPF_K);
	ck_assert_uint_eq(code[2 + code[1].jt].k, 0);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		memcpy(frame + 6, mn, 6);
		inet_pton(AF_INET6, ways[i].src, frame + 14 + 8);
		inet_pton(AF_INET6, ways[i].dst, frame + 14 + 24);
		ck_assert_msg(says(0, 16, frame, sizeof(frame)) ==
		    ways[i].local, "%s to %s", ways[i].src, ways[i].dst);
		ck_assert_int_eq(says(1, 14, frame + 14, 40), ways[i].local);
		ck_assert(!says(0, 16, frame, 21));
		frame[6 + i % 6] ^= 1;		/* somebody else's */
		ck_assert(!says(0, 16, frame, sizeof(frame)));
	}
}
END_TEST

/* Does u32's selector of message i, of n keys, match a packet in a frame? */
static bool
matches(size_t i, unsigned n, const uint8_t *packet)
{
	const uint8_t *sel = ATTR(i, 20, 16 + 16 * n, TCA_OPTIONS, 5);
	uint32_t mask, val, data;
	int off;

	ck_assert_uint_eq(sel[0], 1);			/* terminal */
	ck_assert_uint_eq(sel[2], n);
	for (const uint8_t *key = sel + 16; n > 0; n--, key += 16) {
		memcpy(&mask, key, sizeof(mask));
		memcpy(&val, key + 4, sizeof(val));
		memcpy(&off, key + 8, sizeof(off));
		ck_assert_uint_eq(u32(key + 12), 0);	/* offmask */
		memcpy(&data, packet + off, sizeof(data));
		if (((data ^ val) & mask) != 0)
			return (false);
	}
	return (true);
}

/* Most packets are from and to global addresses: they are told at once, and
 * none of them is one that is counted as local [D228]. */
START_TEST(bridge_of_most)
{
	static const uint8_t mn[6] = { 2, 0xff, 0x80, 0, 0x90, 1 };
	uint8_t frame[14 + 40] = { 0x33, 0x33, [12] = 0x86, [13] = 0xdd };
	const uint8_t *act;

	ck_assert_int_eq(nl_redirect_global(nl, 9, 1, mn, 12), 0);
	ck_assert_int_eq(nl_redirect_global(nl, 9, 1, NULL, 12), 1);
	ck_assert_int_eq(nl_bridge_up(nl, 9, 1, mn, 12), 2);
	for (size_t i = 0; i < 3; i++) {
		ck_assert_str_eq((const char *)ATTR(i, 20, 4, TCA_KIND),
		    "u32");
		act = ATTR(i, 20, 28, TCA_OPTIONS, 7, 1, 2, 2);
		ck_assert_uint_eq(u32(act + 8), 4);	/* TC_ACT_STOLEN */
		ck_assert_uint_eq(u32(act + 24), 12);
	}
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		memcpy(frame + 6, mn, 6);
		inet_pton(AF_INET6, ways[i].src, frame + 14 + 8);
		inet_pton(AF_INET6, ways[i].dst, frame + 14 + 24);
		ck_assert_msg(matches(0, 4, frame + 14) == ways[i].global,
		    "%s to %s", ways[i].src, ways[i].dst);
		ck_assert_int_eq(matches(1, 2, frame + 14), ways[i].global);
		ck_assert(matches(2, 2, frame + 14));
		frame[6 + i % 6] ^= 1;		/* somebody else's */
		ck_assert(!matches(0, 4, frame + 14));
		ck_assert(!matches(2, 2, frame + 14));
	}
}
END_TEST

/* The actions' structs begin with index, capabilities and verdict. */
START_TEST(bridge)
{
	static const uint8_t mn[6] = { 2, 0, 0, 0, 0, 1 },
	    router[6] = { 2, 0, 0, 0, 0, 2 };
	const uint8_t *m, *act;
	size_t n;

	ck_assert_int_eq(nl_bridge_up(nl, 9, 1, mn, 12), 0);
	ck_assert_int_eq(nl_bridge_down(nl, 12, 2, mn, router, 9), 1);
	ck_assert_int_eq(nl_filter_drop4(nl, 9, 3), 2);
	m = nl_batch_msg(nl, 2, &n);
	ck_assert_uint_eq(u32(m + 32), 3 << 16 | htons(ETH_P_IP));
	act = ATTR(2, 20, 20, TCA_OPTIONS, 2, 1, 2, 2);
	ck_assert_uint_eq(u32(act + 8), 2);	/* TC_ACT_SHOT */

	has_head(0, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL);
	m = nl_batch_msg(nl, 0, &n);
	ck_assert_uint_eq(u32(m + 20), 9);
	ck_assert_uint_eq(u32(m + 28), 0xfffffff2);
	ck_assert_uint_eq(u32(m + 32), 1 << 16 | htons(ETH_P_IPV6));
	ck_assert_str_eq((const char *)ATTR(0, 20, 4, TCA_KIND), "u32");
	ck_assert_str_eq((const char *)ATTR(0, 20, 7, TCA_OPTIONS, 7, 1, 1),
	    "mirred");
	act = ATTR(0, 20, 28, TCA_OPTIONS, 7, 1, 2, 2);
	ck_assert_uint_eq(u32(act + 8), 4);	/* TC_ACT_STOLEN */
	ck_assert_uint_eq(u32(act + 20), 1);	/* egress redirect */
	ck_assert_uint_eq(u32(act + 24), 12);

	m = nl_batch_msg(nl, 1, &n);
	ck_assert_uint_eq(u32(m + 20), 12);
	ck_assert_uint_eq(u32(m + 32), 2 << 16 | htons(ETH_P_IPV6));
	ck_assert_str_eq((const char *)ATTR(1, 20, 9, TCA_KIND), "matchall");
	ck_assert_str_eq((const char *)ATTR(1, 20, 5, TCA_OPTIONS, 2, 1, 1),
	    "vlan");
	act = ATTR(1, 20, 24, TCA_OPTIONS, 2, 1, 2, 2);
	ck_assert_uint_eq(u32(act + 8), 3);	/* TC_ACT_PIPE */
	ck_assert_uint_eq(u32(act + 20), 5);	/* push_eth */
	ck_assert_mem_eq(ATTR(1, 20, 6, TCA_OPTIONS, 2, 1, 2, 7), mn, 6);
	ck_assert_mem_eq(ATTR(1, 20, 6, TCA_OPTIONS, 2, 1, 2, 8), router, 6);
	act = ATTR(1, 20, 28, TCA_OPTIONS, 2, 2, 2, 2);
	ck_assert_uint_eq(u32(act + 20), 1);
	ck_assert_uint_eq(u32(act + 24), 9);
}
END_TEST

START_TEST(filter_of_ipv4)
{
	const uint8_t *m, *sel;
	struct in_addr src;
	size_t n;

	inet_pton(AF_INET, "10.0.0.7", &src);
	ck_assert_int_eq(nl_filter_pass_source4(nl, 9, 6, src), 0);
	ck_assert_int_eq(nl_filter_del4(nl, 9, 7, 0), 1);
	m = nl_batch_msg(nl, 0, &n);
	ck_assert_uint_eq(u32(m + 28), 0xfffffff2);
	ck_assert_uint_eq(u32(m + 32), 6 << 16 | htons(ETH_P_IP));
	sel = ATTR(0, 20, 32, TCA_OPTIONS, 5);
	ck_assert(sel[0] == 1 && sel[2] == 1);
	ck_assert_mem_eq(sel + 16, "\xff\xff\xff\xff\x0a\0\0\7", 8);
	ck_assert_uint_eq(u32(sel + 24), 12);
	ck_assert_str_eq((const char *)ATTR(0, 20, 5, TCA_OPTIONS, 7, 1, 1),
	    "gact");
	ck_assert_uint_eq(u32(ATTR(0, 20, 20, TCA_OPTIONS, 7, 1, 2, 2) + 8),
	    0);
	has_head(1, RTM_DELTFILTER, 0);
	m = nl_batch_msg(nl, 1, &n);
	ck_assert_uint_eq(u32(m + 32), 7 << 16 | htons(ETH_P_IP));
}
END_TEST

START_TEST(filters_deleted)
{
	const uint8_t *m;
	size_t n;

	ck_assert_int_eq(nl_filter_del(nl, 9, 2, 0), 0);
	ck_assert_int_eq(nl_flower_del(nl, 9, 4, 77, 0), 1);
	has_head(0, RTM_DELTFILTER, 0);
	m = nl_batch_msg(nl, 0, &n);
	ck_assert_uint_eq(n, 36);		/* of any kind */
	ck_assert_uint_eq(u32(m + 20), 9);
	ck_assert_uint_eq(u32(m + 24), 0);
	ck_assert_uint_eq(u32(m + 28), 0xfffffff2);
	ck_assert_uint_eq(u32(m + 32), 2 << 16 | htons(ETH_P_IPV6));
	has_head(1, RTM_DELTFILTER, 0);
	m = nl_batch_msg(nl, 1, &n);
	ck_assert_uint_eq(u32(m + 24), 77);
	ck_assert_uint_eq(u32(m + 32), 4 << 16 | htons(ETH_P_IPV6));
	ck_assert_str_eq((const char *)ATTR(1, 20, 7, TCA_KIND), "flower");
}
END_TEST

/* So many link-local packets pass, and no more. */
START_TEST(paced)
{
	const struct nl_pace pace = { 50, 100 };
	const uint8_t *sel, *p;

	ck_assert_int_eq(nl_filter_pass_linklocal(nl, 9, 1, &pace), 0);
	sel = ATTR(0, 20, 32, TCA_OPTIONS, 5);
	ck_assert_mem_eq(sel + 16, "\xff\xc0\x00\x00\xfe\x80\x00\x00", 8);
	ck_assert_str_eq((const char *)ATTR(0, 20, 7, TCA_OPTIONS, 7, 1, 1),
	    "police");
	p = ATTR(0, 20, 56, TCA_OPTIONS, 7, 1, 2, 1);
	ck_assert_uint_eq(u32(p), 0x40000009);
	ck_assert_uint_eq(u32(p + 4), 2);	/* TC_ACT_SHOT */
	ck_assert_uint_eq(u32(p + 28), 0);	/* no rate of bytes */
	ck_assert_uint_eq(u32(ATTR(0, 20, 4, TCA_OPTIONS, 7, 1, 2, 5)), 0);
	p = ATTR(0, 20, 8, TCA_OPTIONS, 7, 1, 2, TCA_POLICE_PKTRATE64);
	ck_assert_uint_eq(u32(p), 50);
	/* two seconds of 64 ns */
	p = ATTR(0, 20, 8, TCA_OPTIONS, 7, 1, 2, TCA_POLICE_PKTBURST64);
	ck_assert_uint_eq(u32(p), 31250000);
}
END_TEST

/* A shaper and a policer of 1 Mbit/s. */
START_TEST(rates)
{
	const struct nl_rate r = { 125000, 20000, 32768 };
	const struct nl_fair f = { false, 64, 1000, 24000, 119000 };
	const uint8_t *m, *p;
	size_t n;

	ck_assert_int_eq(nl_shaper_set(nl, 9, &r), 0);
	ck_assert_int_eq(nl_shaper_fair(nl, 9, &f), 1);
	ck_assert_int_eq(nl_policer_add(nl, 9, 2, &r), 2);
	ck_assert_int_eq(nl_policer_change(nl, 9, &r), 3);
	ck_assert_int_eq(nl_policer_del(nl, 9, 2, 0), 4);
	ck_assert_int_eq(nl_shaper_del(nl, 9, 0), 5);
	has_head(0, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE);
	m = nl_batch_msg(nl, 0, &n);
	ck_assert_uint_eq(u32(m + 24), 0x10000);
	ck_assert_uint_eq(u32(m + 28), 0xffffffff);
	ck_assert_str_eq((const char *)ATTR(0, 20, 4, TCA_KIND), "tbf");
	p = ATTR(0, 20, 36, TCA_OPTIONS, 1);	/* TCA_TBF_PARMS */
	ck_assert_uint_eq(p[1] & 0xf, 1);	/* Ethernet: no table */
	ck_assert_uint_eq(u32(p + 8), 125000);
	ck_assert_uint_eq(u32(p + 24), 32768);
	ck_assert_uint_eq(u32(ATTR(0, 20, 4, TCA_OPTIONS, 6)), 20000);
	m = nl_batch_msg(nl, 1, &n);
	ck_assert_uint_eq(u32(m + 28), 0x10001);
	ck_assert_uint_eq(u32(ATTR(1, 20, 4, TCA_OPTIONS, 1)), 24000);
	ck_assert_uint_eq(u32(ATTR(1, 20, 4, TCA_OPTIONS, 5)), 64);

	m = nl_batch_msg(nl, 2, &n);
	ck_assert_uint_eq(u32(m + 28), 0xfffffff2);
	ck_assert_uint_eq(u32(m + 32), 2 << 16 | htons(ETH_P_ALL));
	ck_assert_str_eq((const char *)ATTR(2, 20, 7, TCA_OPTIONS, 2, 1, 1),
	    "police");
	p = ATTR(2, 20, 56, TCA_OPTIONS, 2, 1, 2, 1);
	ck_assert_uint_eq(u32(p), 0x80000009);
	ck_assert_uint_eq(u32(p + 4), 2);	/* TC_ACT_SHOT */
	ck_assert_uint_eq(u32(p + 12), 2500000); /* 160 ms of 64 ns */
	ck_assert_uint_eq(u32(p + 28), 125000);
	(void)ATTR(2, 20, 1024, TCA_OPTIONS, 2, 1, 2, 2);
	/* what conforms goes on to the next filter */
	ck_assert_uint_eq(u32(ATTR(2, 20, 4, TCA_OPTIONS, 2, 1, 2, 5)),
	    0xffffffff);
	has_head(3, RTM_NEWACTION, NLM_F_CREATE | NLM_F_REPLACE);
	ck_assert_mem_eq(ATTR(3, 4, 56, 1, 1, 2, 1), p, 56);
	has_head(4, RTM_DELTFILTER, 0);
	has_head(5, RTM_DELQDISC, 0);
}
END_TEST

/* By name and index; lo is up or not, as the host has it. */
START_TEST(link_state)
{
	const unsigned lo = nl_ifindex("lo");
	struct ifreq ifr = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	ck_assert_int_eq(ioctl(fd, SIOCGIFFLAGS, &ifr), 0);
	close(fd);
	ck_assert_int_eq(nl_link_is_up("lo", lo),
	    (ifr.ifr_flags & IFF_UP) != 0);
	ck_assert(!nl_link_is_up("lo", lo + 1));
	ck_assert(!nl_link_is_up("no-such-device", lo));
	ck_assert(!nl_link_is_up("a-name-too-long-for-one", lo));
}
END_TEST

/* Each answer belongs to its message, in a batch larger than a chunk or the
 * first buffer. Nobody may do or needs to do any of this: as root the devices
 * do not exist, else there is no permission. */
START_TEST(errors)
{
	const char *line;
	int result[300];
	int saved, i;

	saved = test_log_begin();
	for (i = 0; i < 300; i++)
		ck_assert_int_eq(nl_link_del(nl, "nm4-none", i % 3 == 0 &&
		    geteuid() == 0 ? NL_IGN_NOENT : 0), i);
	ck_assert_int_lt(nl_commit(nl, result, 300), 0);
	test_log_end(saved, text, sizeof(text));
	for (i = 0; i < 300; i++) {
		if (geteuid() == 0 && i % 3 == 0)
			ck_assert_int_eq(result[i], 0);
		else
			ck_assert_int_ne(result[i], 0);
	}
	test_has(text, "[netlink]: deleting a device: ");
	for (i = 0, line = text; (line = strchr(line, '\n')) != NULL; i++)
		line++;
	ck_assert_int_le(i, 40);	/* whoever causes them floods no log */
	/* an empty one, and the next one counts from 0 */
	ck_assert_int_eq(nl_commit(nl, NULL, 0), 0);
	ck_assert_ptr_null(nl_batch_msg(nl, 0, &(size_t){ 0 }));
}
END_TEST

START_TEST(stats)
{
	struct nl_stats s;

	ck_assert_uint_ne(nl_ifindex("lo"), 0);
	ck_assert_uint_eq(nl_ifindex("nm4-none"), 0);
	ck_assert_int_eq(nl_link_stats(nl, nl_ifindex("lo"), &s), 0);
	ck_assert_uint_eq(s.rx_packets, s.tx_packets);
	ck_assert_int_eq(nl_link_stats(nl, 0x7ffffff0, &s), -ENODEV);
	nl_link_del(nl, "nm4-none", 0);
	ck_assert_int_eq(nl_link_stats(nl, 1, &s), -EBUSY);
}
END_TEST

struct seen {
	unsigned	n, lo;
};

static void
see(void *arg, unsigned ifindex, const struct nl_stats *st)
{
	struct seen *seen = arg;

	ck_assert_uint_eq(st->rx_dropped, 0);
	seen->n++;
	if (ifindex == nl_ifindex("lo"))
		seen->lo++;
}

START_TEST(stats_of_all)
{
	struct nl_gone *g = nl_gone_open();
	struct seen seen = { 0, 0 };

	ck_assert_int_eq(nl_link_stats_all(nl, see, &seen), 0);
	ck_assert_uint_eq(seen.lo, 1);
	/* nothing went, and nobody waits for it */
	ck_assert_ptr_nonnull(g);
	seen.n = 0;
	nl_gone_read(g, see, &seen);
	ck_assert_uint_eq(seen.n, 0);
	nl_gone_close(g);
	nl_link_del(nl, "nm4-none", 0);
	ck_assert_int_eq(nl_link_stats_all(nl, see, &seen), -EBUSY);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("netlink");
	TCase *t = tcase_create("netlink");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, sit);
	tcase_add_test(t, gre);
	tcase_add_test(t, gre_external);
	tcase_add_test(t, vlan);
	tcase_add_test(t, vlans);
	tcase_add_test(t, route);
	tcase_add_test(t, rules);
	tcase_add_test(t, ipv4);
	tcase_add_test(t, routes_of_a_table);
	tcase_add_test(t, filters);
	tcase_add_test(t, bridge);
	tcase_add_test(t, bridge_without_header);
	tcase_add_test(t, bridge_of_what_is_local);
	tcase_add_test(t, bridge_of_most);
	tcase_add_test(t, filter_of_ipv4);
	tcase_add_test(t, filters_deleted);
	tcase_add_test(t, paced);
	tcase_add_test(t, rates);
	tcase_add_test(t, link_state);
	tcase_add_test(t, errors);
	tcase_add_test(t, stats);
	tcase_add_test(t, stats_of_all);
	suite_add_tcase(s, t);
	return (test_run(s));
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* common/dhcp6: which messages are taken apart, and how; what is written is
 * read here byte by byte. */
#include <errno.h>

#include "common/wire.h"
#include "tests/unit/dhcp6_rig.h"

static struct dhcp6_msg got;

static int
decode(void)
{
	/* an allocation of exactly its size, for the sanitizer */
	uint8_t *copy = malloc(out_len > 0 ? out_len : 1);
	int err;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, out, out_len);
	err = dhcp6_decode(&got, copy, out_len);
	free(copy);
	return err;
}

/* One option of a SOLICIT with a client's identifier. */
static int
decode_with(uint16_t code, const void *bytes, size_t n)
{
	msg(1, 0x123456);
	opt_client(7);
	opt(code, bytes, n);
	return decode();
}

START_TEST(reads_all)
{
	const struct in6_addr a = ip6("2001:db8:1::5"), b = ip6("fe80::9");

	msg(3, 0xabcdef);
	opt_client(7);
	opt_server();
	opt_ia(3, 0x01020304, "2001:db8:1::5", "fe80::9");
	opt_ia(4, 5, NULL, NULL);
	opt_ia(25, 0x01020304, NULL, NULL);
	opt(8, "\0\0", 2);
	opt(14, "", 0);
	opt_oro(23, 82);
	opt(12345, "anything", 8);
	ck_assert_int_eq(decode(), 0);
	ck_assert_uint_eq(got.type, DHCP6_REQUEST);
	ck_assert_uint_eq(got.xid, 0xabcdef);
	ck_assert_uint_eq(got.client.len, 10);
	ck_assert_uint_eq(got.client.b[9], 7);
	ck_assert_uint_eq(got.server.len, 18);
	ck_assert_mem_eq(got.server.b, server_duid, 18);
	ck_assert_uint_eq(got.n_ia, 3);
	ck_assert_uint_eq(got.n_ia_more, 0);
	ck_assert_uint_eq(got.ia[0].code, 3);
	ck_assert_uint_eq(got.ia[0].iaid, 0x01020304);
	ck_assert_uint_eq(got.ia[0].n_addrs, 2);
	ck_assert_mem_eq(&got.ia[0].addr[0], &a, 16);
	ck_assert_mem_eq(&got.ia[0].addr[1], &b, 16);
	ck_assert_uint_eq(got.ia[1].code, 4);
	ck_assert_uint_eq(got.ia[1].iaid, 5);
	ck_assert_uint_eq(got.ia[2].code, 25);
	ck_assert(got.rapid_commit && got.has_oro && got.wants_dns &&
	    got.wants_sol_max_rt);
	ck_assert_uint_eq(got.n_relays, 0);
}
END_TEST

/* Cut anywhere but between two options it is malformed. */
START_TEST(cut_short)
{
	bool whole[sizeof(out)] = { false };

	msg(1, 1);
	whole[out_len] = true;
	opt_client(7);
	whole[out_len] = true;
	opt_ia(3, 1, "2001:db8::1", "2001:db8::2");
	whole[out_len] = true;
	opt_oro(23, 24);
	whole[out_len] = true;
	for (size_t n = out_len + 1; n-- > 0;) {
		out_len = n;
		ck_assert_msg((decode() == 0) == whole[n], "%zu bytes", n);
	}
}
END_TEST

START_TEST(duids)
{
	uint8_t duid[131] = { 0, 3 };

	msg(1, 1);
	opt(1, duid, 2);
	ck_assert_int_eq(decode(), -EBADMSG);
	msg(1, 1);
	opt(1, duid, 3);
	ck_assert_int_eq(decode(), 0);
	msg(1, 1);
	opt(1, duid, 130);
	ck_assert_int_eq(decode(), 0);
	ck_assert_uint_eq(got.client.len, 130);
	msg(1, 1);
	opt(1, duid, 131);
	ck_assert_int_eq(decode(), -EBADMSG);
	ck_assert_int_eq(decode_with(1, duid, 10), -EBADMSG);	/* two */
	ck_assert(dhcp6_duid_equal(&(struct dhcp6_duid){ 3, { 1, 2, 3 } },
	    &(struct dhcp6_duid){ 3, { 1, 2, 3, 4 } }));
	ck_assert(!dhcp6_duid_equal(&(struct dhcp6_duid){ 3, { 1, 2, 3 } },
	    &(struct dhcp6_duid){ 3, { 1, 2, 4 } }));
	ck_assert(!dhcp6_duid_equal(&(struct dhcp6_duid){ 3, { 1, 2, 3 } },
	    &(struct dhcp6_duid){ 4, { 1, 2, 3 } }));
}
END_TEST

START_TEST(malformed_options)
{
	static const uint8_t zero[40];
	static const uint8_t bad_addr[] = { 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 5, 0, 2, 1, 2 };
	static const uint8_t bad_in_ia[] = { 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 99, 0, 5, 1 };
	static const uint8_t bad_prefix[] = { 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 26, 0, 2, 1, 2 };

	ck_assert_int_eq(decode_with(3, zero, 11), -EBADMSG);
	ck_assert_int_eq(decode_with(3, zero, 12), 0);
	ck_assert_int_eq(decode_with(4, zero, 3), -EBADMSG);
	ck_assert_int_eq(decode_with(4, zero, 4), 0);
	ck_assert_int_eq(decode_with(25, zero, 11), -EBADMSG);
	ck_assert_int_eq(decode_with(3, bad_addr, sizeof(bad_addr)),
	    -EBADMSG);
	ck_assert_int_eq(decode_with(3, bad_in_ia, sizeof(bad_in_ia)),
	    -EBADMSG);
	ck_assert_int_eq(decode_with(25, bad_prefix, sizeof(bad_prefix)),
	    -EBADMSG);
	/* an address in an IA_PD is none, a prefix in an IA_NA neither */
	ck_assert_int_eq(decode_with(25, bad_addr, sizeof(bad_addr)), 0);
	ck_assert_int_eq(decode_with(3, bad_prefix, sizeof(bad_prefix)), 0);
	ck_assert_int_eq(decode_with(6, zero, 3), -EBADMSG);
	ck_assert_int_eq(decode_with(6, zero, 0), 0);
	ck_assert_int_eq(decode_with(8, zero, 1), -EBADMSG);
	ck_assert_int_eq(decode_with(8, zero, 2), 0);
	ck_assert_int_eq(decode_with(14, zero, 1), -EBADMSG);
	ck_assert_int_eq(decode_with(14, zero, 0), 0);
	opt(14, zero, 0);
	ck_assert_int_eq(decode(), -EBADMSG);	/* two of them */
}
END_TEST

START_TEST(many_ias)
{
	msg(1, 1);
	for (unsigned i = 0; i < DHCP6_IAS + 3; i++)
		opt_ia(3, i, NULL, NULL);
	ck_assert_int_eq(decode(), 0);
	ck_assert_uint_eq(got.n_ia, DHCP6_IAS);
	ck_assert_uint_eq(got.n_ia_more, 3);
	/* an IAID of each kind, but not twice of one */
	msg(1, 1);
	opt_ia(3, 7, NULL, NULL);
	opt_ia(4, 7, NULL, NULL);
	opt_ia(25, 7, NULL, NULL);
	ck_assert_int_eq(decode(), 0);
	opt_ia(3, 7, NULL, NULL);
	ck_assert_int_eq(decode(), -EBADMSG);
}
END_TEST

START_TEST(many_addresses)
{
	size_t mark, addr;

	msg(1, 1);
	mark = opt_open(3);
	put_n(1, 4);
	put_n(0, 8);
	for (unsigned i = 0; i < DHCP6_IA_ADDRS + 5; i++) {
		addr = opt_open(5);
		put_n(i, 16);
		put_n(0, 8);
		opt_close(addr);
	}
	opt_close(mark);
	ck_assert_int_eq(decode(), 0);
	ck_assert_uint_eq(got.ia[0].n_addrs, DHCP6_IA_ADDRS + 5);
	ck_assert_uint_eq(got.ia[0].addr[3].s6_addr[15], 3);
}
END_TEST

START_TEST(types)
{
	for (unsigned type = 0; type < 256; type++) {
		msg((uint8_t)type, 1);
		if (type == 12)		/* without anything in it */
			ck_assert_int_eq(decode(), -EBADMSG);
		else
			ck_assert_int_eq(decode(), type >= 1 && type <= 13 ?
			    0 : -EPROTONOSUPPORT);
	}
	ck_assert_str_eq(dhcp6_type_text(11), "information-request");
	ck_assert_ptr_null(dhcp6_type_text(0));
	ck_assert_ptr_null(dhcp6_type_text(14));
}
END_TEST

START_TEST(relays)
{
	const struct in6_addr link = ip6("2001:db8::1"), peer = ip6("fe80::7");

	msg(5, 0x42);
	opt_client(1);
	relay(0, "::", "fe80::7", "port 7", "line 7");
	relay(1, "2001:db8::1", "fe80::8", NULL, NULL);
	ck_assert_int_eq(decode(), 0);
	ck_assert_uint_eq(got.type, DHCP6_RENEW);
	ck_assert_uint_eq(got.xid, 0x42);
	ck_assert_uint_eq(got.n_relays, 2);
	ck_assert_uint_eq(got.relay[0].hops, 1);
	ck_assert_mem_eq(&got.relay[0].link, &link, 16);
	ck_assert(!got.relay[0].has_interface_id);
	ck_assert_uint_eq(got.relay[0].remote_id.len, 0);
	ck_assert_mem_eq(&got.relay[1].peer, &peer, 16);
	ck_assert(got.relay[1].has_interface_id);
	ck_assert_uint_eq(got.relay[1].interface_id.len, 6);
	ck_assert_mem_eq(got.relay[1].interface_id.b, "port 7", 6);
	ck_assert_uint_eq(got.relay[1].enterprise, 3561);
	ck_assert_uint_eq(got.relay[1].remote_id.len, 6);
	ck_assert_mem_eq(got.relay[1].remote_id.b, "line 7", 6);
}
END_TEST

START_TEST(bad_relays)
{
	char id[DHCP6_RELAY_ID_MAX + 2];

	memset(id, 'x', sizeof(id));
	id[DHCP6_RELAY_ID_MAX + 1] = '\0';
	msg(1, 1);
	relay(0, "::", "fe80::7", id, NULL);
	ck_assert_int_eq(decode(), -E2BIG);
	msg(1, 1);
	relay(0, "::", "fe80::7", NULL, id);
	ck_assert_int_eq(decode(), -E2BIG);
	id[DHCP6_RELAY_ID_MAX] = '\0';
	msg(1, 1);
	relay(0, "::", "fe80::7", id, id);
	ck_assert_int_eq(decode(), 0);
	ck_assert_uint_eq(got.relay[0].interface_id.len, DHCP6_RELAY_ID_MAX);
	for (unsigned i = 1; i < DHCP6_RELAYS; i++)
		relay((uint8_t)i, "::", "fe80::7", "i", NULL);
	ck_assert_int_eq(decode(), 0);
	relay(4, "::", "fe80::7", "i", NULL);
	ck_assert_int_eq(decode(), -E2BIG);
	/* an empty message in it, two, and two Interface-Ids */
	out_len = 0;
	relay(0, "::", "fe80::7", "i", NULL);
	ck_assert_int_eq(decode(), -EBADMSG);
	msg(1, 1);
	relay(0, "::", "fe80::7", "i", NULL);
	opt(9, "\1\0\0\1", 4);
	ck_assert_int_eq(decode(), -EBADMSG);
	msg(1, 1);
	relay(0, "::", "fe80::7", "i", NULL);
	opt(18, "j", 1);
	ck_assert_int_eq(decode(), -EBADMSG);
	/* a Remote-Id without one */
	msg(1, 1);
	relay(0, "::", "fe80::7", NULL, "");
	ck_assert_int_eq(decode(), -EBADMSG);
	/* a Relay-reply, also in a Relay-forward, is nothing for us */
	msg(13, 1);
	relay(0, "::", "fe80::7", NULL, NULL);
	ck_assert_int_eq(decode(), 0);
	ck_assert_uint_eq(got.type, DHCP6_RELAY_REPL);
}
END_TEST

START_TEST(writes)
{
	const struct in6_addr a = ip6("2001:db8::5");
	const struct dhcp6_duid duid = { 4, { 0, 2, 0, 9 } };
	uint8_t buf[256];
	struct wire_w w;
	struct got g;
	size_t mark;

	wire_w_init(&w, buf, sizeof(buf));
	dhcp6_put_head(&w, DHCP6_REPLY, 0x010203);
	dhcp6_put_duid(&w, DHCP6_OPT_SERVERID, &duid);
	mark = dhcp6_begin_ia(&w, DHCP6_OPT_IA_NA, 77, 1800, 2880);
	dhcp6_put_addr(&w, &a, 3600, 7200);
	dhcp6_put_status(&w, DHCP6_NOT_ON_LINK, "no");
	dhcp6_end(&w, mark);
	dhcp6_end(&w, dhcp6_begin_ia(&w, DHCP6_OPT_IA_TA, 78, 1, 2));
	dhcp6_put_u8(&w, DHCP6_OPT_PREFERENCE, 255);
	dhcp6_put_u32(&w, DHCP6_OPT_SOL_MAX_RT, 86400);
	dhcp6_put_dns(&w, &a, 1);
	dhcp6_put_empty(&w, DHCP6_OPT_RAPID_COMMIT);
	ck_assert(!w.err);
	g = take_apart(buf, w.len);
	ck_assert_uint_eq(g.type, 7);
	ck_assert_uint_eq(g.xid, 0x010203);
	ck_assert_uint_eq(g.server_len, 4);
	ck_assert_uint_eq(g.n_ia, 2);
	ck_assert_uint_eq(g.ia[0].iaid, 77);
	ck_assert_uint_eq(g.ia[0].t1, 1800);
	ck_assert_uint_eq(g.ia[0].t2, 2880);
	ck_assert_uint_eq(g.ia[0].preferred[0], 3600);
	ck_assert_uint_eq(g.ia[0].valid[0], 7200);
	ck_assert_mem_eq(&g.ia[0].addr[0], &a, 16);
	ck_assert_uint_eq(g.ia[0].status, 4);
	ck_assert_str_eq(g.ia[0].text, "no");
	ck_assert_uint_eq(g.ia[1].iaid, 78);
	ck_assert_uint_eq(g.preference, 255);
	ck_assert_uint_eq(g.sol_max_rt, 86400);
	ck_assert_mem_eq(&g.dns[0], &a, 16);
	ck_assert(g.rapid);
	/* whatever room there is, nothing is written behind it */
	for (size_t cap = 0; cap < w.len; cap++) {
		struct wire_w small;

		buf[cap] = 0xa5;
		wire_w_init(&small, buf, cap);
		dhcp6_put_head(&small, DHCP6_REPLY, 1);
		mark = dhcp6_begin_ia(&small, DHCP6_OPT_IA_NA, 77, 1, 2);
		dhcp6_put_addr(&small, &a, 3600, 7200);
		dhcp6_put_status(&small, DHCP6_NOT_ON_LINK, "no");
		dhcp6_end(&small, mark);
		ck_assert_uint_eq(buf[cap], 0xa5);
		ck_assert(small.err == (cap < 4 + 16 + 28 + 8));
	}
}
END_TEST

/* Back by the same relays, the outermost one first [19.3]. */
START_TEST(writes_relays)
{
	size_t mark[DHCP6_RELAYS];
	uint8_t buf[256], want[256];
	struct wire_w w;
	size_t n;

	msg(1, 1);
	relay(0, "::", "fe80::7", "if7", "remote");
	relay(1, "2001:db8::1", "fe80::8", NULL, NULL);
	ck_assert_int_eq(decode(), 0);
	wire_w_init(&w, buf, sizeof(buf));
	dhcp6_put_relays(&w, &got, mark);
	dhcp6_put_head(&w, DHCP6_ADVERTISE, 1);
	dhcp6_end_relays(&w, &got, mark);
	ck_assert(!w.err);
	/* the same without the Remote-Id, and with other types */
	msg(2, 1);
	relay(0, "::", "fe80::7", "if7", NULL);
	out[0] = 13;
	relay(1, "2001:db8::1", "fe80::8", NULL, NULL);
	out[0] = 13;
	n = out_len;
	memcpy(want, out, n);
	ck_assert_uint_eq(w.len, n);
	ck_assert_mem_eq(buf, want, n);
}
END_TEST

TEST_MAIN("dhcp6", reads_all, cut_short, duids, malformed_options, many_ias,
    many_addresses, types, relays, bad_relays, writes, writes_relays)

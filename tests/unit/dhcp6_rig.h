/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A DHCPv6 server's other side: messages put together and answers taken apart
 * here by RFC 8415's figures, without the code they test. For check_dhcp6*.
 */
#ifndef TESTS_UNIT_DHCP6_RIG_H
#define TESTS_UNIT_DHCP6_RIG_H

#include <arpa/inet.h>

#include "common/dhcp6.h"
#include "tests/unit/test.h"

/* A message under construction; options nest by open and close. */
static uint8_t out[4096];
static size_t out_len;

static inline void
put(const void *bytes, size_t n)
{
	ck_assert_uint_le(out_len + n, sizeof(out));
	memcpy(out + out_len, bytes, n);
	out_len += n;
}

static inline void
put_n(uint64_t v, unsigned bytes)
{
	while (bytes-- > 0) {
		uint8_t b = bytes < 8 ? (uint8_t)(v >> (8 * bytes)) : 0;

		put(&b, 1);
	}
}

static inline struct in6_addr
ip6(const char *s)
{
	struct in6_addr a;

	ck_assert_int_eq(inet_pton(AF_INET6, s, &a), 1);
	return a;
}

static inline void
put_ip6(const char *s)
{
	struct in6_addr a = ip6(s);

	put(&a, 16);
}

static inline void
msg(uint8_t type, uint32_t xid)
{
	out_len = 0;
	put_n(type, 1);
	put_n(xid, 3);
}

static inline size_t
opt_open(uint16_t code)
{
	put_n(code, 2);
	put_n(0, 2);
	return out_len;
}

static inline void
opt_close(size_t mark)
{
	out[mark - 2] = (uint8_t)((out_len - mark) >> 8);
	out[mark - 1] = (uint8_t)(out_len - mark);
}

static inline void
opt(uint16_t code, const void *bytes, size_t n)
{
	size_t mark = opt_open(code);

	put(bytes, n);
	opt_close(mark);
}

/* A client's DUID-LL, by its last byte. */
static inline void
opt_client(uint8_t who)
{
	const uint8_t duid[] = { 0, 3, 0, 1, 2, 0, 0, 0, 0, who };

	opt(1, duid, sizeof(duid));
}

static const uint8_t server_duid[] = { 0, 4, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
	12, 13, 14, 15, 16 };

static inline void
opt_server(void)
{
	opt(2, server_duid, sizeof(server_duid));
}

/* An IA_NA, IA_TA or IA_PD with up to two addresses (NULL: none). */
static inline void
opt_ia(uint16_t code, uint32_t iaid, const char *a1, const char *a2)
{
	const char *const a[] = { a1, a2 };
	size_t mark = opt_open(code), addr;

	put_n(iaid, 4);
	if (code != 4)
		put_n(0, 8);
	for (unsigned i = 0; i < 2; i++) {
		if (a[i] == NULL)
			continue;
		addr = opt_open(5);
		put_ip6(a[i]);
		put_n(0, 8);
		opt_close(addr);
	}
	opt_close(mark);
}

static inline void
opt_oro(uint16_t a, uint16_t b)
{
	size_t mark = opt_open(6);

	put_n(a, 2);
	put_n(b, 2);
	opt_close(mark);
}

/* Puts what there is into a RELAY-FORW. */
static inline void
relay(uint8_t hops, const char *link, const char *peer,
    const char *interface_id, const char *remote_id)
{
	static uint8_t inner[sizeof(out)];
	size_t n = out_len, mark;

	memcpy(inner, out, n);
	out_len = 0;
	put_n(12, 1);
	put_n(hops, 1);
	put_ip6(link);
	put_ip6(peer);
	if (interface_id != NULL)
		opt(18, interface_id, strlen(interface_id));
	opt(9, inner, n);
	if (remote_id == NULL)
		return;
	mark = opt_open(37);
	put_n(3561, 4);
	put(remote_id, strlen(remote_id));
	opt_close(mark);
}

#define GOT_IAS	16

struct got_ia {
	unsigned	code, status, n_addrs;
	bool		has_status;
	char		text[128];
	uint32_t	iaid, t1, t2, preferred[8], valid[8];
	struct in6_addr	addr[8];
};

struct got {
	unsigned	type, status, n_ia, n_dns, preference, n_options;
	uint32_t	xid, sol_max_rt;
	bool		has_status, rapid, has_preference;
	uint8_t		client[256], server[256];
	size_t		client_len, server_len;
	struct in6_addr	dns[8];
	struct got_ia	ia[GOT_IAS];
};

static inline uint32_t
get_n(const uint8_t *p, unsigned bytes)
{
	uint32_t v = 0;

	while (bytes-- > 0)
		v = v << 8 | *p++;
	return v;
}

/* Calls fn for each option; each must be whole. */
static inline void
each_option(const uint8_t *p, size_t n, void (*fn)(void *, unsigned,
    const uint8_t *, size_t), void *arg)
{
	while (n > 0) {
		size_t len;

		ck_assert_uint_ge(n, 4);
		len = get_n(p + 2, 2);
		ck_assert_uint_ge(n - 4, len);
		fn(arg, get_n(p, 2), p + 4, len);
		p += 4 + len;
		n -= 4 + len;
	}
}

static inline void
got_ia_option(void *arg, unsigned code, const uint8_t *p, size_t n)
{
	struct got_ia *ia = arg;

	if (code == 13) {
		ck_assert_uint_ge(n, 2);
		ck_assert_uint_lt(n - 2, sizeof(ia->text));
		ck_assert(!ia->has_status);
		ia->has_status = true;
		ia->status = get_n(p, 2);
		memcpy(ia->text, p + 2, n - 2);
		return;
	}
	ck_assert_uint_eq(code, 5);
	ck_assert_uint_eq(n, 24);
	ck_assert_uint_lt(ia->n_addrs, 8);
	memcpy(&ia->addr[ia->n_addrs], p, 16);
	ia->preferred[ia->n_addrs] = get_n(p + 16, 4);
	ia->valid[ia->n_addrs++] = get_n(p + 20, 4);
}

static inline void
got_ia_of(struct got *g, unsigned code, const uint8_t *p, size_t n)
{
	struct got_ia *ia = &g->ia[g->n_ia++];
	size_t head = code == 4 ? 4 : 12;

	ck_assert_uint_le(g->n_ia, GOT_IAS);
	ck_assert_uint_ge(n, head);
	ia->code = code;
	ia->iaid = get_n(p, 4);
	ia->t1 = code == 4 ? 0 : get_n(p + 4, 4);
	ia->t2 = code == 4 ? 0 : get_n(p + 8, 4);
	each_option(p + head, n - head, got_ia_option, ia);
}

static inline void
got_option(void *arg, unsigned code, const uint8_t *p, size_t n)
{
	struct got *g = arg;

	g->n_options++;
	switch (code) {
	case 1:
		ck_assert_uint_eq(g->client_len, 0);
		memcpy(g->client, p, g->client_len = n);
		break;
	case 2:
		ck_assert_uint_eq(g->server_len, 0);
		memcpy(g->server, p, g->server_len = n);
		break;
	case 3:
	case 4:
	case 25:
		got_ia_of(g, code, p, n);
		break;
	case 7:
		ck_assert_uint_eq(n, 1);
		g->has_preference = true;
		g->preference = *p;
		break;
	case 13:
		ck_assert_uint_ge(n, 2);
		g->has_status = true;
		g->status = get_n(p, 2);
		break;
	case 14:
		ck_assert_uint_eq(n, 0);
		g->rapid = true;
		break;
	case 23:
		ck_assert_uint_eq(n % 16, 0);
		memcpy(g->dns, p, n);
		g->n_dns = (unsigned)(n / 16);
		break;
	case 82:
		ck_assert_uint_eq(n, 4);
		g->sol_max_rt = get_n(p, 4);
		break;
	default:
		ck_abort_msg("option %u in an answer", code);
	}
}

static inline struct got
take_apart(const uint8_t *p, size_t n)
{
	struct got g = { 0 };

	ck_assert_uint_ge(n, 4);
	g.type = p[0];
	g.xid = get_n(p + 1, 3);
	each_option(p + 4, n - 4, got_option, &g);
	return g;
}

#endif

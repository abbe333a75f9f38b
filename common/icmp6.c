/* SPDX-License-Identifier: BSD-2-Clause */
/* Router Solicitations and Advertisements; see common/icmp6.h. Neighbour: nd6.c
 * has the other two. */
#include "common/icmp6.h"

#include <errno.h>
#include <string.h>

#include "common/wire.h"

#define TYPE_RS		133
#define TYPE_RA		134

/* Options; their length byte counts 8 bytes [RFC 4861 4.6]. */
#define OPT_SLLA	1
#define OPT_PREFIX	3
#define OPT_MTU		5
#define OPT_RDNSS	25	/* RFC 8106 5.1 */

#define RA_M		0x80
#define RA_O		0x40
#define PREFIX_L	0x80
#define PREFIX_A	0x40

#define HOP_LIMIT	255	/* not forwarded on the way */
#define RS_LEN		8
#define RA_LEN		16

/* Bits after the prefix length are sent as zeros [RFC 4861 4.6.2]. */
static void
put_prefix_bits(struct wire_w *w, const struct icmp6_prefix *p)
{
	for (unsigned i = 0; i < 16; i++) {
		unsigned bits = p->len > 8 * i ? p->len - 8 * i : 0;
		uint8_t mask = bits >= 8 ? 0xff :
		    (uint8_t)(0xff00 >> bits);

		wire_w_u8(w, p->addr.s6_addr[i] & mask);
	}
}

static void
put_prefix(struct wire_w *w, const struct icmp6_prefix *p)
{
	wire_w_u8(w, OPT_PREFIX);
	wire_w_u8(w, 4);
	wire_w_u8(w, p->len);
	wire_w_u8(w, (uint8_t)((p->on_link ? PREFIX_L : 0) |
	    (p->autonomous ? PREFIX_A : 0)));
	wire_w_u32(w, p->valid);
	wire_w_u32(w, p->preferred);
	wire_w_u32(w, 0);
	put_prefix_bits(w, p);
}

static void
put_rdnss(struct wire_w *w, const struct icmp6_ra *ra)
{
	wire_w_u8(w, OPT_RDNSS);
	wire_w_u8(w, (uint8_t)(1 + 2 * ra->n_rdnss));
	wire_w_u16(w, 0);
	wire_w_u32(w, ra->rdnss_lifetime);
	wire_w_copy(w, ra->rdnss, ra->n_rdnss * sizeof(ra->rdnss[0]));
}

static bool
is_sane(const struct icmp6_ra *ra)
{
	if (ra->n_prefixes > ICMP6_RA_MAX_PREFIXES ||
	    ra->n_rdnss > ICMP6_RA_MAX_RDNSS)
		return false;
	for (unsigned i = 0; i < ra->n_prefixes; i++)
		if (ra->prefix[i].len > 128)
			return false;
	return true;
}

int
icmp6_ra_encode(const struct icmp6_ra *ra, uint8_t *buf, size_t cap)
{
	struct wire_w w;

	if (!is_sane(ra))
		return -EINVAL;
	wire_w_init(&w, buf, cap);
	wire_w_u8(&w, TYPE_RA);
	wire_w_u8(&w, 0);
	wire_w_u16(&w, 0);		/* checksum */
	wire_w_u8(&w, ra->hop_limit);
	wire_w_u8(&w, (uint8_t)((ra->managed ? RA_M : 0) |
	    (ra->other ? RA_O : 0)));
	wire_w_u16(&w, ra->router_lifetime);
	wire_w_u32(&w, ra->reachable_ms);
	wire_w_u32(&w, ra->retrans_ms);
	if (ra->has_lladdr) {
		wire_w_u8(&w, OPT_SLLA);
		wire_w_u8(&w, 1);
		wire_w_copy(&w, ra->lladdr, sizeof(ra->lladdr));
	}
	if (ra->mtu != 0) {
		wire_w_u8(&w, OPT_MTU);
		wire_w_u8(&w, 1);
		wire_w_u16(&w, 0);
		wire_w_u32(&w, ra->mtu);
	}
	for (unsigned i = 0; i < ra->n_prefixes; i++)
		put_prefix(&w, &ra->prefix[i]);
	if (ra->n_rdnss > 0)
		put_rdnss(&w, ra);
	return w.err ? -EMSGSIZE : (int)w.len;
}

static void
read_prefix(struct icmp6_ra *ra, struct wire_r *r)
{
	struct icmp6_prefix *p;
	uint8_t flags;

	if (wire_r_left(r) != 30 || ra->n_prefixes == ICMP6_RA_MAX_PREFIXES)
		return;
	p = &ra->prefix[ra->n_prefixes++];
	p->len = wire_r_u8(r);
	flags = wire_r_u8(r);
	p->on_link = (flags & PREFIX_L) != 0;
	p->autonomous = (flags & PREFIX_A) != 0;
	p->valid = wire_r_u32(r);
	p->preferred = wire_r_u32(r);
	wire_r_skip(r, 4);
	wire_r_copy(r, &p->addr, sizeof(p->addr));
}

static void
read_mtu(struct icmp6_ra *ra, struct wire_r *r)
{
	if (wire_r_left(r) != 6)
		return;
	wire_r_skip(r, 2);
	ra->mtu = wire_r_u32(r);
}

static void
read_lladdr(struct icmp6_ra *ra, struct wire_r *r)
{
	if (wire_r_left(r) != sizeof(ra->lladdr))
		return;
	wire_r_copy(r, ra->lladdr, sizeof(ra->lladdr));
	ra->has_lladdr = true;
}

static void
read_rdnss(struct icmp6_ra *ra, struct wire_r *r)
{
	/* At least one address, and no half ones [RFC 8106 5.3.1]. */
	if (wire_r_left(r) < 22 || (wire_r_left(r) - 6) % 16 != 0)
		return;
	wire_r_skip(r, 2);
	ra->rdnss_lifetime = wire_r_u32(r);
	while (wire_r_left(r) > 0 && ra->n_rdnss < ICMP6_RA_MAX_RDNSS)
		wire_r_copy(r, &ra->rdnss[ra->n_rdnss++], 16);
}

bool
icmp6_next_option(struct wire_r *r, uint8_t *type, struct wire_r *body)
{
	size_t len;

	*type = wire_r_u8(r);
	len = wire_r_u8(r) * (size_t)8;
	if (r->err || len == 0)
		return false;
	*body = wire_r_sub(r, len - 2);
	return !r->err;
}

int
icmp6_ra_decode(struct icmp6_ra *ra, const uint8_t *buf, size_t len)
{
	struct wire_r r, body;
	uint8_t type, flags;

	memset(ra, 0, sizeof(*ra));
	wire_r_init(&r, buf, len);
	if (len < RA_LEN || wire_r_u8(&r) != TYPE_RA || wire_r_u8(&r) != 0)
		return -EBADMSG;
	wire_r_skip(&r, 2);
	ra->hop_limit = wire_r_u8(&r);
	flags = wire_r_u8(&r);
	ra->managed = (flags & RA_M) != 0;
	ra->other = (flags & RA_O) != 0;
	ra->router_lifetime = wire_r_u16(&r);
	ra->reachable_ms = wire_r_u32(&r);
	ra->retrans_ms = wire_r_u32(&r);
	while (wire_r_left(&r) > 0) {
		if (!icmp6_next_option(&r, &type, &body))
			return -EBADMSG;
		if (type == OPT_PREFIX)
			read_prefix(ra, &body);
		else if (type == OPT_MTU)
			read_mtu(ra, &body);
		else if (type == OPT_RDNSS)
			read_rdnss(ra, &body);
		else if (type == OPT_SLLA)
			read_lladdr(ra, &body);
	}
	return 0;
}

bool
icmp6_rs_valid(const uint8_t *buf, size_t len, uint8_t hop_limit,
    const struct in6_addr *src)
{
	struct wire_r r, body;
	uint8_t type;

	wire_r_init(&r, buf, len);
	if (hop_limit != HOP_LIMIT || len < RS_LEN ||
	    wire_r_u8(&r) != TYPE_RS || wire_r_u8(&r) != 0)
		return false;
	wire_r_skip(&r, RS_LEN - 2);
	while (wire_r_left(&r) > 0) {
		if (!icmp6_next_option(&r, &type, &body))
			return false;
		if (type == OPT_SLLA && IN6_IS_ADDR_UNSPECIFIED(src))
			return false;
	}
	return true;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Neighbor Solicitations and Advertisements; see common/nd6.h. */
#include "common/nd6.h"

#include <errno.h>
#include <string.h>

#include "common/icmp6.h"
#include "common/wire.h"

#define IPV6_LEN	ND6_HEADER_LEN
#define NEXT_ICMP6	58
#define HOP_LIMIT	255	/* not forwarded on the way */
#define CHECKSUM_OFF	(IPV6_LEN + 2)

#define ICMP_LEN	4	/* at least: type, code, checksum */
#define TYPE_NS		135
#define TYPE_NA		136
#define ND_LEN		24	/* without options */
#define OPT_SLLA	1
#define OPT_TLLA	2

#define NA_R		0x80
#define NA_S		0x40
#define NA_O		0x20

struct in6_addr
nd6_group(const struct in6_addr *a)
{
	struct in6_addr g = { .s6_addr = { 0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0,
	    0, 1, 0xff, a->s6_addr[13], a->s6_addr[14], a->s6_addr[15] } };

	return g;
}

static uint32_t
sum16(uint32_t sum, const uint8_t *p, size_t len)
{
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	if (len & 1)
		sum += (uint32_t)p[len - 1] << 8;
	return sum;
}

/* Of the pseudo-header and the message [RFC 8200 8.1]: 0 when the checksum in
 * it is right. len: at most 65535 of the message. */
static uint16_t
checksum(const uint8_t *packet, size_t len)
{
	uint32_t sum = (uint32_t)len + NEXT_ICMP6;

	sum = sum16(sum, packet + 8, 32);
	sum = sum16(sum, packet + IPV6_LEN, len);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

size_t
nd6_close(uint8_t *packet, size_t len, const struct in6_addr *src,
    const struct in6_addr *dst)
{
	struct wire_w w;

	wire_w_init(&w, packet, IPV6_LEN + len);
	wire_w_u32(&w, 0x60000000);
	wire_w_u16(&w, (uint16_t)len);
	wire_w_u8(&w, NEXT_ICMP6);
	wire_w_u8(&w, HOP_LIMIT);
	wire_w_copy(&w, src, sizeof(*src));
	wire_w_copy(&w, dst, sizeof(*dst));
	w.len = IPV6_LEN + len;
	wire_w_put_u16(&w, CHECKSUM_OFF, 0);
	wire_w_put_u16(&w, CHECKSUM_OFF, checksum(packet, len));
	return w.len;
}

int
nd6_encode(const struct nd6 *m, uint8_t *buf, size_t cap)
{
	struct wire_w w;

	wire_w_init(&w, buf, cap);
	wire_w_zero(&w, IPV6_LEN);
	wire_w_u8(&w, m->advert ? TYPE_NA : TYPE_NS);
	wire_w_u8(&w, 0);
	wire_w_u16(&w, 0);		/* checksum */
	wire_w_u8(&w, !m->advert ? 0 : (uint8_t)((m->router ? NA_R : 0) |
	    (m->solicited ? NA_S : 0) | (m->override ? NA_O : 0)));
	wire_w_zero(&w, 3);
	wire_w_copy(&w, &m->target, sizeof(m->target));
	if (m->has_lladdr) {
		wire_w_u8(&w, m->advert ? OPT_TLLA : OPT_SLLA);
		wire_w_u8(&w, 1);
		wire_w_copy(&w, m->lladdr, sizeof(m->lladdr));
	}
	if (w.err)
		return -EMSGSIZE;
	return (int)nd6_close(buf, w.len - IPV6_LEN, &m->src, &m->dst);
}

static bool
is_group_of_nodes(const struct in6_addr *a)
{
	static const uint8_t prefix[13] = { 0xff, 0x02, [11] = 1, 0xff };

	return memcmp(a, prefix, sizeof(prefix)) == 0;
}

/* Options we read; others are passed over. */
static int
read_options(struct nd6 *m, struct wire_r *r)
{
	uint8_t type, mine = m->advert ? OPT_TLLA : OPT_SLLA;
	struct wire_r body;

	while (wire_r_left(r) > 0) {
		if (!icmp6_next_option(r, &type, &body))
			return -EBADMSG;
		if (type != mine)
			continue;
		if (!m->advert && IN6_IS_ADDR_UNSPECIFIED(&m->src))
			return -EBADMSG;
		if (wire_r_left(&body) != sizeof(m->lladdr))
			continue;
		wire_r_copy(&body, m->lladdr, sizeof(m->lladdr));
		m->has_lladdr = true;
	}
	return 0;
}

static bool
addresses_fit(const struct nd6 *m)
{
	if (IN6_IS_ADDR_MULTICAST(&m->target) ||
	    IN6_IS_ADDR_MULTICAST(&m->src))
		return false;
	if (m->advert)
		return !m->solicited || !IN6_IS_ADDR_MULTICAST(&m->dst);
	return !IN6_IS_ADDR_UNSPECIFIED(&m->src) || is_group_of_nodes(&m->dst);
}

/* The header and what it says of a message behind it, its sum unseen. */
static int
read_header(struct nd6_packet *p, const uint8_t *packet, size_t len)
{
	struct wire_r r;

	memset(p, 0, sizeof(*p));
	wire_r_init(&r, packet, len);
	if (wire_r_u32(&r) >> 28 != 6)
		return -ENOMSG;
	p->len = wire_r_u16(&r);
	if (wire_r_u8(&r) != NEXT_ICMP6)
		return -ENOMSG;
	p->hop_limit = wire_r_u8(&r);
	wire_r_copy(&r, &p->src, sizeof(p->src));
	wire_r_copy(&r, &p->dst, sizeof(p->dst));
	p->icmp = wire_r_ptr(&r, p->len);
	if (r.err || p->len < 2)
		return -ENOMSG;
	p->type = p->icmp[0];
	return 0;
}

int
nd6_open(struct nd6_packet *p, const uint8_t *packet, size_t len)
{
	int err = read_header(p, packet, len);

	if (err)
		return err;
	return p->len < ICMP_LEN || checksum(packet, p->len) != 0 ?
	    -EBADMSG : 0;
}

int
nd6_decode(struct nd6 *m, const uint8_t *packet, size_t len)
{
	struct nd6_packet p;
	struct wire_r r;
	uint8_t flags;

	memset(m, 0, sizeof(*m));
	if (read_header(&p, packet, len) ||
	    (p.type != TYPE_NS && p.type != TYPE_NA))
		return -ENOMSG;
	if (p.hop_limit != HOP_LIMIT || p.icmp[1] != 0 || p.len < ND_LEN ||
	    checksum(packet, p.len) != 0)
		return -EBADMSG;
	m->src = p.src;
	m->dst = p.dst;
	wire_r_init(&r, p.icmp, p.len);
	wire_r_skip(&r, 4);
	flags = wire_r_u8(&r);
	wire_r_skip(&r, 3);
	wire_r_copy(&r, &m->target, sizeof(m->target));
	m->advert = p.type == TYPE_NA;
	m->router = m->advert && flags & NA_R;
	m->solicited = m->advert && flags & NA_S;
	m->override = m->advert && flags & NA_O;
	return addresses_fit(m) ? read_options(m, &r) : -EBADMSG;
}

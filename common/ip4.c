/* SPDX-License-Identifier: BSD-2-Clause */
/* See common/ip4.h. RFC 791, RFC 768, RFC 1071. */
#include "common/ip4.h"

#include <string.h>

#include <arpa/inet.h>

#include "common/wire.h"

#define VERSION_4	4
#define FRAGMENT	0x3fff	/* more of them, or an offset */
#define DONT_FRAGMENT	0x4000

bool
ip4_is_host(struct in_addr addr)
{
	uint32_t a = ntohl(addr.s_addr);

	return a >> 24 != 0 && a >> 24 != IN_LOOPBACKNET && a >> 28 < 0xe;
}

uint32_t
ip4_sum(uint32_t sum, const uint8_t *p, size_t len)
{
	for (; len > 1; len -= 2, p += 2)
		sum += (uint32_t)(p[0] << 8 | p[1]);
	if (len > 0)
		sum += (uint32_t)(p[0] << 8);
	return sum;
}

uint16_t
ip4_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Of UDP's pseudo header and all that follows. */
static uint16_t
udp_sum(const struct ip4_packet *p, const uint8_t *udp, size_t len)
{
	uint32_t sum = IPPROTO_UDP + (uint32_t)len;

	sum = ip4_sum(sum, (const uint8_t *)&p->src, 4);
	sum = ip4_sum(sum, (const uint8_t *)&p->dst, 4);
	return ip4_fold(ip4_sum(sum, udp, len));
}

static enum ip4_verdict
read_udp(struct ip4_packet *p, struct wire_r *r, bool summed)
{
	const uint8_t *udp = r->p;
	size_t left = wire_r_left(r), len;
	uint16_t sum;

	p->sport = wire_r_u16(r);
	p->dport = wire_r_u16(r);
	len = wire_r_u16(r);
	sum = wire_r_u16(r);
	if (r->err || len < IP4_UDP_HEADER || len > left)
		return IP4_MALFORMED;
	p->len = len - IP4_UDP_HEADER;
	p->data = wire_r_ptr(r, p->len);
	/* 0: the sender has made none. */
	if (!summed && sum != 0 && udp_sum(p, udp, len) != 0)
		return IP4_CHECKSUM;
	return IP4_OK;
}

enum ip4_verdict
ip4_read(struct ip4_packet *p, const uint8_t *buf, size_t len, bool summed)
{
	struct wire_r r, body;
	size_t header, total;
	uint16_t frag;
	uint8_t first;

	memset(p, 0, sizeof(*p));
	wire_r_init(&r, buf, len);
	first = wire_r_u8(&r);
	wire_r_skip(&r, 1);
	total = wire_r_u16(&r);
	wire_r_skip(&r, 2);
	frag = wire_r_u16(&r);
	p->ttl = wire_r_u8(&r);
	p->proto = wire_r_u8(&r);
	wire_r_skip(&r, 2);
	wire_r_copy(&r, &p->src, 4);
	wire_r_copy(&r, &p->dst, 4);
	header = (size_t)(first & 0xf) * 4;
	if (r.err || first >> 4 != VERSION_4 || header < IP4_HEADER ||
	    total < header || total > len)
		return IP4_MALFORMED;
	if (ip4_fold(ip4_sum(0, buf, header)) != 0)
		return IP4_CHECKSUM;
	if (frag & FRAGMENT)
		return IP4_OTHER;
	wire_r_init(&body, buf + header, total - header);
	if (p->proto == IPPROTO_UDP)
		return read_udp(p, &body, summed);
	if (p->proto != IPPROTO_ICMP)
		return IP4_OTHER;
	p->data = body.p;
	p->len = wire_r_left(&body);
	return summed || ip4_fold(ip4_sum(0, p->data, p->len)) == 0 ?
	    IP4_OK : IP4_CHECKSUM;
}

static void
put_header(struct wire_w *w, const struct ip4_packet *p, size_t total)
{
	wire_w_u8(w, VERSION_4 << 4 | IP4_HEADER / 4);
	wire_w_u8(w, 0);
	wire_w_u16(w, (uint16_t)total);
	wire_w_u16(w, 0);
	wire_w_u16(w, DONT_FRAGMENT);
	wire_w_u8(w, p->ttl);
	wire_w_u8(w, p->proto);
	wire_w_u16(w, 0);
	wire_w_copy(w, &p->src, 4);
	wire_w_copy(w, &p->dst, 4);
	if (!w->err)
		wire_w_put_u16(w, 10, ip4_fold(ip4_sum(0, w->buf,
		    IP4_HEADER)));
}

size_t
ip4_write(const struct ip4_packet *p, uint8_t *buf, size_t cap)
{
	const bool udp = p->proto == IPPROTO_UDP;
	size_t len = p->len + (udp ? IP4_UDP_HEADER : 0);
	struct wire_w w;
	uint16_t sum;

	if (len > UINT16_MAX - IP4_HEADER)
		return 0;
	wire_w_init(&w, buf, cap);
	put_header(&w, p, IP4_HEADER + len);
	if (udp) {
		wire_w_u16(&w, p->sport);
		wire_w_u16(&w, p->dport);
		wire_w_u16(&w, (uint16_t)len);
		wire_w_u16(&w, 0);
	}
	wire_w_copy(&w, p->data, p->len);
	if (w.err)
		return 0;
	if (udp) {
		sum = udp_sum(p, buf + IP4_HEADER, len);
		wire_w_put_u16(&w, IP4_HEADER + 6, sum ? sum : 0xffff);
	}
	return w.len;
}

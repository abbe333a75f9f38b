/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Multicast Listener Reports [RFC 2710 3, RFC 3810 5.2] of a mobile node,
 * among what is kept for it; see node.h. Pure.
 */
#include "nasd/node.h"

#include <string.h>

#include "common/nd6.h"
#include "common/wire.h"

#define NEXT_OPTIONS	0	/* Hop-by-Hop */
#define NEXT_ICMP6	58
#define HOP_LIMIT	1
#define OPTIONS_LEN	8	/* with Router Alert and its padding */
#define TYPE_REPORT_1	131
#define TYPE_REPORT_2	143
#define REPORT_1_LEN	24
#define REPORT_2_LEN	8	/* without records */

/* Hop-by-Hop options of nothing but a Router Alert for MLD [RFC 2711]. */
static bool
alerts_routers(const uint8_t *options)
{
	static const uint8_t pad_after[] = { NEXT_ICMP6, 0, 5, 2, 0, 0, 1, 0 },
	    pad_before[] = { NEXT_ICMP6, 0, 1, 0, 5, 2, 0, 0 };

	return memcmp(options, pad_after, OPTIONS_LEN) == 0 ||
	    memcmp(options, pad_before, OPTIONS_LEN) == 0;
}

/* The message, whose sum is the same without the options before it. */
static bool
is_message(const uint8_t *packet, size_t len)
{
	uint8_t plain[NODE_PACKET_MAX];
	struct nd6_packet p;

	memcpy(plain, packet, ND6_HEADER_LEN);
	plain[4] = (uint8_t)((len - OPTIONS_LEN) >> 8);
	plain[5] = (uint8_t)(len - OPTIONS_LEN);
	plain[6] = NEXT_ICMP6;
	memcpy(plain + ND6_HEADER_LEN, packet + ND6_HEADER_LEN + OPTIONS_LEN,
	    len - OPTIONS_LEN);
	if (nd6_open(&p, plain, ND6_HEADER_LEN + len - OPTIONS_LEN) != 0 ||
	    p.hop_limit != HOP_LIMIT || !IN6_IS_ADDR_MULTICAST(&p.dst) ||
	    (!IN6_IS_ADDR_LINKLOCAL(&p.src) &&
	    !IN6_IS_ADDR_UNSPECIFIED(&p.src)))
		return false;
	return (p.type == TYPE_REPORT_1 && p.len >= REPORT_1_LEN) ||
	    (p.type == TYPE_REPORT_2 && p.len >= REPORT_2_LEN);
}

bool
node_looks_like_report(const uint8_t *packet, size_t len)
{
	return len > ND6_HEADER_LEN && packet[0] >> 4 == 6 &&
	    packet[6] == NEXT_OPTIONS;
}

size_t
node_report_len(const uint8_t *packet, size_t len)
{
	struct wire_r r;
	size_t n;

	wire_r_init(&r, packet, len);
	wire_r_skip(&r, 4);
	n = wire_r_u16(&r);
	if (r.err || n < OPTIONS_LEN || ND6_HEADER_LEN + n > len ||
	    ND6_HEADER_LEN + n > NODE_PACKET_MAX ||
	    !alerts_routers(packet + ND6_HEADER_LEN) || !is_message(packet, n))
		return 0;
	return ND6_HEADER_LEN + n;
}

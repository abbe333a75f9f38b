/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv4 packets as they stand on an access link, header and all: what mobile
 * nodes and foreign agents say to each other there is to and from addresses
 * that no route leads to. Pure.
 *
 * Addresses are in network byte order, ports and lengths in host order.
 */
#ifndef COMMON_IP4_H
#define COMMON_IP4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>

#define IP4_HEADER	20	/* bytes, without options: as we write it */
#define IP4_UDP_HEADER	8

struct ip4_packet {
	struct in_addr	 src, dst;
	uint8_t		 ttl;
	uint8_t		 proto;		/* IPPROTO_UDP or IPPROTO_ICMP */
	uint16_t	 sport, dport;	/* of UDP */
	const uint8_t	*data;		/* behind UDP's header; all of ICMP */
	size_t		 len;
};

enum ip4_verdict {
	IP4_OK,
	IP4_MALFORMED,		/* lengths or versions that can not be */
	IP4_CHECKSUM,
	IP4_OTHER,		/* a fragment, or another protocol */
};

/* Takes a packet apart; data borrows from buf, which may be longer than the
 * packet (padding). summed: the checksum of what IP carries is known to be
 * good, or not yet made since it never was on a wire. */
enum ip4_verdict ip4_read(struct ip4_packet *, const uint8_t *buf, size_t len,
    bool summed);

struct wire_w;
/* Writes UDP with checksum, or ICMP whose checksum is set already, into buf:
 * the packet's length, or 0 when there is no room. */
size_t	 ip4_write(const struct ip4_packet *, uint8_t *buf, size_t cap);

/* May one host have it: nothing special of RFC 6890 that is none. */
bool	 ip4_is_host(struct in_addr);

/* The Internet checksum [RFC 1071] of one piece, to be continued with the next
 * (an even number of bytes each but the last), and folded. */
uint32_t ip4_sum(uint32_t sum, const uint8_t *p, size_t len);
uint16_t ip4_fold(uint32_t sum);

#endif

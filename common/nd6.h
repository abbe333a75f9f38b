/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Neighbor Solicitations and Advertisements [RFC 4861 4.3, 4.4] on Ethernet,
 * as whole IPv6 packets: a packet socket is where a proxy sees those for
 * addresses that are not its host's. Pure.
 */
#ifndef COMMON_ND6_H
#define COMMON_ND6_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>

#define ND6_LLADDR_LEN	6
#define ND6_PACKET_MAX	72	/* of ours: header, message, one option */

struct nd6 {
	bool		advert;		/* NA; NS otherwise */
	bool		router;		/* flags of an NA: R */
	bool		solicited;	/* S */
	bool		override;	/* O */
	bool		has_lladdr;
	uint8_t		lladdr[ND6_LLADDR_LEN];	/* NS: source's; NA: target's */
	struct in6_addr	src, dst, target;
};

/* With hop limit 255 and checksum. The length, or -EMSGSIZE. */
int	 nd6_encode(const struct nd6 *, uint8_t *buf, size_t cap);
/* 0; -ENOMSG for what is neither; -EBADMSG for what RFC 4861 7.1.1 and 7.1.2
 * say to discard. Bytes behind the packet are padding. A packet with extension
 * headers is -ENOMSG. */
int	 nd6_decode(struct nd6 *, const uint8_t *packet, size_t len);

/* An ICMPv6 message straight behind an IPv6 header; icmp is borrowed. */
struct nd6_packet {
	struct in6_addr	 src, dst;
	uint8_t		 hop_limit, type;
	const uint8_t	*icmp;
	size_t		 len;		/* of it, at least 4 */
};
/* 0; -ENOMSG for what is none; -EBADMSG for one with a wrong checksum. Bytes
 * behind the packet are padding. */
int	 nd6_open(struct nd6_packet *, const uint8_t *packet, size_t len);
#define ND6_HEADER_LEN	40
/* Makes a packet of the ICMPv6 message of len bytes that stands behind room for
 * a header: hop limit 255, checksum. Its length. */
size_t	 nd6_close(uint8_t *packet, size_t len, const struct in6_addr *src,
    const struct in6_addr *dst);
/* The solicited-node group of an address [RFC 4291 2.7.1]. */
struct in6_addr nd6_group(const struct in6_addr *);

#endif

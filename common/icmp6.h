/* SPDX-License-Identifier: BSD-2-Clause */
/* Router Solicitations and Advertisements [RFC 4861 4.1, 4.2; RFC 8106]. Pure;
 * the kernel does the ICMPv6 checksum of raw sockets. */
#ifndef COMMON_ICMP6_H
#define COMMON_ICMP6_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>

struct wire_r;

#define ICMP6_RA_MAX_RDNSS	4
#define ICMP6_RA_MAX_PREFIXES	2	/* the new one and one it replaces */

struct icmp6_prefix {
	struct in6_addr	addr;
	uint8_t		len;
	bool		on_link;	/* L */
	bool		autonomous;	/* A */
	uint32_t	valid;		/* seconds, 0xffffffff infinite */
	uint32_t	preferred;
};

struct icmp6_ra {
	uint8_t			hop_limit;	/* 0: unspecified */
	bool			managed;	/* M */
	bool			other;		/* O */
	uint16_t		router_lifetime; /* seconds */
	uint32_t		reachable_ms;
	uint32_t		retrans_ms;
	uint32_t		mtu;		/* 0: no option */
	bool			has_lladdr;	/* source link-layer address */
	uint8_t			lladdr[6];
	struct icmp6_prefix	prefix[ICMP6_RA_MAX_PREFIXES];
	unsigned		n_prefixes;
	uint32_t		rdnss_lifetime;
	struct in6_addr		rdnss[ICMP6_RA_MAX_RDNSS];
	unsigned		n_rdnss;
};

/* Returns the length written, -EMSGSIZE, or -EINVAL for a count or prefix
 * length out of range. Checksum field is zero. */
int	icmp6_ra_encode(const struct icmp6_ra *, uint8_t *buf, size_t cap);
/* 0, or -EBADMSG for what RFC 4861 6.1.2 says to drop (hop limit, source and
 * checksum are the caller's to check). Unknown options are passed. */
int	icmp6_ra_decode(struct icmp6_ra *, const uint8_t *buf, size_t len);
/* Is this a valid Router Solicitation [RFC 4861 6.1.1]? src: its source. */
bool	icmp6_rs_valid(const uint8_t *buf, size_t len, uint8_t hop_limit,
    const struct in6_addr *src);
/* Takes the next Neighbor Discovery option off r; false when it is malformed
 * [RFC 4861 4.6]. Of the body type and length are off already. */
bool	icmp6_next_option(struct wire_r *r, uint8_t *type,
    struct wire_r *body);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* 64-bit interface identifiers [RFC 4291 2.5.1, RFC 5072 4.1], and the home
 * addresses made of them. */
#ifndef COMMON_IID_H
#define COMMON_IID_H

#include <stdbool.h>
#include <stdint.h>

#include <netinet/in.h>

/* b[0] is byte 8 of the IPv6 address. */
struct iid {
	uint8_t	b[8];
};

#define IID_STRLEN	20	/* "0211:2233:4455:6677" and a NUL */

bool		 iid_is_zero(struct iid);
bool		 iid_equal(struct iid, struct iid);
/* Reserved by RFC 5453 or RFC 6543, or zero: never to be assigned. */
bool		 iid_is_reserved(struct iid);
/* A random one: universal bit 0, neither zero nor reserved. */
struct iid	 iid_random(void);
/* Writes to and returns buf, which has IID_STRLEN bytes. */
const char	*iid_str(struct iid, char buf[static IID_STRLEN]);
/* "a:b:c:d", four groups of up to four hexadecimal digits. 0 or -EINVAL. */
int		 iid_parse(const char *, struct iid *);

struct iid	 iid_of(const struct in6_addr *);
/* Upper 64 bits of prefix, lower 64 bits iid. */
struct in6_addr	 iid_join(const struct in6_addr *prefix, struct iid);
/* Usable as a home address: not ::, multicast, link-local, loopback or
 * v4-mapped [PROTOCOLS 10.2]. */
bool		 hoa_is_valid(const struct in6_addr *);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attribute lists (libradcli's VALUE_PAIR) and the dictionary they need.
 *
 * Reading and writing packets is not left to libradcli: its rc_avpair_gen
 * recurses over the packet, writes every attribute it does not know to syslog,
 * and in 1.2 refuses values of type date; its encoder is not exported. Lists,
 * types and names are.
 */
#ifndef RADIUS_ATTRS_H
#define RADIUS_ATTRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>
#include <radcli/radcli.h>

#include "radius/packet.h"

#define RADIUS_VENDOR_3GPP2	5535	/* X.S0011-005-C */
#define RADIUS_3GPP2_HA		7	/* 3GPP2-Home-Agent-IP-Address */
#define RADIUS_3GPP2_FA		79	/* 3GPP2-Foreign-Agent-Address */
#define RADIUS_VENDOR_WISPR	14122	/* WISPr 1.0 */
#define RADIUS_WISPR_UP		7	/* WISPr-Bandwidth-Max-Up */
#define RADIUS_WISPR_DOWN	8
#define RADIUS_VENDOR_WIMAX	24757	/* NWG stage 3 */

struct radius_dict;

/* Reads the dictionary, one file ($INCLUDE is passed over); before chroot.
 * NULL after saying why on the log. Also prepares libcrypto
 * (radius_crypto_init). */
struct radius_dict *radius_dict_load(const char *file);
void	 radius_dict_free(struct radius_dict *);

/*
 * A list under construction. The first failure (no memory, no such attribute
 * in the dictionary, too long) sticks and is checked once, at the end.
 */
struct radius_attrs {
	const struct radius_dict *dict;
	VALUE_PAIR	*list;
	VALUE_PAIR	*last;
	bool		 err;
	/* Of a reply, what its salted values need (radius/salt.h): the server's
	 * secret and the request's authenticator, lent by the client. */
	const struct radius_secret *secret;
	const uint8_t	*vector;
	int		 server;	/* of a reply: which one's it is */
	const char	*wrong;		/* decoded: an attribute left out */
	/* Of a record of accounting: how long ago it was, in milliseconds, what
	 * it tells of; Acct-Delay-Time counts from then. */
	int64_t		 late_ms;
};

void	 radius_attrs_init(struct radius_attrs *, const struct radius_dict *);
/* Wipes what was in it: there may be a password. */
void	 radius_attrs_free(struct radius_attrs *);

void	 radius_add_data(struct radius_attrs *, unsigned id, uint32_t vendor,
    const void *, size_t len);
/* Nothing when the string is NULL or empty; the first 253 bytes of it. */
void	 radius_add_str(struct radius_attrs *, unsigned id, const char *);
void	 radius_add_u32(struct radius_attrs *, unsigned id, uint32_t);
void	 radius_add_ip4(struct radius_attrs *, unsigned id, uint32_t vendor,
    struct in_addr);
/* Framed-IPv6-Prefix and its like [RFC 3162 2.3]. */
void	 radius_add_prefix6(struct radius_attrs *, unsigned id,
    const struct in6_addr *, unsigned plen);
/* "Name = value", as libradcli reads it. 0 or -EINVAL. */
int	 radius_add_text(struct radius_attrs *, const char *);

/* Appends the list to a packet; User-Password is hidden on the way. */
void	 radius_attrs_encode(const struct radius_attrs *, struct wire_w *,
    const struct radius_secret *);
/* The attributes of a packet that radius_verify accepted. One that the
 * dictionary does not have is left out, and so is one whose length is not its
 * type's: wrong then is the first such one's name. 0 or -ENOMEM. */
int	 radius_attrs_decode(struct radius_attrs *, const struct radius_dict *,
    const uint8_t *pkt, size_t len);

/* Finding. next continues behind one that was found. */
const VALUE_PAIR *radius_find(const struct radius_attrs *, unsigned id,
    uint32_t vendor);
const VALUE_PAIR *radius_find_next(const VALUE_PAIR *);
/* *out is set only if the attribute is there. */
bool	 radius_get_u32(const struct radius_attrs *, unsigned id, uint32_t *);
bool	 radius_get_vendor_u32(const struct radius_attrs *, unsigned id,
    uint32_t vendor, uint32_t *);
bool	 radius_get_ip4(const struct radius_attrs *, unsigned id,
    uint32_t vendor, struct in_addr *);
/* Copies what fits, terminated; a NUL in the value ends it. */
bool	 radius_get_str(const struct radius_attrs *, unsigned id, char *,
    size_t cap);
/* The value's bytes: types string, ipv6addr and ipv6prefix. */
const uint8_t *radius_value(const VALUE_PAIR *, size_t *len);
/* "Name = value" for people. False for what must not be shown. */
bool	 radius_attr_text(const struct radius_dict *, const VALUE_PAIR *,
    char *, size_t cap);

#endif

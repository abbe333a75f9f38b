/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PPPoE discovery without sockets [RFC 2516; RFC 4638; TR-101 3.9.2]: frames,
 * the stateless cookie, service names and session ids. pppoe.c keeps the
 * links, pppoe_delay.c knows how late under load they are offered.
 */
#ifndef NASD_PPPOE_PROTO_H
#define NASD_PPPOE_PROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/clock.h"
#include "nasd/pppoe.h"

#define PPPOE_ETHERTYPE		0x8863
#define PPPOE_FRAME_MAX		1514	/* Ethernet header and 1500 bytes */

enum pppoe_code {
	PPPOE_PADI	= 0x09,
	PPPOE_PADO	= 0x07,
	PPPOE_PADR	= 0x19,
	PPPOE_PADS	= 0x65,
	PPPOE_PADT	= 0xa7,
};

enum pppoe_tag_type {
	PPPOE_TAG_END		= 0x0000,
	PPPOE_TAG_SERVICE	= 0x0101,
	PPPOE_TAG_AC_NAME	= 0x0102,
	PPPOE_TAG_HOST_UNIQ	= 0x0103,
	PPPOE_TAG_COOKIE	= 0x0104,
	PPPOE_TAG_VENDOR	= 0x0105,
	PPPOE_TAG_RELAY		= 0x0110,
	PPPOE_TAG_MAX_PAYLOAD	= 0x0120,	/* RFC 4638 */
	PPPOE_TAG_SERVICE_ERR	= 0x0201,
	PPPOE_TAG_SYSTEM_ERR	= 0x0202,
	PPPOE_TAG_GENERIC_ERR	= 0x0203,
};

/* Borrowed from the frame; p is NULL where the tag is absent. */
struct pppoe_tag {
	const uint8_t	*p;
	uint16_t	 len;
};

struct pppoe_packet {
	uint8_t			dst[PPPOE_MAC_LEN], src[PPPOE_MAC_LEN];
	uint8_t			code;
	uint16_t		sid;
	struct pppoe_tag	service, host_uniq, relay, cookie;
	/* Of the access node's tag, 1 to LINE_ID_MAX bytes of anything. */
	struct pppoe_tag	circuit_id, remote_id;
	uint16_t		max_payload;	/* 0: not said */
	bool			errors;		/* one of the error tags */
};

/* 0; -EPROTO for what is malformed, from or to an impossible address, or
 * breaks the rules for its code; -EOPNOTSUPP for what is not for a
 * concentrator. Bytes after the length are padding. mac: our own. */
int	pppoe_parse(struct pppoe_packet *, const uint8_t *frame, size_t len,
    const uint8_t mac[PPPOE_MAC_LEN]);

/* What an answer says; tags with p == NULL are left out. */
struct pppoe_answer {
	const uint8_t		*dst, *src;	/* MAC addresses */
	enum pppoe_code		 code;
	uint16_t		 sid;
	struct pppoe_tag	 service, host_uniq, relay, cookie;
	uint16_t		 max_payload;	/* 0: none */
	const char		*ac_name;	/* NULL: none */
	const char *const	*services;	/* NULL-terminated, or NULL */
	enum pppoe_tag_type	 error;		/* 0: none */
	const char		*error_text;
};

/* Length of the frame, or -EMSGSIZE. */
int	pppoe_build(const struct pppoe_answer *, uint8_t frame[
    static PPPOE_FRAME_MAX]);

/* Is this service offered? An empty name asks for any; an empty list offers
 * all. */
bool	pppoe_service_offered(const char *const *services,
    const struct pppoe_tag *);

#define PPPOE_COOKIE_LEN	16
#define PPPOE_KEY_LEN		32
#define PPPOE_COOKIE_SLOT_S	60	/* valid for one to two of these */

/* The cookie for a station now: a MAC over its address, the interface and the
 * time slot. */
void	pppoe_cookie(const uint8_t key[static PPPOE_KEY_LEN],
    const uint8_t mac[static PPPOE_MAC_LEN], const char *ifname, mono_t now,
    uint8_t cookie[static PPPOE_COOKIE_LEN]);
bool	pppoe_cookie_valid(const uint8_t key[static PPPOE_KEY_LEN],
    const uint8_t mac[static PPPOE_MAC_LEN], const char *ifname, mono_t now,
    const struct pppoe_tag *);

/* Session ids: 1 to 0xfffe, each given out as late as possible after it was
 * given back. */
struct pppoe_sids {
	uint32_t	used[65536 / 32];
	uint16_t	next;
};
void		pppoe_sids_init(struct pppoe_sids *, uint16_t first);
uint16_t	pppoe_sids_take(struct pppoe_sids *);	/* 0: none free */
void		pppoe_sids_give(struct pppoe_sids *, uint16_t);
void		pppoe_sids_use(struct pppoe_sids *, uint16_t);
bool		pppoe_sids_used(const struct pppoe_sids *, uint16_t);

#endif

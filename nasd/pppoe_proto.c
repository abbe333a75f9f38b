/* SPDX-License-Identifier: BSD-2-Clause */
/* See pppoe_proto.h. Sections are RFC 2516's. */
#include <errno.h>
#include <openssl/crypto.h>
#include <string.h>

#include "common/siphash.h"
#include "common/wire.h"
#include "nasd/pppoe_proto.h"

#define ETH_HEADER	14
#define VER_TYPE	0x11
#define LENGTH_AT	(ETH_HEADER + 4)
#define PAYLOAD_AT	(ETH_HEADER + 6)
#define DSL_FORUM	3561		/* enterprise number, TR-101 */
#define LINE_CIRCUIT	1		/* Agent Circuit ID */
#define LINE_REMOTE	2		/* Agent Remote ID */

static const uint8_t	broadcast[PPPOE_MAC_LEN] =
    { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

/* ---- frames in ---- */

/* A tag of which there is at most one; more of a kind are a mistake that we
 * do not guess about. */
static int
take_once(struct pppoe_tag *tag, const uint8_t *p, uint16_t len)
{
	static const uint8_t	nothing;

	if (tag->p != NULL)
		return -EPROTO;
	tag->p = len > 0 ? p : &nothing;
	tag->len = len;
	return 0;
}

/*
 * The access node's tag [TR-101 3.9.2; RFC 4679 3.3.1, 3.3.2 for the lengths]:
 * its vendor's number, then sub-options of type, length, value. A second one,
 * or one that is broken, spoils the packet: the subscriber may have added it.
 */
static int
take_vendor(struct pppoe_packet *k, const uint8_t *p, uint16_t len)
{
	struct wire_r	r;

	wire_r_init(&r, p, len);
	if (wire_r_u32(&r) != DSL_FORUM || r.err)
		return 0;
	while (wire_r_left(&r) > 0) {
		uint8_t		type = wire_r_u8(&r);
		uint8_t		n = wire_r_u8(&r);
		const uint8_t	*v = wire_r_ptr(&r, n);
		int		rc = 0;

		if (r.err)
			return -EPROTO;
		if (type != LINE_CIRCUIT && type != LINE_REMOTE)
			continue;
		if (n == 0 || n > LINE_ID_MAX)
			return -EPROTO;
		rc = take_once(type == LINE_CIRCUIT ? &k->circuit_id :
		    &k->remote_id, v, n);
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* RFC 4638 4. */
static int
take_max_payload(struct pppoe_packet *k, const uint8_t *p, uint16_t len)
{
	if (len != 2 || k->max_payload != 0)
		return -EPROTO;
	k->max_payload = (uint16_t)(p[0] << 8 | p[1]);
	return 0;
}

static int
take_tag(struct pppoe_packet *k, uint16_t type, const uint8_t *p,
    uint16_t len)
{
	switch (type) {
	case PPPOE_TAG_SERVICE:
		return take_once(&k->service, p, len);
	case PPPOE_TAG_HOST_UNIQ:
		return len > PPPOE_TAG_MAX ? -EPROTO :
		    take_once(&k->host_uniq, p, len);
	case PPPOE_TAG_RELAY:
		return len > PPPOE_TAG_MAX ? -EPROTO :
		    take_once(&k->relay, p, len);
	case PPPOE_TAG_COOKIE:
		return take_once(&k->cookie, p, len);
	case PPPOE_TAG_VENDOR:
		return take_vendor(k, p, len);
	case PPPOE_TAG_MAX_PAYLOAD:
		return take_max_payload(k, p, len);
	case PPPOE_TAG_SERVICE_ERR:
	case PPPOE_TAG_SYSTEM_ERR:
	case PPPOE_TAG_GENERIC_ERR:
		k->errors = true;
		return 0;
	}
	return 0;	/* unknown ones are ignored (5) */
}

static int
parse_tags(struct pppoe_packet *k, struct wire_r *r)
{
	while (wire_r_left(r) > 0) {
		uint16_t	type = wire_r_u16(r);
		uint16_t	len = wire_r_u16(r);
		const uint8_t	*p = wire_r_ptr(r, len);
		int		rc;

		if (r->err)
			return -EPROTO;
		if (type == PPPOE_TAG_END)	/* the rest is ignored */
			return 0;
		rc = take_tag(k, type, p, len);
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* Who may send what to whom, and with what in it (5.1 to 5.5). */
static int
check_rules(const struct pppoe_packet *k, const uint8_t *mac)
{
	static const uint8_t	zero[PPPOE_MAC_LEN];
	bool			to_all, to_us;

	to_all = memcmp(k->dst, broadcast, PPPOE_MAC_LEN) == 0;
	to_us = memcmp(k->dst, mac, PPPOE_MAC_LEN) == 0;
	if ((k->src[0] & 1) != 0 || memcmp(k->src, zero, PPPOE_MAC_LEN) == 0 ||
	    memcmp(k->src, mac, PPPOE_MAC_LEN) == 0)
		return -EPROTO;
	switch (k->code) {
	case PPPOE_PADI:
		return (to_all || to_us) && k->sid == 0 &&
		    k->service.p != NULL ? 0 : -EPROTO;
	case PPPOE_PADR:
		return to_us && k->sid == 0 && k->service.p != NULL ? 0 :
		    -EPROTO;
	case PPPOE_PADT:
		return to_us && k->sid != 0 ? 0 : -EPROTO;
	}
	return -EOPNOTSUPP;
}

int
pppoe_parse(struct pppoe_packet *k, const uint8_t *frame, size_t len,
    const uint8_t mac[PPPOE_MAC_LEN])
{
	struct wire_r	r, payload;
	uint16_t	length;
	int		rc;

	memset(k, 0, sizeof(*k));
	wire_r_init(&r, frame, len);
	wire_r_copy(&r, k->dst, PPPOE_MAC_LEN);
	wire_r_copy(&r, k->src, PPPOE_MAC_LEN);
	if (wire_r_u16(&r) != PPPOE_ETHERTYPE || wire_r_u8(&r) != VER_TYPE)
		return -EPROTO;
	k->code = wire_r_u8(&r);
	k->sid = wire_r_u16(&r);
	length = wire_r_u16(&r);
	payload = wire_r_sub(&r, length);
	if (r.err || payload.err)
		return -EPROTO;
	rc = parse_tags(k, &payload);
	return rc != 0 ? rc : check_rules(k, mac);
}

/* ---- frames out ---- */

static void
put_bytes_tag(struct wire_w *w, enum pppoe_tag_type type, const void *p,
    size_t len)
{
	wire_w_u16(w, (uint16_t)type);
	wire_w_u16(w, (uint16_t)len);
	wire_w_copy(w, p, len);
}

static void
put_tag(struct wire_w *w, enum pppoe_tag_type type,
    const struct pppoe_tag *tag)
{
	if (tag->p != NULL)
		put_bytes_tag(w, type, tag->p, tag->len);
}

static void
put_text(struct wire_w *w, enum pppoe_tag_type type, const char *text)
{
	if (text != NULL)
		put_bytes_tag(w, type, text, strlen(text));
}

/* The services besides the one asked for. */
static void
put_services(struct wire_w *w, const struct pppoe_answer *a)
{
	const char *const	*s;

	for (s = a->services; s != NULL && *s != NULL; s++)
		if (a->service.p == NULL || strlen(*s) != a->service.len ||
		    memcmp(*s, a->service.p, a->service.len) != 0)
			put_text(w, PPPOE_TAG_SERVICE, *s);
}

int
pppoe_build(const struct pppoe_answer *a, uint8_t frame[
    static PPPOE_FRAME_MAX])
{
	struct wire_w	w;

	wire_w_init(&w, frame, PPPOE_FRAME_MAX);
	wire_w_copy(&w, a->dst, PPPOE_MAC_LEN);
	wire_w_copy(&w, a->src, PPPOE_MAC_LEN);
	wire_w_u16(&w, PPPOE_ETHERTYPE);
	wire_w_u8(&w, VER_TYPE);
	wire_w_u8(&w, (uint8_t)a->code);
	wire_w_u16(&w, a->sid);
	wire_w_u16(&w, 0);
	put_tag(&w, PPPOE_TAG_SERVICE, &a->service);
	put_services(&w, a);
	put_text(&w, PPPOE_TAG_AC_NAME, a->ac_name);
	put_tag(&w, PPPOE_TAG_HOST_UNIQ, &a->host_uniq);
	put_tag(&w, PPPOE_TAG_RELAY, &a->relay);
	put_tag(&w, PPPOE_TAG_COOKIE, &a->cookie);
	if (a->max_payload != 0) {
		wire_w_u16(&w, PPPOE_TAG_MAX_PAYLOAD);
		wire_w_u16(&w, 2);
		wire_w_u16(&w, a->max_payload);
	}
	if (a->error != 0)
		put_text(&w, a->error, a->error_text != NULL ?
		    a->error_text : "");
	if (w.err)
		return -EMSGSIZE;
	wire_w_put_u16(&w, LENGTH_AT, (uint16_t)(w.len - PAYLOAD_AT));
	return (int)w.len;
}

/* ---- decisions ---- */

bool
pppoe_service_offered(const char *const *services,
    const struct pppoe_tag *name)
{
	const char *const	*s;

	if (name->len == 0 || services == NULL || *services == NULL)
		return true;
	for (s = services; *s != NULL; s++)
		if (strlen(*s) == name->len &&
		    memcmp(*s, name->p, name->len) == 0)
			return true;
	return false;
}

static uint32_t
slot_of(mono_t now)
{
	return (uint32_t)(now.ns / 1000000000 / PPPOE_COOKIE_SLOT_S);
}

/* Two SipHashes of different keys: a MAC of 128 bits at the price of a table
 * look-up, since every frame of a flood is worth one. */
static void
cookie_of_slot(const uint8_t *key, const uint8_t *mac, const char *ifname,
    uint32_t slot, uint8_t *cookie)
{
	uint8_t		text[PPPOE_MAC_LEN + 4 + 64];
	struct wire_w	w;
	uint64_t	half[2];

	wire_w_init(&w, text, sizeof(text));
	wire_w_copy(&w, mac, PPPOE_MAC_LEN);
	wire_w_u32(&w, slot);
	wire_w_copy(&w, ifname, strnlen(ifname, 64));
	half[0] = siphash24(key, text, w.len);
	half[1] = siphash24(key + PPPOE_KEY_LEN / 2, text, w.len);
	memcpy(cookie, half, PPPOE_COOKIE_LEN);
}

void
pppoe_cookie(const uint8_t key[static PPPOE_KEY_LEN],
    const uint8_t mac[static PPPOE_MAC_LEN], const char *ifname, mono_t now,
    uint8_t cookie[static PPPOE_COOKIE_LEN])
{
	cookie_of_slot(key, mac, ifname, slot_of(now), cookie);
}

bool
pppoe_cookie_valid(const uint8_t key[static PPPOE_KEY_LEN],
    const uint8_t mac[static PPPOE_MAC_LEN], const char *ifname, mono_t now,
    const struct pppoe_tag *tag)
{
	uint8_t		cookie[PPPOE_COOKIE_LEN];
	uint32_t	slot = slot_of(now), back;

	if (tag->p == NULL || tag->len != PPPOE_COOKIE_LEN)
		return false;
	for (back = 0; back < 2 && back <= slot; back++) {
		cookie_of_slot(key, mac, ifname, slot - back, cookie);
		if (CRYPTO_memcmp(cookie, tag->p, PPPOE_COOKIE_LEN) == 0)
			return true;
	}
	return false;
}

void
pppoe_sids_init(struct pppoe_sids *s, uint16_t first)
{
	memset(s, 0, sizeof(*s));
	/* 0 is no session, 0xffff reserved (4). */
	s->used[0] |= UINT32_C(1);
	s->used[65535 / 32] |= UINT32_C(1) << 31;
	s->next = first;
}

uint16_t
pppoe_sids_take(struct pppoe_sids *s)
{
	unsigned	i;

	for (i = 0; i < 65536; i++) {
		uint16_t	sid = s->next++;
		uint32_t	bit = UINT32_C(1) << (sid % 32);

		if ((s->used[sid / 32] & bit) == 0) {
			s->used[sid / 32] |= bit;
			return sid;
		}
	}
	return 0;
}

void
pppoe_sids_give(struct pppoe_sids *s, uint16_t sid)
{
	if (sid != 0 && sid != 0xffff)
		s->used[sid / 32] &= ~(UINT32_C(1) << (sid % 32));
}

void
pppoe_sids_use(struct pppoe_sids *s, uint16_t sid)
{
	s->used[sid / 32] |= UINT32_C(1) << (sid % 32);
}

bool
pppoe_sids_used(const struct pppoe_sids *s, uint16_t sid)
{
	return (s->used[sid / 32] & UINT32_C(1) << (sid % 32)) != 0;
}

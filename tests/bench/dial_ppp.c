/* SPDX-License-Identifier: BSD-2-Clause */
#include "dial_ppp.h"

#include <net/ethernet.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "common/wire.h"
#include "nasd/pppoe_proto.h"

#define SESSION_ETHERTYPE	0x8864
#define VER_TYPE		0x11

enum { LCP = 0xc021, CHAP = 0xc223, IPV6CP = 0x8057 };
enum { REQUEST = 1, ACK, NAK, REJECT, TERMINATE, TERMINATE_ACK, CODE_REJECT,
	PROTOCOL_REJECT, ECHO, ECHO_REPLY };
enum { CHAP_CHALLENGE = 1, CHAP_RESPONSE, CHAP_SUCCESS, CHAP_FAILURE };
enum { OPT_IID = 1, OPT_AUTH = 3, MD5 = 5, MD5_LEN = 16 };

static const uint8_t broadcast[6] = { 255, 255, 255, 255, 255, 255 };

void
dial_init(struct dial_sub *s, uint32_t number)
{
	*s = (struct dial_sub){ .number = number,
		.mac = { 2, 'n', 'm', (uint8_t)(number >> 16),
		    (uint8_t)(number >> 8), (uint8_t)number } };
}

/* Begins a frame; finish() sends it. */
static struct wire_w
begin(const struct dial_sub *s, uint8_t *buf, const uint8_t *dst,
    uint16_t type, uint8_t code)
{
	struct wire_w w;

	wire_w_init(&w, buf, DIAL_FRAME_MAX);
	wire_w_copy(&w, dst, 6);
	wire_w_copy(&w, s->mac, 6);
	wire_w_u16(&w, type);
	wire_w_u8(&w, VER_TYPE);
	wire_w_u8(&w, code);
	wire_w_u16(&w, s->sid);
	wire_w_u16(&w, 0);
	return w;
}

static void
finish(const struct dial_out *out, struct wire_w *w)
{
	wire_w_put_u16(w, ETH_HLEN + 4, (uint16_t)(w->len - ETH_HLEN - 6));
	if (!w->err)
		out->send(out->arg, w->buf, w->len);
}

static void
discovery(const struct dial_sub *s, const struct dial_out *out,
    enum pppoe_code code)
{
	uint8_t buf[DIAL_FRAME_MAX];
	struct wire_w w = begin(s, buf, code == PPPOE_PADI ? broadcast : s->ac,
	    PPPOE_ETHERTYPE, code);

	if (code != PPPOE_PADT) {
		wire_w_u16(&w, PPPOE_TAG_SERVICE);
		wire_w_u16(&w, 0);
	}
	if (code == PPPOE_PADR && s->cookie_len) {
		wire_w_u16(&w, PPPOE_TAG_COOKIE);
		wire_w_u16(&w, s->cookie_len);
		wire_w_copy(&w, s->cookie, s->cookie_len);
	}
	finish(out, &w);
}

static void
ppp(const struct dial_sub *s, const struct dial_out *out, uint16_t proto,
    uint8_t code, uint8_t ident, const void *data, size_t len)
{
	uint8_t buf[DIAL_FRAME_MAX];
	struct wire_w w = begin(s, buf, s->ac, SESSION_ETHERTYPE, 0);

	wire_w_u16(&w, proto);
	wire_w_u8(&w, code);
	wire_w_u8(&w, ident);
	wire_w_u16(&w, (uint16_t)(len + 4));
	wire_w_copy(&w, data, len);
	finish(out, &w);
}

/* What this state waits for an answer to. */
static void
say(const struct dial_sub *s, const struct dial_out *out)
{
	uint8_t iid[10] = { OPT_IID, 10 };

	switch (s->state) {
	case DIAL_PADI:
		discovery(s, out, PPPOE_PADI);
		break;
	case DIAL_PADR:
		discovery(s, out, PPPOE_PADR);
		break;
	case DIAL_LCP:
		if (!s->ours)
			ppp(s, out, LCP, REQUEST, s->ident, NULL, 0);
		break;
	case DIAL_IPV6CP:
		memcpy(iid + 2, s->iid, sizeof(s->iid));
		if (!s->ours)
			ppp(s, out, IPV6CP, REQUEST, s->ident, iid,
			    sizeof(iid));
		break;
	default:
		break;
	}
}

static void
enter(struct dial_sub *s, const struct dial_out *out, enum dial_state state,
    uint64_t now)
{
	s->state = state;
	s->tries = 0;
	s->ours = s->theirs = false;
	s->ident++;
	s->again_at = state == DIAL_UP || state == DIAL_FAILED ? 0 :
	    now + DIAL_AGAIN_NS;
	if (state == DIAL_UP)
		s->up_at = now;
	say(s, out);
}

void
dial_start(struct dial_sub *s, const struct dial_out *out, uint64_t now)
{
	s->began = now;
	s->sid = 0;
	memcpy(s->iid, "\0\0\0\0\2", 5);
	memcpy(s->iid + 5, s->mac + 3, 3);
	enter(s, out, DIAL_PADI, now);
}

void
dial_again(struct dial_sub *s, const struct dial_out *out, uint64_t now)
{
	if (++s->tries > DIAL_TRIES) {
		enter(s, out, DIAL_FAILED, now);
		return;
	}
	s->again_at = now + DIAL_AGAIN_NS;
	say(s, out);
}

void
dial_hang_up(struct dial_sub *s, const struct dial_out *out)
{
	if (s->sid)
		discovery(s, out, PPPOE_PADT);
	s->sid = 0;
	s->state = DIAL_IDLE;
	s->again_at = 0;
}

static void
take_offer(struct dial_sub *s, const struct dial_out *out,
    const struct pppoe_packet *p, uint64_t now)
{
	if (p->cookie.len > sizeof(s->cookie))
		return;
	memcpy(s->ac, p->src, sizeof(s->ac));
	s->cookie_len = (uint8_t)p->cookie.len;
	if (p->cookie.len)
		memcpy(s->cookie, p->cookie.p, p->cookie.len);
	enter(s, out, DIAL_PADR, now);
}

/* pppoe_parse is a concentrator's: it takes no offers. */
static bool
parse_discovery(struct pppoe_packet *p, struct wire_r r)
{
	uint16_t type, len;
	const uint8_t *v;

	memset(p, 0, sizeof(*p));
	wire_r_skip(&r, 6);
	wire_r_copy(&r, p->src, 6);
	wire_r_skip(&r, 3);
	p->code = wire_r_u8(&r);
	p->sid = wire_r_u16(&r);
	len = wire_r_u16(&r);
	r = wire_r_sub(&r, len);
	while (!r.err && wire_r_left(&r)) {
		type = wire_r_u16(&r);
		len = wire_r_u16(&r);
		v = wire_r_ptr(&r, len);
		if (type == PPPOE_TAG_COOKIE)
			p->cookie = (struct pppoe_tag){ v, len };
		p->errors = p->errors || (type >= PPPOE_TAG_SERVICE_ERR &&
		    type <= PPPOE_TAG_GENERIC_ERR);
	}
	return !r.err;
}

static void
on_discovery(struct dial_sub *s, const struct dial_out *out, struct wire_r r,
    uint64_t now)
{
	struct pppoe_packet p;

	if (!parse_discovery(&p, r))
		return;
	if (p.code == PPPOE_PADO && s->state == DIAL_PADI) {
		take_offer(s, out, &p, now);
	} else if (p.code == PPPOE_PADS && s->state == DIAL_PADR) {
		s->sid = p.errors ? 0 : p.sid;
		enter(s, out, s->sid ? DIAL_LCP : DIAL_FAILED, now);
	} else if (p.code == PPPOE_PADT && s->sid && p.sid == s->sid) {
		s->sid = 0;
		enter(s, out, DIAL_FAILED, now);
	}
}

static void
on_request(struct dial_sub *s, const struct dial_out *out, uint16_t proto,
    uint8_t ident, struct wire_r *r)
{
	static const uint8_t chap[] = { OPT_AUTH, 5, CHAP >> 8, CHAP & 255,
		MD5 };
	size_t len = wire_r_left(r);
	const uint8_t *b = wire_r_ptr(r, len);

	/* Of all options only another way to authenticate matters. */
	for (size_t i = 0; proto == LCP && i + 2 <= len && b[i + 1] >= 2;
	    i += b[i + 1])
		if (b[i] == OPT_AUTH && (i + 5 > len ||
		    memcmp(b + i, chap, sizeof(chap)) != 0)) {
			ppp(s, out, proto, NAK, ident, chap, sizeof(chap));
			return;
		}
	ppp(s, out, proto, ACK, ident, b, len);
	s->theirs = true;
}

static void
opened(struct dial_sub *s, const struct dial_out *out, uint64_t now)
{
	if (!s->ours || !s->theirs)
		return;
	if (s->state == DIAL_LCP)
		enter(s, out, DIAL_AUTH, now);
	else if (s->state == DIAL_IPV6CP)
		enter(s, out, DIAL_UP, now);
}

static void
on_lcp(struct dial_sub *s, const struct dial_out *out, uint8_t code,
    uint8_t ident, struct wire_r *r, uint64_t now)
{
	uint8_t magic[4] = { 0 };

	switch (code) {
	case REQUEST:
		on_request(s, out, LCP, ident, r);
		break;
	case ACK:
		s->ours = s->ours || ident == s->ident;
		break;
	case ECHO:
		ppp(s, out, LCP, ECHO_REPLY, ident, magic, sizeof(magic));
		return;
	case TERMINATE:
		ppp(s, out, LCP, TERMINATE_ACK, ident, NULL, 0);
		return;
	default:
		return;
	}
	if (s->state == DIAL_LCP)
		opened(s, out, now);
}

/* Fills in the subscriber's number. */
static int
name_of(const struct dial_sub *s, const char *pattern, char *name)
{
	const char *at = strstr(pattern, "%u");

	if (!at)
		return snprintf(name, DIAL_NAME_MAX, "%s", pattern);
	return snprintf(name, DIAL_NAME_MAX, "%.*s%u%s", (int)(at - pattern),
	    pattern, s->number, at + 2);
}

static void
on_challenge(struct dial_sub *s, const struct dial_out *out, uint8_t ident,
    struct wire_r *r)
{
	char name[DIAL_NAME_MAX], secret[DIAL_NAME_MAX];
	uint8_t input[1 + DIAL_NAME_MAX + 255], answer[1 + MD5_LEN +
	    DIAL_NAME_MAX];
	uint8_t len = wire_r_u8(r);
	const uint8_t *challenge = wire_r_ptr(r, len);
	int n = name_of(s, out->user, name);
	int k = name_of(s, out->secret, secret);

	if (r->err || n < 0 || n >= DIAL_NAME_MAX || k < 0 ||
	    k >= DIAL_NAME_MAX)
		return;
	input[0] = ident;
	memcpy(input + 1, secret, (size_t)k);
	memcpy(input + 1 + k, challenge, len);
	answer[0] = MD5_LEN;
	if (!EVP_Digest(input, 1 + (size_t)k + len, answer + 1, NULL,
	    EVP_md5(), NULL))
		return;
	memcpy(answer + 1 + MD5_LEN, name, (size_t)n);
	ppp(s, out, CHAP, CHAP_RESPONSE, ident, answer,
	    1 + MD5_LEN + (size_t)n);
}

static void
on_chap(struct dial_sub *s, const struct dial_out *out, uint8_t code,
    uint8_t ident, struct wire_r *r, uint64_t now)
{
	if (code == CHAP_CHALLENGE)
		on_challenge(s, out, ident, r);
	else if (code == CHAP_SUCCESS && s->state == DIAL_AUTH)
		enter(s, out, DIAL_IPV6CP, now);
}

static void
on_ipv6cp(struct dial_sub *s, const struct dial_out *out, uint8_t code,
    uint8_t ident, struct wire_r *r, uint64_t now)
{
	const uint8_t *b;

	if (code == REQUEST) {
		on_request(s, out, IPV6CP, ident, r);
	} else if (code == ACK && ident == s->ident) {
		s->ours = true;
	} else if (code == NAK && ident == s->ident && !s->ours) {
		b = wire_r_ptr(r, 10);
		if (!b || b[0] != OPT_IID || b[1] != 10)
			return;
		memcpy(s->iid, b + 2, sizeof(s->iid));
		s->ident++;
		say(s, out);
	}
	opened(s, out, now);
}

static void
on_session(struct dial_sub *s, const struct dial_out *out, struct wire_r *r,
    uint64_t now)
{
	uint16_t proto, len;
	uint8_t code, ident;

	wire_r_skip(r, ETH_HLEN + 2);
	if (wire_r_u16(r) != s->sid || !s->sid)
		return;
	wire_r_skip(r, 2);
	proto = wire_r_u16(r);
	code = wire_r_u8(r);
	ident = wire_r_u8(r);
	len = wire_r_u16(r);
	if (r->err || len < 4)
		return;
	*r = wire_r_sub(r, len - 4u);
	if (r->err)
		return;
	if (proto == LCP)
		on_lcp(s, out, code, ident, r, now);
	else if (proto == CHAP)
		on_chap(s, out, code, ident, r, now);
	else if (proto == IPV6CP && s->state >= DIAL_IPV6CP)
		on_ipv6cp(s, out, code, ident, r, now);
}

void
dial_frame(struct dial_sub *s, const struct dial_out *out,
    const uint8_t *frame, size_t len, uint64_t now)
{
	struct wire_r r;

	if (len < ETH_HLEN + 6)
		return;
	wire_r_init(&r, frame, len);
	if (frame[12] == PPPOE_ETHERTYPE >> 8 &&
	    frame[13] == (PPPOE_ETHERTYPE & 255))
		on_discovery(s, out, r, now);
	else if (memcmp(frame + 6, s->ac, sizeof(s->ac)) == 0)
		on_session(s, out, &r, now);
}

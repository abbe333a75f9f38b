/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RADIUS packets as bytes: what packet.h promises. radius/attrs.c puts
 * attribute lists into them, radius/client.c sends them.
 *
 * RFC 2865 3 (header, Response Authenticator), 5.2 (User-Password), 5.26
 * (Vendor-Specific); RFC 2866 3 (accounting's Request Authenticator);
 * RFC 3579 3.2 (Message-Authenticator).
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "radius/packet.h"

#define OFF_LENGTH	2
#define OFF_VECTOR	4
#define MD5_LEN		16
#define ATTR_MAX	255	/* with its type and length */

#define T_USER_PASSWORD		2
#define T_VENDOR_SPECIFIC	26
#define T_PROXY_STATE		33
#define T_EAP_MESSAGE		79
#define T_MESSAGE_AUTH		80

static const uint8_t zero_vector[RADIUS_VECTOR];

/* MD5 over two strings, the only shape RADIUS uses. */
static int
md5_2(const void *a, size_t alen, const void *b, size_t blen,
    uint8_t out[MD5_LEN])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ok;

	if (ctx == NULL)
		return -ENOMEM;
	ok = EVP_DigestInit_ex(ctx, EVP_md5(), NULL) &&
	    EVP_DigestUpdate(ctx, a, alen) &&
	    EVP_DigestUpdate(ctx, b, blen) &&
	    EVP_DigestFinal_ex(ctx, out, NULL);
	EVP_MD_CTX_free(ctx);
	return ok ? 0 : -ENOTSUP;
}

static int
hmac_md5(const struct radius_secret *s, const void *data, size_t len,
    uint8_t out[MD5_LEN])
{
	unsigned outlen = 0;

	if (HMAC(EVP_md5(), s->data, (int)s->len, data, len, out,
	    &outlen) == NULL || outlen != MD5_LEN)
		return -ENOTSUP;
	return 0;
}

int
radius_crypto_init(void)
{
	static const struct radius_secret key = { .len = 1 };
	uint8_t out[MD5_LEN];

	if (md5_2("", 0, "", 0, out) < 0 || hmac_md5(&key, "", 0, out) < 0)
		return -ENOTSUP;
	return 0;
}

void
radius_begin(struct wire_w *w, enum radius_code code, uint8_t id,
    const uint8_t vector[RADIUS_VECTOR])
{
	wire_w_u8(w, (uint8_t)code);
	wire_w_u8(w, id);
	wire_w_u16(w, 0);
	if (code == RADIUS_ACCT_REQUEST) {
		wire_w_zero(w, RADIUS_VECTOR);
		return;
	}
	wire_w_copy(w, vector, RADIUS_VECTOR);
	if (code == RADIUS_ACCESS_REQUEST || code == RADIUS_STATUS_SERVER)
		radius_put(w, T_MESSAGE_AUTH, zero_vector, MD5_LEN);
}

void
radius_put(struct wire_w *w, uint8_t type, const void *data, size_t len)
{
	if (len > ATTR_MAX - 2) {
		w->err = true;
		return;
	}
	wire_w_u8(w, type);
	wire_w_u8(w, (uint8_t)(len + 2));
	wire_w_copy(w, data, len);
}

void
radius_put_vendor(struct wire_w *w, uint32_t vendor, uint8_t type,
    const void *data, size_t len)
{
	if (len > ATTR_MAX - 8) {
		w->err = true;
		return;
	}
	wire_w_u8(w, T_VENDOR_SPECIFIC);
	wire_w_u8(w, (uint8_t)(len + 8));
	wire_w_u32(w, vendor);
	radius_put(w, type, data, len);
}

/* Each block is masked by MD5(secret, block before it), the first one by
 * MD5(secret, vector). An empty password still takes one block. */
void
radius_put_password(struct wire_w *w, const struct radius_secret *s,
    const void *pw, size_t len)
{
	size_t blocks = len == 0 ? 1 : (len + MD5_LEN - 1) / MD5_LEN;
	uint8_t mask[MD5_LEN];
	const uint8_t *prev;
	uint8_t *out;

	if (len > RADIUS_PASSWORD || w->err || w->len < RADIUS_HDR) {
		w->err = true;
		return;
	}
	prev = w->buf + OFF_VECTOR;
	wire_w_u8(w, T_USER_PASSWORD);
	wire_w_u8(w, (uint8_t)(2 + blocks * MD5_LEN));
	out = wire_w_reserve(w, blocks * MD5_LEN);
	if (out == NULL)
		return;
	memset(out, 0, blocks * MD5_LEN);
	if (len > 0)
		memcpy(out, pw, len);
	for (size_t b = 0; b < blocks; b++, out += MD5_LEN) {
		if (md5_2(s->data, s->len, prev, MD5_LEN, mask) < 0) {
			/* Never leave it in the clear. */
			memset(out, 0, (blocks - b) * MD5_LEN);
			w->err = true;
			break;
		}
		for (size_t i = 0; i < MD5_LEN; i++)
			out[i] ^= mask[i];
		prev = out;
	}
	OPENSSL_cleanse(mask, sizeof(mask));
}

int
radius_finish(struct wire_w *w, const struct radius_secret *s)
{
	uint8_t *p = w->buf;
	int err;

	if (w->err || w->len < RADIUS_HDR || w->len > RADIUS_MAX)
		return -EMSGSIZE;
	wire_w_put_u16(w, OFF_LENGTH, (uint16_t)w->len);
	if (p[0] == RADIUS_ACCT_REQUEST)
		err = md5_2(p, w->len, s->data, s->len, p + OFF_VECTOR);
	else
		/* radius_begin put it first; its value is still zero. */
		err = hmac_md5(s, p, w->len, p + RADIUS_HDR + 2);
	return err < 0 ? err : (int)w->len;
}

void
radius_begin_reply(struct wire_w *w, uint8_t code, const uint8_t *request)
{
	wire_w_u8(w, code);
	wire_w_u8(w, request[1]);
	wire_w_u16(w, 0);
	wire_w_copy(w, request + OFF_VECTOR, RADIUS_VECTOR);
	radius_put(w, T_MESSAGE_AUTH, zero_vector, MD5_LEN);
}

int
radius_finish_reply(struct wire_w *w, const struct radius_secret *s)
{
	uint8_t *p = w->buf;
	int err;

	if (w->err || w->len < RADIUS_HDR + 2 + MD5_LEN ||
	    w->len > RADIUS_MAX)
		return -EMSGSIZE;
	wire_w_put_u16(w, OFF_LENGTH, (uint16_t)w->len);
	err = hmac_md5(s, p, w->len, p + RADIUS_HDR + 2);
	if (err == 0)
		err = md5_2(p, w->len, s->data, s->len, p + OFF_VECTOR);
	return err < 0 ? err : (int)w->len;
}

void
radius_iter_init(struct radius_iter *it, const uint8_t *pkt, size_t len)
{
	memset(it, 0, sizeof(*it));
	wire_r_init(&it->r, pkt, len);
	wire_r_skip(&it->r, RADIUS_HDR);
	wire_r_init(&it->sub, pkt, 0);
}

/* The next type-length-value; false when there is none that fits. */
static bool
next_tlv(struct wire_r *r, struct radius_attr *a)
{
	uint8_t len;

	if (r->err || wire_r_left(r) < 2)
		return false;
	a->type = wire_r_u8(r);
	len = wire_r_u8(r);
	if (len < 2)
		return false;
	a->len = (uint8_t)(len - 2);
	a->data = wire_r_ptr(r, a->len);
	return !r->err;
}

bool
radius_iter_next(struct radius_iter *it, struct radius_attr *a)
{
	for (;;) {
		if (next_tlv(&it->sub, a)) {
			a->vendor = it->vendor;
			return true;
		}
		if (!next_tlv(&it->r, a))
			return false;
		if (a->type != T_VENDOR_SPECIFIC || a->len < 4) {
			a->vendor = 0;
			return true;
		}
		wire_r_init(&it->sub, a->data, a->len);
		it->vendor = wire_r_u32(&it->sub);
	}
}

const char *
radius_verdict_str(enum radius_verdict v)
{
	switch (v) {
	case RADIUS_GOOD:
		return "good";
	case RADIUS_MALFORMED:
		return "malformed";
	case RADIUS_BAD_VECTOR:
		return "wrong Response Authenticator";
	case RADIUS_BAD_MA:
		return "wrong Message-Authenticator";
	case RADIUS_NO_MA:
		return "Message-Authenticator missing";
	case RADIUS_PROXY_STATE:
		return "Proxy-State that was not sent, and no "
		    "Message-Authenticator";
	}
	return "?";
}

/* Checks that the attributes fill the packet exactly. *ma: offset of the
 * Message-Authenticator's value, 0 when there is none; two are an error. *eap:
 * there is an EAP-Message. */
static bool
structure(const uint8_t *pkt, size_t len, size_t *ma, bool *proxy, bool *eap)
{
	struct radius_attr a;
	struct wire_r r;

	*ma = 0;
	*proxy = *eap = false;
	wire_r_init(&r, pkt, len);
	wire_r_skip(&r, RADIUS_HDR);
	while (wire_r_left(&r) > 0) {
		if (!next_tlv(&r, &a))
			return false;
		*proxy |= a.type == T_PROXY_STATE;
		*eap |= a.type == T_EAP_MESSAGE;
		if (a.type != T_MESSAGE_AUTH)
			continue;
		if (*ma != 0 || a.len != MD5_LEN)
			return false;
		*ma = (size_t)(a.data - pkt);
	}
	return wire_r_done(&r);
}

static bool
is_access_reply(uint8_t code)
{
	return code == RADIUS_ACCESS_ACCEPT || code == RADIUS_ACCESS_REJECT ||
	    code == RADIUS_ACCESS_CHALLENGE;
}

/* Is an access reply good though no Message-Authenticator protects it? */
static enum radius_verdict
unprotected(uint8_t code, enum radius_ma_policy policy, bool proxy)
{
	if (!is_access_reply(code))
		return RADIUS_GOOD;
	if (policy == RADIUS_MA_REQUIRED)
		return RADIUS_NO_MA;
	return proxy ? RADIUS_PROXY_STATE : RADIUS_GOOD;
}

enum radius_verdict
radius_verify(const uint8_t *pkt, size_t len,
    const uint8_t request_vector[RADIUS_VECTOR],
    const struct radius_secret *s, enum radius_ma_policy policy,
    size_t *used)
{
	uint8_t copy[RADIUS_MAX], sum[MD5_LEN];
	size_t ma, n;
	bool proxy, eap;

	if (len < RADIUS_HDR)
		return RADIUS_MALFORMED;
	n = (size_t)pkt[OFF_LENGTH] << 8 | pkt[OFF_LENGTH + 1];
	if (n < RADIUS_HDR || n > RADIUS_MAX || n > len ||
	    !structure(pkt, n, &ma, &proxy, &eap))
		return RADIUS_MALFORMED;

	/* Both sums are made over the reply with the request's vector. */
	memcpy(copy, pkt, n);
	memcpy(copy + OFF_VECTOR, request_vector, RADIUS_VECTOR);
	if (md5_2(copy, n, s->data, s->len, sum) < 0 ||
	    CRYPTO_memcmp(sum, pkt + OFF_VECTOR, MD5_LEN) != 0)
		return RADIUS_BAD_VECTOR;
	*used = n;
	/* EAP is nothing without [RFC 3579 3.1]. */
	if (eap && ma == 0 && is_access_reply(pkt[0]))
		return RADIUS_NO_MA;
	if (ma == 0 || (policy == RADIUS_MA_IGNORED && !eap))
		return unprotected(pkt[0], policy, proxy);
	memset(copy + ma, 0, MD5_LEN);
	if (hmac_md5(s, copy, n, sum) < 0 ||
	    CRYPTO_memcmp(sum, pkt + ma, MD5_LEN) != 0)
		return RADIUS_BAD_MA;
	return RADIUS_GOOD;
}

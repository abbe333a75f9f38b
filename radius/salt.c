/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RFC 2868 3.5: what salt.h promises. The first block is masked by MD5(secret,
 * Request Authenticator, salt), each further one by MD5(secret, the hidden
 * block before it); the first byte in the clear is the value's length.
 */
#include "config.h"

#include <stdbool.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "radius/salt.h"

#define BLOCK	16
#define SALT	2

/* MD5 over the secret and two more strings. */
static bool
mask(const struct radius_secret *s, const uint8_t *a, size_t alen,
    const uint8_t *b, size_t blen, uint8_t out[BLOCK])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok;

	ok = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_md5(), NULL) &&
	    EVP_DigestUpdate(ctx, s->data, s->len) &&
	    EVP_DigestUpdate(ctx, a, alen) &&
	    EVP_DigestUpdate(ctx, b, blen) &&
	    EVP_DigestFinal_ex(ctx, out, NULL);
	EVP_MD_CTX_free(ctx);
	return ok;
}

/* Takes the masks off len bytes of blocks. */
static bool
unmask(const struct radius_secret *s, const uint8_t *vector,
    const uint8_t *salt, const uint8_t *blocks, size_t len, uint8_t *clear)
{
	uint8_t m[BLOCK];
	bool ok = true;

	for (size_t at = 0; at < len && ok; at += BLOCK) {
		ok = at == 0 ? mask(s, vector, RADIUS_VECTOR, salt, SALT, m) :
		    mask(s, blocks + at - BLOCK, BLOCK, NULL, 0, m);
		for (size_t i = 0; i < BLOCK; i++)
			clear[at + i] = blocks[at + i] ^ m[i];
	}
	OPENSSL_cleanse(m, sizeof(m));
	return ok;
}

/* The value in clear[0..len): its own length, itself, and padding that fills
 * the last block, no more. */
static enum radius_unsalted
unpad(const uint8_t *clear, size_t len, uint8_t *out, size_t cap, size_t *n)
{
	size_t is = clear[0];

	if (is + 1 > len || is + 1 + BLOCK <= len)
		return RADIUS_SALT_LENGTH;
	if (is > cap)
		return RADIUS_SALT_ROOM;
	memcpy(out, clear + 1, is);
	*n = is;
	return RADIUS_UNSALTED;
}

enum radius_unsalted
radius_unsalt(const struct radius_secret *s,
    const uint8_t vector[RADIUS_VECTOR], const uint8_t *data, size_t len,
    uint8_t *out, size_t cap, size_t *n)
{
	uint8_t clear[1 + RADIUS_SALT_MAX];
	enum radius_unsalted v = RADIUS_SALT_MD5;

	memset(out, 0, cap);
	if (len < SALT + BLOCK)
		return RADIUS_SALT_SHORT;
	if ((len - SALT) % BLOCK != 0 || len - SALT > sizeof(clear))
		return RADIUS_SALT_BLOCKS;
	if (unmask(s, vector, data, data + SALT, len - SALT, clear))
		v = unpad(clear, len - SALT, out, cap, n);
	OPENSSL_cleanse(clear, sizeof(clear));
	return v;
}

const char *
radius_unsalted_str(enum radius_unsalted v)
{
	switch (v) {
	case RADIUS_UNSALTED:
		return "good";
	case RADIUS_SALT_SHORT:
		return "too short to be salted";
	case RADIUS_SALT_BLOCKS:
		return "not whole blocks of 16 bytes";
	case RADIUS_SALT_LENGTH:
		return "padding does not fit the length (salted by another "
		    "secret?)";
	case RADIUS_SALT_ROOM:
		return "too long";
	case RADIUS_SALT_MD5:
		return "MD5 is not to be had";
	}
	return "?";
}

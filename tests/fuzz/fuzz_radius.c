/* SPDX-License-Identifier: BSD-2-Clause */
/* RADIUS replies: as they come, and the same attributes under a good
 * authenticator; what decodes is written, and then decodes alike. */
#include <string.h>

#include "fuzz.h"
#include "radius/attrs.h"
#include "radius/mobile.h"
#include "radius/packet.h"

static const struct radius_secret secret = { 6, "secret" };
static const uint8_t zero[RADIUS_VECTOR];

/* An accounting request's sum is that of a reply to a request whose
 * authenticator is zero. */
static size_t
sign(uint8_t *pkt, const uint8_t *attrs, size_t len)
{
	struct wire_w w;
	int n;

	wire_w_init(&w, pkt, RADIUS_MAX);
	radius_begin(&w, RADIUS_ACCT_REQUEST, 0, NULL);
	wire_w_copy(&w, attrs, len);
	n = radius_finish(&w, &secret);
	return n < 0 ? 0 : (size_t)n;
}

/* A key that is found has a length and an SPI that can be used; what says why
 * not ends. */
static void
keys(struct radius_attrs *as)
{
	char why[96];
	struct mip4_sa sa;
	enum radius_key v;

	as->secret = &secret;
	as->vector = zero;
	for (int i = 0; i < 2; i++) {
		why[0] = '\0';
		v = radius_mn_ha(as, i == 0 ? RADIUS_FOR_NAS : RADIUS_FOR_HA,
		    &sa, why, sizeof(why));
		fuzz_assert((v == RADIUS_KEY_BROKEN) == (why[0] != '\0'));
		if (v == RADIUS_KEY_GOOD)
			fuzz_assert(sa.spi >= MIP4_SPI_MIN &&
			    sa.key_len >= RADIUS_KEY_MIN &&
			    sa.key_len <= MIP4_KEY_MAX);
		else
			fuzz_assert(sa.spi == 0 && sa.key_len == 0);
		mip4_sa_wipe(&sa);
	}
}

static void
attributes(const struct radius_dict *dict, const uint8_t *pkt, size_t len)
{
	struct radius_attrs as, again;
	const VALUE_PAIR *a, *b;
	uint8_t buf[RADIUS_MAX];
	struct wire_w w;
	char text[1200];

	fuzz_assert(radius_attrs_decode(&as, dict, pkt, len) == 0);
	wire_w_init(&w, buf, sizeof(buf));
	radius_begin(&w, RADIUS_ACCT_REQUEST, 0, NULL);
	radius_attrs_encode(&as, &w, &secret);
	/* A hidden password does not come back; two attributes in one
	 * Vendor-Specific may take more room apart. */
	if (radius_find(&as, PW_USER_PASSWORD, 0) == NULL && !w.err) {
		fuzz_assert(radius_attrs_decode(&again, dict, buf, w.len) ==
		    0);
		b = again.list;
		for (a = as.list; a != NULL; a = a->next, b = b->next) {
			fuzz_assert(b != NULL && a->type == b->type);
			fuzz_assert(a->attribute == b->attribute);
			fuzz_assert(a->lvalue == b->lvalue);
			(void)radius_attr_text(dict, a, text, sizeof(text));
		}
		fuzz_assert(b == NULL);
		radius_attrs_free(&again);
	}
	keys(&as);
	radius_attrs_free(&as);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct radius_dict *dict;
	uint8_t pkt[RADIUS_MAX];
	size_t n, used;

	if (dict == NULL)
		dict = radius_dict_load(DICTIONARY);
	fuzz_assert(dict != NULL);
	(void)radius_verify(data, len, zero, &secret, RADIUS_MA_REQUIRED,
	    &used);
	n = sign(pkt, data, len);
	if (n != 0 && radius_verify(pkt, n, zero, &secret, RADIUS_MA_IGNORED,
	    &used) == RADIUS_GOOD) {
		fuzz_assert(used == n);
		attributes(dict, pkt, n);
	}
	return 0;
}

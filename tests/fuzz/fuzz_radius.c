/* SPDX-License-Identifier: BSD-2-Clause */
/* RADIUS replies: as they come, and the same attributes under a good
 * authenticator; what decodes is written, and then decodes alike. */
#include <string.h>

#include "fuzz.h"
#include "radius/attrs.h"
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

/* SPDX-License-Identifier: BSD-2-Clause */
/* Access-Accepts as the home agent reads them: what is let in has a key that
 * can be used or none, and a home that is in one of its pools or none. */
#include <string.h>

#include <arpa/inet.h>

#include "fuzz.h"
#include "had/user_radius.h"
#include "radius/attrs.h"
#include "radius/mobile.h"
#include "radius/packet.h"

static const struct radius_secret secret = { 6, "secret" };
static const uint8_t zero[RADIUS_VECTOR];

static void
set_up(struct pool pool[2], struct pools *pools)
{
	static char unique[] = "homes", shared[] = "village";

	pool[0] = (struct pool){ .name = unique, .mode = POOL_UNIQUE,
		.len = 48 };
	pool[1] = (struct pool){ .name = shared, .mode = POOL_SHARED,
		.len = 64 };
	inet_pton(AF_INET6, "2001:db8:100::", &pool[0].prefix);
	inet_pton(AF_INET6, "2001:db8:200:1::", &pool[1].prefix);
	fuzz_assert(pools_init(pools, pool, 2, 16) == 0);
}

static void
check(const struct user_answer *a)
{
	static const uint8_t no_iid[8];
	const struct user_home *h = &a->home;

	fuzz_assert(a->state == USER_KNOWN || a->state == USER_BROKEN);
	fuzz_assert((a->state == USER_BROKEN) == (a->why[0] != '\0'));
	fuzz_assert(memchr(a->why, '\0', sizeof(a->why)) != NULL);
	if (a->state == USER_BROKEN) {
		fuzz_assert(a->sa.key_len == 0 && !h->pool && !h->fixed);
		return;
	}
	fuzz_assert(a->sa.key_len == 0 || (a->sa.key_len >= RADIUS_KEY_MIN &&
	    a->sa.key_len <= MIP4_KEY_MAX && a->sa.spi >= MIP4_SPI_MIN));
	if (!h->fixed)
		return;
	fuzz_assert(h->pool && pool_contains(h->pool, &h->addr));
	if (h->pool->mode == POOL_UNIQUE)
		fuzz_assert(memcmp(h->addr.s6_addr + 8, no_iid, 8) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct radius_dict *dict;
	static struct pools pools;
	static struct pool pool[2];
	struct radius_attrs as;
	struct user_answer a;
	uint8_t pkt[RADIUS_MAX];
	struct wire_w w;

	if (dict == NULL) {
		dict = radius_dict_load(DICTIONARY);
		fuzz_assert(dict != NULL);
		set_up(pool, &pools);
	}
	wire_w_init(&w, pkt, sizeof(pkt));
	radius_begin(&w, RADIUS_ACCT_REQUEST, 0, NULL);
	wire_w_copy(&w, data, len);
	if (w.err)
		return 0;
	fuzz_assert(radius_attrs_decode(&as, dict, pkt, w.len) == 0);
	as.secret = &secret;
	as.vector = zero;
	user_radius_read(&as, MIP4_ALG_HMAC_MD5, &pools, &a);
	check(&a);
	mip4_sa_wipe(&a.sa);
	radius_attrs_free(&as);
	return 0;
}

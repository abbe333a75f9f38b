/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Disconnect- and CoA-Requests: as they come, and the same attributes under a
 * good authenticator. The first byte says which of the two it is; whatever it
 * says, there is an answer that its client can verify, or too much to echo.
 */
#include <string.h>

#include <openssl/evp.h>

#include "fuzz.h"
#include "nasd/access.h"
#include "nasd/coa_rules.h"
#include "nasd/session.h"
#include "radius/dae.h"

static const struct radius_secret secret = { 6, "secret" };

static size_t
sign(uint8_t *pkt, uint8_t code, const uint8_t *attrs, size_t len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t sum[RADIUS_VECTOR];

	if (len > RADIUS_MAX - RADIUS_HDR)
		len = RADIUS_MAX - RADIUS_HDR;
	memset(pkt, 0, RADIUS_HDR);
	memcpy(pkt + RADIUS_HDR, attrs, len);
	len += RADIUS_HDR;
	pkt[0] = code;
	pkt[1] = 7;
	pkt[2] = (uint8_t)(len >> 8);
	pkt[3] = (uint8_t)len;
	fuzz_assert(ctx != NULL);
	EVP_DigestInit_ex(ctx, EVP_md5(), NULL);
	EVP_DigestUpdate(ctx, pkt, len);
	EVP_DigestUpdate(ctx, secret.data, secret.len);
	EVP_DigestFinal_ex(ctx, sum, NULL);
	EVP_MD_CTX_free(ctx);
	memcpy(pkt + 4, sum, sizeof(sum));
	return len;
}

static void
inside(const struct dae_bytes *b, const uint8_t *pkt, size_t len)
{
	fuzz_assert(b->p == NULL ||
	    (b->p >= pkt && b->p + b->len <= pkt + len));
}

/* What it means for a session that has everything. */
static void
rules(const struct dae_request *q)
{
	static char nas_id[] = "nas1", gold[] = "gold";
	struct config_profile profile = { gold, { 8000, 16000, 5 } };
	struct nasd_config cfg = { .nas_id = nas_id, .profile = &profile,
	    .n_profile = 1 };
	struct session s = { .access = &access_ppp, .granted = true,
	    .registered = true,
	    .hoa_unique = true, .pppoe_sid = 7, .user = "alice",
	    .port_id = "acc0", .id = "0123456789abcdef" };
	struct coa_change c;

	(void)coa_for_us(q, &cfg);
	(void)coa_matches(q, &s);
	if (coa_plan(q, &cfg, &s, &c) == DAE_NONE) {
		fuzz_assert(rate_is_valid(c.rate.down_bps));
		fuzz_assert(rate_is_valid(c.rate.up_bps));
		fuzz_assert(memchr(c.filter_id, 0, sizeof(c.filter_id)) !=
		    NULL);
	}
}

static void
answered(const uint8_t *pkt, size_t len, enum dae_cause cause)
{
	uint8_t out[RADIUS_MAX];
	size_t used;
	int n = dae_answer(out, pkt, len, cause, &secret);

	if (n < 0) {
		fuzz_assert(len > RADIUS_MAX - 24);
		return;
	}
	fuzz_assert(radius_verify(out, (size_t)n, pkt + 4, &secret,
	    RADIUS_MA_REQUIRED, &used) == RADIUS_GOOD);
	fuzz_assert(used == (size_t)n && out[1] == pkt[1]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t pkt[RADIUS_MAX];
	struct dae_request q;
	enum dae_cause cause;
	size_t n, used;

	(void)dae_verify(data, len, &secret, &used);
	if (len == 0)
		return 0;
	n = sign(pkt, data[0] & 1 ? DAE_COA_REQUEST : DAE_DISCONNECT_REQUEST,
	    data + 1, len - 1);
	if (dae_verify(pkt, n, &secret, &used) != RADIUS_GOOD)
		return 0;
	fuzz_assert(used == n);
	cause = dae_decode(&q, pkt, n);
	inside(&q.user, pkt, n);
	inside(&q.circuit, pkt, n);
	inside(&q.prefix6, pkt, n);
	inside(&q.state, pkt, n);
	for (unsigned i = 0; i < q.n_class; i++)
		inside(&q.class[i], pkt, n);
	if (cause == DAE_NONE) {
		fuzz_assert(q.coa || q.n_changes == 0);
		rules(&q);
	}
	answered(pkt, n, cause);
	return 0;
}

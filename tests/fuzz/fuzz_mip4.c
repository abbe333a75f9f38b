/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mip4_parse and mip4_auth_check: nothing reported lies outside of the
 * message, and nothing verifies that is not under the key. Every extension
 * offset is behind the fixed part, inside of what is called good.
 */
#include <string.h>

#include "common/mip4.h"
#include "common/mip4_auth.h"
#include "fuzz.h"

static const struct mip4_ext_types types = MIP4_EXT_TYPES_DEFAULT;

static void
check_inside(const struct mip4_exts *e, const uint8_t *data, size_t len)
{
	const size_t offs[] = { e->off_nai, e->off_hoa_req, e->off_hoa,
	    e->off_rev, e->off_gre, e->off_pmip_auth, e->off_cvse,
	    e->off_ipv6_address };

	fuzz_assert(e->parsed <= len);
	for (size_t i = 0; i < sizeof(offs) / sizeof(offs[0]); i++)
		fuzz_assert(offs[i] == 0 ||
		    (offs[i] >= 12 && offs[i] < e->parsed));
	fuzz_assert(e->nai_len <= MIP4_NAI_MAX);
	fuzz_assert(e->nai_len == 0 || (e->nai == data + e->off_nai + 2 &&
	    e->off_nai + 2 + e->nai_len <= e->parsed));
}

static void
check_auths(const struct mip4_exts *e, const uint8_t *data)
{
	struct mip4_sa sa = { .alg = MIP4_ALG_HMAC_MD5, .key_len = 16 };

	for (unsigned i = 0; i < e->n_auth && i < MIP4_MAX_AUTHS; i++) {
		const struct mip4_auth_ext *a = &e->auth[i];
		size_t covered = 0;
		uint32_t spi;

		fuzz_assert(a->off + 2 <= e->parsed);
		if (a->authenticator == NULL)
			continue;
		fuzz_assert(a->authenticator == data + a->off + 6);
		fuzz_assert(a->off + 6 + a->len <= e->parsed);
		fuzz_assert(mip4_auth_spi(e, a->type, &spi));
		/* A key that no seed was made with. */
		sa.spi = a->spi;
		memset(sa.key, 0x5a, sa.key_len);
		fuzz_assert(mip4_auth_check(data, e, a->type, &sa,
		    &covered) != MIP4_AUTH_OK);
		fuzz_assert(covered == 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	enum mip4_parsed parsed;
	struct mip4_msg m;

	parsed = mip4_parse(&m, data, len, &types);
	if (parsed == MIP4_SHORT || parsed == MIP4_UNKNOWN_TYPE)
		return 0;
	fuzz_assert((parsed == MIP4_OK) == (m.ext.parsed == len));
	check_inside(&m.ext, data, len);
	check_auths(&m.ext, data);
	return 0;
}

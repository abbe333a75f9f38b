/* SPDX-License-Identifier: BSD-2-Clause */
/* icmp6: an advertisement that decodes is written, and then decodes alike. */
#include <string.h>

#include "common/icmp6.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct in6_addr any;
	struct icmp6_ra ra, again;
	uint8_t buf[512], buf2[512];
	int n;

	(void)icmp6_rs_valid(data, len, 255, &any);
	if (icmp6_ra_decode(&ra, data, len) != 0)
		return 0;
	fuzz_assert(ra.n_prefixes <= ICMP6_RA_MAX_PREFIXES);
	fuzz_assert(ra.n_rdnss <= ICMP6_RA_MAX_RDNSS);
	n = icmp6_ra_encode(&ra, buf, sizeof(buf));
	if (n < 0)	/* a prefix length above 128 */
		return 0;
	fuzz_assert(icmp6_ra_decode(&again, buf, (size_t)n) == 0);
	fuzz_assert(icmp6_ra_encode(&again, buf2, sizeof(buf2)) == n);
	fuzz_assert(memcmp(buf, buf2, (size_t)n) == 0);
	return 0;
}

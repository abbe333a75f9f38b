/* SPDX-License-Identifier: BSD-2-Clause */
/* icmp6 and nd6: what decodes is written, and then decodes alike. */
#include <string.h>

#include "common/icmp6.h"
#include "common/nd6.h"
#include "fuzz.h"

/* A whole packet. Its checksum is mended first: the fuzzer could not. */
static void
neighbours(const uint8_t *data, size_t len)
{
	uint8_t packet[ND6_PACKET_MAX + 64], buf[ND6_PACKET_MAX];
	struct nd6 m, again;
	uint32_t sum;
	size_t i, n;

	if (len > sizeof(packet))
		len = sizeof(packet);
	memcpy(packet, data, len);
	(void)nd6_decode(&m, packet, len);
	n = len < 44 ? 0 : (size_t)(packet[4] << 8 | packet[5]);
	if (n < 4 || n > len - 40)
		return;
	packet[42] = packet[43] = 0;
	for (sum = (uint32_t)n + 58, i = 0; i < 32 + n; i++)
		sum += (uint32_t)packet[8 + i] << (i & 1 ? 0 : 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	packet[42] = (uint8_t)(~sum >> 8);
	packet[43] = (uint8_t)~sum;
	if (nd6_decode(&m, packet, len) != 0)
		return;
	fuzz_assert(!IN6_IS_ADDR_MULTICAST(&m.target));
	fuzz_assert(packet[7] == 255 && packet[41] == 0);
	n = (size_t)nd6_encode(&m, buf, sizeof(buf));
	fuzz_assert(n <= sizeof(buf));
	fuzz_assert(nd6_decode(&again, buf, n) == 0);
	fuzz_assert(memcmp(&m, &again, sizeof(m)) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct in6_addr any;
	struct icmp6_ra ra, again;
	uint8_t buf[512], buf2[512];
	int n;

	neighbours(data, len);
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

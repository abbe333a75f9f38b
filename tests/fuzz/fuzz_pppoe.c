/* SPDX-License-Identifier: BSD-2-Clause */
/* pppoe_parse: what is accepted can be answered, and keeps to the limits. The
 * same behind tags. */
#include <string.h>

#include "fuzz.h"
#include "nasd/pppoe_proto.h"
#include "nasd/vlan_tag.h"

static const uint8_t	mac[PPPOE_MAC_LEN] = { 2, 0, 0, 0, 0, 1 };

static void
tagged(const uint8_t *data, size_t len)
{
	uint8_t			 frame[PPPOE_FRAME_MAX + 4];
	struct pppoe_packet	 k;
	struct vlan_tag		 t;
	size_t			 n = len < sizeof(frame) ? len : sizeof(frame);

	if (n > 0)
		memcpy(frame, data, n);
	if (vlan_untag(frame, &n, 0x6064, VLAN_8021AD, &t) != 0)
		return;
	fuzz_assert(t.type == VLAN_8021AD && t.outer == 100);
	fuzz_assert(n <= len && n + (t.inner != 0 ? 4 : 0) <= sizeof(frame));
	(void)pppoe_parse(&k, frame, n, mac);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const services[] = { "internet", "voice", NULL };
	uint8_t			 frame[PPPOE_FRAME_MAX];
	struct pppoe_packet	 k;
	struct pppoe_answer	 a = { .src = mac, .code = PPPOE_PADO,
				     .ac_name = "nas1", .services = services };
	int			 n;

	tagged(data, len);
	if (pppoe_parse(&k, data, len, mac) != 0)
		return 0;
	fuzz_assert(k.host_uniq.len <= PPPOE_TAG_MAX);
	fuzz_assert(k.relay.len <= PPPOE_TAG_MAX);
	if (k.service.p != NULL)
		(void)pppoe_service_offered(services, &k.service);
	a.dst = k.src;
	a.service = k.service;
	a.host_uniq = k.host_uniq;
	a.relay = k.relay;
	a.cookie = k.cookie;
	n = pppoe_build(&a, frame);
	fuzz_assert(n < 0 || n <= PPPOE_FRAME_MAX);
	return 0;
}

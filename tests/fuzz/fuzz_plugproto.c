/* SPDX-License-Identifier: BSD-2-Clause */
/* plug_decode, then a Configure-Request in the same bytes: what decodes
 * encodes to something that decodes to the same. */
#include <string.h>

#include "common/plugproto.h"
#include "fuzz.h"
#include "pppd-plugin/hold_policy.h"

static void
plugproto(const uint8_t *data, size_t len)
{
	struct plug_msg	m, again;
	uint8_t		buf[PLUG_MSG_MAX], buf2[PLUG_MSG_MAX];
	int		n, n2;

	if (plug_decode(&m, data, len) != 0)
		return;
	n = plug_encode(&m, buf, sizeof(buf));
	/* A decoded message may have bytes behind a text's NUL, an encoded
	 * one has not. */
	fuzz_assert(n == (int)len);
	fuzz_assert(plug_decode(&again, buf, (size_t)n) == 0);
	n2 = plug_encode(&again, buf2, sizeof(buf2));
	fuzz_assert(n2 == n && memcmp(buf, buf2, (size_t)n) == 0);
}

static void
conf_req(const uint8_t *data, size_t len)
{
	struct hold_policy	h;
	struct conf_req		q;
	struct iid		iid = {{ 1 }};

	if (!conf_req_parse(&q, data, len))
		return;
	hold_policy_reset(&h);
	if (hold_policy_request(&h, &q) == HOLD_ASK)
		fuzz_assert(hold_policy_assigned(&h, iid, &q) == HOLD_ANSWER);
	else
		fuzz_assert(q.foreign);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	plugproto(data, len);
	conf_req(data, len);
	return 0;
}

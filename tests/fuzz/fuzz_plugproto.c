/* SPDX-License-Identifier: BSD-2-Clause */
/* plug_decode, a Configure-Request in the same bytes, and EAP packets of both
 * sides: what decodes encodes to something that decodes to the same, and the
 * relay says nothing that it could not keep. */
#include <string.h>

#include "common/plugproto.h"
#include "fuzz.h"
#include "nasd/eap_relay.h"
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

static void
check_relay(const struct eap_relay *r, unsigned what, size_t len)
{
	static const unsigned	ends = EAP_DO_ACCEPT | EAP_DO_REJECT |
				    EAP_DO_GIVE_UP;

	if (what & EAP_DO_SEND)
		fuzz_assert(r->out_len >= 4 && r->out_len <= r->mtu &&
		    r->out_len <= sizeof(r->out));
	if (what & EAP_DO_TIMER)
		fuzz_assert(r->state == EAP_PEER && r->wait_ms > 0);
	if (what & EAP_DO_ASK)
		fuzz_assert(r->state == EAP_SERVER && len >= 5 &&
		    len <= EAP_PACKET_MAX && r->identity[0] != '\0');
	fuzz_assert(!(what & ends) || r->state == EAP_IDLE);
}

/* Packets, each with a byte before it that says whose, and its length. */
static void
relay(const uint8_t *data, size_t len)
{
	struct eap_relay	r;
	struct eap_server_reply	q = { .says = EAP_CHALLENGE };
	size_t			n, own;
	unsigned		what;

	eap_relay_init(&r, 0);
	check_relay(&r, eap_relay_start(&r, 600), 0);
	while (len >= 2) {
		n = data[1] < len - 2 ? data[1] : len - 2;
		own = n;
		q.says = (enum eap_server_says)((data[0] >> 2) % 3);
		q.packet = data + 2;
		q.len = n;
		q.session_timeout = data[0] >> 4;
		what = data[0] & 1 ? eap_relay_timer(&r) :
		    data[0] & 2 ? eap_relay_server(&r, &q) :
		    eap_relay_peer(&r, data + 2, &own);
		fuzz_assert(own <= n);
		check_relay(&r, what, own);
		data += 2 + n;
		len -= 2 + n;
	}
	for (n = 0; r.state == EAP_PEER; n++) {
		fuzz_assert(n < EAP_TRIES);
		check_relay(&r, eap_relay_timer(&r), 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	plugproto(data, len);
	conf_req(data, len);
	relay(data, len);
	return 0;
}

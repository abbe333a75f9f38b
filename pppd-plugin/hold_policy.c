/* SPDX-License-Identifier: BSD-2-Clause */
/* See hold_policy.h. */
#include <string.h>

#include "common/wire.h"
#include "pppd-plugin/hold_policy.h"

#define CODE_CONF_REQ	1
#define OPT_IID		1
#define OPT_IID_LEN	10

static void
parse_options(struct conf_req *q, struct wire_r *r)
{
	while (wire_r_left(r) > 0) {
		uint8_t		type = wire_r_u8(r);
		uint8_t		len = wire_r_u8(r);
		struct wire_r	value;

		if (r->err || len < 2) {
			q->foreign = true;
			return;
		}
		value = wire_r_sub(r, (size_t)len - 2);
		if (value.err || type != OPT_IID || len != OPT_IID_LEN) {
			q->foreign = true;
			if (value.err)
				return;
			continue;
		}
		q->has_iid = true;
		wire_r_copy(&value, q->iid.b, sizeof(q->iid.b));
	}
}

bool
conf_req_parse(struct conf_req *q, const uint8_t *pkt, size_t len)
{
	struct wire_r	r, body;
	uint16_t	length;

	memset(q, 0, sizeof(*q));
	wire_r_init(&r, pkt, len);
	if (wire_r_u8(&r) != CODE_CONF_REQ)
		return false;
	q->id = wire_r_u8(&r);
	length = wire_r_u16(&r);
	if (r.err || length < 4)
		return false;
	/* Bytes after the length are padding [RFC 1661 5]. */
	body = wire_r_sub(&r, (size_t)length - 4);
	if (body.err)
		return false;
	parse_options(q, &body);
	return true;
}

void
hold_policy_reset(struct hold_policy *h)
{
	memset(h, 0, sizeof(*h));
}

void
hold_policy_opened(struct hold_policy *h)
{
	struct iid	assigned = h->assigned;

	memset(h, 0, sizeof(*h));
	h->has_assigned = true;
	h->assigned = assigned;
}

bool
hold_policy_count(struct hold_policy *h)
{
	if (h->packets < HOLD_MAX_PACKETS) {
		h->packets++;
		return true;
	}
	h->refusal = "IPv6CP negotiation does not come to an end";
	return false;
}

static enum hold_verdict
refuse(struct hold_policy *h, const char *why)
{
	h->refusal = why;
	return HOLD_REFUSE;
}

static enum hold_verdict
answer_with_nak(struct hold_policy *h, uint8_t id)
{
	h->nakked = true;
	h->nak_id = id;
	return HOLD_ANSWER;
}

/* The peer asks for something else than the identifier assigned. */
static enum hold_verdict
disagree(struct hold_policy *h, const struct conf_req *q)
{
	/* The same packet again: our Nak was lost or is on its way. */
	if (h->nakked && q->id == h->nak_id)
		return HOLD_ANSWER;
	if (!q->has_iid) {
		/* pppd 2.4.9 would Ack the second one and come up with an
		 * address that the peer does not know of. */
		if (h->optionless)
			return refuse(h,
			    "peer does not negotiate its identifier");
		h->optionless = true;
		return answer_with_nak(h, q->id);
	}
	if (h->naks < HOLD_MAX_NAKS) {
		h->naks++;
		return answer_with_nak(h, q->id);
	}
	if (iid_is_zero(q->iid))
		return refuse(h, "peer does not take an identifier");
	if (h->insisted)
		return refuse(h, "peer insists on another identifier");
	h->insisted = true;
	h->asking = true;
	return HOLD_INSIST;
}

enum hold_verdict
hold_policy_request(struct hold_policy *h, const struct conf_req *q)
{
	/* Rejecting needs no identifier, and comes first [RFC 1661 5.4]. */
	if (q->foreign)
		return HOLD_PASS;
	if (h->asking)
		return HOLD_KEEP;
	if (!h->has_assigned) {
		h->asking = true;
		return HOLD_ASK;
	}
	if (q->has_iid && iid_equal(q->iid, h->assigned))
		return HOLD_ANSWER;
	return disagree(h, q);
}

enum hold_verdict
hold_policy_assigned(struct hold_policy *h, struct iid iid,
    const struct conf_req *held)
{
	h->asking = false;
	h->has_assigned = true;
	h->assigned = iid;
	return hold_policy_request(h, held);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RFC 5176's messages: what dae.h promises. One table says of each attribute
 * where it may stand [3.6], how long it is and what it is for.
 */
#include "config.h"

#include <string.h>

#include "radius/attrs.h"
#include "radius/dae.h"

#define VENDOR_DSLFORUM	3561		/* RFC 4679 */
#define T_VENDOR	26
#define T_PROXY_STATE	33
#define T_MA		80
#define T_STATE		24
#define T_ERROR_CAUSE	101
#define FRAMED		2		/* Service-Type */
#define PPP		1		/* Framed-Protocol */
#define ADMIN_RESET	6		/* Acct-Terminate-Cause */
#define INTERIM_MIN	60		/* RFC 2869 2.1 */

enum { COA = 1, DM = 2, BOTH = COA | DM };
enum kind { BYTES, U32, CLASS, MA, SKIP };
enum use { OTHER, KEY, CHANGE };

struct rule {
	uint32_t	vendor;
	uint8_t		type;
	uint8_t		where;		/* COA, DM */
	uint8_t		kind, use;
	uint8_t		min, max;	/* bytes of its value */
	size_t		off;		/* in struct dae_request */
};

#define AT(member)	offsetof(struct dae_request, member)
#define TEXT(type, where, use, member)					\
	{ 0, type, where, BYTES, use, 1, 253, AT(member) }
#define FIXED(type, where, use, min, max, member)			\
	{ 0, type, where, BYTES, use, min, max, AT(member) }
#define NUMBER(type, where, use, member)				\
	{ 0, type, where, U32, use, 4, 4, AT(member) }

static const struct rule rules[] = {
	TEXT(1, BOTH, KEY, user),
	FIXED(4, BOTH, OTHER, 4, 4, nas_ip),
	NUMBER(5, BOTH, KEY, port),
	NUMBER(6, COA, OTHER, service),
	NUMBER(7, COA, OTHER, protocol),
	FIXED(8, BOTH, KEY, 4, 4, ip4),
	TEXT(11, COA, CHANGE, filter_id),
	TEXT(T_STATE, COA, OTHER, state),
	{ 0, 25, BOTH, CLASS, OTHER, 1, 253, 0 },
	NUMBER(27, COA, CHANGE, session_timeout),
	NUMBER(28, COA, CHANGE, idle_timeout),
	TEXT(30, BOTH, KEY, called),
	TEXT(31, BOTH, KEY, calling),
	TEXT(32, BOTH, OTHER, nas_id),
	{ 0, T_PROXY_STATE, BOTH, SKIP, OTHER, 0, 253, 0 },
	TEXT(44, BOTH, KEY, session_id),
	NUMBER(49, DM, OTHER, terminate_cause),
	TEXT(50, BOTH, KEY, multi_id),
	NUMBER(55, BOTH, OTHER, time),
	{ 0, T_MA, BOTH, MA, OTHER, 16, 16, 0 },
	NUMBER(85, COA, CHANGE, interim),
	TEXT(87, BOTH, KEY, port_id),
	TEXT(89, BOTH, KEY, cui),
	FIXED(95, BOTH, OTHER, 16, 16, nas_ip6),
	FIXED(96, BOTH, KEY, 8, 8, iid),
	FIXED(97, BOTH, KEY, 2, 18, prefix6),
	FIXED(168, BOTH, KEY, 16, 16, ip6),
	{ RADIUS_VENDOR_WISPR, RADIUS_WISPR_UP, COA, U32, CHANGE, 4, 4,
	    AT(rate_up) },
	{ RADIUS_VENDOR_WISPR, RADIUS_WISPR_DOWN, COA, U32, CHANGE, 4, 4,
	    AT(rate_down) },
	{ VENDOR_DSLFORUM, 1, BOTH, BYTES, KEY, 1, 247, AT(circuit) },
	{ VENDOR_DSLFORUM, 2, BOTH, BYTES, KEY, 1, 247, AT(remote) },
};

const char *
dae_cause_str(enum dae_cause cause)
{
	switch (cause) {
#define X(name, number, text) case DAE_##name: return text;
	DAE_CAUSES(X)
#undef X
	}
	return "?";
}

bool
dae_bytes_are(const struct dae_bytes *b, const void *data, size_t len)
{
	return b->p != NULL && b->len == len && memcmp(b->p, data, len) == 0;
}

/* An Accounting-Request's sum, which is that of a reply to a request whose
 * authenticator is zero. */
enum radius_verdict
dae_verify(const uint8_t *pkt, size_t len, const struct radius_secret *secret,
    size_t *used)
{
	static const uint8_t zero[RADIUS_VECTOR];

	if (len < RADIUS_HDR || (pkt[0] != DAE_DISCONNECT_REQUEST &&
	    pkt[0] != DAE_COA_REQUEST))
		return RADIUS_MALFORMED;
	return radius_verify(pkt, len, zero, secret, RADIUS_MA_IF_PRESENT,
	    used);
}

static const struct rule *
find_rule(uint32_t vendor, uint8_t type)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].vendor == vendor && rules[i].type == type)
			return &rules[i];
	return NULL;
}

static enum dae_cause
take_bytes(struct dae_bytes *b, const uint8_t *p, uint8_t len)
{
	if (b->p != NULL)
		return DAE_INVALID;	/* once at most [3.6] */
	*b = (struct dae_bytes){ p, len };
	return DAE_NONE;
}

static enum dae_cause
take_u32(struct dae_u32 *u, const uint8_t *p)
{
	struct wire_r r;

	if (u->set)
		return DAE_INVALID;
	wire_r_init(&r, p, 4);
	*u = (struct dae_u32){ true, wire_r_u32(&r) };
	return DAE_NONE;
}

static enum dae_cause
take(struct dae_request *q, uint32_t vendor, uint8_t type, const uint8_t *p,
    uint8_t len)
{
	const struct rule *r = find_rule(vendor, type);
	uint8_t *at = (uint8_t *)q;

	if (r == NULL || (r->where & (q->coa ? COA : DM)) == 0)
		return DAE_ATTRIBUTE;
	if (len < r->min || len > r->max)
		return DAE_INVALID;
	q->n_keys += r->use == KEY;
	q->n_changes += r->use == CHANGE;
	switch ((enum kind)r->kind) {
	case BYTES:
		return take_bytes((void *)(at + r->off), p, len);
	case U32:
		return take_u32((void *)(at + r->off), p);
	case CLASS:
		if (q->n_class == DAE_CLASSES)
			return DAE_RESOURCES;
		q->n_changes += q->coa;
		q->class[q->n_class++] = (struct dae_bytes){ p, len };
		return DAE_NONE;
	case MA:
		q->has_ma = true;
		return DAE_NONE;
	case SKIP:
		return DAE_NONE;
	}
	return DAE_ATTRIBUTE;
}

/* A row of type, length, value to its end; false at the end or when it ceases
 * to be one, then with an error. */
static bool
next(struct wire_r *r, uint8_t *type, const uint8_t **p, uint8_t *len)
{
	if (wire_r_left(r) == 0)
		return false;
	*type = wire_r_u8(r);
	*len = wire_r_u8(r);
	if (*len < 2) {
		r->err = true;
		return false;
	}
	*len = (uint8_t)(*len - 2);
	*p = wire_r_ptr(r, *len);
	return !r->err;
}

static enum dae_cause
take_vendor(struct dae_request *q, const uint8_t *p, uint8_t len)
{
	enum dae_cause cause = DAE_NONE;
	uint32_t vendor;
	struct wire_r r;
	uint8_t type;

	wire_r_init(&r, p, len);
	vendor = wire_r_u32(&r);
	/* of others even the form is not known */
	if (vendor != RADIUS_VENDOR_WISPR && vendor != VENDOR_DSLFORUM)
		return r.err ? DAE_INVALID : DAE_ATTRIBUTE;
	while (cause == DAE_NONE && next(&r, &type, &p, &len))
		cause = take(q, vendor, type, p, len);
	return cause == DAE_NONE && r.err ? DAE_INVALID : cause;
}

static bool
other_than(const struct dae_u32 *u, uint32_t v)
{
	return u->set && u->v != v;
}

/* What is right in itself may still be no value for us. */
static enum dae_cause
check_values(const struct dae_request *q)
{
	/* Also Authorize Only, which is optional [3.2]. */
	if (other_than(&q->service, FRAMED))
		return DAE_SERVICE;
	if (other_than(&q->protocol, PPP) ||
	    other_than(&q->terminate_cause, ADMIN_RESET))
		return DAE_VALUE;
	if (q->interim.set && q->interim.v < INTERIM_MIN)
		return DAE_VALUE;
	return DAE_NONE;
}

enum dae_cause
dae_decode(struct dae_request *q, const uint8_t *pkt, size_t len)
{
	enum dae_cause first = DAE_NONE, cause;
	const uint8_t *p;
	struct wire_r r;
	uint8_t type, n;

	memset(q, 0, sizeof(*q));
	q->coa = pkt[0] == DAE_COA_REQUEST;
	wire_r_init(&r, pkt, len);
	wire_r_skip(&r, RADIUS_HDR);
	while (next(&r, &type, &p, &n)) {
		cause = type == T_VENDOR ? take_vendor(q, p, n) :
		    take(q, 0, type, p, n);
		if (first == DAE_NONE)
			first = cause;
	}
	if (r.err)
		return DAE_INVALID;
	return first != DAE_NONE ? first : check_values(q);
}

/* Attributes that come back as they were [3.1, 3.3]. */
static void
put_back(struct wire_w *w, const uint8_t *pkt, size_t len)
{
	const uint8_t *p;
	struct wire_r r;
	uint8_t type, n;

	wire_r_init(&r, pkt, len);
	wire_r_skip(&r, RADIUS_HDR);
	while (next(&r, &type, &p, &n))
		if (type == T_PROXY_STATE || (type == T_STATE &&
		    pkt[0] == DAE_COA_REQUEST))
			radius_put(w, type, p, n);
}

int
dae_answer(uint8_t out[RADIUS_MAX], const uint8_t *pkt, size_t len,
    enum dae_cause cause, const struct radius_secret *secret)
{
	const bool ack = cause == DAE_NONE || cause == DAE_RESIDUAL;
	const uint8_t error[4] = { 0, 0, (uint8_t)(cause >> 8),
	    (uint8_t)cause };
	struct wire_w w;

	wire_w_init(&w, out, RADIUS_MAX);
	radius_begin_reply(&w, (uint8_t)(pkt[0] + (ack ? 1 : 2)), pkt);
	if (cause != DAE_NONE)
		radius_put(&w, T_ERROR_CAUSE, error, sizeof(error));
	put_back(&w, pkt, len);
	return radius_finish_reply(&w, secret);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mobile IPv4 messages: fixed parts [RFC 3344 3.3, 3.4; RFC 3543 3.3, 3.4];
 * extensions are mip4_ext.c's.
 */
#include "common/mip4.h"

#include <string.h>

#include "common/wire.h"

#define RRQ_LEN		24	/* fixed part [RFC 3344 3.3] */

/* The I bit is not at the same place in types 7 and 15. */
#define REV_A		0x8000
#define REV_I		0x4000
#define REV_ACK_I	0x8000

const char *
mip4_code_str(uint8_t code)
{
	switch (code) {
#define X(name, value, text) case value: return text;
	MIP4_CODES(X)
#undef X
	default:
		return "unknown";
	}
}

const char *
mip4_parsed_str(enum mip4_parsed p)
{
	switch (p) {
	case MIP4_OK:
		return "ok";
	case MIP4_SHORT:
		return "too short";
	case MIP4_UNKNOWN_TYPE:
		return "unknown message type";
	case MIP4_UNKNOWN_EXT:
		return "unknown extension that must not be skipped";
	case MIP4_MALFORMED:
		return "malformed";
	}
	return "?";
}

static struct in_addr
read_in_addr(struct wire_r *r)
{
	struct in_addr a;

	wire_r_copy(r, &a, sizeof(a));
	return a;
}

static void
read_rrq(struct mip4_rrq *m, struct wire_r *r)
{
	m->flags = wire_r_u8(r);
	m->lifetime = wire_r_u16(r);
	m->home = read_in_addr(r);
	m->ha = read_in_addr(r);
	m->coa = read_in_addr(r);
	m->id = wire_r_u64(r);
}

static void
read_rrp(struct mip4_rrp *m, struct wire_r *r)
{
	m->code = wire_r_u8(r);
	m->lifetime = wire_r_u16(r);
	m->home = read_in_addr(r);
	m->ha = read_in_addr(r);
	m->id = wire_r_u64(r);
}

static void
read_rev(struct mip4_rev *m, struct wire_r *r)
{
	uint16_t bits;

	wire_r_skip(r, 1);
	bits = wire_r_u16(r);
	m->a = (bits & REV_A) != 0;
	m->i = (bits & REV_I) != 0;
	m->home = read_in_addr(r);
	m->hda = read_in_addr(r);
	m->fda = read_in_addr(r);
	m->rev_id = wire_r_u32(r);
}

static void
read_rev_ack(struct mip4_rev_ack *m, struct wire_r *r)
{
	wire_r_skip(r, 1);
	m->i = (wire_r_u16(r) & REV_ACK_I) != 0;
	m->home = read_in_addr(r);
	m->rev_id = wire_r_u32(r);
}

static bool
read_fixed(struct mip4_msg *msg, uint8_t type, struct wire_r *r)
{
	switch (type) {
	case MIP4_RRQ:
		read_rrq(&msg->rrq, r);
		break;
	case MIP4_RRP:
		read_rrp(&msg->rrp, r);
		break;
	case MIP4_REV:
		read_rev(&msg->rev, r);
		break;
	case MIP4_REV_ACK:
		read_rev_ack(&msg->ack, r);
		break;
	default:
		return false;
	}
	msg->type = (enum mip4_type)type;
	return true;
}

enum mip4_parsed
mip4_parse(struct mip4_msg *msg, const uint8_t *buf, size_t len,
    const struct mip4_ext_types *types)
{
	struct wire_r r;
	uint8_t type;

	memset(msg, 0, sizeof(*msg));
	wire_r_init(&r, buf, len);
	type = wire_r_u8(&r);
	if (r.err)
		return MIP4_SHORT;
	if (!read_fixed(msg, type, &r))
		return MIP4_UNKNOWN_TYPE;
	if (r.err)
		return MIP4_SHORT;
	switch (mip4_exts_read(&msg->ext, &r, types)) {
	case MIP4_EXT_UNKNOWN:
		return MIP4_UNKNOWN_EXT;
	case MIP4_EXT_OVERRUN:
		return MIP4_MALFORMED;
	case MIP4_EXT_GOOD:
		break;
	}
	return MIP4_OK;
}

const uint8_t *
mip4_peek_nai(const uint8_t *buf, size_t len, size_t *nai_len)
{
	struct wire_r r;

	wire_r_init(&r, buf, len);
	if (wire_r_u8(&r) != MIP4_RRQ)
		return NULL;
	wire_r_skip(&r, RRQ_LEN - 1);
	if (wire_r_u8(&r) != MIP4_EXT_NAI)
		return NULL;
	*nai_len = wire_r_u8(&r);
	return *nai_len <= MIP4_NAI_MAX ? wire_r_ptr(&r, *nai_len) : NULL;
}

static void
put_in_addr(struct wire_w *w, struct in_addr a)
{
	wire_w_copy(w, &a, sizeof(a));
}

void
mip4_put_rrq(struct wire_w *w, const struct mip4_rrq *m)
{
	wire_w_u8(w, MIP4_RRQ);
	wire_w_u8(w, m->flags);
	wire_w_u16(w, m->lifetime);
	put_in_addr(w, m->home);
	put_in_addr(w, m->ha);
	put_in_addr(w, m->coa);
	wire_w_u64(w, m->id);
}

void
mip4_put_rrp(struct wire_w *w, const struct mip4_rrp *m)
{
	wire_w_u8(w, MIP4_RRP);
	wire_w_u8(w, m->code);
	wire_w_u16(w, m->lifetime);
	put_in_addr(w, m->home);
	put_in_addr(w, m->ha);
	wire_w_u64(w, m->id);
}

void
mip4_put_rev(struct wire_w *w, const struct mip4_rev *m)
{
	wire_w_u8(w, MIP4_REV);
	wire_w_u8(w, 0);
	wire_w_u16(w, (uint16_t)((m->a ? REV_A : 0) | (m->i ? REV_I : 0)));
	put_in_addr(w, m->home);
	put_in_addr(w, m->hda);
	put_in_addr(w, m->fda);
	wire_w_u32(w, m->rev_id);
}

void
mip4_put_rev_ack(struct wire_w *w, const struct mip4_rev_ack *m)
{
	wire_w_u8(w, MIP4_REV_ACK);
	wire_w_u8(w, 0);
	wire_w_u16(w, m->i ? REV_ACK_I : 0);
	put_in_addr(w, m->home);
	wire_w_u32(w, m->rev_id);
}

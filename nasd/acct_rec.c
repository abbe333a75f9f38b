/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See acct_rec.h. A record, numbers in network order:
 *
 *	 0 magic 4 | state 1 | kind 1 | length of the body 2
 *	 8 generation 8 | 16 monotonic ms 8 | 24 wall-clock ms 8 | 32 boot 8
 *	40 generation and offset of the session's record before it 8 + 4
 *	52 Acct-Session-Id, padded with NULs 16 | 68 sum 8
 *	76 body
 *
 * The sum is there to find what is torn or rotten, not who forges: its key is
 * no secret.
 */
#include "config.h"
#include "nasd/acct_rec.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "common/siphash.h"
#include "common/wire.h"

#define MAGIC		0x4e344131	/* "N4A1" */
#define SUM_AT		68

/* RFC 2866 5, RFC 2869 5 */
enum {
	ATTR_STATUS_TYPE = 40,
	ATTR_DELAY_TIME = 41,
	ATTR_INPUT_OCTETS = 42,
	ATTR_OUTPUT_OCTETS = 43,
	ATTR_SESSION_TIME = 46,
	ATTR_INPUT_PACKETS = 47,
	ATTR_OUTPUT_PACKETS = 48,
	ATTR_TERMINATE_CAUSE = 49,
};
#define STATUS_STOP	2

static uint64_t
sum_of(const uint8_t *hdr, const uint8_t *body, size_t len)
{
	static const uint8_t key[16] = "netmip4 acct rec";
	uint8_t copy[ACCT_REC_HDR];
	struct wire_w w;

	memcpy(copy, hdr, sizeof(copy));
	copy[ACCT_STATE_AT] = 0;
	wire_w_init(&w, copy + SUM_AT, 8);
	wire_w_u64(&w, siphash24(key, body, len));
	return siphash24(key, copy, sizeof(copy));
}

int
acct_rec_encode(const struct acct_rec *r, uint8_t *buf, size_t cap)
{
	struct wire_w w;

	if (r->len > ACCT_BODY_MAX || cap < ACCT_REC_HDR + r->len)
		return -EMSGSIZE;
	wire_w_init(&w, buf, cap);
	wire_w_u32(&w, MAGIC);
	wire_w_u8(&w, r->state);
	wire_w_u8(&w, (uint8_t)r->kind);
	wire_w_u16(&w, (uint16_t)r->len);
	wire_w_u64(&w, r->gen);
	wire_w_u64(&w, (uint64_t)r->mono_ms);
	wire_w_u64(&w, (uint64_t)r->wall_ms);
	wire_w_u64(&w, r->boot);
	wire_w_u64(&w, r->prev_gen);
	wire_w_u32(&w, r->prev_off);
	wire_w_copy(&w, r->sid, strnlen(r->sid, ACCT_SID));
	wire_w_zero(&w, SUM_AT - w.len);
	wire_w_u64(&w, sum_of(buf, r->body, r->len));
	wire_w_copy(&w, r->body, r->len);
	return w.err ? -EMSGSIZE : (int)w.len;
}

int
acct_rec_decode(struct acct_rec *r, const uint8_t *buf, size_t n)
{
	struct wire_r in;

	wire_r_init(&in, buf, n);
	if (n < ACCT_REC_HDR)
		return -EAGAIN;
	if (wire_r_u32(&in) != MAGIC)
		return -EBADMSG;
	r->state = wire_r_u8(&in);
	r->kind = wire_r_u8(&in);
	r->len = wire_r_u16(&in);
	r->gen = wire_r_u64(&in);
	r->mono_ms = (int64_t)wire_r_u64(&in);
	r->wall_ms = (int64_t)wire_r_u64(&in);
	r->boot = wire_r_u64(&in);
	r->prev_gen = wire_r_u64(&in);
	r->prev_off = wire_r_u32(&in);
	wire_r_copy(&in, r->sid, ACCT_SID);
	r->sid[ACCT_SID] = '\0';
	if (r->len > ACCT_BODY_MAX || r->gen == 0 || r->kind < ACCT_START ||
	    r->kind > ACCT_OFF)
		return -EBADMSG;
	if (n < ACCT_REC_HDR + r->len)
		return -EAGAIN;
	r->body = buf + ACCT_REC_HDR;
	if (wire_r_u64(&in) != sum_of(buf, r->body, r->len))
		return -EBADMSG;
	return ACCT_REC_HDR + (int)r->len;
}

size_t
acct_rec_seek(const uint8_t *buf, size_t n)
{
	static const uint8_t magic[] = { 'N', '4', 'A', '1' };
	const uint8_t *p;

	if (n < 1)
		return n;
	p = memmem(buf + 1, n - 1, magic, sizeof(magic));
	if (p != NULL)
		return (size_t)(p - buf);
	/* the last three bytes may be the first ones of it */
	return n > sizeof(magic) ? n - sizeof(magic) + 1 : n;
}

int64_t
acct_rec_age_ms(const struct acct_rec *r, uint64_t boot, int64_t mono_ms,
    int64_t wall_ms)
{
	bool same = boot != 0 && r->boot == boot;
	int64_t then = same ? r->mono_ms : r->wall_ms;
	int64_t now = same ? mono_ms : wall_ms;

	return then >= 0 && now > then ? now - then : 0;
}

const char *
acct_kind_str(enum acct_kind kind)
{
	switch (kind) {
	case ACCT_START:
		return "Start";
	case ACCT_INTERIM:
		return "Interim-Update";
	case ACCT_STOP:
		return "Stop";
	case ACCT_NOTE:
		return "note";
	case ACCT_ON:
		return "Accounting-On";
	case ACCT_OFF:
		return "Accounting-Off";
	}
	return "?";
}

static void
put_u32(struct wire_w *w, uint8_t type, uint32_t v)
{
	wire_w_u8(w, type);
	wire_w_u8(w, 6);
	wire_w_u32(w, v);
}

/* What the Stop says in its own words. */
static bool
is_replaced(uint8_t type)
{
	return type == ATTR_STATUS_TYPE || type == ATTR_DELAY_TIME ||
	    type == ATTR_TERMINATE_CAUSE;
}

int
acct_stop_body(const struct acct_rec *last, unsigned cause, uint8_t *buf,
    size_t cap)
{
	static const uint8_t figures[] = { ATTR_SESSION_TIME,
	    ATTR_INPUT_OCTETS, ATTR_OUTPUT_OCTETS, ATTR_INPUT_PACKETS,
	    ATTR_OUTPUT_PACKETS };
	struct wire_w w;
	struct wire_r r;
	const uint8_t *p;
	uint8_t type, len;

	wire_w_init(&w, buf, cap);
	wire_r_init(&r, last->body, last->len);
	put_u32(&w, ATTR_STATUS_TYPE, STATUS_STOP);
	while (!r.err && wire_r_left(&r) > 0) {
		type = wire_r_u8(&r);
		len = wire_r_u8(&r);
		p = len >= 2 ? wire_r_ptr(&r, len - 2u) : NULL;
		if (p == NULL)
			break;
		if (!is_replaced(type))
			wire_w_copy(&w, p - 2, len);
	}
	if (last->kind == ACCT_START)
		for (size_t i = 0; i < sizeof(figures); i++)
			put_u32(&w, figures[i], 0);
	put_u32(&w, ATTR_TERMINATE_CAUSE, cause);
	return w.err ? -EMSGSIZE : (int)w.len;
}

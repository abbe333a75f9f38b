/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bounded reader and sticky-error writer for network bytes. Nothing in the
 * tree reads or writes a packet but through these. They are inline: a message
 * is some thirty fields, and a call for each costs more than the field.
 *
 * Integers are big-endian on the wire and in host order in the arguments.
 * Neither owns its buffer.
 */
#ifndef COMMON_WIRE_H
#define COMMON_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <endian.h>

/* After the first read past the end, err is set and every read gives zeros. */
struct wire_r {
	const uint8_t	*base;
	const uint8_t	*p;
	const uint8_t	*end;
	bool		 err;
};

static inline void
wire_r_init(struct wire_r *r, const void *buf, size_t len)
{
	r->base = r->p = (const uint8_t *)buf;
	r->end = r->base + len;
	r->err = false;
}

static inline size_t
wire_r_left(const struct wire_r *r)
{
	return r->err ? 0 : (size_t)(r->end - r->p);
}

/* Offset of the next byte from the start of this reader. */
static inline size_t
wire_r_off(const struct wire_r *r)
{
	return (size_t)(r->p - r->base);
}

/* Borrows n bytes of the buffer; NULL on error. */
static inline const uint8_t *
wire_r_ptr(struct wire_r *r, size_t n)
{
	const uint8_t *p = r->p;

	if (r->err || n > (size_t)(r->end - p)) {
		r->err = true;
		return NULL;
	}
	r->p = p + n;
	return p;
}

/* Copies n bytes; on error fills dst with zeros. */
static inline void
wire_r_copy(struct wire_r *r, void *dst, size_t n)
{
	const uint8_t *p = wire_r_ptr(r, n);

	if (n == 0)
		return;
	if (p == NULL)
		memset(dst, 0, n);
	else
		memcpy(dst, p, n);
}

static inline uint8_t
wire_r_u8(struct wire_r *r)
{
	const uint8_t *p = wire_r_ptr(r, 1);

	return p == NULL ? 0 : *p;
}

static inline uint16_t
wire_r_u16(struct wire_r *r)
{
	uint16_t v;

	wire_r_copy(r, &v, sizeof(v));
	return be16toh(v);
}

static inline uint32_t
wire_r_u32(struct wire_r *r)
{
	uint32_t v;

	wire_r_copy(r, &v, sizeof(v));
	return be32toh(v);
}

static inline uint64_t
wire_r_u64(struct wire_r *r)
{
	uint64_t v;

	wire_r_copy(r, &v, sizeof(v));
	return be64toh(v);
}

static inline void
wire_r_skip(struct wire_r *r, size_t n)
{
	(void)wire_r_ptr(r, n);
}

/* A reader over the next n bytes, which this one passes; an erring sub-reader
 * when there are fewer. */
static inline struct wire_r
wire_r_sub(struct wire_r *r, size_t n)
{
	const uint8_t *p = wire_r_ptr(r, n);
	struct wire_r sub;

	wire_r_init(&sub, p == NULL ? r->base : p, p == NULL ? 0 : n);
	sub.err = p == NULL;
	return sub;
}

/* True when nothing went wrong and nothing is left. */
static inline bool
wire_r_done(const struct wire_r *r)
{
	return !r->err && r->p == r->end;
}

/* After the first write past the end, err is set and nothing more is written:
 * check once, when the message is complete. */
struct wire_w {
	uint8_t		*buf;
	size_t		 len;
	size_t		 cap;
	bool		 err;
};

static inline void
wire_w_init(struct wire_w *w, void *buf, size_t cap)
{
	w->buf = (uint8_t *)buf;
	w->len = 0;
	w->cap = cap;
	w->err = false;
}

/* Reserves n bytes and returns them for the caller to fill; NULL on error. */
static inline uint8_t *
wire_w_reserve(struct wire_w *w, size_t n)
{
	uint8_t *p;

	if (w->err || n > w->cap - w->len) {
		w->err = true;
		return NULL;
	}
	p = w->buf + w->len;
	w->len += n;
	return p;
}

static inline void
wire_w_copy(struct wire_w *w, const void *src, size_t n)
{
	uint8_t *p = wire_w_reserve(w, n);

	if (p != NULL && n > 0)
		memcpy(p, src, n);
}

static inline void
wire_w_zero(struct wire_w *w, size_t n)
{
	uint8_t *p = wire_w_reserve(w, n);

	if (p != NULL && n > 0)
		memset(p, 0, n);
}

static inline void
wire_w_u8(struct wire_w *w, uint8_t v)
{
	wire_w_copy(w, &v, sizeof(v));
}

static inline void
wire_w_u16(struct wire_w *w, uint16_t v)
{
	v = htobe16(v);
	wire_w_copy(w, &v, sizeof(v));
}

static inline void
wire_w_u32(struct wire_w *w, uint32_t v)
{
	v = htobe32(v);
	wire_w_copy(w, &v, sizeof(v));
}

static inline void
wire_w_u64(struct wire_w *w, uint64_t v)
{
	v = htobe64(v);
	wire_w_copy(w, &v, sizeof(v));
}

/* Overwrites a 16-bit value already written at an offset (lengths, sums). */
static inline void
wire_w_put_u16(struct wire_w *w, size_t off, uint16_t v)
{
	if (w->err)
		return;
	if (off > w->len || w->len - off < 2) {
		w->err = true;
		return;
	}
	w->buf[off] = (uint8_t)(v >> 8);
	w->buf[off + 1] = (uint8_t)v;
}

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Bounded reader and sticky-error writer; see common/wire.h. */
#include "common/wire.h"

#include <string.h>

void
wire_r_init(struct wire_r *r, const void *buf, size_t len)
{
	r->base = r->p = buf;
	r->end = r->base + len;
	r->err = false;
}

size_t
wire_r_left(const struct wire_r *r)
{
	return r->err ? 0 : (size_t)(r->end - r->p);
}

size_t
wire_r_off(const struct wire_r *r)
{
	return (size_t)(r->p - r->base);
}

const uint8_t *
wire_r_ptr(struct wire_r *r, size_t n)
{
	const uint8_t *p = r->p;

	if (n > wire_r_left(r) || r->err) {
		r->err = true;
		return NULL;
	}
	r->p += n;
	return p;
}

static uint64_t
read_uint(struct wire_r *r, size_t n)
{
	const uint8_t *p = wire_r_ptr(r, n);
	uint64_t v = 0;

	if (p == NULL)
		return 0;
	while (n-- > 0)
		v = v << 8 | *p++;
	return v;
}

uint8_t
wire_r_u8(struct wire_r *r)
{
	return (uint8_t)read_uint(r, 1);
}

uint16_t
wire_r_u16(struct wire_r *r)
{
	return (uint16_t)read_uint(r, 2);
}

uint32_t
wire_r_u32(struct wire_r *r)
{
	return (uint32_t)read_uint(r, 4);
}

uint64_t
wire_r_u64(struct wire_r *r)
{
	return read_uint(r, 8);
}

void
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

void
wire_r_skip(struct wire_r *r, size_t n)
{
	(void)wire_r_ptr(r, n);
}

struct wire_r
wire_r_sub(struct wire_r *r, size_t n)
{
	const uint8_t *p = wire_r_ptr(r, n);
	struct wire_r sub;

	if (p == NULL) {
		wire_r_init(&sub, r->base, 0);
		sub.err = true;
	} else
		wire_r_init(&sub, p, n);
	return sub;
}

bool
wire_r_done(const struct wire_r *r)
{
	return !r->err && r->p == r->end;
}

void
wire_w_init(struct wire_w *w, void *buf, size_t cap)
{
	w->buf = buf;
	w->len = 0;
	w->cap = cap;
	w->err = false;
}

uint8_t *
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

static void
write_uint(struct wire_w *w, uint64_t v, size_t n)
{
	uint8_t *p = wire_w_reserve(w, n);

	if (p == NULL)
		return;
	while (n-- > 0) {
		p[n] = (uint8_t)v;
		v >>= 8;
	}
}

void
wire_w_u8(struct wire_w *w, uint8_t v)
{
	write_uint(w, v, 1);
}

void
wire_w_u16(struct wire_w *w, uint16_t v)
{
	write_uint(w, v, 2);
}

void
wire_w_u32(struct wire_w *w, uint32_t v)
{
	write_uint(w, v, 4);
}

void
wire_w_u64(struct wire_w *w, uint64_t v)
{
	write_uint(w, v, 8);
}

void
wire_w_copy(struct wire_w *w, const void *src, size_t n)
{
	uint8_t *p = wire_w_reserve(w, n);

	if (p != NULL && n > 0)
		memcpy(p, src, n);
}

void
wire_w_zero(struct wire_w *w, size_t n)
{
	uint8_t *p = wire_w_reserve(w, n);

	if (p != NULL && n > 0)
		memset(p, 0, n);
}

void
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

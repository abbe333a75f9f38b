/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bounded reader and sticky-error writer for network bytes. Nothing in the
 * tree reads or writes a packet but through these.
 *
 * Integers are big-endian on the wire and in host order in the arguments.
 * Neither owns its buffer.
 */
#ifndef COMMON_WIRE_H
#define COMMON_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* After the first read past the end, err is set and every read gives zeros. */
struct wire_r {
	const uint8_t	*base;
	const uint8_t	*p;
	const uint8_t	*end;
	bool		 err;
};

void		 wire_r_init(struct wire_r *, const void *, size_t);
size_t		 wire_r_left(const struct wire_r *);
/* Offset of the next byte from the start of this reader. */
size_t		 wire_r_off(const struct wire_r *);
uint8_t		 wire_r_u8(struct wire_r *);
uint16_t	 wire_r_u16(struct wire_r *);
uint32_t	 wire_r_u32(struct wire_r *);
uint64_t	 wire_r_u64(struct wire_r *);
/* Copies n bytes; on error fills dst with zeros. */
void		 wire_r_copy(struct wire_r *, void *dst, size_t n);
/* Borrows n bytes of the buffer; NULL on error. */
const uint8_t	*wire_r_ptr(struct wire_r *, size_t n);
void		 wire_r_skip(struct wire_r *, size_t n);
/* A reader over the next n bytes, which this one passes; an erring sub-reader
 * when there are fewer. */
struct wire_r	 wire_r_sub(struct wire_r *, size_t n);
/* True when nothing went wrong and nothing is left. */
bool		 wire_r_done(const struct wire_r *);

/* After the first write past the end, err is set and nothing more is written:
 * check once, when the message is complete. */
struct wire_w {
	uint8_t		*buf;
	size_t		 len;
	size_t		 cap;
	bool		 err;
};

void		 wire_w_init(struct wire_w *, void *, size_t cap);
void		 wire_w_u8(struct wire_w *, uint8_t);
void		 wire_w_u16(struct wire_w *, uint16_t);
void		 wire_w_u32(struct wire_w *, uint32_t);
void		 wire_w_u64(struct wire_w *, uint64_t);
void		 wire_w_copy(struct wire_w *, const void *, size_t);
void		 wire_w_zero(struct wire_w *, size_t);
/* Reserves n bytes and returns them for the caller to fill; NULL on error. */
uint8_t		*wire_w_reserve(struct wire_w *, size_t n);
/* Overwrites a 16-bit value already written at an offset (lengths, sums). */
void		 wire_w_put_u16(struct wire_w *, size_t off, uint16_t);

#endif

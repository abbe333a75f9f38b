/* SPDX-License-Identifier: BSD-2-Clause */
/* common/wire: bounds are kept, errors stick. */
#include <string.h>

#include "common/wire.h"
#include "test.h"

static const uint8_t bytes[] = {
	0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08,
	0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0xf0,
};

START_TEST(reads_big_endian)
{
	struct wire_r r;

	wire_r_init(&r, bytes, sizeof(bytes));
	ck_assert_uint_eq(wire_r_u8(&r), 0x01);
	ck_assert_uint_eq(wire_r_u16(&r), 0x0203);
	ck_assert_uint_eq(wire_r_u32(&r), 0x04050607);
	ck_assert_uint_eq(wire_r_off(&r), 7);
	ck_assert_uint_eq(wire_r_left(&r), 9);
	ck_assert(!wire_r_done(&r));
	ck_assert(wire_r_u64(&r) == UINT64_C(0x08090a0b0c0d0e0f));
	ck_assert_uint_eq(wire_r_u8(&r), 0xf0);
	ck_assert(wire_r_done(&r));
}
END_TEST

START_TEST(read_past_end_sticks)
{
	uint8_t buf[4] = { 9, 9, 9, 9 };
	struct wire_r r;

	wire_r_init(&r, bytes, 3);
	ck_assert_uint_eq(wire_r_u32(&r), 0);
	ck_assert(r.err);
	/* Three bytes are there, but nothing is read any more. */
	ck_assert_uint_eq(wire_r_u8(&r), 0);
	ck_assert_uint_eq(wire_r_left(&r), 0);
	ck_assert_ptr_null(wire_r_ptr(&r, 0));
	wire_r_copy(&r, buf, sizeof(buf));
	ck_assert_mem_eq(buf, "\0\0\0\0", 4);
	ck_assert(!wire_r_done(&r));
}
END_TEST

START_TEST(sub_reader)
{
	struct wire_r r, sub;

	wire_r_init(&r, bytes, 8);
	wire_r_skip(&r, 2);
	sub = wire_r_sub(&r, 3);
	ck_assert_uint_eq(wire_r_off(&r), 5);
	ck_assert_uint_eq(wire_r_u16(&sub), 0x0304);
	ck_assert_uint_eq(wire_r_u16(&sub), 0);
	ck_assert(sub.err);
	ck_assert(!r.err);

	sub = wire_r_sub(&r, 4);
	ck_assert(r.err);
	ck_assert(sub.err);
	ck_assert_uint_eq(wire_r_u8(&sub), 0);
}
END_TEST

START_TEST(huge_counts_are_errors)
{
	struct wire_r r;
	struct wire_w w;
	uint8_t buf[8];

	wire_r_init(&r, bytes, sizeof(bytes));
	wire_r_skip(&r, 4);
	ck_assert_ptr_null(wire_r_ptr(&r, SIZE_MAX));
	ck_assert(r.err);
	wire_w_init(&w, buf, sizeof(buf));
	wire_w_u32(&w, 1);
	ck_assert_ptr_null(wire_w_reserve(&w, SIZE_MAX));
	ck_assert(w.err);
}
END_TEST

START_TEST(empty_reader)
{
	struct wire_r r;

	wire_r_init(&r, bytes, 0);
	ck_assert(wire_r_done(&r));
	wire_r_copy(&r, NULL, 0);
	ck_assert(wire_r_done(&r));
	(void)wire_r_u8(&r);
	ck_assert(r.err);
}
END_TEST

START_TEST(writes_big_endian)
{
	uint8_t buf[sizeof(bytes)];
	struct wire_w w;

	wire_w_init(&w, buf, sizeof(buf));
	wire_w_u8(&w, 0x01);
	wire_w_u16(&w, 0x0203);
	wire_w_u32(&w, 0x04050607);
	wire_w_u64(&w, UINT64_C(0x08090a0b0c0d0e0f));
	wire_w_copy(&w, "\xf0", 1);
	ck_assert(!w.err);
	ck_assert_uint_eq(w.len, sizeof(bytes));
	ck_assert_mem_eq(buf, bytes, sizeof(bytes));
}
END_TEST

START_TEST(write_past_end_sticks)
{
	uint8_t buf[6];
	struct wire_w w;

	memset(buf, 0xee, sizeof(buf));
	wire_w_init(&w, buf, 5);
	wire_w_u16(&w, 0x0102);
	wire_w_u32(&w, 0);
	ck_assert(w.err);
	wire_w_u8(&w, 0);
	wire_w_zero(&w, 1);
	wire_w_put_u16(&w, 0, 0);
	ck_assert_uint_eq(w.len, 2);
	ck_assert_mem_eq(buf, "\x01\x02\xee\xee\xee\xee", 6);
}
END_TEST

START_TEST(put_u16_later)
{
	uint8_t buf[8];
	struct wire_w w;

	wire_w_init(&w, buf, sizeof(buf));
	wire_w_zero(&w, 4);
	wire_w_put_u16(&w, 2, 0xabcd);
	ck_assert(!w.err);
	ck_assert_mem_eq(buf, "\0\0\xab\xcd", 4);
	wire_w_put_u16(&w, 3, 0);	/* one byte is not yet written */
	ck_assert(w.err);
}
END_TEST

TEST_MAIN("wire", reads_big_endian, read_past_end_sticks, sub_reader,
    huge_counts_are_errors, empty_reader, writes_big_endian,
    write_past_end_sticks, put_u16_later)

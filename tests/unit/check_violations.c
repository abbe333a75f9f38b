/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of what was refused, and its answer as JSON. */
#include "config.h"

#include <arpa/inet.h>

#include "common/violations.h"
#include "common/violations_json.h"
#include "tests/unit/test.h"

#define ALL	(2 * VIOLATIONS_SETS * VIOLATIONS_WAYS)

static int64_t ms;

static mono_t
mono(void *arg)
{
	(void)arg;
	return (mono_t){ ms * 1000000 };
}

/* 2026-11-22T04:05:06Z at the start. */
static uint64_t
ntp(void *arg)
{
	(void)arg;
	return (UINT64_C(1795320306) + 2208988800 + (uint64_t)ms / 1000) << 32;
}

static const struct clock by_hand = { mono, ntp, NULL };

static struct in_addr
ip(uint32_t n)
{
	return (struct in_addr){ htonl(n) };
}

static void
add(const struct violation *e, void *arg)
{
	uint64_t *sum = arg;

	sum[0]++;
	sum[1] += e->count;
	sum[2] += e->known ? e->count : 0;
}

START_TEST(counts_by_source_reason_and_answer)
{
	struct violations *v = violations_new(&by_hand);
	char same[] = "stale";
	uint64_t sum[3] = { 0 };

	violations_note(v, ip(1), true, "stale", VIOLATION_SILENT);
	violations_note(v, ip(1), true, same, VIOLATION_SILENT);
	violations_note(v, ip(1), true, "stale", 133);
	violations_note(v, ip(1), true, "short", VIOLATION_SILENT);
	violations_note(v, ip(2), false, "short", VIOLATION_SILENT);
	violations_each(v, add, sum);
	ck_assert_uint_eq(sum[0], 4);
	ck_assert_uint_eq(sum[1], 5);
	ck_assert_uint_eq(sum[2], 4);
	ck_assert_uint_eq(v->forgotten, 0);
	violations_free(v);
	violations_note(NULL, ip(1), true, "stale", 1);
}
END_TEST

/* A million strangers: nothing grows, and peers' entries stay. */
START_TEST(strangers_push_out_strangers_only)
{
	struct violations *v = violations_new(&by_hand);
	uint64_t sum[3] = { 0 };
	uint32_t i;

	violations_note(v, ip(1), true, "stale", VIOLATION_SILENT);
	for (i = 0; i < 1000000; i++) {
		ms++;
		violations_note(v, ip(1000 + i), false, "no-peer",
		    VIOLATION_SILENT);
	}
	violations_each(v, add, sum);
	ck_assert_uint_eq(sum[2], 1);
	ck_assert_uint_eq(sum[0], 1 + ALL / 2);
	ck_assert_uint_eq(v->forgotten, 1000000 - ALL / 2);
	violations_free(v);
}
END_TEST

/* In a full set the one silent longest goes. */
START_TEST(oldest_makes_room)
{
	struct violations *v = violations_new(&by_hand);
	const struct violation *e;
	uint32_t i, n = 0;

	for (i = 0; i < 20 * ALL; i++) {
		ms++;
		violations_note(v, ip(i), true, "bad", 132);
		/* one that never stops */
		violations_note(v, ip(7), true, "bad", 132);
	}
	for (i = 0; i < VIOLATIONS_SETS * VIOLATIONS_WAYS; i++) {
		e = &v->v[0][0][0] + i;
		if (e->from.s_addr == ip(7).s_addr) {
			ck_assert_uint_ge(e->count, 20 * ALL - 7);
			n++;
		}
	}
	ck_assert_uint_eq(n, 1);
	violations_free(v);
}
END_TEST

/* Some reasons are texts of others, which change, or are longer. */
START_TEST(reasons_are_copied)
{
	struct violations *v = violations_new(&by_hand);
	const struct violation *e = &v->v[0][0][0], *end;
	char why[200] = "stale";
	uint64_t sum[3] = { 0 };

	violations_note(v, ip(1), true, why, 130);
	memset(why, 'x', sizeof(why) - 1);
	violations_note(v, ip(1), true, why, 130);
	why[150] = '\0';
	violations_note(v, ip(1), true, why, 130);
	violations_note(v, ip(1), true, "stale", 130);
	violations_each(v, add, sum);
	ck_assert_uint_eq(sum[0], 2);
	ck_assert_uint_eq(sum[1], 4);
	for (end = e + VIOLATIONS_SETS * VIOLATIONS_WAYS; e < end; e++)
		ck_assert_uint_eq(e->count, e->count ? 2 : 0);
	violations_free(v);
}
END_TEST

static const char *
name(void *arg, struct in_addr from)
{
	(void)arg;
	return from.s_addr == ip(0xc0000201).s_addr ? "nas1" : NULL;
}

START_TEST(as_json)
{
	struct violations *v = violations_new(&by_hand);
	json_t *j, *one;

	ms = 0;
	violations_note(v, ip(0xc0000201), true, "clocks differ", 133);
	violations_note(v, ip(0xcb007142), false, "short", VIOLATION_SILENT);
	ms = 90500;
	j = violations_json(v, name, NULL);
	ck_assert_uint_eq(json_array_size(json_object_get(j, "violations")),
	    2);
	one = json_array_get(json_object_get(j, "violations"), 0);
#define STR(o, k)	json_string_value(json_object_get(o, k))
	ck_assert_str_eq(STR(one, "peer"), "nas1");
	ck_assert_str_eq(STR(one, "address"), "192.0.2.1");
	ck_assert_str_eq(STR(one, "reason"), "clocks differ");
	ck_assert_str_eq(STR(one, "answer"), "code 133");
	ck_assert_str_eq(STR(one, "last"), "2026-11-22T04:05:06Z");
	ck_assert_int_eq(json_integer_value(json_object_get(one, "ago")), 90);
	one = json_array_get(json_object_get(j, "violations"), 1);
	ck_assert_str_eq(STR(one, "peer"), "");
	ck_assert_str_eq(STR(one, "address"), "203.0.113.66");
	ck_assert_str_eq(STR(one, "answer"), "none");
	json_decref(j);
	violations_free(v);
}
END_TEST

/* One with which nothing is going on is a stranger to the engine, and has its
 * name all the same. */
START_TEST(has_its_name)
{
	struct violations *v = violations_new(&by_hand);
	json_t *j;

	violations_note(v, ip(0xc0000201), false, "short", VIOLATION_SILENT);
	j = violations_json(v, name, NULL);
	ck_assert_str_eq(STR(json_array_get(json_object_get(j, "violations"),
	    0), "peer"), "nas1");
	json_decref(j);
	violations_free(v);
}
END_TEST

TEST_MAIN("violations", counts_by_source_reason_and_answer,
    strangers_push_out_strangers_only, oldest_makes_room,
    reasons_are_copied, as_json, has_its_name)

/* SPDX-License-Identifier: BSD-2-Clause */
/* check(3) for fuzzers, so that they can use the rigs of tests/unit: what is
 * not so aborts. Found before the real one. */
#ifndef TESTS_FUZZ_SHIM_CHECK_H
#define TESTS_FUZZ_SHIM_CHECK_H

#include <string.h>

#include "tests/fuzz/fuzz.h"

typedef struct Suite Suite;
typedef struct TCase TCase;
typedef struct SRunner SRunner;
typedef struct TTest TTest;

#define ck_assert(c)		fuzz_assert(c)
#define ck_assert_msg(c, ...)	fuzz_assert(c)
#define ck_abort_msg(...)	fuzz_assert(!"reached")
#define ck_assert_int_eq(a, b)	fuzz_assert((a) == (b))
#define ck_assert_int_ne(a, b)	fuzz_assert((a) != (b))
#define ck_assert_int_lt(a, b)	fuzz_assert((a) < (b))
#define ck_assert_int_le(a, b)	fuzz_assert((a) <= (b))
#define ck_assert_int_gt(a, b)	fuzz_assert((a) > (b))
#define ck_assert_int_ge(a, b)	fuzz_assert((a) >= (b))
#define ck_assert_uint_eq(a, b)	fuzz_assert((a) == (b))
#define ck_assert_uint_ne(a, b)	fuzz_assert((a) != (b))
#define ck_assert_uint_lt(a, b)	fuzz_assert((a) < (b))
#define ck_assert_uint_le(a, b)	fuzz_assert((a) <= (b))
#define ck_assert_uint_gt(a, b)	fuzz_assert((a) > (b))
#define ck_assert_uint_ge(a, b)	fuzz_assert((a) >= (b))
#define ck_assert_ptr_eq(a, b)	fuzz_assert((a) == (b))
#define ck_assert_ptr_ne(a, b)	fuzz_assert((a) != (b))
#define ck_assert_ptr_null(a)	fuzz_assert((a) == NULL)
#define ck_assert_ptr_nonnull(a) fuzz_assert((a) != NULL)
#define ck_assert_str_eq(a, b)	fuzz_assert(strcmp(a, b) == 0)
#define ck_assert_str_ne(a, b)	fuzz_assert(strcmp(a, b) != 0)
#define ck_assert_mem_eq(a, b, n) fuzz_assert(memcmp(a, b, n) == 0)
#define ck_assert_mem_ne(a, b, n) fuzz_assert(memcmp(a, b, n) != 0)

/* Named by test.h, never called here. */
#define CK_ENV			0
#define suite_create(n)		((void)(n), (Suite *)NULL)
#define tcase_create(n)		((void)(n), (TCase *)NULL)
#define tcase_set_timeout(t, s)	((void)(t))
#define tcase_add_test(t, f)	((void)(t), (void)(f))
#define suite_add_tcase(s, t)	((void)(s), (void)(t))
#define srunner_create(s)	((void)(s), (SRunner *)NULL)
#define srunner_run_all(r, m)	((void)(r))
#define srunner_ntests_failed(r) ((void)(r), 0)
#define srunner_free(r)		((void)(r))

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Templates of the NAI, and what lines and users make of them. */
#include <errno.h>

#include "nasd/line_id.h"
#include "nasd/nai.h"
#include "tests/unit/test.h"

static struct line_id	circuit = { 9, "eth 1/2:3" };
static struct line_id	none;

static const char *
expand(const char *template, size_t cap, int *rc)
{
	const struct nai_parts	parts = {
		.user = "bob@x", .calling = "02-00",
		.interface = "acc0.7", .circuit = &circuit,
		.remote = &none,
	};
	static char		out[300];

	memset(out, 'X', sizeof(out));
	*rc = nai_expand(out, cap, template, &parts);
	return out;
}

START_TEST(parts)
{
	static const struct {
		const char	*template, *nai;
	} row[] = {
		{ "%u", "bob@x" }, { "%c.%u", "02-00.bob@x" },
		{ "%i@isp", "acc0.7@isp" }, { "a%%b%u", "a%bbob@x" }, { "plain", "plain" },
		{ "%{circuit-id}@isp", "eth=201/2=3A3@isp" },
	};
	char	room[20];
	int	rc;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		ck_assert_str_eq(expand(row[i].template, 300, &rc),
		    row[i].nai);
		ck_assert_int_eq(rc, (int)strlen(row[i].nai));
	}
	(void)expand("%{remote-id}@isp", 300, &rc);
	ck_assert_int_eq(rc, -ENODATA);
	ck_assert_int_eq(nai_expand(room, sizeof(room), "%u@isp",
	    &(struct nai_parts){ .interface = "acc0" }), -ENODATA);
	(void)expand("", 300, &rc);
	ck_assert_int_eq(rc, -EINVAL);
}
END_TEST

START_TEST(room)
{
	int	rc;

	ck_assert_str_eq(expand("%u%u", 11, &rc), "bob@xbob@x");
	ck_assert_int_eq(rc, 10);
	(void)expand("%u%u", 10, &rc);
	ck_assert_int_eq(rc, -EMSGSIZE);
	(void)expand("%{circuit-id}", 13, &rc);
	ck_assert_int_eq(rc, -EMSGSIZE);
	(void)expand("%{circuit-id}", 14, &rc);
	ck_assert_int_eq(rc, 13);
}
END_TEST

/* Two lines never become one. */
START_TEST(no_two_alike)
{
	const struct nai_parts	of_line = { .circuit = &circuit };
	char			a[256], b[256];
	int			i, k;

	for (i = 0; i < 256; i++)
		for (k = 0; k < 256; k++) {
			circuit = (struct line_id){ 1, { (uint8_t)i } };
			ck_assert_int_gt(nai_expand(a, sizeof(a),
			    "%{circuit-id}", &of_line), 0);
			ck_assert(strpbrk(a, "@ %\"\n") == NULL);
			circuit.b[0] = (uint8_t)k;
			ck_assert_int_gt(nai_expand(b, sizeof(b),
			    "%{circuit-id}", &of_line), 0);
			ck_assert((strcmp(a, b) == 0) == (i == k));
		}
}
END_TEST

START_TEST(templates)
{
	ck_assert_ptr_null(nai_template_error("%u"));
	ck_assert_ptr_null(nai_template_error("x%%%{remote-id}@y"));
	ck_assert_ptr_nonnull(nai_template_error("x@y"));
	ck_assert_ptr_nonnull(nai_template_error("%%u"));
	ck_assert_ptr_nonnull(nai_template_error("%u%"));
	ck_assert_ptr_nonnull(nai_template_error("%u%{circuit-id"));
	ck_assert_ptr_nonnull(nai_template_error("%u%x"));
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("nai");
	TCase	*t = tcase_create("nai");

	tcase_add_test(t, parts);
	tcase_add_test(t, room);
	tcase_add_test(t, no_two_alike);
	tcase_add_test(t, templates);
	suite_add_tcase(s, t);
	return test_run(s);
}

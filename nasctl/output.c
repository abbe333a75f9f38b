/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "nasctl/output.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CELL_MAX	256
#define NAME_MAX_LEN	128	/* of a nested counter: "aaa.requests" */
#define DEPTH_MAX	8

/* Seconds are for people in a table and plain numbers elsewhere. */
static bool
is_duration(const char *column)
{
	static const char *const names[] = { "uptime", "reg_left", "left",
	    "since" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(column, names[i]) == 0)
			return (true);
	return (false);
}

static void
duration(char *buf, size_t size, json_int_t s)
{
	if (s >= 86400)
		snprintf(buf, size, "%" PRId64 "d%02d:%02d:%02d",
		    (int64_t)(s / 86400), (int)(s % 86400 / 3600),
		    (int)(s % 3600 / 60), (int)(s % 60));
	else
		snprintf(buf, size, "%02d:%02d:%02d", (int)(s / 3600),
		    (int)(s % 3600 / 60), (int)(s % 60));
}

static void
cell(char *buf, size_t size, const char *column, const json_t *v, bool human)
{
	char *dump;

	switch (v != NULL ? json_typeof(v) : JSON_NULL) {
	case JSON_STRING:
		snprintf(buf, size, "%s", json_string_value(v));
		break;
	case JSON_INTEGER:
		if (human && is_duration(column) &&
		    json_integer_value(v) >= 0)
			duration(buf, size, json_integer_value(v));
		else
			snprintf(buf, size, "%" JSON_INTEGER_FORMAT,
			    json_integer_value(v));
		break;
	case JSON_REAL:
		snprintf(buf, size, "%.3f", json_real_value(v));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		snprintf(buf, size, "%s", json_is_true(v) ? "yes" : "no");
		break;
	case JSON_NULL:
		snprintf(buf, size, "%s", human ? "-" : "");
		break;
	default:
		dump = json_dumps(v, JSON_COMPACT);
		snprintf(buf, size, "%s", dump != NULL ? dump : "");
		free(dump);
	}
	if (human && *buf == '\0')
		snprintf(buf, size, "-");
}

/* The code point at p, and its bytes in *n. Of what is no UTF-8, one byte that
 * is never shown. */
static uint32_t
code_point(const unsigned char *p, size_t *n)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t c = *p;
	size_t i;

	*n = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 :
	    c < 0xf5 ? 4 : 0;
	if (*n > 1)
		c &= 0x7fU >> *n;
	for (i = 1; i < *n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			break;
		c = c << 6 | (p[i] & 0x3fU);
	}
	if (*n != 0 && i >= *n && c >= least[*n == 1 ? 0 : *n])
		return (c);
	*n = 1;
	return (0);
}

/*
 * Control characters would be orders to the terminal, and what is not seen but
 * turns or joins the text beside it (Unicode's Cf, and its separators of lines)
 * shows another name than there is; user names come from strangers.
 */
static bool
is_shown(uint32_t c)
{
	static const struct {
		uint32_t	first, last;
	} hidden[] = {
		{ 0, 0x1f }, { 0x7f, 0x9f }, { 0xad, 0xad },
		{ 0x600, 0x605 }, { 0x61c, 0x61c }, { 0x6dd, 0x6dd },
		{ 0x70f, 0x70f }, { 0x890, 0x891 }, { 0x8e2, 0x8e2 },
		{ 0x180e, 0x180e }, { 0x200b, 0x200f }, { 0x2028, 0x202e },
		{ 0x2060, 0x206f }, { 0xd800, 0xdfff }, { 0xfeff, 0xfeff },
		{ 0xfff0, 0xfffb }, { 0x110bd, 0x110bd },
		{ 0x110cd, 0x110cd }, { 0x13430, 0x1343f },
		{ 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a },
		{ 0xe0000, 0xe0fff }, { 0x110000, UINT32_MAX },
	};
	size_t i;

	for (i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		if (c >= hidden[i].first && c <= hidden[i].last)
			return (false);
	return (true);
}

/* Bytes as \x1b. */
static size_t
escape(FILE *f, const unsigned char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n && f != NULL; i++)
		fprintf(f, "\\x%02x", p[i]);
	return (4 * n);
}

size_t
output_safe(FILE *f, const char *s)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t width = 0, n;

	for (; *p != '\0'; p += n) {
		if (!is_shown(code_point(p, &n))) {
			width += escape(f, p, n);
			continue;
		}
		if (f != NULL)
			fwrite(p, 1, n, f);
		width++;
	}
	return (width);
}

static void
pad(FILE *f, size_t n)
{
	while (n-- > 0)
		fputc(' ', f);
}

/* reg_left is REG-LEFT in a heading and reg-left on the command line. */
static void
heading(FILE *f, const char *column)
{
	for (; *column != '\0'; column++)
		fputc(*column == '_' ? '-' : *column >= 'a' &&
		    *column <= 'z' ? *column - 'a' + 'A' : *column, f);
}

static bool
is_number(const struct table *t, size_t col)
{
	size_t i;

	for (i = 0; i < t->n_rows; i++)
		if (!json_is_number(json_object_get(t->row[i],
		    t->column[col])))
			return (false);
	return (t->n_rows > 0);
}

static void
people_table(FILE *f, const struct table *t)
{
	size_t *width = calloc(t->n_columns, sizeof(*width));
	bool *right = calloc(t->n_columns, sizeof(*right));
	char buf[CELL_MAX];
	size_t i, c, w;

	if (width == NULL || right == NULL)
		goto out;
	for (c = 0; c < t->n_columns; c++) {
		width[c] = strlen(t->column[c]);
		right[c] = is_number(t, c);
		for (i = 0; i < t->n_rows; i++) {
			cell(buf, sizeof(buf), t->column[c],
			    json_object_get(t->row[i], t->column[c]), true);
			w = output_safe(NULL, buf);
			if (w > width[c])
				width[c] = w;
		}
	}
	for (i = 0; i <= t->n_rows; i++) {
		for (c = 0; c < t->n_columns; c++) {
			if (i == 0)
				snprintf(buf, sizeof(buf), "%s",
				    t->column[c]);
			else
				cell(buf, sizeof(buf), t->column[c],
				    json_object_get(t->row[i - 1],
				    t->column[c]), true);
			w = width[c] - output_safe(NULL, buf);
			if (right[c])
				pad(f, w);
			if (i == 0)
				heading(f, buf);
			else
				output_safe(f, buf);
			if (c + 1 == t->n_columns)
				break;
			pad(f, (right[c] ? 0 : w) + 2);
		}
		fputc('\n', f);
	}
out:
	free(width);
	free(right);
}

typedef void put_value(FILE *, const char *name, const json_t *);

/* Every value of an object and of those in it, by "outer.inner". */
static void
flatten(FILE *f, const char *name, const json_t *v, unsigned depth,
    put_value *put)
{
	char inner[NAME_MAX_LEN];
	const json_t *w;
	const char *key;
	size_t i;

	if (depth > DEPTH_MAX)
		return;
	if (json_is_object(v)) {
		json_object_foreach((json_t *)(uintptr_t)v, key, w) {
			snprintf(inner, sizeof(inner), "%s%s%s", name,
			    *name != '\0' ? "." : "", key);
			flatten(f, inner, w, depth + 1, put);
		}
	} else if (json_is_array(v)) {
		json_array_foreach(v, i, w) {
			snprintf(inner, sizeof(inner), "%s%s%zu", name,
			    *name != '\0' ? "." : "", i);
			flatten(f, inner, w, depth + 1, put);
		}
	} else {
		put(f, name, v);
	}
}

static void
people_value(FILE *f, const char *name, const json_t *v)
{
	const char *last = strrchr(name, '.');
	char buf[CELL_MAX];
	size_t w;

	cell(buf, sizeof(buf), last != NULL ? last + 1 : name, v, true);
	w = output_safe(f, name);
	pad(f, w < 30 ? 30 - w : 0);
	fputc(' ', f);
	output_safe(f, buf);
	fputc('\n', f);
}

static void
people_object(FILE *f, const json_t *v)
{
	flatten(f, "", v, 0, people_value);
}

static void
csv_field(FILE *f, const char *s)
{
	/* A leading one of these would be a formula to a spreadsheet, but CSV
	 * for programs must stay what it is: quoting only. What a terminal
	 * would obey is escaped here, too, so that a record is one line. */
	if (s[strcspn(s, ",\"")] == '\0') {
		output_safe(f, s);
		return;
	}
	fputc('"', f);
	while (*s != '\0') {
		char part[CELL_MAX];
		size_t n = strcspn(s, "\"");

		snprintf(part, sizeof(part), "%.*s", (int)n, s);
		output_safe(f, part);
		if (s[n] == '"') {
			fputs("\"\"", f);
			n++;
		}
		s += n;
	}
	fputc('"', f);
}

static void
csv_table(FILE *f, const struct table *t)
{
	char buf[CELL_MAX];
	size_t i, c;

	for (c = 0; c < t->n_columns; c++)
		fprintf(f, "%s%s", c > 0 ? "," : "", t->column[c]);
	fputs("\r\n", f);
	for (i = 0; i < t->n_rows; i++) {
		for (c = 0; c < t->n_columns; c++) {
			cell(buf, sizeof(buf), t->column[c],
			    json_object_get(t->row[i], t->column[c]), false);
			if (c > 0)
				fputc(',', f);
			csv_field(f, buf);
		}
		fputs("\r\n", f);
	}
}

static void
csv_value(FILE *f, const char *name, const json_t *v)
{
	char buf[CELL_MAX];

	cell(buf, sizeof(buf), name, v, false);
	csv_field(f, name);
	fputc(',', f);
	csv_field(f, buf);
	fputs("\r\n", f);
}

static void
csv_object(FILE *f, const json_t *v)
{
	fputs("name,value\r\n", f);
	flatten(f, "", v, 0, csv_value);
}

static void
json_object_out(FILE *f, const json_t *v)
{
	json_dumpf(v, f, JSON_INDENT(2));
	fputc('\n', f);
}

static void
json_table(FILE *f, const struct table *t)
{
	json_t *list = json_array(), *one, *all;
	size_t i, c;

	for (i = 0; i < t->n_rows; i++) {
		one = json_object();
		for (c = 0; c < t->n_columns; c++)
			json_object_set(one, t->column[c],
			    json_object_get(t->row[i], t->column[c]));
		json_array_append_new(list, one);
	}
	all = json_pack("{s:o}", t->name, list);
	json_object_out(f, all);
	json_decref(all);
}

static const struct output outputs[] = {
	{ "table", people_table, people_object },
	{ "json", json_table, json_object_out },
	{ "csv", csv_table, csv_object },
};

const struct output *
output_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(outputs) / sizeof(outputs[0]); i++)
		if (*name != '\0' &&
		    strncmp(name, outputs[i].name, strlen(name)) == 0)
			return (&outputs[i]);
	return (NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers for people and programs. Neighbour: output.c writes them. */
#include "config.h"
#include "nasctl/show.h"

#include <errno.h>
#include <regex.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "nasctl/nasctl.h"
#include "nasctl/output.h"

/* "reg-left", "reg_left" and unambiguous beginnings name a column of the
 * list. */
static bool
same_name(const char *typed, const char *key, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (typed[i] != key[i] && !(typed[i] == '-' && key[i] == '_'))
			return (false);
	return (true);
}

/* The list's own name of a column, NULL after saying why. */
static const char *
find_column(const json_t *row, const char *typed, FILE *err)
{
	const size_t n = strlen(typed);
	const char *key, *p, *found = NULL;
	unsigned hits = 0;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)row, key, v) {
		if (strlen(key) < n || !same_name(typed, key, n))
			continue;
		if (strlen(key) == n)
			return (key);
		found = key;
		hits++;
	}
	if (hits == 1)
		return (found);
	fprintf(err, "%s: %s, one of:", typed,
	    hits == 0 ? "no such column" : "ambiguous");
	json_object_foreach((json_t *)(uintptr_t)row, key, v) {
		fputc(' ', err);
		for (p = key; *p != '\0'; p++)
			fputc(*p == '_' ? '-' : *p, err);
	}
	fputc('\n', err);
	return (NULL);
}

/* The columns by name, or the command's, for programs all of the first row's.
 * Names in the command table that this daemon does not send are left out. */
static int
set_columns(struct table *t, const struct request *r, const json_t *row,
    bool all, FILE *err)
{
	char *list, *p, *save = NULL;
	const char *key;
	json_t *v;
	size_t i;

	t->column = calloc(json_object_size(row) + COLUMNS_MAX,
	    sizeof(*t->column));
	if (t->column == NULL)
		return (-ENOMEM);
	for (i = 0; i < r->n_columns; i++) {
		t->column[i] = find_column(row, r->column[i], err);
		if (t->column[i] == NULL)
			return (-EINVAL);
		t->n_columns++;
	}
	if (r->n_columns > 0)
		return (0);
	if (all || r->command->columns == NULL ||
	    *r->command->columns == ';') {
		json_object_foreach((json_t *)(uintptr_t)row, key, v)
			if (all || !json_is_array(v))
				t->column[t->n_columns++] = key;
		return (0);
	}
	list = strdup(r->command->columns);
	if (list == NULL)
		return (-ENOMEM);
	list[strcspn(list, ";")] = '\0';
	for (p = strtok_r(list, ",", &save); p != NULL;
	    p = strtok_r(NULL, ",", &save))
		json_object_foreach((json_t *)(uintptr_t)row, key, v)
			if (strlen(key) == strlen(p) &&
			    same_name(p, key, strlen(p)))
				t->column[t->n_columns++] = key;
	free(list);
	return (0);
}

/* A value as text, for matching and ordering. */
static const char *
as_text(const json_t *v, char *buf, size_t size)
{
	if (json_is_string(v))
		return (json_string_value(v));
	if (json_is_integer(v))
		snprintf(buf, size, "%" JSON_INTEGER_FORMAT,
		    json_integer_value(v));
	else if (json_is_real(v))
		snprintf(buf, size, "%.3f", json_real_value(v));
	else if (json_is_boolean(v))
		snprintf(buf, size, "%s", json_is_true(v) ? "yes" : "no");
	else
		*buf = '\0';
	return (buf);
}

static int
take_rows(struct table *t, const struct request *r, const json_t *list,
    const char *column, FILE *err)
{
	char buf[64], why[128];
	const json_t *row;
	regex_t re;
	size_t i;
	int e;

	t->row = calloc(json_array_size(list) + 1, sizeof(*t->row));
	if (t->row == NULL)
		return (-ENOMEM);
	if (column != NULL) {
		e = regcomp(&re, r->match_regex, REG_EXTENDED | REG_NOSUB);
		if (e != 0) {
			regerror(e, &re, why, sizeof(why));
			fprintf(err, "%s: %s\n", r->match_regex, why);
			return (-EINVAL);
		}
	}
	json_array_foreach(list, i, row)
		if (column == NULL || regexec(&re, as_text(json_object_get(row,
		    column), buf, sizeof(buf)), 0, NULL, 0) == 0)
			t->row[t->n_rows++] = row;
	if (column != NULL)
		regfree(&re);
	return (0);
}

struct by {
	const char	*column;
	int		 sign;
};

static int
compare(const void *a, const void *b, void *arg)
{
	const struct by *by = arg;
	const json_t *const *ra = a, *const *rb = b;
	const json_t *x = json_object_get(*ra, by->column);
	const json_t *y = json_object_get(*rb, by->column);
	char bx[64], bz[64];
	double dx, dy;

	if (json_is_number(x) && json_is_number(y)) {
		dx = json_number_value(x);
		dy = json_number_value(y);
		return (by->sign * ((dx > dy) - (dx < dy)));
	}
	return (by->sign * strcmp(as_text(x, bx, sizeof(bx)),
	    as_text(y, bz, sizeof(bz))));
}

/* The array a list command is about: by its name, else the first there is. */
static const json_t *
find_list(const struct command *c, const json_t *data, const char **name)
{
	const json_t *v = json_object_get(data, c->list);
	const char *key;
	json_t *w;

	*name = c->list;
	if (json_is_array(v))
		return (v);
	json_object_foreach((json_t *)(uintptr_t)data, key, w) {
		if (!json_is_array(w))
			continue;
		*name = key;
		return (w);
	}
	return (NULL);
}

static void
add_names(json_t *row, const char *columns)
{
	char name[64], *p;

	while (*columns != '\0') {
		const size_t n = strcspn(columns, ",;");

		snprintf(name, sizeof(name), "%.*s", (int)n, columns);
		for (p = name; *p != '\0'; p++)
			*p = *p == '-' ? '_' : *p;
		if (n > 0)
			json_object_set_new(row, name, json_null());
		columns += n + (columns[n] != '\0');
	}
}

/* In the place of a row, where there is none: what its columns are called. */
static json_t *
known_names(const struct command *c)
{
	json_t *row = json_object();

	if (c->columns != NULL)
		add_names(row, c->columns);
	return (row);
}

/* first: a row, of which the columns are called so. */
static int
fill_table(struct table *t, const struct request *r, const json_t *list,
    const json_t *first, bool all, FILE *err)
{
	const char *match = NULL;
	struct by by = { .sign = 1 };
	const char *order = r->order;
	int e;

	e = set_columns(t, r, first, all, err);
	if (e == 0 && r->match_column != NULL) {
		match = find_column(first, r->match_column, err);
		if (match == NULL)
			e = -EINVAL;
	}
	if (e == 0 && order != NULL) {
		if (*order == '-') {
			by.sign = -1;
			order++;
		}
		by.column = find_column(first, order, err);
		if (by.column == NULL)
			e = -EINVAL;
	}
	if (e == 0)
		e = take_rows(t, r, list, match, err);
	if (e == 0 && by.column != NULL)
		qsort_r(t->row, t->n_rows, sizeof(*t->row), compare, &by);
	return (e);
}

int
show_list(const struct request *r, const json_t *data, const char *format,
    FILE *out, FILE *err)
{
	const struct output *o = output_find(format);
	struct table t = { 0 };
	const json_t *list = find_list(r->command, data, &t.name);
	json_t *names;
	int e;

	if (list == NULL || (json_array_size(list) > 0 &&
	    !json_is_object(json_array_get(list, 0))))
		return (show_object(r, data, format, out, err));
	names = json_array_size(list) == 0 ? known_names(r->command) : NULL;
	e = fill_table(&t, r, list, names != NULL ? names :
	    json_array_get(list, 0), o->name[0] == 'j', err);
	if (e == 0 && (t.n_rows > 0 || o->name[0] != 't'))
		o->table(out, &t);
	free(t.column);
	free(t.row);
	json_decref(names);
	if (e != 0)
		return (NASCTL_USAGE);
	return (t.n_rows > 0 || (json_array_size(list) == 0 &&
	    r->match_column == NULL) ? NASCTL_OK : NASCTL_NO_MATCH);
}

int
show_changes(const struct request *r, const json_t *data, const char *format,
    FILE *out, FILE *err)
{
	const json_t *list = json_object_get(data, r->command->list);

	if (output_find(format)->name[0] == 't' && json_is_array(list) &&
	    json_array_size(list) == 0)
		fputs("nothing has changed\n", out);
	return (show_list(r, data, format, out, err));
}

/*
 *      0.0 ms  o  padi          from 52:54:00:00:00:01
 *     12.3     |  pads          session 1
 */
static void
ladder(FILE *out, const json_t *timeline)
{
	const char *step, *detail;
	const json_t *v;
	double t, last = 0;
	size_t i;

	fputs("timeline\n", out);
	json_array_foreach(timeline, i, v) {
		t = json_number_value(json_object_get(v, "t_ms"));
		step = json_string_value(json_object_get(v, "step"));
		detail = json_string_value(json_object_get(v, "detail"));
		fprintf(out, "%12.1f ms ", t);
		if (i == 0)
			fprintf(out, "%12s  o  ", "");
		else
			fprintf(out, "%+9.1f ms  |  ", t - last);
		fprintf(out, "%-16s", step != NULL ? step : "?");
		if (detail != NULL && *detail != '\0') {
			fputc(' ', out);
			output_safe(out, detail);
		}
		fputc('\n', out);
		last = t;
	}
}

int
show_session(const struct request *r, const json_t *data, const char *format,
    FILE *out, FILE *err)
{
	const json_t *timeline = json_object_get(data, "timeline");
	json_t *rest;

	if (output_find(format)->name[0] != 't' || !json_is_array(timeline))
		return (show_object(r, data, format, out, err));
	rest = json_copy((json_t *)(uintptr_t)data);
	json_object_del(rest, "timeline");
	output_find(format)->object(out, rest);
	json_decref(rest);
	ladder(out, timeline);
	return (NASCTL_OK);
}

/* What the exit code says of a test. */
static int
test_code(const char *result)
{
	if (result != NULL && strcmp(result, "accepted") == 0)
		return (NASCTL_OK);
	return (result != NULL && strcmp(result, "no answer") == 0 ?
	    NASCTL_FAILED : NASCTL_NO_MATCH);
}

static bool
one_silent(const json_t *servers)
{
	const json_t *v;
	size_t i;

	json_array_foreach(servers, i, v)
		if (!json_is_number(json_object_get(v, "time_ms")))
			return (true);
	return (false);
}

/*
 * accepted by aaa1 in 3.2 ms
 *	Reply-Message = Welcome
 */
static void
test_result(FILE *out, const char *result, const json_t *data)
{
	const json_t *list = json_object_get(data, "attributes"), *v;
	const char *server = json_string_value(json_object_get(data,
	    "server"));
	size_t i;

	output_safe(out, result);
	if (server != NULL) {
		fputs(" by ", out);
		output_safe(out, server);
	}
	fprintf(out, " in %.1f ms\n", json_number_value(json_object_get(data,
	    "time_ms")));
	json_array_foreach(list, i, v) {
		fputc('\t', out);
		output_safe(out, json_string_value(v));
		fputc('\n', out);
	}
}

int
show_radius_test(const struct request *r, const json_t *data,
    const char *format, FILE *out, FILE *err)
{
	const json_t *servers = json_object_get(data, "servers");
	const char *result = json_string_value(json_object_get(data,
	    "result"));
	int e;

	if (servers != NULL) {
		e = show_list(r, data, format, out, err);
		return (e == NASCTL_OK && one_silent(servers) ?
		    NASCTL_FAILED : e);
	}
	if (output_find(format)->name[0] == 't' && result != NULL)
		test_result(out, result, data);
	else
		show_object(r, data, format, out, err);
	return (test_code(result));
}

int
show_object(const struct request *r, const json_t *data, const char *format,
    FILE *out, FILE *err)
{
	(void)r;
	(void)err;
	output_find(format)->object(out, data);
	return (NASCTL_OK);
}

int
show_context(const struct request *r, const json_t *data, const char *format,
    FILE *out, FILE *err)
{
	(void)r;
	(void)format;
	(void)err;
	json_dumpf(data, out, JSON_COMPACT);
	fputc('\n', out);
	return (NASCTL_OK);
}

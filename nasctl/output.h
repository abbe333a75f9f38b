/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows and columns, written as a table for people, as CSV [RFC 4180] or as
 * JSON. */
#ifndef NASCTL_OUTPUT_H
#define NASCTL_OUTPUT_H

#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

struct table {
	const char	*name;		/* of the array, in JSON */
	const char	**column;	/* JSON's names: reg_left */
	size_t		 n_columns;
	const json_t	**row;		/* objects */
	size_t		 n_rows;
};

struct output {
	const char	*name;
	void		(*table)(FILE *, const struct table *);
	/* What is not a list: names and values. */
	void		(*object)(FILE *, const json_t *);
};

/* "table", "json", "csv" or a prefix of one; NULL. */
const struct output *output_find(const char *name);
/* Writes a string without what a terminal would obey. Returns its width. */
size_t	 output_safe(FILE *, const char *);

#endif

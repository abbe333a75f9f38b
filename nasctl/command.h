/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands of nasctl, hactl and fadctl: constant tables, and the words of a
 * command line looked up in them. Unambiguous prefixes are enough. */
#ifndef NASCTL_COMMAND_H
#define NASCTL_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

enum program {
	PROG_NASCTL	= 1,
	PROG_HACTL	= 2,
	PROG_FADCTL	= 4,
	PROG_ALL	= 7,
};

#define COLUMNS_MAX	32

/* What a command line asks for. Strings are the command line's. */
struct request {
	const struct command	*command;
	const char		*column[COLUMNS_MAX];	/* borrowed ... */
	size_t			 n_columns;
	char			*columns;	/* ... from this, allocated */
	const char		*order;		/* "-COL": descending */
	const char		*match_column;
	const char		*match_regex;
	json_t			*args;		/* for the daemon */
	int			 timeout_ms;	/* 0: the usual */
};

typedef int command_args(struct request *, int argc, char **argv, FILE *err);
typedef int command_view(const struct request *, const json_t *data,
    const char *format, FILE *out, FILE *err);

/* Not to be abbreviated, nor in the way of abbreviations. */
#define COMMAND_SPELT	0x80

struct command {
	const char	*words;		/* as the daemon knows it */
	const char	*args;		/* for the help */
	const char	*help;
	unsigned	 programs;	/* whose it is: PROG_*, and
					 * COMMAND_SPELT */
	command_args	*parse;
	command_view	*view;
	const char	*list;		/* the array in the answer's data */
	const char	*columns;	/* of a list, as the default; behind a
					 * semicolon the others, which a list
					 * without a row does not tell */
};

extern const struct command commands[];
extern const size_t n_commands;

/* Fills the request from the words behind the options. 0, or -EINVAL after
 * saying on err what is wrong and what would be right. request_free in both
 * cases. */
int	 command_parse(struct request *, enum program, int argc, char **argv,
    FILE *err);
void	 request_free(struct request *);

#endif

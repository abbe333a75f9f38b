/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where things stand in a configuration file. libconfuse forgets the lines of
 * options, gives sections the line of their closing brace, and stops at the
 * first unknown key; this reads the same text once more against the same
 * option table and keeps what conf.h needs to name lines.
 */
#ifndef COMMON_CONF_SCAN_H
#define COMMON_CONF_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include <confuse.h>

/* A section or an option, in the order of the file. */
struct conf_node {
	struct conf_node	*child;
	struct conf_node	*next;
	char			*name;
	char			*title;		/* of a section, or NULL */
	unsigned		 line;		/* where its name stands */
	bool			 section;
	bool			 too_deep;	/* root: it ends there */
	const cfg_t		*sec;		/* by conf_scan_pair */
};

/* what is "unknown key" and the like; other: the line it conflicts with. */
typedef void conf_scan_report(void *arg, unsigned line, const char *key,
    const char *what, unsigned other);

/* The root of what text (NUL-terminated) says; NULL when out of memory.
 * Reports unknown keys, options given twice and sections with one title. At
 * a syntax error it stops silently: libconfuse tells. Where sections are
 * nested too deeply it reports that and sets too_deep: libconfuse, which has no
 * limit, must not read the text. */
struct conf_node *conf_scan(const char *text, const cfg_opt_t *opts,
    conf_scan_report *, void *arg);
/* Ties the nodes to the sections of the parsed file. */
void	 conf_scan_pair(struct conf_node *root, cfg_t *cfg);
/* Line of option key in section sec, of sec itself if it is not there (or key
 * is NULL), 0 if that is not known either. */
unsigned conf_scan_line(const struct conf_node *root, const cfg_t *sec,
    const char *key);
void	 conf_scan_free(struct conf_node *);

#endif

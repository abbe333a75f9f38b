/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads a configuration file for its lines. Neighbour: conf.c, which reports;
 * the words are split as libconfuse 3.3's lexer splits them. */
#include "config.h"
#include "common/conf_scan.h"

#include <stdlib.h>
#include <string.h>

#define SCAN_WORD_MAX	256	/* of a key or title; values are not kept */
#define SCAN_DEPTH_MAX	8	/* sections in sections */

enum token {
	TOK_EOF,
	TOK_WORD,
	TOK_BAD,
	/* and the punctuation '{' '}' '(' ')' '=' ',' as itself */
};

struct scan {
	const char		*p;
	unsigned		 line;
	unsigned		 tok_line;	/* of the token's first byte */
	char			 word[SCAN_WORD_MAX];
	conf_scan_report	*report;
	void			*arg;
	bool			 nomem;
	bool			 too_deep;
};

static void
word_put(struct scan *s, size_t *n, char c)
{
	if (*n < sizeof(s->word) - 1)
		s->word[(*n)++] = c;
}

static int
quoted(struct scan *s, char quote)
{
	size_t n = 0;

	for (s->p++; *s->p != quote; s->p++) {
		if (*s->p == '\0')
			return (TOK_BAD);
		if (*s->p == '\\' && s->p[1] != '\0')
			s->p++;
		if (*s->p == '\n')
			s->line++;
		word_put(s, &n, *s->p);
	}
	s->p++;
	s->word[n] = '\0';
	return (TOK_WORD);
}

static int
unquoted(struct scan *s)
{
	size_t n = 0;

	while (*s->p != '\0' && strchr(" \t\r\n\"'{}()=+,#", *s->p) == NULL) {
		if (s->p[0] == '$' && s->p[1] == '{')
			while (*s->p != '\0' && *s->p != '}')
				word_put(s, &n, *s->p++);
		if (*s->p != '\0')
			word_put(s, &n, *s->p++);
	}
	s->word[n] = '\0';
	return (TOK_WORD);
}

static void
skip_blank(struct scan *s)
{
	for (;;) {
		if (*s->p == '#' || (s->p[0] == '/' && s->p[1] == '/')) {
			s->p += strcspn(s->p, "\n");
		} else if (s->p[0] == '/' && s->p[1] == '*') {
			for (s->p += 2; *s->p != '\0'; s->p++) {
				if (s->p[0] == '*' && s->p[1] == '/')
					break;
				s->line += *s->p == '\n';
			}
			if (*s->p != '\0')
				s->p += 2;
		} else if (*s->p != '\0' && strchr(" \t\r\n", *s->p) != NULL) {
			s->line += *s->p++ == '\n';
		} else {
			return;
		}
	}
}

static int
next_token(struct scan *s)
{
	skip_blank(s);
	s->tok_line = s->line;
	switch (*s->p) {
	case '\0':
		return (TOK_EOF);
	case '"':
	case '\'':
		return (quoted(s, *s->p));
	case '+':
		if (s->p[1] != '=')
			return (TOK_BAD);
		s->p += 2;
		return ('+');
	case '{':
	case '}':
	case '(':
	case ')':
	case '=':
	case ',':
		return (*s->p++);
	default:
		return (unquoted(s));
	}
}

static struct conf_node *
node_new(struct scan *s, struct conf_node *parent)
{
	struct conf_node *n = calloc(1, sizeof(*n));
	struct conf_node **at;

	if (n == NULL || (n->name = strdup(s->word)) == NULL) {
		free(n);
		s->nomem = true;
		return (NULL);
	}
	n->line = s->tok_line;
	for (at = &parent->child; *at != NULL; at = &(*at)->next)
		;
	*at = n;
	return (n);
}

static const cfg_opt_t *
opt_find(const cfg_opt_t *opts, const char *name)
{
	for (; opts != NULL && opts->name != NULL; opts++)
		if (strcmp(opts->name, name) == 0)
			return (opts);
	return (NULL);
}

static bool
same_title(const char *a, const char *b)
{
	return (a == b || (a != NULL && b != NULL && strcmp(a, b) == 0));
}

/* Reports n if an earlier sibling is the same thing: libconfuse would take the
 * last silently, or mix the two. */
static void
check_twice(struct scan *s, const struct conf_node *parent,
    const struct conf_node *n, const cfg_opt_t *opt)
{
	const struct conf_node *o;

	if (n->section && (opt->flags & CFGF_MULTI) &&
	    !(opt->flags & CFGF_TITLE))
		return;
	for (o = parent->child; o != n; o = o->next) {
		if (strcmp(o->name, n->name) != 0 ||
		    !same_title(o->title, n->title))
			continue;
		s->report(s->arg, n->line, n->name, "given twice", o->line);
		return;
	}
}

/* Behind "=": one word or { list }. */
static bool
skip_value(struct scan *s)
{
	int tok = next_token(s);

	if (tok == TOK_WORD)
		return (true);
	if (tok != '{')
		return (false);
	while ((tok = next_token(s)) != '}')
		if (tok != TOK_WORD && tok != ',')
			return (false);
	return (true);
}

static bool scan_section(struct scan *, struct conf_node *,
    const cfg_opt_t *, bool known, unsigned depth);

/* One option or section, whose name has been read. opts is NULL inside an
 * unknown section: what is in there was reported with it. */
static bool
scan_item(struct scan *s, struct conf_node *parent, const cfg_opt_t *opts,
    bool known, unsigned depth)
{
	const cfg_opt_t *opt = opt_find(opts, s->word);
	struct conf_node *n = node_new(s, parent);
	int tok;

	if (n == NULL)
		return (false);
	if (opt == NULL && known)
		s->report(s->arg, n->line, n->name, "unknown key", 0);
	tok = next_token(s);
	if (tok == '=' || tok == '+') {
		if (opt != NULL && tok == '=')
			check_twice(s, parent, n, opt);
		return (skip_value(s));
	}
	if (tok == TOK_WORD) {
		n->title = strdup(s->word);
		s->nomem |= n->title == NULL;
		tok = next_token(s);
	}
	if (tok != '{')
		return (false);
	n->section = true;
	if (opt != NULL)
		check_twice(s, parent, n, opt);
	return (scan_section(s, n, opt == NULL ? NULL : opt->subopts,
	    opt != NULL, depth + 1));
}

static bool
scan_section(struct scan *s, struct conf_node *sec, const cfg_opt_t *opts,
    bool known, unsigned depth)
{
	int tok;

	if (depth > SCAN_DEPTH_MAX) {
		s->report(s->arg, sec->line, sec->name,
		    "too many sections in sections", 0);
		s->too_deep = true;
		return (false);
	}
	while ((tok = next_token(s)) == TOK_WORD)
		if (!scan_item(s, sec, opts, known, depth) || s->nomem)
			return (false);
	/* libconfuse takes the end of the file for the end of a section. */
	if (tok == TOK_EOF && depth > 0)
		s->report(s->arg, sec->line, sec->name, "has no closing brace",
		    0);
	return (tok == (depth == 0 ? TOK_EOF : '}'));
}

struct conf_node *
conf_scan(const char *text, const cfg_opt_t *opts, conf_scan_report *report,
    void *arg)
{
	struct scan s = { .p = text, .line = 1, .report = report, .arg = arg };
	struct conf_node *root = calloc(1, sizeof(*root));

	if (root == NULL)
		return (NULL);
	root->section = true;
	(void)scan_section(&s, root, opts, true, 0);
	root->too_deep = s.too_deep;
	if (s.nomem) {
		conf_scan_free(root);
		return (NULL);
	}
	return (root);
}

/* The nth section of a name, or the one with a title. */
static cfg_t *
section_of(cfg_t *cfg, const struct conf_node *n, unsigned nth)
{
	cfg_opt_t *opt = cfg_getopt(cfg, n->name);
	unsigned i;
	cfg_t *sec;

	if (opt == NULL || opt->type != CFGT_SEC)
		return (NULL);
	if (n->title == NULL)
		return (nth < cfg_opt_size(opt) ?
		    cfg_opt_getnsec(opt, nth) : NULL);
	for (i = 0; i < cfg_opt_size(opt); i++) {
		sec = cfg_opt_getnsec(opt, i);
		if (same_title(cfg_title(sec), n->title))
			return (sec);
	}
	return (NULL);
}

void
conf_scan_pair(struct conf_node *root, cfg_t *cfg)
{
	struct conf_node *n, *o;
	unsigned nth;
	cfg_t *sec;

	root->sec = cfg;
	for (n = root->child; n != NULL; n = n->next) {
		if (!n->section)
			continue;
		nth = 0;
		for (o = root->child; o != n; o = o->next)
			nth += o->section && strcmp(o->name, n->name) == 0;
		sec = section_of(cfg, n, nth);
		if (sec != NULL)
			conf_scan_pair(n, sec);
	}
}

static const struct conf_node *
node_of(const struct conf_node *n, const cfg_t *sec)
{
	const struct conf_node *c, *found;

	if (n->sec == sec)
		return (n);
	for (c = n->child; c != NULL; c = c->next) {
		found = c->section ? node_of(c, sec) : NULL;
		if (found != NULL)
			return (found);
	}
	return (NULL);
}

unsigned
conf_scan_line(const struct conf_node *root, const cfg_t *sec,
    const char *key)
{
	const struct conf_node *n = root != NULL ? node_of(root, sec) : NULL;
	const struct conf_node *c;
	unsigned line;

	if (n == NULL)
		return (0);
	line = n->line;
	if (key == NULL)
		return (line);
	/* The last one counts, as for libconfuse. */
	for (c = n->child; c != NULL; c = c->next)
		if (strcmp(c->name, key) == 0)
			line = c->line;
	return (line);
}

void
conf_scan_free(struct conf_node *n)
{
	struct conf_node *next;

	for (; n != NULL; n = next) {
		next = n->next;
		conf_scan_free(n->child);
		free(n->name);
		free(n->title);
		free(n);
	}
}

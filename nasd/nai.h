/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Network Access Identifier that a session is registered by, from the
 * configuration's template [nasd.conf(5), nai; PROTOCOLS D23]. Pure.
 */
#ifndef NASD_NAI_H
#define NASD_NAI_H

#include <stddef.h>

struct line_id;

struct nai_parts {
	/* Texts may be NULL: there is none. */
	const char		*user;		/* %u */
	const char		*calling;	/* %c */
	const char		*interface;	/* %i: port id */
	const struct line_id	*circuit;	/* %{circuit-id} */
	const struct line_id	*remote;	/* %{remote-id} */
};

/*
 * The length without the NUL. -EMSGSIZE when it does not fit, -ENODATA when
 * the template wants an identifier that the line does not have: without it,
 * all such sessions would share one. Letters, digits, '-', '_', '.' and '/' of
 * a line's identifiers stay, any other byte is '=' and two digits, so that no
 * two lines have the same.
 */
int	 nai_expand(char *out, size_t cap, const char *template,
    const struct nai_parts *);
/* What is wrong with a template, or NULL. */
const char *nai_template_error(const char *template);

#endif

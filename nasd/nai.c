/* SPDX-License-Identifier: BSD-2-Clause */
/* See nai.h. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "nasd/line_id.h"
#include "nasd/nai.h"

enum part { USER, CALLING, INTERFACE, CIRCUIT, REMOTE, PERCENT, UNKNOWN };

static const struct {
	const char	*word;
	enum part	 part;
} words[] = {
	{ "u", USER }, { "c", CALLING }, { "i", INTERFACE }, { "%", PERCENT },
	{ "{circuit-id}", CIRCUIT }, { "{remote-id}", REMOTE },
};

/* The part behind a percent sign; *p moves behind it. */
static enum part
next_part(const char **p)
{
	size_t	i, len;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		len = strlen(words[i].word);
		if (strncmp(*p, words[i].word, len) == 0) {
			*p += len;
			return words[i].part;
		}
	}
	return UNKNOWN;
}

struct out {
	char	*p;
	size_t	 len, cap;
	int	 err;
};

static void
put(struct out *o, const char *text, size_t len)
{
	if (len >= o->cap - o->len)
		o->err = -EMSGSIZE;
	if (o->err != 0)
		return;
	memcpy(o->p + o->len, text, len);
	o->len += len;
}

static bool
is_plain(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	    (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == '.' ||
	    c == '/';
}

static void
put_line_id(struct out *o, const struct line_id *id)
{
	static const char	hex[] = "0123456789ABCDEF";
	unsigned		i;

	if (id == NULL || id->len == 0)
		o->err = -ENODATA;
	for (i = 0; o->err == 0 && i < id->len; i++) {
		const char	c = (char)id->b[i];
		const char	code[3] = {
			'=', hex[id->b[i] >> 4], hex[id->b[i] & 0xf]
		};

		if (is_plain(id->b[i]))
			put(o, &c, 1);
		else
			put(o, code, sizeof(code));
	}
}

static void
put_text(struct out *o, const char *text)
{
	if (text == NULL)
		o->err = -ENODATA;
	else
		put(o, text, strlen(text));
}

static void
put_part(struct out *o, enum part part, const struct nai_parts *from)
{
	switch (part) {
	case USER:
		put_text(o, from->user);
		return;
	case CALLING:
		put_text(o, from->calling);
		return;
	case INTERFACE:
		put_text(o, from->interface);
		return;
	case CIRCUIT:
		put_line_id(o, from->circuit);
		return;
	case REMOTE:
		put_line_id(o, from->remote);
		return;
	case PERCENT:
	case UNKNOWN:
		put(o, "%", 1);
		return;
	}
}

int
nai_expand(char *out, size_t cap, const char *template,
    const struct nai_parts *from)
{
	struct out	o = { .p = out, .cap = cap };
	const char	*p = template;

	while (*p != '\0' && o.err == 0) {
		size_t	plain = strcspn(p, "%");

		put(&o, p, plain);
		p += plain;
		if (*p == '\0')
			break;
		p++;
		put_part(&o, next_part(&p), from);
	}
	if (o.err == 0 && o.len == 0)
		o.err = -EINVAL;
	if (o.err != 0)
		return o.err;
	out[o.len] = '\0';
	return (int)o.len;
}

const char *
nai_template_error(const char *template)
{
	const char	*p = template;
	bool		 own = false;

	while ((p = strchr(p, '%')) != NULL) {
		p++;
		switch (next_part(&p)) {
		case UNKNOWN:
			return "only %u, %c, %i, %{circuit-id}, "
			    "%{remote-id} and %% are known";
		case PERCENT:
			break;
		default:
			own = true;
		}
	}
	return own ? NULL : "none of %u, %c, %i, %{circuit-id} and "
	    "%{remote-id}: all would share one binding";
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The timeline of one session: see timeline.h. */
#include "nasd/timeline.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
timeline_init(struct timeline *tl, mono_t start)
{
	memset(tl, 0, sizeof(*tl));
	tl->start = start;
}

void
timeline_clear(struct timeline *tl)
{
	for (unsigned i = 0; i < TIMELINE_FIRST + TIMELINE_LAST; i++)
		free(tl->step[i].detail);
	timeline_init(tl, tl->start);
}

void
timeline_move(struct timeline *to, struct timeline *from)
{
	timeline_clear(to);
	*to = *from;
	timeline_init(from, from->start);
}

/* Where step number i lies. */
static unsigned
slot(unsigned i)
{
	if (i < TIMELINE_FIRST)
		return i;
	return TIMELINE_FIRST + (i - TIMELINE_FIRST) % TIMELINE_LAST;
}

void
timeline_add(struct timeline *tl, mono_t now, const char *key,
    const char *fmt, ...)
{
	struct timeline_step *st = &tl->step[slot(tl->n)];
	int64_t us = mono_diff_us(now, tl->start);
	char detail[TIMELINE_DETAIL] = "";
	va_list ap;

	st->us = us < 0 ? 0 : us;
	st->key = key;
	if (fmt != NULL) {
		va_start(ap, fmt);
		vsnprintf(detail, sizeof(detail), fmt, ap);
		va_end(ap);
	}
	free(st->detail);
	st->detail = detail[0] != '\0' ? strdup(detail) : NULL;
	tl->n++;
}

static void
append(json_t *list, const struct timeline_step *st)
{
	const char *text = st->detail != NULL ? st->detail : "";
	json_t *detail = json_string(text);

	if (detail == NULL)	/* cut, or never, UTF-8 */
		detail = json_string("(not text)");
	json_array_append_new(list, json_pack("{s:f, s:s, s:o}",
	    "t_ms", (double)st->us / 1000.0, "step", st->key,
	    "detail", detail));
}

json_t *
timeline_json(const struct timeline *tl)
{
	const unsigned cap = TIMELINE_FIRST + TIMELINE_LAST;
	unsigned i, lost = tl->n > cap ? tl->n - cap : 0;
	json_t *list = json_array();

	for (i = 0; i < tl->n; i++) {
		const struct timeline_step *st;

		if (lost > 0 && i == TIMELINE_FIRST) {
			json_array_append_new(list, json_pack("{s:n, s:s, s:o}",
			    "t_ms", "step", "...", "detail",
			    json_sprintf("%u steps left out", lost)));
			i += lost;
		}
		st = &tl->step[slot(i)];
		append(list, st);
	}
	return list;
}

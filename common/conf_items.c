/* SPDX-License-Identifier: BSD-2-Clause */
/* See conf_items.h. */
#include "config.h"
#include "common/conf_items.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_LEN	512

struct making {
	struct conf_items	*out;
	const struct conf	*c;
	const struct conf_files	*files;
	int			 err;
};

/* Is the value the name of a file whose content counts? */
static bool
names_file(const char *key)
{
	static const char end[] = "-file";
	size_t n = strlen(key);

	return (n >= sizeof(end) &&
	    strcmp(key + n - (sizeof(end) - 1), end) == 0);
}

static void
add(struct making *m, cfg_t *sec, const char *key, const char *path,
    const char *name, const char *value)
{
	struct conf_items *l = m->out;
	struct conf_item *it;

	it = realloc(l->item, (l->n + 1) * sizeof(*it));
	if (it == NULL) {
		m->err = -ENOMEM;
		return;
	}
	l->item = it;
	it += l->n++;
	*it = (struct conf_item){
		.path = strdup(path), .name = strdup(name),
		.value = strdup(value),
		.line = conf_line(m->c, sec, key),
		.section = key == NULL,
		.secret = key != NULL && names_file(key),
	};
	if (it->path == NULL || it->name == NULL || it->value == NULL)
		m->err = -ENOMEM;
	else if (it->secret && m->files != NULL)
		(void)conf_files_digest(m->files, value, it->digest);
}

static void
append(char *buf, size_t size, const char *text)
{
	size_t n = strlen(buf);

	snprintf(buf + n, size - n, "%s", text);
}

/* All values of an option, as people write them. */
static void
value_of(cfg_opt_t *o, char *buf, size_t size)
{
	char num[32];
	unsigned i;

	buf[0] = '\0';
	for (i = 0; i < cfg_opt_size(o); i++) {
		const char *s = num;

		if (i > 0)
			append(buf, size, ", ");
		num[0] = '\0';
		if (o->type == CFGT_INT)
			snprintf(num, sizeof(num), "%ld",
			    cfg_opt_getnint(o, i));
		else if (o->type == CFGT_BOOL)
			s = cfg_opt_getnbool(o, i) ? "true" : "false";
		else if (o->type == CFGT_STR)
			s = cfg_opt_getnstr(o, i);
		append(buf, size, s != NULL ? s : "");
	}
}

static void
walk(struct making *m, cfg_t *sec, const char *path, const char *name)
{
	char sub_path[NAME_MAX_LEN], sub_name[NAME_MAX_LEN];
	char value[4096];
	cfg_opt_t *o;
	unsigned i;

	for (o = sec->opts; o->name != NULL && m->err == 0; o++) {
		snprintf(sub_path, sizeof(sub_path), "%s%s%s", path,
		    *path != '\0' ? "." : "", o->name);
		snprintf(sub_name, sizeof(sub_name), "%s%s%s", name,
		    *name != '\0' ? " " : "", o->name);
		if (o->type != CFGT_SEC) {
			value_of(o, value, sizeof(value));
			add(m, sec, o->name, sub_path, sub_name, value);
			continue;
		}
		for (i = 0; i < cfg_opt_size(o); i++) {
			cfg_t *sub = cfg_opt_getnsec(o, i);
			const char *title = cfg_title(sub);

			if (title != NULL) {
				snprintf(sub_name, sizeof(sub_name),
				    "%s%s%s \"%s\"", name, *name != '\0' ?
				    " " : "", o->name, title);
				add(m, sub, NULL, sub_path, sub_name, title);
			}
			walk(m, sub, sub_path, sub_name);
		}
	}
}

int
conf_items_make(struct conf_items *out, const struct conf *c,
    const struct conf_files *files)
{
	struct making m = { out, c, files, 0 };

	*out = (struct conf_items){ 0 };
	walk(&m, c->cfg, "", "");
	if (m.err != 0)
		conf_items_free(out);
	return (m.err);
}

void
conf_items_free(struct conf_items *l)
{
	size_t i;

	for (i = 0; i < l->n; i++) {
		free(l->item[i].path);
		free(l->item[i].name);
		free(l->item[i].value);
	}
	free(l->item);
	*l = (struct conf_items){ 0 };
}

const struct conf_item *
conf_items_find(const struct conf_items *l, const char *name)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (strcmp(l->item[i].name, name) == 0)
			return (&l->item[i]);
	return (NULL);
}

bool
conf_item_equal(const struct conf_item *a, const struct conf_item *b)
{
	return (strcmp(a->value, b->value) == 0 &&
	    memcmp(a->digest, b->digest, sizeof(a->digest)) == 0);
}

static void
paths(const cfg_opt_t *opts, const char *above,
    void (*tell)(void *arg, const char *path), void *arg)
{
	char path[NAME_MAX_LEN];
	const cfg_opt_t *o;

	for (o = opts; o->name != NULL; o++) {
		snprintf(path, sizeof(path), "%s%s%s", above,
		    *above != '\0' ? "." : "", o->name);
		if (o->type != CFGT_SEC || (o->flags & CFGF_TITLE) != 0)
			tell(arg, path);
		if (o->type == CFGT_SEC)
			paths(o->subopts, path, tell, arg);
	}
}

void
conf_items_paths(const cfg_opt_t *opts,
    void (*tell)(void *arg, const char *path), void *arg)
{
	paths(opts, "", tell, arg);
}

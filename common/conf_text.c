/* SPDX-License-Identifier: BSD-2-Clause */
/* The text in a configuration that outlives it: names, lists of them, words
 * that stand for a choice. See conf.h. */
#include "config.h"
#include "common/conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <net/if.h>

void *
conf_array(struct conf *c, size_t n, size_t size)
{
	void *p = calloc(n > 0 ? n : 1, size);

	if (p == NULL)
		conf_error(c, c->cfg, NULL, "out of memory");
	return (p);
}

char *
conf_dup(struct conf *c, const char *s)
{
	char *d;

	if (s == NULL || *s == '\0')
		return (NULL);
	d = strdup(s);
	if (d == NULL)
		conf_error(c, c->cfg, NULL, "out of memory");
	return (d);
}

char *
conf_name(struct conf *c, cfg_t *sec)
{
	char *name = conf_dup(c, cfg_title(sec));

	if (name == NULL)
		conf_error(c, sec, NULL, "needs a name");
	return (name);
}

char **
conf_names(struct conf *c, cfg_t *sec, const char *key, size_t *n)
{
	char **names;
	size_t i;

	*n = 0;
	if (cfg_size(sec, key) == 0)
		return (NULL);
	names = conf_array(c, cfg_size(sec, key), sizeof(*names));
	if (names == NULL)
		return (NULL);
	*n = cfg_size(sec, key);
	for (i = 0; i < *n; i++) {
		names[i] = conf_dup(c, cfg_getnstr(sec, key, (unsigned)i));
		if (names[i] == NULL)
			conf_error(c, sec, key, "an empty name");
	}
	return (names);
}

void
conf_names_free(char **names, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

void
conf_device(struct conf *c, cfg_t *sec, const char *key, const char *name)
{
	if (strlen(name) >= IFNAMSIZ || strchr(name, '/') != NULL)
		conf_error(c, sec, key, "not the name of a device");
}

unsigned
conf_word(struct conf *c, cfg_t *sec, const char *key,
    const char *const *words)
{
	const char *s = cfg_getstr(sec, key);
	char all[64] = "";
	size_t len;
	unsigned i;

	for (i = 0; words[i] != NULL; i++) {
		if (s != NULL && strcmp(s, words[i]) == 0)
			return (i);
		len = strlen(all);
		snprintf(all + len, sizeof(all) - len, "%s%s", i == 0 ? "" :
		    words[i + 1] != NULL ? ", " : " or ", words[i]);
	}
	conf_error(c, sec, key, "\"%s\": %s", s != NULL ? s : "", all);
	return (0);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A parsed configuration as a flat list, to be compared with another: every
 * key with its value, also those at their defaults, and every section that has
 * a title. Of files with secrets there is a digest.
 */
#ifndef COMMON_CONF_ITEMS_H
#define COMMON_CONF_ITEMS_H

#include "common/conf.h"
#include "common/conf_files.h"

struct conf_item {
	char		*path;		/* "pppoe.max-sessions" */
	char		*name;		/* "pppoe \"acc0\" max-sessions" */
	char		*value;		/* of a section: its title */
	unsigned	 line;		/* at least 1 */
	bool		 section;
	bool		 secret;	/* its value is the name of a file */
	uint8_t		 digest[CONF_DIGEST_LEN];	/* of it; or zeros */
};

struct conf_items {
	struct conf_item *item;
	size_t		 n;
};

/* Of what has been loaded; files: those that were read for it. 0 or
 * -ENOMEM. */
int	 conf_items_make(struct conf_items *, const struct conf *,
    const struct conf_files *);
void	 conf_items_free(struct conf_items *);
const struct conf_item *conf_items_find(const struct conf_items *,
    const char *name);
/* Is the value the same, and the file of that name? */
bool	 conf_item_equal(const struct conf_item *, const struct conf_item *);
/* Tells the path of every key and section with a title that opts has. */
void	 conf_items_paths(const cfg_opt_t *opts,
    void (*tell)(void *arg, const char *path), void *arg);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Realms by name: one lookup a request, and none where there are none. */
#include "had/realm.h"

#include <errno.h>
#include <string.h>

#include "common/mip4_ext.h"

struct name_key {
	const uint8_t	*name;
	size_t		 len;
};

int
realms_init(struct realms *rs)
{
	memset(rs, 0, sizeof(*rs));
	return table_init(&rs->by_name) ? -ENOMEM : 0;
}

void
realms_free(struct realms *rs)
{
	table_free(&rs->by_name);
}

bool
realm_is_rest(const struct realm *r)
{
	return strcmp(r->name, "*") == 0;
}

static bool
name_eq(const struct table_node *n, const void *key)
{
	const struct realm *r = container_of(n, struct realm, by_name);
	const struct name_key *k = key;

	return strlen(r->name) == k->len && memcmp(r->name, k->name,
	    k->len) == 0;
}

static struct realm *
find(const struct realms *rs, const uint8_t *name, size_t len)
{
	struct name_key k = { name, len };
	struct table_node *n;

	n = table_find(&rs->by_name, table_hash(&rs->by_name, name, len),
	    name_eq, &k);
	return n ? container_of(n, struct realm, by_name) : NULL;
}

static void
lower(uint8_t *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (s[i] >= 'A' && s[i] <= 'Z')
			s[i] = (uint8_t)(s[i] - 'A' + 'a');
}

bool
realms_add(struct realms *rs, struct realm *r)
{
	uint8_t *name = (uint8_t *)r->name;
	size_t len = strlen(r->name);

	lower(name, len);
	if (find(rs, name, len))
		return false;
	table_insert(&rs->by_name, &r->by_name, table_hash(&rs->by_name,
	    name, len));
	if (realm_is_rest(r))
		rs->rest = r;
	return true;
}

const struct realm *
realm_find(const struct realms *rs, const uint8_t *nai, size_t len)
{
	uint8_t name[MIP4_NAI_MAX];
	const struct realm *r = NULL;
	size_t at = len, n;

	if (table_count(&rs->by_name) == 0)
		return NULL;
	while (at > 0 && nai[at - 1] != '@')
		at--;
	n = len - at;
	if (at > 0 && n > 0 && n <= sizeof(name)) {
		memcpy(name, nai + at, n);
		lower(name, n);
		/* user@* is of no realm that anybody configured */
		if (n != 1 || name[0] != '*')
			r = find(rs, name, n);
	}
	return r ? r : rs->rest;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Intrusive hash table that grows by steps; see common/table.h.
 *
 * While it grows there are two arrays: slots of the old one below "moved" are
 * empty, the others are still in use. Only an insert moves slots, so that an
 * iteration that removes what it visits sees every element once.
 */
#include "common/table.h"

#include <errno.h>
#include <stdlib.h>

#include "common/rnd.h"
#include "common/siphash.h"

#define FIRST_SLOTS	16
/* Slots moved an insert: the old array is empty after half as many inserts
 * as would fill the new one. */
#define MOVE_SLOTS	2

int
table_init(struct table *t)
{
	*t = (struct table){ .mask = FIRST_SLOTS - 1 };
	if (rnd_bytes(t->key, sizeof(t->key)) != 0)
		return -EIO;
	t->slot = calloc(FIRST_SLOTS, sizeof(*t->slot));
	return t->slot == NULL ? -ENOMEM : 0;
}

void
table_free(struct table *t)
{
	free(t->slot);
	free(t->old_slot);
	*t = (struct table){ 0 };
}

static void
push(struct table *t, struct table_node *n)
{
	struct table_node **s = &t->slot[n->hash & t->mask];

	n->next = *s;
	*s = n;
}

static void
move_some(struct table *t)
{
	for (int i = 0; i < MOVE_SLOTS && t->old_slot != NULL; i++) {
		struct table_node *n = t->old_slot[t->moved], *next;

		t->old_slot[t->moved] = NULL;
		for (; n != NULL; n = next) {
			next = n->next;
			push(t, n);
		}
		if (t->moved++ == t->old_mask) {
			free(t->old_slot);
			t->old_slot = NULL;
		}
	}
}

static void
grow(struct table *t)
{
	size_t n = (t->mask + 1) * 2;
	struct table_node **slot = calloc(n, sizeof(*slot));

	if (slot == NULL)
		return;
	t->old_slot = t->slot;
	t->old_mask = t->mask;
	t->moved = 0;
	t->slot = slot;
	t->mask = n - 1;
}

void
table_insert(struct table *t, struct table_node *n, uint64_t hash)
{
	n->hash = hash;
	if (t->old_slot != NULL)
		move_some(t);
	else if (t->n > t->mask)
		grow(t);
	push(t, n);
	t->n++;
}

static bool
unlink_from(struct table_node **s, struct table_node *n)
{
	for (; *s != NULL; s = &(*s)->next) {
		if (*s == n) {
			*s = n->next;
			n->next = NULL;
			return true;
		}
	}
	return false;
}

void
table_remove(struct table *t, struct table_node *n)
{
	if (unlink_from(&t->slot[n->hash & t->mask], n) ||
	    (t->old_slot != NULL &&
	    unlink_from(&t->old_slot[n->hash & t->old_mask], n)))
		t->n--;
}

static struct table_node *
find_in(struct table_node *n, uint64_t hash, table_eq *eq, const void *key)
{
	for (; n != NULL; n = n->next)
		if (n->hash == hash && eq(n, key))
			break;
	return n;
}

struct table_node *
table_find(const struct table *t, uint64_t hash, table_eq *eq,
    const void *key)
{
	struct table_node *n;

	n = find_in(t->slot[hash & t->mask], hash, eq, key);
	if (n == NULL && t->old_slot != NULL)
		n = find_in(t->old_slot[hash & t->old_mask], hash, eq, key);
	return n;
}

void
table_prefetch(const struct table *t, uint64_t hash)
{
	__builtin_prefetch(&t->slot[hash & t->mask]);
	if (t->old_slot != NULL)
		__builtin_prefetch(&t->old_slot[hash & t->old_mask]);
}

struct table_node *
table_first(const struct table *t, uint64_t hash)
{
	struct table_node *n = t->slot[hash & t->mask];

	if (n == NULL && t->old_slot != NULL)
		n = t->old_slot[hash & t->old_mask];
	return n;
}

static bool
each_in(struct table_node **slot, size_t mask,
    bool (*fn)(struct table_node *, void *), void *arg)
{
	for (size_t i = 0; i <= mask; i++) {
		struct table_node *n = slot[i], *next;

		for (; n != NULL; n = next) {
			next = n->next;
			if (!fn(n, arg))
				return false;
		}
	}
	return true;
}

void
table_each(struct table *t, bool (*fn)(struct table_node *, void *),
    void *arg)
{
	if (!each_in(t->slot, t->mask, fn, arg))
		return;
	if (t->old_slot != NULL)
		each_in(t->old_slot, t->old_mask, fn, arg);
}

size_t
table_count(const struct table *t)
{
	return t->n;
}

uint64_t
table_hash(const struct table *t, const void *key, size_t len)
{
	return siphash24(t->key, key, len);
}

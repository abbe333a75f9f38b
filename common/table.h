/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Intrusive hash table: the node lies in the element, the table grows by
 * steps, so that no single insert pays for a million others. Hash values come
 * from the caller: table_hash (SipHash-2-4, keyed with random bits of the
 * table) for keys that a peer chooses.
 */
#ifndef COMMON_TABLE_H
#define COMMON_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table_node {
	struct table_node	*next;
	uint64_t		 hash;
};

struct table {
	struct table_node	**slot;
	size_t			 mask;
	size_t			 n;
	/* the smaller array elements still move out of */
	struct table_node	**old_slot;
	size_t			 old_mask;
	size_t			 moved;
	uint8_t			 key[16];	/* of table_hash */
};

typedef bool table_eq(const struct table_node *, const void *key);

/* 0, -ENOMEM, or -EIO when there is no randomness. */
int	 table_init(struct table *);
void	 table_free(struct table *);		/* elements are their owners' */
/* The element must not be in a table. Never fails: when memory for growing
 * is short, chains get longer. */
void	 table_insert(struct table *, struct table_node *, uint64_t hash);
void	 table_remove(struct table *, struct table_node *);
struct table_node *table_find(const struct table *, uint64_t hash, table_eq *,
    const void *key);
/*
 * For many lookups at once: memory is waited for by all of them together, not
 * by one after the other. table_prefetch asks for the slot, for all of them;
 * then table_first gives the element in it, not seldom the one that will be
 * found, of which the caller asks for what it will need.
 */
void	 table_prefetch(const struct table *, uint64_t hash);
struct table_node *table_first(const struct table *, uint64_t hash);
/* Visits every element; fn may remove (and free) the one it is given, but not
 * another, and may insert none. Stops when fn returns false. */
void	 table_each(struct table *, bool (*fn)(struct table_node *, void *),
    void *arg);
size_t	 table_count(const struct table *);

/* Hash of a key in this table; worth nothing in another. */
uint64_t table_hash(const struct table *, const void *key, size_t len);

#define container_of(ptr, type, member)					\
	((type *)(void *)((char *)(ptr) - offsetof(type, member)))

#endif

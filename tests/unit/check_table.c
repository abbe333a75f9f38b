/* SPDX-License-Identifier: BSD-2-Clause */
/* common/table and its hash: everything is found at every step of growing. */
#include "common/siphash.h"
#include "common/table.h"
#include "test.h"

#define N	5000

struct item {
	struct table_node	node;
	uint32_t		key;
	unsigned		seen;
};

static bool
item_eq(const struct table_node *n, const void *key)
{
	return container_of(n, const struct item, node)->key ==
	    *(const uint32_t *)key;
}

static struct item *
find(const struct table *t, uint32_t key)
{
	struct table_node *n;

	n = table_find(t, table_hash(t, &key, sizeof(key)), item_eq, &key);
	return n == NULL ? NULL : container_of(n, struct item, node);
}

static void
fill(struct table *t, struct item *items, unsigned n)
{
	ck_assert_int_eq(table_init(t), 0);
	for (unsigned i = 0; i < n; i++) {
		items[i] = (struct item){ .key = i };
		table_insert(t, &items[i].node,
		    table_hash(t, &items[i].key, sizeof(items[i].key)));
	}
}

START_TEST(found_while_growing)
{
	static struct item items[N];
	struct table t;

	ck_assert_int_eq(table_init(&t), 0);
	for (uint32_t i = 0; i < N; i++) {
		items[i].key = i;
		ck_assert_ptr_null(find(&t, i));
		table_insert(&t, &items[i].node,
		    table_hash(&t, &i, sizeof(i)));
		/* A sample, or the test is quadratic. */
		for (uint32_t j = i % 7; j <= i; j += 97)
			ck_assert_ptr_eq(find(&t, j), &items[j]);
	}
	ck_assert_uint_eq(table_count(&t), N);
	ck_assert_uint_ge(t.mask + 1, N / 2);	/* it did grow */
	table_free(&t);
}
END_TEST

START_TEST(removed_at_every_size)
{
	static struct item items[200];
	struct table t;

	/* Stops in the midst of growing for some of these sizes. */
	for (unsigned n = 1; n <= 200; n++) {
		fill(&t, items, n);
		for (unsigned i = 0; i < n; i += 2)
			table_remove(&t, &items[i].node);
		ck_assert_uint_eq(table_count(&t), n / 2);
		for (unsigned i = 0; i < n; i++)
			ck_assert_ptr_eq(find(&t, i),
			    i % 2 == 0 ? NULL : &items[i]);
		table_free(&t);
	}
}
END_TEST

struct walk {
	struct table	*table;
	unsigned	 visits;
	unsigned	 stop_after;
};

static bool
visit(struct table_node *n, void *arg)
{
	struct item *item = container_of(n, struct item, node);
	struct walk *w = arg;

	item->seen++;
	if (item->key % 3 == 0)
		table_remove(w->table, n);
	return ++w->visits != w->stop_after;
}

START_TEST(each_visits_once_and_may_remove)
{
	static struct item items[200];
	struct table t;

	for (unsigned n = 0; n <= 200; n++) {
		struct walk w = { .table = &t };

		fill(&t, items, n);
		table_each(&t, visit, &w);
		ck_assert_uint_eq(w.visits, n);
		for (unsigned i = 0; i < n; i++)
			ck_assert_uint_eq(items[i].seen, 1);
		ck_assert_uint_eq(table_count(&t), n - (n + 2) / 3);
		table_free(&t);
	}
}
END_TEST

START_TEST(each_stops)
{
	static struct item items[100];
	struct table t;
	struct walk w = { .table = &t, .stop_after = 5 };

	fill(&t, items, 100);
	table_each(&t, visit, &w);
	ck_assert_uint_eq(w.visits, 5);
	table_free(&t);
}
END_TEST

START_TEST(equal_hashes)
{
	struct item a = { .key = 1 }, b = { .key = 2 };
	uint32_t one = 1, two = 2, three = 3;
	struct table t;

	ck_assert_int_eq(table_init(&t), 0);
	table_insert(&t, &a.node, 77);
	table_insert(&t, &b.node, 77);
	ck_assert_ptr_eq(table_find(&t, 77, item_eq, &one), &a.node);
	ck_assert_ptr_eq(table_find(&t, 77, item_eq, &two), &b.node);
	ck_assert_ptr_null(table_find(&t, 77, item_eq, &three));
	ck_assert_ptr_null(table_find(&t, 78, item_eq, &one));
	table_remove(&t, &a.node);
	ck_assert_ptr_null(table_find(&t, 77, item_eq, &one));
	ck_assert_ptr_eq(table_find(&t, 77, item_eq, &two), &b.node);
	table_free(&t);
}
END_TEST

START_TEST(tables_hash_differently)
{
	struct table a, b;

	ck_assert_int_eq(table_init(&a), 0);
	ck_assert_int_eq(table_init(&b), 0);
	ck_assert(table_hash(&a, "x", 1) == table_hash(&a, "x", 1));
	ck_assert(table_hash(&a, "x", 1) != table_hash(&b, "x", 1));
	table_free(&a);
	table_free(&b);
}
END_TEST

/* Appendix A of the SipHash paper, and the first vectors of its authors'
 * reference implementation: key 00..0f, data 00 01 02... */
START_TEST(siphash_vectors)
{
	uint8_t key[16], data[15];

	for (uint8_t i = 0; i < 16; i++)
		key[i] = i;
	for (uint8_t i = 0; i < 15; i++)
		data[i] = i;
	ck_assert(siphash24(key, data, 15) == UINT64_C(0xa129ca6149be45e5));
	ck_assert(siphash24(key, data, 0) == UINT64_C(0x726fdb47dd0e0e31));
	ck_assert(siphash24(key, data, 8) == UINT64_C(0x93f5f5799a932462));
}
END_TEST

TEST_MAIN("table", found_while_growing, removed_at_every_size,
    each_visits_once_and_may_remove, each_stops, equal_hashes,
    tables_hash_differently, siphash_vectors)

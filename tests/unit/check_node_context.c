/* SPDX-License-Identifier: BSD-2-Clause */
/* What access nodes tell each other: as it was after both ways, and each member
 * that is wrong, missing or too long refused. */
#include <arpa/inet.h>

#include "nasd/node_context.h"
#include "tests/unit/test.h"

static struct node_context
whole(void)
{
	struct node_context c = {
		.nai = "alice@example.net", .has_mn = true,
		.mn = { 2, 0, 0, 0, 0, 1 }, .router = { 2, 0, 0, 0, 0, 0xbb },
		.id = UINT64_C(0xe9abcdef01234567), .left = 1800,
		.n_packets = 3,
	};

	inet_pton(AF_INET, "192.0.2.1", &c.ha);
	for (unsigned i = 0; i < c.n_packets; i++) {
		c.packet[i].len = (uint16_t)(i < 2 ? i + 1 : NODE_PACKET_MAX);
		memset(c.packet[i].b, 0xf0 + (int)i, c.packet[i].len);
	}
	return c;
}

static void
comes_back(const struct node_context *c)
{
	struct node_context back;
	json_t *o = node_context_encode(c);

	ck_assert_ptr_nonnull(o);
	ck_assert_ptr_null(node_context_decode(&back, o));
	ck_assert_mem_eq(&back, c, sizeof(back));
	json_decref(o);
}

START_TEST(both_ways)
{
	struct node_context c = whole();

	comes_back(&c);
	c.left = UINT32_MAX;
	memset(c.nai, 'x', MIP4_NAI_MAX);
	comes_back(&c);
	c = whole();
	c.n_packets = 0;
	memset(c.packet, 0, sizeof(c.packet));
	c.has_mn = false;
	memset(c.mn, 0, sizeof(c.mn));
	c.id = 1;
	comes_back(&c);
	for (; c.n_packets < NODE_KEPT_MAX; c.n_packets++) {
		c.packet[c.n_packets].len = NODE_PACKET_MAX;
		memset(c.packet[c.n_packets].b, 7, NODE_PACKET_MAX);
	}
	comes_back(&c);
}
END_TEST

/* One member is another one, in JSON; NULL: there is none. */
static const struct {
	const char	*key, *value, *said;
} wrong[] = {
	{ "version", NULL, "version" },
	{ "version", "2", "version" },
	{ "version", "\"1\"", "version" },
	{ "version", "1.0", "version" },
	{ "nai", NULL, "nai" },
	{ "nai", "\"\"", "nai" },
	{ "nai", "7", "nai" },
	{ "mobile_node", NULL, "mobile_node" },
	{ "mobile_node", "\"\"", "mobile_node" },
	{ "mobile_node", "\"02:00:00:00:00\"", "mobile_node" },
	{ "mobile_node", "\"02:00:00:00:00:\"", "mobile_node" },
	{ "mobile_node", "\"02:00:00:00:00:01:\"", "mobile_node" },
	{ "mobile_node", "\"02:00:00:00:00:011\"", "mobile_node" },
	{ "mobile_node", "\"02-00-00-00-00-01\"", "mobile_node" },
	{ "mobile_node", "\"02:00:00:00:00:0g\"", "mobile_node" },
	{ "mobile_node", "\"03:00:00:00:00:01\"", "mobile_node" },
	{ "mobile_node", "\"00:00:00:00:00:00\"", "mobile_node" },
	{ "router", NULL, "router" },
	{ "router", "null", "router" },
	{ "router", "\"33:33:00:00:00:01\"", "router" },
	{ "home_agent", NULL, "home_agent" },
	{ "home_agent", "\"0.0.0.0\"", "home_agent" },
	{ "home_agent", "\"192.0.2\"", "home_agent" },
	{ "home_agent", "\"2001:db8::1\"", "home_agent" },
	{ "home_agent", "3221225985", "home_agent" },
	{ "identification", NULL, "identification" },
	{ "identification", "1", "identification" },
	{ "identification", "\"0000000000000000\"", "identification" },
	{ "identification", "\"e9abcdef0123456\"", "identification" },
	{ "identification", "\"e9abcdef012345678\"", "identification" },
	{ "identification", "\"0xabcdef01234567\"", "identification" },
	{ "lifetime_left", NULL, "lifetime_left" },
	{ "lifetime_left", "-1", "lifetime_left" },
	{ "lifetime_left", "65535", "lifetime_left" },
	{ "lifetime_left", "4294967296", "lifetime_left" },
	{ "lifetime_left", "\"1\"", "lifetime_left" },
	{ "packets", "{}", "packets" },
	{ "packets", "\"AA==\"", "packets" },
	{ "packets", "[1]", "packets" },
	{ "packets", "[\"\"]", "packets" },
	{ "packets", "[\"AAA\"]", "packets" },
	{ "packets", "[\"====\"]", "packets" },
	{ "packets", "[\"AB==\"]", "packets" },	/* bits over */
	{ "packets", "[\"AA= \"]", "packets" },
	{ "packets", "[\" AA=\"]", "packets" },
	{ "packets", "[\"A*A=\"]", "packets" },
	{ "packets", "[\"AA==\",\"AA==\",\"AA==\",\"AA==\",\"AA==\","
	    "\"AA==\",\"AA==\",\"AA==\",\"AA==\"]", "packets" },
	{ "packets", NULL, "members" },
	{ "addresses", "[]", "members" },
};

START_TEST(refused)
{
	const struct node_context c = whole();
	json_t *o = node_context_encode(&c), *v;
	struct node_context back;
	const char *said;

	json_object_del(o, wrong[_i].key);
	if (wrong[_i].value != NULL) {
		v = json_loads(wrong[_i].value, JSON_DECODE_ANY, NULL);
		ck_assert_ptr_nonnull(v);
		json_object_set_new(o, wrong[_i].key, v);
	}
	said = node_context_decode(&back, o);
	ck_assert_ptr_nonnull(said);
	test_has(said, wrong[_i].said);
	json_decref(o);
}
END_TEST

START_TEST(too_long)
{
	const struct node_context c = whole();
	json_t *o = node_context_encode(&c);
	struct node_context back;
	char text[2000];

	memset(text, 'x', sizeof(text));
	text[MIP4_NAI_MAX + 1] = '\0';
	json_object_set_new(o, "nai", json_string(text));
	test_has(node_context_decode(&back, o), "nai");
	json_object_set_new(o, "nai", json_string("x"));
	ck_assert_ptr_null(node_context_decode(&back, o));
	/* 513 bytes, as many digits as 512 have; and many more */
	memset(text, 'A', sizeof(text));
	text[684] = '\0';
	json_object_set_new(o, "packets", json_pack("[s]", text));
	test_has(node_context_decode(&back, o), "packets");
	text[684] = 'A';
	text[1996] = '\0';
	json_object_set_new(o, "packets", json_pack("[s]", text));
	test_has(node_context_decode(&back, o), "packets");
	json_decref(o);
	o = json_array();
	test_has(node_context_decode(&back, o), "no JSON object");
	json_decref(o);
	test_has(node_context_decode(&back, NULL), "no JSON object");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("node_context");
	TCase *t = tcase_create("node_context");

	tcase_add_test(t, both_ways);
	tcase_add_loop_test(t, refused, 0,
	    (int)(sizeof(wrong) / sizeof(wrong[0])));
	tcase_add_test(t, too_long);
	suite_add_tcase(s, t);
	return test_run(s);
}

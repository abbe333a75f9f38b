/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What another access node is said to have exported: any JSON. What is taken of
 * it is well formed, says the same when it is written again, and a link takes
 * no more of it than it would have kept itself; what is refused changes nothing
 * there.
 */
#include <string.h>

#include "nasd/node_context.h"
#include "tests/fuzz/fuzz.h"

static mono_t
fake_mono(void *arg)
{
	(void)arg;
	return (mono_t){ 1000000000 };
}

static void
check(const struct node_context *c)
{
	unsigned i;

	fuzz_assert(memchr(c->nai, '\0', sizeof(c->nai)) && c->nai[0]);
	fuzz_assert(c->n_packets <= NODE_KEPT_MAX && c->id != 0);
	fuzz_assert(!c->has_mn || node_is_unicast(c->mn));
	fuzz_assert(node_is_unicast(c->router));
	for (i = 0; i < c->n_packets; i++)
		fuzz_assert(c->packet[i].len <= NODE_PACKET_MAX);
}

static void
again(const struct node_context *c)
{
	struct node_context d;
	json_t *o = node_context_encode(c);

	fuzz_assert(o != NULL && node_context_decode(&d, o) == NULL);
	json_decref(o);
	fuzz_assert(strcmp(c->nai, d.nai) == 0 && c->id == d.id &&
	    c->left == d.left && c->ha.s_addr == d.ha.s_addr &&
	    c->n_packets == d.n_packets && c->has_mn == d.has_mn);
	for (unsigned i = 0; i < c->n_packets; i++)
		fuzz_assert(c->packet[i].len == d.packet[i].len &&
		    memcmp(c->packet[i].b, d.packet[i].b,
		    c->packet[i].len) == 0);
}

static void
take(const struct node_context *c)
{
	static const uint8_t own[NODE_MAC_LEN] = { 2, [5] = 3 };
	static const struct clock clock = { fake_mono, NULL, NULL };
	static const struct node zero;
	struct node n = zero, was;
	const uint8_t *p;
	unsigned i = 0;
	size_t len;

	node_init(&n, &clock);
	node_set_own(&n, own, NULL);
	was = n;
	if (node_import(&n, c) != NULL) {
		fuzz_assert(memcmp(&n, &was, sizeof(n)) == 0);
		return;
	}
	fuzz_assert(n.has_mn == c->has_mn);
	while (node_take_kept(&n, &p, &len)) {
		fuzz_assert(len >= 48 && len <= NODE_PACKET_MAX);
		fuzz_assert(p[6] == 58 && p[7] == 255 &&
		    (p[40] == 133 || p[40] == 135));
		i++;
	}
	fuzz_assert(i == c->n_packets);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	json_t *o = json_loadb((const char *)data, len,
	    JSON_REJECT_DUPLICATES, NULL);
	struct node_context c;

	if (o == NULL)
		return 0;
	if (node_context_decode(&c, o) == NULL) {
		check(&c);
		again(&c);
		take(&c);
	}
	json_decref(o);
	return 0;
}

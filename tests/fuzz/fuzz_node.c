/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An access node's link with a hostile host on it, and whatever comes out of
 * the tunnel: the mobile node stays who it is until it is forgotten, nobody on
 * the link becomes the router, nothing but solicitations and reports that no
 * router has forwarded is kept, at most so many, and nothing is allocated.
 */
#include <string.h>

#include "nasd/node.h"
#include "tests/fuzz/ops.h"

#define MAX_OPS	200
#define SPACE	640

static int64_t now_ms;

static mono_t
fake_mono(void *arg)
{
	(void)arg;
	return (mono_t){ now_ms * 1000000 };
}

/* The fuzzer could not find the checksum. */
static void
mend(uint8_t *p, size_t len)
{
	uint32_t sum;
	size_t i, n;

	n = len < 44 ? 0 : (size_t)(p[4] << 8 | p[5]);
	if (n < 4 || n > len - 40)
		return;
	p[42] = p[43] = 0;
	for (sum = (uint32_t)n + 58, i = 0; i < 32 + n; i++)
		sum += (uint32_t)p[8 + i] << (i & 1 ? 0 : 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	p[42] = (uint8_t)(~sum >> 8);
	p[43] = (uint8_t)~sum;
}

/* A report of groups: of the same bytes, behind options. */
static size_t
options(struct ops *o, uint8_t *b, size_t len)
{
	static const uint8_t alert[8] = { 58, 0, 5, 2, 0, 0, 1, 0 };

	b[40] = ops_pick(o, 2) ? 131 : 143;
	b[7] = 1;
	mend(b, len);
	memmove(b + 48, b + 40, len - 40);
	memcpy(b + 40, alert, sizeof(alert));
	if (ops_pick(o, 8) == 7)
		(void)ops_bytes(o, b + 40, 8);
	b[6] = 0;
	b[5] = (uint8_t)(b[5] + 8);
	return len + 8;
}

/* A packet of a type, and bytes of the input where there are any. */
static size_t
packet(struct ops *o, uint8_t *b)
{
	static const uint8_t types[] = { 133, 134, 135, 136 };
	unsigned how = ops_u8(o);
	size_t n = 8 * (1 + (how >> 4));

	memset(b, 0, 40 + n);
	b[0] = 0x60;
	b[5] = (uint8_t)n;
	b[6] = 58;
	b[7] = how & 4 ? 254 : 255;
	b[8] = 0xfe;
	b[9] = 0x80;
	b[24] = 0xff;
	b[25] = 2;
	b[39] = 1;
	b[40] = types[how & 3];
	if (how & 8)
		(void)ops_bytes(o, b, 40 + n);
	else
		(void)ops_bytes(o, b + 44, n - 4);
	mend(b, 40 + n);
	if (ops_pick(o, 4) == 3)
		return options(o, b, 40 + n);
	return 40 + n - (ops_pick(o, 16) == 15);
}

static bool
is_unicast(const uint8_t mac[NODE_MAC_LEN])
{
	static const uint8_t none[NODE_MAC_LEN];

	return (mac[0] & 1) == 0 && memcmp(mac, none, sizeof(none)) != 0;
}

static void
check(const struct node *n, const struct node *was)
{
	fuzz_assert(n->n_kept <= NODE_KEPT_MAX && is_unicast(n->router));
	/* On a PPP link nobody has an address. */
	if (n->ppp)
		fuzz_assert(!n->has_mn && memcmp(n->router, was->router,
		    sizeof(n->router)) == 0);
	if (!n->has_mn)
		return;
	fuzz_assert(is_unicast(n->mn));
	fuzz_assert(memcmp(n->mn, n->own, sizeof(n->mn)) != 0);
	fuzz_assert(memcmp(n->mn, n->router, sizeof(n->mn)) != 0);
	fuzz_assert(!was->has_mn ||
	    memcmp(n->mn, was->mn, sizeof(n->mn)) == 0);
}

static void
take_all(struct node *n)
{
	const uint8_t *p;
	unsigned i = 0;
	size_t len;

	while (node_take_kept(n, &p, &len)) {
		fuzz_assert(++i <= NODE_KEPT_MAX && len <= NODE_PACKET_MAX);
		fuzz_assert(len >= 48 && p[0] >> 4 == 6);
		if (p[6] == 58)
			fuzz_assert(p[7] == 255 &&
			    (p[40] == 133 || p[40] == 135));
		else
			fuzz_assert(p[6] == 0 && p[7] == 1 && len >= 56 &&
			    (p[48] == 131 || p[48] == 143));
		fuzz_assert(len == 40u + (unsigned)(p[4] << 8 | p[5]));
	}
}

static void
one(struct ops *o, struct node *n)
{
	uint8_t b[SPACE] = { 0x33, 0x33, 0, 0, 0, 2 };
	const struct node was = *n;
	size_t len;
	bool told;

	switch (ops_pick(o, 8)) {
	case 0:
		now_ms += 4 * ops_u8(o);
		break;
	case 1:
		take_all(n);
		break;
	case 2:
		n->passing = ops_pick(o, 2);
		break;
	case 3:
		node_forget(n, ops_u8(o));
		fuzz_assert(!n->has_mn && n->n_kept == 0);
		return;
	case 4:
		len = packet(o, b);
		told = node_from_tunnel(n, b, len);
		fuzz_assert(told == (memcmp(n->router, was.router,
		    sizeof(n->router)) != 0));
		break;
	default:
		if (n->ppp) {
			len = packet(o, b);
			node_from_ppp(n, b, len);
			break;
		}
		b[6] = 2;
		b[11] = (uint8_t)ops_pick(o, 4);
		b[12] = 0x86;
		b[13] = 0xdd;
		if (ops_pick(o, 8) == 7)
			(void)ops_bytes(o, b, 14);
		len = packet(o, b + 14);
		told = node_from_link(n, b, 14 + len);
		fuzz_assert(!told || n->has_mn);
		fuzz_assert(memcmp(n->router, was.router,
		    sizeof(n->router)) == 0);
	}
	check(n, &was);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const uint8_t own[NODE_MAC_LEN] = { 2, [5] = 3 };
	static const struct clock clock = { fake_mono, NULL, NULL };
	struct ops o = { data, data + len };
	struct node n;
	long heap;
	unsigned i;

	fuzz_heap_watch();
	now_ms = 1000;
	node_init(&n, &clock);
	node_set_own(&n, own, NULL);
	n.ppp = ops_pick(&o, 4) == 3;
	heap = fuzz_heap_net();
	for (i = 0; i < MAX_OPS && ops_more(&o); i++)
		one(&o, &n);
	fuzz_assert(fuzz_heap_net() == heap);
	return 0;
}

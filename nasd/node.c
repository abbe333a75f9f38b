/* SPDX-License-Identifier: BSD-2-Clause */
/* See node.h. Neighbours: access_node.c; common/nd6.c and icmp6.c, which read
 * Neighbor Discovery. */
#include "nasd/node.h"

#include <errno.h>
#include <string.h>

#include "common/icmp6.h"
#include "common/nd6.h"
#include "common/wire.h"
#include "nasd/node_context.h"

#define ETHER_LEN	14
#define ETHER_IPV6	0x86dd
#define HOP_LIMIT	255	/* not forwarded on the way [RFC 4861 3.1] */
#define TYPE_RS		133
#define TYPE_RA		134
#define TYPE_NS		135
#define RS_LEN		8	/* without options */
#define RA_LEN		16
#define OPT_SLLA	1

const char *
node_counter_key(enum node_counter c)
{
	static const char *const key[] = {
#define X(name, text) [NODE_C_##name] = text,
		NODE_COUNTERS(X)
#undef X
	};

	return key[c];
}

void
node_init(struct node *n, const struct clock *clock)
{
	memset(n, 0, sizeof(*n));
	n->clock = clock;
	n->rate.rate = NODE_RATE;
	n->learn.rate = NODE_LEARN_RATE;
	n->detached = (mono_t){ INT64_MIN };
}

void
node_set_own(struct node *n, const uint8_t own[NODE_MAC_LEN],
    const uint8_t *router)
{
	memcpy(n->own, own, sizeof(n->own));
	memcpy(n->first_router, router != NULL ? router : own,
	    sizeof(n->first_router));
	memcpy(n->router, n->first_router, sizeof(n->router));
}

static bool
same(const uint8_t a[NODE_MAC_LEN], const uint8_t b[NODE_MAC_LEN])
{
	return memcmp(a, b, NODE_MAC_LEN) == 0;
}

bool
node_is_unicast(const uint8_t mac[NODE_MAC_LEN])
{
	static const uint8_t none[NODE_MAC_LEN];

	return (mac[0] & 1) == 0 && !same(mac, none);
}

static bool
drop(struct node *n, enum node_counter why)
{
	n->count[why]++;
	return false;
}

/* The Source Link-Layer Address among the options of a message, behind its
 * first head bytes; false if there is none. It may be no address at all. */
static bool
find_slla(const struct nd6_packet *p, size_t head, uint8_t mac[NODE_MAC_LEN])
{
	struct wire_r r, body;
	bool found = false;
	uint8_t type;

	wire_r_init(&r, p->icmp, p->len);
	wire_r_skip(&r, head);
	while (wire_r_left(&r) > 0 && icmp6_next_option(&r, &type, &body))
		if (type == OPT_SLLA && wire_r_left(&body) == NODE_MAC_LEN) {
			wire_r_copy(&body, mac, NODE_MAC_LEN);
			found = true;
		}
	return found;
}

/* Is it a Router or a Neighbor Solicitation as RFC 4861 6.1.1 and 7.1.1 want
 * it? *has_slla and slla tell what option it has. */
static bool
is_solicitation(const struct nd6_packet *p, const uint8_t *packet,
    bool *has_slla, uint8_t slla[NODE_MAC_LEN])
{
	struct nd6 ns;

	if (p->type == TYPE_RS) {
		*has_slla = find_slla(p, RS_LEN, slla);
		return icmp6_rs_valid(p->icmp, p->len, p->hop_limit,
		    &p->src);
	}
	if (p->type != TYPE_NS || nd6_decode(&ns, packet,
	    ND6_HEADER_LEN + p->len) != 0)
		return false;
	*has_slla = ns.has_lladdr;
	memcpy(slla, ns.lladdr, NODE_MAC_LEN);
	return true;
}

/* Is there room for one more, of reports or of others? */
static bool
has_room(const struct node *n, bool report)
{
	unsigned reports = 0;

	for (unsigned i = 0; i < n->n_kept; i++)
		reports += n->kept[i].report;
	return n->n_kept < NODE_KEPT_MAX &&
	    (!report || reports < NODE_REPORTS_MAX);
}

/* The first ones count: the rest of them says the same once more. from: of a
 * report, or NULL. */
static void
keep(struct node *n, const uint8_t *packet, size_t len, const uint8_t *from)
{
	mono_t now = clock_mono(n->clock);

	while (n->n_kept > 0 && mono_diff_ms(now, n->kept[0].at) >=
	    NODE_KEPT_MS) {
		n->count[NODE_C_TOO_LATE]++;
		n->n_kept--;
		memmove(&n->kept[0], &n->kept[1],
		    n->n_kept * sizeof(n->kept[0]));
	}
	if (!has_room(n, from != NULL) || len > NODE_PACKET_MAX) {
		(void)drop(n, NODE_C_DROP_FULL);
		return;
	}
	n->kept[n->n_kept].at = now;
	n->kept[n->n_kept].len = (uint16_t)len;
	n->kept[n->n_kept].report = from != NULL;
	if (from != NULL)
		memcpy(n->kept[n->n_kept].from, from, NODE_MAC_LEN);
	memcpy(n->kept[n->n_kept++].b, packet, len);
	n->count[NODE_C_KEPT]++;
}

/* Somebody else is there, as far as anybody knows. Of who was before nothing is
 * said any more; of their reports those of the right one are. */
static void
give_way(struct node *n)
{
	unsigned reports = 0;

	for (unsigned i = 0; i < n->n_kept; i++)
		if (n->kept[i].report)
			n->kept[reports++] = n->kept[i];
	n->n_kept = reports;
	n->count[NODE_C_GAVE_WAY]++;
}

static bool
is_taken(const struct node *n, const uint8_t mac[NODE_MAC_LEN])
{
	return n->has_mn && !n->waits && !same(mac, n->mn);
}

/* Whose frame is it? Once there is a mobile node, nobody else's, unless it only
 * waits [D237]; what it says of its address must be what the frame says. */
static bool
take_address(struct node *n, const uint8_t mac[NODE_MAC_LEN], bool has_slla,
    const uint8_t slla[NODE_MAC_LEN])
{
	if (!node_is_unicast(mac) || same(mac, n->own) ||
	    same(mac, n->router) ||
	    (has_slla && !same(mac, slla)))
		return drop(n, NODE_C_DROP_ADDRESS);
	if (is_taken(n, mac))
		return drop(n, NODE_C_DROP_OTHER);
	if (n->has_mn && !same(mac, n->mn))
		give_way(n);
	n->has_mn = true;
	memcpy(n->mn, mac, sizeof(n->mn));
	return true;
}

/* A report asks for nothing, and is no reason to serve anybody; it may come
 * before what says who is there [D224]. */
static bool
take_report(struct node *n, const uint8_t *packet, size_t len,
    const uint8_t *from)
{
	static const uint8_t nobody[NODE_MAC_LEN];
	size_t whole = node_report_len(packet, len);

	if (whole == 0)
		return drop(n, NODE_C_DROP_MALFORMED);
	if (from != NULL && (!node_is_unicast(from) || same(from, n->own) ||
	    same(from, n->router)))
		return drop(n, NODE_C_DROP_ADDRESS);
	if (from != NULL && is_taken(n, from))
		return drop(n, NODE_C_DROP_OTHER);
	n->count[NODE_C_REPORT]++;
	if (!n->passing)
		keep(n, packet, whole, from != NULL ? from : nobody);
	return false;
}

/* from: where the packet comes from, or NULL on a link without addresses. */
static bool
take_packet(struct node *n, const uint8_t *packet, size_t len,
    const uint8_t *from)
{
	mono_t now = clock_mono(n->clock);
	uint8_t slla[NODE_MAC_LEN];
	struct nd6_packet p;
	bool has_slla;

	if (!rate_limit_allows(&n->rate, now))
		return drop(n, NODE_C_DROP_RATE);
	if (mono_before(now, n->detached))
		return drop(n, NODE_C_DROP_DETACHED);
	if (node_looks_like_report(packet, len))
		return take_report(n, packet, len, from);
	if (nd6_open(&p, packet, len) != 0)
		return drop(n, NODE_C_DROP_MALFORMED);
	if (p.type == TYPE_RA)
		return drop(n, NODE_C_DROP_RA);
	if (p.hop_limit != HOP_LIMIT)
		return drop(n, NODE_C_DROP_HOP_LIMIT);
	if (!is_solicitation(&p, packet, &has_slla, slla))
		return drop(n, NODE_C_DROP_MALFORMED);
	if (from != NULL && !take_address(n, from, has_slla, slla))
		return false;
	n->count[NODE_C_SOLICITATION]++;
	if (!n->passing)
		keep(n, packet, ND6_HEADER_LEN + p.len, NULL);
	return true;
}

bool
node_from_link(struct node *n, const uint8_t *frame, size_t len)
{
	if (len < ETHER_LEN || (frame[12] << 8 | frame[13]) != ETHER_IPV6)
		return drop(n, NODE_C_DROP_MALFORMED);
	return take_packet(n, frame + ETHER_LEN, len - ETHER_LEN,
	    frame + NODE_MAC_LEN);
}

/* Of another one than the mobile node, where there is one, it says nothing. */
bool
node_from_data(struct node *n, const uint8_t *frame, size_t len)
{
	const uint8_t *mac = frame + NODE_MAC_LEN;

	if (len < ETHER_LEN || mono_before(clock_mono(n->clock),
	    n->detached) || !node_is_unicast(mac) || same(mac, n->own) ||
	    same(mac, n->router) || (n->has_mn && !same(mac, n->mn)))
		return false;
	n->count[NODE_C_DATA]++;
	n->has_mn = true;
	memcpy(n->mn, mac, sizeof(n->mn));
	return true;
}

void
node_from_ppp(struct node *n, const uint8_t *packet, size_t len)
{
	(void)take_packet(n, packet, len, NULL);
}

bool
node_from_tunnel(struct node *n, const uint8_t *packet, size_t len)
{
	uint8_t slla[NODE_MAC_LEN];
	struct nd6_packet p;
	struct icmp6_ra ra;

	if (nd6_open(&p, packet, len) != 0 || p.type != TYPE_RA)
		return drop(n, NODE_C_DROP_MALFORMED);
	if (p.hop_limit != HOP_LIMIT)
		return drop(n, NODE_C_DROP_HOP_LIMIT);
	if (!IN6_IS_ADDR_LINKLOCAL(&p.src) ||
	    icmp6_ra_decode(&ra, p.icmp, p.len) != 0)
		return drop(n, NODE_C_DROP_MALFORMED);
	n->count[NODE_C_RA]++;
	if (n->ppp || !find_slla(&p, RA_LEN, slla) || same(slla, n->router))
		return false;
	if (!node_is_unicast(slla) || (n->has_mn && same(slla, n->mn)))
		return drop(n, NODE_C_DROP_ADDRESS);
	if (!rate_limit_allows(&n->learn, clock_mono(n->clock)))
		return drop(n, NODE_C_DROP_RATE);
	memcpy(n->router, slla, sizeof(n->router));
	n->count[NODE_C_ROUTER]++;
	return true;
}

/* Somebody else's report, who spoke before the mobile node did. */
static bool
is_others(const struct node *n, unsigned i)
{
	return n->kept[i].report && !n->ppp && !same(n->kept[i].from, n->mn);
}

bool
node_take_kept(struct node *n, const uint8_t **packet, size_t *len)
{
	mono_t now = clock_mono(n->clock);
	unsigned i;

	for (i = 0; i < n->n_kept; i++) {
		if (n->kept[i].len == 0)
			continue;
		*packet = n->kept[i].b;
		*len = n->kept[i].len;
		n->kept[i].len = 0;
		if (is_others(n, i)) {
			n->count[NODE_C_DROP_OTHER]++;
		} else if (mono_diff_ms(now, n->kept[i].at) < NODE_KEPT_MS) {
			n->count[NODE_C_DELIVERED]++;
			return true;
		} else {
			n->count[NODE_C_TOO_LATE]++;
		}
	}
	n->n_kept = 0;
	return false;
}

void
node_copy_kept(const struct node *n, struct node_context *c)
{
	mono_t now = clock_mono(n->clock);
	unsigned i, k = 0;

	for (i = 0; i < n->n_kept; i++) {
		if (n->kept[i].len == 0 || n->kept[i].report ||
		    mono_diff_ms(now, n->kept[i].at) >= NODE_KEPT_MS)
			continue;
		c->packet[k].len = n->kept[i].len;
		memcpy(c->packet[k++].b, n->kept[i].b, n->kept[i].len);
	}
	c->n_packets = k;
}

/* Would it have been kept if it had come from the link? */
static bool
is_worth_keeping(const uint8_t *packet, size_t len,
    const uint8_t mn[NODE_MAC_LEN])
{
	uint8_t slla[NODE_MAC_LEN];
	struct nd6_packet p;
	bool has_slla;

	return nd6_open(&p, packet, len) == 0 &&
	    ND6_HEADER_LEN + p.len == len && p.hop_limit == HOP_LIMIT &&
	    is_solicitation(&p, packet, &has_slla, slla) &&
	    (!has_slla || same(slla, mn));
}

const char *
node_import(struct node *n, const struct node_context *c)
{
	if (c->has_mn && (same(c->mn, n->own) || same(c->mn, c->router)))
		return "context: the mobile node has its router's address, or "
		    "the link's own";
	if (!c->has_mn && c->n_packets > 0)
		return "context: packets of nobody";
	for (unsigned i = 0; i < c->n_packets; i++)
		if (!is_worth_keeping(c->packet[i].b, c->packet[i].len, c->mn))
			return "context: one of \"packets\" is no solicitation "
			    "of the mobile node";
	node_forget(n, 0);
	n->has_mn = c->has_mn;
	memcpy(n->mn, c->mn, sizeof(n->mn));
	memcpy(n->router, c->router, sizeof(n->router));
	for (unsigned i = 0; i < c->n_packets; i++)
		keep(n, c->packet[i].b, c->packet[i].len, NULL);
	return NULL;
}

void
node_forget(struct node *n, int64_t ms)
{
	n->has_mn = false;
	n->passing = false;
	n->n_kept = 0;
	memcpy(n->router, n->first_router, sizeof(n->router));
	n->detached = ms > 0 ? mono_add_ms(clock_mono(n->clock), ms) :
	    (mono_t){ INT64_MIN };
}

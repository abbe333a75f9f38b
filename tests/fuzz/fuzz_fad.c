/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The foreign agent between mobile nodes and home agents that say anything, in
 * any order, signed or not: a visit begins only by what its home agent has
 * signed, each has its way in the data plane and no way is without a visit,
 * limits hold, nothing is relayed that was not asked for, and when all is over
 * nothing is left. Packets as they come on a link go through ip4, too.
 */
#include "config.h"

#include "common/ip4.h"
#include "fad/advert.h"
#include "tests/fuzz/ops.h"
#include "tests/unit/fad_rig.h"

#define MAX_OPS	200
#define N_HOMES	5
#define N_KEPT	4

static const char *const homes[N_HOMES] = { HOME, HOME_B, "10.0.0.7",
	"0.0.0.0", FA };
static const char *const agents[] = { HA, HA_OTHER, COA, "0.0.0.0",
	"224.0.0.1" };
static const char *const nais[] = { ALICE, "bob@example.net", "x" };
static const char *const macs[] = { MAC, MAC_B, "\x02\0\0\0\0\x07" };
static const uint8_t *const keys[] = { key_fh, key_mh, key_mf };

static struct {
	struct m	asked[N_KEPT];	/* requests that were relayed */
	unsigned	n_asked;
} w;

static struct way
some_way(struct ops *o)
{
	static const uint8_t ttls[] = { 255, 255, 1, 64 };
	struct way y = WAY;

	y.mac = macs[ops_pick(o, 3)];
	y.link = ops_pick(o, 2);
	y.ttl = ttls[ops_pick(o, 4)];
	y.dst = ops_pick(o, 4) == 3 ? AGENTS : FA;
	return y;
}

/* ---- what must always hold ---- */

struct books {
	unsigned	routes, visits, pending, of_node[2][3];
};

static bool
book_visitor(struct table_node *n, void *arg)
{
	const struct visitor *v = container_of(n, struct visitor, by_home);
	const struct dp_route *r = v->route;
	struct books *k = arg;

	k->visits++;
	fuzz_assert(v->asked.home.s_addr != INADDR_ANY);
	fuzz_assert(!relay_is_own(&rig.relay, v->asked.home));
	fuzz_assert(!relay_is_own(&rig.relay, v->asked.ha));
	fuzz_assert((v->state == VISITOR_INSTALLING) == (v->held != NULL));
	fuzz_assert(v->state == VISITOR_INSTALLING || v->lifetime > 0);
	if (v->asked.flags & 0x20) {
		fuzz_assert(!r);
		return true;
	}
	k->routes++;
	fuzz_assert(r && r->live);
	fuzz_assert(r->e.home.s_addr == v->asked.home.s_addr);
	fuzz_assert(r->e.ha.s_addr == v->asked.ha.s_addr);
	fuzz_assert(r->e.link == v->asked.node.link);
	fuzz_assert(memcmp(r->e.lladdr, v->asked.node.lladdr, 6) == 0);
	fuzz_assert(r->e.reverse == v->reverse);
	fuzz_assert(gre_same(&r->e.gre, &v->asked.gre));
	fuzz_assert((r->e.gre.own != 0) == (r->e.gre.peer != 0));
	fuzz_assert(r->e.gre.own == 0 || v->asked.flags & 0x08);
	fuzz_assert(v->reverse == ((v->asked.flags & 0x02) != 0));
	fuzz_assert(v->asked.coa.s_addr == rig.conf.care_of.s_addr);
	return true;
}

static bool
book_pending(struct table_node *n, void *arg)
{
	const struct pending *p = container_of(n, struct pending, by_id);
	struct books *k = arg;

	k->pending++;
	k->of_node[p->asked.node.link][(p->asked.node.lladdr[5] - 5) % 3]++;
	fuzz_assert(timer_is_set(&p->timer));
	fuzz_assert(p->asked.lifetime <= rig.conf.max_lifetime);
	return true;
}

static void
audit(void)
{
	struct books k = { 0 };
	unsigned i, j;

	table_each(&rig.visitors.by_home, book_visitor, &k);
	table_each(&rig.visitors.by_id, book_pending, &k);
	fuzz_assert(k.routes == rig_routes());
	fuzz_assert(k.visits <= rig.visitors.max_visitors);
	fuzz_assert(k.pending <= rig.visitors.max_pending);
	fuzz_assert(k.pending == table_count(&rig.visitors.by_node));
	for (i = 0; i < 2; i++)
		for (j = 0; j < 3; j++)
			fuzz_assert(k.of_node[i][j] <=
			    rig.visitors.max_pending_node);
	fuzz_assert(rig.relay.busy == relay_is_busy(&rig.relay));
}

/* ---- what may not change ---- */

static bool
mix_one(struct table_node *n, void *arg)
{
	const struct visitor *v = container_of(n, struct visitor, by_home);
	uint64_t *sum = arg;

	*sum += (v->asked.home.s_addr * UINT64_C(0x9e3779b97f4a7c15)) ^
	    v->asked.id ^ (uint64_t)v->until.ns ^ v->state;
	return true;
}

static uint64_t
digest(void)
{
	uint64_t sum = 0;

	table_each(&rig.visitors.by_home, mix_one, &sum);
	return sum;
}

/* ---- what goes in ---- */

static void
request(const struct m *m, const struct way *y)
{
	uint64_t before = digest();

	rig_in(m, y);
	fuzz_assert(digest() == before);	/* only asked */
	fuzz_assert(rig.n_home <= 1 && rig.n_node <= 1);
	if (rig.n_home == 0)
		return;
	/* as it was, but for what follows the authenticator */
	fuzz_assert(rig.home_len >= 24 + 22);
	fuzz_assert(memcmp(rig.to_home, m->b, 24) == 0);
	w.asked[w.n_asked++ % N_KEPT] = *m;
}

static void
put_exts(struct ops *o, struct m *m)
{
	static const uint8_t types[] = { 130, 131, 133, 137, 220, 120, 121,
		51, 0, 38, 48, 47 };
	unsigned n = ops_pick(o, 5);
	uint8_t body[40];
	size_t len;

	while (n-- > 0 && m->n < 1000) {
		len = ops_bytes(o, body, ops_pick(o, sizeof(body)));
		switch (ops_pick(o, 4)) {
		case 0:
			m_nai(m, nais[ops_pick(o, 3)]);
			break;
		case 1:
			m_auth(m, (uint8_t)(32 + ops_pick(o, 3)),
			    256 + ops_pick(o, 2) * 512,
			    keys[ops_pick(o, 3)]);
			break;
		default:
			m_ext(m, types[ops_pick(o, sizeof(types))], body, len);
			break;
		}
	}
}

static void
damage(struct ops *o, struct m *m)
{
	unsigned how = ops_u8(o);

	if (how & 1)
		m->b[ops_u8(o) % m->n] ^= (uint8_t)(1 + ops_pick(o, 255));
	if (how & 2)
		m->n -= ops_u8(o) % m->n;
	if (how & 4 && m->n < 1400)
		m->n += ops_bytes(o, m->b + m->n, ops_pick(o, 64));
}

static void
made_up_request(struct ops *o)
{
	static const uint16_t lives[] = { 600, 0, 5, 1800, 1801, 65535 };
	struct way y = some_way(o);
	struct m m;

	m_rrq(&m, (uint8_t)ops_u8(o), lives[ops_pick(o, 6)],
	    homes[ops_pick(o, N_HOMES)], agents[ops_pick(o, 5)],
	    ops_pick(o, 4) ? COA : HOME);
	put_exts(o, &m);
	damage(o, &m);
	request(&m, &y);
}

static void
good_request(struct ops *o)
{
	static const uint8_t flags[] = { 0, 0x02, 0x20, 0x22, 0x0a, 0x08 };
	static const uint16_t lives[] = { 600, 5, 0, 1800 };
	struct way y = some_way(o);
	struct m m;

	y.ttl = 255;
	m_rrq(&m, flags[ops_pick(o, 6)], lives[ops_pick(o, 4)],
	    homes[ops_pick(o, 4)], agents[ops_pick(o, 2)], COA);
	if (ops_pick(o, 2))
		m_nai(&m, nais[ops_pick(o, 2)]);
	m_auth(&m, 32, 512, key_mh);
	if (ops_pick(o, 2))
		m_auth(&m, 33, 768, key_mf);
	request(&m, &y);
}

/* Of a home agent to something that was asked. Without its key it changes
 * nothing. */
static void
reply(struct ops *o)
{
	static const uint8_t codes[] = { 0, 0, 1, 128, 133 };
	const struct m *q = &w.asked[ops_pick(o, N_KEPT)];
	const char *from = agents[ops_pick(o, 2)];
	unsigned how = ops_u8(o);
	uint64_t before;
	struct m m;

	if (q->n == 0)
		return;
	m_rrp(&m, q, codes[ops_pick(o, 5)], (uint16_t)(ops_u8(o) * 10),
	    homes[ops_pick(o, N_HOMES)]);
	if (how & 1)
		m_nai(&m, nais[ops_pick(o, 2)]);
	if (how & 2)
		put_exts(o, &m);
	m_auth(&m, 32, 512, key_mh);
	if (how & 64) {
		m_int(&m, 48, 1);
		m_int(&m, 0, 1);
		m_int(&m, 4, 2);
		m_int(&m, ops_pick(o, 4), 4);
	}
	if (how & 4) {
		m_int(&m, 137, 1);
		m_int(&m, 6, 1);
		m_int(&m, 0, 2);
		m_int(&m, rig_ntp(NULL) >> 32, 4);
	}
	if (how & 8)
		m_auth(&m, 34, 256, how & 16 ? key_fh : key_mh);
	if (how & 32)
		damage(o, &m);
	before = digest();
	rig_reply(&m, from);
	if (strcmp(from, HA) == 0 && (how & (8 | 16 | 32 | 2)) == 8)
		fuzz_assert(digest() == before);	/* wrong key */
	if (strcmp(from, HA) == 0 && (how & (8 | 2)) == 0)
		fuzz_assert(digest() == before);	/* none */
}

static void
revocation(struct ops *o)
{
	int32_t off = (int8_t)ops_u8(o);
	unsigned how = ops_u8(o);
	uint64_t before = digest();
	struct m m = { .n = 0 };

	m_int(&m, 7, 1);
	m_int(&m, 0, 1);
	m_int(&m, how & 1 ? 0 : 0x8000, 2);
	m_ip(&m, homes[ops_pick(o, N_HOMES)]);
	m_ip(&m, how & 2 ? HA_OTHER : HA);
	m_ip(&m, how & 4 ? HOME : COA);
	m_int(&m, (uint32_t)(rig_ntp(NULL) >> 32) + (uint32_t)off, 4);
	if (how & 8)
		put_exts(o, &m);
	m_auth(&m, 34, 256, how & 16 ? key_mh : key_fh);
	rig_reply(&m, how & 32 ? HA_OTHER : HA);
	fuzz_assert(rig.n_node == 0 && rig.n_home <= 1);
	if (how & (16 | 32))
		fuzz_assert(digest() == before);
}

/* ICMP, of what was sent or of anything. */
static void
unreachable(struct ops *o)
{
	const struct in_addr ha = { inet_addr(agents[ops_pick(o, 2)]) };
	uint8_t raw[64];
	size_t n;

	if (ops_pick(o, 2)) {
		n = ops_bytes(o, raw, sizeof(raw));
		relay_unreachable(&rig.relay, ha, (uint8_t)ops_u8(o), raw, n);
	} else {
		relay_unreachable(&rig.relay, ha, (uint8_t)ops_pick(o, 5),
		    rig.to_home, rig.home_len);
	}
}

/* As it comes on a link. */
static void
raw_packet(struct ops *o)
{
	struct relay_packet pkt = { .ttl = 255 };
	uint8_t buf[512];
	struct ip4_packet p;
	size_t n = ops_bytes(o, buf, ops_u8(o));
	bool summed = ops_pick(o, 2);

	if (ip4_read(&p, buf, n, summed) != IP4_OK)
		return;
	fuzz_assert(p.data >= buf && p.data + p.len <= buf + n);
	if (p.proto == IPPROTO_ICMP) {
		(void)advert_is_solicitation(p.data, p.len, p.ttl);
		return;
	}
	pkt.data = p.data;
	pkt.len = p.len;
	pkt.node.src = p.src;
	pkt.node.dst = p.dst;
	memcpy(pkt.node.lladdr, MAC, 6);
	relay_from_node(&rig.relay, &pkt);
}

static void
raw_reply(struct ops *o)
{
	struct m m;

	m.n = ops_bytes(o, m.b, ops_u8(o));
	rig_reply(&m, HA);
}

static void
data_plane(struct ops *o)
{
	switch (ops_pick(o, 5)) {
	case 0:
		rig.dp_async = !rig.dp_async;
		break;
	case 1:
		rig.dp_fail = !rig.dp_fail;
		break;
	case 2:
		rig_dp_answer(-ENODEV);
		break;
	default:
		rig_dp_answer(0);
		break;
	}
}

static void
operator(struct ops *o)
{
	const struct in_addr home = { inet_addr(homes[ops_pick(o, 3)]) };
	struct visitor *v = visitor_any(&rig.visitors, home);

	if (ops_pick(o, 2))
		relay_drain(&rig.relay, ops_pick(o, 2));
	else if (v)
		relay_end(&rig.relay, v, "operator");
}

static void
wait_some(struct ops *o)
{
	static const double some[] = { 0.1, 1, 3, 8, 100, 700, 2000 };

	rig_wait(some[ops_pick(o, 7)]);
}

static void
step(struct ops *o)
{
	static void (*const all[])(struct ops *) = { good_request,
		good_request, reply, reply, reply, made_up_request,
		revocation, unreachable, raw_packet, raw_reply, data_plane,
		operator, wait_some };

	all[ops_pick(o, sizeof(all) / sizeof(all[0]))](o);
	rig.home_err = ops_pick(o, 32) == 31 ? -ENETUNREACH : 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ops o = { data, data + len };
	unsigned n;

	(void)log_set_level(NULL, "error");
	memset(&w, 0, sizeof(w));
	rig_init();
	rig.conf.gre = rig.ha.gre = FAD_GRE_OFFER;
	rig.visitors.max_visitors = 3;
	rig.visitors.max_pending = 5;
	rig.visitors.max_pending_node = 2;
	if (ops_pick(&o, 2))
		rig_know_mn(NULL, HOME_B);
	for (n = 0; n < MAX_OPS && ops_more(&o); n++) {
		step(&o);
		audit();
	}
	/* Everybody goes; nothing stays. */
	rig_dp_answer(0);
	rig_wait(20000);
	fuzz_assert(table_count(&rig.visitors.by_home) == 0);
	fuzz_assert(table_count(&rig.visitors.by_id) == 0);
	rig_free();
	return 0;
}

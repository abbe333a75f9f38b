/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mobile nodes behind access nodes that mean ill: two of them, whose tunnels
 * bring what the input says, as neighbour discovery that is nearly right and as
 * any bytes; on the home link others answer or do not, time passes, they move
 * and come back. After each step every address has one owner, and nobody has
 * more, was probed more often or is told more than he may be [PROTOCOLS 11.5,
 * 12, D165].
 */
#include <errno.h>

#include "had/mn.h"
#include "tests/unit/had_rig.h"
#include "tests/fuzz/ops.h"

#define N_MNS		2
#define N_ADDRS		24
#define MAX_OPS		160

static const char *const coas[] = { "10.1.0.1", "10.1.0.2", "10.1.0.3" };

static struct {
	char		 nai[N_MNS][16];
	struct user	 user[N_MNS];
	char		 link[8];
	int64_t		 last_ra[3];		/* by care-of address */
	struct nd6	 culprit;
} w;

static struct mn *
mn(unsigned i)
{
	struct binding *b = of(w.nai[i]);

	return b && b->behind_node ? b->mn : NULL;
}

/* ---- what comes out ---- */

static void
io_open(void *arg, struct mn *m, int fd)
{
	(void)arg;
	(void)m;
	fuzz_assert(fd == -1);
}

static void
io_close(void *arg, struct mn *m)
{
	(void)arg;
	(void)m;
}

/* Whole, from us or in the name of who has an address, to the link. */
static bool
io_send(void *arg, struct mn *m, const uint8_t *packet, size_t len)
{
	struct nd6_packet p;
	unsigned i;

	(void)arg;
	fuzz_assert(m->up && nd6_open(&p, packet, len) == 0);
	fuzz_assert(p.hop_limit == 255 && (p.type == 134 || p.type == 136));
	if (p.type != 134)
		return true;
	fuzz_assert(IN6_ARE_ADDR_EQUAL(&p.src, &rig.mns.router));
	for (i = 0; i < 3; i++) {
		if (inet_addr(coas[i]) != m->coa.s_addr)
			continue;
		/* RFC 4861 6.2.6, but for one that is new there */
		fuzz_assert(m->n_ra == 0 ||
		    rig.ns - w.last_ra[i] >= 3000000000);
		w.last_ra[i] = rig.ns;
	}
	return true;
}

static void
io_listen(void *arg, struct mn *m)
{
	(void)arg;
	fuzz_assert(m->up);
	(void)mn_hears(m);
}

static void
io_detach(void *arg, struct binding *b, const char *why)
{
	reg_end(arg, b, why);
}

static const struct mn_io io = { io_open, io_close, io_send, io_listen,
	io_detach };

/* ---- the books ---- */

static void
check_addr(const struct mn *m, const struct mn_addr *a)
{
	struct in6_addr addr = mn_addr_of(a);
	const struct dp_route *r = a->route;

	fuzz_assert(pool_check(&rig.pools, a->at.pool, &addr, NULL) == -EEXIST);
	fuzz_assert(!IN6_ARE_ADDR_EQUAL(&addr, &rig.mns.router));
	if (!r) {
		fuzz_assert(mn_addr_is_local(a) && mn_addr_is_bound(m, a));
		return;
	}
	fuzz_assert(r->live && r->e.len == 128);
	fuzz_assert(r->e.coa.s_addr == m->coa.s_addr);
	fuzz_assert(IN6_ARE_ADDR_EQUAL(&r->e.prefix, &addr));
	fuzz_assert((r->e.link != NULL) == mn_addr_is_local(a));
}

/* Nobody else has it, unless each has a link of its own. */
static void
check_alone(const struct mn *m, const struct mn_addr *a)
{
	struct in6_addr addr = mn_addr_of(a), other;
	const struct mn *o;
	unsigned i, k;

	for (i = 0; i < N_MNS; i++) {
		o = mn(i);
		for (k = 0; o && k < o->n_addrs; k++) {
			other = mn_addr_of(&o->addrs[k]);
			fuzz_assert(a == &o->addrs[k] ||
			    !IN6_ARE_ADDR_EQUAL(&addr, &other) ||
			    (o != m && mn_addr_is_local(a) &&
			    !a->at.pool->home_link));
		}
	}
}

static void
audit(void)
{
	unsigned i, k, addrs = 0, bound = 0, routes = 0;
	const struct mn *m;

	for (i = 0; i < N_MNS; i++) {
		m = mn(i);
		if (!m)
			continue;
		bound++;
		for (k = 0; k < m->n_addrs; k++) {
			check_addr(m, &m->addrs[k]);
			check_alone(m, &m->addrs[k]);
			routes += m->addrs[k].route != NULL;
		}
		fuzz_assert(m->n_addrs <= MN_ADDRS_MAX);
		fuzz_assert(m->bound >> m->n_addrs == 0);
		fuzz_assert(timer_is_set(&m->binding->timer));
		addrs += m->n_addrs;
	}
	fuzz_assert(bound == table_count(&rig.mns.by_coa));
	fuzz_assert(addrs == rig.mns.n_addrs);
	fuzz_assert(addrs == table_count(&rig.pools.chosen));
	fuzz_assert(addrs == rig.pool[1].used + rig.nodes.own_link.used);
	fuzz_assert(routes + bound == rig_routes());
}

/* ---- what goes in ---- */

static struct in6_addr
address(struct ops *o)
{
	struct in6_addr a = { .s6_addr = { 0x20, 1, 0xd, 0xb8, 2, 0, 0, 1 } };
	unsigned n = ops_pick(o, N_ADDRS + 5);

	a.s6_addr[15] = (uint8_t)(1 + n / 2);
	if (n % 2) {
		memset(&a, 0, 8);
		a.s6_addr[0] = 0xfe;
		a.s6_addr[1] = 0x80;
	}
	switch (n) {
	case N_ADDRS:
		return rig.mns.router;
	case N_ADDRS + 1:
		return in6addr_any;
	case N_ADDRS + 2:
		a.s6_addr[0] = 0xff;
		return a;
	case N_ADDRS + 3:
		a.s6_addr[5] ^= 9;		/* no prefix of ours */
		return a;
	case N_ADDRS + 4:
		memset(&a.s6_addr[8], 0xff, 8);	/* RFC 5453 */
		return a;
	default:
		return a;
	}
}

static void
discovery(struct ops *o, struct mn *m)
{
	struct nd6 nd = { .target = address(o) };
	uint8_t buf[ND6_PACKET_MAX + 4], how = ops_u8(o);
	int n;

	nd.advert = how & 1;
	nd.solicited = how & 2;
	nd.override = how & 4;
	nd.has_lladdr = how & 8;
	if (nd.advert || how & 16)
		nd.src = address(o);
	nd.dst = nd6_group(&nd.target);
	n = nd6_encode(&nd, buf, sizeof(buf));
	fuzz_assert(n > 0);
	if (how & 32)
		buf[ops_u8(o) % (unsigned)n] ^= (uint8_t)(1 + ops_pick(o, 255));
	if (how & 64)
		n = (int)(ops_u8(o) % (unsigned)n);
	mn_input(m, buf, (size_t)n);
}

static void
message(struct ops *o, struct mn *m)
{
	uint8_t buf[ND6_HEADER_LEN + 64] = { 0 };
	struct in6_addr src = address(o), dst = address(o);
	size_t n = 8 + 8 * ops_pick(o, 4);

	(void)ops_bytes(o, buf + ND6_HEADER_LEN, n);
	buf[ND6_HEADER_LEN] = (uint8_t)(133 + ops_pick(o, 4));
	n = nd6_close(buf, n, &src, &dst);
	mn_input(m, buf, n);
}

static void
data(struct ops *o, struct mn *m)
{
	uint8_t buf[ND6_HEADER_LEN] = { 0x60, [6] = 17 };
	struct in6_addr src = address(o);

	memcpy(buf + 8, &src, sizeof(src));
	mn_input(m, buf, sizeof(buf));
}

static void
any(struct ops *o, struct mn *m)
{
	uint8_t buf[256];
	size_t n = ops_bytes(o, buf, ops_u8(o));

	mn_input(m, buf, n);
}

static void
enter(struct ops *o, unsigned i)
{
	const char *coa = coas[ops_pick(o, 3)];
	struct m m;

	m_rrq(&m, MIP4_F_D, ops_pick(o, 8) ? 3600 : 0, coa);
	m_nai(&m, w.nai[i]);
	m_ext(&m, 120, "", 1);
	m_rev_support(&m);
	m_auth(&m, 32, 512, key_mn);
	(void)rig_in(&m, coa);
}

static void
home_link(struct ops *o)
{
	switch (ops_pick(o, 6)) {
	case 0:
		rig.dp_async = !rig.dp_async;
		break;
	case 1:
		w.culprit = (struct nd6){ .advert = true,
			.src = address(o), .target = address(o) };
		w.culprit.dst = nd6_group(&w.culprit.target);
		rig.dp.culprit = &w.culprit;
		rig_dp_answer(-EADDRINUSE);
		rig.dp.culprit = NULL;
		break;
	case 2:
		rig_dp_answer(-ENOMEM);
		break;
	default:
		rig_dp_answer(0);
		break;
	}
}

static void
step(struct ops *o)
{
	static const double some[] = { 0.01, 0.5, 1, 3, 16, 60 };
	unsigned i = ops_pick(o, N_MNS);
	struct mn *m = mn(i);

	switch (ops_pick(o, 10)) {
	case 0:
		enter(o, i);
		return;
	case 1:
		rig_wait(some[ops_pick(o, sizeof(some) / sizeof(some[0]))]);
		return;
	case 2:
		home_link(o);
		return;
	default:
		break;
	}
	if (!m)
		return;
	switch (ops_pick(o, 6)) {
	case 0:
		message(o, m);
		break;
	case 1:
		data(o, m);
		break;
	case 2:
		any(o, m);
		break;
	default:
		discovery(o, m);
		break;
	}
}

static void
start(struct ops *o)
{
	unsigned i;

	memset(&w, 0, sizeof(w));
	rig_init();
	rig.conf.flap_limit = rig.bindings.flap_limit = 0;
	rig_nodes("10.1.0.0", 16);
	for (i = 0; i < N_MNS; i++) {
		snprintf(w.nai[i], sizeof(w.nai[i]), "mn%u@a.net", i);
		rig_user(&w.user[i], w.nai[i]);
	}
	if (ops_pick(o, 2)) {
		snprintf(w.link, sizeof(w.link), "lan0");
		rig.nodes.own_link.home_link = w.link;
		rig.pool[1].home_link = w.link;
	}
	rig.nodes.ra.valid = ops_pick(o, 2) ? 30 : UINT32_MAX;
	rig.mns.io = &io;
	rig.mns.arg = &rig.reg;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data_, size_t len)
{
	struct ops o = { data_, data_ + len };
	unsigned n;

	(void)log_set_level(NULL, "error");
	start(&o);
	for (n = 0; n < MAX_OPS && ops_more(&o); n++) {
		uint64_t before = rig.mns.stats.claimed;

		step(&o);
		audit();
		fuzz_assert(rig.mns.stats.claimed - before <= 1);
	}
	rig_dp_answer(0);
	rig_wait(20000);
	fuzz_assert(rig.mns.n_addrs == 0);
	rig_free();
	return 0;
}

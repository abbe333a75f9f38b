/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A home agent in a test tube: reg with a clock turned by hand, a data plane
 * that answers when told, and messages built byte by byte from PROTOCOLS, not
 * by the code under test. Replies are checked the same way.
 */
#ifndef TESTS_UNIT_HAD_RIG_H
#define TESTS_UNIT_HAD_RIG_H

#include <arpa/inet.h>
#include <openssl/hmac.h>

#include "common/clock.h"
#include "common/mip4.h"
#include "common/mip4_auth.h"
#include "common/timers.h"
#include "had/binding.h"
#include "had/had_config.h"
#include "had/mn.h"
#include "had/peer.h"
#include "had/pool.h"
#include "had/reg.h"
#include "had/revoke.h"
#include "had/tunnel.h"
#include "tests/unit/rig.h"

#define HA	"198.51.100.1"
#define AR1	"192.0.2.1"
#define AR2	"192.0.2.5"
#define STRANGER "203.0.113.66"
#define N_ROUTES 64

#define ALICE	"alice@example.net"
#define BOB	"bob@example.net"
#define IID	"\x02\x11\x22\x33\x44\x55\x66\x77"
#define IID_B	"\x02\xaa\xbb\xcc\xdd\xee\xff\x01"

static const uint8_t key1[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
	13, 14, 15 };
static const uint8_t key_mn[16] = { 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4,
	3, 2, 1, 0 };

struct dp_route {
	struct dp_entry	 e;
	dp_done		*done;
	void		*arg;
	bool		 live, pending;
};

struct rig {
	struct had_config	 conf;
	struct pool		 pool[3];
	struct peer		 peer[3];	/* two in use */
	struct access_nodes	 nodes;		/* by rig_nodes */
	struct care_of_range	 range;
	struct pool		*choice[3];
	struct user		 user;
	struct mip4_sa		 user_sa;
	struct peers		 peers;
	struct pools		 pools;
	struct timers		 timers;
	struct bindings		 bindings;
	struct mns		 mns;
	struct reg		 reg;
	struct clock		 clock;
	int64_t			 ns;		/* since T0 */
	uint32_t		 ntp_back;	/* seconds the clock is slow */
	struct dataplane	 dp;
	bool			 dp_async, dp_fail;
	struct dp_route		 route[N_ROUTES];
	unsigned		 n_sent;
	struct reg_flow		 flow;		/* of the last sent */
	uint8_t			 sent[1500];
	size_t			 sent_len;
};

static struct rig rig;

static inline mono_t
rig_mono(void *arg)
{
	(void)arg;
	return at_mono(rig.ns);
}

static inline uint64_t
rig_ntp(void *arg)
{
	(void)arg;
	return at_ntp(rig.ns) - ((uint64_t)rig.ntp_back << 32);
}

static inline struct dp_route *
rig_dp_add(struct dataplane *dp, const struct dp_entry *e, dp_done *done,
    void *arg, int *status)
{
	unsigned i;

	(void)dp;
	for (i = 0; i < N_ROUTES; i++)
		if (!rig.route[i].live)
			break;
	ck_assert_uint_lt(i, N_ROUTES);
	if (rig.dp_fail && !rig.dp_async) {
		*status = -ENOMEM;
		return NULL;
	}
	rig.route[i] = (struct dp_route){ *e, done, arg, true, rig.dp_async };
	*status = rig.dp_async ? -EINPROGRESS : 0;
	return &rig.route[i];
}

static inline void
rig_dp_del(struct dataplane *dp, struct dp_route *r)
{
	(void)dp;
	ck_assert(r->live);
	r->live = r->pending = false;
}

static inline int
rig_dp_socket(struct dataplane *dp, struct dp_route *r)
{
	(void)dp;
	ck_assert(r->live);
	return -1;
}

/* The kernel answers everything asked. */
static inline void
rig_dp_answer(int status)
{
	unsigned i;

	for (i = 0; i < N_ROUTES; i++) {
		if (!rig.route[i].pending)
			continue;
		rig.route[i].pending = false;
		rig.route[i].done(rig.route[i].arg, &rig.route[i],
		    status);
	}
}

static inline unsigned
rig_routes(void)
{
	unsigned i, n = 0;

	for (i = 0; i < N_ROUTES; i++)
		n += rig.route[i].live;
	return n;
}

/* Is prefix/len routed to coa, once? */
static inline bool
rig_routed(const char *prefix, unsigned len, const char *coa)
{
	struct in6_addr a;
	unsigned i, n = 0;

	ck_assert_int_eq(inet_pton(AF_INET6, prefix, &a), 1);
	for (i = 0; i < N_ROUTES; i++)
		n += rig.route[i].live && rig.route[i].e.len == len &&
		    IN6_ARE_ADDR_EQUAL(&rig.route[i].e.prefix, &a) &&
		    rig.route[i].e.coa.s_addr == inet_addr(coa);
	return n == 1;
}

static inline void
rig_send(void *arg, const struct reg_flow *f, const uint8_t *d, size_t len)
{
	(void)arg;
	rig.n_sent++;
	rig.flow = *f;
	ck_assert_uint_le(len, sizeof(rig.sent));
	memcpy(rig.sent, d, len);
	rig.sent_len = len;
}

static inline void
rig_pool(struct pool *p, const char *name, const char *prefix, unsigned len,
    enum pool_mode mode)
{
	*p = (struct pool){ .mode = mode, .len = len, .max_lifetime = 3600,
		.hold = 1000 };
	p->name = (char *)(uintptr_t)name;
	ck_assert_int_eq(inet_pton(AF_INET6, prefix, &p->prefix), 1);
}

static inline void
rig_peer(struct peer *p, const char *name, const char *addr,
    const uint8_t *key, size_t n_pools)
{
	*p = (struct peer){ .n_sas = 2, .pools = rig.choice,
		.n_pools = n_pools, .max_bindings = 1000 };
	p->name = (char *)(uintptr_t)name;
	p->addr.s_addr = inet_addr(addr);
	p->sas = calloc(2, sizeof(*p->sas));
	ck_assert_ptr_nonnull(p->sas);
	p->sas[0].sa = p->sas[1].sa = (struct mip4_sa){ .spi = 256,
		.alg = MIP4_ALG_HMAC_MD5, .key_len = 16 };
	memcpy(p->sas[0].sa.key, key, 16);
	p->sas[1].sa.spi = 300;		/* a key being changed */
	memcpy(p->sas[1].sa.key, key_mn, 16);
	p->unverified = (struct bucket){ 20, 100, 100000, { T0_NS } };
	p->log = (struct log_limit){ .rate = 1000, .burst = 1000 };
}

static inline void
rig_init(void)
{
	struct reg *r = &rig.reg;

	memset(&rig, 0, sizeof(rig));
	rig.clock = (struct clock){ rig_mono, rig_ntp, NULL };
	rig.conf = (struct had_config){ .port = 434, .max_lifetime = 3600,
		.replay_window = 7, .prefix_hold = 1000, .flap_limit = 5,
		.max_bindings = 1000, .types = MIP4_EXT_TYPES_DEFAULT,
		.revocation = true };
	rig.conf.address.s_addr = inet_addr(HA);
	rig_pool(&rig.pool[0], "homes", "2001:db8:100::", 48, POOL_UNIQUE);
	rig_pool(&rig.pool[1], "village", "2001:db8:200:1::", 64,
	    POOL_SHARED);
	rig.choice[0] = &rig.pool[0];
	rig.choice[1] = &rig.pool[1];
	ck_assert_int_eq(pools_init(&rig.pools, rig.pool, 2, 0), 0);
	ck_assert_int_eq(peers_init(&rig.peers), 0);
	rig_peer(&rig.peer[0], "nas1", AR1, key1, 2);
	rig_peer(&rig.peer[1], "nas2", AR2, key1, 2);
	ck_assert(peers_add(&rig.peers, &rig.peer[0]));
	ck_assert(peers_add(&rig.peers, &rig.peer[1]));
	timers_init(&rig.timers);
	rig.bindings = (struct bindings){ .timers = &rig.timers,
		.clock = &rig.clock, .pools = &rig.pools, .window = 7,
		.flap_limit = 5 };
	ck_assert_int_eq(bindings_init(&rig.bindings), 0);
	rig.mns = (struct mns){ .timers = &rig.timers, .clock = &rig.clock,
		.pools = &rig.pools, .dp = &rig.dp, .mtu = 1480 };
	mns_name_router(&rig.mns, rig.conf.address);
	ck_assert_int_eq(mns_init(&rig.mns), 0);
	rig.dp = (struct dataplane){ .add = rig_dp_add, .del = rig_dp_del,
		.socket = rig_dp_socket };
	*r = (struct reg){ .conf = &rig.conf, .clock = &rig.clock,
		.peers = &rig.peers, .pools = &rig.pools,
		.bindings = &rig.bindings, .mns = &rig.mns, .dp = &rig.dp,
		.send = rig_send };
	r->revoker = revoker_new(&rig.timers, &rig.clock);
	ck_assert_ptr_nonnull(r->revoker);
	reg_init(r);
}

/* Access nodes at these care-of addresses, of the shared pool. */
static inline void
rig_nodes(const char *care_of, unsigned len)
{
	struct access_nodes *an = &rig.nodes;

	rig_peer(&an->peer, "nodes", "0.0.0.0", key1, 1);
	free(an->peer.sas);
	an->peer.sas = NULL;
	an->peer.n_sas = 0;
	an->peer.nodes = an;
	an->peer.pools = &rig.choice[1];
	an->ra = (struct node_ra){ .router_lifetime = 1800, .interval = 600,
		.valid = 86400, .preferred = 3600 };
	rig_pool(&an->own_link, "nodes", "fe80::", 64, POOL_SHARED);
	an->link = &an->own_link;
	rig.range.first = ntohl(inet_addr(care_of));
	rig.range.last = rig.range.first | (UINT32_MAX >> len);
	rig.range.peer = &an->peer;
	rig.peers.ranges = &rig.range;
	rig.peers.n_ranges = 1;
}

/* With a mobile-home key, of SPI 512. */
static inline void
rig_user(struct user *u, char *nai)
{
	rig.user_sa = (struct mip4_sa){ .spi = 512, .alg = MIP4_ALG_HMAC_MD5,
		.key_len = 16 };
	memcpy(rig.user_sa.key, key_mn, 16);
	*u = (struct user){ .nai = nai, .nai_len = strlen(nai),
		.sas = &rig.user_sa, .n_sas = 1 };
	ck_assert(peers_add_user(&rig.peers, u));
}

static inline void
rig_free(void)
{
	reg_shutdown(&rig.reg);
	ck_assert_uint_eq(rig_routes(), 0);
	revoker_free(rig.reg.revoker);
	bindings_free(&rig.bindings);
	ck_assert_uint_eq(table_count(&rig.mns.by_coa), 0);
	mns_free(&rig.mns);
	ck_assert_uint_eq(rig.pool[0].used + rig.pool[1].used, 0);
	pools_free(&rig.pools);
	peers_free(&rig.peers);
	timers_free(&rig.timers);
	free(rig.peer[0].sas);
	free(rig.peer[1].sas);
}

static inline void
rig_wait(double seconds)
{
	time_goes_by(&rig.timers, &rig.ns, (int64_t)(seconds * 1e9));
}

/* A Registration Request with an Identification of now, above earlier ones
 * because the clock moves a little with each. */
static inline void
m_rrq(struct m *m, uint8_t flags, uint16_t life, const char *coa)
{
	rig.ns += 1000000;
	m->n = 0;
	m_int(m, 1, 1);
	m_int(m, flags, 1);
	m_int(m, life, 2);
	m_ip(m, "0.0.0.0");
	m_ip(m, HA);
	m_ip(m, coa);
	m_int(m, rig_ntp(NULL), 8);
}

/* 120 with an identifier of eight bytes; NULL: zeros. */
static inline void
m_req(struct m *m, const char *iid)
{
	uint8_t b[9] = { 0 };

	if (iid)
		memcpy(b + 1, iid, 8);
	m_ext(m, 120, b, 9);
}

static inline void
m_hoa(struct m *m, const char *addr, bool unique)
{
	uint8_t b[17] = { unique ? 0x80 : 0 };

	ck_assert_int_eq(inet_pton(AF_INET6, addr, b + 1), 1);
	m_ext(m, 221, b, 17);
}

static inline void
m_rev_support(struct m *m)
{
	m_int(m, 137, 1);
	m_int(m, 6, 1);
	m_int(m, 0, 2);
	m_int(m, rig_ntp(NULL) >> 32, 4);
}

static inline void
m_sign(struct m *m)
{
	m_auth(m, 34, 256, key1);
}

/* In it goes; sent tells how many datagrams came out. */
static inline enum reg_verdict
rig_in(const struct m *m, const char *src)
{
	struct reg_packet p = { .data = m->b, .len = m->n };

	p.flow.src.s_addr = inet_addr(src);
	p.flow.dst.s_addr = p.local.s_addr = inet_addr(HA);
	p.flow.sport = 5434;
	p.flow.dport = 434;
	rig.n_sent = 0;
	rig.sent_len = 0;
	/* As server does; it changes nothing. */
	reg_expect(&rig.reg, &p, 1);
	return reg_input(&rig.reg, &p);
}

/* A whole request with 120, sent. */
static inline void
ask(struct m *m, const char *ar, const char *nai, uint16_t life,
    const char *iid)
{
	m_rrq(m, 0, life, ar);
	m_nai(m, nai);
	m_req(m, iid);
	m_rev_support(m);
	m_sign(m);
	rig_in(m, ar);
}

/* The same with 221. */
static inline void
tell(struct m *m, const char *ar, const char *nai, uint16_t life,
    const char *hoa)
{
	m_rrq(m, 0, life, ar);
	m_nai(m, nai);
	m_hoa(m, hoa, false);
	m_rev_support(m);
	m_sign(m);
	rig_in(m, ar);
}

static inline struct binding *
of(const char *nai)
{
	return binding_find(&rig.bindings, nai, strlen(nai));
}

/* Offset of the one extension of a type in the last sent; 0 when absent. */
static inline size_t
sent_ext(uint8_t type)
{
	size_t off = rig.sent[0] == 15 ? 12 : 20, found = 0;

	while (off < rig.sent_len) {
		if (rig.sent[off] == type) {
			ck_assert_uint_eq(found, 0);
			found = off;
		}
		/* two are long ones */
		off += rig.sent[off] == 139 || rig.sent[off] == 48 ?
		    4u + rig.sent[off + 3] : 2u + rig.sent[off + 1];
	}
	ck_assert_uint_eq(off, rig.sent_len);
	return found;
}

/* The last sent is signed by type's key, as the last extension. */
static inline bool
sent_authentic(const uint8_t *key)
{
	size_t off = sent_ext(34);
	uint8_t out[16];
	unsigned len = 16;

	if (!off || off + 22 != rig.sent_len || rig.sent[off + 1] != 20)
		return false;
	HMAC(EVP_md5(), key, 16, rig.sent, off + 6, out, &len);
	return memcmp(rig.sent + off + 2, "\0\0\1\0", 4) == 0 &&
	    memcmp(rig.sent + off + 6, out, 16) == 0;
}

/* One reply, with this code, to the request m, signed. */
static inline void
expect(const struct m *m, uint8_t code, uint16_t life)
{
	ck_assert_uint_eq(rig.n_sent, 1);
	ck_assert_uint_eq(rig.sent[0], 3);
	ck_assert_uint_eq(rig.sent[1], code);
	ck_assert_uint_eq(rig.sent[2] << 8 | rig.sent[3], life);
	ck_assert_mem_eq(rig.sent + 4, m->b + 4, 4);	/* home */
	ck_assert_uint_eq(inet_addr(HA), *(uint32_t *)(void *)(rig.sent + 8));
	if (code != 133)
		ck_assert_mem_eq(rig.sent + 12, m->b + 16, 8);
	ck_assert(sent_authentic(key1));
	ck_assert_uint_eq(rig.flow.src.s_addr, inet_addr(HA));
	ck_assert_uint_eq(rig.flow.sport, 434);
	ck_assert_uint_eq(rig.flow.dport, 5434);
}

/* The home address of the last sent, as text; "" when absent. */
static inline const char *
sent_hoa(bool *unique)
{
	static char s[INET6_ADDRSTRLEN];
	size_t off = sent_ext(221);

	if (!off)
		return "";
	ck_assert_uint_eq(rig.sent[off + 1], 17);
	*unique = rig.sent[off + 2] & 0x80;
	inet_ntop(AF_INET6, rig.sent + off + 3, s, sizeof(s));
	return s;
}

/* What has nothing wrong with it. */
static inline void
alice(struct m *m, uint8_t flags, const char *iid)
{
	m_rrq(m, flags, 1800, AR1);
	m_nai(m, ALICE);
	m_req(m, iid);
	m_rev_support(m);
	m_sign(m);
}

static inline void
nothing_changed(void)
{
	ck_assert_uint_eq(rig.bindings.n_bound, 0);
	ck_assert_uint_eq(rig_routes(), 0);
	ck_assert_uint_eq(rig.pool[0].used + rig.pool[1].used, 0);
}

/* From the first router: refused with this code, counted, no trace. */
static inline void
denied(const struct m *m, uint8_t code)
{
	enum reg_verdict v = rig_in(m, AR1);
	size_t i = stats_code_index(code);

	ck_assert_int_eq(v, REG_REPLIED);
	expect(m, code, 0);
	ck_assert_uint_ge(rig.reg.stats.code[i], 1);
	ck_assert_uint_eq(rig.reg.stats.code[i], rig.peer[0].stats.code[i]);
	nothing_changed();
}

/* Dropped for this reason, no trace. */
static inline void
silent(const struct m *m, const char *src, enum had_drop why)
{
	uint64_t before = rig.reg.stats.drop[why];

	ck_assert_int_eq(rig_in(m, src), REG_DROPPED);
	ck_assert_uint_eq(rig.n_sent, 0);
	ck_assert_uint_eq(rig.reg.stats.drop[why], before + 1);
	nothing_changed();
	ck_assert_uint_eq(table_count(&rig.bindings.by_nai), 0);
}

#endif

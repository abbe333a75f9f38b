/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A foreign agent in a test tube: relay with a clock turned by hand, a data
 * plane that answers when told, and messages built byte by byte from RFC 3344's
 * pictures, not by the code under test. What is sent is checked the same way.
 */
#ifndef TESTS_UNIT_FAD_RIG_H
#define TESTS_UNIT_FAD_RIG_H

#include <arpa/inet.h>
#include <errno.h>

#include "common/clock.h"
#include "common/mip4.h"
#include "common/timers.h"
#include "fad/fad_config.h"
#include "fad/relay.h"
#include "fad/tunnel.h"
#include "tests/unit/rig.h"

#define COA	"192.0.2.1"	/* the foreign agent's care-of address */
#define FA	"10.9.0.1"	/* its address on the link */
#define FA_B	"10.8.0.1"	/* on a second link */
#define HA	"198.51.100.1"	/* a home agent with a key */
#define HA_OTHER "198.51.100.2"	/* one without */
#define HOME	"10.0.0.5"
#define HOME_B	"10.0.0.6"
#define AGENTS	"224.0.0.11"
#define ALICE	"alice@example.net"
#define MAC	"\x02\x00\x00\x00\x00\x05"
#define MAC_B	"\x02\x00\x00\x00\x00\x06"
#define N_ROUTES 64

static const uint8_t key_fh[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
	13, 14, 15 };
static const uint8_t key_mh[16] = { 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4,
	3, 2, 1, 0 };
static const uint8_t key_mf[16] = "mf-secret-mf-ke";

struct dp_route {
	struct dp_entry	 e;
	dp_done		*done;
	void		*arg;
	bool		 live, pending;
};

struct rig {
	struct fad_config	 conf;
	struct fad_link		 link[2];
	struct home_agent	 ha;
	struct home_net		 net;
	struct mip4_sa		 ha_sa[2];
	struct mobile_node	 mn;
	struct mip4_sa		 mn_sa;
	struct known		 known;
	struct timers		 timers;
	struct visitors		 visitors;
	struct relay		 relay;
	struct clock		 clock;
	int64_t			 ns;		/* since T0 */
	struct dataplane	 dp;
	bool			 dp_async, dp_fail;
	struct dp_route		 route[N_ROUTES];
	int			 home_err;	/* of sending there */
	unsigned		 n_node, n_home, n_busy;
	struct node		 node;		/* of the last sent */
	struct in_addr		 dst;
	uint8_t			 to_node[1500], to_home[1500];
	size_t			 node_len, home_len;
	struct in_addr		 ha_addr;
	uint16_t		 ha_port;
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
	return at_ntp(rig.ns);
}

static inline struct dp_route *
rig_dp_add(struct dataplane *dp, const struct dp_entry *e,
    struct dp_route *instead, dp_done *done, void *arg, int *status)
{
	unsigned i;

	(void)dp;
	if (instead) {
		ck_assert(instead->live);
		instead->live = instead->pending = false;
	}
	/* Never two of one home address on one link, or of one agent, but with
	 * other keys. */
	for (i = 0; i < N_ROUTES; i++)
		ck_assert(!rig.route[i].live ||
		    rig.route[i].e.home.s_addr != e->home.s_addr ||
		    (rig.route[i].e.link != e->link &&
		    (rig.route[i].e.ha.s_addr != e->ha.s_addr ||
		    rig.route[i].e.gre.own != e->gre.own)));
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

/* The kernel answers everything asked. */
static inline void
rig_dp_answer(int status)
{
	unsigned i;

	for (i = 0; i < N_ROUTES; i++) {
		if (!rig.route[i].pending)
			continue;
		rig.route[i].pending = false;
		rig.route[i].done(rig.route[i].arg, status);
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

static inline const struct dp_entry *
rig_route_of(const char *home)
{
	unsigned i;

	for (i = 0; i < N_ROUTES; i++)
		if (rig.route[i].live &&
		    rig.route[i].e.home.s_addr == inet_addr(home))
			return &rig.route[i].e;
	return NULL;
}

static inline void
rig_to_node(void *arg, const struct node *n, struct in_addr dst,
    const uint8_t *data, size_t len)
{
	(void)arg;
	rig.n_node++;
	rig.node = *n;
	rig.dst = dst;
	ck_assert_uint_le(len, sizeof(rig.to_node));
	memcpy(rig.to_node, data, len);
	rig.node_len = len;
}

static inline int
rig_to_home(void *arg, struct in_addr ha, uint16_t port, const uint8_t *data,
    size_t len)
{
	(void)arg;
	if (rig.home_err)
		return rig.home_err;
	rig.n_home++;
	rig.ha_addr = ha;
	rig.ha_port = port;
	ck_assert_uint_le(len, sizeof(rig.to_home));
	memcpy(rig.to_home, data, len);
	rig.home_len = len;
	return 0;
}

static inline void
rig_busy(void *arg)
{
	(void)arg;
	rig.n_busy++;
}

static inline void
rig_sa(struct mip4_sa *sa, uint32_t spi, const uint8_t *key)
{
	*sa = (struct mip4_sa){ .spi = spi, .alg = MIP4_ALG_HMAC_MD5,
		.key_len = 16 };
	memcpy(sa->key, key, 16);
}

static inline void
rig_conf(void)
{
	static char names[4][8] = { "acc0", "acc1", "home", "node" };

	rig.conf = (struct fad_config){ .port = 434, .max_lifetime = 1800,
		.max_visitors = 20, .max_pending = 10, .max_pending_node = 3,
		.pending_time = 7, .zero_home = true, .revocation = true,
		.types = MIP4_EXT_TYPES_DEFAULT, .links = rig.link,
		.n_links = 2, .home_agents = &rig.ha, .n_home_agents = 1 };
	rig.conf.care_of.s_addr = inet_addr(COA);
	rig.link[0] = (struct fad_link){ .name = names[0] };
	rig.link[0].address.s_addr = inet_addr(FA);
	rig.link[1] = (struct fad_link){ .name = names[1] };
	rig.link[1].address.s_addr = inet_addr(FA_B);
	rig_sa(&rig.ha_sa[0], 256, key_fh);
	rig_sa(&rig.ha_sa[1], 257, key_mf);	/* a key being changed */
	rig.ha = (struct home_agent){ .name = names[2], .sas = rig.ha_sa,
		.n_sas = 2 };
	rig.ha.addr.s_addr = inet_addr(HA);
	rig_sa(&rig.mn_sa, 768, key_mf);
	rig.mn = (struct mobile_node){ .name = names[3], .sas = &rig.mn_sa,
		.n_sas = 1 };
}

static inline void
rig_init(void)
{
	memset(&rig, 0, sizeof(rig));
	rig.clock = (struct clock){ rig_mono, rig_ntp, NULL };
	rig_conf();
	timers_init(&rig.timers);
	ck_assert_int_eq(known_init(&rig.known), 0);
	ck_assert(known_add_home_agent(&rig.known, &rig.ha));
	rig.visitors = (struct visitors){ .timers = &rig.timers,
		.clock = &rig.clock, .max_visitors = rig.conf.max_visitors,
		.max_pending = rig.conf.max_pending,
		.max_pending_node = rig.conf.max_pending_node };
	ck_assert_int_eq(visitors_init(&rig.visitors), 0);
	rig.dp = (struct dataplane){ rig_dp_add, rig_dp_del, NULL, 0 };
	rig.relay = (struct relay){ .conf = &rig.conf, .clock = &rig.clock,
		.known = &rig.known, .visitors = &rig.visitors,
		.dp = &rig.dp, .to_node = rig_to_node,
		.to_home = rig_to_home, .busy_changed = rig_busy };
	ck_assert_int_eq(relay_init(&rig.relay), 0);
	/* Who shares a place with whom is the same each time. */
	memset(rig.relay.denied_node.key, 1, sizeof(rig.relay.denied_node.key));
	memset(rig.relay.denied_station.key, 2,
	    sizeof(rig.relay.denied_station.key));
	rig.relay.log = (struct log_limit){ .rate = 1000, .burst = 1000 };
}

/* Shares a key with the mobile node of this NAI, or home address. */
static inline void
rig_know_mn(const char *nai, const char *home)
{
	static char name[64];

	if (nai) {
		snprintf(name, sizeof(name), "%s", nai);
		rig.mn.name = name;
		rig.mn.nai_len = strlen(name);
	} else {
		rig.mn.nai_len = 0;
		rig.mn.addr.s_addr = inet_addr(home);
	}
	ck_assert(known_add_mobile_node(&rig.known, &rig.mn));
}

static inline void
rig_free(void)
{
	relay_shutdown(&rig.relay);
	ck_assert_uint_eq(rig_routes(), 0);
	visitors_free(&rig.visitors);
	known_free(&rig.known);
	ck_assert(timers_next(&rig.timers).ns == MONO_NEVER.ns);
	timers_free(&rig.timers);
}

static inline void
rig_wait(double seconds)
{
	time_goes_by(&rig.timers, &rig.ns, (int64_t)(seconds * 1e9));
}

/* The fixed part of a Registration Request, with an Identification of its own
 * because the clock moves a little with each. */
static inline void
m_rrq(struct m *m, uint8_t flags, uint16_t life, const char *home,
    const char *ha, const char *coa)
{
	rig.ns += 1000000;
	m->n = 0;
	m_int(m, 1, 1);
	m_int(m, flags, 1);
	m_int(m, life, 2);
	m_ip(m, home);
	m_ip(m, ha);
	m_ip(m, coa);
	m_int(m, rig_ntp(NULL), 8);
}

/* That of the reply to it. */
static inline void
m_rrp(struct m *m, const struct m *rrq, uint8_t code, uint16_t life,
    const char *home)
{
	m->n = 0;
	m_int(m, 3, 1);
	m_int(m, code, 1);
	m_int(m, life, 2);
	m_ip(m, home);
	m_put(m, rrq->b + 8, 4);
	m_put(m, rrq->b + 16, 8);
}

/* How a request comes. */
struct way {
	const char	*mac, *src, *dst;
	unsigned	 link;
	uint8_t		 ttl;
};
#define WAY	{ MAC, HOME, FA, 0, 255 }

static inline void
rig_in(const struct m *m, const struct way *y)
{
	struct relay_packet p = { .ttl = y->ttl, .data = m->b, .len = m->n };

	p.node.link = y->link;
	memcpy(p.node.lladdr, y->mac, 6);
	p.node.src.s_addr = inet_addr(y->src);
	p.node.dst.s_addr = inet_addr(y->dst);
	p.node.port = 4434;
	rig.n_node = rig.n_home = 0;
	relay_from_node(&rig.relay, &p);
}

static inline void
rig_reply(const struct m *m, const char *src)
{
	const struct in_addr a = { inet_addr(src) };

	rig.n_node = rig.n_home = 0;
	relay_from_home(&rig.relay, a, 434, m->b, m->n);
}

/* An ordinary request, complete. */
static inline void
m_plain(struct m *m, uint8_t flags, uint16_t life, const char *home,
    const char *ha)
{
	m_rrq(m, flags, life, home, ha, COA);
	m_auth(m, 32, 512, key_mh);
}

/* The home agent's answer, complete. */
static inline void
m_answer(struct m *m, const struct m *rrq, uint8_t code, uint16_t life,
    const char *home)
{
	m_rrp(m, rrq, code, life, home);
	m_auth(m, 32, 512, key_mh);
	m_auth(m, 34, 256, key_fh);
}

/* The whole of a registration. */
static inline void
rig_register(const char *home, uint8_t flags, uint16_t life,
    const struct way *y)
{
	struct m q, a;

	m_plain(&q, flags, life, home, HA);
	rig_in(&q, y);
	ck_assert_uint_eq(rig.n_home, 1);
	m_answer(&a, &q, 0, life, home);
	rig_reply(&a, HA);
}

#endif

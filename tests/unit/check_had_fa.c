/* SPDX-License-Identifier: BSD-2-Clause */
/* Access nodes behind foreign agents, as the home agent sees them: what proves
 * whom, and the IPv4 home addresses [PROTOCOLS 8.1, 11.6, D187]. */
#include "config.h"

#include "had/access_node.h"
#include "had/home4.h"
#include "had/mn.h"
#include "tests/unit/had_rig.h"

#define AN	"10.1.0.1"
#define FA1	"192.0.2.254"	/* shares a key with us */
#define FA2	"192.0.2.253"	/* does not */
#define H1	"172.16.0.1"
#define H2	"172.16.0.2"

static char mn1[] = "mn1@example.net", mn2[] = "mn2@example.net",
    mn3[] = "mn3@example.net";
static struct user second, third;
static struct foreign_agent agents[2];
static struct care_of_range ranges[3];
static struct mip4_sa sa;

static void
setup(void)
{
	rig_init();
	rig_nodes("10.1.0.0", 16);
	rig_user(&rig.user, mn1);
	rig_user(&second, mn2);
	rig_user(&third, mn3);
	sa = (struct mip4_sa){ .spi = 256, .alg = MIP4_ALG_HMAC_MD5,
		.key_len = 16 };
	memcpy(sa.key, key1, 16);
	agents[0] = (struct foreign_agent){ { inet_addr(FA1) }, &sa, 1 };
	agents[1] = (struct foreign_agent){ { inet_addr(FA2) }, NULL, 0 };
	ranges[0] = rig.range;
	for (unsigned i = 0; i < 2; i++) {
		uint32_t a = ntohl(agents[1 - i].addr.s_addr);

		ranges[1 + i] = (struct care_of_range){ a, a, &rig.nodes.peer,
			&agents[1 - i] };
	}
	rig.peers.ranges = ranges;
	rig.peers.n_ranges = 3;
	ck_assert_int_eq(home4_init(&rig.nodes.home4,
	    ntohl(inet_addr("172.16.0.0")), ntohl(inet_addr("172.16.0.3"))),
	    0);
	ck_assert_uint_eq(rig.nodes.home4.n, 2);
}

static void
teardown(void)
{
	rig_free();
	ck_assert_uint_eq(rig.nodes.home4.n_used, 0);
	home4_free(&rig.nodes.home4);
}

/* A GRE key of the agent's. */
enum where { NONE, RIGHT, BEFORE_32, BEHIND_34, TWICE };

struct asks {
	const char	*fa, *nai, *home;
	enum where	 gre;
	uint32_t	 key;
	uint8_t		 flags, type;		/* of the empty extension */
	uint16_t	 life;
	bool		 wrong_mn, no_fa, wrong_fa;
};

static void
m_key(struct m *m, const struct asks *a, enum where where)
{
	if (a->gre != where)
		return;
	m_int(m, 48, 1);
	m_int(m, 0, 1);
	m_int(m, 4, 2);
	m_int(m, a->key, 4);
}

/* What the mobile node has signed, and what the agent adds. */
static void
m_relayed(struct m *m, const struct asks *a)
{
	static const uint8_t wrong[16] = { 1 };

	m_rrq(m, a->flags, a->life, a->fa);
	if (a->home) {
		m->n = 4;
		m_ip(m, a->home);
		m->n = 24;
	}
	m_nai(m, a->nai);
	m_ext(m, a->type, "", 1);
	m_key(m, a, BEFORE_32);
	m_auth(m, 32, 512, a->wrong_mn ? wrong : key_mn);
	m_key(m, a, RIGHT);
	m_key(m, a, TWICE);
	m_key(m, a, TWICE);
	if (a->no_fa)
		return;
	m_rev_support(m);
	m_auth(m, 34, 256, a->wrong_fa ? wrong : key1);
	m_key(m, a, BEHIND_34);
}

static struct asks
entry_of(const char *fa, const char *nai)
{
	return (struct asks){ .fa = fa, .nai = nai, .flags = MIP4_F_T,
		.type = 220, .life = 300, .no_fa = strcmp(fa, FA2) == 0 };
}

static void
in(struct m *m, const struct asks *a)
{
	m_relayed(m, a);
	rig_in(m, a->fa);
}

/* Is what stands at off, to its end, an authenticator by this key? */
static void
signed_at(size_t off, const uint8_t *key)
{
	unsigned len = 16;
	uint8_t out[16];

	ck_assert_uint_gt(off, 0);
	HMAC(EVP_md5(), key, 16, rig.sent, off + 6, out, &len);
	ck_assert_mem_eq(rig.sent + off + 6, out, 16);
}

static void
refused_by(struct m *m, const struct asks *a, uint8_t code)
{
	in(m, a);
	ck_assert_uint_eq(rig.n_sent, 1);
	ck_assert_uint_eq(rig.sent[1], code);
	ck_assert_mem_eq(rig.sent + 4, m->b + 4, 4);
	ck_assert_uint_eq(sent_ext(221), 0);
	signed_at(sent_ext(32), key_mn);
}

static void
accepted(const char *home, uint16_t life)
{
	size_t off = sent_ext(221);
	struct m want = { .n = 0 };

	ck_assert_uint_eq(rig.n_sent, 1);
	ck_assert_uint_eq(rig.sent[1], 0);
	ck_assert_uint_eq(rig.sent[2] << 8 | rig.sent[3], life);
	m_ip(&want, home);
	ck_assert_mem_eq(rig.sent + 4, want.b, 4);
	ck_assert_mem_eq(rig.sent + off, "\335\1\0", 3);
	signed_at(sent_ext(32), key_mn);
}

static const struct dp_route *
route_of(const char *home)
{
	for (unsigned i = 0; i < N_ROUTES; i++)
		if (rig.route[i].live && rig.route[i].e.len == 0 &&
		    rig.route[i].e.coa.s_addr == inet_addr(home))
			return &rig.route[i];
	return NULL;
}

static const char *
home_of(const char *nai)
{
	return of(nai)->mn->coa.s_addr == inet_addr(H1) ? H1 : H2;
}

START_TEST(entry)
{
	struct asks a = entry_of(FA1, mn1);
	struct binding *b;
	uint8_t first[512];
	const char *h;
	size_t len;
	struct m m;

	in(&m, &a);
	b = of(mn1);
	ck_assert_int_eq(b->state, BINDING_BOUND);
	h = home_of(mn1);
	accepted(h, 300);
	ck_assert_uint_gt(sent_ext(221), sent_ext(131));
	ck_assert_uint_eq(sent_ext(32), sent_ext(221) + 3);
	ck_assert_uint_eq(sent_ext(137), sent_ext(32) + 22);
	ck_assert_uint_eq(sent_ext(34), sent_ext(137) + 8);
	ck_assert(sent_authentic(key1));
	ck_assert_uint_eq(rig.flow.dst.s_addr, inet_addr(FA1));
	ck_assert(b->negotiated && mn_fa(b->mn) == &agents[0]);
	ck_assert_uint_eq(b->coa.s_addr, inet_addr(FA1));
	ck_assert_uint_eq(route_of(h)->e.via.s_addr, inet_addr(FA1));
	ck_assert_uint_eq(rig.nodes.home4.n_used, 1);
	/* A copy is answered alike [D8]. */
	len = rig.sent_len;
	memcpy(first, rig.sent, len);
	rig_in(&m, FA1);
	ck_assert_uint_eq(rig.sent_len, len);
	ck_assert_mem_eq(rig.sent, first, len);
	ck_assert_uint_eq(rig.reg.stats.duplicates, 1);

	a.type = 221;
	a.home = h;
	in(&m, &a);
	accepted(h, 300);
	a.home = NULL;			/* it has forgotten */
	in(&m, &a);
	accepted(h, 300);
	a.home = h;
	a.life = 0;
	in(&m, &a);
	accepted(h, 0);
	ck_assert_int_eq(b->state, BINDING_IDLE);
	ck_assert_uint_eq(rig_routes(), 0);
	ck_assert_uint_eq(rig.nodes.home4.n_used, 0);
	/* It gets the same again, by its name; or as it says, after a
	 * restart of ours. */
	a = entry_of(FA2, mn1);
	in(&m, &a);
	accepted(h, 300);
	ck_assert_uint_eq(sent_ext(34) + sent_ext(137), 0);
	ck_assert(!b->negotiated);
	a = entry_of(FA1, mn2);
	a.type = 221;
	a.home = strcmp(h, H1) == 0 ? H2 : H1;
	in(&m, &a);
	accepted(a.home, 300);
}
END_TEST

/* Of the home address that it has, or of none, which is told; one before it may
 * have lost [D219]. */
START_TEST(leaves)
{
	struct asks a = entry_of(FA1, mn1);
	const char *h;
	struct m m;

	in(&m, &a);
	h = home_of(mn1);
	a.type = 221;
	a.life = 0;
	a.home = strcmp(h, H1) == 0 ? H2 : H1;
	in(&m, &a);
	accepted(a.home, 0);
	ck_assert_int_eq(of(mn1)->state, BINDING_BOUND);
	a.home = NULL;
	in(&m, &a);
	accepted(h, 0);
	ck_assert_int_eq(of(mn1)->state, BINDING_IDLE);
}
END_TEST

/* The advertisement's MTU is that of two tunnels [D33]. */
/* Its Router Advertisement says so. */
static void
has_mtu(struct asks a, uint16_t mtu)
{
	const uint8_t option[] = { 5, 1, 0, 0, 0, 0, (uint8_t)(mtu >> 8),
	    (uint8_t)mtu };
	uint8_t ra[MN_RA_MAX];
	struct m m;
	int len;

	in(&m, &a);
	len = mn_ra_write(of(mn1)->mn, ra);
	ck_assert_int_gt(len, 0);
	ck_assert_ptr_nonnull(memmem(ra, (size_t)len, option,
	    sizeof(option)));
}

START_TEST(mtu)
{
	has_mtu(entry_of(FA1, mn1), 1460);
}
END_TEST

START_TEST(refused)
{
	struct asks a = entry_of(FA1, mn1);
	struct m m;

	a.wrong_mn = true;
	refused_by(&m, &a, 131);
	a = entry_of(FA1, mn1);
	a.no_fa = true;
	refused_by(&m, &a, 132);
	a = entry_of(FA1, mn1);
	a.wrong_fa = true;
	refused_by(&m, &a, 132);
	a = entry_of(FA2, mn1);
	a.no_fa = false;		/* none is shared: silence */
	in(&m, &a);
	ck_assert_uint_eq(rig.n_sent, 0);
	a = entry_of(FA1, "nobody@example.net");
	in(&m, &a);
	ck_assert_uint_eq(rig.n_sent, 0);
	a = entry_of(FA1, mn1);
	a.flags |= MIP4_F_D;
	refused_by(&m, &a, 134);
	a.flags = 0;
	refused_by(&m, &a, 138);
	a = entry_of(FA1, mn1);
	m_relayed(&m, &a);		/* by another than it names */
	rig_in(&m, FA2);
	ck_assert_uint_eq(rig.n_sent, 0);
	a.home = "172.16.0.9";
	refused_by(&m, &a, 129);
	a.home = "172.16.0.0";
	refused_by(&m, &a, 129);
	ck_assert_uint_eq(rig.nodes.home4.n_used, 0);
	ck_assert_uint_eq(rig_routes(), 0);
}
END_TEST

START_TEST(all_are_given)
{
	struct asks a = entry_of(FA1, mn1);
	const char *h;
	struct m m;

	in(&m, &a);
	h = home_of(mn1);
	accepted(h, 300);
	a = entry_of(FA1, mn2);
	a.home = h;			/* another's */
	refused_by(&m, &a, 129);
	a.home = NULL;
	in(&m, &a);
	accepted(home_of(mn2), 300);
	ck_assert_str_ne(home_of(mn2), h);
	/* Behind one agent, and told apart [D28]. */
	ck_assert_ptr_nonnull(route_of(H1));
	ck_assert_ptr_nonnull(route_of(H2));
	a = entry_of(FA1, mn3);
	refused_by(&m, &a, 130);
	a = entry_of(FA1, mn1);
	a.type = 221;
	a.home = home_of(mn2);		/* it has one of its own */
	refused_by(&m, &a, 129);
	rig_wait(301);
	ck_assert_uint_eq(rig.nodes.home4.n_used, 0);
	a = entry_of(FA1, mn3);
	in(&m, &a);
	ck_assert_uint_eq(rig.sent[1], 0);
}
END_TEST

/* From one agent to the other the address stays; the one before is told, by
 * the address alone, and says that it knows. */
START_TEST(moves)
{
	struct asks a = entry_of(FA1, mn1);
	struct m m, want = { .n = 0 };
	uint32_t id;
	const char *h;

	in(&m, &a);
	h = home_of(mn1);
	rig_wait(2);
	a = entry_of(FA2, mn1);
	in(&m, &a);
	accepted(h, 300);
	ck_assert_uint_eq(rig_routes(), 1);
	ck_assert_uint_eq(route_of(h)->e.via.s_addr, inet_addr(FA2));
	rig.n_sent = 0;
	rig_wait(0.1);
	ck_assert_uint_eq(rig.n_sent, 1);
	ck_assert_uint_eq(rig.sent[0], 7);
	m_ip(&want, h);
	m_ip(&want, HA);
	m_ip(&want, FA1);
	ck_assert_mem_eq(rig.sent + 4, want.b, 12);
	ck_assert_uint_eq(rig.flow.dst.s_addr, inet_addr(FA1));
	memcpy(&id, rig.sent + 16, 4);
	signed_at(rig.sent_len - 22, key1);
	want.n = 0;
	m_int(&want, 15, 1);
	m_int(&want, 0, 3);
	m_ip(&want, h);
	m_put(&want, &id, 4);
	m_auth(&want, 34, 256, key1);
	rig_in(&want, FA1);
	ck_assert_uint_eq(rig.reg.stats.revoke_acked, 1);

	/* And straight here, then back. */
	m_rrq(&m, MIP4_F_D, 600, AN);
	m_nai(&m, mn1);
	m_ext(&m, 120, "", 1);
	m_auth(&m, 32, 512, key_mn);
	rig_in(&m, AN);
	ck_assert_uint_eq(rig.sent[1], 0);
	ck_assert_mem_eq(rig.sent + 4, "\0\0\0\0", 4);
	ck_assert_uint_eq(rig.nodes.home4.n_used, 0);
	ck_assert_ptr_nonnull(route_of(AN));
	ck_assert_uint_eq(route_of(AN)->e.via.s_addr, INADDR_ANY);
	ck_assert_ptr_null(route_of(h));
	a = entry_of(FA1, mn1);
	in(&m, &a);
	accepted(h, 300);
	ck_assert_uint_eq(rig_routes(), 1);
}
END_TEST

static void
revoke_it(const char *home, const char *nai)
{
	struct m m = { .n = 0 };

	m_int(&m, 0x07000000, 4);
	m_ip(&m, home);
	m_ip(&m, HA);
	m_ip(&m, FA1);
	m_int(&m, rig_ntp(NULL) >> 32, 4);
	if (nai)
		m_nai(&m, nai);
	m_auth(&m, 34, 256, key1);
	rig_in(&m, FA1);
	ck_assert_uint_eq(rig.sent[0], 15);
	ck_assert(sent_authentic(key1));
}

/* The agent ends it: by RFC 3543 it need not say more than the address, but
 * that of who has had it before is nobody's. */
START_TEST(ended_by_its_agent)
{
	struct asks a = entry_of(FA1, mn1);
	struct m m;
	const char *h;

	in(&m, &a);
	h = home_of(mn1);
	rig_wait(2);
	revoke_it(h, mn2);
	ck_assert_int_eq(of(mn1)->state, BINDING_BOUND);
	rig_wait(2);
	revoke_it(h, NULL);
	ck_assert_int_eq(of(mn1)->state, BINDING_IDLE);
	in(&m, &a);
	h = home_of(mn1);
	rig_wait(2);
	revoke_it(h, "mn1@EXAMPLE.net");
	ck_assert_int_eq(of(mn1)->state, BINDING_IDLE);
	ck_assert_uint_eq(rig.nodes.home4.n_used, 0);
}
END_TEST

/* The key of the last reply, behind 32 and covered by 34. */
static uint32_t
given_key(void)
{
	size_t off = sent_ext(48);
	const uint8_t *at = rig.sent + off;

	ck_assert_uint_eq(off, sent_ext(32) + 22);
	ck_assert_mem_eq(at, "\60\0\0\4", 4);
	ck_assert(sent_authentic(key1));
	return (uint32_t)at[4] << 24 | (uint32_t)at[5] << 16 |
	    (uint32_t)at[6] << 8 | at[7];
}

static struct asks
gre_of(const char *nai, uint32_t key)
{
	struct asks a = entry_of(FA1, nai);

	rig.nodes.peer.gre = true;
	a.gre = RIGHT;
	a.key = key;
	return a;
}

/* Its keys stay over renewals, also where it says none of its own (0); at the
 * end it is told, and of a denial there is none. */
START_TEST(gre)
{
	struct asks a = gre_of(mn1, 0xcafe);
	const struct dp_entry *e;
	struct m m;
	uint32_t key;
	const char *h;

	in(&m, &a);
	h = home_of(mn1);
	accepted(h, 300);
	key = given_key();
	ck_assert_uint_ne(key, 0);
	e = &route_of(h)->e;
	ck_assert(e->gre.own == key && e->gre.peer == 0xcafe);
	ck_assert_uint_eq(e->via.s_addr, inet_addr(FA1));
	a.type = 221;
	a.home = h;
	a.flags |= MIP4_F_G;			/* says nothing more */
	in(&m, &a);
	accepted(h, 300);
	ck_assert_uint_eq(given_key(), key);
	ck_assert_uint_eq(rig_routes(), 1);
	a.wrong_fa = true;
	refused_by(&m, &a, 132);
	ck_assert_uint_eq(sent_ext(48), 0);
	a.wrong_fa = false;
	/* Without one it is the agent's ordinary tunnel. */
	a.gre = NONE;
	a.flags = MIP4_F_T;
	in(&m, &a);
	accepted(h, 300);
	ck_assert_uint_eq(sent_ext(48), 0);
	ck_assert_uint_eq(rig_routes(), 1);
	ck_assert_uint_eq(route_of(h)->e.gre.own, 0);
	rig_wait(2);
	a.gre = RIGHT;
	a.key = 0;				/* ours is both's */
	in(&m, &a);
	accepted(h, 300);
	key = given_key();
	e = &route_of(h)->e;
	ck_assert(e->gre.own == key && e->gre.peer == key);
	a.life = 0;
	in(&m, &a);
	accepted(h, 0);
	ck_assert_uint_eq(given_key(), key);
	ck_assert_uint_eq(rig_routes(), 0);
}
END_TEST

/* The same message, relayed with another key, as by an agent that takes what
 * came twice for two: no yes that means the first key. */
START_TEST(gre_twice)
{
	struct asks a = gre_of(mn1, 0xcafe);
	const struct dp_entry *e;
	struct m m, again;
	uint32_t key;
	const char *h;

	in(&m, &a);
	h = home_of(mn1);
	key = given_key();
	rig_in(&m, FA1);
	accepted(h, 300);
	ck_assert_uint_eq(given_key(), key);
	again = m;
	again.n -= 22 + 8 + 4;			/* 34, 137, the key */
	m_int(&again, 0xbeef, 4);
	m_rev_support(&again);
	m_auth(&again, 34, 256, key1);
	ck_assert_uint_eq(again.n, m.n);
	rig_in(&again, FA1);
	ck_assert_uint_eq(rig.sent[1], 133);
	ck_assert_uint_eq(sent_ext(48), 0);
	e = &route_of(h)->e;
	ck_assert(e->gre.own == key && e->gre.peer == 0xcafe);
	rig_in(&m, FA1);
	accepted(h, 300);
	ck_assert_uint_eq(given_key(), key);
	a.life = 0;
	in(&m, &a);
	accepted(h, 0);
	rig_in(&m, FA1);
	ck_assert_uint_eq(rig.sent[1], 0);
}
END_TEST

/* Two tunnels and a key [D33]. */
START_TEST(gre_mtu)
{
	has_mtu(gre_of(mn1, 1), 1452);
}
END_TEST

START_TEST(gre_refused)
{
	struct asks a = gre_of(mn1, 1);
	struct m m;

	rig.nodes.peer.gre = false;
	refused_by(&m, &a, 139);
	a.gre = NONE;
	a.flags |= MIP4_F_G;
	rig.nodes.peer.gre = true;
	refused_by(&m, &a, 139);
	a.gre = BEFORE_32;
	refused_by(&m, &a, 134);
	a.gre = BEHIND_34;
	refused_by(&m, &a, 134);
	a.gre = TWICE;
	refused_by(&m, &a, 134);
	/* An agent that shares no key proves nothing. */
	a = entry_of(FA2, mn1);
	a.gre = RIGHT;
	a.key = 1;
	refused_by(&m, &a, 134);
	/* But where there is no GRE at all that is what it is told. */
	rig.nodes.peer.gre = false;
	refused_by(&m, &a, 139);
	ck_assert_uint_eq(rig_routes(), 0);
	ck_assert_uint_eq(rig.nodes.home4.n_used, 0);
}
END_TEST

static int
realm_of(const char *nai)
{
	int i = peer_realm(&rig.nodes.peer, (const uint8_t *)nai,
	    strlen(nai));

	ck_assert(peer_allows(&rig.nodes.peer, (const uint8_t *)nai,
	    strlen(nai)) == (i >= 0));
	return i;
}

/* Each realm has the addresses for itself: two behind one agent have the same
 * one, and each is told, and ends, by its own name. */
START_TEST(overlapping)
{
	static char realm[2][16] = { "example.net", "example.org" };
	static char *realms[] = { realm[0], realm[1] };
	static char other[] = "mn1@example.org";
	static struct user foreign;
	struct home4 spaces[2];
	struct asks a = gre_of(mn1, 0xcafe);
	struct m m;
	uint32_t key[2];
	const char *h;

	rig_user(&foreign, other);
	rig.nodes.peer.realms = realms;
	rig.nodes.peer.n_realms = 2;
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(home4_copy(&spaces[i], &rig.nodes.home4), 0);
	rig.nodes.spaces = spaces;
	rig.nodes.n_spaces = 2;
	ck_assert_int_eq(realm_of("x@Example.Org"), 1);
	ck_assert_int_eq(realm_of("x@example.org@example.net"), 0);
	ck_assert_int_eq(realm_of("x@sub.example.net"), -1);
	ck_assert_int_eq(realm_of("example.net"), -1);	/* a name */
	ck_assert_int_eq(realm_of(""), -1);
	in(&m, &a);
	h = home_of(mn1);
	accepted(h, 300);
	key[0] = given_key();
	a = gre_of(other, 0xbeef);
	a.home = h;			/* as it says, after a restart */
	a.type = 221;
	in(&m, &a);
	accepted(h, 300);
	key[1] = given_key();
	ck_assert_uint_ne(key[0], key[1]);
	ck_assert_uint_eq(rig_routes(), 2);
	ck_assert_uint_eq(spaces[0].n_used + spaces[1].n_used, 2);
	ck_assert_uint_eq(binding_gre(of(mn1)).own, key[0]);
	ck_assert_uint_eq(binding_gre(of(other)).peer, 0xbeef);
	/* In one realm it is one's. */
	a = gre_of(mn2, 2);
	a.home = h;
	refused_by(&m, &a, 129);
	/* What nothing tells apart is refused. */
	a.home = NULL;
	a.gre = NONE;
	refused_by(&m, &a, 139);
	a.life = 0;			/* to leave it is not needed */
	in(&m, &a);
	ck_assert_uint_eq(rig.sent[1], 0);

	/* Of two with this address the one that it names. */
	rig_wait(2);
	revoke_it(h, other);
	ck_assert_int_eq(of(other)->state, BINDING_IDLE);
	ck_assert_int_eq(of(mn1)->state, BINDING_BOUND);
	ck_assert_uint_eq(spaces[1].n_used, 0);
	a = gre_of(mn1, 0xcafe);
	a.type = 221;
	a.home = h;
	a.life = 0;
	in(&m, &a);
	ck_assert_uint_eq(given_key(), key[0]);
	for (int i = 0; i < 2; i++) {
		ck_assert_uint_eq(spaces[i].n_used, 0);
		home4_free(&spaces[i]);
	}
	rig.nodes.peer.realms = NULL;
	rig.nodes.peer.n_realms = 0;
}
END_TEST

/* No data path: nothing is kept. */
START_TEST(no_path)
{
	struct asks a = entry_of(FA1, mn1);
	struct m m;

	rig.dp_fail = true;
	refused_by(&m, &a, 130);
	ck_assert_uint_eq(rig.nodes.home4.n_used, 0);
	rig.dp_async = true;
	in(&m, &a);
	ck_assert_uint_eq(rig.nodes.home4.n_used, 1);
	rig.n_sent = 0;
	rig_dp_answer(-ENOMEM);
	ck_assert_uint_eq(rig.sent[1], 130);
	ck_assert_uint_eq(rig.nodes.home4.n_used, 0);
}
END_TEST

/* Against a list of who has what. */
START_TEST(home_addresses)
{
	static const unsigned sizes[] = { 1, 2, 3, 64, 65, 130, 1000 };
	struct home4 h;

	for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
		unsigned n = sizes[k] + (sizes[k] > 2 ? 2 : 0), got = 0;
		uint8_t seen[1000] = { 0 };
		struct in_addr a;
		char nai[16];

		ck_assert_int_eq(home4_init(&h, 0x0a000000, 0x0a000000 + n -
		    1), 0);
		ck_assert_uint_eq(h.n, sizes[k]);
		for (;; got++) {
			snprintf(nai, sizeof(nai), "%u@x", got * 7919);
			if (!home4_find(&h, nai, strlen(nai), &a))
				break;
			ck_assert(home4_is_free(&h, a));
			ck_assert_uint_eq(seen[ntohl(a.s_addr) - h.first]++,
			    0);
			home4_take(&h, a);
			ck_assert(!home4_is_free(&h, a) && home4_has(&h, a));
		}
		ck_assert_uint_eq(got, sizes[k]);
		/* The only one that is free is found. */
		a.s_addr = htonl(h.first + h.n / 2);
		home4_put(&h, a);
		home4_put(&h, a);
		a.s_addr = 0;
		ck_assert(home4_find(&h, "z", 1, &a));
		ck_assert_uint_eq(ntohl(a.s_addr), h.first + h.n / 2);
		ck_assert_uint_eq(h.n_used, h.n - 1);
		home4_put(&h, (struct in_addr){ htonl(h.first - 1) });
		home4_put(&h, (struct in_addr){ htonl(h.first + h.n) });
		ck_assert_uint_eq(h.n_used, h.n - 1);
		home4_free(&h);
	}
	ck_assert_int_lt(home4_init(&h, 0, 0x1ffff), 0);
	ck_assert_int_lt(home4_init(&h, 0, UINT32_MAX), 0);
	ck_assert(!home4_has(&h, (struct in_addr){ 0 }));
	home4_free(&h);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("had_fa");
	TCase *t = tcase_create("had_fa");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, entry);
	tcase_add_test(t, leaves);
	tcase_add_test(t, mtu);
	tcase_add_test(t, refused);
	tcase_add_test(t, all_are_given);
	tcase_add_test(t, moves);
	tcase_add_test(t, ended_by_its_agent);
	tcase_add_test(t, no_path);
	tcase_add_test(t, gre);
	tcase_add_test(t, gre_twice);
	tcase_add_test(t, gre_mtu);
	tcase_add_test(t, gre_refused);
	tcase_add_test(t, overlapping);
	tcase_add_test(t, home_addresses);
	suite_add_tcase(s, t);
	return test_run(s);
}

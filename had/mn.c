/* SPDX-License-Identifier: BSD-2-Clause */
/* Mobile nodes behind access nodes, and when they are told what. See had/mn.h;
 * reg_node.c says which there are, mn_addr.c what becomes of their
 * addresses. */
#include "had/mn_int.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/icmp6.h"

#define TYPE_RS		133
#define TYPE_RA		134
#define TYPE_NS		135
#define TYPE_NA		136
#define RA_COUNT_MAX	31	/* more are not counted */

void
mns_name_router(struct mns *ms, struct in_addr own)
{
	ms->router = (struct in6_addr){ .s6_addr = { 0xfe, 0x80 } };
	memcpy(&ms->router.s6_addr[12], &own, sizeof(own));
	memcpy(ms->lladdr, "\2\0", 2);
	memcpy(ms->lladdr + 2, &own, sizeof(own));
}

int
mns_init(struct mns *ms)
{
	memset(&ms->stats, 0, sizeof(ms->stats));
	ms->n_addrs = 0;
	ms->log = (struct log_limit){ .rate = 100, .burst = 1000 };
	return table_init(&ms->by_coa);
}

void
mns_free(struct mns *ms)
{
	table_free(&ms->by_coa);
}

struct way {
	struct in_addr	coa;
	uint32_t	gre_out;
};

static bool
way_eq(const struct table_node *n, const void *key)
{
	const struct mn *m = container_of(n, struct mn, by_coa);
	const struct way *w = key;

	return m->coa.s_addr == w->coa.s_addr &&
	    binding_gre(m->binding).peer == w->gre_out;
}

static uint64_t
hash(const struct table *t, struct in_addr coa, uint32_t gre_out)
{
	const struct way w = { coa, gre_out };

	return table_hash(t, &w, sizeof(w));
}

struct mn *
mn_at(const struct mns *ms, struct in_addr coa, uint32_t gre_out)
{
	const struct way w = { coa, gre_out };
	struct table_node *n = table_find(&ms->by_coa,
	    hash(&ms->by_coa, coa, gre_out), way_eq, &w);

	return n ? container_of(n, struct mn, by_coa) : NULL;
}

size_t
mn_prefixes(const struct mn *m, struct pool *const **pools)
{
	*pools = m->binding->peer->pools;
	return m->binding->peer->n_pools;
}

/* ---- what is said ---- */

/* When what was advertised last is over at the host, too, which heard of it a
 * little later and counts whole seconds [D227]; never, if it is not. */
static mono_t
end_of_prefixes(const struct mn *m)
{
	uint32_t valid = m->binding->peer->nodes->ra.valid;

	if (valid == UINT32_MAX || !m->told)
		return MONO_NEVER;
	return mono_add_ms(m->last_ra, (int64_t)valid * 1000 + MN_LINGER_MS);
}

void
mn_set_timer(struct mn *m)
{
	mono_t at = m->next_ra, end = end_of_prefixes(m);

	if (mono_before(end, at))
		at = end;
	if (m->deaf && mono_before(mn_hears_at(m), at))
		at = mn_hears_at(m);
	binding_wake_at(m->binding, at);
}

static void
advertise(struct mn *m)
{
	struct mns *ms = mn_owner(m);
	mono_t now = clock_mono(ms->clock);
	uint8_t buf[MN_RA_MAX];
	int len = mn_ra_write(m, buf);

	if (len > 0 && ms->io && ms->io->send(ms->arg, m, buf, (size_t)len)) {
		ms->stats.ra_sent++;
		m->last_ra = now;
		m->n_ra += m->n_ra < RA_COUNT_MAX;
		m->told = true;
	}
	m->next_ra = mn_ra_next(m, now);
}

void
mn_woken(struct mn *m)
{
	mono_t now = clock_mono(mn_owner(m)->clock);

	mn_hear_again(m, now);
	if (!mono_before(now, end_of_prefixes(m))) {
		mn_addrs_expire(m);
		m->told = false;
	}
	if (!mono_before(now, m->next_ra))
		advertise(m);
	mn_set_timer(m);
}

static void
solicited(struct mn *m)
{
	mono_t at = mn_ra_solicited(m, clock_mono(mn_owner(m)->clock));

	if (!mono_before(at, m->next_ra))
		return;
	m->next_ra = at;
	mn_set_timer(m);
}

/* ---- what is heard ---- */

/* Where are we, and are we there [RFC 4861 7.2.4]? */
static void
tell_lladdr(struct mn *m, const struct in6_addr *to)
{
	struct nd6 na = {
		.advert = true, .router = true, .solicited = true,
		.override = true, .has_lladdr = true,
		.src = mn_owner(m)->router, .dst = *to,
		.target = mn_owner(m)->router,
	};

	memcpy(na.lladdr, mn_owner(m)->lladdr, sizeof(na.lladdr));
	mn_say(m, &na);
}

/* Of two addresses in one solicitation the one is asked for: what it has is
 * learnt from its next packet. Must be the last thing that is done. */
static void
neighbour(struct mn *m, const uint8_t *packet, size_t len)
{
	struct nd6 nd;

	if (nd6_decode(&nd, packet, len) != 0) {
		mn_owner(m)->stats.malformed++;
		return;
	}
	if (IN6_IS_ADDR_UNSPECIFIED(&nd.src)) {
		if (!nd.advert)
			mn_claim(m, &nd.target);
		return;
	}
	if (!nd.advert && IN6_ARE_ADDR_EQUAL(&nd.target, &mn_owner(m)->router))
		tell_lladdr(m, &nd.src);
	mn_claim(m, &nd.src);
}

void
mn_input(struct mn *m, const uint8_t *packet, size_t len)
{
	struct mns *ms = mn_owner(m);
	struct nd6_packet p;
	struct in6_addr src;
	int err = nd6_open(&p, packet, len);

	if (!m->up)
		return;
	ms->stats.received++;
	if (err == 0 && p.type == TYPE_RS) {
		if (!icmp6_rs_valid(p.icmp, p.len, p.hop_limit, &p.src)) {
			ms->stats.malformed++;
			return;
		}
		solicited(m);
		if (!IN6_IS_ADDR_UNSPECIFIED(&p.src))
			mn_claim(m, &p.src);
		return;
	}
	if (err == 0 && (p.type == TYPE_NS || p.type == TYPE_NA)) {
		neighbour(m, packet, len);
		return;
	}
	if (err == 0 && p.type == TYPE_RA) {
		ms->stats.not_router++;
		return;
	}
	/* Anything else is worth its source. A message cut short has no sum
	 * that could be right. */
	if (len < ND6_HEADER_LEN || packet[0] >> 4 != 6)
		return;
	memcpy(&src, packet + 8, sizeof(src));
	mn_claim(m, &src);
}

/* ---- coming and going ---- */

struct mn *
mn_new(void)
{
	struct mn *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->next_ra = MONO_NEVER;
	return m;
}

static void
down(struct mn *m)
{
	if (m->up && mn_owner(m)->io)
		mn_owner(m)->io->close(mn_owner(m)->arg, m);
	m->up = false;
	m->next_ra = MONO_NEVER;	/* nobody would hear it */
}

static void
give_home4(struct mn *m)
{
	struct binding_rare *r = m->binding->rare;

	if (!r || !r->home4)
		return;
	home4_put(r->home4, m->coa);
	r->home4 = NULL;
	r->fa = NULL;
}

const struct foreign_agent *
mn_fa(const struct mn *m)
{
	return m->binding->rare ? m->binding->rare->fa : NULL;
}

struct in_addr
mn_via(const struct mn *m)
{
	const struct foreign_agent *fa = mn_fa(m);

	return fa ? fa->addr : (struct in_addr){ INADDR_ANY };
}

void
mn_free(struct mn *m)
{
	if (m && m->binding) {
		down(m);
		mn_addrs_drop(m);
		table_remove(&mn_owner(m)->by_coa, &m->by_coa);
		give_home4(m);
	}
	free(m);
}

/* The same tunnel? */
static bool
stays(const struct mn *m, struct in_addr coa, const struct gre_keys *gre,
    const struct home4 *home4)
{
	struct gre_keys has;

	if (!m->binding || m->coa.s_addr != coa.s_addr)
		return false;
	has = binding_gre(m->binding);
	return gre_same(&has, gre) &&
	    home4 == (m->binding->rare ? m->binding->rare->home4 : NULL);
}

void
mn_move(struct mn *m, struct binding *b, struct in_addr coa,
    const struct gre_keys *gre, const struct foreign_agent *fa,
    struct home4 *home4)
{
	struct table *t = &b->owner->mns->by_coa;

	if (stays(m, coa, gre, home4)) {
		/* Perhaps from one foreign agent to another. */
		if (fa)
			b->rare->fa = fa;
		return;
	}
	if (m->binding) {
		give_home4(m);
		table_remove(t, &m->by_coa);
	}
	if (fa) {
		home4_take(home4, coa);
		b->rare->fa = fa;
		b->rare->home4 = home4;
	}
	m->binding = b;
	m->coa = coa;
	binding_set_gre(b, gre);
	table_insert(t, &m->by_coa, hash(t, coa, gre->peer));
	down(m);
	mn_addrs_move(m);
}

/* The first advertisement goes immediately after the reply [draft-navali 3.2.2,
 * step 6], which is still to be sent, hence the timer; also where it has come
 * from another access node: its link may have lost what we said last. */
void
mn_up(struct mn *m, int fd)
{
	struct mns *ms = mn_owner(m);

	if (ms->io)
		ms->io->open(ms->arg, m, fd);
	m->up = true;
	if (ms->io)
		ms->io->listen(ms->arg, m);
	m->n_ra = 0;
	m->told = false;
	m->next_ra = clock_mono(ms->clock);
	mn_set_timer(m);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The addresses of a mobile node behind an access node: whose they are, proxy
 * duplicate address detection for them, and what follows when another has one
 * [draft-navali 3.2.4, 5.5.4; RFC 4862 5.4; PROTOCOLS 11.5 a to e, 11.7, D30,
 * D32, D165]. Part of mn. Whose an address is, pools say, link-local ones
 * included; the data plane finds out whether it is in use on the home link, and
 * makes the way to it.
 */
#define LOG_MODULE "mn"
#include "had/mn_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include "common/clock.h"
#include "common/log.h"
#include "had/tunnel.h"

_Static_assert(MN_ADDRS_MAX <= 16, "a bit for each");

static const struct in6_addr all_nodes = { .s6_addr = { 0xff, 0x02,
	[15] = 1 } };

struct in6_addr
mn_addr_of(const struct mn_addr *a)
{
	return pool_part_addr(&a->at);
}

bool
mn_addr_is_local(const struct mn_addr *a)
{
	return IN6_IS_ADDR_LINKLOCAL(&a->at.pool->prefix);
}

static uint16_t
bit_of(const struct mn *m, const struct mn_addr *a)
{
	return (uint16_t)(1u << (a - m->addrs));
}

bool
mn_addr_is_bound(const struct mn *m, const struct mn_addr *a)
{
	return m->bound & bit_of(m, a);
}

static void
set_bound(struct mn *m, const struct mn_addr *a, bool on)
{
	if (on)
		m->bound |= bit_of(m, a);
	else
		m->bound &= (uint16_t)~bit_of(m, a);
}

bool
mn_hears(const struct mn *m)
{
	return m->up && m->n_addrs < MN_ADDRS_MAX && !m->deaf;
}

static void
listen_anew(struct mn *m)
{
	struct mns *ms = mn_owner(m);

	if (m->up && ms->io)
		ms->io->listen(ms->arg, m);
}

/* status: 0 or -errno. */
static void
log_addr(const struct mn *m, const struct in6_addr *addr, const char *what,
    int status)
{
	struct mns *ms = mn_owner(m);
	char s[INET6_ADDRSTRLEN];
	unsigned more;

	if (!log_limited(&ms->log, mono_diff_ms(clock_mono(ms->clock),
	    (mono_t){ 0 }), &more))
		return;
	if (more > 0)
		log_info(NULL, "%u more lines about addresses were held back",
		    more);
	inet_ntop(AF_INET6, addr, s, sizeof(s));
	log_info((const char *)m->binding->nai, "%s: %s%s%s", s, what,
	    status ? ": " : "", status ? strerror(-status) : "");
}

void
mn_say(struct mn *m, const struct nd6 *nd)
{
	struct mns *ms = mn_owner(m);
	uint8_t buf[ND6_PACKET_MAX];
	int len = nd6_encode(nd, buf, sizeof(buf));

	if (len > 0 && m->up && ms->io)
		(void)ms->io->send(ms->arg, m, buf, (size_t)len);
}

static void
move(struct mn *m, struct mn_addr *from, struct mn_addr *to)
{
	pool_move_chosen(mn_owner(m)->pools, &from->at, &to->at);
	to->route = from->route;
}

/* Its place is the last one's from now on. */
static void
destroy(struct mn *m, struct mn_addr *a)
{
	struct mn_addr *last = &m->addrs[m->n_addrs - 1];

	if (a->route)
		mn_owner(m)->dp->del(mn_owner(m)->dp, a->route);
	pool_unchoose(mn_owner(m)->pools, &a->at);
	if (a != last) {
		move(m, last, a);
		set_bound(m, a, mn_addr_is_bound(m, last));
	}
	set_bound(m, last, false);
	mn_owner(m)->n_addrs--;
	if (--m->n_addrs > 0)
		return;
	free(m->addrs);
	m->addrs = NULL;
}

void
mn_addrs_drop(struct mn *m)
{
	while (m->n_addrs > 0)
		destroy(m, &m->addrs[m->n_addrs - 1]);
}

void
mn_addrs_expire(struct mn *m)
{
	struct in6_addr addr;
	unsigned i;

	for (i = m->n_addrs; i-- > 0;) {
		if (mn_addr_is_local(&m->addrs[i]))
			continue;
		addr = mn_addr_of(&m->addrs[i]);
		log_addr(m, &addr, "its lifetime is over", 0);
		mn_owner(m)->stats.expired++;
		destroy(m, &m->addrs[i]);
	}
	listen_anew(m);
}

/* Where it may have this address: its link, or a prefix it was told of. */
static struct pool *
place_of(const struct mn *m, const struct in6_addr *addr)
{
	struct pool *link = m->binding->peer->nodes->link;
	struct pool *const *pools;
	size_t n = mn_prefixes(m, &pools), i;

	if (pool_contains(link, addr))
		return link;
	for (i = 0; i < n; i++)
		if (pool_contains(pools[i], addr))
			return pools[i];
	return NULL;
}

static bool
has(const struct mn *m, const struct in6_addr *addr)
{
	struct in6_addr own;
	unsigned i;

	for (i = 0; i < m->n_addrs; i++) {
		own = mn_addr_of(&m->addrs[i]);
		if (IN6_ARE_ADDR_EQUAL(&own, addr))
			return true;
	}
	return false;
}

/* Is it the first of its kind that it is to have? Then it has not entered yet
 * [D32]. */
static bool
is_entry(const struct mn *m, bool local)
{
	const struct mn_addr *a;
	unsigned i;

	for (i = 0; i < m->n_addrs; i++) {
		a = &m->addrs[i];
		if (mn_addr_is_bound(m, a) && mn_addr_is_local(a) == local)
			return false;
	}
	return true;
}

/* As if from the one that has it [RFC 4862 5.4.3, 5.4.4; D32]. */
static void
say_in_use(struct mn *m, const struct in6_addr *addr, const struct nd6 *seen)
{
	struct nd6 na = {
		.advert = true, .override = true,
		.src = *addr, .dst = all_nodes, .target = *addr,
	};

	mn_say(m, seen && seen->advert ? seen : &na);
}

/* It can not have addr, since another has. seen: what has told us, or NULL. */
static void
conflict(struct mn *m, const struct in6_addr *addr, const struct nd6 *seen)
{
	struct mns *ms = mn_owner(m);

	ms->stats.conflicts++;
	say_in_use(m, addr, seen);
	if (!is_entry(m, IN6_IS_ADDR_LINKLOCAL(addr))) {
		log_addr(m, addr, "another has this address", 0);
		return;
	}
	log_addr(m, addr, "another has this address: detached", 0);
	if (ms->io)
		ms->io->detach(ms->arg, m->binding, "its address is in use");
}

static void
bind_addr(struct mn *m, const struct mn_addr *a)
{
	struct in6_addr addr = mn_addr_of(a);

	if (!mn_addr_is_bound(m, a))
		log_addr(m, &addr, "bound", 0);
	set_bound(m, a, true);
}

/* The data plane says what has become of an address that was probed. */
static void
probed(void *arg, struct dp_route *route, int status)
{
	struct mn *m = arg;
	struct mn_addr *a = m->addrs;
	struct in6_addr addr;

	while (a->route != route)
		a++;
	if (status == 0) {
		bind_addr(m, a);
		return;
	}
	addr = mn_addr_of(a);
	destroy(m, a);
	listen_anew(m);
	if (status == -EADDRINUSE) {
		conflict(m, &addr, mn_owner(m)->dp->culprit);
		return;
	}
	mn_owner(m)->stats.failed++;
	log_addr(m, &addr, "no way to it", status);
}

/* Has it probed on the home link, if there is one, and routed. A link-local one
 * needs no route: nothing is forwarded to it [RFC 6275 10.4.2]. 0, -EINPROGRESS
 * or another -errno. */
static int
make_way(struct mn *m, struct mn_addr *a)
{
	struct mns *ms = mn_owner(m);
	struct dp_entry want = {
		.prefix = mn_addr_of(a), .len = 128, .coa = m->coa,
		.via = mn_via(m), .gre = binding_gre(m->binding),
		.by_node = true,
	};
	struct dp_route *old = a->route;
	int status;

	if (mn_addr_is_local(a)) {
		if (!a->at.pool->home_link)
			return 0;
		want.link = a->at.pool;
	}
	a->route = ms->dp->add(ms->dp, &want, probed, m, &status);
	if (old)
		ms->dp->del(ms->dp, old);
	return status;
}

void
mn_addrs_move(struct mn *m)
{
	struct mn_addr *a;
	struct in6_addr addr;
	unsigned i;
	int status;

	for (i = m->n_addrs; i-- > 0;) {
		a = &m->addrs[i];
		addr = mn_addr_of(a);
		/* Other access nodes may have other prefixes. */
		status = place_of(m, &addr) == a->at.pool ? make_way(m, a) :
		    -EADDRNOTAVAIL;
		if (status == 0 || status == -EINPROGRESS)
			continue;
		mn_owner(m)->stats.failed++;
		destroy(m, a);
	}
}

mono_t
mn_hears_at(const struct mn *m)
{
	return mono_add_ms(m->rested, -(MN_CLAIMS - 1) * MN_CLAIM_MS);
}

void
mn_hear_again(struct mn *m, mono_t now)
{
	if (!m->deaf || mono_before(now, mn_hears_at(m)))
		return;
	m->deaf = false;
	listen_anew(m);
}

/* New addresses of one mobile node cost us probes on the home link: not too
 * many, and if it goes on it is not listened to for a while. Each claim takes
 * its time to be made up for. */
static bool
may_claim(struct mn *m)
{
	mono_t now = clock_mono(mn_owner(m)->clock);

	mn_hear_again(m, now);
	if (m->deaf)
		return false;
	m->rested = mono_add_ms(mono_before(m->rested, now) ? now : m->rested,
	    MN_CLAIM_MS);
	if (mono_before(now, mn_hears_at(m))) {
		m->deaf = true;
		listen_anew(m);
		mn_set_timer(m);
	}
	return true;
}

/* Behind all others, which move: there are few, and seldom one more. */
static struct mn_addr *
new_addr(struct mn *m, struct pool *p, const struct in6_addr *addr)
{
	unsigned n = m->n_addrs, i;
	struct mn_addr *addrs = calloc(n + 1, sizeof(*addrs));

	if (!addrs)
		return NULL;
	for (i = 0; i < n; i++)
		move(m, &m->addrs[i], &addrs[i]);
	free(m->addrs);
	m->addrs = addrs;
	m->n_addrs++;
	mn_owner(m)->n_addrs++;
	mn_owner(m)->stats.claimed++;
	pool_choose(mn_owner(m)->pools, p, &addrs[n].at, addr);
	return &addrs[n];
}

/* Nobody else has it that we know of. */
static void
take(struct mn *m, struct pool *p, const struct in6_addr *addr)
{
	struct mn_addr *a = new_addr(m, p, addr);
	int status = a ? make_way(m, a) : -ENOMEM;

	if (status == 0 && a)
		bind_addr(m, a);
	if (status == 0 || status == -EINPROGRESS) {
		listen_anew(m);
		return;
	}
	if (a)
		destroy(m, a);
	if (status == -EADDRINUSE)
		conflict(m, addr, NULL);
	else
		mn_owner(m)->stats.failed++;
}

/* Is it another's, or nobody's to take? Without a home link each tunnel is a
 * link of its own, where others' link-local addresses do not matter [D166]. */
static bool
is_taken(const struct mn *m, struct pool *p, const struct in6_addr *addr)
{
	const struct binding_rare *rare = m->binding->rare;
	struct mns *ms = mn_owner(m);
	int err;

	if (IN6_ARE_ADDR_EQUAL(addr, &ms->router))
		return true;
	err = pool_check(ms->pools, p, addr, rare ? rare->reserved : NULL);
	return err == -EEXIST ? p != m->binding->peer->nodes->link ||
	    p->home_link : err != 0;
}

void
mn_claim(struct mn *m, const struct in6_addr *addr)
{
	struct mns *ms = mn_owner(m);
	struct pool *p = place_of(m, addr);

	if (!p) {
		ms->stats.foreign += !IN6_IS_ADDR_UNSPECIFIED(addr);
		return;
	}
	if (has(m, addr))
		return;
	if (!may_claim(m)) {
		ms->stats.too_many++;
		return;
	}
	if (is_taken(m, p, addr)) {
		conflict(m, addr, NULL);
		return;
	}
	if (m->n_addrs == MN_ADDRS_MAX) {
		/* Better it knows than that it wonders [D165]. */
		ms->stats.too_many++;
		say_in_use(m, addr, NULL);
		return;
	}
	take(m, p, addr);
}

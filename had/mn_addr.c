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
#include "had/binding.h"
#include "had/tunnel.h"

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

bool
mn_hears(const struct mn *m)
{
	return m->up && m->n_addrs < MN_ADDRS_MAX && m->tokens > 0;
}

static void
listen_anew(struct mn *m)
{
	struct mns *ms = m->owner;

	if (m->up && ms->io)
		ms->io->listen(ms->arg, m);
}

/* status: 0 or -errno. */
static void
log_addr(const struct mn *m, const struct in6_addr *addr, const char *what,
    int status)
{
	struct mns *ms = m->owner;
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
	struct mns *ms = m->owner;
	uint8_t buf[ND6_PACKET_MAX];
	int len = nd6_encode(nd, buf, sizeof(buf));

	if (len > 0 && m->up && ms->io)
		(void)ms->io->send(ms->arg, m, buf, (size_t)len);
}

static void
destroy(struct mn_addr *a)
{
	struct mn *m = a->mn;
	struct mn_addr **p;

	for (p = &m->addrs; *p != a; p = &(*p)->next)
		;
	*p = a->next;
	m->n_addrs--;
	m->owner->n_addrs--;
	if (a->route)
		m->owner->dp->del(m->owner->dp, a->route);
	pool_unchoose(m->owner->pools, &a->at);
	free(a);
}

void
mn_addrs_drop(struct mn *m)
{
	while (m->addrs)
		destroy(m->addrs);
}

void
mn_addrs_expire(struct mn *m)
{
	struct mn_addr *a, *next;
	struct in6_addr addr;

	for (a = m->addrs; a; a = next) {
		next = a->next;
		if (mn_addr_is_local(a))
			continue;
		addr = mn_addr_of(a);
		log_addr(m, &addr, "its lifetime is over", 0);
		m->owner->stats.expired++;
		destroy(a);
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
	const struct mn_addr *a;
	struct in6_addr own;

	for (a = m->addrs; a; a = a->next) {
		own = mn_addr_of(a);
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

	for (a = m->addrs; a; a = a->next)
		if (a->bound && mn_addr_is_local(a) == local)
			return false;
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
	struct mns *ms = m->owner;

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

/* The data plane says what has become of an address that was probed. */
static void
probed(void *arg, int status)
{
	struct mn_addr *a = arg;
	struct mn *m = a->mn;
	struct in6_addr addr = mn_addr_of(a);

	if (status == 0) {
		if (!a->bound)
			log_addr(m, &addr, "bound", 0);
		a->bound = true;
		return;
	}
	destroy(a);
	if (status == -EADDRINUSE) {
		conflict(m, &addr, m->owner->dp->culprit);
		return;
	}
	m->owner->stats.failed++;
	log_addr(m, &addr, "no way to it", status);
	listen_anew(m);
}

/* Has it probed on the home link, if there is one, and routed. A link-local one
 * needs no route: nothing is forwarded to it [RFC 6275 10.4.2]. 0, -EINPROGRESS
 * or another -errno. */
static int
make_way(struct mn_addr *a)
{
	struct mns *ms = a->mn->owner;
	struct dp_entry want = {
		.prefix = mn_addr_of(a), .len = 128, .coa = a->mn->coa,
		.via = mn_via(a->mn), .gre = a->mn->gre, .by_node = true,
	};
	struct dp_route *old = a->route;
	int status;

	if (mn_addr_is_local(a)) {
		if (!a->at.pool->home_link)
			return 0;
		want.link = a->at.pool;
	}
	a->route = ms->dp->add(ms->dp, &want, probed, a, &status);
	if (old)
		ms->dp->del(ms->dp, old);
	return status;
}

void
mn_addrs_move(struct mn *m)
{
	struct mn_addr *a, *next;
	struct in6_addr addr;
	int status;

	for (a = m->addrs; a; a = next) {
		next = a->next;
		addr = mn_addr_of(a);
		/* Other access nodes may have other prefixes. */
		status = place_of(m, &addr) == a->at.pool ? make_way(a) :
		    -EADDRNOTAVAIL;
		if (status == 0 || status == -EINPROGRESS)
			continue;
		m->owner->stats.failed++;
		destroy(a);
	}
}

void
mn_refill(struct mn *m, mono_t now)
{
	int64_t n = mono_diff_ms(now, m->filled) / MN_TOKEN_MS;
	bool was_empty = m->tokens == 0;

	if (n <= 0)
		return;
	m->filled = now;
	m->tokens = n + m->tokens > MN_TOKENS ? MN_TOKENS :
	    (uint8_t)(n + m->tokens);
	if (was_empty)
		listen_anew(m);
}

/* New addresses of one mobile node cost us probes on the home link: not too
 * many, and with none left it is not listened to for a while. */
static bool
take_token(struct mn *m)
{
	mn_refill(m, clock_mono(m->owner->clock));
	if (m->tokens == 0)
		return false;
	if (--m->tokens == 0) {
		listen_anew(m);
		mn_set_timer(m);
	}
	return true;
}

static struct mn_addr *
new_addr(struct mn *m, struct pool *p, const struct in6_addr *addr)
{
	struct mn_addr *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->mn = m;
	a->next = m->addrs;
	m->addrs = a;
	m->n_addrs++;
	m->owner->n_addrs++;
	m->owner->stats.claimed++;
	pool_choose(m->owner->pools, p, &a->at, addr);
	return a;
}

/* Nobody else has it that we know of. */
static void
take(struct mn *m, struct pool *p, const struct in6_addr *addr)
{
	struct mn_addr *a = new_addr(m, p, addr);
	int status = a ? make_way(a) : -ENOMEM;

	if (status == 0 && a)
		probed(a, 0);
	if (status == 0 || status == -EINPROGRESS) {
		listen_anew(m);
		return;
	}
	if (a)
		destroy(a);
	if (status == -EADDRINUSE)
		conflict(m, addr, NULL);
	else
		m->owner->stats.failed++;
}

/* Is it another's, or nobody's to take? Without a home link each tunnel is a
 * link of its own, where others' link-local addresses do not matter [D166]. */
static bool
is_taken(const struct mn *m, struct pool *p, const struct in6_addr *addr)
{
	struct mns *ms = m->owner;
	int err;

	if (IN6_ARE_ADDR_EQUAL(addr, &ms->router))
		return true;
	err = pool_check(ms->pools, p, addr, m->reserved);
	return err == -EEXIST ? p != m->binding->peer->nodes->link ||
	    p->home_link : err != 0;
}

void
mn_claim(struct mn *m, const struct in6_addr *addr)
{
	struct mns *ms = m->owner;
	struct pool *p = place_of(m, addr);

	if (!p) {
		ms->stats.foreign += !IN6_IS_ADDR_UNSPECIFIED(addr);
		return;
	}
	if (has(m, addr))
		return;
	if (!take_token(m)) {
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

/* SPDX-License-Identifier: BSD-2-Clause */
/* See had/dad.h. An address is TENTATIVE while it is probed, then DEFENDED, or
 * FAILED until those who wanted it have let go. */
#include "had/dad.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/timers.h"

enum dad_state {
	DAD_TENTATIVE,
	DAD_DEFENDED,
	DAD_FAILED,
};

/* Addresses alike in their last 24 bits share one. */
struct dad_group {
	struct table_node	 node;
	struct in6_addr		 addr;
	unsigned		 refs;
	int			 handle;
};

struct dad_addr {
	struct table_node	 node;
	struct dad		*dad;
	struct dad_addr		*next, **link;	/* TENTATIVE: in the list */
	struct in6_addr		 addr;
	struct dad_group	*group;
	struct dad_claim	*claims;
	struct timer		 timer;
	enum dad_state		 state;
	int			 status;	/* of a FAILED one */
	uint8_t			 sent;		/* solicitations, then
						 * advertisements */
	bool			 telling;	/* its claims */
};

static const struct in6_addr all_nodes = { .s6_addr = { 0xff, 0x02,
	[15] = 1 } };

int
dad_init(struct dad *d)
{
	int err;

	d->tentative.first = NULL;
	d->n_defended = 0;
	d->culprit = NULL;
	memset(&d->stats, 0, sizeof(d->stats));
	err = table_init(&d->addrs);
	if (err == 0 && (err = table_init(&d->groups)) != 0)
		table_free(&d->addrs);
	return err;
}

void
dad_free(struct dad *d)
{
	table_free(&d->addrs);
	table_free(&d->groups);
}

static bool
group_eq(const struct table_node *n, const void *key)
{
	return IN6_ARE_ADDR_EQUAL(&container_of(n, struct dad_group,
	    node)->addr, (const struct in6_addr *)key);
}

static bool
addr_eq(const struct table_node *n, const void *key)
{
	return IN6_ARE_ADDR_EQUAL(&container_of(n, struct dad_addr,
	    node)->addr, (const struct in6_addr *)key);
}

static struct dad_addr *
find(struct dad *d, const struct in6_addr *addr)
{
	struct table_node *n;

	n = table_find(&d->addrs, table_hash(&d->addrs, addr, sizeof(*addr)),
	    addr_eq, addr);
	return n ? container_of(n, struct dad_addr, node) : NULL;
}

static int
group_get(struct dad *d, const struct in6_addr *addr, struct dad_group **out)
{
	struct in6_addr key = nd6_group(addr);
	uint64_t hash = table_hash(&d->groups, &key, sizeof(key));
	struct table_node *n = table_find(&d->groups, hash, group_eq, &key);
	struct dad_group *g;
	int handle;

	if (n) {
		*out = container_of(n, struct dad_group, node);
		(*out)->refs++;
		return 0;
	}
	g = calloc(1, sizeof(*g));
	if (!g)
		return -ENOMEM;
	handle = d->io->join(d->arg, &key);
	if (handle < 0) {
		free(g);
		return handle;
	}
	*g = (struct dad_group){ .addr = key, .refs = 1, .handle = handle };
	table_insert(&d->groups, &g->node, hash);
	*out = g;
	return 0;
}

static void
group_put(struct dad *d, struct dad_group *g)
{
	if (--g->refs > 0)
		return;
	d->io->leave(d->arg, &g->addr, g->handle);
	table_remove(&d->groups, &g->node);
	free(g);
}

static void
list_remove(struct dad_addr *a)
{
	if (!a->link)
		return;
	*a->link = a->next;
	if (a->next)
		a->next->link = a->link;
	a->link = NULL;
}

static void
list_insert(struct dad_list *l, struct dad_addr *a)
{
	a->next = l->first;
	a->link = &l->first;
	if (a->next)
		a->next->link = &a->next;
	l->first = a;
}

static void
destroy(struct dad_addr *a)
{
	struct dad *d = a->dad;

	if (a->state == DAD_DEFENDED)
		d->n_defended--;
	list_remove(a);
	timer_cancel(d->timers, &a->timer);
	table_remove(&d->addrs, &a->node);
	group_put(d, a->group);
	free(a);
}

/* RFC 4862 5.4.2: as if for ourselves, source unspecified. */
static int
solicit(struct dad_addr *a)
{
	struct nd6 m = { .target = a->addr, .dst = a->group->addr };

	return a->dad->io->send(a->dad->arg, &m, NULL);
}

/* To dst, or to all where that is a group. override: the unsolicited ones
 * [RFC 6275 10.4.1]; in answers a node that is there itself has precedence
 * [RFC 4861 7.2.8]. */
static int
advertise(struct dad_addr *a, const struct in6_addr *dst,
    const uint8_t *lladdr, bool override)
{
	struct dad *d = a->dad;
	struct nd6 m = {
		.advert = true,
		.solicited = lladdr != NULL,
		.override = override,
		.has_lladdr = true,
		.src = d->own,
		.dst = *dst,
		.target = a->addr,
	};

	memcpy(m.lladdr, d->lladdr, sizeof(m.lladdr));
	return d->io->send(d->arg, &m, lladdr);
}

static int
set_timer(struct dad_addr *a)
{
	return timer_set(a->dad->timers, &a->timer,
	    mono_add_ms(clock_mono(a->dad->clock), DAD_RETRANS_MS));
}

static struct dad_claim *
untold(const struct dad_addr *a)
{
	struct dad_claim *c;

	for (c = a->claims; c; c = c->next)
		if (!c->told)
			return c;
	return NULL;
}

/* Those told may release their claims, others', and make new ones. */
static void
tell_all(struct dad_addr *a, int status)
{
	struct dad_claim *c;

	a->telling = true;
	while ((c = untold(a)) != NULL) {
		c->told = true;
		c->done(c->arg, status);
	}
	a->telling = false;
	if (!a->claims)
		destroy(a);
}

static void
fail(struct dad_addr *a, int status, const struct nd6 *m)
{
	struct dad *d = a->dad;

	if (status == -EADDRINUSE)
		a->dad->stats.duplicates++;
	else
		a->dad->stats.failed++;
	a->state = DAD_FAILED;
	a->status = status;
	list_remove(a);
	timer_cancel(a->dad->timers, &a->timer);
	d->culprit = m;
	tell_all(a, status);
	d->culprit = NULL;
}

/* One that is lost, or can not be sent, does little harm: solicitations are
 * answered. */
static void
announce(struct dad_addr *a)
{
	(void)advertise(a, &all_nodes, NULL, true);
	if (++a->sent < DAD_ANNOUNCES)
		(void)set_timer(a);
}

/* RFC 4862 5.4.2. What can not be probed is not known to be free. */
static int
probe_once(struct dad_addr *a)
{
	int err = set_timer(a);

	if (err == 0)
		err = solicit(a);
	if (err == 0)
		a->sent++;
	return err;
}

static void
fired(struct timer *t)
{
	struct dad_addr *a = container_of(t, struct dad_addr, timer);
	int err;

	if (a->state == DAD_DEFENDED) {
		announce(a);
		return;
	}
	if (a->sent < DAD_TRANSMITS) {
		err = probe_once(a);
		if (err)
			fail(a, err, NULL);
		return;
	}
	a->state = DAD_DEFENDED;
	a->dad->n_defended++;
	a->sent = 0;
	list_remove(a);
	announce(a);
	tell_all(a, 0);
}

/* Probes an address; NULL with *err set. */
static struct dad_addr *
probe(struct dad *d, const struct in6_addr *addr, int *err)
{
	struct dad_addr *a = calloc(1, sizeof(*a));

	*err = -ENOMEM;
	if (!a)
		return NULL;
	a->dad = d;
	a->addr = *addr;
	a->timer.fire = fired;
	*err = group_get(d, addr, &a->group);
	if (*err) {
		free(a);
		return NULL;
	}
	table_insert(&d->addrs, &a->node,
	    table_hash(&d->addrs, addr, sizeof(*addr)));
	*err = probe_once(a);
	if (*err) {
		destroy(a);
		return NULL;
	}
	list_insert(&d->tentative, a);
	return a;
}

int
dad_claim(struct dad *d, struct dad_claim *c, const struct in6_addr *addr,
    dad_done *done, void *arg)
{
	struct dad_addr *a = find(d, addr);
	int err;

	c->addr = NULL;
	if (a && a->state == DAD_FAILED)
		return a->status;
	if (!a) {
		d->stats.probed++;
		a = probe(d, addr, &err);
		if (!a) {
			d->stats.failed++;
			return err;
		}
	}
	*c = (struct dad_claim){
		.addr = a, .next = a->claims, .done = done, .arg = arg,
		.told = a->state == DAD_DEFENDED,
	};
	a->claims = c;
	return c->told ? 0 : -EINPROGRESS;
}

void
dad_release(struct dad *d, struct dad_claim *c)
{
	struct dad_addr *a = c->addr;
	struct dad_claim **p;

	(void)d;
	if (!a)
		return;
	for (p = &a->claims; *p != c; p = &(*p)->next)
		;
	*p = c->next;
	c->addr = NULL;
	if (!a->claims && !a->telling)
		destroy(a);
}

/* RFC 4861 7.2.3, 7.2.4; RFC 4862 5.4.3. */
static void
solicited(struct dad_addr *a, const struct nd6 *m, const uint8_t *lladdr)
{
	bool probing = IN6_IS_ADDR_UNSPECIFIED(&m->src);
	struct dad *d = a->dad;

	switch (a->state) {
	case DAD_TENTATIVE:
		/* Another one wants it just now: neither gets it. Who only
		 * looks for it is not answered yet. */
		if (probing)
			fail(a, -EADDRINUSE, m);
		break;
	case DAD_DEFENDED:
		if (probing) {
			d->stats.defended++;
			(void)advertise(a, &all_nodes, NULL, false);
		} else {
			d->stats.solicitations++;
			(void)advertise(a, &m->src,
			    m->has_lladdr ? m->lladdr : lladdr, false);
		}
		break;
	case DAD_FAILED:
		break;
	}
}

/* RFC 4862 5.4.4. */
static void
advertised(struct dad_addr *a, const struct nd6 *m, const uint8_t *lladdr)
{
	struct dad *d = a->dad;

	if (a->state == DAD_TENTATIVE) {
		fail(a, -EADDRINUSE, m);
	} else if (a->state == DAD_DEFENDED) {
		d->stats.conflicts++;
		if (d->io->conflict)
			d->io->conflict(d->arg, &a->addr, lladdr);
	}
}

void
dad_input(struct dad *d, const struct nd6 *m, const uint8_t *lladdr)
{
	struct dad_addr *a = find(d, &m->target);

	if (!a)
		return;
	if (m->advert)
		advertised(a, m, lladdr);
	else
		solicited(a, m, lladdr);
}

void
dad_link_down(struct dad *d)
{
	while (d->tentative.first)
		fail(d->tentative.first, -ENETDOWN, NULL);
}

static bool
join_anew(struct table_node *n, void *arg)
{
	struct dad_group *g = container_of(n, struct dad_group, node);
	struct dad *d = arg;

	g->handle = d->io->join(d->arg, &g->addr);
	return true;
}

/* Not all at the same moment. */
static bool
announce_anew(struct table_node *n, void *arg)
{
	struct dad_addr *a = container_of(n, struct dad_addr, node);
	unsigned *place = arg;

	if (a->state != DAD_DEFENDED)
		return true;
	a->sent = 0;
	(void)timer_set(a->dad->timers, &a->timer,
	    mono_add_ms(clock_mono(a->dad->clock), (*place)++ %
	    DAD_RETRANS_MS));
	return true;
}

void
dad_link_anew(struct dad *d)
{
	unsigned place = 0;

	table_each(&d->groups, join_anew, d);
	table_each(&d->addrs, announce_anew, &place);
}

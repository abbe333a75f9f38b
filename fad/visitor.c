/* SPDX-License-Identifier: BSD-2-Clause */
/* See fad/visitor.h. */
#include "fad/visitor.h"

#include <stdlib.h>
#include <string.h>

#include "common/mip4.h"

bool
node_same(const struct node *a, const struct node *b)
{
	return a->link == b->link &&
	    memcmp(a->lladdr, b->lladdr, sizeof(a->lladdr)) == 0;
}

/* Is it the same mobile node, by what it calls itself? */
static bool
same_name(const struct asked *a, const struct asked *b)
{
	if (a->home.s_addr != b->home.s_addr)
		return false;
	return a->home.s_addr != INADDR_ANY || (a->nai_len == b->nai_len &&
	    memcmp(a->nai, b->nai, a->nai_len) == 0);
}

int
visitors_init(struct visitors *v)
{
	int err = table_init(&v->by_home);

	if (err == 0)
		err = table_init(&v->by_id);
	return err ? err : table_init(&v->by_node);
}

static bool
free_visitor(struct table_node *n, void *arg)
{
	(void)arg;
	visitor_free(container_of(n, struct visitor, by_home));
	return true;
}

static bool
free_pending(struct table_node *n, void *arg)
{
	(void)arg;
	pending_free(container_of(n, struct pending, by_id));
	return true;
}

void
visitors_free(struct visitors *v)
{
	table_each(&v->by_home, free_visitor, NULL);
	table_each(&v->by_id, free_pending, NULL);
	table_free(&v->by_home);
	table_free(&v->by_id);
	table_free(&v->by_node);
}

const char *
visitor_state_str(enum visitor_state s)
{
	return s == VISITOR_UP ? "up" : "installing";
}

/* What of a home address is looked for. */
struct home_key {
	const struct visit_id	*id;
	unsigned		 link;
	const struct visitor	*but;
};

static bool
any_eq(const struct table_node *n, const void *key)
{
	const struct visitor *v = container_of(n, struct visitor, by_home);
	const struct home_key *k = key;

	return v->asked.home.s_addr == k->id->home.s_addr;
}

static bool
named_eq(const struct table_node *n, const void *key)
{
	const struct visitor *v = container_of(n, struct visitor, by_home);
	const struct home_key *k = key;

	return any_eq(n, key) && v->asked.ha.s_addr == k->id->ha.s_addr &&
	    nai_equal(v->asked.nai, v->asked.nai_len, k->id->nai,
	    k->id->nai_len);
}

/* Without GRE it is the home address alone that counts, as it is where one side
 * does not say the NAI. */
static bool
home_eq(const struct table_node *n, const void *key)
{
	const struct visitor *v = container_of(n, struct visitor, by_home);
	const struct home_key *k = key;

	return any_eq(n, key) && v->asked.ha.s_addr == k->id->ha.s_addr &&
	    ((v->asked.gre.own == 0 && !k->id->gre) ||
	    v->asked.nai_len == 0 || k->id->nai_len == 0);
}

static bool
rival_eq(const struct table_node *n, const void *key)
{
	const struct visitor *v = container_of(n, struct visitor, by_home);
	const struct home_key *k = key;

	return any_eq(n, key) && v->asked.node.link == k->link && v != k->but;
}

static struct visitor *
find_home(struct visitors *vs, const struct home_key *k,
    bool (*eq)(const struct table_node *, const void *))
{
	struct table_node *n = table_find(&vs->by_home, table_hash(
	    &vs->by_home, &k->id->home, sizeof(k->id->home)), eq, k);

	return n ? container_of(n, struct visitor, by_home) : NULL;
}

struct visitor *
visitor_find(struct visitors *vs, const struct visit_id *id)
{
	const struct home_key k = { .id = id };
	struct visitor *v = find_home(vs, &k, named_eq);

	return v ? v : find_home(vs, &k, home_eq);
}

struct visitor *
visitor_any(struct visitors *vs, struct in_addr home)
{
	const struct visit_id id = { .home = home };
	const struct home_key k = { .id = &id };

	return find_home(vs, &k, any_eq);
}

bool
visitor_has_rival(struct visitors *vs, const struct visit_id *id,
    unsigned link)
{
	const struct home_key k = { id, link, visitor_find(vs, id) };

	return find_home(vs, &k, rival_eq) != NULL;
}

bool
visitors_full(const struct visitors *vs)
{
	return table_count(&vs->by_home) >= vs->max_visitors;
}

static void
visitor_due(struct timer *t)
{
	struct visitor *v = container_of(t, struct visitor, timer);

	v->owner->expired(v->owner->arg, v);
}

struct visitor *
visitor_new(struct visitors *vs, const struct asked *a)
{
	struct visitor *v;

	if (visitors_full(vs))
		return NULL;
	v = calloc(1, sizeof(*v));
	if (!v)
		return NULL;
	v->owner = vs;
	v->asked = *a;
	v->timer.fire = visitor_due;
	v->since = clock_mono(vs->clock);
	v->until = MONO_NEVER;
	table_insert(&vs->by_home, &v->by_home, table_hash(&vs->by_home,
	    &a->home, sizeof(a->home)));
	return v;
}

void
visitor_free(struct visitor *v)
{
	timer_cancel(v->owner->timers, &v->timer);
	table_remove(&v->owner->by_home, &v->by_home);
	free(v->held);
	free(v);
}

void
visitor_granted(struct visitor *v, uint16_t lifetime)
{
	struct visitors *vs = v->owner;

	v->lifetime = lifetime;
	v->state = VISITOR_UP;
	if (lifetime == MIP4_LIFETIME_INFINITY) {
		v->until = MONO_NEVER;
		timer_cancel(vs->timers, &v->timer);
		return;
	}
	v->until = mono_add_ms(clock_mono(vs->clock),
	    (int64_t)lifetime * 1000);
	(void)timer_set(vs->timers, &v->timer, v->until);
}

uint32_t
visitor_left(const struct visitor *v)
{
	int64_t ms;

	if (v->lifetime == MIP4_LIFETIME_INFINITY)
		return MIP4_LIFETIME_INFINITY;
	if (v->state != VISITOR_UP)
		return 0;
	ms = mono_diff_ms(v->until, clock_mono(v->owner->clock));
	return ms > 0 ? (uint32_t)((ms + 999) / 1000) : 0;
}

/* ---- pending requests ---- */

/* What both sides of a reply agree in. */
struct id_key {
	struct in_addr	ha;
	uint32_t	low;
};

static struct id_key
id_key(struct in_addr ha, uint64_t id)
{
	return (struct id_key){ ha, (uint32_t)id };
}

static uint64_t
id_hash(const struct visitors *vs, struct in_addr ha, uint64_t id)
{
	struct id_key k = id_key(ha, id);

	return table_hash(&vs->by_id, &k, sizeof(k));
}

static uint64_t
node_hash(const struct visitors *vs, const struct node *n)
{
	uint8_t k[sizeof(n->link) + sizeof(n->lladdr)];

	memcpy(k, &n->link, sizeof(n->link));
	memcpy(k + sizeof(n->link), n->lladdr, sizeof(n->lladdr));
	return table_hash(&vs->by_node, k, sizeof(k));
}

/* A key is one visit's: of a home agent and a NAI, too [D234]. */
static bool
same_visit(const struct asked *a, const struct asked *b)
{
	return a->ha.s_addr == b->ha.s_addr && nai_equal(a->nai, a->nai_len,
	    b->nai, b->nai_len);
}

/* A look through all that one mobile node has pending. */
struct look {
	const struct asked	*asked;
	unsigned		*n;		/* how many */
	struct pending		**same;		/* of the same name */
};

static bool
look_at(const struct table_node *n, const void *key)
{
	const struct pending *p = container_of(n, struct pending, by_node);
	const struct look *l = key;

	if (!node_same(&p->asked.node, &l->asked->node))
		return false;
	++*l->n;
	if (same_name(&p->asked, l->asked))
		*l->same = container_of(n, struct pending, by_node);
	return false;
}

static bool
copy_eq(const struct table_node *n, const void *key)
{
	const struct pending *p = container_of(n, struct pending, by_id);
	const struct asked *a = key;

	return p->asked.ha.s_addr == a->ha.s_addr &&
	    (uint32_t)p->asked.id == (uint32_t)a->id &&
	    same_name(&p->asked, a) && !node_same(&p->asked.node, &a->node);
}

static void
pending_due(struct timer *t)
{
	struct pending *p = container_of(t, struct pending, timer);

	p->owner->timed_out(p->owner->arg, p);
}

static struct pending *
add(struct visitors *vs, const struct asked *a, uint64_t by_id,
    uint64_t by_node, uint32_t wait_s)
{
	struct pending *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->owner = vs;
	p->asked = *a;
	p->timer.fire = pending_due;
	if (timer_set(vs->timers, &p->timer, mono_add_ms(
	    clock_mono(vs->clock), (int64_t)wait_s * 1000))) {
		free(p);
		return NULL;
	}
	table_insert(&vs->by_id, &p->by_id, by_id);
	table_insert(&vs->by_node, &p->by_node, by_node);
	return p;
}

enum pending_verdict
pending_new(struct visitors *vs, const struct asked *a, uint32_t wait_s,
    struct pending **out)
{
	uint64_t by_id = id_hash(vs, a->ha, a->id);
	uint64_t by_node = node_hash(vs, &a->node);
	struct pending *same = NULL;
	struct gre_keys gre = a->gre;
	unsigned n = 0;
	const struct look l = { a, &n, &same };

	*out = NULL;
	if (table_find(&vs->by_id, by_id, copy_eq, a))
		return PENDING_TAKEN;
	(void)table_find(&vs->by_node, by_node, look_at, &l);
	if (same) {
		if (gre.own && same->asked.gre.own &&
		    same_visit(&same->asked, a))
			gre = same->asked.gre;
		pending_free(same);
	} else if (n >= vs->max_pending_node ||
	    table_count(&vs->by_id) >= vs->max_pending) {
		return PENDING_LIMIT;
	}
	*out = add(vs, a, by_id, by_node, wait_s);
	if (!*out)
		return PENDING_NO_MEMORY;
	(*out)->asked.gre = gre;
	return PENDING_OK;
}

void
pending_free(struct pending *p)
{
	timer_cancel(p->owner->timers, &p->timer);
	table_remove(&p->owner->by_id, &p->by_id);
	table_remove(&p->owner->by_node, &p->by_node);
	free(p);
}

struct reply_key {
	struct id_key	 id;
	struct in_addr	 home;
	const uint8_t	*nai;
	size_t		 nai_len;
	bool		 request;	/* our own: home is as it was asked */
};

static bool
reply_eq(const struct table_node *n, const void *key)
{
	const struct pending *p = container_of(n, struct pending, by_id);
	const struct reply_key *k = key;
	const struct asked *a = &p->asked;

	if (a->ha.s_addr != k->id.ha.s_addr || (uint32_t)a->id != k->id.low)
		return false;
	if (k->request || a->home.s_addr != INADDR_ANY)
		return a->home.s_addr == k->home.s_addr;
	return !k->nai || nai_equal(a->nai, a->nai_len, k->nai, k->nai_len);
}

static struct pending *
find(struct visitors *vs, const struct reply_key *k)
{
	struct table_node *n = table_find(&vs->by_id, table_hash(&vs->by_id,
	    &k->id, sizeof(k->id)), reply_eq, k);

	return n ? container_of(n, struct pending, by_id) : NULL;
}

struct pending *
pending_find(struct visitors *vs, struct in_addr ha, uint64_t id,
    struct in_addr home, const uint8_t *nai, size_t nai_len)
{
	return find(vs, &(struct reply_key){ id_key(ha, id), home, nai,
	    nai_len, false });
}

struct pending *
pending_of_request(struct visitors *vs, struct in_addr ha, uint64_t id,
    struct in_addr home)
{
	return find(vs, &(struct reply_key){ id_key(ha, id), home, NULL, 0,
	    true });
}

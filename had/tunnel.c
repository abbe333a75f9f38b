/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The data plane of the engine's side: counts which care-of addresses are in
 * use and asks priv for their tunnels and for the routes through them. priv
 * answers in order, so a route asked for behind its tunnel fails if that did.
 *
 * To make a tunnel, or to remove it, takes longer than all else that a
 * registration waits for: one that nobody uses is kept for a while, and goes
 * when nothing else is to be done [D128].
 */
#define LOG_MODULE "tunnel"
#include "had/tunnel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include "common/log.h"
#include "common/priv.h"
#include "common/table.h"
#include "common/timers.h"
#include "had/priv_ops.h"

#define IDLE_MS		5000	/* a tunnel is kept without routes */

struct kernel;

struct tunnel {
	struct table_node	node;
	struct timer		idle;
	struct kernel		*owner;
	struct in_addr		coa;
	unsigned		refs;		/* routes */
	bool			pending;	/* priv has not answered */
	bool			failed;
};

struct dp_route {
	struct dp_entry		entry;
	struct tunnel		*tunnel;
	uint32_t		 handle;
	bool			 pending;	/* priv has not answered */
	bool			 deleted;	/* nobody waits for it */
	dp_done			*done;
	void			*arg;
};

struct kernel {
	struct dataplane	 dp;
	struct priv_client	*priv;
	struct timers		*timers;
	const struct clock	*clock;
	struct table		 tunnels;
	uint32_t		 next_handle;
};

static bool
coa_eq(const struct table_node *n, const void *key)
{
	const struct tunnel *t = container_of(n, struct tunnel, node);

	return memcmp(&t->coa, key, sizeof(t->coa)) == 0;
}

/* What could not even be asked for. That priv has ended is said once, where
 * it is noticed; the kernel's state has gone with it. */
static void
not_asked(const char *what, struct in_addr coa, int err)
{
	char s[INET_ADDRSTRLEN];

	if (err == 0 || err == -EPIPE)
		return;
	inet_ntop(AF_INET, &coa, s, sizeof(s));
	log_warnx(s, "%s: %s", what, strerror(-err));
}

static int
ask_tunnel(struct tunnel *t, uint16_t op, priv_done *done)
{
	struct had_priv_tunnel q = { .coa = t->coa };

	return priv_request(t->owner->priv, op, &q, sizeof(q), done, t);
}

/* It is not used, and no answer is due. */
static void
tunnel_drop(struct tunnel *t)
{
	struct kernel *k = t->owner;

	timer_cancel(k->timers, &t->idle);
	not_asked("tunnel stays", t->coa,
	    ask_tunnel(t, HAD_PRIV_TUNNEL_DEL, NULL));
	table_remove(&k->tunnels, &t->node);
	free(t);
}

/* Its routes have failed or will: the next one asks for it again. */
static void
tunnel_added(void *arg, int status, const void *body, size_t len, int fd)
{
	struct tunnel *t = arg;
	char s[INET_ADDRSTRLEN];

	(void)body;
	(void)len;
	(void)fd;
	t->pending = false;
	if (status == 0)
		return;
	inet_ntop(AF_INET, &t->coa, s, sizeof(s));
	log_warnx(s, "tunnel: %s", strerror(-status));
	t->failed = true;
	if (t->refs == 0)
		tunnel_drop(t);
}

static void
tunnel_idle(struct timer *timer)
{
	struct tunnel *t = container_of(timer, struct tunnel, idle);

	if (!t->pending)
		tunnel_drop(t);
	else
		(void)timer_set(t->owner->timers, timer, mono_add_ms(
		    clock_mono(t->owner->clock), IDLE_MS));
}

static struct tunnel *
tunnel_new(struct kernel *k, struct in_addr coa, uint64_t hash)
{
	struct tunnel *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->owner = k;
	t->idle.fire = tunnel_idle;
	t->coa = coa;
	if (ask_tunnel(t, HAD_PRIV_TUNNEL_ADD, tunnel_added)) {
		free(t);
		return NULL;
	}
	t->pending = true;
	table_insert(&k->tunnels, &t->node, hash);
	return t;
}

static struct tunnel *
tunnel_get(struct kernel *k, struct in_addr coa)
{
	uint64_t hash = table_hash(&k->tunnels, &coa, sizeof(coa));
	struct table_node *n = table_find(&k->tunnels, hash, coa_eq, &coa);
	struct tunnel *t = n ? container_of(n, struct tunnel, node) :
	    tunnel_new(k, coa, hash);

	if (!t)
		return NULL;
	timer_cancel(k->timers, &t->idle);
	t->refs++;
	return t;
}

/* Where there is no memory for the timer it stays until it is used again: there
 * are not more of them than configured peers. */
static void
tunnel_put(struct kernel *k, struct tunnel *t)
{
	if (--t->refs > 0)
		return;
	if (t->failed)
		tunnel_drop(t);
	else
		(void)timer_set(k->timers, &t->idle, mono_add_ms(
		    clock_mono(k->clock), IDLE_MS));
}

static int
ask_route(struct kernel *k, uint16_t op, const struct dp_route *rt,
    priv_done *done, void *arg)
{
	struct had_priv_route q = {
		.coa = rt->entry.coa,
		.prefix = rt->entry.prefix,
		.len = rt->entry.len,
		.handle = rt->handle,
	};

	return priv_request(k->priv, op, &q, sizeof(q), done, arg);
}

static void
route_answer(void *arg, int status, const void *body, size_t len, int fd)
{
	struct dp_route *rt = arg;

	(void)body;
	(void)len;
	(void)fd;
	rt->pending = false;
	if (rt->deleted) {
		free(rt);
		return;
	}
	/* It may delete the route. */
	rt->done(rt->arg, status);
}

static struct dp_route *
kernel_add(struct dataplane *dp, const struct dp_entry *e, dp_done *done,
    void *arg, int *status)
{
	struct kernel *k = (struct kernel *)dp;
	struct dp_route *rt = calloc(1, sizeof(*rt));

	*status = -ENOMEM;
	if (!rt)
		return NULL;
	rt->entry = *e;
	rt->done = done;
	rt->arg = arg;
	if (++k->next_handle == 0)
		k->next_handle = 1;
	rt->handle = k->next_handle;
	rt->tunnel = tunnel_get(k, e->coa);
	if (!rt->tunnel) {
		free(rt);
		return NULL;
	}
	rt->pending = true;
	if (ask_route(k, HAD_PRIV_ROUTE_ADD, rt, route_answer, rt)) {
		tunnel_put(k, rt->tunnel);
		free(rt);
		return NULL;
	}
	*status = -EINPROGRESS;
	return rt;
}

static void
kernel_del(struct dataplane *dp, struct dp_route *rt)
{
	struct kernel *k = (struct kernel *)dp;

	not_asked("route stays", rt->entry.coa,
	    ask_route(k, HAD_PRIV_ROUTE_DEL, rt, NULL, NULL));
	tunnel_put(k, rt->tunnel);
	if (rt->pending)
		rt->deleted = true;
	else
		free(rt);
}

static bool
free_each(struct table_node *n, void *arg)
{
	struct tunnel *t = container_of(n, struct tunnel, node);
	struct kernel *k = arg;

	timer_cancel(k->timers, &t->idle);
	table_remove(&k->tunnels, n);
	free(t);
	return true;
}

static void
kernel_free(struct dataplane *dp)
{
	struct kernel *k = (struct kernel *)dp;

	table_each(&k->tunnels, free_each, k);
	table_free(&k->tunnels);
	free(k);
}

struct dataplane *
tunnel_kernel_new(struct priv_client *priv, struct timers *timers,
    const struct clock *clock)
{
	struct kernel *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	if (table_init(&k->tunnels)) {
		free(k);
		errno = ENOMEM;
		return NULL;
	}
	k->priv = priv;
	k->timers = timers;
	k->clock = clock;
	k->dp.add = kernel_add;
	k->dp.del = kernel_del;
	k->dp.free = kernel_free;
	return &k->dp;
}

/* "none": nothing to do is done at once. */

static struct dp_route *
none_add(struct dataplane *dp, const struct dp_entry *e, dp_done *done,
    void *arg, int *status)
{
	(void)e;
	(void)done;
	(void)arg;
	*status = 0;
	return (struct dp_route *)dp;
}

static void
none_del(struct dataplane *dp, struct dp_route *rt)
{
	(void)dp;
	(void)rt;
}

static void
none_free(struct dataplane *dp)
{
	free(dp);
}

struct dataplane *
tunnel_none_new(void)
{
	struct dataplane *dp = calloc(1, sizeof(*dp));

	if (!dp)
		return NULL;
	dp->add = none_add;
	dp->del = none_del;
	dp->free = none_free;
	return dp;
}

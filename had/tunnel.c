/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The data plane of the engine's side: counts which care-of addresses are in
 * use and asks priv for their tunnels and for the routes through them. priv
 * answers in order, so a route asked for behind its tunnel fails if that did.
 *
 * To make a tunnel, or to remove it, takes longer than all else that a
 * registration waits for: one that nobody uses is kept for a while, and goes
 * when nothing else is to be done [D128].
 *
 * What is of no prefix is a socket on the tunnel's device. tunnel_repair.c
 * makes anew what somebody else has removed.
 */
#define LOG_MODULE "tunnel"
#include "had/tunnel_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"

#define IDLE_MS		1000	/* a tunnel is kept without routes */

const char *
tunnel_name(const struct tunnel *t, char s[static INET_ADDRSTRLEN])
{
	if (t->end.way == HAD_WAY_GRE_COMMON)
		return "GRE";
	inet_ntop(AF_INET, &t->end.coa, s, INET_ADDRSTRLEN);
	return s;
}

static bool
end_eq(const struct table_node *n, const void *key)
{
	const struct tunnel *t = container_of(n, struct tunnel, node);

	return memcmp(&t->end, key, HAD_PRIV_TUNNEL_ID) == 0;
}

/* What could not even be asked for. That priv has ended is said once, where
 * it is noticed; the kernel's state has gone with it. */
static void
not_asked(const char *what, const struct tunnel *t, int err)
{
	char s[INET_ADDRSTRLEN];

	if (err == 0 || err == -EPIPE)
		return;
	log_warnx(tunnel_name(t, s), "%s: %s", what, strerror(-err));
}

int
tunnel_ask(const struct tunnel *t, uint16_t op, priv_done *done, void *arg)
{
	return priv_request(t->owner->priv, op, &t->end, sizeof(t->end), done,
	    arg);
}

/* It is not used, and no answer is due. */
static void
tunnel_drop(struct tunnel *t)
{
	struct kernel *k = t->owner;

	timer_cancel(k->timers, &t->idle);
	timer_cancel(k->timers, &t->retry);
	not_asked("tunnel stays", t,
	    tunnel_ask(t, HAD_PRIV_TUNNEL_DEL, NULL, NULL));
	table_remove(&k->tunnels, &t->node);
	free(t);
}

int
tunnel_ask_route(struct kernel *k, uint16_t op, const struct dp_route *rt,
    priv_done *done, void *arg)
{
	struct had_priv_route q = {
		.tunnel = rt->tunnel->end,
		.prefix = rt->prefix,
		.len = rt->len,
		.handle = rt->handle,
	};

	if (rt->tunnel->end.way == HAD_WAY_GRE_COMMON)
		tunnel_gre_ask(rt, &q);
	if (rt->len > 0)
		return priv_request(k->priv, op, &q, sizeof(q), done, arg);
	/* It is closed by whoever has it. */
	return op == HAD_PRIV_ROUTE_DEL ? 0 :
	    tunnel_ask(rt->tunnel, HAD_PRIV_ND_OPEN, done, arg);
}

void
tunnel_take_fd(struct dp_route *rt, int fd)
{
	if (rt->fd != -1)
		close(rt->fd);
	rt->fd = fd;
}

void
tunnel_free_route(struct dp_route *rt)
{
	tunnel_take_fd(rt, -1);
	free(rt);
}

/* Its routes have failed or will: the next one asks for it again. */
static void
tunnel_added(void *arg, int status, const void *body, size_t len, int fd)
{
	struct tunnel *t = arg;
	char s[INET_ADDRSTRLEN];

	(void)fd;
	t->pending = false;
	if (status == 0) {
		(void)tunnel_take_reply(t, body, len);
		if (t->doubtful)
			tunnel_check(t);
		return;
	}
	log_warnx(tunnel_name(t, s), "tunnel: %s", strerror(-status));
	t->failed = true;
	if (t->refs == 0)
		tunnel_drop(t);
}

static void
tunnel_idle(struct timer *timer)
{
	struct tunnel *t = container_of(timer, struct tunnel, idle);

	if (!t->pending && t->redoing == 0)
		tunnel_drop(t);
	else
		(void)timer_set(t->owner->timers, timer, mono_add_ms(
		    clock_mono(t->owner->clock), IDLE_MS));
}

static struct tunnel *
tunnel_new(struct kernel *k, const struct had_priv_tunnel *end, uint64_t hash)
{
	struct tunnel *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->owner = k;
	t->idle.fire = tunnel_idle;
	t->retry.fire = tunnel_retry;
	ring_init(&t->good);
	ring_init(&t->old);
	ring_init(&t->todo);
	ring_init(&t->held);
	t->end = *end;
	if (tunnel_ask(t, HAD_PRIV_TUNNEL_ADD, tunnel_added, t)) {
		free(t);
		return NULL;
	}
	t->pending = true;
	table_insert(&k->tunnels, &t->node, hash);
	return t;
}

static struct tunnel *
tunnel_get(struct kernel *k, const struct had_priv_tunnel *end)
{
	uint64_t hash = table_hash(&k->tunnels, end, HAD_PRIV_TUNNEL_ID);
	struct table_node *n = table_find(&k->tunnels, hash, end_eq, end);
	struct tunnel *t = n ? container_of(n, struct tunnel, node) :
	    tunnel_new(k, end, hash);

	if (!t)
		return NULL;
	/* Another way to the same end. */
	if (t->end.via.s_addr != end->via.s_addr) {
		t->end.via = end->via;
		tunnel_check(t);
	}
	timer_cancel(k->timers, &t->idle);
	t->refs++;
	return t;
}

/* Where there is no memory for the timer it stays until it is used again, of
 * which the root side allows so many only. */
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

static void
route_answer(void *arg, int status, const void *body, size_t len, int fd)
{
	struct dp_route *rt = arg;

	(void)body;
	(void)len;
	tunnel_take_fd(rt, fd);
	rt->due--;
	if (rt->deleted) {
		if (rt->due == 0)
			tunnel_free_route(rt);
		return;
	}
	if (tunnel_hold(rt, status))
		return;
	rt->waiting = false;
	/* It may delete the route. */
	rt->done(rt->arg, rt, status);
}

/* By which device? One that others have, too, says nothing of its ends. */
static struct had_priv_tunnel
end_of(const struct dp_entry *e)
{
	if (e->via.s_addr != INADDR_ANY)
		return (struct had_priv_tunnel){ .way = e->gre.own ?
			HAD_WAY_NESTED_GRE : HAD_WAY_NESTED,
			.coa = e->coa, .gre = e->gre, .via = e->via };
	if (e->gre.own == 0)
		return (struct had_priv_tunnel){ .coa = e->coa };
	if (!e->by_node)
		return (struct had_priv_tunnel){ .way = HAD_WAY_GRE_COMMON };
	return (struct had_priv_tunnel){ .way = HAD_WAY_GRE, .coa = e->coa,
		.gre = e->gre };
}

static struct dp_route *
kernel_add(struct dataplane *dp, const struct dp_entry *e, dp_done *done,
    void *arg, int *status)
{
	struct kernel *k = (struct kernel *)dp;
	const struct had_priv_tunnel end = end_of(e);
	bool common = end.way == HAD_WAY_GRE_COMMON;
	struct dp_route *rt = common ? tunnel_gre_route(e) :
	    calloc(1, sizeof(*rt));

	*status = -ENOMEM;
	if (!rt)
		return NULL;
	rt->prefix = e->prefix;
	rt->len = e->len;
	rt->fd = -1;
	rt->done = done;
	rt->arg = arg;
	if (++k->next_handle == 0)
		k->next_handle = 1;
	rt->handle = k->next_handle;
	rt->tunnel = tunnel_get(k, &end);
	if (!rt->tunnel) {
		free(rt);
		return NULL;
	}
	if (tunnel_ask_route(k, HAD_PRIV_ROUTE_ADD, rt, route_answer, rt)) {
		tunnel_put(k, rt->tunnel);
		free(rt);
		return NULL;
	}
	if (common)
		tunnel_gre_asked(k, rt);
	rt->due = 1;
	rt->waiting = true;
	ring_init(&rt->ring);
	ring_put(&rt->tunnel->good, &rt->ring);
	*status = -EINPROGRESS;
	return rt;
}

static void
kernel_del(struct dataplane *dp, struct dp_route *rt)
{
	struct kernel *k = (struct kernel *)dp;

	not_asked("route stays", rt->tunnel,
	    tunnel_ask_route(k, HAD_PRIV_ROUTE_DEL, rt, NULL, NULL));
	if (rt->tunnel->end.way == HAD_WAY_GRE_COMMON)
		tunnel_gre_leave(k, rt);
	ring_leave(&rt->ring);
	tunnel_put(k, rt->tunnel);
	if (rt->due > 0)
		rt->deleted = true;
	else
		tunnel_free_route(rt);
}

static int
kernel_socket(struct dataplane *dp, struct dp_route *rt)
{
	int fd = rt->fd;

	(void)dp;
	rt->fd = -1;
	return fd;
}

static bool
free_each(struct table_node *n, void *arg)
{
	struct tunnel *t = container_of(n, struct tunnel, node);
	struct kernel *k = arg;

	timer_cancel(k->timers, &t->idle);
	timer_cancel(k->timers, &t->retry);
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
	table_free(&k->gre_routes);
	free(k);
}

struct dataplane *
tunnel_kernel_new(struct priv_client *priv, struct timers *timers,
    const struct clock *clock)
{
	struct kernel *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	if (table_init(&k->tunnels) || table_init(&k->gre_routes)) {
		table_free(&k->tunnels);
		free(k);
		errno = ENOMEM;
		return NULL;
	}
	k->priv = priv;
	k->timers = timers;
	k->clock = clock;
	k->dp.add = kernel_add;
	k->dp.del = kernel_del;
	k->dp.socket = kernel_socket;
	k->dp.free = kernel_free;
	return &k->dp;
}

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
 * A device that somebody else has removed or set down is made anew, and its
 * routes behind it, some at a time: what is asked for meanwhile goes in between
 * [D146]. Each route is in one ring of its tunnel; what is of no prefix is a
 * socket on the tunnel's device.
 */
#define LOG_MODULE "tunnel"
#include "had/tunnel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>

#include "common/log.h"
#include "common/priv.h"
#include "common/table.h"
#include "common/timers.h"
#include "had/priv_ops.h"
#include "had/ring.h"

#define IDLE_MS		1000	/* a tunnel is kept without routes */

#define REDO_AT_ONCE	PRIV_TOGETHER	/* routes */
#define RETRY_MS	1000	/* then twice as long, up to */
#define RETRY_MS_MAX	32000

struct kernel;

struct tunnel {
	struct table_node	node;
	struct timer		idle;
	struct timer		retry;
	struct kernel		*owner;
	struct in_addr		coa;
	unsigned		refs;		/* routes */
	unsigned		ifindex;	/* 0: not known */
	bool			pending;	/* priv has not answered */
	bool			failed;
	bool			doubtful;	/* to be checked when answers
						 * are there */
	struct ring		good;		/* in place */
	struct ring		old;		/* so before the check that is
						 * under way */
	struct ring		todo;		/* to be made anew */
	struct ring		held;		/* refused: the device had gone,
						 * and the owner still waits */
	unsigned		redoing;	/* answers due */
	unsigned		redone;		/* in this repair */
	unsigned		retry_ms;
};

struct dp_route {
	struct ring		ring;
	struct in6_addr		prefix;
	unsigned		len;		/* 0: a socket */
	int			fd;		/* that; -1: none */
	struct tunnel		*tunnel;
	uint32_t		 handle;
	unsigned		 due;		/* answers of priv */
	bool			 waiting;	/* done is to be called */
	bool			 refused;	/* half of it may be there */
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
	struct tunnel_stats	 stats;
};

static struct dp_route *
first_of(const struct ring *r)
{
	return r->next == r ? NULL :
	    container_of(r->next, struct dp_route, ring);
}

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
ask_tunnel(const struct tunnel *t, uint16_t op, priv_done *done, void *arg)
{
	struct had_priv_tunnel q = { .coa = t->coa };

	return priv_request(t->owner->priv, op, &q, sizeof(q), done, arg);
}

/* It is not used, and no answer is due. */
static void
tunnel_drop(struct tunnel *t)
{
	struct kernel *k = t->owner;

	timer_cancel(k->timers, &t->idle);
	timer_cancel(k->timers, &t->retry);
	not_asked("tunnel stays", t->coa,
	    ask_tunnel(t, HAD_PRIV_TUNNEL_DEL, NULL, NULL));
	table_remove(&k->tunnels, &t->node);
	free(t);
}

static int
ask_route(struct kernel *k, uint16_t op, const struct dp_route *rt,
    priv_done *done, void *arg)
{
	struct had_priv_route q = {
		.coa = rt->tunnel->coa,
		.prefix = rt->prefix,
		.len = rt->len,
		.handle = rt->handle,
	};

	if (rt->len > 0)
		return priv_request(k->priv, op, &q, sizeof(q), done, arg);
	/* It is closed by whoever has it. */
	return op == HAD_PRIV_ROUTE_DEL ? 0 :
	    ask_tunnel(rt->tunnel, HAD_PRIV_ND_OPEN, done, arg);
}

/* The socket that came with an answer, instead of an earlier one. */
static void
take_fd(struct dp_route *rt, int fd)
{
	if (rt->fd != -1)
		close(rt->fd);
	rt->fd = fd;
}

static void
free_route(struct dp_route *rt)
{
	take_fd(rt, -1);
	free(rt);
}

/* ---- what somebody else has broken ---- */

static void	check(struct tunnel *);
static priv_done route_redone;

/* Was it made? */
static bool
take_reply(struct tunnel *t, const void *body, size_t len)
{
	struct had_priv_tunnel_added reply;

	if (len != sizeof(reply))
		return false;
	memcpy(&reply, body, sizeof(reply));
	t->ifindex = reply.ifindex;
	return reply.made != 0;
}

static void
retry_later(struct tunnel *t)
{
	struct kernel *k = t->owner;

	t->retry_ms = t->retry_ms == 0 ? RETRY_MS :
	    t->retry_ms < RETRY_MS_MAX ? t->retry_ms * 2 : RETRY_MS_MAX;
	(void)timer_set(k->timers, &t->retry,
	    mono_add_ms(clock_mono(k->clock), t->retry_ms));
}

/* The device is whole; some of its routes are not there. */
static void
redo(struct tunnel *t)
{
	struct kernel *k = t->owner;
	struct dp_route *rt;
	char s[INET_ADDRSTRLEN];

	while (t->redoing < REDO_AT_ONCE &&
	    (rt = first_of(&t->todo)) != NULL) {
		if (rt->refused)
			(void)ask_route(k, HAD_PRIV_ROUTE_DEL, rt, NULL, NULL);
		if (ask_route(k, HAD_PRIV_ROUTE_ADD, rt, route_redone, rt)) {
			retry_later(t);
			return;
		}
		rt->refused = false;
		rt->due++;
		t->redoing++;
		ring_put(&t->good, &rt->ring);
	}
	if (t->redoing > 0)
		return;
	t->retry_ms = 0;
	if (t->redone > 0) {
		inet_ntop(AF_INET, &t->coa, s, sizeof(s));
		log_info(s, "tunnel: %u routes made anew", t->redone);
	}
	t->redone = 0;
	if (t->doubtful)
		check(t);
}

/* Whoever waits for a route need not wait for the device. */
static void
refuse_held(struct tunnel *t, int status)
{
	struct dp_route *rt;

	while ((rt = first_of(&t->held)) != NULL) {
		ring_put(&t->good, &rt->ring);
		rt->waiting = false;
		/* It may delete the route. */
		rt->done(rt->arg, status);
	}
}

static void
tunnel_checked(void *arg, int status, const void *body, size_t len, int fd)
{
	struct tunnel *t = arg;
	char s[INET_ADDRSTRLEN];

	(void)fd;
	t->pending = false;
	inet_ntop(AF_INET, &t->coa, s, sizeof(s));
	if (status != 0) {
		ring_put_all(&t->todo, &t->old);
		t->owner->stats.failed++;
		retry_later(t);
		log_warnx(s, "tunnel: its device is gone or down and can not "
		    "be made anew: %s; tried again in %u s", strerror(-status),
		    t->retry_ms / 1000);
		refuse_held(t, status);
		return;
	}
	if (take_reply(t, body, len)) {
		log_warnx(s, "tunnel: its device was gone or down and has been "
		    "made anew; %u routes to go on it", t->refs);
		t->owner->stats.remade++;
		ring_put_all(&t->todo, &t->old);
	} else {
		ring_put_all(&t->good, &t->old);
	}
	ring_put_all(&t->todo, &t->held);
	redo(t);
}

/* Is its device as we made it? Else it is made anew. */
static void
check(struct tunnel *t)
{
	if (t->pending || t->redoing > 0) {
		t->doubtful = true;
		return;
	}
	if (t->failed || timer_is_set(&t->retry))
		return;
	t->doubtful = false;
	if (ask_tunnel(t, HAD_PRIV_TUNNEL_ADD, tunnel_checked, t) != 0) {
		retry_later(t);
		return;
	}
	t->pending = true;
	ring_put_all(&t->old, &t->good);
}

static void
tunnel_retry(struct timer *timer)
{
	check(container_of(timer, struct tunnel, retry));
}

/* All answers of a batch are there. */
static void
redone_all(struct tunnel *t)
{
	char s[INET_ADDRSTRLEN];

	if (!timer_is_set(&t->retry)) {
		redo(t);
		return;
	}
	inet_ntop(AF_INET, &t->coa, s, sizeof(s));
	log_warnx(s, "tunnel: not all of its routes could be made anew; tried "
	    "again in %u s", t->retry_ms / 1000);
}

static void
route_redone(void *arg, int status, const void *body, size_t len, int fd)
{
	struct dp_route *rt = arg;
	struct tunnel *t = rt->tunnel;
	bool tell = (rt->waiting || rt->len == 0) && !rt->deleted;

	(void)body;
	(void)len;
	take_fd(rt, fd);
	rt->due--;
	t->redoing--;
	if (status == 0) {
		t->redone++;
		t->owner->stats.routes_remade++;
	} else {
		t->owner->stats.failed++;
		tell = rt->waiting && !rt->deleted;
		if (!rt->deleted && !tell) {
			rt->refused = true;
			ring_put(&t->todo, &rt->ring);
		}
		if (!timer_is_set(&t->retry))
			retry_later(t);
	}
	rt->waiting = false;
	if (t->redoing == 0)
		redone_all(t);
	if (rt->deleted && rt->due == 0)
		free_route(rt);
	else if (tell)
		rt->done(rt->arg, status);
}

static bool
lost_each(struct table_node *n, void *arg)
{
	const struct tunnel *what = arg;
	struct tunnel *t = container_of(n, struct tunnel, node);

	/* What is being made may be what has gone. */
	if (t->ifindex == what->ifindex || (t->pending && what->failed))
		check(t);
	return true;
}

void
tunnel_kernel_lost(struct dataplane *dp, unsigned ifindex, bool gone)
{
	struct tunnel what = { .ifindex = ifindex, .failed = gone };

	table_each(&((struct kernel *)dp)->tunnels, lost_each, &what);
}

static bool
check_each(struct table_node *n, void *arg)
{
	(void)arg;
	check(container_of(n, struct tunnel, node));
	return true;
}

void
tunnel_kernel_check(struct dataplane *dp)
{
	table_each(&((struct kernel *)dp)->tunnels, check_each, NULL);
}

const struct tunnel_stats *
tunnel_kernel_stats(const struct dataplane *dp)
{
	return &((const struct kernel *)dp)->stats;
}

/* ---- */

/* Its routes have failed or will: the next one asks for it again. */
static void
tunnel_added(void *arg, int status, const void *body, size_t len, int fd)
{
	struct tunnel *t = arg;
	char s[INET_ADDRSTRLEN];

	(void)fd;
	t->pending = false;
	if (status == 0) {
		(void)take_reply(t, body, len);
		if (t->doubtful)
			check(t);
		return;
	}
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

	if (!t->pending && t->redoing == 0)
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
	t->retry.fire = tunnel_retry;
	ring_init(&t->good);
	ring_init(&t->old);
	ring_init(&t->todo);
	ring_init(&t->held);
	t->coa = coa;
	if (ask_tunnel(t, HAD_PRIV_TUNNEL_ADD, tunnel_added, t)) {
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

/* Refused since the device has just gone? Then it is tried again when that has
 * been looked into; what is refused then is refused. */
static bool
hold(struct dp_route *rt, int status)
{
	struct tunnel *t = rt->tunnel;

	if ((status != -ENODEV && status != -ENETDOWN) || t->failed ||
	    timer_is_set(&t->retry))
		return false;
	rt->refused = true;
	check(t);
	ring_put(&t->held, &rt->ring);
	return true;
}

static void
route_answer(void *arg, int status, const void *body, size_t len, int fd)
{
	struct dp_route *rt = arg;

	(void)body;
	(void)len;
	take_fd(rt, fd);
	rt->due--;
	if (rt->deleted) {
		if (rt->due == 0)
			free_route(rt);
		return;
	}
	if (hold(rt, status))
		return;
	rt->waiting = false;
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
	rt->prefix = e->prefix;
	rt->len = e->len;
	rt->fd = -1;
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
	if (ask_route(k, HAD_PRIV_ROUTE_ADD, rt, route_answer, rt)) {
		tunnel_put(k, rt->tunnel);
		free(rt);
		return NULL;
	}
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

	not_asked("route stays", rt->tunnel->coa,
	    ask_route(k, HAD_PRIV_ROUTE_DEL, rt, NULL, NULL));
	ring_leave(&rt->ring);
	tunnel_put(k, rt->tunnel);
	if (rt->due > 0)
		rt->deleted = true;
	else
		free_route(rt);
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
	k->dp.socket = kernel_socket;
	k->dp.free = kernel_free;
	return &k->dp;
}

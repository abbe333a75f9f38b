/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device that somebody else has removed or set down is made anew, and its
 * routes behind it, some at a time: what is asked for meanwhile goes in between
 * [D146]. Each route is in one ring of its tunnel. Part of tunnel.
 */
#define LOG_MODULE "tunnel"
#include "had/tunnel_int.h"

#include <errno.h>
#include <string.h>

#include "common/log.h"

#define REDO_AT_ONCE	PRIV_TOGETHER	/* routes */
#define RETRY_MS	1000	/* then twice as long, up to */
#define RETRY_MS_MAX	32000

static priv_done route_redone;

static struct dp_route *
first_of(const struct ring *r)
{
	return r->next == r ? NULL :
	    container_of(r->next, struct dp_route, ring);
}

bool
tunnel_take_reply(struct tunnel *t, const void *body, size_t len)
{
	struct had_priv_tunnel_added reply;

	if (len != sizeof(reply))
		return false;
	memcpy(&reply, body, sizeof(reply));
	t->ifindex = reply.ifindex;
	t->leads_by = reply.way;
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
			(void)tunnel_ask_route(k, HAD_PRIV_ROUTE_DEL, rt, NULL,
			    NULL);
		if (tunnel_ask_route(k, HAD_PRIV_ROUTE_ADD, rt, route_redone,
		    rt)) {
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
	if (t->redone > 0)
		log_info(tunnel_name(t, s), "tunnel: %u routes made anew",
		    t->redone);
	t->redone = 0;
	if (t->doubtful)
		tunnel_check(t);
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
		rt->done(rt->arg, rt, status);
	}
}

static void
tunnel_checked(void *arg, int status, const void *body, size_t len, int fd)
{
	struct tunnel *t = arg;
	char s[INET_ADDRSTRLEN];

	(void)fd;
	t->pending = false;
	if (status != 0) {
		ring_put_all(&t->todo, &t->old);
		t->owner->stats.failed++;
		retry_later(t);
		log_warnx(tunnel_name(t, s), "tunnel: its device is gone or "
		    "down and can not be made anew: %s; tried again in %u s",
		    strerror(-status), t->retry_ms / 1000);
		refuse_held(t, status);
		return;
	}
	if (tunnel_take_reply(t, body, len)) {
		log_warnx(tunnel_name(t, s), "tunnel: its device was gone or "
		    "down and has been made anew; %u routes to go on it",
		    t->refs);
		t->owner->stats.remade++;
		ring_put_all(&t->todo, &t->old);
	} else {
		ring_put_all(&t->good, &t->old);
	}
	ring_put_all(&t->todo, &t->held);
	redo(t);
}

void
tunnel_check(struct tunnel *t)
{
	if (t->pending || t->redoing > 0) {
		t->doubtful = true;
		return;
	}
	if (t->failed || timer_is_set(&t->retry))
		return;
	t->doubtful = false;
	if (tunnel_ask(t, HAD_PRIV_TUNNEL_ADD, tunnel_checked, t) != 0) {
		retry_later(t);
		return;
	}
	t->pending = true;
	ring_put_all(&t->old, &t->good);
}

void
tunnel_retry(struct timer *timer)
{
	tunnel_check(container_of(timer, struct tunnel, retry));
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
	log_warnx(tunnel_name(t, s), "tunnel: not all of its routes could be "
	    "made anew; tried again in %u s", t->retry_ms / 1000);
}

static void
route_redone(void *arg, int status, const void *body, size_t len, int fd)
{
	struct dp_route *rt = arg;
	struct tunnel *t = rt->tunnel;
	bool tell = (rt->waiting || rt->len == 0) && !rt->deleted;

	(void)body;
	(void)len;
	tunnel_take_fd(rt, fd);
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
		tunnel_free_route(rt);
	else if (tell)
		rt->done(rt->arg, rt, status);
}

static bool
lost_each(struct table_node *n, void *arg)
{
	const struct tunnel *what = arg;
	struct tunnel *t = container_of(n, struct tunnel, node);

	/* What is being made may be what has gone. */
	if (t->ifindex == what->ifindex || t->leads_by == what->ifindex ||
	    (t->pending && what->failed))
		tunnel_check(t);
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
	tunnel_check(container_of(n, struct tunnel, node));
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

bool
tunnel_hold(struct dp_route *rt, int status)
{
	struct tunnel *t = rt->tunnel;

	if ((status != -ENODEV && status != -ENETDOWN) || t->failed ||
	    timer_is_set(&t->retry))
		return false;
	rt->refused = true;
	tunnel_check(t);
	ring_put(&t->held, &rt->ring);
	return true;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The data plane of the engine's side: counts which care-of addresses are in
 * use and asks priv for their tunnels and for the routes through them. priv
 * answers in order, so a route asked for behind its tunnel fails if that did.
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
#include "had/priv_ops.h"

struct tunnel {
	struct table_node	node;
	struct in_addr		coa;
	unsigned		refs;		/* routes */
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
	struct table		 tunnels;
	uint32_t		 next_handle;
};

static bool
coa_eq(const struct table_node *n, const void *key)
{
	const struct tunnel *t = container_of(n, struct tunnel, node);

	return memcmp(&t->coa, key, sizeof(t->coa)) == 0;
}

static void
tunnel_answer(void *arg, int status, const void *body, size_t len, int fd)
{
	struct in_addr coa = { (in_addr_t)(uintptr_t)arg };
	char s[INET_ADDRSTRLEN];

	(void)body;
	(void)len;
	(void)fd;
	inet_ntop(AF_INET, &coa, s, sizeof(s));
	if (status)
		log_warnx(s, "tunnel: %s", strerror(-status));
	else
		log_debug(s, "tunnel changed");
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
ask_tunnel(struct kernel *k, uint16_t op, struct in_addr coa)
{
	struct had_priv_tunnel q = { .coa = coa };

	return priv_request(k->priv, op, &q, sizeof(q), tunnel_answer,
	    (void *)(uintptr_t)coa.s_addr);
}

static struct tunnel *
tunnel_get(struct kernel *k, struct in_addr coa)
{
	uint64_t hash = table_hash(&k->tunnels, &coa, sizeof(coa));
	struct table_node *n = table_find(&k->tunnels, hash, coa_eq, &coa);
	struct tunnel *t;

	if (n) {
		t = container_of(n, struct tunnel, node);
		t->refs++;
		return t;
	}
	t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	t->coa = coa;
	t->refs = 1;
	if (ask_tunnel(k, HAD_PRIV_TUNNEL_ADD, coa)) {
		free(t);
		return NULL;
	}
	table_insert(&k->tunnels, &t->node, hash);
	return t;
}

static void
tunnel_put(struct kernel *k, struct tunnel *t)
{
	if (--t->refs > 0)
		return;
	not_asked("tunnel stays", t->coa,
	    ask_tunnel(k, HAD_PRIV_TUNNEL_DEL, t->coa));
	table_remove(&k->tunnels, &t->node);
	free(t);
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
	struct kernel *k = arg;

	table_remove(&k->tunnels, n);
	free(container_of(n, struct tunnel, node));
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
tunnel_kernel_new(struct priv_client *priv)
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

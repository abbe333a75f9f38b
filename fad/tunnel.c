/* SPDX-License-Identifier: BSD-2-Clause */
/* See fad/tunnel.h. A tunnel is there as long as a visitor needs it. priv
 * answers in order, so nothing needs to wait for the tunnel by itself. */
#include "config.h"
#define LOG_MODULE "tunnel"
#include "fad/tunnel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include "common/log.h"
#include "common/priv.h"
#include "common/table.h"
#include "fad/priv_ops.h"

struct tunnel {
	struct table_node	node;
	struct fad_priv_tunnel	end;
	unsigned		refs;		/* visits */
};

struct dp_route {
	struct dp_entry		entry;
	struct tunnel		*tunnel;
	bool			 pending;	/* priv has not answered */
	bool			 deleted;	/* nobody waits for it */
	dp_done			*done;
	void			*arg;
};

struct kernel {
	struct dataplane	 dp;
	struct priv_client	*priv;
	struct table		 tunnels;
};

static bool
end_eq(const struct table_node *n, const void *key)
{
	const struct tunnel *t = container_of(n, struct tunnel, node);

	return memcmp(&t->end, key, sizeof(t->end)) == 0;
}

static void
tunnel_answer(void *arg, int status, const void *body, size_t len, int fd)
{
	struct in_addr ha = { (in_addr_t)(uintptr_t)arg };
	char s[INET_ADDRSTRLEN];

	(void)body;
	(void)len;
	(void)fd;
	inet_ntop(AF_INET, &ha, s, sizeof(s));
	if (status)
		log_warnx(s, "tunnel: %s", strerror(-status));
	else
		log_debug(s, "tunnel changed");
}

/* What could not even be asked for. That priv has ended is said once, where
 * it is noticed; the kernel's state has gone with it. */
static void
not_asked(const char *what, struct in_addr ha, int err)
{
	char s[INET_ADDRSTRLEN];

	if (err == 0 || err == -EPIPE)
		return;
	inet_ntop(AF_INET, &ha, s, sizeof(s));
	log_warnx(s, "%s: %s", what, strerror(-err));
}

static int
ask_tunnel(struct kernel *k, uint16_t op, const struct fad_priv_tunnel *end)
{
	return priv_request(k->priv, op, end, sizeof(*end), tunnel_answer,
	    (void *)(uintptr_t)end->ha.s_addr);
}

static struct tunnel *
tunnel_get(struct kernel *k, const struct dp_entry *e)
{
	const struct fad_priv_tunnel end = { e->ha, e->gre };
	uint64_t hash = table_hash(&k->tunnels, &end, sizeof(end));
	struct table_node *n = table_find(&k->tunnels, hash, end_eq, &end);
	struct tunnel *t;

	if (n) {
		t = container_of(n, struct tunnel, node);
		t->refs++;
		return t;
	}
	t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	t->end = end;
	t->refs = 1;
	if (ask_tunnel(k, FAD_PRIV_TUNNEL_ADD, &end)) {
		free(t);
		return NULL;
	}
	table_insert(&k->tunnels, &t->node, hash);
	k->dp.n_tunnels++;
	return t;
}

static void
tunnel_put(struct kernel *k, struct tunnel *t)
{
	if (--t->refs > 0)
		return;
	not_asked("tunnel stays", t->end.ha,
	    ask_tunnel(k, FAD_PRIV_TUNNEL_DEL, &t->end));
	table_remove(&k->tunnels, &t->node);
	k->dp.n_tunnels--;
	free(t);
}

static int
ask_visit(struct kernel *k, uint16_t op, const struct dp_route *rt,
    priv_done *done, void *arg)
{
	const struct dp_entry *e = &rt->entry;
	struct fad_priv_visit q = {
		.tunnel = { e->ha, e->gre }, .home = e->home,
		.link = e->link, .reverse = e->reverse,
	};

	memcpy(q.lladdr, e->lladdr, sizeof(q.lladdr));
	return priv_request(k->priv, op, &q, sizeof(q), done, arg);
}

static void
visit_answer(void *arg, int status, const void *body, size_t len, int fd)
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

static void
kernel_del(struct dataplane *dp, struct dp_route *rt)
{
	struct kernel *k = (struct kernel *)dp;

	not_asked("a visitor's routes stay", rt->entry.home,
	    ask_visit(k, FAD_PRIV_VISIT_DEL, rt, NULL, NULL));
	tunnel_put(k, rt->tunnel);
	if (rt->pending)
		rt->deleted = true;
	else
		free(rt);
}

static struct dp_route *
kernel_add(struct dataplane *dp, const struct dp_entry *e,
    struct dp_route *instead, dp_done *done, void *arg, int *status)
{
	struct kernel *k = (struct kernel *)dp;
	struct dp_route *rt = calloc(1, sizeof(*rt));

	*status = -ENOMEM;
	/* The kernel knows it by our key alone, which two can not have. */
	if (instead && e->gre.own && !gre_same(&e->gre, &instead->entry.gre)) {
		kernel_del(dp, instead);
		instead = NULL;
	}
	/* Before the other one lets go of what may be the same tunnel. */
	if (rt)
		rt->tunnel = tunnel_get(k, e);
	if (instead)
		kernel_del(dp, instead);
	if (!rt || !rt->tunnel) {
		free(rt);
		return NULL;
	}
	rt->entry = *e;
	rt->done = done;
	rt->arg = arg;
	rt->pending = true;
	if (ask_visit(k, FAD_PRIV_VISIT_ADD, rt, visit_answer, rt)) {
		tunnel_put(k, rt->tunnel);
		free(rt);
		return NULL;
	}
	*status = -EINPROGRESS;
	return rt;
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
none_add(struct dataplane *dp, const struct dp_entry *e,
    struct dp_route *instead, dp_done *done, void *arg, int *status)
{
	(void)e;
	(void)instead;
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

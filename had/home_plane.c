/* SPDX-License-Identifier: BSD-2-Clause */
/* See had/home_plane.h. */
#include "had/home_plane.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "had/dad.h"
#include "had/pool.h"
#include "had/tunnel.h"

/* Ours; the inner plane's has the same name elsewhere. */
struct home_route {
	struct home_plane	*hp;
	struct dad		*dad;		/* NULL: of no home link */
	struct dad_claim	 claim;
	struct dp_entry		 entry;
	struct dp_route		*inner;
	dp_done			*done;
	void			*arg;
};

struct home_plane {
	struct dataplane	 dp;
	struct dataplane	*inner;
	size_t			 n;
	struct home_plane_link	 link[];
};

static struct dad *
dad_of(const struct home_plane *hp, const struct dp_entry *e)
{
	size_t i;

	if (e->len != 128)
		return NULL;
	for (i = 0; i < hp->n; i++)
		if (e->link ? hp->link[i].pool == e->link :
		    pool_contains(hp->link[i].pool, &e->prefix))
			return hp->link[i].dad;
	return NULL;
}

static void
inner_done(void *arg, struct dp_route *inner, int status)
{
	struct home_route *r = arg;

	(void)inner;
	/* It may delete the route. */
	r->done(r->arg, (struct dp_route *)r, status);
}

static int
add_inner(struct home_route *r)
{
	struct dataplane *in = r->hp->inner;
	int status;

	if (r->entry.link)
		return 0;

	r->inner = in->add(in, &r->entry, inner_done, r, &status);
	return status;
}

/* The address is ours now, or it is not to be had. */
static void
claimed(void *arg, int status)
{
	struct home_route *r = arg;
	struct home_plane *hp = r->hp;

	if (status == 0)
		status = add_inner(r);
	if (status == -EINPROGRESS)
		return;
	hp->dp.culprit = r->dad->culprit;
	/* It may delete the route. */
	r->done(r->arg, (struct dp_route *)r, status);
	hp->dp.culprit = NULL;
}

/* -EADDRINUSE, too, for our own address there, of which nobody would tell
 * us. */
static int
claim(struct home_route *r)
{
	if (!r->dad)
		return 0;
	if (IN6_ARE_ADDR_EQUAL(&r->dad->own, &r->entry.prefix))
		return -EADDRINUSE;
	return dad_claim(r->dad, &r->claim, &r->entry.prefix, claimed, r);
}

static struct dp_route *
home_add(struct dataplane *dp, const struct dp_entry *e, dp_done *done,
    void *arg, int *status)
{
	struct home_plane *hp = (struct home_plane *)dp;
	struct home_route *r = calloc(1, sizeof(*r));

	*status = -ENOMEM;
	if (!r)
		return NULL;
	r->hp = hp;
	r->dad = dad_of(hp, e);
	r->entry = *e;
	r->done = done;
	r->arg = arg;
	*status = claim(r);
	if (*status == 0)
		*status = add_inner(r);
	if (*status == 0 || *status == -EINPROGRESS)
		return (struct dp_route *)r;
	if (r->dad)
		dad_release(r->dad, &r->claim);
	free(r);
	return NULL;
}

static void
home_del(struct dataplane *dp, struct dp_route *rt)
{
	struct home_plane *hp = (struct home_plane *)dp;
	struct home_route *r = (struct home_route *)rt;

	if (r->inner)
		hp->inner->del(hp->inner, r->inner);
	if (r->dad)
		dad_release(r->dad, &r->claim);
	free(r);
}

static int
home_socket(struct dataplane *dp, struct dp_route *rt)
{
	struct home_plane *hp = (struct home_plane *)dp;

	return hp->inner->socket(hp->inner, ((struct home_route *)rt)->inner);
}

static void
home_free(struct dataplane *dp)
{
	struct home_plane *hp = (struct home_plane *)dp;

	hp->inner->free(hp->inner);
	free(hp);
}

struct dataplane *
home_plane_new(struct dataplane *inner, const struct home_plane_link *links,
    size_t n)
{
	struct home_plane *hp = calloc(1, sizeof(*hp) + n * sizeof(*links));

	if (!hp)
		return NULL;
	hp->dp.add = home_add;
	hp->dp.del = home_del;
	hp->dp.socket = home_socket;
	hp->dp.free = home_free;
	hp->inner = inner;
	hp->n = n;
	memcpy(hp->link, links, n * sizeof(*links));
	return &hp->dp;
}

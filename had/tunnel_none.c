/* SPDX-License-Identifier: BSD-2-Clause */
/* "none": a data plane whose work is done at once. See tunnel.h. */
#include "had/tunnel.h"

#include <stdlib.h>

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

static int
none_socket(struct dataplane *dp, struct dp_route *rt)
{
	(void)dp;
	(void)rt;
	return -1;
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
	dp->socket = none_socket;
	dp->free = none_free;
	return dp;
}

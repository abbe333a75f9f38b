/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A data plane that has an address of a home link probed and held there
 * before the plane behind it makes the route. Registrations wait as they do
 * for the kernel; an address that another node has fails with -EADDRINUSE.
 * For a link-local one nothing follows: it is only held.
 */
#ifndef HAD_HOME_PLANE_H
#define HAD_HOME_PLANE_H

#include <stddef.h>

struct dad;
struct dataplane;
struct pool;

struct home_plane_link {
	const struct pool	*pool;		/* has its addresses there; or
						 * fe80::/64 of mobile nodes'
						 * that are as if there */
	struct dad		*dad;
};

/* inner becomes the new one's, which frees it; links is copied. NULL with
 * errno set, inner stays the caller's then. */
struct dataplane *home_plane_new(struct dataplane *inner,
    const struct home_plane_link *links, size_t n);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel's devices and addresses mean for us: our own addresses are
 * nobody's home address, a home link's device may go and come anew, and a
 * tunnel's may be removed by somebody else [D146].
 */
#ifndef HAD_WATCH_H
#define HAD_WATCH_H

#include <stddef.h>

struct dataplane;
struct event_base;
struct home_link;
struct pools;
struct watch;

/* Takes our own addresses out of the pools, which must outlive it. NULL with
 * errno set. */
struct watch *watch_new(struct pools *);
/* Follows what changes; plane: the kernel's (tunnel.h), or NULL. In the engine;
 * 0 or -errno. */
int	 watch_start(struct watch *, struct event_base *, struct home_link *,
    size_t n, struct dataplane *plane);
void	 watch_free(struct watch *);

#endif

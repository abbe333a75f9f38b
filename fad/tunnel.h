/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The data plane as the control plane sees it: the way of one visitor's packets
 * from its home agent and, if that was agreed upon, back there, made and unmade
 * asynchronously. "kernel" does it through priv, one ipip device a home agent,
 * and one gre device a visitor with keys; "none" does nothing, at once.
 */
#ifndef FAD_TUNNEL_H
#define FAD_TUNNEL_H

#include <stdbool.h>
#include <stdint.h>

#include <netinet/in.h>

#include "common/gre_keys.h"

struct priv_client;
struct dp_route;

struct dp_entry {
	struct in_addr	ha;
	struct in_addr	home;
	unsigned	link;		/* place in the configuration */
	uint8_t		lladdr[6];
	bool		reverse;	/* RFC 3024, direct delivery */
	struct gre_keys	gre;		/* own 0: IP in IP */
};

/* status: 0, or -errno when it could not be made. */
typedef void dp_done(void *arg, int status);

struct dataplane {
	/*
	 * Makes a way, instead of another one if that is not NULL, which is
	 * deleted in any case; there must be none else of this home address on
	 * this link, nor of this home agent but with other keys.
	 * Returns it, its owner then calls del exactly once, also when it
	 * failed. *status: 0 when it is there already, -EINPROGRESS when done
	 * will be called later. NULL with *status -errno when it can not even
	 * be tried.
	 */
	struct dp_route	*(*add)(struct dataplane *, const struct dp_entry *,
			    struct dp_route *instead, dp_done *done,
			    void *arg, int *status);
	/* Removes it; done will not be called any more. */
	void		 (*del)(struct dataplane *, struct dp_route *);
	void		 (*free)(struct dataplane *);
	unsigned	 n_tunnels;	/* to home agents, or of keys */
};

/* NULL with errno set. */
struct dataplane *tunnel_kernel_new(struct priv_client *);
struct dataplane *tunnel_none_new(void);

#endif

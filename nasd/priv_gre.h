/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GRE with keys between an access router and its home agents, root's side: what
 * tells the sessions in the one device from each other [RFC 6245, PROTOCOLS
 * D197, doc/DATAPLANE]. Used by priv_plane*.c only.
 */
#ifndef NASD_PRIV_GRE_H
#define NASD_PRIV_GRE_H

#include <stdbool.h>
#include <stdint.h>

#include <netinet/in.h>

#include "common/gre_keys.h"
#include "common/table.h"

struct ha_tunnels;

#define GRE_STALE	16

/* A session's part. */
struct gre_session {
	struct table_node	by_own;
	struct table_node	by_hoa;		/* while out is set */
	struct in_addr		ha;
	struct in6_addr		hoa;		/* bits beyond plen are zero */
	unsigned		plen;
	struct gre_keys		keys;		/* own 0: it has no GRE */
	bool			out;		/* packets go to ha */
	struct gre_net		*net;
};

struct gre_plane {
	struct ha_tunnels	*tunnels;
	uint16_t		 prio;		/* of the filters; 0: none
						 * yet */
	uint16_t		 stale[GRE_STALE];	/* an earlier nasd's */
	unsigned		 n_stale;
	int64_t			 since;		/* seconds; when these were
						 * found */
	struct table		 by_own, by_hoa, nets;
};

/* 0 or -ENOMEM. */
int	 gre_init(struct gre_plane *, struct ha_tunnels *);
void	 gre_free(struct gre_plane *);
/* Makes the device unless it is there and up; what sessions have there is made
 * anew, too. 0, 1 when it was not, or -errno. */
int	 gre_ensure(struct gre_plane *);
/* Is there, or will be, a device? */
bool	 gre_is_used(const struct gre_plane *);
/* 0, or -errno and nothing is left of it; -EEXIST: its own key is another's;
 * -EADDRINUSE: its home address is another home agent's subscriber's. The
 * session is the caller's. */
int	 gre_add(struct gre_plane *, struct gre_session *);
void	 gre_del(struct gre_plane *, struct gre_session *);
/* What an earlier nasd has left, and no session has asked for in a while. */
void	 gre_tidy(struct gre_plane *);
/* Packets that were no session's: another key, home agent or destination. */
uint64_t gre_dropped(const struct gre_plane *);

#endif

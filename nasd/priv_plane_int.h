/* SPDX-License-Identifier: BSD-2-Clause */
/* The data plane's records, between priv_plane.c, which has the sessions, and
 * priv_plane_count.c, which reads what they carry. */
#ifndef NASD_PRIV_PLANE_INT_H
#define NASD_PRIV_PLANE_INT_H

#include <stdbool.h>
#include <stdint.h>

#include <net/if.h>

#include "common/netlink.h"
#include "common/table.h"
#include "nasd/priv_gre.h"
#include "nasd/priv_iface.h"
#include "nasd/priv_tunnel.h"
#include "nasd/rate.h"

struct nasd_priv_session_added;
struct plane;
struct sysctls;

struct plane_session {
	struct table_node	 by_id;
	struct table_node	 by_ifindex;
	uint32_t		 id;
	struct iface		 on;
	struct gre_session	 gre;
	struct nl_stats		 count;		/* as last read */
	uint64_t		 carried;	/* the same */
	struct rate		 rate;		/* its limits */
	uint64_t		 down_dropped, up_dropped;	/* by these */
	bool			 gone;		/* its interface; they stay */
};

/* An Ethernet link of the configuration: a session may be on it or not. */
struct plane_ether {
	char			 name[IF_NAMESIZE];
};

struct plane {
	struct nl		*nl;		/* NULL before plane_start */
	struct nl_gone		*gone;
	struct table		 sessions, ifaces;
	bool			 no_rates;	/* the kernel can not, said */
	unsigned		 n_limited;	/* sessions with a limit */
	struct iface_ready	 ready;
	struct plane_ether	*ether;
	unsigned		 n_ether;
	struct ha_tunnels	 tunnels;
	struct sysctls		*sysctls;	/* not ours */
	struct gre_plane	 gre;
};

/* ---- priv_plane.c ---- */

struct plane_session *plane_find_session(struct plane *, uint32_t id);
struct plane_session *plane_find_iface(struct plane *, unsigned ifindex);
bool	 plane_is_limited(const struct plane_session *);

/* ---- priv_plane_count.c ---- */

/* What an interface that stays has counted for others before. */
void	 plane_count_before(struct plane *, const struct iface *,
    struct nasd_priv_session_added *);
/* Takes the last counters of those that have gone. */
void	 plane_see_who_went(struct plane *);

#endif

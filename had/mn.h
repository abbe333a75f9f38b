/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A mobile node behind an access node: what its binding has beyond that of a
 * subscriber of an access router [draft-navali 3.2, 5.5.4; PROTOCOLS 11.5,
 * 11.7, 12]. It is as if on the home link, with us as its router: here are the
 * addresses that it has taken there, what it says of them, and what we say.
 * Pure: packets go in and out whole, as they are in the tunnel.
 */
#ifndef HAD_MN_H
#define HAD_MN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/nd6.h"
#include "common/table.h"
#include "had/access_node.h"
#include "common/gre_keys.h"
#include "had/pool.h"

struct binding;
struct dataplane;
struct dp_route;
struct mn;
struct timers;

#define MN_ADDRS_MAX	16	/* [PROTOCOLS 11.5] */

struct mn_io {
	/* Its tunnel is there, or another device than before: fd, or -1, is
	 * the socket on it. */
	void	(*open)(void *arg, struct mn *, int fd);
	void	(*close)(void *arg, struct mn *);
	/* False: it was not sent. */
	bool	(*send)(void *arg, struct mn *, const uint8_t *packet,
		    size_t len);
	/* What is to be heard may have changed: see mn_hears. */
	void	(*listen)(void *arg, struct mn *);
	/* It is not to stay on its link [draft-navali 3.2.4]. Ends the
	 * binding, and so the struct mn. */
	void	(*detach)(void *arg, struct binding *, const char *why);
};

struct mn_stats {
	uint64_t	ra_sent;
	uint64_t	received;	/* packets that were heard */
	uint64_t	malformed;	/* as RFC 4861 sees it */
	uint64_t	not_router;	/* what a mobile node may not send */
	uint64_t	claimed;	/* addresses */
	uint64_t	conflicts;	/* of them: another has it */
	uint64_t	foreign;	/* of no prefix of ours */
	uint64_t	too_many;	/* addresses at a time, or fast */
	uint64_t	expired;	/* addresses */
	uint64_t	failed;		/* no route, no memory */
};

/* All there are. One end of a tunnel, a care-of address, has one, or one of
 * each GRE key [D28]. */
struct mns {
	/* Set by the owner before mns_init. */
	struct timers		*timers;	/* the io's */
	const struct clock	*clock;
	struct pools		*pools;
	struct dataplane	*dp;	/* may come later, and io */
	const struct mn_io	*io;	/* NULL: nothing is said or heard */
	void			*arg;
	struct in6_addr		 router;	/* us, in their tunnels */
	uint8_t			 lladdr[ND6_LLADDR_LEN];
	uint32_t		 mtu;
	/* its own */
	struct log_limit	 log;
	struct table		 by_coa;	/* and GRE key */
	struct mn_stats		 stats;
	size_t			 n_addrs;
};

/* An address that it has, or wants. Moves when others come or go. */
struct mn_addr {
	struct pool_part	 at;
	struct dp_route		*route;		/* NULL: needs none */
};

/* There may be many: members are ordered so that nothing lies between them. */
struct mn {
	struct table_node	 by_coa;
	struct binding		*binding;	/* NULL: of none yet */
	void			*sock;		/* the io's */
	struct mn_addr		*addrs;		/* n_addrs */
	mono_t			 next_ra, last_ra;
	mono_t			 rested;	/* when it may claim as many
						 * addresses at once as ever */
	struct in_addr		 coa;		/* end of its tunnel: behind a
						 * foreign agent its IPv4 home
						 * address */
	uint16_t		 bound;		/* a bit for each of addrs: it
						 * is no more being probed */
	uint8_t			 n_addrs;
	uint8_t			 n_ra : 5;	/* of the first ones */
	bool			 told : 1;	/* of prefixes, and they are
						 * not over */
	bool			 up : 1;
	bool			 deaf : 1;	/* it has claimed too many */
};

/* router, lladdr: as they follow from our IPv4 address [PROTOCOLS D164]. */
void	 mns_name_router(struct mns *, struct in_addr own);
int	 mns_init(struct mns *);		/* 0 or -errno, as table_init */
void	 mns_free(struct mns *);		/* all have been freed before */
/* The one to which packets for a care-of address with a GRE key go, or without
 * one (0); or NULL. */
struct mn *mn_at(const struct mns *, struct in_addr coa, uint32_t gre_out);
/* One that is nowhere yet; NULL when memory is short. */
struct mn *mn_new(void);
void	 mn_free(struct mn *);
/* Its tunnel ends at coa from now on, where no other is that has its key, and
 * its addresses are there; behind fa, if that is not NULL: then it is an
 * address of home4, and its own. There is room in the binding for what is
 * rare. */
void	 mn_move(struct mn *, struct binding *, struct in_addr coa,
    const struct gre_keys *, const struct foreign_agent *fa, struct home4 *);
/* What is on the way there, or NULL. */
const struct foreign_agent *mn_fa(const struct mn *);
/* The care-of address that leads there, or 0: it is one itself. */
struct in_addr mn_via(const struct mn *);
/* The way there is ready, or made anew: it is told what its prefixes are. */
void	 mn_up(struct mn *, int fd);
/* It is the time that its binding was asked to wake it. */
void	 mn_woken(struct mn *);
/* A packet that it has sent; of one that is no neighbour discovery the header
 * is enough. May end its binding. */
void	 mn_input(struct mn *, const uint8_t *packet, size_t len);
/* Are packets from new addresses to be heard, or neighbour discovery alone? */
bool	 mn_hears(const struct mn *);
struct in6_addr mn_addr_of(const struct mn_addr *);
bool	 mn_addr_is_local(const struct mn_addr *);
/* Nobody else has it; else it is being probed. */
bool	 mn_addr_is_bound(const struct mn *, const struct mn_addr *);
/* The prefixes that it is told of. */
size_t	 mn_prefixes(const struct mn *, struct pool *const **);

/* mn_ra.c: a Router Advertisement, whole. Its length, or -errno. */
#define MN_RA_MAX	256
int	 mn_ra_write(const struct mn *, uint8_t buf[static MN_RA_MAX]);
/* When the next one is due, n of the first ones and the last one sent. */
mono_t	 mn_ra_next(const struct mn *, mono_t now);
/* The same of one that answers a solicitation [RFC 4861 6.2.6]. */
mono_t	 mn_ra_solicited(const struct mn *, mono_t now);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses held on a home link for subscribers who are elsewhere: duplicate
 * address detection first [RFC 4862 5.4, by proxy: PROTOCOLS 11.5], then
 * defence and proxy neighbour discovery [RFC 6275 10.4.1, RFC 4861 7.2.8].
 * Pure: packets, groups and time are the owner's.
 */
#ifndef HAD_DAD_H
#define HAD_DAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>

#include "common/nd6.h"
#include "common/table.h"

struct clock;
struct dad_addr;
struct timers;

#define DAD_RETRANS_MS	1000	/* RetransTimer [RFC 4861 10] */
#define DAD_TRANSMITS	1	/* DupAddrDetectTransmits [RFC 4862 5.1] */
#define DAD_ANNOUNCES	3	/* MAX_NEIGHBOR_ADVERTISEMENT [RFC 4861 10] */

/* status: 0, -EADDRINUSE when another node has the address, or another -errno
 * when that could not be found out. */
typedef void dad_done(void *arg, int status);

/* Somebody who wants an address; lies with its owner. Several may want the
 * same: it is probed once and held until the last one has released it. */
struct dad_claim {
	struct dad_addr		*addr;		/* NULL: none */
	struct dad_claim	*next;
	dad_done		*done;
	void			*arg;
	bool			 told;
};

struct dad_io {
	/* Listens to a group of the link. A handle (>= 0) for leave, or
	 * -errno. */
	int	(*join)(void *arg, const struct in6_addr *group);
	void	(*leave)(void *arg, const struct in6_addr *group, int handle);
				/* handle as of join, also if that failed */
	/* lladdr NULL: to m's destination, a group. 0 or -errno. */
	int	(*send)(void *arg, const struct nd6 *m, const uint8_t *lladdr);
	/* Another node answers for an address that we hold. May be NULL. */
	void	(*conflict)(void *arg, const struct in6_addr *,
		    const uint8_t *lladdr);
};

struct dad_stats {
	uint64_t	probed;		/* addresses */
	uint64_t	duplicates;	/* of them */
	uint64_t	failed;		/* of them: link down, no memory */
	uint64_t	solicitations;	/* answered */
	uint64_t	defended;	/* other nodes' DAD */
	uint64_t	conflicts;	/* others' advertisements */
};

struct dad_list {
	struct dad_addr	*first;
};

struct dad {
	/* Set by the owner before dad_init. */
	struct timers		*timers;
	const struct clock	*clock;
	const struct dad_io	*io;
	void			*arg;
	struct in6_addr		 own;		/* source: ours on the link */
	uint8_t			 lladdr[ND6_LLADDR_LEN];
	/* dad's own */
	struct table		 addrs;
	struct table		 groups;
	struct dad_list		 tentative;
	struct dad_stats	 stats;
	size_t			 n_defended;
	const struct nd6	*culprit;	/* while done is told
						 * -EADDRINUSE: by what */
};

int	 dad_init(struct dad *);	/* 0 or -errno, as table_init */
/* All claims have been released before. */
void	 dad_free(struct dad *);
/* 0: held already, and done is never called. -EINPROGRESS: done will be, once,
 * not from within this call. Another -errno: no claim was made. */
int	 dad_claim(struct dad *, struct dad_claim *, const struct in6_addr *,
    dad_done *, void *arg);
/* Also from within done, and for a claim that failed or was never made. */
void	 dad_release(struct dad *, struct dad_claim *);
/* What another node (of this link-layer address) has sent on the link. */
void	 dad_input(struct dad *, const struct nd6 *, const uint8_t *lladdr);
/* Nothing can be probed now: what is being probed has failed. What is held
 * stays so. */
void	 dad_link_down(struct dad *);
/* The link is another device by now: groups are joined there, own and lladdr
 * may have changed, and what is held is announced within a second or two. */
void	 dad_link_anew(struct dad *);

#endif

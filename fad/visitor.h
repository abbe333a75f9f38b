/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The visitor list [RFC 3344 3.7.1]: who is registered through us, and apart
 * from it the requests whose replies are awaited. This module owns the records,
 * their limits and timers; relay decides.
 */
#ifndef FAD_VISITOR_H
#define FAD_VISITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>

#include "common/gre_keys.h"
#include "common/mip4_ext.h"
#include "common/table.h"
#include "common/timers.h"

struct dp_route;
struct visitors;

/* Where a mobile node is, and how a request of its came. */
struct node {
	unsigned	link;		/* place in the configuration */
	uint8_t		lladdr[6];
	struct in_addr	src, dst;	/* of its request */
	uint16_t	port;		/* its UDP source port */
};

/* Where, by link-layer address alone. */
bool	node_same(const struct node *, const struct node *);

/* What of a request both records hold. */
struct asked {
	struct node	node;
	struct in_addr	home;		/* 0: by NAI, to be assigned */
	struct in_addr	ha;
	struct in_addr	coa;
	uint64_t	id;
	mono_t		at;		/* when it came */
	struct gre_keys	gre;		/* own 0: another tunnel; peer is 0
					 * until the home agent has answered */
	uint16_t	lifetime;	/* requested */
	uint8_t		flags;
	uint8_t		nai_len;	/* 0: none */
	uint8_t		nai[MIP4_NAI_MAX];	/* normalized */
};

struct pending {
	struct table_node	by_id;
	struct table_node	by_node;
	struct timer		timer;
	struct visitors		*owner;
	struct asked		asked;
	uint32_t		mn_spi;		/* 0: no MN-FA key */
	uint32_t		rev_own;	/* timestamp of our 137 */
	bool			rev_sent;
};

enum visitor_state {
	VISITOR_INSTALLING,	/* the reply waits for the data plane */
	VISITOR_UP,
};

struct visitor {
	struct table_node	by_home;
	struct timer		timer;		/* UP: expiry */
	struct visitors		*owner;
	struct asked		asked;		/* home is the assigned one */
	enum visitor_state	state;
	bool			reverse;	/* we tunnel its packets home */
	bool			negotiated;	/* revocation */
	uint16_t		lifetime;	/* granted */
	mono_t			since, until;
	uint32_t		rev_ha;		/* timestamp of its 137 */
	struct dp_route		*route;		/* NULL: none */
	struct visitor_held	*held;		/* INSTALLING: the reply */
};

struct visitor_held {
	struct node	node;
	struct in_addr	home;		/* IP destination */
	uint32_t	mn_spi;
	uint16_t	lifetime;
	uint64_t	id;
	size_t		len;
	uint8_t		data[];
};

struct visitors {
	/* to be set before visitors_init */
	struct timers		*timers;
	const struct clock	*clock;
	uint32_t		 max_visitors, max_pending, max_pending_node;
	void			(*expired)(void *arg, struct visitor *);
	void			(*timed_out)(void *arg, struct pending *);
	void			*arg;
	/* own */
	struct table		 by_home, by_id, by_node;
};

int	 visitors_init(struct visitors *);	/* 0 or an error of table.h */
void	 visitors_free(struct visitors *);	/* with what is in it */

const char *visitor_state_str(enum visitor_state);
/*
 * Whose visit: two home agents may have given the same home address; and with
 * GRE one may have given it twice, to two NAIs, whose packets keys tell apart.
 * Without GRE it is one visit, whatever the NAI [D219, D234].
 */
struct visit_id {
	struct in_addr	 home, ha;
	const uint8_t	*nai;
	size_t		 nai_len;	/* 0: none */
	bool		 gre;
};
struct visitor *visitor_find(struct visitors *, const struct visit_id *);
/* The first of that home address, whoever has given it. */
struct visitor *visitor_any(struct visitors *, struct in_addr home);
/* On one link two visits with one home address could not be told apart: is
 * there another one than this? */
bool	 visitor_has_rival(struct visitors *, const struct visit_id *,
    unsigned link);
bool	 visitors_full(const struct visitors *);
/* NULL when full or out of memory. There must be none of this home. */
struct visitor *visitor_new(struct visitors *, const struct asked *);
void	 visitor_free(struct visitor *);	/* route has been deleted */
/* Lifetime begins now; 65535 never ends. */
void	 visitor_granted(struct visitor *, uint16_t lifetime);
/* Seconds left; 0xffff never ends. */
uint32_t visitor_left(const struct visitor *);

/*
 * The new pending request of a mobile node takes the place of its last one, and
 * has its key, if it is to have one, and is for the same home agent and NAI.
 * PENDING_TAKEN: another mobile node's request with this Identification is
 * pending, so that one of them is a copy.
 */
enum pending_verdict {
	PENDING_OK,
	PENDING_TAKEN,
	PENDING_LIMIT,		/* all, or of this mobile node */
	PENDING_NO_MEMORY,
};
enum pending_verdict pending_new(struct visitors *, const struct asked *,
    uint32_t wait_s, struct pending **);
void	 pending_free(struct pending *);
/*
 * The one that a reply of this home agent belongs to: its Identification has
 * the low 32 bits of id, and it is of this home address, or of this NAI where
 * it had none. nai NULL: none is said, which fits every NAI.
 */
struct pending *pending_find(struct visitors *, struct in_addr ha,
    uint64_t id, struct in_addr home, const uint8_t *nai, size_t nai_len);
/* By Identification and home agent alone: for what our own request comes back
 * in. */
struct pending *pending_of_request(struct visitors *, struct in_addr ha,
    uint64_t id, struct in_addr home);

#endif

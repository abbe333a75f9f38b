/* SPDX-License-Identifier: BSD-2-Clause */
/* Between revoke.c, which revokes, and revoke_in.c, to which peers' messages
 * about revocations come: what is being revoked. */
#ifndef HAD_REVOKE_INT_H
#define HAD_REVOKE_INT_H

#include "common/table.h"
#include "common/timers.h"
#include "had/peer.h"
#include "had/revoke.h"

#define REVOKE_TRIES		5
#define REVOKE_FRESH_S		60	/* for a binding we do not know */

struct revocation {
	struct table_node	 node;
	struct table_node	 by_home;	/* if fa is set */
	struct timer		 timer;
	struct revoker		*owner;
	struct reg		*reg;
	struct peer		*peer;
	const struct mip4_sa	*sa;		/* the peer's, or the
						 * subscriber's, or */
	struct mip4_sa		*own_sa;	/* a copy of that, or NULL */
	struct in_addr		 coa;
	const struct foreign_agent *fa;		/* to which it goes, or NULL */
	struct in_addr		 home;		/* IPv4, there */
	struct in6_addr		 hoa;
	bool			 unique;
	mono_t			 deadline;	/* end of the old lifetime */
	uint32_t		 floor;		/* ids are above: timestamp of
						 * our 137, or an earlier id */
	mono_t			 sent;		/* last try; at first, the
						 * reply to the registration */
	bool			 quiet;		/* nothing is sent: */
	bool			 unheard;	/* it was in vain; else it is
						 * over, but no other yet, or */
	bool			 heard;		/* renewals may be under way */
	uint32_t		 id[REVOKE_TRIES];
	unsigned		 tries;
	uint8_t			 nai_len;
	uint8_t			 nai[];		/* normalized, and a NUL */
};

struct revoker {
	struct table		 table, by_home;
	size_t			 n_quiet, n_heard;
	struct timers		*timers;
	const struct clock	*clock;
};

/* What is being revoked of a subscriber at a care-of address, or has been just
 * now; NULL: nothing. */
struct revocation *revoke_find(struct revoker *, const uint8_t *nai,
    size_t len, struct in_addr coa);
/* The same at a foreign agent's, by the IPv4 home address: it need not say the
 * NAI. */
struct revocation *revoke_find_home(struct revoker *, struct in_addr coa,
    struct in_addr home);
/* The agent there knows. */
void	 revoke_heard(struct revocation *);

#endif

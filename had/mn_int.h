/* SPDX-License-Identifier: BSD-2-Clause */
/* Between mn.c (what is said and heard) and mn_addr.c (the addresses). */
#ifndef HAD_MN_INT_H
#define HAD_MN_INT_H

#include "had/binding.h"
#include "had/mn.h"

#define MN_CLAIMS	20	/* addresses it may claim at once, and */
#define MN_CLAIM_MS	500	/* how often another one */
#define MN_LINGER_MS	2000	/* addresses, beyond their lifetime */

/* Once it has a binding. */
static inline struct mns *
mn_owner(const struct mn *m)
{
	return m->binding->owner->mns;
}

/* It has sent a packet with this source, or looks for one that has this
 * address: it is to have it, if nobody else does [D30]. May end its binding. */
void	 mn_claim(struct mn *, const struct in6_addr *);
/* When it is heard again, or was. */
mono_t	 mn_hears_at(const struct mn *);
/* If that is so now. */
void	 mn_hear_again(struct mn *, mono_t now);
void	 mn_set_timer(struct mn *);
/* Into its tunnel. */
void	 mn_say(struct mn *, const struct nd6 *);
/* To where it is now. */
void	 mn_addrs_move(struct mn *);
/* All that lie in a prefix. */
void	 mn_addrs_expire(struct mn *);
void	 mn_addrs_drop(struct mn *);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv4 home addresses of mobile nodes behind foreign agents [draft-navali
 * 3.2.1, PROTOCOLS 11.6, D187]: a range, and which of it are given. Who has had
 * one is likely to get it again, since where the search begins depends on the
 * name; so nothing has to be remembered. Pure.
 */
#ifndef HAD_HOME4_H
#define HAD_HOME4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>

#define HOME4_MAX	65536	/* addresses of one pool */

struct home4 {
	uint32_t	 first, n;	/* host order; n 0: there is none */
	uint32_t	 n_used;
	uint64_t	*used;		/* a bit each */
};

/* Those from first to last (host order), without these two if there are others.
 * 0, -ENOMEM or -ERANGE: more than HOME4_MAX. */
int	 home4_init(struct home4 *, uint32_t first, uint32_t last);
/* The same addresses, none of which is given. 0 or -ENOMEM. */
int	 home4_copy(struct home4 *, const struct home4 *of);
void	 home4_free(struct home4 *);
bool	 home4_has(const struct home4 *, struct in_addr);
bool	 home4_is_free(const struct home4 *, struct in_addr);
/* One that is free, for somebody of this name. False: there is none. */
bool	 home4_find(const struct home4 *, const void *nai, size_t len,
    struct in_addr *);
void	 home4_take(struct home4 *, struct in_addr);
void	 home4_put(struct home4 *, struct in_addr);

#endif

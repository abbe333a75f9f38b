/* SPDX-License-Identifier: BSD-2-Clause */
/* Chance and time of the simulation, for those of its files, too, that are to
 * know nothing of home agents. */
#ifndef SIM_SIM_RND_H
#define SIM_SIM_RND_H

#include <stdbool.h>
#include <stdint.h>

#define MS		INT64_C(1000000)	/* in nanoseconds */
#define SECOND		(1000 * MS)

/* splitmix64 */
struct dice {
	uint64_t	s;
};

uint64_t dice_roll(struct dice *);
/* 0 .. n - 1 */
uint32_t dice_below(struct dice *, uint32_t n);
int64_t	 dice_between(struct dice *, int64_t least, int64_t most);
bool	 dice_permille(struct dice *, unsigned n);
/* What the product draws from, from now on. */
void	 sim_rnd_use(struct dice *);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Chance from a seed. rnd_bytes is linked in the place of common/rnd.c's: the
 * keys of hash tables and the identifiers that the product draws come from the
 * seed, too, so nothing depends on the run. */
#include "tests/sim/sim_rnd.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "common/rnd.h"

/* rnd_bytes has no argument for it. */
static struct dice *product;

void
sim_rnd_use(struct dice *d)
{
	product = d;
}

uint64_t
dice_roll(struct dice *d)
{
	uint64_t z = (d->s += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

uint32_t
dice_below(struct dice *d, uint32_t n)
{
	return (uint32_t)((dice_roll(d) >> 32) * n >> 32);
}

int64_t
dice_between(struct dice *d, int64_t least, int64_t most)
{
	uint64_t span = (uint64_t)(most - least) + 1;

	return least + (int64_t)(dice_roll(d) % span);
}

bool
dice_permille(struct dice *d, unsigned n)
{
	return n > 0 && dice_below(d, 1000) < n;
}

int
rnd_bytes(void *buf, size_t n)
{
	uint8_t *p = buf;
	uint64_t r;
	size_t part;

	if (product == NULL)
		return -EIO;
	for (; n > 0; n -= part, p += part) {
		part = n < sizeof(r) ? n : sizeof(r);
		r = dice_roll(product);
		memcpy(p, &r, part);
	}
	return 0;
}

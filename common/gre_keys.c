/* SPDX-License-Identifier: BSD-2-Clause */
/* See gre_keys.h: a counter, put in another order by a small Feistel network,
 * which is one to one whatever its round function. */
#include "common/gre_keys.h"

#include "common/rnd.h"
#include "common/siphash.h"

#define ROUNDS	4	/* of Luby and Rackoff */

/* Without randomness they are still different. */
static void
begin(struct gre_draw *d)
{
	(void)rnd_bytes(d->secret, sizeof(d->secret));
	d->begun = true;
}

static uint32_t
permuted(const struct gre_draw *d, uint32_t n)
{
	uint16_t left = (uint16_t)(n >> 16), right = (uint16_t)n;
	unsigned i;

	for (i = 0; i < ROUNDS; i++) {
		const uint8_t in[3] = { (uint8_t)i, (uint8_t)(right >> 8),
			(uint8_t)right };
		uint16_t f = (uint16_t)siphash24(d->secret, in, sizeof(in));
		uint16_t next = left ^ f;

		left = right;
		right = next;
	}
	return (uint32_t)left << 16 | right;
}

uint32_t
gre_draw_next(struct gre_draw *d)
{
	uint32_t key;

	if (!d->begun)
		begin(d);
	do {
		key = permuted(d, d->n++);
	} while (key == 0);
	return key;
}

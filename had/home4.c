/* SPDX-License-Identifier: BSD-2-Clause */
/* See had/home4.h. */
#include "had/home4.h"

#include <errno.h>
#include <stdlib.h>

#include <arpa/inet.h>

#define WORD	64

int
home4_init(struct home4 *h, uint32_t first, uint32_t last)
{
	uint64_t n = (uint64_t)last - first + 1;

	*h = (struct home4){ .first = first };
	if (n > 2) {
		h->first++;
		n -= 2;
	}
	if (n > HOME4_MAX)
		return -ERANGE;
	h->used = calloc((size_t)(n + WORD - 1) / WORD, sizeof(*h->used));
	if (!h->used)
		return -ENOMEM;
	h->n = (uint32_t)n;
	return 0;
}

int
home4_copy(struct home4 *h, const struct home4 *of)
{
	*h = (struct home4){ .first = of->first };
	h->used = calloc((size_t)(of->n + WORD - 1) / WORD,
	    sizeof(*h->used));
	if (!h->used)
		return -ENOMEM;
	h->n = of->n;
	return 0;
}

void
home4_free(struct home4 *h)
{
	free(h->used);
	*h = (struct home4){ .n = 0 };
}

bool
home4_has(const struct home4 *h, struct in_addr addr)
{
	return ntohl(addr.s_addr) - h->first < h->n;
}

static bool
is_used(const struct home4 *h, uint32_t i)
{
	return (h->used[i / WORD] >> i % WORD & 1) != 0;
}

bool
home4_is_free(const struct home4 *h, struct in_addr addr)
{
	return home4_has(h, addr) && !is_used(h, ntohl(addr.s_addr) -
	    h->first);
}

/* The same after each start [FNV-1a]: nobody gains by a name that collides. */
static uint32_t
hash(const uint8_t *p, size_t len)
{
	uint32_t v = 2166136261;

	while (len-- > 0)
		v = (v ^ *p++) * 16777619;
	return v;
}

bool
home4_find(const struct home4 *h, const void *nai, size_t len,
    struct in_addr *addr)
{
	uint32_t begin, k, i;

	if (h->n_used >= h->n)
		return false;
	begin = hash(nai, len) % h->n;
	for (k = 0; k < h->n; k++) {
		i = (begin + k) % h->n;
		/* A word of them at once. */
		if (i % WORD == 0 && i + WORD <= h->n &&
		    h->used[i / WORD] == UINT64_MAX)
			k += WORD - 1;
		else if (!is_used(h, i))
			break;
	}
	addr->s_addr = htonl(h->first + (begin + k) % h->n);
	return k < h->n;
}

void
home4_take(struct home4 *h, struct in_addr addr)
{
	uint32_t i = ntohl(addr.s_addr) - h->first;

	if (!home4_is_free(h, addr))
		return;
	h->used[i / WORD] |= UINT64_C(1) << i % WORD;
	h->n_used++;
}

void
home4_put(struct home4 *h, struct in_addr addr)
{
	uint32_t i = ntohl(addr.s_addr) - h->first;

	if (!home4_has(h, addr) || !is_used(h, i))
		return;
	h->used[i / WORD] &= ~(UINT64_C(1) << i % WORD);
	h->n_used--;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* What nmload and nmecho read from their command lines alike. */
#ifndef BENCH_LOAD_KEY_H
#define BENCH_LOAD_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/mip4_auth.h"

struct load_key {
	const char	*file;		/* its first line is the key */
	uint64_t	 spi;
	const char	*algorithm;
};

/* Ready for use; 0 or -errno after saying what is wrong. */
int	 load_key(const struct load_key *, struct mip4_sa *);
/* A decimal number from least to most; false when it is none. */
bool	 load_number(const char *, uint64_t least, uint64_t most, uint64_t *);

#endif

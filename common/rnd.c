/* SPDX-License-Identifier: BSD-2-Clause */
/* Random bits; see common/rnd.h. */
#include "common/rnd.h"

#include <errno.h>
#include <sys/random.h>

int
rnd_bytes(void *buf, size_t n)
{
	ssize_t got = getrandom(buf, n, 0);

	if (got < 0)
		return -errno;
	return (size_t)got == n ? 0 : -EIO;
}

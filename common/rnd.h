/* SPDX-License-Identifier: BSD-2-Clause */
/* Random bits of the kernel. The function is alone in its object file, so that
 * a program which must be repeatable links another one in its place. */
#ifndef COMMON_RND_H
#define COMMON_RND_H

#include <stddef.h>

/* Up to 256 bytes: these are never short. 0, or -errno when the system has no
 * randomness for us. */
int	 rnd_bytes(void *, size_t);

#endif

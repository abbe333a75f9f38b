/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of the foreign agent's counters. Used by relay and control. */
#include "fad/stats.h"

#include <stddef.h>

const char *
fad_drop_str(enum fad_drop d)
{
	static const char *const text[] = {
#define X(name, str) [FAD_DROP_##name] = str,
		FAD_DROPS(X)
#undef X
	};

	return (size_t)d < FAD_N_DROPS ? text[d] : "unknown";
}

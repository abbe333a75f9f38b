/* SPDX-License-Identifier: BSD-2-Clause */
/* Names and places of the home agent's counters. Used by reg and control. */
#include "had/stats.h"

static const uint8_t codes[HAD_N_CODES] = {
	0, 1, 128, 129, 130, 131, 132, 133, 134, 135, 136, 137, 138, 139,
	140, 141, 142, 143, 144, 149, 150, 151,
};

const char *
had_drop_str(enum had_drop d)
{
	static const char *const text[] = {
#define X(name, str) [HAD_DROP_##name] = str,
		HAD_DROPS(X)
#undef X
	};

	return (size_t)d < HAD_N_DROPS ? text[d] : "unknown";
}

size_t
stats_code_index(uint8_t code)
{
	size_t i;

	for (i = 0; i < HAD_N_CODES; i++)
		if (codes[i] == code)
			return i;
	return 2;	/* reason unspecified */
}

uint8_t
stats_code_at(size_t i)
{
	return i < HAD_N_CODES ? codes[i] : 128;
}

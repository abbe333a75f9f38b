/* SPDX-License-Identifier: BSD-2-Clause */
/* What an access node says of a subscriber's line: Agent-Circuit-Id and
 * Agent-Remote-Id [TR-101 3.9.2; RFC 4679 3.3.1, 3.3.2]. */
#ifndef NASD_LINE_ID_H
#define NASD_LINE_ID_H

#include <stdint.h>

#define LINE_ID_MAX	63

struct line_id {
	uint8_t	len;			/* 0: none */
	uint8_t	b[LINE_ID_MAX];		/* anything; no NUL behind it */
};

#endif

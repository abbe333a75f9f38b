/* SPDX-License-Identifier: BSD-2-Clause */
/* The answer to "show violations", the same for every daemon. */
#ifndef COMMON_VIOLATIONS_JSON_H
#define COMMON_VIOLATIONS_JSON_H

#include <jansson.h>
#include <netinet/in.h>

struct violations;

/* The peer's configured name, or NULL. */
typedef const char *violations_name(void *arg, struct in_addr from);

/* {"violations": [{peer, address, reason, answer, count, last, ago}...],
 * "forgotten": n}. */
json_t	*violations_json(const struct violations *, violations_name *,
    void *arg);

#endif

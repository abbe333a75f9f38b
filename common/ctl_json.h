/* SPDX-License-Identifier: BSD-2-Clause */
/* What requests and answers on a control socket are made of [ctl.h], the same
 * for every daemon. */
#ifndef COMMON_CTL_JSON_H
#define COMMON_CTL_JSON_H

#include <stdint.h>

#include <jansson.h>
#include <netinet/in.h>

/* An argument that is a string, which stays the request's; NULL: none. */
const char *ctl_arg(const json_t *args, const char *key);

/* Strings; the caller's, or NULL when out of memory. */
json_t	*ctl_ipv4(struct in_addr);
json_t	*ctl_ipv6(const struct in6_addr *);
json_t	*ctl_lladdr(const uint8_t lladdr[static 6]);

/* Sets a counter in an object. */
void	 ctl_count(json_t *object, const char *name, uint64_t);

#endif

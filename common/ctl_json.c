/* SPDX-License-Identifier: BSD-2-Clause */
/* See ctl_json.h. */
#include "common/ctl_json.h"

#include <arpa/inet.h>

const char *
ctl_arg(const json_t *args, const char *key)
{
	return (json_string_value(json_object_get(args, key)));
}

json_t *
ctl_ipv4(struct in_addr a)
{
	char s[INET_ADDRSTRLEN];

	return (json_string(inet_ntop(AF_INET, &a, s, sizeof(s))));
}

json_t *
ctl_ipv6(const struct in6_addr *a)
{
	char s[INET6_ADDRSTRLEN];

	return (json_string(inet_ntop(AF_INET6, a, s, sizeof(s))));
}

json_t *
ctl_lladdr(const uint8_t b[static 6])
{
	return (json_sprintf("%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1],
	    b[2], b[3], b[4], b[5]));
}

void
ctl_count(json_t *object, const char *name, uint64_t v)
{
	json_object_set_new(object, name, json_integer((json_int_t)v));
}

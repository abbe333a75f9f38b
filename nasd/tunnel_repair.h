/* SPDX-License-Identifier: BSD-2-Clause */
/* Tunnels whose devices somebody else has removed or set down: the root side
 * is asked to look after them until it has made them anew [D146]. */
#ifndef NASD_TUNNEL_REPAIR_H
#define NASD_TUNNEL_REPAIR_H

#include <jansson.h>
#include <netinet/in.h>

struct clock;
struct priv_client;
struct timers;
struct tunnel_repair;

/* All three must outlive it. NULL with errno. */
struct tunnel_repair *tunnel_repair_new(struct priv_client *, struct timers *,
    const struct clock *);
void	 tunnel_repair_free(struct tunnel_repair *);
/* A device has gone or is down; nothing is done unless its name is that of a
 * tunnel. */
void	 tunnel_repair_lost(struct tunnel_repair *, const char *name);
/* Nobody knows whether that of a home agent, or GRE's (0.0.0.0), has. */
void	 tunnel_repair_check(struct tunnel_repair *, struct in_addr ha);
/* Counters: a new object. */
json_t	*tunnel_repair_json(const struct tunnel_repair *);

#endif

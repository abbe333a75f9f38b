/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The foreign agents of the configuration, each heard on its link by a socket
 * of its own [PROTOCOLS D214]: what they relay goes to the client, what they
 * advertise to fa_agent.c, and what follows from that to access_node_fa.c.
 */
#ifndef NASD_FA_HEAR_H
#define NASD_FA_HEAR_H

#include <jansson.h>
#include <netinet/in.h>

#include "nasd/fa_agent.h"

struct engine;
struct fa_hears;

/* The root side is asked for their sockets. NULL: no memory. */
struct fa_hears *fa_hears_new(struct engine *);
void	 fa_hears_free(struct fa_hears *);
/* It may be on another link by now, or on one at last: looked for at once, but
 * not more than once a second. */
void	 fa_hears_look(struct fa_hears *, struct in_addr fa);
/* What an agent advertises; NULL where that is in no section's way. */
const struct fa_agent *fa_hears_agent(const struct fa_hears *,
    struct in_addr fa);
/* What nasctl shows: an array, one object an agent. */
json_t	*fa_hears_json(const struct fa_hears *);

#endif

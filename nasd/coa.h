/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The listener for Disconnect- and CoA-Requests [RFC 5176]: who may send them,
 * and that none is acted on twice. coa_act.c acts.
 */
#ifndef NASD_COA_H
#define NASD_COA_H

#include <jansson.h>

struct coa;
struct engine;

/* Takes fd, a bound UDP socket. NULL: no memory. */
struct coa *coa_new(struct engine *, int fd);
void	 coa_free(struct coa *);
/* What an earlier nasd has kept is in the engine. NULL: nothing to do. */
void	 coa_resumed(struct coa *);
/* Of each client, and last of all strangers: what came and what became of
 * it. */
json_t	*coa_json(const struct coa *);

#endif

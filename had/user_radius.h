/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wire under had/user_lookup.h: an Access-Request for each subscriber that
 * is asked for, and what the answer says [PROTOCOLS 15, D66].
 */
#ifndef HAD_USER_RADIUS_H
#define HAD_USER_RADIUS_H

#include <jansson.h>

#include "had/user_lookup.h"

struct clock;
struct event_base;
struct had_config;
struct radius_attrs;
struct radius_dict;
struct reg;
struct timers;
struct user_radius;

/* Opens sockets and sets reg->lookup and reg->radius. conf, dict and reg stay
 * the caller's. NULL: no memory. */
struct user_radius *user_radius_new(struct event_base *, struct timers *,
    const struct clock *, const struct radius_dict *,
    const struct had_config *conf, struct reg *);
/* Also what waits, and reg->lookup. */
void	 user_radius_free(struct user_radius *);
/* The servers, as radius_stats has them; a new reference. */
json_t	*user_radius_stats(const struct user_radius *);

/* What an Access-Accept says. Pure; wipe out->sa. A pool or a home that is
 * none of ours makes it one not to be used: nobody is put elsewhere. */
void	 user_radius_read(const struct radius_attrs *, enum mip4_alg,
    struct pools *, struct user_answer *out);

#endif

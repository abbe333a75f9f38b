/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registrations that sessions have left behind, in the state file [PROTOCOLS
 * D131]: their home agent was away when they ended, and it may be back when
 * this nasd is no more. Beside session_save.c, whose file it is; a record is
 * a session's (session_rec.h), with what a registration needs only.
 */
#ifndef NASD_LEFT_SAVE_H
#define NASD_LEFT_SAVE_H

#include <stdbool.h>

struct engine;
struct mip_left_events;
struct session_rec;
struct statelog;

/* Keeps the file up to date; their argument is the engine. */
extern const struct mip_left_events left_save_events;

/* All there are, into a file that is written anew. */
void	 left_save_all(struct engine *, struct statelog *);
/* One of an earlier nasd is deregistered on, unless it has expired or a
 * session of its NAI is registered there. After the sessions. */
void	 left_restore(struct engine *, const struct session_rec *,
    bool other_boot);

#endif

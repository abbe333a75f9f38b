/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sessions that outlive nasd: session_save.c writes what they are to the state
 * file, session_resume.c makes them anew from it [PROTOCOLS D115-D117].
 */
#ifndef NASD_SESSION_SAVE_H
#define NASD_SESSION_SAVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct engine;
struct session;
struct session_rec;
struct statelog;

/* ---- session_save.c ---- */

/* Writes a session as it is now, if it has got so far that it owes something:
 * a registration, accounting. */
void	 session_save(struct session *);
/* The same, but first goes what has been asked for, since somebody waits for
 * that. Not later than before the next event. */
void	 session_save_soon(struct session *);
/* It is not to be written any more. */
void	 session_save_never(struct session *);
/* Without what this builds session_save_soon writes at once. 0 or -ENOMEM. */
int	 session_save_start(struct engine *);
/* What is to be written soon is written now. */
void	 session_save_end(struct engine *);
/* Its counters only, and not too often. */
void	 session_save_count(struct session *);
/* It is gone, also from the table. */
void	 session_forget(struct engine *, uint32_t nr, bool saved);
/* No number above this one has been used, nor will be, unless it is asked for
 * here first. */
void	 session_reserve(struct engine *, uint32_t nr);
/* A record of any kind into the file. */
void	 session_save_put(struct engine *, uint8_t type, const void *body,
    size_t len);
/* Tries to make up for what the file could not take; goes on trying by itself.
 * False: it still owes that. */
bool	 session_save_owed(struct engine *);
/* Of nasd as a whole. */
void	 session_save_global(struct engine *);
/* All there is, for statelog_new. */
void	 session_save_all(void *engine, struct statelog *);

/* ---- session_resume.c ---- */

/* Reads the state file, makes its sessions, and writes it anew. After
 * privileges have been dropped. */
void	 session_resume_all(struct engine *);
/* Action: its timers run on, its registration is renewed. */
void	 session_resume(struct session *);

#endif

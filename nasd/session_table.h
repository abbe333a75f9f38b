/* SPDX-License-Identifier: BSD-2-Clause */
/* session_table.c for session.c; others have session.h. */
#ifndef NASD_SESSION_TABLE_H
#define NASD_SESSION_TABLE_H

struct session;

/* What it is called in the log. */
void	 session_set_subject(struct session *);
/* A new one, by its number. */
void	 session_enter_tables(struct session *);
/* One that ends, out of all. */
void	 session_leave_tables(struct session *);

#endif

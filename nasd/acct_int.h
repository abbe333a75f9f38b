/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of the accounting sender, among themselves. */
#ifndef NASD_ACCT_INT_H
#define NASD_ACCT_INT_H

#include <sys/queue.h>

#include "common/log.h"
#include "common/table.h"
#include "nasd/acct.h"
#include "nasd/acct_spool.h"

struct radius_request;

#define ACCT_WINDOW	512	/* records in memory */
#define ACCT_OVERFLOW	512	/* that could not be written, at most */

enum acct_item_state {
	ACCT_ITEM_BLOCKED,	/* by another of its session, or all */
	ACCT_ITEM_READY,
	ACCT_ITEM_SENT,
};

struct acct_item {
	TAILQ_ENTRY(acct_item)	 all;		/* window or overflow */
	TAILQ_ENTRY(acct_item)	 ready;
	struct table_node	 node;		/* the last of its session */
	struct acct		*acct;
	struct acct_item	*after;		/* the next of its session */
	enum acct_item_state	 state;
	uint64_t		 nr;		/* in the window's order */
	bool			 written;
	struct acct_place	 at;		/* if it is */
	struct radius_request	*req;		/* if it is sent */
	unsigned		 rounds;	/* that nobody answered */
	unsigned		 alone;		/* of those: others were */
	uint64_t		 acks_then;
	struct acct_rec		 rec;
	uint8_t			 body[];
};

TAILQ_HEAD(acct_items, acct_item);

struct acct {
	struct timers		*timers;
	const struct clock	*clock;
	struct radius_client	*radius;
	struct acct_params	 params;
	struct acct_spool	*spool;

	struct acct_items	 window, ready, overflow;
	struct table		 last;		/* in the window, by session */
	uint64_t		 last_nr;
	unsigned		 n_window, n_flight;
	/* Neither blocked, nor unanswered while others were answered. */
	unsigned		 n_active;
	unsigned		 n_unwritten;	/* overflow and window */
	unsigned		 flight;	/* may be on their way */
	struct acct_item	*barrier;	/* On or Off */
	bool			 barrier_open;	/* others need not wait */

	bool			 silent;	/* nobody answers */
	bool			 full;		/* no room for new sessions */
	unsigned		 wait_ms;
	mono_t			 hold_until;
	struct timer		 retry, sync, room;
	struct log_limit	 limit;		/* for records lost */

	uint64_t		 records, sent, acks, unanswered;
	uint64_t		 given_up, lost, refused;
};

/* acct.c */
void	 acct_pump(struct acct *);
int64_t	 acct_age_ms(const struct acct *, const struct acct_rec *);
mono_t	 acct_now(const struct acct *);
int64_t	 acct_wall_ms(const struct acct *);
/* A copy. NULL: no memory. */
struct acct_item *acct_item_new(const struct acct_rec *);

/* acct_write.c */
void	 acct_write_init(struct acct *);
/* Writes a record that has its time already, and sends it. */
void	 acct_write(struct acct *, struct acct_rec *);
/* What could not be written is, now, in its order. False: it still can not. */
bool	 acct_write_owed(struct acct *);
/* Says so when the spool has become full, or is no longer. */
void	 acct_look_for_room(struct acct *);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* What pppd_link.c (a connection) and pppd_server.c (all of them) know of each
 * other, and nobody else. */
#ifndef NASD_PPPD_LINK_INT_H
#define NASD_PPPD_LINK_INT_H

#include <sys/queue.h>
#include <sys/types.h>

#include "common/log.h"
#include "common/timers.h"
#include "nasd/pppd_link.h"

struct event;

struct pppd_counters {
	uint64_t	accepted, identified, refused, timed_out, crowded;
	uint64_t	bad, other_version, accept_errors;
	uint64_t	in[PLUG_LAST + 1], out[PLUG_LAST + 1];
};

/* Oldest first. */
TAILQ_HEAD(pppd_list, pppd_link);
struct pppd_links {
	struct pppd_list	 list;
	unsigned		 n;
};

struct pppd_server {
	struct event_base		*base;
	struct timers			*timers;
	const struct clock		*clock;
	struct pppd_link_events		 events;
	void				*arg;
	int				 fd;
	struct event			*accept_ev;
	struct timer			 accept_again;
	struct pppd_links		 strangers, known;
	struct log_limit		 limit;
	struct pppd_counters		 n;
};

struct pppd_link {
	struct pppd_server	*server;
	TAILQ_ENTRY(pppd_link)	 list;
	int			 fd;		/* -1: dropped */
	struct event		*ev;
	struct timer		 hello_due;
	void			*owner;		/* NULL: a stranger */
	uint32_t		 auth_txn, iid_txn;	/* 0: none open */
	uint32_t		 link_id;	/* to tell it */
	uint32_t		 eap_txn;	/* of the link's EAP, or 0 */
	pid_t			 pid;		/* the kernel's word; 0: none */
	unsigned		 busy;		/* calls on the stack */
	char			 name[48];
};

/* May something that a plugin has caused be logged? */
bool	 pppd_server_may_log(struct pppd_server *);
void	 pppd_links_add(struct pppd_links *, struct pppd_link *);
void	 pppd_links_remove(struct pppd_links *, struct pppd_link *);
/* A connection that was accepted; it is among the strangers. NULL: it could not
 * be heard, and is closed. */
struct pppd_link *pppd_link_new(struct pppd_server *, int fd);

#endif

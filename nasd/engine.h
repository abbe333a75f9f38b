/* SPDX-License-Identifier: BSD-2-Clause */
/* The unprivileged process of nasd: its modules, wired together. Nothing else
 * is shared between them. */
#ifndef NASD_ENGINE_H
#define NASD_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/clock.h"
#include "common/timers.h"
#include "nasd/session.h"
#include "nasd/sockets.h"

struct event;
struct event_base;
struct radius_dict;

struct engine {
	const struct nasd_config *cfg;
	const struct clock	*clock;
	struct event_base	*base;
	struct timers		 timers;
	struct priv_client	*priv;
	struct radius_client	*radius;
	struct radius_tests	*radius_tests;
	struct acct		*acct;
	struct aaa		*aaa;
	struct mip_client	*mip;
	struct ha_watch		*ha_watch;
	struct pppd_server	*pppd;
	struct tunnels		*tunnels;
	struct ra		*ra;
	struct pppoe_shared	*pppoe_shared;
	struct pppoe		*pppoe[SOCKETS_MAX_PPPOE];
	struct pppoe_stray	*stray[SOCKETS_MAX_PPPOE];
	struct coa		*coa;		/* NULL: no client */
	struct coa_jobs		*coa_jobs;
	int			 mtu[SOCKETS_MAX_PPPOE];
	/* What a reload has taken out, until nothing needs it any more. */
	struct leaving		*leaving;
	struct timer		 t_leaving;
	struct retired		*retired;
	struct timer		 t_retired;
	struct reload		*reload;
	struct ctl		*ctl;
	bool			 counting;	/* for it, all sessions */
	mono_t			 counted;	/* when last */
	struct event		*signals[3];
	struct sessions		 sessions;
	mono_t			 started;
	bool			 stopping;	/* SIGTERM came */
	bool			 acct_off;	/* Accounting-Off is said */
	mono_t			 stop_by;
	struct timer		 stop_timer;
	volatile bool		 stop;		/* leave the loop */
	int			 status;	/* to exit with */
};

/* Builds all modules over descriptors that become the engine's. Not yet
 * unprivileged. NULL after saying why on the log. */
struct engine *engine_new(struct nasd_config *, struct nasd_sockets *,
    const struct radius_dict *, int priv_sock);
/* Serves until it is told to stop; the exit status. */
int	 engine_run(struct engine *);
void	 engine_free(struct engine *);
/* Begins to end: all sessions in order, for at most 5 s. */
void	 engine_shutdown(struct engine *);

#endif

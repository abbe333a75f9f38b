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
#include "nasd/session_rec.h"
#include "nasd/sockets.h"

struct dhcp6;
struct ethers;
struct access_nodes;
struct event;
struct event_base;
struct radius_dict;
struct statelog;

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
	struct home_own		 own;		/* as nasd started */
	struct pppd_server	*pppd;
	struct tunnels		*tunnels;
	struct tunnel_repair	*tunnel_repair;
	struct ra		*ra;
	struct dhcp6		*dhcp6;		/* NULL: nobody needs it */
	struct ethers		*ethers;
	struct pppoe_shared	*pppoe_shared;
	struct pppoe		*pppoe[SOCKETS_MAX_PPPOE];
	struct pppoe_stray	*stray[SOCKETS_MAX_PPPOE];
	struct coa		*coa;		/* NULL: no client */
	struct coa_jobs		*coa_jobs;
	int			 mtu[SOCKETS_MAX_PPPOE];
	struct link_watch	*link_watch;
	struct vlans		*vlans;
	struct fa_hears		*fas;
	struct access_nodes	*nodes;
	/* What a reload has taken out, until nothing needs it any more. */
	struct leaving		*leaving;
	struct timer		 t_leaving;
	struct retired		*retired;
	struct timer		 t_retired;
	struct reload		*reload;
	struct ctl		*ctl;
	bool			 counting;	/* for it, all sessions */
	mono_t			 counted;	/* when last */
	struct timer		 t_counting;	/* it waits no longer */
	struct event		*signals[3];
	struct sessions		 sessions;
	struct statelog		*state;		/* NULL: nothing is kept */
	struct timer		 t_state;	/* it could not be written */
	unsigned		 state_wait_ms;
	struct event		*save;		/* writes to it: */
	struct session		*dirty;		/* the newest first */
	struct rec_global	 global;
	unsigned		 resumed;	/* sessions of an earlier
						 * nasd */
	mono_t			 started;
	bool			 emptying;	/* to end after the last
						 * session */
	bool			 stopping;	/* sessions end, or are left */
	bool			 restarting;	/* to come again */
	void			(*restart_done)(void *arg, int err);
	void			*restart_arg;	/* who has asked, or NULL */
	bool			 over;		/* they have ended */
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
/* What an earlier nasd has left: after privileges have been dropped. */
void	 engine_resume(struct engine *);
/* It goes, but not its sessions. */
bool	 engine_has_sessions(const struct engine *);
void	 engine_free(struct engine *);

/* ---- engine_end.c ---- */

/* Begins to end: all sessions in order, for at most 5 s. */
void	 engine_shutdown(struct engine *);
/* The same once there is no session any more, and takes no new one. */
void	 engine_shutdown_soft(struct engine *);
/* Begins to go and leaves the sessions for who comes next [D115]. */
void	 engine_leave(struct engine *);
/* Goes like that, to be started anew, if the program and its configuration are
 * fit to be: done is told 0, or -errno and it stays. -errno at once, -EALREADY
 * when it is going or asking already: done is not called then. */
int	 engine_restart(struct engine *, void (*done)(void *arg, int err),
    void *arg);
/* What the root side has found. */
void	 engine_restart_checked(struct engine *, int status);
/* Nothing comes of it any more. */
void	 engine_restart_over(struct engine *, int err);
/* Accounting-On, or what sessions of an earlier nasd that are not here any
 * more still owe. After engine_resume. */
void	 engine_account_begin(struct engine *);
/* No new sessions, or again. */
void	 engine_drain(struct engine *, bool);
bool	 engine_takes_sessions(const struct engine *);
/* e->global is as read, or as nothing was. */
void	 engine_take_global(struct engine *, bool was_read);

#endif

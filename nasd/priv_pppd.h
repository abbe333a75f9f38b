/* SPDX-License-Identifier: BSD-2-Clause */
/* pppds as root's side starts and stops them. Used by priv_ops.c only. */
#ifndef NASD_PRIV_PPPD_H
#define NASD_PRIV_PPPD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct nasd_config;
struct nasd_priv_pppd_exit;
struct nasd_priv_pppd_start;
struct pppds;

/* The configuration must outlive it. NULL with errno. */
struct pppds *pppds_new(const struct nasd_config *);
void	 pppds_free(struct pppds *);
/* Keeps the distribution's scripts in /etc/ppp from being run by pppds. */
void	 pppds_start(struct pppds *);
/* The new pppd's pid, or -errno. */
int	 pppds_spawn(struct pppds *, const struct nasd_priv_pppd_start *);
/* Takes over one of an earlier nasd's. *fd: a pidfd of it, the caller's.
 * -ESRCH: there is no such pppd of ours; another -errno: not known. */
int	 pppds_adopt(struct pppds *, pid_t, uint32_t link_id, int *fd);
int	 pppds_signal(struct pppds *, pid_t, int sig);
/* A child has ended. 0, or -ESRCH if it is not one of these. */
int	 pppds_exited(struct pppds *, pid_t, int status,
    struct nasd_priv_pppd_exit *);
/* Ends all: SIGTERM, SIGKILL after five seconds. Returns when they have. */
void	 pppds_stop(struct pppds *);

/* pppd's option for a way to authenticate, as nasd.conf names it, or NULL. */
const char *pppd_auth_option(const char *auth);

#define PPPD_ARGS_MAX	128

/* The command line of one: pointers into text and the configuration, ends
 * with NULL. 0, or -E2BIG. */
struct pppd_args {
	const char	*argv[PPPD_ARGS_MAX];
	unsigned	 n;
	char		 text[256];	/* what is written for this one */
	size_t		 used;
};
int	 pppd_args_build(struct pppd_args *, const struct nasd_config *,
    const struct nasd_priv_pppd_start *);

#endif

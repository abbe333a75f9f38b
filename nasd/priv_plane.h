/* SPDX-License-Identifier: BSD-2-Clause */
/* The data plane in the kernel, root's side [doc/DATAPLANE;
 * PROTOCOLS 12]. Used by priv_ops.c only. */
#ifndef NASD_PRIV_PLANE_H
#define NASD_PRIV_PLANE_H

#include <stdint.h>

#include <netinet/in.h>

struct nasd_config;
struct nasd_priv_counted;
struct nasd_priv_rate;
struct nasd_priv_session_add;
struct nasd_priv_session_added;
struct nasd_priv_session_prepare;
struct plane;
struct sysctls;

/* The configuration must outlive it. NULL with errno. */
struct plane *plane_new(const struct nasd_config *, struct sysctls *);
void	 plane_free(struct plane *);
/* In priv, once: opens rtnetlink, makes the host forward IPv6, and says so when
 * that is a change. */
void	 plane_start(struct plane *);
/* One more home agent of the configuration. */
void	 plane_add_home_agent(struct plane *, struct in_addr);
/* 0 or -errno; nothing is lost then but time. */
int	 plane_session_prepare(struct plane *,
    const struct nasd_priv_session_prepare *);
/* 0 or -errno, and then nothing is left of it. All of the answer but link_mtu
 * is filled in. */
int	 plane_session_add(struct plane *, const struct nasd_priv_session_add *,
    struct nasd_priv_session_added *);
/* Makes a home agent's tunnel, or GRE's (ha 0), anew unless it is as it should
 * be; *made: so it was. 0 or -errno. */
int	 plane_tunnel_check(struct plane *, struct in_addr ha, uint32_t *made);
int	 plane_session_del(struct plane *, uint32_t id);
/* The counters of a session's interface, read now, or its last ones if it has
 * gone. 0, or -errno when there are none to be had. */
int	 plane_count(struct plane *, uint32_t id, struct nasd_priv_counted *);
/* Reads those of all sessions, for plane_counted to tell. */
int	 plane_count_all(struct plane *);
int	 plane_counted(struct plane *, uint32_t id,
    struct nasd_priv_counted *);
/* Packets in GRE's device that were no session's. */
uint64_t plane_gre_dropped(const struct plane *);
/* Sets the rate limits of n sessions, or with -errno of none. */
int	 plane_rates(struct plane *, const struct nasd_priv_rate *, unsigned n);
/* Removes all that was installed. */
void	 plane_clear(struct plane *);

#endif
